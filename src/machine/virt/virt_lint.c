// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// What a guest does wrong on the Arm machine, as far as it is not a mistake at one chip: lines whose INTID has another trigger
// mode, interrupts in a group that nobody enabled, redistributors that sleep, configurations of LPIs that were not invalidated,
// an alarm for the past. Nothing here is called without a lint.
//
// Path: machine/lint.c / observe/lint_note.c
#include <stdio.h>

#include "base/bits.h"
#include "irqchip/arm/gic_why.h"
#include "machine/virt/virt.h"
#include "observe/lint.h"

static void note(struct intact_lint *lint, const struct intact_trace_event *event, enum intact_lint_id id,
                 uint64_t value, uint64_t number)
{
    struct intact_lint_finding finding = lint_describe(lint, event, id, event->source ? event->source : "a device");
    finding.value = value;
    lint_note(lint, &finding, number);
}

// --- Lines -----------------------------------------------------------------------------------------------------------

// The CPU that an interrupt goes to, with GICv3; ARM_TARGETS_NONE.
static uint32_t target(const struct virt *virt, const struct intact_trace_event *event, enum gic_group group)
{
    return event->a == INTACT_CHIP_GIC_CPU ? event->cpu : arm_irq_route(&virt->irq, (uint32_t)event->b, group);
}

// GICR_WAKER: before ProcessorSleep is set, the groups of the CPU interface are disabled. So somebody who has them enabled
// expects interrupts.
static void check_asleep(struct virt *virt, struct intact_lint *lint, const struct intact_trace_event *event,
                         enum gic_group group)
{
    uint32_t cpu = virt->irq.config.version == 3 ? target(virt, event, group) : ARM_TARGETS_NONE;
    if (cpu >= virt->board.config.cpus || virt->cpus[cpu]->vcpu.state == VCPU_STOPPED)
        return;
    const struct arm_irq_cpu *parts = &virt->irq.cpus[cpu];
    if (gicr_asleep(&parts->gicr) && parts->icc.core.enabled >> group & 1)
        note(lint, event, INTACT_LINT_GICR_ASLEEP, cpu, cpu);
}

// Every line of this machine is a level, and its device tree says so.
static void on_pin(struct virt *virt, struct intact_lint *lint, const struct intact_trace_event *event)
{
    const struct arm_irq *irq = &virt->irq;
    bool own = event->a == INTACT_CHIP_GIC_CPU;
    if (!event->c || (!own && event->a != INTACT_CHIP_GICD))
        return;
    struct gic_why_place place =
        own ? gicr_why_place(&irq->cpus[event->cpu].gicr, gic_slot_of((uint32_t)event->b), irq->config.version == 2)
            : gicd_why_place(&irq->gicd, (uint32_t)event->b);
    if (!(place.block->enabled >> place.bit & 1))
        return;
    if (place.block->edge >> place.bit & 1)
        note(lint, event, INTACT_LINT_ARM_TRIGGER_EDGE, place.intid, place.intid);
    enum gic_group group = gic_block_group(place.block, place.bit, gicd_two_states(&irq->gicd));
    if (irq->gicd.ctlr >> group & 1)
        check_asleep(virt, lint, event, group);
    else if (group == GIC_G0 && irq->gicd.ctlr >> GIC_G1NS & 1)
        note(lint, event, INTACT_LINT_GIC_GROUP_0, place.intid, place.intid);
}

// --- Messages --------------------------------------------------------------------------------------------------------

// The frame makes an edge of a message.
static void on_message(struct virt *virt, struct intact_lint *lint, const struct intact_trace_event *event)
{
    uint32_t intid = (uint32_t)event->b & 0x3ff;
    bool frame = virt->irq.config.version == 2 && event->a - VIRT_V2M < 0x1000;
    if (!frame || intid - VIRT_V2M_FIRST >= VIRT_V2M_COUNT)
        return;
    struct gic_why_place place = gicd_why_place(&virt->irq.gicd, intid - 32);
    if (!(place.block->edge >> place.bit & 1))
        note(lint, event, INTACT_LINT_V2M_LEVEL, intid, intid);
}

