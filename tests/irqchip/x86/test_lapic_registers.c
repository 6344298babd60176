// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Registers of the local APIC: every row of the table in both modes, IA32_APIC_BASE, the error status register.
#include <string.h>

#include "test_lapic.h"

static const struct lapic_register *row_of(uint32_t offset)
{
    for (unsigned i = 0; i < lapic_register_count; i++) {
        const struct reg *reg = &lapic_registers[i].reg;
        if (offset >= reg->offset && offset < reg->offset + 16 * (reg->count ? reg->count : 1))
            return &lapic_registers[i];
    }
    return NULL;
}

// Rows whose value after a write is not the value written.
static bool plain(const struct reg *reg)
{
    return reg->mask && reg->read && reg->offset != LAPIC_DFR;
}

// --- The table ------------------------------------------------------------------------------------------------------

Test(lapic_registers, the_table_is_sorted_and_complete)
{
    static const char *const names[] = {
        "ID",        "VERSION",   "TPR",           "APR",           "PPR",         "EOI",      "RRD",
        "LDR",       "DFR",       "SVR",           "ISR",           "TMR",         "IRR",      "ESR",
        "LVT_CMCI",  "ICR",       "ICR_HIGH",      "LVT_TIMER",     "LVT_THERMAL", "LVT_PMC",  "LVT_LINT0",
        "LVT_LINT1", "LVT_ERROR", "INITIAL_COUNT", "CURRENT_COUNT", "DIVIDE",      "SELF_IPI",
    };
    cr_assert_eq(lapic_register_count, countof(names));
    for (unsigned i = 0; i < lapic_register_count; i++) {
        cr_assert_str_eq(lapic_registers[i].reg.name, names[i]);
        cr_assert(i == 0 || lapic_registers[i].reg.offset > lapic_registers[i - 1].reg.offset);
        cr_assert_eq(lapic_registers[i].reg.offset % 16, 0);
        bool readable = lapic_registers[i].access & (LAPIC_XAPIC_READ | LAPIC_X2APIC_READ);
        cr_assert_eq(lapic_registers[i].reg.peek, readable, "no read has an effect");
    }
}

Test(lapic_registers, reset_gives_every_register_its_value)
{
    struct bench b = bench_reset(5, false);
    for (unsigned i = 0; i < lapic_register_count; i++) {
        const struct lapic_register *row = &lapic_registers[i];
        for (unsigned k = 0; k < (row->reg.count ? row->reg.count : 1); k++) {
            uint64_t expected = row->reg.offset == LAPIC_ID ? 0x05000000 : row->reg.reset;
            if (row->access & LAPIC_XAPIC_READ)
                cr_assert_eq(get(&b, row->reg.offset + k * 16), expected, "%s", row->reg.name);
        }
    }
}

Test(lapic_registers, xapic_writes_change_the_bits_of_the_mask_alone)
{
    for (unsigned i = 0; i < lapic_register_count; i++) {
        const struct reg *reg = &lapic_registers[i].reg;
        struct bench b = bench_enabled();
        if (!plain(reg) || !(lapic_registers[i].access & LAPIC_XAPIC_WRITE))
            continue;
        put(&b, reg->offset, 0xffffffff);
        cr_assert_eq(get(&b, reg->offset), reg->mask, "%s", reg->name);
        put(&b, reg->offset, 0);
        cr_assert_eq(get(&b, reg->offset), 0, "%s", reg->name);
    }
}

Test(lapic_registers, dfr_keeps_its_low_bits_set)
{
    struct bench b = bench_enabled();
    put(&b, LAPIC_DFR, 0);
    cr_assert_eq(get(&b, LAPIC_DFR), 0x0fffffff);
    put(&b, LAPIC_DFR, 0xf0000000);
    cr_assert_eq(get(&b, LAPIC_DFR), 0xffffffff);
}

Test(lapic_registers, read_only_registers_keep_their_value_and_the_write_is_counted)
{
    for (unsigned i = 0; i < lapic_register_count; i++) {
        const struct lapic_register *row = &lapic_registers[i];
        struct bench b = bench_enabled();
        if (row->access & LAPIC_XAPIC_WRITE || !(row->access & LAPIC_XAPIC_READ))
            continue;
        uint32_t before = get(&b, row->reg.offset);
        put(&b, row->reg.offset, ~before);
        cr_assert_eq(b.lapic.mistakes[LAPIC_MISTAKE_READONLY], 1, "%s", row->reg.name);
        cr_assert_eq(get(&b, row->reg.offset), before, "%s", row->reg.name);
    }
}

