// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Delivery and return: real mode, protected mode, virtual-8086 mode, 64-bit mode; faults during delivery; what is taken
// at a boundary.
#include "vcpu/x86_64/system/interrupt.h"

#include <criterion/criterion.h>

#include "vcpu/x86_64/rig.h"

#define HANDLER   0x00054321u
#define HANDLER64 UINT64_C(0xffff800000054321)

enum { GATE_INTERRUPT = 0x8e, GATE_TRAP = 0x8f, GATE_INTERRUPT16 = 0x86, GATE_TASK = 0x85, GATE_USER = 0x60 };

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

TestSuite(interrupt, .init = setup, .fini = teardown);
TestSuite(iret, .init = setup, .fini = teardown);
TestSuite(take, .init = setup, .fini = teardown);
TestSuite(fault, .init = setup, .fini = teardown);

static bool hardware(uint8_t vector)
{
    return x86_deliver(cpu, vector, X86_EVENT_HARDWARE, false, 0, cpu->r[X86_RIP]);
}

static bool software(uint8_t vector)
{
    return x86_deliver(cpu, vector, X86_EVENT_SOFTWARE, false, 0, cpu->r[X86_RIP] + 2);
}

static bool exception(uint8_t vector, uint32_t error)
{
    return x86_deliver(cpu, vector, X86_EVENT_EXCEPTION, true, error, cpu->r[X86_RIP]);
}

// A word of the current frame.
static uint64_t frame(unsigned index, unsigned size)
{
    return rig_get(rig, cpu->r[X86_BASE + X86_SS] * !(cpu->mode & X86_MODE_64) + cpu->r[X86_RSP] + index * size, size);
}

static void enter_real(void)
{
    x86_set_segment(cpu, X86_CS, 0x1000, 0x10000, 0xffff, 0x9b);
    x86_set_segment(cpu, X86_SS, 0x0800, 0x8000, 0xffff, 0x93);
    cpu->r[X86_RSP] = UINT64_C(0xdead00000100);
    cpu->r[X86_RIP] = 0x234;
    cpu->idt_limit = 0x3ff;
}

static void enter_v86(unsigned iopl)
{
    rig_protect(rig, 0);
    x86_set_flags(cpu, X86_VM | X86_IF | iopl << 12);
    cpu->cpl = 3;
    for (unsigned i = 0; i <= X86_GS; i++)
        x86_set_segment(cpu, (enum x86_segment)i, (uint16_t)(0x100 * (i + 1)), 0x1000 * (i + 1), 0xffff, 0xf3);
    cpu->r[X86_RSP] = 0x500;
    cpu->r[X86_RIP] = 0x77;
}

// --- real mode -------------------------------------------------------------------------------------------------------

Test(interrupt, real_mode_pushes_three_words_and_reads_the_vector_table)
{
    enter_real();
    rig_put(rig, 0x21 * 4, 4, 0xf0001234);
    x86_set_flags(cpu, X86_IF | X86_TF | X86_CF);
    cr_assert(software(0x21));
    cr_assert_eq(cpu->segment[X86_CS].selector, 0xf000);
    cr_assert_eq(cpu->r[X86_BASE + X86_CS], 0xf0000);
    cr_assert_eq(cpu->r[X86_RIP], 0x1234);
    cr_assert_eq(cpu->r[X86_RSP], UINT64_C(0xdead000000fa));
    cr_assert_eq(rig_get(rig, 0x80fa, 2), 0x236);
    cr_assert_eq(rig_get(rig, 0x80fc, 2), 0x1000);
    cr_assert_eq(rig_get(rig, 0x80fe, 2), (X86_IF | X86_TF | X86_CF | 2));
    cr_assert_eq(x86_flags(cpu), X86_CF | 2);
}

Test(interrupt, real_mode_has_no_error_codes)
{
    enter_real();
    cr_assert(exception(X86_GP, 0x10));
    cr_assert_eq(cpu->r[X86_RSP] & 0xffff, 0xfa);
}

Test(interrupt, a_vector_beyond_the_table_is_a_general_protection_fault)
{
    enter_real();
    cpu->idt_limit = 0x82;
    cr_assert_not(software(0x20));
    cr_assert_eq(cpu->fault.vector, X86_GP);
    cr_assert(software(0x1f));
}

// --- protected mode --------------------------------------------------------------------------------------------------

Test(interrupt, the_same_level_keeps_the_stack)
{
    rig_protect(rig, 0);
    rig_idt32(rig, 0x30, RIG_CODE0, HANDLER, GATE_INTERRUPT);
    x86_set_flags(cpu, X86_IF | X86_ZF | X86_NT | X86_TF);
    cr_assert(hardware(0x30));
    cr_assert_eq(cpu->r[X86_RSP], 0x7000 - 12);
    cr_assert_eq(frame(0, 4), 0x12345);
    cr_assert_eq(frame(1, 4), RIG_CODE0);
    cr_assert_eq(frame(2, 4), (X86_IF | X86_ZF | X86_NT | X86_TF | 2));
    cr_assert_eq(x86_flags(cpu), X86_ZF | 2);
    cr_assert_eq(cpu->r[X86_RIP], HANDLER);
}

Test(interrupt, a_trap_gate_leaves_interrupts_on)
{
    rig_protect(rig, 0);
    rig_idt32(rig, 0x30, RIG_CODE0, HANDLER, GATE_TRAP);
    cpu->eflags |= X86_IF;
    cr_assert(hardware(0x30));
    cr_assert(cpu->eflags & X86_IF);
}

