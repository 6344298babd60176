// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The public API of a machine, <intact/machine.h>, for struct pc and struct virt.
#include <intact/machine.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/sized.h"
#include "devices/virtio/virtio_balloon.h"
#include "machine/board/device_drivers.h"
#include "machine/config_lists.h"
#include "machine/lint.h"
#include "machine/machine.h"
#include "machine/pc/pc.h"
#include "machine/perf_map.h"
#include "machine/timeline.h"
#include "machine/virt/virt.h"
#include "machine/why.h"
#include "observe/lint.h"
#include "vcpu/aarch64/system/model.h"
#include "vcpu/x86_64/system/model.h"

static const struct board_type *const types[] = { [INTACT_PC] = &pc_type, [INTACT_VIRT] = &virt_type };

// The options INTACT_JIT, INTACT_JIT_BYTES and INTACT_JIT_THRESHOLD of a build; 0: the generator's own.
#ifndef DEFAULT_JIT
#define DEFAULT_JIT           INTACT_JIT_ON
#define DEFAULT_JIT_BYTES     0
#define DEFAULT_JIT_THRESHOLD 0
#endif

// --- Life -----------------------------------------------------------------------------------------------------------

static const struct intact_machine_config default_config = {
    .size = sizeof default_config,
    .gic_version = 3,
    .its = true,
    .cpus = 1,
    .memory = UINT64_C(128) << 20,
    .rtc_date = RTC_DEFAULT_DATE,
    .hpet = true,
    .acpi = true,
    .com1 = true,
    .reboot = true,
    .jit = DEFAULT_JIT,
    .jit_size = DEFAULT_JIT_BYTES,
    .jit_threshold = DEFAULT_JIT_THRESHOLD,
};

void intact_machine_config_defaults(struct intact_machine_config *config, size_t size)
{
    sized_give(config, size, &default_config, sizeof default_config);
}

const char *intact_machine_cpu(enum intact_machine_type type, unsigned index, const char **about)
{
    static const char *const vendors[] = { [X86_INTEL] = "Intel", [X86_AMD] = "AMD" };
    if (type == INTACT_VIRT ? index >= a64_model_count : index >= x86_model_count)
        return NULL;
    if (about)
        *about = type == INTACT_VIRT ? "Arm" : vendors[x86_models[index].vendor];
    return type == INTACT_VIRT ? a64_models[index].name : x86_models[index].name;
}

static int refuse(char *why, int code, const char *text)
{
    if (why)
        snprintf(why, INTACT_ERROR_SIZE, "%s", text);
    return code;
}

static int build(struct intact_machine *made, const struct intact_machine_config *given, char *why)
{
    struct intact_machine_config config = default_config;
    const char *text = NULL;
    int result = config_take(&config, &made->lists, given, &text);
    if (result < 0)
        return refuse(why, result, text);
    if ((unsigned)config.type >= countof(types))
        return refuse(why, -EINVAL, "-machine: there is no such type");
    made->board = calloc(1, types[config.type]->size);
    if (!made->board)
        return refuse(why, -ENOMEM, "the host has no memory left");
    replay_init(&made->replay, made->board);
    stop_events_init(&made->events, made->board);
    result = board_create(made->board, types[config.type], &config);
    if (result < 0)
        return refuse(why, result, made->board->error.text);
    result = config.perf_map ? perf_map_begin(made) : 0;
    return result < 0 ? refuse(why, result, "-perfmap: cannot write /tmp/perf-PID.map") : 0;
}

int intact_machine_create(const struct intact_machine_config *config, struct intact_machine **machine, char *why)
{
    struct intact_machine *made = calloc(1, sizeof *made);
    if (!made)
        return refuse(why, -ENOMEM, "the host has no memory left");
    int result = build(made, config, why);
    if (result < 0)
        intact_machine_destroy(made);
    else
        *machine = made;
    return result;
}

const char *intact_machine_cpu_feature(enum intact_machine_type type, unsigned index)
{
    return type == INTACT_VIRT ? NULL : cpu_model_feature(index);
}

const char *intact_machine_cpu_without(const struct intact_machine *machine)
{
    return machine->board->cpu_without;
}

// Something to be done at an instruction.
struct moment {
    struct moment *next;
    uint64_t instructions;
    void (*call)(void *owner, struct intact_machine *machine);
    void *owner;
};

static void free_moments(struct intact_machine *machine)
{
    while (machine->moments) {
        struct moment *first = machine->moments;
        machine->moments = first->next;
        free(first);
    }
}

