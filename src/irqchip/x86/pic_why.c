// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Intel 8259A: why the interrupt of a line does not arrive. See pic.h and <intact/why.h>.
//
//     line --> request (edge sense, level) --> IMR --> priority (IRR, ISR) --> [pin of the master, the same] --> INT
//
// The conditions are those of pic_winner in pic.c, one by one; the tests compare both.
//
// Spec: Intel 8259A data sheet (231468). Section names are in the list of reasons.
#include "irqchip/x86/pic.h"

#include "base/why.h"

#define PORTS_OF_SLAVE 0x80u // its ports are that far above the master's

static uint8_t bit(unsigned level)
{
    return (uint8_t)(1u << level);
}

// One interrupt on its way: what it is called, and its level at the chip that is looked at.
struct request {
    const struct pic_cascade *cascade;
    struct why *why;
    unsigned line;
    unsigned chip, level;
};

static const struct pic *chip_of(const struct request *request)
{
    return &request->cascade->chip[request->chip];
}

// --- The chip that the line leads to --------------------------------------------------------------------------------

static void why_stage(const struct request *request)
{
    const struct pic *pic = chip_of(request);
    if (pic->stage == PIC_POWER_ON)
        WHY(request->why, INTACT_WHY_PIC_POWER_ON, request->chip);
    else if (pic->stage != PIC_READY)
        WHY(request->why, INTACT_WHY_PIC_WAITS_ICW, request->chip, pic->stage - PIC_ICW2 + 2u);
}

static void why_no_request(const struct request *request)
{
    const struct pic *pic = chip_of(request);
    if (pic_cascade_irr(request->cascade, request->chip) & bit(request->level))
        return;
    if (request->chip == 0 && request->cascade->slave_pins & bit(request->level))
        WHY(request->why, INTACT_WHY_PIC_SLAVE_LOW, request->line);
    else if (pic->lines & bit(request->level))
        WHY(request->why, INTACT_WHY_PIC_EDGE_SEEN, request->line, request->chip + 1, pic->elcr, request->level,
            pic->icw4 & PIC_ICW4_AEOI ? 1 : 0);
    else
        WHY(request->why, INTACT_WHY_PIC_LOW, request->line, request->chip);
}

static void why_masked(const struct request *request)
{
    const struct pic *pic = chip_of(request);
    if (!(pic->imr & bit(request->level)))
        return;
    if (request->line != request->chip * 8 + request->level)
        WHY(request->why, INTACT_WHY_PIC_SLAVE_MASKED, request->line, pic->imr, request->level);
    else
        WHY(request->why, INTACT_WHY_PIC_MASKED, request->line, request->chip, pic->imr, request->level);
}

// --- Priority -------------------------------------------------------------------------------------------------------

// The level of highest priority of `set`, if it is above that of the request.
static bool is_above(const struct request *request, uint8_t set, unsigned *level)
{
    const struct pic *pic = chip_of(request);
    if (!set)
        return false;
    unsigned rank = pic_rank_highest(pic, set);
    *level = pic_level_of_rank(pic, rank);
    return rank < pic_rank_highest(pic, bit(request->level));
}

static void why_other_first(const struct request *request)
{
    const struct pic *pic = chip_of(request);
    uint8_t irr = pic_cascade_irr(request->cascade, request->chip);
    unsigned other;
    if (is_above(request, irr & ~pic->imr, &other))
        WHY(request->why, INTACT_WHY_PIC_OTHER_FIRST, request->line, request->chip * 8 + other, request->chip, irr,
            pic->imr);
}

static void why_serves_other(const struct request *request)
{
    const struct pic *pic = chip_of(request);
    unsigned other;
    if (!is_above(request, pic_in_service(pic), &other))
        return;
    WHY(request->why, pic->special_mask ? INTACT_WHY_PIC_SERVES_UNMASKED : INTACT_WHY_PIC_SERVES_OTHER, request->line,
        request->chip * 8 + other, request->chip, pic->isr, pic->special_mask ? pic->imr : 0);
}

