// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Commands of the monitor that show the devices of the machine: info pic, ioapic, lapic, gic and its by the family's own
// functions (pc_info.c, virt_info.c). None of them has an effect on what it shows.
#include <string.h>

#include "base/bits.h"
#include "machine/machine.h"
#include "machine/monitor_commands.h"

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
