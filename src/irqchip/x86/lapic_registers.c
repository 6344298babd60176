// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Registers of the local APIC: the xAPIC page, the x2APIC MSRs, IA32_APIC_BASE and IA32_TSC_DEADLINE.
//
// Spec: Intel SDM vol. 3A, APIC chapter, "The Local APIC Block Diagram" (register address map), "x2APIC Register
// Address Space", "Reserved Bit Checking", "Error Handling". One table serves both modes; a row has the accesses that
// are allowed.
//
//     page offset 0b0h = MSR 80bh = row LAPIC_EOI
//
// In the page a register is the first doubleword of its 16 bytes, and anything but an aligned doubleword is undefined:
// narrow reads return the bytes, all other accesses read 0 and write nothing. EOI, ICR and self IPI, which are used for
// every interrupt, do not go through the table.
//
// Path: the CPU / lapic.c, x86_irq_access.c
#include "irqchip/x86/lapic.h"

// The context of the access functions of the table.
struct access {
    struct lapic *lapic;
    struct lapic_effect *effect;
    const struct reg *row;
};

static void mistake(struct lapic *lapic, enum lapic_mistake what)
{
    lapic->mistakes[what]++;
}

// --- Registers with side effects ------------------------------------------------------------------------------------

static uint64_t id_read(void *context, unsigned index, uint64_t now)
{
    const struct lapic *lapic = ((struct access *)context)->lapic;
    (void)index, (void)now;
    return lapic_x2apic(lapic) ? lapic->config.apic_id : lapic->id;
}

static void id_write(void *context, unsigned index, uint64_t value, uint64_t now)
{
    struct access *access = context;
    (void)index, (void)now;
    access->lapic->id = (uint32_t)value;
    access->effect->flags |= LAPIC_MOVED;
}

static uint64_t apr_read(void *context, unsigned index, uint64_t now)
{
    (void)index, (void)now;
    return lapic_apr(((struct access *)context)->lapic);
}

static uint64_t ppr_read(void *context, unsigned index, uint64_t now)
{
    (void)index, (void)now;
    return lapic_ppr(((struct access *)context)->lapic);
}

static void write_eoi(struct lapic *lapic, struct lapic_effect *effect)
{
    bool broadcast;
    int vector = lapic_end(lapic, &broadcast);
    if (unlikely(vector < 0)) {
        mistake(lapic, LAPIC_MISTAKE_EOI);
        return;
    }
    effect->vector = (uint8_t)vector;
    effect->flags |= LAPIC_CHANGED | LAPIC_ENDED | (broadcast ? LAPIC_BROADCAST : 0);
}

static void eoi_write(void *context, unsigned index, uint64_t value, uint64_t now)
{
    struct access *access = context;
    (void)index, (void)value, (void)now;
    write_eoi(access->lapic, access->effect);
}

static uint64_t ldr_read(void *context, unsigned index, uint64_t now)
{
    const struct lapic *lapic = ((struct access *)context)->lapic;
    (void)index, (void)now;
    return lapic_x2apic(lapic) ? lapic_ldr(lapic) : lapic->ldr;
}

static void ldr_write(void *context, unsigned index, uint64_t value, uint64_t now)
{
    struct access *access = context;
    (void)index, (void)now;
    access->lapic->ldr = (uint32_t)value;
    access->effect->flags |= LAPIC_MOVED;
}

static void dfr_write(void *context, unsigned index, uint64_t value, uint64_t now)
{
    struct access *access = context;
    (void)index, (void)now;
    access->lapic->dfr = (uint32_t)value | 0x0fffffff;
    access->effect->flags |= LAPIC_MOVED;
}

