// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Random code of either family, in whole machines.
//
// What must hold: nothing crashes or hangs, and the same program ends in the same state (of every chip, device and
// register, and of RAM) whether it runs in one go, by slices of 7 instructions, or one by one, with a large block cache
// or a tiny one, and under a debugger that stops it at breakpoints, watchpoints and events, and steps; and whether it is
// interpreted, or each of its blocks becomes host code at once, with much memory for that or little, compared or not.
#include "fuzz_code.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "vcpu/guest.h"
#include "vcpu/jit/check.h"
#include "vcpu/jit/jit.h"

enum { IDLES = 50, INSTRUCTIONS = 800, RUNS = 7 };

// One of the machines that run the same program.
struct run {
    struct rig rig;
    unsigned idles;
    enum loop_stop stop;
    // Of a debugger: it stops at some events, and at writes to one page of memory.
    struct fuzz *fuzz;
    struct intact_trace_observer observer;
    uint64_t page;
    bool ready; // its block cache and code generator have been made
    struct jit *jit;
};

// How each of them runs it.
static const struct {
    uint64_t slice;
    size_t arena;
    bool debugged;
    size_t code; // bytes of memory for host code; 0: everything is interpreted
    bool checked;
} ways[RUNS] = {
    { .slice = INSTRUCTIONS, .arena = 8 << 20 },
    { .slice = 7, .arena = 1 << 20 },
    { .slice = 1, .arena = 128 << 10 },
    { .slice = 50, .arena = 1 << 20, .debugged = true },
    { .slice = INSTRUCTIONS, .arena = 8 << 20, .code = 1 << 20 },
    { .slice = 7, .arena = 256 << 10, .code = JIT_BYTES_MIN, .debugged = true },
    { .slice = 100, .arena = 1 << 20, .code = 1 << 20, .checked = true },
};

// The machines of a variant, and how they are before a program.
struct variant {
    struct run runs[RUNS];
    struct visit_save fresh, program, end;
};

// A guest that halts with a timer that does not wake it would be halted for ever.
static bool on_idle(void *owner, uint64_t until)
{
    struct run *run = owner;
    (void)until;
    if (++run->idles < IDLES)
        return false;
    loop_stop(run->rig.loop, LOOP_QUIT, 0);
    return true;
}

// A host without a code generator interprets.
static void make_ready(struct run *run, unsigned way)
{
    struct loop *loop = run->rig.loop;
    struct jit_config config = { .bytes = ways[way].code, .threshold = 1, .check = ways[way].checked };
    blocks_free(&loop->blocks);
    if (blocks_init(&loop->blocks, ways[way].arena, loop->vcpus, &loop->count) < 0)
        fuzz_fail("no memory for blocks");
    int result = ways[way].code ? jit_create(&run->jit, loop, loop->guest->jit, &config) : 0;
    if (result < 0 && result != -ENOTSUP)
        fuzz_fail("no memory for host code");
    run->ready = true;
}

static void begin(struct run *run, unsigned way)
{
    struct loop *loop = run->rig.loop;
    if (run->ready)
        blocks_drop(&loop->blocks);
    else
        make_ready(run, way);
    stops_remove_all(loop);
    stops_watch_memory(loop, &(struct stop_memory){ .watches = NULL });
    intact_trace_observer_remove(&run->observer);
    run->idles = 0;
    loop->idle = on_idle;
    loop->idle_owner = run;
    loop->stop = LOOP_RUNNING;
}

static void on_event(void *owner, const struct intact_trace_event *event)
{
    struct run *run = owner;
    if (fuzz_chance(run->fuzz, 3))
        stops_event(run->rig.loop, event->cpu, event->a);
}

static bool watches_page(void *owner, uint64_t page)
{
    return ((const struct run *)owner)->page == page;
}

static void on_written(void *owner, uint64_t address, uint64_t size)
{
    const struct run *run = owner;
    if (address - run->page < PAGE_SIZE || run->page - address < size)
        stops_event(run->rig.loop, STOP_NO_CPU, address);
}

// A debugger listens to events, or no longer, or to writes to another page.
static void debug_events(struct fuzz *fuzz, struct run *run)
{
    struct loop *loop = run->rig.loop;
    run->fuzz = fuzz;
    intact_trace_observer_remove(&run->observer);
    intact_trace_observer_init(&run->observer, INTACT_TRACE_ALL, on_event, run);
    if (loop->trace && fuzz_chance(fuzz, 2) && trace_add(loop->trace, &run->observer) < 0)
        fuzz_fail("no memory for an observer");
    run->page = fuzz_below(fuzz, RIG_RAM / PAGE_SIZE) * PAGE_SIZE;
    stops_watch_memory(loop, &(struct stop_memory){ watches_page, on_written, run });
}

