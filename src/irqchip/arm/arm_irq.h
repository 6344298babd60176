// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The wiring of the Arm chips: distributor, redistributors, CPU interfaces, ITS, and each CPU's pending word.
//
//     SPI lines --------------+                                  +--> GICR 0 (SGI, PPI, LPI) --> ICC 0 --> IRQ, FIQ
//     MSIs: GICD_SETSPI, v2m -+--> GICD --(affinity, targets)----+
//     MSIs: GITS_TRANSLATER --> ITS --(collection)---------------+--> GICR n                 --> ICC n --> IRQ, FIQ
//
// GICv2 is the same with banked registers in the distributor and GICC frames in place of ICC registers.
//
// Every function that changes something settles before it returns: each output that may have changed is derived once,
// interrupts in INTID order, then CPUs by index, and reported through `signal` if it changed. `resample` may call
// functions of this file; they change inputs, and the outer call settles.
//
// On Arm the CPU does not acknowledge an interrupt when it takes the exception: the guest reads IAR (an ICC register,
// or GICC_IAR), and the level of IRQ or FIQ follows. The generic timer and other PPIs are lines: arm_irq_set_ppi.
//
// Path: irqchip/route.c, msi/msi_arm.c / gicd.c, its.c, gicr.c, then icc.c or gicc.c, then the CPU
#ifndef IRQCHIP_ARM_ARM_IRQ_H
#define IRQCHIP_ARM_ARM_IRQ_H

#include <stdbool.h>
#include <stdint.h>

#include "base/chip_register.h"
#include "base/cpu_port.h"
#include "base/error.h"
#include "base/trace.h"
#include "base/visit.h"
#include "base/why.h"
#include "irqchip/arm/arm_targets.h"
#include "irqchip/arm/gic.h"
#include "irqchip/arm/gicc.h"
#include "irqchip/arm/gicd.h"
#include "irqchip/arm/gicr.h"
#include "irqchip/arm/gicv2m.h"
#include "irqchip/arm/icc.h"
#include "irqchip/arm/its.h"
#include "msi/arm_message.h"
#include "msi/msi_arm.h"

#define ARM_IRQ_CPU_LIMIT     512 // GICv3; 8 with GICv2
#define ARM_IRQ_CPU_LIMIT_V2  8
#define ARM_IRQ_COMMAND_LIMIT UINT64_C(1000000000)

// In place of the value that was reported last: no value equals it, so the next one is always reported.
#define ARM_IRQ_UNREPORTED_PENDING  UINT32_MAX
#define ARM_IRQ_UNREPORTED_DEADLINE 0

// Chip numbers, for arm_irq_set_pin, `resample`, routing and traces.
enum {
    ARM_IRQ_GICD = 0, // pin = SPI number, 0 is INTID 32; with extended SPIs pin 1024 is INTID 4096
    ARM_IRQ_ITS = 1,  // only in traces
    ARM_IRQ_CPU = 2,  // only in traces: a redistributor, or a CPU interface
    ARM_IRQ_V2M = 3,  // only in traces
};

#define ARM_IRQ_EXTENDED_PIN 1024u

static inline uint32_t arm_irq_pin_of(uint32_t intid)
{
    return intid < GIC_ESPI_INTID ? intid - 32 : ARM_IRQ_EXTENDED_PIN + intid - GIC_ESPI_INTID;
}

// Why a message or an SGI had no receiver: `a` of TRACE_DROP.
enum arm_irq_drop {
    ARM_IRQ_DROP_NO_CPU = 0x200, // b = target (affinity or list), c = INTID: no CPU matches the target of an SGI
    ARM_IRQ_DROP_REFUSED,        // b = INTID, c = kind: no such SPI, or not of this security state
    ARM_IRQ_DROP_MALFORMED,      // b = address, c = data: no doorbell
    ARM_IRQ_DROP_UNTRANSLATED,   // b = DeviceID << 32 | EventID: the ITS has no mapping
};

