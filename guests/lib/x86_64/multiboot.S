// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The multiboot 1 header (Multiboot Specification 0.6.96, section 3.1). It is in a separate file because a 64-bit ELF
// must not carry it: loaders would take it for a multiboot kernel and refuse the class.
#define MAGIC 0x1BADB002
#define FLAGS 0x00000003 // page-aligned modules, memory information
    .section .multiboot, "a"
    .balign 4
    .long MAGIC, FLAGS, -(MAGIC + FLAGS)
