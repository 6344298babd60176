// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Intel 8259A programmable interrupt controllers: a master and up to eight slaves behind it. A PC has one at pin 2.
//
// Spec: Intel 8259A data sheet (231468); the ELCR ports 4D0h/4D1h are those of the 82371SB and ICH families.
//
//      line 0-7   --> chip 0 (master) --> INT, acknowledged by INTA cycles
//                        ^ pin slave_pin[1]
//      line 8-15  --> chip 1 ----+            line = chip * 8 + IR
//
// Stored are the pins, the edge sense latches, the control words and ISR; IRR and INT are derived whenever they are
// needed, and the INT of a slave is a level at the master's pin.
//
// A request in either trigger mode has to stay high until the first INTA (data sheet, "Edge and level triggered
// modes"); when it falls before, it is withdrawn, and an INTA that follows gets IR7. A source without a level (a
// notifier) uses pic_cascade_trigger, which holds the request until then.
//
// Not modelled: the timing of the pins; bus conflicts of two slaves with one id (the lower chip answers).
//
// Path: irqchip/route.c / irqchip/x86/x86_irq.c
#ifndef IRQCHIP_X86_PIC_H
#define IRQCHIP_X86_PIC_H

#include <stdbool.h>
#include <stdint.h>

#include "base/bits.h"
#include "base/visit.h"

struct register_sink;
struct why;

#define PIC_CHIP_LIMIT 9  // one master, eight slaves
#define PIC_FLOATING   -1 // no chip drives the data bus

enum pic_mistake {
    PIC_MISTAKE_EOI,      // an EOI, and nothing (that it could end) in service
    PIC_MISTAKE_SPURIOUS, // acknowledged without a request: IR7 was returned. Not always a mistake of the guest
    PIC_MISTAKE_NO_SLAVE, // ICW3 names a slave that does not answer, or no chip is master: the vector is FFh
    PIC_MISTAKE_CALL,     // a chip in 8080 mode was acknowledged by the two cycles of an x86 CPU
    PIC_MISTAKE_ELCR,     // ELCR write that tries to make a fixed edge pin level
    PIC_MISTAKE_EARLY,    // OCW1 that unmasks a device's pin before the first ICW1
    PIC_MISTAKES
};

// The word expected next at A0=1.
enum pic_stage {
    PIC_READY, // OCW1
    PIC_ICW2,
    PIC_ICW3,
    PIC_ICW4,
    PIC_POWER_ON, // no ICW1 yet: OCW1, and INT stays low
};

// Bits of control words that more than pic.c looks at.
enum {
    PIC_ICW1_LTIM = 0x08, // all pins level triggered
    PIC_ICW4_UPM = 0x01,  // 8086 mode
    PIC_ICW4_AEOI = 0x02,
    PIC_ICW4_MASTER = 0x04,
    PIC_ICW4_BUF = 0x08,
    PIC_ICW4_SFNM = 0x10,
};

// One 8259A.
struct pic {
    uint8_t lines; // IR7-0 as driven from outside; a pin with a slave on it is derived
    uint8_t held;  // requests of sources without a level, until acknowledged
    uint8_t armed; // edge sense: the pin was low since it was last acknowledged
    uint8_t imr, isr;
    uint8_t lowest; // the level of lowest priority, 7 after ICW1
    uint8_t icw1, icw2, icw3, icw4;
    uint8_t stage;         // enum pic_stage
    uint8_t elcr;          // 1: level triggered
    uint8_t elcr_writable; // configuration: pins that may be level triggered
    bool sp;               // configuration: the SP pin, high on the master
    bool read_isr;         // OCW3 RIS
    bool poll;             // OCW3 P: the next read acknowledges
    bool special_mask;
    bool rotate_auto; // rotate in automatic EOI mode
};

struct pic_cascade {
    struct pic chip[PIC_CHIP_LIMIT];   // 0 is the master
    uint8_t chips;                     // configuration, 1-9
    uint8_t slave_pin[PIC_CHIP_LIMIT]; // configuration: the master's pin that INT of chip 1-8 is wired to
    uint8_t slave_pins;                // configuration: the set of them
    // The current INTA sequence.
    uint8_t inta_cycle; // cycles seen: 0 (idle), 1, 2
    uint8_t inta_level; // the master's level, which is on CAS0-2
    uint8_t inta_chip;  // the chip that drives the vector; PIC_CHIP_LIMIT: none
    uint8_t inta_chip_level;
    uint16_t inta_served; // chips whose ISR bit this sequence has set
    uint32_t mistakes[PIC_MISTAKES];
};

// The result of an INTA sequence, for traces and resampling.
struct pic_taken {
    uint8_t vector;
    uint8_t line;  // chip * 8 + level
    bool spurious; // no request was there
    bool ended;    // automatic EOI: the level is out of service again
};

// The PC: two chips, the slave at pin 2, ELCR with pins 0, 1, 2, 8 and 13 fixed to edge. Power-on state.
void pic_cascade_init_pc(struct pic_cascade *cascade);
// `slaves` (0-8) chips behind the master, slave k (from 1) at master pin `pins[k - 1]` (0-7, all different). No ELCR:
// it stays 0 and every pin follows LTIM. Power-on state.
void pic_cascade_init(struct pic_cascade *cascade, unsigned slaves, const uint8_t *pins);
// Power-on state; configuration, pins and mistakes stay.
void pic_cascade_reset(struct pic_cascade *cascade);

