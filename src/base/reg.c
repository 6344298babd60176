// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
#include "base/reg.h"

// Bytes the row spans: its widest access for a single register, stride times count for a run.
static uint32_t span(const struct reg *row)
{
    if (row->stride)
        return row->stride * (row->count ? row->count : 1);
    for (uint32_t bytes = REG_64; bytes > 1; bytes /= 2)
        if (row->widths & bytes)
            return bytes;
    return 1;
}

const struct reg *reg_find(const struct reg *rows, unsigned count, uint32_t offset)
{
    unsigned low = 0, high = count;
    while (low < high) {
        unsigned middle = (low + high) / 2;
        if (rows[middle].offset <= offset)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == 0)
        return NULL;
    const struct reg *row = &rows[low - 1];
    return offset - row->offset < span(row) ? row : NULL;
}
