// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// What a guest does wrong on the PC, as far as it is not a mistake at one chip: handlers that are not there, lines whose pin has
// another trigger mode, an IOAPIC that is ready before its receiver, NMIs that stay blocked, timers armed for the past.
// Nothing here is called without a lint.
//
// Not modelled: trigger modes of virtio-mmio, whose line a guest may know from its command line as either, and of the HPET,
// which has both.
//
// Path: machine/lint.c / observe/lint_note.c
#include <stdio.h>
#include <string.h>

#include "base/bits.h"
#include "machine/pc/pc.h"
#include "observe/lint.h"
#include "vcpu/x86_64/system/protect.h"

// --- Handlers --------------------------------------------------------------------------------------------------------

static bool read_linear(struct board *board, struct x86_cpu *cpu, uint64_t linear, uint64_t *value)
{
    uint8_t bytes[8];
    uint64_t physical;
    if ((linear & ~PAGE_MASK) + sizeof bytes > PAGE_SIZE ||
        !board->type->guest->translate(&cpu->vcpu, linear, &physical) ||
        !bus_read_memory(&board->memory, physical, bytes, sizeof bytes))
        return false;
    *value = bytes_get(bytes, sizeof bytes);
    return true;
}

// Is there a gate through which an interrupt can be delivered? What cannot be read is left to the processor. `ist` is the stack
// that it names.
static bool has_gate(struct board *board, struct x86_cpu *cpu, unsigned vector, unsigned *ist)
{
    uint32_t size = x86_long(cpu) ? 16 : 8, at = vector * size;
    uint64_t low;
    *ist = 0;
    if (at + size - 1 > cpu->idt_limit)
        return false;
    if (!read_linear(board, cpu, cpu->idt_base + at, &low))
        return true;
    struct x86_gate gate = x86_gate_of(low, 0);
    *ist = x86_long(cpu) ? gate.count & 7 : 0;
    return gate.attributes & X86_ATTR_P;
}

static void note_gate(struct pc *pc, struct intact_lint *lint, const struct intact_trace_event *event,
                      enum intact_lint_id id, const char *name, unsigned vector)
{
    unsigned ist;
    if (has_gate(&pc->board, pc->cpus[event->cpu], vector, &ist))
        return;
    struct intact_lint_finding finding = lint_describe(lint, event, id, name);
    finding.value = vector;
    lint_note(lint, &finding, (uint64_t)event->cpu << 8 | vector);
}

// Whoever takes interrupts of a controller may get its spurious one at any time.
static void check_spurious(struct pc *pc, struct intact_lint *lint, const struct intact_trace_event *event)
{
    const struct lapic *lapic = &pc->irq.cpus[event->cpu].lapic;
    unsigned vector = (unsigned)event->a, spurious = lapic->svr & 0xff;
    char name[24];
    if (lapic_vectors_has(&lapic->isr, vector)) {
        snprintf(name, sizeof name, "lapic%u", (unsigned)event->cpu);
        if (spurious != vector)
            note_gate(pc, lint, event, INTACT_LINT_X86_SPURIOUS_GATE, name, spurious);
        return;
    }
    for (unsigned chip = 0; chip < 2; chip++) {
        spurious = pic_cascade_vector(&pc->irq.pic, chip, 7);
        if ((vector ^ spurious) < 8 && vector != spurious)
            note_gate(pc, lint, event, INTACT_LINT_X86_SPURIOUS_GATE, chip ? "the slave 8259A" : "the master 8259A",
                      spurious);
    }
}

static void on_take(struct pc *pc, struct intact_lint *lint, const struct intact_trace_event *event)
{
    struct x86_cpu *cpu = pc->cpus[event->cpu];
    char name[LINT_NAME];
    unsigned ist;
    lint->nmi_stacks[event->cpu] = 0;
    if (!(cpu->cr0 & X86_CR0_PE) || event->a > 0xff)
        return;
    lint_source_name(lint, event, name, sizeof name);
    note_gate(pc, lint, event, INTACT_LINT_X86_NO_GATE, name, (unsigned)event->a);
    if (event->a != 2)
        check_spurious(pc, lint, event);
    else if (has_gate(&pc->board, cpu, 2, &ist) && !ist && cpu->cpl == 0)
        lint->nmi_stacks[event->cpu] = cpu->r[X86_RSP];
}

