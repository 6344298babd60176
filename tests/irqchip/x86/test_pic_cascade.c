// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Master and slaves: the PC's pair, ELCR, special fully nested mode, spurious 15, other wirings; state and fuzz.
#include "irqchip/x86/test_pic_script.h"

#include "base/bits.h"

Test(pic_cascade, every_line_of_the_pc_has_its_vector)
{
    for (unsigned line = 0; line < 16; line++) {
        struct script s = pc();
        char text[64], expected[32];
        snprintf(text, sizeof text, "+%u i !", line);
        snprintf(expected, sizeof expected, "1 %02x", line < 8 ? 0x08 + line : 0x70 + line - 8);
        EXPECT(&s, text, line == 2 ? "0 0f" : expected); // the pin of the slave is no line
    }
}

Test(pic_cascade, an_interrupt_of_the_slave_is_in_service_in_both_chips)
{
    struct script s = pc();
    EXPECT(&s, "+11 ?m ?s ! m0b s0b ?m ?s s20 ?s ?m m20 ?m", "04 08 73 04 08 00 04 00");
}

Test(pic_cascade, slave_lines_rank_between_1_and_3)
{
    struct script s = pc();
    EXPECT(&s, "M00 +3 +8 +1 ! m20 ! s20 m20 !", "09 70 0b");
}

Test(pic_cascade, the_cascade_is_a_level_that_follows_the_slave)
{
    struct script s = pc();
    EXPECT(&s, "+9 ?m S02 ?m i S00 ?m i -9 ?m i", "04 00 0 04 1 00 0");
}

Test(pic_cascade, a_second_request_of_the_slave_is_seen_after_both_eois)
{
    struct script s = pc();
    EXPECT(&s, "+14 +15 ! i s20 i m20 i ! s20 m20 i", "76 0 0 1 77 0");
}

Test(pic_cascade, the_master_may_be_ended_first)
{
    struct script s = pc();
    EXPECT(&s, "+14 +15 ! m20 i s20 i !", "76 0 1 77");
}

Test(pic_cascade, two_requests_under_automatic_eoi_are_both_taken)
{
    // The slave's INT is high before and after the first acknowledge: an edge at the master would be lost.
    struct script s = { .out = "" };
    pic_cascade_init_pc(&s.cascade);
    EXPECT(&s, "m11 M08 M04 M03 s11 S70 S02 S03 +9 +12 i ! i ! i", "1 71 1 74 0");
}

Test(pic_cascade, masking_pin_2_holds_all_of_the_slave)
{
    struct script s = pc();
    EXPECT(&s, "M04 +8 +15 i M00 i", "0 1");
}

Test(pic_cascade, without_special_fully_nested_mode_a_slave_waits_for_the_masters_eoi)
{
    struct script s = pc();
    EXPECT(&s, "+12 ! +9 i m20 i", "74 0 1");
}

Test(pic_cascade, special_fully_nested_mode_lets_a_higher_request_of_the_same_slave_through)
{
    struct script s = { .out = "" };
    pic_cascade_init_pc(&s.cascade);
    EXPECT(&s, "m11 M08 M04 M11 s11 S70 S02 S01 +12 ! +9 i ! +15 i +3 i", "74 1 71 0 0");
    // Software reads the slave's ISR and ends the master only when it is empty.
    EXPECT(&s, "s0b s20 ?s i s20 ?s i m20 i !", "10 0 00 1 1 77");
}

Test(pic_cascade, special_fully_nested_mode_does_not_touch_lines_without_a_slave)
{
    struct script s = { .out = "" };
    pic_cascade_init_pc(&s.cascade);
    EXPECT(&s, "m19 M08 M04 M11 +3 ! i", "0b 0"); // LTIM: still high, but in service
}

Test(pic_cascade, spurious_7_serves_nothing)
{
    struct script s = pc();
    EXPECT(&s, "+5 -5 ! m0b ?m", "0f 00");
}

