// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Printing, the command line and the handlers of traps, for both families.
#include "lib/guest.h"

#include <stdarg.h>

#include "lib/machine.h"

static void put_number(uint64_t value, unsigned base)
{
    char digits[20];
    unsigned count = 0;
    do {
        digits[count++] = "0123456789abcdef"[value % base];
        value /= base;
    } while (value);
    while (count)
        console_put(digits[--count]);
}

void print(const char *format, ...)
{
    va_list list;
    va_start(list, format);
    for (; *format; format++) {
        if (*format != '%') {
            console_put(*format);
            continue;
        }
        switch (*++format) {
        case 's':
            for (const char *s = va_arg(list, const char *); *s; s++)
                console_put(*s);
            break;
        case 'u': put_number(va_arg(list, uint64_t), 10); break;
        case 'x': put_number(va_arg(list, uint64_t), 16); break;
        case 'c': console_put((char)va_arg(list, int)); break;
        default: console_put(*format);
        }
    }
    va_end(list);
}

static trap_fn *handlers[VECTORS];

void on_trap(unsigned vector, trap_fn *handler)
{
    handlers[vector] = handler;
}

void trap(struct frame *frame)
{
    if (!handlers[frame->vector])
        trap_unexpected(frame);
    handlers[frame->vector](frame);
}

void fail(const char *why)
{
    print("FAILED: %s\n", why);
    guest_exit(EXIT_FAILED);
}

static bool starts_with(const char *text, const char *name)
{
    while (*name)
        if (*text++ != *name++)
            return false;
    return *text == '=';
}

static uint64_t number(const char *text)
{
    uint64_t value = 0, base = 10;
    if (text[0] == '0' && text[1] == 'x') {
        base = 16;
        text += 2;
    }
    for (;; text++) {
        unsigned digit = *text >= '0' && *text <= '9'   ? (unsigned)(*text - '0')
                         : *text >= 'a' && *text <= 'f' ? (unsigned)(*text - 'a' + 10)
                                                        : 16;
        if (digit >= base)
            return value;
        value = value * base + digit;
    }
}

// What stands behind `name=` on the command line, NULL if it is not there.
static const char *behind(const char *name)
{
    for (const char *at = command_line; *at; at++) {
        if ((at == command_line || at[-1] == ' ') && starts_with(at, name)) {
            while (*at++ != '=')
                ;
            return at;
        }
    }
    return NULL;
}

uint64_t argument(const char *name, uint64_t otherwise)
{
    const char *text = behind(name);
    return text ? number(text) : otherwise;
}

bool argument_is(const char *name, const char *value)
{
    const char *text = behind(name);
    while (text && *value && *text == *value)
        text++, value++;
    return text && !*value && (!*text || *text == ' ');
}
