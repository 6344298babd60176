// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Only the interrupt manager, with chips, devices and CPUs of the program: a network card with two queues, whose driver
// goes from INTx to MSI-X, masks a vector, and whose second queue is served by another thread.
//
// "Your chips" are two functions that print their arguments. Replace them by yours.
#include <intact/interrupt.h>

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

enum { CHIP = 0, PINS = 24, GSI = 11, QUEUES = 2, CARD = 0x18 };

// --- Your chips -----------------------------------------------------------------------------------------------------

static void pin(void *owner, uint32_t chip, uint32_t number, bool level)
{
    (void)owner;
    printf("  pin %u of chip %u goes %s\n", number, chip, level ? "high" : "low");
}

static bool message(void *owner, uint64_t address, uint32_t data, uint32_t device)
{
    (void)owner;
    printf("  message %08llx to %09llx from %02x\n", (unsigned long long)data, (unsigned long long)address, device);
    return true;
}

static int check(int result)
{
    if (result < 0) {
        fprintf(stderr, "%s\n", intact_strerror(result));
        exit(EXIT_FAILURE);
    }
    return result;
}

// --- The driver in the guest: it decides ----------------------------------------------------------------------------

static void use_intx(struct intact_irq_device *card)
{
    printf("INTx:\n");
    check(intact_irq_device_set_mode(card, INTACT_IRQ_MODE_LEGACY));
    check(intact_irq_device_enable(card));
}

static void use_msix(struct intact_irq_device *card)
{
    printf("MSI-X:\n");
    check(intact_irq_device_disable(card));
    check(intact_irq_device_set_mode(card, INTACT_IRQ_MODE_PCI_MSIX));
    for (uint32_t queue = 0; queue < QUEUES; queue++) {
        check(intact_irq_device_set_address_low(card, queue, 0xfee00000));
        check(intact_irq_device_set_data(card, queue, 0x40 + queue));
    }
    check(intact_irq_device_enable(card));
}

// --- The device: it triggers, independent of the mode ---------------------------------------------------------------

static void *serve_second_queue(void *owner)
{
    struct intact_irq_group *group = owner;
    check(intact_irq_group_trigger(group, 1));
    return NULL;
}

static void receive(struct intact_irq_manager *manager, struct intact_irq_group *group)
{
    pthread_t thread;
    check(intact_irq_group_trigger(group, 0));
    if (intact_irq_group_length(group) < QUEUES || pthread_create(&thread, NULL, serve_second_queue, group))
        return;
    pthread_join(thread, NULL);
    intact_irq_manager_poll(manager, 0); // what other threads have posted takes effect here
}

int main(void)
{
    const struct intact_irq_output chips = { .size = sizeof(struct intact_irq_output), .pin = pin, .message = message };
    const struct intact_irq_resources resources = { .size = sizeof(struct intact_irq_resources),
                                                    .legacy = { GSI, 1 },
                                                    .pci_msix = { INTACT_IRQ_ANY_BASE, QUEUES },
                                                    .requester = CARD };
    struct intact_irq_manager *manager;
    struct intact_irq_device *card;
    check(intact_irq_manager_create(&chips, &manager));
    check(intact_irq_manager_add_chip(manager, CHIP, PINS));
    check(intact_irq_manager_route(manager, GSI, CHIP, GSI));
    check(intact_irq_device_create(manager, &resources, &card));

    use_intx(card);
    receive(manager, intact_irq_device_group(card));
    intact_irq_manager_eoi(manager, CHIP, GSI); // called by your chip; a line that was triggered falls

    use_msix(card);
    struct intact_irq_group *group = intact_irq_device_group(card);
    check(intact_irq_group_mask(group, 1));
    receive(manager, group);
    printf("vector 1 is masked, and pending: %d\n", intact_irq_group_pending(group, 1));
    check(intact_irq_group_unmask(group, 1));

    intact_irq_device_destroy(card);
    check(intact_irq_manager_destroy(manager));
    return EXIT_SUCCESS;
}