void intact_machine_destroy(struct intact_machine *machine)
{
    if (!machine)
        return;
    replay_end(&machine->replay, (uint32_t)machine->last.reason, (uint32_t)machine->last.status);
    if (machine->timeline)
        timeline_free(machine->timeline);
    free(machine->timeline);
    free(machine->jit_report);
    free_moments(machine);
    replay_free(&machine->replay);
    machine_why_free(machine);
    machine_lint_free(machine);
    machine_log_free(machine);
    code_observers_free(machine);
    if (machine->board)
        board_destroy(machine->board);
    free(machine->board);
    perf_map_free(machine);
    config_lists_free(&machine->lists);
    free(machine);
}

// --- Running --------------------------------------------------------------------------------------------------------

_Static_assert((int)INTACT_STOP_STEP == (int)STOP_STEP && (int)INTACT_STOP_REQUEST == (int)STOP_REQUEST &&
                   (int)INTACT_STOP_EXECUTE == (int)STOP_EXECUTE && (int)INTACT_STOP_WRITE == (int)STOP_WRITE &&
                   (int)INTACT_STOP_READ == (int)STOP_READ && (int)INTACT_STOP_ACCESS == (int)STOP_ACCESS &&
                   (int)INTACT_STOP_EVENT == (int)STOP_EVENT,
               "the public kinds of stops are vcpu/stops.h's");

static struct intact_exit describe_break(const struct stop *stop)
{
    return (struct intact_exit){
        .reason = INTACT_BREAK, .stop = (enum intact_stop)stop->kind, .cpu = stop->cpu, .address = stop->address
    };
}

static struct intact_exit describe_end(const struct intact_machine *machine, enum loop_stop stop)
{
    struct intact_exit end = { .reason = INTACT_FAILED, .status = INTACT_STATUS_FAILED };
    switch (stop) {
    case LOOP_POWER_OFF: end = (struct intact_exit){ .reason = INTACT_POWER_OFF }; break;
    case LOOP_RESET: end = (struct intact_exit){ .reason = INTACT_RESET }; break;
    case LOOP_EXIT:
        end = (struct intact_exit){ .reason = INTACT_DEBUG_EXIT, .status = machine->board->loop.status };
        break;
    case LOOP_DEADLOCK:
        end = (struct intact_exit){ .reason = INTACT_DEADLOCK, .status = INTACT_STATUS_DEADLOCK };
        break;
    case LOOP_QUIT: end = (struct intact_exit){ .reason = INTACT_QUIT }; break;
    case LOOP_LIMIT: end = (struct intact_exit){ .reason = INTACT_LIMIT, .status = INTACT_STATUS_LIMIT }; break;
    case LOOP_BREAK: end = describe_break(&machine->board->loop.stops.last); break;
    case LOOP_DIFFERS:
        end = (struct intact_exit){ .reason = INTACT_JIT_DIFFERS, .status = INTACT_STATUS_JIT_DIFFERS };
        break;
    case LOOP_RUNNING: break;
    }
    end.instructions = machine->board->loop.instructions;
    end.time = machine->board->clock.now;
    return end;
}

int intact_machine_call_at(struct intact_machine *machine, uint64_t instructions,
                           void (*call)(void *owner, struct intact_machine *machine), void *owner)
{
    struct moment **at = &machine->moments, *made;
    if (instructions < loop_instructions(&machine->board->loop))
        return -EINVAL;
    made = malloc(sizeof *made);
    if (!made)
        return -ENOMEM;
    while (*at && (*at)->instructions <= instructions)
        at = &(*at)->next;
    *made = (struct moment){ *at, instructions, call, owner };
    *at = made;
    return 0;
}

// Those up to an instruction.
static void call_moments(struct intact_machine *machine, uint64_t instructions)
{
    while (machine->moments && machine->moments->instructions <= instructions) {
        struct moment *first = machine->moments;
        machine->moments = first->next;
        first->call(first->owner, machine);
        free(first);
    }
}

