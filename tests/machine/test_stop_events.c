// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// A run stops at events of an interrupt's path, at accesses of devices and at writes to memory; going back finds the same
// places, in the same state. Neither changes the run.
#include <criterion/criterion.h>
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include <intact/debug.h>
#include <intact/interrupt.h>
#include <intact/replay.h>
#include <intact/snapshot.h>
#include <intact/trace.h>

#include "machine/demo.h"
#include "machine/machine.h"
#include "machine/x86_interrupts.h"

TestSuite(stop_events, .timeout = 120);

static char why[INTACT_ERROR_SIZE];

static struct intact_machine *make_demo(enum intact_machine_type type)
{
    struct intact_machine_config config;
    demo_config(&config, type);
    return demo_make(&config);
}

static uint64_t state_digest(struct intact_machine *machine)
{
    uint64_t digest;
    cr_assert_eq(intact_machine_digest(machine, &digest), 0);
    return digest;
}

// --- Where it stops --------------------------------------------------------------------------------------------------

enum { STOPS = 500, BACK = 20 };

struct stops_seen {
    struct intact_exit end; // of the run
    uint64_t digest;
    unsigned count;
    struct place {
        uint64_t instructions, digest, address;
        unsigned cpu;
    } at[STOPS];
};

static struct place place_of(struct intact_machine *machine, const struct intact_exit *end)
{
    return (struct place){ intact_machine_instructions(machine), state_digest(machine), end->address, end->cpu };
}

static void run_through(struct intact_machine *machine, const char *event, struct stops_seen *seen)
{
    seen->count = 0;
    while ((seen->end = intact_machine_run(machine)).reason == INTACT_BREAK) {
        cr_assert_eq(seen->end.stop, INTACT_STOP_EVENT);
        cr_assert_str_eq(intact_break_event_hit(machine), event);
        cr_assert_lt(seen->count, STOPS);
        seen->at[seen->count++] = place_of(machine, &seen->end);
    }
    cr_assert_str_eq(intact_break_event_hit(machine), "");
    seen->digest = state_digest(machine);
}

static void expect_place(const struct place *place, const struct place *other, const char *event, unsigned n)
{
    cr_assert_eq(place->instructions, other->instructions, "%s: stop %u at %lu, not %lu", event, n,
                 (unsigned long)place->instructions, (unsigned long)other->instructions);
    cr_assert_eq(place->cpu, other->cpu, "%s: stop %u", event, n);
    cr_assert_eq(place->address, other->address, "%s: stop %u", event, n);
    cr_assert_eq(place->digest, other->digest, "%s: stop %u is in another state", event, n);
}

// From the end, back to the last stops, and if these are all, no further.
static void go_back_through(struct intact_machine *machine, const char *event, const struct stops_seen *seen)
{
    struct intact_exit end;
    unsigned last = seen->count > BACK ? seen->count - BACK : 0;
    for (unsigned n = seen->count; n-- > last;) {
        cr_assert_eq(intact_machine_back(machine, event, &end, why), 0, "%s: stop %u: %s", event, n, why);
        cr_assert_eq(end.reason, INTACT_BREAK);
        cr_assert_eq(end.stop, INTACT_STOP_EVENT);
        cr_assert_str_eq(intact_break_event_hit(machine), event);
        struct place place = place_of(machine, &end);
        expect_place(&place, &seen->at[n], event, n);
    }
    if (last)
        return;
    struct place before = place_of(machine, &end);
    cr_assert_eq(intact_machine_back(machine, event, &end, why), -ENOENT, "%s", event);
    struct place after = place_of(machine, &end);
    expect_place(&after, &before, event, 0);
}

