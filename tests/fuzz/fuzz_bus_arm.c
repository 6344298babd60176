// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The bus of `virt`: every register bank of GICv2 and GICv3 (distributor, processor interfaces, redistributors with their
// LPIs, ITS with its queue and tables, message frame), the system registers of interrupt controller and timer of each
// processor, PL011 and PL031, lines and messages.
//
// What must hold after every step:
//   - deriving every output once more changes nothing, and each interrupt is offered to the right CPUs (arm_check.h);
//   - a latched interrupt stays latched until it is acknowledged, or cleared by a write;
//   - a message was accepted and its interrupt is pending, or its drop was reported.
#include <stdlib.h>
#include <string.h>

#include "arm_check.h"
#include "fuzz_bus.h"
#include "its_input.h"
#include "virt_rig.h"

const char *const fuzz_name = "fuzz_bus_arm";

enum {
    CPUS = 4,
    BLOCKS = VIRT_SPIS / 32 + 1,
    LPI_WORDS = BIT32(VIRT_LPI_BITS) / 64,
    SETTLE_EVERY = 8,
    UNUSED_EVERY = 40
};

// What a step may clear without an acknowledge.
enum { CLEARS_SPI = 1, CLEARS_PRIVATE = 2, CLEARS_LPI = 4, CLEARS_ALL = 7 };

// What is latched: SPIs, private interrupts and LPIs of each CPU.
struct notes {
    uint32_t spi[BLOCKS], own[CPUS];
    uint64_t lpi[CPUS][LPI_WORDS];
    unsigned clears; // of the steps since the last check
    unsigned steps;
    uint32_t taken[CPUS]; // what each CPU acknowledged last
};

static struct virt *virt(const struct bus_case *bus)
{
    return virt_of(bus->rig.machine);
}

static struct notes *notes(const struct bus_case *bus)
{
    return bus->own;
}

// An acknowledge takes what was latched; an SGI of several CPUs stays.
static void trace(struct bus_case *bus, const struct intact_trace_event *event)
{
    uint32_t intid = (uint32_t)event->a;
    bus->dropped += event->id == INTACT_TRACE_DROP;
    bus->accepted += event->id == INTACT_TRACE_ACCEPT;
    if (event->id != INTACT_TRACE_ACK)
        return;
    notes(bus)->taken[event->cpu] = intid;
    if (intid >= GIC_LPI_FIRST)
        notes(bus)->lpi[event->cpu][intid / 64] &= ~BIT64(intid % 64);
    else if (intid >= 32)
        notes(bus)->spi[(intid - 32) / 32] &= ~BIT32(intid % 32);
    else
        notes(bus)->own[event->cpu] &= ~BIT32(intid);
}

// --- Steps: register banks -------------------------------------------------------------------------------------------

struct bank {
    uint64_t base;
    const struct gic_register *rows;
    const unsigned *count;
    enum arm_irq_window window;
};

static const struct bank banks_v2[] = {
    { VIRT_GICD, gicd_v2_registers, &gicd_v2_register_count, ARM_IRQ_WINDOW_GICD },
    { VIRT_GICC, gicc_registers, &gicc_register_count, ARM_IRQ_WINDOW_GICC },
    { VIRT_V2M, gicv2m_registers, &gicv2m_register_count, ARM_IRQ_WINDOW_V2M },
};
static const struct bank banks_v3[] = {
    { VIRT_GICD, gicd_registers, &gicd_register_count, ARM_IRQ_WINDOW_GICD },
    { VIRT_GICR, gicr_registers, &gicr_register_count, ARM_IRQ_WINDOW_GICR },
    { VIRT_ITS, its_registers, &its_register_count, ARM_IRQ_WINDOW_ITS },
};

// A register, the space around it, or anything in the window. `row`: NULL for the last.
static uint64_t any_register(struct bus_case *bus, struct fuzz *fuzz, const struct bank *bank,
                             const struct gic_register **row)
{
    uint64_t frame = bank->window == ARM_IRQ_WINDOW_GICR ? GICR_FRAME * bus_any_cpu(bus, fuzz) : 0;
    *row = NULL;
    if (fuzz_chance(fuzz, 16)) {
        uint64_t size = arm_irq_window_size(&virt(bus)->irq, bank->window);
        return bank->base + (size ? fuzz_below(fuzz, (uint32_t)size) : 0);
    }
    *row = &bank->rows[fuzz_below(fuzz, *bank->count)];
    const struct reg *reg = &(*row)->reg;
    uint32_t few = reg->count > 32 && !fuzz_chance(fuzz, 4) ? 32 + 8 : reg->count;
    uint64_t offset = reg->offset + (few ? reg->stride * fuzz_below(fuzz, few) : 0);
    return bank->base + frame + offset + (fuzz_chance(fuzz, 16) ? fuzz_below(fuzz, 8) : 0);
}

