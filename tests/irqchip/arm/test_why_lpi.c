// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Why an LPI or an event of the ITS does not arrive: redistributor, tables, mappings, commands.
#include "test_why.h"

static void set_lpi(struct rig *rig)
{
    gicr_put(rig, 0, 0x40, 8200);
}

static void invalidate(struct rig *rig)
{
    gicr_put(rig, 0, 0xa0, 8200);
}

static struct rig *usual(void)
{
    return rig_lpi(2, true);
}

// GICR_PROPBASER of CPU 0.
static void move_table(struct rig *rig, uint64_t propbaser)
{
    gicr_put(rig, 0, 0, 0);
    gicr_put64(rig, 0, 0x70, propbaser);
    gicr_put(rig, 0, 0, GICR_CTLR_ENABLE_LPIS);
}

// --- LPIs -------------------------------------------------------------------------------------------------------------

static struct rig *lpis_off(void)
{
    struct rig *rig = usual();
    gicr_put(rig, 0, 0, 0);
    return rig;
}

static void lpis_on(struct rig *rig)
{
    gicr_put(rig, 0, 0, GICR_CTLR_ENABLE_LPIS);
}

static struct rig *short_table(void)
{
    struct rig *rig = usual();
    move_table(rig, LPI_PROPERTIES | 13);
    return rig;
}

static void long_table(struct rig *rig)
{
    move_table(rig, LPI_PROPERTIES | 15);
    gicr_put(rig, 0, 0x40, 20000);
}

static struct rig *no_table(void)
{
    struct rig *rig = usual();
    move_table(rig, 0x1000 | 15);
    set_lpi(rig);
    return rig;
}

static void some_table(struct rig *rig)
{
    move_table(rig, LPI_PROPERTIES | 15);
    set_lpi(rig);
}

// GICR_PENDBASER of CPU 0, and LPI 8200 pending in that table.
static void move_pending(struct rig *rig, uint64_t pendbaser)
{
    gicr_put(rig, 0, 0, 0);
    lpi_pending_bytes(rig, 0)[8200 / 8] = 1 << 8200 % 8;
    gicr_put64(rig, 0, 0x78, pendbaser);
    gicr_put(rig, 0, 0, GICR_CTLR_ENABLE_LPIS);
}

static struct rig *no_pending_table(void)
{
    struct rig *rig = usual();
    move_pending(rig, 0x10000);
    return rig;
}

static void some_pending_table(struct rig *rig)
{
    move_pending(rig, LPI_PENDING);
}

static struct rig *pending_zero(void)
{
    struct rig *rig = usual();
    move_pending(rig, LPI_PENDING | GICR_PENDBASER_PTZ);
    return rig;
}

static struct rig *disabled(void)
{
    struct rig *rig = usual();
    *lpi_property(rig, 8200) = 0xa0;
    set_lpi(rig);
    return rig;
}

static void enable_byte(struct rig *rig)
{
    *lpi_property(rig, 8200) = 0xa1;
}

static struct rig *stale(void)
{
    struct rig *rig = disabled();
    enable_byte(rig);
    return rig;
}

static struct rig *stale_priority(void)
{
    struct rig *rig = usual();
    icc_put(rig, 0, ICC_PMR_EL1, 0xc0);
    *lpi_property(rig, 8200) = 0xe1;
    set_lpi(rig);
    *lpi_property(rig, 8200) = 0xa1;
    return rig;
}

static struct rig *group_off(void)
{
    struct rig *rig = usual();
    set_lpi(rig);
    gicd_put(rig, 0, 0x11);
    return rig;
}

static void group_on(struct rig *rig)
{
    gicd_put(rig, 0, 0x12);
}

// Pending at two CPUs: the first masks it, the second signals it.
static struct rig *at_two(void)
{
    struct rig *rig = usual();
    set_lpi(rig);
    gicr_put(rig, 1, 0x40, 8200);
    icc_put(rig, 0, ICC_PMR_EL1, 0x80);
    return rig;
}

static void mask_second(struct rig *rig)
{
    icc_put(rig, 1, ICC_IGRPEN1_EL1, 0);
}

// --- The ITS ----------------------------------------------------------------------------------------------------------

static struct rig *no_its(void)
{
    return rig_lpi(1, false);
}

static struct rig *its_off(void)
{
    struct rig *rig = rig_mapped();
    cr_assert(send(rig, 5, 3));
    enable(rig, false);
    return rig;
}

static void its_on(struct rig *rig)
{
    enable(rig, true);
}

static struct rig *no_device_table(void)
{
    struct rig *rig = usual();
    enable(rig, true);
    return rig;
}

