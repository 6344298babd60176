// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Virtio devices of every kind on every transport of both machines, and drivers that break the rules: rings with loops,
// chains beyond the table, tables in tables, buffers outside RAM, indices that jump, impossible sizes, registers
// written at any time, resets in the middle, disks that fail, frames of odd sizes.
//
// What must hold after every step:
//   - a device that found a fault needs a reset, and until then does not write to memory (virtio_rig.c);
//   - a device that runs has returned every chain that it took;
//   - a line is high while the status register is not 0; deriving every output once more changes nothing;
//   - an access makes a device do a bounded amount of work.
// And now and then: after a reset, the device works for a driver that keeps the rules, whatever happened before.
#include <stdlib.h>
#include <string.h>

#include "arm_check.h"
#include "base/bits.h"
#include "devices/virtio/virtio_blk.h"
#include "devices/virtio/virtio_console.h"
#include "devices/virtio/virtio_net.h"
#include "machine/tables/bytes.h"
#include "virtio_driver.h"
#include "x86_check.h"

const char *const fuzz_name = "fuzz_virtio";

enum { TYPE_NET = 1, TYPE_BLK, TYPE_CONSOLE, TYPE_RNG, TYPE_BALLOON };
enum { CHAINS = 4, SETTLE_EVERY = 16, FRAME_MAX = 70000, CONFIG_AT_MMIO = 0x100, MMIO_SIZE = 0x200 };

static struct virtio_notes *notes(const struct bus_case *bus)
{
    return bus->own;
}

static struct virtio_driver any_driver(struct bus_case *bus, struct fuzz *fuzz)
{
    return virtio_driver(bus, fuzz, fuzz_below(fuzz, VIRTIO_TARGETS));
}

// --- What a driver may put into a ring ------------------------------------------------------------------------------

static uint64_t any_address(const struct virtio_driver *driver, unsigned queue)
{
    struct fuzz *fuzz = driver->fuzz;
    const struct virtqueue *ring = &driver->target->virtio->queues[queue];
    uint64_t ram = virtio_rig_ram(&driver->bus->config);
    const uint64_t often[] = {
        ring->descriptors,
        ring->available,
        ring->used,
        ram,
        ram + RIG_RAM,
        ram + RIG_RAM - 512,
        ram - 1,
        0,
        UINT64_MAX,
        UINT64_MAX - 15,
        0x80000000,
        driver->bus->config.gic ? UINT64_C(0x08000000) : UINT64_C(0xfee00000),
        driver->target->pci ? pci_bar_address(&driver->target->pci->pci, VIRTIO_PCI_BAR) : driver->target->base,
    };
    switch (fuzz_below(fuzz, 8)) {
    case 0: return FUZZ_PICK(fuzz, often);
    case 1: return FUZZ_PICK(fuzz, often) + fuzz_below(fuzz, 64) - 32;
    case 2: return ram + fuzz_below(fuzz, RIG_RAM);
    case 3: return virtio_driver_ring(driver, queue) + fuzz_below(fuzz, DRIVER_BUFFERS);
    default: return virtio_driver_buffers(driver, queue) + 16 * (uint64_t)fuzz_below(fuzz, DRIVER_BUFFERS / 16);
    }
}

static uint32_t any_size(struct fuzz *fuzz)
{
    static const uint32_t often[] = { 0,   1,   2,    10,   12,   15,    16,    17,      20,        512,       513,
                                      511, 528, 1024, 4096, 1526, 65535, 65536, 0x40000, 0x3ffffff, UINT32_MAX };
    return fuzz_chance(fuzz, 3) ? fuzz_below(fuzz, 2000) : FUZZ_PICK(fuzz, often);
}

