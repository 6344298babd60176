// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The sources of intact_x86_irq_why, as a user writes them: "pin:ioapic0.2", "vector:0x31@0", "timer@0".
#include "irqchip/x86/x86_irq.h"

#include <errno.h>
#include <string.h>

#include "base/why_text.h"

#define FORMS                                                                                                          \
    "pin:pic.LINE, pin:ioapicN.PIN, vector:VECTOR@CPU, msi:ADDRESS,DATA, nmi, and timer, lint0, lint1, error, "        \
    "thermal, pmc or cmci with @CPU"

// The rest is "@CPU".
static int cpu_of(const struct x86_irq *irq, struct why_text *text, uint32_t *vcpu)
{
    return why_text_skip(text, "@") ? why_text_cpu(text, irq->config.cpus, vcpu) : why_text_refuse(text);
}

static int why_pin(const struct x86_irq *irq, struct why_text *text, struct why *why)
{
    uint64_t index = 0, pin;
    bool pic = why_text_skip(text, "pic");
    if (!pic && !(why_text_skip(text, "ioapic") && why_text_number(text, &index)))
        return why_text_refuse(text);
    if (!why_text_skip(text, ".") || !why_text_number(text, &pin) || *text->at)
        return why_text_refuse(text);
    uint64_t chip = pic ? X86_IRQ_PIC : X86_IRQ_IOAPIC + index;
    if (index >= INTACT_X86_IOAPICS_MAX || pin > UINT32_MAX || !x86_irq_has_pin(irq, (uint32_t)chip, (uint32_t)pin))
        return error_set(text->error, -EINVAL, "'%s': there is no such pin", text->source);
    x86_irq_why_pin(irq, (uint32_t)chip, (uint32_t)pin, why);
    return 0;
}

static int why_vector(const struct x86_irq *irq, struct why_text *text, struct why *why)
{
    uint64_t vector;
    uint32_t vcpu;
    if (!why_text_number(text, &vector))
        return why_text_refuse(text);
    int code = cpu_of(irq, text, &vcpu);
    if (code < 0)
        return code;
    if (vector > 255)
        return error_set(text->error, -EINVAL, "'%s': vectors are 0 to 255", text->source);
    x86_irq_why_vector(irq, vcpu, (unsigned)vector, why);
    return 0;
}

static int why_message(const struct x86_irq *irq, struct why_text *text, struct why *why)
{
    uint64_t address, data;
    if (!why_text_number(text, &address) || !why_text_skip(text, ",") || !why_text_number(text, &data) || *text->at)
        return why_text_refuse(text);
    if (data > UINT32_MAX)
        return error_set(text->error, -EINVAL, "'%s': the data of a message has 32 bits", text->source);
    x86_irq_why_message(irq, address, (uint32_t)data, why);
    return 0;
}

static int why_entry(const struct x86_irq *irq, struct why_text *text, struct why *why)
{
    static const char *const names[LAPIC_LVT_ENTRIES] = {
        "cmci", "timer", "thermal", "pmc", "lint0", "lint1", "error"
    };
    uint32_t vcpu;
    for (unsigned entry = 0; entry < LAPIC_LVT_ENTRIES; entry++) {
        if (!why_text_skip(text, names[entry]))
            continue;
        int code = cpu_of(irq, text, &vcpu);
        if (code == 0)
            x86_irq_why_lvt(irq, vcpu, (enum lapic_lvt)entry, why);
        return code;
    }
    return why_text_refuse(text);
}

int x86_irq_why_source(const struct x86_irq *irq, const char *source, struct why *why, struct error *error)
{
    struct why_text text = { source, source, FORMS, error };
    if (why_text_skip(&text, "pin:"))
        return why_pin(irq, &text, why);
    if (why_text_skip(&text, "vector:"))
        return why_vector(irq, &text, why);
    if (why_text_skip(&text, "msi:"))
        return why_message(irq, &text, why);
    if (strcmp(source, "nmi") != 0)
        return why_entry(irq, &text, why);
    x86_irq_why_nmi(irq, why);
    return 0;
}
