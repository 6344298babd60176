// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The wiring of the x86 chips: creation, reset, settle, and inputs. The overview is in x86_irq.h.
//
// Path: irqchip/route.c / ioapic.c or pic.c, then x86_irq_deliver.c or the CPU
#include "irqchip/x86/x86_irq.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "msi/msi_x86.h"

static_assert(INTACT_X86_CPUS_MAX <= 64 * 64, "dirty_words has a bit for each word of `dirty`");

// --- Configuration --------------------------------------------------------------------------------------------------

static int check(const struct x86_irq_config *config, struct error *error)
{
    if (config->cpus < 1 || config->cpus > INTACT_X86_CPUS_MAX)
        return error_set(error, -EINVAL, "%u CPUs: 1 to %u are possible", config->cpus, INTACT_X86_CPUS_MAX);
    if (config->ioapic_count > INTACT_X86_IOAPICS_MAX)
        return error_set(error, -EINVAL, "%u IOAPICs: 0 to %u are possible", config->ioapic_count,
                         INTACT_X86_IOAPICS_MAX);
    if (config->ioapic_count && !config->ioapics)
        return error_set(error, -EINVAL, "%u IOAPICs, and no list of them", config->ioapic_count);
    if (config->address_bits && (config->address_bits < 32 || config->address_bits > 52))
        return error_set(error, -EINVAL, "%u physical address bits: 32 to 52 are possible", config->address_bits);
    if (config->timer_hz > LAPIC_TIMER_HZ_LIMIT)
        return error_set(error, -EINVAL, "a timer of %llu Hz: at most %llu are possible",
                         (unsigned long long)config->timer_hz, (unsigned long long)LAPIC_TIMER_HZ_LIMIT);
    for (uint32_t i = 0; i < config->ioapic_count; i++) {
        const struct x86_irq_ioapic *io = &config->ioapics[i];
        if (io->pins < 1 || io->pins > IOAPIC_PIN_LIMIT)
            return error_set(error, -EINVAL, "IOAPIC %u with %u pins: 1 to %u are possible", i, io->pins,
                             IOAPIC_PIN_LIMIT);
        if ((io->version != 0x11 && io->version != 0x20) || io->id > 15)
            return error_set(error, -EINVAL, "IOAPIC %u: version %xh, id %u: 11h or 20h, 0 to 15", i, io->version,
                             io->id);
    }
    unsigned pins = config->ioapic_count ? config->ioapics[0].pins : 0;
    if (config->pic && (config->pic_pin < -1 || config->pic_pin >= (int)pins))
        return error_set(error, -EINVAL, "8259A at pin %d of IOAPIC 0, which has no such pin", config->pic_pin);
    return 0;
}

static uint32_t initial_id(const struct x86_irq_config *config, uint32_t cpu)
{
    return config->apic_ids ? config->apic_ids[cpu] : cpu;
}

static int check_ids(const struct x86_irq_config *config, uint32_t *highest, struct error *error)
{
    uint8_t seen[65536 / 8] = { 0 };
    *highest = 0;
    for (uint32_t i = 0; i < config->cpus; i++) {
        uint32_t id = initial_id(config, i);
        if (id >= 65536 || seen[id / 8] >> (id % 8) & 1)
            return error_set(error, -EINVAL, "CPU %u: APIC id %u: below 65536, and each CPU has its own", i, id);
        seen[id / 8] |= (uint8_t)(1u << (id % 8));
        *highest = id > *highest ? id : *highest;
    }
    return 0;
}

// --- Life -----------------------------------------------------------------------------------------------------------

static int allocate(struct x86_irq *irq, uint32_t highest_id)
{
    uint32_t words = (irq->config.cpus + 63) / 64;
    irq->cpus = calloc(irq->config.cpus, sizeof *irq->cpus);
    irq->ioapics = calloc(irq->config.ioapic_count + 1, sizeof *irq->ioapics);
    irq->found = calloc((size_t)words * 3, sizeof(uint64_t));
    if (!irq->cpus || !irq->ioapics || !irq->found)
        return -ENOMEM;
    irq->extint = irq->found + words;
    irq->dirty = irq->extint + words;
    return x86_targets_init(&irq->targets, irq->config.cpus, highest_id);
}

