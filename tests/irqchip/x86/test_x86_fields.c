// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The registers of the x86 chips as data: all of them, by the names of the manuals, and nothing changes by looking.
#include <errno.h>
#include <stdlib.h>

#include <intact/x86_irq.h>

#include "irqchip/fields.h"
#include "irqchip/x86/ioapic.h"
#include "irqchip/x86/lapic.h"

enum { LAPIC_BASE = 0xfee00000, IOAPIC_BASE = 0xfec00000 };

static struct intact_x86_irq *irq;

static void on_pending(void *owner, uint32_t cpu, uint32_t pending)
{
    (void)owner, (void)cpu, (void)pending;
}

static void create(void)
{
    struct intact_x86_irq_config config;
    intact_x86_irq_config_init(&config);
    config.cpus = 2;
    config.pending = on_pending;
    cr_assert_eq(intact_x86_irq_create(&config, &irq, NULL), 0);
}

static void destroy(void)
{
    intact_x86_irq_destroy(irq);
}

static void look(uint32_t cpu)
{
    told_count = 0;
    cr_assert_eq(intact_x86_irq_registers(irq, cpu, keep, NULL), 0);
}

static void write_apic(uint32_t offset, uint32_t value)
{
    cr_assert_eq(intact_x86_irq_memory_write(irq, 0, LAPIC_BASE + offset, 4, value), INTACT_X86_DONE);
}

static void write_ioapic(uint32_t index, uint32_t value)
{
    cr_assert_eq(intact_x86_irq_memory_write(irq, 0, IOAPIC_BASE, 4, index), INTACT_X86_DONE);
    cr_assert_eq(intact_x86_irq_memory_write(irq, 0, IOAPIC_BASE + 0x10, 4, value), INTACT_X86_DONE);
}

TestSuite(x86_fields, .init = create, .fini = destroy);

Test(x86_fields, every_register_of_the_tables_that_can_be_read_is_told)
{
    look(1);
    for (unsigned i = 0; i < lapic_register_count; i++) {
        const struct lapic_register *row = &lapic_registers[i];
        cr_assert_eq(was_told("lapic1", row->reg.name), row->reg.peek && row->access & LAPIC_XAPIC_READ, "%s",
                     row->reg.name);
    }
    for (unsigned i = 0; i < ioapic_reg_count; i++)
        cr_assert(was_told("ioapic0", ioapic_regs[i].name));
    cr_assert(was_told("pic0", "IRR") && was_told("pic1", "IMR"));
    cr_assert(!was_told("lapic0", "TPR"), "of another CPU");
    look(INTACT_NO_CPU);
    cr_assert(was_told("lapic0", "TPR") && was_told("lapic1", "TPR"));
    cr_assert_eq(intact_x86_irq_registers(irq, 2, keep, NULL), -EINVAL);
}

Test(x86_fields, fields_cover_every_bit_that_software_can_write)
{
    look(0);
    for (unsigned i = 0; i < lapic_register_count; i++) {
        const struct reg *reg = &lapic_registers[i].reg;
        if (was_told("lapic0", reg->name))
            cr_assert_eq(reg->mask & ~told_covers(told_find("lapic0", reg->name, 0)), 0, "%s", reg->name);
    }
    cr_assert_eq(told_covers(told_find("ioapic0", "IOREDTBL", 0)) & 0xff0000000001afff, 0xff0000000001afff);
}

Test(x86_fields, looking_changes_nothing)
{
    static uint8_t before[65536], after[65536];
    write_apic(0xf0, 0x1ff);
    write_apic(0x380, 1000000);
    size_t size = intact_x86_irq_save(irq, before, sizeof before);
    cr_assert(size && size <= sizeof before);
    look(INTACT_NO_CPU);
    cr_assert_eq(intact_x86_irq_save(irq, after, sizeof after), size);
    cr_assert_eq(memcmp(before, after, size), 0);
}

