// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Numonyx 319942 (J3-65nm, 256 Mbit): "Command Definitions", "Program Operations", "Block Erase", "Security and
// Protection", "Status Register", appendix "Common Flash Interface".
//
// Two chips are selected together, so that a write of less than 32 bits reaches both: as a command it comes on all
// lanes, so that firmware which expects a single 16-bit chip finds one; as data it comes on its own lanes, with ones,
// which program nothing, on the others.
//
// OVMF tells flash from RAM and ROM by a status of 0 after 50h (QemuFlashFvbServicesRuntimeDxe); the J3 chips are always
// ready, with SR.7 set.
//
// Not modelled: the time that programs and erases take (they are done at once, so that there is nothing to suspend),
// the one-time programmable registers, passwords, the STS pin. Lock bits are lost at the end of the machine.
#include "devices/cfi_flash.h"

#include <string.h>

#include "base/bits.h"

const struct cfi_flash_type cfi_flash_pair = { .chips = 2, .width = 2, .block = CFI_FLASH_BLOCK };
const struct cfi_flash_type cfi_flash_byte = {
    .chips = 1, .width = 1, .block = CFI_FLASH_BYTE_BLOCK, .clears_ready = true
};

enum shows { SHOW_ARRAY, SHOW_STATUS, SHOW_QUERY };

enum expects {
    EXPECT_COMMAND,
    EXPECT_WORD,          // of 40h
    EXPECT_ERASE_CONFIRM, // of 20h
    EXPECT_LOCK,          // of 60h
    EXPECT_COUNT,         // of E8h
    EXPECT_BUFFER,
    EXPECT_BUFFER_CONFIRM,
    EXPECT_CONFIGURATION, // of B8h: how the STS pin is used
};

enum command {
    COMMAND_WORD_OLD = 0x10, // an older number of 40h
    COMMAND_ERASE = 0x20,
    COMMAND_WORD = 0x40,
    COMMAND_CLEAR_STATUS = 0x50,
    COMMAND_LOCK = 0x60,
    COMMAND_READ_STATUS = 0x70,
    COMMAND_IDENTIFY = 0x90,
    COMMAND_QUERY = 0x98,
    COMMAND_SUSPEND = 0xb0,
    COMMAND_CONFIGURE = 0xb8,
    COMMAND_CONFIRM = 0xd0, // alone: resume
    COMMAND_BUFFER = 0xe8,
    COMMAND_READ_ARRAY = 0xff,
    LOCK_SET = 0x01,
};

enum { QUERY_MANUFACTURER = 0, QUERY_DEVICE = 1, QUERY_LOCKED = 2 };
enum { QUERY_SIZE = 0x27, QUERY_WIDTH = 0x28, QUERY_BUFFER = 0x2a, QUERY_BLOCKS = 0x2d, QUERY_BLOCK = 0x2f };

// Appendix "Common Flash Interface", by word; without what depends on the type. Times are powers of two.
static const uint8_t query[] = {
    [0x10] = 'Q',    [0x11] = 'R',                 // the query identification
    [0x12] = 'Y',    [0x13] = 0x01, [0x15] = 0x31, // command set 0001h, whose table is at 31h
    [0x1b] = 0x27,   [0x1c] = 0x36,                // supply: 2.7 to 3.6 V, no VPP
    [0x1f] = 6,      [0x20] = 7,    [0x21] = 10,   // 64 us to program a word, 128 us a buffer, 1 s to erase a block
    [0x23] = 2,      [0x24] = 3,    [0x25] = 2,    // at most 2^n times longer
    [0x2c] = 1,                                    // all blocks have one size
    [0x31] = 'P',    [0x32] = 'R',  [0x33] = 'I',  [0x34] = '1', [0x35] = '1',
    [0x36] = 1 << 3,                            // with lock bits, without suspend
    [0x3b] = 0x01,   [0x3d] = 0x33, [0x40] = 0, // BSR.0 implemented, 3.3 V, no one-time programmable field
};

// --- Reading --------------------------------------------------------------------------------------------------------

// Bytes of the bank for each word of its chips.
static unsigned word_bytes(const struct cfi_flash *flash)
{
    return flash->type->chips * flash->type->width;
}

// Of one chip.
static uint32_t block_words(const struct cfi_flash *flash)
{
    return (uint32_t)(flash->type->block / word_bytes(flash));
}

static bool is_locked(const struct cfi_flash *flash, const struct cfi_flash_chip *chip, uint32_t word)
{
    uint32_t block = word / block_words(flash);
    return chip->locks[block / 64] >> (block % 64) & 1;
}

