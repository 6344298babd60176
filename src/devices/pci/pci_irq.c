// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Applies what a driver writes into a PCI function to the function's intact_irq_device. PCI Local Bus 3.0, 6.2.2
// (interrupt disable), 6.2.3 (interrupt status), 6.8 (MSI, MSI-X).
//
//     MSI-X enable ─┐
//     MSI enable ───┴─ mode ──── INTx: one level source, high while the device's level is and it is not disabled
//                                MSI, MSI-X: a message per vector; masked by its mask bit, the function's, or while
//                                bus mastering is off (PCI Express Base 3.0, 7.5.1.1: no messages then)
//
// Path: devices / msi/msi_capability.c, msi/msix.c, groups/device.c
#include "devices/pci/pci_irq.h"

#include <string.h>

#include "base/bits.h"
#include "devices/pci/pci.h"

static enum intact_irq_mode chosen(const struct pci_irq *irq)
{
    if (irq->config.msix_vectors && msix_enabled(&irq->msix))
        return INTACT_IRQ_MODE_PCI_MSIX;
    if (irq->config.msi_vectors && msi_capability_enabled(&irq->msi))
        return INTACT_IRQ_MODE_PCI_MSI;
    return irq->config.pin ? INTACT_IRQ_MODE_LEGACY : INTACT_IRQ_MODE_DISABLED;
}

enum intact_irq_mode pci_irq_mode(const struct pci_function *function)
{
    return function->irq.device ? intact_irq_device_mode(function->irq.device) : INTACT_IRQ_MODE_DISABLED;
}

static bool by_message(const struct pci_function *function)
{
    return pci_irq_mode(function) > INTACT_IRQ_MODE_LEGACY;
}

unsigned pci_irq_vectors(const struct pci_function *function)
{
    switch (pci_irq_mode(function)) {
    case INTACT_IRQ_MODE_PCI_MSI: return msi_capability_allotted(&function->irq.msi);
    case INTACT_IRQ_MODE_PCI_MSIX: return function->irq.config.msix_vectors;
    default: return 0;
    }
}

struct intact_irq_group *pci_irq_group(const struct pci_function *function)
{
    return by_message(function) ? intact_irq_device_group(function->irq.device) : NULL;
}

int pci_irq_set_name(struct pci_function *function, const char *name)
{
    return function->irq.device ? intact_irq_device_set_name(function->irq.device, name) : INTACT_IRQ_OK;
}

// --- INTx ------------------------------------------------------------------------------------------------------------

// 6.2.3: the status bit is the function's own state, whatever the command register says of the line.
static void drive_line(struct pci_function *function)
{
    struct pci_irq *irq = &function->irq;
    uint8_t *status = &function->config[PCI_STATUS];
    bool disabled = pci_function_get(function, PCI_COMMAND, 2) & PCI_COMMAND_INTX_DISABLE;
    *status = (uint8_t)bits_merge(*status, irq->level ? PCI_STATUS_INTERRUPT : 0, PCI_STATUS_INTERRUPT);
    if (pci_irq_mode(function) == INTACT_IRQ_MODE_LEGACY)
        intact_irq_group_set_level(intact_irq_device_group(irq->device), 0, irq->level && !disabled);
}

void pci_irq_set_level(struct pci_function *function, bool level)
{
    if (function->irq.level == level)
        return;
    function->irq.level = level;
    drive_line(function);
}

// --- Messages --------------------------------------------------------------------------------------------------------

int pci_irq_trigger(struct pci_function *function, unsigned vector)
{
    struct intact_irq_group *group = pci_irq_group(function);
    if (!group)
        return INTACT_IRQ_NOT_ENABLED;
    if (intact_irq_group_type(group) == INTACT_IRQ_MSI && vector < function->irq.config.msi_vectors)
        vector &= msi_capability_allotted(&function->irq.msi) - 1;
    return intact_irq_group_trigger(group, vector);
}

