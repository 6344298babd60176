// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The x87: every encoding against the host's own processor, where that is an x86-64, and what can be tested without
// one.
//
// An instruction is executed between FXRSTOR and FXSAVE; random registers, control words and operands go through it and
// through x86_x87, and the two states must be the same: registers, stack, status with its condition codes, memory.
#define _GNU_SOURCE // ucontext_t
#include <criterion/criterion.h>
#include <setjmp.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "base/bits.h"
#include "vcpu/guest.h"
#include "vcpu/loop.h"
#include "vcpu/x86_64/float/fxsave.h"
#include "vcpu/x86_64/float/x87.h"

// --- a processor with one page of memory -----------------------------------------------------------------------------

#define PAGE UINT64_C(0x1000)

static uint8_t page[4096] __attribute__((aligned(4096)));

static bool no_walk(struct vcpu *cpu, uint64_t address, enum access access, bool user, struct tlb_page *found)
{
    (void)access, (void)user, (void)found;
    x86_fault_code(x86_of(cpu), X86_PAGE, 0);
    x86_of(cpu)->fault.address = address;
    return false;
}

static struct x86_cpu *new_cpu(void)
{
    static const struct guest guest = { .walk = no_walk };
    static struct loop loop;
    static struct x86_cpu cpu;
    memset(&cpu, 0, sizeof cpu);
    loop.guest = &guest;
    cpu.vcpu.loop = &loop;
    if (tlb_init(&cpu.vcpu) != 0)
        abort();
    *tlb_place(&cpu.vcpu, PAGE, false) = (struct tlb_entry){ PAGE, PAGE, (uintptr_t)page - PAGE, 0 };
    cpu.cr0 = X86_CR0_PE | X86_CR0_NE;
    cpu.cr4 = X86_CR4_OSFXSR;
    cpu.mode = X86_MODE_64;
    cpu.mxcsr = 0x1f80;
    x86_x87_init(&cpu);
    return &cpu;
}

static bool run(struct x86_cpu *cpu, uint8_t opcode, uint8_t modrm)
{
    const struct x86_x87_operand operand = {
        .linear = PAGE, .offset = 0x5678, .ip = 0x1234, .selector = 0x2b, .size = 4
    };
    return x86_x87(cpu, opcode, modrm, &operand);
}

Test(x87, init_leaves_an_empty_stack_with_all_exceptions_masked)
{
    struct x86_cpu *cpu = new_cpu();
    cpu->x87.valid = 0xff;
    cpu->x87.status = 0xffff;
    cr_assert(run(cpu, 0xdb, 0xe3));
    cr_assert_eq(cpu->x87.control, 0x37f);
    cr_assert_eq(cpu->x87.status, 0);
    cr_assert_eq(x86_x87_tags(cpu), 0xffff);
}

Test(x87, the_task_switched_flag_and_emulation_raise_nm)
{
    struct x86_cpu *cpu = new_cpu();
    for (unsigned bit = 0; bit < 2; bit++) {
        cpu->cr0 = bit ? X86_CR0_EM : X86_CR0_TS;
        cr_assert_not(run(cpu, 0xd9, 0xe8));
        cr_assert_eq(cpu->fault.vector, X86_NM);
    }
    cpu->cr0 = X86_CR0_TS;
    cr_assert(x86_fwait(cpu), "FWAIT asks for CR0.MP as well");
    cpu->cr0 = X86_CR0_TS | X86_CR0_MP;
    cr_assert_not(x86_fwait(cpu));
    cr_assert_eq(cpu->fault.vector, X86_NM);
}

Test(x87, an_unmasked_exception_is_reported_by_the_next_waiting_instruction)
{
    struct x86_cpu *cpu = new_cpu();
    cpu->x87.control = 0x37b;        // ZM clear
    cr_assert(run(cpu, 0xd9, 0xe8)); // FLD1
    cr_assert(run(cpu, 0xd9, 0xee)); // FLDZ
    cr_assert(run(cpu, 0xdc, 0xf9)); // FDIV ST(1), ST(0): 1 / 0
    cr_assert_eq(cpu->x87.status & 0x80ff, 0x8084);
    cr_assert_not(x86_fwait(cpu));
    cr_assert_eq(cpu->fault.vector, X86_MF);
    cr_assert_not(run(cpu, 0xd9, 0xe8));
    cr_assert(run(cpu, 0xdf, 0xe0), "FNSTSW does not wait");
    cr_assert_eq(cpu->r[X86_RAX], cpu->x87.status);
    cr_assert(run(cpu, 0xdb, 0xe2), "FNCLEX does not wait");
    cr_assert(x86_fwait(cpu));
}

