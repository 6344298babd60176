// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The owner of an irqchip, for tests of the public interfaces: it keeps what the chips tell it.
#ifndef TESTS_IRQCHIP_TOLD_H
#define TESTS_IRQCHIP_TOLD_H

#include <stdint.h>

static uint32_t told[8];                           // the pending word of each CPU
static unsigned ended;                             // how often the guest was done with a pin
static void (*lower)(uint32_t chip, uint32_t pin); // the device of the pin, if it is to answer

static void on_pending(void *owner, uint32_t cpu, uint32_t pending)
{
    (void)owner;
    told[cpu] = pending;
}

static void on_ended(void *owner, uint32_t chip, uint32_t pin)
{
    (void)owner;
    ended++;
    if (lower)
        lower(chip, pin);
}

#endif
