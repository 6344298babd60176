// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// A table of what an encoder should write: each row is a call (of `e`) and what Capstone makes of the bytes.
#ifndef TESTS_VCPU_JIT_BYTES_SAMPLE_H
#define TESTS_VCPU_JIT_BYTES_SAMPLE_H

#include "vcpu/jit/bytes.h"

static inline struct emit sample_begin(void)
{
    static uint8_t bytes[256];
    return (struct emit){ .at = bytes, .begin = bytes, .end = bytes + sizeof bytes, .code = (const uint8_t *)0x1000 };
}

static inline void sample_text(const struct emit *e, bool arm64, const char *expected)
{
    char text[1024];
    if (!has_disassembler(arm64))
        return;
    size_t size = (size_t)(e->at - e->begin), done = text_of(arm64, e->begin, size, text, sizeof text);
    cr_expect(!e->full && done == size && strcmp(text, expected) == 0, "%s, not %s", text, expected);
}

#endif
