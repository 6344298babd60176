// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Control, debug and model-specific registers, the TSC, CPUID, fast system calls, ports; reset and the list of state.
#include "vcpu/x86_64/system/sysreg.h"

#include <criterion/criterion.h>

#include "vcpu/x86_64/rig.h"

#define EFER      UINT32_C(0xc0000080)
#define CANONICAL UINT64_C(0xffff800000000000)
#define OUTSIDE   UINT64_C(0x0000800000000000)

static struct rig *rig;
static struct x86_cpu *cpu;

static void setup(void)
{
    rig = rig_new();
    cpu = rig->cpu;
}

static void teardown(void)
{
    rig_free(rig);
}

TestSuite(control, .init = setup, .fini = teardown);
TestSuite(debug, .init = setup, .fini = teardown);
TestSuite(msr, .init = setup, .fini = teardown);
TestSuite(tsc, .init = setup, .fini = teardown);
TestSuite(cpuid, .init = setup, .fini = teardown);
TestSuite(system_call, .init = setup, .fini = teardown);
TestSuite(port, .init = setup, .fini = teardown);
TestSuite(state, .init = setup, .fini = teardown);

static uint64_t read_cr(unsigned number)
{
    uint64_t value;
    cr_assert(x86_read_cr(cpu, number, &value));
    return value;
}

static uint64_t read_msr(uint32_t number)
{
    uint64_t value;
    cr_assert(x86_read_msr(cpu, number, &value), "MSR %x", number);
    return value;
}

static void refuse_msr(uint32_t number, uint64_t value)
{
    cr_assert_not(x86_write_msr(cpu, number, value), "MSR %x", number);
    assert_fault(cpu, X86_GP, 0);
}

// --- control registers -----------------------------------------------------------------------------------------------

Test(control, cr0_keeps_et_and_has_no_other_bits)
{
    cr_assert(x86_write_cr(cpu, 0, 0x1ffaffc0 | X86_CR0_PE));
    cr_assert_eq(read_cr(0), X86_CR0_PE | X86_CR0_ET);
}

Test(control, cr0_refuses_what_makes_no_sense)
{
    static const uint64_t values[] = { X86_CR0_PG, X86_CR0_NW, BIT64(32) };
    for (unsigned i = 0; i < countof(values); i++) {
        cr_assert_not(x86_write_cr(cpu, 0, values[i]));
        assert_fault(cpu, X86_GP, 0);
    }
}

Test(control, paging_with_lme_enters_long_mode_and_leaves_it)
{
    rig_protect(rig, 0);
    cr_assert(x86_write_msr(cpu, EFER, X86_EFER_LME));
    cr_assert_not(x86_write_cr(cpu, 0, X86_CR0_PE | X86_CR0_PG), "PAE is missing");
    cr_assert(x86_write_cr(cpu, 4, X86_CR4_PAE));
    cr_assert(x86_write_cr(cpu, 0, X86_CR0_PE | X86_CR0_PG));
    cr_assert_eq(read_msr(EFER), X86_EFER_LME | X86_EFER_LMA);
    cr_assert_eq(cpu->mode & X86_MODE_64, 0, "the code segment is still a 32-bit one");
    cr_assert_not(x86_write_cr(cpu, 4, 0), "PAE stays");
    refuse_msr(EFER, 0);
    cr_assert(x86_write_cr(cpu, 0, X86_CR0_PE));
    cr_assert_eq(read_msr(EFER), X86_EFER_LME);
}

Test(control, paging_cannot_be_left_from_64_bit_code)
{
    rig_long(rig, 0);
    cr_assert_not(x86_write_cr(cpu, 0, X86_CR0_PE));
    assert_fault(cpu, X86_GP, 0);
}

Test(control, long_mode_wants_no_16_bit_task)
{
    rig_protect(rig, 0);
    x86_set_segment(cpu, X86_TR, RIG_TR, RIG_TSS, 0x67, 0x83);
    x86_write_cr(cpu, 4, X86_CR4_PAE);
    x86_write_msr(cpu, EFER, X86_EFER_LME);
    cr_assert_not(x86_write_cr(cpu, 0, X86_CR0_PE | X86_CR0_PG));
}

Test(control, leaving_protected_mode_is_level_0)
{
    rig_protect(rig, 0);
    cr_assert(x86_write_cr(cpu, 0, 0));
    cr_assert_eq(cpu->cpl, 0);
}

Test(control, cr3_refuses_addresses_that_are_too_wide)
{
    rig_long(rig, 0);
    cr_assert_not(x86_write_cr(cpu, 3, BIT64(40)));
    cr_assert_not(x86_write_cr(cpu, 3, BIT64(63)));
    cr_assert(x86_write_cr(cpu, 3, RIG_TABLES | 0x18));
    cr_assert_eq(read_cr(3), RIG_TABLES | 0x18);
}

Test(control, cr3_with_pae_loads_and_checks_four_entries)
{
    rig_protect(rig, 0);
    x86_write_cr(cpu, 4, X86_CR4_PAE);
    rig_put(rig, 0x6000, 8, 0x7001);
    rig_put(rig, 0x6020, 8, 0x7007);
    cr_assert(x86_write_cr(cpu, 3, 0x6000));
    cr_assert(x86_write_cr(cpu, 0, X86_CR0_PE | X86_CR0_PG));
    cr_assert_eq(cpu->pdpte[0], 0x7001);
    cr_assert_not(x86_write_cr(cpu, 3, 0x6020));
    assert_fault(cpu, X86_GP, 0);
    cr_assert_eq(read_cr(3), 0x6000);
}

