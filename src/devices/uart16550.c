// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// PC16550D data sheet (National Semiconductor, 1995), sections 8.1 to 8.11. Section numbers below are of that document.
//
// The interrupt output is derived from IER, the receiver's fill level, and four latches: line status, character
// timeout, THRE and modem deltas. The transmitter is infinitely fast: a character written to THR is sent before the
// next instruction, so THR and the shift register always read as empty, and each write causes a new THR empty event.
//
// In PCs the OUT2 bit of MCR gates the interrupt. Super I/O chips use the bit and not the pin, so it gates in loopback
// too, where the pin is inactive.
//
// Not modelled: the line format (characters pass with 8 bits whatever LCR says), a break sent outward, DMA signals.
//
// Path: the backend of the serial console / the board's routing of `irq`
#include "devices/uart16550.h"

#include <string.h>

#include "base/bits.h"
#include "devices/ticks.h"

#define UART_CLOCK_HZ UINT64_C(1843200)

static bool fifo_on(const struct uart16550 *uart)
{
    return uart->FCR & UART_FCR_ENABLE;
}

static unsigned capacity(const struct uart16550 *uart)
{
    return fifo_on(uart) ? UART16550_FIFO : 1;
}

// 8.5, FCR bits 7-6. In 16450 mode one character is enough.
static unsigned trigger_level(const struct uart16550 *uart)
{
    static const uint8_t levels[4] = { 1, 4, 8, 14 };
    return fifo_on(uart) ? levels[uart->FCR >> 6] : 1;
}

// Four character times (8.11 A 1.), by LCR's format and the divisor. A divisor of 0 is not defined and acts as 1.
static uint64_t timeout_span(const struct uart16550 *uart)
{
    unsigned stop_halves = !(uart->LCR & 4) ? 2 : (uart->LCR & 3) ? 4 : 3;
    unsigned halves = 2 * (1 + 5 + (uart->LCR & 3) + !!(uart->LCR & 8)) + stop_halves;
    uint64_t clocks = 4 * 8 * (uint64_t)halves * (uart->divisor ? uart->divisor : 1);
    return ticks_time(clocks, UART_CLOCK_HZ);
}

static uint64_t timeout_deadline(const struct uart16550 *uart)
{
    if (!fifo_on(uart) || !uart->rx_count || uart->timed_out)
        return CLOCK_NEVER;
    return uart->rx_moved + timeout_span(uart);
}

// 8.6: the identity of the interrupt with the highest priority.
static uint8_t interrupt_id(const struct uart16550 *uart)
{
    if ((uart->IER & UART_IER_ELSI) && uart->line_status)
        return UART_IIR_LINE_STATUS;
    if ((uart->IER & UART_IER_ERBFI) && uart->rx_count >= trigger_level(uart))
        return UART_IIR_DATA;
    if ((uart->IER & UART_IER_ERBFI) && uart->timed_out)
        return UART_IIR_TIMEOUT;
    if ((uart->IER & UART_IER_ETBEI) && uart->thre_pending)
        return UART_IIR_THRE;
    if ((uart->IER & UART_IER_EDSSI) && uart->modem_delta)
        return UART_IIR_MODEM;
    return UART_IIR_NONE;
}

// Every function that changes something ends here: the line and the deadline follow from the state.
static void update(struct uart16550 *uart)
{
    uint64_t deadline = uart->IER & UART_IER_ERBFI ? timeout_deadline(uart) : CLOCK_NEVER;
    clock_arm(uart->clock, &uart->timeout, deadline);
    intact_irq_line_set(&uart->irq, interrupt_id(uart) != UART_IIR_NONE && (uart->MCR & UART_MCR_OUT2));
}

// Every access begins here: a timeout for which no event was armed (ERBFI off) is computed here.
static void catch_up(struct uart16550 *uart, uint64_t now)
{
    if (now >= timeout_deadline(uart))
        uart->timed_out = true;
}

static void timeout_fired(void *owner, uint64_t now)
{
    struct uart16550 *uart = owner;
    catch_up(uart, now);
    update(uart);
}

