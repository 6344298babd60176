// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The registers of interrupt controllers, as data: by the names of their manuals, with the fields that they consist of.
//
//     static void on_register(void *owner, const struct intact_chip_register *reg)
//     {
//         printf("%s %s[%u] = %llx\n", reg->chip_name, reg->name, reg->index, (unsigned long long)reg->value);
//         char text[INTACT_FIELD_TEXT];
//         for (uint32_t i = 0; i < reg->field_count; i++)
//             printf("  %s: %s\n", reg->fields[i].name, intact_field_text(&reg->fields[i], reg->value, text));
//         for (uint32_t i = 0; reg->each && i < reg->bits / reg->each; i++) // IRR, ISR, ...
//             if (reg->value >> (i * reg->each) & ((1ull << reg->each) - 1))
//                 printf("  %s %u\n", reg->numbers, reg->first + i);
//     }
//     ...
//     intact_machine_chip_registers(machine, 0, on_register, NULL); // <intact/debug.h>; of chips alone intact_x86_irq_registers and
//                                                                   // intact_arm_irq_registers
//
// Looking changes nothing: a register whose read has an effect (IAR) is left out, and so is one that can only be written. What a
// chip keeps that no register shows, and that decides what it does, is told in the same way by a name in small letters: "pins",
// "lowest".
#ifndef INTACT_CHIPS_H
#define INTACT_CHIPS_H

#include <stddef.h>
#include <stdint.h>

#include <intact/trace.h>

#pragma GCC visibility push(default)
#ifdef __cplusplus
extern "C" {
#endif

// A field: bits `high` to `low` of a register.
struct intact_register_field {
    const char *name; // "vector", "mask"
    uint8_t high, low;
    // What its values mean, from 0 on, `value_count` of them; NULL: one that is reserved. 0 of them: the field is a number.
    uint8_t value_count;
    const char *const *values;
};

// A register with its value. Names, fields and texts are valid for ever but where it says: during the call.
struct intact_chip_register {
    uint32_t chip; // INTACT_CHIP_ of <intact/trace.h>
    uint32_t cpu;  // whose, or INTACT_NO_CPU
    const char *
        chip_name; // as in traces: "pic", "ioapic0", "lapic2", "gicd", "gicr2", "icc2", "its"; but "pic0" and "pic1". During the call
    const char *chip_text; // "8259A master", "local APIC of CPU 2". During the call
    const char *name;      // as in the manual: "IOREDTBL", "ICC_PMR_EL1"
    const char *section;   // the manual and where in it: "82093AA 3.2.4"; "": what no manual has. During the call
    uint32_t index, count; // of `count` such registers, 0 to count - 1; one: 0 of 1
    uint32_t bits;         // its width, 8, 16, 32 or 64
    uint64_t value;
    // What it consists of: fields, the highest first; or (`each` not 0) `each` bits for each of the numbers from `first` on, in the lowest
    // bits for the first. `numbers` says of what: "IR", "pin", "vector", "INTID". Neither: the value is a number. `fields` and
    // `numbers` are NULL where there are none.
    const struct intact_register_field *fields;
    uint32_t field_count;
    uint32_t each, first;
    const char *numbers;
};

typedef void intact_chip_register_told(void *owner, const struct intact_chip_register *reg);

// The value of a field of a register: a number from its bits.
uint64_t intact_field_value(const struct intact_register_field *field, uint64_t value);
// What it means: a text of `values`; the number in decimal, where the field is a number; "reserved (3)", where its values have no text for it.
// The first is valid for ever, the others are written to `text`, which has INTACT_FIELD_TEXT bytes, and is returned then. Any thread.
#define INTACT_FIELD_TEXT 48
const char *intact_field_text(const struct intact_register_field *field, uint64_t value, char *text);

#ifdef __cplusplus
}
#endif
#pragma GCC visibility pop

#endif
