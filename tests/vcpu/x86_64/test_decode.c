// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The decoder: lengths in every code size, prefixes, addressing forms, and invalid instructions (SDM vol. 2 chapter 2).
#include "vcpu/x86_64/front/decode.h"

#include <criterion/criterion.h>

#include "vcpu/x86_64/board.h"

static unsigned bytes_of(const char *hex, uint8_t *bytes)
{
    unsigned count = 0;
    for (; *hex; hex++) {
        if (*hex == ' ')
            continue;
        char digits[3] = { hex[0], hex[1], 0 };
        bytes[count++] = (uint8_t)strtoul(digits, NULL, 16);
        hex++;
    }
    return count;
}

static struct x86_insn decode(const char *hex, unsigned code_size)
{
    uint8_t bytes[32] = { 0 };
    struct x86_insn insn;
    bytes_of(hex, bytes);
    cr_assert_eq(x86_decode(&insn, bytes, X86_LONGEST, code_size), X86_DECODED, "%s", hex);
    return insn;
}

// --- lengths ---------------------------------------------------------------------------------------------------------

static const struct {
    const char *hex;
    unsigned lengths[3]; // in 16-, 32- and 64-bit code; 0: not an instruction there
} encodings[] = {
    { "90", { 1, 1, 1 } },                             // nop
    { "f3 90", { 2, 2, 2 } },                          // pause
    { "01 c8", { 2, 2, 2 } },                          // add eax,ecx
    { "66 01 c8", { 3, 3, 3 } },                       // add ax,cx
    { "05 11 22 33 44", { 3, 5, 5 } },                 // add eax,0x44332211
    { "66 05 11 22", { 6, 4, 4 } },                    // add ax,0x2211
    { "04 11", { 2, 2, 2 } },                          // add al,0x11
    { "80 00 11", { 3, 3, 3 } },                       // add BYTE PTR [rax],0x11
    { "81 00 11 22 33 44", { 4, 6, 6 } },              // add DWORD PTR [rax],0x44332211
    { "83 40 05 06", { 4, 4, 4 } },                    // add DWORD PTR [rax+0x5],0x6
    { "8b 44 24 08", { 3, 4, 4 } },                    // mov eax,DWORD PTR [rsp+0x8]
    { "8b 84 24 11 22 33 44", { 4, 7, 7 } },           // mov eax,DWORD PTR [rsp+0x44332211]
    { "8b 04 25 11 22 33 44", { 2, 7, 7 } },           // mov eax,DWORD PTR ds:0x44332211
    { "8b 05 11 22 33 44", { 2, 6, 6 } },              // mov eax,DWORD PTR [rip+0x44332211]
    { "8b 45 11", { 3, 3, 3 } },                       // mov eax,DWORD PTR [rbp+0x11]
    { "8b 6d 00", { 3, 3, 3 } },                       // mov ebp,DWORD PTR [rbp+0x0]
    { "8b 0e 34 12", { 4, 2, 2 } },                    // mov ecx,DWORD PTR [rsi]
    { "8b 4e 12", { 3, 3, 3 } },                       // mov ecx,DWORD PTR [rsi+0x12]
    { "8b 8e 34 12", { 4, 6, 6 } },                    // mov ecx,DWORD PTR [rsi-0x6f6fedcc]
    { "67 8b 0e 34 12", { 3, 5, 3 } },                 // mov ecx,DWORD PTR [esi]
    { "67 8b 44 24 08", { 5, 4, 5 } },                 // mov eax,DWORD PTR [esp+0x8]
    { "67 8b 05 11 22 33 44", { 7, 3, 7 } },           // mov eax,DWORD PTR [eip+0x44332211]
    { "66 67 8b 0e 34 12", { 4, 6, 4 } },              // mov cx,WORD PTR [esi]
    { "c8 11 22 33", { 4, 4, 4 } },                    // enter 0x2211,0x33
    { "c2 11 22", { 3, 3, 3 } },                       // ret 0x2211
    { "ca 11 22", { 3, 3, 3 } },                       // retf 0x2211
    { "cd 10", { 2, 2, 2 } },                          // int 0x10
    { "cc", { 1, 1, 1 } },                             // int3
    { "e8 11 22 33 44", { 3, 5, 5 } },                 // call
    { "e9 11 22 33 44", { 3, 5, 5 } },                 // jmp
    { "eb 11", { 2, 2, 2 } },                          // jmp
    { "66 e9 11 22 33 44", { 6, 4, 6 } },              // jmp: 66h does not count in 64-bit mode
    { "70 11", { 2, 2, 2 } },                          // jo
    { "0f 84 11 22 33 44", { 4, 6, 6 } },              // je
    { "e2 11", { 2, 2, 2 } },                          // loop
    { "a1 11 22 33 44 55 66 77 88", { 3, 5, 9 } },     // movabs eax,ds:0x8877665544332211
    { "67 a1 11 22 33 44 55 66 77 88", { 6, 4, 6 } },  // addr32 mov eax,ds:0x44332211
    { "b8 11 22 33 44 55 66 77 88", { 3, 5, 5 } },     // mov eax,0x44332211
    { "66 b8 11 22", { 6, 4, 4 } },                    // mov ax,0x2211
    { "48 b8 11 22 33 44 55 66 77 88", { 1, 1, 10 } }, // movabs rax,0x8877665544332211
    { "b0 11", { 2, 2, 2 } },                          // mov al,0x11
    { "c6 00 11", { 3, 3, 3 } },                       // mov BYTE PTR [rax],0x11
    { "c7 00 11 22 33 44", { 4, 6, 6 } },              // mov DWORD PTR [rax],0x44332211
    { "66 c7 00 11 22", { 7, 5, 5 } },                 // mov WORD PTR [rax],0x2211
    { "f6 00 11", { 3, 3, 3 } },                       // test BYTE PTR [rax],0x11
    { "f6 10", { 2, 2, 2 } },                          // not BYTE PTR [rax]
    { "f7 00 11 22 33 44", { 4, 6, 6 } },              // test DWORD PTR [rax],0x44332211
    { "66 f7 00 11 22", { 7, 5, 5 } },                 // test WORD PTR [rax],0x2211
    { "f7 20", { 2, 2, 2 } },                          // mul DWORD PTR [rax]
    { "69 c0 11 22 33 44", { 4, 6, 6 } },              // imul eax,eax,0x44332211
    { "6b c0 11", { 3, 3, 3 } },                       // imul eax,eax,0x11
    { "68 11 22 33 44", { 3, 5, 5 } },                 // push 0x44332211
    { "6a 11", { 2, 2, 2 } },                          // push 0x11
    { "8d 04 8d 11 22 33 44", { 2, 7, 7 } },           // lea eax,[rcx*4+0x44332211]
    { "8d 44 8b 11", { 3, 4, 4 } },                    // lea eax,[rbx+rcx*4+0x11]
    { "9a 11 22 33 44 55 66", { 5, 7, 0 } },           // call 0x6655:0x44332211
    { "ea 11 22 33 44 55 66", { 5, 7, 0 } },           // jmp
    { "66 9a 11 22 33 44 55 66", { 8, 6, 0 } },        // call
    { "c4 00", { 2, 2, 0 } },                          // les eax,FWORD PTR [eax]
    { "62 00", { 2, 2, 0 } },                          // bound eax,QWORD PTR [eax]
    { "0f a2", { 2, 2, 2 } },                          // cpuid
    { "0f 05", { 2, 2, 2 } },                          // syscall
    { "0f 0b", { 2, 2, 2 } },                          // ud2
    { "0f b6 00", { 3, 3, 3 } },                       // movzx eax,BYTE PTR [rax]
    { "0f a4 00 11", { 4, 4, 4 } },                    // shld DWORD PTR [rax],eax,0x11
    { "0f a5 00", { 3, 3, 3 } },                       // shld DWORD PTR [rax],eax,cl
    { "0f ba 20 11", { 4, 4, 4 } },                    // bt DWORD PTR [rax],0x11
    { "0f 20 c0", { 3, 3, 3 } },                       // mov rax,cr0
    { "0f 20 00", { 3, 3, 3 } },                       // mov rax,cr0
    { "0f 22 c0", { 3, 3, 3 } },                       // mov cr0,rax
    { "0f 01 10", { 3, 3, 3 } },                       // lgdt [rax]
    { "0f 01 f8", { 3, 3, 3 } },                       // swapgs
    { "0f c7 08", { 3, 3, 3 } },                       // cmpxchg8b QWORD PTR [rax]
    { "0f ae 00", { 3, 3, 3 } },                       // fxsave [rax]
    { "0f ae f8", { 3, 3, 3 } },                       // sfence
    { "0f 1f 40 00", { 4, 4, 4 } },                    // nop DWORD PTR [rax+0x0]
    { "66 0f 1f 84 00 00 00 00 00", { 6, 9, 9 } },     // nop WORD PTR [rax+rax*1+0x0]
    { "0f 10 00", { 3, 3, 3 } },                       // movups xmm0,XMMWORD PTR [rax]
    { "f3 0f 10 00", { 4, 4, 4 } },                    // movss xmm0,DWORD PTR [rax]
    { "f2 0f 10 05 11 22 33 44", { 4, 8, 8 } },        // movsd xmm0,QWORD PTR [rip+0x44332211]
    { "66 0f 70 c1 1b", { 5, 5, 5 } },                 // pshufd xmm0,xmm1,0x1b
    { "0f c2 c1 00", { 4, 4, 4 } },                    // cmpeqps xmm0,xmm1
    { "0f 38 00 c1", { 4, 4, 4 } },                    // pshufb mm0,mm1
    { "66 0f 38 00 05 11 22 33 44", { 5, 9, 9 } },     // pshufb xmm0,XMMWORD PTR [rip+0x44332211]
    { "66 0f 3a 0f c1 08", { 6, 6, 6 } },              // palignr xmm0,xmm1,0x8
    { "66 0f 73 d9 08", { 5, 5, 5 } },                 // psrldq xmm1,0x8
    { "d8 00", { 2, 2, 2 } },                          // fadd DWORD PTR [rax]
    { "d9 c0", { 2, 2, 2 } },                          // fld st(0)
    { "db 68 11", { 3, 3, 3 } },                       // fld TBYTE PTR [rax+0x11]
    { "dd 7c 24 1c", { 3, 4, 4 } },                    // fnstsw WORD PTR [rsp+0x1c]
    { "9b", { 1, 1, 1 } },                             // fwait
    { "2e 8b 00", { 3, 3, 3 } },                       // cs mov eax,DWORD PTR [rax]
    { "36 64 8b 00", { 4, 4, 4 } },                    // ss mov eax,DWORD PTR fs:[rax]
    { "f0 0f b1 08", { 4, 4, 4 } },                    // lock cmpxchg DWORD PTR [rax],ecx
    { "f3 a4", { 2, 2, 2 } },                          // rep movs BYTE PTR es:[rdi],BYTE PTR ds:[rsi]
    { "66 f3 48 a5", { 3, 3, 4 } },                    // data16 rep movs QWORD PTR es:[rdi],QWORD PTR ds:[rsi]
    { "65 48 8b 04 25 00 00 00 00", { 2, 2, 9 } },     // mov rax,QWORD PTR gs:0x0
    { "40", { 1, 1, 2 } },                             // rex nop
    { "48 89 c8", { 1, 1, 3 } },                       // mov rax,rcx
    { "4d 8b 84 f7 11 22 33 44", { 1, 1, 8 } },        // mov r8,QWORD PTR [r15+rsi*8+0x44332211]
    { "43", { 1, 1, 2 } },                             // rex.XB xchg r8d,eax
};

