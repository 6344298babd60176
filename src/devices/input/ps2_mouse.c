// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// IBM PS/2 Hardware Interface Technical Reference, "Mouse": modes, commands, packets. The wheel and its identification by
// the sample rates 200, 100, 80: Microsoft, "IntelliMouse Sensor Protocol"; five buttons by 200, 200, 80 likewise (Explorer).
//
// A byte takes no time on the cable. Movement is in counts, whatever the resolution is. Movement that a packet cannot hold is
// in the next one, so the overflow bits are never set. A button that changes twice between two samples has a packet for each.
//
// Not modelled: a horizontal wheel.
//
// Path: devices/i8042.c
#include "devices/input/ps2_mouse.h"

#include <intact/input.h>
#include <string.h>

#define COUNTER 32768 // what a counter holds in each direction

// --- What waits to be sent --------------------------------------------------------------------------------------------

static void put(struct ps2_mouse *mouse, const uint8_t *bytes, unsigned count)
{
    for (unsigned i = 0; i < count && mouse->count < PS2_MOUSE_BYTES; i++)
        mouse->bytes[(mouse->head + mouse->count++) % PS2_MOUSE_BYTES] = bytes[i];
}

static void send(struct ps2_mouse *mouse, const uint8_t *bytes, unsigned count)
{
    put(mouse, bytes, count);
    memcpy(mouse->sent, bytes, count);
    mouse->sent_count = (uint8_t)count;
}

bool ps2_mouse_ready(const struct ps2_mouse *mouse)
{
    return mouse->count;
}

uint8_t ps2_mouse_take(struct ps2_mouse *mouse)
{
    uint8_t byte = mouse->bytes[mouse->head];
    mouse->head = (mouse->head + 1) % PS2_MOUSE_BYTES;
    mouse->count--;
    return byte;
}

// --- Packets ----------------------------------------------------------------------------------------------------------

static int32_t between(int32_t value, int32_t low, int32_t high)
{
    return value < low ? low : value > high ? high : value;
}

// As much of a counter as a packet holds.
static int32_t drain(int32_t *counter, int32_t low, int32_t high)
{
    int32_t part = between(*counter, low, high);
    *counter -= part;
    return part;
}

// Scaling 2:1: the small counts in stream mode alone.
static int32_t doubled(int32_t count)
{
    static const uint8_t small[] = { 0, 1, 1, 3, 6, 9 };
    int32_t size = count < 0 ? -count : count;
    int32_t value = size < (int32_t)sizeof small ? small[size] : 2 * size;
    return count < 0 ? -value : value;
}

static uint8_t visible(const struct ps2_mouse *mouse, uint8_t buttons)
{
    return buttons & (mouse->id == PS2_MOUSE_ID_FIVE ? 0x1f : 0x07);
}

static void send_packet(struct ps2_mouse *mouse)
{
    bool scaled = mouse->doubled && !mouse->remote;
    int32_t limit = scaled ? 127 : 255;
    int32_t x = drain(&mouse->x, -limit, limit), y = -drain(&mouse->y, -limit, limit);
    int32_t wheel = drain(&mouse->wheel, -8, 7);
    if (scaled) {
        x = doubled(x);
        y = doubled(y);
    }
    uint8_t bytes[4] = { (uint8_t)(8 | (mouse->buttons & 7) | (x < 0 ? 0x10 : 0) | (y < 0 ? 0x20 : 0)), (uint8_t)x,
                         (uint8_t)y, (uint8_t)wheel };
    if (mouse->id == PS2_MOUSE_ID_FIVE)
        bytes[3] = (uint8_t)((wheel & 15) | (mouse->buttons & 0x18) << 1);
    mouse->told = mouse->buttons;
    send(mouse, bytes, mouse->id == PS2_MOUSE_ID ? 3 : 4);
}

// --- Movement ---------------------------------------------------------------------------------------------------------

static bool streams(const struct ps2_mouse *mouse)
{
    return mouse->enabled && !mouse->remote && !mouse->wrap;
}

static bool has_news(const struct ps2_mouse *mouse)
{
    return mouse->x || mouse->y || mouse->wheel || visible(mouse, mouse->buttons ^ mouse->told);
}

