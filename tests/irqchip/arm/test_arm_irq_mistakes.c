// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Counters of mistakes: legal accesses count nothing, and each mistake is counted once, under its name, and changes
// nothing. And calls within calls: nothing is settled before the outermost one ends.
#include "test_its.h"

#define gicc_put(rig, offset, value) rig_put(rig, ARM_IRQ_WINDOW_GICC, offset, value)
#define gicc_get(rig, offset)        rig_get(rig, ARM_IRQ_WINDOW_GICC, offset)

enum { EOIMODE = 2 };

static unsigned sum(const uint32_t *mistakes)
{
    unsigned all = 0;
    for (unsigned i = 0; i < GIC_MISTAKES; i++)
        all += mistakes[i];
    return all;
}

// Every counter of every chip.
static unsigned all_mistakes(const struct rig *rig)
{
    const struct arm_irq *irq = &rig->irq;
    unsigned all = sum(irq->gicd.mistakes) + sum(irq->gicv2m.mistakes) + sum(irq->its.mistakes) + irq->its.errors;
    for (uint32_t i = 0; i < irq->config.cpus; i++)
        all += sum(irq->cpus[i].gicr.mistakes) + sum(irq->cpus[i].icc.mistakes) + sum(irq->cpus[i].gicc.mistakes);
    return all;
}

static struct trace watched;
static unsigned reported;

static void on_mistake(void *owner, const struct intact_trace_event *event)
{
    (void)owner;
    reported++;
    cr_assert_str_eq(event->mistake, gic_mistake_name((enum gic_mistake)event->b));
    cr_assert_null(event->device);
    cr_assert_geq(event->a, INTACT_CHIP_GICD);
    cr_assert_leq(event->a, INTACT_CHIP_GIC_V2M);
}

static void listen(struct rig *rig)
{
    static struct intact_trace_observer observer;
    watched.first_chip = INTACT_CHIP_GICD;
    rig->irq.config.trace = &watched;
    intact_trace_observer_remove(&observer);
    intact_trace_observer_init(&observer, BIT64(TRACE_MISTAKE), on_mistake, NULL);
    cr_assert_eq(trace_add(&watched, &observer), 0);
    reported = 0;
}

// One more of `counter`, and of nothing else, and one event.
#define MISTAKE(rig, counter, action)                                                                                  \
    do {                                                                                                               \
        unsigned one_ = (counter), all_ = all_mistakes(rig);                                                           \
        listen(rig);                                                                                                   \
        action;                                                                                                        \
        cr_assert_eq((counter), one_ + 1, "counted as another mistake, or not at all");                                \
        cr_assert_eq(all_mistakes(rig), all_ + 1, "counted twice");                                                    \
        cr_assert_eq(reported, 1, "%u events", reported);                                                              \
    } while (0)

#define LEGAL(rig, action)                                                                                             \
    do {                                                                                                               \
        unsigned all_ = all_mistakes(rig);                                                                             \
        action;                                                                                                        \
        cr_assert_eq(all_mistakes(rig), all_, "legal, and counted");                                                   \
    } while (0)

static struct rig *rig_v2(void)
{
    struct rig *rig = rig_new((struct arm_irq_config){
        .version = 2,
        .cpus = 2,
        .spis = 96,
        .v2m_first = 64,
        .v2m_count = 32,
        .windows = { MSI_ARM_NO_WINDOW, 0x8020000, MSI_ARM_NO_WINDOW },
    });
    gicd_put(rig, 0, 3);
    gicd_put(rig, 0x104, UINT32_MAX);
    gicd_put(rig, 0x820, 0x01010101);
    for (rig->current = 2; rig->current-- > 0;) {
        gicd_put(rig, 0x100, UINT32_MAX);
        gicc_put(rig, GICC_PMR, 0xf8);
        gicc_put(rig, GICC_CTLR, 3);
    }
    rig->current = 0;
    return rig;
}

// --- What is legal --------------------------------------------------------------------------------------------------

