// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Where every guest starts: at EL1 without MMU, x0 the device tree, as Linux's boot protocol hands over ("Booting AArch64
// Linux"); and the way other processors come in, by PSCI CPU_ON. Memory is mapped one to one by blocks of 1 GiB: the
// first is devices, the next two are RAM, the fourth is free for tests, and number 256 is PCI configuration space (DDI
// 0487, D8.3).
#define TEXT_OFFSET 0x80000
#define FLAGS 2             // little endian, 4 KiB granule, as close to the start of RAM as it gets
#define MAIR 0xff04         // 0: device nGnRE, 1: normal, write-back
#define TCR 0x200803519     // 512 GiB by TTBR0, write-back inner shareable walks, 40 bits out, no TTBR1
#define SCTLR 0x30d5181d    // M, C, I, stack alignment checks, EL0 may wait; the bits that are one
#define DEVICES 0x0060000000000401
#define RAM 0x0040000000000705 // UXN: not for EL0 to execute
#define HIGH_DEVICES 0x0060004000000401
#define STACK_SIZE 16384

    .section .text.start, "ax"
    .global image
image:
    b start
    nop
    .quad TEXT_OFFSET
    .quad image_size
    .quad FLAGS
    .quad 0, 0, 0
    .ascii "ARM\x64"
    .long 0

start:
    adrp x1, boot_fdt
    add x1, x1, :lo12:boot_fdt
    str x0, [x1]
    adrp x1, page_map
    ldr x2, =DEVICES
    mov x3, #0x40000000
    ldr x4, =RAM
    add x4, x4, x3
    add x5, x4, x3
    stp x2, x4, [x1]
    str x5, [x1, #16]
    ldr x2, =HIGH_DEVICES
    str x2, [x1, #256 * 8]
    mov x19, #0
    b enter

// Another processor; x0 is its number, from CPU_ON.
    .global processor_enter
processor_enter:
    mov x19, x0

enter:
    msr spsel, #1
    msr daifset, #15
    ldr x0, =MAIR
    msr mair_el1, x0
    ldr x0, =TCR
    msr tcr_el1, x0
    adrp x0, page_map
    msr ttbr0_el1, x0
    dsb sy
    tlbi vmalle1
    dsb sy
    isb
    ldr x0, =SCTLR
    msr sctlr_el1, x0
    isb
    adrp x0, boot_stack
    mov x1, #STACK_SIZE
    add x2, x19, #1
    madd x0, x2, x1, x0
    mov sp, x0
    mov x29, #0
    mov x30, #0
    cbnz x19, 1f
    bl guest_start
1:  mov x0, x19
    bl processor_start
2:  wfi
    b 2b

    .section .bss
    .balign 4096
    .global page_map
page_map:
    .skip 4096
    .global boot_stack
boot_stack:
    .skip 64 * STACK_SIZE
    .global boot_fdt
boot_fdt:
    .skip 8
