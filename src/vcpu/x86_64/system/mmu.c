// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Paging (SDM vol. 3 chapter 4). It is used for every TLB miss, so it reads directly from host memory.
//
// One loop walks all three kinds of tables; they differ in their levels, the size of an entry and the reserved bits:
//
//     4-level  CR3 > PML4 [47:39] > PDPT [38:30] (1 GiB) > PD [29:21] (2 MiB) > PT [20:12]    8-byte entries
//     PAE      CR3 > 4 PDPTEs kept in the CPU [31:30]    > PD [29:21] (2 MiB) > PT [20:12]    8-byte entries
//     32-bit   CR3 >                                       PD [31:22] (4 MiB) > PT [21:12]    4-byte entries
//
// Accessed and dirty flags are set once the access is known to be allowed.
//
// What the TLB holds is not part of the saved state: a guest that changes a table and does not invalidate may see the page as
// it was, and after a snapshot was restored as it is.
//
// Not modelled: memory types (PAT, PCD, PWT are ignored), 5 levels.
#include "vcpu/x86_64/system/mmu.h"

#include <string.h>

#include "base/bus.h"
#include "vcpu/loop.h"
#include "vcpu/x86_64/system/debug.h"
#include "vcpu/x86_64/system/model.h"

enum {
    PTE_P = BIT32(0),
    PTE_W = BIT32(1),
    PTE_U = BIT32(2),
    PTE_A = BIT32(5),
    PTE_D = BIT32(6),
    PTE_PS = BIT32(7),
    PTE_G = BIT32(8),
};
#define PTE_NX      BIT64(63)
#define PTE_ADDRESS (X86_PHYSICAL_MASK & PAGE_MASK)

enum { PF_P = BIT32(0), PF_W = BIT32(1), PF_U = BIT32(2), PF_RSVD = BIT32(3), PF_I = BIT32(4) };

// The state of a walk. `region` is the RAM window of the last entry: nearly always the next one is in it too.
struct walk {
    struct x86_cpu *cpu;
    struct region *region;
    uint64_t address;
    uint64_t places[4]; // physical address of each entry used
    unsigned depth;
    uint64_t last;   // the entry that maps the page
    uint64_t common; // AND of all entries: the accessed flag, if it is set in each
    bool peek;       // neither permissions nor flags
};

// Host memory of an entry, or NULL outside of RAM.
static inline uint8_t *entry_host(struct walk *walk, uint64_t physical)
{
    struct region *region = walk->region;
    physical &= walk->cpu->lines;
    if (unlikely(!region || physical - region->base >= region->size)) {
        region = bus_find(walk->cpu->vcpu.loop->memory, physical);
        if (!region || !region->ram || region->size - (physical - region->base) < sizeof(uint64_t))
            return NULL;
        walk->region = region;
    }
    return region->ram + (physical - region->base);
}

// The next entry of `size` bytes (4 or 8). Outside of RAM it reads as ones, as on the bus where nothing answers.
static inline uint64_t next_entry(struct walk *walk, uint64_t physical, unsigned size)
{
    const uint8_t *host = entry_host(walk, physical);
    uint64_t entry = bits_low(8 * size);
    if (likely(host))
        memcpy(&entry, host, size);
    walk->places[walk->depth++] = physical;
    walk->last = entry;
    walk->common &= entry;
    return entry;
}

static void set_flags(struct walk *walk, uint64_t physical, uint8_t flags)
{
    uint8_t *host = entry_host(walk, physical);
    if (!host || walk->region->readonly || (host[0] & flags) == flags)
        return;
    host[0] |= flags; // both are in the first byte
    bus_ram_written(walk->cpu->vcpu.loop->memory, host, 1);
    loop_memory_written(walk->cpu->vcpu.loop, physical & walk->cpu->lines, 1);
}

// SDM vol. 3 section 4.7. `rest`: P and RSVD.
static bool page_fault(struct x86_cpu *cpu, uint64_t address, enum access access, bool user, uint32_t rest)
{
    bool reports_fetch = (cpu->cr4 & X86_CR4_SMEP) || ((cpu->cr4 & X86_CR4_PAE) && (cpu->efer & X86_EFER_NXE));
    uint32_t error = rest | (access == ACCESS_WRITE ? PF_W : 0u) | (user ? PF_U : 0u) |
                     (access == ACCESS_EXECUTE && reports_fetch ? PF_I : 0u);
    cpu->fault = (struct x86_fault){ .vector = X86_PAGE, .has_error = true, .error = error, .address = address };
    return false;
}

