// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// See view_json.h.
#include "view/view_json.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

static json_t *hexadecimal(uint64_t value, unsigned digits)
{
    return json_sprintf("0x%0*" PRIx64, (int)digits, value);
}

static json_t *number(uint64_t value)
{
    return json_integer((json_int_t)value);
}

// null: of none.
static json_t *cpu_number(uint32_t cpu)
{
    return cpu == INTACT_NO_CPU ? json_null() : json_integer(cpu);
}

// What guests print, and the names that users give, may be any bytes; JSON's text is UTF-8.
static json_t *text_of(const char *text, size_t size)
{
    json_t *string = json_stringn(text, size);
    char *copy = string ? NULL : malloc(size);
    for (size_t i = 0; copy && i < size; i++)
        copy[i] = (char)(text[i] & 0x80 ? '?' : text[i]);
    if (copy)
        string = json_stringn(copy, size);
    free(copy);
    return string;
}

static json_t *name_of(const char *text)
{
    return text_of(text, strlen(text));
}

// --- Chips -----------------------------------------------------------------------------------------------------------

static json_t *fields_of(const struct view_register *reg)
{
    json_t *fields = json_array();
    for (uint32_t i = 0; i < reg->is.field_count; i++) {
        const struct intact_register_field *field = &reg->is.fields[i];
        char text[INTACT_FIELD_TEXT];
        uint64_t value = intact_field_value(field, reg->is.value);
        bool changed = reg->changed && value != intact_field_value(field, reg->before);
        json_array_append_new(fields,
                              json_pack("{s:s, s:i, s:i, s:o, s:s, s:b}", "name", field->name, "high", (int)field->high,
                                        "low", (int)field->low, "value", hexadecimal(value, 1), "meaning",
                                        intact_field_text(field, reg->is.value, text), "changed", (int)changed));
    }
    return fields;
}

// The numbers whose bits are not 0, with these.
static json_t *numbers_of(const struct intact_chip_register *reg)
{
    json_t *numbers = json_array();
    uint64_t mask = (UINT64_C(1) << reg->each) - 1;
    for (uint32_t i = 0; i * reg->each < reg->bits; i++) {
        uint64_t value = reg->value >> (i * reg->each) & mask;
        if (value)
            json_array_append_new(numbers, json_pack("[o, o]", number(reg->first + i), number(value)));
    }
    return numbers;
}

static json_t *register_of(const struct view_register *reg)
{
    const struct intact_chip_register *is = &reg->is;
    unsigned digits = is->bits / 4;
    json_t *object = json_pack("{s:s, s:o, s:s, s:i, s:o, s:o, s:b}", "name", is->name, "index",
                               is->count > 1 ? json_integer(is->index) : json_null(), "section", reg->section, "bits",
                               (int)is->bits, "value", hexadecimal(is->value, digits), "before",
                               hexadecimal(reg->before, digits), "changed", (int)reg->changed);
    if (is->each) {
        json_object_set_new(object, "of", json_string(is->numbers));
        json_object_set_new(object, "first", json_integer(is->first));
        json_object_set_new(object, "each", json_integer(is->each));
        json_object_set_new(object, "set", numbers_of(is));
    } else if (is->field_count) {
        json_object_set_new(object, "fields", fields_of(reg));
    }
    return object;
}

static json_t *chips_of(const struct view *view)
{
    json_t *chips = json_array();
    for (unsigned i = 0; i < view->chip_count; i++) {
        const struct view_chip *chip = &view->chips[i];
        json_t *registers = json_array();
        for (unsigned r = chip->first; r < chip->first + chip->count; r++)
            json_array_append_new(registers, register_of(&view->registers[r]));
        json_array_append_new(chips,
                              json_pack("{s:s, s:s, s:o, s:b, s:o}", "name", chip->name, "text", chip->text, "cpu",
                                        cpu_number(chip->cpu), "changed", (int)chip->changed, "registers", registers));
    }
    return chips;
}

// --- Wires, processors, lives ----------------------------------------------------------------------------------------

