// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// How chips tell their registers as data (<intact/chips.h>): what a register consists of, and who is told.
//
//     static const struct intact_register_field svr[] = { FLAG("APIC software enable", 8, "disabled", "enabled"),
//                                                         NUMBER("spurious vector", 7, 0) };
//     static const struct register_form forms[] = { FORM("SVR", svr), FORM_SET("IRR", 1, 32, "vector") };
//     ...
//     register_tell(sink, "SVR", 0, 1, 32, lapic->svr, register_form(forms, countof(forms), "SVR"));
#ifndef BASE_CHIP_REGISTER_H
#define BASE_CHIP_REGISTER_H

#include <stddef.h>
#include <stdint.h>

#include <intact/chips.h>

#include "base/bits.h"

// --- What a register consists of -------------------------------------------------------------------------------------

#define NUMBER(name, high, low)                                                                                        \
    {                                                                                                                  \
        name, high, low, 0, NULL                                                                                       \
    }
#define CHOICE(name, high, low, ...)                                                                                   \
    {                                                                                                                  \
        name, high, low, countof(((const char *const[]){ __VA_ARGS__ })), (const char *const[])                        \
        {                                                                                                              \
            __VA_ARGS__                                                                                                \
        }                                                                                                              \
    }
#define FLAG(name, bit, zero, one) CHOICE(name, bit, bit, zero, one)

struct register_form {
    const char *name; // of the register
    const struct intact_register_field *fields;
    uint32_t field_count;
    // Instead of fields: `each` bits for one number after the other, from `base` on; the next register of the row begins `step`
    // numbers further.
    uint32_t each, step;
    const char *numbers;
    uint32_t base;
    const char *section; // of the manual, whole; NULL: the chip's manual has a section named as the register
};

#define FORM_IN(section, name, fields)                                                                                 \
    {                                                                                                                  \
        name, fields, countof(fields), 0, 0, NULL, 0, section                                                          \
    }
#define FORM_SET_IN(section, name, each, step, numbers)                                                                \
    {                                                                                                                  \
        name, NULL, 0, each, step, numbers, 0, section                                                                 \
    }
#define FORM_NUMBER_IN(section, name)       FORM_SET_IN(section, name, 0, 0, NULL)
#define FORM(name, fields)                  FORM_IN(NULL, name, fields)
#define FORM_SET(name, each, step, numbers) FORM_SET_IN(NULL, name, each, step, numbers)

// The form of a register of this name; NULL: it is a number.
const struct register_form *register_form(const struct register_form *forms, size_t count, const char *name);

// --- Who is told -----------------------------------------------------------------------------------------------------

struct register_sink {
    intact_chip_register_told *told;
    void *owner;
    uint32_t chip, cpu; // as in struct intact_chip_register
    char name[24], text[40];
    const char *manual;
};

// The chip of the registers that follow. `cpu` may be INTACT_NO_CPU. `manual` is for ever: "IHI 0069".
void register_chip(struct register_sink *sink, uint32_t chip, uint32_t cpu, const char *name, const char *text,
                   const char *manual);

// Register `index` of `count`; `form` NULL: a number.
void register_tell(const struct register_sink *sink, const char *name, uint32_t index, uint32_t count, uint32_t bits,
                   uint64_t value, const struct register_form *form);

#endif
