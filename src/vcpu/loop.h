// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The block loop: vCPUs take turns in one thread, in a fixed order, by slices of instructions; time is what they execute.
//
// Path: irqchip/x86/x86_irq.c, irqchip/arm/arm_irq.c (settle, by vcpu_signal) / vcpu/x86_64/system/interrupt.c,
// vcpu/aarch64/system/interrupt.c (taken)
//
// Time. While N vCPUs run, each instruction advances the clock by 2^shift / N ns, so that every CPU keeps its rate and time
// is monotonic in the order of execution. A slice ends at the next deadline to the very instruction.
#ifndef VCPU_LOOP_H
#define VCPU_LOOP_H

#include <stdbool.h>
#include <stdint.h>

#include "base/bus.h"
#include "base/clock.h"
#include "base/cpu_port.h"
#include "base/trace.h"
#include "base/visit.h"
#include "vcpu/block.h"
#include "vcpu/code_watch.h"
#include "vcpu/stops.h"
#include "vcpu/vcpu.h"

#define VCPU_LIMIT 512

struct inbox;
struct guest;

enum loop_stop {
    LOOP_RUNNING,
    LOOP_POWER_OFF, // the guest powered off
    LOOP_RESET,     // the guest asked for a reset (0xcf9, 8042, triple fault): the machine decides what to do
    LOOP_EXIT,      // isa-debug-exit; `status` is its exit status
    LOOP_DEADLOCK,  // every vCPU is halted, there is no deadline, and no input is possible
    LOOP_QUIT,      // the host asked
    LOOP_LIMIT,     // the instruction limit was reached
    LOOP_BREAK,     // a debugger's, stops.last says which
    LOOP_DIFFERS,   // host code is not what the interpreter does (vcpu/jit/check.h)
};

#define LONGEST_SLICE 100000 // instructions: the longest wait of the inbox when one vCPU runs alone

struct loop {
    // Set by the board before loop_init.
    struct clock *clock;
    struct bus *memory;
    struct bus *ports;   // NULL on machines without I/O ports
    struct inbox *inbox; // NULL: no input from outside
    struct trace *trace; // may be NULL
    struct cpu_port port;
    unsigned shift; // 2^shift ns per instruction with one vCPU running, 0-10
    uint32_t slice; // instructions of one turn when several vCPUs run
    uint64_t limit; // stop after so many instructions of all vCPUs; 0: none
    // Of the moments with `limit` instructions, stop at that with so many turns. 0: at the first of them.
    uint64_t limit_turns;
    // Called when all vCPUs are halted and there is no deadline before `until` (CLOCK_NEVER: none at all): returns true
    // if there may be input, false if none is possible any more. May be NULL. With pacing it also waits until the
    // host's clock has reached `until`. Only through the inbox can it change what the guest sees.
    bool (*idle)(void *owner, uint64_t until);
    void *idle_owner;

    // The loop's own.
    const struct guest *guest;
    struct vcpu *vcpus[VCPU_LIMIT];
    unsigned count;
    uint64_t runnable[VCPU_LIMIT / 64]; // bit per vCPU in state VCPU_RUNNING
    unsigned running;                   // how many bits are set
    struct vcpu *current;               // the vCPU that runs, NULL between slices
    uint32_t last;                      // the vCPU of the last slice
    unsigned share;                     // N of this slice
    uint64_t rest;           // instructions left of the last slice, if a stop ended it early: it is continued first
    uint64_t slice_start;    // ns
    uint64_t slice_executed; // instructions of its CPU when the slice began
    uint64_t carry;          // remainder of the division of instructions by N, for the next slice
    uint64_t instructions;   // executed by all vCPUs, up to the last slice
    uint64_t turns;          // slices begun, jumps in time, and times that timers were due: see loop_moment
    uint32_t steps;          // number of time jumps since a vCPU last ran
    enum loop_stop stop;
    int status;
    struct blocks blocks;
    struct stops stops;     // of a debugger
    struct code_watch code; // who is told what is executed
};

// `loop` has its first part set; vcpus are added by loop_add in index order. -ENOMEM.
int loop_init(struct loop *loop, const struct guest *guest);
void loop_free(struct loop *loop);
void loop_add(struct loop *loop, struct vcpu *cpu);

// Runs until something stops it; returns loop->stop. Can be called again after LOOP_LIMIT, LOOP_QUIT or LOOP_BREAK.
enum loop_stop vcpu_run(struct loop *loop);

// The controller's new pending word for a vCPU: the `signal` of x86_irq_config and arm_irq_config (owner: the loop).
void vcpu_signal(void *loop, uint32_t vcpu, uint32_t pending);

// Between two runs: lets the time of `count` instructions pass without executing any, at most up to `limit`. Returns how many
// they were.
uint64_t loop_pass(struct loop *loop, uint64_t count);

// Ends vcpu_run after the current instruction. The first call wins, but anything wins over LOOP_BREAK: a debugger hides
// nothing; and LOOP_QUIT over LOOP_RESET, as what comes in together with a reset could not end the run otherwise.
void loop_stop(struct loop *loop, enum loop_stop stop, int status);

// Between two runs: the next ones end when `cpu` has executed `count` more instructions. In their turns the others run
// too. NULL: no longer.
void loop_step(struct loop *loop, const struct vcpu *cpu, uint64_t count);

// Between two runs, at a limit within a slice: takes what the vCPU would take before its next instruction. True: this was
// an event that stops (LOOP_BREAK).
bool loop_look(struct loop *loop);

// Time after `executed` instructions of the slice: whole ns, and the remainder (< share), which is carried on.
static inline uint64_t loop_slice_time(const struct loop *loop, uint64_t executed)
{
    uint64_t ticks = loop->carry + (executed << loop->shift);
    if (loop->share > 1) // not == 1: compilers know that x / 1 is x, and divide always
        ticks /= loop->share;
    return loop->slice_start + ticks;
}

// Virtual time, ns, of the instruction that the vCPU is at: see vcpu_executed.
static inline uint64_t vcpu_now(struct vcpu *cpu)
{
    const struct loop *loop = cpu->loop;
    if (likely(cpu == loop->current))
        clock_advance(loop->clock, loop_slice_time(loop, vcpu_executed(cpu) - loop->slice_executed));
    return loop->clock->now;
}

// Instructions executed by all vCPUs up to now, also within an instruction.
uint64_t loop_instructions(const struct loop *loop);
// The same, and the virtual time.
void loop_moment(struct loop *loop, uint64_t *instructions, uint64_t *time);

// A moment between two instructions at which input may come in, the same in every run: the count of instructions, and
// that of turns, because many things can happen without an instruction while every vCPU is halted. `limit` and
// `limit_turns` stop a run there, before anything of that moment is done.
struct loop_moment {
    uint64_t instructions, turns;
};

// A vCPU has stored to a watched page of RAM.
COLD void loop_memory_stored(struct loop *loop, uint64_t address, uint64_t size);
// Call it after a change of guest RAM that was not a store of a vCPU: `written` of the memory bus (owner: the loop).
void loop_memory_written(void *loop, uint64_t address, uint64_t size);
// Call it when a window of the memory bus has changed from ROM to a device or back: its `mapped` (owner: the loop).
void loop_memory_mapped(void *loop, uint64_t address, uint64_t size);

// The current turn and slice, between two runs. The run queue is derived from the vCPUs' states.
void loop_visit(struct loop *loop, struct visit *v);

#endif
