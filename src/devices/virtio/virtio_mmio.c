// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// VIRTIO 1.2, 4.2.2 (register layout), 4.2.3.2 (queues), 4.2.4 (legacy interface), 2.7.2 (legacy queue layout).
//
// Registers are accessed in words only (4.2.2.2), the configuration structure in bytes, halves and words. A register of
// the other version does not exist: it reads 0, and the access is counted.
//
// Not modelled: shared memory regions (SHMLen reads all ones, as of none).
//
// Path: virtio.c / groups/virtio.c
#include "devices/virtio/virtio_mmio.h"

#include <string.h>

#include "base/bits.h"

enum {
    CONFIG = 0x100,
    MAGIC = 0x74726976,  // "virt"
    VENDOR = 0x554d4551, // "QEMU": drivers of the legacy interface compare with it
    ALIGN = 4096,        // QueueAlign until it is written: some drivers of the legacy interface do not write it
};

// --- Queues ---------------------------------------------------------------------------------------------------------

static struct virtqueue *selected(struct virtio_mmio *mmio)
{
    return virtio_queue(mmio->virtio, mmio->QueueSel);
}

// One half of a 64-bit address, `shift` 0 or 32.
static void set_half(struct virtio_mmio *mmio, size_t field, unsigned shift, uint64_t value)
{
    struct virtqueue *queue = virtio_queue_setup(mmio->virtio, mmio->QueueSel);
    if (!queue)
        return;
    uint64_t *address = (uint64_t *)(void *)((char *)queue + field);
    *address = bits_merge(*address, value << shift, bits_low(32) << shift);
}

// 2.7.2: the parts follow each other, the used ring at the next multiple of QueueAlign. PFN 0 disables the queue.
static void set_pfn(struct virtio_mmio *mmio, uint32_t pfn)
{
    struct virtqueue *queue = selected(mmio);
    uint64_t align = queue ? mmio->QueueAlign[mmio->QueueSel] : 0;
    if (!queue)
        return;
    mmio->QueuePFN[mmio->QueueSel] = pfn;
    if (pfn == 0) {
        virtqueue_reset(queue);
        return;
    }
    if (!is_power_of_two(align) || !is_power_of_two(mmio->GuestPageSize)) {
        virtio_fault(mmio->virtio, VIRTQUEUE_UNALIGNED);
        return;
    }
    queue->ready = false;
    queue->descriptors = (uint64_t)pfn * mmio->GuestPageSize;
    queue->available = queue->descriptors + 16 * (uint64_t)queue->size;
    queue->used = align_up(queue->available + 2 * (3 + (uint64_t)queue->size), align);
    virtio_queue_enable(mmio->virtio, mmio->QueueSel);
}

// --- Registers ------------------------------------------------------------------------------------------------------

static uint64_t read_version(void *context, unsigned index, uint64_t now)
{
    const struct virtio_mmio *mmio = context;
    (void)index, (void)now;
    return mmio->legacy ? 1 : 2;
}

static uint64_t read_device_id(void *context, unsigned index, uint64_t now)
{
    const struct virtio_mmio *mmio = context;
    (void)index, (void)now;
    return mmio->virtio ? mmio->virtio->type->id : 0;
}

static uint64_t read_device_features(void *context, unsigned index, uint64_t now)
{
    struct virtio_mmio *mmio = context;
    (void)index, (void)now;
    return virtio_get_features(mmio->virtio, mmio->DeviceFeaturesSel, true);
}

static void write_driver_features(void *context, unsigned index, uint64_t value, uint64_t now)
{
    struct virtio_mmio *mmio = context;
    (void)index, (void)now;
    virtio_set_features(mmio->virtio, mmio->DriverFeaturesSel, (uint32_t)value);
}

// 0: no such queue. Drivers read it to find that out, so this is no mistake.
static uint64_t read_queue_num_max(void *context, unsigned index, uint64_t now)
{
    struct virtio_mmio *mmio = context;
    (void)index, (void)now;
    return mmio->QueueSel < mmio->virtio->queue_count ? mmio->virtio->queues[mmio->QueueSel].size_max : 0;
}

static void write_queue_num(void *context, unsigned index, uint64_t value, uint64_t now)
{
    struct virtio_mmio *mmio = context;
    (void)index, (void)now;
    virtio_queue_set_size(mmio->virtio, mmio->QueueSel, (uint32_t)value);
}

