// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Shared by the fuzzers: random numbers from a seed, a main program around one case, and the report of a failure.
//
// A fuzzer is one function, `fuzz_case`, that gets all its random numbers from a struct fuzz. Case number n of a run
// with --seed S has the seed S + n; every failure, crash and hang prints the seed of its case, and `--seed THAT --cases
// 1` repeats it.
#ifndef TESTS_FUZZ_FUZZ_H
#define TESTS_FUZZ_FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct fuzz {
    uint64_t state[2];
    const uint8_t *data; // the first random numbers, under libFuzzer
    size_t size;
    bool verbose; // --trace: the fuzzer prints its steps on standard error
};

// The fuzzer's own. `fuzz_name` is for messages.
extern const char *const fuzz_name;
void fuzz_case(struct fuzz *fuzz);

void fuzz_seed(struct fuzz *fuzz, uint64_t seed);
uint64_t fuzz_word(struct fuzz *fuzz);                  // any 64 bits
uint32_t fuzz_below(struct fuzz *fuzz, uint32_t limit); // 0 to limit - 1
bool fuzz_chance(struct fuzz *fuzz, uint32_t one_in);
// A value that often is an edge case: 0, all ones, powers of two plus or minus 1, small, or any.
uint64_t fuzz_value(struct fuzz *fuzz);

#define FUZZ_PICK(fuzz, array) ((array)[fuzz_below((fuzz), sizeof(array) / sizeof((array)[0]))])

// Prints the text and the seed, and aborts.
_Noreturn void fuzz_fail(const char *format, ...) __attribute__((format(printf, 1, 2)));
// Fails if the text of an error, of INTACT_ERROR_SIZE bytes, is not one line.
void fuzz_check_line(const char *why);
// With --trace, prints the next step.
void fuzz_tell(const struct fuzz *fuzz, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
