// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The API of <intact/log.h>, and the items of a log that are about events.
#include "machine/log.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bits.h"
#include "base/sized.h"
#include "machine/jit_text.h"
#include "machine/where.h"
#include "observe/event_text.h"

void intact_log_config_defaults(struct intact_log_config *config, size_t size)
{
    const struct intact_log_config defaults = { .size = sizeof defaults };
    sized_give(config, size, &defaults, sizeof defaults);
}

const char *intact_log_item(unsigned index, const char **about)
{
    return log_item_name(index, about);
}

void log_print(struct intact_log *log, const char *format, ...)
{
    char text[LOG_TEXT];
    va_list arguments;
    va_start(arguments, format);
    int size = vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    log->config.write(log->config.owner, text, (size_t)size < sizeof text ? (size_t)size : sizeof text - 1);
}

// --- Events ----------------------------------------------------------------------------------------------------------

// ", by CPU 0 at 0x1000e2"; "": within no instruction.
static void place_text(const struct board *board, const struct vcpu *cpu, char *text, size_t size)
{
    text[0] = 0;
    if (cpu)
        snprintf(text, size, ", by CPU %" PRIu32 " at 0x%" PRIx64, cpu->index, where_pc(board, cpu));
}

// Of the mistakes of a processor: it is about what this one does not have.
static bool is_missing(const struct intact_trace_event *event)
{
    static const char *const names[] = { "msr-read", "msr-write", "smi", "sysreg", "unallocated", "psci", "abort" };
    for (unsigned i = 0; i < countof(names); i++)
        if (event->a == INTACT_CHIP_CPU && event->mistake && strcmp(event->mistake, names[i]) == 0)
            return true;
    return false;
}

static bool wants(const struct intact_log *log, const struct intact_trace_event *event)
{
    if (log->wish.events & INTACT_TRACE_BIT(event->id))
        return true;
    bool missing = event->id == INTACT_TRACE_MISTAKE && is_missing(event);
    return log->wish.items & (missing ? LOG_UNIMP : LOG_GUEST_ERRORS);
}

static void on_event(void *owner, const struct intact_trace_event *event)
{
    struct intact_log *log = owner;
    const struct board *board = machine_board(log->machine);
    char cause[48], text[EVENT_TEXT_SIZE], place[64] = "";
    if (!wants(log, event))
        return;
    event_text(board->config.type == INTACT_VIRT, event, text, sizeof text);
    event_cause_text(event, cause, sizeof cause);
    if (event->id == INTACT_TRACE_MISTAKE || event->id == INTACT_TRACE_DROP)
        place_text(board, where_event(board, event), place, sizeof place);
    log_print(log, "%12" PRIu64 " %12" PRIu64 " ns  %-8s %-8s %s%s\n", event->instructions, event->time,
              intact_trace_name(event->id), cause, text, place);
}

// --- Accesses that nothing answers -----------------------------------------------------------------------------------

static void tell_unanswered(struct intact_log *log, const char *text)
{
    struct board *board = machine_board(log->machine);
    const struct vcpu *current = board->loop.current;
    uint64_t instructions, time;
    char place[64];
    loop_moment(&board->loop, &instructions, &time);
    place_text(board, current && current->at ? current : NULL, place, sizeof place);
    log_print(log, "%12" PRIu64 " %12" PRIu64 " ns  %-8s %-8s %s%s\n", instructions, time, "unimp", "-", text, place);
}

static void on_unanswered(void *owner, const struct bus *bus, uint64_t address, unsigned size, bool write,
                          uint64_t value)
{
    struct intact_machine *machine = owner;
    const char *where = bus == &machine_board(machine)->ports ? "port" : "address";
    char text[120];
    if (write)
        snprintf(text, sizeof text, "a write of 0x%0*" PRIx64 " to %s 0x%" PRIx64 ", where nothing answers",
                 (int)(2 * size), value & bits_low(8 * size), where, address);
    else
        snprintf(text, sizeof text, "a read of %s 0x%" PRIx64 ", size %u, where nothing answers", where, address, size);
    for (struct intact_log *log = machine->logs; log; log = log->next)
        if (log->wish.items & LOG_UNIMP)
            tell_unanswered(log, text);
}

