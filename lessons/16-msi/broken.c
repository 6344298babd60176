// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Lesson 16, with a mistake: the device sends no message.
#include "lib/guest.h"
#include "lib/pci.h"
#include "lib/x86_64/chips.h"

enum { VECTOR = 0x41, EDU_RAISE = 0x60, EDU_ACKNOWLEDGE = 0x64, MSI_ENABLE = 1 << 16 };

static volatile unsigned handled;
static uint64_t registers; // of the device

static void handler(struct frame *frame)
{
    print("  vector %x\n", frame->vector);
    write32(registers + EDU_ACKNOWLEDGE, 1);
    handled = handled + 1;
    lapic_eoi();
}

// The registers of a PCI function are memory (BAR 0), where the command register says so.
static void enable(unsigned device)
{
    registers = pci_read(device, PCI_BAR0) & ~15u;
    pci_write(device, PCI_COMMAND, PCI_COMMAND_MEMORY);
}

// The capability: message control in bits 31:16 of its first dword, then address and data.
static void msi_on(unsigned device, uint32_t address, uint32_t data)
{
    unsigned at = pci_capability(device, PCI_CAP_MSI, 0);
    if (!at)
        fail("the device has no MSI");
    uint32_t control = pci_read(device, at);
    pci_write(device, at + 4, address);
    if (control & 1u << 23) { // addresses of 64 bits
        pci_write(device, at + 8, 0);
        pci_write(device, at + 12, data);
    } else {
        pci_write(device, at + 8, data);
    }
    pci_write(device, at, control | MSI_ENABLE);
}

int guest_main(void)
{
    int device = pci_find(0x1234, 0x11e8); // edu, a device for teaching
    if (device < 0)
        fail("no edu device");
    on_trap(VECTOR, handler);
    enable((unsigned)device);
    msi_on((unsigned)device, 0xfee00000 | 0 << 12, VECTOR); // to APIC id 0, fixed, edge

    for (unsigned i = 1; i <= 2; i++) {
        print("the device is told to interrupt:\n");
        write32(registers + EDU_RAISE, 1);
        interrupts_take();
        if (handled != i)
            fail("no interrupt");
    }
    return EXIT_PASSED;
}