Test(pic_cascade, spurious_15_leaves_pin_2_in_service_in_the_master)
{
    // The request falls after the master has committed itself in the first cycle.
    struct script s = pc();
    EXPECT(&s, "m0b s0b +10 a -10 a", "-- 77");
    EXPECT(&s, "?m ?s i m20 ?m +10 !", "04 00 0 00 72");
    cr_assert_eq(s.cascade.mistakes[PIC_MISTAKE_SPURIOUS], 1);
}

Test(pic_cascade, spurious_15_of_a_masked_line_is_reported_as_such)
{
    struct script s = pc();
    struct pic_taken taken;
    EXPECT(&s, "+10 a S04 a", "-- 77");
    EXPECT(&s, "m20 S00 s0b m0b", "");
    pic_cascade_acknowledge(&s.cascade, &taken);
    cr_assert(taken.line == 10 && !taken.spurious);
}

Test(pic_cascade, spurious_15_turns_no_ring_in_automatic_rotation)
{
    struct script s = { .out = "" };
    pic_cascade_init_pc(&s.cascade);
    EXPECT(&s, "m11 M08 M04 M03 s11 S70 S02 S03 s80 sc3 +10 a -10 a", "-- 77");
    EXPECT(&s, "+12 +8 !", "74"); // order 4 5 6 7 0 1 2 3 still
}

Test(pic_cascade, a_slave_request_that_falls_before_the_first_cycle_is_spurious_7_of_the_master)
{
    struct script s = pc();
    EXPECT(&s, "+10 i -10 ! m0b ?m s0b ?s", "1 0f 00 00");
}

Test(pic_cascade, the_slave_in_initialisation_does_not_answer)
{
    struct script s = pc();
    EXPECT(&s, "+10 s11 i", "0");
}

Test(pic_cascade, polling_reaches_slave_lines_in_two_polls)
{
    struct script s = pc();
    EXPECT(&s, "+13 m0c ?m s0c ?s m0b ?m s0b ?s i", "82 85 04 20 0");
}

Test(pic_cascade, polling_the_slave_alone_takes_its_request_from_the_master)
{
    struct script s = pc();
    EXPECT(&s, "+13 i s0c ?s i", "1 85 0");
}

Test(pic_cascade, a_slave_with_another_id_leaves_the_bus_floating)
{
    struct script s = { .out = "" };
    pic_cascade_init_pc(&s.cascade);
    EXPECT(&s, "m11 M08 M04 M01 s11 S70 S03 S01 +10 i !", "1 ff");
    cr_assert_eq(s.cascade.mistakes[PIC_MISTAKE_NO_SLAVE], 1);
}

Test(pic_cascade, a_pin_that_icw3_does_not_name_is_answered_by_the_master)
{
    struct script s = { .out = "" };
    pic_cascade_init_pc(&s.cascade);
    EXPECT(&s, "m11 M08 M00 M01 s11 S70 S02 S01 +10 ! s0b ?s", "0a 00");
}

Test(pic_cascade, in_single_mode_the_master_answers_for_the_slaves_pin)
{
    struct script s = { .out = "" };
    pic_cascade_init_pc(&s.cascade);
    EXPECT(&s, "m13 M08 M01 s11 S70 S02 S01 +10 !", "0a");
}

Test(pic_cascade, a_buffered_pair_works_like_an_unbuffered_one)
{
    struct script s = { .out = "" };
    pic_cascade_init_pc(&s.cascade);
    EXPECT(&s, "m11 M08 M04 M0d s11 S70 S02 S09 +10 ! s20 m20 +3 !", "72 0b");
}

Test(pic_cascade, a_buffered_slave_that_calls_itself_master_ignores_cas)
{
    struct script s = { .out = "" };
    pic_cascade_init_pc(&s.cascade);
    EXPECT(&s, "m11 M08 M04 M0d s11 S70 S02 S0d +10 !", "ff");
}

