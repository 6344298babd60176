// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The layout and the drawing. See svg_life.h.
//
// Time goes from left to right, but not to scale: most stations of an interrupt are at one instruction. So all that is at one
// instruction is a *moment*, a group of columns with its instruction count below. A station stands below the one it follows
// from, if that is the last one and in a lane above; otherwise in a column of its own.
//
// No scripts, and no fonts but the viewer's; colours follow the viewer's preference for light or dark.
#include "observe/svg_life.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "observe/chips.h"
#include "observe/escape.h"
#include "observe/event_text.h"

#define BOX_WIDTH    176
#define BOX_HEIGHT   58
#define GAP          34 // between columns; arrows turn in it
#define MOMENT_GAP   74 // between moments
#define LANE_HEIGHT  84
#define LEFT         182 // of the first column
#define TOP          92  // of the first lane
#define AXIS_HEIGHT  84
#define LINE_LETTERS 25 // of a text in a box
#define LINES        3

#define NO_PARENT SVG_LIFE_EVENTS

enum lane_kind { DEVICE, ROUTING, CHIP, CPU };

struct lane {
    enum lane_kind kind;
    uint64_t chip;
    uint32_t cpu; // CPU, and chips of processors; else INTACT_NO_CPU
};

struct station {
    const struct intact_trace_event *event;
    unsigned lane, column, moment;
    unsigned parent; // the station that it follows from
};

struct layout {
    const struct svg_life *life;
    FILE *file;
    unsigned count, lanes, columns, moments;
    struct station station[SVG_LIFE_EVENTS];
    struct lane lane[SVG_LIFE_EVENTS];
    int left[SVG_LIFE_EVENTS]; // of columns
};

// --- Lanes -----------------------------------------------------------------------------------------------------------

static struct lane lane_of(const struct svg_life *life, const struct intact_trace_event *event)
{
    switch (event->id) {
    case INTACT_TRACE_LINE:
    case INTACT_TRACE_TRIGGER:
    case INTACT_TRACE_MESSAGE:
    case INTACT_TRACE_TIMER: return (struct lane){ DEVICE, 0, INTACT_NO_CPU };
    case INTACT_TRACE_ROUTE:
    case INTACT_TRACE_RESAMPLE:
    case INTACT_TRACE_DROP: return (struct lane){ ROUTING, 0, INTACT_NO_CPU };
    case INTACT_TRACE_MASK:
        if (event->a == INTACT_CHIP_SOURCE)
            return (struct lane){ DEVICE, 0, INTACT_NO_CPU };
        return (struct lane){ CHIP, event->a, event->cpu };
    case INTACT_TRACE_PIN:
    case INTACT_TRACE_SET:
    case INTACT_TRACE_EOI: return (struct lane){ CHIP, chip_of_event(event), event->cpu };
    case INTACT_TRACE_ACCEPT:
        return (struct lane){ CHIP, life->arm ? INTACT_CHIP_GIC_CPU : INTACT_CHIP_LAPIC, event->cpu };
    default: return (struct lane){ CPU, 0, event->cpu };
    }
}

// From top to bottom: the device, routing, chips that are no processor's, and the processors, each below its own chip.
static int order_of(const struct lane *lane)
{
    return lane->kind == DEVICE ? 0 : lane->kind == ROUTING ? 1 : lane->cpu == INTACT_NO_CPU ? 2 : 3;
}

static int compare_lanes(const void *a, const void *b)
{
    const struct lane *left = a, *right = b;
    if (order_of(left) != order_of(right))
        return order_of(left) - order_of(right);
    if (left->cpu != right->cpu)
        return left->cpu < right->cpu ? -1 : 1;
    if (left->kind != right->kind)
        return left->kind < right->kind ? -1 : 1;
    return left->chip < right->chip ? -1 : left->chip > right->chip;
}

static void make_lanes(struct layout *layout)
{
    for (unsigned i = 0; i < layout->count; i++)
        layout->lane[i] = lane_of(layout->life, layout->station[i].event);
    qsort(layout->lane, layout->count, sizeof layout->lane[0], compare_lanes);
    for (unsigned i = 0; i < layout->count; i++)
        if (i == 0 || compare_lanes(&layout->lane[i], &layout->lane[layout->lanes - 1]) != 0)
            layout->lane[layout->lanes++] = layout->lane[i];
}

