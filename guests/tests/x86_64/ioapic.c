// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The IOAPIC from inside, its pins driven by the test device: edges and masks, levels with remote IRR and EOI, logical
// destinations, NMI. 82093AA data sheet.
#include "lib/guest.h"
#include "lib/x86_64/chips.h"

enum { PIN = 5, EDGE_VECTOR = 0x51, LEVEL_VECTOR = 0x61 };
static volatile unsigned drop_after, nmis;

static void line(unsigned pin, unsigned level)
{
    outb((uint16_t)(0x2000 + pin), (uint8_t)level);
}

static uint64_t entry(unsigned pin)
{
    return ioapic_read(IOAPIC_ENTRY + 2 * pin);
}

static void edge(struct frame *frame)
{
    print("  vector %x, TMR %u\n", frame->vector, (uint64_t)lapic_bit(LAPIC_TMR, (unsigned)frame->vector));
    lapic_eoi();
}

static void level(struct frame *frame)
{
    print("  vector %x, TMR %u, remote IRR %u\n", frame->vector,
          (uint64_t)lapic_bit(LAPIC_TMR, (unsigned)frame->vector), entry(PIN) >> 14 & 1);
    if (--drop_after == 0)
        line(PIN, 0);
    lapic_eoi();
}

static void non_maskable(struct frame *frame)
{
    (void)frame;
    nmis++;
}

static void registers(void)
{
    print("entries %u, reserved bits read %x\n", (uint64_t)(ioapic_read(IOAPIC_VERSION) >> 16 & 0xff) + 1,
          (uint64_t)ioapic_read(0) & 0xf0ffffff);
    ioapic_route(PIN, 0xffffffff, 0xff);
    print("entry of ones: %x %x\n", entry(PIN) & 0x1afff, (uint64_t)ioapic_read(IOAPIC_ENTRY + 2 * PIN + 1) >> 24);
    ioapic_route(PIN, ENTRY_MASKED, 0);
}

static void edges(void)
{
    print("edge\n");
    ioapic_route(PIN, EDGE_VECTOR, 0);
    line(PIN, 1);
    interrupts_take();
    interrupts_take();
    line(PIN, 0);
    interrupts_take();
    print("edge while masked is lost\n");
    ioapic_route(PIN, ENTRY_MASKED | EDGE_VECTOR, 0);
    line(PIN, 1);
    ioapic_route(PIN, EDGE_VECTOR, 0);
    interrupts_take();
    line(PIN, 0);
}

static void levels(void)
{
    print("level, until it is dropped\n");
    ioapic_route(PIN, ENTRY_LEVEL | LEVEL_VECTOR, 0);
    drop_after = 3;
    line(PIN, 1);
    print("  remote IRR %u\n", entry(PIN) >> 14 & 1);
    interrupts_take();
    print("  remote IRR %u\n", entry(PIN) >> 14 & 1);
    print("level while masked comes when the mask goes\n");
    ioapic_route(PIN, ENTRY_MASKED | ENTRY_LEVEL | LEVEL_VECTOR, 0);
    drop_after = 1;
    line(PIN, 1);
    interrupts_take();
    print("  unmask\n");
    ioapic_route(PIN, ENTRY_LEVEL | LEVEL_VECTOR, 0);
    interrupts_take();
    ioapic_route(PIN, ENTRY_MASKED, 0);
}

static void logical(void)
{
    print("logical destination, flat\n");
    lapic_write(LAPIC_DFR, 0xffffffff);
    lapic_write(LAPIC_LDR, 0x04000000);
    ioapic_route(PIN, 0x800 | EDGE_VECTOR, 0x06);
    line(PIN, 1);
    interrupts_take();
    line(PIN, 0);
    print("  another's bit\n");
    ioapic_route(PIN, 0x800 | EDGE_VECTOR, 0x02);
    line(PIN, 1);
    interrupts_take();
    line(PIN, 0);
    print("logical destination, cluster\n");
    lapic_write(LAPIC_DFR, 0x0fffffff);
    lapic_write(LAPIC_LDR, 0x24000000);
    ioapic_route(PIN, 0x800 | EDGE_VECTOR, 0x2c);
    line(PIN, 1);
    interrupts_take();
    line(PIN, 0);
    print("  another cluster\n");
    ioapic_route(PIN, 0x800 | EDGE_VECTOR, 0x1c);
    line(PIN, 1);
    interrupts_take();
    line(PIN, 0);
    print("lowest priority\n");
    ioapic_route(PIN, 0x900 | EDGE_VECTOR, 0x24);
    line(PIN, 1);
    interrupts_take();
    line(PIN, 0);
    ioapic_route(PIN, ENTRY_MASKED, 0);
}

static void nmi(void)
{
    print("NMI\n");
    on_trap(2, non_maskable);
    ioapic_route(PIN, 0x400, 0);
    line(PIN, 1);
    for (unsigned i = 0; i < 100; i++)
        relax();
    line(PIN, 0);
    print("  %u\n", (uint64_t)nmis);
    ioapic_route(PIN, ENTRY_MASKED, 0);
}

int guest_main(void)
{
    on_trap(EDGE_VECTOR, edge);
    on_trap(LEVEL_VECTOR, level);
    registers();
    edges();
    levels();
    logical();
    nmi();
    return EXIT_PASSED;
}
