// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// See mch.h.
//
//     60h  PCIEXBAR  bits 35:26 address, 2:1 its length (256, 128, 64 MiB), 0 enable
//
// Not modelled: SMRAM and the registers of other windows (EPBAR, MCHBAR, DMIBAR), which read as 0; TOLUD, REMAPBASE: RAM is where the
// machine has put it.
#include "devices/pci/mch.h"

#include <string.h>

#include "base/bits.h"

enum { INTEL = 0x8086, LENGTH_LIMIT = 3 };
#define ADDRESS  UINT64_C(0xffc000000)
#define WRITABLE UINT64_C(0xffc000007)

static uint64_t size_of(uint64_t PCIEXBAR)
{
    return PCI_ECAM_SIZE >> bits_get(PCIEXBAR, 2, 1);
}

static uint64_t place_of(uint64_t PCIEXBAR)
{
    bool valid = PCIEXBAR & MCH_PCIEXBAR_ENABLE && bits_get(PCIEXBAR, 2, 1) < LENGTH_LIMIT;
    return valid ? PCIEXBAR & ADDRESS & ~(size_of(PCIEXBAR) - 1) : 0;
}

static void follow(struct mch *mch, bool counts)
{
    struct pci_function *bridge = &mch->host->bridge;
    uint64_t value = bytes_get(bridge->config + MCH_PCIEXBAR, 8);
    bool moved = moving_to(&mch->ecam, place_of(value), size_of(value));
    bridge->mistakes[PCI_OVERLAP] += !moved && counts;
}

static void written(void *owner, unsigned offset, unsigned size, uint64_t now)
{
    (void)now;
    if (offset < MCH_PCIEXBAR + 8 && offset + size > MCH_PCIEXBAR)
        follow(owner, true);
}

void mch_init(struct mch *mch, struct pci_host *host, struct bus *memory, struct reset_port *reset_port)
{
    memset(mch, 0, sizeof *mch);
    mch->host = host;
    pci_host_init_as(host, reset_port, INTEL, 0x29c0, 0);
    mch->ecam.bus = memory;
    mch->ecam.region =
        (struct region){ .name = "ECAM", .widest = 4, .read = pci_ecam_read, .write = pci_ecam_write, .owner = host };
    pci_function_allow(&host->bridge, MCH_PCIEXBAR, 4, (uint32_t)WRITABLE);
    pci_function_allow(&host->bridge, MCH_PCIEXBAR + 4, 4, (uint32_t)(WRITABLE >> 32));
    host->bridge.written = written;
    host->bridge.owner = mch;
}

void mch_reset(struct mch *mch)
{
    memset(mch->host->bridge.config + MCH_PCIEXBAR, 0, 8);
    follow(mch, true);
}

void mch_loaded(struct mch *mch)
{
    follow(mch, false);
}
