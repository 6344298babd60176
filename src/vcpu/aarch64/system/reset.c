// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The life of a CPU: created, reset, started by PSCI CPU_ON; and the list of its state (Arm ARM section D1.3.3).
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "vcpu/aarch64/system/debug.h"
#include "vcpu/aarch64/system/mmu.h"
#include "vcpu/aarch64/system/model.h"
#include "vcpu/aarch64/system/sysreg.h"
#include "vcpu/loop.h"

static void reset_registers(struct a64_cpu *cpu)
{
    for (unsigned i = 0; i < a64_sysreg_count; i++) {
        const struct a64_sysreg *row = &a64_sysregs[i];
        unsigned count = row->count ? row->count : 1;
        for (unsigned n = 0; row->field && n < count; n++)
            memcpy((char *)cpu + row->field + n * sizeof(uint64_t), &row->reset, sizeof row->reset);
    }
}

void a64_reset(struct a64_cpu *cpu)
{
    bool nmi = cpu->sctlr & A64_SCTLR_NMI;
    memset(cpu->r, 0, sizeof cpu->r);
    memset(cpu->v, 0, sizeof cpu->v);
    reset_registers(cpu);
    a64_set_nzcv(cpu, 0);
    cpu->dbgclaim = 0;
    cpu->fpcr = cpu->fpsr = 0;
    cpu->daif = A64_DAIF;
    cpu->el = 1;
    cpu->spsel = true;
    cpu->illegal = cpu->step = cpu->allint = cpu->event = cpu->waits_event = false;
    if (nmi)
        a64_tell_nmi(cpu);
    cpu->fault = (struct a64_fault){ 0 };
    cpu->vcpu.faulted = UINT64_MAX;
    cpu->monitor = (struct a64_monitor){ 0 };
    a64_debug_changed(cpu);
    a64_flush(cpu);
    vcpu_set_state(&cpu->vcpu, cpu->bootstrap ? VCPU_RUNNING : VCPU_STOPPED);
}

void a64_start(struct a64_cpu *cpu, uint64_t entry, uint64_t context)
{
    a64_reset(cpu);
    cpu->r[0] = context;
    cpu->r[A64_PC] = entry;
    vcpu_set_state(&cpu->vcpu, VCPU_RUNNING);
}

int a64_cpu_create(struct a64_cpu **out, struct loop *loop, uint32_t index, uint64_t mpidr)
{
    struct a64_cpu *cpu = aligned_alloc(_Alignof(struct a64_cpu), sizeof *cpu);
    if (!cpu)
        return -ENOMEM;
    memset(cpu, 0, sizeof *cpu);
    if (vcpu_init(&cpu->vcpu, loop, index) < 0) {
        free(cpu);
        return -ENOMEM;
    }
    cpu->model = &a64_models[0];
    cpu->mpidr = mpidr;
    cpu->bootstrap = index == 0;
    a64_reset(cpu);
    *out = cpu;
    return 0;
}

void a64_cpu_destroy(struct a64_cpu *cpu)
{
    if (!cpu)
        return;
    vcpu_free(&cpu->vcpu);
    free(cpu);
}

// --- the list of state ------------------------------------------------------------------------------------------------

static void visit_registers(struct a64_cpu *cpu, struct visit *v)
{
    VISIT(v, cpu->sctlr);
    VISIT(v, cpu->cpacr);
    VISIT(v, cpu->ttbr0);
    VISIT(v, cpu->ttbr1);
    VISIT(v, cpu->tcr);
    VISIT(v, cpu->mair);
    VISIT(v, cpu->vbar);
    VISIT(v, cpu->elr);
    VISIT(v, cpu->spsr);
    VISIT(v, cpu->esr);
    VISIT(v, cpu->far);
    VISIT(v, cpu->par);
    VISIT(v, cpu->afsr0);
    VISIT(v, cpu->afsr1);
    VISIT(v, cpu->contextidr);
    VISIT(v, cpu->tpidr_el0);
    VISIT(v, cpu->tpidrro_el0);
    VISIT(v, cpu->tpidr_el1);
    VISIT(v, cpu->csselr);
    VISIT(v, cpu->cntkctl);
    VISIT(v, cpu->cntfrq);
}

static void visit_debug(struct a64_cpu *cpu, struct visit *v)
{
    VISIT(v, cpu->mdscr);
    VISIT(v, cpu->osdlr);
    VISIT(v, cpu->oslsr);
    VISIT(v, cpu->dbgclaim);
    VISIT(v, cpu->dbgprcr);
    VISIT(v, cpu->mdccint);
    VISIT_ARRAY(v, cpu->dbgbvr);
    VISIT_ARRAY(v, cpu->dbgbcr);
    VISIT_ARRAY(v, cpu->dbgwvr);
    VISIT_ARRAY(v, cpu->dbgwcr);
}

void a64_cpu_visit(struct a64_cpu *cpu, struct visit *v)
{
    vcpu_visit(&cpu->vcpu, v);
    VISIT_MEMORY(v, cpu->r, A64_X30 + 1);
    VISIT(v, cpu->r[A64_SP_EL0]);
    VISIT(v, cpu->r[A64_SP_EL1]);
    VISIT(v, cpu->r[A64_PC]);
    VISIT(v, cpu->result);
    VISIT(v, cpu->aux);
    VISIT(v, cpu->daif);
    VISIT_BELOW(v, cpu->el, 2);
    VISIT(v, cpu->spsel);
    VISIT(v, cpu->illegal);
    VISIT(v, cpu->step);
    VISIT(v, cpu->allint);
    VISIT(v, cpu->event);
    VISIT(v, cpu->waits_event);
    VISIT(v, cpu->monitor.address);
    VISIT_ARRAY(v, cpu->monitor.value);
    VISIT(v, cpu->monitor.others);
    VISIT(v, cpu->monitor.size);
    visit_registers(cpu, v);
    visit_debug(cpu, v);
    VISIT(v, cpu->fpcr);
    VISIT(v, cpu->fpsr);
    VISIT_MEMORY(v, &cpu->v[0].d[0], 2 * countof(cpu->v));
    VISIT_ARRAY(v, cpu->mistakes);
}

void a64_cpu_loaded(struct a64_cpu *cpu)
{
    a64_debug_changed(cpu);
    a64_flush(cpu);
    vcpu_loaded(&cpu->vcpu);
}