Test(lapic_registers, lvt_entries_stay_masked_while_software_disabled)
{
    struct bench b = bench_reset(0, true);
    for (uint32_t offset = LAPIC_LVT_TIMER; offset <= LAPIC_LVT_ERROR; offset += 16) {
        put(&b, offset, 0x40);
        cr_assert_eq(get(&b, offset), 0x10040);
    }
    put(&b, LAPIC_SVR, 0x1ff);
    put(&b, LAPIC_LVT_LINT0, 0x700);
    put(&b, LAPIC_LVT_CMCI, 0x40);
    put(&b, LAPIC_SVR, 0xff);
    cr_assert_eq(get(&b, LAPIC_LVT_LINT0), 0x10700);
    cr_assert_eq(get(&b, LAPIC_LVT_CMCI), 0x10040);
    put(&b, LAPIC_SVR, 0x1ff);
    cr_assert_eq(get(&b, LAPIC_LVT_LINT0), 0x10700, "enabling does not unmask");
}

Test(lapic_registers, version_tells_seven_entries_and_broadcast_suppression)
{
    struct bench b = bench_enabled();
    cr_assert_eq(get(&b, LAPIC_VERSION_REGISTER), 0x01060015);
}

// --- Widths, reserved addresses -------------------------------------------------------------------------------------

Test(lapic_registers, narrow_reads_give_bytes_and_the_gap_reads_zero)
{
    struct bench b = bench_enabled();
    uint64_t value;
    lapic_read(&b.lapic, LAPIC_VERSION_REGISTER + 2, 1, &value, 0, &b.effect);
    cr_assert_eq(value, 0x06);
    lapic_read(&b.lapic, LAPIC_VERSION_REGISTER + 2, 2, &value, 0, &b.effect);
    cr_assert_eq(value, 0x0106);
    lapic_read(&b.lapic, LAPIC_VERSION_REGISTER, 8, &value, 0, &b.effect);
    cr_assert_eq(value, 0x01060015);
    lapic_read(&b.lapic, LAPIC_VERSION_REGISTER + 4, 4, &value, 0, &b.effect);
    cr_assert_eq(value, 0);
    cr_assert_eq(b.lapic.mistakes[LAPIC_MISTAKE_WIDTH], 4);
}

Test(lapic_registers, writes_that_are_no_aligned_doubleword_are_dropped)
{
    static const struct {
        uint32_t offset;
        unsigned size;
    } accesses[] = { { 0x80, 1 }, { 0x80, 2 }, { 0x80, 8 }, { 0x81, 4 }, { 0x84, 4 }, { 0x8c, 4 } };
    struct bench b = bench_enabled();
    for (unsigned i = 0; i < countof(accesses); i++) {
        lapic_write(&b.lapic, accesses[i].offset, accesses[i].size, 0x50, 0, &b.effect);
        cr_assert_eq(b.lapic.mistakes[LAPIC_MISTAKE_WIDTH], i + 1);
        cr_assert_eq(get(&b, LAPIC_TPR), 0);
    }
}

Test(lapic_registers, every_reserved_address_of_the_page_is_an_illegal_register)
{
    for (uint32_t offset = 0; offset < 0x1000; offset += 16) {
        const struct lapic_register *row = row_of(offset);
        bool reserved = !row || !(row->access & (LAPIC_XAPIC_READ | LAPIC_XAPIC_WRITE));
        struct bench b = bench_enabled();
        cr_assert(get(&b, offset) == 0 || !reserved, "%x", offset);
        put(&b, LAPIC_ESR, 0);
        cr_assert_eq(get(&b, LAPIC_ESR), reserved ? LAPIC_ERROR_REGISTER : 0, "read of %x", offset);
        if (!reserved)
            continue;
        put(&b, offset, 1);
        put(&b, LAPIC_ESR, 0);
        cr_assert_eq(get(&b, LAPIC_ESR), LAPIC_ERROR_REGISTER, "write of %x", offset);
    }
}

