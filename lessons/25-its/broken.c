// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Lesson 25, with a mistake: the device's interrupt does not come.
#include "lib/aarch64/its.h"
#include "lib/guest.h"
#include "lib/pci.h"

enum { EVENT = 0, LPI = LPI_FIRST, COLLECTION = 0, PRIORITY = 0xa0 };
enum { EDU_RAISE = 0x60, EDU_ACKNOWLEDGE = 0x64 };

static volatile unsigned handled;
static uint64_t registers; // of the device

static void handler(struct frame *frame)
{
    (void)frame;
    uint32_t iar = gic_acknowledge();
    print("  INTID %u\n", (uint64_t)iar);
    write32(registers + EDU_ACKNOWLEDGE, 1);
    handled = handled + 1;
    gic_eoi(iar);
}

// What the tables say; each of the calls is a command in the queue of the ITS. The collection is processor 0 already.
static void map(unsigned device)
{
    its_map_device(device, 4, its_new_itt(4)); // MAPD: the device has a table of 16 events
    its_map(device, LPI, LPI, COLLECTION);     // MAPTI: LPI 8192 goes to collection 0
}

// The configuration of an LPI is a byte in memory. The redistributor may keep a copy, until INV.
static void enable(unsigned device)
{
    lpi_configure(LPI, PRIORITY, true);
    its_inv(device, EVENT);
}

int guest_main(void)
{
    int found = pci_find(0x1234, 0x11e8); // edu
    if (found < 0 || !gic.its)
        fail("no edu device, or no ITS");
    unsigned device = (unsigned)found; // slot and function: its DeviceID
    registers = pci_bar(device, 0);
    on_trap(VECTOR_IRQ, handler);

    lpi_init();     // tables of LPIs in memory
    lpi_cpu_init(); // which this processor's redistributor uses
    its_init();     // command queue, tables of the ITS, and a collection for each processor
    map(device);
    enable(device);
    pci_msi_on(device, gic.its + GITS_TRANSLATER, EVENT);

    print("the device sends event 0:\n");
    write32(registers + EDU_RAISE, 1);
    interrupts_take();
    if (handled != 1)
        fail("the interrupt does not come");
    return EXIT_PASSED;
}
