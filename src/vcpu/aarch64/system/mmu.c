// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Translation at EL1&0, stage 1 (Arm ARM chapter D8). This is the path of a TLB miss, so it reads straight from host memory.
//
// One loop walks all granules; they differ in the bits that one level resolves (9, 11 or 13) and where blocks may be:
//
//      4 KiB   L0 [47:39]  L1 [38:30] 1 GiB   L2 [29:21] 2 MiB    L3 [20:12]
//     16 KiB   L0 [47]     L1 [46:36]         L2 [35:25] 32 MiB   L3 [24:14]
//     64 KiB               L1 [47:42]         L2 [41:29] 512 MiB  L3 [28:16]
//
// The upper half of the address space (bit 55) is TTBR1_EL1's, the lower TTBR0_EL1's. The TLB
// knows a page by its ASID and TTBR0_EL1 if it is not global (nG).
//
// A page in which the machine has nothing at all is an external abort; a hole beside a device reads as all ones, and
// ignores writes.
//
// Not modelled: memory types (all memory is coherent and takes unaligned accesses), the contiguous hint, hardware update
// of the access flag (not in Armv8.0), 52-bit addresses.
#include "vcpu/aarch64/system/mmu.h"

#include <string.h>

#include "vcpu/aarch64/system/debug.h"
#include "vcpu/aarch64/system/model.h"
#include "vcpu/aarch64/system/sysreg.h"
#include "vcpu/loop.h"

enum {
    PTE_VALID = BIT32(0),
    PTE_TABLE = BIT32(1),
    PTE_AP1 = BIT32(6),
    PTE_AP2 = BIT32(7),
    PTE_AF = BIT32(10),
    PTE_NG = BIT32(11),
};
#define PTE_PXN       BIT64(53)
#define PTE_UXN       BIT64(54)
#define PTE_PXN_TABLE BIT64(59)
#define PTE_UXN_TABLE BIT64(60)
#define PTE_AP0_TABLE BIT64(61) // no access from EL0
#define PTE_AP1_TABLE BIT64(62) // no writes
#define PTE_ADDRESS   (bits_low(48) & PAGE_MASK)

#define TCR_EPD0 BIT64(7)
#define TCR_A1   BIT64(22) // the ASID is in TTBR1_EL1
#define TCR_EPD1 BIT64(23)
#define TCR_AS   BIT64(36) // and has 16 bits

// Which half of the address space, and what TCR_EL1 says of it.
struct half {
    uint64_t base;    // TTBR
    unsigned size;    // bits of address that are translated
    unsigned granule; // log2
    bool tagged, disabled;
};

// A granule that ID_AA64MMFR0_EL1 does not have is taken as 4 KiB, as an implementation may (TCR_EL1.TG0).
static unsigned granule_of(const struct a64_cpu *cpu, unsigned granule)
{
    return granule == 14 && !a64_has_16k(cpu->model) ? 12 : granule;
}

static struct half half_of(const struct a64_cpu *cpu, bool upper)
{
    static const uint8_t granules0[4] = { 12, 16, 14, 12 }, granules1[4] = { 12, 14, 12, 16 };
    uint64_t tcr = cpu->tcr;
    unsigned tsz = (unsigned)(upper ? bits_get(tcr, 21, 16) : bits_get(tcr, 5, 0));
    // Outside 16-39 the value nearest is used, as an implementation may (TCR_EL1.T0SZ).
    tsz = tsz < 16 ? 16 : tsz > 39 ? 39 : tsz;
    return (struct half){
        .base = upper ? cpu->ttbr1 : cpu->ttbr0,
        .size = 64 - tsz,
        .granule = granule_of(cpu, upper ? granules1[bits_get(tcr, 31, 30)] : granules0[bits_get(tcr, 15, 14)]),
        .tagged = tcr >> (upper ? 38 : 37) & 1,
        .disabled = tcr & (upper ? TCR_EPD1 : TCR_EPD0),
    };
}

// The largest physical address: what TCR_EL1.IPS says, at most what the CPU has.
static uint64_t beyond_output(const struct a64_cpu *cpu)
{
    static const uint8_t sizes[8] = { 32, 36, 40, 42, 44, 48, 48, 48 };
    unsigned have = sizes[cpu->model->mmfr0 & 7], want = sizes[bits_get(cpu->tcr, 34, 32)];
    return ~bits_low(want < have ? want : have);
}

static bool fail(struct a64_walk *walk, unsigned status, unsigned level)
{
    walk->fault = status | level;
    return false;
}

