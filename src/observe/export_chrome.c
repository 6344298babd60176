// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// A trace as Chrome trace events, for Perfetto and chrome://tracing. Spec: "Trace Event Format" of the Catapult project.
//
// Tracks: a process of devices with a thread for each source, one of chips, one of CPUs. A processor has a thread for what
// happens at it and more for its handlers, one for each depth, since handlers may end in any order and slices of one thread must
// nest. A handler is a slice from delivery to end (lives.h).
//
// Each station of an interrupt is a slice of 1 ns, not an instant: only slices can have arrows. The arrows of an interrupt have
// its cause as their id; they end at its first EOI, and begin again if it is sent again. Events without a cause are instants.
//
// Memory: an entry for each cause (lives.h).
#include "observe/export.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

#include "observe/chips.h"
#include "observe/escape.h"
#include "observe/event_text.h"
#include "observe/lives.h"

enum process { DEVICES = 1, CHIPS, CPUS };

struct chrome {
    struct lives lives;
    struct deliveries deliveries;
    struct name_table tracks; // "CHIPS/IOAPIC": its number + 1 is the thread's
    bool written;             // an event: the next one needs a comma
    uint64_t time;            // of the last event
};

struct track {
    enum process process;
    uint32_t thread;
};

// --- Events of the format --------------------------------------------------------------------------------------------

static void open_event(struct export *export, const char *phase, struct track track)
{
    struct chrome *chrome = export->state;
    fprintf(export->file, "%s\n{\"ph\":\"%s\",\"pid\":%d,\"tid\":%" PRIu32, chrome->written ? "," : "", phase,
            track.process, track.thread);
    chrome->written = true;
}

// Times are in microseconds.
static void write_time(FILE *file, const char *name, uint64_t ns)
{
    fprintf(file, ",\"%s\":%" PRIu64 ".%03u", name, ns / 1000, (unsigned)(ns % 1000));
}

static void write_name(FILE *file, const char *name)
{
    fputs(",\"name\":", file);
    escape_json(file, name);
}

// Names a process or a thread, and says where it stands among the others.
static void name_track(struct export *export, const char *what, struct track track, const char *name, uint32_t order)
{
    open_event(export, "M", track);
    fprintf(export->file, ",\"name\":\"%s_name\",\"args\":{\"name\":", what);
    escape_json(export->file, name);
    fputs("}}", export->file);
    open_event(export, "M", track);
    fprintf(export->file, ",\"name\":\"%s_sort_index\",\"args\":{\"sort_index\":%" PRIu32 "}}", what, order);
}

// An arrow starts, passes or ends at the slice that was written last and begins at `time`.
static void write_arrow(struct export *export, const char *phase, struct track track, uint64_t time, uint64_t cause)
{
    open_event(export, phase, track);
    write_time(export->file, "ts", time);
    fprintf(export->file, ",\"name\":\"interrupt\",\"cat\":\"interrupt\",\"id\":%" PRIu64 "%s}", cause,
            *phase == 'f' ? ",\"bp\":\"e\"" : "");
}

// --- Tracks ----------------------------------------------------------------------------------------------------------

// `order`: among the threads of its process; 0: as they come.
static struct track track_of(struct export *export, enum process process, const char *name, uint32_t order)
{
    struct chrome *chrome = export->state;
    char key[128];
    snprintf(key, sizeof key, "%d/%s", process, name);
    uint32_t known = chrome->tracks.count, number = name_table_add(&chrome->tracks, key);
    struct track track = { process, number + 1 };
    if (number == NAME_TABLE_NONE)
        export->failed = -ENOMEM;
    else if (number == known)
        name_track(export, "thread", track, name, order ? order : number);
    return track;
}

#define CPU_ORDER(cpu) ((cpu)*64 + 1)

static struct track cpu_track(struct export *export, uint32_t cpu)
{
    char name[32];
    if (cpu == INTACT_NO_CPU)
        return track_of(export, CPUS, "not by a CPU", UINT32_MAX);
    snprintf(name, sizeof name, "CPU %" PRIu32, cpu);
    return track_of(export, CPUS, name, CPU_ORDER(cpu));
}

static struct track handler_track(struct export *export, const struct delivery *of)
{
    char name[48];
    int used = snprintf(name, sizeof name, "CPU %" PRIu32 " handlers", of->cpu);
    if (of->depth)
        snprintf(name + used, sizeof name - (size_t)used, ", nested %" PRIu32, of->depth);
    return track_of(export, CPUS, name, CPU_ORDER(of->cpu) + 1 + of->depth);
}

static struct track chip_track(struct export *export, const struct intact_trace_event *event, uint64_t chip)
{
    char name[64];
    if (chip == INTACT_CHIP_CPU)
        return cpu_track(export, event->cpu);
    chip_text(event, chip, name, sizeof name);
    return track_of(export, chip >= INTACT_CHIP_DEVICE ? DEVICES : CHIPS, name, 0);
}

static struct track station_track(struct export *export, const struct intact_trace_event *event)
{
    char source[96];
    source_text(export->machine.arm, event, source, sizeof source);
    switch (event->id) {
    case INTACT_TRACE_LINE:
    case INTACT_TRACE_TRIGGER:
    case INTACT_TRACE_MESSAGE:
    case INTACT_TRACE_TIMER: return track_of(export, DEVICES, source, 0);
    case INTACT_TRACE_ROUTE:
    case INTACT_TRACE_RESAMPLE:
    case INTACT_TRACE_DROP: return track_of(export, CHIPS, "routing", 0);
    case INTACT_TRACE_MASK:
        if (event->a == INTACT_CHIP_SOURCE)
            return track_of(export, DEVICES, source, 0);
        return chip_track(export, event, event->a);
    case INTACT_TRACE_PIN:
    case INTACT_TRACE_SET:
    case INTACT_TRACE_MISTAKE:
    case INTACT_TRACE_EOI: return chip_track(export, event, chip_of_event(event));
    case INTACT_TRACE_ACCEPT:
        return chip_track(export, event, export->machine.arm ? INTACT_CHIP_GIC_CPU : INTACT_CHIP_LAPIC);
    default: return cpu_track(export, event->cpu);
    }
}

