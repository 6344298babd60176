// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Instruction decoding. The operands after an opcode are in its row (opcodes.h).
#include "vcpu/x86_64/front/decode.h"

#include <string.h>

#include "vcpu/x86_64/cpu.h"
#include "vcpu/x86_64/front/opcodes.h"

struct reader {
    const uint8_t *bytes;
    unsigned at, available;
    bool short_of; // a read went beyond the available bytes
};

static uint64_t take(struct reader *in, unsigned size)
{
    if (in->at + size > in->available) {
        in->short_of = true;
        return 0;
    }
    uint64_t value = 0;
    memcpy(&value, in->bytes + in->at, size);
    in->at += size;
    return value;
}

static int64_t take_signed(struct reader *in, unsigned size)
{
    return bits_sign(take(in, size), 8 * size);
}

static void decode_prefixes(struct x86_insn *insn, struct reader *in)
{
    bool operand = false, address = false;
    for (;; in->at++) {
        if (in->at >= in->available) {
            in->short_of = true;
            return;
        }
        uint8_t byte = in->bytes[in->at];
        // clang-format off
        switch (byte) {
        case 0x26: insn->segment = X86_ES; insn->rex = 0; continue;
        case 0x2e: insn->segment = X86_CS; insn->rex = 0; continue;
        case 0x36: insn->segment = X86_SS; insn->rex = 0; continue;
        case 0x3e: insn->segment = X86_DS; insn->rex = 0; continue;
        case 0x64: insn->segment = X86_FS; insn->rex = 0; continue;
        case 0x65: insn->segment = X86_GS; insn->rex = 0; continue;
        case 0x66: operand = true; insn->rex = 0; continue;
        case 0x67: address = true; insn->rex = 0; continue;
        case 0xf0: insn->lock = true; insn->rex = 0; continue;
        case 0xf2:
        case 0xf3: insn->repeat = byte; insn->rex = 0; continue;
        default: break;
        }
        // clang-format on
        if (insn->code_size == 8 && (byte & 0xf0) == 0x40) {
            insn->rex = byte; // used only if it is the last prefix
            continue;
        }
        break;
    }
    unsigned size = insn->code_size;
    insn->operand_prefix = operand;
    insn->operand_size = size == 8 ? ((insn->rex & 8) ? 8
                                      : operand       ? 2
                                                      : 4)
                         : operand ? (size == 4 ? 2 : 4)
                                   : (uint8_t)size;
    insn->address_size = size == 8 ? (address ? 4 : 8) : address ? (size == 4 ? 2 : 4) : (uint8_t)size;
    insn->prefix = insn->repeat ? insn->repeat : operand ? 0x66 : 0;
    if (size == 8 && insn->segment >= 0 && insn->segment < X86_FS)
        insn->segment = -1; // ignored in 64-bit mode
}

static void decode_address16(struct x86_insn *insn, struct reader *in)
{
    static const int8_t bases[8] = { X86_RBX, X86_RBX, X86_RBP, X86_RBP, X86_RSI, X86_RDI, X86_RBP, X86_RBX };
    static const int8_t indices[8] = { X86_RSI, X86_RDI, X86_RSI, X86_RDI, -1, -1, -1, -1 };
    unsigned rm = insn->modrm & 7;
    insn->base = bases[rm];
    insn->index = indices[rm];
    if (insn->mod == 0 && rm == 6) {
        insn->base = -1;
        insn->displacement = take_signed(in, 2);
    } else if (insn->mod) {
        insn->displacement = take_signed(in, insn->mod);
    }
}

static void decode_address(struct x86_insn *insn, struct reader *in)
{
    unsigned rm = insn->modrm & 7;
    insn->base = (int8_t)insn->rm;
    insn->index = -1;
    if (rm == 4) {
        unsigned sib = (unsigned)take(in, 1);
        unsigned index = (sib >> 3 & 7) | ((insn->rex & 2) ? 8u : 0u);
        insn->scale = (uint8_t)(sib >> 6);
        insn->index = index == X86_RSP ? -1 : (int8_t)index;
        insn->base = (int8_t)((sib & 7) | ((insn->rex & 1) ? 8u : 0u));
        rm = sib & 7;
        if (insn->mod == 0 && rm == 5)
            insn->base = -1;
    } else if (insn->mod == 0 && rm == 5) {
        insn->base = -1;
        insn->rip = insn->code_size == 8;
    }
    if (insn->mod == 1)
        insn->displacement = take_signed(in, 1);
    else if (insn->mod == 2 || insn->base < 0)
        insn->displacement = take_signed(in, 4);
}

