// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// `-device virtio-*-pci` and `-device virtio-*-device`: each type of device, over PCI or in a virtio-mmio slot.
//
//     struct placed:  device (blk, net, rng, balloon, serial)  +  transport (pci or mmio)  +  its backend
//
// A type is a struct kind: how it is created from its properties, and how it is visited. The rest is the same for all.
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bits.h"
#include "base/why.h"
#include "devices/virtio/virtio_balloon.h"
#include "devices/virtio/virtio_blk.h"
#include "devices/virtio/virtio_console.h"
#include "devices/virtio/virtio_mmio.h"
#include "devices/virtio/virtio_net.h"
#include "devices/virtio/virtio_pci.h"
#include "devices/virtio/virtio_rng.h"
#include "devices/virtio/virtio_scsi.h"
#include "machine/board/board.h"
#include "machine/board/device_drivers.h"

struct kind;

struct placed {
    const struct kind *kind;
    struct board *board;
    struct virtio *virtio;
    bool on_pci, in_slot;
    unsigned slot;
    struct virtio_pci pci;
    struct virtio_mmio mmio;
    union {
        struct virtio_blk blk;
        struct virtio_net net;
        struct virtio_rng rng;
        struct virtio_balloon balloon;
        struct virtio_scsi scsi;
        struct virtio_console console;
    };
    const struct intact_chardev_config *chardev;
    struct block_file file;
};

struct kind {
    uint32_t class_code; // of a PCI function
    bool queue_per_cpu;
    const char *boot; // behind the device in a path of boot_order.h; NULL: no firmware boots from it
    int (*make)(struct placed *placed, const struct intact_device_config *config);
    void (*visit)(struct placed *placed, struct visit *v);
};

// --- Block ----------------------------------------------------------------------------------------------------------

static int power_of_two(struct placed *placed, const struct intact_device_config *config, const char *name,
                        uint64_t least, uint64_t most, uint64_t *value)
{
    int result = device_number(placed->board, config, name, least, most, value);
    if (result == 0 && !is_power_of_two(*value))
        return error_set(&placed->board->error, -EINVAL, "-device %s: %s=%s is no power of two", config->driver, name,
                         device_property(config, name));
    return result;
}

static int make_blk(struct placed *placed, const struct intact_device_config *config)
{
    struct board *board = placed->board;
    const char *drive = device_property(config, "drive"), *serial = device_property(config, "serial");
    uint64_t cpus = board->config.cpus < VIRTIO_QUEUES ? board->config.cpus : VIRTIO_QUEUES;
    uint64_t queues = placed->on_pci ? cpus : 1, size = VIRTIO_BLK_QUEUE_SIZE, block_size = INTACT_BLOCK_SECTOR;
    const struct intact_block *block;
    if (!drive)
        return error_set(&board->error, -EINVAL, "-device %s: needs drive=ID, of a -drive if=none", config->driver);
    if (serial && strlen(serial) > VIRTIO_BLK_ID_SIZE)
        return error_set(&board->error, -EINVAL, "-device %s: serial has at most %d characters", config->driver,
                         VIRTIO_BLK_ID_SIZE);
    int result = device_number(board, config, "num-queues", 1, VIRTIO_QUEUES, &queues);
    if (result == 0)
        result = power_of_two(placed, config, "queue-size", 4, VIRTQUEUE_SIZE_MAX, &size);
    if (result == 0)
        result = power_of_two(placed, config, "logical_block_size", INTACT_BLOCK_SECTOR, 32768, &block_size);
    if (result == 0)
        result = backends_take_drive(board, config, drive, &placed->file, &block);
    if (result < 0)
        return result;
    if (block->size % block_size)
        return error_set(&board->error, -EINVAL, "-device %s: drive=%.80s is no multiple of logical_block_size=%u",
                         config->driver, drive, (unsigned)block_size);
    virtio_blk_init(&placed->blk, &(struct virtio_blk_config){ .block = block,
                                                               .queues = (unsigned)queues,
                                                               .queue_size = (unsigned)size,
                                                               .block_size = (unsigned)block_size,
                                                               .serial = serial });
    placed->virtio = &placed->blk.virtio;
    return 0;
}

