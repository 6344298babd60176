// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
#include "virt_rig.h"

#include <stdlib.h>

#include "fuzz.h"

static const uint32_t kernel[] = { 0xd503207f }; // wfi

static void visit(void *machine, struct visit *v)
{
    board_visit_chips(machine, v);
}

static void loaded(void *machine)
{
    board_loaded(machine);
}

static int reset(void *machine)
{
    return board_reset(machine);
}

static void destroy(void *machine)
{
    board_destroy(machine);
}

static struct virt *make(unsigned cpus, unsigned gic, bool its)
{
    struct virt *virt = calloc(1, sizeof *virt);
    struct intact_machine_config config;
    intact_machine_config_init(&config);
    config.type = INTACT_VIRT;
    config.cpus = cpus;
    config.gic_version = gic;
    config.its = its;
    config.memory = RIG_RAM;
    config.kernel = "fuzz";
    config.kernel_data = kernel;
    config.kernel_size = sizeof kernel;
    if (!virt || board_create(&virt->board, &virt_type, &config) < 0)
        fuzz_fail("cannot make a virt machine: %s", virt ? virt->board.error.text : "no memory");
    return virt;
}

struct rig virt_rig(unsigned cpus, unsigned gic, bool its)
{
    struct virt *virt = make(cpus, gic, its);
    return (struct rig){
        .machine = virt,
        .cpus = cpus,
        .clock = &virt->board.clock,
        .loop = &virt->board.loop,
        .memory = &virt->board.memory,
        .trace = &virt->board.trace,
        .manager = virt->board.manager,
        .error = &virt->board.error,
        .ram = virt->board.ram,
        .visit = visit,
        .loaded = loaded,
        .reset = reset,
        .destroy = destroy,
    };
}
