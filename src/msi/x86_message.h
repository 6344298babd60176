// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// One x86 interrupt message: what all kinds of sources send to the local APICs.
//
// An MSI (Intel SDM vol. 3, "Message Signalled Interrupts"), an IOAPIC redirection entry (82093AA 3.2.4) and an ICR
// write (SDM, "Interrupt Command Register") have the same fields in different places. They are all converted to this
// form.
//
// Path: msi/msi_x86.c, irqchip/x86/ioapic.c, irqchip/x86/lapic.c (IPIs) / irqchip/x86/x86_irq_deliver.c
#ifndef MSI_X86_MESSAGE_H
#define MSI_X86_MESSAGE_H

#include <stdbool.h>
#include <stdint.h>

// The three-bit code of all three sources. 3 is reserved everywhere; 6 is reserved in MSIs and redirection entries, 7
// in the ICR.
enum x86_delivery {
    X86_FIXED = 0,
    X86_LOWEST = 1, // lowest priority: one CPU of those addressed
    X86_SMI = 2,
    X86_NMI = 4,
    X86_INIT = 5,
    X86_SIPI = 6,
    X86_EXTINT = 7, // the vector comes from the 8259A, by INTA, when the CPU takes it
};

#define X86_BROADCAST_SHORT UINT32_C(0xff)
#define X86_BROADCAST       UINT32_C(0xffffffff)

struct x86_message {
    // Physical: an APIC id. Logical: a message destination address, read by each receiver in its own mode (flat,
    // cluster, x2APIC), because one machine may hold xAPIC and x2APIC CPUs at once.
    uint32_t destination;
    uint8_t vector;         // 0-15 are passed on for fixed and lowest: the receiver reports them in its ESR
    uint8_t delivery;       // enum x86_delivery
    bool logical;           // destination mode
    bool level;             // trigger mode: level. False for SMI, NMI, INIT by MSI and IOAPIC, whatever was programmed
    bool assert_level;      // false only for an INIT level de-assert
    bool redirection_hint;  // MSI: one CPU of the logical group may be chosen
    bool short_destination; // an 8-bit source: FFh is broadcast, for x2APIC receivers too
};

// Addressed to every CPU. A receiver in xAPIC mode sees 8 bits only and takes FFh as broadcast from any source; for one
// in x2APIC mode FFh is APIC id 255 unless the source is an 8-bit one.
static inline bool x86_message_broadcast(const struct x86_message *message)
{
    return message->destination == (message->short_destination ? X86_BROADCAST_SHORT : X86_BROADCAST);
}

// One receiver is chosen among those that match. The hint works on logical destinations alone: a physical one leaves no
// choice, the CPU with that id is meant (SDM, "Message Address Register Format").
static inline bool x86_message_one_of_many(const struct x86_message *message)
{
    return message->delivery == X86_LOWEST ||
           (message->delivery == X86_FIXED && message->redirection_hint && message->logical);
}

// Fixed and lowest priority carry a vector into IRR; the others are signals of their own and always edges.
static inline bool x86_delivery_has_vector(unsigned delivery)
{
    return delivery == X86_FIXED || delivery == X86_LOWEST;
}

#endif
