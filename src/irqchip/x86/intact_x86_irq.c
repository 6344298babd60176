// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The public face of the x86 chips, include/intact/x86_irq.h: the wiring with a clock of its own.
//
// Path: somebody else's machine / x86_irq.c, then somebody else's CPU
#include <intact/x86_irq.h>

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "irqchip/x86/x86_irq.h"
#include "msi/msi_x86.h"

#define IOAPIC_WINDOW UINT64_C(0x1000)

struct timer {
    struct event event;
    struct intact_x86_irq *irq;
    uint32_t vcpu; // or X86_IRQ_HUB
};

struct intact_x86_irq {
    struct x86_irq irq;
    struct intact_x86_irq_config config;
    struct clock clock;
    struct x86_irq_ioapic ioapics[INTACT_X86_IOAPICS_MAX];
    uint64_t windows[INTACT_X86_IOAPICS_MAX];
    struct timer hub;
    struct timer *timers; // one for each CPU
};

static_assert((int)INTACT_X86_INTR == (int)PENDING_INTR && (int)INTACT_X86_NMI == (int)PENDING_NMI &&
                  (int)INTACT_X86_SMI == (int)PENDING_SMI && (int)INTACT_X86_INIT == (int)PENDING_INIT &&
                  (int)INTACT_X86_SIPI == (int)PENDING_SIPI,
              "the public bits are those of the CPU port");
static_assert((int)INTACT_X86_NOT_MINE == (int)PORT_NOT_MINE && (int)INTACT_X86_DONE == (int)PORT_DONE &&
                  (int)INTACT_X86_FAULT == (int)PORT_FAULT && INTACT_X86_CR8 == PORT_CR8,
              "the public results are those of the CPU port");
static_assert((int)INTACT_X86_PIC == (int)X86_IRQ_PIC && (int)INTACT_X86_IOAPIC == (int)X86_IRQ_IOAPIC,
              "the public chip numbers are ours");
static_assert(INTACT_X86_CPUS_MAX < CLOCK_EVENT_LIMIT, "each CPU has a timer, and the IOAPICs have one");

void intact_x86_irq_config_init(struct intact_x86_irq_config *config)
{
    static const struct intact_x86_ioapic ioapic = { .address = 0xfec00000, .pins = 24, .version = 0x20, .id = 0 };
    *config = (struct intact_x86_irq_config){
        .cpus = 1, .address_bits = 40, .pic = true, .ioapic_count = 1, .ioapics = &ioapic, .pic_pin = 0
    };
}

// --- Callbacks of the wiring ----------------------------------------------------------------------------------------

static void on_signal(void *owner, uint32_t vcpu, uint32_t pending)
{
    struct intact_x86_irq *irq = owner;
    if (irq->config.pending)
        irq->config.pending(irq->config.owner, vcpu, pending);
}

static void on_deadline(void *owner, uint32_t vcpu, uint64_t when)
{
    struct intact_x86_irq *irq = owner;
    clock_arm(&irq->clock, vcpu == X86_IRQ_HUB ? &irq->hub.event : &irq->timers[vcpu].event, when);
}

static void on_ended(void *owner, uint32_t chip, uint32_t pin)
{
    struct intact_x86_irq *irq = owner;
    if (irq->config.ended)
        irq->config.ended(irq->config.owner, chip, pin);
}

static void on_timer(void *owner, uint64_t now)
{
    struct timer *timer = owner;
    x86_irq_timer(&timer->irq->irq, timer->vcpu, now);
}

static void on_line(void *owner, uint32_t pin, bool level)
{
    struct intact_x86_irq *irq = owner;
    x86_irq_set_pin(&irq->irq, pin >> 16, pin & 0xffff, level);
}

// --- Life -----------------------------------------------------------------------------------------------------------

