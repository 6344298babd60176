// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The state of an x86-64 processor (Intel SDM vol. 1 chapter 3, vol. 3 chapter 2), and the few inline functions that all of
// x86_64/ shares.
//
// Flags. CF, PF, AF, ZF, SF and OF are stored in two words, in the same form for all instructions:
//   result  the result, sign-extended to 64 bits: ZF is result == 0, SF its sign, PF the parity of its low byte
//   aux     bit 63 CF, bit 62 CF ^ OF (the carry into the top bit), bit 3 AF; for flags that were loaded and match no result:
//           bits 15:8 are exclusive-ored into the byte for PF, bit 16 into SF
// All other flags are in `eflags`, where the six are 0.
#ifndef VCPU_X86_64_CPU_H
#define VCPU_X86_64_CPU_H

#include <stdbool.h>
#include <stdint.h>

#include "base/visit.h"
#include "vcpu/vcpu.h"

// Slots of the register file.
enum {
    X86_RAX,
    X86_RCX,
    X86_RDX,
    X86_RBX,
    X86_RSP,
    X86_RBP,
    X86_RSI,
    X86_RDI,
    X86_R8,
    X86_R9,
    X86_R10,
    X86_R11,
    X86_R12,
    X86_R13,
    X86_R14,
    X86_R15,
    X86_RIP,  // of the block being executed (relative to CS base); exact at block boundaries and after a fault
    X86_ZERO, // always 0
    X86_T0,
    X86_T1,
    X86_T2,
    X86_T3,   // temporaries inside one instruction
    X86_BASE, // + enum x86_segment: segment bases
    X86_SLOTS = X86_BASE + 8
};

enum x86_segment { X86_ES, X86_CS, X86_SS, X86_DS, X86_FS, X86_GS, X86_LDTR, X86_TR, X86_SEGMENTS };

// The visible and hidden part of a segment register; the base is in its slot (X86_BASE + segment).
struct x86_segment_register {
    uint16_t selector;
    uint16_t
        attributes; // descriptor bits 55:52 and 47:40 as in VMCS/SVM order: type 3:0, S 4, DPL 6:5, P 7, AVL 8, L 9, D/B 10, G 11
    uint32_t limit; // in bytes, already scaled
    uint64_t raw;   // its descriptor's first 8 bytes; 0: it is not of the GDT. Only known here, no state of the guest
};

enum {
    X86_ATTR_TYPE = 0xf,
    X86_ATTR_S = 1 << 4,
    X86_ATTR_DPL = 3 << 5,
    X86_ATTR_P = 1 << 7,
    X86_ATTR_L = 1 << 9,
    X86_ATTR_DB = 1 << 10,
    X86_ATTR_G = 1 << 11,
};

enum {
    X86_CF = 1 << 0,
    X86_PF = 1 << 2,
    X86_AF = 1 << 4,
    X86_ZF = 1 << 6,
    X86_SF = 1 << 7,
    X86_TF = 1 << 8,
    X86_IF = 1 << 9,
    X86_DF = 1 << 10,
    X86_OF = 1 << 11,
    X86_IOPL = 3 << 12,
    X86_NT = 1 << 14,
    X86_RF = 1 << 16,
    X86_VM = 1 << 17,
    X86_AC = 1 << 18,
    X86_VIF = 1 << 19,
    X86_VIP = 1 << 20,
    X86_ID = 1 << 21,
    X86_ARITHMETIC = X86_CF | X86_PF | X86_AF | X86_ZF | X86_SF | X86_OF,
};

