// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// One 8259A: initialisation, triggers, priorities, ends of interrupt, status. Names follow the data sheet.
#include "irqchip/x86/test_pic_script.h"

// A lone chip in single mode, vectors from 20h, ICW4 as given.
static struct script single(const char *icw4)
{
    struct script script = { .out = "" };
    char start[64];
    pic_cascade_init(&script.cascade, 0, NULL);
    snprintf(start, sizeof start, "m13 M20 M%s", icw4);
    run(&script, start);
    return script;
}

// --- Initialisation ------------------------------------------------------------------------------------------------

Test(pic, nothing_is_signalled_before_icw1)
{
    struct script s = { .out = "" };
    pic_cascade_init_pc(&s.cascade);
    EXPECT(&s, "+0 i Mfb ?M ^1 M00 i", "0 fb 0");
}

Test(pic, the_mask_register_answers_before_icw1)
{
    // How operating systems look for the chip: write a mask, read it back.
    struct script s = { .out = "" };
    pic_cascade_init_pc(&s.cascade);
    EXPECT(&s, "Mfb ?M S55 ?S", "fb 55");
}

// Fbh is that of a probe, with the slave's pin.
Test(pic, a_mask_before_icw1_that_lets_a_device_through_is_counted)
{
    struct script s = { .out = "" };
    pic_cascade_init_pc(&s.cascade);
    EXPECT(&s, "Mff Sff Mfb", "");
    cr_assert_eq(s.cascade.mistakes[PIC_MISTAKE_EARLY], 0);
    EXPECT(&s, "Mfe Sfb", "");
    cr_assert_eq(s.cascade.mistakes[PIC_MISTAKE_EARLY], 2);
    EXPECT(&s, "m11 M20 M04 M01 Mfe", "");
    cr_assert_eq(s.cascade.mistakes[PIC_MISTAKE_EARLY], 2, "initialised");
}

Test(pic, icw4_is_skipped_without_ic4)
{
    struct script s = { .out = "" };
    pic_cascade_init(&s.cascade, 0, NULL);
    EXPECT(&s, "m12 M20 Maa ?M", "aa");
}

Test(pic, icw3_is_not_icw4)
{
    struct script s = { .out = "" };
    pic_cascade_init_pc(&s.cascade);
    EXPECT(&s, "m10 M20 M02 M00 +5 a a a m0b ?m", "cd 28 20 20"); // bit 1 of ICW4 would end the interrupt by itself
}

Test(pic, icw3_is_skipped_in_single_mode)
{
    struct script s = { .out = "" };
    pic_cascade_init(&s.cascade, 0, NULL);
    EXPECT(&s, "m13 M20 M01 M55 ?M", "55");
}

Test(pic, all_four_words_are_taken_in_order)
{
    struct script s = { .out = "" };
    pic_cascade_init(&s.cascade, 0, NULL);
    EXPECT(&s, "m11 M20 M04 M01 M55 ?M", "55");
    cr_assert_eq(s.cascade.chip[0].icw3, 4);
    cr_assert_eq(s.cascade.chip[0].icw4, 1);
}

Test(pic, icw3_without_icw4_ends_the_sequence)
{
    struct script s = { .out = "" };
    pic_cascade_init(&s.cascade, 0, NULL);
    EXPECT(&s, "m10 M20 M04 M77 ?M", "77");
}

Test(pic, icw4_with_aeoi_ends_the_sequence_too)
{
    struct script s = single("03");
    EXPECT(&s, "Mfe ?M", "fe");
}

Test(pic, icw1_starts_over_from_any_stage)
{
    struct script s = { .out = "" };
    pic_cascade_init(&s.cascade, 0, NULL);
    EXPECT(&s, "m11 M20 m11 M30 M00 m13 M40 M01 M00 +1 !", "41");
}

Test(pic, int_stays_low_until_the_last_initialisation_word)
{
    struct script s = { .out = "" };
    pic_cascade_init(&s.cascade, 0, NULL);
    EXPECT(&s, "m1b +3 i M20 i M01 i", "0 0 1");
}

