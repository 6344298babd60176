// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// One instruction on the host and on our CPU, from the same random state: shared by test_instructions*.c.
//
// A form is a row: opcode, operand size, operands in modrm, immediates, flags that the manual leaves undefined. A trial
// is one encoding of it (registers, REX, addressing form and displacement are drawn) with one state.
#ifndef TESTS_VCPU_X86_64_TRIAL_H
#define TESTS_VCPU_X86_64_TRIAL_H

#include <criterion/criterion.h>
#include <stddef.h>
#include <stdio.h>
#include <unistd.h>

#include "vcpu/x86_64/any_nan.h"
#include "vcpu/x86_64/board.h"
#include "vcpu/x86_64/native.h"
#include "vcpu/x86_64/system/model.h"

#define TRIAL_FORMS 2000

#define CF X86_CF
#define PF X86_PF
#define AF X86_AF
#define ZF X86_ZF
#define SF X86_SF
#define OF X86_OF

enum { NO_MODRM = -2, ANY_REGISTER = -1 }; // instead of a digit in modrm.reg

enum trial_operand { NO_OPERAND, REGISTER, MEMORY };

enum {                  // what is special about a form
    WIDE = 1 << 0,      // 64 bits without REX.W
    BY_OPCODE = 1 << 1, // the register is in the opcode
    LOCKABLE = 1 << 2,
    ALIGNED = 1 << 3,    // the memory operand, to its size
    STACK = 1 << 4,      // RSP must point into memory
    FLOATING = 1 << 5,   // compare the x87 state too
    EVEN_FAULT = 1 << 6, // a fault on both sides is a result like others
    NO_REX = 1 << 7,
    REX_W = 1 << 8,   // whatever the size
    ANY_NAN = 1 << 9, // of several NaNs the processor chooses; `row` is the size of a lane
};

struct trial;

struct form {
    char name[40];
    uint8_t map, opcode, prefix; // prefix: F2h or F3h
    int8_t digit;
    uint8_t operand;   // enum trial_operand
    uint8_t size;      // of the operation: 1, 2, 4, 8
    uint8_t bytes;     // of the memory operand, if not `size`
    uint8_t immediate; // bytes
    uint16_t special;
    uint32_t undefined;               // flags
    unsigned row;                     // for `prepare`
    void (*prepare)(struct trial *t); // registers, flags, immediate, undefined flags; before the encoding
};

struct trial {
    const struct form *form;
    struct native_image in;
    uint8_t code[16];
    unsigned length;
    uint32_t fixed;     // registers that must keep their value
    uint32_t undefined; // flags
    int reg, rm;        // numbers, -1: to be drawn
    uint64_t immediate;
    uint64_t target; // address of the memory operand
    bool no_rex;
    bool skip_rm; // the register operand's result is undefined
};

// --- chance ----------------------------------------------------------------------------------------------------------

static uint64_t chance_state = 0x9e3779b97f4a7c15;

static inline uint64_t chance(void)
{
    chance_state ^= chance_state << 13;
    chance_state ^= chance_state >> 7;
    chance_state ^= chance_state << 17;
    return chance_state * UINT64_C(0x2545f4914f6cdd1d);
}

static inline unsigned below(unsigned limit)
{
    return (unsigned)((chance() >> 32) % limit);
}

// Values at the edges of 8, 16, 32 and 64 bits, and anything.
static inline uint64_t chance_value(void)
{
    switch (below(8)) {
    case 0: return 0;
    case 1: return BIT64(below(64)) - below(3) + 1;
    case 2: return ~BIT64(below(64));
    case 3: return bits_low((8u << below(4)) - below(2)) + below(3) - 1;
    case 4: return chance() >> below(64);
    case 5: return (uint64_t)((int64_t)chance() >> below(64));
    default: return chance();
    }
}

// --- encoding --------------------------------------------------------------------------------------------------------

static inline unsigned free_register(const struct trial *t, int other)
{
    for (;;) {
        unsigned number = below(16);
        if (!(t->fixed >> number & 1) && (int)number != other)
            return number;
    }
}

struct encoding {
    uint8_t rex, modrm, sib;
    bool has_sib, narrow;  // narrow: prefix 67h
    unsigned displacement; // bytes
    int32_t value;
    bool rip;
};

