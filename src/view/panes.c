// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// See panes.h.
#include "view/panes.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "view/keys.h"
#include "view/printed.h"

enum { LINE = 256, CHIP_WIDTH = 44, CPU_WIDTH = 60, CPU_LINES = 7, TALL = 30, WIDE_BAR = 98, SPANS = 64 };

static struct grid_target target_of(enum panes_target kind, uint32_t index, unsigned part)
{
    return (struct grid_target){ .kind = (uint8_t)kind, .index = index, .part = (uint8_t)part };
}

unsigned panes_pane_of(struct grid_target target)
{
    static const uint8_t panes[] = {
        [PANES_CHIP] = 1, [PANES_REGISTER] = 1, [PANES_FIELD] = 1, [PANES_CPU] = 2,  [PANES_GATE] = 2,
        [PANES_CODE] = 2, [PANES_WIRE] = 3,     [PANES_LEVEL] = 3, [PANES_LIFE] = 4, [PANES_STATION] = 4,
        [PANES_NOTE] = 4, [PANES_PRINTED] = 5,  [PANES_KEY] = 6,
    };
    return target.kind <= PANES_PRINTED ? panes[target.kind] : 0;
}

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

// The places of fields in a text.
struct spans {
    unsigned count;
    struct {
        unsigned begin, end, part;
    } list[SPANS];
};

static void add_span(struct spans *spans, unsigned begin, unsigned end, unsigned part)
{
    if (spans->count == SPANS)
        return;
    spans->list[spans->count].begin = begin;
    spans->list[spans->count].end = end;
    spans->list[spans->count++].part = part;
}

// The numbers whose bits are set, or, of those that have more bits each, the ones that are not 0, and their values.
static void write_numbers(const struct intact_chip_register *reg, char *text, size_t size, struct spans *spans)
{
    unsigned used = 0;
    uint64_t mask = (UINT64_C(1) << reg->each) - 1;
    text[0] = 0;
    for (uint32_t i = 0; i * reg->each < reg->bits && used < size; i++) {
        uint64_t value = reg->value >> (i * reg->each) & mask;
        if (!value)
            continue;
        unsigned begin = used + (used > 0);
        used += (unsigned)snprintf(text + used, size - used, "%s%" PRIu32, used ? " " : "", reg->first + i);
        if (reg->each > 1 && used < size)
            used += (unsigned)snprintf(text + used, size - used, "=%02" PRIX64 "h", value);
        add_span(spans, begin, used, i);
    }
}