static unsigned size_for(struct fuzz *fuzz, const struct gic_register *row)
{
    unsigned size = bus_any_size(fuzz);
    if (row && !fuzz_chance(fuzz, 8))
        while (!(row->reg.widths & size))
            size = bus_any_size(fuzz);
    return size;
}

static unsigned clears_of(const struct bank *bank, const struct gic_register *row)
{
    static const char *const clearing[] = { "ICPENDR", "CLRSPI", "CPENDSGIR", "GICR_CTLR", "CLRLPIR" };
    if (!row || bank->window == ARM_IRQ_WINDOW_ITS)
        return CLEARS_ALL;
    for (unsigned i = 0; i < countof(clearing); i++)
        if (strstr(row->reg.name, clearing[i]))
            return CLEARS_ALL;
    return 0;
}

static const struct bank *any_bank(struct bus_case *bus, struct fuzz *fuzz)
{
    if (bus->config.gic == 2)
        return &FUZZ_PICK(fuzz, banks_v2);
    return &banks_v3[fuzz_below(fuzz, bus->config.its ? 3 : 2)];
}

// GICv2's frames show what belongs to the CPU that accesses.
static void become(struct bus_case *bus, uint32_t cpu)
{
    struct loop *loop = bus->rig.loop;
    loop->current = &virt(bus)->cpus[cpu]->vcpu;
    loop->share = 1;
    loop->slice_start = bus->rig.clock->now;
    loop->slice_executed = vcpu_executed(loop->current);
}

static void step_bank_write(struct bus_case *bus, struct fuzz *fuzz)
{
    const struct bank *bank = any_bank(bus, fuzz);
    const struct gic_register *row;
    uint64_t address = any_register(bus, fuzz, bank, &row);
    unsigned size = size_for(fuzz, row);
    notes(bus)->clears |= address % size ? CLEARS_ALL : clears_of(bank, row);
    become(bus, bus_any_cpu(bus, fuzz));
    bus_do_write(bus, fuzz, address, size, fuzz_value(fuzz));
    bus->rig.loop->current = NULL;
}

static void step_bank_read(struct bus_case *bus, struct fuzz *fuzz)
{
    const struct bank *bank = any_bank(bus, fuzz);
    const struct gic_register *row;
    uint64_t address = any_register(bus, fuzz, bank, &row);
    notes(bus)->clears |= bank->window == ARM_IRQ_WINDOW_ITS ? CLEARS_LPI : 0; // commands go on
    become(bus, bus_any_cpu(bus, fuzz));
    bus_do_read(bus, fuzz, address, size_for(fuzz, row));
    bus->rig.loop->current = NULL;
}

// --- Steps: what makes interrupts flow -------------------------------------------------------------------------------

static void put(struct bus_case *bus, struct fuzz *fuzz, uint64_t address, unsigned size, uint64_t value)
{
    bus_do_write(bus, fuzz, address, size, value);
}

// One INTID as a driver sets it up.
static void step_configure(struct bus_case *bus, struct fuzz *fuzz)
{
    uint32_t intid = fuzz_chance(fuzz, 3) ? fuzz_below(fuzz, 32) : 32 + fuzz_below(fuzz, 40), word = intid / 32 * 4;
    bool v2 = bus->config.gic == 2;
    uint64_t base = VIRT_GICD;
    if (!v2 && intid < 32)
        base = VIRT_GICR + GICR_FRAME * bus_any_cpu(bus, fuzz) + 0x10000;
    become(bus, bus_any_cpu(bus, fuzz));
    uint64_t groups = bus_read(bus->rig.memory, base + 0x80 + word, 4, bus->rig.clock->now);
    put(bus, fuzz, base + 0x80 + word, 4,
        fuzz_chance(fuzz, 4) ? groups & ~BIT32(intid % 32) : groups | BIT32(intid % 32));
    put(bus, fuzz, base + 0x400 + intid, 1, fuzz_below(fuzz, 32) << 3);
    put(bus, fuzz, base + 0xc00 + intid / 16 * 4, 4, fuzz_word(fuzz));
    if (v2 && intid >= 32)
        put(bus, fuzz, base + 0x800 + intid, 1, fuzz_below(fuzz, 16));
    else if (intid >= 32)
        put(bus, fuzz, base + 0x6000 + intid * 8, 8,
            fuzz_chance(fuzz, 3) ? GICD_IROUTER_IRM : fuzz_below(fuzz, bus->config.cpus + 1));
    put(bus, fuzz, base + (fuzz_chance(fuzz, 6) ? 0x180 : 0x100) + word, 4, BIT32(intid % 32));
    bus->rig.loop->current = NULL;
}

