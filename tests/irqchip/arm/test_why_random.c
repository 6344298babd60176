// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Random accesses, lines and messages, and a question after each: an answer has no gate exactly where IRQ or FIQ is
// signalled for the interrupt, and asking changes nothing.
#include "test_why.h"

#define STEPS 40000

static uint64_t state, now;

static uint64_t next(void)
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return state;
}

// --- A guest that sets up what works, and breaks some of it -----------------------------------------------------------

static void put_windows(struct rig *rig)
{
    enum arm_irq_window window = next() % ARM_IRQ_WINDOWS;
    uint64_t bytes = arm_irq_window_size(&rig->irq, window), value = next() & next();
    if (bytes == 0)
        return;
    if (window == ARM_IRQ_WINDOW_ITS)
        bytes = 0x200;
    uint64_t offset = align_down(next() % (next() % 2 ? bytes : 0x1000), 4);
    if (window == ARM_IRQ_WINDOW_GICR)
        offset = align_down(next() % bytes, GICR_FRAME) + (next() % 8 ? SGI(next() % 0x1000 & ~3u) : 0x14);
    arm_irq_write(&rig->frame[window], offset, 4, next() % 3 ? value : 0, now);
}

// Edges, routes and non-maskable interrupts, which whole random words seldom hit.
static void configure(struct rig *rig)
{
    uint32_t intid = 32 + next() % 40, cpu = next() % rig->irq.config.cpus;
    bool v2 = rig->irq.config.version == 2;
    static const uint32_t priorities[] = { 0, 0x80808080, 0x88809080, 0xa0a0c0a0 };
    switch (next() % 6) {
    case 0: gicd_put(rig, 0xc08 + next() % 3 * 4, (uint32_t)next() & 0xaaaaaaaa); break;
    case 1:
        gicd_put(rig, v2 ? 0x800 + align_down(intid, 4) : 0x6000 + 8 * intid, next() % 2 ? BIT32(31) : next() & 7);
        break;
    case 2: gicd_put(rig, v2 ? 0x800 + align_down(intid, 4) : 0x6000 + 8 * intid, v2 ? 0x01020403 : cpu); break;
    case 3:
        if (!v2)
            gicr_put(rig, cpu, 0, (uint32_t)(next() % 8) << 24 | (rig->irq.config.lpi_bits ? 1 : 0));
        break;
    case 4: gicd_put(rig, 0x400 + align_down(intid, 4), priorities[next() % 4]); break;
    case 5: // GICD_INMIR1, and the priority just at the mask
        if (!v2) {
            gicd_put(rig, 0xf84, (uint32_t)(next() & next() & next()));
            icc_put(rig, cpu, ICC_PMR_EL1, next() % 2 ? 0x80 : 0xf8);
        }
        break;
    }
}

static void put_register(struct rig *rig)
{
    static const uint32_t registers[] = { ICC_PMR_EL1,   ICC_BPR0_EL1,    ICC_BPR1_EL1,    ICC_CTLR_EL1,
                                          ICC_CTLR_EL3,  ICC_IGRPEN0_EL1, ICC_IGRPEN1_EL1, ICC_IGRPEN1_EL3,
                                          ICC_AP1R0_EL1, ICC_SGI1R_EL1,   ICC_SGI0R_EL1,   ICC_ASGI1R_EL1 };
    uint64_t value = next() % 2 ? next() & 0xff : (next() & 15) << 24 | (next() & 15);
    if (rig->irq.config.version == 2)
        rig_put(rig, ARM_IRQ_WINDOW_GICC, next() % 4 * 4 % 12, (uint32_t)value);
    else
        arm_irq_cpu_write(&rig->irq, rig->current, PORT_REGISTER, registers[next() % countof(registers)], 8, value,
                          now);
}

static uint32_t last_acknowledged;

