// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// See smbios_tables.h.
#include "machine/board/smbios_tables.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "machine/board/board.h"
#include "machine/boot/guest_memory.h"

enum { CAPACITY = 65535, ENTRY_ROOM = 0x20, FILE_LIMIT = 65535 };

static const char anchor_file[] = "etc/smbios/smbios-anchor", tables_file[] = "etc/smbios/smbios-tables";

static void free_files(struct image *images, unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        image_release(&images[i]);
}

// The settings with the contents of their files, which are in `images`.
static int read_files(struct board *board, struct intact_smbios_config *settings, struct image *images)
{
    for (unsigned i = 0; i < board->config.smbios_count; i++) {
        settings[i] = board->config.smbios[i];
        if (!settings[i].file || settings[i].data)
            continue;
        int result = image_read(&images[i], "-smbios", settings[i].file, FILE_LIMIT, &board->error);
        if (result < 0)
            return result;
        settings[i].data = images[i].data;
        settings[i].data_size = images[i].size;
    }
    return 0;
}

static const char *product(const struct intact_machine_config *config)
{
    if (config->type == INTACT_VIRT)
        return "virt";
    return config->chipset == INTACT_Q35 ? "q35" : "pc";
}

static int make(struct board *board, const struct smbios_range *ram, bool firmware)
{
    struct smbios_tables *tables = &board->smbios;
    struct intact_smbios_config settings[INTACT_SMBIOS_MAX];
    struct image images[INTACT_SMBIOS_MAX] = { { .data = NULL } };
    struct smbios_description machine = {
        .product = product(&board->config),
        .uuid = board->config.uuid,
        .cpus = board->config.cpus,
        .firmware = firmware,
        .settings = settings,
        .count = board->config.smbios_count,
    };
    if (tables->bytes)
        return 0;
    if (machine.count > INTACT_SMBIOS_MAX)
        return error_set(&board->error, -EINVAL, "-smbios: more than %d properties and files", INTACT_SMBIOS_MAX);
    memcpy(machine.ram, ram, sizeof machine.ram);
    uint8_t *bytes = malloc(CAPACITY);
    if (!bytes)
        return error_set(&board->error, -ENOMEM, "-smbios: the host has no memory left");
    int result = read_files(board, settings, images);
    if (result == 0)
        result = smbios_build(&machine, bytes, CAPACITY, &tables->sizes, &board->error);
    free_files(images, machine.count);
    if (result < 0)
        free(bytes);
    else
        tables->bytes = bytes;
    return result;
}

int smbios_tables_add(struct board *board, const struct smbios_range *ram, struct fw_cfg *fw, bool old)
{
    struct smbios_tables *tables = &board->smbios;
    int result = make(board, ram, false);
    if (result < 0)
        return result;
    if (old)
        smbios_entry_21(&tables->sizes, 0, tables->anchor);
    else
        smbios_entry_30(&tables->sizes, 0, tables->anchor);
    result = fw_cfg_add_file(fw, anchor_file, tables->anchor, old ? SMBIOS_ENTRY_21_SIZE : SMBIOS_ENTRY_30_SIZE);
    if (result > 0)
        result = fw_cfg_add_file(fw, tables_file, tables->bytes, tables->sizes.bytes);
    return result < 0 ? result : 0;
}

int smbios_tables_put(struct board *board, const struct smbios_range *ram, uint64_t address, size_t room)
{
    uint8_t entries[2 * ENTRY_ROOM] = { 0 };
    uint64_t at = address + sizeof entries;
    int result = make(board, ram, true);
    if (result < 0)
        return result;
    const struct smbios_sizes *sizes = &board->smbios.sizes;
    if (sizes->bytes > room - sizeof entries)
        return error_set(&board->error, -ENOSPC,
                         "-smbios: the tables are larger than the %zu bytes that there are for them",
                         room - sizeof entries);
    smbios_entry_30(sizes, at, entries);
    smbios_entry_21(sizes, (uint32_t)at, entries + ENTRY_ROOM);
    result = guest_put(&board->memory, "SMBIOS entry points", address, entries, sizeof entries, &board->error);
    return result < 0
               ? result
               : guest_put(&board->memory, "SMBIOS tables", at, board->smbios.bytes, sizes->bytes, &board->error);
}

void smbios_tables_free(struct smbios_tables *tables)
{
    free(tables->bytes);
}
