// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// IOAPIC: the register window row by row, state, and a fuzzer against a model that loops over all entries.
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "irqchip/x86/test_ioapic.h"

static uint32_t get(struct ioapic *io, uint32_t index)
{
    ioapic_write(io, 0x00, 4, index, 0, NULL);
    return (uint32_t)ioapic_read(io, 0x10, 4);
}

static void set(struct ioapic *io, uint32_t index, uint32_t value)
{
    ioapic_write(io, 0x00, 4, index, 0, NULL);
    ioapic_write(io, 0x10, 4, value, 0, NULL);
}

// --- Rows ----------------------------------------------------------------------------------------------------------

Test(ioapic_regs, the_rows_are_sorted_and_apart)
{
    for (unsigned i = 1; i < ioapic_reg_count; i++) {
        const struct reg *row = &ioapic_regs[i - 1];
        cr_assert_leq(row->offset + row->stride * (row->count ? row->count : 1), ioapic_regs[i].offset);
    }
}

Test(ioapic_regs, every_row_has_its_reset_value_and_write_mask)
{
    for (unsigned i = 0; i < ioapic_reg_count; i++) {
        const struct reg *row = &ioapic_regs[i];
        for (unsigned n = 0; n < (row->count ? row->count : 1); n++)
            for (unsigned half = 0; half < row->stride; half++) {
                struct ioapic io;
                ioapic_init(&io, 240, 0x11, 0, false);
                uint32_t index = row->offset + n * row->stride + half, reset = (uint32_t)(row->reset >> 32 * half);
                uint32_t mask = (uint32_t)(row->mask >> 32 * half);
                if (row->mask)
                    cr_assert_eq(get(&io, index), reset, "%s[%u]", row->name, n);
                uint32_t before = get(&io, index);
                set(&io, index, UINT32_MAX);
                cr_assert_eq(get(&io, index), mask | (before & ~mask), "%s[%u] all ones", row->name, n);
                set(&io, index, 0);
                cr_assert_eq(get(&io, index), before & ~mask, "%s[%u] zero", row->name, n);
            }
    }
}

// 82093AA 3.2.4: 10h to FEh. An NMI has no vector.
Test(ioapic_regs, an_entry_that_is_unmasked_with_a_vector_below_16_is_counted)
{
    static const struct {
        uint32_t low;
        unsigned counted;
    } rows[] = { { 0x1000f, 0 }, { 0x10, 0 }, { 0xf, 1 }, { 0x10f, 1 }, { 0x400, 0 }, { 0x200, 0 }, { 0x700, 0 } };
    for (unsigned i = 0; i < countof(rows); i++) {
        struct ioapic io;
        ioapic_init(&io, 24, 0x11, 0, false);
        set(&io, 0x12, rows[i].low);
        cr_assert_eq(io.mistakes[IOAPIC_MISTAKE_VECTOR], rows[i].counted, "%x", rows[i].low);
    }
}

Test(ioapic_regs, the_id_has_four_bits_and_loads_the_arbitration_id)
{
    struct ioapic io;
    ioapic_init(&io, 24, 0x11, 9, false);
    cr_assert_eq(get(&io, 0), 0x09000000);
    cr_assert_eq(get(&io, 2), 0x09000000);
    set(&io, 0, 0xf5ffffff);
    cr_assert_eq(get(&io, 0), 0x05000000);
    cr_assert_eq(get(&io, 2), 0x05000000);
}

Test(ioapic_regs, the_version_register_tells_version_and_last_entry)
{
    for (unsigned pins = 1; pins <= 240; pins++) {
        struct ioapic io;
        ioapic_init(&io, pins, 0x11, 0, false);
        cr_assert_eq(get(&io, 1), 0x11 | (pins - 1) << 16);
        ioapic_init(&io, pins, 0x20, 0, false);
        cr_assert_eq(get(&io, 1), 0x20 | (pins - 1) << 16);
        set(&io, 1, 0);
        cr_assert_eq(io.mistakes[IOAPIC_MISTAKE_READONLY], 1);
        cr_assert_eq(get(&io, 1), 0x20 | (pins - 1) << 16);
    }
}

