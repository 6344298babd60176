// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Breakpoints and watchpoints of EL1 and EL0, and the registers of self-hosted debug (Arm ARM chapter D2).
#include <criterion/criterion.h>

#include "rig.h"
#include "vcpu/aarch64/system/debug.h"

#define MDSCR     A64_SYSREG(2, 0, 0, 2, 2)
#define OSLAR     A64_SYSREG(2, 0, 1, 0, 4)
#define OSLSR     A64_SYSREG(2, 0, 1, 1, 4)
#define OSDLR     A64_SYSREG(2, 0, 1, 3, 4)
#define DBGBVR(n) (A64_SYSREG(2, 0, 0, 0, 4) + 8u * (n))
#define DBGBCR(n) (A64_SYSREG(2, 0, 0, 0, 5) + 8u * (n))
#define DBGWVR(n) (A64_SYSREG(2, 0, 0, 0, 6) + 8u * (n))
#define DBGWCR(n) (A64_SYSREG(2, 0, 0, 0, 7) + 8u * (n))

#define SYNDROME(class) ((uint32_t)(class) << 26 | BIT32(25) | 0x22)
#define WNR             BIT32(6)
#define CM              BIT32(8)

// DBGBCR<n>_EL1 and DBGWCR<n>_EL1.
#define E       1u
#define EL1     (1u << 1)
#define EL0     (2u << 1)
#define LOADS   (1u << 3)
#define STORES  (2u << 3)
#define BAS(m)  ((uint32_t)(m) << 5)
#define HMC     (1u << 13)
#define SSC(n)  ((n) << 14)
#define LBN(n)  ((n) << 16)
#define BT(n)   ((n) << 20)
#define WT      (1u << 20)
#define MASK(n) ((n) << 24)
#define WHOLE   (E | EL1 | EL0 | BAS(0xff)) // a doubleword, at both levels

static void put(struct a64_cpu *cpu, unsigned encoding, uint64_t value)
{
    cr_assert(a64_sysreg_find(encoding)->write(cpu, encoding, value));
}

// A CPU at `el` whose debug exceptions are enabled.
static struct rig *debugged(unsigned el)
{
    struct rig *rig = rig_new();
    rig->cpu->cpacr = 3 << 20;
    rig->cpu->daif = 0;
    rig_set_el(rig->cpu, el, false);
    put(rig->cpu, OSLAR, 0);
    put(rig->cpu, MDSCR, A64_MDSCR_MDE | A64_MDSCR_KDE);
    return rig;
}

// --- breakpoints -----------------------------------------------------------------------------------------------------

Test(a64_debug, a_breakpoint_stops_before_its_instruction)
{
    for (unsigned el = 0; el < 2; el++)
        for (unsigned n = 0; n < A64_BREAKPOINTS; n++) {
            struct rig *rig = debugged(el);
            struct a64_cpu *cpu = rig->cpu;
            rig_code(rig, I_MOVZ(5, 7), I_MOVZ(6, 7), I_B(0));
            put(cpu, DBGBVR(n), RIG_CODE + 4);
            put(cpu, DBGBCR(n), E | EL1 | EL0 | BAS(0xf));
            cpu->far = 0x1234;
            rig_run(rig, 2);
            cr_expect_eq(cpu->esr, SYNDROME(0x30 + el), "%x", (unsigned)cpu->esr);
            cr_expect_eq(cpu->elr, RIG_CODE + 4);
            cr_expect_eq(cpu->far, 0x1234);
            cr_expect_eq(cpu->r[5], 7);
            cr_expect_eq(cpu->r[6], 0);
            cr_expect_eq(cpu->r[A64_PC], RIG_VECTORS + (el ? 0 : 0x400));
            rig_free(rig);
        }
}

