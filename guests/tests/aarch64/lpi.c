// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// LPIs: by the ITS's INT command and by a write to GITS_TRANSLATER, and what each command does to them. IHI 0069, 5.3.
//
// A processor's own write to GITS_TRANSLATER has no DeviceID by the architecture; here and on QEMU it is 0.
#include "lib/aarch64/its.h"
#include "lib/guest.h"

enum { DEVICE = 0, OTHER_DEVICE = 9, EVENT_BITS = 4, LPI = LPI_FIRST + 100 };
static volatile unsigned up;
static volatile uint32_t taken[8]; // processor << 16 | INTID
static volatile unsigned count;

static void taking(struct frame *frame)
{
    (void)frame;
    uint32_t iar = gic_acknowledge();
    taken[count % 8] = processor_self() << 16 | gic_intid(iar);
    gic_eoi(iar);
    __atomic_fetch_add(&count, 1, __ATOMIC_SEQ_CST);
}

static void other(void)
{
    lpi_cpu_init();
    up = 1;
    for (;;)
        interrupts_wait();
}

// Waits until `number` of them have been taken, and shows which and by whom.
static void show(const char *what, unsigned number)
{
    while (count < number)
        interrupts_take();
    wait_us(100);
    for (unsigned i = 0; i < 4; i++)
        interrupts_take();
    print("%s:", what);
    for (unsigned i = 0; i < count; i++)
        print(" LPI %u at %u", (uint64_t)(taken[i] & 0xffff) - LPI, (uint64_t)taken[i] >> 16);
    print(count ? "\n" : " nothing\n");
    count = 0;
}

static void translate(uint32_t event)
{
    write32(gic.its + GITS_TRANSLATER, event);
    barrier();
}

static void messages(void)
{
    its_map_device(DEVICE, EVENT_BITS, its_new_itt(EVENT_BITS));
    its_map(DEVICE, 3, LPI, 0);
    its_map(DEVICE, 5, LPI + 1, 0);
    lpi_configure(LPI, 0x60, true);
    lpi_configure(LPI + 1, 0x40, true);
    its_invall(0);
    its_int(DEVICE, 3);
    show("INT", 1);
    its_int(DEVICE, 3);
    its_int(DEVICE, 3);
    show("INT twice", 1);
    translate(3);
    show("GITS_TRANSLATER", 1);
    translate(3);
    translate(5);
    show("two of them, by priority", 2);
    its_int(DEVICE, 4);
    show("an event without a mapping", 0);
    its_int(DEVICE, 1 << EVENT_BITS);
    show("an event out of range", 0);
    its_int(OTHER_DEVICE, 3);
    show("a device without a table", 0);
    translate(1 << EVENT_BITS);
    show("GITS_TRANSLATER, out of range", 0);
}

static void take_back(void)
{
    translate(3);
    its_clear(DEVICE, 3);
    its_sync(0);
    show("CLEAR", 0);
    translate(3);
    its_discard(DEVICE, 3);
    its_sync(0);
    show("DISCARD of a pending one", 0);
    its_int(DEVICE, 3);
    show("INT after DISCARD", 0);
    its_map(DEVICE, 3, LPI + 2, 0);
    lpi_configure(LPI + 2, 0x60, true);
    its_inv(DEVICE, 3);
    its_int(DEVICE, 3);
    show("mapped once more, to another", 1);
}

static void configuration(void)
{
    lpi_configure(LPI + 2, 0x60, false);
    its_inv(DEVICE, 3);
    its_sync(0);
    its_int(DEVICE, 3);
    show("disabled, INV", 0);
    lpi_configure(LPI + 2, 0x60, true);
    its_inv(DEVICE, 3);
    its_sync(0);
    show("enabled while pending, INV", 1);
    gic_set_mask(0x60);
    its_int(DEVICE, 3);
    show("held back by the mask", 0);
    lpi_configure(LPI + 2, 0x58, true);
    its_inv(DEVICE, 3);
    its_sync(0);
    show("priority 58, INV", 1);
    gic_set_mask(0xff);
    lpi_configure(LPI + 1, 0x60, false);
    lpi_configure(LPI + 2, 0x60, false);
    its_invall(0);
    its_sync(0);
    translate(3);
    translate(5);
    show("disabled, INVALL", 0);
    lpi_configure(LPI + 1, 0x60, true);
    lpi_configure(LPI + 2, 0x40, true);
    its_invall(0);
    its_sync(0);
    show("enabled while pending, INVALL", 2);
}

static void moves(void)
{
    its_move(DEVICE, 3, 1);
    its_sync(0);
    its_sync(1);
    translate(3);
    show("MOVI to processor 1", 1);
    its_move(DEVICE, 3, 0);
    its_sync(0);
    translate(3);
    its_move(DEVICE, 3, 1);
    its_sync(0);
    its_sync(1);
    show("MOVI of a pending one", 1);
    its_map_processor(0, 1);
    its_int(DEVICE, 5);
    show("collection 0 mapped to processor 1", 1);
    its_map_processor(0, 0);
    translate(5);
    its_move_all(0, 1);
    its_map_processor(0, 1);
    its_sync(0);
    its_sync(1);
    show("MOVALL to processor 1", 1);
    its_map_processor(0, 0);
    its_int(DEVICE, 5);
    show("back", 1);
}

static void devices(void)
{
    its_map_device(OTHER_DEVICE, EVENT_BITS, its_new_itt(EVENT_BITS));
    its_map(OTHER_DEVICE, 3, LPI + 3, 1);
    lpi_configure(LPI + 3, 0x60, true);
    its_inv(OTHER_DEVICE, 3);
    its_int(OTHER_DEVICE, 3);
    show("another device", 1);
    its_map_device(OTHER_DEVICE, EVENT_BITS, NULL);
    its_int(OTHER_DEVICE, 3);
    show("unmapped", 0);
    // 128 commands fill the queue's page: it wraps.
    for (unsigned i = 0; i < 200; i++)
        its_inv(DEVICE, 5);
    its_int(DEVICE, 5);
    show("after 200 commands", 1);
}

int guest_main(void)
{
    on_trap(VECTOR_IRQ, taking);
    lpi_init();
    lpi_cpu_init();
    if (processor_count() < 2 || !processor_run(1, other))
        fail("needs two processors");
    while (!up)
        relax();
    its_init();
    messages();
    take_back();
    configuration();
    moves();
    devices();
    return EXIT_PASSED;
}
