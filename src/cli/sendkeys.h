// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// -sendkeys FILE: keys that are pressed at instructions of the run.
//
//     # count of instructions, keys of the monitor's sendkey, and how many ms of virtual time each waits for the next
//     120M ctrl-alt-delete
//     2500000000 "root\n" 20
//     +1500ms f12             virtual time after the line before
#ifndef CLI_SENDKEYS_H
#define CLI_SENDKEYS_H

#include "cli/settings.h"

struct intact_machine;

// Before the run. -1 with a line in settings->why.
int sendkeys_begin(struct settings *settings, struct intact_machine *machine);
void sendkeys_free(struct key_script *script);

#endif
