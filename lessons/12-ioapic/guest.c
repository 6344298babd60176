// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Lesson 12: the IOAPIC. A line becomes a message for a local APIC, as the redirection entry of its pin says.
#include "lib/guest.h"
#include "lib/x86_64/chips.h"

enum { PIN = 5, VECTOR = 0x41 };

static volatile unsigned handled;

// Our device: a byte written to port 2000h + n is the level of line n.
static void device_line(uint8_t level)
{
    outb(0x2000 + PIN, level);
}

static void handler(struct frame *frame)
{
    (void)frame;
    handled = handled + 1;
    device_line(0);
    lapic_eoi();
}

// Registers are reached by an index at FEC00000h and data at FEC00010h. An entry has 64 bits, so the entry of pin n is the
// registers 10h + 2n (low half) and 11h + 2n (high half).
static void entry_set(unsigned pin, uint32_t low, uint32_t destination)
{
    write32(IOAPIC, 0x11 + 2 * pin);
    write32(IOAPIC + 0x10, destination << 24);
    write32(IOAPIC, 0x10 + 2 * pin);
    write32(IOAPIC + 0x10, low);
}

int guest_main(void)
{
    on_trap(VECTOR, handler);

    device_line(1); // every entry is masked at the start
    interrupts_take();
    print("masked:     handled %u\n", (uint64_t)handled);
    device_line(0);

    entry_set(PIN, VECTOR, 0); // edge-triggered, active high, fixed, physical destination: APIC id 0, which is CPU 0
    interrupts_take();
    print("unmasked:   handled %u\n", (uint64_t)handled);

    device_line(1);
    interrupts_take();
    print("new edge:   handled %u\n", (uint64_t)handled);
    if (handled != 1)
        fail("the interrupt does not come");
    return EXIT_PASSED;
}
