// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The public API of a PCI function, <intact/pci.h>: a struct pci_function as a device in the board's list.
#include <intact/pci.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/sized.h"
#include "devices/pci/pci.h"
#include "machine/board/board.h"
#include "machine/machine.h"

struct own_bar {
    struct intact_pci_device *device;
    unsigned index;
};

struct intact_pci_device {
    struct pci_function pci;
    struct intact_pci_config config;
    struct board *board;
    struct own_bar bars[INTACT_PCI_BARS];
    struct msix_entry *table;
    struct event alarm;
    enum intact_irq_mode mode; // as last reported to the program
    unsigned vectors;
};

_Static_assert((int)INTACT_PCI_NO_BAR == (int)PCI_BAR_NONE && (int)INTACT_PCI_IO == (int)PCI_BAR_IO &&
                   (int)INTACT_PCI_MEMORY == (int)PCI_BAR_MEMORY && (int)INTACT_PCI_MEMORY64 == (int)PCI_BAR_MEMORY64 &&
                   (int)INTACT_PCI_MEMORY64_PREFETCHABLE == (int)PCI_BAR_MEMORY64_PREFETCHABLE,
               "the public kinds of BARs are devices/pci/pci.h's");

// --- As a device of the board ----------------------------------------------------------------------------------------

static uint64_t bar_read(void *owner, uint64_t offset, unsigned size, uint64_t now)
{
    const struct own_bar *bar = owner;
    (void)now;
    return bar->device->config.read(bar->device->config.owner, bar->index, offset, size);
}

static void bar_write(void *owner, uint64_t offset, unsigned size, uint64_t value, uint64_t now)
{
    const struct own_bar *bar = owner;
    (void)now;
    bar->device->config.write(bar->device->config.owner, bar->index, offset, size, value);
}

static void fire(void *owner, uint64_t now)
{
    struct intact_pci_device *device = owner;
    if (device->config.alarm)
        device->config.alarm(device->config.owner, now);
}

static void ops_reset(void *object, uint64_t now)
{
    struct intact_pci_device *device = object;
    clock_arm(&device->board->clock, &device->alarm, CLOCK_NEVER);
    pci_function_reset(&device->pci, now);
    if (device->config.reset)
        device->config.reset(device->config.owner);
    else if (device->config.state)
        memset(device->config.state, 0, device->config.state_size);
}

static void ops_visit(void *object, struct visit *v)
{
    struct intact_pci_device *device = object;
    uint8_t *state = device->config.state;
    pci_function_visit(&device->pci, v);
    if (state)
        VISIT_MEMORY(v, state, device->config.state_size);
    event_visit(&device->alarm, v);
}

static void mode_changed(void *owner)
{
    struct intact_pci_device *device = owner;
    enum intact_irq_mode mode = pci_irq_mode(&device->pci);
    unsigned vectors = pci_irq_vectors(&device->pci);
    if (mode == device->mode && vectors == device->vectors)
        return;
    device->mode = mode;
    device->vectors = vectors;
    if (device->config.interrupts)
        device->config.interrupts(device->config.owner, vectors);
}

static void ops_loaded(void *object)
{
    mode_changed(object);
}

static void ops_destroy(void *object)
{
    struct intact_pci_device *device = object;
    pci_function_destroy(&device->pci);
    free(device->table);
    free(device);
}

// --- Making ----------------------------------------------------------------------------------------------------------

static const struct intact_pci_config default_config = { .size = sizeof default_config, .class_code = 0xff0000 };

void intact_pci_config_defaults(struct intact_pci_config *config, size_t size)
{
    sized_give(config, size, &default_config, sizeof default_config);
}

static int refuse(struct intact_pci_device *device, int code, const char *text)
{
    return error_set(&device->board->error, code, "PCI device '%.80s': %s", device->config.name, text);
}

static int choose_slot(struct intact_pci_device *device, unsigned *slot)
{
    *slot = device->config.slot ? device->config.slot : pci_bus_free_slot(&device->board->pci.bus);
    if (device->config.slot >= PCI_SLOTS)
        return refuse(device, -EINVAL, "slot is 1 to 31");
    return *slot == PCI_SLOTS ? refuse(device, -ENOSPC, "the bus has no slot left") : 0;
}

static int add_bars(struct intact_pci_device *device)
{
    const struct intact_pci_config *config = &device->config;
    for (unsigned i = 0; i < INTACT_PCI_BARS; i++) {
        const struct intact_pci_bar *bar = &config->bars[i];
        device->bars[i] = (struct own_bar){ device, i };
        if (bar->kind == INTACT_PCI_NO_BAR)
            continue;
        if (!config->read || !config->write)
            return refuse(device, -EINVAL, "it has BARs, and so needs read and write");
        if (pci_bar_add(&device->pci, i, (enum pci_bar_kind)bar->kind, bar->size, bar_read, bar_write, &device->bars[i],
                        config->name) < 0)
            return refuse(device, -EINVAL, "a BAR has no such size, or overlaps the upper half of another");
    }
    return 0;
}

