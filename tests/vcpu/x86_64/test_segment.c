// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Segment registers, limits, far transfers, call gates, task switches.
#include "vcpu/x86_64/system/segment.h"

#include <criterion/criterion.h>

#include "vcpu/x86_64/rig.h"

#define TSS2    0x5000u // of the other task
#define RIG_TR2 RIG_FREE
#define TARGET  0x00023456u

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

TestSuite(segment, .init = setup, .fini = teardown);
TestSuite(transfer, .init = setup, .fini = teardown);
TestSuite(task, .init = setup, .fini = teardown);

static uint64_t frame(unsigned index, unsigned size)
{
    return rig_get(rig, cpu->r[X86_RSP] + index * size, size);
}

// --- loads -----------------------------------------------------------------------------------------------------------

Test(segment, real_mode_takes_the_base_from_the_selector_and_keeps_the_limit)
{
    x86_set_segment(cpu, X86_DS, 0, 0, UINT32_MAX, 0x893);
    cr_assert(x86_load_segment(cpu, X86_DS, 0xffff));
    cr_assert_eq(cpu->r[X86_BASE + X86_DS], 0xffff0);
    cr_assert_eq(cpu->segment[X86_DS].limit, UINT32_MAX, "unreal mode");
}

Test(segment, protected_mode_reads_the_descriptor_and_marks_it_accessed)
{
    rig_protect(rig, 0);
    rig_gdt(rig, RIG_FREE, rig_descriptor(0x12345678, 0xabcde, 0x892));
    cr_assert(x86_load_segment(cpu, X86_DS, RIG_FREE));
    cr_assert_eq(cpu->r[X86_BASE + X86_DS], 0x12345678);
    cr_assert_eq(cpu->segment[X86_DS].limit, 0xabcdefff);
    cr_assert_eq(cpu->segment[X86_DS].attributes, 0x893);
    cr_assert_eq(rig_get(rig, RIG_GDT + RIG_FREE + 5, 1), 0x93);
}

Test(segment, every_refused_load_names_its_selector)
{
    static const struct {
        unsigned cpl, segment, selector, vector, error;
    } rows[] = {
        { 0, X86_DS, 0x1f8 + 8, X86_GP, 0x200 },         // beyond the table
        { 0, X86_DS, RIG_FREE, X86_GP, RIG_FREE },       // code that cannot be read
        { 0, X86_DS, RIG_TR, X86_GP, RIG_TR },           // a system segment
        { 3, X86_DS, RIG_DATA0, X86_GP, RIG_DATA0 },     // CPL
        { 0, X86_ES, RIG_DATA0 | 3, X86_GP, RIG_DATA0 }, // RPL
        { 0, X86_FS, RIG_ABSENT, X86_NP, RIG_ABSENT },
        { 0, X86_GS, 4 | 0x10, X86_GP, 4 | 0x10 }, // no LDT
        { 0, X86_SS, 0, X86_GP, 0 },
        { 0, X86_SS, RIG_DATA3, X86_GP, RIG_DATA3 & ~3 },
        { 0, X86_SS, RIG_CODE0, X86_GP, RIG_CODE0 },
        { 0, X86_SS, RIG_ABSENT, X86_SS_FAULT, RIG_ABSENT },
        { 3, X86_SS, RIG_DATA0 | 3, X86_GP, RIG_DATA0 },
    };
    for (unsigned i = 0; i < countof(rows); i++) {
        rig_protect(rig, rows[i].cpl);
        rig_gdt(rig, RIG_FREE, rig_descriptor(0, 0xfffff, 0xc99));
        struct x86_segment_register old = cpu->segment[rows[i].segment];
        cr_assert_not(x86_load_segment(cpu, (enum x86_segment)rows[i].segment, (uint16_t)rows[i].selector));
        assert_fault(cpu, rows[i].vector, rows[i].error);
        cr_assert_eq(cpu->segment[rows[i].segment].selector, old.selector);
        x86_load_ldt(cpu, 0);
    }
}

Test(segment, a_null_selector_loads_and_then_faults_on_use)
{
    uint64_t linear;
    rig_protect(rig, 0);
    cr_assert(x86_load_segment(cpu, X86_ES, 3));
    cr_assert_eq(cpu->segment[X86_ES].selector, 3);
    cr_assert_not(x86_linear(cpu, X86_ES, 0, 1, ACCESS_READ, &linear));
    assert_fault(cpu, X86_GP, 0);
    cr_assert_eq(cpu->mode & X86_MODE_FLAT, 0);
}

