// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The slow paths of guest memory: page walks, devices, code-bearing pages, accesses across pages.
#include "vcpu/tlb.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "vcpu/guest.h"
#include "vcpu/loop.h"

// Generated code knows them as numbers.
_Static_assert(sizeof(struct tlb_entry) == 1 << TLB_ENTRY_BITS, "the index is a shift");
_Static_assert(offsetof(struct tlb_entry, read) == 0 && offsetof(struct tlb_entry, write) == 8 &&
                   offsetof(struct tlb_entry, addend) == 16 && offsetof(struct tlb_entry, physical) == 24,
               "as tlb.h says");

void tlb_forget_jumps(struct vcpu *cpu)
{
    memset(cpu->jumps, 0xff, JUMP_CACHE_ENTRIES * sizeof *cpu->jumps);
}

static size_t count_of(const struct tlb_table *table)
{
    return table->mask / sizeof(struct tlb_entry) + 1;
}

static void empty(struct tlb *tlb)
{
    for (unsigned user = 0; user < 2; user++)
        memset(tlb->data[user].entries, 0xff, count_of(&tlb->data[user]) * sizeof(struct tlb_entry));
    memset(tlb->io, 0xff, sizeof tlb->io);
    memset(tlb->code, 0xff, sizeof tlb->code);
}

int tlb_init(struct vcpu *cpu)
{
    struct tlb *tlb = cpu->tlb = calloc(1, sizeof *tlb);
    if (!tlb)
        return -ENOMEM;
    for (unsigned user = 0; user < 2; user++) {
        tlb->data[user].entries = malloc(TLB_ENTRIES * sizeof(struct tlb_entry));
        if (!tlb->data[user].entries)
            return -ENOMEM; // the caller frees
        tlb->data[user].mask = (TLB_ENTRIES - 1) * sizeof(struct tlb_entry);
    }
    empty(tlb);
    tlb_select(cpu, false);
    return 0;
}

void tlb_free(struct vcpu *cpu)
{
    if (!cpu->tlb)
        return;
    free(cpu->tlb->data[0].entries);
    free(cpu->tlb->data[1].entries);
    free(cpu->tlb);
}

void tlb_flush(struct vcpu *cpu)
{
    empty(cpu->tlb);
    tlb_forget_jumps(cpu);
}

// There is one table for plain memory (tlb_place) and one for devices; a page is in at most one of them.

static struct tlb_entry *io_place(const struct vcpu *cpu, uint64_t address, bool user)
{
    uint64_t page = address >> PAGE_BITS;
    return &cpu->tlb->io[user][(page ^ page >> 4 ^ page >> 9) % TLB_IO_ENTRIES];
}

static void forget(struct tlb_entry *entry)
{
    entry->read = entry->write = TLB_NONE;
}

void tlb_flush_page(struct vcpu *cpu, uint64_t address)
{
    uint64_t page = address >> PAGE_BITS;
    for (unsigned user = 0; user < 2; user++) {
        forget(tlb_place(cpu, address, user));
        forget(io_place(cpu, address, user));
        cpu->tlb->code[(page * 2 + user) % TLB_CODE_ENTRIES].tag = TLB_NONE;
    }
    tlb_forget_jumps(cpu);
}

static void forget_matching(uint64_t *tag, uint64_t mask, uint64_t match)
{
    if (((*tag ^ match) & mask) == 0)
        *tag = TLB_NONE;
}

void tlb_flush_matching(struct vcpu *cpu, uint64_t mask, uint64_t match)
{
    for (unsigned user = 0; user < 2; user++) {
        const struct tlb_table *table = &cpu->tlb->data[user];
        for (size_t i = 0; i < count_of(table); i++) {
            forget_matching(&table->entries[i].read, mask, match);
            forget_matching(&table->entries[i].write, mask, match);
        }
        for (unsigned i = 0; i < TLB_IO_ENTRIES; i++) {
            forget_matching(&cpu->tlb->io[user][i].read, mask, match);
            forget_matching(&cpu->tlb->io[user][i].write, mask, match);
        }
    }
    for (unsigned i = 0; i < TLB_CODE_ENTRIES; i++)
        forget_matching(&cpu->tlb->code[i].tag, mask, match);
    for (unsigned i = 0; i < JUMP_CACHE_ENTRIES; i++)
        forget_matching(&cpu->jumps[i].key, mask, match);
}

