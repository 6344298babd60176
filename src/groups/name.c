// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Names of groups and of their sources, for traces. The names of sources belong to the trace, whose events have them even
// when the group is gone.
#include "groups/group.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct names *names_of(const struct intact_irq_group *group)
{
    return group->manager->trace ? &group->manager->trace->names : NULL;
}

void group_free_names(struct intact_irq_group *group)
{
    free(group->name);
    free(group->names);
    group->name = NULL;
    group->names = NULL;
    group->wire.name = NULL;
}

int intact_irq_group_set_name(struct intact_irq_group *group, const char *name)
{
    size_t size = name ? strlen(name) + 1 : 0;
    group_free_names(group);
    if (!name || !names_of(group))
        return INTACT_IRQ_OK;
    group->name = malloc(size);
    if (!group->name)
        return INTACT_IRQ_NO_MEMORY;
    memcpy(group->name, name, size);
    if (group->type == INTACT_IRQ_LEGACY)
        group->wire.name = names_add(names_of(group), name);
    return INTACT_IRQ_OK;
}

static const char *make_name(const struct intact_irq_group *group, uint32_t index)
{
    size_t size = strlen(group->name) + sizeof "4294967295";
    char *text = malloc(size);
    if (!text)
        return NULL;
    snprintf(text, size, "%s%u", group->name, index);
    const char *name = names_add(names_of(group), text);
    free(text);
    return name;
}

const char *group_source_name(struct intact_irq_group *group, uint32_t index)
{
    if (!group->name || group->type == INTACT_IRQ_LEGACY)
        return group->wire.name;
    if (!group->names)
        group->names = calloc(group->length, sizeof *group->names);
    if (!group->names)
        return NULL;
    if (!group->names[index])
        group->names[index] = make_name(group, index);
    return group->names[index];
}
