// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Host instructions of x86-64 (Intel SDM vol. 2), for the System V ABI.
//
//   RBP  the state plus BIAS, so that the guest's registers are within a displacement of one byte
//   R12  the program counter of the block    R13  the TLB's table    R15  the budget
//   RAX, RCX, RDX  scratch                   RBX, R14 (kept by calls), RSI, RDI, R8-R11  slots
//   XMM0-XMM3  scratch                       XMM4-XMM15  vectors of the guest (emit_x86_64_vector.c)
#include "vcpu/jit/emit.h"

#ifdef EMIT_X86_64

#include <string.h>

#include "base/bits.h"
#include "vcpu/jit/emit_x86_64.h"

const uint8_t emit_cached[] = { RBX, R14, RSI, RDI, R8, R9, R10, R11 };
const unsigned emit_cached_count = sizeof emit_cached, emit_cached_kept = 2;
const uint8_t EMIT_T0 = RAX, EMIT_T1 = RCX, EMIT_T2 = RDX, EMIT_PC = R12;

// --- labels ----------------------------------------------------------------------------------------------------------

void emit_label(struct emit *e, struct emit_label *label)
{
    uint32_t to = here(e);
    label->at = to + 1;
    if (e->full)
        return;
    for (uint32_t ref = label->refs, next; ref; ref = next) {
        uint8_t *field = e->begin + ref - 1;
        memcpy(&next, field, 4);
        uint32_t distance = to - (ref - 1 + 4);
        memcpy(field, &distance, 4);
    }
    label->refs = 0;
}

static void put_to_code(struct emit *e, const uint8_t *target)
{
    put32(e, (uint32_t)(target - (e->code + here(e) + 4)));
}

// --- moves -----------------------------------------------------------------------------------------------------------

void emit_move(struct emit *e, unsigned bits, unsigned d, unsigned a)
{
    if (bits == 32 || d != a)
        put_rr(e, 0x8b, wide(bits), d, a);
}

void emit_constant(struct emit *e, unsigned d, uint64_t value)
{
    if (value <= UINT32_MAX) { // MOV leaves the flags alone, XOR would not
        put_opcode(e, 0xb8 | (d & 7), 0, 0, 0, d);
        put32(e, (uint32_t)value);
    } else if (fits32((int64_t)value)) {
        put_rr(e, 0xc7, W, 0, d);
        put32(e, (uint32_t)value);
    } else {
        put_opcode(e, 0xb8 | (d & 7), W, 0, 0, d);
        put64(e, value);
    }
}

void emit_extend(struct emit *e, unsigned bits, unsigned d, unsigned a, unsigned from, bool sign)
{
    if (from == 32)
        put_rr(e, sign && bits == 64 ? 0x63 : 0x8b, sign ? wide(bits) : 0, d, a);
    else
        put_rr(e, TWO | (sign ? 0xbe : 0xb6) | (from == 16),
               (sign ? wide(bits) : 0u) | (from == 8 ? (unsigned)BYTE_M : 0u), d, a);
}

void emit_insert(struct emit *e, unsigned d, unsigned a, unsigned count, unsigned at)
{
    if (at == 0 && count == 8) {
        put_rr(e, 0x8a, BYTE_R | BYTE_M, d, a);
    } else if (at == 0) {
        put_rr(e, P66 | 0x8b, 0, d, a);
    } else { // bits 15:8: turned to the bottom and back
        if (d == a)
            emit_move(e, 64, RDX, a);
        put_rr(e, 0xc1, W, 1, d); // ROR
        put8(e, at);
        put_rr(e, 0x8a, BYTE_R | BYTE_M, d, d == a ? (unsigned)RDX : a);
        put_rr(e, 0xc1, W, 0, d); // ROL
        put8(e, at);
    }
}

void emit_state_load(struct emit *e, unsigned bits, unsigned d, unsigned offset)
{
    put_state(e, 0x8b, wide(bits), d, offset);
}

void emit_state_store(struct emit *e, unsigned bits, unsigned offset, unsigned a)
{
    put_state(e, 0x89, wide(bits), a, offset);
}

void emit_state_store_constant(struct emit *e, unsigned offset, int32_t value)
{
    put_state(e, 0xc7, W, 0, offset);
    put32(e, (uint32_t)value);
}

