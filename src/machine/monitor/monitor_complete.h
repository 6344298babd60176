// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Completion of a line of the monitor, for who edits lines.
#ifndef MACHINE_MONITOR_COMPLETE_H
#define MACHINE_MONITOR_COMPLETE_H

#include <stddef.h>

// What a line may name beside commands: as the machine had it before it ran.
struct monitor_names {
    char **sources; // intact_machine_source
    unsigned source_count, cpus;
};

// Calls `found` with each word that can stand in place of the last word of `line`, which may be empty; a word may come twice.
// Any thread.
void monitor_complete(const struct monitor_names *names, const char *line, void (*found)(void *owner, const char *word),
                      void *owner);

#endif
