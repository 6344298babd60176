// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Intel 8254 data sheet (order number 231164): programming, read-back, mode definitions. Port 61h: ICH9, NMI_SC, whose bits about
// NMIs are in nmi_sc.c.
//
// Nothing ticks. CLK tick k of the 1.193182 MHz clock happens at k / 1193182 s; a counter remembers the tick at which
// its count was loaded and computes the rest, so it cannot drift and costs nothing while it is not accessed. A change
// that a write causes at a later CLK (the load of a count) is stored in `load` and applied by `settle`.
//
// OUT0 drives a line. In modes 0, 1 and 3 both of its edges come at their own time. In modes 2, 4 and 5 only the rise
// at the end of the one-tick low pulse matters, so the line falls at the same time as it rises, which needs half the
// events.
//
// Not modelled: the power-up state of real parts (undefined), and the fall of OUT0 one tick before its rise on the line
// (reads show it exactly).
//
// Path: the clock's event / the board's routing of `out0`
#include "devices/pit.h"

#include <string.h>

#include "base/bits.h"
#include "devices/ticks.h"

#define REFRESH_TICKS 18 // counter 1 as every BIOS programs it: a refresh each 15.085 us

static unsigned mode_of(const struct pit_counter *c)
{
    unsigned mode = (c->control >> 1) & 7;
    return mode > 5 ? mode - 4 : mode; // x10 is mode 2, x11 is mode 3
}

static unsigned access_of(const struct pit_counter *c)
{
    return (c->control >> 4) & 3;
}

static bool is_bcd(const struct pit_counter *c)
{
    return c->control & 1;
}

static uint32_t modulus(const struct pit_counter *c)
{
    return is_bcd(c) ? 10000 : 65536;
}

static uint32_t from_bcd(uint16_t value)
{
    return (value & 15) + 10 * ((value >> 4) & 15) + 100 * ((value >> 8) & 15) + 1000 * ((value >> 12) & 15);
}

static uint16_t to_bcd(uint32_t value)
{
    return (uint16_t)(value % 10 | (value / 10 % 10) << 4 | (value / 100 % 10) << 8 | (value / 1000 % 10) << 12);
}

// A count of 0 is the largest: 2^16, or 10^4 in BCD.
static uint32_t count_of(const struct pit_counter *c)
{
    uint32_t count = is_bcd(c) ? from_bcd(c->written) : c->written;
    return count ? count : modulus(c);
}

// --- The counting element: its value and OUT at a tick -----------------------------------------------------------

static uint64_t elapsed_at(const struct pit_counter *c, uint64_t tick)
{
    return c->running ? tick - c->start : c->elapsed;
}

// Mode 3: a half cycle is (N + 1) / 2 ticks high or N / 2 ticks low. Which half is it, and how much of it is over?
struct half {
    bool high;
    uint64_t position, length;
};

static struct half half_at(const struct pit_counter *c, uint64_t elapsed)
{
    uint64_t high = (c->count + 1) / 2, low = c->count / 2, first = c->start_low ? low : high;
    uint64_t position = elapsed % c->count;
    if (position < first)
        return (struct half){ !c->start_low, position, first };
    return (struct half){ c->start_low, position - first, c->count - first };
}

static uint16_t value_at(const struct pit_counter *c, uint64_t tick)
{
    uint64_t elapsed = elapsed_at(c, tick);
    uint32_t value = 0;
    if (c->count && mode_of(c) == 2 && c->loaded)
        value = c->count - (uint32_t)(elapsed % c->count);
    else if (c->count && mode_of(c) == 3 && c->loaded) // by twos, from an even number
        value = (c->count & ~1u) - 2 * (uint32_t)half_at(c, elapsed).position;
    else
        value = c->count + modulus(c) - (uint32_t)(elapsed % modulus(c));
    value %= modulus(c);
    return is_bcd(c) ? to_bcd(value) : (uint16_t)value;
}

static bool out_at(const struct pit_counter *c, uint64_t tick)
{
    uint64_t elapsed = elapsed_at(c, tick);
    switch (mode_of(c)) {
    case 0: return c->loaded && elapsed >= c->count;
    case 1: return !c->loaded || elapsed >= c->count;
    case 2: return !c->loaded || !c->running || c->count == 1 || elapsed % c->count != c->count - 1;
    case 3: return !c->loaded || !c->running || half_at(c, elapsed).high;
    default: return !c->loaded || elapsed != c->count;
    }
}

