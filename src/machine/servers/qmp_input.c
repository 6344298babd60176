// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// QMP's send-key and input-send-event.
//
// Not modelled: device and head, as there are one keyboard and one mouse; absolute axes, multi-touch, a horizontal wheel.
#include <errno.h>
#include <string.h>

#include "base/bits.h"
#include "machine/key_text.h"
#include "machine/machine.h"
#include "machine/servers/qmp_machine.h"

static json_t *entered(struct qmp *qmp, int result)
{
    if (result == -ENOTSUP)
        return qmp_fail(qmp, "the machine has no keyboard and no mouse");
    if (result == -EROFS)
        return qmp_fail(qmp, "a replay takes its input from the journal");
    return result < 0 ? NULL : json_object();
}

// A KeyValue. -1: the error.
static int get_key(struct qmp *qmp, const json_t *value)
{
    const char *type = json_string_value(json_object_get(value, "type"));
    const json_t *data = json_object_get(value, "data");
    if (type && strcmp(type, "number") == 0 && json_is_integer(data)) {
        char name[KEY_TEXT];
        json_int_t number = json_integer_value(data);
        snprintf(name, sizeof name, "0x%x", number < 0 || number > 0xff ? 0u : (unsigned)number);
        int key = intact_key_find(name);
        if (key < 0)
            qmp_fail(qmp, "there is no key %" JSON_INTEGER_FORMAT, number);
        return key < 0 ? -1 : key;
    }
    if (!type || strcmp(type, "qcode") != 0 || !json_is_string(data)) {
        qmp_fail(qmp, "a key has a type, qcode or number, and data");
        return -1;
    }
    int key = intact_key_find(json_string_value(data));
    if (key < 0)
        qmp_fail(qmp, "there is no key '%.40s'", json_string_value(data));
    return key < 0 ? -1 : key;
}

json_t *qmp_send_key(struct qmp *qmp, json_t *arguments)
{
    const json_t *list = json_object_get(arguments, "keys"), *time = json_object_get(arguments, "hold-time");
    json_int_t hold = time ? json_integer_value(time) : KEY_HOLD_MS;
    int keys[INTACT_STROKE_KEYS];
    size_t count = json_array_size(list);
    if (count < 1 || count > INTACT_STROKE_KEYS)
        return qmp_fail(qmp, "keys: 1 to %d of them", INTACT_STROKE_KEYS);
    if (hold < 0 || hold > INTACT_HOLD_MAX)
        return qmp_fail(qmp, "hold-time: 0 to %d ms", INTACT_HOLD_MAX);
    for (size_t i = 0; i < count; i++) {
        keys[i] = get_key(qmp, json_array_get(list, i));
        if (keys[i] < 0)
            return NULL;
    }
    return entered(qmp, intact_machine_stroke(qmp_server(qmp)->machine, keys, (unsigned)count, (unsigned)hold));
}

// --- input-send-event ------------------------------------------------------------------------------------------------

// What the events of one command add up to for the mouse.
struct movement {
    int x, y, wheel;
    unsigned buttons;
    bool moves;
};

static const struct {
    const char *name;
    unsigned button;
    int wheel;
} buttons[] = {
    { "left", INTACT_BUTTON_LEFT, 0 },
    { "middle", INTACT_BUTTON_MIDDLE, 0 },
    { "right", INTACT_BUTTON_RIGHT, 0 },
    { "side", INTACT_BUTTON_SIDE, 0 },
    { "extra", INTACT_BUTTON_EXTRA, 0 },
    { "wheel-up", 0, -1 },
    { "wheel-down", 0, 1 },
};

static int post_movement(struct qmp *qmp, struct movement *movement)
{
    struct intact_machine *machine = qmp_server(qmp)->machine;
    int result = movement->moves
                     ? intact_machine_pointer(machine, movement->x, movement->y, movement->wheel, movement->buttons)
                     : 0;
    if (result == 0)
        machine->pointer_buttons = movement->buttons;
    *movement = (struct movement){ .buttons = movement->buttons };
    return result;
}

static json_t *take_button(struct qmp *qmp, const json_t *data, struct movement *movement)
{
    const char *name = json_string_value(json_object_get(data, "button"));
    bool down = json_is_true(json_object_get(data, "down"));
    for (unsigned i = 0; name && i < countof(buttons); i++) {
        if (strcmp(buttons[i].name, name) != 0)
            continue;
        movement->wheel += down ? buttons[i].wheel : 0;
        movement->buttons = down ? movement->buttons | buttons[i].button : movement->buttons & ~buttons[i].button;
        movement->moves = true;
        return entered(qmp, post_movement(qmp, movement));
    }
    return qmp_fail(qmp, "there is no button '%.40s'", name ? name : "");
}

static json_t *take_axis(struct qmp *qmp, const json_t *data, struct movement *movement)
{
    const char *axis = json_string_value(json_object_get(data, "axis"));
    json_int_t value = json_integer_value(json_object_get(data, "value"));
    if (!axis || (strcmp(axis, "x") != 0 && strcmp(axis, "y") != 0))
        return qmp_fail(qmp, "axis is x or y");
    if (value < -32768 || value > 32767)
        return qmp_fail(qmp, "value: -32768 to 32767");
    *(*axis == 'x' ? &movement->x : &movement->y) = (int)value;
    movement->moves = true;
    return json_object();
}

static json_t *take_event(struct qmp *qmp, const json_t *event, struct movement *movement)
{
    const char *type = json_string_value(json_object_get(event, "type"));
    const json_t *data = json_object_get(event, "data");
    if (type && strcmp(type, "btn") == 0)
        return take_button(qmp, data, movement);
    if (type && strcmp(type, "rel") == 0)
        return take_axis(qmp, data, movement);
    if (!type || strcmp(type, "key") != 0)
        return qmp_fail(qmp, "an event is a key, btn or rel, not '%.40s'", type ? type : "");
    int key = get_key(qmp, json_object_get(data, "key"));
    if (key < 0)
        return NULL;
    return entered(qmp, intact_machine_key(qmp_server(qmp)->machine, key, json_is_true(json_object_get(data, "down"))));
}

// The axes of one command are one movement.
json_t *qmp_input_send_event(struct qmp *qmp, json_t *arguments)
{
    const json_t *events = json_object_get(arguments, "events");
    struct movement movement = { .buttons = qmp_server(qmp)->machine->pointer_buttons };
    for (size_t i = 0; i < json_array_size(events); i++) {
        json_t *result = take_event(qmp, json_array_get(events, i), &movement);
        if (!result)
            return NULL;
        json_decref(result);
    }
    return entered(qmp, post_movement(qmp, &movement));
}
