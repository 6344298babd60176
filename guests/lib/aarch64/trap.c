// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The vector table's address, and the end after a trap without a handler (DDI 0487, D1.3).
#include "lib/machine.h"

extern const uint8_t vectors[];

void trap_unexpected(const struct frame *frame)
{
    print("unexpected trap %u, esr %x, far %x, at %x, pstate %x\n", frame->vector, frame->esr, frame->far, frame->pc,
          frame->pstate);
    guest_exit(EXIT_FAILED);
}

void traps_init(unsigned processor)
{
    write_register(tpidr_el1, processor);
    write_register(vbar_el1, vectors);
    __asm__ volatile("isb" : : : "memory");
}
