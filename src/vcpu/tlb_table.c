// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The tables of the TLB: how large they are, what each invalidation drops, and what is kept of an address space that is
// not current.
//
// Address spaces. Each page in the TLB is global or private to one address space (ASID, PCID). The tables hold the global
// pages and the private ones of the current space; no entry says whose it is, so an access compares nothing more. What is
// private is taken out when the space is left and put back when it comes again: the user's tables are exchanged as a
// whole, and from the kernel's table the private entries are copied, which a list of them names. An invalidation looks
// into the tables and into the spaces that are kept. What is kept is also told by its root, the table that it was walked
// from: a guest that gives a number to other tables and forgets to invalidate finds nothing of the old ones.
//
// Sizes. A table of memory doubles when many of its entries displace others within few instructions, and is halved when
// it is emptied and had few in use. Only counts of the guest's own doing decide, so it is the same in every run.
//
// Large pages are held as pages of 4 KiB, as many as were touched. Filters say whether an address may be within one, and
// whether the tables and the jump cache may hold code of a page; they may say yes too often, never no.
#include "vcpu/tlb_table.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "vcpu/loop.h"

#define ADDRESS_BITS 56 // the rest may be a tag (Arm's TBI), which no invalidation looks at
#define FEW_BITS     10 // a displaced entry in 2^10 instructions is few

static size_t count_of(const struct tlb_table *table)
{
    return table->mask / sizeof(struct tlb_entry) + 1;
}

// Nothing was entered here since the table was emptied: all bits are set, also those of TLB_NONE.
static bool is_fresh(const struct tlb_entry *entry)
{
    return entry->physical == UINT64_MAX;
}

static bool is_live(const struct tlb_entry *entry)
{
    return entry->read != TLB_NONE || entry->write != TLB_NONE;
}

static uint64_t page_of(const struct tlb_entry *entry)
{
    return (entry->read != TLB_NONE ? entry->read : entry->write) & PAGE_MASK;
}

static void forget_all(void *entries, size_t bytes)
{
    memset(entries, 0xff, bytes);
}

// --- filters ---------------------------------------------------------------------------------------------------------

static uint64_t *filter_word(struct tlb_filter *filter, uint64_t number, uint64_t *bit)
{
    uint64_t hash = number * UINT64_C(0x9e3779b97f4a7c15) >> 52;
    *bit = BIT64(hash % 64);
    return &filter->words[hash / 64];
}

static void filter_add(struct tlb_filter *filter, uint64_t number)
{
    uint64_t bit, *word = filter_word(filter, number, &bit);
    filter->count += !(*word & bit);
    *word |= bit;
}

static bool filter_has(struct tlb_filter *filter, uint64_t number)
{
    uint64_t bit, *word = filter_word(filter, number, &bit);
    return *word & bit;
}

static void filter_clear(struct tlb_filter *filter)
{
    if (filter->count)
        memset(filter, 0, sizeof *filter);
}

// --- the size of a table ---------------------------------------------------------------------------------------------

static int make_table(struct tlb_table *table, size_t count)
{
    struct tlb_entry *entries = malloc(count * (sizeof *entries + sizeof *table->listed));
    if (!entries)
        return -ENOMEM;
    forget_all(entries, count * sizeof *entries);
    *table = (struct tlb_table){ .entries = entries,
                                 .mask = (count - 1) * sizeof *entries,
                                 .listed = (uint16_t *)(void *)(entries + count) };
    return 0;
}

static void replace_table(struct vcpu *cpu, struct tlb_table *table, const struct tlb_table *by)
{
    bool selected = cpu->data == table->entries;
    free(table->entries);
    *table = *by;
    if (selected) {
        cpu->data = table->entries;
        cpu->data_mask = table->mask;
    }
}

static void list(struct tlb_table *table, struct tlb_entry *entry)
{
    if (entry->physical & TLB_UNLISTED) {
        entry->physical &= ~(uint64_t)TLB_UNLISTED;
        table->listed[table->listed_count++] = (uint16_t)(entry - table->entries);
    }
}