static unsigned find_lane(const struct layout *layout, const struct intact_trace_event *event)
{
    const struct lane lane = lane_of(layout->life, event);
    unsigned at = 0;
    while (compare_lanes(&layout->lane[at], &lane) != 0)
        at++;
    return at;
}

// --- Columns ---------------------------------------------------------------------------------------------------------

static bool is_low(const struct intact_trace_event *event)
{
    return (event->id == INTACT_TRACE_LINE && !event->b) || (event->id == INTACT_TRACE_PIN && !event->c);
}

// From which events one follows.
static uint64_t parents_of(const struct intact_trace_event *event)
{
#define OF(id) INTACT_TRACE_BIT(INTACT_TRACE_##id)
    switch (event->id) {
    case INTACT_TRACE_LINE: return event->b ? 0 : OF(TAKE) | OF(ACK); // the handler quiets the device
    case INTACT_TRACE_ROUTE: return OF(LINE) | OF(TRIGGER);
    case INTACT_TRACE_MESSAGE: return OF(TRIGGER) | OF(ROUTE);
    case INTACT_TRACE_PIN: return event->c ? OF(ROUTE) | OF(LINE) : OF(LINE);
    case INTACT_TRACE_ACCEPT: return OF(PIN) | OF(MESSAGE) | OF(IPI) | OF(TIMER) | OF(SET);
    case INTACT_TRACE_PENDING: return OF(ACCEPT) | OF(PIN);
    case INTACT_TRACE_TAKE: return OF(PENDING) | OF(ACCEPT);
    case INTACT_TRACE_ACK: return OF(TAKE) | OF(PENDING);
    case INTACT_TRACE_EOI: return OF(TAKE) | OF(ACK) | OF(EOI);
    case INTACT_TRACE_MASK: return OF(PIN) | OF(ACCEPT) | OF(TRIGGER) | OF(IPI) | OF(MESSAGE) | OF(SET);
    case INTACT_TRACE_RESAMPLE: return OF(EOI);
    default: return ~UINT64_C(0);
    }
#undef OF
}

// What happens at a processor follows from what happened at the same one, or at none, or from an IPI.
static bool other_cpu(const struct intact_trace_event *event, const struct intact_trace_event *child)
{
    return event->id != INTACT_TRACE_IPI && event->cpu != INTACT_NO_CPU && child->cpu != INTACT_NO_CPU &&
           event->cpu != child->cpu;
}

static unsigned find_parent(const struct layout *layout, unsigned at)
{
    const struct intact_trace_event *child = layout->station[at].event;
    while (at-- > 0) {
        const struct intact_trace_event *event = layout->station[at].event;
        bool other_way = event->id == INTACT_TRACE_LINE && is_low(event) != is_low(child);
        if (!other_way && !other_cpu(event, child) && parents_of(child) & INTACT_TRACE_BIT(event->id))
            return at;
    }
    return NO_PARENT;
}

static void place(struct layout *layout, unsigned at)
{
    struct station *station = &layout->station[at];
    const struct station *last = at ? station - 1 : NULL;
    bool same_moment = last && last->event->instructions == station->event->instructions;
    station->lane = find_lane(layout, station->event);
    station->parent = find_parent(layout, at);
    if (!same_moment)
        layout->moments++;
    if (!same_moment || station->parent != at - 1 || station->lane <= last->lane) {
        int gap = same_moment ? GAP : MOMENT_GAP;
        int left = layout->columns ? layout->left[layout->columns - 1] + BOX_WIDTH + gap : LEFT;
        layout->left[layout->columns++] = left;
    }
    station->moment = layout->moments - 1;
    station->column = layout->columns - 1;
}

static bool lane_is_free(const struct layout *layout, unsigned lane, unsigned first, unsigned last)
{
    for (unsigned i = 0; i < layout->count; i++)
        if (layout->station[i].lane == lane && layout->station[i].column > first && layout->station[i].column < last)
            return false;
    return true;
}

// --- Drawing ---------------------------------------------------------------------------------------------------------

static int middle_of(unsigned lane)
{
    return TOP + (int)lane * LANE_HEIGHT + LANE_HEIGHT / 2;
}

