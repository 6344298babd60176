// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Translation at EL1&0 (Arm ARM chapter D8): permissions, status codes, tags, granules, and what the TLB may keep.
#include <criterion/criterion.h>

#include "rig.h"

#define PAGE(n) (UINT64_C(0x200000) + (n)*0x1000)
#define TARGET  UINT64_C(0x300000) // physical
#define UPPER   UINT64_C(0xffffff8000000000)

static unsigned status_of(struct rig *rig, uint64_t address, enum access access, bool user)
{
    struct a64_walk walk;
    return a64_translate(rig->cpu, address, access, user, &walk) ? 0 : walk.fault;
}

Test(a64_mmu, without_translation_addresses_are_physical)
{
    struct rig *rig = rig_new();
    struct a64_walk walk;
    cr_assert(a64_translate(rig->cpu, 0x12345678, ACCESS_WRITE, false, &walk));
    cr_assert_eq(walk.physical, 0x12345678);
    cr_assert_eq(status_of(rig, UINT64_C(1) << 50, ACCESS_READ, false), A64_FSC_ADDRESS_SIZE);
    rig_free(rig);
}

Test(a64_mmu, permissions_follow_ap_uxn_pxn_and_privilege)
{
    static const struct {
        uint64_t bits;
        unsigned el1_read, el1_write, el1_run, el0_read, el0_write, el0_run;
    } rows[] = {
        { 0, 1, 1, 1, 0, 0, 1 },                       // AP 00
        { RIG_USER, 1, 1, 0, 1, 1, 1 },                // AP 01: what EL0 can write EL1 does not execute
        { RIG_READONLY, 1, 0, 1, 0, 0, 1 },            // AP 10
        { RIG_READONLY | RIG_USER, 1, 0, 1, 1, 0, 1 }, // AP 11
        { RIG_PXN, 1, 1, 0, 0, 0, 1 },
        { RIG_UXN, 1, 1, 1, 0, 0, 0 },
    };
    struct rig *rig = rig_new();
    rig_translate(rig);
    for (unsigned i = 0; i < countof(rows); i++) {
        rig_page(rig, 1, TARGET | RIG_PAGE | RIG_AF | rows[i].bits);
        const unsigned fault = A64_FSC_PERMISSION + 3;
        cr_expect_eq(status_of(rig, PAGE(1), ACCESS_READ, false), rows[i].el1_read ? 0 : fault, "row %u", i);
        cr_expect_eq(status_of(rig, PAGE(1), ACCESS_WRITE, false), rows[i].el1_write ? 0 : fault, "row %u", i);
        cr_expect_eq(status_of(rig, PAGE(1), ACCESS_EXECUTE, false), rows[i].el1_run ? 0 : fault, "row %u", i);
        cr_expect_eq(status_of(rig, PAGE(1), ACCESS_READ, true), rows[i].el0_read ? 0 : fault, "row %u", i);
        cr_expect_eq(status_of(rig, PAGE(1), ACCESS_WRITE, true), rows[i].el0_write ? 0 : fault, "row %u", i);
        cr_expect_eq(status_of(rig, PAGE(1), ACCESS_EXECUTE, true), rows[i].el0_run ? 0 : fault, "row %u", i);
    }
    rig_free(rig);
}

