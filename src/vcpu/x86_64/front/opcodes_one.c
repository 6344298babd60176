// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The one-byte opcode map (SDM vol. 2, table A-2). Prefixes and the escape 0Fh have no row; other opcodes without a row
// are #UD.
#include "vcpu/x86_64/float/simd.h"
#include "vcpu/x86_64/front/emit.h"

#define ROW(NAME, FOLLOWS, TRANSLATE, ...)                                                                             \
    {                                                                                                                  \
        .name = NAME, .follows = X86_FOLLOWS_##FOLLOWS, .translate = x86_translate_##TRANSLATE, __VA_ARGS__            \
    }
#define GROUP(NAME, FOLLOWS, ROWS)                                                                                     \
    {                                                                                                                  \
        .name = NAME, .follows = X86_FOLLOWS_##FOLLOWS, .group = ROWS                                                  \
    }
#define ARGUMENT(value) .argument = (value)
#define NOT_IN_64       .special = X86_NOT_IN_64
#define LOCKABLE        .special = X86_LOCKABLE

#define PAIR(OPCODE, ...)  [OPCODE] = ROW(__VA_ARGS__), [(OPCODE) + 1] = ROW(__VA_ARGS__)
#define FOUR(OPCODE, ...)  PAIR(OPCODE, __VA_ARGS__), PAIR((OPCODE) + 2, __VA_ARGS__)
#define EIGHT(OPCODE, ...) FOUR(OPCODE, __VA_ARGS__), FOUR((OPCODE) + 4, __VA_ARGS__)

// --- groups (table A-6) ----------------------------------------------------------------------------------------------