static void handle(struct rig *rig)
{
    static const uint32_t reads[] = { ICC_IAR1_EL1, ICC_IAR0_EL1, ICC_NMIAR1_EL1 };
    static const uint32_t writes[] = { ICC_EOIR1_EL1, ICC_EOIR0_EL1, ICC_DIR_EL1 };
    uint64_t value = 1023;
    bool v2 = rig->irq.config.version == 2, reading = next() % 2;
    if (v2 && reading)
        value = rig_get(rig, ARM_IRQ_WINDOW_GICC, next() % 4 ? GICC_IAR : GICC_AIAR);
    else if (v2)
        rig_put(rig, ARM_IRQ_WINDOW_GICC, next() % 3 ? GICC_EOIR : GICC_DIR, last_acknowledged);
    else if (reading)
        arm_irq_cpu_read(&rig->irq, rig->current, PORT_REGISTER, reads[next() % 3], 8, &value, now);
    else
        arm_irq_cpu_write(&rig->irq, rig->current, PORT_REGISTER, writes[next() % 3], 8, last_acknowledged, now);
    if (reading && (value < 1020 || value > 1023))
        last_acknowledged = (uint32_t)value;
}

// Enables much, so that interrupts get far.
static void enable_much(struct rig *rig)
{
    for (unsigned i = 0; i < ARM_IRQ_WINDOWS; i++)
        rig->frame[i].secure = true;
    gicd_put(rig, 0, next() % 4 ? 0x37 : (uint32_t)next());
    for (unsigned n = 0; n < 4; n++)
        gicd_put(rig, 0x100 + 4 * n, UINT32_MAX);
    for (uint32_t cpu = 0; cpu < rig->irq.config.cpus && rig->irq.config.version == 3; cpu++) {
        gicr_put(rig, cpu, 0x14, 0);
        gicr_put(rig, cpu, SGI(0x100), UINT32_MAX);
        arm_irq_set_secure(&rig->irq, cpu, true);
        icc_put(rig, cpu, ICC_PMR_EL1, 0xf8);
        icc_put(rig, cpu, ICC_IGRPEN0_EL1, 1);
        icc_put(rig, cpu, ICC_IGRPEN1_EL1, 1);
        arm_irq_set_secure(&rig->irq, cpu, next() % 2);
    }
    if (rig->irq.config.version == 2) {
        rig_put(rig, ARM_IRQ_WINDOW_GICC, GICC_PMR, 0xf8);
        rig_put(rig, ARM_IRQ_WINDOW_GICC, GICC_CTLR, (uint32_t)next() | 3);
    }
}

static void lpis(struct rig *rig)
{
    uint32_t cpu = next() % rig->irq.config.cpus, intid = 8192 + next() % 40;
    switch (next() % 6) {
    case 0: *lpi_property(rig, intid) = (uint8_t)next(); break;
    case 1: gicr_put(rig, cpu, 0xa0, intid); break;
    case 2: gicr_put(rig, cpu, 0x48, intid); break;
    case 3:
        gicr_put64(rig, cpu, 0x70, LPI_PROPERTIES | 13);
        gicr_put64(rig, cpu, 0x78, LPI_PENDING + cpu * 0x10000);
        gicr_put(rig, cpu, 0, next() % 8 ? GICR_CTLR_ENABLE_LPIS : (uint32_t)next());
        break;
    default: gicr_put(rig, cpu, 0x40, intid); break;
    }
}

static void step(struct rig *rig)
{
    rig->current = next() % rig->irq.config.cpus;
    for (unsigned i = 0; i < ARM_IRQ_WINDOWS; i++)
        rig->frame[i].secure = next() & 1;
    switch (next() % 11) {
    case 0:
    case 1: arm_irq_set_pin(&rig->irq, ARM_IRQ_GICD, next() % 8 ? next() % 40 : next() % 2100, next() & 1); break;
    case 2: arm_irq_set_ppi(&rig->irq, rig->current, next() % 8 ? 16 + next() % 16 : next() % 1200, next() & 1); break;
    case 3: arm_irq_trigger(&rig->irq, ARM_IRQ_GICD, next() % 40); break;
    case 4:
    case 5: handle(rig); break;
    case 6: put_register(rig); break;
    case 7: rig->irq.config.lpi_bits ? lpis(rig) : handle(rig); break;
    case 8: configure(rig); break;
    default: put_windows(rig); break;
    }
    if (next() % 60 == 0)
        enable_much(rig);
    if (next() % 300 == 0)
        arm_irq_set_sctlr_nmi(&rig->irq, rig->current, next() & 1);
    if (next() % 5000 == 0)
        arm_irq_reset(&rig->irq);
    now += next() % 16;
    if (rig->deadline <= now)
        arm_irq_timer(&rig->irq, now);
}

