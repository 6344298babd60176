// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// IBM PS/2 Hardware Interface Technical Reference, "Keyboards (101- and 102-Key)": buffer, commands, scan code sets 1 to 3
// with their tables for the keys whose codes depend on Shift, Num Lock, Ctrl and Alt.
//
// A byte takes no time on the cable. What the reference leaves open: a command that arrives while an answer waits takes its
// place; the types of keys (F7h-FDh) count in set 3 alone.
//
// Not modelled: the time of a byte, parity errors and so the keyboard's own FEh, the self test's failure (FCh), keys that are
// not in set 3 (multimedia keys and F13 to F24 send nothing there).
//
// Path: devices/i8042.c
#include "devices/input/ps2_keyboard.h"

#include <string.h>

#define DEFAULT_RATE 0x2b // 10.9 per second after 500 ms

// --- What waits to be sent --------------------------------------------------------------------------------------------

static void answer(struct ps2_keyboard *kbd, uint8_t byte)
{
    kbd->answers[(kbd->answer_head + kbd->answer_count++) % PS2_ANSWERS] = byte;
}

static void put(struct ps2_keyboard *kbd, uint8_t byte)
{
    kbd->codes[(kbd->code_head + kbd->code_count++) % (PS2_CODES + 1)] = byte;
}

// The bytes of one key, or none of them. Lost ones are told once, by the code in the 17th place.
static void put_all(struct ps2_keyboard *kbd, const uint8_t *bytes, unsigned count)
{
    if (kbd->code_count + count <= PS2_CODES) {
        for (unsigned i = 0; i < count; i++)
            put(kbd, bytes[i]);
        kbd->overrun = false;
        return;
    }
    kbd->lost++;
    if (!kbd->overrun)
        put(kbd, kbd->scan_set == 1 ? 0xff : 0x00);
    kbd->overrun = true;
}

void ps2_keyboard_clear(struct ps2_keyboard *kbd)
{
    kbd->code_head = kbd->code_count = kbd->answer_head = kbd->answer_count = 0;
    kbd->overrun = false;
}

bool ps2_keyboard_ready(const struct ps2_keyboard *kbd)
{
    return kbd->answer_count || kbd->code_count;
}

uint8_t ps2_keyboard_take(struct ps2_keyboard *kbd)
{
    if (kbd->answer_count) {
        kbd->last = kbd->answers[kbd->answer_head];
        kbd->answer_head = (kbd->answer_head + 1) % PS2_ANSWERS;
        kbd->answer_count--;
    } else {
        kbd->last = kbd->codes[kbd->code_head];
        kbd->code_head = (uint8_t)((kbd->code_head + 1) % (PS2_CODES + 1));
        kbd->code_count--;
        kbd->overrun &= kbd->code_count != 0;
    }
    return kbd->last;
}

// --- Codes of a key ---------------------------------------------------------------------------------------------------

struct sequence {
    uint8_t bytes[16], count;
};

static void add(struct sequence *out, bool prefix, uint8_t code, bool release)
{
    if (prefix)
        out->bytes[out->count++] = 0xe0;
    if (release)
        out->bytes[out->count++] = PS2_RELEASE;
    out->bytes[out->count++] = code;
}

// The shift keys that are down as if they went up, or down again.
static void add_shifts(const struct ps2_keyboard *kbd, struct sequence *out, bool release)
{
    if (kbd->down[INTACT_KEY_SHIFT])
        add(out, true, ps2_keys[INTACT_KEY_SHIFT].set2, release);
    if (kbd->down[INTACT_KEY_SHIFT_R])
        add(out, true, ps2_keys[INTACT_KEY_SHIFT_R].set2, release);
}