// Tables are in memory. False: there is none. `last`: the window of the entry before, where this one nearly always is too.
static inline bool read_entry(struct a64_cpu *cpu, const struct region **last, uint64_t physical, uint64_t *entry)
{
    const struct region *region = *last;
    if (unlikely(!region || physical - region->base >= region->size))
        *last = region = bus_find(cpu->vcpu.loop->memory, physical);
    if (unlikely(!region || !region->ram || region->size - (physical - region->base) < sizeof *entry))
        return false;
    memcpy(entry, region->ram + (physical - region->base), sizeof *entry);
    return true;
}

// Permissions of a page at one privilege (section D8.4). `table`: the bits of the tables on the way.
static bool check(const struct a64_cpu *cpu, struct a64_walk *walk, uint64_t entry, uint64_t table, enum access access,
                  bool user, unsigned level)
{
    bool user_read = (entry & PTE_AP1) && !(table & PTE_AP0_TABLE);
    bool writable = !(entry & PTE_AP2) && !(table & PTE_AP1_TABLE), user_write = user_read && writable;
    bool never = user ? (entry & PTE_UXN) || (table & PTE_UXN_TABLE)
                      : (entry & PTE_PXN) || (table & PTE_PXN_TABLE) || user_write;
    if ((cpu->sctlr & A64_SCTLR_WXN) && (user ? user_write : writable))
        never = true;
    walk->read = user ? user_read : true;
    walk->write = user ? user_write : writable;
    bool allowed = access == ACCESS_EXECUTE ? !never : access == ACCESS_WRITE ? walk->write : walk->read;
    return allowed || fail(walk, A64_FSC_PERMISSION, level);
}

ALWAYS_INLINE bool walk_tables(struct a64_cpu *cpu, const struct half *half, unsigned granule, uint64_t address,
                               enum access access, bool user, struct a64_walk *walk)
{
    const struct region *last = NULL;
    unsigned stride = granule - 3, level = 4 - (half->size - granule + stride - 1) / stride;
    unsigned shift = granule + (3 - level) * stride;
    uint64_t beyond = beyond_output(cpu) & bits_low(48), tables = 0, entry;
    uint64_t index_bits = half->size - shift;
    uint64_t least = index_bits + 3 < 6 ? 6 : index_bits + 3; // alignment of the first table
    uint64_t base = half->base & bits_low(48) & ~bits_low((unsigned)least);
    if (base & beyond)
        return fail(walk, A64_FSC_ADDRESS_SIZE, 0);
    uint64_t index = bits_get(address, half->size - 1, shift);
    for (;; level++, shift -= stride) {
        if (!read_entry(cpu, &last, base + index * 8, &entry))
            return fail(walk, A64_FSC_EXTERNAL_WALK, level);
        bool page = level == 3, table = (entry & PTE_TABLE) != 0;
        if (!(entry & PTE_VALID) || (page && !table))
            return fail(walk, A64_FSC_TRANSLATION, level);
        // Blocks: not at level 0, and with granules above 4 KiB at level 2 alone.
        if (!page && !table && (level == 0 || (level == 1 && granule != 12)))
            return fail(walk, A64_FSC_TRANSLATION, level);
        if (entry & PTE_ADDRESS & beyond)
            return fail(walk, A64_FSC_ADDRESS_SIZE, level);
        if (page || !table)
            break;
        tables |= entry;
        base = entry & PTE_ADDRESS & ~bits_low(granule);
        index = address >> (shift - stride) & bits_low(stride);
    }
    walk->physical = (entry & PTE_ADDRESS & ~bits_low(shift)) | (address & bits_low(shift));
    if (!(entry & PTE_AF))
        return fail(walk, A64_FSC_ACCESS_FLAG, level);
    walk->shift = shift;
    walk->attributes = (uint8_t)(cpu->mair >> 8 * bits_get(entry, 4, 2));
    walk->shareability = (uint8_t)bits_get(entry, 9, 8);
    walk->private = entry & PTE_NG;
    return check(cpu, walk, entry, tables, access, user, level);
}

