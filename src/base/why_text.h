// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Reads the text that names a source of interrupts, such as "pin:ioapic0.2" or "intid:27@1": words, and numbers in decimal or,
// with 0x, in hexadecimal (nobody counts pins in octal).
//
//     struct why_text text = { source, source, "pin:CHIP.PIN and msi:ADDRESS,DATA", error };
//     if (why_text_skip(&text, "msi:"))
//         return read_message(&text, ...);
//     return why_text_refuse(&text);
#ifndef BASE_WHY_TEXT_H
#define BASE_WHY_TEXT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"

struct why_text {
    const char *source, *at; // all of it, and what is left
    const char *forms;       // that are possible, for the user
    struct error *error;
};

// -EINVAL and a text: it is no source, and the forms.
int why_text_refuse(const struct why_text *text);
// Is `word` next? Then it is skipped.
bool why_text_skip(struct why_text *text, const char *word);
// A number. False: there is none, or it has more than 64 bits.
bool why_text_number(struct why_text *text, uint64_t *value);
// The number of one of `cpus` CPUs, which ends the text. 0, or -EINVAL and a text.
int why_text_cpu(struct why_text *text, uint32_t cpus, uint32_t *cpu);

#endif
