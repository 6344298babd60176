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

enum pit_mistake {
    PIT_MISTAKE_COUNT_ONE,    // count 1 in mode 2 or 3 (illegal: no output moves)
    PIT_MISTAKE_NOT_BCD,      // a digit above 9 in a BCD count
    PIT_MISTAKES
};

// A counter is a loaded count and the CLK tick from which it runs; its value and OUT are computed from the time.
struct pit_counter {
    uint8_t mode;       // 0-5
    uint8_t access;     // RW1-RW0: 1 low byte, 2 high byte, 3 low then high
    bool bcd;
    bool programmed;    // a control word came
    bool gate;
    bool counting;      // a count is in the counting element
    bool running;       // it decrements; else it stands at `elapsed`
    bool null_count;    // a count was written and is not in the counting element yet
    bool start_low;     // mode 3: OUT at `start` (a count loaded at the end of a high half begins low)
    bool triggered;     // mode 1 and 5: `load` comes from a trigger; mode 0: OUT may rise
    bool write_high, read_high; // next byte of a two-byte access is the high one
    bool count_latched, status_latched;
    uint8_t latched_status;
    uint8_t write_low;  // first byte of a two-byte write
    uint16_t latched_count;
    uint16_t written;   // count register, as the guest wrote it
    uint32_t count;     // the count in use, 1-65536 (BCD: 1-10000)
    uint64_t start;     // tick at which the count was loaded
    uint64_t elapsed;   // decrements done when it stopped
    uint64_t load;      // tick at which `written` goes into the counting element; CLOCK_NEVER: not scheduled
};

struct pit {
    struct pit_counter counters[3];
    uint8_t port61; // bits 3-0 as written
    uint32_t mistakes[PIT_MISTAKES];
    struct intact_irq_line out0;
    struct event edge;
    struct clock *clock;
};

// Registers the edge event and resets.
void pit_init(struct pit *pit, struct clock *clock);
// Counters wait for their control words (the data sheet leaves the power-up state open). OUT0 is low.
void pit_reset(struct pit *pit, uint64_t now);

// Ports 40h-43h.
uint64_t pit_read(void *owner, uint64_t offset, unsigned size, uint64_t now);
void pit_write(void *owner, uint64_t offset, unsigned size, uint64_t value, uint64_t now);
// Port 61h: bit 0 GATE2, 1 speaker data, 2-3 NMI enables (kept), 4 refresh toggle, 5 OUT2.
uint64_t pit_port61_read(void *owner, uint64_t offset, unsigned size, uint64_t now);
void pit_port61_write(void *owner, uint64_t offset, unsigned size, uint64_t value, uint64_t now);

// Pin OUT of counter 0-2 at `now`.
bool pit_out(const struct pit *pit, unsigned counter, uint64_t now);
// Pin GATE of counter 0-2. A rising edge triggers modes 1, 2, 3 and 5.
void pit_set_gate(struct pit *pit, unsigned counter, bool level, uint64_t now);
// When the OUT0 line must move next; CLOCK_NEVER: not before the next access.
uint64_t pit_deadline(const struct pit *pit, uint64_t now);

void pit_visit(struct pit *pit, struct visit *v);

#endif
