// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Commands of the monitor about values and memory: p, x, xp, sum.
//
// Not modelled: strings.
#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/bits.h"
#include "machine/debug_memory.h"
#include "machine/machine.h"
#include "machine/monitor/monitor_commands.h"

enum { EXAMINED = 65536, EXAMINED_DEFAULT = 64, ROW = 16 }; // bytes of x and xp
enum { INSTRUCTIONS = 4096 };                               // of x/10i

// "/16xb": how many, how each is written, and its bytes.
struct format {
    uint64_t count;
    char letter;
    unsigned size;
};

static unsigned size_of(char letter)
{
    const char *at = strchr("bhwg", letter);
    return letter && at ? 1u << (at - "bhwg") : 0;
}

// `text` begins with '/'. False: the error was printed.
static bool read_format(struct monitor *monitor, const char *command, const char *text, struct format *format)
{
    char digits[24];
    size_t length = strspn(text + 1, "0123456789");
    const char *at = text + 1 + length;
    bool good = length < sizeof digits;
    if (good && length) {
        memcpy(digits, text + 1, length);
        digits[length] = 0;
        good = monitor_number(digits, &format->count) && format->count;
    }
    for (; good && *at; at++) {
        if (size_of(*at))
            format->size = size_of(*at);
        else if (strchr("xduoci", *at))
            format->letter = *at;
        else
            good = false;
    }
    if (!good)
        monitor_refuse(monitor, command, "'%s' is no format; /16xb is: how many, one of x d u o c i, one of b h w g",
                       text);
    return good;
}

static void write_value(const struct format *format, uint64_t value, char *out, size_t size)
{
    unsigned bits = 8 * format->size;
    int64_t negative = (int64_t)(value << (64 - bits)) >> (64 - bits);
    switch (format->letter) {
    case 'd': snprintf(out, size, "%" PRId64, negative); break;
    case 'u': snprintf(out, size, "%" PRIu64, value); break;
    case 'o': snprintf(out, size, "0%" PRIo64, value); break;
    case 'c': snprintf(out, size, value >= ' ' && value < 0x7f ? "'%c'" : "'\\x%02x'", (int)(value & 0xff)); break;
    default: snprintf(out, size, "0x%0*" PRIx64, (int)(2 * format->size), value); break;
    }
}

struct monitor_result monitor_p(struct monitor *monitor, unsigned count, char *const *words)
{
    struct format format = { .count = 1, .letter = 'x', .size = 8 };
    char *text = words[1], out[64], given[32];
    uint64_t value;
    (void)count;
    if (text[0] == '/') {
        size_t length = strcspn(text, " ");
        snprintf(given, sizeof given, "%.*s", (int)(length < sizeof given ? length : sizeof given - 1), text);
        if (!read_format(monitor, words[0], given, &format))
            return MONITOR_STAY;
        if (format.letter == 'i')
            return monitor_refuse(monitor, words[0], "'%s' is of memory; x/4i $pc shows instructions", given);
        text += length + strspn(text + length, " ");
    }
    if (!monitor_value(monitor, words[0], text, &value))
        return MONITOR_STAY;
    if (format.letter == 'x')
        snprintf(out, sizeof out, "0x%" PRIx64, value);
    else
        write_value(&format, value, out, sizeof out);
    monitor_print(monitor, "%s\n", out);
    return MONITOR_STAY;
}

// --- Memory ----------------------------------------------------------------------------------------------------------

static bool is_physical(const char *command)
{
    return command[1] == 'p';
}

static bool read(struct monitor *monitor, const char *command, uint64_t address, void *bytes, size_t size)
{
    bool physical = is_physical(command);
    if (debug_memory_read(machine_board(monitor->machine), monitor->cpu, physical, address, bytes, size))
        return true;
    monitor_refuse(monitor, command, "at 0x%" PRIx64 " there is no memory%s", address,
                   physical ? "" : ", or no page is mapped");
    return false;
}

static void show_row(struct monitor *monitor, uint64_t address, const uint8_t *bytes, size_t size)
{
    char hex[3 * ROW + 1] = "", text[ROW + 1] = "";
    for (size_t i = 0; i < size; i++) {
        snprintf(hex + 3 * i, 4, " %02x", bytes[i]);
        text[i] = bytes[i] >= ' ' && bytes[i] < 0x7f ? (char)bytes[i] : '.';
    }
    monitor_print(monitor, "%016" PRIx64 " %-48s  %s\n", address, hex, text);
}

