// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The drivers in the table of device_list.c, by their files.
#ifndef MACHINE_BOARD_DEVICE_DRIVERS_H
#define MACHINE_BOARD_DEVICE_DRIVERS_H

#include "machine/board/device_list.h"

// device_ahci.c
extern const struct device_driver device_ahci, device_ich9_ahci, device_ide_hd, device_ide_cd;
// A controller that a machine has, as a device of the list, with the buses `places`.0 to 5. A negative errno.
int device_ahci_add(struct board *board, uint8_t devfn, const char *places);

// device_pci.c
extern const struct device_driver device_edu, device_pci_testdev;

// device_display.c
extern const struct device_driver device_vga, device_bochs_display, device_ramfb;

// device_loader.c
extern const struct device_driver device_loader;
// What all loaders of the configuration do: after each reset, when a kernel or firmware is in place. A negative errno with a
// line in board->error.
int device_loader_load(struct board *board);
// Does one say where the first processor starts? Then a machine needs neither kernel nor firmware.
bool device_loader_starts(const struct board *board);
// The file of a loader; NULL: it has none, or is another device.
const char *device_loader_file(const struct intact_device_config *config);

// device_virtio.c
extern const struct device_driver device_virtio_blk_pci, device_virtio_net_pci, device_virtio_rng_pci,
    device_virtio_serial_pci;
extern const struct device_driver device_virtio_blk_device, device_virtio_net_device, device_virtio_rng_device,
    device_virtio_serial_device;
extern const struct device_driver device_virtio_scsi_pci, device_virtio_scsi_device;
extern const struct device_driver device_virtconsole;
extern const struct device_driver device_virtio_balloon_pci, device_virtio_balloon_device;
// The balloon of the configuration. NULL: there is none.
struct virtio_balloon *device_virtio_balloon(const struct board *board);
// The adapter whose bus `bus` is, ID.0; NULL as `bus`: the first one. NULL: there is none.
struct virtio_scsi *device_virtio_scsi(struct board *board, const char *bus);
// Its path of boot_order.h, of BOOT_PATH bytes.
void device_virtio_scsi_path(struct virtio_scsi *scsi, char *path);

// device_scsi.c
extern const struct device_driver device_scsi_hd, device_scsi_cd;

#endif
