// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// An ITS on the bench: its tables and queue in memory, one line for a command.
#ifndef TEST_ITS_H
#define TEST_ITS_H

#include "test_lpi.h"

#define QUEUE       (RIG_BASE + 0x100000)
#define DEVICES     (RIG_BASE + 0x200000)
#define LEVEL_2     (RIG_BASE + 0x280000)
#define COLLECTIONS (RIG_BASE + 0x300000)
#define ITT         (RIG_BASE + 0x310000)
#define ITT_2       (RIG_BASE + 0x320000)

enum { CTLR = 0, CBASER = 0x80, CWRITER = 0x88, CREADR = 0x90, BASER0 = 0x100, BASER1 = 0x108 };

#define VALID    BIT64(63)
#define INDIRECT BIT64(62)

static inline void its_put(struct rig *rig, uint64_t offset, uint64_t value)
{
    arm_irq_write(&rig->frame[ARM_IRQ_WINDOW_ITS], offset, 8, value, 0);
}

static inline uint64_t its_get(struct rig *rig, uint64_t offset)
{
    return arm_irq_read(&rig->frame[ARM_IRQ_WINDOW_ITS], offset, 8, 0);
}

static inline void enable(struct rig *rig, bool on)
{
    rig_put(rig, ARM_IRQ_WINDOW_ITS, CTLR, on);
}

static inline uint8_t *at(struct rig *rig, uint64_t address)
{
    return rig_memory(rig) + (address - RIG_BASE);
}

// Queue of two pages; a flat table of 16 pages (8,192 devices), one page of collections (512).
static inline struct rig *rig_its(uint32_t cpus)
{
    struct rig *rig = rig_lpi(cpus, true);
    its_put(rig, CBASER, VALID | QUEUE | 1);
    its_put(rig, BASER0, VALID | DEVICES | 15);
    its_put(rig, BASER1, VALID | COLLECTIONS);
    enable(rig, true);
    return rig;
}

// Puts a command in the queue without telling.
static inline void queue(struct rig *rig, uint32_t *offset, uint64_t w0, uint64_t w1, uint64_t w2, uint64_t w3)
{
    uint8_t *to = at(rig, QUEUE + *offset);
    bytes_put(to, 8, w0);
    bytes_put(to + 8, 8, w1);
    bytes_put(to + 16, 8, w2);
    bytes_put(to + 24, 8, w3);
    *offset = (*offset + 32) % 0x2000;
}

// Executes one command, and answers its error.
static inline uint32_t command(struct rig *rig, uint64_t w0, uint64_t w1, uint64_t w2, uint64_t w3)
{
    uint32_t offset = (uint32_t)its_get(rig, CWRITER);
    rig->irq.its.error = 0;
    queue(rig, &offset, w0, w1, w2, w3);
    its_put(rig, CWRITER, offset);
    cr_assert_eq(its_get(rig, CREADR), offset);
    return rig->irq.its.error;
}

static inline uint32_t mapd(struct rig *rig, uint32_t device, uint64_t itt, unsigned bits, bool valid)
{
    return command(rig, ITS_MAPD | (uint64_t)device << 32, bits - 1, itt | (valid ? VALID : 0), 0);
}

static inline uint32_t mapc(struct rig *rig, uint32_t collection, uint64_t cpu, bool valid)
{
    return command(rig, ITS_MAPC, 0, collection | cpu << 16 | (valid ? VALID : 0), 0);
}

static inline uint32_t mapti(struct rig *rig, uint32_t device, uint32_t event, uint32_t intid, uint32_t collection)
{
    return command(rig, ITS_MAPTI | (uint64_t)device << 32, event | (uint64_t)intid << 32, collection, 0);
}

// MAPI, INT, CLEAR, INV, DISCARD, MOVI.
static inline uint32_t on_event(struct rig *rig, enum its_command what, uint32_t device, uint32_t event,
                                uint32_t collection)
{
    return command(rig, what | (uint64_t)device << 32, event, collection, 0);
}

// Device 5 with 32 events; event 3 is LPI 8203 at CPU 1, by collection 1.
static inline struct rig *rig_mapped(void)
{
    struct rig *rig = rig_its(3);
    cr_assert_eq(mapd(rig, 5, ITT, 5, true), 0);
    for (uint32_t i = 0; i < 3; i++)
        cr_assert_eq(mapc(rig, i, i, true), 0);
    cr_assert_eq(mapti(rig, 5, 3, 8203, 1), 0);
    return rig;
}

// 256 pages of INVALL, of which an access does some.
static inline struct rig *rig_flooded(void)
{
    struct rig *rig = rig_mapped();
    enable(rig, false);
    its_put(rig, CBASER, VALID | QUEUE | 255);
    for (uint32_t offset = 0; offset < 0x100000; offset += 32) {
        memset(at(rig, QUEUE + offset), 0, 32);
        bytes_put(at(rig, QUEUE + offset), 8, ITS_INVALL);
    }
    enable(rig, true);
    its_put(rig, CWRITER, 0xfffe0);
    return rig;
}

static inline bool send(struct rig *rig, uint32_t device, uint32_t event)
{
    return arm_irq_msi(&rig->irq, 0x8090040, event, device, false);
}

#endif
