// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The command from outside: verbs, statuses, help, manual, completions, the escape key.
#include <criterion/criterion.h>
#include <criterion/redirect.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/keys.h"
#include "cli/options.h"
#include "cli/run.h"

static char text[65536];

// What the command prints to standard output; its status in *status.
static const char *output_of(int *status, int argc, const char *const *argv)
{
    char path[] = "/tmp/intact-test-XXXXXX";
    int file = mkstemp(path), before = dup(STDOUT_FILENO);
    fflush(stdout);
    dup2(file, STDOUT_FILENO);
    *status = cli_main(argc, (char *const *)(uintptr_t)argv);
    fflush(stdout);
    dup2(before, STDOUT_FILENO);
    ssize_t size = pread(file, text, sizeof text - 1, 0);
    text[size < 0 ? 0 : size] = 0;
    close(file);
    close(before);
    unlink(path);
    return text;
}

#define OUTPUT(status, ...)                                                                                            \
    output_of((status), (int)(sizeof((const char *const[]){ __VA_ARGS__ }) / sizeof(char *)),                          \
              (const char *const[]){ __VA_ARGS__, NULL })

Test(cli, help_manual_and_completions_name_every_option)
{
    static const char *const verbs[][3] = { { "intact", "help", NULL },
                                            { "intact", "completion", "bash" },
                                            { "intact", "completion", "fish" },
                                            { "intact", "completion", "zsh" } };
    for (unsigned v = 0; v < 4; v++) {
        int status;
        const char *out = output_of(&status, verbs[v][2] ? 3 : 2, verbs[v]);
        cr_assert_eq(status, 0);
        for (unsigned i = 0; i < option_count; i++)
            cr_assert_not_null(strstr(out, options[i].name), "%s: -%s", verbs[v][1], options[i].name);
    }
    int status;
    const char *manual = OUTPUT(&status, "intact", "manual");
    cr_assert_eq(status, 0);
    for (unsigned i = 0; i < option_count; i++) {
        char name[64], *end = name + sprintf(name, "*-");
        for (const char *at = options[i].name; *at; at++) // scdoc's markup has an underscore
            end += sprintf(end, *at == '_' ? "\\%c" : "%c", *at);
        strcpy(end, "*");
        cr_assert_not_null(strstr(manual, name), "%s", name);
    }
}

Test(cli, a_verb_that_is_not_known_is_refused_with_the_nearest, .init = cr_redirect_stderr)
{
    int status;
    OUTPUT(&status, "intact", "rum");
    cr_assert_eq(status, 1);
    fflush(stderr);
    cr_assert_stderr_eq_str("intact: no command 'rum'; the nearest is 'run' (intact help lists all)\n");
}

Test(cli, a_verb_answers_a_call_for_help_and_does_nothing_else)
{
    static const char *const words[] = { "--help", "-help", "-h", "help" };
    int status;
    for (unsigned i = 0; i < 4; i++) {
        const char *out = OUTPUT(&status, "intact", "demo", words[i]);
        cr_assert_eq(status, 0);
        cr_assert_eq(strncmp(out, "intact demo [-machine", 21), 0);
        cr_assert_null(strstr(out, "PIT"), "nothing runs");
        out = OUTPUT(&status, "intact", "completion", words[i]);
        cr_assert_eq(status, 0);
        cr_assert_not_null(strstr(out, "bash"));
        out = OUTPUT(&status, "intact", "trace", words[i]);
        cr_assert_eq(status, 0);
        cr_assert_eq(strncmp(out, "intact trace [OPTIONS] -o FILE -- RUN OPTIONS", 45), 0);
        cr_assert_not_null(strstr(out, "-format latency"));
    }
}

Test(cli, trace_refuses_what_it_cannot_write, .init = cr_redirect_stderr)
{
    int status;
    OUTPUT(&status, "intact", "trace");
    OUTPUT(&status, "intact", "trace", "-format", "text");
    OUTPUT(&status, "intact", "trace", "-formt", "text");
    OUTPUT(&status, "intact", "trace", "--format", "texd", "--", "-m", "64M");
    OUTPUT(&status, "intact", "trace", "-o");
    OUTPUT(&status, "intact", "trace", "--", "-m", "64M");
    OUTPUT(&status, "intact", "trace", "a", "b");
    OUTPUT(&status, "intact", "trace", "a", "--", "-m", "64M");
    OUTPUT(&status, "intact", "trace", "/nowhere/a");
    OUTPUT(&status, "intact", "trace", "-cpu", "0", "-replay", "/nowhere/a", "-o", "b");
    OUTPUT(&status, "intact", "trace", "-cpu", "max", "a");
    cr_assert_eq(status, 1);
    fflush(stderr);
    cr_assert_stderr_eq_str(
        "intact: trace: of what? -- RUN OPTIONS, -replay JOURNAL, or the file of a trace\n"
        "intact: trace: of what? -- RUN OPTIONS, -replay JOURNAL, or the file of a trace\n"
        "intact: trace: unknown option '-formt'; the nearest is '-format'\n"
        "intact: trace: no format 'texd'; the nearest is 'text'\n"
        "intact: trace: -o: needs a value\n"
        "intact: trace: -o FILE says where the trace is written; standard output is the guest's\n"
        "intact: trace: one trace is read, not 'b' as well\n"
        "intact: trace: either of the trace 'a' or of a run, not both\n"
        "intact: trace: cannot read '/nowhere/a': No such file or directory\n"
        "intact: trace: -o FILE says where the trace is written; standard output is the guest's\n"
        "intact: trace: cpu: 'max' is no number from 0 to 4294967294; hexadecimal begins with 0x\n");
}

