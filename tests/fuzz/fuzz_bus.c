// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Random accesses to everything of a PC that answers at an address, has a number or a wire: ports, device windows, local
// APIC pages, MSRs, CR8, lines, messages, groups, and time. No guest code runs.
//
// What must hold after every step:
//   - deriving every output once more changes nothing (x86_irq_settle);
//   - a vector that a local APIC accepted is in its IRR until it is taken or the APIC is reset;
//   - a message was accepted, or its drop was told; an edge at an open IOAPIC pin became a message or waits;
//   - a group's triggers are all accounted for.
// And now and then: a snapshot loaded into a second machine gives the same state, and both go on alike.
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "irqchip/group.h"
#include "pc_rig.h"
#include "vcpu/x86_64/sysreg.h"

const char *const fuzz_name = "fuzz_bus";

enum { STEPS = 1500, SNAPSHOT_EVERY = 250, SNAPSHOT_STEPS = 50, CPUS = 4, GROUPS = 6, LINES = 4, EVENTS = 32 };

struct rig {
    struct pc *pc;
    struct intact_irq_group *groups[GROUPS];
    struct intact_irq_line lines[LINES]; // on GSI 16 and up
    uint64_t expected[CPUS][4];          // accepted and not taken yet
    uint64_t accepted, dropped;          // messages, as traced
    uint64_t seen;                       // digest of all that was read
};

// --- What is told on the way -------------------------------------------------------------------------------------------

static void tap(void *owner, const struct trace_event *event)
{
    struct rig *rig = owner;
    if (event->id == TRACE_DROP && event->a >= X86_IRQ_DROP_NO_CPU)
        rig->dropped++;
    if (event->id != TRACE_ACCEPT)
        return;
    rig->accepted++;
    if (x86_delivery_has_vector(event->b & 0xff) && event->a >= 16)
        rig->expected[event->vcpu][event->a / 64] |= BIT64(event->a % 64);
}

static void note(struct rig *rig, uint64_t value)
{
    rig->seen = (rig->seen ^ value) * UINT64_C(0x100000001b3) + 1;
}

// --- Making ------------------------------------------------------------------------------------------------------------

static void make_groups(struct rig *rig)
{
    static const struct {
        enum intact_irq_type type;
        uint32_t base, count;
    } rows[GROUPS] = {
        { INTACT_IRQ_LEGACY, 17, 1 }, { INTACT_IRQ_LEGACY, 5, 1 },   { INTACT_IRQ_LEGACY, 17, 1 },
        { INTACT_IRQ_MSI, 1000, 4 },  { INTACT_IRQ_MSIX, 2000, 33 }, { INTACT_IRQ_GENERIC, 3000, 7 },
    };
    for (unsigned i = 0; i < GROUPS; i++)
        if (intact_irq_manager_create_group(rig->pc->manager, rows[i].type, rows[i].base, rows[i].count,
                                            &rig->groups[i]))
            fuzz_fail("no group");
}

static struct rig *rig_new(unsigned cpus)
{
    struct rig *rig = calloc(1, sizeof *rig);
    rig->pc = pc_rig_new(cpus);
    rig->pc->trace.wanted = BIT64(TRACE_ACCEPT) | BIT64(TRACE_DROP);
    rig->pc->trace.tap = tap;
    rig->pc->trace.owner = rig;
    make_groups(rig);
    for (unsigned i = 0; i < LINES; i++)
        if (intact_irq_manager_connect(rig->pc->manager, 16 + i, &rig->lines[i]))
            fuzz_fail("no line");
    return rig;
}

static void rig_free(struct rig *rig)
{
    for (unsigned i = 0; i < GROUPS; i++)
        intact_irq_manager_destroy_group(rig->pc->manager, rig->groups[i]);
    for (unsigned i = 0; i < LINES; i++)
        intact_irq_manager_disconnect(rig->pc->manager, &rig->lines[i]);
    pc_rig_free(rig->pc);
    free(rig);
}

// --- Steps: ports and windows ------------------------------------------------------------------------------------------

static uint64_t any_size(struct fuzz *fuzz)
{
    static const unsigned sizes[] = { 1, 1, 2, 4, 4, 4, 8 };
    return FUZZ_PICK(fuzz, sizes);
}

