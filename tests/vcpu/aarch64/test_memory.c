// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Accesses beyond plain loads and stores: exclusive, atomic, ordered, unprivileged, in pairs across pages, of structures.
#include <criterion/criterion.h>

#include "rig.h"

#define EC(esr) ((unsigned)((esr) >> 26 & 0x3f))
#define PAGE(n) (UINT64_C(0x200000) + (n)*0x1000)
#define DATA    0x40000u

// --- exclusive --------------------------------------------------------------------------------------------------------

static uint64_t exclusive(struct rig *rig, uint32_t between)
{
    rig_code(rig, I_LDXR(0, 1), between, I_STXR(2, 3, 1), I_B(0));
    rig->cpu->r[1] = DATA;
    rig->cpu->r[2] = 99;
    rig->cpu->r[3] = 55;
    rig->cpu->r[5] = DATA + 64;
    rig->cpu->r[6] = 44;
    rig_put(rig, DATA, 8, 33);
    rig_run(rig, 4);
    return rig->cpu->r[2];
}

Test(a64_memory, a_store_exclusive_succeeds_after_its_load)
{
    struct rig *rig = rig_new();
    cr_assert_eq(exclusive(rig, I_NOP), 0);
    cr_assert_eq(rig->cpu->r[0], 33);
    cr_assert_eq(rig_get(rig, DATA, 8), 55);
    rig_free(rig);
}

Test(a64_memory, a_store_exclusive_fails_after_clrex_another_address_or_another_value)
{
    const uint32_t between[] = { I_CLREX, I_LDXR(4, 5), I_STR(6, 1) };
    for (unsigned i = 0; i < countof(between); i++) {
        struct rig *rig = rig_new();
        cr_assert_eq(exclusive(rig, between[i]), 1, "row %u", i);
        cr_assert_neq(rig_get(rig, DATA, 8), 55);
        rig_free(rig);
    }
}

Test(a64_memory, a_store_exclusive_fails_twice_in_a_row)
{
    struct rig *rig = rig_new();
    rig_code(rig, I_LDXR(0, 1), I_STXR(2, 3, 1), I_STXR(4, 3, 1), I_B(0));
    rig->cpu->r[1] = DATA;
    rig_run(rig, 4);
    cr_assert_eq(rig->cpu->r[2], 0);
    cr_assert_eq(rig->cpu->r[4], 1);
    rig_free(rig);
}

Test(a64_memory, a_return_from_an_exception_opens_the_monitor)
{
    struct rig *rig = rig_new();
    rig_code(rig, I_LDXR(0, 1), I_ERET, I_STXR(2, 3, 1), I_B(0));
    rig->cpu->r[1] = DATA;
    rig->cpu->elr = RIG_CODE + 8;
    rig->cpu->spsr = 5;
    rig_run(rig, 3);
    cr_assert_eq(rig->cpu->r[2], 1);
    rig_free(rig);
    // An exception by itself does not: a handler may look and return by a branch.
    rig = rig_new();
    rig_code(rig, I_LDXR(0, 1), I_SVC);
    rig_code_at(rig, RIG_VECTORS + 0x200, I_STXR(2, 3, 1), I_B(0));
    rig->cpu->r[1] = DATA;
    rig->cpu->r[3] = 7;
    rig_run(rig, 3);
    cr_assert_eq(rig->cpu->r[2], 0);
    cr_assert_eq(rig_get(rig, DATA, 8), 7);
    rig_free(rig);
}

Test(a64_memory, another_cpu_opens_the_monitor_even_if_the_value_is_the_same)
{
    struct rig *rig = rig_new_many(2);
    rig_code(rig, I_LDXR(0, 1), I_NOP, I_NOP, I_NOP, I_STXR(2, 3, 1), I_B(0));
    rig_code_at(rig, 0x18000, I_STR(3, 1), I_STR(4, 1), I_B(0)); // changes it and back
    rig->cpu->r[1] = DATA;
    rig->loop.slice = 2;
    a64_start(rig->cpus[1], 0x18000, 0);
    rig->cpus[1]->r[1] = DATA;
    rig->cpus[1]->r[3] = 5;
    rig_run(rig, 20);
    cr_assert_eq(rig->cpu->r[2], 1);
    cr_assert_eq(rig_get(rig, DATA, 8), 0);
    rig_free(rig);
}

