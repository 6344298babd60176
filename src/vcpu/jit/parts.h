// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// What the files that compile a block have of each other; templates see compile.h alone.
#ifndef VCPU_JIT_PARTS_H
#define VCPU_JIT_PARTS_H

#include "vcpu/jit/compile.h"

// slots.c. Slot i of the registers; all of them, temporaries too; from the state, what `slots` has.
bool slot_is_temp(const struct compiler *c, unsigned slot);
void slot_store(struct compiler *c, unsigned i);
void write_back_all(struct compiler *c);
void slots_reload(struct compiler *c, const struct slots *slots);

// flags.c. Of a, b and r, how many are still there; is b, or a constant for it? Two of three give the third.
unsigned flags_known(const struct flags *flags);
bool flags_have_b(const struct flags *flags);
bool flags_are_same(const struct flags *a, const struct flags *b);
bool flags_use(const struct flags *flags, unsigned slot); // do they follow from it?
// The op at `index` writes these slots: flags that need one are stored first, if they are needed at all.
void flags_guard(struct compiler *c, uint64_t written, unsigned index);

// cold.c
struct cold *cold_add(struct compiler *c, const struct op *op);
void cold_emit(struct compiler *c, struct cold *cold);

// leave.c: an exit of the block by its number; does it lead to the block's own beginning?
const struct op *exit_of(const struct compiler *c, unsigned index);
bool exit_is_own(const struct op *exit);

#endif
