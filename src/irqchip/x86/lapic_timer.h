// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The timer of a local APIC: a divided count-down from the bus clock, or a deadline on the TSC.
//
// Intel SDM vol. 3A, APIC chapter, "APIC Timer" and "TSC-Deadline Mode".
//
//     clock of hz ticks a second --> /1../128 (DCR) --> count-down --> 0: interrupt, one-shot stops, periodic reloads
//     TSC (as ns) ----------------> == IA32_TSC_DEADLINE ------------> interrupt, disarmed
//
// Only the next expiry is stored; the current count is derived from it and from `now`, so an idle timer costs nothing.
// The clock ticks from time 0 on, tick n at the first nanosecond not before n / hz seconds, and the expiry is kept as a
// tick, so that no rounding adds up: a periodic timer never drifts, whatever the frequency.
//
// Call lapic_timer_expire(timer, now) before every function that takes `now`: what is due must happen before the
// access.
//
// Not modelled: the divider of real parts may run freely; here it starts with a write of the initial count.
// Path: (time) / lapic.c
#ifndef IRQCHIP_X86_LAPIC_TIMER_H
#define IRQCHIP_X86_LAPIC_TIMER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/visit.h"

// LVT timer register, bits 18:17.
enum lapic_timer_mode {
    LAPIC_TIMER_ONE_SHOT = 0,
    LAPIC_TIMER_PERIODIC = 1,
    LAPIC_TIMER_TSC_DEADLINE = 2,
    LAPIC_TIMER_RESERVED = 3, // never counts
};

// Ticks in a second, at most. (The ticks of 2^64 ns do not fit 64 bits above 1 GHz: at 10 GHz time ends after 58 years.)
#define LAPIC_TIMER_HZ_LIMIT UINT64_C(10000000000)

struct lapic_timer {
    uint64_t hz;            // configuration
    uint64_t expiry;        // ns; CLOCK_NEVER: not counting
    uint64_t end;           // the tick of the expiry, while counting
    uint64_t tsc_deadline;  // IA32_TSC_DEADLINE in ns; 0: disarmed
    uint32_t initial_count; // as last written
    uint32_t divide;        // divide configuration register: bits 3, 1 and 0
    uint32_t mode;          // enum lapic_timer_mode
};

// `hz`: ticks of the undivided clock in a second, 1 to LAPIC_TIMER_HZ_LIMIT.
void lapic_timer_reset(struct lapic_timer *timer, uint64_t hz);

// True: the timer has expired, once or more, at or before `now`. A periodic timer is at its next period then.
bool lapic_timer_expire(struct lapic_timer *timer, uint64_t now);

// The current-count register.
uint32_t lapic_timer_current(const struct lapic_timer *timer, uint64_t now);

void lapic_timer_set_mode(struct lapic_timer *timer, uint32_t mode);
void lapic_timer_set_divide(struct lapic_timer *timer, uint32_t value, uint64_t now);
void lapic_timer_set_initial(struct lapic_timer *timer, uint32_t count, uint64_t now);

// IA32_TSC_DEADLINE, in ns of virtual time instead of TSC ticks. 0 disarms, so a conversion must not round a small
// deadline to 0; one in the past expires at once. Ignored outside of TSC-deadline mode.
void lapic_timer_set_tsc(struct lapic_timer *timer, uint64_t deadline);

// Divisor of the bus clock, 1 to 128.
uint32_t lapic_timer_divisor(const struct lapic_timer *timer);

void lapic_timer_visit(struct lapic_timer *timer, struct visit *v);

#endif
