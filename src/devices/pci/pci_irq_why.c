// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Why an interrupt of a PCI function does not leave it: what the driver has written, or has not. PCI Local Bus 3.0, 6.2.2,
// 6.8.1, 6.8.2.
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/why.h"
#include "devices/pci/pci.h"

enum { MESSAGE_CONTROL = 2 }; // of either capability

static unsigned command(const struct pci_function *function)
{
    return (unsigned)pci_function_get(function, PCI_COMMAND, 2);
}

static void why_intx(const struct pci_function *function, const char *name, struct why *why)
{
    enum intact_irq_mode mode = pci_irq_mode(function);
    if (!function->irq.level)
        WHY_NAMED(why, INTACT_WHY_INTX_LOW, name, 0);
    if (mode > INTACT_IRQ_MODE_LEGACY)
        WHY_NAMED(why, INTACT_WHY_INTX_UNUSED, name, mode == INTACT_IRQ_MODE_PCI_MSIX);
    if (command(function) & PCI_COMMAND_INTX_DISABLE)
        WHY_NAMED(why, INTACT_WHY_INTX_DISABLED, name, command(function));
}

static void why_bus_master(const struct pci_function *function, const char *name, struct why *why)
{
    if (!(command(function) & PCI_COMMAND_MASTER))
        WHY_NAMED(why, INTACT_WHY_BUS_MASTER_OFF, name, command(function));
}

static void why_msi(const struct pci_function *function, unsigned vector, const char *name, struct why *why)
{
    const struct msi_capability *msi = &function->irq.msi;
    unsigned control = msi_capability_read(msi, MESSAGE_CONTROL, 2, 0), allotted = msi_capability_allotted(msi);
    if (!msi_capability_enabled(msi))
        WHY_NAMED(why, INTACT_WHY_MSI_OFF, name, control);
    else if (vector >= allotted)
        WHY_NAMED(why, INTACT_WHY_MSI_NOT_ALLOTTED, name, control, allotted);
    why_bus_master(function, name, why);
    if (msi_capability_masked(msi, vector))
        WHY_NAMED(why, INTACT_WHY_MSI_MASKED, name, msi_capability_mask_bits(msi), vector);
}

static void why_msix(const struct pci_function *function, unsigned vector, const char *name, struct why *why)
{
    const struct msix *msix = &function->irq.msix;
    unsigned control = msix_capability_read(msix, MESSAGE_CONTROL, 2);
    if (!msix_enabled(msix))
        WHY_NAMED(why, INTACT_WHY_MSIX_OFF, name, control);
    why_bus_master(function, name, why);
    if (msix_function_masked(msix))
        WHY_NAMED(why, INTACT_WHY_MSIX_FUNCTION_MASKED, name, control);
    if (msix->table[vector].control & 1)
        WHY_NAMED(why, INTACT_WHY_MSIX_MASKED, name, vector, msix->table[vector].control);
}

// "msix3" with the prefix "msix": 3. -1: it is something else, or a number that is not below `count`.
static int numbered(const char *part, const char *prefix, unsigned count)
{
    size_t length = strlen(prefix);
    if (strncmp(part, prefix, length) != 0 || !isdigit((unsigned char)part[length]))
        return -1;
    char *end;
    unsigned long number = strtoul(part + length, &end, 10);
    return *end || number >= count ? -1 : (int)number;
}

bool pci_irq_why(const struct pci_function *function, const char *part, const char *name, struct why *why)
{
    const struct pci_irq_config *config = &function->irq.config;
    int msi = numbered(part, "msi", config->msi_vectors), msix = numbered(part, "msix", config->msix_vectors);
    if (config->pin && strcmp(part, "intx") == 0)
        why_intx(function, name, why);
    else if (msi >= 0)
        why_msi(function, (unsigned)msi, name, why);
    else if (msix >= 0)
        why_msix(function, (unsigned)msix, name, why);
    else
        return false;
    return true;
}