// --- arithmetic ------------------------------------------------------------------------------------------------------

static const uint8_t alu_opcode[] = {
    [EMIT_ADD] = 0x03, [EMIT_SUB] = 0x2b, [EMIT_AND] = 0x23, [EMIT_OR] = 0x0b, [EMIT_XOR] = 0x33
};

void emit_not(struct emit *e, unsigned bits, unsigned d, unsigned a)
{
    emit_move(e, bits, d, a);
    put_rr(e, 0xf7, wide(bits), 2, d);
}

void emit_negate(struct emit *e, unsigned bits, unsigned d, unsigned a)
{
    emit_move(e, bits, d, a);
    put_rr(e, 0xf7, wide(bits), 3, d);
}

void emit_alu(struct emit *e, enum emit_alu alu, unsigned bits, unsigned d, unsigned a, unsigned b)
{
    if (alu >= EMIT_ANDN) {
        emit_not(e, bits, RDX, b);
        emit_alu(e, (enum emit_alu)(alu - EMIT_ANDN + EMIT_AND), bits, d, a, RDX);
    } else if (d == a) {
        put_rr(e, alu_opcode[alu], wide(bits), d, b);
    } else if (d == b && alu == EMIT_SUB) {
        put_rr(e, 0xf7, wide(bits), 3, d); // -b + a
        put_rr(e, 0x03, wide(bits), d, a);
    } else if (d == b) {
        put_rr(e, alu_opcode[alu], wide(bits), d, a);
    } else if (alu == EMIT_ADD) {
        put_rm(e, 0x8d, wide(bits), d, a, b, 0, 0);
    } else {
        put_rr(e, 0x8b, wide(bits), d, a);
        put_rr(e, alu_opcode[alu], wide(bits), d, b);
    }
}

// A group-1 operation with an immediate.
static void put_immediate(struct emit *e, unsigned opcode, unsigned bits, unsigned rm, int64_t value)
{
    put_rr(e, fits8(value) ? 0x83 : 0x81, wide(bits), (opcode >> 3), rm);
    if (fits8(value))
        put8(e, (uint8_t)value);
    else
        put32(e, (uint32_t)value);
}

void emit_alu_constant(struct emit *e, enum emit_alu alu, unsigned bits, unsigned d, unsigned a, uint64_t value)
{
    int64_t v = bits == 32 ? (int32_t)value : (int64_t)value;
    if (alu >= EMIT_ANDN) {
        alu = (enum emit_alu)(alu - EMIT_ANDN + EMIT_AND);
        v = ~v;
    }
    if ((alu == EMIT_ADD || alu == EMIT_SUB) && d != a && fits32(alu == EMIT_ADD ? v : -v) && v != INT32_MIN) {
        put_rm(e, 0x8d, wide(bits), d, a, EMIT_NONE, 0, (int32_t)(alu == EMIT_ADD ? v : -v));
        return;
    }
    if (alu == EMIT_AND && v == 0xff) {
        emit_extend(e, 64, d, a, 8, false);
    } else if (alu == EMIT_AND && v == 0xffff) {
        emit_extend(e, 64, d, a, 16, false);
    } else if (alu == EMIT_AND && bits == 64 && v == UINT32_MAX) {
        emit_move(e, 32, d, a);
    } else if (alu == EMIT_AND && bits == 64 && v >= 0 && v <= UINT32_MAX) { // the upper half becomes 0
        emit_move(e, 32, d, a);
        put_immediate(e, alu_opcode[alu], 32, d, (int32_t)v);
    } else if (fits32(v)) {
        emit_move(e, bits == 32 && d == a ? 64 : bits, d, a);
        put_immediate(e, alu_opcode[alu], bits, d, v);
    } else if (is_power_of_two((uint64_t)v) && (alu == EMIT_OR || alu == EMIT_XOR)) {
        emit_move(e, bits, d, a);
        put_rr(e, TWO | 0xba, W, alu == EMIT_OR ? 5 : 7, d); // BTS, BTC
        put8(e, bits_lowest((uint64_t)v));
    } else {
        emit_constant(e, RDX, (uint64_t)v);
        emit_alu(e, alu, bits, d, a, RDX);
    }
}