Test(pic_cascade, in_8080_mode_the_master_calls_and_the_slave_gives_the_address)
{
    struct script s = { .out = "" };
    pic_cascade_init_pc(&s.cascade);
    EXPECT(&s, "m14 M12 M04 s34 S34 S02 +13 a a a +3 a a a", "cd 34 34 cd 1c 12");
}

Test(pic_cascade, the_reset_id_of_a_slave_is_7)
{
    struct script s = { .out = "" };
    static const uint8_t pins[] = { 7 };
    pic_cascade_init(&s.cascade, 1, pins);
    EXPECT(&s, "m11 M08 M80 M01 s13 S70 S01 +8 !", "70");
}

Test(pic_cascade, a_default_ir7_looks_on_cas_like_level_7)
{
    struct script s = { .out = "" };
    static const uint8_t pins[] = { 7 };
    pic_cascade_init(&s.cascade, 1, pins);
    EXPECT(&s, "m11 M08 M80 M01 s11 S70 S07 S01 ! m0b ?m", "77 00");
    cr_assert_eq(s.cascade.mistakes[PIC_MISTAKE_SPURIOUS], 2);
}

Test(pic_cascade, eight_slaves_give_sixty_four_lines)
{
    static const uint8_t pins[] = { 0, 1, 2, 3, 4, 5, 6, 7 };
    struct script s = { .out = "" };
    char text[128], expected[16];
    pic_cascade_init(&s.cascade, 8, pins);
    run(&s, "m11 M08 Mff M03");
    for (unsigned chip = 1; chip <= 8; chip++) {
        snprintf(text, sizeof text, "%us11 %uS%02x %uS%02x %uS03", chip, chip, 0x40 + chip * 8, chip, chip - 1, chip);
        run(&s, text);
    }
    for (unsigned line = 8; line < 72; line++) {
        snprintf(text, sizeof text, "+%u i ! -%u i", line, line);
        snprintf(expected, sizeof expected, "1 %02x 0", 0x40 + line);
        EXPECT(&s, text, expected);
    }
    EXPECT(&s, "+71 +40 +8 ! ! !", "48 68 87");
}

Test(pic_cascade, slaves_may_sit_at_any_pins_in_any_order)
{
    static const uint8_t pins[] = { 5, 1 };
    struct script s = { .out = "" };
    pic_cascade_init(&s.cascade, 2, pins);
    EXPECT(&s, "m11 M08 M22 M03 1s11 1S50 1S05 1S03 2s11 2S60 2S01 2S03 +8 +16 +3 ! ! !", "60 0b 50");
}

// --- As system software does it ------------------------------------------------------------------------------------

Test(pic_cascade, start_as_linux_does_with_all_masked_then_a_tick_by_specific_eoi)
{
    struct script s = { .out = "" };
    pic_cascade_init_pc(&s.cascade);
    EXPECT(&s, "Mff m11 M30 M04 M01 s11 S38 S02 S01 Mff Sff Mfb Sff", "");
    EXPECT(&s, "+0 i Mfa i !", "0 1 30");
    EXPECT(&s, "?M Mfb m60 -0 Mfa i +0 i !", "fa 0 1 30"); // mask and acknowledge, then unmask
}

Test(pic_cascade, end_as_linux_does_for_a_slave_line)
{
    struct script s = pc();
    EXPECT(&s, "+12 ! S10 s64 m62 m0b ?m s0b ?s -12 S00 i", "74 00 00 0");
}

Test(pic_cascade, a_spurious_7_is_told_apart_as_linux_does)
{
    struct script s = pc();
    EXPECT(&s, "+7 -7 ! m0b ?m m0a ?m", "0f 00 00");
    EXPECT(&s, "+7 ! m0b ?m m0a ?m m67 i", "0f 80 00 0");
}