static uint16_t any_port(struct fuzz *fuzz)
{
    static const struct {
        uint16_t port, count;
    } ranges[] = {
        { PC_PORT_PIC1, 2 },
        { PC_PORT_PIC1, 2 },
        { PC_PORT_PIC2, 2 },
        { PC_PORT_ELCR, 2 },
        { PC_PORT_PIT, PIT_PORTS },
        { PC_PORT_PIT, 4 },
        { PC_PORT_61, 1 },
        { PC_PORT_RTC, 2 },
        { PC_PORT_RTC, 2 },
        { PC_PORT_COM1, 8 },
        { PC_PORT_COM1, 8 },
        { PC_PORT_92, 1 },
        { PC_PORT_SMI, 2 },
        { PC_PORT_FW_CFG, 12 },
        { PC_PORT_PM, 0x40 },
        { PC_PORT_PCI, 8 },
        { 0x22, 2 },
        { PC_TESTDEV_PORT, 12 },
        { PC_TESTDEV_LINE_PORT, 24 },
        { PC_TESTDEV_LINE_PORT, 24 },
        { 0xf4, 4 },
        { 0x80, 1 },
        { PC_PORT_KEYBOARD, 1 },
        { PC_PORT_KEYBOARD_COMMAND, 1 },
    };
    unsigned row = fuzz_below(fuzz, sizeof ranges / sizeof ranges[0] + 2);
    if (row >= sizeof ranges / sizeof ranges[0])
        return (uint16_t)fuzz_word(fuzz);
    return (uint16_t)(ranges[row].port + fuzz_below(fuzz, ranges[row].count));
}

static void step_port_write(struct rig *rig, struct fuzz *fuzz)
{
    uint16_t port = any_port(fuzz);
    unsigned size = 1u << (fuzz_chance(fuzz, 4) ? fuzz_below(fuzz, 3) : 0);
    uint64_t value = fuzz_value(fuzz) & bits_low(8 * size);
    fuzz_tell(fuzz, "out%u %xh, %llx", size, port, (unsigned long long)value);
    bus_write(&rig->pc->ports, port, size, value, rig->pc->clock.now);
}

static void step_port_read(struct rig *rig, struct fuzz *fuzz)
{
    uint16_t port = any_port(fuzz);
    unsigned size = 1u << (fuzz_chance(fuzz, 4) ? fuzz_below(fuzz, 3) : 0);
    fuzz_tell(fuzz, "in%u %xh", size, port);
    note(rig, bus_read(&rig->pc->ports, port, size, rig->pc->clock.now));
}

// Registers of the windows more often than the space between them.
static uint64_t any_address(struct fuzz *fuzz)
{
    static const uint64_t edges[] = {
        0,
        PC_LOW_END,
        PC_ROM_BASE,
        PC_ROM_END,
        PC_RIG_RAM,
        PC_IOAPIC,
        PC_IOAPIC + 0x1000,
        PC_HPET,
        PC_HPET + HPET_SIZE,
        PC_TESTDEV_MEMORY,
        PC_TESTDEV_MEMORY + PC_TESTDEV_BYTES,
        PC_HIGH,
        UINT64_MAX,
    };
    switch (fuzz_below(fuzz, 8)) {
    case 0:
    case 1: return PC_IOAPIC + FUZZ_PICK(fuzz, ((const uint16_t[]){ 0x00, 0x00, 0x10, 0x10, 0x40 }));
    case 2: return PC_HPET + 4 * fuzz_below(fuzz, 6) + FUZZ_PICK(fuzz, ((const uint16_t[]){ 0, 0xf0 }));
    case 3: return PC_HPET + 0x100 + 0x20 * fuzz_below(fuzz, 4) + 4 * fuzz_below(fuzz, 6);
    case 4: return PC_IOAPIC + fuzz_below(fuzz, 0x1000);
    case 5: return PC_HPET + fuzz_below(fuzz, HPET_SIZE);
    case 6: return FUZZ_PICK(fuzz, edges) + fuzz_below(fuzz, 16) - 8;
    default: return fuzz_value(fuzz);
    }
}

static void step_memory_write(struct rig *rig, struct fuzz *fuzz)
{
    uint64_t address = any_address(fuzz), value = fuzz_value(fuzz);
    unsigned size = (unsigned)any_size(fuzz);
    fuzz_tell(fuzz, "write%u %llx, %llx", size, (unsigned long long)address, (unsigned long long)value);
    bus_write(&rig->pc->memory, address, size, value & bits_low(8 * size), rig->pc->clock.now);
}

