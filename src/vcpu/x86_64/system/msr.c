// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Model-specific registers (SDM vol. 4) and the time-stamp counter.
//
// Plain ones are rows of a sorted table: the place of the value, its writable bits, and its allowed form. Those of the
// local APIC (1Bh, 6E0h, 800h-8FFh) go through the CPU port; the rest are in a switch. All others are #GP, and counted.
//
// The TSC is virtual time in ns plus an offset, so IA32_TSC_DEADLINE is converted for the CPU port, and written again
// when the offset changes.
//
// Not modelled: effects of MTRRs, PAT, DEBUGCTL and MISC_ENABLE; machine-check banks (IA32_MCG_CAP says 0).
#include "vcpu/loop.h"
#include "vcpu/x86_64/system/apic_port.h"
#include "vcpu/x86_64/system/mmu.h"
#include "vcpu/x86_64/system/model.h"
#include "vcpu/x86_64/system/protect.h"
#include "vcpu/x86_64/system/segment.h"
#include "vcpu/x86_64/system/sysreg.h"

enum {
    MSR_TSC = 0x10,
    MSR_PLATFORM_ID = 0x17,
    MSR_APIC_BASE = 0x1b,
    MSR_TSC_ADJUST = 0x3b,
    MSR_BIOS_UPDT_TRIG = 0x79,
    MSR_BIOS_SIGN_ID = 0x8b,
    MSR_MTRRCAP = 0xfe,
    MSR_SYSENTER_CS = 0x174,
    MSR_SYSENTER_ESP = 0x175,
    MSR_SYSENTER_EIP = 0x176,
    MSR_MCG_CAP = 0x179,
    MSR_MCG_STATUS = 0x17a,
    MSR_MISC_ENABLE = 0x1a0,
    MSR_DEBUGCTL = 0x1d9,
    MSR_LAST_BRANCH = 0x1db, // four of them on AMD, to be read
    MSR_MTRR_PHYS = 0x200,
    MSR_MTRR_FIX64K = 0x250,
    MSR_MTRR_FIX16K = 0x258,
    MSR_MTRR_FIX4K = 0x268,
    MSR_PAT = 0x277,
    MSR_MTRR_DEF_TYPE = 0x2ff,
    MSR_TSC_DEADLINE = 0x6e0,
    MSR_X2APIC = 0x800,
    MSR_X2APIC_END = 0x8ff,
};
#define MSR_EFER           UINT32_C(0xc0000080)
#define MSR_STAR           UINT32_C(0xc0000081)
#define MSR_LSTAR          UINT32_C(0xc0000082)
#define MSR_CSTAR          UINT32_C(0xc0000083)
#define MSR_SFMASK         UINT32_C(0xc0000084)
#define MSR_FS_BASE        UINT32_C(0xc0000100)
#define MSR_GS_BASE        UINT32_C(0xc0000101)
#define MSR_KERNEL_GS_BASE UINT32_C(0xc0000102)
#define MSR_TSC_AUX        UINT32_C(0xc0000103)
#define MSR_AMD_COUNTERS   UINT32_C(0xc0010000)

#define MICROCODE 1 // revision in IA32_BIOS_SIGN_ID[63:32]

static bool refuse(struct x86_cpu *cpu)
{
    return x86_fault_code(cpu, X86_GP, 0);
}

static bool unknown(struct x86_cpu *cpu, enum x86_mistake mistake, uint32_t number)
{
    x86_mistake(cpu, mistake, number);
    return refuse(cpu);
}

// --- rows ------------------------------------------------------------------------------------------------------------

enum shape { SHAPE_PLAIN, SHAPE_ADDRESS, SHAPE_TYPES, SHAPE_PAT };

struct msr {
    uint32_t number, count;
    uint32_t offset; // in struct x86_cpu, of the first
    enum shape shape;
    uint64_t mask; // bits that may be written; the others must be 0
    enum x86_feature feature;
};

