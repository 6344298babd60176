// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Random A64 code: more valid instructions than in random bits.
#ifndef TESTS_FUZZ_A64_CODE_H
#define TESTS_FUZZ_A64_CODE_H

#include "fuzz.h"

// Fills `words` with instructions: of every encoding class, system instructions, calls of PSCI, jumps that stay near.
void a64_code(struct fuzz *fuzz, uint32_t *words, unsigned count);

#endif