Test(arm_irq_mistakes, a_life_on_gicv2_counts_none)
{
    struct rig *rig = rig_v2();
    arm_irq_set_pin(&rig->irq, ARM_IRQ_GICD, 0, true);
    gicc_put(rig, GICC_EOIR, gicc_get(rig, GICC_IAR));
    arm_irq_set_pin(&rig->irq, ARM_IRQ_GICD, 0, false);
    cr_assert_eq(gicc_get(rig, GICC_IAR), GIC_SPURIOUS);
    gicc_put(rig, GICC_EOIR, GIC_SPURIOUS);
    gicc_put(rig, GICC_CTLR, 3 | GICC_CTLR_EOIMODE);
    gicd_put(rig, 0xf00, 1 << 16 | 15);
    gicc_put(rig, GICC_EOIR, 15);
    gicc_get(rig, GICC_IAR);
    gicc_put(rig, GICC_EOIR, 15);
    gicc_put(rig, GICC_DIR, 15);
    cr_assert(arm_irq_msi(&rig->irq, 0x8020040, 64, 0, false));
    cr_assert(arm_irq_msi(&rig->irq, 0x8020040, 95, 0, false));
    rig_put(rig, ARM_IRQ_WINDOW_V2M, 0x40, 64);
    cr_assert_eq(rig->irq.cpus[0].gicc.mistakes[GIC_MISTAKE_EOI], 1, "the EOI before the acknowledge, and no other");
    cr_assert_eq(all_mistakes(rig), 1);
    rig_free(rig);
}

Test(arm_irq_mistakes, a_life_on_gicv3_counts_none)
{
    struct rig *rig = rig_v3(2);
    arm_irq_set_pin(&rig->irq, ARM_IRQ_GICD, 0, true);
    icc_put(rig, 0, ICC_EOIR1_EL1, icc_get(rig, 0, ICC_IAR1_EL1));
    arm_irq_set_pin(&rig->irq, ARM_IRQ_GICD, 0, false);
    cr_assert_eq(icc_get(rig, 0, ICC_IAR1_EL1), GIC_SPURIOUS);
    for (uint32_t intid = 1020; intid <= GIC_SPURIOUS; intid++)
        icc_put(rig, 0, ICC_EOIR1_EL1, intid);
    icc_put(rig, 0, ICC_CTLR_EL1, EOIMODE);
    icc_put(rig, 0, ICC_SGI1R_EL1, BIT32(1) | 3 << 24);
    icc_put(rig, 1, ICC_EOIR1_EL1, icc_get(rig, 1, ICC_IAR1_EL1));
    gicd_put(rig, 0x40, 32);
    gicd_put(rig, 0x48, 127);
    gicd_put(rig, 0, 0x13);
    cr_assert_eq(all_mistakes(rig), 0);
    rig_free(rig);
}

Test(arm_irq_mistakes, a_life_of_an_lpi_counts_none)
{
    struct rig *rig = rig_mapped();
    for (unsigned i = 0; i < 2; i++) {
        cr_assert(send(rig, 5, 3));
        icc_put(rig, 1, ICC_CTLR_EL1, i ? EOIMODE : 0);
        cr_assert_eq(rig_take(rig, 1), 8203);
        icc_put(rig, 1, ICC_DIR_EL1, 8203); // an LPI has no active state; with EOImode 1 drivers do it for all alike
    }
    cr_assert_eq(rig->irq.cpus[1].icc.mistakes[GIC_MISTAKE_DEACTIVATE], 1, "with EOImode 0");
    gicr_put64(rig, 1, 0x40, 8192);
    gicr_put64(rig, 1, 0x40, 65535);
    gicr_put64(rig, 1, 0x48, 65535);
    gicr_put64(rig, 1, 0xa0, 8192);
    gicr_put64(rig, 1, 0xb0, 0);
    cr_assert_eq(on_event(rig, ITS_MOVI, 5, 3, 2), 0);
    cr_assert_eq(on_event(rig, ITS_DISCARD, 5, 3, 0), 0);
    cr_assert_eq(all_mistakes(rig), 1);
    rig_free(rig);
}