Test(control, a_load_of_cr3_forgets_translations)
{
    uint64_t value;
    rig_long(rig, 0);
    rig_put(rig, 0x400, 8, 1);
    cr_assert(tlb_load(&cpu->vcpu, 0x400, 8, false, &value));
    rig_put(rig, RIG_TABLES + 0x2000, 8, 0);
    cr_assert(tlb_load(&cpu->vcpu, 0x400, 8, false, &value));
    cr_assert(x86_write_cr(cpu, 3, RIG_TABLES));
    cr_assert_not(tlb_load(&cpu->vcpu, 0x400, 8, false, &value));
}

Test(control, cr4_has_the_bits_that_cpuid_names)
{
    static const uint64_t reserved[] = { X86_CR4_VME, X86_CR4_PVI, X86_CR4_UMIP, X86_CR4_SMAP, BIT64(12),
                                         BIT64(13),   BIT64(17),   BIT64(18),    BIT64(22),    BIT64(32) };
    for (unsigned i = 0; i < countof(reserved); i++)
        cr_assert_not(x86_write_cr(cpu, 4, reserved[i]));
    cr_assert(x86_write_cr(cpu, 4, X86_CR4_SMEP | X86_CR4_OSFXSR | X86_CR4_PGE));
    cpu->model = x86_model_find("max");
    cr_assert(x86_write_cr(cpu, 4, X86_CR4_SMAP));
}

// SDM vol. 3 section 4.10.1.
Test(control, pcids_can_be_enabled_in_long_mode_and_with_pcid_0_alone)
{
    cr_assert_not(x86_write_cr(cpu, 4, X86_CR4_PCIDE));
    rig_long(rig, 0);
    uint64_t cr4 = cpu->cr4;
    cr_assert(x86_write_cr(cpu, 3, RIG_TABLES | 1));
    cr_assert_not(x86_write_cr(cpu, 4, cr4 | X86_CR4_PCIDE));
    assert_fault(cpu, X86_GP, 0);
    cr_assert(x86_write_cr(cpu, 3, RIG_TABLES));
    cr_assert_not(x86_write_cr(cpu, 3, RIG_TABLES | BIT64(63)));
    cr_assert(x86_write_cr(cpu, 4, cr4 | X86_CR4_PCIDE));
    cr_assert(x86_write_cr(cpu, 3, RIG_TABLES | 0xabc | BIT64(63)));
    cr_assert_eq(read_cr(3), RIG_TABLES | 0xabc);
    cr_assert_not(x86_write_cr(cpu, 3, RIG_TABLES | BIT64(62)));
    cr_assert(x86_write_cr(cpu, 4, cr4 | X86_CR4_PCIDE | X86_CR4_PGE), "enabled already");
}

Test(control, paging_cannot_be_left_with_pcids)
{
    rig_long(rig, 0);
    cpu->segment[X86_CS].attributes &= (uint16_t)~X86_ATTR_L;
    uint64_t cr4 = cpu->cr4;
    cr_assert(x86_write_cr(cpu, 4, cr4 | X86_CR4_PCIDE));
    cr_assert_not(x86_write_cr(cpu, 0, cpu->cr0 & ~X86_CR0_PG));
    assert_fault(cpu, X86_GP, 0);
    cr_assert(x86_write_cr(cpu, 4, cr4));
    cr_assert(x86_write_cr(cpu, 0, cpu->cr0 & ~X86_CR0_PG));
}

Test(control, cr8_is_the_local_apics)
{
    cr_assert(x86_write_cr(cpu, 8, 9));
    cr_assert_eq(rig->cr8, 9);
    cr_assert_eq(read_cr(8), 9);
    cr_assert_not(x86_write_cr(cpu, 8, 16));
    assert_fault(cpu, X86_GP, 0);
}

Test(control, other_numbers_are_undefined_and_other_levels_refused)
{
    uint64_t value;
    static const unsigned absent[] = { 1, 5, 6, 7, 9, 15 };
    for (unsigned i = 0; i < countof(absent); i++) {
        cr_assert_not(x86_read_cr(cpu, absent[i], &value));
        cr_assert_eq(cpu->fault.vector, X86_UD);
        cr_assert_not(x86_write_cr(cpu, absent[i], 0));
        cr_assert_eq(cpu->fault.vector, X86_UD);
    }
    rig_protect(rig, 3);
    cr_assert_not(x86_read_cr(cpu, 0, &value));
    assert_fault(cpu, X86_GP, 0);
    cr_assert_not(x86_clts(cpu));
    cr_assert_not(x86_lmsw(cpu, 1));
    cr_assert_not(x86_read_msr(cpu, 0x10, &value));
    cr_assert_not(x86_write_msr(cpu, 0x10, 0));
}

Test(control, lmsw_sets_pe_and_cannot_clear_it)
{
    cr_assert(x86_lmsw(cpu, X86_CR0_PE | X86_CR0_TS));
    cr_assert_eq(read_cr(0) & 15, X86_CR0_PE | X86_CR0_TS);
    cr_assert(x86_lmsw(cpu, X86_CR0_MP));
    cr_assert_eq(read_cr(0) & 15, X86_CR0_PE | X86_CR0_MP);
    x86_lmsw(cpu, X86_CR0_TS);
    cr_assert(x86_clts(cpu));
    cr_assert_eq(read_cr(0) & X86_CR0_TS, 0);
}