// The readable bytes that begin a request of this type: they mean something.
static void write_header(const struct virtio_driver *driver, uint64_t address, unsigned queue)
{
    static const uint32_t requests[] = { 0, 1, 0, 1, 4, 8, 11, 13, 2, 0x80000000 };
    struct fuzz *fuzz = driver->fuzz;
    uint8_t *at = virtio_driver_ram(driver, address, 64);
    if (!at)
        return;
    if (driver->target->virtio->type->id == TYPE_BLK) {
        put32(at, FUZZ_PICK(fuzz, requests));
        put64(at + 8, fuzz_chance(fuzz, 4) ? fuzz_value(fuzz) : fuzz_below(fuzz, 600));
        put64(at + 16, fuzz_chance(fuzz, 4) ? fuzz_value(fuzz) : fuzz_below(fuzz, 500)); // a range of DISCARD
        put32(at + 24, fuzz_chance(fuzz, 4) ? (uint32_t)fuzz_value(fuzz) : fuzz_below(fuzz, 500));
        put32(at + 28, fuzz_chance(fuzz, 4) * fuzz_below(fuzz, 4));
    } else if (driver->target->virtio->type->id == TYPE_NET && queue == 2) {
        at[0] = (uint8_t)fuzz_below(fuzz, 3);
        at[1] = (uint8_t)fuzz_below(fuzz, 8);
        put32(at + 2, fuzz_chance(fuzz, 2) ? fuzz_below(fuzz, 80) : (uint32_t)fuzz_value(fuzz));
    }
}

// As a driver would lay it out, each size perhaps another.
static unsigned any_request(const struct virtio_driver *driver, unsigned queue, struct virtio_segment *segments)
{
    static const uint32_t of_blk[] = { 16, 512, 1024, 1 }, of_net[] = { 12, 60, 1514, 1526 };
    struct fuzz *fuzz = driver->fuzz;
    unsigned type = driver->target->virtio->type->id, count = 1 + fuzz_below(fuzz, DRIVER_SEGMENTS);
    bool receives = queue == 0 && type != TYPE_BLK;
    unsigned readable = receives ? 0 : type == TYPE_BLK || queue == 2 ? 1 + fuzz_below(fuzz, count) : count;
    for (unsigned i = 0; i < count; i++) {
        segments[i] = (struct virtio_segment){
            .address = virtio_driver_buffers(driver, queue) + 16 * (uint64_t)fuzz_below(fuzz, DRIVER_BUFFERS / 16),
            .size = type == TYPE_BLK ? of_blk[i == 0           ? 0
                                              : i + 1 == count ? 3
                                                               : 1 + fuzz_below(fuzz, 2)]
                                     : of_net[i ? 1 + fuzz_below(fuzz, 3) : 0],
            .writable = i >= readable,
        };
        if (fuzz_chance(fuzz, 8))
            segments[i].size = any_size(fuzz);
    }
    write_header(driver, segments[0].address, queue);
    return count;
}

// --- Steps: rings ---------------------------------------------------------------------------------------------------

static void break_descriptor(const struct virtio_driver *driver, unsigned queue)
{
    struct fuzz *fuzz = driver->fuzz;
    const struct virtqueue *ring = &driver->target->virtio->queues[queue];
    unsigned index = fuzz_below(fuzz, ring->size);
    uint64_t table = fuzz_chance(fuzz, 4) ? any_address(driver, queue) & ~UINT64_C(15) : ring->descriptors;
    uint16_t next = (uint16_t)(fuzz_chance(fuzz, 4) ? fuzz_word(fuzz) : fuzz_below(fuzz, ring->size));
    virtio_driver_descriptor(driver, table, index, any_address(driver, queue), any_size(fuzz),
                             (uint16_t)fuzz_below(fuzz, fuzz_chance(fuzz, 16) ? 65536 : 8), next);
}

