// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Host code against the interpreter.
#include "vcpu/jit/check.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bits.h"
#include "vcpu/guest.h"
#include "vcpu/jit/compile.h"
#include "vcpu/jit/jit.h"
#include "vcpu/loop.h"

#define TURNS        4  // of a loop within a block at once
#define MARGIN       16 // bytes around a store that are compared too
#define STORE_MOST   32 // bytes of a store
#define REPORT_BYTES (UINT64_C(128) << 10)

// Where execution is in a block that may jump to its own beginning.
struct place {
    const struct op *op; // the head: its instructions are not charged yet; behind the last one: the end
    int64_t turn;        // how often they were charged since `from`
};

struct store {
    uint8_t *host;
    unsigned size, first; // bytes; how many of them are before the store's
    const struct op *op;
    uint8_t before[2 * MARGIN + STORE_MOST], native[2 * MARGIN + STORE_MOST];
};

struct check {
    const struct jit_guest *guest;
    struct native_end (*enter)(struct vcpu *cpu, const void *code);
    op_body **bodies;

    // Of the block that runs.
    const struct block *block;
    const void *code;
    bool needed[BLOCK_OPS + 1]; // the flags after an op
    const struct op *from;      // all before are done and compared; NULL: nothing is compared until the block is left
    struct vcpu *state;         // the CPU then
    struct place stop;          // the functions go no further without what they must not do twice
    struct store stores[(TURNS + 1) * BLOCK_OPS];
    unsigned store_count;

    struct vcpu *work, *trial; // CPUs for the functions to run on
    // What these have instead: nothing is in this TLB, and a walk finds nothing but is noticed.
    struct tlb tlb;
    struct tlb_entry no_entry;
    struct loop loop;
    struct guest no_guest;
    struct jump_cache_entry jumps[JUMP_CACHE_ENTRIES];
    bool walked;
    uint64_t walked_address;

    // Among differences at one place the one of the earliest op counts.
    bool suspects;
    const struct op *suspect; // NULL: not known
    char what[200];

    char line[400];
    char *report; // NULL: no difference
    size_t report_size;
    const void *bad_code;
    size_t bad_bytes;
};

typedef enum op_out plain_body(struct vcpu *cpu, const struct op *op);
typedef const struct op *jump_body(struct vcpu *cpu, const struct op *op);

static enum op_out run_op(const struct check *check, struct vcpu *cpu, const struct op *op)
{
    return ((plain_body *)check->guest->bodies[op->code])(cpu, op);
}

static const struct op_row *row_of(const struct check *check, const struct op *op)
{
    return &check->guest->rows[op->code];
}

static unsigned index_of(const struct check *check, const struct op *op)
{
    return (unsigned)(op - check->block->ops);
}

static uint64_t *word_at(struct vcpu *cpu, unsigned offset)
{
    return (uint64_t *)(void *)((char *)cpu + offset);
}

static uint64_t *slot_of(const struct check *check, struct vcpu *cpu, unsigned slot)
{
    return word_at(cpu, check->guest->registers + 8 * slot);
}

// --- the report ------------------------------------------------------------------------------------------------------

static __attribute__((format(printf, 2, 3))) void say(struct check *check, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    int size = vsnprintf(check->report + check->report_size, REPORT_BYTES - check->report_size, format, arguments);
    va_end(arguments);
    if (size > 0 && (size_t)size < REPORT_BYTES - check->report_size)
        check->report_size += (size_t)size;
}

static void say_ops(struct check *check, const struct op *bad)
{
    const struct block *block = check->block;
    for (unsigned i = 1; i < block->op_count; i++) {
        const struct op *op = &block->ops[i];
        say(check, "%s%3u  %2u %-10s d=%u ", op == bad ? "> " : "  ", i, op->n, row_of(check, op)->name, op->d);
        if (row_of(check, op)->operands & OP_DELTA)
            say(check, "delta=%" PRId32, op->delta);
        else
            say(check, "a=%u b=%u s=%u x=%u", op->a, op->b, op->s, op->x);
        say(check, " imm=%" PRIx64 "\n", (uint64_t)op->imm);
    }
}

static void say_code(struct check *check)
{
    const uint8_t *code = check->code;
    for (size_t i = 0; i < check->bad_bytes; i++)
        say(check, "%s%02x%s", i % 16 ? " " : "  ", code[i], i % 16 == 15 || i + 1 == check->bad_bytes ? "\n" : "");
}