Test(lapic_registers, the_self_ipi_register_is_not_there_in_xapic_mode)
{
    struct bench b = bench_enabled();
    put(&b, LAPIC_SELF_IPI, 0x40);
    cr_assert(!(b.effect.flags & LAPIC_SENDS));
    put(&b, LAPIC_ESR, 0);
    cr_assert_eq(get(&b, LAPIC_ESR), LAPIC_ERROR_REGISTER);
}

Test(lapic_registers, reading_eoi_gives_zero_and_is_counted)
{
    struct bench b = bench_enabled();
    cr_assert_eq(get(&b, LAPIC_EOI), 0);
    cr_assert_eq(b.lapic.mistakes[LAPIC_MISTAKE_READONLY], 1);
}

// --- x2APIC (SDM, "x2APIC Register Address Space", "Reserved Bit Checking") -----------------------------------------

Test(lapic_registers, msrs_of_the_x2apic_fault_in_xapic_mode_and_when_disabled)
{
    struct bench b = bench_enabled();
    for (uint32_t msr = LAPIC_MSR_FIRST; msr <= LAPIC_MSR_LAST; msr++) {
        get_msr(&b, msr);
        cr_assert_eq(b.result, PORT_FAULT);
        cr_assert_eq(put_msr(&b, msr, 0), PORT_FAULT);
    }
    cr_assert_eq(b.lapic.mistakes[LAPIC_MISTAKE_MODE], 2 * (LAPIC_MSR_LAST - LAPIC_MSR_FIRST + 1));
    put_msr(&b, LAPIC_MSR_BASE, LAPIC_DEFAULT_BASE);
    cr_assert_eq(put_msr(&b, msr_of(LAPIC_TPR), 0), PORT_FAULT);
}

Test(lapic_registers, each_msr_of_the_x2apic_can_be_read_and_written_as_the_table_says)
{
    for (uint32_t msr = LAPIC_MSR_FIRST; msr <= LAPIC_MSR_LAST; msr++) {
        const struct lapic_register *row = row_of((msr - LAPIC_MSR_FIRST) * 16);
        struct bench b = bench_x2apic(1);
        get_msr(&b, msr);
        cr_assert_eq(b.result, row && row->access & LAPIC_X2APIC_READ ? PORT_DONE : PORT_FAULT, "read %x", msr);
        put_msr(&b, msr, msr == msr_of(LAPIC_SELF_IPI) ? 0x40 : 0);
        cr_assert_eq(b.result, row && row->access & LAPIC_X2APIC_WRITE ? PORT_DONE : PORT_FAULT, "write %x", msr);
    }
}

Test(lapic_registers, the_access_rights_of_both_modes_are_those_of_the_manual)
{
    // Read-only, write-only and absent registers of either mode; all others can be read and written in both.
    static const struct {
        uint32_t offset;
        uint8_t access;
    } rows[] = {
        { LAPIC_ID, LAPIC_XAPIC_READ | LAPIC_XAPIC_WRITE | LAPIC_X2APIC_READ },
        { LAPIC_VERSION_REGISTER, LAPIC_XAPIC_READ | LAPIC_X2APIC_READ },
        { LAPIC_APR, LAPIC_XAPIC_READ },
        { LAPIC_PPR, LAPIC_XAPIC_READ | LAPIC_X2APIC_READ },
        { LAPIC_EOI, LAPIC_XAPIC_WRITE | LAPIC_X2APIC_WRITE },
        { LAPIC_RRD, LAPIC_XAPIC_READ },
        { LAPIC_LDR, LAPIC_XAPIC_READ | LAPIC_XAPIC_WRITE | LAPIC_X2APIC_READ },
        { LAPIC_DFR, LAPIC_XAPIC_READ | LAPIC_XAPIC_WRITE },
        { LAPIC_ISR, LAPIC_XAPIC_READ | LAPIC_X2APIC_READ },
        { LAPIC_TMR, LAPIC_XAPIC_READ | LAPIC_X2APIC_READ },
        { LAPIC_IRR, LAPIC_XAPIC_READ | LAPIC_X2APIC_READ },
        { LAPIC_ICR_HIGH, LAPIC_XAPIC_READ | LAPIC_XAPIC_WRITE },
        { LAPIC_CURRENT_COUNT, LAPIC_XAPIC_READ | LAPIC_X2APIC_READ },
        { LAPIC_SELF_IPI, LAPIC_X2APIC_WRITE },
    };
    for (unsigned i = 0; i < lapic_register_count; i++) {
        uint8_t expected = 15;
        for (unsigned k = 0; k < countof(rows); k++)
            expected = rows[k].offset == lapic_registers[i].reg.offset ? rows[k].access : expected;
        cr_assert_eq(lapic_registers[i].access, expected, "%s", lapic_registers[i].reg.name);
    }
}

