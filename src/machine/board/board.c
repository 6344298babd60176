// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Creates and resets any machine, in this order:
//
//     board_create --> outside -> devices -> memory -> loop -> controllers -> processors -> wires -> maps -> -device
//     board_reset  --> reset of all of them -> firmware: the state that a kernel starts from -> -device loader
//
// Path: irqchip/route.c / vcpu/loop.c
#include "machine/board/board.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "machine/board/device_drivers.h"
#include "machine/board/host_memory.h"
#include "vcpu/jit/jit.h"

// A window that belongs to the board.
struct board_window {
    struct region region;
    struct board_window *next;
};

// --- What is the same in all machines -------------------------------------------------------------------------------

int board_refuse(struct board *board, const char *option, const char *text)
{
    return error_set(&board->error, -EINVAL, "%s: %s", option, text);
}

static int check(struct board *board)
{
    const struct intact_machine_config *config = &board->config;
    if (config->memory < INTACT_MEMORY_MIN || config->memory > INTACT_MEMORY_MAX || config->memory % 4096)
        return error_set(&board->error, -EINVAL,
                         "-m: %" PRIu64 " bytes; 4 MiB to 512 GiB in steps of 4 KiB are possible", config->memory);
    if (config->shift > 10)
        return board_refuse(board, "-icount", "shift is 0 to 10");
    if ((unsigned)config->jit > INTACT_JIT_CHECK)
        return board_refuse(board, "-accel", "jit is on, off or check");
    if (config->jit_size && (config->jit_size < JIT_BYTES_MIN || config->jit_size > JIT_BYTES_MAX))
        return error_set(&board->error, -EINVAL, "-accel: tb-size: %" PRIu64 " bytes; 64 KiB to 1 GiB are possible",
                         config->jit_size);
    if (config->rtc_date < 0 || config->rtc_date > board->type->last_date)
        return error_set(&board->error, -EINVAL, "-rtc: the date must be between 1970 and %u", board->type->last_year);
    return board->type->check(board);
}

static int make_outside(struct board *board)
{
    board->outside.config = &board->config;
    board->outside.clock = &board->clock;
    board->outside.inbox = &board->inbox;
    board->outside.loop = &board->loop;
    return outside_init(&board->outside, &board->error);
}

// Time and instructions, for every trace event; and what a processor takes, where it does not know that itself.
static void stamp(void *owner, struct intact_trace_event *event)
{
    struct board *board = owner;
    loop_moment(&board->loop, &event->instructions, &event->time);
    if (event->id == INTACT_TRACE_TAKE && board->type->signalled)
        event->c = board->type->signalled(board, event->cpu);
}

static void visit_devices(void *board, struct visit *v)
{
    board_visit_devices(board, v);
}

// Without an observer nobody has kept up with the counters, which may have been loaded since.
static void sweep(void *owner, uint32_t vcpu)
{
    struct board *board = owner;
    if (trace_heard(&board->trace))
        mistakes_sweep(&board->mistakes, &board->trace, vcpu);
}

static uint32_t accessing(const struct board *board)
{
    return board->loop.current ? board->loop.current->index : TRACE_NO_CPU;
}

static uint64_t read_port_heard(void *owner, uint64_t port, unsigned size, uint64_t now)
{
    struct board *board = owner;
    sweep(board, TRACE_NO_CPU);
    uint64_t value = bus_read(&board->ports, port, size, now);
    TRACE(&board->trace, TRACE_ACCESS, accessing(board), port, value, size | TRACE_ACCESS_PORT);
    sweep(board, accessing(board));
    return value;
}

static void write_port_heard(void *owner, uint64_t port, unsigned size, uint64_t value, uint64_t now)
{
    struct board *board = owner;
    sweep(board, TRACE_NO_CPU);
    TRACE(&board->trace, TRACE_ACCESS, accessing(board), port, value, size | TRACE_ACCESS_PORT | TRACE_ACCESS_WRITE);
    bus_write(&board->ports, port, size, value, now);
    sweep(board, accessing(board));
}

