// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The commands of an ATA disk. ATA/ATAPI-6, section 8; each row names its own. Any other command is aborted (8.1).
#include <string.h>

#include "base/bits.h"
#include "devices/storage/ata.h"

// 48-bit addresses; a block is as SET MULTIPLE MODE says; also, or only, a command of a CD drive; a disk's that tells its
// signature on one; of a serial disk; queued, so that its count is in FEATURES; done although a queued one has failed.
enum { EXT = 1, MULTI = 2, BOTH = 4, PACKET = 8, SIGNS = 16, SERIAL = 32, QUEUED = 64, LOG = 128 };
enum { MOST_28 = 0x0fffffff };

struct command {
    uint8_t code;
    uint8_t flags;
    uint8_t phase; // how it moves data: a command for sectors; ATA_IDLE: `run` does all
    const char *name;
    void (*run)(struct ata *ata);
};

// --- Addresses -------------------------------------------------------------------------------------------------------

static uint64_t lba_of(const struct ata *ata)
{
    uint64_t low = 0, high = 0;
    for (unsigned i = 0; i < 3; i++) {
        low |= (uint64_t)(ata->lba[i] & 0xff) << (8 * i);
        high |= (uint64_t)(ata->lba[i] >> 8) << (8 * i);
    }
    return low | (ata->extended ? high : ata->device & ATA_DEVICE_HEAD) << 24;
}

// 6.2: cylinders, heads and sectors, of which the last ones count from 1. UINT64_MAX: no such sector.
static uint64_t chs_of(const struct ata *ata)
{
    unsigned head = ata->device & ATA_DEVICE_HEAD, sector = ata->lba[0] & 0xff;
    unsigned cylinder = (ata->lba[1] & 0xff) | (ata->lba[2] & 0xffu) << 8;
    if (head >= ata->heads || sector == 0 || sector > ata->sectors_per_track)
        return UINT64_MAX;
    return ((uint64_t)cylinder * ata->heads + head) * ata->sectors_per_track + sector - 1;
}

static uint32_t sectors_of(const struct ata *ata)
{
    uint16_t count = ata_is_queued(ata) ? ata->features : ata->count;
    if (ata->extended)
        return count ? count : 65536;
    return ata->count & 0xff ? ata->count & 0xff : 256;
}

static void refuse(struct ata *ata, enum ata_mistake mistake, uint8_t error)
{
    ata->mistakes[mistake]++;
    ata_done(ata, error);
}

static bool find_sectors(struct ata *ata)
{
    bool by_lba = ata->extended || ata->device & ATA_DEVICE_LBA;
    uint64_t first = by_lba ? lba_of(ata) : chs_of(ata);
    uint32_t count = sectors_of(ata);
    if (first > ata->sectors || count > ata->sectors - first)
        return false;
    ata->sector = first;
    ata->left = count;
    return true;
}

// --- Data ------------------------------------------------------------------------------------------------------------

static void move_sectors(struct ata *ata, const struct command *command)
{
    bool out = command->phase == ATA_PIO_OUT || command->phase == ATA_DMA_OUT;
    if ((out && ata->block->readonly) || (command->flags & MULTI && !ata->multiple)) {
        ata_done(ata, ATA_ABRT);
    } else if (!find_sectors(ata)) {
        refuse(ata, ATA_MISTAKE_RANGE, ATA_IDNF);
    } else {
        bool dma = command->phase == ATA_DMA_IN || command->phase == ATA_DMA_OUT;
        ata->per_block = dma ? ATA_MULTIPLE : command->flags & MULTI ? ata->multiple : 1;
        ata_begin(ata, (enum ata_phase)command->phase);
    }
}

static void verify(struct ata *ata)
{
    if (!find_sectors(ata)) {
        refuse(ata, ATA_MISTAKE_RANGE, ATA_IDNF);
        return;
    }
    ata->left = 0;
    ata_done(ata, 0);
}

// One block that is in the buffer already.
static void give_sector(struct ata *ata)
{
    ata->phase = ATA_PIO_IN;
    ata->left = 0;
    ata->position = 0;
    ata->length = ata->end = ATA_SECTOR;
    ata->error = 0;
    ata->status = ATA_DRDY | ATA_DSC | ATA_DRQ;
    ata->interrupt = true;
}

static void identify(struct ata *ata)
{
    ata_identify(ata, ata->buffer);
    give_sector(ata);
}

static void read_log(struct ata *ata)
{
    if (ata_read_log(ata, ata->buffer))
        give_sector(ata);
    else
        ata_done(ata, ATA_ABRT);
}

