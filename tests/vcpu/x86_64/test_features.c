// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Without a feature in CPUID its instructions, registers and modes do not exist and its bits are reserved: each feature
// that -cpu can remove, with and without it.
#include <criterion/criterion.h>
#include <stddef.h>

#include "vcpu/x86_64/board.h"
#include "vcpu/x86_64/system/mmu.h"
#include "vcpu/x86_64/system/model.h"

static struct board *board;
static struct x86_cpu *cpu;
static struct x86_model model;

static void begin(void)
{
    board = board_new(1, 1 << 20);
    cpu = board_long(board, 0);
    model = *x86_model_find("max");
    cpu->model = &model;
}

static void end(void)
{
    board_free(board);
}

#define WORD(name) offsetof(struct x86_model, name)

static void take_away(size_t word, uint32_t bit)
{
    uint32_t *place = (uint32_t *)(void *)((char *)&model + word);
    cr_assert(*place & bit, "max has it");
    *place &= ~bit;
}

static int handled(void)
{
    uint64_t at = cpu->r[X86_RIP] - 1 - BOARD_HANDLERS;
    return at < 0x1000 && at % 16 == 0 ? (int)(at / 16) : -1;
}

// --- instructions ----------------------------------------------------------------------------------------------------

#define EDX  WORD(leaf_1_edx)
#define ECX  WORD(leaf_1_ecx)
#define XEDX WORD(leaf_x1_edx)
#define XECX WORD(leaf_x1_ecx)

