// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// ITS commands and tables, right and wrong.
#include "its_input.h"

#include <string.h>

#include "machine/tables/bytes.h"

#define VALID    BIT64(63)
#define INDIRECT BIT64(62)

enum { CTLR = 0, STATUSR = 0x40, CBASER = 0x80, CWRITER = 0x88, CREADR = 0x90, BASER = 0x100 };
enum { DEVICES = 8, EVENTS = 40, COLLECTIONS = 6, LPIS = 64 };

static void write_its(const struct rig *rig, uint64_t offset, uint64_t value)
{
    unsigned size = offset == CTLR || offset == STATUSR ? 4 : 8;
    bus_write(rig->memory, VIRT_ITS + offset, size, value & bits_low(8 * size), rig->clock->now);
}

static uint8_t *at(const struct rig *rig, uint64_t address)
{
    return rig->ram + (address - VIRT_RAM);
}

// --- Numbers that make sense, mostly ---------------------------------------------------------------------------------

static uint32_t any_number(struct fuzz *fuzz, uint32_t few)
{
    return fuzz_chance(fuzz, 12) ? (uint32_t)fuzz_value(fuzz) : fuzz_below(fuzz, few);
}

static uint32_t any_lpi(struct fuzz *fuzz)
{
    static const uint32_t odd[] = { 0, 31, 1019, 1023, 8191, 65535, 65536, 0xffffff, UINT32_MAX };
    return fuzz_chance(fuzz, 12) ? FUZZ_PICK(fuzz, odd) : 8192 + fuzz_below(fuzz, LPIS);
}

// A place for a table.
static uint64_t any_place(struct fuzz *fuzz)
{
    static const uint64_t places[] = {
        ITS_IN_DEVICES,
        ITS_IN_COLLECTIONS,
        ITS_IN_LEVEL_2,
        ITS_IN_PROPERTIES,
        ITS_IN_PENDING,
        ITS_IN_QUEUE,
        ITS_IN_ITTS,
        VIRT_RAM,
        VIRT_RAM + RIG_RAM - 0x1000,
        VIRT_RAM + RIG_RAM,
        VIRT_GICD,
        VIRT_ITS,
        VIRT_ITS + 0x10000,
        VIRT_GICR,
        VIRT_UART,
        0,
        UINT64_C(0xfffffffff000),
        UINT64_C(0xffffffffff000),
    };
    return fuzz_chance(fuzz, 8) ? fuzz_word(fuzz) : FUZZ_PICK(fuzz, places);
}

static uint64_t any_itt(struct fuzz *fuzz, uint32_t device)
{
    return fuzz_chance(fuzz, 12) ? any_place(fuzz) : ITS_IN_ITTS + 0x1000 * (device % 64);
}

// --- Commands --------------------------------------------------------------------------------------------------------

struct its_input_command its_input_any(struct fuzz *fuzz)
{
    static const uint8_t numbers[] = {
        ITS_MAPD, ITS_MAPD, ITS_MAPD,  ITS_MAPC, ITS_MAPC, ITS_MAPTI,  ITS_MAPTI,  ITS_MAPTI,   ITS_MAPI,
        ITS_MOVI, ITS_INT,  ITS_INT,   ITS_INT,  ITS_INT,  ITS_CLEAR,  ITS_INV,    ITS_INV,     ITS_INVALL,
        ITS_SYNC, ITS_MOVI, ITS_MAPTI, ITS_MAPC, ITS_MOVI, ITS_MOVALL, ITS_MOVALL, ITS_DISCARD,
    };
    uint8_t number = fuzz_chance(fuzz, 32) ? (uint8_t)fuzz_word(fuzz) : FUZZ_PICK(fuzz, numbers);
    uint32_t device = any_number(fuzz, DEVICES);
    struct its_input_command command = { {
        number | (uint64_t)device << 32,
        any_number(fuzz, EVENTS) | (uint64_t)any_lpi(fuzz) << 32,
        any_number(fuzz, COLLECTIONS) & 0xffff,
        (uint64_t)any_number(fuzz, 5) << 16,
    } };
    if (number == ITS_MAPD) {
        command.word[1] = fuzz_chance(fuzz, 8) ? fuzz_below(fuzz, 32) : 5;
        command.word[2] = any_itt(fuzz, device) & UINT64_C(0x000fffffffffff00);
    } else if (number == ITS_MAPC || number == ITS_MOVALL) {
        command.word[2] |= (uint64_t)any_number(fuzz, 4) << 16;
    }
    if (!fuzz_chance(fuzz, 8))
        command.word[2] |= VALID;
    if (fuzz_chance(fuzz, 32))
        command.word[fuzz_below(fuzz, 4)] ^= BIT64(fuzz_below(fuzz, 64));
    return command;
}

void its_input_put(const struct rig *rig, const struct its_input_command *command, bool go)
{
    const struct its *its = &virt_of(rig->machine)->irq.its;
    uint64_t base = its->cbaser & UINT64_C(0x000ffffffffff000), size = ((its->cbaser & 0xff) + 1) << 12;
    uint8_t bytes[32];
    for (unsigned i = 0; i < 4; i++)
        put64(bytes + 8 * i, command->word[i]);
    bus_write_memory(rig->memory, base + its->cwriter, bytes, sizeof bytes);
    if (go)
        write_its(rig, CWRITER, (its->cwriter + 32) % size);
}

