// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// See dsdt_parts.h.
#include "machine/tables/dsdt_parts.h"

enum { PCI_SLOTS = 32, EISA_ID = 7, PRESENT = 0x0b }; // present, enabled, functioning

void dsdt_device(struct aml *aml, const char *name, const char *id)
{
    aml_device(aml, name);
    aml_name(aml, "_HID");
    if (strlen(id) > EISA_ID)
        aml_text(aml, id);
    else
        aml_eisaid(aml, id);
}

void dsdt_uid(struct aml *aml, uint32_t uid)
{
    aml_name(aml, "_UID");
    aml_integer(aml, uid);
}

void dsdt_resources(struct aml *aml, struct aml_resources *list)
{
    aml_name(aml, "_CRS");
    aml_resources_end(aml, list);
    aml_end(aml); // the device
}

void dsdt_link(struct aml *aml, const char *name, uint8_t uid, uint32_t gsi)
{
    struct aml_resources list;
    dsdt_device(aml, name, "PNP0C0F");
    dsdt_uid(aml, uid);
    aml_name(aml, "_STA");
    aml_integer(aml, PRESENT);
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
    dsdt_resources(aml, &list);
}

void dsdt_route(struct aml *aml, uint32_t slot, uint32_t pin, const char *link)
{
    aml_package(aml, 4);
    aml_integer(aml, slot << 16 | 0xffff);
    aml_integer(aml, pin);
    aml_reference(aml, link);
    aml_integer(aml, 0);
    aml_end(aml);
}

void dsdt_routes(struct aml *aml, uint32_t first, const char *const links[DSDT_PCI_PINS])
{
    aml_name(aml, "_PRT");
    aml_package(aml, (uint8_t)((PCI_SLOTS - first) * DSDT_PCI_PINS));
    for (uint32_t slot = first; slot < PCI_SLOTS; slot++)
        for (uint32_t pin = 0; pin < DSDT_PCI_PINS; pin++)
            dsdt_route(aml, slot, pin, links[(slot + pin) % DSDT_PCI_PINS]);
    aml_end(aml);
}

// LNRO0005 is the id of virtio-mmio.
void dsdt_virtio(struct aml *aml, const char *name, uint32_t uid, uint32_t address, uint32_t size, uint32_t gsi)
{
    struct aml_resources list;
    dsdt_device(aml, name, "LNRO0005");
    dsdt_uid(aml, uid);
    aml_name(aml, "_CCA"); // DMA is coherent
    aml_integer(aml, 1);
    aml_resources_begin(&list);
    aml_memory32(&list, address, size);
    aml_interrupt(&list, gsi);
    dsdt_resources(aml, &list);
}
