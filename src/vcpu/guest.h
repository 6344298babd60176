// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The interface of an architecture for the loop: its functions. x86_64/system/guest.c and aarch64/system/guest.c each
// fill in one `struct guest`.
#ifndef VCPU_GUEST_H
#define VCPU_GUEST_H

#include <stdbool.h>
#include <stdint.h>

#include "vcpu/tlb.h"
#include "vcpu/vcpu.h"

struct why;
struct jit_guest;
struct op_names;

struct guest {
    const char *name;
    // Would the CPU take something of its pending word at this boundary (or wake from a halt for it)?
    bool (*can_take)(const struct vcpu *cpu);
    // Reports why the CPU would not take any of `pending`, PENDING_ bits, at this boundary; between two runs.
    void (*why)(const struct vcpu *cpu, uint32_t pending, struct why *why);
    // Takes the one of highest priority, if it would take any: acknowledge and delivery. True: something was taken or the
    // CPU's state changed.
    bool (*take_interrupt)(struct vcpu *cpu);
    // Runs at most cpu->left instructions from the program counter; returns with exceptions delivered.
    void (*run)(struct vcpu *cpu);
    // Walks the page tables. False: the exception is recorded in the CPU.
    bool (*walk)(struct vcpu *cpu, uint64_t address, enum access access, bool user, struct tlb_page *page);
    // Called before a read or write to a page that `walk` reported as watched; it is mapped and permitted. False: it
    // must not be done, and the exception is recorded. May be NULL if `walk` never reports watched pages.
    bool (*watch)(struct vcpu *cpu, uint64_t address, unsigned size, enum access access, bool user);
    // The run has ended. Brings what means the same in several forms (flags) into one, so that the state between two
    // runs does not depend on where blocks and slices ended. May be NULL if there is nothing of the kind.
    void (*normalise)(struct vcpu *cpu);

    // For a debugger outside the guest (vcpu/stops.h). Watchpoints of loop->stops have come or gone.
    void (*watch_changed)(struct vcpu *cpu);
    // A watchpoint stops before its access (true), or after the instruction.
    bool watches_before;
    // The physical address that the kernel's accesses reach, without permissions, and with no trace of the question in
    // memory or CPU. False: it is not mapped.
    bool (*translate)(struct vcpu *cpu, uint64_t address, uint64_t *physical);

    const struct jit_guest *jit; // for the code generator (vcpu/jit)
    const struct op_names *ops;  // for people (vcpu/op_text.h)
};

#endif
