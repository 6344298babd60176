// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The eight threads against a whole machine: a guest on the PC takes every interrupt, reports it through its debug
// port, where the device's work is taken, and ends it. Messages go to its local APIC, the level line by the IOAPIC.
#include <intact/machine.h>

#include "machine/x86_interrupts.h"
#include "threads/fight.h"

// END is the lowest, so that it comes when all others have been; NOBODY is for groups that are created and destroyed.
enum { END = GUEST_FIRST, NOBODY = 0x2f, FIRST = 0x30 };
_Static_assert(FIRST + FIGHT_SOURCES - 1 == GUEST_LAST, "a vector for each source");

struct bench {
    struct fight fight; // first: so that it leads here
    struct intact_machine *machine;
    struct intact_irq_group *end;
    atomic_bool ready;
};

// --- The device's end of the guest's handler -------------------------------------------------------------------------

static void handled(void *owner, uint8_t vector)
{
    struct bench *bench = owner;
    if (vector >= FIRST)
        atomic_store(&bench->fight.work[vector - FIRST], 0);
    else if (vector == GUEST_LINE)
        atomic_store(&bench->fight.line_work, 0);
    else if (vector == END)
        intact_machine_quit(bench->machine);
    else if (vector == GUEST_READY)
        atomic_store(&bench->ready, true);
    if (vector >= FIRST || vector == GUEST_LINE)
        atomic_fetch_add(&bench->fight.handled, 1);
}

// --- The whole -------------------------------------------------------------------------------------------------------

// Signals that notifiers still have are delivered while this thread polls; then the last interrupt is triggered.
static void *conduct(void *argument)
{
    struct bench *bench = argument;
    while (!atomic_load(&bench->ready))
        sched_yield();
    fight_begin(&bench->fight);
    fight_join(&bench->fight);
    fight_unmask(&bench->fight);
    for (int i = 0; i < 1000 && fight_lost(&bench->fight); i++)
        nanosleep(&(struct timespec){ .tv_nsec = 10000000 }, NULL);
    expect_ok(&bench->fight, intact_irq_group_trigger(bench->end, 0));
    return NULL;
}

static void open_end(struct bench *bench)
{
    struct intact_irq_config config = message_of(&bench->fight, 0);
    config.data = END;
    expect_ok(&bench->fight, intact_irq_manager_create_group(bench->fight.manager, INTACT_IRQ_MSIX, INTACT_IRQ_ANY_BASE,
                                                             1, &bench->end));
    expect_ok(&bench->fight, intact_irq_group_enable(bench->end, &config));
}

static int create(struct bench *bench, struct code *code)
{
    struct intact_machine_config config;
    char why[INTACT_ERROR_SIZE];
    intact_machine_config_init(&config);
    config.memory = UINT64_C(16) << 20;
    config.kernel = "guest";
    config.kernel_data = code->bytes;
    config.kernel_size = sizeof code->bytes;
    config.debugcon_port = GUEST_DEBUG_PORT;
    config.debugcon = (struct intact_console){ .write = handled, .owner = bench };
    config.reboot = false;
    config.interactive = true; // a machine whose processor is halted waits for input
    if (intact_machine_create(&config, &bench->machine, why) == 0)
        return 0;
    printf("%s\n", why);
    return -1;
}

int main(void)
{
    static struct bench bench;
    static struct code code;
    pthread_t conductor;
    make_interrupt_guest(&code, false);
    if (create(&bench, &code) < 0)
        return 1;
    bench.fight.manager = intact_machine_interrupts(bench.machine);
    bench.fight.address = 0xfee00000;
    bench.fight.first_data = FIRST;
    bench.fight.gsi = GUEST_GSI;
    fight_open(&bench.fight);
    open_end(&bench);
    pthread_create(&conductor, NULL, conduct, &bench);
    struct intact_exit end = intact_machine_run(bench.machine);
    pthread_join(conductor, NULL);
    unsigned lost = fight_lost(&bench.fight);
    intact_irq_manager_destroy_group(bench.fight.manager, bench.end);
    int status = fight_close(&bench.fight, lost);
    printf("%s after %llu instructions\n", intact_reason_text(end.reason), (unsigned long long)end.instructions);
    intact_machine_destroy(bench.machine);
    return status || end.reason != INTACT_QUIT;
}
