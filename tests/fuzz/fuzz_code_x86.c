// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Random x86 code in a whole PC: real, virtual-8086, protected and long mode, supervisor and user, with random segments,
// page tables, gates and control registers, timers that interrupt, single step, and code that writes itself.
//
//     0x0000  IVT or IDT        0x1000 page tables (long, PAE or 32-bit)     0x6000 GDT, 0x6800 TSS, 0x7000 LDT
//     0x8000  handlers          0x10000 code       0x40000 data              0x80000 stack
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz_code.h"
#include "machine/tables/bytes.h"
#include "pc_rig.h"
#include "vcpu/x86_64/system/segment.h"
#include "vcpu/x86_64/system/sysreg.h"

const char *const fuzz_name = "fuzz_code_x86";

enum { IDT = 0, TABLES = 0x1000, GDT = 0x6000, TSS = 0x6800, LDT = 0x7000, HANDLERS = 0x8000, CODE = 0x10000 };
enum { DATA = 0x40000, STACK = 0x80000, CODE_BYTES = 600, GDT_ENTRIES = 32 };

enum mode { REAL, V86, PROTECTED_16, PROTECTED_32, PAGED_32, PAE_32, COMPATIBLE, LONG, MODES };

// Selectors of the GDT as made; the rest of it is random.
enum {
    CODE_64 = 0x08,
    FLAT = 0x10,
    CODE_32 = 0x18,
    TASK = 0x20,
    USER_FLAT = 0x30,
    USER_64 = 0x38,
    USER_32 = 0x40,
    CODE_16 = 0x48,
    DATA_16 = 0x50,
    LDT_SELECTOR = 0x58,
    GATES = 0x68,
};

// --- Instructions ------------------------------------------------------------------------------------------------------

