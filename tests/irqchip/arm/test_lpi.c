// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// LPIs of a redistributor: tables, the configuration cache, direct registers, many pending at once.
#include "test_lpi.h"

enum { SETLPIR = 0x40, CLRLPIR = 0x48, INVLPIR = 0xa0, INVALLR = 0xb0 };

Test(lpi, an_lpi_is_taken_and_has_no_active_state)
{
    struct rig *rig = rig_lpi(2, false);
    gicr_put64(rig, 1, SETLPIR, 8195);
    cr_assert_eq(rig->pending[0], 0);
    cr_assert_eq(rig->pending[1], PENDING_IRQ);
    cr_assert_eq(icc_get(rig, 1, ICC_IAR1_EL1), 8195);
    cr_assert_eq(rig->pending[1], 0);
    cr_assert_eq(icc_get(rig, 1, ICC_RPR_EL1), 0xa0);
    gicr_put64(rig, 1, SETLPIR, 8195);
    cr_assert_eq(rig->pending[1], 0, "pending again; its priority does not preempt itself");
    icc_put(rig, 1, ICC_EOIR1_EL1, 8195);
    cr_assert_eq(rig->pending[1], PENDING_IRQ);
    cr_assert_eq(rig_take(rig, 1), 8195);
    cr_assert_eq(rig->irq.cpus[1].icc.mistakes[GIC_MISTAKE_DEACTIVATE], 0);
    rig_free(rig);
}

Test(lpi, a_disabled_lpi_stays_pending_until_it_is_enabled_and_invalidated)
{
    struct rig *rig = rig_lpi(1, false);
    *lpi_property(rig, 9000) = 0xa0;
    gicr_put64(rig, 0, SETLPIR, 9000);
    cr_assert_eq(rig->pending[0], 0);
    *lpi_property(rig, 9000) = 0xa1;
    arm_irq_settle(&rig->irq);
    cr_assert_eq(rig->pending[0], 0, "a forgotten INV shows");
    gicr_put64(rig, 0, INVLPIR, 9000);
    cr_assert_eq(rig->pending[0], PENDING_IRQ);
    *lpi_property(rig, 9000) = 0;
    gicr_put64(rig, 0, INVALLR, 0);
    cr_assert_eq(rig->pending[0], 0);
    rig_free(rig);
}

Test(lpi, a_priority_changes_with_inv_alone)
{
    struct rig *rig = rig_lpi(1, false);
    gicr_put64(rig, 0, SETLPIR, 8200);
    gicr_put64(rig, 0, SETLPIR, 8199);
    *lpi_property(rig, 8200) = 0x41;
    cr_assert_eq(icc_get(rig, 0, ICC_HPPIR1_EL1), 8199);
    gicr_put64(rig, 0, INVLPIR, 8200);
    cr_assert_eq(icc_get(rig, 0, ICC_HPPIR1_EL1), 8200);
    cr_assert_eq(rig_take(rig, 0), 8200);
    cr_assert_eq(rig_take(rig, 0), 8199);
    cr_assert_eq(rig->irq.cpus[0].ready.lpi_levels, 0);
    rig_free(rig);
}

Test(lpi, priorities_are_compared_with_those_of_spis)
{
    struct rig *rig = rig_lpi(1, false);
    arm_irq_set_pin(&rig->irq, ARM_IRQ_GICD, 0, true); // priority 80h
    *lpi_property(rig, 8192) = 0x79;
    *lpi_property(rig, 8193) = 0x81;
    gicr_put64(rig, 0, SETLPIR, 8193);
    cr_assert_eq(icc_get(rig, 0, ICC_HPPIR1_EL1), 32, "of one priority the lower INTID");
    gicr_put64(rig, 0, SETLPIR, 8192);
    cr_assert_eq(icc_get(rig, 0, ICC_HPPIR1_EL1), 8192);
    rig_free(rig);
}

