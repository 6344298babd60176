// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Callbacks of the chips, for tests of the public interfaces: they store what the chips report.
#ifndef TESTS_IRQCHIP_CALLBACKS_H
#define TESTS_IRQCHIP_CALLBACKS_H

#include <stdint.h>

static uint32_t reported[8];                       // the pending word of each CPU
static unsigned ended;                             // number of EOIs or deactivations of pins
static void (*lower)(uint32_t chip, uint32_t pin); // the device of the pin, if it lowers its line

static void on_pending(void *owner, uint32_t cpu, uint32_t pending)
{
    (void)owner;
    reported[cpu] = pending;
}

static void on_ended(void *owner, uint32_t chip, uint32_t pin)
{
    (void)owner;
    ended++;
    if (lower)
        lower(chip, pin);
}

#endif