static const uint8_t shift_opcode[] = { [EMIT_SHL] = 4, [EMIT_SHR] = 5, [EMIT_SAR] = 7, [EMIT_ROR] = 1 };

void emit_shift(struct emit *e, enum emit_shift shift, unsigned bits, unsigned d, unsigned a, unsigned b)
{
    unsigned in = d == RCX || d == b || a == RCX ? (unsigned)RDX : d; // the count is in RCX
    emit_move(e, bits == 32 && in == a ? 64 : bits, in, a);
    emit_move(e, 64, RCX, b);
    put_rr(e, 0xd3, wide(bits), shift_opcode[shift], in);
    if (bits == 32 || in != d)
        emit_move(e, bits, d, in); // 32 bits: a count of 0 leaves the upper half
}

void emit_shift_constant(struct emit *e, enum emit_shift shift, unsigned bits, unsigned d, unsigned a, unsigned count)
{
    if (count == 0) {
        emit_move(e, bits, d, a);
        return;
    }
    if (shift == EMIT_SHL && count <= 3 && d != a) {
        put_rm(e, 0x8d, wide(bits), d, EMIT_NONE, a, count, 0);
        return;
    }
    emit_move(e, bits == 32 && d == a ? 64 : bits, d, a);
    if (count == 1) {
        put_rr(e, 0xd1, wide(bits), shift_opcode[shift], d);
        return;
    }
    put_rr(e, 0xc1, wide(bits), shift_opcode[shift], d);
    put8(e, count);
}

void emit_address(struct emit *e, unsigned d, unsigned a, unsigned b, unsigned scale, int32_t displacement)
{
    if (a == EMIT_NONE && b == EMIT_NONE)
        emit_constant(e, d, (uint64_t)(int64_t)displacement);
    else if (b == EMIT_NONE && displacement == 0)
        emit_move(e, 64, d, a);
    else if (b == EMIT_NONE && d == a)
        put_immediate(e, 0x03, 64, d, displacement);
    else
        put_rm(e, 0x8d, W, d, a, b, scale, displacement);
}

void emit_multiply(struct emit *e, unsigned bits, unsigned d, unsigned a, unsigned b)
{
    if (d == b)
        b = a;
    else
        emit_move(e, bits == 32 && d == a ? 64 : bits, d, a);
    put_rr(e, TWO | 0xaf, wide(bits), d, b);
}

void emit_multiply_high(struct emit *e, bool sign, unsigned d, unsigned a, unsigned b)
{
    emit_move(e, 64, RAX, a);
    put_rr(e, 0xf7, W, sign ? 5 : 4, b);
    emit_move(e, 64, d, RDX);
}

void emit_divide(struct emit *e, bool sign, unsigned bits, unsigned d, unsigned a, unsigned b)
{
    emit_move(e, bits, RAX, a);
    if (sign) {
        put_opcode(e, 0x99, wide(bits), 0, 0, 0); // CDQ, CQO
    } else {
        put_rr(e, 0x33, 0, RDX, RDX);
    }
    put_rr(e, 0xf7, wide(bits), sign ? 7 : 6, b);
    emit_move(e, bits, d, RAX);
}

void emit_swap(struct emit *e, unsigned bits, unsigned d, unsigned a)
{
    emit_move(e, bits == 32 && d == a ? 64 : bits, d, a);
    put_opcode(e, TWO | 0xc8 | (d & 7), wide(bits), 0, 0, d);
}

void emit_count_zeros(struct emit *e, unsigned bits, unsigned d, unsigned a)
{
    put_rr(e, TWO | 0xbd, wide(bits), RDX, a); // BSR: if the source is 0, the target is undefined
    emit_constant(e, RAX, 2 * bits - 1);       // which becomes `bits`
    put_rr(e, TWO | 0x44, W, RDX, RAX);        // CMOVZ
    put_rr(e, 0x8b, 0, d, RDX);
    put_immediate(e, 0x33, 32, d, (int64_t)bits - 1);
}

// --- conditions ------------------------------------------------------------------------------------------------------

