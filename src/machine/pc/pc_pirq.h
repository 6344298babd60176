// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The PCI interrupts of a south bridge, PIRQ A and up: a wire for each, which its register leads to an ISA interrupt.
//
//     PCI pins -- GSI of the PIRQ --+-- 8259A line          by the register; bit 7: to none
//                                   +-- IOAPIC pin          PIIX3: that of the same IRQ;  ICH9: always its own
#ifndef MACHINE_PC_PC_PIRQ_H
#define MACHINE_PC_PC_PIRQ_H

#include <stdbool.h>
#include <stdint.h>

struct pc;

#define PC_PIRQS 8 // at most

struct pc_pirqs {
    unsigned count;
    uint32_t gsi;    // of the first
    bool follows;    // the IOAPIC's pin does
    uint32_t output; // the first of a wire's outputs that follow the register
};

// Construction: adds the outputs that move. What route.h says.
int pc_pirqs_wire(struct pc *pc, unsigned count, uint32_t gsi, bool follows);
// A register has this value now; `loaded`: it was loaded.
void pc_pirqs_lead(struct pc *pc, unsigned n, uint8_t value, bool loaded);

#endif