Test(interrupt, an_inner_level_gets_its_stack_from_the_tss)
{
    rig_protect(rig, 3);
    rig_idt32(rig, X86_GP, RIG_CODE0, HANDLER, GATE_INTERRUPT);
    cr_assert(exception(X86_GP, 0x1234));
    cr_assert_eq(cpu->cpl, 0);
    cr_assert_eq(cpu->segment[X86_CS].selector, RIG_CODE0);
    cr_assert_eq(cpu->segment[X86_SS].selector, RIG_DATA0);
    cr_assert_eq(cpu->r[X86_RSP], RIG_STACK - 24);
    cr_assert_eq(frame(0, 4), 0x1234);
    cr_assert_eq(frame(1, 4), 0x12345);
    cr_assert_eq(frame(2, 4), RIG_CODE3);
    cr_assert_eq(frame(3, 4), X86_RF | 2, "a fault pushes RF");
    cr_assert_eq(frame(4, 4), 0x7000);
    cr_assert_eq(frame(5, 4), RIG_DATA3);
    cr_assert_eq(cpu->mode & X86_MODE_USER, 0);
}

Test(interrupt, a_16_bit_gate_pushes_words)
{
    rig_protect(rig, 0);
    rig_idt32(rig, 0x30, RIG_CODE0, 0xabcd1234, GATE_INTERRUPT16);
    cr_assert(hardware(0x30));
    cr_assert_eq(cpu->r[X86_RSP], 0x7000 - 6);
    cr_assert_eq(cpu->r[X86_RIP], 0x1234);
}

Test(interrupt, a_conforming_handler_keeps_the_level)
{
    rig_protect(rig, 3);
    rig_gdt(rig, RIG_CONFORMING, rig_descriptor(0, 0xfffff, 0xc9e));
    rig_idt32(rig, 0x30, RIG_CONFORMING, HANDLER, GATE_INTERRUPT);
    cr_assert(hardware(0x30));
    cr_assert_eq(cpu->cpl, 3);
    cr_assert_eq(cpu->segment[X86_CS].selector, RIG_CONFORMING | 3);
    cr_assert_eq(cpu->r[X86_RSP], 0x7000 - 12);
}

Test(interrupt, a_program_needs_the_gates_level)
{
    rig_protect(rig, 3);
    rig_idt32(rig, 0x80, RIG_CODE0, HANDLER, GATE_INTERRUPT);
    cr_assert_not(software(0x80));
    assert_fault(cpu, X86_GP, 0x80 * 8 + 2);
    cr_assert(hardware(0x80));
    teardown();
    setup();
    rig_protect(rig, 3);
    rig_idt32(rig, 0x80, RIG_CODE0, HANDLER, GATE_INTERRUPT | GATE_USER);
    cr_assert(software(0x80));
    cr_assert_eq(frame(0, 4), 0x12347);
}

Test(interrupt, ext_says_that_the_program_did_not_ask)
{
    rig_protect(rig, 3);
    cr_assert_not(hardware(0x30));
    assert_fault(cpu, X86_GP, 0x30 * 8 + 3);
    cr_assert_not(exception(X86_TS, 0));
    assert_fault(cpu, X86_GP, X86_TS * 8 + 3);
    cr_assert_not(software(0x30));
    assert_fault(cpu, X86_GP, 0x30 * 8 + 2);
}

Test(interrupt, every_defect_of_gate_and_code_has_its_error)
{
    static const struct {
        unsigned selector, attributes, vector, error;
    } rows[] = {
        { RIG_CODE0, 0x0e, X86_NP, 0x30 * 8 + 3 }, // gate not present
        { RIG_CODE0, 0x8c, X86_GP, 0x30 * 8 + 3 }, // a call gate
        { 0, GATE_INTERRUPT, X86_GP, 1 },          // null selector
        { 0x1f8, GATE_INTERRUPT, X86_GP, 0x1f9 },  // beyond the GDT
        { RIG_DATA0, GATE_INTERRUPT, X86_GP, RIG_DATA0 | 1 },
        { RIG_CODE3, GATE_INTERRUPT, X86_GP, (RIG_CODE3 & ~3) | 1 }, // an outer level
        { RIG_FREE, GATE_INTERRUPT, X86_NP, RIG_FREE | 1 },
    };
    rig_protect(rig, 0);
    rig_gdt(rig, RIG_FREE, rig_descriptor(0, 0xfffff, 0xc1b)); // code that is not present
    for (unsigned i = 0; i < countof(rows); i++) {
        rig_idt32(rig, 0x30, rows[i].selector, HANDLER, rows[i].attributes);
        cr_assert_not(hardware(0x30));
        assert_fault(cpu, rows[i].vector, rows[i].error);
        cr_assert_eq(cpu->r[X86_RSP], 0x7000);
        cr_assert_eq(cpu->r[X86_RIP], 0x12345);
    }
}

Test(interrupt, an_offset_beyond_the_code_limit_is_refused)
{
    rig_protect(rig, 0);
    rig_idt32(rig, 0x30, RIG_CODE16, 0x10000, GATE_INTERRUPT);
    cr_assert_not(hardware(0x30));
    assert_fault(cpu, X86_GP, 1);
}

Test(interrupt, every_defect_of_the_inner_stack_has_its_error)
{
    rig_protect(rig, 3);
    rig_idt32(rig, 0x30, RIG_CODE0, HANDLER, GATE_INTERRUPT);
    static const struct {
        unsigned ss, vector, error;
    } rows[] = {
        { 0, X86_TS, 1 },
        { 0x1f8, X86_TS, 0x1f9 },
        { RIG_DATA0 | 1, X86_TS, RIG_DATA0 | 1 },         // RPL
        { RIG_DATA3 & ~3, X86_TS, (RIG_DATA3 & ~3) | 1 }, // DPL
        { RIG_CODE0, X86_TS, RIG_CODE0 | 1 },
        { RIG_ABSENT, X86_SS_FAULT, RIG_ABSENT | 1 },
    };
    for (unsigned i = 0; i < countof(rows); i++) {
        rig_put(rig, RIG_TSS + 8, 2, rows[i].ss);
        cr_assert_not(hardware(0x30));
        assert_fault(cpu, rows[i].vector, rows[i].error);
    }
    rig_put(rig, RIG_TSS + 8, 2, RIG_DATA0);
    cpu->segment[X86_TR].limit = 8;
    cr_assert_not(hardware(0x30));
    assert_fault(cpu, X86_TS, RIG_TR | 1);
}