Test(ioapic_regs, version_20h_answers_the_arbitration_id_too)
{
    struct ioapic io;
    ioapic_init(&io, 24, 0x20, 3, false);
    cr_assert_eq(get(&io, 2), 0x03000000);
    set(&io, 0, 0x05000000);
    cr_assert_eq(get(&io, 2), 0x05000000);
    cr_assert_eq(io.mistakes[IOAPIC_MISTAKE_INDEX], 0);
    set(&io, 2, 0);
    cr_assert_eq(io.mistakes[IOAPIC_MISTAKE_READONLY], 1);
    get(&io, 3);
    cr_assert_eq(io.mistakes[IOAPIC_MISTAKE_INDEX], 1);
}

Test(ioapic_regs, an_index_without_a_register_reads_0_and_is_counted)
{
    struct ioapic io = fresh(24);
    static const uint32_t index[] = { 3, 0x0f, 0x10 + 48, 0xff };
    for (unsigned i = 0; i < countof(index); i++) {
        set(&io, index[i], UINT32_MAX);
        cr_assert_eq(get(&io, index[i]), 0);
    }
    cr_assert_eq(io.mistakes[IOAPIC_MISTAKE_INDEX], 2 * countof(index));
    cr_assert_eq(get(&io, 0x10 + 47), 0, "the high half of the last entry is there");
    cr_assert_eq(io.mistakes[IOAPIC_MISTAKE_INDEX], 2 * countof(index));
}

Test(ioapic_regs, ioregsel_has_eight_bits_and_nine_where_the_entries_need_them)
{
    struct ioapic io = fresh(120);
    ioapic_write(&io, 0, 4, 0xffffffff, 0, NULL);
    cr_assert_eq(ioapic_read(&io, 0, 4), 0xff);
    cr_assert_eq(get(&io, 0x10 + 2 * 119), 0x10000);
    io = fresh(121);
    ioapic_write(&io, 0, 4, 0xffffffff, 0, NULL);
    cr_assert_eq(ioapic_read(&io, 0, 4), 0x1ff);
    cr_assert_eq(ioapic_read(&io, 0, 1), 0xff);
}

Test(ioapic_regs, ioregsel_may_be_written_as_a_byte)
{
    struct ioapic io = fresh(24);
    ioapic_write(&io, 0, 1, 0xff01, 0, NULL);
    cr_assert_eq(ioapic_read(&io, 0, 1), 1);
    cr_assert_eq(ioapic_read(&io, 0x10, 4), 0x00170020);
    ioapic_write(&io, 0, 2, 0, 0, NULL);
    cr_assert_eq(ioapic_read(&io, 0, 2), 0);
    cr_assert_eq(io.mistakes[IOAPIC_MISTAKE_SIZE], 0);
    ioapic_write(&io, 0, 8, 1, 0, NULL);
    cr_assert_eq(ioapic_read(&io, 0, 4), 0);
    cr_assert_eq(io.mistakes[IOAPIC_MISTAKE_SIZE], 1);
}

Test(ioapic_regs, iowin_and_eoi_are_doublewords)
{
    struct ioapic io = fresh(24);
    static const unsigned sizes[] = { 1, 2, 8 };
    ioapic_write(&io, 0, 4, 0x10, 0, NULL);
    for (unsigned i = 0; i < countof(sizes); i++) {
        cr_assert_eq(ioapic_read(&io, 0x10, sizes[i]), 0);
        ioapic_write(&io, 0x10, sizes[i], 0x34, 0, NULL);
        ioapic_write(&io, 0x40, sizes[i], 0x34, 0, NULL);
    }
    cr_assert_eq(ioapic_entry(&io, 0), MASK);
    cr_assert_eq(io.mistakes[IOAPIC_MISTAKE_SIZE], 9);
    cr_assert_eq(io.mistakes[IOAPIC_MISTAKE_EOI], 0);
}

Test(ioapic_regs, other_offsets_read_0_and_are_counted)
{
    struct ioapic io = fresh(24);
    unsigned count = 0;
    for (unsigned offset = 0; offset < 0x1000; offset++) {
        if (offset == 0 || offset == 0x10 || offset == 0x40)
            continue;
        cr_assert_eq(ioapic_read(&io, offset, 4), 0);
        ioapic_write(&io, offset, 4, UINT32_MAX, 0, NULL);
        count += 2;
    }
    cr_assert_eq(io.mistakes[IOAPIC_MISTAKE_OFFSET], count);
    cr_assert_eq(io.ioregsel, 0);
}

// --- The EOI register ----------------------------------------------------------------------------------------------