// A difference, of `op` if that is known.
static __attribute__((format(printf, 3, 4))) void suspect(struct check *check, const struct op *op, const char *format,
                                                          ...)
{
    if (check->suspects && (!op || (check->suspect && check->suspect <= op)))
        return;
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(check->what, sizeof check->what, format, arguments);
    va_end(arguments);
    check->suspects = true;
    check->suspect = op;
}

// Ends the run if there was a difference.
static void judge(struct check *check, struct vcpu *cpu)
{
    static char none[] = "";
    const struct block *block = check->block;
    const struct op *op = check->suspect;
    if (!check->suspects || check->report)
        return;
    check->bad_code = check->code;
    check->bad_bytes = (size_t)((const struct check_mark *)check->code - 1)->bytes;
    snprintf(check->line, sizeof check->line, "host code of the block at physical %" PRIx64 ", op %u (%s): %s",
             block->physical, op ? index_of(check, op) : 0, op ? row_of(check, op)->name : "the way out", check->what);
    check->report = malloc(REPORT_BYTES);
    if (!check->report) {
        check->report = none;
    } else {
        check->report_size = 0;
        say(check, "%s\n", check->line);
        say(check, "CPU %u, virtual pc %" PRIx64 ", mode %x, %u instructions, ops:\n", cpu->index,
            *slot_of(check, check->state, check->guest->pc), block->mode, block->count);
        say_ops(check, op);
        say(check, "host code, %zu bytes:\n", check->bad_bytes);
        say_code(check);
    }
    loop_stop(cpu->loop, LOOP_DIFFERS, 0);
}

// --- the functions of the ops, on a copy -----------------------------------------------------------------------------

static bool walk_nothing(struct vcpu *cpu, uint64_t address, enum access access, bool user, struct tlb_page *page)
{
    struct check *check = (struct check *)(void *)((char *)cpu->loop - offsetof(struct check, loop));
    (void)access, (void)user, (void)page;
    if (!check->walked)
        check->walked_address = address;
    check->walked = true;
    return false;
}

static void begin_copy(struct check *check, struct vcpu *copy, const struct vcpu *cpu)
{
    memcpy(copy, cpu, check->guest->size);
    copy->tlb = &check->tlb;
    copy->loop = &check->loop;
    copy->jumps = check->jumps;
    copy->at = NULL;
}

// Where a store op would store, if that is plain memory.
static uint8_t *find_store(struct check *check, const struct op *op, uint64_t *address)
{
    begin_copy(check, check->trial, check->work);
    check->trial->data = &check->no_entry;
    check->trial->data_mask = 0;
    check->walked = false;
    if (run_op(check, check->trial, op) != OP_FAULT || !check->walked)
        return NULL;
    *address = check->walked_address;
    const struct tlb_entry *entry = tlb_entry_of(check->work->data, check->work->data_mask, *address);
    return entry->write == (*address & PAGE_MASK) ? (uint8_t *)((uintptr_t)*address + entry->addend) : NULL;
}

// Remembers what is there: as much as a store can write, and some bytes around, but nothing of another page.
static bool note_store(struct check *check, const struct op *op)
{
    uint64_t address;
    uint8_t *host = find_store(check, op, &address);
    if (!host)
        return false;
    unsigned offset = (unsigned)(address & ~PAGE_MASK), first = offset < MARGIN ? offset : MARGIN;
    unsigned size = first + STORE_MOST + MARGIN, most = (unsigned)PAGE_SIZE - offset + first;
    struct store *store = &check->stores[check->store_count++];
    *store = (struct store){ .host = host - first, .size = size < most ? size : most, .first = first, .op = op };
    memcpy(store->before, store->host, store->size);
    return true;
}

static bool is_repeatable(const struct check *check, const struct op *op)
{
    return !(row_of(check, op)->operands & OP_CPU) || check->guest->is_pure(op);
}

enum advance { GOES_ON, STUCK, OUT };

static bool ends_at(const struct check *check, struct place place)
{
    return place.op == &check->block->ops[check->block->op_count];
}

static bool same_place(struct place a, struct place b)
{
    return a.op == b.op && a.turn == b.turn;
}

// Does an op in `work`. OUT: a jump has set the program counter; the place is still that jump.
static enum advance advance(struct check *check, struct place *place)
{
    const struct op *op = place->op;
    if (op == check->block->ops) {
        if (check->work->left < check->block->count)
            return STUCK;
        check->work->left -= check->block->count;
        place->turn++;
    } else if (row_of(check, op)->class != OP_JUMP) {
        if (run_op(check, check->work, op) != OP_NEXT)
            return STUCK;
    } else if (((jump_body *)check->guest->bodies[op->code])(check->work, op) != op + 1) {
        return OUT;
    }
    place->op++;
    return GOES_ON;
}

