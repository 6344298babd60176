// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// String instructions (SDM vol. 2, REP). An iteration counts as an instruction, and an interrupt may be taken after it;
// iterations of MOVS, STOS, CMPS and SCAS inside plain RAM are done at once, and counted in the same way.
#include <string.h>

#include "vcpu/loop.h"
#include "vcpu/x86_64/exec/helper.h"
#include "vcpu/x86_64/exec/ops_register.h"
#include "vcpu/x86_64/system/port.h"
#include "vcpu/x86_64/system/segment.h"
#include "vcpu/x86_64/system/sysreg.h"

struct string {
    struct x86_cpu *cpu;
    const struct op *op;
    enum x86_string kind;
    unsigned size;
    uint64_t mask; // of addresses and the count
    int64_t step;
    bool linear_is_offset; // 64-bit or flat: no limit to check
};

static uint64_t get(const struct string *s, unsigned slot)
{
    return s->cpu->r[slot] & s->mask;
}

static void set(const struct string *s, unsigned slot, uint64_t value)
{
    struct x86_cpu *cpu = s->cpu;
    if (s->op->a == 2)
        put16(cpu, slot, (uint16_t)value);
    else
        cpu->r[slot] = value & s->mask;
}

static void advance(const struct string *s, unsigned slot, uint64_t elements)
{
    set(s, slot, s->cpu->r[slot] + (uint64_t)(s->step * (int64_t)elements));
}

static bool linear(const struct string *s, enum x86_segment segment, unsigned slot, enum access access,
                   uint64_t *address)
{
    struct x86_cpu *cpu = s->cpu;
    *address = get(s, slot);
    if (s->linear_is_offset && segment < X86_FS)
        return true;
    if (cpu->mode & X86_MODE_64) {
        *address += cpu->r[X86_BASE + segment];
        return true;
    }
    return x86_linear(cpu, segment, *address, s->size, access, address);
}

static void compare(const struct string *s, uint64_t a, uint64_t b)
{
    unsigned bits = 8 * s->size;
    a &= bits_low(bits);
    b &= bits_low(bits);
    flags_sub(s->cpu, bits, a, b, a - b);
}

static bool load_source(const struct string *s, uint64_t *value)
{
    uint64_t address;
    return linear(s, (enum x86_segment)s->op->d, X86_RSI, ACCESS_READ, &address) &&
           x86_load(s->cpu, address, s->size, value);
}

static bool store_target(const struct string *s, uint64_t value)
{
    uint64_t address;
    return linear(s, X86_ES, X86_RDI, ACCESS_WRITE, &address) && x86_store(s->cpu, address, s->size, value);
}

static void put_accumulator(const struct string *s, uint64_t value)
{
    switch (s->size) {
    case 1: put8(s->cpu, X86_RAX, (uint8_t)value); break;
    case 2: put16(s->cpu, X86_RAX, (uint16_t)value); break;
    default: s->cpu->r[X86_RAX] = value; break;
    }
}

// One iteration. False: it faulted and no register has changed.
static bool iterate(const struct string *s)
{
    struct x86_cpu *cpu = s->cpu;
    uint64_t value, other, address;
    switch (s->kind) {
    case X86_MOVS:
        if (!load_source(s, &value) || !store_target(s, value))
            return false;
        break;
    case X86_STOS:
        if (!store_target(s, cpu->r[X86_RAX]))
            return false;
        break;
    case X86_LODS:
        if (!load_source(s, &value))
            return false;
        put_accumulator(s, value);
        break;
    case X86_CMPS:
        if (!load_source(s, &value) || !linear(s, X86_ES, X86_RDI, ACCESS_READ, &address) ||
            !x86_load(cpu, address, s->size, &other))
            return false;
        compare(s, value, other);
        break;
    case X86_SCAS:
        if (!linear(s, X86_ES, X86_RDI, ACCESS_READ, &address) || !x86_load(cpu, address, s->size, &other))
            return false;
        compare(s, cpu->r[X86_RAX], other);
        break;
    case X86_INS: // the target must be writable before the device is read
        if (!x86_check_port(cpu, (uint16_t)cpu->r[X86_RDX], s->size) ||
            !linear(s, X86_ES, X86_RDI, ACCESS_WRITE, &address) ||
            !tlb_probe(&cpu->vcpu, address, s->size, cpu->cpl == 3, ACCESS_WRITE))
            return false;
        value = x86_port_read(cpu, (uint16_t)cpu->r[X86_RDX], s->size);
        x86_store(cpu, address, s->size, value);
        break;
    case X86_OUTS:
        if (!x86_check_port(cpu, (uint16_t)cpu->r[X86_RDX], s->size) || !load_source(s, &value))
            return false;
        x86_port_write(cpu, (uint16_t)cpu->r[X86_RDX], s->size, value);
        break;
    }
    if (s->kind != X86_STOS && s->kind != X86_SCAS && s->kind != X86_INS)
        advance(s, X86_RSI, 1);
    if (s->kind != X86_LODS && s->kind != X86_OUTS)
        advance(s, X86_RDI, 1);
    return true;
}