// --- Questions ------------------------------------------------------------------------------------------------------

static bool signals(const struct rig *rig, uint32_t cpu, uint32_t intid)
{
    return rig->pending[cpu] && arm_irq_signalled(&rig->irq, cpu) == intid;
}

// `cpu`, or ARM_IRQ_ANY_CPU.
static bool signalled(const struct rig *rig, uint32_t cpu, uint32_t intid)
{
    if (cpu != ARM_IRQ_ANY_CPU)
        return signals(rig, cpu, intid);
    for (uint32_t i = 0; i < rig->irq.config.cpus; i++)
        if (signals(rig, i, intid))
            return true;
    return false;
}

struct asked {
    unsigned gates, ready;
};

static void on_finding(void *owner, const struct intact_why_finding *finding)
{
    struct asked *asked = owner;
    char text[INTACT_WHY_TEXT];
    intact_why_text(finding, text, sizeof text);
    cr_assert_lt(strlen(text), sizeof text - 1);
    asked->gates += intact_why_kind(finding->reason) == INTACT_WHY_GATE;
    asked->ready += finding->reason == INTACT_WHY_ARM_SIGNALLED;
}

static unsigned asked_of_signalled, asked_of_others;

static void ask_one(struct rig *rig, uint32_t cpu, uint32_t intid)
{
    struct asked asked = { 0 };
    struct why why = { on_finding, &asked };
    arm_irq_why_intid(&rig->irq, cpu, intid, &why);
    bool there = signalled(rig, cpu, intid);
    cr_assert_gt(why.findings, 0u);
    cr_assert_eq(asked.gates == 0, there, "INTID %u, CPU %u: %u gates", intid, cpu, asked.gates);
    cr_assert(!there || asked.ready == 1);
    if (there)
        asked_of_signalled++;
    else
        asked_of_others++;
}

static uint32_t any_intid(const struct rig *rig)
{
    switch (next() % 12) {
    case 0: return next() % 1200;
    case 1: return 4096 + next() % 80;
    case 2:
    case 3: return rig->irq.config.lpi_bits ? 8192 + (uint32_t)(next() % 40) : 32 + (uint32_t)(next() % 40);
    case 4: return next() % 32;
    case 5:
    case 6:
    case 7: return 32 + next() % 40;
    default: return arm_irq_signalled(&rig->irq, next() % rig->irq.config.cpus);
    }
}

// The interrupt that is signalled at some CPU, most of the time, so that all answers without a gate are seen.
static void ask_some(struct rig *rig)
{
    for (unsigned i = 0; i < 4; i++) {
        uint32_t intid = any_intid(rig), cpu = next() % rig->irq.config.cpus;
        bool own = intid < 32 || (intid >= 1056 && intid < 1120);
        ask_one(rig, own || next() % 2 ? cpu : ARM_IRQ_ANY_CPU, intid);
    }
}

static void ask_and_compare(struct rig *rig)
{
    struct visit_save before, after;
    uint8_t *memory = malloc(RIG_MEMORY);
    memcpy(memory, rig_memory(rig), RIG_MEMORY);
    visit_save_init(&before);
    visit_save_init(&after);
    arm_irq_visit(&rig->irq, &before.visit);
    unsigned signals_before = rig->signals;
    ask_some(rig);
    struct why why = { .found = NULL };
    arm_irq_why_event(&rig->irq, next() % 8, next() % 8, &why);
    arm_irq_why_message(&rig->irq, 0x8000040 + (next() & 0x18), next() % 100, 0, &why);
    arm_irq_why_pin(&rig->irq, next() % 2100, &why);
    cr_assert_geq(why.findings, 3u);
    arm_irq_visit(&rig->irq, &after.visit);
    cr_assert_arr_eq(before.data, after.data, before.size);
    cr_assert_arr_eq(memory, rig_memory(rig), RIG_MEMORY);
    cr_assert_eq(rig->signals, signals_before);
    free(before.data);
    free(after.data);
    free(memory);
}

