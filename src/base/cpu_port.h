// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The interface between a vCPU and its interrupt controller: three functions and one pending word.
//
// The controller reports each change of a CPU's word by calling `signal` (x86_irq_config, arm_irq_config); the vCPU
// acknowledges what it takes, and reads and writes the controller registers that only it can access. An EOI is a write.
// Neither side includes the other.
#ifndef BASE_CPU_PORT_H
#define BASE_CPU_PORT_H

#include <stdint.h>

#include "base/bits.h"

// Bits of the pending word. INTR and IRQ are levels that follow the controller's output; the others stay until they are
// acknowledged.
enum {
    PENDING_INTR = BIT32(0), // x86: a vector is ready (LAPIC, or the 8259 through ExtINT)
    PENDING_NMI = BIT32(1),  // Arm: with IRQ or FIQ, which then has superpriority; a level like them
    PENDING_SMI = BIT32(2),
    PENDING_INIT = BIT32(3),
    PENDING_SIPI = BIT32(4),
    PENDING_IRQ = BIT32(5), // Arm
    PENDING_FIQ = BIT32(6),
};

enum port_space {
    PORT_MEMORY,   // physical address: the xAPIC page of this CPU (it has precedence over RAM)
    PORT_REGISTER, // x86: MSR number (1Bh, 6E0h, 800h-8FFh) or PORT_CR8; Arm: system register encoding
};

#define PORT_CR8       UINT64_C(0x100000000) // MOV to and from CR8, 4 bits
#define PORT_SCTLR_NMI UINT64_C(0x100000001) // Arm, write only: SCTLR_ELx.NMI of the current EL

enum port_result {
    PORT_NOT_MINE, // not a register of the interrupt controller: the vCPU or the bus answers
    PORT_DONE,
    PORT_FAULT, // x86: #GP(0)
};

struct cpu_port {
    void *owner;
    // Takes what `which` (one PENDING_ bit) announces. Returns the vector for INTR (0-255) and SIPI, 0 for the others.
    // -1: it is no longer pending (the word was stale), and the CPU takes nothing.
    int (*acknowledge)(void *owner, uint32_t vcpu, uint32_t which, uint64_t now);
    enum port_result (*read)(void *owner, uint32_t vcpu, enum port_space space, uint64_t address, unsigned size,
                             uint64_t *value, uint64_t now);
    enum port_result (*write)(void *owner, uint32_t vcpu, enum port_space space, uint64_t address, unsigned size,
                              uint64_t value, uint64_t now);
};

#endif
