// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The words of the monitor's commands: numbers, expressions, processors.
#include <inttypes.h>
#include <string.h>

#include "base/bits.h"
#include "machine/machine.h"
#include "machine/monitor/monitor_commands.h"

bool monitor_number(const char *text, uint64_t *value)
{
    bool hex = text[0] == '0' && (text[1] | 0x20) == 'x';
    unsigned base = hex ? 16 : 10;
    const char *digits = "0123456789abcdef";
    text += hex ? 2 : 0;
    if (!*text)
        return false;
    for (*value = 0; *text; text++) {
        char c = *text >= 'A' && *text <= 'F' ? (char)(*text | 0x20) : *text;
        const char *digit = strchr(digits, c);
        unsigned add = digit ? (unsigned)(digit - digits) : base;
        if (add >= base || *value > (UINT64_MAX - add) / base)
            return false;
        *value = *value * base + add;
    }
    return true;
}

// --- Expressions -----------------------------------------------------------------------------------------------------
//
// As in C, with 64 bits without a sign: | ^ & << >> + - * / %, parentheses, and - and ~ in front. Terms are numbers and
// registers.

enum { NESTED = 64 }; // parentheses and signs within each other

struct reader {
    struct monitor *monitor;
    const char *command, *at;
    unsigned depth;
};

static int read_register(struct monitor *monitor, const char *name, uint64_t *value)
{
    struct board *board = machine_board(monitor->machine);
    int result = board->type->read_register(board, monitor->cpu, name, value);
    if (result < 0 && strcmp(name, "pc") == 0)
        return board->type->read_register(board, monitor->cpu, "rip", value);
    if (result < 0 && strcmp(name, "sp") == 0)
        return board->type->read_register(board, monitor->cpu, "rsp", value);
    return result;
}

static bool read_term(struct monitor *monitor, const char *command, const char *term, uint64_t *value)
{
    if (term[0] == '$') {
        if (read_register(monitor, term + 1, value) == 0)
            return true;
        monitor_refuse(monitor, command, "there is no register '%s'; info registers lists them", term + 1);
        return false;
    }
    if (monitor_number(term, value))
        return true;
    monitor_refuse(monitor, command, "'%s' is no number of at most 64 bits, as 4096 or 0x1000, and no register, as $pc",
                   term);
    return false;
}

static void skip_blanks(struct reader *reader)
{
    reader->at += strspn(reader->at, " ");
}

static bool read_name(struct reader *reader, uint64_t *value)
{
    char term[MONITOR_LINE];
    size_t length = strcspn(reader->at, "|^&<>+-*/%()~ ");
    memcpy(term, reader->at, length);
    term[length] = 0;
    reader->at += length;
    return read_term(reader->monitor, reader->command, term, value);
}

static bool read_sum(struct reader *reader, unsigned least, uint64_t *value);

static bool read_nested(struct reader *reader, uint64_t *value)
{
    reader->at++;
    if (!read_sum(reader, 0, value))
        return false;
    if (*reader->at == ')') {
        reader->at++;
        return true;
    }
    monitor_refuse(reader->monitor, reader->command, "a ')' is missing before '%s'", reader->at);
    return false;
}

static bool read_signed(struct reader *reader, uint64_t *value)
{
    skip_blanks(reader);
    char sign = *reader->at;
    if (sign != '-' && sign != '~' && sign != '(')
        return read_name(reader, value);
    if (reader->depth == NESTED) {
        monitor_refuse(reader->monitor, reader->command, "more than %d parentheses and signs within each other",
                       NESTED);
        return false;
    }
    reader->depth++;
    bool done;
    if (sign == '(') {
        done = read_nested(reader, value);
    } else {
        reader->at++;
        done = read_signed(reader, value);
        *value = sign == '-' ? 0 - *value : ~*value;
    }
    reader->depth--;
    return done;
}

static const struct operator
{
    char text[3];
    unsigned strength;
}
operators[] = { { "|", 1 }, { "^", 2 }, { "&", 3 }, { "<<", 4 }, { ">>", 4 },
                { "+", 5 }, { "-", 5 }, { "*", 6 }, { "/", 6 },  { "%", 6 } };

static const struct operator* operator_at(const char *text)
{
    for (unsigned i = 0; i < countof(operators); i++)
        if (strncmp(text, operators[i].text, strlen(operators[i].text)) == 0)
            return &operators[i];
    return NULL;
}

static bool apply(struct reader *reader, char operator, uint64_t * left, uint64_t right)
{
    if ((operator== '/' || operator== '%') && right == 0) {
        monitor_refuse(reader->monitor, reader->command, "a division by 0");
        return false;
    }
    switch (operator) {
    case '|': *left |= right; break;
    case '^': *left ^= right; break;
    case '&': *left &= right; break;
    case '<': *left = right < 64 ? *left << right : 0; break;
    case '>': *left = right < 64 ? *left >> right : 0; break;
    case '+': *left += right; break;
    case '-': *left -= right; break;
    case '*': *left *= right; break;
    case '/': *left /= right; break;
    default: *left %= right; break;
    }
    return true;
}

// Operators that bind more than `least`, from left to right.
static bool read_sum(struct reader *reader, unsigned least, uint64_t *value)
{
    uint64_t right;
    if (!read_signed(reader, value))
        return false;
    for (;;) {
        skip_blanks(reader);
        const struct operator* operator= operator_at(reader->at);
        if (!operator|| operator->strength <= least)
            return true;
        reader->at += strlen(operator->text);
        if (!read_sum(reader, operator->strength, &right) || !apply(reader, operator->text[0], value, right))
            return false;
    }
}

bool monitor_value(struct monitor *monitor, const char *command, const char *text, uint64_t *value)
{
    struct reader reader = { .monitor = monitor, .command = command, .at = text };
    if (!read_sum(&reader, 0, value))
        return false;
    if (*reader.at == 0)
        return true;
    monitor_refuse(monitor, command, "'%s' follows the end of the expression", reader.at);
    return false;
}

// --- Others ----------------------------------------------------------------------------------------------------------

bool monitor_is_event(const char *word)
{
    return (word[0] >= 'a' && word[0] <= 'z') || strchr(word, ':');
}

bool monitor_cpu(struct monitor *monitor, unsigned count, char *const *words, unsigned index, unsigned *cpu)
{
    uint64_t number = monitor->cpu;
    unsigned cpus = machine_board(monitor->machine)->loop.count;
    if (index < count && (!monitor_number(words[index], &number) || number >= cpus)) {
        monitor_refuse(monitor, words[0], "'%s' is no CPU; the machine has 0 to %u", words[index], cpus - 1);
        return false;
    }
    *cpu = (unsigned)number;
    return true;
}