static int width_of(const struct layout *layout)
{
    return layout->left[layout->columns - 1] + BOX_WIDTH + 28;
}

static void write_text(FILE *file, int x, int y, const char *classes, const char *text)
{
    fprintf(file, "<text x=\"%d\" y=\"%d\" class=\"%s\">", x, y, classes);
    escape_xml(file, text);
    fputs("</text>\n", file);
}

static const char style[] =
    "<style>\n"
    "text{font-family:system-ui,'Segoe UI','DejaVu Sans',Helvetica,Arial,sans-serif;font-size:12.5px;fill:#1f2933}\n"
    ".page{fill:#ffffff}.odd{fill:#f5f7fa}.even{fill:#ffffff}.rule{stroke:#cbd2d9;stroke-width:1}\n"
    ".title{font-size:20px;font-weight:600}.quiet{fill:#616e7c}.lane{font-size:13px;font-weight:600}\n"
    ".middle{text-anchor:middle}.count{font-weight:600;font-variant-numeric:tabular-nums}\n"
    ".arrow{fill:none;stroke:#52606d;stroke-width:1.6}.head{fill:#52606d}\n"
    ".device{fill:#fff3c4;stroke:#cb6e17}.routing{fill:#e4e7eb;stroke:#616e7c}\n"
    ".chip{fill:#dceefb;stroke:#0f609b}.cpu{fill:#d9f2e3;stroke:#147d64}.box{stroke-width:1.4}\n"
    ".handler{fill:#147d64;fill-opacity:.22}\n"
    "@media (prefers-color-scheme:dark){\n"
    "text{fill:#e4e7eb}.page{fill:#161b22}.odd{fill:#1c232c}.even{fill:#161b22}.rule{stroke:#3e4c59}\n"
    ".quiet{fill:#9aa5b1}.arrow{stroke:#9aa5b1}.head{fill:#9aa5b1}\n"
    ".device{fill:#4a3508;stroke:#f0b429}.routing{fill:#323f4b;stroke:#9aa5b1}\n"
    ".chip{fill:#0f3557;stroke:#4098d7}.cpu{fill:#0c4a3c;stroke:#3ebd93}.handler{fill:#3ebd93}\n"
    "}\n"
    "</style>\n";

static void write_head(const struct layout *layout, int width, int height)
{
    fprintf(
        layout->file,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\" viewBox=\"0 0 %d %d\" role=\"img\">\n",
        width, height, width, height);
    fputs(style, layout->file);
    fprintf(
        layout->file,
        "<defs><marker id=\"head\" viewBox=\"0 0 8 8\" refX=\"7\" refY=\"4\" markerWidth=\"8\" markerHeight=\"8\" "
        "markerUnits=\"userSpaceOnUse\" orient=\"auto\"><path d=\"M0 0L8 4L0 8z\" class=\"head\"/></marker></defs>\n"
        "<rect width=\"%d\" height=\"%d\" class=\"page\"/>\n",
        width, height);
}

// The first event of an id; NULL: there is none.
static const struct intact_trace_event *first(const struct layout *layout, enum intact_trace_id id)
{
    for (unsigned i = 0; i < layout->count; i++)
        if (layout->station[i].event->id == id)
            return layout->station[i].event;
    return NULL;
}

static void write_titles(const struct layout *layout)
{
    const struct svg_life *life = layout->life;
    const struct intact_trace_event *take = first(layout, INTACT_TRACE_TAKE), *eoi = first(layout, INTACT_TRACE_EOI);
    char text[200], cause[48], before[32], after[32];
    event_cause_text(layout->station[layout->count - 1].event, cause, sizeof cause);
    snprintf(text, sizeof text, "The life of interrupt %s: %s", cause, life->source);
    fputs("<title>", layout->file);
    escape_xml(layout->file, text);
    fputs("</title>\n", layout->file);
    write_text(layout->file, 24, 38, "title", text);
    if (!take)
        take = first(layout, INTACT_TRACE_ACK);
    if (!take || !eoi)
        return;
    count_text(take->instructions - life->event[0].instructions, before, sizeof before);
    count_text(eoi->instructions - take->instructions, after, sizeof after);
    snprintf(text, sizeof text, "%s%s%s instruction%s from raise to delivery, %s from delivery to end",
             life->title ? life->title : "", life->title ? " \302\267 " : "", before, strcmp(before, "1") ? "s" : "",
             after);
    write_text(layout->file, 24, 62, "quiet", text);
}

