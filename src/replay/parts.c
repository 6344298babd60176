// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// See parts.h. An element is an integer; a field whose count is state itself (v->variable) is one element, so that the places
// of those behind it stay the same.
#include "replay/parts.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/bits.h"

// --- Through the list, element by element ------------------------------------------------------------------------------

struct element {
    unsigned part;
    uint64_t place; // from 1
    uint64_t value;
    const char *name;
    size_t size, index, count; // of the field
};

struct walk {
    struct visit visit;
    void (*element)(struct walk *walk, const struct element *element);
    unsigned part, parts; // the current one; how many there are so far
    unsigned depth;
    uint64_t place, top_place; // of the last element of the current part, and of part 0
    struct visit_path lists;   // around it
};

static void walk_field(struct visit *v, const char *name, void *data, size_t size, size_t count)
{
    struct walk *walk = container_of(v, struct walk, visit);
    struct element element = { .part = walk->part, .name = name, .size = size, .count = count };
    uint64_t *place = walk->depth ? &walk->place : &walk->top_place;
    if (v->variable) {
        element.place = ++*place;
        element.value = count ? digest_bytes(data, size * count) : 0;
        element.size = sizeof element.value;
        element.count = 1;
        walk->element(walk, &element);
        return;
    }
    for (size_t i = 0; i < count; i++) {
        element.place = ++*place;
        element.value = bytes_get((const uint8_t *)data + i * size, (unsigned)size);
        element.index = i;
        walk->element(walk, &element);
    }
}

static void walk_enter(struct visit *v, const char *name)
{
    struct walk *walk = container_of(v, struct walk, visit);
    visit_path_enter(&walk->lists, name);
    if (walk->depth++ > 0)
        return;
    if (walk->parts < PARTS_LIMIT) {
        walk->parts++;
        walk->place = 0;
    }
    walk->part = walk->parts - 1;
}

static void walk_leave(struct visit *v)
{
    struct walk *walk = container_of(v, struct walk, visit);
    visit_path_leave(&walk->lists);
    if (--walk->depth == 0)
        walk->part = 0;
}

static void walk_list(struct walk *walk, const struct state_list *list)
{
    walk->visit = (struct visit){
        .field = walk_field,
        .enter = walk_enter,
        .leave = walk_leave,
        .no_storage = true,
        .no_requests = true,
    };
    walk->parts = 1;
    list->visit(list->object, &walk->visit);
}

// --- Sums --------------------------------------------------------------------------------------------------------------

static uint64_t hash_of(uint64_t value)
{
    uint8_t bytes[8];
    if (value == 0)
        return 0; // most are
    bytes_put(bytes, 8, value);
    return digest_bytes(bytes, sizeof bytes) % PARTS_PRIME;
}

static void add(struct part_sum *sum, uint64_t hash, uint64_t place, uint64_t prime)
{
    sum->hashes = (uint32_t)((sum->hashes + hash) % prime);
    sum->places = (uint32_t)((sum->places + hash * (place % prime)) % prime);
}

struct summing {
    struct walk walk;
    struct parts *parts;
};

static void sum_element(struct walk *walk, const struct element *element)
{
    struct parts *parts = container_of(walk, struct summing, walk)->parts;
    if (element->value)
        add(&parts->sums[element->part], hash_of(element->value), element->place, PARTS_PRIME);
}

static void sum_ram(struct part_sum *sum, const struct digest *digest)
{
    for (uint64_t page = 0; page < digest->counts[0]; page++)
        if (digest->levels[0][page])
            add(sum, digest->levels[0][page] % PARTS_RAM_PRIME, page + 1, PARTS_RAM_PRIME);
}

void parts_of(struct parts *parts, const struct state_list *list, const struct digest *digest)
{
    struct summing summing = { .walk = { .element = sum_element }, .parts = parts };
    *parts = (struct parts){ .count = 0 };
    walk_list(&summing.walk, list);
    parts->count = summing.walk.parts;
    sum_ram(&parts->ram, digest);
}

// --- What differs ------------------------------------------------------------------------------------------------------

struct text {
    char *bytes;
    size_t size, length;
};

