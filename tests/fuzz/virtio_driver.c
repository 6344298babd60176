// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// A virtio driver that keeps the rules: which must work with any device after a reset.
#include "virtio_driver.h"

#include <string.h>

#include "base/bits.h"
#include "machine/tables/bytes.h"

// 4.1.4.3
enum {
    COMMON_DRIVER_SELECT = 8,
    COMMON_DRIVER_FEATURE = 12,
    COMMON_DEVICE_SELECT = 0,
    COMMON_DEVICE_FEATURE = 4,
    COMMON_STATUS = 20,
    COMMON_QUEUE = 22,
    COMMON_SIZE = 24,
    COMMON_VECTOR = 26,
    COMMON_ENABLE = 28,
    COMMON_DESC = 32,
};

// 4.2.2, 4.2.4
enum {
    MMIO_DEVICE_FEATURES = 0x010,
    MMIO_DEVICE_SELECT = 0x014,
    MMIO_DRIVER_FEATURES = 0x020,
    MMIO_DRIVER_SELECT = 0x024,
    MMIO_PAGE_SIZE = 0x028,
    MMIO_QUEUE = 0x030,
    MMIO_SIZE = 0x038,
    MMIO_ALIGN = 0x03c,
    MMIO_PFN = 0x040,
    MMIO_READY = 0x044,
    MMIO_NOTIFY = 0x050,
    MMIO_INTERRUPT = 0x060,
    MMIO_ACK = 0x064,
    MMIO_STATUS = 0x070,
    MMIO_DESC = 0x080,
};

enum { RINGS = 0x100000, PAGE = 4096, MSIX_ENABLE = 0x8000, MSIX_MASK = 0x4000, NO_VECTOR = 0xffff };

struct virtio_driver virtio_driver(struct bus_case *bus, struct fuzz *fuzz, unsigned index)
{
    return (struct virtio_driver){ bus, fuzz, virtio_rig_target(&bus->rig, index), index };
}

static bool is_legacy(const struct virtio_driver *driver)
{
    return driver->target->mmio && driver->target->mmio->legacy;
}

// --- Registers -------------------------------------------------------------------------------------------------------

static uint64_t base(const struct virtio_driver *driver)
{
    const struct virtio_target *target = driver->target;
    return target->pci ? pci_bar_address(&target->pci->pci, VIRTIO_PCI_BAR) : target->base;
}

uint64_t virtio_driver_read(const struct virtio_driver *driver, uint64_t offset, unsigned size)
{
    return bus_do_read(driver->bus, driver->fuzz, base(driver) + offset, size);
}

void virtio_driver_write(const struct virtio_driver *driver, uint64_t offset, unsigned size, uint64_t value)
{
    for (unsigned i = 0; i < VIRTIO_TARGETS; i++) {
        struct virtio_target *target = virtio_rig_target(&driver->bus->rig, i);
        target->reads = target->writes = target->bytes = 0;
    }
    bus_do_write(driver->bus, driver->fuzz, base(driver) + offset, size, value);
}

uint8_t virtio_driver_status(const struct virtio_driver *driver)
{
    bool pci = driver->target->pci;
    return (uint8_t)virtio_driver_read(driver, pci ? COMMON_STATUS : MMIO_STATUS, pci ? 1 : 4);
}

void virtio_driver_set_status(const struct virtio_driver *driver, uint8_t status)
{
    bool pci = driver->target->pci;
    virtio_driver_write(driver, pci ? COMMON_STATUS : MMIO_STATUS, pci ? 1 : 4, status);
}

uint64_t virtio_driver_features(const struct virtio_driver *driver, uint64_t refused)
{
    bool pci = driver->target->pci;
    uint64_t taken = 0;
    for (unsigned i = 0; i < 2; i++) {
        virtio_driver_write(driver, pci ? COMMON_DEVICE_SELECT : MMIO_DEVICE_SELECT, 4, i);
        uint64_t half = virtio_driver_read(driver, pci ? COMMON_DEVICE_FEATURE : MMIO_DEVICE_FEATURES, 4);
        half &= ~(refused >> 32 * i);
        virtio_driver_write(driver, pci ? COMMON_DRIVER_SELECT : MMIO_DRIVER_SELECT, 4, i);
        virtio_driver_write(driver, pci ? COMMON_DRIVER_FEATURE : MMIO_DRIVER_FEATURES, 4, half);
        taken |= half << 32 * i;
    }
    return taken;
}

static void set_addresses(const struct virtio_driver *driver, unsigned first, unsigned step, unsigned queue,
                          unsigned size)
{
    uint64_t ring = virtio_driver_ring(driver, queue), available = ring + UINT64_C(16) * size;
    const uint64_t parts[] = { ring, available, align_up(available + 6 + UINT64_C(2) * size, PAGE) };
    for (unsigned i = 0; i < 3; i++) {
        virtio_driver_write(driver, first + step * i, 4, (uint32_t)parts[i]);
        virtio_driver_write(driver, first + step * i + 4, 4, parts[i] >> 32);
    }
}