// --- Ends -----------------------------------------------------------------------------------------------------------

// IHI 0048B 4.4.5, IHI 0069 ICC_EOIR1_EL1: with nothing running it is UNPREDICTABLE; nothing happens here.
Test(arm_irq_mistakes, an_eoi_without_a_running_priority_deactivates_nothing)
{
    struct rig *rig = rig_v2();
    gicd_put(rig, 0x304, 1);
    MISTAKE(rig, rig->irq.cpus[0].gicc.mistakes[GIC_MISTAKE_EOI], gicc_put(rig, GICC_EOIR, 32));
    cr_assert_eq(gicd_get(rig, 0x304), 1, "still active");
    cr_assert_eq(rig->resamples, 0);
    rig_free(rig);
    rig = rig_v3(1);
    gicd_put(rig, 0x304, 1);
    MISTAKE(rig, rig->irq.cpus[0].icc.mistakes[GIC_MISTAKE_EOI], icc_put(rig, 0, ICC_EOIR1_EL1, 32));
    cr_assert_eq(gicd_get(rig, 0x304), 1, "still active");
    cr_assert_eq(rig->resamples, 0);
    rig_free(rig);
}

Test(arm_irq_mistakes, a_deactivation_of_a_special_intid_is_nothing)
{
    struct rig *rig = rig_v2(), *other = rig_v3(1);
    gicc_put(rig, GICC_CTLR, 3 | GICC_CTLR_EOIMODE);
    icc_put(other, 0, ICC_CTLR_EL1, EOIMODE);
    for (uint32_t intid = 1020; intid <= GIC_SPURIOUS; intid++) {
        LEGAL(rig, gicc_put(rig, GICC_DIR, intid));
        LEGAL(other, icc_put(other, 0, ICC_DIR_EL1, intid));
    }
    LEGAL(other, icc_put(other, 0, ICC_DIR_EL1, GIC_LPI_FIRST));
    LEGAL(other, icc_put(other, 0, ICC_DIR_EL1, 0xffffff));
    MISTAKE(rig, rig->irq.cpus[0].gicc.mistakes[GIC_MISTAKE_DEACTIVATE], gicc_put(rig, GICC_DIR, 1019));
    MISTAKE(other, other->irq.cpus[0].icc.mistakes[GIC_MISTAKE_DEACTIVATE],
            icc_put(other, 0, ICC_DIR_EL1, GIC_LPI_FIRST - 1));
    MISTAKE(other, other->irq.cpus[0].icc.mistakes[GIC_MISTAKE_DEACTIVATE], icc_put(other, 0, ICC_DIR_EL1, 1019));
    MISTAKE(other, other->irq.cpus[0].icc.mistakes[GIC_MISTAKE_DEACTIVATE], icc_put(other, 0, ICC_DIR_EL1, 1024));
    rig_free(rig);
    rig_free(other);
}

Test(arm_irq_mistakes, a_deactivation_of_an_inactive_interrupt_is_refused_and_counted)
{
    static const uint32_t intids[] = { 0, 15, 16, 27, 31, 32, 33 };
    struct rig *rig = rig_v2(), *other = rig_v3(1);
    gicc_put(rig, GICC_CTLR, 3 | GICC_CTLR_EOIMODE);
    icc_put(other, 0, ICC_CTLR_EL1, EOIMODE);
    for (unsigned i = 0; i < countof(intids); i++) {
        MISTAKE(rig, rig->irq.cpus[0].gicc.mistakes[GIC_MISTAKE_DEACTIVATE], gicc_put(rig, GICC_DIR, intids[i]));
        MISTAKE(other, other->irq.cpus[0].icc.mistakes[GIC_MISTAKE_DEACTIVATE],
                icc_put(other, 0, ICC_DIR_EL1, intids[i]));
    }
    cr_assert_eq(rig->resamples + other->resamples, 0);
    gicr_put(other, 0, SGI(0x300), BIT32(27));
    LEGAL(other, icc_put(other, 0, ICC_DIR_EL1, 27));
    cr_assert_eq(gicr_get(other, 0, SGI(0x300)), 0);
    MISTAKE(other, other->irq.cpus[0].icc.mistakes[GIC_MISTAKE_DEACTIVATE], icc_put(other, 0, ICC_DIR_EL1, 27));
    MISTAKE(other, other->irq.cpus[0].icc.mistakes[GIC_MISTAKE_DEACTIVATE], icc_put(other, 0, ICC_DIR_EL1, 1056));
    rig_free(rig);
    rig_free(other);
}