static unsigned check(enum intact_machine_type type, const char *event, const struct stops_seen *plain)
{
    static struct stops_seen seen, again;
    struct intact_machine *machine = make_demo(type);
    cr_assert_eq(intact_break_event(machine, event, why), 0, "%s: %s", event, why);
    run_through(machine, event, &seen);
    cr_expect_eq(seen.end.instructions, plain->end.instructions, "%s", event);
    cr_expect_eq(seen.digest, plain->digest, "%s changes the run", event);
    intact_machine_destroy(machine);

    machine = make_demo(type);
    cr_assert_eq(intact_machine_history(machine, UINT64_C(64) << 20, why), 0, "%s", why);
    cr_assert_eq(intact_machine_run(machine).reason, plain->end.reason);
    if (seen.count)
        go_back_through(machine, event, &seen);
    cr_assert_eq(intact_machine_go_to(machine, 0, why), 0, "%s", why);
    cr_assert_eq(intact_break_event(machine, event, why), 0, "%s", why);
    run_through(machine, event, &again); // the same stops in the past
    cr_expect_eq(again.digest, plain->digest, "%s", event);
    cr_assert_eq(again.count, seen.count, "%s", event);
    for (unsigned n = 0; n < seen.count; n++)
        expect_place(&again.at[n], &seen.at[n], event, n);
    intact_machine_destroy(machine);
    return seen.count;
}

static void check_all(enum intact_machine_type type, const char *const *events)
{
    static struct stops_seen plain;
    struct intact_machine *machine = make_demo(type);
    run_through(machine, "", &plain);
    intact_machine_destroy(machine);
    for (; *events; events++)
        cr_expect_gt(check(type, *events, &plain), 0, "%s never stops", *events);
}

Test(stop_events, of_a_pc_are_found_forward_and_backward)
{
    static const char *const events[] = { "raise", "accept",          "deliver",          "deliver,cpu=1", "ack",
                                          "eoi",   "in:0x3f8,size=8", "write:0xfee000b0", "says:e",        NULL };
    check_all(INTACT_PC, events);
}

Test(stop_events, of_virt_are_found_forward_and_backward)
{
    static const char *const events[] = { "raise",     "accept",          "deliver:27", "ack:27", "eoi:27",
                                          "eoi,cpu=1", "write:0x9000000", "says:e",     NULL };
    check_all(INTACT_VIRT, events);
}

// --- The number ------------------------------------------------------------------------------------------------------

struct counted {
    unsigned takes, ends;
    uint64_t vector;
};

static void count(void *owner, const struct intact_trace_event *event)
{
    struct counted *counted = owner;
    counted->vector = counted->vector ? counted->vector : event->a;
    if (event->a == counted->vector)
        ++*(event->id == INTACT_TRACE_TAKE ? &counted->takes : &counted->ends);
}

// The vector that is taken first is found as often as the trace has it.
Test(stop_events, a_vector_stops_as_often_as_it_is_taken)
{
    static struct stops_seen seen;
    char event[64];
    struct counted counted = { .takes = 0 };
    struct intact_trace_observer observer;
    struct intact_machine *machine = make_demo(INTACT_PC);
    intact_trace_observer_init(&observer, INTACT_TRACE_BIT(INTACT_TRACE_TAKE), count, &counted);
    cr_assert_eq(intact_machine_trace(machine, &observer), 0);
    cr_assert_eq(intact_machine_run(machine).reason, INTACT_DEBUG_EXIT);
    intact_machine_destroy(machine);
    cr_assert_gt(counted.takes, 0);

    machine = make_demo(INTACT_PC);
    cr_assert_eq(intact_break_event(machine, "deliver", why), 0, "%s", why);
    cr_expect_eq(intact_machine_run(machine).address, counted.vector, "an event without a number tells it");
    intact_machine_destroy(machine);

    machine = make_demo(INTACT_PC);
    snprintf(event, sizeof event, "deliver:%#llx", (unsigned long long)counted.vector);
    cr_assert_eq(intact_break_event(machine, event, why), 0, "%s", why);
    cr_assert_eq(intact_break_event(machine, "deliver:0xff", why), 0, "%s", why); // it is never taken
    run_through(machine, event, &seen);
    cr_expect_eq(seen.count, counted.takes);
    for (unsigned n = 0; n < seen.count; n++)
        cr_expect_eq(seen.at[n].address, counted.vector);
    intact_machine_destroy(machine);
}

