// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Every form of an x86 MSI and every reason to reject one (SDM, "Message Signalled Interrupts").
#include <criterion/criterion.h>

#include "base/bits.h"
#include "msi/msi_x86.h"

static struct x86_message good(uint64_t address, uint32_t data, unsigned flags)
{
    struct x86_message message = { .vector = 0xee };
    enum msi_x86_result result = msi_x86_decode(address, data, 0, flags, &message);
    cr_assert_eq(result, MSI_X86_OK, "%#jx %#x: %s", (uintmax_t)address, data, msi_x86_text(result));
    return message;
}

static void bad(uint64_t address, uint32_t data, unsigned flags, enum msi_x86_result reason)
{
    struct x86_message message = { .vector = 0xee, .destination = 0x12345678 }, before = message;
    cr_assert_eq(msi_x86_decode(address, data, 0, flags, &message), reason);
    cr_assert_arr_eq(&message, &before, sizeof message, "a rejected message leaves the result alone");
}

Test(msi_x86, the_plain_form_is_fixed_physical_edge)
{
    struct x86_message m = good(0xfee00000, 0x0041, 0);
    cr_assert_eq(m.destination, 0);
    cr_assert_eq(m.vector, 0x41);
    cr_assert_eq(m.delivery, X86_FIXED);
    cr_assert(!m.logical && !m.level && m.assert_level && !m.redirection_hint && m.short_destination);
}

Test(msi_x86, address_bits_19_to_12_are_the_8_bit_destination)
{
    for (unsigned id = 0; id < 256; id++) {
        struct x86_message m = good(0xfee00000 | id << 12, 0x20, 0);
        cr_assert_eq(m.destination, id);
        cr_assert_eq(x86_message_broadcast(&m), id == 0xff);
    }
}

Test(msi_x86, destination_mode_and_redirection_hint_are_independent_bits)
{
    cr_assert(good(0xfee00004, 0x20, 0).logical);
    cr_assert_not(good(0xfee00004, 0x20, 0).redirection_hint);
    cr_assert(good(0xfee00008, 0x20, 0).redirection_hint);
    cr_assert_not(good(0xfee00008, 0x20, 0).logical);
    struct x86_message both = good(0xfee0000c, 0x20, 0), physical = good(0xfee00008, 0x20, 0);
    cr_assert(x86_message_one_of_many(&both));
    cr_assert_not(x86_message_one_of_many(&physical), "a physical destination is never redirected");
    struct x86_message lowest = good(0xfee00000, 0x120, 0);
    cr_assert(x86_message_one_of_many(&lowest));
}

Test(msi_x86, address_bits_1_and_0_do_not_matter)
{
    cr_assert_eq(good(0xfee05003, 0x20, 0).destination, 5);
}

Test(msi_x86, every_vector_is_passed_on_even_the_illegal_ones)
{
    for (unsigned vector = 0; vector < 256; vector++)
        cr_assert_eq(good(0xfee00000, vector, 0).vector, vector);
}

Test(msi_x86, every_delivery_mode_but_3_and_6_is_taken)
{
    for (unsigned mode = 0; mode < 8; mode++)
        if (mode == 3 || mode == 6)
            bad(0xfee00000, mode << 8 | 0x20, 0, MSI_X86_RESERVED_DELIVERY);
        else
            cr_assert_eq(good(0xfee00000, mode << 8 | 0x20, 0).delivery, mode);
}

Test(msi_x86, level_trigger_counts_for_fixed_and_lowest_alone)
{
    for (unsigned mode = 0; mode < 8; mode++)
        if (mode != 3 && mode != 6)
            cr_assert_eq(good(0xfee00000, 0xc020 | mode << 8, 0).level, mode <= 1, "mode %u", mode);
}

Test(msi_x86, the_level_bit_does_not_matter_to_an_edge)
{
    cr_assert_not(good(0xfee00000, 0x4020, 0).level);
    cr_assert_not(good(0xfee00000, 0x0020, 0).level);
}