#define FIELD(name) offsetof(struct x86_cpu, name)
#define ALL         UINT64_MAX

static const struct msr msrs[] = {
    { MSR_SYSENTER_CS, 1, FIELD(sysenter_cs), SHAPE_PLAIN, UINT32_MAX, X86_FEATURE_SEP },
    { MSR_SYSENTER_ESP, 1, FIELD(sysenter_esp), SHAPE_ADDRESS, ALL, X86_FEATURE_SEP },
    { MSR_SYSENTER_EIP, 1, FIELD(sysenter_eip), SHAPE_ADDRESS, ALL, X86_FEATURE_SEP },
    { MSR_MCG_STATUS, 1, FIELD(mcg_status), SHAPE_PLAIN, 0, X86_FEATURE_MCA },
    { MSR_MISC_ENABLE, 1, FIELD(misc_enable), SHAPE_PLAIN, ALL, X86_FEATURE_ALWAYS },
    { MSR_DEBUGCTL, 1, FIELD(debugctl), SHAPE_PLAIN, 3, X86_FEATURE_ALWAYS },
    { MSR_MTRR_FIX64K, 1, FIELD(mtrr_fixed[0]), SHAPE_TYPES, ALL, X86_FEATURE_MTRR },
    { MSR_MTRR_FIX16K, 2, FIELD(mtrr_fixed[1]), SHAPE_TYPES, ALL, X86_FEATURE_MTRR },
    { MSR_MTRR_FIX4K, 8, FIELD(mtrr_fixed[3]), SHAPE_TYPES, ALL, X86_FEATURE_MTRR },
    { MSR_PAT, 1, FIELD(pat), SHAPE_PAT, ALL, X86_FEATURE_PAT },
    { MSR_STAR, 1, FIELD(star), SHAPE_PLAIN, ALL, X86_FEATURE_SYSCALL },
    { MSR_LSTAR, 1, FIELD(lstar), SHAPE_ADDRESS, ALL, X86_FEATURE_SYSCALL },
    { MSR_CSTAR, 1, FIELD(cstar), SHAPE_ADDRESS, ALL, X86_FEATURE_SYSCALL },
    { MSR_SFMASK, 1, FIELD(sfmask), SHAPE_PLAIN, UINT32_MAX, X86_FEATURE_SYSCALL },
    { MSR_FS_BASE, 1, FIELD(r[X86_BASE + X86_FS]), SHAPE_ADDRESS, ALL, X86_FEATURE_LM },
    { MSR_GS_BASE, 1, FIELD(r[X86_BASE + X86_GS]), SHAPE_ADDRESS, ALL, X86_FEATURE_LM },
    { MSR_KERNEL_GS_BASE, 1, FIELD(kernel_gs_base), SHAPE_ADDRESS, ALL, X86_FEATURE_LM },
    { MSR_TSC_AUX, 1, FIELD(tsc_aux), SHAPE_PLAIN, UINT32_MAX, X86_FEATURE_RDTSCP },
};

static const struct msr *find(uint32_t number)
{
    for (size_t low = 0, high = countof(msrs); low < high;) {
        size_t middle = (low + high) / 2;
        if (number < msrs[middle].number)
            high = middle;
        else if (number - msrs[middle].number >= msrs[middle].count)
            low = middle + 1;
        else
            return &msrs[middle];
    }
    return NULL;
}

static uint64_t *place(struct x86_cpu *cpu, const struct msr *msr, uint32_t number)
{
    return (uint64_t *)(void *)((char *)cpu + msr->offset) + (number - msr->number);
}

// Memory types: UC 0, WC 1, WT 4, WP 5, WB 6; in the PAT also UC- 7.
static bool is_type(uint64_t type)
{
    return type <= 1 || (type >= 4 && type <= 6);
}

