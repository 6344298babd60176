// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Repeated string instructions that are done many iterations at once must be what they are one by one: in both directions,
// over each other, across pages, through two addresses of one page, with faults, code and watched bytes in their way.
#include <criterion/criterion.h>
#include <stdio.h>

#include "vcpu/x86_64/board.h"
#include "vcpu/x86_64/system/debug.h"

#define WINDOW    UINT64_C(0x100000) // virtual pages that lead to frames at random, or to none
#define PAGES     8
#define FRAMES    UINT64_C(0x140000)
#define FRAME_SET 4
#define FAR       UINT64_C(0x300000) // pages of their own whose TLB entries are those of WINDOW

static struct board *board;
static struct x86_cpu *cpu;

static void setup(void)
{
    board = board_new(1, 0);
    cpu = board_long(board, 0);
}

static void teardown(void)
{
    board_free(board);
}

TestSuite(string, .init = setup, .fini = teardown, .timeout = 120);

static void code(const char *hex)
{
    unsigned length = board_code(board, BOARD_CODE, hex);
    board->ram.ram[BOARD_CODE + length] = 0xf4; // HLT
    blocks_written(&board->loop.blocks, BOARD_CODE, length + 1);
}

static int handled(void)
{
    uint64_t at = cpu->r[X86_RIP] - 1 - BOARD_HANDLERS;
    return at < 0x1000 && at % 16 == 0 ? (int)(at / 16) : -1;
}

static uint64_t state = 1;

static uint64_t below(uint64_t n)
{
    state = state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (state >> 33) % n;
}

// --- against one element after the other -----------------------------------------------------------------------------

struct trial {
    unsigned kind; // opcode: a4 MOVS, a6 CMPS, aa STOS, ae SCAS
    unsigned size;
    bool repne;
    int64_t step;
    uint64_t frame[PAGES]; // 0: not present
    uint64_t rsi, rdi, rcx, rax;
    bool compared;
    uint64_t left, right; // compared last
    uint64_t iterations;
    uint64_t fault; // address, or 0
    uint8_t *ram;
};

static bool translate(const struct trial *t, uint64_t address, uint64_t *physical)
{
    *physical = address;
    if (address - WINDOW >= PAGES * PAGE_SIZE)
        return true;
    uint64_t frame = t->frame[(address - WINDOW) >> PAGE_BITS];
    *physical = frame | (address & ~PAGE_MASK);
    return frame != 0;
}

// All bytes of an element, before any is accessed.
static bool element(struct trial *t, uint64_t address, uint64_t physical[8])
{
    for (unsigned i = 0; i < t->size; i++)
        if (!translate(t, address + i, &physical[i])) {
            t->fault = address + i;
            return false;
        }
    return true;
}

static uint64_t gather(const struct trial *t, const uint64_t physical[8])
{
    uint64_t value = 0;
    for (unsigned i = 0; i < t->size; i++)
        value |= (uint64_t)t->ram[physical[i]] << 8 * i;
    return value;
}

static bool one(struct trial *t)
{
    uint64_t source[8], target[8];
    uint64_t value = t->rax & bits_low(8 * t->size);
    bool loads = t->kind == 0xa4 || t->kind == 0xa6;
    if (loads) {
        if (!element(t, t->rsi, source))
            return false;
        value = gather(t, source);
    }
    if (!element(t, t->rdi, target))
        return false;
    if (t->kind == 0xa4 || t->kind == 0xaa) {
        for (unsigned i = 0; i < t->size; i++)
            t->ram[target[i]] = (uint8_t)(value >> 8 * i);
    } else {
        t->compared = true;
        t->left = value;
        t->right = gather(t, target);
    }
    t->rsi += loads ? (uint64_t)t->step : 0;
    t->rdi += (uint64_t)t->step;
    return true;
}

static void model(struct trial *t)
{
    while (t->rcx) {
        if (!one(t))
            return;
        t->rcx--;
        t->iterations++;
        if (t->compared && (t->left == t->right) == t->repne)
            return;
    }
}