// From the first observer on, accesses to ports go through a window that contains all of them, also the end of one that
// begins at the last port. So they cost nothing more without an observer.
static int begin_trace(void *owner)
{
    struct board *board = owner;
    if (!board->heard_ports.count) {
        board->heard_window = (struct region){
            .size = 0x10000 + 8,
            .name = "ports",
            .widest = 8,
            .read = read_port_heard,
            .write = write_port_heard,
            .owner = board,
        };
        bus_init(&board->heard_ports);
        bus_add(&board->heard_ports, &board->heard_window);
        board->loop.ports = &board->heard_ports;
    }
    return mistakes_find(&board->mistakes, visit_devices, board);
}

void board_mistakes_changed(struct board *board)
{
    if (trace_heard(&board->trace))
        mistakes_find(&board->mistakes, visit_devices, board);
}

// A host that has no memory for code, or allows none, is no reason to fail: the interpreter runs everything.
static int make_jit(struct board *board)
{
    const struct intact_machine_config *given = &board->config;
    struct jit_config config = { .bytes = given->jit_size,
                                 .threshold = given->jit_threshold,
                                 .check = given->jit == INTACT_JIT_CHECK,
                                 .for_perf = given->perf_map };
    if (given->jit == INTACT_JIT_OFF)
        return 0;
    board->jit_refused = jit_create(&board->jit, &board->loop, board->type->guest->jit, &config);
    if (board->jit_refused && config.check)
        return error_set(&board->error, board->jit_refused, "-accel: jit=check: this host has no memory for code: %s",
                         strerror(-board->jit_refused));
    return 0;
}

static int make_loop(struct board *board)
{
    struct loop *loop = &board->loop;
    board->trace.stamp = stamp;
    board->trace.begin = begin_trace;
    board->trace.sweep = sweep;
    board->trace.stamp_owner = board;
    board->trace.first_chip = board->type->chips;
    board->memory.written = loop_memory_written;
    board->memory.mapped = loop_memory_mapped;
    board->memory.written_owner = loop;
    loop->clock = &board->clock;
    loop->memory = &board->memory;
    loop->ports = &board->ports;
    loop->inbox = &board->inbox;
    loop->trace = &board->trace;
    loop->shift = board->config.shift;
    loop->limit = board->config.limit;
    loop->idle = outside_idle;
    loop->idle_owner = &board->outside;
    int result = loop_init(loop, board->type->guest);
    return result ? result : make_jit(board);
}

static int make_controllers(struct board *board)
{
    struct route_sink sink = *board->type->sink;
    sink.owner = board;
    route_init(&board->route, &sink, &board->trace);
    int result = board->type->wire_controllers(board);
    if (result == 0)
        result = manager_create(&board->route, &board->inbox, &board->trace, &board->manager);
    board->outside.manager = board->manager;
    return result;
}

static int make_cpus(struct board *board)
{
    for (uint32_t i = 0; i < board->config.cpus; i++) {
        struct vcpu *cpu = board->type->make_cpu(board, i);
        if (!cpu)
            return error_set(&board->error, -ENOMEM, "-smp: the host has no memory left");
        loop_add(&board->loop, cpu);
    }
    return 0;
}

// --- Life -----------------------------------------------------------------------------------------------------------

static int build(struct board *board)
{
    const struct board_type *type = board->type;
    int (*const steps[])(struct board * board) = {
        check,     make_outside,       type->make_devices, type->map_memory, make_loop,          make_controllers,
        make_cpus, type->wire_devices, type->map_devices,  backends_init,    device_list_create, buttons_init,
        hand_init, input_init,         look_init,
    };
    int result = 0;
    for (unsigned i = 0; i < countof(steps) && result == 0; i++)
        result = steps[i](board);
    if (result < 0)
        return result;
    type->describe(board);
    return board_reset(board);
}

int board_create(struct board *board, const struct board_type *type, const struct intact_machine_config *config)
{
    memset(board, 0, type->size);
    board->type = type;
    board->config = *config;
    clock_init(&board->clock);
    bus_init(&board->memory);
    bus_init(&board->ports);
    int result = build(board);
    if (result < 0 && board->error.text[0] == 0)
        error_set(&board->error, result, "the machine cannot be built: %s", strerror(-result));
    return result;
}

