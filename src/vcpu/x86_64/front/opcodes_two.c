// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The two-byte opcode map (SDM vol. 2, table A-3), and the maps 0F 38 and 0F 3A, which only have MMX and SSE, and
// CRC32. Rows of MMX and SSE only have the operands after the opcode; the rest is in float/simd_table.c.
#include "vcpu/x86_64/front/emit.h"

#define ROW(NAME, FOLLOWS, TRANSLATE, ...)                                                                             \
    {                                                                                                                  \
        .name = NAME, .follows = X86_FOLLOWS_##FOLLOWS, .translate = x86_translate_##TRANSLATE, __VA_ARGS__            \
    }
#define ARGUMENT(value) .argument = (value)
#define NEEDS(NAME)     .feature = X86_FEATURE_##NAME
#define HELP(NAME)      ARGUMENT(X86_HELP_##NAME)
#define UNDEFINED(NAME)                                                                                                \
    {                                                                                                                  \
        .name = NAME, .translate = x86_emit_undefined                                                                  \
    }

#define PAIR(OPCODE, ...)    [OPCODE] = ROW(__VA_ARGS__), [(OPCODE) + 1] = ROW(__VA_ARGS__)
#define FOUR(OPCODE, ...)    PAIR(OPCODE, __VA_ARGS__), PAIR((OPCODE) + 2, __VA_ARGS__)
#define EIGHT(OPCODE, ...)   FOUR(OPCODE, __VA_ARGS__), FOUR((OPCODE) + 4, __VA_ARGS__)
#define SIXTEEN(OPCODE, ...) EIGHT(OPCODE, __VA_ARGS__), EIGHT((OPCODE) + 8, __VA_ARGS__)
#define SIMD(OPCODE)         [OPCODE] = ROW("SIMD", MODRM, simd)
#define SIMD_IMM8(OPCODE)    [OPCODE] = ROW("SIMD", MODRM_IMM8, simd)

// --- groups (table A-6) ----------------------------------------------------------------------------------------------

static const struct x86_opcode group6[8] = {
    [0] = ROW("SLDT", NOTHING, store_word, HELP(sldt)), [1] = ROW("STR", NOTHING, store_word, HELP(str)),
    [2] = ROW("LLDT", NOTHING, load_word, HELP(lldt)),  [3] = ROW("LTR", NOTHING, load_word, HELP(ltr)),
    [4] = ROW("VERR", NOTHING, load_word, HELP(verr)),  [5] = ROW("VERW", NOTHING, load_word, HELP(verw)),
};
static const struct x86_opcode group7[8] = {
    [0] = ROW("SGDT", NOTHING, store_table, HELP(sgdt)),
    [1] = ROW("SIDT", NOTHING, store_table, HELP(sidt)),
    [2] = ROW("LGDT", NOTHING, load_table, HELP(lgdt)),
    [3] = ROW("LIDT", NOTHING, load_table, HELP(lidt)),
    [4] = ROW("SMSW", NOTHING, store_word, HELP(smsw)),
    [6] = ROW("LMSW", NOTHING, load_status_word, HELP(lmsw)),
    [7] = ROW("INVLPG", NOTHING, invalidate_page, HELP(invlpg)),
};
static const struct x86_opcode group7_register[8] = {
    // VMX, MONITOR, MWAIT, XGETBV are not advertised
    [1] = ROW("CLAC/STAC", NOTHING, access_flag),
    [4] = ROW("SMSW", NOTHING, store_word, HELP(smsw)),
    [6] = ROW("LMSW", NOTHING, load_status_word, HELP(lmsw)),
    [7] = ROW("SWAPGS/RDTSCP", NOTHING, swapgs_or_rdtscp),
};
static const struct x86_opcode group8[8] = {
    [4] = ROW("BT", NOTHING, bit_test_immediate, ARGUMENT(X86_BT)),
    [5] = ROW("BTS", NOTHING, bit_test_immediate, ARGUMENT(X86_BTS), .special = X86_LOCKABLE),
    [6] = ROW("BTR", NOTHING, bit_test_immediate, ARGUMENT(X86_BTR), .special = X86_LOCKABLE),
    [7] = ROW("BTC", NOTHING, bit_test_immediate, ARGUMENT(X86_BTC), .special = X86_LOCKABLE),
};
static const struct x86_opcode group9[8] = {
    [1] = ROW("CMPXCHG8B/16B", NOTHING, compare_exchange_wide, .special = X86_LOCKABLE | X86_MEMORY),
};
static const struct x86_opcode group15[8] = {
    [0] = ROW("FXSAVE", NOTHING, save_state, HELP(fxsave), NEEDS(FXSR)),
    [1] = ROW("FXRSTOR", NOTHING, load_state, HELP(fxrstor), NEEDS(FXSR)),
    [2] = ROW("LDMXCSR", NOTHING, load_mxcsr, HELP(ldmxcsr), NEEDS(SSE)),
    [3] = ROW("STMXCSR", NOTHING, store_mxcsr, HELP(stmxcsr), NEEDS(SSE)),
    [7] = ROW("CLFLUSH", NOTHING, flush_line, NEEDS(CLFLUSH)),
};
static const struct x86_opcode group15_register[8] = {
    [0] = ROW("RDFSBASE", NOTHING, segment_base, HELP(rdfsbase)),
    [1] = ROW("RDGSBASE", NOTHING, segment_base, HELP(rdfsbase)),
    [2] = ROW("WRFSBASE", NOTHING, segment_base, HELP(wrfsbase)),
    [3] = ROW("WRGSBASE", NOTHING, segment_base, HELP(wrfsbase)),
    [5] = ROW("LFENCE", NOTHING, fence, NEEDS(SSE2)),
    [6] = ROW("MFENCE", NOTHING, fence, NEEDS(SSE2)),
    [7] = ROW("SFENCE", NOTHING, fence, NEEDS(SSE)),
};

