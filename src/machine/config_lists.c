// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Copies a configuration with its lists; described in config_lists.h.
#include "machine/config_lists.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/sized.h"

static int refuse(const char **why, int code, const char *text)
{
    *why = text;
    return code;
}

// A list in memory of its own: `*out` gets `count` elements of `full` bytes.
static int take_list(void *out, size_t full, const void *list, size_t size, size_t count, const char **why)
{
    void *copy = calloc(count + 1, full);
    if (!copy)
        return refuse(why, -ENOMEM, "the host has no memory left");
    memcpy(out, &copy, sizeof copy);
    if (count && !list)
        return refuse(why, -EINVAL, "a list of the configuration has a count and no array");
    if (!sized_list(copy, full, list, size, count))
        return refuse(why, -EINVAL,
                      "an element size of the configuration was not set by intact_machine_config_init, or by that of a "
                      "newer version");
    return 0;
}

#define TAKE(out, config, list, element)                                                                               \
    take_list(&(out), sizeof *(out), (config)->list, (config)->element##_size, (config)->element##_count, why)

static int take_lists(struct intact_machine_config *config, struct config_lists *lists, const char **why)
{
    int result = TAKE(lists->chardevs, config, chardevs, chardev);
    if (result == 0)
        result = TAKE(lists->drives, config, drives, drive);
    if (result == 0)
        result = TAKE(lists->devices, config, devices, device);
    if (result == 0)
        result = TAKE(lists->netdevs, config, netdevs, netdev);
    if (result == 0)
        result = TAKE(lists->fw_cfgs, config, fw_cfgs, fw_cfg);
    if (result == 0)
        result = TAKE(lists->smbios, config, smbios, smbios);
    if (result < 0)
        return result;
    config->smbios = lists->smbios;
    config->chardevs = lists->chardevs;
    config->drives = lists->drives;
    config->devices = lists->devices;
    config->netdevs = lists->netdevs;
    config->fw_cfgs = lists->fw_cfgs;
    return 0;
}

// --- What elements point to ------------------------------------------------------------------------------------------

static int take_properties(const struct intact_machine_config *config, struct config_lists *lists, const char **why)
{
    size_t total = 0, at = 0;
    for (unsigned i = 0; i < config->device_count; i++)
        total += lists->devices[i].property_count;
    lists->properties = calloc(total + 1, sizeof *lists->properties);
    if (!lists->properties)
        return refuse(why, -ENOMEM, "the host has no memory left");
    for (unsigned i = 0; i < config->device_count; i++) {
        struct intact_device_config *device = &lists->devices[i];
        if (!sized_list(&lists->properties[at], sizeof lists->properties[0], device->properties, config->property_size,
                        device->property_count))
            return refuse(why, -EINVAL, "property_size was not set by intact_machine_config_init");
        device->properties = &lists->properties[at];
        at += device->property_count;
    }
    return 0;
}

static int take_backends(const struct intact_machine_config *config, struct config_lists *lists, const char **why)
{
    lists->blocks = calloc(config->drive_count + (size_t)1, sizeof *lists->blocks);
    lists->nets = calloc(config->netdev_count + (size_t)1, sizeof *lists->nets);
    if (!lists->blocks || !lists->nets)
        return refuse(why, -ENOMEM, "the host has no memory left");
    bool fits = true;
    for (unsigned i = 0; i < config->drive_count; i++) {
        if (!lists->drives[i].block)
            continue;
        fits &= sized_list(&lists->blocks[i], sizeof lists->blocks[0], lists->drives[i].block, config->block_size, 1);
        lists->drives[i].block = &lists->blocks[i];
    }
    for (unsigned i = 0; i < config->netdev_count; i++) {
        if (!lists->netdevs[i].net)
            continue;
        fits &= sized_list(&lists->nets[i], sizeof lists->nets[0], lists->netdevs[i].net, config->net_size, 1);
        lists->netdevs[i].net = &lists->nets[i];
    }
    return fits ? 0 : refuse(why, -EINVAL, "block_size and net_size were not set by intact_machine_config_init");
}

// --- The whole -------------------------------------------------------------------------------------------------------

int config_take(struct intact_machine_config *config, struct config_lists *lists,
                const struct intact_machine_config *given, const char **why)
{
    *lists = (struct config_lists){ .drives = NULL };
    if (!sized_take(config, sizeof *config, given))
        return refuse(
            why, -EINVAL,
            "the configuration was not prepared by intact_machine_config_init, or by that of a newer version");
    int result = take_lists(config, lists, why);
    if (result == 0)
        result = take_properties(config, lists, why);
    if (result == 0)
        result = take_backends(config, lists, why);
    return result;
}

void config_lists_free(struct config_lists *lists)
{
    free(lists->chardevs);
    free(lists->drives);
    free(lists->devices);
    free(lists->properties);
    free(lists->netdevs);
    free(lists->fw_cfgs);
    free(lists->smbios);
    free(lists->blocks);
    free(lists->nets);
    *lists = (struct config_lists){ .drives = NULL };
}