static void stage(struct pci_function *function, unsigned vector, bool masked)
{
    struct pci_irq *irq = &function->irq;
    bool msix = pci_irq_mode(function) == INTACT_IRQ_MODE_PCI_MSIX;
    struct msi_message message = msix ? msix_message(&irq->msix, vector) : msi_capability_message(&irq->msi, vector);
    intact_irq_device_set_address_low(irq->device, vector, (uint32_t)message.address);
    intact_irq_device_set_address_high(irq->device, vector, (uint32_t)(message.address >> 32));
    intact_irq_device_set_data(irq->device, vector, message.data);
    intact_irq_device_set_masked(irq->device, vector, masked);
}

static bool is_masked(const struct pci_function *function, unsigned vector)
{
    const struct pci_irq *irq = &function->irq;
    if (!(function->config[PCI_COMMAND] & PCI_COMMAND_MASTER))
        return true;
    return pci_irq_mode(function) == INTACT_IRQ_MODE_PCI_MSIX ? msix_masked(&irq->msix, vector)
                                                              : msi_capability_masked(&irq->msi, vector);
}

// A receiver may refuse an address when it is configured (intact_irq_output); for the driver a write to its table
// always succeeds, so such a vector is disabled, and counted. The receivers of our machines refuse nothing: there the
// message is sent, and then dropped and counted.
static void update(struct pci_function *function, unsigned vector)
{
    struct pci_irq *irq = &function->irq;
    stage(function, vector, is_masked(function, vector));
    if (intact_irq_device_update(irq->device, vector) != INTACT_IRQ_NO_ROUTE)
        return;
    irq->mistakes[PCI_IRQ_UNREACHABLE]++;
    stage(function, vector, true);
    intact_irq_device_update(irq->device, vector);
}

static unsigned sources(const struct pci_function *function)
{
    struct intact_irq_group *group = pci_irq_group(function);
    return group ? intact_irq_group_length(group) : 0;
}

static void update_all(struct pci_function *function)
{
    for (unsigned i = 0; i < sources(function); i++)
        update(function, i);
}

// --- Mode ------------------------------------------------------------------------------------------------------------

// Messages are enabled masked and then unmasked one by one, so that a refusal only concerns one of them.
static void enter(struct pci_function *function, enum intact_irq_mode mode)
{
    struct pci_irq *irq = &function->irq;
    if (pci_irq_mode(function) == INTACT_IRQ_MODE_LEGACY && intact_irq_device_enabled(irq->device))
        intact_irq_group_set_level(intact_irq_device_group(irq->device), 0, false);
    intact_irq_device_disable(irq->device);
    intact_irq_device_set_mode(irq->device, INTACT_IRQ_MODE_DISABLED);
    intact_irq_device_set_mode(irq->device, mode);
    if (mode == INTACT_IRQ_MODE_DISABLED)
        return;
    unsigned count = mode == INTACT_IRQ_MODE_PCI_MSIX  ? irq->config.msix_vectors
                     : mode == INTACT_IRQ_MODE_PCI_MSI ? irq->config.msi_vectors
                                                       : 0;
    for (unsigned i = 0; i < count; i++)
        stage(function, i, true);
    intact_irq_device_enable(irq->device);
    update_all(function);
    drive_line(function);
}

static bool settled(const struct pci_irq *irq)
{
    enum intact_irq_mode mode = chosen(irq);
    return mode == intact_irq_device_mode(irq->device) &&
           intact_irq_device_enabled(irq->device) == (mode != INTACT_IRQ_MODE_DISABLED);
}

// Enable or function mask, or the number of vectors, may have changed.
static void apply(struct pci_function *function)
{
    struct pci_irq *irq = &function->irq;
    bool both = irq->config.msix_vectors && irq->config.msi_vectors && msix_enabled(&irq->msix) &&
                msi_capability_enabled(&irq->msi);
    irq->mistakes[PCI_IRQ_BOTH] += both;
    if (settled(irq))
        update_all(function);
    else
        enter(function, chosen(irq));
    if (irq->mode_changed)
        irq->mode_changed(irq->owner);
}

void pci_irq_command(struct pci_function *function)
{
    if (!function->irq.device)
        return;
    update_all(function);
    drive_line(function);
}

// --- The driver's accesses -------------------------------------------------------------------------------------------

