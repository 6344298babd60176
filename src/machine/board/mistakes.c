// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Mistakes at devices; described in mistakes.h.
#include "machine/board/mistakes.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bits.h"

// --- The search ------------------------------------------------------------------------------------------------------

struct search {
    struct visit visit;
    struct mistakes *found;
    char path[48];
    bool failed;
};

static bool grow(struct mistakes *found)
{
    unsigned capacity = found->capacity ? 2 * found->capacity : 32;
    struct mistakes_device *bigger = realloc(found->devices, capacity * sizeof *bigger);
    if (!bigger)
        return false;
    found->devices = bigger;
    found->capacity = capacity;
    return true;
}

static void on_field(struct visit *v, const char *name, void *data, size_t size, size_t count)
{
    struct search *search = container_of(v, struct search, visit);
    struct mistakes *found = search->found;
    if (size != sizeof(uint32_t) || strcmp(visit_name(name), "mistakes") != 0)
        return;
    if (found->count == found->capacity && !grow(found)) {
        search->failed = true;
        return;
    }
    struct mistakes_device *device = &found->devices[found->count++];
    *device = (struct mistakes_device){ .counters = data, .count = (unsigned)count, .mistake = mistake_names(name) };
    snprintf(device->name, sizeof device->name, "%s", search->path);
}

static void on_enter(struct visit *v, const char *name)
{
    struct search *search = container_of(v, struct search, visit);
    size_t used = strlen(search->path);
    snprintf(search->path + used, sizeof search->path - used, "%s%s", used ? "/" : "", name);
}

static void on_leave(struct visit *v)
{
    struct search *search = container_of(v, struct search, visit);
    char *slash = strrchr(search->path, '/');
    *(slash ? slash : search->path) = '\0';
}

static struct trace_counters counters_of(const struct mistakes *mistakes, unsigned index, uint32_t vcpu)
{
    const struct mistakes_device *device = &mistakes->devices[index];
    return (struct trace_counters){ device->counters,           device->count, vcpu,
                                    INTACT_CHIP_DEVICE + index, device->name,  device->mistake };
}

int mistakes_find(struct mistakes *mistakes, void (*visit)(void *owner, struct visit *v), void *owner)
{
    struct search search = {
        .visit = { .field = on_field, .enter = on_enter, .leave = on_leave },
        .found = mistakes,
    };
    mistakes->count = 0;
    visit(owner, &search.visit);
    for (unsigned i = 0; i < mistakes->count; i++) {
        struct trace_counters counters = counters_of(mistakes, i, TRACE_NO_CPU);
        trace_mistakes_begin(&mistakes->devices[i].before, &counters);
    }
    return search.failed ? -ENOMEM : 0;
}

void mistakes_free(struct mistakes *mistakes)
{
    free(mistakes->devices);
    *mistakes = (struct mistakes){ .devices = NULL };
}

// --- Reports ---------------------------------------------------------------------------------------------------------

static bool has_moved(const struct mistakes_device *device)
{
    uint32_t changed = 0;
    for (unsigned i = 0; i < device->count; i++)
        changed |= device->counters[i] ^ device->before.before[i];
    return changed;
}

// An observer that asks what time it is may bring another sweep: what is reported is taken note of first.
void mistakes_sweep(struct mistakes *mistakes, struct trace *trace, uint32_t vcpu)
{
    for (unsigned i = 0; i < mistakes->count; i++) {
        struct mistakes_device *device = &mistakes->devices[i];
        if (!has_moved(device))
            continue;
        struct trace_counters counters = counters_of(mistakes, i, vcpu);
        struct trace_mistakes before = device->before;
        trace_mistakes_begin(&device->before, &counters);
        trace_mistakes_end(trace, &before, &counters, 0);
    }
}