// Does the block jump to its own beginning?
static bool is_loop(const struct block *block)
{
    bool own = false;
    for (unsigned i = block->op_count - block->exits; i < block->op_count; i++)
        own |= block->ops[i].delta == 0 && block->ops[i].d;
    return own;
}

// After OUT: was it there?
static bool goes_again(struct check *check)
{
    unsigned pc = check->guest->pc;
    return is_loop(check->block) && *slot_of(check, check->work, pc) == *slot_of(check, check->state, pc);
}

static void undo_stores(struct check *check)
{
    for (unsigned i = check->store_count; i-- > 0;)
        memcpy(check->stores[i].host, check->stores[i].before, check->stores[i].size);
}

// Finds `stop` and the stores before it, and leaves memory as it was.
static void run_ahead(struct check *check)
{
    struct place place = { check->from, 0 };
    enum advance how = GOES_ON;
    check->store_count = 0;
    begin_copy(check, check->work, check->state);
    while (how == GOES_ON && !ends_at(check, place) &&
           (place.op == check->block->ops || is_repeatable(check, place.op))) {
        bool stores = place.op != check->block->ops && (row_of(check, place.op)->operands & OP_STORES);
        if (stores && !note_store(check, place.op))
            break;
        how = advance(check, &place);
        if (how == STUCK)
            check->store_count -= stores;
        if (how == OUT && goes_again(check)) {
            place.op = check->block->ops;
            how = GOES_ON;
        }
    }
    check->stop = place;
    undo_stores(check);
}

// --- comparing -------------------------------------------------------------------------------------------------------

static bool writes(const struct check *check, const struct op *op, uint64_t slots, bool flags)
{
    return (check->guest->written(op, row_of(check, op)) & slots) || (flags && row_of(check, op)->writes);
}

// The op before `end` that last wrote a slot, or flags.
static const struct op *writer_of(const struct check *check, const struct op *end, uint64_t slots, bool flags)
{
    const struct op *first = check->block->ops + 1, *last = &check->block->ops[check->block->op_count];
    for (const struct op *op = end; op > first;)
        if (writes(check, --op, slots, flags))
            return op;
    for (const struct op *op = last; op > end && op > first;) // in a loop
        if (writes(check, --op, slots, flags))
            return op;
    return NULL;
}

// Temporaries that the instruction of `op` has written before.
static uint64_t live_temps(const struct check *check, const struct op *op)
{
    uint64_t written = 0;
    for (const struct op *before = op; --before > check->block->ops && before->n == op->n;)
        if (!(row_of(check, before)->operands & OP_CPU))
            written |= check->guest->written(before, row_of(check, before));
    return written;
}

static void compare_slots(struct check *check, struct vcpu *cpu, const struct op *end, uint64_t temps, bool with_pc)
{
    const struct jit_guest *guest = check->guest;
    for (unsigned slot = 0; slot < guest->slots; slot++) {
        bool temp = slot >= guest->temps && slot < guest->temps_end;
        if (slot == guest->sink || (temp && !(temps >> slot & 1)) || (slot == guest->pc && !with_pc))
            continue;
        uint64_t is = *slot_of(check, cpu, slot), should = *slot_of(check, check->work, slot);
        if (is != should)
            suspect(check, writer_of(check, end, BIT64(slot), false), "%s is %" PRIx64 ", not %" PRIx64,
                    guest->names[slot], is, should);
    }
}

static void compare_flags(struct check *check, struct vcpu *cpu, const struct op *end)
{
    const struct jit_guest *guest = check->guest;
    if (end != check->block->ops && !check->needed[index_of(check, end) - 1])
        return;
    const unsigned offsets[] = { guest->result, guest->aux };
    for (unsigned i = 0; i < 2; i++) {
        uint64_t is = *word_at(cpu, offsets[i]), should = *word_at(check->work, offsets[i]);
        if (is != should)
            suspect(check, writer_of(check, end, 0, true), "flags (%s) are %" PRIx64 ", not %" PRIx64,
                    i ? "aux" : "result", is, should);
    }
}