Test(pic, ocw2_and_ocw3_between_the_words_do_not_disturb_them)
{
    struct script s = { .out = "" };
    pic_cascade_init(&s.cascade, 0, NULL);
    EXPECT(&s, "m13 m20 M20 m0b M01 M00 +2 !", "22");
}

Test(pic, icw1_clears_mask_service_and_special_mask_and_selects_irr)
{
    struct script s = single("01");
    EXPECT(&s, "+1 ! m68 m0b ?m Mff", "21 02");
    EXPECT(&s, "m13 M20 M01 ?m ?M", "00 00"); // IRR: the edge circuit is reset, pin 1 is still high
    EXPECT(&s, "+3 ?m m0b ?m", "08 00");
    cr_assert_not(s.cascade.chip[0].special_mask);
}

Test(pic, icw1_resets_the_edge_sense_so_that_a_high_pin_needs_a_new_edge)
{
    struct script s = single("01");
    EXPECT(&s, "+4 i m13 M20 M01 i -4 i +4 i", "1 0 0 1");
}

Test(pic, icw1_forgets_a_poll_a_held_trigger_and_an_inta_under_way)
{
    struct script s = single("01");
    EXPECT(&s, "m0c m13 M20 M01 +3 ?m -3", "08");
    EXPECT(&s, "^5 i m13 M20 M01 i", "1 0");
    EXPECT(&s, "+4 a m13 M20 M01 -4 +4 !", "-- 24");
}

Test(pic, a_chip_that_was_never_initialised_leaves_the_bus_alone)
{
    struct script s = { .out = "" };
    pic_cascade_init(&s.cascade, 0, NULL);
    EXPECT(&s, "+3 a a a", "-- -- --");
    cr_assert_eq(s.cascade.mistakes[PIC_MISTAKE_NO_SLAVE], 1);
    cr_assert_eq(s.cascade.mistakes[PIC_MISTAKE_SPURIOUS], 0);
}

Test(pic, icw1_gives_ir7_the_lowest_priority)
{
    struct script s = single("01");
    EXPECT(&s, "mc3 m13 M20 M01 +0 +5 !", "20");
}

Test(pic, icw1_clears_rotation_in_automatic_eoi_mode)
{
    struct script s = single("03");
    EXPECT(&s, "m80 m13 M20 M03 +3 ! +0 +4 !", "23 20");
}

Test(pic, without_ic4_the_functions_of_icw4_are_zero)
{
    struct script s = single("03"); // 8086 mode, AEOI
    EXPECT(&s, "m12 M20 +3 a a a", "cd 18 20");
    EXPECT(&s, "m0b ?m", "08"); // no automatic EOI any more
}

Test(pic, icw4_is_kept_until_the_new_one_arrives)
{
    struct script s = single("03");
    run(&s, "m13");
    cr_assert_eq(s.cascade.chip[0].icw4, 3);
}

Test(pic, icw2_gives_the_upper_five_bits_of_the_vector)
{
    for (unsigned level = 0; level < 8; level++) {
        struct script s = { .out = "" };
        char text[64], expected[8];
        pic_cascade_init(&s.cascade, 0, NULL);
        snprintf(text, sizeof text, "m13 Mff M01 +%u !", level);
        snprintf(expected, sizeof expected, "%02x", 0xf8 | level);
        EXPECT(&s, text, expected);
    }
}

// --- Triggers ------------------------------------------------------------------------------------------------------

Test(pic, an_edge_is_latched_while_the_pin_stays_high)
{
    struct script s = single("01");
    EXPECT(&s, "+3 i ?m ! i ?m", "1 08 23 0 00");
}

Test(pic, an_edge_is_taken_once_however_long_the_pin_stays_high)
{
    struct script s = single("01");
    EXPECT(&s, "+3 ! m20 i +3 i -3 +3 i !", "23 0 0 1 23");
}

Test(pic, an_edge_that_falls_before_inta_is_withdrawn)
{
    struct script s = single("01");
    EXPECT(&s, "+3 -3 i ?m", "0 00");
}

