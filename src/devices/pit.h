// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Intel 8254 programmable interval timer as the PC wires it, with port 61h.
//
//             +--------+
//   CLK 0-2 --|        |-- OUT0 -> out0 (IRQ 0)        GATE0, GATE1 high
//  (1.193182  |  8254  |-- OUT1    memory refresh
//      MHz)   |        |-- OUT2 -> speaker, port 61h bit 5
//  port 61h --|GATE2   |
//    bit 0    +--------+
#ifndef DEVICES_PIT_H
#define DEVICES_PIT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/visit.h"
#include "intact/irq_line.h"

#define PIT_HZ    UINT64_C(1193182)
#define PIT_PORTS 4 // 40h-43h: counters 0-2, control word; bytes (region.widest = 1)

enum {                // control word, bits 5-4 and 7-6
    PIT_RW_LATCH = 0, // latch the count instead of setting a mode
    PIT_RW_LOW = 1,
    PIT_RW_HIGH = 2,
    PIT_RW_BOTH = 3, // low byte, then high byte
    PIT_SC_READ_BACK = 3,
};

enum pit_mistake {
    PIT_MISTAKE_COUNT_ONE, // count 1 in mode 2 or 3, which is illegal: OUT stays high
    PIT_MISTAKE_NOT_BCD,   // a digit above 9 in a BCD count: 1Fh counts as 25
    PIT_MISTAKES
};

// A counter is a count and the CLK tick at which it was loaded; its value and OUT are computed from the time.
struct pit_counter {
    uint8_t control; // bits 5-0 of the control word: RW, mode, BCD; 0: none yet
    bool gate;
    bool has_count;             // a whole count was written since the control word
    bool loaded;                // and was loaded into the counting element (CE)
    bool running;               // CE decrements with CLK; else it is stopped at `elapsed`
    bool null_count;            // the count register was not loaded into CE yet
    bool at_boundary;           // `load` ends a cycle (mode 2) or half cycle (mode 3) instead of starting afresh
    bool start_low;             // mode 3: OUT is low in the half that begins at `start`
    bool write_high, read_high; // the next byte of a two-byte access is the high one
    bool count_latched, status_latched;
    uint8_t first_byte; // of a two-byte write
    uint8_t latched_status;
    uint16_t latched_count;
    uint16_t written; // count register (CR), as the guest wrote it
    uint32_t count;   // the initial value of CE: 1-65536, BCD 1-10000
    uint64_t start;   // running: the tick at which CE had `count`
    uint64_t elapsed; // stopped: the decrements done
    uint64_t load;    // the tick at which CR is loaded into CE; CLOCK_NEVER: none is due
};

struct pit {
    struct pit_counter counters[3];
    uint8_t port61; // bits 1-0 as written
    uint64_t seen;  // tick up to which the out0 line follows OUT0
    uint32_t mistakes[PIT_MISTAKES];
    struct intact_irq_line out0;
    struct event edge;
    struct clock *clock;
};

// Registers the edge event and resets.
void pit_init(struct pit *pit, struct clock *clock);
// Counters wait for their control words (the data sheet does not define the power-up state). OUT0 is low.
void pit_reset(struct pit *pit, uint64_t now);

// Ports 40h-43h.
uint64_t pit_read(void *owner, uint64_t offset, unsigned size, uint64_t now);
void pit_write(void *owner, uint64_t offset, unsigned size, uint64_t value, uint64_t now);
// Port 61h: bit 0 GATE2, 1 speaker data, 4 refresh toggle, 5 OUT2. The others are 0 here (nmi_sc.h).
uint64_t pit_port61_read(void *owner, uint64_t offset, unsigned size, uint64_t now);
void pit_port61_write(void *owner, uint64_t offset, unsigned size, uint64_t value, uint64_t now);

// Pin OUT of counter 0-2 at `now`.
bool pit_out(const struct pit *pit, unsigned counter, uint64_t now);
// Pin GATE of counter 0-2. A rising edge triggers modes 1, 2, 3 and 5.
void pit_set_gate(struct pit *pit, unsigned counter, bool level, uint64_t now);
// When the OUT0 line must change next; CLOCK_NEVER: not before the next access.
uint64_t pit_deadline(const struct pit *pit, uint64_t now);

void pit_visit(struct pit *pit, struct visit *v);

#endif