static void write_lane(const struct layout *layout, unsigned number, int width)
{
    static const char *const kinds[] = { "device", "routing", "chip", "CPU" };
    const struct lane *lane = &layout->lane[number];
    int y = TOP + (int)number * LANE_HEIGHT;
    char name[96];
    struct intact_trace_event of = { .cpu = lane->cpu };
    if (lane->kind == DEVICE)
        snprintf(name, sizeof name, "%s", layout->life->source);
    else if (lane->kind == CHIP)
        chip_text(&of, lane->chip, name, sizeof name);
    else if (lane->kind == CPU)
        snprintf(name, sizeof name, "CPU %" PRIu32, lane->cpu);
    else
        snprintf(name, sizeof name, "routing");
    fprintf(layout->file, "<rect x=\"0\" y=\"%d\" width=\"%d\" height=\"%d\" class=\"%s\"/>\n", y, width, LANE_HEIGHT,
            number % 2 ? "even" : "odd");
    write_text(layout->file, 24, middle_of(number) + (lane->kind == DEVICE || lane->kind == CHIP ? -3 : 5), "lane",
               name);
    if (lane->kind == DEVICE || lane->kind == CHIP)
        write_text(layout->file, 24, middle_of(number) + 15, "quiet", kinds[lane->kind]);
}

// A number stays with the word before it: "pin 2".
static bool may_break(const char *text)
{
    return *text == ' ' && !(text[1] >= '0' && text[1] <= '9' && text[2] != 'x');
}

// Words of a text that fit on a line.
static size_t line_length(const char *text)
{
    size_t length = strlen(text), end = LINE_LETTERS;
    if (length <= LINE_LETTERS)
        return length;
    while (end > 0 && !may_break(text + end))
        end--;
    return end ? end : LINE_LETTERS;
}

static unsigned split(char *text, char *line[LINES])
{
    unsigned lines = 0;
    while (*text && lines < LINES) {
        size_t length = lines + 1 < LINES ? line_length(text) : strlen(text);
        line[lines++] = text;
        text += length;
        if (*text == ' ')
            *text++ = 0;
        else if (*text)
            break; // a word of more than a line: only the last line may be long
    }
    return lines;
}

static void write_station(const struct layout *layout, const struct station *station)
{
    static const char *const classes[] = { "device", "routing", "chip", "cpu" };
    char text[EVENT_TEXT_SIZE], *line[LINES];
    int x = layout->left[station->column], y = middle_of(station->lane);
    event_text(layout->life->arm, station->event, text, sizeof text);
    unsigned lines = split(text, line);
    fprintf(layout->file, "<rect x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\" rx=\"7\" class=\"box %s\"/>\n", x,
            y - BOX_HEIGHT / 2, BOX_WIDTH, BOX_HEIGHT, classes[layout->lane[station->lane].kind]);
    for (unsigned i = 0; i < lines; i++)
        write_text(layout->file, x + BOX_WIDTH / 2, y + 5 + (int)i * 16 - (int)(lines - 1) * 8, "middle", line[i]);
}

static void write_arrow(const struct layout *layout, const struct station *to)
{
    const struct station *from = &layout->station[to->parent];
    int x = layout->left[from->column], to_x = layout->left[to->column];
    int y = middle_of(from->lane), to_y = middle_of(to->lane);
    fputs("<path class=\"arrow\" marker-end=\"url(#head)\" d=\"", layout->file);
    if (from->column == to->column) {
        fprintf(layout->file, "M%d %dV%d", x + BOX_WIDTH / 2, y + BOX_HEIGHT / 2, to_y - BOX_HEIGHT / 2);
    } else {
        bool late = lane_is_free(layout, from->lane, from->column, to->column);
        int turn = late ? to_x - GAP / 2 : x + BOX_WIDTH + GAP / 2;
        fprintf(layout->file, "M%d %dH%dV%dH%d", x + BOX_WIDTH, y, turn, to_y, to_x);
    }
    fputs("\"/>\n", layout->file);
}