// --- Stations and handlers -------------------------------------------------------------------------------------------

static void write_station(struct export *export, const struct intact_trace_event *event, struct track track)
{
    char text[EVENT_TEXT_SIZE];
    event_text(export->machine.arm, event, text, sizeof text);
    open_event(export, event->cause ? "X" : "i", track);
    write_time(export->file, "ts", event->time);
    fputs(event->cause ? ",\"dur\":0.001" : ",\"s\":\"t\"", export->file);
    write_name(export->file, text);
    fprintf(export->file, ",\"cat\":\"%s\",\"args\":{\"instructions\":%" PRIu64 ",\"cause\":%" PRIu64 "}}",
            intact_trace_name(event->id), event->instructions, event->cause);
}

// A line or a pin that falls is no part of the way to the handler, and the pending set may change for other reasons.
static bool on_the_way(const struct intact_trace_event *event)
{
    switch (event->id) {
    case INTACT_TRACE_LINE: return event->b != 0;
    case INTACT_TRACE_PIN: return event->c != 0;
    case INTACT_TRACE_PENDING: return (event->a & ~event->b) != 0;
    default: return true;
    }
}

static void pass_arrow(struct export *export, struct life *life, struct track track, uint64_t time)
{
    write_arrow(export, life->arrow ? "t" : "s", track, time, life->cause);
    life->arrow = true;
}

static void end_arrow(struct export *export, struct life *life, struct track track, uint64_t time)
{
    if (life->arrow)
        write_arrow(export, "f", track, time, life->cause);
    life->arrow = false;
}

static struct track write_handler(struct export *export, const struct delivery *of, const char *source, uint64_t end)
{
    char name[160];
    struct track track = handler_track(export, of);
    snprintf(name, sizeof name, export->machine.arm ? "INTID %" PRIu64 " (%s)" : "vector %02" PRIX64 "h (%s)",
             of->interrupt, source);
    open_event(export, "X", track);
    write_time(export->file, "ts", of->begun.time);
    write_time(export->file, "dur", end - of->begun.time);
    write_name(export->file, name);
    fprintf(export->file, ",\"cat\":\"handler\",\"args\":{\"instructions\":%" PRIu64 ",\"cause\":%" PRIu64 "}}",
            of->begun.instructions, of->cause);
    return track;
}

static void chrome_event(struct export *export, const struct intact_trace_event *event)
{
    struct chrome *chrome = export->state;
    struct intact_trace_event named = *event;
    struct delivery of = { 0 };
    struct life *life = lives_event(&chrome->lives, event, &export->failed);
    const char *source = life ? chrome->lives.names.name[life->name] : "unknown";
    chrome->time = event->time > chrome->time ? event->time : chrome->time;
    if (life && life->complete && event->id != INTACT_TRACE_LINE && event->id != INTACT_TRACE_TRIGGER)
        named.source = source;
    if (deliveries_event(&chrome->deliveries, event, &of, &export->failed) == DELIVERY_ENDS) {
        struct track handler = write_handler(export, &of, source, event->time);
        if (life && life->arrow)
            pass_arrow(export, life, handler, of.begun.time);
    }
    struct track track = station_track(export, &named);
    write_station(export, &named, track);
    if (life && event->id == INTACT_TRACE_EOI)
        end_arrow(export, life, track, event->time);
    else if (life && on_the_way(event))
        pass_arrow(export, life, track, event->time);
}

// --- The file --------------------------------------------------------------------------------------------------------

static int chrome_begin(struct export *export)
{
    static const char *const names[] = { [DEVICES] = "devices", [CHIPS] = "chips", [CPUS] = "CPUs" };
    struct chrome *chrome = calloc(1, sizeof *chrome);
    if (!chrome)
        return -ENOMEM;
    if (deliveries_init(&chrome->deliveries, export->machine.arm, export->machine.cpus) < 0) {
        free(chrome);
        return -ENOMEM;
    }
    chrome->lives.arm = export->machine.arm;
    export->state = chrome;
    fputs("{\"displayTimeUnit\":\"ns\",\"otherData\":{\"title\":", export->file);
    escape_json(export->file, export->machine.title ? export->machine.title : "");
    fputs("},\"traceEvents\":[", export->file);
    for (enum process process = DEVICES; process <= CPUS; process++)
        name_track(export, "process", (struct track){ process, 0 }, names[process], process);
    return 0;
}

// Handlers that have not ended last until the end of the trace.
static void chrome_end(struct export *export)
{
    struct chrome *chrome = export->state;
    for (size_t i = 0; i < chrome->deliveries.count && !export->failed; i++)
        write_handler(export, &chrome->deliveries.open[i], "not ended", chrome->time);
    fputs("\n]}\n", export->file);
    name_table_free(&chrome->tracks);
    lives_free(&chrome->lives);
    deliveries_free(&chrome->deliveries);
    free(chrome);
}

const struct export_format export_chrome = {
    .name = "chrome",
    .about = "Chrome trace events, for Perfetto and chrome://tracing",
    .begin = chrome_begin,
    .event = chrome_event,
    .end = chrome_end,
};
