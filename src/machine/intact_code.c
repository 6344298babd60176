// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The API of <intact/code.h>: the engine has one watch (vcpu/code_watch.h), which tells all observers of the machine.
#include <intact/code.h>

#include <errno.h>

#include "base/sized.h"
#include "machine/code.h"
#include "machine/machine.h"
#include "machine/where.h"
#include "vcpu/jit/jit.h"

void intact_code_observer_defaults(struct intact_code_observer *observer, size_t size)
{
    const struct intact_code_observer defaults = { .size = sizeof defaults };
    sized_give(observer, size, &defaults, sizeof defaults);
}

static void tell(struct intact_machine *machine, struct vcpu *cpu, const struct block *block, bool entered)
{
    struct board *board = machine_board(machine);
    uint8_t space[CODE_WATCH_SPACE];
    struct intact_code code = {
        .cpu = cpu->index,
        .bits = where_block_bits(board, block->mode),
        .address = where_address(board, cpu),
        .physical = block->physical,
        .count = block->count,
        .size = block->bytes,
        .bytes = code_watch_bytes(cpu, block, space),
        .starts = block_offsets(block),
    };
    loop_moment(&board->loop, &code.instructions, &code.time);
    machine->code.telling = block;
    for (const struct intact_code_observer *each = machine->code.first; each; each = each->next) {
        void (*function)(void *owner, const struct intact_code *code) = entered ? each->entered : each->decoded;
        if (function)
            function(each->owner, &code);
    }
    machine->code.telling = NULL;
}

static void decoded(void *owner, struct vcpu *cpu, const struct block *block)
{
    tell(owner, cpu, block, false);
}

static void entered(void *owner, struct vcpu *cpu, const struct block *block)
{
    tell(owner, cpu, block, true);
}

static void compiled(void *owner, struct vcpu *cpu, const struct block *block, const struct host_code *code)
{
    struct intact_machine *machine = owner;
    uint64_t address = where_address(machine_board(machine), cpu);
    for (const struct host_code_observer *each = machine->code.first_host; each; each = each->next)
        each->compiled(each->owner, address, block, code);
}

static void changed(struct intact_machine *machine)
{
    struct loop *loop = &machine_board(machine)->loop;
    loop->code = (struct code_watch){ .owner = machine };
    for (const struct intact_code_observer *each = machine->code.first; each; each = each->next) {
        loop->code.decoded = each->decoded ? decoded : loop->code.decoded;
        loop->code.entered = each->entered ? entered : loop->code.entered;
    }
    loop->code.compiled = machine->code.first_host ? compiled : NULL;
    code_watch_changed(loop);
}

static void tell_shared(void *owner, const struct host_code *code)
{
    const struct host_code_observer *observer = owner;
    observer->compiled(observer->owner, 0, NULL, code);
}

void code_observe_host(struct intact_machine *machine, struct host_code_observer *observer)
{
    const struct jit *jit = machine_board(machine)->jit;
    observer->next = machine->code.first_host;
    observer->added = true;
    machine->code.first_host = observer;
    changed(machine);
    if (jit)
        jit_shared(jit, tell_shared, observer);
}

void code_unobserve_host(struct intact_machine *machine, struct host_code_observer *observer)
{
    struct host_code_observer **at = &machine->code.first_host;
    if (!observer->added)
        return;
    while (*at != observer)
        at = &(*at)->next;
    *at = observer->next;
    observer->added = false;
    changed(machine);
}

int intact_machine_observe_code(struct intact_machine *machine, struct intact_code_observer *observer)
{
    struct intact_code_observer **at = &machine->code.first;
    if (observer->size != sizeof *observer || (!observer->decoded && !observer->entered))
        return -EINVAL;
    if (observer->machine || machine_board(machine)->loop.current)
        return -EBUSY;
    while (*at)
        at = &(*at)->next;
    *at = observer;
    observer->next = NULL;
    observer->machine = machine;
    changed(machine);
    return 0;
}

int intact_code_observer_remove(struct intact_code_observer *observer)
{
    struct intact_machine *machine = observer->machine;
    if (!machine)
        return 0;
    if (machine_board(machine)->loop.current)
        return -EBUSY;
    struct intact_code_observer **at = &machine->code.first;
    while (*at != observer)
        at = &(*at)->next;
    *at = observer->next;
    observer->next = NULL;
    observer->machine = NULL;
    changed(machine);
    return 0;
}

void code_observers_free(struct intact_machine *machine)
{
    while (machine->code.first) {
        struct intact_code_observer *observer = machine->code.first;
        machine->code.first = observer->next;
        observer->next = NULL;
        observer->machine = NULL;
    }
}