// The rest of the CPU, from the slots on.
static void compare_rest(struct check *check, struct vcpu *cpu, const struct op *end)
{
    const struct jit_guest *guest = check->guest;
    const uint8_t *is = (const uint8_t *)cpu, *should = (const uint8_t *)check->work;
    unsigned first = guest->registers + 8 * guest->slots;
    unsigned behind =
        (guest->result > guest->aux ? guest->result : guest->aux) + 8; // the flags, which are next to the slots
    bool same = memcmp(is + behind, should + behind, guest->size - behind) == 0;
    for (unsigned i = first; i < (same ? behind : guest->size); i++) {
        if (is[i] == should[i] || i - guest->result < 8 || i - guest->aux < 8)
            continue;
        unsigned vector = (i - guest->vectors) / 16;
        if (i >= guest->vectors && guest->vector_temp != EMIT_NONE && vector == guest->vector_temp)
            continue;
        const struct op *op = end > check->from ? end - 1 : NULL;
        if (i >= guest->vectors && vector < guest->vector_count)
            suspect(check, op, "byte %u of %s%u is %x, not %x", (i - guest->vectors) % 16, guest->vector_name, vector,
                    is[i], should[i]);
        else
            suspect(check, op, "byte %u of the CPU is %x, not %x", i, is[i], should[i]);
        return;
    }
}

static void compare_memory(struct check *check)
{
    for (unsigned i = 0; i < check->store_count; i++) {
        const struct store *store = &check->stores[i];
        for (unsigned n = 0; n < store->size; n++)
            if (store->host[n] != store->native[n])
                suspect(check, store->op, "the byte %d from where it stores is %x, not %x", (int)n - (int)store->first,
                        store->native[n], store->host[n]);
    }
}

// How often the block has been charged since `from`. -1: the budget is not what it should be.
static int64_t turns_of(struct check *check, const struct vcpu *cpu)
{
    int64_t charged = check->state->left - cpu->left, count = check->block->count;
    if (charged >= 0 && charged % count == 0)
        return charged / count;
    suspect(check, NULL, "the budget is %" PRId64 " after %" PRId64, cpu->left, check->state->left);
    return -1;
}

// Host code has come to `end`, or out of the block (`end` without an op, which becomes the jump). The functions do the same, in
// `work`; memory is as both leave it.
static bool follow(struct check *check, struct place *end)
{
    struct place place = { check->from, 0 };
    for (unsigned i = 0; i < check->store_count; i++)
        memcpy(check->stores[i].native, check->stores[i].host, check->stores[i].size);
    undo_stores(check);
    begin_copy(check, check->work, check->state);
    while (!same_place(place, *end)) {
        if (!end->op && place.turn == end->turn && ends_at(check, place)) {
            end->op = place.op;
            return true;
        }
        bool is_jump = !ends_at(check, place) && place.op != check->block->ops &&
                       row_of(check, place.op)->class == OP_JUMP && is_repeatable(check, place.op);
        if (same_place(place, check->stop) && !is_jump) {
            suspect(check, ends_at(check, place) ? NULL : place.op,
                    "host code has done it alone, where its function cannot be repeated or does more");
            return false;
        }
        enum advance how = advance(check, &place);
        if (how == OUT && !end->op && place.turn == end->turn) {
            end->op = place.op;
            return true;
        }
        if (how != GOES_ON && !(how == OUT && goes_again(check))) {
            suspect(check, place.op, "host code goes on where the block ends");
            return false;
        }
        if (how == OUT)
            place.op = check->block->ops;
    }
    return true;
}

// `temps`: those that are compared, a bit each.
static void compare(struct check *check, struct vcpu *cpu, const struct op *end, uint64_t temps, bool with_pc)
{
    compare_slots(check, cpu, end, temps, with_pc);
    compare_flags(check, cpu, end);
    compare_rest(check, cpu, end);
    compare_memory(check);
}

// --- where host code comes back --------------------------------------------------------------------------------------

static void go_on(struct check *check, const struct vcpu *cpu, const struct op *from)
{
    check->from = from;
    memcpy(check->state, cpu, check->guest->size);
    run_ahead(check);
}

static void check_before(struct check *check, struct vcpu *cpu, const struct op *op)
{
    if (check->report)
        return;
    if (cpu->block != check->block || op <= check->block->ops || op >= &check->block->ops[check->block->op_count]) {
        suspect(check, NULL, "it calls the function of an op of another block");
    } else {
        struct place end = { op, turns_of(check, cpu) };
        if (end.turn >= 0 && follow(check, &end))
            compare(check, cpu, op, live_temps(check, op), true);
    }
    judge(check, cpu);
}

static enum op_out check_body(struct vcpu *cpu, const struct op *op)
{
    struct check *check = jit_check(cpu->loop->blocks.native.owner);
    check_before(check, cpu, op);
    enum op_out out = run_op(check, cpu, op);
    if (!check->report && out == OP_NEXT)
        go_on(check, cpu, op + 1);
    else
        check->from = NULL;
    return out;
}

