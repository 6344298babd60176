// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The DSDT of an Arm machine. Spec: ACPI 6.5, 5.6.5.2 (_AEI), 6.2.11 (_OSC), 8.4 (processors), 9 (ACPI devices); PCI Firmware 3.0,
// 4.5.1 (_OSC of a host bridge).
//
//     \_SB
//       C000 ...        processors
//       COM0            PL011
//       FLS0, FLS1      flash banks
//       FWCF            fw_cfg
//       V000 ...        virtio-mmio slots
//       LNKA to LNKD    the interrupts of PCI's INTA-D; fixed
//       PCI0            windows, _PRT, _OSC
//         RES0          configuration space
//       GPO0            PL061, with the power button's edge as an event
//       PWRB            the power button
//
// The real-time clock is UEFI's (GetTime), so no device is described for it.
//
// Not modelled: sleep states, hot plug.
#include "base/bits.h"
#include "machine/tables/acpi_arm.h"
#include "machine/tables/aml_code.h"
#include "machine/tables/dsdt_parts.h"

enum { INTID_SPI = 32 };

static void processors(struct aml *aml, const struct fdt_description *machine)
{
    static const char digits[] = "0123456789ABCDEF";
    for (uint32_t cpu = 0; cpu < machine->cpus; cpu++) {
        const char name[] = { 'C', digits[cpu >> 8 & 15], digits[cpu >> 4 & 15], digits[cpu & 15], 0 };
        dsdt_device(aml, name, "ACPI0007");
        dsdt_uid(aml, cpu); // as the MADT has it
        aml_end(aml);
    }
}

// A device with a window, and an interrupt if `spi` is not 0.
static void device(struct aml *aml, const char *name, const char *id, uint32_t uid, const struct fdt_window *window,
                   unsigned spi)
{
    struct aml_resources list;
    dsdt_device(aml, name, id);
    dsdt_uid(aml, uid);
    aml_resources_begin(&list);
    aml_memory32(&list, (uint32_t)window->base, (uint32_t)window->size);
    if (spi)
        aml_interrupt(&list, INTID_SPI + spi);
    dsdt_resources(aml, &list);
}

static void flash(struct aml *aml, const struct fdt_description *machine)
{
    static const char *const names[] = { "FLS0", "FLS1" };
    for (unsigned i = 0; i < 2; i++)
        if (machine->flash[i].size)
            device(aml, names[i], "LNRO0015", i, &machine->flash[i], 0);
}

static void virtio(struct aml *aml, const struct fdt_description *machine)
{
    for (uint32_t i = 0; i < machine->virtio_slots; i++) {
        uint64_t size = machine->virtio.size / machine->virtio_slots;
        const char name[] = { 'V', '0', (char)('0' + i / 10), (char)('0' + i % 10), 0 };
        dsdt_virtio(aml, name, i, (uint32_t)(machine->virtio.base + i * size), (uint32_t)size,
                    INTID_SPI + machine->virtio_spi + i);
    }
}

// --- PCI -------------------------------------------------------------------------------------------------------------

enum { OSC_UNKNOWN_UUID = 4, OSC_UNKNOWN_REVISION = 8 };

// No firmware uses what an operating system can ask for, so it gets all of it.
static void control(struct aml *aml)
{
    aml_method(aml, "_OSC", 4); // UUID, revision, number of words, words
    aml_dword_field(aml);
    aml_argument(aml, 3);
    aml_integer(aml, 0);
    aml_reference(aml, "STAT");
    aml_if(aml);
    aml_not(aml);
    aml_equal(aml);
    aml_argument(aml, 0);
    aml_uuid(aml, "33DB4D5B-1FF7-401C-9657-7441C03DD766");
    aml_or(aml);
    aml_reference(aml, "STAT");
    aml_integer(aml, OSC_UNKNOWN_UUID);
    aml_reference(aml, "STAT");
    aml_end(aml);
    aml_if(aml);
    aml_not(aml);
    aml_equal(aml);
    aml_argument(aml, 1);
    aml_integer(aml, 1);
    aml_or(aml);
    aml_reference(aml, "STAT");
    aml_integer(aml, OSC_UNKNOWN_REVISION);
    aml_reference(aml, "STAT");
    aml_end(aml);
    aml_return(aml);
    aml_argument(aml, 3);
    aml_end(aml);
}