Test(a64_mmu, tables_restrict_what_is_below_them)
{
    static const struct {
        uint64_t table;
        enum access access;
        bool user, allowed;
    } rows[] = {
        { BIT64(61), ACCESS_READ, true, false },    { BIT64(61), ACCESS_READ, false, true },
        { BIT64(62), ACCESS_WRITE, false, false },  { BIT64(62), ACCESS_READ, false, true },
        { BIT64(60), ACCESS_EXECUTE, true, false }, { BIT64(59), ACCESS_EXECUTE, false, false },
        { BIT64(59), ACCESS_EXECUTE, true, true },
    };
    struct rig *rig = rig_new();
    rig_translate(rig);
    rig_page(rig, 1, TARGET | RIG_PAGE | RIG_AF | RIG_USER | RIG_READONLY);
    for (unsigned i = 0; i < countof(rows); i++) {
        uint64_t bits = rows[i].access == ACCESS_WRITE ? 0 : RIG_READONLY;
        rig_page(rig, 1, TARGET | RIG_PAGE | RIG_AF | RIG_USER | bits);
        rig_put(rig, RIG_TABLES + 0x1008, 8, (RIG_TABLES + 0x4000) | RIG_PAGE | rows[i].table);
        unsigned fault = status_of(rig, PAGE(1), rows[i].access, rows[i].user);
        cr_expect_eq(fault, rows[i].allowed ? 0u : A64_FSC_PERMISSION + 3u, "row %u", i);
    }
    rig_free(rig);
}

Test(a64_mmu, write_implies_execute_never_where_sctlr_says_so)
{
    struct rig *rig = rig_new();
    struct a64_cpu *cpu = rig_translate(rig);
    rig_page(rig, 1, TARGET | RIG_PAGE | RIG_AF);
    rig_page(rig, 2, TARGET | RIG_PAGE | RIG_AF | RIG_READONLY);
    cpu->sctlr |= A64_SCTLR_WXN;
    cr_assert_eq(status_of(rig, PAGE(1), ACCESS_EXECUTE, false), A64_FSC_PERMISSION + 3);
    cr_assert_eq(status_of(rig, PAGE(2), ACCESS_EXECUTE, false), 0);
    rig_free(rig);
}

Test(a64_mmu, every_status_code_names_the_level_it_was_found_at)
{
    struct rig *rig = rig_new();
    rig_translate(rig);
    cr_expect_eq(status_of(rig, UINT64_C(1) << 30, ACCESS_READ, false), A64_FSC_TRANSLATION + 1);
    cr_expect_eq(status_of(rig, PAGE(0x200), ACCESS_READ, false), A64_FSC_TRANSLATION + 2);
    cr_expect_eq(status_of(rig, PAGE(3), ACCESS_READ, false), A64_FSC_TRANSLATION + 3);
    rig_page(rig, 3, TARGET | RIG_BLOCK | RIG_AF); // a block at level 3 is reserved
    cr_expect_eq(status_of(rig, PAGE(3), ACCESS_READ, false), A64_FSC_TRANSLATION + 3);
    rig_page(rig, 3, TARGET | RIG_PAGE);
    cr_expect_eq(status_of(rig, PAGE(3), ACCESS_READ, false), A64_FSC_ACCESS_FLAG + 3);
    rig_page(rig, 3, BIT64(41) | RIG_PAGE | RIG_AF); // beyond TCR_EL1.IPS (40 bits)
    cr_expect_eq(status_of(rig, PAGE(3), ACCESS_READ, false), A64_FSC_ADDRESS_SIZE + 3);
    // Addresses that neither table translates.
    cr_expect_eq(status_of(rig, UINT64_C(1) << 39, ACCESS_READ, false), A64_FSC_TRANSLATION);
    cr_expect_eq(status_of(rig, UPPER - 8, ACCESS_READ, false), A64_FSC_TRANSLATION);
    rig->cpu->tcr |= BIT64(7); // EPD0
    cr_expect_eq(status_of(rig, PAGE(1), ACCESS_READ, false), A64_FSC_TRANSLATION);
    rig_free(rig);
}

Test(a64_mmu, the_access_flag_is_checked_before_permissions)
{
    struct rig *rig = rig_new();
    rig_translate(rig);
    rig_page(rig, 1, TARGET | RIG_PAGE | RIG_READONLY);
    cr_assert_eq(status_of(rig, PAGE(1), ACCESS_WRITE, false), A64_FSC_ACCESS_FLAG + 3);
    rig_free(rig);
}

