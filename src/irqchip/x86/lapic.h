// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Local APIC: the receiver of one CPU, in xAPIC and x2APIC mode.
//
// Spec: Intel SDM vol. 3A, chapter "Advanced Programmable Interrupt Controller (APIC)"; sections are cited by their
// title, as their numbers move from edition to edition.
//
//     messages (IOAPIC, MSI, IPI) --> IRR --(class above PPR)--> INTR --> acknowledge --> ISR --> EOI
//     LINT0, LINT1 ---+
//     timer, error ---+--> LVT entry --> IRR, or NMI, SMI, INIT, or ExtINT: the 8259A gives the vector
//     thermal, PMC ---+
//
// A pure chip: it stores registers and latches, and derives its outputs (`lapic_output`). What a register access
// requires outside of the chip is returned as a `struct lapic_effect`: an EOI to broadcast, an IPI to send, a moved
// window.
//
// Modelled as a part with version 15h, seven LVT entries, EOI-broadcast suppression, lowest priority IPIs, and, if
// configured, x2APIC mode and TSC-deadline timer. (The ESR bits of the serial bus, 0 to 3, and "redirectable IPI" are
// never set.)
//
// INIT, SIPI and NMI. An INIT clears every NMI, SMI and SIPI that is pending when it arrives. Until the SIPI the CPU is
// in the wait-for-SIPI state, which blocks NMIs and SMIs (SDM vol. 3C, "Activity State"): blocked events are not lost,
// so an NMI that comes between INIT and SIPI stays pending and is taken at the first instruction after the SIPI.
//
// Not modelled: the serial APIC bus (arbitration ids, remote read, checksum errors, focus processor); a level-sensitive
// LINT1, which the SDM does not support; bit 9 (focus checking) of the spurious register.
//
// Path: ioapic.c, msi/msi_x86.c, x86_irq_deliver.c / x86_irq.c
#ifndef IRQCHIP_X86_LAPIC_H
#define IRQCHIP_X86_LAPIC_H

#include <stdbool.h>
#include <stdint.h>

#include "base/bits.h"
#include "base/clock.h"
#include "base/cpu_port.h"
#include "base/reg.h"
#include "base/visit.h"
#include "irqchip/x86/lapic_timer.h"
#include "msi/x86_message.h"

struct register_sink;
struct why;

#define LAPIC_DEFAULT_BASE UINT64_C(0xfee00000)
#define LAPIC_PAGE         UINT64_C(0x1000)
#define LAPIC_VERSION      0x01060015u // version 15h, LVT entries 0 to 6, EOI-broadcast suppression

// IA32_APIC_BASE.
#define LAPIC_BASE_BSP    BIT64(8)
#define LAPIC_BASE_X2APIC BIT64(10) // EXTD
#define LAPIC_BASE_ENABLE BIT64(11) // EN

#define LAPIC_MSR_BASE         0x1bu
#define LAPIC_MSR_TSC_DEADLINE 0x6e0u
#define LAPIC_MSR_FIRST        0x800u
#define LAPIC_MSR_LAST         0x8ffu

// Offsets in the xAPIC page. The MSR of the same register is 800h + offset / 16.
enum lapic_offset {
    LAPIC_ID = 0x020,
    LAPIC_VERSION_REGISTER = 0x030,
    LAPIC_TPR = 0x080,
    LAPIC_APR = 0x090,
    LAPIC_PPR = 0x0a0,
    LAPIC_EOI = 0x0b0,
    LAPIC_RRD = 0x0c0,
    LAPIC_LDR = 0x0d0,
    LAPIC_DFR = 0x0e0,
    LAPIC_SVR = 0x0f0,
    LAPIC_ISR = 0x100,
    LAPIC_TMR = 0x180,
    LAPIC_IRR = 0x200,
    LAPIC_ESR = 0x280,
    LAPIC_LVT_CMCI = 0x2f0,
    LAPIC_ICR = 0x300,
    LAPIC_ICR_HIGH = 0x310,
    LAPIC_LVT_TIMER = 0x320,
    LAPIC_LVT_THERMAL = 0x330,
    LAPIC_LVT_PMC = 0x340,
    LAPIC_LVT_LINT0 = 0x350,
    LAPIC_LVT_LINT1 = 0x360,
    LAPIC_LVT_ERROR = 0x370,
    LAPIC_INITIAL_COUNT = 0x380,
    LAPIC_CURRENT_COUNT = 0x390,
    LAPIC_DIVIDE = 0x3e0,
    LAPIC_SELF_IPI = 0x3f0, // x2APIC only
};

