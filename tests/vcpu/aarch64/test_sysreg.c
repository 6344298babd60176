// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// System registers (Arm ARM chapter D17), their rows, and what MRS and MSR do with them.
#include <criterion/criterion.h>

#include "rig.h"

#define EC(esr)       ((unsigned)((esr) >> 26 & 0x3f))
#define DBGBVR_ABSENT (A64_SYSREG(2, 0, 0, 0, 4) + 8 * A64_BREAKPOINTS)
#define DBGWVR_ABSENT (A64_SYSREG(2, 0, 0, 0, 6) + 8 * A64_WATCHPOINTS)

static uint64_t read_register(struct rig *rig, unsigned encoding)
{
    rig_code(rig, I_MRS(0, encoding));
    rig->cpu->r[A64_PC] = RIG_CODE;
    rig_run(rig, 1);
    return rig->cpu->r[0];
}

static void write_register(struct rig *rig, unsigned encoding, uint64_t value)
{
    rig_code(rig, I_MSR(encoding, 0));
    rig->cpu->r[A64_PC] = RIG_CODE;
    rig->cpu->r[0] = value;
    rig_run(rig, 1);
}

Test(a64_sysreg, rows_are_in_the_order_of_their_encodings_and_disjoint)
{
    for (unsigned i = 0; i < a64_sysreg_count; i++) {
        const struct a64_sysreg *row = &a64_sysregs[i];
        if (i)
            cr_assert_lt(a64_sysregs[i - 1].encoding, row->encoding, "%s", row->name);
        unsigned count = row->count ? row->count : 1;
        for (unsigned n = 0; n < count; n++)
            cr_assert_eq(a64_sysreg_find(row->encoding + n * row->stride), row, "%s %u", row->name, n);
    }
}

Test(a64_sysreg, every_row_keeps_the_bits_of_its_mask_and_no_other)
{
    for (unsigned i = 0; i < a64_sysreg_count; i++) {
        const struct a64_sysreg *row = &a64_sysregs[i];
        if (!row->field || row->write || !(row->access & A64_EL1_WRITE) || row->encoding == A64_SYSREG(3, 0, 4, 1, 0))
            continue;
        struct rig *rig = rig_new();
        uint64_t mask = row->access & A64_PLAIN ? UINT64_MAX : row->mask, before = read_register(rig, row->encoding);
        write_register(rig, row->encoding, UINT64_MAX);
        cr_expect_eq(read_register(rig, row->encoding), (before & ~mask) | mask, "%s", row->name);
        write_register(rig, row->encoding, 0);
        cr_expect_eq(read_register(rig, row->encoding), before & ~mask, "%s", row->name);
        rig_free(rig);
    }
}

Test(a64_sysreg, el0_reaches_only_what_rows_allow)
{
    for (unsigned i = 0; i < a64_sysreg_count; i++) {
        const struct a64_sysreg *row = &a64_sysregs[i];
        struct rig *rig = rig_new();
        rig->cpu->cntkctl = 0x3ff;
        rig->cpu->cpacr = 3 << 20;
        rig->cpu->sctlr |= A64_SCTLR_UMA | A64_SCTLR_UCT;
        rig_set_el(rig->cpu, 0, false);
        read_register(rig, row->encoding);
        cr_expect_eq(rig->cpu->esr != 0, !(row->access & A64_EL0_READ), "%s", row->name);
        rig_free(rig);
    }
}

