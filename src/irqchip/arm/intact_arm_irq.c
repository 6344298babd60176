// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The public API of the Arm chips, include/intact/arm_irq.h: the wiring, and a clock.
//
// Path: a program's devices / arm_irq.c, then the program's CPU
#include <intact/arm_irq.h>

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/sized.h"
#include "base/state.h"
#include "irqchip/arm/arm_irq.h"
#include "irqchip/connected.h"

// A window and its address. Accesses have the Security state of the CPU.
struct window {
    uint64_t base, size; // size 0: this configuration does not have it
    struct arm_irq_frame secure, nonsecure;
};

struct intact_arm_irq {
    struct arm_irq irq;
    struct intact_arm_irq_config config;
    struct clock clock;
    struct event its;
    struct window windows[ARM_IRQ_WINDOWS];
    uint32_t current; // the CPU of the current access
    struct trace trace;
    struct connected lines;
};

static_assert((int)INTACT_ARM_IRQ == (int)PENDING_IRQ && (int)INTACT_ARM_FIQ == (int)PENDING_FIQ &&
                  (int)INTACT_ARM_NMI == (int)PENDING_NMI,
              "the public bits are those of the CPU port");
static_assert((int)INTACT_ARM_NOT_MINE == (int)PORT_NOT_MINE && (int)INTACT_ARM_DONE == (int)PORT_DONE &&
                  (int)INTACT_ARM_FAULT == (int)PORT_FAULT,
              "the public results are those of the CPU port");
static_assert((int)INTACT_ARM_GICD == (int)ARM_IRQ_GICD, "the public chip numbers are ours");
static_assert(INTACT_ARM_REGISTER(3, 0, 12, 12, 0) == ICC_IAR1_EL1, "the public encoding is ours");
static_assert(INTACT_ARM_CPUS_MAX == ARM_IRQ_CPU_LIMIT && INTACT_ARM_CPUS_MAX_2 == ARM_IRQ_CPU_LIMIT_V2,
              "the public limits are ours");

static const struct intact_arm_irq_config default_config = {
    .size = sizeof default_config,
    .version = 3,
    .cpus = 1,
    .spis = 224,
    .gicd = 0x08000000,
    .gicc = 0x08010000,
    .v2m = 0x08020000,
    .its_base = 0x08080000,
    .gicr = 0x080a0000,
};

void intact_arm_irq_config_defaults(struct intact_arm_irq_config *config, size_t size)
{
    sized_give(config, size, &default_config, sizeof default_config);
}

// --- Callbacks of the wiring ----------------------------------------------------------------------------------------

static void on_signal(void *owner, uint32_t vcpu, uint32_t pending)
{
    struct intact_arm_irq *irq = owner;
    if (irq->config.pending)
        irq->config.pending(irq->config.owner, vcpu, pending);
}

static void on_deadline(void *owner, uint64_t when)
{
    struct intact_arm_irq *irq = owner;
    clock_arm(&irq->clock, &irq->its, when);
}

static uint32_t on_current(void *owner)
{
    return ((struct intact_arm_irq *)owner)->current;
}

static void on_ended(void *owner, uint32_t chip, uint32_t pin)
{
    struct intact_arm_irq *irq = owner;
    if (irq->config.ended)
        irq->config.ended(irq->config.owner, chip, pin);
}

static void on_timer(void *owner, uint64_t now)
{
    arm_irq_timer(&((struct intact_arm_irq *)owner)->irq, now);
}

static void stamp(void *owner, struct intact_trace_event *event)
{
    event->time = ((const struct intact_arm_irq *)owner)->clock.now;
}

static void on_line(void *owner, uint32_t pin, bool level)
{
    struct intact_arm_irq *irq = owner;
    if (trace_heard(&irq->trace))
        trace_name(&irq->trace, connected_name(&irq->lines, pin));
    arm_irq_set_pin(&irq->irq, pin >> 16, pin & 0xffff, level);
}

static void on_line_trigger(void *owner, uint32_t pin)
{
    struct intact_arm_irq *irq = owner;
    if (trace_heard(&irq->trace))
        trace_name(&irq->trace, connected_name(&irq->lines, pin));
    arm_irq_trigger(&irq->irq, pin >> 16, pin & 0xffff);
}

// --- Life -----------------------------------------------------------------------------------------------------------