// --- debug registers -------------------------------------------------------------------------------------------------

Test(debug, fixed_bits_stay)
{
    uint64_t value;
    cr_assert(x86_write_dr(cpu, 6, 0xffffffff));
    cr_assert(x86_write_dr(cpu, 7, 0xffffffff & ~BIT32(13)));
    cr_assert(x86_read_dr(cpu, 6, &value));
    cr_assert_eq(value, 0xffffeffful);
    cr_assert(x86_read_dr(cpu, 7, &value));
    cr_assert_eq(value, 0xffff07fful);
    cr_assert_not(x86_write_dr(cpu, 7, BIT64(32)));
    assert_fault(cpu, X86_GP, 0);
    cr_assert(x86_write_dr(cpu, 0, UINT64_MAX));
}

Test(debug, dr4_and_dr5_are_other_names_unless_de_is_set)
{
    uint64_t value;
    cr_assert(x86_read_dr(cpu, 4, &value));
    cr_assert_eq(value, 0xffff0ff0);
    cr_assert(x86_write_dr(cpu, 5, 0x405));
    cr_assert(x86_read_dr(cpu, 7, &value));
    cr_assert_eq(value, 0x405);
    x86_write_cr(cpu, 4, X86_CR4_DE);
    cr_assert_not(x86_read_dr(cpu, 4, &value));
    cr_assert_eq(cpu->fault.vector, X86_UD);
}

Test(debug, general_detect_traps_the_next_access)
{
    uint64_t value;
    cr_assert(x86_write_dr(cpu, 7, BIT32(13)));
    cr_assert_not(x86_read_dr(cpu, 3, &value));
    cr_assert_eq(cpu->fault.vector, X86_DB);
    cr_assert_eq(cpu->dr[6] & BIT32(13), BIT32(13));
}

// --- model-specific registers ----------------------------------------------------------------------------------------

Test(msr, plain_ones_keep_what_their_mask_allows)
{
    static const struct {
        uint32_t number;
        uint64_t good, bad;
    } rows[] = {
        { 0x174, 0x10, BIT64(32) },
        { 0x175, CANONICAL, OUTSIDE },
        { 0x176, CANONICAL, OUTSIDE },
        { 0x1d9, 3, 4 },
        { 0x200, 0xc0000000, 2 },
        { 0x200, 6, BIT64(40) },
        { 0x201, UINT64_C(0xffc0000800), 1 },
        { 0x20f, 0x800, BIT64(40) },
        { 0x250, UINT64_C(0x0606060606060606), 2 },
        { 0x259, 0, UINT64_C(0x0300000000000000) },
        { 0x26f, UINT64_C(0x0501040605010406), 7 },
        { 0x277, UINT64_C(0x0007010600070106), 2 },
        { 0x2ff, 0xc06, 0x100 },
        { 0xc0000081, UINT64_MAX, 0 },
        { 0xc0000082, CANONICAL, OUTSIDE },
        { 0xc0000083, CANONICAL, OUTSIDE },
        { 0xc0000084, 0x47700, BIT64(32) },
        { 0xc0000100, CANONICAL, OUTSIDE },
        { 0xc0000101, CANONICAL, OUTSIDE },
        { 0xc0000102, CANONICAL, OUTSIDE },
        { 0xc0000103, 0xffffffff, BIT64(32) },
    };
    for (unsigned i = 0; i < countof(rows); i++) {
        cr_assert(x86_write_msr(cpu, rows[i].number, rows[i].good), "MSR %x", rows[i].number);
        cr_assert_eq(read_msr(rows[i].number), rows[i].good);
        if (rows[i].bad)
            refuse_msr(rows[i].number, rows[i].bad);
        cr_assert_eq(read_msr(rows[i].number), rows[i].good);
    }
    cr_assert_eq(cpu->mistakes[X86_MISTAKE_MSR_WRITE], 0);
}

Test(msr, the_segment_bases_are_the_segments_own)
{
    cr_assert(x86_write_msr(cpu, 0xc0000101, CANONICAL));
    cr_assert_eq(cpu->r[X86_BASE + X86_GS], CANONICAL);
}

Test(msr, all_mtrrs_are_there_and_no_more)
{
    uint64_t cap = read_msr(0xfe);
    cr_assert_eq(cap & 0xff, 8);
    cr_assert(cap & BIT32(8));
    for (uint32_t i = 0; i < 16; i++)
        read_msr(0x200 + i);
    static const uint32_t fixed[] = { 0x250, 0x258, 0x259, 0x268, 0x26f };
    for (unsigned i = 0; i < countof(fixed); i++)
        read_msr(fixed[i]);
    refuse_msr(0x210, 0);
    refuse_msr(0x251, 0);
    refuse_msr(0xfe, 0);
}

Test(msr, fixed_ranges_are_eleven_distinct_registers)
{
    static const uint32_t numbers[11] = { 0x250, 0x258, 0x259, 0x268, 0x269, 0x26a, 0x26b, 0x26c, 0x26d, 0x26e, 0x26f };
    for (unsigned i = 0; i < 11; i++)
        cr_assert(x86_write_msr(cpu, numbers[i], 6ull << (i % 8) * 8));
    for (unsigned i = 0; i < 11; i++)
        cr_assert_eq(read_msr(numbers[i]), 6ull << (i % 8) * 8);
}

