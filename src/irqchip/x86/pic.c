// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Intel 8259A: priority, control words and the INTA sequence. The connections are drawn in pic.h.
//
// Priority is computed only in pic_winner, for the master and all slaves.
//
// Spec: Intel 8259A data sheet (231468). Section names are quoted beside the code.
//
// Not modelled: the timing of the pins; bus conflicts of two slaves with one id (the lower chip answers).
//
// Path: irqchip/route.c / irqchip/x86/x86_irq.c
#include "irqchip/x86/pic.h"

#include <assert.h>
#include <string.h>

enum {
    ICW1_IC4 = 0x01,
    ICW1_SNGL = 0x02,
    ICW1_ADI = 0x04, // CALL addresses are 4 bytes apart, otherwise 8
    ICW1_IS_ICW1 = 0x10,
    OCW_IS_OCW3 = 0x08,
    OCW3_RIS = 0x01,
    OCW3_RR = 0x02,
    OCW3_P = 0x04,
    OCW3_SMM = 0x20,
    OCW3_ESMM = 0x40,
    POLL_REQUEST = 0x80,
    CALL_OPCODE = 0xcd,
    DEFAULT_LEVEL = 7,
};

static uint8_t bit(unsigned level)
{
    return (uint8_t)(1u << (level & 7));
}

// --- Priority ------------------------------------------------------------------------------------------------------

// The level that INTA would acknowledge, or -1. `cascaded` are the pins with a slave, which in special fully nested
// mode may interrupt again while they are in service.
static int pic_winner(const struct pic *pic, uint8_t irr, uint8_t cascaded)
{
    uint8_t requests = irr & ~pic->imr;

    if (!requests || pic->stage != PIC_READY)
        return -1;
    uint8_t serving = pic_in_service(pic);
    unsigned rank = pic_rank_highest(pic, requests);
    unsigned level = pic_level_of_rank(pic, rank);
    if (serving) {
        unsigned held = pic_rank_highest(pic, serving);
        if (rank > held || (rank == held && !(cascaded & bit(level) && pic->icw4 & PIC_ICW4_SFNM)))
            return -1;
    }
    return (int)level;
}

// Requests of a chip by its own pins: level, or an edge that is still high.
static uint8_t own_requests(const struct pic *pic)
{
    uint8_t level = pic->icw1 & PIC_ICW1_LTIM ? 0xff : pic->elcr;

    return (pic->lines & (level | pic->armed)) | pic->held;
}

static int slave_winner(const struct pic *pic)
{
    return pic_winner(pic, own_requests(pic), 0);
}

// Requests of the master, where each slave's INT is the level of its pin.
static uint8_t master_requests(const struct pic_cascade *cascade)
{
    uint8_t irr = own_requests(&cascade->chip[0]) & ~cascade->slave_pins;

    for (unsigned slave = 1; slave < cascade->chips; slave++)
        if (slave_winner(&cascade->chip[slave]) >= 0)
            irr |= bit(cascade->slave_pin[slave]);
    return irr;
}

uint8_t pic_cascade_irr(const struct pic_cascade *cascade, unsigned chip)
{
    return chip ? own_requests(&cascade->chip[chip]) : master_requests(cascade);
}

static int chip_winner(const struct pic_cascade *cascade, unsigned chip)
{
    const struct pic *pic = &cascade->chip[chip];

    return chip ? slave_winner(pic) : pic_winner(pic, master_requests(cascade), pic->icw3);
}

bool pic_cascade_int(const struct pic_cascade *cascade)
{
    return chip_winner(cascade, 0) >= 0;
}

int pic_cascade_first(const struct pic_cascade *cascade)
{
    int level = chip_winner(cascade, 0);

    for (unsigned slave = 1; slave < cascade->chips && level >= 0; slave++)
        if (cascade->slave_pin[slave] == level)
            return (int)slave * 8 + slave_winner(&cascade->chip[slave]);
    return level;
}

// --- Pins ----------------------------------------------------------------------------------------------------------

static void drive(struct pic *pic, uint8_t lines)
{
    pic->lines = lines;
    pic->armed |= (uint8_t)~lines;
}

