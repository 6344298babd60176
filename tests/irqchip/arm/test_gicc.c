// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// GICC of GICv2 with the Security Extensions: what Non-secure software sees of priorities, binary points and active
// priorities; aliases; saving and restoring.
#include "test_arm_irq.h"

#define gicc_put(rig, offset, value) rig_put(rig, ARM_IRQ_WINDOW_GICC, offset, value)
#define gicc_get(rig, offset)        rig_get(rig, ARM_IRQ_WINDOW_GICC, offset)

static void set_secure(struct rig *rig, bool secure)
{
    for (unsigned i = 0; i < ARM_IRQ_WINDOWS; i++)
        rig->frame[i].secure = secure;
}

// One CPU; SPIs 0 to 7 enabled, to CPU 0: even ones Secure at 40h, odd ones Non-secure at A0h.
static struct rig *rig_gicc(void)
{
    struct rig *rig = rig_new((struct arm_irq_config){ .version = 2, .cpus = 2, .spis = 32, .security = true });
    set_secure(rig, true);
    gicd_put(rig, 0, 3);
    gicd_put(rig, 0x84, 0xaa);
    gicd_put(rig, 0x104, 0xff);
    for (unsigned i = 0; i < 8; i += 4) {
        gicd_put(rig, 0x420 + i, 0xa040a040);
        gicd_put(rig, 0x820 + i, 0x01010101);
    }
    gicc_put(rig, GICC_PMR, 0xf8);
    gicc_put(rig, GICC_CTLR, GICC_CTLR_GROUP0 | GICC_CTLR_GROUP1 | GICC_CTLR_FIQEN);
    return rig;
}

static void raise(struct rig *rig, uint32_t pin)
{
    arm_irq_set_pin(&rig->irq, ARM_IRQ_GICD, pin, true);
}

Test(gicc, non_secure_software_masks_the_lower_half_alone)
{
    struct rig *rig = rig_gicc();
    set_secure(rig, false);
    gicc_put(rig, GICC_PMR, 0x40);
    cr_assert_eq(gicc_get(rig, GICC_PMR), 0x40);
    set_secure(rig, true);
    cr_assert_eq(gicc_get(rig, GICC_PMR), 0xa0);
    raise(rig, 1);
    cr_assert_eq(rig->pending[0], 0, "A0h is masked by A0h");
    gicc_put(rig, GICC_PMR, 0x70);
    set_secure(rig, false);
    cr_assert_eq(gicc_get(rig, GICC_PMR), 0);
    gicc_put(rig, GICC_PMR, 0xff);
    set_secure(rig, true);
    cr_assert_eq(gicc_get(rig, GICC_PMR), 0x70, "a mask in the Secure half is out of reach");
    rig_free(rig);
}

Test(gicc, each_state_has_its_binary_point)
{
    struct rig *rig = rig_gicc();
    gicc_put(rig, GICC_BPR, 4);
    set_secure(rig, false);
    gicc_put(rig, GICC_BPR, 6);
    cr_assert_eq(gicc_get(rig, GICC_BPR), 6);
    set_secure(rig, true);
    cr_assert_eq(gicc_get(rig, GICC_BPR), 4);
    cr_assert_eq(gicc_get(rig, GICC_ABPR), 6, "the alias is the Non-secure one");
    gicc_put(rig, GICC_CTLR, gicc_get(rig, GICC_CTLR) | GICC_CTLR_CBPR);
    set_secure(rig, false);
    cr_assert_eq(gicc_get(rig, GICC_BPR), 5, "with CBPR: the Secure one and 1");
    gicc_put(rig, GICC_BPR, 7);
    cr_assert_eq(gicc_get(rig, GICC_BPR), 5, "and not written");
    set_secure(rig, true);
    gicc_put(rig, GICC_BPR, 7);
    set_secure(rig, false);
    cr_assert_eq(gicc_get(rig, GICC_BPR), 7, "7 at most");
    rig_free(rig);
}

