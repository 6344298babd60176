// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// "bootorder" of fw_cfg: the paths that bootindex leads to on each machine, as QEMU 7.2 writes them for the same devices at the same
// places; and what is refused.
#include <criterion/criterion.h>

#include "base/bits.h"
#include "machine/machine.h"
#include "machine/memory.h"
#include "machine/x86_code.h"

#define DEVICE(driver, ...)                                                                                            \
    {                                                                                                                  \
        driver, (const struct intact_property[]){ __VA_ARGS__ },                                                       \
            sizeof((const struct intact_property[]){ __VA_ARGS__ }) / sizeof(struct intact_property)                   \
    }

static struct code code;
static struct intact_machine_config config;
static struct intact_machine *machine;
static char why[INTACT_ERROR_SIZE];

static int read_disk(void *owner, uint64_t offset, void *data, size_t size)
{
    (void)owner, (void)offset;
    memset(data, 0, size);
    return 0;
}

static const struct intact_block disk = { .size = 65536, .readonly = true, .read = read_disk };
static const struct intact_drive_config drives[] = {
    { .id = "a", .readonly = true, .block = &disk },
    { .id = "b", .readonly = true, .block = &disk },
    { .id = "c", .readonly = true, .block = &disk },
    { .id = "d", .readonly = true, .block = &disk },
};

static void setup(void)
{
    intact_machine_config_init(&config);
    config.memory = UINT64_C(64) << 20;
    config.kernel = "code";
    code_begin(&code);
    config.kernel_data = code.bytes;
    config.kernel_size = sizeof code.bytes;
    config.drives = drives;
    config.drive_count = countof(drives);
}

static void teardown(void)
{
    intact_machine_destroy(machine);
}

TestSuite(boot_order, .init = setup, .fini = teardown);

static void make(const struct intact_device_config *devices, unsigned count)
{
    config.devices = devices;
    config.device_count = count;
    cr_assert_eq(intact_machine_create(&config, &machine, why), 0, "%s", why);
}

static void refuses(const struct intact_device_config *devices, unsigned count, const char *text)
{
    config.devices = devices;
    config.device_count = count;
    cr_assert_lt(intact_machine_create(&config, &machine, why), 0);
    cr_assert_not_null(strstr(why, text), "%s", why);
}

static void select_item(uint16_t key)
{
    struct board *board = machine_board(machine);
    if (config.type == INTACT_VIRT)
        bus_write(&board->memory, 0x9020008, 2, (uint16_t)(key << 8 | key >> 8), 0);
    else
        bus_write(&board->ports, 0x510, 2, key, 0);
}

static void take(void *data, size_t size)
{
    struct board *board = machine_board(machine);
    for (size_t i = 0; i < size; i++)
        ((uint8_t *)data)[i] = (uint8_t)(config.type == INTACT_VIRT ? bus_read(&board->memory, 0x9020000, 1, 0)
                                                                    : bus_read(&board->ports, 0x511, 1, 0));
}

// The file as a guest reads it: by the directory, item 19h. NULL: there is none.
static const char *file(void)
{
    static char text[1024];
    uint8_t count[4], entry[64];
    select_item(0x19);
    take(count, sizeof count);
    for (unsigned i = 0; i < count[3]; i++) {
        take(entry, sizeof entry);
        if (strcmp((const char *)&entry[8], "bootorder") != 0)
            continue;
        size_t size = (size_t)entry[2] << 8 | entry[3];
        cr_assert_lt(size, sizeof text);
        select_item((uint16_t)(entry[4] << 8 | entry[5]));
        take(text, size);
        cr_assert_eq(strlen(text) + 1, size);
        return text;
    }
    return NULL;
}

Test(boot_order, the_pc_has_its_disks_and_cards_in_the_order_of_bootindex)
{
    const struct intact_device_config devices[] = {
        DEVICE("virtio-blk-pci", { "drive", "a" }, { "bootindex", "3" }, { "addr", "4" }),
        DEVICE("ide-hd", { "drive", "b" }, { "bootindex", "1" }, { "bus", "ide.1" }, { "unit", "1" }),
        DEVICE("virtio-net-pci", { "bootindex", "0x7fffffff" }, { "addr", "3" }),
        DEVICE("virtio-scsi-pci", { "addr", "1f.0" }),
        DEVICE("scsi-hd", { "drive", "c" }, { "bootindex", "0" }, { "scsi-id", "17" }, { "lun", "18" }),
        DEVICE("scsi-cd", { "drive", "d" }, { "bootindex", "-1" }),
    };
    make(devices, countof(devices));
    cr_assert_str_eq(file(), "/pci@i0cf8/scsi@1f/channel@0/disk@11,12\n"
                             "/pci@i0cf8/ide@1,1/drive@1/disk@1\n"
                             "/pci@i0cf8/scsi@4/disk@0,0\n"
                             "/pci@i0cf8/ethernet@3/ethernet-phy@0");
}

