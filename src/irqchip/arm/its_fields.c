// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The registers of the ITS as data (<intact/chips.h>).
//
// Spec: IHI 0069, the GITS registers.
#include "irqchip/arm/its.h"

#include "irqchip/arm/gic_fields.h"

static const struct intact_register_field ctlr[] = {
    FLAG("Quiescent", 31, "busy", "quiescent"),
    FLAG("Enabled", 0, "disabled", "enabled"),
};
static const struct intact_register_field typer[] = {
    FLAG("CIL", 36, "16 bits", "CIDbits"),
    NUMBER("CIDbits", 35, 32),
    NUMBER("HCC", 31, 24),
    FLAG("PTA", 19, "a processor number", "an address"),
    NUMBER("Devbits", 17, 13),
    NUMBER("ID_bits", 12, 8),
    NUMBER("ITT_entry_size", 7, 4),
    FLAG("Physical", 0, "no", "yes"),
};
static const struct intact_register_field cbaser[] = {
    FLAG("Valid", 63, "no", "yes"),           NUMBER("InnerCache", 61, 59),   NUMBER("OuterCache", 55, 53),
    NUMBER("Physical_Address, page", 51, 12), NUMBER("Shareability", 11, 10), NUMBER("Size", 7, 0),
};
static const struct intact_register_field cwriter[] = { NUMBER("Offset, commands", 19, 5), FLAG("Retry", 0, "0", "1") };
static const struct intact_register_field creadr[] = { NUMBER("Offset, commands", 19, 5),
                                                       FLAG("Stalled", 0, "no", "stalled") };
static const struct intact_register_field baser[] = {
    FLAG("Valid", 63, "no", "yes"),
    FLAG("Indirect", 62, "one level", "two levels"),
    NUMBER("InnerCache", 61, 59),
    CHOICE("Type", 58, 56, "none", "devices", "vPEs", NULL, "collections"),
    NUMBER("OuterCache", 55, 53),
    NUMBER("Entry_Size", 52, 48),
    NUMBER("Physical_Address, page", 47, 12),
    NUMBER("Shareability", 11, 10),
    CHOICE("Page_Size", 9, 8, "4 KiB", "16 KiB", "64 KiB", NULL),
    NUMBER("Size", 7, 0),
};
static const struct register_form forms[] = {
    FORM("GITS_CTLR", ctlr),     FORM("GITS_IIDR", gic_iidr_fields),
    FORM("GITS_TYPER", typer),   FORM("GITS_STATUSR", gic_statusr_fields),
    FORM("GITS_CBASER", cbaser), FORM("GITS_CWRITER", cwriter),
    FORM("GITS_CREADR", creadr), FORM("GITS_BASER", baser),
};

static uint64_t look(void *chip, uint64_t offset, unsigned size)
{
    struct gic_effect effect;
    return its_read(chip, offset, size, 0, &effect);
}

void its_tell(const struct its *its, const struct register_sink *sink)
{
    gic_tell(&(struct gic_look){
        .sink = sink,
        .rows = its_registers,
        .row_count = its_register_count,
        .forms = forms,
        .form_count = countof(forms),
        .read = look,
        .chip = (struct its *)(uintptr_t)its,
    });
}
