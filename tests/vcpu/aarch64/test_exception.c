// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Every class of synchronous exception: ESR_EL1, FAR_EL1, ELR_EL1 and SPSR_EL1 to the bit (Arm ARM sections D1.3 and
// D17.2.37), and nothing else changed. FAR_EL1 keeps what it had where the class does not write it.
#include <criterion/criterion.h>

#include "rig.h"

#define PAGE(n) (UINT64_C(0x200000) + (n)*0x1000)
#define IL      BIT32(25)
#define EC(ec)  (UINT32_C(ec) << 26 | IL)
#define WNR     BIT32(6)
#define CM      BIT32(8)
#define NOWHERE UINT64_C(0x7f000000) // where the machine has nothing
#define OLD_FAR UINT64_C(0x1111222233334444)

// ISS of a trapped MSR, MRS or system instruction.
#define ISS_SYSTEM(op0, op1, crn, crm, op2, rt, read)                                                                  \
    ((op0) << 20 | (op2) << 17 | (op1) << 14 | (crn) << 10 | (rt) << 5 | (crm) << 1 | (read))

// Pages that fail in every way, for both privileges or one of them.
static struct rig *rig_with_pages(void)
{
    struct rig *rig = rig_new();
    rig_translate(rig);
    rig_page(rig, 1, 0x300000 | RIG_PAGE | RIG_AF | RIG_USER);
    rig_page(rig, 2, 0x301000 | RIG_PAGE | RIG_USER);
    rig_page(rig, 3, 0x302000 | RIG_PAGE | RIG_AF | RIG_USER | RIG_READONLY);
    rig_page(rig, 4, 0x303000 | RIG_PAGE | RIG_AF);
    rig_page(rig, 6, NOWHERE | RIG_PAGE | RIG_AF | RIG_USER);
    rig_page(rig, 7, 0x304000 | RIG_PAGE | RIG_AF | RIG_USER | RIG_PXN | RIG_UXN);
    rig_page(rig, 8, BIT64(41) | RIG_PAGE | RIG_AF | RIG_USER);
    rig_put(rig, RIG_TABLES + 16, 8, NOWHERE | RIG_PAGE); // 0x80000000: a table that is not in RAM
    rig->cpu->far = OLD_FAR;
    return rig;
}

static void at(struct rig *rig, unsigned el, uint32_t word)
{
    rig_code(rig, I_NOP, word);
    rig_set_el(rig->cpu, el, el);
    rig->cpu->daif = A64_A;
    a64_set_nzcv(rig->cpu, A64_Z | A64_V);
    rig->cpu->r[A64_PC] = RIG_CODE;
}

#define expect_exception(rig, what, row, from, expected_esr, expected_far, expected_elr)                               \
    do {                                                                                                               \
        const struct a64_cpu *got = (rig)->cpu;                                                                        \
        cr_expect_eq(got->esr, (expected_esr), "%s %u at EL%u: ESR %llx, not %llx", what, row, from,                   \
                     (unsigned long long)got->esr, (unsigned long long)(expected_esr));                                \
        cr_expect_eq(got->far, (expected_far), "%s %u at EL%u: FAR %llx", what, row, from,                             \
                     (unsigned long long)got->far);                                                                    \
        cr_expect_eq(got->elr, (expected_elr), "%s %u at EL%u: ELR %llx", what, row, from,                             \
                     (unsigned long long)got->elr);                                                                    \
        cr_expect_eq(got->spsr, A64_Z | A64_V | A64_A | ((from) ? 5u : 0u), "%s %u: SPSR", what, row);                 \
        cr_expect_eq(a64_pstate(got), A64_Z | A64_V | A64_DAIF | 5u, "%s %u: PSTATE", what, row);                      \
        cr_expect_eq(got->r[A64_PC], RIG_VECTORS + ((from) ? 0x200u : 0x400u), "%s %u: PC", what, row);                \
    } while (0)

