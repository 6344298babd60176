// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Register access for the memory-mapped Arm chips; see gic_access.h.
#include "irqchip/arm/gic_access.h"

void gic_access_mistake(struct gic_access *access, enum gic_mistake mistake)
{
    access->mistakes[mistake]++;
}

static void report(struct gic_access *access, enum gic_mistake mistake, uint32_t status)
{
    gic_access_mistake(access, mistake);
    if (access->statusr)
        *access->statusr |= status;
}

// --- Interrupts -----------------------------------------------------------------------------------------------------

// The interrupts of a row, and where to note that some have changed.
struct place {
    struct gic_block *block; // NULL: not implemented, RAZ/WI
    unsigned number;
    bool shared;
    uint32_t exists; // INTIDs 1020 to 1023 are special and do not exist
};

static struct place shared_place(const struct gic_access *access, unsigned n, bool there)
{
    return (struct place){
        .block = there ? &access->shared->block[n] : NULL,
        .number = n,
        .shared = true,
        .exists = n == GIC_SHARED_BLOCKS - 1 ? 0x0fffffff : UINT32_MAX,
    };
}

static struct place find_place(const struct gic_access *access, enum gic_space space, unsigned n)
{
    const struct gic_shared *shared = access->shared;
    struct gic_bank *bank = access->bank;
    if (space == GIC_STANDARD && n > 0)
        return shared_place(access, n - 1, n - 1 < shared->blocks);
    if (space == GIC_EXTENDED)
        return shared_place(access, GIC_EXTENDED_FIRST + n, n < shared->extended);
    return (struct place){ bank && n < bank->blocks ? &bank->block[n] : NULL, n, false, UINT32_MAX };
}

static void touch(struct gic_access *access, const struct place *place, uint32_t bits)
{
    if (place->shared)
        gic_shared_touch(access->shared, place->number, bits);
    else
        gic_bank_touch(access->bank, place->number, bits);
    access->effect->flags |= GIC_CHANGED;
}

uint32_t gic_block_nsacr(const struct gic_block *block, unsigned level)
{
    uint32_t bits = 0;
    for (unsigned i = 0; i < 32 && block->nsacr >> (2 * i); i++)
        bits |= (block->nsacr >> (2 * i) & 3) >= level ? BIT32(i) : 0;
    return bits;
}

// GICD_NSACR (IHI 0048B 4.3.14): what Non-secure software may do with Secure interrupts.
uint32_t gic_access_visible(const struct gic_access *access, const struct gic_block *block, enum gic_field field,
                            bool write)
{
    if ((field == GIC_NMI && !access->nmi) || (field == GIC_MODIFIER && !access->two_states))
        return 0;
    if (!access->ns)
        return field == GIC_NMI ? gic_block_group_1(block, access->two_states) : UINT32_MAX;
    switch (field) {
    case GIC_SET_PENDING: return block->group | gic_block_nsacr(block, 1);
    case GIC_CLEAR_PENDING: return block->group | gic_block_nsacr(block, 2);
    case GIC_SET_ACTIVE:
    case GIC_CLEAR_ACTIVE: return block->group | (write ? 0 : gic_block_nsacr(block, 2));
    default: return block->group;
    }
}

static uint32_t visible_at(const struct gic_access *access, const struct place *place, enum gic_field field, bool write)
{
    return gic_access_visible(access, place->block, field, write) & place->exists;
}

static uint32_t get_bits(const struct gic_block *block, enum gic_field field)
{
    switch (field) {
    case GIC_GROUP: return block->group;
    case GIC_MODIFIER: return block->modifier;
    case GIC_NMI: return block->nmi;
    case GIC_SET_ENABLE:
    case GIC_CLEAR_ENABLE: return block->enabled;
    case GIC_SET_PENDING:
    case GIC_CLEAR_PENDING: return gic_block_pending(block);
    case GIC_SET_ACTIVE:
    case GIC_CLEAR_ACTIVE: return block->active;
    default: return 0;
    }
}

