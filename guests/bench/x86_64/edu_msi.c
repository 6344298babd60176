// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// A message from a PCI device: a write to a register of edu has it send its MSI.
#include "bench/x86_64/event.h"
#include "drivers/edu.h"
#include "lib/pci.h"

static volatile uint64_t count;

static INTERRUPT void handler(struct hardware_frame *frame)
{
    (void)frame;
    count++;
    lapic_eoi();
}

int guest_main(void)
{
    uint64_t n = argument("n", 1000);
    struct edu edu = { .devfn = (unsigned)pci_find(EDU_VENDOR, EDU_DEVICE) };
    edu.registers = pci_bar(edu.devfn, 0);
    gate_set(EVENT_VECTOR, handler, GATE_INTERRUPT, 0);
    pci_msi_on(edu.devfn, LAPIC, EVENT_VECTOR);
    interrupts_on();
    for (uint64_t i = 0; i < n; i++) {
        edu_raise(&edu, 1);
        while (count == i)
            relax();
    }
    interrupts_off();
    return bench_done("edu_msi", count);
}