enum {
    X86_DR6_BD = 1 << 13, // bits 3:0: breakpoints met
    X86_DR6_BS = 1 << 14,
    X86_DR6_BT = 1 << 15,
    X86_DR7_ENABLED = 0xff, // bits 2n and 2n + 1: breakpoint n, in this task and in all
    X86_DR7_GD = 1 << 13,
    X86_CR0_PE = 1 << 0,
    X86_CR0_MP = 1 << 1,
    X86_CR0_EM = 1 << 2,
    X86_CR0_TS = 1 << 3,
    X86_CR0_ET = 1 << 4,
    X86_CR0_NE = 1 << 5,
    X86_CR0_WP = 1 << 16,
    X86_CR0_AM = 1 << 18,
    X86_CR0_NW = 1 << 29,
    X86_CR0_CD = 1 << 30,
    X86_CR4_VME = 1 << 0,
    X86_CR4_PVI = 1 << 1,
    X86_CR4_TSD = 1 << 2,
    X86_CR4_DE = 1 << 3,
    X86_CR4_PSE = 1 << 4,
    X86_CR4_PAE = 1 << 5,
    X86_CR4_MCE = 1 << 6,
    X86_CR4_PGE = 1 << 7,
    X86_CR4_PCE = 1 << 8,
    X86_CR4_OSFXSR = 1 << 9,
    X86_CR4_OSXMMEXCPT = 1 << 10,
    X86_CR4_UMIP = 1 << 11,
    X86_CR4_FSGSBASE = 1 << 16,
    X86_CR4_PCIDE = 1 << 17,
    X86_CR4_SMEP = 1 << 20,
    X86_CR4_SMAP = 1 << 21,
    X86_EFER_SCE = 1 << 0,
    X86_EFER_LME = 1 << 8,
    X86_EFER_LMA = 1 << 10,
    X86_EFER_NXE = 1 << 11,
    X86_EFER_FFXSR = 1 << 14,
};
#define X86_CR0_PG UINT64_C(0x80000000)

enum x86_exception {
    X86_DE = 0,
    X86_DB = 1,
    X86_BP = 3,
    X86_OFLOW = 4,
    X86_BR = 5,
    X86_UD = 6,
    X86_NM = 7,
    X86_DOUBLE = 8,
    X86_TS = 10,
    X86_NP = 11,
    X86_SS_FAULT = 12,
    X86_GP = 13,
    X86_PAGE = 14,
    X86_MF = 16,
    X86_AC_FAULT = 17,
    X86_XM = 19,
};

// Mode bits: what changes the meaning of code, so the key of a block.
enum {
    X86_MODE_64 = 1 << 0,
    X86_MODE_32 = 1 << 1,      // CS.D; neither: 16-bit code
    X86_MODE_STACK32 = 1 << 2, // SS.B (not in 64-bit mode)
    X86_MODE_FLAT =
        1 << 3, // not in 64-bit mode: ES, CS, SS, DS have base 0, limit 4 GiB, and are usable for any access
    X86_MODE_USER = 1 << 4, // CPL 3; in the key so that a jump cache serves both privileges
};

union x86_xmm {
    uint8_t b[16];
    uint16_t w[8];
    uint32_t l[4];
    uint64_t q[2];
    float f[4];
    double d[2];
};

struct x86_x87 {
    uint64_t mantissa[8]; // physical registers (R0-R7); MMX register n is mantissa[n]
    uint16_t exponent[8]; // with the sign in bit 15
    uint64_t ip, dp;      // last instruction and operand
    uint16_t control;     // FCW, 037Fh after FINIT
    uint16_t status;      // FSW; TOP is in it (bits 13:11)
    uint16_t opcode;      // FOP, 11 bits
    uint16_t cs, ds;
    uint8_t valid; // bit per physical register: 1 is not empty (the abridged tag word of FXSAVE)
};

struct x86_fault {
    uint8_t vector;
    bool has_error;
    bool keeps_rf; // #DB that is a trap or an instruction breakpoint
    uint32_t error;
    uint64_t address; // of a page fault, becomes CR2 on delivery
};

enum x86_mistake {        // accesses of a guest to features that this CPU does not have
    X86_MISTAKE_MSR_READ, // of an unknown MSR: #GP
    X86_MISTAKE_MSR_WRITE,
    X86_MISTAKE_SMI,  // acknowledged, but there is no system management mode
    X86_MISTAKE_SIPI, // to a CPU that does not wait for one
    X86_MISTAKES
};

struct x86_model;

struct x86_cpu {
    struct vcpu vcpu; // first: the loop uses only this

