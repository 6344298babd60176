// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// I/O APIC: which pin sends next, the result of its message, and the register window. The interface is described in
// ioapic.h.
//
// All tests on the interrupt path use sets of pins, 64 at a time; there is no loop over entries. With 24 pins a set is
// one word.
//
//      ready = enabled & ~waiting & ( level & (high ^ low | held) & ~remote_irr & ~resting  |  ~level & edge )
//
// Spec: Intel 82093AA data sheet (290566), section 3; ICH9 data sheet, "APIC registers", for version 20h.
//
// Not modelled: the serial APIC bus (arbitration always succeeds at once); VT-d remappable entries (bit 48 stays 0).
//
// Path: irqchip/route.c / irqchip/x86/x86_irq.c
#include "irqchip/x86/ioapic.h"

#include <assert.h>
#include <string.h>

#include "base/clock.h"

// The window.
enum { IOREGSEL = 0x00, IOWIN = 0x10, IOAPIC_EOI = 0x40 };

// A redirection entry (82093AA 3.2.4).
enum {
    ENTRY_LOGICAL = BIT32(11),
    ENTRY_DELIVS = BIT32(12),
    ENTRY_INTPOL = BIT32(13),
    ENTRY_REMOTE_IRR = BIT32(14),
    ENTRY_LEVEL = BIT32(15),
    ENTRY_MASK = BIT32(16),
};

#define ENTRY_WRITABLE UINT64_C(0xff0000000001afff)
#define ENTRY_EXTENDED UINT64_C(0x00fe000000000000) // destination[14:8] in the 15-bit form
#define ID_WRITABLE    UINT64_C(0x0f000000)

static void put(struct ioapic_pins *set, unsigned pin, bool value)
{
    uint64_t bit = BIT64(pin % 64);

    set->word[pin / 64] = value ? set->word[pin / 64] | bit : set->word[pin / 64] & ~bit;
}

static unsigned words(const struct ioapic *ioapic)
{
    return (ioapic->pins + 63u) / 64;
}

// --- Ready pins ----------------------------------------------------------------------------------------------------

static uint64_t active_word(const struct ioapic *ioapic, unsigned i)
{
    return ioapic->high.word[i] ^ ioapic->low.word[i];
}

bool ioapic_active(const struct ioapic *ioapic, unsigned pin)
{
    return active_word(ioapic, pin / 64) >> (pin % 64) & 1;
}

// Pins whose interrupt no local APIC has accepted yet: the delivery status bits.
static uint64_t pending_word(const struct ioapic *ioapic, unsigned i)
{
    uint64_t level = ioapic->level.word[i], asserted = active_word(ioapic, i) | ioapic->held.word[i];

    return ioapic->enabled.word[i] &
           ((level & asserted & ~ioapic->remote_irr.word[i]) | (~level & ioapic->edge.word[i]));
}

static uint64_t ready_word(const struct ioapic *ioapic, unsigned i)
{
    return pending_word(ioapic, i) & ~ioapic->waiting.word[i] & ~ioapic->resting.word[i];
}

bool ioapic_ready(const struct ioapic *ioapic)
{
    for (unsigned i = 0; i < words(ioapic); i++)
        if (ready_word(ioapic, i))
            return true;
    return false;
}

// The ready pin after the last one that sent, in a ring, so that a pin that is always ready does not block the others.
// -1: none.
static int next_ready(const struct ioapic *ioapic)
{
    unsigned count = words(ioapic), first = (ioapic->last + 1u) % ioapic->pins, i = first / 64;
    uint64_t ready = ready_word(ioapic, i) & ~bits_low(first % 64);

    for (unsigned left = count; !ready && left; left--) { // the last round uses the whole first word
        i = i + 1 == count ? 0 : i + 1;
        ready = ready_word(ioapic, i);
    }
    return ready ? (int)(i * 64 + bits_lowest(ready)) : -1;
}

void ioapic_message(const struct ioapic *ioapic, unsigned pin, struct x86_message *message)
{
    uint64_t entry = ioapic->entry[pin];

    *message = (struct x86_message){
        .destination = (uint32_t)bits_get(entry, 63, 56) | (uint32_t)bits_get(entry, 55, 49) << 8,
        .vector = (uint8_t)entry,
        .delivery = (uint8_t)bits_get(entry, 10, 8),
        .logical = entry & ENTRY_LOGICAL,
        .level = ioapic_pins_has(&ioapic->level, pin),
        .assert_level = true,
        .short_destination = !ioapic->extended,
    };
}