static void visit_blk(struct placed *placed, struct visit *v)
{
    virtio_blk_visit(&placed->blk, v);
    VISIT_NESTED(v, "drive", block_file_visit(&placed->file, v));
}

#define BLK_PROPERTIES                                                                                                 \
    DEVICE_DRIVE_PROPERTIES, BOOT_INDEX_PROPERTY, { "serial", "up to 20 characters: its serial number" },              \
        { "num-queues", "1 to 64: request queues, each with an interrupt; by default one for each processor on PCI" }, \
        { "queue-size", "a power of two, 256 by default: requests that a queue holds" },                               \
    {                                                                                                                  \
        "logical_block_size", "a power of two, 512 by default"                                                         \
    }

// --- Network --------------------------------------------------------------------------------------------------------

static bool receive(void *card, const void *frame, size_t size)
{
    return virtio_net_receive(card, frame, size);
}

static void set_link(void *card, bool up)
{
    virtio_net_set_link(card, up);
}

// Without `mac`, cards are numbered in their order from 52:54:00:12:34:56 on, as QEMU does.
static int take_mac(struct placed *placed, const struct intact_device_config *config, uint8_t *mac)
{
    const char *text = device_property(config, "mac");
    unsigned parts[VIRTIO_NET_MAC] = { 0x52, 0x54, 0x00, 0x12, 0x34, 0x56 + placed->board->backends.cards };
    char rest;
    if (text && sscanf(text, "%2x:%2x:%2x:%2x:%2x:%2x%c", &parts[0], &parts[1], &parts[2], &parts[3], &parts[4],
                       &parts[5], &rest) != VIRTIO_NET_MAC)
        return error_set(&placed->board->error, -EINVAL,
                         "-device %s: mac=%.80s is no address of the form 52:54:00:12:34:56", config->driver, text);
    if (parts[0] & 1)
        return error_set(&placed->board->error, -EINVAL, "-device %s: mac=%.80s is the address of a group",
                         config->driver, text);
    for (unsigned i = 0; i < VIRTIO_NET_MAC; i++)
        mac[i] = (uint8_t)parts[i];
    return 0;
}

static int make_net(struct placed *placed, const struct intact_device_config *config)
{
    struct virtio_net_config net = { .queue_size = 256 };
    const struct backends_card card = { .receive = receive, .set_link = set_link, .card = &placed->net };
    const char *netdev = device_property(config, "netdev");
    int result = take_mac(placed, config, net.mac);
    placed->board->backends.cards++;
    if (result == 0 && netdev)
        result = backends_take_netdev(placed->board, config->driver, netdev, &card, &net.net);
    if (result < 0)
        return result;
    virtio_net_init(&placed->net, &net);
    placed->virtio = &placed->net.virtio;
    return 0;
}

static void visit_net(struct placed *placed, struct visit *v)
{
    virtio_net_visit(&placed->net, v);
}

#define NET_PROPERTIES                                                                                                 \
    { "netdev", "the id of a -netdev; without one its link is down" }, BOOT_INDEX_PROPERTY,                            \
    {                                                                                                                  \
        "mac", "its address, 52:54:00:12:34:56 and so on by default"                                                   \
    }

// --- Entropy --------------------------------------------------------------------------------------------------------

static int make_rng(struct placed *placed, const struct intact_device_config *config)
{
    uint64_t seed = 0;
    int result = device_number(placed->board, config, "seed", 0, UINT64_MAX, &seed);
    if (result < 0)
        return result;
    virtio_rng_init(&placed->rng, seed);
    placed->virtio = &placed->rng.virtio;
    return 0;
}

static void visit_rng(struct placed *placed, struct visit *v)
{
    virtio_rng_visit(&placed->rng, v);
}

#define RNG_PROPERTIES                                                                                                 \
    {                                                                                                                  \
        "seed", "a number, 0 by default: which stream of bytes it gives, the same in every run"                        \
    }

