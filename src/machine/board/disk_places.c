// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// See disk_places.h.
#include "machine/board/disk_places.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "devices/storage/ata.h"
#include "machine/board/board.h"

#define OWN "ide" // of a machine's own controller

int disk_places_add(struct board *board, const struct disk_place *place)
{
    struct disk_places *list = &board->disk_places;
    struct disk_place *bigger = realloc(list->places, (list->count + 1) * sizeof *bigger);
    if (!bigger)
        return error_set(&board->error, -ENOMEM, "-device: the host has no memory left");
    list->places = bigger;
    list->places[list->count++] = *place;
    return 0;
}

void disk_places_free(struct disk_places *places)
{
    free(places->places);
    *places = (struct disk_places){ 0 };
}

static bool is_at(const struct disk_place *place, const char *bus, uint64_t unit, bool any_unit)
{
    char name[80];
    snprintf(name, sizeof name, "%s.%u", place->controller, place->number);
    return (!bus || strcmp(bus, name) == 0) && (any_unit || place->unit == unit);
}

static int refuse_place(struct board *board, const struct intact_device_config *config, const char *bus, bool taken)
{
    const char *driver = config->driver;
    if (taken && bus)
        return error_set(&board->error, -EINVAL, "-device %s: bus=%.80s has a disk there already", driver, bus);
    if (bus)
        return error_set(
            &board->error, -EINVAL,
            "-device %s: no bus '%.80s' with such a unit; ID.0 is the first of a -device ahci,id=ID before it", driver,
            bus);
    return error_set(&board->error, -EINVAL,
                     "-device %s: no place is left for a disk; add -device ahci,id=ahci, and give bus=ahci.0", driver);
}

int disk_places_find(struct board *board, const struct intact_device_config *config, struct disk_place *place)
{
    const char *bus = device_property(config, "bus"), *text = device_property(config, "unit");
    uint64_t unit = 0;
    bool taken = false;
    int result = device_number(board, config, "unit", 0, 1, &unit);
    for (unsigned i = 0; i < board->disk_places.count && result == 0; i++) {
        *place = board->disk_places.places[i];
        if (!is_at(place, bus, unit, !text))
            continue;
        if (!place->disk->block)
            return 0;
        taken = true;
    }
    return result < 0 ? result : refuse_place(board, config, bus, taken);
}

int disk_place_boot(struct board *board, const struct intact_device_config *config, const struct disk_place *place)
{
    char path[BOOT_PATH], rest[40];
    boot_path_pci(board, place->pci, path);
    snprintf(rest, sizeof rest, "drive@%x/disk@%x", place->number, place->unit);
    return boot_order_add(board, config, path, rest);
}

void disk_place_connect(const struct disk_places *places, const struct disk_place *place,
                        const struct intact_block *block, const char *serial, bool cd)
{
    char own[16];
    unsigned number = 0;
    while (places->places[number].disk != place->disk)
        number++;
    snprintf(own, sizeof own, "IN%05u", number + 1);
    if (place->serial)
        ata_init_serial(place->disk, block, serial ? serial : own, cd);
    else if (cd)
        ata_init_cd(place->disk, block, serial ? serial : own);
    else
        ata_init(place->disk, block, serial ? serial : own);
}

bool disk_places_wanted(const struct intact_machine_config *config)
{
    for (unsigned i = 0; i < config->device_count; i++) {
        const struct intact_device_config *device = &config->devices[i];
        const char *bus = device_property(device, "bus");
        bool disk = strcmp(device->driver, "ide-hd") == 0 || strcmp(device->driver, "ide-cd") == 0;
        if (disk && (!bus || strncmp(bus, OWN ".", strlen(OWN ".")) == 0))
            return true;
    }
    return false;
}
