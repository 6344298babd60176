// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// IOAPIC: pins, polarity, triggers, remote IRR, EOI, messages. Names follow the 82093AA and ICH9 data sheets. The
// register window is in test_ioapic_regs.c.
#include <criterion/criterion.h>

#include "base/clock.h"
#include "irqchip/x86/pic.h"
#include "irqchip/x86/test_ioapic.h"

// --- Triggers and masks --------------------------------------------------------------------------------------------

Test(ioapic, after_reset_every_entry_is_masked_and_no_pin_speaks)
{
    struct ioapic io = fresh(24);
    for (unsigned pin = 0; pin < 24; pin++) {
        cr_assert_eq(ioapic_entry(&io, pin), MASK);
        cr_assert_not(ioapic_set_pin(&io, pin, true));
    }
}

Test(ioapic, an_edge_on_every_pin_gives_its_own_message_once)
{
    struct ioapic io = fresh(240);
    for (unsigned pin = 0; pin < 240; pin++)
        entry(&io, pin, DEST(pin) | (16 + pin));
    for (unsigned pin = 0; pin < 240; pin++) {
        cr_assert(ioapic_set_pin(&io, pin, true));
        struct x86_message m = sent(&io, pin);
        cr_assert_eq(m.vector, 16 + pin);
        cr_assert_eq(m.destination, pin);
        cr_assert_not(ioapic_ready(&io));
        cr_assert_not(ioapic_set_pin(&io, pin, true), "still high is no edge");
        cr_assert_not(ioapic_set_pin(&io, pin, false), "falling is no edge");
    }
}

Test(ioapic, a_level_on_every_pin_sets_remote_irr_until_its_eoi)
{
    struct ioapic io = fresh(240);
    for (unsigned pin = 0; pin < 240; pin++)
        entry(&io, pin, LEVEL | (16 + pin));
    for (unsigned pin = 0; pin < 240; pin++) {
        cr_assert(ioapic_set_pin(&io, pin, true));
        cr_assert(sent(&io, pin).level);
        cr_assert(ioapic_entry(&io, pin) & REMOTE_IRR);
        cr_assert_not(ioapic_set_pin(&io, pin, false));
        cr_assert(ioapic_entry(&io, pin) & REMOTE_IRR, "remote IRR does not follow the pin");
        cr_assert_not(ioapic_eoi(&io, (uint8_t)(16 + pin), 0, NULL));
        cr_assert_not(ioapic_entry(&io, pin) & REMOTE_IRR);
    }
}

Test(ioapic, after_eoi_a_pin_that_is_still_active_is_sent_again_at_once)
{
    struct ioapic io = fresh(24);
    entry(&io, 17, LEVEL | 0x51);
    ioapic_set_pin(&io, 17, true);
    sent(&io, 17);
    cr_assert_not(ioapic_ready(&io));
    for (unsigned i = 0; i < 100; i++) {
        cr_assert(ioapic_eoi(&io, 0x51, i, NULL));
        sent(&io, 17);
    }
}

Test(ioapic, a_level_that_came_and_went_before_eoi_and_came_again_is_sent_after_it)
{
    struct ioapic io = fresh(24);
    entry(&io, 17, LEVEL | 0x51);
    ioapic_set_pin(&io, 17, true);
    sent(&io, 17);
    ioapic_set_pin(&io, 17, false);
    cr_assert_not(ioapic_set_pin(&io, 17, true));
    cr_assert(ioapic_eoi(&io, 0x51, 0, NULL));
    sent(&io, 17);
}

Test(ioapic, an_edge_is_not_held_back_by_service_nor_marked_by_remote_irr)
{
    struct ioapic io = fresh(24);
    entry(&io, 4, 0x34);
    for (unsigned i = 0; i < 3; i++) {
        cr_assert(ioapic_set_pin(&io, 4, true));
        cr_assert_not(sent(&io, 4).level);
        cr_assert_not(ioapic_entry(&io, 4) & REMOTE_IRR);
        ioapic_set_pin(&io, 4, false);
    }
}

