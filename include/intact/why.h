// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Why an interrupt does not arrive: findings, each with a sentence.
//
//     static void on_finding(void *owner, const struct intact_why_finding *finding)
//     {
//         char text[INTACT_WHY_TEXT];
//         intact_why_text(finding, text, sizeof text);
//         printf("%s (%s)\n", text, intact_why_section(finding->reason));
//     }
//     ...
//     intact_machine_why(machine, "pit.out0", on_finding, NULL, why); // intact_x86_irq_why, intact_arm_irq_why
//
// An answer is a list of findings in the order of the interrupt's path, from its source to the processor. A *gate* holds
// the interrupt back; the first one is why it does not arrive, and the others would hold it back afterwards. A *place* is
// where the interrupt is now. The *past* is what became of its earlier raises, where they were watched. The answer is never
// empty. Nothing is changed by asking.
#ifndef INTACT_WHY_H
#define INTACT_WHY_H

#include <stddef.h>
#include <stdint.h>

#pragma GCC visibility push(default)
#ifdef __cplusplus
extern "C" {
#endif

enum intact_why_kind {
    INTACT_WHY_GATE,  // holds it back
    INTACT_WHY_PLACE, // it is there
    INTACT_WHY_PAST,  // what became of its earlier raises; only where the machine was watched
};

// Every reason: its id, its kind, its sentence, and where the manuals say so. {0} to {5} in a sentence stand for the
// values of a finding: {0} decimal, {0:h2} hexadecimal with two digits and an h, {0:u} a register of 32 bits
// (0001_0031h), {0:n} decimal with commas, {0?low|high} one of these texts; {name} for its name.
//
// Lines, groups, devices and processors. The manuals: PCI Local Bus 3.0, VIRTIO 1.2, SDM volume 3A, DDI 0487.
#define INTACT_WHY_SOURCES(R)                                                                                          \
    R(PAST_NEVER, PAST, "{name} has not been raised since instruction {0:n}, where watching it began", "")             \
    R(PAST_RAISED, PAST, "{name} was raised last at instruction {1:n}; raises so far: {0:n}", "")                      \
    R(PAST_MERGED, PAST, "raises that were merged with one that still waited: {0:n}", "")                              \
    R(PAST_DROPPED, PAST, "raises that had no receiver: {0:n}, the last at instruction {1:n}", "")                     \
    R(PAST_NEVER_TAKEN, PAST, "no processor has taken it", "")                                                         \
    R(PAST_TAKEN, PAST, "CPU {1} took it last at instruction {2:n}, at {3:x}; taken so far: {0:n}", "")                \
    R(PAST_NOT_ENDED, PAST, "there was no end of interrupt for it since", "")                                          \
    R(PAST_ENDED, PAST, "its end came last at instruction {0:n}", "")                                                  \
    R(LINE_LOW, GATE, "{name} is low: its device raises no interrupt now", "")                                         \
    R(LINE_HIGH, PLACE, "{name} is high, on GSI {0}", "")                                                              \
    R(GSI_LOW, GATE, "GSI {0} is low: no device raises it now", "")                                                    \
    R(GSI_HIGH, PLACE, "GSI {0} is high: {name} {1?raises it|and others raise it}", "")                                \
    R(GSI_NOWHERE, GATE, "GSI {0} leads to no pin of a controller", "")                                                \
    R(SOURCE_IDLE, GATE, "{name} has nothing pending: its triggers were sent, or there was none", "")                  \
    R(SOURCE_PENDING, PLACE, "{name} is pending: it was triggered", "")                                                \
    R(SOURCE_DISABLED, GATE, "{name} is not enabled: its group was not enabled, or was disabled", "")                  \
    R(SOURCE_MASKED, GATE, "{name} is masked: its group's mask", "")                                                   \
    R(INTX_LOW, GATE, "{name} is low: the device's interrupt status is 0", "PCI 6.2.3")                                \
    R(INTX_DISABLED, GATE, "{name} is disabled: the command register = {0:h4}, bit 10 (interrupt disable)",            \
      "PCI 6.2.2")                                                                                                     \
    R(INTX_UNUSED, GATE, "{name} is not driven: the driver has enabled {0?MSI|MSI-X}", "PCI 6.8.1.3; 6.8.2.3")         \
    R(MSI_OFF, GATE, "{name} is not sent: MSI is not enabled, message control = {0:h4}, bit 0", "PCI 6.8.1.3")         \
    R(MSI_MASKED, GATE, "{name} is masked: mask bits = {0:h8}, bit {1}", "PCI 6.8.1.7")                                \
    R(MSI_NOT_ALLOTTED, GATE,                                                                                          \
      "{name} is not allotted: message control = {0:h4}, bits 6:4 give the device {1} vectors", "PCI 6.8.1.3")         \
    R(MSIX_OFF, GATE, "{name} is not sent: MSI-X is not enabled, message control = {0:h4}, bit 15", "PCI 6.8.2.3")     \
    R(MSIX_FUNCTION_MASKED, GATE, "{name} is masked with all others: message control = {0:h4}, bit 14", "PCI 6.8.2.3") \
    R(MSIX_MASKED, GATE, "{name} is masked: vector control of row {0} = {1:h8}, bit 0", "PCI 6.8.2.9")                 \
    R(BUS_MASTER_OFF, GATE, "{name} is not sent: the command register = {0:h4}, bit 2 (bus master) is 0", "PCI 6.2.2") \
    R(VIRTIO_NOT_OK, GATE, "the driver of {name} is not ready: device status = {0:h2}, bit 2 (DRIVER_OK) is 0",        \
      "VIRTIO 2.1")                                                                                                    \
    R(VIRTIO_NEEDS_RESET, GATE, "the device of {name} needs a reset: device status = {0:h2}, bit 6", "VIRTIO 2.1")     \
    R(VIRTIO_NOT_READY, GATE, "{name} is not ready: the driver has not enabled the queue", "VIRTIO 3.1.1")             \
    R(VIRTIO_NO_BUFFERS, GATE, "{name} has no buffer that the driver has made available since the last used one",      \
      "VIRTIO 2.7")                                                                                                    \
    R(VIRTIO_UNUSED, GATE, "{name} has {0} available buffers, and the device has not used them yet", "VIRTIO 2.7")     \
    R(VIRTIO_UNTOLD, PLACE,                                                                                            \
      "the device has used {0} buffers of {name}, and has not looked yet whether the driver wants an interrupt",       \
      "VIRTIO 2.7.7")                                                                                                  \
    R(VIRTIO_NO_INTERRUPT, GATE,                                                                                       \
      "the driver wants no interrupt of {name}: flags of the available ring = {0:h4}, bit 0", "VIRTIO 2.7.7")          \
    R(VIRTIO_EVENT, GATE,                                                                                              \
      "the driver wants no interrupt for the next used buffer of {name}: used_event = {0:h4}, the used index = "       \
      "{1:h4}",                                                                                                        \
      "VIRTIO 2.7.7")                                                                                                  \
    R(VIRTIO_NO_VECTOR, GATE, "{name} has no vector: its MSI-X vector is FFFFh (VIRTIO_MSI_NO_VECTOR)",                \
      "VIRTIO 4.1.5.1.2")                                                                                              \
    R(CPU_INTERRUPTS_OFF, GATE, "CPU {0} takes no interrupts: RFLAGS = {1:h8}, bit 9 (IF) is 0, at {2:x}",             \
      "SDM 3A, Masking Maskable Hardware Interrupts")                                                                  \
    R(CPU_SHADOW, GATE, "CPU {0} takes no interrupt before this instruction: it follows {1?STI|MOV SS or POP SS}",     \
      "SDM 3A, Masking Exceptions and Interrupts When Switching Stacks; SDM 2B, STI")                                  \
    R(CPU_NMI_BLOCKED, GATE, "CPU {0} takes no NMI before the IRET of the last one's handler",                         \
      "SDM 3A, Handling Multiple NMIs")                                                                                \
    R(CPU_WAITS_SIPI, GATE, "CPU {0} waits for a SIPI, and takes INIT and SIPI alone",                                 \
      "SDM 3A, MP Initialization Protocol Algorithm for MP Systems")                                                   \
    R(CPU_MASKS, GATE, "CPU {0} masks {1?IRQs|FIQs}: PSTATE.{1?I|F} is 1, at {2:x}",                                   \
      "DDI 0487, Asynchronous exception types")                                                                        \
    R(CPU_MASKS_ALL, GATE,                                                                                             \
      "CPU {0} masks every interrupt: {1?PSTATE.ALLINT is 1|SCTLR_EL1.SPINTMASK and PSTATE.SP are 1}, at {2:x}",       \
      "DDI 0487, Asynchronous exception types")                                                                        \
    R(CPU_OFF, GATE, "CPU {0} is off: no PSCI CPU_ON has started it", "DEN0022 5.6")                                   \
    R(TIMER_OFF, GATE, "the {0?physical|virtual} timer of CPU {1} is off: {0?CNTP|CNTV}_CTL_EL0.ENABLE is 0",          \
      "DDI 0487, The AArch64 view of the Generic Timer")                                                               \
    R(TIMER_MASKED, GATE, "the {0?physical|virtual} timer of CPU {1} is masked: {0?CNTP|CNTV}_CTL_EL0.IMASK is 1",     \
      "DDI 0487, The AArch64 view of the Generic Timer")                                                               \
    R(TIMER_RUNS, GATE, "the {0?physical|virtual} timer of CPU {1} expires at {2:n} ns",                               \
      "DDI 0487, The AArch64 view of the Generic Timer")                                                               \
    R(TIMER_NEVER, GATE,                                                                                               \
      "the {0?physical|virtual} timer of CPU {1} does not expire: the counter does not reach "                         \
      "{0?CNTP|CNTV}_CVAL_EL0 = {2:x}",                                                                                \
      "DDI 0487, The AArch64 view of the Generic Timer")                                                               \
    R(TIMER_EXPIRED, PLACE, "the {0?physical|virtual} timer of CPU {1} has expired, and its line is high",             \
      "DDI 0487, The AArch64 view of the Generic Timer")                                                               \
    R(CPU_TAKES, PLACE, "CPU {0} takes it before its next instruction, at {1:x}", "")

// 8259A, IOAPIC, local APIC. The manuals: Intel 8259A data sheet, 82093AA (IOAPIC), SDM volume 3A, MP specification.
#define INTACT_WHY_X86(R)                                                                                              \
    R(X86_NO_PIN, GATE, "the chip has no pin {0}", "")                                                                 \
    /* 8259A. IRQ 0 to 7 are the master's, 8 to 15 the slave's. */                                                     \
    R(PIC_POWER_ON, GATE, "the {0?master|slave} 8259A is not initialised: it has had no ICW1",                         \
      "8259A, Programming the 8259A")                                                                                  \
    R(PIC_WAITS_ICW, GATE, "the {0?master|slave} 8259A is not initialised: it waits for ICW{1}",                       \
      "8259A, Initialization Command Words")                                                                           \
    R(PIC_LOW, GATE, "IRQ {0} is low at the {1?master|slave} 8259A", "8259A, Edge and Level Triggered Modes")          \
    R(PIC_SLAVE_LOW, GATE, "IRQ {0} is the slave 8259A's INT, which is low, and no device's pin",                      \
      "8259A, Cascade Mode")                                                                                           \
    R(PIC_EDGE_SEEN, GATE,                                                                                             \
      "IRQ {0} is high, but has not risen since its last acknowledge or ICW1: edge-triggered, as ELCR{1} = "           \
      "{2:h2}, bit {3} is 0{4?|; its last interrupt was ended by AEOI (ICW4 bit 1)}",                                  \
      "8259A, Edge and Level Triggered Modes")                                                                         \
    R(PIC_MASKED, GATE, "IRQ {0} is masked: IMR of the {1?master|slave} 8259A = {2:h2}, bit {3}",                      \
      "8259A, Operation Control Word 1 (OCW1)")                                                                        \
    R(PIC_SLAVE_MASKED, GATE,                                                                                          \
      "IRQ {0} is held by the mask of the slave's pin: IMR of the master 8259A = {1:h2}, bit {2}",                     \
      "8259A, Operation Control Word 1 (OCW1)")                                                                        \
    R(PIC_OTHER_FIRST, GATE,                                                                                           \
      "IRQ {0} waits for IRQ {1}, which requests with a higher priority: IRR of the {2?master|slave} 8259A = "         \
      "{3:h2}, IMR = {4:h2}",                                                                                          \
      "8259A, Fully Nested Mode")                                                                                      \
    R(PIC_SERVES_OTHER, GATE,                                                                                          \
      "IRQ {0} waits for the EOI of IRQ {1}, which has a higher priority: ISR of the {2?master|slave} 8259A = "        \
      "{3:h2}",                                                                                                        \
      "8259A, Fully Nested Mode")                                                                                      \
    R(PIC_SERVES_UNMASKED, GATE,                                                                                       \
      "IRQ {0} waits for the EOI of IRQ {1}, as special mask mode passes over masked levels only: ISR of the "         \
      "{2?master|slave} 8259A = {3:h2}, IMR = {4:h2}",                                                                 \
      "8259A, Special Mask Mode")                                                                                      \
    R(PIC_SERVES_SAME, GATE,                                                                                           \
      "IRQ {0} requests again, but its EOI is missing: ISR of the {1?master|slave} 8259A = {2:h2}, bit {3}",           \
      "8259A, End of Interrupt (EOI)")                                                                                 \
    R(PIC_EOI_SLAVE_ONLY, GATE,                                                                                        \
      "IRQ {0} waits for the second EOI of the last interrupt of the slave, which had only the first: ISR of the "     \
      "slave 8259A = 00h, of the master = {1:h2}, bit {2}",                                                            \
      "8259A, Cascade Mode")                                                                                           \
    R(PIC_NOT_NESTED, GATE,                                                                                            \
      "IRQ {0} waits for another interrupt of the slave: ISR of the master 8259A = {1:h2}, bit {2}, and ICW4 = "       \
      "{3:h2}, bit 4: no special fully nested mode",                                                                   \
      "8259A, The Special Fully Nest Mode")                                                                            \
    R(PIC_ROLE, GATE,                                                                                                  \
      "the {0?master|slave} 8259A was made a {0?slave|master}: ICW4 = {1:h2}, bits 3:2 (buffered mode)",               \
      "8259A, Buffered Mode")                                                                                          \
    R(PIC_SLAVE_ID, GATE,                                                                                              \
      "the slave 8259A gives no vector for IRQ {0}: it is at pin {3}, and ICW3 of the master = {1:h2}, of the "        \
      "slave = {2:h2}",                                                                                                \
      "8259A, Initialization Command Word 3 (ICW3)")                                                                   \
    R(PIC_8080_MODE, GATE,                                                                                             \
      "the {0?master|slave} 8259A is in 8080 mode and gives an x86 CPU no vector: ICW4 = {1:h2}, bit 0",               \
      "8259A, Initialization Command Word 4 (ICW4)")                                                                   \
    R(PIC_POLL, PLACE,                                                                                                 \
      "the next read of port {1:h2} acknowledges the {0?master|slave} 8259A in place of INTA: poll command (OCW3 "     \
      "bit 2)",                                                                                                        \
      "8259A, Poll Command")                                                                                           \
    R(PIC_IN_SERVICE, PLACE,                                                                                           \
      "IRQ {0} is in service, and has had no EOI: ISR of the {1?master|slave} 8259A = {2:h2}, bit {3}",                \
      "8259A, End of Interrupt (EOI)")                                                                                 \
    R(PIC_INT_UP, PLACE, "INT of the 8259A is up for IRQ {0}", "8259A, Interrupt Sequence")                            \
    /* From INT to a CPU, and the NMI line. */                                                                         \
    R(X86_IMCR_APIC, GATE, "INT of the 8259A does not bypass the local APIC: IMCR = {0:h2}, bit 0 (APIC mode)",        \
      "MP specification 3.6.2.1")                                                                                      \
    R(X86_IMCR_PIC, GATE, "{1?LINT0|LINT1} of CPU {0} is not connected: IMCR = {2:h2}, bit 0 (PIC mode)",              \
      "MP specification 3.6.2.1")                                                                                      \
    R(X86_NMI_LOW, GATE, "the NMI line is low", "SDM 3A, Nonmaskable Interrupt (NMI)")                                 \
    R(X86_NMI_EDGE_SEEN, GATE, "the NMI line is high, but has not risen since the last NMI",                           \
      "MP specification 3.6.2.1")                                                                                      \
    /* IOAPIC: {0} is its number, {1} a pin, {2} the low half of the pin's redirection entry. */                       \
    R(IOAPIC_PIN_LOW, GATE, "IOAPIC {0} pin {1} is low", "82093AA 3.2.4")                                              \
    R(IOAPIC_PIN_INACTIVE, GATE, "IOAPIC {0} pin {1} is high, and active low: IOREDTBL{1} = {2:u}, bit 13 (INTPOL)",   \
      "82093AA 3.2.4")                                                                                                 \
    R(IOAPIC_EDGE_SEEN, GATE,                                                                                          \
      "IOAPIC {0} pin {1} is active since its last edge, which was sent or lost: IOREDTBL{1} = {2:u}, bit 15 is "      \
      "0 (edge)",                                                                                                      \
      "82093AA 3.2.4")                                                                                                 \
    R(IOAPIC_MASKED, GATE, "IOAPIC {0} pin {1} is {3?|active, but |up, but }masked: IOREDTBL{1} = {2:u}, bit 16",      \
      "82093AA 3.2.4")                                                                                                 \
    R(IOAPIC_DELIVERY, GATE, "IOAPIC {0} pin {1} has the reserved delivery mode {3}: IOREDTBL{1} = {2:u}, bits 10:8",  \
      "82093AA 3.2.4")                                                                                                 \
    R(IOAPIC_VECTOR, GATE,                                                                                             \
      "IOAPIC {0} pin {1} has the vector {3:h2}, and no local APIC accepts one below 10h: IOREDTBL{1} = {2:u}, "       \
      "bits 7:0",                                                                                                      \
      "82093AA 3.2.4; SDM 3A, Valid Interrupt Vectors")                                                                \
    R(IOAPIC_REMOTE_IRR, GATE,                                                                                         \
      "IOAPIC {0} pin {1} waits for the EOI of its last interrupt: IOREDTBL{1} = {2:u}, bit 14 (remote IRR), and "     \
      "no local APIC has vector {3:h2} in IRR or ISR",                                                                 \
      "82093AA 3.2.4")                                                                                                 \
    R(IOAPIC_REFUSED, GATE,                                                                                            \
      "IOAPIC {0} pin {1} is send pending, as no local APIC accepted its message: IOREDTBL{1} = {2:u}, bit 12",        \
      "82093AA 3.2.4")                                                                                                 \
    R(IOAPIC_RESTS, GATE, "IOAPIC {0} pin {1} stayed active over {2:n} EOIs, and rests until {3:n} ns", "")            \
    R(IOAPIC_NOT_EXTINT, GATE,                                                                                         \
      "IOAPIC {0} pin {1}, which has INT of the 8259A, is not ExtINT: IOREDTBL{1} = {2:u}, bits 10:8",                 \
      "82093AA 3.2.4")                                                                                                 \
    R(IOAPIC_INT_LOW_ACTIVE, GATE,                                                                                     \
      "IOAPIC {0} pin {1}, which has INT of the 8259A, is active low: IOREDTBL{1} = {2:u}, bit 13 (INTPOL)",           \
      "82093AA 3.2.4")                                                                                                 \
    R(IOAPIC_EXTINT_NO_PIC, GATE,                                                                                      \
      "IOAPIC {0} pin {1} is ExtINT, but no 8259A is at this pin to give a vector: IOREDTBL{1} = {2:u}, bits "         \
      "10:8",                                                                                                          \
      "82093AA 3.2.4")                                                                                                 \
    R(IOAPIC_EXTINT_OTHER, GATE, "IOAPIC {0} pin {1} is ExtINT, and so is pin {3}, which is active and goes first",    \
      "")                                                                                                              \
    /* Messages. */                                                                                                    \
    R(MSI_ADDRESS, GATE, "the address {0:h8} is outside FEE00000h to FEEFFFFFh: a write to memory, no interrupt",      \
      "SDM 3A, Message Address Register Format")                                                                       \
    R(MSI_REMAPPABLE, GATE,                                                                                            \
      "the address {0:h8} has the remappable format (bit 4), and there is no interrupt remapping",                     \
      "SDM 3A, Message Address Register Format")                                                                       \
    R(MSI_ADDRESS_RESERVED, GATE,                                                                                      \
      "the address {0:h8} has reserved bits set (bits 11:5), as destinations have 8 bits here",                        \
      "SDM 3A, Message Address Register Format")                                                                       \
    R(MSI_AMBIGUOUS, GATE, "the address {0:x} has a high part of the destination in bits 11:5 and in bits 63:40", "")  \
    R(MSI_DELIVERY, GATE, "the data {0:h4} has the reserved delivery mode {1} (bits 10:8)",                            \
      "SDM 3A, Message Data Register Format")                                                                          \
    R(MSI_DEASSERT, GATE,                                                                                              \
      "the data {0:h4} is a level (bit 15) without assert (bit 14), which no message can withdraw",                    \
      "SDM 3A, Message Data Register Format")                                                                          \
    R(MSI_VECTOR, GATE, "the data {0:h4} has the vector {1:h2} (bits 7:0), and no local APIC accepts one below 10h",   \
      "SDM 3A, Valid Interrupt Vectors")                                                                               \
    R(X86_NO_PHYSICAL, GATE, "the destination {0:h2} names no CPU: no local APIC has this id (physical destination)",  \
      "SDM 3A, Physical Destination Mode")                                                                             \
    R(X86_NO_FLAT, GATE,                                                                                               \
      "the destination {0:h2} names no CPU (logical): CPU {1} has LDR = {2:u} and DFR = {3:u}, flat model",            \
      "SDM 3A, Logical Destination Mode")                                                                              \
    R(X86_NO_CLUSTER, GATE,                                                                                            \
      "the destination {0:h2} names no CPU (logical): CPU {1} has LDR = {2:u} and DFR = {3:u}, cluster model",         \
      "SDM 3A, Logical Destination Mode")                                                                              \
    R(X86_NO_X2APIC, GATE, "the destination {0:u} names no CPU (logical): CPU {1} has LDR = {2:u}, x2APIC mode",       \
      "SDM 3A, Logical Destination Mode in x2APIC Mode")                                                               \
    /* Local APIC: {0} is its CPU. */                                                                                  \
    R(LAPIC_DISABLED, GATE, "the local APIC of CPU {0} is disabled: IA32_APIC_BASE = {1:h8}, bit 11",                  \
      "SDM 3A, Enabling or Disabling the Local APIC")                                                                  \
    R(LAPIC_SOFTWARE_DISABLED, GATE, "the local APIC of CPU {0} is disabled by software: SVR = {1:h3}, bit 8",         \
      "SDM 3A, Local APIC State After It Has Been Software Disabled")                                                  \
    R(LAPIC_VECTOR, GATE, "the local APIC of CPU {0} accepts no vector below 10h, such as {1:h2}",                     \
      "SDM 3A, Valid Interrupt Vectors")                                                                               \
    R(LAPIC_EXTINT_MESSAGE, GATE,                                                                                      \
      "the local APIC of CPU {0} accepts no ExtINT message: INT of the 8259A is a wire here", "")                      \
    R(LAPIC_EOI_NOT_SENT, GATE,                                                                                        \
      "CPU {0} sends its EOIs to no IOAPIC: SVR = {1:h3}, bit 12; the EOI register of the IOAPIC ends the "            \
      "interrupt",                                                                                                     \
      "SDM 3A, Signaling Interrupt Servicing Completion")                                                              \
    R(LAPIC_NOT_REQUESTED, GATE,                                                                                       \
      "vector {1:h2} is neither in IRR nor in ISR of CPU {0}: nothing requested it, it was lost, or its "              \
      "interrupt is over",                                                                                             \
      "SDM 3A, Interrupt Acceptance for Fixed Interrupts")                                                             \
    R(LAPIC_TPR, GATE, "vector {1:h2} has class {3}, which TPR = {2:h2} of CPU {0} holds back",                        \
      "SDM 3A, Task and Processor Priorities")                                                                         \
    R(LAPIC_SERVES, GATE,                                                                                              \
      "vector {1:h2} has class {3}, and waits for the EOI of vector {2:h2}, in service on CPU {0}: PPR = {4:h2}",      \
      "SDM 3A, Task and Processor Priorities")                                                                         \
    R(LAPIC_HIGHER_FIRST, GATE, "vector {1:h2} waits for vector {2:h2}, the highest in IRR of CPU {0}",                \
      "SDM 3A, Interrupt Acceptance for Fixed Interrupts")                                                             \
    R(LAPIC_EXTINT_FIRST, GATE, "vector {1:h2} waits for the 8259A, whose ExtINT CPU {0} takes before IRR", "")        \
    R(LAPIC_NOT_LATCHED, GATE, "no {1?||SMI||NMI|INIT} is pending for CPU {0}", "SDM 3A, Handling Interrupts")         \
    R(LAPIC_WAITS_SIPI, GATE, "CPU {0} waits for a SIPI, and takes nothing before",                                    \
      "SDM 3A, MP Initialization Protocol Algorithm for MP Systems")                                                   \
    R(LAPIC_INIT_FIRST, GATE, "CPU {0} has a pending INIT, which it takes first, and which resets its local APIC",     \
      "SDM 3A, Local APIC State After an INIT Reset")                                                                  \
    R(LAPIC_IN_SERVICE, PLACE, "vector {1:h2} is in service on CPU {0}, and has had no EOI",                           \
      "SDM 3A, Interrupt Acceptance for Fixed Interrupts")                                                             \
    R(LAPIC_READY, PLACE, "vector {1:h2} is in IRR of CPU {0}, and its INTR is up",                                    \
      "SDM 3A, Interrupt Acceptance for Fixed Interrupts")                                                             \
    R(LAPIC_EXTINT, PLACE, "INTR of CPU {0} is up for the 8259A (ExtINT)", "MP specification 3.6.2.2")                 \
    R(LAPIC_LATCHED, PLACE, "an {1?||SMI||NMI|INIT} is pending for CPU {0}", "SDM 3A, Handling Interrupts")            \
    /* Local vector table: {1} is the entry, {2} its value. */                                                         \
    R(LVT_MASKED, GATE, "LVT_{1?CMCI|TIMER|THERMAL|PMC|LINT0|LINT1|ERROR} of CPU {0} is masked: {2:u}, bit 16",        \
      "SDM 3A, Local Vector Table")                                                                                    \
    R(LVT_VECTOR, GATE,                                                                                                \
      "LVT_{1?CMCI|TIMER|THERMAL|PMC|LINT0|LINT1|ERROR} of CPU {0} has a vector below 10h, which is not "              \
      "accepted: {2:u}, bits 7:0",                                                                                     \
      "SDM 3A, Valid Interrupt Vectors")                                                                               \
    R(LVT_DELIVERY, GATE,                                                                                              \
      "LVT_{1?CMCI|TIMER|THERMAL|PMC|LINT0|LINT1|ERROR} of CPU {0} has delivery mode {3}, with which it raises "       \
      "nothing: {2:u}, bits 10:8",                                                                                     \
      "SDM 3A, Local Vector Table")                                                                                    \
    R(LVT_NOT_EXTINT, GATE, "LVT_LINT0 of CPU {0}, which has INT of the 8259A, is not ExtINT: {2:u}, bits 10:8",       \
      "MP specification 3.6.2.2")                                                                                      \
    R(LVT_NOT_NMI, GATE, "LVT_LINT1 of CPU {0}, which has the NMI line, is not NMI: {2:u}, bits 10:8",                 \
      "SDM 3A, Local Vector Table")                                                                                    \
    R(LVT_LOW_ACTIVE, GATE,                                                                                            \
      "{1?||||LINT0|LINT1} of CPU {0}, which has {1?||||INT of the 8259A|the NMI line}, is active low: "               \
      "LVT_{1?CMCI|TIMER|THERMAL|PMC|LINT0|LINT1|ERROR} = {2:u}, bit 13",                                              \
      "SDM 3A, Local Vector Table")                                                                                    \
    R(LVT_REMOTE_IRR, GATE,                                                                                            \
      "LVT_{1?CMCI|TIMER|THERMAL|PMC|LINT0|LINT1|ERROR} of CPU {0} waits for the EOI of its last interrupt: "          \
      "{2:u}, bit 14 (remote IRR)",                                                                                    \
      "SDM 3A, Local Vector Table")                                                                                    \
    R(LVT_INACTIVE, GATE,                                                                                              \
      "{1?||||LINT0|LINT1} of CPU {0} is {3?low|high}, which is inactive: "                                            \
      "LVT_{1?CMCI|TIMER|THERMAL|PMC|LINT0|LINT1|ERROR} = {2:u}, bit 13 is {3}",                                       \
      "SDM 3A, Local Vector Table")                                                                                    \
    R(LVT_EDGE_SEEN, GATE,                                                                                             \
      "{1?||||LINT0|LINT1} of CPU {0} is active since its last edge, which was taken or lost: "                        \
      "LVT_{1?CMCI|TIMER|THERMAL|PMC|LINT0|LINT1|ERROR} = {2:u}",                                                      \
      "SDM 3A, Local Vector Table")                                                                                    \
    R(LVT_NO_EVENT, GATE,                                                                                              \
      "nothing has raised LVT_{1?CMCI|TIMER|THERMAL|PMC|LINT0|LINT1|ERROR} of CPU {0} since its last interrupt, "      \
      "or it was lost",                                                                                                \
      "SDM 3A, Local Vector Table")                                                                                    \
    R(LVT_NO_ERROR, GATE,                                                                                              \
      "CPU {0} has detected no error that is new since the last write to its ESR: detected {1:h2}",                    \
      "SDM 3A, Error Handling")                                                                                        \
    R(LAPIC_TIMER_STOPPED, GATE, "the timer of CPU {0} does not count: initial count {1:h8}, LVT_TIMER = {2:u}",       \
      "SDM 3A, APIC Timer")                                                                                            \
    R(LAPIC_NO_DEADLINE, GATE, "the timer of CPU {0} has no deadline: IA32_TSC_DEADLINE = 0, LVT_TIMER = {1:u}",       \
      "SDM 3A, TSC-Deadline Mode")                                                                                     \
    R(LAPIC_TIMER_RUNS, GATE, "the timer of CPU {0} expires at {1:n} ns", "SDM 3A, APIC Timer")                        \
    R(LAPIC_TIMER_MODE, GATE,                                                                                          \
      "the timer of CPU {0} has the reserved mode 3, and never counts: LVT_TIMER = {1:u}, bits 18:17",                 \
      "SDM 3A, APIC Timer")

// Arm GIC. The manuals: IHI 0048 (GICv2), IHI 0069 (GICv3), DDI 0487.
// clang-format off
#define INTACT_WHY_ARM(R)                                                                                              \
    /* Which interrupt. */                                                                                             \
    R(ARM_NO_INTID, GATE,                                                                                              \
      "there is no INTID {0}: SPIs end at INTID {1} (GICD_TYPER.ITLinesNumber)",                                       \
      "IHI 0069 GICD_TYPER; IHI 0048B 4.3.2")                                                                          \
    R(ARM_RESERVED_INTID, GATE,                                                                                        \
      "INTID {0} is {1?special|reserved}: no interrupt has it", "IHI 0069 INTIDs; IHI 0048B 2.2.1")                    \
    R(ARM_NO_EXTENDED_SPI, GATE,                                                                                       \
      "there is no extended SPI with INTID {0}: this GIC has {1} of them (GICD_TYPER.ESPI)", "IHI 0069 GICD_TYPER")    \
    R(ARM_NO_EXTENDED_PPI, GATE,                                                                                       \
      "there is no extended PPI with INTID {0}: a CPU has {1} of them (GICR_TYPER.PPInum)", "IHI 0069 GICR_TYPER")     \
    R(ARM_NO_LPIS, GATE, "INTID {0} is an LPI, and this GIC has none (GICD_TYPER.LPIS = 0)", "IHI 0069 GICD_TYPER")    \
    R(ARM_NO_PIN, GATE,                                                                                                \
      "the distributor has no pin {0}: it has {1} SPIs and, from pin 1024, {2} extended ones",                         \
      "IHI 0069 GICD_TYPER; IHI 0048B 4.3.2")                                                                          \
    /* SPIs: {0} INTID, bit {2} of register {1}, {3} extended. */                                                      \
    R(ARM_SPI_LOW, GATE,                                                                                               \
      "INTID {0} is level-sensitive (bit {2} of GICD_ICFGR{1}{3?|E} is 0), its line is low, and no message has set "   \
      "it", "IHI 0069 GICD_ICFGR<n>; IHI 0048B 4.3.13")                                                                \
    R(ARM_SPI_NO_EDGE, GATE,                                                                                           \
      "INTID {0} is edge-triggered (bit {2} of GICD_ICFGR{1}{3?|E} is 1), and its line is high without a new edge: "   \
      "only a rise makes it pending", "IHI 0069 GICD_ICFGR<n>; IHI 0048B 4.3.13")                                      \
    R(ARM_SPI_NOT_PENDING, GATE,                                                                                       \
      "INTID {0} is edge-triggered (bit {2} of GICD_ICFGR{1}{3?|E} is 1) and not pending: no edge or message has "     \
      "come since it was acknowledged or cleared", "IHI 0069 GICD_ICFGR<n>; IHI 0048B 4.3.13")                         \
    R(ARM_SPI_ACTIVE, PLACE,                                                                                           \
      "INTID {0} is active (bit {2} of GICD_ISACTIVER{1}{3?|E}) and not pending: its handler has it",                  \
      "IHI 0069 GICD_ISACTIVER<n>; IHI 0048B 4.3.9")                                                                   \
    R(ARM_SPI_ACTIVE_PENDING, PLACE,                                                                                   \
      "INTID {0} is active and pending (bit {2} of GICD_ISACTIVER{1}{3?|E} and of GICD_ISPENDR{1}{3?|E})",             \
      "IHI 0069 GICD_ISACTIVER<n>; IHI 0048B 4.3.9")                                                                   \
    R(ARM_SPI_DISABLED, GATE,                                                                                          \
      "INTID {0} is disabled: bit {2} of GICD_ISENABLER{1}{3?|E} is 0",                                                \
      "IHI 0069 GICD_ISENABLER<n>; IHI 0048B 4.3.5")                                                                   \
    /* SGIs and PPIs: also of CPU {4}, {5} in its redistributor. */                                                    \
    R(ARM_PPI_LOW, GATE,                                                                                               \
      "INTID {0} of CPU {4} is level-sensitive (bit {2} of {5?GICD|GICR}_ICFGR{1}{3?|E} is 0), and its line is low",   \
      "IHI 0069 GICR_ICFGR1; IHI 0048B 4.3.13")                                                                        \
    R(ARM_PPI_NO_EDGE, GATE,                                                                                           \
      "INTID {0} of CPU {4} is edge-triggered (bit {2} of {5?GICD|GICR}_ICFGR{1}{3?|E} is 1), and its line is high "   \
      "without a new edge: only a rise makes it pending", "IHI 0069 GICR_ICFGR1; IHI 0048B 4.3.13")                    \
    R(ARM_PPI_NOT_PENDING, GATE,                                                                                       \
      "INTID {0} of CPU {4} is edge-triggered (bit {2} of {5?GICD|GICR}_ICFGR{1}{3?|E} is 1) and not pending: no "     \
      "edge has come since it was acknowledged or cleared", "IHI 0069 GICR_ICFGR1; IHI 0048B 4.3.13")                  \
    R(ARM_SGI_NOT_SENT, GATE,                                                                                          \
      "SGI {0} of CPU {4} is not pending: no write of {5?GICD_SGIR|an ICC_SGI register} has sent it since it was "     \
      "acknowledged or cleared", "IHI 0069 ICC_SGI1R_EL1; IHI 0048B 4.3.15")                                           \
    R(ARM_SGI_GROUP_0, GATE,                                                                                           \
      "SGI {0} of CPU {1} is in Group 0 (bit {0} of GICR_IGROUPR0 is 0): a write of ICC_SGI1R_EL1 for Non-secure "     \
      "Group 1 does not reach it", "IHI 0069 ICC_SGI1R_EL1")                                                           \
    R(ARM_PPI_ACTIVE, PLACE,                                                                                           \
      "INTID {0} of CPU {4} is active (bit {2} of {5?GICD|GICR}_ISACTIVER{1}{3?|E}) and not pending: its handler "     \
      "has it", "IHI 0069 GICR_ISACTIVER0; IHI 0048B 4.3.9")                                                           \
    R(ARM_PPI_ACTIVE_PENDING, PLACE,                                                                                   \
      "INTID {0} of CPU {4} is active and pending (bit {2} of {5?GICD|GICR}_ISACTIVER{1}{3?|E} and of "                \
      "{5?GICD|GICR}_ISPENDR{1}{3?|E})", "IHI 0069 GICR_ISACTIVER0; IHI 0048B 4.3.9")                                  \
    R(ARM_PPI_DISABLED, GATE,                                                                                          \
      "INTID {0} of CPU {4} is disabled: bit {2} of {5?GICD|GICR}_ISENABLER{1}{3?|E} is 0",                            \
      "IHI 0069 GICR_ISENABLER0; IHI 0048B 4.3.5")                                                                     \
    /* Active, Security state, group. */                                                                               \
    R(ARM_NO_EOI, GATE,                                                                                                \
      "INTID {0} is not forwarded while it is active, and CPU {1} still has its priority {2:h2} active: its write "    \
      "of {3?ICC_EOIR0_EL1|ICC_EOIR1_EL1|ICC_EOIR1_EL1|GICC_EOIR} is missing", "IHI 0069 4.1; IHI 0048B 4.4.5")        \
    R(ARM_NO_DIR, GATE,                                                                                                \
      "INTID {0} is not forwarded while it is active; its priority {1:h2} was dropped, and as EOImode is 1 a write "   \
      "of {2?GICC_DIR|ICC_DIR_EL1} must deactivate it", "IHI 0069 ICC_DIR_EL1; IHI 0048B 4.4.15")                      \
    R(ARM_ACTIVE_ALONE, GATE,                                                                                          \
      "INTID {0} is not forwarded while it is active, and {3?no CPU has|its CPU does not have} its priority {1:h2} "   \
      "active: an EOI named another INTID, or {2?GICD|GICR}_ISACTIVER was written", "IHI 0069 4.1; IHI 0048B 4.3.9")   \
    R(ARM_SECURE, GATE,                                                                                                \
      "INTID {0} is Secure (bit {2} of {5?GICD|GICR}_IGROUPR{1}{3?|E} is 0): Non-secure software cannot enable it",    \
      "IHI 0069 4.6; IHI 0048B 4.3.5")                                                                                 \
    R(ARM_GROUP_OFF, GATE,                                                                                             \
      "INTID {0} is in {1?Group 0|Non-secure Group 1|Secure Group 1|Group 1}, and "                                    \
      "GICD_CTLR.{1?EnableGrp0|EnableGrp1NS|EnableGrp1S|EnableGrp1} is 0 (GICD_CTLR = {2:h2})",                        \
      "IHI 0069 GICD_CTLR; IHI 0048B 4.3.1")                                                                           \
    R(ARM_GROUP_0, GATE,                                                                                               \
      "INTID {0} is in Group 0 (bit {2} of {5?GICD|GICR}_IGROUPR{1}{3?|E} is 0), and GICD_CTLR = {4:h2} enables "      \
      "only Group 1", "IHI 0069 GICD_CTLR; IHI 0048B 4.3.1")                                                           \
    /* Routing. */                                                                                                     \
    R(ARM_ROUTER_NO_CPU, GATE,                                                                                         \
      "GICD_IROUTER of INTID {0} names the affinity {1}.{2}.{3}.{4}, which no CPU has", "IHI 0069 GICD_IROUTER<n>")    \
    R(ARM_NO_TAKER, GATE,                                                                                              \
      "INTID {0} may go to any CPU (GICD_IROUTER.Interrupt_Routing_Mode = 1), but none of the {1} takes it: {2} "      \
      "asleep (GICR_WAKER), {3} with GICR_CTLR.{5?DPG0|DPG1NS|DPG1S|DPG1NS} = 1, {4} with "                            \
      "{5?ICC_IGRPEN0_EL1|ICC_IGRPEN1_EL1} = 0", "IHI 0069 GICR_CTLR")                                                 \
    R(ARM_NO_TARGET, GATE, "INTID {0} has no target: byte {2} of GICD_ITARGETSR{1} is 0", "IHI 0048B 4.3.12")          \
    R(ARM_OTHER_CPU, GATE,                                                                                             \
      "INTID {0} goes to CPU {2} and not to CPU {1} ({3?GICD_ITARGETSR|GICD_IROUTER})",                                \
      "IHI 0069 GICD_IROUTER<n>; IHI 0048B 4.3.12")                                                                    \
    R(ARM_ASLEEP, GATE,                                                                                                \
      "the redistributor of CPU {0} forwards nothing: GICR_WAKER = {1:h1} (ProcessorSleep, ChildrenAsleep)",           \
      "IHI 0069 GICR_WAKER")                                                                                           \
    /* LPIs. */                                                                                                        \
    R(ARM_LPIS_OFF, GATE, "LPI {0} cannot be pending at CPU {1}: GICR_CTLR.EnableLPIs is 0", "IHI 0069 GICR_CTLR")     \
    R(ARM_LPI_RANGE, GATE,                                                                                             \
      "LPI {0} does not exist at CPU {1}: GICR_PROPBASER.IDbits = {2} allows INTIDs up to {3}",                        \
      "IHI 0069 GICR_PROPBASER")                                                                                       \
    R(ARM_LPI_NOT_PENDING, GATE,                                                                                       \
      "LPI {0} is not pending at CPU {1}: no event has come since it was acknowledged or cleared", "IHI 0069 LPIs")    \
    R(ARM_LPI_PENDING_TABLE, GATE,                                                                                     \
      "the pending table of CPU {0} is not in RAM (GICR_PENDBASER = {1:x}): what was pending in it is lost",           \
      "IHI 0069 GICR_PENDBASER")                                                                                       \
    R(ARM_LPI_PENDING_ZERO, GATE,                                                                                      \
      "LPI {0} is pending in the table of CPU {1} at {2:x}, which was not read: GICR_PENDBASER.PTZ = 1 says that it "  \
      "is zero", "IHI 0069 GICR_PENDBASER")                                                                            \
    R(ARM_LPI_NOWHERE, GATE,                                                                                           \
      "LPI {0} is not pending at any of the {1} CPUs ({2} with GICR_CTLR.EnableLPIs = 1)", "IHI 0069 LPIs")            \
    R(ARM_LPI_TABLE, GATE,                                                                                             \
      "the configuration byte of LPI {0} at {1:x} is not in RAM (GICR_PROPBASER of CPU {2})",                          \
      "IHI 0069 GICR_PROPBASER")                                                                                       \
    R(ARM_LPI_DISABLED, GATE,                                                                                          \
      "LPI {0} is disabled: bit 0 of its configuration byte {1:h2} at {2:x} is 0",                                     \
      "IHI 0069 LPI configuration tables")                                                                             \
    R(ARM_LPI_STALE, GATE,                                                                                             \
      "LPI {0} is enabled by its configuration byte {1:h2} at {2:x}, but the redistributor of CPU {3} has cached "     \
      "that it is disabled: INV or INVALL is missing", "IHI 0069 LPI configuration tables")                            \
    R(ARM_LPI_STALE_PRIORITY, GATE,                                                                                    \
      "LPI {0} has priority {1:h2} by its configuration byte at {2:x}, but the redistributor of CPU {3} has cached "   \
      "{4:h2}: INV or INVALL is missing", "IHI 0069 LPI configuration tables")                                         \
    /* The ITS. */                                                                                                     \
    R(ARM_NO_ITS, GATE, "there is no ITS", "IHI 0069 GITS_TRANSLATER")                                                 \
    R(ARM_ITS_OFF, GATE, "the ITS translates nothing: GITS_CTLR.Enabled is 0", "IHI 0069 GITS_CTLR")                   \
    R(ARM_ITS_DEVICE_BITS, GATE,                                                                                       \
      "DeviceID {0} has more bits than the {1} of GITS_TYPER.Devbits", "IHI 0069 GITS_TYPER")                          \
    R(ARM_ITS_NO_TABLE, GATE,                                                                                          \
      "there is no {0?device|collection} table: bit 63 (Valid) of GITS_BASER{0} = {1:x} is 0",                         \
      "IHI 0069 GITS_BASER<n>")                                                                                        \
    R(ARM_ITS_NO_ENTRY, GATE,                                                                                          \
      "{0?DeviceID|collection} {2} has no entry in the table of GITS_BASER{0} = {1:x}: {3?it is beyond its size|the "  \
      "page of level 2 is not valid}", "IHI 0069 GITS_BASER<n>")                                                       \
    R(ARM_ITS_TABLE, GATE,                                                                                             \
      "the {0?device|collection} table is not in RAM (GITS_BASER{0} = {1:x})", "IHI 0069 GITS_BASER<n>")               \
    R(ARM_ITS_ITT, GATE, "the ITT of DeviceID {0} is not in RAM at {1:x}", "IHI 0069 MAPD")                            \
    R(ARM_ITS_NO_DEVICE, GATE, "DeviceID {0} is not mapped: no MAPD gave it an ITT", "IHI 0069 MAPD")                  \
    R(ARM_ITS_EVENT_RANGE, GATE,                                                                                       \
      "EventID {0} is out of range: MAPD gave DeviceID {1} {2} bits of EventIDs", "IHI 0069 MAPD")                     \
    R(ARM_ITS_NO_EVENT, GATE,                                                                                          \
      "EventID {0} of DeviceID {1} is not mapped: no MAPTI or MAPI gave it an INTID", "IHI 0069 MAPTI")                \
    R(ARM_ITS_NO_COLLECTION, GATE,                                                                                     \
      "collection {0} of EventID {1} of DeviceID {2} is not mapped: no MAPC gave it a CPU", "IHI 0069 MAPC")           \
    R(ARM_ITS_NO_CPU, GATE, "collection {0} is mapped to CPU {1}, and there are {2}", "IHI 0069 MAPC")                 \
    R(ARM_ITS_STALLED, GATE,                                                                                           \
      "the command queue is stalled at GITS_CREADR = {0:h5} by error {1:h6}: later commands wait for "                 \
      "GITS_CWRITER.Retry", "IHI 0069 GITS_CREADR")                                                                    \
    R(ARM_ITS_QUEUE_MEMORY, GATE,                                                                                      \
      "the command queue is stalled at GITS_CREADR = {0:h5}: it is not in RAM there (GITS_CBASER = {1:x})",            \
      "IHI 0069 GITS_CBASER")                                                                                          \
    R(ARM_ITS_QUEUED, GATE,                                                                                            \
      "the commands from GITS_CREADR = {0:h5} to GITS_CWRITER = {1:h5} have not been executed yet{2?|: "               \
      "GITS_CBASER.Valid is 0}", "IHI 0069 GITS_CREADR")                                                               \
    R(ARM_ITS_ERROR, GATE,                                                                                             \
      "a command had no effect: the last error is {0:h6} ({1} so far)", "IHI 0069 ITS command error encodings")        \
    /* Messages. */                                                                                                    \
    R(ARM_NO_REGISTER, GATE,                                                                                           \
      "no message register (GICD_SETSPI, MSI_SETSPI_NS, GITS_TRANSLATER) is at {0:x}",                                 \
      "IHI 0069 GICD_SETSPI_NSR, GITS_TRANSLATER; SBSA GICv2m")                                                        \
    R(ARM_V2M_INTID, GATE,                                                                                             \
      "data {0} names no SPI of the v2m frame, which has INTIDs {1} to {2} (MSI_TYPER)", "SBSA GICv2m")                \
    R(ARM_SETSPI_INTID, GATE, "data {0} of GICD_SETSPI is not the INTID of an SPI here", "IHI 0069 GICD_SETSPI_NSR")   \
    R(ARM_SETSPI_SECURE, GATE,                                                                                         \
      "GICD_SETSPI_SR ignores the write: {0?with one Security state it is WI|it takes only Secure ones}",              \
      "IHI 0069 GICD_SETSPI_SR")                                                                                       \
    R(ARM_SETSPI_NSACR, GATE,                                                                                          \
      "INTID {0} is Secure, and its field in GICD_NSACR (bits {2}:{3} of GICD_NSACR{1}{4?|E}) allows no Non-secure "   \
      "write of GICD_SETSPI_NSR", "IHI 0069 GICD_NSACR<n>")                                                            \
    R(ARM_CLRSPI, GATE,                                                                                                \
      "{0:x} is {2?GICD_CLRSPI_NSR|GICD_CLRSPI_SR}: a write there can only end the pending state of INTID {1}",        \
      "IHI 0069 GICD_CLRSPI_NSR")                                                                                      \
    /* CPU interfaces: {0} INTID, {1} CPU, {2} priority. */                                                            \
    R(ARM_ICC_GROUP_OFF, GATE,                                                                                         \
      "INTID {0} is in {2?Group 0|Non-secure Group 1|Secure Group 1|Group 1}, and {2?ICC_IGRPEN0_EL1|the Non-secure "  \
      "ICC_IGRPEN1_EL1|the Secure ICC_IGRPEN1_EL1|ICC_IGRPEN1_EL1} of CPU {1} is 0", "IHI 0069 ICC_IGRPEN1_EL1")       \
    R(ARM_ICC_BEHIND, GATE,                                                                                            \
      "INTID {0} with priority {2:h2} waits at CPU {1} until INTID {3} with priority {4:h2} is acknowledged, which "   \
      "is the highest pending one ({5?ICC_HPPIR0_EL1|ICC_HPPIR1_EL1})", "IHI 0069 ICC_HPPIR1_EL1")                     \
    R(ARM_ICC_MASKED, GATE,                                                                                            \
      "INTID {0} has priority {2:h2} at CPU {1}, and ICC_PMR_EL1 = {3:h2} masks {3:h2} to FFh{4?| (as Secure "         \
      "software reads them)}", "IHI 0069 4.8")                                                                         \
    R(ARM_ICC_RUNNING, GATE,                                                                                           \
      "INTID {0} with priority {2:h2} does not preempt what CPU {1} handles: the running priority is {3:h2} "          \
      "(ICC_RPR_EL1)", "IHI 0069 4.8")                                                                                 \
    R(ARM_ICC_RUNNING_INTID, GATE,                                                                                     \
      "INTID {0} with priority {2:h2} does not preempt what CPU {1} handles: the running priority is {3:h2} "          \
      "(ICC_RPR_EL1), and INTID {4}, which has it, is active", "IHI 0069 4.8")                                         \
    R(ARM_ICC_SAME_GROUP, GATE,                                                                                        \
      "INTID {0} with priority {2:h2} does not preempt priority {3:h2}, which CPU {1} handles: "                       \
      "{5?ICC_BPR0_EL1|ICC_BPR1_EL1} leaves only the bits {4:h2} to compare", "IHI 0069 4.8")                          \
    R(ARM_ICC_NMI_MASKED, GATE,                                                                                        \
      "INTID {0} has superpriority at {2:h2} at CPU {1}, and ICC_PMR_EL1 = {3:h2} masks even that",                    \
      "IHI 0069 ICC_PMR_EL1")                                                                                          \
    R(ARM_GICC_GROUP_OFF, GATE,                                                                                        \
      "INTID {0} is in {2?Group 0|Group 1}, and GICC_CTLR.{2?EnableGrp0|EnableGrp1} of CPU {1} is 0 (GICC_CTLR = "     \
      "{3:h3})", "IHI 0048B 4.4.1")                                                                                    \
    R(ARM_GICC_HIDDEN, GATE,                                                                                           \
      "INTID {0} with priority {2:h2} is hidden at CPU {1} by INTID {3} with priority {4:h2}, the highest pending "    \
      "one, though GICC_CTLR.{5?EnableGrp0|EnableGrp1} is 0", "IHI 0048B 4.4.4")                                       \
    R(ARM_GICC_BEHIND, GATE,                                                                                           \
      "INTID {0} with priority {2:h2} waits at CPU {1} until INTID {3} with priority {4:h2} is acknowledged, which "   \
      "is the highest pending one (GICC_HPPIR)", "IHI 0048B 4.4.7")                                                    \
    R(ARM_GICC_MASKED, GATE,                                                                                           \
      "INTID {0} has priority {2:h2} at CPU {1}, and GICC_PMR = {3:h2} masks {3:h2} to FFh{4?| (as Secure software "   \
      "reads them)}", "IHI 0048B 4.4.2")                                                                               \
    R(ARM_GICC_RUNNING, GATE,                                                                                          \
      "INTID {0} with priority {2:h2} does not preempt what CPU {1} handles: the running priority is {3:h2} "          \
      "(GICC_RPR)", "IHI 0048B 4.4.6")                                                                                 \
    R(ARM_GICC_RUNNING_INTID, GATE,                                                                                    \
      "INTID {0} with priority {2:h2} does not preempt what CPU {1} handles: the running priority is {3:h2} "          \
      "(GICC_RPR), and INTID {4}, which has it, is active", "IHI 0048B 4.4.6")                                         \
    R(ARM_GICC_SAME_GROUP, GATE,                                                                                       \
      "INTID {0} with priority {2:h2} does not preempt priority {3:h2}, which CPU {1} handles: "                       \
      "{5?GICC_BPR|GICC_ABPR} leaves only the bits {4:h2} to compare", "IHI 0048B 4.4.3")                              \
    R(ARM_SIGNALLED, PLACE,                                                                                            \
      "INTID {0} is pending at CPU {1} with priority {2:h2}, and {3?IRQ|FIQ} is signalled{5?| with superpriority}: "   \
      "the CPU has not acknowledged it ({4?ICC_IAR0_EL1|ICC_IAR1_EL1|ICC_IAR1_EL1|GICC_IAR|ICC_NMIAR1_EL1})",          \
      "IHI 0069 4.1; IHI 0048B 3.2")
// clang-format on

#define INTACT_WHY_REASONS(R) INTACT_WHY_SOURCES(R) INTACT_WHY_X86(R) INTACT_WHY_ARM(R)

enum intact_why_reason {
#define INTACT_WHY_ID(id, kind, sentence, section) INTACT_WHY_##id,
    INTACT_WHY_REASONS(INTACT_WHY_ID)
#undef INTACT_WHY_ID
        INTACT_WHY_REASON_COUNT
};

#define INTACT_WHY_VALUES 6
#define INTACT_WHY_TEXT   400 // bytes that hold any sentence, with the terminating 0

struct intact_why_finding {
    enum intact_why_reason reason;
    uint64_t value[INTACT_WHY_VALUES]; // as the sentence says; those that it does not have are 0
    const char *name;                  // of a source or a device, valid during the call; NULL: the sentence has none
};

typedef void intact_why_found(void *owner, const struct intact_why_finding *finding);

// Writes the sentence with its values into `out`, `size` bytes, cut where it is too small. Any thread.
void intact_why_text(const struct intact_why_finding *finding, char *out, size_t size);

// What a reason is called ("IOAPIC_MASKED"), its kind, its sentence as in the lists above, and the manual with its section;
// "" for none, and for a number that is no reason. Any thread.
const char *intact_why_name(enum intact_why_reason reason);
enum intact_why_kind intact_why_kind(enum intact_why_reason reason);
const char *intact_why_sentence(enum intact_why_reason reason);
const char *intact_why_section(enum intact_why_reason reason);

#ifdef __cplusplus
}
#endif
#pragma GCC visibility pop
#endif