Test(decode, lengths_are_those_of_the_manual)
{
    for (unsigned i = 0; i < countof(encodings); i++) {
        for (unsigned mode = 0; mode < 3; mode++) {
            uint8_t bytes[32];
            struct x86_insn insn;
            memset(bytes, 0x90, sizeof bytes);
            bytes_of(encodings[i].hex, bytes);
            if (!encodings[i].lengths[mode])
                continue;
            cr_assert_eq(x86_decode(&insn, bytes, X86_LONGEST, 2u << mode), X86_DECODED, "%s", encodings[i].hex);
            cr_assert_eq(insn.length, encodings[i].lengths[mode], "%s in %u-bit code: %u bytes", encodings[i].hex,
                         16u << mode, insn.length);
        }
    }
}

Test(decode, an_instruction_cut_short_needs_more)
{
    for (unsigned i = 0; i < countof(encodings); i++) {
        for (unsigned mode = 0; mode < 3; mode++) {
            uint8_t bytes[32];
            struct x86_insn insn;
            memset(bytes, 0x90, sizeof bytes);
            bytes_of(encodings[i].hex, bytes);
            for (unsigned available = 0; available < encodings[i].lengths[mode]; available++)
                cr_assert_eq(x86_decode(&insn, bytes, available, 2u << mode), X86_NEED_MORE, "%s, %u bytes of it",
                             encodings[i].hex, available);
        }
    }
}

