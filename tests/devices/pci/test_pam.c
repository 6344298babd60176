// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// 82441FX data sheet (290549), 3.2.18: PAM[0:6], attribute bits and the parts of memory that they are for.
#include "devices/pci/pam.h"

#include "devices/pci/pci_rig.h"

enum { PLACES = PAM_END - PAM_BASE, ROM = PAM_END - PAM_ROM };

static struct pci_rig rig;
static struct pam pam;
static struct bus memory;
static uint8_t ram[PLACES], rom[ROM];
static unsigned changes;

static void mapped(void *owner, uint64_t address, uint64_t size)
{
    (void)owner, (void)address, (void)size;
    changes++;
}

static void setup(void)
{
    memset(ram, 0x11, sizeof ram);
    memset(rom, 0x22, sizeof rom);
    rig_open(&rig);
    bus_init(&memory);
    cr_assert_eq(pam_init(&pam, &rig.host.bridge, PAM_REGISTER, &memory, ram, rom), 0);
    pam_reset(&pam);
    memory.mapped = mapped;
}

static void teardown(void)
{
    rig_close(&rig);
}

TestSuite(pam, .init = setup, .fini = teardown);

static void set(unsigned offset, uint32_t value)
{
    rig_set(&rig, &rig.host.bridge, offset, 1, value);
}

Test(pam, after_reset_the_rom_is_in_its_place_and_nothing_below_it)
{
    cr_assert_eq(bus_read(&memory, 0xc0000, 4, 0), 0xffffffff);
    cr_assert_eq(bus_read(&memory, 0xdffff, 1, 0), 0xff);
    cr_assert_eq(bus_read(&memory, 0xe0000, 4, 0), 0x22222222);
    cr_assert_eq(bus_read(&memory, 0xfffff, 1, 0), 0x22);
    bus_write(&memory, 0xf0000, 1, 0x33, 0);
    cr_assert_eq(rom[0x10000], 0x22);
    cr_assert_eq(ram[0x30000], 0x11);
}

// Each register, each half of it: where the part begins and ends.
Test(pam, each_attribute_is_for_its_part)
{
    for (unsigned i = 0; i < PAM_PARTS; i++) {
        bool last = i == PAM_PARTS - 1;
        uint64_t base = last ? 0xf0000 : 0xc0000 + 0x4000 * i, end = last ? 0x100000 : base + 0x4000;
        unsigned at = last ? 0x59 : 0x5a + i / 2, shift = last || i % 2 ? 4 : 0;
        set(at, 1u << shift);
        cr_assert_eq(bus_read(&memory, base, 1, 0), 0x11, "part %u", i);
        cr_assert_eq(bus_read(&memory, end - 1, 1, 0), 0x11, "part %u", i);
        cr_assert(base == 0xc0000 || bus_read(&memory, base - 1, 1, 0) != 0x11, "part %u", i);
        cr_assert(last || bus_read(&memory, end, 1, 0) != 0x11, "part %u", i);
        set(at, 0);
    }
}

Test(pam, the_four_combinations_of_read_and_write)
{
    static const struct {
        uint8_t attributes, read, in_ram;
    } rows[] = { { 0, 0x22, 0x11 }, { 1, 0x11, 0x11 }, { 2, 0x22, 0x44 }, { 3, 0x44, 0x44 } };
    for (unsigned i = 0; i < countof(rows); i++) {
        ram[0x20000] = 0x11;
        set(0x5e, rows[i].attributes);
        bus_write(&memory, 0xe0000, 1, 0x44, 0);
        cr_assert_eq(bus_read(&memory, 0xe0000, 1, 0), rows[i].read, "row %u", i);
        cr_assert_eq(ram[0x20000], rows[i].in_ram, "row %u", i);
        cr_assert_eq(rom[0], 0x22);
    }
}

Test(pam, writes_below_a_rom_reach_ram_in_every_width)
{
    set(0x59, 0x20);
    for (unsigned size = 1; size <= 8; size *= 2) {
        bus_write(&memory, 0xf0000, size, UINT64_C(0x8877665544332211), 0);
        cr_assert_eq(bytes_get(ram + 0x30000, size), UINT64_C(0x8877665544332211) & bits_low(8 * size));
    }
}

// What processors have cached is wrong also where only the permission to write changes.
Test(pam, every_change_is_told)
{
    set(0x59, 0x10);
    unsigned before = changes;
    set(0x59, 0x30);
    cr_assert_gt(changes, before);
    before = changes;
    set(0x59, 0x10);
    cr_assert_gt(changes, before);
    before = changes;
    set(0x59, 0x10);
    cr_assert_eq(changes, before, "the same again is none");
}

Test(pam, dma_writes_only_what_is_ram)
{
    uint8_t byte = 0x55;
    cr_assert_not(bus_write_memory(&memory, 0xf0000, &byte, 1));
    set(0x59, 0x10);
    cr_assert_not(bus_write_memory(&memory, 0xf0000, &byte, 1));
    set(0x59, 0x30);
    cr_assert(bus_write_memory(&memory, 0xf0000, &byte, 1));
    cr_assert_eq(ram[0x30000], 0x55);
}

Test(pam, other_bits_stay_zero_and_a_reset_takes_the_ram_away)
{
    for (unsigned at = 0x59; at <= 0x5f; at++) {
        set(at, 0xff);
        cr_assert_eq(rig_config(&rig, &rig.host.bridge, at, 1), at == 0x59 ? 0x30 : 0x33);
    }
    pam_reset(&pam);
    for (unsigned at = 0x59; at <= 0x5f; at++)
        cr_assert_eq(rig_config(&rig, &rig.host.bridge, at, 1), 0);
    cr_assert_eq(bus_read(&memory, 0xf0000, 1, 0), 0x22);
}

Test(pam, a_load_maps_what_the_registers_say)
{
    rig.host.bridge.config[0x59] = 0x30;
    pam_loaded(&pam);
    cr_assert_eq(bus_read(&memory, 0xf0000, 1, 0), 0x11);
}
