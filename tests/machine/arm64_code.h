// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Small raw kernels for the `virt` machine, made with an assembler and kept as words.
#ifndef TESTS_MACHINE_ARM64_CODE_H
#define TESTS_MACHINE_ARM64_CODE_H

#include <stdint.h>

// Prints the first four bytes of what x0 points at, and powers off.
static const uint32_t code_hello[] = {
    0xd2a12009, // mov x9, #0x9000000
    0xb9400001, // ldr w1, [x0]
    0x39000121, // strb w1, [x9]
    0x53087c21, // lsr w1, w1, #8
    0x39000121, // strb w1, [x9]
    0x53087c21, // lsr w1, w1, #8
    0x39000121, // strb w1, [x9]
    0x53087c21, // lsr w1, w1, #8
    0x39000121, // strb w1, [x9]
    0xd2b08000, // mov x0, #0x84000000
    0xf2800100, // movk x0, #8
    0xd4000002, // hvc #0
};

// GICv3: the virtual timer of CPU 0 in 1000 ticks, WFI, the INTID that is acknowledged to the console.
static const uint32_t code_timer3[] = {
    0xd2a12009, // mov x9, #0x9000000
    0xd2a1000a, // mov x10, #0x8000000
    0x52800241, // mov w1, #18
    0xb9000141, // str w1, [x10]
    0xd2a1014a, // mov x10, #0x80a0000
    0xb900155f, // str wzr, [x10, #20]
    0x9140414a, // add x10, x10, #16, lsl #12
    0x12800001, // mov w1, #-1
    0xb9008141, // str w1, [x10, #128]
    0x52a10001, // mov w1, #0x8000000
    0xb9010141, // str w1, [x10, #256]
    0xd2801e01, // mov x1, #240
    0xd5184601, // msr ICC_PMR_EL1, x1
    0xd2800021, // mov x1, #1
    0xd518cce1, // msr ICC_IGRPEN1_EL1, x1
    0xd2807d01, // mov x1, #1000
    0xd51be301, // msr CNTV_TVAL_EL0, x1
    0xd2800021, // mov x1, #1
    0xd51be321, // msr CNTV_CTL_EL0, x1
    0xd503207f, // wfi
    0xd538cc01, // mrs x1, ICC_IAR1_EL1
    0x39000121, // strb w1, [x9]
    0xd2b08000, // mov x0, #0x84000000
    0xf2800100, // movk x0, #8
    0xd4000002, // hvc #0
};

// The same with GICv2.
static const uint32_t code_timer2[] = {
    0xd2a12009, // mov x9, #0x9000000
    0xd2a1000a, // mov x10, #0x8000000
    0x52800021, // mov w1, #1
    0xb9000141, // str w1, [x10]
    0x52a10001, // mov w1, #0x8000000
    0xb9010141, // str w1, [x10, #256]
    0xd2a1002a, // mov x10, #0x8010000
    0x52801e01, // mov w1, #240
    0xb9000541, // str w1, [x10, #4]
    0x52800021, // mov w1, #1
    0xb9000141, // str w1, [x10]
    0xd2807d01, // mov x1, #1000
    0xd51be301, // msr CNTV_TVAL_EL0, x1
    0xd2800021, // mov x1, #1
    0xd51be321, // msr CNTV_CTL_EL0, x1
    0xd503207f, // wfi
    0xb9400d41, // ldr w1, [x10, #12]
    0x39000121, // strb w1, [x9]
    0xd2b08000, // mov x0, #0x84000000
    0xf2800100, // movk x0, #8
    0xd4000002, // hvc #0
};

// CPU 0 starts CPU 1 with context 'B' and waits; CPU 1 prints its context and its number, and powers off.
static const uint32_t code_smp[] = {
    0xd2b88000, // mov x0, #0xc4000000
    0xf2800060, // movk x0, #3
    0xd2800021, // mov x1, #1
    0x10000082, // adr x2, #16
    0xd2800843, // mov x3, #66
    0xd4000002, // hvc #0
    0xd503207f, // wfi
    0xd2a12009, // mov x9, #0x9000000
    0x39000120, // strb w0, [x9]
    0xd53800a1, // mrs x1, MPIDR_EL1
    0x1100c021, // add w1, w1, #48
    0x39000121, // strb w1, [x9]
    0xd2b08000, // mov x0, #0x84000000
    0xf2800100, // movk x0, #8
    0xd4000002, // hvc #0
};