Test(msr, efer_refuses_reserved_bits_and_lme_under_paging)
{
    refuse_msr(EFER, BIT64(1));
    refuse_msr(EFER, BIT64(12));
    refuse_msr(EFER, X86_EFER_FFXSR);
    cr_assert(x86_write_msr(cpu, EFER, X86_EFER_SCE | X86_EFER_NXE | X86_EFER_LMA));
    cr_assert_eq(read_msr(EFER), X86_EFER_SCE | X86_EFER_NXE, "LMA is the CPU's own");
}

Test(msr, an_unknown_one_faults_and_is_counted)
{
    uint64_t value = UINT64_MAX;
    cr_assert_not(x86_read_msr(cpu, 0x12345, &value));
    cr_assert_eq(value, 0, "whoever looks at it all the same sees the same in every run");
    assert_fault(cpu, X86_GP, 0);
    refuse_msr(0x12345, 0);
    cr_assert_eq(cpu->mistakes[X86_MISTAKE_MSR_READ], 1);
    cr_assert_eq(cpu->mistakes[X86_MISTAKE_MSR_WRITE], 1);
}

Test(msr, the_apic_base_moves_the_window)
{
    cr_assert_eq(cpu->vcpu.port_page, 0xfee00000);
    cr_assert(x86_write_msr(cpu, 0x1b, 0xfd000900));
    cr_assert_eq(cpu->vcpu.port_page, 0xfd000000);
    cr_assert(x86_write_msr(cpu, 0x1b, 0xfee00d00));
    cr_assert_eq(cpu->vcpu.port_page, UINT64_MAX, "x2APIC has no window");
    cr_assert(x86_write_msr(cpu, 0x1b, 0xfee00100));
    cr_assert_eq(cpu->vcpu.port_page, UINT64_MAX);
    refuse_msr(0x1b, BIT64(50));
    refuse_msr(0x800, 0);
}

Test(msr, what_a_kernel_reads_on_its_way_is_there)
{
    static const uint32_t numbers[] = { 0x10,  0x17,  0x1b,  0x3b,  0x8b,  0xfe, 0x174,
                                        0x179, 0x17a, 0x1a0, 0x1d9, 0x277, 0x2ff };
    for (unsigned i = 0; i < countof(numbers); i++)
        read_msr(numbers[i]);
    cr_assert(read_msr(0x8b) >> 32, "a microcode revision");
    cr_assert(read_msr(0x1a0) & 1, "fast strings");
}

Test(msr, amd_ones_are_there_on_amd_alone)
{
    uint64_t value;
    cr_assert_not(x86_read_msr(cpu, 0xc0010015, &value));
    cpu->model = x86_model_find("qemu64");
    cr_assert_eq(read_msr(0xc0010015), 0);
}

Test(msr, the_counters_of_an_amd_family_15_are_kept_as_written)
{
    uint64_t value;
    cr_assert_not(x86_read_msr(cpu, 0xc0010000, &value));
    refuse_msr(0xc0010000, 0);
    cpu->model = x86_model_find("qemu64");
    for (uint32_t i = 0; i < 8; i++)
        cr_assert(x86_write_msr(cpu, 0xc0010000 + i, 0x123456789a00 + i));
    for (uint32_t i = 0; i < 8; i++)
        cr_assert_eq(read_msr(0xc0010000 + i), 0x123456789a00 + i);
    refuse_msr(0xc0010008, 0);
    x86_reset(cpu);
    cr_assert_eq(read_msr(0xc0010007), 0);
}

Test(msr, what_kernels_touch_of_an_amd_family_15_is_there)
{
    static const uint32_t numbers[] = { 0xc0010010, 0xc0010016, 0xc001001a, 0xc001001d, 0xc001001f, 0xc0010030,
                                        0xc0010044, 0xc0010055, 0xc0010111, 0xc0010112, 0xc0011022 };
    cpu->model = x86_model_find("qemu64");
    for (unsigned i = 0; i < countof(numbers); i++) {
        cr_assert_eq(read_msr(numbers[i]), 0);
        cr_assert(x86_write_msr(cpu, numbers[i], 0));
    }
    cr_assert_eq(read_msr(0x1db), 0);
    refuse_msr(0x1db, 0);
}

// --- the time-stamp counter ------------------------------------------------------------------------------------------

static uint64_t tsc(void)
{
    uint64_t value;
    cr_assert(x86_read_tsc(cpu, &value));
    return value;
}

Test(tsc, it_is_virtual_time_since_reset)
{
    clock_advance(&rig->clock, 1000);
    cr_assert_eq(tsc(), 1000);
    x86_reset(cpu);
    clock_advance(&rig->clock, 1500);
    cr_assert_eq(tsc(), 500);
}

Test(tsc, writes_move_it_and_the_adjustment_together)
{
    clock_advance(&rig->clock, 1000);
    cr_assert(x86_write_msr(cpu, 0x10, 5000));
    cr_assert_eq(tsc(), 5000);
    cr_assert_eq(read_msr(0x3b), 4000);
    cr_assert(x86_write_msr(cpu, 0x3b, 0));
    cr_assert_eq(tsc(), 1000);
    cr_assert_eq(read_msr(0x10), 1000);
}

Test(tsc, tsd_keeps_it_for_level_0)
{
    uint64_t value;
    rig_protect(rig, 0);
    x86_write_cr(cpu, 4, X86_CR4_TSD);
    tsc();
    cpu->cpl = 3;
    cr_assert_not(x86_read_tsc(cpu, &value));
    assert_fault(cpu, X86_GP, 0);
}