static const uint8_t condition_code[] = {
    [EMIT_EQ] = 4,  [EMIT_NE] = 5,  [EMIT_LO] = 2,  [EMIT_HS] = 3, [EMIT_LS] = 6, [EMIT_HI] = 7, [EMIT_LT] = 12,
    [EMIT_GE] = 13, [EMIT_LE] = 14, [EMIT_GT] = 15, [EMIT_MI] = 8, [EMIT_PL] = 9, [EMIT_VS] = 0, [EMIT_VC] = 1,
};

// An operation of 8 to 64 bits whose opcode for bytes is one less.
static void put_sized(struct emit *e, unsigned opcode, unsigned bits, unsigned reg, unsigned rm, bool reg_is_register)
{
    unsigned bytes = bits == 8 ? (reg_is_register ? BYTE_R : 0u) | BYTE_M : 0u;
    put_rr(e, (bits == 16 ? (uint32_t)P66 : 0) | (opcode - (bits == 8)), wide(bits) | bytes, reg, rm);
}

void emit_compare(struct emit *e, unsigned bits, unsigned a, unsigned b)
{
    put_sized(e, 0x3b, bits, a, b, true);
}

void emit_compare_constant(struct emit *e, unsigned bits, unsigned a, uint64_t value)
{
    int64_t v = bits_sign(value, bits);
    if (v == 0) {
        put_sized(e, 0x85, bits, a, a, true);
    } else if (!fits32(v)) {
        emit_constant(e, RDX, value);
        emit_compare(e, bits, a, RDX);
    } else if (fits8(v)) {
        put_sized(e, bits == 8 ? 0x81 : 0x83, bits, 7, a, false);
        put8(e, (uint8_t)v);
    } else {
        put_sized(e, 0x81, bits, 7, a, false);
        if (bits == 16) {
            put8(e, (uint8_t)v);
            put8(e, (uint8_t)(v >> 8));
        } else {
            put32(e, (uint32_t)v);
        }
    }
}

void emit_test(struct emit *e, unsigned bits, unsigned a, unsigned b)
{
    put_sized(e, 0x85, bits, a, b, true);
}

void emit_test_constant(struct emit *e, unsigned bits, unsigned a, uint64_t value)
{
    if (bits == 64 && is_power_of_two(value) && value > INT32_MAX) { // BT sets CF alone
        emit_constant(e, RDX, value);
        emit_test(e, bits, a, RDX);
        return;
    }
    int64_t v = bits_sign(value, bits);
    if (!fits32(v)) {
        emit_constant(e, RDX, value);
        emit_test(e, bits, a, RDX);
        return;
    }
    put_sized(e, 0xf7, bits, 0, a, false);
    if (bits == 8)
        put8(e, (uint8_t)v);
    else if (bits == 16) {
        put8(e, (uint8_t)v);
        put8(e, (uint8_t)(v >> 8));
    } else {
        put32(e, (uint32_t)v);
    }
}

void emit_branch(struct emit *e, enum emit_condition condition, struct emit_label *label)
{
    put8(e, 0x0f);
    put8(e, 0x80 | condition_code[condition]);
    put_label(e, label);
}

void emit_jump(struct emit *e, struct emit_label *label)
{
    put8(e, 0xe9);
    put_label(e, label);
}

void emit_select(struct emit *e, enum emit_condition condition, unsigned bits, unsigned d, unsigned a, unsigned b)
{
    if (d == a) { // the other one moves, on the opposite condition
        put_rr(e, TWO | 0x40 | (condition_code[condition] ^ 1), wide(bits), d, b);
    } else {
        if (d != b)
            put_rr(e, 0x8b, wide(bits), d, b);
        put_rr(e, TWO | 0x40 | condition_code[condition], wide(bits), d, a);
    }
}

void emit_set(struct emit *e, enum emit_condition condition, unsigned d)
{
    put_rr(e, TWO | 0x90 | condition_code[condition], BYTE_M, 0, d);
    put_rr(e, TWO | 0xb6, BYTE_M, d, d);
}

// --- flags -----------------------------------------------------------------------------------------------------------