// --- instructions that are an exception ------------------------------------------------------------------------------

Test(a64_exception, instructions_that_raise_one_say_which)
{
    static const struct {
        uint32_t word;
        uint32_t esr[2]; // from EL0 and EL1
        unsigned elr;    // from the code's start
    } rows[] = {
        { 0x00000000, { IL, IL }, 4 },                               // UDF #0
        { 0x0000ffff, { IL, IL }, 4 },                               // UDF #65535
        { 0xffffffff, { IL, IL }, 4 },                               // nothing
        { 0xd4000001, { EC(0x15), EC(0x15) }, 8 },                   // SVC #0
        { 0xd41fffe1, { EC(0x15) | 0xffff, EC(0x15) | 0xffff }, 8 }, // SVC #65535
        { 0xd4200000, { EC(0x3c), EC(0x3c) }, 4 },                   // BRK #0
        { 0xd43fffe0, { EC(0x3c) | 0xffff, EC(0x3c) | 0xffff }, 4 }, // BRK #65535
        { 0xd4400000, { IL, IL }, 4 },                               // HLT, without halting debug
        { 0xd4a00001, { IL, IL }, 4 },                               // DCPS1 outside debug state
        { 0xd6bf03e0, { IL, IL }, 4 },                               // DRPS
        { I_MRS(2, A64_SYSREG(3, 4, 1, 0, 0)), { IL, IL }, 4 },      // SCTLR_EL2
        { I_MSR(A64_SYSREG(3, 6, 1, 1, 0), 2), { IL, IL }, 4 },      // SCR_EL3
        { I_MRS(2, A64_SYSREG(3, 0, 15, 0, 0)), { IL, IL }, 4 },     // implementation defined
        { I_MSR(A64_SYSREG(3, 0, 0, 0, 0), 2), { IL, IL }, 4 },      // MIDR_EL1 cannot be written
        { 0xd50e8300, { IL, IL }, 4 },                               // TLBI ALLE3IS
        { 0xd50c8700, { IL, IL }, 4 },                               // TLBI ALLE2
        { 0xd5088480, { IL, IL }, 4 },                               // TLBI without a meaning
        { 0xd5087880 | 1 << 5, { IL, IL }, 4 },                      // AT without a meaning
        { 0xd503309f & ~0x80u, { IL, IL }, 4 },                      // a barrier without a meaning
        { 0x1ee22820, { IL, IL }, 4 },                               // FADD H: not even as FP
    };
    for (unsigned i = 0; i < countof(rows); i++)
        for (unsigned el = 0; el < 2; el++) {
            struct rig *rig = rig_with_pages();
            at(rig, el, rows[i].word);
            rig_run(rig, 2);
            expect_exception(rig, "row", i, el, rows[i].esr[el], OLD_FAR, RIG_CODE + rows[i].elr);
            rig_free(rig);
        }
}

// At EL0 these are undefined without a trap.
Test(a64_exception, what_belongs_to_el1_is_undefined_at_el0)
{
    static const uint32_t words[] = {
        I_ERET,
        I_HVC,
        I_SMC,
        0xd50040bf,                            // MSR SPSel, #0
        I_MRS(2, A64_SYSREG(3, 0, 0, 0, 0)),   // MIDR_EL1
        I_MRS(2, A64_SYSREG(3, 0, 0, 4, 0)),   // ID_AA64PFR0_EL1
        I_MRS(2, A64_SYSREG(3, 0, 1, 0, 0)),   // SCTLR_EL1
        I_MSR(A64_SYSREG(3, 0, 12, 0, 0), 2),  // VBAR_EL1
        I_MRS(2, A64_SYSREG(3, 0, 4, 2, 2)),   // CurrentEL
        I_MSR(A64_SYSREG(3, 3, 13, 0, 3), 2),  // TPIDRRO_EL0 is for reading
        I_MSR(A64_SYSREG(3, 3, 14, 0, 0), 2),  // CNTFRQ_EL0
        I_MRS(2, A64_SYSREG(3, 0, 12, 12, 0)), // ICC_IAR1_EL1
        0xd5087620,                            // DC IVAC
        0xd5087640,                            // DC ISW
        0xd508751f,                            // IC IALLU
        0xd508711f,                            // IC IALLUIS
        0xd508871f,                            // TLBI VMALLE1
        0xd5088320,                            // TLBI VAE1IS
        0xd5087800,                            // AT S1E1R
    };
    for (unsigned i = 0; i < countof(words); i++) {
        struct rig *rig = rig_with_pages();
        at(rig, 0, words[i]);
        rig_run(rig, 2);
        expect_exception(rig, "word", i, 0u, IL, OLD_FAR, RIG_CODE + 4);
        rig_free(rig);
    }
}