static void step_memory_read(struct rig *rig, struct fuzz *fuzz)
{
    uint64_t address = any_address(fuzz);
    unsigned size = (unsigned)any_size(fuzz);
    fuzz_tell(fuzz, "read%u %llx", size, (unsigned long long)address);
    note(rig, bus_read(&rig->pc->memory, address, size, rig->pc->clock.now));
}

// An entry of the IOAPIC that means something, so that lines lead somewhere.
static void step_ioapic_entry(struct rig *rig, struct fuzz *fuzz)
{
    uint32_t pin = fuzz_below(fuzz, PC_IOAPIC_PINS);
    uint32_t low = (uint32_t)(16 + fuzz_below(fuzz, 240)) | fuzz_below(fuzz, 2) << 15;
    if (fuzz_chance(fuzz, 4))
        low = (uint32_t)fuzz_word(fuzz) & 0x1ffff;
    uint64_t now = rig->pc->clock.now;
    fuzz_tell(fuzz, "ioapic entry %u, %x", pin, low);
    bus_write(&rig->pc->memory, PC_IOAPIC, 4, 0x11 + 2 * pin, now);
    bus_write(&rig->pc->memory, PC_IOAPIC + 0x10, 4, (uint64_t)fuzz_below(fuzz, 5) << 24, now);
    bus_write(&rig->pc->memory, PC_IOAPIC, 4, 0x10 + 2 * pin, now);
    bus_write(&rig->pc->memory, PC_IOAPIC + 0x10, 4, low, now);
}

// --- Steps: a processor's own ------------------------------------------------------------------------------------------

static uint32_t any_cpu(const struct rig *rig, struct fuzz *fuzz)
{
    return fuzz_below(fuzz, rig->pc->config.cpus);
}

static uint32_t any_lapic_offset(struct fuzz *fuzz)
{
    return fuzz_chance(fuzz, 16) ? fuzz_below(fuzz, 0x1000 - 7) : 16 * fuzz_below(fuzz, 0x40);
}

// Often what a kernel would write there.
static uint64_t any_lapic_value(struct fuzz *fuzz, uint32_t offset)
{
    if (fuzz_chance(fuzz, 3))
        return fuzz_value(fuzz);
    switch (offset) {
    case LAPIC_SVR: return 0x1ff;
    case LAPIC_LVT_TIMER: return (16 + fuzz_below(fuzz, 240)) | fuzz_below(fuzz, 3) << 17;
    case LAPIC_LVT_LINT0: return 0x700;
    case LAPIC_INITIAL_COUNT: return fuzz_below(fuzz, 5000);
    case LAPIC_ICR: return (16 + fuzz_below(fuzz, 240)) | fuzz_below(fuzz, 4) << 18;
    case LAPIC_ICR_HIGH: return (uint64_t)fuzz_below(fuzz, 8) << 24;
    default: return fuzz_value(fuzz);
    }
}

static void step_lapic_write(struct rig *rig, struct fuzz *fuzz)
{
    uint32_t cpu = any_cpu(rig, fuzz), offset = any_lapic_offset(fuzz);
    uint64_t value = any_lapic_value(fuzz, offset), page = rig->pc->irq.cpus[cpu].page;
    unsigned size = fuzz_chance(fuzz, 8) ? (unsigned)any_size(fuzz) : 4;
    fuzz_tell(fuzz, "lapic%u write%u %x, %llx", cpu, size, offset, (unsigned long long)value);
    note(rig, x86_irq_cpu_write(&rig->pc->irq, cpu, PORT_MEMORY, page + offset, size, value & bits_low(8 * size),
                                rig->pc->clock.now));
}

static void step_lapic_read(struct rig *rig, struct fuzz *fuzz)
{
    uint32_t cpu = any_cpu(rig, fuzz), offset = any_lapic_offset(fuzz);
    uint64_t value = 0, page = rig->pc->irq.cpus[cpu].page;
    unsigned size = fuzz_chance(fuzz, 8) ? (unsigned)any_size(fuzz) : 4;
    fuzz_tell(fuzz, "lapic%u read%u %x", cpu, size, offset);
    if (x86_irq_cpu_read(&rig->pc->irq, cpu, PORT_MEMORY, page + offset, size, &value, rig->pc->clock.now) == PORT_DONE)
        note(rig, value);
}

