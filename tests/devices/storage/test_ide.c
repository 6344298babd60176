// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// PIIX3 data sheet (290550), 3.2; Bus Master IDE 1.0, 2 and 3; ATA/ATAPI-6, 7 (registers), 8 (commands), 9 (protocols).
#include "devices/storage/ide.h"

#include "devices/pci/pci_rig.h"
#include "devices/storage/disk.h"

static struct pci_rig rig;
static struct ide ide;
static struct disk disk, slave;
static struct wire irq;

enum { BASE = 0x1f0, CONTROL = 0x3f6, MASTER = 0xc000, SECOND = 0x170, TABLE = 0x1000, DATA = 0x2000 };

static void setup(void)
{
    rig_open(&rig);
    disk_open(&disk);
    disk_open(&slave);
    cr_assert_eq(ide_init(&ide, &rig.host.bus, PCI_DEVFN(1, 0), &rig.ports), 0);
    ata_init(&ide.channels[0].disks[0], &disk.block, "S1");
    wire_connect(&ide.channels[0].irq, &irq);
    ide_reset(&ide, 0);
    rig_set(&rig, &ide.pci, PCI_BAR0 + 16, 4, MASTER);
    rig_set(&rig, &ide.pci, PCI_COMMAND, 2, PCI_COMMAND_IO | PCI_COMMAND_MASTER);
    rig_set(&rig, &ide.pci, IDE_IDETIM, 4, 0x80008000);
}

static void teardown(void)
{
    ide_destroy(&ide);
    rig_close(&rig);
}

TestSuite(ide, .init = setup, .fini = teardown);

static uint64_t in(uint64_t port, unsigned size)
{
    return bus_read(&rig.ports, port, size, 0);
}

static void out(uint64_t port, unsigned size, uint64_t value)
{
    bus_write(&rig.ports, port, size, value, 0);
}

static void command(uint8_t code)
{
    out(BASE + ATA_COMMAND, 1, code);
}

static uint8_t status(void)
{
    return (uint8_t)in(CONTROL, 1);
}

static void address(uint32_t lba, uint8_t count)
{
    out(BASE + ATA_COUNT, 1, count);
    for (unsigned i = 0; i < 3; i++)
        out(BASE + ATA_LBA_LOW + i, 1, lba >> (8 * i) & 0xff);
    out(BASE + ATA_DEVICE, 1, ATA_DEVICE_LBA | lba >> 24);
}

// The 48-bit form: what is written first becomes the upper half.
static void address_ext(uint64_t lba, uint16_t count)
{
    out(BASE + ATA_COUNT, 1, count >> 8);
    out(BASE + ATA_COUNT, 1, count & 0xff);
    for (unsigned i = 0; i < 3; i++) {
        out(BASE + ATA_LBA_LOW + i, 1, lba >> (8 * i + 24) & 0xff);
        out(BASE + ATA_LBA_LOW + i, 1, lba >> (8 * i) & 0xff);
    }
    out(BASE + ATA_DEVICE, 1, ATA_DEVICE_LBA);
}

static void descriptor(unsigned index, uint32_t at, uint32_t count)
{
    bytes_put(rig.bytes + TABLE + 8 * index, 4, at);
    bytes_put(rig.bytes + TABLE + 8 * index + 4, 4, count);
}

static void start(bool read)
{
    out(MASTER + IDE_BMIDTP, 4, TABLE);
    out(MASTER + IDE_BMIS, 1, IDE_BMIS_ERROR | IDE_BMIS_INTERRUPT);
    out(MASTER + IDE_BMIC, 1, read ? IDE_BMIC_READ : 0);
    out(MASTER + IDE_BMIC, 1, (read ? IDE_BMIC_READ : 0) | IDE_BMIC_START);
}

static const uint8_t *sector(uint64_t number)
{
    return disk.bytes + number * ATA_SECTOR;
}

// --- The function ----------------------------------------------------------------------------------------------------

