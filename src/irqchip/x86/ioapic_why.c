// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// I/O APIC: why a pin sends no message. See ioapic.h and <intact/why.h>.
//
//     pin --> polarity --> mask --> delivery mode, vector --> remote IRR --> send pending, rest --> message
//
// The conditions are those of ready_word in ioapic.c, one by one; the tests compare both.
//
// Spec: Intel 82093AA data sheet (290566), 3.2.4.
#include "irqchip/x86/ioapic.h"

#include "base/why.h"

static unsigned delivery_of(const struct ioapic *ioapic, unsigned pin)
{
    return (unsigned)bits_get(ioapic->entry[pin], 10, 8);
}

static bool is_active(const struct ioapic *ioapic, unsigned pin)
{
    return ioapic_pins_has(&ioapic->high, pin) != ioapic_pins_has(&ioapic->low, pin);
}

// --- The pin --------------------------------------------------------------------------------------------------------

// INTR follows the pin of an ExtINT entry, whatever its trigger mode.
static bool is_level(const struct ioapic *ioapic, unsigned pin)
{
    return ioapic_pins_has(&ioapic->level, pin) || delivery_of(ioapic, pin) == X86_EXTINT;
}

static void why_inactive(const struct ioapic *ioapic, uint32_t index, unsigned pin, struct why *why)
{
    if (ioapic_requests(ioapic, pin) || is_active(ioapic, pin))
        return;
    if (ioapic_pins_has(&ioapic->low, pin))
        WHY(why, INTACT_WHY_IOAPIC_PIN_INACTIVE, index, pin, ioapic_entry(ioapic, pin));
    else
        WHY(why, INTACT_WHY_IOAPIC_PIN_LOW, index, pin);
}

// --- The entry ------------------------------------------------------------------------------------------------------

static void why_masked(const struct ioapic *ioapic, uint32_t index, unsigned pin, struct why *why)
{
    unsigned up = ioapic_pins_has(&ioapic->high, pin) ? 2 : 1;
    if (bits_get(ioapic->entry[pin], 16, 16))
        WHY(why, INTACT_WHY_IOAPIC_MASKED, index, pin, ioapic_entry(ioapic, pin), is_active(ioapic, pin) ? up : 0);
}

static void why_no_message(const struct ioapic *ioapic, uint32_t index, unsigned pin, struct why *why)
{
    unsigned delivery = delivery_of(ioapic, pin), vector = ioapic->entry[pin] & 0xff;
    uint64_t entry = ioapic_entry(ioapic, pin);
    if (delivery == 3 || delivery == X86_SIPI)
        WHY(why, INTACT_WHY_IOAPIC_DELIVERY, index, pin, entry, delivery);
    if (x86_delivery_has_vector(delivery) && vector < 16)
        WHY(why, INTACT_WHY_IOAPIC_VECTOR, index, pin, entry, vector);
    if (ioapic_pins_has(&ioapic->remote_irr, pin))
        WHY(why, INTACT_WHY_IOAPIC_REMOTE_IRR, index, pin, entry, vector);
    if (ioapic_pins_has(&ioapic->waiting, pin))
        WHY(why, INTACT_WHY_IOAPIC_REFUSED, index, pin, entry);
    if (ioapic_pins_has(&ioapic->resting, pin))
        WHY(why, INTACT_WHY_IOAPIC_RESTS, index, pin, IOAPIC_STORM_LIMIT, ioapic->rest_until);
}

// The first ExtINT entry with an active pin has the wire.
static void why_not_wired(const struct ioapic *ioapic, uint32_t index, unsigned pin, struct why *why)
{
    for (unsigned other = 0; other < pin; other++)
        if (ioapic_pins_has(&ioapic->extint, other) && is_active(ioapic, other)) {
            WHY(why, INTACT_WHY_IOAPIC_EXTINT_OTHER, index, pin, ioapic_entry(ioapic, pin), other);
            return;
        }
}

// 3.2.4: after a reset only the mask bit is 1.
bool ioapic_used(const struct ioapic *ioapic, unsigned pin)
{
    bool used = ioapic->entry[pin] != BIT64(16);
    for (unsigned i = 0; i < ioapic->pins && !used; i++)
        used = !(ioapic->entry[i] & BIT64(16));
    return used;
}

void ioapic_why_edge(const struct ioapic *ioapic, uint32_t index, unsigned pin, struct why *why)
{
    if (is_active(ioapic, pin) && !is_level(ioapic, pin) && !ioapic_requests(ioapic, pin))
        WHY(why, INTACT_WHY_IOAPIC_EDGE_SEEN, index, pin, ioapic_entry(ioapic, pin));
}

void ioapic_why(const struct ioapic *ioapic, uint32_t index, unsigned pin, struct why *why)
{
    why_inactive(ioapic, index, pin, why);
    why_masked(ioapic, index, pin, why);
    why_no_message(ioapic, index, pin, why);
    if (delivery_of(ioapic, pin) == X86_EXTINT)
        why_not_wired(ioapic, index, pin, why);
}

// An active INT is a high pin.
void ioapic_why_int(const struct ioapic *ioapic, uint32_t index, unsigned pin, struct why *why)
{
    uint64_t entry = ioapic_entry(ioapic, pin);
    if (ioapic_pins_has(&ioapic->low, pin))
        WHY(why, INTACT_WHY_IOAPIC_INT_LOW_ACTIVE, index, pin, entry);
    why_masked(ioapic, index, pin, why);
    if (delivery_of(ioapic, pin) != X86_EXTINT)
        WHY(why, INTACT_WHY_IOAPIC_NOT_EXTINT, index, pin, entry);
    else
        why_not_wired(ioapic, index, pin, why);
}
