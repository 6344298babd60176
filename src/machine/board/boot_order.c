// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// See boot_order.h.
#include "machine/board/boot_order.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bits.h"
#include "devices/pci/pci.h"
#include "machine/board/board.h"

#define FILE_NAME "bootorder"
#define LAST_LINE "HALT"

// --- Paths -----------------------------------------------------------------------------------------------------------

// The PCI binding's names of classes; any other function is called by its vendor and device.
static void name_function(const struct pci_function *function, char *text, size_t size)
{
    static const struct {
        uint16_t class;
        const char *name;
    } rows[] = { { 0x0100, "scsi" }, { 0x0101, "ide" }, { 0x0200, "ethernet" } };
    uint32_t class = pci_function_get(function, PCI_CLASS_DEVICE, 2);
    snprintf(text, size, "pci%" PRIx32 ",%" PRIx32, pci_function_get(function, PCI_VENDOR_ID, 2),
             pci_function_get(function, PCI_DEVICE_ID, 2));
    for (unsigned i = 0; i < countof(rows); i++)
        if (rows[i].class == class)
            snprintf(text, size, "%s", rows[i].name);
}

void boot_path_pci(const struct board *board, const struct pci_function *function, char path[BOOT_PATH])
{
    char name[32], place[16] = "";
    name_function(function, name, sizeof name);
    if (function->devfn % 8)
        snprintf(place, sizeof place, ",%x", function->devfn % 8U);
    snprintf(path, BOOT_PATH, "/pci@%s/%s@%x%s", board->type->pci_address, name, function->devfn / 8U, place);
}

void boot_path_slot(uint64_t base, char path[BOOT_PATH])
{
    snprintf(path, BOOT_PATH, "/virtio-mmio@%016" PRIx64, base);
}

// --- The list --------------------------------------------------------------------------------------------------------

static int no_memory(struct board *board)
{
    return error_set(&board->error, -ENOMEM, "bootindex: the host has no memory left");
}

// Adds it at its place. -EEXIST without a line: the index is taken.
static int insert(struct board *board, const struct boot_device *device)
{
    struct boot_order *order = &board->boot_order;
    unsigned at = 0;
    while (at < order->count && order->devices[at].index < device->index)
        at++;
    if (at < order->count && order->devices[at].index == device->index)
        return -EEXIST;
    struct boot_device *bigger = realloc(order->devices, (order->count + 1) * sizeof *bigger);
    if (!bigger)
        return no_memory(board);
    order->devices = bigger;
    memmove(&bigger[at + 1], &bigger[at], (order->count++ - at) * sizeof *bigger);
    bigger[at] = *device;
    return 0;
}

int boot_order_add(struct board *board, const struct intact_device_config *config, const char *path, const char *rest)
{
    const char *text = device_property(config, "bootindex");
    struct boot_device device = { 0 };
    if (!text || strcmp(text, "-1") == 0)
        return 0;
    int result = device_number(board, config, "bootindex", 0, INT32_MAX, &device.index);
    if (result < 0)
        return result;
    snprintf(device.path, sizeof device.path, "%s/%s", path, rest);
    result = insert(board, &device);
    return result == -EEXIST
               ? error_set(&board->error, -EINVAL,
                           "-device %s: bootindex=%.20s is that of another device; give another", config->driver, text)
               : result;
}

void boot_order_free(struct boot_order *order)
{
    free(order->devices);
    free(order->text);
    *order = (struct boot_order){ 0 };
}

// --- The file --------------------------------------------------------------------------------------------------------

static int add_kernel_rom(struct board *board, const char *name)
{
    struct boot_device device = { 0 };
    snprintf(device.path, sizeof device.path, "/rom@%s", name);
    int result = insert(board, &device);
    return result == -EEXIST
               ? error_set(&board->error, -EINVAL,
                           "-device: bootindex=0 is that of -kernel, which the firmware starts; give another")
               : result;
}

static bool has_own_file(const struct intact_machine_config *config)
{
    for (unsigned i = 0; i < config->fw_cfg_count; i++)
        if (strcmp(config->fw_cfgs[i].name, FILE_NAME) == 0)
            return true;
    return false;
}

// A file of that name among the configuration's takes the place of the one that says only that the kernel is first.
static int add_kernel_roms(struct board *board)
{
    int result = 0;
    for (unsigned i = 0; i < board->config.fw_cfg_count && result == 0; i++)
        if (board->config.fw_cfgs[i].starts_kernel && !has_own_file(&board->config))
            result = add_kernel_rom(board, board->config.fw_cfgs[i].name);
    return result;
}

static int write_text(struct board *board)
{
    struct boot_order *order = &board->boot_order;
    size_t size = order->count * (sizeof order->devices->path + 1) + sizeof LAST_LINE, used = 0;
    order->text = malloc(size);
    if (!order->text)
        return no_memory(board);
    for (unsigned i = 0; i < order->count; i++)
        used += (size_t)snprintf(order->text + used, size - used, "%s%s", i ? "\n" : "", order->devices[i].path);
    if (board->config.boot_strict)
        snprintf(order->text + used, size - used, "\n" LAST_LINE);
    return 0;
}

// The list is the same for all resets.
int boot_order_fill(struct board *board, struct fw_cfg *fw)
{
    struct boot_order *order = &board->boot_order;
    int result = order->text ? 0 : add_kernel_roms(board);
    if (result < 0 || order->count == 0)
        return result;
    if (!order->text && (result = write_text(board)) < 0)
        return result;
    result = fw_cfg_add_file(fw, FILE_NAME, order->text, strlen(order->text) + 1);
    if (result == -EEXIST)
        return error_set(&board->error, result,
                         "-fw_cfg: '" FILE_NAME "' is what a bootindex is for; give one of the two");
    return result < 0 ? error_set(&board->error, result, "bootindex: fw_cfg has no room for its file") : 0;
}
