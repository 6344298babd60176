// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// MMX and SSE: every row of the table against the host's own processor, where that is an x86-64.
//
// A row is encoded as an instruction, register and memory form, between FXRSTOR and FXSAVE; random operands go through
// it and through the row's function, and the two states must be the same, flags and exceptions included.
#define _GNU_SOURCE // ucontext_t's registers
#include <criterion/criterion.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bits.h"
#include "vcpu/guest.h"
#include "vcpu/loop.h"
#include "vcpu/x86_64/any_nan.h"
#include "vcpu/x86_64/float/simd.h"
#include "vcpu/x86_64/float/x87.h"
#include "vcpu/x86_64/host_cpu.h"

// --- the table -------------------------------------------------------------------------------------------------------

Test(simd, the_table_is_sorted_for_the_search)
{
    unsigned count;
    const struct x86_simd *table = x86_simd_table(&count);
    for (unsigned i = 1; i < count; i++) {
        unsigned before = (unsigned)table[i - 1].map << 16 | table[i - 1].opcode << 8 | table[i - 1].prefix;
        unsigned here = (unsigned)table[i].map << 16 | table[i].opcode << 8 | table[i].prefix;
        cr_assert_leq(before, here, "%s", table[i].name);
    }
}

// An encoding that matches the row.
static uint8_t modrm_of(const struct x86_simd *row, bool memory)
{
    unsigned reg = row->flags & X86_SIMD_GROUP ? row->digit : 1;
    bool gpr = row->d == X86_SIMD_GPR_RM || row->s == X86_SIMD_GPR_RM;
    return (uint8_t)((memory ? 0 : 0xc0) | reg << 3 | (memory ? 3 : gpr ? 1 : 2)); // [rbx], rcx, register 2
}

static bool has_form(const struct x86_simd *row, bool memory)
{
    return !(row->flags & (memory ? X86_SIMD_REGISTER : X86_SIMD_MEMORY)) && (!memory || row->bytes);
}

Test(simd, every_row_is_found_by_its_encoding)
{
    unsigned count;
    const struct x86_simd *table = x86_simd_table(&count);
    for (unsigned i = 0; i < count; i++) {
        const struct x86_simd *row = &table[i];
        for (int memory = 0; memory < 2; memory++) {
            if (has_form(row, memory)) {
                cr_assert_eq(
                    x86_simd_find(row->map, row->prefix, row->opcode, modrm_of(row, memory), row->flags & X86_SIMD_W1),
                    row, "%s", row->name);
            }
        }
    }
    cr_assert_null(x86_simd_find(1, 0xf2, 0x6f, 0xc0, false));
    cr_assert_null(x86_simd_find(1, 0, 0x71, 0xc0, false));
    cr_assert_null(x86_simd_find(1, 0x66, 0x12, 0xc0, false), "MOVLPD has no register form");
}

// --- checks ----------------------------------------------------------------------------------------------------------

static struct x86_cpu *new_cpu(void)
{
    struct x86_cpu *cpu = calloc(1, sizeof *cpu);
    cr_assert_not_null(cpu);
    cpu->cr4 = X86_CR4_OSFXSR | X86_CR4_OSXMMEXCPT;
    cpu->mxcsr = 0x1f80;
    cpu->x87.control = 0x37f;
    return cpu;
}

Test(simd, sse_needs_osfxsr_and_a_present_unit)
{
    struct x86_cpu *cpu = new_cpu();
    const struct x86_simd *addps = x86_simd_find(1, 0, 0x58, 0xc0, false);
    cr_assert(x86_simd_check(cpu, addps));
    cpu->cr4 = 0;
    cr_assert_not(x86_simd_check(cpu, addps));
    cr_assert_eq(cpu->fault.vector, X86_UD);
    cpu->cr4 = X86_CR4_OSFXSR;
    cpu->cr0 = X86_CR0_TS;
    cr_assert_not(x86_simd_check(cpu, addps));
    cr_assert_eq(cpu->fault.vector, X86_NM);
    cpu->cr0 = X86_CR0_TS | X86_CR0_EM;
    cr_assert_not(x86_simd_check(cpu, addps));
    cr_assert_eq(cpu->fault.vector, X86_UD);
    free(cpu);
}