Test(lpi, what_is_out_of_range_is_counted)
{
    struct rig *rig = rig_lpi(1, false);
    gicr_put64(rig, 0, SETLPIR, 8191);
    gicr_put64(rig, 0, SETLPIR, 65536);
    gicr_put64(rig, 0, SETLPIR, UINT64_MAX);
    gicr_put64(rig, 0, INVLPIR, 4);
    cr_assert_eq(rig->irq.cpus[0].gicr.mistakes[GIC_MISTAKE_INTID], 4);
    gicr_put64(rig, 0, CLRLPIR, 8192);
    cr_assert_eq(rig->pending[0], 0);
    rig_free(rig);
}

Test(lpi, propbaser_limits_the_intids)
{
    struct rig *rig = rig_lpi(1, false);
    gicr_put(rig, 0, 0, 0);
    gicr_put64(rig, 0, 0x70, LPI_PROPERTIES | 13);
    gicr_put(rig, 0, 0, GICR_CTLR_ENABLE_LPIS);
    gicr_put64(rig, 0, SETLPIR, 16384);
    cr_assert_eq(rig->pending[0], 0);
    gicr_put64(rig, 0, SETLPIR, 16383);
    cr_assert_eq(rig->pending[0], PENDING_IRQ);
    rig_free(rig);
}

Test(lpi, the_pending_table_is_read_and_written)
{
    struct rig *rig = rig_lpi(1, false);
    gicr_put64(rig, 0, SETLPIR, 8192 + 77);
    gicr_put(rig, 0, 0, 0);
    cr_assert_eq(rig->pending[0], 0);
    cr_assert_eq(lpi_pending_bytes(rig, 0)[(8192 + 77) / 8], BIT32((8192 + 77) % 8));
    gicr_put64(rig, 0, SETLPIR, 8192);
    cr_assert_eq(rig->pending[0], 0, "LPIs are disabled");
    lpi_pending_bytes(rig, 0)[65535 / 8] = 0x80;
    gicr_put(rig, 0, 0, GICR_CTLR_ENABLE_LPIS);
    cr_assert_eq(rig_take(rig, 0), 8192 + 77);
    cr_assert_eq(rig_take(rig, 0), 65535);
    gicr_put(rig, 0, 0, 0);
    lpi_pending_bytes(rig, 0)[65535 / 8] = 0x80;
    gicr_put64(rig, 0, 0x78, LPI_PENDING | GICR_PENDBASER_PTZ);
    cr_assert_eq(gicr_get64(rig, 0, 0x78), LPI_PENDING, "PTZ is write-only");
    gicr_put(rig, 0, 0, GICR_CTLR_ENABLE_LPIS);
    cr_assert_eq(rig->pending[0], 0, "software promised that the table is zero");
    rig_free(rig);
}

Test(lpi, tables_do_not_move_while_lpis_are_enabled)
{
    struct rig *rig = rig_lpi(1, false);
    gicr_put64(rig, 0, 0x70, 0);
    gicr_put64(rig, 0, 0x78, 0);
    cr_assert_eq(gicr_get64(rig, 0, 0x70), LPI_PROPERTIES | 15);
    cr_assert_eq(gicr_get64(rig, 0, 0x78), LPI_PENDING);
    cr_assert_eq(rig->irq.cpus[0].gicr.mistakes[GIC_MISTAKE_ENABLED], 2);
    gicr_put(rig, 0, 0, 0);
    gicr_put64(rig, 0, 0x70, UINT64_MAX);
    gicr_put64(rig, 0, 0x78, UINT64_MAX);
    cr_assert_eq(rig->irq.cpus[0].gicr.mistakes[GIC_MISTAKE_ENABLED], 2, "now they may");
    cr_assert_eq(gicr_get64(rig, 0, 0x70), UINT64_C(0x070fffffffffff9f));
    cr_assert_eq(gicr_get64(rig, 0, 0x78), UINT64_C(0x070fffffffff0f80));
    rig_free(rig);
}

