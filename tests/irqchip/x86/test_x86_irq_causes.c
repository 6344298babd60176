// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Causes: the events of one interrupt's life have one number, from the raise to the end of interrupt.
#include <intact/x86_irq.h>

#include "irqchip/route.h"
#include "test_x86_irq.h"
#include "transcript.h"

static struct board b;
static struct transcript heard;

static void start(uint32_t cpus)
{
    board_pc(&b, cpus);
    board_enable(&b);
    transcript_start(&heard, &b.trace);
}

// As the processor does: acknowledge, then the event.
static void cpu_takes(uint32_t vcpu, uint32_t which, int vector)
{
    struct trace *trace = &b.trace;
    cr_assert_eq(x86_irq_acknowledge(&b.irq, vcpu, which, b.now), vector);
    trace_emit(trace, TRACE_TAKE, vcpu, (uint64_t)vector, 0, 0);
}

static void pin(uint32_t chip, uint32_t number, bool level)
{
    x86_irq_set_pin(&b.irq, chip, number, level);
}

Test(x86_irq_causes, a_pit_edge_through_the_8259)
{
    board_pc(&b, 1);
    pic_setup(&b);
    x86_irq_virtual_wire(&b.irq);
    transcript_start(&heard, &b.trace);
    for (unsigned tick = 1; tick <= 2; tick++) {
        pin(X86_IRQ_PIC, 0, true);
        transcript_is(&heard, tick == 1 ? "pin 1, pending 1" : "pin 2, pending 2");
        cpu_takes(0, PENDING_INTR, 0x20);
        transcript_is(&heard, tick == 1 ? "pending 0, take 1" : "pending 0, take 2");
        pin(X86_IRQ_PIC, 0, false);
        transcript_is(&heard, tick == 1 ? "pin 1" : "pin 2");
        x86_irq_port_write(&b.irq, 0x20, 0x20);
        transcript_is(&heard, tick == 1 ? "eoi 1" : "eoi 2");
    }
}

Test(x86_irq_causes, two_lines_of_the_8259_are_told_apart_by_what_is_served)
{
    board_pc(&b, 1);
    pic_setup(&b);
    x86_irq_virtual_wire(&b.irq);
    transcript_start(&heard, &b.trace);
    pin(X86_IRQ_PIC, 12, true);
    pin(X86_IRQ_PIC, 1, true);
    transcript_is(&heard, "pin 1, pending 1, pin 2");
    cpu_takes(0, PENDING_INTR, 0x21); // line 1 wins
    x86_irq_port_write(&b.irq, 0x20, 0x20);
    transcript_is(&heard, "pending 0, take 2, eoi 2, pending 1");
    cpu_takes(0, PENDING_INTR, 0x2c);
    x86_irq_port_write(&b.irq, 0xa0, 0x20);
    transcript_is(&heard, "pending 0, take 1, eoi 1");
}

Test(x86_irq_causes, a_poll_of_the_8259_takes_as_an_acknowledge_does)
{
    board_pc(&b, 1);
    pic_setup(&b);
    transcript_start(&heard, &b.trace);
    pin(X86_IRQ_PIC, 5, true);
    x86_irq_port_write(&b.irq, 0x20, 0x0c);
    cr_assert_eq(x86_irq_port_read(&b.irq, 0x20), 0x85);
    pin(X86_IRQ_PIC, 5, false);
    pin(X86_IRQ_PIC, 5, true); // during service: another interrupt
    x86_irq_port_write(&b.irq, 0x20, 0x20);
    transcript_is(&heard, "pin 1, pin 1, pin 2, eoi 1");
}

Test(x86_irq_causes, a_request_that_was_withdrawn_is_no_part_of_the_next)
{
    board_pc(&b, 1);
    pic_setup(&b);
    x86_irq_virtual_wire(&b.irq);
    transcript_start(&heard, &b.trace);
    pin(X86_IRQ_PIC, 5, true);
    pin(X86_IRQ_PIC, 5, false);
    pin(X86_IRQ_PIC, 5, true);
    transcript_is(&heard, "pin 1, pending 1, pin 1, pending 0, pin 2, pending 2");
}

