// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// ITS: every command and each of its errors, flat and two-level tables, the queue, hostile memory.
#include "test_its.h"

// --- Commands -------------------------------------------------------------------------------------------------------

Test(its, an_event_becomes_an_lpi_at_its_collections_cpu)
{
    struct rig *rig = rig_mapped();
    cr_assert(send(rig, 5, 3));
    cr_assert_eq(rig->pending[1], PENDING_IRQ);
    cr_assert_eq(rig_take(rig, 1), 8203);
    cr_assert_eq(rig->pending[1], 0);
    cr_assert(send(rig, 5, 3), "from the cache");
    cr_assert_eq(rig_take(rig, 1), 8203);
    rig_free(rig);
}

Test(its, int_and_clear_set_and_clear)
{
    struct rig *rig = rig_mapped();
    cr_assert_eq(on_event(rig, ITS_INT, 5, 3, 0), 0);
    cr_assert_eq(rig->pending[1], PENDING_IRQ);
    cr_assert_eq(on_event(rig, ITS_CLEAR, 5, 3, 0), 0);
    cr_assert_eq(rig->pending[1], 0);
    cr_assert_eq(command(rig, ITS_SYNC, 0, 0, 0), 0);
    rig_free(rig);
}

Test(its, mapi_gives_the_event_its_own_number)
{
    struct rig *rig = rig_mapped();
    cr_assert_eq(mapd(rig, 6, ITT_2, 14, true), 0);
    cr_assert_eq(on_event(rig, ITS_MAPI, 6, 9001, 2), 0);
    cr_assert(send(rig, 6, 9001));
    cr_assert_eq(rig_take(rig, 2), 9001);
    rig_free(rig);
}

Test(its, a_write_of_the_cpu_has_device_0)
{
    struct rig *rig = rig_mapped();
    mapd(rig, 0, ITT_2, 5, true);
    mapti(rig, 0, 7, 9000, 0);
    rig_put(rig, ARM_IRQ_WINDOW_ITS, 0x10040, 7);
    cr_assert_eq(rig_take(rig, 0), 9000);
    rig_free(rig);
}

Test(its, inv_and_invall_let_a_new_configuration_in)
{
    struct rig *rig = rig_mapped();
    *lpi_property(rig, 8203) = 0xa0;
    cr_assert(send(rig, 5, 3));
    cr_assert_eq(rig->pending[1], 0);
    *lpi_property(rig, 8203) = 0xa1;
    cr_assert_eq(on_event(rig, ITS_INV, 5, 3, 0), 0);
    cr_assert_eq(rig->pending[1], PENDING_IRQ);
    *lpi_property(rig, 8203) = 0xa0;
    cr_assert_eq(rig->pending[1], PENDING_IRQ);
    cr_assert_eq(command(rig, ITS_INVALL, 0, 1, 0), 0);
    cr_assert_eq(rig->pending[1], 0);
    rig_free(rig);
}

Test(its, movi_takes_the_pending_state_along)
{
    struct rig *rig = rig_mapped();
    send(rig, 5, 3);
    cr_assert_eq(on_event(rig, ITS_MOVI, 5, 3, 2), 0);
    cr_assert_eq(rig->pending[1], 0);
    cr_assert_eq(rig->pending[2], PENDING_IRQ);
    cr_assert_eq(rig_take(rig, 2), 8203);
    cr_assert(send(rig, 5, 3));
    cr_assert_eq(rig_take(rig, 2), 8203);
    cr_assert_eq(on_event(rig, ITS_MOVI, 5, 3, 2), 0, "where it is already");
    rig_free(rig);
}

Test(its, movall_moves_all_that_is_pending)
{
    struct rig *rig = rig_mapped();
    mapti(rig, 5, 4, 8204, 1);
    send(rig, 5, 3);
    send(rig, 5, 4);
    cr_assert_eq(command(rig, ITS_MOVALL, 0, 1 << 16, 2 << 16), 0);
    cr_assert_eq(rig->pending[1], 0);
    cr_assert_eq(rig_take(rig, 2), 8203);
    cr_assert_eq(rig_take(rig, 2), 8204);
    for (uint32_t intid = 8203; intid <= 8204; intid++)
        for (unsigned cpu = 0; cpu < 3; cpu++)
            cr_assert_not(gicr_lpi_is_pending(&rig->irq.cpus[cpu].gicr, intid));
    cr_assert_eq(command(rig, ITS_MOVALL, 0, 2 << 16, 2 << 16), 0);
    rig_free(rig);
}