Test(lpi, tables_outside_ram_give_disabled_lpis)
{
    struct rig *rig = rig_lpi(1, false);
    gicr_put(rig, 0, 0, 0);
    gicr_put64(rig, 0, 0x70, UINT64_C(0x000ffffffffff000) | 31);
    gicr_put64(rig, 0, 0x78, UINT64_C(0x000fffffffff0000));
    gicr_put(rig, 0, 0, GICR_CTLR_ENABLE_LPIS);
    gicr_put64(rig, 0, SETLPIR, 8192);
    cr_assert_eq(rig->pending[0], 0);
    cr_assert_eq(rig->irq.cpus[0].gicr.mistakes[GIC_MISTAKE_TABLE], 2);
    rig_free(rig);
}

Test(lpi, two_security_states_put_lpis_in_the_lower_half)
{
    struct rig *rig = rig_new((struct arm_irq_config){ .version = 3, .cpus = 1, .lpi_bits = 14, .security = true });
    gicd_put(rig, 0, 0x12);
    arm_irq_set_secure(&rig->irq, 0, true);
    icc_put(rig, 0, ICC_PMR_EL1, 0xff);
    arm_irq_set_secure(&rig->irq, 0, false);
    icc_put(rig, 0, ICC_IGRPEN1_EL1, 1);
    rig->frame[ARM_IRQ_WINDOW_GICR].secure = true;
    gicr_put(rig, 0, 0x14, 0);
    rig->frame[ARM_IRQ_WINDOW_GICR].secure = false;
    gicr_put64(rig, 0, 0x70, LPI_PROPERTIES | 13);
    gicr_put64(rig, 0, 0x78, LPI_PENDING);
    gicr_put(rig, 0, 0, GICR_CTLR_ENABLE_LPIS);
    *lpi_property(rig, 8192) = 0x41;
    gicr_put64(rig, 0, SETLPIR, 8192);
    cr_assert_eq(rig->pending[0], PENDING_IRQ);
    cr_assert_eq(icc_get(rig, 0, ICC_IAR1_EL1), 8192);
    cr_assert_eq(icc_get(rig, 0, ICC_RPR_EL1), 0x40);
    cr_assert_eq(gic_cpu_running(&rig->irq.cpus[0].icc.core), 0xa0);
    rig_free(rig);
}

Test(lpi, non_secure_software_enables_them_and_sees_that_it_did)
{
    struct rig *rig = rig_new((struct arm_irq_config){ .version = 3, .cpus = 1, .lpi_bits = 14, .security = true });
    const uint32_t fixed = GICR_CTLR_CES | GICR_CTLR_IR, dpg = GICR_CTLR_DPG0 | GICR_CTLR_DPG1S | GICR_CTLR_DPG1NS;
    gicr_put64(rig, 0, 0x70, LPI_PROPERTIES | 13);
    gicr_put64(rig, 0, 0x78, LPI_PENDING);
    gicr_put(rig, 0, 0, GICR_CTLR_ENABLE_LPIS | dpg);
    cr_assert_eq(gicr_get(rig, 0, 0), fixed | GICR_CTLR_ENABLE_LPIS | GICR_CTLR_DPG1NS);
    rig->frame[ARM_IRQ_WINDOW_GICR].secure = true;
    cr_assert_eq(gicr_get(rig, 0, 0), fixed | GICR_CTLR_ENABLE_LPIS | GICR_CTLR_DPG1NS);
    gicr_put(rig, 0, 0, GICR_CTLR_ENABLE_LPIS | dpg);
    cr_assert_eq(gicr_get(rig, 0, 0), fixed | GICR_CTLR_ENABLE_LPIS | dpg);
    rig->frame[ARM_IRQ_WINDOW_GICR].secure = false;
    gicr_put(rig, 0, 0, 0);
    cr_assert_eq(gicr_get(rig, 0, 0), fixed);
    rig->frame[ARM_IRQ_WINDOW_GICR].secure = true;
    cr_assert_eq(gicr_get(rig, 0, 0), fixed | GICR_CTLR_DPG0 | GICR_CTLR_DPG1S, "not Non-secure software's to clear");
    rig_free(rig);
}