Test(segment, long_mode_takes_a_null_stack_inside_level_3)
{
    rig_long(rig, 0);
    cr_assert(x86_load_segment(cpu, X86_SS, 0));
    cr_assert_not(x86_load_segment(cpu, X86_SS, 3));
    rig_long(rig, 3);
    cr_assert_not(x86_load_segment(cpu, X86_SS, 3));
    assert_fault(cpu, X86_GP, 0);
}

Test(segment, conforming_code_is_readable_from_every_level)
{
    rig_protect(rig, 3);
    rig_gdt(rig, RIG_FREE, rig_descriptor(0, 0xfffff, 0xc9f));
    cr_assert(x86_load_segment(cpu, X86_DS, RIG_FREE));
}

Test(segment, the_mode_follows_the_segments)
{
    rig_protect(rig, 0);
    cr_assert_eq(cpu->mode, X86_MODE_32 | X86_MODE_STACK32 | X86_MODE_FLAT);
    cr_assert(x86_load_segment(cpu, X86_SS, RIG_DATA16));
    cr_assert_eq(cpu->mode, X86_MODE_32);
    rig_long(rig, 3);
    cr_assert_eq(cpu->mode, X86_MODE_64 | X86_MODE_USER);
    cr_assert_eq(cpu->vcpu.data, cpu->vcpu.tlb->data[1].entries);
    cr_assert_eq(cpu->vcpu.data_mask, cpu->vcpu.tlb->data[1].mask);
}

Test(segment, limits_cut_accesses_off_at_their_last_byte)
{
    uint64_t linear;
    rig_protect(rig, 0);
    x86_set_segment(cpu, X86_DS, 8, 0x1000, 0xfff, 0x493);
    cr_assert(x86_linear(cpu, X86_DS, 0xffc, 4, ACCESS_WRITE, &linear));
    cr_assert_eq(linear, 0x1ffc);
    cr_assert_not(x86_linear(cpu, X86_DS, 0xffd, 4, ACCESS_READ, &linear));
    assert_fault(cpu, X86_GP, 0);
    x86_set_segment(cpu, X86_SS, 8, 0x1000, 0xfff, 0x497); // expand-down: 1000h and above
    cr_assert(x86_linear(cpu, X86_SS, 0x1000, 4, ACCESS_READ, &linear));
    cr_assert(x86_linear(cpu, X86_SS, 0xfffffffc, 4, ACCESS_READ, &linear));
    cr_assert_eq(linear, 0xffc, "the sum wraps at 4 GiB");
    cr_assert_not(x86_linear(cpu, X86_SS, 0xfff, 4, ACCESS_READ, &linear));
    assert_fault(cpu, X86_SS_FAULT, 0);
    x86_set_segment(cpu, X86_SS, 8, 0x1000, 0xfff, 0x097); // 16 bits: up to FFFFh
    cr_assert_not(x86_linear(cpu, X86_SS, 0xffff, 2, ACCESS_READ, &linear));
}

Test(segment, types_refuse_accesses_in_protected_mode_alone)
{
    uint64_t linear;
    rig_protect(rig, 0);
    cr_assert_not(x86_linear(cpu, X86_CS, 0, 1, ACCESS_WRITE, &linear));
    cr_assert(x86_linear(cpu, X86_CS, 0, 1, ACCESS_READ, &linear));
    x86_set_segment(cpu, X86_DS, 8, 0, 0xffff, 0x491);
    cr_assert_not(x86_linear(cpu, X86_DS, 0, 1, ACCESS_WRITE, &linear));
    cpu->cr0 &= ~(uint64_t)X86_CR0_PE;
    cr_assert(x86_linear(cpu, X86_CS, 0, 1, ACCESS_WRITE, &linear));
}

Test(segment, pushes_wrap_and_fault_by_the_size_of_the_stack)
{
    uint64_t value;
    rig_protect(rig, 0);
    x86_set_segment(cpu, X86_SS, RIG_DATA16, 0x4000, 0xffff, 0x093);
    cpu->r[X86_RSP] = 0xabcd0000;
    cr_assert(x86_push(cpu, 0x1234, 2));
    cr_assert_eq(cpu->r[X86_RSP], 0xabcdfffe);
    cr_assert_eq(rig_get(rig, 0x13ffe, 2), 0x1234);
    cr_assert(x86_pop(cpu, &value, 2));
    cr_assert_eq(value, 0x1234);
    cr_assert_eq(cpu->r[X86_RSP], 0xabcd0000);
    cpu->r[X86_RSP] = 0xabcd0001;
    cr_assert_not(x86_push(cpu, 0, 2));
    assert_fault(cpu, X86_SS_FAULT, 0);
    cr_assert_eq(cpu->r[X86_RSP], 0xabcd0001);
}

