// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Commands of the monitor that show the devices of the machine: info pic, ioapic, lapic, gic and its by the family's own
// functions (pc_info.c, virt_info.c); info irq, mtree and qtree. None of them has an effect on what it shows.
//
// Not modelled: in mtree, the pages of local APICs, which the processors look for before the bus.
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/bits.h"
#include "groups/group.h"
#include "machine/machine.h"
#include "machine/monitor/monitor_commands.h"
#include "observe/chips.h"
#include "observe/past.h"

static void print(void *owner, const char *text)
{
    monitor_print(owner, "%s", text);
}

// --- Interrupt controllers -------------------------------------------------------------------------------------------

static struct monitor_result show_numbered(struct monitor *monitor, unsigned count, char *const *words,
                                           const struct board_chip *chip, const struct printer *printer)
{
    struct board *board = machine_board(monitor->machine);
    uint32_t chips = chip->count(board);
    uint64_t number = 0;
    if (count > 1 && (!monitor_number(words[1], &number) || number >= chips))
        return monitor_refuse(monitor, words[0], "'%s' is none; the machine has 0 to %u", words[1], chips - 1);
    for (uint32_t i = 0; i < chips; i++)
        if (count == 1 || i == number)
            chip->show(board, i, printer);
    return MONITOR_STAY;
}

struct monitor_result monitor_info_chip(struct monitor *monitor, unsigned count, char *const *words)
{
    const struct printer printer = { print, monitor };
    struct board *board = machine_board(monitor->machine);
    const struct board_chip *chip = board->type->shown;
    unsigned cpu = 0;
    while (chip->name && strcmp(chip->name, strchr(words[0], ' ') + 1) != 0)
        chip++;
    if (!chip->name)
        return monitor_refuse(monitor, words[0], "this machine has %s", board->type->shown_text);
    if (chip->count)
        return show_numbered(monitor, count, words, chip, &printer);
    if (!chip->of_cpu || monitor_cpu(monitor, count, words, 1, &cpu))
        chip->show(board, cpu, &printer);
    return MONITOR_STAY;
}

// --- Wires and groups ------------------------------------------------------------------------------------------------

static void show_outputs(struct monitor *monitor, uint32_t gsi)
{
    struct board *board = machine_board(monitor->machine);
    const struct intact_trace_event nobody = { .cpu = INTACT_NO_CPU };
    uint32_t chip, pin;
    char chip_words[40], pin_words[40];
    for (uint32_t i = 0; route_output_at(&board->route, gsi, i, &chip, &pin); i++) {
        if (chip == ROUTE_TO_MESSAGE) {
            monitor_print(monitor, ", a message");
            continue;
        }
        chip_text(&nobody, board->type->chips + chip, chip_words, sizeof chip_words);
        pin_text(board->type->chips + chip, pin, pin_words, sizeof pin_words);
        monitor_print(monitor, ", %s %s", chip_words, pin_words);
    }
}

static void show_source(struct monitor *monitor, const char *name, bool level)
{
    const struct past *past = monitor->machine->past;
    const struct past_source *source = past && name ? past_find(past, name) : NULL;
    monitor_print(monitor, "  %s: %s", name ? name : "without a name", level ? "high" : "low");
    if (past && name)
        monitor_print(monitor, ", raises so far: %" PRIu64, source ? source->raises : 0);
    monitor_print(monitor, "\n");
}

// A wire that nobody drives is not of interest.
static void show_wire(struct monitor *monitor, uint32_t gsi)
{
    const struct route *route = &machine_board(monitor->machine)->route;
    const char *name;
    bool level;
    if (!route_source_at(route, gsi, 0, &name, &level) && !route_gsi_level(route, gsi))
        return;
    monitor_print(monitor, "GSI %u: %s", gsi, route_gsi_level(route, gsi) ? "high" : "low");
    show_outputs(monitor, gsi);
    monitor_print(monitor, "\n");
    for (uint32_t i = 0; route_source_at(route, gsi, i, &name, &level); i++)
        show_source(monitor, name, level);
}

static void show_group(struct monitor *monitor, const struct intact_irq_group *group)
{
    struct intact_irq_counts counts;
    intact_irq_group_counts(group, &counts);
    monitor_print(monitor, "group %s: %u %s, %s", group->name ? group->name : "without a name", group->length,
                  group->type == INTACT_IRQ_LEGACY ? "wire"
                  : group->length == 1             ? "message"
                                                   : "messages",
                  group->live ? "enabled" : "disabled");
    monitor_print(monitor,
                  "; triggered %" PRIu64 ", delivered %" PRIu64 ", coalesced %" PRIu64 ", dropped %" PRIu64
                  ", abandoned %" PRIu64 "\n",
                  counts.triggered, counts.delivered, counts.coalesced, counts.dropped, counts.abandoned);
}

