// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Intel 82371SB (PIIX3, 290550), 2.5.4, NMI status and control, NMI enable and real-time clock address; ICH9 (316972), 13.7.1 and
// 13.7.2: NMI_SC and NMI_EN.
//
// Both sources are latched while they are enabled, and cleared by a 1 in their bit. The processor takes the rise of the line: after
// one NMI, a second source is heard when the handler closes and opens the mask of port 70h. The mask holds every source, also the
// switch.
//
// Path: devices/pci/pci.c / the board's routing of `nmi`
#include "devices/nmi_sc.h"

#include <string.h>

#define ENABLES (NMI_SC_SERR_OFF | NMI_SC_IOCHK_OFF)
#define SOURCES (NMI_SC_SERR | NMI_SC_IOCHK)

static void update(struct nmi_sc *sc)
{
    if (sc->iochk && !(sc->NMI_SC & NMI_SC_IOCHK_OFF))
        sc->NMI_SC |= NMI_SC_IOCHK;
    intact_irq_line_set(&sc->nmi, !sc->masked && (sc->NMI_SC & SOURCES || sc->button));
}

uint8_t nmi_sc_read(const struct nmi_sc *sc)
{
    return sc->NMI_SC;
}

void nmi_sc_write(struct nmi_sc *sc, uint8_t value)
{
    sc->NMI_SC = (uint8_t)((sc->NMI_SC & SOURCES) | (value & ENABLES));
    if (value & NMI_SC_SERR_OFF)
        sc->NMI_SC &= (uint8_t)~NMI_SC_SERR;
    if (value & NMI_SC_IOCHK_OFF)
        sc->NMI_SC &= (uint8_t)~NMI_SC_IOCHK;
    update(sc);
}

void nmi_sc_serr(struct nmi_sc *sc)
{
    if (!(sc->NMI_SC & NMI_SC_SERR_OFF))
        sc->NMI_SC |= NMI_SC_SERR;
    update(sc);
}

void nmi_sc_set_iochk(struct nmi_sc *sc, bool asserted)
{
    sc->iochk = asserted;
    update(sc);
}

void nmi_sc_set_button(struct nmi_sc *sc, bool closed)
{
    sc->button = closed;
    update(sc);
}

void nmi_sc_set_mask(struct nmi_sc *sc, bool masked)
{
    sc->masked = masked;
    update(sc);
}

void nmi_sc_init(struct nmi_sc *sc)
{
    memset(sc, 0, sizeof *sc);
}

void nmi_sc_reset(struct nmi_sc *sc)
{
    sc->NMI_SC = 0;
    update(sc);
}

void nmi_sc_visit(struct nmi_sc *sc, struct visit *v)
{
    VISIT(v, sc->NMI_SC);
    VISIT(v, sc->iochk);
    VISIT(v, sc->button);
    VISIT(v, sc->masked);
    VISIT(v, sc->nmi.level);
}
