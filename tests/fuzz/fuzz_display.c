// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// A VGA with its PCI function, and a ramfb: any access to its ports, its window, its BARs and its configuration space.
//
// What must hold after every step:
//   - what is before and behind the video memory stays as it was;
//   - a picture has the size it says, and a color is 24 bits; text has as many cells as it says, and its cursor is among them;
//   - asking for them changes nothing;
//   - loading what was just saved changes nothing, and the list finds no value that it cannot have.
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/bits.h"
#include "devices/display/display_pci.h"
#include "devices/display/ramfb.h"
#include "fuzz.h"

const char *const fuzz_name = "fuzz_display";

enum { STEPS = 300, MEMORY = 1 << 20, GUARD = 4096, GUARD_BYTE = 0x5c };
#define WINDOW      UINT64_C(0xa0000)
#define FRAMEBUFFER UINT32_C(0xe0000000)
#define REGISTERS   UINT32_C(0xe8000000)

static struct rig {
    struct pci_host host;
    struct bus memory, ports;
    struct display_pci display;
    struct ramfb ramfb;
    uint64_t now;
    uint8_t bytes[GUARD + MEMORY + GUARD];
} rig;

static void need(bool good, const char *what)
{
    if (!good)
        fuzz_fail("%s", what);
}

static void make(struct fuzz *fuzz)
{
    static uint8_t rom[3000];
    const struct display_pci_config config = { .vga = !fuzz_chance(fuzz, 8),
                                               .memory = rig.bytes + GUARD,
                                               .size = MEMORY,
                                               .memory_bus = &rig.memory,
                                               .ports = &rig.ports,
                                               .window = WINDOW,
                                               .edid = true,
                                               .width = 640,
                                               .height = 480 };
    memset(&rig, 0, sizeof rig);
    memset(rig.bytes, GUARD_BYTE, GUARD);
    memset(rig.bytes + GUARD + MEMORY, GUARD_BYTE, GUARD);
    bus_init(&rig.memory);
    bus_init(&rig.ports);
    pci_host_init_ecam(&rig.host);
    pci_bus_connect(&rig.host.bus, &(struct pci_bus_config){ .memory = &rig.memory, .ports = &rig.ports });
    need(display_pci_init(&rig.display, &config, &rig.host.bus, PCI_DEVFN(2, 0)) == 0, "a display");
    need(pci_rom_add(&rig.display.pci, rom, sizeof rom) == 0, "its ROM");
    ramfb_init(&rig.ramfb, &rig.memory);
    pci_bus_write(&rig.host.bus, rig.display.pci.devfn, PCI_BAR0, 4, FRAMEBUFFER, 0);
    pci_bus_write(&rig.host.bus, rig.display.pci.devfn, PCI_BAR0 + 8, 4, REGISTERS, 0);
    pci_bus_write(&rig.host.bus, rig.display.pci.devfn, PCI_COMMAND, 2, PCI_COMMAND_MEMORY, 0);
    bus_write(&rig.ports, 0x3c2, 1, 0x63, 0);
}

// --- Steps -----------------------------------------------------------------------------------------------------------

static void access_port(struct fuzz *fuzz)
{
    static const uint16_t pairs[] = { 0x3c4, 0x3ce, 0x3d4, 0x3b4 };
    uint64_t port = 0x3b0 + fuzz_below(fuzz, 0x30);
    if (fuzz_chance(fuzz, 3))
        bus_read(&rig.ports, port, 1 << fuzz_below(fuzz, 3), rig.now);
    else if (fuzz_chance(fuzz, 2))
        bus_write(&rig.ports, port, 1 << fuzz_below(fuzz, 3), fuzz_value(fuzz), rig.now);
    else
        bus_write(&rig.ports, FUZZ_PICK(fuzz, pairs), 2, fuzz_below(fuzz, 32) | fuzz_value(fuzz) << 8, rig.now);
}

static void access_vbe(struct fuzz *fuzz)
{
    static const uint16_t values[] = { 4, 8, 15, 16, 24, 32, 640, 480, 800, 0x41, 0xc1, 0, 64, 65535 };
    uint64_t value = fuzz_chance(fuzz, 3) ? fuzz_value(fuzz) : FUZZ_PICK(fuzz, values);
    if (fuzz_chance(fuzz, 4)) {
        bus_read(&rig.ports, 0x1ce + fuzz_below(fuzz, 4), 1 << fuzz_below(fuzz, 3), rig.now);
        return;
    }
    bus_write(&rig.ports, 0x1ce, 2, fuzz_below(fuzz, 13), rig.now);
    bus_write(&rig.ports, 0x1cf + fuzz_below(fuzz, 2), 2, value, rig.now);
}

static void access_memory(struct fuzz *fuzz)
{
    static const uint64_t bases[] = { WINDOW,
                                      WINDOW + 0x10000,
                                      WINDOW + 0x18000,
                                      FRAMEBUFFER,
                                      REGISTERS + 0x400,
                                      REGISTERS + 0x500,
                                      REGISTERS + 0x600,
                                      REGISTERS };
    uint64_t base = FUZZ_PICK(fuzz, bases), address = base + fuzz_below(fuzz, base < REGISTERS ? 0x8000 : 0x100);
    unsigned size = 1u << fuzz_below(fuzz, 4);
    if (fuzz_chance(fuzz, 3))
        bus_read(&rig.memory, address, size, rig.now);
    else
        bus_write(&rig.memory, address, size, fuzz_value(fuzz), rig.now);
}

