// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The wiring of the x86 chips: 8259As, IOAPICs and local APICs, messages between them, and each CPU's pending word.
//
//     lines --> 8259A pair --INT--+--> LINT0 of CPU 0 (virtual wire), or its INTR pin (IMCR)
//                                 +--> a pin of IOAPIC 0 (ExtINT)
//     pins ---> IOAPICs ---messages--+
//     MSIs --------------------------+--> destination lookup --> local APICs --settle--> pending words
//     IPIs --------------------------+
//
// Every function that changes something settles before it returns: each output that may have changed is derived once,
// in the order 8259A, IOAPICs (whose messages are delivered on the way), CPUs by index, and reported through `signal`
// and `deadline` if it really changed. `resample` may call functions of this file; they change inputs, and the outer
// call settles.
//
// The INT output of the 8259A is wired only to LINT0 of CPU 0; real boards also wire it to the other CPUs, whose
// firmware and kernels keep it masked there.
//
// Not modelled: LINT0 of CPUs other than 0 (drive it with x86_irq_set_lint); SMM-related routing.
//
// Path: irqchip/route.c, ioapic.c, msi/msi_x86.c / lapic.c, then the CPU
#ifndef IRQCHIP_X86_X86_IRQ_H
#define IRQCHIP_X86_X86_IRQ_H

#include <stdbool.h>
#include <stdint.h>

#include <intact/x86_irq.h>

#include "base/chip_register.h"
#include "base/cpu_port.h"
#include "base/error.h"
#include "base/trace.h"
#include "base/visit.h"
#include "irqchip/x86/ioapic.h"
#include "irqchip/x86/lapic.h"
#include "irqchip/x86/pic.h"
#include "irqchip/x86/x86_targets.h"
#include "msi/x86_message.h"

#define X86_IRQ_HUB UINT32_MAX // in place of a CPU: the deadline of the IOAPICs
#define X86_IRQ_BSP 0          // the bootstrap processor

// In place of the value that was reported last: no value equals it, so the next one is always reported.
#define X86_IRQ_UNREPORTED_DEADLINE 0
#define X86_IRQ_UNREPORTED_PENDING  UINT32_MAX

// Chip numbers, for x86_irq_set_pin, `resample`, routing and traces.
enum {
    X86_IRQ_PIC = 0,    // pin = line, 0-15
    X86_IRQ_IOAPIC = 1, // and up: the first IOAPIC, the second, ...
    X86_IRQ_LAPIC = 0x10000,
};

// The chips that x86_irq_settle must settle before the CPUs.
enum { X86_IRQ_HUB_PIC = 1, X86_IRQ_HUB_IOAPIC = 2, X86_IRQ_HUB_ALL = 3 };

// Why a message had no receiver: `a` of TRACE_DROP.
enum x86_irq_drop {
    X86_IRQ_DROP_NO_CPU = 0x100, // b = destination, c = vector: the destination names no CPU
    X86_IRQ_DROP_REFUSED,        // b = destination, c = vector: the CPUs that it matches did not accept it (disabled)
    X86_IRQ_DROP_MALFORMED,      // b = address, c = data | result << 32: enum msi_x86_result
};

struct x86_irq_ioapic {
    unsigned pins;    // 1-240
    unsigned version; // 11h or 20h
    unsigned id;      // 0-15, what firmware leaves in the ID register
};

struct x86_irq_config {
    uint32_t cpus;            // 1 to INTACT_X86_CPUS_MAX; CPU 0 is the BSP
    const uint32_t *apic_ids; // initial APIC id of each CPU, all different, below 65536; NULL: its index
    unsigned address_bits;    // physical address width, 32-52; 0: 40
    uint64_t timer_hz;        // ticks of the local APICs' timers in a second; 0: 1 GHz
    bool x2apic;              // the CPUs have x2APIC mode
    bool tsc_deadline;        // they have TSC-deadline mode
    uint32_t ioapic_count;    // 0 to INTACT_X86_IOAPICS_MAX
    const struct x86_irq_ioapic *ioapics;
    bool pic;           // the 8259A pair of a PC
    bool imcr;          // ports 22h and 23h; the 8259A's INT goes directly to CPU 0 until the guest changes it
    int pic_pin;        // pin of IOAPIC 0 that the 8259A's INT is wired to, -1 or without `pic`: none
    unsigned msi_flags; // MSI_X86_ bits: the destination forms that the machine has
    // The pending word of a CPU changed (PENDING_ bits). Must not call back into the chips.
    void (*signal)(void *owner, uint32_t vcpu, uint32_t pending);
    // The next moment x86_irq_timer is to be called for `vcpu` (or X86_IRQ_HUB) changed; CLOCK_NEVER: not at all. Must
    // not call back.
    void (*deadline)(void *owner, uint32_t vcpu, uint64_t when);
    // A chip ended the interrupt of a pin: level sources with a resample notifier are resampled. May call
    // x86_irq_set_pin. May be NULL.
    void (*resample)(void *owner, uint32_t chip, uint32_t pin);
    // The xAPIC page of a CPU moved, appeared or went: `page` is its address, UINT64_MAX: none. May be NULL.
    void (*page)(void *owner, uint32_t vcpu, uint64_t page);
    void *owner;
    struct trace *trace; // may be NULL
};

