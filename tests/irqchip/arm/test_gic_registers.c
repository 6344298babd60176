// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Every row of every register table: reset values, write masks, widths, banking, what Non-secure accesses see.
#include "test_arm_irq.h"

struct bank_of_rows {
    const char *name;
    const struct gic_register *rows;
    unsigned count;
    unsigned version;
    enum arm_irq_window window;
};

static const struct bank_of_rows *banks(unsigned *count)
{
    static struct bank_of_rows list[6];
    list[0] = (struct bank_of_rows){ "GICD v3", gicd_registers, gicd_register_count, 3, ARM_IRQ_WINDOW_GICD };
    list[1] = (struct bank_of_rows){ "GICR", gicr_registers, gicr_register_count, 3, ARM_IRQ_WINDOW_GICR };
    list[2] = (struct bank_of_rows){ "GICD v2", gicd_v2_registers, gicd_v2_register_count, 2, ARM_IRQ_WINDOW_GICD };
    list[3] = (struct bank_of_rows){ "GICC", gicc_registers, gicc_register_count, 2, ARM_IRQ_WINDOW_GICC };
    list[4] = (struct bank_of_rows){ "GICv2m", gicv2m_registers, gicv2m_register_count, 2, ARM_IRQ_WINDOW_V2M };
    list[5] = (struct bank_of_rows){ "ITS", its_registers, its_register_count, 3, ARM_IRQ_WINDOW_ITS };
    *count = countof(list);
    return list;
}