// Those that random bytes seldom hit, or that lead somewhere interesting.
// clang-format off
static const char *const known[] = {
    "f3a4", "f3a5", "f3aa", "f3ab", "f2ae", "f3a6", "f3ad", "a4", "a7", "6c", "6f", "f36c", "f36f", "f348ab", "67f3a4",
    "9c", "9d", "669c", "669d", "60", "61", "c8100003", "c8040000", "c9", "cf", "48cf", "66cf", "cb", "48cb", "ca0400", "c20400",
    "cd80", "cd08", "cc", "ce", "f1", "fa", "fb", "fbf4", "fb90", "f4", "90", "f390", "fc", "fd", "f5", "9e", "9f",
    "e440", "e640", "e421", "e621", "e620", "ec", "ee", "ed", "ef", "66ef", "e671", "e671", "e643",
    "0fa2", "0f31", "0f01f9", "0f32", "0f30", "0f01f8", "0f05", "0f07", "480f07", "0f34", "0f35", "480f35", "0f06", "0f08",
    "0f09", "0f20c0", "0f22c0", "0f20d8", "0f22d8", "0f20e0", "0f22e0", "0f21f8", "0f23f8", "0f23f0", "440f20c0",
    "440f22c0", "0f20d0", "0f22d0", "0f0110", "0f0118", "0f0107", "0f010f", "0f00d8", "0f00d0", "0f00c8", "0f01f0",
    "0f01e0", "0f013f", "0f02c3", "0f03c3", "0f00e0", "0f00e8", "0f01c8", "0f01c9", "0f01ca", "0f01cb",
    "8ed0", "8ed8", "8ec0", "8ee0", "8ee8", "8ed0fb", "07", "17", "1f", "16", "0fa0", "0fa1", "0fa8", "0fa9", "8cd0", "8c07",
    "6a106a08cb", "6a186a10cf", "9a001000000800", "9a0080001000", "ea000001001800", "ea00001000", "ff28", "ff18", "48ff28",
    "0fb207", "0fb407", "c407", "c507", "6207", "63c8", "d7", "d40a", "d50a", "27", "2f", "37", "3f", "e2fe", "e0f0", "e300",
    "0fc70f", "f00fc70f", "480fc70f", "f0480fc70f", "f00fb10f", "f00fc10f", "f087", "0fa30f", "f00fab0f", "0fbaf7ff",
    "0fba2705", "0fa4c805", "0fadd8", "f7f1", "f7f9", "f6f1", "48f7f9", "0fafc1", "6bc07f", "0fbcc1", "0fbdc1", "0fc8",
    "0fae07", "0fae0f", "480fae07", "480fae0f", "0fae17", "0fae1f", "0faee8", "0fae3f", "9bd937", "dd37", "dd27", "d937", "d927",
    "db2f", "db3f", "d9c0", "d9e8", "d9ee", "d9eb", "dd07", "dd1f", "df2f", "df3f", "df27", "df37", "dec1", "def9", "d9fa", "d9fe",
    "d9f0", "d9f1", "d9f2", "d9f3", "d9f5", "d9f8", "d9f9", "d9fb", "d9fc", "d9fd", "dae9", "dbf1", "dff1", "dbe2", "dbe3", "d9e5",
    "d9e0", "dde0", "d9ca", "9b", "dfe0", "d92f", "d93f", "0f77", "0f6e07", "0f7e07", "0fefc0", "0fd4c1", "0fe507", "0f6bc1",
    "0f5807", "f30f5e07", "f20f5e07", "660f5e07", "0f51c1", "f20f51c1", "0f2807", "0f2907", "660f6f07", "660f7f07", "f30f6f07",
    "0f1007", "0fc2c105", "660f2fc1", "f20f2ac0", "f3480f2dc0", "f20f2cc0", "660f70c01b", "660ff7c1", "0ff7c1", "660fd7c0",
    "0f5bc1", "660fe6c1", "f20fe6c1", "0fc6c11b", "660f73d805", "f30fe6c1", "660f3800c1", "660f3a0fc105", "f30fb8c1", "0fc3 07",
    // Itself: the byte a little ahead, and an old one.
    "c60505000000f4", "c6050000000090", "c605f0ffffff90", "c7050300000090909090", "2ec6060001f4", "66c705060000000000",
    // Prepared: a number for an MSR, a port, a control register.
    "b9800000c00f32", "b91b0000000f32", "b9000000000f32", "b9820000c00f30", "b910000000 0f30", "b9e00600000f30",
    "b90b08000031c031d20f30", "b830000000ba000000000f30", "ba2000b020ee", "ba4000b0ffee", "bae900ee", "ba0020b001ee",
    "ba0cf8ed", "baf80cef", "0f20c04883f0010f22c0", "0f20c00d000000800f22c0", "0f20e083f0200f22e0",
};
// clang-format on

static unsigned put_known(struct fuzz *fuzz, uint8_t *at)
{
    unsigned bytes = 0;
    for (const char *text = FUZZ_PICK(fuzz, known); text[0]; text++) {
        if (*text == ' ')
            continue;
        char digits[3] = { text[0], text[1] };
        at[bytes++] = (uint8_t)strtoul(digits, NULL, 16);
        text++;
    }
    if (fuzz_chance(fuzz, 8))
        at[fuzz_below(fuzz, bytes)] ^= (uint8_t)(1u << fuzz_below(fuzz, 8));
    return bytes;
}