// Is the PAT bit of an entry that maps a page set where there is no PAT (SDM vol. 3 section 4.9.2)? Bit 7 of a 4 KiB page's, bit
// 12 of a large page's.
static bool is_pat_reserved(const struct x86_cpu *cpu, uint64_t entry, bool large)
{
    return unlikely(entry & (large ? BIT32(12) : BIT32(7))) && !x86_has(cpu->model, X86_FEATURE_PAT);
}

// Reserved bits of an 8-byte entry. Bits 62:52 are ignored in 4-level paging and reserved in PAE paging.
static uint64_t reserved_bits(const struct x86_cpu *cpu, bool four)
{
    uint64_t reserved = bits_low(52) & ~X86_PHYSICAL_MASK;
    if (!four)
        reserved |= bits_low(63) & ~bits_low(52);
    return cpu->efer & X86_EFER_NXE ? reserved : reserved | PTE_NX;
}

// The permissions of the page are the AND of the levels' W and U bits and the OR of their NX bits (section 4.6).
static inline bool finish(struct walk *walk, enum access access, bool user, uint64_t allow, bool no_execute,
                          struct tlb_page *page)
{
    struct x86_cpu *cpu = walk->cpu;
    if (walk->peek)
        return true;
    bool user_page = allow & PTE_U;
    bool writable = (allow & PTE_W) || (!user && !(cpu->cr0 & X86_CR0_WP));
    bool reachable = !user || user_page;
    bool guarded = false; // by SMAP: may change with RFLAGS.AC, so such a page stays out of the TLB
    if (!user && user_page) {
        if (access == ACCESS_EXECUTE) {
            reachable = !(cpu->cr4 & X86_CR4_SMEP);
        } else if (cpu->cr4 & X86_CR4_SMAP) {
            guarded = true;
            // A supervisor access at CPL 3 is an implicit one (descriptor tables, TSS), for which AC has no effect.
            reachable = (cpu->eflags & X86_AC) && cpu->cpl != 3;
        }
    }
    if (!reachable || (access == ACCESS_WRITE && !writable) || (access == ACCESS_EXECUTE && no_execute))
        return page_fault(cpu, walk->address, access, user, PF_P);

    if (unlikely(!(walk->common & PTE_A)))
        for (unsigned i = 0; i < walk->depth; i++)
            set_flags(walk, walk->places[i], PTE_A);
    if (unlikely(access == ACCESS_WRITE && !(walk->last & PTE_D)))
        set_flags(walk, walk->places[walk->depth - 1], PTE_D);
    page->private = !(walk->last & PTE_G) || !(cpu->cr4 & X86_CR4_PGE);
    page->read = !guarded;
    page->write = !guarded && writable && (access == ACCESS_WRITE || (walk->last & PTE_D));
    return true;
}

// 4-level and PAE paging. `shift` is that of the first table's index.
static inline bool walk_wide(struct walk *walk, bool four, enum access access, bool user, struct tlb_page *page)
{
    struct x86_cpu *cpu = walk->cpu;
    uint64_t address = walk->address, entry, table;
    uint64_t reserved = reserved_bits(cpu, four), allow = PTE_W | PTE_U, no_execute = 0, upper, upper_rights;
    unsigned shift = four ? 39 : 21;
    if (four) {
        table = cpu->cr3 & PTE_ADDRESS;
    } else {
        entry = cpu->pdpte[address >> 30 & 3];
        if (!(entry & PTE_P))
            return page_fault(cpu, address, access, user, 0);
        table = entry & PTE_ADDRESS;
    }
    for (;; shift -= 9) {
        upper = walk->common;
        entry = next_entry(walk, table + (address >> shift & 0x1ff) * 8, 8);
        if (!(entry & PTE_P))
            return page_fault(cpu, address, access, user, 0);
        bool large = shift > 12 && (entry & PTE_PS);
        uint64_t bad = entry & reserved;
        if ((large || shift == 12) && is_pat_reserved(cpu, entry, large))
            bad = entry;
        if (large) // no 512 GiB pages, and bits between PAT (12) and the address are reserved
            bad |= shift == 39 || (shift == 30 && !(cpu->model->leaf_x1_edx & X86_XD_PDPE1GB))
                       ? PTE_PS
                       : entry & (bits_low(shift) & ~bits_low(13));
        if (bad)
            return page_fault(cpu, address, access, user, PF_P | PF_RSVD);
        upper_rights = allow | no_execute;
        allow &= entry;
        no_execute |= entry & PTE_NX;
        if (large || shift == 12)
            break;
        table = entry & PTE_ADDRESS;
    }
    page->shift = shift;
    page->physical = (entry & PTE_ADDRESS & ~bits_low(shift)) | (address & bits_low(shift) & PAGE_MASK);
    if (!finish(walk, access, user, allow, no_execute, page))
        return false;
    if (four && shift == 12 && (upper & PTE_A) && !walk->peek)
        *tlb_upper_place(&cpu->vcpu, address) = (struct tlb_upper){ address >> TLB_UPPER_BITS, table, upper_rights };
    return true;
}