// --- traps -----------------------------------------------------------------------------------------------------------

Test(a64_exception, each_trap_of_el0_has_its_bit_and_its_syndrome)
{
    static const struct {
        uint32_t word, esr;
        uint64_t sctlr, cntkctl; // what lifts it
    } rows[] = {
        { 0xd53b0022, EC(0x18) | ISS_SYSTEM(3, 3, 0, 0, 1, 2, 1), A64_SCTLR_UCT, 0 },  // MRS X2, CTR_EL0
        { 0xd50b7425, EC(0x18) | ISS_SYSTEM(1, 3, 7, 4, 1, 5, 0), A64_SCTLR_DZE, 0 },  // DC ZVA, X5
        { 0xd50b7a25, EC(0x18) | ISS_SYSTEM(1, 3, 7, 10, 1, 5, 0), A64_SCTLR_UCI, 0 }, // DC CVAC, X5
        { 0xd50b7b25, EC(0x18) | ISS_SYSTEM(1, 3, 7, 11, 1, 5, 0), A64_SCTLR_UCI, 0 }, // DC CVAU, X5
        { 0xd50b7e25, EC(0x18) | ISS_SYSTEM(1, 3, 7, 14, 1, 5, 0), A64_SCTLR_UCI, 0 }, // DC CIVAC, X5
        { 0xd50b7525, EC(0x18) | ISS_SYSTEM(1, 3, 7, 5, 1, 5, 0), A64_SCTLR_UCI, 0 },  // IC IVAU, X5
        { 0xd53b4222, EC(0x18) | ISS_SYSTEM(3, 3, 4, 2, 1, 2, 1), A64_SCTLR_UMA, 0 },  // MRS X2, DAIF
        { 0xd51b4222, EC(0x18) | ISS_SYSTEM(3, 3, 4, 2, 1, 2, 0), A64_SCTLR_UMA, 0 },  // MSR DAIF, X2
        { I_DAIFSET(5), EC(0x18) | ISS_SYSTEM(0, 3, 4, 5, 6, 31, 0), A64_SCTLR_UMA, 0 },
        { I_DAIFCLR(9), EC(0x18) | ISS_SYSTEM(0, 3, 4, 9, 7, 31, 0), A64_SCTLR_UMA, 0 },
        { I_WFI, EC(0x01) | 0x1e00000, A64_SCTLR_NTWI, 0 },
        { I_WFE, EC(0x01) | 0x1e00001, A64_SCTLR_NTWE, 0 },
        { 0xd53be002, EC(0x18) | ISS_SYSTEM(3, 3, 14, 0, 0, 2, 1), 0, BIT32(0) }, // MRS X2, CNTFRQ_EL0
        { 0xd53be002, EC(0x18) | ISS_SYSTEM(3, 3, 14, 0, 0, 2, 1), 0, BIT32(1) },
        { 0xd53be022, EC(0x18) | ISS_SYSTEM(3, 3, 14, 0, 1, 2, 1), 0, BIT32(0) },  // CNTPCT_EL0
        { 0xd53be042, EC(0x18) | ISS_SYSTEM(3, 3, 14, 0, 2, 2, 1), 0, BIT32(1) },  // CNTVCT_EL0
        { 0xd53be202, EC(0x18) | ISS_SYSTEM(3, 3, 14, 2, 0, 2, 1), 0, BIT32(9) },  // CNTP_TVAL_EL0
        { 0xd51be222, EC(0x18) | ISS_SYSTEM(3, 3, 14, 2, 1, 2, 0), 0, BIT32(9) },  // MSR CNTP_CTL_EL0
        { 0xd51be242, EC(0x18) | ISS_SYSTEM(3, 3, 14, 2, 2, 2, 0), 0, BIT32(9) },  // MSR CNTP_CVAL_EL0
        { 0xd51be302, EC(0x18) | ISS_SYSTEM(3, 3, 14, 3, 0, 2, 0), 0, BIT32(8) },  // MSR CNTV_TVAL_EL0
        { 0xd53be322, EC(0x18) | ISS_SYSTEM(3, 3, 14, 3, 1, 2, 1), 0, BIT32(8) },  // CNTV_CTL_EL0
        { 0xd53be342, EC(0x18) | ISS_SYSTEM(3, 3, 14, 3, 2, 2, 1), 0, BIT32(8) },  // CNTV_CVAL_EL0
        { 0xd53be35f, EC(0x18) | ISS_SYSTEM(3, 3, 14, 3, 2, 31, 1), 0, BIT32(8) }, // the same into XZR
    };
    const uint64_t sctlr =
        A64_SCTLR_UCT | A64_SCTLR_DZE | A64_SCTLR_UCI | A64_SCTLR_UMA | A64_SCTLR_NTWI | A64_SCTLR_NTWE;
    for (unsigned i = 0; i < countof(rows); i++)
        for (unsigned lifted = 0; lifted < 2; lifted++) {
            struct rig *rig = rig_with_pages();
            struct a64_cpu *cpu = rig->cpu;
            // Everything is allowed but what the row is about, or nothing but that.
            cpu->sctlr &= ~sctlr;
            cpu->sctlr |= lifted ? rows[i].sctlr : sctlr & ~rows[i].sctlr;
            cpu->cntkctl = lifted ? rows[i].cntkctl : 0x303 & ~rows[i].cntkctl;
            if (rows[i].word == 0xd53be002)
                cpu->cntkctl = lifted ? rows[i].cntkctl : 0x300; // either bit lifts it
            cpu->r[5] = PAGE(1);
            at(rig, 0, rows[i].word);
            rig_run(rig, 2);
            if (!lifted)
                expect_exception(rig, "row", i, 0u, rows[i].esr, OLD_FAR, RIG_CODE + 4);
            else
                cr_expect(cpu->esr == 0 && cpu->el == 0, "row %u: ESR %x", i, (unsigned)cpu->esr);
            rig_free(rig);
        }
}

