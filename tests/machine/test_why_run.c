// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Whole machines that are asked in the middle of a guest's run, everywhere, about everything: nothing changes, no answer is
// empty, and an interrupt without a gate is taken next.
#include "answer.h"

#include <intact/debug.h>
#include <intact/replay.h>
#include <intact/trace.h>

#include "base/bits.h"
#include "machine/arm64_code.h"
#include "machine/demo.h"
#include "machine/x86_interrupts.h"

enum { STOPS = 40, CPUS = 4 };

static struct intact_machine *machine;
static char why[INTACT_ERROR_SIZE];

TestSuite(why_run, .timeout = 120);

static const enum intact_machine_type types[] = { INTACT_PC, INTACT_VIRT };

static void make_demo(enum intact_machine_type type)
{
    static const struct intact_device_config devices[] = { { "edu" }, { "virtio-rng-pci" } };
    struct intact_machine_config config;
    demo_config(&config, type);
    config.devices = devices;
    config.device_count = 2;
    machine = demo_make(&config);
}

static uint64_t digest(void)
{
    uint64_t result;
    cr_assert_eq(intact_machine_digest(machine, &result), 0);
    return result;
}

// The run goes on until all processors have executed so many instructions; false: it has ended before.
static bool run_to(uint64_t instructions, struct intact_exit *end)
{
    char event[48];
    snprintf(event, sizeof event, "instruction:%llu", (unsigned long long)instructions);
    cr_assert_eq(intact_break_event(machine, event, why), 0, "%s", why);
    *end = intact_machine_run(machine);
    intact_break_event_remove(machine, event);
    return end->reason == INTACT_BREAK;
}

// --- The answer of one source ----------------------------------------------------------------------------------------

struct found {
    struct answer answer;
    bool line_high;  // the first finding
    unsigned taking; // the processors that take it next, as bits
};

static void note(void *owner, const struct intact_why_finding *finding)
{
    struct found *found = owner;
    if (!found->answer.text[0])
        found->line_high = finding->reason == INTACT_WHY_LINE_HIGH;
    answer_add(&found->answer, finding);
    if (finding->reason == INTACT_WHY_CPU_TAKES)
        found->taking |= 1u << finding->value[0];
}

static void ask(const char *source, struct found *found)
{
    memset(found, 0, sizeof *found);
    cr_assert_eq(intact_machine_why(machine, source, note, found, why), 0, "%s: %s", source, why);
    cr_assert(found->answer.text[0], "%s has no answer", source);
    if (found->line_high)
        cr_assert(found->answer.gates || found->answer.places > 1, "%s is high, and no more", source);
}

// Processors that take an interrupt next, as the answers to all sources have it.
static unsigned ask_all(void)
{
    static struct found found;
    char name[96];
    unsigned taking = 0, count = 0;
    for (; intact_machine_source(machine, count, name, sizeof name); count++) {
        ask(name, &found);
        taking |= found.taking;
    }
    cr_assert_gt(count, 3u);
    return taking;
}

// --- Nothing changes -------------------------------------------------------------------------------------------------

static void check_run(enum intact_machine_type type, const struct intact_exit *alone, uint64_t alone_digest)
{
    struct intact_exit end;
    uint64_t step = alone->instructions / STOPS + 1, at = step;
    make_demo(type);
    for (; run_to(at, &end); at += step) {
        uint64_t before = digest();
        ask_all();
        cr_assert_eq(digest(), before, "asked after %llu instructions", (unsigned long long)at);
        cr_assert_eq(intact_machine_instructions(machine), at);
    }
    cr_expect_eq(end.reason, alone->reason);
    cr_expect_eq(end.status, alone->status);
    cr_expect_eq(end.instructions, alone->instructions);
    cr_expect_eq(digest(), alone_digest);
    intact_machine_destroy(machine);
}

Test(why_run, a_run_that_is_asked_everywhere_is_the_same)
{
    for (unsigned i = 0; i < countof(types); i++) {
        make_demo(types[i]);
        struct intact_exit alone = intact_machine_run(machine);
        uint64_t alone_digest = digest();
        intact_machine_destroy(machine);
        cr_assert_gt(alone.instructions, 1000u);
        check_run(types[i], &alone, alone_digest);
    }
}

// --- What has no gate is taken ---------------------------------------------------------------------------------------

struct heard {
    unsigned taken[CPUS];
};