// What comes next is looked for by the loop.
static const struct op *check_jump(struct vcpu *cpu, const struct op *op)
{
    struct check *check = jit_check(cpu->loop->blocks.native.owner);
    check_before(check, cpu, op);
    ((jump_body *)check->guest->bodies[op->code])(cpu, op);
    check->from = NULL;
    return NULL;
}

// Host code has left of its own accord: the last op that it has done is a jump, or the block has no more, or too little of the budget
// is left for it.
static void check_way_out(struct check *check, struct vcpu *cpu, const struct native_end *end)
{
    const struct block *block = check->block;
    struct place place = { NULL, turns_of(check, cpu) };
    bool is_head = end->how == NATIVE_HEAD,
         is_go = end->how == NATIVE_GO && end->op > block->ops && end->op < &block->ops[block->op_count];
    if (place.turn < 0)
        return;
    if (is_head || is_go)
        place.op = end->op;
    if (!follow(check, &place))
        return;
    if (is_head && check->work->left >= block->count)
        suspect(check, NULL, "enough of the budget is left: %" PRId64, cpu->left);
    // After NATIVE_GO the interpreter runs the op, a jump, and sets the program counter.
    compare(check, cpu, place.op, is_go ? live_temps(check, place.op) : 0, !is_go);
    bool is_exit = end->how == NATIVE_EXIT && end->op >= place.op && end->op <= place.op + 2 && cpu->block == block;
    if (!is_head && !is_go && !is_exit && !(end->how == NATIVE_STOP && !end->op))
        suspect(check, NULL, "it leaves as %u, with op %td", (unsigned)end->how, end->op ? end->op - block->ops : -1);
}

struct native_end check_enter(struct vcpu *cpu, const void *code)
{
    struct check *check = jit_check(cpu->loop->blocks.native.owner);
    if (check->report) {
        loop_stop(cpu->loop, LOOP_DIFFERS, 0);
        return (struct native_end){ NULL, NATIVE_STOP };
    }
    check->code = code;
    check->block = ((const struct check_mark *)code - 1)->block;
    check->suspects = false;
    find_needed(check->guest, check->block, check->needed);
    int64_t most = is_loop(check->block) ? TURNS * check->block->count : cpu->left;
    int64_t rest = cpu->left > most ? vcpu_keep_back(cpu, most) : 0;
    go_on(check, cpu, check->block->ops);
    struct native_end end = check->enter(cpu, code);
    if (!check->report && check->from) {
        check_way_out(check, cpu, &end);
        judge(check, cpu);
    }
    vcpu_give_back(cpu, rest);
    return end;
}

// --- life ------------------------------------------------------------------------------------------------------------

static struct vcpu *new_copy(const struct check *check)
{
    return aligned_alloc(64, (size_t)align_up(check->guest->size, 64));
}

struct check *check_create(const struct jit_guest *guest)
{
    struct check *check = calloc(1, sizeof *check);
    if (!check)
        return NULL;
    check->guest = guest;
    check->state = new_copy(check);
    check->work = new_copy(check);
    check->trial = new_copy(check);
    check->bodies = calloc(guest->op_count, sizeof(op_body *));
    if (!check->state || !check->work || !check->trial || !check->bodies) {
        check_destroy(check);
        return NULL;
    }
    for (unsigned code = 0; code < guest->op_count; code++)
        check->bodies[code] = guest->rows[code].class == OP_JUMP ? (op_body *)check_jump : (op_body *)check_body;
    memset(&check->no_entry, 0xff, sizeof check->no_entry);
    memset(check->tlb.io, 0xff, sizeof check->tlb.io);
    memset(check->jumps, 0xff, sizeof check->jumps);
    for (unsigned user = 0; user < 2; user++)
        check->tlb.data[user].entries = &check->no_entry;
    check->no_guest.walk = walk_nothing;
    check->loop.guest = &check->no_guest;
    return check;
}

void check_destroy(struct check *check)
{
    if (!check)
        return;
    free(check->state);
    free(check->work);
    free(check->trial);
    free(check->bodies);
    if (check->report_size)
        free(check->report);
    free(check);
}

op_body *const *check_bodies(const struct check *check)
{
    return check->bodies;
}

void check_set_enter(struct check *check, struct native_end (*enter)(struct vcpu *cpu, const void *code))
{
    check->enter = enter;
}

const char *check_line(const struct check *check)
{
    return check->report ? check->line : NULL;
}

const char *check_report(const struct check *check)
{
    return check->report;
}

const void *check_code(const struct check *check, size_t *size)
{
    *size = check->bad_bytes;
    return check->bad_code;
}
