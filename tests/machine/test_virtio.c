// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Virtio devices of the configuration: their slots, their properties, and wrong configurations.
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "base/bits.h"
#include "devices/virtio/virtio_mmio.h"
#include "machine/arm64_code.h"
#include "machine/pc/pc.h"
#include "machine/virt/virt.h"
#include "machine/x86_code.h"

static int disk_read(void *owner, uint64_t offset, void *data, size_t size)
{
    (void)owner, (void)offset;
    memset(data, 0x5a, size);
    return 0;
}

static const struct intact_block disk = { .size = 1 << 20, .readonly = true, .read = disk_read };

static void sent(void *owner, const void *frame, size_t size, uint64_t now)
{
    (void)owner, (void)frame, (void)size, (void)now;
}

static const struct intact_net cable = { sent, NULL };

static struct code code;
static struct intact_machine_config config;
static struct intact_device_config devices[40];
static struct intact_drive_config drives[2];
static struct intact_property properties[64];
static unsigned property_count;
static const struct intact_netdev_config netdevs[] = { { .id = "n0" },
                                                       { .id = "n1" },
                                                       { .kind = INTACT_NETDEV_OWN, .id = "n2", .net = &cable } };
static const struct intact_chardev_config chardevs[] = { { .id = "c0", .input = true } };

static void setup(void)
{
    intact_machine_config_init(&config);
    config.memory = 16 << 20;
    config.kernel = "code";
    code_begin(&code);
    config.kernel_data = code.bytes;
    config.kernel_size = sizeof code.bytes;
    config.drives = drives;
    drives[0] = (struct intact_drive_config){ .id = "d0", .block = &disk };
    drives[1] = (struct intact_drive_config){ .id = "d1", .file = "/no/such/disk" };
    config.drive_count = 2;
    config.netdevs = netdevs;
    config.netdev_count = countof(netdevs);
    config.chardevs = chardevs;
    config.chardev_count = countof(chardevs);
    config.devices = devices;
    config.device_count = 0;
    property_count = 0;
}

TestSuite(machine_virtio, .init = setup);

// One more device; `text` is "name=value" or NULL, twice.
static void add(const char *driver, const char *name, const char *value, const char *name2, const char *value2)
{
    struct intact_property *first = &properties[property_count];
    unsigned count = 0;
    if (name)
        first[count++] = (struct intact_property){ name, value };
    if (name2)
        first[count++] = (struct intact_property){ name2, value2 };
    property_count += count;
    devices[config.device_count++] = (struct intact_device_config){ driver, first, count };
}

static void refuse(const char *part)
{
    struct intact_machine *machine = NULL;
    char why[INTACT_ERROR_SIZE] = "";
    cr_assert_lt(intact_machine_create(&config, &machine, why), 0);
    cr_assert_not_null(strstr(why, part), "%s", why);
    setup();
}

Test(machine_virtio, what_cannot_be_is_refused_by_name)
{
    add("virtio-blk-pci", NULL, NULL, NULL, NULL);
    refuse("-device virtio-blk-pci: needs drive=ID");
    add("virtio-blk-pci", "drive", "x", NULL, NULL);
    refuse("there is no -drive if=none,id=x");
    add("virtio-blk-pci", "drive", "d0", NULL, NULL);
    add("virtio-blk-device", "drive", "d0", NULL, NULL);
    refuse("-device virtio-blk-device: drive=d0 is in use");
    add("virtio-blk-pci", "drive", "d1", NULL, NULL);
    refuse("-drive: cannot open '/no/such/disk'");
    add("virtio-blk-pci", "drive", "d0", "num-queues", "65");
    refuse("num-queues=65 is not a number from 1 to 64");
    add("virtio-blk-pci", "drive", "d0", "queue-size", "100");
    refuse("queue-size=100 is no power of two");
    add("virtio-blk-pci", "drive", "d0", "serial", "a serial number of 30 letters!");
    refuse("serial has at most 20");
    drives[0].block = &(struct intact_block){ .size = 1536, .readonly = true, .read = disk_read };
    add("virtio-blk-pci", "drive", "d0", "logical_block_size", "1024");
    refuse("drive=d0 is no multiple of logical_block_size=1024");
    add("virtio-serial-pci", "max_ports", "2", NULL, NULL);
    refuse("max_ports=2 is not a number from 1 to 1");
    add("virtio-net-pci", "mac", "52:54", NULL, NULL);
    refuse("mac=52:54 is no address");
    add("virtio-net-pci", "mac", "53:54:00:00:00:01", NULL, NULL);
    refuse("is the address of a group");
    add("virtio-net-pci", "netdev", "n9", NULL, NULL);
    refuse("there is no -netdev with id=n9");
    add("virtio-net-pci", "netdev", "n0", NULL, NULL);
    add("virtio-net-pci", "netdev", "n0", NULL, NULL);
    refuse("netdev=n0 is in use");
    add("virtconsole", "chardev", "c0", NULL, NULL);
    refuse("needs a -device virtio-serial-pci before it");
    add("virtio-serial-pci", NULL, NULL, NULL, NULL);
    add("virtconsole", NULL, NULL, NULL, NULL);
    refuse("needs chardev=ID");
    add("virtio-serial-pci", NULL, NULL, NULL, NULL);
    add("virtconsole", "chardev", "c1", NULL, NULL);
    refuse("there is no -chardev with id=c1");
    for (unsigned i = 0; i < PC_VIRTIO_SLOTS + 1; i++)
        add("virtio-rng-device", NULL, NULL, NULL, NULL);
    refuse("all 8 virtio-mmio slots are in use");
    drives[0].block = &(struct intact_block){ .size = 1000, .readonly = true, .read = disk_read };
    add("virtio-blk-pci", "drive", "d0", NULL, NULL);
    refuse("its size is no multiple of 512");
}