static const struct {
    const char *code;
    size_t word;
    uint32_t bit;
} instructions[] = {
    { "0f 31", EDX, X86_1D_TSC },                           // rdtsc
    { "0f c7 0b", EDX, X86_1D_CX8 },                        // cmpxchg8b [rbx]
    { "0f 34", EDX, X86_1D_SEP },                           // sysenter
    { "48 0f 35", EDX, X86_1D_SEP },                        // sysexit
    { "0f 44 c1", EDX, X86_1D_CMOV },                       // cmovz
    { "da c1", EDX, X86_1D_CMOV },                          // fcmovb
    { "db f1", EDX, X86_1D_CMOV },                          // fcomi
    { "df e9", EDX, X86_1D_CMOV },                          // fucomip
    { "0f ae 3b", EDX, X86_1D_CLFLUSH },                    // clflush [rbx]
    { "0f 6f c1", EDX, X86_1D_MMX },                        // movq mm0, mm1
    { "0f 77", EDX, X86_1D_MMX },                           // emms
    { "0f fc c1", EDX, X86_1D_MMX },                        // paddb mm0, mm1
    { "0f ae 03", EDX, X86_1D_FXSR },                       // fxsave [rbx]
    { "0f ae 0b", EDX, X86_1D_FXSR },                       // fxrstor [rbx]
    { "0f 58 c1", EDX, X86_1D_SSE },                        // addps
    { "f3 0f 10 c1", EDX, X86_1D_SSE },                     // movss
    { "0f c2 c1 00", EDX, X86_1D_SSE },                     // cmpps
    { "0f 70 c1 00", EDX, X86_1D_SSE },                     // pshufw mm0, mm1
    { "0f da c1", EDX, X86_1D_SSE },                        // pminub mm0, mm1
    { "0f ae 13", EDX, X86_1D_SSE },                        // ldmxcsr [rbx]
    { "0f ae 1b", EDX, X86_1D_SSE },                        // stmxcsr [rbx]
    { "0f ae f8", EDX, X86_1D_SSE },                        // sfence
    { "66 0f 58 c1", EDX, X86_1D_SSE2 },                    // addpd
    { "f2 0f 58 c1", EDX, X86_1D_SSE2 },                    // addsd
    { "0f 5a c1", EDX, X86_1D_SSE2 },                       // cvtps2pd
    { "f3 0f 5a c1", EDX, X86_1D_SSE2 },                    // cvtss2sd
    { "f3 0f 6f c1", EDX, X86_1D_SSE2 },                    // movdqu
    { "66 0f ef c1", EDX, X86_1D_SSE2 },                    // pxor xmm
    { "0f d4 c1", EDX, X86_1D_SSE2 },                       // paddq mm0, mm1
    { "0f c3 03", EDX, X86_1D_SSE2 },                       // movnti [rbx], eax
    { "0f ae e8", EDX, X86_1D_SSE2 },                       // lfence
    { "0f ae f0", EDX, X86_1D_SSE2 },                       // mfence
    { "f2 0f 7c c1", ECX, X86_1C_SSE3 },                    // haddps
    { "f2 0f d0 c1", ECX, X86_1C_SSE3 },                    // addsubps
    { "f2 0f 12 c1", ECX, X86_1C_SSE3 },                    // movddup
    { "f3 0f 16 c1", ECX, X86_1C_SSE3 },                    // movshdup
    { "f2 0f f0 03", ECX, X86_1C_SSE3 },                    // lddqu xmm0, [rbx]
    { "db 0b", ECX, X86_1C_SSE3 },                          // fisttp dword [rbx]
    { "df 0b", ECX, X86_1C_SSE3 },                          // fisttp word [rbx]
    { "66 0f 38 00 c1", ECX, X86_1C_SSSE3 },                // pshufb
    { "0f 3a 0f c1 01", ECX, X86_1C_SSSE3 },                // palignr mm0, mm1
    { "48 0f c7 0b", ECX, X86_1C_CX16 },                    // cmpxchg16b [rbx]
    { "66 0f 38 17 c1", ECX, X86_1C_SSE41 },                // ptest
    { "66 0f 3a 40 c1 ff", ECX, X86_1C_SSE41 },             // dpps
    { "66 0f 38 37 c1", ECX, X86_1C_SSE42 },                // pcmpgtq
    { "66 0f 38 82 03", WORD(leaf_7_ebx), X86_7B_INVPCID }, // invpcid rax, [rbx]
    { "f2 0f 38 f1 c1", ECX, X86_1C_SSE42 },                // crc32
    { "f3 0f b8 c1", ECX, X86_1C_POPCNT },                  // popcnt
    { "9f", XECX, X86_XC_LAHF },                            // lahf
    { "9e", XECX, X86_XC_LAHF },                            // sahf
    { "0f 05", XEDX, X86_XD_SYSCALL },                      // syscall
    { "0f 07", XEDX, X86_XD_SYSCALL },                      // sysret
    { "0f 01 f9", XEDX, X86_XD_RDTSCP },                    // rdtscp
    { "0f 01 cb", WORD(leaf_7_ebx), X86_7B_SMAP },          // stac
};

static int run(const char *hex)
{
    unsigned length = board_code(board, BOARD_CODE, hex);
    board->ram.ram[BOARD_CODE + length] = 0xf4;
    cpu->r[X86_RBX] = BOARD_DATA;
    cpu->r[X86_RCX] = BOARD_CODE + 0x200; // SYSRET goes there, to level 3
    board->ram.ram[BOARD_CODE + 0x200] = 0xf4;
    board_put(board, BOARD_DATA + 24, 4, 0x1f80); // MXCSR of an FXSAVE image
    board_put(board, BOARD_DATA, 4, 0x1f80);
    board_run(board, 100);
    return handled();
}

Test(features, an_instruction_goes_with_its_feature)
{
    for (unsigned i = 0; i < countof(instructions); i++) {
        begin();
        cr_expect_neq(run(instructions[i].code), X86_UD, "%s is there", instructions[i].code);
        end();
        begin();
        take_away(instructions[i].word, instructions[i].bit);
        cr_expect_eq(run(instructions[i].code), X86_UD, "%s is gone", instructions[i].code);
        end();
    }
}

