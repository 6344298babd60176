// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Why an interrupt of a machine does not arrive: from a name, along the interrupt's path, to the processor. Each part of the
// path reports what it holds back itself.
//
//     "pit.out0"            line ------------------> GSI --> pins ------+
//     "virtio-blk0.queue0"  device --> its source -> message -----------+--> chips (pc_why.c, virt_why.c) --> CPU (struct guest)
//     "lapic0.timer", "vector:0x31@0"  --------------------------------+
#include "machine/why.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "groups/group.h"
#include "observe/past.h"

enum { NAME = 96, OUTPUTS = 8 };

// One question. The chips' findings pass through it, to go on with the processors that they name.
struct question {
    struct board *board;
    struct why why; // where the parts report to
    intact_why_found *found;
    void *owner;
    uint32_t off; // the CPU of which was said that it is off
};

static bool all_off(const struct board *board)
{
    for (uint32_t i = 0; i < board->config.cpus; i++)
        if (board->loop.vcpus[i]->state != VCPU_STOPPED)
            return false;
    return true;
}

// Nobody has set up the interface of a CPU that is off: that it is off is told first. Where all are off the guest has turned the
// machine off, and that is no reason.
static void why_off(struct question *question, const struct intact_why_finding *finding)
{
    const struct board *board = question->board;
    uint32_t cpu = board->type->why_within ? board->type->why_within(finding) : UINT32_MAX;
    if (cpu >= board->config.cpus || cpu == question->off || board->loop.vcpus[cpu]->state != VCPU_STOPPED ||
        all_off(board))
        return;
    question->off = cpu;
    WHY(&question->why, INTACT_WHY_CPU_OFF, cpu);
}

static void pass(void *owner, const struct intact_why_finding *finding)
{
    struct question *question = owner;
    const struct board *board = question->board;
    uint32_t cpu, pending = board->type->why_ready(finding, &cpu);
    why_off(question, finding);
    question->found(question->owner, finding);
    if (pending && cpu < board->config.cpus)
        board->type->guest->why(board->loop.vcpus[cpu], pending, &question->why);
}

// --- The path --------------------------------------------------------------------------------------------------------

static void why_output(struct board *board, uint32_t gsi, uint32_t index, struct why *why)
{
    uint32_t chip, pin;
    if (route_output_at(&board->route, gsi, index, &chip, &pin) && chip != ROUTE_TO_MESSAGE)
        board->type->why_pin(board, chip, pin, why);
}

enum { UNUSED = 1000 }; // more than gates of any pin

static bool is_used(struct board *board, uint32_t gsi, uint32_t index)
{
    uint32_t chip, pin;
    return !board->type->uses_pin || !route_output_at(&board->route, gsi, index, &chip, &pin) ||
           chip == ROUTE_TO_MESSAGE || board->type->uses_pin(board, chip, pin);
}

static unsigned gates_at(const struct question *question, uint32_t gsi, uint32_t index)
{
    struct why counted = { .found = NULL };
    why_output(question->board, gsi, index, &counted);
    return counted.gates + (is_used(question->board, gsi, index) ? 0 : UNUSED);
}

// A wire leads to several pins, of which the guest uses one, and masks the others: first those of a chip that it uses, then
// the one with the fewest gates, and of two that are equal the last one, which on a PC is that of the IOAPIC.
static void why_outputs(struct question *question, uint32_t gsi)
{
    struct board *board = question->board;
    uint32_t chip, pin, outputs = 0;
    bool told[OUTPUTS] = { false };
    while (outputs < OUTPUTS && route_output_at(&board->route, gsi, outputs, &chip, &pin))
        outputs++;
    if (!outputs)
        WHY(&question->why, INTACT_WHY_GSI_NOWHERE, gsi);
    for (uint32_t round = 0; round < outputs; round++) {
        unsigned fewest = UINT_MAX;
        uint32_t next = 0;
        for (uint32_t i = 0; i < outputs; i++) {
            unsigned gates = told[i] ? UINT_MAX : gates_at(question, gsi, i);
            if (!told[i] && gates <= fewest) {
                fewest = gates;
                next = i;
            }
        }
        told[next] = true;
        why_output(board, gsi, next, &question->why);
    }
}

