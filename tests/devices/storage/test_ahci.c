// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// AHCI 1.3.1: 3 (registers), 4.2 (memory), 5.3 and 5.5 (commands), 6 (errors), 10.4 (reset), 10.6 (interrupts). Serial ATA 2.6:
// 10.3 (FISes), 13.6 and 13.7 (queued commands).
#include "devices/storage/ahci.h"

#include "devices/pci/pci_rig.h"
#include "devices/storage/disk.h"

#define BASE UINT64_C(0xfe000000)

static struct pci_rig rig;
static struct ahci ahci;
static struct disk disk, medium;

enum { LIST = 0x1000, RECEIVED = 0x2000, TABLE = 0x3000, DATA = 0x10000, IDP = 0xc000, MSI = 0x05, CD = 1, EMPTY = 2 };
enum { PORT0 = AHCI_FIRST_PORT, ON = AHCI_CMD_ST | AHCI_CMD_FRE };

static uint32_t get(unsigned offset)
{
    return (uint32_t)rig_read(&rig, BASE + offset, 4);
}

static void put(unsigned offset, uint32_t value)
{
    rig_write(&rig, BASE + offset, 4, value);
}

static unsigned at(unsigned port, unsigned offset)
{
    return PORT0 + port * AHCI_PORT + offset;
}

static void start(unsigned port)
{
    put(at(port, AHCI_PxCLB), LIST);
    put(at(port, AHCI_PxFB), RECEIVED);
    put(at(port, AHCI_PxSERR), UINT32_MAX);
    put(at(port, AHCI_PxIS), UINT32_MAX);
    put(at(port, AHCI_PxCMD), ON);
    put(at(port, AHCI_PxIE), UINT32_MAX);
}

static void setup(void)
{
    rig_open(&rig);
    disk_open(&disk);
    disk_open(&medium);
    medium.block.readonly = true;
    cr_assert_eq(ahci_init(&ahci, &rig.host.bus, PCI_DEVFN(4, 0)), 0);
    ata_init_serial(&ahci.ports[0].disk, &disk.block, "S1", false);
    ata_init_serial(&ahci.ports[CD].disk, &medium.block, "S2", true);
    ahci_reset(&ahci, 0);
    rig_set(&rig, &ahci.pci, PCI_BAR0 + 4 * AHCI_MEMORY_BAR, 4, (uint32_t)BASE);
    rig_set(&rig, &ahci.pci, PCI_BAR0 + 4 * AHCI_INDEX_BAR, 4, IDP);
    rig_set(&rig, &ahci.pci, PCI_COMMAND, 2, RIG_ON);
    put(AHCI_GHC, AHCI_GHC_IE);
}

static void teardown(void)
{
    ahci_destroy(&ahci);
    rig_close(&rig);
}

TestSuite(ahci, .init = setup, .fini = teardown);

// --- Commands in memory ----------------------------------------------------------------------------------------------

static uint8_t *table(unsigned slot)
{
    return rig.bytes + TABLE + slot * 0x400;
}

static void descriptor(unsigned slot, unsigned index, uint64_t address, uint32_t bytes)
{
    bytes_put(table(slot) + 0x80 + 16 * index, 8, address);
    bytes_put(table(slot) + 0x80 + 16 * index + 12, 4, bytes - 1);
}

// A register FIS in a slot, with so many descriptors.
static void command(unsigned slot, uint8_t code, uint64_t lba, uint16_t count, unsigned descriptors)
{
    uint8_t *fis = table(slot), *header = rig.bytes + LIST + 32 * slot;
    memset(fis, 0, 0x80);
    fis[0] = 0x27;
    fis[1] = 0x80;
    fis[2] = code;
    fis[7] = ATA_DEVICE_LBA;
    for (unsigned i = 0; i < 3; i++) {
        fis[4 + i] = (uint8_t)(lba >> (8 * i));
        fis[8 + i] = (uint8_t)(lba >> (8 * i + 24));
    }
    fis[12] = count & 0xff;
    fis[13] = (uint8_t)(count >> 8);
    bytes_put(header, 4, 5 | descriptors << 16);
    bytes_put(header + 4, 4, 0);
    bytes_put(header + 8, 8, TABLE + slot * 0x400);
}