// a ^ b ^ (a + b) has the carry into each bit, so bit n has that out of bit n - 1.
void emit_aux(struct emit *e, bool difference, unsigned bits, bool inverted, bool half, unsigned offset, unsigned a,
              unsigned b, uint64_t constant)
{
    if (b == EMIT_NONE && (constant & bits_low(bits)) == 0) { // no carries, no borrows
        emit_constant(e, RCX, inverted ? UINT64_C(0xc000000000000000) : 0);
        emit_state_store(e, 64, offset, RCX);
        return;
    }
    if (bits == 64) { // the carry out of bit 63 comes from the host's
        if (b == EMIT_NONE)
            emit_constant(e, b = RAX, constant);
        emit_move(e, 64, RCX, a);
        put_rr(e, difference ? 0x2b : 0x03, W, RCX, b);
        put_rr(e, 0x1b, W, RDX, RDX); // SBB: all ones if there was one
        put_rr(e, 0x33, W, RCX, a);
        put_rr(e, 0x33, W, RCX, b);
        put_rr(e, TWO | 0xac, W, RDX, RCX); // SHRD RCX, RDX, 1
        put8(e, 1);
        if (inverted)
            put_rr(e, 0xf7, W, 2, RCX);
        if (half) {
            emit_constant(e, RDX, UINT64_C(0xc000000000000008));
            put_rr(e, 0x23, W, RCX, RDX);
        }
    } else {
        emit_extend(e, 64, RAX, a, bits, false);
        if (b == EMIT_NONE)
            emit_constant(e, RDX, constant & bits_low(bits));
        else
            emit_extend(e, 64, RDX, b, bits, false);
        emit_move(e, 64, RCX, RAX);
        put_rr(e, difference ? 0x2b : 0x03, W, RCX, RDX);
        put_rr(e, 0x33, W, RCX, RAX);
        put_rr(e, 0x33, W, RCX, RDX);
        if (half) {
            put_rr(e, 0x8b, 0, RDX, RCX);
            put_rr(e, 0xd1, 0, 5, RDX); // SHR 1
            put_immediate(e, 0x23, 32, RDX, 8);
        }
        emit_shift_constant(e, EMIT_SHL, 64, RCX, RCX, 63 - bits);
        if (inverted)
            put_rr(e, 0xf7, W, 2, RCX);
    }
    if (bits != 64 || !half) {
        put_rr(e, 0xc1, W, 5, RCX); // SHR 62, SHL 62: shorter than a constant
        put8(e, 62);
        put_rr(e, 0xc1, W, 4, RCX);
        put8(e, 62);
        if (half)
            put_rr(e, 0x0b, W, RCX, RDX);
    }
    emit_state_store(e, 64, offset, RCX);
}

// --- guest memory ----------------------------------------------------------------------------------------------------

// RAX becomes the offset of the entry.
void emit_tlb(struct emit *e, const struct emit_tlb *tlb, enum emit_access access, unsigned bytes,
              struct emit_label *miss)
{
    put_rr(e, 0x8b, 0, RAX, RCX);
    put_rr(e, 0xc1, 0, 5, RAX); // SHR 12 - 5: an entry is 32 bytes
    put8(e, 7);
    put_state(e, 0x23, 0, RAX, tlb->mask);
    if (bytes > 1)
        put_rm(e, 0x8d, W, RDX, RCX, EMIT_NONE, 0, (int32_t)bytes - 1);
    else
        put_rr(e, 0x8b, W, RDX, RCX);
    put_immediate(e, 0x23, 64, RDX, -4096);
    put_rm(e, 0x3b, W, RDX, TABLE, RAX, 0, access == EMIT_READ ? 0 : 8);
    emit_branch(e, EMIT_NE, miss);
    if (access == EMIT_MODIFY) {
        put_rm(e, 0x3b, W, RDX, TABLE, RAX, 0, 0);
        emit_branch(e, EMIT_NE, miss);
    }
    put_rm(e, 0x03, W, RCX, TABLE, RAX, 0, 16);
}

void emit_load(struct emit *e, unsigned bits, unsigned d, unsigned base, int32_t displacement, unsigned size, bool sign)
{
    uint32_t opcode =
        size >= 4 ? (size == 4 && sign && bits == 64 ? 0x63u : 0x8bu) : TWO | (sign ? 0xbeu : 0xb6u) | (size == 2);
    put_rm(e, opcode, size == 8 || (sign && bits == 64) ? W : 0, d, base, EMIT_NONE, 0, displacement);
}

