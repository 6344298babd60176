// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The wiring of the Arm chips: creation, reset, settle, and inputs. The overview is in arm_irq.h.
//
// Path: irqchip/route.c / gicd.c, gicr.c, then icc.c or gicc.c, then the CPU
#include "irqchip/arm/arm_irq.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

// --- Configuration --------------------------------------------------------------------------------------------------

static int check_v3(const struct arm_irq_config *config, struct error *error)
{
    bool v3 = config->version == 3;
    if (!v3 && (config->extended_spis || config->extended_ppis || config->nmi || config->lpi_bits || config->its))
        return error_set(error, -EINVAL, "extended and non-maskable interrupts, LPIs and an ITS need GICv3");
    if (config->lpi_bits && (config->lpi_bits < 14 || config->lpi_bits > 24))
        return error_set(error, -EINVAL, "LPIs of %u INTID bits: 14 to 24 are possible", config->lpi_bits);
    if (config->its && !config->lpi_bits)
        return error_set(error, -EINVAL, "an ITS needs LPIs");
    if (config->its_command_ns > ARM_IRQ_COMMAND_LIMIT)
        return error_set(error, -EINVAL, "ITS commands of %llu ns: 0 to 1000000000 are possible",
                         (unsigned long long)config->its_command_ns);
    if (config->its && !config->deadline)
        return error_set(error, -EINVAL, "an ITS needs a deadline function");
    if (config->lpi_bits && (!config->memory.read || !config->memory.write))
        return error_set(error, -EINVAL, "LPIs need guest memory");
    if (config->extended_spis > 1024)
        return error_set(error, -EINVAL, "%u extended SPIs: 0 to 1024 are possible", config->extended_spis);
    if (config->extended_ppis != 0 && config->extended_ppis != 32 && config->extended_ppis != 64)
        return error_set(error, -EINVAL, "%u extended PPIs: 0, 32 or 64 are possible", config->extended_ppis);
    return 0;
}

static int check(const struct arm_irq_config *config, struct error *error)
{
    uint32_t limit = config->version == 2 ? ARM_IRQ_CPU_LIMIT_V2 : ARM_IRQ_CPU_LIMIT;
    if (config->version != 2 && config->version != 3)
        return error_set(error, -EINVAL, "GIC version %u: 2 and 3 are possible", config->version);
    if (config->cpus < 1 || config->cpus > limit)
        return error_set(error, -EINVAL, "%u CPUs: GICv%u has 1 to %u", config->cpus, config->version, limit);
    if (config->spis > 988)
        return error_set(error, -EINVAL, "%u SPIs: 0 to 988 are possible", config->spis);
    if (config->v2m_count && (config->v2m_first < 32 || config->v2m_count > config->spis ||
                              config->v2m_first - 32 > config->spis - config->v2m_count))
        return error_set(error, -EINVAL, "GICv2m frame of INTIDs %u to %u: the SPIs are 32 to %u", config->v2m_first,
                         config->v2m_first + config->v2m_count - 1, 31 + config->spis);
    return check_v3(config, error);
}

// --- Affinities -----------------------------------------------------------------------------------------------------

static uint32_t affinity_of(const struct arm_irq_config *config, uint32_t cpu)
{
    if (!config->affinities || config->version == 2)
        return cpu / 16 << 8 | cpu % 16;
    return (uint32_t)(bits_get(config->affinities[cpu], 39, 32) << 24 | bits_get(config->affinities[cpu], 23, 0));
}

static int init_targets(struct arm_irq *irq, struct error *error)
{
    const uint64_t fields = bits_low(8) << 32 | bits_low(24);
    uint32_t affinities[ARM_IRQ_CPU_LIMIT], a = 0, b = 0;
    for (uint32_t i = 0; i < irq->config.cpus; i++) {
        affinities[i] = affinity_of(&irq->config, i);
        if (irq->config.version == 3 && irq->config.affinities && (irq->config.affinities[i] & ~fields))
            return error_set(error, -EINVAL, "CPU %u: affinity %llxh has bits outside 39:32 and 23:0", i,
                             (unsigned long long)irq->config.affinities[i]);
    }
    int code = arm_targets_init(&irq->targets, irq->config.cpus, affinities, &a, &b);
    if (code == -EINVAL)
        return error_set(error, code, "CPUs %u and %u have the same affinity %xh", a, b, affinities[a]);
    return code;
}

// --- Life -----------------------------------------------------------------------------------------------------------

