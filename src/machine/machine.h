// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The machine behind the public handle, for the other public APIs in this folder.
#ifndef MACHINE_MACHINE_H
#define MACHINE_MACHINE_H

#include "machine/board/board.h"
#include "machine/config_lists.h"
#include "machine/replay/replay.h"

struct timeline;

struct intact_machine {
    struct board *board; // NULL: it was not made
    struct config_lists lists;
    struct replay replay;
    struct timeline *timeline; // NULL: it cannot go back
    struct intact_exit last;   // of the last run
};

struct board *machine_board(struct intact_machine *machine);

#endif
