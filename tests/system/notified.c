// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The command with a second thread beside the machine's, for replay_test.py: it makes a group on the serial port's interrupt,
// signals its notifier at random times of the host, by the call and by writing the notifier's file in turn, destroys the group,
// and makes the next one, until the run ends. The guest's driver is called and finds nothing to do.
//
// The last line says how many interrupts of these groups the guest took.
//
// The linker puts run_notified in the place of intact_machine_run (--wrap).
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include <intact/interrupt.h>
#include <intact/machine.h>

#include "cli/run.h"
#include "machine/machine.h"

struct intact_exit run_notified(struct intact_machine *machine) __asm__("__wrap_intact_machine_run");
struct intact_exit run(struct intact_machine *machine) __asm__("__real_intact_machine_run");

enum { PC_COM1 = 4, VIRT_UART = 1, SIGNALS = 16, PAUSE_NS = 50 * 1000 * 1000 };

struct notified {
    struct intact_machine *machine;
    uint32_t gsi;
    bool level; // as the guest's driver has configured the pin
    unsigned seed;
    atomic_bool over;
    // Of the machine's thread:
    uint64_t cause; // of the last trigger, 0: it was taken
    unsigned triggered, taken;
};

// --- The other thread ------------------------------------------------------------------------------------------------

static void pause_a_little(struct notified *notified)
{
    nanosleep(&(struct timespec){ .tv_nsec = rand_r(&notified->seed) % PAUSE_NS }, NULL);
}

static void check(bool good, const char *what)
{
    if (good)
        return;
    fprintf(stderr, "notified: cannot %s\n", what);
    abort();
}

static void signal_once(struct intact_irq_notifier *notifier, bool by_file)
{
    const uint64_t one = 1;
    if (by_file)
        check(write(intact_irq_notifier_write_fd(notifier), &one, sizeof one) == sizeof one, "write the file");
    else
        check(intact_irq_notifier_signal(notifier) == INTACT_IRQ_OK, "signal");
}

static void use_group(struct notified *notified)
{
    const struct intact_irq_config pin = { .type = INTACT_IRQ_LEGACY,
                                           .chip = INTACT_IRQ_ANY_PIN,
                                           .level = notified->level };
    struct intact_irq_manager *manager = intact_machine_interrupts(notified->machine);
    struct intact_irq_group *group;
    struct intact_irq_notifier *notifier;
    check(intact_irq_manager_create_group(manager, INTACT_IRQ_LEGACY, notified->gsi, 1, &group) == 0, "make a group");
    check(intact_irq_group_notifier(group, 0, &notifier) == INTACT_IRQ_OK, "get its notifier");
    check(intact_irq_group_enable(group, &pin) == INTACT_IRQ_OK, "enable it");
    for (unsigned i = 0; i < SIGNALS && !atomic_load(&notified->over); i++) {
        pause_a_little(notified);
        signal_once(notifier, i % 2);
    }
    pause_a_little(notified);
    intact_irq_manager_destroy_group(manager, group);
}

static void *signal_until_the_end(void *argument)
{
    struct notified *notified = argument;
    while (!atomic_load(&notified->over))
        use_group(notified);
    return NULL;
}

// --- The machine's thread --------------------------------------------------------------------------------------------

// A trigger that joins an interrupt of the serial port itself, or an earlier one, is not counted as taken.
static void count(void *owner, const struct intact_trace_event *event)
{
    struct notified *notified = owner;
    if (event->id == INTACT_TRACE_TRIGGER) {
        if (event->a == notified->gsi) {
            notified->cause = event->cause;
            notified->triggered++;
        }
    } else if (event->cause && event->cause == notified->cause) {
        notified->cause = 0;
        notified->taken++;
    }
}

struct intact_exit run_notified(struct intact_machine *machine)
{
    bool pc = machine->board->config.type == INTACT_PC;
    struct notified notified = { .machine = machine, .gsi = pc ? PC_COM1 : VIRT_UART, .level = !pc };
    struct intact_trace_observer observer;
    pthread_t thread;
    notified.seed = (unsigned)getpid();
    intact_trace_observer_init(
        &observer, INTACT_TRACE_BIT(INTACT_TRACE_TRIGGER) | INTACT_TRACE_BIT(pc ? INTACT_TRACE_TAKE : INTACT_TRACE_ACK),
        count, &notified);
    check(intact_machine_trace(machine, &observer) == 0, "count interrupts");
    check(pthread_create(&thread, NULL, signal_until_the_end, &notified) == 0, "start a thread");
    struct intact_exit end = run(machine);
    atomic_store(&notified.over, true);
    pthread_join(thread, NULL);
    intact_trace_observer_remove(&observer);
    fprintf(stderr, "notified: %u signals, %u interrupts taken\n", notified.triggered, notified.taken);
    return end;
}

int main(int argc, char **argv)
{
    return cli_main(argc, argv);
}