static uint64_t read_queue_ready(void *context, unsigned index, uint64_t now)
{
    struct virtio_mmio *mmio = context;
    (void)index, (void)now;
    return mmio->QueueSel < mmio->virtio->queue_count && mmio->virtio->queues[mmio->QueueSel].ready;
}

// 0 stops the queue (4.2.3.2); the next 1 starts it from the beginning.
static void write_queue_ready(void *context, unsigned index, uint64_t value, uint64_t now)
{
    struct virtio_mmio *mmio = context;
    (void)index, (void)now;
    struct virtqueue *queue = value & 1 ? NULL : selected(mmio);
    if (queue)
        queue->ready = false;
    else if (value & 1)
        virtio_queue_enable(mmio->virtio, mmio->QueueSel);
}

static void write_queue_notify(void *context, unsigned index, uint64_t value, uint64_t now)
{
    struct virtio_mmio *mmio = context;
    (void)index;
    virtio_notified(mmio->virtio, (uint32_t)value, now);
}

static uint64_t read_interrupt_status(void *context, unsigned index, uint64_t now)
{
    const struct virtio_mmio *mmio = context;
    (void)index, (void)now;
    return intact_irq_status_read(&mmio->status);
}

static void write_interrupt_ack(void *context, unsigned index, uint64_t value, uint64_t now)
{
    struct virtio_mmio *mmio = context;
    (void)index, (void)now;
    intact_irq_virtio_acknowledge(&mmio->irq, (uint32_t)value);
}

static uint64_t read_status(void *context, unsigned index, uint64_t now)
{
    const struct virtio_mmio *mmio = context;
    (void)index, (void)now;
    return mmio->virtio->status;
}

// 2.4 and 4.2.2.1. GuestPageSize and QueueAlign stay: a legacy driver may write them before its reset.
static void driver_reset(struct virtio_mmio *mmio)
{
    intact_irq_virtio_acknowledge(&mmio->irq, bits_low(32));
    memset(mmio->QueuePFN, 0, sizeof mmio->QueuePFN);
    if (mmio->virtio)
        virtio_reset(mmio->virtio);
}

static void write_status(void *context, unsigned index, uint64_t value, uint64_t now)
{
    struct virtio_mmio *mmio = context;
    (void)index;
    if ((uint8_t)value == 0)
        driver_reset(mmio);
    else
        virtio_set_status(mmio->virtio, (uint8_t)value, now);
}

// QueueDesc, QueueDriver and QueueDevice: index 0 is the low half.
static void write_desc(void *context, unsigned index, uint64_t value, uint64_t now)
{
    (void)now;
    set_half(context, offsetof(struct virtqueue, descriptors), 32 * index, value);
}

static void write_driver(void *context, unsigned index, uint64_t value, uint64_t now)
{
    (void)now;
    set_half(context, offsetof(struct virtqueue, available), 32 * index, value);
}

static void write_device(void *context, unsigned index, uint64_t value, uint64_t now)
{
    (void)now;
    set_half(context, offsetof(struct virtqueue, used), 32 * index, value);
}

static void write_shm_sel(void *context, unsigned index, uint64_t value, uint64_t now)
{
    (void)context, (void)index, (void)value, (void)now; // there is no region to select
}

// 2.6.1: a reset is complete at once, so that this always reads 0. The transport has no other state of a queue than
// struct virtqueue.
static uint64_t read_queue_reset(void *context, unsigned index, uint64_t now)
{
    (void)context, (void)index, (void)now;
    return 0;
}

static void write_queue_reset(void *context, unsigned index, uint64_t value, uint64_t now)
{
    struct virtio_mmio *mmio = context;
    (void)index, (void)now;
    if (value & 1)
        virtio_queue_reset(mmio->virtio, mmio->QueueSel);
}

static uint64_t read_generation(void *context, unsigned index, uint64_t now)
{
    const struct virtio_mmio *mmio = context;
    (void)index, (void)now;
    return mmio->virtio->generation;
}

static void write_queue_align(void *context, unsigned index, uint64_t value, uint64_t now)
{
    struct virtio_mmio *mmio = context;
    (void)index, (void)now;
    if (selected(mmio))
        mmio->QueueAlign[mmio->QueueSel] = (uint32_t)value;
}

