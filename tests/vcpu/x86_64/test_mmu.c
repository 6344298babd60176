// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Paging: every kind of table, every page size, every kind of page fault (SDM vol. 3 chapter 4).
#include "vcpu/x86_64/system/mmu.h"

#include <criterion/criterion.h>

#include "vcpu/x86_64/rig.h"

#define P       1u
#define W       2u
#define U       4u
#define A       0x20u
#define D       0x40u
#define PS      0x80u
#define G       0x100u
#define NX      BIT64(63)
#define ROOT    0x10000u
#define SECOND  0x11000u
#define THIRD   0x12000u
#define FOURTH  0x13000u
#define ADDRESS UINT64_C(0x7f8040607123) // PML4 255, PDPT 1, PD 3, PT 7 after its fields

enum { E_P = 1, E_W = 2, E_U = 4, E_RSVD = 8, E_I = 16 };

static struct rig *rig;
static struct x86_cpu *cpu;
static struct tlb_page page;

static void setup(void)
{
    rig = rig_new();
    cpu = rig->cpu;
    cpu->cr0 |= X86_CR0_PE | X86_CR0_PG | X86_CR0_WP;
}

static void teardown(void)
{
    rig_free(rig);
}

static void setup_long(void)
{
    setup();
    cpu->cr4 = X86_CR4_PAE;
    cpu->efer = X86_EFER_LME | X86_EFER_LMA | X86_EFER_NXE;
    cpu->cr3 = ROOT;
    rig_put(rig, ROOT + 255 * 8, 8, SECOND | P | W | U);
    rig_put(rig, SECOND + 1 * 8, 8, THIRD | P | W | U);
    rig_put(rig, THIRD + 3 * 8, 8, FOURTH | P | W | U);
    rig_put(rig, FOURTH + 7 * 8, 8, UINT64_C(0xab12345000) | P | W | U);
}

TestSuite(mmu, .init = setup_long, .fini = teardown);
TestSuite(mmu32, .init = setup, .fini = teardown);

static bool walk(uint64_t address, enum access access, bool user)
{
    return x86_walk(&cpu->vcpu, address, access, user, &page);
}

static void assert_page_fault(uint64_t address, enum access access, bool user, uint32_t error)
{
    cr_assert_not(walk(address, access, user));
    assert_fault(cpu, X86_PAGE, error);
    cr_assert_eq(cpu->fault.address, address);
}

Test(mmu, four_levels_lead_to_a_4k_page)
{
    cr_assert(walk(ADDRESS, ACCESS_READ, true));
    cr_assert_eq(page.physical, UINT64_C(0xab12345000));
    cr_assert(page.read);
}

Test(mmu, a_read_sets_accessed_on_every_level_and_leaves_dirty)
{
    cr_assert(walk(ADDRESS, ACCESS_READ, true));
    cr_assert_eq(rig_get(rig, ROOT + 255 * 8, 8), (SECOND | P | W | U | A));
    cr_assert_eq(rig_get(rig, SECOND + 8, 8), (THIRD | P | W | U | A));
    cr_assert_eq(rig_get(rig, THIRD + 24, 8), (FOURTH | P | W | U | A));
    cr_assert_eq(rig_get(rig, FOURTH + 56, 8), (UINT64_C(0xab12345000) | P | W | U | A));
    cr_assert_not(page.write, "the first write must walk again to set dirty");
}

Test(mmu, a_write_sets_dirty_and_is_remembered)
{
    cr_assert(walk(ADDRESS, ACCESS_WRITE, true));
    cr_assert_eq(rig_get(rig, FOURTH + 56, 8) & (A | D), A | D);
    cr_assert_eq(rig_get(rig, THIRD + 24, 8) & D, 0, "dirty is of the page alone");
    cr_assert(page.write);
}

Test(mmu, a_read_of_a_dirty_page_lets_writes_pass)
{
    rig_put(rig, FOURTH + 56, 8, 0x5000 | P | W | U | A | D);
    cr_assert(walk(ADDRESS, ACCESS_READ, true));
    cr_assert(page.write);
}