static uint32_t any_msr(struct fuzz *fuzz)
{
    static const uint32_t numbers[] = {
        0x10,  0x17,  0x1b,  0x3a,  0x3b,  0x79,       0x8b,       0xfe,       0x174,      0x175,      0x176,
        0x179, 0x17a, 0x1a0, 0x1d9, 0x200, 0x20f,      0x250,      0x26f,      0x277,      0x2ff,      0x6e0,
        0x6e0, 0x808, 0x80b, 0x80f, 0x830, 0xc0000080, 0xc0000081, 0xc0000082, 0xc0000100, 0xc0000103, 0xc0010010,
    };
    if (fuzz_chance(fuzz, 3))
        return 0x800 + fuzz_below(fuzz, 0x40);
    return fuzz_chance(fuzz, 6) ? (uint32_t)fuzz_value(fuzz) : FUZZ_PICK(fuzz, numbers);
}

static uint64_t any_msr_value(const struct rig *rig, struct fuzz *fuzz, uint32_t number)
{
    static const uint64_t bases[] = {
        0xfee00800, 0xfee00c00, 0xfee00900, 0xfee00d00, 0xfee00000, 0xfec00800, 0x100800
    };
    if (number == 0x1b && !fuzz_chance(fuzz, 4))
        return FUZZ_PICK(fuzz, bases);
    if (number == 0x6e0 && !fuzz_chance(fuzz, 4))
        return rig->pc->clock.now + fuzz_below(fuzz, 100000);
    if (number >= 0x800 && number < 0x840)
        return any_lapic_value(fuzz, (number & 0x3f) * 16);
    return fuzz_value(fuzz);
}

static void step_msr_write(struct rig *rig, struct fuzz *fuzz)
{
    uint32_t cpu = any_cpu(rig, fuzz), number = any_msr(fuzz);
    uint64_t value = any_msr_value(rig, fuzz, number);
    fuzz_tell(fuzz, "cpu%u wrmsr %x, %llx", cpu, number, (unsigned long long)value);
    note(rig, x86_write_msr(rig->pc->cpus[cpu], number, value));
}

static void step_msr_read(struct rig *rig, struct fuzz *fuzz)
{
    uint32_t cpu = any_cpu(rig, fuzz), number = any_msr(fuzz);
    uint64_t value = 0;
    fuzz_tell(fuzz, "cpu%u rdmsr %x", cpu, number);
    if (x86_read_msr(rig->pc->cpus[cpu], number, &value))
        note(rig, value);
}

static void step_cr8(struct rig *rig, struct fuzz *fuzz)
{
    uint32_t cpu = any_cpu(rig, fuzz);
    uint64_t value = fuzz_below(fuzz, 16);
    fuzz_tell(fuzz, "cpu%u cr8 %llx", cpu, (unsigned long long)value);
    x86_irq_cpu_write(&rig->pc->irq, cpu, PORT_REGISTER, PORT_CR8, 8, value, rig->pc->clock.now);
    x86_irq_cpu_read(&rig->pc->irq, cpu, PORT_REGISTER, PORT_CR8, 8, &value, rig->pc->clock.now);
    note(rig, value);
}

// Takes something that the pending word shows, or something stale. A vector taken from IRR is no longer expected there.
static void step_acknowledge(struct rig *rig, struct fuzz *fuzz)
{
    uint32_t cpu = any_cpu(rig, fuzz), pending = rig->pc->irq.cpus[cpu].pending;
    const struct lapic_vectors *irr = &rig->pc->irq.cpus[cpu].lapic.irr;
    struct lapic_vectors before = *irr;
    uint32_t which = fuzz_chance(fuzz, 8) || !pending ? BIT32(fuzz_below(fuzz, 5)) : BIT32(bits_lowest(pending));
    int vector = x86_irq_acknowledge(&rig->pc->irq, cpu, which, rig->pc->clock.now);
    fuzz_tell(fuzz, "cpu%u takes %x of %x: %d", cpu, which, pending, vector);
    note(rig, (uint64_t)vector);
    if (which == PENDING_INTR && (pending & PENDING_INTR) && vector < 0)
        fuzz_fail("INTR was pending and gave nothing");
    if (which == PENDING_INIT && vector >= 0)
        memset(rig->expected[cpu], 0, sizeof rig->expected[cpu]);
    else if (which == PENDING_INTR && vector >= 0)
        for (unsigned i = 0; i < 4; i++)
            rig->expected[cpu][i] &=
                ~(before.word[i] & ~irr->word[i] & (i == (unsigned)vector / 64 ? BIT64((unsigned)vector % 64) : 0));
}