Test(a64_mmu, the_upper_half_is_ttbr1s)
{
    struct rig *rig = rig_new();
    rig_translate(rig);
    struct a64_walk walk;
    cr_assert(a64_translate(rig->cpu, UPPER + 0x12345, ACCESS_READ, false, &walk));
    cr_assert_eq(walk.physical, 0x12345);
    cr_assert_eq(walk.shift, 21);
    rig_free(rig);
}

Test(a64_mmu, tags_are_ignored_where_tcr_says_so)
{
    struct rig *rig = rig_new();
    struct a64_cpu *cpu = rig_translate(rig);
    uint64_t value;
    rig_page(rig, 1, TARGET | RIG_PAGE | RIG_AF);
    rig_put(rig, TARGET + 8, 8, 0x1234);
    uint64_t tagged = PAGE(1) + 8 + (UINT64_C(0x5a) << 56);
    cr_assert(!a64_load(cpu, tagged, 8, &value));
    cpu->tcr |= BIT64(37); // TBI0
    cr_assert(a64_load(cpu, tagged, 8, &value));
    cr_assert_eq(value, 0x1234);
    cr_assert_eq(a64_branch_address(cpu, tagged), PAGE(1) + 8);
    // FAR keeps the tag.
    cr_assert(!a64_load(cpu, PAGE(9) + (UINT64_C(0x5a) << 56), 8, &value));
    cr_assert_eq(cpu->fault.address, PAGE(9) + (UINT64_C(0x5a) << 56));
    // One TLBI by address forgets the page under every tag.
    rig_page(rig, 1, 0);
    a64_flush_address(cpu, PAGE(1) >> 12, false);
    cr_assert(!a64_load(cpu, tagged, 8, &value));
    rig_free(rig);
}

Test(a64_mmu, aborts_say_what_was_tried_and_from_where)
{
    struct rig *rig = rig_new();
    struct a64_cpu *cpu = rig_translate(rig);
    struct tlb_page page;
    cr_assert(!a64_walk(&cpu->vcpu, PAGE(5), ACCESS_WRITE, false, &page));
    cr_assert_eq(cpu->fault.syndrome, UINT32_C(0x25) << 26 | BIT32(25) | BIT32(6) | 0x07);
    cr_assert_eq(cpu->fault.address, PAGE(5));
    cr_assert(!a64_walk(&cpu->vcpu, PAGE(5), ACCESS_EXECUTE, false, &page));
    cr_assert_eq(cpu->fault.syndrome, UINT32_C(0x21) << 26 | BIT32(25) | 0x07);
    rig_set_el(cpu, 0, false);
    cr_assert(!a64_walk(&cpu->vcpu, PAGE(5), ACCESS_READ, true, &page));
    cr_assert_eq(cpu->fault.syndrome, UINT32_C(0x24) << 26 | BIT32(25) | 0x07);
    cr_assert(!a64_walk(&cpu->vcpu, PAGE(5), ACCESS_EXECUTE, true, &page));
    cr_assert_eq(cpu->fault.syndrome, UINT32_C(0x20) << 26 | BIT32(25) | 0x07);
    rig_free(rig);
}

// One page through tables of another granule: T0SZ 16, index bits of each level from the architecture's tables.
static unsigned granule_status(struct rig *rig, unsigned tg0, unsigned granule, uint64_t address, struct a64_walk *walk)
{
    struct a64_cpu *cpu = rig->cpu;
    unsigned stride = granule - 3;
    uint64_t table = 0x200000;
    unsigned level = granule == 16 ? 1 : 0;
    cpu->tcr = 16 | (uint64_t)tg0 << 14 | UINT64_C(5) << 32;
    cpu->ttbr0 = table;
    for (; level < 3; level++, table += 0x10000) {
        unsigned shift = granule + (3 - level) * stride;
        uint64_t index = address >> shift & bits_low(shift + stride > 48 ? 48 - shift : stride);
        rig_put(rig, table + index * 8, 8, (table + 0x10000) | RIG_PAGE);
    }
    rig_put(rig, table + (address >> granule & bits_low(stride)) * 8, 8, 0x3f0000 | RIG_PAGE | RIG_AF);
    cpu->sctlr |= A64_SCTLR_M;
    return a64_translate(cpu, address, ACCESS_READ, false, walk) ? 0 : walk->fault;
}

