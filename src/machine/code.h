// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The observers of what a machine executes (<intact/code.h>).
#ifndef MACHINE_CODE_H
#define MACHINE_CODE_H

#include <stdbool.h>
#include <stdint.h>

struct intact_code_observer;
struct intact_machine;

struct block;
struct host_code;
struct vcpu;

// Who is told of host code: within the library only. The address is that of the block, as struct intact_code has it.
struct host_code_observer {
    void (*compiled)(void *owner, uint64_t address, const struct block *block, const struct host_code *code);
    void *owner;
    struct host_code_observer *next;
    bool added;
};

struct code_observers {
    struct intact_code_observer *first;
    struct host_code_observer *first_host;
    const struct block *telling; // one of them is being told of this block
};

// Between two runs. Blocks that have become host code before are decoded again, and become it again. The observer is first
// told of the code that all blocks share: `block` is NULL then, and the address 0.
void code_observe_host(struct intact_machine *machine, struct host_code_observer *observer);
void code_unobserve_host(struct intact_machine *machine, struct host_code_observer *observer);

// Removes all.
void code_observers_free(struct intact_machine *machine);

#endif