#define ALU_MEMBER(KIND) ROW(#KIND, NOTHING, alu_rm_immediate, ARGUMENT(X86_ALU_##KIND), LOCKABLE)
static const struct x86_opcode group1[8] = {
    ALU_MEMBER(ADD), ALU_MEMBER(OR),  ALU_MEMBER(ADC), ALU_MEMBER(SBB),
    ALU_MEMBER(AND), ALU_MEMBER(SUB), ALU_MEMBER(XOR), ROW("CMP", NOTHING, alu_rm_immediate, ARGUMENT(X86_ALU_CMP)),
};
static const struct x86_opcode group1_legacy[8] = {
// 82, not in 64-bit mode
#define LEGACY_MEMBER(KIND, SPECIAL)                                                                                   \
    ROW(#KIND, NOTHING, alu_rm_immediate, ARGUMENT(X86_ALU_##KIND), .special = X86_NOT_IN_64 | (SPECIAL))
    LEGACY_MEMBER(ADD, X86_LOCKABLE), LEGACY_MEMBER(OR, X86_LOCKABLE),
    LEGACY_MEMBER(ADC, X86_LOCKABLE), LEGACY_MEMBER(SBB, X86_LOCKABLE),
    LEGACY_MEMBER(AND, X86_LOCKABLE), LEGACY_MEMBER(SUB, X86_LOCKABLE),
    LEGACY_MEMBER(XOR, X86_LOCKABLE), LEGACY_MEMBER(CMP, 0),
};
static const struct x86_opcode group1a[8] = { [0] = ROW("POP", NOTHING, pop_rm) };

#define SHIFT_GROUP(COUNT)                                                                                             \
    {                                                                                                                  \
        ROW("ROL", NOTHING, shift_##COUNT, ARGUMENT(X86_ROL)), ROW("ROR", NOTHING, shift_##COUNT, ARGUMENT(X86_ROR)),  \
            ROW("RCL", NOTHING, shift_##COUNT, ARGUMENT(X86_RCL)),                                                     \
            ROW("RCR", NOTHING, shift_##COUNT, ARGUMENT(X86_RCR)),                                                     \
            ROW("SHL", NOTHING, shift_##COUNT, ARGUMENT(X86_SHL)),                                                     \
            ROW("SHR", NOTHING, shift_##COUNT, ARGUMENT(X86_SHR)),                                                     \
            ROW("SAL", NOTHING, shift_##COUNT, ARGUMENT(X86_SAL)),                                                     \
            ROW("SAR", NOTHING, shift_##COUNT, ARGUMENT(X86_SAR)),                                                     \
    }
static const struct x86_opcode group2_immediate[8] = SHIFT_GROUP(immediate);
static const struct x86_opcode group2_one[8] = SHIFT_GROUP(one);
static const struct x86_opcode group2_cl[8] = SHIFT_GROUP(cl);

#define GROUP3(IMMEDIATE)                                                                                              \
    {                                                                                                                  \
        ROW("TEST", IMMEDIATE, alu_rm_immediate, ARGUMENT(X86_ALU_TEST)),                                              \
            ROW("TEST", IMMEDIATE, alu_rm_immediate, ARGUMENT(X86_ALU_TEST)),                                          \
            ROW("NOT", NOTHING, unary, ARGUMENT(X86_OP_NOT8), LOCKABLE),                                               \
            ROW("NEG", NOTHING, unary, ARGUMENT(X86_OP_NEG8), LOCKABLE),                                               \
            ROW("MUL", NOTHING, multiply_divide, ARGUMENT(X86_OP_MULTIPLY)),                                           \
            ROW("IMUL", NOTHING, multiply_divide, ARGUMENT(X86_OP_MULTIPLY)),                                          \
            ROW("DIV", NOTHING, multiply_divide, ARGUMENT(X86_OP_DIVIDE)),                                             \
            ROW("IDIV", NOTHING, multiply_divide, ARGUMENT(X86_OP_DIVIDE)),                                            \
    }
static const struct x86_opcode group3_byte[8] = GROUP3(IMM8);
static const struct x86_opcode group3[8] = GROUP3(IMM);

static const struct x86_opcode group4[8] = {
    [0] = ROW("INC", NOTHING, unary, ARGUMENT(X86_OP_INC8), LOCKABLE),
    [1] = ROW("DEC", NOTHING, unary, ARGUMENT(X86_OP_DEC8), LOCKABLE),
};
static const struct x86_opcode group5[8] = {
    [0] = ROW("INC", NOTHING, unary, ARGUMENT(X86_OP_INC8), LOCKABLE),
    [1] = ROW("DEC", NOTHING, unary, ARGUMENT(X86_OP_DEC8), LOCKABLE),
    [2] = ROW("CALL", NOTHING, call_rm),
    [3] = ROW("CALL far", NOTHING, far_memory, ARGUMENT(X86_HELP_far_call), .special = X86_MEMORY),
    [4] = ROW("JMP", NOTHING, jump_rm),
    [5] = ROW("JMP far", NOTHING, far_memory, ARGUMENT(X86_HELP_far_jump), .special = X86_MEMORY),
    [6] = ROW("PUSH", NOTHING, push_rm),
};
static const struct x86_opcode group11[8] = { [0] = ROW("MOV", NOTHING, move_rm_immediate) };

// --- the map ---------------------------------------------------------------------------------------------------------

#define ALU(OPCODE, KIND)                                                                                              \
    PAIR(OPCODE, #KIND, MODRM, alu_rm_register, ARGUMENT(X86_ALU_##KIND), LOCKABLE),                                   \
        PAIR((OPCODE) + 2, #KIND, MODRM, alu_register_rm, ARGUMENT(X86_ALU_##KIND)),                                   \
        [(OPCODE) + 4] = ROW(#KIND, IMM8, alu_accumulator, ARGUMENT(X86_ALU_##KIND)),                                  \
                    [(OPCODE) + 5] = ROW(#KIND, IMM, alu_accumulator, ARGUMENT(X86_ALU_##KIND))

#define SEGMENT(OPCODE, NAME)                                                                                          \
    [OPCODE] = ROW("PUSH " #NAME, NOTHING, push_segment, ARGUMENT(X86_##NAME), NOT_IN_64),                             \
    [(OPCODE) + 1] = ROW("POP " #NAME, NOTHING, pop_segment, ARGUMENT(X86_##NAME), NOT_IN_64)

#define BRANCH(OPCODE, CC) [OPCODE] = ROW("J" #CC, IMM8, branch)

const struct x86_opcode x86_opcodes_one[256] = {
    ALU(0x00, ADD),
    ALU(0x08, OR),
    ALU(0x10, ADC),
    ALU(0x18, SBB),
    ALU(0x20, AND),
    ALU(0x28, SUB),
    ALU(0x30, XOR),
    PAIR(0x38, "CMP", MODRM, alu_rm_register, ARGUMENT(X86_ALU_CMP)),
    PAIR(0x3a, "CMP", MODRM, alu_register_rm, ARGUMENT(X86_ALU_CMP)),
    [0x3c] = ROW("CMP", IMM8, alu_accumulator, ARGUMENT(X86_ALU_CMP)),
    [0x3d] = ROW("CMP", IMM, alu_accumulator, ARGUMENT(X86_ALU_CMP)),
    SEGMENT(0x06, ES),
    [0x0e] = ROW("PUSH CS", NOTHING, push_segment, ARGUMENT(X86_CS), NOT_IN_64),
    SEGMENT(0x16, SS),
    SEGMENT(0x1e, DS),
    [0x27] = ROW("DAA", NOTHING, bcd, NOT_IN_64),
    [0x2f] = ROW("DAS", NOTHING, bcd, NOT_IN_64),
    [0x37] = ROW("AAA", NOTHING, bcd, NOT_IN_64),
    [0x3f] = ROW("AAS", NOTHING, bcd, NOT_IN_64),

    EIGHT(0x40, "INC", NOTHING, unary_register, ARGUMENT(X86_OP_INC8)), // REX in 64-bit mode, and so are the next
    EIGHT(0x48, "DEC", NOTHING, unary_register, ARGUMENT(X86_OP_DEC8)),
    EIGHT(0x50, "PUSH", NOTHING, push_register),
    EIGHT(0x58, "POP", NOTHING, pop_register),
    [0x60] = ROW("PUSHA", NOTHING, push_all, ARGUMENT(X86_HELP_pusha), NOT_IN_64),
    [0x61] = ROW("POPA", NOTHING, push_all, ARGUMENT(X86_HELP_popa), NOT_IN_64),
    [0x62] = ROW("BOUND", MODRM, bound, .special = X86_NOT_IN_64 | X86_MEMORY),
    [0x63] = ROW("MOVSXD", MODRM, movsxd_or_arpl), // ARPL outside of 64-bit mode
    [0x68] = ROW("PUSH", IMM, push_immediate),
    [0x69] = ROW("IMUL", MODRM_IMM, multiply_immediate),
    [0x6a] = ROW("PUSH", IMM8, push_immediate),
    [0x6b] = ROW("IMUL", MODRM_IMM8, multiply_immediate),
    PAIR(0x6c, "INS", NOTHING, string, ARGUMENT(X86_INS)),
    PAIR(0x6e, "OUTS", NOTHING, string, ARGUMENT(X86_OUTS)),
    BRANCH(0x70, O),
    BRANCH(0x71, NO),
    BRANCH(0x72, B),
    BRANCH(0x73, NB),
    BRANCH(0x74, Z),
    BRANCH(0x75, NZ),
    BRANCH(0x76, BE),
    BRANCH(0x77, NBE),
    BRANCH(0x78, S),
    BRANCH(0x79, NS),
    BRANCH(0x7a, P),
    BRANCH(0x7b, NP),
    BRANCH(0x7c, L),
    BRANCH(0x7d, NL),
    BRANCH(0x7e, LE),
    BRANCH(0x7f, NLE),

    [0x80] = GROUP("group 1", MODRM_IMM8, group1),
    [0x81] = GROUP("group 1", MODRM_IMM, group1),
    [0x82] = GROUP("group 1", MODRM_IMM8, group1_legacy),
    [0x83] = GROUP("group 1", MODRM_IMM8, group1),
    PAIR(0x84, "TEST", MODRM, alu_rm_register, ARGUMENT(X86_ALU_TEST)),
    PAIR(0x86, "XCHG", MODRM, exchange, LOCKABLE),
    PAIR(0x88, "MOV", MODRM, move_rm_register),
    PAIR(0x8a, "MOV", MODRM, move_register_rm),
    [0x8c] = ROW("MOV", MODRM, move_from_segment),
    [0x8d] = ROW("LEA", MODRM, load_address, .special = X86_MEMORY),
    [0x8e] = ROW("MOV", MODRM, move_to_segment),
    [0x8f] = GROUP("group 1A", MODRM, group1a),
    EIGHT(0x90, "XCHG", NOTHING, exchange_accumulator),    // 90: NOP, F3 90: PAUSE
    [0x98] = ROW("CBW", NOTHING, sign_extend_accumulator), // CWDE, CDQE
    [0x99] = ROW("CWD", NOTHING, sign_accumulator),        // CDQ, CQO
    [0x9a] = ROW("CALL far", FAR, far_immediate, ARGUMENT(X86_HELP_far_call), NOT_IN_64),
    [0x9b] = ROW("FWAIT", NOTHING, help, ARGUMENT(X86_HELP_fwait)),
    [0x9c] = ROW("PUSHF", NOTHING, push_flags),
    [0x9d] = ROW("POPF", NOTHING, pop_flags),
    [0x9e] = ROW("SAHF", NOTHING, flags_ah, ARGUMENT(X86_SAHF)),
    [0x9f] = ROW("LAHF", NOTHING, flags_ah, ARGUMENT(X86_LAHF)),
    FOUR(0xa0, "MOV", OFFSET, move_offset),
    PAIR(0xa4, "MOVS", NOTHING, string, ARGUMENT(X86_MOVS)),
    PAIR(0xa6, "CMPS", NOTHING, string, ARGUMENT(X86_CMPS)),
    [0xa8] = ROW("TEST", IMM8, alu_accumulator, ARGUMENT(X86_ALU_TEST)),
    [0xa9] = ROW("TEST", IMM, alu_accumulator, ARGUMENT(X86_ALU_TEST)),
    PAIR(0xaa, "STOS", NOTHING, string, ARGUMENT(X86_STOS)),
    PAIR(0xac, "LODS", NOTHING, string, ARGUMENT(X86_LODS)),
    PAIR(0xae, "SCAS", NOTHING, string, ARGUMENT(X86_SCAS)),
    EIGHT(0xb0, "MOV", IMM8, move_register_immediate),
    EIGHT(0xb8, "MOV", IMM_FULL, move_register_immediate),

    [0xc0] = GROUP("group 2", MODRM_IMM8, group2_immediate),
    [0xc1] = GROUP("group 2", MODRM_IMM8, group2_immediate),
    [0xc2] = ROW("RET", IMM16, return ),
    [0xc3] = ROW("RET", NOTHING, return ),
    [0xc4] = ROW("LES", MODRM, load_far, ARGUMENT(X86_ES), .special = X86_NOT_IN_64 | X86_MEMORY),
    [0xc5] = ROW("LDS", MODRM, load_far, ARGUMENT(X86_DS), .special = X86_NOT_IN_64 | X86_MEMORY),
    [0xc6] = GROUP("group 11", MODRM_IMM8, group11),
    [0xc7] = GROUP("group 11", MODRM_IMM, group11),
    [0xc8] = ROW("ENTER", IMM16_IMM8, enter),
    [0xc9] = ROW("LEAVE", NOTHING, leave),
    [0xca] = ROW("RET far", IMM16, far_return),
    [0xcb] = ROW("RET far", NOTHING, far_return),
    [0xcc] = ROW("INT3", NOTHING, interrupt, ARGUMENT(X86_HELP_int3)),
    [0xcd] = ROW("INT", IMM8, interrupt, ARGUMENT(X86_HELP_int_n)),
    [0xce] = ROW("INTO", NOTHING, help_then_end, ARGUMENT(X86_HELP_into), NOT_IN_64),
    [0xcf] = ROW("IRET", NOTHING, interrupt, ARGUMENT(X86_HELP_iret)),
    [0xd0] = GROUP("group 2", MODRM, group2_one),
    [0xd1] = GROUP("group 2", MODRM, group2_one),
    [0xd2] = GROUP("group 2", MODRM, group2_cl),
    [0xd3] = GROUP("group 2", MODRM, group2_cl),
    [0xd4] = ROW("AAM", IMM8, bcd, NOT_IN_64),
    [0xd5] = ROW("AAD", IMM8, bcd, NOT_IN_64),
    [0xd6] = ROW("SALC", NOTHING, flag, ARGUMENT(X86_SALC), NOT_IN_64),
    [0xd7] = ROW("XLAT", NOTHING, xlat),
    EIGHT(0xd8, "x87", MODRM, x87),
    [0xe0] = ROW("LOOPNE", IMM8, loop, ARGUMENT(0)),
    [0xe1] = ROW("LOOPE", IMM8, loop, ARGUMENT(1)),
    [0xe2] = ROW("LOOP", IMM8, loop, ARGUMENT(2)),
    [0xe3] = ROW("JCXZ", IMM8, loop, ARGUMENT(3)),
    PAIR(0xe4, "IN", IMM8, port),
    PAIR(0xe6, "OUT", IMM8, port),
    [0xe8] = ROW("CALL", RELATIVE, call),
    [0xe9] = ROW("JMP", RELATIVE, jump),
    [0xea] = ROW("JMP far", FAR, far_immediate, ARGUMENT(X86_HELP_far_jump), NOT_IN_64),
    [0xeb] = ROW("JMP", IMM8, jump),
    PAIR(0xec, "IN", NOTHING, port),
    PAIR(0xee, "OUT", NOTHING, port),
    [0xf1] = ROW("INT1", NOTHING, interrupt, ARGUMENT(X86_HELP_icebp)),
    [0xf4] = ROW("HLT", NOTHING, help_then_end, ARGUMENT(X86_HELP_hlt)),
    [0xf5] = ROW("CMC", NOTHING, flag, ARGUMENT(X86_CMC)),
    [0xf6] = GROUP("group 3", MODRM, group3_byte),
    [0xf7] = GROUP("group 3", MODRM, group3),
    [0xf8] = ROW("CLC", NOTHING, flag, ARGUMENT(X86_CLC)),
    [0xf9] = ROW("STC", NOTHING, flag, ARGUMENT(X86_STC)),
    [0xfa] = ROW("CLI", NOTHING, help, ARGUMENT(X86_HELP_cli)),
    [0xfb] = ROW("STI", NOTHING, help_then_end, ARGUMENT(X86_HELP_sti)),
    [0xfc] = ROW("CLD", NOTHING, direction, ARGUMENT(0)),
    [0xfd] = ROW("STD", NOTHING, direction, ARGUMENT(1)),
    [0xfe] = GROUP("group 4", MODRM, group4),
    [0xff] = GROUP("group 5", MODRM, group5),
};

const char *x86_mnemonic(const struct x86_insn *insn)
{
    if (insn->row->name && insn->row->translate == x86_translate_simd) {
        const struct x86_simd *row = x86_simd_find(insn->map, insn->prefix, insn->opcode, insn->modrm, insn->rex & 8);
        return row ? row->name : "?";
    }
    return insn->row->name ? insn->row->name : "?";
}