// Prefixes, an opcode of one of the maps, ModRM, SIB, a small displacement, an immediate.
static unsigned put_shaped(struct fuzz *fuzz, uint8_t *at)
{
    static const uint8_t prefixes[] = { 0x66, 0x66, 0x67, 0xf0, 0xf2, 0xf3, 0x26, 0x2e, 0x36, 0x64, 0x65 };
    unsigned n = 0;
    while (fuzz_chance(fuzz, 4) && n < 5)
        at[n++] = FUZZ_PICK(fuzz, prefixes);
    if (fuzz_chance(fuzz, 3))
        at[n++] = (uint8_t)(0x40 + fuzz_below(fuzz, 16));
    if (fuzz_chance(fuzz, 2))
        at[n++] = 0x0f;
    at[n++] = (uint8_t)fuzz_word(fuzz);
    uint8_t modrm = (uint8_t)fuzz_word(fuzz);
    at[n++] = fuzz_chance(fuzz, 2) ? modrm | 0xc0 : modrm;
    if (modrm < 0xc0 && (modrm & 7) == 4)
        at[n++] = (uint8_t)fuzz_word(fuzz);
    for (unsigned i = fuzz_below(fuzz, 5); i; i--)
        at[n++] = fuzz_chance(fuzz, 3) ? (uint8_t)fuzz_word(fuzz) : 0;
    return n;
}

static unsigned put_random(struct fuzz *fuzz, uint8_t *at)
{
    unsigned bytes = 1 + fuzz_below(fuzz, 15);
    for (unsigned i = 0; i < bytes; i++)
        at[i] = (uint8_t)fuzz_word(fuzz);
    return bytes;
}

static void put_code(struct fuzz *fuzz, uint8_t *at, unsigned bytes)
{
    uint8_t one[32];
    unsigned wild = fuzz_below(fuzz, 12);
    for (unsigned done = 0; done < bytes;) {
        unsigned kind = fuzz_below(fuzz, 12);
        unsigned n = kind < wild / 4 ? put_random(fuzz, one) : kind < 7 ? put_shaped(fuzz, one) : put_known(fuzz, one);
        for (unsigned i = 0; i < n && done < bytes; i++)
            at[done++] = one[i];
    }
}

// --- Tables ------------------------------------------------------------------------------------------------------------

// Attributes as in struct x86_segment_register.
static uint64_t descriptor(uint32_t base, uint32_t limit, uint64_t attributes)
{
    return (limit & 0xffff) | (uint64_t)(base & 0xffffff) << 16 | (attributes & 0xff) << 40 |
           (uint64_t)(limit >> 16 & 0xf) << 48 | (attributes >> 8 & 0xf) << 52 | (uint64_t)(base >> 24) << 56;
}

static uint64_t gate(uint32_t offset, uint16_t selector, uint64_t type)
{
    return (offset & 0xffff) | (uint64_t)selector << 16 | type << 40 | (uint64_t)(offset >> 16) << 48;
}

static uint16_t any_selector(struct fuzz *fuzz)
{
    uint16_t selector = (uint16_t)(8 * fuzz_below(fuzz, GDT_ENTRIES) + fuzz_below(fuzz, 2) * 3);
    return fuzz_chance(fuzz, 16) ? (uint16_t)fuzz_word(fuzz) : selector;
}

