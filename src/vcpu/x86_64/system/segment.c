// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Segment registers and descriptors (SDM vol. 3 chapters 3 and 5). Far transfers are in transfer.c, task switches in
// task.c.
//
//     selector [15:3] index, [2] LDT, [1:0] RPL  ->  descriptor in the GDT or LDT  ->  base, limit, attributes
//
// The selector and the hidden part are in cpu->segment; the base is in a slot of the register file, so that an op can
// add it like any register. In 64-bit mode the bases of ES, CS, SS and DS are kept but not used.
#include "vcpu/x86_64/system/segment.h"

#include "vcpu/x86_64/system/model.h"
#include "vcpu/x86_64/system/protect.h"

// --- the mode --------------------------------------------------------------------------------------------------------

// Base 0, limit 4 GiB, and no access that the type refuses.
static bool is_flat(const struct x86_cpu *cpu, enum x86_segment segment)
{
    const struct x86_segment_register *s = &cpu->segment[segment];
    if (cpu->r[X86_BASE + segment] != 0 || s->limit != UINT32_MAX || !(s->attributes & X86_ATTR_P))
        return false;
    if (segment == X86_CS)
        return x86_is_readable(s->attributes);
    return x86_is_writable(s->attributes) && !(s->attributes & 4); // 4: expand-down
}

void x86_update_mode(struct x86_cpu *cpu)
{
    uint16_t code = cpu->segment[X86_CS].attributes;
    uint32_t mode = cpu->cpl == 3 ? X86_MODE_USER : 0;
    if (x86_long(cpu) && (code & X86_ATTR_L)) {
        mode |= X86_MODE_64;
    } else {
        mode |= (code & X86_ATTR_DB ? X86_MODE_32 : 0u) |
                (cpu->segment[X86_SS].attributes & X86_ATTR_DB ? X86_MODE_STACK32 : 0u);
        if (is_flat(cpu, X86_CS) && is_flat(cpu, X86_SS) && is_flat(cpu, X86_DS) && is_flat(cpu, X86_ES))
            mode |= X86_MODE_FLAT;
    }
    cpu->mode = mode;
    tlb_select(&cpu->vcpu, cpu->cpl == 3);
}

void x86_set_segment(struct x86_cpu *cpu, enum x86_segment segment, uint16_t selector, uint64_t base, uint32_t limit,
                     uint16_t attributes)
{
    cpu->segment[segment] =
        (struct x86_segment_register){ .selector = selector, .attributes = attributes, .limit = limit };
    cpu->r[X86_BASE + segment] = base;
    x86_update_mode(cpu);
}

void x86_set_descriptor(struct x86_cpu *cpu, enum x86_segment segment, uint16_t selector,
                        const struct x86_descriptor *d)
{
    x86_set_segment(cpu, segment, selector, d->base, d->limit, d->attributes);
    cpu->segment[segment].raw = selector & 4 ? 0 : d->raw;
}

void x86_set_null(struct x86_cpu *cpu, enum x86_segment segment, uint16_t selector)
{
    // A null selector clears the base here (as on Intel, and on AMD with the CPUID bit for it).
    x86_set_segment(cpu, segment, selector, 0, 0, 0);
}

void x86_set_real(struct x86_cpu *cpu, enum x86_segment segment, uint16_t selector)
{
    if (x86_v86(cpu)) {
        x86_set_segment(cpu, segment, selector, (uint32_t)selector << 4, 0xffff, X86_ATTR_DATA | X86_ATTR_DPL3);
        return;
    }
    // Real mode keeps the limit and the size that were loaded in protected mode ("unreal mode").
    const struct x86_segment_register *s = &cpu->segment[segment];
    x86_set_segment(cpu, segment, selector, (uint32_t)selector << 4, s->limit,
                    X86_ATTR_DATA | (s->attributes & (X86_ATTR_DB | X86_ATTR_G)));
}

// --- descriptors -----------------------------------------------------------------------------------------------------

static void decode(struct x86_descriptor *d)
{
    uint64_t raw = d->raw;
    d->base = bits_get(raw, 39, 16) | bits_get(raw, 63, 56) << 24;
    d->limit = (uint32_t)(bits_get(raw, 15, 0) | bits_get(raw, 51, 48) << 16);
    d->attributes = (uint16_t)(bits_get(raw, 47, 40) | bits_get(raw, 55, 52) << 8);
    if (d->attributes & X86_ATTR_G)
        d->limit = d->limit << 12 | 0xfff;
}

