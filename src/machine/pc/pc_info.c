// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// What the monitor shows of the PC's interrupt controllers: the registers by the names of their manuals, and what they say.
// Everything is read from the chips' state, so that no access has an effect.
//
// Spec: Intel 8259A data sheet (231468); 82093AA data sheet (290566), 3.2.4; Intel SDM vol. 3A, chapter "Advanced
// Programmable Interrupt Controller (APIC)".
#include <inttypes.h>
#include <stdio.h>

#include "base/bits.h"
#include "machine/pc/pc.h"
#include "msi/msi_x86.h"

enum { CASCADE_PIN = 2, LINE_TEXT = 160 };

static const char *const deliveries[] = { "fixed", "lowest priority", "SMI", "reserved (3)", "NMI", "INIT",
                                          "SIPI",  "ExtINT" };

// --- 8259A -----------------------------------------------------------------------------------------------------------

static bool pic_is_level(const struct pic *pic, unsigned level)
{
    return pic->icw1 & PIC_ICW1_LTIM || pic->elcr >> level & 1;
}

static void show_pic_line(const struct pc *pc, unsigned chip, unsigned level, const struct printer *printer)
{
    const struct pic_cascade *cascade = &pc->irq.pic;
    const struct pic *pic = &cascade->chip[chip];
    unsigned irq = chip * 8 + level;
    char drivers[LINE_TEXT] = "";
    if (chip == 0 && cascade->slave_pins >> level & 1) {
        printer_say(printer, "  IRQ %2u: INT of the slave", irq);
    } else {
        printer_say(printer, "  IRQ %2u: vector %s", irq, HEX8(pic_cascade_vector(cascade, chip, level)));
        printer_drivers(&pc->board.route, irq == PC_IRQ_TIMER ? PC_GSI_TIMER : irq, " (", ")", drivers, sizeof drivers);
    }
    printer_say(printer, ", %s, %s%s%s%s%s\n", pic_is_level(pic, level) ? "level" : "edge",
                pic->lines >> level & 1 ? "high" : "low", drivers, pic->imr >> level & 1 ? ", masked" : "",
                pic_cascade_irr(cascade, chip) >> level & 1 ? ", requested" : "",
                pic->isr >> level & 1 ? ", in service" : "");
}

static void show_pic_mode(const struct pic *pic, const struct printer *printer)
{
    printer_say(printer, "  ICW1 = %s, ICW2 = %s, ICW3 = %s, ICW4 = %s: vectors %s-%s", HEX8(pic->icw1),
                HEX8(pic->icw2), HEX8(pic->icw3), HEX8(pic->icw4), HEX8(pic->icw2 & 0xf8), HEX8(pic->icw2 | 7));
    printer_say(printer, "%s%s%s; IR%u has the highest priority\n",
                pic->icw4 & PIC_ICW4_AEOI ? ", automatic end of interrupt" : "",
                pic->icw4 & PIC_ICW4_SFNM ? ", special fully nested mode" : "",
                pic->special_mask ? ", special mask mode" : "", (pic->lowest + 1u) & 7);
}

static void show_pic_stage(const struct pic *pic, const struct printer *printer)
{
    switch ((enum pic_stage)pic->stage) {
    case PIC_READY: show_pic_mode(pic, printer); return;
    case PIC_ICW2: printer_say(printer, "  initialisation has begun: ICW2 is expected\n"); return;
    case PIC_ICW3: printer_say(printer, "  initialisation has begun: ICW3 is expected\n"); return;
    case PIC_ICW4: printer_say(printer, "  initialisation has begun: ICW4 is expected\n"); return;
    case PIC_POWER_ON: printer_say(printer, "  not initialised: no ICW1 since power-on\n"); return;
    }
}

static void show_8259(const struct pc *pc, unsigned chip, const struct printer *printer)
{
    const struct pic_cascade *cascade = &pc->irq.pic;
    const struct pic *pic = &cascade->chip[chip];
    uint8_t irr = pic_cascade_irr(cascade, chip);
    uint8_t told = (uint8_t)(~pic->imr | irr | pic->isr | pic->lines);
    printer_say(printer, "8259A %s: IRR = %s, ISR = %s, IMR = %s, ELCR = %s, lines = %s\n", chip ? "slave" : "master",
                HEX8(irr), HEX8(pic->isr), HEX8(pic->imr), HEX8(pic->elcr), HEX8(pic->lines));
    show_pic_stage(pic, printer);
    for (unsigned level = 0; level < 8; level++)
        if (told >> level & 1)
            show_pic_line(pc, chip, level, printer);
}