static void write_icc(struct bus_case *bus, struct fuzz *fuzz, uint32_t cpu, uint64_t encoding, uint64_t value)
{
    fuzz_tell(fuzz, "cpu%u msr %llx, %llx", cpu, (unsigned long long)encoding, (unsigned long long)value);
    enum port_result result =
        bus->rig.loop->port.write(virt(bus), cpu, PORT_REGISTER, encoding, 8, value, bus->rig.clock->now);
    bus_note(bus, result);
}

static uint64_t read_icc(struct bus_case *bus, struct fuzz *fuzz, uint32_t cpu, uint64_t encoding)
{
    uint64_t value = 0;
    enum port_result result =
        bus->rig.loop->port.read(virt(bus), cpu, PORT_REGISTER, encoding, 8, &value, bus->rig.clock->now);
    fuzz_tell(fuzz, "cpu%u mrs %llx: %llx", cpu, (unsigned long long)encoding, (unsigned long long)value);
    bus_note(bus, result);
    bus_note(bus, value);
    return value;
}

// Groups, masks and sleep such that some interrupts are signalled.
static void step_open(struct bus_case *bus, struct fuzz *fuzz)
{
    uint32_t cpu = bus_any_cpu(bus, fuzz);
    put(bus, fuzz, VIRT_GICD, 4, fuzz_chance(fuzz, 8) ? fuzz_below(fuzz, 4) : bus->config.gic == 2 ? 3 : 0x13);
    if (bus->config.gic == 2) {
        become(bus, cpu);
        put(bus, fuzz, VIRT_GICC + GICC_PMR, 4, fuzz_chance(fuzz, 4) ? fuzz_below(fuzz, 256) : 0xff);
        put(bus, fuzz, VIRT_GICC + GICC_CTLR, 4, fuzz_chance(fuzz, 4) ? fuzz_word(fuzz) : 7);
        bus->rig.loop->current = NULL;
        return;
    }
    put(bus, fuzz, VIRT_GICR + GICR_FRAME * cpu + 0x14, 4, fuzz_chance(fuzz, 8) ? GICR_WAKER_SLEEP : 0);
    write_icc(bus, fuzz, cpu, ICC_PMR_EL1, fuzz_chance(fuzz, 4) ? fuzz_below(fuzz, 256) : 0xff);
    write_icc(bus, fuzz, cpu, ICC_IGRPEN0_EL1, !fuzz_chance(fuzz, 4));
    write_icc(bus, fuzz, cpu, ICC_IGRPEN1_EL1, !fuzz_chance(fuzz, 4));
}

// The handler's first step. It gets the interrupt of highest priority, if that is signalled.
static void step_acknowledge(struct bus_case *bus, struct fuzz *fuzz)
{
    uint32_t cpu = bus_any_cpu(bus, fuzz), want = GIC_SPURIOUS;
    struct arm_highest best = arm_check_highest(virt(bus), cpu);
    uint64_t got;
    if (bus->config.gic == 2) {
        become(bus, cpu);
        got = bus_do_read(bus, fuzz, VIRT_GICC + GICC_IAR, 4) & 0x3ff;
        bus->rig.loop->current = NULL;
        bool hidden = best.group == GIC_G1NS && !(virt(bus)->irq.cpus[cpu].gicc.ctlr & GICC_CTLR_ACKCTL);
        want = !best.pending ? GIC_SPURIOUS : hidden ? GICC_SECURE_SPURIOUS : best.intid;
    } else {
        enum gic_group group = fuzz_chance(fuzz, 3) ? GIC_G0 : GIC_G1NS;
        bool asleep = gicr_asleep(&virt(bus)->irq.cpus[cpu].gicr);
        got = read_icc(bus, fuzz, cpu, group == GIC_G0 ? ICC_IAR0_EL1 : ICC_IAR1_EL1);
        want = best.pending && best.group == group ? best.intid : asleep ? (uint32_t)got : GIC_SPURIOUS;
    }
    if (got != want)
        fuzz_fail("cpu%u acknowledged INTID %u; highest was %u of priority %u", cpu, (unsigned)got, best.intid,
                  best.priority);
}

