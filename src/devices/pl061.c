// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Arm DDI 0190B, chapters 2 and 3. A pin interrupts by an edge, which is kept until GPIOIC clears it, or by a level (GPIOIS),
// which is not kept.
//
// Not modelled: what is connected to outputs, and hardware control of pins (GPIOAFSEL is kept); integration test registers;
// an interrupt for each pin beside the combined one.
//
// Path: the board's buttons / the board's routing of `irq`
#include "devices/pl061.h"

#include <assert.h>
#include <string.h>

// 3.3.1: outputs are read back.
static uint8_t levels(const struct pl061 *gpio)
{
    return (uint8_t)((gpio->output & gpio->GPIODIR) | (gpio->input & ~gpio->GPIODIR));
}

// 3.3.7: also of pins that GPIOIE masks.
static uint8_t raw_status(const struct pl061 *gpio)
{
    uint8_t wanted = (uint8_t) ~(levels(gpio) ^ gpio->GPIOIEV); // at the level of GPIOIEV
    return (uint8_t)((gpio->GPIOIS & wanted) | (~gpio->GPIOIS & gpio->edges));
}

static void update(struct pl061 *gpio)
{
    intact_irq_line_set(&gpio->irq, raw_status(gpio) & gpio->GPIOIE);
}

// What has changed since `before` is an edge of the pins that look for it.
static void changed(struct pl061 *gpio, uint8_t before)
{
    uint8_t now = levels(gpio), changes = now ^ before;
    uint8_t wanted = gpio->GPIOIBE | (uint8_t) ~(now ^ gpio->GPIOIEV);
    gpio->edges |= changes & wanted & (uint8_t)~gpio->GPIOIS;
    update(gpio);
}

// 3.3.11 to 3.3.18: part 061, designer 41h, revision 0, as in other machines.
static uint8_t identity(uint64_t offset)
{
    static const uint8_t bytes[8] = { 0x61, 0x10, 0x04, 0x00, 0x0d, 0xf0, 0x05, 0xb1 };
    return bytes[(offset - PL061_ID) / 4];
}

static uint8_t *plain(struct pl061 *gpio, uint64_t offset)
{
    switch (offset) {
    case PL061_GPIODIR: return &gpio->GPIODIR;
    case PL061_GPIOIS: return &gpio->GPIOIS;
    case PL061_GPIOIBE: return &gpio->GPIOIBE;
    case PL061_GPIOIEV: return &gpio->GPIOIEV;
    case PL061_GPIOIE: return &gpio->GPIOIE;
    case PL061_GPIOAFSEL: return &gpio->GPIOAFSEL;
    default: return NULL;
    }
}

uint64_t pl061_read(void *owner, uint64_t offset, unsigned size, uint64_t now)
{
    struct pl061 *gpio = owner;
    (void)size, (void)now;
    if (offset < PL061_GPIODIR && offset % 4 == 0)
        return levels(gpio) & (offset >> 2);
    if (offset >= PL061_ID && offset % 4 == 0)
        return identity(offset);
    const uint8_t *kept = plain(gpio, offset);
    if (kept)
        return *kept;
    switch (offset) {
    case PL061_GPIORIS: return raw_status(gpio);
    case PL061_GPIOMIS: return raw_status(gpio) & gpio->GPIOIE;
    default: gpio->mistakes++; return 0;
    }
}

void pl061_write(void *owner, uint64_t offset, unsigned size, uint64_t value, uint64_t now)
{
    struct pl061 *gpio = owner;
    uint8_t before = levels(gpio), *kept = plain(gpio, offset), pins = (uint8_t)(offset >> 2);
    (void)size, (void)now;
    if (offset < PL061_GPIODIR && offset % 4 == 0)
        gpio->output = (uint8_t)((gpio->output & ~pins) | (value & pins));
    else if (kept)
        *kept = (uint8_t)value;
    else if (offset == PL061_GPIOIC)
        gpio->edges &= (uint8_t)~value;
    else
        gpio->mistakes++;
    changed(gpio, before);
}

void pl061_set_pin(struct pl061 *gpio, unsigned pin, bool level)
{
    uint8_t before = levels(gpio), bit = (uint8_t)(1u << pin);
    assert(pin < 8);
    gpio->input = (uint8_t)(level ? gpio->input | bit : gpio->input & ~bit);
    changed(gpio, before);
}

void pl061_init(struct pl061 *gpio)
{
    memset(gpio, 0, sizeof *gpio);
}

void pl061_reset(struct pl061 *gpio)
{
    gpio->output = gpio->GPIODIR = gpio->GPIOIS = gpio->GPIOIBE = gpio->GPIOIEV = gpio->GPIOIE = gpio->GPIOAFSEL = 0;
    gpio->edges = 0;
    update(gpio);
}

void pl061_visit(struct pl061 *gpio, struct visit *v)
{
    VISIT(v, gpio->output);
    VISIT(v, gpio->GPIODIR);
    VISIT(v, gpio->GPIOIS);
    VISIT(v, gpio->GPIOIBE);
    VISIT(v, gpio->GPIOIEV);
    VISIT(v, gpio->GPIOIE);
    VISIT(v, gpio->GPIOAFSEL);
    VISIT(v, gpio->edges);
    VISIT(v, gpio->input);
    VISIT(v, gpio->mistakes);
    VISIT(v, gpio->irq.level);
}
