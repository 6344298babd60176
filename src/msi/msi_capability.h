// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The MSI capability of a PCI function: a message, how many of them, and a mask for each.
//
// Spec: PCI Local Bus 3.0, 6.8.1 (capability structure), 6.8.3 (operation).
//
//          31            16 15     8 7      0
//     +0  | Message Control | next  | ID 05h |    Control: 0 enable, 3:1 capable (log2), 6:4 enabled (log2),
//     +4  | Message Address           31:2   |             7 64-bit address, 8 mask per vector
//    [+8  | Message Upper Address            |]   with a 64-bit address
//     +8  |                 | Message Data   |    +C with a 64-bit address
//    [+C  | Mask Bits                        |]   +10; both with per-vector masks only
//    [+10 | Pending Bits                     |]   +14
//
// The model holds the registers and returns what a write has changed; it sends nothing. Pending bits are not stored
// here: the reader takes them from the sources, so that they are right however a source was triggered.
//
// Path: devices/pci/pci_irq.c / groups/group.c
#ifndef MSI_MSI_CAPABILITY_H
#define MSI_MSI_CAPABILITY_H

#include <stdbool.h>
#include <stdint.h>

#include "base/visit.h"
#include "msi/msi_message.h"

enum {
    MSI_CAPABILITY_ID = 0x05,
    MSI_CAPABILITY_SIZE = 24, // the longest form
    MSI_VECTORS = 32,
};

// What a write has changed, to be acted upon by the caller.
enum {
    MSI_CHANGED_ENABLE = 1 << 0, // the function starts or stops using messages; or their number changed
    MSI_CHANGED_MESSAGE = 1 << 1,
    MSI_CHANGED_MASK = 1 << 2,
};

struct msi_capability {
    // The configuration of the function.
    unsigned vectors;
    bool wide, maskable;
    // The bytes of configuration space; the first two (ID, next) belong to the list of capabilities.
    uint8_t registers[MSI_CAPABILITY_SIZE];
};

// `vectors` is 1, 2, 4, 8, 16 or 32; `wide`: with a 64-bit address; `maskable`: with mask and pending bits.
void msi_capability_init(struct msi_capability *msi, unsigned vectors, bool wide, bool maskable);
// Every register that software can write is 0.
void msi_capability_reset(struct msi_capability *msi);
// How many bytes it takes in configuration space: 10, 14, 20 or 24.
unsigned msi_capability_size(const struct msi_capability *msi);

// `offset` + `size` at most MSI_CAPABILITY_SIZE; any alignment. `pending`: bit n is that of vector n.
uint32_t msi_capability_read(const struct msi_capability *msi, unsigned offset, unsigned size, uint32_t pending);
// Returns MSI_CHANGED_ bits.
unsigned msi_capability_write(struct msi_capability *msi, unsigned offset, unsigned size, uint32_t value);

bool msi_capability_enabled(const struct msi_capability *msi);
// How many vectors the driver allotted: a power of two, never more than the function has.
// The register of masks; 0: the function has none.
uint32_t msi_capability_mask_bits(const struct msi_capability *msi);
unsigned msi_capability_allotted(const struct msi_capability *msi);
bool msi_capability_masked(const struct msi_capability *msi, unsigned vector);
// The message of `vector`: its number replaces as many low bits of the data as were allotted (6.8.3.4).
struct msi_message msi_capability_message(const struct msi_capability *msi, unsigned vector);

void msi_capability_visit(struct msi_capability *msi, struct visit *v);

#endif