Test(its, discard_takes_mapping_and_pending_state)
{
    struct rig *rig = rig_mapped();
    send(rig, 5, 3);
    cr_assert_eq(on_event(rig, ITS_DISCARD, 5, 3, 0), 0);
    cr_assert_eq(rig->pending[1], 0);
    cr_assert_not(send(rig, 5, 3));
    rig_free(rig);
}

Test(its, unmapping_and_mapping_anew_drop_what_was_cached)
{
    struct rig *rig = rig_mapped();
    send(rig, 5, 3);
    rig_take(rig, 1);
    cr_assert_eq(mapc(rig, 1, 2, true), 0);
    cr_assert(send(rig, 5, 3));
    cr_assert_eq(rig_take(rig, 2), 8203);
    cr_assert_eq(mapti(rig, 5, 3, 8300, 0), 0);
    cr_assert(send(rig, 5, 3));
    cr_assert_eq(rig_take(rig, 0), 8300);
    cr_assert_eq(mapd(rig, 5, ITT_2, 5, true), 0);
    cr_assert_not(send(rig, 5, 3), "a new ITT");
    cr_assert_eq(mapd(rig, 5, ITT, 5, true), 0);
    cr_assert(send(rig, 5, 3));
    cr_assert_eq(mapd(rig, 5, 0, 1, false), 0);
    cr_assert_not(send(rig, 5, 3));
    cr_assert_eq(mapd(rig, 5, ITT, 5, true), 0);
    cr_assert_eq(mapc(rig, 0, 0, false), 0);
    cr_assert_not(send(rig, 5, 3), "its collection is gone");
    enable(rig, false);
    cr_assert_not(send(rig, 5, 3));
    rig_free(rig);
}

// Bits of a command that are RES0 are not looked at.
Test(its, reserved_bits_of_commands_are_ignored)
{
    const uint64_t above = ~bits_low(51);
    struct rig *rig = rig_mapped();
    cr_assert_eq(command(rig, ITS_MAPC | UINT64_C(0xffffff00), UINT64_MAX, 1 | 2 << 16 | VALID | (above & ~VALID), 9),
                 0);
    cr_assert(send(rig, 5, 3));
    cr_assert_eq(rig->pending[2], PENDING_IRQ);
    cr_assert_eq(command(rig, ITS_MOVALL | UINT64_C(0xffffff00), UINT64_MAX, 2 << 16 | 0xffff | above, 0xffff | above),
                 0);
    cr_assert_eq(rig_take(rig, 0), 8203);
    cr_assert_eq(command(rig, ITS_MAPTI | UINT64_C(5) << 32 | 0xff00, 4 | UINT64_C(8204) << 32, 2 | ~UINT64_C(0xffff),
                         UINT64_MAX),
                 0);
    cr_assert(send(rig, 5, 4));
    cr_assert_eq(rig_take(rig, 2), 8204);
    cr_assert_eq(
        command(rig, ITS_MAPD | UINT64_C(7) << 32, 0xffffffe0 | 3, VALID | ITT_2 | UINT64_C(0x7ff00000000000ff), 0), 0);
    cr_assert_eq(mapti(rig, 7, 15, 8205, 0), 0);
    cr_assert_eq(mapti(rig, 7, 16, 8205, 0), 0x010a05, "four bits of EventID");
    rig_free(rig);
}

// The guest may write anything into its tables: a processor that does not exist is treated as none.
Test(its, a_collection_of_a_processor_that_is_not_there_is_unmapped)
{
    struct rig *rig = rig_mapped();
    for (uint64_t cpu = 2; cpu < 5; cpu++) {
        enable(rig, false); // drops what is cached
        bytes_put(at(rig, COLLECTIONS + 8), 8, VALID | cpu);
        enable(rig, true);
        cr_assert_eq(send(rig, 5, 3), cpu < 3, "processor %u", (unsigned)cpu);
        cr_assert_eq(on_event(rig, ITS_INT, 5, 3, 0), cpu < 3 ? 0 : 0x010309);
    }
    rig_free(rig);
}

