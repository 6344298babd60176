// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
#include "pc_rig.h"

#include <stdlib.h>

#include "fuzz.h"
#include "machine/bytes.h"
#include "vcpu/x86_64/sysreg.h"

enum { KERNEL_BYTES = 4096, KERNEL_ADDRESS = 0x100000, KERNEL_ENTRY = 0x40, HLT = 0xf4 };

// Multiboot 1 with the addresses in its header, so that no ELF is needed.
static const uint8_t *kernel(void)
{
    static uint8_t file[KERNEL_BYTES];
    put32(file, 0x1badb002);
    put32(file + 4, 0x10000);
    put32(file + 8, 0u - 0x1badb002u - 0x10000u);
    put32(file + 12, KERNEL_ADDRESS);
    put32(file + 16, KERNEL_ADDRESS);
    put32(file + 20, KERNEL_ADDRESS + KERNEL_BYTES);
    put32(file + 24, KERNEL_ADDRESS + KERNEL_BYTES);
    put32(file + 28, KERNEL_ADDRESS + KERNEL_ENTRY);
    file[KERNEL_ENTRY] = HLT;
    return file;
}

struct pc *pc_rig_new(unsigned cpus)
{
    struct pc *pc = calloc(1, sizeof *pc);
    struct intact_machine_config config;
    intact_machine_config_init(&config);
    config.cpus = cpus;
    config.memory = PC_RIG_RAM;
    config.kernel = "fuzz";
    config.kernel_data = kernel();
    config.kernel_size = KERNEL_BYTES;
    config.testdev = true;
    config.debugcon_port = DEBUGCON_PORT;
    config.debug_exit_port = 0xf4;
    config.debug_exit_size = 4;
    if (!pc || pc_create(pc, &config) < 0)
        fuzz_fail("cannot make a PC: %s", pc ? pc->error.text : "no memory");
    return pc;
}

void pc_rig_free(struct pc *pc)
{
    pc_destroy(pc);
    free(pc);
}

struct visit_save pc_rig_save(struct pc *pc)
{
    struct visit_save save;
    visit_save_init(&save);
    pc_visit_chips(pc, &save.visit);
    if (save.failed)
        fuzz_fail("no memory for a snapshot");
    return save;
}

void pc_rig_load(struct pc *pc, const struct visit_save *save)
{
    struct visit_load load;
    visit_load_init(&load, save->data, save->size);
    pc_visit_chips(pc, &load.visit);
    pc_loaded(pc);
    if (load.failed || load.position != load.size)
        fuzz_fail("a snapshot does not fit the machine: %zu of %zu bytes used", load.position, load.size);
}

const char *pc_rig_differs(struct pc *pc, const struct visit_save *save)
{
    static struct visit_differ differ;
    visit_differ_init(&differ, save->data, save->size);
    pc_visit_chips(pc, &differ.visit);
    return differ.differs ? differ.path : NULL;
}
