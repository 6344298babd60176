// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The first sector of a disk, which a BIOS loads to 7C00h and starts in real mode with the disk's number in DL. It reads the
// second sector by cylinder, head and sector (INT 13h, 02h), the third by its number (42h, EDD-3), writes the fourth (43h) and reads
// it again, and prints what they hold (INT 10h, 0Eh). Then isa-debug-exit at F4h: 10h, or 1 if something failed.
    .code16
    .globl _start
_start:
    ljmp $0, $begin
begin:
    xor %ax, %ax
    mov %ax, %ds
    mov %ax, %es
    mov %ax, %ss
    mov $_start, %sp
    sti
    mov %dl, drive
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
    mov $0x10, %bl
    jmp leave

failed:
    mov $bad, %si
    call print
    mov $1, %bl
leave: // after two ticks, as a screen on a serial port follows the tick
    hlt
    hlt
    mov $0xf4, %dx
    mov %bl, %al
    out %al, %dx
1:  hlt
    jmp 1b

extended:
    mov drive, %dl
    mov $packet, %si
    int $0x13
    ret

print_buffer:
    mov $buffer, %si
print:
    lodsb
    test %al, %al
    jz 1f
    mov $0x0e, %ah
    mov $7, %bx
    int $0x10
    jmp print
1:  ret

hello:
    .asciz "the boot sector runs\r\n"
bad:
    .asciz "INT 13h failed\r\n"
written:
    .asciz "the fourth sector was written\r\n"
written_end:
    .balign 4
packet:
    .byte 16, 0
    .word 1, buffer, 0 // sectors, offset, segment
    .quad 0
drive:
    .byte 0
    .org 510
    .word 0xaa55
    .set buffer, 0x8000