int x86_irq_init(struct x86_irq *irq, const struct x86_irq_config *config, struct error *error)
{
    uint32_t highest = 0;
    *irq = (struct x86_irq){ .config = *config, .hub_deadline = CLOCK_NEVER };
    int code = check(config, error);
    if (code == 0)
        code = check_ids(config, &highest, error);
    if (code < 0)
        return code;
    if (allocate(irq, highest) < 0) {
        x86_irq_free(irq);
        return error_set(error, -ENOMEM, "no memory for %u CPUs and %u IOAPICs", config->cpus, config->ioapic_count);
    }
    struct lapic_config model = {
        .address_bits = config->address_bits ? config->address_bits : 40,
        .timer_hz = config->timer_hz ? config->timer_hz : 1000000000,
        .x2apic = config->x2apic,
        .tsc_deadline = config->tsc_deadline,
    };
    pic_cascade_init_pc(&irq->pic);
    for (uint32_t i = 0; i < config->ioapic_count; i++)
        ioapic_init(&irq->ioapics[i], config->ioapics[i].pins, config->ioapics[i].version, config->ioapics[i].id,
                    config->msi_flags & MSI_X86_EXTENDED);
    for (uint32_t i = 0; i < config->cpus; i++) {
        struct x86_irq_cpu *cpu = &irq->cpus[i];
        model.apic_id = initial_id(config, i);
        lapic_init(&cpu->lapic, &model, i == X86_IRQ_BSP);
        *cpu = (struct x86_irq_cpu){ .lapic = cpu->lapic, .index = i, .deadline = CLOCK_NEVER };
        cpu->page = lapic_page(&cpu->lapic);
        x86_targets_update(&irq->targets, i, &cpu->lapic);
    }
    irq->config.apic_ids = NULL;
    return 0;
}

void x86_irq_free(struct x86_irq *irq)
{
    x86_targets_free(&irq->targets);
    free(irq->cpus);
    free(irq->ioapics);
    free(irq->found);
    *irq = (struct x86_irq){ .cpus = NULL };
}

static void reset_ioapic(struct x86_irq *irq, uint32_t i)
{
    ioapic_reset(&irq->ioapics[i]);
    irq->ioapics[i].id = irq->config.ioapics[i].id << 24; // as set by firmware
}

void x86_irq_reset(struct x86_irq *irq)
{
    bool wired = !irq->config.imcr; // the 8259A bypasses the local APIC again
    x86_irq_begin(irq);
    pic_cascade_reset(&irq->pic);
    irq->imcr = irq->imcr_index = 0;
    irq->last_lowest = 0;
    for (uint32_t i = 0; i < irq->config.ioapic_count; i++)
        reset_ioapic(irq, i);
    for (uint32_t i = 0; i < irq->config.cpus; i++) {
        lapic_reset(&irq->cpus[i].lapic, i == X86_IRQ_BSP);
        lapic_set_lint(&irq->cpus[i].lapic, 1, irq->nmi && wired);
        x86_irq_moved(irq, i);
    }
    irq->hub_dirty = X86_IRQ_HUB_ALL; // the 8259A's INT falls, and with it LINT0
    if (trace_heard(irq->config.trace))
        trace_forget(irq->config.trace, TRACE_SHARED);
    x86_irq_end(irq);
}

void x86_irq_virtual_wire(struct x86_irq *irq)
{
    static const struct {
        uint32_t offset, value;
    } writes[] = {
        { LAPIC_SVR, 0x10f },
        { LAPIC_LVT_LINT0, X86_EXTINT << 8 },
        { LAPIC_LVT_LINT1, X86_NMI << 8 },
    };
    uint64_t page = irq->cpus[X86_IRQ_BSP].page;
    for (unsigned i = 0; i < countof(writes); i++)
        x86_irq_cpu_write(irq, X86_IRQ_BSP, PORT_MEMORY, page + writes[i].offset, 4, writes[i].value, 0);
}

// --- Settling -------------------------------------------------------------------------------------------------------

