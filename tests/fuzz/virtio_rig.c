// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Every virtio device on every transport, with disks, networks and consoles.
#include "virtio_rig.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "base/bits.h"
#include "devices/virtio/virtio_blk.h"
#include "pc_rig.h"
#include "virt_rig.h"

enum { SLOTS = 32 };

struct disk {
    struct virtio_notes *notes;
    enum virtio_disk index;
};

struct host {
    struct intact_drive_config drives[VIRTIO_DISKS];
    struct disk disks[VIRTIO_DISKS];
    struct intact_block blocks[VIRTIO_DISKS];
    struct intact_net net;
    struct intact_netdev_config netdevs[4];
    struct intact_chardev_config chardevs[2];
    struct virtio_target targets[VIRTIO_TARGETS];
    unsigned count;
    uint32_t bars[SLOTS][PCI_BARS];
};

// --- Devices ---------------------------------------------------------------------------------------------------------

#define SAYS(...)                                                                                                      \
    .properties = (const struct intact_property[]){ __VA_ARGS__ },                                                     \
    .property_count = sizeof((const struct intact_property[]){ __VA_ARGS__ }) / sizeof(struct intact_property)

static const struct intact_device_config devices[] = {
    { .driver = "virtio-blk-pci", SAYS({ "drive", "good" }, { "num-queues", "2" }) },
    { .driver = "virtio-net-pci", SAYS({ "netdev", "hub0" }) },
    { .driver = "virtio-net-pci", SAYS({ "netdev", "hub1" }, { "indirect_desc", "off" }) },
    { .driver = "virtio-rng-pci", SAYS({ "vectors", "0" }) },
    { .driver = "virtio-serial-pci" },
    { .driver = "virtconsole", SAYS({ "chardev", "a" }) },
    { .driver = "virtio-blk-pci", SAYS({ "drive", "broken" }, { "vectors", "1" }, { "num-queues", "1" }) },
    { .driver = "edu" },
    { .driver = "virtio-blk-device", SAYS({ "drive", "readonly" }, { "event_idx", "off" }) },
    { .driver = "virtio-net-device", SAYS({ "netdev", "sink" }) },
    { .driver = "virtio-rng-device", SAYS({ "force-legacy", "on" }) },
    { .driver = "virtio-serial-device", SAYS({ "force-legacy", "on" }) },
    { .driver = "virtconsole", SAYS({ "chardev", "b" }) },
    { .driver = "virtio-blk-device", SAYS({ "drive", "small" }, { "force-legacy", "on" }, { "queue-size", "4" }) },
    { .driver = "virtio-net-device", SAYS({ "netdev", "hub2" }, { "force-legacy", "on" }) },
    { .driver = "virtio-rng-device" },
    { .driver = "virtio-balloon-pci", SAYS({ "guest-stats-polling-interval", "1" }) },
    { .driver = "virtio-net-device" },
};

// --- What is behind them ---------------------------------------------------------------------------------------------

uint64_t virtio_rig_digest(uint64_t digest, const void *data, size_t size)
{
    const uint8_t *bytes = data;
    for (size_t i = 0; i < size; i++)
        digest = (digest ^ bytes[i]) * UINT64_C(0x100000001b3);
    return digest + size;
}

static const uint64_t disk_sizes[VIRTIO_DISKS] = {
    [VIRTIO_DISK_GOOD] = VIRTIO_DISK_SIZE,
    [VIRTIO_DISK_BROKEN] = VIRTIO_DISK_SIZE,
    [VIRTIO_DISK_READONLY] = VIRTIO_DISK_SIZE,
    [VIRTIO_DISK_SMALL] = UINT64_C(3) * INTACT_BLOCK_SECTOR,
};

static uint8_t *disk_range(const struct disk *disk, uint64_t offset, uint64_t size)
{
    if (offset % INTACT_BLOCK_SECTOR || size % INTACT_BLOCK_SECTOR || size == 0 || size > disk_sizes[disk->index] ||
        offset > disk_sizes[disk->index] - size)
        fuzz_fail("disk %d is asked for %llx bytes at %llx", disk->index, (unsigned long long)size,
                  (unsigned long long)offset);
    return disk->notes->disk[disk->index] + offset;
}

enum { PIECE = VIRTIO_DISK_SIZE / 64 };

static void mark_written(const struct disk *disk, uint64_t offset, uint64_t size)
{
    for (uint64_t piece = offset / PIECE; piece <= (offset + size - 1) / PIECE; piece++)
        disk->notes->written[disk->index] |= BIT64(piece);
}

