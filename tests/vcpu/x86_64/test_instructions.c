// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// General instructions against the host CPU: every form with random registers, encodings and values at the edges. Skipped where
// the host is not an x86-64.
#define _GNU_SOURCE // for native.h
#include "vcpu/x86_64/trial.h"

#define RUNS 400

static struct form forms[TRIAL_FORMS];
static unsigned form_count;

static struct form *add(const char *name, unsigned size, unsigned opcode, int digit, enum trial_operand operand)
{
    static const char *const kinds[] = { "", " r", " m" };
    cr_assert_lt(form_count, TRIAL_FORMS);
    struct form *f = &forms[form_count++];
    *f = (struct form){
        .opcode = (uint8_t)opcode, .digit = (int8_t)digit, .operand = (uint8_t)operand, .size = (uint8_t)size
    };
    f->map = opcode >> 8 == 0x0f;
    snprintf(f->name, sizeof f->name, "%s%u%s", name, 8 * size, kinds[operand]);
    return f;
}

// With a register and with a memory operand, at sizes 1 to 8; even opcodes are bytes. Later changes go to forms[first...].
static unsigned add_sizes(const char *name, unsigned opcode, int digit, unsigned smallest)
{
    unsigned first = form_count;
    for (unsigned size = smallest; size <= 8; size *= 2)
        for (enum trial_operand operand = REGISTER; operand <= MEMORY; operand++)
            add(name, size, size == 1 || smallest > 1 ? opcode : opcode | 1, digit, operand);
    return first;
}

static void each(unsigned first, uint32_t undefined, unsigned special, unsigned immediate,
                 void (*prepare)(struct trial *))
{
    for (unsigned i = first; i < form_count; i++) {
        forms[i].undefined |= undefined;
        forms[i].special |= (uint16_t)special;
        forms[i].immediate = (uint8_t)(immediate == 4 && forms[i].size < 4 ? forms[i].size : immediate);
        forms[i].prepare = prepare;
    }
}

static void run_forms(void)
{
    unsigned wrong = 0;
    for (unsigned i = 0; i < form_count; i++)
        wrong += try_form(&forms[i], RUNS) != 0;
    cr_log_info("%u forms", form_count);
    cr_expect_eq(wrong, 0, "%u of %u forms differ from the host", wrong, form_count);
    form_count = 0;
    trial_close();
}

static void need_host(void)
{
    if (!trial_open())
        cr_skip_test("the host is not an x86-64 that lets us make code");
}

// --- arithmetic ------------------------------------------------------------------------------------------------------

Test(instructions, two_operand_arithmetic_is_that_of_the_host)
{
    static const char *const names[] = { "add", "or", "adc", "sbb", "and", "sub", "xor", "cmp" };
    need_host();
    for (unsigned kind = 0; kind < 8; kind++) {
        uint32_t undefined = kind == 1 || kind == 4 || kind == 6 ? AF : 0;
        unsigned lock = kind == 7 ? 0 : LOCKABLE, opcode = kind * 8;
        char name[40];
        snprintf(name, sizeof name, "%s rm, r ", names[kind]);
        each(add_sizes(name, opcode, ANY_REGISTER, 1), undefined, lock, 0, NULL);
        snprintf(name, sizeof name, "%s r, rm ", names[kind]);
        each(add_sizes(name, opcode + 2, ANY_REGISTER, 1), undefined, 0, 0, NULL);
        snprintf(name, sizeof name, "%s rm, imm ", names[kind]);
        each(add_sizes(name, 0x80, (int)kind, 1), undefined, lock, 4, NULL);
        for (unsigned i = form_count - 8; i < form_count; i++)
            forms[i].immediate = forms[i].size == 1 ? 1 : forms[i].immediate;
        snprintf(name, sizeof name, "%s rm, imm8 ", names[kind]);
        each(add_sizes(name, 0x83, (int)kind, 2), undefined, lock, 1, NULL);
        snprintf(name, sizeof name, "%s rax, imm ", names[kind]);
        unsigned first = form_count;
        for (unsigned size = 1; size <= 8; size *= 2)
            add(name, size, opcode + (size == 1 ? 4 : 5), NO_MODRM, NO_OPERAND);
        each(first, undefined, 0, 4, NULL);
    }
    each(add_sizes("test rm, r ", 0x84, ANY_REGISTER, 1), AF, 0, 0, NULL);
    each(add_sizes("test rm, imm ", 0xf6, 0, 1), AF, 0, 4, NULL);
    each(add_sizes("test rm, imm /1 ", 0xf6, 1, 1), AF, 0, 4, NULL);
    unsigned first = form_count;
    for (unsigned size = 1; size <= 8; size *= 2)
        add("test rax, imm ", size, size == 1 ? 0xa8 : 0xa9, NO_MODRM, NO_OPERAND);
    each(first, AF, 0, 4, NULL);
    run_forms();
}