Test(ioapic_regs, the_eoi_register_ends_the_vector_written)
{
    struct ioapic io = fresh(24);
    struct ioapic_pins ended;
    entry(&io, 17, LEVEL | 0x51);
    ioapic_set_pin(&io, 17, true);
    sent(&io, 17);
    cr_assert_not(ioapic_write(&io, 0x40, 4, 0x50, 0, &ended));
    cr_assert_eq(ended.word[0], 0);
    cr_assert_eq(io.mistakes[IOAPIC_MISTAKE_EOI], 1);
    cr_assert(ioapic_write(&io, 0x40, 4, 0xffffff51, 0, &ended), "bits 31:8 are reserved");
    cr_assert_eq(ended.word[0], 1u << 17);
    cr_assert_eq(ioapic_read(&io, 0x40, 4), 0, "write-only");
    sent(&io, 17);
}

Test(ioapic_regs, version_11h_has_no_eoi_register)
{
    struct ioapic io;
    ioapic_init(&io, 24, 0x11, 0, false);
    entry(&io, 17, LEVEL | 0x51);
    ioapic_set_pin(&io, 17, true);
    sent(&io, 17);
    cr_assert_not(ioapic_write(&io, 0x40, 4, 0x51, 0, NULL));
    cr_assert(ioapic_entry(&io, 17) & REMOTE_IRR);
    cr_assert_eq(io.mistakes[IOAPIC_MISTAKE_OFFSET], 1);
    cr_assert(ioapic_eoi(&io, 0x51, 0, NULL), "the broadcast of a local APIC works for both");
}

Test(ioapic_regs, storms_count_by_either_eoi)
{
    struct ioapic io = fresh(24);
    entry(&io, 17, LEVEL | 0x51);
    ioapic_set_pin(&io, 17, true);
    for (unsigned i = 0; i < IOAPIC_STORM_LIMIT; i++) {
        sent(&io, 17);
        if (i & 1)
            ioapic_eoi(&io, 0x51, 7, NULL);
        else
            ioapic_write(&io, 0x40, 4, 0x51, 7, NULL);
    }
    cr_assert_eq(ioapic_deadline(&io), 7 + IOAPIC_STORM_REST);
}

// --- Halves --------------------------------------------------------------------------------------------------------

Test(ioapic_regs, writing_one_half_keeps_the_other)
{
    struct ioapic io = fresh(24);
    entry(&io, 5, DEST(0x12) | LOGICAL | 0x35);
    set(&io, 0x11 + 10, 0x34000000);
    cr_assert_eq(ioapic_entry(&io, 5), DEST(0x34) | LOGICAL | 0x35);
    set(&io, 0x10 + 10, 0x36);
    cr_assert_eq(ioapic_entry(&io, 5), DEST(0x34) | 0x36);
}

Test(ioapic_regs, writing_the_high_half_does_not_disturb_a_latched_edge)
{
    struct ioapic io = fresh(24);
    entry(&io, 5, 0x35);
    ioapic_set_pin(&io, 5, true);
    set(&io, 0x11 + 10, 0x34000000);
    cr_assert_eq(sent(&io, 5).destination, 0x34);
}

// --- State ---------------------------------------------------------------------------------------------------------

static void visit_any(void *object, struct visit *v)
{
    ioapic_visit(object, v);
}

Test(ioapic_regs, what_is_saved_is_loaded)
{
    struct ioapic io = fresh(240), copy = fresh(240);
    struct visit_save save;
    struct visit_load load;
    for (unsigned pin = 0; pin < 240; pin += 3) {
        entry(&io, pin, (pin & 1 ? LEVEL : 0) | (pin & 2 ? INTPOL : 0) | DEST(pin) | pin);
        ioapic_set_pin(&io, pin, pin & 4);
    }
    ioapic_answer(&io, 33, IOAPIC_ACCEPTED);
    ioapic_answer(&io, 42, IOAPIC_RETRY);
    ioapic_read(&io, 0x99, 4);
    visit_save_init(&save);
    ioapic_visit(&io, &save.visit);
    visit_load_init(&load, save.data, save.size);
    ioapic_visit(&copy, &load.visit);
    ioapic_loaded(&copy);
    cr_assert_not(load.failed);
    for (unsigned pin = 0; pin < 240; pin++)
        cr_assert_eq(ioapic_entry(&io, pin), ioapic_entry(&copy, pin));
    cr_assert_arr_eq(&copy.high, &io.high, sizeof io - offsetof(struct ioapic, high));
    free(save.data);
}

