// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// IBM PS/2 Hardware Interface Technical Reference: "Keyboard and Auxiliary Device Controller", and its keyboard chapter
// (commands EDh to FFh, scan sets). Intel 8042 data sheet for the status register.
//
// Everything is immediate: the input buffer is always empty, a command has its answer at once, and when the guest reads
// the byte in the output buffer the next one takes its place. The output buffer has one byte; bytes that the keyboard
// sends meanwhile wait in the keyboard's queue, and an answer of the controller comes before them.
//
// The second port works and has no device: the controller reports a timeout for bytes sent to it (FEh with TIMEOUT).
//
// Not modelled: a mouse, keys in scan sets 1 and 3 (the set is kept, codes come as set 2), the password commands
// (A4h-A6h), typematic repeat (the rate is kept), key types of scan set 3 (F7h-FDh are acknowledged), parity errors.
//
// Path: i8042_key / the board's routing of `kbd_irq` and `aux_irq`
#include "devices/i8042.h"

#include <string.h>

enum { // commands to port 64h
    CMD_READ_RAM = 0x20,
    CMD_WRITE_RAM = 0x60,
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

enum { // commands to the keyboard
    KBD_LEDS = 0xed,
    KBD_ECHO = 0xee,
    KBD_SCAN_SET = 0xf0,
    KBD_IDENTIFY = 0xf2,
    KBD_RATE = 0xf3,
    KBD_ENABLE = 0xf4,
    KBD_DISABLE = 0xf5,
    KBD_DEFAULTS = 0xf6,
    KBD_ALL_FIRST = 0xf7, // to FAh: types of all keys
    KBD_ALL_LAST = 0xfa,
    KBD_KEY_FIRST = 0xfb, // to FDh: type of one key, its code follows
    KBD_KEY_LAST = 0xfd,
    KBD_RESEND = 0xfe,
    KBD_RESET = 0xff,
    KBD_ACK = 0xfa,
    KBD_PASSED = 0xaa,
};

#define DEFAULT_RATE 0x2b // 10.9 per second after 500 ms
#define RELEASE      0xf0 // prefix of scan sets 2 and 3

// Scan set 2 to set 1, as the controller translates with I8042_CTR_XLATE; codes from 80h on are unchanged, except for
// two.
// clang-format off
static const uint8_t set1[128] = {
    0xff, 0x43, 0x41, 0x3f, 0x3d, 0x3b, 0x3c, 0x58, 0x64, 0x44, 0x42, 0x40, 0x3e, 0x0f, 0x29, 0x59,
    0x65, 0x38, 0x2a, 0x70, 0x1d, 0x10, 0x02, 0x5a, 0x66, 0x71, 0x2c, 0x1f, 0x1e, 0x11, 0x03, 0x5b,
    0x67, 0x2e, 0x2d, 0x20, 0x12, 0x05, 0x04, 0x5c, 0x68, 0x39, 0x2f, 0x21, 0x14, 0x13, 0x06, 0x5d,
    0x69, 0x31, 0x30, 0x23, 0x22, 0x15, 0x07, 0x5e, 0x6a, 0x72, 0x32, 0x24, 0x16, 0x08, 0x09, 0x5f,
    0x6b, 0x33, 0x25, 0x17, 0x18, 0x0b, 0x0a, 0x60, 0x6c, 0x34, 0x35, 0x26, 0x27, 0x19, 0x0c, 0x61,
    0x6d, 0x73, 0x28, 0x74, 0x1a, 0x0d, 0x62, 0x6e, 0x3a, 0x36, 0x1c, 0x1b, 0x75, 0x2b, 0x63, 0x76,
    0x55, 0x56, 0x77, 0x78, 0x79, 0x7a, 0x0e, 0x7b, 0x7c, 0x4f, 0x7d, 0x4b, 0x47, 0x7e, 0x7f, 0x6f,
    0x52, 0x53, 0x50, 0x4c, 0x4d, 0x48, 0x01, 0x45, 0x57, 0x4e, 0x51, 0x4a, 0x37, 0x49, 0x46, 0x54,
};
// clang-format on

static uint8_t translated(uint8_t code)
{
    if (code < 128)
        return set1[code];
    return code == 0x83 ? 0x41 : code == 0x84 ? 0x54 : code;
}

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

static uint8_t take(struct i8042_queue *queue)
{
    uint8_t byte = queue->bytes[queue->head];
    queue->head = (queue->head + 1) % I8042_QUEUE;
    queue->count--;
    return byte;
}

// Loads the next byte: the controller's answer, or the keyboard's next byte. With translation F0h is dropped and the
// code after it gets bit 7.
static void refill(struct i8042 *kbc)
{
    if (!full(kbc) && kbc->reply_status) {
        load(kbc, kbc->reply, kbc->reply_status);
        kbc->reply_status = 0;
    }
    while (!full(kbc) && kbc->keyboard.count && !(kbc->ram[0] & I8042_CTR_KBD_OFF)) {
        uint8_t byte = take(&kbc->keyboard);
        if (kbc->ram[0] & I8042_CTR_XLATE) {
            if (byte == RELEASE) {
                kbc->release = true;
                continue;
            }
            byte = translated(byte) | (kbc->release ? 0x80 : 0);
            kbc->release = false;
        }
        load(kbc, byte, I8042_STS_OBF);
    }
}

// --- Keyboard ----------------------------------------------------------------------------------------------------

static void kbd_queue(struct i8042 *kbc, uint8_t byte)
{
    struct i8042_queue *queue = &kbc->keyboard;
    if (queue->count == I8042_QUEUE) {
        kbc->mistakes[I8042_MISTAKE_LOST]++;
        return;
    }
    queue->bytes[(queue->head + queue->count++) % I8042_QUEUE] = byte;
}

static void kbd_answer(struct i8042 *kbc, uint8_t byte)
{
    kbd_queue(kbc, byte);
    kbc->kbd_last = byte;
}

static void kbd_forget(struct i8042 *kbc)
{
    kbc->keyboard.head = kbc->keyboard.count = 0;
    kbc->release = false;
}

static void kbd_defaults(struct i8042 *kbc, bool scanning)
{
    kbd_forget(kbc);
    kbc->scan_set = 2;
    kbc->rate = DEFAULT_RATE;
    kbc->scanning = scanning;
}

// The argument of the last command; a byte from EDh on is a new command instead.
static void kbd_argument(struct i8042 *kbc, uint8_t command, uint8_t byte)
{
    kbd_answer(kbc, KBD_ACK);
    switch (command) {
    case KBD_LEDS: kbc->leds = byte & 7; break;
    case KBD_RATE: kbc->rate = byte & 0x7f; break;
    case KBD_SCAN_SET:
        if (byte == 0)
            kbd_answer(kbc, kbc->scan_set);
        else if (byte <= 3)
            kbc->scan_set = byte;
        break;
    }
}

static void kbd_receive(struct i8042 *kbc, uint8_t byte)
{
    uint8_t command = kbc->kbd_command;
    kbc->kbd_command = 0;
    if (command && byte < KBD_LEDS) {
        kbd_argument(kbc, command, byte);
        return;
    }
    switch (byte) {
    case KBD_ECHO: kbd_answer(kbc, KBD_ECHO); return;
    case KBD_RESEND: kbd_queue(kbc, kbc->kbd_last); return;
    case KBD_LEDS:
    case KBD_SCAN_SET:
    case KBD_RATE: kbc->kbd_command = byte; break;
    case KBD_IDENTIFY:
        kbd_answer(kbc, KBD_ACK);
        kbd_answer(kbc, 0xab);
        kbd_answer(kbc, 0x83);
        return;
    case KBD_ENABLE: kbd_forget(kbc), kbc->scanning = true; break;
    case KBD_DISABLE: kbd_defaults(kbc, false); break;
    case KBD_DEFAULTS: kbd_defaults(kbc, true); break;
    case KBD_RESET:
        kbd_defaults(kbc, true);
        kbc->leds = 0;
        kbd_answer(kbc, KBD_ACK);
        kbd_answer(kbc, KBD_PASSED);
        return;
    default:
        if (byte >= KBD_KEY_FIRST && byte <= KBD_KEY_LAST) {
            kbc->kbd_command = byte;
        } else if (byte < KBD_ALL_FIRST || byte > KBD_ALL_LAST) {
            kbd_answer(kbc, KBD_RESEND); // no such command
            return;
        }
    }
    kbd_answer(kbc, KBD_ACK);
}

bool i8042_key(struct i8042 *kbc, const uint8_t *codes, unsigned count)
{
    if (!kbc->scanning || kbc->keyboard.count + count > I8042_KEYS)
        return false;
    for (unsigned i = 0; i < count; i++)
        kbd_answer(kbc, codes[i]);
    refill(kbc);
    update(kbc);
    return true;
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
    case CMD_WRITE_AUX: put(kbc, KBD_RESEND, I8042_STS_AUX | I8042_STS_TIMEOUT); break; // no device answers
    }
}

