// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The interrupt controllers of a PC for CPUs of your own: 8259A pair, IOAPICs, local APICs, and the connections between
// them.
//
//     struct intact_x86_irq_config config;
//     intact_x86_irq_config_init(&config);
//     config.pending = my_pending;                            // called when the pending set of a CPU changes
//     struct intact_x86_irq *irq;
//     char why[INTACT_ERROR_SIZE];
//     if (intact_x86_irq_create(&config, &irq, why) < 0)
//         die(why);
//     intact_x86_irq_set_pin(irq, INTACT_X86_PIC, 4, true);   // a device
//     ...
//     if (my_cpu_may_take_interrupts && intact_x86_irq_pending(irq, 0) & INTACT_X86_INTR)
//         deliver(intact_x86_irq_acknowledge(irq, 0, INTACT_X86_INTR));
//     intact_x86_irq_destroy(irq);
//
// The program calls a function for each action of its CPUs: port accesses, loads and stores to device memory, RDMSR and
// WRMSR of the MSRs of the local APIC, MOV CR8; and of its devices: levels at pins, MSIs. An EOI is a store like any
// other.
//
// Specifications: Intel 8259A data sheet; Intel 82093AA (IOAPIC version 11h) and ICH9 (20h); Intel SDM vol. 3A, chapter
// "Advanced Programmable Interrupt Controller (APIC)"; MP specification 1.4 (IMCR).
//
// Time is virtual: nanoseconds that the program advances. Nothing reads the host's clock, there are no threads, and
// the same calls give the same interrupts.
//
// Threads. One at a time in each object; callbacks come on the calling thread. Several objects are independent.
#ifndef INTACT_X86_IRQ_H
#define INTACT_X86_IRQ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <intact/chips.h>
#include <intact/error.h>
#include <intact/irq_line.h>
#include <intact/trace.h>
#include <intact/why.h>

