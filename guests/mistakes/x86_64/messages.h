// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Mistakes with messages: PCI 6.8; SDM volume 3, "Message Signalled Interrupts".
#ifndef MISTAKES_MESSAGES_H
#define MISTAKES_MESSAGES_H

#include "mistakes/x86_64/interrupts.h"

static void edu_by_msi(uint32_t address, uint32_t data)
{
    edu_find();
    quiet = edu_quiet;
    on_trap(VECTOR, on_lapic);
    if (!pci_msi_on(edu_devfn, address, data))
        fail("edu has no MSI");
}

static void bus_master_off(void)
{
    edu_by_msi(LAPIC, VECTOR);
    set_command(edu_devfn, 0, wrong ? PCI_COMMAND_MASTER : 0);
    edu_bits(1);
    wait_for(1);
}

static void msi_not_enabled(void)
{
    edu_by_msi(LAPIC, VECTOR);
    if (wrong)
        pci_msi_off(edu_devfn);
    edu_bits(1);
    wait_for(1);
}

static void msi_to_no_cpu(void)
{
    edu_by_msi(LAPIC | (wrong ? 7 << 12 : 0), VECTOR);
    edu_bits(1);
    wait_for(1);
}

// The IOAPIC takes no messages.
static void msi_to_the_ioapic(void)
{
    edu_by_msi(wrong ? IOAPIC : LAPIC, VECTOR);
    edu_bits(1);
    wait_for(1);
}

static void msi_vector_below_16(void)
{
    edu_by_msi(LAPIC, wrong ? 5 : VECTOR);
    edu_bits(1);
    wait_for(1);
}

#endif
