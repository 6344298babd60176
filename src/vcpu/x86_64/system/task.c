// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Hardware task switches with 16- and 32-bit TSSs (SDM vol. 3 chapter 8; the steps are those of section 8.3).
//
//     TSS32  00 link | 04 SP0-SS2 | 1C CR3 | 20 EIP | 24 EFLAGS | 28 EAX ECX EDX EBX ESP EBP ESI EDI
//            | 48 ES CS SS DS FS GS | 60 LDT | 64 T | 66 I/O map
//     TSS16  00 link | 02 SP0-SS2 | 0E IP | 10 FLAGS | 12 AX CX DX BX SP BP SI DI | 22 ES CS SS DS | 2A LDT
//
// Up to the commit a fault belongs to the old task and nothing has changed. After it, a fault of the new task's
// segments belongs to the new task: it is delivered here, as the switching instruction is complete.
//
// A TSS with the T flag set traps (#DB, DR6.BT) before the first instruction of its task.
#include "vcpu/loop.h"
#include "vcpu/x86_64/system/debug.h"
#include "vcpu/x86_64/system/interrupt.h"
#include "vcpu/x86_64/system/mmu.h"
#include "vcpu/x86_64/system/protect.h"
#include "vcpu/x86_64/system/segment.h"

#define NESTED_TASKS  8 // more means that tasks fault in a cycle, which would never end
#define LEAST_LIMIT32 0x67
#define LEAST_LIMIT16 0x2b

enum { ES_AT, CS_AT, SS_AT, DS_AT, FS_AT, GS_AT, SEGMENTS_AT }; // as in the TSS, and as enum x86_segment

struct task {
    uint64_t cr3, ip, flags, r[8], selectors[SEGMENTS_AT], ldt, trap;
};

struct layout {
    unsigned width, ip, flags, registers, selectors, selector_step, selector_count, ldt, end;
};

static const struct layout layout32 = {
    .width = 4,
    .ip = 0x20,
    .flags = 0x24,
    .registers = 0x28,
    .selectors = 0x48,
    .selector_step = 4,
    .selector_count = 6,
    .ldt = 0x60,
    .end = LEAST_LIMIT32 + 1,
};
static const struct layout layout16 = {
    .width = 2,
    .ip = 0x0e,
    .flags = 0x10,
    .registers = 0x12,
    .selectors = 0x22,
    .selector_step = 2,
    .selector_count = 4,
    .ldt = 0x2a,
    .end = LEAST_LIMIT16 + 1,
};

static const struct layout *layout_of(uint16_t attributes)
{
    return attributes & 8 ? &layout32 : &layout16;
}

uint64_t x86_after(const struct x86_cpu *cpu)
{
    const struct vcpu *vcpu = &cpu->vcpu;
    if (!vcpu->at)
        return cpu->r[X86_RIP];
    return cpu->r[X86_RIP] + block_offsets(vcpu->block)[vcpu->at->n + 1];
}

// --- reading and writing a TSS ---------------------------------------------------------------------------------------

static bool load_field(struct x86_cpu *cpu, uint64_t base, unsigned offset, unsigned size, uint64_t *value)
{
    return x86_load_system(cpu, (uint32_t)(base + offset), size, value);
}

static bool store_field(struct x86_cpu *cpu, uint64_t base, unsigned offset, unsigned size, uint64_t value)
{
    return x86_store_system(cpu, (uint32_t)(base + offset), size, value);
}

static bool load_task(struct x86_cpu *cpu, const struct x86_descriptor *tss, struct task *task)
{
    const struct layout *l = layout_of(tss->attributes);
    *task = (struct task){ .cr3 = cpu->cr3 };
    bool fine = l->width == 2 ||
                (load_field(cpu, tss->base, 0x1c, 4, &task->cr3) && load_field(cpu, tss->base, 0x64, 2, &task->trap));
    fine = fine && load_field(cpu, tss->base, l->ip, l->width, &task->ip) &&
           load_field(cpu, tss->base, l->flags, l->width, &task->flags) &&
           load_field(cpu, tss->base, l->ldt, 2, &task->ldt);
    for (unsigned i = 0; fine && i < 8; i++) {
        fine = load_field(cpu, tss->base, l->registers + i * l->width, l->width, &task->r[i]);
        if (l->width == 2)
            task->r[i] |= 0xffff0000; // as processors do; the manual does not define it
    }
    for (unsigned i = 0; fine && i < l->selector_count; i++)
        fine = load_field(cpu, tss->base, l->selectors + i * l->selector_step, 2, &task->selectors[i]);
    return fine;
}

