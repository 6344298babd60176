// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// x86-64 for the code generator.
#ifndef VCPU_X86_64_JIT_TEMPLATES_H
#define VCPU_X86_64_JIT_TEMPLATES_H

struct jit_guest;

extern const struct jit_guest x86_jit;

#endif