Test(lapic_registers, every_reserved_bit_faults_in_x2apic_mode_and_changes_nothing)
{
    for (unsigned i = 0; i < lapic_register_count; i++) {
        const struct lapic_register *row = &lapic_registers[i];
        uint32_t msr = msr_of(row->reg.offset);
        if (!(row->access & LAPIC_X2APIC_WRITE))
            continue;
        for (unsigned bit = 0; bit < 64; bit++) {
            struct bench b = bench_x2apic(1);
            uint64_t valid = row->reg.mask | row->read_only;
            valid |= row->reg.offset == LAPIC_ICR ? ~UINT64_C(0) << 32 : 0;
            uint64_t before = row->reg.read ? get_msr(&b, msr) : 0;
            enum port_result result = put_msr(&b, msr, BIT64(bit));
            cr_assert_eq(result, valid >> bit & 1 ? PORT_DONE : PORT_FAULT, "%s bit %u", row->reg.name, bit);
            if (result == PORT_FAULT && row->reg.read)
                cr_assert_eq(get_msr(&b, msr), before, "%s", row->reg.name);
        }
    }
}

Test(lapic_registers, x2apic_writes_change_the_bits_of_the_mask)
{
    for (unsigned i = 0; i < lapic_register_count; i++) {
        const struct reg *reg = &lapic_registers[i].reg;
        struct bench b = bench_x2apic(1);
        if (!plain(reg) || !(lapic_registers[i].access & LAPIC_X2APIC_WRITE) || reg->offset == LAPIC_ICR)
            continue;
        cr_assert_eq(put_msr(&b, msr_of(reg->offset), reg->mask), PORT_DONE, "%s", reg->name);
        cr_assert_eq(get_msr(&b, msr_of(reg->offset)), reg->mask, "%s", reg->name);
    }
}

Test(lapic_registers, an_eoi_or_esr_that_is_not_zero_faults_in_x2apic_mode)
{
    struct bench b = bench_x2apic(1);
    bench_accept(&b, X86_FIXED, 0x40);
    lapic_take_vector(&b.lapic);
    cr_assert_eq(put_msr(&b, msr_of(LAPIC_EOI), 1), PORT_FAULT);
    cr_assert_eq(b.effect.flags & LAPIC_ENDED, 0);
    cr_assert_eq(put_msr(&b, msr_of(LAPIC_EOI), BIT64(32)), PORT_FAULT);
    cr_assert_eq(put_msr(&b, msr_of(LAPIC_ESR), 1), PORT_FAULT);
    cr_assert_eq(put_msr(&b, msr_of(LAPIC_EOI), 0), PORT_DONE);
    cr_assert_eq(b.effect.vector, 0x40);
}

Test(lapic_registers, x2apic_ids_have_32_bits_and_give_the_logical_id)
{
    struct bench b = bench_x2apic(0x54321);
    cr_assert_eq(get_msr(&b, msr_of(LAPIC_ID)), 0x54321);
    cr_assert_eq(get_msr(&b, msr_of(LAPIC_LDR)), UINT32_C(0x5432) << 16 | BIT32(1));
}

Test(lapic_registers, other_msrs_are_not_ours)
{
    struct bench b = bench_x2apic(0);
    static const uint32_t msrs[] = { 0, 0x10, 0x1a, 0x1c, 0x6df, 0x6e1, 0x7ff, 0x900, 0xc0000080 };
    for (unsigned i = 0; i < countof(msrs); i++) {
        get_msr(&b, msrs[i]);
        cr_assert_eq(b.result, PORT_NOT_MINE);
        cr_assert_eq(put_msr(&b, msrs[i], 0), PORT_NOT_MINE);
    }
}

// --- IA32_APIC_BASE -------------------------------------------------------------------------------------------------