Test(cli, an_error_is_one_line_on_standard_error_and_status_1, .init = cr_redirect_stderr)
{
    int status;
    const char *out = OUTPUT(&status, "intact-system-x86_64", "-kernel", "/nonexistent/vmlinuz");
    cr_assert_eq(status, 1);
    cr_assert_str_empty(out);
    fflush(stderr);
    cr_assert_stderr_eq_str(
        "intact: -kernel: could not open kernel '/nonexistent/vmlinuz': No such file or directory\n");
}

Test(cli, the_programs_name_chooses_the_machine, .init = cr_redirect_stderr)
{
    int status;
    OUTPUT(&status, "intact-system-aarch64", "-cpu", "qemu64");
    cr_assert_eq(status, 1);
    fflush(stderr);
    cr_assert_stderr_eq_str("intact: -cpu: 'qemu64' is a model of -machine pc; -cpu help lists those of virt\n");
}

Test(cli, options_without_a_verb_mean_run)
{
    int status;
    const char *out = OUTPUT(&status, "/usr/bin/intact", "-version");
    cr_assert_eq(status, 0);
    cr_assert_eq(strncmp(out, "intact ", 7), 0);
}

Test(cli, the_demo_tells_five_interrupts_and_ends_well)
{
    int status;
    char first[sizeof text];
    strcpy(first, OUTPUT(&status, "intact", "demo"));
    cr_assert_eq(status, 0);
    static const char *const titles[] = { "PIT tick through the 8259\n", "PIT tick through the IOAPIC\n",
                                          "LAPIC timer\n", "IPI to processor 1 and back\n", "MSI from the HPET\n" };
    for (unsigned i = 0; i < 5; i++)
        cr_assert_not_null(strstr(first, titles[i]), "%s", titles[i]);
    unsigned taken = 0, ended = 0, lines = 0;
    for (const char *at = first; (at = strstr(at, "8 taken")); at++)
        taken++;
    for (const char *at = first; (at = strstr(at, "9 EOI")); at++)
        ended++;
    for (const char *at = first; *at; at++)
        lines += *at == '\n';
    cr_assert_eq(taken, 6); // the IPI is answered
    cr_assert_eq(ended, 6);
    cr_assert_lt(lines, 60);
    cr_assert_null(strchr(first, '\033'), "no colours in a file");
    cr_assert_str_eq(first, OUTPUT(&status, "intact", "demo"));
}

static enum key takes(struct keys *keys, uint8_t typed, uint8_t *byte)
{
    *byte = typed;
    return keys_take(keys, byte);
}

Test(cli, the_escape_key_quits_switches_and_can_be_sent)
{
    struct keys keys = { .escapes = true, .has_monitor = true };
    uint8_t byte;
    cr_assert_eq(takes(&keys, 'x', &byte), KEY_BYTE);
    cr_assert_eq(byte, 'x');
    cr_assert_eq(takes(&keys, 1, &byte), KEY_NOTHING);
    cr_assert_eq(takes(&keys, 'x', &byte), KEY_QUIT);
    cr_assert_eq(takes(&keys, 'x', &byte), KEY_BYTE);
    for (unsigned i = 0; i < 2; i++) {
        cr_assert_eq(takes(&keys, 1, &byte), KEY_NOTHING);
        cr_assert_eq(takes(&keys, i ? 'a' : 1, &byte), KEY_BYTE);
        cr_assert_eq(byte, 1);
    }
    cr_assert_eq(takes(&keys, 1, &byte), KEY_NOTHING);
    cr_assert_eq(takes(&keys, 'c', &byte), KEY_SWITCH);
    cr_assert_eq(takes(&keys, 1, &byte), KEY_NOTHING);
    cr_assert_eq(takes(&keys, 'z', &byte), KEY_NOTHING);
    keys.has_monitor = false;
    cr_assert_eq(takes(&keys, 1, &byte), KEY_NOTHING);
    cr_assert_eq(takes(&keys, 'c', &byte), KEY_NOTHING);
    keys.escapes = false;
    cr_assert_eq(takes(&keys, 1, &byte), KEY_BYTE);
}