// A table that is full of descriptors for one buffer, each of the next.
static void fill_table(const struct virtio_driver *driver, unsigned queue)
{
    struct fuzz *fuzz = driver->fuzz;
    const struct virtqueue *ring = &driver->target->virtio->queues[queue];
    uint64_t address = any_address(driver, queue);
    uint32_t size = any_size(fuzz);
    uint16_t flags = VIRTQ_DESC_F_NEXT | (fuzz_chance(fuzz, 2) ? VIRTQ_DESC_F_WRITE : 0);
    for (unsigned i = 0; i < ring->size; i++)
        virtio_driver_descriptor(driver, ring->descriptors, i, address, size, flags, (uint16_t)((i + 1) % ring->size));
    if (fuzz_chance(fuzz, 2))
        virtio_driver_descriptor(driver, ring->descriptors, ring->size - 1, address, size, flags & ~VIRTQ_DESC_F_NEXT,
                                 0);
}

static void break_ring(const struct virtio_driver *driver, unsigned queue)
{
    struct fuzz *fuzz = driver->fuzz;
    const struct virtqueue *ring = &driver->target->virtio->queues[queue];
    uint8_t *available = virtio_driver_ram(driver, ring->available, 6 + 2u * ring->size);
    uint16_t value = (uint16_t)(fuzz_chance(fuzz, 2) ? fuzz_value(fuzz) : fuzz_below(fuzz, 2u * ring->size));
    switch (fuzz_below(fuzz, 8)) {
    case 0:
        if (available)
            put16(available + 2, fuzz_chance(fuzz, 2) ? value : (uint16_t)(ring->next_available + ring->size));
        break;
    case 1:
        if (available)
            put16(available + 2 * fuzz_below(fuzz, 3u + ring->size), value);
        break;
    case 2: fill_table(driver, queue); break;
    default: break_descriptor(driver, queue); break;
    }
}

static void step_chains(struct bus_case *bus, struct fuzz *fuzz)
{
    struct virtio_driver driver = any_driver(bus, fuzz);
    unsigned queue = fuzz_below(fuzz, driver.target->virtio->queue_count);
    const struct virtqueue *ring = &driver.target->virtio->queues[queue];
    struct virtio_segment segments[DRIVER_SEGMENTS];
    uint16_t heads[CHAINS];
    unsigned chains = 1 + fuzz_below(fuzz, CHAINS);
    for (unsigned i = 0; i < chains; i++) {
        unsigned count = any_request(&driver, queue, segments);
        uint64_t table = fuzz_chance(fuzz, 3) ? any_address(&driver, queue) & ~UINT64_C(15) : 0;
        heads[i] = (uint16_t)fuzz_below(fuzz, ring->size);
        virtio_driver_chain(&driver, queue, heads[i], segments, count, table);
    }
    virtio_driver_offer(&driver, queue, heads, chains);
    for (unsigned wrong = fuzz_chance(fuzz, 2) ? fuzz_below(fuzz, 4) : 0; wrong; wrong--)
        break_ring(&driver, queue);
    if (!fuzz_chance(fuzz, 8))
        virtio_driver_notify(&driver, queue);
}

static void step_notify(struct bus_case *bus, struct fuzz *fuzz)
{
    struct virtio_driver driver = any_driver(bus, fuzz);
    for (unsigned storm = fuzz_chance(fuzz, 8) ? 100 : 1; storm; storm--)
        virtio_driver_notify(&driver, fuzz_below(fuzz, fuzz_chance(fuzz, 8) ? 70 : DRIVER_QUEUES));
}

// --- Steps: registers -----------------------------------------------------------------------------------------------

static void step_start(struct bus_case *bus, struct fuzz *fuzz)
{
    struct virtio_driver driver = any_driver(bus, fuzz);
    if (fuzz_chance(fuzz, 4))
        virtio_rig_home(&bus->rig);
    virtio_driver_start(&driver, fuzz_chance(fuzz, 2) ? 0 : fuzz_word(fuzz) & fuzz_word(fuzz) & fuzz_word(fuzz),
                        fuzz_chance(fuzz, 2));
}

