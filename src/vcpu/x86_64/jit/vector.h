// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// SSE for the code generator.
#ifndef VCPU_X86_64_JIT_VECTOR_H
#define VCPU_X86_64_JIT_VECTOR_H

#include <stdbool.h>
#include <stdint.h>

struct compiler;
struct op;

enum { X86_VECTOR_SCRATCH = 16 }; // cpu->scratch, behind the registers

// Emits the code for an op SIMD, or the HELP that checks whether SSE may be used. False: there is no template.
bool x86_vector_emit(struct compiler *c, const struct op *op);
// The slots that such an op writes, a bit each; all if they are not known.
uint64_t x86_vector_written(const struct op *op);

#endif
