// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// A PCI bus with functions of every kind: any access to configuration space, BARs, MSI-X tables and PBAs; triggers,
// levels, resets, time.
//
// What must hold after every step:
//   - a function's mode follows from its capabilities, lines are the OR of the functions that may drive them;
//   - pending vectors are masked, and every trigger is counted;
//   - a mapped BAR answers at the address in its register;
//   - loading what was just saved changes nothing.
#include <stdlib.h>
#include <string.h>

#include "base/bits.h"
#include "base/clock.h"
#include "devices/edu.h"
#include "fuzz.h"
#include "groups/group.h"

const char *const fuzz_name = "fuzz_pci";

enum { FUNCTIONS = 4, STEPS = 300, MSIX_MANY = 70, MSIX_FEW = 3, RAM_SIZE = 0x10000 };

static struct rig {
    struct pci_host host;
    struct bus memory, ports;
    struct region ram;
    uint8_t bytes[RAM_SIZE];
    struct clock clock;
    struct intact_irq_manager *manager;
    bool lines[PCI_PINS];
    struct pci_function own[FUNCTIONS - 1];
    struct edu edu;
    struct pci_function *functions[FUNCTIONS];
    struct msix_entry many[MSIX_MANY], few[MSIX_FEW];
} rig;

// --- The bench -------------------------------------------------------------------------------------------------------

static void pin(void *owner, uint32_t chip, uint32_t number, bool level)
{
    (void)owner, (void)chip;
    rig.lines[number] = level;
}

// Odd data has no receiver.
static bool message(void *owner, uint64_t address, uint32_t data, uint32_t device)
{
    (void)owner, (void)address, (void)device;
    return !(data & 1);
}

static uint64_t read_bar(void *owner, uint64_t offset, unsigned size, uint64_t now)
{
    (void)owner, (void)size, (void)now;
    return offset;
}

static void write_bar(void *owner, uint64_t offset, unsigned size, uint64_t value, uint64_t now)
{
    (void)owner, (void)offset, (void)size, (void)value, (void)now;
}

static void need(bool good, const char *what)
{
    if (!good)
        fuzz_fail("%s", what);
}

static void add(unsigned index, enum pci_bar_kind kind, uint64_t size, const struct pci_irq_config *irq)
{
    struct pci_function *function = &rig.own[index];
    pci_function_init(function, 0x1234, (uint16_t)index, 0xff0000, 0);
    need(pci_bus_add(&rig.host.bus, PCI_DEVFN(index + 1, 0), function) == 0, "a slot");
    need(pci_bar_add(function, 0, kind, size, read_bar, write_bar, NULL, "fuzz") == 0, "a BAR");
    need(pci_irq_init(function, irq) == 0, "interrupts");
    rig.functions[index] = function;
}

static void make(void)
{
    const struct intact_irq_output output = { .size = sizeof(struct intact_irq_output),
                                              .pin = pin,
                                              .message = message };
    memset(&rig, 0, sizeof rig);
    clock_init(&rig.clock);
    need(intact_irq_manager_create(&output, &rig.manager) == 0, "a manager");
    need(intact_irq_manager_add_chip(rig.manager, 0, PCI_PINS) == 0, "a chip");
    for (uint32_t line = 0; line < PCI_PINS; line++)
        need(intact_irq_manager_route(rig.manager, line, 0, line) == 0, "a route");
    bus_init(&rig.memory);
    bus_init(&rig.ports);
    rig.ram = (struct region){ .base = 0, .size = RAM_SIZE, .name = "RAM", .ram = rig.bytes };
    bus_add(&rig.memory, &rig.ram);
    pci_host_init_ecam(&rig.host);
    pci_bus_connect(&rig.host.bus,
                    &(struct pci_bus_config){
                        .memory = &rig.memory, .ports = &rig.ports, .interrupts = rig.manager, .gsi = { 0, 1, 2, 3 } });
    add(0, PCI_BAR_MEMORY, 4096,
        &(struct pci_irq_config){ .pin = 1,
                                  .msi_vectors = 8,
                                  .msi_maskable = true,
                                  .msix_vectors = MSIX_MANY,
                                  .msix_table = rig.many,
                                  .msix_bar = 1 });
    add(1, PCI_BAR_IO, 64, &(struct pci_irq_config){ .pin = 4, .msi_vectors = 32, .msi_32bit = true });
    add(2, PCI_BAR_MEMORY64, 0x2000,
        &(struct pci_irq_config){ .msix_vectors = MSIX_FEW, .msix_table = rig.few, .msix_bar = 2 });
    need(edu_init(&rig.edu, &rig.clock, UINT64_MAX, &rig.host.bus, PCI_DEVFN(FUNCTIONS, 0)) == 0, "edu");
    rig.functions[FUNCTIONS - 1] = &rig.edu.pci;
}

