// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// VIRTIO 1.2, 4.1.2 (identity), 4.1.4 (capabilities and structures), 4.1.5 (vectors, interrupts).
//
// With MSI-X a notification is a message of its event's vector; without, it sets a bit of ISR status and the INTx level
// follows that register, which reading clears (4.1.4.5). A change of the configuration sets its bit either way
// (4.1.4.5.1), for drivers with one vector for all events.
//
// Not modelled: the transitional interface, shared memory, notification data, administration queues.
//
// Path: virtio.c / pci_irq.c
#include "devices/virtio/virtio_pci.h"

#include <string.h>

#include "base/bits.h"

enum { CAP_VENDOR = 0x09, CAP_SIZE = 16, CAP_EXTRA = 4 };
enum { CAP_LEN = 2, CAP_TYPE = 3, CAP_BAR = 4, CAP_OFFSET = 8, CAP_LENGTH = 12, CAP_DATA = 16 };
enum { SUBSYSTEM = 0x1100, REVISION = 1 };

// struct virtio_pci_common_cfg, 4.1.4.3
enum {
    DEVICE_FEATURE_SELECT = 0,
    DEVICE_FEATURE = 4,
    DRIVER_FEATURE_SELECT = 8,
    DRIVER_FEATURE = 12,
    CONFIG_MSIX_VECTOR = 16,
    NUM_QUEUES = 18,
    DEVICE_STATUS = 20,
    CONFIG_GENERATION = 21,
    QUEUE_SELECT = 22,
    QUEUE_SIZE = 24,
    QUEUE_MSIX_VECTOR = 26,
    QUEUE_ENABLE = 28,
    QUEUE_NOTIFY_OFF = 30,
    QUEUE_DESC = 32,
    QUEUE_DRIVER = 40,
    QUEUE_DEVICE = 48,
    QUEUE_NOTIFY_DATA = 56,
    QUEUE_RESET = 58,
    COMMON_SIZE = 60,
};

// --- Queues and vectors ---------------------------------------------------------------------------------------------

// Drivers read queue_size of queues that do not exist (it is 0), so this is no mistake.
static struct virtqueue *selected(const struct virtio_pci *pci)
{
    return pci->queue_select < pci->virtio->queue_count ? &pci->virtio->queues[pci->queue_select] : NULL;
}

// 4.1.5.1.2.1: a vector that cannot be mapped reads back as no vector.
static uint16_t mapped(const struct virtio_pci *pci, uint64_t vector)
{
    return vector < pci->vectors ? (uint16_t)vector : INTACT_IRQ_NO_VECTOR;
}

static uint64_t *address_of(struct virtqueue *queue, unsigned offset)
{
    switch (offset & ~7u) {
    case QUEUE_DESC: return &queue->descriptors;
    case QUEUE_DRIVER: return &queue->available;
    default: return &queue->used;
    }
}

static void set_address(struct virtio_pci *pci, unsigned offset, unsigned size, uint64_t value)
{
    struct virtqueue *queue = virtio_queue_setup(pci->virtio, pci->queue_select);
    if (!queue)
        return;
    uint64_t *address = address_of(queue, offset);
    unsigned shift = 8 * (offset & 7);
    *address = bits_merge(*address, value << shift, bits_low(8 * size) << shift);
}

// 4.1.4.5.1: the interrupt status bit, and with it INTx, is the OR of ISR status while MSI-X is off.
static void follow_isr(void *owner)
{
    struct virtio_pci *pci = owner;
    bool by_line = pci_irq_mode(&pci->pci) != INTACT_IRQ_MODE_PCI_MSIX;
    pci_irq_set_level(&pci->pci, by_line && intact_irq_status_read(&pci->isr));
}

static void driver_reset(struct virtio_pci *pci)
{
    pci->config_vector = INTACT_IRQ_NO_VECTOR;
    for (unsigned i = 0; i < VIRTIO_QUEUES; i++)
        pci->queue_vectors[i] = INTACT_IRQ_NO_VECTOR;
    intact_irq_status_write(&pci->isr, 0);
    follow_isr(pci);
    virtio_reset(pci->virtio);
}

// --- Common configuration -------------------------------------------------------------------------------------------

// 4.1.3.1: each field in its own width, 64-bit ones in halves or whole.
static bool well_formed(unsigned offset, unsigned size)
{
    switch (offset) {
    case DEVICE_STATUS:
    case CONFIG_GENERATION: return size == 1;
    case DEVICE_FEATURE_SELECT:
    case DEVICE_FEATURE:
    case DRIVER_FEATURE_SELECT:
    case DRIVER_FEATURE: return size == 4;
    case QUEUE_DESC:
    case QUEUE_DRIVER:
    case QUEUE_DEVICE: return size == 4 || size == 8;
    case QUEUE_DESC + 4:
    case QUEUE_DRIVER + 4:
    case QUEUE_DEVICE + 4: return size == 4;
    default: return size == 2 && offset % 2 == 0 && offset < COMMON_SIZE;
    }
}