struct arm_irq_config {
    unsigned version;           // 2 or 3
    uint32_t cpus;              // 1 to ARM_IRQ_CPU_LIMIT (GICv2: 8)
    const uint64_t *affinities; // MPIDR_EL1 affinity of each CPU (39:32, 23:0), all different; NULL: 16 to a cluster,
                                // CPU n is Aff1 = n / 16, Aff0 = n % 16. Copied. Not used by GICv2.
    unsigned spis;              // 0 to 988, INTIDs from 32; rounded up to fill 32
    unsigned extended_spis;     // 0 to 1024, INTIDs from 4096; GICv3
    unsigned extended_ppis;     // 0, 32 or 64, INTIDs from 1056; GICv3
    uint32_t gicr_split;        // redistributors in the first of two windows; 0: all are in one. GICv3
    bool security;              // two Security states; else GICD_CTLR.DS reads as 1 (GICv2: no Security Extensions)
    bool nmi;                   // non-maskable interrupts (FEAT_GICv3_NMI); GICv3
    unsigned lpi_bits;          // 0: no LPIs; 14 to 24: INTID bits. GICv3
    bool its;                   // an ITS; needs lpi_bits
    bool its_stalls;            // a command in error stalls its queue; else it is ignored
    uint64_t its_command_ns;    // the time that each of its commands takes, 0 to ARM_IRQ_COMMAND_LIMIT
    unsigned v2m_first, v2m_count;  // a v2m frame over INTIDs first to first + count - 1; count 0: none
    struct msi_arm_windows windows; // addresses of the registers for messages, for arm_irq_msi
    struct gic_memory memory;       // guest RAM: LPI and ITS tables, the command queue
    // The pending word of a CPU changed (PENDING_IRQ, PENDING_FIQ, either with PENDING_NMI). Must not call back into the chips.
    void (*signal)(void *owner, uint32_t vcpu, uint32_t pending);
    // The next moment arm_irq_timer is to be called changed; CLOCK_NEVER: not at all. Must not call back. May be NULL
    // without an ITS.
    void (*deadline)(void *owner, uint64_t when);
    // The CPU that makes the current access: GICv2's frames are banked by CPU. NULL: always CPU 0.
    uint32_t (*current)(void *owner);
    // An SPI was deactivated: level sources with a resample notifier are resampled. May call arm_irq_set_pin. May be
    // NULL.
    void (*resample)(void *owner, uint32_t chip, uint32_t pin);
    void *owner;
    struct trace *trace; // may be NULL
};

// A window of registers, for the bus: `owner` of arm_irq_read and arm_irq_write.
enum arm_irq_window {
    ARM_IRQ_WINDOW_GICD, // GICv3: 64 KiB; GICv2: 4 KiB
    ARM_IRQ_WINDOW_GICR, // the redistributors of all CPUs one after the other, 128 KiB each; with gicr_split, of the first CPUs
    ARM_IRQ_WINDOW_GICC,  // GICv2: 8 KiB, GICC_DIR at 1000h
    ARM_IRQ_WINDOW_V2M,   // 4 KiB
    ARM_IRQ_WINDOW_ITS,   // 128 KiB: control and translation
    ARM_IRQ_WINDOW_GICR2, // with gicr_split: the redistributors of the other CPUs
    ARM_IRQ_WINDOWS
};

struct arm_irq_frame {
    struct arm_irq *irq;
    enum arm_irq_window window;
    bool secure; // accesses through this frame are Secure; used only with `security`
};

struct arm_irq_cpu {
    struct gicr gicr;       // GICv2: only its bank of private interrupts
    struct icc icc;         // GICv3
    struct gicc gicc;       // GICv2
    struct gic_ready ready; // derived
    uint64_t *lpi_memory;   // of gicr and ready
    uint32_t pending;       // as last reported
    uint32_t index;
};

struct arm_irq {
    struct arm_irq_config config;
    struct gicd gicd;
    struct gicv2m gicv2m;
    struct its its;
    struct arm_irq_cpu *cpus;
    uint32_t last_taker; // the CPU that was chosen last for a 1 of N interrupt
    uint64_t deadline;   // as last reported

