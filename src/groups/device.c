// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The device interrupt manager: the groups of one device, and the one its driver has chosen.
//
//     disabled ⇄ legacy          disabled, legacy ⇄ generic MSI
//                                disabled, legacy ⇄ PCI MSI          never MSI to another kind of MSI,
//                                disabled, legacy ⇄ PCI MSI-X        never while enabled
//
// Messages are staged here part by part, as a guest writes them, and go to the group by update (enabled) or enable.
// Path: devices / groups/group.c
#include <stdio.h>
#include <stdlib.h>

#include "base/sized.h"
#include "groups/group.h"

#define MODES       (INTACT_IRQ_MODE_PCI_MSIX + 1)
#define DEVICE_NAME 128 // bytes of the longest name of a group

struct device_mode {
    struct intact_irq_group *group;   // NULL: the device has no resource for it
    struct intact_irq_config *staged; // one per source
    bool *masked;
    bool *written; // the driver has given the message an address; a line needs none
};

struct intact_irq_device {
    struct intact_irq_manager *manager;
    struct device_mode modes[MODES];
    enum intact_irq_mode mode;
    bool enabled;
    bool legacy_edge;
    uint32_t requester;
};

static bool is_msi(enum intact_irq_mode mode)
{
    return mode >= INTACT_IRQ_MODE_GENERIC_MSI;
}

static struct device_mode *current(struct intact_irq_device *device)
{
    return &device->modes[device->mode];
}

// --- Life ------------------------------------------------------------------------------------------------------------

// A source before the guest wrote anything: a message without an address, or the line.
static void clear_staged(struct intact_irq_device *device)
{
    for (int mode = INTACT_IRQ_MODE_LEGACY; mode < MODES; mode++) {
        struct device_mode *m = &device->modes[mode];
        for (uint32_t i = 0; m->group && i < intact_irq_group_length(m->group); i++) {
            m->staged[i] = (struct intact_irq_config){ .type = intact_irq_group_type(m->group) };
            m->staged[i].device = device->requester;
            m->masked[i] = false;
            m->written[i] = mode == INTACT_IRQ_MODE_LEGACY;
        }
    }
    if (device->modes[INTACT_IRQ_MODE_LEGACY].group) {
        device->modes[INTACT_IRQ_MODE_LEGACY].staged[0].chip = INTACT_IRQ_ANY_PIN;
        device->modes[INTACT_IRQ_MODE_LEGACY].staged[0].level = !device->legacy_edge;
    }
}

static int add_mode(struct intact_irq_device *device, enum intact_irq_mode mode, enum intact_irq_type type,
                    const struct intact_irq_resource *resource)
{
    struct device_mode *m = &device->modes[mode];
    if (!resource->count)
        return INTACT_IRQ_OK;
    int result = intact_irq_manager_create_group(device->manager, type, resource->base, resource->count, &m->group);
    if (result)
        return result;
    m->staged = calloc(resource->count, sizeof *m->staged);
    m->masked = calloc(resource->count, sizeof *m->masked);
    m->written = calloc(resource->count, sizeof *m->written);
    return m->staged && m->masked && m->written ? INTACT_IRQ_OK : INTACT_IRQ_NO_MEMORY;
}

static int add_modes(struct intact_irq_device *device, const struct intact_irq_resources *resources)
{
    int result = add_mode(device, INTACT_IRQ_MODE_LEGACY, INTACT_IRQ_LEGACY, &resources->legacy);
    if (!result)
        result = add_mode(device, INTACT_IRQ_MODE_GENERIC_MSI, INTACT_IRQ_GENERIC, &resources->generic_msi);
    if (!result)
        result = add_mode(device, INTACT_IRQ_MODE_PCI_MSI, INTACT_IRQ_MSI, &resources->pci_msi);
    if (!result)
        result = add_mode(device, INTACT_IRQ_MODE_PCI_MSIX, INTACT_IRQ_MSIX, &resources->pci_msix);
    return result;
}

void intact_irq_resources_defaults(struct intact_irq_resources *resources, size_t size)
{
    const struct intact_irq_resources none = { .size = sizeof none };
    sized_give(resources, size, &none, sizeof none);
}

