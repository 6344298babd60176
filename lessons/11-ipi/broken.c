// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Lesson 11, with a mistake: an interrupt for CPU 1 goes somewhere else. Where?
#include "lib/guest.h"
#include "lib/x86_64/chips.h"

enum { PING = 0x41, PONG = 0x42 };

static volatile bool ready, answered;

// ICR is a register of two halves. The upper one has the receiver's APIC id; a write of the lower one sends.
static void send(uint32_t id, uint32_t command)
{
    lapic_write(LAPIC_ICR_HIGH, id);
    lapic_write(LAPIC_ICR, command);
}

static void ping(struct frame *frame)
{
    print("CPU %u: vector %x, and an answer\n", (uint64_t)processor_self(), frame->vector);
    lapic_eoi();
    send(0, ICR_FIXED | ICR_ASSERT | PONG);
}

static void pong(struct frame *frame)
{
    print("CPU %u: vector %x\n", (uint64_t)processor_self(), frame->vector);
    answered = true;
    lapic_eoi();
}

// CPU 1 comes here when it has been started.
static void second_processor(void)
{
    ready = true;
    for (;;)
        interrupts_wait(); // STI, HLT, CLI
}

int guest_main(void)
{
    on_trap(PING, ping);
    on_trap(PONG, pong);
    if (!processor_run(1, second_processor)) // INIT, 10 ms, SIPI
        fail("CPU 1 does not start");
    while (!ready)
        relax();

    print("CPU 0 sends vector %x to the processor with the APIC id 1\n", (uint64_t)PING);
    send(1, ICR_FIXED | ICR_ASSERT | PING);
    for (unsigned i = 0; i < 10000 && !answered; i++)
        interrupts_take();
    if (!answered)
        fail("no answer");
    return EXIT_PASSED;
}