// GICD_CTLR.EnableGrp1 governs it as it does SPIs of Group 1: neither signalled nor seen in ICC_HPPIR1 and ICC_IAR1.
Test(lpi, an_lpi_is_held_back_while_the_distributor_has_group_1_disabled)
{
    struct rig *rig = rig_lpi(1, false);
    gicr_put64(rig, 0, SETLPIR, 8200);
    gicd_put(rig, 0, 0x11);
    cr_assert_eq(rig->pending[0], 0);
    cr_assert_eq(icc_get(rig, 0, ICC_HPPIR1_EL1), GIC_SPURIOUS);
    cr_assert_eq(icc_get(rig, 0, ICC_IAR1_EL1), GIC_SPURIOUS);
    gicr_put64(rig, 0, SETLPIR, 8199);
    cr_assert_eq(rig->pending[0], 0, "nor one that comes now");
    gicd_put(rig, 0, 0x13);
    cr_assert_eq(rig->pending[0], PENDING_IRQ);
    cr_assert_eq(rig_take(rig, 0), 8199);
    cr_assert_eq(rig_take(rig, 0), 8200);
    rig_free(rig);
}

Test(lpi, the_enable_of_secure_group_1_is_not_theirs)
{
    struct rig *rig = rig_new((struct arm_irq_config){ .version = 3, .cpus = 1, .lpi_bits = 14, .security = true });
    rig->frame[ARM_IRQ_WINDOW_GICD].secure = rig->frame[ARM_IRQ_WINDOW_GICR].secure = true;
    gicd_put(rig, 0, 0x35); // Group 0 and Secure Group 1
    gicr_put(rig, 0, 0x14, 0);
    arm_irq_set_secure(&rig->irq, 0, true);
    icc_put(rig, 0, ICC_PMR_EL1, 0xff);
    icc_put(rig, 0, ICC_IGRPEN1_EL3, 3);
    arm_irq_set_secure(&rig->irq, 0, false);
    gicr_put64(rig, 0, 0x70, LPI_PROPERTIES | 13);
    gicr_put64(rig, 0, 0x78, LPI_PENDING);
    gicr_put(rig, 0, 0, GICR_CTLR_ENABLE_LPIS);
    *lpi_property(rig, 8192) = 0x41;
    gicr_put64(rig, 0, SETLPIR, 8192);
    cr_assert_eq(rig->pending[0], 0);
    gicd_put(rig, 0, 0x37);
    cr_assert_eq(rig->pending[0], PENDING_IRQ);
    rig_free(rig);
}

Test(lpi, a_redistributor_that_sleeps_forwards_nothing)
{
    struct rig *rig = rig_lpi(1, false);
    gicr_put64(rig, 0, SETLPIR, 8200);
    arm_irq_set_pin(&rig->irq, ARM_IRQ_GICD, 0, true);
    arm_irq_set_ppi(&rig->irq, 0, 27, true);
    gicr_put(rig, 0, 0x14, GICR_WAKER_SLEEP);
    cr_assert_eq(rig->pending[0], 0);
    cr_assert_eq(icc_get(rig, 0, ICC_HPPIR1_EL1), GIC_SPURIOUS);
    cr_assert_eq(icc_get(rig, 0, ICC_IAR1_EL1), GIC_SPURIOUS, "a spurious acknowledge");
    gicr_put(rig, 0, 0x14, 0);
    cr_assert_eq(rig->pending[0], PENDING_IRQ);
    cr_assert_eq(icc_get(rig, 0, ICC_HPPIR1_EL1), 27);
    rig_free(rig);
}

