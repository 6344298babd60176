// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The instructions of the system and other rare ones: thin functions from an op to the files with the rules (interrupt.h,
// sysreg.h, mmu.h, psci.h).
//
// Caches are not modelled: code and data are always coherent, so maintenance by address only checks the address.
#include "vcpu/aarch64/exec/helper.h"

#include <string.h>

#include "vcpu/aarch64/exec/ops_memory.h"
#include "vcpu/aarch64/system/debug.h"
#include "vcpu/aarch64/system/interrupt.h"
#include "vcpu/aarch64/system/mmu.h"
#include "vcpu/aarch64/system/model.h"
#include "vcpu/aarch64/system/psci.h"
#include "vcpu/aarch64/system/semihosting.h"
#include "vcpu/aarch64/system/sysreg.h"
#include "vcpu/loop.h"

#define HELPER(name) enum op_out a64_help_##name(struct a64_cpu *cpu, const struct op *op)

// Done; leave after this instruction if something asked for it meanwhile.
static enum op_out finish(const struct a64_cpu *cpu)
{
    return cpu->vcpu.kick ? OP_FINISH : OP_NEXT;
}

// --- exceptions and calls -----------------------------------------------------------------------------------------------

HELPER(undefined) // x: a system register that is not there
{
    a64_mistake(cpu, op->x ? A64_MISTAKE_SYSREG : A64_MISTAKE_UNALLOCATED, cpu->r[A64_PC]);
    a64_undefined(cpu);
    return OP_FAULT;
}

static enum op_out take(struct a64_cpu *cpu, uint32_t syndrome)
{
    cpu->fault = (struct a64_fault){ .syndrome = syndrome };
    return OP_FAULT;
}

HELPER(exception) // value: the syndrome
{
    return take(cpu, (uint32_t)op->value);
}

HELPER(hvc) // x: the immediate is not 0
{
    if (op->x || !a64_psci_call(cpu))
        cpu->r[0] = UINT64_MAX; // NOT_SUPPORTED (SMC Calling Convention section 5.2)
    return OP_NEXT;
}

HELPER(semihosting)
{
    (void)op;
    if (!cpu->semihosting) {
        a64_mistake(cpu, A64_MISTAKE_UNALLOCATED, cpu->r[A64_PC]);
        a64_undefined(cpu);
        return OP_FAULT;
    }
    a64_semihosting_call(cpu);
    return OP_FINISH;
}

// --- PSTATE -----------------------------------------------------------------------------------------------------------

HELPER(daif) // x: set, else clear; s: D, A, I, F; value: syndrome of the trap
{
    if (cpu->el == 0 && !(cpu->sctlr & A64_SCTLR_UMA))
        return take(cpu, (uint32_t)op->value);
    uint32_t bits = (uint32_t)op->s << 6;
    cpu->daif = op->x ? cpu->daif | bits : cpu->daif & ~bits;
    if (unlikely(cpu->mdscr & (A64_MDSCR_SS | A64_MDSCR_MDE)))
        a64_debug_mask_changed(cpu);
    if (!op->x && cpu->vcpu.pending) // what was unmasked is taken right after
        return OP_FINISH;
    return finish(cpu);
}

HELPER(allint) // x: the new value
{
    cpu->allint = op->x;
    return !op->x && cpu->vcpu.pending ? OP_FINISH : OP_NEXT;
}

HELPER(spsel)
{
    a64_write_spsel(cpu, op->x);
    return OP_NEXT;
}

// --- caches and TLBs ----------------------------------------------------------------------------------------------------

HELPER(dc_zva)
{
    if (cpu->el == 0 && !(cpu->sctlr & A64_SCTLR_DZE))
        return take(cpu, (uint32_t)op->value);
    uint64_t address = cpu->r[op->a], line = address & ~(uint64_t)(A64_ZVA_BYTES - 1);
    const struct tlb_entry *entry = tlb_slot(&cpu->vcpu, line);
    if (tlb_hit(entry->write, line, A64_ZVA_BYTES)) {
        memset((void *)((uintptr_t)line + entry->addend), 0, A64_ZVA_BYTES);
        return finish(cpu);
    }
    if (!a64_probe(cpu, line, A64_ZVA_BYTES, ACCESS_WRITE)) {
        cpu->fault.address = address; // of a watchpoint too (section D2.10.5)
        return OP_FAULT;
    }
    for (unsigned i = 0; i < A64_ZVA_BYTES; i += 8)
        if (!a64_store(cpu, line + i, 8, 0))
            return OP_FAULT;
    return finish(cpu);
}

// Bytes (CTR_EL0.DminLine).
static uint64_t cache_line(const struct a64_cpu *cpu)
{
    return UINT64_C(4) << bits_get(cpu->model->ctr, 19, 16);
}

