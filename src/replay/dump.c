// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// See dump.h.
#include "replay/dump.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/bits.h"
#include "base/page_set.h"
#include "replay/digest.h"

static void dump_field(struct visit *v, const char *name, void *data, size_t size, size_t count)
{
    struct dump *dump = container_of(v, struct dump, visit);
    for (size_t i = 0; i < count; i++) {
        char path[300], value[24];
        uint64_t element = bytes_get((const uint8_t *)data + i * size, (unsigned)size);
        if (element == 0)
            continue;
        if (count == 1)
            snprintf(path, sizeof path, "%s%.60s", dump->lists.text, visit_name(name));
        else
            snprintf(path, sizeof path, "%s%.60s[%zu]", dump->lists.text, visit_name(name), i);
        snprintf(value, sizeof value, "%0*" PRIx64, (int)(2 * size), element);
        dump->line(dump->owner, path, value);
    }
}

static void dump_enter(struct visit *v, const char *name)
{
    visit_path_enter(&container_of(v, struct dump, visit)->lists, name);
}

static void dump_leave(struct visit *v)
{
    visit_path_leave(&container_of(v, struct dump, visit)->lists);
}

void dump_init(struct dump *dump, void (*line)(void *owner, const char *path, const char *value), void *owner)
{
    *dump = (struct dump){
        .visit = { .field = dump_field,
                   .enter = dump_enter,
                   .leave = dump_leave,
                   .no_storage = true,
                   .no_requests = true },
        .line = line,
        .owner = owner,
    };
}

void dump_ram(struct dump *dump, const uint8_t *ram, uint64_t size, uint64_t address)
{
    for (uint64_t at = 0; at < size; at += RAM_PAGE) {
        char path[32], value[24];
        if (ram_page_is_zero(ram + at))
            continue;
        snprintf(path, sizeof path, "ram/%" PRIx64, address + at);
        snprintf(value, sizeof value, "%016" PRIx64, digest_bytes(ram + at, RAM_PAGE));
        dump->line(dump->owner, path, value);
    }
}
