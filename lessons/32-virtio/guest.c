// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Lesson 32: a driver for virtio. The device puts used buffers into a ring, and interrupts for one or for several of them.
#include "lib/guest.h"
#include "lib/pci.h"
#include "lib/x86_64/chips.h"

enum { VECTOR = 0x41, SIZE = 8, BYTES = 16, WRITE = 2, NO_INTERRUPT = 1 };
enum { COMMON = 1, NOTIFY = 2, ISR = 3 }; // structures, and registers of the first (VIRTIO 1.2, 4.1.4)
enum { FEATURE_SELECT = 0x08, FEATURE = 0x0c, STATUS = 0x14, QUEUE_SIZE = 0x18, QUEUE_ENABLE = 0x1c };
enum { QUEUE_DESC = 0x20, QUEUE_DRIVER = 0x28, QUEUE_DEVICE = 0x30 };

static struct {
    uint64_t address;
    uint32_t size;
    uint16_t flags, next;
} buffer[SIZE] __attribute__((aligned(16)));
static struct {
    uint16_t flags, index, ring[SIZE];
} available; // the driver writes it
static volatile struct {
    uint16_t flags, index;
    struct {
        uint32_t buffer, size;
    } ring[SIZE];
} used __attribute__((aligned(4))); // the device writes it

static uint64_t structure[ISR + 1]; // addresses
static uint8_t random[SIZE][BYTES];
static volatile uint16_t seen; // how many used buffers the driver has taken
static volatile unsigned interrupts, bytes;

static void take_used(void)
{
    while (seen != used.index) {
        bytes = bytes + used.ring[seen % SIZE].size;
        seen = (uint16_t)(seen + 1);
    }
}

static void handler(struct frame *frame)
{
    (void)frame;
    if (read8(structure[ISR]) & 1) { // bit 0: a queue. The read lowers the line
        interrupts = interrupts + 1;
        take_used();
    }
    lapic_eoi();
}

// Makes some buffers available, tells the device, and gives it time.
static void offer(unsigned count, unsigned want)
{
    __atomic_store_n(&available.index, (uint16_t)(available.index + count), __ATOMIC_SEQ_CST);
    *(volatile uint16_t *)structure[NOTIFY] = 0;
    wait_us(50);
    interrupts_take();
    print("  used %u, taken %u, interrupts %u\n", (uint64_t)used.index, (uint64_t)seen, (uint64_t)interrupts);
    if (seen != want)
        fail("used and taken are not what they should be");
}

static void open(unsigned device)
{
    for (unsigned type, at = 0; (at = pci_capability(device, PCI_CAP_VENDOR, at)) != 0;)
        if ((type = pci_read(device, at) >> 24) <= ISR)
            structure[type] = pci_bar(device, pci_read(device, at + 4) & 0xff) + pci_read(device, at + 8);
    for (uint16_t i = 0; i < SIZE; i++) {
        buffer[i].address = (uint64_t)random[i], buffer[i].size = BYTES, buffer[i].flags = WRITE;
        available.ring[i] = i; // the place in this ring is always the number of the buffer
    }
    uint64_t common = structure[COMMON];
    write8(common + STATUS, 3); // ACKNOWLEDGE, DRIVER
    write32(common + FEATURE_SELECT, 1);
    write32(common + FEATURE, 1); // VIRTIO_F_VERSION_1
    write8(common + STATUS, 11);  // and FEATURES_OK
    *(volatile uint16_t *)(common + QUEUE_SIZE) = SIZE;
    write64(common + QUEUE_DESC, (uint64_t)buffer);
    write64(common + QUEUE_DRIVER, (uint64_t)&available);
    write64(common + QUEUE_DEVICE, (uint64_t)&used);
    *(volatile uint16_t *)(common + QUEUE_ENABLE) = 1;
    write8(common + STATUS, 15); // and DRIVER_OK
    on_trap(VECTOR, handler);
    ioapic_route(pci_pin(device), ENTRY_LEVEL | VECTOR, 0);
}

int guest_main(void)
{
    open((unsigned)pci_find(0x1af4, 0x1044)); // virtio-rng
    print("one buffer, then three:\n");
    offer(1, 1);
    offer(3, 4);
    print("one without an interrupt, and one with:\n");
    available.flags = NO_INTERRUPT;
    offer(1, 4);
    available.flags = 0;
    take_used(); // what was used meanwhile brings no interrupt
    offer(1, 6);
    return bytes == 6 * BYTES && interrupts == 3 ? EXIT_PASSED : EXIT_FAILED;
}
