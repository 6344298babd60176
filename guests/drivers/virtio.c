// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// VIRTIO 1.2: 3.1 (initialization), 2.7 (split virtqueues), 4.1.4 (PCI capabilities).
#include "drivers/virtio.h"

#include "intr/intr.h"
#include "lib/pci.h"

enum { VENDOR = 0x1af4, FIRST_MODERN = 0x1040 };
enum { CAP_COMMON = 1, CAP_NOTIFY = 2, CAP_ISR = 3, CAP_CONFIG = 4 };
enum common_register { // 4.1.4.3
    FEATURE_SELECT = 0x00,
    FEATURE = 0x04,
    DRIVER_FEATURE_SELECT = 0x08,
    DRIVER_FEATURE = 0x0c,
    CONFIG_VECTOR = 0x10,
    STATUS = 0x14,
    QUEUE_SELECT = 0x16,
    QUEUE_SIZE = 0x18,
    QUEUE_VECTOR = 0x1a,
    QUEUE_ENABLE = 0x1c,
    QUEUE_NOTIFY = 0x1e,
    QUEUE_DESC = 0x20,
    QUEUE_DRIVER = 0x28,
    QUEUE_DEVICE = 0x30,
};
enum { ACKNOWLEDGE = 1, DRIVER = 2, DRIVER_OK = 4, FEATURES_OK = 8, FEATURE_VERSION_1 = 1 };
enum { DESC_NEXT = 1, DESC_WRITE = 2 };
enum { NO_VECTOR = 0xffff };

struct virtio_ring {
    struct {
        uint64_t address;
        uint32_t size;
        uint16_t flags, next;
    } desc[VIRTIO_QUEUE];
    struct {
        uint16_t flags, index, ring[VIRTIO_QUEUE];
    } driver;
    uint32_t pad;
    volatile struct {
        uint16_t flags, index;
        struct {
            uint32_t id, size;
        } ring[VIRTIO_QUEUE];
    } device __attribute__((aligned(4)));
};

static uint16_t read16(uint64_t address)
{
    return *(volatile uint16_t *)address;
}

static void write16(uint64_t address, uint16_t value)
{
    *(volatile uint16_t *)address = value;
}

// The read of the ISR status register is what lowers INTx (4.1.4.5.1).
static bool handle_intx(void *device)
{
    struct virtio *virtio = device;
    if (!read8(virtio->isr))
        return false;
    __atomic_fetch_add(&virtio->interrupts, 1, __ATOMIC_SEQ_CST);
    return true;
}

static bool handle_message(void *device)
{
    struct virtio *virtio = device;
    __atomic_fetch_add(&virtio->interrupts, 1, __ATOMIC_SEQ_CST);
    return true;
}

static void find_structures(struct virtio *virtio)
{
    uint64_t multiplier = 0;
    for (unsigned at = 0; (at = pci_capability(virtio->devfn, PCI_CAP_VENDOR, at)) != 0;) {
        unsigned type = pci_read(virtio->devfn, at) >> 24, bar = pci_read(virtio->devfn, at + 4) & 0xff;
        if (type < CAP_COMMON || type > CAP_CONFIG)
            continue;
        uint64_t address = pci_bar(virtio->devfn, bar) + pci_read(virtio->devfn, at + 8);
        if (type == CAP_COMMON)
            virtio->common = address;
        else if (type == CAP_ISR)
            virtio->isr = address;
        else if (type == CAP_CONFIG)
            virtio->config = address;
        else
            virtio->notify = address, multiplier = pci_read(virtio->devfn, at + 16);
    }
    if (!virtio->common || !virtio->notify || !virtio->isr)
        fail("the virtio device is not of VIRTIO 1.0 or later");
    write16(virtio->common + QUEUE_SELECT, 0);
    virtio->doorbell = virtio->notify + read16(virtio->common + QUEUE_NOTIFY) * multiplier;
}

static void add_status(const struct virtio *virtio, uint8_t bits)
{
    write8(virtio->common + STATUS, read8(virtio->common + STATUS) | bits);
}

