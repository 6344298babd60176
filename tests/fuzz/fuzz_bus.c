// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Shared by the bus fuzzers of both families: lines, groups, time, resets; and steps of the family in between.
//
// What must hold after every step:
//   - the checks of the family (settling once more changes nothing, nothing is lost);
//   - all triggers of a group are counted.
// And now and then: a snapshot loaded into a second machine gives the same state, and both continue in the same way,
// though time of the second advances in other steps.
//
// Machines are created once for each configuration; each case begins with the initial state.
#include "fuzz_bus.h"

#include <stdlib.h>
#include <string.h>

#include "base/bits.h"

// One case in LONG_EVERY goes deep; one in SNAPSHOT_EVERY, and each of those, ends with a snapshot.
enum {
    STEPS = 40,
    LONG_STEPS = 1500,
    LONG_EVERY = 256,
    SNAPSHOT_EVERY = 32,
    SNAPSHOT_STEPS = 50,
    COMPARE_EVERY = 10,
    EVENTS = 32,
    CONFIGS = 64
};

uint32_t bus_any_cpu(const struct bus_case *bus, struct fuzz *fuzz)
{
    return fuzz_below(fuzz, bus->config.cpus);
}

unsigned bus_any_size(struct fuzz *fuzz)
{
    static const unsigned sizes[] = { 1, 1, 2, 4, 4, 4, 8 };
    return FUZZ_PICK(fuzz, sizes);
}

void bus_note(struct bus_case *bus, uint64_t value)
{
    bus->seen = (bus->seen ^ value) * UINT64_C(0x100000001b3) + 1;
}

void bus_do_write(struct bus_case *bus, struct fuzz *fuzz, uint64_t address, unsigned size, uint64_t value)
{
    value &= bits_low(8 * size);
    fuzz_tell(fuzz, "write%u %llx, %llx", size, (unsigned long long)address, (unsigned long long)value);
    bus_write(bus->rig.memory, address, size, value, bus->rig.clock->now);
}

uint64_t bus_do_read(struct bus_case *bus, struct fuzz *fuzz, uint64_t address, unsigned size)
{
    uint64_t value = bus_read(bus->rig.memory, address, size, bus->rig.clock->now);
    fuzz_tell(fuzz, "read%u %llx: %llx", size, (unsigned long long)address, (unsigned long long)value);
    bus_note(bus, value);
    return value;
}

// --- Making ---------------------------------------------------------------------------------------------------------

static void tap(void *owner, const struct intact_trace_event *event)
{
    bus_family.trace(owner, event);
}

static void make_groups(struct bus_case *bus)
{
    static const struct {
        enum intact_irq_type type;
        uint32_t base, count;
    } rows[BUS_GROUPS] = {
        { INTACT_IRQ_LEGACY, 17, 1 }, { INTACT_IRQ_LEGACY, 5, 1 },   { INTACT_IRQ_LEGACY, 17, 1 },
        { INTACT_IRQ_MSI, 1000, 4 },  { INTACT_IRQ_MSIX, 2000, 33 }, { INTACT_IRQ_GENERIC, 3000, 7 },
    };
    for (unsigned i = 0; i < BUS_GROUPS; i++)
        if (intact_irq_manager_create_group(bus->rig.manager, rows[i].type, rows[i].base, rows[i].count,
                                            &bus->groups[i]))
            fuzz_fail("no group");
}

static struct bus_case *make(const struct bus_config *config)
{
    struct bus_case *bus = calloc(1, sizeof *bus);
    bus->config = *config;
    bus->own = calloc(1, bus_family.own_bytes);
    bus->rig = bus_family.make(config, bus->own);
    intact_trace_observer_init(&bus->observer, bus_family.traced, tap, bus);
    trace_add(bus->rig.trace, &bus->observer);
    make_groups(bus);
    for (unsigned i = 0; i < BUS_LINES; i++)
        if (intact_irq_manager_connect(bus->rig.manager, BUS_FIRST_LINE + i, &bus->lines[i]))
            fuzz_fail("no line");
    bus_family.was_reset(bus);
    return bus;
}

