// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// What lets an interrupt into a processor, from the registers that a look has read.
#ifndef VIEW_GATES_H
#define VIEW_GATES_H

#include "view/view.h"

void gates_look(struct view *view, unsigned cpu);

#endif