// What stands out of a register's fields: texts of those that are not 0, numbers with their names.
static void write_fields(const struct intact_chip_register *reg, char *text, size_t size, struct spans *spans)
{
    unsigned used = 0;
    text[0] = 0;
    for (uint32_t i = 0; i < reg->field_count && used < size; i++) {
        const struct intact_register_field *field = &reg->fields[i];
        char number[INTACT_FIELD_TEXT];
        uint64_t value = intact_field_value(field, reg->value);
        const char *says = intact_field_text(field, reg->value, number), *comma = used ? ", " : "";
        unsigned begin = used + (used ? 2 : 0);
        if (field->value_count && value && strcmp(says, "yes") != 0 && strcmp(says, "1") != 0)
            used += (unsigned)snprintf(text + used, size - used, "%s%s", comma, says);
        else if (value)
            used += (unsigned)snprintf(text + used, size - used, "%s%s %s", comma, field->name, says);
        if (value)
            add_span(spans, begin, used, i);
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

static void draw_register(const struct view *view, const struct view_register *reg, int width, struct grid_box *box)
{
    char name[40], says[LINE];
    const struct intact_chip_register *is = &reg->is;
    struct spans spans = { .count = 0 };
    uint32_t index = (uint32_t)(reg - view->registers);
    write_name(is, name, sizeof name);
    if (is->each)
        write_numbers(is, says, sizeof says, &spans);
    else
        write_fields(is, says, sizeof says, &spans);
    enum grid_style style = reg->changed ? GRID_CHANGED : is->value ? GRID_PLAIN : GRID_QUIET;
    box->target = target_of(PANES_REGISTER, index, 0);
    grid_say(box, style, "%c%-*s %0*" PRIX64 "h %s", reg->changed ? '*' : ' ', width, name, digits_of(is), is->value,
             says);
    size_t column = (size_t)width + (size_t)digits_of(is) + 4; // a mark, two spaces, h
    for (unsigned i = 0; i < spans.count; i++)
        grid_mark(box, column + spans.list[i].begin, spans.list[i].end - spans.list[i].begin,
                  target_of(PANES_FIELD, index, spans.list[i].part));
}

// All chips in a line, with the chosen one in brackets; so many of those before it are left out that it is there.
static void draw_tabs(const struct view *view, const struct panes *panes, struct grid_box *box)
{
    char text[LINE] = "";
    unsigned first = panes->chip + 1, width = 0;
    struct spans spans = { .count = 0 };
    while (first > 0 && width + strlen(view->chips[first - 1].name) + 2 <= box->width)
        width += (unsigned)strlen(view->chips[--first].name) + 2;
    for (unsigned i = first, used = 0; i < view->chip_count && used < box->width && used < sizeof text; i++) {
        bool chosen = i == panes->chip;
        unsigned begin = used;
        used += (unsigned)snprintf(text + used, sizeof text - used, "%s%s%s", chosen ? "[" : " ", view->chips[i].name,
                                   chosen ? "]" : " ");
        add_span(&spans, begin, used, i - first);
    }
    grid_say(box, GRID_QUIET, "%s", text);
    for (unsigned i = 0; i < spans.count; i++) {
        unsigned begin = spans.list[i].begin, chip = first + spans.list[i].part;
        grid_mark(box, begin, spans.list[i].end - begin, target_of(PANES_CHIP, chip, 0));
        for (unsigned column = begin; chip == panes->chip && column < spans.list[i].end && column < box->width;
             column++)
            grid_cell(box->grid, box->left + column, box->top + box->line - 1)->style = GRID_TITLE;
    }
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
            draw_register(view, reg, width, box);
}

// --- A processor and the wires ---------------------------------------------------------------------------------------

static void draw_cpu(const struct view *view, const struct panes *panes, struct grid_box *box)
{
    const struct view_cpu *cpu = &view->cpus[panes->cpu];
    int width = 0;
    box->target = target_of(PANES_CPU, panes->cpu, 0);
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
        box->target = target_of(PANES_GATE, panes->cpu, i);
        grid_say(box, style, "%c%s %-*s %s", gate->changed ? '*' : ' ', gate->open ? "o" : "x", width, gate->name,
                 gate->text);
    }
    for (unsigned i = 1; i < cpu->code_count; i++) {
        box->target = target_of(PANES_CODE, panes->cpu, i);
        grid_say(box, GRID_QUIET, "   then 0x%" PRIx64 ": %s", cpu->code[i].address, cpu->code[i].text);
    }
}

static void draw_wires(const struct view *view, struct grid_box *box)
{
    for (unsigned pass = 0; pass < 2; pass++)
        for (unsigned i = 0; i < view->wire_count; i++) {
            const struct view_wire *wire = &view->wires[i];
            if ((pass == 0) != (wire->high || wire->changed))
                continue;
            enum grid_style style = wire->changed ? GRID_CHANGED : wire->high ? GRID_PLAIN : GRID_QUIET;
            box->target = target_of(PANES_WIRE, i, 0);
            bool both = *wire->high_by && *wire->others;
            if (!grid_say(box, style, "%cGSI %-3u %s %s%s%s%s", wire->changed ? '*' : ' ', wire->gsi,
                          wire->high ? "high" : "low ", wire->high_by, both ? " (not " : "", wire->others,
                          both ? ")" : ""))
                return;
            int before = snprintf(NULL, 0, "*GSI %-3u ", wire->gsi);
            grid_mark(box, (size_t)before, 4, target_of(PANES_LEVEL, i, 0));
        }
}

// --- Lives -----------------------------------------------------------------------------------------------------------

static void draw_life(const struct view *view, unsigned index, struct grid_box *box)
{
    const struct view_life *life = &view->lives[index];
    char number[32];
    box->target = target_of(PANES_LIFE, index, 0);
    grid_say(box, GRID_CHANGED, "#%" PRIu64 " %s: %s%s%s", life->number, life->source, view_fate(life),
             life->nmi && life->taken ? " (no event tells the end of an NMI)" : "",
             life->raises > 1 ? ", several raises in one" : "");
    unsigned first = life->count > grid_left(box) ? life->count - grid_left(box) : 0;
    for (unsigned i = first; i < life->count; i++) {
        box->target = target_of(PANES_STATION, index, i);
        grid_say(box, GRID_PLAIN, "%14s %-8s %s", with_commas(life->stations[i].instructions, number),
                 intact_trace_name(life->stations[i].id), life->stations[i].text);
    }
    box->target = (struct grid_target){ 0 };
    if (life->missing)
        grid_say(box, GRID_QUIET, "and %u more", life->missing);
}

// The chosen one with its stations, and the older ones in a line each.
static void draw_lives(const struct view *view, const struct panes *panes, struct grid_box *box)
{
    if (view->life_count == 0) {
        grid_say(box, GRID_QUIET, " no interrupt was raised yet");
        return;
    }
    unsigned chosen = view->life_count - 1 - (panes->life < view->life_count ? panes->life : view->life_count - 1);
    draw_life(view, chosen, box);
    for (unsigned i = chosen; i-- > 0 && grid_left(box);) {
        box->target = target_of(PANES_LIFE, i, 0);
        grid_say(box, GRID_QUIET, "#%" PRIu64 " %s: %s", view->lives[i].number, view->lives[i].source,
                 view_fate(&view->lives[i]));
    }
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
        "C    the guest's console                      why another does not",
        "o    a cursor, in the next pane          ?    these keys, and away again",
        "Enter  what the cursor is on, in full    q    the end",
        "",
        "The cursor moves by j k h l or the arrows, and Esc takes it away. Enter, like",
        "a click in a window, tells a register's fields, a wire, what holds interrupts;",
        "goes back to a station; chooses a chip or an interrupt; does a key; or, on the",
        "level of a wire, holds it high by hand, or lets it go.",
        "",
        "A line that begins with * is not as it was at the last stop. Of a processor,",
        "o lets interrupts pass, and x holds them. A life begins where a device raises",
        "its interrupt; each line is a station that it has passed, with the number of",
        "instructions that had been executed.",
    };
    struct grid_box box = grid_box_of(grid, 0, 1, grid->width, grid->height - 2, "keys", target_of(PANES_KEY, '?', 0));
    for (unsigned i = 0; i < sizeof lines / sizeof lines[0]; i++)
        grid_say(&box, GRID_PLAIN, " %s", lines[i]);
}

