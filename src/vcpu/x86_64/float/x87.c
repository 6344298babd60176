// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The x87 instruction set: dispatch, checks, arithmetic, comparison, control (SDM vol. 1 chapter 8; vol. 2). Loads and
// stores are in x87_transfer.c, what the low rows of D9 compute is in x87_function.c, environments are in x87_state.c.
//
// An instruction goes through: #NM, #MF, the load of its memory operand (which may fault), the operation on a unit, and
// finally the flags. A store to memory happens before the stack pointer changes.
//
// Not modelled: CR0.NE = 0, the report of exceptions through FERR#: #MF is raised in either case.
#include "vcpu/x86_64/float/x87.h"

#include "base/bits.h"
#include "vcpu/x86_64/float/x87_unit.h"

// clang-format off
// Forms with a memory operand, by the low bits of the opcode and modrm.reg.
static const struct {
    uint8_t operation, format;
} memory_forms[8][8] = {
#define EIGHT(format) \
    { ARITHMETIC, format }, { ARITHMETIC, format }, { ARITHMETIC, format }, { ARITHMETIC, format }, \
    { ARITHMETIC, format }, { ARITHMETIC, format }, { ARITHMETIC, format }, { ARITHMETIC, format }
    { EIGHT(F32) },
    { { LOAD, F32 }, { UNKNOWN, NO_FORMAT }, { STORE, F32 }, { STORE_POP, F32 }, { LOAD_ENVIRONMENT, ENVIRONMENT },
      { LOAD_CONTROL, WORD }, { STORE_ENVIRONMENT, ENVIRONMENT }, { STORE_CONTROL, WORD } },
    { EIGHT(I32) },
    { { LOAD, I32 }, { CHOP_POP, I32 }, { INTEGER, I32 }, { INTEGER_POP, I32 }, { UNKNOWN, NO_FORMAT }, { LOAD, F80 },
      { UNKNOWN, NO_FORMAT }, { STORE_POP, F80 } },
    { EIGHT(F64) },
    { { LOAD, F64 }, { CHOP_POP, I64 }, { STORE, F64 }, { STORE_POP, F64 }, { RESTORE, STATE }, { UNKNOWN, NO_FORMAT },
      { SAVE, STATE }, { STORE_STATUS, WORD } },
    { EIGHT(I16) },
    { { LOAD, I16 }, { CHOP_POP, I16 }, { INTEGER, I16 }, { INTEGER_POP, I16 }, { LOAD, BCD }, { LOAD, I64 },
      { STORE_POP, BCD }, { INTEGER_POP, I64 } },
#undef EIGHT
};
// clang-format on

const uint8_t x87_format_bytes[] = {
    [F32] = 4, [F64] = 8, [F80] = 10, [I16] = 2, [I32] = 4, [I64] = 8, [BCD] = 10, [WORD] = 2
};

unsigned x86_x87_bytes(uint8_t opcode, uint8_t modrm, unsigned size, bool *write)
{
    if (modrm >> 6 == 3) {
        *write = false;
        return 0;
    }
    const uint8_t operation = memory_forms[opcode & 7][modrm >> 3 & 7].operation;
    const uint8_t format = memory_forms[opcode & 7][modrm >> 3 & 7].format;
    *write = (operation >= STORE && operation <= CHOP_POP) || operation == STORE_CONTROL || operation == STORE_STATUS ||
             operation == STORE_ENVIRONMENT || operation == SAVE;
    if (format == ENVIRONMENT || format == STATE) {
        return (size == 2 ? 14u : 28u) + (format == STATE ? 80u : 0u);
    }
    return x87_format_bytes[format];
}

// Forms without one: a bit per modrm.reg or, for rows of single instructions, per modrm.rm.
bool x86_x87_known(uint8_t opcode, uint8_t modrm)
{
    const unsigned reg = modrm >> 3 & 7, rm = modrm & 7;
    if (modrm >> 6 != 3) {
        return memory_forms[opcode & 7][reg].operation != UNKNOWN;
    }
    switch (opcode & 7) {
    case 1: // D9
        switch (reg) {
        case 2: return rm == 0;
        case 4: return 0x33 >> rm & 1;
        case 5: return rm != 7;
        default: return true;
        }
    case 2: // DA
        return reg < 4 || (reg == 5 && rm == 1);
    case 3: // DB
        return reg != 7 && (reg != 4 || rm <= 4);
    case 5: // DD
        return reg < 6;
    case 6: // DE
        return reg != 3 || rm == 1;
    case 7: // DF
        return reg < 4 || reg == 5 || reg == 6 || (reg == 4 && rm == 0);
    default: return true;
    }
}