static int add_interrupts(struct intact_pci_device *device)
{
    const struct intact_pci_config *config = &device->config;
    if (config->pin > PCI_PINS)
        return refuse(device, -EINVAL, "pin is 1 to 4, or 0");
    if (config->msi_vectors > MSI_VECTORS || (config->msi_vectors & (config->msi_vectors - 1)))
        return refuse(device, -EINVAL, "msi_vectors is 1, 2, 4, 8, 16 or 32, or 0");
    if (config->msix_vectors > MSIX_VECTORS)
        return refuse(device, -EINVAL, "msix_vectors is 1 to 2048, or 0");
    device->table = calloc(config->msix_vectors + 1, sizeof *device->table);
    if (!device->table)
        return refuse(device, -ENOMEM, "the host has no memory left");
    const struct pci_irq_config irq = { .pin = config->pin,
                                        .msi_vectors = config->msi_vectors,
                                        .msi_maskable = true,
                                        .msix_vectors = config->msix_vectors,
                                        .msix_table = device->table,
                                        .msix_bar = config->msix_bar };
    int result = pci_irq_init(&device->pci, &irq);
    if (result == INTACT_IRQ_OK)
        result = pci_irq_set_name(&device->pci, config->name);
    device->pci.irq.mode_changed = mode_changed;
    device->pci.irq.owner = device;
    device->mode = pci_irq_mode(&device->pci);
    if (result == INTACT_IRQ_INVALID)
        return refuse(device, -EINVAL, "msix_bar is no BAR that is free");
    return result ? refuse(device, -ENOMEM, intact_strerror(result)) : 0;
}

static int build(struct intact_pci_device *device)
{
    const struct intact_pci_config *config = &device->config;
    unsigned slot;
    pci_function_init(&device->pci, config->vendor, config->device, config->class_code, config->revision);
    pci_function_subsystem(&device->pci, config->subsystem_vendor, config->subsystem);
    int result = choose_slot(device, &slot);
    if (result == 0 && pci_bus_add(&device->board->pci.bus, PCI_DEVFN(slot, 0), &device->pci) < 0)
        result = refuse(device, -EEXIST, "its slot is taken");
    if (result == 0)
        result = add_bars(device);
    return result < 0 ? result : add_interrupts(device);
}

static bool ops_why(void *object, struct device_part *part, struct why *why)
{
    return device_pci_why(&((struct intact_pci_device *)object)->pci, part, why);
}

static bool ops_part(void *object, unsigned index, char *name, size_t size)
{
    return device_pci_part(&((struct intact_pci_device *)object)->pci, index, name, size);
}

// The machine has placed its BARs already, as a firmware does: this is done again.
static int finish(struct intact_pci_device *device)
{
    static const struct board_device_ops ops = { ops_reset, ops_visit, ops_destroy, ops_loaded, ops_why, ops_part };
    struct board *board = device->board;
    int result = pci_place(&board->pci.bus, &board->pci_windows, board->clock.now, &board->error);
    if (result < 0)
        return result;
    result = device_list_add(&board->devices,
                             &(struct board_device){ device->config.name, device, &ops, device->config.name });
    if (result < 0)
        return result;
    clock_register(&board->clock, &device->alarm, "PCI device", fire, device); // the clock keeps it from here on
    board_mistakes_changed(board);
    return 0;
}

static int check(struct intact_pci_device *device, const struct intact_pci_config *given)
{
    device->config = default_config;
    if (!sized_take(&device->config, sizeof device->config, given)) {
        device->config.name = "?";
        return refuse(device, -EINVAL,
                      "the configuration was not prepared by intact_pci_config_init, or by that of a newer version");
    }
    return device->board->loop.instructions ? refuse(device, -EINVAL, "the machine has run; add it before") : 0;
}

int intact_pci_add(struct intact_machine *machine, const struct intact_pci_config *config,
                   struct intact_pci_device **device, char *why)
{
    struct board *board = machine_board(machine);
    struct intact_pci_device *made = calloc(1, sizeof *made);
    if (!made) {
        if (why)
            snprintf(why, INTACT_ERROR_SIZE, "the host has no memory left");
        return -ENOMEM;
    }
    made->board = board;
    int result = check(made, config);
    if (result == 0)
        result = build(made);
    if (result == 0)
        result = finish(made);
    if (result == 0) {
        *device = made;
        return 0;
    }
    if (why)
        snprintf(why, INTACT_ERROR_SIZE, "%s", board->error.text);
    ops_destroy(made);
    return result;
}

// --- Use -------------------------------------------------------------------------------------------------------------

int intact_pci_trigger(struct intact_pci_device *device, unsigned vector)
{
    return pci_irq_trigger(&device->pci, vector);
}

void intact_pci_set_level(struct intact_pci_device *device, bool level)
{
    pci_irq_set_level(&device->pci, level);
}

unsigned intact_pci_vectors(const struct intact_pci_device *device)
{
    return pci_irq_vectors(&device->pci);
}

struct intact_irq_group *intact_pci_group(const struct intact_pci_device *device)
{
    return pci_irq_group(&device->pci);
}

bool intact_pci_read_memory(struct intact_pci_device *device, uint64_t address, void *data, size_t size)
{
    return pci_read_memory(&device->pci, address, data, size);
}

bool intact_pci_write_memory(struct intact_pci_device *device, uint64_t address, const void *data, size_t size)
{
    return pci_write_memory(&device->pci, address, data, size);
}

uint64_t intact_pci_now(const struct intact_pci_device *device)
{
    const struct board *board = device->board;
    return board->loop.current ? vcpu_now(board->loop.current) : board->clock.now;
}

void intact_pci_set_alarm(struct intact_pci_device *device, uint64_t when)
{
    clock_arm(&device->board->clock, &device->alarm, when);
}