// --- Balloon --------------------------------------------------------------------------------------------------------

static int make_balloon(struct placed *placed, const struct intact_device_config *config)
{
    uint64_t seconds = 0;
    if (device_virtio_balloon(placed->board))
        return error_set(&placed->board->error, -EINVAL, "-device %s: there is a balloon already", config->driver);
    int result = device_number(placed->board, config, "guest-stats-polling-interval", 0, UINT32_MAX, &seconds);
    if (result < 0)
        return result;
    virtio_balloon_init(&placed->balloon, &placed->board->clock, seconds * UINT64_C(1000000000));
    placed->virtio = &placed->balloon.virtio;
    return 0;
}

static void visit_balloon(struct placed *placed, struct visit *v)
{
    virtio_balloon_visit(&placed->balloon, v);
}

#define BALLOON_PROPERTIES                                                                                             \
    {                                                                                                                  \
        "guest-stats-polling-interval", "seconds of virtual time from one statistics to the next; 0, by default: once" \
    }

// --- Console --------------------------------------------------------------------------------------------------------

// virtio-serial-* is the device, and virtconsole says where the characters of its port go: two options, as of QEMU.
static int make_serial(struct placed *placed, const struct intact_device_config *config)
{
    uint64_t ports = 1;
    int result = device_number(placed->board, config, "max_ports", 1, 1, &ports);
    if (result < 0)
        return result;
    virtio_console_init(&placed->console, NULL, placed);
    placed->virtio = &placed->console.virtio;
    return 0;
}

static void visit_serial(struct placed *placed, struct visit *v)
{
    virtio_console_visit(&placed->console, v);
}

#define SERIAL_PROPERTIES                                                                                              \
    {                                                                                                                  \
        "max_ports", "1: the port that a virtconsole gets"                                                             \
    }

// --- SCSI -----------------------------------------------------------------------------------------------------------

static int make_scsi(struct placed *placed, const struct intact_device_config *config)
{
    enum { MOST = VIRTIO_QUEUES - VIRTIO_SCSI_QUEUES };
    uint64_t cpus = placed->board->config.cpus < MOST ? placed->board->config.cpus : MOST;
    uint64_t queues = placed->on_pci ? cpus : 1, size = VIRTIO_SCSI_QUEUE_SIZE;
    int result = device_number(placed->board, config, "num_queues", 1, MOST, &queues);
    if (result == 0)
        result = power_of_two(placed, config, "virtqueue_size", 4, VIRTQUEUE_SIZE_MAX, &size);
    if (result < 0)
        return result;
    virtio_scsi_init(&placed->scsi, (unsigned)queues, (unsigned)size);
    placed->virtio = &placed->scsi.virtio;
    return 0;
}

static void visit_scsi(struct placed *placed, struct visit *v)
{
    virtio_scsi_visit(&placed->scsi, v);
}

#define SCSI_PROPERTIES                                                                                                \
    { "num_queues", "1 to 62: request queues; by default one for each processor on PCI" },                             \
    {                                                                                                                  \
        "virtqueue_size", "a power of two, 256 by default: requests that a queue holds"                                \
    }

// --- Life of all ----------------------------------------------------------------------------------------------------

static void ops_reset(void *object, uint64_t now)
{
    struct placed *placed = object;
    if (placed->on_pci)
        virtio_pci_reset(&placed->pci, now);
    else
        virtio_mmio_reset(&placed->mmio);
}

static void ops_visit(void *object, struct visit *v)
{
    struct placed *placed = object;
    if (placed->on_pci)
        VISIT_NESTED(v, "pci", virtio_pci_visit(&placed->pci, v));
    else
        VISIT_NESTED(v, "mmio", virtio_mmio_visit(&placed->mmio, v));
    placed->kind->visit(placed, v);
}

static void ops_loaded(void *object)
{
    struct placed *placed = object;
    virtio_loaded(placed->virtio);
    block_file_loaded(&placed->file);
}

