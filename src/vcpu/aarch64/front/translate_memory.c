// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Loads and stores (Arm ARM section C4.1.94).
//
// Registers written back change after the access, so that a fault leaves them. What the architecture leaves open when a base
// is also loaded: the load comes first, then the write-back.
#include "vcpu/aarch64/front/emit.h"
#include "vcpu/aarch64/system/model.h"

// One register: how it is accessed.
struct form {
    unsigned code; // 0: unallocated
    unsigned size; // log2 of bytes
    bool store, vector, prefetch;
};

// size and opc of loads and stores of one register.
static struct form form_of(uint32_t word)
{
    static const uint16_t general[4][4] = {
        // [size][opc]
        { A64_OP_ST8, A64_OP_LD8, A64_OP_LDS8_64, A64_OP_LDS8_32 },
        { A64_OP_ST16, A64_OP_LD16, A64_OP_LDS16_64, A64_OP_LDS16_32 },
        { A64_OP_ST32, A64_OP_LD32, A64_OP_LDS32_64, 0 },
        { A64_OP_ST64, A64_OP_LD64, 0, 0 },
    };
    unsigned size = a64_field(word, 31, 30), opc = a64_field(word, 23, 22);
    if (!a64_bit(word, 26))
        return (struct form){
            .code = general[size][opc], .size = size, .store = opc == 0, .prefetch = size == 3 && opc == 2
        };
    if (opc >= 2)
        size = size == 0 ? 4 : 5;
    bool store = !(opc & 1);
    return (struct form){
        .code = size > 4 ? 0 : (store ? A64_OP_STV8 : A64_OP_LDV8) + size, .size = size, .store = store, .vector = true
    };
}

// --- addresses --------------------------------------------------------------------------------------------------------

// The base register, its alignment checked if it is the stack pointer.
static unsigned base_of(struct translator *t)
{
    unsigned n = a64_source_sp(t, a64_field(t->word, 9, 5));
    if (n == t->sp && !t->sp_aligned) {
        a64_emit_two(t, A64_OP_CHECKSP, 0, n, 0);
        t->sp_aligned = true; // or the block is left
    }
    return n;
}

static void emit_align(struct translator *t, unsigned base, int32_t disp, unsigned size, bool store)
{
    if (size == 0)
        return;
    struct op *op = a64_emit_two(t, A64_OP_CHECKALIGN, store, base, A64_ZERO);
    op->s = (uint8_t)(1u << size);
    op->disp = disp;
}

static void check_align(struct translator *t, unsigned base, int32_t disp, unsigned size, bool store)
{
    if (t->mode & A64_MODE_ALIGN)
        emit_align(t, base, disp, size, store);
}

static void emit_write_back(struct translator *t, unsigned base, int64_t imm)
{
    if (imm == 0)
        return;
    if (base == t->sp && (imm & 15))
        t->sp_aligned = !(t->mode & A64_MODE_SA);
    a64_emit_one(t, A64_OP_ADD64RI, base, base, imm);
}

// --- one register -----------------------------------------------------------------------------------------------------

static unsigned data_slot(const struct form *form, unsigned rt)
{
    return form->vector ? rt : form->store ? a64_source(rt) : a64_target(rt);
}

static void emit_access(struct translator *t, const struct form *form, unsigned base, int32_t disp)
{
    check_align(t, base, disp, form->size, form->store);
    struct op *op = a64_emit_two(t, form->code, data_slot(form, a64_field(t->word, 4, 0)), base, A64_ZERO);
    op->disp = disp;
}

// False: nothing more to do, it is a prefetch or unallocated or traps.
static bool form_usable(struct translator *t, const struct form *form)
{
    if (form->prefetch)
        return false;
    if (!form->code) {
        a64_emit_undefined(t);
        return false;
    }
    return !form->vector || a64_simd_allowed(t);
}