Test(tsc, the_deadline_reaches_the_timer_in_ns)
{
    clock_advance(&rig->clock, 1000);
    x86_write_msr(cpu, 0x10, 11000);
    cr_assert(x86_write_msr(cpu, 0x6e0, 12345));
    cr_assert_eq(rig->tsc_deadline, 2345);
    cr_assert_eq(read_msr(0x6e0), 12345);
    rig->tsc_deadline = 0; // it has expired
    cr_assert_eq(read_msr(0x6e0), 0);
}

Test(tsc, the_deadline_moves_with_the_counter)
{
    cr_assert(x86_write_msr(cpu, 0x6e0, 5000));
    cr_assert(x86_write_msr(cpu, 0x3b, 1000));
    cr_assert_eq(rig->tsc_deadline, 4000);
    cr_assert_eq(read_msr(0x6e0), 5000);
    cr_assert(x86_write_msr(cpu, 0x6e0, 0));
    cr_assert(x86_write_msr(cpu, 0x3b, 2000));
    cr_assert_eq(rig->tsc_deadline, 0, "disarmed stays so");
}

Test(tsc, a_deadline_before_time_began_is_due_and_one_at_the_end_is_never)
{
    x86_write_msr(cpu, 0x3b, 1000);
    cr_assert(x86_write_msr(cpu, 0x6e0, 500));
    cr_assert_eq(rig->tsc_deadline, 1);
    x86_write_msr(cpu, 0x3b, (uint64_t)-1000);
    cr_assert(x86_write_msr(cpu, 0x6e0, UINT64_MAX - 5));
    cr_assert_eq(rig->tsc_deadline, UINT64_MAX - 1);
    cr_assert_eq(read_msr(0x6e0), UINT64_MAX - 5);
    cr_assert(x86_write_msr(cpu, 0x6e0, 500));
    cr_assert_eq(rig->tsc_deadline, 1500);
}

// --- CPUID -----------------------------------------------------------------------------------------------------------

static uint32_t words[4];

static const uint32_t *leaf(uint32_t number, uint32_t subleaf)
{
    x86_cpuid(cpu, number, subleaf, words);
    return words;
}

Test(cpuid, the_names_are_readable)
{
    char text[49] = { 0 };
    leaf(0, 0);
    memcpy(text, &words[1], 4);
    memcpy(text + 4, &words[3], 4);
    memcpy(text + 8, &words[2], 4);
    cr_assert_str_eq(text, "GenuineIntel");
    for (unsigned i = 0; i < 3; i++)
        memcpy(text + i * 16, leaf(0x80000002 + i, 0), 16);
    cr_assert_str_eq(text, "Intact Virtual CPU");
}

Test(cpuid, reset_leaves_the_signature_in_dx)
{
    cr_assert_eq(leaf(1, 0)[0], cpu->r[X86_RDX]);
}

Test(cpuid, the_apic_bit_follows_the_apic_base)
{
    cr_assert(leaf(1, 0)[3] & BIT32(9));
    x86_write_msr(cpu, 0x1b, 0xfee00100);
    cr_assert_not(leaf(1, 0)[3] & BIT32(9));
}

Test(cpuid, the_tsc_is_invariant_and_its_frequency_known)
{
    cr_assert(leaf(0x80000007, 0)[3] & BIT32(8));
    leaf(0x15, 0);
    cr_assert_eq((uint64_t)words[2] * words[1] / words[0], 1000000000);
    cr_assert_eq(leaf(0x16, 0)[0], 1000);
    cr_assert(leaf(7, 0)[1] & BIT32(1), "IA32_TSC_ADJUST");
    cr_assert(leaf(1, 0)[2] & BIT32(24), "TSC deadline");
    cr_assert(leaf(6, 0)[0] & BIT32(2), "the timer never stops");
}

Test(cpuid, the_topology_agrees_with_the_number_of_cpus)
{
    static const struct {
        uint32_t cpus, bits;
    } rows[] = { { 1, 0 }, { 2, 1 }, { 3, 2 }, { 4, 2 }, { 64, 6 }, { 65, 7 } };
    cpu->apic_id = 0;
    for (unsigned i = 0; i < countof(rows); i++) {
        cpu->cpus = rows[i].cpus;
        cr_assert_eq(leaf(0xb, 0)[0], 0, "one thread per core");
        cr_assert_eq(words[1], 1);
        cr_assert_eq(leaf(0xb, 1)[0], rows[i].bits);
        cr_assert_eq(words[1], rows[i].cpus);
        cr_assert_eq(words[2], 0x201);
        cr_assert_eq(leaf(0xb, 2)[2], 2, "the end");
        cr_assert_eq(leaf(1, 0)[1] >> 16 & 0xff, 1u << rows[i].bits);
        cr_assert_eq(!!(leaf(1, 0)[3] & BIT32(28)), rows[i].cpus > 1);
    }
}

Test(cpuid, the_apic_id_is_in_three_places)
{
    cpu->apic_id = 5;
    cr_assert_eq(leaf(1, 0)[1] >> 24, 5);
    cr_assert_eq(leaf(0xb, 0)[3], 5);
    cr_assert_eq(leaf(0xb, 1)[3], 5);
}

Test(cpuid, caches_end_with_a_null_one)
{
    uint64_t bytes = 0;
    unsigned i = 0;
    for (; leaf(4, i)[0] & 0x1f; i++)
        bytes += (uint64_t)((words[1] >> 22) + 1) * ((words[1] & 0xfff) + 1) * (words[2] + 1);
    cr_assert_eq(i, 3);
    cr_assert_eq(bytes, (32 + 32 + 512) << 10);
}