Test(decode, every_opcode_ends_within_the_bytes_it_is_given)
{
    for (unsigned opcode = 0; opcode < 0x10000; opcode++) {
        for (unsigned size = 2; size <= 8; size *= 2) {
            uint8_t bytes[X86_LONGEST] = { (uint8_t)opcode, (uint8_t)(opcode >> 8), 0x84, 0x8d };
            struct x86_insn insn;
            enum x86_decoded decoded = x86_decode(&insn, bytes, X86_LONGEST, size);
            cr_assert_eq(decoded, X86_DECODED, "%04x", opcode);
            cr_assert(insn.length > 0 && insn.length <= X86_LONGEST);
            cr_assert_eq(x86_decode(&insn, bytes, insn.length, size), X86_DECODED, "%04x",
                         opcode); // it needed no more than that
        }
    }
}

Test(decode, fifteen_bytes_are_the_most)
{
    uint8_t bytes[32];
    struct x86_insn insn;
    memset(bytes, 0x66, sizeof bytes);
    bytes[13] = 0x01, bytes[14] = 0xc8;
    cr_assert_eq(x86_decode(&insn, bytes, 32, 8), X86_DECODED);
    cr_assert_eq(insn.length, 15);
    bytes[13] = 0x66, bytes[14] = 0x01, bytes[15] = 0xc8;
    cr_assert_eq(x86_decode(&insn, bytes, 32, 8), X86_TOO_LONG);
    cr_assert_eq(x86_decode(&insn, bytes, 14, 8), X86_NEED_MORE);
}