Test(a64_debug, a_breakpoint_matches_only_in_the_states_that_are_asked_for)
{
    static const struct {
        unsigned el;
        uint32_t control;
        uint64_t mdscr, locks; // bit 0 OSLAR, bit 1 OSDLR
        uint32_t daif;
        bool hit;
    } rows[] = {
        { 0, E | EL0, 0x8000, 0, 0, true },
        { 0, E | EL0, 0x8000, 0, A64_D, true }, // PSTATE.D is for EL1
        { 0, E | EL1, 0xa000, 0, 0, false },
        { 0, EL0, 0x8000, 0, 0, false }, // DBGBCR.E
        { 0, E, 0x8000, 0, 0, false },   // PMC 0 is reserved
        { 0, E | EL0, 0, 0, 0, false },  // MDSCR.MDE
        { 0, E | EL0, 0x2000, 0, 0, false },
        { 0, E | EL0, 0x8000, 1, 0, false },
        { 0, E | EL0, 0x8000, 2, 0, false },
        { 1, E | EL1, 0xa000, 0, 0, true },
        { 1, E | EL1 | EL0, 0xa000, 0, 0, true },
        { 1, E | EL0, 0xa000, 0, 0, false },
        { 1, E | EL1, 0x8000, 0, 0, false }, // MDSCR.KDE
        { 1, E | EL1, 0xa000, 0, A64_D, false },
        { 1, E | EL1, 0xa000, 1, 0, false },
        { 1, E | EL1, 0xa000, 2, 0, false },
        { 1, E | EL1 | HMC, 0xa000, 0, 0, false }, // reserved without EL2 and EL3
        { 1, E | EL1 | SSC(1u), 0xa000, 0, 0, false },
        { 1, E | EL1 | SSC(2u), 0xa000, 0, 0, false },
        { 1, E | EL1 | BT(2u), 0xa000, 0, 0, false }, // number 0 has no context matching
        { 1, E | EL1 | BT(4u), 0xa000, 0, 0, false }, // for AArch32
        { 1, E | EL1 | BT(8u), 0xa000, 0, 0, false }, // for EL2
    };
    for (unsigned i = 0; i < countof(rows); i++) {
        struct rig *rig = debugged(rows[i].el);
        struct a64_cpu *cpu = rig->cpu;
        rig_code(rig, I_NOP, I_B(0));
        put(cpu, DBGBVR(0), RIG_CODE + 4);
        put(cpu, DBGBCR(0), rows[i].control);
        put(cpu, MDSCR, rows[i].mdscr);
        put(cpu, OSLAR, rows[i].locks & 1);
        put(cpu, OSDLR, rows[i].locks >> 1);
        cpu->daif = rows[i].daif;
        a64_debug_mask_changed(cpu);
        rig_run(rig, 3);
        cr_expect_eq(cpu->esr != 0, rows[i].hit, "row %u: %x", i, (unsigned)cpu->esr);
        rig_free(rig);
    }
}

Test(a64_debug, a_context_breakpoint_matches_alone_or_narrows_another)
{
    static const struct {
        unsigned n;
        uint32_t control, context, linked; // DBGBCR<n>, CONTEXTIDR_EL1, DBGBCR5
        bool hit;
    } rows[] = {
        { 4, E | EL1 | BT(2u), 77, 0, true },
        { 5, E | EL1 | BT(2u), 77, E | EL1 | BT(2u), true },
        { 4, E | EL1 | BT(2u), 78, 0, false },
        { 4, E | EL1 | BT(3u), 77, 0, false }, // never used by itself
        { 0, E | EL1 | BT(1u) | LBN(5u), 77, E | BT(3u), true },
        { 0, E | EL1 | BT(1u) | LBN(5u), 78, E | BT(3u), false },
        { 0, E | EL1 | BT(1u) | LBN(5u), 77, BT(3u), false },
        { 0, E | EL1 | BT(1u) | LBN(5u), 77, E | EL1 | BT(2u), true }, // by number 5 itself, which is not linked
        { 0, E | EL1 | BT(1u) | LBN(5u), 78, E | EL1 | BT(2u), false },
        { 0, E | EL1 | BT(1u) | LBN(3u), 77, 0, false }, // number 3 has no context matching
        { 0, E | EL1 | BT(1u) | LBN(15u), 77, 0, false },
    };
    for (unsigned i = 0; i < countof(rows); i++) {
        struct rig *rig = debugged(1);
        struct a64_cpu *cpu = rig->cpu;
        rig_code(rig, I_NOP, I_B(0));
        put(cpu, DBGBVR(5), UINT64_C(0xffffffff00000000) | 77); // the upper half is not compared
        put(cpu, DBGBCR(5), rows[i].linked);
        put(cpu, DBGBVR(rows[i].n), rows[i].n >= 4 ? 77 : RIG_CODE + 4);
        put(cpu, DBGBCR(rows[i].n), rows[i].control);
        cpu->contextidr = rows[i].context;
        rig_run(rig, 3);
        cr_expect_eq(cpu->esr != 0, rows[i].hit, "row %u: %x", i, (unsigned)cpu->esr);
        rig_free(rig);
    }
}

