// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// A ring of trace events: see ring.h for the layout of a record.
#include "observe/ring.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bits.h"
#include "base/names.h"

enum { SYNC = 31, UPPER = 30 }; // in place of an event's id
enum { NO_CPU = 1023, MANY = 63 };
enum {
    FIELD_REST = 5,
    FIELD_NO_CAUSE = 5,
    FIELD_WIDE = 6,
    FIELD_CPU = 7,
    FIELD_RAISES = 17,
    FIELD_NAME = 23,
    FIELD_INSTRUCTIONS = 37
};
enum { FIELD_TIME = 51, INSTRUCTION_BITS = 14, TIME_BITS = 13 };

_Static_assert((int)INTACT_TRACE_IDS <= (int)UPPER, "an id has five bits");

// How many bits a, b and c have, 96 in all; and the bits that each does not have.
#define WIDTHS(a, b, c)                                                                                                \
    {                                                                                                                  \
        a, b, c,                                                                                                       \
        {                                                                                                              \
            ABOVE(a), ABOVE(b), ABOVE(c)                                                                               \
        }                                                                                                              \
    }
#define ABOVE(bits) ((bits) == 64 ? 0 : UINT64_MAX << ((bits) % 64))
static const struct widths {
    uint8_t a, b, c;
    uint64_t above[3];
} widths[INTACT_TRACE_IDS] = {
    [INTACT_TRACE_LINE] = WIDTHS(32, 32, 32),     [INTACT_TRACE_TRIGGER] = WIDTHS(32, 32, 32),
    [INTACT_TRACE_ROUTE] = WIDTHS(32, 32, 32),    [INTACT_TRACE_MESSAGE] = WIDTHS(44, 32, 20),
    [INTACT_TRACE_PIN] = WIDTHS(32, 32, 32),      [INTACT_TRACE_ACCEPT] = WIDTHS(32, 32, 32),
    [INTACT_TRACE_PENDING] = WIDTHS(32, 32, 32),  [INTACT_TRACE_TAKE] = WIDTHS(8, 64, 24),
    [INTACT_TRACE_EOI] = WIDTHS(32, 32, 32),      [INTACT_TRACE_IPI] = WIDTHS(44, 20, 32),
    [INTACT_TRACE_TIMER] = WIDTHS(64, 16, 16),    [INTACT_TRACE_ACCESS] = WIDTHS(44, 40, 12),
    [INTACT_TRACE_MISTAKE] = WIDTHS(24, 8, 64),   [INTACT_TRACE_DROP] = WIDTHS(16, 48, 32),
    [INTACT_TRACE_ACK] = WIDTHS(32, 32, 32),      [INTACT_TRACE_MASK] = WIDTHS(32, 32, 32),
    [INTACT_TRACE_RESAMPLE] = WIDTHS(32, 32, 32), [INTACT_TRACE_SET] = WIDTHS(32, 32, 32),
};
static const struct widths halves = WIDTHS(32, 32, 32);

// --- Names -----------------------------------------------------------------------------------------------------------
//
// A name is mostly the same pointer each time; so its number is found by the pointer, and by the text if that is another one.
// A mistake's name is "DEVICE\nMISTAKE", printed when it is made for the first time.

struct ring_names {
    const char *text[RING_NAMES]; // by number
    unsigned count;               // the highest number
    struct {
        const void *first, *second; // pointers of an event; NULL, NULL: free
        unsigned number;
    } found[2 * RING_NAMES];
    struct names owned;
};

static unsigned number_of_text(struct ring_names *names, const char *text)
{
    const char *owned = names_add(&names->owned, text);
    for (unsigned number = 1; number <= names->count; number++)
        if (names->text[number] == owned)
            return number;
    if (!owned || names->count == RING_NAMES - 1)
        return 0;
    names->text[++names->count] = owned;
    return names->count;
}

static unsigned make_number(struct ring_names *names, const char *first, const char *second)
{
    char text[192];
    if (!second)
        return number_of_text(names, first);
    snprintf(text, sizeof text, "%s\n%s", first ? first : "", second);
    return number_of_text(names, text);
}

