// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The backends of a board's devices: drives, networks and character devices of its configuration, each for one device.
#ifndef MACHINE_BOARD_BACKENDS_H
#define MACHINE_BOARD_BACKENDS_H

#include <stdbool.h>
#include <stdint.h>

#include <intact/machine.h>

#include "host/block_file.h"
#include "host/net_capture.h"
#include "host/net_hub.h"
#include "host/net_ingress.h"
#include "host/net_socket.h"
#include "host/net_user.h"

struct board;

// A card, on the machine's thread.
struct backends_card {
    bool (*receive)(void *card, const void *frame, size_t size); // false: the card has not accepted it
    void (*set_link)(void *card, bool up);
    void *card;
};

// A console whose size may change, on the machine's thread.
struct backends_screen {
    void (*resize)(void *screen, uint16_t columns, uint16_t rows);
    void *screen;
};

// A network outside the machine. Frames go there unless a part of a run is repeated; without `inner`, nowhere.
struct backends_exit {
    struct intact_net net;
    const struct intact_net *inner;
    const struct outside *outside;
};

struct backends {
    bool drive_taken[INTACT_DRIVES_MAX], netdev_taken[INTACT_NETDEVS_MAX], chardev_taken[INTACT_CHARDEVS_MAX];
    unsigned cards;                          // network cards so far
    struct net_hub hubs[INTACT_NETDEVS_MAX]; // that of netdev n is the one of the first with its number
    struct net_port ports[INTACT_NETDEVS_MAX];
    struct net_capture captures[INTACT_NETDEVS_MAX];
    struct net_ingress *ingresses[INTACT_NETDEVS_MAX]; // of networks with input, once they have a card
    struct net_user *users[INTACT_NETDEVS_MAX];
    struct net_socket *sockets[INTACT_NETDEVS_MAX];
    struct backends_exit exits[INTACT_NETDEVS_MAX];
    struct backends_card plugged[INTACT_NETDEVS_MAX];    // the card on each network, if there is one
    struct backends_screen screens[INTACT_CHARDEVS_MAX]; // the console of each character device
    uint16_t channel;                                    // for changes of cables and screens
};

// Any thread, for the functions of the same names in <intact/machine.h>.
int backends_net_input(struct board *board, const char *id, const void *frame, size_t size);
int backends_net_link(struct board *board, const char *id, bool up);
int backends_console_size(struct board *board, const char *id, unsigned columns, unsigned rows);

// Connects the networks to their hubs and opens their files. Part of board_create. A negative errno with a line in
// board->error.
int backends_init(struct board *board);
void backends_destroy(struct board *board);

// Each returns 0, or a negative errno with a line in board->error that names `driver` and the id.

// The drive `id`, for a device, with its `share-rw`: its file is opened in `file`, or *block is that of the program. `file` is closed by the
// caller.
int backends_take_drive(struct board *board, const struct intact_device_config *device, const char *id,
                        struct block_file *file, const struct intact_block **block);
// The same for drive `index` of the configuration; `shared`: other processes may write to it.
int backends_open_drive(struct board *board, unsigned index, bool shared, struct block_file *file,
                        const struct intact_block **block);
// The network `id`, for `card`, which is copied.
int backends_take_netdev(struct board *board, const char *driver, const char *id, const struct backends_card *card,
                         const struct intact_net **net);
// The character device `id`, for `screen`, which is copied.
int backends_take_chardev(struct board *board, const char *driver, const char *id, const struct backends_screen *screen,
                          const struct intact_chardev_config **chardev);

#endif
