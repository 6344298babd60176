// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// A guest of a few instructions for the PC that takes every interrupt from vector 20h to 6Fh, writes its vector to the
// debug port, and ends it. Messages reach its local APIC, IOAPIC pin 20 is a level with a vector of its own. When it is
// ready it writes 0, and then halts or loops between interrupts. One more has its local APIC's timer tick meanwhile.
#ifndef TESTS_MACHINE_X86_INTERRUPTS_H
#define TESTS_MACHINE_X86_INTERRUPTS_H

#include "machine/x86_code.h"

enum { GUEST_READY = 0, GUEST_FIRST = 0x20, GUEST_LINE = 0x28, GUEST_TICK = 0x29, GUEST_LAST = 0x6f };
enum { GUEST_GSI = 20, GUEST_DEBUG_PORT = 0xe9, CODE_SELECTOR = 16 };
enum { STUBS = 0x200, STUB = 8, HANDLER = 0x600, GDT = 0x700, GDTR = 0x720, IDTR = 0x728, IDT = 0x800 };

#define IOAPIC_INDEX   UINT32_C(0xfec00000)
#define IOAPIC_DATA    UINT32_C(0xfec00010)
#define IOAPIC_LEVEL   UINT32_C(0x8000)
#define LAPIC_EOI      UINT32_C(0xfee000b0)
#define LAPIC_SPURIOUS UINT32_C(0xfee000f0)
#define LAPIC_TIMER    UINT32_C(0xfee00320)
#define LAPIC_COUNT    UINT32_C(0xfee00380)
#define LAPIC_DIVIDE   UINT32_C(0xfee003e0)
#define LAPIC_PERIODIC UINT32_C(0x20000)

// mov dword [address], value
static inline void store(struct code *code, uint32_t address, uint32_t value)
{
    CODE(code, 0xc7, 0x05, (uint8_t)address, (uint8_t)(address >> 8), (uint8_t)(address >> 16),
         (uint8_t)(address >> 24), (uint8_t)value, (uint8_t)(value >> 8), (uint8_t)(value >> 16),
         (uint8_t)(value >> 24));
}

static inline void store_ioapic(struct code *code, uint32_t index, uint32_t value)
{
    store(code, IOAPIC_INDEX, index);
    store(code, IOAPIC_DATA, value);
}

// lgdt or lidt [CODE_BASE + at]
static inline void load_table(struct code *code, uint8_t modrm, uint32_t at)
{
    CODE(code, 0x0f, 0x01, modrm, (uint8_t)at, (uint8_t)(at >> 8), CODE_BASE >> 16, 0x00);
}

static inline void make_start(struct code *code)
{
    CODE(code, 0xbc, 0x00, 0x00, 0x09, 0x00); // mov esp, 0x90000
    load_table(code, 0x15, GDTR);
    load_table(code, 0x1d, IDTR);
    CODE(code, 0xb0, 0xff, 0xe6, 0x21, 0xe6, 0xa1); // mov al, ffh; out 21h, al; out a1h, al: no ticks of the 8259s
    store(code, LAPIC_SPURIOUS, 0x100 | GUEST_LAST);
    store_ioapic(code, 0x10 + 2 * GUEST_GSI + 1, 0);
    store_ioapic(code, 0x10 + 2 * GUEST_GSI, IOAPIC_LEVEL | GUEST_LINE);
    CODE(code, 0xb0, GUEST_READY, 0xe6, GUEST_DEBUG_PORT);
}

static inline void make_loop(struct code *code, bool spins)
{
    if (spins)
        CODE(code, 0xfb, 0xeb, 0xfe); // sti; again: jmp again
    else
        CODE(code, 0xfb, 0xf4, 0xeb, 0xfc); // again: sti; hlt; jmp again
}

// Each vector's own: push vector; jmp handler.
static inline void make_stubs(struct code *code)
{
    for (unsigned vector = GUEST_FIRST; vector <= GUEST_LAST; vector++) {
        code->size = STUBS + (vector - GUEST_FIRST) * STUB;
        uint32_t jump = HANDLER - (uint32_t)(code->size + 7);
        CODE(code, 0x6a, (uint8_t)vector, 0xe9, (uint8_t)jump, (uint8_t)(jump >> 8), (uint8_t)(jump >> 16),
             (uint8_t)(jump >> 24));
    }
}

static inline void make_handler(struct code *code)
{
    code->size = HANDLER;
    CODE(code, 0x50, 0x8a, 0x44, 0x24, 0x04); // push eax; mov al, [esp + 4]
    CODE(code, 0xe6, GUEST_DEBUG_PORT);       // out GUEST_DEBUG_PORT, al
    store(code, LAPIC_EOI, 0);
    CODE(code, 0x58, 0x83, 0xc4, 0x04, 0xcf); // pop eax; add esp, 4; iret
}

static inline void make_tables(struct code *code)
{
    // The selector that a multiboot loader left in CS: handlers return to it.
    put64(code->bytes + GDT + CODE_SELECTOR, UINT64_C(0x00cf9a000000ffff));
    put16(code->bytes + GDTR, CODE_SELECTOR + 8 - 1);
    put32(code->bytes + GDTR + 2, CODE_BASE + GDT);
    put16(code->bytes + IDTR, (GUEST_LAST + 1) * 8 - 1);
    put32(code->bytes + IDTR + 2, CODE_BASE + IDT);
    for (unsigned vector = GUEST_FIRST; vector <= GUEST_LAST; vector++) {
        uint32_t stub = CODE_BASE + STUBS + (vector - GUEST_FIRST) * STUB;
        uint8_t *gate = code->bytes + IDT + 8 * vector;
        put32(gate, (uint32_t)CODE_SELECTOR << 16 | (stub & 0xffff));
        put32(gate + 4, (stub & 0xffff0000) | 0x8e00); // present, 32-bit interrupt gate
    }
}

static inline void make_interrupt_guest(struct code *code, bool spins)
{
    code_begin(code);
    make_start(code);
    make_loop(code, spins);
    make_stubs(code);
    make_handler(code);
    make_tables(code);
}

// A tick every `period` ns, which it takes as GUEST_TICK.
static inline void make_ticking_guest(struct code *code, bool spins, uint32_t period)
{
    code_begin(code);
    make_start(code);
    store(code, LAPIC_DIVIDE, 0xb); // by 1
    store(code, LAPIC_TIMER, LAPIC_PERIODIC | GUEST_TICK);
    store(code, LAPIC_COUNT, period);
    make_loop(code, spins);
    make_stubs(code);
    make_handler(code);
    make_tables(code);
}

#endif
