// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Host instructions of arm64 (Arm ARM C6), for AAPCS64 as Linux and macOS have it.
//
//   X19  the state        X20  the program counter of the block    X21  the TLB's table    X22  the budget
//   X0, X1, X2  scratch   X16, X17  scratch of this file           X23-X28 (kept by calls), X6-X15  slots
//
//   V0-V3  scratch              V16-V31  vectors of the guest (emit_arm64_vector.c)
//
// X18 belongs to the system and X29 to the frame; X30 is free between the ways in and out of the code (emit_shared).
#include "vcpu/jit/emit.h"

#ifdef EMIT_ARM64

#include <string.h>

#include "base/bits.h"
#include "vcpu/jit/emit_arm64.h"
#include "vcpu/native.h"

const uint8_t emit_cached[] = { X23, X24, X25, X26, X27, X28, X6, X7, X8, X9, X10, X11, X12, X13, X14, X15 };
const unsigned emit_cached_count = sizeof emit_cached, emit_cached_kept = 6;
const uint8_t EMIT_T0 = X0, EMIT_T1 = X1, EMIT_T2 = X2, EMIT_PC = X20;

// --- instructions ----------------------------------------------------------------------------------------------------

static uint32_t wide(unsigned bits)
{
    return bits == 64 ? BIT32(31) : 0;
}

// Of registers, in 32 bits. INVERT: of the second operand of a logical one.
enum { SET_FLAGS = 1 << 29, ADD = 0x0b000000, SUB = 0x4b000000, ADDS = ADD | SET_FLAGS, SUBS = SUB | SET_FLAGS };
enum { INVERT = 1 << 21, AND = 0x0a000000, ORR = 0x2a000000, EOR = 0x4a000000, ANDS = 0x6a000000 };
// With immediate operands, and others.
enum { ADD_IMMEDIATE = 0x11000000, SUB_IMMEDIATE = 0x51000000, SUBS_IMMEDIATE = SUB_IMMEDIATE | SET_FLAGS };
enum { MOVN = 0x12800000, MOVZ = 0x52800000, MOVK = 0x72800000 };
enum { SBFM = 0x13000000, BFM = 0x33000000, UBFM = 0x53000000, EXTR = 0x13800000 };
enum { CSEL = 0x1a800000, CSINC = 0x1a800400 };
enum { B = 0x14000000, B_CONDITION = 0x54000000, CBZ = 0x34000000, CBNZ = 0x35000000 };

// SBFM, BFM, UBFM and EXTR have the size a second time, in bit 22.
static void put_field(struct emit *e, uint32_t instruction, unsigned bits, unsigned d, unsigned n, unsigned immr,
                      unsigned imms)
{
    put_dn(e, instruction | wide(bits) | wide(bits) >> 9 | immr << 16 | imms << 10, d, n);
}

// BR, or BLR if the next instruction is to be returned to.
static void put_jump(struct emit *e, unsigned r, bool calls)
{
    put_dn(e, 0xd61f0000 | (calls ? 1 << 21 : 0), 0, r);
}

static void put_return(struct emit *e)
{
    put(e, 0xd65f03c0); // RET
}

// --- constants -------------------------------------------------------------------------------------------------------

// The immediate operand of AND, ORR, EOR and ANDS (Arm ARM, DecodeBitMasks): one run of ones, turned, in elements of 2 to 64 bits
// that repeat. The field is N:immr:imms in bits 22:10. False: the value is none.
static bool mask_field(uint64_t value, unsigned bits, uint32_t *field)
{
    if (bits == 32)
        value = (value & UINT32_MAX) | value << 32;
    if (value == 0 || value == UINT64_MAX)
        return false;
    unsigned size = 64;
    while (size > 2 && value == (value >> size / 2 | value << (64 - size / 2)))
        size /= 2;
    // Where runs begin, in one element: that is where it is turned to.
    uint64_t begins = value & ~(value << 1 | value >> 63) & bits_low(size);
    if (!is_power_of_two(begins))
        return false;
    unsigned ones = (unsigned)__builtin_popcountll(value & bits_low(size)), turn = (size - bits_lowest(begins)) % size;
    *field = (size == 64 ? BIT32(22) : 0) | turn << 16 | (((~(2 * size - 1) & 0x3f) | (ones - 1)) << 10);
    return true;
}

// The form of AND, ORR, EOR or ANDS with such an operand.
static uint32_t with_mask(uint32_t instruction)
{
    return instruction ^ 0x18000000;
}

