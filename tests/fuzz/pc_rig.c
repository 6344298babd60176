// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// A PC for the fuzzers: its kernel is a HLT in a multiboot file.
#include "pc_rig.h"

#include "machine/tables/bytes.h"
#include "vcpu/x86_64/system/sysreg.h"

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

struct intact_machine_config pc_rig_config(unsigned cpus)
{
    struct intact_machine_config config;
    intact_machine_config_init(&config);
    config.cpus = cpus;
    config.memory = RIG_RAM;
    config.kernel = "fuzz";
    config.kernel_data = kernel();
    config.kernel_size = KERNEL_BYTES;
    config.testdev = true;
    config.debugcon_port = DEBUGCON_PORT;
    config.debug_exit_port = 0xf4;
    config.debug_exit_size = 4;
    return config;
}

struct rig pc_rig(unsigned cpus)
{
    struct intact_machine_config config = pc_rig_config(cpus);
    return rig_make(&pc_type, &config);
}