static void self_test(struct i8042 *kbc)
{
    kbc->ram[0] = I8042_CTR_XLATE | I8042_CTR_SYS | I8042_CTR_KBD_OFF | I8042_CTR_AUX_OFF;
    kbc->status = kbc->reply_status = 0;
    kbd_forget(kbc);
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
    refill(kbc);
    update(kbc);
    return value;
}

// A byte to the keyboard turns its port on.
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
        kbd_receive(kbc, (uint8_t)value);
    }
    refill(kbc);
    update(kbc);
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
    refill(kbc);
    update(kbc);
}

// --- Life --------------------------------------------------------------------------------------------------------

void i8042_init(struct i8042 *kbc, void (*reset)(void *owner), void *owner)
{
    memset(kbc, 0, sizeof *kbc);
    kbc->reset = reset;
    kbc->owner = owner;
    i8042_reset(kbc, 0);
}

// As the firmware leaves it: tested, translating, the first port and its interrupt on, A20 open.
void i8042_reset(struct i8042 *kbc, uint64_t now)
{
    (void)now;
    memset(kbc->ram, 0, sizeof kbc->ram);
    kbc->ram[0] = I8042_CTR_XLATE | I8042_CTR_SYS | I8042_CTR_AUX_OFF | I8042_CTR_KBD_INT;
    kbc->output_port = I8042_OUT_RESET | I8042_OUT_A20;
    kbc->command = kbc->kbd_command = kbc->kbd_last = 0;
    kbc->last_was_command = false;
    kbc->data = kbc->status = kbc->reply = kbc->reply_status = kbc->leds = 0;
    memset(kbc->keyboard.bytes, 0, sizeof kbc->keyboard.bytes);
    kbd_defaults(kbc, true);
    update(kbc);
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
    visit_enter(v, "keyboard");
    VISIT_ARRAY(v, kbc->keyboard.bytes);
    VISIT_BELOW(v, kbc->keyboard.head, I8042_QUEUE);
    VISIT_BELOW(v, kbc->keyboard.count, I8042_QUEUE + 1);
    visit_leave(v);
    VISIT(v, kbc->release);
    VISIT(v, kbc->kbd_command);
    VISIT(v, kbc->kbd_last);
    VISIT(v, kbc->scan_set);
    VISIT(v, kbc->leds);
    VISIT(v, kbc->rate);
    VISIT(v, kbc->scanning);
    VISIT_ARRAY(v, kbc->mistakes);
    VISIT(v, kbc->kbd_irq.level);
    VISIT(v, kbc->aux_irq.level);
    VISIT(v, kbc->a20.level);
}