Test(ioapic, an_edge_stays_latched_when_the_pin_falls_before_it_is_sent)
{
    struct ioapic io = fresh(24);
    entry(&io, 4, 0x34);
    ioapic_set_pin(&io, 4, true);
    cr_assert(ioapic_set_pin(&io, 4, false));
    sent(&io, 4);
}

Test(ioapic, a_level_that_falls_before_it_is_sent_is_gone)
{
    struct ioapic io = fresh(24);
    entry(&io, 17, LEVEL | 0x51);
    ioapic_set_pin(&io, 17, true);
    cr_assert_not(ioapic_set_pin(&io, 17, false));
}

Test(ioapic, an_edge_on_a_masked_pin_is_lost)
{
    struct ioapic io = fresh(24);
    entry(&io, 4, MASK | 0x34);
    ioapic_set_pin(&io, 4, true);
    entry(&io, 4, 0x34);
    cr_assert_not(ioapic_ready(&io));
    ioapic_set_pin(&io, 4, false);
    cr_assert(ioapic_set_pin(&io, 4, true), "the next one is not");
}

Test(ioapic, a_level_on_a_masked_pin_is_seen_at_unmask)
{
    struct ioapic io = fresh(24);
    entry(&io, 17, MASK | LEVEL | 0x51);
    cr_assert_not(ioapic_set_pin(&io, 17, true));
    cr_assert(entry(&io, 17, LEVEL | 0x51));
    sent(&io, 17);
}

Test(ioapic, masking_takes_back_what_was_not_sent)
{
    struct ioapic io = fresh(24);
    entry(&io, 4, 0x34);
    ioapic_set_pin(&io, 4, true);
    cr_assert_not(entry(&io, 4, MASK | 0x34));
    cr_assert_not(entry(&io, 4, 0x34));
}

Test(ioapic, masking_does_not_touch_an_interrupt_in_service)
{
    struct ioapic io = fresh(24);
    struct ioapic_pins ended;
    entry(&io, 17, LEVEL | 0x51);
    ioapic_set_pin(&io, 17, true);
    sent(&io, 17);
    entry(&io, 17, MASK | LEVEL | 0x51);
    cr_assert(ioapic_entry(&io, 17) & REMOTE_IRR);
    cr_assert_not(ioapic_eoi(&io, 0x51, 0, &ended), "masked: not sent again");
    cr_assert(ioapic_pins_has(&ended, 17));
    cr_assert(entry(&io, 17, LEVEL | 0x51), "until it is unmasked");
}

Test(ioapic, a_trigger_is_one_edge_whatever_the_polarity)
{
    struct ioapic io = fresh(24);
    entry(&io, 4, 0x34);
    entry(&io, 5, INTPOL | 0x35);
    entry(&io, 7, MASK | 0x37);
    entry(&io, 8, 7 << 8);
    cr_assert(ioapic_trigger(&io, 4));
    sent(&io, 4);
    cr_assert_not(ioapic_ready(&io));
    ioapic_trigger(&io, 5);
    sent(&io, 5);
    cr_assert_not(ioapic_ready(&io));
    cr_assert_not(ioapic_trigger(&io, 7));
    cr_assert_not(ioapic_trigger(&io, 8));
    entry(&io, 7, 0x37);
    cr_assert_not(ioapic_ready(&io), "masked: lost");
    entry(&io, 8, 0x38);
    cr_assert_not(ioapic_ready(&io));
}

Test(ioapic, a_trigger_on_a_level_entry_is_one_interrupt_with_its_eoi)
{
    for (unsigned low = 0; low < 2; low++) { // the pin is not active
        struct ioapic io = fresh(24);
        ioapic_set_pin(&io, 6, low);
        entry(&io, 6, LEVEL | 0x36 | (low ? INTPOL : 0));
        cr_assert(ioapic_trigger(&io, 6));
        cr_assert_eq(ioapic_entry(&io, 6) & DELIVS, DELIVS);
        cr_assert(sent(&io, 6).level);
        cr_assert_eq(ioapic_entry(&io, 6) & (DELIVS | REMOTE_IRR), REMOTE_IRR);
        cr_assert_not(ioapic_eoi(&io, 0x36, 0, NULL), "once");
        cr_assert_eq(ioapic_entry(&io, 6) & REMOTE_IRR, 0);
    }
}

