// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The x87 floating-point unit (SDM vol. 1 chapter 8, vol. 2 chapters 3-4): opcodes D8 to DF and FWAIT.
#ifndef VCPU_X86_64_X87_H
#define VCPU_X86_64_X87_H

#include "vcpu/x86_64/cpu.h"

// The parts of an instruction, other than its opcode, that the unit needs.
struct x86_x87_operand {
    uint64_t linear;   // address of the memory operand; unused when modrm.mod == 3
    uint64_t offset;   // the same inside its segment, kept as FDP
    uint64_t ip;       // offset of the instruction (its first prefix) in CS, kept as FIP
    uint16_t selector; // of the memory operand's segment, kept as FDS
    uint8_t size;      // operand size 2, 4 or 8: the format of FLDENV, FSTENV, FSAVE and FRSTOR
};

// Executes the instruction `opcode` (D8h to DFh) `modrm`. Memory is accessed at the current privilege. False:
// cpu->fault is set (#UD, #NM, #MF or that of the memory access) and nothing has changed.
bool x86_x87(struct x86_cpu *cpu, uint8_t opcode, uint8_t modrm, const struct x86_x87_operand *operand);

// True if x86_x87 knows the instruction: otherwise it raises #UD.
bool x86_x87_known(uint8_t opcode, uint8_t modrm);

// Bytes of the memory operand, for segment limit checks; 0: none. `size` as in x86_x87_operand. `write`: the
// instruction stores.
unsigned x86_x87_bytes(uint8_t opcode, uint8_t modrm, unsigned size, bool *write);

// FWAIT (9B): #NM if CR0.MP and CR0.TS are both set, #MF if an unmasked exception is pending.
bool x86_fwait(struct x86_cpu *cpu);

// The state after FNINIT, and after reset except for the registers.
void x86_x87_init(struct x86_cpu *cpu);

// The tag word as FSTENV stores it, from the abridged one and the register contents.
uint16_t x86_x87_tags(const struct x86_cpu *cpu);

// FSW.TOP, 0 to 7: the physical register that ST(0) is.
static inline unsigned x86_x87_top(const struct x86_cpu *cpu)
{
    return cpu->x87.status >> 11 & 7;
}

// FSW.ES: an unmasked exception is pending.
static inline bool x86_x87_pending(const struct x86_cpu *cpu)
{
    return cpu->x87.status & 0x80;
}

#endif
