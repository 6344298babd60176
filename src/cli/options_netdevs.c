// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// -netdev; and -nic and -net, which are a -netdev and a -device in one.
#include <stdio.h>
#include <string.h>

#include "cli/options.h"
#include "cli/properties.h"
#include "cli/text.h"

const char *const netdev_words[] = { "user,id=,hostfwd=,restrict=",
                                     "hubport,id=,hubid=",
                                     "file,id=,path=",
                                     "socket,id=,listen=",
                                     "stream,id=,server=,addr.type=,addr.path=",
                                     "dgram,id=,local.type=,remote.type=",
                                     NULL };

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
static void follow_host(struct settings *settings)
{
    if (settings->sleep == CHOICE_AUTO)
        settings->sleep = CHOICE_ON;
}

static int take_switch(struct settings *settings, const char *option, const struct properties *properties,
                       const char *name, bool *on)
{
    const char *text = properties_get(properties, name);
    if (text && !text_switch(text, on))
        return refuse(settings, "%s: %s is on or off, not '%.80s'", option, name, text);
    return 0;
}

// All values of a property that may be given several times.
static int take_all(struct settings *settings, const struct properties *properties, const char *name,
                    const char *const **list, unsigned *count)
{
    unsigned *used = &settings->forward_count;
    *list = &settings->forwards[*used];
    for (unsigned i = 0; i < properties->count; i++) {
        if (strcmp(properties->name[i], name) != 0)
            continue;
        if (*used == FORWARD_LIMIT)
            return refuse(settings, "-netdev user: more than %d hostfwd, guestfwd and dnssearch", FORWARD_LIMIT);
        settings->forwards[(*used)++] = properties->value[i];
        (*count)++;
    }
    return 0;
}

static void take_texts(const struct properties *properties, struct intact_user_network *user)
{
    const struct {
        const char *name, **value;
    } rows[] = {
        { "net", &user->net },           { "host", &user->host },
        { "dns", &user->dns },           { "dhcpstart", &user->dhcp_start },
        { "hostname", &user->hostname }, { "domainname", &user->domain },
        { "tftp", &user->tftp },         { "tftp-server-name", &user->tftp_server },
        { "bootfile", &user->bootfile }, { "ipv6-net", &user->net6 },
        { "ipv6-host", &user->host6 },   { "ipv6-dns", &user->dns6 },
    };
    for (unsigned i = 0; i < sizeof rows / sizeof rows[0]; i++)
        *rows[i].value = properties_get(properties, rows[i].name);
}

static int netdev_user(struct settings *settings, const struct properties *properties,
                       struct intact_netdev_config *netdev)
{
    static const char *const names[] = { "id",       "hostfwd",    "guestfwd",  "restrict",
                                         "net",      "host",       "dns",       "dhcpstart",
                                         "hostname", "domainname", "dnssearch", "tftp",
                                         "bootfile", "ipv4",       "ipv6",      "tftp-server-name",
                                         "ipv6-net", "ipv6-host",  "ipv6-dns",  NULL };
    static const char option[] = "-netdev user";
    bool ipv4 = true, ipv6 = true;
    if (properties_get(properties, "smb"))
        return refuse(settings, "%s: there is no SMB server here; tftp= or a disk brings files", option);
    if (properties_check(settings, option, properties, names) < 0 ||
        take_switch(settings, option, properties, "restrict", &netdev->restricted) < 0 ||
        take_switch(settings, option, properties, "ipv4", &ipv4) < 0 ||
        take_switch(settings, option, properties, "ipv6", &ipv6) < 0 ||
        take_all(settings, properties, "hostfwd", &netdev->forwards, &netdev->forward_count) < 0 ||
        take_all(settings, properties, "guestfwd", &netdev->user.guest_forwards, &netdev->user.guest_forward_count) <
            0 ||
        take_all(settings, properties, "dnssearch", &netdev->user.search, &netdev->user.search_count) < 0)
        return -1;
    if (!ipv4 && !ipv6)
        return refuse(settings, "%s: without IPv4 and IPv6 nothing is left", option);
    netdev->user.no_ipv4 = !ipv4;
    netdev->user.no_ipv6 = !ipv6;
    take_texts(properties, &netdev->user);
    follow_host(settings);
    return 0;
}

// --- Sockets ---------------------------------------------------------------------------------------------------------

// "KIND:PLACE"; NULL: an error line was written.
static const char *place_of(struct settings *settings, const char *kind, const char *host, const char *place)
{
    char text[600];
    bool has_colons = host && strchr(host, ':') && host[0] != '[';
    if (host)
        snprintf(text, sizeof text, has_colons ? "%s:[%.400s]:%.100s" : "%s:%.400s:%.100s", kind, host, place);
    else
        snprintf(text, sizeof text, "%s:%.500s", kind, place);
    return settings_copy(settings, text);
}

// The address that properties with this beginning ("addr", "local", "remote") describe; *place stays NULL without them.
static int take_address(struct settings *settings, const char *option, const struct properties *properties,
                        const char *beginning, const char *inet, const char **place)
{
    char name[4][24];
    const char *value[4];
    static const char *const ends[] = { "type", "host", "port", "path" };
    for (unsigned i = 0; i < 4; i++) {
        snprintf(name[i], sizeof name[i], "%s.%s", beginning, ends[i]);
        value[i] = properties_get(properties, name[i]);
    }
    if (!value[0])
        return 0;
    char str[24];
    snprintf(str, sizeof str, "%s.str", beginning);
    const char *fd = properties_get(properties, str);
    if (strcmp(value[0], "inet") == 0 && value[1] && value[2] && !value[3])
        *place = place_of(settings, inet, value[1], value[2]);
    else if (strcmp(value[0], "unix") == 0 && value[3] && !value[1] && !value[2])
        *place = place_of(settings, "unix", NULL, value[3]);
    else if (strcmp(value[0], "fd") == 0 && fd && !value[1] && !value[2] && !value[3])
        *place = place_of(settings, "fd", NULL, fd);
    else
        return refuse(settings,
                      "%s: %s.type is inet with %s.host and %s.port, unix with %s.path, or fd with %s.str, a number",
                      option, beginning, beginning, beginning, beginning, beginning);
    return *place ? 0 : -1;
}

