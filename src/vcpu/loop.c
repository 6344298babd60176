// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Path: irqchip/x86/x86_irq.c, irqchip/arm/arm_irq.c (settle, by vcpu_signal) / vcpu/x86_64/system/interrupt.c,
// vcpu/aarch64/system/interrupt.c (taken)
#include "vcpu/loop.h"

#include <assert.h>
#include <string.h>

#include "base/inbox.h"
#include "vcpu/guest.h"

#ifdef INTACT_BARE
#define ARENA_BYTES (UINT64_C(32) << 20) // all of it is used at once
#else
#define ARENA_BYTES (UINT64_C(512) << 20) // of which the host gives what is used
#endif

int loop_init(struct loop *loop, const struct guest *guest)
{
    loop->guest = guest;
    if (loop->slice == 0)
        loop->slice = 20000;
    return blocks_init(&loop->blocks, ARENA_BYTES, loop->vcpus, &loop->count);
}

void loop_free(struct loop *loop)
{
    blocks_free(&loop->blocks);
    stops_free(&loop->stops);
}

void loop_add(struct loop *loop, struct vcpu *cpu)
{
    assert(loop->count < VCPU_LIMIT && cpu->index == loop->count);
    cpu->loop = loop;
    loop->vcpus[loop->count++] = cpu;
    loop->last = loop->count - 1; // the first slice is vCPU 0's
    vcpu_set_state(cpu, (enum vcpu_state)cpu->state);
}

// Of instructions and turns, so that sums of them do not overflow.
#define COUNT_LIMIT (UINT64_C(1) << 62)

// A slice that a stop has cut goes on with `rest` instructions among `share` vCPUs.
void loop_visit(struct loop *loop, struct visit *v)
{
    VISIT_BELOW(v, loop->last, loop->count);
    VISIT_BELOW(v, loop->rest, LONGEST_SLICE + 1);
    VISIT_VALID(v, loop->share, loop->share <= loop->count && (loop->share || !loop->rest));
    VISIT_VALID(v, loop->carry, loop->carry <= loop->share);
    VISIT_BELOW(v, loop->instructions, COUNT_LIMIT);
    VISIT_BELOW(v, loop->turns, COUNT_LIMIT);
    VISIT(v, loop->steps);
    VISIT(v, loop->stops.looked);
}

// --- the run queue ---------------------------------------------------------------------------------------------------

static void set_runnable(struct vcpu *cpu, bool runnable)
{
    struct loop *loop = cpu->loop;
    uint64_t bit = BIT64(cpu->index % 64), *word = &loop->runnable[cpu->index / 64];
    if (!!(*word & bit) == runnable)
        return;
    *word ^= bit;
    loop->running += runnable ? 1u : -1u;
}

// The next runnable vCPU after the one that had the last slice, in index order around.
static struct vcpu *next_runnable(const struct loop *loop)
{
    if (loop->running == 0)
        return NULL;
    unsigned words = (loop->count + 63) / 64, start = loop->last / 64;
    uint64_t word = loop->runnable[start] & ~bits_low(loop->last % 64 + 1);
    for (unsigned i = start;; word = loop->runnable[i]) {
        if (word)
            return loop->vcpus[i * 64 + bits_lowest(word)];
        i = i + 1 == words ? 0 : i + 1;
    }
}

void vcpu_set_state(struct vcpu *cpu, enum vcpu_state state)
{
    cpu->state = state;
    if (cpu->loop->vcpus[cpu->index] != cpu)
        return; // loop_add will see to it
    set_runnable(cpu, state == VCPU_RUNNING || (cpu->pending && cpu->loop->guest->can_take(cpu)));
    if (state != VCPU_RUNNING)
        cpu->kick |= KICK_CUT;
}