Test(msi_x86, a_level_deassert_is_rejected)
{
    bad(0xfee00000, 0x8020, 0, MSI_X86_LEVEL_DEASSERT);
    bad(0xfee00000, 0x8120, 0, MSI_X86_LEVEL_DEASSERT);
    bad(0xfee00000, 0x8500, 0, MSI_X86_LEVEL_DEASSERT); // INIT level de-assert exists in the ICR only
    cr_assert_eq(good(0xfee00000, 0x8400, 0).delivery, X86_NMI, "an NMI is an edge whatever the trigger says");
}

Test(msi_x86, reserved_data_bits_are_ignored)
{
    struct x86_message m = good(0xfee00000, 0xffff3841, 0);
    cr_assert_eq(m.vector, 0x41);
    cr_assert_eq(m.delivery, X86_FIXED);
}

Test(msi_x86, an_address_outside_the_window_is_no_interrupt)
{
    static const uint64_t address[] = { 0,          0xfed00000,  0xfedff000,        0xfef00000,
                                        0xfec00000, 0x1fee00000, 0xff000000fee00000 };
    for (unsigned i = 0; i < countof(address); i++)
        bad(address[i], 0x20, 0, MSI_X86_NOT_INTERRUPT);
    bad(0x1fee00000, 0x20, MSI_X86_UPPER, MSI_X86_NOT_INTERRUPT);
    bad(0x80fee00000, 0x20, MSI_X86_UPPER, MSI_X86_NOT_INTERRUPT);
}

Test(msi_x86, the_remappable_format_needs_remapping)
{
    bad(0xfee00010, 0, 0, MSI_X86_REMAPPABLE);
    bad(0xfee00010, 0, MSI_X86_EXTENDED | MSI_X86_UPPER, MSI_X86_REMAPPABLE);
    bad(0xfee00ff0, 0, MSI_X86_EXTENDED, MSI_X86_REMAPPABLE);
}

Test(msi_x86, the_15_bit_destination_has_its_high_bits_in_11_to_5)
{
    for (unsigned bit = 0; bit < 7; bit++)
        cr_assert_eq(good(0xfee21000 | 0x20u << bit, 0x20, MSI_X86_EXTENDED).destination, 0x21u | 0x100u << bit);
    struct x86_message m = good(0xfeefffe0, 0x20, MSI_X86_EXTENDED);
    cr_assert_eq(m.destination, 0x7fff);
    cr_assert_not(m.short_destination);
}

Test(msi_x86, without_the_flag_a_15_bit_destination_is_rejected_and_not_cut_short)
{
    for (unsigned bit = 5; bit < 12; bit++)
        bad(0xfee21000 | 1u << bit, 0x20, 0, MSI_X86_RESERVED_ADDRESS);
    bad(0xfee21020, 0x20, MSI_X86_UPPER, MSI_X86_RESERVED_ADDRESS);
}

Test(msi_x86, the_upper_address_carries_destination_31_to_8)
{
    for (unsigned bit = 8; bit < 32; bit++)
        cr_assert_eq(good(0xfee21000 | UINT64_C(1) << (bit + 32), 0x20, MSI_X86_UPPER).destination, 0x21u | 1u << bit);
    struct x86_message all = good(UINT64_C(0xffffff00feeff000), 0x20, MSI_X86_UPPER);
    cr_assert_eq(all.destination, X86_BROADCAST);
    cr_assert(x86_message_broadcast(&all));
}

Test(msi_x86, a_wide_form_makes_ffh_an_ordinary_id)
{
    for (unsigned flags = 1; flags < 4; flags++) {
        struct x86_message m = good(0xfeeff000, 0x20, flags);
        cr_assert_eq(m.destination, 0xff);
        cr_assert_not(x86_message_broadcast(&m));
    }
}

Test(msi_x86, extended_and_upper_bits_together_are_ambiguous)
{
    unsigned both = MSI_X86_EXTENDED | MSI_X86_UPPER;
    bad(UINT64_C(0x00000100fee00020), 0x20, both, MSI_X86_AMBIGUOUS);
    cr_assert_eq(good(UINT64_C(0x00000100fee00000), 0x20, both).destination, 0x100);
    cr_assert_eq(good(0xfee00020, 0x20, both).destination, 0x100);
}

