// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Arm DDI 0183.
#include "devices/board.h"
#include "devices/pl011.h"
#include "devices/ticks.h"

static struct board {
    struct clock clock;
    struct pl011 uart;
    struct wire wire;
    char text[64];
    unsigned length, drained;
} board;

static uint32_t in(uint64_t offset)
{
    return (uint32_t)pl011_read(&board.uart, offset, 4, board.clock.now);
}

static void out(uint64_t offset, uint32_t value)
{
    pl011_write(&board.uart, offset, 4, value, board.clock.now);
}

static void transmit(void *owner, uint8_t byte)
{
    struct board *b = owner;
    if (b->length < sizeof b->text - 1)
        b->text[b->length++] = (char)byte;
}

static void drained(void *owner)
{
    struct board *b = owner;
    b->drained++;
}

static void receive(unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        pl011_receive(&board.uart, (uint8_t)('a' + i % 26), board.clock.now);
}

static void setup(void)
{
    memset(&board, 0, sizeof board);
    clock_init(&board.clock);
    pl011_init(&board.uart, &board.clock, transmit, &board);
    board.uart.drained = drained;
    wire_connect(&board.uart.irq, &board.wire);
}

// 115200 baud with FIFOs.
static void start(void)
{
    setup();
    out(PL011_UARTIBRD, 13);
    out(PL011_UARTFBRD, 1);
    out(PL011_UARTLCR_H, 0x70);
    out(PL011_UARTCR, PL011_CR_UARTEN | PL011_CR_TXE | PL011_CR_RXE);
}

TestSuite(pl011, .init = setup);

Test(pl011, registers_have_the_reset_values_of_the_manual)
{
    static const uint16_t rows[][2] = {
        { PL011_UARTRSR, 0 },    { PL011_UARTFR, 0x97 },  { PL011_UARTILPR, 0 },   { PL011_UARTIBRD, 0 },
        { PL011_UARTFBRD, 0 },   { PL011_UARTLCR_H, 0 },  { PL011_UARTCR, 0x300 }, { PL011_UARTIFLS, 0x12 },
        { PL011_UARTIMSC, 0 },   { PL011_UARTRIS, 0 },    { PL011_UARTMIS, 0 },    { PL011_UARTDMACR, 0 },
        { PL011_ID, 0x11 },      { PL011_ID + 4, 0x10 },  { PL011_ID + 8, 0x34 },  { PL011_ID + 12, 0 },
        { PL011_ID + 16, 0x0d }, { PL011_ID + 20, 0xf0 }, { PL011_ID + 24, 0x05 }, { PL011_ID + 28, 0xb1 },
    };
    for (unsigned i = 0; i < countof(rows); i++)
        cr_assert_eq(in(rows[i][0]), rows[i][1], "%03x", rows[i][0]);
}

Test(pl011, a_register_keeps_the_bits_it_has)
{
    static const uint16_t rows[][2] = {
        { PL011_UARTILPR, 0xff }, { PL011_UARTIBRD, 0xffff }, { PL011_UARTFBRD, 0x3f },  { PL011_UARTLCR_H, 0xff },
        { PL011_UARTCR, 0xff87 }, { PL011_UARTIFLS, 0x3f },   { PL011_UARTIMSC, 0x7ff }, { PL011_UARTDMACR, 7 },
    };
    for (unsigned i = 0; i < countof(rows); i++) {
        out(rows[i][0], 0xffffffff);
        cr_assert_eq(in(rows[i][0]), rows[i][1], "%03x", rows[i][0]);
    }
}

Test(pl011, what_is_written_leaves_at_once_if_the_transmitter_is_on)
{
    out(PL011_UARTDR, 'x');
    cr_assert_eq(board.length, 0, "UARTEN is 0");
    cr_assert_eq(board.uart.mistakes[PL011_MISTAKE_DISABLED], 1);
    start();
    out(PL011_UARTDR, 'h');
    out(PL011_UARTDR, 'i');
    cr_assert_str_eq(board.text, "hi");
    cr_assert_eq(in(PL011_UARTFR) & (PL011_FR_TXFE | PL011_FR_TXFF | PL011_FR_BUSY), PL011_FR_TXFE);
}

Test(pl011, each_character_brings_the_transmit_interrupt)
{
    start();
    out(PL011_UARTIMSC, PL011_INT_TX);
    cr_assert_not(board.wire.level, "nothing has passed the trigger level yet");
    out(PL011_UARTDR, 'x');
    cr_assert(board.wire.level);
    cr_assert_eq(in(PL011_UARTMIS), PL011_INT_TX);
    out(PL011_UARTICR, PL011_INT_TX);
    cr_assert_not(board.wire.level);
}

Test(pl011, the_receive_interrupt_follows_the_trigger_level)
{
    static const unsigned levels[] = { 4, 8, 16, 24, 28 };
    for (unsigned i = 0; i < countof(levels); i++) {
        start();
        out(PL011_UARTIFLS, i << 3);
        out(PL011_UARTIMSC, PL011_INT_RX);
        receive(levels[i] - 1);
        cr_assert_not(board.wire.level);
        receive(1);
        cr_assert(board.wire.level, "%u characters", levels[i]);
        in(PL011_UARTDR);
        cr_assert_not(board.wire.level);
    }
}

Test(pl011, characters_come_out_in_order)
{
    start();
    receive(PL011_FIFO);
    cr_assert_eq(in(PL011_UARTFR) & (PL011_FR_RXFF | PL011_FR_RXFE), PL011_FR_RXFF);
    for (unsigned i = 0; i < PL011_FIFO; i++)
        cr_assert_eq(in(PL011_UARTDR), 'a' + i % 26);
    cr_assert_eq(in(PL011_UARTFR) & (PL011_FR_RXFF | PL011_FR_RXFE), PL011_FR_RXFE);
}

