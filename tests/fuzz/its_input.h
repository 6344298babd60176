// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Input for an ITS: commands, tables and queues that are mostly valid: sizes without sense, numbers out of range,
// tables outside RAM, over devices, or over the queue.
//
// Where things are in a machine of RIG_RAM, above VIRT_RAM:
//
//     100000h devices (64 KiB)   120000h collections   130000h pages of level 2   160000h LPI properties
//     180000h pending LPIs, 64 KiB for each CPU        200000h queue, up to 1 MiB   300000h ITTs, 4 KiB apart
#ifndef TESTS_FUZZ_ITS_INPUT_H
#define TESTS_FUZZ_ITS_INPUT_H

#include "fuzz.h"
#include "virt_rig.h"

#define ITS_IN_DEVICES     (VIRT_RAM + 0x100000)
#define ITS_IN_COLLECTIONS (VIRT_RAM + 0x120000)
#define ITS_IN_LEVEL_2     (VIRT_RAM + 0x130000)
#define ITS_IN_PROPERTIES  (VIRT_RAM + 0x160000)
#define ITS_IN_PENDING     (VIRT_RAM + 0x180000)
#define ITS_IN_QUEUE       (VIRT_RAM + 0x200000)
#define ITS_IN_ITTS        (VIRT_RAM + 0x300000)

struct its_input_command {
    uint64_t word[4];
};

// Registers, tables and queue as a kernel would have them; LPIs on. `pages`: of the queue, 1 to 256.
void its_input_begin(struct fuzz *fuzz, const struct rig *rig, unsigned pages);
// Some command; most of them are right.
struct its_input_command its_input_any(struct fuzz *fuzz);
// Appends a command, and with `go` writes GITS_CWRITER.
void its_input_put(const struct rig *rig, const struct its_input_command *command, bool go);
// A register of the ITS gets a value that could do harm.
void its_input_register(struct fuzz *fuzz, const struct rig *rig);
// So do some words of a table or of the queue.
void its_input_damage(struct fuzz *fuzz, const struct rig *rig);

#endif
