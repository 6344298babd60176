// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The server for gdb of <intact/debug.h>: what the protocol (debug/gdb.h) asks of the machine, and who has the turn, the
// client or the machine. All of it is on the machine's thread; the socket's own thread only interrupts a run.
//
//     stopped: packets are answered until one resumes   <-->   running: until a stop, or the client has something to say
#include <intact/debug.h>

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bits.h"
#include "debug/gdb.h"
#include "host/debug_socket.h"
#include "machine/board/board.h"
#include "machine/machine.h"

struct intact_gdb {
    struct intact_machine *machine;
    struct board *board;
    struct debug_socket *socket;
    struct gdb_target target;
    struct gdb *gdb; // the conversation, NULL without a client
    uint8_t bytes[4096];
    size_t at, size; // of those that are still to be read
    struct stop stop;
};

// --- what the protocol asks ------------------------------------------------------------------------------------------

static struct vcpu *get_cpu(void *owner, unsigned cpu)
{
    const struct intact_gdb *server = owner;
    return server->board->loop.vcpus[cpu];
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
static bool copy(struct intact_gdb *server, unsigned cpu, bool physical, uint64_t address, void *data, size_t size,
                 bool write)
{
    struct board *board = server->board;
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
    return copy(owner, cpu, physical, address, data, size, false);
}

static bool write_memory(void *owner, unsigned cpu, bool physical, uint64_t address, const void *data, size_t size)
{
    return copy(owner, cpu, physical, address, (void *)(uintptr_t)data, size, true);
}

static int insert(void *owner, enum stop_kind kind, uint64_t address, uint64_t size)
{
    struct intact_gdb *server = owner;
    int result = stops_add(&server->board->loop, kind, address, size);
    return result == -EEXIST ? 0 : result;
}

static void remove_point(void *owner, enum stop_kind kind, uint64_t address, uint64_t size)
{
    struct intact_gdb *server = owner;
    stops_remove(&server->board->loop, kind, address, size);
}

static void except(void *owner, enum stop_kind kind, uint64_t address, uint64_t size, uint32_t cpu)
{
    struct intact_gdb *server = owner;
    stops_except(&server->board->loop, kind, address, size, cpu);
}

// --- monitor ---------------------------------------------------------------------------------------------------------

static void tell_help(struct intact_gdb *server, struct gdb *gdb);

static void tell_instructions(struct intact_gdb *server, struct gdb *gdb)
{
    const struct loop *loop = &server->board->loop;
    gdb_print(gdb, "%" PRIu64 " instructions, %" PRIu64 " ns\n", loop->instructions, server->board->clock.now);
    for (unsigned i = 0; i < loop->count; i++)
        gdb_print(gdb, "CPU %u: %" PRIu64 " instructions, %s\n", i, loop->vcpus[i]->goal, cpu_text(server, i));
}

static void tell_registers(struct intact_gdb *server, struct gdb *gdb)
{
    const struct board *board = server->board;
    const char *name;
    uint64_t value;
    for (unsigned i = 0; (name = board->type->register_name(board, i)); i++)
        if (board->type->read_register(server->board, gdb->general, name, &value) == 0)
            gdb_print(gdb, "%-16s %016" PRIx64 "%s", name, value, i % 2 ? "\n" : "  ");
    gdb_print(gdb, "\n");
}

static void quit(struct intact_gdb *server, struct gdb *gdb)
{
    gdb_print(gdb, "The machine ends when it goes on.\n");
    intact_machine_quit(server->machine);
}

static const struct command {
    const char *name, *about;
    void (*run)(struct intact_gdb *server, struct gdb *gdb);
} commands[] = {
    { "help", "lists the commands", tell_help },
    { "info registers", "the registers of the thread, system registers too", tell_registers },
    { "info instructions", "what was executed, by all and by each, and the virtual time", tell_instructions },
    { "quit", "ends the machine", quit },
};

static void tell_help(struct intact_gdb *server, struct gdb *gdb)
{
    (void)server;
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

// --- the client ------------------------------------------------------------------------------------------------------

static void end_client(struct intact_gdb *server)
{
    if (server->gdb)
        gdb_close(server->gdb);
    free(server->gdb);
    server->gdb = NULL;
    server->at = server->size = 0;
    debug_socket_drop(server->socket);
}

static void begin_client(struct intact_gdb *server)
{
    server->gdb = malloc(sizeof *server->gdb);
    if (!server->gdb || gdb_open(server->gdb, &server->target) < 0) {
        end_client(server);
        return;
    }
    server->gdb->stop = server->stop;
    server->gdb->general = server->gdb->resumed = server->stop.cpu;
}

static void flush(struct intact_gdb *server)
{
    debug_socket_write(server->socket, server->gdb->output, server->gdb->output_size);
    server->gdb->output_size = 0;
}

// The next packet of the client's. False: none came within `timeout` ms. GDB_STAY also for a client that came or went.
static bool next_action(struct intact_gdb *server, int timeout, enum gdb_action *action)
{
    size_t used = 0;
    *action = GDB_STAY;
    if (server->at == server->size) {
        server->at = 0;
        server->size = sizeof server->bytes;
        enum debug_socket_event event = debug_socket_read(server->socket, server->bytes, &server->size, timeout);
        if (event != DEBUG_SOCKET_DATA)
            server->size = 0;
        if (event == DEBUG_SOCKET_CAME)
            begin_client(server);
        else if (event == DEBUG_SOCKET_WENT)
            end_client(server);
        if (event != DEBUG_SOCKET_DATA)
            return event != DEBUG_SOCKET_NOTHING;
    }
    *action = gdb_receive(server->gdb, server->bytes + server->at, server->size - server->at, &used);
    server->at += used;
    flush(server);
    return true;
}

// --- whose turn it is ------------------------------------------------------------------------------------------------

static void tell_stop(struct intact_gdb *server, enum intact_stop kind, const struct intact_exit *end)
{
    server->stop = (struct stop){ .kind = (enum stop_kind)kind, .cpu = end->cpu, .address = end->address };
    if (!server->gdb)
        return;
    gdb_stopped(server->gdb, &server->stop);
    flush(server);
}

// Answers until the machine is to run. A machine that is to end runs as well, and ends at once.
static enum gdb_action serve(struct intact_gdb *server)
{
    enum { LOOK = 100 }; // ms
    enum gdb_action action = GDB_STAY;
    while (action == GDB_STAY && !atomic_load(&server->board->outside.quit_posted))
        next_action(server, LOOK, &action);
    return action == GDB_STAY ? GDB_RESUME : action;
}

// The client has something to say while the machine runs. True: the machine stops.
static bool listen_to_client(struct intact_gdb *server, enum gdb_action *action)
{
    bool came = !server->gdb;
    while (next_action(server, 0, action) && *action == GDB_STAY)
        continue;
    if (!server->gdb)
        return false;
    bool interrupted = server->gdb->interrupt;
    server->gdb->interrupt = false;
    return came || interrupted || *action != GDB_STAY;
}

static uint64_t program_counter(const struct intact_gdb *server, unsigned cpu)
{
    uint8_t value[DEBUG_REGISTER_BYTES];
    debug_register_read(server->target.family, server->board->loop.vcpus[cpu], server->target.family->pc, value);
    return bytes_get(value, 8);
}

static struct intact_exit go_on(struct intact_gdb *server, const struct gdb_resume *how)
{
    struct intact_exit end;
    bool repeats;
    if (!how->steps)
        return intact_machine_run(server->machine);
    do {
        end = intact_machine_step(server->machine, how->cpu);
        uint64_t pc = program_counter(server, how->cpu);
        repeats = end.reason == INTACT_BREAK && end.stop == INTACT_STOP_STEP && pc >= how->first && pc < how->behind;
    } while (repeats);
    return end;
}

static struct intact_exit killed(struct intact_gdb *server)
{
    end_client(server);
    return (struct intact_exit){ .reason = INTACT_QUIT,
                                 .instructions = server->board->loop.instructions,
                                 .time = server->board->clock.now };
}

static struct intact_exit run(struct intact_gdb *server, bool stopped)
{
    struct gdb_resume how = { .steps = false };
    enum gdb_action action = GDB_RESUME;
    for (;;) {
        if (stopped) {
            outside_flush(&server->board->outside);
            action = serve(server);
        }
        if (action == GDB_KILL)
            return killed(server);
        if (stopped)
            how = action == GDB_RESUME && server->gdb ? server->gdb->resume : (struct gdb_resume){ .steps = false };
        if (action == GDB_DETACH)
            end_client(server);
        debug_socket_watch(server->socket, true);
        struct intact_exit end = go_on(server, &how);
        debug_socket_watch(server->socket, false);
        stopped = true;
        action = GDB_RESUME;
        if (end.reason != INTACT_BREAK || (end.stop != INTACT_STOP_REQUEST && !server->gdb))
            return end;
        if (end.stop != INTACT_STOP_REQUEST)
            tell_stop(server, end.stop, &end);
        else if ((stopped = listen_to_client(server, &action)))
            tell_stop(server, INTACT_STOP_REQUEST, &end);
    }
}

struct intact_exit intact_gdb_run(struct intact_gdb *server, bool stopped)
{
    struct intact_exit end = run(server, stopped);
    if (server->gdb) {
        gdb_exited(server->gdb, end.status);
        flush(server);
    }
    end_client(server);
    return end;
}

// --- life ------------------------------------------------------------------------------------------------------------

static void wake(void *owner)
{
    intact_machine_interrupt(owner);
}

int intact_gdb_open(struct intact_machine *machine, const char *where, struct intact_gdb **gdb, char *why)
{
    struct board *board = machine_board(machine);
    struct intact_gdb *server = calloc(1, sizeof *server);
    struct error error = { 0 };
    int result = server ? 0 : error_set(&error, -ENOMEM, "-gdb: the host has no memory left");
    if (result == 0)
        result = debug_socket_open(&server->socket, where, wake, machine, &error);
    if (result < 0) {
        free(server);
        if (why)
            snprintf(why, INTACT_ERROR_SIZE, "%s", error.text);
        return result;
    }
    server->machine = machine;
    server->board = board;
    server->stop.kind = STOP_STEP;
    server->target = (struct gdb_target){
        .owner = server,
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
    };
    *gdb = server;
    return 0;
}

void intact_gdb_close(struct intact_gdb *server)
{
    if (!server)
        return;
    end_client(server);
    debug_socket_close(server->socket);
    free(server);
}
