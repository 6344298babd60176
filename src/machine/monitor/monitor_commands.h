// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// What the functions of the monitor's commands share. Each gets the words of its line, the command's name first, as many as
// its row in monitor.c allows.
#ifndef MACHINE_MONITOR_COMMANDS_H
#define MACHINE_MONITOR_COMMANDS_H

#include "machine/monitor/monitor.h"

#define MONITOR_STAY ((struct monitor_result){ MONITOR_STAYS, 0 })

typedef struct monitor_result monitor_function(struct monitor *monitor, unsigned count, char *const *words);

void monitor_print(struct monitor *monitor, const char *format, ...) __attribute__((format(printf, 2, 3)));
// The line of an error: "COMMAND: ...". What the words contain is printed with '?' for control characters.
struct monitor_result monitor_refuse(struct monitor *monitor, const char *command, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

// A number, decimal or with 0x. False: it is none, or has more than 64 bits.
bool monitor_number(const char *text, uint64_t *value);
// An expression of numbers and registers ($rip, or $pc and $sp of either family) of processor monitor->cpu, as in C. False: the
// error was printed.
bool monitor_value(struct monitor *monitor, const char *command, const char *text, uint64_t *value);
// Does the word name an event, instead of a number or a register?
bool monitor_is_event(const char *word);
// In gdb: the command's name, and what gdb has instead.
struct monitor_result monitor_refuse_in_gdb(struct monitor *monitor, const char *command, const char *instead);
// The processor of word `index`, or without one monitor->cpu. False: the error was printed.
bool monitor_cpu(struct monitor *monitor, unsigned count, char *const *words, unsigned index, unsigned *cpu);

// monitor_table.c
monitor_function monitor_help;
// monitor_run.c
monitor_function monitor_stop, monitor_cont, monitor_step, monitor_wait, monitor_quit, monitor_nmi, monitor_balloon,
    monitor_info_balloon, monitor_system_reset, monitor_system_powerdown;
// monitor_info.c
monitor_function monitor_info_registers, monitor_info_instructions, monitor_info_cpus, monitor_info_snapshots,
    monitor_info_status, monitor_info_version, monitor_info_replay, monitor_info_jit;
// monitor_memory.c
monitor_function monitor_p, monitor_examine, monitor_sum;
// monitor_screen.c
monitor_function monitor_screendump;
// monitor_input.c
monitor_function monitor_sendkey, monitor_mouse_move, monitor_mouse_button;
// monitor_code.c: `count` instructions at an address.
struct monitor_result monitor_show_code(struct monitor *monitor, const char *command, bool physical, uint64_t address,
                                        uint64_t count);
// monitor_devices.c
monitor_function monitor_info_chip, monitor_info_irq, monitor_info_mtree, monitor_info_qtree;
// monitor_pci.c
monitor_function monitor_info_pci, monitor_info_msi;
// monitor_why.c
monitor_function monitor_why, monitor_info_sources, monitor_lint;
// monitor_trace.c
monitor_function monitor_trace_on, monitor_trace_off, monitor_trace_last, monitor_trace_write, monitor_info_trace;
// monitor_points.c
monitor_function monitor_break, monitor_watch, monitor_delete, monitor_info_breaks, monitor_replay_break,
    monitor_replay_delete_break;
// The point that stopped a run, NULL: it is not the monitor's.
const struct monitor_point *monitor_point_of(const struct monitor *monitor, const struct intact_exit *end);
// monitor_state.c
monitor_function monitor_go, monitor_back, monitor_reverse, monitor_snapshots, monitor_savevm, monitor_loadvm;

#endif