// CRm and op2 of op0 3, op1 0, CRn 0, CRm 1-7: the registers that are not 0; by model.
Test(a64_sysreg, the_whole_id_space_answers_and_what_is_unallocated_is_zero)
{
    static const struct {
        const char *model;
        unsigned crm, op2;
        uint64_t value;
    } rows[] = {
        { "cortex-a57", 4, 0, 0x11 },                  // ID_AA64PFR0_EL1: EL0 and EL1 in AArch64, FP, SIMD
        { "cortex-a57", 5, 0, 0x10305006 },            // ID_AA64DFR0_EL1
        { "cortex-a57", 6, 0, 0x10000 },               // ID_AA64ISAR0_EL1: CRC32
        { "cortex-a57", 7, 0, 0x24 },                  // ID_AA64MMFR0_EL1: 4 and 64 KiB, 44 bits
        { "max", 4, 0, UINT64_C(0x1100000000000011) }, // CSV2, CSV3
        { "max", 5, 0, 0x10305006 },
        { "max", 6, 0, 0x210000 }, // LSE
        { "max", 7, 0, 0x100024 }, // 16 KiB
    };
    static const char *const models[] = { "cortex-a57", "max" };
    for (unsigned m = 0; m < countof(models); m++) {
        struct rig *rig = rig_new();
        rig->cpu->model = a64_model_find(models[m]);
        for (unsigned crm = 1; crm < 8; crm++)
            for (unsigned op2 = 0; op2 < 8; op2++) {
                uint64_t expected = 0, value = read_register(rig, A64_SYSREG(3, 0, 0, crm, op2));
                for (unsigned i = 0; i < countof(rows); i++)
                    if (rows[i].crm == crm && rows[i].op2 == op2 && strcmp(rows[i].model, models[m]) == 0)
                        expected = rows[i].value;
                cr_assert_eq(rig->cpu->esr, 0);
                cr_expect_eq(value, expected, "%s: c0, c%u, %u: %llx", models[m], crm, op2, (unsigned long long)value);
                // They cannot be written.
                write_register(rig, A64_SYSREG(3, 0, 0, crm, op2), 0);
                cr_expect_eq(rig->cpu->esr, BIT32(25));
                rig->cpu->esr = 0;
            }
        rig_free(rig);
    }
}

Test(a64_sysreg, identity_is_the_models_and_the_machines)
{
    static const struct {
        const char *name;
        uint64_t midr;
    } rows[] = {
        { "cortex-a53", 0x410fd034 },
        { "cortex-a57", 0x411fd070 },
        { "cortex-a72", 0x410fd083 },
        { "max", 0x000f0510 },
    };
    for (unsigned i = 0; i < countof(rows); i++) {
        struct rig *rig = rig_new_many(2);
        rig->cpu->model = rig->cpus[1]->model = a64_model_find(rows[i].name);
        cr_expect_eq(read_register(rig, A64_SYSREG(3, 0, 0, 0, 0)), rows[i].midr);
        cr_expect_eq(read_register(rig, A64_SYSREG(3, 0, 0, 0, 5)), 0x80000000); // MPIDR_EL1
        cr_expect_eq(read_register(rig, A64_SYSREG(3, 0, 0, 0, 6)), 0);          // REVIDR_EL1
        cr_expect_eq(read_register(rig, A64_SYSREG(3, 1, 0, 0, 7)), 0);          // AIDR_EL1
        cr_expect_eq(read_register(rig, A64_SYSREG(3, 3, 0, 0, 7)), 4);          // DCZID_EL0: 64 bytes
        cr_expect_eq(read_register(rig, A64_SYSREG(3, 0, 4, 2, 2)), 4);          // CurrentEL
        uint64_t value = 0;
        a64_sysreg_find(A64_SYSREG(3, 0, 0, 0, 5))->read(rig->cpus[1], A64_SYSREG(3, 0, 0, 0, 5), &value);
        cr_expect_eq(value, 0x80000001);
        rig->cpu->gic_registers = true;
        cr_expect_eq(bits_get(read_register(rig, A64_SYSREG(3, 0, 0, 4, 0)), 27, 24), 1);
        rig_free(rig);
    }
}

Test(a64_sysreg, dczid_says_whether_el0_may)
{
    struct rig *rig = rig_new();
    rig_set_el(rig->cpu, 0, false);
    cr_assert_eq(read_register(rig, A64_SYSREG(3, 3, 0, 0, 7)), 0x14);
    rig->cpu->sctlr |= A64_SCTLR_DZE;
    cr_assert_eq(read_register(rig, A64_SYSREG(3, 3, 0, 0, 7)), 4);
    rig_free(rig);
}

