// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// What the monitor shows of the GIC of `virt`: the registers by the names of their manuals, and each interrupt that is
// enabled, pending or active. Everything is read from the chips' state, so that no access has an effect and no LPI's
// configuration is cached.
//
// There is one Security state: Group 1 is GIC_G1NS.
//
// Spec: IHI 0069 (GICv3), the GICD, GICR and ICC registers; IHI 0048B (GICv2) chapter 4.
#include <inttypes.h>
#include <stdio.h>

#include "base/bits.h"
#include "irqchip/arm/gic_why.h"
#include "machine/virt/virt.h"

enum { WORD_TEXT = 120, LPIS_SHOWN = 64 };

// One look at the chips.
struct look {
    struct virt *virt;
    const struct arm_irq *irq;
    const struct printer *printer;
    bool v2;
};

static const char *group_name(enum gic_group group)
{
    return group == GIC_G0 ? "Group 0" : "Group 1";
}

// --- Interrupts ------------------------------------------------------------------------------------------------------

// A list with commas, in a text of WORD_TEXT bytes.
static void add_word(char *text, const char *word)
{
    size_t used = strlen(text);
    snprintf(text + used, WORD_TEXT - used, "%s%s", used ? ", " : "", word);
}

static void write_state(const struct gic_block *block, unsigned bit, char *text)
{
    text[0] = 0;
    add_word(text, block->enabled >> bit & 1 ? "enabled" : "disabled");
    if (gic_block_pending(block) >> bit & 1)
        add_word(text, "pending");
    if (block->active >> bit & 1)
        add_word(text, "active");
    if ((block->line | block->message) >> bit & 1)
        add_word(text, "its line is high");
}

static uint32_t shown_bits(const struct gic_block *block)
{
    return block->enabled | gic_block_pending(block) | block->active;
}

// The CPUs of a mask, as GICv2's target and source registers have them: "CPU 0, CPU 2".
static void write_cpus(uint32_t mask, char *text)
{
    text[0] = 0;
    for (; mask; mask &= mask - 1) {
        char cpu[16];
        snprintf(cpu, sizeof cpu, "CPU %u", bits_lowest(mask));
        add_word(text, cpu);
    }
    if (!text[0])
        add_word(text, "no CPU");
}

static void write_affinity(uint64_t affinity, char *text, size_t size)
{
    snprintf(text, size, "%u.%u.%u.%u", (unsigned)bits_get(affinity, 39, 32), (unsigned)bits_get(affinity, 23, 16),
             (unsigned)bits_get(affinity, 15, 8), (unsigned)bits_get(affinity, 7, 0));
}

// GICD_IROUTER: one CPU, or any; which of them it was forwarded to then.
static void write_route(const struct look *look, uint32_t index, char *text)
{
    uint64_t router = look->irq->gicd.irouter[index];
    uint16_t place = look->irq->gicd.place[index];
    char affinity[24];
    if (router & GICD_IROUTER_IRM) {
        snprintf(text, WORD_TEXT, "any CPU");
        if (place != GICD_NOWHERE)
            snprintf(text, WORD_TEXT, "any CPU (now CPU %u)", place);
        return;
    }
    for (uint32_t i = 0; i < look->irq->config.cpus; i++)
        if (look->virt->affinities[i] == (router & GICD_IROUTER_AFFINITY)) {
            snprintf(text, WORD_TEXT, "CPU %u", i);
            return;
        }
    write_affinity(router, affinity, sizeof affinity);
    snprintf(text, WORD_TEXT, "no CPU (affinity %s)", affinity);
}

static void show_interrupt(const struct look *look, const struct gic_block *block, unsigned bit, uint32_t intid,
                           const char *more)
{
    struct gic_rank rank = gic_block_rank(block, bit, false);
    char state[WORD_TEXT];
    write_state(block, bit, state);
    printer_say(look->printer, "  INTID %4u: %s, priority %s%s, %s%s: %s\n", intid,
                group_name(gic_block_group(block, bit, false)), HEX8(rank.priority), rank.nmi ? " (non-maskable)" : "",
                block->edge >> bit & 1 ? "edge" : "level", more, state);
}

// GSI n is SPI n.
static void show_spi(const struct look *look, uint32_t index)
{
    const struct gic_why_place place = gicd_why_place(&look->irq->gicd, index);
    char target[WORD_TEXT], drivers[WORD_TEXT], more[3 * WORD_TEXT];
    if (look->v2)
        write_cpus(look->irq->gicd.itargetsr[index], target);
    else
        write_route(look, index, target);
    printer_drivers(&look->virt->board.route, index, ", from ", "", drivers, sizeof drivers);
    snprintf(more, sizeof more, ", to %s%s", target, drivers);
    show_interrupt(look, place.block, place.bit, place.intid, more);
}