static void put_gdt(struct fuzz *fuzz, uint8_t *ram, bool wide)
{
    uint8_t *gdt = ram + GDT;
    for (unsigned i = 1; i < GDT_ENTRIES; i++)
        put64(gdt + 8 * i, fuzz_word(fuzz) | UINT64_C(1) << 47);
    put64(gdt + CODE_64, descriptor(0, 0xfffff, 0xa9b));
    put64(gdt + FLAT, descriptor(0, 0xfffff, 0xc93));
    put64(gdt + CODE_32, descriptor(0, 0xfffff, 0xc9b));
    put64(gdt + TASK, descriptor(TSS, 0x2067, 0x89));
    put64(gdt + TASK + 8, 0);
    put64(gdt + USER_FLAT, descriptor(0, 0xfffff, 0xcf3));
    put64(gdt + USER_64, descriptor(0, 0xfffff, 0xafb));
    put64(gdt + USER_32, descriptor(0, 0xfffff, 0xcfb));
    put64(gdt + CODE_16, descriptor(0, 0xffff, 0x09b));
    put64(gdt + DATA_16, descriptor(DATA, 0xffff, 0x093));
    put64(gdt + LDT_SELECTOR, descriptor(LDT, 0xff, 0x82));
    put64(gdt + LDT_SELECTOR + 8, 0);
    for (unsigned i = GATES / 8; i < GDT_ENTRIES - 4; i += 2) { // call and task gates, a second task
        static const uint8_t types[] = { 0xec, 0x8c, 0xe4, 0xe5, 0x85, 0xec };
        put64(gdt + 8 * i, gate(HANDLERS + 16 * i, any_selector(fuzz), FUZZ_PICK(fuzz, types)));
        put64(gdt + 8 * i + 8, fuzz_chance(fuzz, 2) ? 0 : descriptor(TSS + 0x80, 0x67, 0xe9));
    }
    for (unsigned i = fuzz_below(fuzz, 3); i; i--)
        gdt[fuzz_below(fuzz, 8 * GDT_ENTRIES)] ^= (uint8_t)(1u << fuzz_below(fuzz, 8));
    memcpy(ram + LDT, gdt, 8 * GDT_ENTRIES);
    for (unsigned at = 0; at < 0x100; at += 4) // both tasks: stacks, selectors and an I/O map that stay in range
        put32(ram + TSS + at, wide                             ? STACK - 0x400
                              : at >= 0x48 && at % 0x80 < 0x60 ? any_selector(fuzz)
                                                               : STACK - 0x800);
    for (unsigned task = 0; task < 2 && !wide; task++) {
        uint8_t *tss = ram + TSS + 0x80 * task;
        put32(tss + 8, FLAT), put32(tss + 0x10, FLAT), put32(tss + 0x18, FLAT);
        put32(tss + 0x1c, TABLES), put32(tss + 0x20, CODE + fuzz_below(fuzz, CODE_BYTES)), put32(tss + 0x24, 2);
        put32(tss + 0x48, FLAT), put32(tss + 0x4c, CODE_32), put32(tss + 0x50, FLAT), put32(tss + 0x60, LDT_SELECTOR);
    }
    put16(ram + TSS + 0x66, 0x68);
}

static void put_idt(struct fuzz *fuzz, uint8_t *ram, enum mode mode)
{
    static const uint8_t types[] = { 0x8e, 0x8e, 0x8e, 0xee, 0xef, 0x8f, 0x85, 0x86, 0x0e };
    for (unsigned vector = 0; vector < 256; vector++) {
        uint32_t handler = HANDLERS + 16 * (vector % 64);
        uint8_t type = fuzz_chance(fuzz, 8) ? FUZZ_PICK(fuzz, types) : 0xee;
        uint16_t code = mode >= COMPATIBLE ? CODE_64 : fuzz_chance(fuzz, 8) ? CODE_16 : CODE_32;
        if (type == 0x85)
            code = TASK;
        if (fuzz_chance(fuzz, 64))
            code = any_selector(fuzz);
        if (mode == REAL) {
            put32(ram + IDT + 4 * vector, handler);
        } else if (mode >= COMPATIBLE) {
            put64(ram + IDT + 16 * vector, gate(handler, code, type) | (uint64_t)(fuzz_chance(fuzz, 4) ? 1 : 0) << 32);
            put64(ram + IDT + 16 * vector + 8, 0);
        } else {
            put64(ram + IDT + 8 * vector, gate(handler, code, type));
        }
    }
}

// Ends of handlers: IRET of the mode, behind an ADD that drops an error code now and then.
static void put_handlers(struct fuzz *fuzz, uint8_t *ram, enum mode mode)
{
    for (unsigned i = 0; i < 64; i++) {
        uint8_t *at = ram + HANDLERS + 16 * i;
        unsigned n = fuzz_chance(fuzz, 2) ? 0 : fuzz_below(fuzz, 8);
        put_code(fuzz, at, n);
        if (i == 8 || (i >= 10 && i <= 14)) { // pop the error code
            if (mode >= COMPATIBLE)
                at[n++] = 0x48;
            at[n++] = 0x83, at[n++] = 0xc4, at[n++] = mode >= COMPATIBLE ? 8 : 4;
        }
        if (mode >= COMPATIBLE)
            at[n++] = 0x48;
        at[n] = 0xcf;
    }
}

