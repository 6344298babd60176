// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The PC's interrupt wiring.
//
//     ISA IRQ n ----- GSI n --+-- 8259A line n            8259A INT --+-- LINT0 of CPU 0
//     (IRQ 0: GSI 2)          +-- IOAPIC pin n (0: pin 2)             +-- IOAPIC pin 0
//
//     PIT OUT0 --[gate]-- IRQ 0      keyboard -- 1     COM1 -- 4     RTC --[gate]-- 8     SCI -- 9
//     HPET legacy 0 ----- IRQ 0      mouse ----- 12                  HPET legacy 1 -- 8   PCI, disks -- by the chipset
//                 the gates close while the HPET replaces both       HPET pins 2, 8, 20-23, messages
//                                                                    virtio-mmio -- 5, 6, 14, 15 (pc_map.c)
//     COM2, COM4 -------- 3, where they are         COM3 -- 4
//
//     SERR# of PCI, IOCHK#, the switch -- nmi_sc.c --[port 70h]-- LINT1 of each CPU
//
// Several lines on one wire are ORed by route.c. All pins are active high, as the MADT and the MP table say.
// Path: devices/*, groups/group.c, irqchip/route.c / irqchip/x86/x86_irq.c
#include <errno.h>
#include <stdlib.h>

#include "machine/pc/pc.h"
#include "vcpu/x86_64/system/mmu.h"

// --- Controllers: routing drives their pins; their outputs go to the loop and the clock ----------------------------

static void sink_pin(void *owner, uint32_t chip, uint32_t pin, bool level)
{
    struct pc *pc = owner;
    x86_irq_set_pin(&pc->irq, chip, pin, level);
}

static void sink_edge(void *owner, uint32_t chip, uint32_t pin)
{
    struct pc *pc = owner;
    x86_irq_trigger(&pc->irq, chip, pin);
}

static bool sink_message(void *owner, uint64_t address, uint32_t data, uint32_t device)
{
    struct pc *pc = owner;
    return x86_irq_msi(&pc->irq, address, data, device);
}

// No `reaches`: the guest may write any address into its devices. A message without a receiver is sent, dropped and
// counted, as on a real bus.
const struct route_sink pc_sink = { .pin = sink_pin, .message = sink_message, .edge = sink_edge };

static void irq_deadline(void *owner, uint32_t vcpu, uint64_t when)
{
    struct pc *pc = owner;
    clock_arm(&pc->board.clock, &pc->irq_events[vcpu == X86_IRQ_HUB ? pc->board.config.cpus : vcpu], when);
}

static void irq_fire(void *owner, uint64_t now)
{
    struct pc_irq_timer *timer = owner;
    x86_irq_timer(&timer->pc->irq, timer->index, now);
}

static void irq_page(void *owner, uint32_t vcpu, uint64_t page)
{
    struct pc *pc = owner;
    if (!pc->cpus[vcpu])
        return;
    pc->cpus[vcpu]->vcpu.port_page = page;
    tlb_flush(&pc->cpus[vcpu]->vcpu);
}

static int make_timers(struct pc *pc)
{
    uint32_t count = pc->board.config.cpus + 1;
    pc->irq_events = calloc(count, sizeof *pc->irq_events);
    pc->irq_timers = calloc(count, sizeof *pc->irq_timers);
    if (!pc->irq_events || !pc->irq_timers)
        return error_set(&pc->board.error, -ENOMEM, "the host has no memory left");
    for (uint32_t i = 0; i < count; i++) {
        pc->irq_timers[i] = (struct pc_irq_timer){ .pc = pc, .index = i == count - 1 ? X86_IRQ_HUB : i };
        clock_register(&pc->board.clock, &pc->irq_events[i], i == count - 1 ? "IOAPIC" : "LAPIC", irq_fire,
                       &pc->irq_timers[i]);
    }
    return 0;
}