// Up to the loop's limit, or to an instruction before it that stops the run.
static enum loop_stop run_to_limit(struct intact_machine *machine)
{
    struct loop *loop = &machine->board->loop;
    uint64_t limit = loop->limit, turns = loop->limit_turns;
    uint64_t next = stop_events_next(&machine->events, loop->instructions);
    bool stops = next < (limit ? limit : UINT64_MAX) || (next == limit && !turns);
    if (stops) {
        loop->limit = next;
        loop->limit_turns = 0;
    }
    enum loop_stop stop = machine->board->outside.reset_due ? LOOP_RESET
                          : machine->timeline               ? timeline_run(machine->timeline)
                                                            : replay_run(&machine->replay);
    loop->limit = limit;
    loop->limit_turns = turns;
    if (stops && stop == LOOP_LIMIT) {
        stop_events_reached(&machine->events, next);
        stop = LOOP_BREAK;
    }
    if (stop == LOOP_BREAK && loop->stops.last.kind == STOP_EVENT)
        stop_events_stopped(&machine->events);
    return stop;
}

// A stop that came together with the reset stops behind it. As board_restart.
static int restart(struct intact_machine *machine)
{
    struct outside *outside = &machine->board->outside;
    struct loop *loop = &machine->board->loop;
    if (!outside->reset_left)
        outside->reset_by_guest = !outside->reset_due;
    uint64_t end = loop->instructions + (outside->reset_left ? outside->reset_left : BOARD_RESET_INSTRUCTIONS);
    // While RESET# is held nothing changes: what is within that time sees the machine as it is before it.
    call_moments(machine, loop->limit && loop->limit < end ? loop->limit : end - 1);
    int result = board_restart(machine->board);
    if (result != 0)
        return result;
    if (outside->stop_taken)
        outside_interrupt(outside);
    outside->stop_taken = false;
    if (machine->lint)
        lint_reset(machine->lint);
    servers_reset(&machine->servers, outside->reset_by_guest);
    return 0;
}

// The same, with the moments on the way.
static enum loop_stop run_board(struct intact_machine *machine)
{
    struct loop *loop = &machine->board->loop;
    uint64_t limit = loop->limit, turns = loop->limit_turns;
    enum loop_stop stop;
    bool goes_on;
    do {
        call_moments(machine, loop->instructions);
        uint64_t next = machine->moments ? machine->moments->instructions : UINT64_MAX;
        goes_on = next < (limit ? limit : UINT64_MAX);
        loop->limit = goes_on ? next : limit;
        loop->limit_turns = goes_on ? 0 : turns;
        stop = run_to_limit(machine);
        loop->limit = limit;
        loop->limit_turns = turns;
    } while (goes_on && stop == LOOP_LIMIT);
    call_moments(machine, loop->instructions);
    return stop;
}

struct intact_exit machine_refuse_run(struct intact_machine *machine)
{
    error_set(&machine->board->error, -EBUSY, "a callback cannot run the machine: it is running");
    return (struct intact_exit){ INTACT_FAILED, INTACT_STATUS_FAILED, loop_instructions(&machine->board->loop),
                                 machine->board->clock.now };
}

// The power is off, and the run can go on by a reset.
static struct intact_exit stay_off(struct intact_machine *machine, enum loop_stop stop)
{
    struct outside *outside = &machine->board->outside;
    machine->off = stop == LOOP_POWER_OFF ? MACHINE_OFF
                   : outside->reset_due   ? MACHINE_OFF_BY_HOST
                                          : MACHINE_OFF_BY_RESET;
    outside->reset_due = false;
    return (struct intact_exit){ .reason = INTACT_BREAK,
                                 .stop = INTACT_STOP_OFF,
                                 .instructions = machine->board->loop.instructions,
                                 .time = machine->board->clock.now,
                                 .cpu = machine->last.cpu };
}

// A part of a run that is repeated, and a replay, have what came behind it.
static bool passes(const struct intact_machine *machine, enum loop_stop stop)
{
    const struct board *board = machine->board;
    bool repeats = board->config.replays || (machine->timeline && timeline_repeats(machine->timeline));
    return stop == LOOP_POWER_OFF && board->config.stay_off && repeats;
}

bool machine_is_off(const struct intact_machine *machine)
{
    return machine->off && !atomic_load(&machine->board->outside.reset_posted);
}

static struct intact_exit run(struct intact_machine *machine)
{
    bool reboot = machine->board->config.reboot;
    enum loop_stop stop;
    int restarted = 0;
    machine->runs = true;
    machine->off = MACHINE_ON;
    outside_start(&machine->board->outside);
    do
        stop = run_board(machine);
    while (passes(machine, stop) || (stop == LOOP_RESET && reboot && (restarted = restart(machine)) == 0));
    outside_flush(&machine->board->outside);
    machine->runs = false;
    if (stop == LOOP_RESET && reboot)
        stop = restarted > 0 ? LOOP_LIMIT : LOOP_RUNNING;
    if (machine->board->config.stay_off && (stop == LOOP_POWER_OFF || stop == LOOP_RESET))
        return stay_off(machine, stop);
    return describe_end(machine, stop);
}

