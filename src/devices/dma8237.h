// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Intel 8237A programmable DMA controller: one chip with four channels.
//
//              +---------+
//   DREQ 0-3 --|         |-- HRQ      to the CPU, or DREQ of the chip that this one is cascaded to
//              |  8237A  |
//              |         |-- address  16 bits; the board adds the rest (isa_dma.h)
//              +---------+
//
// The chip says what is to be moved, and the board moves it: a transfer takes no time.
#ifndef DEVICES_DMA8237_H
#define DEVICES_DMA8237_H

#include <stdbool.h>
#include <stdint.h>

#include "base/reg.h"
#include "base/visit.h"

enum { DMA8237_CHANNELS = 4, DMA8237_REGISTERS = 16 };

enum dma8237_register {
    DMA8237_CHANNEL = 0, // to 7: address and count of channel 0, of channel 1, ...
    DMA8237_STATUS = 8,  // read
    DMA8237_COMMAND = 8, // written
    DMA8237_REQUEST = 9,
    DMA8237_MASK = 10, // of one channel
    DMA8237_MODE = 11,
    DMA8237_CLEAR_BYTE = 12,
    DMA8237_TEMPORARY = 13,    // read
    DMA8237_MASTER_CLEAR = 13, // written
    DMA8237_CLEAR_MASK = 14,
    DMA8237_ALL_MASKS = 15,
};

enum dma8237_command {
    DMA8237_MEMORY_TO_MEMORY = 0x01,
    DMA8237_HOLD = 0x02, // address of channel 0
    DMA8237_DISABLE = 0x04,
    DMA8237_COMPRESSED = 0x08,
    DMA8237_ROTATING = 0x10,
    DMA8237_EXTENDED_WRITE = 0x20,
    DMA8237_DREQ_LOW = 0x40,
    DMA8237_DACK_HIGH = 0x80,
};

enum dma8237_mode_bits {
    DMA8237_TYPE = 0x0c,
    DMA8237_AUTOINITIALIZE = 0x10,
    DMA8237_DECREMENT = 0x20,
    DMA8237_SERVICE = 0xc0, // demand, single, block, cascade
    DMA8237_BLOCK = 0x80,
    DMA8237_CASCADE = 0xc0,
};

enum dma8237_type { DMA8237_VERIFY, DMA8237_TO_MEMORY, DMA8237_FROM_MEMORY, DMA8237_ILLEGAL }; // mode, bits 3-2

enum dma8237_mistake {
    DMA8237_MISTAKE_ACCESS, // a read of a register that can only be written
    DMA8237_MISTAKE_TYPE,   // transfer type 11: runs as a verify
    DMA8237_MISTAKE_MEMORY, // memory-to-memory was enabled, which is not there
    DMA8237_MISTAKE_SINGLE, // a software request for a channel that is not in block mode
    DMA8237_MISTAKES
};

struct dma8237_channel {
    uint16_t base_address, base_count; // as written
    uint16_t address, count;           // current; transfers that are left, less one
    uint8_t mode;                      // bits 7-2 of the mode register
};

// Sets of channels have bit n for channel n.
struct dma8237 {
    struct dma8237_channel channels[DMA8237_CHANNELS];
    uint8_t command;
    uint8_t mask;
    uint8_t request; // by software
    uint8_t pins;    // DREQ as driven, before the sense that the command register chooses
    uint8_t ended;   // reached terminal count since the last read of the status register
    uint8_t lowest;  // the channel of lowest priority while it rotates
    bool high_byte;  // first/last flip-flop
    uint32_t mistakes[DMA8237_MISTAKES];
};

// One transfer, after which the channel's registers have changed.
struct dma8237_transfer {
    enum dma8237_type type;
    uint16_t address;
    bool ends; // terminal count
};

extern const struct reg dma8237_registers[];
extern const unsigned dma8237_register_count;

// Power-on: every register is 0, every channel masked.
void dma8237_init(struct dma8237 *dma);
// Pin RESET, and master clear. Address, count and mode keep their values.
void dma8237_reset(struct dma8237 *dma);

// Register 0 to 15, one byte. What cannot be read gives FFh.
uint8_t dma8237_read(struct dma8237 *dma, unsigned offset);
void dma8237_write(struct dma8237 *dma, unsigned offset, uint8_t value);

void dma8237_set_dreq(struct dma8237 *dma, unsigned channel, bool level);
// The channels that would be served, which drive HRQ.
uint8_t dma8237_served(const struct dma8237 *dma);
// The channel at `rank` by priority, 0 the highest.
unsigned dma8237_ranked(const struct dma8237 *dma, unsigned rank);
bool dma8237_cascades(const struct dma8237 *dma, unsigned channel);

// The next transfer of a channel that is served.
struct dma8237_transfer dma8237_step(struct dma8237 *dma, unsigned channel);

void dma8237_visit(struct dma8237 *dma, struct visit *v);

#endif
