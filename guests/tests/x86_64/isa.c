// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// ISA lines by the guest's interrupt library, on whichever controller `chip=` names: where they are connected according
// to the firmware's tables, and masking while a handler runs. The lines are driven by the PIT and by the test device.
#include "intr/intr.h"
#include "lib/x86_64/chips.h"

enum { TIMER = 0, CASCADE = 2, LINE = 5, ISA_OF_CASCADE = 9 };

struct user {
    unsigned line;
    bool masks; // holds its own line back
    volatile unsigned taken;
};

static void drive(unsigned line, unsigned level)
{
    outb((uint16_t)(0x2000 + line), (uint8_t)level);
}

static bool tick(void *device)
{
    struct user *user = device;
    user->taken++;
    return true;
}

// The line falls, and the end of interrupt is still to come.
static bool lower(void *device)
{
    struct user *user = device;
    if (user->masks)
        intr_mask_irq(user->line);
    drive(user->line, 0);
    user->taken++;
    return true;
}

static void tell(const char *what, int result)
{
    print("%s: %s\n", what, intr_error_text(result));
}

static void await(const struct user *user, unsigned count)
{
    while (user->taken < count)
        intr_wait(intr_irq_cpu(user->line));
}

static void test_timer(void)
{
    static struct user user = { .line = TIMER };
    tell("IRQ 0, the timer", intr_request_irq(TIMER, &user, tick, INTR_EDGE, false));
    for (unsigned count = 1; count <= 3; count++) {
        pit_start(0, 1193);
        await(&user, count);
    }
    intr_release_irq(TIMER, &user);
    print("%u ticks\n", (uint64_t)user.taken);
}

static void test_cascade(void)
{
    static struct user user = { .line = ISA_OF_CASCADE };
    tell("IRQ 2", intr_request_irq(CASCADE, &user, lower, INTR_LEVEL_HIGH, true));
    tell("the same by its other name, IRQ 9", intr_request_irq(ISA_OF_CASCADE, &user, lower, INTR_LEVEL_HIGH, true));
    drive(ISA_OF_CASCADE, 1);
    await(&user, 1);
    intr_release_irq(CASCADE, &user);
    print("%u from line 9\n", (uint64_t)user.taken);
}

// A chip that cleared all of an entry to mask it would miss the end of the interrupt that is in service.
static void test_mask_in_service(void)
{
    static struct user user = { .line = LINE, .masks = true };
    tell("IRQ 5, a level", intr_request_irq(LINE, &user, lower, INTR_LEVEL_HIGH, true));
    for (unsigned count = 1; count <= 3; count++) {
        drive(LINE, 1);
        await(&user, count);
        drive(LINE, 1);
        interrupts_take();
        print("masked by its handler: %u\n", (uint64_t)user.taken);
        drive(LINE, 0);
        intr_unmask_irq(LINE);
    }
    intr_release_irq(LINE, &user);
}

int guest_main(void)
{
    if (!intr_init((enum intr_kind)argument("chip", INTR_BEST)))
        fail("the machine has no such controller");
    print("%s\n", intr_chip_name());
    test_timer();
    test_cascade();
    test_mask_in_service();
    print("%u unclaimed\n", (uint64_t)intr_unclaimed());
    return EXIT_PASSED;
}