// A replay knows whether this end is the recorded one; a debugger's stop is no end.
static struct intact_exit finish(struct intact_machine *machine, struct intact_exit end)
{
    if (end.reason == INTACT_BREAK)
        return machine->last = end;
    replay_ended(&machine->replay, end.reason == INTACT_QUIT || end.reason == INTACT_LIMIT);
    if (machine->replay.outcome == REPLAY_DIVERGED)
        end = (struct intact_exit){ INTACT_DIVERGED, INTACT_STATUS_DIVERGED, end.instructions, end.time };
    else if (machine->replay.outcome == REPLAY_CUT)
        end = (struct intact_exit){ INTACT_JOURNAL_END, INTACT_STATUS_JOURNAL_END, end.instructions, end.time };
    return machine->last = end;
}

struct intact_exit intact_machine_run(struct intact_machine *machine)
{
    if (machine->runs)
        return machine_refuse_run(machine);
    return finish(machine, run(machine));
}

// A pause is a limit that is nearer than the configuration's.
struct intact_exit intact_machine_run_for(struct intact_machine *machine, uint64_t count)
{
    struct loop *loop = &machine->board->loop;
    uint64_t limit = loop->limit, left = limit ? limit - loop->instructions : UINT64_MAX - loop->instructions;
    bool pauses = count < left;
    if (machine->runs)
        return machine_refuse_run(machine);
    if (pauses && count == 0)
        return (struct intact_exit){ INTACT_PAUSED, 0, loop->instructions, machine->board->clock.now };
    if (!pauses)
        return intact_machine_run(machine);
    loop->limit = loop->instructions + count;
    struct intact_exit end = run(machine);
    loop->limit = limit;
    if (end.reason == INTACT_LIMIT)
        return machine->last = (struct intact_exit){ INTACT_PAUSED, 0, end.instructions, end.time };
    return finish(machine, end);
}

struct intact_exit machine_run_to(struct intact_machine *machine, struct loop_moment moment)
{
    struct loop *loop = &machine->board->loop;
    uint64_t limit = loop->limit;
    loop->limit = moment.instructions;
    loop->limit_turns = moment.turns;
    struct intact_exit end = run(machine);
    loop->limit = limit;
    loop->limit_turns = 0;
    if (end.reason == INTACT_LIMIT)
        end.reason = INTACT_PAUSED;
    return end;
}

bool machine_look(struct intact_machine *machine, struct intact_exit *end)
{
    if (!loop_look(&machine->board->loop))
        return false;
    stop_events_stopped(&machine->events);
    *end = describe_end(machine, LOOP_BREAK);
    return true;
}

const char *intact_reason_text(enum intact_reason reason)
{
    switch (reason) {
    case INTACT_POWER_OFF: return "power off";
    case INTACT_RESET: return "reset";
    case INTACT_DEBUG_EXIT: return "isa-debug-exit";
    case INTACT_DEADLOCK: return "every processor is halted and nothing can wake one";
    case INTACT_QUIT: return "quit";
    case INTACT_LIMIT: return "instruction limit";
    case INTACT_PAUSED: return "pause";
    case INTACT_DIVERGED: return "the replay is not the recorded run";
    case INTACT_JOURNAL_END: return "the journal ends";
    case INTACT_FAILED: return "the reset failed";
    case INTACT_BREAK: return "stopped for a debugger";
    case INTACT_JIT_DIFFERS: return "host code is not what the interpreter does";
    }
    return "unknown";
}

const char *intact_machine_error(const struct intact_machine *machine)
{
    return machine->board->error.text;
}

uint64_t intact_machine_instructions(const struct intact_machine *machine)
{
    return loop_instructions(&machine->board->loop);
}

uint64_t intact_machine_time(const struct intact_machine *machine)
{
    return machine->board->loop.current ? vcpu_now(machine->board->loop.current) : machine->board->clock.now;
}

struct board *machine_board(struct intact_machine *machine)
{
    return machine->board;
}

struct intact_irq_manager *intact_machine_interrupts(struct intact_machine *machine)
{
    return machine->board->manager;
}

// --- From outside ---------------------------------------------------------------------------------------------------

