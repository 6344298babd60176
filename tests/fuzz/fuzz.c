// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The program around a fuzzer: random numbers, the loop over cases, and the line that repeats a failure.
#include "fuzz.h"

#include <intact/error.h>
#include <inttypes.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

enum { HANG_SECONDS = 30, DEFAULT_SECONDS = 3 };

// --- Random numbers (xorshift128+, seeded by splitmix64) ------------------------------------------------------------

static uint64_t split(uint64_t *state)
{
    uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

void fuzz_seed(struct fuzz *fuzz, uint64_t seed)
{
    fuzz->state[0] = split(&seed);
    fuzz->state[1] = split(&seed);
}

uint64_t fuzz_word(struct fuzz *fuzz)
{
    if (fuzz->size) {
        uint64_t word = 0;
        size_t bytes = fuzz->size < sizeof word ? fuzz->size : sizeof word;
        memcpy(&word, fuzz->data, bytes);
        fuzz->data += bytes;
        fuzz->size -= bytes;
        return word;
    }
    uint64_t a = fuzz->state[0], b = fuzz->state[1];
    a ^= a << 23;
    fuzz->state[0] = b;
    fuzz->state[1] = a ^ b ^ a >> 17 ^ b >> 26;
    return fuzz->state[1] + b;
}

uint32_t fuzz_below(struct fuzz *fuzz, uint32_t limit)
{
    return (uint32_t)((fuzz_word(fuzz) >> 32) * limit >> 32);
}

bool fuzz_chance(struct fuzz *fuzz, uint32_t one_in)
{
    return fuzz_below(fuzz, one_in) == 0;
}

uint64_t fuzz_value(struct fuzz *fuzz)
{
    switch (fuzz_below(fuzz, 8)) {
    case 0: return 0;
    case 1: return UINT64_MAX;
    case 2: return fuzz_below(fuzz, 256);
    case 3: return UINT64_C(1) << fuzz_below(fuzz, 64);
    case 4: return (UINT64_C(1) << fuzz_below(fuzz, 64)) - 1 + fuzz_below(fuzz, 3);
    case 5: return fuzz_word(fuzz) & 0xffff;
    case 6: return fuzz_word(fuzz) & 0xffffffff;
    default: return fuzz_word(fuzz);
    }
}

// --- Messages -------------------------------------------------------------------------------------------------------

_Noreturn void fuzz_fail(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    fprintf(stderr, "%s: ", fuzz_name);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    abort();
}

void fuzz_check_line(const char *why)
{
    size_t length = strnlen(why, INTACT_ERROR_SIZE);
    if (length == 0 || length >= INTACT_ERROR_SIZE)
        fuzz_fail("an error has %zu characters of text", length);
    for (size_t i = 0; i < length; i++)
        if ((unsigned char)why[i] < ' ')
            fuzz_fail("an error is not one line: %s", why);
}

void fuzz_tell(const struct fuzz *fuzz, const char *format, ...)
{
    va_list arguments;
    if (!fuzz->verbose)
        return;
    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    fputc('\n', stderr);
}

#ifdef INTACT_LIBFUZZER

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz fuzz = { .data = data, .size = size };
    fuzz_seed(&fuzz, size);
    fuzz_case(&fuzz);
    return 0;
}

#else

// --- The program ----------------------------------------------------------------------------------------------------

#if defined(__SANITIZE_ADDRESS__)
#define SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SANITIZED 1
#endif
#endif
#ifdef SANITIZED
void __sanitizer_set_death_callback(void (*callback)(void));
#endif

static uint64_t current_seed; // of the case that runs

// Also from a signal handler: one write.
static void tell_seed(void)
{
    char text[128];
    int length = snprintf(text, sizeof text, "\n%s: failed; repeat with --seed %" PRIu64 " --cases 1\n", fuzz_name,
                          current_seed);
    if (write(STDERR_FILENO, text, (size_t)length) < 0)
        _exit(1);
}

static void on_signal(int number)
{
    static const char hang[] = "\nno end in sight: a hang\n";
    if (number == SIGPROF && write(STDERR_FILENO, hang, sizeof hang - 1) < 0)
        _exit(1);
    tell_seed();
    signal(number == SIGPROF ? SIGABRT : number, SIG_DFL);
    raise(number == SIGPROF ? SIGABRT : number);
}

static void watch(void)
{
#ifdef SANITIZED
    __sanitizer_set_death_callback(tell_seed);
#else
    signal(SIGSEGV, on_signal);
    signal(SIGBUS, on_signal);
    signal(SIGILL, on_signal);
    signal(SIGFPE, on_signal);
#endif
    signal(SIGABRT, on_signal);
    signal(SIGPROF, on_signal);
}

// In processor time, so that a busy host does not matter. 0: never.
static void alarm_after(unsigned seconds)
{
    struct itimerval timer = { .it_value.tv_sec = seconds };
    setitimer(ITIMER_PROF, &timer, NULL);
}

static double seconds_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static uint64_t number(const char *program, const char *text)
{
    char *end;
    uint64_t value = text ? strtoull(text, &end, 0) : 0;
    if (text && end != text && *end == 0)
        return value;
    fprintf(stderr, "usage: %s [--seconds N] [--seed S] [--cases N] [--trace]\n", program);
    exit(2);
}

int main(int argc, char **argv)
{
    const char *wanted = getenv("INTACT_FUZZ_SECONDS");
    uint64_t seconds = wanted && *wanted ? number("INTACT_FUZZ_SECONDS=N", wanted) : DEFAULT_SECONDS;
    uint64_t seed = 1, cases = UINT64_MAX, done = 0;
    bool verbose = false;
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--seconds") == 0)
            seconds = number(argv[0], argv[++i]);
        else if (strcmp(argv[i], "--seed") == 0)
            seed = number(argv[0], argv[++i]);
        else if (strcmp(argv[i], "--cases") == 0)
            cases = number(argv[0], argv[++i]), seconds = UINT32_MAX;
        else if (strcmp(argv[i], "--trace") == 0)
            verbose = true;
        else
            number(argv[0], NULL);
    }
    watch();
    for (double end = seconds_now() + (double)seconds; done < cases && seconds_now() < end; done++) {
        struct fuzz fuzz = { .verbose = verbose };
        current_seed = seed + done;
        fuzz_seed(&fuzz, current_seed);
        alarm_after(verbose ? 0 : HANG_SECONDS);
        fuzz_case(&fuzz);
        alarm_after(0);
    }
    printf("%s: %" PRIu64 " cases from seed %" PRIu64 ", no failure\n", fuzz_name, done, seed);
    return 0;
}

#endif