static void count(int32_t *counter, int32_t value)
{
    *counter = between(*counter + value, -COUNTER, COUNTER);
}

void ps2_mouse_move(struct ps2_mouse *mouse, int x, int y, int wheel, uint8_t buttons, uint64_t now)
{
    bool changes = visible(mouse, buttons ^ mouse->buttons);
    if (streams(mouse) && changes && visible(mouse, mouse->buttons ^ mouse->told) &&
        mouse->count + 4 <= PS2_MOUSE_BYTES)
        send_packet(mouse);
    mouse->buttons = buttons;
    if (!streams(mouse) && !mouse->remote)
        return;
    count(&mouse->x, x);
    count(&mouse->y, y);
    if (mouse->id != PS2_MOUSE_ID)
        count(&mouse->wheel, wheel);
    ps2_mouse_tick(mouse, now);
}

// A packet waits until the host has taken the one before.
uint64_t ps2_mouse_deadline(const struct ps2_mouse *mouse)
{
    return streams(mouse) && !mouse->count && has_news(mouse) ? mouse->next : UINT64_MAX;
}

void ps2_mouse_tick(struct ps2_mouse *mouse, uint64_t now)
{
    if (ps2_mouse_deadline(mouse) > now)
        return;
    send_packet(mouse);
    mouse->next = now + 1000000000 / mouse->rate;
}

// --- Commands ---------------------------------------------------------------------------------------------------------

static void forget_movement(struct ps2_mouse *mouse)
{
    mouse->x = mouse->y = mouse->wheel = 0;
    mouse->told = mouse->buttons;
}

static void set_defaults(struct ps2_mouse *mouse)
{
    mouse->wrap = mouse->remote = mouse->enabled = mouse->doubled = false;
    mouse->resolution = 2;
    mouse->rate = 100;
}

static void accept(struct ps2_mouse *mouse)
{
    const uint8_t ack = PS2_MOUSE_ACK;
    send(mouse, &ack, 1);
}

// The first wrong byte asks for another one, the second ends the command.
static void refuse(struct ps2_mouse *mouse, uint8_t command)
{
    const uint8_t byte = mouse->wrong ? PS2_MOUSE_ERROR : PS2_MOUSE_RESEND;
    mouse->command = mouse->wrong ? 0 : command;
    mouse->wrong = !mouse->wrong;
    send(mouse, &byte, 1);
}

static void choose_id(struct ps2_mouse *mouse, uint8_t rate)
{
    if (rate == 80 && mouse->rates[0] == 200 && mouse->rates[1] == 100)
        mouse->id = PS2_MOUSE_ID_WHEEL;
    if (rate == 80 && mouse->rates[0] == 200 && mouse->rates[1] == 200)
        mouse->id = PS2_MOUSE_ID_FIVE;
    mouse->rates[0] = mouse->rates[1];
    mouse->rates[1] = rate;
}

static bool set_rate(struct ps2_mouse *mouse, uint8_t rate)
{
    static const uint8_t rates[] = { 10, 20, 40, 60, 80, 100, 200 };
    if (!memchr(rates, rate, sizeof rates))
        return false;
    mouse->rate = rate;
    choose_id(mouse, rate);
    return true;
}

static void argument(struct ps2_mouse *mouse, uint8_t command, uint8_t byte)
{
    bool right = command == PS2_MOUSE_RATE ? set_rate(mouse, byte) : byte < 4;
    if (!right) {
        refuse(mouse, command);
        return;
    }
    if (command == PS2_MOUSE_RESOLUTION)
        mouse->resolution = byte;
    mouse->wrong = false;
    accept(mouse);
}

static void tell_status(struct ps2_mouse *mouse)
{
    uint8_t flags =
        (uint8_t)((mouse->remote ? 0x40 : 0) | (mouse->enabled ? 0x20 : 0) | (mouse->doubled ? 0x10 : 0) |
                  (mouse->buttons & INTACT_BUTTON_LEFT ? 4 : 0) | (mouse->buttons & INTACT_BUTTON_MIDDLE ? 2 : 0) |
                  (mouse->buttons & INTACT_BUTTON_RIGHT ? 1 : 0));
    send(mouse, (uint8_t[]){ PS2_MOUSE_ACK, flags, mouse->resolution, mouse->rate }, 4);
}