static void grow(struct vcpu *cpu, struct tlb_table *table)
{
    struct tlb_table larger;
    if (count_of(table) >= TLB_MOST || make_table(&larger, 2 * count_of(table)) != 0)
        return;
    larger.since = vcpu_executed(cpu);
    for (size_t i = 0; i < count_of(table); i++) {
        const struct tlb_entry *old = &table->entries[i];
        if (!is_live(old))
            continue;
        struct tlb_entry *entry = tlb_entry_of(larger.entries, larger.mask, page_of(old));
        *entry = *old;
        entry->physical |= TLB_UNLISTED;
        if (entry->physical & TLB_PRIVATE)
            list(&larger, entry);
        larger.used++;
    }
    replace_table(cpu, table, &larger);
}

// An entry has displaced that of another page. True: the table has grown.
static bool displaced(struct vcpu *cpu, struct tlb_table *table)
{
    if (likely(++table->displaced < count_of(table) / 2))
        return false;
    uint64_t now = vcpu_executed(cpu), size = table->mask;
    if ((now - table->since) >> FEW_BITS < table->displaced)
        grow(cpu, table);
    table->displaced = 0;
    table->since = now;
    return table->mask != size;
}

struct tlb_entry *tlb_take_place(struct vcpu *cpu, uint64_t address, bool user, bool private, uint64_t *low)
{
    struct tlb_table *table = &cpu->tlb->data[user];
    struct tlb_entry *entry = tlb_entry_of(table->entries, table->mask, address);
    if (is_live(entry) && page_of(entry) != (address & PAGE_MASK) && displaced(cpu, table))
        entry = tlb_entry_of(table->entries, table->mask, address);
    if (is_fresh(entry))
        table->used++;
    if (private)
        list(table, entry);
    *low = (entry->physical & TLB_UNLISTED) | (private ? TLB_PRIVATE : 0);
    return entry;
}

static void empty_table(struct vcpu *cpu, struct tlb_table *table)
{
    struct tlb_table smaller;
    size_t count = count_of(table);
    if (table->used * 8 < count && count > TLB_LEAST && make_table(&smaller, count / 2) == 0)
        replace_table(cpu, table, &smaller);
    else if (table->used)
        forget_all(table->entries, count * sizeof *table->entries);
    table->used = table->listed_count = table->displaced = 0;
}

// --- spaces that are not current -------------------------------------------------------------------------------------

static void free_space(struct tlb_space *space)
{
    if (!space)
        return;
    free(space->user.entries);
    free(space->code);
    free(space);
}

static struct tlb_space *make_space(void)
{
    struct tlb_space *space = calloc(1, sizeof *space);
    if (!space)
        return NULL;
    space->code = malloc(TLB_CODE_ENTRIES * sizeof *space->code);
    if (!space->code || make_table(&space->user, TLB_LEAST) != 0) {
        free_space(space);
        return NULL;
    }
    forget_all(space->code, TLB_CODE_ENTRIES * sizeof *space->code);
    return space;
}

static void empty_space(struct vcpu *cpu, struct tlb_space *space)
{
    empty_table(cpu, &space->user);
    if (space->user_code)
        forget_all(space->code, TLB_CODE_ENTRIES * sizeof *space->code);
    space->kernel_count = 0;
    space->user_code = space->live = false;
}

static struct tlb_space *find_space(struct tlb *tlb, uint32_t id, uint64_t root)
{
    for (unsigned i = 0; i < TLB_SPACES; i++)
        if (tlb->spaces[i] && tlb->spaces[i]->live && tlb->spaces[i]->id == id && tlb->spaces[i]->root == root)
            return tlb->spaces[i];
    return NULL;
}

static void empty_spaces(struct vcpu *cpu, uint32_t id)
{
    for (unsigned i = 0; i < TLB_SPACES; i++) {
        struct tlb_space *space = cpu->tlb->spaces[i];
        if (space && space->live && (id == TLB_ANY_SPACE || id == space->id))
            empty_space(cpu, space);
    }
}

// An empty one: the one left longest ago, if there is no other. NULL: no memory.
static struct tlb_space *take_space(struct vcpu *cpu)
{
    struct tlb_space **oldest = NULL;
    for (unsigned i = 0; i < TLB_SPACES; i++) {
        struct tlb_space **space = &cpu->tlb->spaces[i];
        if (!*space)
            return *space = make_space();
        if (!(*space)->live)
            return *space;
        if (!oldest || (*space)->left < (*oldest)->left)
            oldest = space;
    }
    empty_space(cpu, *oldest);
    return *oldest;
}