// The handler of an NMI has its frame below where it found the stack, unless it has one of its own. It has left if the stack
// is back there, and NMIs are blocked nevertheless.
static void check_nmi(struct pc *pc, struct intact_lint *lint, const struct intact_trace_event *event)
{
    const struct x86_cpu *cpu = pc->cpus[event->cpu];
    uint64_t stack = lint->nmi_stacks[event->cpu];
    char name[24];
    if (!cpu->nmi_blocked || !stack || cpu->cpl != 0 || cpu->r[X86_RSP] - stack >= PAGE_SIZE)
        return;
    snprintf(name, sizeof name, "CPU %u", (unsigned)event->cpu);
    struct intact_lint_finding finding = lint_describe(lint, event, INTACT_LINT_X86_NMI_BLOCKED, name);
    lint_note(lint, &finding, event->cpu);
    lint->nmi_stacks[event->cpu] = 0;
}

// --- Trigger modes ---------------------------------------------------------------------------------------------------

// PCI's INTx and the SCI are levels by their specifications, devices of the ISA bus are edges.
static bool is_known(const char *source, bool *level)
{
    static const char *const isa[] = { "pit.out0", "com1.irq", "com2.irq",       "com3.irq",
                                       "com4.irq", "rtc.irq",  "i8042.keyboard", "i8042.mouse" };
    const char *dot = strrchr(source, '.');
    *level = strcmp(source, "pm.sci") == 0 || (dot && strcmp(dot, ".intx") == 0);
    for (unsigned i = 0; i < countof(isa) && !*level; i++)
        if (strcmp(source, isa[i]) == 0)
            return true;
    return *level;
}

// Does a pin that is not masked take the line as a level, or as an edge? False: it takes nothing.
static bool trigger_mode(const struct x86_irq *irq, uint32_t chip, uint32_t pin, bool *level)
{
    if (chip == X86_IRQ_PIC) {
        const struct pic *pic = &irq->pic.chip[pin / 8];
        *level = pic->elcr >> (pin % 8) & 1 || pic->icw1 & PIC_ICW1_LTIM;
        return pic->stage == PIC_READY && !pic_cascade_masked(&irq->pic, pin);
    }
    uint64_t entry = ioapic_entry(&irq->ioapics[0], pin);
    *level = entry >> 15 & 1;
    return !(entry >> 16 & 1) && x86_delivery_has_vector((unsigned)bits_get(entry, 10, 8));
}

static void check_mode(struct intact_lint *lint, const struct intact_trace_event *event, const char *source,
                       uint64_t gsi, bool level)
{
    bool wanted;
    if (!is_known(source, &wanted) || wanted == level)
        return;
    struct intact_lint_finding finding =
        lint_describe(lint, event, wanted ? INTACT_LINT_TRIGGER_EDGE : INTACT_LINT_TRIGGER_LEVEL, source);
    lint_note(lint, &finding, gsi);
}

static void on_line(struct pc *pc, struct intact_lint *lint, const struct intact_trace_event *event)
{
    bool level;
    uint32_t chip, pin;
    if (!event->b || !event->source)
        return;
    for (uint32_t i = 0; route_output_at(&pc->board.route, (uint32_t)event->a, i, &chip, &pin); i++)
        if (chip != ROUTE_TO_MESSAGE && trigger_mode(&pc->irq, chip, pin, &level))
            check_mode(lint, event, event->source, event->a, level);
}

// --- Accesses --------------------------------------------------------------------------------------------------------

// All local APICs that the message names are disabled by software.
static bool is_unready(const struct pc *pc, const struct x86_message *message)
{
    unsigned disabled = 0;
    for (uint32_t i = 0; i < pc->board.config.cpus; i++) {
        const struct lapic *lapic = &pc->irq.cpus[i].lapic;
        if (!lapic_enabled(lapic) || !lapic_matches(lapic, message))
            continue;
        if (lapic_software_enabled(lapic))
            return false;
        disabled++;
    }
    return disabled;
}