static unsigned log2_of(uint64_t value)
{
    unsigned bits = 0;
    while (UINT64_C(1) << bits < value)
        bits++;
    return bits;
}

// 2^n bytes of a chip; x8 only, or x8 and x16; 2^n bytes of write buffer; blocks - 1; a block's bytes / 256.
static uint16_t query_geometry(const struct cfi_flash *flash, uint32_t word)
{
    uint64_t blocks = flash->size / flash->type->block, bytes = flash->type->block / flash->type->chips;
    bool wide = flash->type->width == 2;
    switch (word) {
    case QUERY_SIZE: return (uint16_t)log2_of(flash->size / flash->type->chips);
    case QUERY_WIDTH: return wide ? 2 : 0;
    case QUERY_BUFFER: return wide ? 10 : 8;
    case QUERY_BLOCKS: return (blocks - 1) & 0xff;
    case QUERY_BLOCKS + 1: return (blocks - 1) >> 8 & 0xff;
    case QUERY_BLOCK: return bytes >> 8 & 0xff;
    case QUERY_BLOCK + 1: return bytes >> 16 & 0xff;
    default: return word < sizeof query ? query[word] : 0;
    }
}

// 90h and 98h show different parts of one address space.
static uint16_t query_word(const struct cfi_flash *flash, const struct cfi_flash_chip *chip, uint32_t word)
{
    if (word % block_words(flash) == QUERY_LOCKED)
        return is_locked(flash, chip, word);
    if (word == QUERY_MANUFACTURER)
        return 0x89;
    if (word == QUERY_DEVICE)
        return flash->type->width == 2 ? 0x1d : 0x18;
    return query_geometry(flash, word);
}

static uint8_t *at_word(const struct cfi_flash *flash, unsigned number, uint64_t word)
{
    return flash->data + word_bytes(flash) * word + flash->type->width * number;
}

static uint16_t chip_read(const struct cfi_flash *flash, unsigned number, uint32_t word)
{
    const struct cfi_flash_chip *chip = &flash->chips[number];
    switch ((enum shows)chip->shows) {
    case SHOW_STATUS: return chip->status;
    case SHOW_QUERY: return query_word(flash, chip, word);
    case SHOW_ARRAY: break;
    }
    return (uint16_t)bytes_get(at_word(flash, number, word), flash->type->width);
}

uint64_t cfi_flash_read(void *owner, uint64_t offset, unsigned size, uint64_t now)
{
    const struct cfi_flash *flash = owner;
    unsigned width = flash->type->width;
    uint64_t value = 0;
    (void)now;
    for (unsigned at = 0; at < size; at++) {
        uint64_t place = offset + at;
        uint16_t part = chip_read(flash, place / width % flash->type->chips, (uint32_t)(place / word_bytes(flash)));
        value |= (uint64_t)(part >> (place % width * 8) & 0xff) << (8 * at);
    }
    return value;
}

// --- Programming and erasing ----------------------------------------------------------------------------------------

static bool may_change(const struct cfi_flash *flash, struct cfi_flash_chip *chip, uint32_t word, uint8_t failed)
{
    chip->status |= CFI_FLASH_SR_READY;
    if (!flash->writable)
        chip->status |= CFI_FLASH_SR_VPEN | failed;
    else if (is_locked(flash, chip, word))
        chip->status |= CFI_FLASH_SR_LOCKED | failed;
    else
        return true;
    return false;
}

static void keep(struct cfi_flash *flash, struct cfi_flash_chip *chip, uint32_t word, uint64_t words, uint8_t failed)
{
    unsigned unit = word_bytes(flash);
    if (flash->changed && !flash->changed(flash->owner, unit * (uint64_t)word, unit * words))
        chip->status |= failed;
}

// Programming only changes bits from 1 to 0.
static void program(struct cfi_flash *flash, unsigned number, uint32_t word, const uint16_t *values, unsigned count)
{
    struct cfi_flash_chip *chip = &flash->chips[number];
    if (!may_change(flash, chip, word, CFI_FLASH_SR_PROGRAM))
        return;
    for (unsigned i = 0; i < count; i++) {
        uint8_t *at = at_word(flash, number, (uint64_t)word + i);
        bytes_put(at, flash->type->width, bytes_get(at, flash->type->width) & values[i]);
    }
    keep(flash, chip, word, count, CFI_FLASH_SR_PROGRAM);
}

static void erase(struct cfi_flash *flash, unsigned number, uint32_t word)
{
    struct cfi_flash_chip *chip = &flash->chips[number];
    uint32_t words = block_words(flash), first = word / words * words;
    if (!may_change(flash, chip, word, CFI_FLASH_SR_ERASE))
        return;
    for (uint64_t i = first; i < (uint64_t)first + words; i++)
        bytes_put(at_word(flash, number, i), flash->type->width, 0xffff);
    keep(flash, chip, first, words, CFI_FLASH_SR_ERASE);
}

