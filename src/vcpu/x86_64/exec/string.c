// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// String instructions (SDM vol. 2, REP). An iteration counts as an instruction, and an interrupt may be taken after it;
// runs of MOVS and STOS inside plain RAM are done at once, and counted in the same way.
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

static uint64_t elements_in_page(uint64_t address, unsigned size)
{
    return (PAGE_SIZE - (address & ~PAGE_MASK)) / size;
}

// How many elements of at most `most` could be moved or filled at once in plain RAM; does them. 0: do them one by one.
static uint64_t bulk(const struct string *s, uint64_t most)
{
    struct x86_cpu *cpu = s->cpu;
    bool user = cpu->cpl == 3;
    uint64_t to, from = 0;
    if (!(s->linear_is_offset && s->step > 0) || (s->kind != X86_MOVS && s->kind != X86_STOS))
        return 0;
    if (!linear(s, X86_ES, X86_RDI, ACCESS_WRITE, &to))
        return 0;
    uint64_t count = elements_in_page(to, s->size);
    if (s->kind == X86_MOVS) {
        if (!linear(s, (enum x86_segment)s->op->d, X86_RSI, ACCESS_READ, &from))
            return 0;
        if (elements_in_page(from, s->size) < count)
            count = elements_in_page(from, s->size);
    }
    if (count > most)
        count = most;
    size_t bytes = count * s->size;
    uint8_t *target = count ? tlb_host(&cpu->vcpu, to, (unsigned)bytes, user, ACCESS_WRITE) : NULL;
    if (!target)
        return 0;
    if (s->kind == X86_MOVS) {
        const uint8_t *source = tlb_host(&cpu->vcpu, from, (unsigned)bytes, user, ACCESS_READ);
        if (!source || (target > source && target < source + bytes))
            return 0; // a copy onto itself repeats a pattern
        memmove(target, source, bytes);
        advance(s, X86_RSI, count);
    } else if (s->size == 1) {
        memset(target, (uint8_t)cpu->r[X86_RAX], bytes);
    } else {
        for (size_t at = 0; at < bytes; at += s->size)
            memcpy(target + at, &cpu->r[X86_RAX], s->size);
    }
    advance(s, X86_RDI, count);
    return count;
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
        uint64_t done = bulk(&s, (uint64_t)cpu->vcpu.left + 1 < count ? (uint64_t)cpu->vcpu.left + 1 : count);
        if (!done) {
            if (!iterate(&s))
                return fault_after(cpu, again);
            done = 1;
        }
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
