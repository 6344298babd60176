// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Every exception that an EL1 kernel can cause at will: its vector, class and syndrome, and where the saved PC points.
// DDI 0487, D1.3 and D17.2.37 (ESR_EL1), D8.14 (faults of translation).
#include "tests/aarch64/try.h"

extern uint64_t page_map[512];
static uint64_t directory[512] __attribute__((aligned(4096)));
static uint64_t table[512] __attribute__((aligned(4096)));
static uint8_t page[4096] __attribute__((aligned(4096)));

static void calls(void)
{
    TRY("SVC", "svc #0x1234", "");
    TRY("BRK", "brk #0x42", "");
}

static void opcodes(void)
{
    TRY("UDF", "udf #0", "");
    TRY("unallocated", ".inst 0xffffffff", "");
    TRY("read of an unallocated register", "mrs x9, s3_0_c15_c15_7", "");
    TRY("write to a read-only register", "msr s3_0_c0_c0_0, x9", "");
    TRY("read of a register of EL2", "mrs x9, hcr_el2", "");
    TRY("read of a register of EL3", "mrs x9, scr_el3", "");
    TRY("SIMD with CPACR_EL1.FPEN 0", ".inst 0x4ea08400", ""); // add v0.4s, v0.4s, v0.4s
    TRY("FP with CPACR_EL1.FPEN 0", ".inst 0x1e602800", "");   // fadd d0, d0, d0
}

static void returns(void)
{
    TRY("ERET to a mode that is not there", "eret", "mov x9, #0x3c2; msr spsr_el1, x9; adr x9, 1f; msr elr_el1, x9");
    TRY("ERET to EL2", "eret", "mov x9, #0x3c9; msr spsr_el1, x9; adr x9, 1f; msr elr_el1, x9");
    TRY("branch to an odd address", "br x9", "adr x9, 1f; add x9, x9, #2");
}

// A window of 4 KiB pages at 3 GiB.
#define WINDOW "mov x9, #0xc0000000"

static void map(uint64_t directory_entry, uint64_t entry)
{
    page_map[3] = directory_entry ? (uint64_t)directory | 3 : 0;
    directory[0] = directory_entry;
    table[0] = entry;
    __asm__ volatile("dsb sy; tlbi vmalle1; dsb sy; isb" : : : "memory");
}

// Normal memory, inner shareable; the access flag and permissions come in addition.
#define PAGE   ((uint64_t)page | 0x707)
#define TABLE  ((uint64_t)table | 3)
#define AF     UINT64_C(0x400)
#define RDONLY UINT64_C(0x80)
#define PXN    (UINT64_C(1) << 53)

static void translation(void)
{
    map(0, 0);
    TRY("read, no entry at level 1", "ldr x10, [x9, #8]", WINDOW);
    TRY("write, no entry at level 1", "str x10, [x9, #16]", WINDOW);
    TRY("jump, no entry at level 1", "br x9", WINDOW);
    map(TABLE, 0);
    TRY("read, no entry at level 3", "ldr x10, [x9, #8]", WINDOW);
    page_map[3] = (uint64_t)directory | 3;
    map(TABLE & ~UINT64_C(3), 0);
    TRY("read, no entry at level 2", "ldrb w10, [x9, #9]", WINDOW);
    map(TABLE, PAGE & ~AF);
    TRY("read, access flag 0", "ldr x10, [x9, #8]", WINDOW);
    map(TABLE, PAGE | RDONLY);
    TRY("write to a read-only page", "str x10, [x9, #24]", WINDOW);
    map(TABLE, PAGE | PXN);
    TRY("jump to a page without execution", "br x9", WINDOW);
    map(TABLE, PAGE);
    TRY("read across the end of a page", "ldr x10, [x9]", WINDOW "; add x9, x9, #0xffc");
    TRY("write across the end of a page", "str x10, [x9]", WINDOW "; add x9, x9, #0xffc");
    TRY("pair across the end of a page", "ldp x10, x11, [x9]", WINDOW "; add x9, x9, #0xff8");
    TRY("zeroing outside", "dc zva, x9", WINDOW "; add x9, x9, #0x1000");
    TRY("exclusive load, not aligned", "ldxr x10, [x9]", WINDOW "; add x9, x9, #4");
    TRY("beyond TTBR0's range", "ldr x10, [x9]", "mov x9, #0x100000000");
    TRY("upper half without TTBR1", "ldr x10, [x9]", "mov x9, #0xffff000000000000");
}

static void alignment(void)
{
    map(TABLE, PAGE);
    write_register(sctlr_el1, read_register(sctlr_el1) | 2);
    __asm__ volatile("isb");
    TRY("read with SCTLR_EL1.A, not aligned", "ldr x10, [x9]", WINDOW "; add x9, x9, #4");
    write_register(sctlr_el1, read_register(sctlr_el1) & ~UINT64_C(2));
    __asm__ volatile("isb");
    print("not aligned without it: nothing\n");
    __asm__ volatile("ldr x9, [%0]" : : "r"(UINT64_C(0xc0000001)) : "x9", "memory");
}

// AT reports in PAR_EL1 what a load would have met, and takes no exception.
static void questions(void)
{
    uint64_t window = 0xc0000000;
    map(TABLE, PAGE | RDONLY);
    __asm__ volatile("at s1e1r, %0; isb" : : "r"(window) : "memory");
    print("AT S1E1R: PAR ..%x\n", read_register(par_el1) & 1);
    __asm__ volatile("at s1e1w, %0; isb" : : "r"(window) : "memory");
    print("AT S1E1W to a read-only page: PAR %x\n", read_register(par_el1) & 0x7f);
    __asm__ volatile("at s1e0r, %0; isb" : : "r"(window) : "memory");
    print("AT S1E0R of a page of EL1: PAR %x\n", read_register(par_el1) & 0x7f);
    map(TABLE, 0);
    __asm__ volatile("at s1e1r, %0; isb" : : "r"(window) : "memory");
    print("AT S1E1R, no entry: PAR %x\n", read_register(par_el1) & 0x7f);
}

int guest_main(void)
{
    on_trap(VECTOR_SYNC, report);
    calls();
    opcodes();
    returns();
    translation();
    alignment();
    questions();
    return EXIT_PASSED;
}