Test(its, a_reset_drops_what_was_cached)
{
    struct rig *rig = rig_mapped();
    cr_assert(send(rig, 5, 3));
    arm_irq_reset(&rig->irq);
    cr_assert_not(send(rig, 5, 3), "disabled");
    memset(at(rig, DEVICES), 0, 0x10000);
    its_put(rig, CBASER, VALID | QUEUE | 1);
    its_put(rig, BASER0, VALID | DEVICES | 15);
    its_put(rig, BASER1, VALID | COLLECTIONS);
    enable(rig, true);
    cr_assert_not(send(rig, 5, 3), "no table says so");
    rig_free(rig);
}

// GITS_BASER.Physical_Address with pages of 64 KiB: bits 15:12 are address bits 51:48 (IHI 0069, GITS_BASER).
Test(its, tables_of_64_kib_pages_have_52_bits_of_address)
{
    for (unsigned size = 0; size < 4; size++)
        for (unsigned bit = 12; bit < 16; bit++) {
            struct rig *rig = rig_mapped();
            enable(rig, false);
            its_put(rig, BASER0, VALID | DEVICES | size << 8 | BIT64(bit));
            enable(rig, true);
            bool high = size >= 2, below = size == 1 && bit < 14;
            uint32_t expected = high ? 0x0108f0 : 0;
            cr_assert_eq(mapd(rig, 0, ITT, 5, true), expected, "page size %u, bit %u", size, bit);
            uint64_t address = DEVICES + (high || below ? 0 : BIT64(bit));
            cr_assert_eq(bytes_get(at(rig, address), 8) >> 63, !high, "page size %u, bit %u", size, bit);
            rig_free(rig);
        }
}

// --- Errors ---------------------------------------------------------------------------------------------------------

Test(its, mapd_errors)
{
    struct rig *rig = rig_mapped();
    cr_assert_eq(mapd(rig, 8192, ITT, 5, true), 0x010801);
    cr_assert_eq(mapd(rig, 0x10005, ITT, 5, true), 0x010801);
    cr_assert_eq(mapd(rig, 5, ITT, 17, true), 0x010802);
    cr_assert_eq(mapd(rig, 5, ITT, 32, true), 0x010802);
    cr_assert(send(rig, 5, 3), "an error changes nothing");
    cr_assert_eq(rig->irq.its.errors, 4);
    rig_free(rig);
}

Test(its, mapc_errors)
{
    struct rig *rig = rig_mapped();
    cr_assert_eq(mapc(rig, 0, 3, true), 0x010902);
    cr_assert_eq(mapc(rig, 0, 0x7ffffffff, true), 0x010902);
    cr_assert_eq(mapc(rig, 512, 0, true), 0x010903);
    rig_free(rig);
}

Test(its, mapti_and_mapi_errors)
{
    struct rig *rig = rig_mapped();
    cr_assert_eq(mapti(rig, 8192, 3, 8203, 1), 0x010a01);
    cr_assert_eq(mapti(rig, 5, 3, 8203, 512), 0x010a03);
    cr_assert_eq(mapti(rig, 6, 3, 8203, 1), 0x010a04);
    cr_assert_eq(mapti(rig, 5, 32, 8203, 1), 0x010a05);
    cr_assert_eq(mapti(rig, 5, 3, 8191, 1), 0x010a06);
    cr_assert_eq(mapti(rig, 5, 3, 65536, 1), 0x010a06);
    cr_assert_eq(mapti(rig, 5, 3, UINT32_MAX, 1), 0x010a06);
    cr_assert_eq(on_event(rig, ITS_MAPI, 8192, 3, 1), 0x010b01);
    cr_assert_eq(on_event(rig, ITS_MAPI, 5, 3, 512), 0x010b03);
    cr_assert_eq(on_event(rig, ITS_MAPI, 6, 3, 1), 0x010b04);
    cr_assert_eq(on_event(rig, ITS_MAPI, 5, 32, 1), 0x010b05);
    cr_assert_eq(on_event(rig, ITS_MAPI, 5, 3, 1), 0x010b06);
    cr_assert(send(rig, 5, 3));
    cr_assert_eq(rig_take(rig, 1), 8203);
    rig_free(rig);
}

