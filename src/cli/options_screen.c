// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// -screendump-at and -sendkeys, which screendump.c and sendkeys.c follow (a bare host has the options alone).
#include "cli/options.h"
#include "cli/text.h"

int take_screendump(struct settings *settings, const char *value)
{
    const char *end;
    struct screendump *dump = &settings->dumps[settings->dump_count];
    uint64_t at;
    if (!text_count(value, &end, &at) || *end != ':' || !end[1])
        return refuse(settings, "-screendump-at: '%.80s' is not N:FILE, a count of instructions (120M) and a file",
                      value);
    if (settings->dump_count == SCREENDUMP_LIMIT)
        return refuse(settings, "-screendump-at: more than %d", SCREENDUMP_LIMIT);
    *dump = (struct screendump){ .at = at, .file = settings_copy(settings, end + 1) };
    settings->dump_count++;
    return dump->file ? 0 : -1;
}

int take_sendkeys(struct settings *settings, const char *value)
{
    settings->key_file = value;
    return 0;
}
