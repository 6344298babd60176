// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The code generator's memory, and the links between compiled blocks.
#include "vcpu/jit/jit.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/bits.h"
#include "vcpu/jit/check.h"
#include "vcpu/jit/code_memory.h"
#include "vcpu/jit/compile.h"
#include "vcpu/loop.h"

#if defined(EMIT_X86_64) || defined(EMIT_ARM64)

#define DEFAULT_BYTES     (UINT64_C(64) << 20)
#define DEFAULT_THRESHOLD 16

// Where more code is run in turn than fits, a part of it stays compiled, instead of all being compiled again and again: full memory
// is emptied when blocks without host code have asked for it so often for each that has it. By then interpreting them has cost
// more than compiling all again: 256 runs of 13 ns each, where a block of eight instructions is compiled in 1 us.
#define REQUESTS_OF_A_BLOCK 16

// What is seldom run has this share of the memory to itself, so that the rest lies close together. In boots it is 45 percent of the code.
#define SELDOM(size) ((size) / 9 * 4)

struct jit {
    struct loop *loop;
    struct code_memory memory;
    size_t used, first;    // bytes; where the code of blocks begins
    size_t seldom, border; // likewise of what is seldom run
    size_t shared_size;    // bytes of what they share
    bool full;             // nothing more fits;
    uint64_t requests;     // since then,
    uint64_t held;         // of blocks that have host code
    struct emit_shared shared;
    struct jit_counts counts;
    struct check *check;      // NULL: nothing is compared
    struct compiler compiler; // the block in work
};

#ifdef EMIT_PATCHES
static uint8_t *writable(const struct jit *jit, const void *code)
{
    return jit->memory.write + ((const uint8_t *)code - jit->memory.code);
}
#endif

static void forget_code(struct jit *jit)
{
    if (jit->used > jit->first)
        code_memory_forget(&jit->memory);
    jit->used = jit->first;
    jit->seldom = jit->border;
    jit->full = false;
    jit->held = 0;
    jit->counts.emptied++;
}

// Where an exit leads: the code of another block, or its way out.
static void lead_exit(struct jit *jit, struct block *block, unsigned exit, const void *target)
{
    block->host->targets[exit] = target;
    if (block->host->exits[exit] == UINT32_MAX)
        return; // it is not in the code: a loop within the block, or never reached
#ifdef EMIT_PATCHES
    uint8_t *code = (uint8_t *)(uintptr_t)block->native + block->host->exits[exit], *place = writable(jit, code);
    code_memory_begin(&jit->memory);
    emit_link(place, code, target);
    code_memory_end(&jit->memory, (size_t)(place - jit->memory.write), 8);
#else
    (void)jit;
#endif
}

static void native_link(void *owner, struct block *block, unsigned exit, const struct block *target)
{
    if (!jit_check(owner))
        lead_exit(owner, block, exit, target->native);
}

static void native_unlink(void *owner, struct block *block, unsigned exit)
{
    if (!jit_check(owner))
        lead_exit(owner, block, exit, (const uint8_t *)block->native + block->host->misses[exit]);
}

// Who looks at the code gets that of a block in one piece.
static bool is_split(const struct jit *jit)
{
#ifdef EMIT_REACHES
    return !jit->check && !jit->loop->code.compiled;
#else
    (void)jit;
    return false;
#endif
}

static bool try_compile(struct jit *jit, struct block *block)
{
    struct compiler *c = &jit->compiler;
    size_t mark = jit->check ? sizeof(struct check_mark) : 0;
    bool split = is_split(jit);
    uint8_t *memory = jit->memory.write, *end = memory + jit->memory.size;
    if (jit->memory.size - jit->used < mark)
        return false;
    uint8_t *begin = memory + jit->used + mark;
    c->e = (struct emit){ .at = begin,
                          .begin = begin,
                          .end = split ? memory + jit->border : end,
                          .code = jit->memory.code + jit->used + mark };
    c->seldom = split ? memory + jit->seldom : NULL;
    c->seldom_end = end;
    code_memory_begin(&jit->memory);
    bool done = compile_block(c, block);
    if (mark)
        memcpy(begin - mark, &(struct check_mark){ block, (uint64_t)(c->e.at - begin) }, mark);
    uint8_t *often_end = split && done ? c->often_end : c->e.at;
    code_memory_end(&jit->memory, jit->used, (size_t)(often_end - begin) + mark);
    if (!done)
        return false;
    if (split) {
        size_t seldom = (size_t)(c->e.at - memory);
        code_memory_end(&jit->memory, jit->seldom, seldom - jit->seldom);
        jit->seldom = seldom;
    }
    block->native = c->e.code;
    for (unsigned i = 0; i < block->exits; i++) {
        block->host->exits[i] = c->exits[i];
        block->host->misses[i] = c->misses[i];
        block->host->targets[i] = c->e.code + c->misses[i];
    }
    jit->used = (size_t)align_up((uint64_t)(often_end - memory), 16);
    return true;
}