// --- prefixes --------------------------------------------------------------------------------------------------------

Test(decode, rex_counts_only_as_the_last_prefix)
{
    cr_assert_eq(decode("66 48 01 c8", 8).operand_size, 8);
    cr_assert_eq(decode("48 66 01 c8", 8).operand_size, 2);
    cr_assert_eq(decode("48 66 01 c8", 8).rex, 0);
    cr_assert_eq(decode("48 41 01 c8", 8).operand_size, 4);
    cr_assert_eq(decode("48 41 01 c8", 8).rm, 8);
    cr_assert_eq(decode("48 01 c8", 4).opcode, 0x48); // DEC EAX there
}

Test(decode, rex_extends_all_register_numbers)
{
    struct x86_insn insn = decode("4f 8b 84 f7 00 01 00 00", 8); // mov r8, [r15 + r14 * 8 + 100h]
    cr_assert_eq(insn.reg, 8);
    cr_assert_eq(insn.base, 15);
    cr_assert_eq(insn.index, 14);
    cr_assert_eq(insn.scale, 3);
    cr_assert_eq(insn.displacement, 0x100);
    cr_assert_eq(decode("42 8b 04 20", 8).index, 12); // only without REX.X is it none
    cr_assert_eq(decode("8b 04 20", 8).index, -1);
}

Test(decode, the_last_segment_counts_and_only_fs_and_gs_in_64_bit_code)
{
    cr_assert_eq(decode("2e 36 8b 00", 4).segment, X86_SS);
    cr_assert_eq(decode("36 2e 8b 00", 4).segment, X86_CS);
    cr_assert_eq(decode("2e 8b 00", 8).segment, -1);
    cr_assert_eq(decode("65 8b 00", 8).segment, X86_GS);
}