// SDM, "Local APIC State After It Has Been Software Disabled": the mask bits of all LVT entries are set, and stay set.
static void svr_write(void *context, unsigned index, uint64_t value, uint64_t now)
{
    struct access *access = context;
    struct lapic *lapic = access->lapic;
    (void)index, (void)now;
    if ((lapic->svr ^ value) & BIT32(8))
        access->effect->flags |= LAPIC_MOVED;
    lapic->svr = (uint32_t)value;
    for (unsigned i = 0; i < LAPIC_LVT_ENTRIES && !lapic_software_enabled(lapic); i++)
        lapic->lvt[i] |= LAPIC_LVT_MASKED;
}

static uint64_t vectors_read(const struct lapic_vectors *set, unsigned index)
{
    return (uint32_t)(set->word[index / 2] >> (index % 2 * 32));
}

static uint64_t isr_read(void *context, unsigned index, uint64_t now)
{
    (void)now;
    return vectors_read(&((struct access *)context)->lapic->isr, index);
}

static uint64_t tmr_read(void *context, unsigned index, uint64_t now)
{
    (void)now;
    return vectors_read(&((struct access *)context)->lapic->tmr, index);
}

static uint64_t irr_read(void *context, unsigned index, uint64_t now)
{
    (void)now;
    return vectors_read(&((struct access *)context)->lapic->irr, index);
}

// A write of any value makes the errors since the last write readable, and arms the error interrupt again.
static void esr_write(void *context, unsigned index, uint64_t value, uint64_t now)
{
    struct lapic *lapic = ((struct access *)context)->lapic;
    (void)index, (void)value, (void)now;
    lapic->esr = lapic->errors;
    lapic->errors = 0;
}

// --- Local vector table ---------------------------------------------------------------------------------------------

// There is one row for each entry; its member identifies the entry.
static void lvt_write(void *context, unsigned index, uint64_t value, uint64_t now)
{
    struct access *access = context;
    struct lapic *lapic = access->lapic;
    unsigned entry = (unsigned)((access->row->field - offsetof(struct lapic, lvt)) / sizeof lapic->lvt[0]);
    (void)index, (void)now;
    uint32_t lvt = (uint32_t)value | (lapic->lvt[entry] & LAPIC_LVT_REMOTE_IRR);
    if (!lapic_software_enabled(lapic))
        lvt |= LAPIC_LVT_MASKED;
    if (!(lvt & LAPIC_LVT_LEVEL))
        lvt &= ~LAPIC_LVT_REMOTE_IRR;
    lapic->lvt[entry] = lvt;
    if (entry == LAPIC_TIMER)
        lapic_timer_set_mode(&lapic->timer, (uint32_t)bits_get(lvt, 18, 17));
    if (entry == LAPIC_LINT0)
        lapic_sample_lint0(lapic);
}

// --- Interrupt command register (SDM, "Interrupt Command Register (ICR)", "ICR Operation in x2APIC Mode") -----------

// An illegal vector is not sent. If the APIC is itself a destination, it also reports a received illegal vector.
static bool illegal_vector(struct lapic *lapic, unsigned vector, bool self, struct lapic_effect *effect)
{
    if (likely(vector >= 16))
        return false;
    mistake(lapic, LAPIC_MISTAKE_VECTOR);
    effect->flags |= LAPIC_CHANGED;
    lapic_report(lapic, LAPIC_ERROR_SEND_VECTOR | (self ? LAPIC_ERROR_RECEIVE_VECTOR : 0));
    return true;
}

// The combinations that the manual lists as invalid. They are sent unchanged, as real parts do.
static bool invalid_combination(unsigned delivery, unsigned shorthand)
{
    return delivery != X86_FIXED && (shorthand == LAPIC_TO_SELF || shorthand == LAPIC_TO_ALL);
}