static int make_chips(struct pc *pc)
{
    static const struct x86_irq_ioapic ioapic = { .pins = PC_IOAPIC_PINS,
                                                  .version = PC_IOAPIC_VERSION,
                                                  .id = PC_IOAPIC_ID };
    const struct x86_irq_config config = {
        .cpus = pc->board.config.cpus,
        .x2apic = pc->model.leaf_1_ecx & X86_1C_X2APIC,
        .tsc_deadline = pc->model.leaf_1_ecx & X86_1C_TSC_DEADLINE,
        .ioapic_count = 1,
        .ioapics = &ioapic,
        .pic = true,
        .pic_pin = PC_GSI_PIC,
        .signal = board_signal,
        .deadline = irq_deadline,
        .resample = board_resample,
        .page = irq_page,
        .owner = pc,
        .trace = &pc->board.trace,
    };
    return x86_irq_init(&pc->irq, &config, &pc->board.error);
}

static uint32_t isa_gsi(unsigned irq)
{
    return irq == PC_IRQ_TIMER ? PC_GSI_TIMER : irq;
}

// IRQ 2 is the cascade of the 8259As: no device can use it.
static int route_gsis(struct route *route)
{
    int result = route_add_chip(route, X86_IRQ_PIC, PC_ISA_IRQS);
    if (result == 0)
        result = route_add_chip(route, X86_IRQ_IOAPIC, PC_IOAPIC_PINS);
    for (unsigned irq = 0; irq < PC_ISA_IRQS && result == 0; irq++)
        if (irq != PC_IRQ_CASCADE)
            result = route_add_pin(route, isa_gsi(irq), X86_IRQ_PIC, irq);
    for (unsigned gsi = 0; gsi < PC_IOAPIC_PINS && result == 0; gsi++)
        if (gsi != PC_GSI_PIC)
            result = route_add_pin(route, gsi, X86_IRQ_IOAPIC, gsi);
    return result;
}

int pc_wire_controllers(struct board *board)
{
    struct pc *pc = pc_of(board);
    int result = make_timers(pc);
    if (result == 0)
        result = make_chips(pc);
    if (result == 0)
        result = route_gsis(&board->route);
    if (result == 0)
        x86_irq_port(&pc->irq, &board->loop.port);
    return result;
}

// --- Devices -------------------------------------------------------------------------------------------------------

// With LEG_RT_CNF the HPET drives IRQ 0 and 8, and the outputs of PIT and RTC are disconnected (IA-PC HPET 1.0a,
// 2.3.5).
static void gate(void *owner, uint32_t pin, bool level)
{
    struct pc *pc = owner;
    bool open = !pc->hpet.replaces.level;
    (void)pin, (void)level;
    intact_irq_line_set(&pc->gated_timer, open && pc->pit.out0.level);
    intact_irq_line_set(&pc->gated_rtc, open && pc->rtc.irq.level);
}

// Address line 20: the keyboard controller's output port and port 92h write one latch, which each of them reads, so the last
// one to be written counts. (A PIIX3 ORs two of them; SeaBIOS expects that port 92h alone can close the gate.) A20M# is an
// input of each processor: devices on the bus have all address lines.
static void a20(void *owner, uint32_t pin, bool level)
{
    struct pc *pc = owner;
    (void)pin;
    i8042_set_a20(&pc->keyboard, level);
    reset_port_set_a20(&pc->reset, level);
    for (uint32_t i = 0; i < pc->board.config.cpus; i++)
        x86_set_a20(pc->cpus[i], level);
}

static void wire_gates(struct pc *pc)
{
    struct intact_irq_line *gates[] = { &pc->keyboard.a20, &pc->reset.a20 };
    for (unsigned i = 0; i < countof(gates); i++) {
        gates[i]->set = a20;
        gates[i]->owner = pc;
    }
    struct intact_irq_line *inputs[] = { &pc->pit.out0, &pc->rtc.irq, &pc->hpet.replaces };
    for (unsigned i = 0; i < countof(inputs); i++) {
        inputs[i]->set = gate;
        inputs[i]->owner = pc;
    }
}