Test(a64_mmu, granules_of_16_and_64_kib_translate)
{
    struct a64_walk walk;
    struct rig *rig = rig_new();
    rig->cpu->model = a64_model_find("max");
    cr_assert_eq(granule_status(rig, 2, 14, UINT64_C(0x812345678abc), &walk), 0);
    cr_assert_eq(walk.physical, 0x3f0000 | (0x812345678abc & 0x3fff));
    cr_assert_eq(granule_status(rig, 1, 16, UINT64_C(0x812345678abc), &walk), 0);
    cr_assert_eq(walk.physical, 0x3f0000 | (0x812345678abc & 0xffff));
    cr_assert_eq(walk.shift, 16);
    cr_assert_eq(granule_status(rig, 0, 12, UINT64_C(0x812345678abc), &walk), 0);
    cr_assert_eq(walk.physical, 0x3f0000 | (0x812345678abc & 0xfff));
    rig_free(rig);
}

// ID_AA64MMFR0_EL1.TGran16 is 0: TG0 2 is one of the implemented granules.
Test(a64_mmu, a_granule_that_the_model_does_not_have_is_taken_as_4_kib)
{
    struct a64_walk walk;
    struct rig *rig = rig_new();
    rig->cpu->model = a64_model_find("cortex-a57");
    cr_assert_eq(granule_status(rig, 2, 12, UINT64_C(0x812345678abc), &walk), 0);
    cr_assert_eq(walk.physical, 0x3f0000 | (0x812345678abc & 0xfff));
    cr_assert_eq(walk.shift, 12);
    rig_free(rig);
}

// Blocks are only where the granule has them, and faults name the level.
Test(a64_mmu, granules_have_blocks_at_their_own_levels)
{
    static const struct {
        unsigned tg0, granule, level; // of the entry that is a block
        unsigned shift;               // 0: reserved there
    } rows[] = {
        { 0, 12, 0, 0 }, { 0, 12, 1, 30 }, { 0, 12, 2, 21 }, { 2, 14, 0, 0 },
        { 2, 14, 1, 0 }, { 2, 14, 2, 25 }, { 1, 16, 1, 0 },  { 1, 16, 2, 29 },
    };
    for (unsigned i = 0; i < countof(rows); i++) {
        struct rig *rig = rig_new();
        struct a64_walk walk;
        rig->cpu->model = a64_model_find("max");
        const uint64_t address = UINT64_C(0x812345678abc);
        const unsigned granule = rows[i].granule, stride = granule - 3, shift = granule + (3 - rows[i].level) * stride;
        const unsigned first = granule == 16 ? 1 : 0;
        cr_assert_eq(granule_status(rig, rows[i].tg0, granule, address, &walk), 0);
        const uint64_t index = address >> shift & bits_low(shift + stride > 48 ? 48 - shift : stride);
        rig_put(rig, 0x200000 + (rows[i].level - first) * 0x10000 + index * 8, 8, RIG_BLOCK | RIG_AF);
        const bool found = a64_translate(rig->cpu, address, ACCESS_READ, false, &walk);
        cr_expect_eq(found, rows[i].shift != 0, "row %u", i);
        if (found)
            cr_expect(walk.shift == rows[i].shift && walk.physical == (address & bits_low(shift)), "row %u", i);
        else
            cr_expect_eq(walk.fault, A64_FSC_TRANSLATION + rows[i].level, "row %u", i);
        rig_free(rig);
    }
}

// --- what is kept ----------------------------------------------------------------------------------------------------

static uint64_t load(struct a64_cpu *cpu, uint64_t address)
{
    uint64_t value = 0;
    return a64_load(cpu, address, 8, &value) ? value : UINT64_MAX;
}

