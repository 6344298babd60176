// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The PC's controllers, for find.c.
#ifndef INTR_X86_64_CHIPS_H
#define INTR_X86_64_CHIPS_H

#include "intr/chip.h"
#include "intr/x86_64/firmware.h"

// The line of the master 8259A that the slave uses, and the line that IRQ 2 of the bus uses instead.
enum { ISA_CASCADE = 2, ISA_OF_CASCADE = 9 };

const struct intr_chip *intr_8259(void);
// IOAPICs with local APICs in either mode.
const struct intr_chip *intr_ioapic(const struct firmware *firmware, bool x2apic);

#endif