#define FOR_BANKS(bank)                                                                                                \
    unsigned bank##_count;                                                                                             \
    const struct bank_of_rows *bank = banks(&bank##_count), *bank##_end = bank + bank##_count;                         \
    for (; bank < bank##_end; bank++)
#define FOR_ROWS(row, bank)                                                                                            \
    for (const struct gic_register *row = (bank)->rows; row < (bank)->rows + (bank)->count; row++)

static struct rig *rig_full(unsigned version, bool security)
{
    struct arm_irq_config config = { .version = version, .cpus = 8, .spis = 988, .security = security };
    if (version == 3) {
        config.extended_spis = 1024;
        config.extended_ppis = 64;
        config.nmi = true;
        config.lpi_bits = 16;
        config.its = true;
    } else {
        config.v2m_first = 32;
        config.v2m_count = 64;
    }
    struct rig *rig = rig_new(config);
    for (unsigned i = 0; i < ARM_IRQ_WINDOWS; i++)
        rig->frame[i].secure = true;
    return rig;
}

static unsigned row_count(const struct reg *reg)
{
    return reg->count ? reg->count : 1;
}

static unsigned row_width(const struct reg *reg)
{
    if (reg->stride)
        return reg->stride;
    return reg->widths & REG_64 ? 8 : 4;
}

static uint64_t get(struct rig *rig, const struct bank_of_rows *bank, const struct reg *reg, unsigned index)
{
    return arm_irq_read(&rig->frame[bank->window], reg->offset + index * reg->stride, row_width(reg), 0);
}

static void put(struct rig *rig, const struct bank_of_rows *bank, const struct reg *reg, unsigned index, uint64_t value)
{
    arm_irq_write(&rig->frame[bank->window], reg->offset + index * reg->stride, row_width(reg), value, 0);
}

// Indices worth a visit: all of short rows, and of long ones the ends and a few between.
static unsigned next_index(const struct reg *reg, unsigned index)
{
    unsigned step = row_count(reg) > 64 ? row_count(reg) / 17 : 1;
    return index + step < row_count(reg) || index == row_count(reg) - 1 ? index + step : row_count(reg) - 1;
}

#define FOR_INDICES(i, reg) for (unsigned i = 0; i < row_count(reg); i = next_index(reg, i))

// The first INTID, how many, that the register of a row with a field is about; distributor of GICv3: private ones are not
// there, and INTIDs 1020 to 1023 are special.
static uint64_t there(const struct bank_of_rows *bank, const struct gic_register *row, unsigned index)
{
    bool distributor = bank->window == ARM_IRQ_WINDOW_GICD && row->space == GIC_STANDARD;
    bool pairs = row->field == GIC_CONFIG || row->field == GIC_NSACR;
    unsigned each = row->field == GIC_PRIORITY ? 1 : pairs ? 16 : 32, first = index * each;
    uint64_t mask = row->field == GIC_NMI ? 0 : row->reg.mask; // RES0 in Group 0
    if (distributor && bank->version == 3 && first < 32)
        return 0;
    if (distributor && first + each > 1020)
        mask &= pairs ? 0x00ffffff : 0x0fffffff;
    if (row->field == GIC_CONFIG)
        mask &= first == 0 && row->space != GIC_EXTENDED ? 0 : 0xaaaaaaaa;
    if (bank->version == 2 && first == 0 && row->field >= GIC_SET_ENABLE && row->field <= GIC_CLEAR_PENDING)
        mask &= 0xffff0000;
    return mask;
}

// --- Tables ---------------------------------------------------------------------------------------------------------

Test(gic_registers, the_tables_are_sorted_and_do_not_overlap)
{
    FOR_BANKS(bank)
    FOR_ROWS(row, bank)
    {
        uint32_t end = row->reg.offset + row_width(&row->reg) * row_count(&row->reg);
        cr_assert(row + 1 == bank->rows + bank->count || end <= row[1].reg.offset, "%s", row->reg.name);
        cr_assert_eq(row->reg.offset % row_width(&row->reg), 0, "%s", row->reg.name);
        cr_assert(!(row->access & GIC_WRITE) || row->field != GIC_NO_FIELD || row->reg.write, "%s", row->reg.name);
    }
}

// How many registers a row with a field for each interrupt has: enough for the INTIDs of its space, and no more.
Test(gic_registers, rows_end_with_the_interrupts_they_are_about)
{
    FOR_BANKS(bank)
    FOR_ROWS(row, bank)
    {
        static const unsigned interrupts[] = { [GIC_STANDARD] = 1024, [GIC_EXTENDED] = 1024, [GIC_PRIVATE] = 96 };
        unsigned each = row->field == GIC_PRIORITY ? 1 : row->field == GIC_CONFIG || row->field == GIC_NSACR ? 16 : 32;
        unsigned expected = interrupts[row->space] / each;
        if (bank->version == 2 && bank->window == ARM_IRQ_WINDOW_GICD && row->reg.offset == 0x800)
            cr_assert_eq(row->reg.count, 1020, "GICD_ITARGETSR");
        if (row->field == GIC_NO_FIELD)
            continue;
        if (row->field == GIC_PRIORITY && row->space == GIC_STANDARD)
            expected = 1020;
        if (row->field == GIC_NSACR && row->space == GIC_PRIVATE)
            expected = 1; // only SGIs
        cr_assert_eq(row->reg.count, expected, "%s %s", bank->name, row->reg.name);
        cr_assert_eq(row->reg.stride, row->field == GIC_PRIORITY ? 1u : 4u, "%s %s", bank->name, row->reg.name);
    }
}

// What a debugger may read: it changes nothing, though an interrupt is ready to be acknowledged.
Test(gic_registers, peeking_changes_nothing_and_only_that_may_be_peeked)
{
    FOR_BANKS(bank)
    FOR_ROWS(row, bank)
    {
        struct rig *rig = bank->version == 2 ? rig_full(2, false) : rig_v3(1);
        struct visit_save before, after;
        if (bank->version == 2) {
            gicd_put(rig, 0, 3);
            rig_put(rig, ARM_IRQ_WINDOW_GICC, GICC_PMR, 0xf8);
            rig_put(rig, ARM_IRQ_WINDOW_GICC, GICC_CTLR, GICC_CTLR_GROUP0 | GICC_CTLR_GROUP1 | GICC_CTLR_ACKCTL);
            if (row->reg.offset == GICC_AIAR)
                gicd_put(rig, 0x80, 8); // the alias is for Group 1
            gicd_put(rig, 0x200, 8);
            gicd_put(rig, 0xf00, 1 << 16 | 3);
        }
        visit_save_init(&before);
        visit_save_init(&after);
        arm_irq_visit(&rig->irq, &before.visit);
        get(rig, bank, &row->reg, 0);
        arm_irq_visit(&rig->irq, &after.visit);
        bool same = memcmp(before.data, after.data, before.size) == 0;
        if (row->access & GIC_READ && bank->window != ARM_IRQ_WINDOW_ITS)
            cr_assert_eq(row->reg.peek, same, "%s %s", bank->name, row->reg.name);
        if (bank->window == ARM_IRQ_WINDOW_ITS)
            cr_assert_eq(row->reg.peek, (row->access & GIC_READ) != 0, "%s %s", bank->name, row->reg.name);
        cr_assert(row->access & GIC_READ || row->reg.reset == 0, "%s %s: nothing to read", bank->name, row->reg.name);
        free(before.data);
        free(after.data);
        rig_free(rig);
    }
}

Test(gic_registers, each_frame_says_what_it_is)
{
    static const struct {
        enum arm_irq_window window;
        uint32_t offset, value;
    } v3[] = {
        { ARM_IRQ_WINDOW_GICD, 0x8, 0x43b },    { ARM_IRQ_WINDOW_GICD, 0xffd0, 0x44 },
        { ARM_IRQ_WINDOW_GICD, 0xffe0, 0x92 },  { ARM_IRQ_WINDOW_GICD, 0xffe4, 0xb4 },
        { ARM_IRQ_WINDOW_GICD, 0xffe8, 0x3b },  { ARM_IRQ_WINDOW_GICD, 0xfff0, 0x0d },
        { ARM_IRQ_WINDOW_GICD, 0xfff4, 0xf0 },  { ARM_IRQ_WINDOW_GICD, 0xfff8, 0x05 },
        { ARM_IRQ_WINDOW_GICD, 0xfffc, 0xb1 },  { ARM_IRQ_WINDOW_GICR, 0x4, 0x43b },
        { ARM_IRQ_WINDOW_GICR, 0xffd0, 0x44 },  { ARM_IRQ_WINDOW_GICR, 0xffe0, 0x93 },
        { ARM_IRQ_WINDOW_GICR, 0xffe4, 0xb4 },  { ARM_IRQ_WINDOW_GICR, 0xffe8, 0x3b },
        { ARM_IRQ_WINDOW_GICR, 0xfff0, 0x0d },  { ARM_IRQ_WINDOW_GICR, 0xfff4, 0xf0 },
        { ARM_IRQ_WINDOW_GICR, 0xfff8, 0x05 },  { ARM_IRQ_WINDOW_GICR, 0xfffc, 0xb1 },
        { ARM_IRQ_WINDOW_ITS, 0x4, 0x43b },     { ARM_IRQ_WINDOW_ITS, 0xffd0, 0x44 },
        { ARM_IRQ_WINDOW_ITS, 0xffe0, 0x94 },   { ARM_IRQ_WINDOW_ITS, 0xffe4, 0xb4 },
        { ARM_IRQ_WINDOW_ITS, 0xffe8, 0x3b },   { ARM_IRQ_WINDOW_ITS, 0xfff0, 0x0d },
        { ARM_IRQ_WINDOW_ITS, 0xfff4, 0xf0 },   { ARM_IRQ_WINDOW_ITS, 0xfff8, 0x05 },
        { ARM_IRQ_WINDOW_ITS, 0xfffc, 0xb1 },
    }, v2[] = {
        { ARM_IRQ_WINDOW_GICD, 0x8, 0x43b },    { ARM_IRQ_WINDOW_GICD, 0xfd0, 0x04 },
        { ARM_IRQ_WINDOW_GICD, 0xfe0, 0x90 },   { ARM_IRQ_WINDOW_GICD, 0xfe4, 0xb4 },
        { ARM_IRQ_WINDOW_GICD, 0xfe8, 0x2b },   { ARM_IRQ_WINDOW_GICD, 0xff0, 0x0d },
        { ARM_IRQ_WINDOW_GICD, 0xff4, 0xf0 },   { ARM_IRQ_WINDOW_GICD, 0xff8, 0x05 },
        { ARM_IRQ_WINDOW_GICD, 0xffc, 0xb1 },   { ARM_IRQ_WINDOW_GICC, 0xfc, 0x0002043b },
        { ARM_IRQ_WINDOW_V2M, 0xfcc, 0x43b },   { ARM_IRQ_WINDOW_V2M, 0x8, 32 << 16 | 64 },
    };
    struct rig *rig = rig_full(3, false), *old = rig_full(2, false);
    for (unsigned i = 0; i < countof(v3); i++)
        cr_assert_eq(rig_get(rig, v3[i].window, v3[i].offset), v3[i].value, "%u, %xh", v3[i].window, v3[i].offset);
    for (unsigned i = 0; i < countof(v2); i++)
        cr_assert_eq(rig_get(old, v2[i].window, v2[i].offset), v2[i].value, "%u, %xh", v2[i].window, v2[i].offset);
    rig_free(rig);
    rig_free(old);
}

// GICD_TYPER, GICR_TYPER, GITS_TYPER of the smallest and of the largest.
Test(gic_registers, types_tell_what_is_there)
{
    struct rig *rig = rig_full(3, true);
    cr_assert_eq(gicd_get(rig, 0x4), 31 | BIT32(8) | BIT32(9) | BIT32(10) | BIT32(16) | BIT32(17) | 15 << 19 |
                                         BIT32(24) | BIT32(26) | 31u << 27);
    cr_assert_eq(arm_irq_read(&rig->frame[ARM_IRQ_WINDOW_GICR], 7 * GICR_FRAME + 8, 8, 0),
                 7ull << 32 | 2 << 27 | 7 << 8 | BIT32(5) | BIT32(4) | BIT32(3) | BIT32(0));
    cr_assert_eq(arm_irq_read(&rig->frame[ARM_IRQ_WINDOW_GICR], 6 * GICR_FRAME + 8, 8, 0),
                 6ull << 32 | 2 << 27 | 6 << 8 | BIT32(5) | BIT32(3) | BIT32(0));
    cr_assert_eq(arm_irq_read(&rig->frame[ARM_IRQ_WINDOW_ITS], 8, 8, 0), UINT64_C(0x1f0001ef71));
    rig_free(rig);
    rig = rig_new((struct arm_irq_config){ .version = 3, .cpus = 1 });
    cr_assert_eq(gicd_get(rig, 0x4), BIT32(16) | 15 << 19 | BIT32(24) | BIT32(26));
    cr_assert_eq(arm_irq_read(&rig->frame[ARM_IRQ_WINDOW_GICR], 8, 8, 0), BIT32(5) | BIT32(4));
    rig_free(rig);
    rig = rig_new((struct arm_irq_config){ .version = 2, .cpus = 8, .spis = 988, .security = true });
    cr_assert_eq(gicd_get(rig, 0x4), 31 | 7 << 5 | BIT32(10));
    rig_free(rig);
    rig = rig_new((struct arm_irq_config){ .version = 2, .cpus = 1, .spis = 33 });
    cr_assert_eq(gicd_get(rig, 0x4), 2);
    rig_free(rig);
}

Test(gic_registers, every_register_has_its_reset_value)
{
    FOR_BANKS(bank)
    {
        struct rig *rig = rig_full(bank->version, false);
        FOR_ROWS(row, bank)
        {
            if (!(row->access & GIC_READ) || (row->reg.reset == 0 && row->reg.mask == 0))
                continue;
            FOR_INDICES(i, &row->reg)
            {
                uint64_t expected = row->reg.reset;
                bool first = i == 0 && row->space != GIC_EXTENDED;
                if (row->field == GIC_CONFIG && first && !(bank->version == 3 && bank->window == ARM_IRQ_WINDOW_GICD))
                    expected = 0xaaaaaaaa; // SGIs
                if (bank->version == 2 && first && (row->field == GIC_SET_ENABLE || row->field == GIC_CLEAR_ENABLE))
                    expected = 0xffff;
                if (bank->version == 2 && row->reg.offset == 0x800 && i < 32)
                    expected = 1; // GICD_ITARGETSR: the CPU that reads
                if (bank->window == ARM_IRQ_WINDOW_GICR && row->reg.offset == 0)
                    expected = GICR_CTLR_CES | GICR_CTLR_IR; // with LPIs
                if (bank->window == ARM_IRQ_WINDOW_ITS && row->reg.offset == 0x100)
                    expected = i == 0   ? UINT64_C(0x0107000000000200)
                               : i == 1 ? UINT64_C(0x0407000000000200)
                                        : 0; // 64 KiB
                cr_assert_eq(get(rig, bank, &row->reg, i), expected, "%s %s[%u]", bank->name, row->reg.name, i);
            }
        }
        rig_free(rig);
    }
}

Test(gic_registers, what_identifies_a_part_follows_its_configuration)
{
    struct rig *rig = rig_full(3, false);
    cr_assert_eq(gicd_get(rig, 0x4),
                 31 | 1 << 8 | 1 << 9 | 31u << 27 | 1 << 16 | 1 << 17 | 15 << 19 | 1 << 24 | 1 << 26);
    cr_assert_eq(arm_irq_read(&rig->frame[ARM_IRQ_WINDOW_GICR], 7 * GICR_FRAME + 8, 8, 0),
                 UINT64_C(7) << 32 | 2u << 27 | 7 << 8 | 1 << 5 | 1 << 4 | 9);
    cr_assert_eq(gicr_get(rig, 3, 8), 2u << 27 | 3 << 8 | 1 << 5 | 9);
    cr_assert_eq(gicr_get(rig, 3, 12), 3);
    rig_free(rig);
    rig = rig_full(3, true);
    cr_assert_eq(gicd_get(rig, 0x4) & BIT32(10), BIT32(10));
    rig_free(rig);
    rig = rig_full(2, false);
    cr_assert_eq(gicd_get(rig, 0x4), 31 | 7 << 5);
    rig_free(rig);
}

Test(gic_registers, plain_fields_take_what_their_mask_lets_through)
{
    FOR_BANKS(bank)
    FOR_ROWS(row, bank)
    {
        bool plain = row->field == GIC_GROUP || row->field == GIC_MODIFIER || row->field == GIC_NMI ||
                     row->field == GIC_PRIORITY || row->field == GIC_CONFIG || row->field == GIC_NSACR;
        struct rig *rig = rig_full(bank->version, true);
        if (!plain) {
            rig_free(rig);
            continue;
        }
        FOR_INDICES(i, &row->reg)
        {
            uint64_t fixed = get(rig, bank, &row->reg, i) & ~there(bank, row, i);
            put(rig, bank, &row->reg, i, UINT64_MAX);
            cr_assert_eq(get(rig, bank, &row->reg, i), there(bank, row, i) | fixed, "%s %s[%u]: %lx", bank->name,
                         row->reg.name, i, get(rig, bank, &row->reg, i));
            put(rig, bank, &row->reg, i, 0);
            cr_assert_eq(get(rig, bank, &row->reg, i), fixed, "%s %s[%u]", bank->name, row->reg.name, i);
        }
        rig_free(rig);
    }
}

// A set row and the clear row behind it show the same bits; what one sets the other clears, and zeros do nothing. Of
// active and pending bits each is tried separately, so that swapped rows are found.
Test(gic_registers, set_and_clear_registers_are_a_pair)
{
    FOR_BANKS(bank)
    FOR_ROWS(row, bank)
    {
        if (row->field != GIC_SET_ENABLE && row->field != GIC_SET_PENDING && row->field != GIC_SET_ACTIVE)
            continue;
        const struct gic_register *clear = row + 1;
        struct rig *rig = rig_full(bank->version, false);
        cr_assert_eq(clear->field, row->field + 1, "%s", clear->reg.name);
        FOR_INDICES(i, &row->reg)
        {
            uint64_t all = there(bank, row, i), fixed = get(rig, bank, &row->reg, i) & ~all;
            put(rig, bank, &row->reg, i, UINT64_MAX);
            cr_assert_eq(get(rig, bank, &row->reg, i), all | fixed, "%s[%u]", row->reg.name, i);
            cr_assert_eq(get(rig, bank, &clear->reg, i), all | fixed, "%s[%u]", clear->reg.name, i);
            put(rig, bank, &row->reg, i, 0);
            put(rig, bank, &clear->reg, i, 0);
            cr_assert_eq(get(rig, bank, &row->reg, i), all | fixed, "%s[%u]", row->reg.name, i);
            put(rig, bank, &clear->reg, i, 0x50505050);
            cr_assert_eq(get(rig, bank, &row->reg, i), (all & ~UINT64_C(0x50505050)) | fixed, "%s[%u]", row->reg.name,
                         i);
            put(rig, bank, &clear->reg, i, UINT64_MAX);
            cr_assert_eq(get(rig, bank, &row->reg, i), fixed, "%s[%u]", row->reg.name, i);
        }
        rig_free(rig);
    }
}

Test(gic_registers, routers_take_an_affinity_or_any)
{
    struct rig *rig = rig_full(3, false);
    for (uint32_t offset = 0x6100; offset < 0xa000; offset += offset == 0x7fd8 ? 0x28 : 8) {
        struct arm_irq_frame *frame = &rig->frame[ARM_IRQ_WINDOW_GICD];
        arm_irq_write(frame, offset, 8, UINT64_MAX, 0);
        cr_assert_eq(arm_irq_read(frame, offset, 8, 0), UINT64_C(0xff80ffffff), "%x", offset);
        arm_irq_write(frame, offset + 4, 4, 0x12, 0);
        cr_assert_eq(arm_irq_read(frame, offset, 8, 0), UINT64_C(0x1280ffffff), "halves");
        cr_assert_eq(arm_irq_read(frame, offset + 4, 4, 0), 0x12);
        arm_irq_write(frame, offset, 4, 0, 0);
        cr_assert_eq(arm_irq_read(frame, offset, 8, 0), UINT64_C(0x1200000000));
    }
    rig_free(rig);
}

Test(gic_registers, control_registers_take_what_their_mask_lets_through)
{
    struct rig *rig = rig_full(3, false);
    gicd_put(rig, 0, UINT32_MAX);
    cr_assert_eq(gicd_get(rig, 0), 0x53, "one Security state: DS, ARE, EnableGrp1, EnableGrp0");
    gicr_put(rig, 0, 0, UINT32_MAX);
    cr_assert_eq(gicr_get(rig, 0, 0), GICR_CTLR_DPG0 | GICR_CTLR_DPG1NS | 7);
    cr_assert_eq(gicr_get(rig, 1, 0), 6, "each redistributor its own");
    rig_free(rig);
    rig = rig_full(3, true);
    gicd_put(rig, 0, 0x37);
    cr_assert_eq(gicd_get(rig, 0), 0x37);
    gicr_put(rig, 0, 0, UINT32_MAX);
    cr_assert_eq(gicr_get(rig, 0, 0), 0x7000007);
    rig->frame[ARM_IRQ_WINDOW_GICD].secure = rig->frame[ARM_IRQ_WINDOW_GICR].secure = false;
    cr_assert_eq(gicd_get(rig, 0), 0x12, "Non-secure: ARE_NS, EnableGrp1A");
    cr_assert_eq(gicr_get(rig, 0, 0), GICR_CTLR_DPG1NS | 7);
    cr_assert_eq(gicr_get(rig, 0, 0x14), 0, "GICR_WAKER is Secure");
    rig_free(rig);
    rig = rig_full(2, true);
    rig_put(rig, ARM_IRQ_WINDOW_GICC, 0, UINT32_MAX);
    cr_assert_eq(rig_get(rig, ARM_IRQ_WINDOW_GICC, 0), 0x7ff);
    rig->frame[ARM_IRQ_WINDOW_GICC].secure = false;
    cr_assert_eq(rig_get(rig, ARM_IRQ_WINDOW_GICC, 0), 0x261);
    rig_put(rig, ARM_IRQ_WINDOW_GICC, 0, 0);
    rig->frame[ARM_IRQ_WINDOW_GICC].secure = true;
    cr_assert_eq(rig_get(rig, ARM_IRQ_WINDOW_GICC, 0), 0x27d);
    rig_free(rig);
}

// Bits that follow from those that are written: GICR_WAKER.ChildrenAsleep, GITS_CTLR.Quiescent.
static uint64_t follows(const struct bank_of_rows *bank, const struct reg *reg)
{
    if (bank->window == ARM_IRQ_WINDOW_ITS)
        return reg->offset == 0 ? BIT32(31) : 0;
    return bank->window == ARM_IRQ_WINDOW_GICR && reg->offset == 0x14 ? GICR_WAKER_ASLEEP : 0;
}

Test(gic_registers, a_write_changes_nothing_outside_the_mask)
{
    FOR_BANKS(bank)
    FOR_ROWS(row, bank)
    {
        if ((row->access & GIC_RW) != GIC_RW)
            continue;
        FOR_INDICES(i, &row->reg)
        {
            for (unsigned ones = 0; ones < 2; ones++) {
                struct rig *rig = rig_full(bank->version, true);
                uint64_t before = get(rig, bank, &row->reg, i);
                put(rig, bank, &row->reg, i, ones ? UINT64_MAX : 0);
                uint64_t outside = ~(row->reg.mask | follows(bank, &row->reg));
                cr_assert_eq((get(rig, bank, &row->reg, i) ^ before) & outside, 0, "%s %s[%u]", bank->name,
                             row->reg.name, i);
                rig_free(rig);
            }
        }
    }
}

Test(gic_registers, plain_storage_takes_the_whole_mask)
{
    static const struct {
        unsigned bank; // of banks()
        uint32_t offset;
        uint64_t kept; // besides the mask
    } list[] = {
        { 1, 0x70, 0 },                             // GICR_PROPBASER
        { 1, 0x78, 0 },                             // GICR_PENDBASER
        { 3, GICC_CTLR, 0 },                        //
        { 3, GICC_PMR, 0 },                         //
        { 3, GICC_BPR, 0 },                         //
        { 3, GICC_ABPR, 0 },                        //
        { 3, GICC_APR, 0 },                         //
        { 3, GICC_NSAPR, 0 },                       //
        { 5, 0x80, 0 },                             // GITS_CBASER
        { 5, 0x100, UINT64_C(0x0107000000000000) }, // GITS_BASER0: Type, Entry_Size
        { 5, 0x108, UINT64_C(0x0407000000000000) }, // GITS_BASER1
    };
    unsigned count;
    for (unsigned k = 0; k < countof(list); k++) {
        const struct bank_of_rows *bank = &banks(&count)[list[k].bank];
        struct rig *rig = rig_full(bank->version, true);
        FOR_ROWS(row, bank)
        {
            if (list[k].offset < row->reg.offset ||
                list[k].offset >= row->reg.offset + row_width(&row->reg) * row_count(&row->reg))
                continue;
            unsigned index = reg_index(&row->reg, list[k].offset);
            uint64_t write_only = list[k].offset == 0x78 ? GICR_PENDBASER_PTZ : 0;
            put(rig, bank, &row->reg, index, UINT64_MAX);
            cr_assert_eq(get(rig, bank, &row->reg, index), (row->reg.mask & ~write_only) | list[k].kept, "%s",
                         row->reg.name);
        }
        rig_free(rig);
    }
}

// A write through the window of one CPU is not seen by another.
Test(gic_registers, private_rows_are_banked)
{
    FOR_BANKS(bank)
    FOR_ROWS(row, bank)
    {
        bool v2_private = bank->version == 2 && bank->window == ARM_IRQ_WINDOW_GICD && row->field != GIC_NO_FIELD;
        bool gicr = bank->window == ARM_IRQ_WINDOW_GICR;
        bool gicc = bank->window == ARM_IRQ_WINDOW_GICC;
        if ((row->access & GIC_RW) != GIC_RW || !(v2_private || gicr || gicc))
            continue;
        struct rig *rig = rig_full(bank->version, true);
        struct arm_irq_frame *frame = &rig->frame[bank->window];
        uint64_t other = gicr ? GICR_FRAME : 0;
        unsigned width = row_width(&row->reg), last = row->field == GIC_CONFIG ? 1 : 0; // ICFGR0 is fixed
        uint64_t offset = row->reg.offset + last * row->reg.stride;
        rig->current = 1;
        uint64_t before = arm_irq_read(frame, other + offset, width, 0);
        rig->current = 0;
        arm_irq_write(frame, offset, width, UINT64_MAX, 0);
        rig->current = 1;
        cr_assert_eq(arm_irq_read(frame, other + offset, width, 0), before, "%s %s", bank->name, row->reg.name);
        rig_free(rig);
    }
}

static uint32_t *mistakes_of(struct rig *rig, const struct bank_of_rows *bank)
{
    switch (bank->window) {
    case ARM_IRQ_WINDOW_GICD: return rig->irq.gicd.mistakes;
    case ARM_IRQ_WINDOW_GICR: return rig->irq.cpus[0].gicr.mistakes;
    case ARM_IRQ_WINDOW_GICC: return rig->irq.cpus[0].gicc.mistakes;
    case ARM_IRQ_WINDOW_ITS: return rig->irq.its.mistakes;
    default: return rig->irq.gicv2m.mistakes;
    }
}

Test(gic_registers, widths_that_a_register_lacks_read_as_zero_and_are_counted)
{
    FOR_BANKS(bank)
    FOR_ROWS(row, bank)
    {
        struct rig *rig = rig_full(bank->version, false);
        uint32_t *mistakes = mistakes_of(rig, bank);
        for (unsigned size = 1; size <= 8; size *= 2) {
            if (row->reg.widths & size)
                continue;
            uint32_t before = mistakes[GIC_MISTAKE_WIDTH];
            cr_assert_eq(arm_irq_read(&rig->frame[bank->window], row->reg.offset, size, 0), 0, "%s", row->reg.name);
            arm_irq_write(&rig->frame[bank->window], row->reg.offset, size, UINT64_MAX, 0);
            cr_assert_eq(mistakes[GIC_MISTAKE_WIDTH], before + 2, "%s", row->reg.name);
        }
        rig_free(rig);
    }
}

Test(gic_registers, read_only_and_write_only_registers_are_kept_apart)
{
    FOR_BANKS(bank)
    FOR_ROWS(row, bank)
    {
        struct rig *rig = rig_full(bank->version, false);
        uint32_t *mistakes = mistakes_of(rig, bank);
        if (!(row->access & GIC_WRITE)) {
            uint64_t before = get(rig, bank, &row->reg, 0);
            put(rig, bank, &row->reg, 0, ~before);
            cr_assert_eq(mistakes[GIC_MISTAKE_READONLY], 1, "%s", row->reg.name);
            cr_assert_eq(get(rig, bank, &row->reg, 0), before, "%s", row->reg.name);
        }
        if (!(row->access & GIC_READ)) {
            cr_assert_eq(get(rig, bank, &row->reg, 0), 0, "%s", row->reg.name);
            cr_assert_eq(mistakes[GIC_MISTAKE_WRITEONLY], 1, "%s", row->reg.name);
        }
        rig_free(rig);
    }
}

Test(gic_registers, secure_registers_are_nothing_to_non_secure_software)
{
    FOR_BANKS(bank)
    FOR_ROWS(row, bank)
    {
        struct rig *rig = rig_full(bank->version, true);
        unsigned last = row_count(&row->reg) > 1 ? 1 : 0;
        if ((row->access & (GIC_SECURE_ONLY | GIC_RW)) == (GIC_SECURE_ONLY | GIC_RW)) {
            put(rig, bank, &row->reg, last, UINT64_MAX);
            uint64_t before = get(rig, bank, &row->reg, last);
            rig->frame[bank->window].secure = false;
            cr_assert_eq(get(rig, bank, &row->reg, last), 0, "%s", row->reg.name);
            put(rig, bank, &row->reg, last, 0);
            rig->frame[bank->window].secure = true;
            cr_assert_eq(get(rig, bank, &row->reg, last), before, "%s", row->reg.name);
            cr_assert_geq(mistakes_of(rig, bank)[GIC_MISTAKE_SECURE], 2, "%s", row->reg.name);
        }
        rig_free(rig);
    }
}

Test(gic_registers, holes_read_as_zero_and_are_counted)
{
    FOR_BANKS(bank)
    {
        struct rig *rig = rig_full(bank->version, false);
        uint64_t size = bank->window == ARM_IRQ_WINDOW_GICR ? GICR_FRAME : arm_irq_window_size(&rig->irq, bank->window);
        uint32_t holes = 0;
        const struct gic_register *row = bank->rows;
        for (uint64_t offset = 0; offset < size; offset += 4) {
            while (row + 1 < bank->rows + bank->count && row[1].reg.offset <= offset)
                row++;
            if (offset >= row->reg.offset && offset < row->reg.offset + row_width(&row->reg) * row_count(&row->reg))
                continue;
            cr_assert_eq(arm_irq_read(&rig->frame[bank->window], offset, 4, 0), 0);
            arm_irq_write(&rig->frame[bank->window], offset, 4, UINT32_MAX, 0);
            holes += 2;
        }
        cr_assert_eq(mistakes_of(rig, bank)[GIC_MISTAKE_REGISTER], holes, "%s", bank->name);
        cr_assert_eq(rig->signals, 0);
        rig_free(rig);
    }
}

Test(gic_registers, statusr_keeps_each_kind_of_wrong_access)
{
    struct rig *rig = rig_full(3, false);
    for (unsigned i = 0; i < 2; i++) {
        enum arm_irq_window window = i ? ARM_IRQ_WINDOW_GICR : ARM_IRQ_WINDOW_GICD;
        rig_get(rig, window, 0xc000);
        cr_assert_eq(rig_get(rig, window, 0x10), GIC_STATUS_RRD);
        rig_put(rig, window, 0xc000, 0);
        rig_put(rig, window, 0xffe8, 0);
        cr_assert_eq(rig_get(rig, window, 0x10), GIC_STATUS_RRD | GIC_STATUS_WRD | GIC_STATUS_WROD);
        rig_put(rig, window, 0x10, GIC_STATUS_WRD);
        cr_assert_eq(rig_get(rig, window, 0x10), GIC_STATUS_RRD | GIC_STATUS_WROD);
    }
    gicd_get(rig, 0x40);
    cr_assert(gicd_get(rig, 0x10) & GIC_STATUS_RWOD);
    rig_free(rig);
}

Test(gic_registers, what_tells_security_states_apart_is_res0_where_there_is_one)
{
    FOR_BANKS(bank)
    FOR_ROWS(row, bank)
    {
        struct rig *rig = rig_full(bank->version, false);
        if (row->field == GIC_MODIFIER || row->field == GIC_NSACR) {
            unsigned last = row_count(&row->reg) > 1 ? 1 : 0;
            put(rig, bank, &row->reg, last, UINT64_MAX);
            cr_assert_eq(get(rig, bank, &row->reg, last), 0, "%s", row->reg.name);
        }
        rig_free(rig);
    }
}

Test(gic_registers, interrupts_that_are_not_implemented_read_as_zero)
{
    struct rig *rig = rig_new((struct arm_irq_config){ .version = 3, .cpus = 1, .spis = 32 });
    gicd_put(rig, 0x108, UINT32_MAX);
    cr_assert_eq(gicd_get(rig, 0x108), 0);
    gicd_put(rig, 0x1200, UINT32_MAX);
    cr_assert_eq(gicd_get(rig, 0x1200), 0);
    gicr_put(rig, 0, SGI(0x104), UINT32_MAX);
    cr_assert_eq(gicr_get(rig, 0, SGI(0x104)), 0);
    arm_irq_write(&rig->frame[ARM_IRQ_WINDOW_GICD], 0x6100 + 32 * 8, 8, 5, 0);
    cr_assert_eq(arm_irq_read(&rig->frame[ARM_IRQ_WINDOW_GICD], 0x6100 + 32 * 8, 8, 0), 0);
    rig_free(rig);
}

Test(gic_registers, priorities_do_not_leak_into_the_configuration)
{
    struct rig *rig = rig_full(3, false);
    for (uint32_t offset = 0x420; offset < 0x7fc; offset += 4)
        gicd_put(rig, offset, UINT32_MAX);
    for (uint32_t offset = 0x420; offset < 0x7fc; offset += 4)
        cr_assert_eq(gicd_get(rig, offset), 0xf8f8f8f8);
    for (unsigned n = 1; n < 32; n++) {
        cr_assert_eq(gicd_get(rig, 0xc00 + 8 * n), 0);
        cr_assert_eq(gicd_get(rig, 0x100 + 4 * n), 0);
    }
    rig_free(rig);
}

Test(gic_registers, a_trigger_mode_that_changes_while_its_interrupt_is_enabled_is_counted)
{
    static const unsigned versions[] = { 2, 3 };
    for (unsigned i = 0; i < countof(versions); i++) {
        struct rig *rig = rig_full(versions[i], false);
        const uint32_t *mistakes = rig->irq.gicd.mistakes;
        gicd_put(rig, 0xc08, 8); // INTID 33
        cr_assert_eq(mistakes[GIC_MISTAKE_CONFIG], 0);
        gicd_put(rig, 0x104, 2);
        gicd_put(rig, 0xc08, 8);
        gicd_put(rig, 0xc08, 0x28);
        cr_assert_eq(mistakes[GIC_MISTAKE_CONFIG], 0, "the same, and another one");
        gicd_put(rig, 0xc08, 0x20);
        cr_assert_eq(gicd_get(rig, 0xc08), 0x20u, "it has its effect");
        cr_assert_eq(mistakes[GIC_MISTAKE_CONFIG], 1);
        gicd_put(rig, 0x184, 2);
        gicd_put(rig, 0xc08, 8);
        cr_assert_eq(mistakes[GIC_MISTAKE_CONFIG], 1);
        rig_free(rig);
    }
}

Test(gic_registers, clearing_are_is_refused_and_counted)
{
    struct rig *rig = rig_full(3, false);
    gicd_put(rig, 0, 0x1);
    cr_assert_eq(gicd_get(rig, 0), 0x51);
    cr_assert_eq(rig->irq.gicd.mistakes[GIC_MISTAKE_ARE], 1);
    gicd_put(rig, 0, 0x13);
    gicd_put(rig, 0, 0);
    cr_assert_eq(rig->irq.gicd.mistakes[GIC_MISTAKE_ARE], 1, "disabled as reset leaves it");
    rig_free(rig);
}

// With an enable of a group ARE must be set: both of them by Secure software, its own by Non-secure software.
Test(gic_registers, an_enable_without_are_is_counted)
{
    static const struct {
        bool security, secure;
        uint32_t value;
        unsigned mistakes;
    } list[] = {
        { false, true, 0x03, 1 }, { false, true, 0x13, 0 }, { false, true, 0x00, 0 }, { false, true, 0x02, 1 },
        { true, true, 0x01, 1 },  { true, true, 0x11, 1 },  { true, true, 0x21, 1 },  { true, true, 0x31, 0 },
        { true, true, 0x20, 0 },  { true, false, 0x02, 1 }, { true, false, 0x12, 0 }, { true, false, 0x22, 1 },
    };
    for (unsigned i = 0; i < countof(list); i++) {
        struct rig *rig = rig_full(3, list[i].security);
        rig->frame[ARM_IRQ_WINDOW_GICD].secure = list[i].secure;
        gicd_put(rig, 0, list[i].value);
        cr_assert_eq(rig->irq.gicd.mistakes[GIC_MISTAKE_ARE], list[i].mistakes, "%xh", list[i].value);
        rig_free(rig);
    }
}

Test(gic_registers, ds_once_set_stays)
{
    struct rig *rig = rig_full(3, true);
    gicd_put(rig, 0, 0x37 | GICD_CTLR_DS);
    cr_assert_eq(gicd_get(rig, 0), 0x53, "Secure Group 1 is gone");
    gicd_put(rig, 0, 0x10);
    cr_assert_eq(gicd_get(rig, 0), 0x50);
    arm_irq_reset(&rig->irq);
    cr_assert_eq(gicd_get(rig, 0), 0x30);
    rig_free(rig);
}

// --- ICC registers --------------------------------------------------------------------------------------------------

Test(gic_registers, icc_registers_are_sorted_and_reset_as_the_table_says)
{
    struct rig *rig = rig_full(3, true);
    arm_irq_set_secure(&rig->irq, 0, true);
    for (unsigned i = 0; i < icc_register_count; i++) {
        const struct icc_register *row = &icc_registers[i];
        uint64_t value, reset = row->reg.reset;
        cr_assert(i == 0 || row->reg.offset > icc_registers[i - 1].reg.offset, "%s", row->reg.name);
        enum port_result result = arm_irq_cpu_read(&rig->irq, 0, PORT_REGISTER, row->reg.offset, 8, &value, 0);
        cr_assert_eq(result, row->access & ICC_READ ? PORT_DONE : PORT_FAULT, "%s", row->reg.name);
        if (row->reg.offset == ICC_CTLR_EL1 || row->reg.offset == ICC_CTLR_EL3)
            reset |= BIT32(19); // extended INTIDs
        if (row->reg.offset == ICC_BPR1_EL1)
            reset = GIC_BPR_MIN; // the Secure copy
        if (result == PORT_DONE)
            cr_assert_eq(value, reset, "%s: %lx", row->reg.name, value);
    }
    rig_free(rig);
}

// Who may read and write which: without two Security states (or NMIs) EL3's registers (ICC_NMIAR1) do not exist, and to
// Non-secure software those of Group 0 are UNDEFINED.
Test(gic_registers, icc_registers_answer_whom_they_are_for)
{
    enum { R = 1, W = 2, G0 = 4, EL3 = 8, NMI = 16 };
    static const struct {
        uint64_t encoding;
        unsigned access;
    } list[] = {
        { ICC_PMR_EL1, R | W },
        { ICC_IAR0_EL1, R | G0 },
        { ICC_EOIR0_EL1, W | G0 },
        { ICC_HPPIR0_EL1, R | G0 },
        { ICC_BPR0_EL1, R | W | G0 },
        { ICC_AP0R0_EL1, R | W | G0 },
        { ICC_AP1R0_EL1, R | W },
        { ICC_NMIAR1_EL1, R | NMI },
        { ICC_DIR_EL1, W },
        { ICC_RPR_EL1, R },
        { ICC_SGI1R_EL1, W },
        { ICC_ASGI1R_EL1, W },
        { ICC_SGI0R_EL1, W },
        { ICC_IAR1_EL1, R },
        { ICC_EOIR1_EL1, W },
        { ICC_HPPIR1_EL1, R },
        { ICC_BPR1_EL1, R | W },
        { ICC_CTLR_EL1, R | W },
        { ICC_SRE_EL1, R | W },
        { ICC_IGRPEN0_EL1, R | W | G0 },
        { ICC_IGRPEN1_EL1, R | W },
        { ICC_SRE_EL2, R | W },
        { ICC_CTLR_EL3, R | W | EL3 },
        { ICC_SRE_EL3, R | W | EL3 },
        { ICC_IGRPEN1_EL3, R | W | EL3 },
    };
    cr_assert_eq(countof(list), icc_register_count);
    for (unsigned i = 0; i < countof(list) * 6; i++) {
        unsigned state = i / countof(list) % 3, access = list[i % countof(list)].access; // one, Non-secure, Secure
        bool nmi = i / countof(list) / 3;
        uint64_t encoding = list[i % countof(list)].encoding, value;
        struct rig *rig =
            rig_new((struct arm_irq_config){ .version = 3, .cpus = 1, .security = state != 0, .nmi = nmi });
        arm_irq_set_secure(&rig->irq, 0, state == 2);
        bool absent = (access & EL3 && state == 0) || (access & NMI && !nmi), denied = access & G0 && state == 1;
        enum port_result there = absent ? PORT_NOT_MINE : PORT_FAULT;
        const uint32_t *mistakes = rig->irq.cpus[0].icc.mistakes;
        cr_assert_eq(arm_irq_cpu_read(&rig->irq, 0, PORT_REGISTER, encoding, 8, &value, 0),
                     !absent && !denied && access & R ? PORT_DONE : there, "read %lxh", (unsigned long)encoding);
        cr_assert_eq(arm_irq_cpu_write(&rig->irq, 0, PORT_REGISTER, encoding, 8, 0, 0),
                     !absent && !denied && access & W ? PORT_DONE : there, "write %lxh", (unsigned long)encoding);
        bool counts = !absent && !denied;
        cr_assert_eq(mistakes[GIC_MISTAKE_WRITEONLY], counts && !(access & R), "%lxh", (unsigned long)encoding);
        cr_assert_eq(mistakes[GIC_MISTAKE_READONLY], counts && !(access & W), "%lxh", (unsigned long)encoding);
        if (encoding == ICC_SRE_EL1 || encoding == ICC_SRE_EL2)
            cr_assert_eq(icc_get(rig, 0, encoding), encoding == ICC_SRE_EL1 ? 7 : 15);
        rig_free(rig);
    }
}

Test(gic_registers, icc_registers_take_what_their_mask_lets_through)
{
    for (unsigned i = 0; i < icc_register_count; i++) {
        const struct icc_register *row = &icc_registers[i];
        struct rig *rig = rig_full(3, row->access & ICC_EL3);
        uint64_t before, after, mask = row->reg.mask;
        if ((row->access & ICC_RW) == ICC_RW) {
            before = icc_get(rig, 0, row->reg.offset);
            icc_put(rig, 0, row->reg.offset, UINT64_MAX);
            after = icc_get(rig, 0, row->reg.offset);
            cr_assert_eq(after, (before & ~mask) | mask, "%s: %lx", row->reg.name, after);
            icc_put(rig, 0, row->reg.offset, 0);
            bool bpr = row->reg.offset == ICC_BPR0_EL1 || row->reg.offset == ICC_BPR1_EL1;
            cr_assert_eq(icc_get(rig, 0, row->reg.offset), bpr ? row->reg.reset : before & ~mask, "%s", row->reg.name);
        }
        rig_free(rig);
    }
}

Test(gic_registers, icc_registers_of_each_cpu_and_security_state_are_their_own)
{
    struct rig *rig = rig_full(3, true);
    icc_put(rig, 0, ICC_IGRPEN1_EL1, 1);
    icc_put(rig, 0, ICC_BPR1_EL1, 6);
    icc_put(rig, 0, ICC_AP1R0_EL1, 0x80000000);
    cr_assert_eq(icc_get(rig, 1, ICC_IGRPEN1_EL1), 0);
    arm_irq_set_secure(&rig->irq, 0, true);
    cr_assert_eq(icc_get(rig, 0, ICC_IGRPEN1_EL1), 0);
    cr_assert_eq(icc_get(rig, 0, ICC_BPR1_EL1), GIC_BPR_MIN);
    cr_assert_eq(icc_get(rig, 0, ICC_AP1R0_EL1), 0);
    cr_assert_eq(icc_get(rig, 0, ICC_IGRPEN1_EL3), 1);
    icc_put(rig, 0, ICC_IGRPEN1_EL3, 2);
    cr_assert_eq(icc_get(rig, 0, ICC_IGRPEN1_EL1), 1);
    arm_irq_set_secure(&rig->irq, 0, false);
    cr_assert_eq(icc_get(rig, 0, ICC_IGRPEN1_EL1), 0);
    uint64_t value;
    cr_assert_eq(arm_irq_cpu_read(&rig->irq, 0, PORT_REGISTER, ICC_IAR0_EL1, 8, &value, 0), PORT_FAULT);
    rig_free(rig);
}

// Arm ARM, D23: op0, op1, CRn, CRm and op2 of each.
Test(gic_registers, system_registers_have_the_encodings_of_the_architecture)
{
    static const struct {
        uint64_t encoding;
        unsigned op1, crn, crm, op2;
    } rows[] = {
        { ICC_PMR_EL1, 0, 4, 6, 0 },       { ICC_IAR0_EL1, 0, 12, 8, 0 },     { ICC_EOIR0_EL1, 0, 12, 8, 1 },
        { ICC_HPPIR0_EL1, 0, 12, 8, 2 },   { ICC_BPR0_EL1, 0, 12, 8, 3 },     { ICC_AP0R0_EL1, 0, 12, 8, 4 },
        { ICC_AP1R0_EL1, 0, 12, 9, 0 },    { ICC_NMIAR1_EL1, 0, 12, 9, 5 },   { ICC_DIR_EL1, 0, 12, 11, 1 },
        { ICC_RPR_EL1, 0, 12, 11, 3 },     { ICC_SGI1R_EL1, 0, 12, 11, 5 },   { ICC_ASGI1R_EL1, 0, 12, 11, 6 },
        { ICC_SGI0R_EL1, 0, 12, 11, 7 },   { ICC_IAR1_EL1, 0, 12, 12, 0 },    { ICC_EOIR1_EL1, 0, 12, 12, 1 },
        { ICC_HPPIR1_EL1, 0, 12, 12, 2 },  { ICC_BPR1_EL1, 0, 12, 12, 3 },    { ICC_CTLR_EL1, 0, 12, 12, 4 },
        { ICC_SRE_EL1, 0, 12, 12, 5 },     { ICC_IGRPEN0_EL1, 0, 12, 12, 6 }, { ICC_IGRPEN1_EL1, 0, 12, 12, 7 },
        { ICC_SRE_EL2, 4, 12, 9, 5 },      { ICC_CTLR_EL3, 6, 12, 12, 4 },    { ICC_SRE_EL3, 6, 12, 12, 5 },
        { ICC_IGRPEN1_EL3, 6, 12, 12, 7 },
    };
    for (unsigned i = 0; i < countof(rows); i++)
        cr_assert_eq(rows[i].encoding, 3u << 14 | rows[i].op1 << 11 | rows[i].crn << 7 | rows[i].crm << 3 | rows[i].op2,
                     "row %u", i);
}
