// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Where every guest starts: from 32-bit protected mode without paging, as multiboot and PVH hand over, to 64-bit mode
// with the first 4 GiB mapped one to one; and the way other processors come in, from real mode at 0x8000.
#define CR0_ON 0x80010033  // PG, WP, NE, ET, MP, PE
#define CR4_ON 0x00000620  // PAE, OSFXSR, OSXMMEXCPT
#define EFER 0xC0000080
#define EFER_ON 0x00000900 // LME, NXE
#define CODE64 0x08
#define DATA 0x10
#define CODE32 0x38
#define STACK_SIZE 16384

    .section .text.start, "ax"
    .code32
    .global start
start:
    cli
    cld
    movl %eax, boot_magic
    movl %ebx, boot_info
    movl $page_directories, %edi
    movl $0x83, %eax            // present, writable, 2 MiB
    movl $2048, %ecx
1:  movl %eax, (%edi)
    movl $0, 4(%edi)
    addl $0x200000, %eax
    addl $8, %edi
    loop 1b
    movl $page_directories + 3, %eax
    movl $page_pointers, %edi
    movl $4, %ecx
2:  movl %eax, (%edi)
    addl $4096, %eax
    addl $8, %edi
    loop 2b
    movl $page_pointers + 3, page_map
    lgdt gdt_pointer32
    xorl %ebp, %ebp
    jmp enter_long

// Another processor, now in protected mode with our GDT.
    .global processor32
processor32:
    movw $DATA, %ax
    movw %ax, %ds
    movw %ax, %es
    movw %ax, %ss
    movl $1, %ebp

enter_long:
    movl $CR4_ON, %eax
    movl %eax, %cr4
    movl $page_map, %eax
    movl %eax, %cr3
    movl $EFER, %ecx
    rdmsr
    orl $EFER_ON, %eax
    wrmsr
    movl $CR0_ON, %eax
    movl %eax, %cr0
    ljmp $CODE64, $long_mode

    .code64
long_mode:
    movw $DATA, %ax
    movw %ax, %ds
    movw %ax, %es
    movw %ax, %ss
    xorl %eax, %eax
    movw %ax, %fs
    movw %ax, %gs
    fninit
    testl %ebp, %ebp
    jnz 1f
    leaq boot_stack + STACK_SIZE, %rsp
    call guest_start
1:  movl $1, %edi
    lock xaddl %edi, processors_started
    movl %edi, %eax
    addl $2, %eax            // the top of the stack after the boot processor's
    imull $STACK_SIZE, %eax
    leaq boot_stack(%rax), %rsp
    call processor_start
2:  cli
    hlt
    jmp 2b

// Copied to 0x8000, where the start-up IPI points: real mode, CS base 0x8000, nothing else known.
    .code16
    .global trampoline, trampoline_end
trampoline:
    cli
    movw %cs, %ax
    movw %ax, %ds
    lgdtl gdt_pointer16 - trampoline
    movl %cr0, %eax
    orb $1, %al
    movl %eax, %cr0
    ljmpl $CODE32, $processor32
    .balign 4
gdt_pointer16:
    .word gdt_end - gdt - 1
    .long gdt
trampoline_end:

    .section .data
    .balign 8
    .global gdt
gdt:
    .quad 0
    .quad 0x00af9b000000ffff // 08h: code, 64-bit
    .quad 0x00cf93000000ffff // 10h: data
    .quad 0x00cff3000000ffff // 18h: user data
    .quad 0x00affb000000ffff // 20h: user code, 64-bit
    .quad 0x00af1b000000ffff // 28h: code, 64-bit, not present
    .quad 0x00009b000000ffff // 30h: code, 16-bit
    .quad 0x00cf9b000000ffff // 38h: code, 32-bit
    .global gdt_tss
gdt_tss:
    .fill 64 * 2, 8, 0       // 40h: a task state segment for each processor
gdt_end:
gdt_pointer32:
    .word gdt_end - gdt - 1
    .long gdt
    .global processors_started
    .balign 4
processors_started:
    .long 0
    .global boot_magic, boot_info
boot_magic:
    .long 0
boot_info:
    .long 0

    .section .bss
    .balign 4096
    .global page_map, page_directories
page_map:
    .skip 4096
page_pointers:
    .skip 4096
page_directories:
    .skip 4 * 4096
    .global boot_stack
boot_stack:
    .skip 64 * STACK_SIZE
