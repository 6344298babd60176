// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// See checkpoint.h. RAM goes first: what is derived from the fields may depend on it.
#include "machine/replay/checkpoint.h"

#include <errno.h>
#include <stdlib.h>

// The fields of groups come and go with them.
static int hash_schema(struct board *board, uint64_t *hash)
{
    struct visit_schema schema;
    visit_schema_init(&schema);
    board_visit_chips(board, &schema.visit);
    *hash = schema.hash;
    free(schema.text);
    return schema.failed ? -ENOMEM : 0;
}

int checkpoint_take(struct replay *replay, struct checkpoint *checkpoint)
{
    struct visit_save save;
    uint64_t schema = 0;
    int result = replay_want_history(replay);
    if (result == 0)
        result = hash_schema(replay->board, &schema);
    if (result < 0)
        return result;
    replay_gather(replay);
    visit_save_init(&save);
    board_visit_chips(replay->board, &save.visit);
    struct ram_moment *ram = NULL;
    if (save.failed || ram_history_take(&replay->history, &ram) < 0) {
        free(save.data);
        return -ENOMEM;
    }
    *checkpoint = (struct checkpoint){
        .ram = ram,
        .fields = save.data,
        .size = save.size,
        .schema = schema,
        .instructions = replay->board->loop.instructions,
        .calls = replay->board->manager->calls,
    };
    return 0;
}

int checkpoint_restore(struct replay *replay, const struct checkpoint *checkpoint)
{
    struct visit_load load;
    uint64_t schema;
    if (hash_schema(replay->board, &schema) < 0)
        return -ENOMEM;
    if (!replay->has_history || schema != checkpoint->schema)
        return -EINVAL;
    replay_gather(replay);
    ram_history_restore(&replay->history, checkpoint->ram, replay_page_changed, replay);
    visit_load_init(&load, checkpoint->fields, checkpoint->size);
    board_visit_chips(replay->board, &load.visit);
    board_chips_loaded(replay->board);
    replay->board->manager->calls = checkpoint->calls;
    return load.failed ? -EINVAL : 0;
}

void checkpoint_free(struct replay *replay, struct checkpoint *checkpoint)
{
    ram_history_release(&replay->history, checkpoint->ram);
    free(checkpoint->fields);
    *checkpoint = (struct checkpoint){ .ram = NULL };
}