enum x86_lookup x86_look_up(struct x86_cpu *cpu, uint16_t selector, struct x86_descriptor *d)
{
    uint64_t base = cpu->gdt_base;
    uint32_t limit = cpu->gdt_limit;
    if (selector & 4) {
        if (!(cpu->segment[X86_LDTR].attributes & X86_ATTR_P))
            return X86_OUTSIDE;
        base = cpu->r[X86_BASE + X86_LDTR];
        limit = cpu->segment[X86_LDTR].limit;
    }
    uint32_t index = selector & 0xfff8;
    if (index + 7 > limit)
        return X86_OUTSIDE;
    d->address = x86_wrap(cpu, base + index);
    if (!x86_load_system(cpu, d->address, 8, &d->raw))
        return X86_FAULTED;
    decode(d);
    return X86_FOUND;
}

bool x86_need_descriptor(struct x86_cpu *cpu, uint16_t selector, enum x86_exception vector, struct x86_descriptor *d)
{
    enum x86_lookup found = x86_look_up(cpu, selector, d);
    if (found == X86_OUTSIDE)
        return x86_fault_code(cpu, vector, selector & 0xfffc);
    return found == X86_FOUND;
}

bool x86_extend_descriptor(struct x86_cpu *cpu, uint16_t selector, enum x86_exception vector, struct x86_descriptor *d)
{
    if (!x86_long(cpu))
        return true;
    uint64_t high;
    uint32_t limit = selector & 4 ? cpu->segment[X86_LDTR].limit : cpu->gdt_limit;
    if ((selector & 0xfff8u) + 15u > limit)
        return x86_fault_code(cpu, vector, selector & 0xfffc);
    if (!x86_load_system(cpu, d->address + 8, 8, &high))
        return false;
    if (bits_get(high, 44, 40) != 0) // must be type 0, so that this half is not mistaken for a descriptor
        return x86_fault_code(cpu, vector, selector & 0xfffc);
    d->base |= high << 32;
    return true;
}

static bool set_type_bit(struct x86_cpu *cpu, struct x86_descriptor *d, uint8_t bit, bool on)
{
    uint64_t byte = d->raw >> 40 & 0xff;
    byte = on ? byte | bit : byte & ~(uint64_t)bit;
    if (!x86_store_system(cpu, x86_wrap(cpu, d->address + 5), 1, byte))
        return false;
    d->raw = bits_merge(d->raw, byte << 40, UINT64_C(0xff) << 40);
    decode(d);
    return true;
}

bool x86_mark_accessed(struct x86_cpu *cpu, struct x86_descriptor *d)
{
    return (d->attributes & 1) || set_type_bit(cpu, d, 1, true);
}

bool x86_mark_busy(struct x86_cpu *cpu, struct x86_descriptor *d, bool busy)
{
    uint64_t base = d->base; // 64 bits, which are not in the first half
    bool done = set_type_bit(cpu, d, 2, busy);
    d->base = base;
    return done;
}

struct x86_gate x86_gate_of(uint64_t low, uint64_t high)
{
    return (struct x86_gate){
        .selector = (uint16_t)bits_get(low, 31, 16),
        .attributes = (uint16_t)bits_get(low, 47, 40),
        .count = (uint8_t)bits_get(low, 36, 32),
        .offset = bits_get(low, 15, 0) | bits_get(low, 63, 48) << 16 | high << 32,
    };
}

bool x86_check_stack_segment(struct x86_cpu *cpu, uint16_t selector, unsigned cpl, enum x86_exception vector,
                             struct x86_descriptor *d)
{
    uint32_t error = selector & 0xfffc;
    if (x86_is_null(selector))
        return x86_fault_code(cpu, vector, 0);
    if (!x86_need_descriptor(cpu, selector, vector, d))
        return false;
    if ((selector & 3) != cpl || x86_dpl(d->attributes) != cpl || !x86_is_writable(d->attributes))
        return x86_fault_code(cpu, vector, error);
    if (!(d->attributes & X86_ATTR_P))
        return x86_fault_code(cpu, X86_SS_FAULT, error);
    return x86_mark_accessed(cpu, d);
}

bool x86_check_target(struct x86_cpu *cpu, const struct x86_descriptor *d, uint64_t offset)
{
    bool wide = x86_long(cpu) && (d->attributes & X86_ATTR_L);
    if (wide ? !x86_is_canonical(offset) : offset > d->limit)
        return x86_fault_code(cpu, X86_GP, 0);
    return true;
}

void x86_drop_inner_segments(struct x86_cpu *cpu)
{
    static const enum x86_segment segments[] = { X86_ES, X86_DS, X86_FS, X86_GS };
    for (unsigned i = 0; i < countof(segments); i++) {
        uint16_t attributes = cpu->segment[segments[i]].attributes;
        bool bound = (attributes & X86_ATTR_S) && !(x86_is_code(attributes) && x86_is_conforming(attributes));
        if (!bound || x86_dpl(attributes) >= cpu->cpl)
            continue;
        struct x86_segment_register *s = &cpu->segment[segments[i]];
        s->selector = s->attributes = 0; // unusable; base and limit stay (SDM vol. 2, IRET)
        x86_update_mode(cpu);
    }
}