Test(ioapic, a_trigger_during_service_comes_after_the_eoi_and_two_of_them_are_one)
{
    struct ioapic io = fresh(24);
    entry(&io, 6, LEVEL | 0x36);
    ioapic_trigger(&io, 6);
    sent(&io, 6);
    cr_assert_not(ioapic_trigger(&io, 6), "in service");
    cr_assert_not(ioapic_trigger(&io, 6));
    cr_assert(ioapic_eoi(&io, 0x36, 0, NULL));
    sent(&io, 6);
    cr_assert_not(ioapic_eoi(&io, 0x36, 0, NULL));
}

Test(ioapic, a_trigger_on_a_masked_level_entry_waits_for_the_unmask)
{
    struct ioapic io = fresh(24);
    entry(&io, 6, MASK | LEVEL | 0x36);
    cr_assert_not(ioapic_trigger(&io, 6));
    entry(&io, 6, MASK | 0x36); // how systems clear remote IRR of version 11h
    cr_assert(entry(&io, 6, LEVEL | 0x37));
    cr_assert_eq(sent(&io, 6).vector, 0x37);
}

Test(ioapic, a_held_trigger_goes_when_the_entry_becomes_an_edge_and_at_reset)
{
    struct ioapic io = fresh(24);
    entry(&io, 6, MASK | LEVEL | 0x36);
    ioapic_trigger(&io, 6);
    cr_assert_not(entry(&io, 6, 0x36));
    cr_assert_not(entry(&io, 6, LEVEL | 0x36));
    entry(&io, 6, MASK | LEVEL | 0x36);
    ioapic_trigger(&io, 6);
    ioapic_reset(&io);
    cr_assert_not(entry(&io, 6, LEVEL | 0x36));
}

Test(ioapic, every_pin_holds_its_own_trigger)
{
    for (unsigned pin = 0; pin < 240; pin++) {
        struct ioapic io = fresh(240);
        entry(&io, pin, LEVEL | 0x36);
        cr_assert_not(ioapic_trigger(&io, (pin + 1) % 240), "masked");
        cr_assert_not(ioapic_trigger(&io, (pin + 64) % 240));
        cr_assert(ioapic_trigger(&io, pin));
        sent(&io, pin);
        cr_assert_not(ioapic_ready(&io));
    }
}

Test(ioapic, a_trigger_beside_an_active_level_is_no_second_interrupt)
{
    struct ioapic io = fresh(24);
    entry(&io, 6, LEVEL | 0x36);
    ioapic_trigger(&io, 6);
    ioapic_set_pin(&io, 6, true);
    sent(&io, 6);
    ioapic_set_pin(&io, 6, false);
    cr_assert_not(ioapic_eoi(&io, 0x36, 0, NULL));
}

// --- Polarity ------------------------------------------------------------------------------------------------------

Test(ioapic, an_active_low_level_pin_is_idle_when_high)
{
    struct ioapic io = fresh(24);
    ioapic_set_pin(&io, 17, true);
    cr_assert_not(entry(&io, 17, LEVEL | INTPOL | 0x51));
    cr_assert(ioapic_set_pin(&io, 17, false));
    sent(&io, 17);
    cr_assert(ioapic_eoi(&io, 0x51, 0, NULL));
    cr_assert_not(ioapic_set_pin(&io, 17, true));
}

Test(ioapic, an_active_low_level_pin_that_nobody_pulls_up_speaks_as_soon_as_it_is_unmasked)
{
    struct ioapic io = fresh(24);
    cr_assert(entry(&io, 17, LEVEL | INTPOL | 0x51));
}

Test(ioapic, an_active_low_edge_is_the_falling_one)
{
    struct ioapic io = fresh(24);
    ioapic_set_pin(&io, 4, true);
    cr_assert_not(entry(&io, 4, INTPOL | 0x34));
    cr_assert(ioapic_set_pin(&io, 4, false));
    sent(&io, 4);
    cr_assert_not(ioapic_set_pin(&io, 4, true));
}

Test(ioapic, writing_the_polarity_is_no_edge)
{
    struct ioapic io = fresh(24);
    entry(&io, 4, 0x34);
    cr_assert_not(entry(&io, 4, INTPOL | 0x34));
    cr_assert_not(entry(&io, 4, 0x34));
}