static uint64_t any_register(const struct virtio_driver *driver)
{
    struct fuzz *fuzz = driver->fuzz;
    if (!driver->target->pci)
        return fuzz_below(fuzz, 4) ? 4 * fuzz_below(fuzz, 0x40) : fuzz_below(fuzz, MMIO_SIZE);
    switch (fuzz_below(fuzz, 8)) {
    case 0: return VIRTIO_PCI_ISR + fuzz_chance(fuzz, 8) * fuzz_below(fuzz, 16);
    case 1: return VIRTIO_PCI_CONFIG + fuzz_below(fuzz, VIRTIO_CONFIG_SIZE + 8);
    case 2: return VIRTIO_PCI_NOTIFY + fuzz_below(fuzz, VIRTIO_PCI_MULTIPLIER * 4);
    case 3: return fuzz_below(fuzz, VIRTIO_PCI_SIZE);
    default: return 2 * fuzz_below(fuzz, 32);
    }
}

static uint64_t any_value(const struct virtio_driver *driver)
{
    static const uint64_t often[] = { 0, 1, 2, 3, 4, 7, 8, 11, 15, 16, 64, 128, 256, 1024, 4096, 65535, 0x80, 0xcf };
    struct fuzz *fuzz = driver->fuzz;
    unsigned queue = fuzz_below(fuzz, driver->target->virtio->queue_count);
    switch (fuzz_below(fuzz, 4)) {
    case 0: return fuzz_value(fuzz);
    case 1: return (uint32_t)any_address(driver, queue);
    default: return FUZZ_PICK(fuzz, often);
    }
}

static void step_register(struct bus_case *bus, struct fuzz *fuzz)
{
    struct virtio_driver driver = any_driver(bus, fuzz);
    uint64_t at = any_register(&driver);
    unsigned size = fuzz_chance(fuzz, 2) ? driver.target->pci ? 2 : 4 : bus_any_size(fuzz);
    if (fuzz_chance(fuzz, 3))
        virtio_driver_read(&driver, at, size);
    else
        virtio_driver_write(&driver, at, size, any_value(&driver));
}

// What a driver sets of one queue, with sizes and places that may not be.
static void step_queue(struct bus_case *bus, struct fuzz *fuzz)
{
    static const unsigned sizes[] = { 0, 1, 2, 3, 4, 8, 16, 64, 100, 128, 256, 512, 1024, 2048, 32768, 65535 };
    struct virtio_driver driver = any_driver(bus, fuzz);
    virtio_driver_queue(&driver, fuzz_below(fuzz, DRIVER_QUEUES), FUZZ_PICK(fuzz, sizes));
}

// --- Steps: PCI -----------------------------------------------------------------------------------------------------

static void step_pci(struct bus_case *bus, struct fuzz *fuzz)
{
    static const uint32_t bars[] = { 0,          0x1000,     0x40000000, 0x10000000, 0x10004000,
                                     0xc0000000, 0xfec10000, 0xfee00000, 0xe0000000, 0xffffffff };
    struct virtio_driver driver = any_driver(bus, fuzz);
    if (!driver.target->pci)
        return;
    struct pci_function *function = &driver.target->pci->pci;
    uint64_t now = bus->rig.clock->now;
    unsigned at = fuzz_below(fuzz, PCI_CONFIG_SIZE);
    switch (fuzz_below(fuzz, 6)) {
    case 0:
        pci_bus_write(function->bus, function->devfn, PCI_BAR0 + 4 * fuzz_below(fuzz, PCI_BARS), 4,
                      FUZZ_PICK(fuzz, bars), now);
        break;
    case 1:
        pci_bus_write(function->bus, function->devfn, PCI_COMMAND, 2,
                      PCI_COMMAND_MEMORY | (fuzz_chance(fuzz, 3) ? 0 : PCI_COMMAND_MASTER) |
                          (fuzz_chance(fuzz, 3) ? PCI_COMMAND_INTX_DISABLE : 0),
                      now);
        break;
    case 2:
        if (function->irq.msix_at)
            pci_bus_write(function->bus, function->devfn, function->irq.msix_at + 2u, 2, fuzz_below(fuzz, 4) << 14,
                          now);
        break;
    case 3: // the capability that reaches BAR 4 from here, 4.1.4.9
        pci_bus_write(function->bus, function->devfn, driver.target->pci->access + 4u, 1, VIRTIO_PCI_BAR, now);
        pci_bus_write(function->bus, function->devfn, driver.target->pci->access + 8u, 4,
                      (uint32_t)any_register(&driver), now);
        pci_bus_write(function->bus, function->devfn, driver.target->pci->access + 12u, 4, bus_any_size(fuzz), now);
        pci_bus_write(function->bus, function->devfn, driver.target->pci->access + 16u, 4, (uint32_t)any_value(&driver),
                      now);
        bus_note(bus, pci_bus_read(function->bus, function->devfn, driver.target->pci->access + 16u, 4, now));
        break;
    case 4: bus_note(bus, pci_bus_read(function->bus, function->devfn, at & ~3u, 4, now)); break;
    default: virtio_rig_home(&bus->rig); break;
    }
}