// With what is known of the upper levels (section 4.10.3): only entries that are present and accessed are remembered. False:
// walk them all, as a fault must.
static inline bool walk_last(struct walk *walk, const struct tlb_upper *upper, enum access access, bool user,
                             struct tlb_page *page)
{
    struct x86_cpu *cpu = walk->cpu;
    uint64_t entry = next_entry(walk, upper->table + (walk->address >> 12 & 0x1ff) * 8, 8);
    if (!(entry & PTE_P) || (entry & reserved_bits(cpu, true)) || is_pat_reserved(cpu, entry, false))
        return false;
    page->shift = PAGE_BITS;
    page->physical = entry & PTE_ADDRESS;
    return finish(walk, access, user, upper->rights & entry, (upper->rights | entry) & PTE_NX, page);
}

static inline bool walk_long(struct walk *walk, enum access access, bool user, struct tlb_page *page)
{
    struct tlb_upper *upper = tlb_upper_place(&walk->cpu->vcpu, walk->address);
    if (upper->place == walk->address >> TLB_UPPER_BITS && !walk->peek) {
        if (likely(walk_last(walk, upper, access, user, page)))
            return true;
        upper->place = UINT64_MAX;
        walk->depth = 0;
        walk->common = UINT64_MAX;
    }
    return walk_wide(walk, true, access, user, page);
}

static bool walk_narrow(struct walk *walk, enum access access, bool user, struct tlb_page *page)
{
    struct x86_cpu *cpu = walk->cpu;
    uint64_t address = walk->address;
    uint64_t entry = next_entry(walk, (cpu->cr3 & 0xfffff000) + (address >> 22) * 4, 4);
    if (!(entry & PTE_P))
        return page_fault(cpu, address, access, user, 0);
    uint64_t allow = entry;
    if ((entry & PTE_PS) && (cpu->cr4 & X86_CR4_PSE)) {
        // PSE-36: bits 20:13 are bits 39:32 of the address; without it they are reserved.
        uint64_t reserved = x86_has(cpu->model, X86_FEATURE_PSE36) ? BIT32(21) : 0x3fe000u;
        if ((entry & reserved) || is_pat_reserved(cpu, entry, true))
            return page_fault(cpu, address, access, user, PF_P | PF_RSVD);
        page->shift = 22;
        page->physical = bits_get(entry, 20, 13) << 32 | (entry & 0xffc00000) | (address & 0x3ff000);
        return finish(walk, access, user, allow, false, page);
    }
    entry = next_entry(walk, (entry & 0xfffff000) + (address >> 12 & 0x3ff) * 4, 4);
    if (!(entry & PTE_P))
        return page_fault(cpu, address, access, user, 0);
    if (is_pat_reserved(cpu, entry, false))
        return page_fault(cpu, address, access, user, PF_P | PF_RSVD);
    page->shift = 12;
    page->physical = entry & 0xfffff000;
    return finish(walk, access, user, allow & entry, false, page);
}

// `peek`: as struct guest's translate says.
ALWAYS_INLINE bool walk_tables(struct x86_cpu *cpu, uint64_t address, enum access access, bool user, bool peek,
                               struct tlb_page *page)
{
    struct walk walk = { .cpu = cpu, .address = address, .common = UINT64_MAX, .peek = peek };
    if (cpu->efer & X86_EFER_LMA) {
        if (!x86_is_canonical(address))
            return x86_fault_code(cpu, X86_GP, 0);
        return walk_long(&walk, access, user, page);
    }
    walk.address = (uint32_t)address;
    if (!(cpu->cr0 & X86_CR0_PG)) {
        *page =
            (struct tlb_page){ .physical = walk.address & PAGE_MASK, .shift = PAGE_BITS, .read = true, .write = true };
        return true;
    }
    if (cpu->cr4 & X86_CR4_PAE)
        return walk_wide(&walk, false, access, user, page);
    return walk_narrow(&walk, access, user, page);
}

