// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// See panes.h.
#include "view/panes.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { LINE = 256, CHIP_WIDTH = 44, CPU_LINES = 7, TALL = 30 };

// "1,204,331".
static const char *with_commas(uint64_t number, char *text)
{
    char digits[24];
    int length = snprintf(digits, sizeof digits, "%" PRIu64, number), out = 0;
    for (int i = 0; i < length; i++) {
        if (i && (length - i) % 3 == 0)
            text[out++] = ',';
        text[out++] = digits[i];
    }
    text[out] = 0;
    return text;
}

// --- A chip ----------------------------------------------------------------------------------------------------------

// The numbers whose bits are set, or, of those that have more bits each, the ones that are not 0, and their values.
static void write_numbers(const struct intact_chip_register *reg, char *text, size_t size)
{
    unsigned used = 0;
    uint64_t mask = (UINT64_C(1) << reg->each) - 1;
    text[0] = 0;
    for (uint32_t i = 0; i * reg->each < reg->bits && used < size; i++) {
        uint64_t value = reg->value >> (i * reg->each) & mask;
        if (!value)
            continue;
        used += (unsigned)snprintf(text + used, size - used, "%s%" PRIu32, used ? " " : "", reg->first + i);
        if (reg->each > 1 && used < size)
            used += (unsigned)snprintf(text + used, size - used, "=%02" PRIX64 "h", value);
    }
}

// What stands out of a register's fields: texts of those that are not 0, numbers with their names.
static void write_fields(const struct intact_chip_register *reg, char *text, size_t size)
{
    unsigned used = 0;
    text[0] = 0;
    for (uint32_t i = 0; i < reg->field_count && used < size; i++) {
        const struct intact_register_field *field = &reg->fields[i];
        char number[INTACT_FIELD_TEXT];
        uint64_t value = intact_field_value(field, reg->value);
        const char *says = intact_field_text(field, reg->value, number), *comma = used ? ", " : "";
        if (field->value_count && value && strcmp(says, "yes") != 0 && strcmp(says, "1") != 0)
            used += (unsigned)snprintf(text + used, size - used, "%s%s", comma, says);
        else if (value)
            used += (unsigned)snprintf(text + used, size - used, "%s%s %s", comma, field->name, says);
    }
}

static bool is_of_interest(const struct view_register *reg)
{
    return reg->is.count == 1 || reg->is.value || reg->changed;
}

static int write_name(const struct intact_chip_register *reg, char *name, size_t size)
{
    if (reg->count > 1)
        return snprintf(name, size, "%s%" PRIu32, reg->name, reg->index);
    return snprintf(name, size, "%s", reg->name);
}

// Leading zeros up to the register's width, or to 32 bits if the upper ones are 0.
static int digits_of(const struct intact_chip_register *reg)
{
    return reg->bits > 32 && !(reg->value >> 32) ? 8 : (int)reg->bits / 4;
}

unsigned panes_rows(const struct view *view, unsigned number)
{
    const struct view_chip *chip = &view->chips[number];
    unsigned rows = 0;
    for (unsigned i = 0; i < chip->count; i++)
        rows += is_of_interest(&view->registers[chip->first + i]);
    return rows;
}

static void draw_register(const struct view_register *reg, int width, struct grid_box *box)
{
    char name[40], says[LINE];
    const struct intact_chip_register *is = &reg->is;
    write_name(is, name, sizeof name);
    if (is->each)
        write_numbers(is, says, sizeof says);
    else
        write_fields(is, says, sizeof says);
    enum grid_style style = reg->changed ? GRID_CHANGED : is->value ? GRID_PLAIN : GRID_QUIET;
    grid_say(box, style, "%c%-*s %0*" PRIX64 "h %s", reg->changed ? '*' : ' ', width, name, digits_of(is), is->value,
             says);
}

// The names fill a column.
static void draw_chip(const struct view *view, const struct panes *panes, struct grid_box *box)
{
    const struct view_chip *chip = &view->chips[panes->chip];
    const struct view_register *first = &view->registers[chip->first], *end = first + chip->count;
    int width = 0;
    unsigned met = 0;
    for (const struct view_register *reg = first; reg < end; reg++) {
        char name[40];
        int length = is_of_interest(reg) ? write_name(&reg->is, name, sizeof name) : 0;
        width = length > width ? length : width;
    }
    for (const struct view_register *reg = first; reg < end; reg++)
        if (is_of_interest(reg) && met++ >= panes->first_register && grid_left(box))
            draw_register(reg, width, box);
}