HELPER(cache) // x: DC IVAC, which needs permission to write
{
    if (cpu->el == 0 && !(cpu->sctlr & A64_SCTLR_UCI))
        return take(cpu, (uint32_t)op->value);
    uint64_t address = cpu->r[op->a], line = cache_line(cpu);
    // Of all cache maintenance DC IVAC alone is a store for watchpoints (section D2.10.6).
    if (tlb_probe(&cpu->vcpu, address, 1, cpu->el == 0, op->x ? ACCESS_WRITE : ACCESS_READ) &&
        (!op->x || !cpu->watchpoints ||
         a64_watch(&cpu->vcpu, address & ~(line - 1), (unsigned)line, ACCESS_WRITE, false)))
        return OP_NEXT;
    cpu->fault.address = address;
    cpu->fault.syndrome |= BIT32(8) | BIT32(6); // CM, WnR
    return OP_FAULT;
}

static void invalidate(struct a64_cpu *cpu, unsigned operation, uint64_t value)
{
    switch (operation) {
    case 0: a64_flush(cpu); break; // VMALLE1
    case 1:
    case 5: a64_flush_address(cpu, value, false); break; // VAE1, VALE1
    case 2: a64_flush_asid(cpu, value); break;           // ASIDE1
    default: a64_flush_address(cpu, value, true); break; // VAAE1, VAALE1
    }
}

HELPER(tlbi) // a: operand; x: op2; s: of all CPUs
{
    const struct loop *loop = cpu->vcpu.loop;
    uint64_t value = cpu->r[op->a];
    if (!op->s) {
        invalidate(cpu, op->x, value);
        return OP_NEXT;
    }
    for (unsigned i = 0; i < loop->count; i++)
        invalidate(a64_of(loop->vcpus[i]), op->x, value);
    return OP_NEXT;
}

HELPER(at) // x: bit 0 write, bit 1 as EL0
{
    struct a64_walk walk;
    uint64_t par = BIT64(11);
    if (a64_translate(cpu, cpu->r[op->a], op->x & 1 ? ACCESS_WRITE : ACCESS_READ, op->x & 2, &walk))
        par |= (uint64_t)walk.attributes << 56 | (walk.physical & PAGE_MASK) | (uint64_t)walk.shareability << 7;
    else
        par |= (uint64_t)walk.fault << 1 | 1;
    cpu->par = par;
    return OP_NEXT;
}

// --- waiting ----------------------------------------------------------------------------------------------------------

HELPER(yield) // a CPU waits in a loop: let the others run
{
    (void)op;
    if (cpu->vcpu.loop->running > 1)
        cpu->vcpu.kick |= KICK_CUT;
    return finish(cpu);
}

HELPER(wfi)
{
    (void)op;
    if (cpu->vcpu.pending & (PENDING_IRQ | PENDING_FIQ)) // it would not wait, so it does not trap
        return OP_NEXT;
    if (cpu->el == 0 && !(cpu->sctlr & A64_SCTLR_NTWI))
        return take(cpu, a64_syndrome(A64_EC_WFX, BIT32(24) | 14u << 20));
    cpu->waits_event = false;
    vcpu_set_state(&cpu->vcpu, VCPU_HALTED);
    return OP_FINISH;
}

// WFE really halts only where nothing but an event or an interrupt can end it. With the monitor armed, a store by another CPU
// would; with the event stream on (CNTKCTL_EL1.EVNTEN), the timer would: then it just lets the others run.
HELPER(wfe)
{
    if (cpu->event) {
        cpu->event = false;
        return OP_NEXT;
    }
    if (cpu->el == 0 && !(cpu->sctlr & A64_SCTLR_NTWE))
        return take(cpu, a64_syndrome(A64_EC_WFX, BIT32(24) | 14u << 20 | 1));
    if (cpu->monitor.size || (cpu->cntkctl & BIT32(2)))
        return a64_help_yield(cpu, op);
    if (cpu->vcpu.pending && a64_can_take(&cpu->vcpu))
        return OP_FINISH;
    cpu->waits_event = true;
    vcpu_set_state(&cpu->vcpu, VCPU_HALTED);
    return OP_FINISH;
}

HELPER(sev) // x: to all CPUs
{
    const struct loop *loop = cpu->vcpu.loop;
    if (!op->x) {
        cpu->event = true;
        return OP_NEXT;
    }
    for (unsigned i = 0; i < loop->count; i++) {
        struct a64_cpu *other = a64_of(loop->vcpus[i]);
        if (other->vcpu.state == VCPU_HALTED && other->waits_event)
            vcpu_set_state(&other->vcpu, VCPU_RUNNING);
        else
            other->event = true;
    }
    if (loop->running > 1)
        cpu->vcpu.kick |= KICK_CUT;
    return finish(cpu);
}

#define A64_HELPER_ENTRY(name, operands, reads, writes, faults, finishes, class) [A64_HELP_##name] = a64_help_##name,
enum op_out (*const a64_helpers[A64_HELPER_COUNT])(struct a64_cpu *cpu,
                                                   const struct op *op) = { A64_HELPERS(A64_HELPER_ENTRY) };

#define A64_HELPER_ROW(name, ...) [A64_HELP_##name] = OP_ROW(name, __VA_ARGS__),
const struct op_row a64_helper_rows[A64_HELPER_COUNT] = { A64_HELPERS(A64_HELPER_ROW) };