static void reset_by_command(struct ps2_mouse *mouse)
{
    set_defaults(mouse);
    mouse->id = PS2_MOUSE_ID;
    send(mouse, (uint8_t[]){ PS2_MOUSE_ACK, PS2_MOUSE_PASSED, PS2_MOUSE_ID }, 3);
}

static void read_data(struct ps2_mouse *mouse)
{
    const uint8_t ack = PS2_MOUSE_ACK;
    put(mouse, &ack, 1);
    send_packet(mouse);
}

// False: there is no such command.
static bool command(struct ps2_mouse *mouse, uint8_t byte)
{
    switch (byte) {
    case PS2_MOUSE_SCALE_1: mouse->doubled = false; break;
    case PS2_MOUSE_SCALE_2: mouse->doubled = true; break;
    case PS2_MOUSE_RESOLUTION:
    case PS2_MOUSE_RATE: mouse->command = byte; break;
    case PS2_MOUSE_STREAM: mouse->remote = false; break;
    case PS2_MOUSE_WRAP_OFF: mouse->wrap = false; break;
    case PS2_MOUSE_WRAP: mouse->wrap = true; break;
    case PS2_MOUSE_REMOTE: mouse->remote = true; break;
    case PS2_MOUSE_ENABLE: mouse->enabled = true; break;
    case PS2_MOUSE_DISABLE: mouse->enabled = false; break;
    case PS2_MOUSE_DEFAULTS: set_defaults(mouse); break;
    case PS2_MOUSE_READ: read_data(mouse); return true;
    case PS2_MOUSE_STATUS: tell_status(mouse); return true;
    case PS2_MOUSE_RESET: reset_by_command(mouse); return true;
    case PS2_MOUSE_RESEND: put(mouse, mouse->sent, mouse->sent_count); return true;
    case PS2_MOUSE_IDENTIFY: send(mouse, (uint8_t[]){ PS2_MOUSE_ACK, mouse->id }, 2); return true;
    default: return false;
    }
    accept(mouse);
    return true;
}

void ps2_mouse_receive(struct ps2_mouse *mouse, uint8_t byte)
{
    uint8_t waiting = mouse->command;
    mouse->command = 0;
    mouse->count = 0;
    if (mouse->wrap && byte != PS2_MOUSE_WRAP_OFF && byte != PS2_MOUSE_RESET) {
        send(mouse, &byte, 1);
        return;
    }
    if (waiting) {
        argument(mouse, waiting, byte);
        return;
    }
    if (byte != PS2_MOUSE_READ && byte != PS2_MOUSE_RESEND)
        forget_movement(mouse);
    if (command(mouse, byte))
        mouse->wrong = false;
    else
        refuse(mouse, 0);
}

// --- Life -------------------------------------------------------------------------------------------------------------

// Buttons that are held stay so.
void ps2_mouse_reset(struct ps2_mouse *mouse)
{
    *mouse = (struct ps2_mouse){ .buttons = mouse->buttons, .told = mouse->buttons };
    set_defaults(mouse);
}

void ps2_mouse_visit(struct ps2_mouse *mouse, struct visit *v)
{
    VISIT_ARRAY(v, mouse->bytes);
    VISIT_BELOW(v, mouse->head, PS2_MOUSE_BYTES);
    VISIT_BELOW(v, mouse->count, PS2_MOUSE_BYTES + 1);
    VISIT_ARRAY(v, mouse->sent);
    VISIT_BELOW(v, mouse->sent_count, sizeof mouse->sent + 1);
    VISIT(v, mouse->command);
    VISIT(v, mouse->wrong);
    VISIT(v, mouse->wrap);
    VISIT(v, mouse->remote);
    VISIT(v, mouse->enabled);
    VISIT(v, mouse->doubled);
    VISIT(v, mouse->resolution);
    VISIT_VALID(v, mouse->rate, mouse->rate >= 10);
    VISIT_ARRAY(v, mouse->rates);
    VISIT(v, mouse->id);
    VISIT(v, mouse->x);
    VISIT(v, mouse->y);
    VISIT(v, mouse->wheel);
    VISIT(v, mouse->buttons);
    VISIT(v, mouse->told);
    VISIT(v, mouse->next);
}
