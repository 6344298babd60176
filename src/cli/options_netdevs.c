// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// -netdev.
#include <string.h>

#include "cli/options.h"
#include "cli/properties.h"
#include "cli/text.h"

const char *const netdev_words[] = { "user,id=,hostfwd=,restrict=", "hubport,id=,hubid=", "file,id=,path=", NULL };

static int netdev_hub(struct settings *settings, const struct properties *properties,
                      struct intact_netdev_config *netdev)
{
    static const char *const names[] = { "id", "hubid", NULL };
    const char *hub = properties_get(properties, "hubid");
    uint64_t number = 0;
    if (properties_check(settings, "-netdev hubport", properties, names) < 0)
        return -1;
    if (!hub || !text_number(hub, &number) || number > UINT32_MAX)
        return refuse(settings, "-netdev hubport: needs hubid=N, a number%s%.80s", hub ? ", not " : "", hub ? hub : "");
    netdev->hub = (unsigned)number;
    return 0;
}

static int netdev_file(struct settings *settings, const struct properties *properties,
                       struct intact_netdev_config *netdev)
{
    static const char *const names[] = { "id", "path", NULL };
    if (properties_check(settings, "-netdev file", properties, names) < 0)
        return -1;
    netdev->file = properties_get(properties, "path");
    return netdev->file ? 0 : refuse(settings, "-netdev file: needs path=PATH");
}

// If idle time were skipped, a guest's timeout would end before an answer from outside could arrive.
static int netdev_user(struct settings *settings, const struct properties *properties,
                       struct intact_netdev_config *netdev)
{
    static const char *const names[] = { "id", "hostfwd", "restrict", NULL };
    const char *restricted = properties_get(properties, "restrict");
    unsigned *used = &settings->forward_count;
    if (properties_check(settings, "-netdev user", properties, names) < 0)
        return -1;
    if (restricted && !text_switch(restricted, &netdev->restricted))
        return refuse(settings, "-netdev user: restrict is on or off, not '%.80s'", restricted);
    netdev->forwards = &settings->forwards[*used];
    for (unsigned i = 0; i < properties->count; i++) {
        if (strcmp(properties->name[i], "hostfwd") != 0)
            continue;
        if (*used == FORWARD_LIMIT)
            return refuse(settings, "-netdev user: more than %d hostfwd", FORWARD_LIMIT);
        settings->forwards[(*used)++] = properties->value[i];
        netdev->forward_count++;
    }
    if (settings->sleep == CHOICE_AUTO)
        settings->sleep = CHOICE_ON;
    return 0;
}

static int netdev_kind(struct settings *settings, const struct properties *properties,
                       struct intact_netdev_config *netdev)
{
    static const char *const kinds[] = { "user", "hubport", "file", NULL };
    static int (*const take[])(struct settings *, const struct properties *,
                               struct intact_netdev_config *) = { netdev_user, netdev_hub, netdev_file };
    static const enum intact_netdev_kind values[] = { INTACT_NETDEV_USER, INTACT_NETDEV_HUB, INTACT_NETDEV_FILE };
    const char *kind = properties->first ? properties->first : "";
    for (unsigned i = 0; kinds[i]; i++) {
        if (strcmp(kind, kinds[i]) != 0)
            continue;
        netdev->kind = values[i];
        return take[i](settings, properties, netdev);
    }
    return refuse_unknown(settings, "-netdev", "kind", kind, kinds);
}

int take_netdev(struct settings *settings, const char *value)
{
    struct intact_machine_config *config = &settings->config;
    struct intact_netdev_config netdev = { 0 };
    struct properties properties;
    if (config->netdev_count == INTACT_NETDEVS_MAX)
        return refuse(settings, "-netdev: more than %d", INTACT_NETDEVS_MAX);
    if (properties_parse(settings, "-netdev", value, &properties) < 0 ||
        netdev_kind(settings, &properties, &netdev) < 0)
        return -1;
    netdev.id = properties_get(&properties, "id");
    if (!netdev.id || !*netdev.id)
        return refuse(settings, "-netdev: needs id=ID, by which a -device names it");
    for (unsigned i = 0; i < config->netdev_count; i++)
        if (strcmp(config->netdevs[i].id, netdev.id) == 0)
            return refuse(settings, "-netdev: there are two with the id '%.80s'", netdev.id);
    settings->netdevs[config->netdev_count++] = netdev;
    config->netdevs = settings->netdevs;
    return 0;
}