// --- Memory ----------------------------------------------------------------------------------------------------------

static struct code code;

static struct intact_machine *make_code(void)
{
    struct intact_machine *machine;
    struct intact_machine_config config;
    intact_machine_config_init(&config);
    config.memory = UINT64_C(8) << 20;
    config.kernel = "code";
    config.kernel_data = code.bytes;
    config.kernel_size = sizeof code.bytes;
    cr_assert_eq(intact_machine_create(&config, &machine, why), 0, "%s", why);
    return machine;
}

// mov ebx, 3000; mov edi, 0x200000; again: mov [edi], ebx; dec ebx; jnz again; then halts for ever
static void make_stores(void)
{
    code_begin(&code);
    CODE(&code, 0xbb, 0xb8, 0x0b, 0, 0, 0xbf, 0, 0, 0x20, 0, 0x89, 0x1f, 0x4b, 0x75, 0xfb);
    code_halt(&code);
}

Test(stop_events, a_store_to_memory_stops_after_its_instruction)
{
    struct intact_exit end;
    make_stores();
    struct intact_machine *machine = make_code();
    cr_assert_eq(intact_machine_history(machine, UINT64_C(16) << 20, why), 0, "%s", why);
    cr_assert_eq(intact_machine_run_for(machine, 1000).reason, INTACT_PAUSED); // the page is in the TLB
    cr_assert_eq(intact_break_event(machine, "write:0x200003,size=1", why), 0, "%s", why);
    for (uint64_t at = 1002; at < 1030; at += 3) {
        end = intact_machine_run(machine);
        cr_assert_eq(end.reason, INTACT_BREAK);
        cr_assert_eq(end.instructions, at);
    }
    for (uint64_t at = 1029; at > 0; at -= 3) { // it stands behind one
        cr_assert_eq(intact_machine_back(machine, "write:0x200000", &end, why), 0, "%s", why);
        cr_assert_eq(end.instructions, at);
    }
    cr_expect_eq(intact_machine_back(machine, "write:0x200000", &end, why), -ENOENT);
    cr_assert_eq(intact_break_event_remove(machine, "write:0x200003,size=1"), 0);
    cr_assert_eq(intact_break_event(machine, "write:0x200004", why), 0, "%s", why);
    cr_expect_eq(intact_machine_run_for(machine, 5000).reason, INTACT_PAUSED, "other words of the page do not stop");
    intact_machine_destroy(machine);
}

// --- Input -----------------------------------------------------------------------------------------------------------

static void *trigger(void *group)
{
    intact_irq_group_trigger(group, 0);
    return NULL;
}

// What another thread raised is raised again at the same place when the run goes through the past.
Test(stop_events, a_line_that_another_thread_raised_is_found_too)
{
    struct intact_exit end;
    struct intact_irq_group *group;
    const struct intact_irq_config line = { .type = INTACT_IRQ_LEGACY, .chip = INTACT_IRQ_ANY_PIN, .level = true };
    make_interrupt_guest(&code, true);
    struct intact_machine *machine = make_code();
    struct intact_irq_manager *manager = intact_machine_interrupts(machine);
    cr_assert_eq(intact_irq_manager_create_group(manager, INTACT_IRQ_LEGACY, GUEST_GSI, 1, &group), 0);
    cr_assert_eq(intact_irq_group_enable(group, &line), 0);
    cr_assert_eq(intact_machine_history(machine, UINT64_C(16) << 20, why), 0, "%s", why);
    for (unsigned i = 0; i < 10; i++) {
        pthread_t thread;
        cr_assert_eq(intact_machine_run_for(machine, 1000).reason, INTACT_PAUSED);
        cr_assert_eq(pthread_create(&thread, NULL, trigger, group), 0);
        pthread_join(thread, NULL);
    }
    cr_assert_eq(intact_machine_run_for(machine, 1000).reason, INTACT_PAUSED);
    for (uint64_t at = 10000; at; at -= 1000) {
        cr_assert_eq(intact_machine_back(machine, "raise:20", &end, why), 0, "%s", why);
        cr_expect_eq(end.instructions, at);
    }
    cr_expect_eq(intact_machine_back(machine, "raise:20", &end, why), -ENOENT);
    for (uint64_t at = 10000; at; at -= 1000) {
        cr_assert_eq(intact_machine_go_to(machine, at + 500, why), 0, "%s", why);
        cr_assert_eq(intact_machine_back(machine, "deliver:0x28,cpu=0", &end, why), 0, "%s", why);
        cr_expect_eq(end.instructions, at);
        uint64_t rip;
        cr_assert_eq(intact_machine_read_register(machine, 0, "rip", &rip), 0);
        cr_expect_eq(rip, CODE_BASE + STUBS + (GUEST_LINE - GUEST_FIRST) * STUB, "at the handler's first instruction");
    }
    intact_irq_manager_destroy_group(manager, group);
    intact_machine_destroy(machine);
}

