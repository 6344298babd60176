// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The requests of drivers: lines, messages, their handlers, and their processors. Everything about a controller is
// behind struct intr_chip.
#include "intr/intr.h"

#include "intr/chip.h"

static const struct intr_chip *chip;
static struct intr_irq irqs[INTR_LINES];
static struct intr_msi msis[INTR_MESSAGES];
static struct intr_action actions[INTR_ACTIONS];
static bool online[PROCESSOR_LIMIT];
static unsigned load[PROCESSOR_LIMIT];
static volatile unsigned unclaimed;

const char *intr_error_text(int error)
{
    switch (error) {
    case INTR_NO_MEMORY: return "no memory";
    case INTR_NO_VECTOR: return "no vector";
    case INTR_BUSY: return "busy";
    case INTR_ALREADY_USED: return "already used";
    default: return error < 0 ? "unknown error" : "ok";
    }
}

bool intr_init(enum intr_kind kind)
{
    chip = intr_find_chip(kind);
    if (!chip)
        return false;
    intr_cpu_init();
    return true;
}

void intr_cpu_init(void)
{
    chip->cpu_init();
    online[processor_self()] = true;
}

const char *intr_chip_name(void)
{
    return chip->name;
}

// --- Handlers -------------------------------------------------------------------------------------------------------

static struct intr_action *add_action(struct intr_source *source, void *device, intr_handler *handler)
{
    for (unsigned i = 0; i < INTR_ACTIONS; i++) {
        if (actions[i].handler)
            continue;
        actions[i] = (struct intr_action){ .device = device, .handler = handler };
        struct intr_action **end = &source->actions;
        while (*end)
            end = &(*end)->next;
        *end = &actions[i];
        return &actions[i];
    }
    return NULL;
}

static bool remove_action(struct intr_source *source, const void *device)
{
    for (struct intr_action **at = &source->actions; *at; at = &(*at)->next) {
        struct intr_action *action = *at;
        if (action->device != device)
            continue;
        *at = action->next;
        action->handler = NULL;
        return true;
    }
    return false;
}

static bool has_action(const struct intr_source *source, const void *device)
{
    for (const struct intr_action *action = source->actions; action; action = action->next)
        if (action->device == device)
            return true;
    return false;
}

// All are called: on a shared line several devices may be the cause.
void intr_deliver(const struct intr_source *source, uint32_t taken)
{
    bool claimed = false;
    for (const struct intr_action *action = source ? source->actions : NULL; action; action = action->next)
        claimed |= action->handler(action->device);
    if (!claimed)
        unclaimed = unclaimed + 1;
    chip->eoi(taken);
}

void intr_wait(uint32_t cpu)
{
    if (cpu == processor_self()) {
        interrupts_wait();
        return;
    }
    interrupts_take();
    relax();
}

unsigned intr_unclaimed(void)
{
    return unclaimed;
}

// --- Which processor ------------------------------------------------------------------------------------------------

unsigned intr_load(uint32_t cpu)
{
    return load[cpu];
}

// The least loaded of those not yet tried; INTR_ANY_CPU: none is left.
static uint32_t choose(const bool *tried)
{
    uint32_t best = INTR_ANY_CPU;
    for (uint32_t cpu = 0; cpu < PROCESSOR_LIMIT; cpu++) {
        if (!online[cpu] || tried[cpu] || (cpu && chip->boot_processor_only))
            continue;
        if (best == INTR_ANY_CPU || load[cpu] < load[best])
            best = cpu;
    }
    return best;
}

// Calls `bind` with each possible processor, the least loaded first, until one has a vector.
static int bind_somewhere(struct intr_source *source, uint32_t wanted, int (*bind)(struct intr_source *source))
{
    bool tried[PROCESSOR_LIMIT] = { 0 };
    if (wanted != INTR_ANY_CPU && (wanted >= PROCESSOR_LIMIT || !online[wanted]))
        return INTR_NO_VECTOR;
    for (;;) {
        source->cpu = wanted != INTR_ANY_CPU ? wanted : choose(tried);
        if (source->cpu == INTR_ANY_CPU)
            return INTR_NO_VECTOR;
        int result = bind(source);
        if (result == INTR_OK)
            load[source->cpu]++;
        if (result != INTR_NO_VECTOR || wanted != INTR_ANY_CPU)
            return result;
        tried[source->cpu] = true;
    }
}

