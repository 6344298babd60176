// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Transfers between the x87's stack and memory, in all formats: FLD, FILD, FBLD, the constants, FST, FIST, FISTTP,
// FBSTP (SDM vol. 1, 8.2 and 8.3.3; vol. 2).
#include "base/bits.h"
#include "vcpu/x86_64/float/x87_unit.h"

// --- loads -----------------------------------------------------------------------------------------------------------

// Eighteen decimal digits and a sign; digits above 9 have their value.
static struct number from_bcd(uint64_t low, uint64_t high)
{
    int64_t value = 0;
    for (int i = 17; i >= 0; i--) {
        value = value * 10 + (int64_t)((i >= 16 ? high >> 4 * (i - 16) : low >> 4 * i) & 15);
    }
    struct number n = number_from_int(value);
    n.sign = high >> 15 & 1;
    return n;
}

struct number x87_from_memory(uint8_t format, uint64_t low, uint64_t high)
{
    switch (format) {
    case F32: return number_from_32((uint32_t)low);
    case F64: return number_from_64(low);
    case I16: return number_from_int((int16_t)low);
    case I32: return number_from_int((int32_t)low);
    case I64: return number_from_int((int64_t)low);
    default: return from_bcd(low, high);
    }
}

// Makes room for a push; the new ST(0) is empty. False: stop. After a masked overflow it is the indefinite.
bool x87_push(struct x87_unit *unit)
{
    if (x87_empty(unit, 7)) {
        x87_move_top(unit, 7);
        return true;
    }
    if (!x87_stack_fault(unit, true)) {
        x87_move_top(unit, 7);
        x87_set_bits(unit, 0, X87_INDEFINITE);
    }
    return false;
}

void x87_load(struct x87_unit *unit, uint8_t format, uint64_t low, uint64_t high)
{
    if (format == F80) {
        if (x87_push(unit)) {
            x87_set_bits(unit, 0, (struct x87_bits){ (uint16_t)high, low });
        }
        return;
    }
    struct number n = x87_from_memory(format, low, high);
    if (x87_empty(unit, 7) && number_is_nan(&n)) {
        n = x87_choose_nan(unit, n, n);
        if (x87_stop(unit)) {
            return;
        }
    }
    if (x87_push(unit)) { // a denormal is loaded even with DM clear
        x87_set(unit, 0, n);
        unit->context.flags |= n.denormal ? NUMBER_DE : 0;
    }
}

void x87_load_constant(struct x87_unit *unit, unsigned which)
{
    // FLD1, FLDL2T, FLDL2E, FLDPI, FLDLG2, FLDLN2, FLDZ: truncated, and whether the rest is above a half of the last
    // bit.
    static const struct {
        uint16_t exponent;
        uint64_t mantissa;
        bool up;
    } constants[] = {
        { 0x3fff, UINT64_C(0x8000000000000000), false },
        { 0x4000, UINT64_C(0xd49a784bcd1b8afe), false },
        { 0x3fff, UINT64_C(0xb8aa3b295c17f0bb), true },
        { 0x4000, UINT64_C(0xc90fdaa22168c234), true },
        { 0x3ffd, UINT64_C(0x9a209a84fbcff798), true },
        { 0x3ffe, UINT64_C(0xb17217f7d1cf79ab), true },
        { 0, 0, false },
    };
    if (!x87_push(unit)) {
        return;
    }
    const bool exact = which == 0 || which == 6;
    const bool up = !exact && (unit->context.rounding == NUMBER_UP ||
                               (unit->context.rounding == NUMBER_NEAREST && constants[which].up));
    x87_set_bits(unit, 0, (struct x87_bits){ constants[which].exponent, constants[which].mantissa + up });
}

// --- stores ----------------------------------------------------------------------------------------------------------

struct image { // of a memory operand, at most 10 bytes
    uint64_t low, high;
};