// The caller has probed the TSS for writing.
static void save_task(struct x86_cpu *cpu, uint64_t ip, uint64_t flags)
{
    const struct layout *l = layout_of(cpu->segment[X86_TR].attributes);
    uint64_t base = cpu->r[X86_BASE + X86_TR];
    store_field(cpu, base, l->ip, l->width, ip);
    store_field(cpu, base, l->flags, l->width, flags);
    for (unsigned i = 0; i < 8; i++)
        store_field(cpu, base, l->registers + i * l->width, l->width, cpu->r[i]);
    for (unsigned i = 0; i < l->selector_count; i++)
        store_field(cpu, base, l->selectors + i * l->selector_step, 2, cpu->segment[i].selector);
}

// --- before the commit -----------------------------------------------------------------------------------------------

// SDM vol. 3 table 8-1: what the new TSS must be.
static bool check_tss(struct x86_cpu *cpu, uint16_t selector, enum x86_task_switch why, struct x86_descriptor *tss)
{
    enum x86_exception vector = why == X86_TASK_IRET ? X86_TS : X86_GP;
    uint32_t error = selector & 0xfffc;
    if ((selector & 4) || x86_is_null(selector))
        return x86_fault_code(cpu, vector, error);
    if (!x86_need_descriptor(cpu, selector, vector, tss))
        return false;
    unsigned wanted = why == X86_TASK_IRET ? X86_TYPE_TSS16_BUSY : X86_TYPE_TSS16;
    if ((tss->attributes & (X86_ATTR_S | 7)) != wanted) // 7: of either width
        return x86_fault_code(cpu, vector, error);
    if (!(tss->attributes & X86_ATTR_P))
        return x86_fault_code(cpu, X86_NP, error);
    if (tss->limit + 1 < layout_of(tss->attributes)->end && tss->limit != UINT32_MAX)
        return x86_fault_code(cpu, X86_TS, error);
    return true;
}

// Checks that everything to be written is writable: the old task's state, its descriptor, the new link.
static bool probe(struct x86_cpu *cpu, const struct x86_descriptor *tss)
{
    const struct layout *l = layout_of(cpu->segment[X86_TR].attributes);
    uint64_t old = cpu->r[X86_BASE + X86_TR];
    uint64_t entry = x86_wrap(cpu, cpu->gdt_base + (cpu->segment[X86_TR].selector & 0xfff8));
    if (cpu->segment[X86_TR].limit + UINT64_C(1) < l->end)
        return x86_fault_code(cpu, X86_TS, cpu->segment[X86_TR].selector & 0xfffc);
    return tlb_probe(&cpu->vcpu, (uint32_t)(old + l->ip), l->end - l->ip, false, ACCESS_WRITE) &&
           tlb_probe(&cpu->vcpu, (uint32_t)entry, 8, false, ACCESS_WRITE) &&
           tlb_probe(&cpu->vcpu, (uint32_t)tss->base, 2, false, ACCESS_WRITE) &&
           tlb_probe(&cpu->vcpu, tss->address, 8, false, ACCESS_WRITE);
}

static void free_old_tss(struct x86_cpu *cpu)
{
    struct x86_descriptor old;
    if (x86_look_up(cpu, cpu->segment[X86_TR].selector, &old) == X86_FOUND)
        x86_mark_busy(cpu, &old, false);
}

// --- the new task's segments: faults are its own ---------------------------------------------------------------------

static bool load_task_ldt(struct x86_cpu *cpu, uint16_t selector)
{
    struct x86_descriptor d;
    x86_set_null(cpu, X86_LDTR, selector);
    if (x86_is_null(selector))
        return true;
    if (selector & 4)
        return x86_fault_code(cpu, X86_TS, selector & 0xfffc);
    if (!x86_need_descriptor(cpu, selector, X86_TS, &d))
        return false;
    if (!x86_is_system(d.attributes, X86_TYPE_LDT) || !(d.attributes & X86_ATTR_P))
        return x86_fault_code(cpu, X86_TS, selector & 0xfffc);
    x86_set_descriptor(cpu, X86_LDTR, selector, &d);
    return true;
}

static bool load_task_code(struct x86_cpu *cpu, uint16_t selector)
{
    struct x86_descriptor d;
    uint32_t error = selector & 0xfffc;
    if (x86_is_null(selector))
        return x86_fault_code(cpu, X86_TS, 0);
    if (!x86_need_descriptor(cpu, selector, X86_TS, &d))
        return false;
    unsigned dpl = x86_dpl(d.attributes), rpl = selector & 3;
    if (!x86_is_code(d.attributes) || (x86_is_conforming(d.attributes) ? dpl > rpl : dpl != rpl))
        return x86_fault_code(cpu, X86_TS, error);
    if (!(d.attributes & X86_ATTR_P))
        return x86_fault_code(cpu, X86_NP, error);
    if (!x86_mark_accessed(cpu, &d))
        return false;
    x86_set_descriptor(cpu, X86_CS, selector, &d);
    return true;
}

static bool load_task_data(struct x86_cpu *cpu, enum x86_segment segment, uint16_t selector)
{
    if (x86_load_segment(cpu, segment, selector))
        return true;
    if (cpu->fault.vector == X86_GP)
        cpu->fault.vector = X86_TS;
    return false;
}

