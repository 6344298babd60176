// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Draws the life of one interrupt: a lane for the device, for routing, for each chip and each processor, a box for each station,
// arrows from one to the next, and below them the instruction counts.
#ifndef OBSERVE_SVG_LIFE_H
#define OBSERVE_SVG_LIFE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include <intact/trace.h>

#define SVG_LIFE_EVENTS 64 // more are not drawn

struct svg_life {
    bool arm; // as in struct export_machine
    const char *title, *source;
    const struct intact_trace_event *event; // in their order, of one cause
    size_t count;                           // 0: says that there is no complete interrupt
};

void svg_life_write(FILE *file, const struct svg_life *life);

#endif