// --- A processor and the wires ---------------------------------------------------------------------------------------

static void draw_cpu(const struct view *view, const struct panes *panes, struct grid_box *box)
{
    const struct view_cpu *cpu = &view->cpus[panes->cpu];
    int width = 0;
    grid_say(box, cpu->moved ? GRID_CHANGED : GRID_PLAIN, "%c%s at 0x%" PRIx64 "%s%s", cpu->moved ? '*' : ' ',
             view_cpu_state(cpu->state), cpu->pc, cpu->code_count ? ": " : "",
             cpu->code_count ? cpu->code[0].text : "");
    for (unsigned i = 0; i < cpu->gate_count; i++) {
        int length = (int)strlen(cpu->gates[i].name);
        width = length > width ? length : width;
    }
    for (unsigned i = 0; i < cpu->gate_count; i++) {
        const struct view_gate *gate = &cpu->gates[i];
        enum grid_style style = gate->changed ? GRID_CHANGED : gate->open ? GRID_OPEN : GRID_CLOSED;
        grid_say(box, style, "%c%s %-*s %s", gate->changed ? '*' : ' ', gate->open ? "o" : "x", width, gate->name,
                 gate->text);
    }
    for (unsigned i = 1; i < cpu->code_count; i++)
        grid_say(box, GRID_QUIET, "   then 0x%" PRIx64 ": %s", cpu->code[i].address, cpu->code[i].text);
}

static void draw_wires(const struct view *view, struct grid_box *box)
{
    for (unsigned pass = 0; pass < 2; pass++)
        for (unsigned i = 0; i < view->wire_count; i++) {
            const struct view_wire *wire = &view->wires[i];
            if ((pass == 0) != (wire->high || wire->changed))
                continue;
            enum grid_style style = wire->changed ? GRID_CHANGED : wire->high ? GRID_PLAIN : GRID_QUIET;
            bool both = *wire->high_by && *wire->others;
            grid_say(box, style, "%cGSI %-3u %s %s%s%s%s", wire->changed ? '*' : ' ', wire->gsi,
                     wire->high ? "high" : "low ", wire->high_by, both ? " (not " : "", wire->others, both ? ")" : "");
        }
}

// --- Lives -----------------------------------------------------------------------------------------------------------

static void draw_life(const struct view_life *life, struct grid_box *box)
{
    char number[32];
    grid_say(box, GRID_CHANGED, "#%" PRIu64 " %s: %s%s", life->number, life->source, view_fate(life),
             life->raises > 1 ? ", several raises in one" : "");
    unsigned first = life->count > grid_left(box) ? life->count - grid_left(box) : 0;
    for (unsigned i = first; i < life->count; i++)
        grid_say(box, GRID_PLAIN, "%14s %-8s %s", with_commas(life->stations[i].instructions, number),
                 intact_trace_name(life->stations[i].id), life->stations[i].text);
    if (life->missing)
        grid_say(box, GRID_QUIET, "and %u more", life->missing);
}

// The chosen one with its stations, and the others in a line each.
static void draw_lives(const struct view *view, const struct panes *panes, struct grid_box *box)
{
    if (view->life_count == 0) {
        grid_say(box, GRID_QUIET, " no interrupt was raised yet");
        return;
    }
    unsigned chosen = view->life_count - 1 - (panes->life < view->life_count ? panes->life : view->life_count - 1);
    draw_life(&view->lives[chosen], box);
    for (unsigned i = chosen; i-- > 0 && grid_left(box);)
        grid_say(box, GRID_QUIET, "#%" PRIu64 " %s: %s", view->lives[i].number, view->lives[i].source,
                 view_fate(&view->lives[i]));
}

// --- The whole -------------------------------------------------------------------------------------------------------

