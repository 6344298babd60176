// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Why an interrupt does not arrive, on the Arm machine: from the machine's names to its chips.
#include <stdio.h>
#include <string.h>

#include "base/bits.h"
#include "machine/virt/virt.h"

void virt_why_pin(struct board *board, uint32_t chip, uint32_t pin, struct why *why)
{
    (void)chip; // there is one, the distributor
    arm_irq_why_pin(&virt_of(board)->irq, pin, why);
}

void virt_why_message(struct board *board, uint64_t address, uint32_t data, uint32_t device, struct why *why)
{
    arm_irq_why_message(&virt_of(board)->irq, address, data, device, why);
}

// The timers of a processor: "cpu2.vtimer".
static const struct {
    const char *name;
    enum arm_timer_kind kind;
    uint32_t intid;
} own[] = {
    { "ptimer", ARM_TIMER_PHYSICAL, VIRT_PPI_INTID + VIRT_PPI_PHYSICAL },
    { "vtimer", ARM_TIMER_VIRTUAL, VIRT_PPI_INTID + VIRT_PPI_VIRTUAL },
};

const char *virt_own_name(uint32_t intid)
{
    for (unsigned i = 0; i < countof(own); i++)
        if (own[i].intid == intid)
            return own[i].name;
    return NULL;
}

int virt_why_source(struct board *board, const char *source, struct why *why, struct error *error)
{
    struct virt *virt = virt_of(board);
    unsigned cpu;
    int dot = 0;
    if (sscanf(source, "cpu%4u.%n", &cpu, &dot) == 1 && dot && cpu < board->config.cpus)
        for (unsigned i = 0; i < countof(own); i++)
            if (strcmp(source + dot, own[i].name) == 0) {
                arm_timer_why(&virt->timers[cpu].timer, own[i].kind, cpu, why);
                arm_irq_why_intid(&virt->irq, cpu, own[i].intid, why);
                return 0;
            }
    return arm_irq_why_source(&virt->irq, source, why, error);
}

uint32_t virt_why_ready(const struct intact_why_finding *finding, uint32_t *cpu)
{
    *cpu = (uint32_t)finding->value[1];
    if (finding->reason != INTACT_WHY_ARM_SIGNALLED)
        return 0;
    return (finding->value[3] ? PENDING_FIQ : PENDING_IRQ) | (finding->value[5] ? PENDING_NMI : 0);
}

uint32_t virt_why_within(const struct intact_why_finding *finding)
{
    if (finding->reason == INTACT_WHY_ARM_ASLEEP)
        return (uint32_t)finding->value[0];
    bool within = finding->reason >= INTACT_WHY_ARM_ICC_GROUP_OFF && finding->reason <= INTACT_WHY_ARM_GICC_SAME_GROUP;
    return within ? (uint32_t)finding->value[1] : UINT32_MAX;
}

bool virt_own_source(const struct board *board, unsigned index, char *name, size_t size)
{
    if (index >= board->config.cpus * countof(own))
        return false;
    snprintf(name, size, "cpu%u.%s", (unsigned)(index / countof(own)), own[index % countof(own)].name);
    return true;
}
