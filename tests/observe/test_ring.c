// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The ring gives back every event as it was, the last ones if there were too many.
#include <criterion/criterion.h>

#include <stdio.h>
#include <string.h>

#include "base/bits.h"
#include "observe/ring.h"

enum { EVENTS = 4000 };

static struct intact_trace_event events[EVENTS];
static unsigned made, read;
static bool names_lost;

// xorshift64*
static uint64_t random_state = 2026;
static uint64_t next(void)
{
    random_state ^= random_state >> 12;
    random_state ^= random_state << 25;
    random_state ^= random_state >> 27;
    return random_state * UINT64_C(0x2545f4914f6cdd1d);
}

// A value of any width.
static uint64_t value(void)
{
    unsigned bits = (unsigned)(next() % 65);
    return bits == 64 ? next() : next() & ((UINT64_C(1) << bits) - 1);
}

static const char *const names[] = { NULL, "pit.out0", "virtio-blk0.msix1", "lapic2.timer", "" };

static struct intact_trace_event event_at(uint64_t instructions, uint64_t time)
{
    struct intact_trace_event event = {
        .id = (enum intact_trace_id)(next() % INTACT_TRACE_IDS),
        .cpu = next() % 4 ? (uint32_t)(next() % 1000) : INTACT_NO_CPU,
        .time = time,
        .instructions = instructions,
        .a = value(),
        .b = value(),
        .c = value(),
    };
    if (event.id == INTACT_TRACE_MISTAKE) {
        event.device = next() % 2 ? names[1 + next() % 3] : NULL;
        event.mistake = next() % 2 ? "eoi" : NULL;
    } else if (next() % 4) {
        event.cause = 1 + (value() & ~(UINT64_C(31) << 59));
        event.raises = next() % 4 ? 1 : 1 + next() % 200;
        event.source = names[next() % countof(names)];
    }
    return event;
}

static void same_text(const char *got, const char *expected)
{
    cr_assert_eq(!got, !expected, "event %u: %s, %s", read, got ? got : "-", expected ? expected : "-");
    if (got)
        cr_assert_str_eq(got, expected);
}

static void compare(void *owner, const struct intact_trace_event *event)
{
    const struct intact_trace_event *expected = &events[read];
    (void)owner;
    cr_assert_lt(read, made);
    cr_assert_eq(event->id, expected->id, "event %u", read);
    cr_assert_eq(event->cpu, expected->cpu, "event %u", read);
    cr_assert_eq(event->time, expected->time, "event %u", read);
    cr_assert_eq(event->instructions, expected->instructions, "event %u", read);
    cr_assert_eq(event->a, expected->a, "event %u", read);
    cr_assert_eq(event->b, expected->b, "event %u", read);
    cr_assert_eq(event->c, expected->c, "event %u", read);
    cr_assert_eq(event->cause, expected->cause, "event %u", read);
    cr_assert_eq(event->raises, expected->raises, "event %u", read);
    if (!names_lost)
        same_text(event->source, expected->source);
    same_text(event->device, expected->device);
    same_text(event->mistake, expected->mistake);
    read++;
}

static void fill(struct ring *ring, size_t capacity)
{
    uint64_t instructions = 0, time = 0;
    cr_assert_eq(ring_init(ring, capacity), 0);
    for (made = 0; made < EVENTS; made++) {
        instructions += value() >> (next() % 64);
        time += value() >> (next() % 64);
        if (next() % 50 == 0)
            instructions = time = 0; // the machine went back
        events[made] = event_at(instructions, time);
        ring_add(ring, &events[made]);
    }
}

Test(ring, every_event_comes_back_as_it_was)
{
    struct ring ring;
    fill(&ring, 4 * EVENTS);
    cr_assert_eq(ring_lost(&ring), 0u);
    read = 0;
    ring_each(&ring, compare, NULL);
    cr_assert_eq(read, made);
    ring_free(&ring);
}

static unsigned counted;

static void count(void *owner, const struct intact_trace_event *event)
{
    (void)owner, (void)event;
    counted++;
}

Test(ring, the_oldest_events_are_overwritten)
{
    for (size_t capacity = 4; capacity < EVENTS / 2; capacity = capacity * 3 / 2) { // below a slice, and several
        struct ring ring;
        fill(&ring, capacity);
        cr_assert_eq(ring_count(&ring), capacity);
        cr_assert_eq(ring_lost(&ring), ring.written - capacity);
        counted = 0;
        ring_each(&ring, count, NULL);
        cr_assert_geq(counted, capacity / 3);
        read = made - counted;
        ring_each(&ring, compare, NULL);
        cr_assert_eq(read, made);
        ring_free(&ring);
    }
}

