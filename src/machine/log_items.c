// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// What a log tells: items by name, and ranges of addresses.
#include "machine/log_items.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <intact/trace.h>

#include "base/bits.h"
#include "base/error.h"
#include "debug/disassemble.h"
#include "observe/filter.h"

static const struct {
    const char *name;
    unsigned item;
    uint64_t events;
    const char *about;
} items[] = {
    { "in_asm", LOG_IN_ASM, 0, "each block of instructions as assembly, when it is decoded" },
    { "op", LOG_OP, 0, "each block as ops, the operations it is translated to, when it is decoded" },
    { "out_asm", LOG_OUT_ASM, 0, "each block as host code, when it becomes that" },
    { "exec", LOG_EXEC, 0, "each block that is entered" },
    { "cpu", LOG_CPU, 0, "the registers before each block that is entered" },
    { "int", 0, INTACT_TRACE_INTERRUPTS, "every interrupt, station by station" },
    { "guest_errors", LOG_GUEST_ERRORS, 0, "what the guest does wrong" },
    { "unimp", LOG_UNIMP, 0,
      "what the machine does not have: addresses where nothing answers, system registers, instructions" },
    { "jit", LOG_JIT, 0, "whether guest code becomes host code, and why not; at the end, how much has" },
    { "nochain", 0, 0, "nothing: exec has every block anyway" },
};

#define TRACE_PREFIX "trace:"

const char *log_item_name(unsigned index, const char **about)
{
    if (index > countof(items))
        return NULL;
    bool pattern = index == countof(items);
    if (about)
        *about = pattern ? "the events of a trace whose names match, with * and ?" : items[index].about;
    return pattern ? TRACE_PREFIX "PATTERN" : items[index].name;
}

// --- Items -----------------------------------------------------------------------------------------------------------

static int refuse_pattern(const char *pattern, struct error *error)
{
    char known[400] = "";
    size_t used = 0;
    const char *about, *name;
    for (unsigned id = 0; id < INTACT_TRACE_IDS; id++)
        used += (size_t)snprintf(known + used, sizeof known - used, "%s%s", id ? ", " : "", intact_trace_name(id));
    for (unsigned i = 0; (name = filter_station(i, &about)); i++)
        used += (size_t)snprintf(known + used, sizeof known - used, ", %s", name);
    return error_set(error, -EINVAL, "trace:%.40s matches no event; there are %s", pattern, known);
}

// Events match by their own names, and by those of stations: raise is several of them.
static int add_pattern(struct log_wish *wish, const char *pattern, struct error *error)
{
    uint64_t events = 0;
    const char *about, *name;
    for (unsigned id = 0; id < INTACT_TRACE_IDS; id++)
        if (filter_matches(pattern, intact_trace_name(id)))
            events |= INTACT_TRACE_BIT(id);
    if (!strpbrk(pattern, "*?"))
        for (unsigned i = 0; (name = filter_station(i, &about)); i++)
            if (strcmp(name, pattern) == 0)
                events |= filter_station_events(i);
    wish->events |= events;
    return events ? 0 : refuse_pattern(pattern, error);
}

static int add_item(struct log_wish *wish, const char *name, struct error *error)
{
    char known[240] = "";
    size_t used = 0;
    if (strncmp(name, TRACE_PREFIX, strlen(TRACE_PREFIX)) == 0)
        return add_pattern(wish, name + strlen(TRACE_PREFIX), error);
    for (unsigned i = 0; i < countof(items); i++) {
        if (strcmp(items[i].name, name) == 0) {
            wish->items |= items[i].item;
            wish->events |= items[i].events;
            if (items[i].item == LOG_IN_ASM && !disassemble_is_built())
                return error_set(error, -ENOTSUP, "in_asm: this build has no disassembler (Capstone)");
            return 0;
        }
        used += (size_t)snprintf(known + used, sizeof known - used, "%s, ", items[i].name);
    }
    return error_set(error, -EINVAL, "no item '%.40s'; there are %s%s", name, known, TRACE_PREFIX "PATTERN");
}

// Calls `add` with each part of a list with commas.
static int each(struct log_wish *wish, const char *list,
                int (*add)(struct log_wish *wish, const char *part, struct error *error), char *why)
{
    struct error error = { 0 };
    char part[256];
    for (const char *at = list; at && *at;) {
        size_t length = strcspn(at, ",");
        snprintf(part, sizeof part, "%.*s", (int)(length < sizeof part ? length : sizeof part - 1), at);
        int result = add(wish, part, &error);
        if (result < 0) {
            snprintf(why, INTACT_ERROR_SIZE, "%s", error.text);
            return result;
        }
        at += length + (at[length] == ',');
    }
    return 0;
}

int log_wish_items(struct log_wish *wish, const char *list, char why[INTACT_ERROR_SIZE])
{
    return each(wish, list, add_item, why);
}

// --- Ranges ----------------------------------------------------------------------------------------------------------

static bool number(const char **at, uint64_t *value)
{
    char *end;
    errno = 0;
    *value = strtoull(*at, &end, 0);
    bool good = **at >= '0' && **at <= '9' && !errno;
    *at = end;
    return good;
}

// FIRST..LAST, START+SIZE or END-SIZE.
static bool parse_range(const char *text, struct log_range *range)
{
    uint64_t a, b;
    if (!number(&text, &a))
        return false;
    char kind = *text++;
    if ((kind == '.' && *text++ != '.') || (kind != '.' && kind != '+' && kind != '-') || !number(&text, &b) || *text)
        return false;
    if (kind == '.')
        *range = (struct log_range){ a, b };
    else if (kind == '+')
        *range = (struct log_range){ a, a + (b - 1) };
    else
        *range = (struct log_range){ a - (b - 1), a };
    return range->first <= range->last && (kind == '.' || b != 0);
}

static int add_range(struct log_wish *wish, const char *text, struct error *error)
{
    if (wish->range_count == LOG_RANGES)
        return error_set(error, -EINVAL, "there are more than %d ranges", LOG_RANGES);
    if (!parse_range(text, &wish->ranges[wish->range_count]))
        return error_set(error, -EINVAL,
                         "'%.80s' is no range of addresses; 0x1000..0x1fff, 0x1000+0x100 and "
                         "0x1fff-0x100 are",
                         text);
    wish->range_count++;
    return 0;
}

int log_wish_ranges(struct log_wish *wish, const char *list, char why[INTACT_ERROR_SIZE])
{
    return each(wish, list, add_range, why);
}

bool log_wish_covers(const struct log_wish *wish, uint64_t address, uint64_t size)
{
    uint64_t last = address + size - 1;
    for (unsigned i = 0; i < wish->range_count; i++)
        if (address <= wish->ranges[i].last && last >= wish->ranges[i].first)
            return true;
    return wish->range_count == 0;
}