// The entries of the local vector table in the order of their registers.
enum lapic_lvt {
    LAPIC_CMCI,
    LAPIC_TIMER,
    LAPIC_THERMAL,
    LAPIC_PMC,
    LAPIC_LINT0,
    LAPIC_LINT1,
    LAPIC_ERROR,
    LAPIC_LVT_ENTRIES
};

// LVT entry bits.
#define LAPIC_LVT_LOW_ACTIVE BIT32(13)
#define LAPIC_LVT_REMOTE_IRR BIT32(14)
#define LAPIC_LVT_LEVEL      BIT32(15)
#define LAPIC_LVT_MASKED     BIT32(16)

// ESR bits.
enum {
    LAPIC_ERROR_SEND_VECTOR = BIT32(5), // an IPI with a vector below 16
    LAPIC_ERROR_RECEIVE_VECTOR = BIT32(6),
    LAPIC_ERROR_REGISTER = BIT32(7),
};

// 256 vectors. `summary` has a bit for each word that is not 0, so the highest vector is found in two steps.
struct lapic_vectors {
    uint64_t word[4];
    uint32_t summary;
};

static inline bool lapic_vectors_has(const struct lapic_vectors *set, unsigned vector)
{
    return set->word[vector / 64] >> (vector % 64) & 1;
}
static inline void lapic_vectors_set(struct lapic_vectors *set, unsigned vector)
{
    set->word[vector / 64] |= BIT64(vector % 64);
    set->summary |= BIT32(vector / 64);
}
static inline void lapic_vectors_clear(struct lapic_vectors *set, unsigned vector)
{
    uint64_t word = set->word[vector / 64] &= ~BIT64(vector % 64);
    if (word == 0)
        set->summary &= ~BIT32(vector / 64);
}
// The highest vector, or -1.
static inline int lapic_vectors_highest(const struct lapic_vectors *set)
{
    if (set->summary == 0)
        return -1;
    unsigned word = bits_highest(set->summary);
    return (int)(word * 64 + bits_highest(set->word[word]));
}

enum lapic_mistake {
    LAPIC_MISTAKE_REGISTER, // no such register in this mode
    LAPIC_MISTAKE_READONLY, // a write to a read-only register, a read of a write-only one
    LAPIC_MISTAKE_WIDTH,    // not one aligned doubleword
    LAPIC_MISTAKE_RESERVED, // reserved bits set (x2APIC: #GP)
    LAPIC_MISTAKE_VECTOR,   // a vector below 16 sent, or one of the LVT raised
    LAPIC_MISTAKE_ICR,      // an ICR with a combination that the SDM calls invalid
    LAPIC_MISTAKE_EOI,      // EOI, and nothing in service
    LAPIC_MISTAKE_BASE,     // an illegal move of IA32_APIC_BASE (#GP)
    LAPIC_MISTAKE_MODE,     // an MSR of a mode that is off or that the CPU does not have (#GP)
    LAPIC_MISTAKES
};

// Configuration, from the CPU model.
struct lapic_config {
    uint32_t apic_id;      // the initial (x2APIC) id
    uint32_t address_bits; // physical address width, 32-52, that IA32_APIC_BASE is checked against
    uint64_t timer_hz;     // ticks of the timer's undivided clock in a second, 1 to LAPIC_TIMER_HZ_LIMIT
    bool x2apic;           // without it EXTD is a reserved bit of IA32_APIC_BASE, and MSRs 800h-8FFh do not exist
    bool tsc_deadline;     // without it IA32_TSC_DEADLINE does not exist, and bit 18 of LVT_TIMER is reserved
};

struct lapic {
    uint64_t base; // IA32_APIC_BASE
    uint64_t icr;
    struct lapic_vectors irr, isr, tmr;
    struct lapic_timer timer;
    struct lapic_config config;
    uint32_t id; // xAPIC ID register
    uint32_t tpr, ldr, dfr, svr;
    uint32_t esr;    // as software sees it
    uint32_t errors; // detected since the last write to the ESR
    uint32_t lvt[LAPIC_LVT_ENTRIES];
    uint32_t lint;    // electrical levels: bit 0 LINT0, bit 1 LINT1
    uint32_t latched; // PENDING_NMI, SMI, INIT and SIPI that have arrived and were not taken
    uint32_t sipi_vector;
    uint32_t waits_for_sipi;
    uint32_t mistakes[LAPIC_MISTAKES];
};

