// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// PCI 3.0, 6.8.1 and 6.8.3: every register of every form of the capability.
#include <criterion/criterion.h>
#include <string.h>

#include "base/bits.h"
#include "msi/msi_capability.h"

static uint32_t get(const struct msi_capability *msi, unsigned offset)
{
    return msi_capability_read(msi, offset, 4, 0);
}

// The four forms: offsets of data, mask and pending; size.
static const struct form {
    bool wide, maskable;
    unsigned data, mask, size;
} forms[] = {
    { false, false, 8, 0, 10 },
    { true, false, 12, 0, 14 },
    { false, true, 8, 12, 20 },
    { true, true, 12, 16, 24 },
};

Test(msi_capability, each_form_has_its_registers_where_the_specification_has_them)
{
    for (unsigned i = 0; i < countof(forms); i++) {
        const struct form *form = &forms[i];
        struct msi_capability msi;
        msi_capability_init(&msi, 8, form->wide, form->maskable);
        cr_assert_eq(msi_capability_size(&msi), form->size);
        uint32_t control = 3 << 1 | form->wide << 7 | form->maskable << 8;
        cr_assert_eq(get(&msi, 0), control << 16);
        for (unsigned offset = 4; offset < MSI_CAPABILITY_SIZE; offset += 4)
            cr_assert_eq(get(&msi, offset), 0, "form %u, %u after reset", i, offset);
        for (unsigned offset = 0; offset < MSI_CAPABILITY_SIZE; offset += 4)
            msi_capability_write(&msi, offset, 4, UINT32_MAX);
        cr_assert_eq(get(&msi, 0), (control | 0x71) << 16, "enable and the number enabled");
        cr_assert_eq(get(&msi, 4), 0xfffffffc, "a dword's address");
        cr_assert_eq(get(&msi, form->data), 0xffff);
        if (form->wide)
            cr_assert_eq(get(&msi, 8), UINT32_MAX);
        if (form->maskable) {
            cr_assert_eq(get(&msi, form->mask), 0xff, "as many as there are vectors");
            cr_assert_eq(get(&msi, form->mask + 4), 0, "pending is read-only");
            cr_assert_eq(msi_capability_read(&msi, form->mask + 4, 4, 0xffff0005), 5);
        }
        msi_capability_reset(&msi);
        cr_assert_eq(get(&msi, 0), control << 16);
        for (unsigned offset = 4; offset < MSI_CAPABILITY_SIZE; offset += 4)
            cr_assert_eq(get(&msi, offset), 0);
    }
}

Test(msi_capability, bytes_words_and_odd_offsets_reach_the_same_registers)
{
    struct msi_capability bytes, dwords;
    msi_capability_init(&bytes, 32, true, true);
    msi_capability_init(&dwords, 32, true, true);
    for (unsigned offset = 0; offset < MSI_CAPABILITY_SIZE; offset++)
        msi_capability_write(&bytes, offset, 1, 0x11 * (offset + 1));
    for (unsigned offset = 0; offset < MSI_CAPABILITY_SIZE; offset += 4) {
        uint32_t value = 0;
        for (unsigned i = 0; i < 4; i++)
            value |= (0x11 * (offset + i + 1) & 0xff) << (8 * i);
        msi_capability_write(&dwords, offset, 4, value);
    }
    for (unsigned offset = 0; offset < MSI_CAPABILITY_SIZE; offset += 4)
        cr_assert_eq(get(&bytes, offset), get(&dwords, offset));
    for (unsigned offset = 0; offset + 2 <= MSI_CAPABILITY_SIZE; offset++)
        cr_assert_eq(msi_capability_read(&bytes, offset, 2, 0),
                     (msi_capability_read(&bytes, offset, 1, 0) | msi_capability_read(&bytes, offset + 1, 1, 0) << 8));
    msi_capability_write(&bytes, 5, 2, 0xabcd);
    cr_assert_eq(get(&bytes, 4) >> 8 & 0xffff, 0xabcd);
}