static int allocate(struct arm_irq *irq)
{
    irq->cpus = calloc(irq->config.cpus, sizeof *irq->cpus);
    irq->dirty = calloc((irq->config.cpus + 63) / 64, sizeof(uint64_t));
    if (!irq->cpus || !irq->dirty)
        return -ENOMEM;
    for (uint32_t i = 0; i < irq->config.cpus && irq->config.lpi_bits; i++) {
        irq->cpus[i].lpi_memory = calloc(gicr_lpi_words(irq->config.lpi_bits), sizeof(uint64_t));
        if (!irq->cpus[i].lpi_memory)
            return -ENOMEM;
    }
    return 0;
}

// GICv2 has no redistributor to wake, and its SGIs are always enabled (IHI 0048B 4.3.5).
static void wake(const struct arm_irq *irq, struct arm_irq_cpu *cpu)
{
    if (irq->config.version != 2)
        return;
    cpu->gicr.waker = 0;
    cpu->gicr.bank.block[0].enabled = 0xffff;
}

static void init_chips(struct arm_irq *irq)
{
    const struct arm_irq_config *config = &irq->config;
    gicd_init(&irq->gicd, &(struct gicd_config){
                              .version = config->version,
                              .spis = config->spis,
                              .extended_spis = config->extended_spis,
                              .lpi_bits = config->lpi_bits,
                              .security = config->security,
                              .messages = config->version == 3,
                              .nmi = config->nmi,
                              .cpus = config->cpus,
                          });
    for (uint32_t i = 0; i < config->cpus; i++) {
        struct arm_irq_cpu *cpu = &irq->cpus[i];
        cpu->index = i;
        gicr_init(&cpu->gicr, affinity_of(config, i), i, 1 + config->extended_ppis / 32,
                  i == config->cpus - 1 || i + 1 == config->gicr_split, config->nmi);
        if (config->lpi_bits)
            gicr_lpi_init(&cpu->gicr, &cpu->ready, config->lpi_bits, cpu->lpi_memory);
        icc_init(&cpu->icc, config->lpi_bits > 16, config->extended_spis || config->extended_ppis, config->nmi);
        gicc_init(&cpu->gicc);
        wake(irq, cpu);
    }
    its_init(&irq->its, config->cpus, config->lpi_bits, config->its_stalls, config->its_command_ns);
    gicv2m_init(&irq->gicv2m, config->v2m_first, config->v2m_count);
    memset(irq->gicd.place, config->version == 3 ? 0xff : 0, sizeof irq->gicd.place);
}

int arm_irq_init(struct arm_irq *irq, const struct arm_irq_config *config, struct error *error)
{
    *irq = (struct arm_irq){ .config = *config, .last_taker = config->cpus - 1, .deadline = CLOCK_NEVER };
    int code = check(config, error);
    if (code < 0)
        return code;
    code = allocate(irq);
    if (code == 0)
        code = init_targets(irq, error);
    if (code == -ENOMEM)
        error_set(error, code, "no memory for %u CPUs", config->cpus);
    if (code < 0) {
        arm_irq_free(irq);
        return code;
    }
    init_chips(irq);
    irq->config.affinities = NULL;
    return 0;
}

void arm_irq_free(struct arm_irq *irq)
{
    for (uint32_t i = 0; irq->cpus && i < irq->config.cpus; i++)
        free(irq->cpus[i].lpi_memory);
    free(irq->cpus);
    arm_targets_free(&irq->targets);
    free(irq->dirty);
    *irq = (struct arm_irq){ .cpus = NULL };
}

void arm_irq_reset(struct arm_irq *irq)
{
    arm_irq_begin(irq);
    gicd_reset(&irq->gicd);
    its_reset(&irq->its);
    irq->last_taker = irq->config.cpus - 1;
    for (uint32_t i = 0; i < irq->config.cpus; i++) {
        gicr_lpi_reset(&irq->cpus[i].gicr, &(struct gicr_lpi_world){ .ready = &irq->cpus[i].ready });
        gicr_reset(&irq->cpus[i].gicr);
        icc_reset(&irq->cpus[i].icc);
        gicc_reset(&irq->cpus[i].gicc);
        wake(irq, &irq->cpus[i]);
        arm_irq_follow(irq, i);
    }
    if (trace_heard(irq->config.trace))
        trace_forget(irq->config.trace, TRACE_SHARED);
    arm_irq_end(irq);
}

// --- Settling -------------------------------------------------------------------------------------------------------

