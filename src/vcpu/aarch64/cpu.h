// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The state of an AArch64 processor at EL0 and EL1 (Arm ARM, DDI 0487, part B1 and chapter D1), and the few inline functions
// that all of aarch64/ shares.
//
// Flags. N, Z, C and V live in two words, whatever instruction set them last:
//   result  the result, sign-extended to 64 bits: Z is result == 0, N its sign
//   aux     bit 63 C, bit 62 C ^ V (the carry into the top bit); for flags that were loaded and match no result: bit 16 is
//           exclusive-ored into N
#ifndef VCPU_AARCH64_CPU_H
#define VCPU_AARCH64_CPU_H

#include <stdbool.h>
#include <stdint.h>

#include "base/visit.h"
#include "vcpu/vcpu.h"

// Slots of the register file. 0-30 are X0-X30.
enum {
    A64_X30 = 30,
    A64_ZERO, // 31, as register numbers have it: always 0
    A64_SINK, // where writes to XZR go
    A64_SP_EL0,
    A64_SP_EL1,
    A64_PC, // of the block being executed; exact at block boundaries and after a fault
    A64_T0,
    A64_T1,
    A64_T2,
    A64_T3, // temporaries inside one instruction
    A64_SLOTS
};

// PSTATE and SPSR bits.
enum {
    A64_N = 1u << 31,
    A64_Z = 1 << 30,
    A64_C = 1 << 29,
    A64_V = 1 << 28,
    A64_NZCV = 0xf0000000u,
    A64_SS = 1 << 21,
    A64_IL = 1 << 20,
    A64_ALLINT = 1 << 13, // FEAT_NMI
    A64_D = 1 << 9,
    A64_A = 1 << 8,
    A64_I = 1 << 7,
    A64_F = 1 << 6,
    A64_DAIF = A64_D | A64_A | A64_I | A64_F,
    A64_AARCH32 = 1 << 4,
    A64_EL1 = 1 << 2,
    A64_SPSEL = 1 << 0,
};

enum {
    A64_SCTLR_M = 1 << 0,
    A64_SCTLR_A = 1 << 1,
    A64_SCTLR_C = 1 << 2,
    A64_SCTLR_SA = 1 << 3,
    A64_SCTLR_SA0 = 1 << 4,
    A64_SCTLR_UMA = 1 << 9,
    A64_SCTLR_I = 1 << 12,
    A64_SCTLR_DZE = 1 << 14,
    A64_SCTLR_UCT = 1 << 15,
    A64_SCTLR_NTWI = 1 << 16,
    A64_SCTLR_NTWE = 1 << 18,
    A64_SCTLR_WXN = 1 << 19,
    A64_SCTLR_UCI = 1 << 26,
};
#define A64_SCTLR_NMI       BIT64(61) // FEAT_NMI
#define A64_SCTLR_SPINTMASK BIT64(62)

// Exception classes (ESR_EL1.EC, section D17.2.37).
enum {
    A64_EC_UNKNOWN = 0x00,
    A64_EC_WFX = 0x01,
    A64_EC_FP = 0x07,
    A64_EC_ILLEGAL = 0x0e,
    A64_EC_SVC = 0x15,
    A64_EC_HVC = 0x16,
    A64_EC_SYSREG = 0x18,
    A64_EC_FETCH_LOWER = 0x20,
    A64_EC_FETCH = 0x21,
    A64_EC_PC = 0x22,
    A64_EC_DATA_LOWER = 0x24,
    A64_EC_DATA = 0x25,
    A64_EC_SP = 0x26,
    A64_EC_FP_TRAP = 0x2c,
    A64_EC_SERROR = 0x2f,
    A64_EC_BREAK_LOWER = 0x30,
    A64_EC_BREAK = 0x31,
    A64_EC_STEP_LOWER = 0x32,
    A64_EC_STEP = 0x33,
    A64_EC_WATCH_LOWER = 0x34,
    A64_EC_WATCH = 0x35,
    A64_EC_BRK = 0x3c,
};

enum {
    A64_MDSCR_SS = 1 << 0,
    A64_MDSCR_TDCC = 1 << 12,
    A64_MDSCR_KDE = 1 << 13,
    A64_MDSCR_MDE = 1 << 15,
    A64_OSLSR_OSLK = 1 << 1,
    A64_OSDLR_DLK = 1 << 0,
};

// Mode bits: what changes the meaning of code, so the key of a block.
enum {
    A64_MODE_USER = 1 << 0, // EL0. This and SP1 are in the key of the jump cache too; when others change, it is emptied
    A64_MODE_SP1 = 1 << 1,  // SP is SP_EL1
    A64_MODE_FP = 1 << 2,   // FP and SIMD instructions do not trap
    A64_MODE_SA = 1 << 3,   // the stack pointer is checked when it is the base of an access
    A64_MODE_ALIGN = 1 << 4, // all accesses must be aligned
    A64_MODE_DEBUG = 1 << 5, // breakpoints are looked for before each instruction
    A64_MODE_KEY = A64_MODE_USER | A64_MODE_SP1,
};

