// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Behaviour that the architecture requires and some emulators leave out, so this guest is not run on those: the stack
// pointer's alignment (DDI 0487, D1.3.6.4, SCTLR_EL1.SA), cache maintenance of an address without a translation
// (D7.5.9.5), and that the priority mask does not hide an interrupt from GICC_HPPIR and ICC_HPPIR1_EL1 (IHI 0048B,
// 4.4.7; IHI 0069, 12.2.9).
#include "tests/aarch64/lines.h"
#include "tests/aarch64/try.h"

static void highest_behind_the_mask(void)
{
    lines_init();
    gic_set_mask(0x10);
    raise(LINE_A);
    print("masked: highest pending %u, acknowledged %u\n", (uint64_t)gic_highest(),
          (uint64_t)gic_intid(gic_acknowledge()));
}

int guest_main(void)
{
    on_trap(VECTOR_SYNC_SP0, report);
    on_trap(VECTOR_SYNC, report);
    TRY("load by a stack pointer that is not aligned", "ldr x9, [sp]",
        "mov x12, sp; sub x12, x12, #8; msr spsel, #0; mov sp, x12");
    TRY("the same with writeback", "str x9, [sp, #-16]!", "mov x12, sp; sub x12, x12, #8; msr spsel, #0; mov sp, x12");
    TRY("cache maintenance outside", "dc cvac, x9", "mov x9, #0xc0000000");
    TRY("instruction cache maintenance outside", "ic ivau, x9", "mov x9, #0xc0000000");
    highest_behind_the_mask();
    return EXIT_PASSED;
}