// The event is before the access: a copy of the chip has it already.
static void on_ioapic(struct pc *pc, struct intact_lint *lint, const struct intact_trace_event *event)
{
    struct ioapic after = pc->irq.ioapics[0];
    unsigned index = after.ioregsel, pin = (index - 0x10) / 2;
    struct x86_message message;
    if (index < 0x10 || index & 1 || pin >= after.pins)
        return;
    ioapic_write(&after, event->a - PC_IOAPIC, event->c & 0xff, event->b, event->time, NULL);
    ioapic_message(&after, pin, &message);
    if (ioapic_entry(&after, pin) >> 16 & 1 || !x86_delivery_has_vector(message.delivery))
        return;
    uint32_t others;
    const char *raiser = route_raised_by(&pc->board.route, pin, &others); // GSIs are the pins of the IOAPIC
    if (raiser)
        check_mode(lint, event, raiser, pin, ioapic_entry(&after, pin) >> 15 & 1);
    if (!is_unready(pc, &message))
        return;
    struct intact_lint_finding finding = lint_describe(lint, event, INTACT_LINT_IOAPIC_UNREADY, "ioapic0");
    finding.value = pin;
    lint_note(lint, &finding, pin);
}

static void on_hpet(struct pc *pc, struct intact_lint *lint, const struct intact_trace_event *event)
{
    unsigned timer;
    char name[24];
    enum hpet_arming arming =
        hpet_arming(&pc->hpet, event->a - PC_HPET, event->c & 0xff, event->b, event->time, &timer);
    if (arming == HPET_ARMS_NOTHING)
        return;
    lint_trust(lint, INTACT_LINT_TIMER_PAST, timer);
    if (arming != HPET_ARMS_IN_PAST)
        return;
    snprintf(name, sizeof name, "timer %u of the HPET", timer);
    struct intact_lint_finding finding = lint_describe(lint, event, INTACT_LINT_TIMER_PAST, name);
    lint_suspect(lint, &finding, timer);
}

static void on_access(struct pc *pc, struct intact_lint *lint, const struct intact_trace_event *event)
{
    if (!(event->c & TRACE_ACCESS_WRITE) || event->c & TRACE_ACCESS_PORT)
        return;
    if (event->a == PC_IOAPIC + 0x10)
        on_ioapic(pc, lint, event);
    else if (event->a >= PC_HPET && event->a < PC_HPET + HPET_SIZE)
        on_hpet(pc, lint, event);
}

// --- The board's functions -------------------------------------------------------------------------------------------

void pc_lint(struct board *board, struct intact_lint *lint, const struct intact_trace_event *event)
{
    struct pc *pc = pc_of(board);
    switch (event->id) {
    case INTACT_TRACE_TAKE: on_take(pc, lint, event); break;
    case INTACT_TRACE_LINE: on_line(pc, lint, event); break;
    case INTACT_TRACE_ACCESS: on_access(pc, lint, event); break;
    case INTACT_TRACE_ACCEPT:
        if ((event->b & 7) == X86_NMI && event->cpu < board->config.cpus)
            check_nmi(pc, lint, event);
        break;
    default: break;
    }
}

bool pc_lint_holds(const struct board *board, enum intact_lint_id id, uint64_t number)
{
    return id == INTACT_LINT_TIMER_PAST && hpet_is_armed(&pc_of((struct board *)board)->hpet, (unsigned)number);
}

// An NMI that came while the handler ran, and waits since it has left.
void pc_lint_end(struct board *board, struct intact_lint *lint, bool runs)
{
    struct pc *pc = pc_of(board);
    (void)runs;
    for (uint32_t i = 0; i < board->config.cpus; i++) {
        const struct intact_trace_event end = { .cpu = i,
                                                .instructions = board->loop.instructions,
                                                .time = board->clock.now };
        if (pc->cpus[i]->vcpu.pending & PENDING_NMI)
            check_nmi(pc, lint, &end);
    }
}
