// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// PSCI 1.0 (DEN 0022D): every function and every error, by HVC. SMC is UNDEFINED: there is no EL3.
#include <criterion/criterion.h>

#include "rig.h"

enum { SUCCESS = 0, NOT_SUPPORTED = -1, INVALID_PARAMETERS = -2, ALREADY_ON = -4, INVALID_ADDRESS = -9 };

#define ENTRY   0x18000u
#define NOWHERE UINT64_C(0x7f000000)

static int64_t psci(struct rig *rig, uint32_t call, uint64_t function, uint64_t a, uint64_t b, uint64_t c)
{
    struct a64_cpu *cpu = rig->cpu;
    rig_code(rig, call, I_B(0));
    cpu->r[0] = function;
    cpu->r[1] = a;
    cpu->r[2] = b;
    cpu->r[3] = c;
    cpu->r[A64_PC] = RIG_CODE;
    rig->loop.last = rig->loop.count - 1; // it is this CPU's turn
    rig->loop.rest = 0;
    rig_run(rig, 1);
    return (int64_t)cpu->r[0];
}

// Calls and results with CPU 1 off: the affinities are 0 and 1.
static const struct {
    uint64_t function, a, b;
    int64_t result;
} rows[] = {
    { 0x84000000, 0, 0, 0x10000 }, // PSCI_VERSION
    { 0x80000000, 0, 0, 0x10001 }, // SMCCC_VERSION
    { 0x80000001, 0x80000000, 0, SUCCESS },
    { 0x80000001, 0x80000001, 0, SUCCESS },
    { 0x80000001, 0x80008000, 0, NOT_SUPPORTED }, // SMCCC_ARCH_WORKAROUND_1
    // PSCI_FEATURES: what there is, with 32-bit and, where it takes addresses or affinities, 64-bit arguments
    { 0x8400000a, 0x84000000, 0, SUCCESS },
    { 0x8400000a, 0x84000001, 0, SUCCESS }, // no flags: the original format, no OS-initiated mode
    { 0x8400000a, 0xc4000001, 0, SUCCESS },
    { 0x8400000a, 0x84000002, 0, SUCCESS },
    { 0x8400000a, 0x84000003, 0, SUCCESS },
    { 0x8400000a, 0xc4000003, 0, SUCCESS },
    { 0x8400000a, 0x84000004, 0, SUCCESS },
    { 0x8400000a, 0xc4000004, 0, SUCCESS },
    { 0x8400000a, 0x84000006, 0, SUCCESS },
    { 0x8400000a, 0x84000008, 0, SUCCESS },
    { 0x8400000a, 0x84000009, 0, SUCCESS },
    { 0x8400000a, 0x8400000a, 0, SUCCESS },
    { 0x8400000a, 0x80000000, 0, SUCCESS },
    { 0x8400000a, 0xc4000000, 0, NOT_SUPPORTED },
    { 0x8400000a, 0xc4000002, 0, NOT_SUPPORTED },
    { 0x8400000a, 0x84000005, 0, NOT_SUPPORTED }, // MIGRATE
    { 0x8400000a, 0x8400000e, 0, NOT_SUPPORTED }, // SYSTEM_SUSPEND
    { 0x8400000a, 0x84000042, 0, NOT_SUPPORTED },
    // AFFINITY_INFO: 0 on, 1 off
    { 0x84000004, 0, 0, 0 },
    { 0x84000004, 1, 0, 1 },
    { 0xc4000004, 1, 0, 1 },
    { 0xc4000004, 2, 0, INVALID_PARAMETERS },
    { 0xc4000004, 0, 1, INVALID_PARAMETERS },                     // a higher level
    { 0xc4000004, 0, 4, INVALID_PARAMETERS },                     // no level
    { 0xc4000004, UINT64_C(1) << 24 | 1, 0, INVALID_PARAMETERS }, // reserved bits
    { 0xc4000004, UINT64_C(1) << 63 | 1, 0, INVALID_PARAMETERS }, // reserved bits
    { 0x84000004, UINT64_C(0xabc) << 32 | 1, 0, 1 },              // 32 bits are looked at
    { 0x84000006, 0, 0, 2 },                                      // MIGRATE_INFO_TYPE: there is nothing to migrate
    // CPU_ON
    { 0x84000003, 0, ENTRY, ALREADY_ON },
    { 0xc4000003, 0, ENTRY, ALREADY_ON },
    { 0xc4000003, 2, ENTRY, INVALID_PARAMETERS },
    { 0xc4000003, UINT64_C(1) << 24 | 1, ENTRY, INVALID_PARAMETERS },
    { 0xc4000003, 1, NOWHERE, INVALID_ADDRESS },
    { 0xc4000003, 1, ENTRY + 2, INVALID_ADDRESS },
    { 0x84000003, 1, UINT64_C(0x500000000) | ENTRY, SUCCESS },
    // CPU_SUSPEND with a power state that is none
    { 0x84000001, 1 << 17, ENTRY, INVALID_PARAMETERS },
    { 0xc4000001, 1 << 24, ENTRY, INVALID_PARAMETERS },
    { 0xc4000001, 1 << 31, ENTRY, INVALID_PARAMETERS },
    // What there is not
    { 0x84000005, 1, 0, NOT_SUPPORTED }, // MIGRATE
    { 0x84000007, 1, 0, NOT_SUPPORTED }, // MIGRATE_INFO_UP_CPU
    { 0x8400000b, 0, 0, NOT_SUPPORTED }, // CPU_FREEZE
    { 0x8400000e, 0, 0, NOT_SUPPORTED }, // SYSTEM_SUSPEND
    { 0xc4000000, 0, 0, NOT_SUPPORTED }, // not with 64-bit arguments
    { 0xc4000002, 0, 0, NOT_SUPPORTED },
    { 0xc4000008, 0, 0, NOT_SUPPORTED },
    { 0x12345678, 0, 0, NOT_SUPPORTED },
};

