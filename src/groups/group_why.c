// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Why a source of a group does not interrupt: what <intact/why.h> says of groups.
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/why.h"
#include "groups/group.h"

static bool is_up(const struct group_source *source)
{
    return source->live.flags & SETTINGS_LEVEL ? source->driven || source->asserted : source->undelivered;
}

void group_why_raised(const struct intact_irq_group *group, uint32_t index, const char *name, struct why *why)
{
    const struct group_source *source = &group->sources[index];
    uint32_t chip = (uint32_t)(source->live.address >> 32);
    if (!is_up(source))
        return;
    if (!source_is_open(group, source))
        WHY_NAMED(why, INTACT_WHY_SOURCE_PENDING, name, 0);
    else if (group->type == INTACT_IRQ_LEGACY && chip == INTACT_IRQ_ANY_PIN)
        WHY_NAMED(why, INTACT_WHY_LINE_HIGH, name, group->base);
}

void group_why(const struct intact_irq_group *group, uint32_t index, const char *name, struct why *why)
{
    const struct group_source *source = &group->sources[index];
    if (!is_up(source) && source->live.flags & SETTINGS_LEVEL)
        WHY_NAMED(why, INTACT_WHY_LINE_LOW, name, 0);
    if (!group->live)
        WHY_NAMED(why, INTACT_WHY_SOURCE_DISABLED, name, 0);
    if (source->live.flags & SETTINGS_MASKED)
        WHY_NAMED(why, INTACT_WHY_SOURCE_MASKED, name, 0);
}

void group_why_idle(const struct intact_irq_group *group, uint32_t index, const char *name, struct why *why)
{
    const struct group_source *source = &group->sources[index];
    if (!is_up(source) && !(source->live.flags & SETTINGS_LEVEL))
        WHY_NAMED(why, INTACT_WHY_SOURCE_IDLE, name, 0);
}

// A source of a message group is its name and its index; a legacy group's has the group's name.
static bool is_source(const struct intact_irq_group *group, const char *name, uint32_t *index)
{
    size_t length = group->name ? strlen(group->name) : 0;
    *index = 0;
    if (!length || strncmp(group->name, name, length) != 0)
        return false;
    if (group->type == INTACT_IRQ_LEGACY)
        return name[length] == 0;
    if (!isdigit((unsigned char)name[length]) || (name[length] == '0' && name[length + 1]))
        return false;
    char *end;
    unsigned long number = strtoul(name + length, &end, 10);
    *index = (uint32_t)number;
    return !*end && number < group->length;
}

bool group_find_source(const struct intact_irq_manager *manager, const char *name, struct intact_irq_group **group,
                       uint32_t *index)
{
    for (uint32_t i = 0; i < manager->group_count; i++)
        if (is_source(manager->groups[i], name, index)) {
            *group = manager->groups[i];
            return true;
        }
    return false;
}