Test(interrupt, a_full_inner_stack_is_a_stack_fault_with_its_selector)
{
    rig_protect(rig, 3);
    rig_idt32(rig, 0x30, RIG_CODE0, HANDLER, GATE_INTERRUPT);
    rig_gdt(rig, RIG_FREE, rig_descriptor(0, 0xfffff, 0xc97)); // expand-down: nothing below its limit
    rig_put(rig, RIG_TSS + 8, 2, RIG_FREE);
    cr_assert_not(hardware(0x30));
    assert_fault(cpu, X86_SS_FAULT, RIG_FREE | 1);
}

// --- virtual-8086 mode -----------------------------------------------------------------------------------------------

Test(interrupt, virtual_8086_mode_pushes_its_segments_and_clears_them)
{
    enter_v86(0);
    rig_idt32(rig, 0x30, RIG_CODE0, HANDLER, GATE_INTERRUPT);
    cr_assert(hardware(0x30));
    cr_assert_eq(cpu->cpl, 0);
    cr_assert_eq(cpu->eflags & X86_VM, 0);
    cr_assert_eq(cpu->r[X86_RSP], RIG_STACK - 36);
    cr_assert_eq(frame(0, 4), 0x77);
    cr_assert_eq(frame(1, 4), 0x200);
    cr_assert_eq(frame(2, 4), (X86_VM | X86_IF | 2));
    cr_assert_eq(frame(3, 4), 0x500);
    cr_assert_eq(frame(4, 4), 0x300);
    cr_assert_eq(frame(5, 4), 0x100, "ES");
    cr_assert_eq(frame(6, 4), 0x400, "DS");
    cr_assert_eq(frame(7, 4), 0x500, "FS");
    cr_assert_eq(frame(8, 4), 0x600, "GS");
    cr_assert_eq(cpu->segment[X86_DS].selector, 0);
    cr_assert_eq(cpu->segment[X86_GS].attributes & X86_ATTR_P, 0);
}

Test(interrupt, int_n_in_virtual_8086_mode_needs_iopl_3)
{
    enter_v86(2);
    rig_idt32(rig, 0x21, RIG_CODE0, HANDLER, GATE_INTERRUPT | GATE_USER);
    cr_assert_not(software(0x21));
    assert_fault(cpu, X86_GP, 0);
    cr_assert(x86_deliver(cpu, 0x21, X86_EVENT_BREAK, false, 0, 0x78), "INT3 does not");
}

Test(interrupt, a_handler_outside_level_0_is_refused_in_virtual_8086_mode)
{
    enter_v86(3);
    rig_idt32(rig, 0x21, RIG_CODE3, HANDLER, GATE_INTERRUPT | GATE_USER);
    cr_assert_not(software(0x21));
    assert_fault(cpu, X86_GP, RIG_CODE3 & ~3);
    rig_idt32(rig, 0x21, RIG_CONFORMING, HANDLER, GATE_INTERRUPT | GATE_USER);
    cr_assert_not(software(0x21));
    assert_fault(cpu, X86_GP, RIG_CONFORMING);
}

// --- 64-bit mode -----------------------------------------------------------------------------------------------------

Test(interrupt, long_mode_always_pushes_the_stack_and_aligns_it)
{
    rig_long(rig, 0);
    cpu->r[X86_RSP] = 0x7009;
    rig_idt64(rig, 0x30, RIG_CODE64, HANDLER64, GATE_INTERRUPT, 0);
    cr_assert(hardware(0x30));
    cr_assert_eq(cpu->r[X86_RIP], HANDLER64);
    cr_assert_eq(cpu->r[X86_RSP], 0x7000 - 40);
    cr_assert_eq(frame(0, 8), 0x12345);
    cr_assert_eq(frame(1, 8), RIG_CODE64);
    cr_assert_eq(frame(3, 8), 0x7009);
    cr_assert_eq(frame(4, 8), RIG_DATA0);
    cr_assert_eq(cpu->segment[X86_SS].selector, RIG_DATA0);
}

Test(interrupt, long_mode_inner_level_has_a_null_stack_segment)
{
    rig_long(rig, 3);
    rig_idt64(rig, X86_PAGE, RIG_CODE64, HANDLER64, GATE_INTERRUPT, 0);
    cr_assert(exception(X86_PAGE, 6));
    cr_assert_eq(cpu->cpl, 0);
    cr_assert_eq(cpu->r[X86_RSP], RIG_STACK - 48);
    cr_assert_eq(frame(0, 8), 6);
    cr_assert_eq(frame(2, 8), RIG_CODE64_3);
    cr_assert_eq(frame(5, 8), RIG_DATA3);
    cr_assert_eq(cpu->segment[X86_SS].selector, 0);
    cr_assert_eq(cpu->vcpu.data, cpu->vcpu.tlb->data[0].entries);
}

Test(interrupt, the_ist_switches_stacks_without_a_change_of_level)
{
    rig_long(rig, 0);
    rig_idt64(rig, 2, RIG_CODE64, HANDLER64, GATE_INTERRUPT, 3);
    rig_put(rig, RIG_TSS + 36 + 2 * 8, 8, 0x9008);
    cr_assert(hardware(2));
    cr_assert_eq(cpu->r[X86_RSP], 0x9000 - 40);
    cr_assert_eq(frame(3, 8), 0x7000);
}