    // Derived, also by arm_irq_loaded.
    struct arm_targets targets;
    uint64_t *dirty;      // CPUs to settle
    uint64_t dirty_words; // which words of `dirty` are not 0
    uint32_t depth;       // nested calls
};

// Allocates for `config`, which is copied. -EINVAL and a text for a value out of range, -ENOMEM. Everything is in
// power-on state, and `signal` has not been called: every pending word is 0.
int arm_irq_init(struct arm_irq *irq, const struct arm_irq_config *config, struct error *error);
void arm_irq_free(struct arm_irq *irq);
// Reset of all chips. Electrical levels of lines stay.
void arm_irq_reset(struct arm_irq *irq);

// Does the pin exist?
bool arm_irq_has_pin(const struct arm_irq *irq, uint32_t chip, uint32_t pin);

// Inputs. A level line is active while high; an edge line's rising edge is latched.
void arm_irq_set_pin(struct arm_irq *irq, uint32_t chip, uint32_t pin, bool level);
// An edge happened: one request of a source without a level. The SPI is pending until it is acknowledged, whether it is
// configured as edge-triggered or as level-sensitive, so that no request is lost; requests that come before the
// acknowledge are one.
void arm_irq_trigger(struct arm_irq *irq, uint32_t chip, uint32_t pin);
// A PPI's line: `intid` 16-31, or 1056 and up with extended PPIs. Timers: 27 virtual, 30 physical, 29 secure.
void arm_irq_set_ppi(struct arm_irq *irq, uint32_t vcpu, uint32_t intid, bool level);

// A memory write of a device to a register for messages, Secure or Non-secure. False: no such register, or no receiver
// (TRACE_DROP).
bool arm_irq_msi(struct arm_irq *irq, uint64_t address, uint32_t data, uint32_t device, bool secure);
// A decoded message. False: it had no receiver.
bool arm_irq_deliver(struct arm_irq *irq, const struct arm_message *message);

// Register windows, see base/bus.h: `owner` is a struct arm_irq_frame. `size` 1, 2, 4 or 8.
uint64_t arm_irq_read(void *owner, uint64_t offset, unsigned size, uint64_t now);
void arm_irq_write(void *owner, uint64_t offset, unsigned size, uint64_t value, uint64_t now);
// Bytes the window takes up on the bus; 0: this configuration does not have it.
uint64_t arm_irq_window_size(const struct arm_irq *irq, enum arm_irq_window window);

// The three functions of a CPU port, see base/cpu_port.h. `owner` is the struct arm_irq. PORT_REGISTER addresses are
// op0 << 14 | op1 << 11 | CRn << 7 | CRm << 3 | op2; with GICv3 these are the ICC registers (no AArch32 ones).
// PORT_FAULT means UNDEFINED. PORT_MEMORY is never handled here. acknowledge returns 0, or -1 when the level of `which`
// has fallen. TRACE_ACK is reported when the guest reads IAR.
int arm_irq_acknowledge(void *owner, uint32_t vcpu, uint32_t which, uint64_t now);
// The INTID of the interrupt that drives a CPU's IRQ or FIQ: what IAR would return, whatever the priority mask says.
uint32_t arm_irq_signalled(const struct arm_irq *irq, uint32_t vcpu);
enum port_result arm_irq_cpu_read(void *owner, uint32_t vcpu, enum port_space space, uint64_t address, unsigned size,
                                  uint64_t *value, uint64_t now);
enum port_result arm_irq_cpu_write(void *owner, uint32_t vcpu, enum port_space space, uint64_t address, unsigned size,
                                   uint64_t value, uint64_t now);
void arm_irq_port(struct arm_irq *irq, struct cpu_port *port);
// The Security state that `vcpu` executes in, with `security`; Non-secure at first.
void arm_irq_set_secure(struct arm_irq *irq, uint32_t vcpu, bool secure);
// SCTLR_ELx.NMI of the Exception level that `vcpu` executes in, clear at first. arm_irq_cpu_write of PORT_SCTLR_NMI is
// the same.
void arm_irq_set_sctlr_nmi(struct arm_irq *irq, uint32_t vcpu, bool on);