// Each bit of a layer is for one word of the one below: finding, adding and removing one LPI of 65,536 looks at three
// words at most, and all 57,344 pending ones come out in order.
Test(lpi, all_of_them_pending_come_out_in_order)
{
    struct rig *rig = rig_lpi(1, false);
    for (uint32_t intid = 65535; intid >= 8192; intid--)
        gicr_put64(rig, 0, SETLPIR, intid);
    cr_assert_eq(rig->irq.cpus[0].ready.lpi[0xa0 / 8].depth, 3);
    for (uint32_t intid = 8192; intid < 65536; intid++)
        cr_assert_eq(rig_take(rig, 0), intid);
    cr_assert_eq(rig->pending[0], 0);
    rig_free(rig);
}

Test(lpi, hierarchical_sets_agree_with_a_plain_search)
{
    static const unsigned sizes[] = { 6, 7, 12, 14, 19 };
    for (unsigned i = 0; i < countof(sizes); i++) {
        struct gic_set set;
        uint64_t *words = calloc(gic_set_words(sizes[i]), 8);
        uint8_t *plain = calloc(1, (size_t)1 << sizes[i]);
        uint32_t members = BIT32(sizes[i]), lowest, random = 1;
        gic_set_init(&set, sizes[i], words);
        for (unsigned step = 0; step < 2000; step++) {
            random = random * 1664525 + 1013904223;
            uint32_t member = (random >> 8) % (step % 3 ? members : 70 % members);
            plain[member] = !plain[member];
            if (plain[member])
                gic_set_add(&set, member);
            else
                gic_set_remove(&set, member);
            const uint8_t *found = memchr(plain, 1, members);
            lowest = found ? (uint32_t)(found - plain) : UINT32_MAX;
            cr_assert_eq(gic_set_lowest(&set), lowest);
            uint32_t from = step % 5 ? member + 1 : random % (members + 2);
            found = from < members ? memchr(plain + from, 1, members - from) : NULL;
            cr_assert_eq(gic_set_next(&set, from), found ? (uint32_t)(found - plain) : UINT32_MAX, "from %u", from);
            cr_assert_eq(gic_set_has(&set, member), plain[member]);
        }
        uint64_t *again = malloc(gic_set_words(sizes[i]) * 8);
        memcpy(again, words, gic_set_words(sizes[i]) * 8);
        for (uint32_t layer = 1; layer < set.depth; layer++)
            set.layer[layer][0] ^= 5;
        gic_set_derive(&set);
        cr_assert_arr_eq(words, again, gic_set_words(sizes[i]) * 8);
        free(again);
        free(words);
        free(plain);
    }
}

Test(lpi, a_loaded_controller_knows_its_lpis)
{
    struct rig *rig = rig_lpi(2, false), *other = rig_lpi(2, false);
    struct visit_save save, again;
    struct visit_load load;
    gicr_put64(rig, 0, SETLPIR, 8200);
    gicr_put64(rig, 1, SETLPIR, 60000);
    *lpi_property(other, 8200) = 0; // what was cached is what counts
    visit_save_init(&save);
    visit_save_init(&again);
    arm_irq_visit(&rig->irq, &save.visit);
    visit_load_init(&load, save.data, save.size);
    arm_irq_visit(&other->irq, &load.visit);
    for (unsigned i = 0; i < 2; i++)
        other->pending[i] = UINT32_MAX;
    arm_irq_loaded(&other->irq);
    arm_irq_visit(&other->irq, &again.visit);
    cr_assert_arr_eq(save.data, again.data, save.size);
    cr_assert_eq(rig_take(other, 0), 8200);
    cr_assert_eq(rig_take(other, 1), 60000);
    free(save.data);
    free(again.data);
    rig_free(rig);
    rig_free(other);
}

