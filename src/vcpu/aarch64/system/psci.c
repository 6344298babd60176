// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// PSCI 1.0 (DEN 0022D) and what the SMC Calling Convention (DEN 0028, 1.1) has to be answered: what a kernel needs of firmware. The
// conduit is HVC, as the device tree says: there is no EL3, so SMC is UNDEFINED (Arm ARM, SMC).
//
// A CPU runs as soon as CPU_ON has returned: nothing is ever ON_PENDING, and nothing fails inside. No trusted OS denies
// CPU_OFF. CPU_SUSPEND always waits as WFI does: a power-down, too, may be left before anything is lost (section 5.4.2).
//
// Not modelled: migration (there is no trusted OS), SYSTEM_SUSPEND, statistics: all optional, and NOT_SUPPORTED.
#include "vcpu/aarch64/system/psci.h"

#include "vcpu/aarch64/system/sysreg.h"
#include "vcpu/loop.h"

enum {
    SMCCC_VERSION = 0x80000000,
    SMCCC_ARCH_FEATURES = 0x80000001,
    PSCI_VERSION = 0x84000000,
    PSCI_SUSPEND = 0x84000001,
    PSCI_CPU_OFF = 0x84000002,
    PSCI_CPU_ON = 0x84000003,
    PSCI_AFFINITY_INFO = 0x84000004,
    PSCI_MIGRATE_INFO_TYPE = 0x84000006,
    PSCI_SYSTEM_OFF = 0x84000008,
    PSCI_SYSTEM_RESET = 0x84000009,
    PSCI_FEATURES = 0x8400000a,
    SMC64 = 0x40000000, // the same function with 64-bit arguments
};

enum { SUCCESS = 0, NOT_SUPPORTED = -1, INVALID_PARAMETERS = -2, ALREADY_ON = -4, INVALID_ADDRESS = -9 };

#define AFFINITY       UINT64_C(0xff00ffffff)
#define POWER_RESERVED UINT32_C(0xfcfe0000) // of a power state in the original format (section 5.4.2.1)
#define POWER_LEVEL    UINT32_C(0x03000000) // above that of a CPU: there is none

static struct a64_cpu *find(const struct a64_cpu *cpu, uint64_t affinity)
{
    const struct loop *loop = cpu->vcpu.loop;
    for (unsigned i = 0; i < loop->count; i++) {
        struct a64_cpu *other = a64_of(loop->vcpus[i]);
        if ((other->mpidr & AFFINITY) == affinity)
            return other;
    }
    return NULL;
}

static int64_t cpu_on(struct a64_cpu *cpu, uint64_t affinity, uint64_t entry, uint64_t context)
{
    struct a64_cpu *other = find(cpu, affinity);
    if (!other)
        return INVALID_PARAMETERS;
    if (other->vcpu.state != VCPU_STOPPED)
        return ALREADY_ON;
    if ((entry & 3) || !bus_find(cpu->vcpu.loop->memory, entry))
        return INVALID_ADDRESS;
    a64_start(other, entry, context);
    return SUCCESS;
}

static int64_t affinity_info(const struct a64_cpu *cpu, uint64_t affinity, uint64_t level)
{
    const struct a64_cpu *other = find(cpu, affinity);
    if (!other || level != 0)
        return INVALID_PARAMETERS;
    return other->vcpu.state == VCPU_STOPPED; // 0 on, 1 off
}

static int64_t features(uint32_t function)
{
    switch (function) {
    case SMCCC_VERSION:
    case PSCI_VERSION:
    case PSCI_SUSPEND: // its power states are in the original format
    case PSCI_SUSPEND | SMC64:
    case PSCI_CPU_OFF:
    case PSCI_CPU_ON:
    case PSCI_CPU_ON | SMC64:
    case PSCI_AFFINITY_INFO:
    case PSCI_AFFINITY_INFO | SMC64:
    case PSCI_MIGRATE_INFO_TYPE:
    case PSCI_SYSTEM_OFF:
    case PSCI_SYSTEM_RESET:
    case PSCI_FEATURES: return SUCCESS;
    default: return NOT_SUPPORTED;
    }
}

static int64_t suspend(struct a64_cpu *cpu, uint32_t state)
{
    if (state & (POWER_RESERVED | POWER_LEVEL))
        return INVALID_PARAMETERS;
    cpu->waits_event = false;
    if (!(cpu->vcpu.pending & (PENDING_IRQ | PENDING_FIQ)))
        vcpu_set_state(&cpu->vcpu, VCPU_HALTED);
    return SUCCESS;
}

static void power_off(struct a64_cpu *cpu, enum loop_stop stop)
{
    vcpu_set_state(&cpu->vcpu, VCPU_STOPPED);
    if (stop != LOOP_RUNNING)
        loop_stop(cpu->vcpu.loop, stop, 0);
}

bool a64_psci_call(struct a64_cpu *cpu)
{
    uint32_t function = (uint32_t)cpu->r[0];
    uint64_t mask = function & SMC64 ? UINT64_MAX : UINT32_MAX, a = cpu->r[1] & mask, b = cpu->r[2] & mask,
             c = cpu->r[3] & mask;
    int64_t result = SUCCESS;
    // Functions without addresses exist with 32-bit arguments alone (section 5.1).
    switch (function) {
    case PSCI_VERSION: result = 0x10000; break;
    case SMCCC_VERSION: result = 0x10001; break;
    case SMCCC_ARCH_FEATURES: result = a == SMCCC_VERSION || a == SMCCC_ARCH_FEATURES ? SUCCESS : NOT_SUPPORTED; break;
    case PSCI_MIGRATE_INFO_TYPE: result = 2; break; // no trusted OS, or none that needs it
    case PSCI_FEATURES: result = features((uint32_t)a); break;
    case PSCI_CPU_OFF: power_off(cpu, LOOP_RUNNING); break;
    case PSCI_SYSTEM_OFF: power_off(cpu, LOOP_POWER_OFF); break;
    case PSCI_SYSTEM_RESET: power_off(cpu, LOOP_RESET); break;
    case PSCI_SUSPEND:
    case PSCI_SUSPEND | SMC64: result = suspend(cpu, (uint32_t)a); break;
    case PSCI_CPU_ON:
    case PSCI_CPU_ON | SMC64: result = cpu_on(cpu, a, b, c); break;
    case PSCI_AFFINITY_INFO:
    case PSCI_AFFINITY_INFO | SMC64: result = affinity_info(cpu, a, b); break;
    default: a64_mistake(cpu, A64_MISTAKE_PSCI, function); return false;
    }
    cpu->r[0] = (uint64_t)result;
    return true;
}
