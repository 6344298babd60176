// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Lesson 17, with a mistake: the program waits for ever for its second interrupt.
#include "drivers/rng.h"
#include "intr/intr.h"
#include "lib/pci.h"
#include "lib/x86_64/chips.h"

enum { TIMER_VECTOR = 0xf0, ROW = 0, ROW_BYTES = 16, ROW_CONTROL = 12, ROW_MASKED = 1 };

static uint64_t table, pending_bits;

static uint64_t pending(void)
{
    return read32(pending_bits) >> ROW & 1;
}

static void mask(bool on)
{
    write32(table + ROW_BYTES * ROW + ROW_CONTROL, on ? ROW_MASKED : 0);
}

// The capability says where the table and the pending bits are: the number of a BAR in bits 2:0, and an offset.
static void find_table(unsigned device)
{
    unsigned at = pci_capability(device, PCI_CAP_MSIX, 0);
    uint32_t where = pci_read(device, at + 4);
    table = pci_bar(device, where & 7) + (where & ~7u);
    where = pci_read(device, at + 8);
    pending_bits = pci_bar(device, where & 7) + (where & ~7u);
}

// 100 microseconds later: the device has long been done.
static void timer(struct frame *frame)
{
    (void)frame;
    print("masked:    pending bit %u\n", pending());
    write32(pending_bits, 0); // unmasks it
    print("unmasked:  pending bit %u\n", pending());
    lapic_eoi();
}

int guest_main(void)
{
    static struct virtio rng; // a source of random bytes, with a driver of the library
    uint8_t bytes[16];
    if (!intr_init(INTR_XAPIC) || rng_open(&rng, true) < 0)
        fail("no device with MSI-X");
    find_table(rng.devfn);

    uint32_t got = rng_read(&rng, bytes, sizeof bytes);
    print("not masked: %u bytes\n", (uint64_t)got);

    mask(true);
    on_trap(TIMER_VECTOR, timer);
    lapic_write(LAPIC_LVT_TIMER, TIMER_VECTOR);
    lapic_write(LAPIC_INITIAL, 100000);
    got = rng_read(&rng, bytes, sizeof bytes); // sleeps until the device's interrupt has come
    print("and then:  %u bytes\n", (uint64_t)got);
    return EXIT_PASSED;
}