// --- Entry changes -------------------------------------------------------------------------------------------------

Test(ioapic, remote_irr_is_cleared_when_an_entry_goes_from_level_to_edge)
{
    struct ioapic io = fresh(24);
    struct ioapic_pins ended;
    entry(&io, 17, LEVEL | 0x51);
    ioapic_set_pin(&io, 17, true);
    sent(&io, 17);
    // What Linux does to end an interrupt where there is no EOI register: mask, edge, level, unmask.
    ioapic_write(&io, 0x00, 4, 0x10 + 2 * 17, 0, NULL);
    ioapic_write(&io, 0x10, 4, MASK | 0x51, 0, &ended);
    cr_assert(ioapic_pins_has(&ended, 17));
    cr_assert_not(ioapic_entry(&io, 17) & REMOTE_IRR);
    cr_assert_not(entry(&io, 17, MASK | LEVEL | 0x51));
    cr_assert(entry(&io, 17, LEVEL | 0x51));
    sent(&io, 17);
}

Test(ioapic, a_latched_edge_is_forgotten_when_the_entry_becomes_level)
{
    struct ioapic io = fresh(24);
    entry(&io, 4, 0x34);
    ioapic_set_pin(&io, 4, true);
    ioapic_set_pin(&io, 4, false);
    cr_assert_not(entry(&io, 4, LEVEL | 0x34));
    cr_assert_not(entry(&io, 4, 0x34));
}

Test(ioapic, remote_irr_and_delivery_status_cannot_be_written)
{
    struct ioapic io = fresh(24);
    entry(&io, 17, MASK | REMOTE_IRR | DELIVS | LEVEL | 0x51);
    cr_assert_eq(ioapic_entry(&io, 17), MASK | LEVEL | 0x51);
    entry(&io, 18, LEVEL | 0x52);
    ioapic_set_pin(&io, 18, true);
    sent(&io, 18);
    entry(&io, 18, LEVEL | 0x52);
    cr_assert_eq(ioapic_entry(&io, 18), REMOTE_IRR | LEVEL | 0x52, "writing 0 keeps them as well");
}

Test(ioapic, an_eoi_compares_the_vector_the_entry_has_now)
{
    struct ioapic io = fresh(24);
    struct ioapic_pins ended;
    entry(&io, 17, LEVEL | 0x51);
    ioapic_set_pin(&io, 17, true);
    sent(&io, 17);
    entry(&io, 17, LEVEL | 0x61);
    ioapic_eoi(&io, 0x51, 0, &ended);
    cr_assert_not(ioapic_pins_has(&ended, 17));
    ioapic_eoi(&io, 0x61, 0, &ended);
    cr_assert(ioapic_pins_has(&ended, 17));
}

Test(ioapic, one_eoi_ends_every_pin_of_the_vector_and_no_other)
{
    struct ioapic io = fresh(240);
    struct ioapic_pins ended;
    static const unsigned shared[] = { 3, 64, 127, 239 };
    for (unsigned i = 0; i < countof(shared); i++) {
        entry(&io, shared[i], LEVEL | 0x70);
        ioapic_set_pin(&io, shared[i], true);
        sent(&io, shared[i]);
    }
    entry(&io, 65, LEVEL | 0x71);
    ioapic_set_pin(&io, 65, true);
    sent(&io, 65);
    ioapic_eoi(&io, 0x70, 0, &ended);
    unsigned count = 0;
    for (unsigned i = 0; i < IOAPIC_WORDS; i++)
        count += (unsigned)__builtin_popcountll(ended.word[i]);
    cr_assert_eq(count, countof(shared));
    for (unsigned i = 0; i < countof(shared); i++)
        cr_assert(ioapic_pins_has(&ended, shared[i]));
    cr_assert(ioapic_entry(&io, 65) & REMOTE_IRR);
}

