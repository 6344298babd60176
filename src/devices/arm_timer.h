// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The generic timer of one Arm processor as EL1 and EL0 see it: the counter, and the physical and the virtual timer.
//
//     virtual time / 16 ns --> CNTPCT = CNTVCT --(>= CVAL, enabled, not masked)--> lines[ARM_TIMER_PHYSICAL]
//                                                                              --> lines[ARM_TIMER_VIRTUAL]
//
// The registers are system registers: the processor reaches them through its port (base/cpu_port.h) by their encoding.
//
// Path: base/clock.c / the board's wiring to a PPI
#ifndef DEVICES_ARM_TIMER_H
#define DEVICES_ARM_TIMER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/cpu_port.h"
#include "base/visit.h"
#include "intact/irq_line.h"

#define ARM_TIMER_HZ UINT64_C(62500000)
#define ARM_TIMER_NS 16 // of one tick

// op0 << 14 | op1 << 11 | CRn << 7 | CRm << 3 | op2
enum arm_timer_register {
    ARM_TIMER_CNTFRQ_EL0 = 0xdf00,
    ARM_TIMER_CNTPCT_EL0 = 0xdf01,
    ARM_TIMER_CNTVCT_EL0 = 0xdf02,
    ARM_TIMER_CNTP_TVAL_EL0 = 0xdf10,
    ARM_TIMER_CNTP_CTL_EL0 = 0xdf11,
    ARM_TIMER_CNTP_CVAL_EL0 = 0xdf12,
    ARM_TIMER_CNTV_TVAL_EL0 = 0xdf18,
    ARM_TIMER_CNTV_CTL_EL0 = 0xdf19,
    ARM_TIMER_CNTV_CVAL_EL0 = 0xdf1a,
};

enum { ARM_TIMER_CTL_ENABLE = 1, ARM_TIMER_CTL_IMASK = 2, ARM_TIMER_CTL_ISTATUS = 4 };

enum arm_timer_kind { ARM_TIMER_PHYSICAL, ARM_TIMER_VIRTUAL, ARM_TIMER_KINDS };

struct arm_timer;

struct arm_timer_compare {
    uint32_t CTL; // ENABLE and IMASK
    uint64_t CVAL;
    struct intact_irq_line line;
    struct event event;
    struct arm_timer *timer;
};

struct arm_timer {
    struct arm_timer_compare compare[ARM_TIMER_KINDS];
    struct clock *clock;
};

// Registers both events with `clock` and resets.
void arm_timer_init(struct arm_timer *timer, struct clock *clock);
void arm_timer_reset(struct arm_timer *timer, uint64_t now);

// Is the encoding in the timers' space, op1 3 and CRn 14?
static inline bool arm_timer_is_register(uint64_t encoding)
{
    return encoding >> 8 == ARM_TIMER_CNTFRQ_EL0 >> 8;
}

// A system register by its encoding. PORT_NOT_MINE: not one of the timer's, or one that cannot be accessed this way.
enum port_result arm_timer_read(struct arm_timer *timer, uint64_t encoding, uint64_t *value, uint64_t now);
enum port_result arm_timer_write(struct arm_timer *timer, uint64_t encoding, uint64_t value, uint64_t now);

struct why;

// Why the line of the timer of CPU `cpu` is low; or that it is high.
void arm_timer_why(const struct arm_timer *timer, enum arm_timer_kind kind, uint32_t cpu, struct why *why);

void arm_timer_visit(struct arm_timer *timer, struct visit *v);

#endif
