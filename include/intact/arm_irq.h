// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The interrupt controllers of an Arm board for CPUs of your own: GICv2 with GICv2m, or GICv3 with redistributors,
// LPIs and an ITS, and the connections between them.
//
//     struct intact_arm_irq_config config;
//     intact_arm_irq_config_init(&config);
//     config.pending = my_pending;                            // called when the pending set of a CPU changes
//     struct intact_arm_irq *irq;
//     char why[INTACT_ERROR_SIZE];
//     if (intact_arm_irq_create(&config, &irq, why) < 0)
//         die(why);
//     intact_arm_irq_set_pin(irq, INTACT_ARM_GICD, 1, true);  // a device: SPI 1, which is INTID 33
//     ...
//     if (my_cpu_may_take_interrupts && intact_arm_irq_pending(irq, 0) & INTACT_ARM_IRQ)
//         take_the_irq_exception();                           // the handler reads ICC_IAR1_EL1, or GICC_IAR
//     intact_arm_irq_destroy(irq);
//
// The program calls a function for each action of its CPUs: loads and stores to device memory, MRS and MSR of the ICC
// registers; and of its devices: levels of SPIs and PPIs (also of timers), MSIs. An acknowledge is a load or an MRS
// like any other, and an EOI a store or an MSR: there is no function for either.
//
// Specifications: Arm IHI 0069 (GICv3, with extended ranges of INTIDs), IHI 0048B (GICv2), SBSA (GICv2m).
//
// Time is virtual: nanoseconds that the program advances. Nothing reads the host's clock, there are no threads, and
// the same calls give the same interrupts.
//
// Threads. One at a time in each object; callbacks come on the calling thread. Several objects are independent.
#ifndef INTACT_ARM_IRQ_H
#define INTACT_ARM_IRQ_H

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

struct intact_arm_irq;

#define INTACT_ARM_CPUS_MAX   512u // GICv3
#define INTACT_ARM_CPUS_MAX_2 8u   // GICv2
#define INTACT_ARM_NEVER      UINT64_MAX

// What is pending for a CPU: levels, which fall when the handler acknowledges the interrupt, or with their source.
enum intact_arm_pending {
    INTACT_ARM_NMI = 1 << 1, // with one of the others: it has superpriority, and PSTATE.I and F do not mask it
    INTACT_ARM_IRQ = 1 << 5,
    INTACT_ARM_FIQ = 1 << 6
};

// Chip numbers.
enum intact_arm_chip {
    INTACT_ARM_GICD = 0 // pins 0 to 987 are SPIs, INTID 32 and up; pins 1024 to 2047 extended SPIs, INTID 4096 and up
};

// How an access ended.
enum intact_arm_access {
    INTACT_ARM_NOT_MINE, // no chip answers: try your own memory or registers
    INTACT_ARM_DONE,
    INTACT_ARM_FAULT // the instruction is UNDEFINED (with two Security states: or traps to EL3)
};

// A system register as MRS and MSR name it: op0 2 to 3, op1 0 to 7, CRn and CRm 0 to 15, op2 0 to 7.
#define INTACT_ARM_REGISTER(op0, op1, crn, crm, op2) ((op0) << 14 | (op1) << 11 | (crn) << 7 | (crm) << 3 | (op2))

