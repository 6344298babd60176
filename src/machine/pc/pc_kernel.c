// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// -kernel with a firmware: the items of fw_cfg from which it starts Linux.
//
//     UEFI     takes the setup code, the kernel, the ramdisk and the command line as files
//     SeaBIOS  runs an option ROM (QEMU's linuxboot_dma.bin, in fw_cfg as genroms/...) that copies them to the addresses given
//     qboot    does so by itself
//
// The addresses are those of a boot loader: Linux Documentation, "The Linux/x86 Boot Protocol", "Memory layout".
#include <errno.h>
#include <string.h>

#include "base/bits.h"
#include "machine/pc/pc.h"

enum { SETUP = 0x10000, COMMAND_LINE = 0x20000, KERNEL = 0x100000 };

#define RAMDISK_LIMIT (UINT64_C(2) << 30)
#define TABLES_ROOM   (UINT64_C(1) << 20) // at the end of RAM, which a firmware uses for its tables
#define PAGE          UINT64_C(4096)

static int add_part(struct fw_cfg *fw, const uint8_t *data, size_t bytes, uint16_t size_key, uint16_t data_key)
{
    int result = fw_cfg_add_bytes(fw, data_key, data, bytes);
    return result < 0 ? result : fw_cfg_add_number(fw, size_key, bytes, 4);
}

// As high as the kernel and the firmware's tables allow.
static int place_ramdisk(struct pc *pc, uint64_t *base)
{
    uint64_t limit = linux_x86_ramdisk_limit(&pc->kernel), end = pc->ram_below_4g - TABLES_ROOM;
    end = limit < end ? limit : end;
    *base = pc->ramdisk.size < end ? align_down(end - pc->ramdisk.size, PAGE) : 0;
    if (*base < KERNEL + pc->kernel.size)
        return error_set(&pc->board.error, -ENOMEM, "-initrd: no room for the %zu bytes of '%s'; a larger -m may help",
                         pc->ramdisk.size, pc->board.config.initrd);
    return 0;
}

// The files are read once: a reset uses them again.
static int read_files(struct pc *pc)
{
    const struct intact_machine_config *config = &pc->board.config;
    const struct boot_kernel kernel = board_kernel(&pc->board);
    uint64_t ramdisk = 0;
    int result = boot_read_kernel(&kernel, NULL, &pc->kernel, &pc->board.error);
    if (result == 0 && !linux_x86_setup(&pc->kernel))
        result = error_set(&pc->board.error, -ENOEXEC,
                           "-kernel: '%.200s' is no Linux bzImage, and a firmware starts nothing else", kernel.name);
    if (result == 0 && config->initrd)
        result = image_read(&pc->ramdisk, "-initrd", config->initrd, RAMDISK_LIMIT, &pc->board.error);
    if (result == 0 && config->initrd)
        result = place_ramdisk(pc, &ramdisk);
    if (result == 0)
        linux_x86_prepare(&pc->kernel, SETUP, COMMAND_LINE, (uint32_t)ramdisk, (uint32_t)pc->ramdisk.size);
    return result;
}

static int add_addresses(struct pc *pc)
{
    const struct {
        uint16_t key;
        uint32_t value;
    } addresses[] = { { FW_CFG_SETUP_ADDR, SETUP },
                      { FW_CFG_KERNEL_ADDR, KERNEL },
                      { FW_CFG_CMDLINE_ADDR, COMMAND_LINE },
                      { FW_CFG_INITRD_ADDR, linux_x86_ramdisk(&pc->kernel) } };
    int result = 0;
    for (unsigned i = 0; i < countof(addresses) && result == 0; i++)
        result = fw_cfg_add_number(&pc->fw_cfg, addresses[i].key, addresses[i].value, 4);
    return result;
}

// The boot sector and the setup code are one item, the rest of the kernel another one.
int pc_add_kernel(struct pc *pc)
{
    const char *append = pc->board.config.append ? pc->board.config.append : "";
    int result = pc->kernel.data ? 0 : read_files(pc);
    if (result == 0)
        result = add_addresses(pc);
    if (result < 0)
        return result;
    size_t setup = linux_x86_setup(&pc->kernel);
    result = add_part(&pc->fw_cfg, pc->kernel.data, setup, FW_CFG_SETUP_SIZE, FW_CFG_SETUP_DATA);
    if (result == 0)
        result = add_part(&pc->fw_cfg, pc->kernel.data + setup, pc->kernel.size - setup, FW_CFG_KERNEL_SIZE,
                          FW_CFG_KERNEL_DATA);
    if (result == 0 && pc->ramdisk.data)
        result = add_part(&pc->fw_cfg, pc->ramdisk.data, pc->ramdisk.size, FW_CFG_INITRD_SIZE, FW_CFG_INITRD_DATA);
    if (result == 0)
        result = add_part(&pc->fw_cfg, (const uint8_t *)append, strlen(append) + 1, FW_CFG_CMDLINE_SIZE,
                          FW_CFG_CMDLINE_DATA);
    return result;
}