Test(x86_irq_causes, an_edge_through_the_ioapic)
{
    start(1);
    route(&b, 0, 2, 0x31);
    pin(X86_IRQ_IOAPIC, 2, true);
    pin(X86_IRQ_IOAPIC, 2, false);
    transcript_is(&heard, "pin 1, accept 1, pending 1, pin 1");
    cpu_takes(0, PENDING_INTR, 0x31);
    eoi(&b, 0);
    transcript_is(&heard, "pending 0, take 1, eoi 1");
}

Test(x86_irq_causes, edges_that_come_before_the_first_is_taken_join_it)
{
    start(1);
    route(&b, 0, 2, 0x31);
    for (unsigned i = 0; i < 3; i++) {
        pin(X86_IRQ_IOAPIC, 2, true);
        pin(X86_IRQ_IOAPIC, 2, false);
    }
    transcript_is(&heard, "pin 1, accept 1, pending 1, pin 1, pin 2, accept 1x2, pin 2, pin 3, accept 1x3, pin 3");
    cpu_takes(0, PENDING_INTR, 0x31);
    pin(X86_IRQ_IOAPIC, 2, true); // during service: another interrupt
    transcript_is(&heard, "pending 0, take 1x3, pin 4, accept 4");
    eoi(&b, 0);
    cpu_takes(0, PENDING_INTR, 0x31);
    eoi(&b, 0);
    transcript_is(&heard, "eoi 1x3, pending 4, pending 0, take 4, eoi 4");
}

Test(x86_irq_causes, an_edge_that_is_lost_to_a_mask_joins_nothing)
{
    start(1);
    route(&b, 0, 2, 0x31 | ENTRY_MASKED);
    pin(X86_IRQ_IOAPIC, 2, true);
    route(&b, 0, 2, 0x31);
    pin(X86_IRQ_IOAPIC, 2, false);
    pin(X86_IRQ_IOAPIC, 2, true);
    transcript_is(&heard, "pin 1, mask 1, pin 1, pin 2, accept 2, pending 2");
}

Test(x86_irq_causes, an_edge_that_was_lost_keeps_its_cause_for_the_level_that_it_becomes)
{
    start(1);
    route(&b, 0, 4, 0x34 | ENTRY_MASKED);
    pin(X86_IRQ_IOAPIC, 4, true);
    route(&b, 0, 4, 0x34 | ENTRY_LEVEL);
    cpu_takes(0, PENDING_INTR, 0x34);
    transcript_is(&heard, "pin 1, mask 1, accept 1, pending 1, pending 0, take 1");
}

Test(x86_irq_causes, a_level_of_a_uart_is_sent_again_after_its_eoi)
{
    start(1);
    route(&b, 0, 4, 0x34 | ENTRY_LEVEL);
    pin(X86_IRQ_IOAPIC, 4, true);
    cpu_takes(0, PENDING_INTR, 0x34);
    transcript_is(&heard, "pin 1, accept 1, pending 1, pending 0, take 1");
    eoi(&b, 0);
    transcript_is(&heard, "eoi 1, eoi 1, accept 1, pending 1");
    cpu_takes(0, PENDING_INTR, 0x34);
    pin(X86_IRQ_IOAPIC, 4, false);
    eoi(&b, 0);
    transcript_is(&heard, "pending 0, take 1, pin 1, eoi 1, eoi 1");
    pin(X86_IRQ_IOAPIC, 4, true);
    transcript_is(&heard, "pin 2, accept 2, pending 2");
}

