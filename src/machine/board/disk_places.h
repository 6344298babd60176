// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The places where an ATA disk can be connected, by the names of QEMU's buses: "ide.0" and "ide.1" are the channels of an IDE
// controller, each with the units 0 and 1; "ide.0" to "ide.5" the ports of the AHCI controller that a machine has; "ID.0" to "ID.5"
// those of a -device ahci,id=ID.
#ifndef MACHINE_BOARD_DISK_PLACES_H
#define MACHINE_BOARD_DISK_PLACES_H

#include <stdbool.h>

#include <intact/machine.h>

struct ata;
struct board;
struct intact_block;
struct pci_function;

struct disk_place {
    const char *controller; // "ide"; a name that lives as long as the board
    unsigned number, unit;  // of "ide.1" the 1, and the disk there
    struct ata *disk;
    bool serial;
    const struct pci_function *pci; // the controller
};

struct disk_places {
    struct disk_place *places;
    unsigned count;
};

// -ENOMEM.
int disk_places_add(struct board *board, const struct disk_place *place);
// The free place that the properties `bus` and `unit` name, or the first there is. -EINVAL with a line in board->error.
int disk_places_find(struct board *board, const struct intact_device_config *config, struct disk_place *place);
// The disk's bootindex (boot_order.h). -EINVAL with a line in board->error.
int disk_place_boot(struct board *board, const struct intact_device_config *config, const struct disk_place *place);
void disk_places_free(struct disk_places *places);
// Makes a disk of the ATA device there. `serial`: its number, or NULL: one by its place.
void disk_place_connect(const struct disk_places *places, const struct disk_place *place,
                        const struct intact_block *block, const char *serial, bool cd);
// A -device wants a place at a controller of the machine's own.
bool disk_places_wanted(const struct intact_machine_config *config);

#endif
