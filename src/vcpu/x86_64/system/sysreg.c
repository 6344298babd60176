// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Control and debug registers, port permission (SDM vol. 3 sections 2.5 and 17.2, vol. 1 section 19.5).
//
// The bits of CR4 and EFER depend on CPUID (model.h): the others are reserved.
//
// Not modelled: CR4.VME, PVI and PCE have no effect and are reserved or ignored.
#include "vcpu/x86_64/system/sysreg.h"

#include "vcpu/loop.h"
#include "vcpu/x86_64/system/apic_port.h"
#include "vcpu/x86_64/system/debug.h"
#include "vcpu/x86_64/system/mmu.h"
#include "vcpu/x86_64/system/model.h"
#include "vcpu/x86_64/system/protect.h"
#include "vcpu/x86_64/system/segment.h"

#define CR0_BITS                                                                                                       \
    (X86_CR0_PE | X86_CR0_MP | X86_CR0_EM | X86_CR0_TS | X86_CR0_ET | X86_CR0_NE | X86_CR0_WP | X86_CR0_AM |           \
     X86_CR0_NW | X86_CR0_CD | X86_CR0_PG)

static bool refuse(struct x86_cpu *cpu)
{
    return x86_fault_code(cpu, X86_GP, 0);
}

static bool is_legacy_pae(const struct x86_cpu *cpu, uint64_t cr0, uint64_t cr4)
{
    return (cr0 & X86_CR0_PG) && (cr4 & X86_CR4_PAE) && !(cpu->efer & X86_EFER_LMA);
}

// --- CR0 -------------------------------------------------------------------------------------------------------------

// Paging on with EFER.LME set is the way into long mode (SDM vol. 3 section 9.8.5), paging off the way out.
static bool check_paging(struct x86_cpu *cpu, uint64_t cr0)
{
    bool code64 = cpu->segment[X86_CS].attributes & X86_ATTR_L;
    if (!(cr0 & X86_CR0_PG))
        return !(cpu->efer & X86_EFER_LMA) || !code64;
    if (!(cpu->efer & X86_EFER_LME))
        return true;
    bool tss16 = (cpu->segment[X86_TR].attributes & X86_ATTR_TYPE & ~2) == X86_TYPE_TSS16;
    return (cpu->cr4 & X86_CR4_PAE) && !code64 && !tss16;
}

static bool write_cr0(struct x86_cpu *cpu, uint64_t value)
{
    uint64_t old = cpu->cr0, cr0 = (value & CR0_BITS) | X86_CR0_ET, changed = cr0 ^ old;
    if ((changed & X86_CR0_PG) && (cpu->cr4 & X86_CR4_PCIDE))
        return refuse(cpu);
    if (value >> 32 || ((cr0 & X86_CR0_PG) && !(cr0 & X86_CR0_PE)) || ((cr0 & X86_CR0_NW) && !(cr0 & X86_CR0_CD)))
        return refuse(cpu);
    if ((changed & X86_CR0_PG) && !check_paging(cpu, cr0))
        return refuse(cpu);
    uint64_t efer = cpu->efer & ~(uint64_t)X86_EFER_LMA;
    if ((cr0 & X86_CR0_PG) && (efer & X86_EFER_LME))
        efer |= X86_EFER_LMA;
    bool pae = (cr0 & X86_CR0_PG) && (cpu->cr4 & X86_CR4_PAE) && !(efer & X86_EFER_LMA);
    if (pae && (changed & (X86_CR0_PG | X86_CR0_CD | X86_CR0_NW)) && !x86_load_pdptes(cpu, cpu->cr3))
        return false;
    cpu->cr0 = cr0;
    cpu->efer = efer;
    if (changed & (X86_CR0_PG | X86_CR0_PE | X86_CR0_WP))
        x86_flush(cpu);
    if (changed & X86_CR0_PE)
        cpu->cpl = 0;
    x86_update_mode(cpu);
    return true;
}

// --- CR3, CR4 --------------------------------------------------------------------------------------------------------