void virtio_driver_queue(const struct virtio_driver *driver, unsigned queue, unsigned size)
{
    uint64_t used = align_up(UINT64_C(16) * size + 6 + UINT64_C(2) * size, PAGE), bytes = used + 6 + UINT64_C(8) * size;
    bytes = bytes < DRIVER_BUFFERS ? bytes : DRIVER_BUFFERS;
    memset(virtio_driver_ram(driver, virtio_driver_ring(driver, queue), bytes), 0, bytes);
    if (driver->target->pci) {
        virtio_driver_write(driver, COMMON_QUEUE, 2, queue);
        virtio_driver_write(driver, COMMON_SIZE, 2, size);
        set_addresses(driver, COMMON_DESC, 8, queue, size);
        virtio_driver_write(driver, COMMON_VECTOR, 2, queue % (driver->target->pci->vectors + 1));
        virtio_driver_write(driver, COMMON_ENABLE, 2, 1);
        return;
    }
    virtio_driver_write(driver, MMIO_QUEUE, 4, queue);
    virtio_driver_write(driver, MMIO_SIZE, 4, size);
    if (is_legacy(driver)) {
        virtio_driver_write(driver, MMIO_ALIGN, 4, PAGE);
        virtio_driver_write(driver, MMIO_PFN, 4, virtio_driver_ring(driver, queue) / PAGE);
        return;
    }
    set_addresses(driver, MMIO_DESC, 16, queue, size);
    virtio_driver_write(driver, MMIO_READY, 4, 1);
}

void virtio_driver_notify(const struct virtio_driver *driver, unsigned queue)
{
    if (driver->target->pci)
        virtio_driver_write(driver, VIRTIO_PCI_NOTIFY + VIRTIO_PCI_MULTIPLIER * queue, 2, queue);
    else
        virtio_driver_write(driver, MMIO_NOTIFY, 4, queue);
}

// --- Interrupts ------------------------------------------------------------------------------------------------------

static void set_msix(const struct virtio_driver *driver, uint16_t control)
{
    struct pci_function *function = &driver->target->pci->pci;
    if (function->irq.config.msix_vectors)
        pci_bus_write(function->bus, function->devfn, function->irq.msix_at + 2u, 2, control,
                      driver->bus->rig.clock->now);
}

static bool vector_pending(const struct virtio_driver *driver, unsigned vector)
{
    const struct pci_function *function = &driver->target->pci->pci;
    const struct pci_bar *bar = &function->bars[VIRTIO_PCI_MSIX_BAR];
    uint64_t pba = bar->region.base + bar->region.size / 2;
    return bus_do_read(driver->bus, driver->fuzz, pba, 8) >> vector & 1;
}

bool virtio_driver_told(const struct virtio_driver *driver, unsigned queue)
{
    const struct virtio_pci *pci = driver->target->pci;
    if (!pci) {
        uint64_t status = virtio_driver_read(driver, MMIO_INTERRUPT, 4);
        virtio_driver_write(driver, MMIO_ACK, 4, status);
        return status & INTACT_IRQ_USED_RING;
    }
    if (pci_irq_mode(&pci->pci) != INTACT_IRQ_MODE_PCI_MSIX)
        return virtio_driver_read(driver, VIRTIO_PCI_ISR, 1) & INTACT_IRQ_USED_RING;
    uint16_t vector = pci->queue_vectors[queue];
    bool told = vector == NO_VECTOR || vector_pending(driver, vector);
    set_msix(driver, 0); // what is pending goes
    set_msix(driver, MSIX_ENABLE | MSIX_MASK);
    return told;
}

void virtio_driver_start(const struct virtio_driver *driver, uint64_t refused, bool vectors)
{
    struct virtio *virtio = driver->target->virtio;
    virtio_driver_set_status(driver, 0);
    if (driver->target->pci) {
        set_msix(driver, 0);
        set_msix(driver, vectors ? MSIX_ENABLE | MSIX_MASK : 0);
    }
    virtio_driver_set_status(driver, VIRTIO_STATUS_ACKNOWLEDGE);
    virtio_driver_set_status(driver, VIRTIO_STATUS_ACKNOWLEDGE | VIRTIO_STATUS_DRIVER);
    virtio_driver_features(driver, refused);
    uint8_t status = VIRTIO_STATUS_ACKNOWLEDGE | VIRTIO_STATUS_DRIVER;
    if (is_legacy(driver)) {
        virtio_driver_write(driver, MMIO_PAGE_SIZE, 4, PAGE);
    } else {
        status |= VIRTIO_STATUS_FEATURES_OK;
        virtio_driver_set_status(driver, status);
    }
    for (unsigned i = 0; i < virtio->queue_count; i++) {
        unsigned most = virtio->queues[i].size_max < 256 ? virtio->queues[i].size_max : 256;
        unsigned size = 4u << fuzz_below(driver->fuzz, 7);
        virtio_driver_queue(driver, i, size < most ? size : most);
    }
    virtio_driver_set_status(driver, status | VIRTIO_STATUS_DRIVER_OK);
}

// --- Rings -----------------------------------------------------------------------------------------------------------

