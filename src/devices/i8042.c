// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// IBM PS/2 Hardware Interface Technical Reference: "Keyboard and Auxiliary Device Controller". Intel 8042 data sheet for the
// status register.
//
// Everything is immediate: the input buffer is always empty, a command has its answer at once, and when the guest reads
// the byte in the output buffer the next one takes its place. The output buffer has one byte; bytes that the devices
// send meanwhile wait in them, as the controller holds their clock lines low. An answer of the controller comes first, then the
// keyboard, then the mouse.
//
// Bytes lost while the guest does not read: an answer of the controller that another one follows, and what the keyboard's
// buffer cannot hold (ps2_keyboard.c).
//
// Not modelled: a password (A5h, A6h; A4h finds none), parity errors and timeouts of a device, the state of the clock and data
// lines (E0h, and the low bits of the output port's ends of them).
//
// Path: i8042_key, i8042_move / the board's routing of `kbd_irq` and `aux_irq`
#include "devices/i8042.h"

#include <string.h>

enum { // commands to port 64h
    CMD_READ_RAM = 0x20,
    CMD_WRITE_RAM = 0x60,
    CMD_TEST_PASSWORD = 0xa4,
    CMD_AUX_OFF = 0xa7,
    CMD_AUX_ON = 0xa8,
    CMD_AUX_TEST = 0xa9,
    CMD_SELF_TEST = 0xaa,
    CMD_KBD_TEST = 0xab,
    CMD_KBD_OFF = 0xad,
    CMD_KBD_ON = 0xae,
    CMD_READ_INPUT_PORT = 0xc0,
    CMD_READ_OUTPUT_PORT = 0xd0,
    CMD_WRITE_OUTPUT_PORT = 0xd1,
    CMD_KBD_LOOP = 0xd2,
    CMD_AUX_LOOP = 0xd3,
    CMD_WRITE_AUX = 0xd4,
    CMD_A20_OFF = 0xdd,
    CMD_A20_ON = 0xdf,
    CMD_READ_TEST_INPUTS = 0xe0,
    CMD_PULSE = 0xf0, // to FFh: bits 3-0 low pulse the output port's
};

#define NO_PASSWORD 0xf1

// --- Output buffer -----------------------------------------------------------------------------------------------

static bool full(const struct i8042 *kbc)
{
    return kbc->status & I8042_STS_OBF;
}

static void update(struct i8042 *kbc)
{
    bool aux = kbc->status & I8042_STS_AUX;
    intact_irq_line_set(&kbc->kbd_irq, full(kbc) && !aux && (kbc->ram[0] & I8042_CTR_KBD_INT));
    intact_irq_line_set(&kbc->aux_irq, full(kbc) && aux && (kbc->ram[0] & I8042_CTR_AUX_INT));
    intact_irq_line_set(&kbc->a20, kbc->output_port & I8042_OUT_A20);
}

// Loads the output buffer. The line falls first, so that each byte causes an edge.
static void load(struct i8042 *kbc, uint8_t byte, uint8_t status)
{
    kbc->status = 0;
    update(kbc);
    kbc->data = byte;
    kbc->status = status;
}

// A byte of the controller itself, or one that appears to come from a device. While the guest has not read the previous
// byte, the controller holds one answer.
static void put(struct i8042 *kbc, uint8_t byte, uint8_t source)
{
    kbc->mistakes[I8042_MISTAKE_LOST] += kbc->reply_status != 0;
    kbc->reply = byte;
    kbc->reply_status = I8042_STS_OBF | source;
}

// The keyboard's next byte. With translation F0h is dropped and the code after it gets bit 7.
static void load_from_keyboard(struct i8042 *kbc)
{
    uint8_t byte = ps2_keyboard_take(&kbc->keyboard);
    if (kbc->ram[0] & I8042_CTR_XLATE) {
        if (byte == PS2_RELEASE) {
            kbc->release = true;
            return;
        }
        byte = ps2_translated(byte) | (kbc->release ? 0x80 : 0);
        kbc->release = false;
    }
    load(kbc, byte, I8042_STS_OBF);
}

// Loads the next byte: the controller's answer, the keyboard's or the mouse's.
static void refill(struct i8042 *kbc)
{
    if (!full(kbc) && kbc->reply_status) {
        load(kbc, kbc->reply, kbc->reply_status);
        kbc->reply_status = 0;
    }
    while (!full(kbc) && ps2_keyboard_ready(&kbc->keyboard) && !(kbc->ram[0] & I8042_CTR_KBD_OFF))
        load_from_keyboard(kbc);
    if (!full(kbc) && ps2_mouse_ready(&kbc->mouse) && !(kbc->ram[0] & I8042_CTR_AUX_OFF))
        load(kbc, ps2_mouse_take(&kbc->mouse), I8042_STS_OBF | I8042_STS_AUX);
}