// --- loads -----------------------------------------------------------------------------------------------------------

static bool load_null(struct x86_cpu *cpu, enum x86_segment segment, uint16_t selector)
{
    if (segment == X86_SS) {
        if (!x86_is_64(cpu) || cpu->cpl == 3 || (selector & 3) != cpu->cpl)
            return x86_fault_code(cpu, X86_GP, 0);
        x86_set_segment(cpu, X86_SS, selector, 0, 0, (uint16_t)(cpu->cpl << 5));
        return true;
    }
    x86_set_null(cpu, segment, selector);
    return true;
}

bool x86_load_segment(struct x86_cpu *cpu, enum x86_segment segment, uint16_t selector)
{
    struct x86_descriptor d;
    if (!x86_protected(cpu)) {
        x86_set_real(cpu, segment, selector);
        return true;
    }
    if (x86_is_null(selector))
        return load_null(cpu, segment, selector);
    if (segment == X86_SS) {
        if (!x86_check_stack_segment(cpu, selector, cpu->cpl, X86_GP, &d))
            return false;
    } else {
        if (!x86_need_descriptor(cpu, selector, X86_GP, &d))
            return false;
        unsigned dpl = x86_dpl(d.attributes), rpl = selector & 3;
        bool bound = !x86_is_code(d.attributes) || !x86_is_conforming(d.attributes);
        if (!x86_is_readable(d.attributes) || (bound && (rpl > dpl || cpu->cpl > dpl)))
            return x86_fault_code(cpu, X86_GP, selector & 0xfffc);
        if (!(d.attributes & X86_ATTR_P))
            return x86_fault_code(cpu, X86_NP, selector & 0xfffc);
        if (!x86_mark_accessed(cpu, &d))
            return false;
    }
    x86_set_descriptor(cpu, segment, selector, &d);
    return true;
}

// The whole descriptor of an LDT or a TSS. A base that is not canonical is refused (SDM vol. 2, LLDT, LTR).
static bool extend_based(struct x86_cpu *cpu, uint16_t selector, struct x86_descriptor *d)
{
    if (!x86_extend_descriptor(cpu, selector, X86_GP, d))
        return false;
    return x86_is_canonical(d->base) || x86_fault_code(cpu, X86_GP, selector & 0xfffc);
}

bool x86_load_ldt(struct x86_cpu *cpu, uint16_t selector)
{
    struct x86_descriptor d;
    if (!x86_protected(cpu))
        return x86_fault(cpu, X86_UD);
    if (cpu->cpl != 0)
        return x86_fault_code(cpu, X86_GP, 0);
    if (x86_is_null(selector)) {
        x86_set_null(cpu, X86_LDTR, selector);
        return true;
    }
    if (selector & 4)
        return x86_fault_code(cpu, X86_GP, selector & 0xfffc);
    if (!x86_need_descriptor(cpu, selector, X86_GP, &d))
        return false;
    if (!x86_is_system(d.attributes, X86_TYPE_LDT))
        return x86_fault_code(cpu, X86_GP, selector & 0xfffc);
    if (!(d.attributes & X86_ATTR_P))
        return x86_fault_code(cpu, X86_NP, selector & 0xfffc);
    if (!extend_based(cpu, selector, &d))
        return false;
    x86_set_descriptor(cpu, X86_LDTR, selector, &d);
    return true;
}

bool x86_load_task_register(struct x86_cpu *cpu, uint16_t selector)
{
    struct x86_descriptor d;
    if (!x86_protected(cpu))
        return x86_fault(cpu, X86_UD);
    if (cpu->cpl != 0 || x86_is_null(selector))
        return x86_fault_code(cpu, X86_GP, 0);
    if (selector & 4)
        return x86_fault_code(cpu, X86_GP, selector & 0xfffc);
    if (!x86_need_descriptor(cpu, selector, X86_GP, &d))
        return false;
    if (!x86_is_system(d.attributes, X86_TYPE_TSS) && (x86_long(cpu) || !x86_is_system(d.attributes, X86_TYPE_TSS16)))
        return x86_fault_code(cpu, X86_GP, selector & 0xfffc);
    if (!(d.attributes & X86_ATTR_P))
        return x86_fault_code(cpu, X86_NP, selector & 0xfffc);
    if (!extend_based(cpu, selector, &d) || !x86_mark_busy(cpu, &d, true))
        return false;
    x86_set_descriptor(cpu, X86_TR, selector, &d);
    return true;
}