Test(cpuid, beyond_the_highest_leaf_answers_the_highest)
{
    uint32_t highest[4];
    memcpy(highest, leaf(0x16, 0), sizeof highest);
    cr_assert_arr_eq(leaf(0x17, 0), highest, sizeof highest);
    cr_assert_arr_eq(leaf(0x40000000, 0), highest, sizeof highest);
    cr_assert_eq(leaf(0x80000000, 0)[0], 0x80000008);
    cr_assert_eq(leaf(0x80000008, 0)[0], 48 << 8 | 40);
}

Test(cpuid, models_have_names)
{
    cr_assert_null(x86_model_find("486"));
    cr_assert_eq(x86_model_find("qemu64")->vendor, X86_AMD);
    for (size_t i = 0; i < x86_model_count; i++)
        cr_assert_eq(x86_model_find(x86_models[i].name), &x86_models[i]);
}

// --- fast system calls -----------------------------------------------------------------------------------------------

static void make_calls(void)
{
    x86_write_msr(cpu, 0xc0000081, UINT64_C(0x0023001000000000)); // 64-bit: 33h, 2Bh; kernel 10h, 18h
    x86_write_msr(cpu, 0xc0000082, CANONICAL);
    x86_write_msr(cpu, 0xc0000084, X86_IF | X86_TF);
}

Test(system_call, syscall_and_sysret_in_64_bit_mode)
{
    rig_long(rig, 3);
    cpu->cpl = 0;
    make_calls();
    cpu->cpl = 3;
    x86_set_flags(cpu, X86_IF | X86_CF);
    cr_assert(x86_syscall(cpu, 0x401002));
    cr_assert_eq(cpu->r[X86_RIP], CANONICAL);
    cr_assert_eq(cpu->r[X86_RCX], 0x401002);
    cr_assert_eq(cpu->r[X86_R11], (X86_IF | X86_CF | 2));
    cr_assert_eq(x86_flags(cpu), X86_CF | 2);
    cr_assert_eq(cpu->cpl, 0);
    cr_assert_eq(cpu->segment[X86_CS].selector, 0x10);
    cr_assert_eq(cpu->segment[X86_SS].selector, 0x18);
    cr_assert_eq(cpu->mode, X86_MODE_64);
    cr_assert(x86_sysret(cpu, 8));
    cr_assert_eq(cpu->segment[X86_CS].selector, 0x33);
    cr_assert_eq(cpu->segment[X86_SS].selector, 0x2b);
    cr_assert_eq(cpu->r[X86_RIP], 0x401002);
    cr_assert_eq(cpu->mode, X86_MODE_64 | X86_MODE_USER);
    cr_assert(cpu->eflags & X86_IF);
}

Test(system_call, sysret_goes_to_32_bit_code_and_refuses_bad_addresses)
{
    rig_long(rig, 0);
    make_calls();
    cpu->r[X86_RCX] = OUTSIDE;
    cr_assert_not(x86_sysret(cpu, 8));
    assert_fault(cpu, X86_GP, 0);
    cr_assert_eq(cpu->cpl, 0);
    cr_assert(x86_sysret(cpu, 4));
    cr_assert_eq(cpu->segment[X86_CS].selector, 0x23);
    cr_assert_eq(cpu->r[X86_RIP], 0);
    cr_assert_eq(cpu->mode & (X86_MODE_64 | X86_MODE_32), X86_MODE_32);
    cr_assert_not(x86_sysret(cpu, 4));
    cr_assert_eq(cpu->fault.vector, X86_UD, "Intel has it in 64-bit mode alone");
}

Test(system_call, syscall_needs_sce)
{
    rig_long(rig, 0);
    x86_write_msr(cpu, EFER, X86_EFER_LME | X86_EFER_LMA);
    cr_assert_not(x86_syscall(cpu, 0));
    cr_assert_eq(cpu->fault.vector, X86_UD);
}

Test(system_call, amd_has_syscall_in_compatibility_mode)
{
    rig_long(rig, 0);
    make_calls();
    x86_write_msr(cpu, 0xc0000083, CANONICAL + 8);
    cpu->cpl = 3;
    x86_set_segment(cpu, X86_CS, RIG_CODE3, 0, UINT32_MAX, 0xcfb);
    cr_assert_not(x86_syscall(cpu, 0));
    cpu->model = x86_model_find("qemu64");
    cr_assert_not(x86_sysenter(cpu));
    cr_assert_eq(cpu->fault.vector, X86_UD);
    cr_assert(x86_syscall(cpu, 0x1002));
    cr_assert_eq(cpu->r[X86_RIP], CANONICAL + 8);
    cr_assert(cpu->mode & X86_MODE_64);
}