// The keys that most users need. Those that are `wide` are left out where there is no room for all.
struct bar_key {
    int key;
    const char *text;
    bool wide;
};

static const struct bar_key bar_keys[] = {
    { 's', "s step", false },       { 'n', "n event", false },  { 'b', "b back", false },
    { 'p', "p event back", false }, { 'g', "g run", false },    { VIEW_KEY_TAB, "Tab chip", false },
    { 'o', "o cursor", true },      { 'C', "C console", true }, { 'w', "w why", false },
    { '?', "? keys", false },       { 'q', "q quit", false },
};

static const struct bar_key console_keys[] = {
    { VIEW_KEY_LEAVE, "Ctrl-a c the panes", false },
    { VIEW_KEY_QUIT, "Ctrl-a x quit", false },
};

static void draw_bar(struct grid *grid, const char *text, const struct bar_key *keys, unsigned count)
{
    struct grid_box bar = { .grid = grid, .top = grid->height - 1, .width = grid->width, .height = 1 };
    char line[LINE];
    struct spans spans = { .count = 0 };
    unsigned used = (unsigned)snprintf(line, sizeof line, "%s", text);
    for (unsigned i = 0; i < count; i++) {
        if (keys[i].wide && grid->width < WIDE_BAR)
            continue;
        unsigned begin = used;
        used += (unsigned)snprintf(line + used, sizeof line - used, "%s  ", keys[i].text);
        add_span(&spans, begin, used - 2, i);
    }
    grid_say(&bar, GRID_BAR, "%s", line);
    for (unsigned i = 0; i < spans.count; i++)
        grid_mark(&bar, spans.list[i].begin, spans.list[i].end - spans.list[i].begin,
                  target_of(PANES_KEY, (uint32_t)keys[spans.list[i].part].key, 0));
}

static void draw_status(const struct view *view, const struct panes *panes, struct grid *grid)
{
    char number[32];
    struct grid_box top = { .grid = grid, .width = grid->width, .height = 1 };
    grid_say(&top, GRID_BAR, "instruction %s, %" PRIu64 " ns: %s", with_commas(view->instructions, number), view->time,
             panes->state);
    if (panes->console)
        draw_bar(grid, "keys go to the guest's serial port; ", console_keys,
                 sizeof console_keys / sizeof console_keys[0]);
    else
        draw_bar(grid, "", bar_keys, sizeof bar_keys / sizeof bar_keys[0]);
}

