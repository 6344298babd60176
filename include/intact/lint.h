// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Lint: what a guest does wrong with its interrupts and devices, each kind once, with how often and where first.
//
//     static void on_finding(void *owner, const struct intact_lint_finding *finding)
//     {
//         char text[INTACT_LINT_TEXT];
//         intact_lint_text(finding, text, sizeof text);
//         printf("%s (%s)\n", text, intact_lint_section(finding->id));
//     }
//     ...
//     struct intact_lint *lint;
//     if (intact_lint_create(NULL, &lint) < 0)
//         die("no memory");
//     intact_x86_irq_trace(irq, intact_lint_observer(lint)); // or intact_arm_irq_trace
//     ...
//     intact_lint_each(lint, on_finding, NULL);
//     intact_lint_destroy(lint);
//
// A whole machine has intact_machine_lint (<intact/debug.h>), which knows program counters too. A lint is an observer: it
// changes nothing that the guest sees. On the thread of the machine, or of the chips.
//
// A finding is what chips and devices count as a mistake (MISTAKE of <intact/trace.h>); what follows from the events: an end of
// interrupt that does not come, a level that nobody lowers, a message that nobody takes; and on a whole machine what its chips,
// devices and lines show together: a vector without a handler, a pin with another trigger mode than its line, a redistributor
// that sleeps, a timer armed for the past.
//
// Not modelled: what a processor answers with an exception or an error code of its own, as an MSR that is not there, since the
// guest learns of that; an IOAPIC entry whose destination, or an INTID whose priority or target, is written after it was
// enabled, since systems move interrupts in this way; a handler that takes INTID 1023 for an interrupt, and an EOI of it, which
// a GIC ignores; ICWs of an 8259A that are in the wrong order; the trigger mode of virtio-mmio on the PC, which a guest may
// have been told as either, and of the HPET, which has both; TSC deadlines and timers of Arm that are armed for the past, as
// they fire at once; an NMI handler without IRET that has a stack of its own (IST), or leaves its frame on the stack; commands
// of other flash chips, and BARs that are in each other's place while they are moved, since firmware does both on purpose. That
// an LPI's configuration was changed without INV is noticed when the LPI comes again, and where no processor goes on. Chips
// alone have no count of instructions, so that a missing end of interrupt is not noticed there, and nothing of what only a
// whole machine shows. Where a controller is reset while it serves an interrupt, that one's end may be called missing.
#ifndef INTACT_LINT_H
#define INTACT_LINT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <intact/trace.h>