static void translate_unsigned_offset(struct translator *t)
{
    struct form form = form_of(t->word);
    if (form_usable(t, &form))
        emit_access(t, &form, base_of(t), (int32_t)(a64_field(t->word, 21, 10) << form.size));
}

// The same for EL0's privilege, by a helper.
static void translate_unprivileged(struct translator *t, const struct form *form)
{
    if (form->vector || form->prefetch || !form->code) {
        a64_emit_undefined(t);
        return;
    }
    unsigned base = base_of(t), opc = a64_field(t->word, 23, 22);
    check_align(t, base, a64_signed(t->word, 20, 12), form->size, form->store);
    struct op *op = a64_emit_help(t, form->store ? A64_HELP_sttr : A64_HELP_ldtr);
    op->d = (uint8_t)data_slot(form, a64_field(t->word, 4, 0));
    op->a = (uint8_t)base;
    op->s = (uint8_t)(1u << form->size);
    op->x = (uint8_t)(opc < 2 ? 0 : opc == 2 ? 64 : 32); // sign-extended to
    op->value = a64_signed(t->word, 20, 12);
}

static void translate_nine_bits(struct translator *t)
{
    struct form form = form_of(t->word);
    int32_t imm = a64_signed(t->word, 20, 12);
    unsigned kind = a64_field(t->word, 11, 10); // 0: unscaled, 1: post-indexed, 2: unprivileged, 3: pre-indexed
    if (kind == 2) {
        translate_unprivileged(t, &form);
        return;
    }
    if (form.prefetch && kind != 0)
        form.prefetch = false; // and so unallocated
    if (!form_usable(t, &form))
        return;
    unsigned base = base_of(t);
    emit_access(t, &form, base, kind == 1 ? 0 : imm);
    if (kind != 0)
        emit_write_back(t, base, imm);
}

static void translate_register_offset(struct translator *t)
{
    struct form form = form_of(t->word);
    unsigned option = a64_field(t->word, 15, 13), index = a64_source(a64_field(t->word, 20, 16));
    if (!(option & 2)) {
        a64_emit_undefined(t);
        return;
    }
    if (!form_usable(t, &form))
        return;
    unsigned base = base_of(t), shift = a64_bit(t->word, 12) ? form.size : 0;
    if (!(option & 1)) { // UXTW, SXTW
        a64_emit_two(t, option & 4 ? A64_OP_SXTW : A64_OP_UXTW, A64_T0, index, 0)->s = (uint8_t)shift;
        index = A64_T0;
        shift = 0;
    }
    if (form.vector || (t->mode & A64_MODE_ALIGN)) {
        a64_emit_two(t, A64_OP_ADDL64, A64_T1, base, index)->s = (uint8_t)shift;
        emit_access(t, &form, A64_T1, 0);
        return;
    }
    unsigned indexed = form.store ? A64_OP_ST8X - A64_OP_ST8 : A64_OP_LD8X - A64_OP_LD8;
    a64_emit_two(t, form.code + indexed, data_slot(&form, a64_field(t->word, 4, 0)), base, index)->s = (uint8_t)shift;
}

static void translate_literal(struct translator *t)
{
    static const uint16_t codes[2][4] = {
        { A64_OP_LD32, A64_OP_LD64, A64_OP_LDS32_64, 0 },
        { A64_OP_LDV32, A64_OP_LDV64, A64_OP_LDV128, 0 },
    };
    static const uint8_t sizes[2][4] = { { 2, 3, 2, 0 }, { 2, 3, 4, 0 } };
    unsigned opc = a64_field(t->word, 31, 30), vector = a64_bit(t->word, 26);
    struct form form = {
        .code = codes[vector][opc], .size = sizes[vector][opc], .vector = vector, .prefetch = opc == 3 && !vector
    };
    if (form_usable(t, &form))
        emit_access(t, &form, A64_PC, (int32_t)t->start + a64_signed(t->word, 23, 5) * 4);
}

// --- pairs ------------------------------------------------------------------------------------------------------------