struct intact_arm_irq_config {
    size_t size;      // of this structure, set by intact_arm_irq_config_init
    unsigned version; // 2 or 3
    uint32_t cpus;    // 1 to INTACT_ARM_CPUS_MAX, or INTACT_ARM_CPUS_MAX_2
    // The affinity of each CPU as in MPIDR_EL1 (39:32, 23:0), all different; NULL: 16 to a cluster, CPU n is Aff1 =
    // n / 16, Aff0 = n % 16. Read during create only; not used by GICv2.
    const uint64_t *affinities;
    unsigned spis;           // 0 to 988, rounded up to fill 32
    unsigned extended_spis;  // 0 to 1024; GICv3
    unsigned extended_ppis;  // 0, 32 or 64, INTIDs from 1056; GICv3
    bool security;           // two Security states; else one (GICD_CTLR.DS reads as 1)
    bool nmi;                // non-maskable interrupts (FEAT_GICv3_NMI); GICv3
    unsigned lpi_bits;       // INTID bits of LPIs, 14 to 24; 0: there are none. GICv3
    bool its;                // an ITS; needs lpi_bits
    bool its_stalls;         // a command in error stalls its queue until GITS_CWRITER.Retry; else it is ignored
    uint64_t its_command_ns; // the time that each of its commands takes, at most 1000000000; 0: none
    // A GICv2m frame over INTIDs first to first + count - 1, which are SPIs; count 0: none.
    unsigned v2m_first, v2m_count;
    // Physical addresses of the windows that this version has; multiples of 64 KiB, with GICv2 of 4 KiB. The
    // redistributors take up 128 KiB for each CPU, one after the other; the ITS 128 KiB.
    uint64_t gicd, gicr, gicc, v2m, its_base;
    // Guest memory, for the tables of LPIs and ITS and its command queue: `size` bytes at a physical address. False:
    // not all of it is RAM, and nothing was copied. Needed with lpi_bits. They must not call back into this object.
    bool (*read_memory)(void *owner, uint64_t address, void *data, size_t size);
    bool (*write_memory)(void *owner, uint64_t address, const void *data, size_t size);
    // `pending` is the new set of enum intact_arm_pending of a CPU. Called for changes only, before the function that
    // made the change returns. It must not call back into this object. May be NULL: use intact_arm_irq_pending.
    void (*pending)(void *owner, uint32_t cpu, uint32_t pending);
    // The interrupt of a pin was deactivated: a level source that stands for counted events sets its level again if any
    // are left. It may call intact_arm_irq_set_pin. May be NULL.
    void (*ended)(void *owner, uint32_t chip, uint32_t pin);
    void *owner; // the first argument of the callbacks
};

// The defaults: GICv3, one CPU, 224 SPIs, one Security state, no LPIs; the windows at the addresses of QEMU's `virt`:
// GICD 08000000h, GICC 08010000h, v2m 08020000h, ITS 08080000h, GICR 080A0000h.
void intact_arm_irq_config_defaults(struct intact_arm_irq_config *config, size_t size);
static inline void intact_arm_irq_config_init(struct intact_arm_irq_config *config)
{
    intact_arm_irq_config_defaults(config, sizeof *config);
}

// Makes the chips in power-on state. 0 and `*irq`, or -EINVAL (a value out of range) or -ENOMEM and NULL there, with a
// line of text in `why` (<intact/error.h>). intact_arm_irq_destroy releases it; NULL is allowed there.
int intact_arm_irq_create(const struct intact_arm_irq_config *config, struct intact_arm_irq **irq, char *why);
void intact_arm_irq_destroy(struct intact_arm_irq *irq);

// Reset of all chips. The levels at the pins stay, and so does the time.
void intact_arm_irq_reset(struct intact_arm_irq *irq);

// --- Devices --------------------------------------------------------------------------------------------------------

