// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Lesson 13, with a mistake: when the pin gets another vector its interrupts stop.
#include "lib/guest.h"
#include "lib/x86_64/chips.h"

enum { PIN = 5, OLD = 0x41, NEW = 0x51, DISK = 1, SOUND = 2 };

static volatile unsigned wants; // a bit for each device
static volatile unsigned handled;

// Two devices pull at line 5. A byte written to port 2000h + n is the level of line n.
static void devices(unsigned now)
{
    wants = now;
    outb(0x2000 + PIN, wants != 0);
}

static uint64_t remote_irr(void)
{
    return ioapic_read(IOAPIC_ENTRY + 2 * PIN) >> 14 & 1;
}

static void route(uint32_t vector)
{
    ioapic_route(PIN, ENTRY_LEVEL | vector, 0);
}

// Serves one device at a time.
static void handler(struct frame *frame)
{
    print("  vector %x: remote IRR %u\n", frame->vector, remote_irr());
    devices(wants & DISK ? wants & ~DISK : wants & ~SOUND);
    handled = handled + 1;
    if (handled == 2)
        route(NEW); // the devices are served: the next interrupt has the new vector
    lapic_eoi();    // the local APIC tells the IOAPIC, as the vector came from a level
}

static void expect_handled(unsigned number)
{
    for (unsigned i = 0; i < 4; i++)
        interrupts_take();
    print("  afterwards: remote IRR %u\n", remote_irr());
    if (handled != number)
        fail("an interrupt is missing");
}

int guest_main(void)
{
    on_trap(OLD, handler);
    on_trap(NEW, handler);
    route(OLD);

    print("both devices want something:\n");
    devices(DISK | SOUND);
    expect_handled(2);

    print("the pin has another vector:\n");
    devices(SOUND);
    expect_handled(3);
    return EXIT_PASSED;
}