static json_t *wires_of(const struct view *view)
{
    json_t *wires = json_array();
    for (unsigned i = 0; i < view->wire_count; i++) {
        const struct view_wire *wire = &view->wires[i];
        json_array_append_new(wires, json_pack("{s:i, s:b, s:b, s:o, s:o}", "gsi", (int)wire->gsi, "high",
                                               (int)wire->high, "changed", (int)wire->changed, "high_by",
                                               name_of(wire->high_by), "others", name_of(wire->others)));
    }
    return wires;
}

static json_t *cpu_of(const struct view_cpu *cpu)
{
    json_t *gates = json_array(), *code = json_array();
    for (unsigned i = 0; i < cpu->gate_count; i++)
        json_array_append_new(gates,
                              json_pack("{s:s, s:s, s:b, s:b}", "name", cpu->gates[i].name, "text", cpu->gates[i].text,
                                        "open", (int)cpu->gates[i].open, "changed", (int)cpu->gates[i].changed));
    for (unsigned i = 0; i < cpu->code_count; i++)
        json_array_append_new(
            code, json_pack("{s:o, s:s}", "address", hexadecimal(cpu->code[i].address, 1), "text", cpu->code[i].text));
    return json_pack("{s:s, s:o, s:b, s:o, s:o}", "state", view_cpu_state(cpu->state), "pc", hexadecimal(cpu->pc, 1),
                     "moved", (int)cpu->moved, "gates", gates, "code", code);
}

static json_t *cpus_of(const struct view *view)
{
    json_t *cpus = json_array();
    for (unsigned i = 0; i < view->cpu_count; i++)
        json_array_append_new(cpus, cpu_of(&view->cpus[i]));
    return cpus;
}

static json_t *life_of(const struct view_life *life)
{
    json_t *stations = json_array();
    for (unsigned i = 0; i < life->count; i++) {
        const struct view_station *station = &life->stations[i];
        json_array_append_new(stations,
                              json_pack("{s:s, s:o, s:o, s:o, s:o}", "event", intact_trace_name(station->id), "cpu",
                                        cpu_number(station->cpu), "instructions", number(station->instructions), "time",
                                        number(station->time), "text", name_of(station->text)));
    }
    return json_pack("{s:o, s:o, s:s, s:o, s:o, s:i}", "number", number(life->number), "source", name_of(life->source),
                     "fate", view_fate(life), "raises", number(life->raises), "stations", stations, "missing",
                     (int)life->missing);
}

static json_t *lives_of(const struct view *view)
{
    json_t *lives = json_array();
    for (unsigned i = 0; i < view->life_count; i++)
        json_array_append_new(lives, life_of(&view->lives[i]));
    return lives;
}

// --- The whole -------------------------------------------------------------------------------------------------------

// null: there is none yet.
static json_t *chosen_life(const struct view *view, unsigned older)
{
    if (!view->life_count)
        return json_null();
    unsigned back = older < view->life_count ? older : view->life_count - 1;
    return number(view->lives[view->life_count - 1 - back].number);
}

char *view_json(const struct session *session)
{
    const struct view *view = session->view;
    const struct panes *panes = &session->panes;
    json_t *chosen = json_pack("{s:i, s:i, s:o}", "cpu", (int)panes->cpu, "chip", (int)panes->chip, "life",
                               chosen_life(view, panes->life));
    json_t *object = json_pack("{s:s, s:o, s:o, s:s, s:b, s:b, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "machine",
                               view->arm ? "virt" : "pc", "instructions", number(view->instructions), "time",
                               number(view->time), "state", session->state, "runs", (int)session->runs, "ended",
                               (int)session_has_ended(session), "chosen", chosen, "chips", chips_of(view), "wires",
                               wires_of(view), "cpus", cpus_of(view), "lives", lives_of(view), "printed",
                               text_of(session->printed, session_printed(session)), "note", name_of(panes->note));
    char *text = object ? json_dumps(object, JSON_COMPACT) : NULL;
    json_decref(object);
    return text;
}
