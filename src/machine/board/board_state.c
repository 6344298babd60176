// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// A machine's whole state as one list, in this order:
//
//     time and turn of the loop --> console --> devices --> groups, routing, controllers --> processors --> RAM
//
// A load is for a machine made from the same configuration, with the same groups, between two runs. What is derived
// (run queue, TLBs, blocks, deadlines of the controllers) follows in board_loaded.
//
// Not listed: messages in the inbox (they are input from outside, which a replay has), and the host's clock for pacing.
#include "machine/board/board.h"

#include "base/storage.h"

static void visit_bus(struct bus *bus, struct visit *v)
{
    VISIT(v, bus->unanswered_reads);
    VISIT(v, bus->unanswered_writes);
}

// Deadlines in the clock are saved by their owners: each device visits its own events, and the controllers report
// theirs again.
static void visit_time(struct board *board, struct visit *v)
{
    VISIT_BELOW(v, board->clock.now, CLOCK_LIMIT);
    loop_visit(&board->loop, v);
    VISIT_NESTED(v, "memory", visit_bus(&board->memory, v));
    VISIT_NESTED(v, "ports", visit_bus(&board->ports, v));
}

void board_visit_devices(struct board *board, struct visit *v)
{
    board->type->visit_devices(board, v);
    VISIT_NESTED(v, "pci", pci_host_visit(&board->pci, v));
    VISIT_NESTED(v, "virtio-mmio", virtio_slots_visit(&board->virtio_slots, v));
    device_list_visit(&board->devices, v);
    if (board->config.boot_once)
        VISIT(v, board->restarted);
}

void board_visit_chips(struct board *board, struct visit *v)
{
    visit_time(board, v);
    VISIT_NESTED(v, "console", outside_visit(&board->outside, v));
    board_visit_devices(board, v);
    manager_visit(board->manager, v);
    route_visit(&board->route, v);
    VISIT_NESTED(v, "input", input_visit(board, v));
    VISIT_NESTED(v, "hand", hand_visit(&board->hand, v));
    board->type->visit_controllers(board, v);
    for (uint32_t i = 0; i < board->config.cpus; i++) {
        visit_enter_numbered(v, "cpu", i);
        board->type->visit_cpu(board, i, v);
        visit_leave(v);
    }
}

void board_visit(struct board *board, struct visit *v)
{
    board_visit_chips(board, v);
    VISIT_MEMORY(v, board->ram, board->ram_size);
}

void board_take_written(struct board *board, struct page_set *const sets[], size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (sets[i])
            page_set_merge(sets[i], &board->written);
    page_set_clear(&board->written);
    board->written_taken = true;
    for (unsigned i = 0; i < board->loop.count; i++)
        tlb_track_writes(board->loop.vcpus[i]);
}

void board_chips_loaded(struct board *board)
{
    clock_loaded(&board->clock);
    outside_loaded(&board->outside);
    pci_bus_loaded(&board->pci.bus);
    device_list_loaded(&board->devices);
    manager_loaded(board->manager);
    hand_loaded(board);
    board->type->loaded(board);
    board->clock.moved = false;
    board_mistakes_changed(board);
}

static void pass_field(struct visit *v, const char *name, void *data, size_t size, size_t count)
{
    (void)v, (void)name, (void)data, (void)size, (void)count;
}

void board_visit_storage(struct board *board, struct visit *v)
{
    v->field = pass_field;
    board_visit_devices(board, v);
}

static void fill_storage(struct visit *v, struct storage *storage)
{
    (void)v;
    storage_written(storage, 0, storage->used);
}

void board_loaded(struct board *board)
{
    page_set_fill(&board->written);
    board_pages_loaded(board);
}

void board_pages_loaded(struct board *board)
{
    struct visit storage = { .storage = fill_storage };
    board_chips_loaded(board);
    board_visit_storage(board, &storage);
    for (unsigned i = 0; i < board->memory.count; i++)
        if (board->memory.regions[i]->ram)
            loop_memory_written(&board->loop, board->memory.regions[i]->base, board->memory.regions[i]->size);
}
