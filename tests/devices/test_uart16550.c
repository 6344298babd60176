// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// PC16550D data sheet, register by register.
#include <criterion/criterion.h>

#include "devices/board.h"
#include "devices/uart16550.h"

struct board {
    struct clock clock;
    struct uart16550 uart;
    struct wire wire;
    uint8_t sent[600];
    unsigned count, drained;
};

static struct board board;

static void transmit(void *owner, uint8_t byte)
{
    struct board *b = owner;
    b->sent[b->count++] = byte;
}

static void drained(void *owner)
{
    struct board *b = owner;
    b->drained++;
}

static uint8_t in(unsigned offset)
{
    return (uint8_t)uart16550_read(&board.uart, offset, 1, board.clock.now);
}

static void out(unsigned offset, uint8_t value)
{
    uart16550_write(&board.uart, offset, 1, value, board.clock.now);
}

static void receive(const char *text)
{
    for (; *text; text++)
        uart16550_receive(&board.uart, (uint8_t)*text, board.clock.now);
}

static void setup(void)
{
    memset(&board, 0, sizeof board);
    clock_init(&board.clock);
    uart16550_init(&board.uart, &board.clock, transmit, &board);
    board.uart.drained = drained;
    wire_connect(&board.uart.irq, &board.wire);
    out(UART_LCR, 3);
    out(UART_MCR, UART_MCR_OUT2);
}

TestSuite(uart16550, .init = setup);

Test(uart16550, registers_have_their_reset_values_and_masks)
{
    uart16550_reset(&board.uart, 0);
    cr_assert_eq(in(UART_IER), 0);
    cr_assert_eq(in(UART_IIR), UART_IIR_NONE);
    cr_assert_eq(in(UART_LCR), 0);
    cr_assert_eq(in(UART_MCR), 0);
    cr_assert_eq(in(UART_LSR), UART_LSR_THRE | UART_LSR_TEMT);
    cr_assert_eq(in(UART_MSR), UART_MSR_CTS | UART_MSR_DSR | UART_MSR_DCD);
    out(UART_IER, 0xff);
    cr_assert_eq(in(UART_IER), 0x0f);
    out(UART_MCR, 0xff);
    cr_assert_eq(in(UART_MCR), 0x1f);
    out(UART_SCR, 0xa5);
    cr_assert_eq(in(UART_SCR), 0xa5);
    uart16550_reset(&board.uart, 0);
    cr_assert_eq(in(UART_SCR), 0xa5);
}

Test(uart16550, dlab_shows_the_divisor_in_place_of_data_and_ier)
{
    out(UART_IER, 5);
    out(UART_LCR, 3 | UART_LCR_DLAB);
    out(0, 0x34);
    out(1, 0x12);
    cr_assert_eq(in(0), 0x34);
    cr_assert_eq(in(1), 0x12);
    cr_assert_eq(board.count, 0);
    out(UART_LCR, 3);
    cr_assert_eq(in(UART_IER), 5);
    cr_assert_eq(board.uart.divisor, 0x1234);
}

Test(uart16550, a_character_written_is_sent_and_the_transmitter_is_empty_again)
{
    out(UART_THR, 'x');
    cr_assert_eq(board.count, 1);
    cr_assert_eq(board.sent[0], 'x');
    cr_assert_eq(in(UART_LSR), UART_LSR_THRE | UART_LSR_TEMT);
}

Test(uart16550, enabling_the_thre_interrupt_raises_it_and_reading_iir_takes_it_away)
{
    out(UART_IER, UART_IER_ETBEI);
    cr_assert(board.wire.level);
    cr_assert_eq(in(UART_IIR), UART_IIR_THRE);
    cr_assert_not(board.wire.level);
    cr_assert_eq(in(UART_IIR), UART_IIR_NONE);
    out(UART_IER, 0);
    out(UART_IER, UART_IER_ETBEI);
    cr_assert_eq(in(UART_IIR), UART_IIR_THRE);
}

Test(uart16550, each_character_sent_gives_an_edge_of_its_own)
{
    out(UART_IER, UART_IER_ETBEI);
    unsigned before = board.wire.rises;
    out(UART_THR, 'a');
    cr_assert_eq(board.wire.rises, before + 1);
    cr_assert(board.wire.level);
    in(UART_IIR);
    out(UART_THR, 'b');
    cr_assert_eq(board.wire.rises, before + 2);
}