static uint64_t some_address(void)
{
    switch (below(4)) {
    case 0: return FAR + 0x2000 + below(0x6000);
    case 1: return WINDOW + PAGE_SIZE * below(PAGES) + below(32);       // the beginning of a page
    case 2: return WINDOW + PAGE_SIZE * (1 + below(PAGES)) - below(40); // its end
    default: return WINDOW + below(PAGES * PAGE_SIZE);
    }
}

static void prepare(struct trial *t)
{
    static const unsigned kinds[] = { 0xa4, 0xa4, 0xa6, 0xaa, 0xae };
    *t = (struct trial){ .kind = kinds[below(countof(kinds))], .size = 1u << below(4), .repne = below(2) };
    t->step = below(2) ? t->size : -(int64_t)t->size;
    for (unsigned i = 0; i < PAGES; i++) {
        t->frame[i] = below(8) ? FRAMES + PAGE_SIZE * below(FRAME_SET) : 0;
        board_map(board, WINDOW + PAGE_SIZE * i, t->frame[i] ? t->frame[i] | 7 : 0);
    }
    t->rdi = some_address();
    t->rsi = below(3) ? some_address() : t->rdi + below(64) - 32;
    t->rcx = below(6) ? 1 + below(3000) : below(3);
    t->rax = below(2) ? below(256) * UINT64_C(0x0101010101010101) : below(UINT32_MAX) << 32 | below(UINT32_MAX);
    uint64_t kinds_of_bytes = below(3) ? 2 : 256, rare = below(2) ? 1 : 100; // long stretches are alike, or none
    for (uint64_t i = 0; i < FRAME_SET * PAGE_SIZE; i++)
        board->ram.ram[FRAMES + i] = below(rare) ? (uint8_t)t->rax : (uint8_t)below(kinds_of_bytes);
    for (uint64_t i = 0; i < 0xa000; i++)
        board->ram.ram[FAR + i] = below(rare) ? (uint8_t)t->rax : (uint8_t)below(kinds_of_bytes);
    t->ram = malloc(BOARD_RAM);
    memcpy(t->ram, board->ram.ram, BOARD_RAM);
}

static void start(const struct trial *t)
{
    char text[32];
    snprintf(text, sizeof text, "%s %s %s %02x", t->size == 2 ? "66" : "", t->repne ? "f2" : "f3",
             t->size == 8 ? "48" : "", t->kind | (t->size > 1));
    code(text);
    x86_set_flags(cpu, t->step < 0 ? X86_DF : 0);
    cpu->r[X86_RIP] = BOARD_CODE;
    cpu->r[X86_RSI] = t->rsi;
    cpu->r[X86_RDI] = t->rdi;
    cpu->r[X86_RCX] = t->rcx;
    cpu->r[X86_RAX] = t->rax;
    vcpu_set_state(&cpu->vcpu, VCPU_RUNNING);
    tlb_flush(&cpu->vcpu);
}

static void same(const struct trial *t, uint64_t instructions, unsigned n)
{
    cr_assert_eq(cpu->r[X86_RCX], t->rcx, "trial %u: RCX %lx, not %lx", n, (unsigned long)cpu->r[X86_RCX],
                 (unsigned long)t->rcx);
    cr_assert_eq(cpu->r[X86_RDI], t->rdi, "trial %u: RDI", n);
    cr_assert_eq(cpu->r[X86_RSI], t->rsi, "trial %u: RSI", n);
    cr_assert_eq(handled(), t->fault ? X86_PAGE : -1, "trial %u: vector %d", n, handled());
    if (t->fault)
        cr_assert_eq(cpu->cr2, t->fault, "trial %u: CR2 %lx", n, (unsigned long)cpu->cr2);
    // The HLT counts; an instruction that repeats nothing, too.
    uint64_t want = t->iterations + (t->iterations || t->fault ? 0 : 1) + 1;
    cr_assert_eq(instructions, want, "trial %u: %lu instructions, not %lu", n, (unsigned long)instructions,
                 (unsigned long)want);
    cr_assert_arr_eq(board->ram.ram + FRAMES, t->ram + FRAMES, FRAME_SET * PAGE_SIZE, "trial %u: memory", n);
    cr_assert_arr_eq(board->ram.ram + FAR, t->ram + FAR, 0xa000, "trial %u: memory", n);
    if (t->compared && !t->fault) {
        cr_assert_eq((x86_flags(cpu) & X86_ZF) != 0, t->left == t->right, "trial %u: ZF", n);
        cr_assert_eq((x86_flags(cpu) & X86_CF) != 0, t->left < t->right, "trial %u: CF", n);
    }
}