bool a64_translate(struct a64_cpu *cpu, uint64_t address, enum access access, bool user, struct a64_walk *walk)
{
    *walk = (struct a64_walk){ .physical = address & bits_low(48), .shift = PAGE_BITS, .read = true, .write = true };
    if (!(cpu->sctlr & A64_SCTLR_M)) {
        // Without translation an address must fit the physical space; a tag is dropped as with it (section D8.2.12).
        uint64_t plain = bits_get(address, 55, 0) & ~bits_low(48);
        if (plain || (address >> 56 && !half_of(cpu, address >> 55 & 1).tagged))
            return fail(walk, A64_FSC_ADDRESS_SIZE, 0);
        return true;
    }
    bool upper = address >> 55 & 1;
    struct half half = half_of(cpu, upper);
    unsigned top = half.tagged ? 56 : 64; // bits from half.size to here must all be equal to bit 55
    uint64_t expected = upper ? bits_low(top) & ~bits_low(half.size) : 0;
    if (half.disabled || (address & bits_low(top) & ~bits_low(half.size)) != expected)
        return fail(walk, A64_FSC_TRANSLATION, 0);
    if (likely(half.granule == 12)) // the arithmetic is of constants then
        return walk_tables(cpu, &half, 12, address, access, user, walk);
    return walk_tables(cpu, &half, half.granule, address, access, user, walk);
}

bool a64_physical_of(struct vcpu *cpu, uint64_t address, uint64_t *physical)
{
    struct a64_walk walk;
    bool found = a64_translate(a64_of(cpu), address, ACCESS_READ, false, &walk);
    *physical = walk.physical;
    return found || (walk.fault & ~3u) == A64_FSC_ACCESS_FLAG;
}

// --- aborts -----------------------------------------------------------------------------------------------------------

bool a64_data_abort(struct a64_cpu *cpu, uint64_t address, unsigned status, uint32_t iss)
{
    return a64_fault_at(cpu, cpu->el == 0 ? A64_EC_DATA_LOWER : A64_EC_DATA, iss | status, address);
}

// Is there anything in the page?
static bool answers(struct bus *memory, uint64_t page)
{
    if (likely(bus_find(memory, page)))
        return true;
    for (unsigned i = 0; i < memory->count; i++)
        if (memory->regions[i]->base - page < PAGE_SIZE)
            return true;
    return false;
}

bool a64_walk(struct vcpu *vcpu, uint64_t address, enum access access, bool user, struct tlb_page *page)
{
    struct a64_cpu *cpu = a64_of(vcpu);
    struct a64_walk walk;
    bool found = a64_translate(cpu, address, access, user, &walk);
    if (found && !answers(vcpu->loop->memory, walk.physical & PAGE_MASK)) {
        a64_mistake(cpu, A64_MISTAKE_ABORT, walk.physical);
        found = fail(&walk, A64_FSC_EXTERNAL, 0);
    }
    if (!found) {
        if (access == ACCESS_EXECUTE)
            return a64_fault_at(cpu, cpu->el == 0 ? A64_EC_FETCH_LOWER : A64_EC_FETCH, walk.fault, address);
        return a64_data_abort(cpu, address, walk.fault, access == ACCESS_WRITE ? BIT32(6) : 0); // WnR
    }
    *page = (struct tlb_page){ .physical = walk.physical & PAGE_MASK,
                               .shift = walk.shift,
                               .private = walk.private,
                               .read = walk.read,
                               .write = walk.write };
    page->watched = unlikely(cpu->watchpoints) && a64_page_watched(cpu, address);
    return true;
}

uint64_t a64_branch_address(const struct a64_cpu *cpu, uint64_t target)
{
    bool upper = target >> 55 & 1;
    if (!(cpu->tcr >> (upper ? 38 : 37) & 1))
        return target;
    return (uint64_t)bits_sign(target, 56);
}

// --- address spaces and invalidation ---------------------------------------------------------------------------------

// As many bits as TCR_EL1.AS says.
static uint32_t asid_in(const struct a64_cpu *cpu, uint64_t value)
{
    return (uint32_t)(value >> 48) & (cpu->tcr & TCR_AS ? 0xffff : 0xff);
}

void a64_follow_asid(struct a64_cpu *cpu)
{
    uint32_t asid = asid_in(cpu, cpu->tcr & TCR_A1 ? cpu->ttbr1 : cpu->ttbr0);
    tlb_switch_space(&cpu->vcpu, asid, cpu->ttbr0 & bits_low(48), true);
}

void a64_flush(struct a64_cpu *cpu)
{
    tlb_flush(&cpu->vcpu);
    a64_follow_asid(cpu);
}

void a64_flush_asid(struct a64_cpu *cpu, uint64_t operand)
{
    tlb_flush_space(&cpu->vcpu, asid_in(cpu, operand));
}

void a64_flush_address(struct a64_cpu *cpu, uint64_t operand, bool all)
{
    tlb_flush_address(&cpu->vcpu, (uint64_t)bits_sign(operand << 12, 56), all ? TLB_ANY_SPACE : asid_in(cpu, operand));
}
