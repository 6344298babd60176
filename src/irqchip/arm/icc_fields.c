// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The registers of GICv3's CPU interface as data (<intact/chips.h>), as software of the CPU's Security state sees them.
//
// Spec: IHI 0069, the ICC registers.
#include "irqchip/arm/icc.h"

#include "base/chip_register.h"

static const struct intact_register_field priority[] = { NUMBER("Priority", 7, 0) };
static const struct intact_register_field running[] = { FLAG("NMI", 63, "no", "yes"), NUMBER("Priority", 7, 0) };
static const struct intact_register_field pending[] = { NUMBER("INTID", 23, 0) };
static const struct intact_register_field bpr[] = { NUMBER("BinaryPoint", 2, 0) };
static const struct intact_register_field enable[] = { FLAG("Enable", 0, "disabled", "enabled") };
static const struct intact_register_field sre[] = {
    FLAG("DIB", 2, "IRQ bypass", "no bypass"),
    FLAG("DFB", 1, "FIQ bypass", "no bypass"),
    FLAG("SRE", 0, "memory-mapped", "system registers"),
};
static const struct intact_register_field ctlr[] = {
    FLAG("ExtRange", 19, "no", "yes"),
    FLAG("RSS", 18, "Aff0 0 to 15", "Aff0 0 to 255"),
    FLAG("A3V", 15, "Aff3 is 0", "Aff3"),
    FLAG("SEIS", 14, "no", "yes"),
    CHOICE("IDbits", 13, 11, "16", "24"),
    NUMBER("PRIbits", 10, 8),
    FLAG("PMHE", 6, "off", "on"),
    FLAG("EOImode", 1, "EOIR deactivates", "EOIR drops the priority"),
    FLAG("CBPR", 0, "ICC_BPR1 for Group 1", "ICC_BPR0 for both"),
};
static const struct register_form forms[] = {
    FORM("ICC_PMR_EL1", priority),
    FORM("ICC_RPR_EL1", running),
    FORM("ICC_HPPIR0_EL1", pending),
    FORM("ICC_HPPIR1_EL1", pending),
    FORM("ICC_BPR0_EL1", bpr),
    FORM("ICC_BPR1_EL1", bpr),
    FORM_SET("ICC_AP0R0_EL1", 1, 32, "priority group"),
    FORM_SET("ICC_AP1R0_EL1", 1, 32, "priority group"),
    FORM("ICC_CTLR_EL1", ctlr),
    FORM("ICC_SRE_EL1", sre),
    FORM("ICC_IGRPEN0_EL1", enable),
    FORM("ICC_IGRPEN1_EL1", enable),
};

void icc_tell(const struct icc *icc, const struct gic_ready *ready, bool two_states, const struct register_sink *sink)
{
    bool ns = two_states && !icc->secure;
    for (unsigned i = 0; i < icc_register_count; i++) {
        const struct icc_register *row = &icc_registers[i];
        const char *name = row->reg.name;
        struct gic_effect effect;
        uint64_t value;
        bool hidden = row->access & (ICC_EL3 | ICC_NMI) || (ns && row->access & ICC_GROUP0);
        if (!row->reg.peek || !(row->access & ICC_READ) || hidden || row->reg.offset == ICC_SRE_EL2)
            continue;
        icc_read((struct icc *)(uintptr_t)icc, ready, two_states, row->reg.offset, &value, &effect);
        register_tell(sink, name, 0, 1, 64, value, register_form(forms, countof(forms), name));
    }
}
