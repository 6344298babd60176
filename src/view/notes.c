// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// See notes.h.
#include "view/notes.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "view/panes.h"

struct note {
    char *text;
    size_t size;
};

static void add(struct note *note, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void add(struct note *note, const char *format, ...)
{
    size_t used = strlen(note->text);
    va_list values;
    va_start(values, format);
    vsnprintf(note->text + used, note->size - used, format, values);
    va_end(values);
}

static void take_finding(void *owner, const struct intact_why_finding *finding)
{
    char text[INTACT_WHY_TEXT];
    const char *section = intact_why_section(finding->reason);
    intact_why_text(finding, text, sizeof text);
    add(owner, *section ? "%s (%s)\n" : "%s\n", text, section);
}

static void add_why(const struct view *view, const char *source, struct note *note)
{
    char why[INTACT_ERROR_SIZE];
    if (intact_machine_why(view->machine, source, take_finding, note, why) < 0)
        add(note, "%s\n", why);
}

void notes_add_why(const struct view *view, const char *source, char *text, size_t size)
{
    struct note note = { text, size };
    add(&note, "%s\n", source);
    add_why(view, source, &note);
}

// --- A register ------------------------------------------------------------------------------------------------------

static const struct view_chip *chip_of(const struct view *view, uint32_t index)
{
    for (unsigned i = 0; i < view->chip_count; i++)
        if (index - view->chips[i].first < view->chips[i].count)
            return &view->chips[i];
    return NULL;
}

// "  bits 7:0 vector: 49", and where its values have names, the others.
static void add_field(const struct intact_register_field *field, uint64_t value, struct note *note)
{
    char number[INTACT_FIELD_TEXT], bits[24];
    if (field->high == field->low)
        snprintf(bits, sizeof bits, "bit %u", field->high);
    else
        snprintf(bits, sizeof bits, "bits %u:%u", field->high, field->low);
    add(note, "  %-11s %s: %s", bits, field->name, intact_field_text(field, value, number));
    if (field->value_count == 0 && intact_field_value(field, value) > 9)
        add(note, " (%" PRIX64 "h)", intact_field_value(field, value));
    const char *before = " (or";
    for (uint8_t i = 0; i < field->value_count; i++)
        if (field->values[i] && i != intact_field_value(field, value) && !isdigit((unsigned char)*field->values[i])) {
            add(note, "%s %u %s", before, i, field->values[i]);
            before = ",";
        }
    add(note, before[0] == ',' ? ")\n" : "\n");
}

// Of a register with bits for each number: the chosen number, or those that are set.
static void add_numbers(const struct intact_chip_register *is, unsigned only, struct note *note)
{
    uint64_t mask = (UINT64_C(1) << is->each) - 1;
    for (uint32_t i = 0; i * is->each < is->bits; i++) {
        uint64_t value = is->value >> (i * is->each) & mask;
        if (only == UINT8_MAX ? value != 0 : i == only)
            add(note, "  %s %" PRIu32 ": %" PRIu64 "\n", is->numbers, is->first + i, value);
    }
}

static bool write_register(const struct view *view, struct grid_target target, struct note *note)
{
    const struct view_chip *chip = target.index < view->register_count ? chip_of(view, target.index) : NULL;
    if (!chip)
        return false;
    const struct view_register *reg = &view->registers[target.index];
    const struct intact_chip_register *is = &reg->is;
    bool field = target.kind == PANES_FIELD;
    int digits = (int)is->bits / 4;
    add(note, "%s of the %s", is->name, chip->text);
    if (is->count > 1)
        add(note, ", number %" PRIu32 " of 0 to %" PRIu32, is->index, is->count - 1);
    add(note, ": %0*" PRIX64 "h", digits, is->value);
    if (reg->changed)
        add(note, ", and %0*" PRIX64 "h at the last stop", digits, reg->before);
    add(note, *reg->section ? " (%s)\n" : "%s\n", reg->section);
    if (is->each)
        add_numbers(is, field ? target.part : UINT8_MAX, note);
    for (uint32_t i = 0; i < is->field_count; i++)
        if (!field || i == target.part)
            add_field(&is->fields[i], is->value, note);
    return true;
}

// --- A gate, a wire --------------------------------------------------------------------------------------------------

static bool write_gate(const struct view *view, struct grid_target target, struct note *note)
{
    if (target.index >= view->cpu_count || target.part >= view->cpus[target.index].gate_count)
        return false;
    const struct view_gate *gate = &view->cpus[target.index].gates[target.part];
    add(note, "%s of CPU %" PRIu32 ": %s (%s)\n", gate->name, target.index, gate->text, gate->section);
    add(note, gate->open ? "It lets interrupts pass.\n" : "It holds interrupts.\n");
    return true;
}

static bool write_wire(const struct view *view, struct grid_target target, struct note *note)
{
    char source[24];
    if (target.index >= view->wire_count)
        return false;
    const struct view_wire *wire = &view->wires[target.index];
    add(note, "GSI %" PRIu32 " is %s.%s%s%s%s%s\n", wire->gsi, wire->high ? "high" : "low",
        *wire->high_by ? " High by " : "", wire->high_by, *wire->high_by ? "." : "", *wire->others ? " Low by " : "",
        wire->others);
    snprintf(source, sizeof source, "gsi:%" PRIu32, wire->gsi);
    add_why(view, source, note);
    return true;
}

bool notes_write(const struct view *view, struct grid_target target, char *text, size_t size, const char **title)
{
    struct note note = { text, size };
    text[0] = 0;
    switch (target.kind) {
    case PANES_REGISTER:
    case PANES_FIELD: *title = "register"; return write_register(view, target, &note);
    case PANES_GATE: *title = "processor"; return write_gate(view, target, &note);
    case PANES_WIRE: *title = "wire"; return write_wire(view, target, &note);
    default: return false;
    }
}
