// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Branches, exception generation and system instructions (Arm ARM section C4.1.93).
//
// Not modelled: debug state (DCPS, DRPS and HLT, but for semihosting, are undefined).
#include "vcpu/aarch64/front/emit.h"

#include <stddef.h>

#include "vcpu/aarch64/system/interrupt.h"
#include "vcpu/aarch64/system/semihosting.h"
#include "vcpu/aarch64/system/sysreg.h"

static bool at_el0(const struct translator *t)
{
    return t->mode & A64_MODE_USER;
}

// --- branches ---------------------------------------------------------------------------------------------------------

static void emit_link(struct translator *t)
{
    a64_emit_one(t, A64_OP_ADD64RI, A64_X30, A64_PC, (int64_t)t->next);
}

static void translate_branch_immediate(struct translator *t)
{
    if (a64_bit(t->word, 31))
        emit_link(t);
    a64_emit_exit(t, (int32_t)t->start + a64_signed(t->word, 25, 0) * 4);
}

static void translate_compare_branch(struct translator *t)
{
    unsigned code = (a64_bit(t->word, 24) ? A64_OP_CBNZ32 : A64_OP_CBZ32) + a64_bit(t->word, 31);
    a64_emit_branch(t, code, (int32_t)t->start + a64_signed(t->word, 23, 5) * 4)->a =
        (uint8_t)a64_source(a64_field(t->word, 4, 0));
}

static void translate_test_branch(struct translator *t)
{
    unsigned bit = 32 * a64_bit(t->word, 31) + a64_field(t->word, 23, 19);
    struct op *op = a64_emit_branch(t, a64_bit(t->word, 24) ? A64_OP_TBNZ : A64_OP_TBZ,
                                    (int32_t)t->start + a64_signed(t->word, 18, 5) * 4);
    op->a = (uint8_t)a64_source(a64_field(t->word, 4, 0));
    op->s = (uint8_t)bit;
}

static void translate_conditional_branch(struct translator *t)
{
    unsigned condition = a64_field(t->word, 3, 0);
    int32_t target = (int32_t)t->start + a64_signed(t->word, 23, 5) * 4;
    if (a64_bit(t->word, 24) || a64_bit(t->word, 4))
        a64_emit_undefined(t);
    else if (condition >= 14)
        a64_emit_exit(t, target);
    else
        a64_emit_branch(t, A64_OP_BEQ + condition * A64_CONDITION_STRIDE, target);
}

static void emit_jump(struct translator *t, unsigned a)
{
    a64_emit(t, A64_OP_JUMP)->a = (uint8_t)a;
    t->ended = true;
}

static void translate_branch_register(struct translator *t)
{
    uint32_t word = t->word;
    unsigned opc = a64_field(word, 24, 21), n = a64_source(a64_field(word, 9, 5));
    if (a64_field(word, 20, 16) != 31 || a64_field(word, 15, 10) || a64_field(word, 4, 0)) {
        a64_emit_undefined(t);
    } else if (opc == 0 || opc == 2) { // BR, RET
        emit_jump(t, n);
    } else if (opc == 1) { // BLR
        a64_emit_two(t, A64_OP_MOV64, A64_T0, n, 0);
        emit_link(t);
        emit_jump(t, A64_T0);
    } else if (opc == 4 && n == 31 && !at_el0(t)) {
        a64_emit(t, A64_OP_ERET);
        t->ended = true;
    } else {
        a64_emit_undefined(t);
    }
}

// --- exceptions -------------------------------------------------------------------------------------------------------

static void emit_svc(struct translator *t, uint32_t imm)
{
    struct op *op = a64_emit(t, A64_OP_SVC);
    op->disp = (int32_t)t->next;
    op->value = (int32_t)imm;
    t->ended = true;
}

static void emit_hvc(struct translator *t, uint32_t imm)
{
    if (at_el0(t)) {
        a64_emit_undefined(t);
        return;
    }
    a64_emit_help(t, A64_HELP_hvc)->x = (uint8_t)(imm != 0);
    a64_emit_end(t);
}

// HLT is undefined while halting debug is disabled, but for the number of semihosting at EL1.
static void emit_hlt(struct translator *t, uint32_t imm)
{
    if (imm == A64_SEMIHOSTING_HLT && !at_el0(t))
        a64_emit_help(t, A64_HELP_semihosting);
    else
        a64_emit_undefined(t);
}