static int netdev_stream(struct settings *settings, const struct properties *properties,
                         struct intact_netdev_config *netdev)
{
    static const char *const names[] = { "id",        "server",   "addr.type", "addr.host",    "addr.port",
                                         "addr.path", "addr.str", "reconnect", "reconnect-ms", NULL };
    static const char option[] = "-netdev stream";
    const char *seconds = properties_get(properties, "reconnect"), *ms = properties_get(properties, "reconnect-ms");
    const char *place = NULL;
    uint64_t number = 0;
    bool server = false;
    if (properties_check(settings, option, properties, names) < 0 ||
        take_switch(settings, option, properties, "server", &server) < 0 ||
        take_address(settings, option, properties, "addr", "tcp", &place) < 0)
        return -1;
    if (!place)
        return refuse(settings, "%s: needs addr.type=inet|unix|fd and the address", option);
    if ((seconds && !text_number(seconds, &number)) || (ms && !text_number(ms, &number)) || number > 86400)
        return refuse(settings, "%s: reconnect is a number of seconds, up to 86400", option);
    if (server && number)
        return refuse(settings, "%s: reconnect is for what connects, not for server=on", option);
    bool is_local = server || strncmp(place, "fd:", 3) == 0;
    *(is_local ? &netdev->local : &netdev->remote) = place;
    netdev->reconnect_ms = (unsigned)(ms ? number : number * 1000);
    follow_host(settings);
    return 0;
}

static int netdev_dgram(struct settings *settings, const struct properties *properties,
                        struct intact_netdev_config *netdev)
{
    static const char *const names[] = { "id",          "local.type",  "local.host",  "local.port",
                                         "local.path",  "local.str",   "remote.type", "remote.host",
                                         "remote.port", "remote.path", NULL };
    static const char option[] = "-netdev dgram";
    if (properties_check(settings, option, properties, names) < 0 ||
        take_address(settings, option, properties, "local", "udp", &netdev->local) < 0 ||
        take_address(settings, option, properties, "remote", "udp", &netdev->remote) < 0)
        return -1;
    follow_host(settings);
    return 0;
}

// The older form of both: what it has in one property.
static int netdev_socket(struct settings *settings, const struct properties *properties,
                         struct intact_netdev_config *netdev)
{
    static const char *const names[] = { "id", "listen", "connect", "mcast", "udp", "localaddr", "fd", NULL };
    static const struct {
        const char *name, *kind;
        bool is_local, datagrams;
    } rows[] = { { "listen", "tcp", true, false },
                 { "connect", "tcp", false, false },
                 { "fd", "fd", true, false },
                 { "mcast", "udp", false, true },
                 { "udp", "udp", false, true } };
    const char *local = properties_get(properties, "localaddr");
    unsigned found = 0, row = 0;
    if (properties_check(settings, "-netdev socket", properties, names) < 0)
        return -1;
    for (unsigned i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        bool given = properties_get(properties, rows[i].name);
        row = given ? i : row;
        found += given;
    }
    if (found != 1)
        return refuse(settings, "-netdev socket: needs one of listen=, connect=, mcast=, udp= and fd=");
    if ((local != NULL) > rows[row].datagrams || (!local && strcmp(rows[row].name, "udp") == 0))
        return refuse(settings, "-netdev socket: localaddr=[HOST]:PORT is for udp=, which needs it, and mcast=");
    const char *place = place_of(settings, rows[row].kind, NULL, properties_get(properties, rows[row].name));
    *(rows[row].is_local ? &netdev->local : &netdev->remote) = place;
    netdev->kind = rows[row].datagrams ? INTACT_NETDEV_DGRAM : INTACT_NETDEV_STREAM;
    if (local && !strchr(local, ':')) // of mcast: an interface's address alone
        netdev->local = place_of(settings, "udp", local, "0");
    else if (local)
        netdev->local = place_of(settings, "udp", NULL, local);
    follow_host(settings);
    return place && (!local || netdev->local) ? 0 : -1;
}

static int netdev_kind(struct settings *settings, const struct properties *properties,
                       struct intact_netdev_config *netdev)
{
    static const char *const kinds[] = { "user", "hubport", "file", "socket", "stream", "dgram", NULL };
    static const struct {
        enum intact_netdev_kind kind;
        int (*take)(struct settings *, const struct properties *, struct intact_netdev_config *);
    } rows[] = { { INTACT_NETDEV_USER, netdev_user },     { INTACT_NETDEV_HUB, netdev_hub },
                 { INTACT_NETDEV_FILE, netdev_file },     { INTACT_NETDEV_STREAM, netdev_socket },
                 { INTACT_NETDEV_STREAM, netdev_stream }, { INTACT_NETDEV_DGRAM, netdev_dgram } };
    const char *kind = properties->first ? properties->first : "";
    for (unsigned i = 0; kinds[i]; i++) {
        if (strcmp(kind, kinds[i]) != 0)
            continue;
        netdev->kind = rows[i].kind;
        return rows[i].take(settings, properties, netdev);
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