// A masked pin, or one whose edge was latched already, needs no settle.
static inline void drive_ioapic(struct x86_irq *irq, struct ioapic *ioapic, unsigned pin, bool level)
{
    if (ioapic_set_pin(ioapic, pin, level) || ioapic_pins_has(&ioapic->extint, pin))
        irq->hub_dirty |= X86_IRQ_HUB_IOAPIC;
}

// The line whose request drives INT.
static uint32_t pic_line(const struct x86_irq *irq)
{
    int line = pic_cascade_first(&irq->pic);
    return line < 0 ? UINT32_MAX : (uint32_t)line;
}

static NEVER_INLINE void drive_lint0_heard(struct x86_irq *irq, bool level)
{
    uint64_t line = x86_irq_pin_key(X86_IRQ_PIC, pic_line(irq));
    if (irq->pic_int && irq->config.pic_pin >= 0)
        trace_pass(irq->config.trace, line, x86_irq_pin_key(X86_IRQ_IOAPIC, (uint32_t)irq->config.pic_pin));
    x86_irq_int_heard(irq, &irq->cpus[X86_IRQ_BSP], level, line);
}

static inline void drive_lint0(struct x86_irq *irq, bool level)
{
    if (trace_heard(irq->config.trace))
        drive_lint0_heard(irq, level);
    else
        lapic_set_lint(&irq->cpus[X86_IRQ_BSP].lapic, 0, level);
    x86_irq_touch(irq, X86_IRQ_BSP);
}

void x86_irq_drive_lint0(struct x86_irq *irq, bool level)
{
    drive_lint0(irq, level);
}

void x86_irq_drive_int(struct x86_irq *irq, bool level)
{
    if (level == irq->pic_int)
        return;
    irq->pic_int = level;
    drive_lint0(irq, level && !x86_irq_pic_mode(irq));
    if (irq->config.pic_pin >= 0)
        drive_ioapic(irq, &irq->ioapics[0], (unsigned)irq->config.pic_pin, level);
}

// A level that no local APIC accepts is sent again when a local APIC changes; an edge is lost.
static void send_messages(struct x86_irq *irq, uint32_t index)
{
    struct ioapic *ioapic = &irq->ioapics[index];
    struct x86_message message;
    unsigned pin;
    while (ioapic_next(ioapic, &message, &pin)) {
        bool heard = trace_heard(irq->config.trace);
        if (heard)
            trace_resume(irq->config.trace, x86_irq_pin_key(X86_IRQ_IOAPIC + index, pin));
        bool accepted = x86_irq_deliver(irq, &message);
        enum ioapic_answer otherwise = message.level ? IOAPIC_RETRY : IOAPIC_DROPPED;
        ioapic_answer(ioapic, pin, accepted ? IOAPIC_ACCEPTED : otherwise);
        if (heard && !accepted && !message.level) {
            struct trace_counters counters = x86_irq_counters(irq, X86_IRQ_IOAPIC + index);
            trace_mistake(irq->config.trace, &counters, IOAPIC_MISTAKE_DROPPED, pin);
        }
        if (heard)
            trace_end(irq->config.trace);
    }
}

// The CPUs that the 8259A reaches through an ExtINT entry. It is a wire, so the set is derived and compared with the
// old one.
static void settle_extint(struct x86_irq *irq)
{
    struct x86_message message;
    size_t bytes = irq->targets.words * sizeof(uint64_t);
    bool used = false;
    for (uint32_t i = 0; i < irq->config.ioapic_count; i++)
        used |= ioapic_extint(&irq->ioapics[i], &message);
    if (likely(!used && !irq->extint_used))
        return;
    memset(irq->found, 0, bytes);
    for (uint32_t i = 0; i < irq->config.ioapic_count; i++)
        if (ioapic_extint(&irq->ioapics[i], &message))
            x86_targets_find(&irq->targets, &message, irq->found);
    for (uint32_t i = 0; i < irq->targets.words; i++) {
        uint64_t changed = irq->extint[i] ^ irq->found[i];
        irq->dirty[i] |= changed;
        irq->dirty_words |= changed ? BIT64(i) : 0;
    }
    memcpy(irq->extint, irq->found, bytes);
    irq->extint_used = used;
}