Test(a64_exception, el1_is_not_trapped)
{
    static const uint32_t words[] = { 0xd53b0022, 0xd50b7425, 0xd50b7b25, 0xd53b4222, I_DAIFSET(5),
                                      I_WFE,      0xd53be002, 0xd53be042, 0xd51be342, 0xd53be222 };
    for (unsigned i = 0; i < countof(words); i++) {
        struct rig *rig = rig_with_pages();
        rig->cpu->r[5] = PAGE(1);
        rig->cpu->event = true; // so that WFE does not wait
        at(rig, 1, words[i]);
        rig_run(rig, 2);
        cr_expect_eq(rig->cpu->esr, 0, "word %u", i);
        rig_free(rig);
    }
}

Test(a64_exception, floating_point_traps_as_cpacr_says)
{
    static const uint32_t words[] = {
        0x1e204000, // FMOV S0, S0
        0x4e201c00, // AND V0.16B, V0.16B, V0.16B
        0x3dc00000, // LDR Q0, [X0]
        0xbd000000, // STR S0, [X0]
        0x6d400400, // LDP D0, D1, [X0]
        0x4c402000, // LD1 {V0.16B-V3.16B}, [X0]
        0x1c000000, // LDR S0, .
        0x9e660000, // FMOV X0, D0
        0xd53b4400, // MRS X0, FPCR
        0xd51b4420, // MSR FPSR, X0
    };
    for (unsigned i = 0; i < countof(words); i++)
        for (unsigned fpen = 0; fpen < 4; fpen++)
            for (unsigned el = 0; el < 2; el++) {
                struct rig *rig = rig_with_pages();
                rig->cpu->cpacr = (uint64_t)fpen << 20;
                rig->cpu->sctlr &= ~(uint64_t)A64_SCTLR_M; // EL0 reads its code
                rig->cpu->r[0] = 0x40000;
                at(rig, el, words[i]);
                rig_run(rig, 2);
                if (fpen == 3 || (fpen == 1 && el == 1))
                    cr_expect_eq(rig->cpu->esr, 0, "word %u, FPEN %u", i, fpen);
                else
                    expect_exception(rig, "word", i, el, EC(0x07) | 0x1e00000, OLD_FAR, RIG_CODE + 4);
                rig_free(rig);
            }
}

