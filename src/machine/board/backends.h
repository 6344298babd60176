// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// What stands behind a board's devices: the drives, network ends and places for characters of its configuration, each
// for one device.
#ifndef MACHINE_BOARD_BACKENDS_H
#define MACHINE_BOARD_BACKENDS_H

#include <stdbool.h>
#include <stdint.h>

#include <intact/machine.h>

#include "host/block_file.h"
#include "host/net_capture.h"
#include "host/net_hub.h"
#include "host/net_ingress.h"
#include "host/net_user.h"

struct board;

// A card, on the machine's thread.
struct backends_card {
    bool (*receive)(void *card, const void *frame, size_t size); // false: it has not taken the frame
    void (*set_link)(void *card, bool up);
    void *card;
};

// What shows characters, on the machine's thread.
struct backends_screen {
    void (*resize)(void *screen, uint16_t columns, uint16_t rows);
    void *screen;
};

struct backends {
    bool drive_taken[INTACT_DRIVES_MAX], netdev_taken[INTACT_NETDEVS_MAX], chardev_taken[INTACT_CHARDEVS_MAX];
    unsigned cards;                          // network cards so far
    struct net_hub hubs[INTACT_NETDEVS_MAX]; // the one of netdev n is that of the first with its number
    struct net_port ports[INTACT_NETDEVS_MAX];
    struct net_capture captures[INTACT_NETDEVS_MAX];
    struct net_ingress *ingresses[INTACT_NETDEVS_MAX]; // of ends that something comes in by, once a card is there
    struct net_user *users[INTACT_NETDEVS_MAX];
    struct backends_card plugged[INTACT_NETDEVS_MAX];    // the card on each end, if there is one
    struct backends_screen screens[INTACT_CHARDEVS_MAX]; // what each place belongs to
    uint16_t channel;                                    // of what happens to cables and screens
};

// Any thread, for the functions of <intact/machine.h> that are called so.
int backends_net_input(struct board *board, const char *id, const void *frame, size_t size);
int backends_net_link(struct board *board, const char *id, bool up);
int backends_console_size(struct board *board, const char *id, unsigned columns, unsigned rows);

// Plugs the network ends into their hubs, opens their files. Part of board_create. A negative errno with a line in
// board->error.
int backends_init(struct board *board);
void backends_destroy(struct board *board);

// Each returns 0, or a negative errno with a line in board->error that names `driver` and the id.

// The drive `id`, for a device: its file is opened in `file`, or *block is its owner's. `file` is closed by the caller.
int backends_take_drive(struct board *board, const char *driver, const char *id, struct block_file *file,
                        const struct intact_block **block);
// The network end `id`, for `card`, which is copied.
int backends_take_netdev(struct board *board, const char *driver, const char *id, const struct backends_card *card,
                         const struct intact_net **net);
// The place for characters `id`, for `screen`, which is copied.
int backends_take_chardev(struct board *board, const char *driver, const char *id, const struct backends_screen *screen,
                          const struct intact_chardev_config **chardev);

#endif