Test(x86_irq_causes, an_active_low_pin_raises_as_it_falls)
{
    start(1);
    pin(X86_IRQ_IOAPIC, 4, true);
    route(&b, 0, 4, 0x34 | ENTRY_LEVEL | 1u << 13);
    heard.text[0] = 0;
    pin(X86_IRQ_IOAPIC, 4, false);
    transcript_is(&heard, "pin 2, accept 2, pending 2");
    pin(X86_IRQ_IOAPIC, 4, true);
    transcript_is(&heard, "pin 2");
}

Test(x86_irq_causes, a_level_that_waits_for_an_unmask_keeps_its_cause)
{
    start(1);
    route(&b, 0, 4, 0x34 | ENTRY_LEVEL | ENTRY_MASKED);
    pin(X86_IRQ_IOAPIC, 4, true);
    pin(X86_IRQ_IOAPIC, 5, true);
    transcript_is(&heard, "pin 1, mask 1, pin 2, mask 2");
    route(&b, 0, 4, 0x34 | ENTRY_LEVEL);
    transcript_is(&heard, "accept 1, pending 1");
}

Test(x86_irq_causes, messages_of_a_device)
{
    start(2);
    x86_irq_msi(&b.irq, 0xfee01000, 0x50, 0);
    x86_irq_msi(&b.irq, 0xfee01000, 0x51, 0);
    x86_irq_msi(&b.irq, 0xfee01000, 0x50, 0);
    transcript_is(&heard, "message 1, accept 1, pending 1, message 2, accept 2, message 3, accept 1x2");
    cpu_takes(1, PENDING_INTR, 0x51);
    eoi(&b, 1);
    cpu_takes(1, PENDING_INTR, 0x50);
    eoi(&b, 1);
    transcript_is(&heard, "pending 0, take 2, eoi 2, pending 1x2, pending 0, take 1x2, eoi 1x2");
    x86_irq_msi(&b.irq, 0xfee05000, 0x50, 0);
    transcript_is(&heard, "message 4, drop 4");
}

Test(x86_irq_causes, interrupts_between_processors)
{
    start(3);
    put(&b, 0, LAPIC_ICR, 0x40000 | 0x61); // self
    transcript_is(&heard, "ipi 1, accept 1, pending 1");
    put(&b, 0, LAPIC_ICR, 0xc0000 | 0x62); // all others
    transcript_is(&heard, "ipi 2, accept 2, accept 2, pending 2, pending 2");
    put(&b, 1, LAPIC_ICR, 0xc0000 | X86_NMI << 8);
    transcript_is(&heard, "ipi 3, accept 3, accept 3, pending 3, pending 3");
    cpu_takes(2, PENDING_NMI, 0);
    cpu_takes(2, PENDING_INTR, 0x62);
    eoi(&b, 2);
    transcript_is(&heard, "pending 0, take 3, pending 0, take 2, eoi 2");
}

// A firmware starts all other processors without knowing whether there are any.
Test(x86_irq_causes, where_no_others_are_an_interrupt_for_all_others_is_not_dropped)
{
    start(1);
    put(&b, 0, LAPIC_ICR, 0xc0000 | 0x62);
    transcript_is(&heard, "ipi 1");
    put(&b, 0, LAPIC_ICR, 0x62);
    transcript_is(&heard, "ipi 2, accept 2, pending 2");
}

Test(x86_irq_causes, a_timer_of_a_local_apic)
{
    start(1);
    put(&b, 0, LAPIC_LVT_TIMER, 0x40);
    put(&b, 0, LAPIC_DIVIDE, 0xb);
    put(&b, 0, LAPIC_INITIAL_COUNT, 100);
    b.now += 100;
    x86_irq_timer(&b.irq, 0, b.now);
    transcript_is(&heard, "timer 1, accept 1, pending 1");
    cpu_takes(0, PENDING_INTR, 0x40);
    eoi(&b, 0);
    transcript_is(&heard, "pending 0, take 1, eoi 1");
}

