// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The registers of all x86 chips as data (<intact/chips.h>), and of the wiring the one that it has.
//
// Spec: MultiProcessor Specification 1.4, 3.6.2.1 (IMCR).
#include "irqchip/x86/x86_irq.h"

#include <stdio.h>

static const struct intact_register_field imcr[] = { FLAG("8259A and NMI", 0, "to CPU 0", "to the APICs") };
static const struct register_form imcr_form = FORM_IN("MultiProcessor Specification 1.4, 3.6.2.1", "IMCR", imcr);

static void tell_pics(const struct x86_irq *irq, struct register_sink *sink)
{
    char name[24], text[24];
    for (unsigned chip = 0; chip < irq->pic.chips; chip++) {
        snprintf(name, sizeof name, "pic%u", chip);
        snprintf(text, sizeof text, "8259A %s", chip ? "slave" : "master");
        register_chip(sink, INTACT_CHIP_PIC, INTACT_NO_CPU, name, text, "8259A");
        pic_cascade_tell(&irq->pic, chip, sink);
        if (chip == 0 && irq->config.imcr)
            register_tell(sink, "IMCR", 0, 1, 8, irq->imcr, &imcr_form);
    }
}

static void tell_ioapics(const struct x86_irq *irq, struct register_sink *sink)
{
    char name[24], text[24];
    for (uint32_t i = 0; i < irq->config.ioapic_count; i++) {
        snprintf(name, sizeof name, "ioapic%u", i);
        snprintf(text, sizeof text, "IOAPIC %u", i);
        register_chip(sink, INTACT_CHIP_IOAPIC + i, INTACT_NO_CPU, name, text, "82093AA");
        ioapic_tell(&irq->ioapics[i], sink);
    }
}

void x86_irq_tell(const struct x86_irq *irq, uint32_t vcpu, uint64_t now, struct register_sink *sink)
{
    char name[24], text[32];
    if (irq->config.pic)
        tell_pics(irq, sink);
    tell_ioapics(irq, sink);
    for (uint32_t i = 0; i < irq->config.cpus; i++) {
        if (vcpu != INTACT_NO_CPU && vcpu != i)
            continue;
        snprintf(name, sizeof name, "lapic%u", i);
        snprintf(text, sizeof text, "local APIC of CPU %u", i);
        register_chip(sink, INTACT_CHIP_LAPIC, i, name, text, "SDM 3A");
        lapic_tell(&irq->cpus[i].lapic, now, sink);
    }
}
