// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The MSI-X capability of a PCI function and its table of messages.
//
// Spec: PCI Local Bus 3.0, 6.8.2 (capability, table, PBA), 6.8.3 (operation).
//
//     capability, 12 bytes                          table, 16 bytes for each vector, behind a BAR
//     +0  | Control        | next | ID 11h |        +0  Message Address, 1:0 read as 0
//     +4  | Table Offset            | BIR  |        +4  Message Upper Address
//     +8  | PBA Offset              | BIR  |        +8  Message Data
//     Control: 15 enable, 14 function mask,         +C  Vector Control: 0 mask (1 after reset)
//              10:0 size of the table - 1
//
// The table's rows belong to the caller. A write returns what it has changed; nothing is sent from here. The pending
// bit array is not stored: the reader takes it from the sources, so that it is right however a source was triggered.
//
// Path: devices/pci/pci_irq.c / groups/group.c
#ifndef MSI_MSIX_H
#define MSI_MSIX_H

#include <stdbool.h>
#include <stdint.h>

#include "base/visit.h"
#include "msi/msi_message.h"

enum {
    MSIX_CAPABILITY_ID = 0x11,
    MSIX_CAPABILITY_SIZE = 12,
    MSIX_VECTORS = 2048,
    MSIX_ENTRY_SIZE = 16,
};

enum msix_mistake {
    MSIX_MISTAKE_WIDTH,  // an access of the table or the PBA that is not aligned, or not of 4 or 8 bytes
    MSIX_MISTAKE_IN_USE, // the message of a vector changed while it is enabled and not masked
    MSIX_MISTAKES
};

struct msix_entry {
    uint32_t address_low, address_high, data, control;
};

// Where table or PBA are: a BAR and an offset there, a multiple of 8.
struct msix_place {
    unsigned bar;
    uint32_t offset;
};

struct msix {
    // The configuration of the function.
    struct msix_entry *table;
    unsigned vectors;
    struct msix_place table_place, pba_place;
    // State, in addition to the table.
    uint16_t control; // bits 15 and 14
    uint32_t mistakes[MSIX_MISTAKES];
};

// The result of a write to the table: whether `vector` has changed, in its message or its mask.
struct msix_change {
    bool changed;
    unsigned vector;
};

// `table` has `vectors` rows, 1 to 2048, and lives as long as `msix`.
void msix_init(struct msix *msix, struct msix_entry *table, unsigned vectors, struct msix_place table_place,
               struct msix_place pba_place);
// Disabled, every vector masked, every message 0.
void msix_reset(struct msix *msix);

// The capability: `offset` + `size` at most 12, any alignment. A write returns whether it changed enable or mask.
uint32_t msix_capability_read(const struct msix *msix, unsigned offset, unsigned size);
bool msix_capability_write(struct msix *msix, unsigned offset, unsigned size, uint32_t value);

// The table: 4 or 8 bytes, aligned (6.8.2: others are undefined). Here other reads return the bytes, other writes are
// ignored, and both are counted; so are accesses behind the last row.
uint64_t msix_table_read(struct msix *msix, uint64_t offset, unsigned size);
struct msix_change msix_table_write(struct msix *msix, uint64_t offset, unsigned size, uint64_t value);

// The PBA: the vectors whose bits the access at `offset` shows, `*first` and how many from there on.
unsigned msix_pba_vectors(struct msix *msix, uint64_t offset, unsigned size, unsigned *first);

static inline uint64_t msix_table_size(unsigned vectors)
{
    return (uint64_t)vectors * MSIX_ENTRY_SIZE;
}

static inline uint64_t msix_pba_size(unsigned vectors)
{
    return (vectors + 63) / 64 * 8;
}

bool msix_enabled(const struct msix *msix);
bool msix_function_masked(const struct msix *msix);
// By its own mask or by that of the function.
bool msix_masked(const struct msix *msix, unsigned vector);
struct msi_message msix_message(const struct msix *msix, unsigned vector);

void msix_visit(struct msix *msix, struct visit *v);

#endif
