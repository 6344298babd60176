// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Breakpoints and watchpoints that a kernel at EL1 sets for itself. DDI 0487, D2.8 to D2.10 and D17.3 (DBGBCR, DBGWCR).
// Without the OS lock, which must mask them and on QEMU 7.2 does not; the unit tests have it.
#include "tests/aarch64/try.h"

#define MDE (UINT64_C(1) << 15)
#define KDE (UINT64_C(1) << 13)

// Of a breakpoint: E, PMC EL1, BAS of a whole instruction. Of a watchpoint: E, PAC EL1; loads and stores; which bytes.
#define BREAK    UINT64_C(0x1e3)
#define EL0_ONLY UINT64_C(0x1e5)
#define LINKED   (UINT64_C(1) << 20)
#define CONTEXT  (UINT64_C(3) << 20)
#define LBN(n)   ((uint64_t)(n) << 16)
#define WATCH    UINT64_C(3)
#define LOADS    (UINT64_C(1) << 3)
#define STORES   (UINT64_C(2) << 3)
#define BYTES(m) ((uint64_t)(m) << 5)
#define MASK(n)  ((uint64_t)(n) << 24)

static uint8_t data[256] __attribute__((aligned(256)));

static void enable(uint64_t mdscr)
{
    write_register(mdscr_el1, mdscr);
    __asm__ volatile("isb");
}

// The breakpoint is on the instruction that is tried.
#define HERE "adr x9, 1f; msr dbgbvr0_el1, x9; isb"

static void breaks(uint64_t control)
{
    write_register(dbgbcr0_el1, control);
    __asm__ volatile("isb");
}

static void breakpoints(void)
{
    enable(MDE | KDE);
    breaks(BREAK);
    TRY("breakpoint", "nop", HERE);
    TRY("breakpoint on an undefined instruction", "udf #0", HERE);
    TRY("breakpoint on BRK", "brk #1", HERE);
    __asm__ volatile("msr daifset, #8");
    TRY("PSTATE.D: nothing but BRK", "brk #2", HERE);
    __asm__ volatile("msr daifclr, #8");
    enable(MDE);
    TRY("without KDE: nothing but BRK", "brk #3", HERE);
    enable(KDE);
    TRY("without MDE: nothing but BRK", "brk #4", HERE);
    enable(MDE | KDE);
    breaks(EL0_ONLY);
    TRY("for EL0: nothing but BRK", "brk #5", HERE);
    // Linked to a context, which breakpoint 5 compares.
    write_register(dbgbvr5_el1, 77);
    write_register(dbgbcr5_el1, BREAK | CONTEXT);
    write_register(contextidr_el1, 77);
    breaks(BREAK | LINKED | LBN(5));
    TRY("in its context", "nop", HERE);
    write_register(contextidr_el1, 78);
    TRY("in another: nothing but BRK", "brk #7", HERE);
    breaks(0);
    write_register(dbgbcr5_el1, 0);
}

static void watches(uint64_t at, uint64_t control)
{
    write_register(dbgwvr0_el1, at);
    write_register(dbgwcr0_el1, control);
    __asm__ volatile("isb");
}

#define DATA "adrp x9, data; add x9, x9, :lo12:data"

static void watchpoints(void)
{
    uint64_t at = (uint64_t)data;
    watches(at + 8, WATCH | LOADS | BYTES(0xff));
    TRY("load", "ldr x10, [x9, #8]", DATA);
    TRY("load of its last byte", "ldrb w10, [x9, #15]", DATA);
    TRY("load that reaches it", "ldr x10, [x9, #1]", DATA);
    TRY("pair of which one", "ldp x10, x11, [x9]", DATA);
    TRY("exclusive load", "ldxr x10, [x9]", DATA "; add x9, x9, #8");
    TRY("load beside it, then BRK", "ldr x10, [x9]; brk #8", DATA);
    TRY("store, then BRK", "str x10, [x9, #8]; brk #9", DATA);
    watches(at + 8, WATCH | STORES | BYTES(0x0c));
    TRY("store of bytes", "strh w10, [x9, #10]", DATA);
    TRY("store of all", "str x10, [x9, #8]", DATA);
    TRY("store beside the bytes, then BRK", "strh w10, [x9, #12]; brk #10", DATA);
    TRY("zeroing", "dc zva, x9", DATA "; add x9, x9, #0xa"); // FAR is X9
    watches(at, WATCH | STORES | LOADS | BYTES(0xff) | MASK(6));
    TRY("range, load", "ldr x10, [x9, #56]", DATA);
    TRY("range, store", "strb w10, [x9, #63]", DATA);
    TRY("behind the range, then BRK", "strb w10, [x9, #64]; brk #11", DATA);
    watches(0, 0);
    TRY("off: nothing but BRK", "brk #12", "");
}

int guest_main(void)
{
    on_trap(VECTOR_SYNC, report);
    write_register(oslar_el1, 0);
    __asm__ volatile("msr daifclr, #8");
    breakpoints();
    watchpoints();
    return EXIT_PASSED;
}
