// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// How instructions of arm64 are put together (Arm ARM C4): what emit_arm64.c and emit_arm64_vector.c share.
#ifndef VCPU_JIT_EMIT_ARM64_H
#define VCPU_JIT_EMIT_ARM64_H

#include <string.h>

#include "base/bits.h"
#include "vcpu/jit/emit.h"

enum { X0, X1, X2 };
enum { X6 = 6, X7, X8, X9, X10, X11, X12, X13, X14, X15, X16, X17 };
enum { X19 = 19, X20, X21, X22, X23, X24, X25, X26, X27, X28, X29, X30 };
enum { ZERO = 31, SP = 31 }; // as the instruction says
enum { STATE = X19, TABLE = X21, BUDGET = X22 };

static inline void put(struct emit *e, uint32_t instruction)
{
    if (e->end - e->at >= 4) {
        memcpy(e->at, &instruction, 4);
        e->at += 4;
    } else {
        e->full = true;
    }
}

static inline void put_dnm(struct emit *e, uint32_t instruction, unsigned d, unsigned n, unsigned m)
{
    put(e, instruction | m << 16 | n << 5 | d);
}

static inline void put_dn(struct emit *e, uint32_t instruction, unsigned d, unsigned n)
{
    put(e, instruction | n << 5 | d);
}

// The kind in bits 23:22 and 26; the size, in bytes, is that of the access.
enum { STORE = 0, LOAD = 1 << 22, LOAD_SIGNED = 2 << 22, LOAD_SIGNED_32 = 3 << 22, VECTOR = 1 << 26 };

static inline void put_access(struct emit *e, uint32_t kind, unsigned size, unsigned t, unsigned base, int64_t offset)
{
    unsigned scale = bits_lowest(size);
    if (size == 16)
        kind |= 2 << 22;
    uint32_t instruction = (scale & 3) << 30 | 0x38000000 | kind;
    if (offset >= 0 && !(offset & (size - 1)) && offset >> scale < 0x1000) {
        put_dn(e, instruction | 1 << 24 | (uint32_t)(offset >> scale) << 10, t, base);
    } else if (offset == bits_sign((uint64_t)offset, 9)) {
        put_dn(e, instruction | ((uint32_t)offset & 0x1ff) << 12, t, base);
    } else {
        emit_constant(e, X17, (uint64_t)offset);
        put_dnm(e, instruction | 1 << 21 | 3 << 13 | 2 << 10, t, base, X17);
    }
}

#endif