static uint64_t read_queue_pfn(void *context, unsigned index, uint64_t now)
{
    const struct virtio_mmio *mmio = context;
    (void)index, (void)now;
    return mmio->QueueSel < mmio->virtio->queue_count ? mmio->QueuePFN[mmio->QueueSel] : 0;
}

static void write_queue_pfn(void *context, unsigned index, uint64_t value, uint64_t now)
{
    (void)index, (void)now;
    set_pfn(context, (uint32_t)value);
}

#define ROW(at, label, ...)                                                                                            \
    {                                                                                                                  \
        .name = label, .offset = at, .widths = REG_32, __VA_ARGS__                                                     \
    }
#define WRITES(function) .mask = UINT32_MAX, .write = (function)
#define HOLDS(member)    .mask = UINT32_MAX, .write_only = true, REG_FIELD(struct virtio_mmio, member)

static const struct reg registers[] = {
    ROW(0x000, "MagicValue", .reset = MAGIC, .peek = true),
    ROW(0x004, "Version", .peek = true, .read = read_version),
    ROW(0x008, "DeviceID", .peek = true, .read = read_device_id),
    ROW(0x00c, "VendorID", .reset = VENDOR, .peek = true),
    ROW(0x010, "DeviceFeatures", .peek = true, .read = read_device_features),
    ROW(0x014, "DeviceFeaturesSel", HOLDS(DeviceFeaturesSel)),
    ROW(0x020, "DriverFeatures", WRITES(write_driver_features)),
    ROW(0x024, "DriverFeaturesSel", HOLDS(DriverFeaturesSel)),
    ROW(0x028, "GuestPageSize", HOLDS(GuestPageSize)),
    ROW(0x030, "QueueSel", HOLDS(QueueSel)),
    ROW(0x034, "QueueNumMax", .peek = true, .read = read_queue_num_max),
    ROW(0x038, "QueueNum", WRITES(write_queue_num)),
    ROW(0x03c, "QueueAlign", WRITES(write_queue_align)),
    ROW(0x040, "QueuePFN", .peek = true, .read = read_queue_pfn, WRITES(write_queue_pfn)),
    ROW(0x044, "QueueReady", .peek = true, .read = read_queue_ready, WRITES(write_queue_ready)),
    ROW(0x050, "QueueNotify", WRITES(write_queue_notify)),
    ROW(0x060, "InterruptStatus", .peek = true, .read = read_interrupt_status),
    ROW(0x064, "InterruptACK", WRITES(write_interrupt_ack)),
    ROW(0x070, "Status", .peek = true, .read = read_status, WRITES(write_status)),
    ROW(0x080, "QueueDesc", .stride = 4, .count = 2, WRITES(write_desc)),
    ROW(0x090, "QueueDriver", .stride = 4, .count = 2, WRITES(write_driver)),
    ROW(0x0a0, "QueueDevice", .stride = 4, .count = 2, WRITES(write_device)),
    ROW(0x0ac, "SHMSel", WRITES(write_shm_sel)),
    ROW(0x0b0, "SHMLen", .reset = UINT32_MAX, .peek = true, .stride = 4, .count = 2),
    ROW(0x0b8, "SHMBase", .reset = UINT32_MAX, .peek = true, .stride = 4, .count = 2),
    ROW(0x0c0, "QueueReset", .peek = true, .read = read_queue_reset, WRITES(write_queue_reset)),
    ROW(0x0fc, "ConfigGeneration", .peek = true, .read = read_generation),
};

const struct reg *virtio_mmio_registers(unsigned *count)
{
    *count = countof(registers);
    return registers;
}

// --- Access ---------------------------------------------------------------------------------------------------------

static void bad_access(struct virtio_mmio *mmio)
{
    if (mmio->virtio)
        virtio_mistake(mmio->virtio, VIRTIO_BAD_ACCESS);
    else
        mmio->mistakes++;
}

// Which registers exist. An empty slot has the first four (4.2.2.2: DeviceID 0).
static bool present(const struct virtio_mmio *mmio, uint32_t offset)
{
    if (!mmio->virtio)
        return offset <= 0x00c;
    switch (offset) {
    case 0x028: // GuestPageSize
    case 0x03c: // QueueAlign
    case 0x040: // QueuePFN
        return mmio->legacy;
    case 0x050: // QueueNotify
    case 0x060: // InterruptStatus
    case 0x064: // InterruptACK
    case 0x070: // Status
        return true;
    default: return offset < 0x044 || !mmio->legacy;
    }
}