// ADD and SUB have 12 bits, at 0 or at 12.
static bool add_field(uint64_t value, uint32_t *field)
{
    if (value < 0x1000)
        *field = (uint32_t)value << 10;
    else if (value < 0x1000000 && !(value & 0xfff))
        *field = BIT32(22) | (uint32_t)(value >> 12) << 10;
    else
        return false;
    return true;
}

void emit_constant(struct emit *e, unsigned d, uint64_t value)
{
    uint32_t field;
    unsigned zeros = 0, ones = 0;
    for (unsigned at = 0; at < 64; at += 16) {
        zeros += (value >> at & 0xffff) == 0;
        ones += (value >> at & 0xffff) == 0xffff;
    }
    if (zeros < 3 && ones < 3 && mask_field(value, 64, &field)) {
        put_dn(e, with_mask(ORR) | wide(64) | field, d, ZERO);
        return;
    }
    uint64_t rest = ones > zeros ? UINT64_MAX : 0; // what the first move puts into the other places
    bool first = true;
    for (unsigned at = 0; at < 64; at += 16) {
        uint32_t part = value >> at & 0xffff;
        if (part == (rest & 0xffff))
            continue;
        uint32_t move = !first ? MOVK : rest ? MOVN : MOVZ;
        put(e, BIT32(31) | move | at / 16 << 21 | (first && rest ? part ^ 0xffff : part) << 5 | d);
        first = false;
    }
    if (first)
        put(e, BIT32(31) | (rest ? MOVN : MOVZ) | d);
}

// --- labels ----------------------------------------------------------------------------------------------------------

static uint32_t here(const struct emit *e)
{
    return (uint32_t)(e->at - e->begin);
}

// The displacement of a branch, in instructions: 26 bits at 0 of B and BL, 19 bits at 5 of the others.
static uint32_t branch_with(struct emit *e, uint32_t instruction, int64_t distance)
{
    bool far = (instruction & 0x7c000000) == B;
    if (distance != bits_sign((uint64_t)distance, far ? 26 : 19))
        e->full = true;
    uint32_t field = (uint32_t)distance & (uint32_t)bits_low(far ? 26 : 19);
    return far ? (instruction & 0xfc000000) | field : (instruction & 0xff00001f) | field << 5;
}

static int64_t branch_distance(uint32_t instruction)
{
    return (instruction & 0x7c000000) == B ? bits_sign(instruction, 26) : bits_sign(instruction >> 5, 19);
}

// Branches that wait for a label form a chain: each has the distance to the one before it, the first has 0.
static void put_branch(struct emit *e, uint32_t instruction, struct emit_label *label)
{
    uint32_t at = here(e);
    if (label->at) {
        put(e, branch_with(e, instruction, ((int64_t)label->at - 1 - at) / 4));
        return;
    }
    put(e, branch_with(e, instruction, label->refs ? ((int64_t)label->refs - 1 - at) / 4 : 0));
    label->refs = at + 1;
}

void emit_label(struct emit *e, struct emit_label *label)
{
    uint32_t to = here(e);
    label->at = to + 1;
    if (e->full)
        return;
    int64_t at = label->refs, step;
    for (at--; at >= 0; at = step ? at + 4 * step : -1) {
        uint32_t instruction;
        memcpy(&instruction, e->begin + at, 4);
        step = branch_distance(instruction);
        instruction = branch_with(e, instruction, (to - at) / 4);
        memcpy(e->begin + at, &instruction, 4);
    }
    label->refs = 0;
}

// B or BL to code, which may be too far for them.
static void put_to_code(struct emit *e, const uint8_t *target, bool calls)
{
    int64_t distance = (target - (e->code + here(e))) / 4;
    if (distance == bits_sign((uint64_t)distance, 26)) {
        put(e, branch_with(e, calls ? BIT32(31) | B : B, distance));
        return;
    }
    emit_constant(e, X16, (uint64_t)(uintptr_t)target);
    put_jump(e, X16, calls);
}

// --- moves -----------------------------------------------------------------------------------------------------------

void emit_move(struct emit *e, unsigned bits, unsigned d, unsigned a)
{
    if (bits == 32 || d != a)
        put_dnm(e, ORR | wide(bits), d, ZERO, a);
}

