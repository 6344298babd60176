// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// ITS: what a driver should not do. LPIs that move to where they cannot be stored, tables over devices and over each
// other, mappings made again, registers written while the queue runs.
#include "test_its.h"

enum { PROPBASER = 0x70, PENDBASER = 0x78 };

#define WINDOW UINT64_C(0x08080000) // of a device: not RAM

static uint32_t movall(struct rig *rig, uint64_t from, uint64_t to)
{
    return command(rig, ITS_MOVALL, 0, from << 16, to << 16);
}

static uint32_t refused(const struct rig *rig, uint32_t cpu)
{
    return rig->irq.cpus[cpu].gicr.mistakes[GIC_MISTAKE_INTID];
}

// --- Moves ----------------------------------------------------------------------------------------------------------

Test(its_traps, what_cannot_move_to_a_cpu_without_lpis_stays)
{
    struct rig *rig = rig_mapped();
    mapti(rig, 5, 4, 8204, 1);
    send(rig, 5, 3);
    send(rig, 5, 4);
    gicr_put(rig, 2, 0, 0);
    cr_assert_eq(movall(rig, 1, 2), 0);
    cr_assert_eq(refused(rig, 2), 2);
    cr_assert_eq(on_event(rig, ITS_MOVI, 5, 3, 2), 0);
    cr_assert_eq(refused(rig, 2), 3);
    cr_assert_eq(rig_take(rig, 1), 8203);
    cr_assert_eq(rig_take(rig, 1), 8204);
    cr_assert_not(send(rig, 5, 3), "the event leads to CPU 2 now");
    gicr_put(rig, 2, 0, GICR_CTLR_ENABLE_LPIS);
    cr_assert(send(rig, 5, 3));
    cr_assert_eq(rig_take(rig, 2), 8203);
    rig_free(rig);
}

Test(its_traps, what_a_cpu_has_no_number_for_stays)
{
    struct rig *rig = rig_mapped();
    mapti(rig, 5, 4, 20000, 1);
    gicr_put(rig, 2, 0, 0);
    gicr_put64(rig, 2, PROPBASER, LPI_PROPERTIES | 13); // up to 16383
    gicr_put(rig, 2, 0, GICR_CTLR_ENABLE_LPIS);
    send(rig, 5, 3);
    send(rig, 5, 4);
    cr_assert_eq(movall(rig, 1, 2), 0);
    cr_assert_eq(refused(rig, 2), 1);
    cr_assert_eq(rig_take(rig, 2), 8203);
    cr_assert_eq(rig_take(rig, 1), 20000);
    send(rig, 5, 4);
    cr_assert_eq(on_event(rig, ITS_MOVI, 5, 4, 2), 0);
    cr_assert_eq(rig_take(rig, 1), 20000);
    cr_assert_eq(refused(rig, 2), 2);
    rig_free(rig);
}

Test(its_traps, nothing_moves_from_a_cpu_without_lpis)
{
    struct rig *rig = rig_mapped();
    send(rig, 5, 3);
    gicr_put(rig, 1, 0, 0);
    cr_assert_eq(movall(rig, 1, 2), 0);
    cr_assert_eq(on_event(rig, ITS_MOVI, 5, 3, 2), 0);
    cr_assert_eq(rig->pending[2], 0);
    gicr_put(rig, 1, 0, GICR_CTLR_ENABLE_LPIS);
    cr_assert_eq(rig_take(rig, 1), 8203, "it was in the pending table");
    rig_free(rig);
}

// --- Tables ---------------------------------------------------------------------------------------------------------

Test(its_traps, an_itt_over_a_device_is_an_error_of_those_who_use_it)
{
    struct rig *rig = rig_mapped();
    cr_assert_eq(mapd(rig, 6, WINDOW, 5, true), 0, "nobody looks into it yet");
    cr_assert_eq(mapti(rig, 6, 0, 9000, 0), 0x010af0);
    cr_assert_eq(on_event(rig, ITS_INT, 6, 0, 0), 0x0103f0);
    uint32_t before = rig->irq.its.mistakes[GIC_MISTAKE_TABLE];
    cr_assert_not(send(rig, 6, 0));
    cr_assert_eq(rig->irq.its.mistakes[GIC_MISTAKE_TABLE], before + 1);
    cr_assert(send(rig, 5, 3), "others go on");
    rig_free(rig);
}

