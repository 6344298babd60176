// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The vector table (DDI 0487, D1.3.1): 16 entries, 80h bytes apart. Each saves two registers and its number; trap() in
// guest.c gets a struct frame.
#define FRAME 288 // struct frame in trap.h: 31 registers, vector, pc, pstate, esr, far
    .text
    .balign 2048
    .global vectors
vectors:
    .set vector, 0
    .rept 16
    .balign 0x80
    sub sp, sp, #FRAME
    stp x0, x1, [sp]
    mov x0, #vector
    b common
    .set vector, vector + 1
    .endr

common:
    stp x2, x3, [sp, #16]
    stp x4, x5, [sp, #32]
    stp x6, x7, [sp, #48]
    stp x8, x9, [sp, #64]
    stp x10, x11, [sp, #80]
    stp x12, x13, [sp, #96]
    stp x14, x15, [sp, #112]
    stp x16, x17, [sp, #128]
    stp x18, x19, [sp, #144]
    stp x20, x21, [sp, #160]
    stp x22, x23, [sp, #176]
    stp x24, x25, [sp, #192]
    stp x26, x27, [sp, #208]
    stp x28, x29, [sp, #224]
    stp x30, x0, [sp, #240]
    mrs x1, elr_el1
    mrs x2, spsr_el1
    mrs x3, esr_el1
    mrs x4, far_el1
    stp x1, x2, [sp, #256]
    stp x3, x4, [sp, #272]
    mov x0, sp
    bl trap
    ldp x1, x2, [sp, #256]
    msr elr_el1, x1
    msr spsr_el1, x2
    ldp x2, x3, [sp, #16]
    ldp x4, x5, [sp, #32]
    ldp x6, x7, [sp, #48]
    ldp x8, x9, [sp, #64]
    ldp x10, x11, [sp, #80]
    ldp x12, x13, [sp, #96]
    ldp x14, x15, [sp, #112]
    ldp x16, x17, [sp, #128]
    ldp x18, x19, [sp, #144]
    ldp x20, x21, [sp, #160]
    ldp x22, x23, [sp, #176]
    ldp x24, x25, [sp, #192]
    ldp x26, x27, [sp, #208]
    ldp x28, x29, [sp, #224]
    ldr x30, [sp, #240]
    ldp x0, x1, [sp]
    add sp, sp, #FRAME
    eret