Test(interrupt, long_mode_wants_64_bit_code)
{
    rig_long(rig, 3);
    rig_idt64(rig, 0x30, RIG_CODE0, 0x1000, GATE_INTERRUPT, 0);
    cr_assert_not(hardware(0x30));
    assert_fault(cpu, X86_GP, RIG_CODE0 | 1);
    rig_idt64(rig, 0x30, RIG_CODE64, UINT64_C(0x800000000000), GATE_INTERRUPT, 0);
    cr_assert_not(hardware(0x30));
    assert_fault(cpu, X86_GP, 1);
    rig_idt64(rig, 0x30, RIG_CODE64, 0x1000, GATE_TASK, 0);
    cr_assert_not(hardware(0x30));
    assert_fault(cpu, X86_GP, 0x30 * 8 + 3);
}

Test(interrupt, a_stack_pointer_that_is_not_canonical_is_a_stack_fault)
{
    rig_long(rig, 3);
    rig_idt64(rig, 0x30, RIG_CODE64, HANDLER64, GATE_INTERRUPT, 0);
    rig_put(rig, RIG_TSS + 4, 8, UINT64_C(0x900000000000));
    cr_assert_not(hardware(0x30));
    assert_fault(cpu, X86_SS_FAULT, 1);
}

Test(interrupt, compatibility_mode_enters_a_64_bit_handler)
{
    rig_long(rig, 0);
    cpu->cpl = 3;
    x86_set_segment(cpu, X86_CS, RIG_CODE3, 0, UINT32_MAX, 0xcfb);
    x86_set_segment(cpu, X86_SS, RIG_DATA3, 0, UINT32_MAX, 0xcf3);
    rig_idt64(rig, 0x80, RIG_CODE64, HANDLER64, GATE_INTERRUPT | GATE_USER, 0);
    cr_assert(software(0x80));
    cr_assert(cpu->mode & X86_MODE_64);
    cr_assert_eq(frame(1, 8), RIG_CODE3);
    cr_assert(x86_iret(cpu, 8));
    cr_assert_eq(cpu->mode & (X86_MODE_64 | X86_MODE_32 | X86_MODE_USER), X86_MODE_32 | X86_MODE_USER);
    cr_assert_eq(cpu->r[X86_RIP], 0x12347);
    cr_assert_eq(cpu->r[X86_RSP], 0x7000);
}

// --- IRET ------------------------------------------------------------------------------------------------------------

static void push(unsigned size, uint64_t value)
{
    cr_assert(x86_push(cpu, value, size));
}

Test(iret, real_mode_loads_all_flags_but_vm)
{
    enter_real();
    push(2, X86_IF | X86_IOPL | X86_NT | X86_ZF | 2);
    push(2, 0x2000);
    push(2, 0x55);
    cr_assert(x86_iret(cpu, 2));
    cr_assert_eq(cpu->r[X86_BASE + X86_CS], 0x20000);
    cr_assert_eq(cpu->r[X86_RIP], 0x55);
    cr_assert_eq(x86_flags(cpu), (X86_IF | X86_IOPL | X86_NT | X86_ZF | 2));
    push(4, X86_VM | X86_VIF | X86_ID);
    push(4, 0x2000);
    push(4, 0x10055);
    cr_assert_not(x86_iret(cpu, 4), "beyond the limit");
    cr_assert_eq(cpu->fault.vector, X86_GP);
    rig_put(rig, 0x8000 + (cpu->r[X86_RSP] & 0xffff), 4, 0x66);
    cr_assert(x86_iret(cpu, 4));
    cr_assert_eq(x86_flags(cpu), X86_ID | 2);
}

Test(iret, the_same_level_pops_three)
{
    rig_protect(rig, 0);
    push(4, X86_IF | X86_IOPL | X86_AC | 2);
    push(4, RIG_CODE0);
    push(4, 0x777);
    cr_assert(x86_iret(cpu, 4));
    cr_assert_eq(cpu->r[X86_RSP], 0x7000);
    cr_assert_eq(cpu->r[X86_RIP], 0x777);
    cr_assert_eq(x86_flags(cpu), (X86_IF | X86_IOPL | X86_AC | 2));
}

static void push_outer(unsigned flags)
{
    push(4, RIG_DATA3);
    push(4, 0x6000);
    push(4, flags);
    push(4, RIG_CODE3);
    push(4, 0x777);
}

Test(iret, an_outer_level_pops_the_stack_and_drops_inner_segments)
{
    rig_protect(rig, 0);
    cr_assert(x86_load_segment(cpu, X86_ES, RIG_DATA3));
    cr_assert(x86_load_segment(cpu, X86_FS, RIG_CONFORMING));
    push_outer(X86_IF | 2);
    cr_assert(x86_iret(cpu, 4));
    cr_assert_eq(cpu->cpl, 3);
    cr_assert_eq(cpu->segment[X86_CS].selector, RIG_CODE3);
    cr_assert_eq(cpu->segment[X86_SS].selector, RIG_DATA3);
    cr_assert_eq(cpu->r[X86_RSP], 0x6000);
    cr_assert_eq(cpu->segment[X86_DS].selector, 0);
    cr_assert_eq(cpu->segment[X86_ES].selector, RIG_DATA3);
    cr_assert_eq(cpu->segment[X86_FS].selector, RIG_CONFORMING);
    cr_assert(cpu->mode & X86_MODE_USER);
}

Test(iret, a_dropped_segment_keeps_its_base) // SDM vol. 2, IRET: only the selector becomes null
{
    const uint64_t words[] = { 0x777, RIG_CODE64_3, 2, 0x6000, RIG_DATA3 };
    rig_long(rig, 0);
    cr_assert(x86_load_segment(cpu, X86_FS, RIG_DATA0));
    cpu->r[X86_BASE + X86_FS] = 0x123456000;
    cpu->r[X86_RSP] = 0x5000;
    for (unsigned i = 0; i < countof(words); i++)
        rig_put(rig, 0x5000 + 8 * i, 8, words[i]);
    cr_assert(x86_iret(cpu, 8));
    cr_assert_eq(cpu->segment[X86_FS].selector, 0);
    cr_assert_eq(cpu->segment[X86_FS].attributes & X86_ATTR_P, 0);
    cr_assert_eq(cpu->r[X86_BASE + X86_FS], 0x123456000);
}