bool x86_walk(struct vcpu *vcpu, uint64_t address, enum access access, bool user, struct tlb_page *page)
{
    struct x86_cpu *cpu = x86_of(vcpu);
    if (unlikely(!walk_tables(cpu, address, access, user, false, page))) {
        if (cpu->fault.vector == X86_PAGE) // which drops what is known of the page (section 4.10.4.1)
            x86_flush_page(cpu, address);
        return false;
    }
    page->physical &= cpu->lines;
    page->watched = unlikely(x86_has_breakpoints(cpu)) && x86_watches_page(cpu, address);
    if (unlikely(vcpu->loop->stops.watchpoints))
        page->watched |= stops_watch_page(&vcpu->loop->stops, address);
    return true;
}

bool x86_physical_of(struct vcpu *vcpu, uint64_t address, uint64_t *physical)
{
    struct x86_cpu *cpu = x86_of(vcpu);
    struct x86_fault fault = cpu->fault;
    struct tlb_page page = { 0 };
    bool found = walk_tables(cpu, address, ACCESS_READ, false, true, &page);
    cpu->fault = fault;
    *physical = (page.physical & cpu->lines) | (address & ~PAGE_MASK);
    return found;
}

// --- what the TLB keeps (section 4.10) --------------------------------------------------------------------------------

void x86_flush_page(struct x86_cpu *cpu, uint64_t address)
{
    tlb_flush_address(&cpu->vcpu, address, cpu->vcpu.tlb->space);
}

void x86_follow_cr3(struct x86_cpu *cpu, bool keep)
{
    tlb_switch_space(&cpu->vcpu, cpu->cr4 & X86_CR4_PCIDE ? cpu->cr3 & 0xfff : 0, cpu->cr3 & PTE_ADDRESS, keep);
}

void x86_flush(struct x86_cpu *cpu)
{
    tlb_flush(&cpu->vcpu);
    x86_follow_cr3(cpu, false);
}

// Line 20 is masked behind paging, so each page is found again. The running block is left after its instruction.
void x86_set_a20(struct x86_cpu *cpu, bool open)
{
    cpu->lines = open ? UINT64_MAX : ~BIT64(20);
    x86_flush(cpu);
    if (cpu->vcpu.loop->current == &cpu->vcpu)
        cpu->vcpu.kick |= KICK_LOOK;
}

bool x86_invalidate_pcid(struct x86_cpu *cpu, uint64_t type, uint64_t pcid, uint64_t address)
{
    enum { ADDRESS, ONE, ALL, ALL_BUT_GLOBAL };
    if (type > ALL_BUT_GLOBAL || pcid >> 12 || (type <= ONE && pcid && !(cpu->cr4 & X86_CR4_PCIDE)) ||
        (type == ADDRESS && !x86_is_canonical(address)))
        return x86_fault_code(cpu, X86_GP, 0);
    switch (type) {
    case ADDRESS: tlb_flush_address(&cpu->vcpu, address, (uint32_t)pcid); break;
    case ONE: tlb_flush_space(&cpu->vcpu, (uint32_t)pcid); break;
    case ALL: x86_flush(cpu); break;
    default: tlb_flush_private(&cpu->vcpu); break;
    }
    return true;
}

bool x86_load_pdptes(struct x86_cpu *cpu, uint64_t cr3)
{
    const uint64_t reserved = ~X86_PHYSICAL_MASK | 0x1e6; // SDM vol. 3 table 4-8
    struct walk walk = { .cpu = cpu };
    uint64_t pdpte[4];
    for (unsigned i = 0; i < 4; i++) {
        pdpte[i] = next_entry(&walk, (cr3 & 0xffffffe0) + i * 8, 8);
        if ((pdpte[i] & PTE_P) && (pdpte[i] & reserved))
            return x86_fault_code(cpu, X86_GP, 0);
    }
    memcpy(cpu->pdpte, pdpte, sizeof pdpte);
    return true;
}