void tlb_track_writes(struct vcpu *cpu)
{
    for (unsigned user = 0; user < 2; user++) {
        const struct tlb_table *table = &cpu->tlb->data[user];
        for (size_t i = 0; i < count_of(table); i++) {
            uint64_t *tag = &table->entries[i].write;
            if (!(*tag & TLB_IO)) // TLB_NONE has all flags
                *tag |= TLB_CLEAN;
        }
    }
}

void tlb_track_code(struct vcpu *cpu, uint64_t physical)
{
    for (unsigned user = 0; user < 2; user++) {
        const struct tlb_table *table = &cpu->tlb->data[user];
        for (size_t i = 0; i < count_of(table); i++) {
            struct tlb_entry *entry = &table->entries[i];
            if (entry->physical == physical && !(entry->write & TLB_IO))
                entry->write |= TLB_CODE;
        }
    }
}

static void mark(struct vcpu *cpu, uint64_t *tag, uint64_t physical, bool (*watched)(struct vcpu *cpu, uint64_t page))
{
    if (*tag == TLB_NONE)
        return;
    bool is_watched = watched(cpu, *tag & PAGE_MASK) || stops_watch_frame(&cpu->loop->stops, physical);
    *tag = (*tag & ~TLB_WATCH) | (is_watched ? TLB_WATCH : 0);
}

static void mark_all(struct vcpu *cpu, struct tlb_entry *entries, size_t count,
                     bool (*watched)(struct vcpu *cpu, uint64_t page))
{
    for (size_t i = 0; i < count; i++) {
        mark(cpu, &entries[i].read, entries[i].physical, watched);
        mark(cpu, &entries[i].write, entries[i].physical, watched);
    }
}

void tlb_mark_watched(struct vcpu *cpu, bool (*watched)(struct vcpu *cpu, uint64_t page))
{
    for (unsigned user = 0; user < 2; user++)
        mark_all(cpu, cpu->tlb->data[user].entries, count_of(&cpu->tlb->data[user]), watched);
    mark_all(cpu, cpu->tlb->io[0], 2 * TLB_IO_ENTRIES, watched);
}

// The target of an access within one page.
struct target {
    uint64_t physical; // of the page
    uintptr_t addend;  // as in struct tlb_entry
    uint64_t flags;    // TLB_IO, TLB_CODE, TLB_WATCH; 0: plain RAM
};

static bool tag_holds(uint64_t tag, uint64_t address)
{
    return tag != TLB_NONE && (tag & PAGE_MASK) == (address & PAGE_MASK);
}

