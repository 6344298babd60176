// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The first sector of a disk. It reads the second sector by cylinder, head and sector (INT 13h, 02h), the third by its number (42h,
// EDD-3), writes the fourth (43h) and reads it again, and prints what they hold. Status 10h, or 1 if something failed.
#include "bios.inc"
main:
    mov $hello, %si
    call print
    mov $0x0201, %ax // one sector
    mov $0x0002, %cx // cylinder 0, sector 2
    xor %dx, %dx     // head 0
    mov drive, %dl
    mov $buffer, %bx
    int $0x13
    jc failed
    call print_buffer

    movb $2, packet + 8
    mov $0x42, %ah
    call extended
    jc failed
    call print_buffer

    mov $written, %si
    mov $buffer, %di
    mov $written_end - written, %cx
    rep movsb
    movb $3, packet + 8
    mov $0x4300, %ax
    call extended
    jc failed
    movb $0, buffer
    mov $0x42, %ah
    call extended
    jc failed
    call print_buffer
    mov $0x10, %cl
    ret

failed:
    mov $bad, %si
    call print
    mov $1, %cl
    ret

print_buffer:
    mov $buffer, %si
    jmp print

hello:
    .asciz "the boot sector runs\r\n"
written:
    .asciz "the fourth sector was written\r\n"
written_end:
    .org 510
    .word 0xaa55