// The count of a queued one is in FEATURES, its tag above bit 3 of COUNT.
static void queued(unsigned slot, uint8_t code, uint64_t lba, uint16_t count)
{
    command(slot, code, lba, (uint16_t)(slot << 3), 1);
    table(slot)[3] = count & 0xff;
    table(slot)[11] = (uint8_t)(count >> 8);
    descriptor(slot, 0, DATA + 0x2000 * slot, count * 512u);
}

static void issue(unsigned port, uint32_t slots)
{
    put(at(port, AHCI_PxIS), UINT32_MAX);
    put(AHCI_IS, UINT32_MAX);
    memset(rig.bytes + RECEIVED, 0, 0x100);
    put(at(port, AHCI_PxCI), slots);
}

static uint32_t moved(unsigned slot)
{
    return (uint32_t)bytes_get(rig.bytes + LIST + 32 * slot + 4, 4);
}

static const uint8_t *received(unsigned offset)
{
    return rig.bytes + RECEIVED + offset;
}

static const uint8_t *sector(uint64_t number)
{
    return disk.bytes + number * ATA_SECTOR;
}

static bool same(uint32_t address, const uint8_t *data, size_t size)
{
    return memcmp(rig.bytes + address, data, size) == 0;
}

// --- Registers -------------------------------------------------------------------------------------------------------

Test(ahci, the_function_is_that_of_the_ich9)
{
    cr_assert_eq(rig_config(&rig, &ahci.pci, PCI_VENDOR_ID, 4), 0x29228086);
    cr_assert_eq(rig_config(&rig, &ahci.pci, PCI_REVISION_ID, 4) >> 8, 0x010601);
    cr_assert_eq(rig_config(&rig, &ahci.pci, PCI_INTERRUPT_PIN, 1), 1);
    cr_assert_eq(rig_find(&rig, &ahci.pci, MSI), AHCI_MSI);
    cr_assert_eq(rig_find(&rig, &ahci.pci, 0x12), AHCI_SATA);
    cr_assert_eq(rig_config(&rig, &ahci.pci, AHCI_SATA + 4, 4), 0x48);
    cr_assert_eq(rig_config(&rig, &ahci.pci, AHCI_MAP, 1), 0x40);
}