static void why_gsi(struct question *question, uint32_t gsi)
{
    uint32_t others;
    const char *name = route_raised_by(&question->board->route, gsi, &others);
    if (!route_gsi_level(&question->board->route, gsi))
        WHY(&question->why, INTACT_WHY_GSI_LOW, gsi);
    else
        WHY_NAMED(&question->why, INTACT_WHY_GSI_HIGH, name ? name : "a device", gsi, others != 0);
    why_outputs(question, gsi);
}

static void why_line(struct question *question, const char *name, uint32_t gsi, bool level)
{
    if (level)
        WHY_NAMED(&question->why, INTACT_WHY_LINE_HIGH, name, gsi);
    else
        WHY_NAMED(&question->why, INTACT_WHY_LINE_LOW, name, 0);
    why_outputs(question, gsi);
}

// Where a source of a group leads. One that was never configured leads nowhere.
static void why_target(struct question *question, const struct intact_irq_group *group, uint32_t index)
{
    struct board *board = question->board;
    const struct settings *live = &group->sources[index].live;
    uint32_t chip = (uint32_t)(live->address >> 32);
    if (!(live->flags & SETTINGS_CONFIGURED))
        return;
    if (group->type != INTACT_IRQ_LEGACY)
        board->type->why_message(board, live->address, live->data, live->device, &question->why);
    else if (chip == INTACT_IRQ_ANY_PIN)
        why_outputs(question, group->base);
    else
        board->type->why_pin(board, chip, (uint32_t)live->address, &question->why);
}

// --- Names -----------------------------------------------------------------------------------------------------------

static bool ask_line(struct question *question, const char *name)
{
    uint32_t gsi;
    bool level;
    if (!route_find_line(&question->board->route, name, &gsi, &level))
        return false;
    why_line(question, name, gsi, level);
    return true;
}

static bool ask_group(struct question *question, const char *name)
{
    struct intact_irq_group *group;
    uint32_t index;
    if (!group_find_source(question->board->manager, name, &group, &index))
        return false;
    group_why_raised(group, index, name, &question->why);
    group_why(group, index, name, &question->why);
    why_target(question, group, index);
    group_why_idle(group, index, name, &question->why);
    return true;
}

static const struct board_device *find_device(const struct board *board, const char *name, size_t length)
{
    for (unsigned i = 0; i < board->devices.count; i++) {
        const struct board_device *device = &board->devices.devices[i];
        if (device->name && strlen(device->name) == length && strncmp(device->name, name, length) == 0)
            return device;
    }
    return NULL;
}

// The source by which the device interrupts, and its name. False: by none.
static bool device_source(const struct question *question, const struct board_device *device, const char *part,
                          char *name, struct intact_irq_group **group, uint32_t *index)
{
    snprintf(name, NAME, "%s.%s", device->name, part ? part : "");
    return part && group_find_source(question->board->manager, name, group, index);
}

static bool ask_device(struct question *question, const char *name)
{
    const char *dot = strrchr(name, '.');
    const struct board_device *device = dot ? find_device(question->board, name, (size_t)(dot - name)) : NULL;
    struct device_part part = { .name = name, .part = dot ? dot + 1 : NULL };
    struct why unheard = { .found = NULL };
    struct intact_irq_group *group;
    uint32_t index;
    char source[NAME];
    if (!device || !device->ops->why || !device->ops->why(device->object, &part, &unheard))
        return false;
    bool found = device_source(question, device, part.source, source, &group, &index);
    if (found)
        group_why_raised(group, index, source, &question->why);
    device->ops->why(device->object, &part, &question->why);
    bool open = !question->why.gates; // else the device has said it of its own mask
    if (found && open)
        group_why(group, index, source, &question->why);
    if (found)
        why_target(question, group, index);
    if (found && open)
        group_why_idle(group, index, source, &question->why);
    return true;
}