// Whoever watches the code is told what it became, piece by piece.
static COLD void tell_compiled(const struct jit *jit, struct vcpu *cpu, const struct block *block)
{
    const struct compiler *c = &jit->compiler;
    const struct code_watch *watch = &jit->loop->code;
    struct host_piece pieces[4 * BLOCK_OPS + 32] = { { .what = "head" } };
    unsigned count = 1;
    for (unsigned i = 1; i <= c->last; i++)
        pieces[count++] = (struct host_piece){ c->starts[0][i], "op", &block->ops[i] };
    if (c->loop.found) {
        pieces[count++] = (struct host_piece){ c->loop_head, "again, with what is in registers", NULL };
        for (unsigned i = 1; i <= c->last; i++)
            pieces[count++] = (struct host_piece){ c->starts[1][i], "op", &block->ops[i] };
    }
    pieces[count++] = (struct host_piece){ c->end, "too few instructions are left", NULL };
    for (unsigned i = 0; i < c->cold_count; i++) {
        const struct cold *cold = &c->cold[i];
        pieces[count++] = cold->kind == COLD_HEAD
                              ? (struct host_piece){ cold->from.at - 1, "too few are left for another turn", NULL }
                              : (struct host_piece){ cold->from.at - 1, "seldom", cold->op };
    }
    watch->compiled(watch->owner, cpu, block,
                    &(struct host_code){ c->e.code, (size_t)(c->e.at - c->e.begin), pieces, count });
}

// Nothing more fits. False: the block waits.
static bool make_room(struct jit *jit, struct block *block)
{
    if (!jit->full) {
        jit->full = true;
        jit->requests = 0;
    }
    if (++jit->requests <= REQUESTS_OF_A_BLOCK * jit->held) {
        block->heat = jit->loop->blocks.native.threshold;
        return false;
    }
    blocks_forget_native(&jit->loop->blocks); // all are interpreted again
    forget_code(jit);
    return true;
}

static bool native_compile(void *owner, struct vcpu *cpu, struct block *block)
{
    struct jit *jit = owner;
    if (!jit->compiler.guest->compiles(block->mode) || (jit->full && !make_room(jit, block)) ||
        !blocks_prepare_host(&jit->loop->blocks, block))
        return false;
    while (!try_compile(jit, block)) {
        if (jit->held == 0) {
            jit->counts.refused++;
            return false;
        }
        if (!make_room(jit, block))
            return false;
    }
    block->ops[0].code = OP_NATIVE;
    jit->held++;
    jit->counts.compiled++;
    if (unlikely(jit->loop->code.compiled))
        tell_compiled(jit, cpu, block);
    for (unsigned i = 0; i < block->exits; i++) {
        const struct op *exit = &block->ops[block->op_count - block->exits + i];
        if (exit->link && exit->link->code == OP_NATIVE)
            native_link(jit, block, i, block_of(exit->link));
    }
    return true;
}

static void native_drop(void *owner)
{
    forget_code(owner);
}

static int make_shared(struct jit *jit)
{
    struct emit_shared *shared = &jit->shared;
    *shared = (struct emit_shared){
        .state_left = offsetof(struct vcpu, left),
        .state_pc = slot_offset(&jit->compiler, jit->compiler.guest->pc),
        .state_block = offsetof(struct vcpu, block),
        .state_data = offsetof(struct vcpu, data),
        .bodies = jit->check ? check_bodies(jit->check) : jit->compiler.guest->bodies,
        .native_of_head = offsetof(struct block, ops) - offsetof(struct block, native),
        .count_in_head = offsetof(struct op, imm),
    };
    struct emit e = { .at = jit->memory.write,
                      .begin = jit->memory.write,
                      .end = jit->memory.write + jit->memory.size,
                      .code = jit->memory.code };
    code_memory_begin(&jit->memory);
    emit_shared(&e, shared);
    code_memory_end(&jit->memory, 0, (size_t)(e.at - e.begin));
    jit->shared_size = (size_t)(e.at - e.begin);
    jit->used = jit->first = (size_t)align_up((uint64_t)(e.at - e.begin), 64);
    jit->seldom = jit->border = jit->memory.size - SELDOM(jit->memory.size);
    return e.full ? -EINVAL : 0;
}