#pragma GCC visibility push(default)
#ifdef __cplusplus
extern "C" {
#endif

struct intact_x86_irq;

#define INTACT_X86_CPUS_MAX    1000u
#define INTACT_X86_IOAPICS_MAX 255u
#define INTACT_X86_NEVER       UINT64_MAX

// What is pending for a CPU. INTR follows its source and may fall again; the others stay until they are acknowledged.
enum intact_x86_pending {
    INTACT_X86_INTR = 1 << 0, // a vector is ready; the CPU takes it when its interrupt flag allows
    INTACT_X86_NMI = 1 << 1,
    INTACT_X86_SMI = 1 << 2,
    INTACT_X86_INIT = 1 << 3,
    INTACT_X86_SIPI = 1 << 4
};

// Chip numbers.
enum intact_x86_chip {
    INTACT_X86_PIC = 0,   // pins 0 to 15 are the ISA lines; 2 is the cascade
    INTACT_X86_IOAPIC = 1 // and up: the first IOAPIC, the second, ...
};

// How an access ended.
enum intact_x86_access {
    INTACT_X86_NOT_MINE, // no chip answers: try your own memory, ports or MSRs
    INTACT_X86_DONE,
    INTACT_X86_FAULT // raise #GP(0)
};

// In place of an MSR number: CR8.
#define INTACT_X86_CR8 UINT64_C(0x100000000)

struct intact_x86_ioapic {
    uint64_t address; // of its window of 4 KiB, a multiple of 4 KiB below 2^address_bits; no two are equal
    unsigned pins;    // 1 to 240
    unsigned version; // 0x11, or 0x20 with an EOI register
    unsigned id;      // 0 to 15
};

struct intact_x86_irq_config {
    size_t size;              // of this structure, set by intact_x86_irq_config_init
    uint32_t cpus;            // 1 to INTACT_X86_CPUS_MAX; CPU 0 is the bootstrap processor
    const uint32_t *apic_ids; // initial APIC id of each CPU, all different, below 65536; NULL: 0, 1, 2, ...
    unsigned address_bits;    // physical address width that IA32_APIC_BASE is checked against, 32 to 52
    bool x2apic;              // the CPUs have x2APIC mode; else EXTD is a reserved bit, and MSRs 800h to 8FFh fault
    bool tsc_deadline;        // they have TSC-deadline mode; else MSR 6E0h faults, and bit 18 of LVT_TIMER is reserved
    uint64_t timer_hz;        // ticks of the local APIC's timer in a second, before its divider, 1 to 10000000000
    bool pic;                 // there is a pair of 8259As, its INT wired to LINT0 of CPU 0
    bool imcr;                // there is an IMCR (ports 22h, 23h): after reset INT bypasses the local APIC
    uint32_t ioapic_count;    // 0 to INTACT_X86_IOAPICS_MAX
    size_t ioapic_size;       // of an element, set by intact_x86_irq_config_init
    // ioapic_count of them; read during create only. It points to one element at first: a program that sets ioapic_count to
    // more must set this too, else create returns -EINVAL.
    const struct intact_x86_ioapic *ioapics;
    int pic_pin;               // pin of the first IOAPIC that the 8259A's INT is wired to as well; -1, or no pic: none
    bool extended_destination; // MSIs and redirection entries have 15-bit destinations
    // `pending` is the new set of enum intact_x86_pending of a CPU. Called for changes only, before the function that
    // made the change returns. It must not call back into this object. May be NULL: use intact_x86_irq_pending.
    void (*pending)(void *owner, uint32_t cpu, uint32_t pending);
    // The interrupt of a pin was ended by an EOI: a level source that stands for counted events sets its level again if
    // any are left. It may call intact_x86_irq_set_pin. May be NULL.
    void (*ended)(void *owner, uint32_t chip, uint32_t pin);
    void *owner; // the first argument of the callbacks
};

// The defaults: one CPU with x2APIC and TSC-deadline mode, 40 address bits, a timer of 1 GHz, 8259A pair, one IOAPIC
// with 24 pins, version 20h, at FEC00000h, whose pin 0 has the 8259A's INT too; no IMCR. (_defaults is for _init, which
// tells it how much of the structure the program's header has.)
void intact_x86_irq_config_defaults(struct intact_x86_irq_config *config, size_t size);
static inline void intact_x86_irq_config_init(struct intact_x86_irq_config *config)
{
    intact_x86_irq_config_defaults(config, sizeof *config);
    config->ioapic_size = sizeof(struct intact_x86_ioapic);
}

// Makes the chips in power-on state. 0 and `*irq`, or -EINVAL (a value out of range) or -ENOMEM and NULL there, with a
// line of text in `why` (<intact/error.h>). intact_x86_irq_destroy releases it; NULL is allowed there.
int intact_x86_irq_create(const struct intact_x86_irq_config *config, struct intact_x86_irq **irq, char *why);
void intact_x86_irq_destroy(struct intact_x86_irq *irq);

// RESET# of all chips. The levels at the pins stay, and so does the time.
void intact_x86_irq_reset(struct intact_x86_irq *irq);
// What PC firmware does for an operating system: the local APIC of CPU 0 in virtual wire mode (LINT0 ExtINT, LINT1
// NMI).
void intact_x86_irq_virtual_wire(struct intact_x86_irq *irq);

// --- Devices --------------------------------------------------------------------------------------------------------

// Drives a pin to an electrical level: one that is programmed active low is high when idle. A pin that does not exist
// is ignored.
void intact_x86_irq_set_pin(struct intact_x86_irq *irq, uint32_t chip, uint32_t pin, bool level);
// One interrupt of a source that has no level, also on a pin that is programmed level-sensitive: it is held until it is
// accepted (8259A: acknowledged). Two before that are one. It is lost at a masked edge entry of an IOAPIC, and ignored
// at a pin that does not exist.
void intact_x86_irq_trigger(struct intact_x86_irq *irq, uint32_t chip, uint32_t pin);
// Connects a device's line to a pin, which takes the line's present level at once: from now on intact_irq_line_set drives
// it, and intact_irq_line_trigger is an edge of it. One line to a pin: to let several devices share it (wired OR), connect
// them by a manager (<intact/interrupt.h>). The line must not be used when the object is gone. 0; -EINVAL: there is no
// such pin; -EEXIST: another line is connected to it; -EBUSY: this one is connected already; -ENOMEM. On errors the line
// stays as it was. Its name at this moment is that of its events.
int intact_x86_irq_connect(struct intact_x86_irq *irq, uint32_t chip, uint32_t pin, struct intact_irq_line *line);
// The board's NMI line: LINT1 of all CPUs.
void intact_x86_irq_set_nmi(struct intact_x86_irq *irq, bool level);
// A device's write of `data` to FEExxxxxh. False: it is malformed, or no CPU accepted it.
bool intact_x86_irq_msi(struct intact_x86_irq *irq, uint64_t address, uint32_t data);

// --- CPUs -----------------------------------------------------------------------------------------------------------
// `cpu` is below config.cpus everywhere: another is an assertion, and so is a `size` that is not 1, 2, 4 or 8.

// The set of enum intact_x86_pending of `cpu` now.
uint32_t intact_x86_irq_pending(const struct intact_x86_irq *irq, uint32_t cpu);
// `cpu` takes `which`, one bit. INTR: returns the vector, 0 to 255, which may be the spurious one; 8259As get INTA
// cycles. SIPI: returns the page to start at. NMI, SMI: 0. INIT: 0, and its local APIC was reset; a CPU whose
// IA32_APIC_BASE has no BSP bit then waits for a SIPI. -1: `which` is no longer pending.
int intact_x86_irq_acknowledge(struct intact_x86_irq *irq, uint32_t cpu, uint32_t which);

// Ports 20h, 21h, A0h, A1h, 4D0h, 4D1h, and 22h, 23h with an IMCR; one byte each.
enum intact_x86_access intact_x86_irq_port_read(struct intact_x86_irq *irq, uint16_t port, uint8_t *value);
enum intact_x86_access intact_x86_irq_port_write(struct intact_x86_irq *irq, uint16_t port, uint8_t value);

// Physical memory: the local APIC of `cpu` at the address in its IA32_APIC_BASE, which has precedence over anything
// else there, and the windows of the IOAPICs. `size` is 1, 2, 4 or 8; the access must not cross a page.
enum intact_x86_access intact_x86_irq_memory_read(struct intact_x86_irq *irq, uint32_t cpu, uint64_t address,
                                                  unsigned size, uint64_t *value);
enum intact_x86_access intact_x86_irq_memory_write(struct intact_x86_irq *irq, uint32_t cpu, uint64_t address,
                                                   unsigned size, uint64_t value);

// MSRs 1Bh (IA32_APIC_BASE), 6E0h (IA32_TSC_DEADLINE), 800h to 8FFh (x2APIC), and INTACT_X86_CR8, where a value above 15
// is a FAULT. IA32_TSC_DEADLINE is in nanoseconds here: the program knows the rate of the TSC and converts, but no deadline
// to 0, which disarms the timer. CPUID.1:EDX.APIC follows bit 11 of IA32_APIC_BASE. `*value` is valid after DONE alone.
enum intact_x86_access intact_x86_irq_msr_read(struct intact_x86_irq *irq, uint32_t cpu, uint64_t msr, uint64_t *value);
enum intact_x86_access intact_x86_irq_msr_write(struct intact_x86_irq *irq, uint32_t cpu, uint64_t msr, uint64_t value);

// --- Time -----------------------------------------------------------------------------------------------------------

// When something will happen by itself, ns; INTACT_X86_NEVER: nothing will.
uint64_t intact_x86_irq_deadline(const struct intact_x86_irq *irq);
// It is `now` ns since the start, not less than at the last call. What was due happens, in the order it was due.
void intact_x86_irq_advance(struct intact_x86_irq *irq, uint64_t now);

// --- State ----------------------------------------------------------------------------------------------------------

// Saves all state of the chips, the levels at their pins and the time into `data`, which has `size` bytes. Returns the
// number of bytes needed; if it is more than `size`, the contents of `data` are undefined. `data` may be NULL with
// `size` 0. 0: the host has no memory left.
size_t intact_x86_irq_save(struct intact_x86_irq *irq, void *data, size_t size);
// Loads what intact_x86_irq_save wrote, from an object with the same configuration, of this version of the library and
// on a host of the same byte order. `pending` is called for every CPU, whether or not it changed. 0; -EINVAL: it is not
// such a state, or was cut or changed by accident (its check value is another); `why` (<intact/error.h>) says what differs,
// and nothing was loaded. -EIO: its check value is right, but a value in it cannot be; the object can only be reset, loaded
// again or destroyed. -ENOMEM: nothing was loaded.
int intact_x86_irq_load(struct intact_x86_irq *irq, const void *data, size_t size, char *why);

// --- What happened --------------------------------------------------------------------------------------------------

// Adds an observer of the stations that an interrupt passes here, see <intact/trace.h>: PIN, MESSAGE, ACCEPT, PENDING,
// TAKE (without a program counter), EOI, IPI, TIMER, MASK, MISTAKE, DROP, and LINE for the NMI line. A manager that shares
// the trace adds TRIGGER, LINE, ROUTE and RESAMPLE. 0; -EINVAL: it was not prepared by
// intact_trace_observer_init; -EBUSY: it has been added already. intact_trace_observer_remove removes it, and so
// does intact_x86_irq_destroy.
int intact_x86_irq_trace(struct intact_x86_irq *irq, struct intact_trace_observer *observer);
// The trace itself, for a manager of groups whose output leads to these chips (<intact/interrupt.h>).
struct intact_trace *intact_x86_irq_get_trace(struct intact_x86_irq *irq);
// Why does an interrupt not arrive? Calls `found` for each gate that holds it back, and each place where it is, from
// `source` to a CPU, at least once (<intact/why.h>). `source` is one of
//     "uart0.irq"                     the line that is connected with this name
//     "pin:pic.4", "pin:ioapic0.2"    a pin
//     "msi:0xfee00000,0x31"           a message, by address and data
//     "vector:0x31@0"                 a vector at CPU 0
//     "nmi"                           the NMI line
//     "lint0@0", "lint1@0", "timer@0", "error@0", "thermal@0", "pmc@0", "cmci@0"    an entry of CPU 0's local vector table
// The CPU's own conditions, such as its interrupt flag, are not known here. Nothing is changed, and `found` must change
// nothing. 0; -EINVAL: `source` is none of these, `why` (<intact/error.h>) says what is wrong, and `found` was not called.
int intact_x86_irq_why(const struct intact_x86_irq *irq, const char *source, intact_why_found *found, void *owner,
                       char *why);
// Tells every register of the 8259As, the IOAPICs, and the local APIC of `cpu`, or of all CPUs with INTACT_NO_CPU (<intact/chips.h>).
// Nothing is changed, and `told` must change nothing. -EINVAL: there is no such CPU.
int intact_x86_irq_registers(const struct intact_x86_irq *irq, uint32_t cpu, intact_chip_register_told *told,
                             void *owner);
// Calls `mistake` for every counter of guest mistakes, also those that are 0, in a fixed order: the chip ("pic",
// "ioapic0" and up, "lapic"), its CPU, or INTACT_NO_CPU, the mistake ("register", "eoi"), and how often it was made
// since create. The strings are valid during the call. A reset does not change the counters.
void intact_x86_irq_mistakes(const struct intact_x86_irq *irq,
                             void (*mistake)(void *owner, const char *chip, uint32_t cpu, const char *mistake,
                                             uint64_t count),
                             void *owner);

#ifdef __cplusplus
}
#endif
#pragma GCC visibility pop
#endif