Test(ioapic_regs, the_list_of_state_misses_configuration_alone)
{
    struct ioapic io = fresh(24);
    size_t configuration = offsetof(struct ioapic, ioregsel);
    size_t derived = sizeof io.enabled + sizeof io.level + sizeof io.low + sizeof io.extint; // from the entries
    size_t padding = offsetof(struct ioapic, entry) - offsetof(struct ioapic, arb) - sizeof io.arb;
    padding += offsetof(struct ioapic, mistakes) - offsetof(struct ioapic, last) - sizeof io.last;
    padding += sizeof io - offsetof(struct ioapic, mistakes) - sizeof io.mistakes;
    cr_assert_eq(visit_uncovered(&io, sizeof io, visit_any), configuration + derived + padding);
}

// Loads a state of all ones, but for entries that hold `flags`.
static void load_hostile(uint16_t flags)
{
    struct ioapic io = fresh(70);
    struct visit_save save;
    struct visit_load load;
    struct x86_message m;
    struct ioapic_pins ended;
    visit_save_init(&save);
    ioapic_visit(&io, &save.visit);
    memset(save.data, 0xff, save.size);
    for (unsigned pin = 0; pin < 240; pin++) // entries come after three words
        memcpy(save.data + 12 + 8 * pin, (uint64_t[]){ flags }, 8);
    visit_load_init(&load, save.data, save.size);
    ioapic_visit(&io, &load.visit);
    ioapic_loaded(&io);
    free(save.data);
    ioapic_retry(&io);
    ioapic_run(&io, CLOCK_NEVER);
    unsigned pin, rounds = 0;
    while (ioapic_next(&io, &m, &pin)) {
        cr_assert_lt(pin, 70);
        ioapic_answer(&io, pin, IOAPIC_ACCEPTED);
        cr_assert_leq(++rounds, 70);
    }
    cr_assert_eq(rounds, flags & LEVEL ? 0 : 70, "an edge is latched, and every level is in service");
    ioapic_eoi(&io, 0, 0, &ended);
    cr_assert_eq(ended.word[1] >> 6, 0);
    cr_assert_eq(ended.word[3], 0);
    while (ioapic_next(&io, &m, &pin)) {
        ioapic_answer(&io, pin, IOAPIC_ACCEPTED);
        cr_assert_leq(++rounds, 140);
    }
}

Test(ioapic_regs, pins_that_are_not_there_stay_out_of_a_loaded_state)
{
    load_hostile(0);
    load_hostile(LEVEL);
}

Test(ioapic_regs, reset_masks_all_and_keeps_the_levels)
{
    struct ioapic io = fresh(24);
    entry(&io, 17, LEVEL | 0x51);
    ioapic_set_pin(&io, 17, true);
    sent(&io, 17);
    set(&io, 0, 0x05000000);
    ioapic_reset(&io);
    cr_assert_eq(ioapic_entry(&io, 17), MASK);
    cr_assert_eq(get(&io, 0), 0);
    cr_assert_eq(get(&io, 1), 0x00170020);
    cr_assert(entry(&io, 17, LEVEL | 0x51), "the line is still high");
}

// --- Fuzz ----------------------------------------------------------------------------------------------------------

static uint32_t next_random(uint32_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 17;
    return *state ^= *state << 5;
}

// A pin as in the data sheet, one entry at a time.
struct plain_pin {
    uint64_t entry;
    bool high, edge, irr;
};

static bool plain_active(const struct plain_pin *p)
{
    return p->high != !!(p->entry & INTPOL);
}

static bool plain_level(const struct plain_pin *p)
{
    return p->entry & LEVEL && (p->entry >> 8 & 7) <= 1;
}

static bool plain_sends(const struct plain_pin *p)
{
    unsigned mode = p->entry >> 8 & 7;
    return !(p->entry & MASK) && mode != 3 && mode < 6;
}

static bool plain_ready(const struct plain_pin *p)
{
    return plain_sends(p) && (plain_level(p) ? plain_active(p) && !p->irr : p->edge);
}

static void plain_set(struct plain_pin *p, bool high)
{
    bool was = plain_active(p);
    p->high = high;
    if (plain_active(p) && !was && plain_sends(p) && !plain_level(p))
        p->edge = true;
}