Test(segment, a_64_bit_stack_must_be_canonical)
{
    rig_long(rig, 0);
    cpu->r[X86_RSP] = UINT64_C(0x800000000004);
    cr_assert_not(x86_push(cpu, 0, 8));
    assert_fault(cpu, X86_SS_FAULT, 0);
}

Test(segment, the_local_table_serves_selectors_with_ti)
{
    rig_protect(rig, 0);
    rig_gdt(rig, RIG_FREE, rig_descriptor(0x6000, 15, 0x82));
    rig_put(rig, 0x6008, 8, rig_descriptor(0x9000, 0xff, 0x493));
    cr_assert(x86_load_ldt(cpu, RIG_FREE));
    cr_assert(x86_load_segment(cpu, X86_ES, 8 | 4));
    cr_assert_eq(cpu->r[X86_BASE + X86_ES], 0x9000);
    cr_assert_not(x86_load_segment(cpu, X86_ES, 0x10 | 4));
    assert_fault(cpu, X86_GP, 0x10 | 4);
    cr_assert_not(x86_load_ldt(cpu, RIG_DATA0));
    assert_fault(cpu, X86_GP, RIG_DATA0);
    cr_assert_not(x86_load_ldt(cpu, RIG_FREE | 4));
    cr_assert(x86_load_ldt(cpu, 0));
    cr_assert_not(x86_load_segment(cpu, X86_ES, 8 | 4));
}

Test(segment, ltr_marks_the_task_busy_and_takes_it_once)
{
    rig_protect(rig, 0);
    cr_assert_eq(rig_get(rig, RIG_GDT + RIG_TR + 5, 1), 0x8b);
    cr_assert_not(x86_load_task_register(cpu, RIG_TR));
    assert_fault(cpu, X86_GP, RIG_TR);
    cr_assert_not(x86_load_task_register(cpu, 0));
    cpu->cpl = 3;
    cr_assert_not(x86_load_task_register(cpu, RIG_TR));
    assert_fault(cpu, X86_GP, 0);
}

Test(segment, long_mode_has_16_byte_system_descriptors)
{
    rig_long(rig, 0);
    rig_gdt(rig, RIG_FREE, rig_descriptor(0x80003000, 0x67, 0x89));
    rig_put(rig, RIG_GDT + RIG_FREE + 8, 8, 0xffff8800);
    cr_assert(x86_load_task_register(cpu, RIG_FREE));
    cr_assert_eq(cpu->r[X86_BASE + X86_TR], UINT64_C(0xffff880080003000));
    rig_gdt(rig, RIG_FREE, rig_descriptor(0x80003000, 0x67, 0x89));
    rig_put(rig, RIG_GDT + RIG_FREE + 8, 8, UINT64_C(0x010000000000));
    cr_assert_not(x86_load_task_register(cpu, RIG_FREE));
    assert_fault(cpu, X86_GP, RIG_FREE);
}

Test(segment, ltr_and_lldt_refuse_a_base_that_is_not_canonical)
{
    rig_long(rig, 0);
    rig_put(rig, RIG_GDT + RIG_FREE + 8, 8, 0x00008000);
    rig_gdt(rig, RIG_FREE, rig_descriptor(0x3000, 0x67, 0x89));
    cr_assert_not(x86_load_task_register(cpu, RIG_FREE));
    assert_fault(cpu, X86_GP, RIG_FREE);
    cr_assert_eq(rig_get(rig, RIG_GDT + RIG_FREE + 5, 1), 0x89, "not busy");
    rig_gdt(rig, RIG_FREE, rig_descriptor(0x3000, 0x67, 0x82));
    cr_assert_not(x86_load_ldt(cpu, RIG_FREE));
    assert_fault(cpu, X86_GP, RIG_FREE);
    rig_put(rig, RIG_GDT + RIG_FREE + 8, 8, 0xffff8000);
    cr_assert(x86_load_ldt(cpu, RIG_FREE));
}