Test(x87, a_load_that_faults_changes_nothing)
{
    struct x86_cpu *cpu = new_cpu();
    const struct x86_x87_operand operand = { .linear = 0x9000, .size = 4 };
    const struct x86_x87 before = cpu->x87;
    cr_assert_not(x86_x87(cpu, 0xd9, 0x03, &operand));
    cr_assert_eq(cpu->fault.vector, X86_PAGE);
    cr_assert_eq(memcmp(&before, &cpu->x87, sizeof before), 0);
}

Test(x87, a_store_that_faults_changes_nothing)
{
    static const uint8_t forms[][2] = { { 0xd9, 0x1b }, { 0xdd, 0x1b }, { 0xdb, 0x3b }, { 0xdf, 0x33 },
                                        { 0xdb, 0x1b }, { 0xd9, 0x33 }, { 0xdd, 0x33 }, { 0xdd, 0x3b } };
    const struct x86_x87_operand operand = { .linear = 0x1ffc,
                                             .size = 4 }; // FSAVE and m80 cross into a page that is not mapped
    for (unsigned i = 0; i < countof(forms); i++) {
        for (unsigned full = 0; full < 2; full++) {
            struct x86_cpu *cpu = new_cpu();
            if (full) {
                cr_assert(run(cpu, 0xd9, 0xeb)); // FLDPI
            }
            const struct x86_x87 before = cpu->x87;
            memset(page, 0xa5, sizeof page);
            if (!x86_x87(cpu, forms[i][0], forms[i][1], &operand)) {
                cr_assert_eq(memcmp(&before, &cpu->x87, sizeof before), 0, "%02x %02x", forms[i][0], forms[i][1]);
                cr_assert_eq(page[0xfff], 0xa5, "%02x %02x", forms[i][0], forms[i][1]);
            } else {
                bool write;
                cr_assert_leq(x86_x87_bytes(forms[i][0], forms[i][1], 4, &write), 4);
            }
        }
    }
}

Test(x87, the_last_instruction_and_operand_are_kept_for_fstenv)
{
    struct x86_cpu *cpu = new_cpu();
    cpu->segment[X86_CS].selector = 0x33;
    cr_assert(run(cpu, 0xd9, 0x03)); // FLD m32
    cr_assert(run(cpu, 0xd9, 0x33)); // FNSTENV
    uint32_t words[7];
    memcpy(words, page, 28);
    cr_assert_eq(words[0], 0xffff037f);
    cr_assert_eq(words[1], 0xffff3800);
    cr_assert_eq(words[3], 0x1234);
    cr_assert_eq(words[4], 0x01030033);
    cr_assert_eq(words[5], 0x5678);
    cr_assert_eq(words[6], 0xffff002b);
}

Test(x87, the_real_mode_environment_holds_linear_addresses)
{
    struct x86_cpu *cpu = new_cpu();
    cpu->cr0 = X86_CR0_NE;
    cpu->segment[X86_CS].selector = 0xf123;
    cr_assert(run(cpu, 0xd9, 0x03));
    const struct x86_x87_operand operand = { .linear = PAGE, .size = 2 };
    cr_assert(x86_x87(cpu, 0xd9, 0x33, &operand));
    uint16_t words[7];
    memcpy(words, page, 14);
    cr_assert_eq(words[3], 0x2464); // f1230h + 1234h = f2464h
    cr_assert_eq(words[4], 0xf103);
    cr_assert_eq(words[5], 0x5928); // 2b0h + 5678h
    cr_assert_eq(words[6], 0x0000);
}

