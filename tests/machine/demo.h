// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// A machine with the demo's guest: two processors, five interrupts, and then it ends.
#ifndef TESTS_MACHINE_DEMO_H
#define TESTS_MACHINE_DEMO_H

#include <criterion/criterion.h>
#include <intact/machine.h>

#include "guests/embedded.h"

static inline void demo_config(struct intact_machine_config *config, enum intact_machine_type type)
{
    intact_machine_config_init(config);
    config->type = type;
    config->cpus = 2;
    config->memory = UINT64_C(64) << 20;
    config->kernel = "demo";
    config->kernel_data = type == INTACT_PC ? demo_x86_64 : demo_aarch64;
    config->kernel_size = type == INTACT_PC ? demo_x86_64_size : demo_aarch64_size;
    config->reboot = false;
    if (type == INTACT_PC) {
        config->debug_exit_port = 0xf4;
        config->debug_exit_size = 4;
        config->testdev = true;
    }
}

static inline struct intact_machine *demo_make(const struct intact_machine_config *config)
{
    struct intact_machine *machine;
    char why[INTACT_ERROR_SIZE];
    cr_assert_eq(intact_machine_create(config, &machine, why), 0, "%s", why);
    return machine;
}

#endif
