// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// MMX and SSE instructions (up to SSE4.2) as rows of one table: the kinds of operands, and a function on their values.
//
// To execute a row: x86_simd_check; resolve both operands to memory (an xmm register, an mm register's mantissa, a
// uint64_t with a general register's value, or cpu->scratch); call run, or x86_maskmov; store the destination where it
// is memory or a general register; x86_simd_done. No row reads a destination that is memory or a general register, and
// none writes its source.
#ifndef VCPU_X86_64_SIMD_H
#define VCPU_X86_64_SIMD_H

#include "vcpu/x86_64/cpu.h"

enum x86_simd_operand {
    X86_SIMD_NONE,
    X86_SIMD_XMM,    // xmm register, by modrm.reg
    X86_SIMD_MMX,    // mm register, by modrm.reg (REX.R has no effect)
    X86_SIMD_GPR,    // general register, by modrm.reg: 32 bits, 64 with REX.W; a 32-bit write clears the upper half
    X86_SIMD_XMM_RM, // by modrm.rm: xmm register, or memory
    X86_SIMD_MMX_RM, // by modrm.rm: mm register, or memory
    X86_SIMD_GPR_RM, // by modrm.rm: general register (all 64 bits are given), or memory
};

enum {                         // flags
    X86_SIMD_IMM = 1 << 0,     // an imm8 follows
    X86_SIMD_ALIGNED = 1 << 1, // the memory operand must be aligned to its size, otherwise #GP(0)
    X86_SIMD_MASKMOV = 1 << 2, // run is NULL: use x86_maskmov on [rDI] (segment DS, or overridden)
    // Conditions for an encoding to match the row.
    X86_SIMD_REGISTER = 1 << 3, // modrm.mod == 3
    X86_SIMD_MEMORY = 1 << 4,   // modrm.mod != 3
    X86_SIMD_W0 = 1 << 5,       // REX.W == 0
    X86_SIMD_W1 = 1 << 6,       // REX.W == 1
    X86_SIMD_GROUP = 1 << 7,    // modrm.reg == digit
};

enum {                      // check
    X86_CHECK_SSE = 1 << 0, // needs CR4.OSFXSR
    X86_CHECK_MMX = 1 << 1, // uses the x87 registers
};

struct x86_simd {
    const char *name;
    // Reads *s and, if the instruction does, *d; writes those bytes of *d that the instruction writes. Either may be
    // unaligned. False: cpu->fault is set (#XM, or #UD with CR4.OSXMMEXCPT clear) and *d is as before.
    bool (*run)(struct x86_cpu *cpu, void *d, const void *s, unsigned imm);
    uint8_t map; // 1: 0F, 2: 0F 38, 3: 0F 3A
    uint8_t opcode;
    uint8_t prefix; // 0, 66h, F3h, F2h
    uint8_t digit;  // of X86_SIMD_GROUP
    uint8_t d, s;   // enum x86_simd_operand
    uint8_t bytes;  // of the memory operand, source or destination, 1 to 16
    uint8_t flags;
    uint8_t check;
};

// The row of an instruction. `prefix` is the mandatory one: F2h or F3h (the last of them) before 66h before 0. NULL:
// none, #UD.
const struct x86_simd *x86_simd_find(unsigned map, unsigned prefix, uint8_t opcode, uint8_t modrm, bool rexw);

// All rows, `count` of them, for tests and listings.
const struct x86_simd *x86_simd_table(unsigned *count);

// May the row be executed now? Checks CR0.EM, CR4.OSFXSR (#UD), CR0.TS (#NM) and pending x87 exceptions (#MF).
bool x86_simd_check(struct x86_cpu *cpu, const struct x86_simd *row);

// After all has succeeded. For rows with X86_CHECK_MMX: FSW.TOP = 0, all registers valid (EMMS: empty), and the
// exponent of the register written, if `d` points to one, is all ones (SDM vol. 1, 9.6).
void x86_simd_done(struct x86_cpu *cpu, const struct x86_simd *row, const void *d);

// MASKMOVQ and MASKMOVDQU: stores the bytes of `d` whose mask byte in `s` has bit 7 set to `linear`.
bool x86_maskmov(struct x86_cpu *cpu, const struct x86_simd *row, const void *d, const void *s, uint64_t linear);

// LDMXCSR, after the load; #GP(0) for reserved bits. #UD and #NM as x86_simd_check does. STMXCSR: x86_check_sse, store
// cpu->mxcsr.
bool x86_ldmxcsr(struct x86_cpu *cpu, uint32_t value);
bool x86_check_sse(struct x86_cpu *cpu);

#endif