// A loop that is translated and linked before there is a breakpoint, while there is one, and afterwards.
Test(a64_debug, code_that_was_translated_before_stops_too_and_goes_on_afterwards)
{
    for (unsigned el = 0; el < 2; el++) {
        struct rig *rig = debugged(el);
        struct a64_cpu *cpu = rig->cpu;
        rig_code(rig, I_ADD(5, 5, 1), I_B(1), I_ADD(6, 6, 1), I_B(-3));
        rig_run(rig, 400);
        cr_assert_eq(cpu->r[5], 100);
        put(cpu, DBGBVR(3), RIG_CODE + 8);
        put(cpu, DBGBCR(3), E | EL1 | EL0);
        rig_run(rig, 10);
        cr_assert_eq(cpu->esr, SYNDROME(0x30 + el));
        cr_assert_eq(cpu->elr, RIG_CODE + 8);
        cr_assert_eq(cpu->r[5], 101);
        cr_assert_eq(cpu->r[6], 100);
        put(cpu, DBGBCR(3), 0);
        cpu->r[A64_PC] = RIG_CODE + 8;
        rig_set_el(cpu, el, false);
        rig_run(rig, 400);
        cr_assert_eq(cpu->r[6], 200);
        rig_free(rig);
    }
}

// A debugger: disables the breakpoint, steps over the instruction, and enables it again.
Test(a64_debug, a_program_enables_its_own_breakpoints_and_its_handler_passes_them)
{
    struct rig *rig = rig_new();
    struct a64_cpu *cpu = rig->cpu;
    rig_code(rig, I_MSR(OSLAR, 31), I_MSR(DBGBVR(2), 10), I_MSR(DBGBCR(2), 11), I_MSR(MDSCR, 12), I_ISB, I_DAIFCLR(8),
             I_ADD(5, 5, 1), // the breakpoint
             I_B(-1));
    rig_code_at(rig, RIG_VECTORS + 0x200, I_MSR(DBGBCR(2), 31), I_ADD(20, 20, 1), I_ERET);
    cpu->r[10] = RIG_CODE + 24;
    cpu->r[11] = E | EL1;
    cpu->r[12] = A64_MDSCR_MDE | A64_MDSCR_KDE;
    rig_run(rig, 6 + 3 + 10);
    cr_assert_eq(cpu->r[20], 1);
    cr_assert_eq(cpu->elr, RIG_CODE + 24);
    cr_assert_eq(cpu->r[5], 5);
    rig_free(rig);
}

Test(a64_debug, a_breakpoint_comes_after_an_abort_of_the_fetch_and_before_all_else)
{
    struct rig *rig = debugged(1);
    struct a64_cpu *cpu = rig->cpu;
    put(cpu, DBGBCR(0), E | EL1);
    // An instruction that is undefined.
    put(cpu, DBGBVR(0), RIG_CODE);
    rig_code(rig, 0);
    rig_run(rig, 1);
    cr_expect_eq(cpu->esr, SYNDROME(0x31));
    // PSTATE.IL.
    cpu->daif = 0;
    cpu->illegal = true;
    rig_set_el(cpu, 1, false);
    cpu->r[A64_PC] = RIG_CODE;
    cpu->esr = 0;
    rig_run(rig, 1);
    cr_expect_eq(cpu->esr, SYNDROME(0x31));
    // An address where nothing is.
    put(cpu, DBGBVR(0), 0x7f000000);
    cpu->daif = 0;
    rig_set_el(cpu, 1, false);
    cpu->r[A64_PC] = 0x7f000000;
    rig_run(rig, 1);
    cr_expect_eq(cpu->esr >> 26, 0x21);
    rig_free(rig);
}

Test(a64_debug, a_step_onto_a_breakpoint_takes_the_breakpoint)
{
    struct rig *rig = debugged(0);
    struct a64_cpu *cpu = rig->cpu;
    rig_code(rig, I_MOVZ(5, 7));
    put(cpu, DBGBVR(0), RIG_CODE);
    put(cpu, DBGBCR(0), E | EL0);
    put(cpu, MDSCR, A64_MDSCR_MDE | A64_MDSCR_SS);
    cpu->step = true;
    rig_run(rig, 1);
    cr_expect_eq(cpu->esr, SYNDROME(0x30));
    cr_expect(cpu->spsr & A64_SS);
    cr_expect_eq(cpu->r[5], 0);
    rig_free(rig);
}

// --- watchpoints -----------------------------------------------------------------------------------------------------

