// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// See backends.h.
//
// Path: machine/machine.c / devices/virtio/virtio_net.c, devices/virtio/virtio_console.c
#include "machine/board/backends.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "machine/board/board.h"
#include "machine/board/device_list.h"

// --- Drives ---------------------------------------------------------------------------------------------------------

static int find_drive(struct board *board, const char *driver, const char *id, unsigned *index)
{
    const struct intact_machine_config *config = &board->config;
    for (unsigned i = 0; i < config->drive_count; i++) {
        const struct intact_drive_config *drive = &config->drives[i];
        if (drive->interface != INTACT_DRIVE_NONE || !drive->id || strcmp(drive->id, id) != 0)
            continue;
        if (board->backends.drive_taken[i])
            return error_set(&board->error, -EINVAL, "-device %s: drive=%.80s is in use by another device", driver, id);
        *index = i;
        return 0;
    }
    return error_set(&board->error, -EINVAL, "-device %s: there is no -drive if=none,id=%.80s", driver, id);
}

// Checks a disk of the program: whole sectors, and the functions that it must have.
static int check_block(struct board *board, const char *id, const struct intact_block *block)
{
    if (!block->read || (!block->readonly && !block->write))
        return error_set(&board->error, -EINVAL, "drive '%.80s': its block device has no function to read or write",
                         id);
    if (block->size == 0 || block->size % INTACT_BLOCK_SECTOR)
        return error_set(&board->error, -EINVAL, "drive '%.80s': its size is no multiple of %u bytes", id,
                         INTACT_BLOCK_SECTOR);
    return 0;
}

// A CD drive without a medium.
static int read_nothing(void *owner, uint64_t offset, void *data, size_t size)
{
    (void)owner, (void)offset, (void)data, (void)size;
    return -EIO;
}

static const struct intact_block no_medium = { .readonly = true, .read = read_nothing };

int backends_open_drive(struct board *board, unsigned index, bool shared, struct block_file *file,
                        const struct intact_block **block)
{
    const struct intact_drive_config *drive = &board->config.drives[index];
    int result = 0;
    if (drive->cd && !drive->block && !drive->file) {
        *block = &no_medium;
    } else if (drive->block) {
        *block = drive->block;
        result = check_block(board, drive->id ? drive->id : "", drive->block);
    } else {
        *block = &file->block;
        const struct block_file_options options = { .path = drive->file,
                                                    .format = drive->format,
                                                    .readonly = drive->readonly,
                                                    .snapshot = drive->snapshot || board->config.replays,
                                                    .discard = drive->discard,
                                                    .lock = drive->unlocked ? DISK_LOCK_NONE
                                                            : shared        ? DISK_LOCK_SHARED
                                                                            : DISK_LOCK_ALONE,
                                                    .size = drive->size };
        result = block_file_open(file, &options, &board->error);
        if (result < 0)
            error_prefix(&board->error, "-drive");
    }
    board->backends.drive_taken[index] = result == 0;
    return result;
}

int backends_take_drive(struct board *board, const struct intact_device_config *device, const char *id,
                        struct block_file *file, const struct intact_block **block)
{
    unsigned index = 0;
    bool shared = false;
    int result = device_switch(board, device, "share-rw", &shared);
    if (result == 0)
        result = find_drive(board, device->driver, id, &index);
    return result < 0 ? result : backends_open_drive(board, index, shared, file, block);
}

// --- Changes of cables and screens ----------------------------------------------------------------------------------

enum { LINK, SIZE }; // kinds of messages; message->id is the number of a network or a character device

static void take_message(void *owner, const struct inbox_message *message, uint64_t now)
{
    const struct board *board = owner;
    (void)now;
    if (message->kind == LINK && message->id < INTACT_NETDEVS_MAX) {
        const struct backends_card *card = &board->backends.plugged[message->id];
        if (card->set_link)
            card->set_link(card->card, message->a != 0);
    } else if (message->kind == SIZE && message->id < INTACT_CHARDEVS_MAX) {
        const struct backends_screen *screen = &board->backends.screens[message->id];
        if (screen->resize)
            screen->resize(screen->screen, (uint16_t)message->a, (uint16_t)message->b);
    }
}

static int open_channel(struct board *board)
{
    const struct inbox_channel channel = { .name = "backends", .handle = take_message, .owner = board };
    int number = inbox_register(&board->inbox, &channel);
    board->backends.channel = (uint16_t)number;
    return number < 0 ? number : 0;
}