static struct form pair_form(uint32_t word)
{
    unsigned opc = a64_field(word, 31, 30);
    bool store = !a64_bit(word, 22);
    if (opc == 3)
        return (struct form){ 0 };
    if (a64_bit(word, 26))
        return (struct form){
            .code = (store ? A64_OP_STPV32 : A64_OP_LDPV32) + opc, .size = 2 + opc, .store = store, .vector = true
        };
    if (opc == 1)
        return (struct form){ .code = store || !a64_field(word, 24, 23) ? 0 : A64_OP_LDPS32, .size = 2 };
    return (
        struct form){ .code = (store ? A64_OP_STP32 : A64_OP_LDP32) + opc / 2, .size = 2 + opc / 2, .store = store };
}

static void translate_pair(struct translator *t)
{
    struct form form = pair_form(t->word);
    unsigned kind = a64_field(t->word, 24, 23); // 0: no-allocate, 1: post-indexed, 2: offset, 3: pre-indexed
    if (!form_usable(t, &form))
        return;
    int32_t imm = a64_signed(t->word, 21, 15) * (1 << form.size), disp = kind == 1 ? 0 : imm;
    unsigned base = base_of(t);
    check_align(t, base, disp, form.size, form.store);
    struct op *op = a64_emit_two(t, form.code, data_slot(&form, a64_field(t->word, 4, 0)), base, A64_ZERO);
    op->x = (uint8_t)data_slot(&form, a64_field(t->word, 14, 10));
    op->disp = disp;
    if (kind & 1)
        emit_write_back(t, base, imm);
}

// --- exclusive, ordered and atomic --------------------------------------------------------------------------------------

static struct op *emit_on_base(struct translator *t, enum a64_helper helper, unsigned d, unsigned b)
{
    unsigned base = base_of(t);
    struct op *op = a64_emit_help(t, helper);
    op->a = (uint8_t)base;
    op->d = (uint8_t)d;
    op->b = (uint8_t)b;
    op->s = (uint8_t)(1u << a64_field(t->word, 31, 30));
    return op;
}

static void translate_ordered(struct translator *t) // LDAR, STLR: always aligned
{
    unsigned size = a64_field(t->word, 31, 30), base = base_of(t), rt = a64_field(t->word, 4, 0);
    bool load = a64_bit(t->word, 22);
    emit_align(t, base, 0, size, !load);
    a64_emit_two(t, (load ? A64_OP_LD8 : A64_OP_ST8) + size, load ? a64_target(rt) : a64_source(rt), base, A64_ZERO);
}

static void translate_compare_and_swap(struct translator *t, bool pair)
{
    unsigned rs = a64_field(t->word, 20, 16), rt = a64_field(t->word, 4, 0);
    if (!a64_has_lse(t->cpu->model) || a64_field(t->word, 14, 10) != 31 || (pair && ((rs | rt) & 1))) {
        a64_emit_undefined(t);
        return;
    }
    struct op *op = emit_on_base(t, pair ? A64_HELP_casp : A64_HELP_cas, rs, a64_source(rt));
    if (pair)
        op->s = a64_bit(t->word, 30) ? 8 : 4;
}

static void translate_exclusive(struct translator *t)
{
    unsigned size = a64_field(t->word, 31, 30), rs = a64_field(t->word, 20, 16), rt2 = a64_field(t->word, 14, 10);
    unsigned rt = a64_field(t->word, 4, 0);
    bool load = a64_bit(t->word, 22), pair = a64_bit(t->word, 21);
    if (a64_bit(t->word, 23)) {
        if (pair)
            translate_compare_and_swap(t, false);
        else if (a64_bit(t->word, 15))
            translate_ordered(t);
        else
            a64_emit_undefined(t);
    } else if (pair && size < 2) {
        translate_compare_and_swap(t, true);
    } else if (load) {
        struct op *op = emit_on_base(t, pair ? A64_HELP_ldxp : A64_HELP_ldxr, a64_target(rt), 0);
        op->x = (uint8_t)a64_target(rt2);
    } else {
        struct op *op = emit_on_base(t, pair ? A64_HELP_stxp : A64_HELP_stxr, a64_target(rs), a64_source(rt));
        op->x = (uint8_t)a64_source(rt2);
    }
}