union a64_vector {
    _Alignas(16) uint8_t b[16];
    uint16_t h[8];
    uint32_t s[4];
    uint64_t d[2];
    float fs[4];
    double fd[2];
};

struct a64_fault {
    uint32_t syndrome; // as ESR_EL1 gets it
    bool has_address;
    uint64_t address; // becomes FAR_EL1 on delivery
};

// The exclusive monitor (section B2.12). It holds until other CPUs have executed anything, or the memory has changed.
struct a64_monitor {
    uint64_t address;
    uint64_t value[2];
    uint64_t others; // instructions of the other CPUs when it was armed
    uint8_t size;    // bytes; 0: open
};

enum a64_mistake {           // what a guest did that this CPU does not have
    A64_MISTAKE_SYSREG,      // an unknown system register or instruction: UNDEFINED
    A64_MISTAKE_UNALLOCATED, // an instruction that is not there: UNDEFINED
    A64_MISTAKE_RETURN,      // an illegal exception return
    A64_MISTAKE_PSCI,        // an unknown function: NOT_SUPPORTED
    A64_MISTAKE_ABORT,       // an access to a page where nothing is: external abort
    A64_MISTAKES
};

// Among the watchpoints: those of a debugger outside the guest (vcpu/stops.h).
#define A64_WATCHED_OUTSIDE 0x80

struct a64_model;
struct a64_semihosting;

struct a64_cpu {
    struct vcpu vcpu; // first: the loop sees only this

    uint64_t r[A64_SLOTS];
    uint64_t result, aux;   // N, Z, C, V
    uint32_t daif;          // A64_D, A64_A, A64_I, A64_F as they stand
    uint32_t mode;          // A64_MODE_ bits, kept by a64_update_mode
    uint8_t el;             // 0 or 1
    bool spsel;             // at EL1: SP is SP_EL1
    bool illegal;           // PSTATE.IL
    bool step;              // PSTATE.SS
    bool stepping;          // software step is on (section D2.12): kept by a64_update_mode
    bool debugging;         // a breakpoint may match at some level, or software step is asked for (a64_debug_changed)
    bool unwatched;         // an access of ours, not of the guest's: no watchpoint matches
    uint8_t breakpoints[2]; // by level: those that may match (kept by a64_debug_changed)
    uint8_t watchpoints;    // likewise, at any level; and A64_WATCHED_OUTSIDE
    bool debug_jumps[2];    // by level: blocks that the jump cache holds are of A64_MODE_DEBUG
    bool allint;            // PSTATE.ALLINT; false without FEAT_NMI
    bool event;             // the event register
    bool waits_event;       // halted by WFE, not by WFI
    struct a64_fault fault;
    struct a64_monitor monitor;

    // System registers of EL1
    uint64_t sctlr, cpacr, ttbr0, ttbr1, tcr, mair, vbar, elr, spsr, esr, far, par, afsr0, afsr1;
    uint64_t contextidr, tpidr_el0, tpidrro_el0, tpidr_el1, csselr, cntkctl, cntfrq, mdscr, osdlr, oslsr, dbgclaim,
        dbgprcr, mdccint;
    uint64_t dbgbvr[16], dbgbcr[16], dbgwvr[16], dbgwcr[16];
    uint32_t fpcr, fpsr;

    union a64_vector v[32];

    uint32_t mistakes[A64_MISTAKES];

    // Configuration
    const struct a64_model *model;
    uint64_t mpidr;
    bool gic_registers;                  // the machine has the ICC_ registers behind the CPU port (ID_AA64PFR0_EL1.GIC)
    struct a64_semihosting *semihosting; // who answers HLT #F000h; NULL: it is undefined
    bool bootstrap;                      // runs after reset; the others wait for CPU_ON
};

static inline struct a64_cpu *a64_of(struct vcpu *cpu)
{
    return (struct a64_cpu *)(void *)cpu;
}

// --- flags ------------------------------------------------------------------------------------------------------------

static inline bool a64_n(const struct a64_cpu *cpu)
{
    return (cpu->result ^ (cpu->aux << 47)) >> 63;
}
static inline bool a64_z(const struct a64_cpu *cpu)
{
    return cpu->result == 0;
}
static inline bool a64_c(const struct a64_cpu *cpu)
{
    return cpu->aux >> 63;
}
static inline bool a64_v(const struct a64_cpu *cpu)
{
    return (cpu->aux ^ (cpu->aux << 1)) >> 63;
}

