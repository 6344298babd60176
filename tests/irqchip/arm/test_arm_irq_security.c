// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// GICv3 with two Security states: three groups, IRQ or FIQ, what Non-secure software sees, SGIs across states. And the
// traces of an interrupt's path.
#include "test_arm_irq.h"

#include <stdio.h>

static void frames(struct rig *rig, bool secure)
{
    for (unsigned i = 0; i < ARM_IRQ_WINDOWS; i++)
        rig->frame[i].secure = secure;
}

// All groups on at two CPUs; INTIDs 32, 33, 34 in Group 0, Secure and Non-secure Group 1, SGIs 0, 1, 2 likewise.
static struct rig *rig_secure(void)
{
    struct rig *rig = rig_new((struct arm_irq_config){ .version = 3, .cpus = 2, .spis = 64, .security = true });
    frames(rig, true);
    gicd_put(rig, 0, 0x37);
    gicd_put(rig, 0x84, 4);
    gicd_put(rig, 0xd04, 2);
    gicd_put(rig, 0x104, 7);
    gicd_put(rig, 0xc08, 0x2a);
    gicd_put(rig, 0x420, 0x00a09080);
    for (uint32_t cpu = 0; cpu < 2; cpu++) {
        gicr_put(rig, cpu, 0x14, 0);
        gicr_put(rig, cpu, SGI(0x80), 4);
        gicr_put(rig, cpu, SGI(0xd00), 2);
        gicr_put(rig, cpu, SGI(0x100), 7);
        gicr_put(rig, cpu, SGI(0x400), 0x00a09080);
        arm_irq_set_secure(&rig->irq, cpu, true);
        icc_put(rig, cpu, ICC_PMR_EL1, 0xff);
        icc_put(rig, cpu, ICC_IGRPEN0_EL1, 1);
        icc_put(rig, cpu, ICC_IGRPEN1_EL3, 3);
        arm_irq_set_secure(&rig->irq, cpu, false);
    }
    frames(rig, false);
    return rig;
}

Test(arm_irq_security, group_and_state_choose_irq_or_fiq)
{
    static const uint32_t expected[2][3] = {
        { PENDING_FIQ, PENDING_FIQ, PENDING_IRQ }, // Non-secure
        { PENDING_FIQ, PENDING_IRQ, PENDING_FIQ }, // Secure
    };
    for (unsigned secure = 0; secure < 2; secure++)
        for (unsigned i = 0; i < 3; i++) {
            struct rig *rig = rig_secure();
            arm_irq_set_secure(&rig->irq, 0, secure);
            arm_irq_trigger(&rig->irq, ARM_IRQ_GICD, i);
            cr_assert_eq(rig->pending[0], expected[secure][i], "secure %u, INTID %u", secure, 32 + i);
            arm_irq_set_secure(&rig->irq, 0, !secure);
            cr_assert_eq(rig->pending[0], expected[!secure][i], "the level follows the state");
            rig_free(rig);
        }
}

Test(arm_irq_security, each_state_acknowledges_its_own_group_1)
{
    struct rig *rig = rig_secure();
    arm_irq_trigger(&rig->irq, ARM_IRQ_GICD, 1);
    cr_assert_eq(icc_get(rig, 0, ICC_IAR1_EL1), 1023);
    arm_irq_set_secure(&rig->irq, 0, true);
    cr_assert_eq(icc_get(rig, 0, ICC_IAR1_EL1), 33);
    cr_assert_eq(icc_get(rig, 0, ICC_RPR_EL1), 0x90);
    arm_irq_set_secure(&rig->irq, 0, false);
    cr_assert_eq(icc_get(rig, 0, ICC_RPR_EL1), 0x20);
    icc_put(rig, 0, ICC_EOIR1_EL1, 33);
    cr_assert_eq(rig->irq.cpus[0].icc.mistakes[GIC_MISTAKE_EOI], 1, "not Non-secure software's to end");
    arm_irq_set_secure(&rig->irq, 0, true);
    icc_put(rig, 0, ICC_EOIR1_EL1, 33);
    cr_assert_eq(icc_get(rig, 0, ICC_RPR_EL1), 0xff);
    rig_free(rig);
}

