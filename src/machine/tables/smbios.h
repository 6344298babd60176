// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// SMBIOS tables (DMTF DSP0134 3.7): who made the machine, its processors and its memory, for people and for drivers that look
// for a machine by name. What they say comes from the configuration, and is the same on both machines.
//
//     type  0 firmware    1 system           2 board           3 chassis   4 processor   11 strings
//          16 memory     17 parts of it     19 where it is    32 boot status            127 end
#ifndef MACHINE_TABLES_SMBIOS_H
#define MACHINE_TABLES_SMBIOS_H

#include <stddef.h>
#include <stdint.h>

#include <intact/machine.h>

#include "base/error.h"

#define SMBIOS_ENTRY_21_SIZE 31
#define SMBIOS_ENTRY_30_SIZE 24
#define SMBIOS_RANGES        2

struct smbios_range {
    uint64_t base, size; // size 0: none
};

struct smbios_description {
    const char *product; // the name of the machine
    const uint8_t *uuid; // as in the configuration, or NULL
    unsigned cpus;
    struct smbios_range ram[SMBIOS_RANGES];
    bool firmware; // describe the firmware too, which otherwise adds type 0 itself
    // Properties, and files' contents in `data`.
    const struct intact_smbios_config *settings;
    unsigned count;
};

// What an entry point says of the structures.
struct smbios_sizes {
    size_t bytes, largest;
    unsigned count;
};

// Writes the structures to `out`. 0 and `*sizes`; -EINVAL with a line in `error` for a property or a file that is wrong, -ENOSPC
// when `capacity` is too small.
int smbios_build(const struct smbios_description *machine, uint8_t *out, size_t capacity, struct smbios_sizes *sizes,
                 struct error *error);

// The entry points of both versions for structures at `address`.
void smbios_entry_21(const struct smbios_sizes *sizes, uint32_t address, uint8_t *out);
void smbios_entry_30(const struct smbios_sizes *sizes, uint64_t address, uint8_t *out);

#endif