static void configuration_space(struct aml *aml, const struct fdt_pci *pci)
{
    struct aml_resources list;
    dsdt_device(aml, "RES0", "PNP0C02");
    aml_resources_begin(&list);
    aml_memory64(&list, pci->ecam.base, pci->ecam.size);
    dsdt_resources(aml, &list);
}

static void host_bridge(struct aml *aml, const struct fdt_pci *pci)
{
    static const char *const links[] = { "\\_SB.LNKA", "\\_SB.LNKB", "\\_SB.LNKC", "\\_SB.LNKD" };
    static const char *const numbers[] = { "_SEG", "_BBN", "_UID" };
    struct aml_resources list;
    for (uint8_t i = 0; i < countof(links); i++)
        dsdt_link(aml, links[i] + strlen("\\_SB."), i, INTID_SPI + pci->spi + i);
    dsdt_device(aml, "PCI0", "PNP0A08");
    aml_name(aml, "_CID");
    aml_eisaid(aml, "PNP0A03");
    for (unsigned i = 0; i < countof(numbers); i++) {
        aml_name(aml, numbers[i]);
        aml_integer(aml, 0);
    }
    aml_name(aml, "_CCA");
    aml_integer(aml, 1);
    aml_resources_begin(&list);
    aml_window_bus(&list, 0, (uint16_t)((pci->ecam.size >> 20) - 1));
    aml_window_memory(&list, (uint32_t)pci->memory.base, (uint32_t)(pci->memory.base + pci->memory.size - 1));
    aml_window_memory64(&list, pci->high.base, pci->high.base + pci->high.size - 1);
    aml_window_ports(&list, (uint16_t)(pci->io.size - 1), pci->io.base);
    aml_name(aml, "_CRS");
    aml_resources_end(aml, &list);
    dsdt_routes(aml, 0, links);
    control(aml);
    configuration_space(aml, pci);
    aml_end(aml);
}

// --- The power button ------------------------------------------------------------------------------------------------

static void power_button(struct aml *aml, const struct fdt_description *machine)
{
    enum { PRESSED = 0x80 }; // 4.8.2.2.1.2
    static const char digits[] = "0123456789ABCDEF";
    const char event[] = { '_', 'E', '0', digits[machine->power_pin & 15], 0 }; // of an edge: 5.6.4.1
    struct aml_resources list;
    dsdt_device(aml, "GPO0", "ARMH0061");
    dsdt_uid(aml, 0);
    aml_resources_begin(&list);
    aml_gpio_interrupt(&list, "GPO0", (uint16_t)machine->power_pin);
    aml_name(aml, "_AEI");
    aml_resources_end(aml, &list);
    aml_method(aml, event, 0);
    aml_notify(aml);
    aml_reference(aml, "\\_SB.PWRB");
    aml_integer(aml, PRESSED);
    aml_end(aml);
    aml_resources_begin(&list);
    aml_memory32(&list, (uint32_t)machine->gpio.base, (uint32_t)machine->gpio.size);
    aml_interrupt(&list, INTID_SPI + machine->gpio_spi);
    dsdt_resources(aml, &list);
    dsdt_device(aml, "PWRB", "PNP0C0C");
    dsdt_uid(aml, 0);
    aml_end(aml);
}

void dsdt_arm_append(struct blob *blob, const struct fdt_description *machine)
{
    struct aml aml = { .blob = blob };
    aml_scope(&aml, "\\_SB");
    processors(&aml, machine);
    if (machine->serial.size)
        device(&aml, "COM0", "ARMH0011", 0, &machine->serial, machine->serial_spi);
    flash(&aml, machine);
    device(&aml, "FWCF", "QEMU0002", 0, &machine->fw_cfg, 0);
    virtio(&aml, machine);
    host_bridge(&aml, &machine->pci);
    if (machine->gpio.size)
        power_button(&aml, machine);
    aml_end(&aml); // _SB
}