Test(string, many_iterations_at_once_are_those_one_by_one)
{
    for (unsigned n = 0; n < 4000; n++) {
        struct trial t;
        prepare(&t);
        start(&t);
        uint64_t before = loop_instructions(&board->loop), piece = below(3) ? UINT32_MAX : 1 + below(100);
        for (unsigned i = 0; i < 4000 && cpu->vcpu.state == VCPU_RUNNING; i++)
            board_run(board, piece);
        model(&t);
        same(&t, loop_instructions(&board->loop) - before, n);
        free(t.ram);
    }
}

// --- what is in the way ----------------------------------------------------------------------------------------------

Test(string, a_copy_that_meets_code_drops_it)
{
    code("ff d3 f3 a4 ff d3");                                  // call rbx; rep movsb; call rbx
    board_code(board, BOARD_DATA + 0x100, "b8 11 00 00 00 c3"); // mov eax, 11; ret
    board_code(board, BOARD_DATA + 0x1100, "b8 22 00 00 00 c3");
    cpu->r[X86_RBX] = BOARD_DATA + 0x100;
    cpu->r[X86_RSI] = BOARD_DATA + 0x1000;
    cpu->r[X86_RDI] = BOARD_DATA;
    cpu->r[X86_RCX] = 0x800;
    board_run(board, 0x800 + 10);
    cr_assert_eq(cpu->r[X86_RCX], 0);
    cr_assert_eq(cpu->r[X86_RAX], 0x22);
}

Test(string, a_watched_byte_stops_a_copy_downwards_behind_it)
{
    code("f3 a4 90"); // rep movsb
    x86_set_flags(cpu, X86_DF);
    cpu->r[X86_RSI] = BOARD_DATA + 0x1800;
    cpu->r[X86_RDI] = BOARD_DATA + 0x800;
    cpu->r[X86_RCX] = 0x700;
    cr_assert(x86_write_dr(cpu, 0, BOARD_DATA + 0x400));
    cr_assert(x86_write_dr(cpu, 7, 2 | 1 << 16)); // a write of one byte
    board_run(board, 0x800);
    cr_assert_eq(handled(), X86_DB);
    cr_assert_eq(cpu->r[X86_RDI], BOARD_DATA + 0x3ff);
    cr_assert_eq(cpu->r[X86_RCX], 0x700 - 0x401);
}

Test(string, a_watched_byte_that_is_copied_stops_the_copy)
{
    code("f3 a4 90"); // rep movsb
    cpu->r[X86_RSI] = BOARD_DATA + 0x1800;
    cpu->r[X86_RDI] = BOARD_DATA;
    cpu->r[X86_RCX] = 0x700;
    cr_assert(x86_write_dr(cpu, 0, BOARD_DATA + 0x1900));
    cr_assert(x86_write_dr(cpu, 7, 2 | 3 << 16)); // any access to one byte
    board_run(board, 0x800);
    cr_assert_eq(handled(), X86_DB);
    cr_assert_eq(cpu->r[X86_RCX], 0x700 - 0x101);
}

Test(string, pages_that_are_filled_at_once_are_in_the_set_of_written_pages)
{
    struct page_set written;
    cr_assert_eq(page_set_init(&written, BOARD_RAM), 0);
    board->memory.tracked = board->ram.ram;
    board->memory.tracked_size = BOARD_RAM;
    board->memory.written_pages = &written;
    code("f3 48 ab"); // rep stosq
    x86_set_flags(cpu, X86_DF);
    cpu->r[X86_RDI] = BOARD_DATA + 0x1ff8;
    cpu->r[X86_RCX] = 0x1800 / 8;
    board_run(board, 0x1000);
    cr_assert(page_set_has(&written, (BOARD_DATA + 0x1000) >> RAM_PAGE_BITS));
    cr_assert(page_set_has(&written, BOARD_DATA >> RAM_PAGE_BITS));
    cr_assert_not(page_set_has(&written, (BOARD_DATA + 0x2000) >> RAM_PAGE_BITS));
    board->memory.tracked = NULL;
    page_set_free(&written);
}

