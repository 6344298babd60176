// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Names of host code in a file that Linux's perf reads (its jit-interface.txt): START SIZE NAME, both numbers hexadecimal.
//
// Not modelled: perf's jitdump, with the code itself and the time at which it was there: where the memory for code was emptied
// during the run, older names of the same addresses are wrong. gdb's interface for generated code: it shows addresses, which
// -d out_asm explains.
#define _DARWIN_C_SOURCE // O_NOFOLLOW, which macOS hides from POSIX; other systems need nothing
#include "machine/perf_map.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "machine/machine.h"
#include "vcpu/code_watch.h"

struct perf_map {
    struct host_code_observer observer;
    int file;
};

// One write for each line, so that lines of several machines do not mix. A disk that is full is no reason to stop.
static void add(const struct perf_map *map, const uint8_t *code, size_t size, const char *name)
{
    char line[80];
    int length = snprintf(line, sizeof line, "%" PRIxPTR " %zx %s\n", (uintptr_t)code, size, name);
    ssize_t written = write(map->file, line, (size_t)length);
    (void)written;
}

static void compiled(void *owner, uint64_t address, const struct block *block, const struct host_code *code)
{
    const struct perf_map *map = owner;
    char name[40];
    snprintf(name, sizeof name, "guest-0x%" PRIx64, address);
    if (block) {
        add(map, code->code, code->size, name);
        return;
    }
    for (unsigned i = 0; i < code->count; i++) {
        size_t at = code->pieces[i].at, end = i + 1 < code->count ? code->pieces[i + 1].at : code->size;
        snprintf(name, sizeof name, "intact-jit-%s", code->pieces[i].what);
        add(map, code->code + at, end - at, name);
    }
}

int perf_map_begin(struct intact_machine *machine)
{
    char path[40];
    if (!machine_board(machine)->jit)
        return 0;
    struct perf_map *map = calloc(1, sizeof *map);
    if (!map)
        return -ENOMEM;
    snprintf(path, sizeof path, "/tmp/perf-%ld.map", (long)getpid());
    map->file = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0644);
    if (map->file < 0) {
        int result = -errno;
        free(map);
        return result;
    }
    map->observer = (struct host_code_observer){ .compiled = compiled, .owner = map };
    machine->perf_map = map;
    code_observe_host(machine, &map->observer);
    return 0;
}

void perf_map_free(struct intact_machine *machine)
{
    if (!machine->perf_map)
        return;
    close(machine->perf_map->file);
    free(machine->perf_map);
}
