// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The encoder for arm64 on any host, and how a sample of it is compared: the same for both tests of its bytes.
#ifndef TESTS_VCPU_JIT_BYTES_ARM64_H
#define TESTS_VCPU_JIT_BYTES_ARM64_H

#include "vcpu/jit/emit.h"

#undef EMIT_X86_64
#undef EMIT_PATCHES
#undef EMIT_ARM64
#define EMIT_ARM64 1
#include "vcpu/jit/emit_arm64.c"

#include "vcpu/jit/bytes/sample.h"

static void sample_words(const struct emit *e, const uint32_t *words, size_t size, const char *text)
{
    cr_expect((size_t)(e->at - e->begin) == size && memcmp(e->begin, words, size) == 0, "%s", text);
}

// The words are those of an assembler for the text.
#define SAMPLE(text, call, ...)                                                                                        \
    do {                                                                                                               \
        struct emit emit_ = sample_begin(), *e = &emit_;                                                               \
        static const uint32_t words_[] = { __VA_ARGS__ };                                                              \
        call;                                                                                                          \
        sample_words(e, words_, sizeof words_, text);                                                                  \
        sample_text(e, true, text);                                                                                    \
    } while (0)

#endif
