// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// What the files of this library know of one another; guests include guest.h.
#ifndef GUEST_MACHINE_H
#define GUEST_MACHINE_H

#include "lib/guest.h"

// Called from start.S and vectors.S.
void guest_start(void);
void processor_start(unsigned order);
void trap(struct frame *frame);

// The IDT (filled by processor 0) and a task state segment for this processor.
void traps_init(unsigned processor);

#endif
