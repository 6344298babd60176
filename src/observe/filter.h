// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Which events of a trace are wanted: "events=raise+deliver,cpu=0,vector=0x31,source=virtio-*,from=1000000".
//
//     events   names of events, or of stations (below), with + between them; all but `access` by default
//     cpu      events of this processor, and those of none
//     vector   of those that have a vector or INTID, this one alone
//     source   of those that belong to an interrupt, these sources alone: a pattern with * and ?
//     from, to instructions: the first that is wanted, and the first that is not any more
//
// Stations: raise (line, trigger, ipi, timer), pend (accept), settle (pending), deliver (take), acknowledge (ack), end (eoi),
// interrupts (all but access), all.
#ifndef OBSERVE_FILTER_H
#define OBSERVE_FILTER_H

#include <stdbool.h>
#include <stdint.h>

#include <intact/trace.h>

struct error;

#define FILTER_SOURCE 64 // bytes of a pattern
#define FILTER_ANY    UINT32_MAX

struct filter {
    uint64_t events;            // INTACT_TRACE_BIT
    uint32_t cpu;               // FILTER_ANY: all
    uint64_t vector;            // UINT64_MAX: all
    char source[FILTER_SOURCE]; // "": all
    uint64_t from, to;
};

// Everything but `access`.
void filter_init(struct filter *filter);
// One property: "cpu" and "0". -EINVAL with a line that says what is allowed; `name` is no property of a filter: -ENOENT.
int filter_set(struct filter *filter, const char *name, const char *value, struct error *error);
// The same, with the line in `why` (<intact/error.h>).
int filter_set_why(struct filter *filter, const char *name, const char *value, char *why);
// A list of them, with commas. NULL: none.
int filter_parse(struct filter *filter, const char *text, struct error *error);

// The names of stations, and what each is, in *about. NULL behind the last.
const char *filter_station(unsigned index, const char **about);
// Its events.
uint64_t filter_station_events(unsigned index);

// Does it choose by `events` alone?
bool filter_is_open(const struct filter *filter);
// Does `text` match, where * is any text and ? any character?
bool filter_matches(const char *pattern, const char *text);
bool filter_wants(const struct filter *filter, const struct intact_trace_event *event);

#endif
