// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// ITS: the command queue and the commands (IHI 0069, "ITS commands"), one function each.
//
//     bytes 0-7    7:0 command, 63:32 DeviceID
//     bytes 8-15   31:0 EventID, 63:32 pINTID (MAPD: 4:0 EventID bits - 1)
//     bytes 16-23  15:0 ICID, 50:16 target processor (MAPD: 51:8 ITT address), 63 V
//     bytes 24-31  MOVALL: 50:16 the second processor
//
// Path: its.c / gicr_lpi.c
#include "irqchip/arm/its.h"

#define VALID       ITS_VALID
#define ITT_ADDRESS UINT64_C(0x000fffffffffff00)

// The current command.
struct command {
    struct its *its;
    const struct gic_memory *memory;
    struct its_effect *effect;
    uint64_t word[4];
    uint32_t device, event, intid, collection;
    uint64_t device_entry, itt_entry, itt_address;
};

static bool error(struct command *c, unsigned what)
{
    unsigned number = c->word[0] & 0xff;
    if (number == ITS_CLEAR)
        number = 0x05; // in the manual's numbers of the errors of CLEAR
    c->effect->error = 0x010000u | number << 8 | what;
    return false;
}

static bool read_word(const struct command *c, uint64_t address, uint64_t *value)
{
    uint8_t bytes[8];
    if (!c->memory->read(c->memory->owner, address, bytes, sizeof bytes))
        return false;
    *value = bytes_get(bytes, sizeof bytes);
    return true;
}

static bool write_word(struct command *c, uint64_t address, uint64_t value)
{
    uint8_t bytes[8];
    bytes_put(bytes, sizeof bytes, value);
    return c->memory->write(c->memory->owner, address, bytes, sizeof bytes) || error(c, ITS_ERROR_TABLE);
}

// --- Used by several commands ---------------------------------------------------------------------------------------

static bool device_address(struct command *c, uint64_t *address)
{
    bool broken = false;
    if (!(c->device >> ITS_DEVICE_BITS) &&
        its_entry_address(c->its, c->memory, ITS_DEVICES, c->device, address, &broken))
        return true;
    return error(c, broken ? ITS_ERROR_TABLE : ITS_ERROR_DEVICE);
}

// The ITT of the device, and the entry of the event in it.
static bool find_event(struct command *c)
{
    uint64_t address;
    if (!device_address(c, &address))
        return false;
    if (!read_word(c, address, &c->device_entry))
        return error(c, ITS_ERROR_TABLE);
    if (!(c->device_entry & VALID))
        return error(c, ITS_ERROR_UNMAPPED_DEVICE);
    if ((uint64_t)c->event >> ((c->device_entry & 31) + 1))
        return error(c, ITS_ERROR_EVENT);
    c->itt_address = (c->device_entry & ITT_ADDRESS) + (uint64_t)c->event * ITS_ENTRY;
    return read_word(c, c->itt_address, &c->itt_entry) || error(c, ITS_ERROR_TABLE);
}

static bool find_mapping(struct command *c)
{
    if (!find_event(c))
        return false;
    if (!(c->itt_entry & VALID))
        return error(c, ITS_ERROR_UNMAPPED_INTERRUPT);
    c->intid = c->itt_entry & 0xffffff;
    return true;
}

static bool collection_address(struct command *c, uint32_t collection, uint64_t *address)
{
    bool broken = false;
    if (its_entry_address(c->its, c->memory, ITS_COLLECTIONS, collection, address, &broken))
        return true;
    return error(c, broken ? ITS_ERROR_TABLE : ITS_ERROR_COLLECTION);
}

static bool find_cpu(struct command *c, uint32_t collection, uint32_t *cpu)
{
    uint64_t address, entry;
    if (!collection_address(c, collection, &address))
        return false;
    if (!read_word(c, address, &entry))
        return error(c, ITS_ERROR_TABLE);
    if (!(entry & VALID) || (entry & 0xffff) >= c->its->cpus)
        return error(c, ITS_ERROR_UNMAPPED_COLLECTION);
    *cpu = entry & 0xffff;
    return true;
}

// The LPI of the event and its CPU.
static bool find_target(struct command *c)
{
    return find_mapping(c) && find_cpu(c, bits_get(c->itt_entry, 47, 32), &c->effect->cpu);
}

static void ask(struct command *c, enum gic_lpi_action action)
{
    c->effect->action = action;
    c->effect->intid = c->intid;
}

// --- The commands ---------------------------------------------------------------------------------------------------

static void mapd(struct command *c)
{
    uint64_t address, bits = c->word[1] & 31;
    bool valid = c->word[2] & VALID;
    if (!device_address(c, &address))
        return;
    if (valid && bits >= ITS_EVENT_BITS) {
        error(c, ITS_ERROR_SIZE);
        return;
    }
    its_drop_cache(c->its);
    write_word(c, address, valid ? VALID | (c->word[2] & ITT_ADDRESS) | bits : 0);
}

static void mapc(struct command *c)
{
    uint64_t address, cpu = bits_get(c->word[2], 50, 16);
    bool valid = c->word[2] & VALID;
    if (!collection_address(c, c->collection, &address))
        return;
    if (valid && cpu >= c->its->cpus) {
        error(c, ITS_ERROR_PROCESSOR);
        return;
    }
    its_drop_cache(c->its);
    write_word(c, address, valid ? VALID | cpu : 0);
}

