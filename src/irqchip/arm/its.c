// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// ITS: registers, tables and translation; commands are in its_cmd.c, the overview in its.h.
//
// Path: msi/msi_arm.c / gicr_lpi.c
#include "irqchip/arm/its.h"

enum { CTLR_ENABLED = BIT32(0) };

#define CTLR_QUIESCENT BIT32(31)
#define VALID          ITS_VALID
#define INDIRECT       BIT64(62)
#define RETRY          1u

#define CBASER_WRITABLE   UINT64_C(0xb8effffffffffcff) // Valid, caches, address, Shareability, Size
#define BASER_WRITABLE    UINT64_C(0xf8e0ffffffffffff) // Valid, Indirect, caches, address, Shareability, page, Size
#define BASER_FIXED(type) ((uint64_t)(type) << 56 | (uint64_t)(ITS_ENTRY - 1) << 48)
#define BASER_64K         (UINT64_C(2) << 8) // Page_Size

void its_init(struct its *its, uint32_t cpus, unsigned lpi_bits, bool stalls, uint64_t command_ns)
{
    *its = (struct its){ .cpus = cpus, .lpi_bits = lpi_bits, .stalls = stalls, .command_ns = command_ns };
    its_reset(its);
}

// Page_Size of GITS_BASER resets to an UNKNOWN value: here to 64 KiB, the largest, which software expects if it does
// not write it.
void its_reset(struct its *its)
{
    its->ctlr = its->statusr = 0;
    its->cbaser = 0;
    its->baser[ITS_DEVICES] = BASER_FIXED(1) | BASER_64K;
    its->baser[ITS_COLLECTIONS] = BASER_FIXED(4) | BASER_64K;
    its->cwriter = its->creadr = 0;
    its->error = its->errors = 0;
    its->due = its->resume = CLOCK_NEVER;
    its_drop_cache(its);
}

void its_drop_cache(struct its *its)
{
    memset(its->cache, 0, sizeof its->cache);
}

// --- Tables ---------------------------------------------------------------------------------------------------------

static bool read_entry(const struct gic_memory *memory, uint64_t address, uint64_t *entry)
{
    uint8_t bytes[ITS_ENTRY];
    if (!memory->read(memory->owner, address, bytes, sizeof bytes))
        return false;
    *entry = bytes_get(bytes, sizeof bytes);
    return true;
}

// GITS_BASER: with 64 KiB pages bits 15:12 hold address bits 51:48.
static uint64_t table_address(uint64_t baser, unsigned page_bits)
{
    uint64_t address = baser & UINT64_C(0x0000fffffffff000) & ~bits_low(page_bits);
    return page_bits == 16 ? address | bits_get(baser, 15, 12) << 48 : address;
}

static unsigned page_bits_of(uint64_t baser)
{
    static const uint8_t pages[4] = { 12, 14, 16, 16 }; // 3 is reserved, and treated as 64 KiB
    return pages[baser >> 8 & 3];
}

// Of a table of two levels, level 1 is in the size.
bool its_in_table(const struct its *its, unsigned table, uint32_t index)
{
    uint64_t baser = its->baser[table], size = ((baser & 0xff) + 1) << page_bits_of(baser);
    uint64_t entry = baser & INDIRECT ? index / (BIT32(page_bits_of(baser)) / ITS_ENTRY) : index;
    return baser & VALID && (entry + 1) * ITS_ENTRY <= size;
}

bool its_entry_address(const struct its *its, const struct gic_memory *memory, unsigned table, uint32_t index,
                       uint64_t *address, bool *broken)
{
    uint64_t baser = its->baser[table], entry;
    unsigned page_bits = page_bits_of(baser);
    uint64_t base = table_address(baser, page_bits);
    if (!its_in_table(its, table, index))
        return false;
    if (!(baser & INDIRECT)) {
        *address = base + (uint64_t)index * ITS_ENTRY;
        return true;
    }
    uint32_t each = BIT32(page_bits) / ITS_ENTRY;
    if (!read_entry(memory, base + (uint64_t)(index / each) * ITS_ENTRY, &entry)) {
        *broken = true;
        return false;
    }
    *address = (entry & UINT64_C(0x000ffffffffff000) & ~bits_low(page_bits)) + (uint64_t)(index % each) * ITS_ENTRY;
    return entry & VALID;
}