// From the delivery until the first end.
static void write_handler(const struct layout *layout)
{
    const struct station *take = NULL;
    for (unsigned i = 0; i < layout->count; i++) {
        const struct station *station = &layout->station[i];
        if (!take && (station->event->id == INTACT_TRACE_TAKE || station->event->id == INTACT_TRACE_ACK))
            take = station;
        if (!take || station->event->id != INTACT_TRACE_EOI)
            continue;
        int x = layout->left[take->column] + BOX_WIDTH - 8, end = layout->left[station->column] - GAP / 2;
        fprintf(layout->file, "<rect x=\"%d\" y=\"%d\" width=\"%d\" height=\"26\" rx=\"6\" class=\"handler\"/>\n", x,
                middle_of(take->lane) - 13, end - x);
        return;
    }
}

// --- The axis --------------------------------------------------------------------------------------------------------

static void write_moment(const struct layout *layout, unsigned begin, unsigned end, int y, uint64_t before)
{
    const struct station *station = &layout->station[begin];
    int left = layout->left[station->column], right = layout->left[layout->station[end - 1].column] + BOX_WIDTH;
    char count[32], text[48];
    count_text(station->event->instructions, count, sizeof count);
    fprintf(layout->file, "<path class=\"arrow\" d=\"M%d %dv6H%dv-6\"/>\n", left, y + 8, right);
    write_text(layout->file, (left + right) / 2, y + 34, "middle count", count);
    snprintf(text, sizeof text, "%" PRIu64 ".%09u s", station->event->time / 1000000000,
             (unsigned)(station->event->time % 1000000000));
    write_text(layout->file, (left + right) / 2, y + 52, "middle quiet", text);
    if (!begin)
        return;
    count_text(station->event->instructions - before, count, sizeof count);
    snprintf(text, sizeof text, "+%s", count);
    fprintf(layout->file, "<path class=\"rule\" stroke-dasharray=\"4 4\" d=\"M%d %dV%d\"/>\n", left - MOMENT_GAP / 2,
            TOP, y + 8);
    write_text(layout->file, left - MOMENT_GAP / 2, y + 24, "middle quiet", text);
}

static void write_axis(const struct layout *layout, int y)
{
    uint64_t before = 0;
    for (unsigned begin = 0, end; begin < layout->count; begin = end) {
        for (end = begin; end < layout->count && layout->station[end].moment == layout->station[begin].moment;)
            end++;
        write_moment(layout, begin, end, y, before);
        before = layout->station[begin].event->instructions;
    }
    write_text(layout->file, 24, y + 34, "quiet", "instructions");
    write_text(layout->file, 24, y + 52, "quiet", "virtual time");
}

// --- The picture -----------------------------------------------------------------------------------------------------

static void write_picture(const struct layout *layout)
{
    int bottom = TOP + (int)layout->lanes * LANE_HEIGHT, width = width_of(layout);
    write_head(layout, width < 560 ? 560 : width, bottom + AXIS_HEIGHT);
    write_titles(layout);
    for (unsigned i = 0; i < layout->lanes; i++)
        write_lane(layout, i, width);
    write_axis(layout, bottom);
    write_handler(layout);
    for (unsigned i = 0; i < layout->count; i++)
        if (layout->station[i].parent != NO_PARENT)
            write_arrow(layout, &layout->station[i]);
    for (unsigned i = 0; i < layout->count; i++)
        write_station(layout, &layout->station[i]);
}

void svg_life_write(FILE *file, const struct svg_life *life)
{
    struct layout layout = { .life = life, .file = file };
    layout.count = life->count < SVG_LIFE_EVENTS ? (unsigned)life->count : SVG_LIFE_EVENTS;
    for (unsigned i = 0; i < layout.count; i++)
        layout.station[i].event = &life->event[i];
    make_lanes(&layout);
    for (unsigned i = 0; i < layout.count; i++)
        place(&layout, i);
    if (layout.count) {
        write_picture(&layout);
    } else {
        write_head(&layout, 560, 80);
        write_text(file, 24, 46, "lane", "No interrupt is complete, from its raise to its end.");
    }
    fputs("</svg>\n", file);
}
