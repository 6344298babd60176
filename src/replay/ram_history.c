// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Trees with counted references: a node or page is freed with the last tree that has it. See ram_history.h.
#include "replay/ram_history.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct page {
    uint64_t users;
    uint8_t bytes[RAM_PAGE];
};

// Level 0 has pages below it, the others nodes.
struct ram_moment {
    uint64_t users;
    void *child[RAM_HISTORY_FAN];
};

static uint64_t span_of(unsigned level)
{
    return UINT64_C(1) << 6 * level; // pages below one child
}

// --- References ------------------------------------------------------------------------------------------------------

static void release(struct ram_history *history, void *object, unsigned level, bool is_page)
{
    uint64_t *users = object; // both begin with it
    if (!object || --*users > 0)
        return;
    if (!is_page) {
        struct ram_moment *node = object;
        for (unsigned i = 0; i < RAM_HISTORY_FAN; i++)
            release(history, node->child[i], level - (level > 0), level == 0);
    }
    history->bytes -= is_page ? sizeof(struct page) : sizeof(struct ram_moment);
    free(object);
}

static void use(void *object)
{
    if (object)
        ++*(uint64_t *)object;
}

// A node that only the tree in the making has, and that may be changed. NULL: no memory.
static struct ram_moment *own(struct ram_history *history, struct ram_moment *node)
{
    if (node && node->users == 1)
        return node;
    struct ram_moment *copy = calloc(1, sizeof *copy);
    if (!copy)
        return NULL;
    history->bytes += sizeof *copy;
    copy->users = 1;
    for (unsigned i = 0; node && i < RAM_HISTORY_FAN; i++)
        use(copy->child[i] = node->child[i]);
    if (node)
        node->users--;
    return copy;
}

static struct page *copy_page(struct ram_history *history, uint64_t page)
{
    struct page *copy = malloc(sizeof *copy);
    if (!copy)
        return NULL;
    history->bytes += sizeof *copy;
    copy->users = 1;
    memcpy(copy->bytes, history->ram + page * RAM_PAGE, RAM_PAGE);
    return copy;
}

// --- Taking ----------------------------------------------------------------------------------------------------------

static bool is_blank(const struct ram_history *history, const uint8_t *bytes)
{
    return bytes[0] == history->blank && memcmp(bytes, bytes + 1, RAM_PAGE - 1) == 0;
}

// Puts the page as it is now into the tree. False: no memory; the tree is whole.
static bool put_page(struct ram_history *history, struct ram_moment **root, uint64_t page)
{
    struct ram_moment **place = root;
    struct page *copy = NULL;
    if (!is_blank(history, history->ram + page * RAM_PAGE) && !(copy = copy_page(history, page)))
        return false;
    for (unsigned level = history->depth - 1;; level--) {
        struct ram_moment *node = own(history, *place);
        if (!node) {
            release(history, copy, 0, true);
            return false;
        }
        *place = node;
        void **child = &node->child[page / span_of(level) % RAM_HISTORY_FAN];
        if (level == 0) {
            release(history, *child, 0, true);
            *child = copy;
            return true;
        }
        place = (struct ram_moment **)child;
    }
}

int ram_history_take(struct ram_history *history, struct ram_moment **moment)
{
    struct ram_moment *root = history->now;
    use(root);
    for (uint64_t page = 0; (page = page_set_next(&history->written, page)) < history->pages; page++) {
        if (put_page(history, &root, page))
            continue;
        release(history, root, history->depth - 1, false);
        return -ENOMEM;
    }
    page_set_clear(&history->written);
    release(history, history->now, history->depth - 1, false);
    history->now = root;
    use(root);
    *moment = root;
    return 0;
}

void ram_history_release(struct ram_history *history, struct ram_moment *moment)
{
    release(history, moment, history->depth - 1, false);
}

// --- Going back ------------------------------------------------------------------------------------------------------

// Adds the pages that are not the same object in two trees.
static void add_differences(struct ram_history *history, const struct ram_moment *a, const struct ram_moment *b,
                            unsigned level, uint64_t first)
{
    for (unsigned i = 0; i < RAM_HISTORY_FAN; i++) {
        const void *x = a ? a->child[i] : NULL, *y = b ? b->child[i] : NULL;
        uint64_t page = first + i * span_of(level);
        if (x == y)
            continue;
        if (level == 0)
            page_set_add(&history->written, page);
        else
            add_differences(history, x, y, level - 1, page);
    }
}

static const uint8_t *find_page(const struct ram_history *history, const struct ram_moment *node, uint64_t page)
{
    for (unsigned level = history->depth - 1; node && level > 0; level--)
        node = node->child[page / span_of(level) % RAM_HISTORY_FAN];
    const struct page *found = node ? node->child[page % RAM_HISTORY_FAN] : NULL;
    return found ? found->bytes : NULL;
}

void ram_history_restore(struct ram_history *history, struct ram_moment *moment,
                         void (*changed)(void *owner, uint64_t page), void *owner)
{
    if (moment != history->now)
        add_differences(history, history->now, moment, history->depth - 1, 0);
    for (uint64_t page = 0; (page = page_set_next(&history->written, page)) < history->pages; page++) {
        const uint8_t *bytes = find_page(history, moment, page);
        uint8_t *place = history->ram + page * RAM_PAGE;
        if (bytes)
            memcpy(place, bytes, RAM_PAGE);
        else
            memset(place, history->blank, RAM_PAGE);
        changed(owner, page);
    }
    page_set_clear(&history->written);
    use(moment);
    release(history, history->now, history->depth - 1, false);
    history->now = moment;
}

static bool visit_pages(const struct ram_moment *node, unsigned level, uint64_t first,
                        bool (*visit)(void *owner, uint64_t page, const uint8_t *bytes), void *owner)
{
    for (unsigned i = 0; node && i < RAM_HISTORY_FAN; i++) {
        uint64_t page = first + i * span_of(level);
        const struct page *leaf = node->child[i];
        if (!node->child[i])
            continue;
        if (!(level == 0 ? visit(owner, page, leaf->bytes)
                         : visit_pages(node->child[i], level - 1, page, visit, owner)))
            return false;
    }
    return true;
}

bool ram_history_pages(const struct ram_history *history, const struct ram_moment *moment,
                       bool (*visit)(void *owner, uint64_t page, const uint8_t *bytes), void *owner)
{
    return visit_pages(moment, history->depth - 1, 0, visit, owner);
}

// --- Life ------------------------------------------------------------------------------------------------------------

int ram_history_init(struct ram_history *history, uint8_t *ram, uint64_t size)
{
    *history = (struct ram_history){ .ram = ram, .pages = size >> RAM_PAGE_BITS, .depth = 1 };
    while (span_of(history->depth) < history->pages)
        history->depth++;
    return page_set_init(&history->written, size);
}

void ram_history_free(struct ram_history *history)
{
    release(history, history->now, history->depth - (history->depth > 0), false);
    page_set_free(&history->written);
    *history = (struct ram_history){ .ram = NULL };
}
