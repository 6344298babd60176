// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// "Why does this interrupt not arrive" against the chips themselves, in states
// that random register writes, levels and messages lead to. INTACT_TRIALS and
// INTACT_SEED give a longer run.
//
// - Every answer has a finding, and asking leaves every byte as it was.
// - A place is true: INTR, or the NMI, is pending for the CPU that it names, or
// the vector is in its ISR.
// - What no gate holds has arrived: an answer without a gate ends at a CPU, or
// with an interrupt in service.
// - Gates are true: a vector has none if and only if it is what INTR is up for,
// and the 8259A if and only if INT is.
#include <inttypes.h>
#include <stdlib.h>

#include "test_why.h"

#define CPUS  3
#define STEPS 400

static uint64_t state;

static uint32_t draw(uint32_t below)
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return (uint32_t)((state >> 16) % below);
}

static uint64_t environment(const char *name, uint64_t otherwise)
{
    const char *value = getenv(name);
    return value ? strtoull(value, NULL, 0) : otherwise;
}

// --- What a guest and its devices do
// --------------------------------------------------------------------------------

static uint32_t one_of(const uint32_t *values, uint32_t count)
{
    return values[draw(count)];
}

#define ONE_OF(...)                                                                                                    \
    one_of((const uint32_t[]){ __VA_ARGS__ }, sizeof((const uint32_t[]){ __VA_ARGS__ }) / sizeof(uint32_t))

static uint32_t some_vector(void)
{
    return draw(8) ? 0x20 + draw(12) * 0x0b : draw(256);
}

static void write_pic(struct board *b)
{
    uint16_t base = draw(2) ? 0x20 : 0xa0;
    switch (draw(8)) {
    case 0: // a whole initialisation, now and then with a strange word, or cut
        // short
        x86_irq_port_write(&b->irq, base, (uint8_t)ONE_OF(0x11, 0x11, 0x11, 0x10, 0x13, 0x19));
        x86_irq_port_write(&b->irq, base + 1, base == 0x20 ? 0x20 : 0x28);
        x86_irq_port_write(&b->irq, base + 1, base == 0x20 ? 0x04 : 0x02);
        if (draw(8))
            x86_irq_port_write(&b->irq, base + 1, (uint8_t)ONE_OF(1, 1, 1, 3, 0x11, 0x0d, 0x09, 0));
        return;
    case 1: x86_irq_port_write(&b->irq, base + 1, (uint8_t)(draw(256) & draw(256))); return;
    case 2: x86_irq_port_write(&b->irq, base + 1, 0); return;
    case 3:
        x86_irq_port_write(&b->irq, base, (uint8_t)ONE_OF(0x20, 0x20, 0x60 + draw(8), 0xa0, 0xc0 + draw(8)));
        return;
    case 4: x86_irq_port_write(&b->irq, base, (uint8_t)ONE_OF(0x48, 0x68, 0x0c, 0x0a, 0x0b)); return;
    case 5: x86_irq_port_write(&b->irq, 0x4d0 + draw(2), (uint8_t)draw(256)); return;
    case 6: x86_irq_port_read(&b->irq, base); return;
    default: x86_irq_port_write(&b->irq, 0x22, 0x70); x86_irq_port_write(&b->irq, 0x23, (uint8_t)draw(2));
    }
}

static void write_ioapic(struct board *b)
{
    uint64_t entry = some_vector() | (uint64_t)ONE_OF(0, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7) << 8;
    entry |= draw(3) ? 0 : 1u << 11;
    entry |= draw(3) ? 0 : 1u << 13;
    entry |= draw(2) ? 0 : 1u << 15;
    entry |= draw(4) ? 0 : 1u << 16;
    entry |= ENTRY_DEST(ONE_OF(0, 0, 1, 2, 3, 4, 7, 0x11, 0xff));
    route(b, draw(2), draw(4), entry);
}