Test(pl011, a_lone_character_is_told_after_32_bit_periods)
{
    start();
    out(PL011_UARTIMSC, PL011_INT_RT);
    receive(1);
    uint64_t span = ticks_time(32 * 16 * (13 * 64 + 1), 64 * PL011_CLOCK_HZ); // 278 us
    run_to(&board.clock, span - 1);
    cr_assert_not(board.wire.level);
    run_to(&board.clock, span);
    cr_assert(board.wire.level);
    in(PL011_UARTDR);
    cr_assert_not(board.wire.level);
    cr_assert_eq(clock_next(&board.clock), CLOCK_NEVER);
}

Test(pl011, a_full_receiver_loses_the_newcomer_and_says_so)
{
    start();
    out(PL011_UARTIMSC, PL011_INT_OE);
    receive(PL011_FIFO + 1);
    cr_assert(board.wire.level);
    cr_assert_eq(in(PL011_UARTRSR), 8);
    cr_assert_eq(in(PL011_UARTDR), 'a' | 1 << 11);
    out(PL011_UARTRSR, 0);
    out(PL011_UARTICR, PL011_INT_OE);
    cr_assert_not(board.wire.level);
    cr_assert_eq(in(PL011_UARTDR), 'b');
}

Test(pl011, without_fifos_there_is_room_for_one)
{
    start();
    out(PL011_UARTLCR_H, 0x60);
    out(PL011_UARTIMSC, PL011_INT_RX);
    cr_assert(pl011_can_receive(&board.uart));
    receive(1);
    cr_assert(board.wire.level);
    cr_assert_not(pl011_can_receive(&board.uart));
    unsigned before = board.drained;
    cr_assert_eq(in(PL011_UARTDR), 'a');
    cr_assert_eq(board.drained, before + 1, "whoever waits hears of the room");
}

Test(pl011, the_receiver_takes_nothing_while_it_is_off)
{
    cr_assert_not(pl011_can_receive(&board.uart));
    receive(1);
    cr_assert(in(PL011_UARTFR)&PL011_FR_RXFE);
    out(PL011_UARTCR, PL011_CR_UARTEN | PL011_CR_RXE);
    cr_assert_eq(board.drained, 1);
}

Test(pl011, loopback_leads_back_to_the_receiver)
{
    start();
    out(PL011_UARTCR, PL011_CR_UARTEN | PL011_CR_LBE | PL011_CR_TXE | PL011_CR_RXE);
    out(PL011_UARTDR, 'q');
    receive(1);
    cr_assert_eq(board.length, 0);
    cr_assert_eq(in(PL011_UARTDR), 'q');
    cr_assert(in(PL011_UARTFR)&PL011_FR_RXFE);
}

Test(pl011, an_overrun_shows_in_the_data_register_until_there_is_room)
{
    start();
    out(PL011_UARTCR, PL011_CR_UARTEN | PL011_CR_TXE | PL011_CR_RXE | PL011_CR_LBE);
    for (unsigned i = 0; i < PL011_FIFO + 1; i++)
        out(PL011_UARTDR, 'a' + i);
    cr_assert_eq(in(PL011_UARTRSR), 8);
    cr_assert_eq(in(PL011_UARTDR), 0x800 | 'a', "the FIFO is full");
    for (unsigned i = 1; i < PL011_FIFO; i++)
        cr_assert_eq(in(PL011_UARTDR), 'a' + i, "3.3.1: OE goes with room in the FIFO");
    out(PL011_UARTDR, 'z');
    cr_assert_eq(in(PL011_UARTDR), 'z');
    cr_assert_eq(in(PL011_UARTRSR), 8, "3.3.2: the status keeps it until it is cleared");
    out(PL011_UARTRSR, 0);
    cr_assert_eq(in(PL011_UARTRSR), 0);
}

Test(pl011, clearing_errors_or_emptying_the_fifos_takes_the_overrun_out_of_the_data_register)
{
    start();
    receive(PL011_FIFO + 1);
    out(PL011_UARTRSR, 0);
    cr_assert_eq(in(PL011_UARTDR), 'a');
    receive(2);
    out(PL011_UARTLCR_H, 0x60);
    receive(1);
    cr_assert_eq(in(PL011_UARTDR), 'a');
    cr_assert_eq(in(PL011_UARTRSR), 8);
}

Test(pl011, accesses_to_no_register_are_counted)
{
    cr_assert_eq(in(0x8), 0);
    out(PL011_UARTFR, 1); // read-only
    cr_assert_eq(board.uart.mistakes[PL011_MISTAKE_REGISTER], 2);
}

static void list(void *object, struct visit *v)
{
    pl011_visit(object, v);
}

Test(pl011, its_state_travels_whole)
{
    start();
    out(PL011_UARTIMSC, PL011_INT_RT);
    receive(3);
    struct visit_save save;
    visit_save_init(&save);
    pl011_visit(&board.uart, &save.visit);
    setup();
    check_load(&board.uart, list, &save);
    clock_loaded(&board.clock);
    free(save.data);
    run_to(&board.clock, NS_PER_SECOND);
    cr_assert(board.wire.level);
    cr_assert_eq(in(PL011_UARTDR), 'a');
    cr_assert_eq(visit_uncovered(&board.uart, offsetof(struct pl011, irq), list), 5); // padding
}