// Which line the register of a PIRQ has chosen.
static void show_pirq(const struct pc *pc, unsigned n, const struct printer *printer)
{
    const struct route *route = &pc->board.route;
    uint32_t gsi = pc->pirqs.gsi + n, chip, pin = 0;
    char drivers[LINE_TEXT] = "", line[16] = "no IRQ";
    for (uint32_t i = 0; route_output_at(route, gsi, i, &chip, &pin); i++)
        if (chip == X86_IRQ_PIC)
            snprintf(line, sizeof line, "IRQ %u", pin);
    printer_drivers(route, gsi, " (", ")", drivers, sizeof drivers);
    printer_say(printer, "PIRQ%c: %s, %s%s\n", 'A' + (int)n, line, route_gsi_level(route, gsi) ? "high" : "low",
                drivers);
}

static void show_pic(struct board *board, uint32_t number, const struct printer *printer)
{
    const struct pc *pc = pc_of(board);
    const struct pic_cascade *cascade = &pc->irq.pic;
    int first = pic_cascade_first(cascade);
    (void)number;
    for (unsigned chip = 0; chip < cascade->chips; chip++)
        show_8259(pc, chip, printer);
    for (unsigned i = 0; i < pc->pirqs.count; i++)
        show_pirq(pc, i, printer);
    if (first < 0)
        printer_say(printer, "INT is low\n");
    else
        printer_say(printer, "INT is high, for IRQ %d, vector %s\n", first,
                    HEX8(pic_cascade_vector(cascade, (unsigned)first / 8, (unsigned)first % 8)));
}

// --- IOAPIC ----------------------------------------------------------------------------------------------------------

static uint32_t count_ioapics(const struct board *board)
{
    return ((const struct pc *)(const void *)board)->irq.config.ioapic_count;
}

static void write_destination(const struct x86_message *message, char *text, size_t size)
{
    const char *mode = message->logical ? "logical" : "physical";
    if (x86_message_broadcast(message))
        snprintf(text, size, "to all APICs (%s)", mode);
    else if (message->logical)
        snprintf(text, size, "to %02" PRIX32 "h (logical)", message->destination);
    else
        snprintf(text, size, "to APIC %" PRIu32 " (physical)", message->destination);
}

// What a pin or an LVT entry is given, without its vector where it has none.
static void write_kind(unsigned delivery, unsigned vector, char *text, size_t size)
{
    if (x86_delivery_has_vector(delivery))
        snprintf(text, size, "vector %s, %s", HEX8(vector), deliveries[delivery]);
    else
        snprintf(text, size, "%s", deliveries[delivery]);
}

void pc_write_message(struct board *board, uint64_t address, uint32_t data, uint32_t device, char *text, size_t size)
{
    struct x86_message message;
    char kind[40], destination[40];
    enum msi_x86_result result = msi_x86_decode(address, data, device, pc_of(board)->irq.config.msi_flags, &message);
    if (result != MSI_X86_OK) {
        snprintf(text, size, "%s", msi_x86_text(result));
        return;
    }
    write_kind(message.delivery, message.vector, kind, sizeof kind);
    write_destination(&message, destination, sizeof destination);
    snprintf(text, size, "%s, %s", kind, destination);
}