static uint64_t pending_bits(const struct pci_function *function, enum intact_irq_mode mode, unsigned first,
                             unsigned count)
{
    uint64_t bits = 0;
    if (pci_irq_mode(function) != mode)
        return 0;
    for (unsigned i = 0; i < count; i++)
        bits |= (uint64_t)(intact_irq_group_pending(pci_irq_group(function), first + i) > 0) << i;
    return bits;
}

// The first two bytes, ID and next, belong to the list of capabilities.
static uint32_t with_list(const struct pci_function *function, unsigned at, unsigned offset, unsigned size,
                          uint32_t value)
{
    uint32_t list = pci_function_get(function, at, 2);
    return offset < 2 ? (uint32_t)(value | (list >> (8 * offset) & bits_low(8 * size))) : value;
}

static uint32_t read_msi(void *owner, unsigned offset, unsigned size, uint64_t now)
{
    const struct pci_function *function = owner;
    const struct msi_capability *msi = &function->irq.msi;
    uint32_t pending = (uint32_t)pending_bits(function, INTACT_IRQ_MODE_PCI_MSI, 0, msi->vectors);
    (void)now;
    return with_list(function, function->irq.msi_at, offset, size, msi_capability_read(msi, offset, size, pending));
}

static void write_msi(void *owner, unsigned offset, unsigned size, uint32_t value, uint64_t now)
{
    struct pci_function *function = owner;
    unsigned changed = msi_capability_write(&function->irq.msi, offset, size, value);
    (void)now;
    if (changed & MSI_CHANGED_ENABLE)
        apply(function);
    else if (changed && pci_irq_mode(function) == INTACT_IRQ_MODE_PCI_MSI)
        update_all(function);
}

static uint32_t read_msix(void *owner, unsigned offset, unsigned size, uint64_t now)
{
    const struct pci_function *function = owner;
    uint32_t value = msix_capability_read(&function->irq.msix, offset, size);
    (void)now;
    return with_list(function, function->irq.msix_at, offset, size, value);
}

static void write_msix(void *owner, unsigned offset, unsigned size, uint32_t value, uint64_t now)
{
    struct pci_function *function = owner;
    (void)now;
    if (msix_capability_write(&function->irq.msix, offset, size, value))
        apply(function);
}

// The BAR of table and PBA: one half for each.
static uint64_t half(const struct pci_function *function)
{
    return function->bars[function->irq.config.msix_bar].region.size / 2;
}

static uint64_t read_table(void *owner, uint64_t offset, unsigned size, uint64_t now)
{
    struct pci_function *function = owner;
    unsigned first = 0;
    (void)now;
    if (offset < half(function))
        return msix_table_read(&function->irq.msix, offset, size);
    unsigned count = msix_pba_vectors(&function->irq.msix, offset - half(function), size, &first);
    return pending_bits(function, INTACT_IRQ_MODE_PCI_MSIX, first, count);
}

static void write_table(void *owner, uint64_t offset, unsigned size, uint64_t value, uint64_t now)
{
    struct pci_function *function = owner;
    (void)now;
    if (offset >= half(function))
        return; // 6.8.2: the PBA is read-only
    struct msix_change change = msix_table_write(&function->irq.msix, offset, size, value);
    if (change.changed && pci_irq_mode(function) == INTACT_IRQ_MODE_PCI_MSIX)
        update(function, change.vector);
}

// --- Life ------------------------------------------------------------------------------------------------------------

static int add_msi(struct pci_function *function)
{
    struct pci_irq *irq = &function->irq;
    msi_capability_init(&irq->msi, irq->config.msi_vectors, !irq->config.msi_32bit, irq->config.msi_maskable);
    unsigned size = (unsigned)align_up(msi_capability_size(&irq->msi), 4);
    irq->msi_at = (uint8_t)pci_add_capability(function, MSI_CAPABILITY_ID, size);
    const struct pci_capability hook = { irq->msi_at, (uint8_t)size, read_msi, write_msi, function };
    return irq->msi_at && pci_hook_capability(function, &hook) ? INTACT_IRQ_OK : INTACT_IRQ_INVALID;
}

