// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// A message from a PCI device: a write to a register of edu has it send its MSI, which the ITS makes an LPI.
#include "bench/aarch64/event.h"
#include "drivers/edu.h"
#include "lib/aarch64/its.h"
#include "lib/pci.h"

EVENT_HANDLERS("");

int guest_main(void)
{
    uint64_t n = argument("n", 1000);
    struct edu edu = { .devfn = (unsigned)pci_find(EDU_VENDOR, EDU_DEVICE) };
    edu.registers = pci_bar(edu.devfn, 0);
    event_init();
    lpi_init();
    lpi_configure(LPI_FIRST, 0x40, true);
    lpi_cpu_init();
    its_init();
    its_map_device(edu.devfn, 1, its_new_itt(1));
    its_map(edu.devfn, 0, LPI_FIRST, 0);
    its_inv(edu.devfn, 0);
    pci_msi_on(edu.devfn, gic.its + GITS_TRANSLATER, 0);
    interrupts_on();
    for (uint64_t i = 0; i < n; i++) {
        edu_raise(&edu, 1);
        while (event_count == i)
            relax();
    }
    interrupts_off();
    return bench_done("edu_msi", event_count);
}
