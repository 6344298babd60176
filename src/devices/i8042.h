// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The keyboard controller of the PC/AT and PS/2 (Intel 8042 and its firmware), with an AT keyboard on its first port
// and nothing on its second.
//
//   60h data, 64h status and command: two windows of one byte
//   kbd_irq (IRQ 1), aux_irq (IRQ 12): high while a byte of that port waits in the output buffer
#ifndef DEVICES_I8042_H
#define DEVICES_I8042_H

#include <stdbool.h>
#include <stdint.h>

#include "base/visit.h"
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

#define I8042_QUEUE 32
#define I8042_KEYS  24 // room for key codes; the rest is for answers to commands

struct i8042_queue {
    uint8_t bytes[I8042_QUEUE];
    uint8_t head, count;
};

enum i8042_mistake {
    I8042_MISTAKE_COMMAND, // an undefined controller command
    I8042_MISTAKE_LOST,    // a byte for which there was no room
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
    struct i8042_queue keyboard; // scan codes and answers, as the keyboard sends them
    bool release;                // translation: F0h came, the next code is a release
    // The keyboard.
    uint8_t kbd_command; // keyboard command that waits for its argument; 0: none
    uint8_t kbd_last;    // last byte sent, for "resend"
    uint8_t scan_set;    // 1-3
    uint8_t leds, rate;
    bool scanning;
    uint32_t mistakes[I8042_MISTAKES];
    struct intact_irq_line kbd_irq, aux_irq;
    struct intact_irq_line a20;
    void (*reset)(void *owner); // the reset line was pulsed
    void *owner;
};

void i8042_init(struct i8042 *kbc, void (*reset)(void *owner), void *owner);
void i8042_reset(struct i8042 *kbc, uint64_t now);

// Port 60h.
uint64_t i8042_read_data(void *owner, uint64_t offset, unsigned size, uint64_t now);
void i8042_write_data(void *owner, uint64_t offset, unsigned size, uint64_t value, uint64_t now);
// Port 64h.
uint64_t i8042_read_status(void *owner, uint64_t offset, unsigned size, uint64_t now);
void i8042_write_command(void *owner, uint64_t offset, unsigned size, uint64_t value, uint64_t now);

// A key was pressed or released: `codes` as the keyboard sends them in scan set 2 (1Ch: A goes down, F0h 1Ch: up).
// False: the keyboard's buffer has no room for all of them, or it is not scanning; nothing was queued.
bool i8042_key(struct i8042 *kbc, const uint8_t *codes, unsigned count);

void i8042_visit(struct i8042 *kbc, struct visit *v);

#endif