Test(segment, lar_lsl_and_verify_answer_by_zf)
{
    uint32_t value = 7;
    rig_protect(rig, 3);
    x86_set_flags(cpu, X86_CF | X86_PF);
    cr_assert(x86_lsl(cpu, RIG_DATA3, &value));
    cr_assert_eq(value, UINT32_MAX);
    cr_assert_eq(x86_flags(cpu), X86_CF | X86_PF | X86_ZF | 2);
    cr_assert(x86_lar(cpu, RIG_CODE3, &value));
    cr_assert_eq(value, 0x00c0fb00);
    cr_assert(x86_lar(cpu, RIG_DATA0, &value));
    cr_assert_eq(value, 0x00c0fb00);
    cr_assert_eq(x86_flags(cpu), X86_CF | X86_PF | 2);
    cr_assert(x86_lsl(cpu, RIG_CONFORMING, &value) && x86_zf(cpu));
    cr_assert(x86_lsl(cpu, 0, &value) && !x86_zf(cpu));
    cr_assert(x86_lsl(cpu, 0x7f8, &value) && !x86_zf(cpu));
    cr_assert(x86_verify(cpu, RIG_DATA3, true) && x86_zf(cpu));
    cr_assert(x86_verify(cpu, RIG_CODE3, true) && !x86_zf(cpu));
    cr_assert(x86_verify(cpu, RIG_CODE3, false) && x86_zf(cpu));
    cpu->cpl = 0;
    cr_assert(x86_lar(cpu, RIG_TR, &value) && x86_zf(cpu));
    cpu->cr0 &= ~(uint64_t)X86_CR0_PE;
    cr_assert_not(x86_lar(cpu, RIG_DATA0, &value));
    cr_assert_eq(cpu->fault.vector, X86_UD);
}

// --- far transfers ---------------------------------------------------------------------------------------------------

Test(transfer, real_mode_calls_and_returns)
{
    x86_set_segment(cpu, X86_CS, 0x100, 0x1000, 0xffff, 0x93);
    cpu->r[X86_RSP] = 0x800;
    cr_assert(x86_far_call(cpu, 0x2000, 0x99, 2, 0x55));
    cr_assert_eq(cpu->r[X86_BASE + X86_CS], 0x20000);
    cr_assert_eq(cpu->r[X86_RIP], 0x99);
    cr_assert_eq(rig_get(rig, 0x7fc, 4), 0x01000055);
    cr_assert(x86_far_return(cpu, 2, 6));
    cr_assert_eq(cpu->segment[X86_CS].selector, 0x100);
    cr_assert_eq(cpu->r[X86_RIP], 0x55);
    cr_assert_eq(cpu->r[X86_RSP], 0x806);
    cr_assert_not(x86_far_jump(cpu, 0x2000, 0x10000, 4, 0));
    cr_assert_eq(cpu->fault.vector, X86_GP);
}

Test(transfer, a_direct_jump_keeps_the_level)
{
    rig_protect(rig, 0);
    cr_assert(x86_far_jump(cpu, RIG_CODE16, 0x1234, 4, 0));
    cr_assert_eq(cpu->mode & X86_MODE_32, 0);
    cr_assert_eq(cpu->r[X86_BASE + X86_CS], 0x4000);
    cr_assert_eq(cpu->r[X86_RIP], 0x1234);
    rig_protect(rig, 3);
    cr_assert(x86_far_jump(cpu, RIG_CONFORMING, TARGET, 4, 0));
    cr_assert_eq(cpu->cpl, 3);
    cr_assert_eq(cpu->segment[X86_CS].selector, RIG_CONFORMING | 3);
}

Test(transfer, every_refused_jump_names_its_selector)
{
    static const struct {
        unsigned cpl, selector, vector, error;
    } rows[] = {
        { 0, 2, X86_GP, 0 },
        { 0, 0x200, X86_GP, 0x200 },
        { 0, RIG_DATA0, X86_GP, RIG_DATA0 },
        { 3, RIG_CODE0, X86_GP, RIG_CODE0 },
        { 0, RIG_CODE3 & ~3, X86_GP, RIG_CODE3 & ~3 },
        { 0, RIG_CODE0 | 1, X86_GP, RIG_CODE0 },
        { 0, RIG_FREE, X86_NP, RIG_FREE },
        { 0, RIG_TR, X86_GP, RIG_TR }, // busy
    };
    for (unsigned i = 0; i < countof(rows); i++) {
        rig_protect(rig, rows[i].cpl);
        rig_put(rig, RIG_GDT + RIG_TR + 5, 1, 0x8b);
        rig_gdt(rig, RIG_FREE, rig_descriptor(0, 0xfffff, 0xc1b));
        cr_assert_not(x86_far_jump(cpu, (uint16_t)rows[i].selector, 0, 4, 0));
        assert_fault(cpu, rows[i].vector, rows[i].error);
        cr_assert_eq(cpu->r[X86_RIP], 0x12345);
    }
    cr_assert_not(x86_far_jump(cpu, RIG_CODE16, 0x10000, 4, 0));
    assert_fault(cpu, X86_GP, 0);
}