#define LDRB_5    0x39400025u // ldrb w5, [x1]
#define LDP_5     0xa9401825u // ldp x5, x6, [x1]
#define STP_5     0xa9001825u
#define LDR_Q     0x3dc00020u // ldr q0, [x1]
#define STR_Q     0x3d800020u
#define LDP_Q     0xad400420u // ldp q0, q1, [x1]
#define STP_Q     0xad000420u
#define LD1       0x4c407020u // ld1 {v0.16b}, [x1]
#define ST1       0x4c007020u
#define LDTR_5    0xf8400825u
#define STTR_5    0xf8000825u
#define LDADD     0xf8250026u // ldadd x5, x6, [x1]
#define CAS       0xc8a57c26u // cas x5, x6, [x1]
#define DC_ZVA    0xd50b7421u // dc zva, x1
#define DC_IVAC   0xd5087621u
#define DC_CVAC   0xd50b7a21u
#define LDUR_5(i) (0xf8400025u | (uint32_t)((i)&0x1ff) << 12)
#define PRFM      0xf9800020u

#define DATA 0x40000u

static const struct watch_row {
    uint32_t word;
    uint64_t at, watched; // x1, DBGWVR
    uint32_t control;
    uint64_t far; // 0: no match
    uint32_t iss;
} watch_rows[] = {
    // Which bytes.
    { I_LDR(5, 1), DATA, DATA, WHOLE | LOADS, DATA, 0 },
    { I_STR(5, 1), DATA, DATA, WHOLE | STORES, DATA, WNR },
    { I_LDR(5, 1), DATA, DATA, WHOLE | STORES, 0, 0 },
    { I_STR(5, 1), DATA, DATA, WHOLE | LOADS, 0, 0 },
    { I_LDR(5, 1), DATA, DATA, WHOLE, 0, 0 }, // LSC 0 is reserved
    { I_LDR(5, 1), DATA, DATA, (WHOLE & ~E) | LOADS, 0, 0 },
    { I_LDR(5, 1), DATA, DATA, (WHOLE & ~(EL0 | EL1)) | LOADS, 0, 0 },
    { I_LDR(5, 1), DATA, DATA, WHOLE | HMC | LOADS, 0, 0 },
    { I_LDR(5, 1), DATA, DATA, WHOLE | SSC(1u) | LOADS, 0, 0 },
    { I_LDR(5, 1), DATA + 8, DATA, WHOLE | LOADS, 0, 0 },
    { I_LDR(5, 1), DATA - 8, DATA, WHOLE | LOADS, 0, 0 },
    { I_LDR(5, 1), DATA - 7, DATA, WHOLE | LOADS, DATA, 0 }, // not aligned, its last byte
    { I_LDR(5, 1), DATA + 7, DATA, WHOLE | LOADS, DATA + 7, 0 },
    { I_LDR(5, 1), DATA, DATA, E | EL0 | EL1 | BAS(0x10) | LOADS, DATA + 4, 0 },
    { I_LDR(5, 1), DATA + 5, DATA, E | EL0 | EL1 | BAS(0x10) | LOADS, 0, 0 },
    { LDRB_5, DATA + 2, DATA, E | EL0 | EL1 | BAS(0x0c) | LOADS, DATA + 2, 0 },
    { LDRB_5, DATA + 4, DATA, E | EL0 | EL1 | BAS(0x0c) | LOADS, 0, 0 },
    { LDRB_5, DATA + 1, DATA, E | EL0 | EL1 | BAS(0x0c) | LOADS, 0, 0 },
    { LDRB_5, DATA, DATA, E | EL0 | EL1 | LOADS, 0, 0 },                            // BAS 0: no byte
    { LDRB_5, DATA + 5, DATA + 4, E | EL0 | EL1 | BAS(0x02) | LOADS, DATA + 5, 0 }, // of a word
    { LDRB_5, DATA + 8, DATA + 4, E | EL0 | EL1 | BAS(0xff) | LOADS, 0, 0 },
    { I_LDR(5, 1), DATA + 0xffc, DATA + 0x1000, WHOLE | LOADS, DATA + 0x1000, 0 }, // across pages
    // A range.
    { LDRB_5, DATA, DATA, WHOLE | MASK(3u) | LOADS, DATA, 0 },
    { LDRB_5, DATA + 0x7ff, DATA, WHOLE | MASK(11u) | LOADS, DATA + 0x7ff, 0 },
    { LDRB_5, DATA + 0x800, DATA, WHOLE | MASK(11u) | LOADS, 0, 0 },
    { LDRB_5, DATA + 0x1fff, DATA, WHOLE | MASK(13u) | LOADS, DATA + 0x1fff, 0 },
    { LDRB_5, DATA, 0, WHOLE | MASK(31u) | LOADS, DATA, 0 },
    // Accesses of several parts are stopped before the first.
    { LDP_5, DATA - 8, DATA, WHOLE | LOADS, DATA, 0 },
    { STP_5, DATA - 8, DATA, WHOLE | STORES, DATA, WNR },
    { STP_5, DATA + 8, DATA, WHOLE | STORES, 0, 0 },
    { LDR_Q, DATA - 8, DATA, WHOLE | LOADS, DATA, 0 },
    { STR_Q, DATA - 8, DATA, WHOLE | STORES, DATA, WNR },
    { LDP_Q, DATA - 24, DATA, WHOLE | LOADS, DATA, 0 },
    { STP_Q, DATA - 24, DATA, WHOLE | STORES, DATA, WNR },
    { LD1, DATA - 8, DATA, WHOLE | LOADS, DATA, 0 },
    { ST1, DATA - 8, DATA, WHOLE | STORES, DATA, WNR },
    { I_LDXR(5, 1), DATA, DATA, WHOLE | LOADS, DATA, 0 },
    { LDADD, DATA, DATA, WHOLE | LOADS, DATA, 0 },
    { LDADD, DATA, DATA, WHOLE | LOADS | STORES, DATA, 0 },
    { LDADD, DATA, DATA, WHOLE | STORES, DATA, WNR },
    { CAS, DATA, DATA, WHOLE | STORES, DATA, WNR },
    // Maintenance: the address is what the instruction names.
    { DC_ZVA, DATA + 8, DATA, WHOLE | STORES, DATA + 8, WNR },
    { DC_ZVA, DATA + 8, DATA + 0x38, WHOLE | STORES, DATA + 8, WNR },
    { DC_ZVA, DATA, DATA + 0x40, WHOLE | STORES, 0, 0 },
    { DC_IVAC, DATA + 8, DATA + 0x38, WHOLE | STORES, DATA + 8, WNR | CM },
    { DC_IVAC, DATA + 8, DATA + 0x38, WHOLE | LOADS, 0, 0 },
    { DC_CVAC, DATA, DATA, WHOLE | LOADS | STORES, 0, 0 },
    { PRFM, DATA, DATA, WHOLE | LOADS, 0, 0 },
    // By privilege: LDTR and STTR are of EL0's.
    { I_LDR(5, 1), DATA, DATA, E | EL1 | BAS(0xff) | LOADS, DATA, 0 },
    { I_LDR(5, 1), DATA, DATA, E | EL0 | BAS(0xff) | LOADS, 0, 0 },
    { LDTR_5, DATA, DATA, E | EL0 | BAS(0xff) | LOADS, DATA, 0 },
    { LDTR_5, DATA, DATA, E | EL1 | BAS(0xff) | LOADS, 0, 0 },
    { STTR_5, DATA, DATA, E | EL0 | BAS(0xff) | STORES, DATA, WNR },
    // Linked to a context: number 4's is there, number 5's is another.
    { I_LDR(5, 1), DATA, DATA, WHOLE | LOADS | WT | LBN(4u), DATA, 0 },
    { I_LDR(5, 1), DATA, DATA, WHOLE | LOADS | WT | LBN(5u), 0, 0 },
    { I_LDR(5, 1), DATA, DATA, WHOLE | LOADS | WT | LBN(0u), 0, 0 },
};

