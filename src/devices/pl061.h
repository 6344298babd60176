// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// PrimeCell General Purpose Input/Output (PL061): eight pins, each an input or an output, each input an interrupt source.
// Arm DDI 0190.
#ifndef DEVICES_PL061_H
#define DEVICES_PL061_H

#include <stdbool.h>
#include <stdint.h>

#include "base/visit.h"
#include "intact/irq_line.h"

#define PL061_SIZE 0x1000 // bytes of the window; region.widest = 4

enum pl061_register {
    PL061_GPIODATA = 0x000, // to 3fch: bits 9 to 2 of the address are the pins that are accessed
    PL061_GPIODIR = 0x400,
    PL061_GPIOIS = 0x404,
    PL061_GPIOIBE = 0x408,
    PL061_GPIOIEV = 0x40c,
    PL061_GPIOIE = 0x410,
    PL061_GPIORIS = 0x414,
    PL061_GPIOMIS = 0x418,
    PL061_GPIOIC = 0x41c,
    PL061_GPIOAFSEL = 0x420,
    PL061_ID = 0xfe0, // GPIOPeriphID0-3, GPIOPCellID0-3
};

struct pl061 {
    // A bit for each pin.
    uint8_t output, GPIODIR, GPIOIS, GPIOIBE, GPIOIEV, GPIOIE, GPIOAFSEL;
    uint8_t edges;              // that were seen and not cleared
    uint8_t input;              // levels from outside
    uint32_t mistakes;          // accesses to no register
    struct intact_irq_line irq; // GPIOINTR
};

void pl061_init(struct pl061 *gpio);
// PRESETn: the levels from outside stay.
void pl061_reset(struct pl061 *gpio);

uint64_t pl061_read(void *owner, uint64_t offset, unsigned size, uint64_t now);
void pl061_write(void *owner, uint64_t offset, unsigned size, uint64_t value, uint64_t now);

// Drives a pin, 0 to 7, from outside.
void pl061_set_pin(struct pl061 *gpio, unsigned pin, bool level);

void pl061_visit(struct pl061 *gpio, struct visit *v);

#endif
