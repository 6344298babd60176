// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Prints docs/registers.md from the register tables that the chips run on. A test compares the two:
//
//     print-registers > docs/registers.md
#include <stdio.h>

#include "devices/display/vga.h"
#include "devices/dma8237.h"
#include "devices/virtio/virtio_mmio.h"
#include "irqchip/arm/gicc.h"
#include "irqchip/arm/gicd.h"
#include "irqchip/arm/gicr.h"
#include "irqchip/arm/gicv2m.h"
#include "irqchip/arm/icc.h"
#include "irqchip/arm/its.h"
#include "irqchip/x86/ioapic.h"
#include "irqchip/x86/lapic.h"

static void print_heading(const char *title, const char *spec, const char *where)
{
    printf("\n## %s\n%s\n\n| %s | register | number | sizes | access | reset | writable |\n", title, spec, where);
    printf("| --- | --- | --- | --- | --- | --- | --- |\n");
}

static void print_row(const struct reg *reg, uint32_t where, const char *access)
{
    char sizes[24] = "";
    unsigned length = 0, count = reg->count ? reg->count : 1;
    for (unsigned size = 1; size <= 8; size *= 2)
        if (reg->widths & size)
            length += (unsigned)snprintf(sizes + length, sizeof sizes - length, "%s%u", length ? ", " : "", size * 8);
    printf("| %05x | %s | %u | %s | %s | %llx | %llx |\n", where, reg->name, count, sizes, access,
           (unsigned long long)reg->reset, (unsigned long long)reg->mask);
}

static void print_gic(const char *title, const char *spec, const struct gic_register *rows, unsigned count)
{
    static const char *const access[8] = { "", "RO", "WO", "RW", "", "RO, Secure", "WO, Secure", "RW, Secure" };
    print_heading(title, spec, "offset");
    for (unsigned i = 0; i < count; i++)
        print_row(&rows[i].reg, rows[i].reg.offset, access[rows[i].access & 7]);
}

static void print_icc(void)
{
    static const char *const access[4] = { "", "RO", "WO", "RW" };
    print_heading("GICv3 CPU interface (ICC)", "IHI 0069. By encoding: op0 << 14, op1 << 11, CRn << 7, CRm << 3, op2.",
                  "encoding");
    for (unsigned i = 0; i < icc_register_count; i++)
        print_row(&icc_registers[i].reg, icc_registers[i].reg.offset, access[icc_registers[i].access & ICC_RW]);
}

static void print_lapic(void)
{
    static const char *const access[4] = { "-", "RO", "WO", "RW" };
    char both[16];
    print_heading("Local APIC", "Intel SDM vol. 3. Access in xAPIC and x2APIC mode.", "offset");
    for (unsigned i = 0; i < lapic_register_count; i++) {
        const struct lapic_register *row = &lapic_registers[i];
        snprintf(both, sizeof both, "%s, %s", access[row->access & 3], access[row->access >> 2 & 3]);
        print_row(&row->reg, row->reg.offset, both);
    }
}

static void print_ioapic(void)
{
    print_heading("I/O APIC", "82093AA data sheet 3.2. By index of IOREGSEL.", "index");
    for (unsigned i = 0; i < ioapic_reg_count; i++)
        print_row(&ioapic_regs[i], ioapic_regs[i].offset, ioapic_regs[i].mask ? "RW" : "RO");
}

static void print_dma(void)
{
    static const char *const access[4] = { "-", "RO", "WO", "RW" };
    print_heading("8237A", "Intel 8237A data sheet. What is read, what is written.", "offset");
    for (unsigned i = 0; i < dma8237_register_count; i++) {
        const struct reg *row = &dma8237_registers[i];
        print_row(row, row->offset, access[(reg_readable(row) ? 1 : 0) | (reg_writable(row) ? 2 : 0)]);
    }
}

static void print_display(void)
{
    for (unsigned t = 0; t < VGA_TABLES; t++) {
        print_heading(vga_tables[t].title, "IBM PS/2 Hardware Interface Technical Reference. By index.", "index");
        for (unsigned i = 0; i < vga_tables[t].count; i++)
            print_row(&vga_tables[t].rows[i], vga_tables[t].rows[i].offset, "RW");
    }
    print_heading("Bochs VBE extensions", "By index at 1CEh, or by half the offset from 500h in BAR 2.", "index");
    for (unsigned i = 0; i < VBE_REGISTERS; i++)
        print_row(&vbe_rows[i], vbe_rows[i].offset, vbe_rows[i].mask ? "RW" : "RO");
}

static void print_virtio(void)
{
    static const char *const access[4] = { "-", "RO", "WO", "RW" };
    unsigned count;
    const struct reg *rows = virtio_mmio_registers(&count);
    print_heading(
        "virtio-mmio",
        "VIRTIO 1.2, 4.2.2 and 4.2.4: of version 2 and, GuestPageSize, QueueAlign and QueuePFN, of version 1.",
        "offset");
    for (unsigned i = 0; i < count; i++)
        print_row(&rows[i], rows[i].offset,
                  access[(reg_readable(&rows[i]) ? 1 : 0) | (reg_writable(&rows[i]) ? 2 : 0)]);
}

int main(void)
{
    printf(
        "# Registers\n\nGenerated from the tables that answer the guest's accesses; do not edit. Offsets, reset values "
        "and masks of\nwritable bits are hexadecimal, sizes in bits. Where reset or mask depend on the configuration "
        "(counts of interrupts,\nSecurity states), the head comment of the chip says how.\n");
    print_ioapic();
    print_lapic();
    print_gic("GICv2 distributor", "IHI 0048B 4.3.", gicd_v2_registers, gicd_v2_register_count);
    print_gic("GICv2 CPU interface", "IHI 0048B 4.4.", gicc_registers, gicc_register_count);
    print_gic("GICv2m", "SBSA, appendix GICv2m.", gicv2m_registers, gicv2m_register_count);
    print_gic("GICv3 distributor", "IHI 0069.", gicd_registers, gicd_register_count);
    print_gic("GICv3 redistributor", "IHI 0069.", gicr_registers, gicr_register_count);
    print_icc();
    print_gic("ITS", "IHI 0069.", its_registers, its_register_count);
    print_virtio();
    print_dma();
    print_display();
    return 0;
}
