// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Several processors: PSCI's calls to start, query and stop them (DEN 0022, chapter 5), and interrupts routed to them.
#include "tests/aarch64/lines.h"

static volatile unsigned up, taken_by;
static volatile bool stop;

extern const uint8_t processor_enter[];

static void report(struct frame *frame)
{
    (void)frame;
    uint32_t iar = gic_acknowledge();
    if (gic_intid(iar) != GIC_SPURIOUS) {
        taken_by = processor_self() + 1;
        gic_eoi(iar);
    }
}

static void other(void)
{
    __atomic_fetch_add(&up, 1, __ATOMIC_SEQ_CST);
    while (!stop)
        interrupts_take();
    psci(PSCI_CPU_OFF, 0, 0, 0);
    print("behind CPU_OFF\n");
}

static void calls(void)
{
    print("version at least 0.2: %u\n", (uint64_t)(psci(PSCI_VERSION, 0, 0, 0) >= 2));
    print("CPU_ON of oneself: %u\n", (uint64_t)-psci(PSCI_CPU_ON, processor_affinity(0), 0, 0));
    print("CPU_ON of one that is not there: %u\n", (uint64_t)-psci(PSCI_CPU_ON, 0xff00, 0, 0));
    print("AFFINITY_INFO of oneself: %u\n", (uint64_t)psci(PSCI_AFFINITY_INFO, processor_affinity(0), 0, 0));
    print("AFFINITY_INFO of one that is not there: %u\n", (uint64_t)-psci(PSCI_AFFINITY_INFO, 0xff00, 0, 0));
    print("an unknown call: %u\n", (uint64_t)-psci(0x8400ff00, 0, 0, 0));
}

static uint64_t state(unsigned processor)
{
    return (uint64_t)psci(PSCI_AFFINITY_INFO, processor_affinity(processor), 0, 0);
}

static void start_all(void)
{
    for (unsigned i = 1; i < processor_count(); i++) {
        print("processor %u: state %u", (uint64_t)i, state(i));
        if (!processor_run(i, other))
            fail("a processor does not start");
        while (up < i)
            relax();
        print(", started, state %u, CPU_ON again: %u\n", state(i),
              (uint64_t)-psci(PSCI_CPU_ON, processor_affinity(i), (uint64_t)processor_enter, i));
    }
}

static void routing(void)
{
    lines_init();
    for (unsigned i = 0; i < processor_count(); i++) {
        taken_by = 0;
        gic_set_target(LINE_A, i);
        raise(LINE_A);
        while (!taken_by)
            interrupts_take();
        print("SPI to processor %u: taken by %u\n", (uint64_t)i, (uint64_t)taken_by - 1);
    }
}

static void stop_all(void)
{
    stop = true;
    for (unsigned i = 1; i < processor_count(); i++) {
        while (state(i) == 0)
            relax();
        print("processor %u: state %u\n", (uint64_t)i, state(i));
    }
    stop = false;
    up = 0;
    bool again = processor_run(1, other);
    while (!up)
        relax();
    print("processor 1 once more: %u\n", (uint64_t)again);
}

int guest_main(void)
{
    on_trap(VECTOR_IRQ, report);
    print("%u processors\n", (uint64_t)processor_count());
    calls();
    start_all();
    routing();
    stop_all();
    return EXIT_PASSED;
}
