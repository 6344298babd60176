// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Accesses that are a call: slow paths of pairs and vectors, exclusive and atomic accesses, structures of vectors.
//
// Exclusives. One thread runs all CPUs, so between a load-exclusive and its store-exclusive the memory can have been
// written only if another CPU has had a slice, or a device has copied to it. The monitor remembers how much the others had
// executed, and the value; if either differs, the store fails. That is the global monitor of section B2.12 with spurious
// clearing at slices, the same in every run.
#include <string.h>

#include "vcpu/aarch64/exec/helper.h"
#include "vcpu/aarch64/exec/ops_memory.h"
#include "vcpu/aarch64/system/mmu.h"
#include "vcpu/aarch64/word.h"
#include "vcpu/loop.h"

#define HELPER(name) enum op_out a64_help_##name(struct a64_cpu *cpu, const struct op *op)

// --- slow paths: no hit in the TLB ------------------------------------------------------------------------------------------

NEVER_INLINE enum op_out a64_load_slow(struct a64_cpu *cpu, const struct op *op, uint64_t address, unsigned size,
                                       uint64_t *value)
{
    *value = 0;
    cpu->vcpu.at = op;
    return after_slow(&cpu->vcpu, tlb_load_slow(&cpu->vcpu, address, size, cpu->el == 0, value));
}

NEVER_INLINE enum op_out a64_store_slow(struct a64_cpu *cpu, const struct op *op, uint64_t address, unsigned size,
                                        uint64_t value)
{
    cpu->vcpu.at = op;
    return after_slow(&cpu->vcpu, tlb_store_slow(&cpu->vcpu, address, size, cpu->el == 0, value));
}

// --- many at once -----------------------------------------------------------------------------------------------------

static bool load(struct a64_cpu *cpu, uint64_t address, unsigned size, uint64_t *value)
{
    return tlb_load_fast(&cpu->vcpu, address, size, value) || a64_load(cpu, address, size, value);
}

static bool store(struct a64_cpu *cpu, uint64_t address, unsigned size, uint64_t value)
{
    return tlb_store_fast(&cpu->vcpu, address, size, value) || a64_store(cpu, address, size, value);
}

static unsigned piece_of(unsigned size)
{
    return size < 8 ? size : 8;
}

NEVER_INLINE enum op_out a64_load_many(struct a64_cpu *cpu, const struct op *op, uint64_t address, unsigned size,
                                       unsigned count, uint64_t *values)
{
    unsigned piece = piece_of(size), pieces = size / piece * count;
    cpu->vcpu.at = op;
    if (pieces > 1 && !a64_probe(cpu, address, size * count, ACCESS_READ))
        return OP_FAULT;
    for (unsigned i = 0; i < pieces; i++)
        if (!load(cpu, address + i * piece, piece, &values[i]))
            return OP_FAULT;
    return after_slow(&cpu->vcpu, true);
}

NEVER_INLINE enum op_out a64_store_many(struct a64_cpu *cpu, const struct op *op, uint64_t address, unsigned size,
                                        unsigned count, const uint64_t *values)
{
    unsigned piece = piece_of(size), pieces = size / piece * count;
    cpu->vcpu.at = op;
    if (pieces > 1 && !a64_probe(cpu, address, size * count, ACCESS_WRITE))
        return OP_FAULT;
    for (unsigned i = 0; i < pieces; i++)
        if (!store(cpu, address + i * piece, piece, values[i]))
            return OP_FAULT;
    return after_slow(&cpu->vcpu, true);
}

NEVER_INLINE enum op_out a64_misaligned(struct a64_cpu *cpu, uint64_t address, bool write)
{
    a64_data_abort(cpu, address, A64_FSC_ALIGNMENT, write ? BIT32(6) : 0);
    return OP_FAULT;
}

// --- for EL0's privilege ------------------------------------------------------------------------------------------------

HELPER(ldtr)
{
    uint64_t value;
    if (!tlb_load(&cpu->vcpu, cpu->r[op->a] + (uint64_t)(int64_t)op->value, op->s, true, &value))
        return OP_FAULT;
    if (op->x)
        value = (uint64_t)bits_sign(value, 8u * op->s) & bits_low(op->x);
    cpu->r[op->d] = value;
    return after_slow(&cpu->vcpu, true);
}