// The next tick after `tick` at which OUT changes by counting, as far as it matters for the line (see the head
// comment).
static uint64_t next_edge(const struct pit_counter *c, uint64_t tick)
{
    if (!c->loaded || !c->running)
        return CLOCK_NEVER;
    uint64_t elapsed = elapsed_at(c, tick), count = c->count;
    struct half half;
    switch (mode_of(c)) {
    case 0:
    case 1: return elapsed < count ? c->start + count : CLOCK_NEVER;
    case 2: return count > 1 ? tick + count - elapsed % count : CLOCK_NEVER;
    case 3: half = half_at(c, elapsed); return count > 1 ? tick + half.length - half.position : CLOCK_NEVER;
    default: return elapsed <= count ? c->start + count + 1 : CLOCK_NEVER;
    }
}

// --- What a write or a gate schedules ----------------------------------------------------------------------------

// In modes 0, 2, 3 and 4 GATE enables counting; in modes 1 and 5 it only triggers.
static bool gate_enables(const struct pit_counter *c)
{
    return mode_of(c) != 1 && mode_of(c) != 5;
}

// Applies the load that is due by `tick`.
static void settle(struct pit_counter *c, uint64_t tick)
{
    if (c->load > tick)
        return;
    c->start_low = c->at_boundary && mode_of(c) == 3 && half_at(c, elapsed_at(c, c->load - 1)).high;
    c->count = count_of(c);
    c->start = c->load;
    c->elapsed = 0;
    c->running = c->gate || !gate_enables(c);
    c->loaded = true;
    c->null_count = false;
    c->at_boundary = false;
    c->load = CLOCK_NEVER;
}

static void schedule(struct pit_counter *c, uint64_t tick, bool at_boundary)
{
    c->load = tick;
    c->at_boundary = at_boundary;
}

static void stop(struct pit_counter *c, uint64_t tick)
{
    c->elapsed = elapsed_at(c, tick);
    c->running = false;
}

static void resume(struct pit_counter *c, uint64_t tick)
{
    if (c->running)
        return;
    c->start = tick - c->elapsed;
    c->running = true;
}

// Mode 0: OUT goes low with the first byte, and CE keeps its value until the new count is loaded.
static void forget_terminal_count(struct pit_counter *c, uint64_t tick)
{
    stop(c, tick);
    c->loaded = false;
}

// A whole count is in CR. Modes 2 and 3 load it when the current (half) cycle ends, 1 and 5 at the next trigger.
static void count_written(struct pit_counter *c, uint64_t tick)
{
    unsigned mode = mode_of(c);
    c->has_count = c->null_count = true;
    if (mode == 0)
        forget_terminal_count(c, tick);
    if (mode == 0 || mode == 4) {
        schedule(c, tick + 1, false);
    } else if (mode == 2 || mode == 3) {
        if (!c->loaded)
            schedule(c, tick + 1, false);
        else if (c->running && c->load == CLOCK_NEVER)
            schedule(c, c->count > 1 ? next_edge(c, tick) : tick + 1, c->count > 1);
    }
}

static void write_count(struct pit_counter *c, uint8_t byte, uint64_t tick)
{
    switch (access_of(c)) {
    case PIT_RW_LOW: c->written = byte; break;
    case PIT_RW_HIGH: c->written = (uint16_t)(byte << 8); break;
    case PIT_RW_BOTH:
        c->write_high = !c->write_high;
        if (c->write_high) {
            c->first_byte = byte;
            if (mode_of(c) == 0) {
                forget_terminal_count(c, tick);
                c->load = CLOCK_NEVER;
            }
            return;
        }
        c->written = (uint16_t)(byte << 8 | c->first_byte);
        break;
    default: return; // no control word was written
    }
    count_written(c, tick);
}

// The control word stops the counter and gives OUT its initial level; CE keeps its value.
static void set_mode(struct pit_counter *c, uint8_t control, uint64_t tick)
{
    uint16_t value = value_at(c, tick);
    bool gate = c->gate;
    uint32_t count = is_bcd(c) ? from_bcd(value) : value;
    *c = (struct pit_counter){
        .control = control & 0x3f,
        .gate = gate,
        .null_count = true,
        .count = count,
        .written = c->written,
        .load = CLOCK_NEVER,
    };
}