enum { DISABLED, INVALID, XAPIC, X2APIC };

static uint64_t base_of(unsigned mode)
{
    return LAPIC_DEFAULT_BASE | LAPIC_BASE_BSP | (uint64_t)mode << 10;
}

Test(lapic_registers, every_move_of_the_apic_base_is_legal_or_faults_as_the_state_diagram_says)
{
    static const bool legal[4][4] = {
        [DISABLED] = { [DISABLED] = true, [XAPIC] = true },
        [XAPIC] = { [DISABLED] = true, [XAPIC] = true, [X2APIC] = true },
        [X2APIC] = { [DISABLED] = true, [X2APIC] = true },
    };
    static const unsigned from[] = { DISABLED, XAPIC, X2APIC };
    for (unsigned i = 0; i < countof(from); i++) {
        for (unsigned to = 0; to < 4; to++) {
            struct bench b = bench_reset(0, true);
            if (from[i] != XAPIC)
                cr_assert_eq(put_msr(&b, LAPIC_MSR_BASE, base_of(from[i])), PORT_DONE);
            enum port_result result = put_msr(&b, LAPIC_MSR_BASE, base_of(to));
            cr_assert_eq(result, legal[from[i]][to] ? PORT_DONE : PORT_FAULT, "%u to %u", from[i], to);
            cr_assert_eq(get_msr(&b, LAPIC_MSR_BASE), base_of(legal[from[i]][to] ? to : from[i]));
        }
    }
}

Test(lapic_registers, reserved_bits_of_the_apic_base_fault)
{
    struct bench b = bench_reset(0, true);
    for (unsigned bit = 0; bit < 64; bit++) {
        bool reserved = bit < 8 || bit == 9 || bit >= 40;
        if (reserved)
            cr_assert_eq(put_msr(&b, LAPIC_MSR_BASE, base_of(XAPIC) | BIT64(bit)), PORT_FAULT, "bit %u", bit);
    }
    cr_assert_eq(put_msr(&b, LAPIC_MSR_BASE, base_of(XAPIC) | BIT64(39)), PORT_DONE);
    struct lapic_config wide = bench_config(0);
    wide.address_bits = 52;
    lapic_init(&b.lapic, &wide, true);
    cr_assert_eq(put_msr(&b, LAPIC_MSR_BASE, base_of(XAPIC) | BIT64(51)), PORT_DONE, "as wide as the address");
}

Test(lapic_registers, without_x2apic_mode_extd_is_a_reserved_bit_and_no_msr_is_there)
{
    struct bench b = bench_reset(0, true);
    b.lapic.config.x2apic = false;
    cr_assert_eq(put_msr(&b, LAPIC_MSR_BASE, base_of(X2APIC)), PORT_FAULT);
    cr_assert_eq(b.lapic.mistakes[LAPIC_MISTAKE_BASE], 1);
    cr_assert_eq(get_msr(&b, LAPIC_MSR_BASE), base_of(XAPIC));
    for (uint32_t msr = LAPIC_MSR_FIRST; msr <= LAPIC_MSR_LAST; msr++) {
        get_msr(&b, msr);
        cr_assert_eq(b.result, PORT_FAULT);
        cr_assert_eq(put_msr(&b, msr, 0), PORT_FAULT);
    }
    cr_assert_eq(put_msr(&b, LAPIC_MSR_BASE, base_of(DISABLED)), PORT_DONE, "the other modes are there");
    cr_assert_eq(put_msr(&b, LAPIC_MSR_BASE, base_of(XAPIC)), PORT_DONE);
}

