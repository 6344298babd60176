// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The driver of examples/counter: it has the counter count to ten, and counts its interrupts.
#include "intr/intr.h"
#include "lib/pci.h"

enum { VENDOR = 0x1234, DEVICE = 0x1111, PERIOD = 0, LIMIT = 4, COUNT = 8, COUNTED = 0, FINISHED = 1 };

static volatile unsigned counted, finished;

static bool add_one(void *number)
{
    ++*(volatile unsigned *)number;
    return true;
}

static void arm(unsigned devfn, unsigned vector, volatile unsigned *number)
{
    int id = intr_request_msi((void *)number, devfn, add_one, INTR_ANY_CPU);
    if (id < 0)
        fail(intr_error_text(id));
    struct intr_message message = intr_msi_message(id);
    if (!pci_msix_set(devfn, vector, message.address, message.data))
        fail("the counter has no such vector");
}

int guest_main(void)
{
    int devfn = pci_find(VENDOR, DEVICE);
    if (!intr_init(INTR_BEST) || devfn < 0)
        fail("no counter");
    uint64_t registers = pci_bar((unsigned)devfn, 0);
    arm((unsigned)devfn, COUNTED, &counted);
    arm((unsigned)devfn, FINISHED, &finished);
    write32(registers + LIMIT, 10);
    write32(registers + PERIOD, 1000000);
    while (!finished) {
        interrupts_take();
        relax();
    }
    print("%s: it counted to %u, with %u interrupts and %u at the end\n", intr_chip_name(),
          (uint64_t)read32(registers + COUNT), (uint64_t)counted, (uint64_t)finished);
    return EXIT_PASSED;
}