// What an access requires outside of the chip. No flag: nothing.
enum {
    LAPIC_CHANGED = BIT32(0),   // the outputs or the deadline may have changed
    LAPIC_ENDED = BIT32(1),     // an EOI took `vector` out of service
    LAPIC_BROADCAST = BIT32(2), // and the EOI must be sent to the IOAPICs
    LAPIC_SENDS = BIT32(3),     // an IPI: `shorthand` and `ipi`
    LAPIC_MOVED = BIT32(4),     // ids, mode, enables or the window: the destinations that match may have changed
};

enum lapic_shorthand { LAPIC_TO_DESTINATION, LAPIC_TO_SELF, LAPIC_TO_ALL, LAPIC_TO_OTHERS };

struct lapic_effect {
    uint16_t flags;    // LAPIC_ bits
    uint8_t vector;    // of the EOI
    uint8_t shorthand; // enum lapic_shorthand
    uint8_t fired;     // how often the timer raised its interrupt meanwhile
    struct x86_message ipi;
};

// Power-on state. `config` is copied; `bsp` sets the BSP flag.
void lapic_init(struct lapic *lapic, const struct lapic_config *config, bool bsp);
// RESET#: as after power-on. Configuration, pins and mistakes stay.
void lapic_reset(struct lapic *lapic, bool bsp);

// Does the destination of `message` name this APIC, in the mode it is in now?
bool lapic_matches(const struct lapic *lapic, const struct x86_message *message);

// Drives LINT0 (`pin` 0) or LINT1 (1). True: its interrupt was accepted (with the APIC disabled: LINT1's NMI).
bool lapic_set_lint(struct lapic *lapic, unsigned pin, bool high);
// An interrupt of an LVT entry that comes from inside the CPU: LAPIC_CMCI, LAPIC_THERMAL, LAPIC_PMC. True: it was
// accepted. False: it is masked, ExtINT (a level), or its vector is illegal.
bool lapic_raise(struct lapic *lapic, enum lapic_lvt entry);

// Takes one latched signal: PENDING_NMI, SMI, INIT, SIPI. INIT resets the APIC. Returns the SIPI vector, 0 for the
// others and -1 when it was not latched.
int lapic_take(struct lapic *lapic, uint32_t which);

// Lets the timer expire. True: it did, and its interrupt was raised.
bool lapic_fire(struct lapic *lapic, uint64_t now);

// An access to the page at IA32_APIC_BASE: `offset` 0-FFFh, `size` 1, 2, 4 or 8. PORT_NOT_MINE: not in xAPIC mode.
enum port_result lapic_read(struct lapic *lapic, uint32_t offset, unsigned size, uint64_t *value, uint64_t now,
                            struct lapic_effect *effect);
enum port_result lapic_write(struct lapic *lapic, uint32_t offset, unsigned size, uint64_t value, uint64_t now,
                             struct lapic_effect *effect);
// An access to an MSR (1Bh, 6E0h, 800h-8FFh; others: PORT_NOT_MINE). PORT_FAULT is #GP. IA32_TSC_DEADLINE is in ns here.
enum port_result lapic_read_msr(struct lapic *lapic, uint32_t msr, uint64_t *value, uint64_t now,
                                struct lapic_effect *effect);
enum port_result lapic_write_msr(struct lapic *lapic, uint32_t msr, uint64_t value, uint64_t now,
                                 struct lapic_effect *effect);
// CR8 is bits 7:4 of the TPR.
static inline uint64_t lapic_cr8(const struct lapic *lapic)
{
    return lapic->tpr >> 4;
}
static inline void lapic_set_cr8(struct lapic *lapic, uint64_t value)
{
    lapic->tpr = (uint32_t)(value & 15) << 4;
}

// Arbitration priority.
uint32_t lapic_apr(const struct lapic *lapic);
// A write to IA32_APIC_BASE. False: reserved bits or an illegal move, #GP.
bool lapic_set_base(struct lapic *lapic, uint64_t value);
// Errors for the ESR, LAPIC_ERROR_ bits; the error LVT entry is raised for those that are new since the last ESR write.
void lapic_report(struct lapic *lapic, uint32_t errors);
// The end of the highest interrupt in service: its vector, or -1. `broadcast`: the EOI must be sent to the IOAPICs.
int lapic_end(struct lapic *lapic, bool *broadcast);
// Software changed LVT_LINT0 or the SVR: a level at LINT0 is sampled again. True: its interrupt was accepted.
bool lapic_sample_lint0(struct lapic *lapic);
// The logical id register, of 32 or of 8 bits, depending on the mode.
uint32_t lapic_ldr(const struct lapic *lapic);