static void decode_modrm(struct x86_insn *insn, struct reader *in)
{
    insn->has_modrm = true;
    insn->modrm = (uint8_t)take(in, 1);
    insn->mod = insn->modrm >> 6;
    insn->reg = (uint8_t)((insn->modrm >> 3 & 7) | ((insn->rex & 4) ? 8 : 0));
    insn->rm = (uint8_t)((insn->modrm & 7) | ((insn->rex & 1) ? 8 : 0));
    if (insn->row->special & X86_NO_MEMORY)
        insn->mod = 3;
    if (insn->mod == 3)
        return;
    if (insn->address_size == 2)
        decode_address16(insn, in);
    else
        decode_address(insn, in);
}

static void decode_immediate(struct x86_insn *insn, struct reader *in, enum x86_follows follows)
{
    unsigned z = insn->operand_size == 2 ? 2 : 4;
    switch (follows) {
    case X86_FOLLOWS_NOTHING:
    case X86_FOLLOWS_MODRM: break;
    case X86_FOLLOWS_IMM8:
    case X86_FOLLOWS_MODRM_IMM8: insn->immediate = take_signed(in, 1); break;
    case X86_FOLLOWS_IMM:
    case X86_FOLLOWS_MODRM_IMM: insn->immediate = take_signed(in, z); break;
    case X86_FOLLOWS_IMM16: insn->immediate = (int64_t)take(in, 2); break;
    case X86_FOLLOWS_IMM_FULL: insn->immediate = take_signed(in, insn->operand_size); break;
    case X86_FOLLOWS_OFFSET: insn->displacement = (int64_t)take(in, insn->address_size); break;
    case X86_FOLLOWS_RELATIVE: insn->immediate = take_signed(in, insn->code_size == 8 ? 4 : z); break;
    case X86_FOLLOWS_FAR:
        insn->immediate = (int64_t)take(in, z);
        insn->immediate2 = (uint16_t)take(in, 2);
        break;
    case X86_FOLLOWS_IMM16_IMM8:
        insn->immediate = (int64_t)take(in, 2);
        insn->immediate2 = (uint16_t)take(in, 1);
        break;
    }
}

static bool has_modrm(enum x86_follows follows)
{
    return follows >= X86_FOLLOWS_MODRM && follows <= X86_FOLLOWS_MODRM_IMM;
}

// From the row of a group to that of its member.
static void choose_member(struct x86_insn *insn)
{
    const struct x86_opcode *row = insn->row;
    const struct x86_opcode *group = insn->mod == 3 && row->group_register ? row->group_register : row->group;
    if (group)
        insn->row = &group[insn->modrm >> 3 & 7];
}

static void decode_rest(struct x86_insn *insn, struct reader *in)
{
    enum x86_follows follows = (enum x86_follows)insn->row->follows;
    if (has_modrm(follows)) {
        decode_modrm(insn, in);
        choose_member(insn);
    }
    decode_immediate(insn, in, follows);
    if (insn->row->follows != follows && !has_modrm((enum x86_follows)insn->row->follows)) // TEST in its group
        decode_immediate(insn, in, (enum x86_follows)insn->row->follows);
}

static void decode_opcode(struct x86_insn *insn, struct reader *in)
{
    insn->opcode = (uint8_t)take(in, 1);
    insn->row = &x86_opcodes_one[insn->opcode];
    if (insn->opcode != 0x0f)
        return;
    insn->map = 1;
    insn->opcode = (uint8_t)take(in, 1);
    insn->row = &x86_opcodes_two[insn->opcode];
    if (insn->opcode != 0x38 && insn->opcode != 0x3a)
        return;
    insn->map = insn->opcode == 0x38 ? 2 : 3;
    insn->opcode = (uint8_t)take(in, 1);
    insn->row = insn->map == 2 ? &x86_opcodes_38 : &x86_opcodes_3a;
}

enum x86_decoded x86_decode(struct x86_insn *insn, const uint8_t *bytes, unsigned available, unsigned code_size)
{
    struct reader in = { .bytes = bytes, .available = available < X86_LONGEST ? available : X86_LONGEST };
    *insn = (struct x86_insn){ .code_size = (uint8_t)code_size, .segment = -1, .base = -1, .index = -1 };
    decode_prefixes(insn, &in);
    decode_opcode(insn, &in);
    decode_rest(insn, &in);
    if (in.short_of)
        return available < X86_LONGEST ? X86_NEED_MORE : X86_TOO_LONG;
    insn->length = (uint8_t)in.at;
    return X86_DECODED;
}