static void step_eoi(struct rig *rig, struct fuzz *fuzz)
{
    uint32_t cpu = any_cpu(rig, fuzz);
    struct x86_irq *irq = &rig->pc->irq;
    fuzz_tell(fuzz, "cpu%u eoi", cpu);
    if (lapic_x2apic(&irq->cpus[cpu].lapic))
        x86_irq_cpu_write(irq, cpu, PORT_REGISTER, 0x80b, 8, 0, rig->pc->clock.now);
    else
        x86_irq_cpu_write(irq, cpu, PORT_MEMORY, irq->cpus[cpu].page + LAPIC_EOI, 4, 0, rig->pc->clock.now);
    if (fuzz_chance(fuzz, 2))
        bus_write(&rig->pc->ports, fuzz_chance(fuzz, 2) ? PC_PORT_PIC1 : PC_PORT_PIC2, 1, 0x20, rig->pc->clock.now);
}

// --- Steps: lines and messages -----------------------------------------------------------------------------------------

// Does an active edge at this pin of the IOAPIC have to become a message?
static bool edge_counts(const struct rig *rig, unsigned pin)
{
    uint64_t entry = ioapic_entry(&rig->pc->irq.ioapics[0], pin);
    return !(entry >> 16 & 1) && !(entry >> 15 & 1) && (entry >> 8 & 7) < 2;
}

static uint64_t edges_accounted(const struct rig *rig, unsigned pin)
{
    const struct ioapic *io = &rig->pc->irq.ioapics[0];
    return rig->accepted + rig->dropped + io->mistakes[IOAPIC_MISTAKE_DROPPED] + ioapic_pins_has(&io->edge, pin);
}

static void step_line(struct rig *rig, struct fuzz *fuzz)
{
    unsigned line = fuzz_below(fuzz, LINES), pin = 16 + line;
    bool level = fuzz_below(fuzz, 2), was_high = route_pin_level(&rig->pc->route, X86_IRQ_IOAPIC, pin);
    bool waits = ioapic_pins_has(&rig->pc->irq.ioapics[0].edge, pin);
    bool active_low = ioapic_entry(&rig->pc->irq.ioapics[0], pin) >> 13 & 1;
    uint64_t before = edges_accounted(rig, pin);
    fuzz_tell(fuzz, "line %u = %d", line, level);
    intact_irq_line_set(&rig->lines[line], level);
    bool rose = !was_high && route_pin_level(&rig->pc->route, X86_IRQ_IOAPIC, pin);
    if (rose && !active_low && !waits && edge_counts(rig, pin) && edges_accounted(rig, pin) == before)
        fuzz_fail("an edge at IOAPIC pin %u is lost", pin);
}

static void step_trigger(struct rig *rig, struct fuzz *fuzz)
{
    bool pic = fuzz_below(fuzz, 2);
    unsigned pin = fuzz_below(fuzz, pic ? 16 : PC_IOAPIC_PINS);
    bool waits = !pic && ioapic_pins_has(&rig->pc->irq.ioapics[0].edge, pin);
    uint64_t before = edges_accounted(rig, pin);
    fuzz_tell(fuzz, "trigger %s pin %u", pic ? "8259A" : "IOAPIC", pin);
    x86_irq_trigger(&rig->pc->irq, pic ? X86_IRQ_PIC : X86_IRQ_IOAPIC, pin);
    if (pic && !(rig->pc->irq.pic.chip[pin / 8].held >> (pin % 8) & 1))
        fuzz_fail("a request at 8259A line %u is lost", pin);
    if (!pic && !waits && edge_counts(rig, pin) && edges_accounted(rig, pin) == before)
        fuzz_fail("a trigger of IOAPIC pin %u is lost", pin);
}

static void step_message(struct rig *rig, struct fuzz *fuzz)
{
    uint64_t address = PC_LAPIC | (uint64_t)fuzz_below(fuzz, 8) << 12 | (fuzz_word(fuzz) & 0xc);
    uint32_t data = 16 + fuzz_below(fuzz, 240);
    if (fuzz_chance(fuzz, 4)) {
        address = fuzz_chance(fuzz, 2) ? fuzz_value(fuzz) : PC_LAPIC | (fuzz_word(fuzz) & 0xfffff);
        data = (uint32_t)fuzz_word(fuzz) & (fuzz_chance(fuzz, 4) ? UINT32_MAX : 0xc7ff);
    }
    uint64_t accepted = rig->accepted, dropped = rig->dropped;
    fuzz_tell(fuzz, "message %llx, %x", (unsigned long long)address, data);
    bool taken = x86_irq_msi(&rig->pc->irq, address, data, fuzz_below(fuzz, 4));
    note(rig, taken);
    if (taken ? rig->accepted == accepted : rig->dropped == dropped)
        fuzz_fail("a message was %s and nobody knows of it", taken ? "taken" : "refused");
}