// --- Acknowledges ---------------------------------------------------------------------------------------------------

// Bits 12:10 of GICC_IAR are for SGIs (IHI 0048B 4.4.4), though SGI sources are pending as well as the PPI.
Test(arm_irq_mistakes, a_ppi_is_acknowledged_without_a_source_cpu)
{
    struct rig *rig = rig_v2();
    rig->current = 1;
    for (uint32_t sgi = 0; sgi < 16; sgi++)
        gicd_put(rig, 0xf00, 1 << 16 | sgi); // from CPU 1 to CPU 0
    rig->current = 0;
    gicd_put(rig, 0x400 + 16, 0);
    for (uint32_t i = 0; i < 16; i += 4)
        gicd_put(rig, 0x400 + i, 0x40404040);
    for (uint32_t intid = 16; intid < 32; intid++) {
        arm_irq_set_ppi(&rig->irq, 0, intid, true);
        cr_assert_eq(gicc_get(rig, GICC_HPPIR), intid);
        cr_assert_eq(gicc_get(rig, GICC_IAR), intid);
        arm_irq_set_ppi(&rig->irq, 0, intid, false);
        gicc_put(rig, GICC_EOIR, intid);
    }
    cr_assert_eq(gicc_get(rig, GICC_IAR), 1 << 10, "and SGI 0 has one");
    cr_assert_eq(all_mistakes(rig), 0);
    rig_free(rig);
}

// --- Messages -------------------------------------------------------------------------------------------------------

// GICD_SETSPI_NSR has the offset of no register of GICv2.
Test(arm_irq_mistakes, what_lies_where_gicv3_has_its_doorbell_is_none)
{
    struct rig *rig = rig_v2();
    MISTAKE(rig, rig->irq.cpus[0].gicc.mistakes[GIC_MISTAKE_REGISTER], gicc_put(rig, 0x40, 33));
    MISTAKE(rig, rig->irq.gicd.mistakes[GIC_MISTAKE_REGISTER], gicd_put(rig, 0x40, 33));
    cr_assert_eq(gicd_get(rig, 0x204), 0);
    struct arm_message message = { .kind = ARM_MESSAGE_SET_SPI, .number = 33 };
    MISTAKE(rig, rig->irq.gicd.mistakes[GIC_MISTAKE_INTID], cr_assert_not(arm_irq_deliver(&rig->irq, &message)));
    cr_assert_eq(rig->pending[0], 0);
    MISTAKE(rig, rig->irq.gicv2m.mistakes[GIC_MISTAKE_INTID], rig_put(rig, ARM_IRQ_WINDOW_V2M, 0x40, 63));
    MISTAKE(rig, rig->irq.gicv2m.mistakes[GIC_MISTAKE_INTID], rig_put(rig, ARM_IRQ_WINDOW_V2M, 0x40, 96));
    rig_free(rig);
    rig = rig_v3(1);
    MISTAKE(rig, rig->irq.gicd.mistakes[GIC_MISTAKE_INTID], gicd_put(rig, 0x40, 31));
    MISTAKE(rig, rig->irq.gicd.mistakes[GIC_MISTAKE_INTID], gicd_put(rig, 0x48, 128));
    MISTAKE(rig, rig->irq.gicd.mistakes[GIC_MISTAKE_INTID], gicd_put(rig, 0x40, 4096));
    arm_irq_write(&rig->frame[ARM_IRQ_WINDOW_GICR], 0x40, 8, 33, 0); // GICR_SETLPIR, for LPIs
    cr_assert_eq(gicd_get(rig, 0x204), 0);
    rig_free(rig);
}

