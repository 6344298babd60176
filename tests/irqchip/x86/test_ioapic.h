// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Helpers of the IOAPIC tests: entries through the window, as a guest writes them.
#ifndef TEST_IOAPIC_H
#define TEST_IOAPIC_H

#include <criterion/criterion.h>

#include "irqchip/x86/ioapic.h"

#define LOGICAL    UINT64_C(0x0800)
#define DELIVS     UINT64_C(0x1000)
#define INTPOL     UINT64_C(0x2000)
#define REMOTE_IRR UINT64_C(0x4000)
#define LEVEL      UINT64_C(0x8000)
#define MASK       UINT64_C(0x10000)
#define DEST(id)   ((uint64_t)(id) << 56)

static inline struct ioapic fresh(unsigned pins)
{
    struct ioapic ioapic;
    ioapic_init(&ioapic, pins, 0x20, 0, false);
    return ioapic;
}

// Both halves, the high one first, so that the entry is complete when it is unmasked. The answer of the last write.
static inline bool entry(struct ioapic *ioapic, unsigned pin, uint64_t value)
{
    ioapic_write(ioapic, 0x00, 4, 0x11 + 2 * pin, 0, NULL);
    ioapic_write(ioapic, 0x10, 4, value >> 32, 0, NULL);
    ioapic_write(ioapic, 0x00, 4, 0x10 + 2 * pin, 0, NULL);
    return ioapic_write(ioapic, 0x10, 4, value & 0xffffffff, 0, NULL);
}

// The next message, which must be that of `pin`, accepted.
static inline struct x86_message sent(struct ioapic *ioapic, unsigned expected)
{
    struct x86_message message = { 0 };
    unsigned pin = UINT32_MAX;
    cr_assert(ioapic_next(ioapic, &message, &pin));
    cr_assert_eq(pin, expected);
    ioapic_answer(ioapic, pin, IOAPIC_ACCEPTED);
    return message;
}

#endif