// Two machines of one configuration and their state when they were made. They live as long as the program.
struct bus_pair {
    struct bus_case *bus, *other;
    struct visit_save fresh, now;
    void *own;
};

static void *copy_of(const void *data, size_t size)
{
    void *copy = malloc(size + 1);
    if (!copy)
        fuzz_fail("no memory");
    return memcpy(copy, data, size);
}

static struct bus_pair *pair_of(const struct bus_config *config)
{
    static struct bus_pair pairs[CONFIGS];
    struct bus_pair *pair = pairs;
    for (; pair->bus; pair++)
        if (pair->bus->config.cpus == config->cpus && pair->bus->config.gic == config->gic &&
            pair->bus->config.its == config->its)
            return pair;
    if (pair == &pairs[CONFIGS - 1])
        fuzz_fail("more than %u configurations", CONFIGS - 1);
    pair->bus = make(config);
    pair->other = make(config);
    pair->other->sliced = true;
    rig_save(&pair->bus->rig, &pair->fresh);
    rig_keep_ram(&pair->bus->rig);
    rig_keep_ram(&pair->other->rig);
    pair->own = copy_of(pair->bus->own, bus_family.own_bytes);
    return pair;
}

// Triggers of a group, or of all (BUS_GROUPS), whose end is not counted. Counts are not part of the state and continue
// from case to case: triggers pending at the end of a case are never counted.
static uint64_t open_triggers(const struct bus_case *bus, unsigned index)
{
    struct intact_irq_counts counts;
    if (index < BUS_GROUPS)
        intact_irq_group_counts(bus->groups[index], &counts);
    else
        intact_irq_manager_counts(bus->rig.manager, &counts);
    return counts.triggered - counts.delivered - counts.coalesced - counts.dropped - counts.abandoned;
}

static void copy_own(void *to, const void *from)
{
    if (bus_family.copy_own)
        bus_family.copy_own(to, from);
    else
        memcpy(to, from, bus_family.own_bytes);
}

static void begin(const struct bus_pair *pair)
{
    struct bus_case *bus = pair->bus;
    rig_restore_ram(&bus->rig);
    copy_own(bus->own, pair->own);
    for (unsigned i = 0; i < BUS_LINES; i++)
        bus->lines[i].level = false;
    rig_load(&bus->rig, &pair->fresh);
    bus->accepted = bus->dropped = bus->seen = 0;
    for (unsigned i = 0; i <= BUS_GROUPS; i++)
        bus->open[i] = open_triggers(bus, i);
}

// --- Steps: groups --------------------------------------------------------------------------------------------------

static struct intact_irq_config any_config(struct fuzz *fuzz, const struct intact_irq_group *group)
{
    uint64_t address;
    uint32_t data;
    bus_family.message(fuzz, &address, &data);
    struct intact_irq_config config = {
        .type = fuzz_chance(fuzz, 32) ? (enum intact_irq_type)fuzz_below(fuzz, 6) : intact_irq_group_type(group),
        .chip = fuzz_chance(fuzz, 2) ? INTACT_IRQ_ANY_PIN : fuzz_below(fuzz, 3),
        .pin = fuzz_below(fuzz, 26),
        .level = fuzz_below(fuzz, 2),
        .address_low = (uint32_t)address,
        .address_high = (uint32_t)(address >> 32),
        .data = data,
        .device = fuzz_below(fuzz, 4),
    };
    if (fuzz_chance(fuzz, 8)) {
        config.address_low = (uint32_t)fuzz_value(fuzz);
        config.address_high = (uint32_t)fuzz_value(fuzz);
        config.data = (uint32_t)fuzz_value(fuzz);
    }
    return config;
}

