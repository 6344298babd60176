// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// See pc_pirq.h. Intel 82371SB (PIIX3), 290550, PIRQRC; ICH9, 316972, 13.1.17 and 13.1.19, PIRQ[n]_ROUT: bit 7 and the IRQ, of which
// 0, 1, 2, 8 and 13 are reserved.
#include "machine/pc/pc.h"

enum { OFF = 0x80, IRQ = 0x0f, RESERVED = 1 << 0 | 1 << 1 | 1 << 2 | 1 << 8 | 1 << 13 };

int pc_pirqs_wire(struct pc *pc, unsigned count, uint32_t gsi, bool follows)
{
    struct route *route = &pc->board.route;
    int result = 0;
    pc->pirqs = (struct pc_pirqs){ count, gsi, follows, follows ? 0 : 1 };
    for (unsigned irq = 0; irq < PC_ISA_IRQS && result == 0; irq++) {
        result = route_reserve_pin(route, X86_IRQ_PIC, irq, count);
        if (result == 0 && follows)
            result = route_reserve_pin(route, X86_IRQ_IOAPIC, irq, count);
    }
    for (unsigned i = 0; i < count && result == 0; i++) {
        result = route_add_open(route, gsi + i);
        if (result == 0 && follows)
            result = route_add_open(route, gsi + i);
    }
    return result;
}

void pc_pirqs_lead(struct pc *pc, unsigned n, uint8_t value, bool loaded)
{
    void (*lead)(struct route *, uint32_t, uint32_t, uint32_t, uint32_t) =
        loaded ? route_output_loaded : route_lead_output;
    struct route *route = &pc->board.route;
    const struct pc_pirqs *pirqs = &pc->pirqs;
    unsigned irq = value & IRQ;
    bool off = value & OFF || RESERVED >> irq & 1;
    lead(route, pirqs->gsi + n, pirqs->output, off ? ROUTE_OPEN : X86_IRQ_PIC, irq);
    if (pirqs->follows)
        lead(route, pirqs->gsi + n, pirqs->output + 1, off ? ROUTE_OPEN : X86_IRQ_IOAPIC, irq);
}
