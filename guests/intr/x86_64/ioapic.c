// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// IOAPICs for lines, and messages directly to a local APIC in xAPIC or x2APIC mode (82093AA; SDM volume 3, chapter
// "Advanced Programmable Interrupt Controller").
#include "intr/x86_64/chips.h"
#include "intr/x86_64/vectors.h"
#include "lib/x86_64/chips.h"

enum { APIC_BASE = 0x1b, APIC_ENABLE = 0xc00, X2APIC_TPR = 0x808, X2APIC_EOI = 0x80b, X2APIC_SVR = 0x80f };
#define MSI_ADDRESS UINT64_C(0xfee00000)

static const struct firmware *firmware;

// --- Lines ----------------------------------------------------------------------------------------------------------

// An ISA IRQ may have another GSI and another trigger mode than on its bus. IRQ 2 of the bus is 9; the IOAPIC's pin 2
// is another interrupt, usually the timer.
static unsigned line_of(unsigned pin, enum intr_trigger *trigger)
{
    if (pin >= FIRMWARE_ISA_IRQS)
        return pin;
    if (pin == ISA_CASCADE)
        pin = ISA_OF_CASCADE;
    const struct firmware_isa *isa = &firmware->isa[pin];
    bool low = (isa->flags & INTI_POLARITY) == INTI_ACTIVE_LOW;
    if ((isa->flags & INTI_TRIGGER) == INTI_LEVEL)
        *trigger = low ? INTR_LEVEL_LOW : INTR_LEVEL_HIGH;
    else if ((isa->flags & INTI_TRIGGER) == INTI_EDGE)
        *trigger = INTR_EDGE;
    return isa->gsi;
}

static uint32_t read_ioapic(const struct firmware_ioapic *ioapic, uint32_t index)
{
    write32(ioapic->address, index);
    return read32(ioapic->address + 0x10);
}

static void write_ioapic(const struct firmware_ioapic *ioapic, uint32_t index, uint32_t value)
{
    write32(ioapic->address, index);
    write32(ioapic->address + 0x10, value);
}

// The IOAPIC that has the line, and its entry's index there; NULL: none has.
static const struct firmware_ioapic *entry_of(unsigned line, uint32_t *index)
{
    for (unsigned i = 0; i < firmware->ioapics; i++) {
        const struct firmware_ioapic *ioapic = &firmware->ioapic[i];
        uint32_t last = read_ioapic(ioapic, IOAPIC_VERSION) >> 16 & 0xff;
        if (line < ioapic->gsi_base || line > ioapic->gsi_base + last)
            continue;
        *index = IOAPIC_ENTRY + 2 * (line - ioapic->gsi_base);
        return ioapic;
    }
    return NULL;
}

// The upper half first, while the lower one masks: an unmasked entry never has a wrong processor.
static int bind_irq(struct intr_irq *irq)
{
    uint32_t index, low = ENTRY_MASKED;
    const struct firmware_ioapic *ioapic = entry_of(irq->line, &index);
    if (!ioapic || vector_take(&irq->source) < 0)
        return INTR_NO_VECTOR;
    if (irq->source.trigger != INTR_EDGE)
        low |= ENTRY_LEVEL;
    if (irq->source.trigger == INTR_LEVEL_LOW)
        low |= ENTRY_LOW;
    write_ioapic(ioapic, index, read_ioapic(ioapic, index) | ENTRY_MASKED);
    write_ioapic(ioapic, index + 1, irq->source.cpu << 24);
    write_ioapic(ioapic, index, low | irq->source.vector);
    return INTR_OK;
}

// Only the mask bit: trigger, polarity and vector stay, or an EOI that is still to come would miss its entry.
static void mask_irq(const struct intr_irq *irq)
{
    uint32_t index;
    const struct firmware_ioapic *ioapic = entry_of(irq->line, &index);
    write_ioapic(ioapic, index, read_ioapic(ioapic, index) | ENTRY_MASKED);
}

// Stays masked, and unchanged: some IOAPICs do not see a level that rose while the entry was edge-triggered until it
// falls.
static void unbind_irq(struct intr_irq *irq)
{
    mask_irq(irq);
    vector_give(&irq->source);
}

static void unmask_irq(const struct intr_irq *irq)
{
    uint32_t index;
    const struct firmware_ioapic *ioapic = entry_of(irq->line, &index);
    write_ioapic(ioapic, index, read_ioapic(ioapic, index) & ~(uint32_t)ENTRY_MASKED);
}

// --- Messages -------------------------------------------------------------------------------------------------------

// SDM volume 3, "Message Signalled Interrupts": physical destination, fixed, edge.
static int config_msi(struct intr_msi *msi)
{
    if (vector_take(&msi->source) < 0)
        return INTR_NO_VECTOR;
    msi->message = (struct intr_message){ MSI_ADDRESS | msi->source.cpu << 12, msi->source.vector };
    return INTR_OK;
}

static void release_msi(struct intr_msi *msi)
{
    vector_give(&msi->source);
}

// --- Local APICs ----------------------------------------------------------------------------------------------------

static void trapped(struct frame *frame)
{
    intr_deliver(vector_source((uint32_t)frame->vector), (uint32_t)frame->vector);
}

// Has no ISR bit: no EOI.
static void spurious(struct frame *frame)
{
    (void)frame;
}

static void traps_to_us(void)
{
    if (processor_self())
        return;
    vectors_init(trapped);
    on_trap(SPURIOUS_VECTOR, spurious);
}

static void xapic_init(void)
{
    traps_to_us();
    lapic_init(processor_self() == 0);
}

static void x2apic_init(void)
{
    traps_to_us();
    wrmsr(APIC_BASE, rdmsr(APIC_BASE) | APIC_ENABLE);
    wrmsr(X2APIC_SVR, 0x100 | SPURIOUS_VECTOR);
    wrmsr(X2APIC_TPR, 0);
}

static void xapic_eoi(uint32_t vector)
{
    (void)vector;
    lapic_eoi();
}

static void x2apic_eoi(uint32_t vector)
{
    (void)vector;
    wrmsr(X2APIC_EOI, 0);
}

const struct intr_chip *intr_ioapic(const struct firmware *from, bool x2apic)
{
    static struct intr_chip chip = {
        .lines = INTR_LINES,
        .line_of = line_of,
        .bind_irq = bind_irq,
        .unbind_irq = unbind_irq,
        .mask_irq = mask_irq,
        .unmask_irq = unmask_irq,
        .config_msi = config_msi,
        .release_msi = release_msi,
    };
    firmware = from;
    chip.name = x2apic ? "IOAPIC and x2APIC" : "IOAPIC and xAPIC";
    chip.eoi = x2apic ? x2apic_eoi : xapic_eoi;
    chip.cpu_init = x2apic ? x2apic_init : xapic_init;
    return &chip;
}