Test(x87, fxsave_and_fxrstor_are_inverse)
{
    struct x86_cpu *cpu = new_cpu();
    for (unsigned i = 0; i < 8; i++) {
        cpu->x87.mantissa[i] = UINT64_C(0x8123456789abcdef) + i;
        cpu->x87.exponent[i] = (uint16_t)(0x3f00 + i);
    }
    for (unsigned i = 0; i < 16; i++) {
        cpu->xmm[i].q[0] = 0x1111 * i;
        cpu->xmm[i].q[1] = ~cpu->xmm[i].q[0];
    }
    cpu->x87.status = 0x2800;
    cpu->x87.valid = 0x5a;
    cpu->x87.opcode = 0x123;
    cpu->x87.ip = UINT64_C(0xffffffff81234567);
    const struct x86_cpu before = *cpu;
    cr_assert(x86_fxsave(cpu, PAGE, true));
    struct x86_cpu *other = new_cpu();
    cr_assert(x86_fxrstor(other, PAGE, true));
    cr_assert_eq(memcmp(&other->x87, &before.x87, sizeof before.x87), 0);
    cr_assert_eq(memcmp(other->xmm, before.xmm, sizeof before.xmm), 0);
    cr_assert_not(x86_fxsave(cpu, PAGE + 8, true));
    cr_assert_eq(cpu->fault.vector, X86_GP);
    page[26] = 1; // a reserved bit of MXCSR
    cr_assert_not(x86_fxrstor(cpu, PAGE, true));
    cr_assert_eq(cpu->fault.vector, X86_GP);
}

// --- against the host ------------------------------------------------------------------------------------------------

#ifdef __x86_64__
#include <sys/mman.h>

static uint64_t seed = 0x123456789abcdef;

static uint64_t random64(void)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return seed * UINT64_C(0x2545f4914f6cdd1d);
}

static void random_register(uint16_t *exponent, uint64_t *mantissa)
{
    static const uint16_t near[] = { 0,      0,      1,      2,      63,     64,     0x1fff, 0x2000,
                                     0x3bcd, 0x3c01, 0x3f6a, 0x3f81, 0x3fbf, 0x3ffd, 0x3ffe, 0x3fff,
                                     0x4000, 0x4001, 0x400e, 0x401e, 0x403a, 0x403d, 0x403e, 0x403f,
                                     0x407e, 0x43fe, 0x5fff, 0x6000, 0x7ffd, 0x7ffe, 0x7fff };
    static const uint64_t special[] = { 0x8000000000000000, 0xc000000000000000, 0xffffffffffffffff, 0x8000000000000001,
                                        0xa000000000000000, 0xfffffffffffffffe, 0x8000008000000000, 0x8000000000000400,
                                        0xffffff8000000000, 0xfffffffffffffc00, 0xfffffffffffff800, 0xffffff0000000000,
                                        0xc90fdaa22168c235, 0xbfffffffffffffff };
    const uint64_t r = random64();
    *exponent = near[(r >> 8) % countof(near)];
    if ((r >> 40 & 3) == 0) {
        *exponent = (uint16_t)(0x3ff0 + (r >> 42 & 31));
    }
    *exponent |= (uint16_t)(r >> 63) << 15;
    *mantissa = (r & 3) == 0 ? special[(r >> 16) % countof(special)] : random64();
    if (r >> 32 & 15) {
        *mantissa |= BIT64(63);
    }
    if ((*exponent & 0x7fff) == 0) {
        switch (r >> 36 & 3) {
        case 0: *mantissa = 0; break;
        case 1: *mantissa >>= r >> 50 & 63; break;
        default: *mantissa &= ~BIT64(63);
        }
    } else if ((*exponent & 0x7fff) == 0x7fff && (r >> 36 & 1)) {
        *mantissa = BIT64(63);
    }
}

struct host { // used by offset in the code below
    uint8_t image[512];
    uint64_t rax;        // 200h
    uint64_t flags;      // 208h
    uint8_t memory[128]; // 210h
} __attribute__((aligned(16)));

static sigjmp_buf after_fault;

static void on_signal(int number)
{
    siglongjmp(after_fault, number);
}

static unsigned put(uint8_t *code, unsigned at, const void *bytes, unsigned count)
{
    memcpy(code + at, bytes, count);
    return at + count;
}