// --- aborts ----------------------------------------------------------------------------------------------------------

// Status of an access to each kind of address: read and write from EL0, read and write from EL1; 0: it succeeds.
static const struct {
    uint64_t address;
    uint8_t read0, write0, read1, write1;
} places[] = {
    { PAGE(1), 0, 0, 0, 0 },
    { UINT64_C(1) << 39, 0x04, 0x04, 0x04, 0x04 }, // beyond T0SZ
    { UINT64_C(1) << 55, 0x04, 0x04, 0x04, 0x04 }, // below T1SZ
    { UINT64_C(1) << 30, 0x05, 0x05, 0x05, 0x05 }, // translation faults of levels 1-3
    { PAGE(0x200), 0x06, 0x06, 0x06, 0x06 },
    { PAGE(5), 0x07, 0x07, 0x07, 0x07 },
    { PAGE(2), 0x0b, 0x0b, 0x0b, 0x0b }, // access flag
    { PAGE(3), 0, 0x0f, 0, 0x0f },       // permission
    { PAGE(4), 0x0f, 0x0f, 0, 0 },
    { 0x1000, 0x0e, 0x0e, 0, 0 },                                // a block of level 2
    { PAGE(8), 0x03, 0x03, 0x03, 0x03 },                         // address size
    { PAGE(6), 0x10, 0x10, 0x10, 0x10 },                         // external
    { UINT64_C(0x80000000) + 0x123458, 0x16, 0x16, 0x16, 0x16 }, // external, on the walk of level 2
};

Test(a64_exception, a_data_abort_says_why_where_and_from_which_level)
{
    static const struct {
        uint32_t read, write;
    } words[] = {
        { 0xf9400001, 0xf9000001 }, // LDR, STR X1, [X0]
        { 0x39400001, 0x39000001 }, // LDRB, STRB
        { 0xf8408401, 0xf8008401 }, // post-indexed
        { 0xa9400801, 0xa9000801 }, // LDP, STP
        { 0x3dc00001, 0x3d800001 }, // of vectors
        { 0x4c402001, 0x4c002001 }, // LD1, ST1
        { 0xc8dffc01, 0xc89ffc01 }, // LDAR, STLR
        { 0xf8400801, 0xf8000801 }, // LDTR, STTR
    };
    for (unsigned i = 0; i < countof(places); i++)
        for (unsigned w = 0; w < countof(words); w++)
            for (unsigned el = 0; el < 2; el++)
                for (unsigned write = 0; write < 2; write++) {
                    struct rig *rig = rig_with_pages();
                    const bool as_user = el == 0 || w == 7;
                    const unsigned status = as_user ? (write ? places[i].write0 : places[i].read0)
                                                    : (write ? places[i].write1 : places[i].read1);
                    rig->cpu->cpacr = 3 << 20;
                    rig->cpu->r[0] = places[i].address;
                    at(rig, el, write ? words[w].write : words[w].read);
                    rig_run(rig, 2);
                    if (status)
                        expect_exception(rig, "place", i, el, (el ? EC(0x25) : EC(0x24)) | (write ? WNR : 0) | status,
                                         places[i].address, RIG_CODE + 4);
                    else
                        cr_expect_eq(rig->cpu->esr, 0, "place %u, word %u", i, w);
                    cr_expect_eq(rig->cpu->r[0], places[i].address + (!status && w == 2 ? 8 : 0), "word %u", w);
                    rig_free(rig);
                }
}