Test(arm_irq_security, non_secure_software_does_not_deactivate_secure_interrupts)
{
    struct rig *rig = rig_secure();
    arm_irq_trigger(&rig->irq, ARM_IRQ_GICD, 1);
    arm_irq_set_secure(&rig->irq, 0, true);
    icc_get(rig, 0, ICC_IAR1_EL1);
    arm_irq_set_secure(&rig->irq, 0, false);
    icc_put(rig, 0, ICC_CTLR_EL1, ICC_CTLR_EOIMODE);
    icc_put(rig, 0, ICC_DIR_EL1, 33);
    cr_assert_eq(rig->irq.cpus[0].icc.mistakes[GIC_MISTAKE_DEACTIVATE], 1);
    cr_assert_eq(gicd_get(rig, 0x304), 0, "nor sees it");
    frames(rig, true);
    cr_assert_eq(gicd_get(rig, 0x304), 2);
    rig_free(rig);
}

Test(arm_irq_security, a_mask_in_the_secure_half_is_out_of_reach)
{
    struct rig *rig = rig_secure();
    icc_put(rig, 0, ICC_PMR_EL1, 0x80);
    cr_assert_eq(icc_get(rig, 0, ICC_PMR_EL1), 0x80);
    arm_irq_set_secure(&rig->irq, 0, true);
    cr_assert_eq(icc_get(rig, 0, ICC_PMR_EL1), 0xc0);
    icc_put(rig, 0, ICC_PMR_EL1, 0x40);
    arm_irq_set_secure(&rig->irq, 0, false);
    icc_put(rig, 0, ICC_PMR_EL1, 0xff);
    cr_assert_eq(icc_get(rig, 0, ICC_PMR_EL1), 0);
    arm_irq_set_secure(&rig->irq, 0, true);
    cr_assert_eq(icc_get(rig, 0, ICC_PMR_EL1), 0x40);
    rig_free(rig);
}

// Which SGI of 0 (Group 0), 1 (Secure Group 1), 2 (Non-secure Group 1) each register reaches at CPU 1, as a mask.
Test(arm_irq_security, sgis_reach_the_group_they_are_for)
{
    static const struct {
        bool secure;
        uint64_t encoding;
        uint32_t reaches[4]; // by the value of each NS_access field of GICR_NSACR
    } list[] = {
        { true, ICC_SGI1R_EL1, { 3, 3, 3, 3 } },   { true, ICC_ASGI1R_EL1, { 4, 4, 4, 4 } },
        { true, ICC_SGI0R_EL1, { 1, 1, 1, 1 } },   { false, ICC_SGI1R_EL1, { 4, 4, 4, 4 } },
        { false, ICC_ASGI1R_EL1, { 0, 1, 3, 3 } }, { false, ICC_SGI0R_EL1, { 0, 1, 1, 1 } },
    };
    for (unsigned i = 0; i < countof(list); i++)
        for (unsigned nsacr = 0; nsacr < 4; nsacr++) {
            struct rig *rig = rig_secure();
            frames(rig, true);
            gicr_put(rig, 1, SGI(0xe00), nsacr * 0x15);
            arm_irq_set_secure(&rig->irq, 0, list[i].secure);
            for (uint32_t sgi = 0; sgi < 3; sgi++)
                icc_put(rig, 0, list[i].encoding, sgi << 24 | BIT32(1));
            cr_assert_eq(gicr_get(rig, 1, SGI(0x200)), list[i].reaches[nsacr], "%u, NSACR %u", i, nsacr);
            rig_free(rig);
        }
}