Test(lapic_registers, without_tsc_deadline_mode_its_msr_faults_and_its_mode_bit_is_reserved)
{
    struct bench b = bench_enabled();
    b.lapic.config.tsc_deadline = false;
    cr_assert_eq(put_msr(&b, LAPIC_MSR_TSC_DEADLINE, 5000), PORT_FAULT);
    get_msr(&b, LAPIC_MSR_TSC_DEADLINE);
    cr_assert_eq(b.result, PORT_FAULT);
    cr_assert_eq(b.lapic.mistakes[LAPIC_MISTAKE_MODE], 2);
    put(&b, LAPIC_LVT_TIMER, 0x20040);
    cr_assert_eq(b.lapic.mistakes[LAPIC_MISTAKE_RESERVED], 0, "periodic mode is there");
    put(&b, LAPIC_LVT_TIMER, 0x40040);
    cr_assert_eq(get(&b, LAPIC_LVT_TIMER), 0x40, "one-shot");
    cr_assert_eq(b.lapic.mistakes[LAPIC_MISTAKE_RESERVED], 1);
    put_msr(&b, LAPIC_MSR_BASE, base_of(X2APIC));
    cr_assert_eq(put_msr(&b, msr_of(LAPIC_LVT_TIMER), 0x40041), PORT_FAULT);
    cr_assert_eq(get_msr(&b, msr_of(LAPIC_LVT_TIMER)), 0x40);
    cr_assert_eq(put_msr(&b, msr_of(LAPIC_LVT_TIMER), 0x20041), PORT_DONE);
    cr_assert_eq(put_msr(&b, msr_of(LAPIC_LVT_LINT0), 0x8700), PORT_DONE, "bits of other entries stay");
}

Test(lapic_registers, an_apic_that_was_disabled_can_be_enabled_again_and_starts_from_reset)
{
    struct bench b = bench_enabled();
    put(&b, LAPIC_TPR, 0x20);
    put(&b, LAPIC_ID, 0x09000000);
    bench_accept(&b, X86_FIXED, 0x40);
    put_msr(&b, LAPIC_MSR_BASE, base_of(DISABLED));
    cr_assert_eq(lapic_output(&b.lapic), 0);
    put_msr(&b, LAPIC_MSR_BASE, base_of(XAPIC));
    cr_assert_eq(get(&b, LAPIC_SVR), 0xff);
    cr_assert_eq(get(&b, LAPIC_TPR), 0);
    cr_assert_eq(get(&b, LAPIC_ID), 0);
    put(&b, LAPIC_SVR, 0x1ff);
    cr_assert(bench_accept(&b, X86_FIXED, 0x41));
    cr_assert_eq(lapic_take_vector(&b.lapic), 0x41);
    put_msr(&b, LAPIC_MSR_BASE, base_of(DISABLED));
    put_msr(&b, LAPIC_MSR_BASE, base_of(XAPIC));
    cr_assert_eq(put_msr(&b, LAPIC_MSR_BASE, base_of(X2APIC)), PORT_DONE, "and again, to the other mode");
}

Test(lapic_registers, a_disabled_apic_does_not_answer_and_accepts_nothing)
{
    struct bench b = bench_enabled();
    put_msr(&b, LAPIC_MSR_BASE, base_of(DISABLED));
    get(&b, LAPIC_VERSION_REGISTER);
    cr_assert_eq(b.result, PORT_NOT_MINE);
    put(&b, LAPIC_TPR, 0x50);
    cr_assert_eq(b.result, PORT_NOT_MINE);
    cr_assert_eq(b.lapic.tpr, 0);
    for (unsigned delivery = 0; delivery < 8; delivery++)
        cr_assert(!bench_accept(&b, delivery, 0x40));
    cr_assert_eq(lapic_page(&b.lapic), UINT64_MAX);
}

Test(lapic_registers, the_page_does_not_answer_in_x2apic_mode)
{
    struct bench b = bench_x2apic(0);
    get(&b, LAPIC_VERSION_REGISTER);
    cr_assert_eq(b.result, PORT_NOT_MINE);
    put(&b, LAPIC_TPR, 0x50);
    cr_assert_eq(b.result, PORT_NOT_MINE);
    cr_assert_eq(lapic_page(&b.lapic), UINT64_MAX);
}

Test(lapic_registers, the_page_can_be_moved)
{
    struct bench b = bench_enabled();
    cr_assert_eq(lapic_page(&b.lapic), LAPIC_DEFAULT_BASE);
    put_msr(&b, LAPIC_MSR_BASE, UINT64_C(0x12345000) | LAPIC_BASE_ENABLE);
    cr_assert(b.effect.flags & LAPIC_MOVED);
    cr_assert_eq(lapic_page(&b.lapic), 0x12345000);
}