Test(uart16550, the_thre_interrupt_does_not_vanish_when_iir_shows_another)
{
    out(UART_IER, UART_IER_ETBEI | UART_IER_ERBFI);
    receive("x");
    cr_assert_eq(in(UART_IIR), UART_IIR_DATA);
    cr_assert_eq(in(UART_RBR), 'x');
    cr_assert_eq(in(UART_IIR), UART_IIR_THRE);
}

Test(uart16550, interrupts_come_in_the_order_of_their_priority)
{
    out(UART_FCR, UART_FCR_ENABLE);
    out(UART_IER, 0x0f);
    uart16550_receive_error(&board.uart, 'e', UART_LSR_FE, 0);
    uart16550_set_modem(&board.uart, 0, 0);
    cr_assert_eq(in(UART_IIR), 0xc0 | UART_IIR_LINE_STATUS);
    cr_assert_eq(in(UART_LSR)&UART_LSR_FE, UART_LSR_FE);
    cr_assert_eq(in(UART_IIR), 0xc0 | UART_IIR_DATA);
    in(UART_RBR);
    cr_assert_eq(in(UART_IIR), 0xc0 | UART_IIR_THRE);
    cr_assert_eq(in(UART_IIR), 0xc0 | UART_IIR_MODEM);
    in(UART_MSR);
    cr_assert_eq(in(UART_IIR), 0xc0 | UART_IIR_NONE);
    cr_assert_not(board.wire.level);
}

Test(uart16550, the_data_interrupt_follows_the_trigger_level)
{
    static const uint8_t levels[4] = { 1, 4, 8, 14 };
    out(UART_IER, UART_IER_ERBFI);
    for (unsigned i = 0; i < 4; i++) {
        out(UART_FCR, (uint8_t)(UART_FCR_ENABLE | UART_FCR_CLEAR_RX | i << 6));
        for (unsigned n = 1; n < levels[i]; n++)
            receive("x");
        cr_assert_not(board.wire.level);
        receive("x");
        cr_assert_eq(in(UART_IIR), 0xc0 | UART_IIR_DATA);
        in(UART_RBR);
        cr_assert_not(board.wire.level, "below the level the interrupt goes");
    }
}

Test(uart16550, four_character_times_of_silence_give_the_timeout_interrupt)
{
    out(UART_LCR, 3 | UART_LCR_DLAB);
    out(0, 1); // 115200 baud, 10 bits: 4 characters take 347.222... us
    out(1, 0);
    out(UART_LCR, 3);
    out(UART_FCR, UART_FCR_ENABLE | 0xc0);
    out(UART_IER, UART_IER_ERBFI);
    clock_advance(&board.clock, 1000);
    receive("ab");
    cr_assert_eq(clock_next(&board.clock), 1000 + 347223);
    run_to(&board.clock, 1000 + 347222);
    cr_assert_not(board.wire.level);
    run_to(&board.clock, 1000 + 347223);
    cr_assert(board.wire.level);
    cr_assert_eq(in(UART_IIR), 0xc0 | UART_IIR_TIMEOUT);
    cr_assert_eq(in(UART_RBR), 'a');
    cr_assert_not(board.wire.level);
    cr_assert_eq(clock_next(&board.clock), 1000 + 2 * 347223, "one character waits: the time starts again");
    in(UART_RBR);
    cr_assert_eq(clock_next(&board.clock), CLOCK_NEVER);
}

Test(uart16550, a_timeout_passes_without_its_interrupt_enabled_and_shows_when_it_is)
{
    out(UART_FCR, UART_FCR_ENABLE | 0xc0);
    receive("a");
    cr_assert_eq(clock_next(&board.clock), CLOCK_NEVER);
    run_to(&board.clock, 1000000000);
    out(UART_IER, UART_IER_ERBFI);
    cr_assert_eq(in(UART_IIR), 0xc0 | UART_IIR_TIMEOUT);
}

Test(uart16550, the_timeout_counts_start_data_parity_and_stop_bits)
{
    static const struct {
        uint8_t lcr, halves;
    } formats[] = { { 0, 14 }, { 4, 15 }, { 3, 20 }, { 7, 22 }, { 0x0b, 22 }, { 0x0f, 24 }, { 1, 16 }, { 6, 20 } };
    out(UART_FCR, UART_FCR_ENABLE | 0xc0);
    out(UART_IER, UART_IER_ERBFI);
    receive("a");
    for (unsigned i = 0; i < countof(formats); i++) {
        out(UART_LCR, formats[i].lcr);
        uint64_t clocks = 4 * 8 * 12 * formats[i].halves;
        cr_assert_eq(clock_next(&board.clock), (clocks * 1000000000 + 1843199) / 1843200);
    }
}

