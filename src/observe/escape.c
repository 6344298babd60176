// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Escapes. See escape.h.
#include "observe/escape.h"

#include <stdint.h>

// The bytes of the character at `text`, which is not the end; 0: it is not UTF-8 (RFC 3629, section 4).
static unsigned utf8_length(const char *text)
{
    const uint8_t *byte = (const uint8_t *)text;
    unsigned length = byte[0] < 0x80 ? 1 : byte[0] < 0xc2 ? 0 : byte[0] < 0xe0 ? 2 : byte[0] < 0xf0 ? 3 : 4;
    uint8_t least = byte[0] == 0xe0 ? 0xa0 : byte[0] == 0xf0 ? 0x90 : 0x80;
    uint8_t most = byte[0] == 0xed ? 0x9f : byte[0] == 0xf4 ? 0x8f : 0xbf;
    if (byte[0] > 0xf4)
        return 0;
    for (unsigned i = 1; i < length; i++)
        if (byte[i] < (i == 1 ? least : 0x80) || byte[i] > (i == 1 ? most : 0xbf))
            return 0;
    return length;
}

void escape_json(FILE *file, const char *text)
{
    putc('"', file);
    while (*text) {
        unsigned length = utf8_length(text);
        if (*text == '"' || *text == '\\')
            fprintf(file, "\\%c", *text);
        else if (length == 0 || (uint8_t)*text < 0x20 || *text == 0x7f)
            fprintf(file, "\\u%04x", (uint8_t)*text);
        else
            fwrite(text, 1, length, file);
        text += length ? length : 1;
    }
    putc('"', file);
}

void escape_xml(FILE *file, const char *text)
{
    while (*text) {
        unsigned length = utf8_length(text);
        if (*text == '&' || *text == '<' || *text == '>' || *text == '"')
            fprintf(file, "&#%d;", *text);
        else if (length == 0 || (uint8_t)*text < 0x20)
            putc('?', file);
        else
            fwrite(text, 1, length, file);
        text += length ? length : 1;
    }
}
