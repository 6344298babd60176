// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Names of sources: every event of an interrupt has the name of what raised it.
#include <criterion/criterion.h>

#include <string.h>

#include "groups/manager.h"
#include "irqchip/route.h"

#include <intact/interrupt.h>

static struct trace trace, *const tracing = &trace;
static struct route route;
static struct inbox inbox;
static struct intact_irq_manager *manager;
static struct intact_trace_observer observer;
static const char *sources[8];
static unsigned count;

static void hear(void *owner, const struct intact_trace_event *event)
{
    (void)owner;
    sources[count++ % 8] = event->source;
}

static void on_pin(void *owner, uint32_t chip, uint32_t pin, bool level)
{
    (void)owner;
    TRACE(tracing, TRACE_PIN, TRACE_NO_CPU, chip, pin, level);
}

static bool on_message(void *owner, uint64_t address, uint32_t data, uint32_t device)
{
    (void)owner;
    TRACE(tracing, TRACE_MESSAGE, TRACE_NO_CPU, address, data, device);
    return true;
}

static void start(void)
{
    route_init(&route, &(struct route_sink){ .pin = on_pin, .message = on_message }, &trace);
    cr_assert_eq(route_add_chip(&route, 0, 24), 0);
    cr_assert_eq(route_add_pin(&route, 10, 0, 10), 0);
    cr_assert_eq(inbox_init(&inbox), 0);
    cr_assert_eq(manager_create(&route, &inbox, &trace, &manager), 0);
    intact_trace_observer_init(&observer, INTACT_TRACE_INTERRUPTS, hear, NULL);
    cr_assert_eq(trace_add(&trace, &observer), 0);
}

// The events since the last call: how many, and that all have this source.
static void all_are(unsigned events, const char *source)
{
    cr_assert_eq(count, events, "%u events", count);
    for (unsigned i = 0; i < events; i++)
        if (source)
            cr_assert_str_eq(sources[i] ? sources[i] : "none", source, "event %u", i);
        else
            cr_assert_eq(sources[i], NULL);
    count = 0;
}

static struct intact_irq_group *make(enum intact_irq_type type, uint32_t base, uint32_t length)
{
    const struct intact_irq_config config = { .type = type, .address_low = 0xfee00000, .chip = INTACT_IRQ_ANY_PIN };
    const struct intact_irq_config configs[] = { config, config, config, config };
    struct intact_irq_group *group;
    cr_assert_eq(intact_irq_manager_create_group(manager, type, base, length, &group), INTACT_IRQ_OK);
    cr_assert_eq(intact_irq_group_enable(group, configs), INTACT_IRQ_OK);
    return group;
}

Test(names, messages_have_the_name_of_their_group_and_their_index)
{
    start();
    struct intact_irq_group *group = make(INTACT_IRQ_MSIX, INTACT_IRQ_ANY_BASE, 4);
    intact_irq_group_trigger(group, 3);
    all_are(2, NULL);
    char name[] = "nic.rx";
    cr_assert_eq(intact_irq_group_set_name(group, name), INTACT_IRQ_OK);
    name[0] = '?'; // it was copied
    intact_irq_group_trigger(group, 3);
    all_are(2, "nic.rx3");
    intact_irq_group_trigger(group, 0);
    all_are(2, "nic.rx0");
    const char *kept = sources[0];
    intact_irq_manager_destroy_group(manager, group);
    cr_assert_str_eq(kept, "nic.rx0"); // as long as the trace
    group = make(INTACT_IRQ_MSIX, INTACT_IRQ_ANY_BASE, 4);
    intact_irq_group_set_name(group, "disk");
    intact_irq_group_set_name(group, NULL);
    intact_irq_group_trigger(group, 0);
    all_are(2, NULL);
}

Test(names, an_interrupt_that_waited_keeps_the_name_of_the_first_raise)
{
    start();
    struct intact_irq_group *group = make(INTACT_IRQ_MSI, INTACT_IRQ_ANY_BASE, 1);
    intact_irq_group_set_name(group, "first");
    intact_irq_group_mask(group, 0);
    intact_irq_group_trigger(group, 0);
    all_are(2, "first0"); // trigger, mask
    intact_irq_group_set_name(group, "second");
    intact_irq_group_trigger(group, 0);
    cr_assert_eq(count, 2u);
    cr_assert_str_eq(sources[0], "second0"); // its own event
    cr_assert_str_eq(sources[1], "first0");  // what waits is the first one's
    count = 0;
    intact_irq_group_unmask(group, 0);
    all_are(1, "first0");
}

Test(names, a_wire_has_the_name_of_what_raised_it)
{
    start();
    struct intact_irq_line line = { .name = "uart.irq" }, other = { .name = "rtc.irq" }, nameless = { 0 };
    cr_assert_eq(route_connect(&route, 10, &line), 0);
    cr_assert_eq(route_connect(&route, 10, &other), 0);
    cr_assert_eq(route_connect(&route, 10, &nameless), 0);
    intact_irq_line_set(&line, true);
    all_are(3, "uart.irq"); // line, route, pin
    intact_irq_line_set(&other, true);
    all_are(1, "rtc.irq"); // merged, but this line's event
    intact_irq_line_set(&line, false);
    all_are(1, "uart.irq");
    intact_irq_line_set(&other, false);
    cr_assert_eq(count, 2u);
    cr_assert_str_eq(sources[0], "rtc.irq");  // its line falls
    cr_assert_str_eq(sources[1], "uart.irq"); // the pin's interrupt was that of the first
    count = 0;
    intact_irq_line_set(&other, true);
    all_are(3, "rtc.irq");
    intact_irq_line_set(&other, false);
    all_are(2, "rtc.irq");
    intact_irq_line_set(&nameless, true);
    all_are(3, NULL);
}

Test(names, a_legacy_group_has_its_name_without_a_number)
{
    start();
    struct intact_irq_group *group = make(INTACT_IRQ_LEGACY, 10, 1);
    intact_irq_group_set_name(group, "gpio.irq");
    intact_irq_group_trigger(group, 0);
    all_are(6, "gpio.irq");
}
