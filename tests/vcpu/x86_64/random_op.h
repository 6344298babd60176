// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Ops with fields that their rows allow, and states for them to start from: the same in every run.
#ifndef TESTS_VCPU_X86_64_RANDOM_OP_H
#define TESTS_VCPU_X86_64_RANDOM_OP_H

#include "vcpu/x86_64/board.h"
#include "vcpu/x86_64/exec/ops.h"

#define FLAGS ((uint64_t)(X86_ARITHMETIC | X86_DF))

static uint64_t chance(void)
{
    static uint64_t state = 0x9e3779b97f4a7c15;
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return state * UINT64_C(0x2545f4914f6cdd1d);
}

static unsigned below(unsigned limit)
{
    return (unsigned)((chance() >> 32) % limit);
}

struct state {
    uint64_t r[X86_SLOTS], flags, eflags;
};

// Any values, small and large, and slots that hold what they must.
static struct state random_state(void)
{
    struct state s = { .flags = 2 | (chance() & FLAGS) };
    for (unsigned i = 0; i < X86_SLOTS; i++)
        s.r[i] = below(3) ? chance() >> below(64) : chance();
    s.r[X86_ZERO] = 0;
    s.r[X86_RIP] = BOARD_CODE;
    for (unsigned i = X86_BASE; i < X86_SLOTS; i++)
        s.r[i] = 0;
    return s;
}

static unsigned any_slot(void)
{
    unsigned slot = below(17);
    return slot == 16 ? X86_T1 : slot == X86_RSP ? X86_T2 : slot;
}

// An op of the code with fields that its row allows. Memory is at BOARD_DATA, which a base slot then holds.
static inline struct op random_op(unsigned code, struct state *s)
{
    const struct op_row *info = &x86_ops[code];
    struct op op = { .code = (uint16_t)code, .d = (uint8_t)any_slot() };
    op.a = (uint8_t)any_slot();
    op.b = (uint8_t)any_slot();
    op.x = X86_ZERO;
    op.imm = (int64_t)chance();
    if ((info->operands & OP_S) && !(info->operands & OP_DISP))
        op.s = (uint8_t)(1u << below(4));
    if ((info->operands & OP_S) && (info->operands & OP_DISP))
        op.s = (uint8_t)below(4);
    if (info->operands & OP_X)
        op.x = (uint8_t)below(8);
    switch (code) {
    case X86_OP_SHL32:
    case X86_OP_SHR32:
    case X86_OP_SAR32:
    case X86_OP_SHLN32:
    case X86_OP_SHRN32: op.imm = 1 + below(31); break;
    case X86_OP_SHL64:
    case X86_OP_SHR64:
    case X86_OP_SAR64:
    case X86_OP_SHLN64:
    case X86_OP_SHRN64: op.imm = 1 + below(63); break;
    case X86_OP_SHIFTD:
        op.s = (uint8_t)(2u << below(3));
        op.x &= 1;
        break;
    case X86_OP_BITTEST: op.x &= 3; // falls through
    case X86_OP_BITADDRESS:
    case X86_OP_SIGNA:
    case X86_OP_BITSCAN:
    case X86_OP_POPCOUNT: op.s = (uint8_t)(2u << below(3)); break;
    case X86_OP_LINEAR:
        op.b = X86_DS;
        op.x = ACCESS_READ;
        s->r[op.a] = BOARD_DATA + below(64);
        break;
    case X86_OP_LDSCRATCH:
    case X86_OP_STSCRATCH:
        op.s = 16;
        op.x = 0;
        break;
    case X86_OP_MULTIPLY:
    case X86_OP_DIVIDE: op.x &= 1; break;
    default: break;
    }
    if (info->class == OP_CHECKED && (info->operands & OP_DISP)) {
        op.a = X86_RBX;
        op.b = info->operands & OP_OF_B ? X86_RSI : X86_ZERO;
        op.disp = (int32_t)below(64);
        s->r[X86_RBX] = BOARD_DATA + below(4096);
        s->r[X86_RSI] = below(64);
    }
    s->r[X86_RSP] = BOARD_STACK - 8 * (2 + below(16));
    if (code == X86_OP_LEAVE64)
        s->r[X86_RBP] = BOARD_STACK - 8 * (2 + below(16));
    return op;
}

#endif