Test(lapic_registers, entering_x2apic_mode_keeps_requests_and_clears_the_high_icr)
{
    struct bench b = bench_enabled();
    put(&b, LAPIC_ICR_HIGH, 0x05000000);
    put(&b, LAPIC_TPR, 0x20);
    bench_accept(&b, X86_FIXED, 0x40);
    put_msr(&b, LAPIC_MSR_BASE, base_of(X2APIC));
    cr_assert_eq(get_msr(&b, msr_of(LAPIC_ICR)) >> 32, 0);
    cr_assert_eq(get_msr(&b, msr_of(LAPIC_TPR)), 0x20);
    cr_assert_eq(get_msr(&b, msr_of(LAPIC_SVR)), 0x1ff);
    cr_assert_eq(lapic_take_vector(&b.lapic), 0x40);
}

Test(lapic_registers, reset_leaves_x2apic_mode)
{
    struct bench b = bench_x2apic(2);
    lapic_reset(&b.lapic, true);
    cr_assert_eq(get_msr(&b, LAPIC_MSR_BASE), LAPIC_DEFAULT_BASE | LAPIC_BASE_BSP | LAPIC_BASE_ENABLE);
    cr_assert_eq(get(&b, LAPIC_ID), 0x02000000);
}

// --- ESR (SDM, "Error Handling") ------------------------------------------------------------------------------------

Test(lapic_registers, the_esr_shows_errors_after_a_write_and_clears_with_the_next)
{
    struct bench b = bench_enabled();
    get(&b, 0x40);
    cr_assert_eq(get(&b, LAPIC_ESR), 0, "not before it is written");
    put(&b, LAPIC_ESR, 0xffffffff);
    cr_assert_eq(get(&b, LAPIC_ESR), LAPIC_ERROR_REGISTER, "the value written does not matter");
    cr_assert_eq(get(&b, LAPIC_ESR), LAPIC_ERROR_REGISTER, "reading does not clear");
    put(&b, LAPIC_ESR, 0);
    cr_assert_eq(get(&b, LAPIC_ESR), 0);
}

Test(lapic_registers, errors_raise_the_error_entry_once_until_the_esr_is_written)
{
    struct bench b = bench_enabled();
    put(&b, LAPIC_LVT_ERROR, 0xfe);
    get(&b, 0x40);
    cr_assert(b.effect.flags & LAPIC_CHANGED);
    cr_assert_eq(lapic_take_vector(&b.lapic), 0xfe);
    put(&b, LAPIC_EOI, 0);
    get(&b, 0x40);
    cr_assert_eq(lapic_output(&b.lapic), 0, "the same error again");
    put(&b, LAPIC_ICR, 0x00005);
    cr_assert_eq(lapic_take_vector(&b.lapic), 0xfe, "another error");
    put(&b, LAPIC_EOI, 0);
    put(&b, LAPIC_ESR, 0);
    get(&b, 0x40);
    cr_assert_eq(lapic_take_vector(&b.lapic), 0xfe, "armed again");
}

Test(lapic_registers, a_received_illegal_vector_is_an_error_and_never_requested)
{
    struct bench b = bench_enabled();
    for (unsigned vector = 0; vector < 16; vector++) {
        cr_assert(!bench_accept(&b, X86_FIXED, vector));
        cr_assert_eq(lapic_output(&b.lapic), 0);
        cr_assert_eq(get(&b, LAPIC_IRR), 0);
        put(&b, LAPIC_ESR, 0);
        cr_assert_eq(get(&b, LAPIC_ESR), LAPIC_ERROR_RECEIVE_VECTOR);
    }
}

Test(lapic_registers, an_error_entry_with_an_illegal_vector_ends_there)
{
    struct bench b = bench_enabled();
    put(&b, LAPIC_LVT_ERROR, 0x03);
    get(&b, 0x40);
    put(&b, LAPIC_ESR, 0);
    cr_assert_eq(get(&b, LAPIC_ESR), LAPIC_ERROR_REGISTER | LAPIC_ERROR_RECEIVE_VECTOR);
}

Test(lapic_registers, a_masked_error_entry_stays_silent)
{
    struct bench b = bench_enabled();
    get(&b, 0x40);
    cr_assert_eq(lapic_output(&b.lapic), 0);
}