static void end(void)
{
    for (unsigned i = 0; i < FUNCTIONS; i++)
        pci_function_destroy(rig.functions[i]);
    need(intact_irq_manager_destroy(rig.manager) == 0, "every group is gone");
    need(rig.memory.count == 1 && rig.ports.count == 0, "every window is gone");
}

// As a firmware leaves it, so that there is something to disturb.
static void place(void)
{
    for (unsigned i = 0; i < FUNCTIONS; i++) {
        uint8_t devfn = rig.functions[i]->devfn;
        for (unsigned k = 0; k < PCI_BARS; k++)
            if (rig.functions[i]->bars[k].kind != PCI_BAR_NONE)
                pci_bus_write(
                    &rig.host.bus, devfn, PCI_BAR0 + 4 * k, 4,
                    rig.functions[i]->bars[k].kind == PCI_BAR_IO ? 0xc000 : 0xe0000000 + 0x200000 * i + 0x4000 * k, 0);
        pci_bus_write(&rig.host.bus, devfn, PCI_COMMAND, 2, PCI_COMMAND_IO | PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER,
                      0);
    }
}

// --- Steps -----------------------------------------------------------------------------------------------------------

static const struct pci_function *any_function(struct fuzz *fuzz)
{
    return FUZZ_PICK(fuzz, rig.functions);
}

static unsigned any_register(struct fuzz *fuzz)
{
    static const uint8_t often[] = { PCI_COMMAND, PCI_COMMAND, PCI_BAR0, PCI_BAR0 + 4, PCI_BAR0 + 8, PCI_BAR0 + 12,
                                     0x40,        0x42,        0x44,     0x48,         0x4c,         0x50,
                                     0x58,        0x5a,        0x60,     0x62,         PCI_STATUS };
    return fuzz_chance(fuzz, 8) ? fuzz_below(fuzz, 4096) : FUZZ_PICK(fuzz, often) + fuzz_chance(fuzz, 8) * 1u;
}

// Addresses close to each other, so that windows meet.
static uint32_t any_config(struct fuzz *fuzz)
{
    static const uint32_t often[] = { 0,      0x7,    0x7,    0x407,  0x7,        0xe0000000, 0xe0004000, 0xe0200000,
                                      0xc000, 0xc020, 0x8000, 0xc000, 0x8000,     0x4000,     0x1,        0x31,
                                      0x51,   0x2,    0x3,    0x4,    0xffffffff, 0xfee00000, 0x80010005, 0x80000011 };
    return fuzz_chance(fuzz, 4) ? (uint32_t)fuzz_value(fuzz) : FUZZ_PICK(fuzz, often);
}