Test(iret, level_3_can_change_neither_if_nor_iopl)
{
    rig_protect(rig, 3);
    x86_set_flags(cpu, X86_IF);
    push(4, X86_IOPL | X86_CF | X86_VIF | 2);
    push(4, RIG_CODE3);
    push(4, 0x777);
    cr_assert(x86_iret(cpu, 4));
    cr_assert_eq(x86_flags(cpu), X86_IF | X86_CF | 2);
}

Test(iret, a_bad_return_address_changes_nothing)
{
    static const struct {
        unsigned cs, vector, error;
    } rows[] = {
        { 0, X86_GP, 0 },
        { 3, X86_GP, 0 },
        { 0x1f8, X86_GP, 0x1f8 },
        { RIG_DATA0, X86_GP, RIG_DATA0 },
        { RIG_CODE3 & ~3, X86_GP, RIG_CODE3 & ~3 },
        { RIG_CODE0 | 3, X86_GP, RIG_CODE0 },
        { RIG_FREE, X86_NP, RIG_FREE },
    };
    rig_protect(rig, 0);
    rig_gdt(rig, RIG_FREE, rig_descriptor(0, 0xfffff, 0xc1b));
    for (unsigned i = 0; i < countof(rows); i++) {
        push_outer(2);
        rig_put(rig, cpu->r[X86_RSP] + 4, 4, rows[i].cs);
        uint64_t sp = cpu->r[X86_RSP];
        cr_assert_not(x86_iret(cpu, 4));
        assert_fault(cpu, rows[i].vector, rows[i].error);
        cr_assert_eq(cpu->r[X86_RSP], sp);
        cr_assert_eq(cpu->cpl, 0);
    }
}

Test(iret, a_bad_outer_stack_changes_nothing)
{
    static const struct {
        unsigned ss, vector, error;
    } rows[] = {
        { 0, X86_GP, 0 },
        { RIG_DATA0 | 3, X86_GP, RIG_DATA0 },
        { RIG_DATA3 & ~3, X86_GP, RIG_DATA3 & ~3 },
        { RIG_CODE3, X86_GP, RIG_CODE3 & ~3 },
        { RIG_FREE | 3, X86_SS_FAULT, RIG_FREE },
    };
    rig_protect(rig, 0);
    rig_gdt(rig, RIG_FREE, rig_descriptor(0, 0xfffff, 0xc73));
    for (unsigned i = 0; i < countof(rows); i++) {
        push_outer(2);
        rig_put(rig, cpu->r[X86_RSP] + 16, 4, rows[i].ss);
        cr_assert_not(x86_iret(cpu, 4));
        assert_fault(cpu, rows[i].vector, rows[i].error);
        cr_assert_eq(cpu->segment[X86_CS].selector, RIG_CODE0);
    }
}

Test(iret, virtual_8086_mode_is_entered_from_level_0)
{
    rig_protect(rig, 0);
    static const unsigned words[] = {
        0x6666, 0x5555, 0x4444, 0x1111, 0x3333, 0x500, X86_VM | X86_IF | 2, 0x2222, 0x99
    };
    for (unsigned i = 0; i < countof(words); i++)
        push(4, words[i]);
    cr_assert(x86_iret(cpu, 4));
    cr_assert(cpu->eflags & X86_VM);
    cr_assert_eq(cpu->cpl, 3);
    cr_assert_eq(cpu->r[X86_BASE + X86_CS], 0x22220);
    cr_assert_eq(cpu->r[X86_BASE + X86_SS], 0x33330);
    cr_assert_eq(cpu->r[X86_BASE + X86_GS], 0x66660);
    cr_assert_eq(cpu->segment[X86_DS].limit, 0xffff);
    cr_assert_eq(cpu->r[X86_RSP], 0x500);
    cr_assert_eq(cpu->mode, X86_MODE_USER);
}

Test(iret, virtual_8086_mode_needs_iopl_3_and_keeps_it)
{
    enter_v86(0);
    cr_assert_not(x86_iret(cpu, 2));
    assert_fault(cpu, X86_GP, 0);
    enter_v86(3);
    push(2, X86_CF);
    push(2, 0x123);
    push(2, 0x88);
    cr_assert(x86_iret(cpu, 2));
    cr_assert_eq(x86_flags(cpu), (X86_VM | X86_IOPL | X86_CF | 2));
    cr_assert_eq(cpu->r[X86_BASE + X86_CS], 0x1230);
}

static void push_long(uint64_t ss, uint64_t sp, uint64_t cs, uint64_t ip)
{
    push(8, ss);
    push(8, sp);
    push(8, X86_IF | 2);
    push(8, cs);
    push(8, ip);
}

Test(iret, long_mode_always_pops_the_stack)
{
    rig_long(rig, 0);
    push_long(0, UINT64_C(0xffff880000001238), RIG_CODE64, HANDLER64);
    cr_assert(x86_iret(cpu, 8));
    cr_assert_eq(cpu->r[X86_RSP], UINT64_C(0xffff880000001238));
    cr_assert_eq(cpu->r[X86_RIP], HANDLER64);
    cr_assert_eq(cpu->segment[X86_SS].selector, 0);
}

Test(iret, a_null_stack_segment_is_no_good_for_level_3)
{
    rig_long(rig, 0);
    push_long(3, 0x6000, RIG_CODE64_3, 0x1000);
    cr_assert_not(x86_iret(cpu, 8));
    assert_fault(cpu, X86_GP, 0);
}

