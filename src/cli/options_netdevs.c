// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// -netdev; and -nic and -net, which are a -netdev and a -device in one.
#include <stdio.h>
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
    settings->net_said = true;
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

// --- -nic and -net ---------------------------------------------------------------------------------------------------

enum { NIC_TEXT = 1024 };

// The card: virtio-net-pci, unless another one is asked for that is there.
static const char *card_of(struct settings *settings, const char *option, const char *model)
{
    static const char *const models[][2] = { { "virtio-net-pci", "virtio-net-pci" },
                                             { "virtio-net", "virtio-net-pci" },
                                             { "virtio", "virtio-net-pci" },
                                             { "virtio-net-device", "virtio-net-device" } };
    for (unsigned i = 0; i < sizeof models / sizeof models[0]; i++)
        if (!model || strcmp(model, models[i][0]) == 0)
            return models[i][1];
    refuse(settings, "%s: there is no card '%.80s' here; virtio-net-pci is one", option, model);
    return NULL;
}

// -device CARD,netdev=ID[,mac=MAC]
static int add_card(struct settings *settings, const char *card, const char *id, const char *mac)
{
    char text[NIC_TEXT];
    snprintf(text, sizeof text, "%s,netdev=%s%s%s", card, id, mac ? ",mac=" : "", mac ? mac : "");
    return take_device(settings, text);
}

// The properties of a network, without those of a card, as -netdev takes them.
static int add_network(struct settings *settings, const char *option, const struct properties *properties,
                       const char *id)
{
    char text[NIC_TEXT];
    size_t used = (size_t)snprintf(text, sizeof text, "%s,id=%s", properties->first, id);
    for (unsigned i = 0; i < properties->count && used < sizeof text; i++) {
        const char *name = properties->name[i];
        if (strcmp(name, "model") != 0 && strcmp(name, "mac") != 0 && strcmp(name, "id") != 0)
            used += (size_t)snprintf(text + used, sizeof text - used, ",%s=%s", name, properties->value[i]);
    }
    return used < sizeof text ? take_netdev(settings, text) : refuse(settings, "%s: too long", option);
}

// -nic none: no card that was not asked for, which is so anyway.
int take_nic(struct settings *settings, const char *value)
{
    struct properties properties;
    char own[16];
    settings->net_said = true;
    if (properties_parse(settings, "-nic", value, &properties) < 0)
        return -1;
    if (properties.first && strcmp(properties.first, "none") == 0)
        return 0;
    if (!properties.first)
        return refuse(settings, "-nic: '%.80s' does not begin with a network: user, hubport, file or none", value);
    const char *card = card_of(settings, "-nic", properties_get(&properties, "model"));
    const char *id = properties_get(&properties, "id");
    snprintf(own, sizeof own, "nic%u", settings->config.netdev_count);
    if (!card || add_network(settings, "-nic", &properties, id ? id : own) < 0)
        return -1;
    return add_card(settings, card, id ? id : own, properties_get(&properties, "mac"));
}

static int net_card(struct settings *settings, const struct properties *properties)
{
    static const char *const names[] = { "model", "macaddr", "netdev", NULL };
    struct net_card *card = &settings->net_cards[settings->net_card_count];
    if (properties_check(settings, "-net nic", properties, names) < 0)
        return -1;
    if (settings->net_card_count == NET_CARD_LIMIT)
        return refuse(settings, "-net nic: more than %d", NET_CARD_LIMIT);
    card->driver = card_of(settings, "-net nic", properties_get(properties, "model"));
    card->mac = properties_get(properties, "macaddr");
    card->netdev = properties_get(properties, "netdev");
    settings->net_card_count += card->driver != NULL;
    return card->driver ? 0 : -1;
}

// All of -net are one network; the card may be named before it.
int take_net(struct settings *settings, const char *value)
{
    struct properties properties;
    settings->net_said = true;
    if (properties_parse(settings, "-net", value, &properties) < 0)
        return -1;
    const char *kind = properties.first ? properties.first : "";
    if (strcmp(kind, "none") == 0)
        return 0;
    if (strcmp(kind, "nic") == 0)
        return net_card(settings, &properties);
    if (strcmp(kind, "user") != 0)
        return refuse(settings, "-net: there is no '%.80s' here; nic, user and none are; -netdev has more", kind);
    if (settings->net_user)
        return refuse(settings, "-net user: given twice; -netdev user,id=ID is for further networks");
    settings->net_user = true;
    return add_network(settings, "-net user", &properties, "net-user");
}

int resolve_net(struct settings *settings)
{
    if (settings->net_user && settings->net_card_count > 1 && !settings->net_cards[1].netdev)
        return refuse(settings, "-net: user has one card; -netdev user,id=ID and -device are for more");
    for (unsigned i = 0; i < settings->net_card_count; i++) {
        const struct net_card *card = &settings->net_cards[i];
        char id[24];
        snprintf(id, sizeof id, "net-nic%u", i);
        char hub[64];
        snprintf(hub, sizeof hub, "hubport,id=%s,hubid=0", id);
        bool alone = !card->netdev && !settings->net_user;
        if (alone && take_netdev(settings, hub) < 0)
            return -1;
        const char *netdev = card->netdev ? card->netdev : alone ? id : "net-user";
        if (add_card(settings, card->driver, netdev, card->mac) < 0)
            return -1;
    }
    return 0;
}