Test(ring, an_interrupts_events_are_one_record_each)
{
    struct ring ring;
    const uint64_t pc = UINT64_C(0xffffffff81a00010);
    const struct intact_trace_event life[] = {
        { .id = INTACT_TRACE_LINE, .cpu = INTACT_NO_CPU, .a = 2, .b = 1 },
        { .id = INTACT_TRACE_ROUTE, .cpu = INTACT_NO_CPU, .a = 2, .b = 1, .c = 2 },
        { .id = INTACT_TRACE_MESSAGE, .cpu = INTACT_NO_CPU, .a = 0xfee01000, .b = 0x4031, .c = 0xf0ff },
        { .id = INTACT_TRACE_PIN, .cpu = INTACT_NO_CPU, .a = 1, .b = 2, .c = 1 },
        { .id = INTACT_TRACE_ACCEPT, .cpu = 3, .a = 0x31 },
        { .id = INTACT_TRACE_PENDING, .cpu = 3, .a = 1 },
        { .id = INTACT_TRACE_TAKE, .cpu = 3, .a = 0x31, .b = pc },
        { .id = INTACT_TRACE_TAKE, .cpu = 3, .a = 0x20, .b = pc, .c = 8192 },
        { .id = INTACT_TRACE_EOI, .cpu = 3, .a = 0x31, .b = INTACT_CHIP_LAPIC },
        { .id = INTACT_TRACE_IPI, .cpu = 3, .a = UINT64_C(0x10000000000), .b = 0x300, .c = 0xf2 },
    };
    cr_assert_eq(ring_init(&ring, 64), 0);
    made = read = 0;
    for (unsigned i = 0; i < countof(life); i++) {
        events[made] = life[i];
        events[made].instructions = 1000 + i;
        events[made].time = 2000 + i;
        events[made].cause = 12;
        events[made].raises = 1;
        events[made].source = "pit.out0";
        ring_add(&ring, &events[made++]);
    }
    cr_assert_eq(ring_count(&ring), made);
    ring_each(&ring, compare, NULL);
    ring_free(&ring);
}

Test(ring, a_pointer_may_be_used_again_for_another_name)
{
    struct ring ring;
    char name[16];
    cr_assert_eq(ring_init(&ring, 16), 0);
    made = read = 0;
    for (unsigned i = 0; i < 3; i++) {
        snprintf(name, sizeof name, "device%u", i % 2);
        events[made] = (struct intact_trace_event){ .id = INTACT_TRACE_MISTAKE, .device = name, .mistake = "eoi" };
        ring_add(&ring, &events[made]);
        events[made++].device = i % 2 ? "device1" : "device0";
    }
    ring_each(&ring, compare, NULL);
    cr_assert_eq(read, 3u);
    ring_free(&ring);
}

Test(ring, names_beyond_the_last_number_are_left_out)
{
    struct ring ring;
    char name[16];
    cr_assert_eq(ring_init(&ring, 32768), 0);
    made = read = 0;
    names_lost = true;
    for (unsigned i = 0; i < 20000; i++) {
        snprintf(name, sizeof name, "s%u", i);
        const struct intact_trace_event event = { .id = INTACT_TRACE_LINE, .source = name };
        ring_add(&ring, &event);
    }
    cr_assert_eq(ring_name_count(&ring), (unsigned)RING_NAMES - 1);
    cr_assert_str_eq(ring_name(&ring, 1), "s0");
    cr_assert_eq(ring_name(&ring, 0), NULL);
    cr_assert_eq(ring_name(&ring, RING_NAMES), NULL);
    ring_free(&ring);
}

static char seen[64];

static void note_source(void *owner, const struct intact_trace_event *event)
{
    size_t used = strlen(seen);
    (void)owner;
    snprintf(seen + used, sizeof seen - used, "%s ", event->source);
}

// A machine that is made after another may have another name at the same address, and its causes begin with 1 again.
Test(ring, a_name_is_a_text_and_not_its_address)
{
    struct ring ring;
    char name[16] = "pit.out0";
    struct intact_trace_event event = { .id = INTACT_TRACE_LINE, .cause = 1, .raises = 1, .source = name };
    cr_assert_eq(ring_init(&ring, 16), 0);
    event.instructions = event.time = 100;
    ring_add(&ring, &event);
    ring_add(&ring, &event);
    strcpy(name, "com1.irq");
    event.instructions = event.time = 50;
    ring_add(&ring, &event);
    event.cause = 2;
    strcpy(name, "rtc.irq");
    ring_add(&ring, &event);
    ring_each(&ring, note_source, NULL);
    cr_assert_str_eq(seen, "pit.out0 pit.out0 com1.irq rtc.irq ");
    ring_free(&ring);
}