// --- Tables ----------------------------------------------------------------------------------------------------------

static void start_tables(struct fuzz *fuzz, const struct rig *rig)
{
    memset(at(rig, ITS_IN_DEVICES), 0, ITS_IN_PROPERTIES - ITS_IN_DEVICES);
    if (fuzz_chance(fuzz, 2)) { // two levels: one page for the lowest devices
        put64(at(rig, ITS_IN_DEVICES), ITS_IN_LEVEL_2 | VALID);
        write_its(rig, BASER, VALID | INDIRECT | ITS_IN_DEVICES);
    } else {
        write_its(rig, BASER, VALID | ITS_IN_DEVICES | 15);
    }
    write_its(rig, BASER + 8, VALID | ITS_IN_COLLECTIONS | 7);
}

static void start_lpis(struct fuzz *fuzz, const struct rig *rig)
{
    uint8_t *properties = at(rig, ITS_IN_PROPERTIES);
    for (uint32_t i = 0; i < LPIS; i++)
        properties[i] = (uint8_t)(fuzz_below(fuzz, 8) << 5 | !fuzz_chance(fuzz, 4));
    for (uint32_t cpu = 0; cpu < rig->cpus; cpu++) {
        uint64_t frame = VIRT_GICR + cpu * GICR_FRAME, now = rig->clock->now;
        bus_write(rig->memory, frame + 0x70, 8, ITS_IN_PROPERTIES | 15, now);
        bus_write(rig->memory, frame + 0x78, 8, ITS_IN_PENDING + cpu * 0x10000, now);
        bus_write(rig->memory, frame, 4, GICR_CTLR_ENABLE_LPIS, now);
    }
}

void its_input_begin(struct fuzz *fuzz, const struct rig *rig, unsigned pages)
{
    write_its(rig, CTLR, 0);
    start_tables(fuzz, rig);
    write_its(rig, CBASER, VALID | ITS_IN_QUEUE | (pages - 1));
    write_its(rig, CWRITER, 0);
    write_its(rig, CTLR, 1);
    start_lpis(fuzz, rig);
    for (uint32_t i = 0; i < COLLECTIONS; i++) {
        struct its_input_command command = { { ITS_MAPC, 0, VALID | (uint64_t)(i % rig->cpus) << 16 | i, 0 } };
        its_input_put(rig, &command, true);
    }
}

// --- Harm ------------------------------------------------------------------------------------------------------------

void its_input_register(struct fuzz *fuzz, const struct rig *rig)
{
    static const uint16_t offsets[] = { CTLR, CBASER, CWRITER, CWRITER, CREADR, BASER, BASER + 8, STATUSR };
    uint64_t offset = FUZZ_PICK(fuzz, offsets), value = fuzz_value(fuzz);
    bool off = fuzz_chance(fuzz, 2); // else the ITS may be on, and tables must not move
    if (offset == CTLR)
        value = fuzz_below(fuzz, 2);
    else if (offset == CBASER)
        value = VALID | (any_place(fuzz) & ~UINT64_C(0xfff)) | (fuzz_chance(fuzz, 4) ? 255 : fuzz_below(fuzz, 3));
    else if (offset == CWRITER)
        value = fuzz_chance(fuzz, 4) ? value : 32 * fuzz_below(fuzz, 0x8000) + fuzz_chance(fuzz, 8);
    else if (offset == BASER || offset == BASER + 8)
        value = (fuzz_chance(fuzz, 8) ? 0 : VALID) | (fuzz_below(fuzz, 2) ? INDIRECT : 0) | any_place(fuzz) |
                fuzz_below(fuzz, 4) << 8 | fuzz_below(fuzz, 256);
    if (off)
        write_its(rig, CTLR, 0);
    write_its(rig, offset, value);
    if (off)
        write_its(rig, CTLR, 1);
}

static uint64_t any_entry(struct fuzz *fuzz)
{
    uint64_t valid = fuzz_chance(fuzz, 4) ? 0 : VALID;
    switch (fuzz_below(fuzz, 4)) {
    case 0: return valid | (any_place(fuzz) & UINT64_C(0xffffffffff000)) | fuzz_below(fuzz, 32);
    case 1: return valid | (uint64_t)any_number(fuzz, COLLECTIONS) << 32 | any_lpi(fuzz);
    case 2: return valid | any_number(fuzz, 6);
    default: return fuzz_value(fuzz);
    }
}

void its_input_damage(struct fuzz *fuzz, const struct rig *rig)
{
    static const uint64_t tables[] = {
        ITS_IN_DEVICES,         ITS_IN_COLLECTIONS, ITS_IN_LEVEL_2, ITS_IN_PROPERTIES,
        ITS_IN_PENDING + 0x400, ITS_IN_QUEUE,       ITS_IN_ITTS,
    };
    for (unsigned i = 1 + fuzz_below(fuzz, 4); i; i--) {
        uint64_t table = FUZZ_PICK(fuzz, tables);
        unsigned index = fuzz_below(fuzz, fuzz_chance(fuzz, 4) ? 512 : DEVICES);
        put64(at(rig, table) + 8 * index, any_entry(fuzz));
    }
}
