// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Lesson 30, with a mistake: an LPI that was enabled does not come.
#include "lib/aarch64/its.h"
#include "lib/guest.h"
#include "lib/pci.h"

enum { EVENT = 0, LPI = LPI_FIRST + 4, LEFT = LPI_FIRST + 9, COLLECTION = 0, PRIORITY = 0xa0 };
enum { EDU_RAISE = 0x60, EDU_ACKNOWLEDGE = 0x64 };

static volatile unsigned handled[16];
static uint64_t registers; // of the device

static void handler(struct frame *frame)
{
    (void)frame;
    uint32_t iar = gic_acknowledge();
    print("  INTID %u\n", (uint64_t)iar);
    if (iar == LPI)
        write32(registers + EDU_ACKNOWLEDGE, 1);
    handled[iar - LPI_FIRST]++;
    gic_eoi(iar);
}

static void need(unsigned lpi, unsigned times)
{
    interrupts_take();
    if (handled[lpi - LPI_FIRST] != times)
        fail(handled[lpi - LPI_FIRST] < times ? "an LPI does not come" : "a disabled LPI comes");
}

// A byte of the configuration table: priority in bits 7:2, and in bit 0 whether the LPI is enabled.
static void configure(bool enabled)
{
    lpi_properties[LPI - LPI_FIRST] = (uint8_t)(PRIORITY | (enabled ? LPI_ENABLED : 0));
    its_sync(0); // all commands have been executed
}

// An LPI is pending from before, and enabled. The redistributor reads the pending table when its LPIs are switched on.
static void tables(void)
{
    lpi_init();
    lpi_properties[LEFT - LPI_FIRST] = PRIORITY | LPI_ENABLED;
    lpi_pending_table(0)[LEFT / 8] = 1u << LEFT % 8;
    lpi_cpu_init(); // GICR_PROPBASER, GICR_PENDBASER, GICR_CTLR.EnableLPIs
}

int guest_main(void)
{
    int found = pci_find(0x1234, 0x11e8); // edu
    if (found < 0 || !gic.its)
        fail("no edu device, or no ITS");
    unsigned device = (unsigned)found; // slot and function: its DeviceID
    registers = pci_bar(device, 0);
    on_trap(VECTOR_IRQ, handler);

    print("an LPI is pending in the table:\n");
    tables();
    need(LEFT, 1);

    its_init();
    its_map_device(device, 4, its_new_itt(4));
    its_map(device, EVENT, LPI, COLLECTION);
    pci_msi_on(device, gic.its + GITS_TRANSLATER, EVENT);

    print("the device sends its message; the byte of the LPI is 0, so it is disabled:\n");
    write32(registers + EDU_RAISE, 1);
    need(LPI, 0);

    print("enabled:\n");
    configure(true);
    need(LPI, 1);

    print("disabled again, and another message:\n");
    configure(false);
    write32(registers + EDU_RAISE, 1);
    need(LPI, 1);
    return EXIT_PASSED;
}
