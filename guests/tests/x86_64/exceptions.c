// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Every exception that a 64-bit kernel can cause at will: its vector, error code, and whether the saved RIP points at the
// instruction (a fault) or after it (a trap). SDM volume 3, "Exception and Interrupt Reference".
#include "tests/x86_64/try.h"

extern uint64_t page_directories[2048];
static uint64_t page_table[512] __attribute__((aligned(4096)));
static uint8_t pages[4][4096] __attribute__((aligned(4096)));
static uint8_t fault_stack[4096] __attribute__((aligned(16)));

static void arithmetic(void)
{
    TRY("divide by zero", "divl %%ecx", "xorl %%ecx, %%ecx");
    TRY("quotient too large", "divb %%cl", "movl $0x1000, %%eax; movb $1, %%cl");
    TRY("signed quotient too large", "idivl %%ecx", "movl $0x80000000, %%eax; cltd; movl $-1, %%ecx");
    TRY("x87 division by zero", "fwait",
        "fninit; pushq $0x37b; fldcw (%%rsp); popq %%rax; fld1; fldz; fdivrp %%st, %%st(1)");
    __asm__ volatile("fninit");
}

static void opcodes(void)
{
    TRY("INT3", "int3", "");
    TRY("INT 33", "int $33", "");
    TRY("UD2", "ud2", "");
    TRY("PUSH ES in 64-bit mode", ".byte 0x06", "");
    TRY("LOCK before a register operand", ".byte 0xf0, 0x01, 0xc8", "");
    TRY("RSM outside SMM", ".byte 0x0f, 0xaa", "");
    TRY("x87 with CR0.TS", "fnop", "movq %%cr0, %%rax; orq $8, %%rax; movq %%rax, %%cr0");
    TRY("SSE with CR0.TS", "addps %%xmm0, %%xmm0", "");
    __asm__ volatile("clts");
    TRY("SSE with CR0.EM", "addps %%xmm0, %%xmm0", "movq %%cr0, %%rax; orq $4, %%rax; movq %%rax, %%cr0");
    __asm__ volatile("movq %%cr0, %%rax; andq $~4, %%rax; movq %%rax, %%cr0" : : : "rax");
    TRY("single step", "nop", "pushfq; orq $0x100, (%%rsp); popfq");
}

static void protection(void)
{
    TRY("load from a non-canonical address", "movq (%%rax), %%rcx", "movabsq $0x800000000000, %%rax");
    TRY("selector beyond the GDT", "movw %%ax, %%fs", "movl $0xfff8, %%eax");
    TRY("segment not present", "movw %%ax, %%fs", "movl $0x28, %%eax");
    TRY("system segment in FS", "movw %%ax, %%fs", "movl $0x40, %%eax");
    TRY("code segment in SS", "movw %%ax, %%ss", "movl $0x08, %%eax");
}

static void map(unsigned page, uint64_t bits)
{
    page_table[page] = (uint64_t)pages[page & 3] | bits;
    __asm__ volatile("movq %%cr3, %%rax; movq %%rax, %%cr3" : : : "rax", "memory");
}

// A window of 4 KiB pages at 3 GiB - 2 MiB.
#define WINDOW         "0xbfe00000"
#define WINDOW_ADDRESS 0xbfe00000u

static void print_bits(void)
{
    print("accessed %u, dirty %u\n", page_table[0] >> 5 & 1, page_table[0] >> 6 & 1);
}

static void paging(void)
{
    page_directories[WINDOW_ADDRESS >> 21] = (uint64_t)page_table | 3;
    map(0, 0);
    TRY("read of a page that is not present", "movl 8(%%rdx), %%eax", "movl $" WINDOW ", %%edx");
    TRY("write to a page that is not present", "movl %%eax, 12(%%rdx)", "movl $" WINDOW ", %%edx");
    TRY("jump to a page that is not present", "jmp *%%rdx", "movl $" WINDOW ", %%edx");
    map(0, 1);
    TRY("write to a read-only page, CR0.WP", "movl %%eax, (%%rdx)", "movl $" WINDOW ", %%edx");
    map(0, 3 | UINT64_C(1) << 63);
    TRY("jump to a page without execution", "jmp *%%rdx", "movl $" WINDOW ", %%edx");
    map(0, 3);
    map(1, 0);
    TRY("write across the end of a page", "movq %%rax, 0xffc(%%rdx)", "movl $" WINDOW ", %%edx");
    map(0, 3);
    print_bits();
    __asm__ volatile("movl (%%rax), %%eax" : : "a"(WINDOW_ADDRESS) : "memory");
    print_bits();
    __asm__ volatile("movl %%eax, (%%rax)" : : "a"(WINDOW_ADDRESS) : "memory");
    print_bits();
}

// A page fault whose gate is not present: #NP while delivering #PF makes a double fault, with error code 0.
static void double_fault(void)
{
    gate_set(14, 0, 0x0e, 0);
    ist_set(1, fault_stack + sizeof fault_stack);
    extern const uint8_t vector_stubs[];
    gate_set(8, vector_stubs + 16 * 8, GATE_INTERRUPT, 1);
    map(0, 0);
    TRY("page fault without a gate", "movl (%%rdx), %%eax", "movl $" WINDOW ", %%edx");
    gate_reset(14);
    gate_reset(8);
}

int guest_main(void)
{
    try_init();
    on_trap(33, report);
    arithmetic();
    opcodes();
    protection();
    paging();
    double_fault();
    return EXIT_PASSED;
}