Test(its, errors_of_commands_on_an_event)
{
    static const struct {
        enum its_command command;
        uint32_t number;
    } list[] = {
        { ITS_INT, 0x010300 },  { ITS_CLEAR, 0x010500 },   { ITS_INV, 0x010c00 },
        { ITS_MOVI, 0x010100 }, { ITS_DISCARD, 0x010f00 },
    };
    for (unsigned i = 0; i < countof(list); i++) {
        struct rig *rig = rig_mapped();
        uint32_t number = list[i].number;
        cr_assert_eq(on_event(rig, list[i].command, 8192, 3, 1), number | ITS_ERROR_DEVICE);
        cr_assert_eq(on_event(rig, list[i].command, 6, 3, 1), number | ITS_ERROR_UNMAPPED_DEVICE);
        cr_assert_eq(on_event(rig, list[i].command, 5, 32, 1), number | ITS_ERROR_EVENT);
        cr_assert_eq(on_event(rig, list[i].command, 5, UINT32_MAX, 1), number | ITS_ERROR_EVENT);
        cr_assert_eq(on_event(rig, list[i].command, 5, 4, 1), number | ITS_ERROR_UNMAPPED_INTERRUPT);
        mapc(rig, 1, 0, false);
        cr_assert_eq(on_event(rig, list[i].command, 5, 3, 1), number | ITS_ERROR_UNMAPPED_COLLECTION);
        rig_free(rig);
    }
}

Test(its, errors_of_commands_on_a_collection)
{
    struct rig *rig = rig_mapped();
    cr_assert_eq(on_event(rig, ITS_MOVI, 5, 3, 512), 0x010103);
    cr_assert_eq(on_event(rig, ITS_MOVI, 5, 3, 9), 0x010109);
    cr_assert_eq(command(rig, ITS_INVALL, 0, 512, 0), 0x010d03);
    cr_assert_eq(command(rig, ITS_INVALL, 0, 9, 0), 0x010d09);
    cr_assert_eq(command(rig, ITS_MOVALL, 0, 3 << 16, 0), 0x010e01);
    cr_assert_eq(command(rig, ITS_MOVALL, 0, 0, 3 << 16), 0x010e01);
    rig_free(rig);
}

Test(its, unknown_commands_are_ignored_and_counted)
{
    struct rig *rig = rig_mapped();
    cr_assert_eq(command(rig, 0x00, 0, 0, 0), 0x0100ff);
    cr_assert_eq(command(rig, 0x2a, 0, 0, 0), 0x012aff, "VMAPTI");
    cr_assert_eq(rig->irq.its.errors, 2);
    rig_free(rig);
}

// --- The queue ------------------------------------------------------------------------------------------------------

Test(its, the_queue_wraps)
{
    struct rig *rig = rig_mapped();
    for (unsigned i = 0; i < 600; i++) {
        cr_assert_eq(on_event(rig, ITS_INT, 5, 3, 0), 0);
        cr_assert_eq(rig_take(rig, 1), 8203);
    }
    uint32_t offset = 0x2000 - 64;
    its_put(rig, CWRITER, offset);
    rig_take(rig, 1);
    queue(rig, &offset, ITS_MAPTI | UINT64_C(5) << 32, 1 | UINT64_C(8201) << 32, 0, 0);
    queue(rig, &offset, ITS_MAPTI | UINT64_C(5) << 32, 2 | UINT64_C(8202) << 32, 0, 0);
    queue(rig, &offset, ITS_INT | UINT64_C(5) << 32, 2, 0, 0);
    cr_assert_eq(offset, 32);
    its_put(rig, CWRITER, offset);
    cr_assert_eq(its_get(rig, CREADR), 32);
    cr_assert_eq(rig_take(rig, 0), 8202);
    rig_free(rig);
}

