// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Interrupt Translation Service: (DeviceID, EventID) becomes an LPI at a redistributor, with tables in memory that only
// its commands change.
//
// Spec: IHI 0069 chapter 5 (translation, tables, commands and their errors) and the GITS registers.
//
//     GITS_TRANSLATER --(DeviceID)--> device table --> ITT --(EventID)--> pINTID, ICID --> collection table --> CPU
//     GITS_CBASER ring of 32-byte commands: CREADR follows CWRITER
//
// The formats of the tables are IMPLEMENTATION DEFINED (8 bytes an entry, little endian):
//
//     device      63 V   51:8 ITT address   4:0 EventID bits - 1
//     ITT         63 V   47:32 ICID         23:0 pINTID
//     collection  63 V   15:0 processor number
//     level 1     63 V   51:12 address of a page of level 2
//
// A pure chip: its_step executes one command and returns the action on an LPI; its_translate finds the LPI of an event.
// A small cache of translations avoids reading the tables; every command that changes a mapping drops it.
//
// Commands take no time, or `command_ns` each: then GITS_CREADR follows later, software that does not wait for it may
// find the old mapping, and GITS_CTLR.Quiescent stays 0 after Enabled was cleared until the current command is done. If
// they take no time, they are executed in portions, so that one access of the guest does a bounded amount of work: the
// next portion is executed at the next access to the frame, or at a deadline ITS_PORTION_NS later.
//
// A command that is in error is counted, and its number stored (`error`, numbered as in the pseudocode of chapter 5;
// there is no system error: GITS_TYPER.SEIS is 0). Then it is ignored, or, with `stalls`, it stays at the head of the
// queue: the architecture allows both. A stalled queue (GITS_CREADR.Stalled) waits for GITS_CWRITER.Retry, and a queue
// that cannot be read always stalls.
//
// Not modelled: GICv4 (virtual LPIs and their commands are errors); collections held in hardware (HCC is 0); GITS_UMSIR.
//
// Path: msi/msi_arm.c / gicr_lpi.c
#ifndef IRQCHIP_ARM_ITS_H
#define IRQCHIP_ARM_ITS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"
#include "irqchip/arm/gic.h"
#include "irqchip/arm/gic_access.h"

#define ITS_DEVICE_BITS     16u
#define ITS_EVENT_BITS      16u
#define ITS_COLLECTION_BITS 16u
#define ITS_ENTRY           8u // bytes of each table entry
#define ITS_CACHE           512u
#define ITS_PORTION_NS      UINT64_C(1000)

enum { ITS_DEVICES, ITS_COLLECTIONS, ITS_TABLES }; // GITS_BASER0, GITS_BASER1
enum { ITS_ITT = ITS_TABLES };

// Command errors: 01ccee, where cc is the command and ee one of these.
enum its_error {
    ITS_ERROR_DEVICE = 0x01,              // DeviceID out of range
    ITS_ERROR_SIZE = 0x02,                // MAPD: too many EventID bits; MAPC, MOVALL: see below
    ITS_ERROR_PROCESSOR = 0x02,           // MAPC: no such processor (MOVALL: 01h)
    ITS_ERROR_COLLECTION = 0x03,          // ICID out of range
    ITS_ERROR_UNMAPPED_DEVICE = 0x04,     // the device has no ITT
    ITS_ERROR_EVENT = 0x05,               // EventID out of range
    ITS_ERROR_INTID = 0x06,               // pINTID out of range
    ITS_ERROR_UNMAPPED_INTERRUPT = 0x07,  // no mapping of the event
    ITS_ERROR_UNMAPPED_COLLECTION = 0x09, // the collection has no processor
    ITS_ERROR_TABLE = 0xf0,               // ours: a table that is not in RAM
    ITS_ERROR_UNKNOWN = 0xff,             // ours: no such command
};

enum its_command {
    ITS_MOVI = 0x01,
    ITS_INT = 0x03,
    ITS_CLEAR = 0x04,
    ITS_SYNC = 0x05,
    ITS_MAPD = 0x08,
    ITS_MAPC = 0x09,
    ITS_MAPTI = 0x0a,
    ITS_MAPI = 0x0b,
    ITS_INV = 0x0c,
    ITS_INVALL = 0x0d,
    ITS_MOVALL = 0x0e,
    ITS_DISCARD = 0x0f,
};

// One translation. `cpu` is one more than the CPU's number; 0: the entry is empty.
struct its_translation {
    uint32_t device, event, intid, cpu;
};