static uint32_t in(struct board *board, uint64_t address)
{
    return (uint32_t)bus_read(&board->memory, address, 4, 0);
}

static void add_one_of_each(bool pci)
{
    add(pci ? "virtio-blk-pci" : "virtio-blk-device", "drive", "d0", NULL, NULL);
    add(pci ? "virtio-net-pci" : "virtio-net-device", "netdev", "n0", NULL, NULL);
    add(pci ? "virtio-net-pci" : "virtio-net-device", "netdev", "n1", NULL, NULL);
    add(pci ? "virtio-net-pci" : "virtio-net-device", "netdev", "n2", NULL, NULL);
    add(pci ? "virtio-rng-pci" : "virtio-rng-device", "seed", "7", NULL, NULL);
    add(pci ? "virtio-serial-pci" : "virtio-serial-device", NULL, NULL, NULL, NULL);
    add("virtconsole", "chardev", "c0", NULL, NULL);
}

static struct board *make(enum intact_machine_type type)
{
    bool pc = type == INTACT_PC;
    struct board *board = malloc(pc ? pc_type.size : virt_type.size);
    config.type = type;
    if (!pc) {
        config.kernel_data = code_hello;
        config.kernel_size = sizeof code_hello;
    }
    int result = board_create(board, pc ? &pc_type : &virt_type, &config);
    cr_assert_eq(result, 0, "%s", board->error.text);
    return board;
}

static void discard(struct board *board)
{
    board_destroy(board);
    free(board);
}

// As on QEMU's virt: the first device is in the last slot.
Test(machine_virtio, slots_are_filled_from_the_last_one_down)
{
    add_one_of_each(false);
    struct board *board = make(INTACT_VIRT);
    static const uint32_t types[] = { 2, 1, 1, 1, 4, 3, 0 };
    for (unsigned i = 0; i < countof(types); i++)
        cr_assert_eq(in(board, VIRT_VIRTIO + 0x200 * (31 - i) + 8), types[i], "slot %u", 31 - i);
    cr_assert_eq(in(board, VIRT_VIRTIO), 0x74726976, "empty slots answer too");
    discard(board);
}

// QEMU's name of slot n is virtio-mmio-bus.n.
Test(machine_virtio, a_device_stands_in_the_slot_that_its_bus_names)
{
    add("virtio-rng-device", "bus", "virtio-mmio-bus.0", "force-legacy", "on");
    add("virtio-serial-device", NULL, NULL, NULL, NULL);
    add("virtio-net-device", "bus", "virtio-mmio-bus.30", NULL, NULL);
    struct board *board = make(INTACT_VIRT);
    cr_assert_eq(in(board, VIRT_VIRTIO + 4), 1, "the legacy version");
    cr_assert_eq(in(board, VIRT_VIRTIO + 8), 4);
    cr_assert_eq(in(board, VIRT_VIRTIO + 0x200 * 30 + 8), 1);
    cr_assert_eq(in(board, VIRT_VIRTIO + 0x200 * 31 + 8), 3);
    discard(board);
    setup();
    static const char *const wrong[] = { "virtio-mmio-bus.8", "virtio-mmio-bus.", "virtio-mmio-bus.-1", "pci.0",
                                         "virtio-mmio-bus.1x" };
    for (unsigned i = 0; i < countof(wrong); i++) {
        add("virtio-rng-device", "bus", wrong[i], NULL, NULL);
        refuse("there is virtio-mmio-bus.0 to virtio-mmio-bus.7");
    }
    add("virtio-rng-device", "bus", "virtio-mmio-bus.3", NULL, NULL);
    add("virtio-rng-device", "bus", "virtio-mmio-bus.3", NULL, NULL);
    refuse("bus=virtio-mmio-bus.3 is taken");
}