#define PUT(...) at = put(code, at, (const uint8_t[]){ __VA_ARGS__ }, sizeof((const uint8_t[]){ __VA_ARGS__ }))

static void assemble(uint8_t *code, uint8_t opcode, uint8_t modrm, unsigned size)
{
    unsigned at = 0;
    PUT(0x53, 0x57);                               // push rbx; push rdi
    PUT(0x48, 0x0f, 0xae, 0x0f);                   // fxrstor64 [rdi]
    PUT(0x48, 0x8b, 0x87, 0x00, 0x02, 0x00, 0x00); // mov rax, [rdi + 200h]
    PUT(0x48, 0x8d, 0x9f, 0x10, 0x02, 0x00, 0x00); // lea rbx, [rdi + 210h]
    PUT(0xff, 0xb7, 0x08, 0x02, 0x00, 0x00, 0x9d); // push [rdi + 208h]; popfq
    if (size == 2) {
        PUT(0x66);
    }
    PUT(opcode, modrm);
    PUT(0x9c, 0x8f, 0x87, 0x08, 0x02, 0x00, 0x00); // pushfq; pop [rdi + 208h]
    PUT(0x48, 0x89, 0x87, 0x00, 0x02, 0x00, 0x00); // mov [rdi + 200h], rax
    PUT(0x48, 0x0f, 0xae, 0x07, 0xdb, 0xe3);       // fxsave64 [rdi]; fninit
    PUT(0x5f, 0x5b, 0xc3);                         // pop rdi; pop rbx; ret
}

static void to_image(const struct x86_cpu *cpu, uint8_t *image)
{
    memset(image, 0, 160);
    memcpy(image, &cpu->x87.control, 2);
    memcpy(image + 2, &cpu->x87.status, 2);
    image[4] = cpu->x87.valid;
    memcpy(image + 24, &cpu->mxcsr, 4);
    for (unsigned i = 0; i < 8; i++) {
        const unsigned physical = (x86_x87_top(cpu) + i) & 7;
        memcpy(image + 32 + 16 * i, &cpu->x87.mantissa[physical], 8);
        memcpy(image + 40 + 16 * i, &cpu->x87.exponent[physical], 2);
    }
}

static bool is_transcendental(uint8_t opcode, uint8_t modrm)
{
    switch (opcode == 0xd9 ? modrm : 0) {
    case 0xf0:
    case 0xf1:
    case 0xf2:
    case 0xf3:
    case 0xf9:
    case 0xfb:
    case 0xfe:
    case 0xff: return true;
    default: return false;
    }
}

static void random_state(struct x86_cpu *cpu)
{
    const uint64_t r = random64();
    for (unsigned i = 0; i < 8; i++) {
        random_register(&cpu->x87.exponent[i], &cpu->x87.mantissa[i]);
    }
    if ((r & 7) == 0) { // relatives
        cpu->x87.mantissa[1] = cpu->x87.mantissa[0] ^ (r >> 62);
        cpu->x87.exponent[1] = cpu->x87.exponent[0] ^ (r >> 32 & 0x8000) ^ (r >> 33 & 1);
        cpu->x87.status = 0;
    }
    cpu->x87.control = 0x37f;
    cpu->x87.control |= (r >> 8 & 3) << 10;
    if (r >> 10 & 1) {
        static const uint16_t precisions[] = { 0, 0x200, 0x300, 0x300 };
        cpu->x87.control = (cpu->x87.control & ~0x300) | precisions[r >> 11 & 3];
    }
    if ((r >> 13 & 3) == 0) {
        cpu->x87.control &= (uint16_t) ~(r >> 20 & 0x3f);
    }
    cpu->x87.status = r >> 32 & 0x7f7f & ~0x3f; // conditions, TOP, SF
    cpu->x87.status |= r >> 50 & 0x3f & cpu->x87.control;
    if (cpu->x87.status & 0x3f && (r >> 56 & 1)) {
        cpu->x87.status &= (uint16_t)~0x3f;
    }
    cpu->x87.valid = r >> 14 & 3 ? 0xff : (uint8_t)random64();
    if ((r >> 14 & 3) == 1) { // room for a push
        cpu->x87.valid = (uint8_t) ~(1u << ((x86_x87_top(cpu) + 7) & 7));
    }
    cpu->r[X86_RAX] = random64();
    x86_set_flags(cpu, random64() & X86_ARITHMETIC);
}