static void add_shifted(const struct ps2_keyboard *kbd, struct sequence *out, const struct ps2_key *key, bool down)
{
    bool shift = kbd->down[INTACT_KEY_SHIFT] || kbd->down[INTACT_KEY_SHIFT_R];
    bool num = key->special == PS2_SHIFTED && (kbd->leds & PS2_LED_NUM);
    bool added = num && !shift;
    if (added && down)
        add(out, true, ps2_keys[INTACT_KEY_SHIFT].set2, false);
    if (shift && !num && down)
        add_shifts(kbd, out, true);
    add(out, true, key->set2, !down);
    if (shift && !num && !down)
        add_shifts(kbd, out, false);
    if (added && !down)
        add(out, true, ps2_keys[INTACT_KEY_SHIFT].set2, true);
}

static bool is_held(const struct ps2_keyboard *kbd, enum intact_key left, enum intact_key right)
{
    return kbd->down[left] || kbd->down[right];
}

// With Alt it is SysRq; with Ctrl or Shift the code alone.
static void add_print(struct ps2_keyboard *kbd, struct sequence *out, bool down)
{
    const uint8_t shift = ps2_keys[INTACT_KEY_SHIFT].set2, code = ps2_keys[INTACT_KEY_PRINT].set2;
    bool alone = is_held(kbd, INTACT_KEY_SHIFT, INTACT_KEY_SHIFT_R) || is_held(kbd, INTACT_KEY_CTRL, INTACT_KEY_CTRL_R);
    if (down)
        kbd->sysrq = is_held(kbd, INTACT_KEY_ALT, INTACT_KEY_ALT_R);
    if (kbd->sysrq) {
        add(out, false, ps2_keys[INTACT_KEY_SYSRQ].set2, !down);
        return;
    }
    if (!alone && down)
        add(out, true, shift, false);
    add(out, true, code, !down);
    if (!alone && !down)
        add(out, true, shift, true);
}

// Make and break code at once; with Ctrl it is Break.
static void add_pause(const struct ps2_keyboard *kbd, struct sequence *out)
{
    static const uint8_t pause[] = { 0xe1, 0x14, 0x77, 0xe1, 0xf0, 0x14, 0xf0, 0x77 };
    static const uint8_t stop[] = { 0xe0, 0x7e, 0xe0, 0xf0, 0x7e };
    bool ctrl = is_held(kbd, INTACT_KEY_CTRL, INTACT_KEY_CTRL_R);
    out->count = ctrl ? sizeof stop : sizeof pause;
    memcpy(out->bytes, ctrl ? stop : pause, out->count);
}

static void make_set2(struct ps2_keyboard *kbd, struct sequence *out, unsigned index, bool down, bool again)
{
    const struct ps2_key *key = &ps2_keys[index];
    switch (again ? PS2_PLAIN : key->special) {
    case PS2_PLAIN: add(out, key->prefix, key->set2, !down); break;
    case PS2_SHIFTED:
    case PS2_DIVIDE: add_shifted(kbd, out, key, down); break;
    case PS2_PRINT: add_print(kbd, out, down); break;
    case PS2_PAUSE:
        if (down)
            add_pause(kbd, out);
    }
}

static void make_set1(struct sequence *out)
{
    uint8_t count = 0;
    bool release = false;
    for (unsigned i = 0; i < out->count; i++) {
        if (out->bytes[i] == PS2_RELEASE) {
            release = true;
            continue;
        }
        out->bytes[count++] = ps2_translated(out->bytes[i]) | (release ? 0x80 : 0);
        release = false;
    }
    out->count = count;
}

static bool repeats(const struct ps2_keyboard *kbd, unsigned key)
{
    if (kbd->scan_set == 3)
        return ps2_keys[key].set3 && (kbd->types[ps2_keys[key].set3] & PS2_REPEAT);
    return ps2_keys[key].special != PS2_PAUSE;
}

static void send(struct ps2_keyboard *kbd, unsigned key, bool down, bool again)
{
    struct sequence out = { .count = 0 };
    uint8_t set3 = ps2_keys[key].set3;
    if (kbd->scan_set != 3)
        make_set2(kbd, &out, key, down, again);
    else if (set3 && (down || (kbd->types[set3] & PS2_BREAK)))
        add(&out, false, set3, !down);
    if (kbd->scan_set == 1)
        make_set1(&out);
    if (out.count)
        put_all(kbd, out.bytes, out.count);
}