Test(x86_irq_causes, what_an_init_swept_away_is_joined_by_nothing)
{
    start(2);
    x86_irq_msi(&b.irq, 0xfee01000, 0x50, 0);
    put(&b, 0, LAPIC_ICR_HIGH, 1u << 24);
    put(&b, 0, LAPIC_ICR, X86_INIT << 8 | 1u << 14);
    cr_assert_geq(x86_irq_acknowledge(&b.irq, 1, PENDING_INIT, b.now), 0);
    put(&b, 1, LAPIC_SVR, 0x1ff);
    heard.text[0] = 0;
    x86_irq_msi(&b.irq, 0xfee01000, 0x50, 0);
    transcript_is(&heard, "message 3, accept 3, pending 3");
}

Test(x86_irq_causes, what_began_before_the_observer_came_has_no_cause)
{
    start(1);
    intact_trace_observer_remove(&heard.observer);
    intact_trace_observer_remove(&b.observer);
    route(&b, 0, 4, 0x34 | ENTRY_LEVEL);
    pin(X86_IRQ_IOAPIC, 4, true);
    transcript_start(&heard, &b.trace);
    cpu_takes(0, PENDING_INTR, 0x34);
    eoi(&b, 0);
    transcript_is(&heard, "pending 0, take 0, eoi 0, eoi 0, accept 0, pending 0");
    x86_irq_msi(&b.irq, 0xfee00000, 0x50, 0);
    transcript_is(&heard, "message 1, accept 1");
}

// --- With routing before the chips -----------------------------------------------------------------------------------

static void on_pin(void *owner, uint32_t chip, uint32_t number, bool level)
{
    (void)owner;
    pin(chip, number, level);
}

static bool on_message(void *owner, uint64_t address, uint32_t data, uint32_t device)
{
    (void)owner;
    return x86_irq_msi(&b.irq, address, data, device);
}

Test(x86_irq_causes, a_shared_wire_names_the_first_device_and_counts)
{
    struct route wires;
    struct intact_irq_line one = { .level = false }, two = { .level = false };
    start(1);
    route(&b, 0, 10, 0x3a | ENTRY_LEVEL);
    route_init(&wires, &(struct route_sink){ .pin = on_pin, .message = on_message }, &b.trace);
    cr_assert_eq(route_add_chip(&wires, X86_IRQ_PIC, 16), 0);
    cr_assert_eq(route_add_chip(&wires, X86_IRQ_IOAPIC, 24), 0);
    cr_assert_eq(route_add_pin(&wires, 10, X86_IRQ_PIC, 10), 0);
    cr_assert_eq(route_add_pin(&wires, 10, X86_IRQ_IOAPIC, 10), 0);
    cr_assert_eq(route_connect(&wires, 10, &one), 0);
    cr_assert_eq(route_connect(&wires, 10, &two), 0);
    heard.text[0] = 0;
    intact_irq_line_set(&one, true);
    transcript_is(&heard, "line 1, route 1, pin 1, route 1, pin 1, accept 1, pending 1");
    intact_irq_line_set(&two, true);
    transcript_is(&heard, "line 1x2");
    intact_irq_line_set(&one, false);
    transcript_is(&heard, "line 1x2");
    intact_irq_line_set(&two, false);
    transcript_is(&heard, "line 1x2, pin 1, pin 1");
    intact_irq_line_set(&two, true);
    transcript_is(&heard, "line 3, route 3, pin 3, route 3, pin 3");
    route_free(&wires);
}

Test(x86_irq_causes, a_message_for_a_wire_is_the_wires_interrupt)
{
    struct route wires;
    start(1);
    route_init(&wires, &(struct route_sink){ .pin = on_pin, .message = on_message }, &b.trace);
    cr_assert_eq(route_add_message(&wires, 40, 0xfee00000, 0x77, 0), 0);
    cr_assert_eq(route_trigger_gsi(&wires, 40), ROUTE_EDGE_TAKEN);
    transcript_is(&heard, "line 1, route 1, message 1, accept 1, pending 1, line 1");
    cr_assert(route_message(&wires, 0xfee00000, 0x78, 0));
    transcript_is(&heard, "message 2, accept 2");
    route_free(&wires);
}