Test(mmu, a_refused_access_sets_no_flag)
{
    rig_put(rig, FOURTH + 56, 8, 0x5000 | P | U);
    cr_assert_not(walk(ADDRESS, ACCESS_WRITE, true));
    cr_assert_eq(rig_get(rig, FOURTH + 56, 8), 0x5000 | P | U);
    cr_assert_eq(rig_get(rig, ROOT + 255 * 8, 8) & A, 0);
}

Test(mmu, a_2m_page_keeps_21_bits_of_the_address)
{
    rig_put(rig, THIRD + 24, 8, 0x40000000 | P | W | U | PS);
    cr_assert(walk(ADDRESS, ACCESS_WRITE, true));
    cr_assert_eq(page.physical, 0x40007000);
    cr_assert_eq(rig_get(rig, THIRD + 24, 8) & (A | D), A | D);
}

Test(mmu, a_1g_page_keeps_30_bits_of_the_address)
{
    rig_put(rig, SECOND + 8, 8, UINT64_C(0x80000000) | P | W | U | PS);
    cr_assert(walk(ADDRESS, ACCESS_READ, true));
    cr_assert_eq(page.physical, 0x80607000);
}

Test(mmu, a_missing_entry_of_any_level_is_not_present)
{
    static const uint64_t entries[] = { ROOT + 255 * 8, SECOND + 8, THIRD + 24, FOURTH + 56 };
    for (unsigned i = 0; i < countof(entries); i++) {
        uint64_t old = rig_get(rig, entries[i], 8);
        rig_put(rig, entries[i], 8, old & ~(uint64_t)P);
        assert_page_fault(ADDRESS, ACCESS_READ, false, 0);
        assert_page_fault(ADDRESS, ACCESS_WRITE, true, E_W | E_U);
        assert_page_fault(ADDRESS, ACCESS_EXECUTE, true, E_U | E_I);
        rig_put(rig, entries[i], 8, old);
    }
}

Test(mmu, reserved_bits_are_told_apart_from_protection)
{
    static const struct {
        uint64_t entry, bits;
    } rows[] = {
        { ROOT + 255 * 8, BIT64(40) },  { SECOND + 8, BIT64(51) },      { THIRD + 24, BIT64(45) },
        { FOURTH + 56, BIT64(40) },     { ROOT + 255 * 8, PS },         { SECOND + 8, PS | BIT64(13) },
        { SECOND + 8, PS | BIT64(29) }, { THIRD + 24, PS | BIT64(13) }, { THIRD + 24, PS | BIT64(20) },
    };
    for (unsigned i = 0; i < countof(rows); i++) {
        uint64_t old = rig_get(rig, rows[i].entry, 8);
        rig_put(rig, rows[i].entry, 8, (rows[i].bits & PS ? old & ~UINT64_C(0x1ff000) : old) | rows[i].bits);
        assert_page_fault(ADDRESS, ACCESS_READ, false, E_P | E_RSVD);
        rig_put(rig, rows[i].entry, 8, old);
    }
    cr_assert(walk(ADDRESS, ACCESS_READ, false));
}

Test(mmu, bits_62_to_52_are_free_for_the_guest)
{
    rig_put(rig, FOURTH + 56, 8, 0x5000 | P | W | U | UINT64_C(0x7ff) << 52);
    cr_assert(walk(ADDRESS, ACCESS_READ, true));
}

Test(mmu, a_1g_page_is_reserved_where_cpuid_has_none)
{
    struct x86_model model = x86_models[0];
    model.leaf_x1_edx &= ~X86_XD_PDPE1GB;
    cpu->model = &model;
    rig_put(rig, SECOND + 8, 8, UINT64_C(0x80000000) | P | W | U | PS);
    assert_page_fault(ADDRESS, ACCESS_READ, true, E_P | E_RSVD | E_U);
}

Test(mmu, user_needs_the_u_bit_on_every_level)
{
    static const uint64_t entries[] = { ROOT + 255 * 8, SECOND + 8, THIRD + 24, FOURTH + 56 };
    for (unsigned i = 0; i < countof(entries); i++) {
        uint64_t old = rig_get(rig, entries[i], 8);
        rig_put(rig, entries[i], 8, old & ~(uint64_t)U);
        assert_page_fault(ADDRESS, ACCESS_READ, true, E_P | E_U);
        cr_assert(walk(ADDRESS, ACCESS_READ, false));
        rig_put(rig, entries[i], 8, old);
    }
}

