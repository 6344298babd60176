// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// MMX, SSE and x87 instructions against the host CPU, through decoding, operands and memory. Every value that matters
// to the rows themselves is test_simd's and test_x87's; here the choice of row and operands is tested.
#define _GNU_SOURCE // for native.h
#include <math.h>

#include "vcpu/x86_64/float/simd.h"
#include "vcpu/x86_64/trial.h"

static void run_form(const struct form *form, unsigned runs, unsigned *wrong, unsigned *count)
{
    *wrong += try_form(form, runs) != 0;
    ++*count;
}

static void need_host(void)
{
    if (!trial_open())
        cr_skip_test("the host is not an x86-64 that lets us make code");
}

static void finish(unsigned wrong, unsigned count)
{
    cr_log_info("%u forms", count);
    cr_expect_eq(wrong, 0, "%u of %u forms differ from the host", wrong, count);
    trial_close();
}

// --- MMX and SSE -----------------------------------------------------------------------------------------------------

static void simd_state(struct trial *t)
{
    uint32_t mxcsr = 0x1f80 | (chance() & 0xe040); // rounding, flush to zero, denormals are zero
    uint16_t status = chance() & 0x3800;
    memcpy(t->in.fx + 2, &status, 2);
    t->in.fx[4] = (uint8_t)chance();
    memcpy(t->in.fx + 24, &mxcsr, 4);
    for (unsigned i = 0; i < 8; i++) {
        uint16_t exponent = (uint16_t)chance();
        memcpy(t->in.fx + 40 + 16 * i, &exponent, 2);
    }
    t->immediate = chance();
}

static void mask_move(struct trial *t)
{
    simd_state(t);
    t->in.r[X86_RDI] = t->target;
    t->fixed |= 1u << X86_RDI;
}

static bool host_has(const struct x86_simd *row)
{
#ifdef __x86_64__
    return row->map == 1 || host_cpu_has(HOST_SSE4_2);
#else
    (void)row;
    return false;
#endif
}

static bool is_approximation(const struct x86_simd *row) // RCPPS, RSQRTPS: the manual gives a bound, not a value
{
    return row->map == 1 && (row->opcode == 0x52 || row->opcode == 0x53);
}

static struct form simd_form(const struct x86_simd *row, enum trial_operand operand, bool wide)
{
    struct form f = {
        .map = row->map, .opcode = row->opcode, .prefix = row->prefix, .operand = (uint8_t)operand, .size = 4
    };
    f.digit = row->d == X86_SIMD_NONE && row->s == X86_SIMD_NONE ? NO_MODRM
              : row->flags & X86_SIMD_GROUP                      ? (int8_t)row->digit
                                                                 : ANY_REGISTER;
    f.bytes = row->bytes;
    f.immediate = !!(row->flags & X86_SIMD_IMM);
    f.special = (uint16_t)(FLOATING | (wide ? REX_W : 0) | (row->flags & X86_SIMD_ALIGNED ? ALIGNED : 0));
    if (is_dot_product(row)) {
        f.special |= ANY_NAN;
        f.row = dot_product_lane(row);
    }
    f.prepare = row->flags & X86_SIMD_MASKMOV ? mask_move : simd_state;
    snprintf(f.name, sizeof f.name, "%s%s%s", row->name, wide ? " W" : "", operand == MEMORY ? " m" : " r");
    return f;
}

Test(instructions_float, simd_rows_meet_their_operands)
{
    unsigned rows, wrong = 0, count = 0;
    need_host();
    const struct x86_simd *table = x86_simd_table(&rows);
    for (const struct x86_simd *row = table; row < table + rows; row++) {
        bool general =
            row->d == X86_SIMD_GPR || row->d == X86_SIMD_GPR_RM || row->s == X86_SIMD_GPR || row->s == X86_SIMD_GPR_RM;
        if (!host_has(row) || is_approximation(row))
            continue;
        for (unsigned wide = 0; wide < 2; wide++) {
            if ((wide && !(row->flags & X86_SIMD_W1) && (!general || (row->flags & X86_SIMD_W0))) ||
                (!wide && (row->flags & X86_SIMD_W1)))
                continue;
            struct form f = simd_form(row, REGISTER, wide);
            if (!(row->flags & X86_SIMD_MEMORY))
                run_form(&f, 60, &wrong, &count);
            f = simd_form(row, MEMORY, wide);
            if (!(row->flags & X86_SIMD_REGISTER) && row->bytes && f.digit != NO_MODRM)
                run_form(&f, 60, &wrong, &count);
        }
    }
    finish(wrong, count);
}

// --- x87 -------------------------------------------------------------------------------------------------------------

