// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// See ahci.h. AHCI 1.3.1: 3.1 (generic host control), 10.4.3 (HBA reset), 10.6 (interrupts).
//
//     PxIS & PxIE ──> a bit of IS ──┐
//                     GHC.IE ───────┴──> INTx: a level;  MSI: a message when it rises, when another bit comes, and when the
//                                                        driver has cleared bits and others are left
//
// Not modelled: command completion coalescing (CAP.CCCS is 0), port multipliers, hot plug, enclosures, staggered spin-up, power
// management of links, the IDE mode of the ICH9 (CAP.SAM is 1), TRIM.
#include "devices/storage/ahci.h"

#include "base/bits.h"

#define CAP_64 BIT32(31)
enum { VERSION = 0x10301, CAP_NCQ = 1 << 30, CAP_CLO = 1 << 24, CAP_GEN2 = 2 << 20, CAP_SAM = 1 << 18 };
enum { CAP_PMD = 1 << 15, IMPLEMENTED = (1 << AHCI_PORTS) - 1 };

// --- The interrupt ---------------------------------------------------------------------------------------------------

// `again`: the driver has written IS, and a message is due for what is left.
static void update(struct ahci *ahci, bool again)
{
    uint32_t before = ahci->IS;
    for (unsigned i = 0; i < AHCI_PORTS; i++)
        if (ahci_port_interrupts(&ahci->ports[i]) & ahci->ports[i].IE)
            ahci->IS |= BIT32(i);
    bool level = ahci->IS && ahci->GHC & AHCI_GHC_IE, rises = level && !ahci->pci.irq.level;
    pci_irq_set_level(&ahci->pci, level);
    if (rises || (level && (again || ahci->IS & ~before)))
        pci_irq_trigger(&ahci->pci, 0);
}

// --- Registers -------------------------------------------------------------------------------------------------------

static uint32_t read_register(const struct ahci *ahci, unsigned offset)
{
    unsigned port = (offset - AHCI_FIRST_PORT) / AHCI_PORT;
    if (offset >= AHCI_FIRST_PORT)
        return port < AHCI_PORTS ? ahci_port_read(&ahci->ports[port], offset % AHCI_PORT) : 0;
    switch (offset) {
    case AHCI_CAP:
        return CAP_64 | CAP_NCQ | CAP_CLO | CAP_GEN2 | CAP_SAM | CAP_PMD | (AHCI_SLOTS - 1) << 8 | (AHCI_PORTS - 1);
    case AHCI_GHC: return ahci->GHC;
    case AHCI_IS: return ahci->IS;
    case AHCI_PI: return IMPLEMENTED;
    case AHCI_VS: return VERSION;
    default: return 0;
    }
}

static void reset_registers(struct ahci *ahci)
{
    ahci->GHC = AHCI_GHC_AE;
    ahci->IS = 0;
    for (unsigned i = 0; i < AHCI_PORTS; i++)
        ahci_port_reset(&ahci->ports[i]);
}

static void write_register(struct ahci *ahci, unsigned offset, uint32_t value, uint32_t mask)
{
    unsigned port = (offset - AHCI_FIRST_PORT) / AHCI_PORT;
    if (offset >= AHCI_FIRST_PORT && port < AHCI_PORTS)
        ahci_port_write(&ahci->ports[port], offset % AHCI_PORT, value, mask);
    else if (offset == AHCI_GHC && value & mask & AHCI_GHC_HR)
        reset_registers(ahci);
    else if (offset == AHCI_GHC)
        ahci->GHC = (uint32_t)bits_merge(ahci->GHC, value, mask & AHCI_GHC_IE);
    else if (offset == AHCI_IS)
        ahci->IS &= ~(value & mask);
    update(ahci, offset == AHCI_IS);
}

uint64_t ahci_read(void *owner, uint64_t offset, unsigned size, uint64_t now)
{
    uint64_t value = 0;
    (void)now;
    for (unsigned i = 0; i < size; i++) {
        unsigned at = (unsigned)(offset + i) % AHCI_MEMORY;
        value |= (uint64_t)(read_register(owner, at & ~3u) >> (8 * (at % 4)) & 0xff) << (8 * i);
    }
    return value;
}

// A write is one for each register that it touches.
void ahci_write(void *owner, uint64_t offset, unsigned size, uint64_t value, uint64_t now)
{
    (void)now;
    for (unsigned done = 0, part; done < size; done += part) {
        unsigned at = (unsigned)(offset + done) % AHCI_MEMORY, within = at % 4;
        part = 4 - within < size - done ? 4 - within : size - done;
        write_register(owner, at & ~3u, (uint32_t)(value >> (8 * done)) << (8 * within),
                       (uint32_t)bits_low(8 * part) << (8 * within));
    }
}

// ICH9, 15.3: offset 10h has the address of a register, 14h is that register.
enum { INDEX = 0x10, DATA = 0x14 };

uint64_t ahci_index_read(void *owner, uint64_t offset, unsigned size, uint64_t now)
{
    const struct ahci *ahci = owner;
    if (offset == INDEX)
        return ahci->index & bits_low(8 * size);
    return offset == DATA ? ahci_read(owner, ahci->index, size, now) : 0;
}

void ahci_index_write(void *owner, uint64_t offset, unsigned size, uint64_t value, uint64_t now)
{
    struct ahci *ahci = owner;
    if (offset == INDEX)
        ahci->index = (uint32_t)value & (AHCI_MEMORY - 4);
    else if (offset == DATA)
        ahci_write(owner, ahci->index, size, value, now);
}

// --- Life ------------------------------------------------------------------------------------------------------------

void ahci_reset(struct ahci *ahci, uint64_t now)
{
    ahci->index = 0;
    for (unsigned i = 0; i < AHCI_PORTS; i++)
        ahci->ports[i].CLB = ahci->ports[i].FB = 0;
    reset_registers(ahci);
    pci_function_reset(&ahci->pci, now);
}

static void visit_port(struct ahci_port *port, struct visit *v)
{
    if (ahci_port_has_disk(port))
        VISIT_NESTED(v, "disk", ata_visit(&port->disk, v));
    VISIT(v, port->CLB);
    VISIT(v, port->FB);
    VISIT(v, port->IS);
    VISIT(v, port->IE);
    VISIT(v, port->CMD);
    VISIT(v, port->TFD);
    VISIT(v, port->SIG);
    VISIT(v, port->SSTS);
    VISIT(v, port->SCTL);
    VISIT(v, port->SERR);
    VISIT(v, port->SACT);
    VISIT(v, port->CI);
    VISIT_BELOW(v, port->slot, AHCI_SLOTS + 1);
    VISIT(v, port->halted);
    VISIT(v, port->resets);
    VISIT(v, port->waits);
    VISIT_ARRAY(v, port->mistakes);
}

void ahci_visit(struct ahci *ahci, struct visit *v)
{
    VISIT_NESTED(v, "pci", pci_function_visit(&ahci->pci, v));
    VISIT(v, ahci->GHC);
    VISIT(v, ahci->IS);
    VISIT_VALID(v, ahci->index, ahci->index % 4 == 0 && ahci->index < AHCI_MEMORY);
    for (unsigned i = 0; i < AHCI_PORTS; i++) {
        visit_enter_numbered(v, "port", i);
        visit_port(&ahci->ports[i], v);
        visit_leave(v);
    }
}