Test(transfer, a_far_jump_goes_between_64_and_32_bit_code)
{
    rig_long(rig, 0);
    cr_assert(x86_far_jump(cpu, RIG_CODE0, TARGET, 4, 0));
    cr_assert_eq(cpu->mode & (X86_MODE_64 | X86_MODE_32), X86_MODE_32);
    cr_assert(x86_far_jump(cpu, RIG_CODE64, UINT64_C(0xffff800000000000), 8, 0));
    cr_assert(cpu->mode & X86_MODE_64);
    cr_assert_eq(cpu->r[X86_RIP], UINT64_C(0xffff800000000000));
    cr_assert_not(x86_far_jump(cpu, RIG_CODE64, UINT64_C(0x800000000000), 8, 0));
    assert_fault(cpu, X86_GP, 0);
    rig_gdt(rig, RIG_FREE, rig_descriptor(0, 0xfffff, 0xe9b)); // L and D
    cr_assert_not(x86_far_jump(cpu, RIG_FREE, 0, 4, 0));
    assert_fault(cpu, X86_GP, RIG_FREE);
}

static uint64_t call_gate(unsigned selector, uint32_t offset, unsigned attributes, unsigned count)
{
    return (offset & 0xffff) | (uint64_t)selector << 16 | (uint64_t)count << 32 | (uint64_t)attributes << 40 |
           (uint64_t)(offset >> 16) << 48;
}

Test(transfer, a_call_gate_switches_stacks_and_copies_parameters)
{
    rig_protect(rig, 3);
    rig_gdt(rig, RIG_FREE, call_gate(RIG_CODE0, TARGET, 0xec, 2));
    x86_push(cpu, 0xaaaa, 4);
    x86_push(cpu, 0xbbbb, 4);
    cr_assert(x86_far_call(cpu, RIG_FREE | 3, 0xdead, 4, 0x777));
    cr_assert_eq(cpu->cpl, 0);
    cr_assert_eq(cpu->r[X86_RIP], TARGET);
    cr_assert_eq(cpu->segment[X86_SS].selector, RIG_DATA0);
    cr_assert_eq(cpu->r[X86_RSP], RIG_STACK - 24);
    cr_assert_eq(frame(0, 4), 0x777);
    cr_assert_eq(frame(1, 4), RIG_CODE3);
    cr_assert_eq(frame(2, 4), 0xbbbb);
    cr_assert_eq(frame(3, 4), 0xaaaa);
    cr_assert_eq(frame(4, 4), 0x7000 - 8);
    cr_assert_eq(frame(5, 4), RIG_DATA3);
    cr_assert(x86_far_return(cpu, 4, 8));
    cr_assert_eq(cpu->cpl, 3);
    cr_assert_eq(cpu->r[X86_RSP], 0x7000, "the parameters are gone from both stacks");
    cr_assert_eq(cpu->r[X86_RIP], 0x777);
    cr_assert_eq(cpu->segment[X86_DS].selector, RIG_DATA3);
}

Test(transfer, a_return_to_an_outer_level_drops_inner_segments)
{
    rig_protect(rig, 0);
    x86_push(cpu, RIG_DATA3, 4);
    x86_push(cpu, 0x6000, 4);
    x86_push(cpu, RIG_CODE3, 4);
    x86_push(cpu, TARGET, 4);
    cr_assert(x86_far_return(cpu, 4, 0));
    cr_assert_eq(cpu->segment[X86_DS].selector, 0);
    cr_assert_eq(cpu->segment[X86_DS].attributes & X86_ATTR_P, 0);
}

Test(transfer, a_segment_that_a_return_drops_keeps_its_base) // SDM vol. 2, RET
{
    rig_long(rig, 0);
    cr_assert(x86_load_segment(cpu, X86_GS, RIG_DATA0));
    cpu->r[X86_BASE + X86_GS] = 0x123456000;
    x86_push(cpu, RIG_DATA3, 8);
    x86_push(cpu, 0x6000, 8);
    x86_push(cpu, RIG_CODE64_3, 8);
    x86_push(cpu, TARGET, 8);
    cr_assert(x86_far_return(cpu, 8, 0));
    cr_assert_eq(cpu->segment[X86_GS].selector, 0);
    cr_assert_eq(cpu->r[X86_BASE + X86_GS], 0x123456000);
}

