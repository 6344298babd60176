// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// IA-PC HPET (High Precision Event Timers) Specification, revision 1.0a, section 2. Section numbers below are of it.
//
// The main counter is the clock's time in 10 ns ticks, plus an offset from what the guest wrote. A comparator matches
// when the counter is equal to it: a value that the counter has passed matches only after the counter wrapped, as in
// hardware. The event of a timer is the next such moment, and a periodic comparator steps by whole periods from match
// to match.
//
// An edge interrupt happens only at a match (2.3.9.2.1: "a new edge is generated"): it has no level, so the wire stays
// free for others, and halting the counter or changing the route causes no interrupt. A level interrupt holds its line
// while its status bit is set.
//
// Not modelled: FSB delivery of timers 1 and 2 (their capability bit is 0), more than three comparators.
//
// Path: the clock's event / the board's routing of `pins` and `legacy`
#include "devices/hpet.h"

#include <string.h>

#include "base/bits.h"
#include "devices/ticks.h"

#define TICK_NS    (HPET_PERIOD_FS / 1000000)
#define CONF_MASK  (HPET_ENABLE_CNF | HPET_LEG_RT_CNF)
#define TIMER_CAPS (HPET_TN_PER_INT_CAP | HPET_TN_SIZE_CAP)
#define VAL_SET    (uint32_t) HPET_TN_VAL_SET_CNF // reads as 0
#define TIMER_MASK                                                                                                     \
    (HPET_TN_INT_TYPE_CNF | HPET_TN_INT_ENB_CNF | HPET_TN_TYPE_CNF | HPET_TN_VAL_SET_CNF | HPET_TN_32MODE_CNF |        \
     HPET_TN_INT_ROUTE_CNF)

static bool enabled(const struct hpet *hpet)
{
    return hpet->GEN_CONF & HPET_ENABLE_CNF;
}

static uint64_t counter_at(const struct hpet *hpet, uint64_t tick)
{
    return enabled(hpet) ? hpet->counter + (tick - hpet->started) : hpet->counter;
}

// --- Comparators -------------------------------------------------------------------------------------------------

static bool is_periodic(const struct hpet_timer *timer)
{
    return timer->config & HPET_TN_TYPE_CNF;
}

static bool is_level(const struct hpet_timer *timer)
{
    return timer->config & HPET_TN_INT_TYPE_CNF;
}

static uint64_t width_mask(const struct hpet_timer *timer)
{
    return timer->config & HPET_TN_32MODE_CNF ? UINT32_MAX : UINT64_MAX;
}

// The first tick from `timer->next` on at which the counter equals the comparator.
static uint64_t next_match(const struct hpet_timer *timer)
{
    const struct hpet *hpet = timer->hpet;
    if (!enabled(hpet))
        return CLOCK_NEVER;
    uint64_t from = timer->next, mask = width_mask(timer);
    uint64_t distance = (timer->comparator - counter_at(hpet, from)) & mask;
    return distance > CLOCK_NEVER - 1 - from ? CLOCK_NEVER : from + distance;
}

// Computes the matches up to `tick`, which are compared then. True: there was one. 2.3.9.2.2: at a match a periodic
// comparator moves on by the period, here over all matches up to `tick` at once.
static bool advance(struct hpet_timer *timer, uint64_t tick)
{
    if (!enabled(timer->hpet))
        return false;
    uint64_t match = next_match(timer), mask = width_mask(timer), period = timer->period & mask;
    timer->next = tick + 1;
    if (match > tick)
        return false;
    if (is_periodic(timer) && period)
        timer->comparator = (timer->comparator + ((tick - match) / period + 1) * period) & mask;
    return true;
}

// What the guest wrote is compared with the value that the counter has at `tick`.
static void compare_again(struct hpet_timer *timer, uint64_t tick)
{
    timer->next = enabled(timer->hpet) ? tick : timer->hpet->started;
}

// --- Outputs -----------------------------------------------------------------------------------------------------