// --- Commands -------------------------------------------------------------------------------------------------------

static void wrong_sequence(struct cfi_flash *flash, struct cfi_flash_chip *chip)
{
    chip->status |= CFI_FLASH_SR_READY | CFI_FLASH_SR_PROGRAM | CFI_FLASH_SR_ERASE;
    chip->expects = EXPECT_COMMAND;
    flash->mistakes[CFI_FLASH_MISTAKE_SEQUENCE]++;
}

static void clear_status(const struct cfi_flash *flash, struct cfi_flash_chip *chip)
{
    chip->status = flash->type->clears_ready ? 0 : CFI_FLASH_SR_READY;
}

static void begin(struct cfi_flash_chip *chip, enum expects expects)
{
    chip->shows = SHOW_STATUS;
    chip->expects = (uint8_t)expects;
}

static void first_cycle(struct cfi_flash *flash, struct cfi_flash_chip *chip, uint8_t command)
{
    switch ((enum command)command) {
    case COMMAND_WORD:
    case COMMAND_WORD_OLD: begin(chip, EXPECT_WORD); break;
    case COMMAND_ERASE: begin(chip, EXPECT_ERASE_CONFIRM); break;
    case COMMAND_LOCK: begin(chip, EXPECT_LOCK); break;
    case COMMAND_BUFFER: begin(chip, EXPECT_COUNT); break;
    case COMMAND_CONFIGURE: begin(chip, EXPECT_CONFIGURATION); break;
    case COMMAND_READ_STATUS: chip->shows = SHOW_STATUS; break;
    case COMMAND_IDENTIFY:
    case COMMAND_QUERY: chip->shows = SHOW_QUERY; break;
    case COMMAND_READ_ARRAY: chip->shows = SHOW_ARRAY; break;
    case COMMAND_CLEAR_STATUS: clear_status(flash, chip); break;
    case COMMAND_SUSPEND:
    case COMMAND_CONFIRM: chip->shows = SHOW_STATUS; break; // nothing is going on
    default: flash->mistakes[CFI_FLASH_MISTAKE_COMMAND]++; break;
    }
}

// 01h sets the block's lock bit, D0h clears those of all blocks.
static void lock_cycle(struct cfi_flash *flash, struct cfi_flash_chip *chip, uint32_t word, uint8_t command)
{
    uint32_t block = word / block_words(flash);
    if (command != LOCK_SET && command != COMMAND_CONFIRM)
        wrong_sequence(flash, chip);
    else if (!flash->writable)
        chip->status |=
            CFI_FLASH_SR_READY | CFI_FLASH_SR_VPEN | (command == LOCK_SET ? CFI_FLASH_SR_PROGRAM : CFI_FLASH_SR_ERASE);
    else if (command == LOCK_SET)
        chip->locks[block / 64] |= BIT64(block % 64);
    else
        memset(chip->locks, 0, sizeof chip->locks);
}

static void count_cycle(struct cfi_flash *flash, struct cfi_flash_chip *chip, uint16_t count)
{
    if (count >= CFI_FLASH_BUFFER_WORDS) {
        wrong_sequence(flash, chip);
        return;
    }
    chip->words = (uint16_t)(count + 1);
    chip->filled = 0;
    memset(chip->buffer, 0xff, sizeof chip->buffer);
    chip->expects = EXPECT_BUFFER;
}

// The first word says where the buffer goes; the others come in any order, all in one block.
static void buffer_cycle(struct cfi_flash *flash, struct cfi_flash_chip *chip, uint32_t word, uint16_t value)
{
    if (chip->filled == 0)
        chip->start = word;
    if (word < chip->start || word - chip->start >= chip->words ||
        word / block_words(flash) != chip->start / block_words(flash)) {
        wrong_sequence(flash, chip);
        return;
    }
    chip->buffer[word - chip->start] &= value;
    if (++chip->filled == chip->words)
        chip->expects = EXPECT_BUFFER_CONFIRM;
}

static unsigned in_block(const struct cfi_flash *flash, const struct cfi_flash_chip *chip)
{
    uint64_t room = block_words(flash) - chip->start % block_words(flash);
    return chip->words < room ? chip->words : (unsigned)room;
}