// 1 of N (GICD_IROUTER.Interrupt_Routing_Mode; the implementation chooses the CPU): the CPU that has it keeps it while
// it takes part; else the CPUs take turns, in the same way in every run.
static uint32_t choose(const struct arm_irq *irq, uint32_t index, enum gic_group group)
{
    uint16_t place = irq->gicd.place[index];
    if (place != GICD_NOWHERE && arm_targets_takes(&irq->targets, group, place))
        return place;
    return arm_targets_next(&irq->targets, group, irq->last_taker);
}

uint32_t arm_irq_route(const struct arm_irq *irq, uint32_t index, enum gic_group group)
{
    uint64_t router = irq->gicd.irouter[index];
    if (router & GICD_IROUTER_IRM)
        return choose(irq, index, group);
    return arm_targets_one(&irq->targets, (uint32_t)(router >> 32 << 24 | (router & 0xffffff)));
}

// Adds the interrupt to the CPU's set of ready ones, or removes it; then the CPU is to be settled.
static void put_ready(const struct arm_irq *irq, struct arm_irq_cpu *cpu, uint32_t slot, enum gic_group group,
                      struct gic_rank rank)
{
    if (!cpu->ready.at[slot])
        TRACE_AT(irq->config.trace, TRACE_WAITS, arm_irq_key(cpu->index, gic_intid_of(slot)), TRACE_ACCEPT, cpu->index,
                 gic_intid_of(slot), group, 0);
    gic_ready_put(&cpu->ready, slot, group, rank);
}

static void forward(struct arm_irq *irq, struct arm_irq_cpu *cpu, uint32_t slot, enum gic_group group,
                    struct gic_rank rank)
{
    put_ready(irq, cpu, slot, group, rank);
    arm_irq_touch(irq, cpu->index);
}

static void withdraw(struct arm_irq *irq, uint32_t cpu, uint32_t slot)
{
    gic_ready_remove(&irq->cpus[cpu].ready, slot);
    arm_irq_touch(irq, cpu);
}

// GICv2: it is ready for each of its targets, and the first CPU that acknowledges it gets it.
static void refresh_targets(struct arm_irq *irq, uint32_t index, bool forwarded)
{
    struct gicd *gicd = &irq->gicd;
    uint32_t slot = gic_shared_slot(index), old = gicd->place[index], targets = forwarded ? gicd->itargetsr[index] : 0;
    for (uint32_t left = old & ~targets; left; left &= left - 1)
        withdraw(irq, bits_lowest(left), slot);
    for (uint32_t left = targets; left; left &= left - 1)
        forward(irq, &irq->cpus[bits_lowest(left)], slot, gicd_group(gicd, index), gicd_rank(gicd, index));
    gicd->place[index] = (uint16_t)targets;
}

static void refresh_spi(struct arm_irq *irq, uint32_t index, bool forwarded)
{
    struct gicd *gicd = &irq->gicd;
    uint32_t slot = gic_shared_slot(index), cpu = ARM_TARGETS_NONE, old = gicd->place[index];
    enum gic_group group = gicd_group(gicd, index);
    if (forwarded)
        cpu = arm_irq_route(irq, index, group);
    if (gicd->irouter[index] & GICD_IROUTER_IRM && cpu != ARM_TARGETS_NONE && cpu != old) // chosen now
        irq->last_taker = cpu;
    if (old != GICD_NOWHERE && old != cpu)
        withdraw(irq, old, slot);
    gicd->place[index] = cpu == ARM_TARGETS_NONE ? GICD_NOWHERE : (uint16_t)cpu;
    if (cpu != ARM_TARGETS_NONE)
        forward(irq, &irq->cpus[cpu], slot, group, gicd_rank(gicd, index));
}

static NEVER_INLINE void settle_gicd(struct arm_irq *irq)
{
    struct gic_shared *spi = &irq->gicd.spi;
    while (spi->touched_blocks) {
        unsigned block = bits_lowest(spi->touched_blocks);
        uint32_t touched = spi->touched[block], forwarded = gicd_forwarded(&irq->gicd, block);
        spi->touched_blocks &= spi->touched_blocks - 1;
        spi->touched[block] = 0;
        for (; touched; touched &= touched - 1) {
            unsigned bit = bits_lowest(touched);
            if (irq->config.version == 2)
                refresh_targets(irq, block * 32 + bit, forwarded >> bit & 1);
            else
                refresh_spi(irq, block * 32 + bit, forwarded >> bit & 1);
        }
    }
}