int jit_create(struct jit **out, struct loop *loop, const struct jit_guest *guest, const struct jit_config *config)
{
    struct jit *jit = calloc(1, sizeof *jit);
    if (!jit)
        return -ENOMEM;
    jit->loop = loop;
    jit->compiler.guest = guest;
    jit->compiler.shared = &jit->shared;
    jit->compiler.apart = config->check;
    jit->check = config->check ? check_create(guest) : NULL;
    int result = config->check && !jit->check ? -ENOMEM : 0;
    if (!result)
        result = code_memory_map(&jit->memory, config->bytes ? config->bytes : DEFAULT_BYTES, config->for_perf);
    if (!result)
        result = make_shared(jit);
    if (result) {
        code_memory_unmap(&jit->memory);
        check_destroy(jit->check);
        free(jit);
        return result;
    }
    struct native native = {
        .absent = jit->shared.absent,
        .compile = native_compile,
        .link = native_link,
        .unlink = native_unlink,
        .drop = native_drop,
        .owner = jit,
        .threshold = config->threshold ? config->threshold : DEFAULT_THRESHOLD,
    };
    memcpy(&native.enter, &jit->shared.enter, sizeof native.enter);
    if (jit->check) {
        check_set_enter(jit->check, native.enter);
        native.enter = check_enter;
    }
    blocks_set_native(&loop->blocks, &native);
    *out = jit;
    return 0;
}

void jit_destroy(struct jit *jit)
{
    if (!jit)
        return;
    blocks_set_native(&jit->loop->blocks, &(struct native){ 0 });
    code_memory_unmap(&jit->memory);
    check_destroy(jit->check);
    free(jit);
}

void jit_shared(const struct jit *jit, void (*tell)(void *owner, const struct host_code *code), void *owner)
{
    const struct emit_shared *shared = &jit->shared;
    const struct {
        const uint8_t *code;
        const char *name;
    } all[] = {
        { shared->enter, "enter" }, { shared->absent, "absent" }, { shared->leave, "leave" }, { shared->few, "few" },
        { shared->exit, "exit" },   { shared->body, "body" },     { shared->jump, "jump" },
    };
    struct host_piece pieces[countof(all)];
    unsigned count = 0;
    for (unsigned i = 0; i < countof(all); i++) { // in the order of their addresses
        struct host_piece piece = { (uint32_t)(all[i].code - jit->memory.code), all[i].name, NULL };
        unsigned at = count++;
        for (; at && pieces[at - 1].at > piece.at; at--)
            pieces[at] = pieces[at - 1];
        pieces[at] = piece;
    }
    tell(owner, &(struct host_code){ jit->memory.code, jit->shared_size, pieces, count });
}

struct check *jit_check(const struct jit *jit)
{
    return jit->check;
}

void jit_counts(const struct jit *jit, struct jit_counts *counts)
{
    *counts = jit->counts;
    counts->used = jit->used + (jit->seldom - jit->border);
    counts->size = jit->memory.size;
    counts->threshold = jit->loop->blocks.native.threshold;
}

#else

int jit_create(struct jit **jit, struct loop *loop, const struct jit_guest *guest, const struct jit_config *config)
{
    (void)jit, (void)loop, (void)guest, (void)config;
    return -ENOTSUP;
}

void jit_destroy(struct jit *jit)
{
    (void)jit;
}

void jit_shared(const struct jit *jit, void (*tell)(void *owner, const struct host_code *code), void *owner)
{
    (void)jit, (void)tell, (void)owner;
}

struct check *jit_check(const struct jit *jit)
{
    (void)jit;
    return NULL;
}

void jit_counts(const struct jit *jit, struct jit_counts *counts)
{
    (void)jit;
    *counts = (struct jit_counts){ 0 };
}

#endif
