// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The texts of findings. See <intact/why.h>.
#include "base/why.h"
#include "base/bits.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

static const struct {
    const char *id;
    enum intact_why_kind kind;
    const char *sentence, *section;
} reasons[] = {
#define WHY_ROW(id, kind, sentence, section) { #id, INTACT_WHY_##kind, sentence, section },
    INTACT_WHY_REASONS(WHY_ROW)
};

static bool is_reason(enum intact_why_reason reason)
{
    return (unsigned)reason < INTACT_WHY_REASON_COUNT;
}

enum intact_why_kind intact_why_kind(enum intact_why_reason reason)
{
    return is_reason(reason) ? reasons[reason].kind : INTACT_WHY_GATE;
}

const char *intact_why_sentence(enum intact_why_reason reason)
{
    return is_reason(reason) ? reasons[reason].sentence : "";
}

const char *intact_why_section(enum intact_why_reason reason)
{
    return is_reason(reason) ? reasons[reason].section : "";
}

const char *intact_why_name(enum intact_why_reason reason)
{
    return is_reason(reason) ? reasons[reason].id : "";
}

void why_found(struct why *why, const struct intact_why_finding *finding)
{
    why->findings++;
    why->gates += intact_why_kind(finding->reason) == INTACT_WHY_GATE;
    if (why->found)
        why->found(why->owner, finding);
}

// --- A sentence ------------------------------------------------------------------------------------------------------

struct text {
    char *out;
    size_t size, used;
};

static void put(struct text *text, const char *bytes, size_t count)
{
    for (; count && text->used + 1 < text->size; count--)
        text->out[text->used++] = *bytes++;
}

static void put_text(struct text *text, const char *string)
{
    put(text, string, strlen(string));
}

// 1,204,331
static void put_grouped(struct text *text, uint64_t value)
{
    char digits[24];
    size_t count = (size_t)snprintf(digits, sizeof digits, "%" PRIu64, value);
    for (size_t i = 0; i < count; i++) {
        if (i && (count - i) % 3 == 0)
            put_text(text, ",");
        put(text, &digits[i], 1);
    }
}

// The one of the texts between '|' that `value` numbers; the last one for larger numbers.
static void put_choice(struct text *text, uint64_t value, const char *choices, const char *end)
{
    for (;;) {
        size_t length = strcspn(choices, "|}");
        if (value-- == 0 || choices + length >= end) {
            put(text, choices, length);
            return;
        }
        choices += length + 1;
    }
}

static void put_value(struct text *text, uint64_t value, const char *format, const char *end)
{
    char number[40];
    int digits = format[0] == ':' && format[1] == 'h' ? format[2] - '0' : 0;
    if (format[0] == '?') {
        put_choice(text, value, format + 1, end);
        return;
    }
    if (format[0] == ':' && format[1] == 'n') {
        put_grouped(text, value);
        return;
    }
    if (format[0] == ':' && format[1] == 'u')
        snprintf(number, sizeof number, "%04X_%04Xh", (unsigned)(value >> 16 & 0xffff), (unsigned)(value & 0xffff));
    else if (format[0] == ':' && format[1] == 'x')
        snprintf(number, sizeof number, "0x%" PRIx64, value);
    else if (digits)
        snprintf(number, sizeof number, "%0*" PRIX64 "h", digits, value);
    else
        snprintf(number, sizeof number, "%" PRIu64, value);
    put_text(text, number);
}

void why_write(const char *sentence, const uint64_t *value, const char *name, char *out, size_t size)
{
    struct text text = { out, size, 0 };
    const char *at = sentence;
    while (*at) {
        size_t plain = strcspn(at, "{");
        put(&text, at, plain);
        at += plain;
        if (!*at)
            break;
        const char *end = strchr(at, '}');
        if (strncmp(at, "{name}", 6) == 0)
            put_text(&text, name ? name : "");
        else
            put_value(&text, value[at[1] - '0'], at + 2, end);
        at = end + 1;
    }
    if (size)
        out[text.used] = 0;
}

void intact_why_text(const struct intact_why_finding *finding, char *out, size_t size)
{
    why_write(intact_why_sentence(finding->reason), finding->value, finding->name, out, size);
}
