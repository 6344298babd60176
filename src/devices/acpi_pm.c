// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// ACPI specification 6.5: 4.8.2.1 SCI, 4.8.3.1 PM1 event grouping, 4.8.3.2 PM1 control, 4.8.3.3 PM timer,
// 4.8.4.1 general-purpose events; 16.2 entering a sleep state by SLP_TYP and SLP_EN.
//
// The PM timer is the clock's time at 3.579545 MHz, exact. Its status bit is set whenever the top bit changes; an event
// is armed only while the bit is clear and would cause an interrupt.
//
// Not modelled: sleep states other than S5, SMI (with SCI_EN clear nothing interrupts), PM1b, PM2.
//
// Path: the clock's event, the power button / the board's routing of `sci`
#include "devices/acpi_pm.h"

#include <assert.h>
#include <string.h>

#include "base/bits.h"
#include "devices/ticks.h"

#define ENABLE_MASK (ACPI_PM1_TMR | ACPI_PM1_GBL | ACPI_PM1_PWRBTN | ACPI_PM1_SLPBTN | ACPI_PM1_RTC)
// The guest cannot write SCI_EN: it follows SMI_CMD (4.8.3.2.1).
#define CONTROL_MASK (ACPI_CNT_BM_RLD | ACPI_CNT_SLP_TYP)

// 4.8.3.3: the top bit (23 or 31) changes every half turn.
static uint64_t half_turn(const struct acpi_pm *pm)
{
    return BIT64(pm->wide ? 31 : 23);
}

static uint64_t next_overflow(const struct acpi_pm *pm)
{
    return align_down(pm->seen, half_turn(pm)) + half_turn(pm);
}

static void catch_up(struct acpi_pm *pm, uint64_t now)
{
    uint64_t tick = ticks_at(now, ACPI_PM_HZ);
    if (tick >= next_overflow(pm))
        pm->PM1_STS |= ACPI_PM1_TMR;
    pm->seen = tick;
}

static void update(struct acpi_pm *pm)
{
    bool event = (pm->PM1_STS & pm->PM1_EN) || (pm->GPE0_STS & pm->GPE0_EN);
    bool waits = (pm->PM1_EN & ~pm->PM1_STS & ACPI_PM1_TMR) && (pm->PM1_CNT & ACPI_CNT_SCI_EN);
    intact_irq_line_set(&pm->sci, event && (pm->PM1_CNT & ACPI_CNT_SCI_EN));
    clock_arm(pm->clock, &pm->overflow, waits ? ticks_time(next_overflow(pm), ACPI_PM_HZ) : CLOCK_NEVER);
}

static void overflow_fired(void *owner, uint64_t now)
{
    struct acpi_pm *pm = owner;
    catch_up(pm, now);
    update(pm);
}

// --- The window, byte by byte ------------------------------------------------------------------------------------

static uint8_t read_byte(const struct acpi_pm *pm, unsigned offset)
{
    uint32_t timer = (uint32_t)(pm->seen & (2 * half_turn(pm) - 1));
    unsigned low = 8 * (offset & 1), wide = 8 * (offset & 3);
    switch (offset & ~1u) {
    case ACPI_PM1_STS: return (uint8_t)(pm->PM1_STS >> low);
    case ACPI_PM1_EN: return (uint8_t)(pm->PM1_EN >> low);
    case ACPI_PM1_CNT: return (uint8_t)(pm->PM1_CNT >> low);
    case ACPI_PM_TMR:
    case ACPI_PM_TMR + 2: return (uint8_t)(timer >> wide);
    case ACPI_GPE0_STS:
    case ACPI_GPE0_STS + 2: return (uint8_t)(pm->GPE0_STS >> wide);
    case ACPI_GPE0_EN:
    case ACPI_GPE0_EN + 2: return (uint8_t)(pm->GPE0_EN >> wide);
    default: return 0;
    }
}

// 16.2: SLP_EN with the type of S5 turns the machine off.
static void write_control(struct acpi_pm *pm, uint16_t value, uint16_t mask)
{
    pm->PM1_CNT = (uint16_t)bits_merge(pm->PM1_CNT, value, mask & CONTROL_MASK);
    if (!(value & mask & ACPI_CNT_SLP_EN))
        return;
    if ((pm->PM1_CNT & ACPI_CNT_SLP_TYP) >> ACPI_CNT_SLP_TYP_SHIFT != ACPI_S5_TYPE)
        pm->mistakes[ACPI_PM_MISTAKE_SLEEP]++;
    else if (pm->power_off)
        pm->power_off(pm->owner);
}

