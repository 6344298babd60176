// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The monitor at the terminal: -monitor stdio with line editing, and the monitor that Ctrl-a c shows on the terminal of a
// console. It is a client of the machine's monitor like any other, at the other end of a pair of sockets; its part of the work is
// on the thread that reads the terminal (host_terminal.h), so the machine runs while a line is typed.
#ifndef CLI_MONITOR_TERMINAL_H
#define CLI_MONITOR_TERMINAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cli/keys.h"
#include "intact/debug.h"

struct monitor_terminal;

// Opens a monitor of the machine, which has so many processors. `keys` NULL: the terminal is the monitor's alone; else a console shares it, and has the keys
// behind Ctrl-a. NULL with a line in `why` (INTACT_ERROR_SIZE bytes).
struct monitor_terminal *monitor_terminal_open(struct intact_machine *machine, unsigned cpus, struct keys *keys,
                                               char *why);

// On the terminal's thread: lines are typed until Ctrl-a c, or the end of the input. `data`: what was typed before. Returns how
// many bytes that were typed behind Ctrl-a c are at *rest, until the next call.
size_t monitor_terminal_run(struct monitor_terminal *monitor, const uint8_t *data, size_t size, const uint8_t **rest);
// On the same thread: the monitor has something to say (monitor_terminal_fd can be read). False: it is gone.
bool monitor_terminal_hear(struct monitor_terminal *monitor);
int monitor_terminal_fd(const struct monitor_terminal *monitor);

// When the thread has ended: shows what is left. NULL: nothing.
void monitor_terminal_close(struct monitor_terminal *monitor);

#endif