// A debugger sets a point near where the processor is, or where a register points, and takes an old one out; or it steps.
static void debug(struct fuzz *fuzz, struct loop *loop)
{
    enum { POINTS = 8 };
    uint8_t value[DEBUG_REGISTER_BYTES];
    const struct debug_family *family = code_family.debug;
    bool watches = fuzz_chance(fuzz, 2);
    enum stop_kind kind = watches ? (enum stop_kind)(STOP_WRITE + fuzz_below(fuzz, 3)) : STOP_EXECUTE;
    debug_register_read(family, loop->vcpus[0], watches ? fuzz_below(fuzz, 17) : family->pc, value);
    uint64_t address = bytes_get(value, 8) + fuzz_below(fuzz, 24) - (watches ? 8 : 0);
    stops_add(loop, kind, address, watches ? 1 + fuzz_below(fuzz, 16) : 0);
    if (loop->stops.count > POINTS) {
        struct stop_point old = loop->stops.points[fuzz_below(fuzz, loop->stops.count)];
        stops_remove(loop, old.kind, old.address, old.size);
    }
    loop_step(loop, fuzz_chance(fuzz, 4) ? loop->vcpus[0] : NULL, 1 + fuzz_below(fuzz, 9));
}

static void execute(struct fuzz *fuzz, struct run *run, unsigned way, uint64_t instructions)
{
    struct loop *loop = run->rig.loop;
    uint64_t end = loop->instructions + instructions, slice = ways[way].slice;
    do {
        if (ways[way].debugged)
            debug(fuzz, loop);
        if (ways[way].debugged && fuzz_chance(fuzz, 8))
            debug_events(fuzz, run);
        loop->limit = loop->instructions + slice < end ? loop->instructions + slice : end;
        run->stop = vcpu_run(loop);
        if (run->stop == LOOP_BREAK)
            run->stop = LOOP_LIMIT;
    } while (run->stop == LOOP_LIMIT && loop->instructions < end);
    loop_step(loop, NULL, 0);
}

// The first difference, or NULL.
static const char *compare(const struct run *one, const struct run *other, const struct visit_save *save)
{
    const char *differs = rig_differs(&other->rig, save);
    if (differs)
        return differs;
    if (one->stop != other->stop)
        return "reason to stop";
    if (one->idles != other->idles)
        return "number of idle moments";
    return memcmp(one->rig.ram, other->rig.ram, RIG_RAM) ? "byte of RAM" : NULL;
}

// Makes the program of `fuzz` and runs so many instructions of it in every way. What differs, or NULL.
static const char *run_program(struct fuzz *fuzz, struct variant *variant, uint64_t instructions, unsigned *culprit)
{
    struct run *runs = variant->runs;
    const char *differs = NULL;
    if (!variant->fresh.data)
        rig_save(&runs[0].rig, &variant->fresh);
    rig_load(&runs[0].rig, &variant->fresh);
    begin(&runs[0], 0);
    code_family.program(fuzz, &runs[0].rig);
    rig_save(&runs[0].rig, &variant->program);
    for (unsigned i = 1; i < RUNS; i++) {
        begin(&runs[i], i);
        memcpy(runs[i].rig.ram, runs[0].rig.ram, RIG_RAM);
        rig_load(&runs[i].rig, &variant->program);
    }
    execute(fuzz, &runs[0], 0, instructions);
    rig_save(&runs[0].rig, &variant->end);
    for (unsigned i = 1; i < RUNS && !differs; i++) {
        execute(fuzz, &runs[i], i, instructions);
        differs = compare(&runs[0], &runs[i], &variant->end);
        *culprit = i;
    }
    return differs;
}

static void tell_run(const struct fuzz *fuzz, const struct run *run, unsigned way)
{
    fuzz_tell(fuzz, "slice %u%s: stop %d after %llu, now %llu", (unsigned)ways[way].slice,
              ways[way].code ? ", host code" : "", run->stop, (unsigned long long)run->rig.loop->instructions,
              (unsigned long long)run->rig.clock->now);
    code_family.tell(fuzz, &run->rig);
}

// With --trace: the state before the first instruction that makes a difference, and after it.
static void find_first(const struct fuzz *start, struct variant *variant)
{
    unsigned culprit;
    for (unsigned n = 1; n <= INSTRUCTIONS; n++) {
        struct fuzz fuzz = *start;
        fuzz.verbose = false;
        const char *differs = run_program(&fuzz, variant, n, &culprit);
        for (unsigned i = 0; i < RUNS; i++)
            if (differs || i == 0)
                tell_run(start, &variant->runs[i], i);
        if (differs) {
            fuzz_tell(start, "after %u instructions: another %s", n, differs);
            return;
        }
    }
}

void fuzz_case(struct fuzz *fuzz)
{
    static struct variant variants[CODE_VARIANTS];
    unsigned which = fuzz_below(fuzz, code_family.variants), culprit;
    struct variant *variant = &variants[which];
    const struct fuzz start = *fuzz;
    for (unsigned i = 0; i < RUNS && !variant->runs[i].rig.machine; i++)
        variant->runs[i].rig = code_family.make(which);
    const char *differs = run_program(fuzz, variant, INSTRUCTIONS, &culprit);
    if (!differs)
        return;
    for (unsigned i = 0; i < RUNS; i++)
        if (ways[i].checked && variant->runs[i].jit && check_report(jit_check(variant->runs[i].jit)))
            fputs(check_report(jit_check(variant->runs[i].jit)), stderr);
    if (fuzz->verbose)
        find_first(&start, variant);
    fuzz_fail("by slices of %u%s it ends with another %s", (unsigned)ways[culprit].slice,
              ways[culprit].code ? ", as host code," : "", differs);
}