// SPIs 32, 33, 34 and SGIs 0, 1, 2 are of Group 0, Secure and Non-secure Group 1. Each depends only on the enable of
// its group, in the distributor and at the CPU interface; bits of GICD_CTLR and of ICC_IGRPEN in the order of enum
// gic_group.
Test(arm_irq_security, each_group_has_its_own_enable)
{
    static const uint32_t group_of[] = { GIC_G0, GIC_G1S, GIC_G1NS };
    for (unsigned i = 0; i < 3 * 8 * 8 * 2; i++) {
        uint32_t n = i % 3, distributor = i / 3 % 8, interface = i / 24 % 8;
        bool sgi = i / 192;
        struct rig *rig = rig_secure();
        frames(rig, true);
        gicd_put(rig, 0, distributor | GICD_CTLR_ARE_S | GICD_CTLR_ARE_NS);
        arm_irq_set_secure(&rig->irq, 0, true);
        icc_put(rig, 0, ICC_IGRPEN0_EL1, interface & 1);
        icc_put(rig, 0, ICC_IGRPEN1_EL3, interface >> 1);
        if (sgi)
            gicr_put(rig, 0, SGI(0x200), BIT32(n));
        else
            arm_irq_trigger(&rig->irq, ARM_IRQ_GICD, n);
        bool expected = distributor & interface & BIT32(group_of[n]);
        cr_assert_eq(rig->pending[0] != 0, expected, "%s %u, GICD_CTLR %u, ICC_IGRPEN %u", sgi ? "SGI" : "SPI", n,
                     distributor, interface);
        cr_assert_eq(icc_get(rig, 0, ICC_HPPIR0_EL1) != GIC_SPURIOUS, expected && n == 0);
        cr_assert_eq(icc_get(rig, 0, ICC_HPPIR1_EL1) != GIC_SPURIOUS, expected && n == 1);
        rig_free(rig);
    }
}

// The modifier says nothing of an interrupt in Non-secure Group 1 (GICD_IGROUPR 1: IHI 0069, GICD_IGRPMODR).
Test(arm_irq_security, a_modifier_beside_group_1_is_ignored)
{
    struct rig *rig = rig_secure();
    frames(rig, true);
    gicd_put(rig, 0xd04, 6);
    gicd_put(rig, 0, BIT32(GIC_G1NS) | GICD_CTLR_ARE_S | GICD_CTLR_ARE_NS);
    arm_irq_trigger(&rig->irq, ARM_IRQ_GICD, 2);
    cr_assert_eq(rig->pending[0], PENDING_IRQ);
    cr_assert_eq(icc_get(rig, 0, ICC_IAR1_EL1), 34);
    rig_free(rig);
}

Test(arm_irq_security, a_message_looks_at_the_group_of_its_own_spi)
{
    struct rig *rig = rig_new(
        (struct arm_irq_config){ .version = 3, .cpus = 1, .spis = 988, .extended_spis = 1024, .security = true });
    static const uint32_t intids[] = { 32, 63, 64, 95, 96, 127, 1019, 4096, 4127, 4128, 5119 };
    for (unsigned i = 0; i < countof(intids); i++) {
        uint32_t intid = intids[i], row = intid < 4096 ? 0x80 + intid / 32 * 4 : 0x1000 + (intid - 4096) / 32 * 4;
        frames(rig, true);
        uint32_t before = gicd_get(rig, row);
        gicd_put(rig, row, ~BIT32(intid % 32));
        struct arm_message message = { .kind = ARM_MESSAGE_SET_SPI, .number = intid };
        cr_assert_not(arm_irq_deliver(&rig->irq, &message), "%u is Secure", intid);
        gicd_put(rig, row, BIT32(intid % 32));
        cr_assert(arm_irq_deliver(&rig->irq, &message), "%u is Non-secure", intid);
        gicd_put(rig, row, before);
    }
    rig_free(rig);
}

// IHI 0069, GICD_SETSPI_NSR and similar registers: which accesses may set and clear which SPI, the same for a CPU's
// write and for a device's.
static const struct message_register {
    enum arm_message_kind kind;
    uint32_t offset;
    bool set, secure_alone;
} message_registers[] = {
    { ARM_MESSAGE_SET_SPI, 0x40, true, false },
    { ARM_MESSAGE_CLEAR_SPI, 0x48, false, false },
    { ARM_MESSAGE_SET_SPI_SECURE, 0x50, true, true },
    { ARM_MESSAGE_CLEAR_SPI_SECURE, 0x58, false, true },
};

// Does it change SPI 32 (Group 0), 33 (Secure Group 1) or 34 (Non-secure Group 1), all with `nsacr`?
static bool message_works(const struct message_register *row, bool device, bool secure, uint32_t intid, uint32_t nsacr)
{
    struct rig *rig = rig_secure();
    frames(rig, true);
    gicd_put(rig, 0xe08, nsacr * 0x15);
    gicd_put(rig, row->set ? 0x284 : 0x204, 7);
    frames(rig, secure);
    if (device) {
        struct arm_message message = { .kind = row->kind, .number = intid, .secure = secure };
        bool taken = arm_irq_deliver(&rig->irq, &message);
        cr_assert_eq(taken, rig->irq.gicd.mistakes[GIC_MISTAKE_SECURE] == 0, "refused and counted");
    } else {
        gicd_put(rig, row->offset, intid);
    }
    frames(rig, true);
    bool works = gicd_get(rig, 0x204) == (row->set ? BIT32(intid - 32) : 7 & ~BIT32(intid - 32));
    cr_assert_eq(rig->irq.gicd.mistakes[GIC_MISTAKE_SECURE], !works);
    cr_assert_eq(rig->irq.gicd.mistakes[GIC_MISTAKE_INTID], 0);
    rig_free(rig);
    return works;
}

