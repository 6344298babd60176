// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Lesson 27, with a mistake: the work is never done.
#include "lib/guest.h"
#include "lib/pci.h"
#include "lib/x86_64/chips.h"

enum { VECTOR = 0x41, EDU_STATUS = 0x24, EDU_RAISE = 0x60, WORK = 1000 };

static volatile unsigned handled;
static uint64_t registers; // of the device

static void handler(struct frame *frame)
{
    (void)frame;
    (void)read32(registers + EDU_STATUS); // the device has been asked what it wants
    handled = handled + 1;
    lapic_eoi();
}

int guest_main(void)
{
    int device = pci_find(0x1234, 0x11e8); // edu
    if (device < 0)
        fail("no edu device");
    registers = pci_bar((unsigned)device, 0);
    on_trap(VECTOR, handler);
    ioapic_route(pci_pin((unsigned)device), ENTRY_LEVEL | VECTOR, 0);

    print("the device interrupts, and the program works:\n");
    interrupts_on();
    write32(registers + EDU_RAISE, 1);
    for (volatile unsigned work = 0; work < WORK; work++)
        ;
    interrupts_off();
    print("the work is done, %u interrupt\n", (uint64_t)handled);
    if (handled != 1)
        fail("the number of interrupts is wrong");
    return EXIT_PASSED;
}