// Drives an SPI to an electrical level: level-sensitive ones are active high, edge-triggered ones use the rising edge.
// A pin that does not exist is ignored.
void intact_arm_irq_set_pin(struct intact_arm_irq *irq, uint32_t chip, uint32_t pin, bool level);
// An edge happened at a source that has no level: the SPI is pending until it is acknowledged, whether it is configured
// as edge-triggered or as level-sensitive. Two before the acknowledge are one. A pin that does not exist is ignored.
void intact_arm_irq_trigger(struct intact_arm_irq *irq, uint32_t chip, uint32_t pin);
// Connects a device's line to a pin, which takes the line's present level at once: from now on intact_irq_line_set drives
// it, and intact_irq_line_trigger is an edge of it. One line to a pin: to let several devices share it (wired OR), connect
// them by a manager (<intact/interrupt.h>). The line must not be used when the object is gone. 0; -EINVAL: there is no
// such pin; -EEXIST: another line is connected to it; -EBUSY: this one is connected already; -ENOMEM. On errors the line
// stays as it was. Its name at this moment is that of its events.
int intact_arm_irq_connect(struct intact_arm_irq *irq, uint32_t chip, uint32_t pin, struct intact_irq_line *line);
// A PPI of `cpu`: `intid` 16 to 31, or 1056 and up with extended PPIs. Others are ignored. The generic timer's are 27
// (virtual), 30 (physical), 29 (secure), 26 (hypervisor).
void intact_arm_irq_set_ppi(struct intact_arm_irq *irq, uint32_t cpu, uint32_t intid, bool level);
// A device's write of `data` to a message register: GICD_SETSPI_NSR and the like, MSI_SETSPI_NS of the v2m frame, or
// GITS_TRANSLATER, where `device` is the DeviceID. `secure`: the write is Secure. This matters with two Security
// states, where a Non-secure write reaches a Secure SPI only by GICD_NSACR, and GICD_SETSPI_SR not at all. False: there
// is no such register at `address`, or the message had no receiver.
bool intact_arm_irq_msi(struct intact_arm_irq *irq, uint64_t address, uint32_t data, uint32_t device, bool secure);

// --- CPUs -----------------------------------------------------------------------------------------------------------
// `cpu` is below config.cpus everywhere: another is an assertion, and so is a `size` that is not 1, 2, 4 or 8.

// The set of enum intact_arm_pending of `cpu` now.
uint32_t intact_arm_irq_pending(const struct intact_arm_irq *irq, uint32_t cpu);
// With two Security states: the one that `cpu` executes in, which is that of its accesses. Non-secure at first.
void intact_arm_irq_set_secure(struct intact_arm_irq *irq, uint32_t cpu, bool secure);
// With non-maskable interrupts: SCTLR_ELx.NMI of the Exception level that `cpu` executes in. Clear at first.
void intact_arm_irq_set_sctlr_nmi(struct intact_arm_irq *irq, uint32_t cpu, bool on);

// Physical memory: the windows of the chips, as `cpu` sees them (GICv2's are banked). `size` is 1, 2, 4 or 8, and
// `address` a multiple of it.
enum intact_arm_access intact_arm_irq_memory_read(struct intact_arm_irq *irq, uint32_t cpu, uint64_t address,
                                                  unsigned size, uint64_t *value);
enum intact_arm_access intact_arm_irq_memory_write(struct intact_arm_irq *irq, uint32_t cpu, uint64_t address,
                                                   unsigned size, uint64_t value);

// System registers, with GICv3: the ICC registers of `cpu`, by INTACT_ARM_REGISTER.
enum intact_arm_access intact_arm_irq_register_read(struct intact_arm_irq *irq, uint32_t cpu, uint64_t encoding,
                                                    uint64_t *value);
enum intact_arm_access intact_arm_irq_register_write(struct intact_arm_irq *irq, uint32_t cpu, uint64_t encoding,
                                                     uint64_t value);

// --- Time -----------------------------------------------------------------------------------------------------------

// When something will happen by itself, ns: an ITS command ends, or the ITS goes on with a long queue (also where
// its commands take no time). INTACT_ARM_NEVER: nothing will.
uint64_t intact_arm_irq_deadline(const struct intact_arm_irq *irq);
// It is `now` ns since the start, not less than at the last call. What was due happens, in the order it was due.
void intact_arm_irq_advance(struct intact_arm_irq *irq, uint64_t now);

// --- State ----------------------------------------------------------------------------------------------------------

