// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// What gdb's protocol asks of a machine.
#include "machine/servers/gdb_target.h"

#include <errno.h>

#include "machine/board/board.h"
#include "machine/debug_memory.h"
#include "machine/machine.h"

static struct board *board_of(void *owner)
{
    return machine_board(owner);
}

static struct vcpu *get_cpu(void *owner, unsigned cpu)
{
    return board_of(owner)->loop.vcpus[cpu];
}

static const char *cpu_text(void *owner, unsigned cpu)
{
    switch ((enum vcpu_state)get_cpu(owner, cpu)->state) {
    case VCPU_RUNNING: return "running";
    case VCPU_HALTED: return "halted";
    case VCPU_STOPPED: return "stopped";
    }
    return "";
}

static bool read_memory(void *owner, unsigned cpu, bool physical, uint64_t address, void *data, size_t size)
{
    return debug_memory_read(board_of(owner), cpu, physical, address, data, size);
}

static bool write_memory(void *owner, unsigned cpu, bool physical, uint64_t address, const void *data, size_t size)
{
    return debug_memory_write(board_of(owner), cpu, physical, address, data, size);
}

static int insert(void *owner, enum stop_kind kind, uint64_t address, uint64_t size)
{
    int result = stops_add(&board_of(owner)->loop, kind, address, size);
    return result == -EEXIST ? 0 : result;
}

static void remove_point(void *owner, enum stop_kind kind, uint64_t address, uint64_t size)
{
    stops_remove(&board_of(owner)->loop, kind, address, size);
}

static void except(void *owner, enum stop_kind kind, uint64_t address, uint64_t size, uint32_t cpu)
{
    stops_except(&board_of(owner)->loop, kind, address, size, cpu);
}

// --- monitor ---------------------------------------------------------------------------------------------------------

static void print(void *owner, const char *text)
{
    gdb_print(owner, "%s", text);
}

// A machine that is to end does so when it goes on, which the server sees to.
static void monitor(void *owner, struct gdb *gdb, const char *command)
{
    struct monitor *commands = owner;
    commands->print = print;
    commands->owner = gdb;
    commands->in_gdb = true;
    commands->cpu = gdb->general;
    if (monitor_command(commands, command).action == MONITOR_QUITS)
        intact_machine_quit(commands->machine);
}

// --- the target ------------------------------------------------------------------------------------------------------

struct gdb_target gdb_target_of(struct intact_machine *machine, struct monitor *commands)
{
    const struct board *board = machine_board(machine);
    return (struct gdb_target){
        .owner = machine,
        .cpus = board->loop.count,
        .family = board->config.type == INTACT_PC ? &debug_x86_64 : &debug_aarch64,
        .cpu = get_cpu,
        .cpu_text = cpu_text,
        .read = read_memory,
        .write = write_memory,
        .insert = insert,
        .remove = remove_point,
        .except = except,
        .monitor = monitor,
        .monitor_owner = commands,
        .reverses = board->history != NULL,
    };
}