// GSI n is pin n of the one IOAPIC; pin 0 has the 8259A's INT.
static void show_entry(const struct pc *pc, const struct ioapic *ioapic, unsigned pin, const struct printer *printer)
{
    uint64_t entry = ioapic_entry(ioapic, pin);
    char kind[40], destination[40], drivers[LINE_TEXT];
    struct x86_message message;
    ioapic_message(ioapic, pin, &message);
    write_kind(message.delivery, message.vector, kind, sizeof kind);
    write_destination(&message, destination, sizeof destination);
    printer_drivers(&pc->board.route, pin, " (", ")", drivers, sizeof drivers);
    printer_say(printer, "  pin %u: IOREDTBL%u = %s: %s, %s, active %s", pin, pin,
                entry >> 32 ? HEX64(entry) : HEX32(entry), kind, entry >> 15 & 1 ? "level" : "edge",
                entry >> 13 & 1 ? "low" : "high");
    printer_say(printer, ", %s%s%s, %s; %s%s\n", entry >> 16 & 1 ? "masked" : "unmasked",
                entry >> 14 & 1 ? ", remote IRR" : "", entry >> 12 & 1 ? ", send pending" : "", destination,
                ioapic_pins_has(&ioapic->high, pin) ? "high" : "low", drivers);
}

// As after a reset, with nothing at the pin.
static bool is_untouched(const struct ioapic *ioapic, unsigned pin)
{
    return ioapic_entry(ioapic, pin) == BIT64(16) && !ioapic_pins_has(&ioapic->high, pin);
}

static void show_ioapic(struct board *board, uint32_t number, const struct printer *printer)
{
    const struct x86_irq *irq = &pc_of(board)->irq;
    const struct ioapic *ioapic = &irq->ioapics[number];
    struct ioapic_pins untouched = { { 0 } };
    printer_say(printer, "IOAPIC %u: IOAPICID = %s, version %s, %u pins, IOREGSEL = %s\n", number, HEX32(ioapic->id),
                HEX8(ioapic->version), ioapic->pins, HEX8(ioapic->ioregsel));
    for (unsigned pin = 0; pin < ioapic->pins; pin++) {
        if (is_untouched(ioapic, pin))
            untouched.word[pin / 64] |= BIT64(pin % 64);
        else
            show_entry(pc_of(board), ioapic, pin, printer);
    }
    printer_set(printer, "  low, and 0001_0000h as after a reset (masked)", untouched.word, 64 * IOAPIC_WORDS, false);
}

// --- Local APIC ------------------------------------------------------------------------------------------------------

static const char *const lvt_names[LAPIC_LVT_ENTRIES] = {
    [LAPIC_CMCI] = "LVT_CMCI",   [LAPIC_TIMER] = "LVT_TIMER", [LAPIC_THERMAL] = "LVT_THERMAL", [LAPIC_PMC] = "LVT_PMC",
    [LAPIC_LINT0] = "LVT_LINT0", [LAPIC_LINT1] = "LVT_LINT1", [LAPIC_ERROR] = "LVT_ERROR",
};

static void show_lvt(const struct lapic *lapic, enum lapic_lvt entry, const struct printer *printer)
{
    static const char *const modes[] = { "one-shot", "periodic", "TSC-deadline", "a reserved mode" };
    uint32_t lvt = lapic->lvt[entry];
    char kind[40], more[LINE_TEXT] = "";
    write_kind((unsigned)bits_get(lvt, 10, 8), lvt & 0xff, kind, sizeof kind);
    if (entry == LAPIC_TIMER)
        snprintf(more, sizeof more, ", %s", modes[lvt >> 17 & 3]);
    else if (entry == LAPIC_LINT0 || entry == LAPIC_LINT1)
        snprintf(more, sizeof more, ", %s, active %s%s; the pin is %s", lvt & LAPIC_LVT_LEVEL ? "level" : "edge",
                 lvt & LAPIC_LVT_LOW_ACTIVE ? "low" : "high", lvt & LAPIC_LVT_REMOTE_IRR ? ", remote IRR" : "",
                 lapic->lint >> (entry - LAPIC_LINT0) & 1 ? "high" : "low");
    printer_say(printer, "  %-11s = %s: %s, %s%s\n", lvt_names[entry], HEX32(lvt),
                lvt & LAPIC_LVT_MASKED ? "masked" : "unmasked", kind, more);
}

static void show_timer(const struct lapic *lapic, uint64_t now, const struct printer *printer)
{
    const struct lapic_timer *timer = &lapic->timer;
    char when[40] = "it does not count";
    if (timer->expiry != CLOCK_NEVER)
        snprintf(when, sizeof when, "it ends at %" PRIu64 " ns", timer->expiry);
    if (timer->mode == LAPIC_TIMER_TSC_DEADLINE)
        printer_say(printer, "  timer: IA32_TSC_DEADLINE is %s; %s\n", timer->tsc_deadline ? "armed" : "0", when);
    else
        printer_say(printer, "  timer: initial count = %s, current count = %s, divided by %u; %s\n",
                    HEX32(timer->initial_count), HEX32(lapic_timer_current(timer, now)), lapic_timer_divisor(timer),
                    when);
}

