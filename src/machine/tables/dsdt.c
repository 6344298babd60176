// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The DSDT as AML. Spec: ACPI 6.5, 6.2.13 (_PRT), 7.3.4 (_Sx), 9 (ACPI devices); PCI Firmware 3.0 (_CRS of a host
// bridge).
//
//     \_S5           soft-off
//     \_SB
//       LNKA, LNKB   the two lines that PCI's INTA-D share; fixed
//       PCI0         bus 0: windows, _PRT
//         PIC, TIMR, RTC, KBD, MOU, COM1, SPKR, SYSR   what an ISA bus has
//       HPET
//       VR00 ...     virtio-mmio slots with a device
//
// Not modelled: processor devices (the MADT lists them), _OSC, hot plug.
#include "machine/tables/dsdt.h"

#include "machine/tables/aml.h"

enum { PCI_SLOTS = 32, PCI_PINS = 4, PCI_CONFIG_PORT = 0xcf8 };

static void isa_device(struct aml *aml, const char *name, const char *id)
{
    aml_device(aml, name);
    aml_name(aml, "_HID");
    aml_eisaid(aml, id);
}

static void resources(struct aml *aml, struct aml_resources *list)
{
    aml_name(aml, "_CRS");
    aml_resources_end(aml, list);
    aml_end(aml); // the device
}

// A link with a single setting: enabling and disabling it has no effect.
static void link_device(struct aml *aml, const char *name, uint8_t uid, uint8_t gsi)
{
    struct aml_resources list;
    isa_device(aml, name, "PNP0C0F");
    aml_name(aml, "_UID");
    aml_integer(aml, uid);
    aml_name(aml, "_STA");
    aml_integer(aml, 0x0b); // present, enabled, functioning
    aml_name(aml, "_PRS");
    aml_resources_begin(&list);
    aml_interrupt(&list, gsi);
    aml_resources_end(aml, &list);
    aml_method(aml, "_DIS", 0);
    aml_end(aml);
    aml_method(aml, "_SRS", 1);
    aml_end(aml);
    aml_resources_begin(&list);
    aml_interrupt(&list, gsi);
    resources(aml, &list);
}

static void prt_entry(struct aml *aml, const struct machine_description *machine, uint32_t slot, uint32_t pin)
{
    uint8_t gsi = machine->pci_gsi[(slot + pin) % PCI_PINS];
    aml_package(aml, 4);
    aml_integer(aml, slot << 16 | 0xffff);
    aml_integer(aml, pin);
    aml_reference(aml, gsi == machine->pci_gsi[0] ? "\\_SB.LNKA" : "\\_SB.LNKB");
    aml_integer(aml, 0);
    aml_end(aml);
}

static void prt(struct aml *aml, const struct machine_description *machine)
{
    aml_name(aml, "_PRT");
    aml_package(aml, (PCI_SLOTS - 1) * PCI_PINS);
    for (uint32_t slot = 1; slot < PCI_SLOTS; slot++)
        for (uint32_t pin = 0; pin < PCI_PINS; pin++)
            prt_entry(aml, machine, slot, pin);
    aml_end(aml);
}

// The parts of the window around configuration space, which BARs cannot use.
static void memory_windows(struct aml_resources *list, const struct machine_description *machine)
{
    uint64_t hole = machine->ecam ? machine->ecam : machine->pci_window_end, end = hole + machine->ecam_size;
    aml_window_memory(list, (uint32_t)machine->pci_window, (uint32_t)(hole - 1));
    if (end < machine->pci_window_end)
        aml_window_memory(list, (uint32_t)end, (uint32_t)(machine->pci_window_end - 1));
    if (machine->pci_high)
        aml_window_memory64(list, machine->pci_high, machine->pci_high_end - 1);
}

static void host_bridge(struct aml *aml, const struct machine_description *machine)
{
    struct aml_resources list;
    aml_name(aml, "_HID");
    aml_eisaid(aml, "PNP0A03");
    aml_name(aml, "_BBN");
    aml_integer(aml, 0);
    aml_resources_begin(&list);
    aml_window_bus(&list, 0, 0xff);
    aml_io(&list, PCI_CONFIG_PORT, 8);
    aml_window_io(&list, 0, PCI_CONFIG_PORT - 1);
    aml_window_io(&list, PCI_CONFIG_PORT + 8, 0xffff);
    aml_window_memory(&list, 0xa0000, 0xbffff);
    memory_windows(&list, machine);
    aml_name(aml, "_CRS");
    aml_resources_end(aml, &list);
    prt(aml, machine);
}

static void interrupt_controller(struct aml *aml)
{
    struct aml_resources list;
    isa_device(aml, "PIC", "PNP0000");
    aml_resources_begin(&list);
    aml_io(&list, 0x20, 2);
    aml_io(&list, 0xa0, 2);
    aml_io(&list, 0x4d0, 2);
    aml_irq(&list, 2);
    resources(aml, &list);
}

