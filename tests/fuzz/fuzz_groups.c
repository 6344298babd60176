// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Interrupt groups: random calls on manager, groups, notifiers, devices, virtio's notifications and lines, as the machine
// thread and as another one, on two managers at once. On the first, allocations fail now and then. A call that fails has changed nothing: the
// twin, which never hears of it, has the same state and goes on in the same way. Nothing is lost on either: see
// groups_world.h.
//
// Allocations fail by the linker's --wrap (INTACT_WRAP_MALLOC); where it has none, they do not fail.
#include <stdlib.h>

#include "fuzz.h"
#include "groups_world.h"

const char *const fuzz_name = "fuzz_groups";

// --- Allocations that fail -------------------------------------------------------------------------------------------

static _Thread_local struct {
    unsigned left; // allocations until one fails; 0: none does
    bool all;      // and all that follow
    bool failed;
} memory;

#ifdef INTACT_WRAP_MALLOC
void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *block, size_t size);
void *__real_aligned_alloc(size_t alignment, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *block, size_t size);
void *__wrap_aligned_alloc(size_t alignment, size_t size);

static bool fails(void)
{
    if (!memory.left || (memory.left > 1 && --memory.left))
        return false;
    memory.left = memory.all;
    return memory.failed = true;
}

void *__wrap_malloc(size_t size)
{
    return fails() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size)
{
    return fails() ? NULL : __real_calloc(count, size);
}

void *__wrap_realloc(void *block, size_t size)
{
    return fails() ? NULL : __real_realloc(block, size);
}

void *__wrap_aligned_alloc(size_t alignment, size_t size)
{
    return fails() ? NULL : __real_aligned_alloc(alignment, size);
}
#endif

// --- Steps -----------------------------------------------------------------------------------------------------------

static struct world_step draw(struct fuzz *fuzz)
{
    struct world_step step = {
        .call = (enum world_call)fuzz_below(fuzz, CALL_COUNT),
        .other = fuzz_chance(fuzz, 2),
        .group = fuzz_below(fuzz, WORLD_GROUPS),
        .index = fuzz_below(fuzz, fuzz_chance(fuzz, 2) ? 2 : WORLD_SOURCES),
        .notifier = fuzz_below(fuzz, WORLD_NOTIFIERS),
        .device = fuzz_below(fuzz, WORLD_DEVICES),
        .line = fuzz_below(fuzz, WORLD_LINES),
        .flag = fuzz_chance(fuzz, 2),
        .word = (uint32_t)fuzz_word(fuzz) & 0xffff,
        .count = 1 + fuzz_below(fuzz, WORLD_SOURCES),
    };
    if (fuzz_chance(fuzz, 3))
        step.call = fuzz_chance(fuzz, 2) ? CALL_TRIGGER : CALL_POLL;
    if (step.call >= CALL_MACHINE)
        step.other = false;
    step.config = (struct intact_irq_config){
        .chip = fuzz_chance(fuzz, 2) ? INTACT_IRQ_ANY_PIN : fuzz_below(fuzz, 2),
        .pin = fuzz_below(fuzz, WORLD_PINS),
        .level = fuzz_chance(fuzz, 2),
        .address_low = fuzz_chance(fuzz, 16) ? WORLD_NOWHERE : WORLD_MSI | fuzz_below(fuzz, 4) << 12,
        .device = fuzz_below(fuzz, 4),
    };
    return step;
}

// interrupt.h promises it of a trigger, and of what is made of triggers and levels.
static bool needs_no_memory(enum world_call call)
{
    return (call >= CALL_TRIGGER && call <= CALL_CLEAR) || (call >= CALL_VIRTIO_BIND && call <= CALL_VIRTIO_STATUS);
}

// True: the call failed for want of memory, and has changed nothing.
static bool try_without_memory(struct fuzz *fuzz, struct world *tried, const struct world *twin,
                               const struct world_step *step, int *result)
{
    memory.left = 1 + fuzz_below(fuzz, fuzz_chance(fuzz, 2) ? 2 : 8);
    memory.all = fuzz_chance(fuzz, 2);
    memory.failed = false;
    *result = world_do(tried, step);
    memory.left = 0;
    fuzz_tell(fuzz, "  without memory%s: %d", memory.failed ? "" : " (none was needed)", *result);
    if (memory.failed && needs_no_memory(step->call))
        fuzz_fail("call %d asks for memory", step->call);
    if (!memory.failed || *result >= 0)
        return false;
    if (*result != INTACT_IRQ_NO_MEMORY)
        fuzz_fail("call %d fails with %d for want of memory", step->call, *result);
    world_compare(tried, twin, "after a call that failed");
    return true;
}

static void step_both(struct fuzz *fuzz, struct world *tried, struct world *twin)
{
    struct world_step step = draw(fuzz);
    int result;
    fuzz_tell(fuzz, "call %d%s group %u index %u notifier %u device %u flag %d word %x count %u", step.call,
              step.other ? " other" : "", step.group, step.index, step.notifier, step.device, step.flag, step.word,
              step.count);
    if (!fuzz_chance(fuzz, 3))
        result = world_do(tried, &step);
    else if (try_without_memory(fuzz, tried, twin, &step, &result))
        return;
    if (world_do(twin, &step) != result)
        fuzz_fail("call %d ends otherwise", step.call);
    world_compare(tried, twin, "after a call");
    world_check(tried);
    world_check(twin);
}

void fuzz_case(struct fuzz *fuzz)
{
    static struct world tried, twin;
    unsigned steps = fuzz_chance(fuzz, 16) ? 1000 : 100;
    world_open(&tried);
    world_open(&twin);
    for (unsigned i = 0; i < steps; i++)
        step_both(fuzz, &tried, &twin);
    world_close(&tried);
    world_close(&twin);
    if (tried.digest != twin.digest)
        fuzz_fail("the end is another");
}