static void settle_ioapics(struct x86_irq *irq)
{
    uint64_t deadline = CLOCK_NEVER;
    for (uint32_t i = 0; i < irq->config.ioapic_count; i++) {
        if (ioapic_ready(&irq->ioapics[i]))
            send_messages(irq, i);
        uint64_t when = ioapic_deadline(&irq->ioapics[i]);
        deadline = when < deadline ? when : deadline;
    }
    settle_extint(irq);
    if (deadline != irq->hub_deadline) {
        irq->hub_deadline = deadline;
        irq->config.deadline(irq->config.owner, X86_IRQ_HUB, deadline);
    }
}

// Sending the IOAPICs' messages calls x86_irq_end, hence `depth`.
static NEVER_INLINE void settle_hub(struct x86_irq *irq)
{
    irq->depth++;
    if (irq->hub_dirty & X86_IRQ_HUB_PIC && irq->config.pic)
        x86_irq_drive_int(irq, pic_cascade_int(&irq->pic));
    if (irq->hub_dirty & X86_IRQ_HUB_IOAPIC)
        settle_ioapics(irq);
    irq->hub_dirty = 0;
    irq->depth--;
}

uint64_t x86_irq_first_key(const struct x86_irq *irq, const struct x86_irq_cpu *cpu, uint32_t pending)
{
    static const struct {
        uint32_t pending;
        unsigned delivery;
    } others[] = {
        { PENDING_INIT, X86_INIT }, { PENDING_SIPI, X86_SIPI }, { PENDING_SMI, X86_SMI }, { PENDING_NMI, X86_NMI }
    };
    for (unsigned i = 0; i < countof(others); i++)
        if (pending & others[i].pending)
            return x86_irq_cpu_key(cpu->index, others[i].delivery, 0);
    if (!(pending & PENDING_INTR))
        return TRACE_NO_KEY;
    if (lapic_extint(&cpu->lapic) || x86_irq_extint_past_lint(irq, cpu))
        return x86_irq_pin_key(X86_IRQ_PIC, pic_line(irq));
    return x86_irq_cpu_key(cpu->index, X86_FIXED, (unsigned)lapic_first(&cpu->lapic));
}

static void tell_pending(struct x86_irq *irq, struct x86_irq_cpu *cpu, uint32_t pending)
{
    TRACE_AT(irq->config.trace, TRACE_WAITS, x86_irq_first_key(irq, cpu, pending & ~cpu->pending), TRACE_PENDING,
             cpu->index, pending, cpu->pending, 0);
    cpu->pending = pending;
    irq->config.signal(irq->config.owner, cpu->index, pending);
}

static void tell_deadline(struct x86_irq *irq, struct x86_irq_cpu *cpu, uint64_t deadline)
{
    cpu->deadline = deadline;
    irq->config.deadline(irq->config.owner, cpu->index, deadline);
}

static void settle_cpu(struct x86_irq *irq, struct x86_irq_cpu *cpu)
{
    uint32_t pending = lapic_output(&cpu->lapic);
    uint64_t deadline = lapic_deadline(&cpu->lapic);
    if (x86_irq_extint_past_lint(irq, cpu))
        pending |= PENDING_INTR;
    if (pending != cpu->pending)
        tell_pending(irq, cpu, pending);
    if (deadline != cpu->deadline)
        tell_deadline(irq, cpu, deadline);
}

void x86_irq_end_cpu(struct x86_irq *irq, uint32_t cpu)
{
    if (likely(irq->depth == 1 && !irq->hub_dirty && !irq->dirty_words)) {
        irq->depth = 0;
        settle_cpu(irq, &irq->cpus[cpu]);
    } else {
        x86_irq_touch(irq, cpu);
        x86_irq_end(irq);
    }
}

void x86_irq_settle(struct x86_irq *irq)
{
    if (irq->hub_dirty)
        settle_hub(irq);
    while (irq->dirty_words) {
        unsigned word = bits_lowest(irq->dirty_words);
        irq->dirty_words &= irq->dirty_words - 1;
        uint64_t set = irq->dirty[word];
        irq->dirty[word] = 0;
        for (; set; set &= set - 1)
            settle_cpu(irq, &irq->cpus[word * 64 + bits_lowest(set)]);
    }
}