Test(pic, a_masked_edge_is_held_and_seen_at_unmask)
{
    struct script s = single("01");
    EXPECT(&s, "M08 +3 i ?m M00 i !", "0 08 1 23");
}

Test(pic, in_ltim_every_pin_is_a_level)
{
    for (unsigned level = 0; level < 8; level++) {
        struct script s = { .out = "" };
        char text[64], expected[32];
        pic_cascade_init(&s.cascade, 0, NULL);
        snprintf(text, sizeof text, "m1b M20 M01 +%u ! i m20 i ! -%u m20 i", level, level);
        snprintf(expected, sizeof expected, "%02x 0 1 %02x 0", 0x20 | level, 0x20 | level);
        EXPECT(&s, text, expected);
    }
}

Test(pic, a_level_stays_in_irr_while_it_is_served)
{
    struct script s = { .out = "" };
    pic_cascade_init(&s.cascade, 0, NULL);
    EXPECT(&s, "m1b M20 M01 +5 ?m ! ?m -5 ?m", "20 25 20 00");
}

Test(pic, a_trigger_without_a_level_is_held_until_acknowledged)
{
    struct script s = single("01");
    EXPECT(&s, "^6 i ?m ! i ?m m20 i", "1 40 26 0 00 0");
    EXPECT(&s, "^6 ^6 ! m20 i", "26 0"); // two before the acknowledge are one
    EXPECT(&s, "^6 ! ^6 i m20 i !", "26 0 1 26");
}

Test(pic, a_trigger_leaves_the_edge_sense_ready)
{
    struct script s = single("01");
    EXPECT(&s, "^6 ! m20 +6 i !", "26 1 26");
}

Test(pic, a_trigger_on_a_pin_held_high_is_a_request_of_its_own)
{
    struct script s = single("01");
    EXPECT(&s, "+6 ! m20 i ^6 i ! m20 i", "26 0 1 26 0");
}

// --- Priority ------------------------------------------------------------------------------------------------------

Test(pic, fixed_priority_runs_from_ir0_to_ir7)
{
    struct script s = single("03");
    EXPECT(&s, "+7 +6 +5 +4 +3 +2 +1 +0 ! ! ! ! ! ! ! ! i", "20 21 22 23 24 25 26 27 0");
}

Test(pic, fully_nested_a_higher_level_interrupts_a_lower_one_and_not_the_reverse)
{
    struct script s = single("01");
    EXPECT(&s, "+4 ! +5 i +4 i +3 i ! m0b ?m", "24 0 0 1 23 18");
    EXPECT(&s, "m20 ?m i m20 ?m i !", "10 0 00 1 25");
}

Test(pic, set_priority_makes_any_level_the_lowest)
{
    for (unsigned lowest = 0; lowest < 8; lowest++) {
        struct script s = single("03");
        char text[128], expected[64] = "";
        snprintf(text, sizeof text, "m%02x +0 +1 +2 +3 +4 +5 +6 +7 ! ! ! ! ! ! ! !", 0xc0 | lowest);
        for (unsigned i = 1; i <= 8; i++)
            snprintf(expected + strlen(expected), 8, "%s%02x", i > 1 ? " " : "", 0x20 | ((lowest + i) & 7));
        EXPECT(&s, text, expected);
    }
}

Test(pic, nesting_follows_the_rotated_priority)
{
    struct script s = single("01");
    EXPECT(&s, "mc4 +1 ! +0 i ! +5 i ! +2 i", "21 1 20 1 25 0"); // order 5 6 7 0 1 2 3 4
}

// --- End of interrupt ----------------------------------------------------------------------------------------------

Test(pic, a_nonspecific_eoi_ends_the_highest_level_in_service)
{
    struct script s = single("01");
    EXPECT(&s, "+6 ! +2 ! m0b ?m m20 ?m m20 ?m", "26 22 44 40 00");
}

Test(pic, a_nonspecific_eoi_goes_by_the_rotated_priority)
{
    struct script s = single("01");
    EXPECT(&s, "mc2 +1 ! +5 ! m0b ?m m20 ?m", "21 25 22 02"); // order 3 4 5 6 7 0 1 2
}