Test(a64_memory, many_cpus_count_together_without_loss)
{
    // 1: ldxr x0, [x1]; add x0, x0, #1; stxr w2, x0, [x1]; cbnz w2, 1b; sub x3, x3, #1; cbnz x3, 1b; b .
    struct rig *rig = rig_new_many(4);
    rig_code(rig, I_LDXR(0, 1), I_ADD(0, 0, 1), I_STXR(2, 0, 1), 0x35ffffa2u, 0xd1000463u, 0xb5ffff63u, I_B(0));
    rig->loop.slice = 7;
    for (unsigned i = 0; i < 4; i++) {
        if (i)
            a64_start(rig->cpus[i], RIG_CODE, 0);
        rig->cpus[i]->r[1] = DATA;
        rig->cpus[i]->r[3] = 100;
    }
    rig_run(rig, 20000);
    cr_assert_eq(rig_get(rig, DATA, 8), 400);
    rig_free(rig);
}

Test(a64_memory, exclusive_pairs_are_one_access)
{
    struct rig *rig = rig_new();
    rig_code(rig, 0xc87f0420u /* ldxp x0, x1, [x1] */, 0xc8220c82u /* stxp w2, x2, x3, [x4] */, I_B(0));
    rig_put(rig, DATA, 8, 11);
    rig_put(rig, DATA + 8, 8, 22);
    rig->cpu->r[1] = rig->cpu->r[4] = DATA;
    rig->cpu->r[2] = 33;
    rig->cpu->r[3] = 44;
    rig_run(rig, 3);
    cr_assert_eq(rig->cpu->r[0], 11);
    cr_assert_eq(rig->cpu->r[1], 22);
    cr_assert_eq(rig->cpu->r[2], 0);
    cr_assert_eq(rig_get(rig, DATA, 8), 33);
    cr_assert_eq(rig_get(rig, DATA + 8, 8), 44);
    rig_free(rig);
}

Test(a64_memory, a_store_exclusive_adds_its_page_to_the_written_ones_and_drops_code)
{
    struct rig *rig = rig_new();
    struct page_set written;
    cr_assert_eq(page_set_init(&written, RIG_RAM), 0);
    rig->memory.tracked = rig->ram.ram;
    rig->memory.tracked_size = RIG_RAM;
    rig->memory.written_pages = &written;
    rig_code(rig, 0xd63f00a0u /* blr x5 */, I_LDXR(0, 1), I_STXR(2, 3, 1), 0xd63f00a0u, I_B(0));
    rig_code_at(rig, DATA + 8, I_ADD(6, 6, 1), 0xd65f03c0u /* ret */);
    rig->cpu->r[1] = DATA + 8;
    rig->cpu->r[3] = UINT64_C(0xd65f03c0910040c6); // add x6, x6, #16; ret
    rig->cpu->r[5] = DATA + 8;
    rig_run(rig, 8);
    cr_assert_eq(rig->cpu->r[2], 0);
    cr_assert_eq(rig->cpu->r[6], 17);
    cr_assert(page_set_has(&written, DATA >> RAM_PAGE_BITS));
    rig->memory.tracked = NULL;
    page_set_free(&written);
    rig_free(rig);
}

Test(a64_memory, exclusive_ordered_and_atomic_accesses_must_be_aligned)
{
    static const struct {
        uint32_t word;
        bool write;
        uint64_t offset;
    } rows[] = {
        { I_LDXR(0, 1), false, 4 },
        { I_STXR(2, 0, 1), true, 4 },
        { 0xc8dffc20u /* ldar x0, [x1] */, false, 1 },
        { 0xc89ffc20u /* stlr x0, [x1] */, true, 1 },
        { 0xc87f0420u /* ldxp */, false, 8 },
        { 0xf8220020u /* ldadd x2, x0, [x1] */, true, 2 },
    };
    for (unsigned i = 0; i < countof(rows); i++) {
        struct rig *rig = rig_new();
        rig->cpu->model = a64_model_find("max");
        rig_code(rig, rows[i].word);
        rig->cpu->r[1] = DATA + rows[i].offset;
        rig_run(rig, 1);
        cr_assert_eq(rig->cpu->esr, UINT32_C(0x25) << 26 | BIT32(25) | (rows[i].write ? 0x40u : 0u) | 0x21, "row %u",
                     i);
        cr_assert_eq(rig->cpu->far, DATA + rows[i].offset);
        rig_free(rig);
    }
}

