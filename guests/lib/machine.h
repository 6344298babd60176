// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Declarations shared by the files of this library; guests include guest.h.
#ifndef GUEST_MACHINE_H
#define GUEST_MACHINE_H

#include "lib/guest.h"

// Called from start.S and vectors.S.
void guest_start(void);
void processor_start(unsigned order);
void trap(struct frame *frame);

// trap.c of each family: sets this processor's vectors (vectors.S); ends the guest with a line that says where.
void traps_init(unsigned processor);
_Noreturn void trap_unexpected(const struct frame *frame);

// Set by machine.c of each family for guest.c and memory.c.
extern const char *command_line;
void console_put(char c);
extern uint64_t heap_begin, heap_end; // memory that is free, and zero at the start

#endif