static struct rig *no_collection_table(void)
{
    struct rig *rig = rig_mapped();
    enable(rig, false);
    its_put(rig, BASER1, 0);
    enable(rig, true);
    return rig;
}

static struct rig *empty(void)
{
    return rig_its(2);
}

static struct rig *two_levels(void)
{
    struct rig *rig = empty();
    enable(rig, false);
    its_put(rig, BASER0, VALID | INDIRECT | DEVICES | 15);
    enable(rig, true);
    return rig;
}

static struct rig *table_outside(void)
{
    struct rig *rig = empty();
    enable(rig, false);
    its_put(rig, BASER0, VALID | 0x10000 | 15);
    enable(rig, true);
    return rig;
}

static struct rig *itt_outside(void)
{
    struct rig *rig = empty();
    cr_assert_eq(mapd(rig, 5, 0x1000, 5, true), 0);
    return rig;
}

static void map_device(struct rig *rig)
{
    cr_assert_eq(mapd(rig, 5, ITT, 5, true), 0);
}

static void map_event(struct rig *rig)
{
    cr_assert_eq(mapti(rig, 5, 4, 8204, 2), 0);
    cr_assert(send(rig, 5, 4));
}

static struct rig *no_collection(void)
{
    struct rig *rig = rig_mapped();
    cr_assert_eq(mapti(rig, 5, 3, 8203, 7), 0);
    return rig;
}

static void map_collection(struct rig *rig)
{
    cr_assert_eq(mapc(rig, 7, 2, true), 0);
    cr_assert(send(rig, 5, 3));
}

// A guest that writes to the table itself.
static struct rig *no_cpu(void)
{
    struct rig *rig = rig_mapped();
    bytes_put(at(rig, COLLECTIONS + 8), 8, VALID | 9);
    return rig;
}

// --- Commands ---------------------------------------------------------------------------------------------------------

static struct rig *stalled(void)
{
    struct rig *rig = rig_mapped();
    uint32_t offset = (uint32_t)its_get(rig, CWRITER);
    rig->irq.its.stalls = 1;
    queue(rig, &offset, ITS_INT | UINT64_C(6) << 32, 0, 0, 0);
    queue(rig, &offset, ITS_MAPD | UINT64_C(6) << 32, 4, ITT_2 | VALID, 0);
    its_put(rig, CWRITER, offset);
    return rig;
}

static void retry(struct rig *rig)
{
    bytes_put(at(rig, QUEUE + (its_get(rig, CREADR) & ~UINT64_C(1))), 8, ITS_SYNC);
    its_put(rig, CWRITER, its_get(rig, CWRITER) | 1);
}

static struct rig *queue_outside(void)
{
    struct rig *rig = rig_mapped();
    enable(rig, false);
    its_put(rig, CBASER, VALID | 0x1000);
    its_put(rig, CWRITER, 32);
    enable(rig, true);
    return rig;
}

static struct rig *slow(void)
{
    struct rig *rig = rig_mapped();
    uint32_t offset = (uint32_t)its_get(rig, CWRITER);
    rig->irq.its.command_ns = 50;
    queue(rig, &offset, ITS_MAPD | UINT64_C(6) << 32, 4, ITT_2 | VALID, 0);
    its_put(rig, CWRITER, offset);
    return rig;
}

static void wait_50(struct rig *rig)
{
    arm_irq_timer(&rig->irq, 50);
}

static struct rig *no_queue(void)
{
    struct rig *rig = rig_mapped();
    enable(rig, false);
    its_put(rig, CBASER, 0);
    its_put(rig, CWRITER, 32);
    enable(rig, true);
    return rig;
}

static struct rig *command_error(void)
{
    struct rig *rig = rig_mapped();
    cr_assert_neq(mapd(rig, 6, ITT_2, 20, true), 0);
    return rig;
}

#define R(reason) INTACT_WHY_ARM_##reason

