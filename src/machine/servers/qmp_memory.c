// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Commands of QMP that write guest memory to a file of the host: memsave, pmemsave.
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "machine/debug_memory.h"
#include "machine/machine.h"
#include "machine/servers/qmp_machine.h"

struct range {
    bool physical;
    unsigned cpu;
    uint64_t address, size;
};

static bool copy(struct qmp *qmp, const struct range *range, FILE *file)
{
    uint8_t bytes[4096];
    for (uint64_t done = 0; done < range->size;) {
        size_t piece = range->size - done < sizeof bytes ? (size_t)(range->size - done) : sizeof bytes;
        if (!debug_memory_read(machine_board(qmp_server(qmp)->machine), range->cpu, range->physical,
                               range->address + done, bytes, piece)) {
            qmp_fail(qmp, "there is not memory everywhere in the %zu bytes at 0x%" PRIx64, piece,
                     range->address + done);
            return false;
        }
        if (fwrite(bytes, 1, piece, file) != piece)
            return false;
        done += piece;
    }
    return true;
}

static json_t *save(struct qmp *qmp, json_t *arguments, struct range *range)
{
    const char *name = json_string_value(json_object_get(arguments, "filename"));
    json_int_t size = json_integer_value(json_object_get(arguments, "size"));
    range->address = (uint64_t)json_integer_value(json_object_get(arguments, "val"));
    range->size = (uint64_t)size;
    if (size < 0)
        return qmp_fail(qmp, "size is a number of bytes, and not below 0");
    FILE *file = fopen(name, "wb");
    if (!file)
        return qmp_fail(qmp, "cannot write '%.200s': %s", name, strerror(errno));
    bool copied = copy(qmp, range, file);
    bool written = fclose(file) == 0 && copied;
    if (!written && !qmp->error)
        qmp_fail(qmp, "cannot write '%.200s': %s", name, strerror(errno));
    return written ? json_object() : NULL;
}

json_t *qmp_memsave(struct qmp *qmp, json_t *arguments)
{
    json_int_t cpu = json_integer_value(json_object_get(arguments, "cpu-index"));
    unsigned cpus = machine_board(qmp_server(qmp)->machine)->loop.count;
    if (cpu < 0 || cpu >= (json_int_t)cpus)
        return qmp_fail(qmp, "cpu-index: the machine has CPUs 0 to %u", cpus - 1);
    return save(qmp, arguments, &(struct range){ .cpu = (unsigned)cpu });
}

json_t *qmp_pmemsave(struct qmp *qmp, json_t *arguments)
{
    return save(qmp, arguments, &(struct range){ .physical = true });
}