HELPER(sttr)
{
    uint64_t address = cpu->r[op->a] + (uint64_t)(int64_t)op->value;
    return after_slow(&cpu->vcpu, tlb_store(&cpu->vcpu, address, op->s, true, cpu->r[op->d]));
}

// --- exclusive --------------------------------------------------------------------------------------------------------

// Instructions that other CPUs have executed.
static uint64_t others(const struct a64_cpu *cpu)
{
    return cpu->vcpu.loop->instructions - cpu->vcpu.loop->slice_executed;
}

static void arm(struct a64_cpu *cpu, uint64_t address, unsigned size, uint64_t low, uint64_t high)
{
    cpu->monitor = (struct a64_monitor){
        .address = address, .value = { low, high }, .others = others(cpu), .size = (uint8_t)size
    };
}

HELPER(ldxr)
{
    uint64_t address = cpu->r[op->a], value;
    if (address & (op->s - 1u))
        return a64_misaligned(cpu, address, false);
    if (!load(cpu, address, op->s, &value))
        return OP_FAULT;
    arm(cpu, address, op->s, value, 0);
    cpu->r[op->d] = value;
    return after_slow(&cpu->vcpu, true);
}

HELPER(ldxp)
{
    uint64_t address = cpu->r[op->a], values[2];
    if (address & (2u * op->s - 1))
        return a64_misaligned(cpu, address, false);
    if (a64_load_many(cpu, op, address, op->s, 2, values) == OP_FAULT)
        return OP_FAULT;
    arm(cpu, address, 2u * op->s, values[0], values[1]);
    cpu->r[op->d] = values[0];
    cpu->r[op->x] = values[1];
    return after_slow(&cpu->vcpu, true);
}

// Stores if the monitor still holds; d = 0 if so, else 1.
static enum op_out store_exclusive(struct a64_cpu *cpu, const struct op *op, unsigned count, const uint64_t *values)
{
    uint64_t address = cpu->r[op->a], now[2] = { 0, 0 };
    unsigned bytes = op->s * count;
    struct a64_monitor monitor = cpu->monitor;
    if (address & (bytes - 1))
        return a64_misaligned(cpu, address, true);
    cpu->monitor.size = 0;
    bool holds = monitor.size == bytes && monitor.address == address && monitor.others == others(cpu);
    const struct tlb_entry *entry = tlb_slot(&cpu->vcpu, address);
    if (holds && entry->read == entry->write && tlb_hit(entry->read, address, bytes)) { // plain RAM
        uint8_t *host = (uint8_t *)((uintptr_t)address + entry->addend);
        holds = bytes_get(host, op->s) == monitor.value[0] &&
                (count == 1 || bytes_get(host + op->s, op->s) == monitor.value[1]);
        for (unsigned i = 0; holds && i < count; i++)
            bytes_put(host + i * op->s, op->s, values[i]);
        cpu->r[op->d] = !holds;
        return after_slow(&cpu->vcpu, true);
    }
    if (holds) {
        if (!a64_probe(cpu, address, bytes, ACCESS_WRITE)) {
            if (cpu->vcpu.loop->stops.undone) // for a debugger outside the guest it is done again
                cpu->monitor = monitor;
            return OP_FAULT;
        }
        cpu->unwatched = true; // what the monitor reads the guest does not
        enum op_out out = a64_load_many(cpu, op, address, op->s, count, now);
        cpu->unwatched = false;
        if (out == OP_FAULT)
            return OP_FAULT;
        holds = now[0] == monitor.value[0] && now[1] == monitor.value[1];
    }
    if (holds && a64_store_many(cpu, op, address, op->s, count, values) == OP_FAULT)
        return OP_FAULT;
    cpu->r[op->d] = !holds;
    return after_slow(&cpu->vcpu, true);
}

HELPER(stxr)
{
    return store_exclusive(cpu, op, 1, &cpu->r[op->b]);
}

HELPER(stxp)
{
    uint64_t values[2] = { cpu->r[op->b], cpu->r[op->x] };
    return store_exclusive(cpu, op, 2, values);
}

HELPER(clrex)
{
    (void)op;
    cpu->monitor.size = 0;
    return OP_NEXT;
}