static void put_bits(struct gic_block *block, enum gic_field field, uint32_t value, uint32_t visible)
{
    value &= visible;
    switch (field) {
    case GIC_GROUP: block->group = (uint32_t)bits_merge(block->group, value, visible); break;
    case GIC_MODIFIER: block->modifier = (uint32_t)bits_merge(block->modifier, value, visible); break;
    case GIC_NMI: block->nmi = (uint32_t)bits_merge(block->nmi, value, visible); break;
    case GIC_SET_ENABLE: block->enabled |= value; break;
    case GIC_CLEAR_ENABLE: block->enabled &= ~value; break;
    case GIC_SET_PENDING: block->latch |= value; break;
    case GIC_CLEAR_PENDING: block->latch &= ~value; break;
    case GIC_SET_ACTIVE: block->active |= value; break;
    case GIC_CLEAR_ACTIVE: block->active &= ~value; break;
    default: break;
    }
}

// For GICv2's SGIs, enables are fixed, and pending states belong to GICD_SPENDSGIR (IHI 0048B 4.3.5, 4.3.7, 4.3.17).
static uint32_t writable(const struct gic_access *access, const struct place *place, enum gic_field field)
{
    uint32_t visible = visible_at(access, place, field, true);
    bool sgis = access->v2 && !place->shared;
    if (sgis && field >= GIC_SET_ENABLE && field <= GIC_CLEAR_PENDING)
        visible &= 0xffff0000;
    return visible;
}

static uint8_t read_priority(const struct gic_access *access, const struct place *place, unsigned bit)
{
    if (!(visible_at(access, place, GIC_PRIORITY, false) >> bit & 1))
        return 0;
    uint8_t priority = place->block->priority[bit];
    return access->ns ? gic_priority_to_ns(priority) : priority;
}

static void write_priority(struct gic_access *access, const struct place *place, unsigned bit, uint8_t value)
{
    if (!(visible_at(access, place, GIC_PRIORITY, true) >> bit & 1))
        return;
    place->block->priority[bit] = access->ns ? gic_priority_from_ns(value) : value & GIC_PRIORITY_MASK;
    touch(access, place, BIT32(bit));
}

// GICD_ICFGR: two bits for each of 16 interrupts, of which the upper one says edge. A change while the interrupt is enabled is
// UNPREDICTABLE (IHI 0069 GICD_ICFGR<n>; IHI 0048B 4.3.13): here it has its effect.
static uint32_t read_config(const struct gic_access *access, const struct place *place, unsigned half)
{
    uint32_t edge = place->block->edge & visible_at(access, place, GIC_CONFIG, false), value = 0;
    for (unsigned i = 0; i < 16; i++)
        value |= (edge >> (half * 16 + i) & 1) << (2 * i + 1);
    return value;
}

static void write_config(struct gic_access *access, const struct place *place, unsigned half, uint32_t value)
{
    uint32_t visible = visible_at(access, place, GIC_CONFIG, true) & 0xffffu << (half * 16), edge = 0;
    if (!place->shared && place->number == 0)
        visible &= 0xffff0000; // SGIs are edge-triggered
    for (unsigned i = 0; i < 16; i++)
        edge |= (value >> (2 * i + 1) & 1) << (half * 16 + i);
    if ((place->block->edge ^ edge) & visible & place->block->enabled)
        gic_access_mistake(access, GIC_MISTAKE_CONFIG);
    place->block->edge = (uint32_t)bits_merge(place->block->edge, edge, visible);
    touch(access, place, visible);
}

// GICD_NSACR: two bits for each of 16 interrupts. RAZ/WI with one Security state.
static uint32_t read_nsacr(const struct gic_access *access, const struct place *place, unsigned half)
{
    return access->two_states ? (uint32_t)(place->block->nsacr >> (half * 32)) : 0;
}

static void write_nsacr(const struct gic_access *access, const struct place *place, unsigned half, uint32_t value)
{
    if (!access->two_states)
        return;
    uint64_t mask = place->exists == UINT32_MAX ? UINT64_MAX : bits_low(2 * 28);
    uint64_t kept = mask & UINT64_C(0xffffffff) << (half * 32);
    place->block->nsacr = bits_merge(place->block->nsacr, (uint64_t)value << (half * 32), kept);
}

