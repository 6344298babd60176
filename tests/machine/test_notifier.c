// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// A notifier of a running guest: whichever thread or process writes it, the handler runs within one slice of the loop
// from the moment it is in the inbox, although the guest never halts or accesses a device; and one that halts waits for
// it.
#include <intact/interrupt.h>
#include <intact/machine.h>

#include <criterion/criterion.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "base/state.h"
#include "machine/machine.h"
#include "machine/x86_interrupts.h"
#include "vcpu/loop.h"

enum { VECTOR = 0x40, ROUNDS = 20, HANDLER_BEGIN = 8 }; // the handler's instructions up to its OUT, and some

static struct scene {
    struct intact_machine *machine;
    struct intact_irq_group *group;
    struct intact_irq_notifier *notifier;
    uint64_t written; // instructions executed when the inbox had it
    uint64_t longest;
    unsigned taken;
} scene;

// Within the guest's own OUT: no instruction passes here.
static void write_notifier(void)
{
    cr_assert_eq(intact_irq_notifier_signal(scene.notifier), INTACT_IRQ_OK);
    while (intact_irq_group_pending(scene.group, 0) == 0)
        sched_yield();
    scene.written = intact_machine_instructions(scene.machine);
}

static void told(void *owner, uint8_t vector)
{
    (void)owner;
    uint64_t now = intact_machine_instructions(scene.machine);
    if (vector == VECTOR) {
        scene.taken++;
        if (now - scene.written > scene.longest)
            scene.longest = now - scene.written;
    }
    if (scene.taken < ROUNDS)
        write_notifier();
    else
        intact_machine_quit(scene.machine);
}

static void open_scene(bool spins, void (*write)(void *owner, uint8_t byte))
{
    static struct code code;
    struct intact_machine_config config;
    char why[INTACT_ERROR_SIZE];
    const struct intact_irq_config message = { .type = INTACT_IRQ_MSIX, .address_low = 0xfee00000, .data = VECTOR };
    scene = (struct scene){ 0 };
    make_interrupt_guest(&code, spins);
    intact_machine_config_init(&config);
    config.memory = UINT64_C(16) << 20;
    config.kernel = "guest";
    config.kernel_data = code.bytes;
    config.kernel_size = sizeof code.bytes;
    config.debugcon_port = GUEST_DEBUG_PORT;
    config.debugcon = (struct intact_console){ .write = write };
    config.reboot = false;
    config.hpet = false;
    cr_assert_eq(intact_machine_create(&config, &scene.machine, why), 0, "%s", why);
    struct intact_irq_manager *manager = intact_machine_interrupts(scene.machine);
    cr_assert_eq(intact_irq_manager_create_group(manager, INTACT_IRQ_MSIX, INTACT_IRQ_ANY_BASE, 1, &scene.group), 0);
    cr_assert_eq(intact_irq_group_enable(scene.group, &message), 0);
}

static void attach_notifier(enum intact_irq_notifier_kind kind)
{
    cr_assert_eq(intact_irq_notifier_create(kind, &scene.notifier), 0);
    cr_assert_eq(intact_irq_group_set_notifier(scene.group, 0, scene.notifier), 0);
}

static void close_scene(void)
{
    intact_irq_manager_destroy_group(intact_machine_interrupts(scene.machine), scene.group);
    intact_irq_notifier_destroy(scene.notifier);
    intact_machine_destroy(scene.machine);
}

static void run_with(enum intact_irq_notifier_kind kind)
{
    open_scene(true, told);
    attach_notifier(kind);
    cr_assert_eq(intact_machine_run(scene.machine).reason, INTACT_QUIT);
    close_scene();
    cr_assert_eq(scene.taken, ROUNDS);
    cr_assert_leq(scene.longest, LONGEST_SLICE + HANDLER_BEGIN, "%llu instructions", (unsigned long long)scene.longest);
}

