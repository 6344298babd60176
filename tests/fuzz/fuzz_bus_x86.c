// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The bus of a PC: ports, device windows, local APIC pages, MSRs, CR8, lines and messages.
//
// What must hold after every step:
//   - deriving every output once more changes nothing (x86_irq_settle);
//   - a vector that a local APIC accepted is in its IRR until it is taken or the APIC is reset;
//   - a message was accepted, or its drop was reported; an edge at an unmasked IOAPIC pin became a message or waits.
#include <stdlib.h>
#include <string.h>

#include "fuzz_bus.h"
#include "pc_rig.h"
#include "vcpu/x86_64/system/sysreg.h"
#include "x86_check.h"

const char *const fuzz_name = "fuzz_bus_x86";

enum { CPUS = 4 };

// Vectors that were accepted and not taken yet.
struct notes {
    uint64_t expected[CPUS][4];
};

static struct pc *pc(const struct bus_case *bus)
{
    return pc_of(bus->rig.machine);
}

static uint64_t (*expected(const struct bus_case *bus))[4]
{
    return ((struct notes *)bus->own)->expected;
}

static void trace(struct bus_case *bus, const struct intact_trace_event *event)
{
    if (event->id == INTACT_TRACE_DROP && event->a >= X86_IRQ_DROP_NO_CPU)
        bus->dropped++;
    if (event->id != INTACT_TRACE_ACCEPT)
        return;
    bus->accepted++;
    if (x86_delivery_has_vector(event->b & 0xff) && event->a >= 16)
        expected(bus)[event->cpu][event->a / 64] |= BIT64(event->a % 64);
}

// --- Steps: ports and windows ---------------------------------------------------------------------------------------

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
        { PC_PORT_DMA1, ISA_DMA_LOW_PORTS },
        { PC_PORT_DMA_PAGE, ISA_DMA_PAGE_PORTS },
        { PC_PORT_DMA2, ISA_DMA_HIGH_PORTS },
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

static void step_port_write(struct bus_case *bus, struct fuzz *fuzz)
{
    uint16_t port = any_port(fuzz);
    unsigned size = 1u << (fuzz_chance(fuzz, 4) ? fuzz_below(fuzz, 3) : 0);
    uint64_t value = fuzz_value(fuzz) & bits_low(8 * size);
    fuzz_tell(fuzz, "out%u %xh, %llx", size, port, (unsigned long long)value);
    bus_write(&pc(bus)->board.ports, port, size, value, pc(bus)->board.clock.now);
}

static void step_port_read(struct bus_case *bus, struct fuzz *fuzz)
{
    uint16_t port = any_port(fuzz);
    unsigned size = 1u << (fuzz_chance(fuzz, 4) ? fuzz_below(fuzz, 3) : 0);
    fuzz_tell(fuzz, "in%u %xh", size, port);
    bus_note(bus, bus_read(&pc(bus)->board.ports, port, size, pc(bus)->board.clock.now));
}