// --- atomic (Armv8.1) ---------------------------------------------------------------------------------------------------

// Reads what is about to be written, `count` elements. The fault of a read comes first (ESR_EL1.ISS, WnR).
static bool load_to_modify(struct a64_cpu *cpu, const struct op *op, unsigned count, uint64_t *values)
{
    uint64_t address = cpu->r[op->a];
    unsigned bytes = op->s * count;
    if (address & (bytes - 1))
        return a64_misaligned(cpu, address, true) != OP_FAULT;
    if (count == 1 && tlb_modify_fast(&cpu->vcpu, address, op->s, values))
        return true;
    // Aborts come before watchpoints, and those of the read before those of the write.
    bool user = cpu->el == 0;
    return tlb_probe(&cpu->vcpu, address, bytes, user, ACCESS_READ) &&
           tlb_probe(&cpu->vcpu, address, bytes, user, ACCESS_WRITE) && a64_probe(cpu, address, bytes, ACCESS_READ) &&
           a64_probe(cpu, address, bytes, ACCESS_WRITE) &&
           a64_load_many(cpu, op, address, op->s, count, values) != OP_FAULT;
}

static uint64_t operate(unsigned operation, unsigned bits, uint64_t old, uint64_t operand)
{
    int64_t a = bits_sign(old, bits), b = bits_sign(operand, bits);
    operand &= bits_low(bits);
    switch (operation) {
    case 0: return old + operand;
    case 1: return old & ~operand;
    case 2: return old ^ operand;
    case 3: return old | operand;
    case 4: return a > b ? old : operand;
    case 5: return a < b ? old : operand;
    case 6: return old > operand ? old : operand;
    case 7: return old < operand ? old : operand;
    default: return operand; // SWP
    }
}

HELPER(atomic)
{
    uint64_t old = 0;
    if (!load_to_modify(cpu, op, 1, &old))
        return OP_FAULT;
    if (!store(cpu, cpu->r[op->a], op->s, operate(op->x, 8u * op->s, old, cpu->r[op->b])))
        return OP_FAULT;
    cpu->r[op->d] = old;
    return after_slow(&cpu->vcpu, true);
}

// d: number of the register that is compared and gets the old value; b: slot of the new value.
HELPER(cas)
{
    uint64_t old = 0;
    if (!load_to_modify(cpu, op, 1, &old))
        return OP_FAULT;
    if (old == (cpu->r[op->d] & bits_low(8u * op->s)) && !store(cpu, cpu->r[op->a], op->s, cpu->r[op->b]))
        return OP_FAULT;
    cpu->r[a64_target(op->d)] = old;
    return after_slow(&cpu->vcpu, true);
}

HELPER(casp)
{
    uint64_t old[2] = { 0, 0 }, new[2] = { cpu->r[op->b], cpu->r[op->b + 1] }, mask = bits_low(8u * op->s);
    if (!load_to_modify(cpu, op, 2, old))
        return OP_FAULT;
    if (old[0] == (cpu->r[op->d] & mask) && old[1] == (cpu->r[op->d + 1] & mask) &&
        a64_store_many(cpu, op, cpu->r[op->a], op->s, 2, new) == OP_FAULT)
        return OP_FAULT;
    cpu->r[op->d] = old[0];
    cpu->r[a64_target(op->d + 1u)] = old[1];
    return after_slow(&cpu->vcpu, true);
}

// --- structures of vectors (sections C7.2.193 and on) ---------------------------------------------------------------------

// Where the elements in memory order belong.
struct structure {
    unsigned size;               // log2 of an element's bytes
    unsigned elements;           // of each register
    unsigned lane;               // single structures: the one that is accessed
    unsigned repeat, interleave; // registers after one another, and element by element
    bool single, replicate;
};

