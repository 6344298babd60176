// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// For the tests of <intact/chips.h> on both families: keeps what was told, and checks what holds for every register.
#ifndef TESTS_IRQCHIP_FIELDS_H
#define TESTS_IRQCHIP_FIELDS_H

#include <criterion/criterion.h>
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include <intact/chips.h>

struct told {
    struct intact_chip_register reg;
    char chip[32], text[48], section[80];
};

static struct told told[8192];
static unsigned told_count;

static uint64_t low_bits(unsigned count)
{
    return count < 64 ? (UINT64_C(1) << count) - 1 : UINT64_MAX;
}

// Fields come from the top down, within the register, and no value has more bits than it.
static void check_fields(const struct intact_chip_register *reg)
{
    unsigned above = reg->bits;
    for (uint32_t i = 0; i < reg->field_count; i++) {
        const struct intact_register_field *field = &reg->fields[i];
        char text[INTACT_FIELD_TEXT];
        cr_assert(field->name && *field->name, "%s", reg->name);
        cr_assert(field->low <= field->high && field->high < above, "%s.%s", reg->name, field->name);
        cr_assert(field->value_count <= low_bits(field->high - field->low + 1) + 1, "%s.%s", reg->name, field->name);
        cr_assert(*intact_field_text(field, reg->value, text), "%s.%s", reg->name, field->name);
        above = field->low;
    }
}

static void keep(void *owner, const struct intact_chip_register *reg)
{
    (void)owner;
    cr_assert(told_count < sizeof told / sizeof told[0]);
    struct told *one = &told[told_count++];
    one->reg = *reg;
    snprintf(one->chip, sizeof one->chip, "%s", reg->chip_name);
    snprintf(one->text, sizeof one->text, "%s", reg->chip_text);
    cr_assert(reg->bits == 8 || reg->bits == 16 || reg->bits == 32 || reg->bits == 64, "%s", reg->name);
    cr_assert_eq(reg->value & ~low_bits(reg->bits), 0, "%s", reg->name);
    cr_assert(reg->index < reg->count, "%s", reg->name);
    cr_assert(!reg->each == !reg->numbers && !(reg->each && reg->fields), "%s: fields or numbers", reg->name);
    cr_assert(*reg->section || islower((unsigned char)*reg->name), "%s: no section of a manual", reg->name);
    snprintf(one->section, sizeof one->section, "%s", reg->section);
    check_fields(reg);
}

static const struct intact_chip_register *told_find(const char *chip, const char *name, uint32_t index)
{
    for (unsigned i = 0; i < told_count; i++)
        if (!strcmp(told[i].chip, chip) && !strcmp(told[i].reg.name, name) && told[i].reg.index == index)
            return &told[i].reg;
    cr_assert_fail("%s %s %u was not told", chip, name, index);
    return NULL;
}

static bool was_told(const char *chip, const char *name)
{
    for (unsigned i = 0; i < told_count; i++)
        if (!strcmp(told[i].chip, chip) && !strcmp(told[i].reg.name, name))
            return true;
    return false;
}

// The text of a field by its name.
static const char *told_text(const struct intact_chip_register *reg, const char *name)
{
    static char text[INTACT_FIELD_TEXT];
    for (uint32_t i = 0; i < reg->field_count; i++)
        if (!strcmp(reg->fields[i].name, name))
            return intact_field_text(&reg->fields[i], reg->value, text);
    cr_assert_fail("%s has no field %s", reg->name, name);
    return NULL;
}

// The bits that fields name.
static inline uint64_t told_covers(const struct intact_chip_register *reg)
{
    uint64_t bits = reg->each || !reg->field_count ? low_bits(reg->bits) : 0;
    for (uint32_t i = 0; i < reg->field_count; i++)
        bits |= low_bits(reg->fields[i].high + 1) & ~low_bits(reg->fields[i].low);
    return bits;
}

#endif