// With PCIDs bit 63 says that what the TLB has of the new one is still right; it is not stored (SDM vol. 3 section 4.10.4.1).
static bool write_cr3(struct x86_cpu *cpu, uint64_t value)
{
    bool keep = (cpu->cr4 & X86_CR4_PCIDE) && value >> 63;
    if (keep)
        value &= ~BIT64(63);
    if (cpu->efer & X86_EFER_LMA) {
        if (value & ~X86_PHYSICAL_MASK)
            return refuse(cpu);
    } else {
        value &= UINT32_MAX;
        if (is_legacy_pae(cpu, cpu->cr0, cpu->cr4) && !x86_load_pdptes(cpu, value))
            return false;
    }
    cpu->cr3 = value;
    x86_follow_cr3(cpu, keep);
    return true;
}

static uint64_t cr4_bits(const struct x86_model *model)
{
    static const struct {
        uint32_t cr4, feature;
    } rows[] = {
        { X86_CR4_TSD, X86_1D_TSC },     { X86_CR4_DE, X86_1D_DE },          { X86_CR4_PSE, X86_1D_PSE },
        { X86_CR4_PAE, X86_1D_PAE },     { X86_CR4_MCE, X86_1D_MCE },        { X86_CR4_PGE, X86_1D_PGE },
        { X86_CR4_OSFXSR, X86_1D_FXSR }, { X86_CR4_OSXMMEXCPT, X86_1D_SSE },
    };
    uint64_t bits = X86_CR4_PCE;
    for (unsigned i = 0; i < countof(rows); i++)
        if (model->leaf_1_edx & rows[i].feature)
            bits |= rows[i].cr4;
    return bits | (model->leaf_7_ebx & X86_7B_FSGSBASE ? X86_CR4_FSGSBASE : 0u) |
           (model->leaf_1_ecx & X86_1C_PCID ? X86_CR4_PCIDE : 0u) |
           (model->leaf_7_ebx & X86_7B_SMEP ? X86_CR4_SMEP : 0u) |
           (model->leaf_7_ebx & X86_7B_SMAP ? X86_CR4_SMAP : 0u) |
           (model->leaf_7_ecx & X86_7C_UMIP ? X86_CR4_UMIP : 0u);
}

static bool write_cr4(struct x86_cpu *cpu, uint64_t value)
{
    const uint64_t paging = X86_CR4_PSE | X86_CR4_PAE | X86_CR4_PGE | X86_CR4_SMEP | X86_CR4_SMAP;
    uint64_t changed = value ^ cpu->cr4;
    if (value & ~cr4_bits(cpu->model))
        return refuse(cpu);
    if (!(value & X86_CR4_PAE) && (cpu->efer & X86_EFER_LMA))
        return refuse(cpu);
    if ((changed & value & X86_CR4_PCIDE) && (!(cpu->efer & X86_EFER_LMA) || (cpu->cr3 & 0xfff)))
        return refuse(cpu);
    if (is_legacy_pae(cpu, cpu->cr0, value) && (changed & paging) && !x86_load_pdptes(cpu, cpu->cr3))
        return false;
    cpu->cr4 = value;
    if (changed & (paging | X86_CR4_PCIDE))
        x86_flush(cpu);
    return true;
}

bool x86_read_cr(struct x86_cpu *cpu, unsigned number, uint64_t *value)
{
    if (number > 8 || number == 1 || (number >= 5 && number <= 7))
        return x86_fault(cpu, X86_UD);
    if (cpu->cpl != 0)
        return refuse(cpu);
    switch (number) {
    case 0: *value = cpu->cr0; return true;
    case 2: *value = cpu->cr2; return true;
    case 3: *value = cpu->cr3; return true;
    case 4: *value = cpu->cr4; return true;
    default:
        *value = 0;
        if (x86_apic_read(cpu, PORT_CR8, value) == PORT_FAULT)
            return refuse(cpu);
        return true;
    }
}

bool x86_write_cr(struct x86_cpu *cpu, unsigned number, uint64_t value)
{
    if (number > 8 || number == 1 || (number >= 5 && number <= 7))
        return x86_fault(cpu, X86_UD);
    if (cpu->cpl != 0)
        return refuse(cpu);
    switch (number) {
    case 0: return write_cr0(cpu, value);
    case 2: cpu->cr2 = value; return true;
    case 3: return write_cr3(cpu, value);
    case 4: return write_cr4(cpu, value);
    default:
        if (value > 15 || x86_apic_write(cpu, PORT_CR8, value) == PORT_FAULT)
            return refuse(cpu);
        return true;
    }
}

