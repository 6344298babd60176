// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Processors and memory of a machine, access to them by <intact/machine.h> between two runs.
#include <intact/machine.h>

#include <errno.h>

#include "machine/board/board.h"
#include "machine/machine.h"
#include "vcpu/guest.h"

// The board, if `cpu` is one of its CPUs and the machine is not running.
static int check(struct intact_machine *machine, unsigned cpu, struct board **board)
{
    *board = machine_board(machine);
    if ((*board)->loop.current)
        return -EBUSY;
    return cpu < (*board)->config.cpus ? 0 : -EINVAL;
}

// The same, also while an observer is told of code.
static int check_look(struct intact_machine *machine, unsigned cpu, struct board **board)
{
    *board = machine_board(machine);
    return machine->code.telling && cpu < (*board)->config.cpus ? 0 : check(machine, cpu, board);
}

const char *intact_machine_register(const struct intact_machine *machine, unsigned index)
{
    const struct board *board = machine_board((struct intact_machine *)machine);
    return board->type->register_name(board, index);
}

int intact_machine_read_register(struct intact_machine *machine, unsigned cpu, const char *name, uint64_t *value)
{
    struct board *board;
    int result = check_look(machine, cpu, &board);
    return result < 0 ? result : board->type->read_register(board, cpu, name, value);
}

int intact_machine_write_register(struct intact_machine *machine, unsigned cpu, const char *name, uint64_t value)
{
    struct board *board;
    int result = check(machine, cpu, &board);
    return result < 0 ? result : board->type->write_register(board, cpu, name, value);
}

// --- Memory ----------------------------------------------------------------------------------------------------------

int intact_machine_read_memory(struct intact_machine *machine, uint64_t address, void *data, size_t size)
{
    struct board *board;
    int result = check_look(machine, 0, &board);
    if (result < 0)
        return result;
    return bus_read_memory(&board->memory, address, data, size) ? 0 : -EFAULT;
}

int intact_machine_write_memory(struct intact_machine *machine, uint64_t address, const void *data, size_t size)
{
    struct board *board;
    int result = check(machine, 0, &board);
    if (result < 0)
        return result;
    return bus_write_memory(&board->memory, address, data, size) ? 0 : -EFAULT;
}

// The physical address, and how many of `size` bytes are on that page. False: it is not mapped.
static bool translate(struct board *board, unsigned cpu, uint64_t address, enum access access, uint64_t *physical,
                      size_t *size)
{
    struct tlb_page page;
    size_t left = PAGE_SIZE - (address & ~PAGE_MASK);
    if (!board->type->guest->walk(board->loop.vcpus[cpu], address, access, false, &page))
        return false;
    *physical = page.physical + (address & ~PAGE_MASK);
    *size = *size < left ? *size : left;
    return true;
}

int intact_machine_read_virtual(struct intact_machine *machine, unsigned cpu, uint64_t address, void *data, size_t size)
{
    struct board *board;
    uint64_t physical;
    int result = check(machine, cpu, &board);
    for (uint8_t *to = data; result == 0 && size;) {
        size_t piece = size;
        if (!translate(board, cpu, address, ACCESS_READ, &physical, &piece) ||
            !bus_read_memory(&board->memory, physical, to, piece))
            return -EFAULT;
        to += piece;
        address += piece;
        size -= piece;
    }
    return result;
}

int intact_machine_write_virtual(struct intact_machine *machine, unsigned cpu, uint64_t address, const void *data,
                                 size_t size)
{
    struct board *board;
    uint64_t physical;
    int result = check(machine, cpu, &board);
    for (const uint8_t *from = data; result == 0 && size;) {
        size_t piece = size;
        if (!translate(board, cpu, address, ACCESS_WRITE, &physical, &piece) ||
            !bus_write_memory(&board->memory, physical, from, piece))
            return -EFAULT;
        from += piece;
        address += piece;
        size -= piece;
    }
    return result;
}
