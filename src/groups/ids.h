// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The source ids of all groups of a manager: its sorted list of groups. All functions but ids_check are called under
// the manager's lock.
#ifndef GROUPS_IDS_H
#define GROUPS_IDS_H

#include <intact/interrupt.h>

#include "irqchip/route.h"

#define IDS_SOURCES (UINT32_MAX - ROUTE_GSI_LIMIT + 1) // that messages may have at most

struct intact_irq_manager;
struct intact_irq_group;

// Are these valid values of a group? BAD_TYPE, BAD_COUNT, INVALID.
int ids_check(enum intact_irq_type type, uint32_t base, uint32_t count);
// Chooses the base for INTACT_IRQ_ANY_BASE, and the place in the list. DUPLICATE, OUT_OF_VECTORS.
int ids_choose(const struct intact_irq_manager *manager, enum intact_irq_type type, uint32_t *base, uint32_t count);
// False: out of memory.
bool ids_insert(struct intact_irq_manager *manager, struct intact_irq_group *group);
void ids_remove(struct intact_irq_manager *manager, struct intact_irq_group *group);

#endif
