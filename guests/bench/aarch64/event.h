// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Shared by the Arm benchmarks: a vector table whose entries save only the registers that they use, as a compiler's
// interrupt handlers on the PC do. Everything counts into event_count.
#ifndef BENCH_AARCH64_EVENT_H
#define BENCH_AARCH64_EVENT_H

#include "bench/bench.h"
#include "lib/aarch64/chips.h"
#include "lib/aarch64/gic.h"

extern volatile uint64_t event_count;
extern const uint8_t event_vectors[], event_vectors_v2[];

// Defines `name`, a table of vectors with the handlers of SVC and IRQ. Their code may use X0 to X3.
#define EVENT_VECTORS(name, svc, irq)                                                                                  \
    __asm__(".text\n.balign 2048\n.global " #name "\n" #name ":\n"                                                     \
            ".org " #name " + 0x200\n" EVENT_ENTRY(svc) ".org " #name " + 0x280\n" EVENT_ENTRY(irq))

#define EVENT_ENTRY(code)                                                                                              \
    "stp x0, x1, [sp, #-32]!\nstp x2, x3, [sp, #16]\n" code "adrp x1, event_count\n"                                   \
    "ldr x0, [x1, :lo12:event_count]\nadd x0, x0, #1\nstr x0, [x1, :lo12:event_count]\n"                               \
    "ldp x2, x3, [sp, #16]\nldp x0, x1, [sp], #32\neret\n"

// The interrupt's way through the CPU interface, with `code` in between.
#define EVENT_V3(code) "mrs x0, icc_iar1_el1\n" code "msr icc_eoir1_el1, x0\n"
#define EVENT_V2(code) "mov x1, #0x08010000\nldr w0, [x1, #12]\n" code "str w0, [x1, #16]\n"

#define EVENT_HANDLERS(code)                                                                                           \
    volatile uint64_t event_count;                                                                                     \
    EVENT_VECTORS(event_vectors, "", EVENT_V3(code));                                                                  \
    EVENT_VECTORS(event_vectors_v2, "", EVENT_V2(code))

INLINE void event_init(void)
{
    write_register(vbar_el1, gic.version == 2 ? event_vectors_v2 : event_vectors);
    barrier();
}

#endif