// --- By the public API -----------------------------------------------------------------------------------------------

Test(x86_irq_causes, a_program_with_chips_alone_hears_a_whole_life)
{
    struct intact_x86_irq_config config;
    struct intact_x86_irq *irq;
    char why[INTACT_ERROR_SIZE];
    intact_x86_irq_config_init(&config);
    cr_assert_eq(intact_x86_irq_create(&config, &irq, why), 0, "%s", why);
    intact_x86_irq_memory_write(irq, 0, LAPIC_DEFAULT_BASE + LAPIC_SVR, 4, 0x1ff);
    intact_trace_observer_init(&heard.observer, INTACT_TRACE_INTERRUPTS, transcript_event, &heard);
    cr_assert_eq(intact_x86_irq_trace(irq, &heard.observer), 0);
    intact_x86_irq_msi(irq, 0xfee00000, 0x45);
    cr_assert_eq(intact_x86_irq_acknowledge(irq, 0, INTACT_X86_INTR), 0x45);
    intact_x86_irq_memory_write(irq, 0, LAPIC_DEFAULT_BASE + LAPIC_EOI, 4, 0);
    transcript_is(&heard, "message 1, accept 1, pending 1, pending 0, take 1, eoi 1");
    intact_x86_irq_destroy(irq);
    cr_assert_null(heard.observer.trace);
}

// They have no vector; FBh, FCh and FEh are as far from 100h as INIT, NMI and SMI are from 0.
Test(x86_irq_causes, an_nmi_is_not_mistaken_for_a_vector)
{
    board_pc(&b, 1);
    board_enable(&b);
    transcript_start(&heard, &b.trace);
    cr_assert(x86_irq_msi(&b.irq, 0xfee00000, X86_NMI << 8, 0));
    cr_assert(x86_irq_msi(&b.irq, 0xfee00000, 0xfc, 0));
    transcript_is(&heard, "message 1, accept 1, pending 1, message 2, accept 2, pending 2");
    cpu_takes(0, PENDING_NMI, 0);
    transcript_is(&heard, "pending 0, take 1");
    cpu_takes(0, PENDING_INTR, 0xfc);
    transcript_is(&heard, "pending 0, take 2");
}

// --- What a local APIC raises itself --------------------------------------------------------------------------------

Test(x86_irq_causes, the_nmi_line_is_one_raise_for_all_cpus)
{
    start(2);
    put(&b, 0, LAPIC_LVT_LINT1, X86_NMI << 8);
    put(&b, 1, LAPIC_LVT_LINT1, X86_NMI << 8);
    x86_irq_set_nmi(&b.irq, true);
    transcript_is(&heard, "line 1, pin 1, accept 1, pin 1, accept 1, pending 1, pending 1");
    cpu_takes(1, PENDING_NMI, 0);
    cpu_takes(0, PENDING_NMI, 0);
    transcript_is(&heard, "pending 0, take 1, pending 0, take 1");
    x86_irq_set_nmi(&b.irq, false);
    transcript_is(&heard, "line 1, pin 1, pin 1");
    x86_irq_set_nmi(&b.irq, true);
    x86_irq_set_nmi(&b.irq, true); // no change
    transcript_is(&heard, "line 2, pin 2, accept 2, pin 2, accept 2, pending 2, pending 2");
}