void emit_extend(struct emit *e, unsigned bits, unsigned d, unsigned a, unsigned from, bool sign)
{
    if (!sign || (from == 32 && bits == 32))
        put_field(e, UBFM, from == 32 ? 64 : 32, d, a, 0, from - 1);
    else
        put_field(e, SBFM, bits, d, a, 0, from - 1);
}

void emit_insert(struct emit *e, unsigned d, unsigned a, unsigned count, unsigned at)
{
    put_field(e, BFM, 64, d, a, (64 - at) % 64, count - 1);
}

// --- loads and stores ------------------------------------------------------------------------------------------------

void emit_state_load(struct emit *e, unsigned bits, unsigned d, unsigned offset)
{
    put_access(e, LOAD, bits / 8, d, STATE, offset);
}

void emit_state_store(struct emit *e, unsigned bits, unsigned offset, unsigned a)
{
    put_access(e, STORE, bits / 8, a, STATE, offset);
}

// A register with the value: that which is always 0, or this one.
static unsigned constant_in(struct emit *e, unsigned r, uint64_t value)
{
    if (value == 0)
        return ZERO;
    emit_constant(e, r, value);
    return r;
}

void emit_state_store_constant(struct emit *e, unsigned offset, int32_t value)
{
    emit_state_store(e, 64, offset, constant_in(e, X16, (uint64_t)(int64_t)value));
}

// --- arithmetic ------------------------------------------------------------------------------------------------------

static const uint32_t alu_instruction[] = {
    [EMIT_ADD] = ADD, [EMIT_SUB] = SUB,           [EMIT_AND] = AND,          [EMIT_OR] = ORR,
    [EMIT_XOR] = EOR, [EMIT_ANDN] = AND | INVERT, [EMIT_ORN] = ORR | INVERT, [EMIT_XORN] = EOR | INVERT
};

void emit_not(struct emit *e, unsigned bits, unsigned d, unsigned a)
{
    put_dnm(e, ORR | INVERT | wide(bits), d, ZERO, a);
}

void emit_negate(struct emit *e, unsigned bits, unsigned d, unsigned a)
{
    put_dnm(e, SUB | wide(bits), d, ZERO, a);
}

void emit_alu(struct emit *e, enum emit_alu alu, unsigned bits, unsigned d, unsigned a, unsigned b)
{
    put_dnm(e, alu_instruction[alu] | wide(bits), d, a, b);
}

static uint64_t sized(uint64_t value, unsigned bits)
{
    return bits == 64 ? value : value & bits_low(bits);
}

void emit_alu_constant(struct emit *e, enum emit_alu alu, unsigned bits, unsigned d, unsigned a, uint64_t value)
{
    uint32_t field;
    if (alu >= EMIT_ANDN) {
        alu = (enum emit_alu)(alu - EMIT_ANDN + EMIT_AND);
        value = ~value;
    }
    value = sized(value, bits);
    if (alu == EMIT_ADD || alu == EMIT_SUB) {
        uint64_t opposite = sized(-value, bits);
        if (value == 0)
            emit_move(e, bits, d, a);
        else if (add_field(value, &field))
            put_dn(e, (alu == EMIT_ADD ? ADD_IMMEDIATE : SUB_IMMEDIATE) | wide(bits) | field, d, a);
        else if (add_field(opposite, &field))
            put_dn(e, (alu == EMIT_ADD ? SUB_IMMEDIATE : ADD_IMMEDIATE) | wide(bits) | field, d, a);
        else
            emit_alu(e, alu, bits, d, a, constant_in(e, X17, value));
    } else if (mask_field(value, bits, &field)) {
        put_dn(e, with_mask(alu_instruction[alu]) | wide(bits) | field, d, a);
    } else { // 0, all ones, or none
        emit_alu(e, alu, bits, d, a, constant_in(e, X17, value));
    }
}

void emit_shift(struct emit *e, enum emit_shift shift, unsigned bits, unsigned d, unsigned a, unsigned b)
{
    static const uint32_t instruction[] = {
        [EMIT_SHL] = 0x1ac02000, [EMIT_SHR] = 0x1ac02400, [EMIT_SAR] = 0x1ac02800, [EMIT_ROR] = 0x1ac02c00
    };
    put_dnm(e, instruction[shift] | wide(bits), d, a, b);
}