Test(lpi, a_controller_that_has_some_is_emptied_before_it_is_loaded)
{
    struct rig *rig = rig_lpi(1, false);
    struct visit_save save;
    struct visit_load load;
    visit_save_init(&save);
    arm_irq_visit(&rig->irq, &save.visit);
    gicr_put64(rig, 0, SETLPIR, 8200);
    gicr_put64(rig, 0, SETLPIR, 60000);
    visit_load_init(&load, save.data, save.size);
    arm_irq_visit(&rig->irq, &load.visit);
    arm_irq_loaded(&rig->irq);
    cr_assert_eq(rig->pending[0], 0);
    cr_assert_eq(rig->irq.cpus[0].ready.lpi_levels, 0);
    gicr_put64(rig, 0, SETLPIR, 60001);
    cr_assert_eq(rig_take(rig, 0), 60001);
    free(save.data);
    rig_free(rig);
}

Test(lpi, intids_have_up_to_24_bits)
{
    const uint32_t last = 0xffffff;
    const uint64_t properties = RIG_BASE + 0x3ff000 - (last & ~0xfffu) + 8192; // the last page of the table is RAM
    struct rig *rig = rig_v3_config((struct arm_irq_config){ .cpus = 1, .spis = 32, .lpi_bits = 24 });
    cr_assert_eq(gicd_get(rig, 0x4) >> 19 & 31, 23, "GICD_TYPER.IDbits");
    cr_assert_eq(icc_get(rig, 0, ICC_CTLR_EL1) >> 11 & 7, 1, "ICC_CTLR_EL1.IDbits: 24");
    rig_memory(rig)[0x3fffff] = 0xa1; // of the last one
    gicr_put64(rig, 0, 0x70, properties | 31);
    gicr_put64(rig, 0, 0x78, GICR_PENDBASER_PTZ);
    gicr_put(rig, 0, 0, GICR_CTLR_ENABLE_LPIS);
    gicr_put64(rig, 0, SETLPIR, last);
    cr_assert_eq(rig->pending[0], PENDING_IRQ);
    cr_assert_eq(rig_take(rig, 0), last);
    gicr_put64(rig, 0, SETLPIR, last + 1);
    cr_assert_eq(rig->irq.cpus[0].gicr.mistakes[GIC_MISTAKE_INTID], 1);
    rig_free(rig);
}

Test(lpi, what_is_not_pending_keeps_its_configuration_until_inv_too)
{
    struct rig *rig = rig_lpi(1, false);
    gicr_put64(rig, 0, SETLPIR, 9000);
    cr_assert_eq(rig_take(rig, 0), 9000);
    *lpi_property(rig, 9000) = 0;
    gicr_put64(rig, 0, SETLPIR, 9000);
    cr_assert_eq(rig->pending[0], PENDING_IRQ, "disabled in the table, and nobody was told");
    cr_assert_eq(rig_take(rig, 0), 9000);
    gicr_put64(rig, 0, INVLPIR, 9000);
    gicr_put64(rig, 0, SETLPIR, 9000);
    cr_assert_eq(rig->pending[0], 0);
    gicr_put64(rig, 0, CLRLPIR, 9000);
    *lpi_property(rig, 9000) = 0xa1;
    gicr_put64(rig, 0, INVALLR, 0);
    cr_assert_eq(rig->pending[0], 0, "it was cleared");
    rig_free(rig);
}

Test(lpi, a_reset_forgets_them)
{
    struct rig *rig = rig_lpi(1, false);
    static const uint32_t list[] = { 8200, 12287, 12288, 65535 };
    for (unsigned i = 0; i < countof(list); i++)
        gicr_put64(rig, 0, SETLPIR, list[i]);
    arm_irq_reset(&rig->irq);
    cr_assert_eq(rig->pending[0], 0);
    cr_assert_eq(rig->irq.cpus[0].ready.lpi_levels, 0);
    cr_assert_eq(gicr_get(rig, 0, 0), GICR_CTLR_CES | GICR_CTLR_IR);
    for (uint32_t intid = 0; intid < 65536; intid++) {
        cr_assert_not(gicr_lpi_is_pending(&rig->irq.cpus[0].gicr, intid));
        cr_assert_eq(rig->irq.cpus[0].gicr.lpi_properties[intid], 0, "configuration of %u", intid);
    }
    cr_assert_eq(gic_set_lowest(&rig->irq.cpus[0].gicr.lpi_pending), UINT32_MAX);
    rig_free(rig);
}