Test(decode, a_mandatory_prefix_is_the_last_of_f2_and_f3_before_66)
{
    cr_assert_eq(decode("0f 10 00", 8).prefix, 0);
    cr_assert_eq(decode("66 0f 10 00", 8).prefix, 0x66);
    cr_assert_eq(decode("f3 66 0f 10 00", 8).prefix, 0xf3);
    cr_assert_eq(decode("f3 f2 66 0f 10 00", 8).prefix, 0xf2);
}

Test(decode, sizes_follow_the_code_and_the_prefixes)
{
    static const struct {
        unsigned code;
        const char *hex;
        unsigned operand, address;
    } rows[] = {
        { 2, "01 00", 2, 2 },    { 2, "66 01 00", 4, 2 }, { 2, "67 01 00", 2, 4 },    { 4, "01 00", 4, 4 },
        { 4, "66 01 00", 2, 4 }, { 4, "67 01 00", 4, 2 }, { 8, "01 00", 4, 8 },       { 8, "66 01 00", 2, 8 },
        { 8, "48 01 00", 8, 8 }, { 8, "67 01 00", 4, 4 }, { 8, "66 48 01 00", 8, 8 },
    };
    for (unsigned i = 0; i < countof(rows); i++) {
        struct x86_insn insn = decode(rows[i].hex, rows[i].code);
        cr_assert_eq(insn.operand_size, rows[i].operand, "%s", rows[i].hex);
        cr_assert_eq(insn.address_size, rows[i].address, "%s", rows[i].hex);
    }
}

// --- addresses and immediates ----------------------------------------------------------------------------------------

Test(decode, sixteen_bit_addresses_have_pairs_of_registers)
{
    static const int8_t pairs[8][2] = { { X86_RBX, X86_RSI }, { X86_RBX, X86_RDI }, { X86_RBP, X86_RSI },
                                        { X86_RBP, X86_RDI }, { X86_RSI, -1 },      { X86_RDI, -1 },
                                        { X86_RBP, -1 },      { X86_RBX, -1 } };
    for (unsigned rm = 0; rm < 8; rm++) {
        uint8_t bytes[15] = { 0x8b, (uint8_t)(0x40 | rm), 0x85 };
        struct x86_insn insn;
        cr_assert_eq(x86_decode(&insn, bytes, 15, 2), X86_DECODED);
        cr_assert_eq(insn.base, pairs[rm][0]);
        cr_assert_eq(insn.index, pairs[rm][1]);
        cr_assert_eq(insn.displacement, (int8_t)0x85);
    }
    cr_assert_eq(decode("8b 06 34 12", 2).base, -1);
    cr_assert_eq(decode("8b 06 34 12", 2).displacement, 0x1234);
}

Test(decode, a_base_of_rbp_without_displacement_is_none)
{
    cr_assert(decode("8b 05 10 00 00 00", 8).rip);
    cr_assert_not(decode("8b 05 10 00 00 00", 4).rip);
    cr_assert_eq(decode("8b 05 10 00 00 00", 4).base, -1);
    cr_assert_eq(decode("8b 04 25 10 00 00 80", 8).base, -1);
    cr_assert_eq(decode("8b 04 25 10 00 00 80", 8).displacement, (int32_t)0x80000010);
    cr_assert(decode("41 8b 05 10 00 00 00", 8).rip); // R13 too
    cr_assert_eq(decode("41 8b 04 25 10 00 00 00", 8).base, -1);
    cr_assert_eq(decode("41 8b 45 10", 8).base, 13);
    cr_assert_eq(decode("8b 04 2d 10 00 00 00", 8).index, X86_RBP);
}

Test(decode, immediates_extend_their_sign)
{
    cr_assert_eq(decode("83 c0 ff", 8).immediate, -1);
    cr_assert_eq(decode("48 81 c0 00 00 00 80", 8).immediate, INT32_MIN);
    cr_assert_eq(decode("48 b8 00 00 00 00 00 00 00 80", 8).immediate, INT64_MIN);
    cr_assert_eq(decode("eb fe", 8).immediate, -2);
    cr_assert_eq(decode("c2 ff ff", 8).immediate, 0xffff);
    cr_assert_eq(decode("ea 11 22 33 44 55 66", 4).immediate, 0x44332211);
    cr_assert_eq(decode("ea 11 22 33 44 55 66", 4).immediate2, 0x6655);
    cr_assert_eq(decode("c8 34 12 05", 8).immediate, 0x1234);
    cr_assert_eq(decode("c8 34 12 05", 8).immediate2, 5);
    cr_assert_eq(decode("a1 88 77 66 55 44 33 22 11", 8).displacement, 0x1122334455667788);
}

