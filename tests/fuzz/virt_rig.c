// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// A virt machine for the fuzzers: its kernel is a WFI.
#include "virt_rig.h"

static const uint32_t kernel[] = { 0xd503207f }; // wfi

struct intact_machine_config virt_rig_config(unsigned cpus, unsigned gic, bool its)
{
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
    return config;
}

struct rig virt_rig(unsigned cpus, unsigned gic, bool its)
{
    struct intact_machine_config config = virt_rig_config(cpus, gic, its);
    return rig_make(&virt_type, &config);
}
