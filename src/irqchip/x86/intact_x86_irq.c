// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The public API of the x86 chips, include/intact/x86_irq.h: the wiring, and a clock.
//
// Path: a program's devices / x86_irq.c, then the program's CPU
#include <intact/x86_irq.h>

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/sized.h"
#include "base/state.h"
#include "base/why.h"
#include "irqchip/connected.h"
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
    struct trace trace;
    struct connected lines;
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

// The default list, of one element.
static const struct intact_x86_ioapic default_ioapic = { .address = 0xfec00000, .pins = 24, .version = 0x20, .id = 0 };

static struct intact_x86_irq_config default_config(void)
{
    return (struct intact_x86_irq_config){
        .size = sizeof(struct intact_x86_irq_config),
        .cpus = 1,
        .address_bits = 40,
        .x2apic = true,
        .tsc_deadline = true,
        .timer_hz = 1000000000,
        .pic = true,
        .ioapic_count = 1,
        .ioapic_size = sizeof default_ioapic,
        .ioapics = &default_ioapic,
        .pic_pin = 0,
    };
}

void intact_x86_irq_config_defaults(struct intact_x86_irq_config *config, size_t size)
{
    const struct intact_x86_irq_config defaults = default_config();
    sized_give(config, size, &defaults, sizeof defaults);
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

static void stamp(void *owner, struct intact_trace_event *event)
{
    event->time = ((const struct intact_x86_irq *)owner)->clock.now;
}

static void on_line(void *owner, uint32_t pin, bool level)
{
    struct intact_x86_irq *irq = owner;
    if (trace_heard(&irq->trace))
        trace_name(&irq->trace, connected_name(&irq->lines, pin));
    x86_irq_set_pin(&irq->irq, pin >> 16, pin & 0xffff, level);
}

static void on_line_trigger(void *owner, uint32_t pin)
{
    struct intact_x86_irq *irq = owner;
    if (trace_heard(&irq->trace))
        trace_name(&irq->trace, connected_name(&irq->lines, pin));
    x86_irq_trigger(&irq->irq, pin >> 16, pin & 0xffff);
}

// --- Life -----------------------------------------------------------------------------------------------------------

// Windows are aligned and do not overlap.
static int check_windows(const struct intact_x86_irq_config *config, struct error *error)
{
    for (uint32_t i = 0; i < config->ioapic_count; i++) {
        uint64_t address = config->ioapics[i].address;
        if (address % IOAPIC_WINDOW || address >> config->address_bits)
            return error_set(error, -EINVAL, "IOAPIC %u at %llxh: not a multiple of 1000h within %u address bits", i,
                             (unsigned long long)address, config->address_bits);
        for (uint32_t j = 0; j < i; j++)
            if (address == config->ioapics[j].address)
                return error_set(error, -EINVAL, "IOAPIC %u at %llxh, where IOAPIC %u is", i,
                                 (unsigned long long)address, j);
    }
    return 0;
}

// Checks what x86_irq_init does not check, and what must be right before the list of IOAPICs is read.
static int check(const struct intact_x86_irq_config *config, struct error *error)
{
    if (config->address_bits < 32 || config->address_bits > 52)
        return error_set(error, -EINVAL, "%u physical address bits: 32 to 52 are possible", config->address_bits);
    if (config->timer_hz < 1)
        return error_set(error, -EINVAL, "a timer of 0 Hz: at least 1 is possible");
    if (config->ioapic_count > INTACT_X86_IOAPICS_MAX)
        return error_set(error, -EINVAL, "%u IOAPICs: 0 to %u are possible", config->ioapic_count,
                         INTACT_X86_IOAPICS_MAX);
    if (config->ioapic_count && !config->ioapics)
        return error_set(error, -EINVAL, "%u IOAPICs, and no list of them", config->ioapic_count);
    if (config->ioapic_count > 1 && config->ioapics == &default_ioapic)
        return error_set(error, -EINVAL, "%u IOAPICs, but the default list has one: set ioapics to a list of %u too",
                         config->ioapic_count, config->ioapic_count);
    return 0;
}

static void add_timer(struct intact_x86_irq *irq, struct timer *timer, uint32_t vcpu)
{
    *timer = (struct timer){ .irq = irq, .vcpu = vcpu };
    clock_register(&irq->clock, &timer->event, vcpu == X86_IRQ_HUB ? "ioapic" : "lapic", on_timer, timer);
}

static void add_timers(struct intact_x86_irq *irq)
{
    clock_init(&irq->clock);
    add_timer(irq, &irq->hub, X86_IRQ_HUB);
    for (uint32_t i = 0; i < irq->config.cpus; i++)
        add_timer(irq, &irq->timers[i], i);
}

// The other ranges of `config` are checked by x86_irq_init, before anything is allocated for them.
static int build(struct intact_x86_irq *irq, const struct intact_x86_irq_config *config, struct error *error)
{
    struct x86_irq_config inner = {
        .cpus = config->cpus,
        .apic_ids = config->apic_ids,
        .address_bits = config->address_bits,
        .timer_hz = config->timer_hz,
        .x2apic = config->x2apic,
        .tsc_deadline = config->tsc_deadline,
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
        .trace = &irq->trace,
    };
    for (uint32_t i = 0; i < config->ioapic_count; i++) {
        const struct intact_x86_ioapic *io = &config->ioapics[i];
        irq->ioapics[i] = (struct x86_irq_ioapic){ .pins = io->pins, .version = io->version, .id = io->id };
        irq->windows[i] = io->address;
    }
    irq->trace = (struct trace){ .stamp = stamp, .stamp_owner = irq };
    int code = x86_irq_init(&irq->irq, &inner, error);
    if (code < 0)
        return code;
    irq->config = *config;
    irq->config.apic_ids = NULL;
    irq->config.ioapics = NULL;
    irq->timers = calloc(config->cpus, sizeof *irq->timers);
    if (!irq->timers)
        return error_set(error, -ENOMEM, "no memory for %u CPUs", config->cpus);
    add_timers(irq);
    return 0;
}

// The configuration in the form of this version, with the list of IOAPICs in `ioapics`.
static int take_config(struct intact_x86_irq_config *config, struct intact_x86_ioapic *ioapics,
                       const struct intact_x86_irq_config *given, struct error *error)
{
    *config = default_config();
    if (!sized_take(config, sizeof *config, given))
        return error_set(error, -EINVAL, "a configuration of %zu bytes, not %zu: intact_x86_irq_config_init sets it",
                         given->size, sizeof *config);
    int code = check(config, error);
    if (code < 0)
        return code;
    if (!sized_list(ioapics, sizeof *ioapics, config->ioapics, config->ioapic_size, config->ioapic_count))
        return error_set(error, -EINVAL, "an ioapic_size of %zu bytes, not %zu: intact_x86_irq_config_init sets it",
                         config->ioapic_size, sizeof *ioapics);
    config->ioapics = ioapics;
    return check_windows(config, error);
}

static int make(const struct intact_x86_irq_config *given, struct intact_x86_irq **irq, struct error *error)
{
    struct intact_x86_irq_config config;
    struct intact_x86_ioapic ioapics[INTACT_X86_IOAPICS_MAX];
    *irq = NULL;
    int code = take_config(&config, ioapics, given, error);
    if (code < 0)
        return code;
    struct intact_x86_irq *made = calloc(1, sizeof *made);
    code = made ? build(made, &config, error) : error_set(error, -ENOMEM, "no memory");
    if (code < 0)
        intact_x86_irq_destroy(made);
    else
        *irq = made;
    return code;
}

static int explain(int code, const struct error *error, char *why)
{
    if (code < 0 && why)
        snprintf(why, INTACT_ERROR_SIZE, "%s", error->text);
    return code;
}

int intact_x86_irq_create(const struct intact_x86_irq_config *config, struct intact_x86_irq **irq, char *why)
{
    struct error error = { 0 };
    return explain(make(config, irq, &error), &error, why);
}

void intact_x86_irq_destroy(struct intact_x86_irq *irq)
{
    if (!irq)
        return;
    trace_free(&irq->trace);
    connected_free(&irq->lines);
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

void intact_x86_irq_trigger(struct intact_x86_irq *irq, uint32_t chip, uint32_t pin)
{
    x86_irq_trigger(&irq->irq, chip, pin);
}

int intact_x86_irq_connect(struct intact_x86_irq *irq, uint32_t chip, uint32_t pin, struct intact_irq_line *line)
{
    if (!x86_irq_has_pin(&irq->irq, chip, pin))
        return -EINVAL;
    if (line->set)
        return -EBUSY;
    int result = connected_add(&irq->lines, chip << 16 | pin, line->name);
    if (result < 0)
        return result;
    line->set = on_line;
    line->trigger = on_line_trigger;
    line->owner = irq;
    line->pin = chip << 16 | pin;
    on_line(irq, line->pin, line->level);
    return 0;
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
    assert(cpu < irq->config.cpus);
    return irq->irq.cpus[cpu].pending;
}

int intact_x86_irq_acknowledge(struct intact_x86_irq *irq, uint32_t cpu, uint32_t which)
{
    assert(cpu < irq->config.cpus);
    struct trace *trace = irq->irq.config.trace;
    int taken = x86_irq_acknowledge(&irq->irq, cpu, which, irq->clock.now);
    if (taken >= 0)
        TRACE(trace, TRACE_TAKE, cpu, taken, 0, 0);
    return taken;
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
    assert(cpu < irq->config.cpus);
    assert(size <= 8 && is_power_of_two(size));
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
    assert(cpu < irq->config.cpus);
    assert(size <= 8 && is_power_of_two(size));
    enum port_result result = x86_irq_cpu_write(&irq->irq, cpu, PORT_MEMORY, address, size, value, irq->clock.now);
    uint32_t ioapic = find_ioapic(irq, address);
    if (result != PORT_NOT_MINE || ioapic == irq->config.ioapic_count)
        return (enum intact_x86_access)result;
    x86_irq_ioapic_write(&irq->irq, ioapic, address % IOAPIC_WINDOW, size, value, irq->clock.now);
    return INTACT_X86_DONE;
}

enum intact_x86_access intact_x86_irq_msr_read(struct intact_x86_irq *irq, uint32_t cpu, uint64_t msr, uint64_t *value)
{
    assert(cpu < irq->config.cpus);
    return (enum intact_x86_access)x86_irq_cpu_read(&irq->irq, cpu, PORT_REGISTER, msr, 8, value, irq->clock.now);
}

enum intact_x86_access intact_x86_irq_msr_write(struct intact_x86_irq *irq, uint32_t cpu, uint64_t msr, uint64_t value)
{
    assert(cpu < irq->config.cpus);
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

// --- State ----------------------------------------------------------------------------------------------------------

static void visit_all(void *object, struct visit *v)
{
    struct intact_x86_irq *irq = object;
    VISIT_BELOW(v, irq->clock.now, CLOCK_LIMIT);
    x86_irq_visit(&irq->irq, v);
    for (uint32_t i = 0; i < irq->config.ioapic_count; i++)
        visit_constant(v, "ioapics.address", irq->windows[i]);
}

size_t intact_x86_irq_save(struct intact_x86_irq *irq, void *data, size_t size)
{
    return state_save(&(struct state_list){ visit_all, irq }, data, size);
}

int intact_x86_irq_load(struct intact_x86_irq *irq, const void *data, size_t size, char *why)
{
    struct error error = { 0 };
    int code = state_load(&(struct state_list){ visit_all, irq }, data, size, &error);
    if (code == 0)
        x86_irq_loaded(&irq->irq);
    return explain(code, &error, why);
}

// --- What happened --------------------------------------------------------------------------------------------------

int intact_x86_irq_trace(struct intact_x86_irq *irq, struct intact_trace_observer *observer)
{
    return trace_add(&irq->trace, observer);
}

struct intact_trace *intact_x86_irq_get_trace(struct intact_x86_irq *irq)
{
    return trace_public(&irq->trace);
}

int intact_x86_irq_why(const struct intact_x86_irq *irq, const char *source, intact_why_found *found, void *owner,
                       char *why)
{
    struct why answer = { found, owner, 0, 0 };
    struct error error = { 0 };
    uint32_t pin;
    if (connected_find(&irq->lines, source, &pin)) {
        x86_irq_why_pin(&irq->irq, pin >> 16, pin & 0xffff, &answer);
        return 0;
    }
    return explain(x86_irq_why_source(&irq->irq, source, &answer, &error), &error, why);
}

int intact_x86_irq_registers(const struct intact_x86_irq *irq, uint32_t cpu, intact_chip_register_told *told,
                             void *owner)
{
    struct register_sink sink = { .told = told, .owner = owner };
    if (cpu != INTACT_NO_CPU && cpu >= irq->config.cpus)
        return -EINVAL;
    x86_irq_tell(&irq->irq, cpu, irq->clock.now, &sink);
    return 0;
}

void intact_x86_irq_mistakes(const struct intact_x86_irq *irq,
                             void (*mistake)(void *owner, const char *chip, uint32_t cpu, const char *mistake,
                                             uint64_t count),
                             void *owner)
{
    char name[24];
    for (unsigned i = 0; i < PIC_MISTAKES && irq->config.pic; i++)
        mistake(owner, "pic", INTACT_NO_CPU, pic_mistake_name(i), irq->irq.pic.mistakes[i]);
    for (uint32_t n = 0; n < irq->config.ioapic_count; n++) {
        snprintf(name, sizeof name, "ioapic%u", n);
        for (unsigned i = 0; i < IOAPIC_MISTAKES; i++)
            mistake(owner, name, INTACT_NO_CPU, ioapic_mistake_name(i), irq->irq.ioapics[n].mistakes[i]);
    }
    for (uint32_t cpu = 0; cpu < irq->config.cpus; cpu++)
        for (unsigned i = 0; i < LAPIC_MISTAKES; i++)
            mistake(owner, "lapic", cpu, lapic_mistake_name(i), irq->irq.cpus[cpu].lapic.mistakes[i]);
}