struct x86_irq_cpu {
    struct lapic lapic;
    uint64_t deadline; // as reported last
    uint64_t page;     // as reported last
    uint32_t pending;  // as reported last
    uint32_t index;
};

struct x86_irq {
    struct x86_irq_config config;
    struct pic_cascade pic;
    struct ioapic *ioapics;
    struct x86_irq_cpu *cpus;
    uint32_t imcr_index, imcr; // ports 22h and 23h
    uint32_t nmi;              // the NMI line of the board
    uint32_t last_lowest;      // the CPU that won the last arbitration

    // Derived, also by x86_irq_loaded.
    struct x86_targets targets;
    uint64_t *found;       // scratch: the CPUs that a destination names
    uint64_t *extint;      // CPUs whose INTR an IOAPIC's ExtINT entry drives
    uint64_t *dirty;       // CPUs to settle
    uint64_t dirty_words;  // which words of `dirty` are not 0
    uint32_t depth;        // nested calls
    uint32_t hub_dirty;    // X86_IRQ_HUB_ bits: the chips other than local APICs that changed
    bool extint_used;      // `extint` is not empty
    bool pic_int;          // as driven
    uint64_t hub_deadline; // as reported last
};

// Allocates for `config`, which is copied (`apic_ids` is read only here; `ioapics` is not copied and must live as
// long). -EINVAL and a text for a value out of range, -ENOMEM. Everything is in power-on state, and `signal` and
// `deadline` have not been called: they would have reported 0 and CLOCK_NEVER.
int x86_irq_init(struct x86_irq *irq, const struct x86_irq_config *config, struct error *error);
void x86_irq_free(struct x86_irq *irq);
// RESET# of all chips. Electrical levels of pins stay.
void x86_irq_reset(struct x86_irq *irq);
// The state in which firmware starts an operating system: CPU 0 in virtual wire mode (APIC enabled with spurious vector
// 0Fh, LINT0 ExtINT, LINT1 NMI).
void x86_irq_virtual_wire(struct x86_irq *irq);

// Does the pin exist?
bool x86_irq_has_pin(const struct x86_irq *irq, uint32_t chip, uint32_t pin);

// Inputs. `level` is electrical: a pin that is active low is high when idle.
void x86_irq_set_pin(struct x86_irq *irq, uint32_t chip, uint32_t pin, bool level);
// One interrupt of a source without a level: the handler runs once for each trigger that was not coalesced with an
// earlier one. See pic_cascade_trigger and ioapic_trigger.
void x86_irq_trigger(struct x86_irq *irq, uint32_t chip, uint32_t pin);
// The board's NMI line, wired to LINT1 of every CPU (with IMCR in PIC mode: to CPU 0 alone).
void x86_irq_set_nmi(struct x86_irq *irq, bool level);
void x86_irq_set_lint(struct x86_irq *irq, uint32_t vcpu, unsigned pin, bool level);
// An event of the CPU itself: LAPIC_CMCI, LAPIC_THERMAL, LAPIC_PMC.
void x86_irq_raise(struct x86_irq *irq, uint32_t vcpu, enum lapic_lvt entry);

// A memory write of a device to FEExxxxxh. False: malformed, or no receiver (reported as TRACE_DROP).
bool x86_irq_msi(struct x86_irq *irq, uint64_t address, uint32_t data, uint32_t device);
// A decoded message. False: it had no receiver.
bool x86_irq_deliver(struct x86_irq *irq, const struct x86_message *message);

// Ports 20h, 21h, A0h, A1h, 4D0h, 4D1h, and 22h, 23h with IMCR. One byte; other ports read FFh.
uint8_t x86_irq_port_read(struct x86_irq *irq, uint16_t port);
void x86_irq_port_write(struct x86_irq *irq, uint16_t port, uint8_t value);