Test(instructions, one_operand_arithmetic_is_that_of_the_host)
{
    need_host();
    each(add_sizes("inc ", 0xfe, 0, 1), 0, LOCKABLE, 0, NULL);
    each(add_sizes("dec ", 0xfe, 1, 1), 0, LOCKABLE, 0, NULL);
    each(add_sizes("not ", 0xf6, 2, 1), 0, LOCKABLE, 0, NULL);
    each(add_sizes("neg ", 0xf6, 3, 1), 0, LOCKABLE, 0, NULL);
    run_forms();
}

// --- shifts ----------------------------------------------------------------------------------------------------------

// The flags that a shift of this count leaves undefined. row: kind of shift.
static void count_flags(struct trial *t, unsigned count)
{
    unsigned bits = 8u * t->form->size;
    bool rotate = t->form->row < 4;
    count &= bits == 64 ? 63 : 31;
    if (count == 0)
        return;
    t->undefined |= rotate ? 0 : AF;
    if (count != 1)
        t->undefined |= OF;
    if (!rotate && t->form->row != 7 && count >= bits)
        t->undefined |= CF;
}

static void shift_by_immediate(struct trial *t)
{
    if (below(4))
        t->immediate = below(70);
    count_flags(t, (uint8_t)t->immediate);
}

static void shift_by_cl(struct trial *t)
{
    if (below(4))
        t->in.r[X86_RCX] = (t->in.r[X86_RCX] & ~UINT64_C(0xff)) | below(70);
    t->fixed |= 1u << X86_RCX;
    count_flags(t, (uint8_t)t->in.r[X86_RCX]);
}

static void shift_by_one(struct trial *t)
{
    count_flags(t, 1);
}

Test(instructions, shifts_and_rotates_are_those_of_the_host)
{
    static const char *const names[] = { "rol", "ror", "rcl", "rcr", "shl", "shr", "sal", "sar" };
    need_host();
    for (unsigned kind = 0; kind < 8; kind++) {
        char name[40];
        unsigned first = form_count;
        snprintf(name, sizeof name, "%s imm ", names[kind]);
        each(add_sizes(name, 0xc0, (int)kind, 1), 0, 0, 1, shift_by_immediate);
        snprintf(name, sizeof name, "%s 1 ", names[kind]);
        each(add_sizes(name, 0xd0, (int)kind, 1), 0, 0, 0, shift_by_one);
        snprintf(name, sizeof name, "%s cl ", names[kind]);
        each(add_sizes(name, 0xd2, (int)kind, 1), 0, 0, 0, shift_by_cl);
        for (unsigned i = first; i < form_count; i++)
            forms[i].row = kind;
    }
    run_forms();
}

static void double_flags(struct trial *t, unsigned count)
{
    count &= t->form->size == 8 ? 63 : 31;
    if (count)
        t->undefined |= AF;
    if (count > 1)
        t->undefined |= OF;
}

// More than 16 bits of 16 are undefined, result and flags.
static void double_by_immediate(struct trial *t)
{
    t->immediate = t->form->size == 2 ? (chance() & 0xe0) | below(17) : chance();
    double_flags(t, (uint8_t)t->immediate);
}