static void set_gate(struct pit_counter *c, bool level, uint64_t tick)
{
    bool rising = level && !c->gate, falling = !level && c->gate;
    unsigned mode = mode_of(c);
    c->gate = level;
    if (falling && c->loaded && gate_enables(c)) {
        stop(c, tick);
        if (mode != 0 && mode != 4)
            c->load = CLOCK_NEVER;
    } else if (rising && (mode == 0 || mode == 4)) {
        if (c->loaded)
            resume(c, tick);
    } else if (rising && c->has_count) {
        schedule(c, tick + 1, false); // the trigger of modes 1, 2, 3 and 5
    }
}

// --- Reads -------------------------------------------------------------------------------------------------------

static void latch_count(struct pit_counter *c, uint64_t tick)
{
    if (c->count_latched)
        return;
    c->latched_count = value_at(c, tick);
    c->count_latched = true;
}

static void latch_status(struct pit_counter *c, uint64_t tick)
{
    if (c->status_latched)
        return;
    c->latched_status = (uint8_t)(out_at(c, tick) << 7 | c->null_count << 6 | c->control);
    c->status_latched = true;
}

// A latched status comes first, then a latched count, then CE as it is.
static uint8_t read_counter(struct pit_counter *c, uint64_t tick)
{
    if (c->status_latched) {
        c->status_latched = false;
        return c->latched_status;
    }
    uint16_t value = c->count_latched ? c->latched_count : value_at(c, tick);
    bool high = access_of(c) == PIT_RW_HIGH || (access_of(c) == PIT_RW_BOTH && c->read_high);
    if (access_of(c) == PIT_RW_BOTH)
        c->read_high = !c->read_high;
    if (access_of(c) != PIT_RW_BOTH || high)
        c->count_latched = false;
    return (uint8_t)(high ? value >> 8 : value);
}

static void read_back(struct pit *pit, uint8_t word, uint64_t tick)
{
    for (unsigned i = 0; i < 3; i++) {
        if (!(word & (2u << i)))
            continue;
        if (!(word & 0x20))
            latch_count(&pit->counters[i], tick);
        if (!(word & 0x10))
            latch_status(&pit->counters[i], tick);
    }
}

// --- OUT0's line -------------------------------------------------------------------------------------------------

// The first tick after `tick` at which the line must change.
static uint64_t next_change(const struct pit_counter *c, uint64_t tick)
{
    uint64_t edge = next_edge(c, tick);
    if (c->load == CLOCK_NEVER || edge <= c->load)
        return edge;
    struct pit_counter after = *c;
    settle(&after, c->load);
    return out_at(&after, c->load) != out_at(c, tick) ? c->load : next_edge(&after, c->load);
}

static void drive(struct pit *pit, uint64_t tick)
{
    intact_irq_line_set(&pit->out0, out_at(&pit->counters[0], tick));
}

// Brings all counters and the line up to `now`. A pulse since the last time is shown as one.
static uint64_t sync(struct pit *pit, uint64_t now)
{
    uint64_t tick = ticks_at(now, PIT_HZ);
    bool moved = next_change(&pit->counters[0], pit->seen) <= tick;
    for (unsigned i = 0; i < 3; i++)
        settle(&pit->counters[i], tick);
    if (moved && out_at(&pit->counters[0], tick) == pit->out0.level)
        intact_irq_line_set(&pit->out0, !pit->out0.level);
    drive(pit, tick);
    pit->seen = tick;
    return tick;
}

uint64_t pit_deadline(const struct pit *pit, uint64_t now)
{
    uint64_t edge = next_change(&pit->counters[0], ticks_at(now, PIT_HZ));
    return edge == CLOCK_NEVER ? CLOCK_NEVER : ticks_time(edge, PIT_HZ);
}

static void update(struct pit *pit, uint64_t tick, uint64_t now)
{
    drive(pit, tick);
    clock_arm(pit->clock, &pit->edge, pit_deadline(pit, now));
}

static void edge_fired(void *owner, uint64_t now)
{
    struct pit *pit = owner;
    update(pit, sync(pit, now), now);
}

// --- Ports -------------------------------------------------------------------------------------------------------

static void note_mistakes(struct pit *pit, const struct pit_counter *c)
{
    if (!c->has_count || c->write_high)
        return;
    if ((mode_of(c) == 2 || mode_of(c) == 3) && count_of(c) == 1)
        pit->mistakes[PIT_MISTAKE_COUNT_ONE]++;
    if (is_bcd(c) && to_bcd(from_bcd(c->written)) != c->written)
        pit->mistakes[PIT_MISTAKE_NOT_BCD]++;
}