Test(uart16550, a_full_fifo_loses_the_newcomer_and_says_so)
{
    out(UART_FCR, UART_FCR_ENABLE);
    out(UART_IER, UART_IER_ELSI);
    receive("0123456789abcdef");
    cr_assert_not(uart16550_can_receive(&board.uart));
    cr_assert_not(board.wire.level);
    receive("!");
    cr_assert_eq(in(UART_IIR), 0xc0 | UART_IIR_LINE_STATUS);
    cr_assert_eq(in(UART_LSR), UART_LSR_DR | UART_LSR_OE | UART_LSR_THRE | UART_LSR_TEMT);
    cr_assert_eq(in(UART_LSR)&UART_LSR_OE, 0);
    for (const char *p = "0123456789abcdef"; *p; p++)
        cr_assert_eq(in(UART_RBR), *p);
    cr_assert_eq(in(UART_LSR)&UART_LSR_DR, 0);
    cr_assert_eq(board.uart.overruns, 1);
}

Test(uart16550, without_fifos_an_overrun_replaces_the_character)
{
    receive("a");
    cr_assert_not(uart16550_can_receive(&board.uart));
    receive("b");
    cr_assert_eq(in(UART_LSR)&UART_LSR_OE, UART_LSR_OE);
    cr_assert_eq(in(UART_RBR), 'b');
    cr_assert(uart16550_can_receive(&board.uart));
}

Test(uart16550, errors_show_when_their_character_reaches_the_top)
{
    out(UART_FCR, UART_FCR_ENABLE);
    receive("a");
    uart16550_receive_error(&board.uart, 0, UART_LSR_BI, 0);
    receive("c");
    uint8_t lsr = in(UART_LSR);
    cr_assert_eq(lsr & (UART_LSR_BI | UART_LSR_FIFO_ERROR), UART_LSR_FIFO_ERROR);
    in(UART_RBR);
    lsr = in(UART_LSR);
    cr_assert_eq(lsr & (UART_LSR_BI | UART_LSR_FIFO_ERROR), UART_LSR_BI | UART_LSR_FIFO_ERROR);
    lsr = in(UART_LSR);
    cr_assert_eq(lsr & (UART_LSR_BI | UART_LSR_FIFO_ERROR), 0);
}

Test(uart16550, switching_fifos_on_or_off_clears_them_and_fcr_needs_its_bit_0)
{
    receive("a");
    out(UART_FCR, UART_FCR_ENABLE | 0x80);
    cr_assert_eq(in(UART_LSR)&UART_LSR_DR, 0);
    cr_assert_eq(in(UART_IIR), 0xc1);
    receive("abc");
    out(UART_FCR, UART_FCR_ENABLE | UART_FCR_CLEAR_RX | 0x80);
    cr_assert_eq(in(UART_LSR)&UART_LSR_DR, 0);
    receive("abc");
    out(UART_FCR, 0xc0);
    cr_assert_eq(in(UART_IIR), UART_IIR_NONE);
    cr_assert_eq(in(UART_LSR)&UART_LSR_DR, 0);
    cr_assert_eq(board.uart.FCR, 0);
}

Test(uart16550, loopback_returns_characters_and_modem_outputs)
{
    out(UART_MCR, UART_MCR_LOOP | UART_MCR_DTR | UART_MCR_OUT1);
    cr_assert_eq(in(UART_MSR)&0xf0, UART_MSR_DSR | UART_MSR_RI);
    cr_assert_not(uart16550_can_receive(&board.uart));
    receive("z"); // SIN is cut off
    out(UART_THR, 'l');
    cr_assert_eq(board.count, 0);
    cr_assert_eq(in(UART_RBR), 'l');
    cr_assert_eq(in(UART_LSR)&UART_LSR_DR, 0);
    out(UART_MCR, UART_MCR_LOOP | UART_MCR_RTS);
    cr_assert_eq(in(UART_MSR), UART_MSR_CTS | UART_MSR_DCTS | UART_MSR_DDSR | UART_MSR_TERI);
    out(UART_LCR, 3 | UART_LCR_BREAK);
    cr_assert_eq(in(UART_LSR) & (UART_LSR_BI | UART_LSR_DR), UART_LSR_BI | UART_LSR_DR);
}