Test(transfer, a_call_gate_of_the_same_level_keeps_the_stack)
{
    rig_protect(rig, 0);
    rig_gdt(rig, RIG_FREE, call_gate(RIG_CODE0, TARGET, 0x84, 5));
    cr_assert(x86_far_call(cpu, RIG_FREE, 0, 4, 0x777));
    cr_assert_eq(cpu->r[X86_RIP], TARGET & 0xffff, "a 16-bit gate");
    cr_assert_eq(cpu->r[X86_RSP], 0x7000 - 4);
}

Test(transfer, every_defect_of_a_call_gate_has_its_error)
{
    static const struct {
        unsigned cpl, rpl, code, attributes, vector, error;
    } rows[] = {
        { 3, 3, RIG_CODE0, 0x8c, X86_GP, RIG_FREE }, // DPL 0
        { 0, 3, RIG_CODE0, 0x8c, X86_GP, RIG_FREE }, // RPL
        { 3, 3, RIG_CODE0, 0x6c, X86_NP, RIG_FREE },
        { 3, 3, 0, 0xec, X86_GP, 0 },
        { 3, 3, RIG_DATA0, 0xec, X86_GP, RIG_DATA0 },
        { 0, 0, RIG_CODE3, 0xec, X86_GP, RIG_CODE3 & ~3 }, // an outer level
    };
    for (unsigned i = 0; i < countof(rows); i++) {
        rig_protect(rig, rows[i].cpl);
        rig_gdt(rig, RIG_FREE, call_gate(rows[i].code, TARGET, rows[i].attributes, 0));
        cr_assert_not(x86_far_call(cpu, (uint16_t)(RIG_FREE | rows[i].rpl), 0, 4, 0));
        assert_fault(cpu, rows[i].vector, rows[i].error);
    }
    rig_protect(rig, 3);
    rig_gdt(rig, RIG_FREE, call_gate(RIG_CODE0, TARGET, 0xec, 0));
    cr_assert_not(x86_far_jump(cpu, RIG_FREE | 3, 0, 4, 0), "a jump cannot go inside");
    assert_fault(cpu, X86_GP, RIG_CODE0);
}

Test(transfer, a_64_bit_call_gate_pushes_quadwords)
{
    rig_long(rig, 3);
    rig_gdt(rig, RIG_FREE, call_gate(RIG_CODE64, 0x80001234, 0xec, 0));
    rig_put(rig, RIG_GDT + RIG_FREE + 8, 8, 0xffff8800);
    cr_assert(x86_far_call(cpu, RIG_FREE | 3, 0, 4, 0x777));
    cr_assert_eq(cpu->r[X86_RIP], UINT64_C(0xffff880080001234));
    cr_assert_eq(cpu->r[X86_RSP], RIG_STACK - 32);
    cr_assert_eq(cpu->segment[X86_SS].selector, 0);
    cr_assert_eq(frame(0, 8), 0x777);
    cr_assert_eq(frame(1, 8), RIG_CODE64_3);
    cr_assert_eq(frame(2, 8), 0x7000);
    cr_assert_eq(frame(3, 8), RIG_DATA3);
    cr_assert(x86_far_return(cpu, 8, 0));
    cr_assert_eq(cpu->cpl, 3);
    cr_assert_eq(cpu->r[X86_RSP], 0x7000);
}

Test(transfer, long_mode_has_no_task_gates)
{
    rig_long(rig, 0);
    rig_gdt(rig, RIG_FREE, call_gate(RIG_TR, 0, 0xe5, 0));
    cr_assert_not(x86_far_call(cpu, RIG_FREE, 0, 4, 0));
    assert_fault(cpu, X86_GP, RIG_FREE);
}

// --- tasks -----------------------------------------------------------------------------------------------------------

static void field(uint32_t tss, unsigned offset, unsigned size, uint64_t value)
{
    rig_put(rig, tss + offset, size, value);
}

static void make_task(void)
{
    rig_gdt(rig, RIG_TR2, rig_descriptor(TSS2, 0x67, 0xe9));
    field(TSS2, 0x20, 4, TARGET);
    field(TSS2, 0x24, 4, X86_IF | X86_ZF | 2);
    for (unsigned i = 0; i < 8; i++)
        field(TSS2, 0x28 + i * 4, 4, 0x1000 * (i + 1));
    field(TSS2, 0x48, 2, RIG_DATA3);
    field(TSS2, 0x4c, 2, RIG_CODE0);
    field(TSS2, 0x50, 2, RIG_DATA0);
    field(TSS2, 0x54, 2, RIG_DATA0);
}