static void ops_destroy(void *object)
{
    struct placed *placed = object;
    if (placed->in_slot)
        placed->board->virtio_slots.devices[placed->slot] = NULL;
    virtio_mmio_destroy(&placed->mmio);
    virtio_pci_destroy(&placed->pci);
    block_file_close(&placed->file);
    free(placed);
}

// --- Its interrupts, by name -----------------------------------------------------------------------------------------

// "queue0" and up, "config". False: it is neither.
static bool event_of(const struct placed *placed, const char *part, unsigned *queue)
{
    char rest;
    *queue = VIRTIO_CONFIG;
    if (strcmp(part, "config") == 0)
        return true;
    return sscanf(part, "queue%4u%c", queue, &rest) == 1 && isdigit((unsigned char)part[5]) &&
           *queue < placed->virtio->queue_count;
}

static uint16_t vector_of(const struct placed *placed, unsigned queue)
{
    return queue == VIRTIO_CONFIG ? placed->pci.config_vector : placed->pci.queue_vectors[queue];
}

static bool uses_msix(const struct placed *placed)
{
    return placed->on_pci && pci_irq_mode(&placed->pci.pci) == INTACT_IRQ_MODE_PCI_MSIX;
}

// Has the device notified, and the driver not heard of it yet? Then nothing that would hold the next notification back
// matters.
static bool is_notified(const struct placed *placed, unsigned queue)
{
    uint32_t bit = queue == VIRTIO_CONFIG ? INTACT_IRQ_CONFIG : INTACT_IRQ_USED_RING;
    if (uses_msix(placed))
        return intact_irq_group_pending(pci_irq_group(&placed->pci.pci), vector_of(placed, queue)) > 0;
    return intact_irq_status_read(placed->on_pci ? &placed->pci.isr : &placed->mmio.status) & bit;
}

// What an event of the device is sent by.
static void follow_event(const struct placed *placed, unsigned queue, struct device_part *part, struct why *why)
{
    uint16_t vector = vector_of(placed, queue);
    part->source = part->text;
    if (!placed->on_pci) {
        snprintf(part->text, sizeof part->text, "irq");
        return;
    }
    if (!uses_msix(placed)) {
        snprintf(part->text, sizeof part->text, "intx");
    } else if (vector == INTACT_IRQ_NO_VECTOR) {
        WHY_NAMED(why, INTACT_WHY_VIRTIO_NO_VECTOR, part->name, 0);
        part->source = NULL;
    } else {
        snprintf(part->text, sizeof part->text, "msix%u", vector);
    }
    if (part->source)
        pci_irq_why(&placed->pci.pci, part->source, part->name, why);
}

static bool ops_why(void *object, struct device_part *part, struct why *why)
{
    const struct placed *placed = object;
    unsigned queue;
    if (!event_of(placed, part->part, &queue)) {
        part->source = part->part;
        return placed->on_pci ? device_pci_why(&placed->pci.pci, part, why) : strcmp(part->part, "irq") == 0;
    }
    if (!is_notified(placed, queue))
        virtio_why(placed->virtio, queue, part->name, why);
    follow_event(placed, queue, part, why);
    return true;
}

static bool ops_part(void *object, unsigned index, char *name, size_t size)
{
    const struct placed *placed = object;
    unsigned queues = placed->virtio->queue_count;
    if (index < queues)
        snprintf(name, size, "queue%u", index);
    else if (index == queues)
        snprintf(name, size, "config");
    else if (placed->on_pci)
        return device_pci_part(&placed->pci.pci, index - queues - 1, name, size);
    else
        snprintf(name, size, "irq");
    return index <= queues + 1;
}

// What a driver may be denied, to see what it does without.
static int take_features(struct placed *placed, const struct intact_device_config *config)
{
    bool event_index = true, indirect = true;
    int result = device_switch(placed->board, config, "event_idx", &event_index);
    if (result == 0)
        result = device_switch(placed->board, config, "indirect_desc", &indirect);
    if (!event_index)
        placed->virtio->features &= ~BIT64(VIRTIO_F_EVENT_IDX);
    if (!indirect)
        placed->virtio->features &= ~BIT64(VIRTIO_F_INDIRECT_DESC);
    return result;
}