Test(ioapic, an_eoi_nobody_waits_for_ends_nothing)
{
    struct ioapic io = fresh(24);
    struct ioapic_pins ended = { { 1, 2, 3, 4 } };
    entry(&io, 4, 0x34);
    ioapic_set_pin(&io, 4, true);
    sent(&io, 4);
    cr_assert_not(ioapic_eoi(&io, 0x34, 0, &ended));
    for (unsigned i = 0; i < IOAPIC_WORDS; i++)
        cr_assert_eq(ended.word[i], 0);
}

// --- Messages ------------------------------------------------------------------------------------------------------

Test(ioapic, every_delivery_mode_is_sent_as_programmed_and_the_reserved_ones_never)
{
    for (unsigned mode = 0; mode < 8; mode++) {
        struct ioapic io = fresh(24);
        entry(&io, 4, mode << 8 | 0x34);
        bool sends = mode != 3 && mode != 6 && mode != X86_EXTINT;
        cr_assert_eq(ioapic_set_pin(&io, 4, true), sends, "mode %u", mode);
        cr_assert_eq(io.mistakes[IOAPIC_MISTAKE_DELIVERY], mode == 3 || mode == 6);
        if (sends) {
            struct x86_message m = sent(&io, 4);
            cr_assert_eq(m.delivery, mode);
            cr_assert(m.assert_level && !m.redirection_hint && m.short_destination && !m.level && !m.logical);
        }
    }
}

Test(ioapic, the_destination_mode_is_no_part_of_the_delivery_mode)
{
    static const enum x86_delivery modes[] = { X86_FIXED, X86_LOWEST, X86_NMI, X86_INIT };
    for (unsigned i = 0; i < countof(modes); i++)
        for (unsigned logical = 0; logical < 2; logical++) {
            struct ioapic io = fresh(24);
            entry(&io, 3, DEST(1) | (logical ? LOGICAL : 0) | (uint64_t)modes[i] << 8 | 0x33);
            ioapic_set_pin(&io, 3, true);
            struct x86_message m = sent(&io, 3);
            cr_assert_eq(m.delivery, modes[i]);
            cr_assert_eq(m.logical, logical);
        }
}

Test(ioapic, smi_nmi_and_init_are_edges_even_if_programmed_level)
{
    static const unsigned modes[] = { X86_SMI, X86_NMI, X86_INIT };
    for (unsigned i = 0; i < countof(modes); i++) {
        struct ioapic io = fresh(24);
        entry(&io, 4, LEVEL | modes[i] << 8);
        ioapic_set_pin(&io, 4, true);
        cr_assert_not(sent(&io, 4).level);
        cr_assert_not(ioapic_ready(&io));
        cr_assert_eq(ioapic_entry(&io, 4), LEVEL | modes[i] << 8, "no remote IRR, and the bit reads back");
    }
}

Test(ioapic, a_level_lowest_priority_entry_has_remote_irr)
{
    struct ioapic io = fresh(24);
    entry(&io, 17, LEVEL | 1 << 8 | 0x51);
    ioapic_set_pin(&io, 17, true);
    cr_assert(sent(&io, 17).level);
    cr_assert(ioapic_entry(&io, 17) & REMOTE_IRR);
}

Test(ioapic, a_logical_destination_has_eight_bits)
{
    struct ioapic io = fresh(24);
    entry(&io, 4, DEST(0xff) | LOGICAL | 0x34);
    ioapic_set_pin(&io, 4, true);
    struct x86_message m = sent(&io, 4);
    cr_assert(m.logical && m.destination == 0xff && x86_message_broadcast(&m));
}

Test(ioapic, the_15_bit_destination_needs_the_machine_to_offer_it)
{
    uint64_t wide = DEST(0x21) | UINT64_C(0x55) << 49 | 0x34;
    struct ioapic io = fresh(24);
    entry(&io, 4, wide);
    cr_assert_eq(ioapic_entry(&io, 4), DEST(0x21) | 0x34, "reserved bits stay 0");
    ioapic_init(&io, 24, 0x20, 0, true);
    entry(&io, 4, wide | UINT64_C(1) << 48);
    cr_assert_eq(ioapic_entry(&io, 4), wide, "bit 48, the remappable format, stays 0");
    ioapic_set_pin(&io, 4, true);
    struct x86_message m = sent(&io, 4);
    cr_assert_eq(m.destination, 0x5521);
    cr_assert_not(m.short_destination);
}