static inline void encode_memory(struct trial *t, struct encoding *e)
{
    unsigned kind = below(8);
    uint64_t address = t->target;
    e->narrow = below(8) == 0;
    if (kind == 0) { // relative to RIP
        e->modrm = 5;
        e->rip = true;
        e->displacement = 4;
        return;
    }
    e->has_sib = true;
    e->displacement = 4;
    if (kind == 1) { // absolute
        e->modrm = 4;
        e->sib = 0x25;
        e->value = (int32_t)address;
        return;
    }
    int base = -1, index = -1;
    unsigned scale = below(4);
    if (kind != 2) {
        base = (int)free_register(t, -1);
        t->fixed |= 1u << base;
    }
    if (kind == 2 || kind > 4) {
        do
            index = (int)free_register(t, base);
        while (index == 4);
        t->fixed |= 1u << index;
        t->in.r[index] = (uint64_t)(int64_t)(int)(below(0x2001) - 0x1000);
    }
    unsigned mod = base < 0 ? 0 : below(3);
    if (mod == 0 && base >= 0 && (base & 7) == 5)
        mod = 1;
    e->displacement = mod == 0 ? (base < 0 ? 4 : 0) : mod == 1 ? 1 : 4;
    e->value = mod == 1 ? (int8_t)chance() : mod == 2 ? (int32_t)chance() : 0;
    uint64_t offset = index < 0 ? 0 : t->in.r[index] << scale;
    if (base < 0)
        e->value = (int32_t)(address - offset);
    else
        t->in.r[base] = address - offset - (uint64_t)(int64_t)e->value;
    if (e->narrow) { // the upper halves do not count
        if (base >= 0)
            t->in.r[base] = (uint32_t)t->in.r[base] | chance() << 32;
        if (index >= 0)
            t->in.r[index] = (uint32_t)t->in.r[index] | chance() << 32;
    }
    e->has_sib = index >= 0 || base < 0 || (base & 7) == 4 || below(4) == 0;
    e->modrm = (uint8_t)(mod << 6 | (e->has_sib ? 4 : base & 7));
    e->sib = (uint8_t)(scale << 6 | (index < 0 ? 4 : index & 7) << 3 | (base < 0 ? 5 : base & 7));
    e->rex |= (index >= 8 ? 2 : 0) | (base >= 8 ? 1 : 0);
}

static inline void append(struct trial *t, uint64_t value, unsigned bytes)
{
    memcpy(t->code + t->length, &value, bytes);
    t->length += bytes;
}

static inline void encode(struct trial *t)
{
    const struct form *f = t->form;
    struct encoding e = { 0 };
    unsigned limit = f->special & NO_REX || t->no_rex ? 8 : 16;
    if (t->rm < 0)
        t->rm = (int)below(limit);
    if (t->reg < 0)
        t->reg = (int)below(limit);
    if (f->operand == MEMORY) {
        encode_memory(t, &e);
    } else if (f->operand == REGISTER) {
        e.modrm = (uint8_t)(0xc0 | (t->rm & 7));
        e.rex |= t->rm >= 8 ? 1 : 0;
    } else if (f->special & BY_OPCODE) {
        e.rex |= t->rm >= 8 ? 1 : 0;
    }
    if (f->digit == ANY_REGISTER) {
        e.modrm |= (uint8_t)((t->reg & 7) << 3);
        e.rex |= t->reg >= 8 ? 4 : 0;
    } else if (f->digit >= 0) {
        e.modrm |= (uint8_t)(f->digit << 3);
    }
    if ((f->size == 8 && !(f->special & WIDE)) || (f->special & REX_W))
        e.rex |= 8;
    if (e.rex || (!(f->special & NO_REX) && below(4) == 0))
        e.rex |= 0x40;
    if (f->special & LOCKABLE && f->operand == MEMORY && below(4) == 0)
        append(t, 0xf0, 1);
    if (e.narrow)
        append(t, 0x67, 1);
    if (f->size == 2)
        append(t, 0x66, 1);
    if (f->prefix)
        append(t, f->prefix, 1);
    if (e.rex)
        append(t, e.rex, 1);
    if (f->map)
        append(t, 0x0f, 1);
    if (f->map > 1)
        append(t, f->map == 2 ? 0x38 : 0x3a, 1);
    append(t, f->opcode | (f->special & BY_OPCODE ? (unsigned)t->rm & 7 : 0), 1);
    if (f->digit != NO_MODRM) {
        append(t, e.modrm, 1);
        if (e.has_sib && f->operand == MEMORY)
            append(t, e.sib, 1);
        if (e.rip)
            e.value = (int32_t)(t->target - (NATIVE_AT + t->length + 4 + f->immediate));
        append(t, (uint32_t)e.value, e.displacement);
    }
    append(t, t->immediate, f->immediate);
}