static void flush(struct ata *ata)
{
    const struct intact_block *block = ata->block;
    bool failed = block->flush && block->flush(block->owner) < 0;
    ata_done(ata, failed ? ATA_ABRT : 0);
    ata->status |= failed ? ATA_DF : 0;
}

// --- Settings --------------------------------------------------------------------------------------------------------

static void nothing(struct ata *ata)
{
    ata_done(ata, 0);
}

static void no_operation(struct ata *ata)
{
    ata_done(ata, ATA_ABRT); // 8.24.6: always
}

// 8.7: the signature again, without an interrupt.
static void reset_device(struct ata *ata)
{
    ata_soft_reset(ata);
}

static void diagnose(struct ata *ata)
{
    ata_soft_reset(ata);
    ata->interrupt = true;
}

// INITIALIZE DEVICE PARAMETERS was left out of ATA/ATAPI-6: ATA/ATAPI-5 (T13/1321D), 8.16.
static void set_translation(struct ata *ata)
{
    uint8_t sectors = (uint8_t)ata->count;
    if (sectors == 0) {
        ata_done(ata, ATA_ABRT);
        return;
    }
    ata->sectors_per_track = sectors;
    ata->heads = (uint8_t)((ata->device & ATA_DEVICE_HEAD) + 1);
    ata_done(ata, 0);
}

static void set_multiple(struct ata *ata)
{
    unsigned sectors = ata->count & 0xff;
    bool good = sectors == 0 || (sectors <= ATA_MULTIPLE && is_power_of_two(sectors));
    ata->multiple = good ? (uint8_t)sectors : 0;
    ata_done(ata, good ? 0 : ATA_ABRT);
}

// 8.46, table 44: PIO default and flow control modes, multiword DMA, Ultra DMA.
static bool set_transfer_mode(struct ata *ata)
{
    unsigned mode = ata->count & 0xff, number = mode & 7;
    bool good = mode <= 1 || (mode >> 3 == 1 && number <= 4) || (mode >> 3 == 4 && number <= 2) ||
                (mode >> 3 == 8 && number <= 5);
    if (good)
        ata->transfer_mode = (uint8_t)mode;
    return good;
}

static void set_features(struct ata *ata)
{
    bool good = true;
    switch (ata->features & 0xff) {
    case 0x02: ata->write_cache = true; break;
    case 0x03: good = set_transfer_mode(ata); break;
    case 0x55: ata->look_ahead = false; break;
    case 0x66: break; // settings stay after a soft reset, as they do in any case
    case 0x82:
        ata->write_cache = false;
        flush(ata);
        return;
    case 0xaa: ata->look_ahead = true; break;
    case 0xcc: break;
    default: good = false;
    }
    ata_done(ata, good ? 0 : ATA_ABRT);
}

static void check_power(struct ata *ata)
{
    ata->count = 0xff; // active or idle
    ata_done(ata, 0);
}

static void native_max(struct ata *ata)
{
    uint64_t last = ata->sectors - 1;
    ata_tell_sector(ata, ata->extended || last < MOST_28 ? last : MOST_28);
    ata_done(ata, 0);
}

// --- The list --------------------------------------------------------------------------------------------------------

