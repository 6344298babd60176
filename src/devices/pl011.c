// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Arm DDI 0183, chapters 2 and 3. Section numbers below are of that document.
//
// The transmitter is infinitely fast: a character written to UARTDR is sent before the next instruction. The transmit
// FIFO always reads as empty, and each write passes its trigger level.
//
// Not modelled: the line format and its errors, breaks, modem lines (CTS, DSR and DCD are on), IrDA, DMA signals.
//
// Path: the backend of the serial console / the board's routing of `irq`
#include "devices/pl011.h"

#include <string.h>

#include "devices/ticks.h"

enum { CR_RESET = 0x300, IFLS_RESET = 0x12, INT_ALL = 0x7ff, DR_OE = 1 << 11, RSR_OE = 1 << 3 };

static unsigned capacity(const struct pl011 *uart)
{
    return uart->UARTLCR_H & PL011_LCR_H_FEN ? PL011_FIFO : 1;
}

// 3.3.10: 1/8, 1/4, 1/2, 3/4, 7/8 of the FIFO; other values are reserved, here as 7/8.
static unsigned trigger_level(const struct pl011 *uart)
{
    static const uint8_t eighths[8] = { 1, 2, 4, 6, 7, 7, 7, 7 };
    return capacity(uart) == 1 ? 1 : PL011_FIFO / 8u * eighths[uart->UARTIFLS >> 3 & 7];
}

// 2.4.3: 32 bit periods, each 16 * (IBRD + FBRD / 64) of UARTCLK. A divisor of 0 stops a real one; here it acts as 1.
static uint64_t timeout_span(const struct pl011 *uart)
{
    uint64_t divisor = (uint64_t)uart->UARTIBRD << 6 | uart->UARTFBRD;
    return ticks_time(32 * 16 * (divisor ? divisor : 1), 64 * PL011_CLOCK_HZ);
}

// Every function that changes something ends here: the line and the deadline follow from the state.
static void update(struct pl011 *uart)
{
    bool waits = uart->rx_count && !(uart->UARTRIS & PL011_INT_RT);
    clock_arm(uart->clock, &uart->timeout, waits ? uart->rx_moved + timeout_span(uart) : CLOCK_NEVER);
    intact_irq_line_set(&uart->irq, uart->UARTRIS & uart->UARTIMSC);
}

static void timeout_fired(void *owner, uint64_t now)
{
    struct pl011 *uart = owner;
    (void)now;
    uart->UARTRIS |= PL011_INT_RT;
    update(uart);
}

// --- Receiver -------------------------------------------------------------------------------------------------------

// 3.3.1, OE: what is in the FIFO stays, and the new character is lost. UARTDR shows OE while the FIFO is full; UARTRSR
// keeps it until UARTECR is written (3.3.2).
static void push(struct pl011 *uart, uint8_t byte, uint64_t now)
{
    if (uart->rx_count >= capacity(uart)) {
        uart->overrun = uart->overrun_full = true;
        uart->UARTRIS |= PL011_INT_OE;
        return;
    }
    uart->rx[(uart->rx_head + uart->rx_count++) % PL011_FIFO] = byte;
    uart->rx_moved = now;
    if (uart->rx_count >= trigger_level(uart))
        uart->UARTRIS |= PL011_INT_RX;
}

// 2.8.2, 2.8.4: a read clears the receive interrupt below the trigger level, and the timeout interrupt with the last
// character.
static uint32_t read_dr(struct pl011 *uart)
{
    uint32_t value = uart->rx[uart->rx_head] | (uart->overrun_full ? DR_OE : 0u);
    if (!uart->rx_count)
        return value;
    uart->rx_head = (uart->rx_head + 1) % PL011_FIFO;
    uart->rx_count--;
    uart->overrun_full = false;
    if (uart->rx_count < trigger_level(uart))
        uart->UARTRIS &= (uint16_t)~PL011_INT_RX;
    if (!uart->rx_count)
        uart->UARTRIS &= (uint16_t)~PL011_INT_RT;
    return value;
}

