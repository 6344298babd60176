// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The fast system calls: SYSCALL, SYSRET, SYSENTER, SYSEXIT (SDM vol. 2; AMD APM vol. 2 section 6.1 where they
// differ).
//
//              code                      stack                     return address    flags
//     SYSCALL  STAR[47:32]               + 8                       RCX               R11; SFMASK clears
//     SYSRET   STAR[63:48] (+16: 64-bit) + 8                       RCX               R11
//     SYSENTER IA32_SYSENTER_CS          + 8, RSP from an MSR      none              IF cleared
//     SYSEXIT  IA32_SYSENTER_CS + 16     + 24 (64-bit: 32 and 40)  RDX; RSP: RCX     as they are
//
// Intel has SYSCALL and SYSRET only in 64-bit mode; AMD has SYSENTER and SYSEXIT only outside of long mode.
#include "vcpu/loop.h"
#include "vcpu/x86_64/system/model.h"
#include "vcpu/x86_64/system/protect.h"
#include "vcpu/x86_64/system/segment.h"
#include "vcpu/x86_64/system/sysreg.h"

static bool is_amd(const struct x86_cpu *cpu)
{
    return cpu->model->vendor == X86_AMD;
}

// Flat segments, set without a descriptor table.
static void enter(struct x86_cpu *cpu, uint16_t code, uint16_t stack, unsigned cpl, bool wide)
{
    uint16_t level = (uint16_t)(cpl << 5);
    uint16_t width = wide ? X86_ATTR_L : X86_ATTR_DB;
    cpu->cpl = (uint8_t)cpl;
    x86_set_segment(cpu, X86_CS, (uint16_t)((code & 0xfffc) | cpl), 0, UINT32_MAX,
                    X86_ATTR_CODE | X86_ATTR_G | width | level);
    x86_set_segment(cpu, X86_SS, (uint16_t)((stack & 0xfffc) | cpl), 0, UINT32_MAX,
                    X86_ATTR_DATA | X86_ATTR_G | X86_ATTR_DB | level);
}

bool x86_syscall(struct x86_cpu *cpu, uint64_t next)
{
    bool wide = x86_is_64(cpu), is_long = x86_long(cpu);
    if (!(cpu->efer & X86_EFER_SCE) || (!wide && !(is_amd(cpu) && x86_protected(cpu))))
        return x86_fault(cpu, X86_UD);
    uint16_t code = (uint16_t)(cpu->star >> 32);
    uint64_t flags = x86_flags(cpu);
    cpu->r[X86_RCX] = next;
    if (is_long) {
        cpu->r[X86_R11] = flags;
        x86_set_flags(cpu, flags & ~(cpu->sfmask | X86_RF));
        cpu->r[X86_RIP] = wide ? cpu->lstar : cpu->cstar;
    } else {
        x86_set_flags(cpu, flags & ~(uint64_t)(X86_VM | X86_IF));
        cpu->r[X86_RIP] = (uint32_t)cpu->star;
    }
    enter(cpu, code, (uint16_t)((code & 0xfffc) + 8), 0, is_long);
    return true;
}

bool x86_sysret(struct x86_cpu *cpu, unsigned size)
{
    bool wide = x86_is_64(cpu);
    if (!(cpu->efer & X86_EFER_SCE) || (!wide && !(is_amd(cpu) && x86_protected(cpu))))
        return x86_fault(cpu, X86_UD);
    uint64_t target = cpu->r[X86_RCX];
    // Intel faults here, still in the kernel; on AMD the fetch at level 3 faults.
    if (cpu->cpl != 0 || (size == 8 && !is_amd(cpu) && !x86_is_canonical(target)))
        return x86_fault_code(cpu, X86_GP, 0);
    uint16_t base = (uint16_t)(cpu->star >> 48);
    // Processors check TF after SYSRET itself, so that single-stepping continues after SYSCALL: there is a trap before
    // the next instruction. After POPF and IRET that set TF the trap comes after the next instruction.
    if (x86_long(cpu)) {
        x86_set_flags(cpu, (cpu->r[X86_R11] & 0x3c7fd7) | 2);
        cpu->traps |= cpu->eflags & X86_TF ? X86_DR6_BS : 0u;
    } else {
        x86_set_flags(cpu, x86_flags(cpu) | X86_IF);
    }
    cpu->r[X86_RIP] = size == 8 ? target : (uint32_t)target;
    enter(cpu, (uint16_t)(size == 8 ? base + 16 : base), (uint16_t)(base + 8), 3, size == 8);
    return true;
}

static bool check_sysenter(struct x86_cpu *cpu)
{
    if (is_amd(cpu) && x86_long(cpu))
        return x86_fault(cpu, X86_UD);
    if (!(cpu->cr0 & X86_CR0_PE) || !(cpu->sysenter_cs & 0xfffc))
        return x86_fault_code(cpu, X86_GP, 0);
    return true;
}

bool x86_sysenter(struct x86_cpu *cpu)
{
    bool is_long = x86_long(cpu);
    if (!check_sysenter(cpu))
        return false;
    uint16_t code = (uint16_t)(cpu->sysenter_cs & 0xfffc);
    cpu->eflags &= ~(uint64_t)(X86_VM | X86_IF);
    cpu->r[X86_RSP] = is_long ? cpu->sysenter_esp : (uint32_t)cpu->sysenter_esp;
    cpu->r[X86_RIP] = is_long ? cpu->sysenter_eip : (uint32_t)cpu->sysenter_eip;
    enter(cpu, code, (uint16_t)(code + 8), 0, is_long);
    return true;
}

bool x86_sysexit(struct x86_cpu *cpu, unsigned size)
{
    if (!check_sysenter(cpu))
        return false;
    bool wide = size == 8;
    uint64_t target = cpu->r[X86_RDX], sp = cpu->r[X86_RCX];
    if (cpu->cpl != 0 || (wide && (!x86_is_canonical(target) || !x86_is_canonical(sp))))
        return x86_fault_code(cpu, X86_GP, 0);
    uint16_t code = (uint16_t)((cpu->sysenter_cs & 0xfffc) + (wide ? 32 : 16));
    cpu->r[X86_RIP] = wide ? target : (uint32_t)target;
    cpu->r[X86_RSP] = wide ? sp : (uint32_t)sp;
    enter(cpu, code, (uint16_t)(code + 8), 3, wide);
    return true;
}
