// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// See monitor_complete.h. What a command's arguments are follows from its row in the table: SOURCE, EVENT, CPU, COMMAND, FORMAT.
#include "machine/monitor/monitor_complete.h"

#include <intact/trace_log.h>

#include <stdio.h>
#include <string.h>

#include "base/bits.h"
#include "machine/monitor/monitor_table.h"

struct completion {
    const struct monitor_names *names;
    const char *word; // the beginning of what is looked for
    void (*found)(void *owner, const char *word);
    void *owner;
};

static void offer(const struct completion *completion, const char *word)
{
    if (strncmp(word, completion->word, strlen(completion->word)) == 0)
        completion->found(completion->owner, word);
}

// Names are of one or two words: the one that `line` is within.
static void offer_name(const struct completion *completion, const char *name, const char *line)
{
    char word[32];
    size_t before = (size_t)(completion->word - line);
    if (strncmp(name, line, strlen(line)) != 0)
        return;
    snprintf(word, sizeof word, "%.*s", (int)strcspn(name + before, " "), name + before);
    offer(completion, word);
}

static void offer_commands(const struct completion *completion, const char *line)
{
    const struct monitor_row *row;
    for (unsigned i = 0; (row = monitor_row(i)); i++) {
        offer_name(completion, row->name, line);
        if (row->alias && strlen(row->alias) > 2)
            offer_name(completion, row->alias, line);
    }
}

static void offer_arguments(const struct completion *completion, const char *arguments, const char *line)
{
    static const char *const events[] = { "raise:", "accept:", "deliver:", "ack:", "eoi:",
                                          "read:",  "write:",  "in:",      "out:", "instruction:" };
    const char *format;
    char number[16];
    if (strstr(arguments, "SOURCE"))
        for (unsigned i = 0; i < completion->names->source_count; i++)
            offer(completion, completion->names->sources[i]);
    if (strstr(arguments, "EVENT"))
        for (unsigned i = 0; i < countof(events); i++)
            offer(completion, events[i]);
    if (strstr(arguments, "FORMAT"))
        for (unsigned i = 0; (format = intact_trace_format(i, NULL)); i++)
            offer(completion, format);
    if (strstr(arguments, "COMMAND")) {
        offer_commands(completion, line);
        offer(completion, "sources");
    }
    if (strstr(arguments, "CPU"))
        for (unsigned i = 0; i < completion->names->cpus; i++) {
            snprintf(number, sizeof number, "%u", i);
            offer(completion, number);
        }
}

void monitor_complete(const struct monitor_names *names, const char *line, void (*found)(void *owner, const char *word),
                      void *owner)
{
    char text[MONITOR_LINE], *arguments;
    line += strspn(line, " ");
    if (strlen(line) >= sizeof text)
        return;
    strcpy(text, line);
    const char *last = strrchr(text, ' ');
    struct completion completion = { .names = names, .word = last ? last + 1 : text, .found = found, .owner = owner };
    const struct monitor_row *row = monitor_find(text, &arguments);
    if (row && arguments > text && arguments[-1] == ' ')
        offer_arguments(&completion, row->arguments, arguments);
    else
        offer_commands(&completion, text);
}
