// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Register tables: one sorted row per register (or run of equal registers) in the order of the specification.
//
// The row drives guest access, names in traces, docs/registers.md and the mechanical tests (reset, write mask, widths).
// A register that is only a member of the chip's struct needs no functions: its row says where the member is.
//
//     static const struct reg rows[] = {
//         { "CONTROL", 0x00, .widths = REG_32, .mask = 0xff, .read = read_control, .write = write_control },
//         { "SCRATCH", 0x04, .widths = REG_32, .mask = UINT32_MAX, REG_FIELD(struct chip, scratch) },
//         { "COMPARE", 0x10, 8, 4, REG_32 | REG_64, .mask = UINT32_MAX, REG_MEMBER(struct chip, timer, compare) },
//     };
//
// A chip whose rows carry more than this wraps them: struct lapic_register { struct reg reg; ... }. `struct reg` comes
// first there, and REG_FIND searches either kind.
#ifndef BASE_REG_H
#define BASE_REG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum reg_width { REG_8 = 1, REG_16 = 2, REG_32 = 4, REG_64 = 8 }; // access sizes in bytes; or them together

struct reg {
    const char *name; // as in the manual
    uint32_t offset;
    uint32_t stride; // bytes from one to the next; 0 counts as one register
    uint32_t count;  // how many; 0 counts as 1
    uint8_t widths;  // sizes the architecture allows
    bool peek;       // reading has no side effect: debuggers and dumps may read it
    uint64_t reset;
    uint64_t mask; // bits a write can change; 0: read-only
    // `context` is the chip, or another object that the access function passes; `index` counts the registers of the
    // row.
    uint64_t (*read)(void *context, unsigned index, uint64_t now);
    void (*write)(void *context, unsigned index, uint64_t value, uint64_t now);
    // Plain storage, used in place of a function that is NULL: an unsigned integer of `field_size` bytes (1, 2, 4 or 8;
    // 0: none) at offset `field` of the chip's struct. The next register of the row is `field_stride` bytes further.
    uint32_t field, field_stride;
    uint8_t field_size;
    bool write_only; // the guest cannot read the member
};

// The columns of a register that is `member` of the chip's struct; of a run that is an array; of a run that is one
// member of each element of an array of structs.
#define REG_FIELD(type, member) .field = offsetof(type, member), .field_size = sizeof(((type *)NULL)->member)
#define REG_ARRAY(type, member)                                                                                        \
    .field = offsetof(type, member), .field_size = sizeof(((type *)NULL)->member[0]),                                  \
    .field_stride = sizeof(((type *)NULL)->member[0])
#define REG_MEMBER(type, array, member)                                                                                \
    .field = offsetof(type, array[0].member), .field_size = sizeof(((type *)NULL)->array[0].member),                   \
    .field_stride = sizeof(((type *)NULL)->array[0])

// How an access ended.
enum reg_result {
    REG_OK,
    REG_ABSENT,   // no register at this offset
    REG_BAD_SIZE, // the register does not allow this size, or not at this offset
    REG_NO_READ,  // write-only
    REG_NO_WRITE, // read-only
};

// The row that holds `offset`, or NULL. `rows` is sorted by offset; the rows are `row_size` bytes each and begin with a
// struct reg. O(log n).
const struct reg *reg_search(const void *rows, size_t row_size, unsigned count, uint32_t offset);

static inline const struct reg *reg_find(const struct reg *rows, unsigned count, uint32_t offset)
{
    return reg_search(rows, sizeof *rows, count, offset);
}

// The same for wrapped rows, as a const void * to the whole row.
#define REG_FIND(rows, count, at) ((const void *)reg_search((rows), sizeof((rows)[0]), (count), (at)))

// The register of the row that contains `offset`, and the byte within it.
static inline unsigned reg_index(const struct reg *row, uint32_t offset)
{
    return row->stride ? (offset - row->offset) / row->stride : 0;
}

static inline unsigned reg_byte(const struct reg *row, uint32_t offset)
{
    return row->stride ? (offset - row->offset) % row->stride : offset - row->offset;
}

// Bytes of one register: its widest access, at most the distance to the next.
unsigned reg_bytes(const struct reg *row);

// A row with neither function nor member is a constant.
static inline bool reg_readable(const struct reg *row)
{
    return row->read || (row->field_size ? !row->write_only : !row->write);
}

static inline bool reg_writable(const struct reg *row)
{
    return row->write || (row->field_size && row->mask);
}

// One whole register: through its function, with `context`, or its member of `chip`. A row with neither reads as its
// reset value and ignores writes. Only bits of `mask` reach the function or the member.
uint64_t reg_get(const struct reg *row, const void *chip, void *context, unsigned index, uint64_t now);
void reg_put(const struct reg *row, void *chip, void *context, unsigned index, uint64_t value, uint64_t now);

// The bytes of an access of `size` 1, 2, 4 or 8 bytes at `offset`, which is in `row` with all its bytes: a part of a
// register, or several of a run, the first in the lowest bits. A write of a part keeps the other bytes.
uint64_t reg_get_bytes(const struct reg *row, const void *chip, void *context, uint32_t offset, unsigned size,
                       uint64_t now);
void reg_put_bytes(const struct reg *row, void *chip, void *context, uint32_t offset, unsigned size, uint64_t value,
                   uint64_t now);

// Whether an access of `size` bytes at `offset` may be done in `row`, which may be NULL.
enum reg_result reg_check(const struct reg *row, uint32_t offset, unsigned size, bool write);

// A guest's access to a table whose functions take the chip itself. Nothing is read or written unless REG_OK is
// returned; `*value` is 0 then.
enum reg_result reg_read(const struct reg *rows, unsigned count, void *chip, uint32_t offset, unsigned size,
                         uint64_t now, uint64_t *value);
enum reg_result reg_write(const struct reg *rows, unsigned count, void *chip, uint32_t offset, unsigned size,
                          uint64_t value, uint64_t now);

#endif
