// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The boot image of a CD that shows one picture after the other, by the video BIOS and by the registers behind it: text, planes with
// each write mode, the modes of CGA, 256 colours, the Bochs VBE extensions. Behind each it writes a letter to COM1 and waits for a
// byte from there. Nothing blinks, and the cursor is off. Status 10h.
#include "bios.inc"
    .set COM1, 0x3f8
    .set SEQUENCER, 0x3c4
    .set GRAPHICS, 0x3ce
    .set CRTC, 0x3d4

    .macro reg port, index, value
    mov $\port, %dx
    mov $(\value << 8 | \index), %ax
    out %ax, %dx
    .endm

    .macro segment value
    mov $\value, %ax
    mov %ax, %es
    .endm

    .macro mode number
    mov $\number, %ax
    int $0x10
    .endm

    .macro vbe number
    mov $0x4f02, %ax
    mov $\number, %bx
    int $0x10
    .endm

main:
    mov $pictures, %si
    movb $'a', letter
1:  lodsw
    test %ax, %ax
    jz 3f
    push %si
    call *%ax
    pop %si
    mov $COM1, %dx
    mov letter, %al
    out %al, %dx
    incb letter
    mov $(COM1 + 5), %dx
2:  in %dx, %al
    test $1, %al
    jz 2b
    mov $COM1, %dx
    in %dx, %al
    jmp 1b
3:  mov $0x10, %cl
    ret

// CX bytes at ES:DI (0: 64 KiB), each of its offset and BL.
fill:
    mov %di, %ax
    xor %ah, %al
    add %bl, %al
    stosb
    loop fill
    ret

// The same to plane after plane.
fill_planes:
    mov $SEQUENCER, %dx
    mov $0x0102, %ax
1:  out %ax, %dx
    push %ax
    push %cx
    xor %di, %di
    call fill
    pop %cx
    pop %ax
    add $0x37, %bl
    shl $1, %ah
    cmp $0x10, %ah
    jne 1b
    mov $0x0f02, %ax
    out %ax, %dx
    ret

// BP banks of 64 KiB.
fill_banks:
    segment 0xa000
    xor %si, %si
1:  mov $0x1ce, %dx
    mov $5, %ax
    out %ax, %dx
    inc %dx
    mov %si, %ax
    out %ax, %dx
    mov %si, %bx
    xor %di, %di
    xor %cx, %cx
    call fill
    inc %si
    cmp %bp, %si
    jne 1b
    ret

// --- pictures --------------------------------------------------------------------------------------------------------

// What the firmware has printed.
banner:
    mov $0x0100, %ax
    mov $0x2000, %cx
    int $0x10
    ret

// Every character with most attributes. Bit 7 is left out, as it blinks, and B0h to BFh, whose ninth dot is not everywhere the same.
text:
    mode 0x0003
    call banner
    segment 0xb800
    xor %di, %di
    xor %bx, %bx
    mov $2000, %cx
1:  mov %bl, %al
    and $0xf0, %al
    cmp $0xb0, %al
    mov %bl, %al
    jne 2f
    mov $'x', %al
2:  mov %bx, %dx
    shr $3, %dx
    mov %dl, %ah
    and $0x7f, %ah
    stosw
    inc %bx
    loop 1b
    ret

linear:
    mode 0x0013
    segment 0xa000
    xor %di, %di
    mov $64000, %cx
    xor %bl, %bl
    jmp fill

// The lower part of the screen begins at address 0 again, the upper one elsewhere.
split:
    call linear
    reg CRTC, 0x0d, 0x80
    reg CRTC, 0x07, 0x1f
    reg CRTC, 0x09, 0x01
    reg CRTC, 0x18, 0x2b
    ret

// 320 by 200 with the planes of their own.
unchained:
    mode 0x0013
    reg SEQUENCER, 4, 6
    reg CRTC, 0x14, 0
    reg CRTC, 0x17, 0xe3
    segment 0xa000
    mov $16000, %cx
    mov $3, %bl
    jmp fill_planes

cga:
    mode 0x0004
    jmp 1f
cga_mono:
    mode 0x0006
1:  segment 0xb800
    xor %di, %di
    mov $0x4000, %cx
    xor %bl, %bl
    jmp fill

low_planes:
    mode 0x000d
    segment 0xa000
    mov $8000, %cx
    xor %bl, %bl
    jmp fill_planes

planes:
    mode 0x0012
    segment 0xa000
    mov $38400, %cx
    xor %bl, %bl
    jmp fill_planes

// In strips of 2,400 bytes: each logical function with a rotation, set/reset and a bit mask, and write modes 1, 2 and 3.
write_modes:
    call planes
    xor %di, %di
    reg GRAPHICS, 3, 0x0b
    call strip
    reg GRAPHICS, 3, 0x15
    call strip
    reg GRAPHICS, 3, 0x1a
    call strip
    reg GRAPHICS, 3, 0x00
    reg GRAPHICS, 0, 0x05
    reg GRAPHICS, 1, 0x0c
    reg GRAPHICS, 8, 0x3c
    call strip
    reg GRAPHICS, 1, 0x00
    reg GRAPHICS, 5, 0x02
    call strip
    reg GRAPHICS, 0, 0x09
    reg GRAPHICS, 5, 0x03
    call strip
    reg GRAPHICS, 8, 0xff
    reg GRAPHICS, 5, 0x01
    push %ds
    push %es
    pop %ds
    mov $33000, %si
    mov $2400, %cx
    rep movsb
    pop %ds
// Read mode 1: where the colour is 2 or 3, in plane 0 alone.
    reg GRAPHICS, 2, 0x02
    reg GRAPHICS, 7, 0x0e
    mov $2400, %cx
1:  reg GRAPHICS, 5, 0x08
    mov %es:(%di), %bl
    reg GRAPHICS, 5, 0x00
    mov %bl, %al
    stosb
    loop 1b
    ret

// Each byte is read, for the latches, and written.
strip:
    mov $2400, %cx
1:  mov %es:(%di), %al
    mov %di, %ax
    xor %ah, %al
    stosb
    loop 1b
    ret

vbe_8:
    vbe 0x101
    mov $5, %bp
    jmp fill_banks
vbe_15:
    vbe 0x110
    mov $10, %bp
    jmp fill_banks
vbe_16:
    vbe 0x111
    mov $10, %bp
    jmp fill_banks
vbe_24:
    vbe 0x112
    mov $15, %bp
    jmp fill_banks
vbe_32:
    vbe 0x142
    mov $19, %bp
    jmp fill_banks

// Another width in memory, and an offset to the right and down.
vbe_offset:
    vbe 0x101
    mov $offsets, %si
    mov $0x1ce, %dx
1:  lodsw
    test %ax, %ax
    jz 2f
    out %ax, %dx
    inc %dx
    lodsw
    out %ax, %dx
    dec %dx
    jmp 1b
2:  mov $9, %bp
    jmp fill_banks
offsets:
    .word 6, 1024, 8, 120, 9, 33, 0

    .balign 2
pictures:
    .word banner, text, linear, split, unchained, cga, cga_mono, low_planes, planes, write_modes
    .word vbe_8, vbe_15, vbe_16, vbe_24, vbe_32, vbe_offset, 0
letter:
    .byte 0
    .org 2048