static struct image to_bcd(struct x87_unit *unit, struct number n)
{
    const uint8_t flags = unit->context.flags;
    uint64_t magnitude;
    if (!number_integer(&unit->context, n, &magnitude) || magnitude > UINT64_C(999999999999999999)) {
        unit->context.flags = flags | NUMBER_IE;
        unit->context.up = false;
        return (struct image){ UINT64_C(0xc000000000000000), 0xffff };
    }
    struct image image = { 0, (uint64_t)n.sign << 15 };
    for (unsigned i = 0; i < 18; i++, magnitude /= 10) {
        const uint64_t digit = magnitude % 10;
        if (i < 16) {
            image.low |= digit << 4 * i;
        } else {
            image.high |= digit << 4 * (i - 16);
        }
    }
    return image;
}

static struct image to_real(struct x87_unit *unit, struct number n, bool is_double)
{
    struct number_context *context = &unit->context;
    context->precision = is_double ? 53 : 24;
    context->min = is_double ? -1022 : -126;
    context->max = is_double ? 1023 : 127;
    n = n.kind >= NUMBER_QNAN ? x87_choose_nan(unit, n, n) : number_convert(context, n);
    if (context->flags & ~context->masks & (NUMBER_OE | NUMBER_UE)) {
        context->flags &= (uint8_t)~NUMBER_PE; // nothing is stored, and nothing rounded
        context->up = false;
        return (struct image){ 0, 0 };
    }
    return (struct image){ is_double ? number_to_64(n) : number_to_32(n), 0 };
}

static struct image to_memory(struct x87_unit *unit, uint8_t format, bool chop)
{
    const struct x87_bits bits = x87_get_bits(unit, 0);
    const struct number n = number_from_80(bits.exponent, bits.mantissa);
    if (chop) {
        unit->context.rounding = NUMBER_CHOP;
    }
    switch (format) {
    case F32:
    case F64: return to_real(unit, n, format == F64);
    case F80: return (struct image){ bits.mantissa, bits.exponent };
    case BCD: return to_bcd(unit, n);
    default: return (struct image){ (uint64_t)number_to_int(&unit->context, n, x87_format_bytes[format] * 8u), 0 };
    }
}

// The value that a masked stack underflow stores.
static struct image indefinite(uint8_t format)
{
    switch (format) {
    case F32: return (struct image){ 0xffc00000, 0 };
    case F64: return (struct image){ UINT64_C(0xfff8000000000000), 0 };
    case F80: return (struct image){ UINT64_C(3) << 62, 0xffff };
    case BCD: return (struct image){ UINT64_C(0xc000000000000000), 0xffff };
    default: return (struct image){ BIT64(x87_format_bytes[format] * 8 - 1), 0 };
    }
}

static bool store_image(struct x86_cpu *cpu, uint64_t linear, unsigned bytes, struct image image)
{
    if (bytes <= 8) {
        return x86_store(cpu, linear, bytes, image.low & bits_low(8 * bytes));
    }
    return tlb_probe(&cpu->vcpu, linear, bytes, cpu->cpl == 3, ACCESS_WRITE) && x86_store(cpu, linear, 8, image.low) &&
           x86_store(cpu, linear + 8, bytes - 8, image.high);
}

// False: the store to memory faulted, and FSW has not changed.
bool x87_store(struct x87_unit *unit, uint8_t format, uint8_t operation, uint64_t linear)
{
    const uint16_t status = unit->cpu->x87.status;
    struct image image = indefinite(format);
    if (!x87_empty(unit, 0)) {
        image = to_memory(unit, format, operation == CHOP_POP);
    } else {
        x87_stack_fault(unit, false);
    }
    if (unit->context.flags & ~unit->context.masks & ~NUMBER_PE) {
        return true; // no store, no pop
    }
    if (!store_image(unit->cpu, linear, x87_format_bytes[format], image)) {
        unit->cpu->x87.status = status;
        return false;
    }
    if (operation != STORE && operation != INTEGER) {
        x87_pop(unit);
    }
    return true;
}