// Level and trigger mode have a meaning only for INIT: level 0 with trigger mode level is the de-assert, which only
// older parts use.
static void send(struct lapic *lapic, struct lapic_effect *effect)
{
    uint32_t low = (uint32_t)lapic->icr;
    bool x2apic = lapic_x2apic(lapic);
    unsigned delivery = low >> 8 & 7, vector = low & 0xff;
    bool deassert = delivery == X86_INIT && !(low & BIT32(14)) && low & BIT32(15);
    effect->shorthand = low >> 18 & 3;
    if (x86_delivery_has_vector(delivery) && illegal_vector(lapic, vector, effect->shorthand == LAPIC_TO_SELF, effect))
        return;
    if (unlikely(delivery == 3 || delivery == X86_EXTINT || invalid_combination(delivery, effect->shorthand)))
        mistake(lapic, LAPIC_MISTAKE_ICR);
    if (unlikely(delivery == 3 || delivery == X86_EXTINT))
        return;
    effect->flags |= LAPIC_SENDS;
    effect->ipi = (struct x86_message){
        .destination = (uint32_t)(lapic->icr >> (x2apic ? 32 : 56)),
        .vector = (uint8_t)vector,
        .delivery = (uint8_t)delivery,
        .logical = low >> 11 & 1,
        .assert_level = !deassert,
        .short_destination = !x2apic,
    };
}

#define ICR_LOW  0xccfffu // the bits that exist
#define ICR_HIGH 0xff000000u

static uint64_t icr_read(void *context, unsigned index, uint64_t now)
{
    const struct lapic *lapic = ((struct access *)context)->lapic;
    (void)index, (void)now;
    return lapic_x2apic(lapic) ? lapic->icr : (uint32_t)lapic->icr;
}

static void icr_write(void *context, unsigned index, uint64_t value, uint64_t now)
{
    struct access *access = context;
    struct lapic *lapic = access->lapic;
    (void)index, (void)now;
    lapic->icr = lapic_x2apic(lapic) ? value : bits_merge(lapic->icr, value, UINT32_MAX);
    send(lapic, access->effect);
}

static uint64_t icr_high_read(void *context, unsigned index, uint64_t now)
{
    (void)index, (void)now;
    return ((struct access *)context)->lapic->icr >> 32;
}

static void icr_high_write(void *context, unsigned index, uint64_t value, uint64_t now)
{
    struct lapic *lapic = ((struct access *)context)->lapic;
    (void)index, (void)now;
    lapic->icr = bits_merge(lapic->icr, value << 32, ~UINT64_C(0) << 32);
}

// SDM, "SELF IPI Register": a fixed, edge-triggered interrupt to this CPU.
static void write_self_ipi(struct lapic *lapic, unsigned vector, struct lapic_effect *effect)
{
    if (illegal_vector(lapic, vector, true, effect))
        return;
    effect->flags |= LAPIC_SENDS;
    effect->shorthand = LAPIC_TO_SELF;
    effect->ipi =
        (struct x86_message){ .destination = lapic->config.apic_id, .vector = (uint8_t)vector, .assert_level = true };
}

static void self_ipi_write(void *context, unsigned index, uint64_t value, uint64_t now)
{
    struct access *access = context;
    (void)index, (void)now;
    write_self_ipi(access->lapic, (unsigned)value, access->effect);
}

// --- Timer ----------------------------------------------------------------------------------------------------------

static void initial_write(void *context, unsigned index, uint64_t value, uint64_t now)
{
    (void)index;
    lapic_timer_set_initial(&((struct access *)context)->lapic->timer, (uint32_t)value, now);
}

static uint64_t current_read(void *context, unsigned index, uint64_t now)
{
    (void)index;
    return lapic_timer_current(&((struct access *)context)->lapic->timer, now);
}

static void divide_write(void *context, unsigned index, uint64_t value, uint64_t now)
{
    (void)index;
    lapic_timer_set_divide(&((struct access *)context)->lapic->timer, (uint32_t)value, now);
}

// --- The table ------------------------------------------------------------------------------------------------------

#define R_BOTH  (LAPIC_XAPIC_READ | LAPIC_X2APIC_READ)
#define W_BOTH  (LAPIC_XAPIC_WRITE | LAPIC_X2APIC_WRITE)
#define R_XAPIC LAPIC_XAPIC_READ
#define W_XAPIC LAPIC_XAPIC_WRITE
#define STATUS  0x1000u // delivery status: always idle, as every message arrives at once