// A page of the first 2 MiB that the program is likely to touch.
static unsigned any_page(struct fuzz *fuzz)
{
    static const uint16_t pages[] = { CODE >> 12, DATA >> 12, (STACK >> 12) - 1, HANDLERS >> 12, TABLES >> 12,
                                      GDT >> 12,  0 };
    return fuzz_chance(fuzz, 8) ? fuzz_below(fuzz, 512) : (unsigned)FUZZ_PICK(fuzz, pages) + fuzz_chance(fuzz, 2);
}

static uint64_t any_entry(struct fuzz *fuzz, uint64_t entry)
{
    switch (fuzz_below(fuzz, 7)) {
    case 0: return entry & ~UINT64_C(1);
    case 1: return entry & ~UINT64_C(2);
    case 2: return entry & ~UINT64_C(4);
    case 3: return entry | UINT64_C(1) << 63;
    case 4: return (uint64_t)any_page(fuzz) << 12 | (entry & 0xfff); // somewhere else: two names for one page
    case 5: return entry ^ UINT64_C(1) << fuzz_below(fuzz, 64);
    default: return entry | 0x60;
    }
}

// PML4, PDPT, PD, PT; PAE the last three. The first 2 MiB by pages, the rest of 4 GiB by large ones.
static void put_wide_tables(struct fuzz *fuzz, uint8_t *ram, enum mode mode)
{
    uint8_t *pdpt = ram + TABLES + 0x1000, *pd = pdpt + 0x1000, *pt = pd + 0x1000;
    uint64_t rights = mode == PAE_32 ? 1 : 7;
    memset(ram + TABLES, 0, 0x4000);
    put64(ram + TABLES, (TABLES + 0x1000) | 7);
    put64(ram + TABLES + 8 * 511, (TABLES + 0x1000) | 7);
    put64(pdpt, (TABLES + 0x2000) | rights);
    for (uint64_t i = 1; i < 4; i++)
        put64(pdpt + 8 * i, mode == PAE_32 ? (TABLES + 0x2000) | rights : i << 30 | 0x87);
    for (uint64_t i = 0; i < 512; i++) {
        put64(pd + 8 * i, i << 21 | 0x87);
        put64(pt + 8 * i, i << 12 | 7);
    }
    put64(pd, (TABLES + 0x3000) | 7);
    if (fuzz_chance(fuzz, 2))
        put64(pd + 8 * 511, 0xfee00087); // PAE finds the chips here
    for (unsigned i = fuzz_below(fuzz, 4); i; i--) {
        uint8_t *at = pt + 8 * any_page(fuzz);
        put64(at, any_entry(fuzz, get64(at)));
    }
    if (fuzz_chance(fuzz, 8)) {
        uint8_t *at = ram + TABLES + 0x1000 * fuzz_below(fuzz, 3);
        put64(at, any_entry(fuzz, get64(at)));
    }
}

static void put_narrow_tables(struct fuzz *fuzz, uint8_t *ram)
{
    uint8_t *pd = ram + TABLES, *pt = pd + 0x1000;
    for (uint32_t i = 0; i < 1024; i++) {
        put32(pd + 4 * i, i << 22 | 0x87);
        put32(pt + 4 * i, i << 12 | 7);
    }
    put32(pd, (TABLES + 0x1000) | 7);
    for (unsigned i = fuzz_below(fuzz, 4); i; i--) {
        uint8_t *at = fuzz_chance(fuzz, 8) ? pd : pt + 4 * any_page(fuzz);
        put32(at, (uint32_t)any_entry(fuzz, get32(at)));
    }
}

// --- The processor -----------------------------------------------------------------------------------------------------