Test(a64_memory, plain_accesses_need_alignment_only_where_sctlr_says_so)
{
    for (unsigned check = 0; check < 2; check++) {
        struct rig *rig = rig_new();
        rig_code(rig, I_LDR(0, 1), 0xf8626823u /* ldr x3, [x1, x2] */, I_B(0));
        rig->cpu->r[1] = DATA;
        rig->cpu->r[2] = 3;
        if (check)
            rig->cpu->sctlr |= A64_SCTLR_A;
        a64_update_mode(rig->cpu);
        rig_run(rig, 2);
        cr_assert_eq(EC(rig->cpu->esr), check ? 0x25 : 0);
        if (check)
            cr_assert_eq(rig->cpu->far, DATA + 3);
        rig_free(rig);
    }
}

// --- atomic -----------------------------------------------------------------------------------------------------------

Test(a64_memory, atomics_operate_and_give_the_old_value)
{
    static const struct {
        unsigned operation;
        uint64_t old, operand, expected;
    } rows[] = {
        { 0, 0xfffffffe, 5, 3 },          { 1, 0xff, 0x0f, 0xf0 }, { 2, 0xff, 0x0f, 0xf0 },
        { 3, 0xf0, 0x0f, 0xff },          { 4, 0xffffffff, 1, 1 }, { 5, 0xffffffff, 1, 0xffffffff },
        { 6, 0xffffffff, 1, 0xffffffff }, { 7, 0xffffffff, 1, 1 }, { 8, 7, 9, 9 },
    };
    for (unsigned i = 0; i < countof(rows); i++) {
        struct rig *rig = rig_new();
        rig->cpu->model = a64_model_find("max");
        rig_code(rig, 0xb8220020u | rows[i].operation << 12); // w2, w0, [x1]
        rig_put(rig, DATA, 8, rows[i].old | UINT64_C(0x1234) << 32);
        rig->cpu->r[1] = DATA;
        rig->cpu->r[2] = rows[i].operand;
        rig_run(rig, 1);
        cr_assert_eq(rig->cpu->r[0], rows[i].old, "row %u", i);
        cr_assert_eq(rig_get(rig, DATA, 8), rows[i].expected | UINT64_C(0x1234) << 32, "row %u", i);
        rig_free(rig);
    }
}

Test(a64_memory, compare_and_swap_stores_only_what_was_expected)
{
    for (unsigned equal = 0; equal < 2; equal++) {
        struct rig *rig = rig_new();
        rig->cpu->model = a64_model_find("max");
        rig_code(rig, 0xc8a07c22u /* cas x0, x2, [x1] */);
        rig_put(rig, DATA, 8, 5);
        rig->cpu->r[0] = equal ? 5 : 6;
        rig->cpu->r[1] = DATA;
        rig->cpu->r[2] = 77;
        rig_run(rig, 1);
        cr_assert_eq(rig->cpu->r[0], 5);
        cr_assert_eq(rig_get(rig, DATA, 8), equal ? 77 : 5);
        rig_free(rig);
    }
}

Test(a64_memory, atomics_are_unallocated_where_they_are_not_advertised)
{
    struct rig *rig = rig_new();
    rig_code(rig, 0xf8220020u);
    rig->cpu->r[1] = DATA;
    rig_run(rig, 1);
    cr_assert_eq(rig->cpu->esr, BIT32(25));
    cr_assert_eq(rig->cpu->mistakes[A64_MISTAKE_UNALLOCATED], 1);
    rig_free(rig);
}

// --- faults change nothing ----------------------------------------------------------------------------------------------

Test(a64_memory, a_pair_that_faults_in_its_second_page_changes_nothing)
{
    struct rig *rig = rig_new();
    struct a64_cpu *cpu = rig_translate(rig);
    rig_page(rig, 1, 0x300000 | RIG_PAGE | RIG_AF);
    rig_code(rig, 0xa9c00c22u /* ldp x2, x3, [x1, #0]! */, I_B(0));
    cpu->r[1] = PAGE(2) - 8;
    cpu->r[2] = 5;
    cpu->r[3] = 6;
    rig_run(rig, 1);
    cr_assert_eq(cpu->esr, UINT32_C(0x25) << 26 | BIT32(25) | 0x07);
    cr_assert_eq(cpu->far, PAGE(2));
    cr_assert_eq(cpu->r[2], 5);
    cr_assert_eq(cpu->r[1], PAGE(2) - 8);
    cpu->r[A64_PC] = RIG_CODE;
    rig_put(rig, 0x300ff8, 8, 0);
    rig_code(rig, 0xa93f0c22u /* stp x2, x3, [x1, #-16] */, 0xa9000c22u /* stp x2, x3, [x1] */, I_B(0));
    rig_run(rig, 2);
    cr_assert_eq(rig_get(rig, 0x300ff0, 8), 6);
    cr_assert_eq(rig_get(rig, 0x300ff8, 8), 0);
    cr_assert_eq(cpu->esr, UINT32_C(0x25) << 26 | BIT32(25) | 0x47);
    rig_free(rig);
}