Test(system_call, sysenter_and_sysexit)
{
    rig_protect(rig, 0);
    cr_assert_not(x86_sysenter(cpu));
    assert_fault(cpu, X86_GP, 0);
    x86_write_msr(cpu, 0x174, 0x60);
    x86_write_msr(cpu, 0x175, 0x9000);
    x86_write_msr(cpu, 0x176, 0x45678);
    rig_protect(rig, 3);
    x86_set_flags(cpu, X86_IF | X86_CF);
    cr_assert(x86_sysenter(cpu));
    cr_assert_eq(cpu->segment[X86_CS].selector, 0x60);
    cr_assert_eq(cpu->segment[X86_SS].selector, 0x68);
    cr_assert_eq(cpu->r[X86_RSP], 0x9000);
    cr_assert_eq(cpu->r[X86_RIP], 0x45678);
    cr_assert_eq(x86_flags(cpu), X86_CF | 2);
    cpu->r[X86_RDX] = 0x1111;
    cpu->r[X86_RCX] = 0x2222;
    cr_assert(x86_sysexit(cpu, 4));
    cr_assert_eq(cpu->segment[X86_CS].selector, 0x73);
    cr_assert_eq(cpu->segment[X86_SS].selector, 0x7b);
    cr_assert_eq(cpu->r[X86_RIP], 0x1111);
    cr_assert_eq(cpu->r[X86_RSP], 0x2222);
    cr_assert_not(x86_sysexit(cpu, 4));
    assert_fault(cpu, X86_GP, 0);
}

// --- ports -----------------------------------------------------------------------------------------------------------

Test(port, level_and_iopl_decide_first)
{
    cr_assert(x86_check_port(cpu, 0x60, 1), "real mode");
    rig_protect(rig, 3);
    rig_put(rig, RIG_TSS + 102, 2, 0x1000); // the bitmap is beyond the limit
    cr_assert_not(x86_check_port(cpu, 0x60, 1));
    assert_fault(cpu, X86_GP, 0);
    cpu->eflags |= X86_IOPL;
    cr_assert(x86_check_port(cpu, 0x60, 1));
    cpu->eflags |= X86_VM;
    cr_assert_not(x86_check_port(cpu, 0x60, 1), "virtual-8086 mode always asks the bitmap");
}

Test(port, the_bitmap_must_be_clear_for_every_byte)
{
    rig_protect(rig, 3);
    rig_put(rig, RIG_TSS + 102, 2, 0x68);
    rig_put(rig, RIG_TSS + 0x68 + 0x60 / 8, 2, 0x0100); // port 68h
    cr_assert(x86_check_port(cpu, 0x67, 1));
    cr_assert_not(x86_check_port(cpu, 0x68, 1));
    cr_assert_not(x86_check_port(cpu, 0x67, 2));
    cr_assert_not(x86_check_port(cpu, 0x65, 4));
    cr_assert(x86_check_port(cpu, 0x64, 4));
    cpu->segment[X86_TR].limit = 0x68 + 12;
    cr_assert_not(x86_check_port(cpu, 0x60, 1), "the byte after it must be there too");
    cr_assert(x86_check_port(cpu, 0x58, 1));
}

// --- reset and the list of state -------------------------------------------------------------------------------------

Test(state, reset_is_as_the_manual_has_it)
{
    rig_long(rig, 3);
    cpu->xmm[1].q[1] = 5;
    x86_reset(cpu);
    cr_assert_eq(cpu->cr0, 0x60000010);
    cr_assert_eq(cpu->segment[X86_CS].selector, 0xf000);
    cr_assert_eq(cpu->r[X86_BASE + X86_CS], 0xffff0000);
    cr_assert_eq(cpu->r[X86_RIP], 0xfff0);
    cr_assert_eq(x86_flags(cpu), 2);
    cr_assert_eq(cpu->segment[X86_DS].limit, 0xffff);
    cr_assert_eq(cpu->mode, 0);
    cr_assert_eq(cpu->dr[6], 0xffff0ff0);
    cr_assert_eq(cpu->dr[7], 0x400);
    cr_assert_eq(cpu->mxcsr, 0x1f80);
    cr_assert_eq(cpu->xmm[1].q[1], 0);
    cr_assert_eq(read_msr(0x277), UINT64_C(0x0007040600070406));
}

Test(state, init_keeps_what_reset_clears)
{
    x86_write_msr(cpu, 0x2ff, 0xc06);
    x86_write_msr(cpu, 0x3b, 5);
    x86_write_msr(cpu, EFER, X86_EFER_NXE);
    x86_write_cr(cpu, 0, X86_CR0_PE);
    x86_init(cpu);
    cr_assert_eq(read_msr(0x2ff), 0xc06);
    cr_assert_eq(read_msr(0x3b), 5);
    cr_assert_eq(read_msr(EFER), 0);
    cr_assert_eq(cpu->cr0, X86_CR0_ET, "the cache bits stay as they were");
}

Test(state, what_firmware_leaves_is_legal)
{
    x86_leave_firmware(cpu);
    static const uint32_t numbers[] = { 0x200, 0x201, 0x250, 0x258, 0x259, 0x268, 0x26f, 0x2ff };
    for (unsigned i = 0; i < countof(numbers); i++)
        cr_assert(x86_write_msr(cpu, numbers[i], read_msr(numbers[i])));
    cr_assert_eq(read_msr(0x259), 0, "A0000-BFFFF");
    cr_assert_eq(read_msr(0x258), UINT64_C(0x0606060606060606));
}

