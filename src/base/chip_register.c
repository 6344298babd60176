// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Registers as data. See chip_register.h and <intact/chips.h>.
#include "base/chip_register.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

const struct register_form *register_form(const struct register_form *forms, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(forms[i].name, name) == 0)
            return &forms[i];
    return NULL;
}

void register_chip(struct register_sink *sink, uint32_t chip, uint32_t cpu, const char *name, const char *text,
                   const char *manual)
{
    sink->chip = chip;
    sink->cpu = cpu;
    snprintf(sink->name, sizeof sink->name, "%s", name);
    snprintf(sink->text, sizeof sink->text, "%s", text);
    sink->manual = manual;
}

// A name in small letters is ours: no manual has it.
static const char *section_of(const struct register_sink *sink, const char *name, const char *own, char *text,
                              size_t size)
{
    if (own)
        return own;
    if (islower((unsigned char)*name))
        return "";
    snprintf(text, size, "%s %s", sink->manual, name);
    return text;
}

void register_tell(const struct register_sink *sink, const char *name, uint32_t index, uint32_t count, uint32_t bits,
                   uint64_t value, const struct register_form *form)
{
    static const struct register_form number = { NULL };
    const struct register_form *is = form ? form : &number;
    char section[80];
    const struct intact_chip_register reg = {
        .chip = sink->chip,
        .cpu = sink->cpu,
        .chip_name = sink->name,
        .chip_text = sink->text,
        .name = name,
        .section = section_of(sink, name, is->section, section, sizeof section),
        .index = index,
        .count = count,
        .bits = bits,
        .value = value,
        .fields = is->fields,
        .field_count = is->field_count,
        .each = is->each,
        .first = is->base + index * is->step,
        .numbers = is->numbers,
    };
    sink->told(sink->owner, &reg);
}

uint64_t intact_field_value(const struct intact_register_field *field, uint64_t value)
{
    return bits_get(value, field->high, field->low);
}

const char *intact_field_text(const struct intact_register_field *field, uint64_t value, char *text)
{
    uint64_t number = intact_field_value(field, value);
    if (field->value_count == 0)
        snprintf(text, INTACT_FIELD_TEXT, "%" PRIu64, number);
    else if (number < field->value_count && field->values[number])
        return field->values[number];
    else
        snprintf(text, INTACT_FIELD_TEXT, "reserved (%" PRIu64 ")", number);
    return text;
}