// --- both sides ------------------------------------------------------------------------------------------------------

struct result {
    struct native_image image;
    const uint8_t *memory;
};

static struct board *trial_board;
static struct region trial_region;
static bool trial_any_stack; // the host can deliver a fault whatever RSP holds

#define TRIAL_SECONDS 300 // for the trials of one test: a host that hangs in one ends the test

static inline bool trial_open(void)
{
    if (!native_open())
        return false;
    alarm(TRIAL_SECONDS);
    trial_any_stack = native_faults_with_any_stack();
    trial_board = board_new(1, 1 << 20);
    trial_region = (struct region){
        .base = NATIVE_CODE, .size = 0x2000 + NATIVE_BYTES, .name = "trial", .ram = calloc(1, 0x2000 + NATIVE_BYTES)
    };
    bus_add(&trial_board->memory, &trial_region);
    memset(trial_region.ram, 0xf4, 0x1000);
    board_long(trial_board, 0);
    trial_board->cpu[0]->model = x86_model_find("max"); // every instruction that there is
    for (unsigned i = 0; i < NATIVE_BYTES; i++)
        trial_region.ram[0x2000 + i] = ((uint8_t *)(uintptr_t)NATIVE_MEMORY)[i] = (uint8_t)chance();
    return true;
}

static inline void trial_close(void)
{
    board_free(trial_board);
    free(trial_region.ram);
}

static inline void fx_to_cpu(struct x86_cpu *cpu, const uint8_t *fx)
{
    memcpy(&cpu->x87.control, fx, 2);
    memcpy(&cpu->x87.status, fx + 2, 2);
    cpu->x87.valid = fx[4];
    memcpy(&cpu->mxcsr, fx + 24, 4);
    for (unsigned i = 0; i < 8; i++) {
        unsigned physical = ((cpu->x87.status >> 11) + i) & 7;
        memcpy(&cpu->x87.mantissa[physical], fx + 32 + 16 * i, 8);
        memcpy(&cpu->x87.exponent[physical], fx + 40 + 16 * i, 2);
    }
    memcpy(cpu->xmm, fx + 160, 256);
}

static inline void fx_from_cpu(const struct x86_cpu *cpu, uint8_t *fx)
{
    memset(fx, 0, 512);
    memcpy(fx, &cpu->x87.control, 2);
    memcpy(fx + 2, &cpu->x87.status, 2);
    fx[4] = cpu->x87.valid;
    memcpy(fx + 24, &cpu->mxcsr, 4);
    for (unsigned i = 0; i < 8; i++) {
        unsigned physical = ((cpu->x87.status >> 11) + i) & 7;
        memcpy(fx + 32 + 16 * i, &cpu->x87.mantissa[physical], 8);
        memcpy(fx + 40 + 16 * i, &cpu->x87.exponent[physical], 2);
    }
    memcpy(fx + 160, cpu->xmm, 256);
}

// What an FXSAVE image has in addition to the state: last instruction and operand, the mask of MXCSR, reserved bytes.
static inline void fx_clean(uint8_t *fx)
{
    memset(fx + 5, 0, 19);
    memset(fx + 28, 0, 4);
    for (unsigned i = 0; i < 8; i++)
        memset(fx + 42 + 16 * i, 0, 6);
    memset(fx + 416, 0, 96);
}