static void access_config(struct fuzz *fuzz)
{
    static const uint32_t values[] = { FRAMEBUFFER, REGISTERS, 0xf0000001, UINT32_MAX, 0, PCI_COMMAND_MEMORY };
    unsigned size = 1u << fuzz_below(fuzz, 3), offset = fuzz_below(fuzz, 0x40 / size) * size;
    pci_bus_write(&rig.host.bus, rig.display.pci.devfn, offset, size, FUZZ_PICK(fuzz, values), rig.now);
}

static void write_ramfb(struct fuzz *fuzz)
{
    static const uint32_t words[] = { 0, 0xe0000000, 0x58523234, 0x52473136, 640, 480, 16, 16384, 16385, UINT32_MAX };
    unsigned at = fuzz_below(fuzz, RAMFB_CONFIG / 4) * 4;
    bytes_put(rig.ramfb.config + at, 4, __builtin_bswap32(FUZZ_PICK(fuzz, words)));
    if (fuzz_chance(fuzz, 3))
        rig.ramfb.config[fuzz_below(fuzz, RAMFB_CONFIG)] = (uint8_t)fuzz_word(fuzz);
}

static void step(struct fuzz *fuzz)
{
    rig.now += fuzz_chance(fuzz, 10) ? fuzz_word(fuzz) >> 8 : fuzz_below(fuzz, 1000000);
    rig.now &= INT64_MAX;
    switch (fuzz_below(fuzz, 16)) {
    case 0: access_config(fuzz); break;
    case 1:
    case 2: write_ramfb(fuzz); break;
    case 3: display_pci_reset(&rig.display, rig.now); break;
    case 4:
    case 5:
    case 6: access_vbe(fuzz); break;
    case 7:
    case 8:
    case 9:
    case 10: access_memory(fuzz); break;
    default: access_port(fuzz); break;
    }
}

// --- What must hold --------------------------------------------------------------------------------------------------

static void check_guard(const uint8_t *guard)
{
    for (unsigned i = 0; i < GUARD; i++)
        need(guard[i] == GUARD_BYTE, "a byte outside the video memory has changed");
}

static void check_picture(int result, struct intact_picture *picture)
{
    need(result == 0, "there is no picture");
    need(picture->width >= 1 && picture->width <= INTACT_PICTURE_SIDE_MAX && picture->height >= 1 &&
             picture->height <= INTACT_PICTURE_SIDE_MAX,
         "the size of a picture");
    for (size_t i = 0; i < (size_t)picture->width * picture->height; i++)
        need(picture->pixels[i] <= 0xffffff, "a colour of more than 24 bits");
    free(picture->pixels);
}

static void check_shown(void)
{
    struct intact_picture picture;
    struct intact_screen_text text;
    check_picture(vga_picture(&rig.display.vga, rig.now, &picture), &picture);
    int result = vga_text(&rig.display.vga, rig.now, &text);
    need(result == 0 || result == -ENOTSUP, "there is no text");
    need(result < 0 || !text.cursor || (text.cursor_row < text.rows && text.cursor_column < text.columns),
         "the cursor");
    need(result == 0 || !text.cells, "cells of no text");
    free(text.cells);
}

static void list(struct visit *v)
{
    display_pci_visit(&rig.display, v);
    ramfb_visit(&rig.ramfb, v);
}

static void refuse(struct visit *v, const char *name, uint64_t value, uint64_t limit)
{
    (void)v;
    if (value >= limit)
        fuzz_fail("%s is %llu, which a machine cannot reach", name, (unsigned long long)value);
}

static void check_state(const struct visit_save *before)
{
    struct visit_load load;
    struct visit_differ differ;
    visit_load_init(&load, before->data, before->size);
    load.visit.below = refuse;
    list(&load.visit);
    pci_bus_loaded(&rig.host.bus);
    need(!load.failed, "a saved state is too short");
    visit_differ_init(&differ, before->data, before->size);
    list(&differ.visit);
    if (differ.differs)
        fuzz_fail("loading what was saved changes %s", differ.path);
}

void fuzz_case(struct fuzz *fuzz)
{
    make(fuzz);
    for (unsigned i = 0; i < STEPS; i++) {
        struct visit_save save;
        step(fuzz);
        if (!fuzz_chance(fuzz, 30))
            continue;
        visit_save_init(&save);
        list(&save.visit);
        check_shown();
        if (fuzz_chance(fuzz, 8)) {
            struct intact_picture picture;
            check_picture(ramfb_picture(&rig.ramfb, rig.now, &picture), &picture);
        }
        check_state(&save);
        free(save.data);
    }
    check_guard(rig.bytes);
    check_guard(rig.bytes + GUARD + MEMORY);
    display_pci_destroy(&rig.display);
}