static void timer_and_clock(struct aml *aml)
{
    struct aml_resources list;
    isa_device(aml, "TIMR", "PNP0100");
    aml_resources_begin(&list);
    aml_io(&list, 0x40, 4);
    aml_irq(&list, 0);
    resources(aml, &list);
    isa_device(aml, "RTC", "PNP0B00");
    aml_resources_begin(&list);
    aml_io(&list, 0x70, 2);
    aml_irq(&list, 8);
    resources(aml, &list);
}

static void keyboard_controller(struct aml *aml)
{
    struct aml_resources list;
    isa_device(aml, "KBD", "PNP0303");
    aml_resources_begin(&list);
    aml_io(&list, 0x60, 1);
    aml_io(&list, 0x64, 1);
    aml_irq(&list, 1);
    resources(aml, &list);
    isa_device(aml, "MOU", "PNP0F13");
    aml_resources_begin(&list);
    aml_irq(&list, 12);
    resources(aml, &list);
}

static void serial_port(struct aml *aml, const struct machine_description *machine)
{
    struct aml_resources list;
    isa_device(aml, "COM1", "PNP0501");
    aml_name(aml, "_UID");
    aml_integer(aml, 1);
    aml_resources_begin(&list);
    aml_io(&list, machine->com1_port, 8);
    aml_irq(&list, machine->com1_irq);
    resources(aml, &list);
}

// Ports and memory that belong to the board and that no driver may use.
static void board_resources(struct aml *aml, const struct machine_description *machine)
{
    struct aml_resources list;
    isa_device(aml, "SPKR", "PNP0800");
    aml_resources_begin(&list);
    aml_io(&list, 0x61, 1);
    resources(aml, &list);
    isa_device(aml, "SYSR", "PNP0C02");
    aml_resources_begin(&list);
    aml_io(&list, 0x80, 1);
    aml_io(&list, 0x92, 1);
    aml_io(&list, machine->smi_command, 2);
    aml_io(&list, machine->pm_port, (uint8_t)machine->pm_ports);
    if (machine->ecam)
        aml_memory32(&list, (uint32_t)machine->ecam, (uint32_t)machine->ecam_size);
    resources(aml, &list);
}

static void hpet(struct aml *aml, const struct machine_description *machine)
{
    struct aml_resources list;
    isa_device(aml, "HPET", "PNP0103");
    aml_name(aml, "_UID");
    aml_integer(aml, 0);
    aml_resources_begin(&list);
    aml_memory32(&list, (uint32_t)machine->hpet_address, 0x400);
    for (unsigned i = 0; i < DESCRIPTION_HPET_TIMERS; i++)
        aml_edge_interrupt(&list, machine->hpet_gsi[i]);
    resources(aml, &list);
}

// LNRO0005 is the id of virtio-mmio.
static void virtio(struct aml *aml, const struct machine_description *machine, unsigned index)
{
    struct aml_resources list;
    char name[5] = "VR00";
    name[3] = (char)('0' + index);
    aml_device(aml, name);
    aml_name(aml, "_HID");
    aml_text(aml, "LNRO0005");
    aml_name(aml, "_UID");
    aml_integer(aml, index);
    aml_name(aml, "_CCA"); // DMA is coherent
    aml_integer(aml, 1);
    aml_resources_begin(&list);
    aml_memory32(&list, (uint32_t)machine->virtio[index], machine->virtio_size);
    aml_interrupt(&list, machine->virtio_gsi[index]);
    resources(aml, &list);
}

static void soft_off(struct aml *aml, const struct machine_description *machine)
{
    aml_name(aml, "\\_S5");
    aml_package(aml, 4);
    aml_integer(aml, machine->s5_type);
    aml_integer(aml, machine->s5_type);
    aml_integer(aml, 0);
    aml_integer(aml, 0);
    aml_end(aml);
}

void dsdt_append(struct blob *blob, const struct machine_description *machine)
{
    struct aml aml = { .blob = blob };
    soft_off(&aml, machine);
    aml_scope(&aml, "\\_SB");
    link_device(&aml, "LNKA", 1, machine->pci_gsi[0]);
    link_device(&aml, "LNKB", 2, machine->pci_gsi[1]);
    aml_device(&aml, "PCI0");
    host_bridge(&aml, machine);
    interrupt_controller(&aml);
    timer_and_clock(&aml);
    keyboard_controller(&aml);
    if (machine->com1_port)
        serial_port(&aml, machine);
    board_resources(&aml, machine);
    aml_end(&aml); // PCI0
    if (machine->hpet_address)
        hpet(&aml, machine);
    for (unsigned i = 0; i < machine->virtio_count; i++)
        virtio(&aml, machine, i);
    aml_end(&aml); // _SB
}