static void run(struct arm_irq_config config)
{
    config.windows = (struct msi_arm_windows){ 0x8000000, config.v2m_count ? 0x8020000 : MSI_ARM_NO_WINDOW, 0x8080000 };
    struct rig *rig = rig_new(config);
    state = 88172645463325252;
    now = 0;
    for (unsigned i = 0; i < STEPS; i++) {
        step(rig);
        if (i % 500 == 0)
            ask_and_compare(rig);
        else
            ask_some(rig);
    }
    cr_assert_gt(asked_of_signalled, STEPS / 20, "%u", asked_of_signalled);
    cr_assert_gt(asked_of_others, STEPS / 20, "%u", asked_of_others);
    rig_free(rig);
}

Test(arm_why_random, gicv3_with_everything)
{
    run((struct arm_irq_config){ .version = 3,
                                 .cpus = 5,
                                 .spis = 96,
                                 .extended_spis = 64,
                                 .extended_ppis = 64,
                                 .lpi_bits = 14,
                                 .its = true,
                                 .its_command_ns = 50,
                                 .nmi = true,
                                 .security = true });
}

Test(arm_why_random, gicv3_with_one_security_state)
{
    run((struct arm_irq_config){
        .version = 3, .cpus = 3, .spis = 96, .lpi_bits = 14, .its = true, .its_stalls = true, .nmi = true });
}

Test(arm_why_random, gicv2_with_two_security_states)
{
    run((struct arm_irq_config){
        .version = 2, .cpus = 8, .spis = 96, .security = true, .v2m_first = 50, .v2m_count = 20 });
}

Test(arm_why_random, gicv2_with_one_security_state)
{
    run((struct arm_irq_config){ .version = 2, .cpus = 3, .spis = 96 });
}

// --- Events -----------------------------------------------------------------------------------------------------------

static void change_mapping(struct rig *rig)
{
    uint32_t device = next() % 3, event = next() % 6, collection = next() % 3;
    enable(rig, true);
    switch (next() % 12) {
    case 0: mapd(rig, device, next() % 8 ? ITT + device * 0x1000 : 0x1000, 1 + next() % 3, next() % 4); break;
    case 1:
    case 2: mapc(rig, collection, next() % 3, next() % 3); break;
    case 3: on_event(rig, ITS_DISCARD, device, event, 0); break;
    case 4: enable(rig, false); break;
    case 5: bytes_put(at(rig, COLLECTIONS + 8 * collection), 8, VALID | next() % 4); break;
    case 6: gicr_put(rig, (uint32_t)(next() % 3), 0, next() % 4 ? GICR_CTLR_ENABLE_LPIS : 0); break;
    default: mapti(rig, device, event, 8192 + (uint32_t)(next() % 8), collection); break;
    }
}

// Does something between the event and the redistributor hold it back?
static void on_event_finding(void *owner, const struct intact_why_finding *finding)
{
    bool its = finding->reason >= INTACT_WHY_ARM_NO_ITS && finding->reason <= INTACT_WHY_ARM_ITS_ERROR;
    *(bool *)owner |= its || finding->reason == INTACT_WHY_ARM_LPIS_OFF || finding->reason == INTACT_WHY_ARM_LPI_RANGE;
}

Test(arm_why_random, an_event_arrives_where_no_gate_is_found)
{
    struct rig *rig = rig_its(3);
    unsigned arrived = 0, held = 0;
    state = 88172645463325252;
    for (unsigned i = 0; i < STEPS; i++) {
        uint32_t device = next() % 3, event = next() % 6;
        bool gate = false;
        struct why why = { on_event_finding, &gate };
        change_mapping(rig);
        arm_irq_why_event(&rig->irq, device, event, &why);
        cr_assert_eq(send(rig, device, event), !gate, "device %u, event %u", device, event);
        arrived += !gate;
        held += gate;
    }
    cr_assert_gt(arrived, STEPS / 20, "%u", arrived);
    cr_assert_gt(held, STEPS / 20, "%u", held);
    rig_free(rig);
}