// Drives a line, 0 to chips * 8 - 1. The level at a pin with a slave on it is ignored.
void pic_cascade_set_line(struct pic_cascade *cascade, unsigned line, bool high);
// Lines 0-15 at once, bit n is line n.
void pic_cascade_set_lines(struct pic_cascade *cascade, uint16_t lines);
// Is the line masked? A masked line has no effect on the output.
static inline bool pic_cascade_masked(const struct pic_cascade *cascade, unsigned line)
{
    return cascade->chip[line / 8].imr >> (line % 8) & 1;
}
// One request of a source that has no level: it stays until acknowledged (by INTA or a poll) or until ICW1, masked or
// not and in both trigger modes, so its handler runs once for each trigger, unless one was held already. Ignored at a
// pin with a slave on it.
void pic_cascade_trigger(struct pic_cascade *cascade, unsigned line);

// The master's INT pin.
bool pic_cascade_int(const struct pic_cascade *cascade);

// One INTA cycle: the byte on the data bus, or PIC_FLOATING. 8086 mode: nothing, then the vector. 8080 mode: CDh
// (CALL), low address, high address.
int pic_cascade_inta(struct pic_cascade *cascade);
// The two INTA cycles of an x86 CPU: the vector (FFh from a floating bus). `taken` may be NULL.
uint8_t pic_cascade_acknowledge(struct pic_cascade *cascade, struct pic_taken *taken);

// A port access: `chip` 0 at 20h/21h, 1 at A0h/A1h; `a0` is the low address bit. Reading may acknowledge (poll).
uint8_t pic_cascade_read(struct pic_cascade *cascade, unsigned chip, unsigned a0);
// Returns the levels of that chip that this write has taken out of service: level-triggered sources resample.
uint8_t pic_cascade_write(struct pic_cascade *cascade, unsigned chip, unsigned a0, uint8_t value);
// What pic_cascade_read would return, without its side effects.
uint8_t pic_cascade_peek(const struct pic_cascade *cascade, unsigned chip, unsigned a0);
// ELCR of a chip: 4D0h is chip 0, 4D1h is chip 1.
uint8_t pic_cascade_read_elcr(const struct pic_cascade *cascade, unsigned chip);
void pic_cascade_write_elcr(struct pic_cascade *cascade, unsigned chip, uint8_t value);

// For observers: the registers of one chip, and the vector of a level (8086 mode).
static inline uint8_t pic_cascade_vector(const struct pic_cascade *cascade, unsigned chip, unsigned level)
{
    return (uint8_t)((cascade->chip[chip].icw2 & 0xf8) | level);
}
uint8_t pic_cascade_irr(const struct pic_cascade *cascade, unsigned chip);
// The line that an INTA sequence would serve now, or -1.
int pic_cascade_first(const struct pic_cascade *cascade);
static inline uint8_t pic_cascade_isr(const struct pic_cascade *cascade, unsigned chip)
{
    return cascade->chip[chip].isr;
}
static inline uint8_t pic_cascade_imr(const struct pic_cascade *cascade, unsigned chip)
{
    return cascade->chip[chip].imr;
}

// --- Between the files of the 8259A ---------------------------------------------------------------------------------

// The set rotated so that bit 0 is the level of highest priority: the rank of its first member, and the level of a rank.
static inline unsigned pic_rank_highest(const struct pic *pic, uint8_t set)
{
    unsigned first = (pic->lowest + 1u) & 7;
    unsigned ring = (unsigned)set << 8 | set;

    return bits_lowest(ring >> first);
}
static inline unsigned pic_level_of_rank(const struct pic *pic, unsigned rank)
{
    return (pic->lowest + 1u + rank) & 7;
}
// "Special mask mode": levels in service that are masked block no others, and a non-specific EOI skips them.
static inline uint8_t pic_in_service(const struct pic *pic)
{
    return pic->special_mask ? pic->isr & ~pic->imr : pic->isr;
}
// SP/EN decides, or in buffered mode, where that pin is an output, ICW4.
static inline bool pic_is_master(const struct pic *pic)
{
    return pic->icw4 & PIC_ICW4_BUF ? pic->icw4 & PIC_ICW4_MASTER : pic->sp;
}

// --- Why an interrupt does not arrive (pic_why.c) -------------------------------------------------------------------

// The line is in service and requests nothing again: its interrupt has arrived.
bool pic_cascade_serves(const struct pic_cascade *cascade, unsigned line);
// Reports what holds the interrupt of a line, from its pin to the master's INT. True: nothing does, INT is up for it.
bool pic_cascade_why(const struct pic_cascade *cascade, unsigned line, struct why *why);

// Tells the registers of one chip (pic_fields.c).
void pic_cascade_tell(const struct pic_cascade *cascade, unsigned chip, const struct register_sink *sink);

// "eoi", "spurious" and so on.
const char *pic_mistake_name(enum pic_mistake mistake);

void pic_cascade_visit(struct pic_cascade *cascade, struct visit *v);

#endif