Test(a64_sysreg, csselr_selects_the_cache_that_ccsidr_describes)
{
    struct rig *rig = rig_new();
    static const uint64_t sizes[] = { 0x701fe00a, 0x201fe012, 0x70ffe07a, 0 };
    for (unsigned i = 0; i < countof(sizes); i++) {
        write_register(rig, A64_SYSREG(3, 2, 0, 0, 0), i); // CSSELR_EL1
        cr_expect_eq(read_register(rig, A64_SYSREG(3, 1, 0, 0, 0)), sizes[i], "%u", i);
    }
    rig_free(rig);
}

Test(a64_sysreg, what_is_not_there_is_undefined_and_counted)
{
    struct rig *rig = rig_new();
    read_register(rig, A64_SYSREG(3, 4, 1, 0, 0)); // SCTLR_EL2
    cr_assert_eq(rig->cpu->esr, BIT32(25));
    read_register(rig, A64_SYSREG(3, 0, 11, 3, 3));
    cr_assert_eq(rig->cpu->esr, BIT32(25));
    cr_assert_eq(rig->cpu->mistakes[A64_MISTAKE_SYSREG], 2);
    rig_free(rig);
}

Test(a64_sysreg, the_controller_and_the_timers_are_behind_the_port)
{
    static const unsigned encodings[] = {
        A64_SYSREG(3, 0, 4, 6, 0),  A64_SYSREG(3, 0, 12, 12, 1), A64_SYSREG(3, 0, 12, 11, 5),
        A64_SYSREG(3, 3, 14, 3, 2), A64_SYSREG(3, 3, 14, 2, 1),
    };
    for (unsigned i = 0; i < countof(encodings); i++) {
        struct rig *rig = rig_new();
        write_register(rig, encodings[i], 0x1234 + i);
        cr_assert_eq(rig->encoding, encodings[i]);
        cr_assert_eq(rig->value, 0x1234 + i);
        cr_assert_eq(read_register(rig, encodings[i]), 0x1234 + i);
        rig->loop.port.read = NULL;
        read_register(rig, encodings[i]);
        cr_assert_eq(rig->cpu->esr, BIT32(25));
        rig_free(rig);
    }
}

Test(a64_sysreg, the_counter_runs_at_its_frequency_in_virtual_time)
{
    struct rig *rig = rig_new();
    rig_code(rig, I_MRS(0, A64_SYSREG(3, 3, 14, 0, 2)), I_B(0));
    rig->clock.now = 1600;
    rig_run(rig, 1);
    cr_assert_eq(rig->cpu->r[0], 100);
    cr_assert_eq(read_register(rig, A64_SYSREG(3, 3, 14, 0, 0)), 62500000);
    write_register(rig, A64_SYSREG(3, 3, 14, 0, 0), 1000); // firmware may say what it likes
    cr_assert_eq(read_register(rig, A64_SYSREG(3, 3, 14, 0, 0)), 1000);
    write_register(rig, A64_SYSREG(3, 3, 14, 0, 2), 0);
    cr_assert_eq(rig->cpu->esr, BIT32(25)); // but counters cannot be written
    rig_free(rig);
}

Test(a64_sysreg, flags_and_masks_are_registers_too)
{
    struct rig *rig = rig_new();
    for (uint32_t nzcv = 0; nzcv < 16; nzcv++) {
        write_register(rig, A64_SYSREG(3, 3, 4, 2, 0), (uint64_t)nzcv << 28);
        cr_assert_eq(read_register(rig, A64_SYSREG(3, 3, 4, 2, 0)), (uint64_t)nzcv << 28);
        for (unsigned condition = 0; condition < 16; condition++) {
            bool n = nzcv & 8, z = nzcv & 4, c = nzcv & 2, v = nzcv & 1;
            const bool holds[] = { z, c, n, v, c && !z, n == v, n == v && !z, true };
            bool expected = holds[condition / 2] != (condition & 1 && condition != 15);
            cr_assert_eq(a64_holds(rig->cpu, condition), expected, "NZCV %x, condition %u", nzcv, condition);
        }
    }
    write_register(rig, A64_SYSREG(3, 3, 4, 2, 1), 0x140);
    cr_assert_eq(rig->cpu->daif, A64_F | A64_A);
    cr_assert_eq(read_register(rig, A64_SYSREG(3, 0, 4, 2, 2)), 4);
    rig_free(rig);
}