static void translate_exception(struct translator *t)
{
    uint32_t word = t->word, imm = a64_field(word, 20, 5);
    switch (a64_field(word, 23, 21) << 5 | a64_field(word, 4, 0)) {
    case 1: emit_svc(t, imm); break;
    case 2: emit_hvc(t, imm); break;
    case 3: a64_emit_undefined(t); break; // SMC: there is no EL3
    case 1 << 5: a64_emit_exception(t, a64_syndrome(A64_EC_BRK, imm)); break;
    case 2 << 5: emit_hlt(t, imm); break;
    default: a64_emit_undefined(t); break;
    }
}

// --- system -----------------------------------------------------------------------------------------------------------

static void translate_hint(struct translator *t)
{
    switch (a64_field(t->word, 11, 5)) {
    case 1: a64_emit_help(t, A64_HELP_yield); break;
    case 2: a64_emit_help(t, A64_HELP_wfe); break;
    case 3: a64_emit_help(t, A64_HELP_wfi); break;
    case 4: a64_emit_help(t, A64_HELP_sev)->x = true; break; // to all
    case 5: a64_emit_help(t, A64_HELP_sev)->x = false; break;
    default: break; // NOP, and hints for what we do not have
    }
}

static void translate_barrier(struct translator *t)
{
    switch (a64_field(t->word, 7, 5)) {
    case 2: a64_emit_help(t, A64_HELP_clrex); break;
    case 4:
    case 5: break;                  // DSB, DMB: all accesses are in order
    case 6: a64_emit_end(t); break; // ISB
    default: a64_emit_undefined(t); break;
    }
}

// MSR (immediate)
static void translate_pstate(struct translator *t)
{
    unsigned op1 = a64_field(t->word, 18, 16), op2 = a64_field(t->word, 7, 5), imm = a64_field(t->word, 11, 8);
    if (a64_field(t->word, 4, 0) != 31) {
        a64_emit_undefined(t);
    } else if (op1 == 3 && (op2 == 6 || op2 == 7)) { // DAIFSet, DAIFClr
        struct op *op = a64_emit_help(t, A64_HELP_daif);
        op->x = op2 == 6;
        op->s = (uint8_t)imm;
        op->value = (int32_t)a64_trap_syndrome(a64_field(t->word, 20, 5), 31, false);
    } else if (op1 == 1 && op2 == 0 && imm < 2 && a64_nmi(t->cpu) && !at_el0(t)) { // ALLINT
        a64_emit_help(t, A64_HELP_allint)->x = imm & 1;
    } else if (op1 == 0 && op2 == 5 && !at_el0(t)) {
        a64_emit_help(t, A64_HELP_spsel)->x = imm & 1;
        a64_emit_end(t);
    } else {
        a64_emit_undefined(t);
    }
}

// SYS: the name is op1, CRn, CRm, op2.
#define SYS(op1, crn, crm, op2) ((op1) << 11 | (crn) << 7 | (crm) << 3 | (op2))

static void translate_cache(struct translator *t, enum a64_helper helper, unsigned rt, unsigned kind)
{
    struct op *op = a64_emit_help(t, helper);
    op->a = (uint8_t)a64_source(rt);
    op->x = (uint8_t)kind;
    op->value = (int32_t)a64_trap_syndrome(a64_field(t->word, 20, 5), rt, false);
}

static void emit_at(struct translator *t, unsigned rt, unsigned kind)
{
    struct op *op = a64_emit_help(t, A64_HELP_at);
    op->a = (uint8_t)a64_source(rt);
    op->x = (uint8_t)kind;
}

static void emit_tlbi(struct translator *t, unsigned rt, unsigned op2, bool all)
{
    struct op *op = a64_emit_help(t, A64_HELP_tlbi);
    op->a = (uint8_t)a64_source(rt);
    op->x = (uint8_t)op2;
    op->s = all;
    a64_emit_end(t); // the page of the next instruction may be another now
}