// GICv2 keeps the CPUs that sent an SGI. A timer has the name that `info sources` lists.
static void show_private(const struct look *look, const struct gicr *gicr, uint32_t slot)
{
    const struct gic_why_place place = gicr_why_place(gicr, slot, look->v2);
    char from[WORD_TEXT], more[2 * WORD_TEXT] = "";
    if (look->v2 && slot < 16 && gicr->bank.source[slot]) {
        write_cpus(gicr->bank.source[slot], from);
        snprintf(more, sizeof more, ", from %s", from);
    } else if (virt_own_name(place.intid)) {
        snprintf(more, sizeof more, ", from cpu%u.%s", gicr->number, virt_own_name(place.intid));
    }
    show_interrupt(look, place.block, place.bit, place.intid, more);
}

// --- Distributor -----------------------------------------------------------------------------------------------------

static void write_groups(uint32_t groups, char *text)
{
    text[0] = 0;
    for (unsigned group = GIC_G0; group <= GIC_G1NS; group++)
        if (groups >> group & 1)
            add_word(text, group_name((enum gic_group)group));
    if (!text[0])
        add_word(text, "no group");
}

static void show_frame(const struct look *look)
{
    const struct gicv2m *frame = &look->irq->gicv2m;
    if (frame->count)
        printer_say(look->printer, "  message frame (v2m): INTIDs %u to %u\n", frame->first,
                    frame->first + frame->count - 1);
}

// GICD_CTLR as gicd_registers.c has it: in GICv3 ARE is always 1.
static void show_distributor(const struct look *look)
{
    const struct gicd *gicd = &look->irq->gicd;
    char groups[WORD_TEXT];
    write_groups(gicd->ctlr & GICD_CTLR_GROUPS, groups);
    printer_say(look->printer, "distributor of GICv%u: GICD_CTLR = %s: %s enabled\n", gicd->version,
                HEX32(look->v2 ? gicd->ctlr & 3 : gicd->ctlr | GICD_CTLR_ARE_S), groups);
    show_frame(look);
    for (unsigned block = 0; block < GIC_SPI_BLOCKS; block++)
        for (uint32_t left = shown_bits(&gicd->spi.block[block]); left; left &= left - 1)
            show_spi(look, block * 32 + bits_lowest(left));
}

// --- Redistributor ---------------------------------------------------------------------------------------------------

// A pending LPI has its configuration cached; what memory has by now is used after an INV only.
static void show_lpi(const struct look *look, const struct arm_irq_cpu *cpu, uint32_t intid)
{
    struct gicr_lpi_world world = { NULL, &look->irq->config.memory, false };
    struct gicr_lpi_config used, memory;
    gicr_lpi_cached(&cpu->gicr, intid, &used);
    gicr_lpi_read(&cpu->gicr, &world, intid, &memory);
    printer_say(look->printer, "  LPI %5u: priority %s: %s, pending", intid, HEX8(used.priority),
                used.enabled ? "enabled" : "disabled");
    if (!memory.readable)
        printer_say(look->printer, "; its byte at 0x%" PRIx64 " is not RAM\n", memory.address);
    else if (memory.enabled != used.enabled || memory.priority != used.priority)
        printer_say(look->printer, "; memory has %s, which needs an INV\n", HEX8(memory.byte));
    else
        printer_say(look->printer, "\n");
}

static void show_lpis(const struct look *look, const struct arm_irq_cpu *cpu)
{
    const struct gicr *gicr = &cpu->gicr;
    uint32_t shown = 0;
    printer_say(look->printer, "  GICR_PROPBASER = %s, GICR_PENDBASER = %s: LPIs %s\n", HEX64(gicr->propbaser),
                HEX64(gicr->pendbaser), gicr->ctlr & GICR_CTLR_ENABLE_LPIS ? "enabled" : "disabled");
    for (uint32_t intid = gic_set_next(&gicr->lpi_pending, 0); intid != UINT32_MAX;
         intid = gic_set_next(&gicr->lpi_pending, intid + 1)) {
        if (shown++ == LPIS_SHOWN) {
            printer_say(look->printer, "  more LPIs are pending\n");
            return;
        }
        show_lpi(look, cpu, intid);
    }
}

static void show_redistributor(const struct look *look, const struct arm_irq_cpu *cpu)
{
    const struct gicr *gicr = &cpu->gicr;
    char affinity[24];
    write_affinity(look->virt->affinities[cpu->index], affinity, sizeof affinity);
    if (look->v2)
        printer_say(look->printer, "private interrupts of CPU %u:\n", cpu->index);
    else
        printer_say(look->printer, "redistributor of CPU %u (affinity %s): GICR_CTLR = %s, GICR_WAKER = %s: %s\n",
                    cpu->index, affinity, HEX32(gicr->ctlr | (gicr->lpi_bits ? GICR_CTLR_CES | GICR_CTLR_IR : 0)),
                    HEX32(gicr->waker), gicr_asleep(gicr) ? "asleep" : "awake");
    if (!look->v2 && gicr->lpi_bits)
        show_lpis(look, cpu);
    for (unsigned block = 0; block < gicr->bank.blocks; block++)
        for (uint32_t left = shown_bits(&gicr->bank.block[block]); left; left &= left - 1)
            show_private(look, gicr, (block ? GIC_EPPI_SLOT + (block - 1) * 32 : 0) + bits_lowest(left));
}