void x86_irq_follow(struct x86_irq *irq, uint32_t vcpu)
{
    struct x86_irq_cpu *cpu = &irq->cpus[vcpu];
    uint64_t page = lapic_page(&cpu->lapic);
    x86_irq_begin(irq);
    x86_targets_update(&irq->targets, vcpu, &cpu->lapic);
    x86_irq_touch(irq, vcpu);
    irq->hub_dirty |= X86_IRQ_HUB_IOAPIC;
    if (page != cpu->page) {
        cpu->page = page;
        if (irq->config.page)
            irq->config.page(irq->config.owner, vcpu, page);
    }
    x86_irq_end(irq);
}

// A destination may match other CPUs now: updates the tables, the window, waiting levels and ExtINT.
void x86_irq_moved(struct x86_irq *irq, uint32_t vcpu)
{
    x86_irq_begin(irq);
    for (uint32_t i = 0; i < irq->config.ioapic_count; i++)
        ioapic_retry(&irq->ioapics[i]);
    x86_irq_follow(irq, vcpu);
    x86_irq_end(irq);
}

// --- Inputs ---------------------------------------------------------------------------------------------------------

bool x86_irq_has_pin(const struct x86_irq *irq, uint32_t chip, uint32_t pin)
{
    if (chip == X86_IRQ_PIC)
        return irq->config.pic && pin < 16;
    return chip - X86_IRQ_IOAPIC < irq->config.ioapic_count && pin < irq->ioapics[chip - X86_IRQ_IOAPIC].pins;
}

// A pin that is active low asserts with a falling level: then the fall is the raise.
static void report_pin(struct x86_irq *irq, uint32_t chip, uint32_t pin, bool level)
{
    bool low = chip != X86_IRQ_PIC && ioapic_pins_has(&irq->ioapics[chip - X86_IRQ_IOAPIC].low, pin);
    uint64_t key = x86_irq_pin_key(chip, pin);
    if (level != low)
        trace_raise(irq->config.trace, key, TRACE_PIN, TRACE_NO_CPU, chip, pin, level);
    else
        trace_lower(irq->config.trace, key, TRACE_PIN, TRACE_NO_CPU, chip, pin, level);
}

// The chip keeps a request of the pin.
static bool requests(const struct x86_irq *irq, uint32_t chip, uint32_t pin)
{
    if (chip == X86_IRQ_PIC)
        return pic_cascade_irr(&irq->pic, pin / 8) >> (pin % 8) & 1;
    return ioapic_requests(&irq->ioapics[chip - X86_IRQ_IOAPIC], pin);
}

static bool is_up(const struct x86_irq *irq, uint32_t chip, uint32_t pin)
{
    if (chip == X86_IRQ_PIC)
        return irq->pic.chip[pin / 8].lines >> (pin % 8) & 1;
    return ioapic_active(&irq->ioapics[chip - X86_IRQ_IOAPIC], pin);
}

static bool masked(const struct x86_irq *irq, uint32_t chip, uint32_t pin)
{
    if (chip == X86_IRQ_PIC)
        return pic_cascade_masked(&irq->pic, pin);
    return ioapic_masked(&irq->ioapics[chip - X86_IRQ_IOAPIC], pin);
}

// `raised`: by an edge, or to the level at which an interrupt is asked for.
static void pin_reported(struct x86_irq *irq, uint32_t chip, uint32_t pin, bool raised)
{
    if (raised && masked(irq, chip, pin))
        TRACE(irq->config.trace, TRACE_MASK, TRACE_NO_CPU, chip, pin, requests(irq, chip, pin));
    uint64_t key = x86_irq_pin_key(chip, pin);
    if (!requests(irq, chip, pin) &&
        is_up(irq, chip, pin)) // an edge that was sent or lost; it is sent if it becomes a level
        trace_leave(irq->config.trace, key);
    else if (!requests(irq, chip, pin))
        trace_drop(irq->config.trace, key);
    trace_end(irq->config.trace);
}

