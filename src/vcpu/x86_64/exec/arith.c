// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The rarer integer arithmetic: shifts by a variable count, rotates, wide multiplication and division, single bits.
// Flags that the SDM leaves undefined get the value as on most processors, or 0.
#include "vcpu/crc32.h"
#include "vcpu/x86_64/exec/helper.h"
#include "vcpu/x86_64/exec/ops_register.h"

ALWAYS_INLINE void put(struct x86_cpu *cpu, unsigned d, unsigned size, uint64_t value)
{
    if (likely(size >= 4)) // 32 bits clear the upper half
        put64(cpu, d, size == 4 ? (uint32_t)value : value);
    else if (size == 2)
        put16(cpu, d, (uint16_t)value);
    else
        put8(cpu, d, (uint8_t)value);
}

static bool top_bit(uint64_t value, unsigned bits)
{
    return value >> (bits - 1) & 1;
}

// CF and OF change, the other four stay.
static void set_carry_overflow(struct x86_cpu *cpu, bool cf, bool of)
{
    cpu->aux = (cpu->aux & ~UINT64_C(0xc000000000000000)) | (uint64_t)cf << 63 | (uint64_t)(cf ^ of) << 62;
}

// --- shifts and rotates (SDM vol. 2: ROL, RCL, SAL) ------------------------------------------------------------------

static uint64_t rotate_left(uint64_t a, unsigned bits, unsigned count)
{
    count &= bits - 1; // a power of two
    return count ? ((a << count) | (a >> (bits - count))) & bits_low(bits) : a;
}

// Through the carry: a value of bits + 1.
static uint64_t rotate_left_carry(struct x86_cpu *cpu, uint64_t a, unsigned bits, unsigned count, bool *carry)
{
    *carry = x86_cf(cpu);
    for (unsigned i = 0; i < count; i++) {
        bool out = top_bit(a, bits);
        a = ((a << 1) | *carry) & bits_low(bits);
        *carry = out;
    }
    return a;
}

// `size` is a constant where it is inlined.
ALWAYS_INLINE void shift(struct x86_cpu *cpu, const struct op *op, unsigned size)
{
    unsigned bits = 8 * size, count = cpu->r[op->b] & (bits == 64 ? 63 : 31);
    uint64_t a = cpu->r[op->a] & bits_low(bits), r = a;
    bool cf;
    if (count == 0) {
        put(cpu, op->d, size, a);
        return;
    }
    switch ((enum x86_shift)op->x) {
    case X86_ROL:
        r = rotate_left(a, bits, count);
        set_carry_overflow(cpu, r & 1, (r & 1) ^ top_bit(r, bits));
        break;
    case X86_ROR:
        r = rotate_left(a, bits, bits - (count & (bits - 1)));
        set_carry_overflow(cpu, top_bit(r, bits), top_bit(r, bits) ^ (r >> (bits - 2) & 1));
        break;
    case X86_RCL:
        r = rotate_left_carry(cpu, a, bits, count % (bits + 1), &cf);
        set_carry_overflow(cpu, cf, cf ^ top_bit(r, bits));
        break;
    case X86_RCR:
        r = rotate_left_carry(cpu, a, bits, (bits + 1 - count % (bits + 1)) % (bits + 1), &cf);
        set_carry_overflow(cpu, cf, top_bit(r, bits) ^ (r >> (bits - 2) & 1));
        break;
    case X86_SHL:
    case X86_SAL:
        r = (a << count) & bits_low(bits);
        cf = count <= bits && (a >> (bits - count) & 1);
        flags_set(cpu, bits, r, cf, cf ^ top_bit(r, bits), false);
        break;
    case X86_SHR:
        r = a >> count;
        flags_set(cpu, bits, r, a >> (count - 1) & 1, top_bit(a, bits), false);
        break;
    case X86_SAR: {
        int64_t wide = bits_sign(a, bits);
        r = (uint64_t)(wide >> count) & bits_low(bits);
        flags_set(cpu, bits, r, wide >> (count - 1) & 1, false, false);
        break;
    }
    }
    put(cpu, op->d, size, r);
}

NEVER_INLINE void x86_op_shift(struct x86_cpu *cpu, const struct op *op)
{
    switch (op->s) {
    case 1: shift(cpu, op, 1); break;
    case 2: shift(cpu, op, 2); break;
    case 4: shift(cpu, op, 4); break;
    default: shift(cpu, op, 8); break;
    }
}