Test(pic_cascade, int_follows_a_tick_that_nobody_acknowledges)
{
    // LINT0 as a fixed edge behind an automatic-EOI 8259A: no INTA ever comes, each tick must still be an edge of INT.
    struct script s = { .out = "" };
    pic_cascade_init_pc(&s.cascade);
    run(&s, "m11 M30 M04 M03 s11 S38 S02 S03 Mfe Sff");
    EXPECT(&s, "-0 i +0 i -0 i +0 i -0 i", "0 1 0 1 0");
}

Test(pic_cascade, a_periodic_tick_is_never_lost_and_never_doubled)
{
    struct script s = pc();
    unsigned taken = 0;
    for (unsigned tick = 0; tick < 1000; tick++) {
        run(&s, "-0 +0"); // PIT mode 2: one clock low, then high
        if (tick % 3 == 0)
            continue; // interrupts disabled over this tick: it coalesces with the next
        while (pic_cascade_int(&s.cascade)) {
            EXPECT(&s, "! m20", "08");
            taken++;
        }
    }
    cr_assert_eq(taken, 666);
}

// --- Sources without a level ---------------------------------------------------------------------------------------

Test(pic_cascade, a_trigger_of_a_slave_goes_through_the_cascade_once)
{
    struct script s = pc();
    EXPECT(&s, "^12 i ! i s20 m20 i", "1 74 0 0");
    EXPECT(&s, "^12 ! ^12 s20 i m20 i ! s20 m20 i", "74 0 1 74 0");
}

Test(pic_cascade, a_trigger_on_a_pin_that_elcr_makes_level_is_one_interrupt)
{
    struct script s = pc();
    pic_cascade_write_elcr(&s.cascade, 0, 0x20);
    pic_cascade_write_elcr(&s.cascade, 1, 0x08);
    EXPECT(&s, "^5 i ! i m20 i", "1 0d 0 0");
    EXPECT(&s, "^11 ! s20 m20 i", "73 0");
    EXPECT(&s, "+5 ^5 ! m20 ! -5 m20 i", "0d 0d 0"); // a level that stays comes again, whatever was triggered
}

Test(pic_cascade, a_masked_trigger_is_held_on_both_chips)
{
    struct script s = pc();
    EXPECT(&s, "Mff Sff ^3 ^9 i =m =s M00 S00 ! s20 m20 ! i", "0 08 02 71 0b 0");
}

Test(pic_cascade, a_trigger_on_the_pin_of_a_slave_is_ignored)
{
    struct script s = pc();
    EXPECT(&s, "^2 i =m", "0 00");
    cr_assert_eq(s.cascade.chip[0].held, 0);
}

Test(pic_cascade, a_held_trigger_ends_with_automatic_eoi_a_poll_and_icw1)
{
    struct script s = { .out = "" };
    pic_cascade_init_pc(&s.cascade);
    EXPECT(&s, "m11 M08 M04 M03 s11 S70 S02 S03 ^3 ^11 ! ! i", "73 0b 0");
    EXPECT(&s, "^4 m0c ?m i", "84 0");
    EXPECT(&s, "^12 s0c ?s i", "84 0");
    EXPECT(&s, "^12 s11 S70 S02 S03 i", "0");
}

// --- ELCR ----------------------------------------------------------------------------------------------------------

Test(pic_cascade, elcr_keeps_the_fixed_edges_of_a_pc)
{
    struct script s = pc();
    pic_cascade_write_elcr(&s.cascade, 0, 0xff);
    pic_cascade_write_elcr(&s.cascade, 1, 0xff);
    cr_assert_eq(pic_cascade_read_elcr(&s.cascade, 0), 0xf8);
    cr_assert_eq(pic_cascade_read_elcr(&s.cascade, 1), 0xde);
    cr_assert_eq(s.cascade.mistakes[PIC_MISTAKE_ELCR], 2);
}

