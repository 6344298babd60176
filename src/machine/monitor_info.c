// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Commands of the monitor that show something: info, x, xp.
#include <inttypes.h>
#include <stdio.h>

#include "base/bits.h"
#include "machine/debug_memory.h"
#include "machine/machine.h"
#include "machine/monitor_commands.h"
#include "machine/timeline.h"

enum {
    EXAMINED = 1024,
    EXAMINED_DEFAULT = 64,
    ROW = 16
}; // bytes of x and xp: the answer fits into one packet of gdb's

static const char *state_text(const struct vcpu *vcpu)
{
    switch ((enum vcpu_state)vcpu->state) {
    case VCPU_RUNNING: return "running";
    case VCPU_HALTED: return "halted";
    case VCPU_STOPPED: return "stopped";
    }
    return "";
}

struct monitor_result monitor_info_status(struct monitor *monitor, unsigned count, char *const *words)
{
    const struct board *board = machine_board(monitor->machine);
    (void)count, (void)words;
    if (monitor->running)
        monitor_print(monitor, "running: instruction %" PRIu64 ", %" PRIu64 " ns\n", board->loop.instructions,
                      board->clock.now);
    else
        monitor_tell_place(monitor);
    return MONITOR_STAY;
}

struct monitor_result monitor_info_instructions(struct monitor *monitor, unsigned count, char *const *words)
{
    const struct board *board = machine_board(monitor->machine);
    const struct loop *loop = &board->loop;
    (void)count, (void)words;
    monitor_print(monitor, "%" PRIu64 " instructions, %" PRIu64 " ns\n", loop->instructions, board->clock.now);
    for (unsigned i = 0; i < loop->count; i++)
        monitor_print(monitor, "CPU %u: %" PRIu64 " instructions, %s\n", i, loop->vcpus[i]->goal,
                      state_text(loop->vcpus[i]));
    return MONITOR_STAY;
}

struct monitor_result monitor_info_cpus(struct monitor *monitor, unsigned count, char *const *words)
{
    struct board *board = machine_board(monitor->machine);
    const char *name = board->config.type == INTACT_PC ? "rip" : "pc";
    (void)count, (void)words;
    for (unsigned i = 0; i < board->loop.count; i++) {
        uint64_t pc = 0;
        board->type->read_register(board, i, name, &pc);
        monitor_print(monitor, "%c CPU %u: %s, %s 0x%" PRIx64 "\n", i == monitor->cpu ? '*' : ' ', i,
                      state_text(board->loop.vcpus[i]), name, pc);
    }
    return MONITOR_STAY;
}

struct monitor_result monitor_info_registers(struct monitor *monitor, unsigned count, char *const *words)
{
    struct board *board = machine_board(monitor->machine);
    unsigned cpu, shown = 0;
    const char *name;
    uint64_t value;
    if (!monitor_cpu(monitor, count, words, 1, &cpu))
        return MONITOR_STAY;
    for (unsigned i = 0; (name = board->type->register_name(board, i)); i++)
        if (board->type->read_register(board, cpu, name, &value) == 0)
            monitor_print(monitor, "%-16s %016" PRIx64 "%s", name, value, shown++ % 2 ? "\n" : "  ");
    if (shown % 2)
        monitor_print(monitor, "\n");
    return MONITOR_STAY;
}

struct monitor_result monitor_info_snapshots(struct monitor *monitor, unsigned count, char *const *words)
{
    const struct timeline *timeline = monitor->machine->timeline;
    (void)count;
    if (!timeline)
        return monitor_refuse(monitor, words[0], "the machine has no history; snapshots begins one");
    monitor_print(monitor,
                  "%u snapshots, %" PRIu64 " bytes of at most %" PRIu64 ", from instruction %" PRIu64 " to %" PRIu64
                  "\n",
                  timeline->kept_count, timeline_bytes(timeline), timeline->bytes, timeline->history.first,
                  timeline_end(timeline));
    return MONITOR_STAY;
}

// --- memory ----------------------------------------------------------------------------------------------------------

static void show_row(struct monitor *monitor, uint64_t address, const uint8_t *bytes, size_t size)
{
    char hex[3 * ROW + 1] = "", text[ROW + 1] = "";
    for (size_t i = 0; i < size; i++) {
        snprintf(hex + 3 * i, 4, " %02x", bytes[i]);
        text[i] = bytes[i] >= ' ' && bytes[i] < 0x7f ? (char)bytes[i] : '.';
    }
    monitor_print(monitor, "%016" PRIx64 " %-48s  %s\n", address, hex, text);
}

struct monitor_result monitor_examine(struct monitor *monitor, unsigned count, char *const *words)
{
    bool physical = words[0][1] == 'p';
    struct board *board = machine_board(monitor->machine);
    uint64_t address, size = EXAMINED_DEFAULT;
    if (!monitor_value(monitor, words[0], words[1], &address))
        return MONITOR_STAY;
    if (count > 2 && (!monitor_number(words[2], &size) || size == 0 || size > EXAMINED))
        return monitor_refuse(monitor, words[0], "'%s' is no COUNT; 1 to %d bytes are shown", words[2], EXAMINED);
    for (uint64_t done = 0; done < size; done += ROW) {
        uint8_t bytes[ROW];
        size_t piece = size - done < ROW ? (size_t)(size - done) : ROW;
        if (!debug_memory_read(board, monitor->cpu, physical, address + done, bytes, piece))
            return monitor_refuse(monitor, words[0], "at 0x%" PRIx64 " there is no memory%s", address + done,
                                  physical ? "" : ", or no page is mapped");
        show_row(monitor, address + done, bytes, piece);
    }
    return MONITOR_STAY;
}
