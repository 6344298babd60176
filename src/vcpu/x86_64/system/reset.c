// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Reset, INIT and SIPI of a CPU, and the list of its state (SDM vol. 3 table 10-1).
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "vcpu/loop.h"
#include "vcpu/x86_64/system/mmu.h"
#include "vcpu/x86_64/system/model.h"
#include "vcpu/x86_64/system/protect.h"
#include "vcpu/x86_64/system/segment.h"
#include "vcpu/x86_64/system/sysreg.h"

#define APIC_PAGE 0xfee00000u // IA32_APIC_BASE after reset

enum { MTRR_UC = 0, MTRR_WB = 6 };

// The common part of reset and INIT.
static void restart(struct x86_cpu *cpu)
{
    memset(cpu->r, 0, sizeof cpu->r);
    cpu->r[X86_RDX] = cpu->model->signature;
    cpu->r[X86_RIP] = 0xfff0;
    x86_set_flags(cpu, 2);
    cpu->cpl = 0;
    cpu->nmi_blocked = false;
    cpu->shutdown = false;
    cpu->traps = 0;
    cpu->shadow = cpu->shadow_ss = cpu->resume = cpu->vcpu.faulted = UINT64_MAX;
    cpu->fault = (struct x86_fault){ 0 };
    cpu->cr2 = cpu->cr3 = cpu->cr4 = cpu->efer = 0;
    cpu->gdt_base = cpu->idt_base = 0;
    cpu->gdt_limit = cpu->idt_limit = 0xffff;
    memset(cpu->dr, 0, sizeof cpu->dr);
    cpu->dr[6] = 0xffff0ff0;
    cpu->dr[7] = 0x400;
    for (unsigned i = 0; i <= X86_GS; i++)
        x86_set_segment(cpu, (enum x86_segment)i, 0, 0, 0xffff, X86_ATTR_DATA);
    x86_set_segment(cpu, X86_CS, 0xf000, 0xffff0000, 0xffff, X86_ATTR_DATA);
    x86_set_segment(cpu, X86_LDTR, 0, 0, 0xffff, X86_ATTR_P | X86_TYPE_LDT);
    x86_set_segment(cpu, X86_TR, 0, 0, 0xffff, X86_ATTR_P | X86_TYPE_TSS_BUSY);
    x86_flush(cpu);
    vcpu_set_state(&cpu->vcpu, cpu->bootstrap ? VCPU_RUNNING : VCPU_STOPPED);
}

void x86_reset(struct x86_cpu *cpu)
{
    cpu->cr0 = X86_CR0_CD | X86_CR0_NW | X86_CR0_ET;
    memset(cpu->pdpte, 0, sizeof cpu->pdpte);
    cpu->star = cpu->lstar = cpu->cstar = cpu->sfmask = cpu->kernel_gs_base = cpu->tsc_aux = 0;
    cpu->sysenter_cs = cpu->sysenter_esp = cpu->sysenter_eip = 0;
    cpu->tsc_offset = 0 - vcpu_now(&cpu->vcpu);
    cpu->tsc_adjust = cpu->tsc_deadline = 0;
    cpu->pat = UINT64_C(0x0007040600070406);
    cpu->misc_enable = BIT32(0) | BIT32(11) | BIT32(12); // fast strings; no BTS, no PEBS
    cpu->mtrr_def_type = cpu->mcg_status = cpu->debugctl = 0;
    memset(cpu->amd_counters, 0, sizeof cpu->amd_counters);
    memset(cpu->mtrr_fixed, 0, sizeof cpu->mtrr_fixed);
    memset(cpu->mtrr_base, 0, sizeof cpu->mtrr_base);
    memset(cpu->mtrr_mask, 0, sizeof cpu->mtrr_mask);
    memset(cpu->xmm, 0, sizeof cpu->xmm);
    cpu->mxcsr = 0x1f80;
    cpu->x87 = (struct x86_x87){ .control = 0x40, .valid = 0xff }; // not yet as after FINIT
    cpu->vcpu.port_page = APIC_PAGE;
    restart(cpu);
}

// INIT does not change x87, SSE, the MSRs and the cache bits of CR0.
void x86_init(struct x86_cpu *cpu)
{
    cpu->cr0 = (cpu->cr0 & (X86_CR0_CD | X86_CR0_NW)) | X86_CR0_ET;
    restart(cpu);
}

void x86_start(struct x86_cpu *cpu, uint8_t sipi_vector)
{
    x86_set_segment(cpu, X86_CS, (uint16_t)(sipi_vector << 8), (uint64_t)sipi_vector << 12, 0xffff, X86_ATTR_DATA);
    cpu->r[X86_RIP] = 0;
    vcpu_set_state(&cpu->vcpu, VCPU_RUNNING);
}

// The state that firmware leaves, for a kernel that is loaded without one: memory is write-back, except the window of
// the VGA and the last gigabyte below 4 GiB with its devices.
void x86_leave_firmware(struct x86_cpu *cpu)
{
    const uint64_t all = UINT64_C(0x0101010101010101);
    for (unsigned i = 0; i < countof(cpu->mtrr_fixed); i++)
        cpu->mtrr_fixed[i] = i == 2 ? MTRR_UC * all : MTRR_WB * all; // 2: A0000-BFFFF
    cpu->mtrr_base[0] = 0xc0000000 | MTRR_UC;
    cpu->mtrr_mask[0] = (X86_PHYSICAL_MASK & ~UINT64_C(0x3fffffff)) | BIT32(11);
    cpu->mtrr_def_type = BIT32(11) | BIT32(10) | MTRR_WB;
    cpu->cr0 &= ~(uint64_t)(X86_CR0_CD | X86_CR0_NW);
}

