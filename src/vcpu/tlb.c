// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The slow paths of guest memory: page walks, devices, code-bearing pages, accesses across pages.
#include "vcpu/tlb.h"

#include <stddef.h>

#include "vcpu/guest.h"
#include "vcpu/loop.h"
#include "vcpu/tlb_table.h"

// Generated code knows them as numbers.
_Static_assert(sizeof(struct tlb_entry) == 1 << TLB_ENTRY_BITS, "the index is a shift");
_Static_assert(offsetof(struct tlb_entry, read) == 0 && offsetof(struct tlb_entry, write) == 8 &&
                   offsetof(struct tlb_entry, addend) == 16 && offsetof(struct tlb_entry, physical) == 24,
               "as tlb.h says");

// The target of an access within one page.
struct target {
    uint64_t physical; // of the page
    uintptr_t addend;  // as in struct tlb_entry
    uint64_t flags;    // TLB_IO, TLB_CODE, TLB_WATCH; 0: plain RAM
};

// Walks the page tables and adds an entry for later accesses without a walk, which may permit less than this access.
static bool fill(struct vcpu *cpu, uint64_t address, bool user, enum access access, struct target *target)
{
    struct tlb_page page = { .shift = PAGE_BITS };
    if (!cpu->loop->guest->walk(cpu, address, access, user, &page))
        return false;
    tlb_note_page(cpu, address, user, &page);
    struct tlb_entry *entry, *other;
    uint64_t low = page.private ? TLB_PRIVATE : 0, tag = address & PAGE_MASK;
    uint64_t read_flags = TLB_IO, write_flags = TLB_IO;
    const struct region *region = bus_find(cpu->loop->memory, page.physical);
    uintptr_t addend = 0;
    if (region && region->ram && page.physical != cpu->port_page &&
        region->size - (page.physical - region->base) >= PAGE_SIZE) {
        entry = tlb_take_place(cpu, address, user, page.private, &low);
        other = tlb_io_place(cpu, address, user);
        addend = (uintptr_t)(region->ram + (page.physical - region->base)) - (uintptr_t)tag;
        read_flags = 0;
        if (!region->readonly) {
            write_flags = blocks_in_page(&cpu->loop->blocks, page.physical) ? TLB_CODE : 0;
            write_flags |= bus_ram_is_clean(cpu->loop->memory, (uint8_t *)(uintptr_t)tag + addend) ? TLB_CLEAN : 0;
        }
    } else {
        entry = tlb_io_place(cpu, address, user);
        other = tlb_place(cpu, address, user);
        cpu->tlb->private_io |= page.private;
    }
    if (unlikely(page.watched || stops_watch_frame(&cpu->loop->stops, page.physical))) {
        read_flags |= TLB_WATCH;
        write_flags |= TLB_WATCH;
    }
    if (tlb_tag_holds(other->read, address) || tlb_tag_holds(other->write, address))
        tlb_forget(other); // the page was of the other kind before
    *entry = (struct tlb_entry){ .read = page.read ? tag | read_flags : TLB_NONE,
                                 .write = page.write ? tag | write_flags : TLB_NONE,
                                 .addend = addend,
                                 .physical = page.physical | low };
    *target = (struct target){ page.physical, addend, access == ACCESS_WRITE ? write_flags : read_flags };
    return true;
}

static bool look_up(const struct tlb_entry *entry, uint64_t address, enum access access, struct target *target)
{
    uint64_t tag = access == ACCESS_WRITE ? entry->write : entry->read;
    if (!tlb_tag_holds(tag, address))
        return false;
    *target = (struct target){ entry->physical & PAGE_MASK, entry->addend, tag & ~PAGE_MASK };
    return true;
}

// The first store to a page of RAM since the set of written pages was emptied.
static NEVER_INLINE void note_written(struct vcpu *cpu, uint64_t address, bool user, struct target *target)
{
    struct tlb_entry *entry = tlb_place(cpu, address, user);
    bus_ram_written(cpu->loop->memory, (const uint8_t *)(uintptr_t)(address + target->addend), 1);
    target->flags &= ~TLB_CLEAN;
    if (tlb_tag_holds(entry->write, address))
        entry->write &= ~TLB_CLEAN;
}