static uint64_t queue_read(const struct virtio_pci *pci, unsigned offset)
{
    struct virtqueue *queue = selected(pci);
    if (!queue)
        return offset == QUEUE_MSIX_VECTOR ? INTACT_IRQ_NO_VECTOR : 0;
    switch (offset) {
    case QUEUE_SIZE: return queue->size;
    case QUEUE_MSIX_VECTOR: return pci->queue_vectors[pci->queue_select];
    case QUEUE_ENABLE: return queue->ready;
    case QUEUE_NOTIFY_OFF:
    case QUEUE_NOTIFY_DATA: return pci->queue_select;
    case QUEUE_RESET: return 0; // a reset is complete at once
    default: return *address_of(queue, offset) >> (8 * (offset & 7));
    }
}

static uint64_t common_read(const struct virtio_pci *pci, unsigned offset)
{
    switch (offset) {
    case DEVICE_FEATURE_SELECT: return pci->device_feature_select;
    case DEVICE_FEATURE: return virtio_get_features(pci->virtio, pci->device_feature_select, true);
    case DRIVER_FEATURE_SELECT: return pci->driver_feature_select;
    case DRIVER_FEATURE: return virtio_get_features(pci->virtio, pci->driver_feature_select, false);
    case CONFIG_MSIX_VECTOR: return pci->config_vector;
    case NUM_QUEUES: return pci->virtio->queue_count;
    case DEVICE_STATUS: return pci->virtio->status;
    case CONFIG_GENERATION: return pci->virtio->generation & 0xff;
    case QUEUE_SELECT: return pci->queue_select;
    default: return queue_read(pci, offset);
    }
}

static void queue_write(struct virtio_pci *pci, unsigned offset, unsigned size, uint64_t value)
{
    switch (offset) {
    case QUEUE_SIZE: virtio_queue_set_size(pci->virtio, pci->queue_select, (uint32_t)value); break;
    case QUEUE_MSIX_VECTOR:
        if (virtio_queue(pci->virtio, pci->queue_select))
            pci->queue_vectors[pci->queue_select] = mapped(pci, value);
        break;
    case QUEUE_ENABLE: // 4.1.4.3.2: a 0 is never written
        if (value == 1)
            virtio_queue_enable(pci->virtio, pci->queue_select);
        else
            virtio_mistake(pci->virtio, VIRTIO_BAD_ACCESS);
        break;
    case QUEUE_RESET:
        if (value == 1 && virtio_queue_reset(pci->virtio, pci->queue_select))
            pci->queue_vectors[pci->queue_select] = INTACT_IRQ_NO_VECTOR;
        break;
    case QUEUE_NOTIFY_OFF:
    case QUEUE_NOTIFY_DATA: virtio_mistake(pci->virtio, VIRTIO_BAD_ACCESS); break;
    default: set_address(pci, offset, size, value); break;
    }
}

static void common_write(struct virtio_pci *pci, unsigned offset, unsigned size, uint64_t value, uint64_t now)
{
    switch (offset) {
    case DEVICE_FEATURE_SELECT: pci->device_feature_select = (uint32_t)value; break;
    case DRIVER_FEATURE_SELECT: pci->driver_feature_select = (uint32_t)value; break;
    case DRIVER_FEATURE: virtio_set_features(pci->virtio, pci->driver_feature_select, (uint32_t)value); break;
    case CONFIG_MSIX_VECTOR: pci->config_vector = mapped(pci, value); break;
    case DEVICE_STATUS:
        if (value == 0)
            driver_reset(pci);
        else
            virtio_set_status(pci->virtio, (uint8_t)value, now);
        break;
    case QUEUE_SELECT: pci->queue_select = (uint16_t)value; break;
    case DEVICE_FEATURE:
    case NUM_QUEUES:
    case CONFIG_GENERATION: virtio_mistake(pci->virtio, VIRTIO_BAD_ACCESS); break;
    default: queue_write(pci, offset, size, value); break;
    }
}

// --- BAR 4 ----------------------------------------------------------------------------------------------------------

static uint64_t read_isr(struct virtio_pci *pci)
{
    uint32_t bits = intact_irq_status_read_and_clear(&pci->isr);
    follow_isr(pci);
    return bits;
}

static uint64_t read_bar(void *owner, uint64_t offset, unsigned size, uint64_t now)
{
    struct virtio_pci *pci = owner;
    (void)now;
    if (offset >= VIRTIO_PCI_CONFIG && offset < VIRTIO_PCI_NOTIFY)
        return virtio_config_read(pci->virtio, (unsigned)offset - VIRTIO_PCI_CONFIG, size);
    if (offset == VIRTIO_PCI_ISR)
        return read_isr(pci);
    if (offset < COMMON_SIZE && well_formed((unsigned)offset, size))
        return common_read(pci, (unsigned)offset) & bits_low(8 * size);
    virtio_mistake(pci->virtio, VIRTIO_BAD_ACCESS);
    return 0;
}