static bool fits(enum shape shape, uint64_t value)
{
    switch (shape) {
    case SHAPE_ADDRESS: return x86_is_canonical(value);
    case SHAPE_TYPES:
    case SHAPE_PAT:
        for (unsigned i = 0; i < 64; i += 8)
            if (!is_type(value >> i & 0xff) && !(shape == SHAPE_PAT && (value >> i & 0xff) == 7))
                return false;
        return true;
    default: return true;
    }
}

// --- the time-stamp counter ------------------------------------------------------------------------------------------

static uint64_t tsc(struct x86_cpu *cpu)
{
    return vcpu_now(&cpu->vcpu) + cpu->tsc_offset;
}

// TSC ticks to ns of virtual time. 0 means "disarmed" on both sides, so a deadline before time 0 becomes 1.
static uint64_t deadline_to_ns(const struct x86_cpu *cpu, uint64_t ticks)
{
    uint64_t offset = cpu->tsc_offset;
    if (ticks == 0)
        return 0;
    if (offset >> 63) { // the TSC is behind virtual time
        uint64_t lag = 0 - offset;
        return ticks < UINT64_MAX - lag ? ticks + lag : UINT64_MAX - 1;
    }
    return ticks > offset ? ticks - offset : 1;
}

static bool read_deadline(struct x86_cpu *cpu, uint64_t *value)
{
    uint64_t ns = 0;
    enum port_result result = x86_apic_read(cpu, MSR_TSC_DEADLINE, &ns);
    if (result == PORT_DONE)
        *value = ns == 0 ? 0 : cpu->tsc_deadline;
    return result == PORT_DONE;
}

static enum port_result write_deadline(struct x86_cpu *cpu, uint64_t value)
{
    enum port_result result = x86_apic_write(cpu, MSR_TSC_DEADLINE, deadline_to_ns(cpu, value));
    if (result == PORT_DONE)
        cpu->tsc_deadline = value;
    return result;
}

static void move_tsc(struct x86_cpu *cpu, uint64_t delta)
{
    uint64_t deadline = 0;
    cpu->tsc_offset += delta;
    cpu->tsc_adjust += delta;
    if (cpu->tsc_deadline != 0 && read_deadline(cpu, &deadline) && deadline != 0)
        write_deadline(cpu, deadline);
}

bool x86_read_tsc(struct x86_cpu *cpu, uint64_t *value)
{
    if ((cpu->cr4 & X86_CR4_TSD) && cpu->cpl != 0)
        return refuse(cpu);
    *value = tsc(cpu);
    return true;
}

// --- special ones ----------------------------------------------------------------------------------------------------

static bool write_efer(struct x86_cpu *cpu, uint64_t value)
{
    uint64_t allowed = X86_EFER_LMA, old = cpu->efer;
    uint32_t features = cpu->model->leaf_x1_edx;
    allowed |= (features & X86_XD_SYSCALL ? X86_EFER_SCE : 0u) | (features & X86_XD_LM ? X86_EFER_LME : 0u) |
               (features & X86_XD_NX ? X86_EFER_NXE : 0u);
    if (value & ~allowed)
        return refuse(cpu);
    if (((value ^ old) & X86_EFER_LME) && (cpu->cr0 & X86_CR0_PG))
        return refuse(cpu);
    cpu->efer = bits_merge(value, old, X86_EFER_LMA);
    if ((value ^ old) & X86_EFER_NXE)
        x86_flush(cpu);
    return true;
}

static uint64_t *variable_mtrr(struct x86_cpu *cpu, uint32_t number)
{
    uint32_t i = number - MSR_MTRR_PHYS;
    if (i >= 2 * X86_VARIABLE_MTRRS || !x86_has(cpu->model, X86_FEATURE_MTRR))
        return NULL;
    return i & 1 ? &cpu->mtrr_mask[i / 2] : &cpu->mtrr_base[i / 2];
}

