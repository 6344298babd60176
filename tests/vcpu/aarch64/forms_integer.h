// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The forms of instructions on general registers, branches, and the system instructions that EL0 may execute (Arm ARM
// sections C4.1.92, C4.1.93 and C4.1.95).
#ifndef TESTS_VCPU_AARCH64_FORMS_INTEGER_H
#define TESTS_VCPU_AARCH64_FORMS_INTEGER_H

#include "oracle.h"

#define SF 0x80000000u
// A form in 32 and in 64 bits.
#define WX(name, value, mask)                                                                                          \
    { name " w", (value), (mask) | SF },                                                                               \
    {                                                                                                                  \
        name " x", (value) | SF, (mask) | SF                                                                           \
    }
// Where N has to be equal to sf.
#define WXN(name, value, mask)                                                                                         \
    { name " w", (value), (mask) | SF | 0x400000 },                                                                    \
    {                                                                                                                  \
        name " x", (value) | SF | 0x400000, (mask) | SF | 0x400000                                                     \
    }

// clang-format off
static const struct oracle_form forms_integer[] = {
    // Immediates
    { "adr", 0x10000000, 0x9f000000 }, { "adrp", 0x90000000, 0x9f000000 },
    WX("add imm", 0x11000000, 0x7f800000), WX("adds imm", 0x31000000, 0x7f800000),
    WX("sub imm", 0x51000000, 0x7f800000), WX("subs imm", 0x71000000, 0x7f800000),
    WX("and imm", 0x12000000, 0x7f800000), WX("orr imm", 0x32000000, 0x7f800000),
    WX("eor imm", 0x52000000, 0x7f800000), WX("ands imm", 0x72000000, 0x7f800000),
    WX("movn", 0x12800000, 0x7f800000), WX("movz", 0x52800000, 0x7f800000), WX("movk", 0x72800000, 0x7f800000),
    WXN("sbfm", 0x13000000, 0x7f800000), WXN("bfm", 0x33000000, 0x7f800000), WXN("ubfm", 0x53000000, 0x7f800000),
    WXN("extr", 0x13800000, 0x7fa00000),
    // Two registers
    WX("and", 0x0a000000, 0x7f200000), WX("bic", 0x0a200000, 0x7f200000), WX("orr", 0x2a000000, 0x7f200000),
    WX("orn", 0x2a200000, 0x7f200000), WX("eor", 0x4a000000, 0x7f200000), WX("eon", 0x4a200000, 0x7f200000),
    WX("ands", 0x6a000000, 0x7f200000), WX("bics", 0x6a200000, 0x7f200000), WX("mov", 0x2a0003e0, 0x7fe0ffe0),
    WX("add lsl", 0x0b000000, 0x7fe00000), WX("add lsr", 0x0b400000, 0x7fe00000), WX("add asr", 0x0b800000, 0x7fe00000),
    WX("adds lsl", 0x2b000000, 0x7fe00000), WX("adds lsr", 0x2b400000, 0x7fe00000),
    WX("adds asr", 0x2b800000, 0x7fe00000),
    WX("sub lsl", 0x4b000000, 0x7fe00000), WX("sub lsr", 0x4b400000, 0x7fe00000), WX("sub asr", 0x4b800000, 0x7fe00000),
    WX("subs lsl", 0x6b000000, 0x7fe00000), WX("subs lsr", 0x6b400000, 0x7fe00000),
    WX("subs asr", 0x6b800000, 0x7fe00000),
    WX("add extended", 0x0b200000, 0x7fe00000), WX("adds extended", 0x2b200000, 0x7fe00000),
    WX("sub extended", 0x4b200000, 0x7fe00000), WX("subs extended", 0x6b200000, 0x7fe00000),
    WX("adc", 0x1a000000, 0x7fe0fc00), WX("adcs", 0x3a000000, 0x7fe0fc00),
    WX("sbc", 0x5a000000, 0x7fe0fc00), WX("sbcs", 0x7a000000, 0x7fe0fc00),
    // Conditions
    WX("ccmn", 0x3a400000, 0x7fe00c10), WX("ccmp", 0x7a400000, 0x7fe00c10),
    WX("ccmn imm", 0x3a400800, 0x7fe00c10), WX("ccmp imm", 0x7a400800, 0x7fe00c10),
    WX("csel", 0x1a800000, 0x7fe00c00), WX("csinc", 0x1a800400, 0x7fe00c00),
    WX("csinv", 0x5a800000, 0x7fe00c00), WX("csneg", 0x5a800400, 0x7fe00c00),
    // Division, shifts, CRC
    WX("udiv", 0x1ac00800, 0x7fe0fc00), WX("sdiv", 0x1ac00c00, 0x7fe0fc00),
    WX("lslv", 0x1ac02000, 0x7fe0fc00), WX("lsrv", 0x1ac02400, 0x7fe0fc00),
    WX("asrv", 0x1ac02800, 0x7fe0fc00), WX("rorv", 0x1ac02c00, 0x7fe0fc00),
    { "crc32b", 0x1ac04000, 0xffe0fc00 }, { "crc32h", 0x1ac04400, 0xffe0fc00 },
    { "crc32w", 0x1ac04800, 0xffe0fc00 }, { "crc32x", 0x9ac04c00, 0xffe0fc00 },
    { "crc32cb", 0x1ac05000, 0xffe0fc00 }, { "crc32ch", 0x1ac05400, 0xffe0fc00 },
    { "crc32cw", 0x1ac05800, 0xffe0fc00 }, { "crc32cx", 0x9ac05c00, 0xffe0fc00 },
    // One register
    WX("rbit", 0x5ac00000, 0x7ffffc00), WX("rev16", 0x5ac00400, 0x7ffffc00),
    { "rev w", 0x5ac00800, 0xfffffc00 }, { "rev32 x", 0xdac00800, 0xfffffc00 }, { "rev x", 0xdac00c00, 0xfffffc00 },
    WX("clz", 0x5ac01000, 0x7ffffc00), WX("cls", 0x5ac01400, 0x7ffffc00),
    // Three registers
    WX("madd", 0x1b000000, 0x7fe08000), WX("msub", 0x1b008000, 0x7fe08000),
    { "smaddl", 0x9b200000, 0xffe08000 }, { "smsubl", 0x9b208000, 0xffe08000 },
    { "umaddl", 0x9ba00000, 0xffe08000 }, { "umsubl", 0x9ba08000, 0xffe08000 },
    { "smulh", 0x9b400000, 0xffe08000 }, { "umulh", 0x9bc00000, 0xffe08000 },
    // What EL0 may of the system
    { "nop", 0xd503201f, ~0u }, { "yield", 0xd503203f, ~0u }, { "sevl", 0xd50320bf, ~0u },
    { "hint of later versions", 0xd503241f, 0xfffffc1f }, { "clrex", 0xd503305f, 0xfffff0ff },
    { "dsb", 0xd503309f, 0xfffff0ff }, { "dmb", 0xd50330bf, 0xfffff0ff }, { "isb", 0xd50330df, 0xfffff0ff },
    { "mrs nzcv", 0xd53b4200, 0xffffffe0 }, { "msr nzcv", 0xd51b4200, 0xffffffe0 },
    { "mrs fpcr", 0xd53b4400, 0xffffffe0 }, { "mrs fpsr", 0xd53b4420, 0xffffffe0 },
    { "mrs dczid_el0", 0xd53b00e0, 0xffffffe0 },
    // Whatever else there is in these groups
    { "any immediate", 0x10000000, 0x1c000000 }, { "any register", 0x0a000000, 0x0e000000 },
};

static const struct oracle_form forms_branch[] = {
    { "b", 0x14000000, 0xfc000000, ORACLE_BRANCH26 }, { "bl", 0x94000000, 0xfc000000, ORACLE_BRANCH26 },
    { "b.cond", 0x54000000, 0xff000010, ORACLE_BRANCH19 },
    { "cbz w", 0x34000000, 0xff000000, ORACLE_BRANCH19 }, { "cbz x", 0xb4000000, 0xff000000, ORACLE_BRANCH19 },
    { "cbnz w", 0x35000000, 0xff000000, ORACLE_BRANCH19 }, { "cbnz x", 0xb5000000, 0xff000000, ORACLE_BRANCH19 },
    { "tbz", 0x36000000, 0x7f000000, ORACLE_BRANCH14 }, { "tbnz", 0x37000000, 0x7f000000, ORACLE_BRANCH14 },
    { "br", 0xd61f0000, 0xfffffc1f, ORACLE_BRANCHREG }, { "blr", 0xd63f0000, 0xfffffc1f, ORACLE_BRANCHREG },
    { "ret", 0xd65f0000, 0xfffffc1f, ORACLE_BRANCHREG },
};
// clang-format on

#undef SF
#undef WX
#undef WXN
#endif
