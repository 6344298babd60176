// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The vectors of each processor, allocated to the sources of any controller.
#ifndef INTR_X86_64_VECTORS_H
#define INTR_X86_64_VECTORS_H

#include "intr/chip.h"

enum { VECTOR_FIRST = 0x30, VECTOR_END = 0xf0 }; // between what the 8259As use and the local APIC's own

// Takes a free vector of source->cpu; INTR_NO_VECTOR.
int vector_take(struct intr_source *source);
// Vector `vector` of the boot processor for `source`: where the hardware has fixed it.
void vector_fix(struct intr_source *source, uint32_t vector);
void vector_give(const struct intr_source *source);
// The source of the vector on this processor, or NULL.
const struct intr_source *vector_source(uint32_t vector);
// Sets the trap handler of all these vectors.
void vectors_init(trap_fn *handler);

#endif