Test(pic, a_specific_eoi_ends_the_named_level)
{
    for (unsigned level = 0; level < 8; level++) {
        struct script s = single("01");
        char text[64], expected[32];
        snprintf(text, sizeof text, "mc%u +%u ! m%02x m0b ?m", (level + 7) & 7, level, 0x60 | level);
        snprintf(expected, sizeof expected, "%02x 00", 0x20 | level);
        EXPECT(&s, text, expected);
    }
    struct script s = single("01");
    EXPECT(&s, "+6 ! +2 ! m66 m0b ?m", "26 22 04");
}

Test(pic, rotate_on_nonspecific_eoi_makes_the_ended_level_the_lowest)
{
    struct script s = single("01");
    EXPECT(&s, "+4 ! ma0 +3 +5 ! !", "24 25 27"); // order 5 6 7 0 1 2 3 4; 3 is held back by 5, so the INTA is spurious
    EXPECT(&s, "m20 !", "23");
}

Test(pic, rotation_goes_to_the_ended_level_and_not_one_step)
{
    struct script s = single("01");
    EXPECT(&s, "+6 ! ma0 -6 +0 +6 +7 ! m20 ! m20 !", "26 27 20 26");
}

Test(pic, rotate_on_specific_eoi_ends_and_rotates_to_that_level)
{
    struct script s = single("01");
    EXPECT(&s, "+2 ! me2 m0b ?m +1 +3 ! m20 !", "22 00 23 21");
}

Test(pic, automatic_eoi_leaves_nothing_in_service)
{
    struct script s = single("03");
    EXPECT(&s, "+2 ! m0b ?m i +5 !", "22 00 0 25");
}

Test(pic, automatic_eoi_comes_at_the_end_of_the_last_cycle)
{
    struct script s = single("03");
    EXPECT(&s, "m0b +2 a ?m a ?m", "-- 04 22 00");
}

Test(pic, rotation_in_automatic_eoi_mode_can_be_set_and_cleared)
{
    struct script s = single("03");
    EXPECT(&s, "m80 +2 ! -2 +2 +3 ! !", "22 23 22");
    EXPECT(&s, "m00 -2 +2 -3 +3 ! !", "23 22"); // the ring stays where it was: 3 is first, 2 is last
    EXPECT(&s, "-3 +3 -2 +2 ! !", "23 22");     // and turns no more
}

Test(pic, an_ocw2_without_a_command_does_nothing)
{
    struct script s = single("01");
    EXPECT(&s, "+3 ! m43 m0b ?m +2 !", "23 08 22");
}

Test(pic, an_eoi_with_nothing_in_service_is_counted)
{
    struct script s = single("01");
    run(&s, "m20 m65 ma0");
    cr_assert_eq(s.cascade.mistakes[PIC_MISTAKE_EOI], 3);
    EXPECT(&s, "+7 +0 ! !", "20 27"); // and turned nothing: 0 is first, 7 last (held back, so spurious 7)
}

Test(pic, a_write_reports_the_levels_it_took_out_of_service)
{
    struct script s = single("01");
    run(&s, "+6 ! +2 !");
    cr_assert_eq(pic_cascade_write(&s.cascade, 0, 0, 0x20), 0x04);
    cr_assert_eq(pic_cascade_write(&s.cascade, 0, 0, 0x65), 0x00);
    cr_assert_eq(pic_cascade_write(&s.cascade, 0, 0, 0xe6), 0x40);
    run(&s, "+3 !");
    cr_assert_eq(pic_cascade_write(&s.cascade, 0, 0, 0x13), 0x08, "ICW1 ends all");
}

// --- Masks ---------------------------------------------------------------------------------------------------------

Test(pic, each_mask_bit_holds_its_own_level)
{
    for (unsigned level = 0; level < 8; level++) {
        struct script s = single("01");
        char text[64];
        snprintf(text, sizeof text, "M%02x +%u i M%02x i", 1 << level, level, 0xff & ~(1 << level));
        EXPECT(&s, text, "0 1");
    }
}