// --- one instruction's unit ------------------------------------------------------------------------------------------

static struct x87_unit begin(struct x86_cpu *cpu)
{
    static const uint8_t precision[] = { 24, 64, 53, 64 };
    const uint16_t control = cpu->x87.control;
    return (struct x87_unit){
        .cpu = cpu,
        .context = {
            .precision = precision[control >> 8 & 3],
            .min = -16382,
            .max = 16383,
            .rounding = control >> 10 & 3,
            .masks = control & 0x3f,
            .wrap = 24576,
        },
    };
}

static void end(struct x87_unit *unit)
{
    struct x86_x87 *x87 = &unit->cpu->x87;
    if (unit->context.flags & ~unit->context.masks & NUMBER_BEFORE) {
        unit->context.flags &= NUMBER_BEFORE;
        unit->context.up = false;
    }
    x87->status |= unit->context.flags;
    x87_conditions(unit, unit->keep_c1 ? 0 : X87_C1,
                   unit->c1 || (unit->context.up && unit->context.flags & NUMBER_PE) ? X87_C1 : 0);
    if (x87->status & ~x87->control & 0x3f) {
        x87->status |= X87_ES | X87_B;
    }
}

struct number x87_choose_nan(struct x87_unit *unit, struct number a, struct number b)
{
    if (a.kind == NUMBER_UNSUPPORTED || b.kind == NUMBER_UNSUPPORTED) {
        unit->context.flags |= NUMBER_IE;
        return NUMBER_DEFAULT_NAN;
    }
    const bool signalling = a.kind == NUMBER_SNAN || b.kind == NUMBER_SNAN;
    if (signalling) {
        unit->context.flags |= NUMBER_IE;
    }
    struct number result = number_is_nan(&a) ? a : b;
    if (number_is_nan(&a) && number_is_nan(&b)) {
        if (a.kind != b.kind) { // a quiet one and a signalling one: the quiet one
            result = a.kind == NUMBER_QNAN ? a : b;
        } else if (a.mantissa != b.mantissa) {
            result = a.mantissa > b.mantissa ? a : b;
        } else {
            result = a.sign ? b : a;
        }
    }
    result.kind = NUMBER_QNAN;
    result.mantissa |= BIT64(62);
    return result;
}

// --- arithmetic and comparison ---------------------------------------------------------------------------------------

enum arithmetic { ADD, MUL, COM, COMP, SUB, SUBR, DIV, DIVR }; // modrm.reg of D8

static struct number operate(struct x87_unit *unit, unsigned operation, struct number a, struct number b)
{
    struct number_context *context = &unit->context;
    if (number_is_nan(&a) || number_is_nan(&b)) {
        return x87_choose_nan(unit, a, b);
    }
    switch (operation) {
    case ADD: return number_add(context, a, b);
    case MUL: return number_multiply(context, a, b);
    case SUB: return number_subtract(context, a, b);
    case SUBR: return number_subtract(context, b, a);
    case DIV: return number_divide(context, a, b);
    default: return number_divide(context, b, a);
    }
}

// ST(to) = ST(to) operation b, or the reverse one. `missing`: b's register is empty.
static void arithmetic(struct x87_unit *unit, unsigned operation, unsigned to, struct number b, bool missing, bool pop)
{
    if (missing || x87_empty(unit, to)) {
        if (x87_stack_fault(unit, false)) {
            return;
        }
        x87_set_bits(unit, to, X87_INDEFINITE);
    } else {
        struct number result = operate(unit, operation, x87_get(unit, to), b);
        if (x87_stop(unit)) {
            return;
        }
        x87_set(unit, to, result);
    }
    if (pop) {
        x87_pop(unit);
    }
}

// -1, 0, 1, and 2 for unordered. `quiet`: QNaNs raise nothing.
static int compare(struct x87_unit *unit, struct number b, bool missing, bool quiet)
{
    if (missing || x87_empty(unit, 0)) {
        x87_stack_fault(unit, false);
        return 2;
    }
    const struct number a = x87_get(unit, 0);
    if (number_is_nan(&a) || number_is_nan(&b)) {
        if (!quiet || a.kind > NUMBER_QNAN || b.kind > NUMBER_QNAN) {
            unit->context.flags |= NUMBER_IE;
        }
        return 2;
    }
    if (a.denormal || b.denormal) {
        unit->context.flags |= NUMBER_DE;
    }
    return number_compare(a, b);
}