Test(ahci, each_register_has_its_reset_value_and_its_writable_bits)
{
    static const struct {
        unsigned offset;
        uint32_t reset, writable;
    } rows[] = {
        { AHCI_CAP, 0xc1241f05 | 0x8000, 0 },
        { AHCI_GHC, 0x80000002, 2 },
        { AHCI_IS, 0, 0 },
        { AHCI_PI, 0x3f, 0 },
        { AHCI_VS, 0x10301, 0 },
        { 0x14, 0, 0 },
        { 0x18, 0, 0 },
        { 0x24, 0, 0 },
        { 0xfc, 0, 0 },
        { PORT0 + AHCI_PxCLB, 0, 0xfffffc00 },
        { PORT0 + AHCI_PxCLBU, 0, ~0u },
        { PORT0 + AHCI_PxFB, 0, 0xffffff00 },
        { PORT0 + AHCI_PxFBU, 0, ~0u },
        { PORT0 + AHCI_PxIS, 0x400040, 0 },
        { PORT0 + AHCI_PxIE, 0, 0x7dc000ff },
        { PORT0 + AHCI_PxTFD, 0x150, 0 },
        { PORT0 + AHCI_PxSIG, 0x101, 0 },
        { PORT0 + AHCI_PxSSTS, 0x123, 0 },
        { PORT0 + AHCI_PxSERR, 0x04010000, 0 },
        { PORT0 + AHCI_PxSACT, 0, 0 },
        { PORT0 + AHCI_PxCI, 0, 0 },
        { PORT0 + 0x3c, 0, 0 },
        { PORT0 + 0x40, 0, 0 },
        { PORT0 + 0x80 + AHCI_PxSIG, 0xeb140101, 0 },
        { PORT0 + 0x100 + AHCI_PxSIG, ~0u, 0 },
        { PORT0 + 0x100 + AHCI_PxSSTS, 0, 0 },
        { PORT0 + 0x100 + AHCI_PxTFD, 0x7f, 0 },
        { PORT0 + 6 * 0x80 + AHCI_PxCMD, 0, 0 },
    };
    for (unsigned i = 0; i < countof(rows); i++) {
        uint32_t before = get(rows[i].offset);
        cr_assert_eq(before, rows[i].reset, "%x: %x", rows[i].offset, before);
        for (unsigned turn = 0; turn < 2; turn++) {
            uint32_t value = turn || rows[i].offset == AHCI_GHC ? 0 : ~0u;
            if (rows[i].offset == PORT0 + AHCI_PxSERR || rows[i].offset == PORT0 + AHCI_PxIS)
                value = 0;
            put(rows[i].offset, value);
            cr_assert_eq(get(rows[i].offset), (before & ~rows[i].writable) | (value & rows[i].writable), "%x",
                         rows[i].offset);
        }
    }
}

Test(ahci, narrow_and_wide_accesses_touch_their_bytes)
{
    rig_write(&rig, BASE + at(0, AHCI_PxCLB), 8, UINT64_C(0x123456789abcdc00));
    cr_assert_eq(get(at(0, AHCI_PxCLBU)), 0x12345678);
    rig_write(&rig, BASE + at(0, AHCI_PxCLB) + 1, 1, 0x54);
    cr_assert_eq(rig_read(&rig, BASE + at(0, AHCI_PxCLB), 8), UINT64_C(0x123456789abc5400));
    rig_write(&rig, BASE + at(0, AHCI_PxSERR) + 2, 1, 0x01);
    cr_assert_eq(get(at(0, AHCI_PxSERR)), AHCI_SERR_X);
}

Test(ahci, the_index_and_data_ports_reach_the_registers)
{
    bus_write(&rig.ports, IDP + 0x10, 4, at(0, AHCI_PxCLB), 0);
    bus_write(&rig.ports, IDP + 0x14, 4, 0xabc00, 0);
    cr_assert_eq(get(at(0, AHCI_PxCLB)), 0xabc00);
    cr_assert_eq(bus_read(&rig.ports, IDP + 0x14, 4, 0), 0xabc00);
    cr_assert_eq(bus_read(&rig.ports, IDP + 0x10, 4, 0), at(0, AHCI_PxCLB));
    cr_assert_eq(bus_read(&rig.ports, IDP, 4, 0), 0);
}

// --- Protocols -------------------------------------------------------------------------------------------------------

Test(ahci, identify_comes_by_pio)
{
    start(0);
    command(0, 0xec, 0, 0, 1);
    descriptor(0, 0, DATA, 512);
    issue(0, 1);
    const uint8_t *fis = received(AHCI_PIO_SETUP), *words = rig.bytes + DATA;
    cr_assert_eq(get(at(0, AHCI_PxCI)), 0);
    cr_assert_eq(get(at(0, AHCI_PxIS)), AHCI_PSS);
    cr_assert_eq(get(at(0, AHCI_PxTFD)), 0x50);
    cr_assert_eq(bytes_get(fis, 4), 0x0058605f);
    cr_assert_eq(fis[15], 0x50);
    cr_assert_eq(bytes_get(fis + 16, 2), 512);
    cr_assert_eq(received(AHCI_REGISTERS)[0], 0, "the status came with the PIO setup");
    cr_assert_eq(moved(0), 512);
    cr_assert_eq(bytes_get(words + 2 * 75, 2), 31);
    cr_assert_eq(bytes_get(words + 2 * 76, 2), 0x0106);
    cr_assert_eq(bytes_get(words + 2 * 93, 2), 0);
    cr_assert(rig.level[0]);
}