// --- the map ---------------------------------------------------------------------------------------------------------

#define CONDITION(NUMBER, CC)                                                                                          \
    [0x40 + (NUMBER)] = ROW("CMOV" #CC, MODRM, conditional_move, NEEDS(CMOV)),                                         \
            [0x80 + (NUMBER)] = ROW("J" #CC, RELATIVE, branch),                                                        \
            [0x90 + (NUMBER)] = ROW("SET" #CC, MODRM, set_condition)
#define CONTROL(NAME, HELPER)   ROW(NAME, MODRM, move_control, HELP(HELPER), .special = X86_NO_MEMORY)
#define BIT_TEST(KIND, SPECIAL) ROW(#KIND, MODRM, bit_test_register, ARGUMENT(X86_##KIND), .special = (SPECIAL))

const struct x86_opcode x86_opcodes_two[256] = {
    [0x00] = { .name = "group 6", .follows = X86_FOLLOWS_MODRM, .group = group6 },
    [0x01] = { .name = "group 7", .follows = X86_FOLLOWS_MODRM, .group = group7, .group_register = group7_register },
    [0x02] = ROW("LAR", MODRM, load_rights, HELP(lar)),
    [0x03] = ROW("LSL", MODRM, load_rights, HELP(lsl)),
    [0x05] = ROW("SYSCALL", NOTHING, help_ended, HELP(syscall), NEEDS(SYSCALL)),
    [0x06] = ROW("CLTS", NOTHING, help_then_end, HELP(clts)),
    [0x07] = ROW("SYSRET", NOTHING, help_ended, HELP(sysret), NEEDS(SYSCALL)),
    [0x08] = ROW("INVD", NOTHING, help, HELP(invd)),
    [0x09] = ROW("WBINVD", NOTHING, help, HELP(invd)),
    [0x0b] = UNDEFINED("UD2"),
    [0x0d] = ROW("PREFETCHW", MODRM, nothing),
    SIMD(0x10),
    SIMD(0x11),
    SIMD(0x12),
    SIMD(0x13),
    SIMD(0x14),
    SIMD(0x15),
    SIMD(0x16),
    SIMD(0x17),
    [0x18] = ROW("PREFETCH", MODRM, nothing),
    [0x19] = ROW("NOP", MODRM, nothing),
    PAIR(0x1a, "NOP", MODRM, nothing),
    FOUR(0x1c, "NOP", MODRM, nothing),
    [0x20] = CONTROL("MOV from CR", mov_from_cr),
    [0x21] = CONTROL("MOV from DR", mov_from_dr),
    [0x22] = CONTROL("MOV to CR", mov_to_cr),
    [0x23] = CONTROL("MOV to DR", mov_to_dr),
    SIMD(0x28),
    SIMD(0x29),
    SIMD(0x2a),
    SIMD(0x2b),
    SIMD(0x2c),
    SIMD(0x2d),
    SIMD(0x2e),
    SIMD(0x2f),
    [0x30] = ROW("WRMSR", NOTHING, help_then_end, HELP(wrmsr)),
    [0x31] = ROW("RDTSC", NOTHING, help, HELP(rdtsc), NEEDS(TSC)),
    [0x32] = ROW("RDMSR", NOTHING, help, HELP(rdmsr)),
    [0x33] = ROW("RDPMC", NOTHING, help, HELP(rdpmc)),
    [0x34] = ROW("SYSENTER", NOTHING, help_ended, HELP(sysenter), NEEDS(SEP)),
    [0x35] = ROW("SYSEXIT", NOTHING, help_ended, HELP(sysexit), NEEDS(SEP)),
    CONDITION(0, O),
    CONDITION(1, NO),
    CONDITION(2, B),
    CONDITION(3, NB),
    CONDITION(4, Z),
    CONDITION(5, NZ),
    CONDITION(6, BE),
    CONDITION(7, NBE),
    CONDITION(8, S),
    CONDITION(9, NS),
    CONDITION(10, P),
    CONDITION(11, NP),
    CONDITION(12, L),
    CONDITION(13, NL),
    CONDITION(14, LE),
    CONDITION(15, NLE),
    SIXTEEN(0x50, "SIMD", MODRM, simd),
    SIXTEEN(0x60, "SIMD", MODRM, simd),
    SIMD_IMM8(0x70),
    SIMD_IMM8(0x71),
    SIMD_IMM8(0x72),
    SIMD_IMM8(0x73),
    SIMD(0x74),
    SIMD(0x75),
    SIMD(0x76),
    [0x77] = ROW("SIMD", NOTHING, simd), // EMMS
    SIMD(0x78),
    SIMD(0x79),
    SIMD(0x7c),
    SIMD(0x7d),
    SIMD(0x7e),
    SIMD(0x7f),
    [0xa0] = ROW("PUSH FS", NOTHING, push_segment, ARGUMENT(X86_FS)),
    [0xa1] = ROW("POP FS", NOTHING, pop_segment, ARGUMENT(X86_FS)),
    [0xa2] = ROW("CPUID", NOTHING, help, HELP(cpuid)),
    [0xa3] = BIT_TEST(BT, 0),
    [0xa4] = ROW("SHLD", MODRM_IMM8, shift_double, ARGUMENT(0)),
    [0xa5] = ROW("SHLD", MODRM, shift_double, ARGUMENT(0)),
    [0xa8] = ROW("PUSH GS", NOTHING, push_segment, ARGUMENT(X86_GS)),
    [0xa9] = ROW("POP GS", NOTHING, pop_segment, ARGUMENT(X86_GS)),
    [0xab] = BIT_TEST(BTS, X86_LOCKABLE),
    [0xac] = ROW("SHRD", MODRM_IMM8, shift_double, ARGUMENT(1)),
    [0xad] = ROW("SHRD", MODRM, shift_double, ARGUMENT(1)),
    [0xae] = { .name = "group 15", .follows = X86_FOLLOWS_MODRM, .group = group15, .group_register = group15_register },
    [0xaf] = ROW("IMUL", MODRM, multiply),
    PAIR(0xb0, "CMPXCHG", MODRM, compare_exchange, .special = X86_LOCKABLE),
    [0xb2] = ROW("LSS", MODRM, load_far, ARGUMENT(X86_SS), .special = X86_MEMORY),
    [0xb3] = BIT_TEST(BTR, X86_LOCKABLE),
    [0xb4] = ROW("LFS", MODRM, load_far, ARGUMENT(X86_FS), .special = X86_MEMORY),
    [0xb5] = ROW("LGS", MODRM, load_far, ARGUMENT(X86_GS), .special = X86_MEMORY),
    PAIR(0xb6, "MOVZX", MODRM, move_extended),
    [0xb8] = ROW("POPCNT", MODRM, popcount, NEEDS(POPCNT)),
    [0xb9] = { .name = "UD1", .follows = X86_FOLLOWS_MODRM, .translate = x86_emit_undefined },
    [0xba] = { .name = "group 8", .follows = X86_FOLLOWS_MODRM_IMM8, .group = group8 },
    [0xbb] = BIT_TEST(BTC, X86_LOCKABLE),
    [0xbc] = ROW("BSF", MODRM, bit_scan, ARGUMENT(0)),
    [0xbd] = ROW("BSR", MODRM, bit_scan, ARGUMENT(1)),
    PAIR(0xbe, "MOVSX", MODRM, move_extended),
    PAIR(0xc0, "XADD", MODRM, exchange_add, .special = X86_LOCKABLE),
    SIMD_IMM8(0xc2),
    [0xc3] = ROW("MOVNTI", MODRM, store_around, .special = X86_MEMORY, NEEDS(SSE2)),
    SIMD_IMM8(0xc4),
    SIMD_IMM8(0xc5),
    SIMD_IMM8(0xc6),
    [0xc7] = { .name = "group 9", .follows = X86_FOLLOWS_MODRM, .group = group9 },
    EIGHT(0xc8, "BSWAP", NOTHING, byte_swap),
    SIXTEEN(0xd0, "SIMD", MODRM, simd),
    SIXTEEN(0xe0, "SIMD", MODRM, simd),
    EIGHT(0xf0, "SIMD", MODRM, simd),
    FOUR(0xf8, "SIMD", MODRM, simd),
    SIMD(0xfc),
    SIMD(0xfd),
    SIMD(0xfe),
    [0xff] = { .name = "UD0", .follows = X86_FOLLOWS_MODRM, .translate = x86_emit_undefined },
};

const struct x86_opcode x86_opcodes_38 = ROW("SIMD", MODRM, simd);
const struct x86_opcode x86_opcodes_3a = ROW("SIMD", MODRM_IMM8, simd);