// --- Receiver ----------------------------------------------------------------------------------------------------

// 8.4: the errors of a character are in LSR when it is at the top of the FIFO.
static void show_top(struct uart16550 *uart)
{
    if (uart->rx_count)
        uart->line_status |= uart->rx_error[uart->rx_head];
}

static void clear_receiver(struct uart16550 *uart)
{
    uart->rx_head = uart->rx_count = 0;
    uart->timed_out = false;
}

// 8.4, OE: a full FIFO keeps what it has, and the new character is lost; without FIFOs it overwrites RBR.
static void overrun(struct uart16550 *uart, uint8_t byte, uint8_t error)
{
    uart->line_status |= UART_LSR_OE;
    uart->overruns++;
    if (fifo_on(uart))
        return;
    uart->rx[uart->rx_head] = byte;
    uart->rx_error[uart->rx_head] = error;
    uart->line_status |= error;
}

static void push(struct uart16550 *uart, uint8_t byte, uint8_t error, uint64_t now)
{
    if (uart->rx_count >= capacity(uart)) {
        overrun(uart, byte, error);
        return;
    }
    unsigned at = (uart->rx_head + uart->rx_count++) % UART16550_FIFO;
    uart->rx[at] = byte;
    uart->rx_error[at] = error;
    uart->rx_moved = now;
    if (uart->rx_count == 1)
        show_top(uart);
}

static uint8_t read_rbr(struct uart16550 *uart, uint64_t now)
{
    uint8_t byte = uart->rx[uart->rx_head];
    if (!uart->rx_count)
        return byte;
    uart->rx_error[uart->rx_head] = 0;
    uart->rx_head = (uart->rx_head + 1) % UART16550_FIFO;
    uart->rx_count--;
    uart->rx_moved = now;
    uart->timed_out = false; // 8.11 A 3.: reading one character clears it and starts the time again
    show_top(uart);
    return byte;
}

bool uart16550_can_receive(const struct uart16550 *uart)
{
    return !(uart->MCR & UART_MCR_LOOP) && uart->rx_count < capacity(uart);
}

// A read of RBR, a cleared FIFO, a larger one or the end of loopback made room: the backend may send more.
static void tell_room(struct uart16550 *uart, bool could)
{
    if (!could && uart16550_can_receive(uart) && uart->drained)
        uart->drained(uart->owner);
}

void uart16550_receive_error(struct uart16550 *uart, uint8_t byte, uint8_t error, uint64_t now)
{
    catch_up(uart, now);
    if (!(uart->MCR & UART_MCR_LOOP)) // 8.7: SIN is disconnected in loopback
        push(uart, byte, error & (UART_LSR_PE | UART_LSR_FE | UART_LSR_BI), now);
    update(uart);
}

void uart16550_receive(struct uart16550 *uart, uint8_t byte, uint64_t now)
{
    uart16550_receive_error(uart, byte, 0, now);
}

// --- Status ------------------------------------------------------------------------------------------------------

static bool error_in_fifo(const struct uart16550 *uart)
{
    if (!fifo_on(uart))
        return false;
    for (unsigned i = 0; i < uart->rx_count; i++)
        if (uart->rx_error[(uart->rx_head + i) % UART16550_FIFO])
            return true;
    return false;
}

// 8.4: reading LSR clears the error bits and, when no further error is in the FIFO, bit 7.
static uint8_t read_lsr(struct uart16550 *uart)
{
    uint8_t value = uart->line_status | UART_LSR_THRE | UART_LSR_TEMT;
    if (uart->rx_count)
        value |= UART_LSR_DR;
    if (error_in_fifo(uart))
        value |= UART_LSR_FIFO_ERROR;
    uart->line_status = 0;
    if (uart->rx_count)
        uart->rx_error[uart->rx_head] = 0;
    return value;
}

// 8.6: reading IIR clears the THRE interrupt if that is what it shows.
static uint8_t read_iir(struct uart16550 *uart)
{
    uint8_t id = interrupt_id(uart);
    if (id == UART_IIR_THRE)
        uart->thre_pending = false;
    return id | (fifo_on(uart) ? 0xc0 : 0);
}