Test(simd, mmx_reports_a_pending_x87_exception_and_needs_no_osfxsr)
{
    struct x86_cpu *cpu = new_cpu();
    const struct x86_simd *paddb = x86_simd_find(1, 0, 0xfc, 0xc0, false);
    cpu->cr4 = 0;
    cr_assert(x86_simd_check(cpu, paddb));
    cpu->x87.status = 0x8081;
    cr_assert_not(x86_simd_check(cpu, paddb));
    cr_assert_eq(cpu->fault.vector, X86_MF);
    free(cpu);
}

Test(simd, movnti_is_a_general_purpose_store_and_checks_nothing)
{
    struct x86_cpu *cpu = new_cpu();
    cpu->cr0 = X86_CR0_TS;
    cr_assert(x86_simd_check(cpu, x86_simd_find(1, 0, 0xc3, 0x03, false)));
    free(cpu);
}

Test(simd, an_exception_without_osxmmexcpt_is_an_invalid_opcode)
{
    struct x86_cpu *cpu = new_cpu();
    cpu->cr4 = X86_CR4_OSFXSR;
    cpu->mxcsr = 0;
    const struct x86_simd *divss = x86_simd_find(1, 0xf3, 0x5e, 0xc0, false);
    cpu->xmm[0].f[0] = 1;
    cr_assert_not(divss->run(cpu, &cpu->xmm[0], &cpu->xmm[1], 0));
    cr_assert_eq(cpu->fault.vector, X86_UD);
    cpu->cr4 |= X86_CR4_OSXMMEXCPT;
    cr_assert_not(divss->run(cpu, &cpu->xmm[0], &cpu->xmm[1], 0));
    cr_assert_eq(cpu->fault.vector, X86_XM);
    cr_assert_eq(cpu->mxcsr, 4);
    cr_assert_eq(cpu->xmm[0].f[0], 1);
    free(cpu);
}

Test(simd, ldmxcsr_refuses_reserved_bits)
{
    struct x86_cpu *cpu = new_cpu();
    cr_assert_not(x86_ldmxcsr(cpu, 0x10000));
    cr_assert_eq(cpu->fault.vector, X86_GP);
    cr_assert_eq(cpu->mxcsr, 0x1f80);
    cr_assert(x86_ldmxcsr(cpu, 0xffff));
    cr_assert_eq(cpu->mxcsr, 0xffff);
    free(cpu);
}

static bool no_walk(struct vcpu *cpu, uint64_t address, enum access access, bool user, struct tlb_page *found)
{
    (void)address, (void)access, (void)user, (void)found;
    return x86_fault_code(x86_of(cpu), X86_PAGE, 2);
}

Test(simd, maskmov_stores_the_chosen_bytes_or_none)
{
    static const struct guest guest = { .walk = no_walk };
    static struct loop loop;
    static uint8_t page[4096];
    struct x86_cpu *cpu = new_cpu();
    const struct x86_simd *row = x86_simd_find(1, 0x66, 0xf7, 0xc1, false);
    loop.guest = &guest;
    cpu->vcpu.loop = &loop;
    cr_assert_eq(tlb_init(&cpu->vcpu), 0);
    *tlb_place(&cpu->vcpu, 0x1000, false) = (struct tlb_entry){ 0x1000, 0x1000, (uintptr_t)page - 0x1000, 0 };
    for (unsigned i = 0; i < 16; i++) {
        cpu->xmm[0].b[i] = (uint8_t)(i + 1);
    }
    cpu->xmm[1].b[2] = 0x80;
    cpu->xmm[1].b[5] = 0xff;
    cpu->xmm[1].b[6] = 0x7f;
    cr_assert(x86_maskmov(cpu, row, &cpu->xmm[0], &cpu->xmm[1], 0x1ff0));
    const uint8_t expected[16] = { [2] = 3, [5] = 6 };
    cr_assert_eq(memcmp(page + 0xff0, expected, 16), 0);
    // Byte 5 would be on a page that is not mapped: byte 2 is not stored either.
    cr_assert_not(x86_maskmov(cpu, row, &cpu->xmm[0], &cpu->xmm[1], 0x1ffb));
    cr_assert_eq(cpu->fault.vector, X86_PAGE);
    cr_assert_eq(page[0xffd], 0);
    // With no byte chosen, no page is touched.
    cr_assert(x86_maskmov(cpu, row, &cpu->xmm[0], &cpu->xmm[2], 0x9000));
    free(cpu);
}