// Walks the page tables and adds an entry for later accesses without a walk, which may permit less than this access.
static bool fill(struct vcpu *cpu, uint64_t address, bool user, enum access access, struct target *target)
{
    struct tlb_page page = { .watched = false };
    if (!cpu->loop->guest->walk(cpu, address, access, user, &page))
        return false;
    struct tlb_entry *entry = io_place(cpu, address, user), *other = tlb_place(cpu, address, user);
    uint64_t tag = address & PAGE_MASK;
    uint64_t read_flags = TLB_IO, write_flags = TLB_IO;
    const struct region *region = bus_find(cpu->loop->memory, page.physical);
    uintptr_t addend = 0;
    if (region && region->ram && page.physical != cpu->port_page &&
        region->size - (page.physical - region->base) >= PAGE_SIZE) {
        entry = tlb_place(cpu, address, user);
        other = io_place(cpu, address, user);
        addend = (uintptr_t)(region->ram + (page.physical - region->base)) - (uintptr_t)tag;
        read_flags = 0;
        if (!region->readonly) {
            write_flags = blocks_in_page(&cpu->loop->blocks, page.physical) ? TLB_CODE : 0;
            write_flags |= bus_ram_is_clean(cpu->loop->memory, (uint8_t *)(uintptr_t)tag + addend) ? TLB_CLEAN : 0;
        }
    }
    if (unlikely(page.watched || stops_watch_frame(&cpu->loop->stops, page.physical))) {
        read_flags |= TLB_WATCH;
        write_flags |= TLB_WATCH;
    }
    if (tag_holds(other->read, address) || tag_holds(other->write, address))
        forget(other); // the page was of the other kind before
    *entry = (struct tlb_entry){ .read = page.read ? tag | read_flags : TLB_NONE,
                                 .write = page.write ? tag | write_flags : TLB_NONE,
                                 .addend = addend,
                                 .physical = page.physical };
    *target = (struct target){ page.physical, addend, access == ACCESS_WRITE ? write_flags : read_flags };
    return true;
}

static bool look_up(const struct tlb_entry *entry, uint64_t address, enum access access, struct target *target)
{
    uint64_t tag = access == ACCESS_WRITE ? entry->write : entry->read;
    if (!tag_holds(tag, address))
        return false;
    *target = (struct target){ entry->physical, entry->addend, tag & ~PAGE_MASK };
    return true;
}

// The first store to a page of RAM since the set of written pages was emptied.
static NEVER_INLINE void note_written(struct vcpu *cpu, uint64_t address, bool user, struct target *target)
{
    struct tlb_entry *entry = tlb_place(cpu, address, user);
    bus_ram_written(cpu->loop->memory, (const uint8_t *)(uintptr_t)(address + target->addend), 1);
    target->flags &= ~TLB_CLEAN;
    if (tag_holds(entry->write, address))
        entry->write &= ~TLB_CLEAN;
}

ALWAYS_INLINE bool resolve(struct vcpu *cpu, uint64_t address, bool user, enum access access, struct target *target)
{
    // Devices first: most accesses that come here are of devices.
    if (likely(look_up(io_place(cpu, address, user), address, access, target)))
        return true;
    if (!look_up(tlb_place(cpu, address, user), address, access, target) && !fill(cpu, address, user, access, target))
        return false;
    if (unlikely((target->flags & TLB_CLEAN) && access == ACCESS_WRITE))
        note_written(cpu, address, user, target);
    return true;
}

// --- devices ---------------------------------------------------------------------------------------------------------

static void after_device(struct vcpu *cpu)
{
    if (cpu->loop->clock->moved)
        cpu->kick |= KICK_CUT;
}

ALWAYS_INLINE uint64_t read_device(struct vcpu *cpu, uint64_t physical, unsigned size)
{
    struct loop *loop = cpu->loop;
    uint64_t now = vcpu_now(cpu), value = 0;
    if ((physical & PAGE_MASK) != cpu->port_page ||
        loop->port.read(loop->port.owner, cpu->index, PORT_MEMORY, physical, size, &value, now) == PORT_NOT_MINE)
        value = bus_read(loop->memory, physical, size, now);
    return value;
}

ALWAYS_INLINE void write_device(struct vcpu *cpu, uint64_t physical, unsigned size, uint64_t value)
{
    struct loop *loop = cpu->loop;
    uint64_t now = vcpu_now(cpu);
    if ((physical & PAGE_MASK) != cpu->port_page ||
        loop->port.write(loop->port.owner, cpu->index, PORT_MEMORY, physical, size, value, now) == PORT_NOT_MINE)
        bus_write(loop->memory, physical, size, value, now);
}

