// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// LPIs and the interrupt translation service of a GICv3 (IHI 0069, chapters 5 and 12.19): (DeviceID, EventID) becomes an
// LPI of a processor, through tables that commands fill.
//
//     lpi_init(); lpi_cpu_init();            tables; this processor takes LPIs
//     its_init();                            collection n is processor n
//     its_map_device(device, 4, itt);        events 0 to 15
//     its_map(device, event, LPI_FIRST, 0);
//     its_int(device, event);
#ifndef GUEST_AARCH64_ITS_H
#define GUEST_AARCH64_ITS_H

#include "lib/aarch64/gic.h"

enum {
    GITS_CTLR = 0x0000,
    GITS_TYPER = 0x0008,
    GITS_CBASER = 0x0080,
    GITS_CWRITER = 0x0088,
    GITS_CREADR = 0x0090,
    GITS_BASER = 0x0100,
    GITS_TRANSLATER = 0x10040,
};

enum { LPI_ENABLED = 1, LPI_BITS = 16, LPI_END = 1 << LPI_BITS };

extern uint8_t *lpi_properties;                 // priority | LPI_ENABLED of each LPI, from LPI_FIRST
uint8_t *lpi_pending_table(unsigned processor); // a bit for each INTID; may be changed only before lpi_cpu_init

// All LPIs disabled and not pending.
void lpi_init(void);
void lpi_cpu_init(void);

INLINE void lpi_configure(unsigned lpi, uint8_t priority, bool enabled)
{
    lpi_properties[lpi - LPI_FIRST] = (uint8_t)((priority & 0xfc) | (enabled ? LPI_ENABLED : 0));
}

// Tables, queue, on; a collection for each processor that has been through lpi_cpu_init.
void its_init(void);
// Puts one command into the queue and waits until it has been executed.
void its_command(uint64_t word0, uint64_t word1, uint64_t word2, uint64_t word3);

void its_map_processor(unsigned collection, unsigned processor);
void its_map_device(uint32_t device, unsigned event_bits, const void *itt); // itt: its_new_itt, NULL to unmap
void *its_new_itt(unsigned event_bits);
void its_map(uint32_t device, uint32_t event, unsigned lpi, unsigned collection);
void its_move(uint32_t device, uint32_t event, unsigned collection);
void its_move_all(unsigned from_processor, unsigned to_processor);
void its_discard(uint32_t device, uint32_t event);
void its_int(uint32_t device, uint32_t event);
void its_clear(uint32_t device, uint32_t event);
void its_inv(uint32_t device, uint32_t event);
void its_invall(unsigned collection);
void its_sync(unsigned processor);

#endif
