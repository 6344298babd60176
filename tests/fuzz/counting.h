// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// A small machine of either family for the fuzzers of debuggers: its guest counts in memory and uses the stack, or starts a
// second processor.
#ifndef TESTS_FUZZ_COUNTING_H
#define TESTS_FUZZ_COUNTING_H

#include <intact/machine.h>

#include "fuzz.h"
#include "machine/arm64_code.h"
#include "machine/x86_code.h"

// It runs for at most `limit` instructions: a processor that never runs is never stepped.
static inline struct intact_machine *counting_machine(enum intact_machine_type type, uint64_t limit)
{
    static struct code code;
    struct intact_machine_config config;
    struct intact_machine *made;
    char why[INTACT_ERROR_SIZE];
    code_begin(&code);
    CODE(&code, 0xbf, 0, 0, 0x20, 0, 0xff, 0x07, 0xff, 0x77, 0x04, 0x58, 0xeb, 0xf8);
    intact_machine_config_init(&config);
    config.type = type;
    config.cpus = 2;
    config.memory = UINT64_C(8) << 20;
    config.limit = limit;
    config.kernel = "code";
    config.kernel_data = type == INTACT_VIRT ? (const void *)code_smp : code.bytes;
    config.kernel_size = type == INTACT_VIRT ? sizeof code_smp : sizeof code.bytes;
    if (intact_machine_create(&config, &made, why) < 0)
        fuzz_fail("%s", why);
    return made;
}

#endif
