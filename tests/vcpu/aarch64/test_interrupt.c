// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Entry to exceptions, return, masks, and waiting (Arm ARM sections D1.3, D1.4, D1.6).
#include <criterion/criterion.h>

#include "rig.h"

#define EC(esr) ((unsigned)((esr) >> 26 & 0x3f))

Test(a64_interrupt, each_origin_has_its_quarter_of_the_vectors)
{
    static const struct {
        unsigned el;
        bool sp1;
        uint64_t quarter;
        uint32_t spsr;
    } rows[] = {
        { 1, false, 0, 4 },
        { 1, true, 0x200, 5 },
        { 0, false, 0x400, 0 },
    };
    static const enum a64_vector_offset offsets[] = { A64_VECTOR_SYNC, A64_VECTOR_IRQ, A64_VECTOR_FIQ,
                                                      A64_VECTOR_SERROR };
    for (unsigned i = 0; i < countof(rows); i++)
        for (unsigned o = 0; o < countof(offsets); o++) {
            struct rig *rig = rig_new();
            struct a64_cpu *cpu = rig->cpu;
            rig_set_el(cpu, rows[i].el, rows[i].sp1);
            cpu->daif = A64_F;
            a64_set_nzcv(cpu, A64_N | A64_Z | A64_V);
            a64_enter(cpu, 0x12345678, offsets[o]);
            cr_assert_eq(cpu->r[A64_PC], RIG_VECTORS + rows[i].quarter + o * 0x80);
            cr_assert_eq(cpu->elr, RIG_CODE);
            cr_assert_eq(cpu->spsr, A64_N | A64_Z | A64_V | A64_F | rows[i].spsr);
            cr_assert_eq(a64_pstate(cpu), A64_N | A64_Z | A64_V | A64_DAIF | 5);
            bool has_syndrome = offsets[o] == A64_VECTOR_SYNC || offsets[o] == A64_VECTOR_SERROR;
            cr_assert_eq(cpu->esr, has_syndrome ? 0x12345678 : 0);
            rig_free(rig);
        }
}

Test(a64_interrupt, svc_returns_after_itself_and_eret_goes_back)
{
    struct rig *rig = rig_new();
    struct a64_cpu *cpu = rig->cpu;
    rig_code(rig, I_NOP, 0xd4000001u | 0x1234u << 5 /* svc #0x1234 */, I_MOVZ(1, 9), I_B(0));
    rig_code_at(rig, RIG_VECTORS + 0x400, I_ERET);
    rig_set_el(cpu, 0, false);
    cpu->daif = 0;
    rig_run(rig, 2);
    cr_assert_eq(cpu->el, 1);
    cr_assert_eq(cpu->elr, RIG_CODE + 8);
    cr_assert_eq(cpu->esr, UINT32_C(0x15) << 26 | BIT32(25) | 0x1234);
    rig_run(rig, 2);
    cr_assert_eq(cpu->el, 0);
    cr_assert_eq(cpu->daif, 0);
    cr_assert_eq(cpu->r[1], 9);
    rig_free(rig);
}

Test(a64_interrupt, exceptions_of_instructions_have_their_class_and_return_to_the_instruction)
{
    static const struct {
        uint32_t word;
        unsigned el;
        uint32_t esr;
    } rows[] = {
        { 0x00000000, 1, BIT32(25) },                                            // UDF
        { 0xd4200000u | 0x42 << 5, 1, UINT32_C(0x3c) << 26 | BIT32(25) | 0x42 }, // BRK #0x42
        { 0xd4400000u, 1, BIT32(25) },                                           // HLT, without halting debug
        { I_ERET, 0, BIT32(25) },
        { I_HVC, 0, BIT32(25) },
        { I_MRS(0, A64_SYSREG(3, 0, 1, 0, 0)), 0, BIT32(25) }, // SCTLR_EL1 from EL0
        { I_DAIFSET(2), 0, UINT32_C(0x18) << 26 | BIT32(25) | 6 << 17 | 3 << 14 | 4 << 10 | 31 << 5 | 2 << 1 },
        { I_WFI, 0, UINT32_C(0x01) << 26 | BIT32(25) | 0x1e00000 },
        { I_WFE, 0, UINT32_C(0x01) << 26 | BIT32(25) | 0x1e00001 },
        { 0x1e204000u, 1, UINT32_C(0x07) << 26 | BIT32(25) | 0x1e00000 }, // FMOV S0, S0
        { 0x3dc00000u, 0, UINT32_C(0x07) << 26 | BIT32(25) | 0x1e00000 }, // LDR Q0, [X0]
        { 0xd53b0020u, 0,
          UINT32_C(0x18) << 26 | BIT32(25) | 3 << 20 | 1 << 17 | 3 << 14 | 1 }, // MRS X0, CTR_EL0 without UCT
        { 0xd50b7420u, 0, UINT32_C(0x18) << 26 | BIT32(25) | 1 << 20 | 1 << 17 | 3 << 14 | 7 << 10 | 4 << 1 }, // DC ZVA
        { 0xd53be040u, 0, UINT32_C(0x18) << 26 | BIT32(25) | 3 << 20 | 2 << 17 | 3 << 14 | 14 << 10 | 1 }, // CNTVCT_EL0
    };
    for (unsigned i = 0; i < countof(rows); i++) {
        struct rig *rig = rig_new();
        struct a64_cpu *cpu = rig->cpu;
        rig_code(rig, I_NOP, rows[i].word);
        rig_set_el(cpu, rows[i].el, rows[i].el);
        rig_run(rig, 2);
        cr_expect_eq(cpu->esr, rows[i].esr, "row %u: %x, not %x", i, (unsigned)cpu->esr, rows[i].esr);
        cr_expect_eq(cpu->elr, RIG_CODE + 4, "row %u", i);
        rig_free(rig);
    }
}