Test(mmu, read_only_on_any_level_refuses_writes)
{
    static const uint64_t entries[] = { ROOT + 255 * 8, SECOND + 8, THIRD + 24, FOURTH + 56 };
    for (unsigned i = 0; i < countof(entries); i++) {
        uint64_t old = rig_get(rig, entries[i], 8);
        rig_put(rig, entries[i], 8, old & ~(uint64_t)W);
        assert_page_fault(ADDRESS, ACCESS_WRITE, true, E_P | E_W | E_U);
        assert_page_fault(ADDRESS, ACCESS_WRITE, false, E_P | E_W);
        cr_assert(walk(ADDRESS, ACCESS_READ, true));
        rig_put(rig, entries[i], 8, old);
    }
}

Test(mmu, without_wp_the_supervisor_writes_read_only_pages)
{
    cpu->cr0 &= ~(uint64_t)X86_CR0_WP;
    rig_put(rig, FOURTH + 56, 8, 0x5000 | P | U | A | D);
    cr_assert(walk(ADDRESS, ACCESS_WRITE, false));
    cr_assert(page.write);
    assert_page_fault(ADDRESS, ACCESS_WRITE, true, E_P | E_W | E_U);
    cr_assert(walk(ADDRESS, ACCESS_READ, true));
    cr_assert_not(page.write, "of the user's privilege");
}

Test(mmu, nx_on_any_level_refuses_fetches)
{
    static const uint64_t entries[] = { ROOT + 255 * 8, SECOND + 8, THIRD + 24, FOURTH + 56 };
    for (unsigned i = 0; i < countof(entries); i++) {
        uint64_t old = rig_get(rig, entries[i], 8);
        rig_put(rig, entries[i], 8, old | NX);
        assert_page_fault(ADDRESS, ACCESS_EXECUTE, false, E_P | E_I);
        cr_assert(walk(ADDRESS, ACCESS_READ, false));
        rig_put(rig, entries[i], 8, old);
    }
}

Test(mmu, nx_is_reserved_and_fetches_untold_without_nxe)
{
    cpu->efer &= ~(uint64_t)X86_EFER_NXE;
    rig_put(rig, FOURTH + 56, 8, 0x5000 | P | W | U | NX);
    assert_page_fault(ADDRESS, ACCESS_READ, false, E_P | E_RSVD);
    rig_put(rig, FOURTH + 56, 8, 0x5000);
    assert_page_fault(ADDRESS, ACCESS_EXECUTE, false, 0);
    cpu->cr4 |= X86_CR4_SMEP;
    assert_page_fault(ADDRESS, ACCESS_EXECUTE, false, E_I);
}

Test(mmu, smep_refuses_supervisor_fetches_from_user_pages)
{
    cpu->cr4 |= X86_CR4_SMEP;
    assert_page_fault(ADDRESS, ACCESS_EXECUTE, false, E_P | E_I);
    cr_assert(walk(ADDRESS, ACCESS_EXECUTE, true));
    rig_put(rig, THIRD + 24, 8, FOURTH | P | W);
    cr_assert(walk(ADDRESS, ACCESS_EXECUTE, false));
}

Test(mmu, smap_refuses_supervisor_data_unless_ac_is_set)
{
    cpu->cr4 |= X86_CR4_SMAP;
    assert_page_fault(ADDRESS, ACCESS_READ, false, E_P);
    assert_page_fault(ADDRESS, ACCESS_WRITE, false, E_P | E_W);
    cpu->eflags |= X86_AC;
    cr_assert(walk(ADDRESS, ACCESS_WRITE, false));
    cr_assert_not(page.read || page.write, "AC may change without a walk");
    cr_assert(walk(ADDRESS, ACCESS_WRITE, true));
    cr_assert(page.write);
    cpu->cpl = 3;
    assert_page_fault(ADDRESS, ACCESS_READ, false, E_P);
}