static void step_config(struct fuzz *fuzz)
{
    const struct pci_function *function = any_function(fuzz);
    unsigned offset = any_register(fuzz), size = 1u << fuzz_below(fuzz, 4);
    uint64_t at = (uint64_t)function->devfn << 12 | offset;
    if (fuzz_chance(fuzz, 3)) {
        pci_ecam_read(&rig.host, at, size > 4 ? 4 : size, rig.clock.now);
        return;
    }
    uint32_t value = any_config(fuzz);
    fuzz_tell(fuzz, "%02x: config %03x.%u = %x", function->devfn, offset, size, value);
    pci_ecam_write(&rig.host, at, size > 4 ? 4 : size, value, rig.clock.now);
}

static void step_window(struct fuzz *fuzz)
{
    const struct pci_function *function = any_function(fuzz);
    const struct pci_bar *bar = &function->bars[fuzz_below(fuzz, 3)];
    if (!bar->mapped)
        return;
    struct bus *bus = bar->kind == PCI_BAR_IO ? &rig.ports : &rig.memory;
    uint64_t half = bar->region.size / 2, offset = fuzz_below(fuzz, fuzz_chance(fuzz, 4) ? (uint32_t)half : 0x60);
    unsigned size = 1u << (fuzz_chance(fuzz, 8) ? fuzz_below(fuzz, 4) : 2 + fuzz_below(fuzz, 2));
    if (!fuzz_chance(fuzz, 8))
        offset &= ~(uint64_t)(size - 1);
    uint64_t address = bar->region.base + offset + (fuzz_chance(fuzz, 4) ? half : 0), value = any_config(fuzz);
    fuzz_tell(fuzz, "%02x: window %llx.%u = %llx", function->devfn, (unsigned long long)address, size,
              (unsigned long long)value);
    if (fuzz_chance(fuzz, 3))
        bus_read(bus, address, size, rig.clock.now);
    else
        bus_write(bus, address, size, value, rig.clock.now);
}

static void step_device(struct fuzz *fuzz)
{
    unsigned index = fuzz_below(fuzz, FUNCTIONS - 1);
    struct pci_function *function = &rig.own[index];
    unsigned vector = fuzz_below(fuzz, fuzz_chance(fuzz, 8) ? 100 : 4);
    switch (fuzz_below(fuzz, 16)) {
    case 0: pci_function_reset(function, rig.clock.now); break;
    case 1: edu_reset(&rig.edu, rig.clock.now); break;
    case 2:
    case 3: pci_irq_set_level(function, fuzz_chance(fuzz, 2)); break;
    case 4:
        clock_advance(&rig.clock, rig.clock.now + fuzz_below(fuzz, 200000000));
        clock_run_due(&rig.clock);
        break;
    default:
        fuzz_tell(fuzz, "%02x: trigger %u", function->devfn, vector);
        pci_irq_trigger(function, vector);
        break;
    }
}

// --- What must hold --------------------------------------------------------------------------------------------------

static enum intact_irq_mode mode_of(const struct pci_function *function)
{
    const struct pci_irq *irq = &function->irq;
    if (irq->config.msix_vectors && msix_enabled(&irq->msix))
        return INTACT_IRQ_MODE_PCI_MSIX;
    if (irq->config.msi_vectors && msi_capability_enabled(&irq->msi))
        return INTACT_IRQ_MODE_PCI_MSI;
    return irq->config.pin ? INTACT_IRQ_MODE_LEGACY : INTACT_IRQ_MODE_DISABLED;
}

static void check_masks(const struct pci_function *function)
{
    bool master = function->config[PCI_COMMAND] & PCI_COMMAND_MASTER;
    bool msix = pci_irq_mode(function) == INTACT_IRQ_MODE_PCI_MSIX;
    struct intact_irq_group *group = pci_irq_group(function);
    for (uint32_t i = 0; group && i < intact_irq_group_length(group); i++) {
        bool masked = msix ? msix_masked(&function->irq.msix, i) : msi_capability_masked(&function->irq.msi, i);
        if (intact_irq_group_pending(group, i) > 0 && master && !masked)
            fuzz_fail("vector %u of %02x is pending and not masked", i, function->devfn);
    }
}

