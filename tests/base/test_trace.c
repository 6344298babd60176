// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Observers of the trace.
#include <criterion/criterion.h>

#include <errno.h>
#include <string.h>

#include "base/trace.h"

static struct trace trace, *const tracing = &trace;

struct ear {
    struct intact_trace_observer observer;
    char name;
    struct ear *removes, *adds; // within its own call
};

static char heard[64];

static void hear(void *owner, const struct intact_trace_event *event)
{
    struct ear *ear = owner;
    size_t used = strlen(heard);
    heard[used] = ear->name;
    heard[used + 1] = (char)('0' + event->id);
    if (ear->removes)
        intact_trace_observer_remove(&ear->removes->observer);
    if (ear->adds)
        trace_add(&trace, &ear->adds->observer);
}

static void prepare(struct ear *ear, char name, uint64_t wanted)
{
    *ear = (struct ear){ .name = name };
    intact_trace_observer_init(&ear->observer, wanted, hear, ear);
}

static void all(struct ear *ear, char name)
{
    prepare(ear, name, INTACT_TRACE_ALL);
    cr_assert_eq(trace_add(&trace, &ear->observer), 0);
}

static void expect(const char *text)
{
    memset(heard, 0, sizeof heard);
    TRACE(tracing, TRACE_LINE, TRACE_NO_CPU, 1, 1, 0);
    cr_assert_str_eq(heard, text);
}

Test(trace, each_observer_hears_what_it_wants)
{
    struct ear a, b;
    prepare(&a, 'a', BIT64(TRACE_LINE) | BIT64(TRACE_TAKE));
    prepare(&b, 'b', BIT64(TRACE_TAKE));
    cr_assert_eq(trace_add(&trace, &a.observer), 0);
    cr_assert_eq(trace_add(&trace, &b.observer), 0);
    cr_assert_eq(trace.asked, BIT64(TRACE_LINE) | BIT64(TRACE_TAKE));
    expect("a0");
    TRACE(tracing, TRACE_TAKE, 0, 1, 1, 0);
    cr_assert_str_eq(heard, "a0b7a7");
    TRACE(tracing, TRACE_EOI, 0, 1, 1, 0);
    cr_assert_str_eq(heard, "a0b7a7");
    intact_trace_observer_remove(&a.observer);
    cr_assert_eq(trace.asked, BIT64(TRACE_TAKE));
    intact_trace_observer_remove(&b.observer);
    cr_assert_eq(trace.asked, 0);
    cr_assert_eq(trace.wanted, 0);
}

Test(trace, an_observer_is_added_once_and_only_after_it_was_prepared)
{
    struct ear a, b;
    struct trace other = { .wanted = 0 };
    all(&a, 'a');
    cr_assert_eq(trace_add(&trace, &a.observer), -EBUSY);
    cr_assert_eq(trace_add(&other, &a.observer), -EBUSY);
    prepare(&b, 'b', INTACT_TRACE_ALL);
    b.observer.size = 8;
    cr_assert_eq(trace_add(&trace, &b.observer), -EINVAL);
    prepare(&b, 'b', INTACT_TRACE_ALL);
    b.observer.event = NULL;
    cr_assert_eq(trace_add(&trace, &b.observer), -EINVAL);
    intact_trace_observer_remove(&b.observer); // one that does not listen
    intact_trace_observer_remove(&a.observer);
    intact_trace_observer_remove(&a.observer);
    cr_assert_eq(trace_add(&other, &a.observer), 0);
}

static int begin(void *owner)
{
    ++*(unsigned *)owner;
    return *(unsigned *)owner > 2 ? -ENOMEM : 0;
}

Test(trace, the_first_observer_begins_the_trace_and_the_others_do_not)
{
    struct ear a, b;
    unsigned begun = 0;
    trace.begin = begin;
    trace.stamp_owner = &begun;
    all(&a, 'a');
    cr_assert_eq(begun, 1);
    all(&b, 'b');
    cr_assert_eq(begun, 1);
    intact_trace_observer_remove(&a.observer);
    intact_trace_observer_remove(&b.observer);
    all(&a, 'a');
    cr_assert_eq(begun, 2);
    intact_trace_observer_remove(&a.observer);
    cr_assert_eq(trace_add(&trace, &a.observer), -ENOMEM, "what begins it may fail");
    expect("");
}