// The data that these read does not change after the machine was created.
int backends_net_link(struct board *board, const char *id, bool up)
{
    const struct intact_machine_config *config = &board->config;
    for (unsigned i = 0; i < config->netdev_count; i++) {
        const struct inbox_message message = { .channel = board->backends.channel, .kind = LINK, .id = i, .a = up };
        if (strcmp(config->netdevs[i].id, id) == 0 && board->backends.plugged[i].set_link)
            return inbox_post(&board->inbox, &message, 1);
    }
    return -ENOENT;
}

int backends_console_size(struct board *board, const char *id, unsigned columns, unsigned rows)
{
    const struct intact_machine_config *config = &board->config;
    if (columns < 1 || columns > UINT16_MAX || rows < 1 || rows > UINT16_MAX)
        return -EINVAL;
    for (unsigned i = 0; i < config->chardev_count && i < INTACT_CHARDEVS_MAX; i++) {
        const struct inbox_message message = {
            .channel = board->backends.channel, .kind = SIZE, .id = i, .a = columns, .b = rows
        };
        if (board->backends.screens[i].resize && strcmp(config->chardevs[i].id, id) == 0)
            return inbox_post(&board->inbox, &message, 1);
    }
    return -ENOENT;
}

// --- Network --------------------------------------------------------------------------------------------------------

// The hub with a number is that of the first network that has it.
static struct net_hub *hub_of(struct board *board, const struct intact_netdev_config *netdev)
{
    const struct intact_netdev_config *first = board->config.netdevs;
    while (first->kind != INTACT_NETDEV_HUB || first->hub != netdev->hub)
        first++;
    return &board->backends.hubs[first - board->config.netdevs];
}

static int check_netdev(struct board *board, const struct intact_netdev_config *netdev)
{
    const char *missing = NULL;
    if (!netdev->id)
        missing = "an id";
    else if (netdev->kind == INTACT_NETDEV_FILE && !netdev->file)
        missing = "a file";
    else if (netdev->kind == INTACT_NETDEV_OWN && (!netdev->net || !netdev->net->send))
        missing = "a function that sends";
    return missing ? error_set(&board->error, -EINVAL, "-netdev: one lacks %s", missing) : 0;
}

static int plug_ends(struct board *board)
{
    const struct intact_machine_config *config = &board->config;
    struct backends *backends = &board->backends;
    if (config->netdev_count > INTACT_NETDEVS_MAX)
        return error_set(&board->error, -EINVAL, "-netdev: more than %d", INTACT_NETDEVS_MAX);
    for (unsigned i = 0; i < config->netdev_count; i++) {
        const struct intact_netdev_config *netdev = &config->netdevs[i];
        int result = check_netdev(board, netdev);
        if (result < 0)
            return result;
        if (netdev->kind == INTACT_NETDEV_HUB)
            net_hub_plug(hub_of(board, netdev), &backends->ports[i]);
        else if (netdev->kind == INTACT_NETDEV_FILE)
            result = net_capture_open(&backends->captures[i], netdev->file, &board->error);
        if (result < 0) {
            error_prefix(&board->error, "-netdev");
            return result;
        }
    }
    return 0;
}

int backends_init(struct board *board)
{
    int result = open_channel(board);
    return result < 0 ? result : plug_ends(board);
}

void backends_destroy(struct board *board)
{
    for (unsigned i = 0; i < INTACT_NETDEVS_MAX; i++) {
        net_capture_close(&board->backends.captures[i]);
        net_user_close(board->backends.users[i]);
        net_socket_close(board->backends.sockets[i]);
        free(board->backends.ingresses[i]);
    }
}

// Opens the ingress for the card that has just been connected to network `index`.
static int open_ingress(struct board *board, unsigned index, const struct net_port *port)
{
    struct net_ingress *ingress = board->backends.ingresses[index] = calloc(1, sizeof *ingress);
    if (!ingress)
        return error_set(&board->error, -ENOMEM, "-netdev: the host has no memory left");
    ingress->inbox = &board->inbox;
    ingress->receive = port->receive;
    ingress->card = port->card;
    board->outside.sources++;
    int result = net_ingress_open(ingress);
    return result < 0 ? error_set(&board->error, result, "-netdev: too many networks with input") : 0;
}

static int open_user(struct board *board, unsigned index)
{
    const struct intact_netdev_config *netdev = &board->config.netdevs[index];
    const struct net_user_config config = { .restricted = netdev->restricted,
                                            .forwards = netdev->forwards,
                                            .forward_count = netdev->forward_count,
                                            .inner = &netdev->user,
                                            .ingress = board->backends.ingresses[index] };
    return net_user_open(&config, &board->backends.users[index], &board->error);
}