// Is it still the text behind these pointers? They may have been used again for another one.
static bool is_text(const char *text, const char *first, const char *second)
{
    if (!second)
        return strcmp(text, first) == 0;
    size_t length = first ? strlen(first) : 0;
    return strncmp(text, first ? first : "", length) == 0 && text[length] == '\n' &&
           strcmp(text + length + 1, second) == 0;
}

static size_t place_of(const char *first, const char *second)
{
    return ((uintptr_t)first ^ (uintptr_t)second << 7) * UINT64_C(0x9e3779b97f4a7c15) >> 49;
}

static unsigned search_number(struct ring_names *names, const char *first, const char *second)
{
    size_t hash = place_of(first, second);
    for (unsigned tries = 0; tries < 8; tries++) {
        size_t at = (hash + tries) % countof(names->found);
        unsigned number = names->found[at].number;
        bool equal = number && names->found[at].first == first && names->found[at].second == second;
        if (equal && is_text(names->text[number], first, second))
            return number;
        if (!number || equal) {
            names->found[at].first = first;
            names->found[at].second = second;
            return names->found[at].number = make_number(names, first, second);
        }
    }
    return make_number(names, first, second);
}

static inline unsigned number_of(struct ring_names *names, const char *first, const char *second)
{
    if (!first && !second)
        return 0;
    size_t at = place_of(first, second);
    unsigned number = names->found[at].number;
    if (number && !second && names->found[at].first == first && !names->found[at].second &&
        strcmp(names->text[number], first) == 0)
        return number; // nearly always
    return search_number(names, first, second);
}

unsigned ring_name_count(const struct ring *ring)
{
    return ring->names->count;
}

const char *ring_name(const struct ring *ring, unsigned number)
{
    return number && number <= ring->names->count ? ring->names->text[number] : NULL;
}

int ring_load_name(struct ring *ring, const char *name)
{
    struct ring_names *names = ring->names;
    const char *owned = names_add(&names->owned, name);
    if (!owned)
        return -ENOMEM;
    if (names->count == RING_NAMES - 1)
        return -EINVAL;
    names->text[++names->count] = owned;
    return 0;
}

// --- Life ------------------------------------------------------------------------------------------------------------

int ring_init(struct ring *ring, size_t capacity)
{
    size_t slices = (capacity + RING_SLICE - 1) / RING_SLICE + 1; // one more, of which a part may be overwritten
    *ring = (struct ring){ .capacity = capacity, .room = slices * RING_SLICE };
    ring->records = calloc(ring->room, sizeof *ring->records);
    ring->states = calloc(slices, sizeof *ring->states);
    ring->names = calloc(1, sizeof *ring->names);
    if (ring->records && ring->states && ring->names)
        return 0;
    ring_free(ring);
    return -ENOMEM;
}

void ring_free(struct ring *ring)
{
    if (ring->names)
        names_free(&ring->names->owned);
    free(ring->names);
    free(ring->states);
    free(ring->records);
    *ring = (struct ring){ 0 };
}

static size_t first_of(const struct ring *ring)
{
    size_t count = ring_count(ring);
    return ring->next >= count ? ring->next - count : ring->next + ring->room - count;
}

const struct ring_record *ring_at(const struct ring *ring, size_t index)
{
    size_t at = first_of(ring) + index;
    return &ring->records[at < ring->room ? at : at - ring->room];
}

// --- Records ---------------------------------------------------------------------------------------------------------

static unsigned id_of(const struct ring_record *record)
{
    return record->word[0] & 31;
}

static uint64_t field(const struct ring_record *record, unsigned low, unsigned bits)
{
    return record->word[0] >> low & ((UINT64_C(1) << bits) - 1);
}

// Values of `bits` bits from bit `at` of the 96 bits behind the cause.
static uint64_t get_bits(const struct ring_record *record, unsigned at, unsigned bits)
{
    unsigned place = 32 + at, shift = place % 64;
    uint64_t value = record->word[1 + place / 64] >> shift;
    if (shift && shift + bits > 64)
        value |= record->word[2] << (64 - shift);
    return bits == 64 ? value : value & ((UINT64_C(1) << bits) - 1);
}

static void put_bits(struct ring_record *record, unsigned at, unsigned bits, uint64_t value)
{
    unsigned place = 32 + at, shift = place % 64;
    record->word[1 + place / 64] |= value << shift;
    if (shift && shift + bits > 64)
        record->word[2] |= value >> (64 - shift);
}

