// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Wires that a person holds high by hand, beside the devices that drive them: one driver more on each.
#ifndef MACHINE_BOARD_HAND_H
#define MACHINE_BOARD_HAND_H

#include <stdbool.h>
#include <stdint.h>

#include "base/visit.h"

struct board;
struct hand_wire;

struct hand {
    struct hand_wire *wires; // by GSI
    uint32_t count;          // of GSIs
    uint8_t *held;           // by GSI, 0 or 1
};

// For the GSIs that lead somewhere when it is called. A negative errno with a line in board->error.
int hand_init(struct board *board);
// When the routes are gone.
void hand_free(struct board *board);

bool hand_has(const struct board *board, uint64_t gsi);
// Nothing, where the wire is so already. On the machine's thread.
void hand_set(struct board *board, uint64_t gsi, bool level);

void hand_visit(struct hand *hand, struct visit *v);
void hand_loaded(struct board *board);

#endif
