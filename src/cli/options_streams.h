// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Where characters go and come from, as options say it.
#ifndef CLI_OPTIONS_STREAMS_H
#define CLI_OPTIONS_STREAMS_H

#include "cli/properties.h"
#include "cli/settings.h"

// The value of -serial and others: "stdio", "tcp:HOST:PORT,server=on", but not "chardev:ID". -1 with a line that begins with
// `option`.
int stream_of_text(struct settings *settings, const char *option, const char *value, struct stream *stream);
// That of -chardev.
int stream_of_properties(struct settings *settings, const struct properties *properties, struct stream *stream);

#endif
