// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// A trace as waves: a Value Change Dump for GTKWave and others. Spec: IEEE Std 1800-2017, clause 21.7.
//
// A signal's name is a path of scopes, with dots: "pit.out0", "ioapic0.pin2", "cpu0.isr.v31h". docs/tracing.md lists them. The
// state of chips is what their events say: an interrupt that waits since before the trace is not in `irr` until it is taken.
//
// All variables have to be declared before the first change, so this format keeps all changes until the end: 24 bytes for
// each, about one for an event; and an entry for each cause (lives.h).
//
// Not modelled: an interrupt that a GIC no longer forwards because its line fell stays in `pending` until it is acknowledged;
// bits of a local APIC's IRR and ISR that a reset cleared stay set.
#include "observe/export.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "observe/chips.h"
#include "observe/event_text.h"
#include "observe/grow.h"
#include "observe/lives.h"

#define NO_VALUE UINT64_MAX // BUS: nothing is there ("z"); WIRE: not known

// A level; a point in time; a number of 32 bits.
enum kind { WIRE, POINT, BUS };

struct signal {
    enum kind kind;
    uint64_t value, first;
};

struct change {
    uint64_t time, value;
    uint32_t signal;
};

struct vcd {
    struct name_table names; // paths of signals; the rest is by their numbers
    struct signal *signal;
    size_t signals, signal_room;
    struct change *change;
    size_t changes, change_room;
    uint64_t time; // of the last event
    struct lives lives;
    struct deliveries deliveries;
};

static int vcd_begin(struct export *export)
{
    struct vcd *vcd = calloc(1, sizeof *vcd);
    if (!vcd)
        return -ENOMEM;
    vcd->lives.arm = export->machine.arm;
    export->state = vcd;
    if (deliveries_init(&vcd->deliveries, export->machine.arm, export->machine.cpus) == 0)
        return 0;
    free(vcd);
    return -ENOMEM;
}

// --- Signals ---------------------------------------------------------------------------------------------------------

static struct signal *find(struct vcd *vcd, const char *path, enum kind kind, uint32_t *number)
{
    *number = name_table_add(&vcd->names, path);
    if (*number == NAME_TABLE_NONE || *number > vcd->signals) // no memory, now or before
        return NULL;
    if (*number == vcd->signals) {
        struct signal *grown = grow(vcd->signal, &vcd->signal_room, vcd->signals, sizeof *grown);
        if (!grown)
            return NULL;
        vcd->signal = grown;
        vcd->signal[vcd->signals++] = (struct signal){ .kind = kind, .value = NO_VALUE };
    }
    return &vcd->signal[*number];
}

static int record(struct vcd *vcd, uint32_t number, uint64_t value)
{
    struct change *grown = grow(vcd->change, &vcd->change_room, vcd->changes, sizeof *grown);
    if (!grown)
        return -ENOMEM;
    vcd->change = grown;
    vcd->change[vcd->changes++] = (struct change){ vcd->time, value, number };
    return 0;
}

// The signal has `value` from now on.
static void set(struct export *export, const char *path, enum kind kind, uint64_t value)
{
    struct vcd *vcd = export->state;
    uint32_t number;
    struct signal *signal = find(vcd, path, kind, &number);
    if (!signal) {
        export->failed = -ENOMEM;
        return;
    }
    if (signal->kind != kind) // a source that has a line and also sends messages: the line is shown
        return;
    if (kind != POINT && signal->value == value)
        return;
    if (signal->value == NO_VALUE && kind == WIRE)
        signal->first = value;
    signal->value = value;
    if (record(vcd, number, value) < 0)
        export->failed = -ENOMEM;
}

// Whether a wire is known to be high.
static bool is_high(const struct export *export, const char *path)
{
    const struct vcd *vcd = export->state;
    uint32_t number = name_table_find(&vcd->names, path);
    return number < vcd->signals && vcd->signal[number].value == 1;
}

// --- From events to signals ------------------------------------------------------------------------------------------

#define PATH 160

// A path out of a name: printable, without spaces and empty parts.
static void clean(char *name)
{
    for (char *at = name; *at; at++)
        if (!isgraph((uint8_t)*at) || *at == '$' || (*at == '.' && (at == name || at[-1] == '.' || !at[1])))
            *at = '_';
}