void emit_store(struct emit *e, unsigned base, int32_t displacement, unsigned size, unsigned a)
{
    put_rm(e, (size == 2 ? (uint32_t)P66 : 0) | (size == 1 ? 0x88 : 0x89),
           (size == 8 ? W : 0) | (size == 1 ? (unsigned)BYTE_R : 0u), a, base, EMIT_NONE, 0, displacement);
}

void emit_store_constant(struct emit *e, unsigned base, int32_t displacement, unsigned size, int32_t value)
{
    put_rm(e, (size == 2 ? (uint32_t)P66 : 0) | (size == 1 ? 0xc6 : 0xc7), size == 8 ? W : 0, 0, base, EMIT_NONE, 0,
           displacement);
    if (size == 1) {
        put8(e, (uint8_t)value);
    } else if (size == 2) {
        put8(e, (uint8_t)value);
        put8(e, (uint8_t)(value >> 8));
    } else {
        put32(e, (uint32_t)value);
    }
}

// --- the frame -------------------------------------------------------------------------------------------------------

void emit_head(struct emit *e, unsigned count, struct emit_label *leave)
{
    put_immediate(e, 0x2b, 64, BUDGET, count);
    emit_branch(e, EMIT_MI, leave);
}

void emit_move_pc(struct emit *e, unsigned bits, int32_t delta)
{
    if (delta || bits == 32)
        put_rm(e, 0x8d, wide(bits), R12, R12, EMIT_NONE, 0, delta);
}

void emit_go(struct emit *e, const struct emit_shared *shared)
{
    put_rm(e, 0xff, 0, 4, RAX, EMIT_NONE, 0, -(int32_t)shared->native_of_head); // JMP [RAX - n]
}

uint32_t emit_exit(struct emit *e, struct emit_label *label, const void *const *target)
{
    (void)target;
    uint32_t at = here(e);
    emit_jump(e, label);
    return at;
}

void emit_link(uint8_t *place, const uint8_t *from, const uint8_t *to)
{
    int32_t distance = (int32_t)(to - (from + 5));
    memcpy(place + 1, &distance, 4);
}

static void jump_to_code(struct emit *e, const uint8_t *target)
{
    put8(e, 0xe9);
    put_to_code(e, target);
}

void emit_leave(struct emit *e, const struct emit_shared *shared, const void *op, uint64_t how)
{
    emit_constant(e, RAX, (uint64_t)(uintptr_t)op);
    emit_constant(e, RDX, how);
    jump_to_code(e, shared->leave);
}

void emit_leave_few(struct emit *e, const struct emit_shared *shared, const void *head)
{
    emit_constant(e, RAX, (uint64_t)(uintptr_t)head);
    jump_to_code(e, shared->few);
}

void emit_leave_exit(struct emit *e, const struct emit_shared *shared, const void *block, const void *exit)
{
    emit_constant(e, RAX, (uint64_t)(uintptr_t)block);
    emit_constant(e, RDX, (uint64_t)((const uint8_t *)exit - (const uint8_t *)block));
    jump_to_code(e, shared->exit);
}

void emit_call_body(struct emit *e, const struct emit_shared *shared, const void *op, const void *block)
{
    emit_constant(e, RAX, (uint64_t)(uintptr_t)op);
    emit_constant(e, RDX, (uint64_t)(uintptr_t)block);
    put8(e, 0xe8);
    put_to_code(e, shared->body);
}

void emit_jump_body(struct emit *e, const struct emit_shared *shared, const void *op, const void *block)
{
    emit_constant(e, RAX, (uint64_t)(uintptr_t)op);
    emit_constant(e, RDX, (uint64_t)(uintptr_t)block);
    jump_to_code(e, shared->jump);
}

// --- shared pieces ---------------------------------------------------------------------------------------------------

static const uint8_t *piece(struct emit *e)
{
    while (here(e) % 16 && !e->full)
        put8(e, 0xcc);
    return e->code + here(e);
}

static void push(struct emit *e, unsigned r)
{
    put_opcode(e, 0x50 | (r & 7), 0, 0, 0, r);
}

static void pop(struct emit *e, unsigned r)
{
    put_opcode(e, 0x58 | (r & 7), 0, 0, 0, r);
}

