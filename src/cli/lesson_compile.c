// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// A learner's guest becomes a program: the host's clang or gcc compiles it, and a linker for ELF files links it with the guests'
// library. See lesson.h.
//
// share/intact/guests has the library's headers, and for each family, in a folder of its name, what the build made:
//
//     library.o   all of the library, with what starts a guest
//     guest.lds   the linker script
//     flags       for every compiler, a word on each line; flags.clang and flags.gcc for one of them; flags.link for the linker
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli/lesson.h"

enum { WORDS = 64, WORD = 256 };

#if defined(__linux__) && defined(__x86_64__)
#define OWN_FAMILY 0
#elif defined(__linux__) && defined(__aarch64__)
#define OWN_FAMILY 1
#else
#define OWN_FAMILY -1
#endif

static const struct family {
    const char *name;
    const char *const *cross_compilers, *const *cross_linkers;
} families[] = {
    { "x86_64", (const char *const[]){ "x86_64-linux-gnu-gcc", NULL },
      (const char *const[]){ "x86_64-linux-gnu-ld", NULL } },
    { "aarch64", (const char *const[]){ "aarch64-linux-gnu-gcc", NULL },
      (const char *const[]){ "aarch64-linux-gnu-ld", NULL } },
};

// --- Programs of the host ----------------------------------------------------------------------------------------------

static bool is_there(const char *name)
{
    char path[LESSON_PATH];
    return lesson_find_program(name, path);
}

static const char *first_of(const char *const *names)
{
    while (*names && !is_there(*names))
        names++;
    return *names;
}

// The host's own tools can be used where it is of the guest's family.
static const char *find_program(const char *const *any, const char *const *cross, const char *own, bool arm)
{
    const char *found = first_of(any);
    if (!found)
        found = first_of(cross);
    if (!found && OWN_FAMILY == (int)arm && is_there(own))
        found = own;
    return found;
}

static const char *find_compiler(bool arm)
{
    static const char *const clangs[] = { "clang",
                                          "clang-20",
                                          "clang-19",
                                          "clang-18",
                                          "clang-17",
                                          "clang-16",
                                          "clang-15",
                                          "clang-14",
                                          "/opt/homebrew/opt/llvm/bin/clang",
                                          "/usr/local/opt/llvm/bin/clang",
                                          NULL };
    return find_program(clangs, families[arm].cross_compilers, "gcc", arm);
}

static const char *find_linker(bool arm)
{
    static const char *const linkers[] = { "ld.lld",
                                           "ld.lld-20",
                                           "ld.lld-19",
                                           "ld.lld-18",
                                           "ld.lld-17",
                                           "ld.lld-16",
                                           "ld.lld-15",
                                           "ld.lld-14",
                                           "/opt/homebrew/opt/lld/bin/ld.lld",
                                           "/opt/homebrew/opt/llvm/bin/ld.lld",
                                           "/usr/local/opt/lld/bin/ld.lld",
                                           "/usr/local/opt/llvm/bin/ld.lld",
                                           NULL };
    return find_program(linkers, families[arm].cross_linkers, "ld", arm);
}

// --- A command -------------------------------------------------------------------------------------------------------

struct command {
    char word[WORDS][WORD + LESSON_PATH];
    int count;
};

static void add(struct command *command, const char *word)
{
    if (command->count < WORDS)
        snprintf(command->word[command->count++], sizeof command->word[0], "%s", word);
}

// The words of a file, a word on each line. No such file: none.
static void add_file(struct command *command, const char *folder, const char *name)
{
    char path[LESSON_PATH], line[WORD];
    lesson_path(path, folder, name);
    FILE *file = fopen(path, "r");
    while (file && fgets(line, sizeof line, file)) {
        line[strcspn(line, "\r\n")] = 0;
        if (*line)
            add(command, line);
    }
    if (file)
        fclose(file);
}

static int execute(const struct command *command, const char *what, char *why)
{
    const char *words[WORDS + 1] = { 0 };
    int status = -1;
    for (int i = 0; i < command->count; i++)
        words[i] = command->word[i];
    fflush(NULL);
    pid_t child = fork();
    if (child == 0) {
        dup2(STDERR_FILENO, STDOUT_FILENO);
        execvp(command->word[0], (char *const *)(uintptr_t)words);
        _exit(127);
    }
    if (child < 0 || waitpid(child, &status, 0) < 0) {
        snprintf(why, INTACT_ERROR_SIZE, "lesson: cannot run '%.200s': %s", command->word[0], strerror(errno));
        return -1;
    }
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
        return 0;
    snprintf(why, INTACT_ERROR_SIZE, "lesson: '%.200s' does not %s; its messages are above", command->word[0], what);
    return -1;
}

// --- Compiling and linking ---------------------------------------------------------------------------------------------

static int compile(const char *compiler, const char *folder, const char *headers, const char *source,
                   const char *object, char *why)
{
    static struct command command; // large
    char include[LESSON_PATH + 8];
    command.count = 0;
    add(&command, compiler);
    add_file(&command, folder, "flags");
    add_file(&command, folder, strstr(compiler, "clang") ? "flags.clang" : "flags.gcc");
    snprintf(include, sizeof include, "-I%s", headers);
    add(&command, include);
    add(&command, "-c");
    add(&command, source);
    add(&command, "-o");
    add(&command, object);
    return execute(&command, "compile it", why);
}

static int link_objects(const char *linker, const char *folder, const char *object, const char *out, char *why)
{
    static struct command command;
    char path[LESSON_PATH];
    command.count = 0;
    add(&command, linker);
    add_file(&command, folder, "flags.link");
    add(&command, "-T");
    lesson_path(path, folder, "guest.lds");
    add(&command, path);
    add(&command, "-o");
    add(&command, out);
    add(&command, object);
    lesson_path(path, folder, "library.o");
    add(&command, path);
    return execute(&command, "link it", why);
}

static int refuse(char *why, const char *what, const char *names)
{
    snprintf(why, INTACT_ERROR_SIZE, "lesson: there is no %s to build guests with: install %s", what, names);
    return -1;
}

int lesson_compile(bool arm, const char *source, const char *out, const char *compiler, char *why)
{
    char share[LESSON_PATH], headers[LESSON_PATH], folder[LESSON_PATH], object[LESSON_PATH + 8];
    const char *linker = find_linker(arm);
    if (access(source, R_OK) < 0) {
        snprintf(why, INTACT_ERROR_SIZE, "lesson: cannot read the guest '%.300s': %s", source, strerror(errno));
        return -1;
    }
    if (!compiler && !(compiler = find_compiler(arm)))
        return refuse(why, "compiler", "clang, or name one with --cc PROGRAM");
    if (!is_there(compiler)) {
        snprintf(why, INTACT_ERROR_SIZE, "lesson: --cc: there is no program '%.200s'", compiler);
        return -1;
    }
    if (!linker)
        return refuse(why, "linker", "lld (the program ld.lld)");
    if (!lesson_share(share))
        return refuse(why, "library", "intact with its folder share/intact");
    lesson_path(headers, share, "guests");
    lesson_path(folder, headers, families[arm].name);
    snprintf(object, sizeof object, "%s.o", out);
    int status = compile(compiler, folder, headers, source, object, why);
    if (status == 0)
        status = link_objects(linker, folder, object, out, why);
    unlink(object);
    return status;
}
