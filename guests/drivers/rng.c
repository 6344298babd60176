// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// VIRTIO 1.2: 3.1 (initialization), 2.7 (split virtqueues), 4.1.4 (PCI capabilities), 5.4 (entropy device).
#include "drivers/rng.h"

#include "intr/intr.h"
#include "lib/pci.h"

enum { VIRTIO = 0x1af4, RNG_MODERN = 0x1044, RNG_TRANSITIONAL = 0x1005 };
enum { CAP_COMMON = 1, CAP_NOTIFY = 2, CAP_ISR = 3 };
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
enum { ACKNOWLEDGE = 1, DRIVER = 2, DRIVER_OK = 4, FEATURES_OK = 8, FEATURE_VERSION_1 = 1, DESC_WRITE = 2 };
enum { NO_VECTOR = 0xffff };

struct rng_ring {
    struct {
        uint64_t address;
        uint32_t size;
        uint16_t flags, next;
    } desc[RNG_QUEUE];
    struct {
        uint16_t flags, index, ring[RNG_QUEUE];
    } driver;
    uint32_t pad;
    volatile struct {
        uint16_t flags, index;
        struct {
            uint32_t id, size;
        } ring[RNG_QUEUE];
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
    struct rng *rng = device;
    if (!read8(rng->isr))
        return false;
    __atomic_fetch_add(&rng->interrupts, 1, __ATOMIC_SEQ_CST);
    return true;
}

static bool handle_message(void *device)
{
    struct rng *rng = device;
    __atomic_fetch_add(&rng->interrupts, 1, __ATOMIC_SEQ_CST);
    return true;
}

static void find_structures(struct rng *rng)
{
    for (unsigned at = 0; (at = pci_capability(rng->devfn, PCI_CAP_VENDOR, at)) != 0;) {
        unsigned type = pci_read(rng->devfn, at) >> 24, bar = pci_read(rng->devfn, at + 4) & 0xff;
        if (type < CAP_COMMON || type > CAP_ISR)
            continue;
        uint64_t address = pci_bar(rng->devfn, bar) + pci_read(rng->devfn, at + 8);
        if (type == CAP_COMMON)
            rng->common = address;
        else if (type == CAP_ISR)
            rng->isr = address;
        else
            rng->notify = address, rng->notify_multiplier = pci_read(rng->devfn, at + 16);
    }
    if (!rng->common || !rng->notify || !rng->isr)
        fail("virtio-rng is not of VIRTIO 1.0 or later");
}

static void add_status(const struct rng *rng, uint8_t bits)
{
    write8(rng->common + STATUS, read8(rng->common + STATUS) | bits);
}

static void negotiate(const struct rng *rng)
{
    write8(rng->common + STATUS, 0);
    while (read8(rng->common + STATUS))
        relax();
    add_status(rng, ACKNOWLEDGE | DRIVER);
    write32(rng->common + DRIVER_FEATURE_SELECT, 1);
    write32(rng->common + DRIVER_FEATURE, FEATURE_VERSION_1);
    write32(rng->common + DRIVER_FEATURE_SELECT, 0);
    write32(rng->common + DRIVER_FEATURE, 0);
    add_status(rng, FEATURES_OK);
    if (!(read8(rng->common + STATUS) & FEATURES_OK))
        fail("virtio-rng refuses our features");
}

static int ask_for_interrupt(struct rng *rng, bool msix)
{
    if (!msix)
        return intr_request_irq(pci_pin(rng->devfn), rng, handle_intx, INTR_LEVEL_HIGH, true);
    rng->message = intr_request_msi(rng, rng->devfn, handle_message, INTR_ANY_CPU);
    if (rng->message < 0)
        return rng->message;
    struct intr_message message = intr_msi_message(rng->message);
    if (!pci_msix_set(rng->devfn, 0, message.address, message.data))
        fail("virtio-rng has no MSI-X");
    return 0;
}

static void start_queue(struct rng *rng)
{
    rng->ring = allocate(sizeof *rng->ring, 16);
    write16(rng->common + CONFIG_VECTOR, NO_VECTOR);
    write16(rng->common + QUEUE_SELECT, 0);
    write16(rng->common + QUEUE_SIZE, RNG_QUEUE);
    write16(rng->common + QUEUE_VECTOR, rng->message < 0 ? NO_VECTOR : 0);
    write64(rng->common + QUEUE_DESC, (uint64_t)rng->ring->desc);
    write64(rng->common + QUEUE_DRIVER, (uint64_t)&rng->ring->driver);
    write64(rng->common + QUEUE_DEVICE, (uint64_t)&rng->ring->device);
    write16(rng->common + QUEUE_ENABLE, 1);
    add_status(rng, DRIVER_OK);
}

int rng_open(struct rng *rng, bool msix)
{
    int devfn = pci_find(VIRTIO, RNG_MODERN);
    if (devfn < 0)
        devfn = pci_find(VIRTIO, RNG_TRANSITIONAL);
    if (devfn < 0)
        fail("no virtio-rng: -device virtio-rng-pci");
    *rng = (struct rng){ .devfn = (unsigned)devfn, .message = -1 };
    find_structures(rng);
    negotiate(rng);
    int result = ask_for_interrupt(rng, msix);
    if (result < 0)
        return result;
    start_queue(rng);
    return 0;
}

void rng_close(struct rng *rng)
{
    write8(rng->common + STATUS, 0);
    while (read8(rng->common + STATUS))
        relax();
    if (rng->message < 0) {
        intr_release_irq(pci_pin(rng->devfn), rng);
        return;
    }
    pci_msix_off(rng->devfn);
    intr_release_msi(rng->message);
}

uint32_t rng_read(struct rng *rng, void *to, uint32_t size)
{
    uint32_t cpu = rng->message < 0 ? intr_irq_cpu(pci_pin(rng->devfn)) : intr_msi_cpu(rng->message);
    unsigned slot = rng->sent % RNG_QUEUE, before = rng->interrupts;
    rng->ring->desc[slot].address = (uint64_t)to;
    rng->ring->desc[slot].size = size;
    rng->ring->desc[slot].flags = DESC_WRITE;
    rng->ring->driver.ring[slot] = (uint16_t)slot;
    __atomic_store_n(&rng->ring->driver.index, ++rng->sent, __ATOMIC_RELEASE);
    write16(rng->common + QUEUE_SELECT, 0);
    write16(rng->notify + (uint64_t)read16(rng->common + QUEUE_NOTIFY) * rng->notify_multiplier, 0);
    while (rng->ring->device.index == rng->seen || rng->interrupts == before)
        intr_wait(cpu);
    return rng->ring->device.ring[rng->seen++ % RNG_QUEUE].size;
}