// 4.1.5.2: the value written selects the queue; the address only has to be that of any queue.
static void write_bar(void *owner, uint64_t offset, unsigned size, uint64_t value, uint64_t now)
{
    struct virtio_pci *pci = owner;
    if (offset >= VIRTIO_PCI_NOTIFY && offset < VIRTIO_PCI_NOTIFY + VIRTIO_PCI_MULTIPLIER * pci->virtio->queue_count)
        virtio_notified(pci->virtio, value & 0xffff, now);
    else if (offset >= VIRTIO_PCI_CONFIG && offset < VIRTIO_PCI_NOTIFY)
        virtio_config_write(pci->virtio, (unsigned)offset - VIRTIO_PCI_CONFIG, size, value);
    else if (offset < COMMON_SIZE && well_formed((unsigned)offset, size))
        common_write(pci, (unsigned)offset, size, value, now);
    else
        virtio_mistake(pci->virtio, VIRTIO_BAD_ACCESS);
}

// --- Access through configuration space, 4.1.4.9 --------------------------------------------------------------------

// The place in BAR 4 that it selects; false: none, or not with this size.
static bool window(const struct virtio_pci *pci, unsigned *size, uint32_t *offset)
{
    *offset = pci_function_get(&pci->pci, pci->access + CAP_OFFSET, 4);
    *size = pci_function_get(&pci->pci, pci->access + CAP_LENGTH, 4);
    bool sized = *size == 1 || *size == 2 || *size == 4;
    return sized && *offset % *size == 0 && *offset < VIRTIO_PCI_SIZE &&
           pci_function_get(&pci->pci, pci->access + CAP_BAR, 1) == VIRTIO_PCI_BAR;
}

static uint32_t read_data(void *owner, unsigned at, unsigned size, uint64_t now)
{
    struct virtio_pci *pci = owner;
    unsigned length;
    uint32_t offset;
    if (at == 0 && window(pci, &length, &offset) && size >= length)
        return (uint32_t)read_bar(pci, offset, length, now);
    virtio_mistake(pci->virtio, VIRTIO_BAD_ACCESS);
    return 0;
}

static void write_data(void *owner, unsigned at, unsigned size, uint32_t value, uint64_t now)
{
    struct virtio_pci *pci = owner;
    unsigned length;
    uint32_t offset;
    if (at == 0 && window(pci, &length, &offset) && size >= length)
        write_bar(pci, offset, length, value & bits_low(8 * length), now);
    else
        virtio_mistake(pci->virtio, VIRTIO_BAD_ACCESS);
}

// --- Life -----------------------------------------------------------------------------------------------------------

static void notify(void *owner, unsigned queue)
{
    struct virtio_pci *pci = owner;
    uint16_t vector = queue == VIRTIO_CONFIG ? pci->config_vector : pci->queue_vectors[queue];
    bool by_vector = pci_irq_mode(&pci->pci) == INTACT_IRQ_MODE_PCI_MSIX;
    if (queue == VIRTIO_CONFIG)
        intact_irq_status_set(&pci->isr, INTACT_IRQ_CONFIG);
    else if (!by_vector)
        intact_irq_status_set(&pci->isr, INTACT_IRQ_USED_RING);
    if (!by_vector)
        follow_isr(pci);
    else if (vector != INTACT_IRQ_NO_VECTOR)
        pci_irq_trigger(&pci->pci, vector);
}

static bool dma_read(void *owner, uint64_t address, void *data, size_t size)
{
    return pci_read_memory(owner, address, data, size);
}

static bool dma_write(void *owner, uint64_t address, const void *data, size_t size)
{
    return pci_write_memory(owner, address, data, size);
}

static unsigned add_capability(struct virtio_pci *pci, enum virtio_pci_capability type, unsigned extra, uint32_t offset,
                               uint32_t length)
{
    struct pci_function *function = &pci->pci;
    unsigned at = pci_add_capability(function, CAP_VENDOR, CAP_SIZE + extra);
    pci_function_set(function, at + CAP_LEN, 1, CAP_SIZE + extra);
    pci_function_set(function, at + CAP_TYPE, 1, type);
    pci_function_set(function, at + CAP_BAR, 1, VIRTIO_PCI_BAR);
    pci_function_set(function, at + CAP_OFFSET, 4, offset);
    pci_function_set(function, at + CAP_LENGTH, 4, length);
    return at;
}