Test(pic_cascade, an_elcr_write_is_a_mistake_only_for_a_pin_that_is_fixed_to_edge)
{
    static const uint8_t writable[2] = { 0xf8, 0xde };
    for (unsigned chip = 0; chip < 2; chip++)
        for (unsigned value = 0; value < 256; value++) {
            struct script s = pc();
            pic_cascade_write_elcr(&s.cascade, chip, (uint8_t)value);
            cr_assert_eq(s.cascade.mistakes[PIC_MISTAKE_ELCR], (value & ~writable[chip] & 0xff) != 0);
            cr_assert_eq(pic_cascade_read_elcr(&s.cascade, chip), value & writable[chip]);
        }
}

Test(pic_cascade, elcr_makes_each_single_line_a_level)
{
    for (unsigned line = 3; line < 16; line++) {
        struct script s = pc();
        char text[64], expected[8];
        bool fixed = line == 8 || line == 13;
        pic_cascade_write_elcr(&s.cascade, line / 8, (uint8_t)(1u << line % 8));
        snprintf(text, sizeof text, "+%u ! s20 m20 i", line);
        snprintf(expected, sizeof expected, "%02x %d", line < 8 ? 8 + line : 0x68 + line, !fixed);
        EXPECT(&s, text, expected);
    }
}

Test(pic_cascade, elcr_survives_icw1_and_not_a_reset)
{
    struct script s = pc();
    pic_cascade_write_elcr(&s.cascade, 1, 0x0c);
    run(&s, PC_START);
    cr_assert_eq(pic_cascade_read_elcr(&s.cascade, 1), 0x0c);
    pic_cascade_reset(&s.cascade);
    cr_assert_eq(pic_cascade_read_elcr(&s.cascade, 1), 0);
}

Test(pic_cascade, a_level_line_is_seen_again_after_icw1)
{
    struct script s = pc();
    pic_cascade_write_elcr(&s.cascade, 1, 0x04);
    EXPECT(&s, "+10 ! " PC_START "i !", "72 1 72");
}

// --- Lines and state -----------------------------------------------------------------------------------------------

Test(pic_cascade, sixteen_lines_at_once_are_like_one_by_one)
{
    struct script a = pc(), b = pc();
    for (unsigned i = 0; i < 200; i++) {
        uint16_t lines = (uint16_t)(i * 40503u);
        pic_cascade_set_lines(&a.cascade, lines);
        for (unsigned line = 0; line < 16; line++)
            pic_cascade_set_line(&b.cascade, line, lines >> line & 1);
        cr_assert_arr_eq(&a.cascade, &b.cascade, sizeof a.cascade);
        cr_assert_eq(pic_cascade_acknowledge(&a.cascade, NULL), pic_cascade_acknowledge(&b.cascade, NULL));
        run(&a, "m20 s20");
        run(&b, "m20 s20");
    }
}

Test(pic_cascade, observers_see_the_registers_of_each_chip)
{
    struct script s = pc();
    run(&s, "+3 ! +10 M81 S42");
    cr_assert_eq(pic_cascade_irr(&s.cascade, 0), 0x04);
    cr_assert_eq(pic_cascade_irr(&s.cascade, 1), 0x04);
    cr_assert_eq(pic_cascade_isr(&s.cascade, 0), 0x08);
    cr_assert_eq(pic_cascade_imr(&s.cascade, 0), 0x81);
    cr_assert_eq(pic_cascade_imr(&s.cascade, 1), 0x42);
}

Test(pic_cascade, reset_keeps_lines_and_wiring)
{
    struct script s = pc();
    run(&s, "+3 +10 ! Mff");
    pic_cascade_reset(&s.cascade);
    EXPECT(&s, "i ?M", "0 00");
    EXPECT(&s, PC_START "i -3 +3 -10 +10 ! m20 !", "0 72 0b");
}