// --- limit checks ----------------------------------------------------------------------------------------------------

// Is [offset, offset + size) within a segment? An expand-down data segment contains the addresses above its limit.
static bool within(uint16_t attributes, uint32_t limit, uint64_t offset, unsigned size)
{
    uint64_t last = offset + size - 1;
    if (!x86_is_code(attributes) && (attributes & 4))
        return offset > limit && last <= (attributes & X86_ATTR_DB ? UINT32_MAX : 0xffff);
    return last <= limit;
}

static bool allows(const struct x86_cpu *cpu, uint16_t attributes, enum access access)
{
    if (!(attributes & X86_ATTR_P))
        return false;
    if (!x86_protected(cpu) || access == ACCESS_EXECUTE)
        return true;
    return access == ACCESS_WRITE ? x86_is_writable(attributes) : x86_is_readable(attributes);
}

bool x86_linear(struct x86_cpu *cpu, enum x86_segment segment, uint64_t offset, unsigned size, enum access access,
                uint64_t *linear)
{
    const struct x86_segment_register *s = &cpu->segment[segment];
    if (unlikely(!allows(cpu, s->attributes, access) || !within(s->attributes, s->limit, offset, size)))
        return x86_fault_code(cpu, segment == X86_SS ? X86_SS_FAULT : X86_GP, 0);
    *linear = (uint32_t)(cpu->r[X86_BASE + segment] + offset);
    return true;
}

// --- LAR, LSL, VERR, VERW --------------------------------------------------------------------------------------------

static void set_zf(struct x86_cpu *cpu, bool on)
{
    uint64_t flags = x86_arithmetic_flags(cpu);
    x86_set_arithmetic_flags(cpu, on ? flags | X86_ZF : flags & ~(uint64_t)X86_ZF);
}

// Finds the descriptor; `visible` is set if the privilege levels allow the instruction to use it.
static bool look(struct x86_cpu *cpu, uint16_t selector, struct x86_descriptor *d, bool *visible)
{
    *visible = false;
    if (!x86_protected(cpu))
        return x86_fault(cpu, X86_UD);
    if (x86_is_null(selector))
        return true;
    enum x86_lookup found = x86_look_up(cpu, selector, d);
    if (found != X86_FOUND)
        return found == X86_OUTSIDE;
    unsigned dpl = x86_dpl(d->attributes);
    *visible =
        (x86_is_code(d->attributes) && x86_is_conforming(d->attributes)) || (dpl >= cpu->cpl && dpl >= (selector & 3u));
    return true;
}

// Bit per system type that has access rights / a limit (SDM vol. 2, LAR and LSL), outside and in long mode.
#define LAR_TYPES      (BIT32(1) | BIT32(2) | BIT32(3) | BIT32(4) | BIT32(5) | BIT32(9) | BIT32(11) | BIT32(12))
#define LAR_TYPES_LONG (BIT32(2) | BIT32(9) | BIT32(11) | BIT32(12))
#define LSL_TYPES      (BIT32(1) | BIT32(2) | BIT32(3) | BIT32(9) | BIT32(11))
#define LSL_TYPES_LONG (BIT32(2) | BIT32(9) | BIT32(11))

static bool has_type(uint16_t attributes, uint32_t types)
{
    return (attributes & X86_ATTR_S) || (types >> (attributes & X86_ATTR_TYPE) & 1);
}

bool x86_lar(struct x86_cpu *cpu, uint16_t selector, uint32_t *value)
{
    struct x86_descriptor d;
    bool visible;
    if (!look(cpu, selector, &d, &visible))
        return false;
    visible = visible && has_type(d.attributes, x86_long(cpu) ? LAR_TYPES_LONG : LAR_TYPES);
    if (visible)
        *value = (uint32_t)(d.raw >> 32) & 0x00f0ff00;
    set_zf(cpu, visible);
    return true;
}

bool x86_lsl(struct x86_cpu *cpu, uint16_t selector, uint32_t *value)
{
    struct x86_descriptor d;
    bool visible;
    if (!look(cpu, selector, &d, &visible))
        return false;
    visible = visible && has_type(d.attributes, x86_long(cpu) ? LSL_TYPES_LONG : LSL_TYPES);
    if (visible)
        *value = d.limit;
    set_zf(cpu, visible);
    return true;
}

bool x86_verify(struct x86_cpu *cpu, uint16_t selector, bool write)
{
    struct x86_descriptor d;
    bool visible;
    if (!look(cpu, selector, &d, &visible))
        return false;
    set_zf(cpu, visible && (write ? x86_is_writable(d.attributes) : x86_is_readable(d.attributes)));
    return true;
}
