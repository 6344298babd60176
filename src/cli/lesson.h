// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Lessons: a folder with a text, a guest, the same with a mistake, and what the trace of each must show. lessons/README.md says how
// to write one.
//
//     lesson_place.c     where lessons are
//     lesson_find.c      which there are, and their titles
//     lesson_expect.c    the files `expect` and `why`; lesson_words.c their lines
//     lesson_run.c       runs a guest; lesson_match.c compares its events with `expect`
//     lesson_tell.c      the result as text; lesson_json.c as JSON
//     lesson_compile.c   a learner's guest becomes a program, by the host's compiler
//     lesson_folder.c    start, check, new: folders of learners and teachers
//     lesson.c           the verb
#ifndef CLI_LESSON_H
#define CLI_LESSON_H

#include <stdbool.h>
#include <stdint.h>

#include <intact/machine.h>
#include <intact/why.h>

#include "cli/lesson_expect.h"
#include "cli/lesson_match.h"

#define LESSON_PATH 4096
#define LESSON_SAYS 16  // lines of an answer of intact why that are kept
#define LESSON_LINE 512 // bytes of one
#define LESSON_LIST 100

struct lesson {
    char folder[LESSON_PATH];
    unsigned number; // of the folder's name; 0: it has none
    char name[64];   // of the folder, behind the number
    char title[96];  // the heading of lesson.md
    char gist[1024]; // its first paragraph
    struct expect expect;
    bool has_why; // there is a file `why`
};

// --- lesson_place.c --------------------------------------------------------------------------------------------------

// The folder share/intact of this program: beside it in a build, where it is installed, or where it was to be installed. False:
// it is nowhere.
bool lesson_share(char *out);
// The program of this name, as a shell finds it: its path.
bool lesson_find_program(const char *name, char *out);
// The program itself, as a path that works from any folder; the name that it was called by, if it is on PATH.
void lesson_program(char *out);

// --- lesson_find.c ---------------------------------------------------------------------------------------------------

// "FOLDER/NAME", of LESSON_PATH bytes; "" if it is longer.
void lesson_path(char *out, const char *folder, const char *name);

// The folders of lessons below `folder`, by number: their names. How many there are; -1 with a line in `why`.
int lesson_names(const char *folder, char (*names)[64], char *why);
// Reads lesson.md, `expect`, and `why` where there is one. 0; -1 with a line in `why`. lesson_free in both cases.
int lesson_read(struct lesson *lesson, const char *folder, char *why);
// The same of the lesson `which`, a number or a name, below `folder`.
int lesson_read_one(struct lesson *lesson, const char *folder, const char *which, char *why);
void lesson_free(struct lesson *lesson);

// --- lesson_run.c ----------------------------------------------------------------------------------------------------

struct lesson_result {
    struct match match;
    enum expect_end end;
    struct intact_exit exit;
    bool passed;
    char *output; // of the guest's console
    size_t output_size;
    char says[LESSON_SAYS][LESSON_LINE]; // the answer of intact why, where it did not pass
    unsigned says_count;
};

// Runs the guest `kernel`. With `trace` its events are written to standard output as text. 0; -1 with a line in `why`.
// lesson_result_free in both cases.
int lesson_run(const struct lesson *lesson, const char *kernel, bool trace, struct lesson_result *result, char *why);
void lesson_result_free(struct lesson_result *result);
// The settings of the run: 0; -1 with a line in settings->why. settings_init comes before, settings_free after it in both cases.
struct settings;
int lesson_configure(struct settings *settings, const struct lesson *lesson, const char *kernel);

// lesson_watch.c: shows it on the terminal, or in a window, under the user's keys, or those of `keys` (cli/watch.h). An exit status; or -1 with a
// line in `why`.
int lesson_watch(const struct lesson *lesson, const char *kernel, const char *keys, bool window, char *why);

// A finding of intact why as a line of LESSON_LINE bytes: "gate   IRQ 5 is masked: ... (the manual)".
void lesson_finding(const struct intact_why_finding *finding, char *line);

// What is wrong with the broken guest's result by the file `why`: 0 if nothing is, else -1 with a line in `why`.
int lesson_check_broken(const struct lesson *lesson, const struct lesson_result *result, char *why);

// The options of intact run for this lesson, as they are typed; without -kernel.
void lesson_options(const struct lesson *lesson, char *out, size_t size);

// --- lesson_tell.c, lesson_json.c ------------------------------------------------------------------------------------

// `variant` is "given", "broken", "repaired", or "yours".
void lesson_tell(const struct lesson *lesson, const char *variant, const struct lesson_result *result);
// One JSON object, which is the caller's to free; NULL: the host has no memory left, or a text of the lesson is not UTF-8.
// Why there is no result, as a JSON object; likewise.
char *lesson_json_error(const char *why);
char *lesson_json(const struct lesson *lesson, const char *variant, const struct lesson_result *result);

// --- lesson_compile.c ------------------------------------------------------------------------------------------------

// Compiles `source` for the lesson's machine and links it with the guests' library to `out`. `compiler` NULL: clang, or gcc. The
// compiler's messages go to standard error. 0; -1 with a line in `why`.
int lesson_compile(bool arm, const char *source, const char *out, const char *compiler, char *why);

// --- lesson_folder.c -------------------------------------------------------------------------------------------------

// 0; -1 with a line in `why`.
int lesson_start(const struct lesson *lesson, const char *folder, char *why);
int lesson_new(const char *folder, const char *name, const char *machine, char *why);

#endif
