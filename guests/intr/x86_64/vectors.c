// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// All processors share one IDT, but each has its own vectors: the same number may be another source on another
// processor.
#include "intr/x86_64/vectors.h"

static struct intr_source *sources[PROCESSOR_LIMIT][VECTORS];

int vector_take(struct intr_source *source)
{
    for (uint32_t vector = VECTOR_FIRST; vector < VECTOR_END; vector++) {
        if (sources[source->cpu][vector])
            continue;
        source->vector = vector;
        sources[source->cpu][vector] = source;
        return INTR_OK;
    }
    return INTR_NO_VECTOR;
}

void vector_fix(struct intr_source *source, uint32_t vector)
{
    source->vector = vector;
    sources[source->cpu][vector] = source;
}

void vector_give(const struct intr_source *source)
{
    sources[source->cpu][source->vector] = NULL;
}

const struct intr_source *vector_source(uint32_t vector)
{
    return sources[processor_self()][vector];
}

void vectors_init(trap_fn *handler)
{
    for (uint32_t vector = 0x20; vector < VECTOR_END; vector++)
        on_trap(vector, handler);
}
