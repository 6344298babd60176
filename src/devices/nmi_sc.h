// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// NMI sources of a PC's board: bits 2, 3, 6 and 7 of port 61h (the others are the PIT's, pit.h), and the mask of port 70h.
//
//   SERR#  --[bit 2 is 0]--> bit 7 --+
//   IOCHK# --[bit 3 is 0]--> bit 6 --+--[port 70h bit 7 is 0]-- nmi
//   switch --------------------------+
#ifndef DEVICES_NMI_SC_H
#define DEVICES_NMI_SC_H

#include <stdbool.h>
#include <stdint.h>

#include "base/visit.h"
#include "intact/irq_line.h"

enum nmi_sc_bits {
    NMI_SC_SERR_OFF = 0x04,
    NMI_SC_IOCHK_OFF = 0x08,
    NMI_SC_IOCHK = 0x40,
    NMI_SC_SERR = 0x80,
};

struct nmi_sc {
    uint8_t NMI_SC;
    bool iochk;  // pin IOCHK#, asserted
    bool button; // the switch of an engineer is closed
    bool masked;
    struct intact_irq_line nmi;
};

void nmi_sc_init(struct nmi_sc *sc);
// The mask is the RTC's, which resets it.
void nmi_sc_reset(struct nmi_sc *sc);

// Port 61h: the four bits.
uint8_t nmi_sc_read(const struct nmi_sc *sc);
void nmi_sc_write(struct nmi_sc *sc, uint8_t value);

// A pulse of SERR#.
void nmi_sc_serr(struct nmi_sc *sc);
void nmi_sc_set_iochk(struct nmi_sc *sc, bool asserted);
void nmi_sc_set_button(struct nmi_sc *sc, bool closed);
void nmi_sc_set_mask(struct nmi_sc *sc, bool masked);

void nmi_sc_visit(struct nmi_sc *sc, struct visit *v);

#endif