uint64_t virtio_mmio_read(void *owner, uint64_t offset, unsigned size, uint64_t now)
{
    struct virtio_mmio *mmio = owner;
    uint64_t value = 0;
    if (offset >= CONFIG && mmio->virtio)
        return virtio_config_read(mmio->virtio, (unsigned)offset - CONFIG, size);
    if (!present(mmio, (uint32_t)offset) ||
        reg_read(registers, countof(registers), mmio, (uint32_t)offset, size, now, &value) != REG_OK)
        bad_access(mmio);
    return value;
}

void virtio_mmio_write(void *owner, uint64_t offset, unsigned size, uint64_t value, uint64_t now)
{
    struct virtio_mmio *mmio = owner;
    if (offset >= CONFIG && mmio->virtio)
        virtio_config_write(mmio->virtio, (unsigned)offset - CONFIG, size, value);
    else if (!present(mmio, (uint32_t)offset) ||
             reg_write(registers, countof(registers), mmio, (uint32_t)offset, size, value, now) != REG_OK)
        bad_access(mmio);
}

// --- Life -----------------------------------------------------------------------------------------------------------

static void notify(void *owner, unsigned queue)
{
    struct virtio_mmio *mmio = owner;
    if (queue == VIRTIO_CONFIG)
        intact_irq_virtio_notify_config(&mmio->irq);
    else
        intact_irq_virtio_notify_queue(&mmio->irq, (uint16_t)queue);
}

static bool dma_read(void *owner, uint64_t address, void *data, size_t size)
{
    return bus_read_memory(owner, address, data, size);
}

static bool dma_write(void *owner, uint64_t address, const void *data, size_t size)
{
    return bus_write_memory(owner, address, data, size);
}

static void power_on(struct virtio_mmio *mmio)
{
    mmio->DeviceFeaturesSel = mmio->DriverFeaturesSel = mmio->QueueSel = 0;
    mmio->GuestPageSize = 0;
    for (unsigned i = 0; i < VIRTIO_QUEUES; i++)
        mmio->QueueAlign[i] = ALIGN;
}

int virtio_mmio_init(struct virtio_mmio *mmio, struct virtio *virtio, struct intact_irq_manager *manager, uint32_t gsi,
                     struct bus *memory, bool legacy)
{
    const struct intact_irq_config line = { .type = INTACT_IRQ_LEGACY, .chip = INTACT_IRQ_ANY_PIN, .level = true };
    memset(mmio, 0, sizeof *mmio);
    mmio->virtio = virtio;
    mmio->manager = manager;
    mmio->memory = memory;
    mmio->legacy = legacy;
    power_on(mmio);
    if (!virtio)
        return INTACT_IRQ_OK;
    virtio_connect(virtio,
                   &(struct virtio_transport){
                       .notify = notify, .owner = mmio, .dma = { dma_read, dma_write, memory }, .legacy = legacy });
    int result = intact_irq_manager_create_group(manager, INTACT_IRQ_LEGACY, gsi, 1, &mmio->irq.group);
    if (result < 0)
        return result;
    mmio->irq.status = &mmio->status;
    return intact_irq_group_enable(mmio->irq.group, &line);
}

void virtio_mmio_destroy(struct virtio_mmio *mmio)
{
    if (mmio->irq.group)
        intact_irq_manager_destroy_group(mmio->manager, mmio->irq.group);
}

void virtio_mmio_reset(struct virtio_mmio *mmio)
{
    power_on(mmio);
    driver_reset(mmio);
}

void virtio_mmio_visit(struct virtio_mmio *mmio, struct visit *v)
{
    VISIT(v, mmio->status.bits);
    VISIT(v, mmio->DeviceFeaturesSel);
    VISIT(v, mmio->DriverFeaturesSel);
    VISIT(v, mmio->QueueSel);
    VISIT(v, mmio->GuestPageSize);
    VISIT_ARRAY(v, mmio->QueueAlign);
    VISIT_ARRAY(v, mmio->QueuePFN);
    VISIT(v, mmio->mistakes);
}