static void put_back(struct emit *e, const struct emit_shared *shared)
{
    emit_state_store(e, 64, shared->state_pc, R12);
    emit_state_store(e, 64, shared->state_left, BUDGET);
}

static void fetch(struct emit *e, const struct emit_shared *shared)
{
    emit_state_load(e, 64, BUDGET, shared->state_left);
    emit_state_load(e, 64, TABLE, shared->state_data);
}

// RAX: an op, RDX: its block. Calls bodies[op->code](cpu, op), whose answer is in RAX; the op is on the stack.
static void call_body(struct emit *e, const struct emit_shared *shared)
{
    emit_state_store(e, 64, shared->state_block, RDX);
    put_back(e, shared);
    push(e, RAX);
    put_rr(e, 0x8b, W, RSI, RAX);
    put_rm(e, 0x8d, W, RDI, STATE, EMIT_NONE, 0, -BIAS);
    put_rm(e, TWO | 0xb7, 0, RAX, RAX, EMIT_NONE, 0, 0); // MOVZX EAX, WORD [RAX]: the code
    emit_constant(e, RCX, (uint64_t)(uintptr_t)shared->bodies);
    put_rm(e, 0xff, 0, 2, RCX, RAX, 3, 0); // CALL [RCX + RAX * 8]
}

void emit_shared(struct emit *e, struct emit_shared *shared)
{
    static const uint8_t kept[] = { RBX, RBP, R12, R13, R14, R15 };

    shared->enter = piece(e); // RDI: the CPU, RSI: the code
    for (unsigned i = 0; i < sizeof kept; i++)
        push(e, kept[i]);
    put_immediate(e, 0x2b, 64, RSP, 8); // calls want 16 bytes
    put_rm(e, 0x8d, W, STATE, RDI, EMIT_NONE, 0, BIAS);
    emit_state_load(e, 64, R12, shared->state_pc);
    fetch(e, shared);
    put_rr(e, 0xff, 0, 4, RSI); // JMP RSI

    shared->absent = piece(e);
    emit_constant(e, RDX, 8); // NATIVE_GO
    shared->leave = e->code + here(e);
    put_back(e, shared);
    const uint8_t *leave_kept = e->code + here(e); // the program counter and the budget are in the state
    put_immediate(e, 0x03, 64, RSP, 8);
    for (unsigned i = sizeof kept; i-- > 0;)
        pop(e, kept[i]);
    put8(e, 0xc3);

    shared->few = piece(e);
    emit_load(e, 64, RDX, RAX, (int32_t)shared->count_in_head, 8, false);
    emit_alu(e, EMIT_ADD, 64, BUDGET, BUDGET, RDX);
    emit_constant(e, RDX, 9); // NATIVE_HEAD
    jump_to_code(e, shared->leave);

    shared->exit = piece(e);
    emit_state_store(e, 64, shared->state_block, RAX);
    emit_alu(e, EMIT_ADD, 64, RAX, RAX, RDX);
    emit_constant(e, RDX, 10); // NATIVE_EXIT
    jump_to_code(e, shared->leave);

    shared->body = piece(e); // called, so the stack is 8 bytes off, and so it is right with the op
    struct emit_label not_next = { 0 };
    call_body(e, shared);
    put_rr(e, 0x85, 0, RAX, RAX);
    emit_branch(e, EMIT_NE, &not_next);
    pop(e, RAX);
    fetch(e, shared);
    put8(e, 0xc3);
    emit_label(e, &not_next);
    put_rr(e, 0x8b, 0, RDX, RAX);
    pop(e, RAX);
    pop(e, RCX); // the return address
    jump_to_code(e, leave_kept);

    shared->jump = piece(e); // jumped to: two words make the stack right
    struct emit_label stop = { 0 };
    push(e, RAX);
    call_body(e, shared);
    pop(e, RCX);
    pop(e, RCX);
    emit_constant(e, RDX, 11); // NATIVE_STOP
    put_rr(e, 0x85, W, RAX, RAX);
    emit_branch(e, EMIT_EQ, &stop);
    emit_state_load(e, 64, R12, shared->state_pc);
    fetch(e, shared);
    emit_go(e, shared);
    emit_label(e, &stop);
    jump_to_code(e, leave_kept);
}

#endif