Test(its, commands_wait_for_the_its_to_be_enabled)
{
    struct rig *rig = rig_mapped();
    uint32_t offset = (uint32_t)its_get(rig, CWRITER);
    enable(rig, false);
    cr_assert_eq(rig_get(rig, ARM_IRQ_WINDOW_ITS, CTLR), BIT32(31), "quiescent");
    queue(rig, &offset, ITS_INT | UINT64_C(5) << 32, 3, 0, 0);
    its_put(rig, CWRITER, offset);
    cr_assert_neq(its_get(rig, CREADR), offset);
    enable(rig, true);
    cr_assert_eq(its_get(rig, CREADR), offset);
    cr_assert_eq(rig->pending[1], PENDING_IRQ);
    rig_free(rig);
}

Test(its, a_queue_outside_ram_stalls_until_retry)
{
    struct rig *rig = rig_mapped();
    enable(rig, false);
    its_put(rig, CBASER, VALID | UINT64_C(0x000ffffffffff000));
    cr_assert_eq(its_get(rig, CREADR), 0);
    enable(rig, true);
    its_put(rig, CWRITER, 64);
    cr_assert_eq(its_get(rig, CREADR), 1, "stalled");
    its_put(rig, CWRITER, 96);
    cr_assert_eq(its_get(rig, CREADR), 1);
    its_put(rig, CWRITER, 96 | 1);
    cr_assert_eq(its_get(rig, CREADR), 1, "and again");
    cr_assert_eq(rig->irq.its.mistakes[GIC_MISTAKE_TABLE], 2);
    enable(rig, false);
    its_put(rig, CBASER, VALID | QUEUE | 1);
    its_put(rig, CWRITER, 0);
    cr_assert_eq(its_get(rig, CREADR), 0);
    rig_free(rig);
}

Test(its, a_command_in_error_stalls_the_queue_where_that_is_configured)
{
    struct rig *rig = rig_mapped();
    rig->irq.its.stalls = true;
    uint32_t first = (uint32_t)its_get(rig, CWRITER), offset = first;
    queue(rig, &offset, ITS_INT | UINT64_C(6) << 32, 3, 0, 0);
    queue(rig, &offset, ITS_INT | UINT64_C(5) << 32, 3, 0, 0);
    its_put(rig, CWRITER, offset);
    cr_assert_eq(its_get(rig, CREADR), first | 1, "stalled at the command");
    cr_assert_eq(rig->irq.its.error, 0x010304);
    cr_assert_eq(rig->pending[1], 0);
    its_put(rig, CWRITER, offset | 1);
    cr_assert_eq(its_get(rig, CREADR), first | 1, "it is still wrong");
    cr_assert_eq(rig->irq.its.errors, 2);
    uint32_t at_first = first;
    queue(rig, &at_first, ITS_SYNC, 0, 0, 0); // mended
    cr_assert_eq(its_get(rig, CREADR), first | 1, "nothing happens without Retry");
    its_put(rig, CWRITER, offset | 1);
    cr_assert_eq(its_get(rig, CREADR), offset);
    cr_assert_eq(rig->pending[1], PENDING_IRQ);
    rig_free(rig);
}

Test(its, an_offset_behind_the_queue_is_not_taken)
{
    struct rig *rig = rig_mapped();
    uint64_t before = its_get(rig, CWRITER);
    its_put(rig, CWRITER, 0x2000);
    its_put(rig, CWRITER, 0xfffe0);
    cr_assert_eq(its_get(rig, CWRITER), before);
    its_put(rig, CWRITER, before);
    enable(rig, false);
    its_put(rig, CWRITER, 0x1800);
    its_put(rig, CBASER, VALID | QUEUE); // one page now
    enable(rig, true);
    cr_assert_eq(its_get(rig, CREADR), 0, "CREADR would never meet it");
    rig_free(rig);
}

Test(its, a_flood_of_heavy_commands_is_spread_over_accesses)
{
    struct rig *rig = rig_flooded();
    uint64_t first = its_get(rig, CREADR), second = its_get(rig, CREADR);
    cr_assert_eq(rig->irq.its.due, CLOCK_NEVER, "nothing is under way between accesses");
    cr_assert(first > 0 && second > first && second < 0xfffe0);
    for (unsigned i = 0; i < 2000 && its_get(rig, CREADR) != 0xfffe0; i++)
        ;
    cr_assert_eq(its_get(rig, CREADR), 0xfffe0);
    rig_free(rig);
}