static void listen_to_buses(struct intact_machine *machine)
{
    struct board *board = machine_board(machine);
    bool wanted = false;
    for (const struct intact_log *log = machine->logs; log; log = log->next)
        wanted |= log->wish.items & LOG_UNIMP;
    board->memory.unanswered = board->ports.unanswered = wanted ? on_unanswered : NULL;
    board->memory.unanswered_owner = board->ports.unanswered_owner = machine;
}

// --- The code generator ----------------------------------------------------------------------------------------------

static void tell_jit(struct intact_log *log, void (*text_of)(const struct intact_machine *machine, char text[JIT_TEXT]))
{
    char text[JIT_TEXT];
    text_of(log->machine, text);
    if ((log->wish.items & LOG_JIT) && text[0])
        log_print(log, "%s", text);
}

// --- Opening and closing ---------------------------------------------------------------------------------------------

#define NO_MEMORY "the host has no memory left"

static int refuse(char *why, int result, const char *text)
{
    snprintf(why, INTACT_ERROR_SIZE, "%s", text);
    return result;
}

static int begin(struct intact_log *log)
{
    uint64_t events = log->wish.events;
    if (log->wish.items & (LOG_GUEST_ERRORS | LOG_UNIMP))
        events |= INTACT_TRACE_BIT(INTACT_TRACE_MISTAKE);
    if (log->wish.items & LOG_GUEST_ERRORS)
        events |= INTACT_TRACE_BIT(INTACT_TRACE_DROP);
    intact_trace_observer_init(&log->events, events, on_event, log);
    int result = events ? intact_machine_trace(log->machine, &log->events) : 0;
    return result < 0 ? result : log_code_begin(log);
}

static int open_log(struct intact_machine *machine, const struct intact_log_config *config, struct intact_log **out,
                    char *why)
{
    struct intact_log *log = calloc(1, sizeof *log);
    if (!log)
        return refuse(why, -ENOMEM, NO_MEMORY);
    log->machine = machine;
    log->next = machine->logs;
    machine->logs = log;
    *out = log;
    if (!sized_take(&log->config, sizeof log->config, config) || !log->config.write)
        return refuse(why, -EINVAL, "the configuration was not prepared, or has no function `write`");
    int result = log_wish_items(&log->wish, log->config.items, why);
    if (result == 0)
        result = log_wish_ranges(&log->wish, log->config.ranges, why);
    if (result < 0)
        return result;
    tell_jit(log, jit_text_state);
    result = begin(log);
    listen_to_buses(machine);
    log->begun = result == 0;
    return result < 0 ? refuse(why, result, NO_MEMORY) : 0;
}

int intact_log_open(struct intact_machine *machine, const struct intact_log_config *config, struct intact_log **log,
                    char *why)
{
    char text[INTACT_ERROR_SIZE];
    *log = NULL;
    if (machine_board(machine)->loop.current)
        return refuse(why ? why : text, -EBUSY, "the machine is running");
    int result = open_log(machine, config, log, why ? why : text);
    if (result < 0) {
        intact_log_close(*log);
        *log = NULL;
    }
    return result;
}

int intact_log_close(struct intact_log *log)
{
    if (!log)
        return 0;
    struct intact_log **at = &log->machine->logs;
    if (machine_board(log->machine)->loop.current)
        return -EBUSY;
    if (log->begun)
        tell_jit(log, jit_text_counts);
    log_code_end(log);
    intact_trace_observer_remove(&log->events);
    while (*at != log)
        at = &(*at)->next;
    *at = log->next;
    listen_to_buses(log->machine);
    disassemble_free(&log->disassembler);
    free(log);
    return 0;
}