static void run_watch_row(const struct watch_row *row, unsigned i, unsigned n)
{
    struct rig *rig = debugged(1);
    struct a64_cpu *cpu = rig->cpu;
    cpu->model = a64_model_find("max");
    uint8_t *before = malloc(0x4000);
    for (unsigned at = 0; at < 0x4000; at++)
        rig->ram.ram[DATA - 0x1000 + at] = (uint8_t)(at * 13 + 1);
    memcpy(before, rig->ram.ram + DATA - 0x1000, 0x4000);
    rig_code(rig, row->word, I_MOVZ(9, 1), I_B(0));
    cpu->r[1] = row->at;
    cpu->r[5] = before[0x1000] == 0 ? 1 : rig_get(rig, row->at, 8); // so that CAS writes
    cpu->contextidr = 77;
    put(cpu, DBGBVR(4), 77);
    put(cpu, DBGBCR(4), E | BT(3u));
    put(cpu, DBGBVR(5), 78);
    put(cpu, DBGBCR(5), E | BT(3u));
    put(cpu, DBGWVR(n), row->watched);
    put(cpu, DBGWCR(n), row->control);
    uint64_t r5 = cpu->r[5];
    rig_run(rig, 2);
    cr_expect_eq(cpu->esr, row->far ? SYNDROME(0x35) | row->iss : 0, "row %u: %x", i, (unsigned)cpu->esr);
    cr_expect_eq(cpu->r[9], row->far == 0, "row %u", i);
    if (row->far) {
        cr_expect_eq(cpu->far, row->far, "row %u: %llx", i, (unsigned long long)cpu->far);
        cr_expect_eq(cpu->elr, RIG_CODE, "row %u", i);
        cr_expect_eq(cpu->r[5], r5, "row %u", i);
        cr_expect_eq(cpu->r[6] | cpu->v[0].d[0] | cpu->v[1].d[0], 0, "row %u", i);
        cr_expect_arr_eq(before, rig->ram.ram + DATA - 0x1000, 0x4000, "row %u", i);
    }
    free(before);
    rig_free(rig);
}

