// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// See checkpoint.h. RAM and storage go first: what is derived from the fields may depend on them.
#include "machine/replay/checkpoint.h"

#include <errno.h>
#include <stdlib.h>

#include "base/storage.h"

static void pass_storage(struct visit *v, struct storage *storage)
{
    (void)v, (void)storage; // replay->storages
}

// The fields of groups come and go with them.
static int hash_schema(struct board *board, uint64_t *hash)
{
    struct visit_schema schema;
    visit_schema_init(&schema);
    schema.visit.storage = pass_storage;
    board_visit_chips(board, &schema.visit);
    *hash = schema.hash;
    free(schema.text);
    return schema.failed ? -ENOMEM : 0;
}

// --- Flash and overlays ------------------------------------------------------------------------------------------------

// Their contents may have moved.
static struct ram_history *history_of(struct replay_storage *kept)
{
    kept->history.ram = kept->storage->bytes;
    return &kept->history;
}

static void release_storages(struct replay *replay, struct ram_moment **moments, unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        ram_history_release(&replay->storages[i].history, moments[i]);
    free(moments);
}

static struct ram_moment **take_storages(struct replay *replay)
{
    struct ram_moment **moments = calloc(replay->storage_count + 1, sizeof(struct ram_moment *));
    for (unsigned i = 0; moments && i < replay->storage_count; i++) {
        if (ram_history_take(history_of(&replay->storages[i]), &moments[i]) == 0)
            continue;
        release_storages(replay, moments, i);
        return NULL;
    }
    return moments;
}

static void page_changed(void *owner, uint64_t page)
{
    (void)owner, (void)page; // what is derived from it is made again when the fields are loaded
}

static void restore_storages(struct replay *replay, struct ram_moment *const *moments)
{
    for (unsigned i = 0; i < replay->storage_count; i++)
        ram_history_restore(history_of(&replay->storages[i]), moments[i], page_changed, NULL);
}

// --- The whole -----------------------------------------------------------------------------------------------------------

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
    save.visit.storage = pass_storage;
    board_visit_chips(replay->board, &save.visit);
    struct ram_moment *ram = NULL, **storages = save.failed ? NULL : take_storages(replay);
    if (!storages || ram_history_take(&replay->history, &ram) < 0) {
        release_storages(replay, storages, storages ? replay->storage_count : 0);
        free(save.data);
        return -ENOMEM;
    }
    *checkpoint = (struct checkpoint){
        .ram = ram,
        .storages = storages,
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
    restore_storages(replay, checkpoint->storages);
    visit_load_init(&load, checkpoint->fields, checkpoint->size);
    load.visit.storage = pass_storage;
    board_visit_chips(replay->board, &load.visit);
    board_chips_loaded(replay->board);
    replay->board->manager->calls = checkpoint->calls;
    return load.failed ? -EINVAL : 0;
}

void checkpoint_free(struct replay *replay, struct checkpoint *checkpoint)
{
    ram_history_release(&replay->history, checkpoint->ram);
    release_storages(replay, checkpoint->storages, checkpoint->storages ? replay->storage_count : 0);
    free(checkpoint->fields);
    *checkpoint = (struct checkpoint){ .ram = NULL };
}