// With an observer: the access, and the mistakes that it was for a device. What a processor's own interrupt controller does
// is no mistake of a device.
static NEVER_INLINE uint64_t read_heard(struct vcpu *cpu, uint64_t physical, unsigned size)
{
    struct trace *trace = cpu->loop->trace;
    bool own = (physical & PAGE_MASK) == cpu->port_page;
    if (!own)
        trace_sweep(trace, TRACE_NO_CPU);
    uint64_t value = read_device(cpu, physical, size);
    TRACE(trace, TRACE_ACCESS, cpu->index, physical, value, size);
    if (!own)
        trace_sweep(trace, cpu->index);
    return value;
}

static NEVER_INLINE void write_heard(struct vcpu *cpu, uint64_t physical, unsigned size, uint64_t value)
{
    struct trace *trace = cpu->loop->trace;
    bool own = (physical & PAGE_MASK) == cpu->port_page;
    if (!own)
        trace_sweep(trace, TRACE_NO_CPU);
    TRACE(trace, TRACE_ACCESS, cpu->index, physical, value, size | TRACE_ACCESS_WRITE);
    write_device(cpu, physical, size, value);
    if (!own)
        trace_sweep(trace, cpu->index);
}

static uint64_t device_read(struct vcpu *cpu, uint64_t physical, unsigned size)
{
    bool heard = trace_heard(cpu->loop->trace);
    uint64_t value = heard ? read_heard(cpu, physical, size) : read_device(cpu, physical, size);
    after_device(cpu);
    return value;
}

static void device_write(struct vcpu *cpu, uint64_t physical, unsigned size, uint64_t value)
{
    if (trace_heard(cpu->loop->trace))
        write_heard(cpu, physical, size, value);
    else
        write_device(cpu, physical, size, value);
    after_device(cpu);
}

// --- within one page -------------------------------------------------------------------------------------------------

// The part of an access across pages that is in a device is split into pieces of 4, 2 and 1 bytes.
static NEVER_INLINE uint64_t device_read_pieces(struct vcpu *cpu, uint64_t physical, unsigned size)
{
    uint64_t value = 0;
    for (unsigned at = 0, piece; at < size; at += piece) {
        piece = 1u << bits_highest(size - at);
        value |= device_read(cpu, physical + at, piece) << (8 * at);
    }
    return value;
}

static NEVER_INLINE void device_write_pieces(struct vcpu *cpu, uint64_t physical, unsigned size, uint64_t value)
{
    for (unsigned at = 0, piece; at < size; at += piece) {
        piece = 1u << bits_highest(size - at);
        device_write(cpu, physical + at, piece, (value >> (8 * at)) & bits_low(8 * piece));
    }
}

static uint64_t read_within(struct vcpu *cpu, const struct target *target, uint64_t address, unsigned size)
{
    uint64_t physical = target->physical | (address & ~PAGE_MASK);
    if (target->flags & TLB_IO)
        return likely(is_power_of_two(size)) ? device_read(cpu, physical, size)
                                             : device_read_pieces(cpu, physical, size);
    return bytes_get((const void *)((uintptr_t)address + target->addend), size);
}

static void write_within(struct vcpu *cpu, const struct target *target, uint64_t address, unsigned size, uint64_t value)
{
    uint64_t physical = target->physical | (address & ~PAGE_MASK);
    if (target->flags & TLB_IO) {
        if (likely(is_power_of_two(size)))
            device_write(cpu, physical, size, value & bits_low(8 * size));
        else
            device_write_pieces(cpu, physical, size, value);
        return;
    }
    bytes_put((void *)((uintptr_t)address + target->addend), size, value);
    if (unlikely(target->flags & TLB_WATCH))
        loop_memory_stored(cpu->loop, physical, size);
    // The running block may be dead now: it is left after this instruction.
    if ((target->flags & TLB_CODE) && blocks_written(&cpu->loop->blocks, physical, size))
        cpu->kick |= KICK_LOOK;
}

// --- the public slow paths -------------------------------------------------------------------------------------------

static bool permitted(struct vcpu *cpu, uint64_t flags, uint64_t address, unsigned size, enum access access, bool user)
{
    return likely(!(flags & TLB_WATCH)) || cpu->loop->guest->watch(cpu, address, size, access, user);
}

