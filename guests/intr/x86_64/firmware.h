// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Reads the interrupt controllers from ACPI's MADT or the MP configuration table.
#ifndef INTR_X86_64_FIRMWARE_H
#define INTR_X86_64_FIRMWARE_H

#include "lib/access.h"

enum { FIRMWARE_IOAPICS = 8, FIRMWARE_ISA_IRQS = 16 };

struct firmware {
    unsigned ioapics;
    struct firmware_ioapic {
        uint32_t address, gsi_base;
        uint8_t id;
    } ioapic[FIRMWARE_IOAPICS];
    // The GSI of each ISA IRQ, and its MPS INTI flags (polarity in bits 1:0, trigger in 3:2; 0: as ISA has it).
    struct firmware_isa {
        uint32_t gsi;
        uint16_t flags;
    } isa[FIRMWARE_ISA_IRQS];
};

enum {
    INTI_POLARITY = 3,
    INTI_ACTIVE_HIGH = 1,
    INTI_ACTIVE_LOW = 3,
    INTI_TRIGGER = 0xc,
    INTI_EDGE = 4,
    INTI_LEVEL = 0xc
};

// ACPI first. False: neither has an IOAPIC.
bool firmware_read(struct firmware *firmware);

#endif