Test(ide, the_ports_are_there_as_idetim_and_the_command_register_say)
{
    cr_assert_eq(rig_config(&rig, &ide.pci, PCI_VENDOR_ID, 4), 0x70108086);
    cr_assert_eq(rig_config(&rig, &ide.pci, PCI_REVISION_ID, 4) >> 8, 0x010180);
    cr_assert_eq(in(BASE + ATA_STATUS, 1), 0x50);
    rig_set(&rig, &ide.pci, IDE_IDETIM, 2, 0);
    cr_assert_eq(in(BASE + ATA_STATUS, 1), 0xff);
    rig_set(&rig, &ide.pci, IDE_IDETIM, 2, IDE_DECODE);
    rig_set(&rig, &ide.pci, PCI_COMMAND, 2, 0);
    cr_assert_eq(in(BASE + ATA_STATUS, 1), 0xff);
    rig_set(&rig, &ide.pci, PCI_COMMAND, 2, PCI_COMMAND_IO);
    cr_assert_eq(in(CONTROL, 1), 0x50);
    ide_reset(&ide, 0);
    cr_assert_eq(in(BASE + ATA_STATUS, 1), 0xff);
}

Test(ide, a_cable_without_disks_floats)
{
    cr_assert_eq(in(SECOND + ATA_STATUS, 1), 0x7f);
    out(SECOND + ATA_COUNT, 1, 0x55);
    cr_assert_neq(in(SECOND + ATA_COUNT, 1), 0x55);
}

Test(ide, the_first_disk_answers_for_a_second_one_that_is_not_there)
{
    out(BASE + ATA_DEVICE, 1, ATA_DEVICE_DEV);
    cr_assert_eq(status(), 0);
    command(0xec);
    cr_assert_eq(status(), 0);
    cr_assert_eq(irq.rises, 0);
}

// --- Reset -----------------------------------------------------------------------------------------------------------

static void check_signature(void)
{
    cr_assert_eq(in(BASE + ATA_ERROR, 1), 1);
    cr_assert_eq(in(BASE + ATA_COUNT, 1), 1);
    cr_assert_eq(in(BASE + ATA_LBA_LOW, 1), 1);
    cr_assert_eq(in(BASE + ATA_LBA_MID, 1), 0);
    cr_assert_eq(in(BASE + ATA_LBA_HIGH, 1), 0);
    cr_assert_eq(status(), ATA_DRDY | ATA_DSC);
}

Test(ide, a_reset_leaves_the_signature_of_a_disk)
{
    check_signature();
    address(5, 1);
    command(0x20);
    out(CONTROL, 1, IDE_SRST);
    cr_assert_eq(status(), ATA_BSY);
    command(0x20);
    out(CONTROL, 1, 0);
    check_signature();
    cr_assert_not(irq.level);
}

Test(ide, a_diagnosis_is_for_both_disks)
{
    ata_init(&ide.channels[0].disks[1], &slave.block, "S2");
    out(BASE + ATA_DEVICE, 1, ATA_DEVICE_DEV);
    command(0x90);
    check_signature();
    cr_assert(irq.level);
    in(BASE + ATA_STATUS, 1);
    out(BASE + ATA_DEVICE, 1, ATA_DEVICE_DEV);
    cr_assert_not(irq.level);
}

// --- Interrupts ------------------------------------------------------------------------------------------------------

Test(ide, reading_status_ends_the_interrupt_and_the_alternate_one_does_not)
{
    command(0xe0);
    cr_assert(irq.level);
    in(CONTROL, 1);
    cr_assert(irq.level);
    in(BASE + ATA_STATUS, 1);
    cr_assert_not(irq.level);
    cr_assert_eq(in(MASTER + IDE_BMIS, 1) & IDE_BMIS_INTERRUPT, IDE_BMIS_INTERRUPT, "the edge is kept");
}

Test(ide, nien_and_the_other_disk_hide_it)
{
    ata_init(&ide.channels[0].disks[1], &slave.block, "S2");
    command(0xe0);
    out(CONTROL, 1, IDE_NIEN);
    cr_assert_not(irq.level);
    out(CONTROL, 1, 0);
    cr_assert(irq.level);
    out(BASE + ATA_DEVICE, 1, ATA_DEVICE_DEV);
    cr_assert_not(irq.level);
    out(BASE + ATA_DEVICE, 1, 0);
    cr_assert(irq.level);
}

