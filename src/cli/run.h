// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The command's verbs. Each gets the arguments after its name and returns an exit status.
#ifndef CLI_RUN_H
#define CLI_RUN_H

#include <stdbool.h>

#define STATUS_USAGE 1
#define STATUS_LINT  74 // -lint error: something was found

int cli_run(int argc, char *const *argv);      // intact run OPTIONS
int cli_run_virt(int argc, char *const *argv); // the same, with -machine virt unless they say otherwise
int cli_record(int argc, char *const *argv);   // intact record FILE OPTIONS
int cli_replay(int argc, char *const *argv);   // intact replay FILE
int cli_why(int argc, char *const *argv);
int cli_digest(int argc, char *const *argv);     // intact digest OPTIONS
int cli_trace(int argc, char *const *argv);      // intact trace ...
int cli_watch(int argc, char *const *argv);      // intact watch
int cli_demo(int argc, char *const *argv);       // intact demo
int cli_lesson(int argc, char *const *argv);     // intact lesson ...
int cli_help(int argc, char *const *argv);       // intact help
int cli_manual(int argc, char *const *argv);     // intact manual: the man page, in scdoc's language
int cli_completion(int argc, char *const *argv); // intact completion SHELL

// All of the command: chooses the verb by the program's name and the first argument.
int cli_main(int argc, char *const *argv);

// What parsed options ask for: a run, or a list. Returns the exit status.
struct settings;
int cli_act(struct settings *settings);

// The name that the command was called by.
extern const char *cli_program;

// Is `word` one of -help, --help, -h, help and their like?
bool cli_asks_help(const char *word);

// One line to standard error, and STATUS_USAGE.
int cli_fail(const char *why);

#endif