Test(a64_sysreg, sp_el0_is_undefined_while_it_is_the_stack_pointer)
{
    struct rig *rig = rig_new();
    rig->cpu->r[A64_SP_EL0] = 0x1230;
    cr_assert_eq(read_register(rig, A64_SYSREG(3, 0, 4, 1, 0)), 0x1230);
    rig_set_el(rig->cpu, 1, false);
    read_register(rig, A64_SYSREG(3, 0, 4, 1, 0));
    cr_assert_eq(rig->cpu->esr, BIT32(25));
    rig_free(rig);
}

Test(a64_sysreg, the_os_lock_is_what_oslar_wrote)
{
    struct rig *rig = rig_new();
    cr_assert_eq(read_register(rig, A64_SYSREG(2, 0, 1, 1, 4)), 0xa);
    write_register(rig, A64_SYSREG(2, 0, 1, 0, 4), 0);
    cr_assert_eq(read_register(rig, A64_SYSREG(2, 0, 1, 1, 4)), 8);
    rig_free(rig);
}

Test(a64_sysreg, control_registers_have_the_bits_of_armv8_0_and_no_others)
{
    static const struct {
        unsigned encoding;
        uint64_t ones, zeros; // after all ones and after 0 were written
    } rows[] = {
        { A64_SYSREG(3, 0, 2, 0, 2), UINT64_C(0x77ffffffbf), 0 },       // TCR_EL1, with A1
        { A64_SYSREG(3, 0, 2, 0, 0), UINT64_C(0xfffffffffffffffe), 0 }, // TTBR0_EL1 without CnP
        { A64_SYSREG(3, 0, 2, 0, 1), UINT64_C(0xfffffffffffffffe), 0 }, // TTBR1_EL1
        { A64_SYSREG(3, 0, 1, 0, 0), 0x34dddb9f, 0x30d00980 },          // SCTLR_EL1
        { A64_SYSREG(3, 0, 1, 0, 2), 0x300000, 0 },                     // CPACR_EL1: FPEN
        { A64_SYSREG(3, 0, 14, 1, 0), 0x3ff, 0 },                       // CNTKCTL_EL1
        { A64_SYSREG(3, 3, 4, 4, 0), 0x07c00000, 0 },                   // FPCR: no half precision, no traps
        { A64_SYSREG(3, 3, 4, 4, 1), 0x0800009f, 0 },                   // FPSR
        { A64_SYSREG(2, 0, 0, 2, 0), 0x60000000, 0 },                   // MDCCINT_EL1
        { A64_SYSREG(2, 0, 1, 4, 4), 1, 0 },                            // DBGPRCR_EL1
    };
    for (unsigned i = 0; i < countof(rows); i++) {
        struct rig *rig = rig_new();
        rig->cpu->cpacr = 3 << 20;
        a64_update_mode(rig->cpu);
        const struct a64_sysreg *row = a64_sysreg_find(rows[i].encoding);
        uint64_t ones = 0, zeros = 0;
        if (row->write) { // called, as all ones in SCTLR_EL1 would end the program
            row->write(rig->cpu, rows[i].encoding, UINT64_MAX);
            ones = row->read ? (row->read(rig->cpu, rows[i].encoding, &ones), ones)
                             : *(uint64_t *)(void *)((char *)rig->cpu + row->field);
            row->write(rig->cpu, rows[i].encoding, 0);
            zeros = row->read ? (row->read(rig->cpu, rows[i].encoding, &zeros), zeros)
                              : *(uint64_t *)(void *)((char *)rig->cpu + row->field);
        } else {
            write_register(rig, rows[i].encoding, UINT64_MAX);
            ones = read_register(rig, rows[i].encoding);
            write_register(rig, rows[i].encoding, 0);
            zeros = read_register(rig, rows[i].encoding);
        }
        cr_expect_eq(ones, rows[i].ones, "%s: %llx", row->name, (unsigned long long)ones);
        cr_expect_eq(zeros, rows[i].zeros, "%s: %llx", row->name, (unsigned long long)zeros);
        rig_free(rig);
    }
}