#define MEMBER(name) REG_FIELD(struct lapic, name)

// A local vector table entry: bits that can be written, and others that may be set in a write.
#define LVT(name, offset, entry, bits, others)                                                                         \
    {                                                                                                                  \
        { name, offset, 0, 0, REG_32, true, LAPIC_LVT_MASKED, bits, .write = lvt_write, MEMBER(lvt[entry]) },          \
            R_BOTH | W_BOTH, STATUS | (others)                                                                         \
    }

const struct lapic_register lapic_registers[] = {
    { { "ID", LAPIC_ID, 0, 0, REG_32, true, 0, 0xff000000, id_read, id_write }, R_BOTH | W_XAPIC },
    { { "VERSION", LAPIC_VERSION_REGISTER, 0, 0, REG_32, true, LAPIC_VERSION, 0 }, R_BOTH },
    { { "TPR", LAPIC_TPR, 0, 0, REG_32, true, 0, 0xff, MEMBER(tpr) }, R_BOTH | W_BOTH },
    { { "APR", LAPIC_APR, 0, 0, REG_32, true, 0, 0, apr_read }, R_XAPIC },
    { { "PPR", LAPIC_PPR, 0, 0, REG_32, true, 0, 0, ppr_read }, R_BOTH },
    { { "EOI", LAPIC_EOI, 0, 0, REG_32, false, 0, 0, NULL, eoi_write }, W_BOTH },
    { { "RRD", LAPIC_RRD, 0, 0, REG_32, true, 0, 0 }, R_XAPIC },
    { { "LDR", LAPIC_LDR, 0, 0, REG_32, true, 0, 0xff000000, ldr_read, ldr_write }, R_BOTH | W_XAPIC },
    { { "DFR", LAPIC_DFR, 0, 0, REG_32, true, 0xffffffff, 0xf0000000, .write = dfr_write, MEMBER(dfr) },
      R_XAPIC | W_XAPIC,
      0x0fffffff },
    { { "SVR", LAPIC_SVR, 0, 0, REG_32, true, 0xff, 0x11ff, .write = svr_write, MEMBER(svr) }, R_BOTH | W_BOTH },
    { { "ISR", LAPIC_ISR, 16, 8, REG_32, true, 0, 0, isr_read }, R_BOTH },
    { { "TMR", LAPIC_TMR, 16, 8, REG_32, true, 0, 0, tmr_read }, R_BOTH },
    { { "IRR", LAPIC_IRR, 16, 8, REG_32, true, 0, 0, irr_read }, R_BOTH },
    { { "ESR", LAPIC_ESR, 0, 0, REG_32, true, 0, 0, .write = esr_write, MEMBER(esr) }, R_BOTH | W_BOTH },
    LVT("LVT_CMCI", LAPIC_LVT_CMCI, LAPIC_CMCI, 0x107ff, 0),
    { { "ICR", LAPIC_ICR, 0, 0, REG_32 | REG_64, true, 0, ICR_LOW, icr_read, icr_write }, R_BOTH | W_BOTH },
    { { "ICR_HIGH", LAPIC_ICR_HIGH, 0, 0, REG_32, true, 0, ICR_HIGH, icr_high_read, icr_high_write },
      R_XAPIC | W_XAPIC },
    LVT("LVT_TIMER", LAPIC_LVT_TIMER, LAPIC_TIMER, 0x700ff, 0),
    LVT("LVT_THERMAL", LAPIC_LVT_THERMAL, LAPIC_THERMAL, 0x107ff, 0),
    LVT("LVT_PMC", LAPIC_LVT_PMC, LAPIC_PMC, 0x107ff, 0),
    LVT("LVT_LINT0", LAPIC_LVT_LINT0, LAPIC_LINT0, 0x1a7ff, LAPIC_LVT_REMOTE_IRR),
    LVT("LVT_LINT1", LAPIC_LVT_LINT1, LAPIC_LINT1, 0x1a7ff, LAPIC_LVT_REMOTE_IRR),
    LVT("LVT_ERROR", LAPIC_LVT_ERROR, LAPIC_ERROR, 0x100ff, 0),
    { { "INITIAL_COUNT", LAPIC_INITIAL_COUNT, 0, 0, REG_32, true, 0, 0xffffffff, .write = initial_write,
        MEMBER(timer.initial_count) },
      R_BOTH | W_BOTH },
    { { "CURRENT_COUNT", LAPIC_CURRENT_COUNT, 0, 0, REG_32, true, 0, 0, current_read }, R_BOTH },
    { { "DIVIDE", LAPIC_DIVIDE, 0, 0, REG_32, true, 0, 0xb, .write = divide_write, MEMBER(timer.divide) },
      R_BOTH | W_BOTH },
    { { "SELF_IPI", LAPIC_SELF_IPI, 0, 0, REG_32, false, 0, 0xff, NULL, self_ipi_write }, LAPIC_X2APIC_WRITE },
};
const unsigned lapic_register_count = countof(lapic_registers);

