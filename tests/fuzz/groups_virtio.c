// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Virtio's notifications on the groups of a struct world, with a model of the status registers, of the level of each
// line, and of the result of each call: VIRTIO 1.2, 2.3, 4.1.4.5, 4.1.5.1.2 and 4.2.2.
#include "groups_virtio.h"

#include "fuzz.h"
#include "groups/group.h"

enum { VECTOR_KINDS = WORLD_SOURCES + 3 }; // each source, two that no group has, none

void world_virtio_open(struct world *world)
{
    for (unsigned i = 0; i < WORLD_VIRTIOS; i++)
        world->virtios[i].group = WORLD_GROUPS;
}

void world_virtio_unbind(struct world *world, unsigned group)
{
    for (unsigned i = 0; i < WORLD_VIRTIOS; i++)
        if (world->virtios[i].group == group) {
            world->virtios[i].virtio.group = NULL;
            world->virtios[i].group = WORLD_GROUPS;
        }
}

static uint16_t any_vector(uint32_t word)
{
    return word % VECTOR_KINDS == VECTOR_KINDS - 1 ? INTACT_IRQ_NO_VECTOR : (uint16_t)(word % VECTOR_KINDS);
}

// As a transport does when the driver has chosen how it is notified. The register keeps its bits.
static void bind(struct world *world, struct world_virtio *v, const struct world_step *step)
{
    bool exists = world->groups[step->group];
    v->group = exists ? step->group : WORLD_GROUPS;
    for (unsigned i = 0; i < WORLD_SOURCES; i++)
        v->vectors[i] = any_vector(step->word + 5 * i);
    v->virtio = (struct intact_irq_virtio){
        .group = world->groups[step->group],
        .status = step->flag ? &v->status : NULL,
        .queue_vectors = v->vectors,
        .queues = (uint16_t)step->count,
        .config_vector = any_vector(step->word >> 8),
    };
}

// What a notification must return, and the source that it triggers (WORLD_SOURCES: none). A trigger may also find no
// route.
static int expected(const struct world_virtio *v, const struct world_step *step, uint32_t *source)
{
    const struct intact_irq_group *group = v->virtio.group;
    bool queue = step->call == CALL_VIRTIO_QUEUE;
    uint32_t at = 0;
    *source = WORLD_SOURCES;
    if (!group)
        return INTACT_IRQ_OK;
    if (!v->virtio.status) {
        if (queue && step->index >= v->virtio.queues)
            return INTACT_IRQ_BAD_INDEX;
        at = queue ? v->vectors[step->index] : v->virtio.config_vector;
        if (at == INTACT_IRQ_NO_VECTOR)
            return INTACT_IRQ_OK;
        if (at >= intact_irq_group_length(group))
            return INTACT_IRQ_BAD_INDEX;
    } else if (atomic_load(&group->level)) {
        return INTACT_IRQ_OK;
    }
    if (!(step->other ? intact_irq_group_enabled(group) : group->live))
        return INTACT_IRQ_NOT_ENABLED;
    *source = at;
    return INTACT_IRQ_OK;
}

// A level is high while a bit is set.
static void follow(struct world *world, const struct world_virtio *v)
{
    if (v->virtio.status && v->virtio.group && atomic_load(&v->virtio.group->level))
        world->driven[v->group] = v->bits != 0;
}

static int notify(struct world *world, struct world_virtio *v, const struct world_step *step)
{
    bool queue = step->call == CALL_VIRTIO_QUEUE;
    uint32_t source;
    int want = expected(v, step, &source);
    if (v->virtio.status && v->virtio.group)
        v->bits |= queue ? INTACT_IRQ_USED_RING : INTACT_IRQ_CONFIG;
    if (source < WORLD_SOURCES)
        world->work[v->group][source] = true; // before the call, since the message may be sent inside it
    int result = queue ? intact_irq_virtio_notify_queue(&v->virtio, (uint16_t)step->index)
                       : intact_irq_virtio_notify_config(&v->virtio);
    bool unheard = source < WORLD_SOURCES && !step->other && result == INTACT_IRQ_NO_ROUTE;
    if (result != want && !unheard)
        fuzz_fail("a notification returns %d, not %d", result, want);
    follow(world, v);
    return result;
}

static int acknowledge(struct world *world, struct world_virtio *v, const struct world_step *step)
{
    uint32_t bits = step->flag ? UINT32_MAX : step->word & 3, before = v->virtio.status ? v->bits : 0;
    uint32_t got = intact_irq_virtio_acknowledge(&v->virtio, bits);
    if (got != before)
        fuzz_fail("an acknowledge returns %x, not %x", got, before);
    if (v->virtio.status)
        v->bits &= ~bits;
    follow(world, v);
    return (int)got;
}

// The register alone: no line follows.
static int access_status(struct world_virtio *v, const struct world_step *step)
{
    uint32_t bits = step->word >> 2 & 0xff, before = v->bits, got = before;
    switch (step->word % 4) {
    case 0:
        intact_irq_status_write(&v->status, bits);
        v->bits = bits;
        break;
    case 1:
        got = intact_irq_status_read_and_clear(&v->status);
        v->bits = 0;
        break;
    case 2:
        got = intact_irq_status_set(&v->status, bits);
        v->bits |= bits;
        break;
    default:
        got = intact_irq_status_clear(&v->status, bits);
        v->bits &= ~bits;
        break;
    }
    if (got != before)
        fuzz_fail("a status register was %x, not %x", got, before);
    return (int)got;
}

int world_virtio_do(struct world *world, const struct world_step *step)
{
    struct world_virtio *v = &world->virtios[step->device % WORLD_VIRTIOS];
    switch (step->call) {
    case CALL_VIRTIO_BIND: bind(world, v, step); return 0;
    case CALL_VIRTIO_ACKNOWLEDGE: return acknowledge(world, v, step);
    case CALL_VIRTIO_STATUS: return access_status(v, step);
    default: return notify(world, v, step);
    }
}

void world_virtio_check(const struct world *world)
{
    for (unsigned i = 0; i < WORLD_VIRTIOS; i++)
        if (intact_irq_status_read(&world->virtios[i].status) != world->virtios[i].bits)
            fuzz_fail("status register %u is %x, not %x", i, intact_irq_status_read(&world->virtios[i].status),
                      world->virtios[i].bits);
}