Test(arm_irq_security, a_message_has_the_security_of_its_write)
{
    for (unsigned i = 0; i < 4 * 2 * 2 * 3 * 4; i++) {
        const struct message_register *row = &message_registers[i % 4];
        bool device = i / 4 % 2, secure = i / 8 % 2;
        uint32_t intid = 32 + i / 16 % 3, nsacr = i / 48;
        bool expected = secure || (!row->secure_alone && (intid == 34 || nsacr >= (row->set ? 1u : 2u)));
        cr_assert_eq(message_works(row, device, secure, intid, nsacr), expected,
                     "register %xh, device %u, secure %u, INTID %u, NSACR %u", row->offset, device, secure, intid,
                     nsacr);
    }
}

Test(arm_irq_security, secure_message_registers_do_nothing_with_one_security_state)
{
    struct rig *rig = rig_v3(1);
    gicd_put(rig, 0xc08, 0x2a);
    for (unsigned i = 2; i < 4; i++) {
        struct arm_message message = { .kind = message_registers[i].kind, .number = 33, .secure = true };
        gicd_put(rig, message_registers[i].set ? 0x284 : 0x204, BIT32(1));
        cr_assert_not(arm_irq_deliver(&rig->irq, &message));
        gicd_put(rig, message_registers[i].offset, 33);
        cr_assert_eq(gicd_get(rig, 0x204) & BIT32(1), message_registers[i].set ? 0 : BIT32(1));
    }
    cr_assert_eq(rig->irq.gicd.mistakes[GIC_MISTAKE_SECURE], 0, "WI, and no mistake");
    rig_free(rig);
}

// SPIs 0, 1 and 2 are of Group 0, Secure and Non-secure Group 1; each bit of GICR_CTLR.DPG keeps one of them away.
Test(arm_irq_security, each_dpg_bit_keeps_interrupts_of_1_of_n_of_its_group_away)
{
    static const uint32_t dpg[] = { GICR_CTLR_DPG0, GICR_CTLR_DPG1S, GICR_CTLR_DPG1NS };
    for (uint32_t spi = 0; spi < 3; spi++)
        for (unsigned bit = 0; bit < countof(dpg); bit++) {
            struct rig *rig = rig_secure();
            frames(rig, true);
            arm_irq_write(&rig->frame[ARM_IRQ_WINDOW_GICD], 0x6100 + 8 * spi, 8, GICD_IROUTER_IRM, 0);
            gicr_put(rig, 0, 0, dpg[bit]);
            arm_irq_trigger(&rig->irq, ARM_IRQ_GICD, spi);
            uint32_t taker = spi == bit ? 1 : 0;
            cr_assert_neq(rig->pending[taker], 0, "SPI %u, DPG bit %u", spi, bit);
            cr_assert_eq(rig->pending[!taker], 0, "SPI %u, DPG bit %u", spi, bit);
            rig_free(rig);
        }
}

// Every combination of them: each group depends on its own bit.
Test(arm_irq_security, dpg_bits_do_not_touch_each_other)
{
    static const uint32_t dpg[] = { GICR_CTLR_DPG0, GICR_CTLR_DPG1S, GICR_CTLR_DPG1NS };
    for (uint32_t i = 0; i < 3 * 8; i++) {
        uint32_t spi = i % 3, set = i / 3, ctlr = 0;
        struct rig *rig = rig_secure();
        frames(rig, true);
        for (unsigned bit = 0; bit < 3; bit++)
            ctlr |= set >> bit & 1 ? dpg[bit] : 0;
        arm_irq_write(&rig->frame[ARM_IRQ_WINDOW_GICD], 0x6100 + 8 * spi, 8, GICD_IROUTER_IRM, 0);
        gicr_put(rig, 0, 0, ctlr);
        cr_assert_eq(gicr_get(rig, 0, 0), ctlr);
        arm_irq_trigger(&rig->irq, ARM_IRQ_GICD, spi);
        cr_assert_eq(rig->pending[0] != 0, !(set >> spi & 1), "SPI %u, DPG %u", spi, set);
        rig_free(rig);
    }
}