Test(notifier_in_a_guest, reaches_the_handler_within_one_slice, .timeout = 60)
{
    run_with(INTACT_IRQ_NOTIFIER_BEST);
    run_with(INTACT_IRQ_NOTIFIER_PIPE);
}

// --- A guest that halts ----------------------------------------------------------------------------------------------

static void count_taken(void *owner, uint8_t vector)
{
    (void)owner;
    scene.taken += vector == VECTOR;
}

// Time for a machine that does not wait to end.
static void nap(void)
{
    nanosleep(&(struct timespec){ .tv_nsec = 30000000 }, NULL);
}

static void *signal_thrice_and_leave(void *argument)
{
    const uint64_t one = 1;
    (void)argument;
    for (int i = 0; i < 3; i++) {
        nap();
        if (intact_irq_notifier_write_fd(scene.notifier) < 0)
            intact_irq_notifier_signal(scene.notifier);
        else if (write(intact_irq_notifier_write_fd(scene.notifier), &one, sizeof one) != (ssize_t)sizeof one)
            return NULL;
    }
    nap();
    intact_irq_group_set_notifier(scene.group, 0, NULL); // nothing more will come
    return NULL;
}

Test(notifier_in_a_guest, a_guest_that_halts_is_waited_for_while_a_notifier_is_attached, .timeout = 60)
{
    static const enum intact_irq_notifier_kind kinds[] = { INTACT_IRQ_NOTIFIER_BEST, INTACT_IRQ_NOTIFIER_PIPE,
                                                           INTACT_IRQ_NOTIFIER_CALLBACK };
    for (unsigned i = 0; i < 3; i++) {
        pthread_t thread;
        open_scene(false, count_taken);
        attach_notifier(kinds[i]);
        pthread_create(&thread, NULL, signal_thrice_and_leave, NULL);
        cr_expect_eq(intact_machine_run(scene.machine).reason, INTACT_DEADLOCK, "without a notifier nothing can come");
        pthread_join(thread, NULL);
        cr_expect_eq(scene.taken, 3);
        close_scene();
    }
}

// --- A saved state ---------------------------------------------------------------------------------------------------

static void visit_whole(void *board, struct visit *v)
{
    board_visit(board, v);
}

struct file {
    void *data;
    size_t size;
};

static struct file save(struct intact_machine *machine)
{
    const struct state_list list = { visit_whole, machine_board(machine) };
    struct file file = { .size = state_save(&list, NULL, 0) };
    file.data = malloc(file.size);
    cr_assert_eq(state_save(&list, file.data, file.size), file.size);
    return file;
}

static void load(struct intact_machine *machine, const struct file *file)
{
    struct error error;
    struct board *board = machine_board(machine);
    cr_assert_eq(state_load(&(struct state_list){ visit_whole, board }, file->data, file->size, &error), 0, "%s",
                 error.text);
    board_loaded(board);
}

static void take_and_quit(void *owner, uint8_t vector)
{
    count_taken(owner, vector);
    intact_machine_quit(scene.machine); // when it is ready, too
}

static void run_until_taken(unsigned taken)
{
    cr_assert_eq(intact_machine_run(scene.machine).reason, INTACT_QUIT);
    cr_assert_eq(scene.taken, taken);
}

static void *signal_now(void *argument)
{
    intact_irq_notifier_signal(argument);
    return NULL;
}

static void signal_elsewhere(void)
{
    pthread_t thread;
    pthread_create(&thread, NULL, signal_now, scene.notifier);
    pthread_join(thread, NULL);
}

static void *signal_later(void *argument)
{
    nap();
    return signal_now(argument);
}

