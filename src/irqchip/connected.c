// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// See connected.h. A search is of a few dozen pins, and only where there is an observer.
#include "irqchip/connected.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static const struct connected_pin *find(const struct connected *connected, uint32_t pin)
{
    for (unsigned i = 0; i < connected->count; i++)
        if (connected->pins[i].pin == pin)
            return &connected->pins[i];
    return NULL;
}

int connected_add(struct connected *connected, uint32_t pin, const char *name)
{
    if (find(connected, pin))
        return -EEXIST;
    struct connected_pin *pins = realloc(connected->pins, (connected->count + 1) * sizeof *pins);
    if (!pins)
        return -ENOMEM;
    connected->pins = pins;
    pins[connected->count++] = (struct connected_pin){ pin, name };
    return 0;
}

const char *connected_name(const struct connected *connected, uint32_t pin)
{
    const struct connected_pin *found = find(connected, pin);
    return found ? found->name : NULL;
}

bool connected_find(const struct connected *connected, const char *name, uint32_t *pin)
{
    for (unsigned i = 0; i < connected->count; i++) {
        if (!connected->pins[i].name || strcmp(connected->pins[i].name, name) != 0)
            continue;
        *pin = connected->pins[i].pin;
        return true;
    }
    return false;
}

void connected_free(struct connected *connected)
{
    free(connected->pins);
    *connected = (struct connected){ 0 };
}
