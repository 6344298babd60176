// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Local APIC: accepting messages, pending bits for the CPU, and state. Registers are in lapic_registers.c; the overview
// is in lapic.h.
#include "irqchip/x86/lapic.h"

// --- Priorities (SDM, "Interrupt, Task, and Processor Priority") --------------------------------------------------

// The manual's formula has "TPR AND ISRV" in it, which as a bitwise operation would make a busy CPU look idle; it is
// read as a list of the values of which the maximum is taken.
uint32_t lapic_apr(const struct lapic *lapic)
{
    int serviced = lapic_vectors_highest(&lapic->isr), requested = lapic_vectors_highest(&lapic->irr);
    uint32_t isrv = serviced < 0 ? 0 : (uint32_t)serviced & 0xf0;
    uint32_t irrv = requested < 0 ? 0 : (uint32_t)requested & 0xf0;
    uint32_t task = lapic->tpr & 0xf0;
    if (task >= irrv && task > isrv)
        return lapic->tpr;
    uint32_t highest = task > isrv ? task : isrv;
    return highest > irrv ? highest : irrv;
}

// SDM, "Deriving Logical x2APIC ID from the Local x2APIC ID".
uint32_t lapic_ldr(const struct lapic *lapic)
{
    if (lapic_x2apic(lapic))
        return (lapic->config.apic_id & 0xffff0) << 12 | BIT32(lapic->config.apic_id & 15);
    return lapic->ldr >> 24;
}

// --- State --------------------------------------------------------------------------------------------------------

// SDM, "Local APIC State After Power-Up or Reset", without the ID register, which an INIT does not change.
static void reset_registers(struct lapic *lapic)
{
    lapic->irr = lapic->isr = lapic->tmr = (struct lapic_vectors){ .summary = 0 };
    lapic->icr = 0;
    lapic->tpr = lapic->ldr = lapic->esr = lapic->errors = 0;
    lapic->dfr = 0xffffffff;
    lapic->svr = 0xff;
    for (unsigned i = 0; i < LAPIC_LVT_ENTRIES; i++)
        lapic->lvt[i] = LAPIC_LVT_MASKED;
    lapic_timer_reset(&lapic->timer, lapic->config.timer_hz);
}

static void reset_id(struct lapic *lapic)
{
    lapic->id = lapic->config.apic_id << 24;
}

void lapic_init(struct lapic *lapic, const struct lapic_config *config, bool bsp)
{
    *lapic = (struct lapic){ .config = *config };
    lapic_reset(lapic, bsp);
}

void lapic_reset(struct lapic *lapic, bool bsp)
{
    lapic->base = LAPIC_DEFAULT_BASE | LAPIC_BASE_ENABLE | (bsp ? LAPIC_BASE_BSP : 0);
    reset_registers(lapic);
    reset_id(lapic);
    lapic->latched = 0;
    lapic->sipi_vector = 0;
    lapic->waits_for_sipi = !bsp;
}

// An INIT clears the events that are pending when it arrives (SDM vol. 3C, "Other Causes of VM Exits", on INIT signals
// outside of VMX operation): especially a SIPI, which belonged to the INIT before it.
static void latch_init(struct lapic *lapic)
{
    lapic->latched = PENDING_INIT;
}

// SDM, "Local APIC State After It Receives an INIT": IA32_APIC_BASE and the id stay, and so does x2APIC mode. Events
// after the INIT stay pending too: a SIPI, and an NMI or SMI, which the wait for a SIPI blocks. The bootstrap processor
// starts at its reset vector and waits for no SIPI.
static void take_init(struct lapic *lapic)
{
    reset_registers(lapic);
    lapic->waits_for_sipi = !(lapic->base & LAPIC_BASE_BSP);
    if (!lapic->waits_for_sipi)
        lapic->latched &= ~PENDING_SIPI;
}

// SDM, "x2APIC State Transitions". Leaving either mode for "disabled" loses everything; entering x2APIC mode keeps all
// but the ids and the high half of the ICR.
bool lapic_set_base(struct lapic *lapic, uint64_t value)
{
    const uint64_t modes = LAPIC_BASE_ENABLE | LAPIC_BASE_X2APIC;
    uint64_t there = lapic->config.x2apic ? modes : LAPIC_BASE_ENABLE;
    uint64_t address = bits_low(lapic->config.address_bits) & ~(LAPIC_PAGE - 1);
    uint64_t old = lapic->base & modes, then = value & modes;
    if (value & ~(address | there | LAPIC_BASE_BSP))
        return false;
    if (then == LAPIC_BASE_X2APIC || (then == modes && old == 0) || (then == LAPIC_BASE_ENABLE && old == modes))
        return false;
    lapic->base = value;
    if (then == 0 && old != 0) {
        reset_registers(lapic);
        reset_id(lapic);
    }
    if (then == modes && old != modes)
        lapic->icr &= 0xffffffff;
    return true;
}

// --- Local vector table (SDM, "Local Vector Table") ---------------------------------------------------------------