uint8_t *virtio_driver_ram(const struct virtio_driver *driver, uint64_t address, uint64_t size)
{
    uint64_t offset = address - virtio_rig_ram(&driver->bus->config);
    return offset < RIG_RAM && size <= RIG_RAM - offset ? driver->bus->rig.ram + offset : NULL;
}

uint64_t virtio_driver_ring(const struct virtio_driver *driver, unsigned queue)
{
    uint64_t place = (uint64_t)driver->index * DRIVER_QUEUES + queue;
    return virtio_rig_ram(&driver->bus->config) + RINGS + place * DRIVER_RING_SIZE;
}

uint64_t virtio_driver_buffers(const struct virtio_driver *driver, unsigned queue)
{
    return virtio_driver_ring(driver, queue) + DRIVER_RING_SIZE - DRIVER_BUFFERS;
}

void virtio_driver_descriptor(const struct virtio_driver *driver, uint64_t table, unsigned index, uint64_t address,
                              uint32_t size, uint16_t flags, uint16_t next)
{
    uint8_t *bytes = virtio_driver_ram(driver, table + UINT64_C(16) * index, 16);
    if (!bytes)
        return;
    fuzz_tell(driver->fuzz, "descriptor %u at %llx: %llx + %x, flags %x, next %u", index, (unsigned long long)table,
              (unsigned long long)address, size, flags, next);
    put64(bytes, address);
    put32(bytes + 8, size);
    put16(bytes + 12, flags);
    put16(bytes + 14, next);
}

void virtio_driver_chain(const struct virtio_driver *driver, unsigned queue, unsigned head,
                         const struct virtio_segment *segments, unsigned count, uint64_t indirect)
{
    const struct virtqueue *ring = &driver->target->virtio->queues[queue];
    for (unsigned i = 0; i < count; i++) {
        unsigned here = indirect ? i : (head + i) % ring->size, next = indirect ? i + 1 : (here + 1) % ring->size;
        unsigned flags = (segments[i].writable ? VIRTQ_DESC_F_WRITE : 0) | (i + 1 < count ? VIRTQ_DESC_F_NEXT : 0);
        virtio_driver_descriptor(driver, indirect ? indirect : ring->descriptors, here, segments[i].address,
                                 segments[i].size, (uint16_t)flags, (uint16_t)next);
    }
    if (indirect)
        virtio_driver_descriptor(driver, ring->descriptors, head, indirect, 16 * count, VIRTQ_DESC_F_INDIRECT, 0);
}

void virtio_driver_offer(const struct virtio_driver *driver, unsigned queue, const uint16_t *heads, unsigned count)
{
    const struct virtqueue *ring = &driver->target->virtio->queues[queue];
    for (unsigned i = 0; i < count; i++) {
        uint16_t at = (uint16_t)(ring->next_available + i) % ring->size;
        uint8_t *entry = virtio_driver_ram(driver, ring->available + 4 + UINT64_C(2) * at, 2);
        if (entry)
            put16(entry, heads[i]);
    }
    uint8_t *index = virtio_driver_ram(driver, ring->available + 2, 2);
    fuzz_tell(driver->fuzz, "queue %u: %u chains from %u on", queue, count, heads[0]);
    if (index)
        put16(index, (uint16_t)(ring->next_available + count));
}

// --- A request that must work ----------------------------------------------------------------------------------------

static void need(const struct virtio_driver *driver, bool good, const char *what)
{
    if (!good)
        fuzz_fail("device %u, a %s on %s: %s", driver->index, driver->target->virtio->type->name,
                  driver->target->pci ? "PCI" : "MMIO", what);
}

uint32_t virtio_driver_request(const struct virtio_driver *driver, unsigned queue,
                               const struct virtio_segment *segments, unsigned count)
{
    const struct virtqueue *ring = &driver->target->virtio->queues[queue];
    bool indirect = virtio_has(driver->target->virtio, VIRTIO_F_INDIRECT_DESC) && fuzz_chance(driver->fuzz, 2);
    uint16_t head = (uint16_t)fuzz_below(driver->fuzz, ring->size), index = ring->next_used;
    uint64_t table = virtio_driver_buffers(driver, queue) + DRIVER_BUFFERS - 0x100;
    uint8_t *available = virtio_driver_ram(driver, ring->available, 6 + 2u * ring->size);
    const uint8_t *used = virtio_driver_ram(driver, ring->used, 6 + 8u * ring->size);
    need(driver, available && used, "its rings are not where they were put");
    put16(available, 0);
    put16(available + 4 + 2u * ring->size, index); // used_event: notify of this one
    virtio_driver_chain(driver, queue, head, segments, count, indirect ? table : 0);
    virtio_driver_offer(driver, queue, &head, 1);
    virtio_driver_notify(driver, queue);
    need(driver, !(virtio_driver_status(driver) & VIRTIO_STATUS_NEEDS_RESET), "a good request breaks it");
    need(driver, get16(used + 2) == (uint16_t)(index + 1), "a good request does not come back");
    const uint8_t *element = used + 4 + 8u * (index % ring->size);
    need(driver, get32(element) == head, "another request comes back");
    need(driver, virtio_driver_told(driver, queue), "it does not tell of a request");
    return get32(element + 4);
}