static void plain_write(struct plain_pin *p, uint64_t value)
{
    p->entry = value & UINT64_C(0xff0000000001afff);
    if (!plain_level(p))
        p->irr = false;
    if (!plain_sends(p) || plain_level(p))
        p->edge = false;
}

Test(ioapic_regs, random_use_agrees_with_a_model_that_walks_all_pins)
{
    static struct plain_pin plain[200];
    struct ioapic io = fresh(200);
    uint32_t seed = 7;
    for (unsigned pin = 0; pin < 200; pin++)
        plain[pin].entry = MASK;
    for (unsigned i = 0; i < 100000; i++) {
        uint32_t r = next_random(&seed), value = next_random(&seed);
        unsigned pin = r % 200;
        switch (r >> 8 & 3) {
        case 0:
        case 1:
            plain_set(&plain[pin], r >> 11 & 1);
            ioapic_set_pin(&io, pin, r >> 11 & 1);
            break;
        case 2:
            value &= ~(uint32_t)(r >> 12 & 3 ? MASK : 0);
            plain_write(&plain[pin], plain[pin].entry >> 32 << 32 | value);
            set(&io, 0x10 + 2 * pin, value);
            break;
        default:
            for (unsigned k = 0; k < 200; k++)
                if (plain[k].irr && (uint8_t)plain[k].entry == (uint8_t)value)
                    plain[k].irr = false;
            ioapic_eoi(&io, (uint8_t)value, i, NULL);
        }
        bool any = false;
        for (unsigned k = 0; k < 200; k++)
            any |= plain_ready(&plain[k]);
        cr_assert_eq(ioapic_ready(&io), any);
        unsigned next;
        struct x86_message m;
        if (ioapic_next(&io, &m, &next)) {
            cr_assert(next < 200 && plain_ready(&plain[next]));
            cr_assert_eq(m.vector, (uint8_t)plain[next].entry);
            if (r >> 14 & 1) {
                *(plain_level(&plain[next]) ? &plain[next].irr : &plain[next].edge) = plain_level(&plain[next]);
                ioapic_answer(&io, next, IOAPIC_ACCEPTED);
            }
        }
        if (i % 64 == 0)
            for (unsigned k = 0; k < 200; k++)
                cr_assert_eq(ioapic_entry(&io, k),
                             plain[k].entry | (plain_ready(&plain[k]) ? DELIVS : 0) | (plain[k].irr ? REMOTE_IRR : 0));
    }
}

Test(ioapic_regs, any_access_to_the_window_is_survived)
{
    for (unsigned pins = 1; pins <= 240; pins += 17) {
        struct ioapic io;
        uint32_t seed = pins;
        static const unsigned sizes[] = { 1, 2, 4, 8 };
        ioapic_init(&io, pins, pins & 1 ? 0x11 : 0x20, 0, pins & 2);
        for (unsigned i = 0; i < 20000; i++) {
            uint32_t r = next_random(&seed);
            uint64_t offset = r & 1 ? r >> 8 & 0x50 : r >> 8 & 0xfff,
                     value = next_random(&seed) * UINT64_C(0x100000001);
            if (r & 2)
                ioapic_write(&io, offset, sizes[r >> 4 & 3], value, i, NULL);
            else
                ioapic_read(&io, offset, sizes[r >> 4 & 3]);
            bool ready = ioapic_set_pin(&io, r % pins, r >> 30 & 1);
            cr_assert_eq(ready, ioapic_ready(&io));
            struct x86_message m;
            unsigned pin, rounds = 0;
            while (ioapic_next(&io, &m, &pin)) {
                ioapic_answer(&io, pin, (enum ioapic_answer)(r >> 28 & 1));
                cr_assert_leq(++rounds, pins, "every answer takes a pin out of the ring");
            }
        }
    }
}

// --- Counters of mistakes ------------------------------------------------------------------------------------------

static unsigned mistakes(const struct ioapic *io)
{
    unsigned sum = 0;
    for (unsigned i = 0; i < IOAPIC_MISTAKES; i++)
        sum += io->mistakes[i];
    return sum;
}