Test(ahci, dma_moves_by_the_descriptors_and_ends_with_a_register_fis)
{
    start(0);
    command(3, 0x25, 5, 40, 3);
    descriptor(3, 0, DATA, 1024);
    descriptor(3, 1, DATA + 0x8000, 10);
    descriptor(3, 2, DATA + 0x9000, 0x10000);
    bytes_put(table(3) + 0x80 + 16 + 12, 4, BIT32(31) | 9);
    issue(0, 1 << 3);
    cr_assert_eq(get(at(0, AHCI_PxIS)), AHCI_DHRS | AHCI_DPS);
    cr_assert_eq(get(at(0, AHCI_PxCMD)) >> 8 & 31, 3);
    cr_assert_eq(bytes_get(received(AHCI_REGISTERS), 4), 0x00504034);
    cr_assert(same(DATA, sector(5), 1024));
    cr_assert(same(DATA + 0x8000, sector(7), 10));
    cr_assert(same(DATA + 0x9000, sector(7) + 10, 38 * 512 - 10));
    cr_assert_eq(moved(3), 40 * 512);
    memset(rig.bytes + DATA, 0x5a, 1024);
    command(0, 0xca, 9, 2, 1);
    descriptor(0, 0, DATA, 1024);
    issue(0, 1);
    cr_assert(same(DATA, sector(9), 1024));
    cr_assert_eq(get(at(0, AHCI_PxTFD)), 0x50);
}

Test(ahci, each_block_of_pio_has_its_setup)
{
    start(0);
    command(0, 0x30, 7, 2, 1);
    descriptor(0, 0, DATA, 1024);
    memset(rig.bytes + DATA, 0x77, 1024);
    issue(0, 1);
    cr_assert_eq(get(at(0, AHCI_PxIS)), AHCI_PSS | AHCI_DHRS, "the second block's setup, and the end");
    cr_assert_eq(received(AHCI_PIO_SETUP)[1], 0x40);
    cr_assert_eq(received(AHCI_PIO_SETUP)[15], 0xd0);
    cr_assert(same(DATA, sector(7), 1024));
    command(0, 0x20, 7, 3, 1);
    descriptor(0, 0, DATA + 0x1000, 3 * 512);
    issue(0, 1);
    cr_assert(same(DATA + 0x1000, sector(7), 3 * 512));
    cr_assert_eq(get(at(0, AHCI_PxIS)), AHCI_PSS);
}

Test(ahci, packets_of_a_cd_drive)
{
    start(CD);
    command(0, 0xa0, 0, 0, 1);
    table(0)[3] = 1; // by DMA
    table(0)[0x40] = 0x28;
    table(0)[0x45] = 3;
    table(0)[0x48] = 2;
    descriptor(0, 0, DATA, 2 * ATAPI_SECTOR);
    issue(CD, 1);
    cr_assert(memcmp(rig.bytes + DATA, medium.bytes + 3 * ATAPI_SECTOR, 2 * ATAPI_SECTOR) == 0);
    cr_assert_eq(get(at(CD, AHCI_PxIS)), AHCI_DHRS);
    cr_assert_eq(bytes_get(received(AHCI_PIO_SETUP), 4), 0x0058005f);
    cr_assert_eq(received(AHCI_REGISTERS)[12], 3);
    command(0, 0xa0, 0, 0, 1);
    table(0)[5] = 36; // by PIO, up to 36 bytes
    table(0)[0x40] = 0x12;
    table(0)[0x44] = 36;
    issue(CD, 1);
    cr_assert_eq(get(at(CD, AHCI_PxIS)), AHCI_DHRS | AHCI_PSS);
    cr_assert_eq(rig.bytes[DATA], 5);
    cr_assert_eq(moved(0), 36);
    command(0, 0xa0, 0, 0, 0);
    table(0)[0x40] = 0xff;
    issue(CD, 1);
    cr_assert_eq(get(at(CD, AHCI_PxTFD)), 0x5451);
    cr_assert(get(at(CD, AHCI_PxIS)) & AHCI_TFES);
}