// A source without a dot in its name is in the scope `lines`.
static void source_path(bool arm, const struct intact_trace_event *event, char *out, size_t size)
{
    char name[96];
    source_text(arm, event, name, sizeof name);
    snprintf(out, size, "%s%s", strchr(name, '.') ? "" : "lines.", name);
    clean(out);
}

static void pin_changed(struct export *export, const struct intact_trace_event *event)
{
    char chip[48], pin[48], path[PATH];
    chip_name(event, event->a, chip, sizeof chip);
    pin_name(event->a, event->b, pin, sizeof pin);
    snprintf(path, sizeof path, "%s.%s", chip, pin);
    set(export, path, WIRE, event->c != 0);
}

static void pending_changed(struct export *export, const struct intact_trace_event *event)
{
    char path[PATH];
    for (unsigned bit = 0; bit < PENDING_BITS; bit++) {
        snprintf(path, sizeof path, "cpu%" PRIu32 ".%s", event->cpu, pending_bits[bit]);
        if ((event->a ^ event->b) >> bit & 1)
            set(export, path, WIRE, event->a >> bit & 1);
    }
}

// The wire of an interrupt in a set of a processor: "cpu0.irr.v31h", "cpu1.active.intid27".
static void member(struct export *export, uint32_t cpu, bool waits, uint64_t number, char *out, size_t size)
{
    if (export->machine.arm)
        snprintf(out, size, "cpu%" PRIu32 ".%s.intid%" PRIu64, cpu, waits ? "pending" : "active", number);
    else
        snprintf(out, size, "cpu%" PRIu32 ".%s.v%02" PRIX64 "h", cpu, waits ? "irr" : "isr", number);
}

static void change_member(struct export *export, uint32_t cpu, bool waits, uint64_t number, bool in)
{
    char path[PATH];
    member(export, cpu, waits, number, path, sizeof path);
    if (in || is_high(export, path))
        set(export, path, WIRE, in);
}

// In service at the 8259A, whose interrupts are never in a local APIC's IRR.
static void change_pic(struct export *export, uint64_t vector, bool in)
{
    char path[PATH];
    snprintf(path, sizeof path, "pic.isr.v%02" PRIX64 "h", vector);
    if (in || is_high(export, path))
        set(export, path, WIRE, in);
}

static void accepted(struct export *export, const struct intact_trace_event *event)
{
    if (export->machine.arm || (event->b & 7) <= 1) // fixed, lowest priority; others are not in IRR
        change_member(export, event->cpu, true, event->a, true);
}

// Which chip gave a vector that is not known to be in IRR? It can only be the 8259A, but for one that waits since before the
// trace began. Below 16 there are no interrupts, but the vectors of NMI and exceptions.
static void taken(struct export *export, const struct intact_trace_event *event)
{
    char waits[PATH];
    if (export->machine.arm || event->a < 16)
        return;
    member(export, event->cpu, true, event->a, waits, sizeof waits);
    if (is_high(export, waits)) {
        set(export, waits, WIRE, 0);
        change_member(export, event->cpu, false, event->a, true);
    } else {
        change_pic(export, event->a, true);
    }
}

// An SPI may have been offered to several processors; no other interrupt is shared by them.
static bool shared(uint64_t intid)
{
    return (intid >= 32 && intid < 1020) || (intid >= 4096 && intid < 5120);
}

static void acknowledged(struct export *export, const struct intact_trace_event *event)
{
    for (uint32_t cpu = 0; cpu < export->machine.cpus; cpu++)
        if (cpu == event->cpu || shared(event->a))
            change_member(export, cpu, true, event->a, false);
    change_member(export, event->cpu, false, event->a, true);
}