static void step_end(struct bus_case *bus, struct fuzz *fuzz)
{
    uint32_t cpu = bus_any_cpu(bus, fuzz);
    uint32_t intid = fuzz_chance(fuzz, 8) ? (uint32_t)fuzz_value(fuzz) : notes(bus)->taken[cpu];
    if (bus->config.gic == 2) {
        static const uint16_t offsets[] = { GICC_EOIR, GICC_EOIR, GICC_AEOIR, GICC_DIR };
        become(bus, cpu);
        put(bus, fuzz, VIRT_GICC + FUZZ_PICK(fuzz, offsets), 4, intid);
        bus->rig.loop->current = NULL;
    } else {
        static const uint64_t ends[] = { ICC_EOIR1_EL1, ICC_EOIR1_EL1, ICC_EOIR0_EL1, ICC_DIR_EL1 };
        write_icc(bus, fuzz, cpu, FUZZ_PICK(fuzz, ends), intid);
    }
}

// Any system register of the interrupt controller, or of the timer.
static uint64_t any_encoding(struct fuzz *fuzz)
{
    static const uint64_t timer[] = {
        ARM_TIMER_CNTFRQ_EL0,    ARM_TIMER_CNTPCT_EL0,   ARM_TIMER_CNTVCT_EL0,
        ARM_TIMER_CNTP_TVAL_EL0, ARM_TIMER_CNTP_CTL_EL0, ARM_TIMER_CNTP_CVAL_EL0,
        ARM_TIMER_CNTV_TVAL_EL0, ARM_TIMER_CNTV_CTL_EL0, ARM_TIMER_CNTV_CVAL_EL0,
    };
    if (fuzz_chance(fuzz, 32))
        return fuzz_word(fuzz) & 0xffff;
    return fuzz_chance(fuzz, 3) ? FUZZ_PICK(fuzz, timer)
                                : icc_registers[fuzz_below(fuzz, icc_register_count)].reg.offset;
}

static void step_register_write(struct bus_case *bus, struct fuzz *fuzz)
{
    uint64_t encoding = any_encoding(fuzz), value = fuzz_value(fuzz);
    if (encoding == ARM_TIMER_CNTP_CTL_EL0 || encoding == ARM_TIMER_CNTV_CTL_EL0)
        value = fuzz_chance(fuzz, 4) ? fuzz_below(fuzz, 8) : 1;
    else if (encoding == ARM_TIMER_CNTP_CVAL_EL0 || encoding == ARM_TIMER_CNTV_CVAL_EL0)
        value = fuzz_chance(fuzz, 4) ? value : bus->rig.clock->now / ARM_TIMER_NS + fuzz_below(fuzz, 10000);
    write_icc(bus, fuzz, bus_any_cpu(bus, fuzz), encoding, value);
}

static void step_register_read(struct bus_case *bus, struct fuzz *fuzz)
{
    read_icc(bus, fuzz, bus_any_cpu(bus, fuzz), any_encoding(fuzz));
}

static void step_device(struct bus_case *bus, struct fuzz *fuzz)
{
    uint64_t base = fuzz_below(fuzz, 2) ? VIRT_UART : VIRT_RTC;
    uint64_t offset = fuzz_chance(fuzz, 8) ? fuzz_below(fuzz, 0x1000) : 4 * fuzz_below(fuzz, 19);
    unsigned size = fuzz_chance(fuzz, 8) ? bus_any_size(fuzz) : 4;
    if (fuzz_chance(fuzz, 3))
        bus_do_read(bus, fuzz, base + offset, size);
    else
        bus_do_write(bus, fuzz, base + offset, size, fuzz_value(fuzz));
}

// Any window, and its edges.
static void step_anywhere(struct bus_case *bus, struct fuzz *fuzz)
{
    const struct bus *memory = bus->rig.memory;
    const struct region *region = memory->regions[fuzz_below(fuzz, memory->count)];
    uint64_t address = region->base + (fuzz_below(fuzz, 2) ? region->size : 0) + fuzz_below(fuzz, 16) - 8;
    if (!region->ram && fuzz_below(fuzz, 2))
        address = region->base + fuzz_word(fuzz) % region->size;
    notes(bus)->clears |= CLEARS_ALL;
    if (fuzz_below(fuzz, 2))
        bus_do_read(bus, fuzz, address, bus_any_size(fuzz));
    else
        bus_do_write(bus, fuzz, address, bus_any_size(fuzz), fuzz_value(fuzz));
}