static void put_extended(uint8_t *at)
{
    static const long double values[] = { 0,           1,          -1,    1.5L, 2,     10,      -0.0L,
                                          0x1p-16382L, 0x1p16383L, 3.25L, -7,   1e10L, INFINITY };
    long double value = values[below(countof(values))];
    if (below(3) == 0)
        value = (long double)(int64_t)chance() / (long double)(1 + (chance() >> below(64)));
    memcpy(at, &value, 10);
}

static void x87_state(struct trial *t)
{
    uint16_t control = 0x7f | (chance() & 0x0c00) | (uint16_t)((below(3) ? 3 : below(2) * 2) << 8);
    uint16_t status = chance() & 0x3800;
    memcpy(t->in.fx, &control, 2);
    memcpy(t->in.fx + 2, &status, 2);
    t->in.fx[4] = below(3) ? 0xff : (uint8_t)chance();
    for (unsigned i = 0; i < 8; i++)
        put_extended(t->in.fx + 32 + 16 * i);
    if (t->form->operand == REGISTER)
        t->rm = (int)t->form->row;
    if (t->form->operand != MEMORY)
        return;
    uint8_t value[16] = { 0 };
    put_extended(value);
    double wide = (double)(int64_t)chance() / 3;
    float narrow = (float)wide;
    if (t->form->bytes == 10)
        put_memory(t->target, value, 10);
    else if (t->form->opcode == 0xdc || t->form->opcode == 0xdd)
        put_memory(t->target, &wide, 8);
    else if (t->form->opcode == 0xd8 || t->form->opcode == 0xd9)
        put_memory(t->target, &narrow, 4);
}

static void x87_form(unsigned opcode, unsigned modrm, unsigned bytes, unsigned *wrong, unsigned *count)
{
    struct form f = { .opcode = (uint8_t)opcode,
                      .digit = (int8_t)(modrm >> 3 & 7),
                      .size = 4,
                      .row = modrm & 7,
                      .operand = bytes ? MEMORY : REGISTER,
                      .bytes = (uint8_t)bytes,
                      .special = FLOATING | NO_REX,
                      .prepare = x87_state };
    snprintf(f.name, sizeof f.name, "x87 %x /%x %s", opcode, modrm, bytes ? "m" : "");
    run_form(&f, 200, wrong, count);
}

Test(instructions_float, x87_memory_operands_have_their_formats)
{
    static const uint8_t bytes[8][8] = {
        // of D8-DF, by modrm.reg; 0: not here
        { 4, 4, 4, 4, 4, 4, 4, 4 },   { 4, 0, 4, 4, 0, 2, 0, 2 },   { 4, 4, 4, 4, 4, 4, 4, 4 },
        { 4, 4, 4, 4, 0, 10, 0, 10 }, { 8, 8, 8, 8, 8, 8, 8, 8 },   { 8, 8, 8, 8, 0, 0, 0, 2 },
        { 2, 2, 2, 2, 2, 2, 2, 2 },   { 2, 2, 2, 2, 10, 8, 10, 8 },
    };
    unsigned wrong = 0, count = 0;
    need_host();
    for (unsigned opcode = 0; opcode < 8; opcode++)
        for (unsigned digit = 0; digit < 8; digit++)
            if (bytes[opcode][digit] && (opcode != 1 || digit != 5))
                x87_form(0xd8 + opcode, digit << 3, bytes[opcode][digit], &wrong, &count);
    finish(wrong, count);
}

Test(instructions_float, x87_register_operands_are_those_of_the_host)
{
    static const struct {
        uint8_t opcode, first, last;
    } ranges[] = {
        { 0xd8, 0xc0, 0xff }, { 0xd9, 0xc0, 0xcf }, { 0xd9, 0xe0, 0xe1 }, { 0xd9, 0xe4, 0xe5 }, { 0xd9, 0xe8, 0xee },
        { 0xd9, 0xf4, 0xf8 }, { 0xd9, 0xfa, 0xfa }, { 0xd9, 0xfc, 0xfd }, { 0xda, 0xc0, 0xdf }, { 0xda, 0xe9, 0xe9 },
        { 0xdb, 0xc0, 0xdf }, { 0xdb, 0xe2, 0xe3 }, { 0xdb, 0xe8, 0xf7 }, { 0xdc, 0xc0, 0xcf }, { 0xdc, 0xe0, 0xff },
        { 0xdd, 0xc0, 0xc7 }, { 0xdd, 0xd0, 0xef }, { 0xde, 0xc0, 0xcf }, { 0xde, 0xd9, 0xd9 }, { 0xde, 0xe0, 0xff },
        { 0xdf, 0xe0, 0xe0 }, { 0xdf, 0xe8, 0xf7 },
    };
    unsigned wrong = 0, count = 0;
    need_host();
    for (unsigned i = 0; i < countof(ranges); i++)
        for (unsigned modrm = ranges[i].first; modrm <= ranges[i].last; modrm++)
            x87_form(ranges[i].opcode, modrm, 0, &wrong, &count);
    finish(wrong, count);
}