// --- CPU interface ---------------------------------------------------------------------------------------------------

static const char *running_text(const struct gic_cpu *core)
{
    return gic_cpu_running(core) == GIC_IDLE ? "nothing is active" : "an interrupt is active";
}

// ICC_BPR1_EL1 as it reads: with CBPR it follows ICC_BPR0_EL1.
static unsigned icc_bpr1(const struct gic_cpu *core)
{
    unsigned common = core->bpr[GIC_G0] + 1u;
    if (!(core->common_bpr >> GIC_G1NS & 1))
        return core->bpr[GIC_G1NS];
    return common < 7 ? common : 7;
}

static void show_icc(const struct look *look, const struct arm_irq_cpu *cpu)
{
    const struct gic_cpu *core = &cpu->icc.core;
    char groups[WORD_TEXT];
    write_groups(core->enabled, groups);
    printer_say(
        look->printer,
        "CPU interface of CPU %u: ICC_IGRPEN0_EL1 = %u, ICC_IGRPEN1_EL1 = %u: %s enabled; EOImode %u, CBPR %u\n",
        cpu->index, core->enabled >> GIC_G0 & 1, core->enabled >> GIC_G1NS & 1, groups,
        cpu->icc.eoimode >> GIC_G1NS & 1, core->common_bpr >> GIC_G1NS & 1);
    printer_say(look->printer, "  ICC_PMR_EL1 = %s, ICC_RPR_EL1 = %s: %s; ICC_BPR0_EL1 = %u, ICC_BPR1_EL1 = %u\n",
                HEX8(core->pmr), HEX8(gic_cpu_running(core)), running_text(core), core->bpr[GIC_G0], icc_bpr1(core));
    printer_say(look->printer, "  ICC_AP0R0_EL1 = %s, ICC_AP1R0_EL1 = %s%s\n", HEX32(core->apr[GIC_G0]),
                HEX32(core->apr[GIC_G1NS]), core->nmi[GIC_G1NS] ? ", and its NMI bit" : "");
}

static void show_gicc(const struct look *look, const struct arm_irq_cpu *cpu)
{
    const struct gicc *gicc = &cpu->gicc;
    const struct gic_cpu *core = &gicc->core;
    char groups[WORD_TEXT];
    write_groups(gicc->ctlr & 3, groups);
    printer_say(look->printer, "CPU interface of CPU %u: GICC_CTLR = %s: %s enabled; EOImode %u\n", cpu->index,
                HEX32(gicc->ctlr), groups, gicc->ctlr & GICC_CTLR_EOIMODE ? 1 : 0);
    printer_say(look->printer, "  GICC_PMR = %s, GICC_RPR = %s: %s; GICC_BPR = %u, GICC_ABPR = %u\n", HEX8(core->pmr),
                HEX8(gic_cpu_running(core)), running_text(core), core->bpr[GIC_G0], core->bpr[GIC_G1NS]);
    printer_say(look->printer, "  GICC_APR0 = %s, GICC_NSAPR0 = %s\n", HEX32(core->apr[GIC_G0]),
                HEX32(core->apr[GIC_G1NS]));
}

static void show_output(const struct look *look, const struct arm_irq_cpu *cpu)
{
    uint32_t groups = look->v2 ? BIT32(GIC_G0) | BIT32(GIC_G1NS) : cpu->icc.core.enabled;
    struct gic_pending pending = gic_ready_highest(&cpu->ready, groups);
    if (pending.intid == GIC_SPURIOUS)
        printer_say(look->printer, "  nothing is pending for it; ");
    else
        printer_say(look->printer, "  the highest pending one is INTID %u, %s, priority %s; ", pending.intid,
                    group_name((enum gic_group)pending.group), HEX8(pending.priority));
    printer_say(look->printer, "to the CPU:%s%s%s%s\n", cpu->pending ? "" : " nothing",
                cpu->pending & PENDING_IRQ ? " IRQ" : "", cpu->pending & PENDING_FIQ ? " FIQ" : "",
                cpu->pending & PENDING_NMI ? ", as NMI" : "");
}

static void show_gic(struct board *board, uint32_t number, const struct printer *printer)
{
    struct virt *virt = virt_of(board);
    const struct arm_irq_cpu *cpu = &virt->irq.cpus[number];
    const struct look look = { virt, &virt->irq, printer, virt->irq.config.version == 2 };
    show_distributor(&look);
    show_redistributor(&look, cpu);
    if (look.v2)
        show_gicc(&look, cpu);
    else
        show_icc(&look, cpu);
    show_output(&look, cpu);
}

void virt_tell_registers(struct board *board, uint32_t cpu, struct register_sink *sink)
{
    arm_irq_tell(&virt_of(board)->irq, cpu, sink);
}

const struct board_chip virt_shown[] = {
    { "gic", .of_cpu = true, .show = show_gic },
    { "its", .show = virt_show_its },
    { .name = NULL },
};