int intact_irq_device_create(struct intact_irq_manager *manager, const struct intact_irq_resources *given,
                             struct intact_irq_device **device)
{
    struct intact_irq_resources resources = { .size = sizeof resources };
    if (!sized_take(&resources, sizeof resources, given))
        return INTACT_IRQ_INVALID;
    struct intact_irq_device *made = calloc(1, sizeof *made);
    if (!made)
        return INTACT_IRQ_NO_MEMORY;
    made->manager = manager;
    made->legacy_edge = resources.legacy_edge;
    made->requester = resources.requester;
    int result = add_modes(made, &resources);
    if (result) {
        intact_irq_device_destroy(made);
        return result;
    }
    clear_staged(made);
    *device = made;
    return INTACT_IRQ_OK;
}

int intact_irq_device_set_name(struct intact_irq_device *device, const char *name)
{
    static const char *const modes[MODES] = {
        [INTACT_IRQ_MODE_LEGACY] = "intx",
        [INTACT_IRQ_MODE_GENERIC_MSI] = "message",
        [INTACT_IRQ_MODE_PCI_MSI] = "msi",
        [INTACT_IRQ_MODE_PCI_MSIX] = "msix",
    };
    char text[DEVICE_NAME];
    int result = INTACT_IRQ_OK;
    for (int mode = INTACT_IRQ_MODE_LEGACY; mode < MODES && !result; mode++) {
        if (!device->modes[mode].group)
            continue;
        if (name)
            snprintf(text, sizeof text, "%s.%s", name, modes[mode]);
        result = intact_irq_group_set_name(device->modes[mode].group, name ? text : NULL);
    }
    return result;
}

void intact_irq_device_destroy(struct intact_irq_device *device)
{
    for (int mode = INTACT_IRQ_MODE_LEGACY; mode < MODES; mode++) {
        struct device_mode *m = &device->modes[mode];
        if (m->group)
            intact_irq_manager_destroy_group(device->manager, m->group);
        free(m->staged);
        free(m->masked);
        free(m->written);
    }
    free(device);
}

// --- Mode ------------------------------------------------------------------------------------------------------------

int intact_irq_device_set_mode(struct intact_irq_device *device, enum intact_irq_mode mode)
{
    if (mode == device->mode)
        return INTACT_IRQ_OK;
    if ((unsigned)mode >= MODES || device->enabled)
        return INTACT_IRQ_INVALID;
    if (is_msi(device->mode) && is_msi(mode))
        return INTACT_IRQ_INVALID;
    if (mode != INTACT_IRQ_MODE_DISABLED && !device->modes[mode].group)
        return INTACT_IRQ_INVALID;
    device->mode = mode;
    return INTACT_IRQ_OK;
}

enum intact_irq_mode intact_irq_device_mode(const struct intact_irq_device *device)
{
    return device->mode;
}

// A source that was not written counts as never configured, even if its group was configured by an earlier driver.
static int stage(const struct device_mode *m, uint32_t index)
{
    if (m->written[index])
        return intact_irq_group_update(m->group, index, &m->staged[index], m->masked[index], false);
    group_stage_unconfigured(m->group, index, m->masked[index]);
    return INTACT_IRQ_OK;
}

static int stage_all(const struct device_mode *m)
{
    int result = INTACT_IRQ_OK;
    for (uint32_t i = 0; i < intact_irq_group_length(m->group) && !result; i++)
        result = stage(m, i);
    return result;
}

int intact_irq_device_enable(struct intact_irq_device *device)
{
    enum intact_irq_mode mode = device->mode ? device->mode : INTACT_IRQ_MODE_LEGACY;
    const struct device_mode *m = &device->modes[mode];
    if (device->enabled)
        return INTACT_IRQ_OK;
    if (!m->group)
        return INTACT_IRQ_INVALID;
    int result = stage_all(m);
    if (!result)
        result = intact_irq_group_enable(m->group, NULL);
    if (result) {
        intact_irq_group_forget(m->group);
        return result;
    }
    device->mode = mode;
    device->enabled = true;
    return INTACT_IRQ_OK;
}

