// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The DSDT as AML. Spec: ACPI 6.5, 6.2.13 (_PRT), 7.3.4 (_Sx), 9 (ACPI devices); PCI Firmware 3.0 (_CRS of a host
// bridge).
//
//     \_S5           soft-off
//     \_SB
//       LNKA, LNKB   the two lines that PCI's INTA-D share; fixed. With an ICH9 what dsdt_pirq.h says
//       PCI0         bus 0: windows, _PRT
//         PIC, TIMR, RTC, KBD, MOU, COM1, SPKR, SYSR   what an ISA bus has
//       HPET
//       VR00 ...     virtio-mmio slots with a device
//
// Not modelled: processor devices (the MADT lists them), _OSC, hot plug.
#include "machine/tables/dsdt.h"

#include "machine/tables/dsdt_parts.h"
#include "machine/tables/dsdt_pirq.h"

enum { PCI_CONFIG_PORT = 0xcf8 };

// The parts of the window around configuration space, which BARs cannot use.
static void memory_windows(struct aml_resources *list, const struct machine_description *machine)
{
    uint64_t hole = machine->ecam ? machine->ecam : machine->pci_window_end, end = hole + machine->ecam_size;
    if (hole > machine->pci_window)
        aml_window_memory(list, (uint32_t)machine->pci_window, (uint32_t)(hole - 1));
    else
        end = machine->pci_window;
    if (end < machine->pci_window_end)
        aml_window_memory(list, (uint32_t)end, (uint32_t)(machine->pci_window_end - 1));
    if (machine->pci_high)
        aml_window_memory64(list, machine->pci_high, machine->pci_high_end - 1);
}

static void host_bridge(struct aml *aml, const struct machine_description *machine)
{
    const char *links[DSDT_PCI_PINS];
    struct aml_resources list;
    dsdt_device(aml, "PCI0", "PNP0A03");
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
    for (unsigned i = 0; i < DSDT_PCI_PINS; i++)
        links[i] = machine->pci_gsi[i] == machine->pci_gsi[0] ? "\\_SB.LNKA" : "\\_SB.LNKB";
    if (machine->pirq_count)
        dsdt_pirq_routes(aml, machine);
    else
        dsdt_routes(aml, 1, links);
}

static void interrupt_controller(struct aml *aml)
{
    struct aml_resources list;
    dsdt_device(aml, "PIC", "PNP0000");
    aml_resources_begin(&list);
    aml_io(&list, 0x20, 2);
    aml_io(&list, 0xa0, 2);
    aml_io(&list, 0x4d0, 2);
    aml_irq(&list, 2);
    dsdt_resources(aml, &list);
}

static void timer_and_clock(struct aml *aml)
{
    struct aml_resources list;
    dsdt_device(aml, "TIMR", "PNP0100");
    aml_resources_begin(&list);
    aml_io(&list, 0x40, 4);
    aml_irq(&list, 0);
    dsdt_resources(aml, &list);
    dsdt_device(aml, "RTC", "PNP0B00");
    aml_resources_begin(&list);
    aml_io(&list, 0x70, 2);
    aml_irq(&list, 8);
    dsdt_resources(aml, &list);
}

static void keyboard_controller(struct aml *aml)
{
    struct aml_resources list;
    dsdt_device(aml, "KBD", "PNP0303");
    aml_resources_begin(&list);
    aml_io(&list, 0x60, 1);
    aml_io(&list, 0x64, 1);
    aml_irq(&list, 1);
    dsdt_resources(aml, &list);
    dsdt_device(aml, "MOU", "PNP0F13");
    aml_resources_begin(&list);
    aml_irq(&list, 12);
    dsdt_resources(aml, &list);
}

static void serial_port(struct aml *aml, unsigned number, uint16_t port, uint8_t irq)
{
    const char name[5] = { 'C', 'O', 'M', (char)('0' + number), 0 };
    struct aml_resources list;
    dsdt_device(aml, name, "PNP0501");
    dsdt_uid(aml, number);
    aml_resources_begin(&list);
    aml_io(&list, port, 8);
    aml_irq(&list, irq);
    dsdt_resources(aml, &list);
}

// Ports and memory that belong to the board and that no driver may use.
static void board_resources(struct aml *aml, const struct machine_description *machine)
{
    struct aml_resources list;
    dsdt_device(aml, "SPKR", "PNP0800");
    aml_resources_begin(&list);
    aml_io(&list, 0x61, 1);
    dsdt_resources(aml, &list);
    dsdt_device(aml, "SYSR", "PNP0C02");
    aml_resources_begin(&list);
    aml_io(&list, 0x80, 1);
    aml_io(&list, 0x92, 1);
    aml_io(&list, machine->smi_command, 2);
    aml_io(&list, machine->pm_port, (uint8_t)machine->pm_ports);
    if (machine->ecam)
        aml_memory32(&list, (uint32_t)machine->ecam, (uint32_t)machine->ecam_size);
    dsdt_resources(aml, &list);
}

static void hpet(struct aml *aml, const struct machine_description *machine)
{
    struct aml_resources list;
    dsdt_device(aml, "HPET", "PNP0103");
    dsdt_uid(aml, 0);
    aml_resources_begin(&list);
    aml_memory32(&list, (uint32_t)machine->hpet_address, 0x400);
    for (unsigned i = 0; i < DESCRIPTION_HPET_TIMERS; i++)
        if (machine->hpet_gsi[i])
            aml_edge_interrupt(&list, machine->hpet_gsi[i]);
    dsdt_resources(aml, &list);
}

static void virtio(struct aml *aml, const struct machine_description *machine, unsigned index)
{
    char name[5] = "VR00";
    name[3] = (char)('0' + index);
    dsdt_virtio(aml, name, index, (uint32_t)machine->virtio[index], machine->virtio_size, machine->virtio_gsi[index]);
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
    if (machine->pirq_count)
        dsdt_pic_method(&aml);
    aml_scope(&aml, "\\_SB");
    if (machine->pirq_count) {
        dsdt_pirq_links(&aml, machine);
    } else {
        dsdt_link(&aml, "LNKA", 1, machine->pci_gsi[0]);
        dsdt_link(&aml, "LNKB", 2, machine->pci_gsi[1]);
    }
    host_bridge(&aml, machine);
    interrupt_controller(&aml);
    timer_and_clock(&aml);
    keyboard_controller(&aml);
    if (machine->com1_port)
        serial_port(&aml, 1, machine->com1_port, machine->com1_irq);
    for (unsigned i = 0; i < 3; i++)
        if (machine->com_port[i])
            serial_port(&aml, i + 2, machine->com_port[i], machine->com_irq[i]);
    board_resources(&aml, machine);
    aml_end(&aml); // PCI0
    if (machine->hpet_address)
        hpet(&aml, machine);
    for (unsigned i = 0; i < machine->virtio_count; i++)
        virtio(&aml, machine, i);
    aml_end(&aml); // _SB
}