// The deadline is due. Earlier calls do nothing.
void arm_irq_timer(struct arm_irq *irq, uint64_t now);

// Derives the outputs that may have changed. Called by the functions above; a second call changes nothing.
void arm_irq_settle(struct arm_irq *irq);
// Changes made between begin and end are settled at the outermost end.
static inline void arm_irq_begin(struct arm_irq *irq)
{
    irq->depth++;
}
static inline bool arm_irq_unsettled(const struct arm_irq *irq)
{
    return irq->gicd.spi.touched_blocks || irq->dirty_words || its_deadline(&irq->its) != irq->deadline;
}
static inline void arm_irq_end(struct arm_irq *irq)
{
    if (--irq->depth == 0 && arm_irq_unsettled(irq))
        arm_irq_settle(irq);
}
// The same after a change of this CPU's part, which is settled at once if nothing else has changed.
void arm_irq_end_cpu(struct arm_irq *irq, uint32_t cpu);

// Whether a CPU takes part in 1 of N distribution may have changed; the CPU is settled too.
void arm_irq_follow(struct arm_irq *irq, uint32_t vcpu);

// All state of all chips. After loading, arm_irq_loaded derives everything else and reports every
// pending word and the deadline, changed or not.
void arm_irq_visit(struct arm_irq *irq, struct visit *v);
void arm_irq_loaded(struct arm_irq *irq);

// --- Why an interrupt does not arrive (arm_irq_why.c, arm_why_source.c) ----------------------------------------------
// Tells the registers of the distributor, the message frame and the ITS, and of the chips of `vcpu`, or with INTACT_NO_CPU of all
// CPUs (arm_irq_fields.c).
void arm_irq_tell(const struct arm_irq *irq, uint32_t vcpu, struct register_sink *sink);

// The gates between a source and a CPU's pending word, and where the interrupt is now, in the order of its path; see
// base/why.h. Nothing is changed, and no cache is filled. To be called outside of the other functions.

#define ARM_IRQ_ANY_CPU UINT32_MAX

// An SPI by its pin of the distributor.
void arm_irq_why_pin(const struct arm_irq *irq, uint32_t pin, struct why *why);
// An interrupt by its INTID. Of an SGI or PPI: that of `vcpu`. Of an SPI or LPI: at `vcpu`, or with ARM_IRQ_ANY_CPU
// wherever it goes, or is pending.
void arm_irq_why_intid(const struct arm_irq *irq, uint32_t vcpu, uint32_t intid, struct why *why);
// What a Non-secure write of a device would make pending, by a register for messages or by the ITS.
void arm_irq_why_message(const struct arm_irq *irq, uint64_t address, uint32_t data, uint32_t device, struct why *why);
void arm_irq_why_event(const struct arm_irq *irq, uint32_t device, uint32_t event, struct why *why);
// Any of them, as a text: see intact_arm_irq_why. -EINVAL and a text.
int arm_irq_why_source(const struct arm_irq *irq, const char *source, struct why *why, struct error *error);

// --- Between the four files of the wiring ----------------------------------------------------------------------------

// Where an interrupt waits, for causes in traces: at its CPU, or for all of them.
static inline uint64_t arm_irq_key(uint32_t vcpu, uint32_t intid)
{
    bool own = intid < 32 || (intid >= 1056 && intid < 1120);
    return trace_key(TRACE_AT_CPU, own ? vcpu : TRACE_SHARED, intid);
}
// Is it pending? `cpu` may be NULL for an SPI.
bool arm_irq_pends(const struct arm_irq *irq, const struct arm_irq_cpu *cpu, uint32_t intid);
// The registers of the 32 interrupts around `slot`.
static inline const struct gic_block *arm_irq_block(const struct arm_irq *irq, const struct arm_irq_cpu *cpu,
                                                    uint32_t slot)
{
    return gic_slot_private(slot) ? &cpu->gicr.bank.block[gic_bank_block(slot)]
                                  : &irq->gicd.spi.block[gic_shared_index(slot) / 32];
}