static void double_by_cl(struct trial *t)
{
    if (t->form->size == 2)
        t->in.r[X86_RCX] = (t->in.r[X86_RCX] & ~UINT64_C(0x1f)) | below(17);
    t->fixed |= 1u << X86_RCX;
    double_flags(t, (uint8_t)t->in.r[X86_RCX]);
}

Test(instructions, double_shifts_are_those_of_the_host)
{
    need_host();
    each(add_sizes("shld imm ", 0x0fa4, ANY_REGISTER, 2), 0, 0, 1, double_by_immediate);
    each(add_sizes("shld cl ", 0x0fa5, ANY_REGISTER, 2), 0, 0, 0, double_by_cl);
    each(add_sizes("shrd imm ", 0x0fac, ANY_REGISTER, 2), 0, 0, 1, double_by_immediate);
    each(add_sizes("shrd cl ", 0x0fad, ANY_REGISTER, 2), 0, 0, 0, double_by_cl);
    run_forms();
}

// --- multiplication and division -------------------------------------------------------------------------------------

// Mostly small in the upper half, so that the quotient fits.
static void dividend(struct trial *t)
{
    unsigned bits = 8u * t->form->size;
    t->fixed |= 1u << X86_RAX | 1u << X86_RDX;
    if (below(4) == 0)
        return;
    if (bits == 8)
        t->in.r[X86_RAX] = (t->in.r[X86_RAX] & ~UINT64_C(0xff00)) | below(4) << 8;
    else
        t->in.r[X86_RDX] = below(3) ? below(16) : (uint64_t)(bits_sign(t->in.r[X86_RAX], bits) >> 63);
}

Test(instructions, multiplication_is_that_of_the_host)
{
    const uint32_t undefined = SF | ZF | AF | PF;
    need_host();
    each(add_sizes("mul ", 0xf6, 4, 1), undefined, 0, 0, NULL);
    each(add_sizes("imul ", 0xf6, 5, 1), undefined, 0, 0, NULL);
    each(add_sizes("imul r, rm ", 0x0faf, ANY_REGISTER, 2), undefined, 0, 0, NULL);
    each(add_sizes("imul r, rm, imm ", 0x69, ANY_REGISTER, 2), undefined, 0, 4, NULL);
    each(add_sizes("imul r, rm, imm8 ", 0x6b, ANY_REGISTER, 2), undefined, 0, 1, NULL);
    run_forms();
}

Test(instructions, division_and_its_fault_are_those_of_the_host)
{
    need_host();
    each(add_sizes("div ", 0xf6, 6, 1), X86_ARITHMETIC, EVEN_FAULT, 0, dividend);
    each(add_sizes("idiv ", 0xf6, 7, 1), X86_ARITHMETIC, EVEN_FAULT, 0, dividend);
    run_forms();
}

// --- bits ------------------------------------------------------------------------------------------------------------

// The offset of a bit string in memory reaches as far as the register says: keep it near.
static void bit_offset(struct trial *t)
{
    t->reg = (int)below(16);
    if (t->form->operand == REGISTER || t->reg == X86_RSP)
        return;
    uint64_t keep = t->form->size == 8 ? 0 : ~bits_low(8u * t->form->size), offset = (uint64_t)below(8000) - 4000;
    t->in.r[t->reg] = bits_merge(offset, t->in.r[t->reg], keep);
    t->fixed |= 1u << t->reg;
}

static void no_rsp_offset(struct trial *t)
{
    do
        bit_offset(t);
    while (t->reg == X86_RSP);
}

// Of zero the destination is undefined.
static void not_zero(struct trial *t)
{
    uint64_t one = 1;
    if (t->form->operand == MEMORY) {
        put_memory(t->target + below(t->form->size), &one, 1);
        return;
    }
    t->rm = (int)below(16);
    if ((t->in.r[t->rm] & bits_low(8u * t->form->size)) == 0)
        t->in.r[t->rm] |= BIT64(below(8u * t->form->size));
}

