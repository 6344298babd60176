// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// ITS whose commands take time: what software sees if it waits for them, and if it does not.
#include "test_its.h"

enum { COMMAND_NS = 100, CTLR_QUIESCENT_BIT = 31 };

static uint64_t told;
static unsigned tellings;

static void on_deadline(void *owner, uint64_t when)
{
    (void)owner;
    cr_assert_neq(when, told, "told though nothing changed");
    told = when;
    tellings++;
}

// As rig_mapped, and from now on each command takes 100 ns.
static struct rig *rig_slow(void)
{
    struct rig *rig = rig_mapped();
    rig->irq.config.deadline = on_deadline;
    rig->irq.its.command_ns = COMMAND_NS;
    told = CLOCK_NEVER;
    tellings = 0;
    return rig;
}

static uint64_t read_at(struct rig *rig, uint64_t offset, uint64_t now)
{
    return arm_irq_read(&rig->frame[ARM_IRQ_WINDOW_ITS], offset, offset == CTLR ? 4 : 8, now);
}

static void write_at(struct rig *rig, uint64_t offset, uint64_t value, uint64_t now)
{
    arm_irq_write(&rig->frame[ARM_IRQ_WINDOW_ITS], offset, offset == CTLR ? 4 : 8, value, now);
}

// Two commands at 1000 ns: INT of the event, CLEAR of it.
static uint32_t two_commands(struct rig *rig)
{
    uint32_t first = (uint32_t)its_get(rig, CWRITER), offset = first;
    queue(rig, &offset, ITS_INT | UINT64_C(5) << 32, 3, 0, 0);
    queue(rig, &offset, ITS_CLEAR | UINT64_C(5) << 32, 3, 0, 0);
    write_at(rig, CWRITER, offset, 1000);
    return first;
}

Test(its_time, commands_are_done_one_after_the_other)
{
    struct rig *rig = rig_slow();
    uint32_t first = two_commands(rig);
    cr_assert_eq(told, 1100);
    cr_assert_eq(read_at(rig, CREADR, 1099), first);
    cr_assert_eq(rig->pending[1], 0, "not yet");
    arm_irq_timer(&rig->irq, 1100);
    cr_assert_eq(rig->pending[1], PENDING_IRQ);
    cr_assert_eq(told, 1200);
    cr_assert_eq(read_at(rig, CREADR, 1199), first + 32);
    arm_irq_timer(&rig->irq, 1200);
    cr_assert_eq(rig->pending[1], 0);
    cr_assert_eq(told, CLOCK_NEVER);
    cr_assert_eq(tellings, 3);
    cr_assert_eq(read_at(rig, CREADR, 1200), first + 64);
    rig_free(rig);
}

Test(its_time, a_late_look_finds_what_was_done_meanwhile)
{
    struct rig *rig = rig_slow();
    uint32_t first = two_commands(rig);
    cr_assert_eq(read_at(rig, CREADR, 5000), first + 64);
    cr_assert_eq(told, CLOCK_NEVER);
    rig_free(rig);
}

Test(its_time, a_translation_is_the_old_one_until_its_command_is_done)
{
    struct rig *rig = rig_slow();
    uint32_t offset = (uint32_t)its_get(rig, CWRITER);
    queue(rig, &offset, ITS_MOVI | UINT64_C(5) << 32, 3, 2, 0);
    write_at(rig, CWRITER, offset, 0);
    cr_assert(send(rig, 5, 3));
    cr_assert_eq(rig->pending[1], PENDING_IRQ, "whoever does not wait has it here");
    cr_assert_eq(rig_take(rig, 1), 8203);
    arm_irq_timer(&rig->irq, 100);
    cr_assert(send(rig, 5, 3));
    cr_assert_eq(rig->pending[2], PENDING_IRQ);
    rig_free(rig);
}

