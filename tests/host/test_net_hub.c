// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Hubs: a frame reaches every other port.
#include "host/net_hub.h"

#include <criterion/criterion.h>
#include <string.h>

static char heard[64];

static bool receive(void *card, const void *frame, size_t size)
{
    strcat(heard, card);
    strncat(heard, frame, size);
    return true;
}

Test(net_hub, every_other_port_hears_a_frame_in_the_order_of_plugging)
{
    struct net_hub hub = { 0 };
    struct net_port ports[4] = { 0 };
    static char names[4][2] = { "a", "b", "c", "d" };
    for (unsigned i = 0; i < 4; i++) {
        net_hub_plug(&hub, &ports[i]);
        ports[i].card = names[i];
        ports[i].receive = i == 2 ? NULL : receive; // there is no card at the third
    }
    ports[1].net.send(ports[1].net.owner, "!", 1, 0);
    cr_assert_str_eq(heard, "a!d!");
    ports[2].net.send(ports[2].net.owner, "?", 1, 0);
    cr_assert_str_eq(heard, "a!d!a?b?d?");
}
