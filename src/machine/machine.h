// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The machine behind the public handle, for the other public APIs in this folder.
#ifndef MACHINE_MACHINE_H
#define MACHINE_MACHINE_H

#include "machine/board/board.h"

struct board *machine_board(struct intact_machine *machine);

#endif
