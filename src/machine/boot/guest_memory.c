// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Guest RAM for the loaders: bounded copies with error lines.
#include "machine/boot/guest_memory.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "base/bits.h"

#define PAGE UINT64_C(4096)

static int not_ram(const char *what, uint64_t address, uint64_t size, struct error *error)
{
    return error_set(error, -ENOMEM,
                     "%s does not fit: 0x%" PRIx64 " bytes at 0x%" PRIx64 " are not all RAM; a larger -m may help",
                     what, size, address);
}

int guest_put(struct bus *bus, const char *what, uint64_t address, const void *data, size_t size, struct error *error)
{
    if (!bus_load_memory(bus, address, data, size))
        return not_ram(what, address, size, error);
    return 0;
}

static bool page_is_zero(struct bus *bus, uint64_t address, size_t size)
{
    uint8_t page[PAGE];
    if (!bus_read_memory(bus, address, page, size))
        return false;
    return page[0] == 0 && memcmp(page, page + 1, size - 1) == 0;
}

int guest_zero(struct bus *bus, const char *what, uint64_t address, uint64_t size, struct error *error)
{
    static const uint8_t zeroes[PAGE];
    if (!bus_is_memory(bus, address, size))
        return not_ram(what, address, size, error);
    while (size) {
        uint64_t to_page_end = PAGE - (address & (PAGE - 1));
        size_t piece = (size_t)(size < to_page_end ? size : to_page_end);
        if (!page_is_zero(bus, address, piece))
            bus_load_memory(bus, address, zeroes, piece);
        address += piece;
        size -= piece;
    }
    return 0;
}
