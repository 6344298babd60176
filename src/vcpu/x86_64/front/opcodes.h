// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The opcode maps (SDM vol. 2, appendix A) as rows: the operands after the opcode, for the decoder; the mnemonic;
// conditions for a valid encoding; and the function that emits its ops. The rows are in opcodes_one.c (table A-2) and
// opcodes_two.c (table A-3, with the maps 0F 38 and 0F 3A); those of MMX and SSE are in float/simd_table.c.
#ifndef VCPU_X86_64_OPCODES_H
#define VCPU_X86_64_OPCODES_H

#include <stdint.h>

struct translator;
struct x86_insn;

enum x86_follows { // the rest of the instruction
    X86_FOLLOWS_NOTHING,
    X86_FOLLOWS_MODRM,      // ModRM, SIB, displacement
    X86_FOLLOWS_MODRM_IMM8, // and an immediate of 8 bits
    X86_FOLLOWS_MODRM_IMM,  // or of 16 or 32 bits
    X86_FOLLOWS_IMM8,       // sign-extended
    X86_FOLLOWS_IMM,        // 16 or 32 bits, sign-extended
    X86_FOLLOWS_IMM16,      // zero-extended
    X86_FOLLOWS_IMM_FULL,   // of the operand's size, up to 64 bits
    X86_FOLLOWS_OFFSET,     // an address of the address size
    X86_FOLLOWS_RELATIVE,   // a displacement of 16 or 32 bits
    X86_FOLLOWS_FAR,        // offset and selector
    X86_FOLLOWS_IMM16_IMM8, // ENTER
};

enum {                      // special
    X86_NOT_IN_64 = 1 << 0, // #UD in 64-bit mode
    X86_LOCKABLE = 1 << 1,  // LOCK is allowed, with a memory operand (SDM vol. 2, LOCK)
    X86_MEMORY = 1 << 2,    // #UD with a register operand
    X86_NO_MEMORY = 1 << 3, // ModRM means a register for any mod field
};

struct x86_opcode {
    const char *name;                        // mnemonic; NULL: no instruction, #UD
    void (*translate)(struct translator *t); // unless there is a group
    const struct x86_opcode *group; // eight rows, by modrm.reg; the operands after ModRM are in the row of the group
    const struct x86_opcode *group_register; // the same where modrm.mod is 3, if that is another group
    uint16_t argument;                       // for `translate`
    uint8_t follows;                         // enum x86_follows
    uint8_t special;
    uint8_t feature; // enum x86_feature
};

extern const struct x86_opcode x86_opcodes_one[256];
extern const struct x86_opcode x86_opcodes_two[256];
extern const struct x86_opcode x86_opcodes_38, x86_opcodes_3a; // of a whole map each

// The mnemonic of a decoded instruction, "?" if it is none.
const char *x86_mnemonic(const struct x86_insn *insn);

#endif
