// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Changes of a cable or a screen from outside, and the driver in a running guest (VIRTIO 1.2, 5.1.4, 5.3.4), by the
// public interface only. The guest writes what it has seen to the serial port (arm64_code.h, code_virtio).
#include <intact/machine.h>

#include <criterion/criterion.h>
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "machine/arm64_code.h"

enum { SPI = 16 + 31 }; // of virtio-mmio slot 31

static struct scene {
    struct intact_machine *machine;
    struct intact_trace_observer observer;
    char text[512];
    size_t length, left; // bytes so far, and those that the last report still lacks
    unsigned raised;     // the device's line
    void (*step)(void);  // after each report, on the machine's thread
    unsigned steps;
    atomic_uint reports; // complete ones: S, C and R
} scene;

// How many bytes a report has after its letter.
static size_t report_size(char letter)
{
    return letter == 'C' ? 3 : letter == 'R' ? 2 : 0;
}

static void written(void *owner, uint8_t byte)
{
    (void)owner;
    if (scene.length == sizeof scene.text)
        abort();
    scene.left = scene.left ? scene.left - 1 : report_size((char)byte);
    scene.text[scene.length++] = (char)byte;
    if (scene.left)
        return;
    atomic_fetch_add(&scene.reports, 1);
    if (scene.step)
        scene.step();
}

static void heard(void *owner, const struct intact_trace_event *event)
{
    (void)owner;
    if (event->a == SPI)
        scene.raised += event->b != 0;
}

static void sent(void *owner, const void *frame, size_t size, uint64_t now)
{
    (void)owner, (void)frame, (void)size, (void)now;
}

static const struct intact_net cable = { sent, NULL };
static const struct intact_netdev_config netdevs[] = { { .kind = INTACT_NETDEV_OWN, .id = "n0", .net = &cable },
                                                       { .kind = INTACT_NETDEV_HUB, .id = "n1" } };
static const struct intact_chardev_config chardevs[] = { { .id = "c0" }, { .id = "c1" } };
static const struct intact_property net_properties[] = { { "netdev", "n0" } };
static const struct intact_property console_properties[] = { { "chardev", "c0" } };
static const struct intact_device_config net_devices[] = { { "virtio-net-device", net_properties, 1 } };
static const struct intact_device_config console_devices[] = { { "virtio-serial-device", NULL, 0 },
                                                               { "virtconsole", console_properties, 1 } };

// With a step the machine's own thread does everything, within few instructions.
static void make(const struct intact_device_config *devices, unsigned count, void (*step)(void))
{
    struct intact_machine_config config;
    char why[INTACT_ERROR_SIZE];
    memset(&scene, 0, sizeof scene);
    scene.step = step;
    intact_machine_config_init(&config);
    config.type = INTACT_VIRT;
    config.memory = 64 << 20;
    config.kernel = "code";
    config.kernel_data = code_virtio;
    config.kernel_size = sizeof code_virtio;
    config.serial.write = written;
    config.limit = step ? 10000000 : 0;
    config.netdevs = netdevs;
    config.netdev_count = 2;
    config.chardevs = chardevs;
    config.chardev_count = 2;
    config.devices = devices;
    config.device_count = count;
    cr_assert_eq(intact_machine_create(&config, &scene.machine, why), 0, "%s", why);
    intact_trace_observer_init(&scene.observer, INTACT_TRACE_BIT(INTACT_TRACE_LINE), heard, NULL);
    cr_assert_eq(intact_machine_trace(scene.machine, &scene.observer), 0);
}

// Runs until a step quits; then the guest must have reported exactly this.
static void expect(const char *text, size_t size)
{
    cr_assert_eq(intact_machine_run(scene.machine).reason, INTACT_QUIT);
    cr_assert_eq(scene.length, size, "%zu bytes", scene.length);
    cr_assert_arr_eq(scene.text, text, size);
    intact_machine_destroy(scene.machine);
}

#define EXPECT(text) expect(text, sizeof(text) - 1)

// A frame for everybody whose first byte behind the addresses and the type is `mark`.
static void put_in(char mark)
{
    uint8_t frame[60];
    memset(frame, 0xff, sizeof frame);
    frame[14] = (uint8_t)mark;
    cr_assert_eq(intact_machine_net_input(scene.machine, "n0", frame, sizeof frame), 0);
}

static void link_is(bool up)
{
    cr_assert_eq(intact_machine_net_link(scene.machine, "n0", up), 0);
}

static void size_is(unsigned columns, unsigned rows)
{
    cr_assert_eq(intact_machine_console_size(scene.machine, "c0", columns, rows), 0);
}

// --- Cables ---------------------------------------------------------------------------------------------------------

static void pull_and_plug(void)
{
    switch (scene.steps++) {
    case 0: link_is(false); break;
    case 1:
        put_in('a');
        link_is(true);
        break;
    case 2: put_in('b'); break;
    default: intact_machine_quit(scene.machine); break;
    }
}