static void negotiate(const struct virtio *virtio)
{
    write8(virtio->common + STATUS, 0);
    while (read8(virtio->common + STATUS))
        relax();
    add_status(virtio, ACKNOWLEDGE | DRIVER);
    write32(virtio->common + DRIVER_FEATURE_SELECT, 1);
    write32(virtio->common + DRIVER_FEATURE, FEATURE_VERSION_1);
    write32(virtio->common + DRIVER_FEATURE_SELECT, 0);
    write32(virtio->common + DRIVER_FEATURE, 0);
    add_status(virtio, FEATURES_OK);
    if (!(read8(virtio->common + STATUS) & FEATURES_OK))
        fail("the virtio device refuses our features");
}

static int ask_for_interrupt(struct virtio *virtio, bool msix)
{
    if (!msix)
        return intr_request_irq(pci_pin(virtio->devfn), virtio, handle_intx, INTR_LEVEL_HIGH, true);
    virtio->message = intr_request_msi(virtio, virtio->devfn, handle_message, INTR_ANY_CPU);
    if (virtio->message < 0)
        return virtio->message;
    struct intr_message message = intr_msi_message(virtio->message);
    if (!pci_msix_set(virtio->devfn, 0, message.address, message.data))
        fail("the virtio device has no MSI-X");
    return 0;
}

static void start_queue(struct virtio *virtio)
{
    virtio->ring = allocate(sizeof *virtio->ring, 16);
    write16(virtio->common + CONFIG_VECTOR, NO_VECTOR);
    write16(virtio->common + QUEUE_SELECT, 0);
    write16(virtio->common + QUEUE_SIZE, VIRTIO_QUEUE);
    write16(virtio->common + QUEUE_VECTOR, virtio->message < 0 ? NO_VECTOR : 0);
    write64(virtio->common + QUEUE_DESC, (uint64_t)virtio->ring->desc);
    write64(virtio->common + QUEUE_DRIVER, (uint64_t)&virtio->ring->driver);
    write64(virtio->common + QUEUE_DEVICE, (uint64_t)&virtio->ring->device);
    write16(virtio->common + QUEUE_ENABLE, 1);
    add_status(virtio, DRIVER_OK);
}

int virtio_open(struct virtio *virtio, const char *name, uint16_t type, uint16_t transitional, bool msix)
{
    int devfn = pci_find(VENDOR, FIRST_MODERN + type);
    if (devfn < 0)
        devfn = pci_find(VENDOR, transitional);
    if (devfn < 0) {
        print("no %s: -device %s-pci\n", name, name);
        guest_exit(EXIT_FAILED);
    }
    *virtio = (struct virtio){ .devfn = (unsigned)devfn, .message = -1 };
    find_structures(virtio);
    negotiate(virtio);
    int result = ask_for_interrupt(virtio, msix);
    if (result < 0)
        return result;
    start_queue(virtio);
    return 0;
}

void virtio_close(struct virtio *virtio)
{
    write8(virtio->common + STATUS, 0);
    while (read8(virtio->common + STATUS))
        relax();
    if (virtio->message < 0) {
        intr_release_irq(pci_pin(virtio->devfn), virtio);
        return;
    }
    pci_msix_off(virtio->devfn);
    intr_release_msi(virtio->message);
}

uint32_t virtio_request(struct virtio *virtio, const struct virtio_part *parts, unsigned count)
{
    uint32_t cpu = virtio->message < 0 ? intr_irq_cpu(pci_pin(virtio->devfn)) : intr_msi_cpu(virtio->message);
    unsigned before = virtio->interrupts;
    for (unsigned i = 0; i < count; i++) {
        virtio->ring->desc[i].address = (uint64_t)parts[i].data;
        virtio->ring->desc[i].size = parts[i].size;
        virtio->ring->desc[i].flags = (parts[i].to_driver ? DESC_WRITE : 0) | (i + 1 < count ? DESC_NEXT : 0);
        virtio->ring->desc[i].next = (uint16_t)(i + 1);
    }
    virtio->ring->driver.ring[virtio->sent % VIRTIO_QUEUE] = 0;
    __atomic_store_n(&virtio->ring->driver.index, ++virtio->sent, __ATOMIC_RELEASE);
    write16(virtio->doorbell, 0);
    while (virtio->ring->device.index == virtio->seen || virtio->interrupts == before)
        intr_wait(cpu);
    return virtio->ring->device.ring[virtio->seen++ % VIRTIO_QUEUE].size;
}