Test(its_time, a_disabled_its_is_quiescent_when_the_command_under_way_is_done)
{
    struct rig *rig = rig_slow();
    uint32_t first = two_commands(rig);
    write_at(rig, CTLR, 0, 1050);
    cr_assert_eq(read_at(rig, CTLR, 1099), 0, "not quiescent");
    write_at(rig, CBASER, 0, 1099);
    cr_assert_eq(rig->irq.its.mistakes[GIC_MISTAKE_ENABLED], 1, "the queue is in use");
    arm_irq_timer(&rig->irq, 1100);
    cr_assert_eq(read_at(rig, CTLR, 1100), BIT32(CTLR_QUIESCENT_BIT));
    cr_assert_eq(read_at(rig, CREADR, 9000), first + 32, "the second one waits");
    cr_assert_eq(told, CLOCK_NEVER);
    write_at(rig, CTLR, 1, 9000);
    cr_assert_eq(told, 9100);
    rig_free(rig);
}

Test(its_time, a_command_that_is_taken_back_is_not_done)
{
    struct rig *rig = rig_slow();
    uint32_t first = two_commands(rig);
    write_at(rig, CWRITER, first, 1050);
    arm_irq_timer(&rig->irq, 1100);
    cr_assert_eq(read_at(rig, CREADR, 1100), first);
    cr_assert_eq(rig->pending[1], 0);
    cr_assert_eq(told, CLOCK_NEVER);
    rig_free(rig);
}

Test(its_time, a_reset_ends_what_was_under_way)
{
    struct rig *rig = rig_slow();
    two_commands(rig);
    arm_irq_reset(&rig->irq);
    cr_assert_eq(told, CLOCK_NEVER);
    rig_free(rig);
}

Test(its_time, a_loaded_its_goes_on_at_the_same_moment)
{
    struct rig *rig = rig_slow(), *other = rig_slow();
    struct visit_save save;
    struct visit_load load;
    two_commands(rig);
    visit_save_init(&save);
    arm_irq_visit(&rig->irq, &save.visit);
    visit_load_init(&load, save.data, save.size);
    arm_irq_visit(&other->irq, &load.visit);
    memcpy(rig_memory(other), rig_memory(rig), RIG_MEMORY);
    for (unsigned i = 0; i < 3; i++)
        other->pending[i] = UINT32_MAX;
    told = 0;
    arm_irq_loaded(&other->irq);
    cr_assert_eq(told, 1100);
    arm_irq_timer(&other->irq, 1100);
    cr_assert_eq(other->pending[1], PENDING_IRQ);
    free(save.data);
    rig_free(rig);
    rig_free(other);
}

// --- Commands without a time of their own ---------------------------------------------------------------------------

// The frame is not read again: the guest sleeps until the interrupt of an INT after a queue that is long, or that takes
// long.
static void sleep_until(struct rig *rig, enum its_command command, unsigned count)
{
    uint32_t offset = 0;
    enable(rig, false);
    its_put(rig, CBASER, VALID | QUEUE | 255);
    its_put(rig, CWRITER, 0);
    for (; offset < count * 32; offset += 32) {
        memset(at(rig, QUEUE + offset), 0, 32);
        bytes_put(at(rig, QUEUE + offset), 8, command);
    }
    memset(at(rig, QUEUE + offset), 0, 32);
    bytes_put(at(rig, QUEUE + offset), 8, ITS_INT | UINT64_C(5) << 32);
    bytes_put(at(rig, QUEUE + offset + 8), 8, 3);
    enable(rig, true);
    cr_assert_eq(rig->deadline, CLOCK_NEVER);
    write_at(rig, CWRITER, offset + 32, 1000);
    cr_assert_eq(rig->pending[1], 0, "an access does a portion");
    for (uint64_t now = 1000; rig->deadline != CLOCK_NEVER; now = rig->deadline) {
        cr_assert_leq(rig->deadline, now + ITS_PORTION_NS);
        arm_irq_timer(&rig->irq, rig->deadline - 1);
        arm_irq_timer(&rig->irq, rig->deadline);
    }
    cr_assert_eq(rig_take(rig, 1), 8203);
    cr_assert_eq(rig->irq.its.creadr, offset + 32);
}

