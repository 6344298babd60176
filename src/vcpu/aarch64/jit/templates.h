// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// AArch64 for the code generator.
#ifndef VCPU_AARCH64_JIT_TEMPLATES_H
#define VCPU_AARCH64_JIT_TEMPLATES_H

struct jit_guest;

extern const struct jit_guest a64_jit;

#endif
