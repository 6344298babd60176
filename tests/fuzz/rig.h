// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// A whole machine of either family for the fuzzers: created without a file, with one list of all its state.
#ifndef TESTS_FUZZ_RIG_H
#define TESTS_FUZZ_RIG_H

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
    void *host;   // what its devices have behind them, freed with it; NULL: nothing
};

// Aborts on failure.
struct rig rig_make(const struct board_type *type, const struct intact_machine_config *config);
void rig_free(struct rig *rig);
void rig_reset(struct rig *rig);

// A snapshot of all but RAM in memory, to be freed by its `data`. rig_differs names the first field of the machine that
// is not as saved, or gives NULL.
struct visit_save rig_save(const struct rig *rig);
void rig_load(const struct rig *rig, const struct visit_save *save);
const char *rig_differs(const struct rig *rig, const struct visit_save *save);

#endif
