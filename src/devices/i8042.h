// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The keyboard controller of the PC/AT and PS/2 (Intel 8042 and its firmware), with a keyboard on its first port and a mouse
// on its second.
//
//   60h data, 64h status and command: two windows of one byte
//   kbd_irq (IRQ 1), aux_irq (IRQ 12): high while a byte of that port waits in the output buffer
#ifndef DEVICES_I8042_H
#define DEVICES_I8042_H

#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/visit.h"
#include "devices/input/ps2_keyboard.h"
#include "devices/input/ps2_mouse.h"
#include "intact/irq_line.h"

enum {
    I8042_STS_OBF = 0x01,
    I8042_STS_IBF = 0x02,
    I8042_STS_SYS = 0x04,
    I8042_STS_CMD = 0x08, // the last write went to 64h
    I8042_STS_UNLOCKED = 0x10,
    I8042_STS_AUX = 0x20, // the byte comes from the second port
    I8042_STS_TIMEOUT = 0x40,
    I8042_STS_PARITY = 0x80,
};
enum { // command byte
    I8042_CTR_KBD_INT = 0x01,
    I8042_CTR_AUX_INT = 0x02,
    I8042_CTR_SYS = 0x04,
    I8042_CTR_KBD_OFF = 0x10,
    I8042_CTR_AUX_OFF = 0x20,
    I8042_CTR_XLATE = 0x40,
};
enum {                      // output port
    I8042_OUT_RESET = 0x01, // active low
    I8042_OUT_A20 = 0x02,
    I8042_OUT_KBD_OBF = 0x10,
    I8042_OUT_AUX_OBF = 0x20,
};

enum i8042_mistake {
    I8042_MISTAKE_COMMAND, // an undefined controller command
    I8042_MISTAKE_LOST,    // an answer for which there was no room
    I8042_MISTAKES
};

struct i8042 {
    uint8_t ram[32];     // byte 0: the command byte
    uint8_t output_port; // bits 1-0 as the guest set them
    uint8_t command;     // controller command that waits for its data byte; 0: none
    bool last_was_command;
    uint8_t data;                // output buffer
    uint8_t status;              // OBF, AUX, TIMEOUT, PARITY of the output buffer
    uint8_t reply, reply_status; // the controller's answer that waits until the buffer is free; status 0: none
    bool release;                // translation: F0h came, the next code is a release
    struct ps2_keyboard keyboard;
    struct ps2_mouse mouse;
    struct event repeat, sample; // of a held key; of the mouse
    struct clock *clock;
    uint32_t mistakes[I8042_MISTAKES];
    struct intact_irq_line kbd_irq, aux_irq;
    struct intact_irq_line a20; // output port bit 1: address line 20 is not forced to 0
    void (*reset)(void *owner); // the reset line was pulsed
    void *owner;
};

void i8042_init(struct i8042 *kbc, struct clock *clock, void (*reset)(void *owner), void *owner);
void i8042_reset(struct i8042 *kbc, uint64_t now);

// Port 60h.
uint64_t i8042_read_data(void *owner, uint64_t offset, unsigned size, uint64_t now);
void i8042_write_data(void *owner, uint64_t offset, unsigned size, uint64_t value, uint64_t now);
// Port 64h.
uint64_t i8042_read_status(void *owner, uint64_t offset, unsigned size, uint64_t now);
void i8042_write_command(void *owner, uint64_t offset, unsigned size, uint64_t value, uint64_t now);

// A key goes down or up (ps2_keyboard.h); the mouse moves (ps2_mouse.h).
void i8042_key(struct i8042 *kbc, unsigned key, bool down, uint64_t now);
void i8042_move(struct i8042 *kbc, int x, int y, int wheel, uint8_t buttons, uint64_t now);

// Another part of the board has opened or closed the gate of address line 20, which has one latch.
void i8042_set_a20(struct i8042 *kbc, bool open);

void i8042_visit(struct i8042 *kbc, struct visit *v);

#endif