// A breakpoint at a handler's first instruction is behind the delivery.
Test(stop_events, back_from_a_handler_to_its_delivery_and_to_its_breakpoint)
{
    struct intact_exit end;
    make_ticking_guest(&code, true, 100000);
    struct intact_machine *machine = make_code();
    const uint64_t stub = CODE_BASE + STUBS + (GUEST_TICK - GUEST_FIRST) * STUB;
    uint64_t rip = 0, at[5];
    cr_assert_eq(intact_machine_history(machine, UINT64_C(16) << 20, why), 0, "%s", why);
    cr_assert_eq(intact_break_add(machine, INTACT_STOP_EXECUTE, stub, 0), 0);
    for (unsigned n = 0; n < 5; n++) {
        end = intact_machine_run(machine);
        cr_assert_eq(end.stop, INTACT_STOP_EXECUTE);
        at[n] = end.instructions;
    }
    for (unsigned n = 4; n-- > 0;) {
        cr_assert_eq(intact_machine_back(machine, NULL, &end, why), 0, "%s", why);
        cr_expect_eq(end.stop, INTACT_STOP_EXECUTE);
        cr_expect_eq(end.instructions, at[n]);
        cr_assert_eq(intact_machine_read_register(machine, 0, "rip", &rip), 0);
        cr_expect_eq(rip, stub, "the machine is in the handler, not before it");
    }
    cr_expect_eq(intact_machine_back(machine, NULL, &end, why), -ENOENT);
    cr_expect_eq(intact_machine_instructions(machine), at[0]);
    cr_assert_eq(intact_machine_run(machine).instructions, at[1]);
    cr_assert_eq(intact_machine_back(machine, "deliver:0x29", &end, why), 0, "%s", why);
    cr_expect_eq(end.instructions, at[1], "the delivery of this handler");
    cr_assert_eq(intact_machine_back(machine, "deliver:0x29", &end, why), 0, "%s", why);
    cr_expect_eq(end.instructions, at[0], "the one before");
    intact_machine_destroy(machine);
}

// --- Instructions ----------------------------------------------------------------------------------------------------

Test(stop_events, at_a_number_of_instructions)
{
    make_stores();
    struct intact_machine *machine = make_code();
    cr_assert_eq(intact_break_event(machine, "instruction:500", why), 0, "%s", why);
    cr_assert_eq(intact_break_event(machine, "instruction:0x64", why), 0, "%s", why);
    struct intact_exit end = intact_machine_run(machine);
    cr_expect_eq(end.stop, INTACT_STOP_EVENT);
    cr_expect_eq(end.instructions, 100);
    cr_expect_str_eq(intact_break_event_hit(machine), "instruction:0x64");
    cr_expect_eq(intact_machine_run_for(machine, 400).stop, INTACT_STOP_EVENT, "at the pause's own place");
    cr_expect_eq(intact_machine_run_for(machine, 100).reason, INTACT_PAUSED);
    intact_machine_destroy(machine);
}