// Saves all state of the chips, the levels at their pins and the time into `data`, which has `size` bytes. Returns the
// number of bytes needed; if it is more than `size`, the contents of `data` are undefined. `data` may be NULL with
// `size` 0. 0: the host has no memory left. The program itself saves guest memory, which holds the tables of LPIs and
// ITS.
size_t intact_arm_irq_save(struct intact_arm_irq *irq, void *data, size_t size);
// Loads what intact_arm_irq_save wrote, from an object with the same configuration, of this version of the library and
// on a host of the same byte order. `pending` is called for every CPU, whether or not it changed. 0; -EINVAL: it is not
// such a state, or was cut or changed by accident (its check value is another); `why` (<intact/error.h>) says what differs,
// and nothing was loaded. -EIO: its check value is right, but a value in it cannot be; the object can only be reset, loaded
// again or destroyed. -ENOMEM: nothing was loaded.
int intact_arm_irq_load(struct intact_arm_irq *irq, const void *data, size_t size, char *why);

// --- What happened --------------------------------------------------------------------------------------------------

// Adds an observer of the stations that an interrupt passes here, see <intact/trace.h>: PIN, MESSAGE, ACCEPT, PENDING,
// ACK, EOI, IPI, MASK, SET, MISTAKE, DROP. A manager that shares the trace adds TRIGGER, LINE, ROUTE and RESAMPLE. 0; -EINVAL: it was not prepared by intact_trace_observer_init; -EBUSY: it has been
// added already. intact_trace_observer_remove removes it, and so does intact_arm_irq_destroy.
int intact_arm_irq_trace(struct intact_arm_irq *irq, struct intact_trace_observer *observer);
// The trace itself, for a manager of groups whose output leads to these chips (<intact/interrupt.h>).
struct intact_trace *intact_arm_irq_get_trace(struct intact_arm_irq *irq);
// Why does an interrupt not arrive? Calls `found` for each gate that holds it back, and each place where it is, from
// `source` to a CPU, at least once (<intact/why.h>). `source` is one of
//     "intid:27@2"                          SGI or PPI 27 of CPU 2
//     "intid:33"                            SPI 33 at the CPU or CPUs that it goes to; "intid:33@2": at CPU 2
//     "lpi:8192"                            LPI 8192 at every CPU where it is pending; "lpi:8192@2": at CPU 2
//     "pin:gicd.1"                          an SPI by its pin
//     "uart0.irq"                           the line that is connected with this name
//     "msi:0x8020040,80", "msi:0x8090040,3,5"    a device's Non-secure write, by address and data; of DeviceID 5
//     "event:5,3"                           EventID 3 of DeviceID 5 at the ITS
// If no gate is found, IRQ or FIQ is signalled for it. The CPU's own conditions, such as PSTATE.I, are not known here.
// Nothing is changed, and `found` must change nothing; tables of LPIs and ITS are read by `read_memory` and not cached.
// 0; -EINVAL: `source` is none of these, `why` (<intact/error.h>) says what is wrong, and `found` was not called.
int intact_arm_irq_why(const struct intact_arm_irq *irq, const char *source, intact_why_found *found, void *owner,
                       char *why);
// Tells every register of the distributor, the message frame and the ITS, and of the redistributor and the CPU interface of `cpu`, or of
// all CPUs with INTACT_NO_CPU, as Secure software reads them (<intact/chips.h>). Nothing is changed, and `told` must change nothing.
// -EINVAL: there is no such CPU.
int intact_arm_irq_registers(const struct intact_arm_irq *irq, uint32_t cpu, intact_chip_register_told *told,
                             void *owner);
// Calls `mistake` for every counter of guest mistakes, also those that are 0, in a fixed order: the chip ("gicd",
// "gicv2m", "its", "gicr", "icc", "gicc"), its CPU, or INTACT_NO_CPU, the mistake ("register", "eoi"), and how often it
// was made since create. A reset does not change the counters.
void intact_arm_irq_mistakes(const struct intact_arm_irq *irq,
                             void (*mistake)(void *owner, const char *chip, uint32_t cpu, const char *mistake,
                                             uint64_t count),
                             void *owner);

#ifdef __cplusplus
}
#endif
#pragma GCC visibility pop
#endif