#define PMU(op1, crn, crm, op2)                                                                                        \
    {                                                                                                                  \
        A64_SYSREG(3, op1, crn, crm, op2), "ID_AA64DFR0_EL1.PMUVer"                                                    \
    }

// A field of an ID register says that a feature is missing: so are its registers.
Test(a64_sysreg, registers_of_features_that_an_id_field_denies_are_undefined)
{
    static const struct {
        unsigned encoding;
        const char *field;
    } rows[] = {
        PMU(3, 9, 12, 0), // PMCR_EL0, PMCNTENSET, PMCNTENCLR, PMOVSCLR, PMSWINC, PMSELR, PMCEID0, PMCEID1
        PMU(3, 9, 12, 1),
        PMU(3, 9, 12, 2),
        PMU(3, 9, 12, 3),
        PMU(3, 9, 12, 4),
        PMU(3, 9, 12, 5),
        PMU(3, 9, 12, 6),
        PMU(3, 9, 12, 7),
        PMU(3, 9, 13, 0), // PMCCNTR_EL0, PMXEVTYPER, PMXEVCNTR
        PMU(3, 9, 13, 1),
        PMU(3, 9, 13, 2),
        PMU(3, 9, 14, 0), // PMUSERENR_EL0
        PMU(3, 9, 14, 3), // PMOVSSET_EL0
        PMU(0, 9, 14, 1), // PMINTENSET_EL1, PMINTENCLR, PMMIR
        PMU(0, 9, 14, 2),
        PMU(0, 9, 14, 6),
        PMU(3, 14, 8, 0), // PMEVCNTR0_EL0
        PMU(3, 14, 12, 0),
        PMU(3, 14, 15, 7),                                             // PMEVTYPER0_EL0, PMCCFILTR_EL0
        { A64_SYSREG(3, 0, 9, 9, 0), "ID_AA64DFR0_EL1.PMSVer" },       // PMSCR_EL1
        { A64_SYSREG(3, 0, 9, 10, 0), "ID_AA64DFR0_EL1.PMSVer" },      // PMBLIMITR_EL1
        { A64_SYSREG(3, 0, 9, 11, 0), "ID_AA64DFR0_EL1.TraceBuffer" }, // TRBLIMITR_EL1
        { A64_SYSREG(2, 1, 7, 14, 6), "ID_AA64DFR0_EL1.TraceVer" },    // TRCAUTHSTATUS
        { A64_SYSREG(3, 0, 1, 2, 1), "ID_AA64DFR0_EL1.TraceFilt" },    // TRFCR_EL1
        { A64_SYSREG(3, 4, 1, 1, 0), "ID_AA64PFR0_EL1.EL2" },          // HCR_EL2
        { A64_SYSREG(3, 5, 1, 0, 0), "ID_AA64PFR0_EL1.EL2" },          // SCTLR_EL12
        { A64_SYSREG(3, 6, 1, 1, 0), "ID_AA64PFR0_EL1.EL3" },          // SCR_EL3
        { A64_SYSREG(3, 7, 14, 2, 1), "ID_AA64PFR0_EL1.EL3" },         // CNTPS_CTL_EL1
        { A64_SYSREG(3, 0, 5, 3, 0), "ID_AA64PFR0_EL1.RAS" },          // ERRIDR_EL1
        { A64_SYSREG(3, 0, 12, 1, 1), "ID_AA64PFR0_EL1.RAS" },         // DISR_EL1
        { A64_SYSREG(3, 0, 1, 2, 0), "ID_AA64PFR0_EL1.SVE" },          // ZCR_EL1
        { A64_SYSREG(3, 0, 10, 5, 0), "ID_AA64PFR0_EL1.MPAM" },        // MPAM1_EL1
        { A64_SYSREG(3, 3, 13, 2, 0), "ID_AA64PFR0_EL1.AMU" },         // AMCR_EL0
        { A64_SYSREG(3, 3, 4, 2, 5), "ID_AA64PFR0_EL1.DIT" },
        { A64_SYSREG(3, 3, 13, 0, 7), "ID_AA64PFR0_EL1.CSV2" }, // SCXTNUM_EL0
        { A64_SYSREG(3, 0, 13, 0, 7), "ID_AA64PFR0_EL1.CSV2" },
        { A64_SYSREG(3, 3, 4, 2, 6), "ID_AA64PFR1_EL1.SSBS" },
        { A64_SYSREG(3, 3, 4, 2, 7), "ID_AA64PFR1_EL1.MTE" },  // TCO
        { A64_SYSREG(3, 0, 1, 0, 6), "ID_AA64PFR1_EL1.MTE" },  // GCR_EL1
        { A64_SYSREG(3, 1, 0, 0, 4), "ID_AA64PFR1_EL1.MTE" },  // GMID_EL1
        { A64_SYSREG(3, 3, 13, 0, 5), "ID_AA64PFR1_EL1.SME" }, // TPIDR2_EL0
        { A64_SYSREG(3, 3, 2, 4, 0), "ID_AA64ISAR0_EL1.RNDR" },
        { A64_SYSREG(3, 0, 2, 1, 0), "ID_AA64ISAR1_EL1.APA" }, // APIAKeyLo_EL1
        { A64_SYSREG(3, 0, 1, 0, 2) + 1, "ID_AA64ISAR2_EL1" }, // SCTLR2_EL1
        { A64_SYSREG(3, 0, 4, 2, 3), "ID_AA64MMFR1_EL1.PAN" },
        { A64_SYSREG(3, 0, 10, 4, 0), "ID_AA64MMFR1_EL1.LO" }, // LORSA_EL1
        { A64_SYSREG(3, 0, 10, 4, 7), "ID_AA64MMFR1_EL1.LO" }, // LORID_EL1
        { A64_SYSREG(3, 0, 4, 2, 4), "ID_AA64MMFR2_EL1.UAO" },
        { A64_SYSREG(3, 1, 0, 0, 2), "ID_AA64MMFR2_EL1.CCIDX" },  // CCSIDR2_EL1
        { A64_SYSREG(3, 0, 2, 0, 3), "ID_AA64MMFR3_EL1.TCRX" },   // TCR2_EL1
        { A64_SYSREG(3, 0, 10, 2, 3), "ID_AA64MMFR3_EL1.S1PIE" }, // PIR_EL1
        { DBGBVR_ABSENT, "ID_AA64DFR0_EL1.BRPs" },
        { DBGWVR_ABSENT, "ID_AA64DFR0_EL1.WRPs" },
    };
    for (unsigned m = 0; m < a64_model_count; m++)
        for (unsigned i = 0; i < countof(rows); i++)
            for (unsigned write = 0; write < 2; write++) {
                struct rig *rig = rig_new();
                rig->cpu->model = &a64_models[m];
                if (write)
                    write_register(rig, rows[i].encoding, 0);
                else
                    read_register(rig, rows[i].encoding);
                cr_expect_eq(rig->cpu->esr, BIT32(25), "%s: %s, row %u: %x", a64_models[m].name, rows[i].field, i,
                             (unsigned)rig->cpu->esr);
                rig_free(rig);
            }
}