// --- Queued commands -------------------------------------------------------------------------------------------------

Test(ahci, queued_commands_end_with_a_set_device_bits_fis)
{
    start(0);
    queued(0, 0x60, 8, 2);
    queued(5, 0x60, 20, 16);
    queued(31, 0x61, 50, 1);
    memset(rig.bytes + DATA + 0x2000 * 31, 0x3c, 512);
    put(at(0, AHCI_PxSACT), BIT32(31) | 0x21);
    issue(0, BIT32(31) | 0x21);
    cr_assert_eq(get(at(0, AHCI_PxCI)), 0);
    cr_assert_eq(get(at(0, AHCI_PxSACT)), 0);
    cr_assert_eq(get(at(0, AHCI_PxIS)), AHCI_SDBS);
    cr_assert_eq(bytes_get(received(AHCI_DEVICE_BITS), 8), UINT64_C(0x80000000005040a1));
    cr_assert_eq(bytes_get(received(AHCI_DMA_SETUP), 8), UINT64_C(0x0000001f00000041));
    cr_assert_eq(bytes_get(received(AHCI_DMA_SETUP) + 20, 4), 512);
    cr_assert_eq(received(AHCI_REGISTERS)[1], 0, "released without an interrupt");
    cr_assert(same(DATA, sector(8), 1024));
    cr_assert(same(DATA + 0x2000 * 5, sector(20), 16 * 512));
    cr_assert(same(DATA + 0x2000 * 31, sector(50), 512));
    cr_assert_eq(disk.flushes, 0);
    table(31)[7] |= 0x80; // FUA
    put(at(0, AHCI_PxSACT), BIT32(31));
    issue(0, BIT32(31));
    cr_assert_eq(disk.flushes, 1);
}

Test(ahci, the_log_says_which_queued_command_has_failed)
{
    start(0);
    queued(2, 0x60, 70, 1);
    queued(3, 0x60, 71, 1);
    disk.fails = true;
    put(at(0, AHCI_PxSACT), 0xc);
    issue(0, 4);
    cr_assert_eq(get(at(0, AHCI_PxTFD)) & 0xff01, 0x4001);
    cr_assert(get(at(0, AHCI_PxIS)) & AHCI_TFES);
    cr_assert_eq(get(at(0, AHCI_PxSACT)), 0xc);
    disk.fails = false;
    put(at(0, AHCI_PxCI), 8);
    cr_assert_eq(get(at(0, AHCI_PxCI)), 8, "nothing more until ST was 0");
    put(at(0, AHCI_PxCMD), AHCI_CMD_FRE);
    cr_assert_eq(get(at(0, AHCI_PxCI)) | get(at(0, AHCI_PxSACT)), 0);
    put(at(0, AHCI_PxCMD), ON);
    command(0, 0xec, 0, 0, 1);
    descriptor(0, 0, DATA, 512);
    issue(0, 1);
    cr_assert_eq(get(at(0, AHCI_PxTFD)), 0x451, "the device does nothing else before its log was read");
    put(at(0, AHCI_PxCMD), AHCI_CMD_FRE);
    put(at(0, AHCI_PxCMD), ON);
    command(0, 0x2f, 0x10, 1, 1);
    issue(0, 1);
    const uint8_t *log = rig.bytes + DATA;
    uint8_t sum = 0;
    for (unsigned i = 0; i < 512; i++)
        sum += log[i];
    cr_assert_eq(sum, 0);
    cr_assert_eq(log[0], 2);
    cr_assert_eq(bytes_get(log + 2, 3), 0x464051 & 0xffffff);
    command(0, 0xec, 0, 0, 1);
    issue(0, 1);
    cr_assert_eq(get(at(0, AHCI_PxTFD)), 0x50);
    command(0, 0x2f, 0, 1, 1);
    issue(0, 1);
    cr_assert_eq(bytes_get(log, 2), 1);
    cr_assert_eq(bytes_get(log + 0x20, 2), 1);
}