// At the master a level with a slave may be in service for another interrupt of the slave.
static void why_serves_same(const struct request *request)
{
    const struct pic *pic = chip_of(request);
    bool slave = request->chip == 0 && request->cascade->slave_pins & bit(request->level);
    if (!(pic_in_service(pic) & bit(request->level)) || (slave && pic->icw4 & PIC_ICW4_SFNM))
        return;
    if (!slave)
        WHY(request->why, INTACT_WHY_PIC_SERVES_SAME, request->line, request->chip, pic->isr, request->level);
    else if (request->line >= 8 && request->cascade->chip[request->line / 8].isr == 0)
        WHY(request->why, INTACT_WHY_PIC_EOI_SLAVE_ONLY, request->line, pic->isr, request->level);
    else
        WHY(request->why, INTACT_WHY_PIC_NOT_NESTED, request->line, pic->isr, request->level, pic->icw4);
}

static void why_priority(const struct request *request)
{
    why_other_first(request);
    why_serves_other(request);
    why_serves_same(request);
}

// --- The vector -----------------------------------------------------------------------------------------------------

// What keeps the vector of the line from the CPU though INT is up: roles and modes, from the ICWs.
static void why_no_vector(const struct pic_cascade *cascade, unsigned line, struct why *why)
{
    unsigned slave = line / 8, pin = cascade->slave_pin[slave];
    const struct pic *master = &cascade->chip[0], *chip = &cascade->chip[slave];
    if (master->stage != PIC_READY || chip->stage != PIC_READY)
        return;
    if (!pic_is_master(master))
        WHY(why, INTACT_WHY_PIC_ROLE, 0, master->icw4);
    if (slave && pic_is_master(chip))
        WHY(why, INTACT_WHY_PIC_ROLE, 1, chip->icw4);
    if (slave && (!(master->icw3 & bit(pin)) || (chip->icw3 & 7) != pin))
        WHY(why, INTACT_WHY_PIC_SLAVE_ID, line, master->icw3, chip->icw3, pin);
    if (!(master->icw4 & PIC_ICW4_UPM))
        WHY(why, INTACT_WHY_PIC_8080_MODE, 0, master->icw4);
    if (slave && !(chip->icw4 & PIC_ICW4_UPM))
        WHY(why, INTACT_WHY_PIC_8080_MODE, 1, chip->icw4);
}

static void where_polled(const struct pic_cascade *cascade, unsigned line, struct why *why)
{
    if (cascade->chip[0].poll)
        WHY(why, INTACT_WHY_PIC_POLL, 0, 0x20);
    if (line >= 8 && cascade->chip[line / 8].poll)
        WHY(why, INTACT_WHY_PIC_POLL, 1, 0x20 + PORTS_OF_SLAVE);
}

bool pic_cascade_serves(const struct pic_cascade *cascade, unsigned line)
{
    uint8_t requests = pic_cascade_irr(cascade, line / 8);
    return cascade->chip[line / 8].isr & ~requests & bit(line % 8);
}

bool pic_cascade_why(const struct pic_cascade *cascade, unsigned line, struct why *why)
{
    struct request request = { cascade, why, line, line / 8, line % 8 };
    unsigned gates = why->gates;
    if (pic_cascade_serves(cascade, line)) {
        WHY(why, INTACT_WHY_PIC_IN_SERVICE, line, request.chip, chip_of(&request)->isr, request.level);
        return false;
    }
    why_no_request(&request);
    why_stage(&request);
    why_masked(&request);
    why_priority(&request);
    if (request.chip) {
        request.level = cascade->slave_pin[request.chip];
        request.chip = 0;
        why_stage(&request);
        why_masked(&request);
        why_priority(&request);
    }
    bool up = why->gates == gates;
    if (up)
        WHY(why, INTACT_WHY_PIC_INT_UP, line);
    where_polled(cascade, line, why);
    why_no_vector(cascade, line, why);
    return up;
}