Test(gicc, aliases_give_secure_software_group_1)
{
    struct rig *rig = rig_gicc();
    raise(rig, 1);
    cr_assert_eq(gicc_get(rig, GICC_HPPIR), 1022, "Group 1 is pending, and AckCtl is clear");
    cr_assert_eq(gicc_get(rig, GICC_AHPPIR), 33);
    cr_assert_eq(gicc_get(rig, GICC_IAR), 1022);
    cr_assert_eq(gicc_get(rig, GICC_AIAR), 33);
    gicc_put(rig, GICC_EOIR, 33);
    cr_assert_eq(gicc_get(rig, GICC_RPR), 0xa0, "GICC_EOIR is for Group 0");
    gicc_put(rig, GICC_AEOIR, 33);
    cr_assert_eq(gicc_get(rig, GICC_RPR), GIC_IDLE);
    raise(rig, 0);
    cr_assert_eq(gicc_get(rig, GICC_HPPIR), 32);
    cr_assert_eq(gicc_get(rig, GICC_AHPPIR), 1023, "Group 0 is the highest");
    cr_assert_eq(gicc_get(rig, GICC_AIAR), 1023);
    cr_assert_eq(gicc_get(rig, GICC_IAR), 32);
    rig_free(rig);
}

Test(gicc, spurious_numbers_end_nothing)
{
    struct rig *rig = rig_gicc();
    raise(rig, 0);
    cr_assert_eq(gicc_get(rig, GICC_IAR), 32);
    for (uint32_t intid = 1020; intid < 1024; intid++) {
        gicc_put(rig, GICC_EOIR, intid);
        cr_assert_eq(gicc_get(rig, GICC_RPR), 0x40);
    }
    gicc_put(rig, GICC_CTLR, gicc_get(rig, GICC_CTLR) | GICC_CTLR_EOIMODE);
    gicc_put(rig, GICC_EOIR, 32);
    gicc_put(rig, GICC_DIR, 1023);
    cr_assert_eq(gicd_get(rig, 0x304), 1, "still active");
    gicc_put(rig, GICC_DIR, 32);
    cr_assert_eq(gicd_get(rig, 0x304), 0);
    cr_assert_eq(rig->irq.cpus[0].gicc.mistakes[GIC_MISTAKE_EOI], 0);
    rig_free(rig);
}

Test(gicc, active_priorities_can_be_saved_and_restored)
{
    struct rig *rig = rig_gicc();
    raise(rig, 1);
    cr_assert_eq(gicc_get(rig, GICC_AIAR), 33);
    raise(rig, 0);
    cr_assert_eq(gicc_get(rig, GICC_IAR), 32);
    cr_assert_eq(gicc_get(rig, GICC_APR), BIT32(0x40 / 8));
    cr_assert_eq(gicc_get(rig, GICC_NSAPR), BIT32(0xa0 / 8));
    gicc_put(rig, GICC_APR, 0);
    gicc_put(rig, GICC_NSAPR, 0);
    cr_assert_eq(gicc_get(rig, GICC_RPR), GIC_IDLE, "another guest's turn");
    gicc_put(rig, GICC_APR, BIT32(0x40 / 8));
    gicc_put(rig, GICC_NSAPR, BIT32(0xa0 / 8));
    cr_assert_eq(gicc_get(rig, GICC_RPR), 0x40);
    gicc_put(rig, GICC_EOIR, 32);
    cr_assert_eq(gicc_get(rig, GICC_RPR), 0xa0);
    gicc_put(rig, GICC_APR + 4, UINT32_MAX); // GICC_APR1: not with five bits
    cr_assert_eq(gicc_get(rig, GICC_APR + 4), 0);
    rig_free(rig);
}

Test(gicc, non_secure_software_saves_its_half_of_the_active_priorities)
{
    struct rig *rig = rig_gicc();
    set_secure(rig, false);
    raise(rig, 1);
    cr_assert_eq(gicc_get(rig, GICC_IAR), 33);
    cr_assert_eq(gicc_get(rig, GICC_APR), BIT32(0x40 / 16), "A0h is 40h of sixteen levels here");
    gicc_put(rig, GICC_APR, 0);
    cr_assert_eq(gicc_get(rig, GICC_RPR), GIC_IDLE);
    gicc_put(rig, GICC_APR, BIT32(0x40 / 16));
    cr_assert_eq(gicc_get(rig, GICC_RPR), 0x40);
    set_secure(rig, true);
    cr_assert_eq(gicc_get(rig, GICC_NSAPR), BIT32(0xa0 / 8));
    rig_free(rig);
}

Test(gicc, the_interface_of_each_cpu_is_its_own)
{
    struct rig *rig = rig_gicc();
    rig->current = 1;
    cr_assert_eq(gicc_get(rig, GICC_PMR), 0);
    cr_assert_eq(gicc_get(rig, GICC_CTLR), 0);
    gicc_put(rig, GICC_BPR, 5);
    rig->current = 0;
    cr_assert_eq(gicc_get(rig, GICC_BPR), GIC_BPR_MIN);
    rig_free(rig);
}

