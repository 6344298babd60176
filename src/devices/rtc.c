// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Motorola MC146818 data sheet: time and alarm locations, registers A to D, update cycle, periodic interrupt.
//
// Time is counted in ticks of the 32.768 kHz oscillator. `bytes` holds the calendar as of tick `seen`; each access
// first catches up: whole seconds are added in one step, and the flags that would have been set on the way are set.
// Events are armed only for flags that are enabled and still clear, so an unread register C costs nothing.
//
//   UIP   ___________________________/------------------\_______________   73 ticks: 244 us before the update
//   time       12:00:00                                 | 12:00:01         cycle and its 1984 us; UF and AF
//                                                       end of update      come at its end
//
// An invalid date that a guest writes (month 0, second 99) is normalised at the next update.
//
// Not modelled: daylight saving (DSE is kept, as newer parts do), the square-wave pin, other time bases than 32.768 kHz
// (DV 000 and 001 run as 010), power fail. Leap years follow the Gregorian calendar with the century byte.
//
// The NMI mask of port 70h: ICH9 (316972), NMI_EN; it is closed by RESET.
//
// Path: the clock's event / the board's routing of `irq`
#include "devices/rtc.h"

#include <string.h>

#include "base/bits.h"
#include "devices/ticks.h"

#define RTC_HZ       UINT64_C(32768)
#define UIP_TICKS    73 // tBUC 8 ticks (244 us) and tUC 65 ticks (1984 us)
#define UPDATE_TICKS 65
#define DAY_SECONDS  86400
#define FLAGS        (RTC_C_PF | RTC_C_AF | RTC_C_UF)

// --- Calendar ----------------------------------------------------------------------------------------------------