// --- Keys -------------------------------------------------------------------------------------------------------------

static uint64_t delay(const struct ps2_keyboard *kbd)
{
    return (uint64_t)(1 + (kbd->rate >> 5 & 3)) * 250000000;
}

// (8 + A) * 2^B / 240 s.
static uint64_t period(const struct ps2_keyboard *kbd)
{
    return ((uint64_t)(8 + (kbd->rate & 7)) << (kbd->rate >> 3 & 3)) * 1000000000 / 240;
}

void ps2_keyboard_key(struct ps2_keyboard *kbd, unsigned key, bool down, uint64_t now)
{
    if (kbd->down[key] == down)
        return;
    kbd->down[key] = down;
    if (!down && kbd->repeats == key + 1)
        kbd->repeats = 0;
    if (!kbd->scanning)
        return;
    send(kbd, key, down, false);
    if (!down || !repeats(kbd, key))
        return;
    kbd->repeats = (uint8_t)(key + 1);
    kbd->repeat_at = now + delay(kbd);
}

uint64_t ps2_keyboard_deadline(const struct ps2_keyboard *kbd)
{
    return kbd->repeats ? kbd->repeat_at : UINT64_MAX;
}

// While the host takes nothing, a held key adds nothing.
void ps2_keyboard_tick(struct ps2_keyboard *kbd, uint64_t now)
{
    if (!kbd->repeats || now < kbd->repeat_at)
        return;
    if (!ps2_keyboard_ready(kbd))
        send(kbd, kbd->repeats - 1u, true, true);
    kbd->repeat_at = now + period(kbd);
}

// --- Commands ---------------------------------------------------------------------------------------------------------

static void set_types(struct ps2_keyboard *kbd, uint8_t type)
{
    memset(kbd->types, type, sizeof kbd->types);
}

static void restart(struct ps2_keyboard *kbd, bool scanning)
{
    ps2_keyboard_clear(kbd);
    kbd->repeats = 0;
    kbd->scanning = scanning;
}

static void set_defaults(struct ps2_keyboard *kbd, bool scanning)
{
    restart(kbd, scanning);
    kbd->scan_set = 2;
    kbd->rate = DEFAULT_RATE;
    set_types(kbd, PS2_MAKE);
    for (unsigned key = 0; key < INTACT_KEY_COUNT; key++)
        kbd->types[ps2_keys[key].set3] = ps2_keys[key].type;
}

static uint8_t type_of(uint8_t command)
{
    switch (command) {
    case PS2_KBD_ALL_REPEAT:
    case PS2_KBD_KEY_REPEAT: return PS2_REPEAT;
    case PS2_KBD_ALL_BREAK:
    case PS2_KBD_KEY_BREAK: return PS2_BREAK;
    case PS2_KBD_ALL_REPEAT_BREAK: return PS2_REPEAT | PS2_BREAK;
    default: return PS2_MAKE;
    }
}

static void choose_set(struct ps2_keyboard *kbd, uint8_t set)
{
    if (set > 3) {
        answer(kbd, PS2_KBD_RESEND);
        return;
    }
    answer(kbd, PS2_ACK);
    if (set == 0)
        answer(kbd, kbd->scan_set);
    else
        kbd->scan_set = set;
}

// The argument of the last command. That of a key's type may be followed by more.
static void argument(struct ps2_keyboard *kbd, uint8_t command, uint8_t byte)
{
    switch (command) {
    case PS2_KBD_SCAN_SET: choose_set(kbd, byte); return;
    case PS2_KBD_LEDS: kbd->leds = byte & 7; break;
    case PS2_KBD_RATE: kbd->rate = byte & 0x7f; break;
    default:
        kbd->command = command;
        if (byte >= PS2_SET3) {
            answer(kbd, PS2_KBD_RESEND);
            return;
        }
        kbd->types[byte] = type_of(command);
    }
    answer(kbd, PS2_ACK);
}

