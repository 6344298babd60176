// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Where a debugger outside the guest stops a run: breakpoints, watchpoints, single steps, requests of other threads.
//
// A stop changes nothing that a guest can see: the slice goes on with the next run. Without a debugger none of this costs
// time. An instruction at whose offset within a page there is a breakpoint is translated with a STOP op before it, which
// compares the whole address, as a page may be mapped twice; when breakpoints come and go, the blocks with such an
// instruction are dropped. Pages with watchpoints have TLB_WATCH, as those that the guest itself watches.
//
// Addresses are virtual; on x86 linear. A breakpoint stops before its instruction. A watchpoint stops before the access
// on AArch64, and after the instruction on x86: so their own debug exceptions do, and so debuggers expect it.
//
// Not modelled: accesses of devices and of page walks meet no watchpoint (a watch on physical memory sees their writes).
#ifndef VCPU_STOPS_H
#define VCPU_STOPS_H

#include <stdbool.h>
#include <stdint.h>

#include "vcpu/tlb.h"

struct loop;
struct vcpu;

enum stop_kind {
    STOP_NONE,
    STOP_STEP,    // loop_step: the vCPU has executed its instruction
    STOP_REQUEST, // stops_request
    STOP_EXECUTE, // before the instruction at `address`
    STOP_WRITE,   // an access to [address, address + size)
    STOP_READ,
    STOP_ACCESS, // either
    STOP_EVENT,  // stops_event
};

#define STOP_NO_CPU UINT32_MAX

struct stop_point {
    enum stop_kind kind; // STOP_EXECUTE and those after it
    uint32_t except;     // this vCPU is not stopped, or STOP_NO_CPU
    uint64_t address, size;
};

struct stop {
    enum stop_kind kind;
    uint32_t cpu;
    uint64_t address; // of the instruction, or the first watched byte that was accessed
};

// Who watches physical memory: stores of vCPUs, and what devices write. `written` is called after each write to a page
// for which `watches` is true, during a run.
struct stop_memory {
    bool (*watches)(void *owner, uint64_t page);
    void (*written)(void *owner, uint64_t address, uint64_t size);
    void *owner;
};

struct stops {
    struct stop_memory memory; // nobody: all NULL
    struct stop_point *points; // by address
    unsigned count, room;
    unsigned watchpoints;             // how many of them are not STOP_EXECUTE
    uint64_t offsets[PAGE_SIZE / 64]; // bit per offset within a page at which there is a breakpoint
    const struct vcpu *stepped;       // stops when it has executed `step_goal` instructions, or NULL
    uint64_t step_goal;               //
    bool undone;                      // the executor said OP_FAULT for a stop, and there is no exception
    // The last stop came between the look at the pending word and the instruction: the slice goes on without another look.
    bool looked;
    bool muted;       // breakpoints and watchpoints are passed
    struct stop last; // of the last LOOP_BREAK
};

// Between two runs. -EEXIST: it is there already; -ENOENT: it is not; -ENOMEM.
int stops_add(struct loop *loop, enum stop_kind kind, uint64_t address, uint64_t size);
int stops_remove(struct loop *loop, enum stop_kind kind, uint64_t address, uint64_t size);
void stops_remove_all(struct loop *loop);
// The vCPU that this point does not stop, or STOP_NO_CPU. -ENOENT.
int stops_except(struct loop *loop, enum stop_kind kind, uint64_t address, uint64_t size, uint32_t cpu);
void stops_free(struct stops *stops);

// Machine thread: the run ends at once, as for a debugger's request.
COLD void stops_request(struct loop *loop);

// The instruction that `cpu` was to execute is left alone, and the run ends: `kind` and `address` for stops.last.
COLD void stops_report(struct vcpu *cpu, enum stop_kind kind, uint64_t address);

// Machine thread, during a run: it ends after the instruction, if there is one, and `number` is its stops.last.address. Of
// several in one instruction the first is told. STOP_NO_CPU: of no vCPU.
COLD void stops_event(struct loop *loop, uint32_t cpu, uint64_t number);

// Between two runs: what `memory` watches has changed.
void stops_watch_memory(struct loop *loop, const struct stop_memory *memory);

// Does anybody watch this page of physical memory?
static inline bool stops_watch_frame(const struct stops *stops, uint64_t page)
{
    return unlikely(stops->memory.watches) && stops->memory.watches(stops->memory.owner, page);
}

// Machine thread, between two runs: what has stopped at its place stops there again.
void stops_forget(struct loop *loop);

// A guest's run found `undone`: the rest of the slice is kept for the next run.
COLD void stops_leave(struct vcpu *cpu);

// Is there a breakpoint at this offset within some page?
static inline bool stops_at_offset(const struct stops *stops, uint64_t address)
{
    uint64_t offset = address & ~PAGE_MASK;
    return unlikely(stops->offsets[offset / 64] >> offset % 64 & 1);
}

// The op STOP: does a breakpoint stop `cpu` before its instruction at `pc`? It has not if it did so already. True: the op
// says OP_FAULT.
COLD bool stops_before(struct vcpu *cpu, uint64_t pc);

// Is some byte of the 4 KiB page watched?
bool stops_watch_page(const struct stops *stops, uint64_t address);
// An access of the instruction at `pc` to a watched page. True: a watchpoint matches, and the run ends.
COLD bool stops_access(struct vcpu *cpu, uint64_t pc, uint64_t address, unsigned size, enum access access);

#endif
