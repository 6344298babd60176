// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The journal of `intact record`, `intact replay` and -icount rr=...: what the command does with it around a run.
#ifndef CLI_JOURNAL_H
#define CLI_JOURNAL_H

#include <intact/replay.h>

#include "cli/settings.h"

// Keeps the options as a journal records them: -machine first if the command's name says which, without those about the
// journal itself. -1: too many.
int journal_keep_options(struct settings *settings, enum intact_machine_type type, int argc, char *const *argv);

// Before the machine is made: a replay opens its journal, compares the options, and prepares the configuration. -1:
// settings->why.
int journal_prepare(struct settings *settings, struct intact_journal **journal);
// When it was made. -1: settings->why.
int journal_start(struct settings *settings, struct intact_journal *journal, struct intact_machine *machine);
// When it has ended: says what there is to say on standard error. Returns the exit status.
int journal_finish(struct settings *settings, struct intact_machine *machine, const struct intact_exit *end);

// Verbs that are a run with a little more: argv has options of `intact run`, behind a -- or not. They act, and return an exit status.
int journal_run(struct settings *settings, int argc, char *const *argv);
// The same with the options of the journal `file` in front.
int journal_replay(struct settings *settings, const char *file, int argc, char *const *argv);

#endif
