// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// A program that was compiled with the header of an older version: structures and elements of lists are shorter.
#include <intact/machine.h>

#include <criterion/criterion.h>
#include <stddef.h>
#include <string.h>

static struct intact_machine_config config;
static struct intact_machine *machine;
static char why[INTACT_ERROR_SIZE];

static void setup(void)
{
    static const uint8_t hlt = 0xf4;
    intact_machine_config_init(&config);
    config.memory = UINT64_C(8) << 20;
    config.type = INTACT_VIRT;
    config.kernel = "code";
    config.kernel_data = &hlt;
    config.kernel_size = 1;
}

static void make(void)
{
    why[0] = 0;
    cr_assert_eq(intact_machine_create(&config, &machine, why), 0, "%s", why);
    intact_machine_destroy(machine);
}

TestSuite(older_program, .init = setup);

Test(older_program, a_member_that_it_does_not_know_has_its_default)
{
    config.size = offsetof(struct intact_machine_config, netdevs);
    config.netdev_count = 99; // whatever its memory holds there
    config.netdevs = NULL;
    config.block_size = config.net_size = 0;
    make();
}

// Two networks without `net`, which an older version did not have, and a card on the second.
Test(older_program, elements_of_a_list_are_as_long_as_it_knows_them)
{
    enum { OLDER = offsetof(struct intact_netdev_config, net) };
    const struct intact_netdev_config netdevs[2] = { { .kind = INTACT_NETDEV_HUB, .id = "a" },
                                                     { .kind = INTACT_NETDEV_HUB, .id = "b", .hub = 1 } };
    const struct intact_property properties[] = { { "netdev", "b" } };
    const struct intact_device_config card = { "virtio-net-device", properties, 1 };
    _Alignas(16) char memory[2 * OLDER];
    memcpy(memory, &netdevs[0], OLDER);
    memcpy(memory + OLDER, &netdevs[1], OLDER);
    config.netdevs = (const struct intact_netdev_config *)(const void *)memory;
    config.netdev_count = 2;
    config.netdev_size = OLDER;
    config.devices = &card;
    config.device_count = 1;
    make();
}

Test(older_program, the_array_may_go_when_the_machine_was_created)
{
    struct intact_property properties[] = { { "netdev", "a" } };
    struct intact_device_config card = { "virtio-net-device", properties, 1 };
    struct intact_netdev_config netdev = { .kind = INTACT_NETDEV_HUB, .id = "a" };
    config.netdevs = &netdev;
    config.netdev_count = 1;
    config.devices = &card;
    config.device_count = 1;
    cr_assert_eq(intact_machine_create(&config, &machine, why), 0, "%s", why);
    memset(properties, 0xff, sizeof properties);
    memset(&card, 0xff, sizeof card);
    memset(&netdev, 0xff, sizeof netdev);
    cr_assert_eq(intact_machine_net_link(machine, "a", false), 0);
    intact_machine_run_for(machine, 10);
    intact_machine_destroy(machine);
}

Test(older_program, an_element_size_that_no_version_has_is_refused)
{
    const struct intact_netdev_config netdev = { .kind = INTACT_NETDEV_HUB, .id = "a" };
    const size_t sizes[] = { 0, sizeof netdev + 8 };
    config.netdevs = &netdev;
    config.netdev_count = 1;
    for (unsigned i = 0; i < 2; i++) {
        config.netdev_size = sizes[i];
        cr_assert_eq(intact_machine_create(&config, &machine, why), -22);
        cr_assert_not_null(strstr(why, "element size"), "%s", why);
    }
    config.netdev_size = sizeof netdev;
    config.netdevs = NULL;
    cr_assert_eq(intact_machine_create(&config, &machine, why), -22, "no array");
}