Test(features, lahf_is_always_there_outside_of_64_bit_mode)
{
    begin();
    take_away(XECX, X86_XC_LAHF);
    x86_set_segment(cpu, X86_CS, BOARD_CODE32, 0, UINT32_MAX, 0xc9b);
    cr_expect_eq(run("9f"), -1);
    end();
}

// --- registers -------------------------------------------------------------------------------------------------------

static const struct {
    uint32_t number;
    size_t word;
    uint32_t bit;
} registers[] = {
    { 0x10, EDX, X86_1D_TSC },
    { 0x174, EDX, X86_1D_SEP },
    { 0x175, EDX, X86_1D_SEP },
    { 0x176, EDX, X86_1D_SEP },
    { 0xfe, EDX, X86_1D_MTRR },
    { 0x200, EDX, X86_1D_MTRR },
    { 0x20f, EDX, X86_1D_MTRR },
    { 0x250, EDX, X86_1D_MTRR },
    { 0x258, EDX, X86_1D_MTRR },
    { 0x26f, EDX, X86_1D_MTRR },
    { 0x2ff, EDX, X86_1D_MTRR },
    { 0x179, EDX, X86_1D_MCA },
    { 0x17a, EDX, X86_1D_MCA },
    { 0x277, EDX, X86_1D_PAT },
    { 0xc0000081, XEDX, X86_XD_SYSCALL },
    { 0xc0000082, XEDX, X86_XD_SYSCALL },
    { 0xc0000083, XEDX, X86_XD_SYSCALL },
    { 0xc0000084, XEDX, X86_XD_SYSCALL },
    { 0xc0000100, XEDX, X86_XD_LM },
    { 0xc0000101, XEDX, X86_XD_LM },
    { 0xc0000102, XEDX, X86_XD_LM },
    { 0xc0000103, XEDX, X86_XD_RDTSCP },
    { 0x3b, WORD(leaf_7_ebx), X86_7B_TSC_ADJUST },
};

Test(features, a_register_goes_with_its_feature)
{
    for (unsigned i = 0; i < countof(registers); i++) {
        uint64_t value;
        begin();
        cr_expect(x86_read_msr(cpu, registers[i].number, &value), "%x is there", registers[i].number);
        take_away(registers[i].word, registers[i].bit);
        cr_expect_not(x86_read_msr(cpu, registers[i].number, &value), "%x is gone", registers[i].number);
        cr_expect_eq(cpu->fault.vector, X86_GP);
        cr_expect_not(x86_write_msr(cpu, registers[i].number, value), "%x is gone", registers[i].number);
        cr_expect_eq(cpu->fault.vector, X86_GP);
        end();
    }
}

Test(features, efer_is_there_as_long_as_one_of_its_features_is)
{
    uint64_t value;
    begin();
    take_away(XEDX, X86_XD_SYSCALL);
    take_away(XEDX, X86_XD_NX);
    cr_assert(x86_read_msr(cpu, 0xc0000080, &value));
    take_away(XEDX, X86_XD_LM);
    cr_assert_not(x86_read_msr(cpu, 0xc0000080, &value));
    end();
}

// --- reserved bits ---------------------------------------------------------------------------------------------------

static const struct {
    uint64_t cr4, efer;
    size_t word;
    uint32_t bit;
} bits[] = {
    { X86_CR4_TSD, 0, EDX, X86_1D_TSC },
    { X86_CR4_DE, 0, EDX, X86_1D_DE },
    { X86_CR4_PSE, 0, EDX, X86_1D_PSE },
    { X86_CR4_MCE, 0, EDX, X86_1D_MCE },
    { X86_CR4_PGE, 0, EDX, X86_1D_PGE },
    { X86_CR4_OSFXSR, 0, EDX, X86_1D_FXSR },
    { X86_CR4_OSXMMEXCPT, 0, EDX, X86_1D_SSE },
    { X86_CR4_FSGSBASE, 0, WORD(leaf_7_ebx), X86_7B_FSGSBASE },
    { X86_CR4_SMEP, 0, WORD(leaf_7_ebx), X86_7B_SMEP },
    { X86_CR4_SMAP, 0, WORD(leaf_7_ebx), X86_7B_SMAP },
    { X86_CR4_PAE, 0, EDX, X86_1D_PAE },
    { 0, X86_EFER_NXE, XEDX, X86_XD_NX },
    { 0, X86_EFER_SCE, XEDX, X86_XD_SYSCALL },
    { 0, X86_EFER_LME, XEDX, X86_XD_LM },
};