// The manual leaves the choice to the processor; ours is that of the first vendor, and the same on every host: the products
// of each pair are added with the one of the other lane first, then the two sums with the own one first.
Test(simd, a_dot_product_of_several_nans_chooses_the_same_on_every_host)
{
    unsigned count;
    const struct x86_simd *table = x86_simd_table(&count), *row = table;
    while (!(is_dot_product(row) && row->opcode == 0x40))
        row++;
    struct x86_cpu *cpu = new_cpu();
    for (unsigned i = 0; i < 4; i++) {
        cpu->xmm[1].l[i] = 0x7fc00001 + i;
        cpu->xmm[2].l[i] = 0x3f800000;
    }
    cr_assert(row->run(cpu, &cpu->xmm[1], &cpu->xmm[2], 0xff));
    static const uint32_t expected[4] = { 0x7fc00002, 0x7fc00001, 0x7fc00004, 0x7fc00003 };
    cr_expect_arr_eq(cpu->xmm[1].l, expected, sizeof expected);
    while (!(is_dot_product(row) && row->opcode == 0x41))
        row++;
    for (unsigned i = 0; i < 2; i++) {
        cpu->xmm[1].q[i] = 0x7ff8000000000001 + i;
        cpu->xmm[2].q[i] = 0x3ff0000000000000;
    }
    cr_assert(row->run(cpu, &cpu->xmm[1], &cpu->xmm[2], 0xff));
    cr_expect_eq(cpu->xmm[1].q[0], 0x7ff8000000000001);
    cr_expect_eq(cpu->xmm[1].q[1], 0x7ff8000000000002);
    free(cpu);
}

#ifdef __x86_64__ // from here on, against the host
// --- random operands -------------------------------------------------------------------------------------------------

static uint64_t seed = 0x123456789abcdef;

static uint64_t random64(void)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return seed * UINT64_C(0x2545f4914f6cdd1d);
}

static uint32_t random_single(void)
{
    static const uint32_t special[] = {
        0,          1,          0x7fffff,   0x400000,   0x800000,   0x800001,   0xffffff,   0x1000000,  0x7f7fffff,
        0x7f800000, 0x7f800001, 0x7fbfffff, 0x7fc00000, 0x7fc12345, 0x3f800000, 0x3f800001, 0x3f7fffff, 0x3f000000,
        0x3fc00000, 0x4f000000, 0x4effffff, 0x5f000000, 0x5effffff, 0x33800000, 0x4b7fffff, 0x4b000001,
    };
    static const uint8_t near[] = { 1, 2, 63, 64, 96, 126, 127, 128, 150, 157, 158, 190, 191, 253, 254 };
    uint64_t r = random64();
    uint32_t sign = (uint32_t)(r >> 63) << 31;
    switch (r & 7) {
    case 0: return (uint32_t)(r >> 16);
    case 1:
    case 2: return sign | special[(r >> 8) % countof(special)];
    case 3: // few bits: exact results and halves
        return sign | (uint32_t)near[(r >> 8) % countof(near)] << 23 | (uint32_t)(r >> 32 & 3) << 21;
    default: return sign | (uint32_t)near[(r >> 8) % countof(near)] << 23 | (r >> 32 & 0x7fffff);
    }
}