static void random_memory(uint8_t *memory)
{
    for (unsigned i = 0; i < 16; i++) {
        uint64_t r = random64();
        memcpy(memory + 8 * i, &r, 8);
    }
    const uint64_t r = random64();
    uint16_t exponent;
    uint64_t mantissa;
    random_register(&exponent, &mantissa);
    switch (r & 7) {
    case 0: // BCD
        for (unsigned i = 0; i < 9; i++) {
            memory[i] = (uint8_t)((random64() % 10) << 4 | random64() % 10);
        }
        memory[9] &= 0x80;
        break;
    case 1:
        memcpy(memory, &mantissa, 8);
        memcpy(memory + 8, &exponent, 2);
        break;
    case 2:
    case 3: { // m64
        static const uint16_t near[] = { 0, 0, 1, 0x3fe, 0x3ff, 0x400, 0x432, 0x43e, 0x7fe, 0x7ff };
        uint64_t bits =
            (uint64_t)near[(r >> 8) % countof(near)] << 52 | (r >> 63 << 63) | (r & BIT64(40) ? 0 : mantissa >> 12);
        memcpy(memory, &bits, 8);
        break;
    }
    case 4:
    case 5: { // m32
        static const uint8_t near[] = { 0, 0, 1, 126, 127, 128, 150, 254, 255 };
        uint32_t bits = (uint32_t)near[(r >> 8) % countof(near)] << 23 | (uint32_t)(r >> 63) << 31 |
                        (r & BIT64(40) ? 0 : (uint32_t)(mantissa >> 41));
        memcpy(memory, &bits, 4);
        break;
    }
    case 6:
        memset(memory, 0, 8);
        memory[0] = r >> 8 & 3;
        break;
    default: break;
    }
}

// One unit in the last place apart at most. Registers as FXSAVE has them.
static bool one_apart(const uint8_t *a, const uint8_t *b)
{
    uint64_t x, y;
    uint16_t p, q;
    memcpy(&x, a, 8);
    memcpy(&y, b, 8);
    memcpy(&p, a + 8, 2);
    memcpy(&q, b + 8, 2);
    p |= (p & 0x7fff) == 0; // denormals have the exponent of the smallest normals
    q |= (q & 0x7fff) == 0;
    if (p == q) {
        return x - y + 1 <= 2;
    }
    return (x == BIT64(63) && y == UINT64_MAX && p == q + 1) || (y == BIT64(63) && x == UINT64_MAX && q == p + 1);
}

static void show(const char *what, const uint8_t *image)
{
    const uint16_t *words = (const void *)image;
    const uint64_t *registers = (const void *)(image + 32);
    cr_log_error("%s: FCW %04x FSW %04x valid %02x", what, words[0], words[1], image[4]);
    for (unsigned i = 0; i < 8; i++) {
        cr_log_error("  ST(%u) %04x:%016lx", i, (unsigned)registers[2 * i + 1], registers[2 * i]);
    }
}