// The CPU that SPI `index` goes to, which is in `group`; ARM_TARGETS_NONE. GICv3.
uint32_t arm_irq_route(const struct arm_irq *irq, uint32_t index, enum gic_group group);

// Marks a CPU to be settled.
static inline void arm_irq_touch(struct arm_irq *irq, uint32_t cpu)
{
    irq->dirty[cpu / 64] |= BIT64(cpu % 64);
    irq->dirty_words |= BIT64(cpu / 64);
}

// arm_irq_trace.c: the counters of a chip, for reports of mistakes; and a mistake that the wiring itself finds.
struct trace_counters arm_irq_counters(const uint32_t *counters, uint32_t chip, uint32_t vcpu);
void arm_irq_mistake(struct arm_irq *irq, uint32_t *counters, uint32_t chip, uint32_t vcpu, enum gic_mistake mistake,
                     uint64_t value);
// Begins the part of the path of a message that `vcpu` itself wrote, which trace_end ends. Only if trace_heard.
void arm_irq_message_heard(struct arm_irq *irq, uint32_t vcpu, enum arm_message_kind kind, uint32_t number);
// The current interrupt was raised at `intid` (and now waits there): is it enabled? `cpu`: NULL for an SPI. Only if trace_heard.
void arm_irq_report_mask(struct arm_irq *irq, const struct arm_irq_cpu *cpu, uint32_t intid);
void arm_irq_report_held(struct arm_irq *irq, const struct arm_irq_cpu *cpu, uint32_t intid);
// Begins the part of the path of an interrupt that software makes pending, which trace_end ends. Only if trace_heard.
void arm_irq_report_set(struct arm_irq *irq, const struct arm_irq_cpu *cpu, uint32_t intid);
// A register that makes interrupts pending: which were so before a write, and the report of those that are since. `cpu` writes,
// or the window is its own. Only if trace_heard.
struct arm_irq_pending {
    uint32_t slot;                 // of bit 0
    const struct arm_irq_cpu *cpu; // NULL: the write makes nothing pending
    uint32_t before;
};
struct arm_irq_pending arm_irq_before_write(const struct arm_irq *irq, enum arm_irq_window window,
                                            const struct arm_irq_cpu *cpu, uint64_t offset);
void arm_irq_after_write(struct arm_irq *irq, const struct arm_irq_pending *pending);
// The counters of mistakes at the CPU interface.
static inline uint32_t *arm_irq_mistakes(const struct arm_irq *irq, struct arm_irq_cpu *cpu)
{
    return irq->config.version == 2 ? cpu->gicc.mistakes : cpu->icc.mistakes;
}

// arm_irq.c: the enables of groups changed, or DS: marks everything to be settled.
void arm_irq_touch_everything(struct arm_irq *irq);

// arm_irq_deliver.c: a v2m message: one edge.
void arm_irq_raise(struct arm_irq *irq, uint32_t intid);
// Sends an SGI of the CPU `cpu`.
void arm_irq_send(struct arm_irq *irq, struct arm_irq_cpu *cpu, const struct gic_effect *effect);
// Does what a redistributor's register or the ITS requires for LPI `intid` of `cpu`. `other` is the CPU that it moves
// to. False: it cannot be made pending.
void arm_irq_do_lpi(struct arm_irq *irq, struct arm_irq_cpu *cpu, struct arm_irq_cpu *other, enum gic_lpi_action action,
                    uint32_t intid);
// Acknowledges an LPI by clearing it: it has no active state. The CPU is to be settled.
void arm_irq_take_lpi(struct arm_irq *irq, struct arm_irq_cpu *cpu, uint32_t intid);
// An event of a device at the ITS. False: it had no receiver.
bool arm_irq_event(struct arm_irq *irq, uint32_t device, uint32_t event);
// Executes the commands in the queue.
void arm_irq_commands(struct arm_irq *irq, uint64_t now);

#endif