Test(instructions, bit_instructions_are_those_of_the_host)
{
    static const char *const names[] = { "bt", "bts", "btr", "btc" };
    const uint32_t undefined = OF | SF | AF | PF;
    need_host();
    for (unsigned kind = 0; kind < 4; kind++) {
        char name[40];
        snprintf(name, sizeof name, "%s rm, r ", names[kind]);
        each(add_sizes(name, 0x0fa3 + 8 * kind, ANY_REGISTER, 2), undefined, kind ? LOCKABLE : 0, 0, no_rsp_offset);
        snprintf(name, sizeof name, "%s rm, imm ", names[kind]);
        each(add_sizes(name, 0x0fba, 4 + (int)kind, 2), undefined, kind ? LOCKABLE : 0, 1, NULL);
    }
    each(add_sizes("bsf ", 0x0fbc, ANY_REGISTER, 2), undefined | CF, 0, 0, not_zero);
    each(add_sizes("bsr ", 0x0fbd, ANY_REGISTER, 2), undefined | CF, 0, 0, not_zero);
    if (native_has_popcnt()) {
        unsigned first = add_sizes("popcnt ", 0x0fb8, ANY_REGISTER, 2);
        for (unsigned i = first; i < form_count; i++)
            forms[i].prefix = 0xf3;
    } else {
        HOST_CANNOT("%s: the host has none", "popcnt");
    }
    add("bswap ", 4, 0x0fc8, NO_MODRM, NO_OPERAND)->special = BY_OPCODE;
    add("bswap ", 8, 0x0fc8, NO_MODRM, NO_OPERAND)->special = BY_OPCODE;
    run_forms();
}

// --- moves -----------------------------------------------------------------------------------------------------------

Test(instructions, moves_are_those_of_the_host)
{
    need_host();
    each(add_sizes("mov rm, r ", 0x88, ANY_REGISTER, 1), 0, 0, 0, NULL);
    each(add_sizes("mov r, rm ", 0x8a, ANY_REGISTER, 1), 0, 0, 0, NULL);
    each(add_sizes("mov rm, imm ", 0xc6, 0, 1), 0, 0, 4, NULL);
    each(add_sizes("xchg ", 0x86, ANY_REGISTER, 1), 0, LOCKABLE, 0, NULL);
    for (unsigned size = 1; size <= 8; size *= 2) {
        struct form *f = add("mov r, imm ", size, size == 1 ? 0xb0 : 0xb8, NO_MODRM, NO_OPERAND);
        f->special = BY_OPCODE;
        f->immediate = (uint8_t)size;
    }
    for (unsigned size = 2; size <= 8; size *= 2)
        add("xchg rax, r ", size, 0x90, NO_MODRM, NO_OPERAND)->special = BY_OPCODE;
    static const struct {
        const char *name;
        unsigned opcode, bytes;
    } extending[] = {
        { "movzx 8 to ", 0x0fb6, 1 },
        { "movzx 16 to ", 0x0fb7, 2 },
        { "movsx 8 to ", 0x0fbe, 1 },
        { "movsx 16 to ", 0x0fbf, 2 },
    };
    for (unsigned i = 0; i < countof(extending); i++) {
        unsigned first = add_sizes(extending[i].name, extending[i].opcode, ANY_REGISTER, 2);
        for (unsigned j = first; j < form_count; j++)
            forms[j].bytes = (uint8_t)extending[i].bytes;
    }
    unsigned first = add_sizes("movsxd ", 0x63, ANY_REGISTER, 4);
    for (unsigned i = first; i < form_count; i++)
        forms[i].bytes = 4;
    for (unsigned size = 2; size <= 8; size *= 2) {
        add("lea ", size, 0x8d, ANY_REGISTER, MEMORY);
        add("lea again ", size, 0x8d, ANY_REGISTER, MEMORY);
    }
    add("movnti ", 4, 0x0fc3, ANY_REGISTER, MEMORY);
    add("movnti ", 8, 0x0fc3, ANY_REGISTER, MEMORY);
    run_forms();
}

static void offset_of_memory(struct trial *t)
{
    t->immediate = t->target;
}