static uint32_t some_value(uint32_t offset)
{
    switch (offset) {
    case LAPIC_TPR: return draw(2) ? 0 : draw(256);
    case LAPIC_LDR: return ONE_OF(1, 2, 4, 3, 0x11) << 24;
    case LAPIC_DFR: return ONE_OF(0xffffffff, 0x0fffffff);
    case LAPIC_SVR: return ONE_OF(0x1ff, 0x1ff, 0x1ff, 0x11ff, 0xff);
    case LAPIC_ICR: return some_vector() | ONE_OF(0, 0, 4, 5, 6, 2) << 8 | draw(4) << 18 | 1u << 14;
    case LAPIC_INITIAL_COUNT: return draw(3) * 1000;
    case LAPIC_LVT_TIMER: return some_vector() | draw(4) << 17 | ONE_OF(0, 0, 1) << 16;
    default: return some_vector() | draw(8) << 8 | ONE_OF(0, 0, 1) << 13 | draw(2) << 15 | ONE_OF(0, 0, 0, 1) << 16;
    }
}

static void write_lapic(struct board *b, uint32_t cpu)
{
    uint32_t offset = ONE_OF(LAPIC_TPR, LAPIC_TPR, LAPIC_EOI, LAPIC_EOI, LAPIC_EOI, LAPIC_LDR, LAPIC_DFR, LAPIC_SVR,
                             LAPIC_SVR, LAPIC_ICR, LAPIC_LVT_TIMER, LAPIC_INITIAL_COUNT, LAPIC_LVT_LINT0,
                             LAPIC_LVT_LINT0, LAPIC_LVT_LINT1, LAPIC_LVT_ERROR, LAPIC_ESR);
    uint32_t value = some_value(offset);
    if (!draw(40))
        x86_irq_cpu_write(&b->irq, cpu, PORT_REGISTER, LAPIC_MSR_BASE, 8,
                          LAPIC_DEFAULT_BASE | (cpu ? 0 : LAPIC_BASE_BSP) | ONE_OF(0x800, 0x800, 0xc00, 0), b->now);
    if (lapic_x2apic(&b->irq.cpus[cpu].lapic))
        x86_irq_cpu_write(&b->irq, cpu, PORT_REGISTER, LAPIC_MSR_FIRST + offset / 16, 8, value, b->now);
    else
        x86_irq_cpu_write(&b->irq, cpu, PORT_MEMORY, LAPIC_DEFAULT_BASE + offset, 4, value, b->now);
}

static void acknowledge(struct board *b, uint32_t cpu)
{
    uint32_t which = draw(3) ? PENDING_INTR : ONE_OF(PENDING_NMI, PENDING_INIT, PENDING_SIPI, PENDING_SMI);
    if (b->pending[cpu] & which)
        x86_irq_acknowledge(&b->irq, cpu, which, b->now);
}

// Pin 0 of IOAPIC 0 has INT of the 8259A.
static void drive(struct board *b)
{
    uint32_t chip = draw(3), pin = chip ? draw(4) : draw(16);
    if (chip == X86_IRQ_IOAPIC && pin == 0)
        return;
    if (draw(6))
        x86_irq_set_pin(&b->irq, chip, pin, draw(2));
    else
        x86_irq_trigger(&b->irq, chip, pin);
}

static void pass(struct board *b)
{
    b->now += 500;
    for (uint32_t cpu = 0; cpu < CPUS; cpu++)
        if (b->deadline[cpu] <= b->now)
            x86_irq_timer(&b->irq, cpu, b->now);
}

static void step(struct board *b)
{
    switch (draw(10)) {
    case 0: write_pic(b); return;
    case 1: write_ioapic(b); return;
    case 2:
    case 3: write_lapic(b, draw(CPUS)); return;
    case 4: acknowledge(b, draw(CPUS)); return;
    case 5:
        x86_irq_msi(&b->irq, 0xfee00000 + (draw(5) << 12) + draw(4) * 4, some_vector() | ONE_OF(0, 0, 1, 4) << 8, 0);
        return;
    case 6: x86_irq_set_nmi(&b->irq, draw(2)); return;
    case 7: pass(b); return;
    default: drive(b);
    }
}