Test(ahci, ide_disks_and_cd_drives_have_no_queue)
{
    struct ata ide;
    ata_init(&ide, &disk.block, "S");
    ata_execute(&ide, 0x60);
    cr_assert_eq(ide.error, ATA_ABRT);
    start(CD);
    queued(0, 0x60, 0, 1);
    issue(CD, 1);
    cr_assert_eq(get(at(CD, AHCI_PxTFD)) & 0xff01, 0x0401);
}

// --- Errors ----------------------------------------------------------------------------------------------------------

Test(ahci, a_failed_command_stays_and_halts_the_port)
{
    start(0);
    command(1, 0x25, DISK_SECTORS, 1, 1);
    command(2, 0x25, 0, 1, 1);
    descriptor(1, 0, DATA, 512);
    descriptor(2, 0, DATA, 512);
    issue(0, 6);
    cr_assert_eq(get(at(0, AHCI_PxCI)), 6);
    cr_assert_eq(get(at(0, AHCI_PxCMD)) >> 8 & 31, 1);
    cr_assert_eq(get(at(0, AHCI_PxTFD)), 0x1051);
    cr_assert_eq(get(at(0, AHCI_PxIS)), AHCI_DHRS | AHCI_TFES);
}

Test(ahci, descriptors_that_are_too_short)
{
    start(0);
    command(0, 0x25, 5, 2, 1);
    descriptor(0, 0, DATA, 512);
    memset(rig.bytes + DATA + 512, 0xee, 512);
    issue(0, 1);
    cr_assert_eq(get(at(0, AHCI_PxIS)), AHCI_DHRS | AHCI_OFS);
    cr_assert_eq(get(at(0, AHCI_PxCI)), 0);
    cr_assert_eq(rig.bytes[DATA + 512], 0xee);
    cr_assert_eq(moved(0), 512);
    command(0, 0x35, 5, 2, 0);
    issue(0, 1);
    cr_assert_eq(get(at(0, AHCI_PxIS)), AHCI_OFS);
    cr_assert(get(at(0, AHCI_PxTFD)) & ATA_BSY, "the device waits for data");
    put(at(0, AHCI_PxCMD), AHCI_CMD_FRE);
    put(at(0, AHCI_PxCMD), AHCI_CMD_FRE | AHCI_CMD_CLO);
    put(at(0, AHCI_PxCMD), ON);
    command(0, 0x25, 5, 1, 1);
    issue(0, 1);
    cr_assert_eq(get(at(0, AHCI_PxTFD)), 0x50);
}

Test(ahci, memory_that_is_not_there)
{
    static const struct {
        uint64_t list, received, table, data;
    } rows[] = { { RIG_RAM, RECEIVED, TABLE, DATA },          { LIST, RIG_RAM, TABLE, DATA },
                 { LIST, RECEIVED, UINT64_MAX - 0xff, DATA }, { LIST, RECEIVED, RIG_RAM - 0x80, DATA },
                 { LIST, RECEIVED, TABLE, RIG_RAM - 256 },    { LIST, RECEIVED, TABLE, UINT64_MAX - 511 } };
    for (unsigned i = 0; i < countof(rows); i++) {
        start(0);
        command(0, 0x25, 5, 1, 1);
        descriptor(0, 0, rows[i].data, 512);
        bytes_put(rig.bytes + LIST + 8, 8, rows[i].table);
        if (rows[i].table < RIG_RAM)
            memmove(rig.bytes + rows[i].table, table(0), 0x80);
        put(at(0, AHCI_PxCLB), (uint32_t)rows[i].list);
        put(at(0, AHCI_PxFB), (uint32_t)rows[i].received);
        issue(0, 1);
        cr_assert(get(at(0, AHCI_PxIS)) & AHCI_HBFS, "row %u", i);
        cr_assert_eq(get(at(0, AHCI_PxCI)), 1, "row %u", i);
        put(AHCI_GHC, AHCI_GHC_HR);
        put(AHCI_GHC, AHCI_GHC_IE);
        cr_assert_eq(get(at(0, AHCI_PxTFD)), 0x150);
    }
    cr_assert_eq(ahci.ports[0].mistakes[AHCI_MISTAKE_MEMORY], countof(rows));
}