Test(a64_mmu, an_address_of_a_block_forgets_the_whole_block)
{
    struct rig *rig = rig_new();
    struct a64_cpu *cpu = rig_translate(rig);
    rig_put(rig, 0x1000, 8, 11);
    rig_put(rig, 0x5000, 8, 22);
    cr_assert_eq(load(cpu, UPPER + 0x1000), 11);
    cr_assert_eq(load(cpu, UPPER + 0x5000), 22);
    rig_put(rig, RIG_TABLES + 0x3000, 8, 0);
    cr_assert_eq(load(cpu, UPPER + 0x5000), 22); // still there, as the architecture allows
    a64_flush_address(cpu, (UPPER + 0x1000) >> 12 & bits_low(44), false);
    cr_assert_eq(load(cpu, UPPER + 0x5000), UINT64_MAX);
    rig_free(rig);
}

Test(a64_mmu, a_change_of_ttbr0_forgets_the_lower_half_and_keeps_global_pages_above)
{
    struct rig *rig = rig_new();
    struct a64_cpu *cpu = rig_translate(rig);
    rig_page(rig, 1, TARGET | RIG_PAGE | RIG_AF | RIG_NG);
    rig_put(rig, TARGET, 8, 33);
    rig_put(rig, 0x1000, 8, 11);
    cr_assert_eq(load(cpu, PAGE(1)), 33);
    cr_assert_eq(load(cpu, UPPER + 0x1000), 11);
    rig_page(rig, 1, 0);
    rig_put(rig, RIG_TABLES + 0x3000, 8, 0);
    unsigned encoding = A64_SYSREG(3, 0, 2, 0, 0);
    a64_sysreg_find(encoding)->write(cpu, encoding, cpu->ttbr0 | BIT64(48)); // another ASID
    cr_assert_eq(load(cpu, PAGE(1)), UINT64_MAX);
    cr_assert_eq(load(cpu, UPPER + 0x1000), 11);
    rig_free(rig);
}

// A page private to an ASID, which TTBR1_EL1 holds where TCR_EL1.A1 says so.
Test(a64_mmu, the_asid_is_in_the_register_that_a1_names)
{
    static const unsigned tcr = A64_SYSREG(3, 0, 2, 0, 2), ttbr1 = A64_SYSREG(3, 0, 2, 0, 1);
    struct rig *rig = rig_new();
    struct a64_cpu *cpu = rig_translate(rig);
    a64_sysreg_find(tcr)->write(cpu, tcr, cpu->tcr | BIT64(22));
    cr_assert(cpu->tcr & BIT64(22));
    uint64_t value;
    rig_put(rig, 0x300000, 8, 3);
    rig_put(rig, 0x301000, 8, 4);
    rig_page(rig, 0, 0x300000 | RIG_PAGE | RIG_AF | RIG_NG);
    cr_assert(a64_load(cpu, 0x200000, 8, &value));
    cr_assert_eq(value, 3);
    rig_page(rig, 0, 0x301000 | RIG_PAGE | RIG_AF | RIG_NG);
    a64_sysreg_find(ttbr1)->write(cpu, ttbr1, cpu->ttbr1 | BIT64(50)); // another ASID
    cr_assert(a64_load(cpu, 0x200000, 8, &value));
    cr_assert_eq(value, 4);
    rig_free(rig);
}

Test(a64_mmu, private_pages_of_the_upper_half_go_with_the_asid)
{
    struct rig *rig = rig_new();
    struct a64_cpu *cpu = rig_translate(rig);
    rig_put(rig, RIG_TABLES + 0x3000, 8, RIG_BLOCK | RIG_AF | RIG_NG);
    rig_put(rig, 0x1000, 8, 11);
    cr_assert_eq(load(cpu, UPPER + 0x1000), 11);
    rig_put(rig, RIG_TABLES + 0x3000, 8, 0);
    unsigned encoding = A64_SYSREG(3, 0, 2, 0, 0);
    a64_sysreg_find(encoding)->write(cpu, encoding, cpu->ttbr0 | BIT64(48));
    cr_assert_eq(load(cpu, UPPER + 0x1000), UINT64_MAX);
    rig_free(rig);
}

