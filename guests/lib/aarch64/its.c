// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// See its.h. Commands: IHI 0069, 5.3; tables of LPIs: 5.1.
#include "lib/aarch64/its.h"

#include "lib/guest.h"

enum { QUEUE_SIZE = 4096, COMMAND = 32, TABLE_PAGE = 0x10000 };
enum { TYPE_DEVICES = 1, TYPE_COLLECTIONS = 4 };
enum {
    MOVI = 0x01,
    INT = 0x03,
    CLEAR = 0x04,
    SYNC = 0x05,
    MAPD = 0x08,
    MAPC = 0x09,
    MAPTI = 0x0a,
    INV = 0x0c,
    INVALL = 0x0d,
    MOVALL = 0x0e,
    DISCARD = 0x0f,
};
#define VALID      (UINT64_C(1) << 63)
#define CACHEABLE  (UINT64_C(7) << 59 | UINT64_C(1) << 10) // write-back, inner shareable: GITS_BASER, GITS_CBASER
#define LPI_TABLES (UINT64_C(7) << 7 | UINT64_C(1) << 10)  // the same: GICR_PROPBASER, GICR_PENDBASER
#define PAGE_64K   (UINT64_C(2) << 8)
#define TYPER_PTA  (UINT64_C(1) << 19)

uint8_t *lpi_properties;
static uint8_t *pending[PROCESSOR_LIMIT];
static uint8_t *queue;
static unsigned write_at;

// --- LPIs -----------------------------------------------------------------------------------------------------------

uint8_t *lpi_pending_table(unsigned processor)
{
    if (!pending[processor])
        pending[processor] = allocate(LPI_END / 8, 0x10000);
    return pending[processor];
}

void lpi_init(void)
{
    if (gic.version != 3)
        fail("LPIs need a GICv3");
    lpi_properties = allocate(LPI_END - LPI_FIRST, 4096);
}

void lpi_cpu_init(void)
{
    uint64_t at = gicr_of(processor_self());
    write64(at + GICR_PROPBASER, (uint64_t)lpi_properties | LPI_TABLES | (LPI_BITS - 1));
    write64(at + GICR_PENDBASER, (uint64_t)lpi_pending_table(processor_self()) | LPI_TABLES);
    barrier();
    write32(at + GICR_CTLR, read32(at + GICR_CTLR) | 1);
    barrier();
}

// --- Tables and queue -----------------------------------------------------------------------------------------------

static void give_table(unsigned index)
{
    uint64_t at = gic.its + GITS_BASER + 8 * index, type = read64(at) >> 56 & 7;
    if (type == TYPE_DEVICES || type == TYPE_COLLECTIONS)
        write64(at, VALID | CACHEABLE | PAGE_64K | (uint64_t)allocate(TABLE_PAGE, TABLE_PAGE));
}

void its_init(void)
{
    if (!gic.its)
        fail("no ITS");
    for (unsigned i = 0; i < 8; i++)
        give_table(i);
    queue = allocate(QUEUE_SIZE, 4096);
    write64(gic.its + GITS_CBASER, VALID | CACHEABLE | (uint64_t)queue | (QUEUE_SIZE / 4096 - 1));
    write64(gic.its + GITS_CWRITER, 0);
    write32(gic.its + GITS_CTLR, 1);
    for (unsigned i = 0; i < processor_count(); i++)
        if (pending[i])
            its_map_processor(i, i);
}

void its_command(uint64_t word0, uint64_t word1, uint64_t word2, uint64_t word3)
{
    volatile uint64_t *at = (volatile uint64_t *)(queue + write_at);
    at[0] = word0;
    at[1] = word1;
    at[2] = word2;
    at[3] = word3;
    barrier();
    write_at = (write_at + COMMAND) % QUEUE_SIZE;
    write64(gic.its + GITS_CWRITER, write_at);
    while (read64(gic.its + GITS_CREADR) != write_at)
        relax();
}

// --- Commands -------------------------------------------------------------------------------------------------------

// What commands call a processor (GITS_TYPER.PTA): its redistributor's address, or its number in GICR_TYPER.
static uint64_t target(unsigned processor)
{
    uint64_t at = gicr_of(processor);
    return read64(gic.its + GITS_TYPER) & TYPER_PTA ? at : (read64(at + GICR_TYPER) >> 8 & 0xffff) << 16;
}

static uint64_t name(unsigned command, uint32_t device)
{
    return (uint64_t)device << 32 | command;
}

void its_map_processor(unsigned collection, unsigned processor)
{
    its_command(MAPC, 0, VALID | target(processor) | collection, 0);
    its_sync(processor);
}

void *its_new_itt(unsigned event_bits)
{
    return allocate(((read64(gic.its + GITS_TYPER) >> 4 & 15) + 1) << event_bits, 256);
}

void its_map_device(uint32_t device, unsigned event_bits, const void *itt)
{
    its_command(name(MAPD, device), event_bits - 1, itt ? VALID | (uint64_t)itt : 0, 0);
}

void its_map(uint32_t device, uint32_t event, unsigned lpi, unsigned collection)
{
    its_command(name(MAPTI, device), (uint64_t)lpi << 32 | event, collection, 0);
}

void its_move(uint32_t device, uint32_t event, unsigned collection)
{
    its_command(name(MOVI, device), event, collection, 0);
}

void its_move_all(unsigned from_processor, unsigned to_processor)
{
    its_command(MOVALL, 0, target(from_processor), target(to_processor));
}

void its_discard(uint32_t device, uint32_t event)
{
    its_command(name(DISCARD, device), event, 0, 0);
}

void its_int(uint32_t device, uint32_t event)
{
    its_command(name(INT, device), event, 0, 0);
}

void its_clear(uint32_t device, uint32_t event)
{
    its_command(name(CLEAR, device), event, 0, 0);
}

void its_inv(uint32_t device, uint32_t event)
{
    its_command(name(INV, device), event, 0, 0);
}

void its_invall(unsigned collection)
{
    its_command(INVALL, 0, collection, 0);
}

void its_sync(unsigned processor)
{
    its_command(SYNC, 0, target(processor), 0);
}