// --- segments --------------------------------------------------------------------------------------------------------

Test(string, an_offset_of_16_bits_wraps_around_within_a_page)
{
    cpu = board_real(board, 0);
    code("f3 a4"); // rep movsb, from 2000:
    x86_set_segment(cpu, X86_DS, 0x201, 0x2010, 0xffff, 0x93);
    x86_set_segment(cpu, X86_ES, 0x3000, 0x30000, 0xffff, 0x93);
    for (unsigned i = 0; i < 0x20; i++)
        board->ram.ram[0x2010 + ((0xfff0 + i) & 0xffff)] = (uint8_t)(1 + i);
    cpu->r[X86_RSI] = 0xfff0;
    cpu->r[X86_RDI] = 0x100;
    cpu->r[X86_RCX] = 0x20;
    board_run(board, 0x20);
    cr_assert_eq(cpu->r[X86_RSI], 0x10);
    for (unsigned i = 0; i < 0x20; i++)
        cr_assert_eq(board->ram.ram[0x30100 + i], 1 + i);
    x86_set_flags(cpu, X86_DF); // and back, downwards
    cpu->r[X86_RIP] = 0;
    cpu->r[X86_RSI] = 0x0f;
    cpu->r[X86_RDI] = 0x21f;
    cpu->r[X86_RCX] = 0x20;
    board_run(board, 0x20);
    cr_assert_eq(cpu->r[X86_RSI], 0xffef);
    for (unsigned i = 0; i < 0x20; i++)
        cr_assert_eq(board->ram.ram[0x30200 + i], 1 + i);
}

// Interrupt 13 of real mode leads to a HLT.
static void limit_faults_at(const char *hex, uint64_t limit, uint64_t eflags, uint64_t done)
{
    code(hex);
    x86_set_segment(cpu, X86_FS, 0x4000, 0x40000, (uint32_t)limit, 0x93);
    x86_set_flags(cpu, eflags);
    board_put(board, 4 * X86_GP, 4, 0x500);
    board->ram.ram[0x500] = 0xf4;
    cpu->r[X86_RIP] = 0;
    cpu->r[X86_RSP] = 0x1000;
    x86_set_segment(cpu, X86_CS, BOARD_CODE >> 4, BOARD_CODE, 0xffff, 0x9b);
    cpu->r[X86_RSI] = 0x100;
    cpu->r[X86_RDI] = 0x4000;
    cpu->r[X86_RCX] = 0x800;
    vcpu_set_state(&cpu->vcpu, VCPU_RUNNING);
    board_run(board, 0x1000);
    cr_assert_eq(cpu->r[X86_RIP], 0x501);
    cr_assert_eq(cpu->r[X86_RCX], 0x800 - done, "%lx", (unsigned long)cpu->r[X86_RCX]);
}

Test(string, the_limit_of_a_segment_faults_at_its_own_iteration)
{
    cpu = board_real(board, 0);
    limit_faults_at("64 f3 a5", 0x207, 0, 0x84);      // movsw: 100h to 207h
    limit_faults_at("64 f3 a5", 0x206, 0, 0x83);      // the last one has only one of its bytes
    limit_faults_at("64 f3 a5", 0x3ff, X86_DF, 0x81); // downwards: at fffe
    limit_faults_at("64 f3 a7", 0x207, 0, 0x84);      // cmpsw
}

Test(string, the_limit_of_an_expand_down_segment_is_its_lower_end)
{
    cpu = board_flat32(board, 0);
    code("f3 a4");
    x86_set_segment(cpu, X86_DS, BOARD_FLAT, 0x40000, 0x17f, 0xc97); // of the data at 180h and above
    x86_set_flags(cpu, X86_DF);
    cpu->r[X86_RSI] = 0x1ff;
    cpu->r[X86_RDI] = 0x60000;
    cpu->r[X86_RCX] = 0x100;
    cpu->idt_limit = 0; // so that the fault shuts the processor down
    board_run(board, 0x1000);
    cr_assert_eq(cpu->r[X86_RCX], 0x80, "%lx", (unsigned long)cpu->r[X86_RCX]);
}
