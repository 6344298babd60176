// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// A static Linux program that executes A64 instructions two by two: the oracle of oracle.h, run under qemu-aarch64.
//
// It reads records from its standard input, and writes each back as the instructions left it:
//     0  the first instruction   4  the second    8  FPCR   12  FPSR   16  NZCV   20  why it stopped (written)
//    24  PC, relative to CODE (written)          32  X0-X30, SP       288  V0-V31
//   800  memory at WINDOW
// They are at CODE, among zeroes, which are UDF: a branch stops at its target, and reports the address. All registers
// are theirs, so the way in and out uses PC-relative loads, and TPIDR_EL0 for the first register.
        .equ    WORDS, 0
        .equ    FPCR_AT, 8
        .equ    FPSR_AT, 12
        .equ    NZCV_AT, 16
        .equ    STOP, 20
        .equ    PC_AT, 24
        .equ    X_AT, 32
        .equ    V_AT, 288
        .equ    MEMORY, 800
        .equ    RECORD, 1056
        .equ    CODE_SPACE, 0x360000    // as oracle.h has them
        .equ    WINDOW, 0x38ff80        // on two pages
        .equ    WINDOW_BYTES, 256
        .equ    SPACE_BYTES, 0x40000
        .equ    CODE, 0x370000          // and `code`, for the linker
        .globl  _start
_start: ldr     x0, =CODE_SPACE
        ldr     x1, =SPACE_BYTES
        mov     x2, #7                  // PROT_READ | PROT_WRITE | PROT_EXEC
        mov     x3, #0x32               // MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED
        mov     x4, #-1
        mov     x5, #0
        mov     x8, #222                // mmap
        svc     #0
        ldr     x0, =CODE               // behind the two instructions: b back
        add     x0, x0, #8
        adr     x1, back
        sub     x1, x1, x0
        ubfx    x1, x1, #2, #26
        mov     w2, #0x14000000
        orr     w1, w1, w2
        str     w1, [x0]
        adr     x0, stack
        mov     x1, #0
        mov     x8, #132                // sigaltstack
        svc     #0
        mov     x19, #4                 // SIGILL; SIGTRAP 5, SIGBUS 7, SIGSEGV 11
signal: mov     x0, x19
        adr     x1, action
        mov     x2, #0
        mov     x3, #8
        mov     x8, #134                // rt_sigaction
        svc     #0
        add     x19, x19, #1
        cmp     x19, #11
        b.ls    signal

next:   adr     x19, record
        mov     x20, #0
more:   mov     x0, #0
        add     x1, x19, x20
        mov     x2, #RECORD
        sub     x2, x2, x20
        mov     x8, #63                 // read
        svc     #0
        cmp     x0, #0
        b.le    done
        add     x20, x20, x0
        cmp     x20, #RECORD
        b.lo    more

        str     wzr, [x19, #STOP]
        mov     x0, #8
        str     x0, [x19, #PC_AT]
        ldr     x0, =CODE
        ldr     x1, [x19, #WORDS]
        str     x1, [x0]
        dc      cvau, x0
        dsb     ish
        ic      ivau, x0
        dsb     ish
        isb
        ldr     x0, =WINDOW
        add     x1, x19, #MEMORY
        mov     x2, #WINDOW_BYTES
1:      ldp     x3, x4, [x1], #16
        stp     x3, x4, [x0], #16
        subs    x2, x2, #16
        b.ne    1b
        ldr     w0, [x19, #FPCR_AT]
        msr     fpcr, x0
        ldr     w0, [x19, #FPSR_AT]
        msr     fpsr, x0
        ldr     w0, [x19, #NZCV_AT]
        msr     nzcv, x0
        ldr     x0, record + X_AT + 31 * 8
        mov     sp, x0
        clrex
        .irp    n, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31
        ldr     q\n, record + V_AT + 16 * \n
        .endr
        .irp    n, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30
        ldr     x\n, record + X_AT + 8 * \n
        .endr
        b       code

back:   msr     tpidr_el0, x0
        adr     x0, record
        .irp    n, 1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30
        str     x\n, [x0, #X_AT + 8 * \n]
        .endr
        mrs     x1, tpidr_el0
        str     x1, [x0, #X_AT]
        mov     x1, sp
        str     x1, [x0, #X_AT + 31 * 8]
        mrs     x1, nzcv
        str     w1, [x0, #NZCV_AT]
        mrs     x1, fpsr
        str     w1, [x0, #FPSR_AT]
        .irp    n, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31
        str     q\n, [x0, #V_AT + 16 * \n]
        .endr
        ldr     x3, =WINDOW
        add     x4, x0, #MEMORY
        mov     x5, #WINDOW_BYTES
2:      ldp     x6, x7, [x3], #16
        stp     x6, x7, [x4], #16
        subs    x5, x5, #16
        b.ne    2b
        mov     x1, x0
        mov     x0, #1
        mov     x2, #RECORD
        mov     x8, #64                 // write
        svc     #0
        b       next

done:   mov     x0, #0
        mov     x8, #94                 // exit_group
        svc     #0

// The signals' handler: notes which and where, and goes back with the registers as they are (PC is in struct ucontext).
stopped:
        adr     x3, record
        str     w0, [x3, #STOP]
        ldr     x4, [x2, #440]
        ldr     x5, =CODE
        sub     x4, x4, x5
        str     x4, [x3, #PC_AT]
        adr     x4, back
        str     x4, [x2, #440]
        ret
restore:
        mov     x8, #139                // rt_sigreturn
        svc     #0
        .ltorg
        .balign 8
action: .quad   stopped, 0x0c000004, restore, 0 // SA_SIGINFO | SA_RESTORER | SA_ONSTACK
stack:  .quad   0x380000, 0, 0x8000     // in the space, above the code

        .balign 16
        .section .data
        .balign 16
record: .skip   RECORD