// --- What observers get, and what is saved --------------------------------------------------------------------------

static struct intact_trace_event last;

static void hear(void *owner, const struct intact_trace_event *event)
{
    (void)owner;
    last = *event;
}

// id, vcpu, a, b and c of the last event.
static void last_was(enum intact_trace_id id, uint32_t vcpu, uint64_t a, uint64_t b, uint64_t c)
{
    cr_assert_eq(last.id, id, "%s", intact_trace_name(last.id));
    cr_assert_eq(last.cpu, vcpu);
    cr_assert_eq(last.a, a);
    cr_assert_eq(last.b, b);
    cr_assert_eq(last.c, c);
}

Test(arm_irq_mistakes, an_observer_hears_what_was_wrong)
{
    static struct trace trace;
    struct intact_trace_observer observer;
    struct rig *rig = rig_v2();
    intact_trace_observer_init(&observer, BIT64(TRACE_DROP) | BIT64(TRACE_MISTAKE), hear, NULL);
    cr_assert_eq(trace_add(&trace, &observer), 0);
    rig->irq.config.trace = &trace;
    rig->current = 1;
    rig_get(rig, ARM_IRQ_WINDOW_V2M, 0x40);
    last_was(INTACT_TRACE_MISTAKE, 1, ARM_IRQ_V2M, GIC_MISTAKE_WRITEONLY, 0x40);
    rig_put(rig, ARM_IRQ_WINDOW_V2M, 0x8, 0);
    last_was(INTACT_TRACE_MISTAKE, 1, ARM_IRQ_V2M, GIC_MISTAKE_READONLY, 0);
    struct arm_message message = { .kind = ARM_MESSAGE_V2M, .number = 63 };
    cr_assert_not(arm_irq_deliver(&rig->irq, &message));
    last_was(INTACT_TRACE_DROP, TRACE_NO_CPU, ARM_IRQ_DROP_REFUSED, 63, ARM_MESSAGE_V2M);
    message = (struct arm_message){ .kind = ARM_MESSAGE_CLEAR_SPI, .number = 128 };
    cr_assert_not(arm_irq_deliver(&rig->irq, &message));
    last_was(INTACT_TRACE_DROP, TRACE_NO_CPU, ARM_IRQ_DROP_REFUSED, 128, ARM_MESSAGE_CLEAR_SPI);
    rig_free(rig);
    trace_free(&trace);
}

// The numbers of docs and public headers. A mistake of the ITS is told from one of a CPU, and either from a distributor's.
Test(arm_irq_mistakes, each_chip_has_a_number_of_its_own)
{
    static struct trace trace;
    struct intact_trace_observer observer;
    struct rig *rig = rig_its(1);
    intact_trace_observer_init(&observer, BIT64(TRACE_MISTAKE), hear, NULL);
    cr_assert_eq(trace_add(&trace, &observer), 0);
    rig->irq.config.trace = &trace;
    rig_put(rig, ARM_IRQ_WINDOW_GICD, 0x4, 0);
    last_was(INTACT_TRACE_MISTAKE, 0, 0, GIC_MISTAKE_READONLY, 0);
    rig_put(rig, ARM_IRQ_WINDOW_ITS, 0x8, 0);
    last_was(INTACT_TRACE_MISTAKE, 0, 1, GIC_MISTAKE_READONLY, 0);
    command(rig, 0xff, 0, 0, 0);
    last_was(INTACT_TRACE_MISTAKE, TRACE_NO_CPU, 1, GIC_MISTAKES, rig->irq.its.error);
    rig_put(rig, ARM_IRQ_WINDOW_GICR, 0x8, 0);
    last_was(INTACT_TRACE_MISTAKE, 0, 2, GIC_MISTAKE_READONLY, 0);
    rig_free(rig);
    trace_free(&trace);
    rig = rig_v2();
    memset(&trace, 0, sizeof trace);
    cr_assert_eq(trace_add(&trace, &observer), 0);
    rig->irq.config.trace = &trace;
    rig_put(rig, ARM_IRQ_WINDOW_V2M, 0x8, 0);
    last_was(INTACT_TRACE_MISTAKE, 0, 3, GIC_MISTAKE_READONLY, 0);
    rig_free(rig);
    trace_free(&trace);
}