static void xlat(struct trial *t)
{
    t->in.r[X86_RBX] = t->target - (uint8_t)t->in.r[X86_RAX];
}

Test(instructions, moves_by_a_full_address_are_those_of_the_host)
{
    need_host();
    unsigned first = form_count;
    for (unsigned size = 1; size <= 8; size *= 2) {
        add("mov rax, [offset] ", size, size == 1 ? 0xa0 : 0xa1, NO_MODRM, NO_OPERAND);
        add("mov [offset], rax ", size, size == 1 ? 0xa2 : 0xa3, NO_MODRM, NO_OPERAND);
    }
    each(first, 0, 0, 8, offset_of_memory);
    add("xlat ", 1, 0xd7, NO_MODRM, NO_OPERAND)->prepare = xlat;
    run_forms();
}

Test(instructions, conditions_are_those_of_the_host)
{
    need_host();
    for (unsigned condition = 0; condition < 16; condition++) {
        char name[40];
        snprintf(name, sizeof name, "set%x ", condition);
        add(name, 1, 0x0f90 + condition, 0, REGISTER);
        add(name, 1, 0x0f90 + condition, 0, MEMORY);
        snprintf(name, sizeof name, "cmov%x ", condition);
        add_sizes(name, 0x0f40 + condition, ANY_REGISTER, 2);
    }
    run_forms();
}

// --- compare and exchange --------------------------------------------------------------------------------------------

static void often_equal(struct trial *t)
{
    t->rm = (int)below(16);
    uint64_t value = t->in.r[X86_RAX];
    if (below(2))
        return;
    t->fixed |= 1u << X86_RAX;
    if (t->form->operand == REGISTER)
        t->in.r[t->rm] = value;
    else
        put_memory(t->target, &value, 8);
}

static void often_equal_pair(struct trial *t)
{
    unsigned half = t->form->bytes / 2;
    t->fixed |= 0xf;
    if (below(2))
        return;
    put_memory(t->target, &t->in.r[X86_RAX], half);
    put_memory(t->target + half, &t->in.r[X86_RDX], half);
}

Test(instructions, exchanges_are_those_of_the_host)
{
    need_host();
    each(add_sizes("xadd ", 0x0fc0, ANY_REGISTER, 1), 0, LOCKABLE, 0, NULL);
    each(add_sizes("cmpxchg ", 0x0fb0, ANY_REGISTER, 1), 0, LOCKABLE, 0, often_equal);
    struct form *f = add("cmpxchg8b ", 4, 0x0fc7, 1, MEMORY);
    f->bytes = 8;
    f->special = LOCKABLE;
    f->prepare = often_equal_pair;
    f = add("cmpxchg16b ", 8, 0x0fc7, 1, MEMORY);
    f->bytes = 16;
    f->special = LOCKABLE | ALIGNED;
    f->prepare = often_equal_pair;
    run_forms();
}

// --- flags and signs -------------------------------------------------------------------------------------------------

Test(instructions, flag_and_sign_instructions_are_those_of_the_host)
{
    static const struct {
        const char *name;
        unsigned opcode;
    } plain[] = {
        { "cmc ", 0xf5 }, { "clc ", 0xf8 },  { "stc ", 0xf9 },  { "cld ", 0xfc },
        { "std ", 0xfd }, { "lahf ", 0x9f }, { "sahf ", 0x9e }, { "nop ", 0x90 },
    };
    need_host();
    for (unsigned i = 0; i < countof(plain); i++)
        add(plain[i].name, 4, plain[i].opcode, NO_MODRM, NO_OPERAND);
    forms[form_count - 1].special = NO_REX;
    for (unsigned size = 2; size <= 8; size *= 2) {
        add("cbw ", size, 0x98, NO_MODRM, NO_OPERAND);
        add("cwd ", size, 0x99, NO_MODRM, NO_OPERAND);
    }
    run_forms();
}

// --- the stack -------------------------------------------------------------------------------------------------------

static void not_rsp(struct trial *t)
{
    do
        t->rm = (int)below(16);
    while (t->rm == X86_RSP);
}

