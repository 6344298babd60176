// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Instruction decoding (SDM vol. 2 chapter 2 and appendix A): from bytes to a plain struct. The only state of the CPU
// that it uses is the code size.
#ifndef VCPU_X86_64_DECODE_H
#define VCPU_X86_64_DECODE_H

#include <stdbool.h>
#include <stdint.h>

#define X86_LONGEST 15 // bytes of one instruction

enum x86_decoded {
    X86_DECODED,
    X86_NEED_MORE, // the instruction goes on past the bytes given
    X86_TOO_LONG,  // more than 15 bytes: #GP(0)
};

struct x86_opcode;

struct x86_insn {
    const struct x86_opcode *row; // opcodes.h; of a group that of the member
    uint8_t map;                  // 0: one byte, 1: 0F, 2: 0F 38, 3: 0F 3A
    uint8_t opcode;
    uint8_t length;
    uint8_t code_size;    // 2, 4, 8
    uint8_t operand_size; // 2, 4, 8
    uint8_t address_size; // 2, 4, 8
    uint8_t prefix;       // mandatory prefix for SIMD: F3h or F2h (the last of them), else 66h, else 0
    uint8_t rex;          // 40h-4Fh, or 0
    int8_t segment;       // override: enum x86_segment, or -1
    bool lock, operand_prefix;
    uint8_t repeat; // F2h, F3h or 0
    bool has_modrm;
    uint8_t modrm, mod, reg, rm; // reg and rm with REX
    // The memory operand, when mod != 3: base and index are register numbers, or -1. rip: the base is the next instruction.
    int8_t base, index;
    uint8_t scale;
    bool rip;
    int64_t displacement;
    int64_t immediate;   // sign-extended
    uint16_t immediate2; // selector of a far pointer, nesting level of ENTER
};

// Decodes the instruction at `bytes`, of which `available` can be read. `code_size`: 2, 4 or 8.
enum x86_decoded x86_decode(struct x86_insn *insn, const uint8_t *bytes, unsigned available, unsigned code_size);

#endif
