// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// See hand.h. A wire gets its driver when it is held for the first time, so that nobody who looks at a machine sees more drivers than
// there are. Its name in traces is that by which intact why asks about the wire.
//
// Path: machine/board/buttons.c / irqchip/route.c
#include "machine/board/hand.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "machine/board/board.h"

struct hand_wire {
    struct route_source source;
    char name[16];
};

int hand_init(struct board *board)
{
    struct hand *hand = &board->hand;
    for (uint32_t gsi = 0; gsi < ROUTE_GSI_LIMIT && gsi < board->route.wire_count; gsi++)
        if (route_has_gsi(&board->route, gsi))
            hand->count = gsi + 1;
    hand->wires = calloc(hand->count + 1, sizeof *hand->wires);
    hand->held = calloc(hand->count + 1, 1);
    if (!hand->wires || !hand->held)
        return error_set(&board->error, -ENOMEM, "the host has no memory left");
    for (uint32_t gsi = 0; gsi < hand->count; gsi++) {
        snprintf(hand->wires[gsi].name, sizeof hand->wires[gsi].name, "gsi:%" PRIu32, gsi);
        hand->wires[gsi].source.name = hand->wires[gsi].name;
    }
    return 0;
}

void hand_free(struct board *board)
{
    free(board->hand.wires);
    free(board->hand.held);
    board->hand = (struct hand){ .count = 0 };
}

bool hand_has(const struct board *board, uint64_t gsi)
{
    return gsi < board->hand.count && route_has_gsi(&board->route, (uint32_t)gsi);
}

void hand_set(struct board *board, uint64_t gsi, bool level)
{
    if (!hand_has(board, gsi))
        return;
    struct route_source *source = &board->hand.wires[gsi].source;
    if (level)
        route_attach(&board->route, (uint32_t)gsi, source); // or it is attached
    route_set_level(&board->route, source, level);
    if (!level)
        route_detach(&board->route, source);
    board->hand.held[gsi] = level;
}

void hand_visit(struct hand *hand, struct visit *v)
{
    VISIT_MEMORY(v, hand->held, hand->count);
    for (uint32_t gsi = 0; v->below && gsi < hand->count; gsi++)
        visit_below(v, "hand->held", hand->held[gsi], 2);
}

// The levels of wires and pins have been loaded, too: a driver is attached and taken away without an effect on them.
void hand_loaded(struct board *board)
{
    for (uint32_t gsi = 0; gsi < board->hand.count; gsi++) {
        struct route_source *source = &board->hand.wires[gsi].source;
        bool held = board->hand.held[gsi];
        source->level = false;
        if (held)
            route_attach(&board->route, gsi, source);
        else
            route_detach(&board->route, source);
        source->level = held;
    }
}