// --- all or much of it -----------------------------------------------------------------------------------------------

void tlb_forget_jumps(struct vcpu *cpu)
{
    forget_all(cpu->jumps, JUMP_CACHE_ENTRIES * sizeof *cpu->jumps);
}

static void forget_matching(uint64_t *tag, uint64_t mask, uint64_t match)
{
    if (((*tag ^ match) & mask) == 0)
        *tag = TLB_NONE;
}

static void forget_jumps_matching(struct vcpu *cpu, uint64_t mask, uint64_t match)
{
    for (unsigned i = 0; i < JUMP_CACHE_ENTRIES; i++)
        forget_matching(&cpu->jumps[i].key, mask, match);
}

int tlb_init(struct vcpu *cpu)
{
    struct tlb *tlb = cpu->tlb = calloc(1, sizeof *tlb);
    if (!tlb)
        return -ENOMEM;
    for (unsigned user = 0; user < 2; user++) {
        tlb->code[user] = malloc(TLB_CODE_ENTRIES * sizeof **tlb->code);
        if (!tlb->code[user] || make_table(&tlb->data[user], TLB_LEAST) != 0)
            return -ENOMEM; // the caller frees
        forget_all(tlb->code[user], TLB_CODE_ENTRIES * sizeof **tlb->code);
    }
    forget_all(tlb->io, sizeof tlb->io);
    forget_all(tlb->upper, sizeof tlb->upper);
    tlb_select(cpu, false);
    return 0;
}

void tlb_free(struct vcpu *cpu)
{
    struct tlb *tlb = cpu->tlb;
    if (!tlb)
        return;
    for (unsigned user = 0; user < 2; user++) {
        free(tlb->data[user].entries);
        free(tlb->code[user]);
    }
    for (unsigned i = 0; i < TLB_SPACES; i++)
        free_space(tlb->spaces[i]);
    free(tlb);
}

static void forget_large(struct tlb *tlb)
{
    filter_clear(&tlb->large);
    tlb->large_shift = 0;
    for (unsigned half = 0; half < 2; half++)
        tlb->huge[half] = (struct tlb_range){ .first = UINT64_MAX, .last = 0 };
    tlb->huge_shift = 0;
}

void tlb_flush(struct vcpu *cpu)
{
    struct tlb *tlb = cpu->tlb;
    for (unsigned user = 0; user < 2; user++) {
        empty_table(cpu, &tlb->data[user]);
        forget_all(tlb->code[user], TLB_CODE_ENTRIES * sizeof **tlb->code);
    }
    empty_spaces(cpu, TLB_ANY_SPACE);
    forget_all(tlb->io, sizeof tlb->io);
    forget_all(tlb->upper, sizeof tlb->upper);
    tlb->private_code = 0;
    tlb->private_kernel_code = tlb->private_io = tlb->user_code = tlb->global_user = false;
    forget_large(tlb);
    filter_clear(&tlb->code_pages);
    tlb_forget_jumps(cpu);
}

// --- an address space ------------------------------------------------------------------------------------------------

// Takes the private entries out of the kernel's table. Returns how many of them are in `kept` now, at most TLB_KEPT.
static unsigned take_kernel_private(struct tlb_table *table, struct tlb_entry *kept)
{
    unsigned count = 0;
    for (unsigned i = 0; i < table->listed_count; i++) {
        struct tlb_entry *entry = &table->entries[table->listed[i]];
        entry->physical |= TLB_UNLISTED;
        if (!(entry->physical & TLB_PRIVATE))
            continue;
        if (kept && is_live(entry) && count < TLB_KEPT)
            kept[count++] = *entry;
        forget_all(entry, sizeof *entry);
        table->used--;
    }
    table->listed_count = 0;
    return count;
}