Test(iret, long_mode_returns_to_64_and_to_32_bit_programs)
{
    rig_long(rig, 0);
    push_long(RIG_DATA3, UINT64_C(0x7fffffffe000), RIG_CODE64_3, UINT64_C(0x555555554000));
    cr_assert(x86_iret(cpu, 8));
    cr_assert_eq(cpu->mode, X86_MODE_64 | X86_MODE_USER);
    cr_assert_eq(cpu->r[X86_RIP], UINT64_C(0x555555554000));
    cr_assert_eq(cpu->r[X86_RSP], UINT64_C(0x7fffffffe000));
    rig_long(rig, 0);
    push_long(RIG_DATA3, UINT64_C(0x1ffffe000), RIG_CODE3, 0x8048000);
    cr_assert(x86_iret(cpu, 8));
    cr_assert_eq(cpu->mode & (X86_MODE_64 | X86_MODE_32 | X86_MODE_STACK32), X86_MODE_32 | X86_MODE_STACK32);
    cr_assert_eq(cpu->r[X86_RSP], 0xffffe000);
}

Test(iret, long_mode_refuses_addresses_that_are_not_canonical_and_nt)
{
    rig_long(rig, 0);
    push_long(RIG_DATA3, 0, RIG_CODE64_3, UINT64_C(0x800000000000));
    cr_assert_not(x86_iret(cpu, 8));
    assert_fault(cpu, X86_GP, 0);
    cpu->eflags |= X86_NT;
    cr_assert_not(x86_iret(cpu, 8));
    assert_fault(cpu, X86_GP, 0);
}

Test(iret, rf_lasts_for_one_instruction)
{
    rig_protect(rig, 0);
    rig_idt32(rig, 0x30, RIG_CODE0, HANDLER, GATE_TRAP);
    push(4, X86_RF | 2);
    push(4, RIG_CODE0);
    push(4, 0x777);
    cr_assert(x86_iret(cpu, 4));
    cpu->vcpu.goal++; // IRET has been executed
    cr_assert(hardware(0x30));
    cr_assert_eq(frame(2, 4), X86_RF | 2);
    cr_assert(x86_iret(cpu, 4));
    cpu->vcpu.goal += 2;
    cr_assert(hardware(0x30));
    cr_assert_eq(frame(2, 4), 2);
}

Test(iret, nmis_are_open_again_even_if_it_faults)
{
    rig_protect(rig, 0);
    cpu->nmi_blocked = true;
    cr_assert_not(x86_iret(cpu, 4));
    cr_assert_not(cpu->nmi_blocked);
}

// --- faults while delivering -----------------------------------------------------------------------------------------

static void page_fault_at(uint64_t address)
{
    cpu->fault = (struct x86_fault){ .vector = X86_PAGE, .has_error = true, .error = 2, .address = address };
}

Test(fault, a_page_fault_loads_cr2)
{
    rig_protect(rig, 0);
    rig_idt32(rig, X86_PAGE, RIG_CODE0, HANDLER, GATE_INTERRUPT);
    page_fault_at(0xdeadbeef);
    x86_deliver_fault(cpu);
    cr_assert_eq(cpu->cr2, 0xdeadbeef);
    cr_assert_eq(cpu->r[X86_RIP], HANDLER);
    cr_assert_eq(frame(0, 4), 2);
}

Test(fault, a_benign_exception_gives_way_to_the_second)
{
    rig_protect(rig, 0);
    rig_idt32(rig, X86_GP, RIG_CODE0, HANDLER, GATE_INTERRUPT);
    x86_fault(cpu, X86_UD); // which has no gate
    x86_deliver_fault(cpu);
    cr_assert_eq(cpu->r[X86_RIP], HANDLER);
    cr_assert_eq(frame(0, 4), X86_UD * 8 + 3);
}

Test(fault, two_contributory_ones_make_a_double_fault)
{
    rig_protect(rig, 0);
    rig_idt32(rig, X86_DOUBLE, RIG_CODE0, HANDLER, GATE_INTERRUPT);
    x86_fault(cpu, X86_DE);
    x86_deliver_fault(cpu);
    cr_assert_eq(cpu->r[X86_RIP], HANDLER);
    cr_assert_eq(frame(0, 4), 0);
    cr_assert_eq(frame(1, 4), 0x12345);
}

Test(fault, a_page_fault_and_a_contributory_one_make_a_double_fault)
{
    rig_protect(rig, 0);
    rig_idt32(rig, X86_DOUBLE, RIG_CODE0, HANDLER, GATE_INTERRUPT);
    page_fault_at(0x1000);
    x86_deliver_fault(cpu);
    cr_assert_eq(cpu->r[X86_RIP], HANDLER);
}

Test(fault, a_contributory_one_and_a_page_fault_are_handled_in_turn)
{
    rig_long(rig, 0);
    rig_put(rig, RIG_TABLES + 0x2000 + 8, 8, 0); // 2-4 MiB are not mapped
    rig_put(rig, RIG_TSS + 36, 8, 0x300000);
    rig_idt64(rig, X86_GP, RIG_CODE64, HANDLER64, GATE_INTERRUPT, 1);
    rig_idt64(rig, X86_PAGE, RIG_CODE64, HANDLER64 + 1, GATE_INTERRUPT, 0);
    x86_fault_code(cpu, X86_GP, 0);
    x86_deliver_fault(cpu);
    cr_assert_eq(cpu->r[X86_RIP], HANDLER64 + 1);
    cr_assert_eq(cpu->cr2, 0x300000 - 8);
    cr_assert_eq(frame(0, 8), 2);
}