// --- PIO -------------------------------------------------------------------------------------------------------------

static void read_block(uint64_t first, unsigned sectors)
{
    for (unsigned i = 0; i < sectors * ATA_SECTOR; i += 2) {
        cr_assert(status() & ATA_DRQ);
        cr_assert_eq(in(BASE, 2), bytes_get(sector(first) + i, 2));
    }
}

Test(ide, sectors_are_read_one_by_one_each_with_an_interrupt)
{
    address(5, 3);
    command(0x20);
    for (unsigned i = 0; i < 3; i++) {
        cr_assert(irq.level, "sector %u", i);
        in(BASE + ATA_STATUS, 1);
        read_block(5 + i, 1);
    }
    cr_assert_eq(status(), ATA_DRDY | ATA_DSC);
    cr_assert_not(irq.level, "no interrupt behind the last one");
    cr_assert_eq(irq.rises, 3);
}

Test(ide, four_bytes_at_a_time_are_two_words)
{
    address(7, 1);
    command(0x20);
    for (unsigned i = 0; i < ATA_SECTOR; i += 4)
        cr_assert_eq(in(BASE, 4), bytes_get(sector(7) + i, 4));
    cr_assert_eq(status() & ATA_DRQ, 0);
}

Test(ide, multiple_moves_blocks)
{
    address(0, 4);
    command(0xc6);
    cr_assert_eq(status() & ATA_ERR, 0);
    in(BASE + ATA_STATUS, 1);
    unsigned before = irq.rises;
    address(8, 6);
    command(0xc4);
    in(BASE + ATA_STATUS, 1);
    read_block(8, 4);
    in(BASE + ATA_STATUS, 1);
    read_block(12, 2);
    cr_assert_eq(irq.rises - before, 2);
    cr_assert_eq(status() & ATA_DRQ, 0);
}

Test(ide, multiple_needs_its_mode)
{
    address(8, 2);
    command(0xc4);
    cr_assert_eq(in(BASE + ATA_ERROR, 1), ATA_ABRT);
    address(0, 3);
    command(0xc6);
    cr_assert_eq(in(BASE + ATA_ERROR, 1), ATA_ABRT, "no power of two");
}

Test(ide, sectors_are_written)
{
    address(20, 2);
    command(0x30);
    cr_assert_not(irq.level, "none before the first block");
    for (unsigned i = 0; i < 2; i++) {
        cr_assert(status() & ATA_DRQ);
        for (unsigned at = 0; at < ATA_SECTOR; at += 2)
            out(BASE, 2, 0x4321);
        cr_assert(irq.level);
        in(BASE + ATA_STATUS, 1);
    }
    cr_assert_eq(status(), ATA_DRDY | ATA_DSC);
    cr_assert_eq(bytes_get(sector(20), 2), 0x4321);
    cr_assert_eq(bytes_get(sector(21) + 510, 2), 0x4321);
    cr_assert_eq(sector(22)[0], 22);
    cr_assert_eq(disk.flushes, 0);
}

Test(ide, cylinders_heads_and_sectors_are_addresses_too)
{
    out(BASE + ATA_COUNT, 1, 1);
    out(BASE + ATA_LBA_LOW, 1, 4);
    out(BASE + ATA_LBA_MID, 1, 1);
    out(BASE + ATA_LBA_HIGH, 1, 0);
    out(BASE + ATA_DEVICE, 1, 2);
    command(0x20);
    read_block((1 * 16 + 2) * 63 + 3, 1);
    out(BASE + ATA_COUNT, 1, 10);
    out(BASE + ATA_DEVICE, 1, 3);
    command(0x91); // 4 heads, 10 sectors
    out(BASE + ATA_COUNT, 1, 1);
    out(BASE + ATA_DEVICE, 1, 2);
    command(0x20);
    read_block((1 * 4 + 2) * 10 + 3, 1);
    out(BASE + ATA_LBA_LOW, 1, 11);
    command(0x20);
    cr_assert_eq(in(BASE + ATA_ERROR, 1), ATA_IDNF);
}