// And so are its instructions.
Test(a64_sysreg, instructions_of_features_that_an_id_field_denies_are_undefined)
{
    static const struct {
        uint32_t word;
        const char *field;
    } rows[] = {
        { 0xd4000003, "ID_AA64PFR0_EL1.EL3" },                                             // smc #0
        { 0x1ee02820, "ID_AA64PFR0_EL1.FP" },                                              // fadd h0, h1, h0
        { 0x0e401400, "ID_AA64PFR0_EL1.AdvSIMD" },                                         // fadd v0.4h, v0.4h, v0.4h
        { 0x04200000, "ID_AA64PFR0_EL1.SVE" },      { 0xd503415f, "ID_AA64PFR0_EL1.DIT" }, // msr dit, #1
        { 0xd503413f, "ID_AA64PFR1_EL1.SSBS" },                                            // msr ssbs, #1
        { 0xd503419f, "ID_AA64PFR1_EL1.MTE" },                                             // msr tco, #1
        { 0x9ac01020, "ID_AA64PFR1_EL1.MTE" },                                             // irg x0, x1, x0
        { 0xd9600020, "ID_AA64PFR1_EL1.MTE" },                                             // ldg x0, [x1]
        { 0x91800020, "ID_AA64PFR1_EL1.MTE" },                                             // addg x0, x1, #0, #0
        { 0x4e284820, "ID_AA64ISAR0_EL1.AES" },                                            // aese v0.16b, v1.16b
        { 0x0ee0e020, "ID_AA64ISAR0_EL1.AES" },                                            // pmull v0.1q, v1.1d, v0.1d
        { 0x5e280820, "ID_AA64ISAR0_EL1.SHA1" },                                           // sha1h s0, s1
        { 0x5e004020, "ID_AA64ISAR0_EL1.SHA2" },                                           // sha256h q0, q1, v0.4s
        { 0xce608020, "ID_AA64ISAR0_EL1.SHA2" },                                           // sha512h q0, q1, v0.2d
        { 0xce000020, "ID_AA64ISAR0_EL1.SHA3" },                                           // eor3
        { 0x2e408420, "ID_AA64ISAR0_EL1.RDM" },     // sqrdmlah v0.4h, v1.4h, v0.4h
        { 0x0e809420, "ID_AA64ISAR0_EL1.DP" },      // sdot v0.2s, v1.8b, v0.8b
        { 0x0e20ec20, "ID_AA64ISAR0_EL1.FHM" },     // fmlal
        { 0xd500401f, "ID_AA64ISAR0_EL1.TS" },      // cfinv
        { 0xd500405f, "ID_AA64ISAR0_EL1.TS" },      // axflag
        { 0xba000420, "ID_AA64ISAR0_EL1.TS" },      // rmif x1, #0, #0
        { 0x3a00082d, "ID_AA64ISAR0_EL1.TS" },      // setf8 w1
        { 0xd508811f, "ID_AA64ISAR0_EL1.TLB" },     // tlbi vmalle1os
        { 0xd5088620, "ID_AA64ISAR0_EL1.TLB" },     // tlbi rvae1, x0
        { 0xd50b7c20, "ID_AA64ISAR1_EL1.DPB" },     // dc cvap, x0
        { 0xd50b7d20, "ID_AA64ISAR1_EL1.DPB" },     // dc cvadp, x0
        { 0xdac10020, "ID_AA64ISAR1_EL1.APA" },     // pacia x0, x1
        { 0xd65f0bff, "ID_AA64ISAR1_EL1.APA" },     // retaa
        { 0xf8200420, "ID_AA64ISAR1_EL1.APA" },     // ldraa x0, [x1]
        { 0x1e7e0020, "ID_AA64ISAR1_EL1.JSCVT" },   // fjcvtzs w0, d1
        { 0x6ec0e420, "ID_AA64ISAR1_EL1.FCMA" },    // fcadd v0.2d
        { 0xf8bfc020, "ID_AA64ISAR1_EL1.LRCPC" },   // ldapr x0, [x1]
        { 0xd9400020, "ID_AA64ISAR1_EL1.LRCPC" },   // ldapur x0, [x1]
        { 0x1e284020, "ID_AA64ISAR1_EL1.FRINTTS" }, // frint32z s0, s1
        { 0xd50330ff, "ID_AA64ISAR1_EL1.SB" },      // sb
        { 0x2e40fc20, "ID_AA64ISAR1_EL1.BF16" },    // bfdot
        { 0x1e634020, "ID_AA64ISAR1_EL1.BF16" },    // bfcvt h0, s1
        { 0x4e80a420, "ID_AA64ISAR1_EL1.I8MM" },    // smmla
        { 0xd50b7380, "ID_AA64ISAR1_EL1.SPECRES" }, // cfp rctx, x0
        { 0xf83fd020, "ID_AA64ISAR1_EL1.LS64" },    // ld64b x0, [x1]
        { 0xd5031000, "ID_AA64ISAR2_EL1.WFxT" },    // wfet x0
        { 0x19010440, "ID_AA64ISAR2_EL1.MOPS" },    // cpyfp
        { 0xdac02020, "ID_AA64ISAR2_EL1.CSSC" },    // abs x0, x1
        { 0xdac01820, "ID_AA64ISAR2_EL1.CSSC" },    // ctz x0, x1
        { 0xc8df7c20, "ID_AA64MMFR1_EL1.LO" },      // ldlar x0, [x1]
        { 0xd500419f, "ID_AA64MMFR1_EL1.PAN" },     // msr pan, #1
        { 0xd5087900, "ID_AA64MMFR1_EL1.PAN" },     // at s1e1rp, x0
        { 0xd500417f, "ID_AA64MMFR2_EL1.UAO" },     // msr uao, #1
        { 0x19401020, "ID_AA64MMFR2_EL1.AT" },
    };
    for (unsigned m = 0; m < a64_model_count; m++)
        for (unsigned i = 0; i < countof(rows); i++) {
            struct rig *rig = rig_new();
            rig->cpu->model = &a64_models[m];
            rig->cpu->cpacr = 3 << 20;
            a64_update_mode(rig->cpu);
            rig->cpu->r[0] = rig->cpu->r[1] = 0x40000;
            rig_code(rig, rows[i].word);
            rig_run(rig, 1);
            cr_expect_eq(rig->cpu->esr, BIT32(25), "%s: %s, row %u: %x", a64_models[m].name, rows[i].field, i,
                         (unsigned)rig->cpu->esr);
            rig_free(rig);
        }
}