struct monitor_result monitor_info_irq(struct monitor *monitor, unsigned count, char *const *words)
{
    const struct board *board = machine_board(monitor->machine);
    const struct past *past = monitor->machine->past;
    (void)count, (void)words;
    for (uint32_t gsi = 0; gsi < board->route.wire_count; gsi++)
        show_wire(monitor, gsi);
    for (const struct intact_irq_group *group = board->manager->known; group; group = group->next_known)
        show_group(monitor, group);
    if (!past)
        monitor_print(monitor, "(raises are counted from the first why on)\n");
    return MONITOR_STAY;
}

// --- Memory and ports ------------------------------------------------------------------------------------------------

static void show_bus(struct monitor *monitor, const struct bus *bus, int digits)
{
    for (unsigned i = 0; i < bus->count; i++) {
        const struct region *region = bus->regions[i];
        monitor_print(monitor, "  %0*" PRIx64 "-%0*" PRIx64 "  %-6s  %s\n", digits, region->base, digits,
                      region->base + region->size - 1,
                      !region->ram       ? "device"
                      : region->readonly ? "ROM"
                                         : "RAM",
                      region->name ? region->name : "");
    }
}

struct monitor_result monitor_info_mtree(struct monitor *monitor, unsigned count, char *const *words)
{
    const struct board *board = machine_board(monitor->machine);
    (void)count, (void)words;
    monitor_print(monitor, "memory:\n");
    show_bus(monitor, &board->memory, 16);
    if (board->ports.count) {
        monitor_print(monitor, "ports:\n");
        show_bus(monitor, &board->ports, 4);
    }
    return MONITOR_STAY;
}

// --- Devices ---------------------------------------------------------------------------------------------------------

// "uart" of the line "uart.irq".
static size_t device_length(const char *line)
{
    const char *dot = strrchr(line, '.');
    return dot ? (size_t)(dot - line) : strlen(line);
}

static bool is_same_device(const char *a, const char *b)
{
    return device_length(a) == device_length(b) && strncmp(a, b, device_length(a)) == 0;
}

static bool is_configured(const struct board *board, const char *line)
{
    for (unsigned i = 0; i < board->devices.count; i++) {
        const char *name = board->devices.devices[i].name;
        if (name && strlen(name) == device_length(line) && strncmp(name, line, strlen(name)) == 0)
            return true;
    }
    return false;
}

// The devices that a machine always has are known by their lines: each once, with all of them.
static void show_own(struct monitor *monitor, const struct board *board, uint32_t index)
{
    const char *line = route_line_name(&board->route, index), *other;
    for (uint32_t i = 0; i < index; i++)
        if (is_same_device(route_line_name(&board->route, i), line))
            return;
    monitor_print(monitor, "  %.*s:", (int)device_length(line), line);
    for (uint32_t i = index; (other = route_line_name(&board->route, i)); i++)
        if (is_same_device(other, line))
            monitor_print(monitor, " %s", other[device_length(other)] ? other + device_length(other) + 1 : other);
    monitor_print(monitor, "\n");
}

static void show_device(struct monitor *monitor, const struct board_device *device)
{
    char part[32];
    monitor_print(monitor, "  %s (%s):", device->name ? device->name : "without a name", device->driver);
    for (unsigned i = 0; device->ops->part && device->ops->part(device->object, i, part, sizeof part); i++)
        monitor_print(monitor, " %s", part);
    monitor_print(monitor, "\n");
}

struct monitor_result monitor_info_qtree(struct monitor *monitor, unsigned count, char *const *words)
{
    const struct board *board = machine_board(monitor->machine);
    const char *line;
    (void)count, (void)words;
    monitor_print(monitor, "of the machine:\n");
    for (uint32_t i = 0; (line = route_line_name(&board->route, i)); i++)
        if (!is_configured(board, line))
            show_own(monitor, board, i);
    monitor_print(monitor, "of the configuration:%s\n", board->devices.count ? "" : " none");
    for (unsigned i = 0; i < board->devices.count; i++)
        show_device(monitor, &board->devices.devices[i]);
    return MONITOR_STAY;
}