bool x86_lmsw(struct x86_cpu *cpu, uint16_t value)
{
    const uint64_t mask = X86_CR0_MP | X86_CR0_EM | X86_CR0_TS;
    if (cpu->cpl != 0)
        return refuse(cpu);
    // It can set PE, but not clear it.
    return write_cr0(cpu, bits_merge(cpu->cr0, value, mask) | (value & X86_CR0_PE));
}

bool x86_clts(struct x86_cpu *cpu)
{
    if (cpu->cpl != 0)
        return refuse(cpu);
    cpu->cr0 &= ~(uint64_t)X86_CR0_TS;
    return true;
}

// --- debug registers -------------------------------------------------------------------------------------------------

#define DR6_ONES UINT64_C(0xffff0ff0)
#define DR6_BITS UINT64_C(0x0000e00f)
#define DR7_ONES UINT64_C(0x00000400)
#define DR7_BITS UINT64_C(0xffff23ff)

// DR4 and DR5 are other names of DR6 and DR7 unless CR4.DE makes them undefined.
static bool check_dr(struct x86_cpu *cpu, unsigned *number)
{
    if (*number > 7 || ((*number == 4 || *number == 5) && (cpu->cr4 & X86_CR4_DE)))
        return x86_fault(cpu, X86_UD);
    if (cpu->cpl != 0)
        return refuse(cpu);
    if (*number == 4 || *number == 5)
        *number += 2;
    if (cpu->dr[7] & X86_DR7_GD) {
        cpu->dr[6] |= X86_DR6_BD;
        return x86_fault(cpu, X86_DB);
    }
    return true;
}

bool x86_read_dr(struct x86_cpu *cpu, unsigned number, uint64_t *value)
{
    if (!check_dr(cpu, &number))
        return false;
    *value = cpu->dr[number];
    return true;
}

bool x86_write_dr(struct x86_cpu *cpu, unsigned number, uint64_t value)
{
    if (!check_dr(cpu, &number))
        return false;
    if (number >= 6 && value >> 32)
        return refuse(cpu);
    if (number == 6)
        value = (value & DR6_BITS) | DR6_ONES;
    else if (number == 7)
        value = (value & DR7_BITS) | DR7_ONES;
    uint64_t before = cpu->dr[7];
    cpu->dr[number] = value;
    x86_breakpoints_changed(cpu, before);
    return true;
}

// --- ports -----------------------------------------------------------------------------------------------------------

// The bitmap is read two bytes at a time, so that an access at the end of a byte also tests the next byte; the last
// byte of the TSS must therefore lie beyond it (SDM vol. 1 section 19.5.2).
static bool bitmap_allows(struct x86_cpu *cpu, uint16_t port, unsigned size)
{
    uint64_t base = cpu->r[X86_BASE + X86_TR], map, bits;
    uint32_t limit = cpu->segment[X86_TR].limit;
    bool tss32 = (cpu->segment[X86_TR].attributes & X86_ATTR_TYPE & ~2) == X86_TYPE_TSS;
    if (!tss32 || limit < 103)
        return refuse(cpu);
    if (!x86_load_system(cpu, x86_wrap(cpu, base + 102), 2, &map))
        return false;
    uint64_t at = map + port / 8;
    if (at + 1 > limit)
        return refuse(cpu);
    if (!x86_load_system(cpu, x86_wrap(cpu, base + at), 2, &bits))
        return false;
    return !(bits >> port % 8 & bits_low(size)) || refuse(cpu);
}

bool x86_check_port(struct x86_cpu *cpu, uint16_t port, unsigned size)
{
    if (!(cpu->cr0 & X86_CR0_PE))
        return true;
    if (!x86_v86(cpu) && cpu->cpl <= (cpu->eflags & X86_IOPL) >> 12)
        return true;
    return bitmap_allows(cpu, port, size);
}