// What was cached before a save is cached after it, and INVALL drops it.
static struct rig *rig_20_bits(void)
{
    struct rig *rig = rig_v3_config((struct arm_irq_config){ .cpus = 1, .spis = 32, .lpi_bits = 20 });
    memset(lpi_property(rig, 8192), 0xa1, BIT32(20) - 8192);
    gicr_put64(rig, 0, 0x70, LPI_PROPERTIES | 19);
    gicr_put64(rig, 0, 0x78, GICR_PENDBASER_PTZ);
    gicr_put(rig, 0, 0, GICR_CTLR_ENABLE_LPIS);
    return rig;
}

Test(lpi, every_page_of_the_cache_is_dropped)
{
    struct rig *rig = rig_20_bits(), *other = rig_20_bits();
    for (unsigned i = 0; i < 3; i++) {
        for (uint32_t intid = 8192 + 5; intid < BIT32(20); intid += 4096) {
            *lpi_property(rig, intid) = i % 2 ? 0 : 0xa1;
            gicr_put64(rig, 0, SETLPIR, intid);
        }
        for (uint32_t intid = 8192 + 5; intid < BIT32(20) && i % 2 == 0; intid += 4096)
            cr_assert_eq(rig_take(rig, 0), intid, "pass %u", i);
        cr_assert_eq(rig->pending[0], 0, "pass %u", i);
        if (i == 1) // they are pending, disabled; now all of them is saved and loaded
            gicr_put(rig, 0, 0, 0);
        struct visit_save save;
        struct visit_load load;
        visit_save_init(&save);
        arm_irq_visit(&rig->irq, &save.visit);
        visit_load_init(&load, save.data, save.size);
        arm_irq_visit(&other->irq, &load.visit);
        other->pending[0] = UINT32_MAX;
        arm_irq_loaded(&other->irq);
        gicr_put64(rig, 0, INVALLR, 0);
        gicr_put64(other, 0, INVALLR, 0);
        for (uint32_t intid = 0; intid < BIT32(20); intid++) {
            cr_assert_eq(rig->irq.cpus[0].gicr.lpi_properties[intid], 0, "pass %u: %u", i, intid);
            cr_assert_eq(other->irq.cpus[0].gicr.lpi_properties[intid], 0, "pass %u: %u loaded", i, intid);
        }
        free(save.data);
        if (i == 1)
            gicr_put(rig, 0, 0, GICR_CTLR_ENABLE_LPIS);
    }
    rig_free(rig);
    rig_free(other);
}

// GICR_CTLR.EnableLPIs: the table is read when it goes from 0 to 1, and there is nothing to enable without LPIs.
Test(lpi, they_are_enabled_once)
{
    struct rig *rig = rig_lpi(1, false);
    lpi_pending_bytes(rig, 0)[9000 / 8] = 0xff;
    gicr_put(rig, 0, 0, GICR_CTLR_ENABLE_LPIS | GICR_CTLR_DPG1NS);
    cr_assert_eq(rig->pending[0], 0, "they are enabled already");
    cr_assert_eq(gicr_get(rig, 0, 0), GICR_CTLR_ENABLE_LPIS | GICR_CTLR_DPG1NS | GICR_CTLR_CES | GICR_CTLR_IR);
    rig_free(rig);
    rig = rig_v3(1);
    gicr_put(rig, 0, 0, GICR_CTLR_ENABLE_LPIS);
    cr_assert_eq(gicr_get(rig, 0, 0), 0);
    gicr_put64(rig, 0, 0x70, UINT64_MAX);
    gicr_put64(rig, 0, 0x78, UINT64_MAX);
    cr_assert_eq(gicr_get64(rig, 0, 0x70) | gicr_get64(rig, 0, 0x78), 0);
    gicr_put64(rig, 0, SETLPIR, 8192);
    gicr_put64(rig, 0, INVALLR, 0);
    cr_assert_eq(rig->pending[0], 0);
    rig_free(rig);
}