static unsigned index_of(const struct hpet_timer *timer)
{
    return (unsigned)(timer - timer->hpet->timers);
}

// 2.3.9.2.1: with the interrupt disabled a level timer keeps its status bit but not the line.
static bool output(const struct hpet_timer *timer)
{
    return (timer->config & HPET_TN_INT_ENB_CNF) && enabled(timer->hpet) && is_level(timer) && timer->status;
}

// 2.3.5, LEG_RT_CNF: timers 0 and 1 leave their routing.
static bool is_legacy(const struct hpet_timer *timer)
{
    return (timer->hpet->GEN_CONF & HPET_LEG_RT_CNF) && index_of(timer) < 2;
}

static unsigned pin_of(const struct hpet_timer *timer)
{
    return (timer->config & HPET_TN_INT_ROUTE_CNF) >> HPET_TN_INT_ROUTE_SHIFT;
}

static void drive(struct hpet *hpet)
{
    uint32_t pins = 0;
    bool legacy[2] = { false, false };
    for (unsigned i = 0; i < HPET_TIMERS; i++) {
        const struct hpet_timer *timer = &hpet->timers[i];
        if (!output(timer))
            continue;
        if (is_legacy(timer))
            legacy[i] = true;
        else if (hpet->route_cap & BIT32(pin_of(timer)))
            pins |= BIT32(pin_of(timer));
    }
    intact_irq_line_set(&hpet->replaces, (hpet->GEN_CONF & CONF_MASK) == CONF_MASK);
    for (unsigned i = 0; i < 2; i++)
        intact_irq_line_set(&hpet->legacy[i], legacy[i]);
    for (uint32_t left = hpet->route_cap; left; left &= left - 1) { // no other pin is ever raised
        unsigned i = bits_lowest(left);
        intact_irq_line_set(&hpet->pins[i], pins & BIT32(i));
    }
}

// 2.3.9.3: the message goes to the address in the FSB register, independent of the pin and the legacy route.
static bool can_message(const struct hpet_timer *timer)
{
    return timer->hpet->message && index_of(timer) == 0;
}

static bool sends_message(const struct hpet_timer *timer)
{
    return can_message(timer) && (timer->config & HPET_TN_FSB_EN_CNF);
}

// The line that the timer drives now, or NULL.
static struct intact_irq_line *line_of(const struct hpet_timer *timer)
{
    struct hpet *hpet = timer->hpet;
    if (is_legacy(timer))
        return &hpet->legacy[index_of(timer)];
    return hpet->route_cap & BIT32(pin_of(timer)) ? &hpet->pins[pin_of(timer)] : NULL;
}

// A match: a level interrupt sets its status; an edge interrupt is a trigger of the line.
static void interrupt(struct hpet_timer *timer)
{
    struct hpet *hpet = timer->hpet;
    bool enabled_here = timer->config & HPET_TN_INT_ENB_CNF;
    if (enabled_here && sends_message(timer)) {
        hpet->message(hpet->message_owner, (uint32_t)(hpet->FSB >> 32), (uint32_t)hpet->FSB);
        return;
    }
    if (is_level(timer)) {
        timer->status = true;
        return;
    }
    struct intact_irq_line *line = enabled_here ? line_of(timer) : NULL;
    if (line)
        intact_irq_line_trigger(line);
}

// --- Keeping up --------------------------------------------------------------------------------------------------

static bool catch_up(struct hpet *hpet, uint64_t tick)
{
    bool matched = false;
    for (unsigned i = 0; i < HPET_TIMERS; i++) {
        if (!advance(&hpet->timers[i], tick))
            continue;
        interrupt(&hpet->timers[i]);
        matched = true;
    }
    return matched;
}

// A level timer whose status is set already, or a timer that may not interrupt, needs no event.
static uint64_t deadline(const struct hpet_timer *timer)
{
    if (!(timer->config & HPET_TN_INT_ENB_CNF) || (is_level(timer) && timer->status))
        return CLOCK_NEVER;
    uint64_t match = next_match(timer);
    return match > (CLOCK_NEVER - 1) / TICK_NS ? CLOCK_NEVER : match * TICK_NS;
}

