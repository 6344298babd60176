// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Floating point and AdvSIMD for the code generator.
#ifndef VCPU_AARCH64_JIT_VECTOR_H
#define VCPU_AARCH64_JIT_VECTOR_H

#include <stdbool.h>
#include <stdint.h>

struct compiler;
struct op;

// Emits the code for an op SIMD. False: there is no template.
bool a64_vector_emit(struct compiler *c, const struct op *op);
// The slots that it writes, a bit each.
uint64_t a64_vector_written(const struct op *op);

// The same for scalar floating point (number.c).
bool a64_number_emit(struct compiler *c, uint32_t word);
// Of vectors of numbers: "three same".
bool a64_numbers_emit(struct compiler *c, uint32_t word);

#endif