static void draw_printed(const struct panes *panes, struct grid *grid, unsigned top, unsigned height)
{
    const char *title = panes->console ? "the guest's console" : "the guest prints";
    struct grid_box box = grid_box_of(grid, 0, top, grid->width, height, title, target_of(PANES_PRINTED, 0, 0));
    box.target = target_of(PANES_PRINTED, 0, 0);
    printed_draw(panes->printed, panes->printed_size, panes->console, &box);
    while (grid_left(&box))
        grid_say(&box, GRID_PLAIN, "%s", "");
}

// The lives, or an answer in their place.
static void draw_lower(const struct view *view, const struct panes *panes, struct grid *grid, unsigned top,
                       unsigned height)
{
    const char *title = *panes->note ? panes->note_title : "interrupts";
    struct grid_box box = grid_box_of(grid, 0, top, grid->width, height, title, target_of(PANES_KEY, 'i', 0));
    box.target = target_of(PANES_NOTE, 0, 0);
    if (*panes->note)
        grid_say_lines(&box, GRID_PLAIN, panes->note);
    else
        draw_lives(view, panes, &box);
}

// A chip, a processor and the wires.
static void draw_upper(const struct view *view, const struct panes *panes, struct grid *grid, unsigned height)
{
    unsigned width = grid->width, right = width - CHIP_WIDTH - 1;
    unsigned more = right > CPU_WIDTH ? right - CPU_WIDTH : 0,
             most = width / 2 > CHIP_WIDTH ? width / 2 - CHIP_WIDTH : 0;
    unsigned of_cpu = CPU_LINES + (height > 17 ? VIEW_CODE - 1 : 0);
    char title[64];
    struct grid_box box = grid_box_of(grid, 0, 1, CHIP_WIDTH + (more < most ? more : most), height,
                                      view->chips[panes->chip].text, target_of(PANES_KEY, VIEW_KEY_TAB, 0));
    unsigned left = box.width + 1;
    if (grid->height > TALL)
        draw_tabs(view, panes, &box);
    draw_chip(view, panes, &box);
    snprintf(title, sizeof title, "CPU %u", panes->cpu);
    box = grid_box_of(grid, left, 1, width - left, of_cpu, title, target_of(PANES_KEY, 'c', 0));
    draw_cpu(view, panes, &box);
    box = grid_box(grid, left, 1 + of_cpu, width - left, height - of_cpu, "wires");
    draw_wires(view, &box);
}

// A register has its fields with it.
static bool is_pointed_at(const struct panes *panes, struct grid_target target)
{
    bool row = panes->cursor.kind == PANES_REGISTER && target.kind == PANES_FIELD;
    return grid_same_target(target, panes->cursor) || (row && target.index == panes->cursor.index);
}

static void draw_cursor(const struct panes *panes, struct grid *grid)
{
    for (size_t i = 0; panes->cursor.kind && i < (size_t)grid->width * grid->height; i++)
        if (is_pointed_at(panes, grid->cells[i].target))
            grid->cells[i].style = GRID_CURSOR;
}

// The console has most of the room, on a low screen all of it.
static void draw_console(const struct view *view, const struct panes *panes, struct grid *grid)
{
    unsigned upper = grid->height > TALL ? (grid->height - 2) / 3 + 2 : 0;
    if (upper)
        draw_upper(view, panes, grid, upper);
    draw_printed(panes, grid, 1 + upper, grid->height - 2 - upper);
}

static void draw_panes(const struct view *view, const struct panes *panes, struct grid *grid)
{
    // An answer has the room of what the guest prints, too.
    unsigned height = grid->height, upper = (height - 2) * 6 / 10, printed = *panes->note ? 0 : height > TALL ? 6 : 3;
    if (panes->full || (*panes->note && height <= TALL)) {
        draw_lower(view, panes, grid, 1, height - 2);
        return;
    }
    draw_upper(view, panes, grid, upper);
    draw_lower(view, panes, grid, 1 + upper, height - 2 - upper - printed);
    if (printed)
        draw_printed(panes, grid, height - 1 - printed, printed);
}

void panes_draw(const struct view *view, const struct panes *panes, struct grid *grid)
{
    grid_clear(grid);
    draw_status(view, panes, grid);
    if (panes->help)
        draw_help(grid);
    else if (panes->console)
        draw_console(view, panes, grid);
    else
        draw_panes(view, panes, grid);
    draw_cursor(panes, grid);
}