static inline struct native_image run_ours(const struct trial *t)
{
    struct board *board = trial_board;
    struct x86_cpu *cpu = board->cpu[0];
    struct native_image out = { 0 };
    memcpy(cpu->r, t->in.r, sizeof t->in.r);
    cpu->r[X86_RIP] = NATIVE_AT;
    x86_set_flags(cpu, t->in.flags);
    fx_to_cpu(cpu, t->in.fx);
    memset(trial_region.ram + 0x400, 0xf4, 32);
    memcpy(trial_region.ram + 0x400, t->code, t->length);
    loop_memory_written(&board->loop, NATIVE_AT, 32);
    vcpu_set_state(&cpu->vcpu, VCPU_RUNNING);
    enum loop_stop stop = board_run(board, 100);
    cr_assert_eq(stop, LOOP_DEADLOCK, "%s: stopped by %d", t->form->name, stop);
    uint64_t rip = cpu->r[X86_RIP] - 1;
    memcpy(out.r, cpu->r, sizeof out.r);
    out.flags = x86_flags(cpu);
    out.exit = rip == NATIVE_AT + t->length ? NATIVE_WENT_ON : rip == NATIVE_TARGET ? NATIVE_JUMPED : NATIVE_FAULTED;
    if (out.exit == NATIVE_FAULTED) { // the frame on the stack of IST1: [error,] RIP, CS, RFLAGS, RSP, SS
        uint64_t frame = BOARD_IST - 40;
        out.vector = (rip - BOARD_HANDLERS) / 16;
        out.flags = board_get(board, frame + 16, 8) & ~(uint64_t)X86_RF;
        out.r[X86_RSP] = board_get(board, frame + 24, 8);
        cr_assert_eq(board_get(board, frame, 8), NATIVE_AT, "%s: a fault elsewhere, or RIP %lx", t->form->name, rip);
    }
    fx_from_cpu(cpu, out.fx);
    return out;
}

static inline void show(char *text, size_t size, const struct trial *t, const char *what, uint64_t ours,
                        uint64_t theirs)
{
    size_t at = (size_t)snprintf(text, size, "%s:", t->form->name);
    for (unsigned i = 0; i < t->length; i++)
        at += (size_t)snprintf(text + at, size - at, " %02x", t->code[i]);
    snprintf(text + at, size - at,
             ": %s is %lx, host %lx; before: rax %lx rcx %lx rdx %lx reg(%d) %lx rm(%d) %lx flags %lx", what,
             (unsigned long)ours, (unsigned long)theirs, (unsigned long)t->in.r[0], (unsigned long)t->in.r[1],
             (unsigned long)t->in.r[2], t->reg, (unsigned long)t->in.r[t->reg & 15], t->rm,
             (unsigned long)t->in.r[t->rm & 15], (unsigned long)t->in.flags);
}

// True if both did the same; otherwise `text` says what differs first.
static inline bool same(const struct trial *t, const struct native_image *ours, const struct native_image *host,
                        char *text, size_t size)
{
    static const char *const names[] = { "rax", "rcx", "rdx", "rbx", "rsp", "rbp", "rsi", "rdi",
                                         "r8",  "r9",  "r10", "r11", "r12", "r13", "r14", "r15" };
    uint64_t mask = (X86_ARITHMETIC | X86_DF) & ~(uint64_t)t->undefined;
    if (ours->exit != host->exit || (ours->exit == NATIVE_FAULTED && ours->vector != host->vector)) {
        show(text, size, t, "the way out", ours->exit << 8 | ours->vector, host->exit << 8 | host->vector);
        return false;
    }
    if (ours->exit == NATIVE_FAULTED)
        mask = X86_ARITHMETIC | X86_DF;
    for (unsigned i = 0; i < 16; i++) {
        if (ours->r[i] == host->r[i] || (t->skip_rm && t->form->operand == REGISTER && t->rm == (int)i))
            continue;
        show(text, size, t, names[i], ours->r[i], host->r[i]);
        return false;
    }
    if ((ours->flags ^ host->flags) & mask) {
        show(text, size, t, "flags", ours->flags & mask, host->flags & mask);
        return false;
    }
    struct native_image a = *ours, b = *host;
    fx_clean(a.fx);
    fx_clean(b.fx);
    if (t->form->special & ANY_NAN)
        any_nan(a.fx + 160 + 16 * t->reg, b.fx + 160 + 16 * t->reg, t->form->row);
    for (unsigned i = t->form->special & FLOATING ? 0 : 160; i < 512; i++) {
        if (a.fx[i] == b.fx[i])
            continue;
        char what[40];
        snprintf(what, sizeof what, "byte %u of the FXSAVE image", i);
        uint64_t x, y;
        memcpy(&x, a.fx + (i & ~7u), 8);
        memcpy(&y, b.fx + (i & ~7u), 8);
        show(text, size, t, what, x, y);
        return false;
    }
    const uint8_t *mine = trial_region.ram + 0x2000;
    uint8_t *other = (uint8_t *)(uintptr_t)NATIVE_MEMORY;
    if (memcmp(mine, other, NATIVE_BYTES) == 0)
        return true;
    unsigned at = 0;
    while (mine[at] == other[at])
        at++;
    uint64_t x, y;
    memcpy(&x, mine + at, 8);
    memcpy(&y, other + at, 8);
    char what[40];
    snprintf(what, sizeof what, "memory at operand%+d", (int)(NATIVE_MEMORY + at - t->target));
    show(text, size, t, what, x, y);
    memcpy(other, mine, NATIVE_BYTES);
    return false;
}