Test(trace, an_observer_removes_itself_and_others_while_an_event_is_on_its_way)
{
    struct ear ears[4];
    for (unsigned i = 0; i < 4; i++)
        all(&ears[i], (char)('a' + i));
    expect("d0c0b0a0");
    ears[3].removes = &ears[3];
    expect("d0c0b0a0");
    expect("c0b0a0");
    ears[2].removes = &ears[1]; // the next one
    expect("c0a0");
    ears[2].removes = &ears[0]; // the last one
    expect("c0");
    ears[2].removes = &ears[2];
    expect("c0");
    cr_assert_eq(trace.asked, 0);
    cr_assert_null(trace.observers);
}

Test(trace, an_observer_that_is_added_during_an_event_hears_from_the_next_on)
{
    struct ear a, b;
    all(&a, 'a');
    prepare(&b, 'b', INTACT_TRACE_ALL);
    a.adds = &b;
    expect("a0");
    a.adds = NULL;
    expect("b0a0");
    a.adds = a.removes = &b; // removed and added again: it stands before the one that calls
    expect("b0a0");
    expect("b0a0");
}

Test(trace, the_end_removes_all_observers)
{
    struct ear a, b;
    all(&a, 'a');
    all(&b, 'b');
    trace_free(&trace);
    cr_assert_null(trace.observers);
    cr_assert_eq(trace.asked, 0);
    all(&a, 'a');
    trace_free(&trace);
}

static struct intact_trace_event last;

static void keep(void *owner, const struct intact_trace_event *event)
{
    (void)owner;
    last = *event;
}

static void stamp(void *owner, struct intact_trace_event *event)
{
    event->time = *(uint64_t *)owner;
    event->instructions = 7;
}

Test(trace, an_event_carries_its_place_and_the_public_number_of_its_chip)
{
    uint64_t now = 5;
    struct intact_trace_observer observer;
    intact_trace_observer_init(&observer, INTACT_TRACE_ALL, keep, NULL);
    trace = (struct trace){ .first_chip = INTACT_CHIP_GICD, .stamp = stamp, .stamp_owner = &now };
    cr_assert_eq(trace_add(&trace, &observer), 0);
    TRACE(tracing, TRACE_PIN, 3, 2, 9, 1);
    cr_assert_eq(last.id, INTACT_TRACE_PIN);
    cr_assert_eq(last.cpu, 3);
    cr_assert_eq(last.time, 5);
    cr_assert_eq(last.instructions, 7);
    cr_assert_eq(last.a, INTACT_CHIP_GIC_CPU);
    cr_assert_eq(last.b, 9);
    TRACE(tracing, TRACE_EOI, 0, 33, 0, 1);
    cr_assert_eq(last.a, 33);
    cr_assert_eq(last.b, INTACT_CHIP_GICD);
    TRACE(tracing, TRACE_ROUTE, 0, 4, UINT32_MAX, 0);
    cr_assert_eq(last.b, UINT32_MAX, "a message is no chip");
    TRACE(tracing, TRACE_MISTAKE, 0, UINT64_MAX, 0, 0);
    cr_assert_eq(last.a, UINT64_MAX, "nor is a processor");
}

Test(trace, every_event_has_texts_of_its_own)
{
    for (unsigned i = 0; i < INTACT_TRACE_IDS; i++) {
        for (unsigned j = 0; j < i; j++) {
            cr_assert_str_neq(intact_trace_name(i), intact_trace_name(j));
            cr_assert_str_neq(intact_trace_about(i), intact_trace_about(j));
        }
        cr_assert_not_null(intact_trace_argument(i, 0));
    }
    cr_assert_str_eq(intact_trace_name(INTACT_TRACE_ACK), "ack");
    cr_assert_str_eq(intact_trace_argument(INTACT_TRACE_LINE, 1), "level");
    cr_assert_null(intact_trace_argument(INTACT_TRACE_LINE, 2));
    cr_assert_null(intact_trace_argument(INTACT_TRACE_LINE, 3));
    cr_assert_str_eq(intact_trace_name(INTACT_TRACE_IDS), "unknown");
    cr_assert_str_eq(intact_trace_about(INTACT_TRACE_IDS), "unknown");
}

// --- Causes ----------------------------------------------------------------------------------------------------------

static uint64_t cause_at(enum trace_link link, uint32_t number)
{
    TRACE_AT(tracing, link, trace_key(TRACE_AT_CPU, 0, number), TRACE_ACCEPT, 0, 0, 0, 0);
    return last.cause;
}

static void start_causes(struct intact_trace_observer *observer)
{
    intact_trace_observer_init(observer, INTACT_TRACE_ALL, keep, NULL);
    cr_assert_eq(trace_add(&trace, observer), 0);
}

