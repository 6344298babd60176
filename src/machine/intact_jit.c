// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The API of <intact/machine.h> that tells what the code generator does, and the same as text.
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/sized.h"
#include "machine/jit_text.h"
#include "machine/machine.h"
#include "vcpu/jit/jit.h"

void intact_jit_state_defaults(struct intact_jit_state *state, size_t size)
{
    const struct intact_jit_state defaults = { .size = sizeof defaults };
    sized_give(state, size, &defaults, sizeof defaults);
}

static struct intact_jit_state state_of(const struct intact_machine *machine)
{
    const struct board *board = machine->board;
    struct intact_jit_state state = { .size = sizeof state, .on = board->jit, .refused = board->jit_refused };
    struct jit_counts counts;
    if (!board->jit)
        return state;
    jit_counts(board->jit, &counts);
    state.threshold = counts.threshold;
    state.memory = counts.size;
    state.used = counts.used;
    state.blocks = counts.compiled;
    state.blocks_refused = counts.refused;
    state.emptied = counts.emptied;
    return state;
}

int intact_machine_jit(const struct intact_machine *machine, struct intact_jit_state *state)
{
    struct intact_jit_state now = state_of(machine), given;
    if (!sized_take(&given, sizeof given, state))
        return -EINVAL;
    sized_give(state, state->size, &now, sizeof now);
    return 0;
}

// --- as text ---------------------------------------------------------------------------------------------------------

void jit_text_state(const struct intact_machine *machine, char text[JIT_TEXT])
{
    struct intact_jit_state state = state_of(machine);
    if (state.on)
        snprintf(text, JIT_TEXT, "jit: on: blocks that have run %" PRIu32 " times become host code\n", state.threshold);
    else if (!state.refused)
        snprintf(text, JIT_TEXT, "jit: off: it is not wanted\n");
    else if (state.refused == -ENOTSUP)
        snprintf(text, JIT_TEXT, "jit: off: there is none for this host\n");
    else
        snprintf(text, JIT_TEXT, "jit: off: the host refuses memory for code: %s\n", strerror(-state.refused));
}

void jit_text_counts(const struct intact_machine *machine, char text[JIT_TEXT])
{
    struct intact_jit_state state = state_of(machine);
    text[0] = 0;
    if (state.on)
        snprintf(text, JIT_TEXT,
                 "jit: %" PRIu64 " blocks became host code, %" PRIu64 " did not fit; %" PRIu64 " of %" PRIu64
                 " bytes are used, the memory was emptied %" PRIu64 " times\n",
                 state.blocks, state.blocks_refused, state.used, state.memory, state.emptied);
}