void vcpu_signal(void *owner, uint32_t index, uint32_t pending)
{
    struct loop *loop = owner;
    struct vcpu *cpu = loop->vcpus[index];
    bool more = pending & ~cpu->pending;
    cpu->pending = pending;
    if (!more)
        return;
    if (cpu == loop->current) {
        cpu->kick |= KICK_LOOK;
        return;
    }
    if (cpu->state != VCPU_RUNNING && loop->guest->can_take(cpu))
        set_runnable(cpu, true);
    if (loop->current)
        loop->current->kick |= KICK_CUT; // a CPU that waits for the other should not use up its slice
}

void loop_stop(struct loop *loop, enum loop_stop stop, int status)
{
    bool ends = stop == LOOP_QUIT && loop->stop == LOOP_RESET;
    if (loop->stop != LOOP_RUNNING && loop->stop != LOOP_BREAK && !ends)
        return;
    loop->stop = stop;
    loop->status = status;
    if (loop->current)
        loop->current->kick |= KICK_STOP;
}

void loop_memory_stored(struct loop *loop, uint64_t address, uint64_t size)
{
    if (loop->stops.memory.written && loop->stop == LOOP_RUNNING)
        loop->stops.memory.written(loop->stops.memory.owner, address, size);
}

void loop_memory_written(void *owner, uint64_t address, uint64_t size)
{
    struct loop *loop = owner;
    loop_memory_stored(loop, address, size);
    if (blocks_written(&loop->blocks, address, size) && loop->current)
        loop->current->kick |= KICK_LOOK;
}

void loop_memory_mapped(void *owner, uint64_t address, uint64_t size)
{
    struct loop *loop = owner;
    for (unsigned i = 0; i < loop->count; i++)
        tlb_flush(loop->vcpus[i]);
    loop_memory_written(loop, address, size);
}

// --- time ------------------------------------------------------------------------------------------------------------

uint64_t loop_instructions(const struct loop *loop)
{
    const struct vcpu *cpu = loop->current;
    return loop->instructions + (cpu ? vcpu_executed(cpu) - loop->slice_executed : 0);
}

void loop_moment(struct loop *loop, uint64_t *instructions, uint64_t *time)
{
    const struct vcpu *cpu = loop->current;
    uint64_t executed = cpu ? vcpu_executed(cpu) - loop->slice_executed : 0;
    *instructions = loop->instructions + executed;
    if (cpu)
        clock_advance(loop->clock, loop_slice_time(loop, executed));
    *time = loop->clock->now;
}

// The largest number of instructions of the next slice, from fairness and the next deadline.
static uint64_t slice_length(const struct loop *loop)
{
    uint64_t length = loop->rest ? loop->rest : loop->share == 1 ? LONGEST_SLICE : loop->slice;
    uint64_t most = (length << loop->shift) + loop->carry, wait = clock_next(loop->clock) - loop->slice_start;
    if (wait <= most && wait * loop->share <= most) { // no more than the slice's time, which is most / share
        uint64_t ticks = wait * loop->share - loop->carry;
        length = (ticks + (UINT64_C(1) << loop->shift) - 1) >> loop->shift;
    }
    return length;
}

// --- the loop --------------------------------------------------------------------------------------------------------

// The vCPU to run: the one that was stopped inside its slice, else the next.
static struct vcpu *turn(struct loop *loop)
{
    struct vcpu *cpu = loop->vcpus[loop->last];
    if (loop->rest && (loop->runnable[cpu->index / 64] >> cpu->index % 64 & 1))
        return cpu;
    loop->rest = 0;
    return next_runnable(loop);
}

static bool at_limit(const struct loop *loop)
{
    return (loop->limit || loop->limit_turns) &&
           (loop->instructions > loop->limit ||
            (loop->instructions == loop->limit && loop->turns >= loop->limit_turns));
}

