// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The guest's interrupt library (intr/) on whichever controller `chip=` names (enum intr_kind), with interrupts of the
// edu device: lines and messages, sharing, masks, errors, and how interrupts are spread over processors.
#include "intr/intr.h"

#include "drivers/edu.h"
#include "lib/pci.h"

static struct edu edu;
static unsigned asked;
static volatile bool chosen;    // intr_init is done
static volatile unsigned ready; // processors that take interrupts, besides the first

static bool not_mine(void *device)
{
    (void)device;
    asked++;
    return false;
}

static void tell(const char *what, int result)
{
    print("%s: %s\n", what, intr_error_text(result));
}

// Takes whatever comes within a millisecond.
static void settle(void)
{
    interrupts_on();
    wait_us(1000);
    interrupts_off();
}

// --- Lines ----------------------------------------------------------------------------------------------------------

static void test_line(void)
{
    tell("edu by its line", edu_open(&edu, false));
    print("identity %x, liveness %x\n", (uint64_t)(edu_identity(&edu) & 0xff),
          (uint64_t)edu_liveness(&edu, 0x12345678));
    edu_raise(&edu, 0x10);
    edu_wait(&edu, 0x10);
    print("5! = %u, %u interrupts\n", (uint64_t)edu_factorial(&edu, 5), (uint64_t)edu.interrupts);
}

static void test_sharing(void)
{
    unsigned pin = pci_pin(edu.devfn);
    static char first, second, third;
    tell("the same device once more", intr_request_irq(pin, &edu, not_mine, INTR_LEVEL_HIGH, true));
    tell("one that does not share", intr_request_irq(pin, &first, not_mine, INTR_LEVEL_HIGH, false));
    // The firmware's tables may give another trigger mode; then both requests have that one.
    tell("one with another trigger", intr_request_irq(pin, &third, not_mine, INTR_EDGE, true));
    intr_release_irq(pin, &third);
    tell("one that shares", intr_request_irq(pin, &first, not_mine, INTR_LEVEL_HIGH, true));
    tell("and another", intr_request_irq(pin, &second, not_mine, INTR_LEVEL_HIGH, true));
    asked = 0;
    edu_raise(&edu, 0x20);
    edu_wait(&edu, 0x20);
    print("the others were asked %u times\n", (uint64_t)asked);
    intr_release_irq(pin, &first);
    intr_release_irq(pin, &second);
    asked = 0;
    edu_raise(&edu, 0x20);
    edu_wait(&edu, 0x20);
    print("and when they are gone %u\n", (uint64_t)asked);
}

static void test_line_mask(void)
{
    unsigned pin = pci_pin(edu.devfn), before = edu.interrupts;
    intr_mask_irq(pin);
    edu_raise(&edu, 0x40);
    settle();
    print("masked: %u interrupts\n", (uint64_t)(edu.interrupts - before));
    intr_unmask_irq(pin);
    edu_wait(&edu, 0x40);
    print("unmasked: %u\n", (uint64_t)(edu.interrupts - before));
    intr_mask_irq(pin);
    intr_unmask_irq(pin);
    settle();
    print("masked and unmasked without a cause: %u\n", (uint64_t)(edu.interrupts - before));
}

static void test_line_errors(void)
{
    static char device;
    tell("a line that there is not", intr_request_irq(4000, &device, not_mine, INTR_EDGE, true));
    edu_close(&edu);
    unsigned before = edu.interrupts;
    edu_raise(&edu, 0x80);
    settle();
    print("released: %u interrupts\n", (uint64_t)(edu.interrupts - before));
    tell("and asked for again", edu_open(&edu, false));
    edu_wait(&edu, 0x80);
    print("what was raised meanwhile has come\n");
    edu_close(&edu);
}

// --- Messages -------------------------------------------------------------------------------------------------------

static void test_message(void)
{
    int result = edu_open(&edu, true);
    tell("edu by message", result);
    if (result < 0)
        return;
    for (unsigned i = 0; i < 3; i++) {
        edu_raise(&edu, 1u << (8 + i));
        edu_wait(&edu, 1u << (8 + i));
    }
    print("7! = %u, %u interrupts\n", (uint64_t)edu_factorial(&edu, 7), (uint64_t)edu.interrupts);
    edu_close(&edu);
}

static unsigned take_all(int *ids, unsigned room, uint32_t cpu)
{
    unsigned count = 0;
    while (count < room && (ids[count] = intr_request_msi(&edu, edu.devfn, not_mine, cpu)) >= 0)
        count++;
    return count;
}

static void give_all(const int *ids, unsigned count)
{
    while (count)
        intr_release_msi(ids[--count]);
}

static void test_balance(void)
{
    int ids[12];
    unsigned count = take_all(ids, 12, INTR_ANY_CPU);
    if (!count)
        return;
    for (unsigned cpu = 0; cpu < processor_count(); cpu++)
        print("processor %u has %u of %u\n", (uint64_t)cpu, (uint64_t)intr_load(cpu), (uint64_t)count);
    int here = intr_request_msi(&edu, edu.devfn, not_mine, processor_count() - 1);
    print("one for the last processor went to %u\n", (uint64_t)intr_msi_cpu(here));
    give_all(&here, 1);
    tell("one for a processor that is not there", intr_request_msi(&edu, edu.devfn, not_mine, PROCESSOR_LIMIT - 1));
    give_all(ids, count);
}

// Allocates until one is refused; then all can be released.
static void test_exhaustion(void)
{
    static int ids[1024];
    unsigned count = take_all(ids, 1024, INTR_ANY_CPU);
    tell("one message more than there are", ids[count]);
    give_all(ids, count);
    unsigned again = take_all(ids, 1024, INTR_ANY_CPU);
    give_all(ids, again);
    print("as many came back: %s\n", again == count ? "yes" : "no");
    count = take_all(ids, 1024, 0);
    tell("one more than the first processor has", ids[count]);
    give_all(ids, count);
}

static void test_crowd(void)
{
    static char crowd[1024];
    unsigned pin = pci_pin(edu.devfn), count = 0;
    int result = INTR_OK;
    while (result == INTR_OK && count < 1024)
        result = intr_request_irq(pin, &crowd[count++], not_mine, INTR_LEVEL_HIGH, true);
    tell("one more to share a line", result);
    while (count--)
        intr_release_irq(pin, &crowd[count]);
    tell("when all have gone", intr_request_irq(pin, &crowd[0], not_mine, INTR_LEVEL_HIGH, false));
    intr_release_irq(pin, &crowd[0]);
}

// Started before the choice: the library cannot start processors with a local APIC in x2APIC mode.
static void take_interrupts(void)
{
    while (!chosen)
        relax();
    intr_cpu_init();
    __atomic_fetch_add(&ready, 1, __ATOMIC_SEQ_CST);
    for (;;)
        interrupts_wait();
}

static void start_processors(void)
{
    for (unsigned cpu = 1; cpu < processor_count(); cpu++)
        if (!processor_run(cpu, take_interrupts))
            fail("a processor does not start");
}

int guest_main(void)
{
    start_processors();
    if (!intr_init((enum intr_kind)argument("chip", INTR_BEST)))
        fail("the machine has no such controller");
    print("%s\n", intr_chip_name());
    chosen = true;
    while (ready < processor_count() - 1)
        relax();
    test_line();
    test_sharing();
    test_line_mask();
    test_line_errors();
    test_message();
    test_balance();
    test_exhaustion();
    test_crowd();
    print("%u unclaimed\n", (uint64_t)intr_unclaimed());
    return EXIT_PASSED;
}
