// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Finds a register by its number, and writes the target description (gdb manual, appendix G).
#include "debug/registers.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/bits.h"

static unsigned times(const struct debug_register *row)
{
    return row->count ? row->count : 1;
}

unsigned debug_register_count(const struct debug_family *family, bool common)
{
    unsigned count = 0;
    for (unsigned f = 0; f < (common ? family->common_features : family->feature_count); f++)
        for (unsigned i = 0; i < family->features[f].count; i++)
            count += times(&family->features[f].rows[i]);
    return count;
}

// The row that has register `number`, and its index there. NULL: there is none.
static const struct debug_register *find(const struct debug_family *family, unsigned number, unsigned *index)
{
    for (unsigned f = 0; f < family->feature_count; f++) {
        for (unsigned i = 0; i < family->features[f].count; i++) {
            const struct debug_register *row = &family->features[f].rows[i];
            *index = number;
            if (number < times(row))
                return row;
            number -= times(row);
        }
    }
    return NULL;
}

unsigned debug_register_read(const struct debug_family *family, const struct vcpu *cpu, unsigned number,
                             uint8_t value[DEBUG_REGISTER_BYTES])
{
    unsigned index;
    const struct debug_register *row = find(family, number, &index);
    if (!row)
        return 0;
    family->read(cpu, row, index, value);
    return row->size;
}

// One register of a row, behind the `shown` that were written before.
static size_t write_register(const struct debug_family *family, const struct vcpu *cpu,
                             const struct debug_register *row, unsigned index, unsigned shown, char *text, size_t room)
{
    uint8_t value[DEBUG_REGISTER_BYTES];
    char name[32];
    family->read(cpu, row, index, value);
    snprintf(name, sizeof name, row->count ? "%s%u" : "%s", row->name, index);
    return (size_t)snprintf(text, room, "%s%s=%0*" PRIx64,
                            shown == 0  ? ""
                            : shown % 4 ? " "
                                        : "\n",
                            name, 2 * row->size, bytes_get(value, row->size));
}

void debug_registers_text(const struct debug_family *family, const struct vcpu *cpu, char text[DEBUG_SHORT_TEXT])
{
    size_t used = 0;
    unsigned shown = 0;
    for (unsigned part = 0; part < countof(family->in_short); part++) {
        const struct debug_feature *feature = &family->features[family->in_short[part].feature];
        for (unsigned i = 0; i < family->in_short[part].rows; i++)
            for (unsigned index = 0; index < times(&feature->rows[i]); index++)
                used += write_register(family, cpu, &feature->rows[i], index, shown++, text + used,
                                       DEBUG_SHORT_TEXT - used);
    }
    snprintf(text + used, DEBUG_SHORT_TEXT - used, "\n");
}

unsigned debug_register_write(const struct debug_family *family, struct vcpu *cpu, unsigned number,
                              const uint8_t *value, bool *readonly)
{
    unsigned index;
    const struct debug_register *row = find(family, number, &index);
    if (!row)
        return 0;
    *readonly = row->mask == 0;
    if (value && row->mask)
        family->write(cpu, row, index, value);
    return row->size;
}

// --- the description -------------------------------------------------------------------------------------------------

struct text {
    char *at;
    size_t left;
    bool full;
};

static void __attribute__((format(printf, 2, 3))) add(struct text *text, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(text->at, text->left, format, arguments);
    va_end(arguments);
    if (length < 0 || (size_t)length >= text->left) {
        text->full = true;
        return;
    }
    text->at += length;
    text->left -= (size_t)length;
}

static void add_register(struct text *text, const struct debug_register *row, unsigned index)
{
    add(text, "<reg name=\"%s", row->name);
    if (row->count)
        add(text, "%u", index);
    add(text, "\" bitsize=\"%u\" type=\"%s\"/>\n", row->size * 8u, row->type);
}

bool debug_describe(const struct debug_family *family, char *buffer, size_t size)
{
    struct text text = { buffer, size, false };
    add(&text, "<?xml version=\"1.0\"?>\n<!DOCTYPE target SYSTEM \"gdb-target.dtd\">\n<target>\n");
    add(&text, "<architecture>%s</architecture>\n", family->architecture);
    for (unsigned f = 0; f < family->feature_count; f++) {
        const struct debug_feature *feature = &family->features[f];
        add(&text, "<feature name=\"%s\">\n%s", feature->name, feature->types);
        for (unsigned i = 0; i < feature->count; i++)
            for (unsigned n = 0; n < times(&feature->rows[i]); n++)
                add_register(&text, &feature->rows[i], n);
        add(&text, "</feature>\n");
    }
    add(&text, "</target>\n");
    return !text.full;
}