static void update(struct hpet *hpet)
{
    drive(hpet);
    for (unsigned i = 0; i < HPET_TIMERS; i++)
        clock_arm(hpet->clock, &hpet->timers[i].event, deadline(&hpet->timers[i]));
}

static void timer_fired(void *owner, uint64_t now)
{
    struct hpet_timer *timer = owner;
    catch_up(timer->hpet, now / TICK_NS);
    update(timer->hpet);
}

// --- Registers ---------------------------------------------------------------------------------------------------

static uint64_t read_status(const struct hpet *hpet)
{
    uint64_t value = 0;
    for (unsigned i = 0; i < HPET_TIMERS; i++)
        if (is_level(&hpet->timers[i])) // 2.3.6: reads 0 in edge mode
            value |= (uint64_t)hpet->timers[i].status << i;
    return value;
}

static uint64_t read_timer(const struct hpet_timer *timer, unsigned reg)
{
    switch (reg) {
    case HPET_TIM_CONF:
        return (uint64_t)timer->hpet->route_cap << 32 | (timer->config & ~VAL_SET) | TIMER_CAPS |
               (can_message(timer) ? HPET_TN_FSB_INT_DEL_CAP : 0u);
    case HPET_TIM_COMP: return timer->comparator;
    case HPET_TIM_FSB: return can_message(timer) ? timer->hpet->FSB : 0;
    default: return 0;
    }
}

static uint64_t read_register(const struct hpet *hpet, unsigned reg, uint64_t tick)
{
    if (reg >= HPET_TIM_CONF && reg < HPET_TIM_CONF + 0x20 * HPET_TIMERS)
        return read_timer(&hpet->timers[(reg - HPET_TIM_CONF) / 0x20], HPET_TIM_CONF + (reg & 0x1f));
    switch (reg) {
    case HPET_GCAP_ID: return HPET_PERIOD_FS << 32 | HPET_ID;
    case HPET_GEN_CONF: return hpet->GEN_CONF;
    case HPET_GINTR_STA: return read_status(hpet);
    case HPET_MAIN_CNT: return counter_at(hpet, tick);
    default: return 0;
    }
}

// Starting or stopping keeps the value that the counter has. For a halted counter time stands still: the value it
// starts with is compared unless that was done before it was halted.
static void write_config(struct hpet *hpet, uint64_t value, uint64_t tick)
{
    uint64_t halted = enabled(hpet) ? 0 : tick - hpet->started;
    for (unsigned i = 0; i < HPET_TIMERS; i++)
        hpet->timers[i].next += halted;
    hpet->counter = counter_at(hpet, tick);
    hpet->started = tick;
    hpet->GEN_CONF = value & CONF_MASK;
}

// 2.3.7: for writing, the counter should be halted.
static void write_counter(struct hpet *hpet, uint64_t value, uint64_t tick)
{
    hpet->mistakes[HPET_MISTAKE_COUNTER] += enabled(hpet);
    hpet->counter = value;
    hpet->started = tick;
    for (unsigned i = 0; i < HPET_TIMERS; i++)
        compare_again(&hpet->timers[i], tick);
}

// A pin that is not in Tn_INT_ROUTE_CAP is not stored (2.3.8, Tn_INT_ROUTE_CNF): software reads the field back to
// check.
static void write_timer_config(struct hpet_timer *timer, uint32_t value)
{
    unsigned pin = (value & HPET_TN_INT_ROUTE_CNF) >> HPET_TN_INT_ROUTE_SHIFT;
    uint32_t mask = TIMER_MASK | (can_message(timer) ? HPET_TN_FSB_EN_CNF : 0u);
    if (pin && !(timer->hpet->route_cap & BIT32(pin))) {
        timer->hpet->mistakes[HPET_MISTAKE_ROUTE]++;
        mask &= ~(uint32_t)HPET_TN_INT_ROUTE_CNF;
    }
    timer->config = (uint32_t)bits_merge(timer->config, value, mask);
    if (!is_periodic(timer))
        timer->config &= ~VAL_SET;
    if (!is_level(timer))
        timer->status = false;
    if (timer->config & HPET_TN_32MODE_CNF) {
        timer->comparator &= UINT32_MAX;
        timer->period &= UINT32_MAX;
    }
}