void virtio_rig_copy_notes(void *to, const void *from)
{
    struct virtio_notes *copy = to;
    const struct virtio_notes *notes = from;
    for (unsigned i = 0; i < VIRTIO_DISKS; i++)
        for (uint64_t left = copy->written[i] | notes->written[i]; left; left &= left - 1) {
            size_t at = (size_t)bits_lowest(left) * PIECE;
            memcpy(copy->disk[i] + at, notes->disk[i] + at, PIECE);
        }
    memcpy(copy, notes, offsetof(struct virtio_notes, disk));
}

static int disk_read(void *owner, uint64_t offset, void *data, size_t size)
{
    const struct disk *disk = owner;
    memcpy(data, disk_range(disk, offset, size), size);
    bool broken = disk->index == VIRTIO_DISK_BROKEN && offset / INTACT_BLOCK_SECTOR % 3 == 2;
    return broken ? -EIO : 0;
}

static int disk_write(void *owner, uint64_t offset, const void *data, size_t size)
{
    const struct disk *disk = owner;
    memcpy(disk_range(disk, offset, size), data, size);
    mark_written(disk, offset, size);
    return disk->index == VIRTIO_DISK_BROKEN && offset >= VIRTIO_DISK_SIZE / 2 ? -ENOSPC : 0;
}

static int disk_flush(void *owner)
{
    const struct disk *disk = owner;
    return disk->index == VIRTIO_DISK_BROKEN ? -EIO : 0;
}

static int disk_discard(void *owner, uint64_t offset, uint64_t size)
{
    const struct disk *disk = owner;
    memset(disk_range(disk, offset, size), 0xdd, size);
    mark_written(disk, offset, size);
    return 0;
}

static void net_send(void *owner, const void *frame, size_t size, uint64_t now)
{
    struct virtio_notes *notes = owner;
    notes->sent = virtio_rig_digest(notes->sent, frame, size) + now;
}

static void type_byte(void *owner, uint8_t byte)
{
    struct virtio_notes *notes = owner;
    notes->typed = virtio_rig_digest(notes->typed, &byte, 1);
}

static struct host *make_host(struct virtio_notes *notes)
{
    struct host *host = calloc(1, sizeof *host);
    if (!host)
        fuzz_fail("no memory");
    for (unsigned i = 0; i < VIRTIO_DISKS; i++) {
        host->disks[i] = (struct disk){ .notes = notes, .index = (enum virtio_disk)i };
        host->blocks[i] = (struct intact_block){ .size = disk_sizes[i],
                                                 .readonly = i == VIRTIO_DISK_READONLY,
                                                 .read = disk_read,
                                                 .write = i == VIRTIO_DISK_READONLY ? NULL : disk_write,
                                                 .flush = i == VIRTIO_DISK_SMALL ? NULL : disk_flush,
                                                 .discard = i == VIRTIO_DISK_GOOD ? disk_discard : NULL,
                                                 .owner = &host->disks[i] };
    }
    host->net = (struct intact_net){ .send = net_send, .owner = notes };
    host->netdevs[0] = (struct intact_netdev_config){ .id = "hub0" };
    host->netdevs[1] = (struct intact_netdev_config){ .id = "hub1" };
    host->netdevs[2] = (struct intact_netdev_config){ .id = "hub2" };
    host->netdevs[3] = (struct intact_netdev_config){ .id = "sink", .net = &host->net };
    host->chardevs[0] = (struct intact_chardev_config){ .id = "a", .console = { .write = type_byte, .owner = notes } };
    host->chardevs[1] = (struct intact_chardev_config){ .id = "b", .console = { .write = type_byte, .owner = notes } };
    return host;
}

// --- The watch -------------------------------------------------------------------------------------------------------

// 2.1.2, 3.1.1: a device touches memory from DRIVER_OK on, and until it needs a reset.
static void watch(struct virtio_target *target, size_t size)
{
    target->bytes += size;
    if (!(target->virtio->status & VIRTIO_STATUS_DRIVER_OK))
        fuzz_fail("a %s reaches for memory before DRIVER_OK", target->virtio->type->name);
    if (target->virtio->status & VIRTIO_STATUS_NEEDS_RESET)
        fuzz_fail("a %s that needs a reset reaches for memory", target->virtio->type->name);
    if (target->reads + target->writes > VIRTIO_WORK_MAX)
        fuzz_fail("a %s has no end: %llu bytes in one access", target->virtio->type->name,
                  (unsigned long long)target->bytes);
}

static bool watch_read(void *owner, uint64_t address, void *data, size_t size)
{
    struct virtio_target *target = owner;
    target->reads++;
    watch(target, size);
    return target->real.read(target->real.owner, address, data, size);
}

static bool watch_write(void *owner, uint64_t address, const void *data, size_t size)
{
    struct virtio_target *target = owner;
    target->writes++;
    watch(target, size);
    return target->real.write(target->real.owner, address, data, size);
}