Test(msi_x86, what_decodes_encodes_to_a_pair_that_decodes_to_the_same)
{
    static const uint64_t address[] = { 0xfee00000, 0xfee0500c,         0xfeeff004,        0xfee01008,
                                        0xfee12340, 0x55aa7700fee34008, 0xffffff00feeff000 };
    unsigned seen = 0;
    for (unsigned flags = 0; flags < 4; flags++)
        for (unsigned i = 0; i < countof(address); i++)
            for (uint32_t data = 0; data < 0x10000; data += 0x51) {
                struct x86_message a, b;
                uint64_t new_address;
                uint32_t new_data;
                if (msi_x86_decode(address[i], data, 0, flags, &a) != MSI_X86_OK)
                    continue;
                cr_assert_eq(msi_x86_encode(&a, flags, &new_address, &new_data), MSI_X86_OK);
                b = good(new_address, new_data, flags);
                cr_assert(a.destination == b.destination && a.vector == b.vector && a.delivery == b.delivery &&
                          a.logical == b.logical && a.level == b.level && a.redirection_hint == b.redirection_hint &&
                          a.short_destination == b.short_destination && b.assert_level);
                seen++;
            }
    cr_assert_gt(seen, 5000);
}

static enum msi_x86_result encode(struct x86_message message, unsigned flags)
{
    uint64_t address;
    uint32_t data;
    return msi_x86_encode(&message, flags, &address, &data);
}

Test(msi_x86, what_no_pair_can_say_is_not_encoded)
{
    struct x86_message m = { .vector = 0x30, .assert_level = true, .short_destination = true };
    cr_assert_eq(encode(m, 0), MSI_X86_OK);
    m.delivery = X86_SIPI;
    cr_assert_eq(encode(m, 0), MSI_X86_NO_ENCODING);
    m.delivery = 3;
    cr_assert_eq(encode(m, 0), MSI_X86_NO_ENCODING);
    m.delivery = X86_INIT;
    m.assert_level = false;
    cr_assert_eq(encode(m, 0), MSI_X86_NO_ENCODING);
}

Test(msi_x86, a_destination_is_encoded_only_under_a_flag_that_can_carry_it)
{
    struct {
        uint32_t destination;
        bool is_short;
        bool ok[4];
    } row[] = {
        { 0x00, true, { true, true, true, true } },      { 0xfe, false, { true, true, true, true } },
        { 0xff, true, { true, false, false, false } }, // broadcast of an 8-bit source
        { 0xff, false, { false, true, true, true } },  // the CPU with id 255
        { 0x100, false, { false, true, true, true } },   { 0x7fff, false, { false, true, true, true } },
        { 0x8000, false, { false, false, true, true } }, { 0xffffffff, false, { false, false, true, true } },
    };
    for (unsigned i = 0; i < countof(row); i++)
        for (unsigned flags = 0; flags < 4; flags++) {
            struct x86_message m = { .destination = row[i].destination,
                                     .vector = 0x30,
                                     .assert_level = true,
                                     .short_destination = row[i].is_short };
            cr_assert_eq(encode(m, flags) == MSI_X86_OK, row[i].ok[flags], "%#x flags %u", row[i].destination, flags);
        }
}

Test(msi_x86, a_lone_15_bit_id_under_both_flags_goes_by_the_upper_address)
{
    struct x86_message m = { .destination = 0x1234, .vector = 0x30, .assert_level = true };
    uint64_t address;
    uint32_t data;
    cr_assert_eq(msi_x86_encode(&m, MSI_X86_EXTENDED | MSI_X86_UPPER, &address, &data), MSI_X86_OK);
    cr_assert_eq(address, UINT64_C(0x00001200fee34000));
    cr_assert_eq(msi_x86_encode(&m, MSI_X86_EXTENDED, &address, &data), MSI_X86_OK);
    cr_assert_eq(address, 0xfee34000 | 0x12u << 5);
}

Test(msi_x86, every_result_has_a_sentence_of_its_own)
{
    for (unsigned a = 0; a < MSI_X86_RESULTS; a++)
        for (unsigned b = 0; b < a; b++)
            cr_assert_str_neq(msi_x86_text(a), msi_x86_text(b));
}