static int put_on_pci(struct placed *placed, const struct intact_device_config *config)
{
    uint64_t vectors = placed->virtio->queue_count + 1;
    uint8_t devfn;
    int result = device_number(placed->board, config, "vectors", 0, VIRTIO_QUEUES + 1, &vectors);
    if (result == 0)
        result = device_pci_place(placed->board, config, &devfn);
    if (result < 0)
        return result;
    result = virtio_pci_init(&placed->pci, placed->virtio, placed->kind->class_code, (unsigned)vectors,
                             &placed->board->pci.bus, devfn);
    return result < 0 ? device_failed(placed->board, config, result)
                      : device_pci_rom(placed->board, config, &placed->pci.pci);
}

// QEMU's name of slot n is bus virtio-mmio-bus.n.
static int choose_slot(struct placed *placed, const struct intact_device_config *config)
{
    static const char prefix[] = "virtio-mmio-bus.";
    const struct virtio_slots *slots = &placed->board->virtio_slots;
    const char *bus = device_property(config, "bus");
    unsigned slot;
    char rest;
    placed->slot = virtio_slots_free(slots);
    if (!bus && placed->slot == slots->count)
        return error_set(&placed->board->error, -EINVAL, "-device %s: all %u virtio-mmio slots are in use",
                         config->driver, slots->count);
    if (!bus)
        return 0;
    bool named = strncmp(bus, prefix, sizeof prefix - 1) == 0 && isdigit((unsigned char)bus[sizeof prefix - 1]);
    if (!named || sscanf(bus + sizeof prefix - 1, "%4u%c", &slot, &rest) != 1 || slot >= slots->count)
        return error_set(&placed->board->error, -EINVAL, "-device %s: no bus '%.80s'; there is %s0 to %s%u",
                         config->driver, bus, prefix, prefix, slots->count - 1);
    if (slots->devices[slot])
        return error_set(&placed->board->error, -EINVAL, "-device %s: bus=%.80s is taken; give another, or none",
                         config->driver, bus);
    placed->slot = slot;
    return 0;
}

static int put_in_slot(struct placed *placed, const struct intact_device_config *config)
{
    struct virtio_slots *slots = &placed->board->virtio_slots;
    bool legacy = false;
    int result = device_switch(placed->board, config, "force-legacy", &legacy);
    if (result < 0)
        return result;
    result = choose_slot(placed, config);
    if (result < 0)
        return result;
    result = virtio_mmio_init(&placed->mmio, placed->virtio, placed->board->manager, slots->gsi[placed->slot],
                              &placed->board->memory, legacy);
    if (result < 0)
        return device_failed(placed->board, config, result);
    slots->devices[placed->slot] = &placed->mmio;
    placed->in_slot = true;
    return 0;
}

// 0, or a negative enum intact_irq_error.
static int set_name(struct placed *placed, const char *name)
{
    if (placed->on_pci)
        return pci_irq_set_name(&placed->pci.pci, name);
    return intact_irq_group_set_name(placed->mmio.irq.group, names_add_part(&placed->board->trace.names, name, "irq"));
}

static void path_of(const struct placed *placed, char path[BOOT_PATH])
{
    if (placed->on_pci)
        boot_path_pci(placed->board, &placed->pci.pci, path);
    else
        boot_path_slot(placed->board->virtio_slots.base + placed->slot * (uint64_t)VIRTIO_MMIO_SIZE, path);
}

static int take_boot_index(const struct placed *placed, const struct intact_device_config *config)
{
    char path[BOOT_PATH];
    if (!placed->kind->boot)
        return 0;
    path_of(placed, path);
    return boot_order_add(placed->board, config, path, placed->kind->boot);
}

static const struct board_device_ops placed_ops = { ops_reset, ops_visit, ops_destroy, ops_loaded, ops_why, ops_part };