NEVER_INLINE void x86_op_shift_double(struct x86_cpu *cpu, const struct op *op)
{
    unsigned bits = 8u * op->s, count = cpu->r[op->b] & (bits == 64 ? 63 : 31);
    uint64_t d = cpu->r[op->d] & bits_low(bits), from = cpu->r[op->a] & bits_low(bits), r;
    bool cf;
    if (count == 0) {
        put(cpu, op->d, op->s, d);
        return;
    }
    if (bits == 16) { // counts above 16 go round through the source
        uint64_t wide = op->x ? d | from << 16 | d << 32 : d << 32 | from << 16 | d;
        r = op->x ? wide >> count : (wide << count) >> 32;
        cf = op->x ? wide >> (count - 1) & 1 : wide >> (48 - count) & 1;
    } else if (op->x) {
        r = d >> count | from << (bits - count);
        cf = d >> (count - 1) & 1;
    } else {
        r = d << count | from >> (bits - count);
        cf = d >> (bits - count) & 1;
    }
    r &= bits_low(bits);
    flags_set(cpu, bits, r, cf, top_bit(r, bits) ^ top_bit(d, bits), false);
    put(cpu, op->d, op->s, r);
}

// --- multiplication and division -------------------------------------------------------------------------------------

NEVER_INLINE void x86_op_multiply(struct x86_cpu *cpu, const struct op *op)
{
    unsigned bits = 8u * op->s;
    uint64_t low, high;
    bool over;
    if (op->x) {
        __int128 wide = (__int128)bits_sign(cpu->r[X86_RAX], bits) * bits_sign(cpu->r[op->a], bits);
        low = (uint64_t)wide & bits_low(bits);
        high = (uint64_t)(wide >> bits) & bits_low(bits);
        over = wide != bits_sign(low, bits);
    } else {
        unsigned __int128 wide =
            (unsigned __int128)(cpu->r[X86_RAX] & bits_low(bits)) * (cpu->r[op->a] & bits_low(bits));
        low = (uint64_t)wide & bits_low(bits);
        high = (uint64_t)(wide >> bits) & bits_low(bits);
        over = high != 0;
    }
    if (op->s == 1) {
        put16(cpu, X86_RAX, (uint16_t)(high << 8 | low));
    } else {
        put(cpu, X86_RAX, op->s, low);
        put(cpu, X86_RDX, op->s, high);
    }
    flags_set(cpu, bits, low, over, over, false);
}

static bool divide_unsigned(unsigned __int128 dividend, uint64_t divisor, unsigned bits, uint64_t *quotient,
                            uint64_t *remainder)
{
    if (divisor == 0)
        return false;
    if (likely(dividend >> 64 == 0)) { // the usual one is one division of the host
        uint64_t low = (uint64_t)dividend;
        *quotient = low / divisor;
        *remainder = low % divisor;
        return *quotient <= bits_low(bits);
    }
    if (dividend / divisor > bits_low(bits))
        return false;
    *quotient = (uint64_t)(dividend / divisor);
    *remainder = (uint64_t)(dividend % divisor);
    return true;
}

static bool divide_signed(__int128 dividend, int64_t divisor, unsigned bits, uint64_t *quotient, uint64_t *remainder)
{
    if (divisor == 0)
        return false;
    // By magnitude: the one division that overflows 128 bits must not be executed on the host.
    bool negative = dividend < 0, opposite = negative != (divisor < 0);
    unsigned __int128 magnitude = negative ? -(unsigned __int128)dividend : (unsigned __int128)dividend;
    uint64_t by = divisor < 0 ? -(uint64_t)divisor : (uint64_t)divisor;
    bool narrow = magnitude >> 64 == 0;
    unsigned __int128 q = likely(narrow) ? (uint64_t)magnitude / by : magnitude / by;
    if (q > (unsigned __int128)bits_low(bits - 1) + opposite)
        return false;
    uint64_t r = likely(narrow) ? (uint64_t)magnitude % by : (uint64_t)(magnitude % by);
    *quotient = opposite ? -(uint64_t)q : (uint64_t)q;
    *remainder = negative ? -r : r;
    return true;
}

NEVER_INLINE enum op_out x86_op_divide(struct x86_cpu *cpu, const struct op *op)
{
    unsigned bits = 8u * op->s;
    uint64_t low = cpu->r[X86_RAX], high = cpu->r[X86_RDX], by = cpu->r[op->a], quotient, remainder;
    unsigned __int128 dividend;
    if (op->s == 1)
        dividend = low & 0xffff;
    else
        dividend = (unsigned __int128)(high & bits_low(bits)) << bits | (low & bits_low(bits));
    bool done;
    if (op->x) {
        unsigned width = 2 * bits;
        __int128 wide = (__int128)(dividend << (128 - width)) >> (128 - width);
        done = divide_signed(wide, bits_sign(by, bits), bits, &quotient, &remainder);
    } else {
        done = divide_unsigned(dividend, by & bits_low(bits), bits, &quotient, &remainder);
    }
    if (!done) {
        x86_fault(cpu, X86_DE);
        return OP_FAULT;
    }
    if (op->s == 1) {
        put16(cpu, X86_RAX, (uint16_t)((remainder & 0xff) << 8 | (quotient & 0xff)));
    } else {
        put(cpu, X86_RAX, op->s, quotient);
        put(cpu, X86_RDX, op->s, remainder);
    }
    return OP_NEXT;
}

