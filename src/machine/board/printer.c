// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Lines for people: text, values and sets. See printer.h.
#include "machine/board/printer.h"

#include <stdarg.h>
#include <stdio.h>

#include "irqchip/route.h"

void printer_say(const struct printer *printer, const char *format, ...)
{
    char text[PRINTER_TEXT];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    printer->print(printer->owner, text);
}

struct printer_value printer_value(uint64_t value, unsigned bits)
{
    struct printer_value result;
    size_t used = 0;
    if (bits <= 8)
        snprintf(result.text, sizeof result.text, "%02Xh", (unsigned)(value & 0xff));
    for (unsigned shift = bits > 8 ? bits : 0; shift > 0; shift -= 16)
        used += (size_t)snprintf(result.text + used, sizeof result.text - used, "%04X%s",
                                 (unsigned)(value >> (shift - 16) & 0xffff), shift > 16 ? "_" : "h");
    return result;
}

void printer_drivers(const struct route *route, uint32_t gsi, const char *before, const char *after, char *text,
                     size_t size)
{
    const char *name;
    size_t used = 0;
    bool level;
    text[0] = 0;
    for (uint32_t i = 0; used < size && route_source_at(route, gsi, i, &name, &level); i++)
        if (name)
            used += (size_t)snprintf(text + used, size - used, "%s%s", used ? ", " : before, name);
    if (used && used < size)
        snprintf(text + used, size - used, "%s", after);
}

static bool has(const uint64_t *words, unsigned bits, unsigned member)
{
    return member < bits && words[member / 64] >> (member % 64) & 1;
}

void printer_set(const struct printer *printer, const char *label, const uint64_t *words, unsigned bits, bool hex)
{
    char text[PRINTER_TEXT - 100];
    size_t used = 0;
    for (unsigned first = 0, last; first < bits; first = last + 1) {
        for (last = first; has(words, bits, first) && has(words, bits, last + 1);)
            last++;
        if (!has(words, bits, first))
            continue;
        used += (size_t)snprintf(text + used, sizeof text - used, hex ? "%s%02Xh" : "%s%u", used ? ", " : "", first);
        if (last > first)
            used += (size_t)snprintf(text + used, sizeof text - used, hex ? "-%02Xh" : "-%u", last);
    }
    printer_say(printer, "%s: %s\n", label, used ? text : "none");
}