// --- several iterations at once --------------------------------------------------------------------------------------
//
// Elements in plain RAM, of which each operand has its own within one page, and below the limit of its segment. A fault, a
// watched page, code, a device or an element across two pages is left to an iteration of its own.

// How many elements from `address` on, in the direction of the instruction, end in its page.
static uint64_t elements_in_page(const struct string *s, uint64_t address)
{
    uint64_t offset = address & ~PAGE_MASK;
    if (s->step > 0)
        return (PAGE_SIZE - offset) / s->size;
    return offset + s->size > PAGE_SIZE ? 0 : offset / s->size + 1;
}

// How many elements from `offset` on, which is allowed, lie below the limit and do not wrap around. Perhaps too few.
static uint64_t elements_in_segment(const struct string *s, enum x86_segment segment, uint64_t offset)
{
    const struct x86_segment_register *r = &s->cpu->segment[segment];
    uint64_t last = s->mask;
    if (s->linear_is_offset && segment < X86_FS)
        return UINT64_MAX; // the mask is an end of a page
    if (!(s->cpu->mode & X86_MODE_64)) {
        if (r->attributes & 4) // expand-down: the other end counts (SDM vol. 3 section 3.4.5.1)
            return 0;
        if (r->limit < last)
            last = r->limit;
    }
    return s->step > 0 ? (last - offset) / s->size : offset / s->size + 1;
}

struct operand {
    enum x86_segment segment;
    unsigned slot;
    enum access access;
};

// Finds the first element in host memory, and reduces `count` to what is possible from there on; NULL if that is nothing.
// False: it faulted, as the access would have.
//
// A pointer stays good when the other operand takes the TLB's entry, as happens for each element where the two are a multiple of
// the table's reach apart. So a miss is walked here.
static bool reach(const struct string *s, struct operand operand, uint64_t *count, uint8_t **host)
{
    struct vcpu *cpu = &s->cpu->vcpu;
    bool user = s->cpu->cpl == 3;
    uint64_t address;
    *host = NULL;
    if (!linear(s, operand.segment, operand.slot, operand.access, &address))
        return false;
    uint64_t in_page = elements_in_page(s, address);
    uint64_t in_segment = elements_in_segment(s, operand.segment, get(s, operand.slot));
    uint64_t both = in_page < in_segment ? in_page : in_segment;
    *count = *count < both ? *count : both;
    if (*count == 0)
        return true;
    uint64_t back = s->step < 0 ? (*count - 1) * s->size : 0;
    unsigned bytes = (unsigned)(*count * s->size);
    *host = tlb_host(cpu, address - back, bytes, user, operand.access);
    if (unlikely(!*host)) {
        if (!tlb_probe(cpu, address, s->size, user, operand.access))
            return false;
        *host = tlb_host(cpu, address - back, bytes, user, operand.access);
    }
    *host += *host ? back : 0;
    return true;
}

ALWAYS_INLINE void copy_each(uint8_t *to, const uint8_t *from, unsigned size, int64_t step, uint64_t count)
{
    for (; count; count--, to += step, from += step) {
        uint64_t element = 0;
        memcpy(&element, from, size);
        memcpy(to, &element, size);
    }
}

static void copy(const struct string *s, uint8_t *to, const uint8_t *from, uint64_t count)
{
    size_t bytes = count * s->size, back = s->step < 0 ? bytes - s->size : 0;
    uintptr_t ahead = s->step > 0 ? (uintptr_t)to - (uintptr_t)from : (uintptr_t)from - (uintptr_t)to;
    if (ahead == 0 || ahead >= bytes) {
        memmove(to - back, from - back, bytes);
        return;
    }
    switch (s->size) { // an element is read after an earlier one was written over it: a pattern repeats
    case 1: copy_each(to, from, 1, s->step, count); break;
    case 2: copy_each(to, from, 2, s->step, count); break;
    case 4: copy_each(to, from, 4, s->step, count); break;
    default: copy_each(to, from, 8, s->step, count); break;
    }
}

ALWAYS_INLINE void fill_each(uint8_t *to, uint64_t value, unsigned size, uint64_t count)
{
    for (uint64_t i = 0; i < count; i++)
        memcpy(to + i * size, &value, size);
}

static void fill(const struct string *s, uint8_t *to, uint64_t count)
{
    uint64_t value = s->cpu->r[X86_RAX];
    uint64_t byte = value & 0xff, wide = value & bits_low(8 * s->size);
    size_t bytes = count * s->size;
    to -= s->step < 0 ? bytes - s->size : 0;
    if (wide == (byte * UINT64_C(0x0101010101010101) & bits_low(8 * s->size)))
        memset(to, (int)byte, bytes);
    else if (s->size == 2)
        fill_each(to, value, 2, count);
    else if (s->size == 4)
        fill_each(to, value, 4, count);
    else
        fill_each(to, value, 8, count);
}