static bool write_variable_mtrr(struct x86_cpu *cpu, uint32_t number, uint64_t value)
{
    uint64_t allowed = (X86_PHYSICAL_MASK & PAGE_MASK) | (number & 1 ? BIT32(11) : 0xff);
    if ((value & ~allowed) || (!(number & 1) && !is_type(value & 0xff)))
        return refuse(cpu);
    *variable_mtrr(cpu, number) = value;
    return true;
}

// Registers of an AMD family 15 that kernels access (BIOS and Kernel Developer's Guide 26094, chapter 13). They read 0
// and ignore writes; the performance counters are kept as written.
static bool is_amd_register(const struct x86_cpu *cpu, uint32_t number)
{
    static const struct {
        uint32_t first, last;
    } ranges[] = {
        { 0xc0010010, 0xc0010010 }, // SYSCFG
        { 0xc0010015, 0xc001001a }, // HWCR, IORRBASE and IORRMASK, TOP_MEM
        { 0xc001001d, 0xc0010020 }, // TOP_MEM2, MANID, NB_CFG, PATCH_LOADER
        { 0xc0010022, 0xc0010022 }, // machine-check exception redirection
        { 0xc0010030, 0xc0010035 }, // the name
        { 0xc0010044, 0xc0010048 }, // masks of the machine-check banks
        { 0xc0010050, 0xc0010056 }, // I/O traps of system management, interrupt pending and C state
        { 0xc0010111, 0xc0010113 }, // SMM_BASE, SMM_ADDR, SMM_MASK
        { 0xc0011020, 0xc0011023 }, // LS_CFG, IC_CFG, DC_CFG, BU_CFG
    };
    if (cpu->model->vendor != X86_AMD)
        return false;
    for (size_t i = 0; i < countof(ranges); i++)
        if (number >= ranges[i].first && number <= ranges[i].last)
            return true;
    return false;
}

static uint64_t *amd_counter(struct x86_cpu *cpu, uint32_t number)
{
    uint32_t i = number - MSR_AMD_COUNTERS;
    return cpu->model->vendor == X86_AMD && i < countof(cpu->amd_counters) ? &cpu->amd_counters[i] : NULL;
}

static bool is_port_register(uint32_t number)
{
    return number == MSR_APIC_BASE || (number >= MSR_X2APIC && number <= MSR_X2APIC_END);
}

// The xAPIC window may have been enabled, disabled or moved.
static void follow_apic_base(struct x86_cpu *cpu)
{
    uint64_t base, page = UINT64_MAX;
    if (x86_apic_read(cpu, MSR_APIC_BASE, &base) == PORT_DONE && (base & (BIT32(11) | BIT32(10))) == BIT32(11))
        page = base & X86_PHYSICAL_MASK & PAGE_MASK;
    if (page == cpu->vcpu.port_page)
        return;
    cpu->vcpu.port_page = page;
    x86_flush(cpu);
}

// The feature that a register without a row depends on.
static enum x86_feature feature_of(uint32_t number)
{
    switch (number) {
    case MSR_TSC: return X86_FEATURE_TSC;
    case MSR_TSC_ADJUST: return X86_FEATURE_TSC_ADJUST;
    case MSR_MTRRCAP:
    case MSR_MTRR_DEF_TYPE: return X86_FEATURE_MTRR;
    case MSR_MCG_CAP: return X86_FEATURE_MCA;
    case MSR_EFER: return X86_FEATURE_EFER;
    default: return X86_FEATURE_ALWAYS;
    }
}

static bool is_there(const struct x86_cpu *cpu, uint32_t number, const struct msr *msr)
{
    return x86_has(cpu->model, msr ? msr->feature : feature_of(number));
}

// --- RDMSR, WRMSR ----------------------------------------------------------------------------------------------------