Test(pic, masking_a_level_in_service_does_not_let_lower_ones_through)
{
    struct script s = single("01");
    EXPECT(&s, "+3 ! M08 +4 i", "23 0");
}

Test(pic, special_mask_mode_lets_lower_levels_through_a_masked_one)
{
    struct script s = single("01");
    EXPECT(&s, "+3 ! M08 m68 +4 i ! m0b ?m", "23 1 24 18");
}

Test(pic, special_mask_mode_still_nests_below_an_unmasked_level)
{
    struct script s = single("01");
    EXPECT(&s, "m68 +3 ! +4 i M08 i", "23 0 1");
}

Test(pic, in_special_mask_mode_a_nonspecific_eoi_passes_over_masked_levels)
{
    struct script s = single("01");
    EXPECT(&s, "+3 ! M08 m68 +4 ! m0b m20 ?m m20 ?m m63 ?m", "23 24 08 08 00");
}

Test(pic, special_mask_mode_needs_esmm_to_change)
{
    struct script s = single("01");
    EXPECT(&s, "+3 ! M08 m28 +4 i m68 i m08 i m48 i", "23 0 1 1 0");
}

// --- Status and poll -----------------------------------------------------------------------------------------------

Test(pic, ocw3_selects_irr_or_isr_and_the_choice_stays)
{
    struct script s = single("01");
    EXPECT(&s, "+3 ! +5 ?m m0b ?m ?m m08 ?m m0a ?m", "23 20 08 08 08 20");
}

Test(pic, a_poll_acknowledges_on_the_next_read)
{
    struct script s = single("01");
    EXPECT(&s, "+3 m0c ?m i m0b ?m m20 ?m", "83 0 08 00");
}

Test(pic, a_poll_answers_at_either_address)
{
    struct script s = single("01");
    EXPECT(&s, "M01 +3 m0c ?M ?M m0b ?m", "83 01 08");
}

Test(pic, a_poll_without_a_request_has_bit_7_clear)
{
    struct script s = single("01");
    EXPECT(&s, "m0c ?m m0b ?m", "07 00");
}

Test(pic, a_poll_covers_one_read_only)
{
    struct script s = single("01");
    EXPECT(&s, "+3 +4 m0c ?m ?m", "83 10");
}

Test(pic, a_poll_wins_over_a_register_read_asked_for_with_it)
{
    struct script s = single("01");
    EXPECT(&s, "+3 m0f ?m ?m", "83 08");
}

Test(pic, a_poll_is_an_acknowledge_for_automatic_eoi_too)
{
    struct script s = single("03");
    EXPECT(&s, "+3 m0c ?m m0b ?m", "83 00");
}

Test(pic, a_poll_obeys_priority_and_mask)
{
    struct script s = single("01");
    EXPECT(&s, "M02 +1 +3 m0c ?m m0c ?m", "83 07");
}

Test(pic, peeking_changes_nothing)
{
    struct script s = single("01");
    EXPECT(&s, "+3 m0c =m =m =M ?m =m", "83 83 83 83 00");
}

// --- INTA ----------------------------------------------------------------------------------------------------------

Test(pic, in_8086_mode_the_first_cycle_serves_and_the_second_gives_the_vector)
{
    struct script s = single("01");
    EXPECT(&s, "m0b +3 ?m a ?m i a ?m", "00 -- 08 0 23 08");
}

Test(pic, a_request_gone_before_inta_gives_ir7_and_serves_nothing)
{
    struct script s = single("01");
    EXPECT(&s, "+3 i -3 ! m0b ?m", "1 27 00");
    cr_assert_eq(s.cascade.mistakes[PIC_MISTAKE_SPURIOUS], 1);
}

Test(pic, a_spurious_ir7_does_not_turn_the_ring_in_automatic_rotation)
{
    struct script s = single("03");
    EXPECT(&s, "mc3 m80 ! +4 +0 !", "27 24");
}

Test(pic, a_true_ir7_is_told_from_a_spurious_one_by_isr)
{
    struct script s = single("01");
    EXPECT(&s, "m0b ! ?m +7 ! ?m", "27 00 27 80");
}

