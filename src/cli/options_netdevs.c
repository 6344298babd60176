// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// -netdev.
#include <string.h>

#include "cli/options.h"
#include "cli/properties.h"
#include "cli/text.h"

const char *const netdev_words[] = { "hubport,id=,hubid=", "file,id=,path=", NULL };

static int netdev_kind(struct settings *settings, const struct properties *properties,
                       struct intact_netdev_config *netdev)
{
    static const char *const kinds[] = { "hubport", "file", NULL };
    const char *kind = properties->first ? properties->first : "", *hub = properties_get(properties, "hubid");
    uint64_t number = 0;
    netdev->file = properties_get(properties, "path");
    if (strcmp(kind, "file") != 0 && strcmp(kind, "hubport") != 0)
        return refuse_unknown(settings, "-netdev", "kind", kind, kinds);
    if ((kind[0] == 'f') != (netdev->file != NULL))
        return refuse(settings, "-netdev: %s", netdev->file ? "only a file has a path" : "file needs path=PATH");
    if ((kind[0] == 'h') != (hub != NULL))
        return refuse(settings, "-netdev: %s", hub ? "only a hubport has a hubid" : "hubport needs hubid=N");
    if (hub && (!text_number(hub, &number) || number > UINT32_MAX))
        return refuse(settings, "-netdev: hubid=%.80s is not a number", hub);
    netdev->hub = (unsigned)number;
    return 0;
}

int take_netdev(struct settings *settings, const char *value)
{
    static const char *const names[] = { "id", "hubid", "path", NULL };
    struct intact_machine_config *config = &settings->config;
    struct intact_netdev_config netdev = { 0 };
    struct properties properties;
    if (properties_parse(settings, "-netdev", value, &properties) < 0 ||
        properties_check(settings, "-netdev", &properties, names) < 0 ||
        netdev_kind(settings, &properties, &netdev) < 0)
        return -1;
    netdev.id = properties_get(&properties, "id");
    if (!netdev.id || !*netdev.id)
        return refuse(settings, "-netdev: needs id=ID, by which a -device names it");
    for (unsigned i = 0; i < config->netdev_count; i++)
        if (strcmp(config->netdevs[i].id, netdev.id) == 0)
            return refuse(settings, "-netdev: there are two with the id '%.80s'", netdev.id);
    if (config->netdev_count == INTACT_NETDEVS_MAX)
        return refuse(settings, "-netdev: more than %d", INTACT_NETDEVS_MAX);
    settings->netdevs[config->netdev_count++] = netdev;
    config->netdevs = settings->netdevs;
    return 0;
}
