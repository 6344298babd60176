// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The x86 family wired together: making, resetting, saving and loading it; see x86_irq.h. None of it is on the path of
// an interrupt.
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "irqchip/x86/x86_irq.h"
#include "msi/msi_x86.h"

static int check(const struct x86_irq_config *config, struct error *error)
{
    if (config->cpus < 1 || config->cpus > X86_IRQ_CPU_LIMIT)
        return error_set(error, -EINVAL, "%u CPUs: 1 to %u are possible", config->cpus, X86_IRQ_CPU_LIMIT);
    if (config->ioapic_count > X86_IRQ_IOAPIC_LIMIT)
        return error_set(error, -EINVAL, "%u IOAPICs: 0 to %u are possible", config->ioapic_count,
                         X86_IRQ_IOAPIC_LIMIT);
    if (config->address_bits && (config->address_bits < 32 || config->address_bits > 52))
        return error_set(error, -EINVAL, "%u physical address bits: 32 to 52 are possible", config->address_bits);
    for (uint32_t i = 0; i < config->ioapic_count; i++) {
        const struct x86_irq_ioapic *io = &config->ioapics[i];
        if (io->pins < 1 || io->pins > IOAPIC_PIN_LIMIT)
            return error_set(error, -EINVAL, "IOAPIC %u with %u pins: 1 to %u are possible", i, io->pins,
                             IOAPIC_PIN_LIMIT);
        if ((io->version != 0x11 && io->version != 0x20) || io->id > 15)
            return error_set(error, -EINVAL, "IOAPIC %u: version %xh, id %u: 11h or 20h, 0 to 15", i, io->version,
                             io->id);
    }
    if (config->pic_pin >= 0 && (!config->ioapic_count || (unsigned)config->pic_pin >= config->ioapics[0].pins))
        return error_set(error, -EINVAL, "8259A at pin %d of IOAPIC 0, which has no such pin", config->pic_pin);
    return 0;
}

static uint32_t initial_id(const struct x86_irq_config *config, uint32_t cpu)
{
    return config->apic_ids ? config->apic_ids[cpu] : cpu;
}

static int check_ids(const struct x86_irq_config *config, uint32_t *highest, struct error *error)
{
    uint8_t seen[65536 / 8] = { 0 };
    *highest = 0;
    for (uint32_t i = 0; i < config->cpus; i++) {
        uint32_t id = initial_id(config, i);
        if (id >= 65536 || seen[id / 8] >> (id % 8) & 1)
            return error_set(error, -EINVAL, "CPU %u: APIC id %u: below 65536, and each CPU has its own", i, id);
        seen[id / 8] |= (uint8_t)(1u << (id % 8));
        *highest = id > *highest ? id : *highest;
    }
    return 0;
}

static int allocate(struct x86_irq *irq, uint32_t highest_id)
{
    uint32_t words = (irq->config.cpus + 63) / 64;
    irq->cpus = calloc(irq->config.cpus, sizeof(*irq->cpus));
    irq->ioapics = calloc(irq->config.ioapic_count + 1, sizeof(*irq->ioapics));
    irq->found = calloc((size_t)words * 3, sizeof(uint64_t));
    if (!irq->cpus || !irq->ioapics || !irq->found)
        return -ENOMEM;
    irq->extint = irq->found + words;
    irq->dirty = irq->extint + words;
    return x86_targets_init(&irq->targets, irq->config.cpus, highest_id);
}

int x86_irq_init(struct x86_irq *irq, const struct x86_irq_config *config, struct error *error)
{
    uint32_t highest = 0;
    *irq = (struct x86_irq){ .config = *config, .hub_deadline = CLOCK_NEVER };
    int code = check(config, error);
    if (code == 0)
        code = check_ids(config, &highest, error);
    if (code < 0)
        return code;
    if (allocate(irq, highest) < 0) {
        x86_irq_free(irq);
        return error_set(error, -ENOMEM, "no memory for %u CPUs and %u IOAPICs", config->cpus, config->ioapic_count);
    }
    pic_cascade_init_pc(&irq->pic);
    for (uint32_t i = 0; i < config->ioapic_count; i++)
        ioapic_init(&irq->ioapics[i], config->ioapics[i].pins, config->ioapics[i].version, config->ioapics[i].id,
                    config->msi_flags & MSI_X86_EXTENDED);
    for (uint32_t i = 0; i < config->cpus; i++) {
        struct x86_irq_cpu *cpu = &irq->cpus[i];
        lapic_init(&cpu->lapic, initial_id(config, i), i == X86_IRQ_BSP,
                   config->address_bits ? config->address_bits : 40);
        *cpu = (struct x86_irq_cpu){ .lapic = cpu->lapic, .index = i, .deadline = CLOCK_NEVER };
        cpu->page = lapic_page(&cpu->lapic);
        x86_targets_update(&irq->targets, i, &cpu->lapic);
    }
    irq->config.apic_ids = NULL;
    return 0;
}

