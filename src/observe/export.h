// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// A trace in a format that people or other programs read. Each format is a struct export_format, in a file of its own.
//
//     struct export *export;
//     int result = export_begin(&export_json, file, &machine, &export);
//     ... export_event(export, &event) for each, in the order in which they happened
//     result = export_end(export);
//
// A format writes to `file` as events come, and keeps what it has to know of earlier ones itself; what it keeps does not grow with
// the number of events, unless its head comment says so.
#ifndef OBSERVE_EXPORT_H
#define OBSERVE_EXPORT_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include <intact/trace.h>

// Whose trace it is.
struct export_machine {
    bool arm;          // a GIC: vectors are INTIDs
    uint32_t cpus;     // processors
    const char *title; // or NULL
    uint64_t cause;    // export_svg: of the interrupt to draw; 0: the first that is complete
};

struct export;

struct export_format {
    const char *name, *about;
    int (*begin)(struct export *export); // 0 or -ENOMEM
    void (*event)(struct export *export, const struct intact_trace_event *event);
    void (*end)(struct export *export); // writes the rest and frees `state`
};

struct export
{
    const struct export_format *format;
    FILE *file;
    struct export_machine machine;
    void *state;
    int failed; // -ENOMEM: the rest is not written
};

extern const struct export_format export_text, export_json, export_vcd, export_chrome, export_svg, export_latency;
// All of them; the last is NULL.
extern const struct export_format *const export_formats[];
// NULL: there is none of that name.
const struct export_format *export_format(const char *name);

// Can an event of a trace's JSON have this field, on a machine with a GIC (`arm`) or without?
bool export_json_has(bool arm, enum intact_trace_id id, const char *field);

// 0, -ENOMEM, or (of the end) -EIO: the file could not be written.
int export_begin(const struct export_format *format, FILE *file, const struct export_machine *machine,
                 struct export **export);
void export_event(struct export *export, const struct intact_trace_event *event);
int export_end(struct export *export);

#endif
