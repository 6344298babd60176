// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// See pam.h.
//
//     RE WE     reads      writes
//      0  0     ROM        dropped
//      0  1     ROM        RAM
//      1  0     RAM        dropped
//      1  1     RAM        RAM
//
// Nothing is behind the bridge from C0000h to DFFFFh: ones.
//
// Not modelled: bits 2 and 6 (caching), which are 0.
#include "devices/pci/pam.h"

#include <string.h>

#include "base/bits.h"

enum { RE = 1, WE = 2, SMALL = 0x4000, LAST = 0xf0000 };

static uint64_t read_nothing(void *owner, uint64_t offset, unsigned size, uint64_t now)
{
    (void)owner, (void)offset, (void)now;
    return bits_low(8 * size);
}

// The part is ROM for readers.
static void write_below(void *owner, uint64_t offset, unsigned size, uint64_t value, uint64_t now)
{
    struct pam_part *part = owner;
    (void)now;
    if (part->attributes != WE)
        return;
    bytes_put(part->ram + offset, size, value);
    bus_ram_written(part->pam->memory, part->ram + offset, size);
}

static uint8_t attributes(const struct pam *pam, unsigned index)
{
    unsigned place = index == PAM_PARTS - 1 ? 1 : index + 2; // in half bytes from PAM0
    return pam->bridge->config[pam->first + place / 2] >> (4 * (place % 2)) & (RE | WE);
}

static void follow(struct pam *pam)
{
    for (unsigned i = 0; i < PAM_PARTS; i++) {
        struct pam_part *part = &pam->parts[i];
        uint8_t chosen = attributes(pam, i);
        if (part->attributes == chosen)
            continue;
        part->attributes = chosen;
        part->region.readonly = part->attributes != (RE | WE);
        bus_set_ram(pam->memory, &part->region, NULL); // so that it tells of a change of `readonly` alone
        bus_set_ram(pam->memory, &part->region, part->attributes & RE ? part->ram : part->rom);
    }
}

static void written(void *owner, unsigned offset, unsigned size, uint64_t now)
{
    struct pam *pam = owner;
    if (offset < pam->first + PAM_REGISTERS && offset + size > pam->first)
        follow(pam);
    if (pam->written)
        pam->written(pam->owner, offset, size, now);
}

static int add_part(struct pam *pam, unsigned index, uint8_t *ram, uint8_t *rom)
{
    bool last = index == PAM_PARTS - 1;
    uint64_t base = last ? LAST : PAM_BASE + SMALL * index;
    struct pam_part *part = &pam->parts[index];
    *part = (struct pam_part){
        .pam = pam,
        .ram = ram + (base - PAM_BASE),
        .rom = base < PAM_ROM ? NULL : rom + (base - PAM_ROM),
    };
    part->region = (struct region){ .base = base,
                                    .size = last ? PAM_END - LAST : SMALL,
                                    .name = "shadow RAM",
                                    .readonly = true,
                                    .ram = part->rom,
                                    .widest = 8,
                                    .read = read_nothing,
                                    .write = write_below,
                                    .owner = part };
    return bus_add(pam->memory, &part->region);
}

int pam_init(struct pam *pam, struct pci_function *bridge, unsigned first, struct bus *memory, uint8_t *ram,
             uint8_t *rom)
{
    int result = 0;
    *pam = (struct pam){
        .bridge = bridge, .first = first, .written = bridge->written, .owner = bridge->owner, .memory = memory
    };
    pci_function_allow(bridge, first, 1, 0x30);
    for (unsigned i = 1; i < PAM_REGISTERS; i++)
        pci_function_allow(bridge, first + i, 1, 0x33);
    bridge->written = written;
    bridge->owner = pam;
    for (unsigned i = 0; i < PAM_PARTS && result == 0; i++)
        result = add_part(pam, i, ram, rom);
    return result;
}

void pam_reset(struct pam *pam)
{
    memset(pam->bridge->config + pam->first, 0, PAM_REGISTERS);
    follow(pam);
}

void pam_loaded(struct pam *pam)
{
    follow(pam);
}
