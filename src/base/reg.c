// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Search in a register table, and what a guest's access does to a row; see reg.h.
#include "base/reg.h"

#include <string.h>

#include "base/bits.h"

static unsigned widest(const struct reg *row)
{
    return row->widths ? 1u << bits_highest(row->widths) : 1;
}

unsigned reg_bytes(const struct reg *row)
{
    unsigned bytes = widest(row);
    return row->stride && row->stride < bytes ? row->stride : bytes;
}

// Bytes the row spans: its widest access for a single register, stride times count for a run.
static uint32_t span(const struct reg *row)
{
    return row->stride ? row->stride * (row->count ? row->count : 1) : widest(row);
}

const struct reg *reg_search(const void *rows, size_t row_size, unsigned count, uint32_t offset)
{
    const char *first = rows;
    unsigned low = 0, high = count;
    while (low < high) {
        unsigned middle = (low + high) / 2;
        if (((const struct reg *)(first + middle * row_size))->offset <= offset)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == 0)
        return NULL;
    const struct reg *row = (const struct reg *)(first + (low - 1) * row_size);
    return offset - row->offset < span(row) ? row : NULL;
}

// --- Plain storage ---------------------------------------------------------------------------------------------------

static uint64_t load_field(const struct reg *row, const void *chip, unsigned index)
{
    const char *at = (const char *)chip + row->field + (size_t)index * row->field_stride;
    switch (row->field_size) {
    case 1: return *(const uint8_t *)at;
    case 2: return *(const uint16_t *)at;
    case 4: return *(const uint32_t *)at;
    default: return *(const uint64_t *)at;
    }
}

static void store_field(const struct reg *row, void *chip, unsigned index, uint64_t value)
{
    char *at = (char *)chip + row->field + (size_t)index * row->field_stride;
    switch (row->field_size) {
    case 1: *(uint8_t *)at = (uint8_t)value; break;
    case 2: *(uint16_t *)at = (uint16_t)value; break;
    case 4: *(uint32_t *)at = (uint32_t)value; break;
    default: *(uint64_t *)at = value; break;
    }
}

uint64_t reg_get(const struct reg *row, const void *chip, void *context, unsigned index, uint64_t now)
{
    if (row->read)
        return row->read(context, index, now);
    return row->field_size ? load_field(row, chip, index) : row->reset;
}

void reg_put(const struct reg *row, void *chip, void *context, unsigned index, uint64_t value, uint64_t now)
{
    if (row->write)
        row->write(context, index, value & row->mask, now);
    else if (row->field_size)
        store_field(row, chip, index, bits_merge(load_field(row, chip, index), value, row->mask));
}

// --- Accesses --------------------------------------------------------------------------------------------------------

uint64_t reg_get_bytes(const struct reg *row, const void *chip, void *context, uint32_t offset, unsigned size,
                       uint64_t now)
{
    unsigned bytes = reg_bytes(row), index = reg_index(row, offset), byte = reg_byte(row, offset);
    uint64_t value = 0;
    if (likely(size == bytes))
        return reg_get(row, chip, context, index, now) & bits_low(8 * bytes);
    if (size < bytes)
        return reg_get(row, chip, context, index, now) >> (8 * byte) & bits_low(8 * size);
    for (unsigned i = 0; i < size / bytes; i++)
        value |= (reg_get(row, chip, context, index + i, now) & bits_low(8 * bytes)) << (8 * bytes * i);
    return value;
}

// The bytes of the register that a partial write does not change: 0 if the register cannot be read.
static uint64_t rest(const struct reg *row, const void *chip, void *context, unsigned index, uint64_t now)
{
    return row->read || row->field_size ? reg_get(row, chip, context, index, now) : 0;
}

void reg_put_bytes(const struct reg *row, void *chip, void *context, uint32_t offset, unsigned size, uint64_t value,
                   uint64_t now)
{
    unsigned bytes = reg_bytes(row), index = reg_index(row, offset), shift = 8 * reg_byte(row, offset);
    if (likely(size == bytes)) {
        reg_put(row, chip, context, index, value & bits_low(8 * bytes), now);
        return;
    }
    if (size < bytes) {
        uint64_t old = rest(row, chip, context, index, now);
        reg_put(row, chip, context, index, bits_merge(old, value << shift, bits_low(8 * size) << shift), now);
        return;
    }
    for (unsigned i = 0; i < size / bytes; i++)
        reg_put(row, chip, context, index + i, value >> (8 * bytes * i) & bits_low(8 * bytes), now);
}

// The access lies within one register, or covers whole ones that follow each other without a gap.
static bool fits(const struct reg *row, uint32_t offset, unsigned size)
{
    unsigned bytes = reg_bytes(row), byte = reg_byte(row, offset);
    if (size <= bytes)
        return byte + size <= bytes;
    return row->stride == bytes && byte == 0 && offset - row->offset + size <= span(row);
}

enum reg_result reg_check(const struct reg *row, uint32_t offset, unsigned size, bool write)
{
    if (!row || reg_byte(row, offset) >= reg_bytes(row))
        return REG_ABSENT;
    if (!(row->widths & size) || (offset - row->offset) % size || !fits(row, offset, size))
        return REG_BAD_SIZE;
    if (write)
        return reg_writable(row) ? REG_OK : REG_NO_WRITE;
    return reg_readable(row) ? REG_OK : REG_NO_READ;
}

enum reg_result reg_read(const struct reg *rows, unsigned count, void *chip, uint32_t offset, unsigned size,
                         uint64_t now, uint64_t *value)
{
    const struct reg *row = reg_find(rows, count, offset);
    enum reg_result result = reg_check(row, offset, size, false);
    *value = result == REG_OK ? reg_get_bytes(row, chip, chip, offset, size, now) : 0;
    return result;
}

enum reg_result reg_write(const struct reg *rows, unsigned count, void *chip, uint32_t offset, unsigned size,
                          uint64_t value, uint64_t now)
{
    const struct reg *row = reg_find(rows, count, offset);
    enum reg_result result = reg_check(row, offset, size, true);
    if (result == REG_OK)
        reg_put_bytes(row, chip, chip, offset, size, value, now);
    return result;
}