void board_destroy(struct board *board)
{
    if (!board->type)
        return;
    device_list_destroy(&board->devices);
    backends_destroy(board);
    disk_places_free(&board->disk_places);
    if (board->manager)
        manager_destroy(board->manager);
    route_free(&board->route); // lines that are high fall, and their receivers must still exist
    hand_free(board);
    jit_destroy(board->jit);
    for (uint32_t i = 0; i < board->loop.count; i++)
        board->type->destroy_cpu(board, i);
    board->type->destroy(board);
    loop_free(&board->loop);
    outside_destroy(&board->outside);
    while (board->windows) {
        struct board_window *window = board->windows;
        board->windows = window->next;
        free(window);
    }
    fw_cfg_files_free(&board->fw_cfg_files);
    boot_order_free(&board->boot_order);
    smbios_tables_free(&board->smbios);
    image_store_free(&board->files);
    page_set_free(&board->written);
    host_memory_release(board->ram, board->ram_size);
    trace_free(&board->trace);
    mistakes_free(&board->mistakes);
    memset(board, 0, board->type->size);
}

int board_reset(struct board *board)
{
    board->outside.reset_due = false;
    device_list_reset(&board->devices, board->clock.now);
    board->type->reset(board);
    pci_host_reset(&board->pci, board->clock.now);
    int result = board->type->firmware(board);
    return result < 0 ? result : device_loader_load(board);
}

int board_restart(struct board *board)
{
    struct outside *outside = &board->outside;
    if (!outside->reset_left)
        outside->reset_left = BOARD_RESET_INSTRUCTIONS;
    outside->reset_due = true;
    outside->reset_left -= loop_pass(&board->loop, outside->reset_left);
    if (outside->reset_left)
        return 1;
    board->restarted = board->config.boot_once != NULL;
    return board_reset(board);
}

struct boot_kernel board_kernel(const struct board *board)
{
    return (struct boot_kernel){ board->config.kernel, board->config.kernel_data, board->config.kernel_size };
}

struct image_store *board_files(struct board *board)
{
    return board->config.reboot ? &board->files : NULL;
}

// --- Memory and ports -----------------------------------------------------------------------------------------------

int board_make_ram(struct board *board, uint64_t size)
{
    uint64_t video;
    int result = device_display_memory(board, &video);
    if (result < 0)
        return result;
    board->ram_size = size + video;
    board->ram = host_memory_reserve(board->ram_size);
    if (!board->ram || page_set_init(&board->written, board->ram_size) < 0)
        return error_set(&board->error, -ENOMEM, "-m: the host has no room for %" PRIu64 " MiB of guest memory",
                         board->ram_size >> 20);
    board->video = board->ram + size;
    board->memory.tracked = board->ram;
    board->memory.tracked_size = board->ram_size;
    board->memory.written_pages = &board->written;
    return 0;
}

int board_map(struct board *board, struct bus *bus, struct region region)
{
    struct board_window *window = malloc(sizeof *window);
    if (!window)
        return -ENOMEM;
    *window = (struct board_window){ .region = region, .next = board->windows };
    int result = bus_add(bus, &window->region);
    if (result < 0)
        free(window);
    else
        board->windows = window;
    return result;
}

void board_add_display(struct board *board, const struct display *display)
{
    if (!board->display.picture)
        board->display = *display;
}

void board_connect_pci(struct board *board, const struct pci_bus_config *wires, const struct pci_windows *windows)
{
    struct pci_bus_config config = *wires;
    config.memory = &board->memory;
    config.ports = &board->ports;
    config.interrupts = board->manager;
    pci_bus_connect(&board->pci.bus, &config);
    board->pci_windows = *windows;
}

// --- Interrupts -----------------------------------------------------------------------------------------------------

void board_signal(void *owner, uint32_t vcpu, uint32_t pending)
{
    struct board *board = owner;
    vcpu_signal(&board->loop, vcpu, pending);
}

void board_resample(void *owner, uint32_t chip, uint32_t pin)
{
    struct board *board = owner;
    route_eoi(&board->route, chip, pin);
}