static uint64_t table_half(unsigned vectors)
{
    uint64_t size = 2048;
    while (size < msix_table_size(vectors))
        size *= 2;
    return size;
}

static int add_msix(struct pci_function *function)
{
    struct pci_irq *irq = &function->irq;
    unsigned bar = irq->config.msix_bar, vectors = irq->config.msix_vectors;
    uint64_t size = table_half(vectors);
    if (pci_bar_add(function, bar, PCI_BAR_MEMORY, 2 * size, read_table, write_table, function, "MSI-X") < 0)
        return INTACT_IRQ_INVALID;
    msix_init(&irq->msix, irq->config.msix_table, vectors, (struct msix_place){ bar, 0 },
              (struct msix_place){ bar, (uint32_t)size });
    irq->msix_at = (uint8_t)pci_add_capability(function, MSIX_CAPABILITY_ID, MSIX_CAPABILITY_SIZE);
    const struct pci_capability hook = { irq->msix_at, MSIX_CAPABILITY_SIZE, read_msix, write_msix, function };
    return irq->msix_at && pci_hook_capability(function, &hook) ? INTACT_IRQ_OK : INTACT_IRQ_INVALID;
}

static int add_device(struct pci_function *function)
{
    struct pci_irq *irq = &function->irq;
    uint32_t gsi = irq->config.pin ? pci_bus_gsi(function->bus, function->devfn >> 3, irq->config.pin - 1u) : 0;
    const struct intact_irq_resources resources = {
        .size = sizeof(struct intact_irq_resources),
        .legacy = { gsi, irq->config.pin != 0 },
        .pci_msi = { INTACT_IRQ_ANY_BASE, irq->config.msi_vectors },
        .pci_msix = { INTACT_IRQ_ANY_BASE, irq->config.msix_vectors },
        .requester = function->devfn, // bus 0
    };
    return intact_irq_device_create(function->bus->config.interrupts, &resources, &irq->device);
}

int pci_irq_init(struct pci_function *function, const struct pci_irq_config *config)
{
    struct pci_irq *irq = &function->irq;
    int result = INTACT_IRQ_OK;
    irq->config = *config;
    pci_function_set(function, PCI_INTERRUPT_PIN, 1, config->pin);
    if (config->msi_vectors)
        result = add_msi(function);
    if (!result && config->msix_vectors)
        result = add_msix(function);
    if (!result && (config->pin || config->msi_vectors || config->msix_vectors))
        result = add_device(function);
    if (!result && irq->device)
        enter(function, chosen(irq));
    return result;
}

void pci_irq_reset(struct pci_function *function)
{
    struct pci_irq *irq = &function->irq;
    if (!irq->device)
        return;
    if (irq->config.msi_vectors)
        msi_capability_reset(&irq->msi);
    if (irq->config.msix_vectors)
        msix_reset(&irq->msix);
    irq->level = false;
    drive_line(function);
    intact_irq_device_reset(irq->device);
    enter(function, chosen(irq));
    if (irq->mode_changed)
        irq->mode_changed(irq->owner);
}

void pci_irq_destroy(struct pci_function *function)
{
    if (function->irq.device)
        intact_irq_device_destroy(function->irq.device);
    function->irq.device = NULL;
}

void pci_irq_visit(struct pci_function *function, struct visit *v)
{
    struct pci_irq *irq = &function->irq;
    if (!irq->device)
        return;
    visit_enter(v, "irq");
    if (irq->config.msi_vectors)
        msi_capability_visit(&irq->msi, v);
    if (irq->config.msix_vectors)
        msix_visit(&irq->msix, v);
    VISIT(v, irq->level);
    VISIT_ARRAY(v, irq->mistakes);
    visit_leave(v);
}

// The state of the intact_irq_device follows from the registers; its groups have been loaded with their own state.
void pci_irq_loaded(struct pci_function *function)
{
    struct pci_irq *irq = &function->irq;
    if (!irq->device)
        return;
    enum intact_irq_mode mode = chosen(irq);
    intact_irq_device_restore(irq->device, mode, mode != INTACT_IRQ_MODE_DISABLED);
    for (unsigned i = 0; i < sources(function); i++)
        stage(function, i, is_masked(function, i));
}