static void step_table(struct bus_case *bus, struct fuzz *fuzz)
{
    struct virtio_driver driver = any_driver(bus, fuzz);
    uint64_t address;
    uint32_t data;
    if (!driver.target->pci || !pci_bar_mapped(&driver.target->pci->pci, VIRTIO_PCI_MSIX_BAR))
        return;
    uint64_t row = pci_bar_address(&driver.target->pci->pci, VIRTIO_PCI_MSIX_BAR) + 16 * fuzz_below(fuzz, 4);
    bus_family.message(fuzz, &address, &data);
    bus_do_write(bus, fuzz, row, 8, fuzz_chance(fuzz, 8) ? fuzz_value(fuzz) : address);
    bus_do_write(bus, fuzz, row + 8, 4, data);
    bus_do_write(bus, fuzz, row + 12, 4, fuzz_below(fuzz, 2));
}

// --- Steps: the other side ------------------------------------------------------------------------------------------

static void receive_frame(const struct virtio_driver *driver)
{
    static uint8_t frame[FRAME_MAX];
    static const uint32_t sizes[] = { 0, 13, 14, 60, 61, 1514, 1518, 9000, 65535, 65536, 65537, FRAME_MAX };
    uint32_t size = fuzz_chance(driver->fuzz, 2) ? FUZZ_PICK(driver->fuzz, sizes) : 60 + fuzz_below(driver->fuzz, 1500);
    memset(frame, 0xff, 6);
    fuzz_tell(driver->fuzz, "device %u: a frame of %u", driver->index, size);
    bus_note(driver->bus, virtio_net_receive(driver->target->virtio->owner, frame, size));
}

static void step_outside(struct bus_case *bus, struct fuzz *fuzz)
{
    struct virtio_driver driver = any_driver(bus, fuzz);
    struct virtio *virtio = driver.target->virtio;
    driver.target->reads = driver.target->writes = driver.target->bytes = 0;
    if (virtio->type->id == TYPE_NET && fuzz_chance(fuzz, 8)) {
        virtio_net_set_link(virtio->owner, fuzz_below(fuzz, 2));
    } else if (virtio->type->id == TYPE_NET) {
        receive_frame(&driver);
    } else if (virtio->type->id == TYPE_CONSOLE && fuzz_chance(fuzz, 8)) {
        virtio_console_resize(virtio->owner, (uint16_t)fuzz_word(fuzz), (uint16_t)fuzz_word(fuzz));
    } else if (virtio->type->id == TYPE_CONSOLE) {
        for (unsigned i = fuzz_below(fuzz, 100); i; i--)
            if (virtio_console_can_receive(virtio->owner))
                virtio_console_receive(virtio->owner, (uint8_t)fuzz_word(fuzz));
    }
}

// --- Steps: a driver that keeps the rules ---------------------------------------------------------------------------

static void need(const struct virtio_driver *driver, bool good, const char *what)
{
    if (!good)
        fuzz_fail("device %u, a %s on %s: %s", driver->index, driver->target->virtio->type->name,
                  driver->target->pci ? "PCI" : "MMIO", what);
}

