// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The sources of intact_x86_irq_why, as a user writes them: "pin:ioapic0.2", "vector:0x31@0", "timer@0".
#include "irqchip/x86/x86_irq.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/why.h"

#define FORMS                                                                                                          \
    "pin:pic.LINE, pin:ioapicN.PIN, vector:VECTOR@CPU, msi:ADDRESS,DATA, nmi, and timer, lint0, lint1, error, "        \
    "thermal, pmc or cmci with @CPU"

struct parser {
    const struct x86_irq *irq;
    const char *source, *at; // all of it, and what is left
    struct error *error;
};

static int refuse(const struct parser *parser)
{
    return error_set(parser->error, -EINVAL, "'%s' is no source of interrupts here: " FORMS, parser->source);
}

static bool skip(struct parser *parser, const char *word)
{
    size_t length = strlen(word);
    if (strncmp(parser->at, word, length) != 0)
        return false;
    parser->at += length;
    return true;
}

// Decimal, or hexadecimal with 0x; in octal nobody counts pins.
static bool number(struct parser *parser, uint64_t *value)
{
    bool hex = parser->at[0] == '0' && (parser->at[1] | 0x20) == 'x';
    const char *digits = parser->at + (hex ? 2 : 0);
    char *end;
    if (!(hex ? isxdigit((unsigned char)*digits) : isdigit((unsigned char)*digits)))
        return false;
    errno = 0;
    *value = strtoull(digits, &end, hex ? 16 : 10);
    parser->at = end;
    return errno == 0;
}

// The rest is "@CPU".
static int cpu_of(struct parser *parser, uint32_t *vcpu)
{
    uint64_t value;
    if (!skip(parser, "@") || !number(parser, &value) || *parser->at)
        return refuse(parser);
    if (value >= parser->irq->config.cpus)
        return error_set(parser->error, -EINVAL, "'%s': there is no CPU %llu; 0 to %u are there", parser->source,
                         (unsigned long long)value, parser->irq->config.cpus - 1);
    *vcpu = (uint32_t)value;
    return 0;
}

static int why_pin(struct parser *parser, struct why *why)
{
    uint64_t index = 0, pin;
    bool pic = skip(parser, "pic");
    if (!pic && !(skip(parser, "ioapic") && number(parser, &index)))
        return refuse(parser);
    if (!skip(parser, ".") || !number(parser, &pin) || *parser->at)
        return refuse(parser);
    uint64_t chip = pic ? X86_IRQ_PIC : X86_IRQ_IOAPIC + index;
    if (index >= INTACT_X86_IOAPICS_MAX || pin > UINT32_MAX ||
        !x86_irq_has_pin(parser->irq, (uint32_t)chip, (uint32_t)pin))
        return error_set(parser->error, -EINVAL, "'%s': there is no such pin", parser->source);
    x86_irq_why_pin(parser->irq, (uint32_t)chip, (uint32_t)pin, why);
    return 0;
}

static int why_vector(struct parser *parser, struct why *why)
{
    uint64_t vector;
    uint32_t vcpu;
    if (!number(parser, &vector))
        return refuse(parser);
    int code = cpu_of(parser, &vcpu);
    if (code < 0)
        return code;
    if (vector > 255)
        return error_set(parser->error, -EINVAL, "'%s': vectors are 0 to 255", parser->source);
    x86_irq_why_vector(parser->irq, vcpu, (unsigned)vector, why);
    return 0;
}

static int why_message(struct parser *parser, struct why *why)
{
    uint64_t address, data;
    if (!number(parser, &address) || !skip(parser, ",") || !number(parser, &data) || *parser->at)
        return refuse(parser);
    if (data > UINT32_MAX)
        return error_set(parser->error, -EINVAL, "'%s': the data of a message has 32 bits", parser->source);
    x86_irq_why_message(parser->irq, address, (uint32_t)data, why);
    return 0;
}

static int why_entry(struct parser *parser, struct why *why)
{
    static const char *const names[LAPIC_LVT_ENTRIES] = {
        "cmci", "timer", "thermal", "pmc", "lint0", "lint1", "error"
    };
    uint32_t vcpu;
    for (unsigned entry = 0; entry < LAPIC_LVT_ENTRIES; entry++) {
        if (!skip(parser, names[entry]))
            continue;
        int code = cpu_of(parser, &vcpu);
        if (code == 0)
            x86_irq_why_lvt(parser->irq, vcpu, (enum lapic_lvt)entry, why);
        return code;
    }
    return refuse(parser);
}

int x86_irq_why_source(const struct x86_irq *irq, const char *source, struct why *why, struct error *error)
{
    struct parser parser = { irq, source, source, error };
    if (skip(&parser, "pin:"))
        return why_pin(&parser, why);
    if (skip(&parser, "vector:"))
        return why_vector(&parser, why);
    if (skip(&parser, "msi:"))
        return why_message(&parser, why);
    if (strcmp(source, "nmi") != 0)
        return why_entry(&parser, why);
    x86_irq_why_nmi(irq, why);
    return 0;
}
