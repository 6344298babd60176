// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The local APIC and the processor's gates, from inside a guest: priorities, nesting, shadows, NMI, the timer. SDM
// volume 3, "Advanced Programmable Interrupt Controller" and "Interrupt and Exception Handling".
#include "lib/guest.h"
#include "lib/x86_64/chips.h"

static volatile unsigned depth, count;

static void self(unsigned vector)
{
    lapic_write(LAPIC_ICR, ICR_SELF | ICR_ASSERT | vector);
}

static void report(struct frame *frame)
{
    print("  vector %x, PPR %x\n", frame->vector, (uint64_t)lapic_read(LAPIC_PPR));
    lapic_eoi();
}

// Enables interrupts while it serves one, and requests one of higher and one of lower priority.
static void nest(struct frame *frame)
{
    print("  enter %x\n", frame->vector);
    self(0x31);
    self(0x71);
    interrupts_take();
    print("  leave %x, ISR 31h %u, IRR 31h %u\n", frame->vector, (uint64_t)lapic_bit(LAPIC_ISR, 0x31),
          (uint64_t)lapic_bit(LAPIC_IRR, 0x31));
    lapic_eoi();
}

static void priorities(void)
{
    print("raised 41, 61, 51 with interrupts off\n");
    self(0x41);
    self(0x61);
    self(0x51);
    print("IRR %u%u%u\n", (uint64_t)lapic_bit(LAPIC_IRR, 0x41), (uint64_t)lapic_bit(LAPIC_IRR, 0x51),
          (uint64_t)lapic_bit(LAPIC_IRR, 0x61));
    interrupts_take();
    interrupts_take();
    interrupts_take();
    print("IRR %u%u%u\n", (uint64_t)lapic_bit(LAPIC_IRR, 0x41), (uint64_t)lapic_bit(LAPIC_IRR, 0x51),
          (uint64_t)lapic_bit(LAPIC_IRR, 0x61));
    print("two requests of one vector are one\n");
    self(0x41);
    self(0x41);
    interrupts_take();
    interrupts_take();
}

static void task_priority(void)
{
    print("TPR 50 holds 5f back\n");
    lapic_write(LAPIC_TPR, 0x50);
    self(0x5f);
    interrupts_take();
    print("PPR %x; 60 goes through\n", (uint64_t)lapic_read(LAPIC_PPR));
    self(0x60);
    interrupts_take();
    print("CR8 = 4\n");
    __asm__ volatile("movq %0, %%cr8" : : "r"(UINT64_C(4)));
    print("TPR %x\n", (uint64_t)lapic_read(LAPIC_TPR));
    interrupts_take();
    lapic_write(LAPIC_TPR, 0);
}

static void nesting(void)
{
    print("nesting\n");
    on_trap(0x51, nest);
    self(0x51);
    interrupts_take();
    interrupts_take();
    on_trap(0x51, report);
}

// The instruction after STI runs before any interrupt is taken.
static void counting(struct frame *frame)
{
    print("  taken with RAX %u\n", frame->rax);
    lapic_eoi();
}

static void shadows(void)
{
    on_trap(0x42, counting);
    print("STI, then CLI: no window\n");
    self(0x42);
    __asm__ volatile("sti; cli; nop" : : : "memory");
    print("STI, then one instruction\n");
    __asm__ volatile("movl $1, %%eax; sti; movl $2, %%eax; movl $3, %%eax; movl $4, %%eax; cli" : : : "rax", "memory");
    print("POPF opens at once\n");
    self(0x42);
    __asm__ volatile("pushfq; orq $0x200, (%%rsp); movl $1, %%eax; popfq; movl $2, %%eax; cli" : : : "rax", "memory");
}

static void non_maskable(struct frame *frame)
{
    (void)frame;
    unsigned number = ++count;
    print("  enter NMI %u, depth %u\n", (uint64_t)number, (uint64_t)++depth);
    if (number == 1) {
        // One is held until IRET, another on top of it is lost (SDM volume 3, "Handling Multiple NMIs").
        lapic_ipi(0, ICR_NMI | ICR_ASSERT);
        lapic_ipi(0, ICR_NMI | ICR_ASSERT);
    }
    depth--;
    print("  leave NMI %u\n", (uint64_t)number);
}

static void nmi(void)
{
    print("NMI with interrupts off\n");
    on_trap(2, non_maskable);
    lapic_ipi(0, ICR_NMI | ICR_ASSERT);
    for (unsigned i = 0; i < 100; i++)
        relax();
    print("%u NMIs\n", (uint64_t)count);
}

static void tick(struct frame *frame)
{
    (void)frame;
    count++;
    lapic_eoi();
}

static void timer(void)
{
    on_trap(0x43, tick);
    count = 0;
    print("timer, one shot\n");
    lapic_write(LAPIC_LVT_TIMER, 0x43);
    lapic_write(LAPIC_INITIAL, 50000);
    while (!count)
        interrupts_wait();
    print("  count %u, current %u\n", (uint64_t)count, (uint64_t)lapic_read(LAPIC_CURRENT));
    wait_us(500);
    interrupts_take();
    print("  count %u, current %u\n", (uint64_t)count, (uint64_t)lapic_read(LAPIC_CURRENT));
    print("timer, periodic\n");
    lapic_write(LAPIC_LVT_TIMER, LVT_PERIODIC | 0x43);
    lapic_write(LAPIC_INITIAL, 50000);
    while (count < 6)
        interrupts_wait();
    lapic_write(LAPIC_INITIAL, 0);
    print("  count %u, current %u\n", (uint64_t)count, (uint64_t)lapic_read(LAPIC_CURRENT));
    print("timer, masked\n");
    lapic_write(LAPIC_LVT_TIMER, LVT_MASKED | 0x43);
    lapic_write(LAPIC_INITIAL, 50000);
    wait_us(500);
    interrupts_take();
    print("  count %u\n", (uint64_t)count);
}

static void gates(void)
{
    print("interrupt gate, then trap gate\n");
    extern const uint8_t vector_stubs[];
    static uint8_t other_stack[4096] __attribute__((aligned(16)));
    __asm__ volatile("sti; int $0x90" : : : "memory");
    gate_set(0x90, vector_stubs + 16 * 0x90, GATE_TRAP, 0);
    __asm__ volatile("int $0x90; cli" : : : "memory");
    print("interrupt stack table\n");
    ist_set(3, other_stack + sizeof other_stack);
    gate_set(0x91, vector_stubs + 16 * 0x91, GATE_INTERRUPT, 3);
    __asm__ volatile("int $0x91" : : : "memory");
}

static void show_flags(struct frame *frame)
{
    (void)frame;
    print("  IF %u\n", rflags() >> 9 & 1);
}

static void show_stack(struct frame *frame)
{
    uint64_t here = (uint64_t)frame;
    print("  on another stack %u, aligned %u, back to %s\n", (uint64_t)(here - frame->rsp > 65536),
          (uint64_t)(((uint64_t)(&frame->ss + 1) & 15) == 0), frame->ss == 0x10 ? "SS 10" : "?");
}

int guest_main(void)
{
    for (unsigned vector = 0x30; vector < 0x80; vector++)
        on_trap(vector, report);
    on_trap(0x90, show_flags);
    on_trap(0x91, show_stack);
    priorities();
    task_priority();
    nesting();
    shadows();
    nmi();
    timer();
    gates();
    return EXIT_PASSED;
}