Test(ide, addresses_of_48_bits)
{
    address_ext(1000, 258);
    command(0x24);
    for (unsigned i = 0; i < 258; i++)
        read_block(1000 + i, 1);
    cr_assert_eq(status() & (ATA_DRQ | ATA_ERR), 0);
    address_ext(UINT64_C(0x123456789abc), 1);
    out(CONTROL, 1, IDE_HOB);
    cr_assert_eq(in(BASE + ATA_LBA_LOW, 1), 0x56);
    cr_assert_eq(in(BASE + ATA_LBA_HIGH, 1), 0x12);
    out(BASE + ATA_FEATURES, 1, 0); // clears HOB
    cr_assert_eq(in(BASE + ATA_LBA_LOW, 1), 0xbc);
    command(0x24);
    cr_assert_eq(in(BASE + ATA_ERROR, 1), ATA_IDNF);
}

Test(ide, the_end_of_the_disk_is_known)
{
    address(DISK_SECTORS - 1, 1);
    command(0x20);
    cr_assert_eq(status() & ATA_ERR, 0);
    address(DISK_SECTORS - 1, 2);
    command(0x20);
    cr_assert_eq(status() & (ATA_ERR | ATA_DRQ), ATA_ERR);
    cr_assert_eq(in(BASE + ATA_ERROR, 1), ATA_IDNF);
    cr_assert_eq(ide.channels[0].disks[0].mistakes[ATA_MISTAKE_RANGE], 1);
    command(0xf8);
    cr_assert_eq(in(BASE + ATA_LBA_LOW, 1) | in(BASE + ATA_LBA_MID, 1) << 8, DISK_SECTORS - 1);
}

Test(ide, an_error_of_the_host_is_one_of_the_disk)
{
    disk.fails = true;
    address(33, 1);
    command(0x20);
    cr_assert_eq(in(BASE + ATA_ERROR, 1), ATA_UNC);
    cr_assert_eq(in(BASE + ATA_LBA_LOW, 1), 33);
    command(0xe7);
    cr_assert_eq(status() & (ATA_DF | ATA_ERR), ATA_DF | ATA_ERR);
    command(0x30);
    for (unsigned at = 0; at < ATA_SECTOR; at += 2)
        out(BASE, 2, 0);
    cr_assert_eq(status() & (ATA_DF | ATA_ERR | ATA_DRQ), ATA_DF | ATA_ERR);
}

Test(ide, without_write_cache_a_write_is_on_the_disk_before_it_is_done)
{
    out(BASE + ATA_FEATURES, 1, 0x82);
    command(0xef);
    unsigned before = disk.flushes;
    address(1, 1);
    command(0x30);
    for (unsigned at = 0; at < ATA_SECTOR; at += 2)
        out(BASE, 2, 0);
    cr_assert_eq(disk.flushes - before, 1);
    command(0xe7);
    cr_assert_eq(disk.flushes - before, 2);
}

Test(ide, a_disk_that_cannot_be_written_refuses)
{
    disk.block.readonly = true;
    address(1, 1);
    command(0x30);
    cr_assert_eq(in(BASE + ATA_ERROR, 1), ATA_ABRT);
    command(0xca);
    cr_assert_eq(in(BASE + ATA_ERROR, 1), ATA_ABRT);
}

Test(ide, every_command_that_is_not_there_is_aborted)
{
    static const uint8_t unknown[] = { 0x01, 0x08, 0xa0, 0xa1, 0xb0, 0xf1, 0xff };
    for (unsigned i = 0; i < countof(unknown); i++) {
        command(unknown[i]);
        cr_assert_eq(in(BASE + ATA_ERROR, 1), ATA_ABRT, "command %02x", unknown[i]);
        cr_assert_eq(status(), ATA_DRDY | ATA_DSC | ATA_ERR);
    }
    cr_assert_eq(ide.channels[0].disks[0].mistakes[ATA_MISTAKE_COMMAND], countof(unknown));
    in(BASE, 2);
    cr_assert_eq(ide.channels[0].disks[0].mistakes[ATA_MISTAKE_DATA], 1);
}