// --- Checks
// ---------------------------------------------------------------------------------------------------------

struct check {
    const struct board *board;
    const char *source;
    unsigned gates;
    bool arrived;    // at a CPU's INTR or latch
    unsigned before; // gates before it
    struct why_answer answer;
};

static void is_true(struct check *check, const struct intact_why_finding *finding)
{
    uint32_t cpu = (uint32_t)finding->value[0], pending = cpu < CPUS ? check->board->pending[cpu] : 0;
    const struct lapic *lapic = &check->board->irq.cpus[cpu < CPUS ? cpu : 0].lapic;
    switch (finding->reason) {
    case INTACT_WHY_LAPIC_READY:
        cr_assert(pending & PENDING_INTR, "%s", check->source);
        cr_assert_eq(lapic_first(lapic), (int)finding->value[1], "%s", check->source);
        break;
    case INTACT_WHY_LAPIC_EXTINT: cr_assert(pending & PENDING_INTR, "%s\n%s", check->source, check->answer.text); break;
    case INTACT_WHY_LAPIC_LATCHED: cr_assert(pending & ~(uint32_t)PENDING_INTR, "%s", check->source); break;
    case INTACT_WHY_PIC_INT_UP: cr_assert(pic_cascade_int(&check->board->irq.pic), "%s", check->source); return;
    default: return;
    }
    check->arrived = true;
    check->before = check->gates;
}

static void on_finding(void *owner, const struct intact_why_finding *finding)
{
    struct check *check = owner;
    why_add(&check->answer, finding);
    is_true(check, finding);
    check->gates += intact_why_kind(finding->reason) == INTACT_WHY_GATE;
}

static uint64_t digest(const struct board *b)
{
    uint64_t sum = 0xcbf29ce484222325;
    const struct {
        const void *at;
        size_t size;
    } parts[] = { { &b->irq, sizeof b->irq },
                  { b->irq.cpus, CPUS * sizeof *b->irq.cpus },
                  { b->irq.ioapics, 2 * sizeof *b->irq.ioapics },
                  { b->pending, sizeof b->pending } };
    for (unsigned part = 0; part < countof(parts); part++)
        for (size_t i = 0; i < parts[part].size; i++)
            sum = (sum ^ ((const uint8_t *)parts[part].at)[i]) * 0x100000001b3;
    return sum;
}

static void ask(struct check *check, const struct board *b, const char *source)
{
    struct why why = { on_finding, check, 0, 0 };
    struct error error = { 0 };
    *check = (struct check){ .board = b, .source = source };
    cr_assert_eq(x86_irq_why_source(&b->irq, source, &why, &error), 0, "%s", error.text);
    bool served = check->answer.found[INTACT_WHY_LAPIC_IN_SERVICE] || check->answer.found[INTACT_WHY_PIC_IN_SERVICE];
    cr_assert_gt(why.findings, 0u, "%s", source);
    cr_assert_eq(why.gates, check->gates);
    cr_assert(check->gates || check->arrived || served, "%s\n%s", source, check->answer.text);
}

// The line that INTA would serve: nothing but its vector may be in doubt.
static void check_pic(const struct board *b, uint32_t line)
{
    struct check check;
    char source[40];
    snprintf(source, sizeof source, "pin:pic.%u", line);
    ask(&check, b, source);
    bool first = pic_cascade_first(&b->irq.pic) == (int)line;
    cr_assert_eq(check.answer.found[INTACT_WHY_PIC_INT_UP], first || (line == 2 && pic_cascade_first(&b->irq.pic) >= 8),
                 "%s\n%s", source, check.answer.text);
}