static bool enabled(const struct pl011 *uart, unsigned direction)
{
    return (uart->UARTCR & PL011_CR_UARTEN) && (uart->UARTCR & direction);
}

bool pl011_can_receive(const struct pl011 *uart)
{
    return enabled(uart, PL011_CR_RXE) && !(uart->UARTCR & PL011_CR_LBE) && uart->rx_count < capacity(uart);
}

void pl011_receive(struct pl011 *uart, uint8_t byte, uint64_t now)
{
    if (enabled(uart, PL011_CR_RXE) && !(uart->UARTCR & PL011_CR_LBE))
        push(uart, byte, now);
    update(uart);
}

// --- Transmitter and control ----------------------------------------------------------------------------------------

static void write_dr(struct pl011 *uart, uint8_t byte, uint64_t now)
{
    if (!enabled(uart, PL011_CR_TXE)) {
        uart->mistakes[PL011_MISTAKE_DISABLED]++;
        return;
    }
    uart->UARTRIS |= PL011_INT_TX;
    if (!(uart->UARTCR & PL011_CR_LBE)) {
        if (uart->transmit)
            uart->transmit(uart->owner, byte);
    } else if (uart->UARTCR & PL011_CR_RXE) {
        push(uart, byte, now);
    }
}

// 3.3.7: FEN 0 turns the FIFOs into one-byte registers; their contents are lost.
static void write_lcr_h(struct pl011 *uart, uint16_t value)
{
    if ((uart->UARTLCR_H ^ value) & PL011_LCR_H_FEN) {
        uart->rx_head = uart->rx_count = 0;
        uart->overrun_full = false;
        uart->UARTRIS &= (uint16_t) ~(PL011_INT_RX | PL011_INT_RT);
    }
    uart->UARTLCR_H = value & 0xff;
}

static uint32_t read_fr(const struct pl011 *uart)
{
    return PL011_FR_CTS | PL011_FR_DSR | PL011_FR_DCD | PL011_FR_TXFE | (uart->rx_count ? 0 : PL011_FR_RXFE) |
           (uart->rx_count == capacity(uart) ? PL011_FR_RXFF : 0);
}

// 3.3.16 to 3.3.23: part 011, designer 41h, revision r1p5.
static uint8_t identity(uint64_t offset)
{
    static const uint8_t bytes[8] = { 0x11, 0x10, 0x34, 0x00, 0x0d, 0xf0, 0x05, 0xb1 };
    return bytes[(offset - PL011_ID) / 4];
}

static uint32_t read_register(struct pl011 *uart, uint64_t offset)
{
    switch (offset) {
    case PL011_UARTDR: return read_dr(uart);
    case PL011_UARTRSR: return uart->overrun ? RSR_OE : 0;
    case PL011_UARTFR: return read_fr(uart);
    case PL011_UARTILPR: return uart->UARTILPR;
    case PL011_UARTIBRD: return uart->UARTIBRD;
    case PL011_UARTFBRD: return uart->UARTFBRD;
    case PL011_UARTLCR_H: return uart->UARTLCR_H;
    case PL011_UARTCR: return uart->UARTCR;
    case PL011_UARTIFLS: return uart->UARTIFLS;
    case PL011_UARTIMSC: return uart->UARTIMSC;
    case PL011_UARTRIS: return uart->UARTRIS;
    case PL011_UARTMIS: return uart->UARTRIS & uart->UARTIMSC;
    case PL011_UARTDMACR: return uart->UARTDMACR;
    default: uart->mistakes[PL011_MISTAKE_REGISTER]++; return 0;
    }
}

uint64_t pl011_read(void *owner, uint64_t offset, unsigned size, uint64_t now)
{
    struct pl011 *uart = owner;
    bool could = pl011_can_receive(uart);
    (void)size, (void)now;
    if (offset >= PL011_ID && offset % 4 == 0)
        return identity(offset);
    uint32_t value = read_register(uart, offset);
    update(uart);
    if (!could && pl011_can_receive(uart) && uart->drained)
        uart->drained(uart->owner);
    return value;
}