static inline bool lapic_enabled(const struct lapic *lapic)
{
    return lapic->base & LAPIC_BASE_ENABLE;
}
static inline bool lapic_x2apic(const struct lapic *lapic)
{
    return lapic->base & LAPIC_BASE_X2APIC;
}
static inline bool lapic_software_enabled(const struct lapic *lapic)
{
    return lapic->svr >> 8 & 1;
}
// The address of the page with the registers; UINT64_MAX: none, in x2APIC mode or disabled.
static inline uint64_t lapic_page(const struct lapic *lapic)
{
    bool xapic = (lapic->base & (LAPIC_BASE_ENABLE | LAPIC_BASE_X2APIC)) == LAPIC_BASE_ENABLE;
    return xapic ? lapic->base & ~(LAPIC_PAGE - 1) : UINT64_MAX;
}

// --- What happens at every interrupt --------------------------------------------------------------------------------

// A fixed interrupt with `vector` arrives, edge or level. False: not accepted, as by lapic_accept.
static inline bool lapic_accept_vector(struct lapic *lapic, unsigned vector, bool level)
{
    if (unlikely(!lapic_software_enabled(lapic) || !lapic_enabled(lapic)))
        return false;
    if (unlikely(vector < 16)) {
        lapic_report(lapic, LAPIC_ERROR_RECEIVE_VECTOR);
        return false;
    }
    lapic_vectors_set(&lapic->irr, vector);
    if (level)
        lapic_vectors_set(&lapic->tmr, vector);
    else
        lapic_vectors_clear(&lapic->tmr, vector);
    return true;
}

// What has no vector: SMI, NMI, INIT, SIPI.
bool lapic_accept_signal(struct lapic *lapic, const struct x86_message *message);

// Accepts a message that is addressed to this APIC. False: it does not accept it (disabled, a reserved delivery mode, a
// vector below 16, which is reported in the ESR). A SIPI is accepted and ignored unless the CPU waits for one. ExtINT
// is a wire, not a message.
static inline bool lapic_accept(struct lapic *lapic, const struct x86_message *message)
{
    return likely(x86_delivery_has_vector(message->delivery))
               ? lapic_accept_vector(lapic, message->vector, message->level)
               : lapic_accept_signal(lapic, message);
}

// The processor priority (SDM, "Interrupt, Task, and Processor Priority").
static inline uint32_t lapic_ppr(const struct lapic *lapic)
{
    int serviced = lapic_vectors_highest(&lapic->isr);
    uint32_t isrv = serviced < 0 ? 0 : (uint32_t)serviced & 0xf0;
    return (lapic->tpr & 0xf0) >= isrv ? lapic->tpr : isrv;
}

// The highest vector requested, whatever the priority; -1: none.
static inline int lapic_first(const struct lapic *lapic)
{
    return lapic_vectors_highest(&lapic->irr);
}

// Is the priority of the vector `requested` above the processor's?
static inline bool lapic_passes(const struct lapic *lapic, int requested)
{
    return ((uint32_t)requested & 0xf0) > (lapic_ppr(lapic) & 0xf0);
}

static inline bool lapic_asserted(const struct lapic *lapic, unsigned pin)
{
    bool low_active = lapic->lvt[LAPIC_LINT0 + pin] & LAPIC_LVT_LOW_ACTIVE;
    return (lapic->lint >> pin & 1) != low_active;
}

static inline bool lapic_extint_at(const struct lapic *lapic, unsigned pin)
{
    uint32_t lvt = lapic->lvt[LAPIC_LINT0 + pin];
    return (lvt & (LAPIC_LVT_MASKED | 0x700)) == X86_EXTINT << 8 && lapic_asserted(lapic, pin);
}

// A LINT pin asks for INTA cycles: ExtINT, or an APIC that is disabled (LINT0 is the INTR pin then).
static inline bool lapic_extint(const struct lapic *lapic)
{
    if (unlikely(!lapic_enabled(lapic)))
        return lapic->lint & 1;
    return lapic_extint_at(lapic, 0) || lapic_extint_at(lapic, 1);
}

