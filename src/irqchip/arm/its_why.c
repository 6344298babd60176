// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Why an interrupt does not arrive: the ITS's part, from an event to an LPI. See gic_why.h.
//
// Spec: IHI 0069 chapter 5 (tables, commands and their errors), the GITS registers.
//
// Path: arm_irq_why.c / gicr_why.c
#include "irqchip/arm/gic_why.h"
#include "irqchip/arm/its.h"

// The event in question.
struct question {
    const struct its *its;
    const struct gic_memory *memory;
    uint32_t device, event;
};

// --- The command queue ----------------------------------------------------------------------------------------------

// A mapping may be missing because its command has not been executed. A queue that cannot be read stalls, as one with a
// command in error may.
static void queue(const struct question *asked, struct why *why)
{
    const struct its *its = asked->its;
    uint32_t offset = its->creadr & ITS_OFFSET_MASK;
    uint64_t base = its->cbaser & ITS_QUEUE_ADDRESS;
    uint8_t command[32];
    bool stalled = its->creadr & ITS_STALLED;
    if (stalled && asked->memory->read(asked->memory->owner, base + offset, command, sizeof command))
        WHY(why, INTACT_WHY_ARM_ITS_STALLED, offset, its->error);
    else if (stalled)
        WHY(why, INTACT_WHY_ARM_ITS_QUEUE_MEMORY, offset, its->cbaser);
    else if (offset != its->cwriter)
        WHY(why, INTACT_WHY_ARM_ITS_QUEUED, offset, its->cwriter, !(its->cbaser & ITS_VALID));
    else if (its->error)
        WHY(why, INTACT_WHY_ARM_ITS_ERROR, its->error, its->errors);
}

// --- Tables ---------------------------------------------------------------------------------------------------------

static void no_entry(const struct its *its, unsigned table, uint32_t index, struct why *why)
{
    if (!(its->baser[table] & ITS_VALID))
        WHY(why, INTACT_WHY_ARM_ITS_NO_TABLE, table, its->baser[table]);
    else
        WHY(why, INTACT_WHY_ARM_ITS_NO_ENTRY, table, its->baser[table], index, its_in_table(its, table, index));
}

static void no_memory(const struct question *asked, const struct its_search *search, struct why *why)
{
    if (search->table == ITS_ITT)
        WHY(why, INTACT_WHY_ARM_ITS_ITT, asked->device, search->address);
    else
        WHY(why, INTACT_WHY_ARM_ITS_TABLE, search->table, asked->its->baser[search->table]);
}

static void report(const struct question *asked, enum its_fault fault, const struct its_search *search, struct why *why)
{
    uint32_t device = asked->device, id = asked->event;
    switch (fault) {
    case ITS_FAULT_NONE: break;
    case ITS_FAULT_DEVICE_BITS: WHY(why, INTACT_WHY_ARM_ITS_DEVICE_BITS, device, ITS_DEVICE_BITS); break;
    case ITS_FAULT_NO_ENTRY:
        no_entry(asked->its, search->table, search->table == ITS_DEVICES ? device : search->collection, why);
        break;
    case ITS_FAULT_MEMORY: no_memory(asked, search, why); break;
    case ITS_FAULT_DEVICE: WHY(why, INTACT_WHY_ARM_ITS_NO_DEVICE, device); break;
    case ITS_FAULT_EVENT_RANGE: WHY(why, INTACT_WHY_ARM_ITS_EVENT_RANGE, id, device, search->event_bits); break;
    case ITS_FAULT_EVENT: WHY(why, INTACT_WHY_ARM_ITS_NO_EVENT, id, device); break;
    case ITS_FAULT_COLLECTION: WHY(why, INTACT_WHY_ARM_ITS_NO_COLLECTION, search->collection, id, device); break;
    case ITS_FAULT_PROCESSOR:
        WHY(why, INTACT_WHY_ARM_ITS_NO_CPU, search->collection, search->cpu, asked->its->cpus);
        break;
    }
}

bool its_why(const struct its *its, const struct gic_memory *memory, uint32_t device, uint32_t event, uint32_t *intid,
             uint32_t *cpu, struct why *why)
{
    const struct question question = { its, memory, device, event };
    const struct its_translation *cached = its_cached(its, device, event);
    struct its_search search;
    if (!its_enabled(its))
        WHY(why, INTACT_WHY_ARM_ITS_OFF);
    if (cached) { // used before the tables
        *intid = cached->intid;
        *cpu = cached->cpu - 1;
        return true;
    }
    enum its_fault fault = its_search(its, memory, device, event, &search);
    report(&question, fault, &search, why);
    if (fault != ITS_FAULT_NONE)
        queue(&question, why);
    *intid = search.intid;
    *cpu = search.cpu;
    return fault == ITS_FAULT_NONE;
}
