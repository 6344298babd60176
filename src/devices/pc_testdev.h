// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The test device known from QEMU as pc-testdev: bare-metal interrupt tests use it to drive lines.
//
//   E0h-E3h      a 32-bit register, read and written in any size
//   E4h-E7h      flush page: the guest's physical address; QEMU unmaps it, we have nothing mapped
//   E8h-EBh      the register again
//   2000h + n    a byte: 0 lowers, anything else raises lines[n]
//   FF000000h    64 KiB of memory behind a device window (64 bits wide)
#ifndef DEVICES_PC_TESTDEV_H
#define DEVICES_PC_TESTDEV_H

#include <stdbool.h>
#include <stdint.h>

#include "base/visit.h"
#include "intact/irq_line.h"

#define PC_TESTDEV_LINES     24
#define PC_TESTDEV_PORT      0xe0
#define PC_TESTDEV_PORTS     12 // region.widest = 4; E9h is left to the debug console where a machine has both
#define PC_TESTDEV_LINE_PORT 0x2000
#define PC_TESTDEV_MEMORY    UINT64_C(0xff000000)
#define PC_TESTDEV_BYTES     0x10000

struct pc_testdev {
    uint32_t data;
    uint32_t flushed; // last address written to the flush port
    struct intact_irq_line lines[PC_TESTDEV_LINES];
    uint8_t memory[PC_TESTDEV_BYTES];
};

void pc_testdev_init(struct pc_testdev *dev);
void pc_testdev_reset(struct pc_testdev *dev, uint64_t now);

// E0h-EBh. A board that must leave out E9h uses two windows: pc_testdev_read_high and _write_high are for the one that
// starts at EAh.
uint64_t pc_testdev_read(void *owner, uint64_t offset, unsigned size, uint64_t now);
void pc_testdev_write(void *owner, uint64_t offset, unsigned size, uint64_t value, uint64_t now);
uint64_t pc_testdev_read_high(void *owner, uint64_t offset, unsigned size, uint64_t now);
void pc_testdev_write_high(void *owner, uint64_t offset, unsigned size, uint64_t value, uint64_t now);
// 2000h-2017h, bytes (region.widest = 1).
uint64_t pc_testdev_line_read(void *owner, uint64_t offset, unsigned size, uint64_t now);
void pc_testdev_line_write(void *owner, uint64_t offset, unsigned size, uint64_t value, uint64_t now);
// FF000000h, 64 KiB (region.widest = 8).
uint64_t pc_testdev_memory_read(void *owner, uint64_t offset, unsigned size, uint64_t now);
void pc_testdev_memory_write(void *owner, uint64_t offset, unsigned size, uint64_t value, uint64_t now);

void pc_testdev_visit(struct pc_testdev *dev, struct visit *v);

#endif