void emit_shift_constant(struct emit *e, enum emit_shift shift, unsigned bits, unsigned d, unsigned a, unsigned count)
{
    switch (shift) {
    case EMIT_SHL: put_field(e, UBFM, bits, d, a, (bits - count) % bits, bits - 1 - count); break;
    case EMIT_SHR: put_field(e, UBFM, bits, d, a, count, bits - 1); break;
    case EMIT_SAR: put_field(e, SBFM, bits, d, a, count, bits - 1); break;
    case EMIT_ROR: put_field(e, EXTR | a << 16, bits, d, a, 0, count); break;
    }
}

void emit_address(struct emit *e, unsigned d, unsigned a, unsigned b, unsigned scale, int32_t displacement)
{
    if (b != EMIT_NONE) {
        if (a != EMIT_NONE)
            put_dnm(e, ADD | wide(64) | scale << 10, d, a, b);
        else if (scale)
            emit_shift_constant(e, EMIT_SHL, 64, d, b, scale);
        else
            emit_move(e, 64, d, b);
        a = d;
    }
    if (a == EMIT_NONE)
        emit_constant(e, d, (uint64_t)(int64_t)displacement);
    else
        emit_alu_constant(e, EMIT_ADD, 64, d, a, (uint64_t)(int64_t)displacement);
}

void emit_multiply(struct emit *e, unsigned bits, unsigned d, unsigned a, unsigned b)
{
    put_dnm(e, 0x1b000000 | wide(bits) | ZERO << 10, d, a, b);
}

void emit_multiply_high(struct emit *e, bool sign, unsigned d, unsigned a, unsigned b)
{
    put_dnm(e, sign ? 0x9b407c00 : 0x9bc07c00, d, a, b);
}

void emit_divide(struct emit *e, bool sign, unsigned bits, unsigned d, unsigned a, unsigned b)
{
    put_dnm(e, (sign ? 0x1ac00c00 : 0x1ac00800) | wide(bits), d, a, b);
}

void emit_swap(struct emit *e, unsigned bits, unsigned d, unsigned a)
{
    put_dn(e, bits == 64 ? 0xdac00c00 : 0x5ac00800, d, a);
}

void emit_count_zeros(struct emit *e, unsigned bits, unsigned d, unsigned a)
{
    put_dn(e, 0x5ac01000 | wide(bits), d, a);
}

// --- conditions ------------------------------------------------------------------------------------------------------

// The carry of a difference is set where there is no borrow, so LO and HS are CC and CS.
static const uint8_t condition_code[] = {
    [EMIT_EQ] = 0, [EMIT_NE] = 1, [EMIT_HS] = 2, [EMIT_LO] = 3,  [EMIT_MI] = 4,  [EMIT_PL] = 5,  [EMIT_VS] = 6,
    [EMIT_VC] = 7, [EMIT_HI] = 8, [EMIT_LS] = 9, [EMIT_GE] = 10, [EMIT_LT] = 11, [EMIT_GT] = 12, [EMIT_LE] = 13,
};

// Operands of 8 and 16 bits are compared at the top of 32: X16 becomes the first; the second is shifted by as many.
static uint32_t put_at_top(struct emit *e, unsigned bits, unsigned *a)
{
    if (bits >= 32)
        return 0;
    emit_shift_constant(e, EMIT_SHL, 32, X16, *a, 32 - bits);
    *a = X16;
    return (32 - bits) << 10;
}

void emit_compare(struct emit *e, unsigned bits, unsigned a, unsigned b)
{
    uint32_t shift = put_at_top(e, bits, &a);
    put_dnm(e, SUBS | wide(bits) | shift, ZERO, a, b);
}

void emit_compare_constant(struct emit *e, unsigned bits, unsigned a, uint64_t value)
{
    uint32_t field;
    value = sized(value, bits);
    if (bits < 32) {
        put_at_top(e, bits, &a);
        value <<= 32 - bits;
        bits = 32;
    }
    // a + n has the carry and the overflow of a - -n but for n = 0, and for the smallest number.
    if (add_field(value, &field))
        put_dn(e, SUBS_IMMEDIATE | wide(bits) | field, ZERO, a);
    else if (add_field(sized(-value, bits), &field))
        put_dn(e, ADD_IMMEDIATE | SET_FLAGS | wide(bits) | field, ZERO, a);
    else
        put_dnm(e, SUBS | wide(bits), ZERO, a, constant_in(e, X17, value));
}

void emit_test(struct emit *e, unsigned bits, unsigned a, unsigned b)
{
    uint32_t shift = put_at_top(e, bits, &a);
    put_dnm(e, ANDS | wide(bits) | shift, ZERO, a, b);
}