Test(a64_psci, answers_every_function_by_hvc)
{
    for (unsigned i = 0; i < countof(rows); i++) {
        struct rig *rig = rig_new_many(2);
        int64_t result = psci(rig, I_HVC, rows[i].function, rows[i].a, rows[i].b, 0);
        cr_expect_eq(result, rows[i].result, "row %u: %lld", i, (long long)result);
        cr_expect_eq(rig->cpu->r[1], rows[i].a, "row %u: X1", i);
        cr_expect_eq(rig->cpu->r[A64_PC], RIG_CODE + 4);
        cr_expect_eq(rig->cpu->esr, 0);
        rig_free(rig);
    }
}

Test(a64_psci, smc_is_undefined_without_el3)
{
    for (unsigned imm = 0; imm < 2; imm++) {
        struct rig *rig = rig_new_many(2);
        cr_assert_eq(psci(rig, I_SMC | imm << 5, 0xc4000003, 1, ENTRY, 0), 0xc4000003);
        cr_assert_eq(rig->cpu->esr, BIT32(25));
        cr_assert_eq(rig->cpu->elr, RIG_CODE);
        cr_assert_eq(rig->cpus[1]->vcpu.state, VCPU_STOPPED);
        rig_free(rig);
    }
}

Test(a64_psci, counts_functions_that_it_does_not_know)
{
    struct rig *rig = rig_new();
    psci(rig, I_HVC, 0x12345678, 0, 0, 0);
    psci(rig, I_HVC, 0xc400dead, 0, 0, 0);
    psci(rig, I_HVC, 0x84000000, 0, 0, 0);
    cr_assert_eq(rig->cpu->mistakes[A64_MISTAKE_PSCI], 2);
    cr_assert_eq(psci(rig, I_HVC | 1 << 5, 0x84000000, 0, 0, 0), NOT_SUPPORTED); // HVC #1 is not PSCI
    rig_free(rig);
}

Test(a64_psci, is_undefined_at_el0)
{
    static const uint32_t calls[] = { I_HVC, I_SMC };
    for (unsigned c = 0; c < countof(calls); c++) {
        struct rig *rig = rig_new();
        rig_set_el(rig->cpu, 0, false);
        cr_assert_eq(psci(rig, calls[c], 0x84000000, 0, 0, 0), 0x84000000);
        cr_assert_eq(rig->cpu->esr, BIT32(25));
        rig_free(rig);
    }
}