static void refresh_block(struct arm_irq *irq, struct arm_irq_cpu *cpu, unsigned index, bool two_states)
{
    const struct gic_block *block = &cpu->gicr.bank.block[index];
    uint32_t touched = cpu->gicr.bank.touched[index], first = index ? GIC_EPPI_SLOT + (index - 1) * 32 : 0;
    uint32_t forwarded = gicr_forwarded(&cpu->gicr, index, irq->gicd.ctlr & GICD_CTLR_GROUPS, two_states);
    cpu->gicr.bank.touched[index] = 0;
    for (; touched; touched &= touched - 1) {
        unsigned bit = bits_lowest(touched);
        if (forwarded >> bit & 1)
            put_ready(irq, cpu, first + bit, gic_block_group(block, bit, two_states),
                      gic_block_rank(block, bit, two_states));
        else
            gic_ready_remove(&cpu->ready, first + bit);
    }
}

static uint32_t output(const struct arm_irq *irq, const struct arm_irq_cpu *cpu, bool two_states)
{
    if (irq->config.version == 2)
        return gicc_output(&cpu->gicc, &cpu->ready);
    return icc_output(&cpu->icc, &cpu->ready, two_states);
}

// LPIs are in Non-secure Group 1 whatever GICR_IGROUPR says, and GICD_CTLR.EnableGrp1NS governs them with it. A redistributor
// that is asleep (GICR_WAKER.ProcessorSleep) forwards nothing: neither output nor ICC_IAR and ICC_HPPIR see an interrupt.
static uint32_t groups_through(const struct arm_irq *irq, const struct arm_irq_cpu *cpu)
{
    return gicr_asleep(&cpu->gicr) ? 0 : irq->gicd.ctlr & GICD_CTLR_GROUPS;
}

uint32_t arm_irq_signalled(const struct arm_irq *irq, uint32_t vcpu)
{
    const struct arm_irq_cpu *cpu = &irq->cpus[vcpu];
    uint32_t groups = irq->config.version == 2 ? UINT32_MAX : cpu->icc.core.enabled;
    return gic_ready_highest(&cpu->ready, groups).intid;
}

// Where the interrupt that drives the output waits.
static uint64_t first_key(const struct arm_irq *irq, const struct arm_irq_cpu *cpu)
{
    return arm_irq_key(cpu->index, arm_irq_signalled(irq, cpu->index));
}

static void settle_cpu(struct arm_irq *irq, struct arm_irq_cpu *cpu)
{
    struct gic_bank *bank = &cpu->gicr.bank;
    bool two_states = gicd_two_states(&irq->gicd);
    for (; bank->touched_blocks; bank->touched_blocks &= bank->touched_blocks - 1)
        refresh_block(irq, cpu, bits_lowest(bank->touched_blocks), two_states);
    cpu->ready.groups = groups_through(irq, cpu);
    uint32_t pending = output(irq, cpu, two_states);
    if (trace_heard(irq->config.trace) && pending)
        trace_next(irq->config.trace, cpu->index, first_key(irq, cpu));
    if (pending == cpu->pending)
        return;
    TRACE_AT(irq->config.trace, TRACE_WAITS, pending ? first_key(irq, cpu) : TRACE_NO_KEY, TRACE_PENDING, cpu->index,
             pending, cpu->pending, 0);
    cpu->pending = pending;
    irq->config.signal(irq->config.owner, cpu->index, pending);
}

static void report_deadline(struct arm_irq *irq)
{
    uint64_t deadline = its_deadline(&irq->its);
    if (deadline == irq->deadline)
        return;
    irq->deadline = deadline;
    irq->config.deadline(irq->config.owner, deadline);
}

void arm_irq_settle(struct arm_irq *irq)
{
    if (irq->gicd.spi.touched_blocks)
        settle_gicd(irq);
    while (irq->dirty_words) {
        unsigned word = bits_lowest(irq->dirty_words);
        irq->dirty_words &= irq->dirty_words - 1;
        uint64_t set = irq->dirty[word];
        irq->dirty[word] = 0;
        for (; set; set &= set - 1)
            settle_cpu(irq, &irq->cpus[word * 64 + bits_lowest(set)]);
    }
    report_deadline(irq);
}

void arm_irq_end_cpu(struct arm_irq *irq, uint32_t cpu)
{
    if (likely(irq->depth == 1 && !arm_irq_unsettled(irq))) {
        irq->depth = 0;
        settle_cpu(irq, &irq->cpus[cpu]);
    } else {
        arm_irq_touch(irq, cpu);
        arm_irq_end(irq);
    }
}

void arm_irq_follow(struct arm_irq *irq, uint32_t vcpu)
{
    struct arm_irq_cpu *cpu = &irq->cpus[vcpu];
    uint32_t groups = gicr_one_of_many(&cpu->gicr) & cpu->icc.core.enabled;
    arm_irq_begin(irq);
    if (arm_targets_update(&irq->targets, vcpu, groups))
        gicd_touch_all(&irq->gicd);
    arm_irq_touch(irq, vcpu);
    arm_irq_end(irq);
}

