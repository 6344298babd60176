// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// A static Linux program that executes one A64 instruction after the other: the oracle of oracle.h, run under qemu-
// aarch64.
//
// It reads records from its standard input, and writes each back as the instruction left it:
//   0  the instruction    4  FPCR    8  FPSR    12  NZCV    16  1: undefined (written)    32  X0-X31    288  V0-V31
// X29, X30 and X31 are not loaded: the instruction must not use the first two.
        .equ    RECORD, 800
        .globl  _start
_start: mov     x0, #0
        mov     x1, #4096
        mov     x2, #7                  // PROT_READ | PROT_WRITE | PROT_EXEC
        mov     x3, #0x22               // MAP_PRIVATE | MAP_ANONYMOUS
        mov     x4, #-1
        mov     x5, #0
        mov     x8, #222                // mmap
        svc     #0
        adrp    x1, code
        str     x0, [x1, :lo12:code]
        ldr     w2, ret_word
        str     w2, [x0, #4]
        mov     x0, #4                  // SIGILL
        adr     x1, action
        mov     x2, #0
        mov     x3, #8
        mov     x8, #134                // rt_sigaction
        svc     #0

next:   adrp    x19, record
        add     x19, x19, :lo12:record
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

        str     xzr, [x19, #16]
        adrp    x1, code
        ldr     x0, [x1, :lo12:code]
        ldr     w2, [x19]
        str     w2, [x0]
        dc      cvau, x0
        dsb     ish
        ic      ivau, x0
        dsb     ish
        isb
        mov     x30, x0
        mov     x29, x19
        ldr     w0, [x29, #4]
        msr     fpcr, x0
        ldr     w0, [x29, #8]
        msr     fpsr, x0
        ldr     w0, [x29, #12]
        msr     nzcv, x0
        add     x0, x29, #288
        .irp    n, 0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30
        ldr     q\n, [x0, #16 * \n]
        .endr
        .irp    n, 1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23, 25, 27, 29, 31
        ldr     q\n, [x0, #16 * \n]
        .endr
        .irp    n, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28
        ldr     x\n, [x29, #32 + 8 * \n]
        .endr
        blr     x30
        .irp    n, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28
        str     x\n, [x29, #32 + 8 * \n]
        .endr
        add     x0, x29, #288
        .irp    n, 0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30
        str     q\n, [x0, #16 * \n]
        .endr
        .irp    n, 1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23, 25, 27, 29, 31
        str     q\n, [x0, #16 * \n]
        .endr
        mrs     x0, nzcv
        str     w0, [x29, #12]
        mrs     x0, fpsr
        str     w0, [x29, #8]
        mov     x0, #1
        mov     x1, x29
        mov     x2, #RECORD
        mov     x8, #64                 // write
        svc     #0
        b       next

done:   mov     x0, #0
        mov     x8, #94                 // exit_group
        svc     #0

// The signal's handler: notes it, and steps over the instruction (pc in struct ucontext).
undefined:
        adrp    x3, record
        add     x3, x3, :lo12:record
        mov     x4, #1
        str     x4, [x3, #16]
        ldr     x4, [x2, #440]
        add     x4, x4, #4
        str     x4, [x2, #440]
        ret
restore:
        mov     x8, #139                // rt_sigreturn
        svc     #0
ret_word:
        ret
        .balign 8
action: .quad   undefined, 0x04000004, restore, 0 // SA_SIGINFO | SA_RESTORER

        .bss
        .balign 16
record: .skip   RECORD
code:   .skip   8
