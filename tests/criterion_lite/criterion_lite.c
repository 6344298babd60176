// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Runs the tests of a program, each in a separate process, and reports which fail.
#include <criterion/redirect.h>

#include <math.h>
#include <signal.h>
#include <stdarg.h>
#include <sys/wait.h>
#include <unistd.h>

enum { PASSED = 0, FAILED = 1, SKIPPED = 77 };

static struct criterion_test *first, **last = &first;
static bool failed; // the test of this process

void criterion_add(struct criterion_test *test)
{
    *last = test;
    last = &test->next;
}

void criterion_fail(bool ends, const char *file, int line, const char *condition, const char *format, ...)
{
    va_list arguments;
    fprintf(stderr, "%s:%d: not so: %s", file, line, condition);
    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    fputc('\n', stderr);
    failed = true;
    if (ends)
        exit(FAILED);
}

void criterion_skip(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    fputc('\n', stderr);
    exit(SKIPPED);
}

void criterion_log(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    fputc('\n', stderr);
}

static FILE *redirected;

void cr_redirect_stderr(void)
{
    fflush(stderr);
    redirected = tmpfile();
    if (!redirected || dup2(fileno(redirected), STDERR_FILENO) < 0)
        exit(FAILED);
}

const char *criterion_stderr(void)
{
    static char text[65536];
    fflush(stderr);
    rewind(redirected);
    text[fread(text, 1, sizeof text - 1, redirected)] = 0;
    return text;
}

static const struct criterion_options *suite_of(const struct criterion_test *test)
{
    static const struct criterion_options none = { .timeout = 0 };
    for (const struct criterion_test *suite = first; suite; suite = suite->next) {
        if (!suite->run && strcmp(suite->suite, test->suite) == 0)
            return &suite->options;
    }
    return &none;
}

static _Noreturn void child(const struct criterion_test *test, const struct criterion_options *suite)
{
    double timeout = test->options.timeout > 0 ? test->options.timeout : suite->timeout;
    void (*init)(void) = test->options.init ? test->options.init : suite->init;
    void (*fini)(void) = test->options.fini ? test->options.fini : suite->fini;
    if (timeout > 0)
        alarm((unsigned)ceil(timeout));
    if (init)
        init();
    test->run();
    if (fini)
        fini();
    exit(failed ? FAILED : PASSED);
}

static int run(const struct criterion_test *test)
{
    const struct criterion_options *suite = suite_of(test);
    if (test->options.disabled || suite->disabled)
        return SKIPPED;
    fflush(NULL);
    pid_t process = fork();
    if (process == 0)
        child(test, suite);
    int status;
    if (process < 0 || waitpid(process, &status, 0) < 0)
        return FAILED;
    if (WIFSIGNALED(status) && WTERMSIG(status) != test->options.signal)
        fprintf(stderr, "%s::%s: signal %d\n", test->suite, test->name, WTERMSIG(status));
    if (WIFSIGNALED(status))
        return WTERMSIG(status) == test->options.signal ? PASSED : FAILED;
    if (test->options.signal)
        return FAILED;
    return WEXITSTATUS(status) == test->options.exit_code ? PASSED : WEXITSTATUS(status) == SKIPPED ? SKIPPED : FAILED;
}

int main(void)
{
    unsigned tests = 0, skips = 0, failures = 0;
    for (const struct criterion_test *test = first; test; test = test->next) {
        if (!test->run)
            continue;
        int result = run(test);
        tests++;
        skips += result == SKIPPED;
        failures += result != SKIPPED && result != PASSED;
        if (result != PASSED)
            printf("%s %s::%s\n", result == SKIPPED ? "SKIPPED" : "FAILED", test->suite, test->name);
    }
    printf("%u tests, %u failed, %u skipped\n", tests, failures, skips);
    return failures > 0;
}