static void draw_help(struct grid *grid)
{
    static const char *const lines[] = {
        "s    one instruction of the processor    b    back by one instruction",
        "n    on to an interrupt's next event     p    back to the event before",
        "g    on until a key is pressed           G    on by 1,000,000 instructions",
        "Tab  the next chip (Shift-Tab: back)     c    the next processor",
        "j k  down and up in its registers        h l  an older interrupt, a newer",
        "i    the interrupts alone, and back      w    why it does not arrive; again:",
        "?    these keys, and away again               why another does not",
        "q    the end",
        "",
        "A line that begins with * is not as it was at the last stop. Of a",
        "processor, o lets interrupts pass, and x holds them. A life begins where a",
        "device raises its interrupt; each line is a station that it has passed,",
        "with the number of instructions that had been executed.",
    };
    struct grid_box box = grid_box(grid, 0, 1, grid->width, grid->height - 2, "keys");
    for (unsigned i = 0; i < sizeof lines / sizeof lines[0]; i++)
        grid_say(&box, GRID_PLAIN, " %s", lines[i]);
}

static void draw_status(const struct view *view, const struct panes *panes, struct grid *grid)
{
    char number[32], text[LINE];
    struct grid_box top = { grid, 0, 0, grid->width, 1, 0 }, bottom = { grid, 0, grid->height - 1, grid->width, 1, 0 };
    snprintf(text, sizeof text, "instruction %s, %" PRIu64 " ns: %s", with_commas(view->instructions, number),
             view->time, panes->state);
    grid_say(&top, GRID_CHOSEN, "%s", text);
    grid_say(&bottom, GRID_CHOSEN, "s step  n event  b back  p event back  g run  Tab chip  w why  ? keys  q quit");
}

// The last line of what the guest printed.
static void draw_printed(const struct panes *panes, struct grid_box *box)
{
    const char *text = panes->printed;
    size_t length = panes->printed_size;
    while (length && (text[length - 1] == '\n' || text[length - 1] == '\r'))
        length--;
    size_t begin = length;
    unsigned lines = 0;
    while (begin && (text[begin - 1] != '\n' || ++lines < grid_left(box)))
        begin--;
    while (begin < length && grid_left(box)) {
        size_t end = begin;
        while (end < length && text[end] != '\n')
            end++;
        grid_say(box, GRID_PLAIN, "%.*s", (int)(end - begin - (end > begin && text[end - 1] == '\r')), text + begin);
        begin = end + 1;
    }
}

// The lives, or an answer in their place.
static void draw_lower(const struct view *view, const struct panes *panes, struct grid *grid, unsigned top,
                       unsigned height)
{
    struct grid_box box = grid_box(grid, 0, top, grid->width, height, *panes->note ? "why" : "interrupts");
    if (*panes->note)
        grid_say_lines(&box, GRID_PLAIN, panes->note);
    else
        draw_lives(view, panes, &box);
}

void panes_draw(const struct view *view, const struct panes *panes, struct grid *grid)
{
    unsigned width = grid->width, height = grid->height, right = width - CHIP_WIDTH - 1;
    unsigned upper = (height - 2) * 6 / 10, lower = height - 2 - upper, printed = height > TALL ? 6 : 3;
    unsigned of_cpu = CPU_LINES + (height > TALL ? VIEW_CODE - 1 : 0);
    const struct view_chip *chip = &view->chips[panes->chip];
    char title[64];
    grid_clear(grid);
    draw_status(view, panes, grid);
    if (panes->help) {
        draw_help(grid);
        return;
    }
    if (panes->full || (*panes->note && height <= TALL)) {
        draw_lower(view, panes, grid, 1, height - 2);
        return;
    }
    struct grid_box box = grid_box(grid, 0, 1, CHIP_WIDTH + (right > 60 ? right - 60 : 0), upper, chip->text);
    unsigned left = box.width + 1;
    draw_chip(view, panes, &box);
    snprintf(title, sizeof title, "CPU %u", panes->cpu);
    box = grid_box(grid, left, 1, width - left, of_cpu, title);
    draw_cpu(view, panes, &box);
    box = grid_box(grid, left, 1 + of_cpu, width - left, upper - of_cpu, "wires");
    draw_wires(view, &box);
    draw_lower(view, panes, grid, 1 + upper, lower - printed);
    box = grid_box(grid, 0, height - 1 - printed, width, printed, "the guest prints");
    draw_printed(panes, &box);
}