void emit_test_constant(struct emit *e, unsigned bits, unsigned a, uint64_t value)
{
    uint32_t field;
    value = sized(value, bits);
    if (bits < 32 && value >> (bits - 1)) { // the sign too
        put_at_top(e, bits, &a);
        value <<= 32 - bits;
    }
    if (mask_field(value, bits == 64 ? 64 : 32, &field))
        put_dn(e, with_mask(ANDS) | wide(bits) | field, ZERO, a);
    else
        put_dnm(e, ANDS | wide(bits), ZERO, a, constant_in(e, X17, value));
}

void emit_branch(struct emit *e, enum emit_condition condition, struct emit_label *label)
{
    put_branch(e, B_CONDITION | condition_code[condition], label);
}

void emit_jump(struct emit *e, struct emit_label *label)
{
    put_branch(e, B, label);
}

void emit_select(struct emit *e, enum emit_condition condition, unsigned bits, unsigned d, unsigned a, unsigned b)
{
    put_dnm(e, CSEL | wide(bits) | (uint32_t)condition_code[condition] << 12, d, a, b);
}

void emit_set(struct emit *e, enum emit_condition condition, unsigned d)
{
    put_dnm(e, CSINC | wide(64) | (condition_code[condition] ^ 1u) << 12, d, ZERO, ZERO);
}

// --- flags -----------------------------------------------------------------------------------------------------------

// a ^ b ^ (a + b) has the carry into each bit, so bit n has that out of bit n - 1; b is inverted for `inverted`.
void emit_aux(struct emit *e, bool difference, unsigned bits, bool inverted, bool half, unsigned offset, unsigned a,
              unsigned b, uint64_t constant)
{
    const uint64_t both = UINT64_C(0xc000000000000000);
    uint32_t field = 0, invert = inverted ? INVERT : 0;
    if (b == EMIT_NONE && sized(constant, bits) == 0) { // no carries, no borrows
        emit_state_store(e, 64, offset, constant_in(e, X1, inverted ? both : 0));
        return;
    }
    if (b == EMIT_NONE) {
        emit_constant(e, X2, sized(constant, bits));
        b = X2;
    } else if (bits < 32) {
        emit_extend(e, 64, X2, b, bits, false);
        b = X2;
    }
    unsigned at_top = X1;
    if (bits < 32) {
        emit_extend(e, 64, X0, a, bits, false);
        put_dnm(e, (difference ? SUB : ADD) | wide(64), X1, X0, b);
        put_dnm(e, EOR | wide(64), X1, X1, X0);
        put_dnm(e, EOR | wide(64) | invert, X1, X1, b);
        emit_shift_constant(e, EMIT_SHR, 64, X0, X1, 1);
        emit_shift_constant(e, EMIT_SHL, 64, X1, X1, 63 - bits);
    } else { // the carry out of the top bit is the host's; the others are shifted in below it
        put_dnm(e, (difference ? SUBS : ADDS) | wide(bits), X1, a, b);
        emit_set(e, difference != inverted ? EMIT_LO : EMIT_HS, X16);
        put_dnm(e, EOR | wide(bits), X1, X1, a);
        put_dnm(e, EOR | wide(bits) | invert, X1, X1, b);
        put_field(e, EXTR | X1 << 16, bits, X0, X16, 0, 1);
        if (bits == 32)
            emit_shift_constant(e, EMIT_SHL, 64, X1, X0, 32);
        else
            at_top = X0;
    }
    (void)mask_field(both, 64, &field);
    put_dn(e, with_mask(AND) | wide(64) | field, X1, at_top);
    if (half) {
        emit_alu_constant(e, EMIT_AND, 64, X0, X0, 8);
        put_dnm(e, ORR | wide(64), X1, X1, X0);
    }
    emit_state_store(e, 64, offset, X1);
}

// --- guest memory ----------------------------------------------------------------------------------------------------