static uint64_t random_double(void)
{
    static const uint64_t special[] = {
        0,
        1,
        0xfffffffffffff,
        0x8000000000000,
        0x10000000000000,
        0x10000000000001,
        0x7fefffffffffffff,
        0x7ff0000000000000,
        0x7ff0000000000001,
        0x7ff7ffffffffffff,
        0x7ff8000000000000,
        0x7ff8123456789abc,
        0x3ff0000000000000,
        0x3ff0000000000001,
        0x3fefffffffffffff,
        0x3fe0000000000000,
        0x41e0000000000000,
        0x41dfffffffc00000,
        0x41dfffffffe00000,
        0x41dffffffff00000,
        0x43e0000000000000,
        0x43dfffffffffffff,
        0x380fffffffffffff,
        0x3810000000000000,
        0x47efffffe0000000,
        0x47efffffefffffff,
        0x47effffff0000000,
        0x36a0000000000000,
        0x3690000000000001,
        0xc1e0000000000000,
        0xc1e0000000100000,
        0xc1e0000000200000,
    };
    static const uint16_t near[] = { 1,    2,    511,  512,  760,  874,  896,  897,  1022, 1023,
                                     1024, 1053, 1054, 1085, 1086, 1150, 1534, 1535, 2045, 2046 };
    uint64_t r = random64();
    uint64_t sign = r >> 63 << 63;
    switch (r & 7) {
    case 0: return random64();
    case 1:
    case 2: return sign | special[(r >> 8) % countof(special)];
    case 3: return sign | (uint64_t)near[(r >> 8) % countof(near)] << 52 | (r >> 32 & 3) << 50;
    default: return sign | (uint64_t)near[(r >> 8) % countof(near)] << 52 | (random64() & bits_low(52));
    }
}

static void random_operand(union x86_xmm *value)
{
    unsigned kind = random64() >> 33 & 7;
    for (unsigned i = 0; i < 2; i++) {
        if (kind < 3) {
            value->l[2 * i] = random_single();
            value->l[2 * i + 1] = random_single();
        } else if (kind < 6) {
            value->q[i] = random_double();
        } else {
            value->q[i] = kind == 6 ? random64() : random64() & 0x1f;
        }
    }
}

// --- against the host ------------------------------------------------------------------------------------------------

#include <sys/mman.h>
#include <ucontext.h>

struct host { // used by offset in the code below
    uint8_t image[512];
    uint64_t gpr;         // 200h
    uint64_t flags;       // 208h
    union x86_xmm memory; // 210h
    uint32_t mxcsr;       // 220h: to leave with
    uint64_t rax;         // 228h
    uint64_t rdx;         // 230h
} __attribute__((aligned(16)));

static sigjmp_buf after_fault;
static uint32_t mxcsr_of_fault;

static void on_sigfpe(int number, siginfo_t *info, void *context)
{
    (void)number, (void)info;
    mxcsr_of_fault = ((ucontext_t *)context)->uc_mcontext.fpregs->mxcsr;
    siglongjmp(after_fault, 1);
}

static unsigned put(uint8_t *code, unsigned at, const void *bytes, unsigned count)
{
    memcpy(code + at, bytes, count);
    return at + count;
}

#define PUT(...) at = put(code, at, (const uint8_t[]){ __VA_ARGS__ }, sizeof((const uint8_t[]){ __VA_ARGS__ }))