static void show_values(struct monitor *monitor, uint64_t address, const uint8_t *bytes, size_t size,
                        const struct format *format)
{
    char value[64];
    monitor_print(monitor, "%016" PRIx64 ":", address);
    for (size_t i = 0; i < size; i += format->size) {
        write_value(format, bytes_get(bytes + i, format->size), value, sizeof value);
        monitor_print(monitor, " %s", value);
    }
    monitor_print(monitor, "\n");
}

// `format` NULL: bytes, and their characters.
static struct monitor_result show(struct monitor *monitor, const char *command, uint64_t address, uint64_t size,
                                  const struct format *format)
{
    for (uint64_t done = 0; done < size; done += ROW) {
        uint8_t bytes[ROW];
        size_t piece = size - done < ROW ? (size_t)(size - done) : ROW;
        if (!read(monitor, command, address + done, bytes, piece))
            break;
        if (format)
            show_values(monitor, address + done, bytes, piece, format);
        else
            show_row(monitor, address + done, bytes, piece);
    }
    return MONITOR_STAY;
}

static struct monitor_result show_formatted(struct monitor *monitor, unsigned count, char *const *words)
{
    struct format format = { .count = 1, .letter = 'x', .size = 4 };
    uint64_t address;
    if (count > 3)
        return monitor_refuse(monitor, words[0], "'%s' is too much: the number is part of the format, as in /16xb",
                              words[3]);
    if (count < 3)
        return monitor_refuse(monitor, words[0], "needs ADDRESS behind %s", words[1]);
    if (!read_format(monitor, words[0], words[1], &format) || !monitor_value(monitor, words[0], words[2], &address))
        return MONITOR_STAY;
    if (format.letter == 'i' && format.count > INSTRUCTIONS)
        return monitor_refuse(monitor, words[0], "'%s' is more than %d instructions", words[1], INSTRUCTIONS);
    if (format.letter == 'i')
        return monitor_show_code(monitor, words[0], is_physical(words[0]), address, format.count);
    format.size = format.letter == 'c' ? 1 : format.size;
    if (format.count > EXAMINED / format.size)
        return monitor_refuse(monitor, words[0], "'%s' is more than %d bytes", words[1], EXAMINED);
    return show(monitor, words[0], address, format.count * format.size, &format);
}

struct monitor_result monitor_examine(struct monitor *monitor, unsigned count, char *const *words)
{
    uint64_t address, size = EXAMINED_DEFAULT;
    if (words[1][0] == '/')
        return show_formatted(monitor, count, words);
    if (count > 3)
        return monitor_refuse(monitor, words[0], "'%s' is too much; it takes ADDRESS [COUNT]", words[3]);
    if (!monitor_value(monitor, words[0], words[1], &address))
        return MONITOR_STAY;
    if (count > 2 && (!monitor_number(words[2], &size) || size == 0 || size > EXAMINED))
        return monitor_refuse(monitor, words[0], "'%s' is no COUNT; 1 to %d bytes are shown", words[2], EXAMINED);
    return show(monitor, words[0], address, size, NULL);
}

// The sum of BSD's sum(1): 16 bits, turned to the right by one before each byte is added.
struct monitor_result monitor_sum(struct monitor *monitor, unsigned count, char *const *words)
{
    struct board *board = machine_board(monitor->machine);
    uint64_t address, size;
    uint16_t sum = 0;
    (void)count;
    if (!monitor_value(monitor, words[0], words[1], &address) || !monitor_value(monitor, words[0], words[2], &size))
        return MONITOR_STAY;
    for (uint64_t done = 0; done < size;) {
        uint8_t bytes[4096];
        size_t piece = size - done < sizeof bytes ? (size_t)(size - done) : sizeof bytes;
        if (!debug_memory_read(board, monitor->cpu, true, address + done, bytes, piece))
            return monitor_refuse(monitor, words[0], "from 0x%" PRIx64 " on there is something else than memory",
                                  address + done);
        for (size_t i = 0; i < piece; i++)
            sum = (uint16_t)((sum >> 1 | sum << 15) + bytes[i]);
        done += piece;
    }
    monitor_print(monitor, "%05u\n", sum);
    return MONITOR_STAY;
}