// 8.7: in loopback the modem inputs are the modem outputs: CTS is RTS, DSR is DTR, RI is OUT1, DCD is OUT2.
static uint8_t modem_inputs(const struct uart16550 *uart)
{
    if (!(uart->MCR & UART_MCR_LOOP))
        return uart->modem;
    return (uart->MCR & UART_MCR_RTS ? UART_MSR_CTS : 0) | (uart->MCR & UART_MCR_DTR ? UART_MSR_DSR : 0) |
           (uart->MCR & UART_MCR_OUT1 ? UART_MSR_RI : 0) | (uart->MCR & UART_MCR_OUT2 ? UART_MSR_DCD : 0);
}

// 8.8: the deltas; TERI only when RI goes off.
static void note_modem_change(struct uart16550 *uart, uint8_t before)
{
    uint8_t after = modem_inputs(uart);
    uint8_t changed = before ^ after;
    uart->modem_delta |= (changed & ~UART_MSR_RI) >> 4;
    if (changed & before & UART_MSR_RI)
        uart->modem_delta |= UART_MSR_TERI;
}

static uint8_t read_msr(struct uart16550 *uart)
{
    uint8_t value = modem_inputs(uart) | uart->modem_delta;
    uart->modem_delta = 0;
    return value;
}

void uart16550_set_modem(struct uart16550 *uart, uint8_t inputs, uint64_t now)
{
    catch_up(uart, now);
    uint8_t before = modem_inputs(uart);
    uart->modem = inputs & 0xf0;
    note_modem_change(uart, before);
    update(uart);
}

// --- Control -----------------------------------------------------------------------------------------------------

// 8.6: the write clears the THRE interrupt, and the character that is sent at once sets it again. The line falls and
// rises, so that an edge-triggered controller sees that THR is empty again; in loopback too (8.7: "the transmitter and
// receiver interrupts are fully operational").
static void write_thr(struct uart16550 *uart, uint8_t byte, uint64_t now)
{
    uart->thre_pending = false;
    update(uart);
    uart->thre_pending = true;
    if (uart->MCR & UART_MCR_LOOP)
        push(uart, byte, 0, now);
    else if (uart->transmit)
        uart->transmit(uart->owner, byte);
}

// Enabling ETBEI with THR empty raises the interrupt, also after IIR has been read (Linux tests this).
static void write_ier(struct uart16550 *uart, uint8_t value)
{
    if (!(uart->IER & UART_IER_ETBEI) && (value & UART_IER_ETBEI))
        uart->thre_pending = true;
    uart->IER = value & 0x0f;
}

// 8.5: other bits have an effect only when bit 0 is written as 1; changing bit 0 clears both FIFOs.
static void write_fcr(struct uart16550 *uart, uint8_t value)
{
    bool enable = value & UART_FCR_ENABLE;
    if (enable != fifo_on(uart) || (enable && (value & UART_FCR_CLEAR_RX)))
        clear_receiver(uart);
    uart->FCR = enable ? value & (UART_FCR_ENABLE | UART_FCR_DMA | UART_FCR_TRIGGER) : 0;
}

static void write_lcr(struct uart16550 *uart, uint8_t value, uint64_t now)
{
    uint8_t rising = value & ~uart->LCR;
    uart->LCR = value;
    if ((rising & UART_LCR_BREAK) && (uart->MCR & UART_MCR_LOOP))
        push(uart, 0, UART_LSR_BI, now);
}

static void write_mcr(struct uart16550 *uart, uint8_t value)
{
    uint8_t before = modem_inputs(uart);
    uart->MCR = value & 0x1f;
    note_modem_change(uart, before);
}

static void write_divisor(struct uart16550 *uart, uint64_t offset, uint8_t value)
{
    unsigned shift = 8 * (unsigned)offset;
    uart->divisor = (uint16_t)bits_merge(uart->divisor, (uint64_t)value << shift, UINT64_C(0xff) << shift);
}