static void assemble(uint8_t *code, const struct x86_simd *row, bool memory, uint8_t imm)
{
    unsigned at = 0;
    PUT(0x53, 0x57);                               // push rbx; push rdi
    PUT(0x48, 0x0f, 0xae, 0x0f);                   // fxrstor64 [rdi]
    PUT(0x48, 0x8b, 0x8f, 0x00, 0x02, 0x00, 0x00); // mov rcx, [rdi + 200h]
    PUT(0x48, 0x8d, 0x9f, 0x10, 0x02, 0x00, 0x00); // lea rbx, [rdi + 210h]
    PUT(0x48, 0x8b, 0x87, 0x28, 0x02, 0x00, 0x00); // mov rax, [rdi + 228h]
    PUT(0x48, 0x8b, 0x97, 0x30, 0x02, 0x00, 0x00); // mov rdx, [rdi + 230h]
    if (row->prefix) {
        PUT(row->prefix);
    }
    if (row->flags & X86_SIMD_W1) {
        PUT(0x48);
    }
    PUT(0x0f);
    if (row->map > 1) {
        PUT(row->map == 2 ? 0x38 : 0x3a);
    }
    PUT(row->opcode);
    if (row->d != X86_SIMD_NONE) {
        PUT(modrm_of(row, memory));
    }
    if (row->flags & X86_SIMD_IMM) {
        PUT(imm);
    }
    PUT(0x9c, 0x8f, 0x87, 0x08, 0x02, 0x00, 0x00);             // pushfq; pop [rdi + 208h]
    PUT(0x48, 0x89, 0x8f, 0x00, 0x02, 0x00, 0x00);             // mov [rdi + 200h], rcx
    PUT(0x48, 0x0f, 0xae, 0x07);                               // fxsave64 [rdi]
    PUT(0xdb, 0xe3, 0x0f, 0xae, 0x97, 0x20, 0x02, 0x00, 0x00); // fninit; ldmxcsr [rdi + 220h]
    PUT(0x5f, 0x5b, 0xc3);                                     // pop rdi; pop rbx; ret
}

// The parts of an FXSAVE image that the two have in common.
static void to_image(const struct x86_cpu *cpu, uint8_t *image)
{
    memset(image, 0, 512);
    memcpy(image, &cpu->x87.control, 2);
    memcpy(image + 2, &cpu->x87.status, 2);
    image[4] = cpu->x87.valid;
    memcpy(image + 24, &cpu->mxcsr, 4);
    for (unsigned i = 0; i < 8; i++) { // ST(i)
        unsigned physical = (x86_x87_top(cpu) + i) & 7;
        memcpy(image + 32 + 16 * i, &cpu->x87.mantissa[physical], 8);
        memcpy(image + 40 + 16 * i, &cpu->x87.exponent[physical], 2);
    }
    for (unsigned i = 0; i < 16; i++) {
        memcpy(image + 160 + 16 * i, &cpu->xmm[i], 16);
    }
}

static void *operand(struct x86_cpu *cpu, uint8_t kind, bool memory, unsigned xmm_or_mmx, uint64_t *gpr)
{
    switch (kind) {
    case X86_SIMD_XMM_RM: return memory ? &cpu->scratch : &cpu->xmm[xmm_or_mmx];
    case X86_SIMD_XMM: return &cpu->xmm[1];
    case X86_SIMD_MMX_RM: return memory ? (void *)&cpu->scratch : &cpu->x87.mantissa[xmm_or_mmx];
    case X86_SIMD_MMX: return &cpu->x87.mantissa[1];
    case X86_SIMD_GPR_RM: return memory ? (void *)&cpu->scratch : gpr;
    case X86_SIMD_GPR: return gpr;
    default: return NULL;
    }
}

static bool is_approximation(const struct x86_simd *row)
{
    return row->map == 1 && (row->opcode == 0x52 || row->opcode == 0x53);
}

static bool is_string_comparison(const struct x86_simd *row)
{
    return row->map == 3 && row->opcode >= 0x60;
}

static bool close_enough(float ours, float theirs)
{
    if (ours == theirs || (ours != ours && theirs != theirs)) {
        return true;
    }
    if (ours == 0 || theirs == 0) { // at the edge, one of the two may have been flushed
        return ours + theirs < 0x1.01p-126f && ours + theirs > -0x1.01p-126f;
    }
    float error = (ours - theirs) / theirs;
    return error < 0x1.8p-11f && error > -0x1.8p-11f;
}

