// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// What a machine executes: an observer is told each block of instructions when it is decoded, and each time it is entered.
//
//     static void on_entered(void *owner, const struct intact_code *code)
//     {
//         struct coverage *coverage = owner;
//         coverage_add(coverage, code->address, code->size);
//     }
//     ...
//     struct intact_code_observer observer;
//     intact_code_observer_init(&observer, NULL, on_entered, &coverage);
//     intact_machine_observe_code(machine, &observer);
//     intact_machine_run(machine);
//     intact_code_observer_remove(&observer);
//
// A block is a run of instructions that follow each other in memory and begin in one page; a jump ends it. Where blocks begin and
// end is the library's choice, which may be another one in the next version; which instructions are executed, and in which
// order, is not. A block that was entered may be left before its end, by a fault, an interrupt, a device access or the end of a
// slice: what is executed after that is told as another block.
//
// An observer changes nothing that the guest sees: the run, its digest and its end are the same. Without one none of this costs
// time. <intact/log.h> writes the same as text.
//
// On the machine's thread.
#ifndef INTACT_CODE_H
#define INTACT_CODE_H

#include <stddef.h>
#include <stdint.h>

#include <intact/machine.h>

#pragma GCC visibility push(default)
#ifdef __cplusplus
extern "C" {
#endif

struct intact_code {
    uint32_t cpu;          // that executes it
    uint32_t bits;         // INTACT_PC: of the code, 16, 32 or 64; INTACT_VIRT: 64
    uint64_t address;      // of its first instruction: virtual; on INTACT_PC linear, which is RIP in 64-bit code
    uint64_t physical;     // the same
    uint64_t instructions; // executed by all processors before it
    uint64_t time;         // virtual, ns
    uint32_t count;        // instructions
    uint32_t size;         // bytes
    // Valid during the call: `size` bytes of code, and where each instruction begins in them, `count` numbers and `size`.
    const uint8_t *bytes;
    const uint16_t *starts;
};

// An observer. The program owns it and must not move it until it is removed; only the functions here write to it. Within its
// functions no other function of the machine may be called, but for intact_machine_read_register and
// intact_machine_read_memory: the registers are those before the block.
struct intact_code_observer {
    size_t size;                                                  // of this structure
    void (*decoded)(void *owner, const struct intact_code *code); // NULL: it is not told
    void (*entered)(void *owner, const struct intact_code *code); // NULL: it is not told
    void *owner;
    // Used by the library.
    struct intact_code_observer *next;
    struct intact_machine *machine;
};

// Prepares an observer, whose functions are called with `owner`. `decoded`: a processor reaches code that was not executed
// before, in the same mode, since the observer was added, or that was changed. Any thread.
void intact_code_observer_defaults(struct intact_code_observer *observer, size_t size);
static inline void intact_code_observer_init(struct intact_code_observer *observer,
                                             void (*decoded)(void *owner, const struct intact_code *code),
                                             void (*entered)(void *owner, const struct intact_code *code), void *owner)
{
    intact_code_observer_defaults(observer, sizeof *observer);
    observer->decoded = decoded;
    observer->entered = entered;
    observer->owner = owner;
}

// Adds an observer; there may be any number of them, told in the order in which they were added. Between two runs. 0; -EINVAL:
// it was not prepared by intact_code_observer_init; -EBUSY: within a run, or it was added already.
int intact_machine_observe_code(struct intact_machine *machine, struct intact_code_observer *observer);

// Removes an observer; does nothing if it was not added. Between two runs: 0, or -EBUSY within one. Destroying the machine
// removes all.
int intact_code_observer_remove(struct intact_code_observer *observer);

#ifdef __cplusplus
}
#endif
#pragma GCC visibility pop
#endif