void pic_cascade_set_line(struct pic_cascade *cascade, unsigned line, bool high)
{
    assert(line / 8 < cascade->chips);
    struct pic *pic = &cascade->chip[line / 8];
    uint8_t pin = bit(line % 8);

    drive(pic, high ? pic->lines | pin : pic->lines & ~pin);
}

void pic_cascade_set_lines(struct pic_cascade *cascade, uint16_t lines)
{
    drive(&cascade->chip[0], (uint8_t)lines);
    if (cascade->chips > 1)
        drive(&cascade->chip[1], (uint8_t)(lines >> 8));
}

void pic_cascade_trigger(struct pic_cascade *cascade, unsigned line)
{
    assert(line / 8 < cascade->chips);
    uint8_t pin = bit(line % 8);

    if (line < 8)
        pin &= ~cascade->slave_pins;
    cascade->chip[line / 8].held |= pin;
}

// --- Acknowledge and end of interrupt ------------------------------------------------------------------------------

// "Interrupt sequence": the ISR bit is set and the edge latch cleared; a level stays in IRR as long as it is high.
static void serve(struct pic *pic, unsigned level)
{
    pic->isr |= bit(level);
    pic->held &= ~bit(level);
    pic->armed &= ~bit(level) | (uint8_t)~pic->lines;
}

// "Automatic rotation": the level just served becomes the lowest.
static void end_automatic(struct pic *pic, unsigned level)
{
    pic->isr &= ~bit(level);
    if (pic->rotate_auto)
        pic->lowest = (uint8_t)level;
}

// A chip drives the vector of this sequence. (A loaded state may name a chip that does not exist.)
static bool driven(const struct pic_cascade *cascade)
{
    return cascade->inta_chip < cascade->chips;
}

// The slave whose id is on CAS0-2, or PIC_CHIP_LIMIT.
static unsigned find_slave(const struct pic_cascade *cascade, unsigned id)
{
    for (unsigned chip = 1; chip < cascade->chips; chip++) {
        const struct pic *pic = &cascade->chip[chip];
        if (pic->stage == PIC_READY && !pic_is_master(pic) && (pic->icw3 & 7) == id)
            return chip;
    }
    return PIC_CHIP_LIMIT;
}

// Acknowledges the request of highest priority of a chip; if there is none, returns level 7 and sets no ISR bit.
static unsigned resolve(struct pic_cascade *cascade, unsigned chip)
{
    int level = chip_winner(cascade, chip);

    if (level < 0) {
        cascade->mistakes[PIC_MISTAKE_SPURIOUS]++;
        return DEFAULT_LEVEL;
    }
    serve(&cascade->chip[chip], (unsigned)level);
    cascade->inta_served |= (uint16_t)(1u << chip);
    return (unsigned)level;
}

// First cycle: the master decides and, at its end, puts the slave's id on CAS0-2. A default IR7 of the master is the
// same on CAS as any other level 7.
static void begin_inta(struct pic_cascade *cascade)
{
    struct pic *master = &cascade->chip[0];

    cascade->inta_cycle = 1;
    cascade->inta_served = 0;
    cascade->inta_level = DEFAULT_LEVEL;
    cascade->inta_chip = PIC_CHIP_LIMIT;
    if (master->stage == PIC_READY && pic_is_master(master)) {
        cascade->inta_level = (uint8_t)resolve(cascade, 0);
        cascade->inta_chip_level = cascade->inta_level;
        cascade->inta_chip = 0;
        if (master->icw3 & bit(cascade->inta_level))
            cascade->inta_chip = (uint8_t)find_slave(cascade, cascade->inta_level);
    }
    if (!driven(cascade))
        cascade->mistakes[PIC_MISTAKE_NO_SLAVE]++;
}

// "Automatic end of interrupt": at the end of the last cycle.
static void end_inta(struct pic_cascade *cascade)
{
    unsigned driver = cascade->inta_chip;

    cascade->inta_cycle = 0;
    if (cascade->inta_served & 1 && cascade->chip[0].icw4 & PIC_ICW4_AEOI)
        end_automatic(&cascade->chip[0], cascade->inta_level);
    if (driver && driven(cascade) && cascade->inta_served >> driver & 1 && cascade->chip[driver].icw4 & PIC_ICW4_AEOI)
        end_automatic(&cascade->chip[driver], cascade->inta_chip_level);
}