Test(msi_capability, a_write_tells_what_it_has_changed)
{
    struct msi_capability msi;
    msi_capability_init(&msi, 4, true, true);
    cr_assert_eq(msi_capability_write(&msi, 2, 2, 0x0001), MSI_CHANGED_ENABLE);
    cr_assert_eq(msi_capability_write(&msi, 2, 2, 0x0001), 0, "the same again");
    cr_assert_eq(msi_capability_write(&msi, 2, 2, 0x0021), MSI_CHANGED_ENABLE, "their number");
    cr_assert_eq(msi_capability_write(&msi, 4, 4, 0xfee00000), MSI_CHANGED_MESSAGE);
    cr_assert_eq(msi_capability_write(&msi, 4, 4, 0xfee00003), 0, "bits 1:0 are none");
    cr_assert_eq(msi_capability_write(&msi, 8, 4, 1), MSI_CHANGED_MESSAGE);
    cr_assert_eq(msi_capability_write(&msi, 12, 2, 0x41), MSI_CHANGED_MESSAGE);
    cr_assert_eq(msi_capability_write(&msi, 16, 4, 0x2), MSI_CHANGED_MASK);
    cr_assert_eq(msi_capability_write(&msi, 16, 4, 0xf2), 0, "vectors that are not there");
    cr_assert_eq(msi_capability_write(&msi, 20, 4, 0xff), 0);
    cr_assert_eq(msi_capability_write(&msi, 14, 2, 0xffff), 0, "behind the data");
}

Test(msi_capability, the_vector_replaces_as_many_low_data_bits_as_were_allotted)
{
    struct msi_capability msi;
    msi_capability_init(&msi, 32, true, false);
    msi_capability_write(&msi, 4, 4, 0xfee01000);
    msi_capability_write(&msi, 8, 4, 0x12);
    msi_capability_write(&msi, 12, 2, 0xabff);
    for (unsigned log = 0; log <= 5; log++) {
        msi_capability_write(&msi, 2, 1, log << 4 | 1);
        cr_assert_eq(msi_capability_allotted(&msi), 1u << log);
        for (unsigned vector = 0; vector < 1u << log; vector++) {
            struct msi_message message = msi_capability_message(&msi, vector);
            cr_assert_eq(message.address, 0x12fee01000);
            cr_assert_eq(message.data, (0xabff & ~((1u << log) - 1)) | vector);
        }
    }
}

Test(msi_capability, more_than_it_has_are_never_allotted)
{
    struct msi_capability msi;
    for (unsigned vectors = 1; vectors <= MSI_VECTORS; vectors *= 2) {
        msi_capability_init(&msi, vectors, false, false);
        for (unsigned log = 0; log < 8; log++) {
            msi_capability_write(&msi, 2, 1, log << 4 | 1);
            cr_assert_eq(msi_capability_allotted(&msi), 1u << log < vectors ? 1u << log : vectors);
        }
        cr_assert_eq(get(&msi, 0) >> 17 & 7, bits_highest(vectors));
    }
}

Test(msi_capability, masks_are_per_vector_and_only_where_there_are_any)
{
    struct msi_capability msi;
    msi_capability_init(&msi, 32, false, true);
    msi_capability_write(&msi, 12, 4, 0x80000001);
    for (unsigned vector = 0; vector < MSI_VECTORS; vector++)
        cr_assert_eq(msi_capability_masked(&msi, vector), vector == 0 || vector == 31);
    msi_capability_init(&msi, 32, false, false);
    msi_capability_write(&msi, 12, 4, UINT32_MAX);
    cr_assert_not(msi_capability_masked(&msi, 0));
    cr_assert_not(msi_capability_enabled(&msi));
    msi_capability_write(&msi, 2, 1, 1);
    cr_assert(msi_capability_enabled(&msi));
    cr_assert_eq(msi_capability_message(&msi, 0).address >> 32, 0, "no upper address in this form");
}

static void list(void *object, struct visit *v)
{
    msi_capability_visit(object, v);
}

Test(msi_capability, its_registers_are_its_state)
{
    struct msi_capability msi, loaded;
    struct visit_save save;
    struct visit_load load;
    msi_capability_init(&msi, 4, true, true);
    for (unsigned offset = 0; offset < MSI_CAPABILITY_SIZE; offset += 4)
        msi_capability_write(&msi, offset, 4, 0x5a5a5a5a);
    visit_save_init(&save);
    msi_capability_visit(&msi, &save.visit);
    msi_capability_init(&loaded, 4, true, true);
    visit_load_init(&load, save.data, save.size);
    msi_capability_visit(&loaded, &load.visit);
    free(save.data);
    cr_assert_eq(memcmp(msi.registers, loaded.registers, sizeof msi.registers), 0);
    cr_assert_eq(visit_uncovered(&msi, sizeof msi, list),
                 offsetof(struct msi_capability, registers) +
                     (sizeof msi - offsetof(struct msi_capability, registers) - sizeof msi.registers));
}