struct its {
    // Configuration.
    uint32_t cpus;
    uint32_t lpi_bits;
    uint32_t stalls;     // a command in error stalls the queue
    uint64_t command_ns; // the time the time that a command takes
    // Registers.
    uint32_t ctlr;
    uint32_t statusr;
    uint64_t cbaser, baser[ITS_TABLES];
    uint32_t cwriter, creadr; // offsets in the queue; CREADR with Stalled
    uint32_t error;           // the last command error, 01ccee; 0: none
    uint32_t errors;          // how many
    uint32_t mistakes[GIC_MISTAKES];
    uint64_t due;    // command_ns: when the current command is done; CLOCK_NEVER: there is none
    uint64_t resume; // no command_ns: when the rest of the queue is executed; CLOCK_NEVER: there is none
    // Part of the state: a guest that changes its tables in memory without a command can observe it.
    struct its_translation cache[ITS_CACHE];
};

// What a command requires: `action` for LPI `intid` of `cpu`; `other` is the CPU that it moves to.
struct its_effect {
    enum gic_lpi_action action;
    uint32_t cpu, other, intid;
    uint32_t error; // 01ccee; 0: the command was executed
};

void its_init(struct its *its, uint32_t cpus, unsigned lpi_bits, bool stalls, uint64_t command_ns);
void its_reset(struct its *its);

// Executes the next command of the queue. False: there is none (or the queue is off, or stalled), or it is not done yet.
bool its_step(struct its *its, const struct gic_memory *memory, uint64_t now, struct its_effect *effect);
// When its_step must be called again; CLOCK_NEVER: only after an access.
static inline uint64_t its_deadline(const struct its *its)
{
    return its->command_ns ? its->due : its->resume;
}
// A portion of the queue was executed: the rest, if any, is executed at `when`.
void its_pause(struct its *its, uint64_t when);
// The LPI of an event of a device. False: none (disabled, or no mapping); counted.
bool its_translate(struct its *its, const struct gic_memory *memory, uint32_t device, uint32_t event,
                   struct its_translation *out);

// The same by the tables alone, changing nothing: why an event has no LPI, and where the search for one ended.
enum its_fault {
    ITS_FAULT_NONE,
    ITS_FAULT_DEVICE_BITS, // the DeviceID is too large
    ITS_FAULT_NO_ENTRY,    // `table` is not valid, or has no entry for the DeviceID or the ICID
    ITS_FAULT_MEMORY,      // `table` is not RAM
    ITS_FAULT_DEVICE,      // not mapped
    ITS_FAULT_EVENT_RANGE, // the EventID has more than `event_bits`
    ITS_FAULT_EVENT,       // not mapped
    ITS_FAULT_COLLECTION,  // `collection` is not mapped
    ITS_FAULT_PROCESSOR,   // `cpu` does not exist
};
struct its_search {
    unsigned table; // ITS_DEVICES, ITS_COLLECTIONS or ITS_ITT: the one that was read last
    uint64_t address, entry;
    unsigned event_bits;
    uint32_t collection, intid, cpu;
};
enum its_fault its_search(const struct its *its, const struct gic_memory *memory, uint32_t device, uint32_t event,
                          struct its_search *search);
// The cached translation of an event, which its_translate uses before the tables; NULL: none.
const struct its_translation *its_cached(const struct its *its, uint32_t device, uint32_t event);

// The frames, 128 KiB. A write to GITS_TRANSLATER is returned as GIC_EVENT with the EventID as `intid`; after other
// writes there may be commands for its_step.
uint64_t its_read(struct its *its, uint64_t offset, unsigned size, uint64_t now, struct gic_effect *effect);
void its_write(struct its *its, uint64_t offset, unsigned size, uint64_t value, uint64_t now,
               struct gic_effect *effect);

extern const struct gic_register its_registers[];
extern const unsigned its_register_count;

// Tells its registers (its_fields.c).
void its_tell(const struct its *its, const struct register_sink *sink);

void its_visit(struct its *its, struct visit *v);

// --- For its_cmd.c and its_why.c ------------------------------------------------------------------------------------

#define ITS_VALID         BIT64(63) // of GITS_CBASER, GITS_BASER and table entries
#define ITS_QUEUE_ADDRESS UINT64_C(0x000ffffffffff000)
#define ITS_OFFSET_MASK   0xfffe0u // of GITS_CWRITER and GITS_CREADR
#define ITS_STALLED       1u       // in GITS_CREADR
#define ITS_COMMAND       32u      // bytes

static inline bool its_enabled(const struct its *its)
{
    return its->ctlr & 1;
}

void its_drop_cache(struct its *its);
// Is entry `index` within the size of a table, which is valid?
bool its_in_table(const struct its *its, unsigned table, uint32_t index);
// The address of entry `index` of a table, flat or of two levels. False: out of range, or not valid; `*broken` is set
// if the table cannot be read.
bool its_entry_address(const struct its *its, const struct gic_memory *memory, unsigned table, uint32_t index,
                       uint64_t *address, bool *broken);

#endif