// The row of a register, the first doubleword of 16 bytes, or NULL: reserved.
static const struct lapic_register *find(uint32_t offset)
{
    return REG_FIND(lapic_registers, lapic_register_count, offset & ~15u);
}

// The bits of a register that can be written. Without TSC-deadline mode bit 18 of LVT_TIMER is reserved.
static uint64_t writable(const struct lapic *lapic, const struct lapic_register *row)
{
    bool reserved = row->reg.offset == LAPIC_LVT_TIMER && !lapic->config.tsc_deadline;
    return reserved ? row->reg.mask & ~(uint64_t)BIT32(18) : row->reg.mask;
}

// Timer events that are due happen before the access.
uint64_t lapic_look(const struct lapic *lapic, const struct lapic_register *row, unsigned index, uint64_t now)
{
    struct access access = { (struct lapic *)(uintptr_t)lapic, NULL, &row->reg };
    return reg_get(&row->reg, lapic, &access, index, now);
}

static void catch_up(struct lapic *lapic, uint64_t now, struct lapic_effect *effect)
{
    if (lapic_fire(lapic, now)) {
        effect->flags |= LAPIC_CHANGED;
        effect->fired++;
    }
}

static void clear(struct lapic_effect *effect)
{
    *effect = (struct lapic_effect){ .flags = 0 };
}

// --- xAPIC page -----------------------------------------------------------------------------------------------------

// SDM, "Error Handling", illegal register address.
static void illegal_register(struct lapic *lapic, struct lapic_effect *effect)
{
    mistake(lapic, LAPIC_MISTAKE_REGISTER);
    effect->flags |= LAPIC_CHANGED;
    lapic_report(lapic, LAPIC_ERROR_REGISTER);
}

// A register of the page, or NULL after the mistake was counted.
static const struct lapic_register *page_register(struct lapic *lapic, uint32_t offset, unsigned wanted,
                                                  struct lapic_effect *effect)
{
    const struct lapic_register *row = find(offset);
    if (!row || !(row->access & (LAPIC_XAPIC_READ | LAPIC_XAPIC_WRITE))) {
        illegal_register(lapic, effect);
        return NULL;
    }
    if (!(row->access & wanted)) {
        mistake(lapic, LAPIC_MISTAKE_READONLY);
        return NULL;
    }
    return row;
}

enum port_result lapic_read(struct lapic *lapic, uint32_t offset, unsigned size, uint64_t *value, uint64_t now,
                            struct lapic_effect *effect)
{
    clear(effect);
    *value = 0;
    if (lapic_page(lapic) == UINT64_MAX)
        return PORT_NOT_MINE;
    catch_up(lapic, now, effect);
    if (size != 4 || offset % 16)
        mistake(lapic, LAPIC_MISTAKE_WIDTH);
    const struct lapic_register *row = page_register(lapic, offset, LAPIC_XAPIC_READ, effect);
    if (!row || offset % 16 >= 4)
        return PORT_DONE;
    struct access access = { lapic, effect, &row->reg };
    uint64_t whole = reg_get(&row->reg, lapic, &access, reg_index(&row->reg, offset), now);
    *value = whole >> (offset % 4 * 8) & bits_low(size * 8);
    return PORT_DONE;
}

