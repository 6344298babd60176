// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// A manager of groups in front of chips alone: with their trace, an interrupt has one cause from its trigger to its end.
#include <intact/interrupt.h>
#include <intact/x86_irq.h>

#include "transcript.h"

static struct transcript heard;
static struct intact_irq_manager *manager;

static void observe(void)
{
    heard.text[0] = 0;
    intact_trace_observer_init(&heard.observer, INTACT_TRACE_INTERRUPTS, transcript_event, &heard);
    cr_assert_eq(intact_irq_manager_trace(manager, &heard.observer), INTACT_IRQ_OK);
}

static struct intact_irq_group *enabled(enum intact_irq_type type, uint32_t base, struct intact_irq_config config)
{
    struct intact_irq_group *group;
    cr_assert_eq(intact_irq_manager_create_group(manager, type, base, 1, &group), INTACT_IRQ_OK);
    config.type = type;
    cr_assert_eq(intact_irq_group_enable(group, &config), INTACT_IRQ_OK);
    return group;
}

static void to_pin(void *owner, uint32_t chip, uint32_t number, bool level)
{
    intact_x86_irq_set_pin(owner, chip, number, level);
}

static void to_edge(void *owner, uint32_t chip, uint32_t number)
{
    intact_x86_irq_trigger(owner, chip, number);
}

static bool to_msi(void *owner, uint64_t address, uint32_t data, uint32_t device)
{
    (void)device;
    return intact_x86_irq_msi(owner, address, data);
}

static struct intact_x86_irq *chips(void)
{
    struct intact_x86_irq_config config;
    struct intact_x86_irq *irq;
    intact_x86_irq_config_init(&config);
    cr_assert_eq(intact_x86_irq_create(&config, &irq, NULL), 0);
    cr_assert_eq(intact_x86_irq_memory_write(irq, 0, 0xfee000f0, 4, 0x1ff), INTACT_X86_DONE);
    intact_x86_irq_memory_write(irq, 0, 0xfec00000, 4, 0x10 + 2 * 9);
    intact_x86_irq_memory_write(irq, 0, 0xfec00010, 4, 0x41);
    return irq;
}

Test(shared_trace, a_manager_that_shares_the_trace_of_chips_alone)
{
    struct intact_x86_irq *irq = chips();
    struct intact_irq_output output;
    intact_irq_output_init(&output);
    output.pin = to_pin;
    output.edge = to_edge;
    output.message = to_msi;
    output.owner = irq;
    output.trace = intact_x86_irq_get_trace(irq);
    cr_assert_eq(intact_irq_manager_create(&output, &manager), INTACT_IRQ_OK);
    cr_assert_eq(intact_irq_manager_add_chip(manager, INTACT_X86_IOAPIC, 24), INTACT_IRQ_OK);
    cr_assert_eq(intact_irq_manager_route(manager, 10, INTACT_X86_IOAPIC, 9), INTACT_IRQ_OK);
    struct intact_irq_group *group =
        enabled(INTACT_IRQ_LEGACY, 10, (struct intact_irq_config){ .chip = INTACT_IRQ_ANY_PIN });
    struct intact_irq_group *msi = enabled(INTACT_IRQ_MSI, INTACT_IRQ_ANY_BASE,
                                           (struct intact_irq_config){ .address_low = 0xfee00000, .data = 0x42 });
    observe();
    intact_irq_group_trigger(group, 0);
    cr_assert_eq(intact_x86_irq_acknowledge(irq, 0, INTACT_X86_INTR), 0x41);
    intact_x86_irq_memory_write(irq, 0, 0xfee000b0, 4, 0);
    transcript_is(&heard, "trigger 1, line 1, route 1, pin 1, accept 1, pending 1, line 1, pending 0, take 1, eoi 1");
    intact_irq_group_trigger(msi, 0);
    cr_assert_eq(intact_x86_irq_acknowledge(irq, 0, INTACT_X86_INTR), 0x42);
    transcript_is(&heard, "trigger 2, message 2, accept 2, pending 2, pending 0, take 2");
    intact_irq_manager_destroy_group(manager, msi);
    intact_irq_manager_destroy_group(manager, group);
    cr_assert_eq(intact_irq_manager_destroy(manager), INTACT_IRQ_OK);
    cr_assert_not_null(heard.observer.trace, "the chips' trace is still there");
    intact_x86_irq_destroy(irq);
    cr_assert_null(heard.observer.trace);
}
