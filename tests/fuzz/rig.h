// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// A whole machine of either family for the fuzzers: created without a file, with one list of all its state.
#ifndef TESTS_FUZZ_RIG_H
#define TESTS_FUZZ_RIG_H

#include <stdio.h>

#include "machine/board/board.h"

#define RIG_RAM (UINT64_C(4) << 20)

struct rig {
    struct board *machine; // struct pc or struct virt
    unsigned cpus;
    // Of its board.
    struct clock *clock;
    struct loop *loop;
    struct bus *memory;
    struct trace *trace;
    struct intact_irq_manager *manager;
    uint8_t *ram; // RIG_RAM bytes
    FILE *kept;   // RAM as it was at rig_keep_ram; NULL: not kept
    void *host;   // what its devices have behind them, freed with it; NULL: nothing
};

// Aborts on failure.
struct rig rig_make(const struct board_type *type, const struct intact_machine_config *config);
void rig_free(struct rig *rig);
void rig_reset(struct rig *rig);

// A snapshot of all but RAM. `save` is zeroed before the first use; its memory is used again by the next one.
// rig_differs names the first field of the machine that is not as saved, or gives NULL.
void rig_save(const struct rig *rig, struct visit_save *save);
void rig_load(const struct rig *rig, const struct visit_save *save);
const char *rig_differs(const struct rig *rig, const struct visit_save *save);
// Empties `save`, which is as in rig_save, for a list of part of the machine.
void rig_save_begin(struct visit_save *save);

// RAM goes back to what it was at rig_keep_ram: pages that nobody wrote to cost nothing.
void rig_keep_ram(struct rig *rig);
void rig_restore_ram(const struct rig *rig);
// Makes the RAM of `rig` that of `from`. rig_same_ram: is it?
void rig_copy_ram(const struct rig *rig, const struct rig *from);
bool rig_same_ram(const struct rig *rig, const struct rig *from);

#endif
