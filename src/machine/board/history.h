// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Going back: what a debugger needs of whoever keeps snapshots of a machine (board->history).
#ifndef MACHINE_BOARD_HISTORY_H
#define MACHINE_BOARD_HISTORY_H

#include <stdbool.h>
#include <stdint.h>

struct history {
    void *owner;
    uint64_t first; // instructions of all processors at the earliest place that can be reached
    // Between two runs: takes the machine to the place where all processors have executed `instructions` in all, between
    // `first` and where the run has been. What a debugger has set (loop->stops) stays. False: it cannot, and the machine
    // is as it was.
    bool (*go_to)(void *owner, uint64_t instructions);
};

#endif