Test(boot_order, q35_has_its_disks_at_ahci_ports)
{
    const struct intact_device_config devices[] = {
        DEVICE("ide-cd", { "drive", "a" }, { "bootindex", "7" }, { "bus", "ide.5" }),
        DEVICE("ahci", { "id", "more" }, { "addr", "2" }),
        DEVICE("ide-hd", { "drive", "b" }, { "bootindex", "5" }, { "bus", "more.3" }),
        DEVICE("virtio-blk-pci", { "drive", "c" }, { "bootindex", "6" }, { "addr", "1f.5" }),
    };
    config.chipset = INTACT_Q35;
    config.boot_strict = true;
    make(devices, countof(devices));
    cr_assert_str_eq(file(), "/pci@i0cf8/pci8086,2922@2/drive@3/disk@0\n"
                             "/pci@i0cf8/scsi@1f,5/disk@0,0\n"
                             "/pci@i0cf8/pci8086,2922@1f,2/drive@5/disk@0\n"
                             "HALT");
}

Test(boot_order, virt_has_slots_too)
{
    const struct intact_device_config devices[] = {
        DEVICE("virtio-blk-pci", { "drive", "a" }, { "bootindex", "3" }, { "addr", "1" }),
        DEVICE("virtio-blk-device", { "drive", "b" }, { "bootindex", "4" }),
        DEVICE("virtio-net-device", { "bootindex", "2" }),
        DEVICE("virtio-scsi-device", { "id", "scsi" }),
        DEVICE("scsi-hd", { "drive", "c" }, { "bootindex", "1" }),
    };
    config.type = INTACT_VIRT;
    make(devices, countof(devices));
    cr_assert_str_eq(file(), "/virtio-mmio@000000000a003a00/channel@0/disk@0,0\n"
                             "/virtio-mmio@000000000a003c00/ethernet-phy@0\n"
                             "/pci@ffffffffffffffff/scsi@1/disk@0,0\n"
                             "/virtio-mmio@000000000a003e00/disk@0,0");
}

Test(boot_order, no_bootindex_is_no_file)
{
    const struct intact_device_config devices[] = { DEVICE("virtio-blk-pci", { "drive", "a" }) };
    config.boot_strict = true;
    make(devices, 1);
    cr_assert_null(file());
}

Test(boot_order, an_option_rom_that_starts_the_kernel_is_first)
{
    const struct intact_device_config second[] = { DEVICE("ide-hd", { "drive", "a" }, { "bootindex", "1" }) },
                                      first[] = { DEVICE("ide-hd", { "drive", "a" }, { "bootindex", "0" }) };
    static const struct intact_fw_cfg_config own[] = {
        { .name = "genroms/a.bin", .data = "x", .data_size = 1, .starts_kernel = true },
        { .name = "bootorder", .data = "own", .data_size = 4 }
    };
    config.fw_cfgs = own;
    config.fw_cfg_count = 1;
    refuses(first, 1, "bootindex=0 is that of -kernel");
    make(second, 1);
    cr_assert_str_eq(file(), "/rom@genroms/a.bin\n/pci@i0cf8/ide@1,1/drive@0/disk@0");
    intact_machine_destroy(machine);
    machine = NULL;
    config.fw_cfg_count = 2;
    refuses(second, 1, "-fw_cfg: 'bootorder' is what a bootindex is for");
    make(NULL, 0);
    cr_assert_str_eq(file(), "own");
}

Test(boot_order, what_is_wrong_is_said)
{
    const struct intact_device_config same[] = {
        DEVICE("virtio-blk-pci", { "drive", "a" }, { "bootindex", "3" }),
        DEVICE("ide-hd", { "drive", "b" }, { "bootindex", "3" }),
    };
    const struct intact_device_config negative[] = { DEVICE("ide-hd", { "drive", "a" }, { "bootindex", "-2" }) },
                                      large[] = { DEVICE("ide-hd", { "drive", "a" }, { "bootindex", "2147483648" }) },
                                      display[] = { DEVICE("VGA", { "bootindex", "1" }) };
    refuses(same, 2, "-device ide-hd: bootindex=3 is that of another device; give another");
    refuses(negative, 1, "-device ide-hd: bootindex=-2 is not a number from 0 to 2147483647");
    refuses(large, 1, "bootindex=2147483648 is not");
    refuses(display, 1, "-device VGA: no property 'bootindex'");
}

// CMOS 3Dh has the first two of the order.
static uint64_t order(void)
{
    struct board *board = machine_board(machine);
    bus_write(&board->ports, 0x70, 1, 0x3d, 0);
    return bus_read(&board->ports, 0x71, 1, 0);
}

Test(boot_order, once_is_until_the_guest_is_reset)
{
    static const uint8_t firmware[65536];
    char *bios = test_file(firmware, sizeof firmware);
    config.bios = bios;
    config.kernel = NULL;
    config.boot_order = "cd";
    config.boot_once = "nd";
    make(NULL, 0);
    cr_assert_eq(order(), 0x34);
    while (board_restart(machine_board(machine)) == 1)
        ;
    cr_assert_eq(order(), 0x32);
    intact_machine_destroy(machine);
    machine = NULL;
    config.boot_once = "dx";
    refuses(NULL, 0, "-boot: the order is up to three of c, d, a and n, not 'dx'");
    config.type = INTACT_VIRT;
    config.boot_once = "d";
    refuses(NULL, 0, "-boot: once is for the firmware of pc");
    unlink(bios);
    free(bios);
}
