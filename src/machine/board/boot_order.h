// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// "bootorder", the file of fw_cfg that tells a firmware what to try first: a line for each device with a property `bootindex`, the
// lowest one first. A line is the path to the device as Open Firmware writes it (IEEE 1275-1994, 2.2.1.1: /driver@address/...; the
// names and addresses of PCI functions are those of its PCI binding, 2.2.1), in the form in which QEMU gives it:
//
//     /pci@i0cf8/scsi@4/disk@0,0                           virtio-blk-pci
//     /pci@i0cf8/scsi@4/channel@0/disk@TARGET,LUN          scsi-hd, scsi-cd
//     /pci@i0cf8/ethernet@3/ethernet-phy@0                 virtio-net-pci
//     /pci@i0cf8/ide@1,1/drive@CHANNEL/disk@UNIT           a disk of an IDE controller
//     /pci@i0cf8/pci8086,2922@1f,2/drive@PORT/disk@0       of an AHCI controller
//     /virtio-mmio@000000000a003e00/disk@0,0               virtio-blk-device
//     /rom@genroms/linuxboot_dma.bin                       an option ROM that starts the kernel: as with bootindex=0
//     HALT                                                 -boot strict=on: nothing else is tried
//
// The host bridge of `virt` is /pci@ffffffffffffffff. Without a device that has a bootindex there is no file.
#ifndef MACHINE_BOARD_BOOT_ORDER_H
#define MACHINE_BOARD_BOOT_ORDER_H

#include <stddef.h>
#include <stdint.h>

#include <intact/machine.h>

#include "devices/fw_cfg.h"

struct board;
struct pci_function;
struct virtio_mmio;

#define BOOT_PATH 128

#define BOOT_INDEX_PROPERTY                                                                                            \
    {                                                                                                                  \
        "bootindex", "0 to 2147483647: a firmware tries the lowest one first; -1, which is none, by default"           \
    }

struct boot_device {
    uint64_t index; // no two are equal
    char path[BOOT_PATH];
};

struct boot_order {
    struct boot_device *devices; // by index
    unsigned count;
    char *text; // the file
};

// The beginning of a path: a PCI function of bus 0; the virtio-mmio slot at an address.
void boot_path_pci(const struct board *board, const struct pci_function *function, char path[BOOT_PATH]);
void boot_path_slot(uint64_t base, char path[BOOT_PATH]);
// If `config` has a bootindex: adds `path` with `rest` behind it. -EINVAL with a line in board->error.
int boot_order_add(struct board *board, const struct intact_device_config *config, const char *path, const char *rest);
// Adds the file to `fw`, which has the configuration's. 0, or a negative errno with a line in board->error.
int boot_order_fill(struct board *board, struct fw_cfg *fw);
void boot_order_free(struct boot_order *order);

#endif