// A request to a disk; its answer.
static uint8_t disk_request(const struct virtio_driver *driver, uint32_t type, uint64_t sector, uint8_t *data)
{
    unsigned queue = fuzz_below(driver->fuzz, driver->target->virtio->queue_count);
    uint64_t buffers = virtio_driver_buffers(driver, queue);
    uint8_t *bytes = virtio_driver_ram(driver, buffers, 1024);
    const struct virtio_segment segments[] = { { buffers, 16, false },
                                               { buffers + 16, 512, type == 0 },
                                               { buffers + 528, 1, true } };
    put32(bytes, type);
    put32(bytes + 4, 0);
    put64(bytes + 8, sector);
    memcpy(bytes + 16, data, 512);
    bytes[528] = 0xee;
    uint32_t written = virtio_driver_request(driver, queue, segments, 3);
    need(driver, written == (type == 0 && bytes[528] == 0 ? 513u : written), "a length is wrong");
    memcpy(data, bytes + 16, 512);
    return bytes[528];
}

static void use_disk(const struct virtio_driver *driver)
{
    static const uint64_t sectors[VIRTIO_DISKS] = { 512, 512, 512, 3 };
    uint8_t sent[512], data[512];
    uint8_t(*disks)[VIRTIO_DISK_SIZE] = notes(driver->bus)->disk;
    int disk = driver->target->disk;
    uint64_t sector =
        fuzz_below(driver->fuzz, disk == VIRTIO_DISK_SMALL ? 3 : 80) * (disk == VIRTIO_DISK_BROKEN ? 3 : 1);
    memset(sent, fuzz_below(driver->fuzz, 256), sizeof sent);
    memcpy(data, sent, sizeof data);
    uint8_t status = disk_request(driver, 1, sector, data);
    // A disk that fails to flush reports that to a driver that never flushes itself.
    bool flushes = virtio_has(driver->target->virtio, 9);
    bool works = disk != VIRTIO_DISK_READONLY && (disk != VIRTIO_DISK_BROKEN || flushes);
    need(driver, status == !works, "a write has the wrong answer");
    need(driver, disk_request(driver, 0, sector, data) == 0, "a read fails");
    need(driver, memcmp(data, disks[disk] + sector * 512, 512) == 0, "a read gives other bytes");
    if (works)
        need(driver, memcmp(data, sent, 512) == 0, "what was written is not there");
    need(driver, disk_request(driver, 0, sectors[disk], data) == 1, "there is a sector beyond the end");
    need(driver, disk_request(driver, 99, 0, data) == 2, "an unknown request is known");
    if (disk == VIRTIO_DISK_BROKEN)
        need(driver, disk_request(driver, 0, 2, data) == 1, "a bad sector is good");
}

static void use_card(const struct virtio_driver *driver)
{
    struct virtio_net *net = driver->target->virtio->owner;
    unsigned header = virtio_has(&net->virtio, VIRTIO_F_VERSION_1) || virtio_has(&net->virtio, 15) ? 12 : 10;
    uint64_t in = virtio_driver_buffers(driver, 0), out = virtio_driver_buffers(driver, 1), sent = net->sent;
    const struct virtio_segment frame[] = { { out, header, false }, { out + 64, 60, false } };
    uint8_t *bytes = virtio_driver_ram(driver, out, 128), arrives[60];
    memset(bytes, 0, 128);
    memset(bytes + 64, 0xff, 6);
    need(driver, virtio_driver_request(driver, 1, frame, 2) == 0, "it writes into a frame that it sends");
    need(driver, net->sent == sent + 1, "a frame was not sent");
    const struct virtqueue *ring = &net->virtio.queues[0];
    uint8_t *used = virtio_driver_ram(driver, ring->used, 4),
            *available = virtio_driver_ram(driver, ring->available, 4);
    const struct virtio_segment buffer = { in, 2048, true };
    const uint16_t head = 0;
    virtio_driver_chain(driver, 0, head, &buffer, 1, 0);
    put16(available, 0);
    put16(virtio_driver_ram(driver, ring->available + 4 + 2u * ring->size, 2), ring->next_used);
    virtio_driver_offer(driver, 0, &head, 1);
    uint16_t before = get16(used + 2);
    memset(arrives, 0xff, sizeof arrives);
    virtio_net_set_link(net, true);
    need(driver, virtio_net_receive(net, arrives, sizeof arrives), "a frame does not arrive");
    need(driver, get16(used + 2) == (uint16_t)(before + 1), "a frame is not in the ring");
    need(driver, memcmp(virtio_driver_ram(driver, in + header, 60), arrives, 60) == 0, "a frame is another");
    need(driver, virtio_driver_told(driver, 0), "it does not tell of a frame");
}

