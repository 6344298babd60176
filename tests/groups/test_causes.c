// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Causes: a trigger of a group is one interrupt from there on, also when it waited.
#include "groups/manager.h"
#include "irqchip/route.h"
#include "transcript.h"

#include <intact/interrupt.h>

static struct trace trace;
static struct route route;
static struct inbox inbox;
static struct intact_irq_manager *manager;
static struct transcript heard;

static void on_pin(void *owner, uint32_t chip, uint32_t pin, bool level)
{
    (void)owner;
    if (level)
        trace_raise(&trace, TRACE_NO_KEY, TRACE_PIN, TRACE_NO_CPU, chip, pin, level);
    else
        trace_lower(&trace, TRACE_NO_KEY, TRACE_PIN, TRACE_NO_CPU, chip, pin, level);
    trace_end(&trace);
}

static bool on_message(void *owner, uint64_t address, uint32_t data, uint32_t device)
{
    (void)owner;
    trace_raise(&trace, TRACE_NO_KEY, TRACE_MESSAGE, TRACE_NO_CPU, address, data, device);
    trace_end(&trace);
    return true;
}

static struct intact_irq_group *start(enum intact_irq_type type, uint32_t base)
{
    struct intact_irq_group *group;
    struct intact_irq_config config = { .type = type, .address_low = 0xfee00000, .chip = INTACT_IRQ_ANY_PIN };
    route_init(&route, &(struct route_sink){ .pin = on_pin, .message = on_message }, &trace);
    cr_assert_eq(route_add_chip(&route, 0, 24), 0);
    cr_assert_eq(route_add_pin(&route, 10, 0, 10), 0);
    cr_assert_eq(inbox_init(&inbox), 0);
    cr_assert_eq(manager_create(&route, &inbox, &trace, &manager), 0);
    cr_assert_eq(intact_irq_manager_create_group(manager, type, base, 1, &group), 0);
    cr_assert_eq(intact_irq_group_enable(group, &config), 0);
    transcript_start(&heard, &trace);
    return group;
}

Test(causes, a_trigger_and_its_message_are_one)
{
    struct intact_irq_group *group = start(INTACT_IRQ_MSI, INTACT_IRQ_ANY_BASE);
    intact_irq_group_trigger(group, 0);
    intact_irq_group_trigger(group, 0);
    transcript_is(&heard, "trigger 1, message 1, trigger 2, message 2");
}

Test(causes, triggers_that_wait_for_an_unmask_are_one)
{
    struct intact_irq_group *group = start(INTACT_IRQ_MSI, INTACT_IRQ_ANY_BASE);
    intact_irq_group_mask(group, 0);
    intact_irq_group_trigger(group, 0);
    intact_irq_group_trigger(group, 0);
    transcript_is(&heard, "trigger 1, mask 1, trigger 1x2, mask 1x2");
    intact_irq_group_unmask(group, 0);
    transcript_is(&heard, "message 1x2");
    intact_irq_group_trigger(group, 0);
    transcript_is(&heard, "trigger 3, message 3");
}

Test(causes, a_trigger_of_a_wire_is_the_wires_interrupt)
{
    struct intact_irq_group *group = start(INTACT_IRQ_LEGACY, 10);
    intact_irq_group_trigger(group, 0);
    transcript_is(&heard, "trigger 1, line 1, route 1, pin 1, pin 1, line 1");
    intact_irq_group_trigger(group, 0);
    transcript_is(&heard, "trigger 2, line 2, route 2, pin 2, pin 2, line 2");
}

// --- A manager of a program -----------------------------------------------------------------------------------------

static uint64_t last_time;

static void hear(void *owner, const struct intact_trace_event *event)
{
    transcript_event(owner, event);
    last_time = event->time;
}

static void observe(struct intact_irq_manager *of)
{
    heard.text[0] = 0;
    intact_trace_observer_init(&heard.observer, INTACT_TRACE_INTERRUPTS, hear, &heard);
    cr_assert_eq(intact_irq_manager_trace(of, &heard.observer), INTACT_IRQ_OK);
    cr_assert_eq(intact_irq_manager_trace(of, &heard.observer), INTACT_IRQ_BUSY);
}

static void no_pin(void *owner, uint32_t chip, uint32_t pin, bool level)
{
    (void)owner, (void)chip, (void)pin, (void)level;
}

static struct intact_irq_group *legacy(struct intact_irq_manager *of, uint32_t gsi)
{
    struct intact_irq_group *group;
    struct intact_irq_config config = { .type = INTACT_IRQ_LEGACY, .chip = INTACT_IRQ_ANY_PIN };
    cr_assert_eq(intact_irq_manager_create_group(of, INTACT_IRQ_LEGACY, gsi, 1, &group), INTACT_IRQ_OK);
    cr_assert_eq(intact_irq_group_enable(group, &config), INTACT_IRQ_OK);
    return group;
}

Test(causes, a_manager_of_a_program_has_a_trace_of_its_own)
{
    struct intact_irq_output output;
    intact_irq_output_init(&output);
    output.pin = no_pin;
    cr_assert_eq(intact_irq_manager_create(&output, &manager), INTACT_IRQ_OK);
    cr_assert_eq(intact_irq_manager_add_chip(manager, 3, 24), INTACT_IRQ_OK);
    cr_assert_eq(intact_irq_manager_route(manager, 10, 3, 9), INTACT_IRQ_OK);
    struct intact_irq_group *group = legacy(manager, 10);
    observe(manager);
    intact_irq_manager_poll(manager, 700);
    intact_irq_group_trigger(group, 0);
    transcript_is(&heard, "trigger 1, line 1, route 1, line 1");
    cr_assert_eq(last_time, 700);
    intact_irq_manager_destroy_group(manager, group);
    cr_assert_eq(intact_irq_manager_destroy(manager), INTACT_IRQ_OK);
    cr_assert_null(heard.observer.trace);
}