// --- Translation ----------------------------------------------------------------------------------------------------

static uint32_t slot_of(uint32_t device, uint32_t event)
{
    return (device * 31 + event) % ITS_CACHE;
}

// Reads an entry of a table.
static enum its_fault lookup(const struct its *its, const struct gic_memory *memory, unsigned table, uint32_t index,
                             struct its_search *search)
{
    bool broken = false;
    search->table = table;
    if (!its_entry_address(its, memory, table, index, &search->address, &broken))
        return broken ? ITS_FAULT_MEMORY : ITS_FAULT_NO_ENTRY;
    if (!read_entry(memory, search->address, &search->entry))
        return ITS_FAULT_MEMORY;
    if (search->entry & VALID)
        return ITS_FAULT_NONE;
    return table == ITS_DEVICES ? ITS_FAULT_DEVICE : ITS_FAULT_COLLECTION;
}

static enum its_fault find_event(const struct gic_memory *memory, uint32_t event, struct its_search *search)
{
    search->table = ITS_ITT;
    search->event_bits = (search->entry & 31) + 1;
    if ((uint64_t)event >> search->event_bits)
        return ITS_FAULT_EVENT_RANGE;
    search->address = (search->entry & UINT64_C(0x000fffffffffff00)) + (uint64_t)event * ITS_ENTRY;
    if (!read_entry(memory, search->address, &search->entry))
        return ITS_FAULT_MEMORY;
    search->intid = search->entry & 0xffffff;
    search->collection = bits_get(search->entry, 47, 32);
    return search->entry & VALID ? ITS_FAULT_NONE : ITS_FAULT_EVENT;
}

enum its_fault its_search(const struct its *its, const struct gic_memory *memory, uint32_t device, uint32_t event,
                          struct its_search *search)
{
    *search = (struct its_search){ .table = ITS_DEVICES };
    if (device >> ITS_DEVICE_BITS)
        return ITS_FAULT_DEVICE_BITS;
    enum its_fault fault = lookup(its, memory, ITS_DEVICES, device, search);
    if (fault == ITS_FAULT_NONE)
        fault = find_event(memory, event, search);
    if (fault == ITS_FAULT_NONE)
        fault = lookup(its, memory, ITS_COLLECTIONS, search->collection, search);
    if (fault != ITS_FAULT_NONE)
        return fault;
    search->cpu = search->entry & 0xffff;
    return search->cpu < its->cpus ? ITS_FAULT_NONE : ITS_FAULT_PROCESSOR;
}

static bool walk(struct its *its, const struct gic_memory *memory, uint32_t device, uint32_t event,
                 struct its_translation *out)
{
    struct its_search search;
    enum its_fault fault = its_search(its, memory, device, event, &search);
    if (fault != ITS_FAULT_NONE && fault != ITS_FAULT_DEVICE_BITS)
        its->mistakes[fault == ITS_FAULT_MEMORY ? GIC_MISTAKE_TABLE : GIC_MISTAKE_INTID]++;
    *out = (struct its_translation){ device, event, search.intid, search.cpu + 1 };
    return fault == ITS_FAULT_NONE;
}

const struct its_translation *its_cached(const struct its *its, uint32_t device, uint32_t event)
{
    const struct its_translation *cached = &its->cache[slot_of(device, event)];
    return cached->cpu && cached->device == device && cached->event == event ? cached : NULL;
}

bool its_translate(struct its *its, const struct gic_memory *memory, uint32_t device, uint32_t event,
                   struct its_translation *out)
{
    if (!(its->ctlr & CTLR_ENABLED))
        return false;
    const struct its_translation *cached = its_cached(its, device, event);
    if (likely(cached)) {
        *out = *cached;
        return true;
    }
    if (!walk(its, memory, device, event, out))
        return false;
    its->cache[slot_of(device, event)] = *out;
    return true;
}

