// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// An interrupt line: what a device has instead of an IRQ number.
//
// The board that owns the device connects the line; the device only sets its level. The level of a line that is not
// connected has no effect. Several devices may share one wire: each has a line of its own, and the board's routing
// combines them (wired OR).
#ifndef INTACT_IRQ_LINE_H
#define INTACT_IRQ_LINE_H

#include <stdbool.h>
#include <stdint.h>

#pragma GCC visibility push(default)
#ifdef __cplusplus
extern "C" {
#endif

// `pin` is the receiver's index for the line; a device does not use it.
struct intact_irq_line {
    void (*set)(void *owner, uint32_t pin, bool level);
    void *owner;
    uint32_t pin;
    bool level; // what the device drives now; saved with the device
    // An edge happened, without a level to hold. NULL: `set` is called with true and with false.
    void (*trigger)(void *owner, uint32_t pin);
    const char *
        name; // in traces: "pit.out0"; NULL: none. Set it before the line is connected; it must live as long as the receiver
};

// Drives the line to `level`; `set` is called only for a change. Call it from the thread that runs the machine
// (other threads use an interrupt group, whose trigger may be called from any thread).
static inline void intact_irq_line_set(struct intact_irq_line *line, bool level)
{
    if (line->level == level)
        return;
    line->level = level;
    if (line->set)
        line->set(line->owner, line->pin, level);
}

// One edge of a device that has no level: the receiver keeps the request until it is taken, and the line stays
// low, free for others on the same wire. On a line that is high there is no edge. Threads as above.
static inline void intact_irq_line_trigger(struct intact_irq_line *line)
{
    if (line->level)
        return;
    if (line->trigger) {
        line->trigger(line->owner, line->pin);
    } else {
        intact_irq_line_set(line, true);
        intact_irq_line_set(line, false);
    }
}

#ifdef __cplusplus
}
#endif
#pragma GCC visibility pop
#endif