// SDM, "Level-sensitive interrupts are not supported for LINT1".
static bool level_sensitive(const struct lapic *lapic, unsigned entry)
{
    return entry == LAPIC_LINT0 && lapic->lvt[entry] & LAPIC_LVT_LEVEL;
}

static bool raise_fixed(struct lapic *lapic, unsigned entry)
{
    unsigned vector = lapic->lvt[entry] & 0xff;
    bool level = level_sensitive(lapic, entry);
    if (vector < 16) {
        lapic->mistakes[LAPIC_MISTAKE_VECTOR]++;
        lapic_report(lapic, LAPIC_ERROR_RECEIVE_VECTOR);
        return false;
    }
    bool accepted = lapic_accept_vector(lapic, vector, level);
    if (accepted && level)
        lapic->lvt[entry] |= LAPIC_LVT_REMOTE_IRR;
    return accepted;
}

static bool raise(struct lapic *lapic, enum lapic_lvt entry)
{
    bool pin = entry == LAPIC_LINT0 || entry == LAPIC_LINT1;
    switch (bits_get(lapic->lvt[entry], 10, 8)) {
    case X86_FIXED: return raise_fixed(lapic, entry);
    case X86_SMI: lapic->latched |= PENDING_SMI; return true;
    case X86_NMI: lapic->latched |= PENDING_NMI; return true;
    case X86_INIT: // "not supported for the LVT CMCI, thermal monitor and performance counter registers"
        if (pin)
            latch_init(lapic);
        return pin;
    case X86_EXTINT: // a level: lapic_extint
    default: return false;
    }
}

bool lapic_raise(struct lapic *lapic, enum lapic_lvt entry)
{
    if (lapic->lvt[entry] & LAPIC_LVT_MASKED)
        return false;
    bool accepted = raise(lapic, entry);
    if (entry == LAPIC_PMC) // the local APIC sets the mask itself
        lapic->lvt[entry] |= LAPIC_LVT_MASKED;
    return accepted;
}

// The recursion is bounded: the error entry is raised only for new bits, and an illegal vector in that entry adds one
// bit.
void lapic_report(struct lapic *lapic, uint32_t errors)
{
    uint32_t fresh = errors & ~lapic->errors;
    lapic->errors |= errors;
    if (fresh)
        lapic_raise(lapic, LAPIC_ERROR);
}

bool lapic_sample_lint0(struct lapic *lapic)
{
    uint32_t lvt = lapic->lvt[LAPIC_LINT0];
    bool fixed = bits_get(lvt, 10, 8) == X86_FIXED;
    return fixed && level_sensitive(lapic, LAPIC_LINT0) && lapic_asserted(lapic, 0) && !(lvt & LAPIC_LVT_REMOTE_IRR) &&
           lapic_raise(lapic, LAPIC_LINT0);
}

// With the APIC disabled LINT0 is the INTR pin, a level, and LINT1 the NMI pin, an edge (SDM, "Enabling or Disabling
// the Local APIC").
bool lapic_set_lint(struct lapic *lapic, unsigned pin, bool high)
{
    if ((lapic->lint >> pin & 1) == high)
        return false;
    lapic->lint ^= BIT32(pin);
    if (!lapic_enabled(lapic)) {
        bool nmi = pin == 1 && high;
        lapic->latched |= nmi ? PENDING_NMI : 0;
        return nmi;
    }
    if (pin == 0 && level_sensitive(lapic, LAPIC_LINT0) && bits_get(lapic->lvt[LAPIC_LINT0], 10, 8) == X86_FIXED)
        return lapic_sample_lint0(lapic);
    return lapic_asserted(lapic, pin) && lapic_raise(lapic, LAPIC_LINT0 + pin);
}

// --- Acceptance (SDM, "Handling Interrupts", "Determining IPI Destination") ---------------------------------------

static bool matches_x2apic(const struct lapic *lapic, const struct x86_message *message)
{
    uint32_t ldr = lapic_ldr(lapic);
    if (x86_message_broadcast(message))
        return true;
    if (!message->logical)
        return message->destination == lapic->config.apic_id;
    return message->destination >> 16 == ldr >> 16 && (message->destination & ldr & 0xffff);
}

static bool matches_xapic(const struct lapic *lapic, const struct x86_message *message)
{
    uint32_t address = message->destination, logical = lapic->ldr >> 24;
    if (address == X86_BROADCAST || address == X86_BROADCAST_SHORT)
        return true;
    if (address > 0xff)
        return false;
    if (!message->logical)
        return address == lapic->id >> 24;
    if (lapic->dfr >> 28 == 0xf)
        return address & logical;
    return address >> 4 == logical >> 4 && (address & logical & 15);
}

bool lapic_matches(const struct lapic *lapic, const struct x86_message *message)
{
    if (!lapic_enabled(lapic))
        return false;
    return lapic_x2apic(lapic) ? matches_x2apic(lapic, message) : matches_xapic(lapic, message);
}

