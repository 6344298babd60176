// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// A machine's state in a file:
//
//     "intactSS" | format | length | check || text: "version 0.1.0" and a line "file -drive HASH SIZE" of each drive
//     length (8 bytes) | stored length (8) || zstd frame with a checksum: bytes of RAM (8) | the state (base/state.h)
//     RAM (machine/replay/ram_file.h)
//
// The state's schema is in the state, so that a file of another version is loaded, or refused by the name of the first field
// that is not the same.
#ifndef MACHINE_REPLAY_STATE_FILE_H
#define MACHINE_REPLAY_STATE_FILE_H

#include "machine/board/board.h"

// A negative errno with a line in `error`. See <intact/snapshot.h>.
int state_file_save(struct board *board, const char *path, struct error *error);
int state_file_load(struct board *board, const char *path, struct error *error);

#endif
