// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Which pins of the chips of a program have a device's line, and the names of these lines for traces.
#ifndef IRQCHIP_CONNECTED_H
#define IRQCHIP_CONNECTED_H

#include <stdbool.h>
#include <stdint.h>

struct connected {
    struct connected_pin {
        uint32_t pin;
        const char *name; // NULL: none
    } * pins;
    unsigned count;
};

// -EEXIST: the pin has a line; -ENOMEM.
int connected_add(struct connected *connected, uint32_t pin, const char *name);
// NULL: the pin has no line, or one without a name.
const char *connected_name(const struct connected *connected, uint32_t pin);
// The pin of the line with this name. False: none has it.
bool connected_find(const struct connected *connected, const char *name, uint32_t *pin);
void connected_free(struct connected *connected);

#endif
