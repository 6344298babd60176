// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The devices of the configuration: the table of drivers with their properties, and the list of the devices of a board.
//
//     config.devices, in their order ──> struct device_driver.create ──> struct board_device: object and operations
//
// They are created when the devices that every board has exist and are wired; the board resets, visits and destroys
// them. A driver that needs a place on a bus uses the one in its properties, or the next free one.
//
// A new driver is a row in device_list.c and a create function in a device_*.c.
#ifndef MACHINE_BOARD_DEVICE_LIST_H
#define MACHINE_BOARD_DEVICE_LIST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <intact/machine.h>

#include "base/visit.h"

struct board;
struct image;
struct pci_function;
struct why;

// A part of a device that interrupts: "queue0", "msix1", "intx".
struct device_part {
    const char *name; // with the device's: "virtio-blk0.queue0"
    const char *part;
    const char *source; // the result: the part that it interrupts by, "msix1" for "queue0"; NULL: by none
    char text[16];      // for `source`
};

struct board_device_ops {
    void (*reset)(void *object, uint64_t now);
    void (*visit)(void *object, struct visit *v);
    void (*destroy)(void *object); // frees it
    void (*loaded)(void *object);  // after a load of everything; NULL: nothing to do
    // Reports what holds back the interrupt of a part within the device. False: it has no such part. NULL: it has none.
    bool (*why)(void *object, struct device_part *part, struct why *why);
    // The parts' names, in order: false behind the last one. NULL: it has none.
    bool (*part)(void *object, unsigned index, char *name, size_t size);
};

struct board_device {
    const char *driver;
    void *object;
    const struct board_device_ops *ops;
    const char *name; // its id, or its driver's name with a number: "virtio-blk0"
};

struct device_list {
    struct board_device *devices;
    unsigned count, capacity;
};

struct device_property {
    const char *name, *about; // `about`: its values and their meaning
};

struct device_driver {
    const char *name, *about;
    const struct device_property *properties; // a row without a name ends them
    // Creates the device, connects it, and fills in `device->object` and `->ops`. 0, or a negative errno with a line in
    // board->error; then nothing is left.
    int (*create)(struct board *board, const struct intact_device_config *config, struct board_device *device);
};

// All of board->config.devices. Part of board_create.
int device_list_create(struct board *board);
// Adds a device that was created elsewhere. -ENOMEM.
int device_list_add(struct device_list *list, const struct board_device *device);
void device_list_reset(struct device_list *list, uint64_t now);
void device_list_visit(struct device_list *list, struct visit *v);
void device_list_loaded(struct device_list *list);
// In the reverse order of their creation.
void device_list_destroy(struct device_list *list);

// The video memory of all displays of the configuration. -EINVAL with a line in board->error.
int device_display_memory(struct board *board, uint64_t *size);

// --- For the questions of a PCI device's parts ----------------------------------------------------------------------

bool device_pci_why(const struct pci_function *function, struct device_part *part, struct why *why);
bool device_pci_part(const struct pci_function *function, unsigned index, char *name, size_t size);

// --- Properties (device_property.c) ----------------------------------------------------------------------------------

// Properties of every PCI device; a driver's table ends with them.
#define DEVICE_DRIVE_PROPERTIES                                                                                        \
    { "drive", "the id of a -drive if=none, or the node-name of a -blockdev; needed" },                                \
    {                                                                                                                  \
        "share-rw", "off by default: other processes may write to the disk's file while this machine runs"             \
    }

// Those of a PCI function.
#define DEVICE_PCI_PROPERTIES                                                                                          \
    { "addr", "SLOT[.FUNCTION], hexadecimal: its place on the bus; the next free slot by default" },                   \
        { "bus", "pci.0 or pcie.0: the one bus there is" },                                                            \
        { "romfile", "a file, its expansion ROM; none by default" },                                                   \
        { "rombar", "on or off: whether the guest sees that; on by default" },                                         \
    {                                                                                                                  \
        "id", "a name of your own"                                                                                     \
    }

// The value of a property, or NULL. If a name is given twice, the last one is used.
const char *device_property(const struct intact_device_config *config, const char *name);
// Each does not change `*value` if the property is not given. -EINVAL with a line in board->error with the driver, the
// property and its allowed values. Sizes may have a suffix K, M, G or T; numbers may be hexadecimal with 0x.
int device_number(struct board *board, const struct intact_device_config *config, const char *name, uint64_t least,
                  uint64_t most, uint64_t *value);
int device_size(struct board *board, const struct intact_device_config *config, const char *name, uint64_t *value);
int device_switch(struct board *board, const struct intact_device_config *config, const char *name, bool *value);
// The slot and function of a PCI device.
int device_pci_place(struct board *board, const struct intact_device_config *config, uint8_t *devfn);
// Reads the file of `romfile` into `image`; which stays empty without one, or with rombar=off.
int device_read_rom(struct board *board, const struct intact_device_config *config, struct image *image);
// Adds the expansion ROM of `romfile`, if the device has one.
int device_pci_rom(struct board *board, const struct intact_device_config *config, struct pci_function *function);
// Writes the error line for a device that could not be created, from a negative errno or enum intact_irq_error. Returns
// a negative errno.
int device_failed(struct board *board, const struct intact_device_config *config, int error);

#endif