static void translate_sys(struct translator *t)
{
    unsigned rt = a64_field(t->word, 4, 0), name = a64_field(t->word, 18, 5);
    if (a64_bit(t->word, 21)) { // SYSL
        a64_emit_undefined(t);
        return;
    }
    switch (name) { // what EL0 can have
    case SYS(3, 7, 4, 1): translate_cache(t, A64_HELP_dc_zva, rt, 0); return;
    case SYS(3, 7, 5, 1):  // IC IVAU
    case SYS(3, 7, 10, 1): // DC CVAC, CVAU, CIVAC
    case SYS(3, 7, 11, 1):
    case SYS(3, 7, 14, 1): translate_cache(t, A64_HELP_cache, rt, 0); return;
    default: break;
    }
    if (at_el0(t)) {
        a64_emit_undefined(t);
        return;
    }
    switch (name) {
    case SYS(0, 7, 1, 0):
    case SYS(0, 7, 5, 0): // IC IALLUIS, IALLU: code is always coherent
    case SYS(0, 7, 6, 2):
    case SYS(0, 7, 10, 2):
    case SYS(0, 7, 14, 2): // DC by set and way: there is no cache
        return;
    case SYS(0, 7, 6, 1): translate_cache(t, A64_HELP_cache, rt, 1); return; // DC IVAC needs write permission
    case SYS(0, 7, 8, 0):
    case SYS(0, 7, 8, 1):
    case SYS(0, 7, 8, 2):
    case SYS(0, 7, 8, 3): emit_at(t, rt, name & 3); return; // S1E1R, S1E1W, S1E0R, S1E0W
    default: break;
    }
    unsigned op2 = name & 7;
    bool all = (name & ~7u) == SYS(0, 8, 3, 0); // TLBI: of the inner shareable domain, or of this CPU alone
    if ((all || (name & ~7u) == SYS(0, 8, 7, 0)) && op2 != 4 && op2 != 6)
        emit_tlbi(t, rt, op2, all);
    else
        a64_emit_undefined(t);
}

// MRS, MSR (register). Plain fields are moved by an op; the rest is a function of the register's row.
static void translate_register_move(struct translator *t)
{
    uint32_t word = t->word;
    unsigned encoding = a64_field(word, 20, 5), rt = a64_field(word, 4, 0);
    bool read = a64_bit(word, 21);
    const struct a64_sysreg *row = a64_sysreg_find(encoding);
    unsigned need = (read ? A64_EL1_READ : A64_EL1_WRITE) >> (at_el0(t) ? 2 : 0);
    bool own_stack = encoding == A64_SYSREG(3, 0, 4, 1, 0) && !(t->mode & A64_MODE_SP1); // SP_EL0 while it is SP
    if (!row || !(row->access & need) || own_stack) {
        a64_emit_help(t, A64_HELP_undefined)->x = !row;
        t->ended = true;
        return;
    }
    if ((row->access & A64_NEEDS_FP) && !a64_simd_allowed(t))
        return;
    if ((row->access & A64_PLAIN) && row->count <= 1) {
        a64_emit_one(t, read ? A64_OP_GET : A64_OP_PUT, a64_target(rt), a64_source(rt), row->field);
        return;
    }
    struct op *op = a64_emit(t, read ? A64_OP_MRS : A64_OP_MSR);
    op->d = (uint8_t)(read ? a64_target(rt) : a64_source(rt));
    op->a = (uint8_t)encoding;
    op->b = (uint8_t)(encoding >> 8);
    op->x = (uint8_t)rt;
    op->imm = (int64_t)(uintptr_t)row;
    if (!read && (row->access & A64_ENDS_BLOCK))
        a64_emit_end(t);
}

static void translate_system(struct translator *t)
{
    uint32_t word = t->word;
    switch (a64_field(word, 20, 19)) {
    case 0:
        if (a64_bit(word, 21))
            a64_emit_undefined(t);
        else if (a64_field(word, 15, 12) == 4)
            translate_pstate(t);
        else if (a64_field(word, 18, 12) == 0x32 && a64_field(word, 4, 0) == 31)
            translate_hint(t);
        else if (a64_field(word, 18, 12) == 0x33 && a64_field(word, 4, 0) == 31)
            translate_barrier(t);
        else
            a64_emit_undefined(t);
        break;
    case 1: translate_sys(t); break;
    default: translate_register_move(t); break;
    }
}

void a64_translate_branch(struct translator *t)
{
    uint32_t word = t->word;
    switch (a64_field(word, 31, 29)) {
    case 0:
    case 4: translate_branch_immediate(t); break;
    case 1:
    case 5: a64_bit(word, 25) ? translate_test_branch(t) : translate_compare_branch(t); break;
    case 2: a64_bit(word, 25) ? a64_emit_undefined(t) : translate_conditional_branch(t); break;
    case 6:
        if (a64_bit(word, 25))
            translate_branch_register(t);
        else if (!a64_bit(word, 24))
            translate_exception(t);
        else if (a64_field(word, 23, 22) == 0)
            translate_system(t);
        else
            a64_emit_undefined(t);
        break;
    default: a64_emit_undefined(t); break;
    }
}