Test(its_time, a_long_queue_goes_on_by_itself)
{
    struct rig *rig = rig_mapped();
    sleep_until(rig, ITS_SYNC, 9000);
    sleep_until(rig, ITS_INVALL, 40);
    rig_free(rig);
}

Test(its_time, a_portion_is_8192_commands)
{
    struct rig *rig = rig_mapped();
    enable(rig, false);
    its_put(rig, CBASER, VALID | QUEUE | 255);
    its_put(rig, CWRITER, 0);
    for (uint32_t offset = 0; offset < 20000 * 32; offset += 32) {
        memset(at(rig, QUEUE + offset), 0, 32);
        bytes_put(at(rig, QUEUE + offset), 8, ITS_SYNC);
    }
    enable(rig, true);
    write_at(rig, CWRITER, 20000 * 32, 0);
    cr_assert_eq(rig->irq.its.creadr, 8192 * 32);
    arm_irq_timer(&rig->irq, ITS_PORTION_NS);
    cr_assert_eq(rig->irq.its.creadr, 2 * 8192 * 32);
    rig_free(rig);
}

Test(its_time, a_queue_that_is_done_or_stopped_sets_no_deadline)
{
    struct rig *rig = rig_flooded();
    cr_assert_eq(rig->deadline, ITS_PORTION_NS);
    read_at(rig, CREADR, 500);
    cr_assert_eq(rig->deadline, 500 + ITS_PORTION_NS, "an access did the next portion");
    enable(rig, false);
    cr_assert_eq(rig->deadline, CLOCK_NEVER);
    cr_assert_eq(read_at(rig, CTLR, 600), BIT32(CTLR_QUIESCENT_BIT), "nothing is under way between portions");
    enable(rig, true);
    cr_assert_eq(rig->deadline, ITS_PORTION_NS);
    arm_irq_reset(&rig->irq);
    cr_assert_eq(rig->deadline, CLOCK_NEVER);
    rig_free(rig);
}

Test(its_time, a_loaded_its_goes_on_with_a_long_queue)
{
    struct rig *rig = rig_flooded(), *other = rig_its(3);
    struct visit_save save;
    struct visit_load load;
    visit_save_init(&save);
    arm_irq_visit(&rig->irq, &save.visit);
    visit_load_init(&load, save.data, save.size);
    arm_irq_visit(&other->irq, &load.visit);
    memcpy(rig_memory(other), rig_memory(rig), RIG_MEMORY);
    for (unsigned i = 0; i < 3; i++)
        other->pending[i] = UINT32_MAX;
    arm_irq_loaded(&other->irq);
    cr_assert_eq(other->deadline, ITS_PORTION_NS);
    uint32_t before = other->irq.its.creadr;
    arm_irq_timer(&other->irq, ITS_PORTION_NS);
    cr_assert_gt(other->irq.its.creadr, before);
    free(save.data);
    rig_free(rig);
    rig_free(other);
}

Test(its_time, configurations_out_of_range_are_refused)
{
    struct arm_irq_config config = { .version = 3, .cpus = 1, .lpi_bits = 16, .its = true, .its_command_ns = 1 };
    struct arm_irq irq;
    struct error error;
    config.memory = (struct gic_memory){ rig_memory_read, rig_memory_write, NULL };
    cr_assert_lt(arm_irq_init(&irq, &config, &error), 0, "nobody to tell the deadline");
    config.deadline = on_deadline;
    config.its_command_ns = ARM_IRQ_COMMAND_LIMIT + 1;
    cr_assert_lt(arm_irq_init(&irq, &config, &error), 0);
    config.its_command_ns = ARM_IRQ_COMMAND_LIMIT;
    cr_assert_eq(arm_irq_init(&irq, &config, &error), 0);
    arm_irq_free(&irq);
}