bool x86_read_msr(struct x86_cpu *cpu, uint32_t number, uint64_t *value)
{
    const struct msr *msr = find(number);
    *value = 0;
    if (cpu->cpl != 0)
        return refuse(cpu);
    if (!is_there(cpu, number, msr))
        return unknown(cpu, X86_MISTAKE_MSR_READ, number);
    if (msr) {
        *value = *place(cpu, msr, number);
        return true;
    }
    if (is_port_register(number)) {
        enum port_result result = x86_apic_read(cpu, number, value);
        if (result == PORT_NOT_MINE)
            return unknown(cpu, X86_MISTAKE_MSR_READ, number);
        return result == PORT_DONE || refuse(cpu);
    }
    if (variable_mtrr(cpu, number)) {
        *value = *variable_mtrr(cpu, number);
        return true;
    }
    if (amd_counter(cpu, number)) {
        *value = *amd_counter(cpu, number);
        return true;
    }
    if (number - MSR_LAST_BRANCH < 4 && cpu->model->vendor == X86_AMD)
        return true;
    switch (number) {
    case MSR_TSC: *value = tsc(cpu); return true;
    case MSR_TSC_ADJUST: *value = cpu->tsc_adjust; return true;
    case MSR_EFER: *value = cpu->efer; return true;
    case MSR_BIOS_SIGN_ID: *value = (uint64_t)MICROCODE << 32; return true;
    case MSR_MTRRCAP: *value = X86_VARIABLE_MTRRS | BIT32(8) | BIT32(10); return true; // fixed ranges, write-combining
    case MSR_MTRR_DEF_TYPE: *value = cpu->mtrr_def_type; return true;
    case MSR_PLATFORM_ID:
    case MSR_MCG_CAP: return true;
    case MSR_TSC_DEADLINE: return read_deadline(cpu, value) || unknown(cpu, X86_MISTAKE_MSR_READ, number);
    default: return is_amd_register(cpu, number) || unknown(cpu, X86_MISTAKE_MSR_READ, number);
    }
}

static bool write_port(struct x86_cpu *cpu, uint32_t number, uint64_t value)
{
    enum port_result result =
        number == MSR_TSC_DEADLINE ? write_deadline(cpu, value) : x86_apic_write(cpu, number, value);
    if (result == PORT_NOT_MINE)
        return unknown(cpu, X86_MISTAKE_MSR_WRITE, number);
    if (result == PORT_FAULT)
        return refuse(cpu);
    if (number == MSR_APIC_BASE)
        follow_apic_base(cpu);
    return true;
}

bool x86_write_msr(struct x86_cpu *cpu, uint32_t number, uint64_t value)
{
    const struct msr *msr = find(number);
    if (cpu->cpl != 0)
        return refuse(cpu);
    if (!is_there(cpu, number, msr))
        return unknown(cpu, X86_MISTAKE_MSR_WRITE, number);
    if (msr) {
        if ((value & ~msr->mask) || !fits(msr->shape, value))
            return refuse(cpu);
        *place(cpu, msr, number) = value;
        return true;
    }
    if (is_port_register(number) || number == MSR_TSC_DEADLINE)
        return write_port(cpu, number, value);
    if (variable_mtrr(cpu, number))
        return write_variable_mtrr(cpu, number, value);
    if (amd_counter(cpu, number)) {
        *amd_counter(cpu, number) = value;
        return true;
    }
    switch (number) {
    case MSR_TSC: move_tsc(cpu, value - tsc(cpu)); return true;
    case MSR_TSC_ADJUST: move_tsc(cpu, value - cpu->tsc_adjust); return true;
    case MSR_EFER: return write_efer(cpu, value);
    case MSR_MTRR_DEF_TYPE:
        if ((value & ~UINT64_C(0xcff)) || !is_type(value & 0xff))
            return refuse(cpu);
        cpu->mtrr_def_type = value;
        return true;
    case MSR_BIOS_SIGN_ID:
    case MSR_BIOS_UPDT_TRIG: return true; // no microcode to load; the revision stays
    default: return is_amd_register(cpu, number) || unknown(cpu, X86_MISTAKE_MSR_WRITE, number);
    }
}