int intact_irq_device_disable(struct intact_irq_device *device)
{
    int result = device->enabled ? intact_irq_group_disable(current(device)->group) : INTACT_IRQ_OK;
    if (!result)
        device->enabled = false;
    return result;
}

void intact_irq_device_restore(struct intact_irq_device *device, enum intact_irq_mode mode, bool enabled)
{
    if ((unsigned)mode >= MODES || (mode != INTACT_IRQ_MODE_DISABLED && !device->modes[mode].group))
        mode = INTACT_IRQ_MODE_DISABLED;
    device->mode = mode;
    device->enabled = enabled && mode != INTACT_IRQ_MODE_DISABLED;
}

bool intact_irq_device_enabled(const struct intact_irq_device *device)
{
    return device->enabled;
}

static int clear_pending(const struct intact_irq_device *device)
{
    int result = INTACT_IRQ_OK;
    for (int mode = INTACT_IRQ_MODE_LEGACY; mode < MODES; mode++) {
        struct intact_irq_group *group = device->modes[mode].group;
        for (uint32_t i = 0; group && i < intact_irq_group_length(group) && !result; i++)
            result = intact_irq_group_clear_pending(group, i);
    }
    return result;
}

int intact_irq_device_reset(struct intact_irq_device *device)
{
    int result = intact_irq_device_disable(device);
    if (!result)
        result = clear_pending(device);
    if (result)
        return result;
    device->mode = INTACT_IRQ_MODE_DISABLED;
    clear_staged(device);
    return INTACT_IRQ_OK;
}

// --- Messages --------------------------------------------------------------------------------------------------------

static int check_source(struct intact_irq_device *device, uint32_t index)
{
    if (!is_msi(device->mode))
        return INTACT_IRQ_INVALID;
    return index < intact_irq_group_length(current(device)->group) ? INTACT_IRQ_OK : INTACT_IRQ_BAD_INDEX;
}

int intact_irq_device_set_address_low(struct intact_irq_device *device, uint32_t index, uint32_t address)
{
    int result = check_source(device, index);
    if (result)
        return result;
    current(device)->staged[index].address_low = address;
    current(device)->written[index] = true;
    return INTACT_IRQ_OK;
}

int intact_irq_device_set_address_high(struct intact_irq_device *device, uint32_t index, uint32_t address)
{
    int result = check_source(device, index);
    if (result)
        return result;
    current(device)->staged[index].address_high = address;
    current(device)->written[index] = true;
    return INTACT_IRQ_OK;
}

int intact_irq_device_set_data(struct intact_irq_device *device, uint32_t index, uint32_t data)
{
    int result = check_source(device, index);
    if (!result)
        current(device)->staged[index].data = data;
    return result;
}

int intact_irq_device_set_masked(struct intact_irq_device *device, uint32_t index, bool masked)
{
    int result = check_source(device, index);
    if (!result)
        current(device)->masked[index] = masked;
    return result;
}

void intact_irq_device_set_requester(struct intact_irq_device *device, uint32_t requester)
{
    device->requester = requester;
    for (int mode = INTACT_IRQ_MODE_LEGACY; mode < MODES; mode++) {
        struct device_mode *m = &device->modes[mode];
        for (uint32_t i = 0; m->group && i < intact_irq_group_length(m->group); i++)
            m->staged[i].device = requester;
    }
}

int intact_irq_device_update(struct intact_irq_device *device, uint32_t index)
{
    if (!device->enabled || check_source(device, index))
        return INTACT_IRQ_INVALID;
    const struct device_mode *m = current(device);
    if (m->written[index])
        return intact_irq_group_update(m->group, index, &m->staged[index], m->masked[index], true);
    return m->masked[index] ? intact_irq_group_mask(m->group, index) : INTACT_IRQ_INVALID;
}

struct intact_irq_group *intact_irq_device_group(struct intact_irq_device *device)
{
    return device->enabled ? current(device)->group : NULL;
}