// --- IDENTIFY DEVICE (table 27) --------------------------------------------------------------------------------------

static void identify(uint16_t *words)
{
    command(0xec);
    cr_assert(irq.level);
    for (unsigned i = 0; i < 256; i++)
        words[i] = (uint16_t)in(BASE, 2);
    cr_assert_eq(status() & ATA_DRQ, 0);
    in(BASE + ATA_STATUS, 1);
}

Test(ide, a_disk_says_what_it_is)
{
    uint16_t words[256];
    identify(words);
    cr_assert_eq(words[0], 0x0040);
    cr_assert_eq(words[1], DISK_SECTORS / (16 * 63));
    cr_assert_eq(words[10], 'S' << 8 | '1');
    cr_assert_eq(words[27], 'I' << 8 | 'N');
    cr_assert_eq(words[60] | (uint32_t)words[61] << 16, DISK_SECTORS);
    cr_assert_eq(words[100] | (uint32_t)words[101] << 16, DISK_SECTORS);
    cr_assert_eq(words[63], 0x0007);
    cr_assert_eq(words[83] & 0xc000, 0x4000);
}

Test(ide, settings_are_told)
{
    static const struct {
        uint8_t mode;
        uint16_t multiword, ultra;
    } rows[] = { { 0x0c, 0x0007, 0x003f }, { 0x22, 0x0407, 0x003f }, { 0x45, 0x0007, 0x203f } };
    uint16_t words[256];
    for (unsigned i = 0; i < countof(rows); i++) {
        out(BASE + ATA_FEATURES, 1, 3);
        out(BASE + ATA_COUNT, 1, rows[i].mode);
        command(0xef);
        cr_assert_eq(status() & ATA_ERR, 0);
        identify(words);
        cr_assert_eq(words[63], rows[i].multiword);
        cr_assert_eq(words[88], rows[i].ultra);
    }
    out(BASE + ATA_COUNT, 1, 0x46);
    command(0xef);
    cr_assert_eq(status() & ATA_ERR, ATA_ERR, "no such mode");
    out(BASE + ATA_FEATURES, 1, 0x82);
    command(0xef);
    identify(words);
    cr_assert_eq(words[85] & 0x20, 0);
}

// --- DMA (Bus Master IDE 1.0, 3.1) -----------------------------------------------------------------------------------

Test(ide, dma_follows_the_table)
{
    descriptor(0, DATA, 700);
    descriptor(1, DATA + 0x1000, 0x80000000 | (40 * 512 - 700));
    address(100, 40);
    command(0xc8);
    cr_assert_eq(irq.rises, 0);
    start(true);
    cr_assert_eq(irq.rises, 1);
    cr_assert_eq(in(MASTER + IDE_BMIS, 1), IDE_BMIS_INTERRUPT);
    cr_assert_eq(memcmp(rig.bytes + DATA, sector(100), 700), 0);
    cr_assert_eq(memcmp(rig.bytes + DATA + 0x1000, sector(100) + 700, 40 * 512 - 700), 0);
    cr_assert_eq(in(BASE + ATA_STATUS, 1), ATA_DRDY | ATA_DSC);
}

Test(ide, the_bus_master_may_be_started_first_and_writes_as_well)
{
    memset(rig.bytes + DATA, 0x5a, 1024);
    descriptor(0, DATA, 0x80000000 | 1024);
    start(false);
    cr_assert_eq(in(MASTER + IDE_BMIS, 1), IDE_BMIS_ACTIVE);
    address_ext(200, 2);
    command(0x35);
    cr_assert_eq(in(MASTER + IDE_BMIS, 1), IDE_BMIS_INTERRUPT);
    cr_assert_eq(memcmp(sector(200), rig.bytes + DATA, 1024), 0);
    cr_assert_eq(sector(202)[0], 202);
}

