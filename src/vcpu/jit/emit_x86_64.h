// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// How instructions of x86-64 are encoded (Intel SDM vol. 2, chapter 2): what emit_x86_64.c and emit_x86_64_vector.c share.
#ifndef VCPU_JIT_EMIT_X86_64_H
#define VCPU_JIT_EMIT_X86_64_H

#include <string.h>

#include "vcpu/jit/emit.h"

enum { RAX, RCX, RDX, RBX, RSP, RBP, RSI, RDI, R8, R9, R10, R11, R12, R13, R14, R15 };
enum { STATE = RBP, TABLE = R13, BUDGET = R15, BIAS = 256 };

static inline void put8(struct emit *e, unsigned byte)
{
    if (e->at < e->end)
        *e->at++ = (uint8_t)byte;
    else
        e->full = true;
}

static inline void put32(struct emit *e, uint32_t value)
{
    if (e->end - e->at >= 4) {
        memcpy(e->at, &value, 4);
        e->at += 4;
    } else {
        e->full = true;
    }
}

static inline void put64(struct emit *e, uint64_t value)
{
    put32(e, (uint32_t)value);
    put32(e, (uint32_t)(value >> 32));
}

static inline bool fits8(int64_t value)
{
    return value == (int8_t)value;
}

static inline bool fits32(int64_t value)
{
    return value == (int32_t)value;
}

// An opcode: its bytes from the most significant on, after the mandatory prefix in bits 31:24 and REX.
enum { P66 = 0x66 << 24, PF2 = 0xf2 << 24, PF3 = (int)(0xf3u << 24), TWO = 0x0f00 };
// How operands are used.
enum {
    W = 1,
    BYTE_R = 2,
    BYTE_M = 4
}; // 64 bits; the reg or the rm operand is a byte register (which SIL, DIL need REX for)

static inline void put_opcode(struct emit *e, uint32_t opcode, unsigned flags, unsigned reg, unsigned index,
                              unsigned base)
{
    unsigned rex = (flags & W ? 8u : 0u) | (reg & 8) >> 1 | (index & 8) >> 2 | (base & 8) >> 3;
    if (opcode >> 24)
        put8(e, opcode >> 24);
    if (rex || ((flags & BYTE_R) && reg >= 4) || ((flags & BYTE_M) && base >= 4))
        put8(e, 0x40 | rex);
    if (opcode & 0xff0000)
        put8(e, opcode >> 16 & 0xff);
    if (opcode & 0xffff00)
        put8(e, opcode >> 8 & 0xff);
    put8(e, opcode & 0xff);
}

// reg, rm: two registers.
static inline void put_rr(struct emit *e, uint32_t opcode, unsigned flags, unsigned reg, unsigned rm)
{
    put_opcode(e, opcode, flags, reg, 0, rm);
    put8(e, 0xc0 | (reg & 7) << 3 | (rm & 7));
}

// reg, [base + index << scale + displacement]; base or index may be EMIT_NONE.
static inline void put_rm(struct emit *e, uint32_t opcode, unsigned flags, unsigned reg, unsigned base, unsigned index,
                          unsigned scale, int32_t displacement)
{
    bool indexed = index != EMIT_NONE, based = base != EMIT_NONE;
    put_opcode(e, opcode, flags & ~(unsigned)BYTE_M, reg, indexed ? index : 0, based ? base : 0);
    unsigned mod = !based ? 0 : displacement == 0 && (base & 7) != RBP ? 0 : fits8(displacement) ? 1 : 2;
    if (indexed || !based || (base & 7) == RSP) {
        put8(e, mod << 6 | (reg & 7) << 3 | 4);
        put8(e, scale << 6 | (indexed ? index & 7 : 4) << 3 | (based ? base & 7 : 5));
    } else {
        put8(e, mod << 6 | (reg & 7) << 3 | (base & 7));
    }
    if (!based || mod == 2)
        put32(e, (uint32_t)displacement);
    else if (mod == 1)
        put8(e, (uint8_t)displacement);
}

static inline void put_state(struct emit *e, uint32_t opcode, unsigned flags, unsigned reg, unsigned offset)
{
    put_rm(e, opcode, flags, reg, STATE, EMIT_NONE, 0, (int32_t)offset - BIAS);
}

static inline unsigned wide(unsigned bits)
{
    return bits == 64 ? W : 0;
}

static inline uint32_t here(const struct emit *e)
{
    return (uint32_t)(e->at - e->begin);
}

// A 32-bit displacement to a label; the fields that wait for it form a chain.
static inline void put_label(struct emit *e, struct emit_label *label)
{
    uint32_t at = here(e);
    if (label->at) {
        put32(e, label->at - 1 - (at + 4));
        return;
    }
    put32(e, label->refs);
    label->refs = at + 1;
}

#endif
