// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// National Semiconductor PC16550D, the PC's serial port: eight ports, one interrupt line, a character backend.
//
//          +-----------+
//   D0-7 --|           |-- SOUT  transmit()           RTS, DTR, OUT1, OUT2: MCR
//   A0-2 --|  16550A   |-- SIN   uart16550_receive()   CTS, DSR, RI, DCD: uart16550_set_modem()
//          |           |-- INTR & OUT2 -> irq
//          +-----------+
#ifndef DEVICES_UART16550_H
#define DEVICES_UART16550_H

#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/visit.h"
#include "intact/irq_line.h"

#define UART16550_PORTS 8 // window size; accessed in bytes (region.widest = 1)
#define UART16550_FIFO  16

enum uart16550_register { // offsets; with LCR.DLAB, 0 and 1 are DLL and DLM
    UART_RBR = 0,
    UART_THR = 0,
    UART_IER = 1,
    UART_IIR = 2,
    UART_FCR = 2,
    UART_LCR = 3,
    UART_MCR = 4,
    UART_LSR = 5,
    UART_MSR = 6,
    UART_SCR = 7,
};

enum { UART_IER_ERBFI = 1, UART_IER_ETBEI = 2, UART_IER_ELSI = 4, UART_IER_EDSSI = 8 };
enum { UART_FCR_ENABLE = 1, UART_FCR_CLEAR_RX = 2, UART_FCR_CLEAR_TX = 4, UART_FCR_DMA = 8, UART_FCR_TRIGGER = 0xc0 };
enum { UART_LCR_BREAK = 0x40, UART_LCR_DLAB = 0x80 };
enum { UART_MCR_DTR = 1, UART_MCR_RTS = 2, UART_MCR_OUT1 = 4, UART_MCR_OUT2 = 8, UART_MCR_LOOP = 0x10 };
enum {
    UART_LSR_DR = 1,
    UART_LSR_OE = 2,
    UART_LSR_PE = 4,
    UART_LSR_FE = 8,
    UART_LSR_BI = 0x10,
    UART_LSR_THRE = 0x20,
    UART_LSR_TEMT = 0x40,
    UART_LSR_FIFO_ERROR = 0x80,
};
enum {
    UART_MSR_DCTS = 1,
    UART_MSR_DDSR = 2,
    UART_MSR_TERI = 4,
    UART_MSR_DDCD = 8,
    UART_MSR_CTS = 0x10,
    UART_MSR_DSR = 0x20,
    UART_MSR_RI = 0x40,
    UART_MSR_DCD = 0x80,
};
enum { // IIR bits 3-0, highest priority first
    UART_IIR_LINE_STATUS = 6,
    UART_IIR_DATA = 4,
    UART_IIR_TIMEOUT = 0xc,
    UART_IIR_THRE = 2,
    UART_IIR_MODEM = 0,
    UART_IIR_NONE = 1,
};

struct uart16550 {
    uint8_t IER, FCR, LCR, MCR, SCR;
    uint8_t line_status; // latched OE, PE, FE, BI as LSR shows them; cleared by reading LSR
    uint16_t divisor;    // DLM:DLL
    uint8_t modem;       // CTS, DSR, RI, DCD inputs (MSR positions)
    uint8_t modem_delta; // MSR bits 3-0
    uint8_t rx[UART16550_FIFO];
    uint8_t rx_error[UART16550_FIFO]; // PE, FE, BI of each character
    uint8_t rx_head, rx_count;
    bool thre_pending; // latch of the THRE interrupt: set when THR empties or ETBEI rises, cleared by reading IIR
    bool timed_out;    // character timeout: data, and none came or was read for four character times
    uint64_t rx_moved; // when a character was last received or read
    uint32_t overruns; // characters lost
    struct intact_irq_line irq;
    struct event timeout;
    struct clock *clock;
    void (*transmit)(void *owner, uint8_t byte); // a character was sent; NULL: dropped
    void (*drained)(void *owner);                // the receiver has room again; NULL: not needed
    void *owner;
};

// Registers the timeout with `clock` and resets. `transmit` may be NULL.
void uart16550_init(struct uart16550 *uart, struct clock *clock, void (*transmit)(void *owner, uint8_t byte),
                    void *owner);
// Master reset. Modem inputs and the divisor stay.
void uart16550_reset(struct uart16550 *uart, uint64_t now);

uint64_t uart16550_read(void *owner, uint64_t offset, unsigned size, uint64_t now);
void uart16550_write(void *owner, uint64_t offset, unsigned size, uint64_t value, uint64_t now);

// True: there is room for one more character (and the receiver is not looped back).
bool uart16550_can_receive(const struct uart16550 *uart);
// A character arrives at SIN. Without room it is an overrun.
void uart16550_receive(struct uart16550 *uart, uint8_t byte, uint64_t now);
// A character with errors: `error` is any of UART_LSR_PE, FE, BI (a break is the byte 0 with BI).
void uart16550_receive_error(struct uart16550 *uart, uint8_t byte, uint8_t error, uint64_t now);
// The modem inputs, any of UART_MSR_CTS, DSR, RI, DCD. After init: CTS, DSR and DCD on, as with a null modem cable.
void uart16550_set_modem(struct uart16550 *uart, uint8_t inputs, uint64_t now);

void uart16550_visit(struct uart16550 *uart, struct visit *v);

#endif
