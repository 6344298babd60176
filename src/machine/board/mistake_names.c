// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// What the mistakes of devices are called, in traces and for the lint: each name is of one sort of device alone. The order is
// that of the enumerations in the devices' headers.
#include "machine/board/mistakes.h"

#include <string.h>

#include "devices/acpi_pm.h"
#include "devices/cfi_flash.h"
#include "devices/dma8237.h"
#include "devices/edu.h"
#include "devices/hpet.h"
#include "devices/i8042.h"
#include "devices/isa_dma.h"
#include "devices/pci/pci.h"
#include "devices/pit.h"
#include "devices/pl011.h"
#include "devices/storage/ahci.h"
#include "devices/storage/ide.h"
#include "devices/virtio/virtio.h"

// A function that names the `count` counters of a sort of device.
#define NAMES(function, count, ...)                                                                                    \
    static const char *function(unsigned which)                                                                        \
    {                                                                                                                  \
        static const char *const names[] = { __VA_ARGS__ };                                                            \
        _Static_assert(countof(names) == (count), "each counter has a name");                                          \
        return names[which];                                                                                           \
    }

NAMES(acpi_pm, ACPI_PM_MISTAKES, "sleep-type")
NAMES(ahci, AHCI_MISTAKES, "ahci-table-short", "ahci-no-memory", "ahci-fis")
NAMES(ata, ATA_MISTAKES, "ata-command", "ata-range", "ata-early", "ata-data")
NAMES(cfi_flash, CFI_FLASH_MISTAKES, "flash-command", "flash-sequence")
NAMES(dma8237, DMA8237_MISTAKES, "dma-access", "dma-type", "dma-memory-to-memory", "dma-request")
NAMES(edu, EDU_MISTAKES, "edu-access", "edu-busy", "edu-range", "edu-mask")
NAMES(fw_cfg, 1, "fw-cfg-dma")
NAMES(hpet, HPET_MISTAKES, "hpet-width", "hpet-route", "hpet-counter")
NAMES(i8042, I8042_MISTAKES, "i8042-command", "i8042-lost")
NAMES(ide, IDE_MISTAKES, "ide-table-short", "ide-no-memory")
NAMES(isa_dma, ISA_DMA_MISTAKES, "isa-dma-no-cascade", "isa-dma-direction", "isa-dma-no-memory")
NAMES(msix, MSIX_MISTAKES, "msix-width", "msix-in-use")
NAMES(pci, PCI_MISTAKES, "pci-overlap", "pci-no-master", "pci-no-memory")
NAMES(pci_irq, PCI_IRQ_MISTAKES, "msi-both", "msi-unreachable")
NAMES(pit, PIT_MISTAKES, "pit-count-one", "pit-not-bcd")
NAMES(pl011, PL011_MISTAKES, "pl011-register", "pl011-disabled")
NAMES(pl031, 1, "pl031-register")
NAMES(pl061, 1, "pl061-register")
NAMES(virtio, VIRTIO_MISTAKES, "virtio-features-refused", "virtio-features-late", "virtio-status-cleared",
      "virtio-status-early", "virtio-no-queue", "virtio-queue-busy", "virtio-notified-early", "virtio-access",
      "virtio-request")
NAMES(virtio_slot, 1, "virtio-no-device")

static const struct {
    const char *field;
    mistake_name_function *names;
} fields[] = {
    { "port->mistakes", ahci },        { "ata->mistakes", ata },         { "channel->mistakes", ide },
    { "pm->mistakes", acpi_pm },       { "flash->mistakes", cfi_flash }, { "edu->mistakes", edu },
    { "fw->mistakes", fw_cfg },        { "hpet->mistakes", hpet },       { "kbc->mistakes", i8042 },
    { "function->mistakes", pci },     { "irq->mistakes", pci_irq },     { "pit->mistakes", pit },
    { "uart->mistakes", pl011 },       { "rtc->mistakes", pl031 },       { "virtio->mistakes", virtio },
    { "mmio->mistakes", virtio_slot }, { "msix->mistakes", msix },       { "gpio->mistakes", pl061 },
    { "dma->mistakes", dma8237 },      { "isa->mistakes", isa_dma },
};

mistake_name_function *mistake_names(const char *field)
{
    for (unsigned i = 0; i < countof(fields); i++)
        if (strcmp(fields[i].field, field) == 0)
            return fields[i].names;
    return NULL;
}