static void check_once(const struct x86_simd *row, bool memory, const uint8_t *code, uint8_t imm)
{
    static struct host host;
    struct x86_cpu *cpu = new_cpu();
    union x86_xmm in_memory;
    uint64_t gpr = random64() >> (random64() & 63);
    for (unsigned i = 0; i < 16; i++) {
        random_operand(&cpu->xmm[i]);
    }
    if (random64() & 1) { // relatives: equal, negated, one bit apart
        cpu->xmm[2] = cpu->xmm[1];
        cpu->xmm[2].q[random64() & 1] ^= BIT64(random64() & 63);
    }
    random_operand(&in_memory);
    for (unsigned i = 0; i < 8; i++) {
        union x86_xmm value;
        random_operand(&value);
        cpu->x87.mantissa[i] = value.q[0];
        cpu->x87.exponent[i] = (uint16_t)value.q[1];
    }
    cpu->x87.valid = (uint8_t)random64();
    cpu->x87.status = random64() & 0x3800;
    cpu->mxcsr = (uint32_t)random64() & 0xffff;
    if (random64() & 3) {
        cpu->mxcsr |= 0x1f80;
    }
    if (random64() & 1) {
        cpu->mxcsr = (cpu->mxcsr & ~0x8060u) | 0x20; // the short way is taken
        cpu->mxcsr &= random64() & 1 ? ~0x6000u : ~0u;
    }

    if (is_string_comparison(row)) { // few different characters, short strings
        for (unsigned i = 0; i < 16; i++) {
            cpu->xmm[1].b[i] = random64() >> 40 & 0x83;
            cpu->xmm[2].b[i] = in_memory.b[i] = random64() >> 40 & 0x83;
        }
        gpr = random64();
        cpu->r[X86_RCX] = gpr;
        cpu->r[X86_RAX] = (random64() << 60) + (random64() & 31) - 8;
        cpu->r[X86_RDX] = (random64() << 60) + (random64() & 31) - 8;
    }

    to_image(cpu, host.image);
    host.rax = cpu->r[X86_RAX];
    host.rdx = cpu->r[X86_RDX];
    host.gpr = gpr;
    host.memory = in_memory;
    host.mxcsr = 0x1f80;
    bool host_faulted = true;
    if (sigsetjmp(after_fault, 1) == 0) {
        ((void (*)(struct host *))(uintptr_t)code)(&host);
        host_faulted = false;
    }

    const uint32_t before = cpu->mxcsr;
    const union x86_xmm x = cpu->xmm[1], y = memory ? in_memory : cpu->xmm[2];
    cpu->scratch = in_memory;
    void *d = operand(cpu, row->d, memory, 2, &gpr);
    void *s = operand(cpu, row->s, memory, 2, &gpr);
    const bool to_memory = d == &cpu->scratch;
    bool ok = x86_simd_check(cpu, row) && row->run(cpu, d, s, imm);
    char what[512];
    snprintf(what, sizeof what, "%s %s imm %02x mxcsr %04x d %016lx%016lx s %016lx%016lx", row->name,
             memory ? "memory" : "register", imm, before, x.q[1], x.q[0], y.q[1], y.q[0]);
    cr_assert_eq(ok, !host_faulted, "%s: fault %d, host %d", what, !ok, host_faulted);
    if (!ok) {
        cr_assert_eq(cpu->fault.vector, X86_XM, "%s", what);
        cr_assert_eq(cpu->mxcsr, mxcsr_of_fault, "%s: mxcsr %04x, host %04x", what, cpu->mxcsr, mxcsr_of_fault);
        cr_assert_eq(memcmp(&cpu->xmm[1], &x, 16), 0, "%s", what);
        free(cpu);
        return;
    }
    x86_simd_done(cpu, row, d);
    uint8_t ours[512];
    to_image(cpu, ours);
    memset(host.image + 5, 0, 19); // FOP, FIP, FDP
    memset(host.image + 28, 0, 4); // MXCSR_MASK
    memset(host.image + 416, 0, 96);
    for (unsigned i = 0; i < 8; i++) {
        memset(host.image + 42 + 16 * i, 0, 6);
    }
    if (is_approximation(row)) {
        for (unsigned i = 0; i < row->bytes / 4u; i++) {
            float theirs;
            memcpy(&theirs, host.image + 176 + 4 * i, 4);
            cr_assert(close_enough(cpu->xmm[1].f[i], theirs), "%s lane %u: %a, host %a", what, i,
                      (double)cpu->xmm[1].f[i], (double)theirs);
        }
        memcpy(ours + 176, host.image + 176, row->bytes);
    }
    if (is_dot_product(row)) {
        any_nan(ours + 176, host.image + 176, dot_product_lane(row));
    }
    for (unsigned i = 0; i < 512; i++) {
        cr_assert_eq(ours[i], host.image[i],
                     "%s: byte %u is %02x, host %02x; mxcsr %04x host %02x%02x; xmm1 %016lx%016lx host %016lx%016lx",
                     what, i, ours[i], host.image[i], cpu->mxcsr, host.image[25], host.image[24], cpu->xmm[1].q[1],
                     cpu->xmm[1].q[0], *(uint64_t *)(void *)(host.image + 184),
                     *(uint64_t *)(void *)(host.image + 176));
    }
    if (row->d == X86_SIMD_GPR || (row->d == X86_SIMD_GPR_RM && !memory)) {
        gpr = row->flags & X86_SIMD_W1 ? gpr : (uint32_t)gpr;
        cr_assert_eq(gpr, host.gpr, "%s: %016lx, host %016lx", what, gpr, host.gpr);
    }
    if (to_memory) {
        cr_assert_eq(memcmp(&cpu->scratch, &host.memory, row->bytes), 0, "%s", what);
    }
    if (is_string_comparison(row)) {
        cr_assert_eq(cpu->r[X86_RCX], host.gpr, "%s: %lu, host %lu", what, cpu->r[X86_RCX], host.gpr);
    }
    if ((row->map == 1 && (row->opcode & 0xfe) == 0x2e) || (row->map == 2 && row->opcode == 0x17) ||
        is_string_comparison(row)) {
        cr_assert_eq(x86_arithmetic_flags(cpu), host.flags & X86_ARITHMETIC, "%s", what);
    }
    free(cpu);
}

