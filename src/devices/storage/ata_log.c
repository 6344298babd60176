// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The logs of a serial disk: which there are, and the queued command that failed. ATA/ATAPI-6, 8.30 (READ LOG EXT), and A
// (the directory); Serial ATA Revision 2.6, 13.7 (page 10h).
//
//     00h  NQ | tag      NQ: a command that was not queued failed
//     02h  status, error, LBA low to high, device, LBA low to high (previous), 0, count, count (previous)
//    1ffh  the sum of all bytes is 0
//
// Not modelled: logs other than these two.
#include <string.h>

#include "base/bits.h"
#include "devices/storage/ata.h"

enum { DIRECTORY = 0x00, QUEUE = 0x10, VERSION = 1, LAST = ATA_SECTOR - 1 };

void ata_log_queue(struct ata *ata)
{
    uint8_t *log = ata->queue_log;
    ata->queue_failed = true;
    log[0] = (uint8_t)ata_tag(ata);
    log[2] = ata->status;
    log[3] = ata->error;
    for (unsigned i = 0; i < 3; i++) {
        log[4 + i] = ata_read(ata, ATA_LBA_LOW + i, false);
        log[8 + i] = ata_read(ata, ATA_LBA_LOW + i, true);
    }
    log[7] = ata->device;
    log[12] = (uint8_t)ata->count;
    log[13] = (uint8_t)(ata->count >> 8);
}

static void sum(uint8_t *page)
{
    for (unsigned i = 0; i < LAST; i++)
        page[LAST] -= page[i];
}

// One page of one sector, from the first on; each log has one.
bool ata_read_log(struct ata *ata, uint8_t *out)
{
    unsigned log = ata->lba[0] & 0xff;
    if (ata->count != 1 || ata->lba[1] != 0 || (log != DIRECTORY && log != QUEUE))
        return false;
    memset(out, 0, ATA_SECTOR);
    if (log == DIRECTORY) {
        bytes_put(out, 2, VERSION);
        bytes_put(out + 2 * QUEUE, 2, 1);
        return true;
    }
    memcpy(out, ata->queue_log, sizeof ata->queue_log);
    sum(out);
    ata->queue_failed = false;
    return true;
}
