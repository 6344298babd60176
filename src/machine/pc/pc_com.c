// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// COM2 to COM4, for the chardevs that the configuration names. COM1 and COM3 share an interrupt, and so do COM2 and COM4.
#include "machine/pc/pc.h"

const struct pc_com_place pc_com_places[PC_COMS] = {
    { 0x2f8, 3, "com2", "com2.irq" },
    { 0x3e8, 4, "com3", "com3.irq" },
    { 0x2e8, 3, "com4", "com4.irq" },
};

static bool can_receive(void *device)
{
    return uart16550_can_receive(device);
}

static void receive(void *device, uint8_t byte, uint64_t now)
{
    uart16550_receive(device, byte, now);
}

static int make(struct pc *pc, unsigned index)
{
    const struct backends_screen screen = { .screen = NULL };
    const struct intact_chardev_config *chardev;
    struct board *board = &pc->board;
    struct pc_com *com = &pc->coms[index];
    int result = backends_take_chardev(board, "isa-serial", board->config.com_chardevs[index], &screen, &chardev);
    if (result < 0)
        return result;
    unsigned port = OUTSIDE_CHARDEV + (unsigned)(chardev - board->config.chardevs);
    com->there = true;
    uart16550_init(&com->uart, &board->clock, outside_transmit, &board->outside.ports[port]);
    com->uart.drained = outside_receive;
    return outside_connect(&board->outside, port, can_receive, receive, &com->uart, &board->error);
}

int pc_com_make(struct pc *pc)
{
    int result = 0;
    for (unsigned i = 0; i < PC_COMS && result == 0; i++)
        if (pc->board.config.com_chardevs[i])
            result = make(pc, i);
    return result;
}

int pc_com_wire(struct pc *pc)
{
    int result = 0;
    for (unsigned i = 0; i < PC_COMS && result == 0; i++) {
        if (!pc->coms[i].there)
            continue;
        pc->coms[i].uart.irq.name = pc_com_places[i].irq_name;
        result = route_connect(&pc->board.route, pc_com_places[i].irq, &pc->coms[i].uart.irq);
    }
    return result;
}

void pc_com_reset(struct pc *pc, uint64_t now)
{
    for (unsigned i = 0; i < PC_COMS; i++)
        if (pc->coms[i].there)
            uart16550_reset(&pc->coms[i].uart, now);
}

void pc_com_visit(struct pc *pc, struct visit *v)
{
    for (unsigned i = 0; i < PC_COMS; i++)
        if (pc->coms[i].there)
            VISIT_NESTED(v, pc_com_places[i].name, uart16550_visit(&pc->coms[i].uart, v));
}