static void add_windows(struct intact_arm_irq *irq)
{
    const struct intact_arm_irq_config *config = &irq->config;
    const uint64_t bases[ARM_IRQ_WINDOWS] = {
        [ARM_IRQ_WINDOW_GICD] = config->gicd,    [ARM_IRQ_WINDOW_GICR] = config->gicr,
        [ARM_IRQ_WINDOW_GICC] = config->gicc,    [ARM_IRQ_WINDOW_V2M] = config->v2m,
        [ARM_IRQ_WINDOW_ITS] = config->its_base,
    };
    for (unsigned i = 0; i < ARM_IRQ_WINDOWS; i++)
        irq->windows[i] = (struct window){
            .base = bases[i],
            .size = arm_irq_window_size(&irq->irq, i),
            .secure = { .irq = &irq->irq, .window = i, .secure = true },
            .nonsecure = { .irq = &irq->irq, .window = i },
        };
}

// Compares last bytes, since a window may end at the end of the address space.
static bool overlap(const struct window *a, const struct window *b)
{
    return a->size && b->size && a->base <= b->base + (b->size - 1) && b->base <= a->base + (a->size - 1);
}

// Windows that this configuration has are aligned and do not overlap.
static int check_windows(const struct intact_arm_irq *irq, struct error *error)
{
    static const char *const names[ARM_IRQ_WINDOWS] = { "GICD", "GICR", "GICC", "GICv2m frame", "ITS", "GICR2" };
    unsigned long long align = irq->config.version == 3 ? 0x10000 : 0x1000;
    for (unsigned i = 0; i < ARM_IRQ_WINDOWS; i++) {
        const struct window *window = &irq->windows[i];
        unsigned long long base = window->base, size = window->size;
        if (size && base % align)
            return error_set(error, -EINVAL, "%s at %llxh: not a multiple of %llxh", names[i], base, align);
        if (size && base + (size - 1) < base)
            return error_set(error, -EINVAL, "%s at %llxh: its %llxh bytes end beyond the address space", names[i],
                             base, size);
        for (unsigned j = 0; j < i; j++)
            if (overlap(window, &irq->windows[j]))
                return error_set(error, -EINVAL, "%s at %llxh overlaps the %s", names[i], base, names[j]);
    }
    return 0;
}

static int build(struct intact_arm_irq *irq, const struct intact_arm_irq_config *config, struct error *error)
{
    bool v3 = config->version == 3;
    const struct arm_irq_config inner = {
        .version = config->version,
        .cpus = config->cpus,
        .affinities = config->affinities,
        .spis = config->spis,
        .extended_spis = config->extended_spis,
        .extended_ppis = config->extended_ppis,
        .security = config->security,
        .nmi = config->nmi,
        .lpi_bits = config->lpi_bits,
        .its = config->its,
        .its_stalls = config->its_stalls,
        .its_command_ns = config->its_command_ns,
        .v2m_first = config->v2m_first,
        .v2m_count = config->v2m_count,
        .windows = { .gicd = v3 ? config->gicd : MSI_ARM_NO_WINDOW,
                     .v2m = config->v2m_count ? config->v2m : MSI_ARM_NO_WINDOW,
                     .its = config->its ? config->its_base : MSI_ARM_NO_WINDOW },
        .memory = { .read = config->read_memory, .write = config->write_memory, .owner = config->owner },
        .signal = on_signal,
        .deadline = on_deadline,
        .current = on_current,
        .resample = on_ended,
        .owner = irq,
        .trace = &irq->trace,
    };
    irq->config = *config;
    irq->trace = (struct trace){ .first_chip = INTACT_CHIP_GICD, .stamp = stamp, .stamp_owner = irq };
    clock_init(&irq->clock);
    clock_register(&irq->clock, &irq->its, "its", on_timer, irq);
    int code = arm_irq_init(&irq->irq, &inner, error);
    if (code < 0)
        return code;
    irq->config.affinities = NULL;
    add_windows(irq);
    return check_windows(irq, error);
}