ALWAYS_INLINE bool resolve(struct vcpu *cpu, uint64_t address, bool user, enum access access, struct target *target)
{
    if (look_up(tlb_io_place(cpu, address, user), address, access, target))
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

static inline uint64_t device_read(struct vcpu *cpu, uint64_t physical, unsigned size)
{
    bool heard = trace_heard(cpu->loop->trace);
    uint64_t value = heard ? read_heard(cpu, physical, size) : read_device(cpu, physical, size);
    after_device(cpu);
    return value;
}

static inline void device_write(struct vcpu *cpu, uint64_t physical, unsigned size, uint64_t value)
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

ALWAYS_INLINE void write_ram(struct vcpu *cpu, const struct target *target, uint64_t address, unsigned size,
                             uint64_t value)
{
    uint64_t physical = target->physical | (address & ~PAGE_MASK);
    bytes_put((void *)((uintptr_t)address + target->addend), size, value);
    if (unlikely(target->flags & TLB_WATCH))
        loop_memory_stored(cpu->loop, physical, size);
    // The running block may be dead now: it is left after this instruction.
    if ((target->flags & TLB_CODE) && blocks_written(&cpu->loop->blocks, physical, size))
        cpu->kick |= KICK_LOOK;
}

static void write_within(struct vcpu *cpu, const struct target *target, uint64_t address, unsigned size, uint64_t value)
{
    uint64_t physical = target->physical | (address & ~PAGE_MASK);
    if (!(target->flags & TLB_IO))
        write_ram(cpu, target, address, size, value);
    else if (likely(is_power_of_two(size)))
        device_write(cpu, physical, size, value & bits_low(8 * size));
    else
        device_write_pieces(cpu, physical, size, value);
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

static NEVER_INLINE bool load_other(struct vcpu *cpu, uint64_t address, unsigned size, bool user, uint64_t *value)
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

static NEVER_INLINE bool store_other(struct vcpu *cpu, uint64_t address, unsigned size, bool user, uint64_t value)
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

// Most accesses that come here: of a device, whole, and nobody watches the page. `tag` is the entry's for this kind of access.
ALWAYS_INLINE bool is_plain_device(uint64_t tag, uint64_t address, unsigned size)
{
    return likely(tag == (((address + size - 1) & PAGE_MASK) | TLB_IO) && (size & (size - 1)) == 0);
}

bool tlb_load_slow(struct vcpu *cpu, uint64_t address, unsigned size, bool user, uint64_t *value)
{
    const struct tlb_entry *entry = tlb_io_place(cpu, address, user);
    if (!is_plain_device(entry->read, address, size))
        return load_other(cpu, address, size, user, value);
    *value = device_read(cpu, (entry->physical & PAGE_MASK) | (address & ~PAGE_MASK), size);
    return true;
}

// A whole store to RAM that nobody watches, in a page that holds code.
ALWAYS_INLINE bool is_beside_code(uint64_t tag, uint64_t address, unsigned size)
{
    return likely(tag == (((address + size - 1) & PAGE_MASK) | TLB_CODE));
}

bool tlb_store_slow(struct vcpu *cpu, uint64_t address, unsigned size, bool user, uint64_t value)
{
    const struct tlb_entry *entry = tlb_io_place(cpu, address, user), *ram = tlb_place(cpu, address, user);
    if (is_plain_device(entry->write, address, size)) {
        device_write(cpu, (entry->physical & PAGE_MASK) | (address & ~PAGE_MASK), size, value & bits_low(8 * size));
        return true;
    }
    if (!is_beside_code(ram->write, address, size))
        return store_other(cpu, address, size, user, value);
    const struct target target = { ram->physical & PAGE_MASK, ram->addend, TLB_CODE };
    write_ram(cpu, &target, address, size, value);
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

static NEVER_INLINE bool fetch_walked(struct vcpu *cpu, uint64_t address, bool user, struct tlb_code_entry *entry)
{
    struct tlb_page page = { .shift = PAGE_BITS };
    if (!cpu->loop->guest->walk(cpu, address, ACCESS_EXECUTE, user, &page))
        return false;
    tlb_note_page(cpu, address, user, &page);
    tlb_note_code(cpu, address);
    if (user)
        cpu->tlb->user_code = true;
    else
        cpu->tlb->private_kernel_code |= page.private;
    entry->tag = (address & PAGE_MASK) | user;
    entry->physical = page.physical | (page.private ? TLB_PRIVATE : 0);
    return true;
}

bool tlb_fetch(struct vcpu *cpu, uint64_t address, bool user, uint64_t *physical)
{
    struct tlb_code_entry *entry = tlb_code_place(cpu, address, user);
    if (unlikely(entry->tag != ((address & PAGE_MASK) | user)) && !fetch_walked(cpu, address, user, entry))
        return false;
    if (entry->physical & TLB_PRIVATE)
        cpu->tlb->private_code |= (uint8_t)BIT32(address >> 55 & 1); // the code is about to enter the jump cache
    *physical = (entry->physical & PAGE_MASK) | (address & ~PAGE_MASK);
    return true;
}