static void raise_at(uint32_t number)
{
    trace_raise(&trace, trace_key(TRACE_AT_CPU, 0, number), TRACE_PIN, 0, 0, 0, 0);
    trace_end(&trace);
}

Test(trace, parts_nest_and_a_raise_within_a_raise_is_the_same)
{
    struct intact_trace_observer observer;
    start_causes(&observer);
    trace_raise(&trace, TRACE_NO_KEY, TRACE_TRIGGER, 0, 0, 0, 0);
    trace_raise(&trace, TRACE_NO_KEY, TRACE_LINE, 0, 0, 0, 0);
    cr_assert_eq(last.cause, 1);
    trace_anew(&trace, TRACE_TIMER, 0, 0, 0, 0);
    cr_assert_eq(last.cause, 2);
    trace_end(&trace);
    TRACE(tracing, TRACE_ROUTE, 0, 0, 0, 0);
    cr_assert_eq(last.cause, 1);
    trace_end(&trace);
    trace_end(&trace);
    TRACE(tracing, TRACE_ROUTE, 0, 0, 0, 0);
    cr_assert_eq(last.cause, 0);
    for (unsigned i = 0; i < 100; i++) // deeper than is kept
        trace_anew(&trace, TRACE_TIMER, 0, 0, 0, 0);
    for (unsigned i = 0; i < 100; i++)
        trace_end(&trace);
    TRACE(tracing, TRACE_ROUTE, 0, 0, 0, 0);
    cr_assert_eq(last.cause, 0);
    trace_free(&trace);
}

Test(trace, what_was_taken_is_not_the_interrupt_of_what_follows)
{
    struct intact_trace_observer observer;
    start_causes(&observer);
    raise_at(1);
    trace_taken(&trace, 0, trace_key(TRACE_AT_CPU, 0, 1));
    TRACE(tracing, TRACE_TAKE, 0, 0, 0, 0);
    cr_assert_eq(last.cause, 1);
    trace_lower(&trace, trace_key(TRACE_AT_CPU, 0, 2), TRACE_LINE, 0, 0, 0, 0); // nobody had raised it
    cr_assert_eq(last.cause, 0);
    trace_end(&trace);
    trace_free(&trace);
}

Test(trace, a_raise_within_a_fall_is_another)
{
    struct intact_trace_observer observer;
    start_causes(&observer);
    raise_at(1);
    trace_lower(&trace, trace_key(TRACE_AT_CPU, 0, 1), TRACE_LINE, 0, 0, 0, 0);
    cr_assert_eq(last.cause, 1);
    raise_at(2);
    cr_assert_eq(last.cause, 2);
    trace_end(&trace);
    trace_free(&trace);
}

Test(trace, the_oldest_causes_are_forgotten_and_no_other)
{
    struct intact_trace_observer observer;
    start_causes(&observer);
    for (uint32_t i = 1; i <= 100000; i++)
        raise_at(i);
    unsigned known = 0;
    for (uint32_t i = 1; i <= 100000; i++) {
        uint64_t cause = cause_at(TRACE_WAITS, i);
        cr_assert(cause == 0 || cause == i);
        known += cause != 0;
    }
    for (uint32_t i = 99001; i <= 100000; i++)
        cr_assert_eq(cause_at(TRACE_WAITS, i), i, "one of the newest");
    cr_assert_geq(known, 4000);
    trace_free(&trace);
}

Test(trace, numbers_go_on_and_places_are_empty_when_observers_come_again)
{
    struct intact_trace_observer observer;
    start_causes(&observer);
    raise_at(1);
    intact_trace_observer_remove(&observer);
    start_causes(&observer);
    cr_assert_eq(cause_at(TRACE_WAITS, 1), 0);
    raise_at(1);
    cr_assert_eq(cause_at(TRACE_WAITS, 1), 2);
    trace_free(&trace);
}

Test(trace, accesses_and_mistakes_are_no_interrupts)
{
    struct intact_trace_observer observer;
    start_causes(&observer);
    trace_raise(&trace, TRACE_NO_KEY, TRACE_LINE, 0, 0, 0, 0);
    TRACE(tracing, TRACE_MISTAKE, 0, 0, 0, 0);
    cr_assert_eq(last.cause, 0);
    TRACE(tracing, TRACE_ACCESS, 0, 0, 0, 0);
    cr_assert_eq(last.cause, 0);
    TRACE(tracing, TRACE_DROP, 0, 0, 0, 0);
    cr_assert_eq(last.cause, 1);
    trace_end(&trace);
    trace_free(&trace);
}