static struct structure structure_of(uint32_t word)
{
    static const uint8_t repeats[16] = { 1, 0, 4, 0, 1, 0, 3, 1, 1, 0, 2 };
    static const uint8_t interleaves[16] = { 4, 0, 1, 0, 3, 0, 1, 1, 2, 0, 1 };
    unsigned q = a64_bit(word, 30), size = a64_field(word, 11, 10), opcode = a64_field(word, 15, 12);
    if (!a64_bit(word, 24))
        return (struct structure){ .size = size,
                                   .elements = (q ? 16u : 8u) >> size,
                                   .repeat = repeats[opcode],
                                   .interleave = interleaves[opcode] };
    struct structure s = { .single = true, .interleave = 2 * a64_bit(word, 13) + a64_bit(word, 21) + 1 };
    unsigned place = q << 3 | a64_bit(word, 12) << 2 | size; // Q:S:size
    s.size = opcode >> 2;
    if (s.size == 3) {
        s.replicate = true;
        s.size = size;
        s.elements = (q ? 16u : 8u) >> size;
    } else {
        if (s.size == 2 && (size & 1))
            s.size = 3;
        s.lane = place >> s.size;
    }
    return s;
}

static uint8_t *element(struct a64_cpu *cpu, unsigned number, unsigned lane, unsigned size)
{
    return &cpu->v[number % 32].b[lane << size];
}

// Moves between memory order (`bytes`) and the registers.
static void spread(struct a64_cpu *cpu, uint32_t word, uint8_t *bytes, bool in)
{
    struct structure s = structure_of(word);
    unsigned t = a64_field(word, 4, 0), width = 1u << s.size;
    if (s.single) {
        for (unsigned i = 0; i < s.interleave; i++, bytes += width) {
            uint8_t *lane = element(cpu, t + i, s.lane, s.size);
            if (!in) {
                memcpy(bytes, lane, width);
            } else if (!s.replicate) {
                memcpy(lane, bytes, width);
            } else {
                memset(&cpu->v[(t + i) % 32], 0, sizeof cpu->v[0]);
                for (unsigned e = 0; e < s.elements; e++)
                    memcpy(element(cpu, t + i, e, s.size), bytes, width);
            }
        }
        return;
    }
    if (in)
        for (unsigned i = 0; i < s.repeat * s.interleave; i++)
            memset(&cpu->v[(t + i) % 32], 0, sizeof cpu->v[0]);
    for (unsigned r = 0; r < s.repeat; r++)
        for (unsigned e = 0; e < s.elements; e++)
            for (unsigned i = 0; i < s.interleave; i++, bytes += width) {
                uint8_t *lane = element(cpu, t + r + i, e, s.size);
                memcpy(in ? lane : bytes, in ? bytes : lane, width);
            }
}

static bool structure_aligned(const struct a64_cpu *cpu, const struct op *op)
{
    unsigned width = 1u << structure_of((uint32_t)op->value).size;
    return !(cpu->mode & A64_MODE_ALIGN) || !(cpu->r[op->a] & (width - 1));
}

HELPER(ld_structures)
{
    uint64_t address = cpu->r[op->a];
    uint8_t bytes[64];
    if (!structure_aligned(cpu, op))
        return a64_misaligned(cpu, address, false);
    if (!copy_in(cpu, address, op->s, bytes)) {
        unsigned width = 1u << structure_of((uint32_t)op->value).size;
        uint64_t value;
        if (!a64_probe(cpu, address, op->s, ACCESS_READ))
            return OP_FAULT;
        for (unsigned i = 0; i < op->s; i += width) {
            if (!load(cpu, address + i, width, &value))
                return OP_FAULT;
            memcpy(bytes + i, &value, width);
        }
    }
    spread(cpu, (uint32_t)op->value, bytes, true);
    return after_slow(&cpu->vcpu, true);
}

HELPER(st_structures)
{
    uint64_t address = cpu->r[op->a];
    uint8_t bytes[64];
    if (!structure_aligned(cpu, op))
        return a64_misaligned(cpu, address, true);
    spread(cpu, (uint32_t)op->value, bytes, false);
    if (!copy_out(cpu, address, op->s, bytes)) {
        unsigned width = 1u << structure_of((uint32_t)op->value).size;
        if (!a64_probe(cpu, address, op->s, ACCESS_WRITE))
            return OP_FAULT;
        for (unsigned i = 0; i < op->s; i += width) {
            uint64_t value = 0;
            memcpy(&value, bytes + i, width);
            if (!store(cpu, address + i, width, value))
                return OP_FAULT;
        }
    }
    return after_slow(&cpu->vcpu, true);
}