// X0 becomes the entry: 32 bytes, with the pages for reading and writing, and what leads from a guest address to the host's.
void emit_tlb(struct emit *e, const struct emit_tlb *tlb, enum emit_access access, unsigned bytes,
              struct emit_label *miss)
{
    emit_state_load(e, 32, X0, tlb->mask);
    put_dnm(e, AND | 1 << 22 | 7 << 10, X0, X0, X1); // LSR 12 - 5
    put_dnm(e, ADD | wide(64), X0, TABLE, X0);
    if (access == EMIT_MODIFY)
        put(e, 0xa9400000 | X17 << 10 | X0 << 5 | X16); // LDP X16, X17, [X0]
    else
        put_access(e, LOAD, 8, X16, X0, access == EMIT_READ ? 0 : 8);
    if (bytes > 1)
        emit_alu_constant(e, EMIT_ADD, 64, X2, X1, bytes - 1);
    emit_alu_constant(e, EMIT_AND, 64, X2, bytes > 1 ? X2 : X1, ~UINT64_C(0xfff));
    emit_compare(e, 64, X2, X16);
    emit_branch(e, EMIT_NE, miss);
    if (access == EMIT_MODIFY) {
        emit_compare(e, 64, X2, X17);
        emit_branch(e, EMIT_NE, miss);
    }
    put_access(e, LOAD, 8, X0, X0, 16);
    put_dnm(e, ADD | wide(64), X1, X1, X0);
}

void emit_load(struct emit *e, unsigned bits, unsigned d, unsigned base, int32_t displacement, unsigned size, bool sign)
{
    bool extends = sign && size < bits / 8;
    put_access(e,
               !extends     ? (uint32_t)LOAD
               : bits == 64 ? (uint32_t)LOAD_SIGNED
                            : LOAD_SIGNED_32,
               size, d, base, displacement);
}

void emit_store(struct emit *e, unsigned base, int32_t displacement, unsigned size, unsigned a)
{
    put_access(e, STORE, size, a, base, displacement);
}

void emit_store_constant(struct emit *e, unsigned base, int32_t displacement, unsigned size, int32_t value)
{
    emit_store(e, base, displacement, size, constant_in(e, X16, sized((uint64_t)(int64_t)value, 8 * size)));
}

// --- the frame -------------------------------------------------------------------------------------------------------

void emit_head(struct emit *e, unsigned count, struct emit_label *leave)
{
    put_dn(e, SUBS_IMMEDIATE | wide(64) | count << 10, BUDGET, BUDGET);
    emit_branch(e, EMIT_MI, leave);
}

void emit_move_pc(struct emit *e, unsigned bits, int32_t delta)
{
    emit_alu_constant(e, EMIT_ADD, bits, X20, X20, (uint64_t)(int64_t)delta);
}

void emit_go(struct emit *e, const struct emit_shared *shared)
{
    put_access(e, LOAD, 8, X16, X0, -(int64_t)shared->native_of_head);
    put_jump(e, X16, false);
}

// Instructions that are being executed may not be written on macOS, and are costly to write elsewhere: the link is data.
uint32_t emit_exit(struct emit *e, struct emit_label *label, const void *const *target)
{
    uint32_t at = here(e);
    (void)label;
    emit_constant(e, X16, (uint64_t)(uintptr_t)target);
    put_access(e, LOAD, 8, X16, X16, 0);
    put_jump(e, X16, false);
    return at;
}

void emit_leave(struct emit *e, const struct emit_shared *shared, const void *op, uint64_t how)
{
    emit_constant(e, X0, (uint64_t)(uintptr_t)op);
    emit_constant(e, X2, how);
    put_to_code(e, shared->leave, false);
}

void emit_leave_few(struct emit *e, const struct emit_shared *shared, const void *head)
{
    emit_constant(e, X0, (uint64_t)(uintptr_t)head);
    put_to_code(e, shared->few, false);
}

void emit_leave_exit(struct emit *e, const struct emit_shared *shared, const void *block, const void *exit)
{
    emit_constant(e, X0, (uint64_t)(uintptr_t)block);
    emit_constant(e, X2, (uint64_t)((const uint8_t *)exit - (const uint8_t *)block));
    put_to_code(e, shared->exit, false);
}

void emit_call_body(struct emit *e, const struct emit_shared *shared, const void *op, const void *block)
{
    emit_constant(e, X0, (uint64_t)(uintptr_t)op);
    emit_constant(e, X2, (uint64_t)(uintptr_t)block);
    put_to_code(e, shared->body, true);
}

void emit_jump_body(struct emit *e, const struct emit_shared *shared, const void *op, const void *block)
{
    emit_constant(e, X0, (uint64_t)(uintptr_t)op);
    emit_constant(e, X2, (uint64_t)(uintptr_t)block);
    put_to_code(e, shared->jump, false);
}

// --- shared pieces ---------------------------------------------------------------------------------------------------