static void compare_conditions(struct x87_unit *unit, struct number b, bool missing, bool quiet, unsigned pops)
{
    static const uint16_t conditions[] = { X87_C0, X87_C3, 0, X87_C0 | X87_C2 | X87_C3 };
    int order = compare(unit, b, missing, quiet);
    // Processors report the result even if an unmasked exception prevents the pop.
    x87_conditions(unit, X87_C0 | X87_C2 | X87_C3, conditions[order + 1]);
    while (!x87_stop(unit) && pops--) {
        x87_pop(unit);
    }
}

static void compare_flags(struct x87_unit *unit, unsigned i, bool quiet, bool pop)
{
    static const uint8_t flags[] = { X86_CF, X86_ZF, 0, X86_CF | X86_ZF | X86_PF };
    unit->keep_c1 = true;
    int order = compare(unit, x87_get(unit, i), x87_empty(unit, i), quiet);
    x86_set_arithmetic_flags(unit->cpu, flags[order + 1]);
    if (pop && !x87_stop(unit)) {
        x87_pop(unit);
    }
}

static void arithmetic_or_compare(struct x87_unit *unit, unsigned operation, struct number b, bool missing)
{
    if (operation == COM || operation == COMP) {
        compare_conditions(unit, b, missing, false, operation == COMP);
    } else {
        arithmetic(unit, operation, 0, b, missing, false);
    }
}

// --- registers -------------------------------------------------------------------------------------------------------

static void exchange(struct x87_unit *unit, unsigned i)
{
    if (x87_empty(unit, 0) || x87_empty(unit, i)) {
        if (x87_stack_fault(unit, false)) {
            return;
        }
        if (x87_empty(unit, 0)) {
            x87_set_bits(unit, 0, X87_INDEFINITE);
        }
        if (x87_empty(unit, i)) {
            x87_set_bits(unit, i, X87_INDEFINITE);
        }
    }
    const struct x87_bits top = x87_get_bits(unit, 0);
    x87_set_bits(unit, 0, x87_get_bits(unit, i));
    x87_set_bits(unit, i, top);
}

static void load_register(struct x87_unit *unit, unsigned i)
{
    const struct x87_bits bits = x87_get_bits(unit, i);
    if (x87_empty(unit, i)) {
        if (!x87_stack_fault(unit, false)) {
            x87_move_top(unit, 7);
            x87_set_bits(unit, 0, X87_INDEFINITE);
        }
    } else if (x87_push(unit)) {
        x87_set_bits(unit, 0, bits);
    }
}

static void store_register(struct x87_unit *unit, unsigned i, bool pop)
{
    struct x87_bits bits = x87_get_bits(unit, 0);
    if (x87_empty(unit, 0)) {
        if (x87_stack_fault(unit, false)) {
            return;
        }
        bits = X87_INDEFINITE;
    }
    x87_set_bits(unit, i, bits);
    if (pop) {
        x87_pop(unit);
    }
}

static void conditional_move(struct x87_unit *unit, unsigned i, unsigned condition, bool wanted)
{
    if (x87_empty(unit, 0) || x87_empty(unit, i)) {
        if (!x87_stack_fault(unit, false)) {
            x87_set_bits(unit, 0, X87_INDEFINITE);
        }
        return;
    }
    unit->keep_c1 = true;
    const struct x86_cpu *cpu = unit->cpu;
    const bool conditions[4] = { x86_cf(cpu), x86_zf(cpu), x86_cf(cpu) || x86_zf(cpu), x86_pf(cpu) };
    if (conditions[condition] == wanted) {
        x87_set_bits(unit, 0, x87_get_bits(unit, i));
    }
}

static void change_sign(struct x87_unit *unit, bool absolute)
{
    struct x87_bits bits = x87_get_bits(unit, 0);
    if (x87_empty(unit, 0)) {
        if (!x87_stack_fault(unit, false)) {
            x87_set_bits(unit, 0, X87_INDEFINITE);
        }
        return;
    }
    bits.exponent = absolute ? bits.exponent & 0x7fff : bits.exponent ^ 0x8000;
    x87_set_bits(unit, 0, bits);
}