// --- Registers ------------------------------------------------------------------------------------------------------

static struct its *chip(void *context)
{
    return ((struct gic_access *)context)->chip;
}

// Quiescent: disabled, and no command in progress.
static bool quiescent(const struct its *its)
{
    return !(its->ctlr & CTLR_ENABLED) && its->due == CLOCK_NEVER;
}

static uint64_t ctlr_read(void *context, unsigned index, uint64_t now)
{
    (void)index, (void)now;
    return chip(context)->ctlr | (quiescent(chip(context)) ? CTLR_QUIESCENT : 0);
}

// GITS_CTLR: disabling drops the cached translations.
static void ctlr_write(void *context, unsigned index, uint64_t value, uint64_t now)
{
    struct its *its = chip(context);
    (void)index, (void)now;
    its->ctlr = (uint32_t)value;
    if (!value)
        its_drop_cache(its);
}

// GITS_TYPER: Physical, ITT_entry_size, ID_bits, Devbits, CIDbits with CIL; PTA 0: targets are processor numbers.
static uint64_t typer_read(void *context, unsigned index, uint64_t now)
{
    (void)context, (void)index, (void)now;
    return 1 | (ITS_ENTRY - 1) << 4 | (ITS_EVENT_BITS - 1) << 8 | (ITS_DEVICE_BITS - 1) << 13 |
           (uint64_t)(ITS_COLLECTION_BITS - 1) << 32 | BIT64(36);
}

static void statusr_write(void *context, unsigned index, uint64_t value, uint64_t now)
{
    (void)index, (void)now;
    chip(context)->statusr &= ~(uint32_t)value;
}

// The addresses of tables and queue do not change unless the ITS is disabled and quiescent (UNPREDICTABLE; nothing
// happens here).
static bool may_move(void *context)
{
    if (quiescent(chip(context)))
        return true;
    gic_access_mistake(context, GIC_MISTAKE_ENABLED);
    return false;
}

static void cbaser_write(void *context, unsigned index, uint64_t value, uint64_t now)
{
    (void)index, (void)now;
    if (!may_move(context))
        return;
    chip(context)->cbaser = value;
    chip(context)->creadr = 0;
}

static uint32_t queue_size(const struct its *its)
{
    return (uint32_t)((its->cbaser & 0xff) + 1) << 12;
}

// An offset behind the queue's end is UNPREDICTABLE: it is ignored, as CREADR would never reach it.
static void cwriter_write(void *context, unsigned index, uint64_t value, uint64_t now)
{
    struct its *its = chip(context);
    (void)index, (void)now;
    if (value & RETRY)
        its->creadr &= ~ITS_STALLED;
    if ((value & ITS_OFFSET_MASK) >= queue_size(its))
        gic_access_mistake(context, GIC_MISTAKE_TABLE);
    else
        its->cwriter = value & ITS_OFFSET_MASK;
}

static uint64_t baser_read(void *context, unsigned index, uint64_t now)
{
    (void)now;
    return index < ITS_TABLES ? chip(context)->baser[index] : 0;
}

static void baser_write(void *context, unsigned index, uint64_t value, uint64_t now)
{
    (void)now;
    if (index >= ITS_TABLES || !may_move(context))
        return;
    chip(context)->baser[index] = bits_merge(chip(context)->baser[index], value, BASER_WRITABLE);
    its_drop_cache(chip(context));
}

static void translater_write(void *context, unsigned index, uint64_t value, uint64_t now)
{
    struct gic_effect *effect = ((struct gic_access *)context)->effect;
    (void)index, (void)now;
    effect->flags |= GIC_EVENT;
    effect->intid = (uint32_t)value;
}

#define IDENTITY(name, offset, value)                                                                                  \
    {                                                                                                                  \
        { name, offset, 0, 0, REG_32, true, value, 0 }, GIC_READ                                                       \
    }