// 2.3.9.2.2: a periodic timer takes the value as its period; with VAL_SET also as the comparator, and VAL_SET is
// cleared.
static void write_comparator(struct hpet_timer *timer, uint64_t value, uint64_t mask, uint64_t tick)
{
    mask &= width_mask(timer);
    if (is_periodic(timer))
        timer->period = bits_merge(timer->period, value, mask);
    if (!is_periodic(timer) || (timer->config & VAL_SET)) {
        timer->comparator = bits_merge(timer->comparator, value, mask);
        compare_again(timer, tick);
    }
    timer->config &= ~VAL_SET;
}

// `mask` has the bits of the bytes that are written, `value` has them in place.
static void write_timer(struct hpet_timer *timer, unsigned reg, uint64_t value, uint64_t mask, uint64_t tick)
{
    if (reg == HPET_TIM_CONF && (mask & UINT32_MAX))
        write_timer_config(timer, (uint32_t)value);
    else if (reg == HPET_TIM_COMP)
        write_comparator(timer, value, mask, tick);
    else if (reg == HPET_TIM_FSB && can_message(timer))
        timer->hpet->FSB = bits_merge(timer->hpet->FSB, value, mask);
}

// 2.3.6: a 1 clears a level timer's status.
static void write_status(struct hpet *hpet, uint64_t value)
{
    for (unsigned i = 0; i < HPET_TIMERS; i++)
        if (value & BIT64(i))
            hpet->timers[i].status = false;
}

static void write_register(struct hpet *hpet, unsigned reg, uint64_t value, uint64_t mask, uint64_t tick)
{
    if (reg >= HPET_TIM_CONF && reg < HPET_TIM_CONF + 0x20 * HPET_TIMERS) {
        write_timer(&hpet->timers[(reg - HPET_TIM_CONF) / 0x20], HPET_TIM_CONF + (reg & 0x1f), value, mask, tick);
        return;
    }
    uint64_t merged = bits_merge(read_register(hpet, reg, tick), value, mask);
    switch (reg) {
    case HPET_GEN_CONF: write_config(hpet, merged, tick); break;
    case HPET_GINTR_STA: write_status(hpet, value & mask); break;
    case HPET_MAIN_CNT: write_counter(hpet, merged, tick); break;
    }
}

// 2.3: software uses aligned 32- or 64-bit accesses.
static bool is_allowed(struct hpet *hpet, uint64_t offset, unsigned size)
{
    bool allowed = (size == 4 || size == 8) && offset % size == 0;
    hpet->mistakes[HPET_MISTAKE_SIZE] += !allowed;
    return allowed;
}

uint64_t hpet_read(void *owner, uint64_t offset, unsigned size, uint64_t now)
{
    struct hpet *hpet = owner;
    if (!is_allowed(hpet, offset, size))
        return bits_low(8 * size);
    uint64_t tick = now / TICK_NS;
    if (catch_up(hpet, tick))
        update(hpet);
    uint64_t value = read_register(hpet, (unsigned)(offset & ~UINT64_C(7)), tick);
    return (value >> (8 * (offset & 4))) & bits_low(8 * size);
}

void hpet_write(void *owner, uint64_t offset, unsigned size, uint64_t value, uint64_t now)
{
    struct hpet *hpet = owner;
    if (!is_allowed(hpet, offset, size))
        return;
    uint64_t tick = now / TICK_NS;
    catch_up(hpet, tick);
    unsigned shift = 8 * (unsigned)(offset & 4);
    write_register(hpet, (unsigned)(offset & ~UINT64_C(7)), value << shift, bits_low(8 * size) << shift, tick);
    update(hpet);
}