static int create(struct board *board, const struct intact_device_config *config, struct board_device *device,
                  const struct kind *kind, bool on_pci)
{
    struct placed *placed = calloc(1, sizeof *placed);
    if (!placed)
        return device_failed(board, config, -ENOMEM);
    placed->kind = kind;
    placed->board = board;
    placed->on_pci = on_pci;
    device->object = placed;
    device->ops = &placed_ops;
    int result = kind->make(placed, config);
    if (result == 0)
        result = take_features(placed, config);
    if (result == 0)
        result = on_pci ? put_on_pci(placed, config) : put_in_slot(placed, config);
    if (result == 0)
        result = take_boot_index(placed, config);
    if (result == 0 && set_name(placed, device->name) < 0)
        result = device_failed(board, config, -ENOMEM);
    if (result < 0)
        ops_destroy(placed);
    return result;
}

// --- The drivers ----------------------------------------------------------------------------------------------------

#define COMMON_PROPERTIES                                                                                              \
    { "event_idx", "on by default: interrupts and notifications by index (VIRTIO_F_EVENT_IDX)" },                      \
    {                                                                                                                  \
        "indirect_desc", "on by default: tables of descriptors (VIRTIO_F_INDIRECT_DESC)"                               \
    }

#define PCI_PROPERTIES                                                                                                 \
    COMMON_PROPERTIES,                                                                                                 \
        { "vectors", "0 to 65: of MSI-X; one for each queue and one more by default, 0 for INTx alone" },              \
        DEVICE_PCI_PROPERTIES

#define SLOT_PROPERTIES                                                                                                \
    COMMON_PROPERTIES, { "force-legacy", "off by default: version 1 of the interface instead of 2" },                  \
        { "bus", "virtio-mmio-bus.N: slot N; the last free one by default" },                                          \
    {                                                                                                                  \
        "id", "a name of your own"                                                                                     \
    }