Test(mmu, an_address_that_is_not_canonical_is_a_general_protection_fault)
{
    cr_assert_not(walk(UINT64_C(0x0000800000000000), ACCESS_READ, true));
    assert_fault(cpu, X86_GP, 0);
    cr_assert_not(walk(UINT64_C(0xffff7fffffffffff), ACCESS_READ, true));
    assert_fault(cpu, X86_GP, 0);
    assert_page_fault(UINT64_C(0xffff800000000000), ACCESS_READ, true, E_U);
}

Test(mmu, tables_outside_of_ram_read_as_ones)
{
    cpu->cr3 = 0x70000000;
    assert_page_fault(ADDRESS, ACCESS_READ, false, E_P | E_RSVD);
}

Test(mmu, flags_are_not_written_to_rom)
{
    rig->ram.readonly = true;
    cr_assert(walk(ADDRESS, ACCESS_WRITE, true));
    cr_assert_eq(rig_get(rig, FOURTH + 56, 8) & (A | D), 0);
}

Test(mmu, the_tlb_follows_the_walk)
{
    uint64_t value;
    rig_put(rig, FOURTH + 56, 8, 0x5000 | P | W | U);
    rig_put(rig, 0x5123, 8, UINT64_C(0x1122334455667788));
    cr_assert(tlb_load(&cpu->vcpu, ADDRESS, 8, false, &value));
    cr_assert_eq(value, UINT64_C(0x1122334455667788));
    cr_assert(tlb_store(&cpu->vcpu, ADDRESS, 2, false, 0xbeef));
    cr_assert_eq(rig_get(rig, 0x5123, 4), 0x5566beef);
    cr_assert(rig_get(rig, FOURTH + 56, 8) & D);
}

Test(mmu, invlpg_forgets_every_piece_of_a_large_page)
{
    uint64_t value;
    x86_flush(cpu);
    rig_put(rig, THIRD + 24, 8, P | W | U | PS);
    cr_assert(tlb_load(&cpu->vcpu, ADDRESS, 4, false, &value));
    cr_assert(tlb_load(&cpu->vcpu, ADDRESS + 0x3000, 4, false, &value));
    rig_put(rig, THIRD + 24, 8, 0);
    x86_flush_page(cpu, ADDRESS);
    cr_assert_not(tlb_load(&cpu->vcpu, ADDRESS + 0x3000, 4, false, &value));
    cr_assert_not(tlb_load(&cpu->vcpu, ADDRESS, 4, false, &value));
}

Test(mmu, invlpg_of_a_small_page_leaves_the_others)
{
    uint64_t value;
    x86_flush(cpu);
    rig_put(rig, FOURTH + 56, 8, 0x5000 | P | W | U);
    rig_put(rig, FOURTH + 64, 8, 0x6000 | P | W | U);
    cr_assert(tlb_load(&cpu->vcpu, ADDRESS, 4, false, &value));
    cr_assert(tlb_load(&cpu->vcpu, ADDRESS + 0x1000, 4, false, &value));
    rig_put(rig, FOURTH + 56, 8, 0);
    rig_put(rig, FOURTH + 64, 8, 0);
    x86_flush_page(cpu, ADDRESS);
    cr_assert_not(tlb_load(&cpu->vcpu, ADDRESS, 4, false, &value));
    cr_assert(tlb_load(&cpu->vcpu, ADDRESS + 0x1000, 4, false, &value), "still there");
}

// SDM vol. 3 section 4.10.2.4. Two pages: the first is global.
static void two_pages(void)
{
    uint64_t value;
    rig_put(rig, FOURTH + 56, 8, 0x5000 | P | W | U | G);
    rig_put(rig, FOURTH + 64, 8, 0x6000 | P | W | U);
    cr_assert(tlb_load(&cpu->vcpu, ADDRESS, 4, false, &value));
    cr_assert(tlb_load(&cpu->vcpu, ADDRESS + 0x1000, 4, false, &value));
    rig_put(rig, FOURTH + 56, 8, 0);
    rig_put(rig, FOURTH + 64, 8, 0);
}

static bool is_kept(uint64_t address)
{
    uint64_t value;
    return tlb_load(&cpu->vcpu, address, 4, false, &value);
}