static void step_pins_of_cpu(struct rig *rig, struct fuzz *fuzz)
{
    static const enum lapic_lvt inner[] = { LAPIC_CMCI, LAPIC_THERMAL, LAPIC_PMC };
    uint32_t cpu = any_cpu(rig, fuzz);
    unsigned kind = fuzz_below(fuzz, 4);
    fuzz_tell(fuzz, "cpu%u pin, kind %u", cpu, kind);
    if (kind == 0)
        x86_irq_set_nmi(&rig->pc->irq, fuzz_below(fuzz, 2));
    else if (kind == 1)
        x86_irq_set_lint(&rig->pc->irq, cpu ? cpu : 0, cpu ? fuzz_below(fuzz, 2) : 1, fuzz_below(fuzz, 2));
    else
        x86_irq_raise(&rig->pc->irq, cpu, FUZZ_PICK(fuzz, inner));
}

// --- Steps: groups -----------------------------------------------------------------------------------------------------

static struct intact_irq_config any_config(struct fuzz *fuzz, const struct intact_irq_group *group)
{
    struct intact_irq_config config = {
        .type = fuzz_chance(fuzz, 32) ? (enum intact_irq_type)fuzz_below(fuzz, 6) : intact_irq_group_type(group),
        .chip = fuzz_chance(fuzz, 2) ? INTACT_IRQ_ANY_PIN : fuzz_below(fuzz, 3),
        .pin = fuzz_below(fuzz, 26),
        .level = fuzz_below(fuzz, 2),
        .address_low = (uint32_t)PC_LAPIC | fuzz_below(fuzz, 8) << 12,
        .data = 16 + fuzz_below(fuzz, 240),
        .device = fuzz_below(fuzz, 4),
    };
    if (fuzz_chance(fuzz, 8)) {
        config.address_low = (uint32_t)fuzz_value(fuzz);
        config.address_high = (uint32_t)fuzz_value(fuzz);
        config.data = (uint32_t)fuzz_value(fuzz);
    }
    return config;
}

static void enable_group(struct rig *rig, struct fuzz *fuzz, struct intact_irq_group *group)
{
    struct intact_irq_config configs[64];
    bool staged = fuzz_chance(fuzz, 3);
    for (uint32_t i = 0; i < intact_irq_group_length(group); i++)
        configs[i] = any_config(fuzz, group);
    note(rig, (uint64_t)intact_irq_group_enable(group, staged ? NULL : configs));
}

static void step_group(struct rig *rig, struct fuzz *fuzz)
{
    struct intact_irq_group *group = FUZZ_PICK(fuzz, rig->groups);
    uint32_t index = fuzz_below(fuzz, intact_irq_group_length(group) + fuzz_chance(fuzz, 16));
    struct intact_irq_config config = any_config(fuzz, group);
    unsigned kind = fuzz_below(fuzz, 16);
    int result = 0;
    fuzz_tell(fuzz, "group %u[%u], kind %u", intact_irq_group_base(group), index, kind);
    switch (kind) {
    case 0:
    case 1: enable_group(rig, fuzz, group); break;
    case 2: result = intact_irq_group_disable(group); break;
    case 3: result = intact_irq_group_set_level(group, index, fuzz_below(fuzz, 2)); break;
    case 4:
    case 5: result = intact_irq_group_update(group, index, &config, fuzz_chance(fuzz, 4), fuzz_below(fuzz, 2)); break;
    case 6: result = intact_irq_group_set_gsi(group); break;
    case 7: intact_irq_group_forget(group); break;
    case 8: result = intact_irq_group_mask(group, index); break;
    case 9: result = intact_irq_group_unmask(group, index); break;
    case 10: result = intact_irq_group_clear_pending(group, index); break;
    default: result = intact_irq_group_trigger(group, index); break;
    }
    note(rig, (uint64_t)(int64_t)result);
}

// --- Steps: time and the rest ------------------------------------------------------------------------------------------

