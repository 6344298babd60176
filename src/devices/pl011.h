// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// PrimeCell UART (PL011) r1p5: a serial port with two FIFOs of 32 characters. Arm DDI 0183.
#ifndef DEVICES_PL011_H
#define DEVICES_PL011_H

#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/visit.h"
#include "intact/irq_line.h"

#define PL011_SIZE     0x1000 // bytes of the window; region.widest = 4
#define PL011_FIFO     32
#define PL011_CLOCK_HZ UINT64_C(24000000) // UARTCLK

enum pl011_register {
    PL011_UARTDR = 0x000,
    PL011_UARTRSR = 0x004, // write: UARTECR
    PL011_UARTFR = 0x018,
    PL011_UARTILPR = 0x020,
    PL011_UARTIBRD = 0x024,
    PL011_UARTFBRD = 0x028,
    PL011_UARTLCR_H = 0x02c,
    PL011_UARTCR = 0x030,
    PL011_UARTIFLS = 0x034,
    PL011_UARTIMSC = 0x038,
    PL011_UARTRIS = 0x03c,
    PL011_UARTMIS = 0x040,
    PL011_UARTICR = 0x044,
    PL011_UARTDMACR = 0x048,
    PL011_ID = 0xfe0, // UARTPeriphID0-3, UARTPCellID0-3
};

enum { // UARTFR
    PL011_FR_CTS = 1 << 0,
    PL011_FR_DSR = 1 << 1,
    PL011_FR_DCD = 1 << 2,
    PL011_FR_BUSY = 1 << 3,
    PL011_FR_RXFE = 1 << 4,
    PL011_FR_TXFF = 1 << 5,
    PL011_FR_RXFF = 1 << 6,
    PL011_FR_TXFE = 1 << 7,
};

enum { PL011_LCR_H_FEN = 1 << 4 };

enum { // UARTCR
    PL011_CR_UARTEN = 1 << 0,
    PL011_CR_LBE = 1 << 7,
    PL011_CR_TXE = 1 << 8,
    PL011_CR_RXE = 1 << 9,
};

enum { // UARTIMSC, UARTRIS, UARTMIS, UARTICR
    PL011_INT_RX = 1 << 4,
    PL011_INT_TX = 1 << 5,
    PL011_INT_RT = 1 << 6,
    PL011_INT_OE = 1 << 10,
};

enum pl011_mistake {
    PL011_MISTAKE_REGISTER, // an access to no register
    PL011_MISTAKE_DISABLED, // a character written while the transmitter is off: it is not sent
    PL011_MISTAKES
};

struct pl011 {
    uint16_t UARTLCR_H, UARTCR, UARTIFLS, UARTIMSC, UARTRIS, UARTIBRD;
    uint8_t UARTFBRD, UARTILPR, UARTDMACR;
    bool overrun;      // UARTRSR.OE
    bool overrun_full; // UARTDR.OE: there was an overrun and nothing has been read since
    uint8_t rx[PL011_FIFO];
    uint8_t rx_head, rx_count;
    uint64_t rx_moved; // when the last character arrived
    uint32_t mistakes[PL011_MISTAKES];
    struct intact_irq_line irq; // UARTINTR
    struct event timeout;
    struct clock *clock;
    void (*transmit)(void *owner, uint8_t byte); // a character was sent; NULL: dropped
    void (*drained)(void *owner);                // the receiver has room again; NULL: not needed
    void *owner;
};

// Registers the timeout with `clock` and resets. `transmit` may be NULL.
void pl011_init(struct pl011 *uart, struct clock *clock, void (*transmit)(void *owner, uint8_t byte), void *owner);
void pl011_reset(struct pl011 *uart, uint64_t now);

uint64_t pl011_read(void *owner, uint64_t offset, unsigned size, uint64_t now);
void pl011_write(void *owner, uint64_t offset, unsigned size, uint64_t value, uint64_t now);

// True: the receiver is on, not looped back, and there is room for one more character.
bool pl011_can_receive(const struct pl011 *uart);
// A character arrives. Without room it is an overrun; while the receiver is off it is lost.
void pl011_receive(struct pl011 *uart, uint8_t byte, uint64_t now);

void pl011_visit(struct pl011 *uart, struct visit *v);

#endif