static unsigned left_in_page(uint64_t address)
{
    return (unsigned)(PAGE_SIZE - (address & ~PAGE_MASK));
}

// Both pages must be accessible before either is accessed: an access of a device may have side effects.
static NEVER_INLINE bool resolve_two(struct vcpu *cpu, uint64_t address, unsigned size, bool user, enum access access,
                                     struct target *low, struct target *high)
{
    return resolve(cpu, address, user, access, low) &&
           resolve(cpu, address + left_in_page(address), user, access, high) &&
           permitted(cpu, low->flags | high->flags, address, size, access, user);
}

static NEVER_INLINE bool load_across(struct vcpu *cpu, uint64_t address, unsigned size, bool user, uint64_t *value)
{
    struct target low, high;
    unsigned first = left_in_page(address);
    if (!resolve_two(cpu, address, size, user, ACCESS_READ, &low, &high))
        return false;
    *value = read_within(cpu, &low, address, first);
    *value |= read_within(cpu, &high, address + first, size - first) << (8 * first);
    return true;
}

static NEVER_INLINE bool store_across(struct vcpu *cpu, uint64_t address, unsigned size, bool user, uint64_t value)
{
    struct target low, high;
    unsigned first = left_in_page(address);
    if (!resolve_two(cpu, address, size, user, ACCESS_WRITE, &low, &high))
        return false;
    write_within(cpu, &low, address, first, value);
    write_within(cpu, &high, address + first, size - first, value >> (8 * first));
    return true;
}

bool tlb_load_slow(struct vcpu *cpu, uint64_t address, unsigned size, bool user, uint64_t *value)
{
    struct target target;
    if (unlikely(size > left_in_page(address)))
        return load_across(cpu, address, size, user, value);
    if (!resolve(cpu, address, user, ACCESS_READ, &target) ||
        !permitted(cpu, target.flags, address, size, ACCESS_READ, user))
        return false;
    *value = read_within(cpu, &target, address, size);
    return true;
}

bool tlb_store_slow(struct vcpu *cpu, uint64_t address, unsigned size, bool user, uint64_t value)
{
    struct target target;
    if (unlikely(size > left_in_page(address)))
        return store_across(cpu, address, size, user, value);
    if (!resolve(cpu, address, user, ACCESS_WRITE, &target) ||
        !permitted(cpu, target.flags, address, size, ACCESS_WRITE, user))
        return false;
    write_within(cpu, &target, address, size, value);
    return true;
}

bool tlb_probe(struct vcpu *cpu, uint64_t address, unsigned size, bool user, enum access access)
{
    struct target target;
    unsigned first = left_in_page(address);
    if (!resolve(cpu, address, user, access, &target))
        return false;
    return size <= first || resolve(cpu, address + first, user, access, &target);
}

bool tlb_fetch(struct vcpu *cpu, uint64_t address, bool user, uint64_t *physical)
{
    uint64_t page = address >> PAGE_BITS;
    struct tlb_code_entry *entry = &cpu->tlb->code[(page * 2 + user) % TLB_CODE_ENTRIES];
    uint64_t tag = (address & PAGE_MASK) | user;
    if (entry->tag != tag) {
        struct tlb_page found;
        if (!cpu->loop->guest->walk(cpu, address, ACCESS_EXECUTE, user, &found))
            return false;
        entry->tag = tag;
        entry->physical = found.physical;
    }
    *physical = entry->physical | (address & ~PAGE_MASK);
    return true;
}

void *tlb_host(struct vcpu *cpu, uint64_t address, unsigned size, bool user, enum access access)
{
    const struct tlb_entry *entry = tlb_place(cpu, address, user);
    uint64_t tag = access == ACCESS_WRITE ? entry->write : entry->read;
    if (tag != (address & PAGE_MASK) || size > left_in_page(address))
        return NULL;
    return (void *)((uintptr_t)address + entry->addend);
}
