// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Lesson 31, with a mistake: the second of two devices on one line is never served.
#include "lib/guest.h"
#include "lib/pci.h"
#include "lib/x86_64/chips.h"

enum { VECTOR = 0x41, EDU_STATUS = 0x24, EDU_RAISE = 0x60, EDU_ACKNOWLEDGE = 0x64, WORK = 1000 };
enum { DEVICES = 2, EDU_ID = 0x11e81234 };

static const unsigned slot[DEVICES] = { 5, 9 };
static uint64_t registers[DEVICES];
static volatile unsigned served[DEVICES];
static volatile unsigned interrupts, unclaimed;

// A driver: acknowledges what the device wants, which lowers its line.
static bool driver(unsigned device)
{
    uint32_t status = read32(registers[device] + EDU_STATUS);
    write32(registers[device] + EDU_ACKNOWLEDGE, status);
    served[device] = served[device] + 1;
    return true;
}

// The vector does not say which device it was: drivers are asked until one claims the interrupt. If the other device wants
// something, too, the line is still high at the EOI, and the interrupt comes again.
static void handler(struct frame *frame)
{
    (void)frame;
    if (!driver(0) && !driver(1))
        unclaimed = unclaimed + 1;
    interrupts = interrupts + 1;
    lapic_eoi();
}

static void raise(bool first, bool second)
{
    interrupts_off();
    if (first)
        write32(registers[0] + EDU_RAISE, 1);
    if (second)
        write32(registers[1] + EDU_RAISE, 1);
    interrupts_on();
    for (volatile unsigned work = 0; work < WORK; work++)
        ;
    interrupts_off();
    print("  interrupts %u, served %u and %u\n", (uint64_t)interrupts, (uint64_t)served[0], (uint64_t)served[1]);
}

static void open(void)
{
    for (unsigned device = 0; device < DEVICES; device++) {
        unsigned function = slot[device] << 3;
        if (pci_read(function, PCI_ID) != EDU_ID || pci_pin(function) != pci_pin(slot[0] << 3))
            fail("two edu devices on one line are needed");
        registers[device] = pci_bar(function, 0);
    }
    on_trap(VECTOR, handler);
    ioapic_route(pci_pin(slot[0] << 3), ENTRY_LEVEL | VECTOR, 0);
}

int guest_main(void)
{
    open();
    print("the first device interrupts:\n");
    raise(true, false);
    print("the second device interrupts:\n");
    raise(false, true);
    if (served[1] != 1)
        fail("the second device was not served");
    print("both interrupt:\n");
    raise(true, true);
    if (served[0] != 2 || served[1] != 2 || interrupts != 4 || unclaimed)
        fail("the number of interrupts is wrong");
    return EXIT_PASSED;
}