Test(mmu, global_pages_stay_over_a_load_of_cr3)
{
    cr_assert(x86_write_cr(cpu, 4, X86_CR4_PAE | X86_CR4_PGE));
    two_pages();
    cr_assert(x86_write_cr(cpu, 3, ROOT));
    cr_assert(is_kept(ADDRESS));
    cr_assert_not(is_kept(ADDRESS + 0x1000));
}

Test(mmu, no_page_is_global_without_pge)
{
    two_pages();
    cr_assert(x86_write_cr(cpu, 3, ROOT));
    cr_assert_not(is_kept(ADDRESS));
}

Test(mmu, invlpg_and_a_change_of_pge_forget_global_pages)
{
    cr_assert(x86_write_cr(cpu, 4, X86_CR4_PAE | X86_CR4_PGE));
    two_pages();
    x86_flush_page(cpu, ADDRESS);
    cr_assert_not(is_kept(ADDRESS));
    cr_assert(is_kept(ADDRESS + 0x1000));
    two_pages();
    cr_assert(x86_write_cr(cpu, 4, X86_CR4_PAE));
    cr_assert_not(is_kept(ADDRESS));
    cr_assert_not(is_kept(ADDRESS + 0x1000));
}

// --- PCIDs (SDM vol. 3 section 4.10.4.1) -----------------------------------------------------------------------------

static void load_cr3(uint64_t low, bool keep)
{
    cr_assert(x86_write_cr(cpu, 3, ROOT | low | (keep ? BIT64(63) : 0)));
}

// The two pages, used with PCID 5, are gone from the table; PCID 6 is current.
static void two_pcids(void)
{
    cr_assert(x86_write_cr(cpu, 4, X86_CR4_PAE | X86_CR4_PGE));
    cr_assert(x86_write_cr(cpu, 4, X86_CR4_PAE | X86_CR4_PGE | X86_CR4_PCIDE));
    load_cr3(5, false);
    two_pages();
    load_cr3(6, true);
}

Test(mmu, a_pcid_keeps_its_pages_if_bit_63_says_so)
{
    two_pcids();
    cr_assert(is_kept(ADDRESS), "global");
    cr_assert_not(is_kept(ADDRESS + 0x1000));
    load_cr3(5, true);
    cr_assert(is_kept(ADDRESS + 0x1000));
    load_cr3(6, true);
    load_cr3(5, false);
    cr_assert_not(is_kept(ADDRESS + 0x1000));
    cr_assert(is_kept(ADDRESS));
}

Test(mmu, a_load_of_the_same_pcid_forgets_it_alone)
{
    two_pcids();
    rig_put(rig, FOURTH + 72, 8, 0x7000 | P | W | U);
    cr_assert(is_kept(ADDRESS + 0x2000));
    rig_put(rig, FOURTH + 72, 8, 0);
    load_cr3(6, true);
    cr_assert(is_kept(ADDRESS + 0x2000));
    load_cr3(6, false);
    cr_assert_not(is_kept(ADDRESS + 0x2000));
    load_cr3(5, true);
    cr_assert(is_kept(ADDRESS + 0x1000));
}

Test(mmu, invlpg_is_for_the_current_pcid_and_global_pages)
{
    two_pcids();
    x86_flush_page(cpu, ADDRESS);
    x86_flush_page(cpu, ADDRESS + 0x1000);
    load_cr3(5, true);
    cr_assert_not(is_kept(ADDRESS));
    cr_assert(is_kept(ADDRESS + 0x1000));
}

Test(mmu, leaving_pcids_and_entering_them_again_finds_nothing)
{
    two_pcids();
    load_cr3(0, true);
    cr_assert(x86_write_cr(cpu, 4, X86_CR4_PAE | X86_CR4_PGE));
    cr_assert_not(is_kept(ADDRESS));
    cr_assert(x86_write_cr(cpu, 4, X86_CR4_PAE | X86_CR4_PGE | X86_CR4_PCIDE));
    load_cr3(5, true);
    cr_assert_not(is_kept(ADDRESS + 0x1000));
}