// The code and the devices of the current space: neither is kept.
static void forget_private_rest(struct vcpu *cpu)
{
    struct tlb *tlb = cpu->tlb;
    if (tlb->private_kernel_code)
        forget_all(tlb->code[0], TLB_CODE_ENTRIES * sizeof **tlb->code);
    tlb->private_kernel_code = false;
    if (tlb->private_code == 3)
        tlb_forget_jumps(cpu);
    else if (tlb->private_code)
        forget_jumps_matching(cpu, BIT64(ADDRESS_BITS - 1), tlb->private_code == 1 ? 0 : UINT64_MAX);
    tlb->private_code = 0;
    if (!tlb->private_io)
        return;
    tlb->private_io = false;
    for (unsigned user = 0; user < 2; user++)
        for (unsigned i = 0; i < TLB_IO_ENTRIES; i++)
            if (tlb->io[user][i].physical & TLB_PRIVATE)
                tlb_forget(&tlb->io[user][i]);
}

static void forget_user(struct vcpu *cpu)
{
    struct tlb *tlb = cpu->tlb;
    empty_table(cpu, &tlb->data[1]);
    if (tlb->user_code)
        forget_all(tlb->code[1], TLB_CODE_ENTRIES * sizeof **tlb->code);
    tlb->user_code = tlb->global_user = false;
}

static void flush_current(struct vcpu *cpu)
{
    take_kernel_private(&cpu->tlb->data[0], NULL);
    forget_user(cpu);
    forget_private_rest(cpu);
}

void tlb_flush_space(struct vcpu *cpu, uint32_t id)
{
    forget_all(cpu->tlb->upper, sizeof cpu->tlb->upper);
    if (id == cpu->tlb->space)
        flush_current(cpu);
    empty_spaces(cpu, id);
}

void tlb_flush_private(struct vcpu *cpu)
{
    forget_all(cpu->tlb->upper, sizeof cpu->tlb->upper);
    flush_current(cpu);
    empty_spaces(cpu, TLB_ANY_SPACE);
}

// Back into the kernel's table, where it displaces what came in the meantime.
static void put_back(struct tlb_table *table, const struct tlb_entry *kept)
{
    struct tlb_entry *entry = tlb_entry_of(table->entries, table->mask, page_of(kept));
    uint64_t unlisted = entry->physical & TLB_UNLISTED;
    table->used += is_fresh(entry);
    *entry = *kept;
    entry->physical = (kept->physical & ~(uint64_t)TLB_UNLISTED) | unlisted;
    list(table, entry);
}

static void exchange(struct vcpu *cpu, struct tlb_space *space)
{
    struct tlb *tlb = cpu->tlb;
    struct tlb_table user = tlb->data[1];
    struct tlb_code_entry *code = tlb->code[1];
    bool selected = cpu->data == user.entries, user_code = tlb->user_code;
    tlb->data[1] = space->user;
    tlb->code[1] = space->code;
    tlb->user_code = space->user_code;
    space->user = user;
    space->code = code;
    space->user_code = user_code;
    if (selected)
        tlb_select(cpu, true);
}

void tlb_switch_space(struct vcpu *cpu, uint32_t id, uint64_t root, bool keep)
{
    struct tlb *tlb = cpu->tlb;
    forget_all(tlb->upper, sizeof tlb->upper);
    if (!keep)
        tlb_flush_space(cpu, id);
    if (id == tlb->space && (root == tlb->root || !keep)) {
        tlb->root = root;
        return;
    }
    struct tlb_space *space = find_space(tlb, id, root);
    if (!space)
        space = take_space(cpu);
    if (!space) {
        flush_current(cpu);
        tlb->space = id;
        tlb->root = root;
        return;
    }
    if (tlb->global_user) // an invalidation of a global page looks for it only in what is current
        forget_user(cpu);
    struct tlb_entry kept[TLB_KEPT];
    unsigned count = take_kernel_private(&tlb->data[0], kept);
    forget_private_rest(cpu);
    exchange(cpu, space);
    for (unsigned i = 0; i < space->kernel_count; i++)
        if (is_live(&space->kernel[i]))
            put_back(&tlb->data[0], &space->kernel[i]);
    memcpy(space->kernel, kept, count * sizeof *kept);
    space->kernel_count = count;
    space->live = count || space->user.used || space->user_code;
    space->id = tlb->space;
    space->root = tlb->root;
    space->left = ++tlb->switches;
    tlb->space = id;
    tlb->root = root;
}

