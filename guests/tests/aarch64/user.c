// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// EL0: entry and return, the stack, and what is forbidden there. DDI 0487, D1.3, D1.5, D8.4. MSR DAIFSet is not tested
// here: QEMU swaps two fields of its syndrome (D17.2.37, "ISS encoding for an exception from MSR": op1 and op2).
#include "lib/aarch64/chips.h"
#include "lib/aarch64/gic.h"
#include "lib/guest.h"

extern uint64_t page_map[512];
static uint64_t directory[512] __attribute__((aligned(4096)));
static uint8_t kernel_stack[8192] __attribute__((aligned(16)));
static const char *volatile what;
static volatile uint64_t at, resume;
static __attribute__((used)) volatile uint64_t kernel_sp;

enum { SGI = 1 };

// The first 2 MiB of RAM once more, at 3 GiB and for EL0: the guest's own code and data.
#define ALIAS    UINT64_C(0xc0000000)
#define RAM      UINT64_C(0x40000000)
#define FOR_USER UINT64_C(0x741) // a block, EL0 may read and write, access flag, inner shareable, normal memory
#define NORMAL   UINT64_C(4)

static void map(void)
{
    directory[0] = RAM | FOR_USER | NORMAL;
    page_map[3] = (uint64_t)directory | 3;
    __asm__ volatile("dsb sy; tlbi vmalle1; dsb sy; isb" : : : "memory");
}

static void report(struct frame *frame)
{
    uint64_t here = (uint64_t)frame;
    print("%s: vector %u, class %x, syndrome %x, pc ", what, frame->vector, (uint64_t)exception_class(frame),
          frame->esr & 0x1ffffff);
    if (frame->pc - at < 16)
        print("+%u", frame->pc - at);
    else
        print("elsewhere");
    print(", mode %x, kernel stack %u\n", frame->pstate & 0x1f,
          (uint64_t)(here - (uint64_t)kernel_stack < sizeof kernel_stack));
    frame->pc = resume;
}

static void interrupt(struct frame *frame)
{
    uint32_t iar = gic_acknowledge();
    print("%s: vector %u, INTID %u, mode %x\n", what, frame->vector, (uint64_t)gic_intid(iar), frame->pstate & 0x1f);
    gic_eoi(iar);
}

// SVC #99 ends EL0: it returns to the caller of run().
static void leave_or_report(struct frame *frame)
{
    if (exception_class(frame) != EC_SVC || (frame->esr & 0xffff) != 99) {
        report(frame);
        return;
    }
    frame->pc = kernel_sp;
    frame->pstate = 0x3c5;
}

// Goes to EL0 at `entry` with PSTATE `state`, and returns when that comes to SVC #99. The kernel's stack while it runs is
// kernel_stack.
__attribute__((naked, noinline)) static void run(uint64_t entry, uint64_t state)
{
    __asm__ volatile("stp x19, x20, [sp, #-96]!; stp x21, x22, [sp, #16]; stp x23, x24, [sp, #32]\n"
                     "stp x25, x26, [sp, #48]; stp x27, x28, [sp, #64]; stp x29, x30, [sp, #80]\n"
                     "msr elr_el1, x0; msr spsr_el1, x1\n"
                     "mov x19, sp; adrp x9, user_leave; add x9, x9, :lo12:user_leave\n"
                     "adrp x10, kernel_sp; str x9, [x10, :lo12:kernel_sp]\n"
                     "adrp x10, saved_sp; str x19, [x10, :lo12:saved_sp]\n"
                     "adrp x9, kernel_stack; add x9, x9, :lo12:kernel_stack; add sp, x9, #2, lsl #12\n"
                     "eret\n"
                     "user_leave: adrp x10, saved_sp; ldr x19, [x10, :lo12:saved_sp]; mov sp, x19\n"
                     "ldp x21, x22, [sp, #16]; ldp x23, x24, [sp, #32]; ldp x25, x26, [sp, #48]\n"
                     "ldp x27, x28, [sp, #64]; ldp x29, x30, [sp, #80]; ldp x19, x20, [sp], #96\n"
                     "ret\n"
                     ".pushsection .bss\nsaved_sp: .skip 8\n.popsection");
}

static uint64_t alias(uint64_t address)
{
    return address - RAM + ALIAS;
}

// In EL0: `code` is tried, report() goes on after it, SVC #99 ends it.
#define USER(name, code)                                                                                               \
    do {                                                                                                               \
        uint64_t start_, at_, resume_;                                                                                 \
        __asm__ volatile("b 3f\n1: mov x9, #0x40000000\n2: " code                                                      \
                         "\n4: svc #99\n3: adr %0, 1b; adr %1, 2b; adr %2, 4b"                                         \
                         : "=r"(start_), "=r"(at_), "=r"(resume_));                                                    \
        what = name;                                                                                                   \
        at = alias(at_);                                                                                               \
        resume = alias(resume_);                                                                                       \
        run(alias(start_), 0);                                                                                         \
    } while (0)

static void forbidden(void)
{
    USER("SVC", "svc #7");
    USER("HVC", "hvc #0");
    USER("UDF", "udf #0");
    USER("masking interrupts", "msr daif, x9");
    USER("read of CurrentEL", "mrs x9, currentel");
    USER("read of VBAR_EL1", "mrs x9, vbar_el1");
    USER("read of MIDR_EL1", "mrs x9, midr_el1");
    USER("read of CNTVCT_EL0", "mrs x9, cntvct_el0");
    USER("data cache by address", "dc cvac, x9");
    USER("TLBI", "tlbi vmalle1");
    USER("ERET", "eret");
    USER("read of a page of EL1", "ldr x10, [x9]");
    USER("write to a page of EL1", "str x10, [x9]");
    USER("jump to a page of EL1", "br x9");
    USER("BRK", "brk #1");
}

static void kernel_interrupt(void)
{
    gic_enable(SGI);
    gic_send(SGI, 1);
    print("an interrupt that was pending comes first thing in EL0\n");
    USER("SGI", "nop");
}

// EL1 must not execute what EL0 may write (D8.4.1.2.1).
static void kernel_in_user_page(struct frame *frame)
{
    print("EL1 in a page that EL0 writes: class %x, syndrome %x\n", (uint64_t)exception_class(frame),
          frame->esr & 0x1ffffff);
    frame->pc = frame->x[30];
}

int guest_main(void)
{
    map();
    on_trap(VECTOR_USER_SYNC, leave_or_report);
    on_trap(VECTOR_USER_IRQ, interrupt);
    forbidden();
    kernel_interrupt();
    on_trap(VECTOR_SYNC, kernel_in_user_page);
    __asm__ volatile("blr %0" : : "r"(alias((uint64_t)run)) : "x30", "memory");
    return EXIT_PASSED;
}