// The flags as PSTATE has them, in bits 31:28.
static inline uint32_t a64_nzcv(const struct a64_cpu *cpu)
{
    return (a64_n(cpu) ? A64_N : 0u) | (a64_z(cpu) ? A64_Z : 0u) | (a64_c(cpu) ? A64_C : 0u) |
           (a64_v(cpu) ? A64_V : 0u);
}

static inline void a64_set_nzcv(struct a64_cpu *cpu, uint32_t nzcv)
{
    bool n = nzcv & A64_N, z = nzcv & A64_Z, c = nzcv & A64_C, v = nzcv & A64_V;
    cpu->result = z ? 0 : 1;
    cpu->aux = (uint64_t)c << 63 | (uint64_t)(c ^ v) << 62 | (uint64_t)n << 16;
}

// Does a condition (0-15, section C1.2.4) hold?
static inline bool a64_holds(const struct a64_cpu *cpu, unsigned condition)
{
    // One bit per value of NZCV.
    static const uint16_t table[16] = {
        0xf0f0, 0x0f0f, 0xcccc, 0x3333, 0xff00, 0x00ff, 0xaaaa, 0x5555,
        0x0c0c, 0xf3f3, 0xaa55, 0x55aa, 0x0a05, 0xf5fa, 0xffff, 0xffff,
    };
    return table[condition] >> (a64_nzcv(cpu) >> 28) & 1;
}

// --- registers --------------------------------------------------------------------------------------------------------

// The slot that a write to register `number` goes to, where 31 is XZR.
static inline unsigned a64_target(unsigned number)
{
    return number == 31 ? A64_SINK : number;
}

// --- exceptions -------------------------------------------------------------------------------------------------------

static inline uint32_t a64_syndrome(unsigned class, uint32_t iss)
{
    return (uint32_t) class << 26 | BIT32(25) | iss;
}

// Records an exception and returns false, so that a function that faults ends with `return a64_fault(...)`.
static inline bool a64_fault(struct a64_cpu *cpu, unsigned class, uint32_t iss)
{
    cpu->fault = (struct a64_fault){ .syndrome = a64_syndrome(class, iss) };
    return false;
}

static inline bool a64_fault_at(struct a64_cpu *cpu, unsigned class, uint32_t iss, uint64_t address)
{
    cpu->fault = (struct a64_fault){ .syndrome = a64_syndrome(class, iss), .has_address = true, .address = address };
    return false;
}

static inline bool a64_undefined(struct a64_cpu *cpu)
{
    return a64_fault(cpu, A64_EC_UNKNOWN, 0);
}

// --- memory -----------------------------------------------------------------------------------------------------------

// At the current privilege. False: cpu->fault is set.
static inline bool a64_load(struct a64_cpu *cpu, uint64_t address, unsigned size, uint64_t *value)
{
    return tlb_load(&cpu->vcpu, address, size, cpu->el == 0, value);
}

static inline bool a64_store(struct a64_cpu *cpu, uint64_t address, unsigned size, uint64_t value)
{
    return tlb_store(&cpu->vcpu, address, size, cpu->el == 0, value);
}

// Are [address, address + size) mapped and permitted, and no watchpoint there? For what is read or written piece by piece.
bool a64_watch(struct vcpu *cpu, uint64_t address, unsigned size, enum access access, bool user); // system/debug.c
static inline bool a64_probe(struct a64_cpu *cpu, uint64_t address, unsigned size, enum access access)
{
    return tlb_probe(&cpu->vcpu, address, size, cpu->el == 0, access) &&
           (likely(!cpu->watchpoints) || a64_watch(&cpu->vcpu, address, size, access, cpu->el == 0));
}

// --- system/mistake.c -------------------------------------------------------------------------------------------------

// Counts a mistake of the guest and reports it; `value` says more: an address, the number of a PSCI function.
void a64_mistake(struct a64_cpu *cpu, enum a64_mistake mistake, uint64_t value);

// --- guest.c ----------------------------------------------------------------------------------------------------------

extern const struct guest a64_guest;

// --- reset.c ----------------------------------------------------------------------------------------------------------

// A CPU in the state after reset, at EL1: `mpidr` is the affinity (Aff3 in bits 39:32, Aff2-Aff0 in bits 23:0). -ENOMEM.
int a64_cpu_create(struct a64_cpu **out, struct loop *loop, uint32_t index, uint64_t mpidr);
void a64_cpu_destroy(struct a64_cpu *cpu);
// Between two runs: the list names the fields as they are, and vcpu_run has left them normalised. A load is followed by
// a64_cpu_loaded, which derives what the list leaves out.
void a64_cpu_visit(struct a64_cpu *cpu, struct visit *v);
void a64_cpu_loaded(struct a64_cpu *cpu);

#endif