// As the loop does it: never past a deadline.
static void step_time(struct rig *rig, struct fuzz *fuzz)
{
    struct clock *clock = &rig->pc->clock;
    uint64_t target =
        clock->now + (UINT64_C(1) << fuzz_below(fuzz, fuzz_chance(fuzz, 16) ? 48 : 24)) + fuzz_below(fuzz, 1000);
    fuzz_tell(fuzz, "time to %llu", (unsigned long long)target);
    for (unsigned i = 0; i < EVENTS && clock_next(clock) <= target; i++) {
        if (clock_next(clock) > clock->now)
            clock_advance(clock, clock_next(clock));
        clock_run_due(clock);
    }
    if (clock_next(clock) > target)
        clock_advance(clock, target);
}

static void step_outside(struct rig *rig, struct fuzz *fuzz)
{
    struct pc *pc = rig->pc;
    uint8_t codes[] = { (uint8_t)fuzz_word(fuzz), (uint8_t)fuzz_word(fuzz) };
    switch (fuzz_below(fuzz, 5)) {
    case 0:
    case 1:
        if (uart16550_can_receive(&pc->com1))
            uart16550_receive(&pc->com1, codes[0], pc->clock.now);
        break;
    case 2: i8042_key(&pc->keyboard, codes, 1 + fuzz_below(fuzz, 2)); break;
    case 3: acpi_pm_gpe(&pc->pm, fuzz_below(fuzz, 32), pc->clock.now); break;
    default: acpi_pm_power_button(&pc->pm, pc->clock.now); break;
    }
}

static void step_reset(struct rig *rig, struct fuzz *fuzz)
{
    if (!fuzz_chance(fuzz, 20))
        return;
    fuzz_tell(fuzz, "reset");
    if (pc_reset(rig->pc) < 0)
        fuzz_fail("reset: %s", rig->pc->error.text);
    memset(rig->expected, 0, sizeof rig->expected);
}

static void step(struct rig *rig, struct fuzz *fuzz)
{
    static const struct {
        unsigned weight;
        void (*act)(struct rig *rig, struct fuzz *fuzz);
    } steps[] = {
        { 24, step_port_write },   { 10, step_port_read },   { 12, step_memory_write }, { 6, step_memory_read },
        { 10, step_ioapic_entry }, { 20, step_lapic_write }, { 6, step_lapic_read },    { 10, step_msr_write },
        { 4, step_msr_read },      { 3, step_cr8 },          { 24, step_acknowledge },  { 16, step_eoi },
        { 12, step_line },         { 8, step_trigger },      { 10, step_message },      { 4, step_pins_of_cpu },
        { 16, step_group },        { 16, step_time },        { 4, step_outside },       { 1, step_reset },
    };
    unsigned total = 0, at = 0;
    for (unsigned i = 0; i < countof(steps); i++)
        total += steps[i].weight;
    for (unsigned left = fuzz_below(fuzz, total); left >= steps[at].weight; at++)
        left -= steps[at].weight;
    steps[at].act(rig, fuzz);
}

// --- What must hold ----------------------------------------------------------------------------------------------------

static void check_settled(struct rig *rig)
{
    struct x86_irq *irq = &rig->pc->irq;
    struct {
        uint64_t deadline;
        uint32_t pending;
    } told[CPUS];
    uint64_t hub = irq->hub_deadline;
    struct visit_save save;
    struct visit_differ differ;
    if (irq->depth || irq->hub_dirty || irq->dirty_words)
        fuzz_fail("something is left to settle");
    visit_save_init(&save);
    x86_irq_visit(irq, &save.visit);
    for (uint32_t i = 0; i < irq->config.cpus; i++) {
        told[i].deadline = irq->cpus[i].deadline;
        told[i].pending = irq->cpus[i].pending;
        irq->dirty[i / 64] |= BIT64(i % 64);
        irq->dirty_words |= BIT64(i / 64);
        if (rig->pc->cpus[i]->vcpu.pending != irq->cpus[i].pending)
            fuzz_fail("cpu%u has pending word %x and was told %x", i, rig->pc->cpus[i]->vcpu.pending,
                      irq->cpus[i].pending);
    }
    irq->hub_dirty = X86_IRQ_HUB_ALL;
    x86_irq_settle(irq);
    visit_differ_init(&differ, save.data, save.size);
    x86_irq_visit(irq, &differ.visit);
    if (differ.differs)
        fuzz_fail("settling once more changed %s", differ.path);
    for (uint32_t i = 0; i < irq->config.cpus; i++)
        if (told[i].pending != irq->cpus[i].pending || told[i].deadline != irq->cpus[i].deadline)
            fuzz_fail("settling once more moved an output of cpu%u: %x to %x", i, told[i].pending,
                      irq->cpus[i].pending);
    if (hub != irq->hub_deadline)
        fuzz_fail("settling once more moved the IOAPICs' deadline");
    free(save.data);
}