Test(a64_exception, an_access_across_pages_names_the_page_that_failed)
{
    struct rig *rig = rig_with_pages();
    rig_page(rig, 9, 0x305000 | RIG_PAGE | RIG_AF | RIG_USER);
    rig->cpu->r[0] = PAGE(10) - 3;
    at(rig, 0, 0xf9400001);
    rig_run(rig, 2);
    expect_exception(rig, "the higher page", 0u, 0u, EC(0x24) | 0x07, PAGE(10), RIG_CODE + 4);
    rig_free(rig);
    rig = rig_with_pages();
    rig->cpu->r[0] = PAGE(1) - 3;
    at(rig, 1, 0xf9000001);
    rig_run(rig, 2);
    expect_exception(rig, "the lower page", 0u, 1u, EC(0x25) | WNR | 0x07, PAGE(1) - 3, RIG_CODE + 4);
    rig_free(rig);
}

Test(a64_exception, an_atomic_access_that_fails_to_read_says_so)
{
    static const struct {
        uint64_t address;
        uint32_t iss;
    } rows[] = { { PAGE(3), WNR | 0x0f }, { PAGE(5), 0x07 }, { PAGE(1) + 4, WNR | 0x21 } };
    for (unsigned i = 0; i < countof(rows); i++) {
        struct rig *rig = rig_with_pages();
        rig->cpu->model = a64_model_find("max");
        rig->cpu->r[0] = rows[i].address;
        at(rig, 0, 0xf8220001 /* ldadd x2, x1, [x0] */);
        rig_run(rig, 2);
        expect_exception(rig, "row", i, 0u, EC(0x24) | rows[i].iss, rows[i].address, RIG_CODE + 4);
        rig_free(rig);
    }
}

Test(a64_exception, maintenance_of_caches_aborts_as_such)
{
    static const struct {
        uint32_t word;
        uint64_t address;
        uint32_t iss;
    } rows[] = {
        { 0xd50b7b20, PAGE(5) + 0x123, CM | WNR | 0x07 }, // DC CVAU
        { 0xd50b7a20, PAGE(2) + 0x123, CM | WNR | 0x0b }, // DC CVAC
        { 0xd50b7e20, PAGE(4) + 0x123, CM | WNR | 0x0f }, // DC CIVAC needs to read
        { 0xd50b7520, PAGE(5) + 0x123, CM | WNR | 0x07 }, // IC IVAU
        { 0xd50b7420, PAGE(3) + 0x123, WNR | 0x0f },      // DC ZVA is a store
        { 0xd50b7420, PAGE(5) + 0x123, WNR | 0x07 },
    };
    for (unsigned i = 0; i < countof(rows); i++) {
        struct rig *rig = rig_with_pages();
        rig->cpu->sctlr |= A64_SCTLR_UCI | A64_SCTLR_DZE;
        rig->cpu->r[0] = rows[i].address;
        at(rig, 0, rows[i].word);
        rig_run(rig, 2);
        expect_exception(rig, "row", i, 0u, EC(0x24) | rows[i].iss, rows[i].address, RIG_CODE + 4);
        rig_free(rig);
    }
    struct rig *rig = rig_with_pages(); // DC IVAC at EL1 needs to write
    rig->cpu->r[0] = PAGE(3);
    at(rig, 1, 0xd5087620);
    rig_run(rig, 2);
    expect_exception(rig, "DC IVAC", 0u, 1u, EC(0x25) | CM | WNR | 0x0f, PAGE(3), RIG_CODE + 4);
    rig_free(rig);
}