Test(x86_fields, values_are_what_software_wrote)
{
    write_apic(0xf0, 0x1fe);
    write_apic(0x80, 0x35);
    write_apic(0x320, 0x200ec);
    write_ioapic(0x10 + 2 * 4 + 1, 0x01000000);
    write_ioapic(0x10 + 2 * 4, 0x1a031);
    look(0);
    const struct intact_chip_register *svr = told_find("lapic0", "SVR", 0), *tpr = told_find("lapic0", "TPR", 0);
    const struct intact_chip_register *timer = told_find("lapic0", "LVT_TIMER", 0);
    const struct intact_chip_register *entry = told_find("ioapic0", "IOREDTBL", 4);
    cr_assert_eq(svr->value, 0x1fe);
    cr_assert_str_eq(told_text(svr, "APIC software enable"), "enabled");
    cr_assert_str_eq(told_text(svr, "spurious vector"), "254");
    cr_assert_str_eq(told_text(tpr, "class"), "3");
    cr_assert_str_eq(told_text(timer, "timer mode"), "periodic");
    cr_assert_str_eq(told_text(timer, "mask"), "unmasked");
    cr_assert_eq(entry->bits, 64);
    cr_assert_eq(entry->value, 0x010000000001a031);
    cr_assert_str_eq(told_text(entry, "mask"), "masked");
    cr_assert_str_eq(told_text(entry, "trigger mode"), "level");
    cr_assert_str_eq(told_text(entry, "polarity"), "active low");
    cr_assert_str_eq(told_text(entry, "vector"), "49");
    cr_assert_str_eq(told_text(entry, "destination"), "1");
}

Test(x86_fields, sets_say_which_numbers_their_bits_are)
{
    write_apic(0xf0, 0x1ff);
    cr_assert(intact_x86_irq_msi(irq, 0xfee00000, 0x55));
    look(0);
    const struct intact_chip_register *irr = told_find("lapic0", "IRR", 2);
    cr_assert_eq(irr->each, 1);
    cr_assert_eq(irr->first, 64);
    cr_assert_str_eq(irr->numbers, "vector");
    cr_assert_eq(irr->value, UINT64_C(1) << (0x55 - 64));
}

Test(x86_fields, the_words_of_an_8259a)
{
    static const uint8_t words[] = { 0x11, 0x20, 0x04, 0x03 };
    for (unsigned i = 0; i < 4; i++)
        intact_x86_irq_port_write(irq, i ? 0x21 : 0x20, words[i]);
    intact_x86_irq_port_write(irq, 0x21, 0xfe);
    intact_x86_irq_port_write(irq, 0x20, 0x0b); // OCW3: reads give ISR
    intact_x86_irq_set_pin(irq, INTACT_CHIP_PIC, 0, true);
    look(0);
    cr_assert_str_eq(told_text(told_find("pic0", "ICW1", 0), "LTIM"), "edge");
    cr_assert_str_eq(told_text(told_find("pic0", "ICW2", 0), "T7-T3"), "4");
    cr_assert_str_eq(told_text(told_find("pic0", "ICW4", 0), "AEOI"), "automatic EOI");
    cr_assert_str_eq(told_text(told_find("pic0", "OCW3", 0), "RIS"), "reads give ISR");
    cr_assert_str_eq(told_text(told_find("pic0", "stage", 0), "waits for"), "OCWs");
    cr_assert_str_eq(told_text(told_find("pic1", "stage", 0), "waits for"), "ICW1");
    cr_assert_eq(told_find("pic0", "IRR", 0)->value, 1);
    cr_assert_eq(told_find("pic0", "pins", 0)->value, 1);
    cr_assert_eq(told_find("pic0", "ICW3", 0)->each, 1, "the master's is a set of pins");
    cr_assert_eq(told_find("pic1", "ICW3", 0)->field_count, 1, "a slave's is its number");
}

Test(x86_fields, x2apic_mode_has_its_own_registers)
{
    cr_assert_eq(intact_x86_irq_msr_write(irq, 0, 0x1b, 0xfee00d00), INTACT_X86_DONE);
    look(0);
    cr_assert_str_eq(told_text(told_find("lapic0", "IA32_APIC_BASE", 0), "x2APIC mode"), "x2APIC");
    cr_assert(!was_told("lapic0", "DFR") && !was_told("lapic0", "ICR_HIGH"));
    cr_assert_eq(told_find("lapic0", "ICR", 0)->bits, 64);
    cr_assert_str_eq(told_text(told_find("lapic0", "LDR", 0), "bit in it"), "1");
}