// --- what is no instruction ------------------------------------------------------------------------------------------

// The vector that `hex` raises in 64-bit code, or -1.
static int vector_of(const char *hex)
{
    struct board *board = board_new(1, 1 << 20);
    struct x86_cpu *cpu = board_long(board, 0);
    board_code(board, BOARD_CODE, hex);
    for (unsigned i = 0; i < 16; i++)
        cpu->r[i] = BOARD_DATA;
    cpu->r[X86_RSP] = BOARD_STACK;
    board_run(board, 1);
    board_run(board, 1);
    uint64_t at = cpu->r[X86_RIP] - BOARD_HANDLERS;
    int vector = at < 0x1000 && at % 16 <= 1 ? (int)(at / 16) : -1;
    board_free(board);
    return vector;
}

Test(decode, what_is_not_an_instruction_is_undefined)
{
    static const char *const undefined[] = {
        "06",
        "07",
        "0e",
        "16",
        "17",
        "1e",
        "1f",
        "27",
        "2f",
        "37",
        "3f",
        "60",
        "61",
        "62 00",
        "82 c0 00",
        "9a",
        "c4 00",
        "c5 00",
        "ce",
        "d4 0a",
        "d5 0a",
        "d6",
        "ea", // not in 64-bit code
        "c5 f8 77",
        "c4 e2 79 18 00",
        "62 f1 7c 48 58 c0", // VEX and EVEX: not advertised
        "0f 0b",
        "0f b9 c0",
        "0f ff c0",
        "0f 04",
        "0f 0a",
        "0f 0c",
        "0f 0f c0 bf",
        "0f 24 c0",
        "0f 26 c0",
        "0f 36",
        "0f 37",
        "0f 39",
        "0f a6 c0",
        "0f a7 c0",
        "0f b8 c0",
        "0f 38 f0 c0",
        "0f 3a 00 c0 00",
        "8f c8",
        "c6 c8 00",
        "c7 c8 00 00 00 00",
        "fe d0",
        "ff f8",
        "ff d8",
        "ff e8",
        "8d c0",
        "8c f0",
        "8e c8",
        "8e f0",
        "0f ba c0 00",
        "0f c7 c8",
        "0f c3 c0",
        "0f b2 c0",
        "0f 01 d0",
        "0f 00 f0",
        "0f 71 c0 01",
        "0f 73 d8 01",
        "f0 01 c8",
        "f0 8b 00",
        "f0 39 00",
        "f0 90",
        "f0 80 38 00",
        "f0 f6 00 00",
        "f0 0f ba 20 01",
        "f0 0f a3 00",
        "f0 ff 30",
        "f0 0f af 00",
        "f0 89 00", // LOCK where it may not be
        "0f 20 c8",
        "0f 22 e8", // CR1, CR5
    };
    for (unsigned i = 0; i < countof(undefined); i++)
        cr_expect_eq(vector_of(undefined[i]), X86_UD, "%s: %d", undefined[i], vector_of(undefined[i]));
}

Test(decode, lock_is_for_read_and_write_of_memory)
{
    static const char *const locked[] = { "f0 01 00",    "f0 83 08 01", "f0 0f b1 08",    "f0 0f c1 08",
                                          "f0 0f c7 08", "f0 87 00",    "f0 fe 00",       "f0 ff 08",
                                          "f0 f7 18",    "f0 0f ab 00", "f0 0f ba 38 01", "f0 48 0f c7 08" };
    for (unsigned i = 0; i < countof(locked); i++)
        cr_expect_eq(vector_of(locked[i]), -1, "%s: %d", locked[i], vector_of(locked[i]));
}