Test(a64_debug, a_watchpoint_stops_an_access_before_anything_of_it_is_done)
{
    for (unsigned i = 0; i < countof(watch_rows); i++)
        run_watch_row(&watch_rows[i], i, i % A64_WATCHPOINTS);
}

Test(a64_debug, a_store_exclusive_is_a_store_for_watchpoints_and_no_load)
{
    for (unsigned i = 0; i < 2; i++) {
        struct rig *rig = debugged(1);
        struct a64_cpu *cpu = rig->cpu;
        rig_code(rig, I_LDXR(5, 1), I_STXR(6, 7, 1), I_B(0));
        cpu->r[1] = DATA;
        cpu->r[6] = 9;
        cpu->r[7] = 42;
        rig_run(rig, 1);
        put(cpu, DBGWVR(0), DATA);
        put(cpu, DBGWCR(0), WHOLE | (i ? STORES : LOADS));
        rig_run(rig, 1);
        cr_expect_eq(cpu->esr, i ? SYNDROME(0x35) | WNR : 0);
        cr_expect_eq(cpu->r[6], i ? 9 : 0);
        cr_expect_eq(rig_get(rig, DATA, 8), i ? 0 : 42);
        rig_free(rig);
    }
}

Test(a64_debug, a_watchpoint_of_el0_is_taken_to_el1_and_leaves_el1_alone)
{
    struct rig *rig = debugged(0);
    struct a64_cpu *cpu = rig->cpu;
    put(cpu, MDSCR, A64_MDSCR_MDE); // as a kernel has it for ptrace
    put(cpu, DBGWVR(1), DATA);
    put(cpu, DBGWCR(1), E | EL0 | BAS(0xff) | STORES);
    rig_code(rig, I_LDR(5, 1), I_STR(5, 2), I_STR(5, 1), I_B(0));
    rig_code_at(rig, RIG_VECTORS + 0x400, I_STR(31, 1), I_LDR(8, 1), I_B(0));
    cpu->r[1] = DATA;
    cpu->r[2] = DATA + 8;
    rig_run(rig, 6);
    cr_assert_eq(cpu->esr, SYNDROME(0x34) | WNR);
    cr_assert_eq(cpu->far, DATA);
    cr_assert_eq(cpu->elr, RIG_CODE + 8);
    cr_assert_eq(cpu->el, 1);
    cr_assert_eq(cpu->r[A64_PC], RIG_VECTORS + 0x408);
    rig_free(rig);
}

Test(a64_debug, pstate_d_and_the_locks_mask_watchpoints)
{
    static const struct {
        uint64_t mdscr, oslar, osdlr;
        uint32_t daif;
        bool hit;
    } rows[] = {
        { 0xa000, 0, 0, 0, true },  { 0xa000, 0, 0, A64_D, false }, { 0x8000, 0, 0, 0, false },
        { 0x2000, 0, 0, 0, false }, { 0xa000, 1, 0, 0, false },     { 0xa000, 0, 1, 0, false },
    };
    for (unsigned i = 0; i < countof(rows); i++) {
        struct rig *rig = debugged(1);
        struct a64_cpu *cpu = rig->cpu;
        rig_code(rig, I_LDR(5, 1), I_B(0));
        cpu->r[1] = DATA;
        put(cpu, DBGWVR(0), DATA);
        put(cpu, DBGWCR(0), WHOLE | LOADS);
        put(cpu, MDSCR, rows[i].mdscr);
        put(cpu, OSLAR, rows[i].oslar);
        put(cpu, OSDLR, rows[i].osdlr);
        cpu->daif = rows[i].daif;
        a64_debug_mask_changed(cpu);
        rig_run(rig, 2);
        cr_expect_eq(cpu->esr != 0, rows[i].hit, "row %u", i);
        rig_free(rig);
    }
}