Test(task, a_jump_saves_one_task_and_loads_the_other)
{
    rig_protect(rig, 0);
    make_task();
    cpu->r[X86_RBX] = 0x12121212;
    cr_assert(x86_far_jump(cpu, RIG_TR2, 0, 4, 0x777));
    cr_assert_eq(rig_get(rig, RIG_TSS + 0x20, 4), 0x777);
    cr_assert_eq(rig_get(rig, RIG_TSS + 0x28 + 3 * 4, 4), 0x12121212);
    cr_assert_eq(rig_get(rig, RIG_TSS + 0x4c, 2), RIG_CODE0);
    cr_assert_eq(cpu->r[X86_RIP], TARGET);
    cr_assert_eq(cpu->r[X86_RBX], 0x4000);
    cr_assert_eq(x86_flags(cpu), (X86_IF | X86_ZF | 2));
    cr_assert_eq(cpu->segment[X86_ES].selector, RIG_DATA3);
    cr_assert_eq(cpu->segment[X86_FS].selector, 0);
    cr_assert_eq(cpu->segment[X86_TR].selector, RIG_TR2);
    cr_assert(cpu->cr0 & X86_CR0_TS);
    cr_assert_eq(rig_get(rig, RIG_GDT + RIG_TR + 5, 1), 0x89, "no longer busy");
    cr_assert_eq(rig_get(rig, RIG_GDT + RIG_TR2 + 5, 1), 0xeb);
}

Test(task, a_call_nests_and_iret_comes_back)
{
    rig_protect(rig, 0);
    make_task();
    x86_set_flags(cpu, X86_CF);
    cr_assert(x86_far_call(cpu, RIG_TR2, 0, 4, 0x777));
    cr_assert_eq(rig_get(rig, TSS2, 2), RIG_TR);
    cr_assert(cpu->eflags & X86_NT);
    cr_assert_eq(rig_get(rig, RIG_GDT + RIG_TR + 5, 1), 0x8b, "still busy");
    cpu->r[X86_RIP] = 0x888;
    cr_assert(x86_iret(cpu, 4));
    cr_assert_eq(cpu->segment[X86_TR].selector, RIG_TR);
    cr_assert_eq(cpu->r[X86_RIP], 0x777);
    cr_assert_eq(cpu->r[X86_RSP], 0x7000);
    cr_assert_eq(x86_flags(cpu), X86_CF | 2);
    cr_assert_eq(rig_get(rig, TSS2 + 0x20, 4), 0x888);
    cr_assert_eq(rig_get(rig, TSS2 + 0x24, 4) & X86_NT, 0);
    cr_assert_eq(rig_get(rig, RIG_GDT + RIG_TR2 + 5, 1), 0xe9);
}

Test(task, a_task_gate_in_the_idt_brings_the_error_code)
{
    rig_protect(rig, 0);
    make_task();
    rig_idt32(rig, X86_DOUBLE, RIG_TR2, 0, 0x85);
    cr_assert(x86_deliver(cpu, X86_DOUBLE, X86_EVENT_EXCEPTION, true, 0x55, 0x12345));
    cr_assert_eq(cpu->segment[X86_TR].selector, RIG_TR2);
    cr_assert_eq(cpu->r[X86_RSP], 0x5000 - 4);
    cr_assert_eq(frame(0, 4), 0x55);
    cr_assert_eq(rig_get(rig, RIG_TSS + 0x20, 4), 0x12345);
}

Test(task, a_fault_through_a_task_gate_saves_rf_with_the_old_task)
{
    rig_protect(rig, 0);
    make_task();
    rig_idt32(rig, X86_GP, RIG_TR2, 0, 0x85);
    cr_assert(x86_deliver(cpu, X86_GP, X86_EVENT_EXCEPTION, true, 0x55, 0x12345));
    cr_assert_eq(rig_get(rig, RIG_TSS + 0x24, 4), X86_RF | 2);
}

Test(task, the_t_flag_of_a_tss_leaves_a_debug_trap)
{
    rig_protect(rig, 0);
    make_task();
    cr_assert(x86_far_jump(cpu, RIG_TR2, 0, 4, 0x777));
    cr_assert_eq(cpu->traps, 0);
    field(RIG_TSS, 0x64, 2, 1);
    cr_assert(x86_far_jump(cpu, RIG_TR, 0, 4, 0x777));
    cr_assert_eq(cpu->traps, X86_DR6_BT);
}