static void check_vectors(struct rig *rig)
{
    for (uint32_t i = 0; i < rig->pc->config.cpus; i++) {
        const struct lapic *lapic = &rig->pc->irq.cpus[i].lapic;
        if (!lapic_enabled(lapic))
            memset(rig->expected[i], 0, sizeof rig->expected[i]);
        for (unsigned word = 0; word < 4; word++) {
            uint64_t lost = rig->expected[i][word] & ~lapic->irr.word[word];
            if (lost)
                fuzz_fail("vector %u was accepted by cpu%u and is lost", word * 64 + bits_lowest(lost), i);
            if (!!lapic->irr.word[word] != (lapic->irr.summary >> word & 1))
                fuzz_fail("the IRR summary of cpu%u is wrong", i);
        }
    }
}

static void check_groups(const struct rig *rig)
{
    for (unsigned i = 0; i < GROUPS; i++) {
        struct intact_irq_counts counts;
        uint64_t pending = 0;
        for (uint32_t k = 0; k < intact_irq_group_length(rig->groups[i]); k++)
            pending += rig->groups[i]->sources[k].owed + rig->groups[i]->sources[k].again;
        intact_irq_group_counts(rig->groups[i], &counts);
        if (counts.triggered != counts.delivered + counts.coalesced + counts.dropped + counts.abandoned + pending)
            fuzz_fail(
                "group %u: %llu triggered, %llu delivered, %llu coalesced, %llu dropped, %llu abandoned, %llu pending",
                intact_irq_group_base(rig->groups[i]), (unsigned long long)counts.triggered,
                (unsigned long long)counts.delivered, (unsigned long long)counts.coalesced,
                (unsigned long long)counts.dropped, (unsigned long long)counts.abandoned, (unsigned long long)pending);
    }
}

static void copy_lines(struct rig *to, const struct rig *from)
{
    for (unsigned i = 0; i < LINES; i++)
        to->lines[i].level = from->lines[i].level;
    memcpy(to->expected, from->expected, sizeof to->expected);
    to->accepted = from->accepted;
    to->dropped = from->dropped;
    to->seen = from->seen;
}

// A snapshot of `rig` in `other`, then the same steps in both.
static void check_snapshot(struct rig *rig, struct rig *other, struct fuzz *fuzz)
{
    struct visit_save save = pc_rig_save(rig->pc);
    const char *differs = pc_rig_differs(rig->pc, &save);
    struct fuzz same;
    if (differs)
        fuzz_fail("taking a snapshot changed %s", differs);
    fuzz_tell(fuzz, "snapshot");
    pc_rig_load(other->pc, &save);
    memcpy(other->pc->ram, rig->pc->ram, rig->pc->ram_size);
    copy_lines(other, rig);
    differs = pc_rig_differs(other->pc, &save);
    if (differs)
        fuzz_fail("a snapshot comes back with another %s", differs);
    free(save.data);
    for (unsigned i = 0; i < SNAPSHOT_STEPS; i++) {
        same = *fuzz;
        same.verbose = false;
        step(rig, fuzz);
        step(other, &same);
        save = pc_rig_save(rig->pc);
        differs = pc_rig_differs(other->pc, &save);
        if (differs)
            fuzz_fail("step %u after a snapshot makes a difference in %s", i, differs);
        if (rig->seen != other->seen)
            fuzz_fail("step %u after a snapshot reads something else", i);
        free(save.data);
    }
}

void fuzz_case(struct fuzz *fuzz)
{
    unsigned cpus = 1 + fuzz_below(fuzz, CPUS);
    struct rig *rig = rig_new(cpus), *other = rig_new(cpus);
    for (unsigned i = 0; i < STEPS; i++) {
        step(rig, fuzz);
        check_settled(rig);
        check_vectors(rig);
        check_groups(rig);
        if (i % SNAPSHOT_EVERY == SNAPSHOT_EVERY - 1)
            check_snapshot(rig, other, fuzz);
    }
    rig_free(other);
    rig_free(rig);
}