static int check(const struct intact_x86_irq_config *config, struct error *error)
{
    if (config->cpus < 1 || config->cpus > INTACT_X86_CPUS_MAX)
        return error_set(error, -EINVAL, "%u CPUs: 1 to %u are possible", config->cpus, INTACT_X86_CPUS_MAX);
    if (config->address_bits < 32 || config->address_bits > 52)
        return error_set(error, -EINVAL, "%u physical address bits: 32 to 52 are possible", config->address_bits);
    if (config->ioapic_count > INTACT_X86_IOAPICS_MAX)
        return error_set(error, -EINVAL, "%u IOAPICs: 0 to %u are possible", config->ioapic_count,
                         INTACT_X86_IOAPICS_MAX);
    for (uint32_t i = 0; i < config->ioapic_count; i++)
        if (config->ioapics[i].address % IOAPIC_WINDOW)
            return error_set(error, -EINVAL, "IOAPIC %u at %llxh: not a multiple of 1000h", i,
                             (unsigned long long)config->ioapics[i].address);
    return 0;
}

static void add_timer(struct intact_x86_irq *irq, struct timer *timer, uint32_t vcpu)
{
    *timer = (struct timer){ .irq = irq, .vcpu = vcpu };
    clock_register(&irq->clock, &timer->event, vcpu == X86_IRQ_HUB ? "ioapic" : "lapic", on_timer, timer);
}

static int build(struct intact_x86_irq *irq, const struct intact_x86_irq_config *config, struct error *error)
{
    for (uint32_t i = 0; i < config->ioapic_count; i++) {
        const struct intact_x86_ioapic *io = &config->ioapics[i];
        irq->ioapics[i] = (struct x86_irq_ioapic){ .pins = io->pins, .version = io->version, .id = io->id };
        irq->windows[i] = io->address;
    }
    const struct x86_irq_config inner = {
        .cpus = config->cpus,
        .apic_ids = config->apic_ids,
        .address_bits = config->address_bits,
        .ioapic_count = config->ioapic_count,
        .ioapics = irq->ioapics,
        .pic = config->pic,
        .imcr = config->imcr,
        .pic_pin = config->pic_pin,
        .msi_flags = config->extended_destination ? MSI_X86_EXTENDED : 0,
        .signal = on_signal,
        .deadline = on_deadline,
        .resample = on_ended,
        .owner = irq,
    };
    irq->config = *config;
    irq->timers = calloc(config->cpus, sizeof(*irq->timers));
    if (!irq->timers)
        return error_set(error, -ENOMEM, "no memory for %u CPUs", config->cpus);
    clock_init(&irq->clock);
    add_timer(irq, &irq->hub, X86_IRQ_HUB);
    for (uint32_t i = 0; i < config->cpus; i++)
        add_timer(irq, &irq->timers[i], i);
    return x86_irq_init(&irq->irq, &inner, error);
}

int intact_x86_irq_create(const struct intact_x86_irq_config *config, struct intact_x86_irq **irq, char *error)
{
    struct error reason = { 0 };
    struct intact_x86_irq *made = NULL;
    int code = check(config, &reason);
    if (code == 0) {
        made = calloc(1, sizeof(*made));
        code = made ? build(made, config, &reason) : error_set(&reason, -ENOMEM, "no memory");
    }
    if (code < 0) {
        intact_x86_irq_destroy(made);
        made = NULL;
        if (error)
            snprintf(error, INTACT_ERROR_SIZE, "%s", reason.text);
    }
    *irq = made;
    return code;
}

void intact_x86_irq_destroy(struct intact_x86_irq *irq)
{
    if (!irq)
        return;
    x86_irq_free(&irq->irq);
    free(irq->timers);
    free(irq);
}

void intact_x86_irq_reset(struct intact_x86_irq *irq)
{
    x86_irq_reset(&irq->irq);
}

void intact_x86_irq_virtual_wire(struct intact_x86_irq *irq)
{
    x86_irq_virtual_wire(&irq->irq);
}

// --- Devices --------------------------------------------------------------------------------------------------------

void intact_x86_irq_set_pin(struct intact_x86_irq *irq, uint32_t chip, uint32_t pin, bool level)
{
    x86_irq_set_pin(&irq->irq, chip, pin, level);
}

void intact_x86_irq_connect(struct intact_x86_irq *irq, uint32_t chip, uint32_t pin, struct intact_irq_line *line)
{
    line->set = on_line;
    line->owner = irq;
    line->pin = chip << 16 | (pin & 0xffff);
    x86_irq_set_pin(&irq->irq, chip, pin, line->level);
}

void intact_x86_irq_set_nmi(struct intact_x86_irq *irq, bool level)
{
    x86_irq_set_nmi(&irq->irq, level);
}

