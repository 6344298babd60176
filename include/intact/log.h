// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// A log of what a machine does, as text, by the names of QEMU's -d: the instructions it executes, the processors' registers,
// interrupts, what the guest does wrong.
//
//     static void on_text(void *owner, const char *text, size_t size)
//     {
//         fwrite(text, 1, size, owner);
//     }
//     ...
//     char why[INTACT_ERROR_SIZE];
//     struct intact_log_config config;
//     struct intact_log *log;
//     intact_log_config_init(&config);
//     config.items = "in_asm,guest_errors";
//     config.write = on_text;
//     config.owner = stderr;
//     if (intact_log_open(machine, &config, &log, why) < 0)
//         die(why);
//     intact_machine_run(machine);
//     intact_log_close(log);
//
// A log changes nothing that the guest sees: the run, its digest and its end are the same. Without one none of this costs time.
// Its lines are for people and may change; <intact/trace.h> and <intact/code.h> are for programs.
//
// On the machine's thread, between two runs.
#ifndef INTACT_LOG_H
#define INTACT_LOG_H

#include <stddef.h>

#include <intact/error.h>
#include <intact/machine.h>

#pragma GCC visibility push(default)
#ifdef __cplusplus
extern "C" {
#endif

struct intact_log;

struct intact_log_config {
    size_t size; // of this structure
    // What is told: names of intact_log_item with commas between them, "exec,trace:p*". NULL or "": nothing.
    const char *items;
    // The addresses of code that in_asm, op, out_asm, exec and cpu are about, with commas between them: FIRST..LAST, START+SIZE or END-SIZE,
    // where END is the last one; at most 64. A block of instructions belongs to them if one of its bytes does. NULL: all.
    const char *ranges;
    // Called for each text: one or several lines, `size` bytes, also with a 0 behind them. No function of the machine may be
    // called within it. It must be set, as there is no default: with NULL intact_log_open returns -EINVAL.
    void (*write)(void *owner, const char *text, size_t size);
    void *owner;
};

// Fills in the defaults: no items, no ranges, no `write`. Any thread.
void intact_log_config_defaults(struct intact_log_config *config, size_t size);
static inline void intact_log_config_init(struct intact_log_config *config)
{
    intact_log_config_defaults(config, sizeof *config);
}

// The name of item `index`, from 0 on, and what it tells, in *about (or NULL); NULL: there are not so many. Any thread.
//
//     in_asm        each block of instructions as assembly, when it is decoded; where the library was built with Capstone
//     op            each block as ops, the operations that it is translated to (docs/engine.md), when it is decoded
//     out_asm       each block as host code, when it becomes that: as assembly, or without Capstone as bytes; before the code of each
//                   op the op. The code that all blocks share comes first
//     exec          each block that is entered: processor, address, and how many instructions were executed before it
//     cpu           the registers before each of these blocks
//     int           every interrupt, station by station: the events of a trace, but for accesses
//     guest_errors  what the guest does wrong: registers used as they must not be, interrupts that nobody receives
//     unimp         what this machine does not have: addresses and ports where nothing answers, system registers, instructions
//     jit           whether guest code becomes host code, and why not; when the log is closed, how much has
//     trace:PATTERN the events of a trace whose names match, as intact_trace_name has them, or a station's; with * and ?
//     nochain       nothing: exec tells every block anyway
const char *intact_log_item(unsigned index, const char **about);

// Begins a log; there may be any number of them. It is closed before the machine is destroyed. 0 and *log; or a negative errno
// with a line in `why` (INTACT_ERROR_SIZE bytes, or NULL): -EINVAL: the configuration; -ENOTSUP: in_asm without Capstone; -EBUSY:
// within a run; -ENOMEM.
int intact_log_open(struct intact_machine *machine, const struct intact_log_config *config, struct intact_log **log,
                    char *why);

// Ends it. NULL: nothing. 0; -EBUSY: within a run.
int intact_log_close(struct intact_log *log);

#ifdef __cplusplus
}
#endif
#pragma GCC visibility pop
#endif