void x86_irq_set_pin(struct x86_irq *irq, uint32_t chip, uint32_t pin, bool level)
{
    if (!x86_irq_has_pin(irq, chip, pin))
        return;
    bool heard = trace_heard(irq->config.trace);
    if (heard)
        report_pin(irq, chip, pin, level);
    x86_irq_begin(irq);
    if (chip == X86_IRQ_PIC) {
        pic_cascade_set_line(&irq->pic, pin, level);
        if (!pic_cascade_masked(&irq->pic, pin)) // an ISA line leads to both controllers, and most systems use only one
            irq->hub_dirty |= X86_IRQ_HUB_PIC;
    } else {
        struct ioapic *ioapic = &irq->ioapics[chip - X86_IRQ_IOAPIC];
        drive_ioapic(irq, ioapic, pin, level);
    }
    x86_irq_end(irq);
    if (heard)
        pin_reported(irq, chip, pin, level);
}

void x86_irq_trigger(struct x86_irq *irq, uint32_t chip, uint32_t pin)
{
    if (!x86_irq_has_pin(irq, chip, pin))
        return;
    bool heard = trace_heard(irq->config.trace);
    if (heard)
        report_pin(irq, chip, pin, true);
    x86_irq_begin(irq);
    irq->hub_dirty |= chip == X86_IRQ_PIC ? X86_IRQ_HUB_PIC : X86_IRQ_HUB_IOAPIC;
    if (chip == X86_IRQ_PIC)
        pic_cascade_trigger(&irq->pic, pin);
    else
        ioapic_trigger(&irq->ioapics[chip - X86_IRQ_IOAPIC], pin);
    x86_irq_end(irq);
    if (heard)
        pin_reported(irq, chip, pin, true);
}

void x86_irq_set_lint(struct x86_irq *irq, uint32_t vcpu, unsigned pin, bool level)
{
    struct x86_irq_cpu *cpu = &irq->cpus[vcpu];
    x86_irq_begin(irq);
    if (trace_heard(irq->config.trace))
        x86_irq_lint_heard(irq, cpu, pin, level);
    else
        lapic_set_lint(&cpu->lapic, pin, level);
    x86_irq_end_cpu(irq, vcpu);
}

void x86_irq_drive_lint1(struct x86_irq *irq, bool level)
{
    for (uint32_t i = 0; i < irq->config.cpus; i++)
        x86_irq_set_lint(irq, i, 1, level);
}

// With an IMCR in PIC mode the line is connected to CPU 0 alone, past its local APIC.
static void nmi_past_lapic(struct x86_irq *irq, bool level)
{
    if (!level)
        return;
    irq->cpus[X86_IRQ_BSP].lapic.latched |= PENDING_NMI;
    if (trace_heard(irq->config.trace))
        trace_hold(irq->config.trace, x86_irq_cpu_key(X86_IRQ_BSP, X86_NMI, 0));
    x86_irq_touch(irq, X86_IRQ_BSP);
}

void x86_irq_set_nmi(struct x86_irq *irq, bool level)
{
    bool heard = trace_heard(irq->config.trace);
    if (irq->nmi == level)
        return;
    if (heard)
        x86_irq_nmi_heard(irq, level);
    x86_irq_begin(irq);
    irq->nmi = level;
    if (x86_irq_pic_mode(irq))
        nmi_past_lapic(irq, level);
    else
        x86_irq_drive_lint1(irq, level);
    x86_irq_end(irq);
    if (heard && !level)
        trace_drop(irq->config.trace, x86_irq_nmi_key());
    if (heard)
        trace_end(irq->config.trace);
}

void x86_irq_raise(struct x86_irq *irq, uint32_t vcpu, enum lapic_lvt entry)
{
    struct x86_irq_cpu *cpu = &irq->cpus[vcpu];
    const struct lapic before = cpu->lapic;
    x86_irq_begin(irq);
    bool accepted = lapic_raise(&cpu->lapic, entry);
    if (trace_heard(irq->config.trace)) {
        x86_irq_report_lapic(irq, cpu, &before, 0);
        if (accepted)
            x86_irq_report_raise(irq, cpu, before.lvt[entry]);
    }
    x86_irq_end_cpu(irq, vcpu);
}