// Each field of each ID register has a value that the architecture allows, and that what we have bears out.
Test(a64_sysreg, id_registers_are_consistent)
{
    for (unsigned m = 0; m < a64_model_count; m++) {
        const struct a64_model *model = &a64_models[m];
        cr_expect_eq(bits_get(model->dfr0, 15, 12) + 1, A64_BREAKPOINTS);
        cr_expect_eq(bits_get(model->dfr0, 23, 20) + 1, A64_WATCHPOINTS);
        cr_expect_eq(bits_get(model->dfr0, 31, 28) + 1, A64_CONTEXT_BREAKPOINTS);
        cr_expect_eq(bits_get(model->dfr0, 3, 0), 6);                               // Armv8 debug
        cr_expect_eq(bits_get(model->pfr0, 19, 16), bits_get(model->pfr0, 23, 20)); // FP and AdvSIMD go together
        cr_expect_eq(BIT32(2) << bits_get(model->ctr, 19, 16), A64_ZVA_BYTES);      // what DC ZVA clears is a line
        cr_expect_eq(bits_get(model->ctr, 31, 31), 1);                              // RES1
        cr_expect_lt(bits_get(model->mmfr0, 3, 0), 6);                              // no 52-bit addresses
        cr_expect(bits_get(model->mmfr0, 7, 4) == 2); // 16 bits of ASID, as TCR_EL1.AS is there
        // The levels of CLIDR_EL1: each existing one has its sizes, and LoUU, LoC, LoUIS name one of them or the next.
        unsigned levels = 0;
        while (levels < 7 && bits_get(model->clidr, 3 * levels + 2, 3 * levels))
            levels++;
        cr_expect_leq(bits_get(model->clidr, 26, 24), levels);
        cr_expect_leq(bits_get(model->clidr, 23, 21), bits_get(model->clidr, 26, 24));
        cr_expect_leq(bits_get(model->clidr, 29, 27), bits_get(model->clidr, 26, 24));
        cr_expect_eq(bits_get(model->midr, 19, 16), 15); // the architecture is in the ID registers
    }
}