static bool write_bit(unsigned i)
{
    cpu->cr0 = X86_CR0_PE | X86_CR0_ET;
    cpu->cr4 = cpu->efer = 0;
    return bits[i].cr4 ? x86_write_cr(cpu, 4, bits[i].cr4) : x86_write_msr(cpu, 0xc0000080, bits[i].efer);
}

Test(features, a_control_bit_is_reserved_without_its_feature)
{
    for (unsigned i = 0; i < countof(bits); i++) {
        begin();
        cr_expect(write_bit(i), "row %u", i);
        take_away(bits[i].word, bits[i].bit);
        cr_expect_not(write_bit(i), "row %u", i);
        cr_expect_eq(cpu->fault.vector, X86_GP);
        end();
    }
}

// The entry of BOARD_DATA, or of the first 2 MiB, 4 MiB or 1 GiB. True: it is a reserved-bit fault.
static bool is_reserved(void)
{
    struct tlb_page page;
    tlb_flush(&cpu->vcpu); // of the upper levels, which the test changes
    bool done = x86_walk(&cpu->vcpu, BOARD_DATA, ACCESS_READ, false, &page);
    cr_assert(done || (cpu->fault.vector == X86_PAGE && cpu->fault.error & 8));
    return !done;
}

Test(features, bits_of_page_table_entries_are_reserved_without_their_feature)
{
    begin();
    board_map(board, BOARD_DATA, BOARD_DATA | 7 | BIT32(7)); // PAT
    cr_assert_not(is_reserved());
    take_away(EDX, X86_1D_PAT);
    cr_assert(is_reserved());
    board_map(board, BOARD_DATA, BOARD_DATA | 7);
    cr_assert_not(is_reserved());
    board_put(board, BOARD_TABLES + 0x2000, 8, 0x87 | BIT32(12)); // of a page of 2 MiB
    cr_assert(is_reserved());
    end();

    begin();
    cpu->efer |= X86_EFER_NXE;
    board_map(board, BOARD_DATA, BOARD_DATA | 7 | BIT64(63));
    cr_assert_not(is_reserved());
    cpu->efer &= ~(uint64_t)X86_EFER_NXE; // it cannot be set without NX
    cr_assert(is_reserved());
    end();

    begin();
    board_put(board, BOARD_TABLES + 0x1000, 8, 0x87); // 1 GiB
    cr_assert_not(is_reserved());
    take_away(XEDX, X86_XD_PDPE1GB);
    cr_assert(is_reserved());
    end();

    begin(); // 4 MiB with bits 39:32 of the address
    cpu->efer = 0;
    cpu->cr4 = X86_CR4_PSE;
    board_put(board, BOARD_TABLES, 4, 0x87 | BIT32(13));
    cr_assert_not(is_reserved());
    take_away(EDX, X86_1D_PSE36);
    cr_assert(is_reserved());
    end();
}

Test(features, without_a_counter_cpuid_tells_nothing_of_it)
{
    uint32_t out[4];
    begin();
    take_away(EDX, X86_1D_TSC);
    x86_cpuid(cpu, 0x15, 0, out);
    cr_assert_eq(out[0] | out[1] | out[2], 0);
    x86_cpuid(cpu, 0x80000007, 0, out);
    cr_assert_eq(out[3], 0);
    end();
}