static void write_register(struct pl011 *uart, uint64_t offset, uint32_t value, uint64_t now)
{
    switch (offset) {
    case PL011_UARTDR: write_dr(uart, (uint8_t)value, now); break;
    case PL011_UARTRSR: uart->overrun = uart->overrun_full = false; break;
    case PL011_UARTILPR: uart->UARTILPR = (uint8_t)value; break;
    case PL011_UARTIBRD: uart->UARTIBRD = (uint16_t)value; break;
    case PL011_UARTFBRD: uart->UARTFBRD = value & 0x3f; break;
    case PL011_UARTLCR_H: write_lcr_h(uart, (uint16_t)value); break;
    case PL011_UARTCR: uart->UARTCR = value & 0xff87; break;
    case PL011_UARTIFLS: uart->UARTIFLS = value & 0x3f; break;
    case PL011_UARTIMSC: uart->UARTIMSC = value & INT_ALL; break;
    case PL011_UARTICR: uart->UARTRIS &= (uint16_t)~value; break;
    case PL011_UARTDMACR: uart->UARTDMACR = value & 7; break;
    default: uart->mistakes[PL011_MISTAKE_REGISTER]++;
    }
}

void pl011_write(void *owner, uint64_t offset, unsigned size, uint64_t value, uint64_t now)
{
    struct pl011 *uart = owner;
    bool could = pl011_can_receive(uart);
    (void)size;
    write_register(uart, offset, (uint32_t)value, now);
    if (offset == PL011_UARTICR && (value & PL011_INT_RT))
        uart->rx_moved = now; // the time starts again
    update(uart);
    if (!could && pl011_can_receive(uart) && uart->drained)
        uart->drained(uart->owner);
}

// --- Life -----------------------------------------------------------------------------------------------------------

void pl011_init(struct pl011 *uart, struct clock *clock, void (*transmit)(void *owner, uint8_t byte), void *owner)
{
    memset(uart, 0, sizeof *uart);
    uart->clock = clock;
    uart->transmit = transmit;
    uart->owner = owner;
    clock_register(clock, &uart->timeout, "pl011 timeout", timeout_fired, uart);
    pl011_reset(uart, clock->now);
}

void pl011_reset(struct pl011 *uart, uint64_t now)
{
    uart->UARTLCR_H = uart->UARTIMSC = uart->UARTRIS = uart->UARTIBRD = 0;
    uart->UARTFBRD = uart->UARTILPR = uart->UARTDMACR = 0;
    uart->UARTCR = CR_RESET;
    uart->UARTIFLS = IFLS_RESET;
    uart->overrun = uart->overrun_full = false;
    memset(uart->rx, 0, sizeof uart->rx);
    uart->rx_head = uart->rx_count = 0;
    uart->rx_moved = now;
    update(uart);
}

void pl011_visit(struct pl011 *uart, struct visit *v)
{
    VISIT(v, uart->UARTLCR_H);
    VISIT(v, uart->UARTCR);
    VISIT(v, uart->UARTIFLS);
    VISIT(v, uart->UARTIMSC);
    VISIT(v, uart->UARTRIS);
    VISIT(v, uart->UARTIBRD);
    VISIT(v, uart->UARTFBRD);
    VISIT(v, uart->UARTILPR);
    VISIT(v, uart->UARTDMACR);
    VISIT(v, uart->overrun);
    VISIT(v, uart->overrun_full);
    VISIT_ARRAY(v, uart->rx);
    VISIT_BELOW(v, uart->rx_head, PL011_FIFO);
    VISIT_BELOW(v, uart->rx_count, PL011_FIFO + 1);
    VISIT(v, uart->rx_moved);
    VISIT_ARRAY(v, uart->mistakes);
    VISIT(v, uart->irq.level);
    visit_enter(v, "timeout");
    event_visit(&uart->timeout, v);
    visit_leave(v);
}
