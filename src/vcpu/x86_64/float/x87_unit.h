// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Shared by the x87 files: the registers as a stack, and one instruction's exceptions (SDM vol. 1, 8.1 and 8.5).
//
// An instruction works on a `unit`: it collects exceptions there and calls x87_stop() before it changes anything. An
// unmasked exception found before the operation stops it; the flags go into FSW at the end in either case.
#ifndef VCPU_X86_64_X87_UNIT_H
#define VCPU_X86_64_X87_UNIT_H

#include "vcpu/number.h"
#include "vcpu/x86_64/cpu.h"
#include "vcpu/x86_64/float/x87.h"

enum { // FSW
    X87_SF = 1 << 6,
    X87_ES = 1 << 7,
    X87_C0 = 1 << 8,
    X87_C1 = 1 << 9,
    X87_C2 = 1 << 10,
    X87_TOP = 7 << 11,
    X87_C3 = 1 << 14,
    X87_B = 1 << 15,
    X87_CONDITIONS = X87_C0 | X87_C1 | X87_C2 | X87_C3,
};

// Formats of memory operands, and operations with them.
// clang-format off
enum x87_format { NO_FORMAT, F32, F64, F80, I16, I32, I64, BCD, WORD, ENVIRONMENT, STATE };

enum x87_operation {
    UNKNOWN, ARITHMETIC, LOAD, STORE, STORE_POP, INTEGER, INTEGER_POP, CHOP_POP,
    LOAD_CONTROL, STORE_CONTROL, STORE_STATUS, LOAD_ENVIRONMENT, STORE_ENVIRONMENT, RESTORE, SAVE,
};
// clang-format on

extern const uint8_t x87_format_bytes[]; // of those that are values

struct x87_unit {
    struct x86_cpu *cpu;
    struct number_context context;
    bool c1;      // instead of the rounding direction: stack overflow, FXAM's sign, a quotient bit
    bool keep_c1; // the instruction does not change C1
};

// The bits of a register, not interpreted as a number.
struct x87_bits {
    uint16_t exponent;
    uint64_t mantissa;
};

#define X87_INDEFINITE ((struct x87_bits){ 0xffff, UINT64_C(3) << 62 })

static inline struct number x87_invalid(struct x87_unit *unit)
{
    unit->context.flags |= NUMBER_IE;
    return NUMBER_DEFAULT_NAN;
}

static inline void x87_denormal(struct x87_unit *unit, bool is_denormal)
{
    if (is_denormal) {
        unit->context.flags |= NUMBER_DE;
    }
}

static inline unsigned x87_physical(const struct x87_unit *unit, unsigned i)
{
    return (x86_x87_top(unit->cpu) + i) & 7;
}

static inline bool x87_empty(const struct x87_unit *unit, unsigned i)
{
    return !(unit->cpu->x87.valid >> x87_physical(unit, i) & 1);
}

static inline struct x87_bits x87_get_bits(const struct x87_unit *unit, unsigned i)
{
    const unsigned physical = x87_physical(unit, i);
    return (struct x87_bits){ unit->cpu->x87.exponent[physical], unit->cpu->x87.mantissa[physical] };
}

static inline void x87_set_bits(struct x87_unit *unit, unsigned i, struct x87_bits bits)
{
    const unsigned physical = x87_physical(unit, i);
    unit->cpu->x87.exponent[physical] = bits.exponent;
    unit->cpu->x87.mantissa[physical] = bits.mantissa;
    unit->cpu->x87.valid |= (uint8_t)(1u << physical);
}

static inline struct number x87_get(const struct x87_unit *unit, unsigned i)
{
    const struct x87_bits bits = x87_get_bits(unit, i);
    return number_from_80(bits.exponent, bits.mantissa);
}

static inline void x87_set(struct x87_unit *unit, unsigned i, struct number n)
{
    struct x87_bits bits;
    number_to_80(n, &bits.exponent, &bits.mantissa);
    x87_set_bits(unit, i, bits);
}

static inline void x87_move_top(struct x87_unit *unit, unsigned by)
{
    uint16_t *status = &unit->cpu->x87.status;
    *status = (uint16_t)((*status & ~X87_TOP) | (((unsigned)*status + (by << 11)) & X87_TOP));
}

static inline void x87_free(struct x87_unit *unit, unsigned i)
{
    unit->cpu->x87.valid &= (uint8_t) ~(1u << x87_physical(unit, i));
}

static inline void x87_pop(struct x87_unit *unit)
{
    x87_free(unit, 0);
    x87_move_top(unit, 1);
}

static inline void x87_conditions(struct x87_unit *unit, unsigned mask, unsigned value)
{
    uint16_t *status = &unit->cpu->x87.status;
    *status = (uint16_t)((*status & ~mask) | (value & mask));
}

// Does an unmasked exception prevent the operation?
static inline bool x87_stop(const struct x87_unit *unit)
{
    return unit->context.flags & ~unit->context.masks & NUMBER_BEFORE;
}

// IE with SF. True: it is unmasked, so stop.
static inline bool x87_stack_fault(struct x87_unit *unit, bool overflow)
{
    unit->context.flags |= NUMBER_IE;
    unit->cpu->x87.status |= X87_SF;
    unit->c1 = overflow;
    unit->keep_c1 = false;
    return x87_stop(unit);
}

// Sets ES and B from the flags and masks.
void x87_update_pending(struct x86_cpu *cpu);

// The result of an operation with a NaN or an unsupported operand (SDM vol. 1, table 4-7); raises IE where due.
struct number x87_choose_nan(struct x87_unit *unit, struct number a, struct number b);

// D9 F0 to D9 FF except FDECSTP and FINCSTP: x87_function.c, and what needs MPFR in x87_transcendental.c.
void x87_function(struct x87_unit *unit, uint8_t modrm);
void x87_transcendental(struct x87_unit *unit, uint8_t modrm);

// The operands of a function, ST(0) as *a and, with `b`, ST(1) as *b. False: one was empty or a NaN, and *result is the
// masked response (not to be used if x87_stop).
bool x87_operands(struct x87_unit *unit, struct number *a, struct number *b, struct number *result);

// x87_transfer.c. x87_push makes room; the new ST(0) is empty. False: stop, or the masked response to an overflow has
// stored the indefinite.
bool x87_push(struct x87_unit *unit);
struct number x87_from_memory(uint8_t format, uint64_t low, uint64_t high);
void x87_load(struct x87_unit *unit, uint8_t format, uint64_t low, uint64_t high);
void x87_load_constant(struct x87_unit *unit, unsigned which); // D9 E8 + which
// False: the store to memory faulted, and FSW has not changed.
bool x87_store(struct x87_unit *unit, uint8_t format, uint8_t operation, uint64_t linear);

// x87_state.c: FLDENV, FNSTENV, FRSTOR, FNSAVE. False: a memory access faulted, nothing has changed.
bool x87_load_environment(struct x86_cpu *cpu, const struct x86_x87_operand *operand);
bool x87_store_environment(struct x86_cpu *cpu, const struct x86_x87_operand *operand);
bool x87_restore(struct x86_cpu *cpu, const struct x86_x87_operand *operand);
bool x87_save(struct x86_cpu *cpu, const struct x86_x87_operand *operand);

#endif