// Ten rounds of an ADD with a breakpoint and a store to a watched doubleword. The handler counts in x4 and goes on behind the
// instruction; the count is stored behind the doubleword, which begins the vectors, and the machine powers off.
enum { CODE_BREAKPOINTS_VECTORS = 0x800, CODE_BREAKPOINTS_COUNT = CODE_BREAKPOINTS_VECTORS + 8 };

static const uint32_t code_breakpoints[] = {
    0x10004000,                                            // adr x0, #2048
    0xd518c000,                                            // msr VBAR_EL1, x0
    0xd510109f,                                            // msr OSLAR_EL1, xzr
    0xd2940000,                                            // mov x0, #0xa000
    0xd5100240,                                            // msr MDSCR_EL1, x0
    0x10000160,                                            // adr x0, #44
    0xd5100080,                                            // msr DBGBVR0_EL1, x0
    0xd2803c60,                                            // mov x0, #0x1e3
    0xd51000a0,                                            // msr DBGBCR0_EL1, x0
    0x10003ee3,                                            // adr x3, #2012
    0xd51000c3,                                            // msr DBGWVR0_EL1, x3
    0xd283fe60,                                            // mov x0, #0x1ff3
    0xd51000e0,                                            // msr DBGWCR0_EL1, x0
    0xd50348ff,                                            // msr DAIFClr, #8
    0xd5033fdf,                                            // isb
    0xd2800141,                                            // mov x1, #10
    0x91000442,                                            // add x2, x2, #1
    0xf9000061,                                            // str x1, [x3]
    0xf1000421,                                            // subs x1, x1, #1
    0x54ffffa1,                                            // b.ne 0x40
    0xf9000464,                                            // str x4, [x3, #8]
    0xd2b08000,                                            // mov x0, #0x84000000
    0xf2800100,                                            // movk x0, #8
    0xd4000002,                                            // hvc #0
    [(CODE_BREAKPOINTS_VECTORS + 0x200) / 4] = 0x91000484, // add x4, x4, #1
    0xd5384025,                                            // mrs x5, ELR_EL1
    0x910010a5,                                            // add x5, x5, #4
    0xd5184025,                                            // msr ELR_EL1, x5
    0xd69f03e0,                                            // eret
};

// Echoes its input up to a full stop, and powers off.
static const uint32_t code_echo[] = {
    0xd2a12009, // mov x9, #0x9000000
    0xb9401921, // ldr w1, [x9, #24]
    0x3727ffe1, // tbnz w1, #4, 0x4 <$x.0+0x4>
    0xb9400121, // ldr w1, [x9]
    0x39000121, // strb w1, [x9]
    0x7100b83f, // cmp w1, #46
    0x54ffff61, // b.ne 0x4 <$x.0+0x4>
    0xd2b08000, // mov x0, #0x84000000
    0xf2800100, // movk x0, #8
    0xd4000002, // hvc #0
};

// Resets the machine.
static const uint32_t code_reset[] = {
    0xd2b08000, // mov x0, #0x84000000
    0xf2800120, // movk x0, #9
    0xd4000002, // hvc #0
};

// Firmware in flash bank 0: programs a word of bank 1, prints the low byte of the status and of the word, powers off.
static const uint32_t code_flash[] = {
    0xd2a12009, // mov x9, #0x9000000
    0xd2a0800b, // mov x11, #0x4000000
    0x320a83e1, // mov w1, #0x400040
    0x52896822, // mov w2, #0x4b41
    0x72a969e2, // movk w2, #0x4b4f, lsl #16
    0xb9000961, // str w1, [x11, #8]
    0xb9000962, // str w2, [x11, #8]
    0xb9400963, // ldr w3, [x11, #8]
    0x39000123, // strb w3, [x9]
    0x32009fe1, // mov w1, #0xff00ff
    0xb9000161, // str w1, [x11]
    0xb9400963, // ldr w3, [x11, #8]
    0x39000123, // strb w3, [x9]
    0xd2b08000, // mov x0, #0x84000000
    0xf2800100, // movk x0, #8
    0xd4000002, // hvc #0
};