static bool is_stale(const struct virt *virt, const struct gicr *gicr, uint32_t intid)
{
    const struct gicr_lpi_world world = { .memory = &virt->irq.config.memory,
                                          .two_states = gicd_two_states(&virt->irq.gicd) };
    struct gicr_lpi_config used, memory;
    if (!(gicr->ctlr & GICR_CTLR_ENABLE_LPIS) || !gicr_lpi_has(gicr, intid) || !gicr_lpi_cached(gicr, intid, &used))
        return false;
    gicr_lpi_read(gicr, &world, intid, &memory);
    return memory.readable && (memory.enabled != used.enabled || memory.priority != used.priority);
}

// A guest writes the table first and sends its INV then: it has a millisecond for that, or as long as it runs.
static void check_lpi(const struct virt *virt, struct intact_lint *lint, const struct intact_trace_event *event,
                      uint32_t intid, bool runs)
{
    char name[24];
    if (!is_stale(virt, &virt->irq.cpus[event->cpu].gicr, intid))
        return;
    snprintf(name, sizeof name, "gic%u", (unsigned)event->cpu);
    struct intact_lint_finding finding = lint_describe(lint, event, INTACT_LINT_LPI_STALE, name);
    finding.value = intid;
    if (runs)
        lint_suspect(lint, &finding, (uint64_t)event->cpu << 32 | intid);
    else
        lint_note(lint, &finding, (uint64_t)event->cpu << 32 | intid);
}

// --- The board's functions -------------------------------------------------------------------------------------------

static void on_access(struct virt *virt, struct intact_lint *lint, const struct intact_trace_event *event)
{
    if (event->a != VIRT_RTC + PL031_RTCMR || !(event->c & TRACE_ACCESS_WRITE))
        return;
    lint_trust(lint, INTACT_LINT_TIMER_PAST, 0);
    if (!pl031_has_passed(&virt->rtc, (uint32_t)event->b, event->time))
        return;
    struct intact_lint_finding finding = lint_describe(lint, event, INTACT_LINT_TIMER_PAST, "the alarm of the PL031");
    lint_suspect(lint, &finding, 0);
}

void virt_lint(struct board *board, struct intact_lint *lint, const struct intact_trace_event *event)
{
    struct virt *virt = virt_of(board);
    switch (event->id) {
    case INTACT_TRACE_PIN: on_pin(virt, lint, event); break;
    case INTACT_TRACE_MESSAGE: on_message(virt, lint, event); break;
    case INTACT_TRACE_ACCESS: on_access(virt, lint, event); break;
    case INTACT_TRACE_ACCEPT:
        if (event->a >= GIC_LPI_FIRST && event->cpu < board->config.cpus)
            check_lpi(virt, lint, event, (uint32_t)event->a, true);
        break;
    default: break;
    }
}

bool virt_lint_holds(const struct board *board, enum intact_lint_id id, uint64_t number)
{
    const struct virt *virt = virt_of((struct board *)board);
    if (id == INTACT_LINT_LPI_STALE)
        return is_stale(virt, &virt->irq.cpus[number >> 32].gicr, (uint32_t)number);
    return id == INTACT_LINT_TIMER_PAST && virt->rtc.RTCIMSC;
}

void virt_lint_end(struct board *board, struct intact_lint *lint, bool runs)
{
    struct virt *virt = virt_of(board);
    struct intact_trace_event end = { .instructions = board->loop.instructions, .time = board->clock.now };
    for (end.cpu = 0; end.cpu < board->config.cpus; end.cpu++)
        for (uint32_t intid = GIC_LPI_FIRST; gicr_lpi_has(&virt->irq.cpus[end.cpu].gicr, intid); intid++)
            check_lpi(virt, lint, &end, intid, runs);
}