// An SPI is active until the distributor ends it, which with EOImode 1 is later than the EOI at the processor.
static void ended(struct export *export, const struct intact_trace_event *event)
{
    bool arm = export->machine.arm;
    if (event->b == INTACT_CHIP_GICD)
        for (uint32_t cpu = 0; cpu < export->machine.cpus; cpu++)
            change_member(export, cpu, false, event->a, false);
    else if (event->cpu != INTACT_NO_CPU && !(arm && shared(event->a)))
        change_member(export, event->cpu, false, event->a, false);
    if (!arm && (event->b == INTACT_CHIP_PIC || event->b == INTACT_CHIP_LAPIC))
        change_pic(export, event->a, false);
}

// What the processor handles: the vector or INTID that was delivered last and has not ended.
static void handler_changed(struct export *export, const struct delivery *of)
{
    struct vcd *vcd = export->state;
    const struct delivery *last = deliveries_last(&vcd->deliveries, of->cpu);
    char path[PATH];
    snprintf(path, sizeof path, "cpu%" PRIu32 ".handles", of->cpu);
    set(export, path, BUS, last ? last->interrupt & UINT32_MAX : NO_VALUE);
}

static void happened(struct export *export, const struct intact_trace_event *event)
{
    char path[PATH];
    source_path(export->machine.arm, event, path, sizeof path);
    set(export, path, event->id == INTACT_TRACE_LINE ? WIRE : POINT,
        event->id == INTACT_TRACE_LINE ? event->b != 0 : 1);
}

static void vcd_event(struct export *export, const struct intact_trace_event *event)
{
    struct vcd *vcd = export->state;
    struct intact_trace_event named = *event;
    struct delivery of;
    const struct life *life = lives_event(&vcd->lives, event, &export->failed);
    if (!event->source && life)
        named.source = vcd->lives.names.name[life->name];
    if (event->time > vcd->time)
        vcd->time = event->time;
    switch (event->id) {
    case INTACT_TRACE_LINE:
    case INTACT_TRACE_TRIGGER:
    case INTACT_TRACE_MESSAGE:
    case INTACT_TRACE_IPI:
    case INTACT_TRACE_SET:
    case INTACT_TRACE_TIMER: happened(export, &named); break;
    case INTACT_TRACE_PIN: pin_changed(export, event); break;
    case INTACT_TRACE_ACCEPT: accepted(export, event); break;
    case INTACT_TRACE_PENDING: pending_changed(export, event); break;
    case INTACT_TRACE_TAKE: taken(export, event); break;
    case INTACT_TRACE_ACK: acknowledged(export, event); break;
    case INTACT_TRACE_EOI: ended(export, event); break;
    case INTACT_TRACE_DROP: set(export, "trace.drop", POINT, 1); break;
    case INTACT_TRACE_MASK: set(export, "trace.mask", POINT, 1); break;
    case INTACT_TRACE_MISTAKE: set(export, "trace.mistake", POINT, 1); break;
    default: break;
    }
    if (deliveries_event(&vcd->deliveries, event, &of, &export->failed) != DELIVERY_NONE)
        handler_changed(export, &of);
}

// --- The file --------------------------------------------------------------------------------------------------------

// The short name of a variable: printable characters, as digits of a number.
static const char *code(uint32_t number, char out[8])
{
    unsigned used = 0;
    do {
        out[used++] = (char)('!' + number % 94);
        number /= 94;
    } while (number);
    out[used] = 0;
    return out;
}

// The scopes of a path end before its last dot.
static size_t scopes_of(const char *path)
{
    const char *dot = strrchr(path, '.');
    return dot ? (size_t)(dot - path) : 0;
}

// How much of the scopes of two paths is the same: up to a dot, or the end of both.
static size_t common_scopes(const char *a, size_t a_size, const char *b, size_t b_size)
{
    size_t common = 0;
    for (size_t i = 0;; i++) {
        bool a_ends = i >= a_size || a[i] == '.', b_ends = i >= b_size || b[i] == '.';
        if (a_ends && b_ends)
            common = i;
        if (i >= a_size || i >= b_size || a[i] != b[i])
            return common;
    }
}

static void close_scopes(FILE *file, const char *path, size_t size, size_t kept)
{
    for (size_t i = kept; i < size; i++)
        if (i == 0 || path[i] == '.')
            fputs("$upscope $end\n", file);
}