Test(a64_interrupt, a_program_counter_that_is_not_aligned_faults_with_its_address)
{
    struct rig *rig = rig_new();
    rig_code(rig, I_BR(0));
    rig->cpu->r[0] = RIG_CODE + 2;
    rig_run(rig, 2);
    cr_assert_eq(EC(rig->cpu->esr), 0x22);
    cr_assert_eq(rig->cpu->far, RIG_CODE + 2);
    cr_assert_eq(rig->cpu->elr, RIG_CODE + 2);
    rig_free(rig);
}

Test(a64_interrupt, the_stack_pointer_is_checked_where_sctlr_says_so)
{
    const uint32_t load = 0xf94003e0u; // ldr x0, [sp]
    for (unsigned check = 0; check < 2; check++) {
        struct rig *rig = rig_new();
        struct a64_cpu *cpu = rig->cpu;
        rig_code(rig, I_ADD(31, 31, 16), load, I_ADD(31, 31, 8), load, I_NOP);
        cpu->r[A64_SP_EL1] = 0x8000;
        if (check)
            cpu->sctlr |= A64_SCTLR_SA;
        a64_update_mode(cpu);
        rig_run(rig, 5);
        cr_assert_eq(EC(cpu->esr), check ? 0x26 : 0);
        if (check)
            cr_assert_eq(cpu->elr, RIG_CODE + 12);
        rig_free(rig);
    }
}

// --- return ----------------------------------------------------------------------------------------------------------

Test(a64_interrupt, an_illegal_return_stays_and_the_next_instruction_says_so)
{
    static const uint32_t modes[] = { 0x1 /* EL0h */, 0x2, 0x9 /* EL2h */, 0xd /* EL3h */, 0x10 /* AArch32 */, 0x13 };
    for (unsigned i = 0; i < countof(modes); i++) {
        struct rig *rig = rig_new();
        struct a64_cpu *cpu = rig->cpu;
        rig_code(rig, I_ERET);
        cpu->elr = 0x12000;
        cpu->spsr = modes[i] | A64_Z | A64_I;
        rig_run(rig, 1);
        cr_assert(cpu->illegal);
        cr_assert_eq(cpu->r[A64_PC], 0x12000);
        cr_assert_eq(a64_pstate(cpu), A64_Z | A64_I | A64_IL | 5);
        rig_run(rig, 1);
        cr_assert_eq(EC(cpu->esr), 0x0e);
        cr_assert_eq(cpu->elr, 0x12000);
        cr_assert_eq(cpu->spsr & A64_IL, A64_IL);
        cr_assert(!cpu->illegal);
        cr_assert_eq(cpu->mistakes[A64_MISTAKE_RETURN], 1);
        rig_free(rig);
    }
}

Test(a64_interrupt, sp_follows_the_level_and_spsel)
{
    struct rig *rig = rig_new();
    struct a64_cpu *cpu = rig->cpu;
    const uint32_t read_sp = 0x910003e0u; // mov x0, sp
    rig_code(rig, read_sp, 0xd50040bfu /* msr spsel, #0 */, read_sp | 1, 0xd50041bfu, read_sp | 2);
    cpu->r[A64_SP_EL0] = 0x1000;
    cpu->r[A64_SP_EL1] = 0x2000;
    rig_run(rig, 5);
    cr_assert_eq(cpu->r[0], 0x2000);
    cr_assert_eq(cpu->r[1], 0x1000);
    cr_assert_eq(cpu->r[2], 0x2000);
    rig_free(rig);
}

// --- interrupts ------------------------------------------------------------------------------------------------------

