// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// `-device scsi-hd` and `scsi-cd`: units at the bus of a virtio-scsi adapter.
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "devices/storage/scsi.h"
#include "devices/virtio/virtio_scsi.h"
#include "machine/board/board.h"
#include "machine/board/device_drivers.h"

struct scsi_disk {
    struct scsi_unit unit;
    struct block_file file;
};

static void ops_reset(void *object, uint64_t now)
{
    (void)now;
    scsi_reset(&((struct scsi_disk *)object)->unit);
}

static void ops_visit(void *object, struct visit *v)
{
    struct scsi_disk *disk = object;
    scsi_visit(&disk->unit, v);
    VISIT_NESTED(v, "drive", block_file_visit(&disk->file, v));
}

static void ops_destroy(void *object)
{
    block_file_close(&((struct scsi_disk *)object)->file);
    free(object);
}

static void ops_loaded(void *object)
{
    block_file_loaded(&((struct scsi_disk *)object)->file);
}

struct place {
    struct virtio_scsi *adapter;
    uint64_t target, lun;
};

// The address that was asked for, or the first target that is free.
static int find_place(struct board *board, const struct intact_device_config *config, struct place *place)
{
    const char *bus = device_property(config, "bus");
    place->adapter = device_virtio_scsi(board, bus);
    if (!place->adapter && bus)
        return error_set(&board->error, -EINVAL,
                         "-device %s: no bus '%.80s'; ID.0 is that of a -device virtio-scsi-pci,id=ID before it",
                         config->driver, bus);
    if (!place->adapter)
        return error_set(&board->error, -EINVAL, "-device %s: needs a -device virtio-scsi-pci before it",
                         config->driver);
    uint64_t channel = 0;
    int result = device_number(board, config, "channel", 0, 0, &channel);
    if (result == 0)
        result = device_number(board, config, "lun", 0, VIRTIO_SCSI_LUNS - 1, &place->lun);
    while (!device_property(config, "scsi-id") && place->target < VIRTIO_SCSI_TARGETS - 1 &&
           virtio_scsi_unit(place->adapter, (unsigned)place->target, (unsigned)place->lun))
        place->target++;
    if (result == 0)
        result = device_number(board, config, "scsi-id", 0, VIRTIO_SCSI_TARGETS - 1, &place->target);
    if (result == 0 && virtio_scsi_unit(place->adapter, (unsigned)place->target, (unsigned)place->lun))
        return error_set(&board->error, -EINVAL, "-device %s: scsi-id=%u,lun=%u is taken; give another, or none",
                         config->driver, (unsigned)place->target, (unsigned)place->lun);
    if (result == 0 && place->adapter->unit_count == VIRTIO_SCSI_UNITS)
        return error_set(&board->error, -EINVAL, "-device %s: an adapter has at most %u units", config->driver,
                         VIRTIO_SCSI_UNITS);
    return result;
}

static int take_boot_index(struct board *board, const struct intact_device_config *config, const struct place *place)
{
    char path[BOOT_PATH], rest[64];
    device_virtio_scsi_path(place->adapter, path);
    snprintf(rest, sizeof rest, "channel@0/disk@%" PRIx64 ",%" PRIx64, place->target, place->lun);
    return boot_order_add(board, config, path, rest);
}

static int create(struct board *board, const struct intact_device_config *config, struct board_device *device, bool cd)
{
    static const struct board_device_ops ops = { ops_reset, ops_visit, ops_destroy, ops_loaded, NULL, NULL };
    const char *drive = device_property(config, "drive"), *serial = device_property(config, "serial");
    const struct intact_block *block;
    struct place place = { 0 };
    if (!drive)
        return error_set(&board->error, -EINVAL, "-device %s: needs drive=ID, of a -drive if=none", config->driver);
    if (serial && strlen(serial) > SCSI_SERIAL)
        return error_set(&board->error, -EINVAL, "-device %s: serial has at most %u characters", config->driver,
                         SCSI_SERIAL);
    int result = find_place(board, config, &place);
    if (result == 0)
        result = take_boot_index(board, config, &place);
    if (result < 0)
        return result;
    struct scsi_disk *disk = calloc(1, sizeof *disk);
    if (!disk)
        return device_failed(board, config, -ENOMEM);
    device->object = disk;
    device->ops = &ops;
    result = backends_take_drive(board, config, drive, &disk->file, &block);
    if (result < 0) {
        ops_destroy(disk);
        return result;
    }
    scsi_init(&disk->unit, block, serial, cd);
    virtio_scsi_connect(place.adapter, (unsigned)place.target, (unsigned)place.lun, &disk->unit);
    return 0;
}

static int create_hd(struct board *board, const struct intact_device_config *config, struct board_device *device)
{
    return create(board, config, device, false);
}

static int create_cd(struct board *board, const struct intact_device_config *config, struct board_device *device)
{
    return create(board, config, device, true);
}

static const struct device_property properties[] = {
    DEVICE_DRIVE_PROPERTIES,
    BOOT_INDEX_PROPERTY,
    { "bus", "ID.0 of a -device virtio-scsi-pci,id=ID or virtio-scsi-device; the first adapter by default" },
    { "channel", "0" },
    { "scsi-id", "0 to 255: the target; the first that is free by default" },
    { "lun", "0 to 16383: the unit of the target; 0 by default" },
    { "serial", "up to 36 characters: its serial number" },
    { "id", "a name of your own" },
    { NULL, NULL },
};

const struct device_driver device_scsi_hd = {
    .name = "scsi-hd",
    .about = "a SCSI disk at a virtio-scsi adapter",
    .properties = properties,
    .create = create_hd,
};

const struct device_driver device_scsi_cd = {
    .name = "scsi-cd",
    .about = "a SCSI CD drive at a virtio-scsi adapter",
    .properties = properties,
    .create = create_cd,
};
