// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The translator, from guest code to a block of ops.
#ifndef VCPU_AARCH64_FRONT_TRANSLATE_H
#define VCPU_AARCH64_FRONT_TRANSLATE_H

#include "vcpu/aarch64/cpu.h"
#include "vcpu/block.h"

// Translates the block at PC, whose first byte is at `physical`, and enters it in the cache.
struct block *a64_translate_block(struct a64_cpu *cpu, uint64_t physical);

#endif