static void put_values(struct ring_record *record, const struct widths *w, uint64_t a, uint64_t b, uint64_t c)
{
    put_bits(record, 0, w->a, a);
    put_bits(record, w->a, w->b, b);
    put_bits(record, w->a + w->b, w->c, c);
}

// What a record changes in the state that the next one refers to.
static inline void follow(struct ring_state *state, const struct ring_record *record)
{
    unsigned id = id_of(record);
    if (id == SYNC) {
        *state = (struct ring_state){ record->word[1], record->word[2], record->word[0] >> FIELD_REST };
        return;
    }
    if (id == UPPER)
        return;
    state->instructions += field(record, FIELD_INSTRUCTIONS, INSTRUCTION_BITS);
    state->time += field(record, FIELD_TIME, TIME_BITS);
    if (!field(record, FIELD_NO_CAUSE, 1))
        state->cause += (uint64_t)(int64_t)(int32_t)((uint32_t)record->word[1] - (uint32_t)state->cause);
}

struct ring_state ring_begin(const struct ring *ring)
{
    size_t first = first_of(ring), at = first / RING_SLICE * RING_SLICE;
    if (!ring->written)
        return ring->end;
    struct ring_state state = ring->states[at / RING_SLICE];
    for (; at < first; at++)
        follow(&state, &ring->records[at]);
    return state;
}

static NEVER_INLINE void begin_slice(struct ring *ring)
{
    if (ring->next == ring->room)
        ring->next = 0;
    ring->states[ring->next / RING_SLICE] = ring->end;
}

// The place of the next record, which the oldest one loses.
static inline struct ring_record *make_room(struct ring *ring)
{
    if (unlikely(ring->next % RING_SLICE == 0))
        begin_slice(ring);
    ring->written++;
    return &ring->records[ring->next++];
}

static void push(struct ring *ring, const struct ring_record *record)
{
    *make_room(ring) = *record;
    follow(&ring->end, record);
}

static void push_sync(struct ring *ring, const struct intact_trace_event *event)
{
    ring->named.cause = 0; // it may be another machine, with other names
    const struct ring_record record = { { SYNC | event->cause << FIELD_REST, event->instructions, event->time } };
    push(ring, &record);
}

static void push_upper(struct ring *ring, const struct intact_trace_event *event)
{
    struct ring_record record = { { UPPER | event->raises << FIELD_REST, 0, 0 } };
    put_values(&record, &halves, event->a >> 32, event->b >> 32, event->c >> 32);
    push(ring, &record);
}

static inline bool is_far(const struct ring_state *state, const struct intact_trace_event *event)
{
    uint64_t instructions = event->instructions - state->instructions, time = event->time - state->time;
    uint64_t cause = event->cause ? event->cause - state->cause : 0;
    return instructions >> INSTRUCTION_BITS || time >> TIME_BITS || cause + INT32_MAX > 2 * (uint64_t)INT32_MAX;
}

static inline bool is_usual(const struct widths *w)
{
    return w->a == 32 && w->b == 32;
}

static inline bool is_wide(const struct widths *w, const struct intact_trace_event *event)
{
    if (is_usual(w))
        return (event->a | event->b | event->c) >> 32 || event->raises >= MANY;
    return (event->a & w->above[0]) | (event->b & w->above[1]) | (event->c & w->above[2]) || event->raises >= MANY;
}

// Of the events of one interrupt, which mostly follow each other, the name is the same text for the same pointer.
static inline unsigned number_of_event(struct ring *ring, const struct intact_trace_event *event)
{
    if (event->id == INTACT_TRACE_MISTAKE)
        return number_of(ring->names, event->device, event->mistake ? event->mistake : "");
    if (!event->source)
        return 0;
    if (event->cause && event->cause == ring->named.cause && event->source == ring->named.source)
        return ring->named.number;
    ring->named.cause = event->cause;
    ring->named.source = event->source;
    return ring->named.number = number_of(ring->names, event->source, NULL);
}