static void enable_group(struct bus_case *bus, struct fuzz *fuzz, struct intact_irq_group *group)
{
    struct intact_irq_config configs[64];
    bool staged = fuzz_chance(fuzz, 3);
    for (uint32_t i = 0; i < intact_irq_group_length(group); i++)
        configs[i] = any_config(fuzz, group);
    bus_note(bus, (uint64_t)intact_irq_group_enable(group, staged ? NULL : configs));
}

static void step_group(struct bus_case *bus, struct fuzz *fuzz)
{
    struct intact_irq_group *group = FUZZ_PICK(fuzz, bus->groups);
    uint32_t index = fuzz_below(fuzz, intact_irq_group_length(group) + fuzz_chance(fuzz, 16));
    struct intact_irq_config config = any_config(fuzz, group);
    unsigned kind = fuzz_below(fuzz, 16);
    int result = 0;
    fuzz_tell(fuzz, "group %u[%u], kind %u", intact_irq_group_base(group), index, kind);
    switch (kind) {
    case 0:
    case 1: enable_group(bus, fuzz, group); break;
    case 2: result = intact_irq_group_disable(group); break;
    case 3: result = intact_irq_group_set_level(group, index, fuzz_below(fuzz, 2)); break;
    case 4:
    case 5: result = intact_irq_group_update(group, index, &config, fuzz_chance(fuzz, 4), fuzz_below(fuzz, 2)); break;
    case 6: result = intact_irq_group_set_gsi(group); break;
    case 7: intact_irq_group_forget(group); break;
    case 8: result = intact_irq_group_mask(group, index); break;
    case 9: result = intact_irq_group_unmask(group, index); break;
    case 10: result = intact_irq_group_clear_pending(group, index); break;
    default: result = intact_irq_group_trigger(group, index); break;
    }
    bus_note(bus, (uint64_t)(int64_t)result);
}

// --- Steps: time and the rest ---------------------------------------------------------------------------------------

// To a time that no deadline is before. A twin stops half way: nothing happens there.
static void move_to(const struct bus_case *bus, uint64_t time)
{
    struct clock *clock = bus->rig.clock;
    if (bus->sliced && time > clock->now)
        clock_advance(clock, clock->now + (time - clock->now) / 2);
    if (time > clock->now)
        clock_advance(clock, time);
}

// As the loop does it: never past a deadline.
static void step_time(struct bus_case *bus, struct fuzz *fuzz)
{
    struct clock *clock = bus->rig.clock;
    uint64_t target =
        clock->now + (UINT64_C(1) << fuzz_below(fuzz, fuzz_chance(fuzz, 16) ? 48 : 24)) + fuzz_below(fuzz, 1000);
    fuzz_tell(fuzz, "time to %llu", (unsigned long long)target);
    for (unsigned i = 0; i < EVENTS && clock_next(clock) <= target; i++) {
        move_to(bus, clock_next(clock));
        clock_run_due(clock);
    }
    if (clock_next(clock) > target)
        move_to(bus, target);
}

static void step_reset(struct bus_case *bus, struct fuzz *fuzz)
{
    if (!fuzz_chance(fuzz, 20))
        return;
    fuzz_tell(fuzz, "reset");
    rig_reset(&bus->rig);
    bus_family.was_reset(bus);
}

static const struct bus_step shared[] = { { 16, step_group }, { 16, step_time }, { 1, step_reset } };

static const struct bus_step *row(unsigned index)
{
    return index < countof(shared) ? &shared[index] : &bus_family.steps[index - countof(shared)];
}

static void step(struct bus_case *bus, struct fuzz *fuzz)
{
    unsigned total = 0, at = 0;
    for (unsigned i = 0; i < countof(shared) + bus_family.step_count; i++)
        total += row(i)->weight;
    for (unsigned left = fuzz_below(fuzz, total); left >= row(at)->weight; at++)
        left -= row(at)->weight;
    row(at)->act(bus, fuzz);
}

// --- What must hold -------------------------------------------------------------------------------------------------

