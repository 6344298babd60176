// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// See dsdt_pirq.h.
#include <stdio.h>

#include "machine/tables/aml_code.h"
#include "machine/tables/dsdt_parts.h"
#include "machine/tables/dsdt_pirq.h"

enum { PCI_SLOTS = 32 };

void dsdt_pic_method(struct aml *aml)
{
    aml_name(aml, "\\PICF");
    aml_integer(aml, 0);
    aml_method(aml, "\\_PIC", 1);
    aml_or(aml);
    aml_argument(aml, 0);
    aml_integer(aml, 0);
    aml_reference(aml, "\\PICF");
    aml_end(aml);
}

void dsdt_pirq_links(struct aml *aml, const struct machine_description *machine)
{
    for (unsigned i = 0; i < machine->pirq_count; i++) {
        char name[5];
        snprintf(name, sizeof name, "LNK%c", 'A' + (int)i);
        dsdt_link(aml, name, (uint8_t)i, machine->pirq_irq[i]);
        snprintf(name, sizeof name, "GSI%c", 'A' + (int)i);
        dsdt_link(aml, name, (uint8_t)(machine->pirq_count + i), machine->pirq_gsi + i);
    }
}

static void routes(struct aml *aml, const struct machine_description *machine, const char *name, const char *links)
{
    char link[16];
    aml_name(aml, name);
    aml_package(aml, (PCI_SLOTS - 1) * DSDT_PCI_PINS);
    for (uint32_t slot = 1; slot < PCI_SLOTS; slot++)
        for (uint32_t pin = 0; pin < DSDT_PCI_PINS; pin++) {
            snprintf(link, sizeof link, "%s%c", links, 'A' + machine->pirq_of[slot][pin]);
            dsdt_route(aml, slot, pin, link);
        }
    aml_end(aml);
}

void dsdt_pirq_routes(struct aml *aml, const struct machine_description *machine)
{
    routes(aml, machine, "PRTP", "\\_SB.LNK");
    routes(aml, machine, "PRTA", "\\_SB.GSI");
    aml_method(aml, "_PRT", 0);
    aml_if(aml);
    aml_reference(aml, "\\PICF");
    aml_return(aml);
    aml_reference(aml, "PRTA");
    aml_end(aml);
    aml_return(aml);
    aml_reference(aml, "PRTP");
    aml_end(aml);
}