static int open_socket(struct board *board, unsigned index)
{
    const struct intact_netdev_config *netdev = &board->config.netdevs[index];
    const struct net_socket_config config = { .datagrams = netdev->kind == INTACT_NETDEV_DGRAM,
                                              .local = netdev->local,
                                              .remote = netdev->remote,
                                              .reconnects = netdev->reconnect_ms,
                                              .ingress = board->backends.ingresses[index] };
    return net_socket_open(&config, &board->backends.sockets[index], &board->error);
}

// Networks with input from outside. A replay has that in its journal.
static int open_outside(struct board *board, unsigned index)
{
    enum intact_netdev_kind kind = board->config.netdevs[index].kind;
    if (kind == INTACT_NETDEV_HUB || kind == INTACT_NETDEV_FILE)
        return 0;
    int result = open_ingress(board, index, &board->backends.ports[index]);
    if (result < 0 || kind == INTACT_NETDEV_OWN || board->config.replays)
        return result;
    return kind == INTACT_NETDEV_USER ? open_user(board, index) : open_socket(board, index);
}

static void send_outside(void *owner, const void *frame, size_t size, uint64_t now)
{
    const struct backends_exit *exit = owner;
    if (exit->inner && !exit->outside->quiet)
        exit->inner->send(exit->inner->owner, frame, size, now);
}

static const struct intact_net *outside_network(struct board *board, unsigned index)
{
    const struct intact_netdev_config *netdev = &board->config.netdevs[index];
    struct net_user *user = board->backends.users[index];
    struct net_socket *socket = board->backends.sockets[index];
    switch (netdev->kind) {
    case INTACT_NETDEV_FILE: return &board->backends.captures[index].net;
    case INTACT_NETDEV_USER: return user ? net_user_net(user) : NULL;
    case INTACT_NETDEV_OWN: return netdev->net;
    case INTACT_NETDEV_STREAM:
    case INTACT_NETDEV_DGRAM: return socket ? net_socket_net(socket) : NULL;
    case INTACT_NETDEV_HUB: break;
    }
    return NULL;
}

static int plug_in(struct board *board, unsigned index, const struct intact_net **net)
{
    const struct intact_netdev_config *netdev = &board->config.netdevs[index];
    struct backends *backends = &board->backends;
    struct backends_exit *exit = &backends->exits[index];
    int result = open_outside(board, index);
    if (result < 0)
        return result;
    *exit = (struct backends_exit){
        .net = { .send = send_outside, .owner = exit },
        .inner = outside_network(board, index),
        .outside = &board->outside,
    };
    *net = netdev->kind == INTACT_NETDEV_HUB ? &backends->ports[index].net : &exit->net;
    return 0;
}

int backends_take_netdev(struct board *board, const char *driver, const char *id, const struct backends_card *card,
                         const struct intact_net **net)
{
    const struct intact_machine_config *config = &board->config;
    struct backends *backends = &board->backends;
    unsigned i = 0;
    while (i < config->netdev_count && strcmp(config->netdevs[i].id, id) != 0)
        i++;
    if (i == config->netdev_count)
        return error_set(&board->error, -EINVAL, "-device %s: there is no -netdev with id=%.80s", driver, id);
    if (backends->netdev_taken[i])
        return error_set(&board->error, -EINVAL, "-device %s: netdev=%.80s is in use by another device", driver, id);
    backends->netdev_taken[i] = true;
    backends->plugged[i] = *card;
    backends->ports[i].receive = card->receive;
    backends->ports[i].card = card->card;
    return plug_in(board, i, net);
}

int backends_net_input(struct board *board, const char *id, const void *frame, size_t size)
{
    const struct intact_machine_config *config = &board->config;
    for (unsigned i = 0; i < config->netdev_count; i++)
        if (config->netdevs[i].kind == INTACT_NETDEV_OWN && strcmp(config->netdevs[i].id, id) == 0 &&
            board->backends.ingresses[i])
            return net_ingress_post(board->backends.ingresses[i], frame, size);
    return -ENOENT;
}

// --- Characters -----------------------------------------------------------------------------------------------------

int backends_take_chardev(struct board *board, const char *driver, const char *id, const struct backends_screen *screen,
                          const struct intact_chardev_config **chardev)
{
    const struct intact_machine_config *config = &board->config;
    unsigned i = 0;
    while (i < config->chardev_count && strcmp(config->chardevs[i].id, id) != 0)
        i++;
    if (i == config->chardev_count || i >= INTACT_CHARDEVS_MAX)
        return error_set(&board->error, -EINVAL, "-device %s: there is no -chardev with id=%.80s", driver, id);
    if (board->backends.chardev_taken[i])
        return error_set(&board->error, -EINVAL, "-device %s: chardev=%.80s is in use by another device", driver, id);
    board->backends.chardev_taken[i] = true;
    board->backends.screens[i] = *screen;
    *chardev = &config->chardevs[i];
    return 0;
}
