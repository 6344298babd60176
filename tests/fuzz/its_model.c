// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// A simple model of the ITS, for comparison.
#include "its_model.h"

enum { MOST_EVENT_BITS = 16, LPI_BITS = VIRT_LPI_BITS };

// One command taken apart.
struct parts {
    unsigned number;
    uint32_t device, event, intid, collection;
    uint64_t cpu, other;
    bool valid;
};

static struct parts take_apart(const struct its_input_command *command)
{
    return (struct parts){
        .number = command->word[0] & 0xff,
        .device = (uint32_t)(command->word[0] >> 32),
        .event = (uint32_t)command->word[1],
        .intid = (uint32_t)(command->word[1] >> 32),
        .collection = command->word[2] & 0xffff,
        .cpu = bits_get(command->word[2], 50, 16),
        .other = bits_get(command->word[3], 50, 16),
        .valid = command->word[2] >> 63,
    };
}

static uint64_t collection_errors(const struct its_model *model, uint32_t collection)
{
    return collection >= model->collections ? BIT64(ITS_ERROR_COLLECTION) : 0;
}

// Of a collection that must have a processor.
static uint64_t target_errors(const struct its_model *model, uint32_t collection)
{
    if (collection >= model->collections)
        return BIT64(ITS_ERROR_COLLECTION);
    bool mapped = collection < MODEL_COLLECTIONS && model->collection[collection].valid;
    return mapped ? 0 : BIT64(ITS_ERROR_UNMAPPED_COLLECTION);
}

static uint64_t event_errors(const struct its_model *model, const struct parts *p)
{
    if (p->device >= MODEL_DEVICES)
        return BIT64(ITS_ERROR_DEVICE) | (p->device < 512 ? BIT64(ITS_ERROR_UNMAPPED_DEVICE) : 0);
    if (!model->device[p->device].valid)
        return BIT64(ITS_ERROR_UNMAPPED_DEVICE);
    return (uint64_t)p->event >> model->device[p->device].bits ? BIT64(ITS_ERROR_EVENT) : 0;
}

// Of an event that must be mapped, and lead to a processor.
static uint64_t mapping_errors(const struct its_model *model, const struct parts *p)
{
    uint64_t errors = event_errors(model, p);
    if (errors)
        return errors;
    if (!model->event[p->device][p->event].valid)
        return BIT64(ITS_ERROR_UNMAPPED_INTERRUPT);
    return target_errors(model, model->event[p->device][p->event].collection);
}

bool its_model_translate(const struct its_model *model, uint32_t device, uint32_t event, uint32_t *intid, uint32_t *cpu)
{
    const struct parts p = { .device = device, .event = event };
    if (mapping_errors(model, &p))
        return false;
    *intid = model->event[device][event].intid;
    *cpu = model->collection[model->event[device][event].collection].cpu;
    return true;
}

// --- The commands ---------------------------------------------------------------------------------------------------

static uint64_t mapd(struct its_model *model, const struct parts *p)
{
    unsigned bits = (p->event & 31) + 1;
    uint64_t errors = p->device >= MODEL_DEVICES ? BIT64(ITS_ERROR_DEVICE) : 0;
    errors |= p->valid && bits > MOST_EVENT_BITS ? BIT64(ITS_ERROR_SIZE) : 0;
    if (errors)
        return errors;
    model->device[p->device].valid = p->valid;
    model->device[p->device].bits = bits;
    return 0;
}

static uint64_t mapc(struct its_model *model, const struct parts *p)
{
    uint64_t errors = collection_errors(model, p->collection);
    errors |= p->valid && p->cpu >= model->cpus ? BIT64(ITS_ERROR_PROCESSOR) : 0;
    if (errors)
        return errors;
    model->collection[p->collection].valid = p->valid;
    model->collection[p->collection].cpu = (uint32_t)p->cpu;
    return 0;
}

static uint64_t map_event(struct its_model *model, const struct parts *p, uint32_t intid)
{
    uint64_t errors = event_errors(model, p) | collection_errors(model, p->collection);
    errors |= intid < GIC_LPI_FIRST || intid >> LPI_BITS ? BIT64(ITS_ERROR_INTID) : 0;
    if (errors)
        return errors;
    model->event[p->device][p->event].valid = true;
    model->event[p->device][p->event].intid = intid;
    model->event[p->device][p->event].collection = p->collection;
    return 0;
}

static uint64_t movi(struct its_model *model, const struct parts *p)
{
    uint64_t errors = mapping_errors(model, p) | target_errors(model, p->collection);
    uint32_t intid, from, to;
    if (errors || !its_model_translate(model, p->device, p->event, &intid, &from))
        return errors;
    to = model->collection[p->collection].cpu;
    model->event[p->device][p->event].collection = p->collection;
    uint64_t moved = model->pending[from] & BIT64(intid - GIC_LPI_FIRST);
    model->pending[from] &= ~moved;
    model->pending[to] |= moved;
    return 0;
}

static uint64_t movall(struct its_model *model, const struct parts *p)
{
    if (p->cpu >= model->cpus || p->other >= model->cpus)
        return BIT64(1); // MOVALL_PROCNUM_OOR
    uint64_t moved = model->pending[p->cpu];
    model->pending[p->cpu] = 0;
    model->pending[p->other] |= moved;
    return 0;
}

static uint64_t set_or_clear(struct its_model *model, const struct parts *p, bool set)
{
    uint32_t intid, cpu;
    uint64_t errors = mapping_errors(model, p);
    if (errors || !its_model_translate(model, p->device, p->event, &intid, &cpu))
        return errors;
    uint64_t bit = BIT64(intid - GIC_LPI_FIRST);
    model->pending[cpu] = set ? model->pending[cpu] | bit : model->pending[cpu] & ~bit;
    return 0;
}

static uint64_t discard(struct its_model *model, const struct parts *p)
{
    uint64_t errors = set_or_clear(model, p, false);
    if (!errors)
        model->event[p->device][p->event].valid = false;
    return errors;
}

uint64_t its_model_execute(struct its_model *model, const struct its_input_command *command)
{
    const struct parts p = take_apart(command);
    switch (p.number) {
    case ITS_MOVI: return movi(model, &p);
    case ITS_INT: return set_or_clear(model, &p, true);
    case ITS_CLEAR: return set_or_clear(model, &p, false);
    case ITS_SYNC: return 0;
    case ITS_MAPD: return mapd(model, &p);
    case ITS_MAPC: return mapc(model, &p);
    case ITS_MAPTI: return map_event(model, &p, p.intid);
    case ITS_MAPI: return map_event(model, &p, p.event);
    case ITS_INV: return mapping_errors(model, &p);
    case ITS_INVALL: return target_errors(model, p.collection);
    case ITS_MOVALL: return movall(model, &p);
    case ITS_DISCARD: return discard(model, &p);
    default: return UINT64_MAX;
    }
}