static void write_row(struct lapic *lapic, const struct lapic_register *row, uint32_t offset, uint64_t value,
                      uint64_t now, struct lapic_effect *effect)
{
    struct access access = { lapic, effect, &row->reg };
    uint64_t mask = writable(lapic, row);
    if (mask && value & ~(mask | row->read_only))
        mistake(lapic, LAPIC_MISTAKE_RESERVED);
    effect->flags |= LAPIC_CHANGED;
    reg_put(&row->reg, lapic, &access, reg_index(&row->reg, offset), value & mask, now);
}

static NEVER_INLINE enum port_result write_other(struct lapic *lapic, uint32_t offset, unsigned size, uint64_t value,
                                                 uint64_t now, struct lapic_effect *effect)
{
    catch_up(lapic, now, effect);
    if (likely(size == 4) && offset == LAPIC_ICR && !(value & ~(uint64_t)ICR_LOW)) {
        lapic->icr = bits_merge(lapic->icr, value, UINT32_MAX);
        send(lapic, effect);
        return PORT_DONE;
    }
    if (likely(size == 4) && offset == LAPIC_ICR_HIGH && !(value & ~(uint64_t)ICR_HIGH)) {
        lapic->icr = bits_merge(lapic->icr, value << 32, ~UINT64_C(0) << 32);
        return PORT_DONE;
    }
    if (size != 4 || offset % 16) {
        mistake(lapic, LAPIC_MISTAKE_WIDTH);
        return PORT_DONE;
    }
    const struct lapic_register *row = page_register(lapic, offset, LAPIC_XAPIC_WRITE, effect);
    if (row)
        write_row(lapic, row, offset, (uint32_t)value, now, effect);
    return PORT_DONE;
}

enum port_result lapic_write(struct lapic *lapic, uint32_t offset, unsigned size, uint64_t value, uint64_t now,
                             struct lapic_effect *effect)
{
    clear(effect);
    if (unlikely(lapic_page(lapic) == UINT64_MAX))
        return PORT_NOT_MINE;
    if (unlikely(size != 4 || offset != LAPIC_EOI))
        return write_other(lapic, offset, size, value, now, effect);
    write_eoi(lapic, effect);
    return PORT_DONE;
}

// --- MSRs -----------------------------------------------------------------------------------------------------------

static enum port_result fault(struct lapic *lapic, enum lapic_mistake what)
{
    mistake(lapic, what);
    return PORT_FAULT;
}

// A register of x2APIC mode, or NULL for #GP.
static const struct lapic_register *msr_register(struct lapic *lapic, uint32_t msr, unsigned wanted)
{
    const struct lapic_register *row = find((msr - LAPIC_MSR_FIRST) * 16);
    if (!lapic_x2apic(lapic))
        mistake(lapic, LAPIC_MISTAKE_MODE);
    else if (!row || !(row->access & (LAPIC_X2APIC_READ | LAPIC_X2APIC_WRITE)))
        mistake(lapic, LAPIC_MISTAKE_REGISTER);
    else if (!(row->access & wanted))
        mistake(lapic, LAPIC_MISTAKE_READONLY);
    else
        return row;
    return NULL;
}