// Registers of the windows more often than the space between them.
static uint64_t any_address(struct fuzz *fuzz)
{
    static const uint64_t edges[] = {
        0,
        PC_LOW_END,
        PC_ROM_BASE,
        PC_ROM_END,
        RIG_RAM,
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

static void step_memory_write(struct bus_case *bus, struct fuzz *fuzz)
{
    uint64_t address = any_address(fuzz), value = fuzz_value(fuzz);
    bus_do_write(bus, fuzz, address, bus_any_size(fuzz), value);
}

static void step_memory_read(struct bus_case *bus, struct fuzz *fuzz)
{
    uint64_t address = any_address(fuzz);
    bus_do_read(bus, fuzz, address, bus_any_size(fuzz));
}

// A valid entry of the IOAPIC, so that lines lead somewhere.
static void step_ioapic_entry(struct bus_case *bus, struct fuzz *fuzz)
{
    uint32_t pin = fuzz_below(fuzz, PC_IOAPIC_PINS);
    uint32_t low = (uint32_t)(16 + fuzz_below(fuzz, 240)) | fuzz_below(fuzz, 2) << 15;
    if (fuzz_chance(fuzz, 4))
        low = (uint32_t)fuzz_word(fuzz) & 0x1ffff;
    uint64_t now = pc(bus)->board.clock.now;
    fuzz_tell(fuzz, "ioapic entry %u, %x", pin, low);
    bus_write(&pc(bus)->board.memory, PC_IOAPIC, 4, 0x11 + 2 * pin, now);
    bus_write(&pc(bus)->board.memory, PC_IOAPIC + 0x10, 4, (uint64_t)fuzz_below(fuzz, 5) << 24, now);
    bus_write(&pc(bus)->board.memory, PC_IOAPIC, 4, 0x10 + 2 * pin, now);
    bus_write(&pc(bus)->board.memory, PC_IOAPIC + 0x10, 4, low, now);
}

// --- Steps: registers of a processor --------------------------------------------------------------------------------

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

static void step_lapic_write(struct bus_case *bus, struct fuzz *fuzz)
{
    uint32_t cpu = bus_any_cpu(bus, fuzz), offset = any_lapic_offset(fuzz);
    uint64_t value = any_lapic_value(fuzz, offset), page = pc(bus)->irq.cpus[cpu].page;
    unsigned size = fuzz_chance(fuzz, 8) ? bus_any_size(fuzz) : 4;
    fuzz_tell(fuzz, "lapic%u write%u %x, %llx", cpu, size, offset, (unsigned long long)value);
    bus_note(bus, x86_irq_cpu_write(&pc(bus)->irq, cpu, PORT_MEMORY, page + offset, size, value & bits_low(8 * size),
                                    pc(bus)->board.clock.now));
}

static void step_lapic_read(struct bus_case *bus, struct fuzz *fuzz)
{
    uint32_t cpu = bus_any_cpu(bus, fuzz), offset = any_lapic_offset(fuzz);
    uint64_t value = 0, page = pc(bus)->irq.cpus[cpu].page;
    unsigned size = fuzz_chance(fuzz, 8) ? bus_any_size(fuzz) : 4;
    fuzz_tell(fuzz, "lapic%u read%u %x", cpu, size, offset);
    if (x86_irq_cpu_read(&pc(bus)->irq, cpu, PORT_MEMORY, page + offset, size, &value, pc(bus)->board.clock.now) ==
        PORT_DONE)
        bus_note(bus, value);
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

static uint64_t any_msr_value(const struct bus_case *bus, struct fuzz *fuzz, uint32_t number)
{
    static const uint64_t bases[] = {
        0xfee00800, 0xfee00c00, 0xfee00900, 0xfee00d00, 0xfee00000, 0xfec00800, 0x100800
    };
    if (number == 0x1b && !fuzz_chance(fuzz, 4))
        return FUZZ_PICK(fuzz, bases);
    if (number == 0x6e0 && !fuzz_chance(fuzz, 4))
        return pc(bus)->board.clock.now + fuzz_below(fuzz, 100000);
    if (number >= 0x800 && number < 0x840)
        return any_lapic_value(fuzz, (number & 0x3f) * 16);
    return fuzz_value(fuzz);
}

static void step_msr_write(struct bus_case *bus, struct fuzz *fuzz)
{
    uint32_t cpu = bus_any_cpu(bus, fuzz), number = any_msr(fuzz);
    uint64_t value = any_msr_value(bus, fuzz, number);
    fuzz_tell(fuzz, "cpu%u wrmsr %x, %llx", cpu, number, (unsigned long long)value);
    bus_note(bus, x86_write_msr(pc(bus)->cpus[cpu], number, value));
}

static void step_msr_read(struct bus_case *bus, struct fuzz *fuzz)
{
    uint32_t cpu = bus_any_cpu(bus, fuzz), number = any_msr(fuzz);
    uint64_t value = 0;
    fuzz_tell(fuzz, "cpu%u rdmsr %x", cpu, number);
    if (x86_read_msr(pc(bus)->cpus[cpu], number, &value))
        bus_note(bus, value);
}

static void step_cr8(struct bus_case *bus, struct fuzz *fuzz)
{
    uint32_t cpu = bus_any_cpu(bus, fuzz);
    uint64_t value = fuzz_below(fuzz, 16);
    fuzz_tell(fuzz, "cpu%u cr8 %llx", cpu, (unsigned long long)value);
    x86_irq_cpu_write(&pc(bus)->irq, cpu, PORT_REGISTER, PORT_CR8, 8, value, pc(bus)->board.clock.now);
    x86_irq_cpu_read(&pc(bus)->irq, cpu, PORT_REGISTER, PORT_CR8, 8, &value, pc(bus)->board.clock.now);
    bus_note(bus, value);
}

// Takes something that the pending word shows, or something stale. A vector taken from IRR is no longer expected there.
static void step_acknowledge(struct bus_case *bus, struct fuzz *fuzz)
{
    uint32_t cpu = bus_any_cpu(bus, fuzz), pending = pc(bus)->irq.cpus[cpu].pending;
    const struct lapic_vectors *irr = &pc(bus)->irq.cpus[cpu].lapic.irr;
    struct lapic_vectors before = *irr;
    uint32_t which = fuzz_chance(fuzz, 8) || !pending ? BIT32(fuzz_below(fuzz, 5)) : BIT32(bits_lowest(pending));
    int vector = x86_irq_acknowledge(&pc(bus)->irq, cpu, which, pc(bus)->board.clock.now);
    fuzz_tell(fuzz, "cpu%u takes %x of %x: %d", cpu, which, pending, vector);
    bus_note(bus, (uint64_t)vector);
    if (which == PENDING_INTR && (pending & PENDING_INTR) && vector < 0)
        fuzz_fail("INTR was pending and gave nothing");
    if (which == PENDING_INIT && vector >= 0)
        memset(expected(bus)[cpu], 0, sizeof expected(bus)[cpu]);
    else if (which == PENDING_INTR && vector >= 0)
        for (unsigned i = 0; i < 4; i++)
            expected(bus)[cpu][i] &=
                ~(before.word[i] & ~irr->word[i] & (i == (unsigned)vector / 64 ? BIT64((unsigned)vector % 64) : 0));
}

static void step_eoi(struct bus_case *bus, struct fuzz *fuzz)
{
    uint32_t cpu = bus_any_cpu(bus, fuzz);
    struct x86_irq *irq = &pc(bus)->irq;
    fuzz_tell(fuzz, "cpu%u eoi", cpu);
    if (lapic_x2apic(&irq->cpus[cpu].lapic))
        x86_irq_cpu_write(irq, cpu, PORT_REGISTER, 0x80b, 8, 0, pc(bus)->board.clock.now);
    else
        x86_irq_cpu_write(irq, cpu, PORT_MEMORY, irq->cpus[cpu].page + LAPIC_EOI, 4, 0, pc(bus)->board.clock.now);
    if (fuzz_chance(fuzz, 2))
        bus_write(&pc(bus)->board.ports, fuzz_chance(fuzz, 2) ? PC_PORT_PIC1 : PC_PORT_PIC2, 1, 0x20,
                  pc(bus)->board.clock.now);
}

// --- Steps: lines and messages --------------------------------------------------------------------------------------

// Does an active edge at this pin of the IOAPIC have to become a message?
static bool edge_counts(const struct bus_case *bus, unsigned pin)
{
    uint64_t entry = ioapic_entry(&pc(bus)->irq.ioapics[0], pin);
    return !(entry >> 16 & 1) && !(entry >> 15 & 1) && (entry >> 8 & 7) < 2;
}

static uint64_t edges_accounted(const struct bus_case *bus, unsigned pin)
{
    const struct ioapic *io = &pc(bus)->irq.ioapics[0];
    return bus->accepted + bus->dropped + io->mistakes[IOAPIC_MISTAKE_DROPPED] + ioapic_pins_has(&io->edge, pin);
}

static void step_line(struct bus_case *bus, struct fuzz *fuzz)
{
    unsigned line = fuzz_below(fuzz, BUS_LINES), pin = 16 + line;
    bool level = fuzz_below(fuzz, 2), was_high = route_pin_level(&pc(bus)->board.route, X86_IRQ_IOAPIC, pin);
    bool waits = ioapic_pins_has(&pc(bus)->irq.ioapics[0].edge, pin);
    bool active_low = ioapic_entry(&pc(bus)->irq.ioapics[0], pin) >> 13 & 1;
    uint64_t before = edges_accounted(bus, pin);
    fuzz_tell(fuzz, "line %u = %d", line, level);
    intact_irq_line_set(&bus->lines[line], level);
    bool rose = !was_high && route_pin_level(&pc(bus)->board.route, X86_IRQ_IOAPIC, pin);
    if (rose && !active_low && !waits && edge_counts(bus, pin) && edges_accounted(bus, pin) == before)
        fuzz_fail("an edge at IOAPIC pin %u is lost", pin);
}

static void step_trigger(struct bus_case *bus, struct fuzz *fuzz)
{
    bool pic = fuzz_below(fuzz, 2);
    unsigned pin = fuzz_below(fuzz, pic ? 16 : PC_IOAPIC_PINS);
    bool waits = !pic && ioapic_pins_has(&pc(bus)->irq.ioapics[0].edge, pin);
    uint64_t before = edges_accounted(bus, pin);
    fuzz_tell(fuzz, "trigger %s pin %u", pic ? "8259A" : "IOAPIC", pin);
    x86_irq_trigger(&pc(bus)->irq, pic ? X86_IRQ_PIC : X86_IRQ_IOAPIC, pin);
    bool cascade = pin < 8 && pc(bus)->irq.pic.slave_pins >> pin & 1; // no source can be there
    if (pic && !cascade && !(pc(bus)->irq.pic.chip[pin / 8].held >> (pin % 8) & 1))
        fuzz_fail("a request at 8259A line %u is lost", pin);
    if (!pic && !waits && edge_counts(bus, pin) && edges_accounted(bus, pin) == before)
        fuzz_fail("a trigger of IOAPIC pin %u is lost", pin);
}

static void step_message(struct bus_case *bus, struct fuzz *fuzz)
{
    uint64_t address = PC_LAPIC | (uint64_t)fuzz_below(fuzz, 8) << 12 | (fuzz_word(fuzz) & 0xc);
    uint32_t data = 16 + fuzz_below(fuzz, 240);
    if (fuzz_chance(fuzz, 4)) {
        address = fuzz_chance(fuzz, 2) ? fuzz_value(fuzz) : PC_LAPIC | (fuzz_word(fuzz) & 0xfffff);
        data = (uint32_t)fuzz_word(fuzz) & (fuzz_chance(fuzz, 4) ? UINT32_MAX : 0xc7ff);
    }
    uint64_t accepted = bus->accepted, dropped = bus->dropped;
    fuzz_tell(fuzz, "message %llx, %x", (unsigned long long)address, data);
    bool taken = x86_irq_msi(&pc(bus)->irq, address, data, fuzz_below(fuzz, 4));
    bus_note(bus, taken);
    if (taken ? bus->accepted == accepted : bus->dropped == dropped)
        fuzz_fail("a message was %s and nobody knows of it", taken ? "taken" : "refused");
}

static void step_pins_of_cpu(struct bus_case *bus, struct fuzz *fuzz)
{
    static const enum lapic_lvt inner[] = { LAPIC_CMCI, LAPIC_THERMAL, LAPIC_PMC };
    uint32_t cpu = bus_any_cpu(bus, fuzz);
    unsigned kind = fuzz_below(fuzz, 4);
    fuzz_tell(fuzz, "cpu%u pin, kind %u", cpu, kind);
    if (kind == 0)
        x86_irq_set_nmi(&pc(bus)->irq, fuzz_below(fuzz, 2));
    else if (kind == 1)
        x86_irq_set_lint(&pc(bus)->irq, cpu ? cpu : 0, cpu ? fuzz_below(fuzz, 2) : 1, fuzz_below(fuzz, 2));
    else
        x86_irq_raise(&pc(bus)->irq, cpu, FUZZ_PICK(fuzz, inner));
}

static void step_outside(struct bus_case *bus, struct fuzz *fuzz)
{
    struct pc *machine = pc(bus);
    uint64_t now = machine->board.clock.now;
    switch (fuzz_below(fuzz, 6)) {
    case 0:
    case 1:
        if (uart16550_can_receive(&machine->com1))
            uart16550_receive(&machine->com1, (uint8_t)fuzz_word(fuzz), now);
        break;
    case 2: i8042_key(&machine->keyboard, fuzz_below(fuzz, INTACT_KEY_COUNT), fuzz_chance(fuzz, 2), now); break;
    case 3:
        i8042_move(&machine->keyboard, (int)fuzz_below(fuzz, 601) - 300, (int)fuzz_below(fuzz, 601) - 300,
                   (int)fuzz_below(fuzz, 17) - 8, (uint8_t)fuzz_below(fuzz, 32), now);
        break;
    case 4: acpi_pm_gpe(&machine->pm, fuzz_below(fuzz, 32), now); break;
    default: acpi_pm_power_button(&machine->pm, now); break;
    }
}

static void was_reset(struct bus_case *bus)
{
    memset(bus->own, 0, sizeof(struct notes));
}

// --- What must hold -------------------------------------------------------------------------------------------------

static void check_vectors(struct bus_case *bus)
{
    for (uint32_t i = 0; i < pc(bus)->board.config.cpus; i++) {
        const struct lapic *lapic = &pc(bus)->irq.cpus[i].lapic;
        if (!lapic_enabled(lapic))
            memset(expected(bus)[i], 0, sizeof expected(bus)[i]);
        for (unsigned word = 0; word < 4; word++) {
            uint64_t lost = expected(bus)[i][word] & ~lapic->irr.word[word];
            if (lost)
                fuzz_fail("vector %u was accepted by cpu%u and is lost", word * 64 + bits_lowest(lost), i);
            if (!!lapic->irr.word[word] != (lapic->irr.summary >> word & 1))
                fuzz_fail("the IRR summary of cpu%u is wrong", i);
        }
    }
}

static void check(struct bus_case *bus)
{
    x86_check_settled(pc(bus));
    check_vectors(bus);
}

static struct bus_config draw(struct fuzz *fuzz)
{
    return (struct bus_config){ .cpus = 1 + fuzz_below(fuzz, CPUS) };
}

static struct rig make(const struct bus_config *config, void *own)
{
    (void)own;
    return pc_rig(config->cpus);
}

static void message(struct fuzz *fuzz, uint64_t *address, uint32_t *data)
{
    *address = PC_LAPIC | (uint64_t)fuzz_below(fuzz, 8) << 12;
    *data = 16 + fuzz_below(fuzz, 240);
}

static const struct bus_step steps[] = {
    { 24, step_port_write },   { 10, step_port_read },   { 12, step_memory_write }, { 6, step_memory_read },
    { 10, step_ioapic_entry }, { 20, step_lapic_write }, { 6, step_lapic_read },    { 10, step_msr_write },
    { 4, step_msr_read },      { 3, step_cr8 },          { 24, step_acknowledge },  { 16, step_eoi },
    { 12, step_line },         { 8, step_trigger },      { 10, step_message },      { 4, step_pins_of_cpu },
    { 4, step_outside },
};

const struct bus_family bus_family = {
    .draw = draw,
    .make = make,
    .own_bytes = sizeof(struct notes),
    .traced = BIT64(TRACE_ACCEPT) | BIT64(TRACE_DROP),
    .trace = trace,
    .steps = steps,
    .step_count = countof(steps),
    .was_reset = was_reset,
    .check = check,
    .message = message,
};
