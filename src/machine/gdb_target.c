// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// What gdb's protocol asks of a machine.
#include "machine/gdb_target.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "base/bits.h"
#include "machine/board/board.h"
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

// Piece by piece, as pages are mapped one by one.
static bool copy(struct board *board, unsigned cpu, bool physical, uint64_t address, void *data, size_t size,
                 bool write)
{
    for (uint8_t *at = data; size;) {
        uint64_t place = address;
        size_t left = PAGE_SIZE - (address & ~PAGE_MASK), piece = size < left ? size : left;
        if (!physical && !board->type->guest->translate(board->loop.vcpus[cpu], address, &place))
            return false;
        if (!(write ? bus_write_memory(&board->memory, place, at, piece)
                    : bus_read_memory(&board->memory, place, at, piece)))
            return false;
        at += piece;
        address += piece;
        size -= piece;
    }
    return true;
}

static bool read_memory(void *owner, unsigned cpu, bool physical, uint64_t address, void *data, size_t size)
{
    return copy(board_of(owner), cpu, physical, address, data, size, false);
}

static bool write_memory(void *owner, unsigned cpu, bool physical, uint64_t address, const void *data, size_t size)
{
    return copy(board_of(owner), cpu, physical, address, (void *)(uintptr_t)data, size, true);
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

static void tell_help(struct intact_machine *machine, struct gdb *gdb);

static void tell_instructions(struct intact_machine *machine, struct gdb *gdb)
{
    const struct board *board = machine_board(machine);
    const struct loop *loop = &board->loop;
    gdb_print(gdb, "%" PRIu64 " instructions, %" PRIu64 " ns\n", loop->instructions, board->clock.now);
    for (unsigned i = 0; i < loop->count; i++)
        gdb_print(gdb, "CPU %u: %" PRIu64 " instructions, %s\n", i, loop->vcpus[i]->goal, cpu_text(machine, i));
}

static void tell_registers(struct intact_machine *machine, struct gdb *gdb)
{
    struct board *board = machine_board(machine);
    const char *name;
    uint64_t value;
    for (unsigned i = 0; (name = board->type->register_name(board, i)); i++)
        if (board->type->read_register(board, gdb->general, name, &value) == 0)
            gdb_print(gdb, "%-16s %016" PRIx64 "%s", name, value, i % 2 ? "\n" : "  ");
    gdb_print(gdb, "\n");
}

static void quit(struct intact_machine *machine, struct gdb *gdb)
{
    gdb_print(gdb, "The machine ends when it goes on.\n");
    intact_machine_quit(machine);
}

static const struct command {
    const char *name, *about;
    void (*run)(struct intact_machine *machine, struct gdb *gdb);
} commands[] = {
    { "help", "lists the commands", tell_help },
    { "info registers", "the registers of the thread, system registers too", tell_registers },
    { "info instructions", "what was executed, by all and by each, and the virtual time", tell_instructions },
    { "quit", "ends the machine", quit },
};

static void tell_help(struct intact_machine *machine, struct gdb *gdb)
{
    (void)machine;
    for (unsigned i = 0; i < countof(commands); i++)
        gdb_print(gdb, "%-18s %s\n", commands[i].name, commands[i].about);
}

static bool monitor(void *owner, struct gdb *gdb, const char *command)
{
    for (unsigned i = 0; i < countof(commands); i++)
        if (strcmp(commands[i].name, command) == 0) {
            commands[i].run(owner, gdb);
            return true;
        }
    return false;
}

// --- the target ------------------------------------------------------------------------------------------------------

struct gdb_target gdb_target_of(struct intact_machine *machine)
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
        .reverses = board->history != NULL,
    };
}
