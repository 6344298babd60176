// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// What the loop needs of an architecture: six functions. x86_64/system/guest.c and aarch64/system/guest.c each fill in one
// `struct guest`.
#ifndef VCPU_GUEST_H
#define VCPU_GUEST_H

#include <stdbool.h>
#include <stdint.h>

#include "vcpu/tlb.h"
#include "vcpu/vcpu.h"

struct guest {
    const char *name;
    // Would the CPU take something of its pending word at this boundary (or wake from a halt for it)?
    bool (*can_take)(const struct vcpu *cpu);
    // Takes the most important of it: acknowledge and delivery. True: something was taken or the CPU's state changed.
    bool (*take_interrupt)(struct vcpu *cpu);
    // Runs at most cpu->left instructions from the program counter; comes back with exceptions delivered.
    void (*run)(struct vcpu *cpu);
    // Walks the page tables. False: the exception is recorded in the CPU.
    bool (*walk)(struct vcpu *cpu, uint64_t address, enum access access, bool user, struct tlb_page *page);
    // A read or write that is about to be made touches a page that `walk` called watched; it is mapped and permitted. False:
    // it is not to be made, and the exception is recorded. May be NULL in a guest that watches no page.
    bool (*watch)(struct vcpu *cpu, uint64_t address, unsigned size, enum access access, bool user);
};

#endif
