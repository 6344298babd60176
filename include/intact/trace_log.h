// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// A trace that is kept: the last events, in a ring of 24 bytes each, for a file, or for a format that people and other
// programs read.
//
//     struct intact_trace_log_config config;
//     intact_trace_log_config_init(&config);
//     config.filter = "events=raise+deliver+eoi,source=virtio-*";
//     struct intact_trace_log *log;
//     char why[INTACT_ERROR_SIZE];
//     if (intact_trace_log_create(&config, &log, why) < 0)
//         die(why);
//     intact_machine_trace(machine, intact_trace_log_observer(log)); // or intact_x86_irq_trace, ...
//     intact_machine_run(machine);
//     intact_trace_log_export(log, "text", "trace.txt", why);
//     intact_trace_log_destroy(log);
//
// Like every observer it changes nothing that the guest sees. On the thread of the machine, or of the chips; several logs are
// independent.
#ifndef INTACT_TRACE_LOG_H
#define INTACT_TRACE_LOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <intact/error.h>
#include <intact/trace.h>

#pragma GCC visibility push(default)
#ifdef __cplusplus
extern "C" {
#endif

struct intact_trace_log;

#define INTACT_TRACE_LOG_RECORDS 1000000u // 24 MB

struct intact_trace_log_config {
    size_t size;    // of this structure, set by intact_trace_log_config_init
    size_t records; // how many are kept, 4 to 2^32 - 1; most events are one record, none is more than three
    // Which events are kept, a list of properties with commas, which is copied; NULL: all but accesses.
    //     events=NAME+NAME   names of events (intact_trace_name), or of stations: raise, pend, settle, deliver, acknowledge,
    //                        end, interrupts (all but access), all
    //     cpu=N              events of this processor, and those of none
    //     vector=N           of the events that have a vector or INTID, these alone
    //     source=PATTERN     of the events that belong to an interrupt, those of these sources alone; with * and ?
    //     from=N,to=N        instructions: the first that is wanted, and the first that is not any more
    const char *filter;
    bool arm;      // the controllers are a GIC
    uint32_t cpus; // processors, for the formats that have a row for each; any number, of which they use at most 1024
};

// The defaults: INTACT_TRACE_LOG_RECORDS, all but accesses, x86, one processor.
void intact_trace_log_config_defaults(struct intact_trace_log_config *config, size_t size);
static inline void intact_trace_log_config_init(struct intact_trace_log_config *config)
{
    intact_trace_log_config_defaults(config, sizeof *config);
}

// 0 and *log; or -EINVAL (a property of the filter, or a value out of range) or -ENOMEM, with NULL in *log and a line in
// `why` (<intact/error.h>). Destroying it removes its observer; NULL is allowed there.
int intact_trace_log_create(const struct intact_trace_log_config *config, struct intact_trace_log **log, char *why);
void intact_trace_log_destroy(struct intact_trace_log *log);

// The observer to be added; it belongs to the log.
struct intact_trace_observer *intact_trace_log_observer(struct intact_trace_log *log);

// The records that were overwritten so far.
uint64_t intact_trace_log_lost(const struct intact_trace_log *log);
// Calls `each` for every event that is kept, the oldest first; its texts live as long as the log. `each` must not use the log.
void intact_trace_log_each(const struct intact_trace_log *log,
                           void (*each)(void *owner, const struct intact_trace_event *event), void *owner);

// Writes the events to a file, in a form that intact_trace_log_read reads on every host, and of which docs/tracing.md says
// what each byte is. Read: *log has what was kept, and its observer listens to nothing until it is added. A negative errno with a
// line in `why`: the file cannot be written or read, -ENOMEM, or it is none of these files, or damaged (-EINVAL); *log is NULL then. The
// file has no check value: a byte that was changed is refused only where the records can then not be read.
int intact_trace_log_write(const struct intact_trace_log *log, const char *path, char *why);
int intact_trace_log_read(const char *path, struct intact_trace_log **log, char *why);

// Writes the events to a file in a format that people, or other programs, read: "text", "json", ... A negative errno with a line
// in `why`: there is no such format (-EINVAL), the file cannot be written, or -ENOMEM.
int intact_trace_log_export(const struct intact_trace_log *log, const char *format, const char *path, char *why);
// The names of the formats, and what each is, in *about (unless NULL). NULL behind the last. Any thread.
const char *intact_trace_format(unsigned index, const char **about);

#ifdef __cplusplus
}
#endif
#pragma GCC visibility pop
#endif
