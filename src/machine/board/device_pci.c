// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// `-device edu` and `-device pci-testdev`.
#include <errno.h>
#include <stdlib.h>

#include "base/bits.h"
#include "devices/edu.h"
#include "devices/pci_testdev.h"
#include "machine/board/board.h"
#include "machine/board/device_drivers.h"

// --- edu -------------------------------------------------------------------------------------------------------------

static void edu_ops_reset(void *object, uint64_t now)
{
    edu_reset(object, now);
}

static void edu_ops_visit(void *object, struct visit *v)
{
    edu_visit(object, v);
}

static void edu_ops_destroy(void *object)
{
    edu_destroy(object);
    free(object);
}

static bool edu_ops_why(void *object, struct device_part *part, struct why *why)
{
    return device_pci_why(&((struct edu *)object)->pci, part, why);
}

static bool edu_ops_part(void *object, unsigned index, char *name, size_t size)
{
    return device_pci_part(&((struct edu *)object)->pci, index, name, size);
}

static int create_edu(struct board *board, const struct intact_device_config *config, struct board_device *device)
{
    static const struct board_device_ops ops = { edu_ops_reset, edu_ops_visit, edu_ops_destroy,
                                                 NULL,          edu_ops_why,   edu_ops_part };
    uint64_t mask = EDU_DMA_MASK;
    uint8_t devfn;
    int result = device_number(board, config, "dma_mask", 0, UINT64_MAX, &mask);
    if (result == 0)
        result = device_pci_place(board, config, &devfn);
    if (result < 0)
        return result;
    struct edu *edu = calloc(1, sizeof *edu);
    if (!edu)
        return device_failed(board, config, -ENOMEM);
    *device = (struct board_device){ device->driver, edu, &ops, device->name };
    result = edu_init(edu, &board->clock, mask, &board->pci.bus, devfn);
    if (result == 0)
        result = pci_irq_set_name(&edu->pci, device->name);
    result = result == 0 ? device_pci_rom(board, config, &edu->pci) : device_failed(board, config, result);
    if (result < 0)
        edu_ops_destroy(edu);
    return result;
}

static const struct device_property edu_properties[] = {
    { "dma_mask", "a number, 0xfffffff by default: the address bits that its DMA has" },
    DEVICE_PCI_PROPERTIES,
    { NULL, NULL },
};

const struct device_driver device_edu = {
    .name = "edu",
    .about = "PCI, for learning: factorials, DMA, INTx and MSI",
    .properties = edu_properties,
    .create = create_edu,
};

// --- pci-testdev -----------------------------------------------------------------------------------------------------

static void testdev_ops_reset(void *object, uint64_t now)
{
    pci_testdev_reset(object, now);
}

static void testdev_ops_visit(void *object, struct visit *v)
{
    pci_testdev_visit(object, v);
}

static void testdev_ops_destroy(void *object)
{
    pci_testdev_destroy(object);
    free(object);
}

static int check_membar(struct board *board, const struct intact_device_config *config, uint64_t *membar)
{
    int result = device_size(board, config, "membar", membar);
    if (result == 0 && *membar && (!is_power_of_two(*membar) || *membar < 16))
        return error_set(&board->error, -EINVAL, "-device %s: membar is a power of two from 16 on", config->driver);
    return result;
}

static int create_testdev(struct board *board, const struct intact_device_config *config, struct board_device *device)
{
    static const struct board_device_ops ops = {
        testdev_ops_reset, testdev_ops_visit, testdev_ops_destroy, NULL, NULL, NULL
    };
    uint64_t membar = 0;
    uint8_t devfn;
    int result = check_membar(board, config, &membar);
    if (result == 0)
        result = device_pci_place(board, config, &devfn);
    if (result < 0)
        return result;
    struct pci_testdev *testdev = calloc(1, sizeof *testdev);
    if (!testdev)
        return device_failed(board, config, -ENOMEM);
    *device = (struct board_device){ device->driver, testdev, &ops, device->name };
    result = pci_testdev_init(testdev, membar, &board->pci.bus, devfn);
    result = result == 0 ? device_pci_rom(board, config, &testdev->pci) : device_failed(board, config, result);
    if (result < 0)
        testdev_ops_destroy(testdev);
    return result;
}

static const struct device_property testdev_properties[] = {
    { "membar", "a size, 0 by default: how large its BAR 2 is, which holds nothing" },
    DEVICE_PCI_PROPERTIES,
    { NULL, NULL },
};

const struct device_driver device_pci_testdev = {
    .name = "pci-testdev",
    .about = "PCI, for tests: counts writes of each width, in memory and at ports",
    .properties = testdev_properties,
    .create = create_testdev,
};
