// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// A bank of parallel NOR flash: two 28F256J3 side by side, 16 bits each, as one of 32 bits. Common Flash Interface
// (JEDEC JESD68) with Intel's command set 0001h; the chips are those of Numonyx 319942 (StrataFlash J3-65nm, 256 Mbit).
//
//     D31:16  chip 1      64 MiB together, erased in blocks of 256 KiB (128 KiB of each chip)
//     D15:0   chip 0      each has its own commands, status and write buffer
//
// As long as both chips show their array, the bank is plain memory that the board may let vCPUs read (and run)
// directly; `turned` is called when that begins or ends. Writes always come here.
#ifndef DEVICES_CFI_FLASH_H
#define DEVICES_CFI_FLASH_H

#include <stdbool.h>
#include <stdint.h>

#include "base/visit.h"

#define CFI_FLASH_SIZE         (UINT64_C(64) << 20) // bytes of a bank; region.widest = 4
#define CFI_FLASH_CHIPS        2
#define CFI_FLASH_BLOCK        (UINT64_C(256) << 10) // bytes of a bank's block
#define CFI_FLASH_BLOCKS       256
#define CFI_FLASH_BUFFER_WORDS 512 // of one chip

enum { // status register (Numonyx 319942, "Status Register")
    CFI_FLASH_SR_LOCKED = 1 << 1,
    CFI_FLASH_SR_VPEN = 1 << 3,    // the bank may not be written
    CFI_FLASH_SR_PROGRAM = 1 << 4, // a program failed
    CFI_FLASH_SR_ERASE = 1 << 5,   // an erase failed; with SR.4: a wrong sequence of commands
    CFI_FLASH_SR_READY = 1 << 7,
};

enum cfi_flash_mistake {
    CFI_FLASH_MISTAKE_COMMAND,  // no command of these chips
    CFI_FLASH_MISTAKE_SEQUENCE, // a wrong cycle after the first one of a command
    CFI_FLASH_MISTAKES
};

struct cfi_flash_chip {
    uint8_t shows;   // enum: what a read returns
    uint8_t expects; // enum: what the next write is
    uint8_t status;  // SR.5 to SR.1; the chip is always ready
    uint32_t start;  // of the buffer, words
    uint16_t words;  // that it takes
    uint16_t filled; // of them
    uint16_t buffer[CFI_FLASH_BUFFER_WORDS];
    uint64_t locks[CFI_FLASH_BLOCKS / 64]; // block lock bits
};

struct cfi_flash {
    struct cfi_flash_chip chips[CFI_FLASH_CHIPS];
    uint32_t mistakes[CFI_FLASH_MISTAKES];
    // The board's.
    uint8_t *data; // CFI_FLASH_SIZE bytes: the array
    bool writable; // VPEN
    // Called when the whole bank starts (`array`) or stops to show its array. May be NULL.
    void (*turned)(void *owner, bool array);
    // Bytes of the array have changed. False: they cannot be saved, and the chip reports a failed program or erase. May
    // be NULL.
    bool (*changed)(void *owner, uint64_t offset, uint64_t size);
    void *owner;
};

// All blocks unlocked, showing the array. The board sets `turned`, `changed` and `owner`.
void cfi_flash_init(struct cfi_flash *flash, uint8_t *data, bool writable);
// RP#: the array is shown. What is stored, and the lock bits, stay.
void cfi_flash_reset(struct cfi_flash *flash, uint64_t now);

// True: reads give `data`.
bool cfi_flash_shows_array(const struct cfi_flash *flash);

uint64_t cfi_flash_read(void *owner, uint64_t offset, unsigned size, uint64_t now);
void cfi_flash_write(void *owner, uint64_t offset, unsigned size, uint64_t value, uint64_t now);

// Without `data`.
void cfi_flash_visit(struct cfi_flash *flash, struct visit *v);

#endif