static void check_bars(const struct pci_function *function)
{
    for (unsigned i = 0; i < PCI_BARS; i++) {
        const struct pci_bar *bar = &function->bars[i];
        if (bar->kind == PCI_BAR_NONE || !bar->mapped)
            continue;
        bool io = bar->kind == PCI_BAR_IO;
        need(function->config[PCI_COMMAND] & (io ? PCI_COMMAND_IO : PCI_COMMAND_MEMORY), "mapped, and decoding is off");
        need(bar->region.base == pci_bar_address(function, i), "a BAR is not where its registers say");
        need(bus_find(io ? &rig.ports : &rig.memory, bar->region.base) == &bar->region, "a mapped BAR does not answer");
    }
}

static void check_functions(void)
{
    bool lines[PCI_PINS] = { false };
    for (unsigned i = 0; i < FUNCTIONS; i++) {
        const struct pci_function *function = rig.functions[i];
        const struct pci_irq *irq = &function->irq;
        bool disabled = pci_function_get(function, PCI_COMMAND, 2) & PCI_COMMAND_INTX_DISABLE;
        need(pci_irq_mode(function) == mode_of(function), "the mode is not what the capabilities say");
        need(!(function->config[PCI_STATUS] & PCI_STATUS_INTERRUPT) == !irq->level, "the interrupt status");
        if (irq->level && !disabled && mode_of(function) == INTACT_IRQ_MODE_LEGACY)
            lines[((function->devfn >> 3) + irq->config.pin - 1u) % PCI_PINS] = true;
        check_masks(function);
        check_bars(function);
    }
    need(memcmp(lines, rig.lines, sizeof lines) == 0, "a line is not what the functions drive");
}

static void check_counts(void)
{
    struct intact_irq_counts counts;
    uint64_t waiting = 0;
    intact_irq_manager_counts(rig.manager, &counts);
    for (uint32_t i = 0; i < rig.manager->group_count; i++)
        for (uint32_t k = 0; k < rig.manager->groups[i]->length; k++)
            waiting += rig.manager->groups[i]->sources[k].undelivered;
    if (counts.triggered != counts.delivered + counts.coalesced + counts.dropped + counts.abandoned + waiting)
        fuzz_fail("%llu triggers, %llu accounted for", (unsigned long long)counts.triggered,
                  (unsigned long long)(counts.triggered - waiting));
}

static void visit_all(struct visit *v)
{
    pci_host_visit(&rig.host, v);
    for (unsigned i = 0; i < FUNCTIONS - 1; i++)
        pci_function_visit(&rig.own[i], v);
    edu_visit(&rig.edu, v);
    manager_visit(rig.manager, v);
    route_visit(rig.manager->route, v);
}

static void check_state(void)
{
    struct visit_save save;
    struct visit_load load;
    struct visit_differ differ;
    visit_save_init(&save);
    visit_all(&save.visit);
    visit_load_init(&load, save.data, save.size);
    visit_all(&load.visit);
    clock_loaded(&rig.clock);
    manager_loaded(rig.manager);
    pci_bus_loaded(&rig.host.bus);
    visit_differ_init(&differ, save.data, save.size);
    visit_all(&differ.visit);
    free(save.data);
    if (differ.differs)
        fuzz_fail("a load of what was saved changes %s", differ.path);
}

void fuzz_case(struct fuzz *fuzz)
{
    make();
    if (!fuzz_chance(fuzz, 8))
        place();
    for (unsigned left = fuzz_below(fuzz, STEPS); left; left--) {
        switch (fuzz_below(fuzz, 4)) {
        case 0: step_config(fuzz); break;
        case 1: step_window(fuzz); break;
        default: step_device(fuzz); break;
        }
        check_functions();
        check_counts();
        if (fuzz_chance(fuzz, 64))
            check_state();
    }
    end();
}