Test(a64_psci, starts_a_cpu_at_el1_with_its_context_and_without_translation)
{
    struct rig *rig = rig_new_many(2);
    struct a64_cpu *other = rig->cpus[1];
    other->sctlr |= A64_SCTLR_M;
    other->daif = 0;
    rig_set_el(other, 0, false);
    cr_assert_eq(psci(rig, I_HVC, 0xc4000003, 1, ENTRY, UINT64_C(0x7777777777)), SUCCESS);
    cr_assert_eq(other->r[0], UINT64_C(0x7777777777));
    cr_assert_eq(other->r[A64_PC], ENTRY);
    cr_assert_eq(a64_pstate(other), A64_DAIF | 5);
    cr_assert(!(other->sctlr & A64_SCTLR_M));
    // It is on at once: never pending.
    cr_assert_eq(other->vcpu.state, VCPU_RUNNING);
    cr_assert_eq(psci(rig, I_HVC, 0xc4000004, 1, 0, 0), 0);
    cr_assert_eq(psci(rig, I_HVC, 0xc4000003, 1, ENTRY, 0), ALREADY_ON);
    rig_free(rig);
}

Test(a64_psci, stops_a_cpu_that_can_be_started_again)
{
    struct rig *rig = rig_new_many(2);
    rig_code_at(rig, ENTRY, 0xd2800040u /* mov x0, #2: CPU_OFF */, 0xf2b08000u /* movk x0, #0x8400, lsl #16 */, I_HVC);
    for (unsigned round = 0; round < 2; round++) {
        cr_assert_eq(psci(rig, I_HVC, 0xc4000003, 1, ENTRY, 0), SUCCESS);
        rig_code(rig, I_B(0));
        rig->cpu->r[A64_PC] = RIG_CODE;
        rig_run(rig, 200000);
        cr_assert_eq(rig->cpus[1]->vcpu.state, VCPU_STOPPED);
        vcpu_signal(&rig->loop, 1, PENDING_IRQ); // does not wake it
        rig_run(rig, 200000);
        cr_assert_eq(rig->cpus[1]->vcpu.state, VCPU_STOPPED);
        cr_assert_eq(psci(rig, I_HVC, 0xc4000004, 1, 0, 0), 1);
    }
    rig_free(rig);
}

Test(a64_psci, suspends_until_an_interrupt_is_pending)
{
    static const uint32_t states[] = { 0, 1 << 16 /* power down */, 0xffff };
    for (unsigned i = 0; i < countof(states); i++) {
        struct rig *rig = rig_new();
        rig_code(rig, I_HVC, I_MOVZ(5, 1), I_B(0));
        rig->cpu->r[0] = 0xc4000001;
        rig->cpu->r[1] = states[i];
        rig->cpu->r[2] = ENTRY;
        cr_assert_eq(rig_run(rig, 10), LOOP_DEADLOCK);
        cr_assert_eq(rig->cpu->r[5], 0);
        vcpu_signal(&rig->loop, 0, PENDING_IRQ); // masked, as after reset
        cr_assert_eq(rig_run(rig, 2), LOOP_LIMIT);
        cr_assert_eq(rig->cpu->r[0], SUCCESS);
        cr_assert_eq(rig->cpu->r[5], 1);
        rig_free(rig);
    }
}

Test(a64_psci, ends_the_machine)
{
    static const struct {
        uint64_t function;
        enum loop_stop stop;
    } ends[] = { { 0x84000008, LOOP_POWER_OFF }, { 0x84000009, LOOP_RESET } };
    for (unsigned i = 0; i < countof(ends); i++) {
        struct rig *rig = rig_new_many(2);
        rig_code(rig, I_HVC);
        rig->cpu->r[0] = ends[i].function;
        cr_assert_eq(rig_run(rig, 10), ends[i].stop);
        rig_free(rig);
    }
}
