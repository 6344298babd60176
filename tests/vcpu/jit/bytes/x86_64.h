// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The encoder for x86-64 on any host, and how a sample of it is compared: the same for both tests of its bytes.
#ifndef TESTS_VCPU_JIT_BYTES_X86_64_H
#define TESTS_VCPU_JIT_BYTES_X86_64_H

#include "vcpu/jit/emit.h"

#undef EMIT_ARM64
#undef EMIT_X86_64
#define EMIT_X86_64 1
#undef EMIT_PATCHES
#define EMIT_PATCHES 1
void emit_link(uint8_t *place, const uint8_t *from, const uint8_t *to);
#include "vcpu/jit/emit_x86_64.c"

#include "vcpu/jit/bytes/sample.h"

#define SAMPLE(text, call)                                                                                             \
    do {                                                                                                               \
        struct emit emit_ = sample_begin(), *e = &emit_;                                                               \
        call;                                                                                                          \
        sample_text(e, false, text);                                                                                   \
    } while (0)

#endif