static inline void put_memory(uint64_t address, const void *data, unsigned size)
{
    memcpy(trial_region.ram + (address - NATIVE_CODE), data, size);
    memcpy((void *)(uintptr_t)address, data, size);
}

static inline void draw_state(struct trial *t)
{
    static const uint8_t fresh[32] = { 0x7f, 3, [24] = 0x80, 0x1f };
    uint64_t values[4];
    for (unsigned i = 0; i < 16; i++)
        t->in.r[i] = chance_value();
    if (below(4) == 0) // equals
        t->in.r[below(16)] = t->in.r[below(16)];
    t->in.flags = 0x202 | (chance() & X86_ARITHMETIC);
    memcpy(t->in.fx, fresh, sizeof fresh);
    for (unsigned i = 32; i < 416; i += 8) {
        uint64_t value = i < 160 && i % 16 ? 0 : chance();
        memcpy(t->in.fx + i, &value, 8);
    }
    unsigned bytes = t->form->bytes ? t->form->bytes : t->form->size;
    t->target = NATIVE_MEMORY + 0x1000 + below(0x800);
    if (below(8) == 0)
        t->target = NATIVE_MEMORY + 0x1000 - below(16); // across pages
    if (t->form->special & ALIGNED)
        t->target &= ~(uint64_t)(bytes - 1);
    for (unsigned i = 0; i < 4; i++)
        values[i] = chance_value();
    if (below(4) == 0)
        values[0] = t->in.r[0];
    put_memory(t->target, values, sizeof values);
    if (t->form->special & STACK) {
        t->fixed |= 1u << X86_RSP;
        t->in.r[X86_RSP] = NATIVE_MEMORY + 0x800 + below(0x400);
    }
    t->immediate = chance_value();
}

static inline bool is_canonical(uint64_t address)
{
    return bits_sign(address, 48) == (int64_t)address;
}

// Runs a form `runs` times. The number of trials that differed; the first is logged.
static inline unsigned try_form(const struct form *form, unsigned runs)
{
    unsigned wrong = 0, skipped = 0;
    for (unsigned i = 0; i < runs; i++) {
        struct trial t = { .form = form, .reg = -1, .rm = -1, .undefined = form->undefined };
        char text[512];
        draw_state(&t);
        if (form->prepare)
            form->prepare(&t);
        encode(&t);
        if (t.length > 15)
            continue;
        struct native_image ours = run_ours(&t);
        if (ours.exit == NATIVE_FAULTED && !trial_any_stack && !is_canonical(t.in.r[X86_RSP])) {
            skipped++;
            continue;
        }
        const struct native_image *host = native_run(&t.in, t.code, t.length);
        if (!same(&t, &ours, host, text, sizeof text) && wrong++ == 0)
            cr_log_error("%s", text);
    }
    if (skipped)
        HOST_CANNOT("%s: %u trials: the host cannot deliver a fault with a non-canonical RSP", form->name, skipped);
    return wrong;
}

#endif