// --- Several at once -----------------------------------------------------------------------------------------------

Test(ioapic, ready_pins_are_sent_in_a_ring_after_the_last_one)
{
    struct ioapic io = fresh(240);
    static const unsigned order[] = { 63, 64, 200, 239, 0, 5 };
    entry(&io, 62, 0x20);
    ioapic_set_pin(&io, 62, true);
    sent(&io, 62);
    for (unsigned i = 0; i < countof(order); i++) {
        entry(&io, order[i], 0x30 + i);
        ioapic_set_pin(&io, order[i], true);
    }
    for (unsigned i = 0; i < countof(order); i++)
        sent(&io, order[i]);
    cr_assert_not(ioapic_ready(&io));
}

Test(ioapic, a_pin_that_is_always_ready_lets_the_others_pass)
{
    struct ioapic io = fresh(24);
    entry(&io, 3, LEVEL | 0x33);
    entry(&io, 2, LEVEL | 0x32);
    ioapic_set_pin(&io, 3, true);
    ioapic_set_pin(&io, 2, true);
    sent(&io, 2);
    sent(&io, 3);
    for (unsigned i = 0; i < 10; i++) {
        ioapic_eoi(&io, 0x32, 0, NULL);
        ioapic_eoi(&io, 0x33, 0, NULL);
        sent(&io, 2);
        sent(&io, 3);
    }
}

Test(ioapic, two_ioapics_share_nothing)
{
    struct ioapic a = fresh(24), b = fresh(24);
    entry(&a, 17, LEVEL | 0x51);
    entry(&b, 17, LEVEL | 0x51);
    ioapic_set_pin(&a, 17, true);
    ioapic_set_pin(&b, 17, true);
    sent(&a, 17);
    sent(&b, 17);
    ioapic_write(&a, 0x40, 4, 0x51, 0, NULL);
    cr_assert(ioapic_ready(&a));
    cr_assert_not(ioapic_ready(&b), "the EOI register is this IOAPIC's alone");
    cr_assert(ioapic_entry(&b, 17) & REMOTE_IRR);
}

// --- What becomes of a message -------------------------------------------------------------------------------------

Test(ioapic, asking_for_the_next_message_changes_nothing)
{
    struct ioapic io = fresh(24), before;
    struct x86_message m;
    unsigned pin;
    entry(&io, 4, 0x34);
    ioapic_set_pin(&io, 4, true);
    before = io;
    cr_assert(ioapic_next(&io, &m, &pin) && ioapic_next(&io, &m, &pin));
    cr_assert_arr_eq(&io, &before, sizeof io);
}

Test(ioapic, a_refused_message_is_send_pending_and_not_offered_again_until_retry)
{
    for (unsigned level = 0; level < 2; level++) {
        struct ioapic io = fresh(24);
        uint64_t value = (level ? LEVEL : 0) | 0x34;
        entry(&io, 4, value);
        ioapic_set_pin(&io, 4, true);
        ioapic_answer(&io, 4, IOAPIC_RETRY);
        cr_assert_not(ioapic_ready(&io));
        cr_assert_eq(ioapic_entry(&io, 4), value | DELIVS);
        cr_assert(ioapic_retry(&io));
        sent(&io, 4);
        cr_assert_eq(ioapic_entry(&io, 4), value | (level ? REMOTE_IRR : 0));
    }
}

Test(ioapic, a_refused_message_is_offered_again_when_its_entry_is_rewritten)
{
    struct ioapic io = fresh(24);
    entry(&io, 4, DEST(9) | 0x34);
    ioapic_set_pin(&io, 4, true);
    ioapic_answer(&io, 4, IOAPIC_RETRY);
    cr_assert(entry(&io, 4, DEST(1) | 0x34));
    cr_assert_eq(sent(&io, 4).destination, 1);
}