void arm_irq_touch_everything(struct arm_irq *irq)
{
    gicd_touch_all(&irq->gicd);
    for (uint32_t i = 0; i < irq->config.cpus; i++) {
        gicr_touch_all(&irq->cpus[i].gicr);
        arm_irq_touch(irq, i);
    }
}

// --- Inputs ---------------------------------------------------------------------------------------------------------

// The index of a pin's SPI; false: no such pin.
static bool spi_of(const struct arm_irq *irq, uint32_t chip, uint32_t pin, uint32_t *index)
{
    if (chip != ARM_IRQ_GICD)
        return false;
    *index = pin < ARM_IRQ_EXTENDED_PIN ? pin : pin - ARM_IRQ_EXTENDED_PIN + GIC_EXTENDED_FIRST * 32;
    if (pin < ARM_IRQ_EXTENDED_PIN && pin >= GIC_EXTENDED_FIRST * 32)
        return false;
    return gicd_has(&irq->gicd, *index);
}

bool arm_irq_has_pin(const struct arm_irq *irq, uint32_t chip, uint32_t pin)
{
    uint32_t index;
    return spi_of(irq, chip, pin, &index);
}

static uint64_t spi_key(uint32_t index)
{
    return arm_irq_key(TRACE_SHARED, gic_intid_of(gic_shared_slot(index)));
}

static void report_pin(struct arm_irq *irq, uint64_t key, uint32_t vcpu, uint32_t chip, uint32_t pin, bool level)
{
    if (level)
        trace_raise(irq->config.trace, key, TRACE_PIN, vcpu, chip, pin, level);
    else
        trace_lower(irq->config.trace, key, TRACE_PIN, vcpu, chip, pin, level);
}

// `raised`: the pin rose. `kept`: the chip has it pending.
static void pin_reported(struct arm_irq *irq, struct arm_irq_cpu *cpu, uint32_t intid, bool raised, bool kept)
{
    uint64_t key = cpu ? arm_irq_key(cpu->index, intid) : arm_irq_key(TRACE_SHARED, intid);
    if (raised)
        arm_irq_report_mask(irq, cpu, intid);
    if (!kept)
        trace_drop(irq->config.trace, key);
    trace_end(irq->config.trace);
}

void arm_irq_set_pin(struct arm_irq *irq, uint32_t chip, uint32_t pin, bool level)
{
    uint32_t index;
    if (!spi_of(irq, chip, pin, &index))
        return;
    bool heard = trace_heard(irq->config.trace);
    if (heard)
        report_pin(irq, spi_key(index), TRACE_NO_CPU, chip, pin, level);
    arm_irq_begin(irq);
    gicd_set_line(&irq->gicd, index, level);
    bool kept = heard && arm_irq_pends(irq, NULL, gic_intid_of(gic_shared_slot(index)));
    arm_irq_end(irq);
    if (heard)
        pin_reported(irq, NULL, gic_intid_of(gic_shared_slot(index)), level, kept);
}

void arm_irq_trigger(struct arm_irq *irq, uint32_t chip, uint32_t pin)
{
    uint32_t index;
    if (!spi_of(irq, chip, pin, &index))
        return;
    bool heard = trace_heard(irq->config.trace);
    if (heard)
        report_pin(irq, spi_key(index), TRACE_NO_CPU, chip, pin, true);
    arm_irq_begin(irq);
    gicd_trigger(&irq->gicd, index);
    arm_irq_end(irq);
    if (heard)
        pin_reported(irq, NULL, gic_intid_of(gic_shared_slot(index)), true, true);
}

void arm_irq_set_ppi(struct arm_irq *irq, uint32_t vcpu, uint32_t intid, bool level)
{
    struct arm_irq_cpu *cpu = &irq->cpus[vcpu];
    uint32_t slot = gic_slot_of(intid);
    if (slot < 16 || !gicr_has(&cpu->gicr, slot))
        return;
    bool heard = trace_heard(irq->config.trace);
    if (heard)
        report_pin(irq, arm_irq_key(vcpu, intid), vcpu, ARM_IRQ_CPU, intid, level);
    arm_irq_begin(irq);
    gicr_set_line(&cpu->gicr, slot, level);
    bool kept = heard && arm_irq_pends(irq, cpu, intid);
    arm_irq_end_cpu(irq, vcpu);
    if (heard)
        pin_reported(irq, cpu, intid, level, kept);
}