Test(pic, in_8080_mode_a_call_comes_as_three_bytes_4_apart)
{
    for (unsigned level = 0; level < 8; level++) {
        struct script s = { .out = "" };
        char text[64], expected[32];
        pic_cascade_init(&s.cascade, 0, NULL);
        snprintf(text, sizeof text, "mf6 M12 +%u a a a m0b ?m", level);
        snprintf(expected, sizeof expected, "cd %02x 12 %02x", 0xe0 | level << 2, 1 << level);
        EXPECT(&s, text, expected);
    }
}

Test(pic, in_8080_mode_a_call_comes_as_three_bytes_8_apart)
{
    for (unsigned level = 0; level < 8; level++) {
        struct script s = { .out = "" };
        char text[64], expected[32];
        pic_cascade_init(&s.cascade, 0, NULL);
        snprintf(text, sizeof text, "mf2 M12 +%u a a a", level); // A5 is the level's then
        snprintf(expected, sizeof expected, "cd %02x 12", 0xc0 | level << 3);
        EXPECT(&s, text, expected);
    }
}

Test(pic, in_8080_mode_automatic_eoi_comes_with_the_third_byte)
{
    struct script s = { .out = "" };
    pic_cascade_init(&s.cascade, 0, NULL);
    EXPECT(&s, "m17 M12 M02 m0b +3 a ?m a ?m a ?m", "cd 08 0c 08 12 00");
}

Test(pic, an_x86_cpu_before_a_chip_in_8080_mode_is_counted)
{
    struct script s = { .out = "" };
    pic_cascade_init(&s.cascade, 0, NULL);
    EXPECT(&s, "m16 M12 +3 ! a", "0c 12"); // two cycles of the CPU, the third is still owed
    cr_assert_eq(s.cascade.mistakes[PIC_MISTAKE_CALL], 1);
}

Test(pic, acknowledge_reports_line_spurious_and_automatic_end)
{
    struct script s = single("01");
    struct pic_taken taken;
    run(&s, "+3");
    cr_assert_eq(pic_cascade_acknowledge(&s.cascade, &taken), 0x23);
    cr_assert(taken.vector == 0x23 && taken.line == 3 && !taken.spurious && !taken.ended);
    pic_cascade_acknowledge(&s.cascade, &taken);
    cr_assert(taken.vector == 0x27 && taken.line == 7 && taken.spurious && !taken.ended);
    s = single("03");
    run(&s, "+3");
    pic_cascade_acknowledge(&s.cascade, &taken);
    cr_assert(taken.line == 3 && !taken.spurious && taken.ended);
}

// --- Buffered mode -------------------------------------------------------------------------------------------------

Test(pic, in_buffered_mode_icw4_says_who_is_master)
{
    struct script s = { .out = "" };
    pic_cascade_init(&s.cascade, 0, NULL);
    EXPECT(&s, "m11 M20 M00 M0d +3 !", "23");
    EXPECT(&s, "m11 M20 M00 M09 -3 +3 i !", "1 ff"); // only a buffered slave: no chip drives the bus
    cr_assert_eq(s.cascade.mistakes[PIC_MISTAKE_NO_SLAVE], 1);
}

Test(pic, the_master_bit_means_nothing_without_buffered_mode)
{
    struct script s = { .out = "" };
    pic_cascade_init(&s.cascade, 0, NULL);
    EXPECT(&s, "m13 M20 M01 +3 ! m13 M20 M05 -3 +3 !", "23 23");
}

// --- Against a second opinion --------------------------------------------------------------------------------------

// The resolver by walking the ring, as the sheet describes it, for every request, service and mask set that matters.
static int walk(unsigned lowest, unsigned requests, unsigned serving)
{
    for (unsigned i = 1; i <= 8; i++) {
        unsigned level = (lowest + i) & 7;
        if (serving >> level & 1)
            return -1;
        if (requests >> level & 1)
            return (int)level;
    }
    return -1;
}