static bool load_task_segments(struct x86_cpu *cpu, const struct task *task)
{
    struct x86_descriptor ss;
    if (!load_task_ldt(cpu, (uint16_t)task->ldt))
        return false;
    if (x86_v86(cpu)) {
        for (unsigned i = 0; i < SEGMENTS_AT; i++)
            x86_set_real(cpu, (enum x86_segment)i, (uint16_t)task->selectors[i]);
        return true;
    }
    uint16_t stack = (uint16_t)task->selectors[SS_AT];
    if (!load_task_code(cpu, (uint16_t)task->selectors[CS_AT]) ||
        !x86_check_stack_segment(cpu, stack, cpu->cpl, X86_TS, &ss))
        return false;
    x86_set_descriptor(cpu, X86_SS, stack, &ss);
    return load_task_data(cpu, X86_ES, (uint16_t)task->selectors[ES_AT]) &&
           load_task_data(cpu, X86_DS, (uint16_t)task->selectors[DS_AT]) &&
           load_task_data(cpu, X86_FS, (uint16_t)task->selectors[FS_AT]) &&
           load_task_data(cpu, X86_GS, (uint16_t)task->selectors[GS_AT]);
}

static bool load_task_cr3(struct x86_cpu *cpu, uint64_t cr3)
{
    bool pae = (cpu->cr4 & X86_CR4_PAE) && (cpu->cr0 & X86_CR0_PG);
    if (!(cpu->cr0 & X86_CR0_PG) || cr3 == cpu->cr3)
        return true;
    if (pae && !x86_load_pdptes(cpu, cr3))
        return false;
    cpu->cr3 = cr3;
    x86_follow_cr3(cpu, false);
    return true;
}

// Everything that cannot fault. The segments get their selectors, but not yet their descriptors.
static void enter_task(struct x86_cpu *cpu, const struct task *task, uint64_t flags)
{
    cpu->r[X86_RIP] = task->ip;
    for (unsigned i = 0; i < 8; i++)
        cpu->r[i] = task->r[i];
    x86_set_flags(cpu, flags & (X86_ARITHMETIC | X86_TF | X86_IF | X86_DF | X86_IOPL | X86_NT | X86_VM | X86_AC |
                                X86_VIF | X86_VIP | X86_ID));
    cpu->resume = flags & X86_RF ? vcpu_executed(&cpu->vcpu) + (cpu->vcpu.at != NULL) : UINT64_MAX;
    cpu->cpl = x86_v86(cpu) ? 3 : task->selectors[CS_AT] & 3;
    for (unsigned i = 0; i < SEGMENTS_AT; i++)
        x86_set_null(cpu, (enum x86_segment)i, (uint16_t)task->selectors[i]);
    cpu->cr0 |= X86_CR0_TS;
    uint64_t dr7 = cpu->dr[7];
    cpu->dr[7] &= ~UINT64_C(0x155); // the local breakpoints
    if (cpu->dr[7] != dr7)
        x86_breakpoints_changed(cpu, dr7);
    cpu->traps |= task->trap & 1 ? X86_DR6_BT : 0u;
}

static void deliver_own_fault(struct x86_cpu *cpu)
{
    if (cpu->nested_tasks == NESTED_TASKS) {
        x86_shut_down(cpu);
        return;
    }
    cpu->nested_tasks++;
    x86_deliver_fault(cpu);
    cpu->nested_tasks--;
}

bool x86_switch_task(struct x86_cpu *cpu, uint16_t selector, enum x86_task_switch why, uint64_t next, uint64_t flags,
                     bool push_error, uint32_t error)
{
    struct x86_descriptor tss;
    struct task task;
    if (!check_tss(cpu, selector, why, &tss) || !load_task(cpu, &tss, &task) || !probe(cpu, &tss))
        return false;

    bool nests = why == X86_TASK_CALL || why == X86_TASK_GATE;
    save_task(cpu, next, why == X86_TASK_IRET ? flags & ~(uint64_t)X86_NT : flags);
    if (!nests)
        free_old_tss(cpu);
    if (nests)
        store_field(cpu, tss.base, 0, 2, cpu->segment[X86_TR].selector);
    if (why != X86_TASK_IRET)
        x86_mark_busy(cpu, &tss, true);

    // The commit.
    x86_set_descriptor(cpu, X86_TR, selector, &tss);
    enter_task(cpu, &task, nests ? task.flags | X86_NT : task.flags);
    unsigned width = layout_of(tss.attributes)->width;
    bool fine = load_task_cr3(cpu, task.cr3) && load_task_segments(cpu, &task);
    if (fine && push_error)
        fine = x86_push(cpu, error, width);
    if (fine && task.ip > cpu->segment[X86_CS].limit)
        fine = x86_fault_code(cpu, X86_GP, 0);
    if (!fine)
        deliver_own_fault(cpu);
    return true;
}
