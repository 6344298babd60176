// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The lives of interrupts in a view: the events that belong to one raise, which its cause tells (<intact/trace.h>).
#ifndef VIEW_LIVES_H
#define VIEW_LIVES_H

#include "view/view.h"

void lives_hear(struct view *view, const struct intact_trace_event *event);

// A way back begins: the events on it were heard before, and come again, with other causes; a run is the same every time. Each is
// found where it was kept, and its life has the new cause from then on.
void lives_begin_again(struct view *view);
bool lives_hear_again(struct view *view, const struct intact_trace_event *event);
// It has ended where so many instructions had been executed: what came later did not happen.
void lives_forget_after(struct view *view, uint64_t instructions);

#endif