static void examine(struct x87_unit *unit)
{
    static const uint16_t class[] = {
        [NUMBER_ZERO] = X87_C3, [NUMBER_FINITE] = X87_C2, [NUMBER_INFINITE] = X87_C2 | X87_C0,
        [NUMBER_QNAN] = X87_C0, [NUMBER_SNAN] = X87_C0,   [NUMBER_UNSUPPORTED] = 0,
    };
    const struct number n = x87_get(unit, 0);
    unsigned conditions = n.denormal ? X87_C3 | X87_C2 : class[n.kind];
    if (x87_empty(unit, 0)) {
        conditions = X87_C3 | X87_C0;
    }
    x87_conditions(unit, X87_C0 | X87_C2 | X87_C3, conditions);
    unit->c1 = n.sign;
}

// --- dispatch --------------------------------------------------------------------------------------------------------

// D9 with a register.
static void row_d9(struct x87_unit *unit, uint8_t modrm)
{
    const unsigned rm = modrm & 7;
    switch (modrm >> 3 & 7) {
    case 0: load_register(unit, rm); return;
    case 1: exchange(unit, rm); return;
    case 2: // FNOP
        unit->keep_c1 = true;
        return;
    case 3: // FSTP1, an alias that does not report an empty ST(0)
        if (x87_empty(unit, 0)) {
            x87_pop(unit);
        } else {
            store_register(unit, rm, true);
        }
        return;
    case 4:
        if (rm < 2) {
            change_sign(unit, rm);
        } else if (rm == 4) { // FTST
            compare_conditions(unit, (struct number){ .kind = NUMBER_ZERO }, false, false, 0);
        } else {
            examine(unit);
        }
        return;
    case 5: x87_load_constant(unit, rm); return;
    default:
        if (modrm == 0xf6 || modrm == 0xf7) { // FDECSTP, FINCSTP
            x87_move_top(unit, modrm == 0xf6 ? 7 : 1);
        } else {
            x87_function(unit, modrm);
        }
    }
}

// DD and DF with a register, but for FNSTSW and FCOMIP.
static void row_dd(struct x87_unit *unit, bool is_df, unsigned reg, unsigned rm)
{
    switch (reg) {
    case 0: // FFREE, FFREEP
        x87_free(unit, rm);
        if (is_df) {
            x87_pop(unit);
        }
        return;
    case 1: exchange(unit, rm); return;
    case 2: // FST; on DF an alias of FSTP
    case 3: store_register(unit, rm, is_df || reg == 3); return;
    default: // FUCOM, FUCOMP
        compare_conditions(unit, x87_get(unit, rm), x87_empty(unit, rm), true, reg - 4);
    }
}

static void register_form(struct x87_unit *unit, uint8_t opcode, uint8_t modrm)
{
    const unsigned reg = modrm >> 3 & 7, rm = modrm & 7;
    const struct number other = x87_get(unit, rm), top = x87_get(unit, 0);
    const bool missing = x87_empty(unit, rm);
    switch (opcode & 7) {
    case 0: arithmetic_or_compare(unit, reg, other, missing); return;
    case 1: row_d9(unit, modrm); return;
    case 2:
        if (reg == 5) { // FUCOMPP
            compare_conditions(unit, other, missing, true, 2);
        } else {
            conditional_move(unit, rm, reg, true);
        }
        return;
    case 3:
        if (reg < 4) {
            conditional_move(unit, rm, reg, false);
        } else {
            compare_flags(unit, rm, reg == 5, false);
        }
        return;
    case 4:
    case 6:
        if (reg == COM || reg == COMP) { // FCOM, FCOMP, and FCOMPP (DE D9)
            unsigned pops = (opcode & 7) == 4 ? reg - COM : reg == COM ? 1 : 2;
            compare_conditions(unit, other, missing, false, pops);
        } else { // the destination is ST(i): SUB and SUBR, DIV and DIVR change places
            arithmetic(unit, reg >= SUB ? reg ^ 1 : reg, rm, top, x87_empty(unit, 0), (opcode & 7) == 6);
        }
        return;
    case 5: row_dd(unit, false, reg, rm); return;
    default:
        if (reg >= 5) {
            compare_flags(unit, rm, reg == 5, true);
        } else {
            row_dd(unit, true, reg, rm);
        }
    }
}

