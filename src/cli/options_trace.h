// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// What is to be written of a trace: -trace, and the words of `intact trace` that mean the same. Functions that return int: 0, or
// -1 with a line in settings->why, which begins with `option`.
#ifndef CLI_OPTIONS_TRACE_H
#define CLI_OPTIONS_TRACE_H

#include "cli/settings.h"

// All events but accesses, to standard output, without a format.
void trace_wish_init(struct trace_wish *wish);
// file, format, records, cause, or a property of a filter.
int trace_wish_set(struct settings *settings, const char *option, struct trace_wish *wish, const char *name,
                   const char *value);
// When all are set: do they go together?
int trace_wish_check(struct settings *settings, const char *option, const struct trace_wish *wish);

#endif
