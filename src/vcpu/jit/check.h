// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Host code against the interpreter, on every block of a run (jit=check).
//
// Blocks run one at a time: their exits are not linked, and jumps come back to the interpreter. Where host code calls the function of
// an op, and where it leaves, its state is compared with what the functions of the ops before make of the state at the last such place.
// All registers, the flags that somebody may look at, the program counter, the budget and the memory that was to be written must be the
// same; what an op's function does, the run goes on with. A run that is checked sees the same as every other.
//
// The functions run on a copy of the CPU whose TLB can be hit, but not missed: an access that would miss is where host code has to
// call the function. They run ahead first, so that it is known where they store; then the memory is put back, host code runs, and
// after it the functions once more, up to the op at which it has come back.
//
// Not modelled: a store of host code to another place than its op's, where nothing was to be stored, is not noticed by itself, only by
// what should be at the right place. Links between blocks and the jump cache in host code are not used, and so not checked.
#ifndef VCPU_JIT_CHECK_H
#define VCPU_JIT_CHECK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "vcpu/native.h"
#include "vcpu/op.h"

struct check;
struct jit;
struct jit_guest;
struct block;
struct vcpu;

// What is in front of a block's host code.
struct check_mark {
    const struct block *block;
    uint64_t bytes; // of the code
};

struct check *check_create(const struct jit_guest *guest); // NULL: no memory
void check_destroy(struct check *check);

// The functions for the shared pieces of code to call, by code; they find the check with jit_check.
op_body *const *check_bodies(const struct check *check);
// Instead of the shared piece `enter`, which it calls.
struct native_end check_enter(struct vcpu *cpu, const void *code);
void check_set_enter(struct check *check, struct native_end (*enter)(struct vcpu *cpu, const void *code));

// The first difference: a line; the same with the block's ops and its host code as hexadecimal digits, many lines. NULL: there was none.
const char *check_line(const struct check *check);
const char *check_report(const struct check *check);
// The code that it was in, while the block is there: until the run goes on.
const void *check_code(const struct check *check, size_t *size);

#endif