Test(x86_irq_causes, an_nmi_that_bypasses_the_local_apic)
{
    board_config(&b, (struct x86_irq_config){ .cpus = 1, .pic = true, .imcr = true, .pic_pin = -1 });
    transcript_start(&heard, &b.trace);
    x86_irq_set_nmi(&b.irq, true);
    cpu_takes(0, PENDING_NMI, 0);
    x86_irq_set_nmi(&b.irq, false);
    transcript_is(&heard, "line 1, pending 1, pending 0, take 1, line 1");
}

Test(x86_irq_causes, a_vector_of_a_lint_pin)
{
    start(2);
    put(&b, 1, LAPIC_LVT_LINT1, 0x61);
    x86_irq_set_lint(&b.irq, 1, 1, true);
    x86_irq_set_lint(&b.irq, 1, 1, false);
    transcript_is(&heard, "pin 1, accept 1, pending 1, pin 0");
    x86_irq_set_lint(&b.irq, 1, 1, true);
    transcript_is(&heard, "pin 2, accept 1x2");
    cpu_takes(1, PENDING_INTR, 0x61);
    eoi(&b, 1);
    transcript_is(&heard, "pending 0, take 1x2, eoi 1x2");
}

Test(x86_irq_causes, extint_at_lint1_is_a_level)
{
    start(2);
    put(&b, 1, LAPIC_LVT_LINT1, X86_EXTINT << 8);
    x86_irq_set_lint(&b.irq, 1, 1, true);
    x86_irq_set_lint(&b.irq, 1, 1, false);
    transcript_is(&heard, "pin 1, pending 0, pin 1, pending 0");
}

Test(x86_irq_causes, a_level_of_lint0_is_accepted_again_after_its_eoi)
{
    board_config(&b, (struct x86_irq_config){ .cpus = 1, .pic_pin = -1 });
    board_enable(&b);
    transcript_start(&heard, &b.trace);
    put(&b, 0, LAPIC_LVT_LINT0, 0x51 | LAPIC_LVT_LEVEL);
    x86_irq_set_lint(&b.irq, 0, 0, true);
    cpu_takes(0, PENDING_INTR, 0x51);
    transcript_is(&heard, "pin 1, accept 1, pending 1, pending 0, take 1");
    eoi(&b, 0);
    transcript_is(&heard, "accept 1, eoi 1, pending 1");
    cpu_takes(0, PENDING_INTR, 0x51);
    x86_irq_set_lint(&b.irq, 0, 0, false);
    eoi(&b, 0);
    transcript_is(&heard, "pending 0, take 1, pin 1, eoi 1");
    x86_irq_set_lint(&b.irq, 0, 0, true);
    transcript_is(&heard, "pin 2, accept 2, pending 2");
}

Test(x86_irq_causes, int_of_the_8259_at_a_fixed_lint0)
{
    board_pc(&b, 1);
    pic_setup(&b);
    board_enable(&b);
    put(&b, 0, LAPIC_LVT_LINT0, 0x52);
    transcript_start(&heard, &b.trace);
    pin(X86_IRQ_PIC, 3, true);
    cpu_takes(0, PENDING_INTR, 0x52);
    eoi(&b, 0);
    transcript_is(&heard, "pin 1, accept 1, pending 1, pending 0, take 1, eoi 1");
}

Test(x86_irq_causes, a_timer_that_fires_within_an_access)
{
    start(1);
    put(&b, 0, LAPIC_LVT_TIMER, 0x70);
    put(&b, 0, LAPIC_DIVIDE, 0xb);
    put(&b, 0, LAPIC_INITIAL_COUNT, 100);
    b.now += 150; // and nobody has called x86_irq_timer yet
    cr_assert_eq(get(&b, 0, LAPIC_CURRENT_COUNT), 0);
    transcript_is(&heard, "timer 1, accept 1, pending 1");
    cpu_takes(0, PENDING_INTR, 0x70);
    eoi(&b, 0);
    transcript_is(&heard, "pending 0, take 1, eoi 1");
}