static void check_once(uint8_t opcode, uint8_t modrm, unsigned size, const uint8_t *code)
{
    static struct host host;
    struct x86_cpu *cpu = new_cpu();
    random_state(cpu);
    if (is_transcendental(opcode, modrm)) { // whether these are inexact or tiny may differ
        cpu->x87.control |= 0x38;
    }
    random_memory(page);
    to_image(cpu, host.image);
    host.rax = cpu->r[X86_RAX];
    host.flags = x86_flags(cpu);
    memcpy(host.memory, page, 128);
    uint8_t before[160], ours[160];
    memcpy(before, host.image, 160);
    ((void (*)(struct host *))(uintptr_t)code)(&host);

    const struct x86_x87_operand operand = { .linear = PAGE, .size = (uint8_t)size };
    cr_assert(x86_x87(cpu, opcode, modrm, &operand), "%02x %02x", opcode, modrm);
    to_image(cpu, ours);
    memset(host.image + 5, 0, 19);
    memset(host.image + 28, 0, 4);
    for (unsigned i = 0; i < 8; i++) {
        memset(host.image + 42 + 16 * i, 0, 6);
    }
    if (is_transcendental(opcode, modrm)) {
        for (unsigned i = 0; i < 2; i++) {
            if (one_apart(ours + 32 + 16 * i, host.image + 32 + 16 * i)) {
                memcpy(ours + 32 + 16 * i, host.image + 32 + 16 * i, 10);
            }
        }
        ours[2] = (ours[2] & ~0x30) | (host.image[2] & 0x30);
        ours[3] = (ours[3] & ~2) | (host.image[3] & 2);
    }
    if (modrm >> 6 != 3 && ((opcode == 0xd9 || opcode == 0xdd) && (modrm >> 3 & 7) == 6)) { // FIP to FDS
        memset(page + 3 * size, 0, 4 * size);
        memset(host.memory + 3 * size, 0, 4 * size);
    }
    bool same = !memcmp(ours, host.image, 160) && !memcmp(page, host.memory, 128) && cpu->r[X86_RAX] == host.rax &&
                x86_arithmetic_flags(cpu) == (host.flags & X86_ARITHMETIC);
    if (!same) {
        cr_log_error("%02x %02x, memory %016lx, host %016lx, flags %03x, host %03x", opcode, modrm,
                     *(uint64_t *)(void *)page, *(uint64_t *)(void *)host.memory, (unsigned)x86_arithmetic_flags(cpu),
                     (unsigned)host.flags & X86_ARITHMETIC);
        show("before", before);
        show("ours", ours);
        show("host", host.image);
    }
    cr_assert(same, "%02x %02x", opcode, modrm);
}

static uint8_t *new_code(void)
{
    uint8_t *code = mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    cr_assert_neq(code, MAP_FAILED);
    return code;
}

static void check_form(uint8_t *code, uint8_t opcode, uint8_t modrm, unsigned times)
{
    for (unsigned n = 0; n < times; n++) {
        const unsigned size = n & 1 ? 2 : 4;
        assemble(code, opcode, modrm, size);
        check_once(opcode, modrm, size, code);
    }
}

Test(x87, every_instruction_does_what_the_host_processor_does)
{
    uint8_t *code = new_code();
    for (unsigned opcode = 0xd8; opcode <= 0xdf; opcode++) {
        for (unsigned modrm = 0; modrm < 0x100; modrm++) {
            const bool memory = modrm < 0xc0;
            if ((memory && (modrm & 0xc7) != 3) || !x86_x87_known((uint8_t)opcode, (uint8_t)modrm)) {
                continue;
            }
            check_form(code, (uint8_t)opcode, (uint8_t)modrm, memory || opcode == 0xd9 ? 2000 : 200);
        }
    }
}

Test(x87, what_is_no_instruction_here_is_none_on_the_host)
{
    static struct host host;
    uint8_t *code = new_code();
    signal(SIGILL, on_signal);
    for (unsigned opcode = 0xd8; opcode <= 0xdf; opcode++) {
        for (unsigned modrm = 0; modrm < 0x100; modrm++) {
            if ((modrm < 0xc0 && (modrm & 0xc7) != 3) || x86_x87_known((uint8_t)opcode, (uint8_t)modrm)) {
                continue;
            }
            struct x86_cpu *cpu = new_cpu();
            cr_assert_not(run(cpu, (uint8_t)opcode, (uint8_t)modrm));
            cr_assert_eq(cpu->fault.vector, X86_UD);
            to_image(cpu, host.image);
            assemble(code, (uint8_t)opcode, (uint8_t)modrm, 4);
            int caught = sigsetjmp(after_fault, 1);
            if (caught == 0) {
                ((void (*)(struct host *))(uintptr_t)code)(&host);
            }
            cr_expect_eq(caught, SIGILL, "%02x %02x", opcode, modrm);
        }
    }
}
#else
Test(x87, every_instruction_does_what_the_host_processor_does)
{
    cr_skip("the host is not an x86-64");
}
#endif