static const uint8_t *piece(struct emit *e)
{
    while (here(e) % 16 && !e->full)
        put(e, 0); // UDF
    return e->code + here(e);
}

// STP and LDP of two registers at [SP + offset].
static void put_pair(struct emit *e, uint32_t instruction, unsigned t, unsigned t2, int offset)
{
    put(e, instruction | BIT32(31) | ((uint32_t)(offset / 8) & 0x7f) << 15 | t2 << 10 | SP << 5 | t);
}

enum { STP = 0x29000000, LDP = 0x29400000, PUSH = 0x29800000, POP = 0x28c00000, FRAME = 96 };

static void put_back(struct emit *e, const struct emit_shared *shared)
{
    emit_state_store(e, 64, shared->state_pc, X20);
    emit_state_store(e, 64, shared->state_left, BUDGET);
}

static void fetch(struct emit *e, const struct emit_shared *shared)
{
    emit_state_load(e, 64, BUDGET, shared->state_left);
    emit_state_load(e, 64, TABLE, shared->state_data);
}

// X0: an op, X2: its block. Calls bodies[op->code](cpu, op), whose answer is in X0; the op and X30 are on the stack.
static void call_body(struct emit *e, const struct emit_shared *shared)
{
    put_pair(e, PUSH, X0, X30, -16);
    emit_state_store(e, 64, shared->state_block, X2);
    put_back(e, shared);
    emit_move(e, 64, X1, X0);
    put_access(e, LOAD, 2, X16, X0, 0); // the code
    emit_constant(e, X17, (uint64_t)(uintptr_t)shared->bodies);
    put_dnm(e, 0xf8607800, X16, X17, X16); // LDR X16, [X17, X16, LSL 3]
    emit_move(e, 64, X0, STATE);
    put_jump(e, X16, true);
}

void emit_shared(struct emit *e, struct emit_shared *shared)
{
    shared->enter = piece(e); // X0: the CPU, X1: the code
    put_pair(e, PUSH, X29, X30, -FRAME);
    put_dn(e, ADD_IMMEDIATE | wide(64), X29, SP);
    for (unsigned r = X19; r < X29; r += 2)
        put_pair(e, STP, r, r + 1, (int)(16 + 8 * (r - X19)));
    emit_move(e, 64, STATE, X0);
    emit_state_load(e, 64, X20, shared->state_pc);
    fetch(e, shared);
    put_jump(e, X1, false);

    shared->absent = piece(e);
    emit_constant(e, X2, NATIVE_GO);
    shared->leave = e->code + here(e);
    put_back(e, shared);
    const uint8_t *leave_kept = e->code + here(e); // the program counter and the budget are in the state
    emit_move(e, 64, X1, X2);
    for (unsigned r = X19; r < X29; r += 2)
        put_pair(e, LDP, r, r + 1, (int)(16 + 8 * (r - X19)));
    put_pair(e, POP, X29, X30, FRAME);
    put_return(e);

    shared->few = piece(e);
    emit_load(e, 64, X2, X0, (int32_t)shared->count_in_head, 8, false);
    emit_alu(e, EMIT_ADD, 64, BUDGET, BUDGET, X2);
    emit_constant(e, X2, NATIVE_HEAD);
    put_to_code(e, shared->leave, false);

    shared->exit = piece(e);
    emit_state_store(e, 64, shared->state_block, X0);
    emit_alu(e, EMIT_ADD, 64, X0, X0, X2);
    emit_constant(e, X2, NATIVE_EXIT);
    put_to_code(e, shared->leave, false);

    shared->body = piece(e);
    struct emit_label not_next = { 0 };
    call_body(e, shared);
    put_branch(e, CBNZ, &not_next);
    put_pair(e, POP, X0, X30, 16);
    fetch(e, shared);
    put_return(e);
    emit_label(e, &not_next);
    emit_move(e, 32, X2, X0);
    put_pair(e, POP, X0, X30, 16);
    put_to_code(e, leave_kept, false);

    shared->jump = piece(e);
    struct emit_label stop = { 0 };
    call_body(e, shared);
    put_pair(e, POP, X1, X30, 16);
    emit_constant(e, X2, NATIVE_STOP);
    put_branch(e, CBZ | wide(64), &stop);
    emit_state_load(e, 64, X20, shared->state_pc);
    fetch(e, shared);
    emit_go(e, shared);
    emit_label(e, &stop);
    put_to_code(e, leave_kept, false);
}

#endif
