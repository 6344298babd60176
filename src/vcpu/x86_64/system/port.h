// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Accesses to the I/O port space by IN, OUT, INS and OUTS, after the permission check.
#ifndef VCPU_X86_64_PORT_H
#define VCPU_X86_64_PORT_H

#include "base/bits.h"
#include "vcpu/loop.h"
#include "vcpu/x86_64/cpu.h"
#include "vcpu/x86_64/system/debug.h"

static inline void x86_after_port(struct x86_cpu *cpu, uint16_t port, unsigned size)
{
    if (unlikely(x86_has_breakpoints(cpu)))
        x86_watch_port(cpu, port, size);
    if (cpu->vcpu.loop->clock->moved)
        cpu->vcpu.kick |= KICK_CUT;
}

static inline uint64_t x86_port_read(struct x86_cpu *cpu, uint16_t port, unsigned size)
{
    struct loop *loop = cpu->vcpu.loop;
    uint64_t now = vcpu_now(&cpu->vcpu);
    uint64_t value = loop->ports ? bus_read(loop->ports, port, size, now) : bits_low(8 * size);
    x86_after_port(cpu, port, size);
    return value;
}

static inline void x86_port_write(struct x86_cpu *cpu, uint16_t port, unsigned size, uint64_t value)
{
    struct loop *loop = cpu->vcpu.loop;
    uint64_t now = vcpu_now(&cpu->vcpu);
    if (loop->ports)
        bus_write(loop->ports, port, size, value & bits_low(8 * size), now);
    x86_after_port(cpu, port, size);
}

#endif