static void write_ttbr(struct a64_cpu *cpu, unsigned number, uint64_t asid)
{
    unsigned encoding = A64_SYSREG(3, 0, 2, 0, number);
    uint64_t old = number ? cpu->ttbr1 : cpu->ttbr0;
    a64_sysreg_find(encoding)->write(cpu, encoding, (old & bits_low(48)) | asid << 48);
}

// Private page 1 and global page 2 of the lower half, used by ASID 3, then gone from the table; ASID 4 is current.
static struct a64_cpu *two_asids(struct rig *rig)
{
    struct a64_cpu *cpu = rig_translate(rig);
    write_ttbr(cpu, 0, 3);
    rig_page(rig, 1, TARGET | RIG_PAGE | RIG_AF | RIG_NG);
    rig_page(rig, 2, TARGET | RIG_PAGE | RIG_AF);
    rig_put(rig, TARGET, 8, 33);
    cr_assert_eq(load(cpu, PAGE(1)), 33);
    cr_assert_eq(load(cpu, PAGE(2)), 33);
    rig_page(rig, 1, 0);
    rig_page(rig, 2, 0);
    write_ttbr(cpu, 0, 4);
    cr_assert_eq(load(cpu, PAGE(1)), UINT64_MAX);
    return cpu;
}

Test(a64_mmu, pages_of_an_asid_are_kept_until_it_comes_again)
{
    struct rig *rig = rig_new();
    struct a64_cpu *cpu = two_asids(rig);
    cr_assert_eq(load(cpu, PAGE(2)), 33);
    write_ttbr(cpu, 0, 3);
    cr_assert_eq(load(cpu, PAGE(1)), 33);
    rig_free(rig);
}

Test(a64_mmu, an_asid_of_8_bits_is_told_by_them_alone)
{
    struct rig *rig = rig_new();
    struct a64_cpu *cpu = two_asids(rig);
    write_ttbr(cpu, 0, 0x103);
    cr_assert_eq(load(cpu, PAGE(1)), 33);
    unsigned tcr = A64_SYSREG(3, 0, 2, 0, 2);
    a64_sysreg_find(tcr)->write(cpu, tcr, cpu->tcr | BIT64(36)); // AS
    cr_assert_eq(load(cpu, PAGE(1)), UINT64_MAX, "TCR_EL1 has changed");
    rig_page(rig, 1, TARGET | RIG_PAGE | RIG_AF | RIG_NG);
    cr_assert_eq(load(cpu, PAGE(1)), 33);
    rig_page(rig, 1, 0);
    write_ttbr(cpu, 0, 3);
    cr_assert_eq(load(cpu, PAGE(1)), UINT64_MAX);
    write_ttbr(cpu, 0, 0x103);
    cr_assert_eq(load(cpu, PAGE(1)), 33);
    rig_free(rig);
}

// Operands of TLBI by another ASID than the current one: VAE1 and ASIDE1 reach the one they name, VAAE1 all.
Test(a64_mmu, tlbi_reaches_asids_that_are_not_current)
{
    static const struct {
        uint32_t word; // of X0
        uint64_t operand;
        bool goes;
    } rows[] = {
        { 0xd5088720, UINT64_C(3) << 48 | PAGE(1) >> 12, true }, // VAE1
        { 0xd5088720, UINT64_C(4) << 48 | PAGE(1) >> 12, false },
        { 0xd5088720, UINT64_C(3) << 48 | PAGE(2) >> 12, false },
        { 0xd50887a0, UINT64_C(3) << 48 | PAGE(1) >> 12, true }, // VALE1
        { 0xd5088760, UINT64_C(4) << 48 | PAGE(1) >> 12, true }, // VAAE1
        { 0xd50887e0, UINT64_C(4) << 48 | PAGE(1) >> 12, true }, // VAALE1
        { 0xd5088740, UINT64_C(3) << 48, true },                 // ASIDE1
        { 0xd5088740, UINT64_C(4) << 48, false },
        { 0xd5088700, 0, true }, // VMALLE1
    };
    for (unsigned i = 0; i < countof(rows); i++) {
        struct rig *rig = rig_new();
        struct a64_cpu *cpu = two_asids(rig);
        cpu->r[0] = rows[i].operand;
        rig_code(rig, rows[i].word, I_B(0));
        rig_run(rig, 1);
        cr_assert_eq(cpu->esr, 0);
        write_ttbr(cpu, 0, 3);
        cr_expect_eq(load(cpu, PAGE(1)), rows[i].goes ? UINT64_MAX : 33, "row %u", i);
        rig_free(rig);
    }
}

