// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// What `intact demo` has recorded of an interrupt, and how each machine describes it. demo.c runs and prints; demo_pc.c
// and demo_virt.c describe the stations of their machine.
#ifndef CLI_DEMO_H
#define CLI_DEMO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <intact/machine.h>

enum { DEMO_EVENT_LIMIT = 256, DEMO_LINE_LIMIT = 160 };

struct demo {
    struct intact_trace_observer observer;
    const struct demo_family *family;
    bool colour;
    struct intact_trace_event events[DEMO_EVENT_LIMIT];
    unsigned count;
    char line[DEMO_LINE_LIMIT]; // of the guest's output so far
    size_t length;
};

struct demo_family {
    const char *introduction;
    const char *mark; // the text after the title in the guest's line of an interrupt
    uint64_t wanted;  // a bit for each trace id that its descriptions use
    int passed;       // exit status of a guest that got all interrupts
    // Sets the machine and its guest; what both machines have in common is set already.
    void (*configure)(struct intact_machine_config *config);
    // Whether to note an event at all; there is room for DEMO_EVENT_LIMIT of them. NULL: all.
    bool (*notes)(const struct intact_trace_event *event);
    // The first event to describe; those before it are preparation.
    unsigned (*begins)(const struct demo *demo);
    bool (*belongs)(const struct demo *demo, const struct intact_trace_event *event);
    // The station's number and name, and in `out` what happened there. NULL if there is nothing to describe.
    const char *(*tell)(const struct demo *demo, unsigned at, char *out, size_t size);
};

extern const struct demo_family demo_pc, demo_virt;

// Whether one of the events so far is `id`.
bool demo_has(const struct demo *demo, enum intact_trace_id id);

#endif
