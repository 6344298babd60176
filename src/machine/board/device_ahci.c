// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// `-device ahci`, which is called `ich9-ahci` too, and the disks of IDE and AHCI controllers: `-device ide-hd`, `ide-cd`.
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "devices/storage/ahci.h"
#include "machine/board/board.h"
#include "machine/board/device_drivers.h"

// --- The controller --------------------------------------------------------------------------------------------------

static void ahci_ops_reset(void *object, uint64_t now)
{
    ahci_reset(object, now);
}

static void ahci_ops_visit(void *object, struct visit *v)
{
    ahci_visit(object, v);
}

static void ahci_ops_destroy(void *object)
{
    ahci_destroy(object);
    free(object);
}

static bool ahci_ops_why(void *object, struct device_part *part, struct why *why)
{
    return device_pci_why(&((struct ahci *)object)->pci, part, why);
}

static bool ahci_ops_part(void *object, unsigned index, char *name, size_t size)
{
    return device_pci_part(&((struct ahci *)object)->pci, index, name, size);
}

static int add_places(struct board *board, struct ahci *ahci, const char *name)
{
    int result = 0;
    for (unsigned i = 0; i < AHCI_PORTS && result == 0; i++)
        result = disk_places_add(board, &(struct disk_place){ name, i, 0, &ahci->ports[i].disk, true, &ahci->pci });
    return result;
}

static int make_ahci(struct board *board, uint8_t devfn, const char *places, struct board_device *device)
{
    static const struct board_device_ops ops = { ahci_ops_reset, ahci_ops_visit, ahci_ops_destroy,
                                                 NULL,           ahci_ops_why,   ahci_ops_part };
    struct ahci *ahci = calloc(1, sizeof *ahci);
    if (!ahci)
        return -ENOMEM;
    device->object = ahci;
    device->ops = &ops;
    int result = ahci_init(ahci, &board->pci.bus, devfn);
    if (result == 0)
        result = pci_irq_set_name(&ahci->pci, device->name);
    if (result == 0)
        result = add_places(board, ahci, places);
    if (result < 0)
        ahci_ops_destroy(ahci);
    return result;
}

int device_ahci_add(struct board *board, uint8_t devfn, const char *places)
{
    struct board_device device = { .driver = device_ich9_ahci.name, .name = "ahci" };
    int result = make_ahci(board, devfn, places, &device);
    if (result < 0)
        return result;
    result = device_list_add(&board->devices, &device);
    if (result < 0)
        ahci_ops_destroy(device.object);
    return result;
}

static int create_ahci(struct board *board, const struct intact_device_config *config, struct board_device *device)
{
    uint8_t devfn;
    int result = device_pci_place(board, config, &devfn);
    if (result < 0)
        return result;
    result = make_ahci(board, devfn, device->name, device);
    return result < 0 ? device_failed(board, config, result) : 0;
}

static const struct device_property ahci_properties[] = {
    DEVICE_PCI_PROPERTIES,
    { NULL, NULL },
};

const struct device_driver device_ahci = {
    .name = "ahci",
    .about = "PCI: six ports for Serial ATA disks, the buses ID.0 to ID.5",
    .properties = ahci_properties,
    .create = create_ahci,
};

const struct device_driver device_ich9_ahci = {
    .name = "ich9-ahci",
    .about = "the same as ahci",
    .properties = ahci_properties,
    .create = create_ahci,
};

// --- Disks -----------------------------------------------------------------------------------------------------------

// The drive behind a disk, which is a part of its controller.
struct medium {
    struct block_file file;
};

static void medium_ops_reset(void *object, uint64_t now)
{
    (void)object, (void)now;
}

static void medium_ops_visit(void *object, struct visit *v)
{
    block_file_visit(&((struct medium *)object)->file, v);
}

static void medium_ops_destroy(void *object)
{
    block_file_close(&((struct medium *)object)->file);
    free(object);
}

static void medium_ops_loaded(void *object)
{
    block_file_loaded(&((struct medium *)object)->file);
}

static int create_disk(struct board *board, const struct intact_device_config *config, struct board_device *device,
                       bool cd)
{
    static const struct board_device_ops ops = {
        medium_ops_reset, medium_ops_visit, medium_ops_destroy, medium_ops_loaded, NULL, NULL
    };
    const char *drive = device_property(config, "drive"), *serial = device_property(config, "serial");
    const struct intact_block *block;
    struct disk_place place;
    if (!drive)
        return error_set(&board->error, -EINVAL, "-device %s: needs drive=ID, of a -drive if=none", config->driver);
    if (serial && strlen(serial) > ATA_SERIAL)
        return error_set(&board->error, -EINVAL, "-device %s: serial has at most %d characters", config->driver,
                         ATA_SERIAL);
    int result = disk_places_find(board, config, &place);
    if (result == 0)
        result = disk_place_boot(board, config, &place);
    if (result < 0)
        return result;
    struct medium *medium = calloc(1, sizeof *medium);
    if (!medium)
        return device_failed(board, config, -ENOMEM);
    device->object = medium;
    device->ops = &ops;
    result = backends_take_drive(board, config, drive, &medium->file, &block);
    if (result < 0)
        medium_ops_destroy(medium);
    else
        disk_place_connect(&board->disk_places, &place, block, serial, cd);
    return result;
}

static int create_hd(struct board *board, const struct intact_device_config *config, struct board_device *device)
{
    return create_disk(board, config, device, false);
}

static int create_cd(struct board *board, const struct intact_device_config *config, struct board_device *device)
{
    return create_disk(board, config, device, true);
}

static const struct device_property disk_properties[] = {
    DEVICE_DRIVE_PROPERTIES,
    BOOT_INDEX_PROPERTY,
    { "bus", "ide.0 and up of the machine's own controller, ID.0 and up of a -device ahci,id=ID; the first free one by "
             "default" },
    { "unit", "0 or 1 of an IDE channel, 0 of an AHCI port; the first free one by default" },
    { "serial", "up to 20 characters: its serial number" },
    { "id", "a name of your own" },
    { NULL, NULL },
};

const struct device_driver device_ide_hd = {
    .name = "ide-hd",
    .about = "an ATA disk at an IDE or AHCI controller",
    .properties = disk_properties,
    .create = create_hd,
};

const struct device_driver device_ide_cd = {
    .name = "ide-cd",
    .about = "a CD drive at an IDE or AHCI controller",
    .properties = disk_properties,
    .create = create_cd,
};