// What was used before a PCID was loaded is not taken for its own.
Test(mmu, a_reset_is_pcid_0)
{
    two_pcids();
    load_cr3(5, true);
    cpu->cr4 = X86_CR4_PAE;
    cpu->cr3 = ROOT;
    x86_flush(cpu);
    two_pages();
    cr_assert(x86_write_cr(cpu, 4, X86_CR4_PAE | X86_CR4_PCIDE));
    two_pages();
    load_cr3(5, true);
    cr_assert_not(is_kept(ADDRESS + 0x1000));
}

Test(mmu, each_type_of_invpcid_forgets_what_it_says)
{
    static const struct {
        uint64_t type, pcid, address;
        bool global, private; // stay
    } rows[] = {
        { 0, 5, ADDRESS + 0x1000, true, false },
        { 0, 6, ADDRESS + 0x1000, true, true },
        { 0, 5, ADDRESS + 0x2000, true, true },
        { 1, 5, 1, true, false },
        { 1, 6, 1, true, true },
        { 2, 0, 1, false, false },
        { 3, 0, 1, true, false },
    };
    for (unsigned i = 0; i < countof(rows); i++)
        for (unsigned current = 5; current <= 6; current++) {
            cpu->cr4 = X86_CR4_PAE;
            cpu->cr3 = ROOT;
            two_pcids();
            load_cr3(current, true);
            bool superset = current == 5 && rows[i].type == 0 && rows[i].pcid == 6; // may go, if its PCID is current
            cr_assert(x86_invalidate_pcid(cpu, rows[i].type, rows[i].pcid, rows[i].address));
            load_cr3(5, true);
            cr_expect_eq(is_kept(ADDRESS), rows[i].global, "row %u, %u", i, current);
            if (!superset)
                cr_expect_eq(is_kept(ADDRESS + 0x1000), rows[i].private, "row %u, %u", i, current);
        }
}

Test(mmu, invpcid_refuses_what_makes_no_sense)
{
    static const struct {
        uint64_t type, pcid, address;
    } rows[] = { { 4, 0, 0 }, { BIT64(32), 0, 0 }, { 2, BIT64(12), 0 }, { 0, 5, BIT64(47) } };
    two_pcids();
    for (unsigned i = 0; i < countof(rows); i++) {
        cr_assert_not(x86_invalidate_pcid(cpu, rows[i].type, rows[i].pcid, rows[i].address), "row %u", i);
        assert_fault(cpu, X86_GP, 0);
    }
    cr_assert(x86_invalidate_pcid(cpu, 1, 5, BIT64(47)));
    load_cr3(0, true);
    cr_assert(x86_write_cr(cpu, 4, X86_CR4_PAE));
    cr_assert_not(x86_invalidate_pcid(cpu, 0, 5, 0));
    cr_assert_not(x86_invalidate_pcid(cpu, 1, 5, 0));
    cr_assert(x86_invalidate_pcid(cpu, 1, 0, 0));
    cr_assert(x86_invalidate_pcid(cpu, 3, 5, 0));
}

// --- upper levels (SDM vol. 3 section 4.10.3) ------------------------------------------------------------------------

enum { OTHER = 0x14000 }; // another last table

static void remember_upper(void)
{
    uint64_t value;
    rig_put(rig, FOURTH + 56, 8, 0x5000 | P | W | U);
    rig_put(rig, FOURTH + 64, 8, 0x6000 | P | W | U);
    for (unsigned i = 0; i < 2; i++) { // the first walk sets the accessed flags
        x86_flush(cpu);
        cr_assert(tlb_load(&cpu->vcpu, ADDRESS, 4, false, &value));
    }
}

Test(mmu, upper_levels_are_remembered_until_something_is_invalidated)
{
    for (unsigned way = 0; way < 4; way++) {
        rig_put(rig, THIRD + 24, 8, FOURTH | P | W | U);
        remember_upper();
        rig_put(rig, THIRD + 24, 8, 0);
        cr_assert(is_kept(ADDRESS + 0x1000), "it may be");
        rig_put(rig, FOURTH + 72, 8, 0x7000 | P | W | U);
        switch (way) {
        case 0: x86_flush_page(cpu, 0x1000); break; // any address
        case 1: cr_assert(x86_write_cr(cpu, 3, ROOT)); break;
        case 2: cr_assert(x86_write_cr(cpu, 4, cpu->cr4 ^ X86_CR4_PGE)); break;
        default: cr_assert(x86_invalidate_pcid(cpu, 0, 0, 0x1000)); break;
        }
        cr_assert_not(is_kept(ADDRESS + 0x2000), "way %u", way);
    }
}