void x86_irq_free(struct x86_irq *irq)
{
    x86_targets_free(&irq->targets);
    free(irq->cpus);
    free(irq->ioapics);
    free(irq->found);
    *irq = (struct x86_irq){ .cpus = NULL };
}

static void reset_ioapic(struct x86_irq *irq, uint32_t i)
{
    ioapic_reset(&irq->ioapics[i]);
    irq->ioapics[i].id = irq->config.ioapics[i].id << 24; // firmware's work
}

void x86_irq_reset(struct x86_irq *irq)
{
    bool wired = !irq->config.imcr; // the IMCR leads past the local APIC again
    x86_irq_begin(irq);
    pic_cascade_reset(&irq->pic);
    irq->imcr = irq->imcr_index = 0;
    irq->last_lowest = 0;
    for (uint32_t i = 0; i < irq->config.ioapic_count; i++)
        reset_ioapic(irq, i);
    for (uint32_t i = 0; i < irq->config.cpus; i++) {
        lapic_reset(&irq->cpus[i].lapic, i == X86_IRQ_BSP);
        lapic_set_lint(&irq->cpus[i].lapic, 1, irq->nmi && wired);
        x86_irq_moved(irq, i);
    }
    irq->hub_dirty = X86_IRQ_HUB_ALL; // the 8259A's INT falls, and with it LINT0
    x86_irq_end(irq);
}

void x86_irq_virtual_wire(struct x86_irq *irq)
{
    static const struct {
        uint32_t offset, value;
    } writes[] = {
        { LAPIC_SVR, 0x10f },
        { LAPIC_LVT_LINT0, X86_EXTINT << 8 },
        { LAPIC_LVT_LINT1, X86_NMI << 8 },
    };
    uint64_t page = irq->cpus[X86_IRQ_BSP].page;
    for (unsigned i = 0; i < countof(writes); i++)
        x86_irq_cpu_write(irq, X86_IRQ_BSP, PORT_MEMORY, page + writes[i].offset, 4, writes[i].value, 0);
}

void x86_irq_visit(struct x86_irq *irq, struct visit *v)
{
    char name[24];
    VISIT(v, irq->imcr_index);
    VISIT(v, irq->imcr);
    VISIT(v, irq->nmi);
    VISIT(v, irq->last_lowest);
    visit_enter(v, "pic");
    pic_cascade_visit(&irq->pic, v);
    visit_leave(v);
    for (uint32_t i = 0; i < irq->config.ioapic_count; i++) {
        snprintf(name, sizeof(name), "ioapic%u", i);
        visit_enter(v, name);
        ioapic_visit(&irq->ioapics[i], v);
        visit_leave(v);
    }
    for (uint32_t i = 0; i < irq->config.cpus; i++) {
        snprintf(name, sizeof(name), "lapic%u", i);
        visit_enter(v, name);
        lapic_visit(&irq->cpus[i].lapic, v);
        visit_leave(v);
    }
}

// LINT0 and the IOAPIC's pin were saved as they stood, so the 8259A's INT is taken over without an edge.
void x86_irq_loaded(struct x86_irq *irq)
{
    x86_irq_begin(irq);
    irq->pic_int = irq->config.pic && pic_cascade_int(&irq->pic);
    irq->hub_deadline = X86_IRQ_UNTOLD_DEADLINE;
    for (uint32_t i = 0; i < irq->config.cpus; i++) {
        irq->cpus[i].pending = X86_IRQ_UNTOLD_PENDING;
        irq->cpus[i].deadline = X86_IRQ_UNTOLD_DEADLINE;
        x86_irq_follow(irq, i);
    }
    irq->hub_dirty = X86_IRQ_HUB_ALL;
    x86_irq_end(irq);
}