Test(arm_irq_mistakes, they_are_part_of_the_state)
{
    struct rig *rig = rig_v2(), *other = rig_v2();
    struct visit_save save;
    struct visit_load load;
    rig_put(rig, ARM_IRQ_WINDOW_V2M, 0x40, 63);
    rig_get(rig, ARM_IRQ_WINDOW_V2M, 0x40);
    gicd_put(rig, 0x4, 0);
    gicc_put(rig, GICC_EOIR, 40);
    visit_save_init(&save);
    arm_irq_visit(&rig->irq, &save.visit);
    visit_load_init(&load, save.data, save.size);
    arm_irq_visit(&other->irq, &load.visit);
    other->pending[0] = other->pending[1] = UINT32_MAX;
    arm_irq_loaded(&other->irq);
    cr_assert_eq(all_mistakes(other), 4);
    cr_assert_eq(other->irq.gicv2m.mistakes[GIC_MISTAKE_INTID], 1);
    cr_assert_eq(other->irq.gicv2m.mistakes[GIC_MISTAKE_WRITEONLY], 1);
    cr_assert_eq(other->irq.gicd.mistakes[GIC_MISTAKE_READONLY], 1);
    cr_assert_eq(other->irq.cpus[0].gicc.mistakes[GIC_MISTAKE_EOI], 1);
    free(save.data);
    rig_free(rig);
    rig_free(other);
}

// --- LPIs and the ITS -----------------------------------------------------------------------------------------------

Test(arm_irq_mistakes, movi_of_an_idle_event_makes_nothing_pending)
{
    struct rig *rig = rig_mapped();
    LEGAL(rig, cr_assert_eq(on_event(rig, ITS_MOVI, 5, 3, 2), 0));
    for (unsigned i = 0; i < 3; i++) {
        cr_assert_eq(rig->pending[i], 0);
        cr_assert_not(gicr_lpi_is_pending(&rig->irq.cpus[i].gicr, 8203));
    }
    cr_assert(send(rig, 5, 3));
    cr_assert_eq(rig_take(rig, 2), 8203);
    LEGAL(rig, cr_assert_eq(on_event(rig, ITS_MOVI, 5, 3, 2), 0)); // to where it is
    cr_assert_eq(rig->pending[2], 0);
    cr_assert(send(rig, 5, 3));
    cr_assert_eq(on_event(rig, ITS_MOVI, 5, 3, 2), 0);
    cr_assert_eq(rig_take(rig, 2), 8203, "it stays pending there");
    rig_free(rig);
}

// STATUSR: each kind of wrong access sets its bit, and a write of 1 clears only that bit (IHI 0069, GITS_STATUSR).
Test(arm_irq_mistakes, statusr_is_cleared_by_writing_ones)
{
    static const struct {
        enum arm_irq_window window;
        uint32_t statusr, hole, read_only, write_only;
    } list[] = {
        { ARM_IRQ_WINDOW_GICD, 0x10, 0x3c, 0x4, 0x40 },
        { ARM_IRQ_WINDOW_GICR, 0x10, 0x3c, 0x4, 0x40 },
        { ARM_IRQ_WINDOW_ITS, 0x40, 0x3c, 0x4, 0x10040 },
    };
    for (unsigned i = 0; i < countof(list); i++) {
        struct rig *rig = rig_its(1);
        rig_get(rig, list[i].window, list[i].hole);
        rig_put(rig, list[i].window, list[i].hole, 0);
        rig_put(rig, list[i].window, list[i].read_only, 0);
        rig_get(rig, list[i].window, list[i].write_only);
        for (uint32_t left = 0xf; left; left &= left - 1) {
            cr_assert_eq(rig_get(rig, list[i].window, list[i].statusr), left);
            LEGAL(rig, rig_put(rig, list[i].window, list[i].statusr, 0));
            cr_assert_eq(rig_get(rig, list[i].window, list[i].statusr), left, "zeros clear nothing");
            rig_put(rig, list[i].window, list[i].statusr, left & -left);
        }
        cr_assert_eq(rig_get(rig, list[i].window, list[i].statusr), 0);
        rig_free(rig);
    }
}

