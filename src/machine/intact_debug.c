// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Breakpoints, watchpoints and single steps of <intact/debug.h>.
#include <intact/debug.h>

#include <assert.h>
#include <errno.h>

#include "machine/board/board.h"
#include "machine/machine.h"

static bool is_point(enum intact_stop kind, uint64_t size)
{
    if (kind == INTACT_STOP_EXECUTE)
        return size == 0;
    return (kind == INTACT_STOP_WRITE || kind == INTACT_STOP_READ || kind == INTACT_STOP_ACCESS) && size &&
           size <= PAGE_SIZE;
}

int intact_break_add(struct intact_machine *machine, enum intact_stop kind, uint64_t address, uint64_t size)
{
    struct loop *loop = &machine_board(machine)->loop;
    if (!is_point(kind, size))
        return -EINVAL;
    return loop->current ? -EBUSY : stops_add(loop, (enum stop_kind)kind, address, size);
}

int intact_break_remove(struct intact_machine *machine, enum intact_stop kind, uint64_t address, uint64_t size)
{
    struct loop *loop = &machine_board(machine)->loop;
    return loop->current ? -EBUSY : stops_remove(loop, (enum stop_kind)kind, address, size);
}

struct intact_exit intact_machine_step(struct intact_machine *machine, unsigned cpu)
{
    struct loop *loop = &machine_board(machine)->loop;
    assert(cpu < loop->count);
    loop_step(loop, loop->vcpus[cpu], 1);
    struct intact_exit end = intact_machine_run(machine);
    loop_step(loop, NULL, 0);
    return end;
}

void intact_machine_interrupt(struct intact_machine *machine)
{
    outside_interrupt(&machine_board(machine)->outside);
}
