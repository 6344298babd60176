// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The Arm family wired together: making, resetting, saving and loading it; see arm_irq.h. None of it is on the path of
// an interrupt.
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "irqchip/arm/arm_irq.h"

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
    if (config->its_command_ns && !config->deadline)
        return error_set(error, -EINVAL, "ITS commands that take time need a deadline function");
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
    if (!config->affinities)
        return cpu / 16 << 8 | cpu % 16;
    return (uint32_t)(bits_get(config->affinities[cpu], 39, 32) << 24 | bits_get(config->affinities[cpu], 23, 0));
}

static int init_targets(struct arm_irq *irq, struct error *error)
{
    uint32_t affinities[ARM_IRQ_CPU_LIMIT], a = 0, b = 0;
    for (uint32_t i = 0; i < irq->config.cpus; i++)
        affinities[i] = affinity_of(&irq->config, i);
    int code = arm_targets_init(&irq->targets, irq->config.cpus, affinities, &a, &b);
    if (code == -EINVAL)
        return error_set(error, code, "CPUs %u and %u have the same affinity %xh", a, b, affinities[a]);
    return code;
}

// --- Life -----------------------------------------------------------------------------------------------------------

static int allocate(struct arm_irq *irq)
{
    irq->cpus = calloc(irq->config.cpus, sizeof(*irq->cpus));
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
        gicr_init(&cpu->gicr, affinity_of(config, i), i, 1 + config->extended_ppis / 32, i == config->cpus - 1,
                  config->nmi);
        if (config->lpi_bits)
            gicr_lpi_init(&cpu->gicr, &cpu->ready, config->lpi_bits, cpu->lpi_memory);
        icc_init(&cpu->icc, config->lpi_bits > 16, config->extended_spis || config->extended_ppis, config->nmi);
        gicc_init(&cpu->gicc);
        wake(irq, cpu);
    }
    its_init(&irq->its, config->cpus, config->lpi_bits, config->its_stalls, config->its_command_ns);
    gicv2m_init(&irq->gicv2m, config->v2m_first, config->v2m_count);
    memset(irq->gicd.place, config->version == 3 ? 0xff : 0, sizeof(irq->gicd.place));
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
    arm_irq_end(irq);
}

void arm_irq_visit(struct arm_irq *irq, struct visit *v)
{
    char name[24];
    VISIT(v, irq->last_taker);
    visit_enter(v, "gicd");
    gicd_visit(&irq->gicd, v);
    visit_leave(v);
    visit_enter(v, "its");
    its_visit(&irq->its, v);
    visit_leave(v);
    visit_enter(v, "gicv2m");
    gicv2m_visit(&irq->gicv2m, v);
    visit_leave(v);
    for (uint32_t i = 0; i < irq->config.cpus; i++) {
        snprintf(name, sizeof(name), "cpu%u", i);
        visit_enter(v, name);
        gicr_visit(&irq->cpus[i].gicr, v);
        icc_visit(&irq->cpus[i].icc, v);
        gicc_visit(&irq->cpus[i].gicc, v);
        visit_leave(v);
    }
}

// What came from a file indexes nothing that is not there.
static void check_cpu(struct gic_cpu *cpu)
{
    for (unsigned group = 0; group < GIC_GROUPS; group++) {
        gic_cpu_set_bpr(cpu, group, cpu->bpr[group] & 7);
        if (cpu->nmi[group] != 0x81)
            cpu->nmi[group] = cpu->nmi[group] == 1;
    }
}

static void check_its(struct its *its)
{
    its->creadr &= 0xfffe1;
    its->cwriter &= 0xfffe0;
    if (!its->command_ns) // no deadline would come
        its->due = CLOCK_NEVER;
    for (unsigned i = 0; i < ITS_CACHE; i++)
        if (its->cache[i].cpu > its->cpus)
            its->cache[i].cpu = 0;
}

// A saved choice of 1 of N stands if its CPU is there.
static void check_places(struct arm_irq *irq)
{
    if (irq->config.version == 2) {
        memset(irq->gicd.place, 0, sizeof(irq->gicd.place));
        for (unsigned i = 0; i < GICD_SPIS; i++)
            irq->gicd.itargetsr[i] &= (uint8_t)bits_low(irq->config.cpus);
        return;
    }
    for (unsigned i = 0; i < GICD_SPIS; i++)
        if (irq->gicd.place[i] >= irq->config.cpus)
            irq->gicd.place[i] = GICD_NOWHERE;
    if (irq->last_taker >= irq->config.cpus)
        irq->last_taker = irq->config.cpus - 1;
}

// Sets of ready interrupts start empty, and everything is derived.
void arm_irq_loaded(struct arm_irq *irq)
{
    arm_irq_begin(irq);
    irq->deadline = irq->config.deadline ? ARM_IRQ_UNTOLD_DEADLINE : CLOCK_NEVER;
    check_places(irq);
    check_its(&irq->its);
    gicd_touch_all(&irq->gicd);
    for (uint32_t i = 0; i < irq->config.cpus; i++) {
        struct arm_irq_cpu *cpu = &irq->cpus[i];
        check_cpu(&cpu->icc.core);
        check_cpu(&cpu->gicc.core);
        gic_ready_clear(&cpu->ready);
        gicr_touch_all(&cpu->gicr);
        gicr_lpi_loaded(&cpu->gicr,
                        &(struct gicr_lpi_world){ &cpu->ready, &irq->config.memory, gicd_two_states(&irq->gicd) });
        cpu->pending = ARM_IRQ_UNTOLD_PENDING;
        arm_irq_follow(irq, i);
    }
    arm_irq_end(irq);
}