static void identify(struct ps2_keyboard *kbd)
{
    answer(kbd, PS2_ACK);
    answer(kbd, 0xab);
    answer(kbd, 0x83);
}

static void reset_by_command(struct ps2_keyboard *kbd)
{
    set_defaults(kbd, true);
    kbd->leds = 0;
    answer(kbd, PS2_ACK);
    answer(kbd, PS2_PASSED);
}

// A byte from EDh on in place of an argument is a new command.
void ps2_keyboard_receive(struct ps2_keyboard *kbd, uint8_t byte)
{
    uint8_t command = kbd->command;
    kbd->command = 0;
    kbd->answer_count = 0;
    if (command && byte < PS2_KBD_LEDS) {
        argument(kbd, command, byte);
        return;
    }
    switch (byte) {
    case PS2_KBD_ECHO: answer(kbd, PS2_KBD_ECHO); return;
    case PS2_KBD_RESEND: answer(kbd, kbd->last); return;
    case PS2_KBD_IDENTIFY: identify(kbd); return;
    case PS2_KBD_RESET: reset_by_command(kbd); return;
    case PS2_KBD_LEDS:
    case PS2_KBD_SCAN_SET:
    case PS2_KBD_RATE: kbd->command = byte; break;
    case PS2_KBD_ENABLE: restart(kbd, true); break;
    case PS2_KBD_DISABLE: set_defaults(kbd, false); break;
    case PS2_KBD_DEFAULTS: set_defaults(kbd, true); break;
    case PS2_KBD_ALL_REPEAT:
    case PS2_KBD_ALL_BREAK:
    case PS2_KBD_ALL_MAKE:
    case PS2_KBD_ALL_REPEAT_BREAK: set_types(kbd, type_of(byte)); break;
    case PS2_KBD_KEY_REPEAT:
    case PS2_KBD_KEY_BREAK:
    case PS2_KBD_KEY_MAKE: kbd->command = byte; break;
    default: answer(kbd, PS2_KBD_RESEND); return; // no such command
    }
    answer(kbd, PS2_ACK);
}

// --- Life -------------------------------------------------------------------------------------------------------------

// Keys that are held stay so: nobody lets them go for a reset.
void ps2_keyboard_reset(struct ps2_keyboard *kbd)
{
    kbd->command = kbd->last = kbd->leds = 0;
    kbd->sysrq = false;
    kbd->repeat_at = 0;
    memset(kbd->codes, 0, sizeof kbd->codes);
    memset(kbd->answers, 0, sizeof kbd->answers);
    set_defaults(kbd, true);
}

void ps2_keyboard_visit(struct ps2_keyboard *kbd, struct visit *v)
{
    VISIT_ARRAY(v, kbd->codes);
    VISIT_BELOW(v, kbd->code_head, PS2_CODES + 1);
    VISIT_BELOW(v, kbd->code_count, PS2_CODES + 2);
    VISIT_ARRAY(v, kbd->answers);
    VISIT_BELOW(v, kbd->answer_head, PS2_ANSWERS);
    VISIT_BELOW(v, kbd->answer_count, PS2_ANSWERS + 1);
    VISIT(v, kbd->overrun);
    VISIT(v, kbd->command);
    VISIT(v, kbd->last);
    VISIT_BELOW(v, kbd->scan_set, 4);
    VISIT(v, kbd->leds);
    VISIT(v, kbd->rate);
    VISIT(v, kbd->scanning);
    VISIT_ARRAY(v, kbd->types);
    VISIT_ARRAY(v, kbd->down);
    VISIT(v, kbd->sysrq);
    VISIT_BELOW(v, kbd->repeats, INTACT_KEY_COUNT + 1);
    VISIT(v, kbd->repeat_at);
    VISIT(v, kbd->lost);
}
