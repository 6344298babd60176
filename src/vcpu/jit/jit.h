// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The code generator: the second executor over the same ops and blocks. Blocks that have run some times get host code; the
// interpreter enters it at their heads (vcpu/native.h), runs everything else, and defines what every op means.
//
// Nothing of it can be seen by the guest: with it or without, instructions, time and state are the same.
//
// Not modelled: host code for 16-bit and segmented code of x86, which is interpreted. Ops without a template call their function.
#ifndef VCPU_JIT_JIT_H
#define VCPU_JIT_JIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct check;
struct jit;
struct jit_guest;
struct host_code;
struct loop;

#define JIT_BYTES_MIN (UINT64_C(64) << 10)
#define JIT_BYTES_MAX (UINT64_C(1) << 30)

struct jit_config {
    size_t bytes;       // of code memory; 0: the default, 64 MiB
    uint32_t threshold; // runs of a block before it is compiled; 0: the default, 16
    bool check;         // compare every block with the interpreter (check.h)
    bool for_perf;      // Linux's perf will look up its names (code_memory.h)
};

struct jit_counts {
    uint64_t compiled, refused, emptied; // blocks; blocks that did not fit; times that the memory was emptied
    size_t used, size;                   // bytes
    uint32_t threshold;
};

// Between loop_init and the first run. -ENOTSUP: not on this host; other negative errno: the host refuses code memory. The
// interpreter runs alone then.
int jit_create(struct jit **jit, struct loop *loop, const struct jit_guest *guest, const struct jit_config *config);
void jit_destroy(struct jit *jit);
// Tells of the code that all blocks share.
void jit_shared(const struct jit *jit, void (*tell)(void *owner, const struct host_code *code), void *owner);
struct check *jit_check(const struct jit *jit); // NULL: nothing is compared
void jit_counts(const struct jit *jit, struct jit_counts *counts);

#endif