static void check_pin(const struct board *b, uint32_t index, uint32_t pin)
{
    struct check check;
    char source[40];
    const struct ioapic *ioapic = &b->irq.ioapics[index];
    snprintf(source, sizeof source, "pin:ioapic%u.%u", index, pin);
    ask(&check, b, source);
    bool masked = ioapic->entry[pin] >> 16 & 1;
    if (check.answer.found[INTACT_WHY_IOAPIC_MASKED])
        cr_assert(masked, "%s", source);
    // A level that waits at its pin, unmasked: it is refused, rests, or has no
    // message.
    if (!masked && ioapic_requests(ioapic, pin) && !ioapic_pins_has(&ioapic->remote_irr, pin))
        cr_assert_gt(check.gates + check.arrived, 0u, "%s\n%s", source, check.answer.text);
}

static void check_vector(const struct board *b, uint32_t cpu, unsigned vector)
{
    struct check check;
    char source[40];
    const struct lapic *lapic = &b->irq.cpus[cpu].lapic;
    bool requested = vector >= 16 && lapic_vectors_has(&lapic->irr, vector);
    snprintf(source, sizeof source, "vector:%u@%u", vector, cpu);
    ask(&check, b, source);
    bool first = requested && lapic_first(lapic) == (int)vector && vector >> 4 > lapic_ppr(lapic) >> 4;
    bool extint = lapic_extint(lapic) || x86_irq_extint_past_lint(&b->irq, &b->irq.cpus[cpu]);
    cr_assert_eq(check.arrived, first && !extint, "%s\n%s", source, check.answer.text);
    cr_assert(!check.arrived || check.before == 0, "%s\n%s", source, check.answer.text);
}

static void check_others(const struct board *b)
{
    static const char *const names[LAPIC_LVT_ENTRIES] = {
        "cmci", "timer", "thermal", "pmc", "lint0", "lint1", "error"
    };
    struct check check;
    char source[40];
    ask(&check, b, "nmi");
    bool pending = false;
    for (uint32_t cpu = 0; cpu < CPUS; cpu++)
        pending |= (b->pending[cpu] & PENDING_NMI) != 0;
    cr_assert_eq(check.arrived, pending);
    snprintf(source, sizeof source, "%s@%u", names[draw(LAPIC_LVT_ENTRIES)], draw(CPUS));
    ask(&check, b, source);
    snprintf(source, sizeof source, "msi:0x%x,0x%x", 0xfee00000 + (draw(5) << 12) + draw(4) * 4,
             some_vector() | draw(8) << 8 | draw(4) << 14);
    ask(&check, b, source);
}

static void check_all(const struct board *b)
{
    uint64_t before = digest(b);
    for (uint32_t line = 0; line < 16; line++)
        check_pic(b, line);
    for (uint32_t pin = 0; pin < 4; pin++) {
        check_pin(b, 0, pin);
        check_pin(b, 1, pin);
    }
    for (uint32_t cpu = 0; cpu < CPUS; cpu++) {
        int first = lapic_first(&b->irq.cpus[cpu].lapic);
        check_vector(b, cpu, some_vector());
        if (first >= 0)
            check_vector(b, cpu, (unsigned)first);
    }
    check_others(b);
    cr_assert_eq(digest(b), before, "asking changed something");
}

Test(why_x86_random, answers_agree_with_the_chips)
{
    uint64_t trials = environment("INTACT_TRIALS", 60), seed = environment("INTACT_SEED", 1);
    static struct board board;
    for (uint64_t trial = 0; trial < trials; trial++) {
        state = (seed + trial) * UINT64_C(0x9e3779b97f4a7c15) | 1;
        why_board(&board, &(struct why_case){ .cpus = CPUS, .imcr = draw(2), .no_pic_pin = !draw(4), .script = PIC });
        for (uint32_t cpu = 0; cpu < CPUS; cpu++)
            put(&board, cpu, LAPIC_SVR, 0x1ff);
        for (unsigned i = 0; i < STEPS; i++) {
            step(&board);
            check_all(&board);
        }
        x86_irq_free(&board.irq);
        trace_free(&board.trace);
    }
}