Test(gicc, non_secure_software_leaves_the_secure_half_of_active_priorities)
{
    struct rig *rig = rig_gicc();
    gicc_put(rig, GICC_NSAPR, 0x0001ffff);
    set_secure(rig, false);
    cr_assert_eq(gicc_get(rig, GICC_APR), 1);
    gicc_put(rig, GICC_APR, UINT32_MAX);
    set_secure(rig, true);
    cr_assert_eq(gicc_get(rig, GICC_NSAPR), UINT32_MAX);
    set_secure(rig, false);
    gicc_put(rig, GICC_APR, 0);
    set_secure(rig, true);
    cr_assert_eq(gicc_get(rig, GICC_NSAPR), 0xffff);
    cr_assert_eq(gicc_get(rig, GICC_APR), 0, "that of Group 0 is another");
    rig_free(rig);
}

// GICD_CTLR: Non-secure software has one bit, EnableGrp1 (IHI 0048B 4.3.1).
Test(gicc, non_secure_software_enables_group_1_alone)
{
    struct rig *rig = rig_gicc();
    for (uint32_t ctlr = 0; ctlr < 4; ctlr++) {
        set_secure(rig, true);
        gicd_put(rig, 0, ctlr);
        set_secure(rig, false);
        cr_assert_eq(gicd_get(rig, 0), ctlr >> 1);
        for (uint32_t on = 0; on < 2; on++) {
            set_secure(rig, false);
            gicd_put(rig, 0, UINT32_MAX << 1 | on);
            set_secure(rig, true);
            cr_assert_eq(gicd_get(rig, 0), (ctlr & 1) | on << 1);
        }
    }
    rig_free(rig);
}

// What is Secure of the private interrupts: enables, configuration, pending SGIs.
Test(gicc, non_secure_software_leaves_secure_private_interrupts)
{
    struct rig *rig = rig_gicc();
    gicd_put(rig, 0x80, BIT32(28) | BIT32(3));
    gicd_put(rig, 0xc04, BIT32(2 * 11 + 1)); // PPI 27, Secure, is edge-triggered
    gicd_put(rig, 0xf20, 1 << 16 | 1 << 24); // SGIs 2, Secure, and 3 from CPU 0
    set_secure(rig, false);
    gicd_put(rig, 0x100, UINT32_MAX);
    gicd_put(rig, 0xc00, 0);
    gicd_put(rig, 0xc04, 0);
    cr_assert_eq(gicd_get(rig, 0xf10), 1 << 24);
    cr_assert_eq(gicd_get(rig, 0xf20), 1 << 24);
    gicd_put(rig, 0xf10, 0xffff0000);
    set_secure(rig, true);
    cr_assert_eq(gicd_get(rig, 0x100) & 0xffff0000, BIT32(28));
    cr_assert_eq(gicd_get(rig, 0xc00), 0xaaaaaaaa, "SGIs");
    cr_assert_eq(gicd_get(rig, 0xc04), BIT32(2 * 11 + 1));
    cr_assert_eq(gicd_get(rig, 0xf10), 1 << 16);
    gicd_put(rig, 0xc00, 0);
    cr_assert_eq(gicd_get(rig, 0xc04), BIT32(2 * 11 + 1), "GICD_ICFGR0 is not GICD_ICFGR1");
    rig_free(rig);
}

// GICC_CTLR (IHI 0048B 4.4.1): where each bit of the Non-secure copy is in the Secure one.
Test(gicc, non_secure_software_has_four_bits_of_the_control_register)
{
    static const uint32_t secure_bit[32] = { [0] = BIT32(1), [5] = BIT32(7), [6] = BIT32(8), [9] = BIT32(10) };
    for (unsigned bit = 0; bit < 32; bit++)
        for (unsigned ones = 0; ones < 2; ones++) {
            struct rig *rig = rig_gicc();
            uint32_t before = ones ? 0x7ff : 0, all = BIT32(1) | BIT32(7) | BIT32(8) | BIT32(10);
            gicc_put(rig, GICC_CTLR, before);
            set_secure(rig, false);
            cr_assert_eq(gicc_get(rig, GICC_CTLR), ones ? 0x261 : 0);
            gicc_put(rig, GICC_CTLR, BIT32(bit));
            cr_assert_eq(gicc_get(rig, GICC_CTLR), secure_bit[bit] ? BIT32(bit) : 0);
            set_secure(rig, true);
            cr_assert_eq(gicc_get(rig, GICC_CTLR), (before & ~all) | secure_bit[bit], "bit %u", bit);
            rig_free(rig);
        }
}