Test(machine_virtio, functions_take_the_next_slots_of_the_bus)
{
    add_one_of_each(true);
    struct board *board = make(INTACT_PC);
    static const uint32_t ids[] = {
        0x10421af4, 0x10411af4, 0x10411af4, 0x10411af4, 0x10441af4, 0x10431af4, 0xffffffff
    };
    for (unsigned i = 0; i < countof(ids); i++)
        cr_assert_eq(in(board, PC_ECAM + ((i + 1) << 15)), ids[i], "slot %u", i + 1);
    discard(board);
}

// A register of everything that a driver would change, and whether a load or a reset brings it back.
static void check_state(enum intact_machine_type type, bool pci)
{
    add_one_of_each(pci);
    struct board *board = make(type);
    uint64_t slots = type == INTACT_PC ? PC_VIRTIO : VIRT_VIRTIO, last = type == INTACT_PC ? 7 : 31;
    struct visit_save save;
    struct visit_load load;
    struct visit_differ differ;
    visit_save_init(&save);
    board_visit_chips(board, &save.visit);
    bus_write(&board->memory, slots + 0x200 * last + 0x70, 4, 3, 0);
    visit_differ_init(&differ, save.data, save.size);
    board_visit_chips(board, &differ.visit);
    cr_assert(differ.differs, "the status of a slot's device is state, and the mistakes of an empty one");
    visit_load_init(&load, save.data, save.size);
    board_visit_chips(board, &load.visit);
    board_loaded(board);
    cr_assert_not(load.failed);
    visit_differ_init(&differ, save.data, save.size);
    board_visit_chips(board, &differ.visit);
    cr_assert_not(differ.differs, "%s", differ.path);
    free(save.data);
    discard(board);
    setup();
}

static void outside_says(struct board *board, bool up, unsigned columns, unsigned rows)
{
    cr_assert_eq(backends_net_link(board, "n2", up), 0);
    cr_assert_eq(backends_console_size(board, "c0", columns, rows), 0);
    inbox_drain(&board->inbox, board->clock.now, 0);
}

// The cards are the second to fourth device, the console is the sixth.
static void check_outside(struct board *board, bool up, unsigned columns, unsigned rows)
{
    uint64_t slots = board->type == &pc_type ? PC_VIRTIO : VIRT_VIRTIO, last = board->type == &pc_type ? 7 : 31;
    cr_assert_eq(bus_read(&board->memory, slots + 0x200 * (last - 3) + 0x106, 2, 0), up);
    cr_assert_eq(in(board, slots + 0x200 * (last - 5) + 0x100), rows << 16 | columns);
}

static void check_cable_and_screen(enum intact_machine_type type)
{
    struct visit_save save;
    struct visit_load load;
    struct visit_differ differ;
    add_one_of_each(false);
    struct board *board = make(type);
    check_outside(board, true, 80, 25);
    outside_says(board, false, 132, 43);
    check_outside(board, false, 132, 43);
    cr_assert_eq(board_reset(board), 0);
    check_outside(board, false, 132, 43);
    visit_save_init(&save);
    board_visit_chips(board, &save.visit);
    outside_says(board, true, 100, 30);
    check_outside(board, true, 100, 30);
    visit_differ_init(&differ, save.data, save.size);
    board_visit_chips(board, &differ.visit);
    cr_assert(differ.differs);
    visit_load_init(&load, save.data, save.size);
    board_visit_chips(board, &load.visit);
    board_loaded(board);
    cr_assert_not(load.failed);
    check_outside(board, false, 132, 43);
    free(save.data);
    discard(board);
    setup();
}

Test(machine_virtio, cables_and_screens_stay_at_a_reset_and_come_back_with_a_load)
{
    check_cable_and_screen(INTACT_PC);
    check_cable_and_screen(INTACT_VIRT);
}

Test(machine_virtio, all_of_it_is_saved_and_loaded)
{
    check_state(INTACT_PC, true);
    check_state(INTACT_PC, false);
    check_state(INTACT_VIRT, true);
    check_state(INTACT_VIRT, false);
}
