// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// See manual.h. Sections of the SDM are given by their title, as their numbers move from edition to edition; registers of a GIC
// are described in the alphabetical order of their names.
#include "view/manual.h"

#include <string.h>

struct row {
    const char *begins; // the register's name
    const char *section;
};

static const struct row pic[] = {
    { "ELCR", "82371SB, ELCR" },
    { "ICW", "8259A, Initialization Command Words" },
    { "OCW", "8259A, Operation Command Words" },
    { "IMR", "8259A, Interrupt Mask Register" },
    { "I", "8259A, Interrupt Request Register and In-Service Register" },
    { NULL, NULL },
};

static const struct row ioapic[] = {
    { "IOREGSEL", "82093AA 3.1.1" },  { "IOAPICID", "82093AA 3.2.1" }, { "IOAPICVER", "82093AA 3.2.2" },
    { "IOAPICARB", "82093AA 3.2.3" }, { "IOREDTBL", "82093AA 3.2.4" }, { NULL, NULL },
};

static const struct row lapic[] = {
    { "IA32_APIC_BASE", "SDM 3A, Local APIC Status and Location" },
    { "IA32_TSC_DEADLINE", "SDM 3A, TSC-Deadline Mode" },
    { "ID", "SDM 3A, Local APIC ID" },
    { "VERSION", "SDM 3A, Local APIC Version Register" },
    { "TPR", "SDM 3A, Task and Processor Priorities" },
    { "PPR", "SDM 3A, Task and Processor Priorities" },
    { "APR", "SDM 3A, Lowest Priority Delivery Mode" },
    { "LDR", "SDM 3A, Logical Destination Mode" },
    { "DFR", "SDM 3A, Logical Destination Mode" },
    { "SVR", "SDM 3A, Spurious Interrupt" },
    { "ISR", "SDM 3A, Interrupt Acceptance for Fixed Interrupts" },
    { "IRR", "SDM 3A, Interrupt Acceptance for Fixed Interrupts" },
    { "TMR", "SDM 3A, Interrupt Acceptance for Fixed Interrupts" },
    { "ESR", "SDM 3A, Error Handling" },
    { "ICR", "SDM 3A, Interrupt Command Register (ICR)" },
    { "LVT", "SDM 3A, Local Vector Table" },
    { "INITIAL_COUNT", "SDM 3A, APIC Timer" },
    { "CURRENT_COUNT", "SDM 3A, APIC Timer" },
    { "DIVIDE", "SDM 3A, APIC Timer" },
    { NULL, NULL },
};

static const struct row gic_v2[] = {
    { "GICD_", "IHI 0048B 4.3" },
    { "GICC_", "IHI 0048B 4.4" },
    { "MSI_", "SBSA, GICv2m Architecture" },
    { NULL, NULL },
};

static const struct row gic_v3[] = {
    { "GICD_", "IHI 0069, the GICD registers" },
    { "GICR_", "IHI 0069, the GICR registers" },
    { "ICC_", "IHI 0069, the ICC registers" },
    { "GITS_", "IHI 0069, the GITS registers" },
    { NULL, NULL },
};

static const struct row *rows_of(uint32_t chip, unsigned gic_version)
{
    if (chip >= INTACT_CHIP_GICD)
        return gic_version == 2 ? gic_v2 : gic_v3;
    if (chip >= INTACT_CHIP_LAPIC)
        return lapic;
    return chip == INTACT_CHIP_PIC ? pic : ioapic;
}

const char *manual_section(const struct intact_chip_register *reg, unsigned gic_version)
{
    for (const struct row *row = rows_of(reg->chip, gic_version); row->begins; row++)
        if (strncmp(reg->name, row->begins, strlen(row->begins)) == 0)
            return row->section;
    return "";
}
