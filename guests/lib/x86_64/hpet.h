// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The HPET as a source of messages (IA-PC HPET specification 1.0a, section 2.3): timer 0 in FSB mode writes its data to
// its address itself, which makes it the one MSI source that needs no PCI.
#ifndef GUEST_X86_64_HPET_H
#define GUEST_X86_64_HPET_H

#include "lib/x86_64/cpu.h"

#define HPET 0xfed00000u
enum {
    HPET_CAPABILITIES = 0x000,
    HPET_CONFIG = 0x010,
    HPET_COUNTER = 0x0f0,
    HPET_TIMER0_CONFIG = 0x100,
    HPET_TIMER0_COMPARATOR = 0x108,
    HPET_TIMER0_FSB = 0x110,
};
enum { HPET_ENABLE = 1 };
enum { TIMER_INT_ENABLE = 1 << 2, TIMER_FSB_ENABLE = 1 << 14, TIMER_FSB_CAPABLE = 1 << 15 };

// Whether there is an HPET whose timer 0 can send messages.
INLINE bool hpet_can_send(void)
{
    return read32(HPET + HPET_CAPABILITIES + 4) != 0xffffffff && read32(HPET + HPET_CAPABILITIES) != 0 &&
           read32(HPET + HPET_TIMER0_CONFIG) & TIMER_FSB_CAPABLE;
}

// One message `ticks` from now: `data` to `address`.
INLINE void hpet_send(uint32_t address, uint32_t data, uint32_t ticks)
{
    write32(HPET + HPET_CONFIG, 0);
    write32(HPET + HPET_TIMER0_FSB, data);
    write32(HPET + HPET_TIMER0_FSB + 4, address);
    write32(HPET + HPET_TIMER0_CONFIG, TIMER_INT_ENABLE | TIMER_FSB_ENABLE);
    write32(HPET + HPET_TIMER0_COMPARATOR, read32(HPET + HPET_COUNTER) + ticks);
    write32(HPET + HPET_TIMER0_COMPARATOR + 4, 0);
    write32(HPET + HPET_CONFIG, HPET_ENABLE);
}

#endif