// A kernel writes a table that maps nothing on its way from one ASID to the next.
Test(a64_mmu, another_table_of_the_same_asid_has_pages_of_its_own)
{
    struct rig *rig = rig_new();
    struct a64_cpu *cpu = two_asids(rig);
    unsigned encoding = A64_SYSREG(3, 0, 2, 0, 0);
    write_ttbr(cpu, 0, 3);
    uint64_t table = cpu->ttbr0;
    a64_sysreg_find(encoding)->write(cpu, encoding, (table & ~bits_low(48)) | 0x7000);
    cr_assert_eq(load(cpu, PAGE(1)), UINT64_MAX);
    a64_sysreg_find(encoding)->write(cpu, encoding, table);
    cr_assert_eq(load(cpu, PAGE(1)), 33);
    rig_free(rig);
}

// --- TLBI ------------------------------------------------------------------------------------------------------------

// One page that every form forgets or keeps: private to an ASID in the lower half, global in the upper.
Test(a64_mmu, every_tlbi_forgets_what_it_says_and_on_whom)
{
    static const struct {
        const char *name;
        uint32_t word; // of X0
        bool shared, takes_address, private_only;
    } rows[] = {
        { "vmalle1is", 0xd5088300, true, false, false }, { "vmalle1", 0xd5088700, false, false, false },
        { "vae1is", 0xd5088320, true, true, false },     { "vae1", 0xd5088720, false, true, false },
        { "aside1is", 0xd5088340, true, false, true },   { "aside1", 0xd5088740, false, false, true },
        { "vaae1is", 0xd5088360, true, true, false },    { "vaae1", 0xd5088760, false, true, false },
        { "vale1is", 0xd50883a0, true, true, false },    { "vale1", 0xd50887a0, false, true, false },
        { "vaale1is", 0xd50883e0, true, true, false },   { "vaale1", 0xd50887e0, false, true, false },
    };
    for (unsigned i = 0; i < countof(rows); i++)
        for (unsigned upper = 0; upper < 2; upper++)
            for (unsigned elsewhere = 0; elsewhere < 2; elsewhere++) {
                struct rig *rig = rig_new_many(2);
                rig_translate(rig);
                struct a64_cpu *cpu = rig->cpu, *other = rig->cpus[1];
                other->ttbr0 = cpu->ttbr0;
                other->ttbr1 = cpu->ttbr1;
                other->tcr = cpu->tcr;
                other->sctlr = cpu->sctlr;
                // Both halves have the page; the upper one through another table.
                rig_put(rig, RIG_TABLES + 0x3008, 8, (RIG_TABLES + 0x5000) | RIG_PAGE);
                rig_put(rig, RIG_TABLES + 0x5008, 8, TARGET | RIG_PAGE | RIG_AF);
                rig_page(rig, 1, TARGET | RIG_PAGE | RIG_AF | RIG_NG);
                rig_put(rig, TARGET, 8, 33);
                const uint64_t address = PAGE(1) | (upper ? UPPER : 0);
                cr_assert_eq(load(cpu, address), 33);
                cr_assert_eq(load(other, address), 33);
                rig_page(rig, 1, 0);
                rig_put(rig, RIG_TABLES + 0x5008, 8, 0);
                cpu->r[0] = (address >> 12 & bits_low(44)) + 0x412 * elsewhere;
                rig_code(rig, rows[i].word, I_B(0));
                rig_run(rig, 1);
                cr_assert_eq(cpu->esr, 0);
                bool goes = rows[i].private_only ? !upper : !(rows[i].takes_address && elsewhere);
                cr_expect_eq(load(cpu, address), goes ? UINT64_MAX : 33, "%s %u %u", rows[i].name, upper, elsewhere);
                cr_expect_eq(load(other, address), goes && rows[i].shared ? UINT64_MAX : 33, "%s %u %u: the other",
                             rows[i].name, upper, elsewhere);
                rig_free(rig);
            }
}

