// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Lesson 22, with a mistake: the interrupt of Group 0 does not come.
#include "lib/aarch64/gic.h"
#include "lib/guest.h"

enum { IN_GROUP_0 = 5, IN_GROUP_1 = 6 }; // SGIs

static volatile unsigned handled[16];

static void on_irq(struct frame *frame)
{
    (void)frame;
    uint64_t intid = read_register(icc_iar1_el1);
    print("  IRQ: INTID %u\n", intid);
    handled[intid]++;
    write_register(icc_eoir1_el1, intid);
}

static void on_fiq(struct frame *frame)
{
    (void)frame;
    uint64_t intid = read_register(s3_0_c12_c8_0); // ICC_IAR0_EL1
    print("  FIQ: INTID %u\n", intid);
    handled[intid]++;
    write_register(s3_0_c12_c8_1, intid); // ICC_EOIR0_EL1
}

// A bit for each INTID: 1 is Group 1, 0 is Group 0.
static void put_into_group(unsigned intid, unsigned group)
{
    uint64_t at = gic_frame(intid) + GICD_IGROUPR;
    uint32_t bit = 1u << intid;
    write32(at, group ? read32(at) | bit : read32(at) & ~bit);
}

// The distributor has both groups enabled.
static void enable_groups(void)
{
    write_register(s3_0_c12_c12_7, 1); // ICC_IGRPEN1_EL1
    barrier();
}

static void send_and_take(unsigned intid)
{
    uint64_t value = (uint64_t)intid << 24 | 1; // to the processor with Aff0 = 0
    if (intid == IN_GROUP_0)
        write_register(s3_0_c12_c11_7, value); // ICC_SGI0R_EL1
    else
        write_register(s3_0_c12_c11_5, value); // ICC_SGI1R_EL1
    interrupts_take();
    if (!handled[intid])
        fail("the interrupt does not come");
}

int guest_main(void)
{
    on_trap(VECTOR_IRQ, on_irq);
    on_trap(VECTOR_FIQ, on_fiq);
    enable_groups();
    put_into_group(IN_GROUP_0, 0);
    put_into_group(IN_GROUP_1, 1);
    gic_enable(IN_GROUP_0);
    gic_enable(IN_GROUP_1);

    print("Group 1:\n");
    send_and_take(IN_GROUP_1);
    print("Group 0:\n");
    send_and_take(IN_GROUP_0);
    return EXIT_PASSED;
}