// --- For observers -----------------------------------------------------------------------------------------------

bool hpet_is_armed(const struct hpet *hpet, unsigned timer)
{
    return enabled(hpet) && (hpet->timers[timer].config & HPET_TN_INT_ENB_CNF);
}

enum hpet_arming hpet_arming(const struct hpet *hpet, uint64_t offset, unsigned size, uint64_t value, uint64_t now,
                             unsigned *timer)
{
    unsigned reg = (unsigned)(offset & ~UINT64_C(7)), shift = 8 * (unsigned)(offset & 4);
    if (reg < HPET_TIM_CONF || reg >= HPET_TIM_CONF + 0x20 * HPET_TIMERS || (size != 4 && size != 8) || offset % size)
        return HPET_ARMS_NOTHING;
    *timer = (reg - HPET_TIM_CONF) / 0x20;
    const struct hpet_timer *armed = &hpet->timers[*timer];
    if (HPET_TIM_CONF + (reg & 0x1f) != HPET_TIM_COMP || is_periodic(armed) || !enabled(hpet))
        return HPET_ARMS;
    uint64_t mask = width_mask(armed);
    uint64_t comparator = bits_merge(armed->comparator, value << shift, bits_low(8 * size) << shift);
    uint64_t distance = (comparator - counter_at(hpet, now / TICK_NS)) & mask;
    return distance > mask / 2 ? HPET_ARMS_IN_PAST : HPET_ARMS;
}

// --- Life --------------------------------------------------------------------------------------------------------

void hpet_init(struct hpet *hpet, struct clock *clock, uint32_t route_cap)
{
    static const char *const names[HPET_TIMERS] = { "hpet0", "hpet1", "hpet2" };
    memset(hpet, 0, sizeof *hpet);
    hpet->clock = clock;
    hpet->route_cap = route_cap;
    for (unsigned i = 0; i < HPET_TIMERS; i++) {
        hpet->timers[i].hpet = hpet;
        clock_register(clock, &hpet->timers[i].event, names[i], timer_fired, &hpet->timers[i]);
    }
    hpet_reset(hpet, clock->now);
}

// 2.3.4 to 2.3.9: the counter is halted at 0, comparators are all ones.
void hpet_reset(struct hpet *hpet, uint64_t now)
{
    hpet->GEN_CONF = hpet->counter = hpet->FSB = 0;
    hpet->started = now / TICK_NS;
    for (unsigned i = 0; i < HPET_TIMERS; i++) {
        struct hpet_timer *timer = &hpet->timers[i];
        timer->config = 0;
        timer->status = false;
        timer->comparator = UINT64_MAX;
        timer->period = 0;
        timer->next = hpet->started;
    }
    update(hpet);
}

static void timer_visit(struct hpet_timer *timer, struct visit *v)
{
    VISIT(v, timer->config);
    VISIT(v, timer->status);
    VISIT(v, timer->comparator);
    VISIT(v, timer->period);
    VISIT(v, timer->next);
    event_visit(&timer->event, v);
}

void hpet_visit(struct hpet *hpet, struct visit *v)
{
    VISIT(v, hpet->GEN_CONF);
    VISIT(v, hpet->counter);
    VISIT(v, hpet->started);
    VISIT(v, hpet->FSB);
    VISIT_ARRAY(v, hpet->mistakes);
    for (unsigned i = 0; i < HPET_TIMERS; i++) {
        visit_enter(v, hpet->timers[i].event.name);
        timer_visit(&hpet->timers[i], v);
        visit_leave(v);
    }
    for (unsigned i = 0; i < HPET_PINS; i++)
        VISIT(v, hpet->pins[i].level);
    VISIT(v, hpet->legacy[0].level);
    VISIT(v, hpet->legacy[1].level);
    VISIT(v, hpet->replaces.level);
}