// One type of device as two drivers.
#define DRIVERS(type, class, boot_node, text, ...)                                                                     \
    static const struct kind kind_##type = {                                                                           \
        .class_code = class, .boot = boot_node, .make = make_##type, .visit = visit_##type                             \
    };                                                                                                                 \
    static int create_##type##_pci(struct board *board, const struct intact_device_config *config,                     \
                                   struct board_device *device)                                                        \
    {                                                                                                                  \
        return create(board, config, device, &kind_##type, true);                                                      \
    }                                                                                                                  \
    static int create_##type##_device(struct board *board, const struct intact_device_config *config,                  \
                                      struct board_device *device)                                                     \
    {                                                                                                                  \
        return create(board, config, device, &kind_##type, false);                                                     \
    }                                                                                                                  \
    static const struct device_property type##_pci_properties[] = { __VA_ARGS__, PCI_PROPERTIES, { NULL, NULL } };     \
    static const struct device_property type##_slot_properties[] = { __VA_ARGS__, SLOT_PROPERTIES, { NULL, NULL } };   \
    const struct device_driver device_virtio_##type##_pci = { .name = "virtio-" #type "-pci",                          \
                                                              .about = "PCI, virtio: " text,                           \
                                                              .properties = type##_pci_properties,                     \
                                                              .create = create_##type##_pci };                         \
    const struct device_driver device_virtio_##type##_device = { .name = "virtio-" #type "-device",                    \
                                                                 .about = "virtio-mmio: " text,                        \
                                                                 .properties = type##_slot_properties,                 \
                                                                 .create = create_##type##_device }

DRIVERS(blk, 0x010000, "disk@0,0", "a disk", BLK_PROPERTIES);
DRIVERS(net, 0x020000, "ethernet-phy@0", "a network card", NET_PROPERTIES);
DRIVERS(scsi, 0x010000, NULL, "an adapter for scsi-hd and scsi-cd, the bus ID.0", SCSI_PROPERTIES);
DRIVERS(balloon, 0x00ff00, NULL, "a memory balloon", BALLOON_PROPERTIES);
DRIVERS(rng, 0x00ff00, NULL, "a source of bytes that look random", RNG_PROPERTIES);
DRIVERS(serial, 0x078000, NULL, "a port for a virtconsole", SERIAL_PROPERTIES);

struct virtio_balloon *device_virtio_balloon(const struct board *board)
{
    for (unsigned i = 0; i < board->devices.count; i++) {
        const struct board_device *device = &board->devices.devices[i];
        struct placed *placed = device->object;
        if (device->ops == &placed_ops && placed->kind == &kind_balloon)
            return &placed->balloon;
    }
    return NULL;
}

struct virtio_scsi *device_virtio_scsi(struct board *board, const char *bus)
{
    for (unsigned i = 0; i < board->devices.count; i++) {
        const struct board_device *device = &board->devices.devices[i];
        struct placed *placed = device->object;
        size_t length = strlen(device->name);
        if (device->ops == &placed_ops && placed->kind == &kind_scsi &&
            (!bus || (strncmp(bus, device->name, length) == 0 && strcmp(bus + length, ".0") == 0)))
            return &placed->scsi;
    }
    return NULL;
}

void device_virtio_scsi_path(struct virtio_scsi *scsi, char *path)
{
    path_of(container_of(scsi, struct placed, scsi), path);
}

// --- virtconsole ----------------------------------------------------------------------------------------------------

static struct outside_port *port_of(const struct placed *placed)
{
    struct board *board = placed->board;
    return &board->outside.ports[OUTSIDE_CHARDEV + (placed->chardev - board->config.chardevs)];
}

static void transmit(void *owner, uint8_t byte)
{
    outside_transmit(port_of(owner), byte);
}

static bool console_can_receive(void *port)
{
    return virtio_console_can_receive(port);
}

static void console_receive(void *port, uint8_t byte, uint64_t now)
{
    (void)now;
    virtio_console_receive(port, byte);
}

static void console_drained(void *owner)
{
    outside_receive(port_of(owner));
}

static void resize(void *screen, uint16_t columns, uint16_t rows)
{
    virtio_console_resize(screen, columns, rows);
}

// The last virtio-serial device whose port has no backend yet.
static struct placed *free_port(struct board *board)
{
    for (unsigned i = board->devices.count; i > 0; i--) {
        const struct board_device *device = &board->devices.devices[i - 1];
        struct placed *placed = device->object;
        if (device->ops == &placed_ops && placed->kind == &kind_serial && !placed->chardev)
            return placed;
    }
    return NULL;
}

static void console_ops_reset(void *object, uint64_t now)
{
    (void)object, (void)now;
}

static void console_ops_visit(void *object, struct visit *v)
{
    (void)object, (void)v;
}

static void console_ops_destroy(void *object)
{
    (void)object; // the port has the state
}

static int create_virtconsole(struct board *board, const struct intact_device_config *config,
                              struct board_device *device)
{
    static const struct board_device_ops ops = { console_ops_reset, console_ops_visit, console_ops_destroy, NULL };
    const char *chardev = device_property(config, "chardev");
    struct placed *port = free_port(board);
    if (!port)
        return error_set(&board->error, -EINVAL, "-device virtconsole: needs a -device virtio-serial-pci before it");
    if (!chardev)
        return error_set(&board->error, -EINVAL, "-device virtconsole: needs chardev=ID, of a -chardev");
    const struct backends_screen screen = { .resize = resize, .screen = &port->console };
    int result = backends_take_chardev(board, config->driver, chardev, &screen, &port->chardev);
    if (result < 0)
        return result;
    port->console.transmit = transmit;
    port->console.drained = console_drained;
    result = outside_connect(&board->outside, (unsigned)(port_of(port) - board->outside.ports), console_can_receive,
                             console_receive, &port->console, &board->error);
    if (result < 0)
        return result;
    device->object = port;
    device->ops = &ops;
    return 0;
}

static const struct device_property virtconsole_properties[] = {
    { "chardev", "the id of a -chardev: where its characters go; needed" },
    { "id", "a name of your own" },
    { NULL, NULL },
};

const struct device_driver device_virtconsole = {
    .name = "virtconsole",
    .about = "the port of the virtio-serial device before it, as a console",
    .properties = virtconsole_properties,
    .create = create_virtconsole,
};
