// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// A log of a machine (<intact/log.h>): it listens to the trace, to the code that is executed, and to accesses that nothing
// answers.
//
//     intact_log.c    opening and closing, the events
//     log_code.c      in_asm, op, out_asm, exec and cpu
//     log_items.c     the names of items
//
// Not modelled: what is run again, after a debugger went back, is told again.
#ifndef MACHINE_LOG_H
#define MACHINE_LOG_H

#include <intact/code.h>
#include <intact/log.h>
#include <intact/trace.h>

#include "debug/disassemble.h"
#include "machine/log_items.h"
#include "machine/machine.h"

struct intact_log {
    struct intact_machine *machine;
    struct intact_log *next; // of the machine's
    struct intact_log_config config;
    struct log_wish wish;
    struct intact_trace_observer events;
    struct intact_code_observer code;
    struct host_code_observer host_code;
    struct disassembler disassembler;
    bool begun; // it was opened without an error
};

#define LOG_TEXT 2048 // of one call
void log_print(struct intact_log *log, const char *format, ...) __attribute__((format(printf, 2, 3)));

// Listens to the code, if the items want it. 0 or -ENOMEM.
int log_code_begin(struct intact_log *log);
void log_code_end(struct intact_log *log);

#endif