// --- Tables ---------------------------------------------------------------------------------------------------------

Test(its, two_level_tables_are_walked)
{
    struct rig *rig = rig_mapped();
    enable(rig, false);
    its_put(rig, BASER0, VALID | INDIRECT | DEVICES); // 512 pages of 512 devices
    enable(rig, true);
    memset(at(rig, DEVICES), 0, 0x1000);
    cr_assert_eq(mapd(rig, 0x1234, ITT, 5, true), 0x010801, "no page of level 2");
    bytes_put(at(rig, DEVICES + 0x1234 / 512 * 8), 8, VALID | LEVEL_2);
    cr_assert_eq(mapd(rig, 0x1234, ITT_2, 5, true), 0);
    cr_assert_eq(mapti(rig, 0x1234, 1, 8300, 2), 0);
    cr_assert(send(rig, 0x1234, 1));
    cr_assert_eq(rig_take(rig, 2), 8300);
    cr_assert_neq(bytes_get(at(rig, LEVEL_2 + 0x1234 % 512 * 8), 8), 0);
    rig_free(rig);
}

Test(its, pages_of_16_and_64_kib_count)
{
    static const struct {
        unsigned page;
        uint32_t devices;
    } sizes[] = { { 0, 512 }, { 1, 2048 }, { 2, 8192 } };
    for (unsigned i = 0; i < countof(sizes); i++) {
        struct rig *rig = rig_mapped();
        enable(rig, false);
        its_put(rig, BASER0, VALID | DEVICES | sizes[i].page << 8);
        enable(rig, true);
        cr_assert_eq(mapd(rig, sizes[i].devices - 1, ITT, 5, true), 0);
        cr_assert_eq(mapd(rig, sizes[i].devices, ITT, 5, true), 0x010801);
        rig_free(rig);
    }
}

// Device, event and collection FFFFh: two-level tables of 64 KiB pages, an ITT of 512 KiB.
Test(its, ids_have_16_bits)
{
    struct rig *rig = rig_lpi(2, true);
    const uint64_t level_1 = RIG_BASE + 0x330000, devices = RIG_BASE + 0x200000, collections = RIG_BASE + 0x210000;
    const uint64_t itt = RIG_BASE + 0x220000;
    its_put(rig, CBASER, VALID | QUEUE | 1);
    its_put(rig, BASER0, VALID | INDIRECT | 2 << 8 | level_1);
    its_put(rig, BASER1, VALID | INDIRECT | 2 << 8 | (level_1 + 0x10000));
    bytes_put(at(rig, level_1 + 7 * 8), 8, VALID | devices); // 8,192 entries in each page
    bytes_put(at(rig, level_1 + 0x10000 + 7 * 8), 8, VALID | collections);
    enable(rig, true);
    cr_assert_eq(mapd(rig, 0xffff, itt, 16, true), 0);
    cr_assert_eq(mapc(rig, 0xffff, 1, true), 0);
    cr_assert_eq(mapti(rig, 0xffff, 0xffff, 65535, 0xffff), 0);
    cr_assert(send(rig, 0xffff, 0xffff));
    cr_assert_eq(rig_take(rig, 1), 65535);
    cr_assert_not(send(rig, 0x1ffff, 0xffff), "17 bits");
    cr_assert_not(send(rig, 0xffff, 0x1ffff));
    rig_free(rig);
}

Test(its, tables_outside_ram_are_errors_and_no_more)
{
    struct rig *rig = rig_mapped();
    cr_assert_eq(mapd(rig, 6, UINT64_C(0x000fffffffffff00), 16, true), 0);
    cr_assert_eq(mapti(rig, 6, 1, 8200, 0), 0x010af0);
    cr_assert_not(send(rig, 6, 1));
    enable(rig, false);
    its_put(rig, BASER0, VALID | UINT64_C(0xfffffffff000));
    enable(rig, true);
    cr_assert_eq(mapd(rig, 5, ITT, 5, true), 0x0108f0);
    cr_assert_not(send(rig, 5, 3));
    enable(rig, false);
    its_put(rig, BASER0, VALID | INDIRECT | UINT64_C(0xfffffffff000));
    enable(rig, true);
    cr_assert_eq(mapd(rig, 5, ITT, 5, true), 0x0108f0);
    enable(rig, false);
    its_put(rig, BASER0, DEVICES);
    enable(rig, true);
    cr_assert_eq(mapd(rig, 5, ITT, 5, true), 0x010801, "a table that is not valid");
    rig_free(rig);
}