// --- Lines ----------------------------------------------------------------------------------------------------------

static int bind_irq(struct intr_source *source)
{
    return chip->bind_irq((struct intr_irq *)source);
}

static int join(struct intr_irq *irq, const void *device, enum intr_trigger trigger, bool shared)
{
    if (has_action(&irq->source, device))
        return INTR_ALREADY_USED;
    return irq->shared && shared && irq->source.trigger == trigger ? INTR_OK : INTR_BUSY;
}

static struct intr_irq *irq_of(unsigned pin, enum intr_trigger *trigger)
{
    unsigned line = chip->line_of(pin, trigger);
    return line < chip->lines && line < INTR_LINES ? &irqs[line] : NULL;
}

int intr_request_irq(unsigned pin, void *device, intr_handler *handler, enum intr_trigger trigger, bool shared)
{
    struct intr_irq *irq = irq_of(pin, &trigger);
    int result;
    if (!irq)
        return INTR_NO_VECTOR;
    bool first = !irq->source.actions;
    if (!first && (result = join(irq, device, trigger, shared)) < 0)
        return result;
    if (!add_action(&irq->source, device, handler))
        return INTR_NO_MEMORY;
    if (!first)
        return INTR_OK;
    irq->line = (unsigned)(irq - irqs);
    irq->shared = shared;
    irq->source.trigger = trigger;
    result = bind_somewhere(&irq->source, INTR_ANY_CPU, bind_irq);
    if (result < 0)
        remove_action(&irq->source, device);
    else
        chip->unmask_irq(irq);
    return result;
}

void intr_release_irq(unsigned pin, const void *device)
{
    enum intr_trigger trigger = INTR_EDGE;
    struct intr_irq *irq = irq_of(pin, &trigger);
    if (!irq || !has_action(&irq->source, device))
        return;
    if (!irq->source.actions->next) { // the last one: masked before its handler is removed
        chip->mask_irq(irq);
        chip->unbind_irq(irq);
        load[irq->source.cpu]--;
    }
    remove_action(&irq->source, device);
}

static const struct intr_irq *used_irq(unsigned pin)
{
    enum intr_trigger trigger = INTR_EDGE;
    const struct intr_irq *irq = irq_of(pin, &trigger);
    return irq && irq->source.actions ? irq : NULL;
}

void intr_mask_irq(unsigned pin)
{
    const struct intr_irq *irq = used_irq(pin);
    if (irq)
        chip->mask_irq(irq);
}

void intr_unmask_irq(unsigned pin)
{
    const struct intr_irq *irq = used_irq(pin);
    if (irq)
        chip->unmask_irq(irq);
}

uint32_t intr_irq_cpu(unsigned pin)
{
    const struct intr_irq *irq = used_irq(pin);
    return irq ? irq->source.cpu : INTR_ANY_CPU;
}

// --- Messages -------------------------------------------------------------------------------------------------------

static int bind_msi(struct intr_source *source)
{
    return chip->config_msi((struct intr_msi *)source);
}

static struct intr_msi *free_msi(void)
{
    for (unsigned i = 0; i < INTR_MESSAGES; i++)
        if (!msis[i].source.actions)
            return &msis[i];
    return NULL;
}

int intr_request_msi(void *device, uint32_t requester, intr_handler *handler, uint32_t cpu)
{
    struct intr_msi *msi = free_msi();
    if (!msi || !add_action(&msi->source, device, handler))
        return INTR_NO_MEMORY;
    msi->requester = requester;
    msi->source.trigger = INTR_EDGE;
    int result = bind_somewhere(&msi->source, cpu, bind_msi);
    if (result == INTR_OK)
        return (int)(msi - msis);
    remove_action(&msi->source, device);
    return result;
}

void intr_release_msi(int id)
{
    struct intr_msi *msi = &msis[id];
    if (!msi->source.actions)
        return;
    chip->release_msi(msi);
    load[msi->source.cpu]--;
    remove_action(&msi->source, msi->source.actions->device);
}

struct intr_message intr_msi_message(int id)
{
    return msis[id].message;
}

uint32_t intr_msi_cpu(int id)
{
    return msis[id].source.cpu;
}