static void map_event(struct command *c, uint32_t intid)
{
    uint64_t address;
    if (!find_event(c) || !collection_address(c, c->collection, &address))
        return;
    if (intid < GIC_LPI_FIRST || intid >> c->its->lpi_bits) {
        error(c, ITS_ERROR_INTID);
        return;
    }
    its_drop_cache(c->its);
    write_word(c, c->itt_address, VALID | (uint64_t)c->collection << 32 | intid);
}

// A pending state moves with the event.
static void movi(struct command *c)
{
    uint32_t from, to;
    if (!find_mapping(c) || !find_cpu(c, bits_get(c->itt_entry, 47, 32), &from) || !find_cpu(c, c->collection, &to))
        return;
    its_drop_cache(c->its);
    if (!write_word(c, c->itt_address, VALID | (uint64_t)c->collection << 32 | c->intid))
        return;
    ask(c, from == to ? GIC_LPI_NOTHING : GIC_LPI_MOVE);
    c->effect->cpu = from;
    c->effect->other = to;
}

static void movall(struct command *c)
{
    uint64_t from = bits_get(c->word[2], 50, 16), to = bits_get(c->word[3], 50, 16);
    if (from >= c->its->cpus || to >= c->its->cpus) {
        error(c, 0x01); // MOVALL_PROCNUM_OOR
        return;
    }
    ask(c, GIC_LPI_MOVE_ALL);
    c->effect->cpu = (uint32_t)from;
    c->effect->other = (uint32_t)to;
}

static void discard(struct command *c)
{
    if (!find_target(c))
        return;
    its_drop_cache(c->its);
    if (write_word(c, c->itt_address, 0))
        ask(c, GIC_LPI_CLEAR);
}

static void on_event(struct command *c, enum gic_lpi_action action)
{
    if (find_target(c))
        ask(c, action);
}

static void invall(struct command *c)
{
    if (find_cpu(c, c->collection, &c->effect->cpu))
        ask(c, GIC_LPI_INVALIDATE_ALL);
}

static void execute(struct command *c)
{
    switch (c->word[0] & 0xff) {
    case ITS_MOVI: movi(c); break;
    case ITS_INT: on_event(c, GIC_LPI_SET); break;
    case ITS_CLEAR: on_event(c, GIC_LPI_CLEAR); break;
    case ITS_SYNC: // all earlier commands are complete
        break;
    case ITS_MAPD: mapd(c); break;
    case ITS_MAPC: mapc(c); break;
    case ITS_MAPTI: map_event(c, c->intid); break;
    case ITS_MAPI: map_event(c, c->event); break;
    case ITS_INV: on_event(c, GIC_LPI_INVALIDATE); break;
    case ITS_INVALL: invall(c); break;
    case ITS_MOVALL: movall(c); break;
    case ITS_DISCARD: discard(c); break;
    default: error(c, ITS_ERROR_UNKNOWN); break;
    }
}

// --- The queue ------------------------------------------------------------------------------------------------------

static bool fetch(struct command *c)
{
    uint64_t address = (c->its->cbaser & ITS_QUEUE_ADDRESS) + c->its->creadr;
    for (unsigned i = 0; i < 4; i++)
        if (!read_word(c, address + i * 8, &c->word[i]))
            return false;
    c->device = (uint32_t)(c->word[0] >> 32);
    c->event = (uint32_t)c->word[1];
    c->intid = (uint32_t)(c->word[1] >> 32);
    c->collection = c->word[2] & 0xffff;
    return true;
}

static uint32_t queue_size(const struct its *its)
{
    return (uint32_t)((its->cbaser & 0xff) + 1) << 12;
}

// A queue that became shorter than GITS_CWRITER has none: CREADR would never reach it.
static bool has_command(const struct its *its)
{
    return its->cbaser & VALID && !(its->creadr & ITS_STALLED) && its->creadr != its->cwriter &&
           its->cwriter < queue_size(its);
}

static bool has_work(const struct its *its)
{
    return its->ctlr & 1 && has_command(its);
}

// The next command begins at `when`.
static void begin(struct its *its, uint64_t when)
{
    its->due = has_work(its) ? when + its->command_ns : CLOCK_NEVER;
}

void its_pause(struct its *its, uint64_t when)
{
    its->resume = !its->command_ns && has_work(its) ? when : CLOCK_NEVER;
}

// If commands take no time, none is in progress between steps.
static void end(struct its *its)
{
    uint64_t when = its->due;
    its->due = CLOCK_NEVER;
    if (its->command_ns)
        begin(its, when);
}

static void stall(struct its *its)
{
    its->due = CLOCK_NEVER;
    its->creadr |= ITS_STALLED;
}

bool its_step(struct its *its, const struct gic_memory *memory, uint64_t now, struct its_effect *effect)
{
    struct command c = { .its = its, .memory = memory, .effect = effect };
    *effect = (struct its_effect){ .action = GIC_LPI_NOTHING };
    if (its->due == CLOCK_NEVER)
        begin(its, now);
    if (its->due > now)
        return false;
    if (!has_command(its)) { // GITS_CWRITER was set back
        its->due = CLOCK_NEVER;
        return false;
    }
    if (!fetch(&c)) {
        stall(its);
        its->mistakes[GIC_MISTAKE_TABLE]++;
        return false;
    }
    execute(&c);
    if (effect->error) {
        effect->action = GIC_LPI_NOTHING;
        its->error = effect->error;
        its->errors++;
        if (its->stalls) {
            stall(its);
            return true;
        }
    }
    its->creadr = (its->creadr + ITS_COMMAND) % queue_size(its);
    end(its);
    return true;
}