// What the chip puts on the bus in cycle 2 or 3 ("Contents of interrupt vector byte").
static int vector_byte(const struct pic *pic, unsigned level, unsigned cycle)
{
    if (pic->icw4 & PIC_ICW4_UPM)
        return cycle == 2 ? (int)((pic->icw2 & 0xf8) | level) : PIC_FLOATING;
    if (cycle == 3)
        return pic->icw2;
    if (pic->icw1 & ICW1_ADI)
        return (int)((pic->icw1 & 0xe0) | level << 2);
    return (int)((pic->icw1 & 0xc0) | level << 3);
}

int pic_cascade_inta(struct pic_cascade *cascade)
{
    const struct pic *master = &cascade->chip[0];
    bool call = !(master->icw4 & PIC_ICW4_UPM);
    int byte = PIC_FLOATING;

    if (cascade->inta_cycle == 0) {
        begin_inta(cascade);
        return call && master->stage == PIC_READY && pic_is_master(master) ? CALL_OPCODE : PIC_FLOATING;
    }
    // The slave whose id is on CAS decides now: a request that fell since the first cycle makes this its IR7, and the
    // master's ISR bit stays for its EOI (the "spurious 15" of a PC).
    if (++cascade->inta_cycle == 2 && driven(cascade) && cascade->inta_chip)
        cascade->inta_chip_level = (uint8_t)resolve(cascade, cascade->inta_chip);
    if (driven(cascade))
        byte = vector_byte(&cascade->chip[cascade->inta_chip], cascade->inta_chip_level, cascade->inta_cycle);
    if (cascade->inta_cycle == 3 || !call)
        end_inta(cascade);
    return byte;
}

uint8_t pic_cascade_acknowledge(struct pic_cascade *cascade, struct pic_taken *taken)
{
    if (!(cascade->chip[0].icw4 & PIC_ICW4_UPM))
        cascade->mistakes[PIC_MISTAKE_CALL]++;
    pic_cascade_inta(cascade);
    uint8_t vector = (uint8_t)pic_cascade_inta(cascade);
    if (taken) {
        unsigned chip = driven(cascade) ? cascade->inta_chip : 0;
        unsigned level = driven(cascade) ? cascade->inta_chip_level : cascade->inta_level;
        taken->vector = vector;
        taken->line = (uint8_t)(chip * 8 + level);
        taken->spurious = !(cascade->inta_served >> chip & 1);
        taken->ended = !taken->spurious && !(cascade->chip[chip].isr & bit(level));
    }
    return vector;
}

// --- Control words -------------------------------------------------------------------------------------------------

// "Initialization command word 1": what it resets, a to f. The sheet does not mention ISR, poll and automatic rotation.
// They are cleared too: an old ISR bit would block its level for ever, and all system software relies on this.
static uint8_t write_icw1(struct pic_cascade *cascade, struct pic *pic, uint8_t value)
{
    uint8_t ended = pic->isr;

    pic->icw1 = value;
    pic->armed = (uint8_t)~pic->lines;
    pic->held = pic->imr = pic->isr = 0;
    pic->lowest = 7;
    pic->icw3 = pic->sp ? 0 : 7; // a master in single mode gets no ICW3: no slaves
    pic->special_mask = pic->read_isr = pic->poll = pic->rotate_auto = false;
    if (!(value & ICW1_IC4))
        pic->icw4 = 0;
    pic->stage = PIC_ICW2;
    if (pic == &cascade->chip[0])
        cascade->inta_cycle = 0;
    return ended;
}

static unsigned stage_after(const struct pic *pic)
{
    if (pic->stage == PIC_ICW2 && !(pic->icw1 & ICW1_SNGL))
        return PIC_ICW3;
    if (pic->stage != PIC_ICW4 && pic->icw1 & ICW1_IC4)
        return PIC_ICW4;
    return PIC_READY;
}

// A probe that only asks whether the chip is there may unmask the pin of the slave.
static void write_odd(struct pic_cascade *cascade, struct pic *pic, uint8_t value)
{
    uint8_t slaves = pic == cascade->chip ? cascade->slave_pins : 0;

    switch (pic->stage) {
    case PIC_ICW2: pic->icw2 = value; break;
    case PIC_ICW3: pic->icw3 = value; break;
    case PIC_ICW4: pic->icw4 = value; break;
    default: // OCW1
        cascade->mistakes[PIC_MISTAKE_EARLY] += pic->stage == PIC_POWER_ON && (value | slaves) != 0xff;
        pic->imr = value;
        return;
    }
    pic->stage = (uint8_t)stage_after(pic);
}