Test(its_traps, tables_over_devices_are_errors)
{
    struct rig *rig = rig_mapped();
    enable(rig, false);
    its_put(rig, BASER0, VALID | INDIRECT | LEVEL_2);
    its_put(rig, BASER1, VALID | WINDOW);
    bytes_put(at(rig, LEVEL_2), 8, VALID | WINDOW);
    enable(rig, true);
    cr_assert_eq(mapd(rig, 5, ITT, 5, true), 0x0108f0, "a page of level 2");
    cr_assert_eq(mapc(rig, 0, 0, true), 0x0109f0);
    cr_assert_eq(command(rig, ITS_INVALL, 0, 0, 0), 0x010df0);
    enable(rig, false);
    its_put(rig, BASER0, VALID | INDIRECT | WINDOW);
    enable(rig, true);
    cr_assert_eq(mapd(rig, 5, ITT, 5, true), 0x0108f0, "level 1");
    cr_assert_not(send(rig, 5, 3));
    rig_free(rig);
}

Test(its_traps, a_queue_that_runs_out_of_ram_stalls_there)
{
    struct rig *rig = rig_mapped();
    uint64_t last = RIG_BASE + RIG_MEMORY - 0x1000;
    enable(rig, false);
    its_put(rig, CBASER, VALID | last | 1);
    for (uint32_t offset = 0; offset < 0x1000; offset += 32)
        bytes_put(at(rig, last + offset), 8, ITS_SYNC);
    enable(rig, true);
    its_put(rig, CWRITER, 0x1040);
    cr_assert_eq(its_get(rig, CREADR), 0x1000 | 1);
    cr_assert_eq(rig->irq.its.mistakes[GIC_MISTAKE_TABLE], 1);
    cr_assert_eq(rig->irq.its.errors, 0);
    rig_free(rig);
}

// An ITT that lies over the queue: what MAPTI writes there is the next command.
Test(its_traps, a_command_may_rewrite_its_successor)
{
    struct rig *rig = rig_mapped();
    cr_assert_eq(mapd(rig, 7, QUEUE, 8, true), 0);
    uint32_t offset = (uint32_t)its_get(rig, CWRITER), next = offset + 32;
    queue(rig, &offset, ITS_MAPTI | UINT64_C(7) << 32, next / 8 | UINT64_C(0x2305) << 32, 0, 0);
    queue(rig, &offset, ITS_INT | UINT64_C(5) << 32, 3, 0, 0); // becomes 05h: SYNC
    its_put(rig, CWRITER, offset);
    cr_assert_eq(its_get(rig, CREADR), offset);
    cr_assert_eq(rig->pending[1], 0);
    cr_assert_eq(rig->irq.its.errors, 0);
    cr_assert_eq(on_event(rig, ITS_INT, 5, 3, 0), 0);
    cr_assert_eq(rig->pending[1], PENDING_IRQ);
    rig_free(rig);
}

// --- Mappings made again --------------------------------------------------------------------------------------------

Test(its_traps, a_device_mapped_again_with_fewer_events_keeps_the_table)
{
    struct rig *rig = rig_mapped();
    send(rig, 5, 3);
    cr_assert_eq(mapd(rig, 5, ITT, 1, true), 0);
    cr_assert_not(send(rig, 5, 3));
    cr_assert_eq(on_event(rig, ITS_CLEAR, 5, 3, 0), 0x010505);
    cr_assert_eq(on_event(rig, ITS_DISCARD, 5, 3, 0), 0x010f05);
    cr_assert_eq(rig_take(rig, 1), 8203, "what was pending is still");
    cr_assert_eq(mapd(rig, 5, ITT, 5, true), 0);
    cr_assert(send(rig, 5, 3));
    cr_assert_eq(rig_take(rig, 1), 8203);
    rig_free(rig);
}