// --- an address ------------------------------------------------------------------------------------------------------

static void forget_all_code(struct vcpu *cpu)
{
    struct tlb *tlb = cpu->tlb;
    for (unsigned user = 0; user < 2; user++)
        forget_all(tlb->code[user], TLB_CODE_ENTRIES * sizeof **tlb->code);
    for (unsigned i = 0; i < TLB_SPACES; i++)
        if (tlb->spaces[i])
            forget_all(tlb->spaces[i]->code, TLB_CODE_ENTRIES * sizeof **tlb->code);
    filter_clear(&tlb->code_pages);
    tlb_forget_jumps(cpu);
}

void tlb_note_page(struct vcpu *cpu, uint64_t address, bool user, const struct tlb_page *page)
{
    struct tlb *tlb = cpu->tlb;
    uint64_t place = address & bits_low(ADDRESS_BITS);
    if (user && !page->private)
        tlb->global_user = true;
    if (page->shift > TLB_LARGE_BITS) {
        struct tlb_range *huge = &tlb->huge[place >> (ADDRESS_BITS - 1)];
        uint64_t first = place & ~bits_low(page->shift), last = place | bits_low(page->shift);
        huge->first = first < huge->first ? first : huge->first;
        huge->last = last > huge->last ? last : huge->last;
        tlb->huge_shift = page->shift > tlb->huge_shift ? page->shift : tlb->huge_shift;
    } else if (page->shift > PAGE_BITS) {
        filter_add(&tlb->large, place >> TLB_LARGE_BITS);
        tlb->large_shift = page->shift > tlb->large_shift ? page->shift : tlb->large_shift;
    }
}

void tlb_note_code(struct vcpu *cpu, uint64_t address)
{
    filter_add(&cpu->tlb->code_pages, (address & bits_low(ADDRESS_BITS)) >> PAGE_BITS);
}

// log2 of the largest page that the address may be in.
static unsigned shift_at(struct tlb *tlb, uint64_t address)
{
    uint64_t place = address & bits_low(ADDRESS_BITS);
    const struct tlb_range *huge = &tlb->huge[place >> (ADDRESS_BITS - 1)];
    if (place >= huge->first && place <= huge->last)
        return tlb->huge_shift;
    return filter_has(&tlb->large, place >> TLB_LARGE_BITS) ? tlb->large_shift : PAGE_BITS;
}

static void forget_entries(struct tlb_entry *entries, size_t count, uint64_t mask, uint64_t match)
{
    for (size_t i = 0; i < count; i++) {
        forget_matching(&entries[i].read, mask, match);
        forget_matching(&entries[i].write, mask, match);
    }
}

// The pages of a large one are side by side in the table.
static void forget_in_table(struct tlb_table *table, uint64_t address, unsigned shift)
{
    uint64_t mask = bits_low(ADDRESS_BITS) & ~bits_low(shift), pages = BIT64(shift - PAGE_BITS);
    size_t count = count_of(table);
    if (!table->used)
        return;
    if (pages >= count)
        forget_entries(table->entries, count, mask, address);
    else
        forget_entries(tlb_entry_of(table->entries, table->mask, address & ~bits_low(shift)), pages, mask, address);
}

static void forget_code(struct tlb_code_entry *entries, uint64_t address, unsigned shift)
{
    uint64_t mask = bits_low(ADDRESS_BITS) & ~bits_low(shift);
    if (shift == PAGE_BITS)
        forget_matching(&entries[(address >> PAGE_BITS) % TLB_CODE_ENTRIES].tag, mask, address);
    else
        for (unsigned i = 0; i < TLB_CODE_ENTRIES; i++)
            forget_matching(&entries[i].tag, mask, address);
}

