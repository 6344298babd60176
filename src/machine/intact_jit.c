// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The API of <intact/machine.h> that tells what the code generator does, and the same as text.
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/sized.h"
#include "debug/disassemble.h"
#include "machine/jit_text.h"
#include "machine/machine.h"
#include "vcpu/jit/check.h"
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

// --- the first difference --------------------------------------------------------------------------------------------

// The report, with the host code as assembly behind it.
static void write_report(FILE *file, const char *report, const uint8_t *code, size_t size)
{
#if defined(__aarch64__)
    enum disassemble_mode mode = DISASSEMBLE_A64;
#else
    enum disassemble_mode mode = DISASSEMBLE_X86_64;
#endif
    struct disassembler disassembler = { 0 };
    char line[DISASSEMBLE_TEXT];
    fputs(report, file);
    for (size_t at = 0, bytes; at < size; at += bytes) {
        bytes = disassemble_line(&disassembler, mode, (uint64_t)(uintptr_t)code + at, code + at, size - at, 1, line);
        if (bytes == 0)
            break;
        fputs(line, file);
    }
    disassemble_free(&disassembler);
}

const char *intact_machine_jit_report(struct intact_machine *machine)
{
    struct check *check = machine->board->jit ? jit_check(machine->board->jit) : NULL;
    size_t size, bytes;
    if (machine->jit_report || !check || !check_report(check))
        return machine->jit_report;
    FILE *file = open_memstream(&machine->jit_report, &bytes);
    if (!file)
        return NULL;
    const uint8_t *code = check_code(check, &size);
    write_report(file, check_report(check), code, size);
    if (fclose(file) != 0) {
        free(machine->jit_report);
        machine->jit_report = NULL;
    }
    return machine->jit_report;
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