static void flags_on_stack(struct trial *t)
{
    uint64_t flags = 0x202 | (chance() & (X86_ARITHMETIC | X86_DF | X86_ID));
    put_memory(t->in.r[X86_RSP], &flags, 8);
}

static void frame_in_memory(struct trial *t)
{
    t->in.r[X86_RBP] = NATIVE_MEMORY + 0x800 + below(0x400);
    t->immediate &= 0xff00ff;
    if (below(4))
        t->immediate &= 0x300ff; // nesting levels: mostly few
}

static void add_stack(const char *name, unsigned opcode, int digit, enum trial_operand operand, unsigned special)
{
    add(name, 8, opcode, digit, operand)->special = (uint16_t)(STACK | WIDE | special);
    add(name, 2, opcode, digit, operand)->special = (uint16_t)(STACK | special);
}

Test(instructions, the_stack_is_that_of_the_host)
{
    need_host();
    add_stack("push r ", 0x50, NO_MODRM, NO_OPERAND, BY_OPCODE);
    add_stack("pop r ", 0x58, NO_MODRM, NO_OPERAND, BY_OPCODE);
    add_stack("push rm ", 0xff, 6, REGISTER, 0);
    add_stack("push rm ", 0xff, 6, MEMORY, 0);
    add_stack("pop rm ", 0x8f, 0, REGISTER, 0);
    add_stack("pop rm ", 0x8f, 0, MEMORY, 0);
    add_stack("push imm8 ", 0x6a, NO_MODRM, NO_OPERAND, 0);
    forms[form_count - 1].immediate = forms[form_count - 2].immediate = 1;
    add_stack("push imm ", 0x68, NO_MODRM, NO_OPERAND, 0);
    forms[form_count - 2].immediate = 4;
    forms[form_count - 1].immediate = 2;
    add_stack("pushf ", 0x9c, NO_MODRM, NO_OPERAND, 0);
    add_stack("popf ", 0x9d, NO_MODRM, NO_OPERAND, 0);
    forms[form_count - 1].prepare = forms[form_count - 2].prepare = flags_on_stack;
    add_stack("leave ", 0xc9, NO_MODRM, NO_OPERAND, 0);
    forms[form_count - 1].prepare = forms[form_count - 2].prepare = frame_in_memory;
    add_stack("enter ", 0xc8, NO_MODRM, NO_OPERAND, 0);
    forms[form_count - 1].prepare = forms[form_count - 2].prepare = frame_in_memory;
    forms[form_count - 1].immediate = forms[form_count - 2].immediate = 3;
    for (unsigned i = 0; i < form_count; i++)
        if (forms[i].operand == REGISTER && forms[i].opcode == 0x8f)
            forms[i].prepare = not_rsp;
    run_forms();
}

// --- jumps -----------------------------------------------------------------------------------------------------------

static void near_target(struct trial *t)
{
    t->no_rex = true;
    t->immediate = 0x80 - (t->form->size == 2 ? 1u : 0u) - (t->form->map ? 2u : 1u) - t->form->immediate;
}

static void counted(struct trial *t)
{
    near_target(t);
    if (below(2))
        t->in.r[X86_RCX] = below(3) | (below(2) ? chance() << 32 : 0);
}

static void target_in_operand(struct trial *t)
{
    uint64_t target = NATIVE_TARGET;
    t->rm = X86_RAX + (int)below(4);
    t->in.r[t->rm] = target;
    if (t->form->operand == MEMORY)
        put_memory(t->target, &target, 8);
}

static void target_on_stack(struct trial *t)
{
    uint64_t target = NATIVE_TARGET;
    put_memory(t->in.r[X86_RSP], &target, 8);
    t->immediate = below(0x100);
}