// Instructions that neither check for pending exceptions nor are numeric; `done` is set if it was one of them.
static bool control_form(struct x86_cpu *cpu, uint8_t operation, const struct x86_x87_operand *operand, bool *done)
{
    uint64_t value;
    *done = true;
    switch (operation) {
    case STORE_CONTROL: return x86_store(cpu, operand->linear, 2, cpu->x87.control);
    case STORE_STATUS: return x86_store(cpu, operand->linear, 2, cpu->x87.status);
    case STORE_ENVIRONMENT: return x87_store_environment(cpu, operand);
    case SAVE: return x87_save(cpu, operand);
    default: break;
    }
    if (x86_x87_pending(cpu)) {
        return x86_fault(cpu, X86_MF);
    }
    switch (operation) {
    case LOAD_CONTROL:
        if (!x86_load(cpu, operand->linear, 2, &value)) {
            return false;
        }
        cpu->x87.control = (uint16_t)((value & 0x1f3f) | 0x40);
        x87_update_pending(cpu);
        return true;
    case LOAD_ENVIRONMENT: return x87_load_environment(cpu, operand);
    case RESTORE: return x87_restore(cpu, operand);
    default: *done = false; return true;
    }
}

// DB E0 to E4 and DF E0, which do not wait.
static bool control_register_form(struct x86_cpu *cpu, uint8_t opcode, uint8_t modrm)
{
    if (opcode == 0xdf && modrm == 0xe0) { // FNSTSW AX
        cpu->r[X86_RAX] = (cpu->r[X86_RAX] & ~UINT64_C(0xffff)) | cpu->x87.status;
        return true;
    }
    if (opcode != 0xdb || modrm >> 3 != 0x1c) {
        return false;
    }
    if (modrm == 0xe2) { // FNCLEX
        cpu->x87.status &= (uint16_t) ~(X87_B | X87_ES | X87_SF | 0x3f);
    } else if (modrm == 0xe3) {
        x86_x87_init(cpu);
    } // the others had an effect on the 8087 and the 80287
    return true;
}

static void note_pointers(struct x86_cpu *cpu, uint8_t opcode, uint8_t modrm, const struct x86_x87_operand *operand)
{
    struct x86_x87 *x87 = &cpu->x87;
    x87->opcode = (uint16_t)((opcode & 7) << 8 | modrm);
    x87->ip = operand->ip;
    x87->cs = cpu->segment[X86_CS].selector;
    if (modrm >> 6 != 3) {
        x87->dp = operand->offset;
        x87->ds = operand->selector;
    }
}

// False: a memory access faulted.
static bool memory_form(struct x87_unit *unit, uint8_t opcode, uint8_t modrm, uint64_t linear)
{
    const unsigned reg = modrm >> 3 & 7;
    const uint8_t operation = memory_forms[opcode & 7][reg].operation, format = memory_forms[opcode & 7][reg].format;
    if (operation != ARITHMETIC && operation != LOAD) {
        return x87_store(unit, format, operation, linear);
    }
    const unsigned bytes = x87_format_bytes[format];
    uint64_t low, high = 0;
    if (!x86_load(unit->cpu, linear, bytes > 8 ? 8 : bytes, &low) ||
        (bytes > 8 && !x86_load(unit->cpu, linear + 8, bytes - 8, &high))) {
        return false;
    }
    if (operation == LOAD) {
        x87_load(unit, format, low, high);
    } else {
        arithmetic_or_compare(unit, reg, x87_from_memory(format, low, high), false);
    }
    return true;
}

bool x86_x87(struct x86_cpu *cpu, uint8_t opcode, uint8_t modrm, const struct x86_x87_operand *operand)
{
    const bool memory = modrm >> 6 != 3;
    if (!x86_x87_known(opcode, modrm)) {
        return x86_fault(cpu, X86_UD);
    }
    if (cpu->cr0 & (X86_CR0_EM | X86_CR0_TS)) {
        return x86_fault(cpu, X86_NM);
    }
    if (memory) {
        bool done;
        bool ok = control_form(cpu, memory_forms[opcode & 7][modrm >> 3 & 7].operation, operand, &done);
        if (!ok || done) {
            return ok;
        }
    } else if (control_register_form(cpu, opcode, modrm)) {
        return true;
    } else if (x86_x87_pending(cpu)) {
        return x86_fault(cpu, X86_MF);
    }
    struct x87_unit unit = begin(cpu);
    if (!memory) {
        register_form(&unit, opcode, modrm);
    } else if (!memory_form(&unit, opcode, modrm, operand->linear)) {
        return false;
    }
    end(&unit);
    note_pointers(cpu, opcode, modrm, operand);
    return true;
}

bool x86_fwait(struct x86_cpu *cpu)
{
    if ((cpu->cr0 & (X86_CR0_MP | X86_CR0_TS)) == (X86_CR0_MP | X86_CR0_TS)) {
        return x86_fault(cpu, X86_NM);
    }
    return x86_x87_pending(cpu) ? x86_fault(cpu, X86_MF) : true;
}