Test(a64_interrupt, fiq_comes_before_irq_and_masks_hold)
{
    struct rig *rig = rig_new();
    struct a64_cpu *cpu = rig->cpu;
    rig_code(rig, I_NOP, I_B(0));
    vcpu_signal(&rig->loop, 0, PENDING_IRQ | PENDING_FIQ);
    cr_assert(!a64_can_take(&cpu->vcpu));
    cpu->daif = A64_F;
    cr_assert(a64_can_take(&cpu->vcpu));
    cpu->daif = 0;
    cr_assert(a64_take_interrupt(&cpu->vcpu));
    cr_assert_eq(cpu->r[A64_PC], RIG_VECTORS + 0x200 + A64_VECTOR_FIQ);
    cr_assert_eq(cpu->daif, A64_DAIF);
    rig_free(rig);
}

Test(a64_interrupt, what_is_unmasked_is_taken_right_after_the_instruction)
{
    const uint32_t ways[] = { I_DAIFCLR(2), I_MSR(A64_SYSREG(3, 3, 4, 2, 1), 0), I_ERET };
    for (unsigned i = 0; i < countof(ways); i++) {
        struct rig *rig = rig_new();
        struct a64_cpu *cpu = rig->cpu;
        rig_code(rig, I_NOP, ways[i], I_MOVZ(5, 1), I_MOVZ(6, 1));
        cpu->elr = RIG_CODE + 8;
        cpu->spsr = 5;
        vcpu_signal(&rig->loop, 0, PENDING_IRQ);
        rig_run(rig, 3);
        cr_assert_eq(cpu->elr, RIG_CODE + 8, "way %u", i);
        cr_assert_eq(cpu->r[5], 0);
        cr_assert_eq(cpu->r[A64_PC] & ~UINT64_C(0xf), RIG_VECTORS + 0x200 + A64_VECTOR_IRQ);
        rig_free(rig);
    }
}

// Each exception behind another takes the time of an instruction, so that the run comes to its limit.
Test(a64_interrupt, vectors_that_fault_do_not_stop_the_clock)
{
    struct rig *rig = rig_new();
    const uint64_t nowhere[] = { RIG_RAM, RIG_VECTORS };
    for (unsigned i = 0; i < countof(nowhere); i++) {
        rig_code(rig, I_SVC);
        rig_put(rig, RIG_VECTORS + 0x200, 4, 0); // unallocated
        rig->cpu->r[A64_PC] = RIG_CODE;
        rig->cpu->vbar = nowhere[i];
        cr_assert_eq(rig_run(rig, 1000), LOOP_LIMIT);
        cr_assert_eq(rig->cpu->r[A64_PC], nowhere[i] + 0x200);
        cr_assert_eq(rig->clock.now, 1000 * (i + 1));
    }
    rig_free(rig);
}

Test(a64_interrupt, wfi_waits_and_ends_for_masked_interrupts_without_taking_them)
{
    struct rig *rig = rig_new();
    struct a64_cpu *cpu = rig->cpu;
    rig_code(rig, I_WFI, I_MOVZ(5, 1), I_B(0));
    cr_assert_eq(rig_run(rig, 10), LOOP_DEADLOCK);
    cr_assert_eq(cpu->vcpu.state, VCPU_HALTED);
    cr_assert_eq(cpu->r[A64_PC], RIG_CODE + 4);
    vcpu_signal(&rig->loop, 0, PENDING_IRQ);
    cr_assert_eq(rig_run(rig, 2), LOOP_LIMIT);
    cr_assert_eq(cpu->r[5], 1);
    cr_assert_eq(cpu->elr, 0);
    rig_free(rig);
}

Test(a64_interrupt, wfe_consumes_an_event_and_waits_for_the_next)
{
    struct rig *rig = rig_new();
    struct a64_cpu *cpu = rig->cpu;
    rig_code(rig, I_SEVL, I_WFE, I_MOVZ(5, 1), I_WFE, I_MOVZ(6, 1));
    cr_assert_eq(rig_run(rig, 10), LOOP_DEADLOCK);
    cr_assert_eq(cpu->r[5], 1);
    cr_assert_eq(cpu->r[6], 0);
    // A masked interrupt does not end it.
    vcpu_signal(&rig->loop, 0, PENDING_IRQ);
    cr_assert_eq(rig_run(rig, 10), LOOP_DEADLOCK);
    rig_free(rig);
}

Test(a64_interrupt, sev_wakes_the_others)
{
    struct rig *rig = rig_new_many(2);
    rig_code(rig, I_WFE, I_MOVZ(5, 1), I_B(0));
    rig_code_at(rig, 0x18000, I_SEV, I_B(0));
    cr_assert_eq(rig_run(rig, 10), LOOP_DEADLOCK);
    a64_start(rig->cpus[1], 0x18000, 7);
    rig_run(rig, 10);
    cr_assert_eq(rig->cpu->r[5], 1);
    rig_free(rig);
}
