// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// A server for gdb whose machine has a history: the snapshot of its beginning, from which it runs forward again. For
// gdb_test.py, which lets gdb go back in it.
//
//     gdb_back pc|virt KERNEL WHERE
#include <intact/debug.h>
#include <intact/snapshot.h>
#include <stdio.h>
#include <string.h>

#include "machine/board/board.h"
#include "machine/machine.h"

static struct intact_machine *machine;
static struct intact_snapshot *beginning;
static char why[INTACT_ERROR_SIZE];

static bool go_to(void *owner, uint64_t instructions)
{
    (void)owner;
    if (intact_machine_restore(machine, beginning, why) < 0)
        return false;
    return instructions == 0 || intact_machine_run_for(machine, instructions).reason == INTACT_PAUSED;
}

static struct intact_exit serve(const char *where)
{
    static const struct history history = { .go_to = go_to };
    struct intact_exit end = { .reason = INTACT_FAILED, .status = 1 };
    struct intact_gdb *gdb;
    if (intact_machine_snapshot(machine, &beginning, why) < 0)
        return end;
    machine_board(machine)->history = &history;
    if (intact_gdb_open(machine, where, &gdb, why) == 0) {
        end = intact_gdb_run(gdb, true);
        intact_gdb_close(gdb);
    }
    intact_machine_snapshot_free(machine, beginning);
    return end;
}

int main(int argc, char **argv)
{
    struct intact_machine_config config;
    intact_machine_config_init(&config);
    if (argc != 4)
        return 1;
    if (strcmp(argv[1], "virt") == 0) {
        config.type = INTACT_VIRT;
    } else {
        config.debug_exit_port = 0xf4;
        config.debug_exit_size = 4;
    }
    config.cpus = 4;
    config.memory = UINT64_C(64) << 20;
    config.kernel = argv[2];
    config.reboot = false;
    int result = intact_machine_create(&config, &machine, why);
    struct intact_exit end = { .status = 1 };
    if (result == 0) {
        end = serve(argv[3]);
        intact_machine_destroy(machine);
    }
    fprintf(stderr, "%sintact: exit %d after %llu instructions\n", why, end.status,
            (unsigned long long)end.instructions);
    return end.status;
}