Test(ioapic, a_refused_level_that_falls_is_forgotten_and_a_refused_edge_is_not)
{
    struct ioapic io = fresh(24);
    entry(&io, 4, 0x34);
    entry(&io, 5, LEVEL | 0x35);
    for (unsigned pin = 4; pin < 6; pin++) {
        ioapic_set_pin(&io, pin, true);
        ioapic_answer(&io, pin, IOAPIC_RETRY);
        ioapic_set_pin(&io, pin, false);
    }
    cr_assert_eq(ioapic_entry(&io, 5), LEVEL | 0x35);
    cr_assert_not(ioapic_ready(&io), "the edge waits for retry");
    cr_assert(ioapic_set_pin(&io, 5, true), "the level is a new one");
    sent(&io, 5);
    cr_assert(ioapic_retry(&io));
    sent(&io, 4);
}

Test(ioapic, a_dropped_edge_is_gone_and_counted)
{
    struct ioapic io = fresh(24);
    entry(&io, 4, 0x34);
    ioapic_set_pin(&io, 4, true);
    ioapic_answer(&io, 4, IOAPIC_DROPPED);
    cr_assert_not(ioapic_retry(&io));
    cr_assert_eq(io.mistakes[IOAPIC_MISTAKE_DROPPED], 1);
    cr_assert_eq(ioapic_entry(&io, 4), 0x34);
}

Test(ioapic, a_dropped_level_waits_because_it_is_still_there)
{
    struct ioapic io = fresh(24);
    entry(&io, 5, LEVEL | 0x35);
    ioapic_set_pin(&io, 5, true);
    ioapic_answer(&io, 5, IOAPIC_DROPPED);
    cr_assert_not(ioapic_ready(&io));
    cr_assert_not(ioapic_entry(&io, 5) & REMOTE_IRR);
    cr_assert(ioapic_retry(&io));
}

// --- ExtINT --------------------------------------------------------------------------------------------------------

Test(ioapic, extint_is_a_wire_that_follows_the_pin_and_the_mask)
{
    struct ioapic io = fresh(24);
    struct x86_message m;
    cr_assert_not(ioapic_set_pin(&io, 0, true));
    cr_assert_not(ioapic_extint(&io, &m), "masked");
    cr_assert_not(entry(&io, 0, DEST(3) | X86_EXTINT << 8), "no message for the ring");
    cr_assert(ioapic_extint(&io, &m));
    cr_assert_eq(m.delivery, X86_EXTINT);
    cr_assert_eq(m.destination, 3);
    ioapic_set_pin(&io, 0, false);
    cr_assert_not(ioapic_extint(&io, &m));
    ioapic_set_pin(&io, 0, true);
    cr_assert(ioapic_extint(&io, &m));
    entry(&io, 0, MASK | X86_EXTINT << 8);
    cr_assert_not(ioapic_extint(&io, &m));
}

Test(ioapic, extint_works_on_every_pin_and_either_polarity)
{
    for (unsigned pin = 0; pin < 240; pin++) {
        struct ioapic io = fresh(240);
        struct x86_message m;
        entry(&io, pin, X86_EXTINT << 8 | INTPOL);
        cr_assert(ioapic_extint(&io, &m));
        ioapic_set_pin(&io, pin, true);
        cr_assert_not(ioapic_extint(&io, &m));
    }
}

Test(ioapic, the_8259_behind_extint_sees_inta_only_when_a_cpu_takes_it)
{
    static const uint8_t start[][2] = { { 0, 0x13 }, { 1, 0x08 }, { 1, 0x01 } };
    struct ioapic io = fresh(24);
    struct pic_cascade pic;
    struct x86_message m;
    pic_cascade_init(&pic, 0, NULL);
    for (unsigned i = 0; i < countof(start); i++)
        pic_cascade_write(&pic, 0, start[i][0], start[i][1]);
    pic_cascade_set_line(&pic, 0, true);
    ioapic_set_pin(&io, 0, pic_cascade_int(&pic));
    entry(&io, 0, MASK | X86_EXTINT << 8);
    cr_assert_not(ioapic_extint(&io, &m));
    entry(&io, 0, X86_EXTINT << 8);
    cr_assert(ioapic_extint(&io, &m));
    cr_assert_eq(pic_cascade_isr(&pic, 0), 0, "reading and writing entries acknowledges nothing");
    cr_assert_eq(pic_cascade_acknowledge(&pic, NULL), 0x08);
    ioapic_set_pin(&io, 0, pic_cascade_int(&pic));
    cr_assert_not(ioapic_extint(&io, &m));
}