Test(fault, two_page_faults_make_a_double_fault)
{
    rig_long(rig, 0);
    rig_put(rig, RIG_TABLES + 0x2000 + 8, 8, 0);
    rig_put(rig, RIG_TSS + 36, 8, 0x300000);
    rig_idt64(rig, X86_PAGE, RIG_CODE64, HANDLER64, GATE_INTERRUPT, 1);
    rig_idt64(rig, X86_DOUBLE, RIG_CODE64, HANDLER64 + 8, GATE_INTERRUPT, 0);
    page_fault_at(0x1234);
    x86_deliver_fault(cpu);
    cr_assert_eq(cpu->r[X86_RIP], HANDLER64 + 8);
}

Test(fault, a_third_fault_shuts_down_and_asks_for_a_reset)
{
    rig_protect(rig, 0);
    x86_fault(cpu, X86_DE);
    x86_deliver_fault(cpu);
    cr_assert(cpu->shutdown);
    cr_assert_eq(cpu->vcpu.state, VCPU_STOPPED);
    cr_assert_eq(rig->loop.stop, LOOP_RESET);
}

Test(fault, real_mode_shuts_down_without_a_table)
{
    enter_real();
    cpu->idt_limit = 0;
    x86_fault(cpu, X86_UD);
    x86_deliver_fault(cpu);
    cr_assert(cpu->shutdown);
}

// SDM vol. 3, 17.3.1.1. The frame has an error code below it where there is one.
Test(fault, faults_push_rf_and_nothing_else_does)
{
    static const struct {
        uint8_t vector;
        bool has_error, keeps_rf, pushed;
    } rows[] = {
        { X86_DE, false, false, true },      { X86_DB, false, false, true }, // general detect
        { X86_DB, false, true, false },                                      // traps, instruction breakpoints
        { X86_BR, false, false, true },      { X86_UD, false, false, true },  { X86_NM, false, false, true },
        { X86_TS, true, false, true },       { X86_NP, true, false, true },   { X86_SS_FAULT, true, false, true },
        { X86_GP, true, false, true },       { X86_PAGE, true, false, true }, { X86_MF, false, false, true },
        { X86_AC_FAULT, true, false, true }, { X86_XM, false, false, true },  { X86_DOUBLE, true, false, false },
    };
    for (unsigned i = 0; i < countof(rows); i++) {
        rig_protect(rig, 0);
        rig_idt32(rig, rows[i].vector, RIG_CODE0, HANDLER, GATE_INTERRUPT);
        cpu->fault = (struct x86_fault){ .vector = rows[i].vector,
                                         .has_error = rows[i].has_error,
                                         .keeps_rf = rows[i].keeps_rf };
        x86_deliver_fault(cpu);
        cr_assert_eq(cpu->r[X86_RIP], HANDLER);
        cr_assert_eq(!!(frame(rows[i].has_error ? 3 : 2, 4) & X86_RF), rows[i].pushed, "vector %u", rows[i].vector);
    }
}

Test(fault, general_detect_pushes_rf)
{
    uint64_t value;
    rig_protect(rig, 0);
    rig_idt32(rig, X86_DB, RIG_CODE0, HANDLER, GATE_INTERRUPT);
    cr_assert(x86_write_dr(cpu, 7, BIT32(13)));
    cr_assert_not(x86_read_dr(cpu, 0, &value));
    x86_deliver_fault(cpu);
    cr_assert_eq(frame(2, 4), X86_RF | 2);
}

Test(fault, a_debug_exception_clears_general_detect)
{
    rig_protect(rig, 0);
    rig_idt32(rig, X86_DB, RIG_CODE0, HANDLER, GATE_INTERRUPT);
    cr_assert(x86_write_dr(cpu, 7, BIT32(13)));
    uint64_t value;
    cr_assert_not(x86_read_dr(cpu, 0, &value));
    x86_deliver_fault(cpu);
    cr_assert_eq(cpu->r[X86_RIP], HANDLER);
    cr_assert(x86_read_dr(cpu, 6, &value));
    cr_assert(value & BIT32(13));
}

// --- what a boundary takes -------------------------------------------------------------------------------------------

static void raise_pending(uint32_t pending)
{
    vcpu_signal(&rig->loop, 0, cpu->vcpu.pending | pending);
}

static void ready(void)
{
    rig_protect(rig, 0);
    for (unsigned i = 0; i < 256; i++)
        rig_idt32(rig, i, RIG_CODE0, HANDLER + i, GATE_INTERRUPT);
    cpu->eflags |= X86_IF;
    rig->vector = 0x40;
}

Test(take, an_interrupt_is_acknowledged_and_delivered)
{
    ready();
    raise_pending(PENDING_INTR);
    cr_assert(x86_can_take(&cpu->vcpu));
    cr_assert(x86_take_interrupt(&cpu->vcpu));
    cr_assert_eq(cpu->r[X86_RIP], HANDLER + 0x40);
    cr_assert_eq(rig->acknowledged, PENDING_INTR);
}

Test(take, if_holds_interrupts_back)
{
    ready();
    cpu->eflags &= ~(uint64_t)X86_IF;
    raise_pending(PENDING_INTR);
    cr_assert_not(x86_can_take(&cpu->vcpu));
    cr_assert_not(x86_take_interrupt(&cpu->vcpu));
    cr_assert_eq(rig->acknowledged, 0);
}

Test(take, the_shadow_of_sti_holds_interrupts_and_nmis)
{
    ready();
    raise_pending(PENDING_INTR);
    cpu->shadow = vcpu_executed(&cpu->vcpu);
    cr_assert_not(x86_can_take(&cpu->vcpu));
    raise_pending(PENDING_NMI);
    cr_assert_not(x86_can_take(&cpu->vcpu));
    cpu->vcpu.goal++;
    cr_assert(x86_can_take(&cpu->vcpu));
}

Test(take, the_shadow_of_mov_ss_holds_both_for_one_instruction)
{
    ready();
    raise_pending(PENDING_INTR | PENDING_NMI);
    cpu->shadow_ss = vcpu_executed(&cpu->vcpu);
    cr_assert_not(x86_can_take(&cpu->vcpu));
    cpu->vcpu.goal++;
    cr_assert(x86_can_take(&cpu->vcpu));
}