static uint32_t read_field(const struct gic_access *access, const struct gic_register *row, unsigned index)
{
    unsigned each = row->field == GIC_PRIORITY ? 32 : row->field == GIC_CONFIG || row->field == GIC_NSACR ? 2 : 1;
    struct place place = find_place(access, row->space, index / each);
    if (!place.block)
        return 0;
    switch (row->field) {
    case GIC_PRIORITY: return read_priority(access, &place, index % 32);
    case GIC_CONFIG: return read_config(access, &place, index % 2);
    case GIC_NSACR: return read_nsacr(access, &place, index % 2);
    default: return get_bits(place.block, row->field) & visible_at(access, &place, row->field, false);
    }
}

static void write_field(struct gic_access *access, const struct gic_register *row, unsigned index, uint32_t value)
{
    unsigned each = row->field == GIC_PRIORITY ? 32 : row->field == GIC_CONFIG || row->field == GIC_NSACR ? 2 : 1;
    struct place place = find_place(access, row->space, index / each);
    if (!place.block)
        return;
    switch (row->field) {
    case GIC_PRIORITY: write_priority(access, &place, index % 32, (uint8_t)value); return;
    case GIC_CONFIG: write_config(access, &place, index % 2, value); return;
    case GIC_NSACR: write_nsacr(access, &place, index % 2, value); return;
    default:
        put_bits(place.block, row->field, value, writable(access, &place, row->field));
        touch(access, &place, row->field >= GIC_SET_ENABLE ? value : UINT32_MAX);
    }
}

// --- The table ------------------------------------------------------------------------------------------------------

// The row of a valid access, or NULL after the mistake was counted.
static const struct gic_register *check(struct gic_access *access, const struct gic_register *rows, unsigned count,
                                        uint64_t offset, unsigned size, bool write)
{
    const struct gic_register *row = REG_FIND(rows, count, (uint32_t)offset);
    if (!row)
        report(access, GIC_MISTAKE_REGISTER, write ? GIC_STATUS_WRD : GIC_STATUS_RRD);
    else if (!(row->reg.widths & size) || offset % size)
        gic_access_mistake(access, GIC_MISTAKE_WIDTH);
    else if (access->ns && row->access & GIC_SECURE_ONLY)
        gic_access_mistake(access, GIC_MISTAKE_SECURE);
    else if (write && !(row->access & GIC_WRITE))
        report(access, GIC_MISTAKE_READONLY, GIC_STATUS_WROD);
    else if (!write && !(row->access & GIC_READ))
        report(access, GIC_MISTAKE_WRITEONLY, GIC_STATUS_RWOD);
    else
        return row;
    return NULL;
}

uint64_t gic_access_read(struct gic_access *access, const struct gic_register *rows, unsigned count, uint64_t offset,
                         unsigned size, uint64_t now)
{
    const struct gic_register *row = check(access, rows, count, offset, size, false);
    uint64_t value = 0;
    if (!row)
        return 0;
    if (row->field == GIC_NO_FIELD)
        return reg_get_bytes(&row->reg, access->chip, access, (uint32_t)offset, size, now);
    unsigned index = reg_index(&row->reg, (uint32_t)offset), bytes = reg_bytes(&row->reg);
    for (unsigned i = 0; i < size / bytes; i++)
        value |= (uint64_t)read_field(access, row, index + i) << (i * bytes * 8);
    return value;
}

void gic_access_write(struct gic_access *access, const struct gic_register *rows, unsigned count, uint64_t offset,
                      unsigned size, uint64_t value, uint64_t now)
{
    const struct gic_register *row = check(access, rows, count, offset, size, true);
    if (!row)
        return;
    if (row->field == GIC_NO_FIELD) {
        reg_put_bytes(&row->reg, access->chip, access, (uint32_t)offset, size, value, now);
        return;
    }
    unsigned index = reg_index(&row->reg, (uint32_t)offset), bytes = reg_bytes(&row->reg);
    for (unsigned i = 0; i < size / bytes; i++)
        write_field(access, row, index + i, (uint32_t)(value >> (i * bytes * 8)));
}
