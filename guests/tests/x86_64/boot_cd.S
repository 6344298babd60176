// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The boot image of a CD, without emulation of another medium (El Torito 1.0, 2.0). It reads sector 21, of 2048 bytes, by its number
// (INT 13h, 42h) and prints it. Status 10h, or 1 if that failed.
#include "bios.inc"
main:
    mov $hello, %si
    call print
    movb $21, packet + 8
    mov $0x42, %ah
    call extended
    mov $bad, %si
    mov $1, %cl
    jc 1f
    mov $buffer, %si
    mov $0x10, %cl
1:  push %cx
    call print
    pop %cx
    ret

hello:
    .asciz "the CD's boot image runs\r\n"
    .org 2048
