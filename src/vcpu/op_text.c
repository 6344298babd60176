// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// An op as text.
#include "vcpu/op_text.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>

struct line {
    char *text;
    size_t used;
};

static void add(struct line *line, const char *field, const char *value)
{
    line->used += (size_t)snprintf(line->text + line->used, OP_TEXT - line->used, " %s=%s", field, value);
}

static void add_number(struct line *line, const char *field, int64_t value)
{
    char text[24];
    if (value > -4096 && value < 4096)
        snprintf(text, sizeof text, "%" PRId64, value);
    else
        snprintf(text, sizeof text, "0x%" PRIx64, (uint64_t)value);
    add(line, field, text);
}

static void add_slot(const struct op_names *names, struct line *line, const char *field, unsigned slot)
{
    char text[16];
    snprintf(text, sizeof text, "slot%u", slot);
    add(line, field, slot < names->slot_count ? names->slots[slot] : text);
}

static void add_register(const struct op_names *names, struct line *line, const char *field, unsigned slot, bool vector)
{
    char text[16];
    if (!vector) {
        add_slot(names, line, field, slot);
        return;
    }
    snprintf(text, sizeof text, "%s%u", names->vector, slot);
    add(line, field, text);
}

static bool has_pointer(const struct op_names *names, const struct op *op)
{
    for (unsigned i = 0; i < sizeof names->pointer_codes / sizeof names->pointer_codes[0]; i++)
        if (names->pointer_codes[i] && names->pointer_codes[i] == op->code)
            return true;
    return false;
}

static void add_fields(const struct op_names *names, struct line *line, const struct op_row *row, const struct op *op)
{
    uint32_t has = row->operands;
    bool vector = has & OP_VECTOR;
    if (has & (OP_TO_D | OP_OF_D))
        add_register(names, line, "d", op->d, vector);
    if (has & OP_D)
        add_number(line, "d", op->d);
    if (has & OP_OF_A)
        add_slot(names, line, "a", op->a);
    if (has & OP_OF_B)
        add_slot(names, line, "b", op->b);
    if (has & OP_S)
        add_number(line, "s", op->s);
    if (has & (OP_TO_X | OP_OF_X))
        add_register(names, line, "x", op->x, vector);
    if (has & OP_X)
        add_number(line, "x", op->x);
    if (has & OP_DELTA)
        add_number(line, "delta", op->delta);
    if ((has & OP_IMM) && !has_pointer(names, op))
        add_number(line, "imm", op->imm);
    if (has & OP_DISP)
        add_number(line, "disp", op->disp);
    if (has & OP_VALUE)
        add_number(line, "value", op->value);
}

void op_text(const struct op_names *names, const struct op *op, char text[OP_TEXT])
{
    struct line line = { .text = text };
    if (op->code >= names->count) {
        snprintf(text, OP_TEXT, "%u", op->code);
        return;
    }
    const struct op_row *row = &names->rows[op->code];
    bool helps = op->code == names->helper_code && op->disp >= 0 && (unsigned)op->disp < names->helper_count;
    if (helps)
        row = &names->helpers[op->disp];
    line.used = (size_t)snprintf(text, OP_TEXT, "%s%-10s", helps ? "HELP " : "", row->name);
    add_fields(names, &line, row, op);
    while (line.used && text[line.used - 1] == ' ')
        text[--line.used] = 0;
}