// The part of a slice that is left for the next run, as this one ends at a limit or at the end of a step. The limit may
// be the moment after the beginning of a slice, where a debugger once stopped before its first instruction.
static NEVER_INLINE uint64_t rest_of(const struct loop *loop, const struct vcpu *cpu, uint64_t length)
{
    uint64_t most = UINT64_MAX;
    if (at_limit(loop))
        most = 0;
    else if (loop->limit > loop->instructions)
        most = loop->limit - loop->instructions;
    if (cpu == loop->stops.stepped && loop->stops.step_goal - cpu->goal < most)
        most = loop->stops.step_goal - cpu->goal;
    return most < length ? length - most : 0;
}

static void slice_begin(struct loop *loop, struct vcpu *cpu)
{
    loop->current = cpu;
    loop->last = cpu->index;
    if (!loop->rest) {
        loop->share = loop->running;
        loop->turns++;
    }
    if (loop->carry >= loop->share)
        loop->carry = loop->share - 1;
    loop->slice_start = loop->clock->now;
    loop->slice_executed = cpu->goal;
    uint64_t length = slice_length(loop);
    loop->clock->moved = false;
    loop->rest = unlikely(loop->limit || loop->limit_turns || loop->stops.stepped) ? rest_of(loop, cpu, length) : 0;
    cpu->left = (int64_t)(length - loop->rest);
    cpu->goal += (uint64_t)cpu->left;
    cpu->kick = 0;
}

// A slice that a limit has shortened, and whose last instruction would have ended it: an interrupt is taken then, as in the
// longer one, before anything that comes at the limit.
static bool takes_at_limit(const struct loop *loop, const struct vcpu *cpu)
{
    return cpu->left == 0 && loop->rest && cpu->goal != loop->slice_executed &&
           (cpu->state != VCPU_RUNNING || (cpu->kick & KICK_CUT)) && cpu->pending && loop->guest->can_take(cpu);
}

// A halted CPU whose interrupt was withdrawn before its turn came: its slice is of no instruction, also where a limit cut it.
static bool has_nothing_to_do(const struct loop *loop, const struct vcpu *cpu)
{
    return cpu->state != VCPU_RUNNING && !(cpu->pending && loop->guest->can_take(cpu));
}

static void slice_end(struct loop *loop, struct vcpu *cpu)
{
    // A stop from outside may come anywhere: the rest of the slice is run afterwards, so that the order of the vCPUs
    // does not depend on it.
    bool begun = cpu->left || cpu->goal != loop->slice_executed; // or a limit was there
    bool over = begun ? (cpu->kick & KICK_CUT) || cpu->state != VCPU_RUNNING : has_nothing_to_do(loop, cpu);
    loop->rest = over ? 0 : loop->rest + (uint64_t)cpu->left;
    cpu->goal -= (uint64_t)cpu->left;
    cpu->left = 0;
    uint64_t executed = cpu->goal - loop->slice_executed;
    uint64_t time = loop_slice_time(loop, executed);
    loop->carry += (executed << loop->shift) - (time - loop->slice_start) * loop->share;
    clock_advance(loop->clock, time);
    loop->instructions += executed;
    loop->steps = 0;
    loop->current = NULL;
    if (cpu->state != VCPU_RUNNING)
        set_runnable(cpu, cpu->pending && loop->guest->can_take(cpu));
    if (unlikely(cpu == loop->stops.stepped) && cpu->goal == loop->stops.step_goal)
        stops_report(cpu, STOP_STEP, 0);
}

// With every vCPU halted and no timer armed but perpetual ones (the PIT that a firmware left running), nothing changes
// but their outputs. If they woke no vCPU in two periods, with a rising and a falling edge in each, they never will.
enum { PERPETUAL_STEPS = 4 };