Test(state, a_round_trip_brings_everything_back)
{
    struct visit_save save;
    struct visit_load load;
    struct visit_differ differ;
    rig_long(rig, 3);
    for (unsigned i = 0; i < 16; i++)
        cpu->r[i] = i * UINT64_C(0x123456789abcdef);
    x86_set_flags(cpu, X86_IF | X86_PF | X86_SF | X86_AF);
    cpu->x87.mantissa[3] = 99;
    cpu->tsc_deadline = 1234;
    cpu->traps = X86_DR6_BS; // behind MOV SS it waits for the end of the next instruction
    visit_save_init(&save);
    x86_cpu_visit(cpu, &save.visit);
    cr_assert_not(save.failed);
    x86_reset(cpu);
    visit_differ_init(&differ, save.data, save.size);
    x86_cpu_visit(cpu, &differ.visit);
    cr_assert(differ.differs);
    visit_load_init(&load, save.data, save.size);
    x86_cpu_visit(cpu, &load.visit);
    x86_cpu_loaded(cpu);
    cr_assert_not(load.failed);
    visit_differ_init(&differ, save.data, save.size);
    x86_cpu_visit(cpu, &differ.visit);
    cr_assert_not(differ.differs, "%s", differ.path);
    cr_assert_eq(cpu->mode, X86_MODE_64 | X86_MODE_USER);
    cr_assert_eq(cpu->traps, X86_DR6_BS);
    cr_assert_eq(x86_flags(cpu), (X86_IF | X86_PF | X86_SF | X86_AF | 2));
    free(save.data);
}

// The TLB is not saved: after a load it has nothing of the run before.
Test(state, a_load_forgets_the_translations_of_another_run)
{
    enum { TABLE = 0x20000, HERE = 0x100000, THERE = 0x101000, PAGE = 0x40000000 };
    struct visit_save save;
    struct visit_load load;
    uint64_t value;
    rig_long(rig, 0);
    rig_put(rig, RIG_TABLES + 0x3000, 8, TABLE | 7);
    rig_put(rig, TABLE, 8, HERE | 0x67);
    rig_put(rig, HERE, 8, 1);
    rig_put(rig, THERE, 8, 2);
    visit_save_init(&save);
    x86_cpu_visit(cpu, &save.visit);
    rig_put(rig, TABLE, 8, THERE | 0x67);
    cr_assert(x86_load(cpu, PAGE, 8, &value));
    cr_assert_eq(value, 2);
    rig_put(rig, TABLE, 8, HERE | 0x67); // RAM is loaded too
    visit_load_init(&load, save.data, save.size);
    x86_cpu_visit(cpu, &load.visit);
    x86_cpu_loaded(cpu);
    cr_assert(x86_load(cpu, PAGE, 8, &value));
    cr_assert_eq(value, 1);
    free(save.data);
}

Test(state, between_two_runs_it_does_not_depend_on_where_a_string_instruction_was_cut)
{
    struct visit_save save;
    struct visit_differ differ;
    cpu->vcpu.goal = 1000;
    visit_save_init(&save);
    x86_cpu_visit(cpu, &save.visit);
    cpu->resume = 500;
    x86_guest.normalise(&cpu->vcpu);
    visit_differ_init(&differ, save.data, save.size);
    x86_cpu_visit(cpu, &differ.visit);
    cr_assert_not(differ.differs);
    cpu->resume = 1000;
    x86_guest.normalise(&cpu->vcpu);
    visit_differ_init(&differ, save.data, save.size);
    x86_cpu_visit(cpu, &differ.visit);
    cr_assert(differ.differs);
    free(save.data);
}

Test(state, between_two_runs_it_does_not_depend_on_the_form_of_the_flags)
{
    struct visit_save save;
    struct visit_differ differ;
    cpu->result = UINT64_C(0xffffffffffffff80);
    cpu->aux = 8;
    uint64_t flags = x86_flags(cpu);
    x86_guest.normalise(&cpu->vcpu);
    cr_assert_eq(x86_flags(cpu), flags);
    visit_save_init(&save);
    x86_cpu_visit(cpu, &save.visit);
    x86_set_flags(cpu, flags);
    visit_differ_init(&differ, save.data, save.size);
    x86_cpu_visit(cpu, &differ.visit);
    cr_assert_not(differ.differs);
    free(save.data);
}

Test(state, saving_changes_nothing)
{
    struct visit_save save;
    struct x86_cpu *before = malloc(sizeof *before);
    cpu->vcpu.goal = 1000;
    cpu->resume = 500;
    cpu->result = UINT64_C(0xffffffffffffff80);
    cpu->aux = 8;
    memcpy(before, cpu, sizeof *before);
    visit_save_init(&save);
    x86_cpu_visit(cpu, &save.visit);
    cr_assert_eq(memcmp(before, cpu, sizeof *before), 0);
    free(save.data);
    free(before);
}

static void list(void *object, struct visit *v)
{
    x86_cpu_visit(object, v);
}

// Left out: what struct vcpu derives, temporaries, the fault between its record and its delivery, the mode, what the
// TLB holds, the descriptors that segments came from, a 16-byte operand, configuration, and padding.
Test(state, the_list_misses_no_byte)
{
    size_t vcpu = sizeof(struct vcpu) - sizeof cpu->vcpu.pending - sizeof cpu->vcpu.state - sizeof cpu->vcpu.goal -
                  sizeof cpu->vcpu.faulted - sizeof cpu->vcpu.port_page;
    size_t slots = (X86_BASE - X86_ZERO) * sizeof(uint64_t);
    size_t derived = sizeof cpu->fault + sizeof cpu->mode + sizeof cpu->rip_mask + sizeof cpu->scratch +
                     sizeof cpu->nested_tasks + sizeof cpu->segment[0].raw * X86_SEGMENTS;
    size_t configuration = sizeof cpu->model + sizeof cpu->apic_id + sizeof cpu->cpus + sizeof cpu->bootstrap;
    size_t padding = visit_uncovered(cpu, sizeof *cpu, list) - vcpu - slots - derived - configuration;
    cr_assert_lt(padding, 32);
}