Test(ide, a_table_that_is_longer_leaves_the_bus_master_active)
{
    descriptor(0, DATA, 0x80000000 | 2048);
    address(1, 1);
    command(0xc8);
    start(true);
    cr_assert_eq(in(MASTER + IDE_BMIS, 1), IDE_BMIS_INTERRUPT | IDE_BMIS_ACTIVE);
    out(MASTER + IDE_BMIC, 1, 0);
    cr_assert_eq(in(MASTER + IDE_BMIS, 1), IDE_BMIS_INTERRUPT);
}

Test(ide, a_table_that_is_shorter_leaves_the_disk_waiting)
{
    descriptor(0, DATA, 0x80000000 | 512);
    address(1, 2);
    command(0xc8);
    start(true);
    cr_assert_eq(in(MASTER + IDE_BMIS, 1), 0);
    cr_assert(status() & ATA_DRQ);
    cr_assert_eq(irq.rises, 0);
    cr_assert_eq(ide.channels[0].mistakes[IDE_MISTAKE_SHORT], 1);
}

Test(ide, a_count_of_zero_is_64_kib)
{
    descriptor(0, DATA, 0x80000000);
    address(0, 128);
    command(0xc8);
    start(true);
    cr_assert_eq(in(MASTER + IDE_BMIS, 1), IDE_BMIS_INTERRUPT);
    cr_assert_eq(rig.bytes[DATA + 0xffff], 127);
}

Test(ide, where_no_memory_is_the_bus_master_reports_an_error)
{
    descriptor(0, 0x80000000, 0x80000000 | 512);
    address(1, 1);
    command(0xc8);
    start(true);
    cr_assert_eq(in(MASTER + IDE_BMIS, 1), IDE_BMIS_ERROR);
    out(MASTER + IDE_BMIS, 1, IDE_BMIS_ERROR | 0x20);
    cr_assert_eq(in(MASTER + IDE_BMIS, 1), 0x20);
    rig_set(&rig, &ide.pci, PCI_COMMAND, 2, PCI_COMMAND_IO);
    descriptor(0, DATA, 0x80000000 | 512);
    start(true);
    cr_assert_eq(in(MASTER + IDE_BMIS, 1) & 7, IDE_BMIS_ERROR, "not a bus master");
}

Test(ide, the_other_direction_moves_nothing)
{
    descriptor(0, DATA, 0x80000000 | 512);
    address(1, 1);
    command(0xc8);
    start(false);
    cr_assert_eq(in(MASTER + IDE_BMIS, 1), IDE_BMIS_ACTIVE);
    cr_assert(status() & ATA_DRQ);
}

// --- State -----------------------------------------------------------------------------------------------------------

static void list(void *object, struct visit *v)
{
    ide_visit(object, v);
}

static void list_disk(void *object, struct visit *v)
{
    ata_visit(object, v);
}

Test(ide, a_transfer_goes_on_after_a_load)
{
    struct visit_save save;
    address(5, 2);
    command(0x20);
    for (unsigned i = 0; i < 100; i++)
        in(BASE, 2);
    visit_save_init(&save);
    list(&ide, &save.visit);
    out(CONTROL, 1, IDE_SRST);
    out(CONTROL, 1, 0);
    rig_set(&rig, &ide.pci, IDE_IDETIM, 2, 0);
    check_load(&ide, list, &save);
    ide_loaded(&ide);
    for (unsigned i = 100; i < 512; i++)
        cr_assert_eq(in(BASE, 2), bytes_get(sector(5) + 2 * i, 2));
    cr_assert_eq(status() & ATA_DRQ, 0);
    free(save.data);
}

Test(ide, the_list_of_a_disk_covers_it)
{
    struct ata *ata = &ide.channels[0].disks[0];
    enum { PADDING = 6 };
    cr_assert_eq(visit_uncovered(ata, sizeof *ata, list_disk), sizeof ata->block + sizeof ata->sectors +
                                                                   sizeof ata->serial + sizeof ata->is_cd +
                                                                   sizeof ata->is_serial + PADDING);
}
