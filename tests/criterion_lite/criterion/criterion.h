// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The part of Criterion (https://criterion.readthedocs.io) that our unit tests use, for hosts without that library:
// musl, cross compilers. Each test runs in a separate process, one after the other; -DINTACT_CRITERION_LITE=ON builds
// with it.
//
// Not here: parameters and theories, filters, reports other than text, options of the command line.
#ifndef CRITERION_LITE_H
#define CRITERION_LITE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct criterion_options {
    void (*init)(void), (*fini)(void);
    double timeout; // seconds; 0: none
    int signal, exit_code;
    bool disabled;
    int line;
};

struct criterion_test {
    const char *suite, *name;
    void (*run)(void); // NULL: the options of a suite
    struct criterion_options options;
    struct criterion_test *next;
};

void criterion_add(struct criterion_test *test);
// A failed assertion: the text that the test gives, if any, is a format and its arguments, behind a space.
void criterion_fail(bool ends, const char *file, int line, const char *condition, const char *format, ...)
    __attribute__((format(printf, 5, 6)));
_Noreturn void criterion_skip(const char *format, ...) __attribute__((format(printf, 1, 2)));
void criterion_log(const char *format, ...) __attribute__((format(printf, 1, 2)));

#define CRITERION_ADD(Id, Suite, Name, Run, ...)                                                                       \
    static struct criterion_test Id##_test = {                                                                         \
        .suite = Suite, .name = Name, .run = Run, .options = { .line = __LINE__, __VA_ARGS__ }                         \
    };                                                                                                                 \
    __attribute__((constructor)) static void Id##_add(void)                                                            \
    {                                                                                                                  \
        criterion_add(&Id##_test);                                                                                     \
    }
#define Test(Suite, Name, ...)                                                                                         \
    static void Suite##_##Name##_run(void);                                                                            \
    CRITERION_ADD(Suite##_##Name, #Suite, #Name, Suite##_##Name##_run, __VA_ARGS__)                                    \
    static void Suite##_##Name##_run(void)
#define TestSuite(Suite, ...)                                                                                          \
    CRITERION_ADD(Suite##_suite, #Suite, NULL, NULL, __VA_ARGS__)                                                      \
    struct criterion_test // takes the semicolon

#define CRITERION_CHECK(Ends, Condition, Text, ...)                                                                    \
    do {                                                                                                               \
        if (!(Condition))                                                                                              \
            criterion_fail((Ends), __FILE__, __LINE__, Text, " " __VA_ARGS__);                                         \
    } while (0)

#define cr_assert(Condition, ...)          CRITERION_CHECK(true, Condition, #Condition, __VA_ARGS__)
#define cr_assert_not(Condition, ...)      CRITERION_CHECK(true, !(Condition), "not " #Condition, __VA_ARGS__)
#define cr_assert_null(Value, ...)         CRITERION_CHECK(true, !(Value), #Value " is NULL", __VA_ARGS__)
#define cr_assert_not_null(Value, ...)     CRITERION_CHECK(true, (Value), #Value " is not NULL", __VA_ARGS__)
#define cr_assert_eq(A, B, ...)            CRITERION_CHECK(true, (A) == (B), #A " == " #B, __VA_ARGS__)
#define cr_assert_neq(A, B, ...)           CRITERION_CHECK(true, (A) != (B), #A " != " #B, __VA_ARGS__)
#define cr_assert_lt(A, B, ...)            CRITERION_CHECK(true, (A) < (B), #A " < " #B, __VA_ARGS__)
#define cr_assert_leq(A, B, ...)           CRITERION_CHECK(true, (A) <= (B), #A " <= " #B, __VA_ARGS__)
#define cr_assert_gt(A, B, ...)            CRITERION_CHECK(true, (A) > (B), #A " > " #B, __VA_ARGS__)
#define cr_assert_geq(A, B, ...)           CRITERION_CHECK(true, (A) >= (B), #A " >= " #B, __VA_ARGS__)
#define cr_assert_str_eq(A, B, ...)        CRITERION_CHECK(true, strcmp(A, B) == 0, #A " is " #B, __VA_ARGS__)
#define cr_assert_str_neq(A, B, ...)       CRITERION_CHECK(true, strcmp(A, B) != 0, #A " is not " #B, __VA_ARGS__)
#define cr_assert_str_empty(A, ...)        CRITERION_CHECK(true, *(A) == 0, #A " is empty", __VA_ARGS__)
#define cr_assert_str_not_empty(A, ...)    CRITERION_CHECK(true, *(A) != 0, #A " is not empty", __VA_ARGS__)
#define cr_assert_arr_eq(A, B, Size, ...)  CRITERION_CHECK(true, memcmp(A, B, Size) == 0, #A " is " #B, __VA_ARGS__)
#define cr_assert_arr_neq(A, B, Size, ...) CRITERION_CHECK(true, memcmp(A, B, Size) != 0, #A " is not " #B, __VA_ARGS__)
#define cr_assert_fail(...)                CRITERION_CHECK(true, false, "fails", __VA_ARGS__)
#define cr_fatal(...)                      CRITERION_CHECK(true, false, "fails", __VA_ARGS__)
#define cr_expect(Condition, ...)          CRITERION_CHECK(false, Condition, #Condition, __VA_ARGS__)
#define cr_expect_not(Condition, ...)      CRITERION_CHECK(false, !(Condition), "not " #Condition, __VA_ARGS__)
#define cr_expect_null(Value, ...)         CRITERION_CHECK(false, !(Value), #Value " is NULL", __VA_ARGS__)
#define cr_expect_not_null(Value, ...)     CRITERION_CHECK(false, (Value), #Value " is not NULL", __VA_ARGS__)
#define cr_expect_eq(A, B, ...)            CRITERION_CHECK(false, (A) == (B), #A " == " #B, __VA_ARGS__)
#define cr_expect_neq(A, B, ...)           CRITERION_CHECK(false, (A) != (B), #A " != " #B, __VA_ARGS__)
#define cr_expect_lt(A, B, ...)            CRITERION_CHECK(false, (A) < (B), #A " < " #B, __VA_ARGS__)
#define cr_expect_leq(A, B, ...)           CRITERION_CHECK(false, (A) <= (B), #A " <= " #B, __VA_ARGS__)
#define cr_expect_gt(A, B, ...)            CRITERION_CHECK(false, (A) > (B), #A " > " #B, __VA_ARGS__)
#define cr_expect_geq(A, B, ...)           CRITERION_CHECK(false, (A) >= (B), #A " >= " #B, __VA_ARGS__)
#define cr_expect_str_eq(A, B, ...)        CRITERION_CHECK(false, strcmp(A, B) == 0, #A " is " #B, __VA_ARGS__)
#define cr_expect_str_empty(A, ...)        CRITERION_CHECK(false, *(A) == 0, #A " is empty", __VA_ARGS__)
#define cr_expect_str_neq(A, B, ...)       CRITERION_CHECK(false, strcmp(A, B) != 0, #A " is not " #B, __VA_ARGS__)
#define cr_expect_arr_eq(A, B, Size, ...)  CRITERION_CHECK(false, memcmp(A, B, Size) == 0, #A " is " #B, __VA_ARGS__)
#define cr_expect_fail(...)                CRITERION_CHECK(false, false, "fails", __VA_ARGS__)
#define cr_skip_test(...)                  criterion_skip("skipped: " __VA_ARGS__)
#define cr_skip(...)                       criterion_skip("skipped: " __VA_ARGS__)
#define cr_log_info(...)                   criterion_log(__VA_ARGS__)
#define cr_log_error(...)                  criterion_log(__VA_ARGS__)

#endif