Test(a64_exception, an_instruction_abort_is_at_the_address_that_was_gone_to)
{
    static const struct {
        uint64_t address;
        uint8_t status0, status1;
    } rows[] = {
        { UINT64_C(1) << 39, 0x04, 0x04 },
        { UINT64_C(1) << 30, 0x05, 0x05 },
        { PAGE(0x200), 0x06, 0x06 },
        { PAGE(5) + 0x10, 0x07, 0x07 },
        { PAGE(2), 0x0b, 0x0b },
        { PAGE(7), 0x0f, 0x0f },
        { PAGE(1), 0, 0x0f }, // what EL0 can write EL1 does not execute
        { PAGE(8), 0x03, 0x03 },
        { UINT64_C(0x80000000), 0x16, 0x16 },
    };
    for (unsigned i = 0; i < countof(rows); i++)
        for (unsigned el = 0; el < 2; el++) {
            const unsigned status = el ? rows[i].status1 : rows[i].status0;
            if (!status)
                continue;
            struct rig *rig = rig_with_pages();
            rig->cpu->r[0] = rows[i].address;
            at(rig, el, I_BR(0));
            rig_run(rig, 3);
            expect_exception(rig, "row", i, el, (el ? EC(0x21) : EC(0x20)) | status, rows[i].address, rows[i].address);
            rig_free(rig);
        }
    for (unsigned el = 0; el < 2; el++) { // where nothing is
        struct rig *rig = rig_with_pages();
        rig_page(rig, 6, NOWHERE | RIG_PAGE | RIG_AF);
        rig->cpu->r[0] = PAGE(6) + 8;
        at(rig, el, I_BR(0));
        rig_run(rig, 3);
        expect_exception(rig, "EL", el, el, (el ? EC(0x21) : EC(0x20)) | 0x10, PAGE(6) + 8, PAGE(6) + 8);
        cr_expect_eq(rig->cpu->mistakes[A64_MISTAKE_ABORT], 1);
        rig_free(rig);
    }
}

// --- alignment -------------------------------------------------------------------------------------------------------

Test(a64_exception, a_program_counter_that_is_not_aligned_comes_before_its_page)
{
    for (unsigned el = 0; el < 2; el++)
        for (unsigned low = 1; low < 4; low++) {
            struct rig *rig = rig_with_pages();
            rig->cpu->r[0] = PAGE(5) + low;
            at(rig, el, I_BR(0));
            rig_run(rig, 3);
            expect_exception(rig, "offset", low, el, EC(0x22), PAGE(5) + low, PAGE(5) + low);
            rig_free(rig);
        }
}

Test(a64_exception, a_stack_pointer_that_is_not_aligned_faults_before_its_page)
{
    static const uint32_t words[] = {
        0xf94003e1, // LDR X1, [SP]
        0xf90003e1, // STR X1, [SP]
        0x384017e1, // LDRB W1, [SP], #1
        0xa9bf07e1, // STP X1, X1, [SP, #-16]!
        0xc85f7fe1, // LDXR X1, [SP]
        0xc89fffe1, // STLR X1, [SP]
        0xf8626be1, // LDR X1, [SP, X2]
        0x3dc003e1, // LDR Q1, [SP]
        0x4c4023e1, // LD1 {V1.16B-V4.16B}, [SP]
    };
    for (unsigned i = 0; i < countof(words); i++)
        for (unsigned el = 0; el < 2; el++) {
            struct rig *rig = rig_with_pages();
            rig->cpu->cpacr = 3 << 20;
            rig->cpu->sctlr |= el ? A64_SCTLR_SA : A64_SCTLR_SA0;
            rig->cpu->r[el ? A64_SP_EL1 : A64_SP_EL0] = PAGE(5) + 8;
            at(rig, el, words[i]);
            rig_run(rig, 2);
            expect_exception(rig, "word", i, el, EC(0x26), OLD_FAR, RIG_CODE + 4);
            rig_free(rig);
        }
}

