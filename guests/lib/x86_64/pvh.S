// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The PVH entry note (Xen public headers, elfnote.h: XEN_ELFNOTE_PHYS32_ENTRY). The descriptor is as wide as the ELF's
// pointers: eight bytes here.
    .section .note.pvh, "a", @note
    .balign 4
    .long 4, 8, 18
    .asciz "Xen"
    .quad start