Test(lpi, invall_leaves_what_is_pending)
{
    struct rig *rig = rig_lpi(1, false);
    gicr_put64(rig, 0, SETLPIR, 8200);
    gicr_put64(rig, 0, SETLPIR, 8201);
    *lpi_property(rig, 8201) = 0x41;
    gicr_put64(rig, 0, INVALLR, 0);
    cr_assert_eq(rig->pending[0], PENDING_IRQ);
    cr_assert_eq(rig_take(rig, 0), 8201, "its priority is the new one");
    cr_assert_eq(rig_take(rig, 0), 8200);
    rig_free(rig);
}

Test(lpi, the_pending_table_is_written_to_its_end_and_no_further)
{
    struct rig *rig = rig_lpi(1, false);
    uint8_t *bytes = lpi_pending_bytes(rig, 0);
    memset(bytes, 0xee, 8192 + 16);
    gicr_put64(rig, 0, SETLPIR, 65535);
    gicr_put(rig, 0, 0, 0);
    for (unsigned i = 0; i < 8192 + 16; i++)
        cr_assert_eq(bytes[i], i < 1024 || i >= 8192 ? 0xee : i == 8191 ? 0x80 : 0, "byte %u", i);
    rig_free(rig);
}

Test(lpi, a_loaded_configuration_is_dropped_by_invall)
{
    struct rig *rig = rig_lpi(1, false), *other = rig_lpi(1, false);
    struct visit_save save;
    struct visit_load load;
    gicr_put64(rig, 0, SETLPIR, 12288);
    gicr_put64(rig, 0, CLRLPIR, 12288);
    visit_save_init(&save);
    arm_irq_visit(&rig->irq, &save.visit);
    visit_load_init(&load, save.data, save.size);
    arm_irq_visit(&other->irq, &load.visit);
    other->pending[0] = UINT32_MAX;
    arm_irq_loaded(&other->irq);
    *lpi_property(other, 12288) = 0;
    gicr_put64(other, 0, SETLPIR, 12288);
    cr_assert_eq(rig_take(other, 0), 12288, "as it was cached");
    gicr_put64(other, 0, INVALLR, 0);
    gicr_put64(other, 0, SETLPIR, 12288);
    cr_assert_eq(other->pending[0], 0, "disabled");
    free(save.data);
    rig_free(rig);
    rig_free(other);
}

// A file may say anything. What could never be cleared is not taken from it.
Test(lpi, bits_of_lpis_that_are_not_there_are_not_loaded)
{
    struct rig *rig = rig_lpi(2, false);
    gicr_put(rig, 0, 0, 0);
    gicr_put64(rig, 0, 0x70, LPI_PROPERTIES | 13);
    gicr_put(rig, 0, 0, GICR_CTLR_ENABLE_LPIS);
    gicr_put(rig, 1, 0, 0);
    for (unsigned cpu = 0; cpu < 2; cpu++) {
        uint64_t *words = rig->irq.cpus[cpu].gicr.lpi_pending.layer[0];
        words[0] = words[GIC_LPI_FIRST / 64 - 1] = words[16384 / 64] = UINT64_MAX;
        words[16384 / 64 - 1] = words[GIC_LPI_FIRST / 64] = BIT64(63);
    }
    rig->pending[0] = rig->pending[1] = UINT32_MAX;
    arm_irq_loaded(&rig->irq);
    cr_assert_eq(rig_take(rig, 0), 8192 + 63);
    cr_assert_eq(rig_take(rig, 0), 16383);
    cr_assert_eq(rig->pending[0], 0);
    cr_assert_eq(rig->pending[1], 0);
    gicr_put(rig, 1, 0, GICR_CTLR_ENABLE_LPIS);
    cr_assert_eq(rig->pending[1], 0);
    rig_free(rig);
}