// "gsi:4". -EINVAL: it is none; 0: it is something else.
static int ask_gsi(struct question *question, const char *source, struct error *error)
{
    char *end;
    if (strncmp(source, "gsi:", 4) != 0)
        return 0;
    unsigned long gsi = strtoul(source + 4, &end, 0);
    if (source[4] < '0' || source[4] > '9' || *end || gsi >= ROUTE_GSI_LIMIT)
        return error_set(error, -EINVAL, "'%.60s' is no GSI: 0 to %d, as in gsi:4", source, ROUTE_GSI_LIMIT - 1);
    why_gsi(question, (uint32_t)gsi);
    return 1;
}

static int ask(struct question *question, const char *source, struct error *error)
{
    struct board *board = question->board;
    int result = ask_gsi(question, source, error);
    if (result)
        return result < 0 ? result : 0;
    if (ask_line(question, source) || ask_device(question, source) || ask_group(question, source))
        return 0;
    return board->type->why_source(board, source, &question->why, error);
}

static bool is_name(const char *source)
{
    return !strpbrk(source, ":@"); // "gsi:4" and "vector:0x31@0" are none
}

// Events have the names of lines, messages and processors' own sources. A queue of virtio, or a change of its configuration, is
// notified by one of these.
static bool is_of_events(const char *source)
{
    return is_name(source) && !strstr(source, ".queue") && !strstr(source, ".config");
}

int machine_why_watch(struct intact_machine *machine)
{
    struct board *board = machine_board(machine);
    if (machine->past)
        return 0;
    struct past *past = malloc(sizeof *past);
    if (!past)
        return -ENOMEM;
    past_init(past, board->config.type == INTACT_VIRT, board->loop.instructions);
    int result = trace_add(&board->trace, &past->observer);
    if (result == 0)
        machine->past = past;
    else
        free(past);
    return result;
}

void machine_why_free(struct intact_machine *machine)
{
    if (machine->past)
        past_free(machine->past);
    free(machine->past);
    machine->past = NULL;
}

int machine_why(struct intact_machine *machine, const char *source, intact_why_found *found, void *owner,
                struct error *error)
{
    struct question question = { .board = machine_board(machine), .found = found, .owner = owner, .off = UINT32_MAX };
    question.why = (struct why){ .found = pass, .owner = &question };
    int result = ask(&question, source, error);
    if (result < 0 && is_name(source))
        error_prefix(error, "no line and no part of a device has this name");
    if (result < 0 || !machine->past || !is_of_events(source))
        return result;
    past_at(machine->past, question.board->loop.instructions);
    past_why(machine->past, source, &question.why);
    return result;
}

// --- The list of names -----------------------------------------------------------------------------------------------

// Part `*index` of all devices' parts; what is left of *index where there are not so many.
static bool device_source_at(const struct board *board, unsigned *index, char *name, size_t size)
{
    char part[32];
    for (unsigned i = 0; i < board->devices.count; i++) {
        const struct board_device *device = &board->devices.devices[i];
        for (unsigned p = 0; device->ops->part && device->ops->part(device->object, p, part, sizeof part); p++)
            if ((*index)-- == 0) {
                snprintf(name, size, "%s.%s", device->name ? device->name : "", part);
                return true;
            }
    }
    return false;
}

static unsigned count_lines(const struct route *route)
{
    unsigned count = 0;
    while (route_line_name(route, count))
        count++;
    return count;
}

bool machine_source_at(struct board *board, unsigned index, char *name, size_t size)
{
    unsigned lines = count_lines(&board->route);
    if (index < lines) {
        snprintf(name, size, "%s", route_line_name(&board->route, index));
        return true;
    }
    index -= lines;
    return device_source_at(board, &index, name, size) || board->type->own_source(board, index, name, size);
}