Test(ioapic_regs, no_legal_access_is_a_mistake)
{
    struct ioapic io = fresh(24);
    for (unsigned size = 1; size <= 4; size *= 2) {
        ioapic_write(&io, 0x00, size, 0x10, 0, NULL);
        cr_assert_eq(ioapic_read(&io, 0x00, size), 0x10);
    }
    set(&io, 0, 0x0f000000);
    for (unsigned index = 0; index <= 2; index++)
        get(&io, index);
    for (unsigned index = 0x10; index < 0x10 + 2 * 24; index++)
        set(&io, index, get(&io, index));
    for (unsigned delivery = 0; delivery < 8; delivery++) {
        entry(&io, 3, MASK | delivery << 8 | 0x33); // a reserved mode does no harm while it is masked
        if (delivery != 3 && delivery != X86_SIPI)
            entry(&io, 3, delivery << 8 | 0x33);
    }
    entry(&io, 4, LEVEL | 0x44);
    ioapic_set_pin(&io, 4, true);
    sent(&io, 4);
    ioapic_set_pin(&io, 4, false);
    ioapic_read(&io, 0x40, 4);
    ioapic_write(&io, 0x40, 4, 0x44, 0, NULL);
    ioapic_eoi(&io, 0x45, 0, NULL); // a broadcast for another IOAPIC
    cr_assert_eq(mistakes(&io), 0);
}

Test(ioapic_regs, each_wrong_access_is_one_mistake_of_its_name)
{
    static const struct {
        uint16_t offset;
        uint8_t size, index, version;
        bool write;
        enum ioapic_mistake expected;
    } rows[] = {
        { 0x00, 8, 0, 0x20, false, IOAPIC_MISTAKE_SIZE },       { 0x10, 1, 0, 0x20, false, IOAPIC_MISTAKE_SIZE },
        { 0x10, 2, 0, 0x20, true, IOAPIC_MISTAKE_SIZE },        { 0x10, 8, 0, 0x20, false, IOAPIC_MISTAKE_SIZE },
        { 0x40, 1, 0, 0x20, true, IOAPIC_MISTAKE_SIZE },        { 0x01, 1, 0, 0x20, false, IOAPIC_MISTAKE_OFFSET },
        { 0x0f, 4, 0, 0x20, false, IOAPIC_MISTAKE_OFFSET },     { 0x11, 4, 0, 0x20, true, IOAPIC_MISTAKE_OFFSET },
        { 0x3c, 4, 0, 0x20, true, IOAPIC_MISTAKE_OFFSET },      { 0x44, 4, 0, 0x20, true, IOAPIC_MISTAKE_OFFSET },
        { 0x40, 4, 0, 0x11, true, IOAPIC_MISTAKE_OFFSET },      { 0x40, 4, 0, 0x20, true, IOAPIC_MISTAKE_EOI },
        { 0x10, 4, 0x03, 0x20, false, IOAPIC_MISTAKE_INDEX },   { 0x10, 4, 0x0f, 0x20, true, IOAPIC_MISTAKE_INDEX },
        { 0x10, 4, 0x40, 0x20, true, IOAPIC_MISTAKE_INDEX },    { 0x10, 4, 0xff, 0x20, false, IOAPIC_MISTAKE_INDEX },
        { 0x10, 4, 0x01, 0x20, true, IOAPIC_MISTAKE_READONLY }, { 0x10, 4, 0x02, 0x20, true, IOAPIC_MISTAKE_READONLY },
    };
    for (unsigned i = 0; i < countof(rows); i++) {
        struct ioapic io;
        ioapic_init(&io, 24, rows[i].version, 0, false);
        ioapic_write(&io, 0x00, 4, rows[i].index, 0, NULL);
        if (rows[i].write)
            ioapic_write(&io, rows[i].offset, rows[i].size, 0, 0, NULL);
        else
            cr_assert_eq(ioapic_read(&io, rows[i].offset, rows[i].size), 0, "row %u", i);
        cr_assert_eq(io.mistakes[rows[i].expected], 1, "row %u", i);
        cr_assert_eq(mistakes(&io), 1, "row %u", i);
    }
}

Test(ioapic_regs, an_entry_unmasked_with_a_reserved_delivery_mode_is_a_mistake)
{
    struct ioapic io = fresh(24);
    entry(&io, 3, 3 << 8 | 0x33);
    cr_assert_eq(io.mistakes[IOAPIC_MISTAKE_DELIVERY], 1);
    entry(&io, 4, X86_SIPI << 8 | 0x33);
    cr_assert_eq(io.mistakes[IOAPIC_MISTAKE_DELIVERY], 2);
    cr_assert_eq(mistakes(&io), 2);
}
