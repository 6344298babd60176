// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// ACPI fixed hardware: the PM1a event and control blocks, the power management timer, a general-purpose event block,
// and the SMI command port that turns ACPI on and off. ACPI 6.5, section 4.8.
#ifndef DEVICES_ACPI_PM_H
#define DEVICES_ACPI_PM_H

#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/visit.h"
#include "intact/irq_line.h"

#define ACPI_PM_HZ UINT64_C(3579545)

// Offsets within the window, for the FADT. Accesses of 1, 2 and 4 bytes (region.widest = 4).
enum acpi_pm_register {
    ACPI_PM1_STS = 0x00, // PM1a_EVT_BLK: 4 bytes
    ACPI_PM1_EN = 0x02,
    ACPI_PM1_CNT = 0x04,  // PM1a_CNT_BLK: 2 bytes
    ACPI_PM_TMR = 0x08,   // PM_TMR_BLK: 4 bytes
    ACPI_GPE0_STS = 0x20, // GPE0_BLK: 8 bytes, 32 events
    ACPI_GPE0_EN = 0x24,
    ACPI_PM_PORTS = 0x40,
};

enum {
    ACPI_PM1_TMR = 0x0001,
    ACPI_PM1_BM = 0x0010,
    ACPI_PM1_GBL = 0x0020,
    ACPI_PM1_PWRBTN = 0x0100,
    ACPI_PM1_SLPBTN = 0x0200,
    ACPI_PM1_RTC = 0x0400,
    ACPI_PM1_WAK = 0x8000, // status only
};
enum {
    ACPI_CNT_SCI_EN = 0x0001,
    ACPI_CNT_BM_RLD = 0x0002,
    ACPI_CNT_GBL_RLS = 0x0004, // write-only
    ACPI_CNT_SLP_TYP_SHIFT = 10,
    ACPI_CNT_SLP_TYP = 0x1c00,
    ACPI_CNT_SLP_EN = 0x2000, // write-only
};

enum {
    ACPI_S5_TYPE = 0,        // SLP_TYP of soft-off, for the DSDT's \_S5
    ACPI_SMI_CMD_PORTS = 2,  // B2h command, B3h a byte for the firmware; bytes (region.widest = 1)
    ACPI_SMI_ENABLE = 0xf1,  // FADT.ACPI_ENABLE
    ACPI_SMI_DISABLE = 0xf0, // FADT.ACPI_DISABLE
};

enum acpi_pm_mistake {
    ACPI_PM_MISTAKE_SLEEP, // a sleep type that this machine does not have: it stays awake
    ACPI_PM_MISTAKES
};

struct acpi_pm {
    uint16_t PM1_STS, PM1_EN, PM1_CNT;
    uint32_t GPE0_STS, GPE0_EN;
    uint8_t smi_command, smi_data;
    uint64_t seen; // PM timer tick up to which TMR_STS has been computed
    uint32_t mistakes[ACPI_PM_MISTAKES];
    bool wide;                  // 32-bit PM timer (FADT.TMR_VAL_EXT), else 24
    struct intact_irq_line sci; // level, shared
    struct event overflow;
    struct clock *clock;
    void (*power_off)(void *owner); // the guest entered S5
    void *owner;
};

// `wide`: the PM timer has 32 bits instead of 24.
void acpi_pm_init(struct acpi_pm *pm, struct clock *clock, bool wide, void (*power_off)(void *owner), void *owner);
void acpi_pm_reset(struct acpi_pm *pm, uint64_t now);

uint64_t acpi_pm_read(void *owner, uint64_t offset, unsigned size, uint64_t now);
void acpi_pm_write(void *owner, uint64_t offset, unsigned size, uint64_t value, uint64_t now);
uint64_t acpi_smi_read(void *owner, uint64_t offset, unsigned size, uint64_t now);
void acpi_smi_write(void *owner, uint64_t offset, unsigned size, uint64_t value, uint64_t now);

// The user presses the power button.
void acpi_pm_power_button(struct acpi_pm *pm, uint64_t now);
// A general-purpose event, 0-31, happens.
void acpi_pm_gpe(struct acpi_pm *pm, unsigned event, uint64_t now);

void acpi_pm_visit(struct acpi_pm *pm, struct visit *v);

#endif
