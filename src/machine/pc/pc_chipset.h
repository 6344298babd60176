// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// What differs between the PCs: the host bridge, the south bridge with its disks, and where they put memory and PCI.
//
//     pc_south.c   pc: an 82441FX, a PIIX3 with IDE, the power management of a PIIX4
//     q35_south.c  q35: the MCH of a Q35, an ICH9 with AHCI
#ifndef MACHINE_PC_PC_CHIPSET_H
#define MACHINE_PC_PC_CHIPSET_H

#include <stdbool.h>
#include <stdint.h>

#include "base/visit.h"

struct machine_description;
struct pc_acpi_places;
struct pc;

struct pc_chipset {
    unsigned pam_register; // of the host bridge
    uint64_t ecam;         // where configuration space is when a system starts
    uint64_t pci_memory;   // the begin of the 32-bit BARs
    // How much of the RAM is below 4 GiB.
    uint64_t (*ram_below_4g)(uint64_t memory);
    // Construction, in this order. A negative errno with a line in board.error.
    int (*make)(struct pc *pc);
    int (*wire)(struct pc *pc); // PCI's pins, and the lines of disks
    int (*map)(struct pc *pc);  // windows that do not move
    void (*describe)(const struct pc *pc, struct machine_description *machine);
    // Where the firmware has put what the ACPI tables name.
    void (*places)(const struct pc *pc, struct pc_acpi_places *places);
    void (*reset)(struct pc *pc, uint64_t now);
    // The first: what a firmware would have written into it, before it gives addresses to BARs.
    void (*start)(struct pc *pc);
    void (*visit)(struct pc *pc, struct visit *v);
    void (*loaded)(struct pc *pc);
    void (*destroy)(struct pc *pc);
};

extern const struct pc_chipset pc_chipset_i440fx, pc_chipset_q35;

#endif