int x86_cpu_create(struct x86_cpu **out, struct loop *loop, uint32_t index, uint32_t apic_id, uint32_t cpus)
{
    struct x86_cpu *cpu = calloc(1, sizeof *cpu);
    if (!cpu)
        return -ENOMEM;
    if (vcpu_init(&cpu->vcpu, loop, index) < 0) {
        free(cpu);
        return -ENOMEM;
    }
    cpu->model = &x86_models[0];
    cpu->apic_id = apic_id;
    cpu->cpus = cpus;
    cpu->bootstrap = index == 0;
    cpu->lines = UINT64_MAX;
    x86_reset(cpu);
    *out = cpu;
    return 0;
}

void x86_cpu_destroy(struct x86_cpu *cpu)
{
    if (!cpu)
        return;
    vcpu_free(&cpu->vcpu);
    free(cpu);
}

// --- the list of state -----------------------------------------------------------------------------------------------

static void visit_segments(struct x86_cpu *cpu, struct visit *v)
{
    static const char *const names[X86_SEGMENTS] = { "es", "cs", "ss", "ds", "fs", "gs", "ldtr", "tr" };
    for (unsigned i = 0; i < X86_SEGMENTS; i++) {
        struct x86_segment_register *s = &cpu->segment[i];
        visit_enter(v, names[i]);
        VISIT(v, s->selector);
        VISIT(v, s->attributes);
        VISIT(v, s->limit);
        VISIT(v, cpu->r[X86_BASE + i]);
        visit_leave(v);
    }
    VISIT(v, cpu->gdt_base);
    VISIT(v, cpu->idt_base);
    VISIT(v, cpu->gdt_limit);
    VISIT(v, cpu->idt_limit);
}

static void visit_x87(struct x86_x87 *x87, struct visit *v)
{
    VISIT_ARRAY(v, x87->mantissa);
    VISIT_ARRAY(v, x87->exponent);
    VISIT(v, x87->ip);
    VISIT(v, x87->dp);
    VISIT(v, x87->control);
    VISIT(v, x87->status);
    VISIT(v, x87->opcode);
    VISIT(v, x87->cs);
    VISIT(v, x87->ds);
    VISIT(v, x87->valid);
}

static void visit_msrs(struct x86_cpu *cpu, struct visit *v)
{
    VISIT(v, cpu->star);
    VISIT(v, cpu->lstar);
    VISIT(v, cpu->cstar);
    VISIT(v, cpu->sfmask);
    VISIT(v, cpu->kernel_gs_base);
    VISIT(v, cpu->tsc_aux);
    VISIT(v, cpu->tsc_offset);
    VISIT(v, cpu->tsc_adjust);
    VISIT(v, cpu->tsc_deadline);
    VISIT(v, cpu->sysenter_cs);
    VISIT(v, cpu->sysenter_esp);
    VISIT(v, cpu->sysenter_eip);
    VISIT(v, cpu->pat);
    VISIT(v, cpu->misc_enable);
    VISIT(v, cpu->mtrr_def_type);
    VISIT_ARRAY(v, cpu->mtrr_fixed);
    VISIT_ARRAY(v, cpu->mtrr_base);
    VISIT_ARRAY(v, cpu->mtrr_mask);
    VISIT(v, cpu->mcg_status);
    VISIT(v, cpu->debugctl);
    VISIT_ARRAY(v, cpu->amd_counters);
}

void x86_cpu_visit(struct x86_cpu *cpu, struct visit *v)
{
    vcpu_visit(&cpu->vcpu, v);
    VISIT_MEMORY(v, cpu->r, X86_RIP + 1);
    VISIT(v, cpu->result);
    VISIT(v, cpu->aux);
    VISIT(v, cpu->eflags);
    VISIT_BELOW(v, cpu->cpl, 4);
    VISIT(v, cpu->nmi_blocked);
    VISIT(v, cpu->shutdown);
    VISIT(v, cpu->shadow);
    VISIT(v, cpu->shadow_ss);
    VISIT(v, cpu->resume);
    VISIT(v, cpu->traps);
    visit_segments(cpu, v);
    VISIT(v, cpu->cr0);
    VISIT(v, cpu->cr2);
    VISIT(v, cpu->cr3);
    VISIT(v, cpu->cr4);
    VISIT(v, cpu->efer);
    VISIT_ARRAY(v, cpu->dr);
    VISIT_ARRAY(v, cpu->pdpte);
    VISIT(v, cpu->lines);
    visit_msrs(cpu, v);
    VISIT(v, cpu->mxcsr);
    VISIT_MEMORY(v, &cpu->xmm[0].q[0], 2 * countof(cpu->xmm));
    visit_x87(&cpu->x87, v);
    VISIT_ARRAY(v, cpu->mistakes);
}

void x86_cpu_loaded(struct x86_cpu *cpu)
{
    for (unsigned i = 0; i < X86_SEGMENTS; i++)
        cpu->segment[i].raw = 0;
    x86_flush(cpu);
    x86_update_mode(cpu);
    vcpu_loaded(&cpu->vcpu);
}
