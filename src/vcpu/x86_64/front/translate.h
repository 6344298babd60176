// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The front end of x86-64: translates guest code into blocks of ops.
#ifndef VCPU_X86_64_TRANSLATE_H
#define VCPU_X86_64_TRANSLATE_H

#include "vcpu/block.h"
#include "vcpu/x86_64/cpu.h"

// Translates the block at RIP, whose first byte is at `physical`, and enters it in the cache. NULL: fetching the first
// instruction faulted, and cpu->fault says how.
struct block *x86_translate_block(struct x86_cpu *cpu, uint64_t physical);

#endif