static uint64_t any_register(struct fuzz *fuzz)
{
    static const uint64_t chips[] = {
        PC_LAPIC + 0x80, PC_LAPIC + 0x300, PC_LAPIC + 0xff8, PC_IOAPIC, PC_HPET, 0x9fffe
    };
    switch (fuzz_below(fuzz, 16)) {
    case 0: return fuzz_value(fuzz);
    case 1: return FUZZ_PICK(fuzz, chips);
    case 2: return CODE + fuzz_below(fuzz, CODE_BYTES);
    case 3: return DATA + 0x1000 - fuzz_below(fuzz, 20);
    case 4:
    case 5: return fuzz_below(fuzz, 64);
    case 6: return fuzz_word(fuzz);
    default: return DATA + 8 * fuzz_below(fuzz, 0x1000);
    }
}

static void set_registers(struct fuzz *fuzz, struct x86_cpu *cpu, enum mode mode, bool user)
{
    static const uint64_t flags[] = {
        X86_IF, X86_IF, X86_DF, X86_IOPL, X86_NT, X86_AC, X86_RF, X86_ID, X86_CF, X86_ZF
    };
    uint64_t set = 2;
    for (unsigned i = X86_RAX; i <= X86_R15; i++)
        cpu->r[i] = mode == LONG ? any_register(fuzz) : (uint32_t)any_register(fuzz);
    for (unsigned i = 0; i < 16; i++)
        for (unsigned k = 0; k < 2; k++)
            cpu->xmm[i].q[k] = fuzz_chance(fuzz, 4) ? fuzz_word(fuzz) : fuzz_value(fuzz);
    for (unsigned i = fuzz_below(fuzz, 6); i; i--)
        set |= FUZZ_PICK(fuzz, flags);
    if (fuzz_chance(fuzz, 8))
        set |= X86_TF;
    if (mode == V86)
        set |= X86_VM;
    x86_set_flags(cpu, set);
    cpu->r[X86_RSP] = STACK - 0x100 - 8 * fuzz_below(fuzz, 16);
    cpu->cpl = user || mode == V86 ? 3 : 0;
    cpu->mxcsr = fuzz_chance(fuzz, 3) ? (uint32_t)fuzz_word(fuzz) & 0xffbf : 0x1f80;
    cpu->star = UINT64_C(0x0033000800000000);
    cpu->lstar = HANDLERS + 16, cpu->cstar = HANDLERS, cpu->sfmask = X86_TF | X86_IF;
    cpu->sysenter_cs = CODE_64, cpu->sysenter_esp = STACK - 0x800, cpu->sysenter_eip = HANDLERS + 32;
}

static void set_control(struct fuzz *fuzz, struct x86_cpu *cpu, enum mode mode)
{
    static const uint64_t bits0[] = { X86_CR0_WP, X86_CR0_AM, X86_CR0_NE, X86_CR0_MP, X86_CR0_TS, X86_CR0_EM };
    static const uint64_t bits4[] = { X86_CR4_OSFXSR, X86_CR4_OSXMMEXCPT, X86_CR4_PGE, X86_CR4_TSD,
                                      X86_CR4_DE,     X86_CR4_FSGSBASE,   X86_CR4_PCE };
    cpu->cr0 = X86_CR0_ET | (mode == REAL ? 0 : X86_CR0_PE);
    cpu->cr4 = X86_CR4_OSFXSR | X86_CR4_PSE;
    cpu->cr3 = TABLES;
    for (unsigned i = fuzz_below(fuzz, 3); i; i--)
        cpu->cr0 |= FUZZ_PICK(fuzz, bits0);
    for (unsigned i = fuzz_below(fuzz, 3); i; i--)
        cpu->cr4 ^= FUZZ_PICK(fuzz, bits4);
    cpu->efer = fuzz_chance(fuzz, 4) ? 0 : X86_EFER_SCE | X86_EFER_NXE;
    if (mode >= PAGED_32)
        cpu->cr0 |= X86_CR0_PG;
    if (mode >= PAE_32)
        cpu->cr4 |= X86_CR4_PAE;
    if (mode == PAE_32) {
        cpu->cr3 = TABLES + 0x1000;
        for (unsigned i = 0; i < 4; i++)
            cpu->pdpte[i] = get64(cpu->vcpu.loop->memory->regions[0]->ram + cpu->cr3 + 8 * i);
    }
    if (mode >= COMPATIBLE)
        cpu->efer |= X86_EFER_LME | X86_EFER_LMA;
    cpu->gdt_base = GDT, cpu->gdt_limit = 8 * GDT_ENTRIES - 1;
    cpu->idt_base = IDT, cpu->idt_limit = mode == REAL ? 0x3ff : 0xfff;
}