static void translate_atomic(struct translator *t)
{
    unsigned rs = a64_source(a64_field(t->word, 20, 16)), operation = a64_field(t->word, 15, 12);
    if (a64_bit(t->word, 26) || operation > 8 || !a64_has_lse(t->cpu->model)) {
        a64_emit_undefined(t);
        return;
    }
    emit_on_base(t, A64_HELP_atomic, a64_target(a64_field(t->word, 4, 0)), rs)->x = (uint8_t)operation;
}

// --- structures of vectors ----------------------------------------------------------------------------------------------

// Bytes that the instruction accesses, 0: unallocated.
static unsigned multiple_bytes(uint32_t word)
{
    static const uint8_t registers[16] = { [0] = 4, [2] = 4, [4] = 3, [6] = 3, [7] = 1, [8] = 2, [10] = 2 };
    unsigned opcode = a64_field(word, 15, 12), size = a64_field(word, 11, 10), q = a64_bit(word, 30);
    bool interleaved = opcode == 0 || opcode == 4 || opcode == 8;
    if (interleaved && size == 3 && !q)
        return 0;
    return registers[opcode] * (q ? 16 : 8);
}

static unsigned single_bytes(uint32_t word)
{
    unsigned opcode = a64_field(word, 15, 13), size = a64_field(word, 11, 10), s = a64_bit(word, 12);
    unsigned count = 2 * (opcode & 1) + a64_bit(word, 21) + 1;
    switch (opcode >> 1) {
    case 0: return count;
    case 1: return size & 1 ? 0 : 2 * count;
    case 2: return size == 0 ? 4 * count : size == 1 && !s ? 8 * count : 0;
    default: return a64_bit(word, 22) && !s ? count << size : 0; // replicate
    }
}

static void translate_structures(struct translator *t)
{
    uint32_t word = t->word;
    bool single = a64_bit(word, 24), post = a64_bit(word, 23);
    unsigned m = a64_field(word, 20, 16), bytes = single ? single_bytes(word) : multiple_bytes(word);
    if (a64_bit(word, 31) || !bytes || (!post && m) || (!single && a64_bit(word, 21))) {
        a64_emit_undefined(t);
        return;
    }
    if (!a64_simd_allowed(t))
        return;
    unsigned base = base_of(t);
    struct op *op = a64_emit_help(t, a64_bit(word, 22) ? A64_HELP_ld_structures : A64_HELP_st_structures);
    op->a = (uint8_t)base;
    op->s = (uint8_t)bytes;
    op->value = (int32_t)word;
    if (!post)
        return;
    if (m == 31)
        emit_write_back(t, base, bytes);
    else
        a64_emit_two(t, A64_OP_ADD64RR, base == t->sp ? a64_target_sp(t, 31) : base, base, m);
}

void a64_translate_memory(struct translator *t)
{
    uint32_t word = t->word;
    switch (a64_field(word, 29, 28)) {
    case 0:
        if (a64_bit(word, 26))
            translate_structures(t);
        else if (!a64_bit(word, 24))
            translate_exclusive(t);
        else
            a64_emit_undefined(t);
        break;
    case 1: a64_bit(word, 24) ? a64_emit_undefined(t) : translate_literal(t); break;
    case 2: translate_pair(t); break;
    default:
        if (a64_bit(word, 24))
            translate_unsigned_offset(t);
        else if (!a64_bit(word, 21))
            translate_nine_bits(t);
        else if (a64_field(word, 11, 10) == 0)
            translate_atomic(t);
        else if (a64_field(word, 11, 10) == 2)
            translate_register_offset(t);
        else
            a64_emit_undefined(t);
        break;
    }
}
