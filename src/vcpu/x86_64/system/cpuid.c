// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// CPUID (SDM vol. 2, CPUID), from the words of the model (model.c).
//
// Leaves 15h and 16h give the TSC's frequency, and with an invariant TSC and IA32_TSC_ADJUST a kernel neither
// calibrates nor watches the TSC. The hypervisor bit is 0.
//
//     one package, one thread per core, APIC ids count the cores
#include "vcpu/x86_64/system/model.h"

#include <string.h>

#include "vcpu/x86_64/system/apic_port.h"
#include "vcpu/x86_64/system/sysreg.h"

#define TSC_HZ  1000000000u // 1 tick per ns; the bus clock of the APIC timer is the same
#define TSC_MHZ 1000u

// --- leaves ----------------------------------------------------------------------------------------------------------

static void set(uint32_t out[4], uint32_t eax, uint32_t ebx, uint32_t ecx, uint32_t edx)
{
    out[0] = eax;
    out[1] = ebx;
    out[2] = ecx;
    out[3] = edx;
}

// Up to 16 characters, 4 in each register in order.
static void set_text(uint32_t out[4], const char text[16])
{
    memcpy(out, text, 16);
}

static void set_vendor(const struct x86_cpu *cpu, uint32_t out[4], uint32_t highest)
{
    char text[13] = "GenuineIntel";
    uint32_t words[3];
    if (cpu->model->vendor == X86_AMD)
        memcpy(text, "AuthenticAMD", 12);
    memcpy(words, text, 12);
    set(out, highest, words[0], words[2], words[1]);
}

static bool is_apic_enabled(struct x86_cpu *cpu)
{
    uint64_t base;
    return x86_apic_read(cpu, 0x1b, &base) == PORT_DONE && (base & BIT32(11));
}

// Bits of an APIC id that number the cores.
static uint32_t core_bits(const struct x86_cpu *cpu)
{
    return cpu->cpus > 1 ? bits_highest(cpu->cpus - 1) + 1 : 0;
}

static uint32_t or_255(uint32_t value)
{
    return value < 255 ? value : 255;
}

static void leaf_1(struct x86_cpu *cpu, uint32_t out[4])
{
    const struct x86_model *model = cpu->model;
    uint32_t edx = model->leaf_1_edx;
    if (cpu->cpus > 1)
        edx |= X86_1D_HTT;
    if (!is_apic_enabled(cpu))
        edx &= ~X86_1D_APIC;
    uint32_t logical = or_255(UINT32_C(1) << core_bits(cpu));
    set(out, model->signature, (cpu->apic_id & 0xff) << 24 | logical << 16 | 8 << 8, model->leaf_1_ecx, edx);
}

// Deterministic cache parameters: 32 KiB of instructions and of data per core, 512 KiB unified per core.
static void leaf_4(const struct x86_cpu *cpu, uint32_t subleaf, uint32_t out[4])
{
    static const struct {
        uint32_t type, level, ways, sets;
    } caches[] = { { 1, 1, 8, 64 }, { 2, 1, 8, 64 }, { 3, 2, 8, 1024 } };
    set(out, 0, 0, 0, 0);
    if (subleaf >= countof(caches))
        return;
    uint32_t cores = (UINT32_C(1) << core_bits(cpu)) - 1;
    uint32_t eax = caches[subleaf].type | caches[subleaf].level << 5 | 1 << 8 | (cores < 63 ? cores : 63) << 26;
    set(out, eax, (caches[subleaf].ways - 1) << 22 | 63, caches[subleaf].sets - 1, 0);
}

static void leaf_topology(const struct x86_cpu *cpu, uint32_t subleaf, uint32_t out[4])
{
    enum { THREADS = 1, CORES = 2 };
    if (subleaf == 0)
        set(out, 0, 1, THREADS << 8, cpu->apic_id);
    else if (subleaf == 1)
        set(out, core_bits(cpu), cpu->cpus, CORES << 8 | 1, cpu->apic_id);
    else
        set(out, 0, 0, subleaf & 0xff, cpu->apic_id);
}

#define HIGHEST          0x16u
#define HIGHEST_EXTENDED 0x80000008u

static void basic(struct x86_cpu *cpu, uint32_t leaf, uint32_t subleaf, uint32_t out[4])
{
    const struct x86_model *model = cpu->model;
    switch (leaf) {
    case 0x0: set_vendor(cpu, out, HIGHEST); break;
    case 0x1: leaf_1(cpu, out); break;
    case 0x2: set(out, 0x00feff01, 0, 0, 0); break; // caches are in leaf 4
    case 0x4: leaf_4(cpu, subleaf, out); break;
    case 0x6: out[0] = BIT32(2); break; // the APIC timer always runs
    case 0x7:
        if (subleaf == 0)
            set(out, 0, model->leaf_7_ebx, model->leaf_7_ecx, 0);
        break;
    case 0xb: leaf_topology(cpu, subleaf, out); break;
    case 0x15:
        if (model->leaf_1_edx & X86_1D_TSC)
            set(out, 1, 1, TSC_HZ, 0);
        break;
    case 0x16: set(out, TSC_MHZ, TSC_MHZ, 100, 0); break;
    default: break;
    }
}

static void extended(struct x86_cpu *cpu, uint32_t leaf, uint32_t out[4])
{
    static const char brand[48] = "Intact Virtual CPU";
    const struct x86_model *model = cpu->model;
    bool amd = model->vendor == X86_AMD;
    switch (leaf) {
    case 0x80000000: set_vendor(cpu, out, HIGHEST_EXTENDED); break;
    case 0x80000001:
        set(out, amd ? model->signature : 0, 0, model->leaf_x1_ecx | (amd && cpu->cpus > 1 ? X86_XC_CMP_LEGACY : 0),
            model->leaf_x1_edx);
        break;
    case 0x80000002: set_text(out, brand); break;
    case 0x80000003: set_text(out, brand + 16); break;
    case 0x80000004: set_text(out, brand + 32); break;
    case 0x80000005:
        if (amd) // 32 KiB, 8 ways, 64-byte lines, each
            set(out, 0, 0, 32 << 24 | 8 << 16 | 1 << 8 | 64, 32 << 24 | 8 << 16 | 1 << 8 | 64);
        break;
    case 0x80000006: out[2] = 512u << 16 | 6 << 12 | 64; break; // 512 KiB, 8 ways
    case 0x80000007:                                            // invariant TSC
        out[3] = model->leaf_1_edx & X86_1D_TSC ? BIT32(8) : 0;
        break;
    case 0x80000008:
        out[0] = 48 << 8 | X86_PHYSICAL_BITS;
        if (amd)
            out[2] = core_bits(cpu) << 12 | or_255(cpu->cpus - 1);
        break;
    default: break;
    }
}

// Above the highest basic leaf an Intel CPU returns that leaf, as the manual says for EAX out of range.
void x86_cpuid(struct x86_cpu *cpu, uint32_t leaf, uint32_t subleaf, uint32_t out[4])
{
    set(out, 0, 0, 0, 0);
    if (leaf <= HIGHEST)
        basic(cpu, leaf, subleaf, out);
    else if (leaf >= 0x80000000 && leaf <= HIGHEST_EXTENDED)
        extended(cpu, leaf, out);
    else if (leaf == 0x40000000 && (cpu->model->leaf_1_ecx & X86_1C_HYPERVISOR))
        set(out, 0x40000000, 0x61746e49, 0x6e497463, 0x74636174); // "IntactIntact"
    else if (cpu->model->vendor == X86_INTEL)
        basic(cpu, HIGHEST, subleaf, out);
}
