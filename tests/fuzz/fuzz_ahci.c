// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// An AHCI controller with two disks, a CD drive and RAM: any access to its registers and its configuration space, lists, tables and
// FISes with any contents and anywhere, a host that fails.
//
// What must hold after every step:
//   - IS has the bit of each port with an enabled interrupt, and the level is that of IS while GHC.IE is set;
//   - the commands of a port are done, or it is stopped, halted, busy or empty;
//   - what is behind the last sector stays as it was;
//   - loading what was just saved changes nothing.
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/bits.h"
#include "devices/storage/ahci.h"
#include "fuzz.h"
#include "groups/manager.h"

const char *const fuzz_name = "fuzz_ahci";

#define BASE UINT64_C(0xfe000000)
enum { STEPS = 200, RAM_SIZE = 0x80000, SECTORS = 300, GUARD = 512, INDEX = 0xc000, DISKS = 3 };
enum { LISTS = 0x1000, LIST = 0x800, TABLES = 0x10000, TABLE = 0x400, DATA = 0x20000 };

static struct rig {
    struct pci_host host;
    struct bus memory, ports;
    struct region ram;
    uint8_t bytes[RAM_SIZE];
    struct intact_irq_manager *manager;
    bool line;
    struct ahci ahci;
    struct intact_block blocks[DISKS];
    uint8_t disks[DISKS][SECTORS * INTACT_BLOCK_SECTOR + GUARD];
    bool fails;
} rig;

static void need(bool good, const char *what)
{
    if (!good)
        fuzz_fail("%s", what);
}

// --- The bench -------------------------------------------------------------------------------------------------------

static void check_range(uint64_t offset, size_t size)
{
    need(size % INTACT_BLOCK_SECTOR == 0 && offset + size <= SECTORS * INTACT_BLOCK_SECTOR, "a range of the disk");
}

static int read_disk(void *owner, uint64_t offset, void *data, size_t size)
{
    check_range(offset, size);
    memcpy(data, (uint8_t *)owner + offset, size);
    return rig.fails ? -EIO : 0;
}

static int write_disk(void *owner, uint64_t offset, const void *data, size_t size)
{
    check_range(offset, size);
    memcpy((uint8_t *)owner + offset, data, size);
    return rig.fails ? -EIO : 0;
}

static int flush_disk(void *owner)
{
    (void)owner;
    return rig.fails ? -EIO : 0;
}

static void pin(void *owner, uint32_t chip, uint32_t number, bool level)
{
    (void)owner, (void)chip, (void)number;
    rig.line = level;
}

static bool message(void *owner, uint64_t address, uint32_t data, uint32_t device)
{
    (void)owner, (void)address, (void)device;
    return !(data & 1); // odd data has no receiver
}

static void set_register(struct fuzz *fuzz, unsigned offset, unsigned size, uint64_t value)
{
    fuzz_tell(fuzz, "register %x.%u = %llx", offset, size, (unsigned long long)value);
    bus_write(&rig.memory, BASE + offset, size, value, 0);
}

static unsigned of_port(unsigned port, unsigned offset)
{
    return AHCI_FIRST_PORT + port * AHCI_PORT + offset;
}

static void start(struct fuzz *fuzz, unsigned port)
{
    set_register(fuzz, of_port(port, AHCI_PxCLB), 8, LISTS + LIST * port);
    set_register(fuzz, of_port(port, AHCI_PxFB), 8, LISTS + LIST * port + 0x400);
    set_register(fuzz, of_port(port, AHCI_PxIE), 4, fuzz_chance(fuzz, 2) ? UINT32_MAX : fuzz_value(fuzz));
    set_register(fuzz, of_port(port, AHCI_PxCMD), 4, AHCI_CMD_FRE | (fuzz_chance(fuzz, 2) ? AHCI_CMD_CLO : 0));
    set_register(fuzz, of_port(port, AHCI_PxCMD), 4, AHCI_CMD_FRE | AHCI_CMD_ST);
}

