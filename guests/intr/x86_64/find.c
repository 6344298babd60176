// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The best controller of a PC: x2APIC before xAPIC, either where the processor has a local APIC and the firmware names an
// IOAPIC; else the 8259As.
#include "intr/x86_64/chips.h"

static bool has(unsigned word, unsigned bit)
{
    uint32_t out[4];
    cpuid(1, out);
    return out[word] >> bit & 1;
}

const struct intr_chip *intr_find_chip(enum intr_kind kind)
{
    static struct firmware firmware;
    bool apic = has(3, 9) && firmware_read(&firmware), x2apic = apic && has(2, 21);
    switch (kind) {
    case INTR_BEST: return apic ? intr_ioapic(&firmware, x2apic) : intr_8259();
    case INTR_8259: return intr_8259();
    case INTR_XAPIC: return apic ? intr_ioapic(&firmware, false) : NULL;
    case INTR_X2APIC: return x2apic ? intr_ioapic(&firmware, true) : NULL;
    default: return NULL;
    }
}