Test(arm_irq_mistakes, gicv2_has_no_statusr)
{
    struct rig *rig = rig_v2();
    gicd_get(rig, 0xf80);
    gicd_put(rig, 0xf80, 1);
    cr_assert_gt(all_mistakes(rig), 0);
    cr_assert_eq(rig->irq.gicd.statusr[0], 0);
    cr_assert_eq(rig->irq.gicd.statusr[1], 0);
    rig_free(rig);
}

// --- Calls within calls ---------------------------------------------------------------------------------------------

Test(arm_irq_mistakes, nothing_is_settled_before_the_outermost_call_ends)
{
    struct rig *rig = rig_v3(1);
    unsigned before = rig->signals;
    arm_irq_begin(&rig->irq);
    arm_irq_begin(&rig->irq);
    arm_irq_set_pin(&rig->irq, ARM_IRQ_GICD, 0, true);
    arm_irq_end(&rig->irq);
    cr_assert_eq(rig->signals, before);
    arm_irq_set_pin(&rig->irq, ARM_IRQ_GICD, 0, false);
    arm_irq_set_ppi(&rig->irq, 0, 27, true);
    arm_irq_set_ppi(&rig->irq, 0, 27, false);
    arm_irq_set_secure(&rig->irq, 0, true);
    arm_irq_set_secure(&rig->irq, 0, false);
    arm_irq_set_sctlr_nmi(&rig->irq, 0, true);
    arm_irq_follow(&rig->irq, 0);
    arm_irq_timer(&rig->irq, 0);
    arm_irq_trigger(&rig->irq, ARM_IRQ_GICD, 1);
    gicd_put(rig, 0x284, 2);
    cr_assert_eq(rig->signals, before);
    arm_irq_trigger(&rig->irq, ARM_IRQ_GICD, 1);
    arm_irq_end(&rig->irq);
    cr_assert_eq(rig->signals, before + 1);
    cr_assert_eq(rig->irq.depth, 0);
    cr_assert_eq(rig->irq.dirty_words | rig->irq.gicd.spi.touched_blocks | rig->irq.cpus[0].gicr.bank.touched_blocks,
                 0);
    for (unsigned i = 0; i < GIC_SPI_BLOCKS; i++)
        cr_assert_eq(rig->irq.gicd.spi.touched[i], 0, "block %u would be looked at again", i);
    for (unsigned i = 0; i < GIC_PRIVATE_BLOCKS; i++)
        cr_assert_eq(rig->irq.cpus[0].gicr.bank.touched[i], 0);
    rig_free(rig);
}

static struct rig *resampled_rig;
static unsigned signals_within;

static void resample_twice(void *owner, uint32_t chip, uint32_t pin)
{
    (void)owner;
    struct rig *rig = resampled_rig;
    unsigned before = rig->signals;
    arm_irq_set_pin(&rig->irq, chip, pin, false);
    arm_irq_set_pin(&rig->irq, chip, pin, true);
    signals_within += rig->signals - before;
}

// A level that a resample lowers and raises again was never low to the CPU.
Test(arm_irq_mistakes, a_call_back_from_resample_is_settled_by_the_outer_call)
{
    struct rig *rig = resampled_rig = rig_v3(1);
    rig->irq.config.resample = resample_twice;
    arm_irq_set_pin(&rig->irq, ARM_IRQ_GICD, 5, true);
    cr_assert_eq(icc_get(rig, 0, ICC_IAR1_EL1), 37);
    unsigned before = rig->signals;
    icc_put(rig, 0, ICC_EOIR1_EL1, 37);
    cr_assert_eq(signals_within, 0);
    cr_assert_eq(rig->signals, before + 1);
    cr_assert_eq(rig->pending[0], PENDING_IRQ);
    rig_free(rig);
}