const struct gic_register its_registers[] = {
    { { "GITS_CTLR", 0x0000, 0, 0, REG_32, true, CTLR_QUIESCENT, CTLR_ENABLED, ctlr_read, ctlr_write }, GIC_RW },
    { { "GITS_IIDR", 0x0004, 0, 0, REG_32, true, 0x43b, 0 }, GIC_READ },
    { { "GITS_TYPER", 0x0008, 0, 0, REG_32 | REG_64, true, UINT64_C(0x1f0001ef71), 0, typer_read }, GIC_READ },
    { { "GITS_STATUSR", 0x0040, 0, 0, REG_32, true, 0, 0xf, NULL, statusr_write, REG_FIELD(struct its, statusr) },
      GIC_RW },
    { { "GITS_CBASER", 0x0080, 0, 0, REG_32 | REG_64, true, 0, CBASER_WRITABLE, NULL, cbaser_write,
        REG_FIELD(struct its, cbaser) },
      GIC_RW },
    { { "GITS_CWRITER", 0x0088, 0, 0, REG_32 | REG_64, true, 0, ITS_OFFSET_MASK | RETRY, NULL, cwriter_write,
        REG_FIELD(struct its, cwriter) },
      GIC_RW },
    { { "GITS_CREADR", 0x0090, 0, 0, REG_32 | REG_64, true, 0, 0, REG_FIELD(struct its, creadr) }, GIC_READ },
    { { "GITS_BASER", 0x0100, 8, 8, REG_32 | REG_64, true, 0, BASER_WRITABLE, baser_read, baser_write }, GIC_RW },
    IDENTITY("GITS_PIDR4", 0xffd0, 0x44),
    IDENTITY("GITS_PIDR0", 0xffe0, 0x94),
    IDENTITY("GITS_PIDR1", 0xffe4, 0xb4),
    IDENTITY("GITS_PIDR2", 0xffe8, 0x3b),
    IDENTITY("GITS_CIDR0", 0xfff0, 0x0d),
    IDENTITY("GITS_CIDR1", 0xfff4, 0xf0),
    IDENTITY("GITS_CIDR2", 0xfff8, 0x05),
    IDENTITY("GITS_CIDR3", 0xfffc, 0xb1),
    { { "GITS_TRANSLATER", 0x10040, 0, 0, REG_16 | REG_32, false, 0, 0xffffffff, NULL, translater_write }, GIC_WRITE },
};
const unsigned its_register_count = countof(its_registers);

static struct gic_access begin(struct its *its, struct gic_effect *effect)
{
    gic_effect_clear(effect);
    return (struct gic_access){ .chip = its, .mistakes = its->mistakes, .statusr = &its->statusr, .effect = effect };
}

uint64_t its_read(struct its *its, uint64_t offset, unsigned size, uint64_t now, struct gic_effect *effect)
{
    struct gic_access access = begin(its, effect);
    return gic_access_read(&access, its_registers, its_register_count, offset, size, now);
}

void its_write(struct its *its, uint64_t offset, unsigned size, uint64_t value, uint64_t now, struct gic_effect *effect)
{
    struct gic_access access = begin(its, effect);
    gic_access_write(&access, its_registers, its_register_count, offset, size, value, now);
}

void its_visit(struct its *its, struct visit *v)
{
    VISIT(v, its->ctlr);
    VISIT(v, its->statusr);
    VISIT(v, its->cbaser);
    VISIT_ARRAY(v, its->baser);
    VISIT(v, its->cwriter);
    VISIT(v, its->creadr);
    VISIT(v, its->error);
    VISIT(v, its->errors);
    VISIT_ARRAY(v, its->mistakes);
    VISIT(v, its->due);
    VISIT(v, its->resume);
    // Rows of four integers, as one field: there are many.
    VISIT_MEMORY(v, (uint32_t *)its->cache, ITS_CACHE * sizeof(struct its_translation) / sizeof(uint32_t));
}