Test(pic, the_resolver_agrees_with_a_walk_round_the_ring)
{
    struct script s = single("01");
    struct pic *chip = &s.cascade.chip[0];
    for (unsigned lowest = 0; lowest < 8; lowest++)
        for (unsigned irr = 0; irr < 256; irr++)
            for (unsigned isr = 0; isr < 256; isr++) {
                chip->lowest = (uint8_t)lowest;
                chip->isr = (uint8_t)isr;
                chip->held = (uint8_t)irr;
                int expected = walk(lowest, irr, isr);
                cr_assert_eq(pic_cascade_int(&s.cascade), expected >= 0);
                chip->poll = true;
                cr_assert_eq(pic_cascade_peek(&s.cascade, 0, 0), expected < 0 ? 7 : 0x80 | expected);
            }
}

Test(pic, only_an_end_of_interrupt_and_icw1_end_a_level)
{
    for (unsigned value = 0; value < 256; value++) {
        struct script s = pc();
        bool icw1 = value & 0x10, eoi = icw1 || (value & 0x38) == 0x20;
        run(&s, "+3 !"); // level 3 in service
        uint8_t ended = pic_cascade_write(&s.cascade, 0, 0, (uint8_t)value);
        if (!eoi)
            cr_assert_eq(ended, 0, "%02x", value);
        cr_assert_eq(pic_cascade_isr(&s.cascade, 0), 0x08 & ~ended, "%02x", value);
        cr_assert_eq(pic_cascade_write(&s.cascade, 0, 1, (uint8_t)value), 0, "%02x", value);
    }
}

Test(pic, a_line_that_is_high_at_reset_is_no_edge)
{
    struct script s = pc();
    run(&s, "+3");
    pic_cascade_reset(&s.cascade);
    EXPECT(&s, "?m -3 +3 ?m", "00 08");
}

// --- Counters of mistakes ------------------------------------------------------------------------------------------

static unsigned mistakes(const struct script *s)
{
    unsigned sum = 0;
    for (unsigned i = 0; i < PIC_MISTAKES; i++)
        sum += s->cascade.mistakes[i];
    return sum;
}

Test(pic, no_legal_use_is_a_mistake)
{
    static const char *const uses[] = {
        "+3 ! m20 -3",              // non-specific EOI
        "+3 ! m63 -3",              // specific
        "+3 ! ma0 -3",              // rotate on non-specific
        "+4 ! me4 -4 mc7",          // rotate on specific, set priority
        "m80 m00 m40",              // rotate in automatic EOI mode, on and off; no operation
        "m0c ?m +5 m0c ?m m20 -5",  // polls, with and without a request
        "m68 m48 m0a ?m m0b ?m ?M", // special mask mode, IRR, ISR, IMR
        "s0b ?s ?S Mff M00",        // the slave; masks
        "+12 ! s20 m20 -12",        // through the cascade
    };
    for (unsigned i = 0; i < countof(uses); i++) {
        struct script s = pc();
        run(&s, uses[i]);
        cr_assert_eq(mistakes(&s), 0, "%s", uses[i]);
    }
}

Test(pic, each_wrong_use_is_one_mistake_of_its_name)
{
    static const struct {
        const char *use;
        enum pic_mistake expected;
    } rows[] = {
        { "m20", PIC_MISTAKE_EOI },          { "m63", PIC_MISTAKE_EOI },
        { "ma0", PIC_MISTAKE_EOI },          { "+3 ! me4", PIC_MISTAKE_EOI },
        { "s20", PIC_MISTAKE_EOI },          { "!", PIC_MISTAKE_SPURIOUS },
        { "+3 -3 !", PIC_MISTAKE_SPURIOUS }, { "+9 a -9 a", PIC_MISTAKE_SPURIOUS },
    };
    for (unsigned i = 0; i < countof(rows); i++) {
        struct script s = pc();
        run(&s, rows[i].use);
        cr_assert_eq(s.cascade.mistakes[rows[i].expected], 1, "%s", rows[i].use);
        cr_assert_eq(mistakes(&s), 1, "%s", rows[i].use);
    }
}
