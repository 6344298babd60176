// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The interface is the one QEMU documents in docs/specs/fw_cfg: writing the selector starts an item at its first byte,
// each read of the data port gives the next one, and past its end zeros. Numbers are little-endian; the directory's, those
// of DMA requests and the registers in memory are big-endian.
//
// Not modelled: writing items by the data port, as QEMU once did.
#include "devices/fw_cfg.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

#include "base/bits.h"

#define KEY_WRITE_CHANNEL 0x4000 // ignored: the data port writes nothing
#define ID_TRADITIONAL    1
#define ID_DMA            2
#define ENTRY_SIZE        64 // size (32), key (16), reserved (16), name (56)

static struct fw_cfg_item *find(struct fw_cfg *fw, uint16_t key)
{
    key &= (uint16_t)~KEY_WRITE_CHANNEL;
    if (key < FW_CFG_KEYS)
        return &fw->items[key];
    if (key >= FW_CFG_ARCH_LOCAL && key < FW_CFG_ARCH_LOCAL + FW_CFG_ARCH_KEYS)
        return &fw->arch[key - FW_CFG_ARCH_LOCAL];
    return NULL;
}

int fw_cfg_add_bytes(struct fw_cfg *fw, uint16_t key, const void *data, uint64_t size)
{
    struct fw_cfg_item *item = find(fw, key);
    if (!item || size > UINT32_MAX)
        return -EINVAL;
    *item = (struct fw_cfg_item){ .data = data, .size = data ? (uint32_t)size : 0 };
    return 0;
}

int fw_cfg_add_number(struct fw_cfg *fw, uint16_t key, uint64_t value, unsigned size)
{
    struct fw_cfg_item *item = find(fw, key);
    if (!item || (size != 2 && size != 4 && size != 8))
        return -EINVAL;
    *item = (struct fw_cfg_item){ .size = size };
    for (unsigned i = 0; i < sizeof item->number; i++) // read up to `size`
        item->number[i] = (uint8_t)(value >> (8 * i));
    return 0;
}

static void put_be16(uint8_t *at, uint32_t value)
{
    at[0] = (uint8_t)(value >> 8);
    at[1] = (uint8_t)value;
}

static void put_be32(uint8_t *at, uint32_t value)
{
    put_be16(at, value >> 16);
    put_be16(at + 2, value);
}

static bool has_file(const struct fw_cfg *fw, const char *name)
{
    for (uint32_t i = 0; i < fw->files; i++)
        if (!strcmp((const char *)&fw->directory[4 + i * ENTRY_SIZE + 8], name))
            return true;
    return false;
}

int fw_cfg_add_file(struct fw_cfg *fw, const char *name, const void *data, uint64_t size)
{
    if (!*name || strlen(name) >= FW_CFG_NAME)
        return -EINVAL;
    if (has_file(fw, name))
        return -EEXIST;
    if (fw->files == FW_CFG_FILES)
        return -ENOSPC;
    uint16_t key = (uint16_t)(FW_CFG_FILE_FIRST + fw->files);
    int result = fw_cfg_add_bytes(fw, key, data, size);
    if (result < 0)
        return result;
    uint8_t *entry = &fw->directory[4 + fw->files++ * ENTRY_SIZE];
    put_be32(entry, fw->items[key].size);
    put_be16(entry + 4, key);
    memcpy(entry + 8, name, strlen(name) + 1);
    put_be32(fw->directory, fw->files);
    fw->items[FW_CFG_FILE_DIR].size = 4 + fw->files * ENTRY_SIZE;
    return key;
}

int fw_cfg_add_writable(struct fw_cfg *fw, const char *name, uint8_t *data, uint32_t size)
{
    int key = fw_cfg_add_file(fw, name, data, size);
    if (key > 0)
        fw->items[key].writable = data;
    return key;
}

static void select_item(struct fw_cfg *fw, uint16_t key)
{
    fw->key = key;
    fw->position = 0;
    if (fw->selected)
        fw->selected(fw->owner, key & (uint16_t)~KEY_WRITE_CHANNEL);
}

static uint8_t next_byte(struct fw_cfg *fw)
{
    const struct fw_cfg_item *item = find(fw, fw->key);
    if (!item || fw->position >= item->size)
        return 0;
    return (item->data ? item->data : item->number)[fw->position++];
}

uint64_t fw_cfg_read(void *owner, uint64_t offset, unsigned size, uint64_t now)
{
    struct fw_cfg *fw = owner;
    (void)now;
    if (offset == 1 && size == 1)
        return next_byte(fw);
    return bits_low(8 * size); // the selector is write-only
}

void fw_cfg_write(void *owner, uint64_t offset, unsigned size, uint64_t value, uint64_t now)
{
    struct fw_cfg *fw = owner;
    (void)now;
    if (offset != 0 || size != 2)
        return;
    select_item(fw, (uint16_t)value);
}

// --- In memory ------------------------------------------------------------------------------------------------------

enum { DATA = 0, SELECTOR = 8, DMA = 16 };
enum { DMA_ERROR = 1, DMA_READ = 2, DMA_SKIP = 4, DMA_SELECT = 8, DMA_WRITE = 16 };
#define DMA_SIGNATURE UINT64_C(0x51454d5520434647) // "QEMU CFG"

static uint64_t swap(uint64_t value, unsigned size)
{
    return __builtin_bswap64(value) >> (64 - 8 * size);
}

static void next_bytes(struct fw_cfg *fw, uint8_t *out, uint32_t size)
{
    const struct fw_cfg_item *item = find(fw, fw->key);
    uint32_t left = item && fw->position < item->size ? item->size - fw->position : 0;
    uint32_t there = size < left ? size : left;
    if (there)
        memcpy(out, (item->data ? item->data : item->number) + fw->position, there);
    memset(out + there, 0, size - there);
    fw->position += there;
}