uint64_t uart16550_read(void *owner, uint64_t offset, unsigned size, uint64_t now)
{
    struct uart16550 *uart = owner;
    uint8_t value = 0;
    bool could = uart16550_can_receive(uart);
    (void)size;
    catch_up(uart, now);
    if ((uart->LCR & UART_LCR_DLAB) && offset < 2)
        return (uart->divisor >> (8 * offset)) & 0xff;
    switch (offset) {
    case UART_RBR: value = read_rbr(uart, now); break;
    case UART_IER: value = uart->IER; break;
    case UART_IIR: value = read_iir(uart); break;
    case UART_LCR: value = uart->LCR; break;
    case UART_MCR: value = uart->MCR; break;
    case UART_LSR: value = read_lsr(uart); break;
    case UART_MSR: value = read_msr(uart); break;
    case UART_SCR: value = uart->SCR; break;
    }
    update(uart);
    tell_room(uart, could);
    return value;
}

void uart16550_write(void *owner, uint64_t offset, unsigned size, uint64_t value, uint64_t now)
{
    struct uart16550 *uart = owner;
    uint8_t byte = (uint8_t)value;
    bool could = uart16550_can_receive(uart);
    (void)size;
    catch_up(uart, now);
    if ((uart->LCR & UART_LCR_DLAB) && offset < 2) {
        write_divisor(uart, offset, byte);
        update(uart);
        return;
    }
    switch (offset) {
    case UART_THR: write_thr(uart, byte, now); break;
    case UART_IER: write_ier(uart, byte); break;
    case UART_FCR: write_fcr(uart, byte); break;
    case UART_LCR: write_lcr(uart, byte, now); break;
    case UART_MCR: write_mcr(uart, byte); break;
    case UART_SCR: uart->SCR = byte; break;
    }
    update(uart);
    tell_room(uart, could);
}

// --- Life --------------------------------------------------------------------------------------------------------

void uart16550_init(struct uart16550 *uart, struct clock *clock, void (*transmit)(void *owner, uint8_t byte),
                    void *owner)
{
    memset(uart, 0, sizeof *uart);
    uart->clock = clock;
    uart->transmit = transmit;
    uart->owner = owner;
    uart->divisor = 12; // 9600 baud, as firmware leaves it
    uart->modem = UART_MSR_CTS | UART_MSR_DSR | UART_MSR_DCD;
    clock_register(clock, &uart->timeout, "uart16550 timeout", timeout_fired, uart);
    uart16550_reset(uart, clock->now);
}

// 8.0, Table I: the scratch register and the divisor latches do not change.
void uart16550_reset(struct uart16550 *uart, uint64_t now)
{
    bool could = uart16550_can_receive(uart);
    uart->IER = uart->FCR = uart->LCR = uart->MCR = 0;
    uart->line_status = uart->modem_delta = 0;
    uart->thre_pending = false;
    uart->rx_moved = now;
    memset(uart->rx, 0, sizeof uart->rx);
    memset(uart->rx_error, 0, sizeof uart->rx_error);
    clear_receiver(uart);
    update(uart);
    tell_room(uart, could);
}

void uart16550_visit(struct uart16550 *uart, struct visit *v)
{
    VISIT(v, uart->IER);
    VISIT(v, uart->FCR);
    VISIT(v, uart->LCR);
    VISIT(v, uart->MCR);
    VISIT(v, uart->SCR);
    VISIT(v, uart->line_status);
    VISIT(v, uart->divisor);
    VISIT(v, uart->modem);
    VISIT(v, uart->modem_delta);
    VISIT_ARRAY(v, uart->rx);
    VISIT_ARRAY(v, uart->rx_error);
    VISIT_BELOW(v, uart->rx_head, UART16550_FIFO);
    VISIT_BELOW(v, uart->rx_count, UART16550_FIFO + 1);
    VISIT(v, uart->thre_pending);
    VISIT(v, uart->timed_out);
    VISIT(v, uart->rx_moved);
    VISIT(v, uart->overruns);
    VISIT(v, uart->irq.level);
    visit_enter(v, "timeout");
    event_visit(&uart->timeout, v);
    visit_leave(v);
}