static void append(struct text *text, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void append(struct text *text, const char *format, ...)
{
    va_list arguments;
    size_t room = text->size - text->length;
    va_start(arguments, format);
    int length = vsnprintf(text->bytes + text->length, room, format, arguments);
    va_end(arguments);
    text->length += (size_t)length < room ? (size_t)length : room - 1;
}

static uint64_t power(uint64_t base, uint64_t exponent, uint64_t prime)
{
    uint64_t result = 1;
    for (; exponent; exponent >>= 1, base = base * base % prime)
        if (exponent & 1)
            result = result * base % prime;
    return result;
}

static bool differs(const struct part_sum *a, const struct part_sum *b)
{
    return a->hashes != b->hashes || a->places != b->places;
}

// Where the only element would be that differs; 0: nowhere.
static uint64_t place_of(const struct part_sum *is, const struct part_sum *was, uint64_t prime)
{
    uint64_t hashes = (is->hashes + prime - was->hashes) % prime, places = (is->places + prime - was->places) % prime;
    return places * power(hashes, prime - 2, prime) % prime; // hashes of 0: there are several
}

// A value that has the hash and is likely: a bit of `is` is another, it is small, or close to `is`.
static bool find_value(uint64_t hash, uint64_t is, size_t size, uint64_t *was)
{
    enum { NEAR = 256 };
    uint64_t mask = bits_low((unsigned)(8 * size));
    for (unsigned i = 0; i < 8 * size; i++)
        if (hash_of(*was = is ^ UINT64_C(1) << i) == hash)
            return true;
    for (uint64_t i = 0; i < NEAR; i++)
        if (hash_of(*was = i & mask) == hash || hash_of(*was = (is + i) & mask) == hash ||
            hash_of(*was = (is - i) & mask) == hash)
            return true;
    return false;
}

struct finding {
    struct walk walk;
    const struct parts *is, *was;
    uint64_t place[PARTS_LIMIT]; // of each part; 0: none
    bool known[PARTS_LIMIT];     // its name has been said
    struct text *text;
};

static void tell_field(struct finding *finding, const struct element *element)
{
    const struct part_sum *is = &finding->is->sums[element->part], *was = &finding->was->sums[element->part];
    uint64_t value = 0, hash = (hash_of(element->value) + PARTS_PRIME - is->hashes + was->hashes) % PARTS_PRIME;
    int digits = (int)(2 * element->size);
    append(finding->text, "%s%s%.60s", finding->text->length ? ", " : "", finding->walk.lists.text,
           visit_name(element->name));
    if (element->count > 1)
        append(finding->text, "[%zu]", element->index);
    append(finding->text, " (%0*" PRIx64, digits, element->value);
    if (find_value(hash, element->value, element->size, &value))
        append(finding->text, ", was %0*" PRIx64, digits, value);
    append(finding->text, ")");
}

static void find_element(struct walk *walk, const struct element *element)
{
    struct finding *finding = container_of(walk, struct finding, walk);
    unsigned part = element->part;
    if (finding->known[part] || element->place != finding->place[part] ||
        !differs(&finding->is->sums[part], &finding->was->sums[part]))
        return;
    finding->known[part] = true;
    tell_field(finding, element);
}

// Parts with more differences, and those whose element was not found.
static void name_part(struct walk *walk, const struct element *element)
{
    struct finding *finding = container_of(walk, struct finding, walk);
    unsigned part = element->part;
    if (finding->known[part] || !differs(&finding->is->sums[part], &finding->was->sums[part]))
        return;
    finding->known[part] = true;
    const char *name = part ? walk->lists.text : "the run";
    append(finding->text, "%sseveral fields of %.*s", finding->text->length ? ", " : "", (int)strcspn(name, "/"), name);
}

static void tell_ram(struct text *text, const struct parts *is, const struct parts *was, const struct digest *digest,
                     uint64_t (*address_of)(void *owner, uint64_t page), void *owner)
{
    if (!differs(&is->ram, &was->ram))
        return;
    uint64_t place = place_of(&is->ram, &was->ram, PARTS_RAM_PRIME);
    append(text, "%s", text->length ? ", " : "");
    if (place && place <= digest->counts[0])
        append(text, "RAM in the page at %" PRIx64, address_of(owner, place - 1));
    else
        append(text, "RAM in several pages");
}

bool parts_describe(const struct parts *was, const struct state_list *list, const struct digest *digest,
                    uint64_t (*address_of)(void *owner, uint64_t page), void *owner, char *text, size_t size)
{
    struct parts is;
    struct text out = { .bytes = text, .size = size };
    struct finding finding = { .is = &is, .was = was, .text = &out };
    text[0] = 0;
    parts_of(&is, list, digest);
    if (is.count != was->count)
        return false;
    for (unsigned i = 0; i < is.count; i++)
        finding.place[i] = place_of(&is.sums[i], &was->sums[i], PARTS_PRIME);
    finding.walk = (struct walk){ .element = find_element };
    walk_list(&finding.walk, list);
    finding.walk = (struct walk){ .element = name_part };
    walk_list(&finding.walk, list);
    tell_ram(&out, &is, was, digest, address_of, owner);
    return out.length > 0;
}