Test(x86_irq_causes, a_deadline_in_the_past)
{
    start(1);
    put(&b, 0, LAPIC_LVT_TIMER, 0x71 | LAPIC_TIMER_TSC_DEADLINE << 17);
    put_msr(&b, 0, LAPIC_MSR_TSC_DEADLINE, b.now - 10);
    transcript_is(&heard, "timer 1, accept 1, pending 1");
    cpu_takes(0, PENDING_INTR, 0x71);
    put_msr(&b, 0, LAPIC_MSR_TSC_DEADLINE, b.now + 10);
    b.now += 20;
    put_msr(&b, 0, LAPIC_MSR_TSC_DEADLINE, b.now - 1); // both are due
    transcript_is(&heard, "pending 0, take 1, timer 2, accept 2, timer 3, accept 2x2");
}

Test(x86_irq_causes, an_error_interrupt_is_a_raise_of_its_own)
{
    start(1);
    put(&b, 0, LAPIC_LVT_ERROR, 0xfe);
    get(&b, 0, 0x40); // no register
    cpu_takes(0, PENDING_INTR, 0xfe);
    eoi(&b, 0);
    transcript_is(&heard, "mistake 0, accept 1, pending 1, pending 0, take 1, eoi 1");
}

Test(x86_irq_causes, an_event_of_the_cpu_is_a_raise)
{
    start(1);
    put(&b, 0, LAPIC_LVT_THERMAL, 0x62);
    x86_irq_raise(&b.irq, 0, LAPIC_THERMAL);
    transcript_is(&heard, "accept 1, pending 1");
    x86_irq_raise(&b.irq, 0, LAPIC_CMCI); // masked
    transcript_is(&heard, "");
}

// --- Mistakes -------------------------------------------------------------------------------------------------------

static unsigned mistakes;
static struct intact_trace_event last;

static void on_mistake(void *owner, const struct intact_trace_event *event)
{
    (void)owner;
    mistakes++;
    last = *event;
}

static void listen(struct intact_trace_observer *observer)
{
    mistakes = 0;
    intact_trace_observer_init(observer, BIT64(TRACE_MISTAKE), on_mistake, NULL);
    cr_assert_eq(trace_add(&b.trace, observer), 0);
}

static void expect_mistake(uint32_t cpu, uint32_t chip, unsigned which, const char *name)
{
    cr_assert_eq(mistakes, 1, "%s: %u events", name, mistakes);
    cr_assert_eq(last.cpu, cpu);
    cr_assert_eq(last.a, chip);
    cr_assert_eq(last.b, which);
    cr_assert_str_eq(last.mistake, name);
    cr_assert_null(last.device);
    cr_assert_eq(last.cause, 0);
    mistakes = 0;
}

Test(x86_irq_causes, every_chip_reports_its_mistakes_in_one_form)
{
    struct intact_trace_observer observer;
    board_pc(&b, 2);
    pic_setup(&b);
    board_enable(&b);
    listen(&observer);
    x86_irq_port_write(&b.irq, 0x20, 0x20);
    expect_mistake(INTACT_NO_CPU, INTACT_CHIP_PIC, PIC_MISTAKE_EOI, "eoi");
    x86_irq_port_write(&b.irq, 0x4d0, 0x01);
    expect_mistake(INTACT_NO_CPU, INTACT_CHIP_PIC, PIC_MISTAKE_ELCR, "elcr");
    cr_assert_eq(x86_irq_acknowledge(&b.irq, 0, PENDING_INTR, b.now), -1);
    cr_assert_eq(mistakes, 0);
    x86_irq_ioapic_read(&b.irq, 1, 0x30, 4);
    expect_mistake(INTACT_NO_CPU, INTACT_CHIP_IOAPIC + 1, IOAPIC_MISTAKE_OFFSET, "offset");
    x86_irq_ioapic_write(&b.irq, 0, 0x40, 4, 0x99, b.now);
    expect_mistake(INTACT_NO_CPU, INTACT_CHIP_IOAPIC, IOAPIC_MISTAKE_EOI, "eoi");
    eoi(&b, 1);
    expect_mistake(1, INTACT_CHIP_LAPIC, LAPIC_MISTAKE_EOI, "eoi");
    put(&b, 0, LAPIC_LVT_LINT1, 3);
    x86_irq_set_lint(&b.irq, 0, 1, true);
    expect_mistake(0, INTACT_CHIP_LAPIC, LAPIC_MISTAKE_VECTOR, "vector");
}