static const struct scenario scenarios[] = {
    { R(LPIS_OFF), lpis_off, "lpi:8200@0", "LPI 8200 cannot be pending at CPU 0: GICR_CTLR.EnableLPIs is 0\n", lpis_on,
      "LPI 8200 is not pending at CPU 0: no event has come since it was acknowledged or cleared\n" },
    { R(LPI_RANGE), short_table, "lpi:20000@0",
      "LPI 20000 does not exist at CPU 0: GICR_PROPBASER.IDbits = 13 allows INTIDs up to 16383\n", long_table,
      "[INTID 20000 is pending at CPU 0 with priority A0h, and IRQ is signalled: the CPU has not acknowledged it "
      "(ICC_IAR1_EL1)]\n" },
    { R(LPI_NOT_PENDING), usual, "lpi:8200@0",
      "LPI 8200 is not pending at CPU 0: no event has come since it was acknowledged or cleared\n", set_lpi,
      "[INTID 8200 is pending at CPU 0 with priority A0h, and IRQ is signalled: the CPU has not acknowledged it "
      "(ICC_IAR1_EL1)]\n" },
    { R(LPI_PENDING_TABLE), no_pending_table, "lpi:8200@0",
      "LPI 8200 is not pending at CPU 0: no event has come since it was acknowledged or cleared\n"
      "the pending table of CPU 0 is not in RAM (GICR_PENDBASER = 0x10000): what was pending in it is lost\n",
      some_pending_table,
      "[INTID 8200 is pending at CPU 0 with priority A0h, and IRQ is signalled: the CPU has not acknowledged it "
      "(ICC_IAR1_EL1)]\n" },
    { R(LPI_PENDING_ZERO), pending_zero, "lpi:8200@0",
      "LPI 8200 is not pending at CPU 0: no event has come since it was acknowledged or cleared\n"
      "LPI 8200 is pending in the table of CPU 0 at 0x40040401, which was not read: GICR_PENDBASER.PTZ = 1 says "
      "that it is zero\n",
      some_pending_table,
      "[INTID 8200 is pending at CPU 0 with priority A0h, and IRQ is signalled: the CPU has not acknowledged it "
      "(ICC_IAR1_EL1)]\n" },
    { R(LPI_NOWHERE), lpis_off, "lpi:8200",
      "LPI 8200 is not pending at any of the 2 CPUs (1 with GICR_CTLR.EnableLPIs = 1)\n", some_table,
      "[INTID 8200 is pending at CPU 0 with priority A0h, and IRQ is signalled: the CPU has not acknowledged it "
      "(ICC_IAR1_EL1)]\n" },
    { R(LPI_TABLE), no_table, "lpi:8200",
      "the configuration byte of LPI 8200 at 0x1008 is not in RAM (GICR_PROPBASER of CPU 0)\n", some_table,
      "[INTID 8200 is pending at CPU 0 with priority A0h, and IRQ is signalled: the CPU has not acknowledged it "
      "(ICC_IAR1_EL1)]\n" },
    { R(LPI_DISABLED), disabled, "lpi:8200",
      "LPI 8200 is disabled: bit 0 of its configuration byte A0h at 0x40010008 is 0\n", enable_byte,
      "LPI 8200 is enabled by its configuration byte A1h at 0x40010008, but the redistributor of CPU 0 has cached "
      "that it is disabled: INV or INVALL is missing\n" },
    { R(LPI_STALE), stale, "intid:8200",
      "LPI 8200 is enabled by its configuration byte A1h at 0x40010008, but the redistributor of CPU 0 has cached "
      "that it is disabled: INV or INVALL is missing\n",
      invalidate,
      "[INTID 8200 is pending at CPU 0 with priority A0h, and IRQ is signalled: the CPU has not acknowledged it "
      "(ICC_IAR1_EL1)]\n" },
    { R(LPI_STALE_PRIORITY), stale_priority, "lpi:8200",
      "INTID 8200 has priority E0h at CPU 0, and ICC_PMR_EL1 = C0h masks C0h to FFh\n"
      "LPI 8200 has priority A0h by its configuration byte at 0x40010008, but the redistributor of CPU 0 has "
      "cached E0h: INV or INVALL is missing\n",
      invalidate,
      "[INTID 8200 is pending at CPU 0 with priority A0h, and IRQ is signalled: the CPU has not acknowledged it "
      "(ICC_IAR1_EL1)]\n" },
    { R(GROUP_OFF), group_off, "lpi:8200",
      "INTID 8200 is in Group 1, and GICD_CTLR.EnableGrp1 is 0 (GICD_CTLR = 51h)\n", group_on,
      "[INTID 8200 is pending at CPU 0 with priority A0h, and IRQ is signalled: the CPU has not acknowledged it "
      "(ICC_IAR1_EL1)]\n" },
    { R(SIGNALLED), at_two, "lpi:8200",
      "[INTID 8200 is pending at CPU 1 with priority A0h, and IRQ is signalled: the CPU has not acknowledged it "
      "(ICC_IAR1_EL1)]\n",
      mask_second,
      "INTID 8200 has priority A0h at CPU 0, and ICC_PMR_EL1 = 80h masks 80h to FFh\n"
      "INTID 8200 is in Group 1, and ICC_IGRPEN1_EL1 of CPU 1 is 0\n" },
    { R(NO_ITS), no_its, "event:5,3", "there is no ITS\n" },
    { R(ITS_OFF), its_off, "event:5,3", "the ITS translates nothing: GITS_CTLR.Enabled is 0\n", its_on,
      "[INTID 8203 is pending at CPU 1 with priority A0h, and IRQ is signalled: the CPU has not acknowledged it "
      "(ICC_IAR1_EL1)]\n" },
    { R(ITS_DEVICE_BITS), empty, "event:70000,3", "DeviceID 70000 has more bits than the 16 of GITS_TYPER.Devbits\n" },
    { R(ITS_NO_TABLE), no_device_table, "event:5,3",
      "there is no device table: bit 63 (Valid) of GITS_BASER0 = 0x107000000000200 is 0\n" },
    { R(ITS_NO_TABLE), no_collection_table, "event:5,3",
      "there is no collection table: bit 63 (Valid) of GITS_BASER1 = 0x407000000000000 is 0\n" },
    { R(ITS_NO_ENTRY), empty, "event:8192,3",
      "DeviceID 8192 has no entry in the table of GITS_BASER0 = 0x810700004020000f: it is beyond its size\n" },
    { R(ITS_NO_ENTRY), two_levels, "event:5,3",
      "DeviceID 5 has no entry in the table of GITS_BASER0 = 0xc10700004020000f: the page of level 2 is not valid\n" },
    { R(ITS_TABLE), table_outside, "event:5,3", "the device table is not in RAM (GITS_BASER0 = 0x810700000001000f)\n" },
    { R(ITS_ITT), itt_outside, "event:5,3", "the ITT of DeviceID 5 is not in RAM at 0x1018\n" },
    { R(ITS_NO_DEVICE), empty, "event:5,3", "DeviceID 5 is not mapped: no MAPD gave it an ITT\n", map_device,
      "EventID 3 of DeviceID 5 is not mapped: no MAPTI or MAPI gave it an INTID\n" },
    { R(ITS_EVENT_RANGE), rig_mapped, "msi:0x8090040,32,5",
      "EventID 32 is out of range: MAPD gave DeviceID 5 5 bits of EventIDs\n" },
    { R(ITS_NO_EVENT), rig_mapped, "event:5,4",
      "EventID 4 of DeviceID 5 is not mapped: no MAPTI or MAPI gave it an INTID\n", map_event,
      "[INTID 8204 is pending at CPU 2 with priority A0h, and IRQ is signalled: the CPU has not acknowledged it "
      "(ICC_IAR1_EL1)]\n" },
    { R(ITS_NO_COLLECTION), no_collection, "event:5,3",
      "collection 7 of EventID 3 of DeviceID 5 is not mapped: no MAPC gave it a CPU\n", map_collection,
      "[INTID 8203 is pending at CPU 2 with priority A0h, and IRQ is signalled: the CPU has not acknowledged it "
      "(ICC_IAR1_EL1)]\n" },
    { R(ITS_NO_CPU), no_cpu, "event:5,3", "collection 1 is mapped to CPU 9, and there are 3\n" },
    { R(ITS_STALLED), stalled, "event:6,0",
      "DeviceID 6 is not mapped: no MAPD gave it an ITT\n"
      "the command queue is stalled at GITS_CREADR = 000A0h by error 010304h: later commands wait for "
      "GITS_CWRITER.Retry\n",
      retry,
      "EventID 0 of DeviceID 6 is not mapped: no MAPTI or MAPI gave it an INTID\n"
      "a command had no effect: the last error is 010304h (1 so far)\n" },
    { R(ITS_QUEUE_MEMORY), queue_outside, "event:6,0",
      "DeviceID 6 is not mapped: no MAPD gave it an ITT\n"
      "the command queue is stalled at GITS_CREADR = 00000h: it is not in RAM there (GITS_CBASER = "
      "0x8000000000001000)\n" },
    { R(ITS_QUEUED), slow, "event:6,0",
      "DeviceID 6 is not mapped: no MAPD gave it an ITT\n"
      "the commands from GITS_CREADR = 000A0h to GITS_CWRITER = 000C0h have not been executed yet\n",
      wait_50, "EventID 0 of DeviceID 6 is not mapped: no MAPTI or MAPI gave it an INTID\n" },
    { R(ITS_QUEUED), no_queue, "event:6,0",
      "DeviceID 6 is not mapped: no MAPD gave it an ITT\n"
      "the commands from GITS_CREADR = 00000h to GITS_CWRITER = 00020h have not been executed yet: "
      "GITS_CBASER.Valid is 0\n" },
    { R(ITS_ERROR), command_error, "event:6,0",
      "DeviceID 6 is not mapped: no MAPD gave it an ITT\n"
      "a command had no effect: the last error is 010802h (1 so far)\n" },
};

Test(arm_why_lpi, each_reason_has_its_sentence)
{
    check_scenarios(scenarios, countof(scenarios), R(LPIS_OFF), R(ITS_ERROR));
}