    uint64_t r[X86_SLOTS];
    uint64_t result, aux; // the six arithmetic flags
    uint64_t eflags;      // the others, with bit 1
    uint64_t rip_mask;    // of the code's size: 64, 32 or 16 bits; set by x86_run
    uint32_t mode;        // X86_MODE_ bits, kept by x86_update_mode
    uint8_t cpl;
    bool nmi_blocked;     // until IRET
    uint8_t nested_tasks; // task switches inside the delivery of another's fault
    uint64_t shadow;      // interrupts wait while vcpu_executed() == shadow: the boundary after STI, MOV SS, POP SS
    uint64_t shadow_ss;   // the same only for MOV SS and POP SS, which also delay NMI and #DB
    // RFLAGS.RF is set while vcpu_executed() == resume: between IRET and the end of the instruction after it, and between two
    // iterations of a string instruction.
    uint64_t resume;
    uint32_t traps; // DR6 bits of debug traps pending until the end of the instruction, or after MOV SS of the next one
    struct x86_fault fault;

    struct x86_segment_register segment[X86_SEGMENTS];
    uint64_t gdt_base, idt_base;
    uint16_t gdt_limit, idt_limit;

    uint64_t cr0, cr2, cr3, cr4, efer;
    uint64_t dr[8];
    uint64_t pdpte[4]; // PAE paging: loaded with CR3
    uint64_t lines;    // address lines that are not forced to 0: all, or with A20M# all but line 20

    // MSRs
    uint64_t star, lstar, cstar, sfmask, kernel_gs_base, tsc_aux, tsc_offset, tsc_adjust;
    uint64_t sysenter_cs, sysenter_esp, sysenter_eip;
    uint64_t pat, misc_enable, mtrr_def_type, mtrr_fixed[11], mtrr_base[8], mtrr_mask[8], mcg_status, debugctl;
    uint64_t
        amd_counters[8];   // C0010000h-C0010007h: four selectors and counters of performance events, which do not count
    uint64_t tsc_deadline; // IA32_TSC_DEADLINE as written, in TSC ticks; the port has it in ns

    uint32_t mxcsr;
    union x86_xmm xmm[16];
    union x86_xmm scratch; // a 16-byte memory operand
    struct x86_x87 x87;

    uint32_t mistakes[X86_MISTAKES];

    // Configuration
    const struct x86_model *model;
    uint32_t apic_id;
    uint32_t cpus; // of the machine, for CPUID
    bool bootstrap;
    bool shutdown; // after a triple fault
};

static inline struct x86_cpu *x86_of(struct vcpu *cpu)
{
    return (struct x86_cpu *)(void *)cpu;
}

// --- flags -----------------------------------------------------------------------------------------------------------

static inline bool x86_cf(const struct x86_cpu *cpu)
{
    return cpu->aux >> 63;
}
static inline bool x86_zf(const struct x86_cpu *cpu)
{
    return cpu->result == 0;
}
static inline bool x86_sf(const struct x86_cpu *cpu)
{
    return (cpu->result ^ (cpu->aux << 47)) >> 63;
}
static inline bool x86_of_flag(const struct x86_cpu *cpu)
{
    return (cpu->aux ^ (cpu->aux << 1)) >> 63;
}
static inline bool x86_af(const struct x86_cpu *cpu)
{
    return cpu->aux >> 3 & 1;
}
static inline bool x86_pf(const struct x86_cpu *cpu)
{
    return !__builtin_parity((cpu->result ^ (cpu->aux >> 8)) & 0xff);
}

// The six flags as RFLAGS has them, and all of RFLAGS. Each is moved to its place, without a branch.
static inline uint64_t x86_arithmetic_flags(const struct x86_cpu *cpu)
{
    uint64_t result = cpu->result, aux = cpu->aux;
    return aux >> 63 | (uint64_t)x86_pf(cpu) << 2 | (aux << 1 & X86_AF) | (uint64_t)(result == 0) << 6 |
           ((result ^ aux << 47) >> 56 & X86_SF) | ((aux ^ aux << 1) >> 52 & X86_OF);
}