static void add_target(struct host *host, struct virtio *virtio, struct virtio_pci *pci, struct virtio_mmio *mmio,
                       uint64_t base)
{
    struct virtio_target *target = &host->targets[host->count++];
    *target = (struct virtio_target){
        .virtio = virtio, .pci = pci, .mmio = mmio, .base = base, .disk = -1, .real = virtio->transport.dma
    };
    virtio->transport.dma = (struct virtio_dma){ watch_read, watch_write, target };
    if (virtio->type->id == 2)
        for (int i = 0; i < VIRTIO_DISKS; i++)
            if (((struct virtio_blk *)virtio->owner)->block == &host->blocks[i])
                target->disk = i;
}

static void find_targets(struct board *board, struct host *host)
{
    for (unsigned slot = 1; slot < SLOTS; slot++) {
        struct pci_function *function = board->pci.bus.functions[PCI_DEVFN(slot, 0)];
        for (unsigned i = 0; function && i < PCI_BARS; i++)
            host->bars[slot][i] = pci_function_get(function, PCI_BAR0 + 4 * i, 4);
        if (function && pci_function_get(function, PCI_VENDOR_ID, 2) == VIRTIO_PCI_VENDOR) {
            struct virtio_pci *pci = (struct virtio_pci *)(void *)function; // its first member
            add_target(host, pci->virtio, pci, NULL, 0);
        }
    }
    const struct virtio_slots *slots = &board->virtio_slots;
    for (unsigned i = 0; i < slots->count; i++)
        if (slots->devices[i])
            add_target(host, slots->devices[i]->virtio, NULL, slots->devices[i], slots->base + i * VIRTIO_MMIO_SIZE);
    if (host->count != VIRTIO_TARGETS)
        fuzz_fail("%u devices", host->count);
}

// --- The machine -----------------------------------------------------------------------------------------------------

struct rig virtio_rig(const struct bus_config *config, struct virtio_notes *notes)
{
    struct host *host = make_host(notes);
    struct intact_machine_config machine =
        config->gic ? virt_rig_config(config->cpus, config->gic, config->its) : pc_rig_config(config->cpus);
    static const char *const names[VIRTIO_DISKS] = { "good", "broken", "readonly", "small" };
    for (unsigned i = 0; i < VIRTIO_DISKS; i++)
        host->drives[i] = (struct intact_drive_config){ .id = names[i], .block = &host->blocks[i] };
    machine.drives = host->drives;
    machine.drive_count = VIRTIO_DISKS;
    machine.netdevs = host->netdevs;
    machine.netdev_count = countof(host->netdevs);
    machine.chardevs = host->chardevs;
    machine.chardev_count = countof(host->chardevs);
    machine.devices = devices;
    machine.device_count = countof(devices);
    struct rig rig = rig_make(config->gic ? &virt_type : &pc_type, &machine);
    rig.host = host;
    find_targets(rig.machine, host);
    return rig;
}

struct virtio_target *virtio_rig_target(const struct rig *rig, unsigned index)
{
    struct host *host = rig->host;
    return &host->targets[index];
}

enum { HOME_COMMAND = PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER };

// Only what is not there is written: each write makes the bus decode its addresses again.
static void put_home(struct pci_bus *pci, unsigned slot, unsigned offset, unsigned size, uint32_t value, uint64_t now)
{
    const struct pci_function *function = pci->functions[PCI_DEVFN(slot, 0)];
    if (function && pci_function_get(function, offset, size) != value)
        pci_bus_write(pci, PCI_DEVFN(slot, 0), offset, size, value, now);
}

static bool bars_are_home(const struct host *host, const struct pci_function *function, unsigned slot)
{
    bool home = true;
    for (unsigned i = 0; home && i < PCI_BARS; i++)
        home = pci_function_get(function, PCI_BAR0 + 4 * i, 4) == host->bars[slot][i];
    return home;
}

void virtio_rig_home(const struct rig *rig)
{
    const struct host *host = rig->host;
    struct pci_bus *pci = &rig->machine->pci.bus;
    uint64_t now = rig->clock->now;
    for (unsigned slot = 1; slot < SLOTS; slot++) {
        const struct pci_function *function = pci->functions[PCI_DEVFN(slot, 0)];
        if (!function || bars_are_home(host, function, slot))
            continue;
        put_home(pci, slot, PCI_COMMAND, 2, 0, now);
        for (unsigned i = 0; i < PCI_BARS; i++)
            put_home(pci, slot, PCI_BAR0 + 4 * i, 4, host->bars[slot][i], now);
    }
    for (unsigned slot = 1; slot < SLOTS; slot++)
        put_home(pci, slot, PCI_COMMAND, 2, HOME_COMMAND, now);
}

uint64_t virtio_rig_ram(const struct bus_config *config)
{
    return config->gic ? VIRT_RAM : 0;
}
