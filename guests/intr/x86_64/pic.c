// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The 8259A pair: 16 lines, the boot processor, no messages. The ELCR selects edge or level (82371SB, ports 4D0h and
// 4D1h).
//
// Not modelled: balancing and MSI, which it has none of.
#include "intr/x86_64/chips.h"
#include "intr/x86_64/vectors.h"
#include "lib/x86_64/chips.h"

enum { LINES = 16 };

// IRQ 2 of the AT bus is connected to the slave's pin 1.
static unsigned line_of(unsigned pin, enum intr_trigger *trigger)
{
    (void)trigger;
    return pin == ISA_CASCADE ? ISA_OF_CASCADE : pin;
}

static void set_level(unsigned line, bool level)
{
    uint16_t port = line < 8 ? ELCR1 : ELCR2;
    uint8_t bit = (uint8_t)(1u << line % 8), old = inb(port);
    outb(port, level ? old | bit : old & (uint8_t)~bit);
}

static int bind_irq(struct intr_irq *irq)
{
    vector_fix(&irq->source, PIC_VECTOR + irq->line);
    set_level(irq->line, irq->source.trigger != INTR_EDGE);
    return INTR_OK;
}

static void unbind_irq(struct intr_irq *irq)
{
    set_level(irq->line, false);
    vector_give(&irq->source);
}

static void mask_irq(const struct intr_irq *irq)
{
    uint16_t port = irq->line < 8 ? PIC1_DATA : PIC2_DATA;
    outb(port, inb(port) | (uint8_t)(1u << irq->line % 8));
}

static void unmask_irq(const struct intr_irq *irq)
{
    pic_unmask(irq->line);
}

static int config_msi(struct intr_msi *msi)
{
    (void)msi;
    return INTR_NO_VECTOR;
}

static void release_msi(struct intr_msi *msi)
{
    (void)msi;
}

static void eoi(uint32_t vector)
{
    unsigned line = vector - PIC_VECTOR;
    if (line >= 8)
        outb(PIC2, (uint8_t)(PIC_SPECIFIC_EOI | line % 8));
    outb(PIC1, (uint8_t)(PIC_SPECIFIC_EOI | (line < 8 ? line : ISA_CASCADE)));
}

// Data sheet, "spurious interrupts": line 7 without an ISR bit. A spurious interrupt of the slave has an ISR bit in the
// master.
static bool spurious(unsigned line)
{
    uint16_t port = line < 8 ? PIC1 : PIC2;
    if (line % 8 != 7)
        return false;
    outb(port, PIC_READ_ISR);
    return !(inb(port) & 0x80);
}

static void trapped(struct frame *frame)
{
    unsigned line = (unsigned)frame->vector - PIC_VECTOR;
    if (!spurious(line))
        intr_deliver(vector_source((uint32_t)frame->vector), (uint32_t)frame->vector);
    else if (line >= 8)
        outb(PIC1, PIC_SPECIFIC_EOI | ISA_CASCADE);
}

static void cpu_init(void)
{
    if (processor_self() == 0)
        vectors_init(trapped);
}

const struct intr_chip *intr_8259(void)
{
    static const struct intr_chip chip = {
        .name = "8259A",
        .lines = LINES,
        .boot_processor_only = true,
        .line_of = line_of,
        .bind_irq = bind_irq,
        .unbind_irq = unbind_irq,
        .mask_irq = mask_irq,
        .unmask_irq = unmask_irq,
        .config_msi = config_msi,
        .release_msi = release_msi,
        .eoi = eoi,
        .cpu_init = cpu_init,
    };
    return &chip;
}