Test(a64_memory, write_back_waits_for_the_access)
{
    struct rig *rig = rig_new();
    struct a64_cpu *cpu = rig_translate(rig);
    rig_code(rig, 0xf8408420u /* ldr x0, [x1], #8 */);
    cpu->r[1] = PAGE(5);
    rig_run(rig, 1);
    cr_assert_eq(EC(cpu->esr), 0x25);
    cr_assert_eq(cpu->r[1], PAGE(5));
    rig_free(rig);
}

Test(a64_memory, unprivileged_accesses_have_the_rights_of_el0)
{
    struct rig *rig = rig_new();
    struct a64_cpu *cpu = rig_translate(rig);
    rig_page(rig, 1, 0x300000 | RIG_PAGE | RIG_AF);
    rig_page(rig, 2, 0x301000 | RIG_PAGE | RIG_AF | RIG_USER);
    rig_put(rig, 0x301000, 8, 0x80);
    rig_code(rig, 0xf8400840u /* ldtr x0, [x2] */, 0x38c00843u /* ldtrsb w3, [x2] */, 0xf8400820u /* ldtr x0, [x1] */);
    cpu->r[1] = PAGE(1);
    cpu->r[2] = PAGE(2);
    rig_run(rig, 3);
    cr_assert_eq(cpu->r[0], 0x80);
    cr_assert_eq(cpu->r[3], 0xffffff80);
    cr_assert_eq(cpu->esr, UINT32_C(0x25) << 26 | BIT32(25) | 0x0f);
    cr_assert_eq(cpu->elr, RIG_CODE + 8);
    rig_free(rig);
}

Test(a64_memory, dc_zva_clears_one_line)
{
    struct rig *rig = rig_new();
    memset(rig->ram.ram + DATA, 0xff, 256);
    rig_code(rig, 0xd50b7420u /* dc zva, x0 */);
    rig->cpu->r[0] = DATA + 70;
    rig_run(rig, 1);
    cr_assert_eq(rig_get(rig, DATA + 56, 8), UINT64_MAX);
    for (unsigned i = 64; i < 128; i += 8)
        cr_assert_eq(rig_get(rig, DATA + i, 8), 0);
    cr_assert_eq(rig_get(rig, DATA + 128, 8), UINT64_MAX);
    rig_free(rig);
}

Test(a64_memory, dc_zva_clears_what_is_in_the_tlb_up_to_the_end_of_its_page)
{
    struct rig *rig = rig_new();
    memset(rig->ram.ram + DATA, 0xff, 0x1100);
    rig_code(rig, I_LDR(2, 3), 0xd50b7420u /* dc zva, x0 */, 0xd50b7421u /* dc zva, x1 */);
    rig->cpu->r[0] = DATA + 0xffc;
    rig->cpu->r[1] = DATA + 0x40;
    rig->cpu->r[3] = DATA;
    rig_run(rig, 3);
    for (unsigned i = 0; i < 0x1100; i += 8) {
        bool cleared = (i >= 0xfc0 && i < 0x1000) || (i >= 0x40 && i < 0x80);
        cr_assert_eq(rig_get(rig, DATA + i, 8), cleared ? 0 : UINT64_MAX, "at %x", i);
    }
    rig_free(rig);
}

Test(a64_memory, dc_zva_drops_the_code_that_it_clears)
{
    struct rig *rig = rig_new();
    const uint64_t function = DATA + 0x40;
    rig_code(rig, 0xd63f0020u /* blr x1 */, 0xd50b7421u /* dc zva, x1 */, 0xd63f0020u);
    rig_code_at(rig, function, I_ADD(0, 0, 1), 0xd65f03c0u /* ret */);
    rig->cpu->r[1] = function;
    rig_run(rig, 6);
    cr_assert_eq(rig->cpu->r[0], 1);
    cr_assert_eq(rig->cpu->elr, function); // 0 is no instruction
    rig_free(rig);
}

Test(a64_memory, maintenance_by_address_faults_as_maintenance)
{
    struct rig *rig = rig_new();
    rig_translate(rig);
    rig_code(rig, 0xd50b7b20u /* dc cvau, x0 */);
    rig->cpu->r[0] = PAGE(7);
    rig_run(rig, 1);
    cr_assert_eq(rig->cpu->esr, UINT32_C(0x25) << 26 | BIT32(25) | 0x147);
    rig_free(rig);
}