static void configure(unsigned offset, unsigned size, uint32_t value)
{
    pci_bus_write(&rig.host.bus, rig.ahci.pci.devfn, offset, size, value, 0);
}

static void place(void)
{
    configure(PCI_BAR0 + 4 * AHCI_MEMORY_BAR, 4, (uint32_t)BASE);
    configure(PCI_BAR0 + 4 * AHCI_INDEX_BAR, 4, INDEX);
    configure(PCI_COMMAND, 2, PCI_COMMAND_IO | PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER);
    bus_write(&rig.memory, BASE + AHCI_GHC, 4, AHCI_GHC_IE, 0);
}

static void make(struct fuzz *fuzz)
{
    static const struct intact_irq_output output = { sizeof output, pin, message, NULL, NULL };
    memset(&rig, 0, sizeof rig);
    bus_init(&rig.memory);
    bus_init(&rig.ports);
    rig.ram = (struct region){ .base = 0, .size = RAM_SIZE, .name = "RAM", .ram = rig.bytes };
    bus_add(&rig.memory, &rig.ram);
    need(intact_irq_manager_create(&output, &rig.manager) == 0, "a manager");
    intact_irq_manager_add_chip(rig.manager, 0, 1);
    intact_irq_manager_route(rig.manager, 0, 0, 0);
    pci_host_init_ecam(&rig.host);
    pci_bus_connect(&rig.host.bus,
                    &(struct pci_bus_config){ .memory = &rig.memory, .ports = &rig.ports, .interrupts = rig.manager });
    need(ahci_init(&rig.ahci, &rig.host.bus, PCI_DEVFN(4, 0)) == 0, "a controller");
    for (unsigned i = 0; i < DISKS; i++) {
        rig.blocks[i] = (struct intact_block){
            SECTORS * INTACT_BLOCK_SECTOR, fuzz_chance(fuzz, 8), read_disk, write_disk, flush_disk, NULL, rig.disks[i]
        };
        ata_init_serial(&rig.ahci.ports[i].disk, &rig.blocks[i], "FUZZ", i == 2);
    }
    ahci_reset(&rig.ahci, 0);
    place();
    for (unsigned i = 0; i < DISKS; i++)
        start(fuzz, i);
}

// --- Steps -----------------------------------------------------------------------------------------------------------

static uint8_t *table_of(unsigned port, unsigned slot)
{
    return rig.bytes + TABLES + (port * 4 + slot) * TABLE;
}

static void fill_descriptors(struct fuzz *fuzz, uint8_t *table, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        uint64_t at = fuzz_chance(fuzz, 10) ? fuzz_value(fuzz) : DATA + fuzz_below(fuzz, 0x40000);
        uint32_t bytes = fuzz_chance(fuzz, 4) ? (uint32_t)fuzz_value(fuzz) : 512 * (1 + fuzz_below(fuzz, 40)) - 1;
        bytes_put(table + 0x80 + 16 * i, 8, at);
        bytes_put(table + 0x80 + 16 * i + 8, 8, (uint64_t)bytes << 32);
    }
}