Test(a64_debug, aborts_come_before_watchpoints)
{
    struct rig *rig = debugged(1);
    struct a64_cpu *cpu = rig_translate(rig);
    cpu->model = a64_model_find("max");
    rig_page(rig, 0, 0x200000 | RIG_PAGE | RIG_AF | RIG_READONLY);
    put(cpu, DBGWVR(0), 0x200000);
    put(cpu, DBGWCR(0), WHOLE | LOADS | STORES);
    static const struct {
        uint32_t word;
        uint64_t at;
        unsigned class;
    } rows[] = {
        { I_LDR(5, 1), 0x200000, 0x35 }, { I_STR(5, 1), 0x200000, 0x25 },  { LDADD, 0x200000, 0x25 },
        { LDADD, 0x200001, 0x25 },       { DC_ZVA, 0x200000, 0x25 },       { LDUR_5(-4), 0x200000, 0x25 },
        { I_LDR(5, 1), 0x1ffffc, 0x35 }, { I_LDXR(5, 1), 0x200001, 0x25 },
    };
    for (unsigned i = 0; i < countof(rows); i++) {
        if (rows[i].word == LDUR_5(-4))
            rig_page(rig, 0, 0), a64_flush(cpu); // the second page of the access is not mapped
        if (rows[i].word == I_LDR(5, 1) && rows[i].at == 0x1ffffc)
            rig_page(rig, 0, 0x200000 | RIG_PAGE | RIG_AF | RIG_READONLY), a64_flush(cpu);
        rig_code(rig, rows[i].word);
        cpu->r[1] = rows[i].at;
        cpu->r[A64_PC] = RIG_CODE;
        cpu->daif = 0;
        cpu->esr = 0;
        rig_set_el(cpu, 1, false);
        rig_run(rig, 1);
        cr_expect_eq(cpu->esr >> 26, rows[i].class, "row %u: %x", i, (unsigned)cpu->esr);
    }
    rig_free(rig);
}

Test(a64_debug, a_tag_is_no_part_of_what_is_compared)
{
    struct rig *rig = debugged(1);
    struct a64_cpu *cpu = rig->cpu;
    put(cpu, A64_SYSREG(3, 0, 2, 0, 2), UINT64_C(1) << 37); // TBI0
    rig_code(rig, I_LDR(5, 1));
    cpu->r[1] = UINT64_C(0x5a00000000000000) | DATA;
    put(cpu, DBGWVR(0), DATA);
    put(cpu, DBGWCR(0), WHOLE | LOADS);
    rig_run(rig, 1);
    cr_assert_eq(cpu->esr, SYNDROME(0x35));
    cr_assert_eq(cpu->far, cpu->r[1]); // it is in FAR_EL1
    rig_free(rig);
}

Test(a64_debug, memory_that_was_accessed_before_is_watched_from_the_write_to_the_register_on)
{
    struct rig *rig = debugged(1);
    struct a64_cpu *cpu = rig->cpu;
    rig_code(rig, I_LDR(5, 1), I_MSR(DBGWCR(0), 10), I_LDR(6, 1), I_MSR(DBGWCR(0), 31), I_LDR(7, 1), I_B(0));
    rig_code_at(rig, RIG_VECTORS, I_ADD(20, 20, 1), I_MSR(DBGWCR(0), 31), I_ERET);
    cpu->r[1] = DATA;
    cpu->r[10] = WHOLE | LOADS;
    put(cpu, DBGWVR(0), DATA);
    rig_run(rig, 3 + 3 + 4);
    cr_assert_eq(cpu->r[20], 1);
    cr_assert_eq(cpu->far, DATA);
    cr_assert_eq(cpu->elr, RIG_CODE + 8);
    rig_free(rig);
}

// --- registers -------------------------------------------------------------------------------------------------------

static uint64_t get(struct rig *rig, unsigned encoding)
{
    rig_code(rig, I_MRS(0, encoding));
    rig->cpu->r[A64_PC] = RIG_CODE;
    rig_run(rig, 1);
    return rig->cpu->r[0];
}