static bool host_has(const struct x86_simd *row)
{
    return row->map == 1 || host_cpu_has(HOST_SSSE3 | HOST_SSE4_2);
}

static void check_rows(unsigned times)
{
    uint8_t *code = mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    cr_assert_neq(code, MAP_FAILED);
    struct sigaction action = { .sa_sigaction = on_sigfpe, .sa_flags = SA_SIGINFO };
    sigaction(SIGFPE, &action, NULL);
    unsigned count;
    const struct x86_simd *table = x86_simd_table(&count);
    for (unsigned i = 0; i < count; i++) {
        const struct x86_simd *row = &table[i];
        if (!row->run) {
            continue;
        }
        if (!host_has(row)) {
            HOST_CANNOT("%s: the host has none", row->name);
            continue;
        }
        for (unsigned n = 0; n < 2 * times; n++) {
            const bool memory = n & 1;
            if (has_form(row, memory)) {
                uint8_t imm = (uint8_t)random64();
                imm = random64() & 1 ? imm & 31 : imm;
                assemble(code, row, memory, imm);
                check_once(row, memory, code, imm);
            }
        }
    }
    munmap(code, 4096);
}

Test(simd, every_instruction_does_what_the_host_processor_does)
{
    check_rows(400);
}
#else
Test(simd, every_instruction_does_what_the_host_processor_does)
{
    cr_skip("the host is not an x86-64");
}
#endif