// --- vectors ----------------------------------------------------------------------------------------------------------

static struct rig *vectors(uint32_t word)
{
    struct rig *rig = rig_new();
    rig->cpu->cpacr = 3 << 20;
    a64_update_mode(rig->cpu);
    for (unsigned i = 0; i < 256; i++)
        rig->ram.ram[DATA + i] = (uint8_t)i;
    memset(rig->cpu->v, 0xee, sizeof rig->cpu->v);
    rig->cpu->r[1] = DATA;
    rig_code(rig, word, I_B(0));
    rig_run(rig, 2);
    return rig;
}

Test(a64_memory, a_short_vector_load_clears_the_rest)
{
    struct rig *rig = vectors(0x3d400020u /* ldr b0, [x1] */);
    cr_assert_eq(rig->cpu->v[0].d[0], 0);
    cr_assert_eq(rig->cpu->v[0].d[1], 0);
    rig_free(rig);
    rig = vectors(0xbd400420u /* ldr s0, [x1, #4] */);
    cr_assert_eq(rig->cpu->v[0].d[0], 0x07060504);
    cr_assert_eq(rig->cpu->v[0].d[1], 0);
    rig_free(rig);
    rig = vectors(0xad400420u /* ldp q0, q1, [x1] */);
    cr_assert_eq(rig->cpu->v[0].d[1], UINT64_C(0x0f0e0d0c0b0a0908));
    cr_assert_eq(rig->cpu->v[1].d[0], UINT64_C(0x1716151413121110));
    rig_free(rig);
}

Test(a64_memory, structures_are_taken_apart_element_by_element)
{
    struct rig *rig = vectors(0x0c404020u /* ld3 {v0.8b-v2.8b}, [x1] */);
    for (unsigned e = 0; e < 8; e++)
        for (unsigned i = 0; i < 3; i++)
            cr_assert_eq(rig->cpu->v[i].b[e], 3 * e + i);
    cr_assert_eq(rig->cpu->v[0].d[1], 0);
    rig_free(rig);
    rig = vectors(0x4cdf8420u /* ld2 {v0.8h, v1.8h}, [x1], #32 */);
    cr_assert_eq(rig->cpu->v[1].h[7], 0x1f1e);
    cr_assert_eq(rig->cpu->r[1], DATA + 32);
    rig_free(rig);
    rig = vectors(0x4c402020u /* ld1 {v0.16b-v3.16b}, [x1] */);
    cr_assert_eq(rig->cpu->v[3].b[15], 63);
    rig_free(rig);
}

Test(a64_memory, one_lane_leaves_the_others_and_replication_fills_all)
{
    struct rig *rig = vectors(0x4d408020u /* ld1 {v0.s}[2], [x1] */);
    cr_assert_eq(rig->cpu->v[0].s[2], 0x03020100);
    cr_assert_eq(rig->cpu->v[0].s[1], 0xeeeeeeee);
    rig_free(rig);
    rig = vectors(0x4d40c420u /* ld1r {v0.8h}, [x1] */);
    for (unsigned i = 0; i < 8; i++)
        cr_assert_eq(rig->cpu->v[0].h[i], 0x0100);
    rig_free(rig);
    rig = vectors(0x4d400c20u /* ld1 {v0.b}[11], [x1] */);
    cr_assert_eq(rig->cpu->v[0].b[11], 0);
    cr_assert_eq(rig->cpu->v[0].b[10], 0xee);
    rig_free(rig);
}

Test(a64_memory, structures_are_put_together_again)
{
    struct rig *rig = rig_new();
    rig->cpu->cpacr = 3 << 20;
    a64_update_mode(rig->cpu);
    rig_code(rig, 0x4c400020u /* ld4 {v0.16b-v3.16b}, [x1] */, 0x4c000040u /* st4 {v0.16b-v3.16b}, [x2] */, I_B(0));
    for (unsigned i = 0; i < 64; i++)
        rig->ram.ram[DATA + i] = (uint8_t)(i * 7);
    rig->cpu->r[1] = DATA;
    rig->cpu->r[2] = DATA + 0xfe0; // across two pages
    rig_run(rig, 3);
    cr_assert_arr_eq(rig->ram.ram + DATA, rig->ram.ram + DATA + 0xfe0, 64);
    rig_free(rig);
}
