// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// See digest.h. XXH3 is the 64-bit one of xxHash 0.8 with the seed 0, which is the same on every host.
#include "replay/digest.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

uint64_t digest_bytes(const void *data, size_t size)
{
    return XXH3_64bits(data, size);
}

int digest_init(struct digest *digest, const uint8_t *ram, uint64_t size)
{
    *digest = (struct digest){ .ram = ram };
    uint64_t count = size >> RAM_PAGE_BITS;
    bool failed = page_set_init(&digest->written, size) < 0 || page_set_init(&digest->parents, size) < 0;
    do {
        uint64_t *level = calloc(count, sizeof *level);
        digest->levels[digest->depth] = level;
        digest->counts[digest->depth++] = count;
        failed |= !level;
        count = (count + DIGEST_FAN - 1) / DIGEST_FAN;
    } while (digest->counts[digest->depth - 1] > 1);
    visit_save_init(&digest->fields);
    digest->fields.visit.no_storage = digest->fields.visit.no_requests = true;
    if (!failed)
        return 0;
    digest_free(digest);
    return -ENOMEM;
}

void digest_free(struct digest *digest)
{
    page_set_free(&digest->written);
    page_set_free(&digest->parents);
    for (unsigned i = 0; i < digest->depth; i++)
        free(digest->levels[i]);
    free(digest->fields.data);
    *digest = (struct digest){ .ram = NULL };
}

// --- RAM -------------------------------------------------------------------------------------------------------------

static bool is_zero(const void *data, size_t size)
{
    const char *bytes = data;
    return bytes[0] == 0 && memcmp(bytes, bytes + 1, size - 1) == 0;
}

static uint64_t hash_or_zero(const void *data, size_t size)
{
    return is_zero(data, size) ? 0 : XXH3_64bits(data, size);
}

// The children of one node; the last node of a level may have fewer than 64.
static uint64_t hash_node(const struct digest *digest, unsigned level, uint64_t index)
{
    uint64_t first = index * DIGEST_FAN, left = digest->counts[level] - first;
    uint64_t count = left < DIGEST_FAN ? left : DIGEST_FAN;
    return hash_or_zero(digest->levels[level] + first, count * sizeof(uint64_t));
}

// Hashes the pages of `written`, then on each level what is above those of the level below.
static uint64_t hash_ram(struct digest *digest)
{
    struct page_set *changed = &digest->written, *above = &digest->parents;
    for (uint64_t page = 0; (page = page_set_next(changed, page)) < changed->pages; page++)
        digest->levels[0][page] = hash_or_zero(digest->ram + page * RAM_PAGE, RAM_PAGE);
    for (unsigned level = 1; level < digest->depth; level++) {
        for (uint64_t i = 0; (i = page_set_next(changed, i)) < changed->pages; i = (i / DIGEST_FAN + 1) * DIGEST_FAN) {
            page_set_add(above, i / DIGEST_FAN);
            digest->levels[level][i / DIGEST_FAN] = hash_node(digest, level - 1, i / DIGEST_FAN);
        }
        page_set_clear(changed);
        struct page_set *swap = changed;
        changed = above;
        above = swap;
    }
    page_set_clear(changed);
    return digest->levels[digest->depth - 1][0];
}

// --- The whole -------------------------------------------------------------------------------------------------------

bool digest_of(struct digest *digest, const struct state_list *list, uint64_t *value)
{
    struct visit_save *fields = &digest->fields;
    fields->size = 0;
    fields->failed = false;
    list->visit(list->object, &fields->visit);
    if (fields->failed)
        return false;
    const uint64_t parts[] = { XXH3_64bits(fields->data, fields->size), hash_ram(digest), digest->counts[0] };
    *value = XXH3_64bits(parts, sizeof parts);
    return true;
}