// The structure of the device's type exists even if it is empty, since some drivers require it.
static void add_capabilities(struct virtio_pci *pci)
{
    struct pci_function *function = &pci->pci;
    unsigned config_size = pci->virtio->config_size ? (unsigned)align_up(pci->virtio->config_size, 4) : 4;
    unsigned notify_size = VIRTIO_PCI_MULTIPLIER * pci->virtio->queue_count;
    add_capability(pci, VIRTIO_PCI_CAP_COMMON, 0, 0, COMMON_SIZE);
    add_capability(pci, VIRTIO_PCI_CAP_ISR, 0, VIRTIO_PCI_ISR, 1);
    add_capability(pci, VIRTIO_PCI_CAP_DEVICE, 0, VIRTIO_PCI_CONFIG, config_size);
    unsigned at = add_capability(pci, VIRTIO_PCI_CAP_NOTIFY, CAP_EXTRA, VIRTIO_PCI_NOTIFY, notify_size);
    pci_function_set(function, at + CAP_DATA, 4, VIRTIO_PCI_MULTIPLIER);
    at = add_capability(pci, VIRTIO_PCI_CAP_PCI, CAP_EXTRA, 0, 0);
    pci_function_set(function, at + CAP_BAR, 1, 0);
    pci_function_allow(function, at + CAP_BAR, 1, 0xff);
    pci_function_allow(function, at + CAP_OFFSET, 4, UINT32_MAX);
    pci_function_allow(function, at + CAP_LENGTH, 4, UINT32_MAX);
    pci->access = (uint8_t)at;
    pci_hook_capability(function, &(struct pci_capability){ .offset = (uint8_t)(at + CAP_DATA),
                                                            .size = CAP_EXTRA,
                                                            .read = read_data,
                                                            .write = write_data,
                                                            .owner = pci });
}

static int build(struct virtio_pci *pci, struct pci_bus *bus, uint8_t devfn)
{
    struct pci_function *function = &pci->pci;
    const struct pci_irq_config irq = {
        .pin = 1, .msix_vectors = pci->vectors, .msix_table = pci->table, .msix_bar = VIRTIO_PCI_MSIX_BAR
    };
    int result = pci_bus_add(bus, devfn, function);
    if (result == 0)
        result = pci_bar_add(function, VIRTIO_PCI_BAR, PCI_BAR_MEMORY64_PREFETCHABLE, VIRTIO_PCI_SIZE, read_bar,
                             write_bar, pci, pci->virtio->type->name);
    if (result == 0)
        result = pci_irq_init(function, &irq);
    if (result == 0)
        add_capabilities(pci);
    return result;
}

int virtio_pci_init(struct virtio_pci *pci, struct virtio *virtio, uint32_t class_code, unsigned vectors,
                    struct pci_bus *bus, uint8_t devfn)
{
    memset(pci, 0, sizeof *pci);
    pci->virtio = virtio;
    pci->vectors = vectors;
    pci_function_init(&pci->pci, VIRTIO_PCI_VENDOR, (uint16_t)(VIRTIO_PCI_DEVICE + virtio->type->id), class_code,
                      REVISION);
    pci_function_subsystem(&pci->pci, VIRTIO_PCI_VENDOR, SUBSYSTEM);
    virtio_connect(virtio, &(struct virtio_transport){
                               .notify = notify, .owner = pci, .dma = { dma_read, dma_write, &pci->pci } });
    int result = build(pci, bus, devfn);
    pci->pci.irq.mode_changed = follow_isr;
    pci->pci.irq.owner = pci;
    if (result == 0)
        driver_reset(pci);
    return result;
}

void virtio_pci_destroy(struct virtio_pci *pci)
{
    pci_function_destroy(&pci->pci);
}

void virtio_pci_reset(struct virtio_pci *pci, uint64_t now)
{
    pci->device_feature_select = pci->driver_feature_select = 0;
    pci->queue_select = 0;
    driver_reset(pci);
    pci_function_reset(&pci->pci, now);
}

static bool is_vector(const struct virtio_pci *pci, uint16_t vector)
{
    return vector < pci->vectors || vector == INTACT_IRQ_NO_VECTOR;
}

void virtio_pci_visit(struct virtio_pci *pci, struct visit *v)
{
    pci_function_visit(&pci->pci, v);
    VISIT(v, pci->isr.bits);
    VISIT(v, pci->device_feature_select);
    VISIT(v, pci->driver_feature_select);
    VISIT(v, pci->queue_select);
    VISIT_VALID(v, pci->config_vector, is_vector(pci, pci->config_vector));
    VISIT_ARRAY(v, pci->queue_vectors);
    for (unsigned i = 0; v->below && i < countof(pci->queue_vectors); i++)
        if (!is_vector(pci, pci->queue_vectors[i]))
            v->below(v, "queue_vectors", pci->queue_vectors[i], 0);
}
