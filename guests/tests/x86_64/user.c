// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// User mode: entry and return, stack switches, and what is forbidden there. SDM volume 3, "Protection", "Interrupt and
// Exception Handling"; volume 2, SYSCALL, SYSRET, SWAPGS.
#include "lib/guest.h"
#include "lib/x86_64/chips.h"

extern uint64_t page_map[512], page_directories[2048];
static uint8_t user_stack[4096] __attribute__((aligned(16)));
static uint8_t kernel_stack[8192] __attribute__((aligned(16)));
static const char *volatile what;
static volatile uint64_t at, resume;

static uint64_t *page_pointers(void)
{
    return (uint64_t *)(page_map[0] & ~UINT64_C(0xfff));
}

static void report(struct frame *frame)
{
    uint64_t here = (uint64_t)frame;
    print("%s: vector %x, error %x, CS %x, SS %x, rip +%u, kernel stack %u\n", what, frame->vector, frame->error,
          frame->cs, frame->ss, frame->rip - at, (uint64_t)(here - (uint64_t)kernel_stack < sizeof kernel_stack));
    frame->rip = resume;
}

// Ends user mode: continues after USER().
static __attribute__((used)) uint64_t kernel_rsp;

static void leave(struct frame *frame)
{
    frame->cs = 0x08;
    frame->ss = 0x10;
    frame->rip = resume;
    frame->rsp = kernel_rsp;
    frame->rflags &= ~UINT64_C(0x200);
}

// In user mode: `code` traps, report() goes on after it, INT 81h ends it.
#define USER(name, code)                                                                                               \
    do {                                                                                                               \
        what = name;                                                                                                   \
        resume = 0;                                                                                                    \
        __asm__ volatile("movq $2f, at; movq $3f, resume; pushq %%rbp; movq %%rsp, kernel_rsp\n"                       \
                         "pushq $0x1b; pushq %0; pushq $0x202; pushq $0x23; pushq $1f; iretq\n"                        \
                         "1: movl $0x200000, %%edx\n2: " code "\n3: movq $4f, resume; int $0x81\n4: popq %%rbp"        \
                         :                                                                                             \
                         : "r"(user_stack + sizeof user_stack)                                                         \
                         : "rax", "rbx", "rcx", "rdx", "rsi", "rdi", "r8", "r9", "r10", "r11", "memory", "cc");        \
    } while (0)

// SYSCALL lands here on the user's stack; RCX and R11 hold RIP and RFLAGS.
__asm__(".text\nsyscall_entry: pushfq; popq %rax; sysretq");
extern const uint8_t syscall_entry[];

static volatile uint64_t seen_flags, seen_saved;

static void system_call(void)
{
    wrmsr(0xc0000081, UINT64_C(0x10) << 48 | UINT64_C(0x08) << 32); // STAR: user 20h/18h, kernel 08h/10h
    wrmsr(0xc0000082, (uint64_t)syscall_entry);
    wrmsr(0xc0000084, 0x200); // FMASK: IF
    USER("SYSCALL without EFER.SCE", "syscall");
    wrmsr(0xc0000080, rdmsr(0xc0000080) | 1);
    USER("SYSCALL and SYSRET", "syscall; movq %%rax, seen_flags; movq %%r11, seen_saved; int $0x80");
    print("  IF inside %u, saved %u\n", seen_flags >> 9 & 1, seen_saved >> 9 & 1);
}

static void swap_gs(void)
{
    wrmsr(0xc0000101, 0x1111);
    wrmsr(0xc0000102, 0x2222);
    __asm__ volatile("swapgs" : : : "memory");
    print("SWAPGS: %x %x\n", rdmsr(0xc0000101), rdmsr(0xc0000102));
}

static void from_user(struct frame *frame)
{
    print("%s: vector %x, CS %x, IF saved %u\n", what, frame->vector, frame->cs, frame->rflags >> 9 & 1);
    lapic_eoi();
}

int guest_main(void)
{
    page_map[0] |= 4;
    page_pointers()[0] |= 4;
    page_directories[0] |= 4;
    __asm__ volatile("movq %%cr3, %%rax; movq %%rax, %%cr3" : : : "rax", "memory");
    stack0_set(kernel_stack + sizeof kernel_stack);
    extern const uint8_t vector_stubs[];
    for (unsigned vector = 0; vector < 32; vector++)
        on_trap(vector, report);
    on_trap(0x80, report);
    on_trap(0x81, leave);
    on_trap(0x51, from_user);
    gate_set(0x80, vector_stubs + 16 * 0x80, GATE_INTERRUPT | GATE_USER, 0);
    gate_set(0x81, vector_stubs + 16 * 0x81, GATE_INTERRUPT | GATE_USER, 0);
    USER("INT 80", "int $0x80");
    USER("HLT", "hlt");
    USER("CLI", "cli");
    USER("IN", "inb $0x61, %%al");
    USER("MOV from CR0", "movq %%cr0, %%rax");
    USER("RDMSR", "rdmsr");
    USER("UD2", "ud2");
    USER("read of a supervisor page", "movl (%%rdx), %%eax");
    USER("write to a supervisor page", "movl %%eax, (%%rdx)");
    print("an interrupt from user mode\n");
    lapic_write(LAPIC_ICR, ICR_SELF | ICR_ASSERT | 0x51);
    USER("IPI", "nop");
    system_call();
    swap_gs();
    return EXIT_PASSED;
}
