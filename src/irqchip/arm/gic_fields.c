// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// See gic_fields.h.
#include "irqchip/arm/gic_fields.h"

#include <string.h>

const struct intact_register_field gic_iidr_fields[4] = {
    NUMBER("ProductID", 31, 24),
    NUMBER("Variant", 19, 16),
    NUMBER("Revision", 15, 12),
    NUMBER("Implementer", 11, 0),
};
const struct intact_register_field gic_statusr_fields[4] = {
    FLAG("WROD", 3, "no", "write to a read-only register"),
    FLAG("RWOD", 2, "no", "read of a write-only register"),
    FLAG("WRD", 1, "no", "write to a reserved address"),
    FLAG("RRD", 0, "no", "read of a reserved address"),
};

// Bits for one interrupt; 0: the row is no register with something for each.
static unsigned bits_each(const struct gic_register *row)
{
    if (row->field == GIC_PRIORITY || (row->field == GIC_NO_FIELD && row->reg.stride == 1))
        return 8;
    if (row->field == GIC_CONFIG || row->field == GIC_NSACR)
        return 2;
    return row->field == GIC_NO_FIELD ? 0 : 1;
}

static bool is(const struct gic_register *row, const char *name)
{
    return strcmp(row->reg.name, name) == 0;
}

static bool clears(const struct gic_register *row)
{
    return row->field == GIC_CLEAR_ENABLE || row->field == GIC_CLEAR_PENDING || row->field == GIC_CLEAR_ACTIVE ||
           is(row, "GICD_CPENDSGIR");
}

// Words of `each` bits for the interrupts `from` to `to` - 1, counted from the row's first, which are the INTIDs from `base` + `from`.
static void tell_words(const struct gic_look *look, const struct gic_register *row, unsigned each, uint32_t from,
                       uint32_t to, uint32_t base)
{
    uint32_t step = 32 / each, last = row->reg.offset + row->reg.stride * row->reg.count;
    const struct register_form form = { row->reg.name, NULL, 0, each, step, "INTID", base };
    for (uint32_t i = from / step; i < (to + step - 1) / step; i++) {
        uint32_t offset = row->reg.offset + i * 4;
        if (offset < last)
            register_tell(look->sink, row->reg.name, i, (to + step - 1) / step, 32, look->read(look->chip, offset, 4),
                          &form);
    }
}

// A row of a redistributor has extended PPIs behind the others.
static void tell_interrupts(const struct gic_look *look, const struct gic_register *row, unsigned each)
{
    if (row->field == GIC_NO_FIELD && row->reg.count == 16) // SGIs alone, by their senders
        tell_words(look, row, each, 0, look->private_count ? 16 : 0, 0);
    else if (row->space == GIC_EXTENDED)
        tell_words(look, row, each, 0, look->extended_count, GIC_ESPI_INTID);
    else if (row->space == GIC_STANDARD)
        tell_words(look, row, each, 32 - look->private_count, 32 + look->spi_count, 0);
    else {
        tell_words(look, row, each, 0, 32, 0);
        tell_words(look, row, each, 32, 32 + look->extended_count, GIC_EPPI_INTID - 32);
    }
}

// Others: as many as the row says, and of GICD_IROUTER<n>, where n is the INTID, as many as there are SPIs.
static void tell_registers(const struct gic_look *look, const struct gic_register *row)
{
    const struct register_form *form = register_form(look->forms, look->form_count, row->reg.name);
    bool routes = is(row, "GICD_IROUTER"), routes_extended = is(row, "GICD_IROUTER_E");
    uint32_t rows = row->reg.count ? row->reg.count : 1, first = routes ? 32 : 0;
    uint32_t there = routes ? look->spi_count : routes_extended ? look->extended_count : rows;
    uint32_t count = there < rows ? there : rows;
    unsigned bytes = row->reg.widths & REG_64 ? 8 : 4;
    for (uint32_t i = 0; i < count; i++)
        register_tell(look->sink, row->reg.name, first + i, first + count, bytes * 8,
                      look->read(look->chip, row->reg.offset + i * row->reg.stride, bytes), form);
}

void gic_tell(const struct gic_look *look)
{
    for (unsigned i = 0; i < look->row_count; i++) {
        const struct gic_register *row = &look->rows[i];
        unsigned each = bits_each(row);
        if (!row->reg.peek || !(row->access & GIC_READ) || clears(row))
            continue;
        if (each)
            tell_interrupts(look, row, each);
        else
            tell_registers(look, row);
    }
}