// Every vCPU is halted: jump to the next deadline, or wait for input, or stop.
static void idle(struct loop *loop)
{
    uint64_t until = clock_next(loop->clock);
    if (!clock_only_perpetual(loop->clock))
        loop->steps = 0;
    else if (loop->steps >= PERPETUAL_STEPS) // a run that ended so, and is called again, ends again
        until = CLOCK_NEVER;
    if (loop->idle && loop->idle(loop->idle_owner, until))
        return;
    loop->steps++;
    loop->turns++;
    if (until == CLOCK_NEVER)
        loop_stop(loop, LOOP_DEADLOCK, 0);
    else
        clock_advance(loop->clock, until);
}

uint64_t loop_pass(struct loop *loop, uint64_t count)
{
    uint64_t left = loop->limit ? loop->limit - loop->instructions : UINT64_MAX;
    count = count < left ? count : left;
    loop->instructions += count;
    clock_advance(loop->clock, loop->clock->now + (count << loop->shift));
    return count;
}

static void normalise(struct loop *loop)
{
    for (unsigned i = 0; loop->guest->normalise && i < loop->count; i++)
        loop->guest->normalise(loop->vcpus[i]);
}

static void drain(struct loop *loop)
{
    if (inbox_drain(loop->inbox, loop->clock->now, loop->instructions))
        loop->steps = 0;
}

// False: no timer was due.
static bool run_due(struct loop *loop)
{
    if (clock_next(loop->clock) > loop->clock->now)
        return false;
    loop->turns++;
    clock_run_due(loop->clock);
    return true;
}

bool loop_look(struct loop *loop)
{
    struct vcpu *cpu = loop->vcpus[loop->last];
    uint64_t limit = loop->limit, turns = loop->limit_turns;
    loop->stop = LOOP_RUNNING;
    loop->limit = loop->instructions;
    loop->limit_turns = loop->turns;
    slice_begin(loop, cpu); // of no instruction
    loop->stops.looked = cpu->pending && loop->guest->take_interrupt(cpu);
    slice_end(loop, cpu);
    loop->limit = limit;
    loop->limit_turns = turns;
    return loop->stop == LOOP_BREAK;
}

void loop_step(struct loop *loop, const struct vcpu *cpu, uint64_t count)
{
    loop->stops.stepped = cpu;
    loop->stops.step_goal = cpu ? cpu->goal + count : 0;
}

enum loop_stop vcpu_run(struct loop *loop)
{
    const struct guest *guest = loop->guest;
    loop->stop = LOOP_RUNNING;
    loop->stops.undone = false;
    while (loop->stop == LOOP_RUNNING) {
        if (at_limit(loop)) {
            loop_stop(loop, LOOP_LIMIT, 0);
            break;
        }

        // Input from outside, and timers that are due.
        if (loop->inbox && !inbox_empty(loop->inbox))
            drain(loop);
        if (loop->stop != LOOP_RUNNING)
            break;
        bool due = run_due(loop);
        if (loop->stop != LOOP_RUNNING)
            break;
        if (due && at_limit(loop))
            continue;

        // Whose turn it is.
        struct vcpu *cpu = turn(loop);
        if (!cpu) {
            idle(loop);
            continue;
        }

        // Its slice: between blocks one word says whether there is something to take.
        slice_begin(loop, cpu);
        if (unlikely(loop->stops.looked) && cpu->left > 0) {
            loop->stops.looked = false;
            guest->run(cpu);
        }
        while (cpu->left > 0) {
            bool took = cpu->pending && guest->take_interrupt(cpu);
            if (cpu->state != VCPU_RUNNING || (cpu->kick & (KICK_CUT | KICK_STOP))) {
                loop->stops.looked = took && !(cpu->kick & KICK_CUT) && cpu->state == VCPU_RUNNING;
                break;
            }
            cpu->kick = 0;
            guest->run(cpu);
        }
        if (unlikely(takes_at_limit(loop, cpu)))
            guest->take_interrupt(cpu);
        slice_end(loop, cpu);
    }
    normalise(loop);
    if (trace_heard(loop->trace))
        trace_sweep(loop->trace, TRACE_NO_CPU);
    return loop->stop;
}
