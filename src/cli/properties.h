// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// "first,name=value,name=value": the syntax of QEMU's option values. A comma in a value is written twice.
#ifndef CLI_PROPERTIES_H
#define CLI_PROPERTIES_H

#include "cli/settings.h"

#define PROPERTY_LIMIT 32

struct properties {
    const char *first; // the part without a name, or NULL
    unsigned count;
    const char *name[PROPERTY_LIMIT], *value[PROPERTY_LIMIT];
};

// Cuts `text`. A first part without "=" is `first`; a later one means "name=on". -1: an error line was written.
int properties_parse(struct settings *settings, const char *option, const char *text, struct properties *properties);

// The last value of the property, or NULL.
const char *properties_get(const struct properties *properties, const char *name);

// -1 with an error line if a property is not one of `names` (NULL ends them).
int properties_check(struct settings *settings, const char *option, const struct properties *properties,
                     const char *const *names);

// Properties that have the meaning of one of `values` (NULL ends them) here, whichever is given.
struct property_values {
    const char *name, *values[6];
};

// -1 with an error line if one of the properties has another value.
int properties_among(struct settings *settings, const char *option, const struct properties *properties,
                     const struct property_values *rows, unsigned count);

#endif
