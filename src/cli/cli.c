// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The command: chooses the verb. `intact-system-ARCH` is another name of `intact run`, and so is `qemu-system-ARCH` where a link has
// it, with the devices that QEMU's machines have by default.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/run.h"
#include "cli/text.h"

static const struct verb {
    const char *name;
    int (*act)(int argc, char *const *argv);
} verbs[] = {
    { "run", cli_run },       { "record", cli_record }, { "replay", cli_replay },
    { "digest", cli_digest }, { "why", cli_why },       { "trace", cli_trace },
    { "demo", cli_demo },     { "lesson", cli_lesson }, { "completion", cli_completion },
    { "help", cli_help },     { "manual", cli_manual }, { "watch", cli_watch },
};

enum { VERBS = sizeof verbs / sizeof verbs[0] };

bool cli_asks_help(const char *word)
{
    static const char *const words[] = { "help", "-help", "--help", "-h", "-?" };
    for (unsigned i = 0; i < sizeof words / sizeof words[0]; i++)
        if (strcmp(word, words[i]) == 0)
            return true;
    return false;
}

static int unknown_verb(const char *word)
{
    const char *words[VERBS + 1] = { 0 };
    char why[160];
    for (unsigned i = 0; i < VERBS; i++)
        words[i] = verbs[i].name;
    const char *nearest = text_nearest(word, words);
    if (nearest)
        snprintf(why, sizeof why, "no command '%.80s'; the nearest is '%s' (intact help lists all)", word, nearest);
    else
        snprintf(why, sizeof why, "no command '%.80s'; intact help lists all", word);
    return cli_fail(why);
}

const char *cli_program = "intact";

static int run_like_qemu(const char *family, int argc, char *const *argv)
{
    bool arm = strcmp(family, "aarch64") == 0;
    char why[160];
    snprintf(why, sizeof why, "there are no machines of %.80s here; only of x86_64, i386 and aarch64", family);
    if (!arm && strcmp(family, "x86_64") != 0 && strcmp(family, "i386") != 0)
        return cli_fail(why);
    char **words = calloc((size_t)argc + 2, sizeof *words);
    if (!words)
        return cli_fail("the host has no memory left");
    words[0] = "-default-devices";
    memcpy(words + 1, argv, (size_t)argc * sizeof *words);
    int status = arm ? cli_run_virt(argc + 1, words) : cli_run(argc + 1, words);
    free(words);
    return status;
}

// `intact -kernel ...` means `intact run -kernel ...`.
int cli_main(int argc, char *const *argv)
{
    const char *slash = argc ? strrchr(argv[0], '/') : NULL, *name = slash ? slash + 1 : argc ? argv[0] : "intact";
    cli_program = argc ? argv[0] : cli_program;
    if (strncmp(name, "qemu-system-", 12) == 0)
        return run_like_qemu(name + 12, argc - 1, argv + 1);
    if (strcmp(name, "intact-system-aarch64") == 0)
        return cli_run_virt(argc - 1, argv + 1);
    if (strncmp(name, "intact-system-", 14) == 0)
        return cli_run(argc - 1, argv + 1);
    if (argc < 2) {
        cli_help(0, NULL);
        return STATUS_USAGE;
    }
    if (argv[1][0] == '-')
        return cli_run(argc - 1, argv + 1);
    for (unsigned i = 0; i < VERBS; i++)
        if (strcmp(argv[1], verbs[i].name) == 0)
            return verbs[i].act(argc - 2, argv + 2);
    return unknown_verb(argv[1]);
}