static void fill_fis(struct fuzz *fuzz, uint8_t *fis, unsigned port, unsigned slot)
{
    static const uint8_t often[] = { 0x20, 0x24, 0x25, 0x29, 0x2f, 0x30, 0x34, 0x35, 0x39, 0x60, 0x60, 0x61,
                                     0x61, 0xc4, 0xc5, 0xc6, 0xc8, 0xca, 0xe7, 0xec, 0xef, 0x90, 0x08 };
    static const uint8_t packets[] = { 0x28, 0xa8, 0x03, 0x12, 0x25, 0x43, 0x46, 0x4a, 0x51, 0x5a };
    for (unsigned i = 0; i < 0x50; i++)
        fis[i] = (uint8_t)(fuzz_chance(fuzz, 16) ? fuzz_value(fuzz) : 0);
    fis[0] = fuzz_chance(fuzz, 30) ? (uint8_t)fuzz_value(fuzz) : 0x27;
    fis[1] = fuzz_chance(fuzz, 20) ? 0 : 0x80;
    fis[2] = fuzz_chance(fuzz, 20) ? (uint8_t)fuzz_value(fuzz) : port == 2 ? 0xa0 : FUZZ_PICK(fuzz, often);
    fis[3] = (uint8_t)(port == 2 ? fuzz_chance(fuzz, 2) : fuzz_below(fuzz, 40));
    fis[4] = (uint8_t)fuzz_below(fuzz, 256);
    fis[7] = fuzz_chance(fuzz, 8) ? (uint8_t)fuzz_value(fuzz) : ATA_DEVICE_LBA;
    fis[12] = (uint8_t)(fis[2] == 0x60 || fis[2] == 0x61 ? slot << 3 : fuzz_below(fuzz, 40));
    fis[15] = fuzz_chance(fuzz, 2) ? 4 : 0;
    fis[0x40] = fuzz_chance(fuzz, 10) ? (uint8_t)fuzz_value(fuzz) : FUZZ_PICK(fuzz, packets);
    fis[0x48] = fis[0x49] = (uint8_t)fuzz_below(fuzz, 20);
}

static void step_command(struct fuzz *fuzz)
{
    unsigned port = fuzz_below(fuzz, DISKS), slots = 0;
    for (unsigned slot = 0; slot < 4; slot++) {
        if (fuzz_chance(fuzz, 2))
            continue;
        uint8_t *header = rig.bytes + LISTS + LIST * port + 32 * slot, *table = table_of(port, slot);
        unsigned count = fuzz_below(fuzz, 9);
        fill_fis(fuzz, table, port, slot);
        fill_descriptors(fuzz, table, count);
        bytes_put(header, 4,
                  (fuzz_chance(fuzz, 20) ? (uint32_t)fuzz_value(fuzz) : 5) | (fuzz_chance(fuzz, 8) ? 1 << 10 : 0) |
                      (uint32_t)count << 16);
        bytes_put(header + 8, 8, fuzz_chance(fuzz, 30) ? fuzz_value(fuzz) : (uint64_t)(table - rig.bytes));
        slots |= 1u << slot;
    }
    if (fuzz_chance(fuzz, 2) && (rig.ahci.ports[port].halted || rig.ahci.ports[port].TFD & ATA_BSY))
        start(fuzz, port);
    set_register(fuzz, of_port(port, AHCI_PxSACT), 4, slots);
    set_register(fuzz, of_port(port, AHCI_PxCI), 4, fuzz_chance(fuzz, 20) ? fuzz_value(fuzz) : slots);
}

static void step_register(struct fuzz *fuzz)
{
    static const uint16_t often[] = { AHCI_GHC, AHCI_IS };
    static const uint8_t ports[] = { AHCI_PxIS, AHCI_PxIE,   AHCI_PxCMD, AHCI_PxSCTL, AHCI_PxSERR,
                                     AHCI_PxCI, AHCI_PxSACT, AHCI_PxCLB, AHCI_PxFB,   AHCI_PxTFD };
    unsigned size = 1u << fuzz_below(fuzz, 4);
    unsigned offset = fuzz_chance(fuzz, 8)   ? fuzz_below(fuzz, AHCI_MEMORY - 8)
                      : fuzz_chance(fuzz, 4) ? FUZZ_PICK(fuzz, often)
                                             : of_port(fuzz_below(fuzz, AHCI_PORTS), FUZZ_PICK(fuzz, ports));
    if (fuzz_chance(fuzz, 3))
        bus_read(&rig.memory, BASE + offset, size, 0);
    else
        set_register(fuzz, offset, size, fuzz_chance(fuzz, 3) ? fuzz_below(fuzz, 32) : fuzz_value(fuzz));
}

