// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The eight threads with a manager only: this program is the machine thread, has its own chip, and it too triggers and
// reconfigures.
#include "threads/fight.h"

enum { PINS = 24, PIN = 10 };

struct bench {
    struct fight fight; // first: so that it leads here
    bool level;         // of the pin
};

static bool take_message(void *owner, uint64_t address, uint32_t data, uint32_t device)
{
    struct bench *bench = owner;
    if (device == FIGHT_DEVICE) {
        atomic_fetch_add(&bench->fight.handled, 1);
        atomic_store(&bench->fight.work[data - bench->fight.first_data], 0);
    }
    return address == bench->fight.address;
}

static void take_pin(void *owner, uint32_t chip, uint32_t pin, bool level)
{
    struct bench *bench = owner;
    (void)chip, (void)pin;
    bench->level = level;
}

// The handler of the level line: serves the device, then ends the interrupt.
static void serve_line(struct bench *bench)
{
    if (!bench->level)
        return;
    atomic_fetch_add(&bench->fight.handled, 1);
    atomic_store(&bench->fight.line_work, 0);
    intact_irq_manager_eoi(bench->fight.manager, 0, PIN);
}

// Another thread is about to enable the group again.
static void poll_once(struct fight *fight)
{
    intact_irq_manager_poll(fight->manager, 0);
}

static void run_machine(struct bench *bench)
{
    uint32_t random = 99;
    uint64_t now = 0;
    while (atomic_load(&bench->fight.running)) {
        intact_irq_manager_poll(bench->fight.manager, now++);
        for (int i = 0; i < 16; i++)
            trigger_at_random(&bench->fight, &random, poll_once);
        configure_at_random(&bench->fight, &random);
        serve_line(bench);
    }
}

// Everything is let out; what notifiers still hold comes in.
static void quiesce(struct bench *bench)
{
    intact_irq_manager_poll(bench->fight.manager, 0);
    fight_unmask(&bench->fight);
    for (int i = 0; i < 100 && (i == 0 || fight_lost(&bench->fight)); i++) {
        intact_irq_manager_wait(bench->fight.manager, 100000000);
        intact_irq_manager_poll(bench->fight.manager, 0);
        while (bench->level)
            serve_line(bench);
    }
}

int main(void)
{
    static struct bench bench;
    struct fight *fight = &bench.fight;
    const struct intact_irq_output output = {
        .size = sizeof(struct intact_irq_output), .pin = take_pin, .message = take_message, .owner = &bench
    };
    fight->address = 0xfee00000;
    fight->first_data = 1;
    fight->gsi = PIN;
    expect_ok(fight, intact_irq_manager_create(&output, &fight->manager));
    expect_ok(fight, intact_irq_manager_add_chip(fight->manager, 0, PINS));
    expect_ok(fight, intact_irq_manager_route(fight->manager, PIN, 0, PIN));
    fight_open(fight);
    fight_begin(fight);
    run_machine(&bench);
    fight_join(fight);
    quiesce(&bench);
    int status = fight_close(fight, fight_lost(fight));
    return status || intact_irq_manager_destroy(fight->manager) != INTACT_IRQ_OK;
}