static int make(const struct intact_arm_irq_config *given, struct intact_arm_irq **irq, struct error *error)
{
    struct intact_arm_irq_config config = default_config;
    *irq = NULL;
    if (!sized_take(&config, sizeof config, given))
        return error_set(error, -EINVAL, "a configuration of %zu bytes, not %zu: intact_arm_irq_config_init sets it",
                         given->size, sizeof config);
    struct intact_arm_irq *made = calloc(1, sizeof *made);
    int code = made ? build(made, &config, error) : error_set(error, -ENOMEM, "no memory");
    if (code < 0)
        intact_arm_irq_destroy(made);
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

int intact_arm_irq_create(const struct intact_arm_irq_config *config, struct intact_arm_irq **irq, char *why)
{
    struct error error = { 0 };
    return explain(make(config, irq, &error), &error, why);
}

void intact_arm_irq_destroy(struct intact_arm_irq *irq)
{
    if (!irq)
        return;
    trace_free(&irq->trace);
    connected_free(&irq->lines);
    arm_irq_free(&irq->irq);
    free(irq);
}

void intact_arm_irq_reset(struct intact_arm_irq *irq)
{
    arm_irq_reset(&irq->irq);
}

// --- Devices --------------------------------------------------------------------------------------------------------

void intact_arm_irq_set_pin(struct intact_arm_irq *irq, uint32_t chip, uint32_t pin, bool level)
{
    arm_irq_set_pin(&irq->irq, chip, pin, level);
}

void intact_arm_irq_trigger(struct intact_arm_irq *irq, uint32_t chip, uint32_t pin)
{
    arm_irq_trigger(&irq->irq, chip, pin);
}

int intact_arm_irq_connect(struct intact_arm_irq *irq, uint32_t chip, uint32_t pin, struct intact_irq_line *line)
{
    if (!arm_irq_has_pin(&irq->irq, chip, pin))
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

void intact_arm_irq_set_ppi(struct intact_arm_irq *irq, uint32_t cpu, uint32_t intid, bool level)
{
    assert(cpu < irq->config.cpus);
    arm_irq_set_ppi(&irq->irq, cpu, intid, level);
}

bool intact_arm_irq_msi(struct intact_arm_irq *irq, uint64_t address, uint32_t data, uint32_t device, bool secure)
{
    return arm_irq_msi(&irq->irq, address, data, device, secure);
}

// --- CPUs -----------------------------------------------------------------------------------------------------------

uint32_t intact_arm_irq_pending(const struct intact_arm_irq *irq, uint32_t cpu)
{
    assert(cpu < irq->config.cpus);
    return irq->irq.cpus[cpu].pending;
}

void intact_arm_irq_set_secure(struct intact_arm_irq *irq, uint32_t cpu, bool secure)
{
    assert(cpu < irq->config.cpus);
    arm_irq_set_secure(&irq->irq, cpu, secure);
}

void intact_arm_irq_set_sctlr_nmi(struct intact_arm_irq *irq, uint32_t cpu, bool on)
{
    assert(cpu < irq->config.cpus);
    arm_irq_set_sctlr_nmi(&irq->irq, cpu, on);
}

// The window that holds `address`, or NULL.
static struct window *find_window(struct intact_arm_irq *irq, uint64_t address)
{
    for (unsigned i = 0; i < ARM_IRQ_WINDOWS; i++)
        if (address - irq->windows[i].base < irq->windows[i].size)
            return &irq->windows[i];
    return NULL;
}

static struct arm_irq_frame *frame_of(struct intact_arm_irq *irq, struct window *window, uint32_t cpu)
{
    irq->current = cpu;
    return irq->irq.cpus[cpu].icc.secure ? &window->secure : &window->nonsecure;
}

enum intact_arm_access intact_arm_irq_memory_read(struct intact_arm_irq *irq, uint32_t cpu, uint64_t address,
                                                  unsigned size, uint64_t *value)
{
    assert(cpu < irq->config.cpus);
    assert(size <= 8 && is_power_of_two(size));
    struct window *window = find_window(irq, address);
    if (!window)
        return INTACT_ARM_NOT_MINE;
    *value = arm_irq_read(frame_of(irq, window, cpu), address - window->base, size, irq->clock.now);
    return INTACT_ARM_DONE;
}

enum intact_arm_access intact_arm_irq_memory_write(struct intact_arm_irq *irq, uint32_t cpu, uint64_t address,
                                                   unsigned size, uint64_t value)
{
    assert(cpu < irq->config.cpus);
    assert(size <= 8 && is_power_of_two(size));
    struct window *window = find_window(irq, address);
    if (!window)
        return INTACT_ARM_NOT_MINE;
    arm_irq_write(frame_of(irq, window, cpu), address - window->base, size, value, irq->clock.now);
    return INTACT_ARM_DONE;
}

enum intact_arm_access intact_arm_irq_register_read(struct intact_arm_irq *irq, uint32_t cpu, uint64_t encoding,
                                                    uint64_t *value)
{
    assert(cpu < irq->config.cpus);
    return (enum intact_arm_access)arm_irq_cpu_read(&irq->irq, cpu, PORT_REGISTER, encoding, 8, value, irq->clock.now);
}

enum intact_arm_access intact_arm_irq_register_write(struct intact_arm_irq *irq, uint32_t cpu, uint64_t encoding,
                                                     uint64_t value)
{
    assert(cpu < irq->config.cpus);
    return (enum intact_arm_access)arm_irq_cpu_write(&irq->irq, cpu, PORT_REGISTER, encoding, 8, value, irq->clock.now);
}

// --- Time -----------------------------------------------------------------------------------------------------------

uint64_t intact_arm_irq_deadline(const struct intact_arm_irq *irq)
{
    return clock_next(&irq->clock);
}

void intact_arm_irq_advance(struct intact_arm_irq *irq, uint64_t now)
{
    clock_advance(&irq->clock, now);
    clock_run_due(&irq->clock);
}

// --- State ----------------------------------------------------------------------------------------------------------

static void visit_all(void *object, struct visit *v)
{
    struct intact_arm_irq *irq = object;
    static const char *const names[ARM_IRQ_WINDOWS] = { "gicd", "gicr", "gicc", "v2m", "its_base" };
    VISIT_BELOW(v, irq->clock.now, CLOCK_LIMIT);
    arm_irq_visit(&irq->irq, v);
    for (unsigned i = 0; i < ARM_IRQ_WINDOWS; i++)
        if (irq->windows[i].size)
            visit_constant(v, names[i], irq->windows[i].base);
}

size_t intact_arm_irq_save(struct intact_arm_irq *irq, void *data, size_t size)
{
    return state_save(&(struct state_list){ visit_all, irq }, data, size);
}

int intact_arm_irq_load(struct intact_arm_irq *irq, const void *data, size_t size, char *why)
{
    struct error error = { 0 };
    int code = state_load(&(struct state_list){ visit_all, irq }, data, size, &error);
    if (code == 0)
        arm_irq_loaded(&irq->irq);
    return explain(code, &error, why);
}

// --- What happened --------------------------------------------------------------------------------------------------

int intact_arm_irq_trace(struct intact_arm_irq *irq, struct intact_trace_observer *observer)
{
    return trace_add(&irq->trace, observer);
}

struct intact_trace *intact_arm_irq_get_trace(struct intact_arm_irq *irq)
{
    return trace_public(&irq->trace);
}

int intact_arm_irq_why(const struct intact_arm_irq *irq, const char *source, intact_why_found *found, void *owner,
                       char *why)
{
    struct why answer = { .found = found, .owner = owner };
    struct error error = { 0 };
    uint32_t pin;
    if (connected_find(&irq->lines, source, &pin)) {
        arm_irq_why_pin(&irq->irq, pin & 0xffff, &answer);
        return 0;
    }
    return explain(arm_irq_why_source(&irq->irq, source, &answer, &error), &error, why);
}

struct listener {
    void (*mistake)(void *owner, const char *chip, uint32_t cpu, const char *mistake, uint64_t count);
    void *owner;
};

static void tell(const struct listener *listener, const char *chip, uint32_t cpu, const uint32_t *mistakes)
{
    for (unsigned i = 0; i < GIC_MISTAKES; i++)
        listener->mistake(listener->owner, chip, cpu, gic_mistake_name(i), mistakes[i]);
}

int intact_arm_irq_registers(const struct intact_arm_irq *irq, uint32_t cpu, intact_chip_register_told *told,
                             void *owner)
{
    struct register_sink sink = { .told = told, .owner = owner };
    if (cpu != INTACT_NO_CPU && cpu >= irq->config.cpus)
        return -EINVAL;
    arm_irq_tell(&irq->irq, cpu, &sink);
    return 0;
}

void intact_arm_irq_mistakes(const struct intact_arm_irq *irq,
                             void (*mistake)(void *owner, const char *chip, uint32_t cpu, const char *mistake,
                                             uint64_t count),
                             void *owner)
{
    const struct listener listener = { mistake, owner };
    bool v2 = irq->config.version == 2;
    tell(&listener, "gicd", INTACT_NO_CPU, irq->irq.gicd.mistakes);
    if (irq->config.v2m_count)
        tell(&listener, "gicv2m", INTACT_NO_CPU, irq->irq.gicv2m.mistakes);
    if (irq->config.its) {
        tell(&listener, "its", INTACT_NO_CPU, irq->irq.its.mistakes);
        mistake(owner, "its", INTACT_NO_CPU, "command", irq->irq.its.errors);
    }
    for (uint32_t cpu = 0; cpu < irq->config.cpus; cpu++) {
        const struct arm_irq_cpu *parts = &irq->irq.cpus[cpu];
        if (!v2)
            tell(&listener, "gicr", cpu, parts->gicr.mistakes);
        tell(&listener, v2 ? "gicc" : "icc", cpu, v2 ? parts->gicc.mistakes : parts->icc.mistakes);
    }
}