Test(ahci, what_is_no_register_fis_is_refused)
{
    start(0);
    command(0, 0x25, 5, 1, 1);
    table(0)[0] = 0x46;
    issue(0, 1);
    cr_assert_eq(get(at(0, AHCI_PxIS)), AHCI_IFS);
    cr_assert_eq(get(at(0, AHCI_PxSERR)), AHCI_SERR_H);
}

// --- Reset -----------------------------------------------------------------------------------------------------------

Test(ahci, comreset_brings_the_link_down_and_up)
{
    start(0);
    put(at(0, AHCI_PxCMD), AHCI_CMD_FRE);
    put(at(0, AHCI_PxSCTL), 0x301);
    cr_assert_eq(get(at(0, AHCI_PxSSTS)), 1);
    cr_assert_eq(get(at(0, AHCI_PxTFD)), 0x80);
    cr_assert_eq(get(at(0, AHCI_PxSIG)), UINT32_MAX);
    put(at(0, AHCI_PxSCTL), 0x310);
    cr_assert_eq(get(at(0, AHCI_PxSSTS)), 0x113, "the first generation alone");
    cr_assert_eq(get(at(0, AHCI_PxSERR)), AHCI_SERR_X | AHCI_SERR_N);
    cr_assert_eq(get(at(0, AHCI_PxIS)), AHCI_PCS | AHCI_PRCS);
    cr_assert_eq(get(at(0, AHCI_PxSIG)), 0x101);
    cr_assert_eq(bytes_get(received(AHCI_REGISTERS), 4), 0x01500034);
    put(at(0, AHCI_PxSCTL), 0x304);
    cr_assert_eq(get(at(0, AHCI_PxSSTS)), 4);
    put(at(EMPTY, AHCI_PxSCTL), 1);
    put(at(EMPTY, AHCI_PxSCTL), 0);
    cr_assert_eq(get(at(EMPTY, AHCI_PxSSTS)), 0);
}

Test(ahci, the_signature_waits_for_a_place)
{
    put(at(0, AHCI_PxFB), RECEIVED);
    cr_assert_eq(received(AHCI_REGISTERS)[0], 0);
    put(at(0, AHCI_PxCMD), AHCI_CMD_FRE);
    cr_assert_eq(bytes_get(received(AHCI_REGISTERS), 4), 0x01500034);
    cr_assert_eq(received(AHCI_REGISTERS)[12], 1);
}

Test(ahci, software_reset_is_two_control_fises)
{
    start(0);
    command(0, 0, 0, 0, 0);
    table(0)[1] = 0;
    table(0)[15] = 4;
    bytes_put(rig.bytes + LIST, 4, 5 | 1 << 8 | 1 << 10);
    issue(0, 1);
    cr_assert_eq(get(at(0, AHCI_PxCI)), 0);
    cr_assert_eq(get(at(0, AHCI_PxTFD)) & ATA_BSY, 0, "C: as soon as it is sent");
    table(0)[15] = 0;
    bytes_put(rig.bytes + LIST, 4, 5);
    issue(0, 1);
    cr_assert_eq(get(at(0, AHCI_PxCI)), 0);
    cr_assert_eq(bytes_get(received(AHCI_REGISTERS), 4), 0x01500034);
    cr_assert_eq(get(at(0, AHCI_PxSIG)), 0x101);
}