static inline uint64_t x86_flags(const struct x86_cpu *cpu)
{
    return cpu->eflags | x86_arithmetic_flags(cpu);
}

// Sets the six flags from RFLAGS bits.
static inline void x86_set_arithmetic_flags(struct x86_cpu *cpu, uint64_t flags)
{
    // result: 0 for ZF, else 1 (sign clear, odd parity); flags that differ from it go into aux.
    cpu->result = ~flags >> 6 & 1;
    cpu->aux = flags << 63 | ((flags ^ flags >> 11) & 1) << 62 | (flags & X86_SF) << 9 |
               ((flags >> 2 ^ flags >> 6) & 1) << 8 | (flags & X86_AF) >> 1;
}

static inline void x86_set_flags(struct x86_cpu *cpu, uint64_t flags)
{
    x86_set_arithmetic_flags(cpu, flags);
    cpu->eflags = (flags & ~(uint64_t)X86_ARITHMETIC) | 2;
}

// --- exceptions ------------------------------------------------------------------------------------------------------

// Records an exception and returns false, so that a function that faults ends with `return x86_fault(...)`.
static inline bool x86_fault(struct x86_cpu *cpu, enum x86_exception vector)
{
    cpu->fault = (struct x86_fault){ .vector = (uint8_t)vector };
    return false;
}

// The same for a #DB whose RF is pushed as it is; `conditions`: bits of DR6.
static inline bool x86_fault_debug(struct x86_cpu *cpu, uint32_t conditions)
{
    cpu->dr[6] |= conditions;
    cpu->fault = (struct x86_fault){ .vector = X86_DB, .keeps_rf = true };
    return false;
}

static inline bool x86_fault_code(struct x86_cpu *cpu, enum x86_exception vector, uint32_t error)
{
    cpu->fault = (struct x86_fault){ .vector = (uint8_t)vector, .has_error = true, .error = error };
    return false;
}

// --- memory ----------------------------------------------------------------------------------------------------------

// Linear addresses, at the current privilege / as the supervisor (descriptor tables, TSS). False: cpu->fault is set.
static inline bool x86_load(struct x86_cpu *cpu, uint64_t linear, unsigned size, uint64_t *value)
{
    return tlb_load(&cpu->vcpu, linear, size, cpu->cpl == 3, value);
}

static inline bool x86_store(struct x86_cpu *cpu, uint64_t linear, unsigned size, uint64_t value)
{
    return tlb_store(&cpu->vcpu, linear, size, cpu->cpl == 3, value);
}

static inline bool x86_load_system(struct x86_cpu *cpu, uint64_t linear, unsigned size, uint64_t *value)
{
    return tlb_load(&cpu->vcpu, linear, size, false, value);
}

static inline bool x86_store_system(struct x86_cpu *cpu, uint64_t linear, unsigned size, uint64_t value)
{
    return tlb_store(&cpu->vcpu, linear, size, false, value);
}

static inline bool x86_is_canonical(uint64_t address)
{
    return (uint64_t)((int64_t)(address << 16) >> 16) == address;
}

// --- system/mistake.c ------------------------------------------------------------------------------------------------

// Counts a mistake of the guest and reports it; `value` says more: the number of the MSR, the vector of the SIPI.
void x86_mistake(struct x86_cpu *cpu, enum x86_mistake mistake, uint64_t value);

// --- guest.c ---------------------------------------------------------------------------------------------------------

extern const struct guest x86_guest;

// A CPU in the state after reset (SDM vol. 3 table 10-1): `cpus` of the machine, this one's APIC id. -ENOMEM.
int x86_cpu_create(struct x86_cpu **out, struct loop *loop, uint32_t index, uint32_t apic_id, uint32_t cpus);
void x86_cpu_destroy(struct x86_cpu *cpu);
// Between two runs: the list names the fields as they are, and vcpu_run has left them normalised. A load is followed by
// x86_cpu_loaded, which derives what the list leaves out.
void x86_cpu_visit(struct x86_cpu *cpu, struct visit *v);
void x86_cpu_loaded(struct x86_cpu *cpu);

#endif