Test(uart16550, each_looped_back_character_is_an_edge_of_its_own)
{
    out(UART_FCR, UART_FCR_ENABLE);
    out(UART_IER, UART_IER_ETBEI);
    out(UART_MCR, UART_MCR_OUT2 | UART_MCR_LOOP);
    uint32_t before = board.wire.rises;
    out(UART_THR, 'a');
    cr_assert_eq(board.wire.rises, before + 1);
    out(UART_THR, 'b');
    cr_assert_eq(board.wire.rises, before + 2, "THR has emptied again");
    out(UART_IER, UART_IER_ETBEI | UART_IER_ERBFI);
    out(UART_THR, 'c');
    cr_assert_eq(in(UART_IIR)&0x0f, UART_IIR_DATA, "what came back stands before THRE");
    cr_assert(board.wire.level);
}

Test(uart16550, the_divisor_latch_hides_two_registers_and_no_third)
{
    out(UART_IER, UART_IER_ETBEI | UART_IER_ERBFI);
    receive("x");
    out(UART_LCR, 3 | UART_LCR_DLAB);
    cr_assert_eq(in(UART_RBR), 12, "DLL; the character stays");
    cr_assert_eq(in(UART_IER), 0, "DLM");
    cr_assert_eq(in(UART_IIR), UART_IIR_DATA);
    cr_assert_eq(in(UART_LSR)&UART_LSR_DR, UART_LSR_DR);
    out(UART_FCR, UART_FCR_ENABLE);
    out(UART_THR, 0x60);
    cr_assert_eq(in(UART_IIR), UART_IIR_THRE | 0xc0, "FCR is written, THR is not: nothing is sent");
    cr_assert_eq(board.count, 0);
    cr_assert_eq(in(UART_IIR), UART_IIR_NONE | 0xc0, "reading it took THRE away, as ever");
}

Test(uart16550, a_looped_back_fifo_holds_sixteen)
{
    out(UART_FCR, UART_FCR_ENABLE);
    out(UART_MCR, UART_MCR_LOOP);
    for (unsigned i = 0; i < 256; i++)
        out(UART_THR, (uint8_t)i);
    unsigned count = 0;
    while (in(UART_LSR)&UART_LSR_DR)
        cr_assert_eq(in(UART_RBR), count++);
    cr_assert_eq(count, 16);
}

Test(uart16550, ring_indicator_counts_only_its_trailing_edge)
{
    in(UART_MSR);
    uart16550_set_modem(&board.uart, UART_MSR_CTS | UART_MSR_DSR | UART_MSR_DCD | UART_MSR_RI, 0);
    cr_assert_eq(in(UART_MSR)&0x0f, 0);
    uart16550_set_modem(&board.uart, UART_MSR_CTS | UART_MSR_DSR, 0);
    cr_assert_eq(in(UART_MSR)&0x0f, UART_MSR_TERI | UART_MSR_DDCD);
}

Test(uart16550, out2_gates_the_line)
{
    out(UART_MCR, 0);
    out(UART_IER, UART_IER_ETBEI);
    cr_assert_not(board.wire.level);
    cr_assert_eq(board.uart.thre_pending, true);
    out(UART_MCR, UART_MCR_OUT2);
    cr_assert(board.wire.level);
}

Test(uart16550, the_backend_hears_when_there_is_room_again)
{
    receive("a");
    cr_assert_eq(board.drained, 0);
    in(UART_RBR);
    cr_assert_eq(board.drained, 1);
    in(UART_RBR);
    cr_assert_eq(board.drained, 1, "there was room already");
    receive("a");
    out(UART_FCR, UART_FCR_ENABLE);
    cr_assert_eq(board.drained, 2);
    out(UART_MCR, UART_MCR_LOOP);
    out(UART_MCR, 0);
    cr_assert_eq(board.drained, 3);
    receive("0123456789abcdef");
    uart16550_reset(&board.uart, 0);
    cr_assert_eq(board.drained, 4);
}

static void list(void *object, struct visit *v)
{
    uart16550_visit(object, v);
}

Test(uart16550, its_state_is_saved_and_loaded_with_the_running_timeout)
{
    out(UART_FCR, UART_FCR_ENABLE | 0xc0);
    out(UART_IER, UART_IER_ERBFI);
    receive("hello");
    uint64_t deadline = clock_next(&board.clock);
    struct visit_save save;
    visit_save_init(&save);
    uart16550_visit(&board.uart, &save.visit);
    setup();
    check_load(&board.uart, list, &save);
    clock_loaded(&board.clock);
    cr_assert_eq(clock_next(&board.clock), deadline);
    cr_assert_eq(in(UART_RBR), 'h');
    free(save.data);
}

Test(uart16550, the_list_misses_only_pointers_and_the_event)
{
    struct uart16550 *u = &board.uart;
    size_t plain = offsetof(struct uart16550, irq);
    cr_assert_eq(visit_uncovered(u, plain, list), 6, "padding before rx_moved and before the line");
}
