// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Floating-point arithmetic by Arm's rules (Arm ARM sections A1.5 and J1.2, the functions FPAdd, FPMulAdd, ...) on the
// bits of one number, of 32 or 64 bits as the unit says.
//
// An instruction begins a unit, which reads FPCR; it computes each lane; and it ends the unit, which collects into
// FPSR.
#ifndef VCPU_AARCH64_FLOAT_FP_H
#define VCPU_AARCH64_FLOAT_FP_H

#include "vcpu/aarch64/cpu.h"
#include "vcpu/number.h"

enum {
    A64_FPCR_RMODE = 22,
    A64_FPCR_FZ = 1 << 24,
    A64_FPCR_DN = 1 << 25,
    A64_FPCR_AHP = 1 << 26,
    A64_FPSR_UFC = 1 << 3,
    A64_FPSR_IXC = 1 << 4,
    A64_FPSR_IDC = 1 << 7,
};

struct fp_unit {
    struct number_context context;
    bool is_double;
    bool default_nan;
    bool alternative;    // FPCR.AHP
    bool input_denormal; // FPSR.IDC is to be set
    bool quick;          // nearest rounding, and FPSR.IXC is set already: the host may compute what raises nothing else
};

struct fp_unit fp_begin(const struct a64_cpu *cpu, bool is_double);
void fp_end(struct a64_cpu *cpu, const struct fp_unit *unit);

// The sign bit, in the unit's format.
static inline uint64_t fp_sign(const struct fp_unit *unit)
{
    return unit->is_double ? BIT64(63) : BIT64(31);
}

// --- fp.c ------------------------------------------------------------------------------------------------------------

struct number fp_load(struct fp_unit *unit, uint64_t bits);
uint64_t fp_store(const struct fp_unit *unit, struct number n);
uint64_t fp_invalid(struct fp_unit *unit);                     // the default NaN, and IOC
uint64_t fp_nan(struct fp_unit *unit, const struct number *n); // what the operation on one NaN gives

uint64_t fp_add(struct fp_unit *unit, uint64_t a, uint64_t b);
uint64_t fp_sub(struct fp_unit *unit, uint64_t a, uint64_t b);
uint64_t fp_mul(struct fp_unit *unit, uint64_t a, uint64_t b);
uint64_t fp_div(struct fp_unit *unit, uint64_t a, uint64_t b);
uint64_t fp_mulx(struct fp_unit *unit, uint64_t a, uint64_t b); // 0 * infinity is 2
uint64_t fp_abd(struct fp_unit *unit, uint64_t a, uint64_t b);
uint64_t fp_max(struct fp_unit *unit, uint64_t a, uint64_t b);
uint64_t fp_min(struct fp_unit *unit, uint64_t a, uint64_t b);
uint64_t fp_maxnm(struct fp_unit *unit, uint64_t a, uint64_t b); // a number rather than a quiet NaN
uint64_t fp_minnm(struct fp_unit *unit, uint64_t a, uint64_t b);
uint64_t fp_muladd(struct fp_unit *unit, uint64_t addend, uint64_t a, uint64_t b);
uint64_t fp_sqrt(struct fp_unit *unit, uint64_t a);
uint64_t fp_recps(struct fp_unit *unit, uint64_t a, uint64_t b);  // 2 - a * b
uint64_t fp_rsqrts(struct fp_unit *unit, uint64_t a, uint64_t b); // (3 - a * b) / 2

// -1, 0, 1, or 2: unordered. `signals`: quiet NaNs raise IOC too.
int fp_compare(struct fp_unit *unit, uint64_t a, uint64_t b, bool signals);

// --- fp_convert.c ----------------------------------------------------------------------------------------------------

// To an integral number; `exact` (FRINTX) raises IXC.
uint64_t fp_round_integral(struct fp_unit *unit, uint64_t a, unsigned rounding, bool exact);
// Between a number and an integer of `bits` (32, 64) with `fraction` bits below its point. Integers are cut to `bits`.
uint64_t fp_to_fixed(struct fp_unit *unit, uint64_t a, unsigned rounding, unsigned bits, unsigned fraction,
                     bool is_unsigned);
uint64_t fp_from_fixed(struct fp_unit *unit, uint64_t value, unsigned bits, unsigned fraction, bool is_unsigned);
// Between formats of 16, 32 and 64 bits, whatever the unit's is.
uint64_t fp_convert(struct fp_unit *unit, uint64_t a, unsigned from, unsigned to, unsigned rounding);

uint64_t fp_recip_estimate(struct fp_unit *unit, uint64_t a);
uint64_t fp_rsqrt_estimate(struct fp_unit *unit, uint64_t a);
uint64_t fp_recip_exponent(struct fp_unit *unit, uint64_t a);
uint32_t fp_unsigned_recip_estimate(uint32_t a);
uint32_t fp_unsigned_rsqrt_estimate(uint32_t a);

// The rounding mode of FRINTN, FCVTNS, ... by two bits as instructions have them: N, P, M, Z.
static inline unsigned fp_mode(unsigned rmode)
{
    return (unsigned)(NUMBER_NEAREST | NUMBER_UP << 4 | NUMBER_DOWN << 8 | NUMBER_CHOP << 12) >> 4 * rmode & 15;
}

#endif
