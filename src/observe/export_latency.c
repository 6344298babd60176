// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// A table of how long interrupts took, for each source: from the raise to the delivery, and from the delivery to the end, each
// in instructions of all processors and in virtual time.
//
// Delivery and end are those of lives.h. Merged raises are one interrupt, raised by the first of them. A level that is sent
// again after its end counts as raised then. An interrupt for several processors counts once for each. Not counted: what was
// raised before the trace began, and (from delivery to end) what has no end.
//
// Percentiles are exact, by nearest rank: the smallest value that at least that many percent do not exceed. So all samples are
// kept: 32 bytes for each interrupt, besides an entry for each cause (lives.h).
#include "observe/export.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "observe/event_text.h"
#include "observe/grow.h"
#include "observe/lives.h"

enum { DELIVERY, END, STEPS };

struct samples {
    struct moment *sample; // differences
    size_t count, room;
};

struct source {
    struct samples step[STEPS];
};

struct latency {
    struct lives lives;
    struct deliveries deliveries;
    struct source *source; // by the numbers of lives.names
    size_t sources, room;
};

static int latency_begin(struct export *export)
{
    struct latency *latency = calloc(1, sizeof *latency);
    if (!latency)
        return -ENOMEM;
    latency->lives.arm = export->machine.arm;
    export->state = latency;
    if (deliveries_init(&latency->deliveries, export->machine.arm, export->machine.cpus) == 0)
        return 0;
    free(latency);
    return -ENOMEM;
}

// --- Samples ---------------------------------------------------------------------------------------------------------

static struct source *source_of(struct latency *latency, uint32_t name)
{
    while (latency->sources <= name) {
        struct source *grown = grow(latency->source, &latency->room, latency->sources, sizeof *grown);
        if (!grown)
            return NULL;
        latency->source = grown;
        latency->source[latency->sources++] = (struct source){ 0 };
    }
    return &latency->source[name];
}

static int add(struct latency *latency, const struct life *life, int step, struct moment from, struct moment to)
{
    struct source *source = source_of(latency, life->name);
    if (!source)
        return -ENOMEM;
    struct samples *samples = &source->step[step];
    struct moment *grown = grow(samples->sample, &samples->room, samples->count, sizeof *grown);
    if (!grown)
        return -ENOMEM;
    samples->sample = grown;
    samples->sample[samples->count++] = (struct moment){ to.instructions - from.instructions, to.time - from.time };
    return 0;
}

static void latency_event(struct export *export, const struct intact_trace_event *event)
{
    struct latency *latency = export->state;
    struct delivery of = { 0 };
    const struct life *life = lives_event(&latency->lives, event, &export->failed);
    enum delivery_step step = deliveries_event(&latency->deliveries, event, &of, &export->failed);
    if (export->failed || !life || of.cause != event->cause)
        return;
    if (step == DELIVERY_BEGINS && life->complete)
        export->failed = add(latency, life, DELIVERY, life->raised, of.begun);
    else if (step == DELIVERY_ENDS)
        export->failed = add(latency, life, END, of.begun, moment_of(event));
}

// --- The table -------------------------------------------------------------------------------------------------------

static int compare(const void *a, const void *b)
{
    uint64_t left = *(const uint64_t *)a, right = *(const uint64_t *)b;
    return left < right ? -1 : left > right;
}

static uint64_t percentile(const uint64_t *sorted, size_t count, unsigned percent)
{
    size_t rank = (count * percent + 99) / 100;
    return sorted[rank ? rank - 1 : 0];
}

static void write_row(FILE *file, const char *name, const char *unit, uint64_t *values, size_t count)
{
    char text[4][32], many[32];
    qsort(values, count, sizeof *values, compare);
    count_text(count, many, sizeof many);
    count_text(values[0], text[0], sizeof text[0]);
    count_text(percentile(values, count, 50), text[1], sizeof text[1]);
    count_text(percentile(values, count, 99), text[2], sizeof text[2]);
    count_text(values[count - 1], text[3], sizeof text[3]);
    fprintf(file, "%-24s  %9s  %-12s  %15s  %15s  %15s  %15s\n", name, name[0] ? many : "", unit, text[0], text[1],
            text[2], text[3]);
}

static void write_source(struct export *export, const char *name, const struct samples *samples, uint64_t *values)
{
    for (size_t i = 0; i < samples->count; i++)
        values[i] = samples->sample[i].instructions;
    write_row(export->file, name, "instructions", values, samples->count);
    for (size_t i = 0; i < samples->count; i++)
        values[i] = samples->sample[i].time;
    write_row(export->file, "", "ns", values, samples->count);
}

static size_t largest(const struct latency *latency)
{
    size_t count = 1;
    for (size_t i = 0; i < latency->sources; i++)
        for (int step = 0; step < STEPS; step++)
            if (latency->source[i].step[step].count > count)
                count = latency->source[i].step[step].count;
    return count;
}

static void write_table(struct export *export, int step, const uint32_t *order, uint64_t *values)
{
    static const char *const titles[STEPS] = { "From the raise to the delivery", "From the delivery to the end (EOI)" };
    struct latency *latency = export->state;
    fprintf(export->file, "\n%s\n%-24s  %9s  %-12s  %15s  %15s  %15s  %15s\n", titles[step], "source", "count", "unit",
            "minimum", "median", "99th percentile", "maximum");
    for (uint32_t i = 0; i < latency->lives.names.count; i++)
        if (order[i] < latency->sources && latency->source[order[i]].step[step].count)
            write_source(export, latency->lives.names.name[order[i]], &latency->source[order[i]].step[step], values);
}

static void write_tables(struct export *export)
{
    struct latency *latency = export->state;
    uint32_t *order = name_table_sorted(&latency->lives.names);
    uint64_t *values = calloc(largest(latency), sizeof *values);
    fprintf(export->file, "%s\n", export->machine.title ? export->machine.title : "Latencies of interrupts");
    if (!latency->sources)
        fputs("\nNo interrupt was delivered.\n", export->file);
    else if (!order || !values)
        export->failed = -ENOMEM;
    for (int step = 0; step < STEPS && !export->failed && latency->sources; step++)
        write_table(export, step, order, values);
    free(order);
    free(values);
}

static void latency_end(struct export *export)
{
    struct latency *latency = export->state;
    if (!export->failed)
        write_tables(export);
    for (size_t i = 0; i < latency->sources; i++)
        for (int step = 0; step < STEPS; step++)
            free(latency->source[i].step[step].sample);
    free(latency->source);
    lives_free(&latency->lives);
    deliveries_free(&latency->deliveries);
    free(latency);
}

const struct export_format export_latency = {
    .name = "latency",
    .about = "a table of latencies for each source",
    .begin = latency_begin,
    .event = latency_event,
    .end = latency_end,
};