// Takes `level` out of service; returns the levels that were in service.
static uint8_t end_level(struct pic_cascade *cascade, struct pic *pic, unsigned level, bool rotate)
{
    uint8_t ended = pic->isr & bit(level);

    if (!ended)
        cascade->mistakes[PIC_MISTAKE_EOI]++;
    pic->isr &= ~ended;
    if (rotate)
        pic->lowest = (uint8_t)level;
    return ended;
}

static uint8_t end_highest(struct pic_cascade *cascade, struct pic *pic, bool rotate)
{
    uint8_t serving = pic_in_service(pic);

    if (!serving) {
        cascade->mistakes[PIC_MISTAKE_EOI]++;
        return 0;
    }
    return end_level(cascade, pic, pic_level_of_rank(pic, pic_rank_highest(pic, serving)), rotate);
}

// "Operation control word 2": R, SL, EOI select the command.
static uint8_t write_ocw2(struct pic_cascade *cascade, struct pic *pic, uint8_t value)
{
    unsigned level = value & 7;

    switch (value >> 5) {
    case 0: // rotate in automatic EOI mode, clear
    case 4: // ... set
        pic->rotate_auto = value >> 7;
        return 0;
    case 1: // non-specific EOI
        return end_highest(cascade, pic, false);
    case 3: // specific EOI
        return end_level(cascade, pic, level, false);
    case 5: // rotate on non-specific EOI
        return end_highest(cascade, pic, true);
    case 6: // set priority
        pic->lowest = (uint8_t)level;
        return 0;
    case 7: // rotate on specific EOI
        return end_level(cascade, pic, level, true);
    default: // 2: no operation
        return 0;
    }
}

static void write_ocw3(struct pic *pic, uint8_t value)
{
    if (value & OCW3_ESMM)
        pic->special_mask = value & OCW3_SMM;
    if (value & OCW3_RR)
        pic->read_isr = value & OCW3_RIS;
    pic->poll = value & OCW3_P;
}

uint8_t pic_cascade_write(struct pic_cascade *cascade, unsigned chip, unsigned a0, uint8_t value)
{
    assert(chip < cascade->chips);
    struct pic *pic = &cascade->chip[chip];

    if (a0) {
        write_odd(cascade, pic, value);
        return 0;
    }
    if (value & ICW1_IS_ICW1)
        return write_icw1(cascade, pic, value);
    if (value & OCW_IS_OCW3) {
        write_ocw3(pic, value);
        return 0;
    }
    return write_ocw2(cascade, pic, value);
}

// --- Reading -------------------------------------------------------------------------------------------------------

// "Poll command": the level and bit 7; without a request the sheet defines only bit 7; the other bits are the default
// level.
uint8_t pic_cascade_peek(const struct pic_cascade *cascade, unsigned chip, unsigned a0)
{
    assert(chip < cascade->chips);
    const struct pic *pic = &cascade->chip[chip];

    if (pic->poll) {
        int level = chip_winner(cascade, chip);
        return level < 0 ? DEFAULT_LEVEL : (uint8_t)(POLL_REQUEST | level);
    }
    if (a0)
        return pic->imr;
    return pic->read_isr ? pic->isr : pic_cascade_irr(cascade, chip);
}

uint8_t pic_cascade_read(struct pic_cascade *cascade, unsigned chip, unsigned a0)
{
    uint8_t value = pic_cascade_peek(cascade, chip, a0);
    struct pic *pic = &cascade->chip[chip];

    if (pic->poll) {
        pic->poll = false;
        if (value & POLL_REQUEST) {
            serve(pic, value & 7);
            if (pic->icw4 & PIC_ICW4_AEOI)
                end_automatic(pic, value & 7);
        }
    }
    return value;
}

uint8_t pic_cascade_read_elcr(const struct pic_cascade *cascade, unsigned chip)
{
    assert(chip < cascade->chips);
    return cascade->chip[chip].elcr;
}