// `control` is what the chip gets if it expects a command or a count, `data` otherwise.
static void chip_write(struct cfi_flash *flash, unsigned number, uint32_t word, uint16_t control, uint16_t data)
{
    struct cfi_flash_chip *chip = &flash->chips[number];
    uint8_t command = (uint8_t)control;
    enum expects expected = (enum expects)chip->expects;
    bool confirmed = command == COMMAND_CONFIRM;
    if (expected == EXPECT_COUNT) {
        count_cycle(flash, chip, control);
        return;
    }
    if (expected == EXPECT_BUFFER) {
        buffer_cycle(flash, chip, word, data);
        return;
    }
    chip->expects = EXPECT_COMMAND;
    if (expected == EXPECT_COMMAND)
        first_cycle(flash, chip, command);
    else if (expected == EXPECT_WORD)
        program(flash, number, word, &data, 1);
    else if (expected == EXPECT_LOCK)
        lock_cycle(flash, chip, word, command);
    else if (expected == EXPECT_ERASE_CONFIRM && confirmed)
        erase(flash, number, word);
    else if (expected == EXPECT_BUFFER_CONFIRM && confirmed)
        program(flash, number, chip->start, chip->buffer, in_block(flash, chip));
    else if (expected != EXPECT_CONFIGURATION)
        wrong_sequence(flash, chip);
}

// A chip that is not there shows its array.
bool cfi_flash_shows_array(const struct cfi_flash *flash)
{
    return flash->chips[0].shows == SHOW_ARRAY && flash->chips[1].shows == SHOW_ARRAY;
}

// One cycle of the bus: bytes of one word of the bank.
static void cycle(struct cfi_flash *flash, uint64_t offset, unsigned size, uint64_t value)
{
    unsigned unit = word_bytes(flash), first = offset % unit, lane = 8 * flash->type->width;
    uint64_t data = bits_merge(UINT32_MAX, value << (8 * first), bits_low(8 * size) << (8 * first)), control = data;
    if (size <= flash->type->width)
        control = (value & bits_low(8 * size)) * (size == 1 ? 0x1010101 : 0x10001);
    for (unsigned number = 0; number < flash->type->chips; number++)
        chip_write(flash, number, (uint32_t)(offset / unit), (uint16_t)(control >> (lane * number) & bits_low(lane)),
                   (uint16_t)(data >> (lane * number) & bits_low(lane)));
}

static void turn(struct cfi_flash *flash, bool before)
{
    bool array = cfi_flash_shows_array(flash);
    if (array != before && flash->turned)
        flash->turned(flash->owner, array);
}

void cfi_flash_write(void *owner, uint64_t offset, unsigned size, uint64_t value, uint64_t now)
{
    struct cfi_flash *flash = owner;
    bool before = cfi_flash_shows_array(flash);
    (void)now;
    for (unsigned at = 0, piece; at < size; at += piece) {
        unsigned unit = word_bytes(flash), room = unit - (unsigned)((offset + at) % unit);
        piece = size - at < room ? size - at : room;
        cycle(flash, offset + at, piece, value >> (8 * at));
    }
    turn(flash, before);
}

// --- Life -----------------------------------------------------------------------------------------------------------

void cfi_flash_init(struct cfi_flash *flash, const struct cfi_flash_type *type, uint8_t *data, uint64_t size,
                    bool writable)
{
    memset(flash, 0, sizeof *flash);
    flash->type = type;
    flash->data = data;
    flash->size = size;
    flash->writable = writable;
    for (unsigned i = 0; i < type->chips; i++)
        clear_status(flash, &flash->chips[i]);
}

void cfi_flash_reset(struct cfi_flash *flash, uint64_t now)
{
    bool before = cfi_flash_shows_array(flash);
    (void)now;
    for (unsigned i = 0; i < flash->type->chips; i++) {
        flash->chips[i].shows = SHOW_ARRAY;
        flash->chips[i].expects = EXPECT_COMMAND;
        clear_status(flash, &flash->chips[i]);
    }
    turn(flash, before);
}

void cfi_flash_visit(struct cfi_flash *flash, struct visit *v)
{
    for (unsigned i = 0; i < flash->type->chips; i++) {
        struct cfi_flash_chip *chip = &flash->chips[i];
        visit_enter(v, i ? "chip1" : "chip0");
        VISIT_BELOW(v, chip->shows, SHOW_QUERY + 1);
        VISIT_BELOW(v, chip->expects, EXPECT_CONFIGURATION + 1);
        VISIT(v, chip->status);
        VISIT_BELOW(v, chip->start, flash->size / word_bytes(flash));
        VISIT_BELOW(v, chip->words, CFI_FLASH_BUFFER_WORDS + 1);
        VISIT(v, chip->filled);
        VISIT_ARRAY(v, chip->buffer);
        VISIT_ARRAY(v, chip->locks);
        visit_leave(v);
    }
    VISIT_ARRAY(v, flash->mistakes);
}
