// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Numbers, escapes and checksums of packets (gdb manual, E.1).
#include "debug/gdb_text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int digit(uint8_t character)
{
    if (character >= '0' && character <= '9')
        return character - '0';
    if (character >= 'a' && character <= 'f')
        return character - 'a' + 10;
    return character >= 'A' && character <= 'F' ? character - 'A' + 10 : -1;
}

bool scan_text(struct scan *scan, const char *text)
{
    size_t size = strlen(text);
    if ((size_t)(scan->end - scan->at) < size || memcmp(scan->at, text, size) != 0)
        return false;
    scan->at += size;
    return true;
}

bool scan_hex(struct scan *scan, uint64_t *value)
{
    unsigned digits = 0;
    *value = 0;
    for (; scan->at < scan->end && digit(*scan->at) >= 0; scan->at++, digits++)
        *value = *value << 4 | (unsigned)digit(*scan->at);
    return digits > 0 && digits <= 16;
}

bool scan_byte(struct scan *scan, uint8_t *value)
{
    if (scan->end - scan->at < 2 || digit(scan->at[0]) < 0 || digit(scan->at[1]) < 0)
        return false;
    *value = (uint8_t)(digit(scan->at[0]) << 4 | digit(scan->at[1]));
    scan->at += 2;
    return true;
}

bool scan_binary(struct scan *scan, uint8_t *value)
{
    if (scan->at == scan->end)
        return false;
    *value = *scan->at++;
    if (*value != '}')
        return true;
    if (scan->at == scan->end)
        return false;
    *value = *scan->at++ ^ 0x20;
    return true;
}

// --- answers ---------------------------------------------------------------------------------------------------------

enum { END = 3 }; // '#' and the sum

static void put(struct gdb *gdb, uint8_t byte)
{
    if (gdb->output_size + END < GDB_OUTPUT)
        gdb->output[gdb->output_size++] = byte;
    else
        gdb->output_full = true;
}

void answer_begin(struct gdb *gdb)
{
    gdb->last_start = gdb->output_size;
    gdb->output_full = false;
    put(gdb, '$');
}

void answer_text(struct gdb *gdb, const char *format, ...)
{
    char text[512];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    for (const char *at = text; *at; at++)
        put(gdb, (uint8_t)*at);
}

void answer_hex(struct gdb *gdb, const void *bytes, size_t size)
{
    static const char digits[] = "0123456789abcdef";
    for (const uint8_t *at = bytes; size; at++, size--) {
        put(gdb, (uint8_t)digits[*at >> 4]);
        put(gdb, (uint8_t)digits[*at & 15]);
    }
}

void answer_binary(struct gdb *gdb, const void *bytes, size_t size)
{
    for (const uint8_t *at = bytes; size; at++, size--) {
        bool escaped = *at == '#' || *at == '$' || *at == '}' || *at == '*';
        if (escaped)
            put(gdb, '}');
        put(gdb, escaped ? *at ^ 0x20 : *at);
    }
}

void answer_end(struct gdb *gdb)
{
    char end[END + 1];
    uint8_t sum = 0;
    if (gdb->output_full)
        gdb->output_size = gdb->last_start + 1;
    for (size_t i = gdb->last_start + 1; i < gdb->output_size; i++)
        sum = (uint8_t)(sum + gdb->output[i]);
    snprintf(end, sizeof end, "#%02x", sum);
    memcpy(gdb->output + gdb->output_size, end, END);
    gdb->output_size += END;
    gdb->last_size = gdb->output_size - gdb->last_start;
    memcpy(gdb->last, gdb->output + gdb->last_start, gdb->last_size);
}

void answer(struct gdb *gdb, const char *text)
{
    answer_begin(gdb);
    answer_text(gdb, "%s", text);
    answer_end(gdb);
}

void gdb_print(struct gdb *gdb, const char *format, ...)
{
    char text[2048];
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    size_t size = length < 0 ? 0 : (size_t)length < sizeof text ? (size_t)length : sizeof text - 1;
    if (gdb->text_size + size > gdb->text_room) {
        size_t room = 2 * (gdb->text_size + size);
        char *grown = realloc(gdb->text, room);
        if (!grown)
            return;
        gdb->text = grown;
        gdb->text_room = room;
    }
    memcpy(gdb->text + gdb->text_size, text, size);
    gdb->text_size += size;
}
