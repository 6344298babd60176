// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// IA-PC HPET (High Precision Event Timers) 1.0a: a 64-bit counter at 100 MHz and three comparators.
//
//   pins[0-31]   routed interrupts (Tn_INT_ROUTE_CNF), wired OR of the timers that chose the pin
//   legacy[0-1]  with LEG_RT_CNF: timer 0 in place of the PIT (IRQ 0), timer 1 in place of the RTC (IRQ 8)
//   replaces     high while LEG_RT_CNF and ENABLE_CNF are set: the board cuts off the PIT and the RTC
#ifndef DEVICES_HPET_H
#define DEVICES_HPET_H

#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/visit.h"
#include "intact/irq_line.h"

#define HPET_TIMERS    3
#define HPET_PINS      32
#define HPET_SIZE      1024 // bytes of the window; 32- and 64-bit accesses (region.widest = 8)
#define HPET_PERIOD_FS UINT64_C(10000000)
#define HPET_ID        UINT32_C(0x8086a201) // low half of GCAP_ID, as the ACPI table repeats it

enum hpet_register {
    HPET_GCAP_ID = 0x000,
    HPET_GEN_CONF = 0x010,
    HPET_GINTR_STA = 0x020,
    HPET_MAIN_CNT = 0x0f0,
    HPET_TIM_CONF = 0x100, // + 20h * n
    HPET_TIM_COMP = 0x108,
    HPET_TIM_FSB = 0x110,
};

enum { HPET_ENABLE_CNF = 1, HPET_LEG_RT_CNF = 2 };
enum {
    HPET_TN_INT_TYPE_CNF = 1 << 1, // 1: level
    HPET_TN_INT_ENB_CNF = 1 << 2,
    HPET_TN_TYPE_CNF = 1 << 3, // 1: periodic
    HPET_TN_PER_INT_CAP = 1 << 4,
    HPET_TN_SIZE_CAP = 1 << 5,
    HPET_TN_VAL_SET_CNF = 1 << 6,
    HPET_TN_32MODE_CNF = 1 << 8,
    HPET_TN_INT_ROUTE_SHIFT = 9,
    HPET_TN_INT_ROUTE_CNF = 0x1f << HPET_TN_INT_ROUTE_SHIFT,
    HPET_TN_FSB_EN_CNF = 1 << 14,
    HPET_TN_FSB_INT_DEL_CAP = 1 << 15,
};

enum hpet_mistake {
    HPET_MISTAKE_SIZE,    // a byte or word access, or one that is not aligned
    HPET_MISTAKE_ROUTE,   // a pin outside Tn_INT_ROUTE_CAP: reads back as the one before
    HPET_MISTAKE_COUNTER, // the main counter written while it runs
    HPET_MISTAKES
};

struct hpet_timer {
    uint32_t config; // the writable bits of Tn_CONF
    bool status;     // Tn_INT_STS: a level interrupt is active
    uint64_t comparator;
    uint64_t period; // last value written in periodic mode
    uint64_t next;   // 10 ns ticks of the clock: the first for which a match has not been checked
    struct event event;
    struct hpet *hpet;
};

struct hpet {
    uint64_t GEN_CONF;
    uint64_t counter; // value at tick `started` (running) or constant (halted)
    uint64_t started; // 10 ns ticks of the clock
    struct hpet_timer timers[HPET_TIMERS];
    uint64_t FSB; // timer 0: address << 32 | data
    uint32_t mistakes[HPET_MISTAKES];
    uint32_t route_cap; // pins that the board connected
    struct intact_irq_line pins[HPET_PINS];
    struct intact_irq_line legacy[2];
    struct intact_irq_line replaces;
    struct clock *clock;
    // Where timer 0 sends its messages (FSB delivery). Set by the board after init; NULL: no timer has the capability.
    void (*message)(void *owner, uint32_t address, uint32_t data);
    void *message_owner;
};

// `route_cap`: mask of the pins that timers may be routed to (Tn_INT_ROUTE_CAP). Registers the events and resets.
void hpet_init(struct hpet *hpet, struct clock *clock, uint32_t route_cap);
void hpet_reset(struct hpet *hpet, uint64_t now);

uint64_t hpet_read(void *owner, uint64_t offset, unsigned size, uint64_t now);
void hpet_write(void *owner, uint64_t offset, unsigned size, uint64_t value, uint64_t now);

// What a write to the window would do to the comparator or the configuration of a timer, for observers. In the past: a
// comparator that is not periodic gets a value up to half its range behind the running counter, so that it matches only after
// the counter has wrapped.
enum hpet_arming { HPET_ARMS_NOTHING, HPET_ARMS, HPET_ARMS_IN_PAST };
enum hpet_arming hpet_arming(const struct hpet *hpet, uint64_t offset, unsigned size, uint64_t value, uint64_t now,
                             unsigned *timer);
// The timer would interrupt at its next match.
bool hpet_is_armed(const struct hpet *hpet, unsigned timer);

void hpet_visit(struct hpet *hpet, struct visit *v);

#endif