static void write_control(struct pit *pit, uint8_t word, uint64_t tick)
{
    unsigned select = word >> 6;
    if (select == PIT_SC_READ_BACK)
        read_back(pit, word, tick);
    else if (((word >> 4) & 3) == PIT_RW_LATCH)
        latch_count(&pit->counters[select], tick);
    else
        set_mode(&pit->counters[select], word, tick);
}

uint64_t pit_read(void *owner, uint64_t offset, unsigned size, uint64_t now)
{
    struct pit *pit = owner;
    (void)size;
    if (offset > 2)
        return 0xff; // the control word register cannot be read
    uint64_t tick = sync(pit, now);
    uint8_t value = read_counter(&pit->counters[offset], tick);
    update(pit, tick, now);
    return value;
}

void pit_write(void *owner, uint64_t offset, unsigned size, uint64_t value, uint64_t now)
{
    struct pit *pit = owner;
    (void)size;
    uint64_t tick = sync(pit, now);
    if (offset > 2) {
        write_control(pit, (uint8_t)value, tick);
    } else {
        write_count(&pit->counters[offset], (uint8_t)value, tick);
        note_mistakes(pit, &pit->counters[offset]);
    }
    update(pit, tick, now);
}

uint64_t pit_port61_read(void *owner, uint64_t offset, unsigned size, uint64_t now)
{
    struct pit *pit = owner;
    (void)offset, (void)size;
    unsigned refresh = (ticks_at(now, PIT_HZ) / REFRESH_TICKS) & 1;
    return pit->port61 | refresh << 4 | (unsigned)pit_out(pit, 2, now) << 5;
}

void pit_port61_write(void *owner, uint64_t offset, unsigned size, uint64_t value, uint64_t now)
{
    struct pit *pit = owner;
    (void)offset, (void)size;
    pit->port61 = value & 0x03;
    pit_set_gate(pit, 2, value & 1, now);
}

bool pit_out(const struct pit *pit, unsigned counter, uint64_t now)
{
    struct pit_counter c = pit->counters[counter];
    uint64_t tick = ticks_at(now, PIT_HZ);
    settle(&c, tick);
    return out_at(&c, tick);
}

void pit_set_gate(struct pit *pit, unsigned counter, bool level, uint64_t now)
{
    uint64_t tick = sync(pit, now);
    set_gate(&pit->counters[counter], level, tick);
    update(pit, tick, now);
}

// --- Life --------------------------------------------------------------------------------------------------------

void pit_init(struct pit *pit, struct clock *clock)
{
    memset(pit, 0, sizeof *pit);
    pit->clock = clock;
    clock_register(clock, &pit->edge, "pit", edge_fired, pit);
    pit->edge.perpetual = true;
    pit_reset(pit, clock->now);
}

void pit_reset(struct pit *pit, uint64_t now)
{
    pit->seen = ticks_at(now, PIT_HZ);
    pit->port61 = 0;
    for (unsigned i = 0; i < 3; i++)
        pit->counters[i] = (struct pit_counter){ .gate = i != 2, .load = CLOCK_NEVER };
    update(pit, pit->seen, now);
}

static void counter_visit(struct pit_counter *c, struct visit *v)
{
    VISIT(v, c->control);
    VISIT(v, c->gate);
    VISIT(v, c->has_count);
    VISIT(v, c->loaded);
    VISIT(v, c->running);
    VISIT(v, c->null_count);
    VISIT(v, c->at_boundary);
    VISIT(v, c->start_low);
    VISIT(v, c->write_high);
    VISIT(v, c->read_high);
    VISIT(v, c->count_latched);
    VISIT(v, c->status_latched);
    VISIT(v, c->first_byte);
    VISIT(v, c->latched_status);
    VISIT(v, c->latched_count);
    VISIT(v, c->written);
    VISIT_VALID(v, c->count, c->count <= 65536 && (c->count || (!c->loaded && !c->at_boundary)));
    VISIT(v, c->start);
    VISIT(v, c->elapsed);
    VISIT(v, c->load);
}

void pit_visit(struct pit *pit, struct visit *v)
{
    static const char *const names[3] = { "counter0", "counter1", "counter2" };
    for (unsigned i = 0; i < 3; i++) {
        visit_enter(v, names[i]);
        counter_visit(&pit->counters[i], v);
        visit_leave(v);
    }
    VISIT(v, pit->port61);
    VISIT(v, pit->seen);
    VISIT_ARRAY(v, pit->mistakes);
    VISIT(v, pit->out0.level);
    visit_enter(v, "edge");
    event_visit(&pit->edge, v);
    visit_leave(v);
}