// After each access and each event: what follows from it.
static void settle(struct i8042 *kbc)
{
    refill(kbc);
    update(kbc);
    clock_arm(kbc->clock, &kbc->repeat, ps2_keyboard_deadline(&kbc->keyboard));
    clock_arm(kbc->clock, &kbc->sample, ps2_mouse_deadline(&kbc->mouse));
}

// --- Devices -----------------------------------------------------------------------------------------------------

void i8042_key(struct i8042 *kbc, unsigned key, bool down, uint64_t now)
{
    ps2_keyboard_key(&kbc->keyboard, key, down, now);
    settle(kbc);
}

void i8042_move(struct i8042 *kbc, int x, int y, int wheel, uint8_t buttons, uint64_t now)
{
    ps2_mouse_move(&kbc->mouse, x, y, wheel, buttons, now);
    settle(kbc);
}

static void repeat_fired(void *owner, uint64_t now)
{
    struct i8042 *kbc = owner;
    ps2_keyboard_tick(&kbc->keyboard, now);
    settle(kbc);
}

static void sample_fired(void *owner, uint64_t now)
{
    struct i8042 *kbc = owner;
    ps2_mouse_tick(&kbc->mouse, now);
    settle(kbc);
}

// --- Controller --------------------------------------------------------------------------------------------------

static void pulse_reset(struct i8042 *kbc)
{
    if (kbc->reset)
        kbc->reset(kbc->owner);
}

static uint8_t output_port(const struct i8042 *kbc)
{
    uint8_t value = kbc->output_port | 0xc0; // clock and data lines of an idle keyboard
    if (full(kbc))
        value |= kbc->status & I8042_STS_AUX ? I8042_OUT_AUX_OBF : I8042_OUT_KBD_OBF;
    return value;
}

static void write_output_port(struct i8042 *kbc, uint8_t value)
{
    bool reset = (kbc->output_port & ~value) & I8042_OUT_RESET;
    kbc->output_port = value & (I8042_OUT_RESET | I8042_OUT_A20);
    if (!reset)
        return;
    kbc->output_port |= I8042_OUT_RESET;
    pulse_reset(kbc);
}

// The data byte of a command that has one.
static void command_data(struct i8042 *kbc, uint8_t command, uint8_t byte)
{
    if (command >= CMD_WRITE_RAM && command < CMD_WRITE_RAM + 32) {
        kbc->ram[command - CMD_WRITE_RAM] = byte;
        return;
    }
    switch (command) {
    case CMD_WRITE_OUTPUT_PORT: write_output_port(kbc, byte); break;
    case CMD_KBD_LOOP: put(kbc, byte, 0); break;
    case CMD_AUX_LOOP: put(kbc, byte, I8042_STS_AUX); break;
    case CMD_WRITE_AUX:
        kbc->ram[0] &= (uint8_t)~I8042_CTR_AUX_OFF;
        ps2_mouse_receive(&kbc->mouse, byte);
        break;
    }
}

static void self_test(struct i8042 *kbc)
{
    kbc->ram[0] = I8042_CTR_XLATE | I8042_CTR_SYS | I8042_CTR_KBD_OFF | I8042_CTR_AUX_OFF;
    kbc->status = kbc->reply_status = 0;
    ps2_keyboard_clear(&kbc->keyboard);
    kbc->release = false;
    put(kbc, 0x55, 0);
}

static void command(struct i8042 *kbc, uint8_t byte)
{
    kbc->command = 0;
    if (byte >= CMD_READ_RAM && byte < CMD_READ_RAM + 32) {
        put(kbc, kbc->ram[byte - CMD_READ_RAM], 0);
        return;
    }
    if (byte >= CMD_WRITE_RAM && byte < CMD_WRITE_RAM + 32) {
        kbc->command = byte;
        return;
    }
    if (byte >= CMD_PULSE) {
        if (!(byte & I8042_OUT_RESET))
            pulse_reset(kbc);
        return;
    }
    switch (byte) {
    case CMD_TEST_PASSWORD: put(kbc, NO_PASSWORD, 0); break;
    case CMD_AUX_OFF: kbc->ram[0] |= I8042_CTR_AUX_OFF; break;
    case CMD_AUX_ON: kbc->ram[0] &= (uint8_t)~I8042_CTR_AUX_OFF; break;
    case CMD_KBD_OFF: kbc->ram[0] |= I8042_CTR_KBD_OFF; break;
    case CMD_KBD_ON: kbc->ram[0] &= (uint8_t)~I8042_CTR_KBD_OFF; break;
    case CMD_AUX_TEST:
    case CMD_KBD_TEST: put(kbc, 0, 0); break;
    case CMD_SELF_TEST: self_test(kbc); break;
    case CMD_READ_INPUT_PORT: put(kbc, 0x80, 0); break; // not locked
    case CMD_READ_OUTPUT_PORT: put(kbc, output_port(kbc), 0); break;
    case CMD_READ_TEST_INPUTS: put(kbc, 0, 0); break;
    case CMD_A20_OFF: kbc->output_port &= (uint8_t)~I8042_OUT_A20; break;
    case CMD_A20_ON: kbc->output_port |= I8042_OUT_A20; break;
    case CMD_WRITE_OUTPUT_PORT:
    case CMD_KBD_LOOP:
    case CMD_AUX_LOOP:
    case CMD_WRITE_AUX: kbc->command = byte; break;
    default: kbc->mistakes[I8042_MISTAKE_COMMAND]++;
    }
}