// The window of an IOAPIC: `offset` from its base, `size` 1, 2, 4 or 8.
uint64_t x86_irq_ioapic_read(struct x86_irq *irq, uint32_t ioapic, uint64_t offset, unsigned size);
void x86_irq_ioapic_write(struct x86_irq *irq, uint32_t ioapic, uint64_t offset, unsigned size, uint64_t value,
                          uint64_t now);

// The three functions of a CPU port, see base/cpu_port.h. `owner` is the struct x86_irq.
int x86_irq_acknowledge(void *owner, uint32_t vcpu, uint32_t which, uint64_t now);
enum port_result x86_irq_cpu_read(void *owner, uint32_t vcpu, enum port_space space, uint64_t address, unsigned size,
                                  uint64_t *value, uint64_t now);
enum port_result x86_irq_cpu_write(void *owner, uint32_t vcpu, enum port_space space, uint64_t address, unsigned size,
                                   uint64_t value, uint64_t now);
void x86_irq_port(struct x86_irq *irq, struct cpu_port *port);

// The deadline of `vcpu` (or X86_IRQ_HUB) is due. Earlier calls do nothing.
void x86_irq_timer(struct x86_irq *irq, uint32_t vcpu, uint64_t now);

// CPUID.1:EDX.APIC follows the enable bit of IA32_APIC_BASE.
static inline bool x86_irq_apic_enabled(const struct x86_irq *irq, uint32_t vcpu)
{
    return lapic_enabled(&irq->cpus[vcpu].lapic);
}

// Tells the registers of the 8259As, the IOAPICs and the local APIC of `vcpu`, or with INTACT_NO_CPU of all (x86_irq_fields.c).
void x86_irq_tell(const struct x86_irq *irq, uint32_t vcpu, uint64_t now, struct register_sink *sink);

// Derives the outputs that may have changed. Called by the functions above; a second call changes nothing.
void x86_irq_settle(struct x86_irq *irq);
// Changes made between begin and end are settled at the outermost end.
static inline void x86_irq_begin(struct x86_irq *irq)
{
    irq->depth++;
}
static inline void x86_irq_end(struct x86_irq *irq)
{
    if (--irq->depth == 0 && (irq->hub_dirty || irq->dirty_words))
        x86_irq_settle(irq);
}
// The same after a change of this CPU's local APIC, which is settled at once if nothing else has changed.
void x86_irq_end_cpu(struct x86_irq *irq, uint32_t cpu);
// The ids, the mode or the enables of a CPU's local APIC may have changed: what depends on them is derived, and after a
// move levels that were not accepted are sent again.
void x86_irq_follow(struct x86_irq *irq, uint32_t vcpu);
void x86_irq_moved(struct x86_irq *irq, uint32_t vcpu);

// All state of all chips. After loading, x86_irq_loaded derives everything else and reports all outputs.
void x86_irq_visit(struct x86_irq *irq, struct visit *v);
void x86_irq_loaded(struct x86_irq *irq);

// --- Why an interrupt does not arrive (x86_irq_why.c, x86_why_source.c) ---------------------------------------------
// Each reports, from the source to a CPU's pending word, what holds the interrupt back, or where it is; see base/why.h. The
// chips are settled, and nothing is changed. `vcpu` exists.

// A pin of the 8259A or of an IOAPIC.
void x86_irq_why_pin(const struct x86_irq *irq, uint32_t chip, uint32_t pin, struct why *why);
// Of a wire that leads to an 8259A and an IOAPIC: whether software seems to use this one. `chip` and `pin` are there.
bool x86_irq_uses_pin(const struct x86_irq *irq, uint32_t chip, uint32_t pin);
// A message of a device.
void x86_irq_why_message(const struct x86_irq *irq, uint64_t address, uint32_t data, struct why *why);
// A vector, 0 to 255, at a CPU.
void x86_irq_why_vector(const struct x86_irq *irq, uint32_t vcpu, unsigned vector, struct why *why);
// The NMI line, at each CPU.
void x86_irq_why_nmi(const struct x86_irq *irq, struct why *why);
// An entry of the local vector table, with its source.
void x86_irq_why_lvt(const struct x86_irq *irq, uint32_t vcpu, enum lapic_lvt entry, struct why *why);
// The one of these that `source` names, as in intact_x86_irq_why. -EINVAL and a text: it names none.
int x86_irq_why_source(const struct x86_irq *irq, const char *source, struct why *why, struct error *error);