// Copies `length` bytes from the current position to guest memory, zeros past the item's end.
static bool dma_read(struct fw_cfg *fw, uint64_t address, uint32_t length)
{
    uint8_t piece[4096];
    while (length) {
        uint32_t size = length < sizeof piece ? length : (uint32_t)sizeof piece;
        next_bytes(fw, piece, size);
        if (!fw->memory.write(fw->memory.owner, address, piece, size))
            return false;
        address += size;
        length -= size;
    }
    return true;
}

// All or nothing: bytes for what cannot be written, or behind its end, are an error.
static bool dma_write(struct fw_cfg *fw, uint64_t address, uint32_t length)
{
    const struct fw_cfg_item *item = find(fw, fw->key);
    if (!item || !item->writable || fw->position > item->size || length > item->size - fw->position)
        return false;
    if (!fw->memory.read(fw->memory.owner, address, item->writable + fw->position, length))
        return false;
    fw->position += length;
    return true;
}

static void dma_skip(struct fw_cfg *fw, uint32_t length)
{
    const struct fw_cfg_item *item = find(fw, fw->key);
    uint32_t left = item && fw->position < item->size ? item->size - fw->position : 0;
    fw->position += length < left ? length : left;
}

// The request: control, length, address. Its control word becomes 0, or 1 if it failed.
static void dma(struct fw_cfg *fw, uint64_t request)
{
    uint8_t bytes[16], result[4] = { 0 };
    if (!fw->memory.read || !fw->memory.read(fw->memory.owner, request, bytes, sizeof bytes)) {
        fw->mistakes++;
        return;
    }
    uint32_t control = (uint32_t)swap(bytes_get(bytes, 4), 4), length = (uint32_t)swap(bytes_get(bytes + 4, 4), 4);
    uint64_t address = swap(bytes_get(bytes + 8, 8), 8);
    bool done = true;
    if (control & DMA_SELECT)
        select_item(fw, (uint16_t)(control >> 16));
    if (control & DMA_READ)
        done = dma_read(fw, address, length);
    else if (control & DMA_WRITE)
        done = dma_write(fw, address, length);
    else if (control & DMA_SKIP)
        dma_skip(fw, length);
    result[3] = done ? 0 : DMA_ERROR;
    if (!fw->memory.write(fw->memory.owner, request, result, sizeof result) || !done)
        fw->mistakes++;
}

// Several bytes of data are a string: the first is the one at the lowest address.
uint64_t fw_cfg_memory_read(void *owner, uint64_t offset, unsigned size, uint64_t now)
{
    struct fw_cfg *fw = owner;
    uint64_t value = 0;
    (void)now;
    if (offset < SELECTOR) {
        for (unsigned i = 0; i < size; i++)
            value |= (uint64_t)next_byte(fw) << (8 * i);
        return value;
    }
    if (offset >= DMA && fw->memory.read) // swapped, its first byte is the lowest
        return swap(DMA_SIGNATURE, 8) >> (8 * (offset - DMA)) & bits_low(8 * size);
    return 0;
}

void fw_cfg_memory_write(void *owner, uint64_t offset, unsigned size, uint64_t value, uint64_t now)
{
    struct fw_cfg *fw = owner;
    (void)now;
    if (offset == SELECTOR && size == 2) {
        select_item(fw, (uint16_t)swap(value, 2));
    } else if (offset == DMA && size == 4) {
        fw->dma_high = (uint32_t)swap(value, 4);
    } else if (offset == DMA && size == 8) {
        dma(fw, swap(value, 8));
    } else if (offset == DMA + 4 && size == 4) {
        uint64_t request = (uint64_t)fw->dma_high << 32 | swap(value, 4);
        fw->dma_high = 0;
        dma(fw, request);
    }
}

uint64_t fw_cfg_dma_read(void *owner, uint64_t offset, unsigned size, uint64_t now)
{
    return fw_cfg_memory_read(owner, DMA + offset, size, now);
}

void fw_cfg_dma_write(void *owner, uint64_t offset, unsigned size, uint64_t value, uint64_t now)
{
    fw_cfg_memory_write(owner, DMA + offset, size, value, now);
}

// --- Life -----------------------------------------------------------------------------------------------------------

void fw_cfg_init(struct fw_cfg *fw)
{
    static const uint8_t signature[4] = { 'Q', 'E', 'M', 'U' };
    memset(fw, 0, sizeof *fw);
    fw_cfg_add_bytes(fw, FW_CFG_SIGNATURE, signature, sizeof signature);
    fw_cfg_add_number(fw, FW_CFG_ID, ID_TRADITIONAL, 4);
    fw_cfg_add_bytes(fw, FW_CFG_FILE_DIR, fw->directory, 4);
}

void fw_cfg_add_dma(struct fw_cfg *fw, const struct fw_cfg_memory *memory)
{
    fw->memory = *memory;
    fw_cfg_add_number(fw, FW_CFG_ID, ID_TRADITIONAL | ID_DMA, 4);
}

void fw_cfg_reset(struct fw_cfg *fw, uint64_t now)
{
    (void)now;
    fw->key = 0;
    fw->position = 0;
    fw->dma_high = 0;
}

void fw_cfg_visit(struct fw_cfg *fw, struct visit *v)
{
    VISIT(v, fw->key);
    VISIT(v, fw->position);
    VISIT(v, fw->dma_high);
    VISIT(v, fw->mistakes);
}