// A CPU that does not wait for a SIPI ignores it, unless the INIT before it has not been taken yet.
static void accept_sipi(struct lapic *lapic, unsigned vector)
{
    bool waits = lapic->waits_for_sipi || lapic->latched & PENDING_INIT;
    if (!waits || lapic->latched & PENDING_SIPI)
        return;
    lapic->latched |= PENDING_SIPI;
    lapic->sipi_vector = vector;
}

bool lapic_accept_signal(struct lapic *lapic, const struct x86_message *message)
{
    if (!lapic_enabled(lapic))
        return false;
    switch (message->delivery) {
    case X86_SMI: lapic->latched |= PENDING_SMI; return true;
    case X86_NMI: lapic->latched |= PENDING_NMI; return true;
    case X86_INIT: // the level de-assert only set arbitration ids
        if (message->assert_level)
            latch_init(lapic);
        return true;
    case X86_SIPI: accept_sipi(lapic, message->vector); return true;
    default: return false;
    }
}

// --- The CPU's side -----------------------------------------------------------------------------------------------

int lapic_take(struct lapic *lapic, uint32_t which)
{
    if (!(lapic->latched & which))
        return -1;
    lapic->latched &= ~which;
    if (which == PENDING_INIT)
        take_init(lapic);
    if (which != PENDING_SIPI)
        return 0;
    lapic->waits_for_sipi = 0;
    return (int)(lapic->sipi_vector & 0xff);
}

int lapic_end(struct lapic *lapic, bool *broadcast)
{
    int vector = lapic_vectors_highest(&lapic->isr);
    *broadcast = false;
    if (unlikely(vector < 0))
        return -1;
    lapic_vectors_clear(&lapic->isr, (unsigned)vector);
    if (!lapic_vectors_has(&lapic->tmr, (unsigned)vector))
        return vector;
    *broadcast = !(lapic->svr >> 12 & 1);
    if (lapic->lvt[LAPIC_LINT0] & LAPIC_LVT_REMOTE_IRR && (lapic->lvt[LAPIC_LINT0] & 0xff) == (uint32_t)vector) {
        lapic->lvt[LAPIC_LINT0] &= ~LAPIC_LVT_REMOTE_IRR;
        lapic_sample_lint0(lapic);
    }
    return vector;
}

bool lapic_fire(struct lapic *lapic, uint64_t now)
{
    if (likely(!lapic_timer_expire(&lapic->timer, now)) || lapic->lvt[LAPIC_TIMER] & LAPIC_LVT_MASKED)
        return false;
    lapic_raise(lapic, LAPIC_TIMER);
    return true;
}

static void vectors_visit(struct lapic_vectors *set, struct visit *v, const char *name)
{
    visit_enter(v, name);
    VISIT_ARRAY(v, set->word);
    visit_leave(v);
}

static void vectors_loaded(struct lapic_vectors *set)
{
    set->summary = 0;
    for (unsigned i = 0; i < countof(set->word); i++)
        set->summary |= set->word[i] ? BIT32(i) : 0;
}

void lapic_visit(struct lapic *lapic, struct visit *v)
{
    VISIT(v, lapic->base);
    VISIT(v, lapic->icr);
    vectors_visit(&lapic->irr, v, "irr");
    vectors_visit(&lapic->isr, v, "isr");
    vectors_visit(&lapic->tmr, v, "tmr");
    visit_enter(v, "timer");
    lapic_timer_visit(&lapic->timer, v);
    visit_leave(v);
    VISIT(v, lapic->id);
    VISIT(v, lapic->tpr);
    VISIT(v, lapic->ldr);
    VISIT(v, lapic->dfr);
    VISIT(v, lapic->svr);
    VISIT(v, lapic->esr);
    VISIT(v, lapic->errors);
    VISIT_ARRAY(v, lapic->lvt);
    VISIT(v, lapic->lint);
    VISIT(v, lapic->latched);
    VISIT(v, lapic->sipi_vector);
    VISIT(v, lapic->waits_for_sipi);
    VISIT_ARRAY(v, lapic->mistakes);
}

void lapic_loaded(struct lapic *lapic)
{
    vectors_loaded(&lapic->irr);
    vectors_loaded(&lapic->isr);
    vectors_loaded(&lapic->tmr);
}

const char *lapic_mistake_name(enum lapic_mistake mistake)
{
    static const char *const names[LAPIC_MISTAKES] = {
        [LAPIC_MISTAKE_REGISTER] = "register", [LAPIC_MISTAKE_READONLY] = "read-only", [LAPIC_MISTAKE_WIDTH] = "width",
        [LAPIC_MISTAKE_RESERVED] = "reserved", [LAPIC_MISTAKE_VECTOR] = "vector",      [LAPIC_MISTAKE_ICR] = "icr",
        [LAPIC_MISTAKE_EOI] = "eoi",           [LAPIC_MISTAKE_BASE] = "base",          [LAPIC_MISTAKE_MODE] = "mode",
    };
    return names[mistake];
}
