// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The firmware configuration device known from QEMU (docs/specs/fw_cfg), through which a guest reads the configuration
// of the machine. Items by number, and named files listed in item 19h; a file may be one that the guest writes.
//
//     ports        0 selector (16 bits)     1 data (8 bits)
//     ports        4 address of a DMA request (64 bits, big-endian)
//     in memory    8 selector (16 bits)     0 data (8 to 64 bits)     10h address of a DMA request (64 bits)
#ifndef DEVICES_FW_CFG_H
#define DEVICES_FW_CFG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/visit.h"

#define FW_CFG_PORTS     2    // at 510h; region.widest = 2
#define FW_CFG_DMA_PORTS 8    // at 514h; region.widest = 4
#define FW_CFG_SIZE      0x18 // bytes of the window in memory; region.widest = 8
#define FW_CFG_FILES     32
#define FW_CFG_NAME      56 // with its final zero

enum fw_cfg_key {
    FW_CFG_SIGNATURE = 0x00,
    FW_CFG_ID = 0x01,
    FW_CFG_UUID = 0x02,
    FW_CFG_RAM_SIZE = 0x03,  // u64
    FW_CFG_NOGRAPHIC = 0x04, // u16
    FW_CFG_NB_CPUS = 0x05,   // u16
    FW_CFG_KERNEL_ADDR = 0x07,
    FW_CFG_KERNEL_SIZE = 0x08,
    FW_CFG_INITRD_ADDR = 0x0a,
    FW_CFG_INITRD_SIZE = 0x0b,
    FW_CFG_BOOT_MENU = 0x0e, // u16
    FW_CFG_MAX_CPUS = 0x0f,  // u16: highest APIC id + 1
    FW_CFG_KERNEL_ENTRY = 0x10,
    FW_CFG_KERNEL_DATA = 0x11,
    FW_CFG_INITRD_DATA = 0x12,
    FW_CFG_CMDLINE_ADDR = 0x13,
    FW_CFG_CMDLINE_SIZE = 0x14,
    FW_CFG_CMDLINE_DATA = 0x15,
    FW_CFG_SETUP_ADDR = 0x16,
    FW_CFG_SETUP_SIZE = 0x17,
    FW_CFG_SETUP_DATA = 0x18,
    FW_CFG_FILE_DIR = 0x19,
    FW_CFG_FILE_FIRST = 0x20,
    FW_CFG_KEYS = FW_CFG_FILE_FIRST + FW_CFG_FILES,
    FW_CFG_ARCH_LOCAL = 0x8000, // + n: items of the architecture, FW_CFG_ARCH_KEYS of them
    FW_CFG_ARCH_KEYS = 8,
};

struct fw_cfg_item {
    const uint8_t *data; // kept alive by the board; NULL: the number in `number`
    uint8_t *writable;   // the same, of one that the guest may write; NULL: it may not
    uint32_t size;
    uint8_t number[8];
};

// Guest memory for DMA. False: not all of it is memory, and nothing was copied.
struct fw_cfg_memory {
    bool (*read)(void *owner, uint64_t address, void *data, size_t size);
    bool (*write)(void *owner, uint64_t address, const void *data, size_t size);
    void *owner;
};

struct fw_cfg {
    uint16_t key;
    uint32_t position; // next byte of the item that is read
    uint32_t dma_high; // of the address, until the low half is written
    uint32_t mistakes; // DMA requests that cannot be read or done
    struct fw_cfg_memory memory;
    void (*selected)(void *owner, uint16_t key); // before the item is read. May be NULL
    void *owner;
    struct fw_cfg_item items[FW_CFG_KEYS], arch[FW_CFG_ARCH_KEYS];
    uint32_t files;
    uint8_t directory[4 + FW_CFG_FILES * 64];
};

// Signature, id (no DMA) and an empty directory.
void fw_cfg_init(struct fw_cfg *fw);
// Adds DMA, which the id reports.
void fw_cfg_add_dma(struct fw_cfg *fw, const struct fw_cfg_memory *memory);
void fw_cfg_reset(struct fw_cfg *fw, uint64_t now);

// -EINVAL: no such key, or a size that does not fit 32 bits.
int fw_cfg_add_bytes(struct fw_cfg *fw, uint16_t key, const void *data, uint64_t size);
// A little-endian number of 2, 4 or 8 bytes.
int fw_cfg_add_number(struct fw_cfg *fw, uint16_t key, uint64_t value, unsigned size);
// A named file ("etc/e820"). Returns its key. -ENOSPC: too many; -EINVAL: the name is too long; -EEXIST: it is there.
int fw_cfg_add_file(struct fw_cfg *fw, const char *name, const void *data, uint64_t size);

// One that the guest writes by DMA: its `size` bytes at `data` are the device's, and a part of its state.
int fw_cfg_add_writable(struct fw_cfg *fw, const char *name, uint8_t *data, uint32_t size);

uint64_t fw_cfg_read(void *owner, uint64_t offset, unsigned size, uint64_t now);
void fw_cfg_write(void *owner, uint64_t offset, unsigned size, uint64_t value, uint64_t now);

// The ports of a DMA request.
uint64_t fw_cfg_dma_read(void *owner, uint64_t offset, unsigned size, uint64_t now);
void fw_cfg_dma_write(void *owner, uint64_t offset, unsigned size, uint64_t value, uint64_t now);

// The same in memory, with DMA.
uint64_t fw_cfg_memory_read(void *owner, uint64_t offset, unsigned size, uint64_t now);
void fw_cfg_memory_write(void *owner, uint64_t offset, unsigned size, uint64_t value, uint64_t now);

void fw_cfg_visit(struct fw_cfg *fw, struct visit *v);

#endif