// --- bits ------------------------------------------------------------------------------------------------------------

NEVER_INLINE void x86_op_bit_test(struct x86_cpu *cpu, const struct op *op)
{
    unsigned bits = 8u * op->s, bit = cpu->r[op->b] & (bits - 1);
    uint64_t a = cpu->r[op->a], mask = BIT64(bit);
    cpu->aux = (cpu->aux & ~UINT64_C(0xc000000000000000)) | ((a & mask) ? UINT64_C(0x8000000000000000) : 0) |
               ((uint64_t)(!!(a & mask) ^ x86_of_flag(cpu)) << 62); // OF keeps its value
    switch ((enum x86_bit)op->x) {
    case X86_BT: return;
    case X86_BTS: a |= mask; break;
    case X86_BTR: a &= ~mask; break;
    case X86_BTC: a ^= mask; break;
    }
    put(cpu, op->d, op->s, a);
}

NEVER_INLINE void x86_op_bit_address(struct x86_cpu *cpu, const struct op *op)
{
    unsigned bits = 8u * op->s;
    int64_t offset = bits_sign(cpu->r[op->b], bits) >> (bits == 64 ? 6 : bits == 32 ? 5 : 4);
    cpu->r[op->d] = cpu->r[op->a] + (uint64_t)(offset * op->s);
}

NEVER_INLINE void x86_op_bit_scan(struct x86_cpu *cpu, const struct op *op)
{
    uint64_t a = cpu->r[op->a] & bits_low(8u * op->s);
    // ZF is 1 for an operand of 0, and the destination stays. The other flags are undefined; here they follow the operand.
    flags_logic(cpu, 8u * op->s, a);
    if (a)
        put(cpu, op->d, op->s, op->x ? bits_highest(a) : bits_lowest(a));
    else if (op->s == 4)
        put32(cpu, op->d, (uint32_t)cpu->r[op->d]);
}

NEVER_INLINE void x86_op_popcount(struct x86_cpu *cpu, const struct op *op)
{
    uint64_t a = cpu->r[op->a] & bits_low(8u * op->s);
    put(cpu, op->d, op->s, (uint64_t)__builtin_popcountll(a));
    x86_set_arithmetic_flags(cpu, a ? 0 : X86_ZF);
}

NEVER_INLINE void x86_op_crc32(struct x86_cpu *cpu, const struct op *op)
{
    cpu->r[op->d] = crc32_bytes(crc32_castagnoli, (uint32_t)cpu->r[op->d], cpu->r[op->a], op->s);
}

NEVER_INLINE void x86_op_compare_exchange(struct x86_cpu *cpu, const struct op *op)
{
    unsigned bits = 8u * op->s;
    uint64_t accumulator = cpu->r[X86_RAX] & bits_low(bits), a = cpu->r[op->a] & bits_low(bits);
    uint64_t source = cpu->r[op->b];
    flags_sub(cpu, bits, accumulator, a, accumulator - a);
    if (accumulator == a)
        put(cpu, op->a, op->s, source);
    else
        put(cpu, X86_RAX, op->s, a);
}

NEVER_INLINE void x86_op_flag(struct x86_cpu *cpu, const struct op *op)
{
    uint64_t flags = x86_arithmetic_flags(cpu);
    switch ((enum x86_flag_op)op->x) {
    case X86_CLC: x86_set_arithmetic_flags(cpu, flags & ~(uint64_t)X86_CF); break;
    case X86_STC: x86_set_arithmetic_flags(cpu, flags | X86_CF); break;
    case X86_CMC: x86_set_arithmetic_flags(cpu, flags ^ X86_CF); break;
    case X86_LAHF: cpu->r[X86_RAX] = (cpu->r[X86_RAX] & ~UINT64_C(0xff00)) | ((flags & 0xd5) | 2) << 8; break;
    case X86_SAHF: x86_set_arithmetic_flags(cpu, (flags & X86_OF) | (cpu->r[X86_RAX] >> 8 & 0xd5)); break;
    case X86_SALC: put8(cpu, X86_RAX, flags & X86_CF ? 0xff : 0); break;
    }
}
