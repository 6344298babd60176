// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Random accesses, lines and CPUs: whatever happens, deriving everything again changes nothing, and a saved and loaded
// controller is the same one.
#include "test_lpi.h"

#define STEPS 60000

static uint64_t state, now, deadline;

static void on_deadline(void *owner, uint64_t when)
{
    (void)owner;
    deadline = when;
}

static uint64_t next(void)
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return state;
}

// Often small, or an address in RAM with a valid bit: what registers take seriously.
static uint64_t value(void)
{
    switch (next() % 4) {
    case 0: return next() & 0xff;
    case 1: return (RIG_BASE + next() % RIG_MEMORY) | (next() & 1) << 63;
    default: return next();
    }
}

static void access_window(struct rig *rig)
{
    enum arm_irq_window window = next() % ARM_IRQ_WINDOWS;
    uint64_t bytes = arm_irq_window_size(&rig->irq, window);
    unsigned size = 1u << next() % 4;
    rig->frame[window].secure = next() & 1;
    if (bytes == 0)
        return;
    uint64_t offset = align_down(next() % (next() % 3 ? bytes : 0x1000), size);
    if (next() % 3)
        arm_irq_write(&rig->frame[window], offset, size, value(), now);
    else
        arm_irq_read(&rig->frame[window], offset, size, now);
}

static void access_register(struct rig *rig)
{
    uint64_t encoding = icc_registers[next() % icc_register_count].reg.offset, got;
    if (next() % 2)
        arm_irq_cpu_read(&rig->irq, rig->current, PORT_REGISTER, encoding, 8, &got, 0);
    else
        arm_irq_cpu_write(&rig->irq, rig->current, PORT_REGISTER, encoding, 8, value(), 0);
}

static void step(struct rig *rig)
{
    rig->current = next() % rig->irq.config.cpus;
    switch (next() % 6) {
    case 0: arm_irq_set_pin(&rig->irq, ARM_IRQ_GICD, next() % 2100, next() & 1); break;
    case 1: arm_irq_set_ppi(&rig->irq, rig->current, next() % 1200, next() & 1); break;
    case 2: access_register(rig); break;
    default: access_window(rig);
    }
    if (next() % 500 == 0)
        arm_irq_set_secure(&rig->irq, rig->current, next() & 1);
    if (next() % 200 == 0)
        arm_irq_set_sctlr_nmi(&rig->irq, rig->current, next() & 1);
    now += next() % 16;
    if (deadline <= now)
        arm_irq_timer(&rig->irq, now);
    if (next() % 20000 == 0)
        arm_irq_reset(&rig->irq);
}

// --- Mistakes -------------------------------------------------------------------------------------------------------

static struct trace trace;
static uint64_t reported;

static void on_mistake(void *owner, const struct intact_trace_event *event)
{
    (void)owner;
    reported += event->b < GIC_MISTAKES; // not the errors of commands
}

static uint64_t sum(const uint32_t *mistakes)
{
    uint64_t all = 0;
    for (unsigned i = 0; i < GIC_MISTAKES; i++)
        all += mistakes[i];
    return all;
}

static uint64_t counted(const struct rig *rig)
{
    const struct arm_irq *irq = &rig->irq;
    uint64_t all = sum(irq->gicd.mistakes) + sum(irq->gicv2m.mistakes) + sum(irq->its.mistakes);
    for (uint32_t i = 0; i < irq->config.cpus; i++)
        all += sum(irq->cpus[i].gicr.mistakes) + sum(irq->cpus[i].icc.mistakes) + sum(irq->cpus[i].gicc.mistakes);
    return all;
}

static void step_and_compare(struct rig *rig)
{
    uint64_t before = counted(rig);
    reported = 0;
    step(rig);
    cr_assert_eq(reported, counted(rig) - before, "%u events of %u mistakes", (unsigned)reported,
                 (unsigned)(counted(rig) - before));
}

static void check(struct rig *rig)
{
    struct visit_save before, after;
    uint32_t pending[RIG_CPUS];
    unsigned signals = rig->signals;
    memcpy(pending, rig->pending, sizeof pending);
    visit_save_init(&before);
    visit_save_init(&after);
    arm_irq_visit(&rig->irq, &before.visit);
    arm_irq_begin(&rig->irq);
    gicd_touch_all(&rig->irq.gicd);
    for (uint32_t i = 0; i < rig->irq.config.cpus; i++) {
        gicr_touch_all(&rig->irq.cpus[i].gicr);
        arm_irq_follow(&rig->irq, i);
    }
    arm_irq_end(&rig->irq);
    cr_assert_eq(rig->signals, signals);
    memset(rig->pending, 0xff, sizeof rig->pending);
    arm_irq_loaded(&rig->irq);
    arm_irq_visit(&rig->irq, &after.visit);
    cr_assert_arr_eq(before.data, after.data, before.size);
    cr_assert_arr_eq(pending, rig->pending, rig->irq.config.cpus * sizeof(uint32_t));
    memcpy(rig->pending, pending, sizeof pending);
    free(before.data);
    free(after.data);
}

static void run(struct arm_irq_config config)
{
    config.deadline = on_deadline;
    struct rig *rig = rig_new(config);
    struct intact_trace_observer observer;
    rig->irq.config.trace = &trace;
    intact_trace_observer_init(&observer, BIT64(TRACE_MISTAKE), on_mistake, NULL);
    cr_assert_eq(trace_add(&trace, &observer), 0);
    state = 88172645463325252;
    now = 0;
    deadline = CLOCK_NEVER;
    for (unsigned i = 0; i < STEPS; i++) {
        step_and_compare(rig);
        if (i % 1000 == 0)
            check(rig);
    }
    trace_free(&trace);
    rig_free(rig);
}

Test(arm_irq_random, gicv3_with_everything)
{
    run((struct arm_irq_config){ .version = 3,
                                 .cpus = 5,
                                 .spis = 200,
                                 .extended_spis = 64,
                                 .extended_ppis = 64,
                                 .lpi_bits = 14,
                                 .its = true,
                                 .its_command_ns = 50,
                                 .nmi = true,
                                 .security = true });
}

Test(arm_irq_random, gicv3_with_one_security_state)
{
    run((struct arm_irq_config){
        .version = 3, .cpus = 3, .spis = 988, .lpi_bits = 14, .its = true, .its_stalls = true, .nmi = true });
}

Test(arm_irq_random, gicv2_with_everything)
{
    run((struct arm_irq_config){
        .version = 2, .cpus = 8, .spis = 200, .security = true, .v2m_first = 50, .v2m_count = 20 });
}

Test(arm_irq_random, gicv2_with_one_security_state)
{
    run((struct arm_irq_config){ .version = 2, .cpus = 3, .spis = 988 });
}