Test(pic_cascade, what_was_in_memory_before_the_start_does_not_matter)
{
    struct script s = { .out = "" };
    memset(&s.cascade, 0xff, sizeof s.cascade);
    pic_cascade_init_pc(&s.cascade);
    for (unsigned i = 0; i < PIC_MISTAKES; i++)
        cr_assert_eq(s.cascade.mistakes[i], 0);
    EXPECT(&s, "i ?M ?S", "0 00 00");
    EXPECT(&s, PC_START "i +10 ! m20 s20 i", "0 72 0");
}

static void visit_any(void *object, struct visit *v)
{
    pic_cascade_visit(object, v);
}

Test(pic_cascade, what_is_saved_is_loaded)
{
    struct script s = pc(), copy = { .out = "" };
    struct visit_save save;
    struct visit_load load;
    run(&s, "+3 ! +10 ^12 m68 M08 s0b s0c mc5 a m20");
    visit_save_init(&save);
    pic_cascade_visit(&s.cascade, &save.visit);
    pic_cascade_init_pc(&copy.cascade);
    visit_load_init(&load, save.data, save.size);
    pic_cascade_visit(&copy.cascade, &load.visit);
    cr_assert_not(load.failed);
    cr_assert_arr_eq(&copy.cascade, &s.cascade, sizeof s.cascade);
    free(save.data);
}

Test(pic_cascade, the_list_of_state_misses_configuration_alone)
{
    static const uint8_t pins[] = { 0, 1, 2, 3, 4, 5, 6, 7 };
    struct pic_cascade cascade;
    pic_cascade_init(&cascade, 8, pins);
    // Per chip: elcr_writable and sp. Of the board: chips, slave_pin, slave_pins.
    size_t configuration = PIC_CHIP_LIMIT * 2 + 1 + PIC_CHIP_LIMIT + 1;
    size_t named = offsetof(struct pic_cascade, inta_chip_level) + 1;
    size_t padding = (offsetof(struct pic_cascade, inta_served) - named) +
                     (offsetof(struct pic_cascade, mistakes) - offsetof(struct pic_cascade, inta_served) - 2);
    cr_assert_eq(visit_uncovered(&cascade, sizeof cascade, visit_any), configuration + padding);
}

// --- Fuzz ----------------------------------------------------------------------------------------------------------

static uint32_t next_random(uint32_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 17;
    return *state ^= *state << 5;
}

Test(pic_cascade, random_accesses_keep_every_rule)
{
    struct script s = pc();
    struct pic_cascade *c = &s.cascade;
    uint32_t seed = 1;
    for (unsigned i = 0; i < 300000; i++) {
        uint32_t r = next_random(&seed);
        unsigned chip = r >> 8 & 1, a0 = r >> 9 & 1;
        struct pic_taken taken;
        switch (r & 7) {
        case 0:
        case 1:
        case 2: pic_cascade_set_line(c, r >> 10 & 15, r >> 14 & 1); break;
        case 3: pic_cascade_write(c, chip, a0, (uint8_t)(r >> 16)); break;
        case 4: pic_cascade_read(c, chip, a0); break;
        case 5: pic_cascade_write_elcr(c, chip, (uint8_t)(r >> 16)); break;
        case 6: pic_cascade_inta(c); break;
        default: {
            bool idle = c->inta_cycle == 0 && c->chip[0].icw4 & 1, wanted = pic_cascade_int(c);
            pic_cascade_acknowledge(c, &taken);
            if (idle && wanted && c->inta_cycle == 0)
                cr_assert(!taken.spurious || taken.line >= 8 || c->inta_chip == PIC_CHIP_LIMIT);
            break;
        }
        }
        for (unsigned k = 0; k < 2; k++) {
            uint8_t irr = pic_cascade_irr(c, k);
            cr_assert_eq(irr, pic_cascade_irr(c, k), "asking changes nothing");
        }
        if (pic_cascade_int(c))
            cr_assert(pic_cascade_irr(c, 0) & ~c->chip[0].imr);
        if ((i & 1023) == 0)
            run(&s, PC_START);
    }
}