Test(instructions, jumps_are_those_of_the_host)
{
    need_host();
    for (unsigned condition = 0; condition < 16; condition++) {
        char name[40];
        snprintf(name, sizeof name, "j%x short ", condition);
        add(name, 4, 0x70 + condition, NO_MODRM, NO_OPERAND)->immediate = 1;
        snprintf(name, sizeof name, "j%x near ", condition);
        add(name, 4, 0x0f80 + condition, NO_MODRM, NO_OPERAND)->immediate = 4;
    }
    add("jmp short ", 4, 0xeb, NO_MODRM, NO_OPERAND)->immediate = 1;
    add("jmp near ", 4, 0xe9, NO_MODRM, NO_OPERAND)->immediate = 4;
    add("call near ", 4, 0xe8, NO_MODRM, NO_OPERAND)->immediate = 4;
    each(0, 0, NO_REX, 0, near_target);
    for (unsigned i = 0; i < form_count; i++)
        forms[i].immediate = forms[i].map || forms[i].opcode == 0xe9 || forms[i].opcode == 0xe8 ? 4 : 1;
    forms[form_count - 1].special |= STACK;
    for (unsigned opcode = 0xe0; opcode < 0xe4; opcode++) {
        struct form *f = add("loop or jrcxz ", 4, opcode, NO_MODRM, NO_OPERAND);
        f->immediate = 1;
        f->special = NO_REX;
        f->prepare = counted;
    }
    unsigned first = form_count;
    add("call rm ", 8, 0xff, 2, REGISTER);
    add("call rm ", 8, 0xff, 2, MEMORY);
    add("jmp rm ", 8, 0xff, 4, REGISTER);
    add("jmp rm ", 8, 0xff, 4, MEMORY);
    each(first, 0, STACK | WIDE, 0, target_in_operand);
    first = form_count;
    add("ret ", 8, 0xc3, NO_MODRM, NO_OPERAND);
    add("ret imm ", 8, 0xc2, NO_MODRM, NO_OPERAND);
    each(first, 0, STACK | WIDE, 0, target_on_stack);
    forms[form_count - 1].immediate = 2;
    run_forms();
}

// --- strings ---------------------------------------------------------------------------------------------------------

static void strings(struct trial *t)
{
    uint64_t from = NATIVE_MEMORY + 0x400 + below(0x2000),
             to = below(2) ? from + below(64) - 32 : NATIVE_MEMORY + 0x400 + below(0x2000);
    bool compares = (t->form->opcode & 0xf6) == 0xa6 && t->form->opcode != 0xa8;
    uint8_t copy[256];
    t->in.r[X86_RSI] = from;
    t->in.r[X86_RDI] = to;
    t->in.r[X86_RCX] = below(4) ? below(24) : 0;
    if (t->form->opcode == 0xaa || t->form->opcode == 0xab)
        t->in.r[X86_RCX] &= 15;
    t->in.flags |= below(2) ? X86_DF : 0;
    if (compares && below(4)) { // alike for a while
        memcpy(copy, trial_region.ram + (from - 128 - NATIVE_CODE), sizeof copy);
        put_memory(to - 128, copy, sizeof copy);
        put_memory(to + below(64) - 32, "?", 1);
    }
    if (below(4) == 0) { // scan for a value that is there
        memcpy(&t->in.r[X86_RAX], trial_region.ram + (to - NATIVE_CODE), 8);
    }
    t->undefined = 0;
}

Test(instructions, strings_are_those_of_the_host)
{
    static const struct {
        const char *name;
        unsigned opcode;
    } kinds[] = {
        { "movs", 0xa4 }, { "cmps", 0xa6 }, { "stos", 0xaa }, { "lods", 0xac }, { "scas", 0xae },
    };
    need_host();
    for (unsigned i = 0; i < countof(kinds); i++) {
        for (unsigned repeat = 0; repeat < 3; repeat++) {
            for (unsigned size = 1; size <= 8; size *= 2) {
                char name[40];
                snprintf(name, sizeof name, "%s%s ", repeat == 0 ? "" : repeat == 1 ? "rep " : "repne ", kinds[i].name);
                struct form *f = add(name, size, kinds[i].opcode | (size > 1), NO_MODRM, NO_OPERAND);
                f->prefix = repeat == 0 ? 0 : repeat == 1 ? 0xf3 : 0xf2;
                f->prepare = strings;
            }
        }
    }
    run_forms();
}