Test(a64_exception, an_access_that_is_not_aligned_faults_before_its_page)
{
    static const struct {
        uint32_t word;
        bool write, strict; // needs no SCTLR_EL1.A
    } rows[] = {
        { 0xf9400001, false, false }, // LDR
        { 0x79000001, true, false },  // STRH
        { 0xa9400801, false, false }, // LDP
        { 0x3dc00001, false, false }, // LDR Q
        { 0xc85f7c01, false, true },  // LDXR
        { 0xc8027c01, true, true },   // STXR
        { 0xc87f0801, false, true },  // LDXP
        { 0xc8dffc01, false, true },  // LDAR
        { 0xc89ffc01, true, true },   // STLR
    };
    for (unsigned i = 0; i < countof(rows); i++)
        for (unsigned el = 0; el < 2; el++) {
            struct rig *rig = rig_with_pages();
            rig->cpu->cpacr = 3 << 20;
            if (!rows[i].strict)
                rig->cpu->sctlr |= A64_SCTLR_A;
            rig->cpu->r[0] = PAGE(5) + 1;
            at(rig, el, rows[i].word);
            rig_run(rig, 2);
            expect_exception(rig, "row", i, el, (el ? EC(0x25) : EC(0x24)) | (rows[i].write ? WNR : 0) | 0x21,
                             PAGE(5) + 1, RIG_CODE + 4);
            rig_free(rig);
        }
}

// --- illegal execution state -----------------------------------------------------------------------------------------

// PC alignment and the fetch come before it (section D1.3.5).
Test(a64_exception, an_illegal_state_is_found_after_the_fetch)
{
    static const struct {
        uint64_t elr, far;
        uint32_t esr;
    } rows[] = {
        { RIG_CODE + 0x100, OLD_FAR, EC(0x0e) },
        { PAGE(5), PAGE(5), EC(0x21) | 0x07 },
        { PAGE(5) + 2, PAGE(5) + 2, EC(0x22) },
    };
    for (unsigned i = 0; i < countof(rows); i++) {
        struct rig *rig = rig_with_pages();
        rig->cpu->spsr = 0xd | A64_Z; // EL3h
        rig->cpu->elr = rows[i].elr;
        at(rig, 1, I_ERET);
        rig_run(rig, 3);
        cr_expect_eq(rig->cpu->esr, rows[i].esr, "row %u: %x", i, (unsigned)rig->cpu->esr);
        cr_expect_eq(rig->cpu->far, rows[i].far);
        cr_expect_eq(rig->cpu->elr, rows[i].elr);
        cr_expect_eq(rig->cpu->spsr, A64_IL | A64_Z | 5, "row %u: %x", i, (unsigned)rig->cpu->spsr);
        cr_expect_eq(rig->cpu->mistakes[A64_MISTAKE_RETURN], 1);
        rig_free(rig);
    }
}

Test(a64_exception, the_illegal_bit_of_spsr_is_returned_to)
{
    struct rig *rig = rig_with_pages();
    rig->cpu->spsr = A64_IL; // to EL0
    rig->cpu->elr = RIG_CODE + 0x100;
    at(rig, 1, I_ERET);
    rig_run(rig, 3);
    cr_expect_eq(rig->cpu->esr, EC(0x0e));
    cr_expect_eq(rig->cpu->spsr, A64_IL);
    cr_expect_eq(rig->cpu->r[A64_PC], RIG_VECTORS + 0x400);
    cr_expect_eq(rig->cpu->mistakes[A64_MISTAKE_RETURN], 0);
    rig_free(rig);
}