bool ioapic_next(const struct ioapic *ioapic, struct x86_message *message, unsigned *pin)
{
    int next = next_ready(ioapic);

    if (next < 0)
        return false;
    *pin = (unsigned)next;
    ioapic_message(ioapic, *pin, message);
    return true;
}

static void accepted(struct ioapic *ioapic, unsigned pin, bool level)
{
    put(&ioapic->edge, pin, false);
    put(&ioapic->held, pin, false);
    if (level)
        put(&ioapic->remote_irr, pin, true);
}

void ioapic_answer(struct ioapic *ioapic, unsigned pin, enum ioapic_answer answer)
{
    assert(pin < ioapic->pins);
    bool level = ioapic_pins_has(&ioapic->level, pin);

    ioapic->last = (uint16_t)pin;
    if (answer == IOAPIC_DROPPED)
        ioapic->mistakes[IOAPIC_MISTAKE_DROPPED]++;
    if (answer == IOAPIC_RETRY || (answer == IOAPIC_DROPPED && level))
        put(&ioapic->waiting, pin, true);
    else
        accepted(ioapic, pin, level);
}

bool ioapic_retry(struct ioapic *ioapic)
{
    memset(&ioapic->waiting, 0, sizeof ioapic->waiting);
    return ioapic_ready(ioapic);
}

bool ioapic_extint(const struct ioapic *ioapic, struct x86_message *message)
{
    for (unsigned i = 0; i < words(ioapic); i++) {
        uint64_t wires = ioapic->extint.word[i] & active_word(ioapic, i);
        if (wires) {
            ioapic_message(ioapic, i * 64 + bits_lowest(wires), message);
            return true;
        }
    }
    return false;
}

bool ioapic_requests(const struct ioapic *ioapic, unsigned pin)
{
    if (ioapic_pins_has(&ioapic->level, pin))
        return ioapic_active(ioapic, pin) || ioapic_pins_has(&ioapic->held, pin);
    return ioapic_pins_has(&ioapic->edge, pin);
}

// --- Pins ----------------------------------------------------------------------------------------------------------

// "Interrupt mask": an edge on a masked pin is ignored, neither delivered nor held.
static void latch_edge(struct ioapic *ioapic, unsigned pin)
{
    uint64_t bit = BIT64(pin % 64);

    ioapic->edge.word[pin / 64] |= bit & ioapic->enabled.word[pin / 64] & ~ioapic->level.word[pin / 64];
}

// A source without a level on a level entry: it acts like a level that is asserted until its interrupt is accepted: it
// is sent at unmask, or after the EOI if it came during service.
static void latch_held(struct ioapic *ioapic, unsigned pin)
{
    uint64_t bit = BIT64(pin % 64);

    ioapic->held.word[pin / 64] |= bit & ioapic->level.word[pin / 64];
}

// An inactive level stops waiting and resting; a latched edge continues to wait.
static void release_level(struct ioapic *ioapic, unsigned pin)
{
    ioapic->eois[pin] = 0;
    if (ioapic_pins_has(&ioapic->level, pin)) {
        put(&ioapic->waiting, pin, false);
        put(&ioapic->resting, pin, false);
    }
}

bool ioapic_set_pin(struct ioapic *ioapic, unsigned pin, bool high)
{
    assert(pin < ioapic->pins);
    if (ioapic_pins_has(&ioapic->high, pin) != high) {
        put(&ioapic->high, pin, high);
        if (ioapic_active(ioapic, pin))
            latch_edge(ioapic, pin);
        else
            release_level(ioapic, pin);
    }
    return ioapic_ready(ioapic);
}

bool ioapic_trigger(struct ioapic *ioapic, unsigned pin)
{
    assert(pin < ioapic->pins);
    latch_edge(ioapic, pin);
    latch_held(ioapic, pin);
    return ioapic_ready(ioapic);
}

// --- End of interrupt ----------------------------------------------------------------------------------------------

// The line is sampled again at once: without remote IRR an active pin is ready again, unless there is an EOI storm:
// then it rests. All resting pins share one deadline, so a pin that starts later rests for a shorter time.
static void end_pin(struct ioapic *ioapic, unsigned pin, uint64_t now)
{
    put(&ioapic->remote_irr, pin, false);
    if (!ioapic_active(ioapic, pin) || ++ioapic->eois[pin] < IOAPIC_STORM_LIMIT)
        return;
    ioapic->eois[pin] = 0;
    put(&ioapic->resting, pin, true);
    if (ioapic->rest_until == CLOCK_NEVER)
        ioapic->rest_until = now + IOAPIC_STORM_REST;
}