// --- The interrupt ---------------------------------------------------------------------------------------------------

static void enable_msi(void)
{
    rig_set(&rig, &ahci.pci, AHCI_MSI + 4, 4, 0xfee00000);
    rig_set(&rig, &ahci.pci, AHCI_MSI + 12, 2, 0x41);
    rig_set(&rig, &ahci.pci, AHCI_MSI + 2, 2, 1);
}

Test(ahci, intx_is_a_level)
{
    start(0);
    command(0, 0xe7, 0, 0, 0);
    issue(0, 1);
    cr_assert(rig.level[0]);
    cr_assert_eq(get(AHCI_IS), 1);
    put(AHCI_IS, 1);
    cr_assert(rig.level[0], "the port's comes first");
    put(at(0, AHCI_PxIS), AHCI_DHRS);
    put(AHCI_IS, 1);
    cr_assert_not(rig.level[0]);
    issue(0, 1);
    put(AHCI_GHC, 0);
    cr_assert_not(rig.level[0]);
    put(AHCI_GHC, AHCI_GHC_IE);
    cr_assert(rig.level[0]);
    put(AHCI_GHC, AHCI_GHC_HR);
    cr_assert_not(rig.level[0]);
}

Test(ahci, a_message_comes_for_each_port_and_for_what_is_left)
{
    enable_msi();
    start(0);
    command(0, 0xe7, 0, 0, 0);
    issue(0, 1);
    cr_assert_eq(rig.count, 1);
    cr_assert_eq(rig.messages[0].data, 0x41);
    put(at(0, AHCI_PxCI), 1);
    cr_assert_eq(rig.count, 1, "the port's bit was set already");
    put(at(CD, AHCI_PxSERR), UINT32_MAX);
    start(CD);
    command(0, 0xe1, 0, 0, 0);
    put(at(CD, AHCI_PxCI), 1);
    cr_assert_eq(rig.count, 2);
    put(at(0, AHCI_PxIS), UINT32_MAX);
    put(AHCI_IS, 1);
    cr_assert_eq(rig.count, 3);
    put(at(CD, AHCI_PxIS), UINT32_MAX);
    put(AHCI_IS, 2);
    cr_assert_eq(rig.count, 3);
    cr_assert_not(rig.level[0]);
}

// --- State -----------------------------------------------------------------------------------------------------------

static void list(void *object, struct visit *v)
{
    ahci_visit(object, v);
}

Test(ahci, the_state_comes_back)
{
    struct visit_save save;
    start(0);
    queued(4, 0x60, 5, 1);
    disk.fails = true;
    put(at(0, AHCI_PxSACT), 0x10);
    issue(0, 0x10);
    visit_save_init(&save);
    list(&ahci, &save.visit);
    ahci_reset(&ahci, 0);
    check_load(&ahci, list, &save);
    pci_bus_loaded(&rig.host.bus);
    cr_assert_eq(get(at(0, AHCI_PxSACT)), 0x10);
    free(save.data);
}

Test(ahci, the_list_of_a_port_covers_it)
{
    const struct ahci_port *port = &ahci.ports[0];
    const struct ata *ata = &port->disk;
    enum { ATA_PADDING = 6 };
    size_t disks = 2 * (sizeof *ata - sizeof ata->block - sizeof ata->sectors - sizeof ata->serial - 2 - ATA_PADDING);
    size_t ports = AHCI_PORTS * (sizeof *port - sizeof *ata - sizeof port->ahci);
    size_t own = sizeof ahci.GHC + sizeof ahci.IS + sizeof ahci.index;
    cr_assert_eq(sizeof ahci - visit_uncovered(&ahci, sizeof ahci, list), disks + ports + own + rig_state(&ahci.pci));
}
