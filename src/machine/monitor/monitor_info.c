// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Commands of the monitor that show where the machine and its processors are: info status, cpus, registers, ...
#include <inttypes.h>
#include <stdio.h>

#include <intact/version.h>

#include "machine/jit_text.h"
#include "machine/machine.h"
#include "machine/monitor/monitor_commands.h"
#include "machine/timeline.h"

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

struct monitor_result monitor_info_version(struct monitor *monitor, unsigned count, char *const *words)
{
    (void)count, (void)words;
    monitor_print(monitor, "intact %s\n", intact_version());
    return MONITOR_STAY;
}

struct monitor_result monitor_info_replay(struct monitor *monitor, unsigned count, char *const *words)
{
    const struct intact_machine *machine = monitor->machine;
    uint64_t here = intact_machine_instructions(machine);
    (void)count, (void)words;
    if (machine->replay.mode == REPLAY_RECORDS)
        monitor_print(monitor, "recording: instruction %" PRIu64 "\n", here);
    else if (machine->replay.mode == REPLAY_REPEATS)
        monitor_print(monitor, "replaying: instruction %" PRIu64 ", the recorded run up to %" PRIu64 "\n", here,
                      machine->replay.agreed);
    else
        monitor_print(monitor, "neither recording nor replaying: instruction %" PRIu64 "\n", here);
    if (machine->timeline)
        monitor_print(monitor, "replay_seek reaches instructions %" PRIu64 " to %" PRIu64 "\n",
                      machine->timeline->history.first, timeline_end(machine->timeline));
    return MONITOR_STAY;
}

struct monitor_result monitor_info_jit(struct monitor *monitor, unsigned count, char *const *words)
{
    char text[JIT_TEXT];
    (void)count, (void)words;
    jit_text_state(monitor->machine, text);
    monitor_print(monitor, "%s", text);
    jit_text_counts(monitor->machine, text);
    monitor_print(monitor, "%s", text);
    return MONITOR_STAY;
}
