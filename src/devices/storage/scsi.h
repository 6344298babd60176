// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// A logical unit of SCSI: a disk or a CD drive, whatever adapter its commands come by. SPC-4 (INCITS 513), SBC-3 (INCITS 514),
// MMC-3 (INCITS 360).
//
//     adapter ── scsi_execute: CDB, where the data goes ──> status, sense data, bytes moved
//
// A command is finished when scsi_execute returns.
#ifndef DEVICES_STORAGE_SCSI_H
#define DEVICES_STORAGE_SCSI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <intact/backend.h>

#include "base/visit.h"

#define SCSI_SERIAL 36u // characters
#define SCSI_SENSE  18u // bytes of sense data, fixed format
#define SCSI_CDB    16u // bytes of the longest CDB that is known

// Status codes, SAM-5 5.3.
enum { SCSI_GOOD = 0x00, SCSI_CHECK_CONDITION = 0x02 };

struct scsi_unit {
    bool attention;  // there was a reset since the last command (29h)
    uint32_t failed; // commands that ended with CHECK CONDITION
    // Configuration.
    const struct intact_block *block;
    bool cd;
    uint32_t block_size; // bytes: 512 of a disk, 2048 of a CD
    char serial[SCSI_SERIAL];
};

// Where a command's data is. `get` reads what the host sends, `put` writes what it gets; false: that memory is not there.
struct scsi_data {
    bool (*get)(void *owner, uint64_t offset, void *data, size_t size);
    bool (*put)(void *owner, uint64_t offset, const void *data, size_t size);
    void *owner;
    uint64_t out_size, in_size; // bytes that the host sends, and has room for
};

struct scsi_result {
    uint8_t status;
    uint8_t sense[SCSI_SENSE]; // with SCSI_CHECK_CONDITION
    uint64_t moved;            // bytes of data that were taken or given
    uint64_t wanted;           // bytes that the command has; more than `moved` and the host's sizes: an overrun
    bool broken;               // `get` or `put` returned false
};

// `block` is kept alive by the caller. `serial`: up to SCSI_SERIAL characters; NULL: none.
void scsi_init(struct scsi_unit *unit, const struct intact_block *block, const char *serial, bool cd);
void scsi_reset(struct scsi_unit *unit);
void scsi_visit(struct scsi_unit *unit, struct visit *v);

// Executes a command, of SCSI_CDB bytes.
void scsi_execute(struct scsi_unit *unit, const uint8_t *cdb, const struct scsi_data *data, struct scsi_result *result);
// Sense data for an adapter: of a unit that is not there, for example.
void scsi_fail(struct scsi_result *result, uint8_t key, uint8_t code);

// Sense keys and additional sense codes, SPC-4 4.5 and annex D.
enum { SCSI_NOT_READY = 2, SCSI_MEDIUM_ERROR = 3, SCSI_ILLEGAL = 5, SCSI_ATTENTION = 6, SCSI_PROTECT = 7 };
enum {
    SCSI_WRITE_ERROR = 0x0c,
    SCSI_READ_ERROR = 0x11,
    SCSI_BAD_LENGTH = 0x1a,
    SCSI_BAD_COMMAND = 0x20,
    SCSI_OUT_OF_RANGE = 0x21,
    SCSI_BAD_FIELD = 0x24,
    SCSI_NO_UNIT = 0x25,
    SCSI_BAD_PARAMETER = 0x26,
    SCSI_WRITE_PROTECTED = 0x27,
    SCSI_WAS_RESET = 0x29,
    SCSI_NO_MEDIUM = 0x3a,
};

#endif
