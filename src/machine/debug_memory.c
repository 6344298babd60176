// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// See debug_memory.h.
#include "machine/debug_memory.h"

#include "machine/board/board.h"
#include "vcpu/guest.h"

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

bool debug_memory_read(struct board *board, unsigned cpu, bool physical, uint64_t address, void *data, size_t size)
{
    return copy(board, cpu, physical, address, data, size, false);
}

size_t debug_memory_read_some(struct board *board, unsigned cpu, bool physical, uint64_t address, void *data,
                              size_t size)
{
    while (size && !debug_memory_read(board, cpu, physical, address, data, size))
        size--;
    return size;
}

bool debug_memory_write(struct board *board, unsigned cpu, bool physical, uint64_t address, const void *data,
                        size_t size)
{
    return copy(board, cpu, physical, address, (void *)(uintptr_t)data, size, true);
}
