// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Exceptions that the architecture requires and that some emulators leave out, so this guest is not run on those: SIMD
// floating-point exceptions, #SS for stack addresses, alignment checks, reserved bits and forbidden moves of control
// registers and MSRs. SDM volume 3, "Exception and Interrupt Reference" and "Control Registers".
#include "tests/x86_64/try.h"

extern uint64_t page_directories[2048];

static void floating_point(void)
{
    TRY("SSE division by zero", "divss %%xmm1, %%xmm0",
        "pushq $0x1d80; ldmxcsr (%%rsp); popq %%rax; movl $1, %%eax; cvtsi2ss %%eax, %%xmm0; xorps %%xmm1, %%xmm1");
    __asm__ volatile("pushq $0x1f80; ldmxcsr (%%rsp); popq %%rax" : : : "rax");
}

static void control(void)
{
    TRY("load through RSP from a non-canonical address", "movq (%%rsp,%%rax), %%rcx", "movabsq $0x800000000000, %%rax");
    TRY("unknown MSR", "rdmsr", "movl $0x40000fff, %%ecx");
    TRY("reserved bit of EFER", "wrmsr", "movl $0xc0000080, %%ecx; rdmsr; orl $0x80000000, %%edx");
    TRY("paging without protection", "movq %%rax, %%cr0", "movq %%cr0, %%rax; andq $~1, %%rax");
    TRY("PAE off in long mode", "movq %%rax, %%cr4", "movq %%cr4, %%rax; andq $~0x20, %%rax");
    TRY("reserved bit of CR4", "movq %%rax, %%cr4", "movq %%cr4, %%rax; btsq $31, %%rax");
    TRY("CR8 above 15", "movq %%rax, %%cr8", "movl $16, %%eax");
    gate_set(200, 0, 0x0e, 0);
    TRY("software interrupt through an empty gate", "int $200", "");
    TRY("IRET with a reserved RIP", "iretq",
        "movq %%rsp, %%rcx; pushq $0x10; pushq %%rcx; pushfq; pushq $0x08; movabsq $0x800000000000, %%rax; pushq "
        "%%rax");
    TRY("jump to a non-canonical address", "jmp *%%rax", "movabsq $0x800000000000, %%rax");
}

// SDM volume 3, "Page-Fault Exceptions": bit 3 of the error code comes only together with bit 0.
static void reserved_page_bit(void)
{
    page_directories[0xbfe00000u >> 21] = (uint64_t)page_directories | 3 | UINT64_C(1) << 51;
    __asm__ volatile("movq %%cr3, %%rax; movq %%rax, %%cr3" : : : "rax", "memory");
    TRY("reserved bit in a page directory entry", "movl (%%rdx), %%eax", "movl $0xbfe00000, %%edx");
}

// SDM volume 3, "Interrupt 17": only at CPL 3, so the frame has a user code segment; no exception at CPL 0.
static void alignment(void)
{
    __asm__ volatile("movq %%cr0, %%rax; btsq $18, %%rax; movq %%rax, %%cr0; pushfq; btsq $18, (%%rsp); popfq\n"
                     "movl 1(%%rsp), %%eax; pushfq; btrq $18, (%%rsp); popfq"
                     :
                     :
                     : "rax", "memory");
    print("misaligned at CPL 0: nothing\n");
}

int guest_main(void)
{
    try_init();
    floating_point();
    control();
    reserved_page_bit();
    alignment();
    return EXIT_PASSED;
}