void ring_add(struct ring *ring, const struct intact_trace_event *event)
{
    const struct widths *w = &widths[event->id];
    bool wide = is_wide(w, event);
    if (unlikely(is_far(&ring->end, event)))
        push_sync(ring, event);
    uint64_t name = number_of_event(ring, event);
    uint64_t first = event->id | (uint64_t)!event->cause << FIELD_NO_CAUSE | (uint64_t)wide << FIELD_WIDE |
                     (uint64_t)(event->cpu < NO_CPU ? event->cpu : NO_CPU) << FIELD_CPU |
                     (event->raises < MANY ? event->raises : MANY) << FIELD_RAISES | name << FIELD_NAME |
                     (event->instructions - ring->end.instructions) << FIELD_INSTRUCTIONS |
                     (event->time - ring->end.time) << FIELD_TIME;
    struct ring_record *record = make_room(ring);
    record->word[0] = first;
    if (likely(!wide && is_usual(w))) {
        record->word[1] = (uint32_t)event->cause | event->a << 32;
        record->word[2] = event->b | event->c << 32;
    } else {
        record->word[1] = (uint32_t)event->cause;
        record->word[2] = 0;
        if (wide)
            put_values(record, &halves, (uint32_t)event->a, (uint32_t)event->b, (uint32_t)event->c);
        else
            put_values(record, w, event->a, event->b, event->c);
    }
    ring->end.instructions = event->instructions;
    ring->end.time = event->time;
    if (event->cause)
        ring->end.cause = event->cause;
    if (unlikely(wide))
        push_upper(ring, event);
}

int ring_load_record(struct ring *ring, const struct ring_record *record)
{
    unsigned id = id_of(record);
    if (id >= INTACT_TRACE_IDS && id != SYNC && id != UPPER)
        return -EINVAL;
    push(ring, record);
    return 0;
}

// --- Reading ---------------------------------------------------------------------------------------------------------

static void read_values(struct intact_trace_event *event, const struct ring_record *record, const struct widths *w)
{
    event->a = get_bits(record, 0, w->a);
    event->b = get_bits(record, w->a, w->b);
    event->c = get_bits(record, w->a + w->b, w->c);
}

static void add_upper(struct intact_trace_event *event, const struct ring_record *record)
{
    struct intact_trace_event upper;
    read_values(&upper, record, &halves);
    event->a |= upper.a << 32;
    event->b |= upper.b << 32;
    event->c |= upper.c << 32;
    event->raises = record->word[0] >> FIELD_REST;
}

// "DEVICE\nMISTAKE": both empty where there was none.
static void read_mistake(struct intact_trace_event *event, const char *text, char *device, size_t size)
{
    const char *split = text ? strchr(text, '\n') : NULL;
    if (!split)
        return;
    snprintf(device, size, "%.*s", (int)(split - text), text);
    event->device = *device ? device : NULL;
    event->mistake = split[1] ? split + 1 : NULL;
}

void ring_each(const struct ring *ring, void (*each)(void *owner, const struct intact_trace_event *event), void *owner)
{
    struct ring_state state = ring_begin(ring);
    size_t records = ring_count(ring);
    char device[96];
    for (size_t i = 0; i < records; i++) {
        const struct ring_record *record = ring_at(ring, i);
        unsigned id = id_of(record), cpu = (unsigned)field(record, FIELD_CPU, 10);
        follow(&state, record);
        if (id >= INTACT_TRACE_IDS)
            continue;
        struct intact_trace_event event = {
            .id = (enum intact_trace_id)id,
            .cpu = cpu == NO_CPU ? INTACT_NO_CPU : cpu,
            .time = state.time,
            .instructions = state.instructions,
            .cause = field(record, FIELD_NO_CAUSE, 1) ? 0 : state.cause,
            .raises = field(record, FIELD_RAISES, 6),
        };
        const char *name = ring_name(ring, (unsigned)field(record, FIELD_NAME, 14));
        bool wide = field(record, FIELD_WIDE, 1);
        read_values(&event, record, wide ? &halves : &widths[id]);
        if (wide && i + 1 < records && id_of(ring_at(ring, i + 1)) == UPPER)
            add_upper(&event, ring_at(ring, ++i));
        if (id == INTACT_TRACE_MISTAKE)
            read_mistake(&event, name, device, sizeof device);
        else
            event.source = name;
        each(owner, &event);
    }
}
