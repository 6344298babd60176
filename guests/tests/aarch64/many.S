// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// As many processors as there are, by itself and without a stack for each: the first starts the others by PSCI's CPU_ON (DEN 0022, 5.6)
// one after the other, until there is none with the next affinity. Each looks for its redistributor in both regions of QEMU's `virt`
// (GICR_TYPER: IHI 0069, 12.11.35) and waits. The last one gets an SGI (ICC_SGI1R_EL1: 12.2.22), and the one behind the first region
// another one.
#define GICD 0x08000000
#define GICR 0x080a0000
#define GICR2 0x4000000000
#define UART 0x09000000
#define CPU_ON 0xc4000003
#define SYSTEM_OFF 0x84000008
#define FIRST_REGION 123
#define INVALID_PARAMETERS -2
#define FRAME 0x20000

    .section .text.start, "ax"
    .global image
image:
    b start
    nop
    .quad 0x80000
    .quad image_size
    .quad 2
    .quad 0, 0, 0
    .ascii "ARM\x64"
    .long 0

// w1 = the affinity of processor w0: 16 to a cluster.
affinity:
    and w1, w0, #15
    lsr w2, w0, #4
    orr w1, w1, w2, lsl #8
    ret

start:
    ldr x0, =GICD // GICD_CTLR: affinity routing, then both groups
    mov w1, #0x10
    str w1, [x0]
    mov w1, #0x13
    str w1, [x0]
    adrp x21, up
    add x21, x21, :lo12:up
    mov x20, #1
1:  mov w0, w20
    bl affinity
    ldr x0, =CPU_ON
    adr x2, second
    mov x3, x20
    hvc #0
    cbnz x0, 3f
2:  ldrb w4, [x21, x20]
    cbz w4, 2b
    add x20, x20, #1
    b 1b
3:  cmn x0, #2 // INVALID_PARAMETERS: no processor has this affinity
    b.ne failed
    mov x0, x20
    bl number
    adr x0, processors
    bl text
    subs x22, x20, #1
    b.eq off
    bl interrupt
    mov x22, #FIRST_REGION
    cmp x22, x20
    b.hs off
    bl interrupt
off:
    ldr x0, =SYSTEM_OFF
    hvc #0
failed:
    adr x0, failure
    bl text
    b off

// Sends SGI 5 to processor x22 and says who took it.
interrupt:
    mov x28, x30
    str xzr, [x21, #-8]
    and w1, w22, #15
    mov x2, #1
    lsl x1, x2, x1
    lsr w2, w22, #4
    orr x1, x1, x2, lsl #16
    mov x2, #5
    orr x1, x1, x2, lsl #24
    msr S3_0_C12_C11_5, x1 // ICC_SGI1R_EL1
    isb
1:  ldr x23, [x21, #-8]
    cbz x23, 1b
    adr x0, taken
    bl text
    ubfx x0, x23, #16, #16
    bl number
    adr x0, by
    bl text
    ubfx x0, x23, #0, #16
    bl number
    adr x0, newline
    bl text
    ret x28

// Another processor; x0 is its number.
second:
    mov x19, x0
    adrp x21, up
    add x21, x21, :lo12:up
    bl affinity
    ldr x2, =GICR
1:  ldr x3, [x2, #8] // GICR_TYPER
    cmp x1, x3, lsr #32
    b.eq 3f
    tbnz x3, #4, 2f // the last of its region
    add x2, x2, #FRAME
    b 1b
2:  lsr x4, x2, #32
    cbnz x4, 5f // there is no third region
    ldr x2, =GICR2
    b 1b
3:  add x2, x2, #0x10000 // of SGIs and PPIs: group 1, SGI 5 enabled
    mov w3, #-1
    str w3, [x2, #0x80]
    mov w3, #0x20
    str w3, [x2, #0x100]
    mov x3, #7
    msr S3_0_C12_C12_5, x3 // ICC_SRE_EL1
    isb
    mov x3, #0xff
    msr S3_0_C4_C6_0, x3 // ICC_PMR_EL1
    mov x3, #1
    msr S3_0_C12_C12_7, x3 // ICC_IGRPEN1_EL1
    isb
    strb w3, [x21, x19]
4:  wfi // the interrupt is masked, and ends it all the same
    mrs x3, S3_0_C12_C12_0 // ICC_IAR1_EL1
    cmp w3, #1020
    b.hs 4b
    msr S3_0_C12_C12_1, x3 // ICC_EOIR1_EL1
    orr x4, x19, x3, lsl #16
    str x4, [x21, #-8]
    b 4b
5:  wfi // without a redistributor: the first waits for ever, and the run reaches its limit
    b 5b

// The number in x0.
number:
    mov x5, #1000
    mov x6, #0 // a digit was printed
    ldr x9, =UART
    mov x10, #10
1:  udiv x7, x0, x5
    msub x0, x7, x5, x0
    orr x6, x6, x7
    cbz x6, 2f
    add w8, w7, #'0'
    str w8, [x9]
2:  udiv x5, x5, x10
    cbnz x5, 1b
    ret

// The text at x0.
text:
    ldr x9, =UART
1:  ldrb w8, [x0], #1
    cbz w8, 2f
    str w8, [x9]
    b 1b
2:  ret

processors:
    .asciz " processors\n"
taken:
    .asciz "SGI "
by:
    .asciz " taken by "
newline:
    .asciz "\n"
failure:
    .asciz "CPU_ON fails\n"

    .section .bss
    .balign 4096
    .skip 8 // number of the processor, and INTID << 16
up:
    .skip 1024
