// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Commands of the monitor for the keyboard and the mouse: sendkey, mouse_move, mouse_button.
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "machine/key_text.h"
#include "machine/machine.h"
#include "machine/monitor/monitor_commands.h"

static struct monitor_result entered(struct monitor *monitor, const char *command, int result)
{
    if (result == -ENOTSUP)
        return monitor_refuse(monitor, command, "the machine has no keyboard and no mouse; pc has them");
    if (result == -EROFS)
        return monitor_refuse(monitor, command, "this is a replay, whose input comes from its journal");
    if (result < 0)
        return monitor_refuse(monitor, command, "%s", strerror(-result));
    return MONITOR_STAY;
}

struct monitor_result monitor_sendkey(struct monitor *monitor, unsigned count, char *const *words)
{
    int keys[INTACT_STROKE_KEYS];
    char name[KEY_TEXT];
    uint64_t hold = KEY_HOLD_MS;
    int number = key_text_parse(words[1], keys, name);
    if (number == -ENOENT)
        return monitor_refuse(monitor, words[0], "there is no key '%s'", name);
    if (number < 0)
        return monitor_refuse(monitor, words[0], "more than %d keys", INTACT_STROKE_KEYS);
    if (count > 2 && (!monitor_number(words[2], &hold) || hold > INTACT_HOLD_MAX))
        return monitor_refuse(monitor, words[0], "'%s' is no number of milliseconds, 0 to %d", words[2],
                              INTACT_HOLD_MAX);
    return entered(monitor, words[0], intact_machine_stroke(monitor->machine, keys, (unsigned)number, (unsigned)hold));
}

// A number with a sign, within `limit`. False: the error was printed.
static bool get_counts(struct monitor *monitor, const char *command, const char *text, long limit, int *value)
{
    char *end;
    long number = strtol(text, &end, 0);
    *value = (int)number;
    if (end != text && !*end && number >= -limit && number < limit)
        return true;
    monitor_refuse(monitor, command, "'%s' is no number of counts, %ld to %ld", text, -limit, limit - 1);
    return false;
}

// QEMU's third number is positive where the wheel turns away from the user.
struct monitor_result monitor_mouse_move(struct monitor *monitor, unsigned count, char *const *words)
{
    int x, y, wheel = 0;
    if (!get_counts(monitor, words[0], words[1], 32768, &x) || !get_counts(monitor, words[0], words[2], 32768, &y) ||
        (count > 3 && !get_counts(monitor, words[0], words[3], 127, &wheel)))
        return MONITOR_STAY;
    return entered(monitor, words[0],
                   intact_machine_pointer(monitor->machine, x, y, -wheel, monitor->machine->pointer_buttons));
}

// QEMU's numbers: 1 left, 2 middle, 4 right.
struct monitor_result monitor_mouse_button(struct monitor *monitor, unsigned count, char *const *words)
{
    uint64_t state;
    (void)count;
    if (!monitor_number(words[1], &state) || state > 7)
        return monitor_refuse(monitor, words[0], "'%s' is no sum of 1 (left), 2 (middle) and 4 (right)", words[1]);
    unsigned buttons = (state & 1 ? INTACT_BUTTON_LEFT : 0) | (state & 2 ? INTACT_BUTTON_MIDDLE : 0) |
                       (state & 4 ? INTACT_BUTTON_RIGHT : 0);
    monitor->machine->pointer_buttons = buttons;
    return entered(monitor, words[0], intact_machine_pointer(monitor->machine, 0, 0, 0, buttons));
}