static void open_scopes(FILE *file, const char *path, size_t size, size_t kept)
{
    for (size_t i = kept; i < size;) {
        size_t begin = path[i] == '.' ? i + 1 : i, end = begin;
        while (end < size && path[end] != '.')
            end++;
        fprintf(file, "$scope module %.*s $end\n", (int)(end - begin), path + begin);
        i = end;
    }
}

static void declare(FILE *file, const struct vcd *vcd, const uint32_t *order)
{
    static const char *const types[] = { [WIRE] = "wire 1", [POINT] = "event 1", [BUS] = "wire 32" };
    const char *last = "";
    char short_name[8];
    for (size_t i = 0; i < vcd->signals; i++) {
        const char *path = vcd->names.name[order[i]];
        size_t size = scopes_of(path), last_size = scopes_of(last);
        size_t kept = common_scopes(last, last_size, path, size);
        enum kind kind = vcd->signal[order[i]].kind;
        close_scopes(file, last, last_size, kept);
        open_scopes(file, path, size, kept);
        fprintf(file, "$var %s %s %s%s $end\n", types[kind], code(order[i], short_name), path + size + (size ? 1 : 0),
                kind == BUS ? " [31:0]" : "");
        last = path;
    }
    close_scopes(file, last, scopes_of(last), 0);
}

static void write_value(FILE *file, enum kind kind, uint32_t number, uint64_t value)
{
    char short_name[8];
    code(number, short_name);
    if (kind != BUS) {
        fprintf(file, "%d%s\n", value != 0, short_name);
    } else if (value == NO_VALUE) {
        fprintf(file, "bz %s\n", short_name);
    } else {
        int bit = 31;
        while (bit > 0 && !(value >> bit & 1))
            bit--;
        putc('b', file);
        for (; bit >= 0; bit--)
            putc((int)('0' + (value >> bit & 1)), file);
        fprintf(file, " %s\n", short_name);
    }
}

// What a wire was before its first change is known from it: the opposite. Returns the time of this.
static uint64_t write_first(FILE *file, const struct vcd *vcd)
{
    uint64_t begins = vcd->changes ? vcd->change[0].time : vcd->time, time = begins ? begins - 1 : 0;
    fprintf(file, "#%" PRIu64 "\n$dumpvars\n", time);
    for (uint32_t i = 0; i < vcd->signals; i++)
        if (vcd->signal[i].kind != POINT)
            write_value(file, vcd->signal[i].kind, i, vcd->signal[i].kind == BUS ? NO_VALUE : !vcd->signal[i].first);
    fputs("$end\n", file);
    return time;
}

static void write_changes(FILE *file, const struct vcd *vcd, uint64_t time)
{
    for (size_t i = 0; i < vcd->changes; i++) {
        const struct change *change = &vcd->change[i];
        if (change->time != time)
            fprintf(file, "#%" PRIu64 "\n", change->time);
        time = change->time;
        write_value(file, vcd->signal[change->signal].kind, change->signal, change->value);
    }
    if (vcd->time != time)
        fprintf(file, "#%" PRIu64 "\n", vcd->time);
}

static void write_file(struct export *export)
{
    struct vcd *vcd = export->state;
    uint32_t *order = vcd->signals ? name_table_sorted(&vcd->names) : NULL;
    if (vcd->signals && !order) {
        export->failed = -ENOMEM;
        return;
    }
    fputs("$version intact trace $end\n$timescale 1ns $end\n$scope module intact $end\n", export->file);
    declare(export->file, vcd, order);
    fputs("$upscope $end\n$enddefinitions $end\n", export->file);
    write_changes(export->file, vcd, write_first(export->file, vcd));
    free(order);
}

static void vcd_end(struct export *export)
{
    struct vcd *vcd = export->state;
    if (!export->failed)
        write_file(export);
    name_table_free(&vcd->names);
    free(vcd->signal);
    free(vcd->change);
    lives_free(&vcd->lives);
    deliveries_free(&vcd->deliveries);
    free(vcd);
}

const struct export_format export_vcd = {
    .name = "vcd",
    .about = "Value Change Dump: lines, pins, IRR, ISR and pending bits as waves",
    .begin = vcd_begin,
    .event = vcd_event,
    .end = vcd_end,
};