static void set_segments(struct fuzz *fuzz, struct x86_cpu *cpu, enum mode mode, bool user)
{
    uint16_t dpl = user ? 0x60 : 0, rpl = user ? 3 : 0;
    static const uint16_t data_types[] = { 0x93, 0x93, 0x91, 0x97, 0xc97, 0x9b, 0x00 };
    for (unsigned i = X86_ES; i <= X86_GS; i++) {
        enum x86_segment segment = (enum x86_segment)i;
        bool code = segment == X86_CS;
        if (mode == REAL || mode == V86) {
            uint16_t selector = code ? CODE >> 4 : segment == X86_SS ? (STACK - 0x8000) >> 4 : (uint16_t)(DATA >> 4);
            x86_set_segment(cpu, segment, selector, (uint64_t)selector << 4, 0xffff, mode == V86 ? 0xf3 : 0x93);
        } else if (code) {
            uint16_t size = mode == LONG ? X86_ATTR_L : mode == PROTECTED_16 ? 0 : X86_ATTR_DB;
            uint16_t selector = mode == LONG ? (user ? USER_64 : CODE_64) : user ? USER_32 : CODE_32;
            x86_set_segment(cpu, segment, selector | rpl, mode == PROTECTED_16 ? CODE : 0, UINT32_MAX,
                            (uint16_t)(X86_ATTR_G | 0x9b | size | dpl));
        } else if (segment != X86_SS && mode != LONG && fuzz_chance(fuzz, 6)) { // an odd one
            uint16_t type = FUZZ_PICK(fuzz, data_types);
            x86_set_segment(cpu, segment, user ? USER_FLAT | 3 : FLAT,
                            fuzz_chance(fuzz, 2) ? 0 : (uint32_t)fuzz_value(fuzz), (uint32_t)fuzz_value(fuzz),
                            type | (type ? dpl : 0));
        } else {
            x86_set_segment(cpu, segment, user ? USER_FLAT | 3 : FLAT, 0, UINT32_MAX, (uint16_t)(0xc93 | dpl));
        }
    }
    x86_set_segment(cpu, X86_TR, TASK, TSS, 0x2067, 0x8b);
    x86_set_segment(cpu, X86_LDTR, LDT_SELECTOR, LDT, 0xff, 0x82);
    cpu->r[X86_RIP] = mode < PROTECTED_32 ? 0 : CODE;
    if (mode == REAL || mode == V86)
        cpu->r[X86_RSP] = 0x7f00;
}

// Timers that interrupt soon and often.
static void set_timers(struct fuzz *fuzz, struct pc *pc)
{
    if (fuzz_chance(fuzz, 2)) {
        uint32_t vector = 32 + fuzz_below(fuzz, 200), mode = fuzz_below(fuzz, 3) << 17;
        x86_irq_cpu_write(&pc->irq, 0, PORT_MEMORY, PC_LAPIC + LAPIC_LVT_TIMER, 4, vector | mode, pc->board.clock.now);
        x86_irq_cpu_write(&pc->irq, 0, PORT_MEMORY, PC_LAPIC + LAPIC_INITIAL_COUNT, 4, 5 + fuzz_below(fuzz, 100),
                          pc->board.clock.now);
    }
    if (fuzz_chance(fuzz, 2)) {
        bus_write(&pc->board.ports, PC_PORT_PIC1 + 1, 1, 0, pc->board.clock.now);
        bus_write(&pc->board.ports, PC_PORT_PIT + 3, 1, 0x14, pc->board.clock.now);
        bus_write(&pc->board.ports, PC_PORT_PIT, 1, 2, pc->board.clock.now);
    }
}

