// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// A bench for groups: a manager with two chips of 24 pins, and a record of its output.
#ifndef TESTS_GROUPS_RIG_H
#define TESTS_GROUPS_RIG_H

#include <criterion/criterion.h>
#include <intact/interrupt.h>
#include <string.h>

#define RIG_RECORDS 4096
#define RIG_MSI     UINT32_C(0xfee00000)
#define RIG_NOWHERE UINT32_C(0x00001000) // an address that no message may have

struct rig_record {
    uint64_t address;
    uint32_t data, device;
};

struct rig {
    struct intact_irq_manager *manager;
    bool level[2][24];
    unsigned rises[2][24], falls[2][24];
    struct rig_record messages[RIG_RECORDS]; // the first that came
    unsigned count;
    bool deaf;
    void (*moved)(struct rig *rig, uint32_t chip, uint32_t pin, bool level); // after the record of a pin's level
    struct intact_irq_group *group;                                          // for `moved`
};

static inline void rig_pin(void *owner, uint32_t chip, uint32_t pin, bool level)
{
    struct rig *rig = owner;
    rig->level[chip][pin] = level;
    ++*(level ? &rig->rises[chip][pin] : &rig->falls[chip][pin]);
    if (rig->moved)
        rig->moved(rig, chip, pin, level);
}

static inline bool rig_message(void *owner, uint64_t address, uint32_t data, uint32_t device)
{
    struct rig *rig = owner;
    if (rig->deaf)
        return false;
    if (rig->count < RIG_RECORDS)
        rig->messages[rig->count] = (struct rig_record){ address, data, device };
    rig->count++;
    return true;
}

static inline bool rig_reaches(void *owner, uint64_t address, uint32_t device)
{
    (void)owner;
    (void)device;
    return address >> 20 == RIG_MSI >> 20;
}

// GSI n reaches pin n of both chips, but 2, which is not wired.
static inline void rig_open(struct rig *rig)
{
    memset(rig, 0, sizeof *rig);
    const struct intact_irq_output output = { .size = sizeof(struct intact_irq_output),
                                              .pin = rig_pin,
                                              .message = rig_message,
                                              .owner = rig,
                                              .reaches = rig_reaches };
    cr_assert_eq(intact_irq_manager_create(&output, &rig->manager), INTACT_IRQ_OK);
    for (uint32_t chip = 0; chip < 2; chip++) {
        cr_assert_eq(intact_irq_manager_add_chip(rig->manager, chip, 24), INTACT_IRQ_OK);
        for (uint32_t pin = 0; pin < 24; pin++)
            if (pin != 2)
                cr_assert_eq(intact_irq_manager_route(rig->manager, pin, chip, pin), INTACT_IRQ_OK);
    }
}

static inline void rig_close(struct rig *rig)
{
    intact_irq_manager_poll(rig->manager, 0);
    cr_assert_eq(intact_irq_manager_destroy(rig->manager), INTACT_IRQ_OK, "every group is gone");
}

static inline struct intact_irq_group *rig_group(struct rig *rig, enum intact_irq_type type, uint32_t count)
{
    struct intact_irq_group *group = NULL;
    uint32_t base = type == INTACT_IRQ_LEGACY ? 10 : INTACT_IRQ_ANY_BASE;
    cr_assert_eq(intact_irq_manager_create_group(rig->manager, type, base, count, &group), INTACT_IRQ_OK);
    return group;
}

static inline struct intact_irq_config rig_config(enum intact_irq_type type, uint32_t data)
{
    return (struct intact_irq_config){ .type = type, .address_low = RIG_MSI, .data = data, .device = 5 };
}

static inline struct intact_irq_config rig_line(bool level)
{
    return (struct intact_irq_config){ .type = INTACT_IRQ_LEGACY, .chip = INTACT_IRQ_ANY_PIN, .level = level };
}

// Every source unmasked, with data = `first` + index.
static inline void rig_enable(struct intact_irq_group *group, uint32_t first)
{
    for (uint32_t i = 0; i < intact_irq_group_length(group); i++) {
        struct intact_irq_config config = rig_config(intact_irq_group_type(group), first + i);
        cr_assert_eq(intact_irq_group_update(group, i, &config, false, false), INTACT_IRQ_OK);
    }
    cr_assert_eq(intact_irq_group_enable(group, NULL), INTACT_IRQ_OK);
}

static inline struct intact_irq_group *rig_legacy(struct rig *rig, bool level)
{
    struct intact_irq_group *group = rig_group(rig, INTACT_IRQ_LEGACY, 1);
    struct intact_irq_config config = rig_line(level);
    cr_assert_eq(intact_irq_group_enable(group, &config), INTACT_IRQ_OK);
    return group;
}

#endif