// --- Storms --------------------------------------------------------------------------------------------------------

static void storm(struct ioapic *io, unsigned eois)
{
    for (unsigned i = 0; i < eois; i++) {
        sent(io, 17);
        ioapic_eoi(io, 0x51, 1000, NULL);
    }
}

static struct ioapic stormy(void)
{
    struct ioapic io = fresh(24);
    entry(&io, 17, LEVEL | 0x51);
    entry(&io, 4, 0x34);
    ioapic_set_pin(&io, 17, true);
    return io;
}

Test(ioapic, ten_thousand_eois_with_the_line_high_do_not_starve_the_guest)
{
    struct ioapic io = stormy();
    storm(&io, IOAPIC_STORM_LIMIT - 1);
    cr_assert(ioapic_ready(&io));
    cr_assert_eq(ioapic_deadline(&io), CLOCK_NEVER);
    storm(&io, 1);
    cr_assert_not(ioapic_ready(&io), "the pin rests");
    cr_assert_eq(ioapic_deadline(&io), 1000 + IOAPIC_STORM_REST);
    cr_assert(ioapic_entry(&io, 17) & DELIVS, "and is send pending");
    cr_assert(ioapic_set_pin(&io, 4, true), "the others do not rest");
    sent(&io, 4);
    cr_assert_not(ioapic_run(&io, 999 + IOAPIC_STORM_REST));
    cr_assert(ioapic_run(&io, 1000 + IOAPIC_STORM_REST));
    cr_assert_eq(ioapic_deadline(&io), CLOCK_NEVER);
    storm(&io, IOAPIC_STORM_LIMIT);
    cr_assert_not(ioapic_ready(&io), "and again");
}

Test(ioapic, a_line_that_falls_now_and_then_is_no_storm)
{
    struct ioapic io = stormy();
    for (unsigned i = 0; i < 3; i++) {
        storm(&io, IOAPIC_STORM_LIMIT - 1);
        ioapic_set_pin(&io, 17, false);
        cr_assert(ioapic_set_pin(&io, 17, true));
    }
}

Test(ioapic, a_line_that_falls_ends_the_rest_of_its_pin)
{
    struct ioapic io = stormy();
    storm(&io, IOAPIC_STORM_LIMIT);
    cr_assert_not(ioapic_set_pin(&io, 17, false));
    cr_assert(ioapic_set_pin(&io, 17, true));
    sent(&io, 17);
}

Test(ioapic, a_rewritten_entry_does_not_end_the_rest_unless_it_becomes_edge)
{
    struct ioapic io = stormy();
    storm(&io, IOAPIC_STORM_LIMIT);
    entry(&io, 17, MASK | LEVEL | 0x51);
    cr_assert_not(entry(&io, 17, LEVEL | 0x51));
    entry(&io, 17, 0x51);
    cr_assert(entry(&io, 17, LEVEL | 0x51));
}

Test(ioapic, the_count_of_a_storm_starts_anew_when_the_entry_becomes_edge)
{
    struct ioapic io = stormy();
    storm(&io, IOAPIC_STORM_LIMIT - 1);
    entry(&io, 17, 0x51);
    entry(&io, 17, LEVEL | 0x51);
    storm(&io, IOAPIC_STORM_LIMIT - 1);
    cr_assert(ioapic_ready(&io));
}

Test(ioapic, pins_that_storm_together_share_the_first_deadline)
{
    struct ioapic io = stormy();
    entry(&io, 18, LEVEL | 0x52);
    storm(&io, IOAPIC_STORM_LIMIT);
    ioapic_set_pin(&io, 18, true);
    for (unsigned i = 0; i < IOAPIC_STORM_LIMIT; i++) {
        sent(&io, 18);
        ioapic_eoi(&io, 0x52, 2000, NULL);
    }
    cr_assert_not(ioapic_ready(&io));
    cr_assert_eq(ioapic_deadline(&io), 1000 + IOAPIC_STORM_REST);
    cr_assert(ioapic_run(&io, 1000 + IOAPIC_STORM_REST));
    sent(&io, 17);
    sent(&io, 18);
}