static void hear(void *owner, const struct intact_trace_event *event)
{
    struct heard *heard = owner;
    if (event->cpu < CPUS)
        heard->taken[event->cpu]++;
}

// The processor that an answer names takes an interrupt before its next instruction.
static bool check_stop(const struct heard *heard)
{
    unsigned taking = ask_all();
    for (unsigned cpu = 0; cpu < CPUS; cpu++)
        if (taking >> cpu & 1) {
            unsigned before = heard->taken[cpu];
            uint64_t at = intact_machine_instructions(machine);
            intact_machine_step(machine, cpu);
            cr_assert_gt(heard->taken[cpu], before, "CPU %u takes nothing after %llu instructions", cpu,
                         (unsigned long long)at);
            return true;
        }
    return false;
}

// Stops after 1 to `step` instructions each time, up to `last`. How often an answer named a processor.
static unsigned check_takes(uint64_t last, uint64_t step)
{
    static struct heard heard;
    struct intact_trace_observer observer;
    struct intact_exit end;
    uint64_t random = 1;
    unsigned seen = 0;
    memset(&heard, 0, sizeof heard);
    intact_trace_observer_init(&observer, INTACT_TRACE_BIT(INTACT_TRACE_TAKE), hear, &heard);
    cr_assert_eq(intact_machine_trace(machine, &observer), 0);
    for (uint64_t at = 0; at < last; at = intact_machine_instructions(machine)) {
        random = random * UINT64_C(6364136223846793005) + 1442695040888963407;
        if (!run_to(at + 1 + (random >> 33) % step, &end))
            break;
        seen += check_stop(&heard);
    }
    intact_trace_observer_remove(&observer);
    intact_machine_destroy(machine);
    return seen;
}

static void make(enum intact_machine_type type, const void *bytes, size_t size)
{
    struct intact_machine_config config;
    intact_machine_config_init(&config);
    config.type = type;
    config.memory = UINT64_C(8) << 20;
    config.kernel = "code";
    config.kernel_data = bytes;
    config.kernel_size = size;
    machine = demo_make(&config);
}

// Ticks every 500 ns, which it takes with interrupts on for some instructions of each round.
static void make_ticking(void)
{
    static struct code code;
    code_begin(&code);
    make_start(&code);
    store(&code, LAPIC_DIVIDE, 0xb); // by 1
    store(&code, LAPIC_TIMER, LAPIC_PERIODIC | GUEST_TICK);
    store(&code, LAPIC_COUNT, 500);
    CODE(&code, 0xfb, 0x90, 0x90, 0xfa, 0x90, 0x90, 0x90, 0xeb, 0xf7); // again: sti; nop; nop; cli; nop x3; jmp again
    make_stubs(&code);
    make_handler(&code);
    make_tables(&code);
    make(INTACT_PC, code.bytes, sizeof code.bytes);
}

// The virtual timer of code_timer3 after 21 ticks, and the same in place of WFI. Without a handler: it is taken once.
static void make_timer(void)
{
    enum { READY = 19, TICKS = 15 };
    static const uint32_t round[] = {
        0xd50342ff, // msr DAIFClr, #2
        0xd503201f, // nop
        0xd50342df, // msr DAIFSet, #2
        0xd503201f, // nop
        0xd503201f, // nop
        0xd503201f, // nop
        0xd503201f, // nop
        0xd503201f, // nop
        0x17fffff8, // b 0
    };
    static uint32_t code[READY + countof(round)];
    memcpy(code, code_timer3, READY * sizeof *code);
    memcpy(code + READY, round, sizeof round);
    code[TICKS] = 0xd28002a1; // mov x1, #21: it fires while IRQs are masked
    make(INTACT_VIRT, code, sizeof code);
}

Test(why_run, an_interrupt_without_a_gate_is_taken_next)
{
    make_ticking();
    cr_expect_gt(check_takes(20000, 1), 10u);
    make_timer();
    cr_expect_eq(check_takes(2000, 1), 1u);
}

Test(why_run, an_answer_is_right_anywhere_in_a_guest)
{
    for (unsigned i = 0; i < countof(types); i++) {
        make_demo(types[i]);
        struct intact_exit end = intact_machine_run(machine);
        intact_machine_destroy(machine);
        make_demo(types[i]);
        check_takes(end.instructions, end.instructions / 1000 + 1);
    }
}