static void nmi(void *owner, uint32_t pin, bool level)
{
    struct pc *pc = owner;
    (void)pin;
    x86_irq_set_nmi(&pc->irq, level);
}

static void nmi_mask(void *owner, uint32_t pin, bool level)
{
    struct pc *pc = owner;
    (void)pin;
    nmi_sc_set_mask(&pc->nmi, level);
}

static void serr(void *owner)
{
    struct pc *pc = owner;
    nmi_sc_serr(&pc->nmi);
}

static void wire_nmi(struct pc *pc)
{
    pc->nmi.nmi.set = nmi;
    pc->rtc.nmi_mask.set = nmi_mask;
    pc->nmi.nmi.owner = pc->rtc.nmi_mask.owner = pc;
    pc->board.pci.bus.serr = serr;
    pc->board.pci.bus.serr_owner = pc;
}

static void hpet_message(void *owner, uint32_t address, uint32_t data)
{
    struct pc *pc = owner;
    trace_name(&pc->board.trace, "hpet.message");
    route_message(&pc->board.route, address, data, PC_HPET_DEVICE);
}

static int wire_hpet(struct pc *pc)
{
    pc->hpet.message = hpet_message;
    pc->hpet.message_owner = pc;
    pc->hpet.legacy[0].name = "hpet.legacy0";
    pc->hpet.legacy[1].name = "hpet.legacy1";
    for (unsigned pin = 0; pin < HPET_PINS; pin++)
        pc->hpet.pins[pin].name = names_numbered(&pc->board.trace.names, "hpet.pin%u", pin);
    int result = route_connect(&pc->board.route, isa_gsi(PC_IRQ_TIMER), &pc->hpet.legacy[0]);
    if (result == 0)
        result = route_connect(&pc->board.route, isa_gsi(PC_IRQ_RTC), &pc->hpet.legacy[1]);
    for (unsigned pin = 0; pin < HPET_PINS && result == 0; pin++)
        if (PC_HPET_ROUTES >> pin & 1)
            result = route_connect(&pc->board.route, pin, &pc->hpet.pins[pin]);
    return result;
}

// Line n is ISA IRQ n, or GSI n from 16 on.
static int wire_testdev(struct pc *pc)
{
    int result = 0;
    for (unsigned i = 0; i < PC_TESTDEV_LINES && result == 0; i++) {
        struct intact_irq_line *line = &pc->testdev->lines[i];
        line->name = names_numbered(&pc->board.trace.names, "testdev.line%u", i);
        if (i != PC_IRQ_CASCADE)
            result = route_connect(&pc->board.route, i < PC_ISA_IRQS ? isa_gsi(i) : i, line);
    }
    return result;
}

int pc_wire_devices(struct board *board)
{
    struct pc *pc = pc_of(board);
    const struct {
        unsigned irq;
        struct intact_irq_line *line;
        const char *name;
    } rows[] = {
        { PC_IRQ_TIMER, &pc->gated_timer, "pit.out0" }, { PC_IRQ_KEYBOARD, &pc->keyboard.kbd_irq, "i8042.keyboard" },
        { PC_IRQ_COM1, &pc->com1.irq, "com1.irq" },     { PC_IRQ_RTC, &pc->gated_rtc, "rtc.irq" },
        { PC_IRQ_SCI, &pc->pm.sci, "pm.sci" },          { PC_IRQ_MOUSE, &pc->keyboard.aux_irq, "i8042.mouse" },
    };
    int result = pc->chipset->wire(pc);
    wire_gates(pc);
    wire_nmi(pc);
    for (unsigned i = 0; i < countof(rows) && result == 0; i++) {
        rows[i].line->name = rows[i].name;
        result = route_connect(&pc->board.route, isa_gsi(rows[i].irq), rows[i].line);
    }
    if (result == 0)
        result = pc_com_wire(pc);
    if (result == 0)
        result = wire_hpet(pc);
    if (result == 0 && pc->testdev)
        result = wire_testdev(pc);
    return result;
}