// --- Between the files of x86_irq -----------------------------------------------------------------------------------

// Marks a CPU to be settled.
static inline void x86_irq_touch(struct x86_irq *irq, uint32_t cpu)
{
    irq->dirty[cpu / 64] |= BIT64(cpu % 64);
    irq->dirty_words |= BIT64(cpu / 64);
}
// With an IMCR that still selects PIC mode, the 8259A and NMI bypass the local APIC of CPU 0.
static inline bool x86_irq_pic_mode(const struct x86_irq *irq)
{
    return irq->config.imcr && !(irq->imcr & 1);
}
// Where interrupts wait, for causes in traces: at a pin of a chip; at a local APIC, by vector or by delivery mode.
static inline uint64_t x86_irq_pin_key(uint32_t chip, uint32_t pin)
{
    return trace_key(TRACE_AT_PIN, chip, pin);
}
static inline uint64_t x86_irq_cpu_key(uint32_t vcpu, unsigned delivery, unsigned vector)
{
    return trace_key(TRACE_AT_CPU, vcpu, x86_delivery_has_vector(delivery) ? vector : 0x100 + delivery);
}
static inline uint64_t x86_irq_lint_key(uint32_t vcpu, unsigned pin)
{
    return x86_irq_pin_key(X86_IRQ_LAPIC + vcpu, pin);
}
static inline uint64_t x86_irq_nmi_key(void)
{
    return x86_irq_pin_key(X86_IRQ_LAPIC - 1, 0);
}
// Where what `vcpu` takes first of the set `pending` waits.
uint64_t x86_irq_first_key(const struct x86_irq *irq, const struct x86_irq_cpu *cpu, uint32_t pending);
// Drives the pins that the 8259A's INT is wired to; only LINT0 of CPU 0; LINT1 of all CPUs, from the board's NMI line.
void x86_irq_drive_int(struct x86_irq *irq, bool level);
void x86_irq_drive_lint0(struct x86_irq *irq, bool level);
void x86_irq_drive_lint1(struct x86_irq *irq, bool level);
// Does the 8259A's INT reach this CPU without a LINT pin?
static inline bool x86_irq_extint_past_lint(const struct x86_irq *irq, const struct x86_irq_cpu *cpu)
{
    bool named = irq->extint_used && irq->extint[cpu->index / 64] >> (cpu->index % 64) & 1;
    if (named && lapic_enabled(&cpu->lapic) && lapic_software_enabled(&cpu->lapic))
        return true;
    return irq->pic_int && cpu->index == X86_IRQ_BSP && x86_irq_pic_mode(irq);
}
// Sends the IPI that the ICR of `cpu` asks for.
void x86_irq_send(struct x86_irq *irq, struct x86_irq_cpu *cpu, const struct lapic_effect *effect);

// --- x86_irq_trace.c: only if trace_heard ---------------------------------------------------------------------------

// The counters of the 8259As, or of an IOAPIC.
struct trace_counters x86_irq_counters(const struct x86_irq *irq, uint32_t chip);
// Reports the mistakes and the error interrupt of a local APIC since the copy `before`; and after an access of `value`,
// which let the timer fire `fired` times, what else it did by itself.
void x86_irq_report_lapic(struct x86_irq *irq, const struct x86_irq_cpu *cpu, const struct lapic *before,
                          uint64_t value);
void x86_irq_report_access(struct x86_irq *irq, const struct x86_irq_cpu *cpu, const struct lapic *before,
                           unsigned fired, uint64_t value, uint64_t now);
// The timer raised the interrupt of its entry `lvt`; it was due at `due`.
void x86_irq_report_timer(struct x86_irq *irq, const struct x86_irq_cpu *cpu, uint32_t lvt, uint64_t due);
// An event of the CPU itself was accepted.
void x86_irq_report_raise(struct x86_irq *irq, const struct x86_irq_cpu *cpu, uint32_t lvt);
// Drives a LINT pin: a device does; or INT of the 8259A, whose interrupt waits at `line`.
void x86_irq_lint_heard(struct x86_irq *irq, struct x86_irq_cpu *cpu, unsigned pin, bool level);
void x86_irq_int_heard(struct x86_irq *irq, struct x86_irq_cpu *cpu, bool level, uint64_t line);
// Begins the part of the path of the NMI line, which trace_end ends.
void x86_irq_nmi_heard(struct x86_irq *irq, bool level);

#endif