Test(lapic_registers, entering_x2apic_mode_keeps_the_low_half_of_the_icr_alone)
{
    struct bench b = bench_enabled();
    put(&b, LAPIC_ICR_HIGH, 0x05000000);
    put(&b, LAPIC_ICR, 0x4c841);
    put_msr(&b, LAPIC_MSR_BASE, base_of(X2APIC));
    cr_assert_eq(get_msr(&b, msr_of(LAPIC_ICR)), 0x4c841);
}

Test(lapic_registers, version_and_remote_read_are_constants)
{
    struct bench b = bench_enabled();
    cr_assert_eq(get(&b, LAPIC_VERSION_REGISTER), 0x01060015);
    cr_assert_eq(get(&b, LAPIC_RRD), 0);
    put(&b, LAPIC_VERSION_REGISTER, 0);
    put(&b, LAPIC_RRD, 1);
    cr_assert_eq(get(&b, LAPIC_VERSION_REGISTER), 0x01060015);
    cr_assert_eq(get(&b, LAPIC_RRD), 0);
}

// --- Counters of mistakes -------------------------------------------------------------------------------------------

static unsigned mistakes(const struct bench *b)
{
    unsigned sum = 0;
    for (unsigned i = 0; i < LAPIC_MISTAKES; i++)
        sum += b->lapic.mistakes[i];
    return sum;
}

// What a register may be written with, so that nothing of it is a mistake.
static uint64_t legal_value(const struct lapic_register *row)
{
    switch (row->reg.offset) {
    case LAPIC_ICR: return 0x40040;                                // fixed, to itself
    case LAPIC_LVT_TIMER: return (row->reg.mask & 0x3ffff) | 0xf0; // periodic
    default: return row->reg.mask | (row->reg.mask ? row->read_only : 0);
    }
}

Test(lapic_registers, no_legal_access_is_a_mistake)
{
    for (unsigned i = 0; i < lapic_register_count; i++) {
        const struct lapic_register *row = &lapic_registers[i];
        for (unsigned n = 0; n < (row->reg.count ? row->reg.count : 1); n++) {
            struct bench b = bench_enabled(), c = bench_x2apic(1);
            uint32_t offset = row->reg.offset + 16 * n;
            bench_accept(&b, X86_FIXED, 0x50), lapic_take_vector(&b.lapic); // something to end
            bench_accept(&c, X86_FIXED, 0x50), lapic_take_vector(&c.lapic);
            if (row->access & LAPIC_XAPIC_READ)
                get(&b, offset);
            if (row->access & LAPIC_XAPIC_WRITE)
                put(&b, offset, (uint32_t)legal_value(row));
            if (row->access & LAPIC_X2APIC_READ)
                get_msr(&c, msr_of(offset));
            if (row->access & LAPIC_X2APIC_WRITE)
                cr_assert_eq(put_msr(&c, msr_of(offset), legal_value(row)), PORT_DONE, "%s", row->reg.name);
            cr_assert_eq(mistakes(&b), 0, "%s", row->reg.name);
            cr_assert_eq(mistakes(&c), 0, "%s", row->reg.name);
        }
    }
}

Test(lapic_registers, each_reserved_bit_is_one_mistake_in_xapic_mode_and_a_fault_in_x2apic_mode)
{
    for (unsigned i = 0; i < lapic_register_count; i++) {
        const struct lapic_register *row = &lapic_registers[i];
        for (unsigned bit = 0; bit < 32; bit++) {
            struct bench b = bench_enabled(), c = bench_x2apic(1);
            uint64_t value = legal_value(row) | BIT64(bit);
            bool reserved = BIT64(bit) & ~(row->reg.mask | row->read_only);
            if (row->access & LAPIC_XAPIC_WRITE && row->reg.mask && reserved) {
                put(&b, row->reg.offset, (uint32_t)value);
                cr_assert_eq(b.lapic.mistakes[LAPIC_MISTAKE_RESERVED], 1, "%s bit %u", row->reg.name, bit);
                cr_assert_eq(mistakes(&b), 1);
            }
            if (row->access & LAPIC_X2APIC_WRITE && reserved) {
                cr_assert_eq(put_msr(&c, msr_of(row->reg.offset), value), PORT_FAULT, "%s bit %u", row->reg.name, bit);
                cr_assert_eq(c.lapic.mistakes[LAPIC_MISTAKE_RESERVED], 1);
                cr_assert_eq(mistakes(&c), 1);
            }
        }
    }
}