// Drives the virtio-mmio device of slot 31: eight buffers of 4 KiB in queue 0, then S. After a configuration interrupt C and
// the low bytes of the halfwords at 0, 2 and 6 of the configuration; after one of the queue R, the number of used buffers
// and byte 26 of the last: behind virtio-net's header the first byte that an Ethernet frame carries.
static const uint32_t code_virtio[] = {
    0xd2a12009, // mov x9, #0x9000000
    0xd2a1400a, // mov x10, #0xa000000
    0xf287c00a, // movk x10, #0x3e00
    0xd2a8080b, // mov x11, #0x40400000
    0x52800061, // mov w1, #0x3
    0xb9007141, // str w1, [x10, #112]
    0xb900155f, // str wzr, [x10, #20]
    0xb9401141, // ldr w1, [x10, #16]
    0x12006c21, // and w1, w1, #0xfffffff
    0xb900255f, // str wzr, [x10, #36]
    0xb9002141, // str w1, [x10, #32]
    0x52800021, // mov w1, #0x1
    0xb9002541, // str w1, [x10, #36]
    0xb9002141, // str w1, [x10, #32]
    0x52800161, // mov w1, #0xb
    0xb9007141, // str w1, [x10, #112]
    0xb900315f, // str wzr, [x10, #48]
    0x52800101, // mov w1, #0x8
    0xb9003941, // str w1, [x10, #56]
    0xb900814b, // str w11, [x10, #128]
    0x91400562, // add x2, x11, #0x1, lsl #12
    0xb9009142, // str w2, [x10, #144]
    0x91400963, // add x3, x11, #0x2, lsl #12
    0xb900a143, // str w3, [x10, #160]
    0xaa0b03e4, // mov x4, x11
    0x91401165, // add x5, x11, #0x4, lsl #12
    0x52800006, // mov w6, #0x0
    0xf9000085, // str x5, [x4]
    0x52820007, // mov w7, #0x1000
    0xb9000887, // str w7, [x4, #8]
    0x52800047, // mov w7, #0x2
    0xb9000c87, // str w7, [x4, #12]
    0x8b060448, // add x8, x2, x6, lsl #1
    0x79000906, // strh w6, [x8, #4]
    0x91004084, // add x4, x4, #0x10
    0x914004a5, // add x5, x5, #0x1, lsl #12
    0x110004c6, // add w6, w6, #0x1
    0x710020df, // cmp w6, #0x8
    0x54fffea1, // b.ne 6c
    0x79000446, // strh w6, [x2, #2]
    0x52800021, // mov w1, #0x1
    0xb9004541, // str w1, [x10, #68]
    0x528001e1, // mov w1, #0xf
    0xb9007141, // str w1, [x10, #112]
    0x52800a61, // mov w1, #0x53
    0x39000121, // strb w1, [x9]
    0xb9406141, // ldr w1, [x10, #96]
    0x34ffffe1, // cbz w1, b8
    0xb9006541, // str w1, [x10, #100]
    0x36080121, // tbz w1, #1, e8
    0x52800864, // mov w4, #0x43
    0x39000124, // strb w4, [x9]
    0x79420144, // ldrh w4, [x10, #256]
    0x39000124, // strb w4, [x9]
    0x79420544, // ldrh w4, [x10, #258]
    0x39000124, // strb w4, [x9]
    0x79420d44, // ldrh w4, [x10, #262]
    0x39000124, // strb w4, [x9]
    0x3607fe81, // tbz w1, #0, b8
    0x52800a44, // mov w4, #0x52
    0x39000124, // strb w4, [x9]
    0x79400464, // ldrh w4, [x3, #2]
    0x39000124, // strb w4, [x9]
    0x8b043165, // add x5, x11, x4, lsl #12
    0x91400ca5, // add x5, x5, #0x3, lsl #12
    0x394068a4, // ldrb w4, [x5, #26]
    0x39000124, // strb w4, [x9]
    0x17ffffeb, // b b8
};

#endif
