// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// System registers (Arm ARM chapter D17), their rows, and what MRS and MSR do with them.
#include <criterion/criterion.h>

#include "rig.h"

#define EC(esr) ((unsigned)((esr) >> 26 & 0x3f))

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
                // Nobody can write them.
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

Test(a64_sysreg, caches_are_told_one_by_one)
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
    cr_assert_eq(rig->cpu->esr, BIT32(25)); // but nobody writes a counter
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