// --- Steps: lines and messages ---------------------------------------------------------------------------------------

static bool spi_pending(const struct bus_case *bus, uint32_t spi)
{
    return gic_block_pending(&virt(bus)->irq.gicd.spi.block[spi / 32]) >> (spi % 32) & 1;
}

static void step_line(struct bus_case *bus, struct fuzz *fuzz)
{
    uint32_t line = fuzz_below(fuzz, BUS_LINES), spi = BUS_FIRST_LINE + line;
    bool level = fuzz_below(fuzz, 2), was_high = virt(bus)->irq.gicd.spi.block[0].line >> spi & 1;
    fuzz_tell(fuzz, "line %u = %d", line, level);
    intact_irq_line_set(&bus->lines[line], level);
    if (level && !was_high && !spi_pending(bus, spi))
        fuzz_fail("SPI %u rose and is not pending", spi);
}

static void step_trigger(struct bus_case *bus, struct fuzz *fuzz)
{
    uint32_t spi = fuzz_below(fuzz, VIRT_SPIS + 8);
    fuzz_tell(fuzz, "trigger SPI %u", spi);
    arm_irq_trigger(&virt(bus)->irq, ARM_IRQ_GICD, spi);
    if (spi < VIRT_SPIS && virt(bus)->irq.gicd.spi.block[spi / 32].edge >> (spi % 32) & 1 && !spi_pending(bus, spi))
        fuzz_fail("a trigger of SPI %u is lost", spi);
}

static void step_ppi(struct bus_case *bus, struct fuzz *fuzz)
{
    uint32_t cpu = bus_any_cpu(bus, fuzz),
             intid = fuzz_chance(fuzz, 16) ? fuzz_below(fuzz, 1200) : 16 + fuzz_below(fuzz, 16);
    bool level = fuzz_below(fuzz, 2);
    fuzz_tell(fuzz, "cpu%u PPI %u = %d", cpu, intid, level);
    arm_irq_set_ppi(&virt(bus)->irq, cpu, intid, level);
}

static void message(struct fuzz *fuzz, uint64_t *address, uint32_t *data)
{
    static const uint64_t doorbells[] = { VIRT_GICD + 0x40, VIRT_V2M + 0x40, VIRT_ITS + 0x10040, VIRT_ITS + 0x10040 };
    *address = FUZZ_PICK(fuzz, doorbells);
    *data = *address == VIRT_V2M + 0x40    ? VIRT_V2M_FIRST + fuzz_below(fuzz, VIRT_V2M_COUNT)
            : *address == VIRT_GICD + 0x40 ? 32 + fuzz_below(fuzz, 60)
                                           : fuzz_below(fuzz, 40);
}

static void step_message(struct bus_case *bus, struct fuzz *fuzz)
{
    uint64_t address, dropped = bus->dropped;
    uint32_t data;
    message(fuzz, &address, &data);
    if (fuzz_chance(fuzz, 4)) {
        address = fuzz_chance(fuzz, 2) ? fuzz_value(fuzz) : address + 8 * fuzz_below(fuzz, 4);
        data = (uint32_t)fuzz_value(fuzz);
    }
    if (address >= VIRT_GICD + 0x48 && address < VIRT_GICD + 0x60)
        notes(bus)->clears |= CLEARS_SPI;
    bool taken = arm_irq_msi(&virt(bus)->irq, address, data, fuzz_below(fuzz, 8), false);
    fuzz_tell(fuzz, "message %llx, %x: %d", (unsigned long long)address, data, taken);
    bus_note(bus, taken);
    if (!taken && bus->dropped == dropped)
        fuzz_fail("a message was refused and nobody knows of it");
    if (taken && address == VIRT_GICD + 0x40 && !spi_pending(bus, (data & 0x1fff) - 32))
        fuzz_fail("the message of SPI %u is lost", data - 32);
}

// --- Steps: the ITS --------------------------------------------------------------------------------------------------