// Elements up to and with the first that are equal, or different with `equal` false. The step of `b` is 0 for SCAS.
ALWAYS_INLINE uint64_t find_each(const uint8_t *a, const uint8_t *b, unsigned size, int64_t step, int64_t b_step,
                                 bool equal, uint64_t count)
{
    uint64_t i = 0;
    if (!equal && step > 0 && b_step > 0) // eight bytes at once
        while (count - i >= 8 / size && memcmp(a, b, 8) == 0) {
            i += 8 / size;
            a += 8;
            b += 8;
        }
    for (; i < count; i++, a += step, b += b_step)
        if ((memcmp(a, b, size) == 0) == equal)
            return i + 1;
    return count;
}

static uint64_t find(const struct string *s, const uint8_t *a, const uint8_t *b, int64_t b_step, bool equal,
                     uint64_t count)
{
    switch (s->size) {
    case 1: return find_each(a, b, 1, s->step, b_step, equal, count);
    case 2: return find_each(a, b, 2, s->step, b_step, equal, count);
    case 4: return find_each(a, b, 4, s->step, b_step, equal, count);
    default: return find_each(a, b, 8, s->step, b_step, equal, count);
    }
}

// Compares until the condition of the prefix ends the instruction; returns the elements that were compared.
static uint64_t compare_each(const struct string *s, const uint8_t *from, const uint8_t *to, uint64_t count)
{
    bool until_equal = s->op->b == X86_REPNE;
    uint8_t accumulator[8];
    uint64_t a = 0, b = 0;
    memcpy(accumulator, &s->cpu->r[X86_RAX], sizeof accumulator); // little-endian, as the guest
    const uint8_t *left = from ? from : accumulator;
    count = find(s, to, left, from ? s->step : 0, until_equal, count);
    if (from)
        left += s->step * (int64_t)(count - 1);
    memcpy(&a, left, s->size);
    memcpy(&b, to + s->step * (int64_t)(count - 1), s->size);
    compare(s, a, b);
    return count;
}

// Does as many iterations as are possible at once, at most `most`. 0: none, the next one has to be done by itself. False: it
// faults, and no register has changed.
static bool bulk(const struct string *s, uint64_t most, uint64_t *done)
{
    bool loads = s->kind == X86_MOVS || s->kind == X86_CMPS, stores = s->kind == X86_MOVS || s->kind == X86_STOS;
    uint8_t *from = NULL, *to = NULL;
    uint64_t count = most;
    *done = 0;
    if (!loads && !stores && s->kind != X86_SCAS)
        return true;
    // As in an iteration, the source faults first.
    if (loads && !reach(s, (struct operand){ (enum x86_segment)s->op->d, X86_RSI, ACCESS_READ }, &count, &from))
        return false;
    if (loads && !from)
        return true;
    if (!reach(s, (struct operand){ X86_ES, X86_RDI, stores ? ACCESS_WRITE : ACCESS_READ }, &count, &to))
        return false;
    if (!to)
        return true;
    if (s->kind == X86_MOVS)
        copy(s, to, from, count);
    else if (s->kind == X86_STOS)
        fill(s, to, count);
    else
        count = compare_each(s, from, to, count);
    if (loads)
        advance(s, X86_RSI, count);
    advance(s, X86_RDI, count);
    *done = count;
    return true;
}

// An iteration that faults behind another one finds RF set, as it is between two iterations, whether a slice has ended there or
// not: #DF pushes it as it is.
static enum op_out fault_after(struct x86_cpu *cpu, bool again)
{
    if (again)
        cpu->resume = vcpu_executed(&cpu->vcpu);
    return OP_FAULT;
}

NEVER_INLINE enum op_out x86_op_string(struct x86_cpu *cpu, const struct op *op)
{
    struct string s = {
        .cpu = cpu,
        .op = op,
        .kind = (enum x86_string)op->x,
        .size = op->s,
        .mask = bits_low(8u * op->a),
        .step = cpu->eflags & X86_DF ? -(int64_t)op->s : op->s,
        .linear_is_offset = cpu->mode & (X86_MODE_64 | X86_MODE_FLAT),
    };
    if (!op->b)
        return !iterate(&s) ? OP_FAULT : cpu->vcpu.kick ? OP_FINISH : OP_NEXT;

    bool compares = s.kind == X86_CMPS || s.kind == X86_SCAS;
    uint64_t count = get(&s, X86_RCX);
    bool again = false;
    while (count) {
        // This instruction has been charged for one iteration; each further one costs one more.
        uint64_t most = (uint64_t)cpu->vcpu.left + 1 < count ? (uint64_t)cpu->vcpu.left + 1 : count, done;
        if (!bulk(&s, most, &done) || (!done && !iterate(&s)))
            return fault_after(cpu, again);
        done += !done;
        again = true;
        count -= done;
        set(&s, X86_RCX, count);
        cpu->vcpu.left -= (int64_t)done - 1;
        if (!count || (compares && x86_zf(cpu) != (op->b == X86_REP)))
            break;
        if (cpu->vcpu.left <= 0 || cpu->vcpu.kick) {
            cpu->resume = vcpu_executed(&cpu->vcpu) + 1; // SDM vol. 3 section 17.3.1.1
            return OP_LEAVE;                             // RIP is still at this instruction
        }
        cpu->vcpu.left--;
    }
    return cpu->vcpu.kick ? OP_FINISH : OP_NEXT;
}
