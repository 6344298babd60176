// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The layout is that of QEMU's pc-testdev, so that tests written for it run unchanged.
//
// Path: the guest's own OUT / the board's routing of `lines`
#include "devices/pc_testdev.h"

#include <string.h>

#include "base/bits.h"

#define FLUSH_PORT 4

static uint64_t data_read(const struct pc_testdev *dev, uint64_t offset)
{
    return dev->data >> (8 * (offset & 3));
}

static void data_write(struct pc_testdev *dev, uint64_t offset, unsigned size, uint64_t value)
{
    unsigned shift = 8 * (unsigned)(offset & 3);
    dev->data = (uint32_t)bits_merge(dev->data, value << shift, bits_low(8 * size) << shift);
}

static bool is_flush(uint64_t offset)
{
    return (offset & ~UINT64_C(3)) == FLUSH_PORT;
}

uint64_t pc_testdev_read(void *owner, uint64_t offset, unsigned size, uint64_t now)
{
    (void)now;
    return is_flush(offset) ? bits_low(8 * size) : data_read(owner, offset);
}

void pc_testdev_write(void *owner, uint64_t offset, unsigned size, uint64_t value, uint64_t now)
{
    struct pc_testdev *dev = owner;
    (void)now;
    if (is_flush(offset))
        dev->flushed = (uint32_t)value;
    else
        data_write(dev, offset, size, value);
}

uint64_t pc_testdev_read_high(void *owner, uint64_t offset, unsigned size, uint64_t now)
{
    return pc_testdev_read(owner, offset + 10, size, now);
}

void pc_testdev_write_high(void *owner, uint64_t offset, unsigned size, uint64_t value, uint64_t now)
{
    pc_testdev_write(owner, offset + 10, size, value, now);
}

uint64_t pc_testdev_line_read(void *owner, uint64_t offset, unsigned size, uint64_t now)
{
    struct pc_testdev *dev = owner;
    (void)size, (void)now;
    return offset < PC_TESTDEV_LINES && dev->lines[offset].level;
}

void pc_testdev_line_write(void *owner, uint64_t offset, unsigned size, uint64_t value, uint64_t now)
{
    struct pc_testdev *dev = owner;
    (void)size, (void)now;
    if (offset < PC_TESTDEV_LINES)
        intact_irq_line_set(&dev->lines[offset], value & 0xff);
}

uint64_t pc_testdev_memory_read(void *owner, uint64_t offset, unsigned size, uint64_t now)
{
    struct pc_testdev *dev = owner;
    uint64_t value = 0;
    (void)now;
    for (unsigned i = 0; i < size && offset + i < PC_TESTDEV_BYTES; i++)
        value |= (uint64_t)dev->memory[offset + i] << (8 * i);
    return value;
}

void pc_testdev_memory_write(void *owner, uint64_t offset, unsigned size, uint64_t value, uint64_t now)
{
    struct pc_testdev *dev = owner;
    (void)now;
    for (unsigned i = 0; i < size && offset + i < PC_TESTDEV_BYTES; i++)
        dev->memory[offset + i] = (uint8_t)(value >> (8 * i));
}

void pc_testdev_init(struct pc_testdev *dev)
{
    memset(dev, 0, sizeof *dev);
}

void pc_testdev_reset(struct pc_testdev *dev, uint64_t now)
{
    (void)now;
    dev->data = dev->flushed = 0;
    memset(dev->memory, 0, sizeof dev->memory);
    for (unsigned i = 0; i < PC_TESTDEV_LINES; i++)
        intact_irq_line_set(&dev->lines[i], false);
}

void pc_testdev_visit(struct pc_testdev *dev, struct visit *v)
{
    VISIT(v, dev->data);
    VISIT(v, dev->flushed);
    for (unsigned i = 0; i < PC_TESTDEV_LINES; i++)
        VISIT(v, dev->lines[i].level);
    VISIT_ARRAY(v, dev->memory);
}