Test(task, a_16_bit_tss_keeps_words)
{
    rig_protect(rig, 0);
    rig_gdt(rig, RIG_TR2, rig_descriptor(TSS2, 0x2b, 0x81));
    field(TSS2, 0x0e, 2, 0x2345);
    field(TSS2, 0x10, 2, X86_IF);
    field(TSS2, 0x12, 2, 0xaaaa);
    field(TSS2, 0x24, 2, RIG_CODE0);
    field(TSS2, 0x26, 2, RIG_DATA0);
    cr_assert(x86_far_jump(cpu, RIG_TR2, 0, 4, 0x777));
    cr_assert_eq(cpu->r[X86_RIP], 0x2345);
    cr_assert_eq(cpu->r[X86_RAX] & 0xffff, 0xaaaa);
    cr_assert_eq(x86_flags(cpu), X86_IF | 2);
    cr_assert_eq(cpu->segment[X86_DS].selector, 0);
}

Test(task, a_task_can_be_a_virtual_8086_one)
{
    rig_protect(rig, 0);
    make_task();
    field(TSS2, 0x24, 4, X86_VM | X86_IF | 2);
    field(TSS2, 0x20, 4, 0x100);
    field(TSS2, 0x4c, 2, 0x1234);
    cr_assert(x86_far_jump(cpu, RIG_TR2, 0, 4, 0x777));
    cr_assert_eq(cpu->cpl, 3);
    cr_assert_eq(cpu->r[X86_BASE + X86_CS], 0x12340);
}

Test(task, what_is_wrong_with_the_tss_is_the_old_tasks_fault)
{
    static const struct {
        unsigned attributes, limit, vector, error;
    } rows[] = {
        { 0x69, 0x67, X86_NP, RIG_TR2 },
        { 0xe9, 0x66, X86_TS, RIG_TR2 },
        { 0xeb, 0x67, X86_GP, RIG_TR2 },
    };
    for (unsigned i = 0; i < countof(rows); i++) {
        rig_protect(rig, 0);
        make_task();
        rig_gdt(rig, RIG_TR2, rig_descriptor(TSS2, rows[i].limit, rows[i].attributes));
        cr_assert_not(x86_far_jump(cpu, RIG_TR2, 0, 4, 0x777));
        assert_fault(cpu, rows[i].vector, rows[i].error);
        cr_assert_eq(cpu->segment[X86_TR].selector, RIG_TR);
    }
    rig_protect(rig, 0);
    cpu->eflags |= X86_NT;
    field(RIG_TSS, 0, 2, RIG_DATA0);
    cr_assert_not(x86_iret(cpu, 4));
    assert_fault(cpu, X86_TS, RIG_DATA0);
}

Test(task, what_is_wrong_with_its_segments_is_the_new_tasks_fault)
{
    static const struct {
        unsigned offset, selector, vector, error;
    } rows[] = {
        { 0x4c, 0, X86_TS, 0 },
        { 0x4c, RIG_DATA0, X86_TS, RIG_DATA0 },
        { 0x50, RIG_ABSENT, X86_SS_FAULT, RIG_ABSENT },
        { 0x50, RIG_CODE0, X86_TS, RIG_CODE0 },
        { 0x54, RIG_ABSENT, X86_NP, RIG_ABSENT },
        { 0x54, RIG_TR, X86_TS, RIG_TR },
        { 0x60, RIG_DATA0, X86_TS, RIG_DATA0 },
    };
    for (unsigned i = 0; i < countof(rows); i++) {
        rig_protect(rig, 0);
        make_task();
        field(TSS2, 0x4c, 2, RIG_CODE0);
        rig_idt32(rig, rows[i].vector, RIG_TR, 0, 0x85); // the handler is the old task, with its own stack
        field(TSS2, rows[i].offset, 2, rows[i].selector);
        cr_assert(x86_far_jump(cpu, RIG_TR2, 0, 4, 0x777), "the switch itself is done");
        cr_assert_eq(cpu->segment[X86_TR].selector, RIG_TR);
        cr_assert_eq(frame(0, 4), rows[i].error, "row %u", i);
        cr_assert_eq(rig_get(rig, TSS2 + 0x20, 4), TARGET);
        cr_assert_eq(cpu->r[X86_RIP], 0x777);
        field(TSS2, 0x60, 2, 0);
        rig_put(rig, RIG_GDT + RIG_TR + 5, 1, 0x89);
    }
}

Test(task, tasks_that_fault_in_a_ring_shut_down)
{
    rig_protect(rig, 0);
    make_task();
    field(TSS2, 0x4c, 2, RIG_DATA0);
    rig_idt32(rig, X86_TS, RIG_TR2, 0, 0x85);
    rig->ram.readonly = true; // so that no task ever becomes busy
    x86_fault_code(cpu, X86_TS, 0);
    x86_deliver_fault(cpu);
    cr_assert(cpu->shutdown);
    cr_assert_eq(cpu->nested_tasks, 0);
}
