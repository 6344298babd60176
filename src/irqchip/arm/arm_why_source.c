// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The sources of intact_arm_irq_why, as a user writes them: "intid:27@2", "pin:gicd.1", "event:5,3".
//
// Path: a program's question / arm_irq_why.c
#include "irqchip/arm/arm_irq.h"

#include <errno.h>

#include "base/why_text.h"

#define FORMS                                                                                                          \
    "intid:INTID of an SPI or LPI, intid:INTID@CPU, lpi:INTID, lpi:INTID@CPU, pin:gicd.PIN, "                          \
    "msi:ADDRESS,DATA, msi:ADDRESS,DATA,DEVICE and event:DEVICE,EVENT"
#define INTID_LIMIT 0xffffffu

// Numbers with commas between them, which end the text: `least` to `count`.
static int read_numbers(struct why_text *text, uint64_t *values, unsigned least, unsigned count)
{
    unsigned i = 0;
    do {
        if (i == count || !why_text_number(text, &values[i]))
            return why_text_refuse(text);
        i++;
    } while (why_text_skip(text, ","));
    return i < least || *text->at ? why_text_refuse(text) : 0;
}

static int check_32(const struct why_text *text, const char *name, uint64_t value)
{
    if (value <= UINT32_MAX)
        return 0;
    return error_set(text->error, -EINVAL, "'%s': %s %llu has more than 32 bits", text->source, name,
                     (unsigned long long)value);
}

// "33", "27@2".
static int read_intid(struct why_text *text, uint32_t cpus, uint64_t *intid, uint32_t *vcpu)
{
    if (!why_text_number(text, intid))
        return why_text_refuse(text);
    if (why_text_skip(text, "@")) {
        int code = why_text_cpu(text, cpus, vcpu);
        if (code < 0)
            return code;
    }
    if (*text->at)
        return why_text_refuse(text);
    if (*intid > INTID_LIMIT)
        return error_set(text->error, -EINVAL, "'%s': INTIDs are 0 to %u", text->source, INTID_LIMIT);
    return 0;
}

static int why_intid(const struct arm_irq *irq, struct why_text *text, struct why *why)
{
    uint64_t intid = 0;
    uint32_t vcpu = ARM_IRQ_ANY_CPU, last = irq->config.cpus - 1;
    int code = read_intid(text, irq->config.cpus, &intid, &vcpu);
    if (code < 0)
        return code;
    if (vcpu == ARM_IRQ_ANY_CPU && gicr_has(&irq->cpus[0].gicr, gic_slot_of((uint32_t)intid)))
        return error_set(text->error, -EINVAL, "'%s': an SGI or PPI is one of a CPU: intid:%llu@0 to intid:%llu@%u",
                         text->source, (unsigned long long)intid, (unsigned long long)intid, last);
    arm_irq_why_intid(irq, vcpu, (uint32_t)intid, why);
    return 0;
}

static int why_lpi(const struct arm_irq *irq, struct why_text *text, struct why *why)
{
    uint64_t intid = 0;
    uint32_t vcpu = ARM_IRQ_ANY_CPU;
    int code = read_intid(text, irq->config.cpus, &intid, &vcpu);
    if (code < 0)
        return code;
    if (intid < GIC_LPI_FIRST)
        return error_set(text->error, -EINVAL, "'%s': INTID %llu is no LPI; they are %u and up", text->source,
                         (unsigned long long)intid, GIC_LPI_FIRST);
    arm_irq_why_intid(irq, vcpu, (uint32_t)intid, why);
    return 0;
}

static int why_pin(const struct arm_irq *irq, struct why_text *text, struct why *why)
{
    uint64_t pin = 0;
    if (!why_text_skip(text, "gicd.") || !why_text_number(text, &pin) || *text->at)
        return why_text_refuse(text);
    int code = check_32(text, "pin", pin);
    if (code == 0)
        arm_irq_why_pin(irq, (uint32_t)pin, why);
    return code;
}

static int why_message(const struct arm_irq *irq, struct why_text *text, struct why *why)
{
    uint64_t values[3] = { 0 };
    int code = read_numbers(text, values, 2, 3);
    if (code == 0)
        code = check_32(text, "data", values[1]);
    if (code == 0)
        code = check_32(text, "DeviceID", values[2]);
    if (code == 0)
        arm_irq_why_message(irq, values[0], (uint32_t)values[1], (uint32_t)values[2], why);
    return code;
}

static int why_event(const struct arm_irq *irq, struct why_text *text, struct why *why)
{
    uint64_t values[2] = { 0 };
    int code = read_numbers(text, values, 2, 2);
    if (code == 0)
        code = check_32(text, "DeviceID", values[0]);
    if (code == 0)
        code = check_32(text, "EventID", values[1]);
    if (code == 0)
        arm_irq_why_event(irq, (uint32_t)values[0], (uint32_t)values[1], why);
    return code;
}

int arm_irq_why_source(const struct arm_irq *irq, const char *source, struct why *why, struct error *error)
{
    struct why_text text = { source, source, FORMS, error };
    if (why_text_skip(&text, "intid:"))
        return why_intid(irq, &text, why);
    if (why_text_skip(&text, "lpi:"))
        return why_lpi(irq, &text, why);
    if (why_text_skip(&text, "pin:"))
        return why_pin(irq, &text, why);
    if (why_text_skip(&text, "msi:"))
        return why_message(irq, &text, why);
    if (why_text_skip(&text, "event:"))
        return why_event(irq, &text, why);
    return why_text_refuse(&text);
}
