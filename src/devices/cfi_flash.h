// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// A bank of parallel NOR flash. Common Flash Interface (JEDEC JESD68) with Intel's command set 0001h.
//
// cfi_flash_pair, of virt: two 28F256J3 side by side, 16 bits each, as one of 32 bits (Numonyx 319942, StrataFlash
// J3-65nm, 256 Mbit).
//
//     D31:16  chip 1      64 MiB together, erased in blocks of 256 KiB (128 KiB of each chip)
//     D15:0   chip 0      each has its own commands, status and write buffer
//
// cfi_flash_byte, of the PC: one chip of 8 bits with blocks of 4 KiB, as OVMF expects it. No data sheet has that chip.
//
// As long as both chips show their array, the bank is plain memory that the board may let vCPUs read (and run)
// directly; `turned` is called when that begins or ends. Writes always come here.
#ifndef DEVICES_CFI_FLASH_H
#define DEVICES_CFI_FLASH_H

#include <stdbool.h>
#include <stdint.h>

#include "base/visit.h"

#define CFI_FLASH_SIZE         (UINT64_C(64) << 20) // bytes of cfi_flash_pair; region.widest = 4 for any type
#define CFI_FLASH_CHIPS        2
#define CFI_FLASH_BLOCK        (UINT64_C(256) << 10) // bytes of a block of cfi_flash_pair
#define CFI_FLASH_BYTE_SIZE    (UINT64_C(8) << 20)   // bytes of cfi_flash_byte, at most
#define CFI_FLASH_BYTE_BLOCK   (UINT64_C(4) << 10)   // bytes of its blocks
#define CFI_FLASH_BLOCKS       2048                  // of a bank, at most
#define CFI_FLASH_BUFFER_WORDS 512                   // of one chip; 256 of cfi_flash_byte

enum { // status register (Numonyx 319942, "Status Register")
    CFI_FLASH_SR_LOCKED = 1 << 1,
    CFI_FLASH_SR_VPEN = 1 << 3,    // the bank may not be written
    CFI_FLASH_SR_PROGRAM = 1 << 4, // a program failed
    CFI_FLASH_SR_ERASE = 1 << 5,   // an erase failed; with SR.4: a wrong sequence of commands
    CFI_FLASH_SR_READY = 1 << 7,   // always of cfi_flash_pair
};

enum cfi_flash_mistake {
    CFI_FLASH_MISTAKE_COMMAND,  // no command of these chips
    CFI_FLASH_MISTAKE_SEQUENCE, // a wrong cycle after the first one of a command
    CFI_FLASH_MISTAKES
};

struct cfi_flash_type {
    unsigned chips; // side by side
    unsigned width; // bytes of the data bus of each
    uint64_t block; // bytes of the bank that are erased together
    // Status is 0 after a reset and after 50h, without SR.7, until something is programmed or erased.
    bool clears_ready;
};

extern const struct cfi_flash_type cfi_flash_pair, cfi_flash_byte;

struct cfi_flash_chip {
    uint8_t shows;   // enum: what a read returns
    uint8_t expects; // enum: what the next write is
    uint8_t status;  // SR
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
    uint8_t *data; // the array
    uint64_t size; // of it: whole blocks
    bool writable; // VPEN
    const struct cfi_flash_type *type;
    // Called when the whole bank starts (`array`) or stops to show its array. May be NULL.
    void (*turned)(void *owner, bool array);
    // Bytes of the array have changed. False: they cannot be saved, and the chip reports a failed program or erase. May
    // be NULL.
    bool (*changed)(void *owner, uint64_t offset, uint64_t size);
    void *owner;
};

// All blocks unlocked, showing the array. The board sets `turned`, `changed` and `owner`.
void cfi_flash_init(struct cfi_flash *flash, const struct cfi_flash_type *type, uint8_t *data, uint64_t size,
                    bool writable);
// RP#: the array is shown. What is stored, and the lock bits, stay.
void cfi_flash_reset(struct cfi_flash *flash, uint64_t now);

// True: reads give `data`.
bool cfi_flash_shows_array(const struct cfi_flash *flash);

uint64_t cfi_flash_read(void *owner, uint64_t offset, unsigned size, uint64_t now);
void cfi_flash_write(void *owner, uint64_t offset, unsigned size, uint64_t value, uint64_t now);

// Without `data`.
void cfi_flash_visit(struct cfi_flash *flash, struct visit *v);

#endif