// Ends every level entry in service whose vector field matches. The loop is over the pins in service only, mostly one.
static bool end_vector(struct ioapic *ioapic, uint8_t vector, uint64_t now)
{
    bool any = false;

    for (unsigned i = 0; i < words(ioapic); i++)
        for (uint64_t left = ioapic->remote_irr.word[i]; left; left &= left - 1) {
            unsigned pin = i * 64 + bits_lowest(left);
            if ((uint8_t)ioapic->entry[pin] == vector) {
                end_pin(ioapic, pin, now);
                any = true;
            }
        }
    return any;
}

// Reports the pins that left service since `before`.
static void report_ended(const struct ioapic *ioapic, const struct ioapic_pins *before, struct ioapic_pins *ended)
{
    for (unsigned i = 0; i < IOAPIC_WORDS && ended; i++)
        ended->word[i] = before->word[i] & ~ioapic->remote_irr.word[i];
}

bool ioapic_eoi(struct ioapic *ioapic, uint8_t vector, uint64_t now, struct ioapic_pins *ended)
{
    struct ioapic_pins before = ioapic->remote_irr;

    end_vector(ioapic, vector, now);
    report_ended(ioapic, &before, ended);
    return ioapic_ready(ioapic);
}

uint64_t ioapic_deadline(const struct ioapic *ioapic)
{
    return ioapic->rest_until;
}

bool ioapic_run(struct ioapic *ioapic, uint64_t now)
{
    if (now >= ioapic->rest_until) {
        ioapic->rest_until = CLOCK_NEVER;
        memset(&ioapic->resting, 0, sizeof ioapic->resting);
    }
    return ioapic_ready(ioapic);
}

// --- The index space -----------------------------------------------------------------------------------------------

static bool reserved_delivery(unsigned delivery)
{
    return delivery == 3 || delivery == X86_SIPI;
}

// Stores the flags of an entry in the sets of pins. SMI, NMI and INIT are edges whatever was programmed (82093AA 3.2.4,
// "DELMOD").
static void index_entry(struct ioapic *ioapic, unsigned pin)
{
    uint32_t entry = (uint32_t)ioapic->entry[pin];
    unsigned delivery = (unsigned)bits_get(entry, 10, 8);
    bool unmasked = !(entry & ENTRY_MASK);

    put(&ioapic->enabled, pin, unmasked && !reserved_delivery(delivery) && delivery != X86_EXTINT);
    put(&ioapic->extint, pin, unmasked && delivery == X86_EXTINT);
    put(&ioapic->level, pin, (entry & ENTRY_LEVEL) && x86_delivery_has_vector(delivery));
    put(&ioapic->low, pin, entry & ENTRY_INTPOL);
}

// The effects of a write to an entry: one that is not level (any more) has no remote IRR and no rest; one that is
// masked or not an edge loses the latched edge (82093AA: as if the device had withdrawn it). A trigger that is held for
// a level entry is lost when the entry is unmasked as an edge, but not when it is masked as one, since systems do that
// to clear remote IRR where there is no EOI register. A change of polarity alone is not an edge: an edge is a change of
// the pin.
static void settle_entry(struct ioapic *ioapic, unsigned pin)
{
    bool level = ioapic_pins_has(&ioapic->level, pin);

    put(&ioapic->waiting, pin, false);
    if (!level) {
        put(&ioapic->remote_irr, pin, false);
        put(&ioapic->resting, pin, false);
        ioapic->eois[pin] = 0;
    }
    if (level || !ioapic_pins_has(&ioapic->enabled, pin))
        put(&ioapic->edge, pin, false);
    else
        put(&ioapic->held, pin, false);
}

uint64_t ioapic_entry(const struct ioapic *ioapic, unsigned pin)
{
    assert(pin < ioapic->pins);
    uint64_t bit = BIT64(pin % 64);

    return ioapic->entry[pin] | (pending_word(ioapic, pin / 64) & bit ? ENTRY_DELIVS : 0) |
           (ioapic->remote_irr.word[pin / 64] & bit ? ENTRY_REMOTE_IRR : 0);
}

static uint64_t read_id(void *context, unsigned index, uint64_t now)
{
    const struct ioapic *ioapic = context;
    (void)index, (void)now;
    return ioapic->id;
}

// "Arbitration ID": loaded whenever the ID register is written.
static void write_id(void *context, unsigned index, uint64_t value, uint64_t now)
{
    struct ioapic *ioapic = context;
    (void)index, (void)now;
    ioapic->id = ioapic->arb = (uint32_t)value;
}