#pragma GCC visibility push(default)
#ifdef __cplusplus
extern "C" {
#endif

// Every finding: its id, its sentence, and where the manuals say so. {name} is the chip, the device or the source; {0} is what
// the event has (`value` of a finding), in the notation of <intact/why.h>.
//
// The chips of a PC. The manuals: Intel 8259A data sheet, 82093AA (IOAPIC), SDM volume 3A.
// clang-format off: one row a finding.
#define INTACT_LINT_X86(R)                                                                                             \
    R(PIC_EOI, "EOI with nothing in service at {name}", "8259A, End of Interrupt (EOI)")                               \
    R(PIC_SPURIOUS, "spurious interrupt: {name} had no request any more when it was acknowledged, and gave IR7",       \
      "8259A, Interrupt Sequence")                                                                                     \
    R(PIC_NO_SLAVE, "acknowledge that no chip answers: ICW3 of {name} names a slave that is not there",                \
      "8259A, Initialization Command Word 3 (ICW3)")                                                                   \
    R(PIC_CALL, "acknowledge of {name} in 8080 mode: ICW4 bit 0 is 0", "8259A, Initialization Command Word 4 (ICW4)")  \
    R(PIC_ELCR, "ELCR written with a level for an IRQ of {name} that is always an edge", "82371AB 8.6.5")              \
    R(IOAPIC_OFFSET, "access to an address of {name} where no register is", "82093AA 3.1")                             \
    R(IOAPIC_WIDTH, "access to {name} that is not of one aligned doubleword", "82093AA 3.1")                           \
    R(IOAPIC_INDEX, "IOREGSEL of {name} names no register", "82093AA 3.2")                                             \
    R(IOAPIC_READONLY, "write to a read-only register of {name}", "82093AA 3.2")                                       \
    R(IOAPIC_DELIVERY, "entry of {name} unmasked with a reserved delivery mode: it never sends", "82093AA 3.2.4")      \
    R(IOAPIC_EOI, "EOI at {name} for vector {0:h2}, which no level-triggered entry in service has", "82093AA 3.2.4")   \
    R(LAPIC_REGISTER, "access to an address of {name} where no register is",                                           \
      "SDM 3A, Local APIC Register Address Map")                                                                       \
    R(LAPIC_READONLY, "write to a read-only register of {name}, or read of a write-only one",                          \
      "SDM 3A, Local APIC Register Address Map")                                                                       \
    R(LAPIC_WIDTH, "access to {name} that is not of one aligned doubleword",                                           \
      "SDM 3A, Local APIC Register Address Map")                                                                       \
    R(LAPIC_RESERVED, "reserved bits set in a register of {name}", "SDM 3A, Local APIC Register Address Map")          \
    R(LAPIC_VECTOR, "vector below 16 at {name}: it is never delivered", "SDM 3A, Valid Interrupt Vectors")             \
    R(LAPIC_ICR, "interprocessor interrupt of {name} with an invalid combination in ICR",                              \
      "SDM 3A, Interrupt Command Register (ICR)")                                                                      \
    R(LAPIC_EOI, "EOI with nothing in service at {name}", "SDM 3A, Signaling Interrupt Servicing Completion")          \
    R(LAPIC_BASE, "invalid change of the mode of {name} in IA32_APIC_BASE", "SDM 3A, x2APIC State Transitions")        \
    R(LAPIC_MODE, "MSR of {name} in a mode that does not have it", "SDM 3A, x2APIC Register Address Space")            \
    R(PIC_EARLY, "IRQ of {name} unmasked before its first ICW1: it is not initialised",                                \
      "8259A, Initialization Command Words")                                                                           \
    R(IOAPIC_VECTOR, "entry of {name} unmasked with the vector of {0:u}, which is below 16: no local APIC accepts it", \
      "82093AA 3.2.4; SDM 3A, Valid Interrupt Vectors")                                                                \
    R(IOAPIC_UNREADY,                                                                                                  \
      "pin {0} of {name} unmasked before the local APIC that it names is enabled by software (SVR, bit 8)",            \
      "SDM 3A, Local APIC State After It Has Been Software Disabled")                                                  \
    R(X86_NO_GATE, "vector {0:h2} of {name} taken without a handler: the IDT has no present gate for it",              \
      "SDM 3A, IDT Descriptors")                                                                                       \
    R(X86_SPURIOUS_GATE, "spurious vector {0:h2} of {name} without a handler: the IDT has no present gate for it",     \
      "SDM 3A, Spurious Interrupt; 8259A, Interrupt Sequence")                                                         \
    R(X86_NMI_BLOCKED, "NMI of {name} is held back: the handler of the last one has left without IRET",                \
      "SDM 3A, Handling Multiple NMIs")                                                                                \
    R(X86_EXCEPTION_VECTOR,                                                                                            \
      "vector {0:h2} of {name} is that of an exception: the 8259A is not remapped, or an entry has a reserved vector", \
      "SDM 3A, Exception and Interrupt Vectors")

// The GIC. The manuals: IHI 0069 (GICv3), IHI 0048B (GICv2).
#define INTACT_LINT_ARM(R)                                                                                             \
    R(GIC_REGISTER, "access to an address of {name} where no register is",                                             \
      "IHI 0069 Programmers' Model; IHI 0048B 4.1")                                                                    \
    R(GIC_READONLY, "write to a read-only register of {name}", "IHI 0069 Programmers' Model; IHI 0048B 4.1")           \
    R(GIC_WRITEONLY, "read of a write-only register of {name}", "IHI 0069 Programmers' Model; IHI 0048B 4.1")          \
    R(GIC_WIDTH, "access to {name} of a size that the register does not have",                                         \
      "IHI 0069 GIC memory-mapped register access; IHI 0048B 4.1.4")                                                   \
    R(GIC_SECURE, "Non-secure access to a Secure register or interrupt of {name}", "IHI 0069 4.6; IHI 0048B 1.2")      \
    R(GIC_ARE, "GICD_CTLR of {name} written without ARE: there is no legacy operation", "IHI 0069 GICD_CTLR")          \
    R(GIC_INTID, "INTID at {name} that does not exist, or that the register does not accept", "IHI 0069 2.2")          \
    R(GIC_EOI, "EOI at {name} for INTID {0}, which is not the highest active one",                                     \
      "IHI 0069 ICC_EOIR1_EL1; IHI 0048B 4.4.5")                                                                       \
    R(GIC_DEACTIVATE, "deactivation at {name} of INTID {0}, which is not active, or without EOImode",                  \
      "IHI 0069 ICC_DIR_EL1; IHI 0048B 4.4.15")                                                                        \
    R(GIC_OTHER_GROUP, "acknowledge at {name} of a group while the highest interrupt is of the other one",             \
      "IHI 0069 ICC_IAR1_EL1; IHI 0048B 3.4.2")                                                                        \
    R(GIC_SGI, "SGI of {name} without a receiver", "IHI 0069 ICC_SGI1R_EL1; IHI 0048B 4.3.15")                         \
    R(GIC_TABLE, "table of {name} that is not in RAM, or is of no size that works", "IHI 0069 GITS_BASER<n>")          \
    R(GIC_ENABLED, "register of {name} written that must not change while it is in use",                               \
      "IHI 0069 Programmers' Model")                                                                                   \
    R(GIC_CONFIG, "trigger mode of an interrupt of {name} changed while it is enabled: {0:u} written to ICFGR",        \
      "IHI 0069 GICD_ICFGR<n>; IHI 0048B 4.3.13")                                                                      \
    R(GIC_GROUP_0, "INTID {0}, of {name}, raised and enabled in Group 0, while GICD_CTLR enables only Group 1",        \
      "IHI 0069 GICD_CTLR; IHI 0048B 4.3.1")                                                                           \
    R(GICR_ASLEEP, "{name} raised for CPU {0}, whose redistributor sleeps: GICR_WAKER.ProcessorSleep is 1",            \
      "IHI 0069 GICR_WAKER")                                                                                           \
    R(LPI_STALE, "configuration of LPI {0} of {name} changed without INV or INVALL: the old one is still used",        \
      "IHI 0069 INV; INVALL")                                                                                          \
    R(V2M_LEVEL, "message of {name} for INTID {0}, which is level-sensitive: a message is an edge",                    \
      "IHI 0048B 4.3.13; SBSA GICv2m")                                                                                 \
    R(ITS_NO_DEVICE, "command of {name} for a device that has no ITT, since no MAPD came before it (error {0:h6})",    \
      "IHI 0069 MAPD; MAPTI; MAPI")                                                                                    \
    R(ITS_NO_COLLECTION,                                                                                               \
      "command of {name} for a collection that has no CPU, since no MAPC came before it (error {0:h6})",               \
      "IHI 0069 MAPC")                                                                                                 \
    R(ITS_COMMAND, "command that {name} cannot execute, with error {0:h6}", "IHI 0069 ITS command error encodings")

// Devices of a machine. The manuals: VIRTIO 1.2, PCI Local Bus 3.0, IA-PC HPET, 82C54, and those of each chip.
#define INTACT_LINT_DEVICES(R)                                                                                         \
    R(VIRTIO_FEATURES_REFUSED, "features of {name} set that were not offered, or without VERSION_1", "VIRTIO 2.2.1")   \
    R(VIRTIO_FEATURES_LATE, "features of {name} written after FEATURES_OK", "VIRTIO 3.1.1")                            \
    R(VIRTIO_STATUS_CLEARED, "status bit of {name} cleared other than by a reset", "VIRTIO 2.1.1")                     \
    R(VIRTIO_STATUS_EARLY, "DRIVER_OK of {name} set before FEATURES_OK", "VIRTIO 3.1.1")                               \
    R(VIRTIO_NO_QUEUE, "queue of {name} used that is not there, or was not set up", "VIRTIO 2.6")                      \
    R(VIRTIO_QUEUE_BUSY, "queue of {name} changed while it was ready", "VIRTIO 4.1.4.3")                               \
    R(VIRTIO_NOTIFIED_EARLY, "queue of {name} notified before DRIVER_OK", "VIRTIO 3.1.1")                              \
    R(VIRTIO_ACCESS, "access to {name} where no register is, or of another size", "VIRTIO 4.1.3")                      \
    R(VIRTIO_REQUEST, "request that {name} cannot answer", "VIRTIO 5")                                                 \
    R(VIRTIO_NO_DEVICE, "access to {name}, which has no device, beyond its first registers", "VIRTIO 4.2.2")           \
    R(PCI_NO_MASTER, "DMA of {name} started with bus mastering off", "PCI 6.2.2")                                      \
    R(PCI_NO_MEMORY, "DMA of {name} to an address where no RAM is", "PCI 6.2.2")                                       \
    R(MSI_BOTH, "MSI and MSI-X of {name} enabled at once", "PCI 6.8")                                                  \
    R(MSI_UNREACHABLE, "vector of {name} with an address that takes no messages", "PCI 6.8.1.4; 6.8.2.6")              \
    R(MSIX_WIDTH, "access to the MSI-X table of {name} that is not of 4 or 8 aligned bytes", "PCI 6.8.2")              \
    R(MSIX_IN_USE, "message of a vector of {name} changed while it is enabled and not masked", "PCI 6.8.3.2")          \
    R(HPET_WIDTH, "access to {name} that is not of 4 or 8 aligned bytes", "IA-PC HPET 2.3.2")                          \
    R(HPET_ROUTE, "timer of {name} routed to an input that it cannot have", "IA-PC HPET 2.3.8")                        \
    R(HPET_COUNTER, "main counter of {name} written while it runs", "IA-PC HPET 2.3.7")                                \
    R(TIMER_PAST, "{name} armed for a time that has passed: it waits until its counter comes round again",             \
      "IA-PC HPET 2.3.9.2.1; DDI 0224 3.3")                                                                            \
    R(PIT_COUNT_ONE, "count of 1 in mode 2 or 3 of {name}: its output stays high", "82C54, Mode 2; Mode 3")            \
    R(PIT_NOT_BCD, "BCD count of {name} with a digit above 9", "82C54, Control Word Format")                           \
    R(I8042_COMMAND, "command that {name} does not have", "8042, Controller Commands")                                 \
    R(PL011_REGISTER, "access to {name} where no register is", "DDI 0183 3.2")                                         \
    R(PL011_DISABLED, "character written to {name} while its transmitter is off", "DDI 0183 3.3.8")                    \
    R(PL031_REGISTER, "access to {name} where no register is", "DDI 0224 3.2")                                         \
    R(PL061_REGISTER, "access to {name} where no register is", "DDI 0190 3.2")                                         \
    R(FLASH_SEQUENCE, "wrong second cycle of a command of {name}", "CFI, Intel command set")                           \
    R(FW_CFG_DMA, "DMA request of {name} that cannot be read, or done", "fw_cfg, Guest-side DMA Interface")            \
    R(SLEEP_TYPE, "sleep type of {name} that this machine does not have", "ACPI 4.8.3.2.1")                            \
    R(EDU_ACCESS, "access to {name} of a size that it does not take, or where no register is", "edu, MMIO area spec")  \
    R(EDU_BUSY, "register of {name} written while it works", "edu, MMIO area spec")                                    \
    R(EDU_RANGE, "DMA of {name} outside of its buffer", "edu, DMA controller")                                         \
    R(EDU_MASK, "DMA address of {name} that has more bits than the device", "edu, DMA controller")

// What follows from events.
#define INTACT_LINT_EVENTS(R)                                                                                          \
    R(EOI_MISSING, "no EOI for {name}, in service for {0:n} instructions",                                             \
      "SDM 3A, Handling Interrupts; IHI 0069 4.1")                                                                     \
    R(EOI_WRONG_CHIP, "EOI at {name}, while the interrupt in service is of another chip",                              \
      "8259A, End of Interrupt (EOI); SDM 3A, Signaling Interrupt Servicing Completion")                               \
    R(STORM, "{name} is taken again after each EOI, {0:n} times or more: its handler does not quiet the device",       \
      "8259A, Edge and Level Triggered Modes; 82093AA 3.2.4; IHI 0069 4.1")                                            \
    R(SHARED_LINE,                                                                                                     \
      "{name}: taken again after each EOI, {0:n} times or more, as the handler quiets only the other device of the "   \
      "line",                                                                                                          \
      "PCI 2.2.6")                                                                                                     \
    R(TRIGGER_EDGE, "{name} is a level, and its pin is programmed for edges: while it stays up nothing more comes",    \
      "PCI 2.2.6; 82093AA 3.2.4; 8259A, Edge and Level Triggered Modes")                                               \
    R(ARM_TRIGGER_EDGE,                                                                                                \
      "{name} is a level, and INTID {0} is configured as edge-triggered: while it stays up nothing more comes",        \
      "IHI 0069 GICD_ICFGR<n>; IHI 0048B 4.3.13")                                                                      \
    R(TRIGGER_LEVEL, "{name} is an edge of the ISA bus, and its pin is programmed as a level",                         \
      "ACPI 5.2.12.5; 82093AA 3.2.4")                                                                                  \
    R(NO_RECEIVER, "message of {name} to address {0:x}, where nothing takes it", "PCI 6.8.3")                          \
    R(NO_CPU, "interrupt of {name} for destination {0:x}, which is no processor",                                      \
      "SDM 3A, Determining IPI Destination")                                                                           \
    R(REFUSED, "interrupt of {name} that no processor of its destination {0:x} accepts",                               \
      "SDM 3A, Interrupt Acceptance for Fixed Interrupts")                                                             \
    R(MALFORMED, "message of {name} to address {0:x} that is no interrupt's",                                          \
      "SDM 3A, Message Address Register Format")                                                                       \
    R(ARM_TARGET, "interrupt of {name} for target {0:x}, which is no processor", "IHI 0069 MAPC")                      \
    R(ARM_REFUSED, "message of {name} for INTID {0}, which is not there, or not for the sender",                       \
      "IHI 0069 GICD_SETSPI_NSR")                                                                                      \
    R(ARM_MALFORMED, "message of {name} to address {0:x} that is no interrupt's", "IHI 0069 GICD_SETSPI_NSR")          \
    R(ARM_UNTRANSLATED, "message of {name} for which the ITS has no mapping (DeviceID and EventID: {0:x})",            \
      "IHI 0069 MAPD; MAPTI")
// clang-format on

#define INTACT_LINTS(R) INTACT_LINT_X86(R) INTACT_LINT_ARM(R) INTACT_LINT_DEVICES(R) INTACT_LINT_EVENTS(R)

enum intact_lint_id {
#define INTACT_LINT_ID(id, sentence, section) INTACT_LINT_##id,
    INTACT_LINTS(INTACT_LINT_ID)
#undef INTACT_LINT_ID
        INTACT_LINT_IDS
};

struct intact_lint_finding {
    enum intact_lint_id id;
    uint32_t cpu;          // of the first one; INTACT_NO_CPU: none, or unknown
    uint64_t count;        // how often
    uint64_t instructions; // of the first one, executed by all processors before it; 0 from chips alone
    uint64_t time;         // of the first one, ns
    uint64_t pc;           // of the instruction that did it first, virtual
    bool has_pc;           // it is known
    uint64_t value;        // of the first one, as the sentence says
    const char *name;      // of the chip, the device or the interrupt's source; valid during the call
};

#define INTACT_LINT_TEXT 512 // bytes that hold any sentence, with the terminating 0

struct intact_lint_config {
    size_t size;      // of this structure, set by intact_lint_config_init
    uint64_t service; // an end of interrupt that did not come within so many instructions is missing
    uint64_t storm;   // a level that is taken so many times, without having been lowered, is a storm
    bool arm;         // the controllers are a GIC
};

// The defaults: 10,000,000 instructions, 1,000 times, x86.
void intact_lint_config_defaults(struct intact_lint_config *config, size_t size);
static inline void intact_lint_config_init(struct intact_lint_config *config)
{
    intact_lint_config_defaults(config, sizeof *config);
}

struct intact_lint;

// `config` NULL: the defaults. 0 and *lint; -EINVAL: a value is 0, or the configuration was not prepared; -ENOMEM.
int intact_lint_create(const struct intact_lint_config *config, struct intact_lint **lint);
// Removes its observer too. NULL: nothing.
void intact_lint_destroy(struct intact_lint *lint);

// For intact_x86_irq_trace and its like, once. It lives as long as the lint.
struct intact_trace_observer *intact_lint_observer(struct intact_lint *lint);

// Calls `each` for each finding, in the order in which they were found first, and returns how many there are. Of one kind there
// is one for each chip, device or source, at most 16, with the last of which more are counted; and at most 256 in all.
size_t intact_lint_each(struct intact_lint *lint, void (*each)(void *owner, const struct intact_lint_finding *finding),
                        void *owner);

// "EOI with nothing in service at lapic0, 3 times; first at instruction 1,204,331, CPU 0, 0x1000e2": writes it into `out`,
// `size` bytes, cut where it is too small. Any thread.
void intact_lint_text(const struct intact_lint_finding *finding, char *out, size_t size);

// What a finding is called ("LAPIC_EOI"), its sentence as in the lists above, and the manual with its section; "" for a
// number that is none. Any thread.
const char *intact_lint_name(enum intact_lint_id id);
const char *intact_lint_sentence(enum intact_lint_id id);
const char *intact_lint_section(enum intact_lint_id id);

#ifdef __cplusplus
}
#endif
#pragma GCC visibility pop
#endif