// --- What is refused -------------------------------------------------------------------------------------------------

static void expect_refused(struct intact_machine *machine, const char *event, const char *reason)
{
    cr_expect_eq(intact_break_event(machine, event, why), -EINVAL, "%s", event);
    cr_expect(strstr(why, reason), "'%s' for '%s'", why, event);
    cr_expect_eq(intact_machine_back(machine, event, NULL, why), -EINVAL, "%s", event);
    cr_expect_eq(intact_break_event_remove(machine, event), -ENOENT);
}

Test(stop_events, what_is_no_event_is_refused)
{
    make_stores();
    struct intact_machine *machine = make_code(), *virt = make_demo(INTACT_VIRT);
    cr_expect_eq(intact_machine_back(machine, "raise", NULL, why), -ENOENT);
    cr_expect(strstr(why, "no history"), "%s", why);
    cr_assert_eq(intact_machine_history(machine, UINT64_C(16) << 20, why), 0, "%s", why);
    cr_assert_eq(intact_machine_history(virt, UINT64_C(16) << 20, why), 0, "%s", why);
    expect_refused(machine, "", "is no event");
    expect_refused(machine, "rais:4", "is no event");
    expect_refused(machine, "raise:4:5", "is a number");
    expect_refused(machine, "raise:", "is a number");
    expect_refused(machine, "raise:-1", "is a number");
    expect_refused(machine, "raise:0x10000000000000000", "is a number");
    expect_refused(machine, "raise:4,cpu", "no property");
    expect_refused(machine, "deliver:4,cpu=1", "no CPU 1");
    expect_refused(machine, "raise:4,", "no property");
    expect_refused(machine, "write", "needs the address");
    expect_refused(machine, "write:0xfee000b0,size=0", "no property");
    expect_refused(machine, "write:0xfee000b0,size=4097", "no property");
    expect_refused(machine, "read:0x1000", "is memory");
    expect_refused(machine, "instruction", "needs the number");
    expect_refused(machine, "says", "needs the text");
    expect_refused(machine, "says:", "needs the text");
    expect_refused(machine, "deliver:000000000000000000000000000000000000000000000000000000000001",
                   "is too long: an event has at most 63 characters");
    expect_refused(machine, "says:12345678901234567890123456789012345678901234567890123456789",
                   "is too long: the text of says has at most 58 characters");
    expect_refused(machine, "deliver:256", "at most 0xff");
    expect_refused(machine, "in:0x10000", "at most 0xffff");
    expect_refused(machine, "raise:99999999999", "at most");
    expect_refused(machine, "deliver:0x31,size=4", "only an access");
    expect_refused(machine, "raise:4,cpu=0", "no processor");
    expect_refused(virt, "out:0x3f8", "no I/O ports");
    expect_refused(virt, "eoi:0x1000000", "at most 0xffffff");
    cr_expect_eq(intact_break_event(machine, "raise:nmi", why), 0, "%s", why);
    cr_expect_eq(intact_break_event(machine, "raise:nmi", why), -EEXIST);
    cr_expect_str_eq(intact_break_event_text(machine, 0), "raise:nmi");
    cr_expect_null(intact_break_event_text(machine, 1));
    intact_machine_destroy(machine);
    intact_machine_destroy(virt);
}

Test(stop_events, there_are_sixty_four)
{
    make_stores();
    struct intact_machine *machine = make_code();
    char event[32];
    for (unsigned i = 0; i < 64; i++) {
        snprintf(event, sizeof event, "raise:%u", i);
        cr_assert_eq(intact_break_event(machine, event, why), 0, "%s", why);
    }
    cr_expect_eq(intact_break_event(machine, "raise:64", why), -ENOSPC);
    cr_assert_eq(intact_break_event_remove(machine, "raise:0"), 0);
    cr_expect_eq(intact_break_event(machine, "raise:64", why), 0);
    cr_expect_str_eq(intact_break_event_text(machine, 0), "raise:1");
    intact_machine_destroy(machine);
}
