// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The table of drivers, and the list of a board's devices.
#include "machine/board/device_list.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bits.h"
#include "machine/board/board.h"
#include "machine/board/device_drivers.h"

enum { NAME = 64 };

static const struct device_driver *const drivers[] = {
    &device_edu,
    &device_pci_testdev,
    &device_ahci,
    &device_ich9_ahci,
    &device_ide_hd,
    &device_ide_cd,
    &device_virtio_blk_pci,
    &device_virtio_net_pci,
    &device_virtio_rng_pci,
    &device_virtio_balloon_pci,
    &device_virtio_scsi_pci,
    &device_virtio_serial_pci,
    &device_virtio_blk_device,
    &device_virtio_net_device,
    &device_virtio_rng_device,
    &device_virtio_balloon_device,
    &device_virtio_scsi_device,
    &device_scsi_hd,
    &device_scsi_cd,
    &device_virtio_serial_device,
    &device_virtconsole,
    &device_vga,
    &device_bochs_display,
    &device_ramfb,
    &device_loader,
};

// --- Names -----------------------------------------------------------------------------------------------------------

static const struct device_driver *find(const char *name)
{
    for (unsigned i = 0; i < countof(drivers); i++)
        if (strcmp(drivers[i]->name, name) == 0)
            return drivers[i];
    return NULL;
}

const char *intact_device_driver(unsigned index, const char **about)
{
    if (index >= countof(drivers))
        return NULL;
    if (about)
        *about = drivers[index]->about;
    return drivers[index]->name;
}

const char *intact_device_property(const char *driver, unsigned index, const char **about)
{
    const struct device_driver *found = find(driver);
    for (unsigned i = 0; found && found->properties[i].name; i++) {
        if (i != index)
            continue;
        if (about)
            *about = found->properties[i].about;
        return found->properties[i].name;
    }
    return NULL;
}

// --- Making ----------------------------------------------------------------------------------------------------------

static int check_properties(struct board *board, const struct device_driver *driver,
                            const struct intact_device_config *config)
{
    for (unsigned i = 0; i < config->property_count; i++) {
        const struct device_property *known = driver->properties;
        while (known->name && strcmp(known->name, config->properties[i].name) != 0)
            known++;
        if (!known->name)
            return error_set(&board->error, -EINVAL, "-device %s: no property '%.80s'; -device %s,help lists them",
                             driver->name, config->properties[i].name, driver->name);
    }
    return 0;
}

static int check_id(struct board *board, const struct intact_device_config *config)
{
    const char *id = device_property(config, "id");
    for (const struct intact_device_config *other = board->config.devices; id && other < config; other++) {
        const char *taken = device_property(other, "id");
        if (taken && strcmp(taken, id) == 0)
            return error_set(&board->error, -EINVAL, "-device %s: id=%.80s is that of another device; give another",
                             config->driver, id);
    }
    return 0;
}

// The part of a driver's name that does not say where the device is: "virtio-blk" of virtio-blk-pci and virtio-blk-device.
static size_t stem(const char *driver)
{
    static const char *const buses[] = { "-pci", "-device" };
    size_t length = strlen(driver);
    for (unsigned i = 0; i < countof(buses); i++)
        if (length > strlen(buses[i]) && strcmp(driver + length - strlen(buses[i]), buses[i]) == 0)
            return length - strlen(buses[i]);
    return length;
}

static const char *name_of(struct board *board, const struct intact_device_config *config)
{
    const char *id = device_property(config, "id");
    size_t length = stem(config->driver);
    unsigned number = 0;
    char text[NAME];
    for (const struct intact_device_config *other = board->config.devices; other < config; other++)
        number += stem(other->driver) == length && strncmp(other->driver, config->driver, length) == 0;
    snprintf(text, sizeof text, "%.*s%u", (int)length, config->driver, number);
    return names_add(&board->trace.names, id ? id : text);
}

static int create(struct board *board, const struct intact_device_config *config)
{
    const struct device_driver *driver = find(config->driver);
    struct board_device device = { 0 };
    if (!driver)
        return error_set(&board->error, -EINVAL, "-device: no device '%.80s'; -device help lists them", config->driver);
    device.driver = driver->name;
    device.name = name_of(board, config);
    int result = check_properties(board, driver, config);
    if (result == 0)
        result = check_id(board, config);
    if (result == 0)
        result = driver->create(board, config, &device);
    if (result < 0)
        return result;
    result = device_list_add(&board->devices, &device);
    if (result < 0)
        device.ops->destroy(device.object);
    return result;
}

int device_list_create(struct board *board)
{
    int result = 0;
    if (board->config.device_count > INTACT_DEVICES_MAX)
        return error_set(&board->error, -EINVAL, "-device: more than %u", INTACT_DEVICES_MAX);
    for (unsigned i = 0; i < board->config.device_count && result == 0; i++)
        result = create(board, &board->config.devices[i]);
    return result;
}

int device_list_add(struct device_list *list, const struct board_device *device)
{
    if (list->count == list->capacity) {
        unsigned capacity = list->capacity ? 2 * list->capacity : 8;
        struct board_device *bigger = realloc(list->devices, capacity * sizeof *bigger);
        if (!bigger)
            return -ENOMEM;
        list->devices = bigger;
        list->capacity = capacity;
    }
    list->devices[list->count++] = *device;
    return 0;
}

// --- Life ------------------------------------------------------------------------------------------------------------

void device_list_reset(struct device_list *list, uint64_t now)
{
    for (unsigned i = 0; i < list->count; i++)
        list->devices[i].ops->reset(list->devices[i].object, now);
}

void device_list_visit(struct device_list *list, struct visit *v)
{
    for (unsigned i = 0; i < list->count; i++) {
        char name[48] = "";
        if (v->enter)
            snprintf(name, sizeof name, "%s.%u", list->devices[i].driver, i);
        VISIT_NESTED(v, name, list->devices[i].ops->visit(list->devices[i].object, v));
    }
}

void device_list_loaded(struct device_list *list)
{
    for (unsigned i = 0; i < list->count; i++)
        if (list->devices[i].ops->loaded)
            list->devices[i].ops->loaded(list->devices[i].object);
}

void device_list_destroy(struct device_list *list)
{
    while (list->count) {
        struct board_device *last = &list->devices[--list->count];
        last->ops->destroy(last->object);
    }
    free(list->devices);
    *list = (struct device_list){ 0 };
}