// --- Ports -------------------------------------------------------------------------------------------------------

uint64_t i8042_read_data(void *owner, uint64_t offset, unsigned size, uint64_t now)
{
    struct i8042 *kbc = owner;
    (void)offset, (void)size, (void)now;
    uint8_t value = kbc->data; // an empty buffer returns its last byte again
    kbc->status = 0;
    update(kbc);
    settle(kbc);
    return value;
}

// A byte to a device turns its port on.
void i8042_write_data(void *owner, uint64_t offset, unsigned size, uint64_t value, uint64_t now)
{
    struct i8042 *kbc = owner;
    uint8_t waiting = kbc->command;
    (void)offset, (void)size, (void)now;
    kbc->last_was_command = false;
    kbc->command = 0;
    if (waiting) {
        command_data(kbc, waiting, (uint8_t)value);
    } else {
        kbc->ram[0] &= (uint8_t)~I8042_CTR_KBD_OFF;
        ps2_keyboard_receive(&kbc->keyboard, (uint8_t)value);
    }
    settle(kbc);
}

uint64_t i8042_read_status(void *owner, uint64_t offset, unsigned size, uint64_t now)
{
    struct i8042 *kbc = owner;
    (void)offset, (void)size, (void)now;
    return kbc->status | (kbc->ram[0] & I8042_CTR_SYS) | (kbc->last_was_command ? I8042_STS_CMD : 0) |
           I8042_STS_UNLOCKED;
}

void i8042_write_command(void *owner, uint64_t offset, unsigned size, uint64_t value, uint64_t now)
{
    struct i8042 *kbc = owner;
    (void)offset, (void)size, (void)now;
    kbc->last_was_command = true;
    command(kbc, (uint8_t)value);
    settle(kbc);
}

// --- Life --------------------------------------------------------------------------------------------------------

void i8042_init(struct i8042 *kbc, struct clock *clock, void (*reset)(void *owner), void *owner)
{
    memset(kbc, 0, sizeof *kbc);
    kbc->clock = clock;
    kbc->reset = reset;
    kbc->owner = owner;
    clock_register(clock, &kbc->repeat, "keyboard", repeat_fired, kbc);
    clock_register(clock, &kbc->sample, "mouse", sample_fired, kbc);
    kbc->repeat.perpetual = true;
    i8042_reset(kbc, 0);
}

void i8042_set_a20(struct i8042 *kbc, bool open)
{
    kbc->output_port = (uint8_t)((kbc->output_port & ~I8042_OUT_A20) | (open ? I8042_OUT_A20 : 0));
    update(kbc);
}

// As the firmware leaves it: tested, translating, the first port and its interrupt on, A20 open.
void i8042_reset(struct i8042 *kbc, uint64_t now)
{
    (void)now;
    memset(kbc->ram, 0, sizeof kbc->ram);
    kbc->ram[0] = I8042_CTR_XLATE | I8042_CTR_SYS | I8042_CTR_AUX_OFF | I8042_CTR_KBD_INT;
    kbc->output_port = I8042_OUT_RESET | I8042_OUT_A20;
    kbc->command = 0;
    kbc->last_was_command = kbc->release = false;
    kbc->data = kbc->status = kbc->reply = kbc->reply_status = 0;
    ps2_keyboard_reset(&kbc->keyboard);
    ps2_mouse_reset(&kbc->mouse);
    settle(kbc);
}

void i8042_visit(struct i8042 *kbc, struct visit *v)
{
    VISIT_ARRAY(v, kbc->ram);
    VISIT(v, kbc->output_port);
    VISIT(v, kbc->command);
    VISIT(v, kbc->last_was_command);
    VISIT(v, kbc->data);
    VISIT(v, kbc->status);
    VISIT(v, kbc->reply);
    VISIT(v, kbc->reply_status);
    VISIT(v, kbc->release);
    VISIT_NESTED(v, "keyboard", ps2_keyboard_visit(&kbc->keyboard, v));
    VISIT_NESTED(v, "mouse", ps2_mouse_visit(&kbc->mouse, v));
    VISIT_NESTED(v, "repeat", event_visit(&kbc->repeat, v));
    VISIT_NESTED(v, "sample", event_visit(&kbc->sample, v));
    VISIT_ARRAY(v, kbc->mistakes);
    VISIT(v, kbc->kbd_irq.level);
    VISIT(v, kbc->aux_irq.level);
    VISIT(v, kbc->a20.level);
}