static uint64_t read_ver(void *context, unsigned index, uint64_t now)
{
    const struct ioapic *ioapic = context;
    (void)index, (void)now;
    return ioapic->version | (uint32_t)(ioapic->pins - 1) << 16;
}

static uint64_t read_arb(void *context, unsigned index, uint64_t now)
{
    const struct ioapic *ioapic = context;
    (void)index, (void)now;
    return ioapic->arb;
}

static uint64_t read_redtbl(void *context, unsigned index, uint64_t now)
{
    (void)now;
    return ioapic_entry(context, index);
}

// 82093AA 3.2.4: vectors are 10h to FEh, and two of the delivery modes are reserved.
static void check_unmasked(struct ioapic *ioapic, uint64_t entry)
{
    unsigned delivery = (unsigned)bits_get(entry, 10, 8);

    ioapic->mistakes[IOAPIC_MISTAKE_DELIVERY] += reserved_delivery(delivery);
    ioapic->mistakes[IOAPIC_MISTAKE_VECTOR] += x86_delivery_has_vector(delivery) && (entry & 0xff) < 16;
}

static void write_redtbl(void *context, unsigned index, uint64_t value, uint64_t now)
{
    struct ioapic *ioapic = context;
    (void)now;
    ioapic->entry[index] = value;
    if (!(value & ENTRY_MASK))
        check_unmasked(ioapic, value);
    index_entry(ioapic, index);
    settle_entry(ioapic, index);
}

// Offsets count registers, not bytes. An entry is two of them, low and high doubleword; in the 15-bit form a write also
// changes ENTRY_EXTENDED.
const struct reg ioapic_regs[] = {
    { "IOAPICID", 0x00, .stride = 1, .widths = REG_32, .peek = true, .mask = ID_WRITABLE, .read = read_id,
      .write = write_id },
    { "IOAPICVER", 0x01, .stride = 1, .widths = REG_32, .peek = true, .read = read_ver },
    { "IOAPICARB", 0x02, .stride = 1, .widths = REG_32, .peek = true, .read = read_arb },
    { "IOREDTBL", 0x10, .stride = 2, .count = IOAPIC_PIN_LIMIT, .widths = REG_32, .peek = true, .reset = ENTRY_MASK,
      .mask = ENTRY_WRITABLE, .read = read_redtbl, .write = write_redtbl },
};
const unsigned ioapic_reg_count = countof(ioapic_regs);

// The row of the register that IOREGSEL selects, if this IOAPIC has it.
static const struct reg *selected(const struct ioapic *ioapic, unsigned *index, unsigned *half)
{
    const struct reg *row = reg_find(ioapic_regs, ioapic_reg_count, ioapic->ioregsel);

    if (!row)
        return NULL;
    *index = reg_index(row, ioapic->ioregsel);
    *half = reg_byte(row, ioapic->ioregsel);
    return row->read == read_redtbl && *index >= ioapic->pins ? NULL : row;
}

// Registers that do not exist read as 0 (ICH9: "reserved").
static uint32_t read_selected(struct ioapic *ioapic)
{
    unsigned index, half;
    const struct reg *row = selected(ioapic, &index, &half);

    if (!row) {
        ioapic->mistakes[IOAPIC_MISTAKE_INDEX]++;
        return 0;
    }
    return (uint32_t)(row->read(ioapic, index, 0) >> (32 * half));
}

static void write_selected(struct ioapic *ioapic, uint32_t value, uint64_t now)
{
    unsigned index, half;
    const struct reg *row = selected(ioapic, &index, &half);

    if (!row || !row->write) {
        ioapic->mistakes[row ? IOAPIC_MISTAKE_READONLY : IOAPIC_MISTAKE_INDEX]++;
        return;
    }
    uint64_t mask = row->mask;
    if (row->write == write_redtbl && ioapic->extended)
        mask |= ENTRY_EXTENDED;
    mask &= bits_low(32) << (32 * half);
    uint64_t old = row->write == write_redtbl ? ioapic->entry[index] : 0;
    row->write(ioapic, index, bits_merge(old, (uint64_t)value << (32 * half), mask), now);
}

// --- The window ----------------------------------------------------------------------------------------------------

// IOWIN and EOI are doublewords; IOREGSEL is a byte with reserved bits above it.
static bool window_access(struct ioapic *ioapic, uint64_t offset, unsigned size)
{
    bool known = offset == IOREGSEL || offset == IOWIN || (offset == IOAPIC_EOI && ioapic->version >= 0x20);

    if (!known)
        ioapic->mistakes[IOAPIC_MISTAKE_OFFSET]++;
    else if (size != 4 && (offset != IOREGSEL || size > 4))
        ioapic->mistakes[IOAPIC_MISTAKE_SIZE]++;
    else
        return true;
    return false;
}