static uint64_t pending_of(const struct intact_irq_group *group)
{
    uint64_t pending = 0;
    for (uint32_t i = 0; i < intact_irq_group_length(group); i++)
        pending += group->sources[i].undelivered + group->sources[i].again;
    return pending;
}

static void check_open(const struct bus_case *bus, unsigned index, uint64_t pending)
{
    uint64_t open = open_triggers(bus, index) - bus->open[index];
    if (open != pending)
        fuzz_fail("%s %u: %llu triggers have no end, %llu are pending", index < BUS_GROUPS ? "group" : "all groups",
                  index, (unsigned long long)open, (unsigned long long)pending);
}

// Checks the counts of our groups, and of all groups, those of the machine's devices too. In a machine that loaded a
// snapshot the counts are not right, as they are not part of the state.
static void check_groups(const struct bus_case *bus)
{
    uint64_t pending = 0;
    for (unsigned i = 0; i < BUS_GROUPS; i++)
        check_open(bus, i, pending_of(bus->groups[i]));
    for (uint32_t i = 0; i < bus->rig.manager->group_count; i++)
        pending += pending_of(bus->rig.manager->groups[i]);
    check_open(bus, BUS_GROUPS, pending);
}

static void copy_notes(struct bus_case *to, const struct bus_case *from)
{
    for (unsigned i = 0; i < BUS_LINES; i++)
        to->lines[i].level = from->lines[i].level;
    copy_own(to->own, from->own);
    to->accepted = from->accepted;
    to->dropped = from->dropped;
    to->seen = from->seen;
}

static void compare(struct bus_pair *pair, unsigned step)
{
    rig_save(&pair->bus->rig, &pair->now);
    const char *differs = rig_differs(&pair->other->rig, &pair->now);
    if (differs)
        fuzz_fail("%u steps after a snapshot there is a difference in %s", step + 1, differs);
}

// A snapshot of `bus` in `other`, then the same steps in both.
static void check_snapshot(struct bus_pair *pair, struct fuzz *fuzz)
{
    struct bus_case *bus = pair->bus, *other = pair->other;
    struct fuzz same;
    rig_save(&bus->rig, &pair->now);
    const char *differs = rig_differs(&bus->rig, &pair->now);
    if (differs)
        fuzz_fail("taking a snapshot changed %s", differs);
    fuzz_tell(fuzz, "snapshot");
    rig_restore_ram(&other->rig);
    rig_copy_ram(&other->rig, &bus->rig);
    rig_load(&other->rig, &pair->now);
    copy_notes(other, bus);
    differs = rig_differs(&other->rig, &pair->now);
    if (differs)
        fuzz_fail("a snapshot comes back with another %s", differs);
    for (unsigned i = 0; i < SNAPSHOT_STEPS; i++) {
        same = *fuzz;
        same.verbose = false;
        step(bus, fuzz);
        step(other, &same);
        bus_family.check(bus);
        bus_family.check(other);
        if (bus->seen != other->seen)
            fuzz_fail("step %u after a snapshot reads something else", i);
        if (i % COMPARE_EVERY == COMPARE_EVERY - 1)
            compare(pair, i);
    }
    if (!rig_same_ram(&other->rig, &bus->rig))
        fuzz_fail("steps after a snapshot leave other bytes in RAM");
}

void fuzz_case(struct fuzz *fuzz)
{
    struct bus_config config = bus_family.draw(fuzz);
    struct bus_pair *pair = pair_of(&config);
    struct bus_case *bus = pair->bus;
    bool deep = fuzz_chance(fuzz, LONG_EVERY);
    bool snapshot = deep || fuzz_chance(fuzz, SNAPSHOT_EVERY);
    fuzz_tell(fuzz, "%u processors, gic-version %u, its %d", config.cpus, config.gic, config.its);
    begin(pair);
    for (unsigned i = 0; i < (deep ? LONG_STEPS : STEPS); i++) {
        step(bus, fuzz);
        bus_family.check(bus);
        check_groups(bus);
    }
    if (snapshot)
        check_snapshot(pair, fuzz);
}