Test(take, a_stale_interrupt_changes_nothing)
{
    ready();
    rig->vector = -1;
    raise_pending(PENDING_INTR);
    cr_assert_not(x86_take_interrupt(&cpu->vcpu));
    cr_assert_eq(cpu->r[X86_RIP], 0x12345);
    cr_assert_eq(cpu->eflags & X86_IF, X86_IF);
}

Test(take, an_nmi_blocks_the_next_until_iret)
{
    ready();
    raise_pending(PENDING_NMI | PENDING_INTR);
    cr_assert(x86_take_interrupt(&cpu->vcpu));
    cr_assert_eq(cpu->r[X86_RIP], HANDLER + 2, "before the interrupt");
    raise_pending(PENDING_NMI);
    cr_assert_not(x86_can_take(&cpu->vcpu));
    cr_assert(x86_iret(cpu, 4));
    cr_assert(x86_can_take(&cpu->vcpu));
}

Test(take, an_interrupt_wakes_a_halted_cpu)
{
    ready();
    vcpu_set_state(&cpu->vcpu, VCPU_HALTED);
    raise_pending(PENDING_INTR);
    cr_assert(x86_take_interrupt(&cpu->vcpu));
    cr_assert_eq(cpu->vcpu.state, VCPU_RUNNING);
}

Test(take, init_restarts_the_bootstrap_cpu)
{
    ready();
    cpu->xmm[3].q[0] = 77;
    raise_pending(PENDING_INIT | PENDING_NMI | PENDING_INTR);
    cr_assert(x86_take_interrupt(&cpu->vcpu));
    cr_assert_eq(rig->acknowledged, PENDING_INIT);
    cr_assert_eq(cpu->r[X86_BASE + X86_CS] + cpu->r[X86_RIP], 0xfffffff0);
    cr_assert_eq(cpu->cr0 & X86_CR0_PE, 0);
    cr_assert_eq(cpu->xmm[3].q[0], 77);
    cr_assert_eq(cpu->vcpu.state, VCPU_RUNNING);
}

Test(take, another_cpu_waits_for_its_start)
{
    ready();
    cpu->bootstrap = false;
    raise_pending(PENDING_INIT);
    cr_assert(x86_take_interrupt(&cpu->vcpu));
    cr_assert_eq(cpu->vcpu.state, VCPU_STOPPED);
    raise_pending(PENDING_INTR | PENDING_NMI);
    cr_assert_not(x86_can_take(&cpu->vcpu));
    rig->vector = 0x9a;
    raise_pending(PENDING_SIPI);
    cr_assert(x86_take_interrupt(&cpu->vcpu));
    cr_assert_eq(cpu->vcpu.state, VCPU_RUNNING);
    cr_assert_eq(cpu->segment[X86_CS].selector, 0x9a00);
    cr_assert_eq(cpu->r[X86_BASE + X86_CS], 0x9a000);
    cr_assert_eq(cpu->r[X86_RIP], 0);
}

Test(take, an_nmi_between_init_and_sipi_is_taken_after_the_start)
{
    ready();
    cpu->bootstrap = false;
    raise_pending(PENDING_INIT);
    cr_assert(x86_take_interrupt(&cpu->vcpu));
    raise_pending(PENDING_NMI);
    cr_assert_not(x86_can_take(&cpu->vcpu));
    rig->vector = 0x08;
    raise_pending(PENDING_SIPI);
    cr_assert(x86_take_interrupt(&cpu->vcpu));
    cr_assert_eq(cpu->r[X86_BASE + X86_CS], 0x8000);
    rig_put(rig, 2 * 4, 4, 0x01000020); // its interrupt table
    cr_assert(x86_take_interrupt(&cpu->vcpu));
    cr_assert_eq(cpu->r[X86_BASE + X86_CS] + cpu->r[X86_RIP], 0x1020);
}

Test(take, an_init_comes_before_a_start_that_waits_too)
{
    ready();
    cpu->bootstrap = false;
    raise_pending(PENDING_INIT | PENDING_SIPI);
    cr_assert(x86_take_interrupt(&cpu->vcpu));
    cr_assert_eq(rig->acknowledged, PENDING_INIT);
    cr_assert_eq(cpu->vcpu.state, VCPU_STOPPED);
}

Test(take, a_start_that_nobody_waits_for_is_dropped_and_counted)
{
    ready();
    raise_pending(PENDING_SIPI);
    cr_assert(x86_can_take(&cpu->vcpu));
    cr_assert_not(x86_take_interrupt(&cpu->vcpu));
    cr_assert_eq(rig->acknowledged, PENDING_SIPI);
    cr_assert_eq(cpu->r[X86_RIP], 0x12345);
    cr_assert_eq(cpu->mistakes[X86_MISTAKE_SIPI], 1);
}

Test(take, an_smi_is_counted)
{
    ready();
    raise_pending(PENDING_SMI);
    x86_take_interrupt(&cpu->vcpu);
    cr_assert_eq(rig->acknowledged, PENDING_SMI);
    cr_assert_eq(cpu->mistakes[X86_MISTAKE_SMI], 1);
    cr_assert_not(x86_can_take(&cpu->vcpu));
}

Test(take, a_fault_in_delivery_is_delivered_instead)
{
    ready();
    rig_idt32(rig, 0x40, RIG_DATA0, HANDLER, GATE_INTERRUPT);
    raise_pending(PENDING_INTR);
    cr_assert(x86_take_interrupt(&cpu->vcpu));
    cr_assert_eq(cpu->r[X86_RIP], HANDLER + X86_GP);
    cr_assert_eq(frame(0, 4), RIG_DATA0 | 1);
}