// The CPU's pending bits, derived. PENDING_INTR covers the vectors here and ExtINT at the LINT pins.
static inline uint32_t lapic_output(const struct lapic *lapic)
{
    int requested = lapic_first(lapic);
    bool intr = (requested >= 0 && lapic_passes(lapic, requested)) || lapic_extint(lapic);
    return lapic->latched | (intr ? PENDING_INTR : 0u);
}

// Takes the highest vector into service; -1: there is none. Between INTR and INTA software may have raised its priority: then
// the spurious vector is given and no ISR bit is set (SDM, "Spurious Interrupt").
static inline int lapic_take_vector(struct lapic *lapic)
{
    int requested = lapic_first(lapic);
    if (requested < 0)
        return -1;
    if (!lapic_passes(lapic, requested))
        return (int)(lapic->svr & 0xff);
    lapic_vectors_clear(&lapic->irr, (unsigned)requested);
    lapic_vectors_set(&lapic->isr, (unsigned)requested);
    return requested;
}

// When lapic_fire must be called; CLOCK_NEVER while the timer is stopped or masked.
static inline uint64_t lapic_deadline(const struct lapic *lapic)
{
    return lapic->lvt[LAPIC_TIMER] & LAPIC_LVT_MASKED ? CLOCK_NEVER : lapic->timer.expiry;
}

// --- Registers ------------------------------------------------------------------------------------------------------

// The registers in the order of the manual, and the accesses that are allowed.
enum { LAPIC_XAPIC_READ = 1, LAPIC_XAPIC_WRITE = 2, LAPIC_X2APIC_READ = 4, LAPIC_X2APIC_WRITE = 8 };
struct lapic_register {
    struct reg reg;
    uint8_t access;     // bits above
    uint32_t read_only; // bits of a writable register that may be set in a write, but do not change
};
extern const struct lapic_register lapic_registers[];
extern const unsigned lapic_register_count;

// --- Why an interrupt does not arrive (lapic_why.c) -----------------------------------------------------------------
// `cpu` is the number in the findings.

// The interrupt of `message` has been accepted and is not over: its vector is in IRR or ISR, or its signal is latched.
bool lapic_holds(const struct lapic *lapic, const struct x86_message *message);
// Why a message that is addressed to this APIC is not accepted.
void lapic_why_accept(const struct lapic *lapic, uint32_t cpu, const struct x86_message *message, struct why *why);
// The interrupt of `message` is not here now.
void lapic_why_idle(const struct lapic *lapic, uint32_t cpu, const struct x86_message *message, struct why *why);
// From IRR to INTR. `extint`: INTR is up for the 8259A, whose vector is taken first.
void lapic_why_vector(const struct lapic *lapic, uint32_t cpu, unsigned vector, bool extint, struct why *why);
// From the latch to the CPU: X86_NMI, X86_SMI, X86_INIT. `latched`: it is; false: only what would hold it.
void lapic_why_signal(const struct lapic *lapic, uint32_t cpu, unsigned delivery, bool latched, struct why *why);
// What the CPU does first, or waits for, before it takes any interrupt.
void lapic_why_start(const struct lapic *lapic, uint32_t cpu, struct why *why);
// Why the source of an LVT entry raises nothing now: an inactive pin, a timer that counts or stands still, no error.
void lapic_why_source(const struct lapic *lapic, uint32_t cpu, enum lapic_lvt entry, struct why *why);
// Why the entry does not pass on what its source raises.
void lapic_why_entry(const struct lapic *lapic, uint32_t cpu, enum lapic_lvt entry, struct why *why);
// What the source raised is gone: it was taken, or lost at the entry. Until it raises again, nothing comes.
void lapic_why_lost(const struct lapic *lapic, uint32_t cpu, enum lapic_lvt entry, struct why *why);
// Why LINT0 does not pass on the 8259A's INT.
void lapic_why_int(const struct lapic *lapic, uint32_t cpu, struct why *why);
// Why LINT1 does not pass on the NMI line.
void lapic_why_nmi(const struct lapic *lapic, uint32_t cpu, struct why *why);

// The value of a register that can be read without an effect (`peek` of its row), and all that can (lapic_fields.c).
uint64_t lapic_look(const struct lapic *lapic, const struct lapic_register *row, unsigned index, uint64_t now);
void lapic_tell(const struct lapic *lapic, uint64_t now, const struct register_sink *sink);

// "register", "eoi" and so on.
const char *lapic_mistake_name(enum lapic_mistake mistake);

// All state; lapic_loaded derives the rest after a load.
void lapic_visit(struct lapic *lapic, struct visit *v);
void lapic_loaded(struct lapic *lapic);

#endif
