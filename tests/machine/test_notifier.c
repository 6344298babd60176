// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// A notifier on its way into a running guest: whoever writes it, the handler runs within one slice of the loop from the
// moment it is in the inbox, though the guest never halts and does nothing that would look there.
#include <intact/interrupt.h>
#include <intact/machine.h>

#include <criterion/criterion.h>
#include <sched.h>

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

static void run_with(enum intact_irq_notifier_kind kind)
{
    static struct code code;
    struct intact_machine_config config;
    char why[INTACT_ERROR_SIZE];
    const struct intact_irq_config message = { .type = INTACT_IRQ_MSIX, .address_low = 0xfee00000, .data = VECTOR };
    scene = (struct scene){ 0 };
    make_interrupt_guest(&code, true);
    intact_machine_config_init(&config);
    config.memory = UINT64_C(16) << 20;
    config.kernel = "guest";
    config.kernel_data = code.bytes;
    config.kernel_size = sizeof code.bytes;
    config.debugcon_port = GUEST_DEBUG_PORT;
    config.debugcon = (struct intact_console){ .write = told };
    config.reboot = false;
    cr_assert_eq(intact_machine_create(&config, &scene.machine, why), 0, "%s", why);
    struct intact_irq_manager *manager = intact_machine_interrupts(scene.machine);
    cr_assert_eq(intact_irq_manager_create_group(manager, INTACT_IRQ_MSIX, INTACT_IRQ_ANY_BASE, 1, &scene.group), 0);
    cr_assert_eq(intact_irq_group_enable(scene.group, &message), 0);
    cr_assert_eq(intact_irq_notifier_create(kind, &scene.notifier), 0);
    cr_assert_eq(intact_irq_group_set_notifier(scene.group, 0, scene.notifier), 0);
    cr_assert_eq(intact_machine_run(scene.machine).reason, INTACT_QUIT);
    intact_irq_manager_destroy_group(manager, scene.group);
    intact_irq_notifier_destroy(scene.notifier);
    intact_machine_destroy(scene.machine);
    cr_assert_eq(scene.taken, ROUNDS);
    cr_assert_leq(scene.longest, LONGEST_SLICE + HANDLER_BEGIN, "%llu instructions", (unsigned long long)scene.longest);
}

Test(notifier_in_a_guest, reaches_the_handler_within_one_slice, .timeout = 60)
{
    run_with(INTACT_IRQ_NOTIFIER_BEST);
    run_with(INTACT_IRQ_NOTIFIER_PIPE);
}
