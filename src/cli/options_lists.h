// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// What `-OPTION help` lists. Functions that return int: 0, or -1 with a line in settings->why.
#ifndef CLI_OPTIONS_LISTS_H
#define CLI_OPTIONS_LISTS_H

#include "cli/options.h"

// Is `value` (it may be NULL) "help" or "?"?
bool list_is_asked(const char *value);
// Makes the command print `lines`, which end with NULL, and nothing else.
int list_show(struct settings *settings, const char *const *lines);
// The fixed list of `option`. False: it has none.
bool list_find(struct settings *settings, const struct option *option);
// Describes the argument of an option without a list.
int list_usage(struct settings *settings, const struct option *option);

// A list that is generated line by line; `format` takes two strings.
void list_begin(struct settings *settings);
int list_add(struct settings *settings, const char *format, const char *name, const char *about)
    __attribute__((format(printf, 2, 0)));

// The devices that the chosen machine can have (options_devices.c).
int list_devices(struct settings *settings);
// Called when all options have been read: the lists that depend on the machine.
int resolve_lists(struct settings *settings);

#endif