static void show_identity(const struct lapic *lapic, uint32_t cpu, const struct printer *printer)
{
    printer_say(printer, "local APIC of CPU %u: IA32_APIC_BASE = %s: %s%s\n", cpu, HEX64(lapic->base),
                !lapic_enabled(lapic) ? "disabled"
                : lapic_x2apic(lapic) ? "x2APIC mode"
                                      : "xAPIC mode",
                lapic->base & LAPIC_BASE_BSP ? ", bootstrap processor" : "");
    if (lapic_x2apic(lapic))
        printer_say(printer, "  APIC ID %u, LDR = %s\n", lapic->config.apic_id, HEX32(lapic_ldr(lapic)));
    else
        printer_say(printer, "  ID = %s, LDR = %s, DFR = %s: APIC ID %u, logical ID %s (%s)\n", HEX32(lapic->id),
                    HEX32(lapic->ldr), HEX32(lapic->dfr), lapic->config.apic_id, HEX8(lapic_ldr(lapic)),
                    lapic->dfr >> 28 == 15 ? "flat" : "cluster");
    printer_say(printer, "  SVR = %s: software %s, spurious vector %s\n", HEX32(lapic->svr),
                lapic_software_enabled(lapic) ? "enabled" : "disabled", HEX8(lapic->svr));
}

static void show_priority(const struct lapic *lapic, const struct printer *printer)
{
    unsigned above = (lapic_ppr(lapic) | 15) + 1;
    printer_say(printer, "  TPR = %s, PPR = %s: ", HEX8(lapic->tpr), HEX8(lapic_ppr(lapic)));
    if (above < 256)
        printer_say(printer, "vectors from %s on are taken\n", HEX8(above));
    else
        printer_say(printer, "no vector is taken\n");
    printer_set(printer, "  IRR", lapic->irr.word, 256, true);
    printer_set(printer, "  ISR", lapic->isr.word, 256, true);
    printer_set(printer, "  TMR", lapic->tmr.word, 256, true);
}

static void show_output(const struct x86_irq_cpu *cpu, const struct printer *printer)
{
    uint32_t output = lapic_output(&cpu->lapic) | (cpu->pending & PENDING_INTR);
    printer_say(printer, "  to the CPU:%s%s%s%s%s%s%s\n", output ? "" : " nothing",
                output & PENDING_INTR ? " INTR" : "", output & PENDING_NMI ? " NMI" : "",
                output & PENDING_SMI ? " SMI" : "", output & PENDING_INIT ? " INIT" : "",
                output & PENDING_SIPI ? " SIPI" : "", cpu->lapic.waits_for_sipi ? "; it waits for a SIPI" : "");
}

static void show_lapic(struct board *board, uint32_t number, const struct printer *printer)
{
    const struct x86_irq_cpu *cpu = &pc_of(board)->irq.cpus[number];
    const struct lapic *lapic = &cpu->lapic;
    show_identity(lapic, number, printer);
    show_priority(lapic, printer);
    printer_say(printer, "  ESR = %s, errors since it was written: %s; ICR = %s\n", HEX32(lapic->esr),
                HEX32(lapic->errors), HEX64(lapic->icr));
    for (unsigned entry = 0; entry < LAPIC_LVT_ENTRIES; entry++)
        show_lvt(lapic, entry, printer);
    show_timer(lapic, board->clock.now, printer);
    show_output(cpu, printer);
}

void pc_tell_registers(struct board *board, uint32_t cpu, struct register_sink *sink)
{
    x86_irq_tell(&pc_of(board)->irq, cpu, board->clock.now, sink);
}

const struct board_chip pc_shown[] = {
    { "pic", .show = show_pic },
    { "ioapic", .count = count_ioapics, .show = show_ioapic },
    { "lapic", .of_cpu = true, .show = show_lapic },
    { .name = NULL },
};
