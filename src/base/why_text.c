// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Reads the text that names a source of interrupts. See why_text.h.
#include "base/why_text.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

int why_text_refuse(const struct why_text *text)
{
    return error_set(text->error, -EINVAL, "'%s' is no source of interrupts here: %s", text->source, text->forms);
}

bool why_text_skip(struct why_text *text, const char *word)
{
    size_t length = strlen(word);
    if (strncmp(text->at, word, length) != 0)
        return false;
    text->at += length;
    return true;
}

bool why_text_number(struct why_text *text, uint64_t *value)
{
    bool hex = text->at[0] == '0' && (text->at[1] | 0x20) == 'x';
    const char *digits = text->at + (hex ? 2 : 0);
    char *end;
    if (!(hex ? isxdigit((unsigned char)*digits) : isdigit((unsigned char)*digits)))
        return false;
    errno = 0;
    *value = strtoull(digits, &end, hex ? 16 : 10);
    text->at = end;
    return errno == 0;
}

int why_text_cpu(struct why_text *text, uint32_t cpus, uint32_t *cpu)
{
    uint64_t value;
    if (!why_text_number(text, &value) || *text->at)
        return why_text_refuse(text);
    if (value >= cpus)
        return error_set(text->error, -EINVAL, "'%s': there is no CPU %llu; 0 to %u are there", text->source,
                         (unsigned long long)value, cpus - 1);
    *cpu = (uint32_t)value;
    return 0;
}