uint64_t ioapic_read(struct ioapic *ioapic, uint64_t offset, unsigned size)
{
    if (!window_access(ioapic, offset, size))
        return 0;
    if (offset == IOREGSEL)
        return ioapic->ioregsel & bits_low(8 * size);
    if (offset == IOWIN)
        return read_selected(ioapic);
    return 0; // IOAPIC_EOI is write-only
}

bool ioapic_write(struct ioapic *ioapic, uint64_t offset, unsigned size, uint64_t value, uint64_t now,
                  struct ioapic_pins *ended)
{
    struct ioapic_pins before = ioapic->remote_irr;

    if (window_access(ioapic, offset, size)) {
        if (offset == IOREGSEL)
            ioapic->ioregsel = (uint32_t)(value & bits_low(8 * size) & bits_low(ioapic->pins > 120 ? 9 : 8));
        else if (offset == IOWIN)
            write_selected(ioapic, (uint32_t)value, now);
        else if (!end_vector(ioapic, (uint8_t)value, now))
            ioapic->mistakes[IOAPIC_MISTAKE_EOI]++;
    }
    report_ended(ioapic, &before, ended);
    return ioapic_ready(ioapic);
}

// --- Set-up and state ----------------------------------------------------------------------------------------------

void ioapic_reset(struct ioapic *ioapic)
{
    struct ioapic fresh = {
        .pins = ioapic->pins,
        .version = ioapic->version,
        .extended = ioapic->extended,
        .high = ioapic->high,
        .rest_until = CLOCK_NEVER,
    };

    memcpy(fresh.mistakes, ioapic->mistakes, sizeof fresh.mistakes);
    for (unsigned pin = 0; pin < IOAPIC_PIN_LIMIT; pin++)
        fresh.entry[pin] = ENTRY_MASK;
    *ioapic = fresh;
}

void ioapic_init(struct ioapic *ioapic, unsigned pins, unsigned version, unsigned id, bool extended)
{
    assert(pins >= 1 && pins <= IOAPIC_PIN_LIMIT && (version == 0x11 || version == 0x20) && id < 16);
    memset(ioapic, 0, sizeof *ioapic);
    ioapic->pins = (uint16_t)pins;
    ioapic->version = (uint8_t)version;
    ioapic->extended = extended;
    ioapic_reset(ioapic);
    ioapic->id = ioapic->arb = id << 24;
}

void ioapic_visit(struct ioapic *ioapic, struct visit *v)
{
    VISIT(v, ioapic->ioregsel);
    VISIT(v, ioapic->id);
    VISIT(v, ioapic->arb);
    VISIT_ARRAY(v, ioapic->entry);
    VISIT_ARRAY(v, ioapic->high.word);
    VISIT_ARRAY(v, ioapic->edge.word);
    VISIT_ARRAY(v, ioapic->held.word);
    VISIT_ARRAY(v, ioapic->remote_irr.word);
    VISIT_ARRAY(v, ioapic->waiting.word);
    VISIT_ARRAY(v, ioapic->resting.word);
    VISIT(v, ioapic->rest_until);
    VISIT_ARRAY(v, ioapic->eois);
    VISIT_BELOW(v, ioapic->last, ioapic->pins);
    VISIT_ARRAY(v, ioapic->mistakes);
}

// The sets of pins are derived from the entries. The loaded state cannot be trusted, so pins that do not exist are
// removed from the others.
void ioapic_loaded(struct ioapic *ioapic)
{
    for (unsigned pin = 0; pin < IOAPIC_WORDS * 64; pin++)
        if (pin < ioapic->pins)
            index_entry(ioapic, pin);
        else
            put(&ioapic->remote_irr, pin, false);
}

const char *ioapic_mistake_name(enum ioapic_mistake mistake)
{
    static const char *const names[IOAPIC_MISTAKES] = {
        [IOAPIC_MISTAKE_OFFSET] = "offset",     [IOAPIC_MISTAKE_SIZE] = "width",
        [IOAPIC_MISTAKE_INDEX] = "index",       [IOAPIC_MISTAKE_READONLY] = "read-only",
        [IOAPIC_MISTAKE_DELIVERY] = "delivery", [IOAPIC_MISTAKE_EOI] = "eoi",
        [IOAPIC_MISTAKE_DROPPED] = "dropped",   [IOAPIC_MISTAKE_VECTOR] = "vector",
    };
    return names[mistake];
}