Test(arm_irq_security, common_binary_points_belong_to_el3)
{
    struct rig *rig = rig_secure();
    icc_put(rig, 0, ICC_CTLR_EL1, ICC_CTLR_CBPR | ICC_CTLR_PMHE);
    cr_assert_eq(icc_get(rig, 0, ICC_CTLR_EL1) & (ICC_CTLR_CBPR | ICC_CTLR_PMHE), 0);
    icc_put(rig, 0, ICC_CTLR_EL3, 2);
    cr_assert_eq(icc_get(rig, 0, ICC_CTLR_EL1) & ICC_CTLR_CBPR, ICC_CTLR_CBPR);
    icc_put(rig, 0, ICC_BPR1_EL1, 6);
    cr_assert_eq(icc_get(rig, 0, ICC_BPR1_EL1), GIC_BPR_MIN + 1, "Group 0's and one");
    arm_irq_set_secure(&rig->irq, 0, true);
    for (unsigned point = 6; point <= 7; point++) {
        icc_put(rig, 0, ICC_BPR0_EL1, point);
        arm_irq_set_secure(&rig->irq, 0, false);
        cr_assert_eq(icc_get(rig, 0, ICC_BPR1_EL1), 7, "at most");
        arm_irq_set_secure(&rig->irq, 0, true);
    }
    icc_put(rig, 0, ICC_CTLR_EL3, 1); // of Secure Group 1: its register is Group 0's
    icc_put(rig, 0, ICC_BPR1_EL1, 5);
    cr_assert_eq(icc_get(rig, 0, ICC_BPR0_EL1), 5);
    cr_assert_eq(icc_get(rig, 0, ICC_BPR1_EL1), 5);
    icc_put(rig, 0, ICC_CTLR_EL3, 0);
    icc_put(rig, 0, ICC_BPR1_EL1, 4);
    cr_assert_eq(icc_get(rig, 0, ICC_BPR0_EL1), 5, "its own again");
    rig_free(rig);
}

// --- Traces ---------------------------------------------------------------------------------------------------------

struct log {
    char text[512];
};

static void tap(void *owner, const struct intact_trace_event *event)
{
    struct log *log = owner;
    size_t used = strlen(log->text);
    snprintf(log->text + used, sizeof log->text - used, "%s %lu %lu\n", intact_trace_name(event->id), event->a,
             event->b);
}

Test(arm_irq_security, an_interrupt_is_told_station_by_station)
{
    struct log log = { "" };
    struct trace trace = { .wanted = 0 };
    struct intact_trace_observer observer;
    intact_trace_observer_init(&observer, INTACT_TRACE_ALL, tap, &log);
    cr_assert_eq(trace_add(&trace, &observer), 0);
    struct rig *rig = rig_v3(1);
    rig->irq.config.trace = &trace;
    arm_irq_set_pin(&rig->irq, ARM_IRQ_GICD, 3, true);
    icc_get(rig, 0, ICC_IAR1_EL1);
    arm_irq_set_pin(&rig->irq, ARM_IRQ_GICD, 3, false);
    icc_put(rig, 0, ICC_EOIR1_EL1, 35);
    char expected[512];
    snprintf(expected, sizeof expected, "%s 0 3\n%s 35 %u\n%s 32 0\n%s 35 %u\n%s 0 32\n%s 0 3\n%s 35 %u\n%s 35 0\n",
             intact_trace_name(INTACT_TRACE_PIN), intact_trace_name(INTACT_TRACE_ACCEPT), GIC_G1NS,
             intact_trace_name(INTACT_TRACE_PENDING), intact_trace_name(INTACT_TRACE_ACK), GIC_G1NS,
             intact_trace_name(INTACT_TRACE_PENDING), intact_trace_name(INTACT_TRACE_PIN),
             intact_trace_name(INTACT_TRACE_EOI), ARM_IRQ_CPU, intact_trace_name(INTACT_TRACE_EOI));
    cr_assert_str_eq(log.text, expected);
    rig_free(rig);
}