enum port_result lapic_read_msr(struct lapic *lapic, uint32_t msr, uint64_t *value, uint64_t now,
                                struct lapic_effect *effect)
{
    clear(effect);
    *value = 0;
    if (msr == LAPIC_MSR_BASE) {
        *value = lapic->base;
        return PORT_DONE;
    }
    catch_up(lapic, now, effect);
    if (msr == LAPIC_MSR_TSC_DEADLINE) {
        if (!lapic->config.tsc_deadline)
            return fault(lapic, LAPIC_MISTAKE_MODE);
        *value = lapic->timer.tsc_deadline;
        return PORT_DONE;
    }
    if (msr < LAPIC_MSR_FIRST || msr > LAPIC_MSR_LAST)
        return PORT_NOT_MINE;
    const struct lapic_register *row = msr_register(lapic, msr, LAPIC_X2APIC_READ);
    if (!row)
        return PORT_FAULT;
    struct access access = { lapic, effect, &row->reg };
    *value = reg_get(&row->reg, lapic, &access, reg_index(&row->reg, (msr - LAPIC_MSR_FIRST) * 16), now);
    return PORT_DONE;
}

static enum port_result write_base(struct lapic *lapic, uint64_t value, struct lapic_effect *effect)
{
    if (!lapic_set_base(lapic, value))
        return fault(lapic, LAPIC_MISTAKE_BASE);
    effect->flags |= LAPIC_CHANGED | LAPIC_MOVED;
    return PORT_DONE;
}

// SDM, "Reserved Bit Checking": setting a reserved bit is #GP, and so is an EOI or ESR that is not 0.
static enum port_result write_x2apic(struct lapic *lapic, uint32_t msr, uint64_t value, uint64_t now,
                                     struct lapic_effect *effect)
{
    const struct lapic_register *row = msr_register(lapic, msr, LAPIC_X2APIC_WRITE);
    if (!row)
        return PORT_FAULT;
    if (value & ~(writable(lapic, row) | row->read_only)) // an ICR comes here only with reserved bits
        return fault(lapic, LAPIC_MISTAKE_RESERVED);
    struct access access = { lapic, effect, &row->reg };
    effect->flags |= LAPIC_CHANGED;
    reg_put(&row->reg, lapic, &access, reg_index(&row->reg, (msr - LAPIC_MSR_FIRST) * 16), value, now);
    return PORT_DONE;
}

static enum port_result write_deadline(struct lapic *lapic, uint64_t value, uint64_t now, struct lapic_effect *effect)
{
    if (!lapic->config.tsc_deadline)
        return fault(lapic, LAPIC_MISTAKE_MODE);
    lapic_timer_set_tsc(&lapic->timer, value);
    effect->flags |= LAPIC_CHANGED;
    catch_up(lapic, now, effect);
    return PORT_DONE;
}

// The registers that are used for every interrupt. False: use the table.
static inline bool write_fast(struct lapic *lapic, uint32_t msr, uint64_t value, struct lapic_effect *effect)
{
    switch (msr) {
    case LAPIC_MSR_FIRST + LAPIC_EOI / 16:
        if (value)
            return false;
        write_eoi(lapic, effect);
        return true;
    case LAPIC_MSR_FIRST + LAPIC_ICR / 16:
        if ((uint32_t)value & ~ICR_LOW)
            return false;
        lapic->icr = value;
        send(lapic, effect);
        return true;
    case LAPIC_MSR_FIRST + LAPIC_SELF_IPI / 16:
        if (value > 0xff)
            return false;
        write_self_ipi(lapic, (unsigned)value, effect);
        return true;
    default: return false;
    }
}

enum port_result lapic_write_msr(struct lapic *lapic, uint32_t msr, uint64_t value, uint64_t now,
                                 struct lapic_effect *effect)
{
    clear(effect);
    if (msr == LAPIC_MSR_BASE)
        return write_base(lapic, value, effect);
    catch_up(lapic, now, effect);
    if (likely(lapic_x2apic(lapic)) && write_fast(lapic, msr, value, effect))
        return PORT_DONE;
    if (msr == LAPIC_MSR_TSC_DEADLINE)
        return write_deadline(lapic, value, now, effect);
    if (msr < LAPIC_MSR_FIRST || msr > LAPIC_MSR_LAST)
        return PORT_NOT_MINE;
    return write_x2apic(lapic, msr, value, now, effect);
}