Test(its_traps, a_device_mapped_again_elsewhere_leaves_what_is_pending)
{
    struct rig *rig = rig_mapped();
    send(rig, 5, 3);
    cr_assert_eq(mapd(rig, 5, ITT_2, 5, true), 0);
    cr_assert_eq(on_event(rig, ITS_CLEAR, 5, 3, 0), 0x010507, "its events are not mapped there");
    cr_assert_eq(mapti(rig, 5, 3, 8300, 2), 0);
    cr_assert(send(rig, 5, 3));
    cr_assert_eq(rig_take(rig, 2), 8300);
    cr_assert_eq(rig_take(rig, 1), 8203);
    rig_free(rig);
}

// --- Registers in the middle ----------------------------------------------------------------------------------------

Test(its_traps, tables_stay_while_a_flood_is_worked_off)
{
    struct rig *rig = rig_flooded();
    its_put(rig, CBASER, VALID | QUEUE);
    its_put(rig, BASER0, 0);
    cr_assert_eq(its_get(rig, CBASER), VALID | QUEUE | 255);
    cr_assert(its_get(rig, BASER0) & VALID);
    cr_assert_eq(rig->irq.its.mistakes[GIC_MISTAKE_ENABLED], 2);
    rig_free(rig);
}

Test(its_traps, a_flood_ends_where_the_its_is_disabled)
{
    struct rig *rig = rig_flooded();
    enable(rig, false);
    uint64_t stands = its_get(rig, CREADR);
    cr_assert_lt(stands, 0xfffe0);
    cr_assert_eq(its_get(rig, CREADR), stands);
    cr_assert(rig_get(rig, ARM_IRQ_WINDOW_ITS, CTLR) >> 31, "quiescent");
    enable(rig, true);
    cr_assert_gt(its_get(rig, CREADR), stands, "it goes on");
    enable(rig, false);
    its_put(rig, CBASER, VALID | QUEUE | 1);
    cr_assert_eq(its_get(rig, CREADR), 0);
    its_put(rig, CWRITER, 0);
    enable(rig, true);
    cr_assert_eq(on_event(rig, ITS_INT, 5, 3, 0), 0, "a queue of its own again");
    cr_assert_eq(rig_take(rig, 1), 8203);
    rig_free(rig);
}

// --- Tables of a redistributor --------------------------------------------------------------------------------------

Test(its_traps, lpi_tables_over_a_device_are_empty)
{
    struct rig *rig = rig_mapped();
    gicr_put(rig, 1, 0, 0);
    gicr_put64(rig, 1, PROPBASER, UINT64_C(0x08000000) | 15);
    gicr_put64(rig, 1, PENDBASER, UINT64_C(0x08000000));
    gicr_put(rig, 1, 0, GICR_CTLR_ENABLE_LPIS);
    uint32_t before = rig->irq.cpus[1].gicr.mistakes[GIC_MISTAKE_TABLE];
    cr_assert(send(rig, 5, 3), "it is pending, and disabled");
    cr_assert_eq(rig->pending[1], 0);
    cr_assert_eq(rig->irq.cpus[1].gicr.mistakes[GIC_MISTAKE_TABLE], before + 1);
    cr_assert_eq(movall(rig, 1, 2), 0);
    cr_assert_eq(rig_take(rig, 2), 8203, "and can be moved");
    rig_free(rig);
}

Test(its_traps, a_configuration_table_that_runs_out_of_ram_disables_the_rest)
{
    struct rig *rig = rig_mapped();
    uint64_t last = RIG_BASE + RIG_MEMORY - 0x1000;
    memset(at(rig, last), 0xa1, 0x1000);
    mapti(rig, 5, 4, 8192 + 0x1000, 1);
    gicr_put(rig, 1, 0, 0);
    gicr_put64(rig, 1, PROPBASER, last | 15);
    gicr_put(rig, 1, 0, GICR_CTLR_ENABLE_LPIS);
    cr_assert(send(rig, 5, 4));
    cr_assert_eq(rig->pending[1], 0);
    cr_assert(send(rig, 5, 3));
    cr_assert_eq(rig_take(rig, 1), 8203);
    cr_assert_eq(rig->pending[1], 0);
    cr_assert_eq(rig->irq.cpus[1].gicr.mistakes[GIC_MISTAKE_TABLE], 1);
    rig_free(rig);
}
