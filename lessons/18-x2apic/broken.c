// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Lesson 18, with a mistake: the first interrupt comes, the second does not.
#include "lib/guest.h"
#include "lib/x86_64/chips.h"

enum { VECTOR = 0x41, APIC_BASE = 0x1b, APIC_BASE_X2APIC = 1 << 10 };
enum { X2APIC_ID = 0x802, X2APIC_SVR = 0x80f, X2APIC_ICR = 0x830, X2APIC_SELF_IPI = 0x83f };

static volatile unsigned handled;

static void handler(struct frame *frame)
{
    print("  vector %x\n", frame->vector);
    handled = handled + 1;
    lapic_eoi();
}

static bool has_x2apic(void)
{
    uint32_t out[4];
    cpuid(1, out);
    return out[2] >> 21 & 1;
}

static void need(unsigned number)
{
    interrupts_take();
    if (handled != number)
        fail("the interrupt does not come");
}

int guest_main(void)
{
    on_trap(VECTOR, handler);
    if (!has_x2apic())
        fail("this processor has no x2APIC: -cpu qemu64,+x2apic");
    wrmsr(APIC_BASE, rdmsr(APIC_BASE) | APIC_BASE_X2APIC);
    wrmsr(X2APIC_SVR, 0x100 | SPURIOUS_VECTOR);
    print("x2APIC mode, the APIC id is %u\n", rdmsr(X2APIC_ID));

    print("to itself, by SELF IPI:\n");
    wrmsr(X2APIC_SELF_IPI, VECTOR);
    need(1);

    print("to itself, by ICR, whose two halves are one register now:\n");
    wrmsr(X2APIC_ICR, rdmsr(X2APIC_ID) << 32 | ICR_FIXED | VECTOR);
    need(2);
    return EXIT_PASSED;
}
