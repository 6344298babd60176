// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Why an interrupt does not arrive: the source as a text, such as "intid:27@2".
//
// Path: a program's question / arm_irq_why.c
#include <ctype.h>
#include <errno.h>
#include <string.h>

#include "irqchip/arm/arm_irq.h"

#define FORMS                                                                                                          \
    "intid:27@2 (SGI or PPI of a CPU), intid:33 (SPI), lpi:8192, pin:gicd.1, msi:ADDRESS,DATA[,DEVICE] and "           \
    "event:DEVICE,EVENT are possible"

// The text that is being read, for one question.
struct reader {
    const struct arm_irq *irq;
    const char *source, *at;
    struct why *why;
    struct error *error;
};

static int fail_forms(const struct reader *reader)
{
    return error_set(reader->error, -EINVAL, "source '%.80s': " FORMS, reader->source);
}

static unsigned digit_of(char c, unsigned base)
{
    if (isdigit((unsigned char)c))
        return (unsigned)(c - '0');
    if (base == 16 && isxdigit((unsigned char)c))
        return (unsigned)(tolower((unsigned char)c) - 'a') + 10;
    return UINT32_MAX;
}

// A number in decimal, or in hexadecimal with 0x, of at most `limit`.
static bool read_number(struct reader *reader, uint64_t limit, uint64_t *value)
{
    bool hex = reader->at[0] == '0' && (reader->at[1] == 'x' || reader->at[1] == 'X');
    unsigned base = hex ? 16 : 10, digit;
    reader->at += hex ? 2 : 0;
    if (digit_of(*reader->at, base) == UINT32_MAX)
        return false;
    for (*value = 0; (digit = digit_of(*reader->at, base)) != UINT32_MAX; reader->at++) {
        if (digit > limit || *value > (limit - digit) / base)
            return false;
        *value = *value * base + digit;
    }
    return true;
}

static int number(struct reader *reader, const char *name, uint64_t limit, uint64_t *value)
{
    const char *from = reader->at;
    if (read_number(reader, limit, value))
        return 0;
    return error_set(reader->error, -EINVAL,
                     "source '%.80s': %s '%.24s' is not a number from 0 to %llu (decimal, or hexadecimal with 0x)",
                     reader->source, name, from, (unsigned long long)limit);
}

static bool take(struct reader *reader, const char *text)
{
    size_t length = strlen(text);
    if (strncmp(reader->at, text, length) != 0)
        return false;
    reader->at += length;
    return true;
}

static int at_end(const struct reader *reader)
{
    return *reader->at ? fail_forms(reader) : 0;
}

// "@2", or nothing.
static int read_cpu(struct reader *reader, uint32_t *cpu)
{
    uint64_t value = ARM_IRQ_ANY_CPU;
    uint32_t cpus = reader->irq->config.cpus;
    int code = take(reader, "@") ? number(reader, "CPU", UINT32_MAX - 1, &value) : 0;
    if (code == 0)
        code = at_end(reader);
    if (code == 0 && value != ARM_IRQ_ANY_CPU && value >= cpus)
        code = error_set(reader->error, -EINVAL, "source '%.80s': there is no CPU %llu: CPUs 0 to %u are possible",
                         reader->source, (unsigned long long)value, cpus - 1);
    *cpu = (uint32_t)value;
    return code;
}

static int read_intid(struct reader *reader, uint64_t limit)
{
    uint64_t intid = 0;
    uint32_t cpu = ARM_IRQ_ANY_CPU;
    int code = number(reader, "INTID", limit, &intid);
    if (code == 0)
        code = read_cpu(reader, &cpu);
    if (code < 0)
        return code;
    uint32_t slot = gic_slot_of((uint32_t)intid);
    if (cpu == ARM_IRQ_ANY_CPU && gicr_has(&reader->irq->cpus[0].gicr, slot))
        return error_set(reader->error, -EINVAL,
                         "source '%.80s': an SGI or PPI belongs to a CPU: intid:%llu@0 to intid:%llu@%u are possible",
                         reader->source, (unsigned long long)intid, (unsigned long long)intid,
                         reader->irq->config.cpus - 1);
    arm_irq_why_intid(reader->irq, cpu, (uint32_t)intid, reader->why);
    return 0;
}

static int read_lpi(struct reader *reader)
{
    const char *from = reader->at;
    uint64_t intid = 0;
    if (read_number(reader, 0xffffff, &intid) && intid < GIC_LPI_FIRST)
        return error_set(reader->error, -EINVAL, "source '%.80s': INTID %llu is no LPI: they begin at 8192",
                         reader->source, (unsigned long long)intid);
    reader->at = from;
    return read_intid(reader, 0xffffff);
}

static int read_pin(struct reader *reader)
{
    uint64_t pin = 0;
    if (!take(reader, "gicd."))
        return error_set(reader->error, -EINVAL, "source '%.80s': the only chip with pins is gicd: pin:gicd.1",
                         reader->source);
    int code = number(reader, "pin", UINT32_MAX, &pin);
    if (code == 0)
        code = at_end(reader);
    if (code == 0)
        arm_irq_why_pin(reader->irq, (uint32_t)pin, reader->why);
    return code;
}

static int read_msi(struct reader *reader)
{
    uint64_t address = 0, data = 0, device = 0;
    int code = number(reader, "address", UINT64_MAX, &address);
    if (code == 0)
        code = take(reader, ",") ? number(reader, "data", UINT32_MAX, &data) : fail_forms(reader);
    if (code == 0 && take(reader, ","))
        code = number(reader, "DeviceID", UINT32_MAX, &device);
    if (code == 0)
        code = at_end(reader);
    if (code == 0)
        arm_irq_why_message(reader->irq, address, (uint32_t)data, (uint32_t)device, reader->why);
    return code;
}

static int read_event(struct reader *reader)
{
    uint64_t device = 0, event = 0;
    int code = number(reader, "DeviceID", UINT32_MAX, &device);
    if (code == 0)
        code = take(reader, ",") ? number(reader, "EventID", UINT32_MAX, &event) : fail_forms(reader);
    if (code == 0)
        code = at_end(reader);
    if (code == 0)
        arm_irq_why_event(reader->irq, (uint32_t)device, (uint32_t)event, reader->why);
    return code;
}

int arm_irq_why_source(const struct arm_irq *irq, const char *source, struct why *why, struct error *error)
{
    struct reader reader = { irq, source, source, why, error };
    if (take(&reader, "intid:"))
        return read_intid(&reader, 0xffffff);
    if (take(&reader, "lpi:"))
        return read_lpi(&reader);
    if (take(&reader, "pin:"))
        return read_pin(&reader);
    if (take(&reader, "msi:"))
        return read_msi(&reader);
    if (take(&reader, "event:"))
        return read_event(&reader);
    return fail_forms(&reader);
}