static void use_console(const struct virtio_driver *driver)
{
    static const char text[] = "still here";
    struct virtio_console *console = driver->target->virtio->owner;
    uint64_t in = virtio_driver_buffers(driver, 0), out = virtio_driver_buffers(driver, 1);
    uint64_t typed = virtio_rig_digest(notes(driver->bus)->typed, "", 0);
    const struct virtio_segment sent = { out, sizeof text, false }, received = { in, 64, true };
    for (unsigned i = 0; i < sizeof text; i++)
        typed = virtio_rig_digest(typed, text + i, 1);
    memcpy(virtio_driver_ram(driver, out, sizeof text), text, sizeof text);
    virtio_driver_request(driver, 1, &sent, 1);
    need(driver, notes(driver->bus)->typed == typed, "other characters come out");
    if (virtio_console_can_receive(console))
        virtio_console_receive(console, 'x');
    need(driver, virtio_driver_request(driver, 0, &received, 1) > 0, "no characters come in");
}

static void use_entropy(const struct virtio_driver *driver)
{
    const struct virtio_segment buffer = { virtio_driver_buffers(driver, 0), 100, true };
    need(driver, virtio_driver_request(driver, 0, &buffer, 1) == 100, "bytes are missing");
}

// A page that is no memory: the driver's own would have its queues in it.
static void use_balloon(const struct virtio_driver *driver)
{
    uint64_t buffers = virtio_driver_buffers(driver, 0);
    const struct virtio_segment page = { buffers, 4, false };
    put32(virtio_driver_ram(driver, buffers, 4), UINT32_MAX);
    need(driver, virtio_driver_request(driver, 0, &page, 1) == 0, "a page has an answer");
}

static void use(struct bus_case *bus, struct fuzz *fuzz, unsigned index)
{
    struct virtio_driver driver = virtio_driver(bus, fuzz, index);
    static void (*const uses[])(const struct virtio_driver *driver) = { [TYPE_NET] = use_card,
                                                                        [TYPE_BLK] = use_disk,
                                                                        [TYPE_CONSOLE] = use_console,
                                                                        [TYPE_RNG] = use_entropy,
                                                                        [TYPE_BALLOON] = use_balloon };
    uint64_t refused = BIT64(VIRTIO_F_EVENT_IDX) * fuzz_below(fuzz, 2) | BIT64(9) * fuzz_below(fuzz, 2) |
                       BIT64(VIRTIO_F_INDIRECT_DESC) * fuzz_below(fuzz, 2) | BIT64(15) * fuzz_below(fuzz, 2);
    virtio_rig_home(&bus->rig);
    virtio_driver_start(&driver, refused, fuzz_below(fuzz, 2));
    bool pci = driver.target->pci;
    need(&driver, virtio_driver_status(&driver) == (pci || !driver.target->mmio->legacy ? 15 : 7), "it does not start");
    uses[driver.target->virtio->type->id](&driver);
}

static void step_use(struct bus_case *bus, struct fuzz *fuzz)
{
    use(bus, fuzz, fuzz_below(fuzz, VIRTIO_TARGETS));
}

