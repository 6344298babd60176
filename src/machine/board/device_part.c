// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The parts of PCI devices that interrupt, by name: "intx", "msi0" and up, "msix0" and up.
#include <stdio.h>

#include "devices/pci/pci.h"
#include "machine/board/device_list.h"

bool device_pci_why(const struct pci_function *function, struct device_part *part, struct why *why)
{
    part->source = part->part;
    return pci_irq_why(function, part->part, part->name, why);
}

bool device_pci_part(const struct pci_function *function, unsigned index, char *name, size_t size)
{
    const struct pci_irq_config *config = &function->irq.config;
    if (config->pin && index-- == 0)
        snprintf(name, size, "intx");
    else if (index < config->msi_vectors)
        snprintf(name, size, "msi%u", index);
    else if (index - config->msi_vectors < config->msix_vectors)
        snprintf(name, size, "msix%u", index - config->msi_vectors);
    else
        return false;
    return true;
}