// Whatever bytes the tables hold, an event leads to an existing LPI, or nowhere.
Test(its, tables_full_of_rubbish_lead_nowhere_bad)
{
    struct rig *rig = rig_mapped();
    uint32_t random = 7;
    for (uint64_t address = DEVICES; address < ITT_2 + 0x10000; address++) {
        random = random * 1664525 + 1013904223;
        *at(rig, address) = (uint8_t)(random >> 24);
    }
    for (uint32_t i = 0; i < 20000; i++) {
        random = random * 1664525 + 1013904223;
        send(rig, random >> 16 & 0x1fff, random & 0xff);
        if (i % 3 == 0)
            on_event(rig, random >> 20 & 15, random >> 8 & 0x1fff, random & 0xff, random >> 28);
    }
    arm_irq_settle(&rig->irq);
    rig_free(rig);
}

Test(its, registers_do_not_change_while_it_is_enabled)
{
    struct rig *rig = rig_mapped();
    its_put(rig, CBASER, 0);
    its_put(rig, BASER0, 0);
    cr_assert_eq(its_get(rig, CBASER), VALID | QUEUE | 1);
    cr_assert_eq(rig->irq.its.mistakes[GIC_MISTAKE_ENABLED], 2);
    enable(rig, false);
    its_put(rig, CBASER, UINT64_MAX);
    cr_assert_eq(its_get(rig, CBASER), UINT64_C(0xb8effffffffffcff));
    its_put(rig, BASER0, UINT64_MAX);
    cr_assert_eq(its_get(rig, BASER0), UINT64_C(0xf9e7ffffffffffff));
    its_put(rig, BASER1, 0);
    cr_assert_eq(its_get(rig, BASER1), UINT64_C(0x0407000000000000));
    its_put(rig, BASER1 + 8, UINT64_MAX);
    cr_assert_eq(its_get(rig, BASER1 + 8), 0);
    rig_free(rig);
}

Test(its, an_lpi_of_a_cpu_that_has_them_disabled_is_dropped)
{
    struct rig *rig = rig_mapped();
    gicr_put(rig, 1, 0, 0);
    cr_assert_not(send(rig, 5, 3));
    gicr_put(rig, 1, 0, GICR_CTLR_ENABLE_LPIS);
    cr_assert_eq(rig->pending[1], 0);
    rig_free(rig);
}

// --- State ----------------------------------------------------------------------------------------------------------

static void visit(void *object, struct visit *v)
{
    its_visit(object, v);
}

Test(its, the_list_of_state_misses_no_field)
{
    static struct its its;
    cr_assert_eq(visit_uncovered(&its, sizeof its, visit), 24, "configuration and padding");
}

Test(its, a_loaded_its_goes_on_as_the_saved_one)
{
    struct rig *rig = rig_mapped(), *other = rig_its(3);
    struct visit_save save, again;
    struct visit_load load;
    send(rig, 5, 3);
    visit_save_init(&save);
    visit_save_init(&again);
    arm_irq_visit(&rig->irq, &save.visit);
    visit_load_init(&load, save.data, save.size);
    arm_irq_visit(&other->irq, &load.visit);
    memcpy(rig_memory(other), rig_memory(rig), RIG_MEMORY);
    for (unsigned i = 0; i < 3; i++)
        other->pending[i] = UINT32_MAX;
    arm_irq_loaded(&other->irq);
    arm_irq_visit(&other->irq, &again.visit);
    cr_assert_arr_eq(save.data, again.data, save.size);
    cr_assert_eq(rig_take(other, 1), 8203);
    cr_assert(send(other, 5, 3));
    cr_assert_eq(rig_take(other, 1), 8203);
    free(save.data);
    free(again.data);
    rig_free(rig);
    rig_free(other);
}
