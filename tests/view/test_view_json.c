// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// What a session shows as JSON: the same values that the model has, and text of any bytes.
#include "view/view_json.h"

#include <criterion/criterion.h>
#include <intact/snapshot.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "machine/demo.h"

static struct intact_machine_config config;
static struct intact_machine *machine;
static struct session session;

static void begin(enum intact_machine_type type, const char *keys)
{
    char why[INTACT_ERROR_SIZE];
    memset(&session, 0, sizeof session);
    demo_config(&config, type);
    config.serial = (struct intact_console){ .write = session_print, .owner = &session };
    machine = demo_make(&config);
    cr_assert_eq(intact_machine_history(machine, 64 << 20, why), 0, "%s", why);
    cr_assert_eq(session_open(&session, machine, &config, why), 0, "%s", why);
    for (; *keys; keys++) {
        session_key(&session, *keys);
        while (session.runs)
            session_run_on(&session);
    }
}

static void end(void)
{
    session_close(&session);
    intact_machine_destroy(machine);
}

static json_t *model(void)
{
    json_error_t error;
    char *text = view_json(&session);
    cr_assert(text && !strchr(text, '\n'));
    json_t *object = json_loads(text, 0, &error);
    cr_assert(object, "%s", error.text);
    free(text);
    return object;
}

static const char *text_of(json_t *object, const char *name)
{
    const char *text = json_string_value(json_object_get(object, name));
    cr_assert(text, "%s", name);
    return text;
}

static long long number_of(json_t *object, const char *name)
{
    json_t *number = json_object_get(object, name);
    cr_assert(json_is_integer(number), "%s", name);
    return json_integer_value(number);
}

static bool is_set(json_t *object, const char *name)
{
    json_t *value = json_object_get(object, name);
    cr_assert(json_is_boolean(value), "%s", name);
    return json_is_true(value);
}

static void check_fields(json_t *json, const struct intact_chip_register *is)
{
    char text[INTACT_FIELD_TEXT];
    cr_assert_eq(json_array_size(json), is->field_count);
    for (uint32_t i = 0; i < is->field_count; i++) {
        json_t *field = json_array_get(json, i);
        cr_assert_str_eq(text_of(field, "name"), is->fields[i].name);
        cr_assert_eq(number_of(field, "high"), is->fields[i].high);
        cr_assert_eq(strtoull(text_of(field, "value"), NULL, 16), intact_field_value(&is->fields[i], is->value));
        cr_assert_str_eq(text_of(field, "meaning"), intact_field_text(&is->fields[i], is->value, text));
    }
}

// The bits that are told as numbers are all of the value.
static void check_numbers(json_t *json, const struct intact_chip_register *is)
{
    uint64_t value = 0;
    for (size_t i = 0; i < json_array_size(json); i++) {
        json_t *pair = json_array_get(json, i);
        long long number = json_integer_value(json_array_get(pair, 0)) - is->first;
        value |= (uint64_t)json_integer_value(json_array_get(pair, 1)) << (number * is->each);
    }
    cr_assert_eq(value, is->value, "%s", is->name);
}

static void check_register(json_t *json, const struct view_register *reg)
{
    cr_assert_str_eq(text_of(json, "name"), reg->is.name);
    cr_assert_str_eq(text_of(json, "section"), reg->section);
    cr_assert_eq(strtoull(text_of(json, "value"), NULL, 16), reg->is.value);
    cr_assert_eq(strtoull(text_of(json, "before"), NULL, 16), reg->before);
    cr_assert_eq(is_set(json, "changed"), reg->changed);
    cr_assert_eq(json_is_null(json_object_get(json, "index")), reg->is.count == 1);
    if (reg->is.each)
        check_numbers(json_object_get(json, "set"), &reg->is);
    else if (reg->is.field_count)
        check_fields(json_object_get(json, "fields"), &reg->is);
}

static void check_chips(json_t *chips)
{
    cr_assert_eq(json_array_size(chips), session.view->chip_count);
    for (unsigned i = 0; i < session.view->chip_count; i++) {
        const struct view_chip *chip = &session.view->chips[i];
        json_t *json = json_array_get(chips, i), *registers = json_object_get(json, "registers");
        cr_assert_str_eq(text_of(json, "name"), chip->name);
        cr_assert_eq(json_array_size(registers), chip->count);
        for (unsigned r = 0; r < chip->count; r++)
            check_register(json_array_get(registers, r), &session.view->registers[chip->first + r]);
    }
}

static void check_lives(json_t *lives)
{
    cr_assert_eq(json_array_size(lives), session.view->life_count);
    for (unsigned i = 0; i < session.view->life_count; i++) {
        const struct view_life *life = &session.view->lives[i];
        json_t *json = json_array_get(lives, i), *stations = json_object_get(json, "stations");
        cr_assert_str_eq(text_of(json, "source"), life->source);
        cr_assert_str_eq(text_of(json, "fate"), view_fate(life));
        cr_assert_eq(json_array_size(stations), life->count);
        for (unsigned s = 0; s < life->count; s++)
            cr_assert_str_eq(text_of(json_array_get(stations, s), "text"), life->stations[s].text);
    }
}

static void check(enum intact_machine_type type, const char *keys)
{
    begin(type, keys);
    json_t *object = model();
    cr_assert_str_eq(text_of(object, "machine"), type == INTACT_PC ? "pc" : "virt");
    cr_assert_eq((uint64_t)number_of(object, "instructions"), session.view->instructions);
    cr_assert_str_eq(text_of(object, "state"), session.state);
    cr_assert_eq(is_set(object, "ended"), session_has_ended(&session));
    cr_assert_str_eq(text_of(object, "note"), session.panes.note);
    cr_assert_eq(json_array_size(json_object_get(object, "wires")), session.view->wire_count);
    json_t *cpu = json_array_get(json_object_get(object, "cpus"), 0);
    cr_assert_eq(strtoull(text_of(cpu, "pc"), NULL, 16), session.view->cpus[0].pc);
    cr_assert_eq(json_array_size(json_object_get(cpu, "gates")), session.view->cpus[0].gate_count);
    check_chips(json_object_get(object, "chips"));
    check_lives(json_object_get(object, "lives"));
    cr_assert_eq(strlen(text_of(object, "printed")), session_printed(&session));
    json_decref(object);
    end();
}

Test(view_json, has_what_the_model_has)
{
    static const char *const keys[] = { "", "n", "nnnw", "nnnnp", "g" };
    for (int type = INTACT_PC; type <= INTACT_VIRT; type++)
        for (unsigned i = 0; i < sizeof keys / sizeof keys[0]; i++)
            check((enum intact_machine_type)type, keys[i]);
}

Test(view_json, says_when_a_machine_has_ended)
{
    begin(INTACT_PC, "g");
    json_t *object = model();
    cr_assert(is_set(object, "ended") && !is_set(object, "runs"));
    json_decref(object);
    end();
}

Test(view_json, takes_any_bytes_that_a_guest_prints)
{
    begin(INTACT_VIRT, "n");
    session_print(&session, 0xff);
    session_print(&session, '"');
    memset(session.printed_at, 0, sizeof session.printed_at); // before this moment
    json_t *object = model();
    const char *printed = text_of(object, "printed");
    cr_assert_str_eq(printed + strlen(printed) - 2, "?\"");
    json_decref(object);
    end();
}
