// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The registers of the local APIC for WRMSR and MOV CR8: they are accessed through the CPU port.
#ifndef VCPU_X86_64_APIC_PORT_H
#define VCPU_X86_64_APIC_PORT_H

#include "base/cpu_port.h"
#include "vcpu/loop.h"
#include "vcpu/x86_64/cpu.h"

// `number`: MSR number or PORT_CR8. PORT_NOT_MINE where the machine has no interrupt controller for its CPUs.
static inline enum port_result x86_apic_read(struct x86_cpu *cpu, uint64_t number, uint64_t *value)
{
    const struct cpu_port *port = &cpu->vcpu.loop->port;
    if (!port->read)
        return PORT_NOT_MINE;
    return port->read(port->owner, cpu->vcpu.index, PORT_REGISTER, number, 8, value, vcpu_now(&cpu->vcpu));
}

static inline enum port_result x86_apic_write(struct x86_cpu *cpu, uint64_t number, uint64_t value)
{
    const struct cpu_port *port = &cpu->vcpu.loop->port;
    if (!port->write)
        return PORT_NOT_MINE;
    return port->write(port->owner, cpu->vcpu.index, PORT_REGISTER, number, 8, value, vcpu_now(&cpu->vcpu));
}

#endif