static void step_its(struct bus_case *bus, struct fuzz *fuzz)
{
    if (!bus->config.its)
        return;
    notes(bus)->clears |= CLEARS_LPI;
    switch (virt(bus)->irq.its.ctlr ? fuzz_below(fuzz, 16) : fuzz_below(fuzz, 4)) {
    case 0:
        fuzz_tell(fuzz, "ITS from the start");
        its_input_begin(fuzz, &bus->rig, 1 + fuzz_below(fuzz, 2));
        break;
    case 1:
        fuzz_tell(fuzz, "an ITS register");
        its_input_register(fuzz, &bus->rig);
        break;
    case 2:
        fuzz_tell(fuzz, "damage in a table");
        its_input_damage(fuzz, &bus->rig);
        break;
    default:
        for (unsigned i = 1 + fuzz_below(fuzz, 4); i; i--) {
            struct its_input_command command = its_input_any(fuzz);
            fuzz_tell(fuzz, "ITS command %llx %llx %llx %llx", (unsigned long long)command.word[0],
                      (unsigned long long)command.word[1], (unsigned long long)command.word[2],
                      (unsigned long long)command.word[3]);
            its_input_put(&bus->rig, &command, i == 1 || fuzz_below(fuzz, 2));
        }
    }
}

static void step_outside(struct bus_case *bus, struct fuzz *fuzz)
{
    if (pl011_can_receive(&virt(bus)->uart))
        pl011_receive(&virt(bus)->uart, (uint8_t)fuzz_word(fuzz), bus->rig.clock->now);
}

// --- What must hold --------------------------------------------------------------------------------------------------

static void check_latched(uint64_t lost, unsigned first, bool may)
{
    if (lost && !may)
        fuzz_fail("INTID %u was pending and is lost", first + bits_lowest(lost));
}

static void check_latches(const struct bus_case *bus)
{
    const struct arm_irq *irq = &virt(bus)->irq;
    struct notes *old = notes(bus);
    for (uint32_t i = 0; i < irq->gicd.spi.blocks; i++) {
        check_latched(old->spi[i] & ~irq->gicd.spi.block[i].latch, 32 + i * 32, old->clears & CLEARS_SPI);
        old->spi[i] = irq->gicd.spi.block[i].latch;
    }
    for (uint32_t i = 0; i < irq->config.cpus; i++) {
        const struct gicr *gicr = &irq->cpus[i].gicr;
        check_latched(old->own[i] & ~gicr->bank.block[0].latch, 0, old->clears & CLEARS_PRIVATE);
        old->own[i] = gicr->bank.block[0].latch;
        if (!gicr->lpi_bits || memcmp(old->lpi[i], gicr->lpi_pending.layer[0], sizeof old->lpi[i]) == 0)
            continue;
        for (uint32_t word = 0; word < LPI_WORDS; word++)
            check_latched(old->lpi[i][word] & ~gicr->lpi_pending.layer[0][word], word * 64, old->clears & CLEARS_LPI);
        memcpy(old->lpi[i], gicr->lpi_pending.layer[0], sizeof old->lpi[i]);
    }
    old->clears = 0;
}

static void check(struct bus_case *bus)
{
    unsigned steps = ++notes(bus)->steps;
    if (steps % SETTLE_EVERY == 0)
        arm_check_settled(virt(bus));
    if (steps % UNUSED_EVERY == 0)
        arm_check_unused(virt(bus));
    arm_check_offered(virt(bus));
    check_latches(bus);
}

static void was_reset(struct bus_case *bus)
{
    memset(bus->own, 0, sizeof(struct notes));
}

// --- The family ------------------------------------------------------------------------------------------------------

static struct bus_config draw(struct fuzz *fuzz)
{
    unsigned gic = fuzz_chance(fuzz, 3) ? 2 : 3;
    return (
        struct bus_config){ .cpus = 1 + fuzz_below(fuzz, CPUS), .gic = gic, .its = gic == 3 && !fuzz_chance(fuzz, 3) };
}

static struct rig make(const struct bus_config *config, void *own)
{
    (void)own;
    return virt_rig(config->cpus, config->gic, config->its);
}

static const struct bus_step steps[] = {
    { 24, step_bank_write },   { 10, step_bank_read }, { 16, step_configure }, { 16, step_open },
    { 24, step_acknowledge },  { 24, step_end },       { 10, step_device },    { 12, step_register_write },
    { 4, step_register_read }, { 8, step_anywhere },   { 12, step_line },      { 8, step_trigger },
    { 8, step_ppi },           { 12, step_message },   { 12, step_its },       { 4, step_outside },
};

const struct bus_family bus_family = {
    .draw = draw,
    .make = make,
    .own_bytes = sizeof(struct notes),
    .traced = BIT64(TRACE_ACCEPT) | BIT64(TRACE_DROP) | BIT64(TRACE_ACK),
    .trace = trace,
    .steps = steps,
    .step_count = countof(steps),
    .was_reset = was_reset,
    .check = check,
    .message = message,
};