// Days from 1970-01-01 to a Gregorian date; any month and day, also outside their ranges.
static int64_t days_from_date(int64_t year, int64_t month, int64_t day)
{
    year += (month - 1 - 2 + 12 * 100) / 12 - 100; // years begin in March, so the leap day is last
    int64_t from_march = ((month - 3) % 12 + 12) % 12;
    int64_t era = (year >= 0 ? year : year - 399) / 400, of_era = year - era * 400;
    int64_t of_year = (153 * from_march + 2) / 5 + day - 1;
    return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

struct date {
    int64_t year;
    unsigned month, day;
};

static struct date date_from_days(int64_t days)
{
    days += 719468;
    int64_t era = (days >= 0 ? days : days - 146096) / 146097;
    int64_t of_era = days - era * 146097;
    int64_t year = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    int64_t of_year = of_era - (365 * year + year / 4 - year / 100);
    unsigned from_march = (unsigned)((5 * of_year + 2) / 153);
    struct date date = { .month = from_march < 10 ? from_march + 3 : from_march - 9 };
    date.day = (unsigned)(of_year - (153 * from_march + 2) / 5 + 1);
    date.year = year + era * 400 + (date.month <= 2);
    return date;
}

static unsigned decode(const struct rtc *rtc, uint8_t byte)
{
    return rtc->bytes[RTC_B] & RTC_B_DM ? byte : (byte >> 4) * 10u + (byte & 15);
}

static uint8_t encode(const struct rtc *rtc, unsigned value)
{
    return (uint8_t)(rtc->bytes[RTC_B] & RTC_B_DM ? value : (value / 10) << 4 | value % 10);
}

// 12-hour form: 12, 1 .. 11 with bit 7 for the afternoon.
static unsigned decode_hours(const struct rtc *rtc, uint8_t byte)
{
    if (rtc->bytes[RTC_B] & RTC_B_24_12)
        return decode(rtc, byte);
    return decode(rtc, byte & 0x7f) % 12 + (byte & 0x80 ? 12 : 0);
}

static uint8_t encode_hours(const struct rtc *rtc, unsigned hours)
{
    if (rtc->bytes[RTC_B] & RTC_B_24_12)
        return encode(rtc, hours);
    return encode(rtc, hours % 12 ? hours % 12 : 12) | (hours >= 12 ? 0x80 : 0);
}

static int64_t seconds_shown(const struct rtc *rtc)
{
    const uint8_t *b = rtc->bytes;
    int64_t year = 100 * (int64_t)decode(rtc, b[RTC_CENTURY]) + decode(rtc, b[RTC_YEAR]);
    int64_t days = days_from_date(year, decode(rtc, b[RTC_MONTH]), decode(rtc, b[RTC_DAY]));
    return days * DAY_SECONDS + (int64_t)decode_hours(rtc, b[RTC_HOURS]) * 3600 + decode(rtc, b[RTC_MINUTES]) * 60 +
           decode(rtc, b[RTC_SECONDS]);
}

static int64_t floor_div(int64_t a, int64_t b)
{
    return a / b - (a % b < 0);
}

// The day of the week is a separate counter: it advances with the days, from any value that the guest wrote.
static void show_seconds(struct rtc *rtc, int64_t seconds, unsigned weekday)
{
    int64_t days = floor_div(seconds, DAY_SECONDS);
    unsigned of_day = (unsigned)(seconds - days * DAY_SECONDS);
    struct date date = date_from_days(days);
    unsigned year = (unsigned)(date.year - 10000 * floor_div(date.year, 10000));
    rtc->bytes[RTC_SECONDS] = encode(rtc, of_day % 60);
    rtc->bytes[RTC_MINUTES] = encode(rtc, of_day / 60 % 60);
    rtc->bytes[RTC_HOURS] = encode_hours(rtc, of_day / 3600);
    rtc->bytes[RTC_DAY_OF_WEEK] = encode(rtc, weekday);
    rtc->bytes[RTC_DAY] = encode(rtc, date.day);
    rtc->bytes[RTC_MONTH] = encode(rtc, date.month);
    rtc->bytes[RTC_YEAR] = encode(rtc, year % 100);
    rtc->bytes[RTC_CENTURY] = encode(rtc, year / 100);
}

static void add_seconds(struct rtc *rtc, uint64_t count)
{
    int64_t before = seconds_shown(rtc), after = before + (int64_t)count;
    int64_t days = floor_div(after, DAY_SECONDS) - floor_div(before, DAY_SECONDS);
    unsigned weekday = decode(rtc, rtc->bytes[RTC_DAY_OF_WEEK]);
    show_seconds(rtc, after, (unsigned)((weekday + 6 + (uint64_t)days % 7) % 7 + 1));
}

// --- Divider chain, update cycle, periodic tap -------------------------------------------------------------------

// Register A, DV = 11x holds the divider chain in reset.
static bool divider_runs(const struct rtc *rtc)
{
    return (rtc->bytes[RTC_A] & 0x60) != 0x60;
}

static bool updates(const struct rtc *rtc)
{
    return divider_runs(rtc) && !(rtc->bytes[RTC_B] & RTC_B_SET);
}

// The first end of an update after `tick`.
static uint64_t next_update(const struct rtc *rtc, uint64_t tick)
{
    if (tick < rtc->update)
        return rtc->update;
    return tick + RTC_HZ - (tick - rtc->update) % RTC_HZ;
}

static bool update_in_progress(const struct rtc *rtc)
{
    return updates(rtc) && next_update(rtc, rtc->seen) - rtc->seen <= UIP_TICKS;
}

// Table 5 (32.768 kHz): RS 1 and 2 repeat 8 and 9; RS 3 is 8.192 kHz; 15 is 2 Hz. 0: none.
static uint64_t periodic_ticks(const struct rtc *rtc)
{
    unsigned rate = rtc->bytes[RTC_A] & RTC_A_RS;
    if (!rate || !divider_runs(rtc))
        return 0;
    return UINT64_C(1) << (rate <= 2 ? rate + 6 : rate - 1);
}

static uint64_t next_periodic(const struct rtc *rtc, uint64_t tick)
{
    uint64_t period = periodic_ticks(rtc);
    return period ? tick + period - (tick - rtc->divider) % period : CLOCK_NEVER;
}

// --- Alarm -------------------------------------------------------------------------------------------------------

// 11xxxxxx in an alarm byte matches every value.
static bool matches(uint8_t alarm, uint8_t time)
{
    return alarm >= 0xc0 || alarm == time;
}

// Seconds from the time shown to the next one that the alarm matches, at least 1; 0: it never matches.
static uint64_t seconds_to_alarm(const struct rtc *rtc)
{
    int64_t shown = seconds_shown(rtc);
    unsigned now = (unsigned)(shown - DAY_SECONDS * floor_div(shown, DAY_SECONDS)), time = now + 1;
    while (time <= now + DAY_SECONDS) {
        unsigned of_day = time % DAY_SECONDS;
        if (!matches(rtc->bytes[RTC_HOURS_ALARM], encode_hours(rtc, of_day / 3600)))
            time += 3600 - of_day % 3600;
        else if (!matches(rtc->bytes[RTC_MINUTES_ALARM], encode(rtc, of_day / 60 % 60)))
            time += 60 - of_day % 60;
        else if (!matches(rtc->bytes[RTC_SECONDS_ALARM], encode(rtc, of_day % 60)))
            time++;
        else
            return time - now;
    }
    return 0;
}

static uint64_t next_alarm(const struct rtc *rtc)
{
    uint64_t seconds = updates(rtc) ? seconds_to_alarm(rtc) : 0;
    return seconds ? next_update(rtc, rtc->seen) + (seconds - 1) * RTC_HZ : CLOCK_NEVER;
}

// --- Catching up -------------------------------------------------------------------------------------------------

static uint64_t catch_up(struct rtc *rtc, uint64_t now)
{
    uint64_t tick = ticks_at(now, RTC_HZ);
    uint8_t *flags = &rtc->bytes[RTC_C];
    if (next_periodic(rtc, rtc->seen) <= tick)
        *flags |= RTC_C_PF;
    if (updates(rtc) && next_update(rtc, rtc->seen) <= tick) {
        if (!(*flags & RTC_C_AF) && next_alarm(rtc) <= tick)
            *flags |= RTC_C_AF;
        *flags |= RTC_C_UF;
        add_seconds(rtc, (tick - next_update(rtc, rtc->seen)) / RTC_HZ + 1);
    }
    rtc->seen = tick;
    return tick;
}

static bool interrupts(const struct rtc *rtc)
{
    return rtc->bytes[RTC_C] & rtc->bytes[RTC_B] & FLAGS;
}

static uint64_t earlier(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

// The next tick at which an enabled flag that is clear will be set.
static uint64_t next_flag(const struct rtc *rtc)
{
    uint8_t waited = rtc->bytes[RTC_B] & ~rtc->bytes[RTC_C];
    uint64_t tick = CLOCK_NEVER;
    if (waited & RTC_B_PIE)
        tick = earlier(tick, next_periodic(rtc, rtc->seen));
    if (waited & RTC_B_AIE)
        tick = earlier(tick, next_alarm(rtc));
    if ((waited & RTC_B_UIE) && updates(rtc))
        tick = earlier(tick, next_update(rtc, rtc->seen));
    return tick;
}

static void update(struct rtc *rtc)
{
    uint64_t tick = next_flag(rtc);
    intact_irq_line_set(&rtc->irq, interrupts(rtc));
    clock_arm(rtc->clock, &rtc->event, tick == CLOCK_NEVER ? CLOCK_NEVER : ticks_time(tick, RTC_HZ));
}

static void event_fired(void *owner, uint64_t now)
{
    struct rtc *rtc = owner;
    catch_up(rtc, now);
    update(rtc);
}

// --- Registers ---------------------------------------------------------------------------------------------------

// Leaving divider reset, "the first update cycle begins one-half second later".
static void write_a(struct rtc *rtc, uint8_t value, uint64_t tick)
{
    bool ran = divider_runs(rtc);
    rtc->bytes[RTC_A] = value & ~RTC_A_UIP;
    if (ran || !divider_runs(rtc))
        return;
    rtc->divider = tick;
    rtc->update = tick + RTC_HZ / 2 + UPDATE_TICKS;
}

// SET stops a running update and clears UIE.
static void write_b(struct rtc *rtc, uint8_t value)
{
    rtc->bytes[RTC_B] = value & RTC_B_SET ? value & ~RTC_B_UIE : value;
}

// Reading C clears its flags.
static uint8_t read_c(struct rtc *rtc)
{
    uint8_t value = rtc->bytes[RTC_C] | (interrupts(rtc) ? RTC_C_IRQF : 0);
    rtc->bytes[RTC_C] = 0;
    return value;
}

static uint8_t read_data(struct rtc *rtc)
{
    switch (rtc->index) {
    case RTC_A: return rtc->bytes[RTC_A] | (update_in_progress(rtc) ? RTC_A_UIP : 0);
    case RTC_C: return read_c(rtc);
    case RTC_D: return RTC_D_VRT;
    default: return rtc->bytes[rtc->index];
    }
}

static void write_data(struct rtc *rtc, uint8_t value, uint64_t tick)
{
    switch (rtc->index) {
    case RTC_A: write_a(rtc, value, tick); break;
    case RTC_B: write_b(rtc, value); break;
    case RTC_C:
    case RTC_D: break; // read-only
    default: rtc->bytes[rtc->index] = value;
    }
}

uint64_t rtc_read(void *owner, uint64_t offset, unsigned size, uint64_t now)
{
    struct rtc *rtc = owner;
    (void)size;
    if (!(offset & 1))
        return 0xff; // 70h is write-only
    catch_up(rtc, now);
    uint8_t value = read_data(rtc);
    update(rtc);
    return value;
}

void rtc_write(void *owner, uint64_t offset, unsigned size, uint64_t value, uint64_t now)
{
    struct rtc *rtc = owner;
    (void)size;
    if (!(offset & 1)) {
        rtc->index = value & 0x7f;
        intact_irq_line_set(&rtc->nmi_mask, value & 0x80);
        return;
    }
    write_data(rtc, (uint8_t)value, catch_up(rtc, now));
    update(rtc);
}

// --- Life --------------------------------------------------------------------------------------------------------

void rtc_set_cmos(struct rtc *rtc, unsigned index, uint8_t value)
{
    if (index > RTC_D && index < RTC_BYTES)
        rtc->bytes[index] = value;
}

void rtc_init(struct rtc *rtc, struct clock *clock, int64_t date)
{
    memset(rtc, 0, sizeof *rtc);
    rtc->clock = clock;
    rtc->bytes[RTC_A] = 0x26; // 32.768 kHz, 1024 Hz, as a PC's firmware leaves it
    rtc->bytes[RTC_B] = RTC_B_24_12;
    rtc->seen = rtc->divider = ticks_at(clock->now, RTC_HZ);
    rtc->update = rtc->seen + RTC_HZ;
    int64_t days = floor_div(date, DAY_SECONDS);
    show_seconds(rtc, date, (unsigned)(((days + 4) % 7 + 7) % 7 + 1)); // 1970-01-01 was a Thursday
    clock_register(clock, &rtc->event, "rtc", event_fired, rtc);
    update(rtc);
}

void rtc_reset(struct rtc *rtc, uint64_t now)
{
    catch_up(rtc, now);
    rtc->bytes[RTC_B] &= ~(RTC_B_PIE | RTC_B_AIE | RTC_B_UIE | RTC_B_SQWE);
    rtc->bytes[RTC_C] = 0;
    rtc->index = 0;
    intact_irq_line_set(&rtc->nmi_mask, true);
    update(rtc);
}

void rtc_visit(struct rtc *rtc, struct visit *v)
{
    VISIT_ARRAY(v, rtc->bytes);
    VISIT(v, rtc->index);
    VISIT(v, rtc->seen);
    VISIT(v, rtc->divider);
    VISIT(v, rtc->update);
    VISIT(v, rtc->irq.level);
    VISIT(v, rtc->nmi_mask.level);
    visit_enter(v, "event");
    event_visit(&rtc->event, v);
    visit_leave(v);
}
