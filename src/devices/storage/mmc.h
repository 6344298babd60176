// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// What a CD drive says of itself and its medium, for ATAPI packets and SCSI commands alike. MMC-3 (INCITS 360-2002), 6.
#ifndef DEVICES_STORAGE_MMC_H
#define DEVICES_STORAGE_MMC_H

#include <stdbool.h>
#include <stdint.h>

#define MMC_SECTOR 2048u
#define MMC_ANSWER 64u // bytes of the longest answer

// Additional sense codes, SPC-4 annex D.
enum {
    MMC_INVALID_FIELD = 0x24,
    MMC_NO_MEDIUM = 0x3a,
};

enum mmc_result { MMC_DONE, MMC_ILLEGAL, MMC_NOT_READY, MMC_UNKNOWN };

// Answers the command `packet`, of 10 bytes at least, for a medium of `sectors` sectors (0: there is none). `out` has MMC_ANSWER
// bytes, *size of which are the answer, and *room is how many the host takes. MMC_ILLEGAL: INVALID FIELD IN CDB; MMC_UNKNOWN: it
// is none of these commands.
enum mmc_result mmc_answer(const uint8_t *packet, uint32_t sectors, uint8_t *out, uint32_t *size, uint32_t *room);

#endif