static void step_index(struct fuzz *fuzz)
{
    uint64_t port = INDEX + 4 * fuzz_below(fuzz, 8);
    unsigned size = 1u << fuzz_below(fuzz, 3);
    if (fuzz_chance(fuzz, 2))
        bus_read(&rig.ports, port, size, 0);
    else
        bus_write(&rig.ports, port, size, fuzz_value(fuzz), 0);
}

static void step_board(struct fuzz *fuzz)
{
    switch (fuzz_below(fuzz, 6)) {
    case 0: ahci_reset(&rig.ahci, 0); break;
    case 1: rig.fails = fuzz_chance(fuzz, 2); break;
    case 2: configure(AHCI_MSI + 2, 2, fuzz_below(fuzz, 2)); break;
    case 3: configure(4 * fuzz_below(fuzz, 64), 4, (uint32_t)fuzz_value(fuzz)); break;
    case 4: configure(PCI_COMMAND, 2, (uint32_t)fuzz_value(fuzz)); break;
    default: break;
    }
    if (fuzz_chance(fuzz, 2))
        place();
}

// --- What must hold --------------------------------------------------------------------------------------------------

static void check_port(const struct ahci_port *port)
{
    bool waits = !(port->CMD & AHCI_CMD_ST) || port->halted || port->TFD & (ATA_BSY | ATA_DRQ);
    need(!port->CI || waits || !ahci_port_has_disk(port), "commands that nobody carries out");
    need(port->CMD & AHCI_CMD_ST || !(port->CI | port->SACT), "commands of a port that is stopped");
    need(port->disk.length <= ATA_BLOCK && port->disk.sector <= port->disk.sectors, "the place on the disk");
}

static void check_interrupt(void)
{
    struct ahci *ahci = &rig.ahci;
    bool level = ahci->IS && ahci->GHC & AHCI_GHC_IE;
    for (unsigned i = 0; i < AHCI_PORTS; i++)
        need(!(ahci_port_interrupts(&ahci->ports[i]) & ahci->ports[i].IE) || ahci->IS >> i & 1, "IS");
    need(ahci->pci.irq.level == level, "the level");
    bool disabled = pci_function_get(&ahci->pci, PCI_COMMAND, 2) & PCI_COMMAND_INTX_DISABLE;
    need(rig.line == (level && !disabled && pci_irq_mode(&ahci->pci) == INTACT_IRQ_MODE_LEGACY), "the line");
}

static void check_state(void)
{
    struct visit_save save;
    struct visit_load load;
    struct visit_differ differ;
    visit_save_init(&save);
    ahci_visit(&rig.ahci, &save.visit);
    visit_load_init(&load, save.data, save.size);
    ahci_visit(&rig.ahci, &load.visit);
    pci_bus_loaded(&rig.host.bus);
    visit_differ_init(&differ, save.data, save.size);
    ahci_visit(&rig.ahci, &differ.visit);
    need(!load.failed && !differ.differs, "a load");
    free(save.data);
}

static void check(void)
{
    for (unsigned i = 0; i < AHCI_PORTS; i++)
        check_port(&rig.ahci.ports[i]);
    check_interrupt();
    for (unsigned i = 0; i < GUARD; i++)
        for (unsigned disk = 0; disk < DISKS; disk++)
            need(!rig.disks[disk][SECTORS * INTACT_BLOCK_SECTOR + i], "what is behind the last sector");
}

void fuzz_case(struct fuzz *fuzz)
{
    static void (*const steps[])(struct fuzz *) = { step_command,  step_command,  step_command,
                                                    step_register, step_register, step_index };
    make(fuzz);
    for (unsigned i = 0; i < STEPS; i++) {
        if (fuzz_chance(fuzz, 30))
            step_board(fuzz);
        else
            FUZZ_PICK(fuzz, steps)(fuzz);
        check();
        if (i % 16 == 0)
            check_state();
    }
    ahci_destroy(&rig.ahci);
    intact_irq_manager_poll(rig.manager, 0);
    need(intact_irq_manager_destroy(rig.manager) == 0, "every group is gone");
    need(rig.ports.count == 0, "every window is gone");
}