void pic_cascade_write_elcr(struct pic_cascade *cascade, unsigned chip, uint8_t value)
{
    assert(chip < cascade->chips);
    struct pic *pic = &cascade->chip[chip];

    if (value & ~pic->elcr_writable)
        cascade->mistakes[PIC_MISTAKE_ELCR]++;
    pic->elcr = value & pic->elcr_writable;
}

// --- Set-up and state ----------------------------------------------------------------------------------------------

static void reset_chip(struct pic *pic)
{
    *pic = (struct pic){
        .lines = pic->lines,
        .armed = (uint8_t)~pic->lines,
        .lowest = 7,
        .stage = PIC_POWER_ON,
        .elcr_writable = pic->elcr_writable,
        .sp = pic->sp,
    };
}

void pic_cascade_reset(struct pic_cascade *cascade)
{
    for (unsigned chip = 0; chip < cascade->chips; chip++)
        reset_chip(&cascade->chip[chip]);
    cascade->inta_cycle = cascade->inta_level = cascade->inta_chip = cascade->inta_chip_level = 0;
    cascade->inta_served = 0;
}

void pic_cascade_init(struct pic_cascade *cascade, unsigned slaves, const uint8_t *pins)
{
    assert(slaves < PIC_CHIP_LIMIT);
    memset(cascade, 0, sizeof *cascade);
    cascade->chips = (uint8_t)(slaves + 1);
    cascade->chip[0].sp = true;
    for (unsigned slave = 1; slave <= slaves; slave++) {
        assert(pins[slave - 1] < 8 && !(cascade->slave_pins & bit(pins[slave - 1])));
        cascade->slave_pin[slave] = pins[slave - 1];
        cascade->slave_pins |= bit(pins[slave - 1]);
    }
    pic_cascade_reset(cascade);
}

void pic_cascade_init_pc(struct pic_cascade *cascade)
{
    static const uint8_t pins[] = { 2 };

    pic_cascade_init(cascade, 1, pins);
    // 82371AB 8.6.5: IRQ 0, 1, 2, 8 and 13 are edge and their bits stay 0.
    cascade->chip[0].elcr_writable = 0xf8;
    cascade->chip[1].elcr_writable = 0xde;
}

static void pic_visit(struct pic *pic, struct visit *v)
{
    VISIT(v, pic->lines);
    VISIT(v, pic->held);
    VISIT(v, pic->armed);
    VISIT(v, pic->imr);
    VISIT(v, pic->isr);
    VISIT_BELOW(v, pic->lowest, 8);
    VISIT(v, pic->icw1);
    VISIT(v, pic->icw2);
    VISIT(v, pic->icw3);
    VISIT(v, pic->icw4);
    VISIT_BELOW(v, pic->stage, PIC_POWER_ON + 1);
    VISIT(v, pic->elcr);
    VISIT(v, pic->read_isr);
    VISIT(v, pic->poll);
    VISIT(v, pic->special_mask);
    VISIT(v, pic->rotate_auto);
}

void pic_cascade_visit(struct pic_cascade *cascade, struct visit *v)
{
    static const char *const name[PIC_CHIP_LIMIT] = { "pic0", "pic1", "pic2", "pic3", "pic4",
                                                      "pic5", "pic6", "pic7", "pic8" };

    for (unsigned chip = 0; chip < cascade->chips; chip++) {
        visit_enter(v, name[chip]);
        pic_visit(&cascade->chip[chip], v);
        visit_leave(v);
    }
    VISIT_BELOW(v, cascade->inta_cycle, 3);
    VISIT_BELOW(v, cascade->inta_level, 8);
    VISIT_BELOW(v, cascade->inta_chip, PIC_CHIP_LIMIT + 1);
    VISIT_BELOW(v, cascade->inta_chip_level, 8);
    VISIT(v, cascade->inta_served);
    VISIT_ARRAY(v, cascade->mistakes);
}

const char *pic_mistake_name(enum pic_mistake mistake)
{
    static const char *const names[PIC_MISTAKES] = {
        [PIC_MISTAKE_EOI] = "eoi",   [PIC_MISTAKE_SPURIOUS] = "spurious", [PIC_MISTAKE_NO_SLAVE] = "no-slave",
        [PIC_MISTAKE_CALL] = "call", [PIC_MISTAKE_ELCR] = "elcr",         [PIC_MISTAKE_EARLY] = "early",
    };
    return names[mistake];
}