static const struct command commands[] = {
    { 0x00, BOTH, ATA_IDLE, "NOP", no_operation },
    { 0x08, PACKET, ATA_IDLE, "DEVICE RESET", reset_device },
    { 0x10, 0, ATA_IDLE, "RECALIBRATE", nothing },
    { 0x20, SIGNS, ATA_PIO_IN, "READ SECTOR(S)", NULL },
    { 0x21, 0, ATA_PIO_IN, "READ SECTOR(S), without retries", NULL },
    { 0x24, EXT, ATA_PIO_IN, "READ SECTOR(S) EXT", NULL },
    { 0x25, EXT, ATA_DMA_IN, "READ DMA EXT", NULL },
    { 0x27, EXT, ATA_IDLE, "READ NATIVE MAX ADDRESS EXT", native_max },
    { 0x29, EXT | MULTI, ATA_PIO_IN, "READ MULTIPLE EXT", NULL },
    { 0x2f, EXT | SERIAL | LOG, ATA_IDLE, "READ LOG EXT", read_log },
    { 0x30, 0, ATA_PIO_OUT, "WRITE SECTOR(S)", NULL },
    { 0x31, 0, ATA_PIO_OUT, "WRITE SECTOR(S), without retries", NULL },
    { 0x34, EXT, ATA_PIO_OUT, "WRITE SECTOR(S) EXT", NULL },
    { 0x35, EXT, ATA_DMA_OUT, "WRITE DMA EXT", NULL },
    { 0x39, EXT | MULTI, ATA_PIO_OUT, "WRITE MULTIPLE EXT", NULL },
    { 0x40, 0, ATA_IDLE, "READ VERIFY SECTOR(S)", verify },
    { 0x41, 0, ATA_IDLE, "READ VERIFY SECTOR(S), without retries", verify },
    { 0x42, EXT, ATA_IDLE, "READ VERIFY SECTOR(S) EXT", verify },
    { 0x60, EXT | SERIAL | QUEUED, ATA_DMA_IN, "READ FPDMA QUEUED", NULL },
    { 0x61, EXT | SERIAL | QUEUED, ATA_DMA_OUT, "WRITE FPDMA QUEUED", NULL },
    { 0x70, 0, ATA_IDLE, "SEEK", nothing },
    { 0x90, BOTH, ATA_IDLE, "EXECUTE DEVICE DIAGNOSTIC", diagnose },
    { 0x91, 0, ATA_IDLE, "INITIALIZE DEVICE PARAMETERS", set_translation },
    { 0xa0, PACKET, ATA_IDLE, "PACKET", atapi_begin },
    { 0xa1, PACKET, ATA_IDLE, "IDENTIFY PACKET DEVICE", identify },
    { 0xc4, MULTI, ATA_PIO_IN, "READ MULTIPLE", NULL },
    { 0xc5, MULTI, ATA_PIO_OUT, "WRITE MULTIPLE", NULL },
    { 0xc6, 0, ATA_IDLE, "SET MULTIPLE MODE", set_multiple },
    { 0xc8, 0, ATA_DMA_IN, "READ DMA", NULL },
    { 0xc9, 0, ATA_DMA_IN, "READ DMA, without retries", NULL },
    { 0xca, 0, ATA_DMA_OUT, "WRITE DMA", NULL },
    { 0xcb, 0, ATA_DMA_OUT, "WRITE DMA, without retries", NULL },
    { 0xe0, BOTH, ATA_IDLE, "STANDBY IMMEDIATE", nothing },
    { 0xe1, BOTH, ATA_IDLE, "IDLE IMMEDIATE", nothing },
    { 0xe2, BOTH, ATA_IDLE, "STANDBY", nothing },
    { 0xe3, BOTH, ATA_IDLE, "IDLE", nothing },
    { 0xe5, BOTH, ATA_IDLE, "CHECK POWER MODE", check_power },
    { 0xe6, BOTH, ATA_IDLE, "SLEEP", nothing },
    { 0xe7, 0, ATA_IDLE, "FLUSH CACHE", flush },
    { 0xea, EXT, ATA_IDLE, "FLUSH CACHE EXT", flush },
    { 0xec, SIGNS, ATA_IDLE, "IDENTIFY DEVICE", identify },
    { 0xef, BOTH, ATA_IDLE, "SET FEATURES", set_features },
    { 0xf8, 0, ATA_IDLE, "READ NATIVE MAX ADDRESS", native_max },
};

static const struct command *find(uint8_t code)
{
    for (unsigned i = 0; i < countof(commands); i++)
        if (commands[i].code == code)
            return &commands[i];
    return NULL;
}

static bool takes(const struct ata *ata, const struct command *command)
{
    if ((command->flags & SERIAL && !ata->is_serial) || (ata->queue_failed && !(command->flags & LOG)))
        return false;
    return command->flags & BOTH || ata->is_cd == ((command->flags & PACKET) != 0);
}

bool ata_is_queued(const struct ata *ata)
{
    const struct command *command = ata->is_serial && !ata->is_cd ? find(ata->command) : NULL;
    return command && command->flags & QUEUED;
}

unsigned ata_tag(const struct ata *ata)
{
    return ata->count >> 3 & (ATA_TAGS - 1);
}

// 8.15.5.1, 8.27.5.1: software that looks for a disk finds a CD drive by its signature.
static void sign(struct ata *ata)
{
    ata_soft_reset(ata);
    ata_done(ata, ATA_ABRT);
    ata->count = 1;
}

void ata_execute(struct ata *ata, uint8_t code)
{
    const struct command *command = find(code);
    ata->mistakes[ATA_MISTAKE_EARLY] += ata->phase != ATA_IDLE;
    ata->phase = ATA_IDLE;
    ata->left = 0;
    ata->interrupt = false;
    ata->command = code;
    ata->extended = command && command->flags & EXT;
    if (command && command->flags & SIGNS && ata->is_cd)
        sign(ata);
    else if (!command || !takes(ata, command))
        refuse(ata, ATA_MISTAKE_COMMAND, ATA_ABRT);
    else if (command->run)
        command->run(ata);
    else
        move_sectors(ata, command);
}