bool intact_x86_irq_msi(struct intact_x86_irq *irq, uint64_t address, uint32_t data)
{
    return x86_irq_msi(&irq->irq, address, data, 0);
}

// --- CPUs -----------------------------------------------------------------------------------------------------------

uint32_t intact_x86_irq_pending(const struct intact_x86_irq *irq, uint32_t cpu)
{
    return irq->irq.cpus[cpu].pending;
}

int intact_x86_irq_acknowledge(struct intact_x86_irq *irq, uint32_t cpu, uint32_t which)
{
    return x86_irq_acknowledge(&irq->irq, cpu, which, irq->clock.now);
}

static bool has_port(const struct intact_x86_irq *irq, uint16_t port)
{
    bool pic = (port & ~0x81) == 0x20 || (port & ~1) == 0x4d0;
    return (irq->config.pic && pic) || (irq->config.imcr && (port & ~1) == 0x22);
}

enum intact_x86_access intact_x86_irq_port_read(struct intact_x86_irq *irq, uint16_t port, uint8_t *value)
{
    if (!has_port(irq, port))
        return INTACT_X86_NOT_MINE;
    *value = x86_irq_port_read(&irq->irq, port);
    return INTACT_X86_DONE;
}

enum intact_x86_access intact_x86_irq_port_write(struct intact_x86_irq *irq, uint16_t port, uint8_t value)
{
    if (!has_port(irq, port))
        return INTACT_X86_NOT_MINE;
    x86_irq_port_write(&irq->irq, port, value);
    return INTACT_X86_DONE;
}

// The IOAPIC whose window holds `address`, or ioapic_count.
static uint32_t find_ioapic(const struct intact_x86_irq *irq, uint64_t address)
{
    uint32_t i = 0;
    while (i < irq->config.ioapic_count && address / IOAPIC_WINDOW != irq->windows[i] / IOAPIC_WINDOW)
        i++;
    return i;
}

enum intact_x86_access intact_x86_irq_memory_read(struct intact_x86_irq *irq, uint32_t cpu, uint64_t address,
                                                  unsigned size, uint64_t *value)
{
    enum port_result result = x86_irq_cpu_read(&irq->irq, cpu, PORT_MEMORY, address, size, value, irq->clock.now);
    uint32_t ioapic = find_ioapic(irq, address);
    if (result != PORT_NOT_MINE || ioapic == irq->config.ioapic_count)
        return (enum intact_x86_access)result;
    *value = x86_irq_ioapic_read(&irq->irq, ioapic, address % IOAPIC_WINDOW, size);
    return INTACT_X86_DONE;
}

enum intact_x86_access intact_x86_irq_memory_write(struct intact_x86_irq *irq, uint32_t cpu, uint64_t address,
                                                   unsigned size, uint64_t value)
{
    enum port_result result = x86_irq_cpu_write(&irq->irq, cpu, PORT_MEMORY, address, size, value, irq->clock.now);
    uint32_t ioapic = find_ioapic(irq, address);
    if (result != PORT_NOT_MINE || ioapic == irq->config.ioapic_count)
        return (enum intact_x86_access)result;
    x86_irq_ioapic_write(&irq->irq, ioapic, address % IOAPIC_WINDOW, size, value, irq->clock.now);
    return INTACT_X86_DONE;
}

enum intact_x86_access intact_x86_irq_msr_read(struct intact_x86_irq *irq, uint32_t cpu, uint64_t msr, uint64_t *value)
{
    return (enum intact_x86_access)x86_irq_cpu_read(&irq->irq, cpu, PORT_REGISTER, msr, 8, value, irq->clock.now);
}

enum intact_x86_access intact_x86_irq_msr_write(struct intact_x86_irq *irq, uint32_t cpu, uint64_t msr, uint64_t value)
{
    return (enum intact_x86_access)x86_irq_cpu_write(&irq->irq, cpu, PORT_REGISTER, msr, 8, value, irq->clock.now);
}

// --- Time -----------------------------------------------------------------------------------------------------------

uint64_t intact_x86_irq_deadline(const struct intact_x86_irq *irq)
{
    return clock_next(&irq->clock);
}

void intact_x86_irq_advance(struct intact_x86_irq *irq, uint64_t now)
{
    clock_advance(&irq->clock, now);
    clock_run_due(&irq->clock);
}