// --- What must hold -------------------------------------------------------------------------------------------------

static uint64_t faults_of(const struct virtio *virtio)
{
    uint64_t faults = virtio->mistakes[VIRTIO_BAD_REQUEST];
    for (unsigned i = 0; i < VIRTQUEUE_FAULTS; i++)
        faults += virtio->faults[i];
    return faults;
}

static void check_device(struct bus_case *bus, unsigned index)
{
    const struct virtio_driver driver = virtio_driver(bus, NULL, index);
    const struct virtio *virtio = driver.target->virtio;
    bool stands = virtio->status & VIRTIO_STATUS_NEEDS_RESET;
    if (faults_of(virtio) != notes(bus)->faults[index])
        need(&driver, stands, "a fault, and it goes on");
    notes(bus)->faults[index] = faults_of(virtio);
    for (unsigned i = 0; i < virtio->queue_count; i++) {
        const struct virtqueue *queue = &virtio->queues[i];
        need(&driver, !queue->ready || stands || queue->next_available == queue->next_used,
             "a chain did not come back");
        need(&driver, is_power_of_two(queue->size) && queue->size <= queue->size_max, "a queue's size cannot be");
    }
    const struct virtio_pci *pci = driver.target->pci;
    if (pci)
        need(&driver, pci->pci.irq.level == (pci->isr.bits && pci_irq_mode(&pci->pci) != INTACT_IRQ_MODE_PCI_MSIX),
             "INTx is not as ISR says");
    else
        need(&driver, driver.target->mmio->irq.group->sources[0].driven == (driver.target->mmio->status.bits != 0),
             "the line is not as InterruptStatus says");
}

static void check(struct bus_case *bus)
{
    for (unsigned i = 0; i < VIRTIO_TARGETS; i++)
        check_device(bus, i);
    if (bus->seen % SETTLE_EVERY)
        return;
    if (bus->config.gic)
        arm_check_settled(virt_of(bus->rig.machine));
    else
        x86_check_settled(pc_of(bus->rig.machine));
}

// --- The family -----------------------------------------------------------------------------------------------------

static struct bus_config draw(struct fuzz *fuzz)
{
    unsigned gic = (unsigned[]){ 0, 0, 2, 3 }[fuzz_below(fuzz, 4)];
    return (struct bus_config){ .cpus = 1 + fuzz_below(fuzz, 2), .gic = gic, .its = gic == 3 };
}

static struct rig make(const struct bus_config *config, void *own)
{
    return virtio_rig(config, own);
}

// Disks stay as they are.
static void was_reset(struct bus_case *bus)
{
    for (unsigned i = 0; i < VIRTIO_TARGETS; i++)
        notes(bus)->faults[i] = faults_of(virtio_rig_target(&bus->rig, i)->virtio);
}

static void trace(struct bus_case *bus, const struct intact_trace_event *event)
{
    (void)bus, (void)event;
}

// Each family drops what is not for it.
static void message(struct fuzz *fuzz, uint64_t *address, uint32_t *data)
{
    static const uint64_t receivers[] = { PC_LAPIC, VIRT_GICD + 0x40, VIRT_V2M + 0x40, VIRT_ITS + 0x10040 };
    *address = FUZZ_PICK(fuzz, receivers);
    *data = 16 + fuzz_below(fuzz, 128);
}

static const struct bus_step steps[] = {
    { 120, step_chains }, { 16, step_notify }, { 12, step_start },   { 30, step_register }, { 8, step_queue },
    { 12, step_pci },     { 8, step_table },   { 24, step_outside }, { 8, step_use },
};

const struct bus_family bus_family = {
    .draw = draw,
    .make = make,
    .own_bytes = sizeof(struct virtio_notes),
    .copy_own = virtio_rig_copy_notes,
    .trace = trace,
    .steps = steps,
    .step_count = countof(steps),
    .was_reset = was_reset,
    .check = check,
    .message = message,
};