Test(mmu, a_fault_is_found_in_the_tables_as_they_are)
{
    uint64_t value;
    remember_upper();
    rig_put(rig, THIRD + 24, 8, OTHER | P | W | U);
    rig_put(rig, OTHER + 72, 8, 0x7000 | P | W | U);
    cr_assert(tlb_load(&cpu->vcpu, ADDRESS + 0x2000, 4, false, &value), "not in the table that is remembered");
    rig_put(rig, THIRD + 24, 8, FOURTH | P | U);
    remember_upper();
    assert_page_fault(ADDRESS + 0x1000, ACCESS_WRITE, false, E_P | E_W);
    remember_upper();
    rig_put(rig, THIRD + 24, 8, FOURTH | P | W | U);
    cr_assert(tlb_store(&cpu->vcpu, ADDRESS + 0x1000, 4, false, 1), "read only when it was remembered");
    rig_put(rig, THIRD + 24, 8, FOURTH | P | W | U | NX);
    remember_upper();
    assert_page_fault(ADDRESS + 0x1000, ACCESS_EXECUTE, false, E_P | E_I);
}

Test(mmu, levels_that_were_not_accessed_are_not_remembered)
{
    uint64_t value;
    remember_upper();
    rig_put(rig, THIRD + 24, 8, FOURTH | P | W | U);
    x86_flush_page(cpu, ADDRESS);
    cr_assert(tlb_load(&cpu->vcpu, ADDRESS, 4, false, &value));
    cr_assert(rig_get(rig, THIRD + 24, 8) & A);
}

// Section 4.10.4.1: a page fault drops what the TLB has of the page.
Test(mmu, a_page_fault_forgets_the_page)
{
    rig_put(rig, FOURTH + 56, 8, 0x5000 | P | U);
    cr_assert(is_kept(ADDRESS));
    rig_put(rig, FOURTH + 56, 8, 0);
    cr_assert(is_kept(ADDRESS));
    cr_assert_not(tlb_store(&cpu->vcpu, ADDRESS, 4, false, 1));
    cr_assert_not(is_kept(ADDRESS));
}

// ---------------------------------------------------------------------------------------------------------------------

Test(mmu, a_large_page_can_be_global)
{
    uint64_t value;
    cr_assert(x86_write_cr(cpu, 4, X86_CR4_PAE | X86_CR4_PGE));
    rig_put(rig, THIRD + 24, 8, P | W | U | PS | G);
    cr_assert(tlb_load(&cpu->vcpu, ADDRESS, 4, false, &value));
    rig_put(rig, THIRD + 24, 8, 0);
    cr_assert(x86_write_cr(cpu, 3, ROOT));
    cr_assert(is_kept(ADDRESS));
    x86_flush_page(cpu, ADDRESS + 0x5000);
    cr_assert_not(is_kept(ADDRESS));
}

Test(mmu, a_change_of_what_is_allowed_forgets_everything)
{
    static const struct {
        unsigned number;
        uint64_t value;
    } rows[] = { { 0, X86_CR0_PE | X86_CR0_PG | X86_CR0_ET }, { 4, X86_CR4_PAE | X86_CR4_PGE | X86_CR4_SMEP } };
    for (unsigned i = 0; i < countof(rows); i++) {
        cr_assert(x86_write_cr(cpu, 4, X86_CR4_PAE | X86_CR4_PGE));
        two_pages();
        cr_assert(x86_write_cr(cpu, rows[i].number, rows[i].value));
        cr_assert_not(is_kept(ADDRESS));
        cr_assert_not(is_kept(ADDRESS + 0x1000));
    }
}

// --- the narrow kinds ------------------------------------------------------------------------------------------------

Test(mmu32, without_paging_addresses_are_physical_and_32_bits_wide)
{
    cpu->cr0 &= ~X86_CR0_PG;
    cr_assert(walk(UINT64_C(0x100345678), ACCESS_WRITE, true));
    cr_assert_eq(page.physical, 0x345000);
    cr_assert(page.read && page.write);
}