void tlb_flush_address(struct vcpu *cpu, uint64_t address, uint32_t id)
{
    struct tlb *tlb = cpu->tlb;
    unsigned shift = shift_at(tlb, address);
    uint64_t mask = bits_low(ADDRESS_BITS) & ~bits_low(shift);
    forget_all(tlb->upper, sizeof tlb->upper);
    if (tlb->large.count > TLB_FILTER_MOST) { // it would say yes too often
        tlb_flush(cpu);
        return;
    }
    if (tlb->code_pages.count > TLB_FILTER_MOST)
        forget_all_code(cpu);
    for (unsigned user = 0; user < 2; user++) {
        forget_in_table(&tlb->data[user], address, shift);
        if (shift == PAGE_BITS)
            forget_entries(tlb_io_place(cpu, address, user), 1, mask, address);
        else
            forget_entries(tlb->io[user], TLB_IO_ENTRIES, mask, address);
        forget_code(tlb->code[user], address, shift);
    }
    if (shift > PAGE_BITS || filter_has(&tlb->code_pages, (address & bits_low(ADDRESS_BITS)) >> PAGE_BITS))
        forget_jumps_matching(cpu, mask, address);
    for (unsigned i = 0; i < TLB_SPACES; i++) {
        struct tlb_space *space = tlb->spaces[i];
        if (!space || !space->live || (id != space->id && id != TLB_ANY_SPACE))
            continue;
        forget_in_table(&space->user, address, shift);
        forget_entries(space->kernel, space->kernel_count, mask, address);
        forget_code(space->code, address, shift);
    }
}

// --- marks in all entries --------------------------------------------------------------------------------------------

struct run {
    struct tlb_entry *first;
    size_t count;
};

// Every entry of memory, also of spaces that are not current.
static unsigned all_entries(struct tlb *tlb, struct run runs[2 + 2 * TLB_SPACES])
{
    unsigned count = 0;
    for (unsigned user = 0; user < 2; user++)
        if (tlb->data[user].used)
            runs[count++] = (struct run){ tlb->data[user].entries, count_of(&tlb->data[user]) };
    for (unsigned i = 0; i < TLB_SPACES; i++) {
        struct tlb_space *space = tlb->spaces[i];
        if (!space || !space->live)
            continue;
        if (space->user.used)
            runs[count++] = (struct run){ space->user.entries, count_of(&space->user) };
        runs[count++] = (struct run){ space->kernel, space->kernel_count };
    }
    return count;
}

void tlb_track_writes(struct vcpu *cpu)
{
    struct run runs[2 + 2 * TLB_SPACES];
    unsigned count = all_entries(cpu->tlb, runs);
    for (unsigned r = 0; r < count; r++)
        for (size_t i = 0; i < runs[r].count; i++) {
            uint64_t *tag = &runs[r].first[i].write;
            if (!(*tag & TLB_IO)) // TLB_NONE has all flags
                *tag |= TLB_CLEAN;
        }
}

void tlb_track_code(struct vcpu *cpu, uint64_t physical)
{
    struct run runs[2 + 2 * TLB_SPACES];
    unsigned count = all_entries(cpu->tlb, runs);
    for (unsigned r = 0; r < count; r++)
        for (size_t i = 0; i < runs[r].count; i++) {
            struct tlb_entry *entry = &runs[r].first[i];
            if ((entry->physical & PAGE_MASK) == physical && !(entry->write & TLB_IO))
                entry->write |= TLB_CODE;
        }
}

static void mark(struct vcpu *cpu, uint64_t *tag, uint64_t physical, bool (*watched)(struct vcpu *cpu, uint64_t page))
{
    if (*tag == TLB_NONE)
        return;
    bool is_watched = watched(cpu, *tag & PAGE_MASK) || stops_watch_frame(&cpu->loop->stops, physical);
    *tag = (*tag & ~TLB_WATCH) | (is_watched ? TLB_WATCH : 0);
}

void tlb_mark_watched(struct vcpu *cpu, bool (*watched)(struct vcpu *cpu, uint64_t page))
{
    struct run runs[3 + 2 * TLB_SPACES];
    unsigned count = all_entries(cpu->tlb, runs);
    runs[count++] = (struct run){ cpu->tlb->io[0], 2 * TLB_IO_ENTRIES };
    for (unsigned r = 0; r < count; r++)
        for (size_t i = 0; i < runs[r].count; i++) {
            struct tlb_entry *entry = &runs[r].first[i];
            mark(cpu, &entry->read, entry->physical & PAGE_MASK, watched);
            mark(cpu, &entry->write, entry->physical & PAGE_MASK, watched);
        }
}