Test(a64_debug, the_registers_keep_what_the_architecture_gives_them)
{
    struct rig *rig = rig_new();
    struct a64_cpu *cpu = rig->cpu;
    for (unsigned n = 0; n < A64_BREAKPOINTS; n++) {
        bool context = n >= A64_BREAKPOINTS - A64_CONTEXT_BREAKPOINTS;
        cr_expect_eq(get(rig, DBGBCR(n)), 0x1e0); // BAS is RES1 without AArch32
        put(cpu, DBGBVR(n), UINT64_MAX);
        put(cpu, DBGBCR(n), UINT64_MAX);
        cr_expect_eq(get(rig, DBGBVR(n)), context ? UINT64_MAX : UINT64_MAX - 3);
        cr_expect_eq(get(rig, DBGBCR(n)), 0xffe1e7);
        put(cpu, DBGBCR(n), 0);
    }
    for (unsigned n = 0; n < A64_WATCHPOINTS; n++) {
        put(cpu, DBGWVR(n), UINT64_MAX);
        put(cpu, DBGWCR(n), UINT64_MAX);
        cr_expect_eq(get(rig, DBGWVR(n)), UINT64_MAX - 3);
        cr_expect_eq(get(rig, DBGWCR(n)), 0x1f1fffff);
        put(cpu, DBGWCR(n), 0);
    }
    cr_expect_null(a64_sysreg_find(DBGBVR(A64_BREAKPOINTS)));
    cr_expect_null(a64_sysreg_find(DBGWCR(A64_WATCHPOINTS)));
    cr_expect_eq(get(rig, OSLSR), 0xa); // locked at reset
    put(cpu, MDSCR, UINT64_MAX);
    cr_expect_eq(get(rig, MDSCR), 0x6ce0f041);
    put(cpu, OSLAR, 0);
    cr_expect_eq(get(rig, OSLSR), 8);
    put(cpu, MDSCR, 0);
    cr_expect_eq(get(rig, MDSCR), 0x6ce04040); // what an external debugger has is read-only
    put(cpu, OSLAR, 1);
    put(cpu, MDSCR, 0);
    cr_expect_eq(get(rig, MDSCR), 0);
    rig_free(rig);
}

Test(a64_debug, tdcc_keeps_el0_from_the_communications_channel)
{
    static const unsigned registers[] = { A64_SYSREG(2, 3, 0, 1, 0), A64_SYSREG(2, 3, 0, 4, 0),
                                          A64_SYSREG(2, 3, 0, 5, 0) };
    for (unsigned i = 0; i < countof(registers); i++)
        for (unsigned write = 0; write < 2; write++)
            for (unsigned tdcc = 0; tdcc < 2; tdcc++)
                for (unsigned el = 0; el < 2; el++) {
                    if (write && i == 0)
                        continue;
                    struct rig *rig = debugged(el);
                    put(rig->cpu, MDSCR, tdcc ? A64_MDSCR_TDCC : 0);
                    rig_code(rig, write ? I_MSR(registers[i], 3) : I_MRS(3, registers[i]));
                    rig_run(rig, 1);
                    cr_expect_eq(rig->cpu->esr, tdcc && !el ? a64_trap_syndrome(registers[i], 3, !write) : 0);
                    rig_free(rig);
                }
}

Test(a64_debug, breakpoints_and_watchpoints_survive_a_save_and_a_load)
{
    struct rig *rig = debugged(1), *other = rig_new();
    rig_code(rig, I_LDR(5, 1), I_NOP, I_B(0));
    rig_code(other, I_LDR(5, 1), I_NOP, I_B(0));
    rig->cpu->r[1] = DATA;
    put(rig->cpu, DBGBVR(0), RIG_CODE + 4);
    put(rig->cpu, DBGBCR(0), E | EL1);
    put(rig->cpu, DBGWVR(0), DATA);
    put(rig->cpu, DBGWCR(0), WHOLE | LOADS);
    for (unsigned i = 0; i < 2; i++) {
        struct visit_save save;
        struct visit_load load;
        visit_save_init(&save);
        a64_cpu_visit(rig->cpu, &save.visit);
        visit_load_init(&load, save.data, save.size);
        a64_cpu_visit(other->cpu, &load.visit);
        a64_cpu_loaded(other->cpu);
        free(save.data);
        rig_run(other, 2);
        cr_expect_eq(other->cpu->esr, SYNDROME(i ? 0x31 : 0x35), "%x", (unsigned)other->cpu->esr);
        put(rig->cpu, DBGWCR(0), 0);
    }
    rig_free(rig);
    rig_free(other);
}
