// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The programmable attribute map of the 82441FX: for each part of C0000h-FFFFFh, whether RAM or the bus behind the bridge
// answers reads, and which of them gets writes. A firmware copies itself from its ROM into the RAM below it ("shadow").
//
// Spec: Intel 82441FX (PMC) data sheet, 290549, 3.2.18, PAM[0:6].
//
//     59h  PAM0  bits 5:4  F0000-FFFFF
//     5Ah  PAM1  bits 1:0  C0000-C3FFF    bits 5:4  C4000-C7FFF
//     ...        the same way, 16 KiB each, up to
//     5Fh  PAM6  bits 1:0  E8000-EBFFF    bits 5:4  EC000-EFFFF
//     of each: bit 0 RE, reads are for RAM; bit 1 WE, writes are
#ifndef DEVICES_PCI_PAM_H
#define DEVICES_PCI_PAM_H

#include <stdint.h>

#include "base/bus.h"
#include "devices/pci/pci.h"

enum {
    PAM_REGISTER = 0x59, // PAM0 in the configuration space of an 82441FX
    PAM_REGISTERS = 7,
    PAM_PARTS = 13,
    PAM_BASE = 0xc0000,
    PAM_ROM = 0xe0000, // from here on the ROM answers what RAM does not
    PAM_END = 0x100000,
};

struct pam;

struct pam_part {
    struct region region;
    struct pam *pam;
    uint8_t *ram;
    uint8_t *rom; // NULL: nothing answers there
    uint8_t attributes;
};

struct pam {
    struct pci_function *bridge;
    unsigned first; // PAM0
    // What else follows the bridge's registers.
    void (*written)(void *owner, unsigned offset, unsigned size, uint64_t now);
    void *owner;
    struct bus *memory;
    struct pam_part parts[PAM_PARTS];
};

// `first`: where PAM0 is; the other registers follow. `ram`: host memory of PAM_BASE and up; `rom`: of PAM_ROM and up. Puts all parts on the bus, with the registers 0. 0, or what
// bus_add says.
int pam_init(struct pam *pam, struct pci_function *bridge, unsigned first, struct bus *memory, uint8_t *ram,
             uint8_t *rom);
// The registers are 0: no RAM.
void pam_reset(struct pam *pam);
// After a load: the map follows the registers, which are a part of the bridge.
void pam_loaded(struct pam *pam);

#endif
