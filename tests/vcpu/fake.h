// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// A guest that is only a count of instructions: for tests of the loop, the TLB and the block cache, which do not depend
// on an architecture.
#ifndef TESTS_VCPU_FAKE_H
#define TESTS_VCPU_FAKE_H

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/bits.h"
#include "base/bus.h"
#include "base/clock.h"
#include "vcpu/guest.h"
#include "vcpu/loop.h"

#define FAKE_CPUS  256
#define FAKE_PAGES 2048

struct fake;

struct fake_cpu {
    struct vcpu vcpu; // first
    struct fake *fake;
    uint64_t executed;
    uint64_t taken;
    bool masked; // takes nothing
    // What each instruction does; the one being executed is number `executed` of this CPU. May be NULL.
    void (*step)(struct fake_cpu *cpu);
};

struct fake {
    struct clock clock;
    struct bus memory;
    struct region ram;
    struct loop loop;
    struct fake_cpu *cpu[FAKE_CPUS];
    unsigned count;
    // The page tables: physical page of each virtual page (UINT64_MAX: none), and what may be done there.
    uint64_t page[FAKE_PAGES];
    bool readonly[FAKE_PAGES];
    bool watched[FAKE_PAGES];
    bool private[FAKE_PAGES];
    uint8_t shift[FAKE_PAGES]; // of the large page that it is part of; 0: none
    uint64_t walks;
    // The accesses that asked because their page is watched, and the last one; it is refused if it touches `refused`.
    uint64_t asked, asked_address, refused;
    unsigned asked_size;
    enum access asked_access;
    bool asked_user;
    uint64_t faulted; // address of the last walk that failed
    void *test;       // the test's own
};

static inline struct fake_cpu *fake_of(struct vcpu *cpu)
{
    return (struct fake_cpu *)(void *)cpu;
}

static inline bool fake_can_take(const struct vcpu *cpu)
{
    return cpu->pending && !((const struct fake_cpu *)(const void *)cpu)->masked;
}

static inline bool fake_take(struct vcpu *cpu)
{
    if (!fake_can_take(cpu))
        return false;
    vcpu_signal(cpu->loop, cpu->index, 0);
    fake_of(cpu)->taken++;
    if (cpu->state == VCPU_HALTED)
        vcpu_set_state(cpu, VCPU_RUNNING);
    return true;
}

static inline void fake_run(struct vcpu *vcpu)
{
    struct fake_cpu *cpu = fake_of(vcpu);
    do {
        if (cpu->step)
            cpu->step(cpu);
        cpu->executed++;
        vcpu->left--;
    } while (vcpu->left > 0 && !vcpu->kick);
}

static inline bool fake_walk(struct vcpu *vcpu, uint64_t address, enum access access, bool user, struct tlb_page *page)
{
    struct fake *fake = fake_of(vcpu)->fake;
    uint64_t number = address >> PAGE_BITS;
    fake->walks++;
    (void)user;
    if (number >= FAKE_PAGES || fake->page[number] == UINT64_MAX ||
        (access == ACCESS_WRITE && fake->readonly[number])) {
        fake->faulted = address;
        return false;
    }
    *page = (struct tlb_page){ .physical = fake->page[number],
                               .shift = fake->shift[number] ? fake->shift[number] : PAGE_BITS,
                               .private = fake->private[number],
                               .read = true,
                               .write = !fake->readonly[number],
                               .watched = fake->watched[number] };
    return true;
}

static inline bool fake_watch(struct vcpu *vcpu, uint64_t address, unsigned size, enum access access, bool user)
{
    struct fake *fake = fake_of(vcpu)->fake;
    fake->asked++;
    fake->asked_address = address;
    fake->asked_size = size;
    fake->asked_access = access;
    fake->asked_user = user;
    return fake->refused - address >= size;
}

static inline bool fake_is_watched(struct vcpu *vcpu, uint64_t page)
{
    return fake_of(vcpu)->fake->watched[page >> PAGE_BITS] || stops_watch_page(&vcpu->loop->stops, page);
}

static inline void fake_watch_changed(struct vcpu *vcpu)
{
    tlb_mark_watched(vcpu, fake_is_watched);
}

static const struct guest fake_guest = { .name = "fake",
                                         .can_take = fake_can_take,
                                         .take_interrupt = fake_take,
                                         .run = fake_run,
                                         .walk = fake_walk,
                                         .watch = fake_watch,
                                         .watch_changed = fake_watch_changed };

static inline struct fake *fake_new(unsigned cpus)
{
    struct fake *fake = calloc(1, sizeof *fake);
    clock_init(&fake->clock);
    bus_init(&fake->memory);
    fake->ram = (struct region){ .base = 0, .size = 16 * PAGE_SIZE, .name = "ram", .ram = calloc(16, PAGE_SIZE) };
    bus_add(&fake->memory, &fake->ram);
    for (unsigned i = 0; i < FAKE_PAGES; i++)
        fake->page[i] = (uint64_t)i << PAGE_BITS;
    fake->loop.clock = &fake->clock;
    fake->loop.memory = &fake->memory;
    if (loop_init(&fake->loop, &fake_guest) != 0)
        abort();
    for (fake->count = 0; fake->count < cpus; fake->count++) {
        struct fake_cpu *cpu = fake->cpu[fake->count] = calloc(1, sizeof *cpu);
        cpu->fake = fake;
        if (vcpu_init(&cpu->vcpu, &fake->loop, fake->count) != 0)
            abort();
        loop_add(&fake->loop, &cpu->vcpu);
    }
    return fake;
}

static inline void fake_free(struct fake *fake)
{
    for (unsigned i = 0; i < fake->count; i++) {
        vcpu_free(&fake->cpu[i]->vcpu);
        free(fake->cpu[i]);
    }
    loop_free(&fake->loop);
    free(fake->ram.ram);
    free(fake);
}

#endif
