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
    transcript_is(&heard, "trigger 1, trigger 1x2");
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
