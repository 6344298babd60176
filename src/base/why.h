// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Findings about an interrupt that does not arrive, as the chips and the wiring report them; see <intact/why.h>.
//
// A chip's function reads its registers and reports each gate between an input and its output, in the order of the path:
//     bool ioapic_why(const struct ioapic *ioapic, unsigned index, unsigned pin, struct why *why);
// It changes nothing. What is no gate is not reported.
#ifndef BASE_WHY_H
#define BASE_WHY_H

#include <stddef.h>
#include <stdint.h>

#include <intact/why.h>

struct why {
    intact_why_found *found;
    void *owner;
    unsigned gates, findings; // reported so far
};

// Reports a finding without a name, or with one.
void why_found(struct why *why, const struct intact_why_finding *finding);

// Writes a sentence as <intact/why.h> has them, with its values and its name (NULL: none), cut where `size` is too small.
void why_write(const char *sentence, const uint64_t *value, const char *name, char *out, size_t size);

// WHY(why, INTACT_WHY_LINE_LOW, values...)
#define WHY(why, reason_, ...)                                                                                         \
    why_found((why), &(const struct intact_why_finding){ .reason = (reason_), .value = { __VA_ARGS__ } })
#define WHY_NAMED(why, reason_, name_, ...)                                                                            \
    why_found((why),                                                                                                   \
              &(const struct intact_why_finding){ .reason = (reason_), .name = (name_), .value = { __VA_ARGS__ } })

#endif