Test(mmu32, two_levels_lead_to_a_4k_page)
{
    cpu->cr3 = ROOT;
    rig_put(rig, ROOT + 0x300 * 4, 4, SECOND | P | W | U);
    rig_put(rig, SECOND + 0x45 * 4, 4, 0xfedcb000 | P | W | U);
    cr_assert(walk(0xc0045678, ACCESS_WRITE, true));
    cr_assert_eq(page.physical, 0xfedcb000);
    cr_assert_eq(rig_get(rig, ROOT + 0x300 * 4, 4), (SECOND | P | W | U | A));
    cr_assert_eq(rig_get(rig, SECOND + 0x45 * 4, 4), (0xfedcb000 | P | W | U | A | D));
    rig_put(rig, ROOT + 0x300 * 4, 4, SECOND | P | W);
    assert_page_fault(0xc0045678, ACCESS_READ, true, E_P | E_U);
    rig_put(rig, SECOND + 0x45 * 4, 4, 0);
    assert_page_fault(0xc0045678, ACCESS_EXECUTE, false, 0);
}

Test(mmu32, a_4m_page_takes_bits_39_to_32_from_pse36)
{
    cpu->cr3 = ROOT;
    cpu->cr4 = X86_CR4_PSE;
    rig_put(rig, ROOT + 0x300 * 4, 4, 0x80c00000 | 0xa5 << 13 | P | W | PS);
    cr_assert(walk(0xc0345678, ACCESS_READ, false));
    cr_assert_eq(page.physical, UINT64_C(0xa580f45000));
    rig_put(rig, ROOT + 0x300 * 4, 4, 0x80c00000 | 1 << 21 | P | W | PS);
    assert_page_fault(0xc0345678, ACCESS_READ, false, E_P | E_RSVD);
}

Test(mmu32, without_pse_the_size_bit_is_ignored)
{
    cpu->cr3 = ROOT;
    rig_put(rig, ROOT, 4, SECOND | P | W | PS);
    rig_put(rig, SECOND + 4, 4, 0x5000 | P | W);
    cr_assert(walk(0x1000, ACCESS_READ, false));
    cr_assert_eq(page.physical, 0x5000);
}

Test(mmu32, pae_keeps_its_four_entries_in_the_cpu)
{
    cpu->cr4 = X86_CR4_PAE;
    cpu->cr3 = ROOT + 0x20;
    rig_put(rig, ROOT + 0x20 + 3 * 8, 8, SECOND | P);
    rig_put(rig, SECOND + 8, 8, THIRD | P | W | U);
    rig_put(rig, THIRD + 16, 8, UINT64_C(0xff00005000) | P | W | U);
    cr_assert(x86_load_pdptes(cpu, cpu->cr3));
    rig_put(rig, ROOT + 0x20 + 3 * 8, 8, 0);
    cr_assert(walk(0xc0202345, ACCESS_READ, true));
    cr_assert_eq(page.physical, UINT64_C(0xff00005000));
    assert_page_fault(0x40000000, ACCESS_READ, false, 0);
    rig_put(rig, THIRD + 16, 8, 0x5000 | P | W | U | BIT64(52));
    assert_page_fault(0xc0202345, ACCESS_READ, false, E_P | E_RSVD);
    rig_put(rig, SECOND + 8, 8, 0x600000 | P | W | U | PS);
    cr_assert(walk(0xc0202345, ACCESS_READ, true));
    cr_assert_eq(page.physical, 0x602000);
}

Test(mmu32, reserved_bits_in_a_pdpte_are_refused_when_it_is_loaded)
{
    rig_put(rig, ROOT, 8, SECOND | P | W);
    cr_assert_not(x86_load_pdptes(cpu, ROOT));
    assert_fault(cpu, X86_GP, 0);
    rig_put(rig, ROOT, 8, SECOND | P | BIT64(40));
    cr_assert_not(x86_load_pdptes(cpu, ROOT));
    rig_put(rig, ROOT, 8, (SECOND | W | BIT64(40)));
    cr_assert(x86_load_pdptes(cpu, ROOT), "an entry that is not present is not looked at");
}