Test(a64_mmu, a_broadcast_tlbi_reaches_every_cpu)
{
    struct rig *rig = rig_new_many(2);
    rig_translate(rig);
    struct a64_cpu *other = rig->cpus[1];
    other->ttbr0 = rig->cpu->ttbr0;
    other->tcr = rig->cpu->tcr;
    other->sctlr = rig->cpu->sctlr;
    rig_page(rig, 1, TARGET | RIG_PAGE | RIG_AF);
    rig_put(rig, TARGET, 8, 33);
    cr_assert_eq(load(other, PAGE(1)), 33);
    rig_page(rig, 1, 0);
    rig_code(rig, 0xd5088720u /* tlbi vae1, x0: this CPU alone */, 0xd5088320u /* tlbi vae1is, x0 */, I_NOP);
    rig->cpu->r[0] = PAGE(1) >> 12;
    rig_run(rig, 1);
    cr_assert_eq(load(other, PAGE(1)), 33);
    rig->loop.slice = 1;
    rig->loop.vcpus[1]->state = VCPU_STOPPED;
    rig_run(rig, 2);
    cr_assert_eq(load(other, PAGE(1)), UINT64_MAX);
    rig_free(rig);
}

// Wherever a run is cut, the instruction behind it is fetched from the tables as they are.
Test(a64_mmu, the_instruction_after_a_tlbi_is_fetched_again)
{
    struct rig *rig = rig_new();
    struct a64_cpu *cpu = rig_translate(rig);
    rig_code(rig, I_NOP, 0xd5088700u /* tlbi vmalle1 */, I_NOP, I_NOP);
    rig_run(rig, 1);
    rig_put(rig, RIG_TABLES + 0x1000, 8, 0);
    rig_run(rig, 2);
    cr_assert_eq(cpu->esr >> 26, A64_EC_FETCH);
    rig_free(rig);
}

Test(a64_mmu, at_reports_the_address_or_the_fault)
{
    struct rig *rig = rig_new();
    struct a64_cpu *cpu = rig_translate(rig);
    rig_page(rig, 1, TARGET | RIG_PAGE | RIG_AF | RIG_READONLY);
    rig_code(rig, 0xd5087800u /* at s1e1r, x0 */, I_MRS(1, A64_SYSREG(3, 0, 7, 4, 0)), 0xd5087820u /* at s1e1w, x0 */,
             I_MRS(2, A64_SYSREG(3, 0, 7, 4, 0)), 0xd5087840u /* at s1e0r, x0 */, I_MRS(3, A64_SYSREG(3, 0, 7, 4, 0)));
    cpu->r[0] = PAGE(1) + 0x123;
    cpu->mair = 0xff;
    rig_run(rig, 6);
    cr_assert_eq(cpu->r[1], TARGET | BIT64(11) | UINT64_C(0xff) << 56);
    cr_assert_eq(cpu->r[2], BIT64(11) | (A64_FSC_PERMISSION + 3) << 1 | 1);
    cr_assert_eq(cpu->r[3], BIT64(11) | (A64_FSC_PERMISSION + 3) << 1 | 1);
    rig_free(rig);
}