// 52h and 0 are of the address. The frame that came while the cable was out has taken no buffer.
Test(backend_events, a_cable_that_is_pulled_out_interrupts_and_loses_frames)
{
    make(net_devices, 1, pull_and_plug);
    EXPECT("S"
           "C\x52\0\0"
           "C\x52\0\1"
           "R\1b");
    cr_assert_eq(scene.raised, 3);
}

static void plug_again(void)
{
    if (scene.steps++ == 0) {
        link_is(true);
        put_in('a');
    } else {
        intact_machine_quit(scene.machine);
    }
}

Test(backend_events, a_cable_that_stays_as_it_is_does_not_interrupt)
{
    make(net_devices, 1, plug_again);
    EXPECT("SR\1a");
    cr_assert_eq(scene.raised, 1);
}

// All of it is drained at one place: the driver finds one change, and every frame had the cable of its time.
static void all_at_once(void)
{
    if (scene.steps++ == 0) {
        put_in('a');
        link_is(false);
        put_in('b');
        link_is(true);
        put_in('c');
        link_is(false);
    } else if (scene.steps == 3) {
        intact_machine_quit(scene.machine);
    }
}

Test(backend_events, cables_and_frames_stay_in_order)
{
    make(net_devices, 1, all_at_once);
    EXPECT("S"
           "C\x52\0\0"
           "R\2c");
}

// --- Screens --------------------------------------------------------------------------------------------------------

static void grow_and_shrink(void)
{
    switch (scene.steps++) {
    case 0: size_is(132, 43); break;
    case 1:
        size_is(132, 43);
        size_is(80, 25);
        break;
    default: intact_machine_quit(scene.machine); break;
    }
}

Test(backend_events, a_screen_of_another_size_interrupts)
{
    make(console_devices, 2, grow_and_shrink);
    EXPECT("S"
           "C\x84\x2b\0"
           "C\x50\x19\0");
    cr_assert_eq(scene.raised, 2);
}

// --- Mistakes -------------------------------------------------------------------------------------------------------

Test(backend_events, what_no_device_uses_is_refused)
{
    make(net_devices, 1, NULL);
    cr_expect_eq(intact_machine_net_link(scene.machine, "n1", false), -ENOENT, "an end without a card");
    cr_expect_eq(intact_machine_net_link(scene.machine, "n9", false), -ENOENT);
    cr_expect_eq(intact_machine_net_link(scene.machine, "c0", false), -ENOENT);
    cr_expect_eq(intact_machine_console_size(scene.machine, "c0", 80, 25), -ENOENT, "no console has it");
    intact_machine_destroy(scene.machine);
    make(console_devices, 2, NULL);
    cr_expect_eq(intact_machine_net_link(scene.machine, "n0", false), -ENOENT);
    cr_expect_eq(intact_machine_console_size(scene.machine, "c1", 80, 25), -ENOENT);
    cr_expect_eq(intact_machine_console_size(scene.machine, "c9", 80, 25), -ENOENT);
    cr_expect_eq(intact_machine_console_size(scene.machine, "c0", 0, 25), -EINVAL);
    cr_expect_eq(intact_machine_console_size(scene.machine, "c0", 80, 0), -EINVAL);
    cr_expect_eq(intact_machine_console_size(scene.machine, "c0", 65536, 25), -EINVAL);
    cr_expect_eq(intact_machine_console_size(scene.machine, "c0", 80, 65536), -EINVAL);
    cr_expect_eq(intact_machine_console_size(scene.machine, "c0", 65535, 65535), 0);
    intact_machine_destroy(scene.machine);
}

// --- Threads --------------------------------------------------------------------------------------------------------

enum { CHANGES = 40 };

static void *wiggle(void *failures)
{
    for (unsigned i = 0; i < CHANGES; i++) {
        while (atomic_load(&scene.reports) <= i) // S, and one for each change so far
            sched_yield();
        *(unsigned *)failures += intact_machine_net_link(scene.machine, "n0", i % 2) != 0;
    }
    while (atomic_load(&scene.reports) <= CHANGES)
        sched_yield();
    intact_machine_quit(scene.machine);
    return NULL;
}

Test(backend_events, another_thread_can_pull_the_cable_of_a_running_machine, .timeout = 120)
{
    char text[1 + 4 * CHANGES] = "S";
    unsigned failures = 0;
    pthread_t thread;
    for (unsigned i = 0; i < CHANGES; i++)
        memcpy(text + 1 + (size_t)4 * i, (const char[]){ 'C', 0x52, 0, (char)(i % 2) }, 4);
    make(net_devices, 1, NULL);
    cr_assert_eq(pthread_create(&thread, NULL, wiggle, &failures), 0);
    enum intact_reason reason = intact_machine_run(scene.machine).reason;
    pthread_join(thread, NULL);
    cr_assert_eq(reason, INTACT_QUIT);
    cr_assert_eq(failures, 0);
    cr_assert_eq(scene.length, sizeof text);
    cr_assert_arr_eq(scene.text, text, sizeof text);
    cr_assert_eq(scene.raised, CHANGES);
    intact_machine_destroy(scene.machine);
}