// The notifier itself is no part of the state: it stays attached, and works after a load as before. What it has made
// pending is part of it; what is still in the inbox is input of the machine that it was sent to, and comes after a load.
static void check_loads(const struct file *idle, const struct file *pending)
{
    pthread_t thread;
    load(scene.machine, pending);
    cr_assert_eq(intact_irq_group_pending(scene.group, 0), 1);
    cr_assert_eq(intact_irq_group_unmask(scene.group, 0), 0);
    run_until_taken(1);
    pthread_create(&thread, NULL, signal_later, scene.notifier); // while the guest halts
    run_until_taken(2);
    pthread_join(thread, NULL);
    load(scene.machine, idle);
    cr_assert_eq(intact_irq_group_pending(scene.group, 0), 0);
    signal_elsewhere();
    run_until_taken(3);
    signal_elsewhere();
    load(scene.machine, idle);
    run_until_taken(4);
    signal_elsewhere();
    load(scene.machine, pending);
    cr_assert_eq(intact_irq_group_unmask(scene.group, 0),
                 0); // the saved one goes out, and the one in the inbox after it
    run_until_taken(5);
    load(scene.machine, idle);
    cr_assert_eq(intact_irq_group_pending(scene.group, 0), 0);
}

Test(notifier_in_a_guest, a_state_is_saved_and_loaded_while_it_is_attached, .timeout = 60)
{
    static const enum intact_irq_notifier_kind kinds[] = { INTACT_IRQ_NOTIFIER_BEST, INTACT_IRQ_NOTIFIER_PIPE,
                                                           INTACT_IRQ_NOTIFIER_CALLBACK };
    for (unsigned i = 0; i < 3; i++) {
        open_scene(false, take_and_quit);
        attach_notifier(kinds[i]);
        run_until_taken(0); // until the guest is ready
        struct file idle = save(scene.machine);
        cr_assert_eq(intact_irq_group_mask(scene.group, 0), 0);
        signal_elsewhere();
        intact_irq_manager_poll(intact_machine_interrupts(scene.machine), 0);
        struct file pending = save(scene.machine);
        check_loads(&idle, &pending);
        close_scene();
        open_scene(false, take_and_quit); // another machine with a notifier of its own
        attach_notifier(kinds[i]);
        check_loads(&idle, &pending);
        close_scene();
        free(idle.data);
        free(pending.data);
    }
}

// --- The end of the machine ------------------------------------------------------------------------------------------

static unsigned open_descriptors(void)
{
    unsigned count = 0;
    for (int fd = 0; fd < 1024; fd++)
        count += fcntl(fd, F_GETFD) >= 0;
    return count;
}

// The sanitizer finds a thread that goes on in freed memory; the thread that reads notifiers would be one. Without a
// sanitizer its descriptors tell.
Test(notifier_in_a_guest, a_machine_ends_the_groups_that_are_left, .timeout = 60)
{
    const uint64_t one = 1;
    struct intact_irq_notifier *resample;
    struct intact_irq_group *line;
    const struct intact_irq_config level = { .type = INTACT_IRQ_LEGACY, .chip = INTACT_IRQ_ANY_PIN, .level = true };
    const unsigned before = open_descriptors();
    open_scene(false, count_taken);
    attach_notifier(INTACT_IRQ_NOTIFIER_PIPE);
    struct intact_irq_manager *manager = intact_machine_interrupts(scene.machine);
    cr_assert_eq(intact_irq_manager_create_group(manager, INTACT_IRQ_LEGACY, GUEST_GSI, 1, &line), 0);
    cr_assert_eq(intact_irq_group_enable(line, &level), 0);
    intact_irq_notifier_create(INTACT_IRQ_NOTIFIER_BEST, &resample);
    intact_irq_group_set_resample(line, 0, resample);
    intact_irq_group_set_level(line, 0, true);
    intact_machine_destroy(scene.machine);
    cr_expect_eq(write(intact_irq_notifier_write_fd(scene.notifier), &one, sizeof one), (ssize_t)sizeof one);
    nap();
    cr_expect(intact_irq_notifier_consume(scene.notifier), "nobody else reads it any more");
    cr_expect_eq(intact_irq_notifier_destroy(scene.notifier), INTACT_IRQ_OK);
    cr_expect_eq(intact_irq_notifier_destroy(resample), INTACT_IRQ_OK);
    cr_expect_eq(open_descriptors(), before, "what the thread had open is closed");
}