// Status bits are cleared by writing 1 (4.8.3.1.1).
static void write_byte(struct acpi_pm *pm, unsigned offset, uint8_t value)
{
    unsigned low = 8 * (offset & 1), wide = 8 * (offset & 3);
    switch (offset & ~1u) {
    case ACPI_PM1_STS: pm->PM1_STS &= (uint16_t) ~(value << low); break;
    case ACPI_PM1_EN:
        pm->PM1_EN = (uint16_t)bits_merge(pm->PM1_EN, (uint64_t)value << low, (UINT64_C(0xff) << low) & ENABLE_MASK);
        break;
    case ACPI_PM1_CNT: write_control(pm, (uint16_t)(value << low), (uint16_t)(0xff << low)); break;
    case ACPI_GPE0_STS:
    case ACPI_GPE0_STS + 2: pm->GPE0_STS &= ~((uint32_t)value << wide); break;
    case ACPI_GPE0_EN:
    case ACPI_GPE0_EN + 2:
        pm->GPE0_EN = (uint32_t)bits_merge(pm->GPE0_EN, (uint64_t)value << wide, UINT64_C(0xff) << wide);
        break;
    }
}

uint64_t acpi_pm_read(void *owner, uint64_t offset, unsigned size, uint64_t now)
{
    struct acpi_pm *pm = owner;
    uint64_t value = 0;
    catch_up(pm, now);
    for (unsigned i = 0; i < size; i++)
        value |= (uint64_t)read_byte(pm, (unsigned)offset + i) << (8 * i);
    update(pm);
    return value;
}

// A word is written from its low byte up, so SLP_TYP is written before SLP_EN.
void acpi_pm_write(void *owner, uint64_t offset, unsigned size, uint64_t value, uint64_t now)
{
    struct acpi_pm *pm = owner;
    catch_up(pm, now);
    for (unsigned i = 0; i < size; i++)
        write_byte(pm, (unsigned)offset + i, (uint8_t)(value >> (8 * i)));
    update(pm);
}

// --- SMI command port --------------------------------------------------------------------------------------------

uint64_t acpi_smi_read(void *owner, uint64_t offset, unsigned size, uint64_t now)
{
    struct acpi_pm *pm = owner;
    (void)size, (void)now;
    return offset & 1 ? pm->smi_data : pm->smi_command;
}

// What the firmware's SMI handler would do (4.8.2.5): ACPI mode is SCI_EN.
void acpi_smi_write(void *owner, uint64_t offset, unsigned size, uint64_t value, uint64_t now)
{
    struct acpi_pm *pm = owner;
    (void)size;
    if (offset & 1) {
        pm->smi_data = (uint8_t)value;
        return;
    }
    pm->smi_command = (uint8_t)value;
    catch_up(pm, now);
    if (pm->smi_command == ACPI_SMI_ENABLE)
        pm->PM1_CNT |= ACPI_CNT_SCI_EN;
    else if (pm->smi_command == ACPI_SMI_DISABLE)
        pm->PM1_CNT &= (uint16_t)~ACPI_CNT_SCI_EN;
    update(pm);
}

// --- Events from outside -----------------------------------------------------------------------------------------

void acpi_pm_power_button(struct acpi_pm *pm, uint64_t now)
{
    catch_up(pm, now);
    pm->PM1_STS |= ACPI_PM1_PWRBTN;
    update(pm);
}

void acpi_pm_gpe(struct acpi_pm *pm, unsigned event, uint64_t now)
{
    assert(event < 32);
    catch_up(pm, now);
    pm->GPE0_STS |= BIT32(event);
    update(pm);
}

// --- Life --------------------------------------------------------------------------------------------------------

void acpi_pm_init(struct acpi_pm *pm, struct clock *clock, bool wide, void (*power_off)(void *owner), void *owner)
{
    memset(pm, 0, sizeof *pm);
    pm->clock = clock;
    pm->wide = wide;
    pm->power_off = power_off;
    pm->owner = owner;
    clock_register(clock, &pm->overflow, "acpi_pm timer", overflow_fired, pm);
    acpi_pm_reset(pm, clock->now);
}

void acpi_pm_reset(struct acpi_pm *pm, uint64_t now)
{
    pm->PM1_STS = pm->PM1_EN = pm->PM1_CNT = 0;
    pm->GPE0_STS = pm->GPE0_EN = 0;
    pm->smi_command = pm->smi_data = 0;
    pm->seen = ticks_at(now, ACPI_PM_HZ);
    update(pm);
}

void acpi_pm_visit(struct acpi_pm *pm, struct visit *v)
{
    VISIT(v, pm->PM1_STS);
    VISIT(v, pm->PM1_EN);
    VISIT(v, pm->PM1_CNT);
    VISIT(v, pm->GPE0_STS);
    VISIT(v, pm->GPE0_EN);
    VISIT(v, pm->smi_command);
    VISIT(v, pm->smi_data);
    VISIT(v, pm->seen);
    VISIT_ARRAY(v, pm->mistakes);
    VISIT(v, pm->sci.level);
    visit_enter(v, "overflow");
    event_visit(&pm->overflow, v);
    visit_leave(v);
}
