// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Frames from outside: whole, in order, of every size, and nothing else.
#include "host/net_ingress.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <string.h>

static struct inbox inbox;
static struct net_ingress ingress;
static uint8_t got[INTACT_NET_FRAME], frame[INTACT_NET_FRAME];
static size_t got_size;
static unsigned frames;

static bool receive(void *card, const void *bytes, size_t size)
{
    cr_assert_eq(card, &ingress);
    memcpy(got, bytes, size);
    got_size = size;
    frames++;
    return true;
}

static void setup(void)
{
    cr_assert_eq(inbox_init(&inbox), 0);
    ingress = (struct net_ingress){ .inbox = &inbox, .receive = receive, .card = &ingress };
    cr_assert_eq(net_ingress_open(&ingress), 0);
    for (size_t i = 0; i < sizeof frame; i++)
        frame[i] = (uint8_t)(i * 31 + (i >> 8));
}

static void teardown(void)
{
    inbox_destroy(&inbox);
}

TestSuite(net_ingress, .init = setup, .fini = teardown);

Test(net_ingress, a_frame_of_every_size_arrives_whole)
{
    static const size_t sizes[] = { 1, 7, 8, 9, 23, 24, 25, 60, 1514, INTACT_NET_FRAME - 1, INTACT_NET_FRAME };
    for (unsigned i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        cr_assert_eq(net_ingress_post(&ingress, frame, sizes[i]), 0);
        inbox_drain(&inbox, 0, 0);
        cr_assert_eq(frames, i + 1);
        cr_assert_eq(got_size, sizes[i]);
        cr_assert_arr_eq(got, frame, sizes[i]);
    }
}

Test(net_ingress, frames_that_were_posted_together_arrive_one_by_one)
{
    for (unsigned i = 1; i <= 20; i++)
        net_ingress_post(&ingress, frame + i, 10 * i);
    cr_assert_eq(frames, 0, "nothing before the drain");
    inbox_drain(&inbox, 0, 0);
    cr_assert_eq(frames, 20);
    cr_assert_eq(got_size, 200);
    cr_assert_arr_eq(got, frame + 20, 200);
}

Test(net_ingress, no_bytes_and_too_many_are_refused)
{
    cr_assert_eq(net_ingress_post(&ingress, frame, 0), -EINVAL);
    cr_assert_eq(net_ingress_post(&ingress, frame, INTACT_NET_FRAME + 1), -EINVAL);
    cr_assert_eq(inbox_drain(&inbox, 0, 0), 0);
}

Test(net_ingress, a_journalled_frame_arrives_again)
{
    struct inbox_message begin = { .channel = ingress.channel, .kind = 0, .a = 5 };
    struct inbox_message bytes = { .channel = ingress.channel, .kind = 1, .a = 0x0504030201 };
    inbox_replay(&inbox, &begin, 0);
    inbox_replay(&inbox, &bytes, 0);
    static const uint8_t expected[] = { 1, 2, 3, 4, 5 };
    cr_assert_eq(got_size, 5);
    cr_assert_arr_eq(got, expected, 5);
}