static void program(struct fuzz *fuzz, const struct rig *rig)
{
    struct pc *pc = pc_of(rig->machine);
    enum mode mode = (enum mode)fuzz_below(fuzz, MODES);
    bool user = mode != REAL && fuzz_chance(fuzz, 3);
    struct x86_cpu *cpu = pc->cpus[0];
    fuzz_tell(fuzz, "mode %u, %s", mode, user ? "user" : "supervisor");
    memset(pc->board.ram, 0, RIG_RAM);
    put_idt(fuzz, pc->board.ram, mode);
    if (mode == PAGED_32)
        put_narrow_tables(fuzz, pc->board.ram);
    else if (mode >= PAE_32)
        put_wide_tables(fuzz, pc->board.ram, mode);
    put_gdt(fuzz, pc->board.ram, mode >= COMPATIBLE);
    put_handlers(fuzz, pc->board.ram, mode);
    put_code(fuzz, pc->board.ram + CODE, CODE_BYTES);
    if (fuzz_chance(fuzz, 2))
        put_code(fuzz, pc->board.ram + CODE + 0x1000 - 40, 80); // across pages
    for (unsigned i = 0; i < 0x1000; i += 8)
        put64(pc->board.ram + DATA + i, fuzz_chance(fuzz, 2) ? any_register(fuzz) : fuzz_value(fuzz));
    set_registers(fuzz, cpu, mode, user);
    set_control(fuzz, cpu, mode);
    set_segments(fuzz, cpu, mode, user);
    if (fuzz_chance(fuzz, 8))
        cpu->r[X86_RIP] += 0x1000 - 40;
    x86_update_mode(cpu);
    tlb_flush(&cpu->vcpu);
    vcpu_set_state(&cpu->vcpu, VCPU_RUNNING);
    set_timers(fuzz, pc);
}

// --- The family --------------------------------------------------------------------------------------------------------

static void tell(const struct fuzz *fuzz, const struct rig *rig)
{
    const struct x86_cpu *cpu = pc_of(rig->machine)->cpus[0];
    uint64_t linear = cpu->r[X86_RIP] + cpu->r[X86_BASE + X86_CS], physical = RIG_RAM;
    char bytes[40] = "(not mapped)";
    if (fuzz->verbose && tlb_fetch(&pc_of(rig->machine)->cpus[0]->vcpu, linear, cpu->cpl == 3, &physical) &&
        physical < RIG_RAM - 16)
        for (unsigned i = 0; i < 16; i++)
            snprintf(bytes + 2 * i, 3, "%02x", rig->ram[physical + i]);
    fuzz_tell(fuzz, "  cs:rip %x:%llx (%s), ss:rsp %x:%llx, flags %llx, cr0 %llx, last fault %u(%x), cr2 %llx",
              cpu->segment[X86_CS].selector, (unsigned long long)cpu->r[X86_RIP], bytes, cpu->segment[X86_SS].selector,
              (unsigned long long)cpu->r[X86_RSP], (unsigned long long)x86_flags(cpu), (unsigned long long)cpu->cr0,
              cpu->fault.vector, cpu->fault.error, (unsigned long long)cpu->cr2);
}

static struct rig make(unsigned variant)
{
    (void)variant;
    return pc_rig(1);
}

const struct code_family code_family = {
    .variants = 1, .make = make, .program = program, .debug = &debug_x86_64, .tell = tell
};