size_t intact_machine_input(struct intact_machine *machine, const void *data, size_t size)
{
    struct outside *outside = &machine->board->outside;
    return outside_input(outside, outside->main, data, size);
}

void intact_machine_input_end(struct intact_machine *machine)
{
    outside_input_end(&machine->board->outside, machine->board->outside.main);
}

// The configuration does not change after the machine was created.
static int port_of(const struct board *board, const char *id)
{
    if (!id)
        return OUTSIDE_SERIAL;
    for (unsigned i = 0; i < board->config.chardev_count; i++)
        if (strcmp(board->config.chardevs[i].id, id) == 0)
            return (int)(OUTSIDE_CHARDEV + i);
    return -ENOENT;
}

size_t intact_machine_chardev_input(struct intact_machine *machine, const char *id, const void *data, size_t size)
{
    int port = port_of(machine->board, id);
    return port < 0 ? 0 : outside_input(&machine->board->outside, (unsigned)port, data, size);
}

int intact_machine_chardev_input_end(struct intact_machine *machine, const char *id)
{
    int port = port_of(machine->board, id);
    if (port < 0)
        return port;
    outside_input_end(&machine->board->outside, (unsigned)port);
    return 0;
}

int intact_machine_net_input(struct intact_machine *machine, const char *id, const void *frame, size_t size)
{
    return backends_net_input(machine->board, id, frame, size);
}

int intact_machine_net_link(struct intact_machine *machine, const char *id, bool up)
{
    return backends_net_link(machine->board, id, up);
}

int intact_machine_console_size(struct intact_machine *machine, const char *id, unsigned columns, unsigned rows)
{
    return backends_console_size(machine->board, id, columns, rows);
}

int intact_machine_look(struct intact_machine *machine, void (*call)(void *owner, struct intact_machine *machine),
                        void *owner)
{
    return look_post(machine->board, machine, call, owner);
}

int intact_machine_reset(struct intact_machine *machine)
{
    return buttons_press(machine->board, BUTTON_RESET);
}

int intact_machine_power_button(struct intact_machine *machine)
{
    return buttons_press(machine->board, BUTTON_POWER);
}

int intact_machine_nmi(struct intact_machine *machine)
{
    return buttons_press(machine->board, BUTTON_NMI);
}

int intact_machine_hold_wire(struct intact_machine *machine, uint32_t gsi, bool level)
{
    return buttons_hold(machine->board, gsi, level);
}

int intact_machine_balloon(struct intact_machine *machine, uint64_t size)
{
    uint64_t memory = machine->board->config.memory;
    if (!size || (memory - (size < memory ? size : memory)) / 4096 > UINT32_MAX)
        return -EINVAL;
    return buttons_balloon(machine->board, size < memory ? (uint32_t)((memory - size) / 4096) : 0);
}

int intact_machine_balloon_actual(struct intact_machine *machine, uint64_t *size)
{
    const struct virtio_balloon *balloon = device_virtio_balloon(machine->board);
    uint64_t memory = machine->board->config.memory,
             given = balloon ? virtio_balloon_actual(balloon) * UINT64_C(4096) : 0;
    *size = memory - (given < memory ? given : memory);
    return balloon ? 0 : -ENOTSUP;
}

void intact_machine_quit(struct intact_machine *machine)
{
    outside_quit(&machine->board->outside);
}

// --- Trace ----------------------------------------------------------------------------------------------------------

_Static_assert((int)INTACT_CHIP_PIC == (int)X86_IRQ_PIC && (int)INTACT_CHIP_IOAPIC == (int)X86_IRQ_IOAPIC &&
                   (int)INTACT_CHIP_LAPIC == (int)X86_IRQ_LAPIC,
               "the public chip numbers are x86_irq.h's");

_Static_assert((int)INTACT_CHIP_ITS - (int)INTACT_CHIP_GICD == (int)ARM_IRQ_ITS - (int)ARM_IRQ_GICD &&
                   (int)INTACT_CHIP_GIC_CPU - (int)INTACT_CHIP_GICD == (int)ARM_IRQ_CPU - (int)ARM_IRQ_GICD &&
                   (int)INTACT_CHIP_GIC_V2M - (int)INTACT_CHIP_GICD == (int)ARM_IRQ_V2M - (int)ARM_IRQ_GICD,
               "the public chip numbers follow arm_irq.h's");

int intact_machine_trace(struct intact_machine *machine, struct intact_trace_observer *observer)
{
    return trace_add(&machine->board->trace, observer);
}