Test(x86_irq_causes, an_edge_that_no_cpu_accepts_is_a_mistake_at_the_ioapic)
{
    struct intact_trace_observer observer;
    board_pc(&b, 1);
    board_enable(&b);
    route(&b, 0, 2, UINT64_C(0x55) << 56 | 0x31);
    listen(&observer);
    pin(X86_IRQ_IOAPIC, 2, true);
    expect_mistake(INTACT_NO_CPU, INTACT_CHIP_IOAPIC, IOAPIC_MISTAKE_DROPPED, "dropped");
    cr_assert_eq(last.c, 2);
}

static uint64_t counted(void)
{
    uint64_t sum = 0;
    for (unsigned i = 0; i < PIC_MISTAKES; i++)
        sum += b.irq.pic.mistakes[i];
    for (unsigned io = 0; io < 2; io++)
        for (unsigned i = 0; i < IOAPIC_MISTAKES; i++)
            sum += b.irq.ioapics[io].mistakes[i];
    for (unsigned cpu = 0; cpu < 2; cpu++)
        for (unsigned i = 0; i < LAPIC_MISTAKES; i++)
            sum += b.irq.cpus[cpu].lapic.mistakes[i];
    return sum;
}

static uint64_t random64(void)
{
    static uint64_t state = 88172645463325252u;
    state ^= state << 13;
    state ^= state >> 7;
    return state ^= state << 17;
}

static void act_at_random(void)
{
    static const uint16_t ports[] = { 0x20, 0x21, 0xa0, 0xa1, 0x4d0, 0x4d1 };
    uint64_t r = random64(), value;
    uint32_t cpu = r >> 8 & 1, offset = r >> 16 & 0xff0;
    uint64_t apic = LAPIC_DEFAULT_BASE + offset;
    switch (r & 7) {
    case 0: x86_irq_port_write(&b.irq, ports[(r >> 16) % 6], (uint8_t)(r >> 24)); break;
    case 1: x86_irq_port_read(&b.irq, ports[(r >> 16) % 6]); break;
    case 2: x86_irq_ioapic_write(&b.irq, cpu, r >> 16 & 0x50, 4, r >> 32 & 0x7f, b.now); break;
    case 3: x86_irq_ioapic_read(&b.irq, cpu, r >> 16 & 0x50, 4); break;
    case 4: x86_irq_cpu_write(&b.irq, cpu, PORT_MEMORY, apic, 4, r >> 32 & 0x3ff, b.now); break;
    case 5: x86_irq_cpu_read(&b.irq, cpu, PORT_MEMORY, apic, 4, &value, b.now); break;
    case 6: pin((uint32_t)(r >> 16) % 3, (uint32_t)(r >> 24) % 16, r >> 32 & 1); break;
    default: x86_irq_acknowledge(&b.irq, cpu, 1u << (r >> 16) % 5, b.now); break;
    }
    b.now += r >> 40 & 0xff;
}

Test(x86_irq_causes, there_is_an_event_for_each_mistake_that_is_counted)
{
    struct intact_trace_observer observer;
    board_pc(&b, 2);
    pic_setup(&b);
    board_enable(&b);
    listen(&observer);
    for (unsigned i = 0; i < 200000; i++) {
        act_at_random();
        cr_assert_eq(mistakes, counted(), "after %u", i);
    }
    cr_assert_gt(mistakes, 10000);
}
