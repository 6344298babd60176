// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Commands of the monitor that show PCI functions: info pci, info msi. What configuration space holds is read where it is
// stored, so that no register's read function is called.
//
// Spec: PCI Local Bus 3.0, 6.1 to 6.2.5 (configuration space), 6.8 (MSI, MSI-X).
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/bits.h"
#include "groups/group.h"
#include "machine/machine.h"
#include "machine/monitor/monitor_commands.h"

enum { MESSAGE_CONTROL = 2, NAME = 64 }; // MESSAGE_CONTROL: of either capability

// The name of its device is that of its interrupts, without the last part: "edu0" of "edu0.intx".
static void write_name(const struct board *board, const struct pci_function *function, char *name)
{
    const struct intact_irq_group *group = NULL;
    name[0] = 0;
    if (function == &board->pci.bridge)
        snprintf(name, NAME, " host bridge");
    if (function->irq.device)
        group = intact_irq_device_group(function->irq.device);
    if (!group || !group->name)
        return;
    const char *dot = strrchr(group->name, '.');
    snprintf(name, NAME, " %.*s", (int)(dot ? dot - group->name : (long)strlen(group->name)), group->name);
}

static void show_place(struct monitor *monitor, const struct pci_function *function)
{
    char name[NAME];
    write_name(machine_board(monitor->machine), function, name);
    monitor_print(monitor, "00:%02x.%u%s: ", function->devfn >> 3, function->devfn & 7, name);
}

// --- info pci --------------------------------------------------------------------------------------------------------

static void show_command(struct monitor *monitor, const struct pci_function *function)
{
    unsigned command = (unsigned)pci_function_get(function, PCI_COMMAND, 2);
    monitor_print(monitor, "  command = %04Xh:%s%s%s%s%s; status = %04Xh%s\n", command,
                  command & PCI_COMMAND_IO ? " I/O" : "", command & PCI_COMMAND_MEMORY ? " memory" : "",
                  command & PCI_COMMAND_MASTER ? " bus-master" : "",
                  command & PCI_COMMAND_INTX_DISABLE ? " INTx-disabled" : "", command & 0x407 ? "" : " all off",
                  (unsigned)pci_function_get(function, PCI_STATUS, 2),
                  pci_function_get(function, PCI_STATUS, 2) & PCI_STATUS_INTERRUPT ? ": interrupt" : "");
}

static void show_bar(struct monitor *monitor, const struct pci_function *function, unsigned index)
{
    static const char *const kinds[] = { [PCI_BAR_IO] = "ports",
                                         [PCI_BAR_MEMORY] = "memory",
                                         [PCI_BAR_MEMORY64] = "64-bit memory",
                                         [PCI_BAR_MEMORY64_PREFETCHABLE] = "64-bit prefetchable memory",
                                         [PCI_BAR_MEMORY_PREFETCHABLE] = "prefetchable memory" };
    const struct pci_bar *bar = &function->bars[index];
    if (bar->kind == PCI_BAR_NONE)
        return;
    if (index == PCI_ROM)
        monitor_print(monitor, "  expansion ROM, %" PRIu64 " bytes at 0x%" PRIx64 "%s\n", bar->region.size,
                      pci_bar_address(function, index), pci_bar_mapped(function, index) ? "" : ", not mapped");
    else
        monitor_print(monitor, "  BAR %u: %s, %" PRIu64 " bytes at 0x%" PRIx64 "%s, %s\n", index, kinds[bar->kind],
                      bar->region.size, pci_bar_address(function, index),
                      pci_bar_mapped(function, index) ? "" : ", not mapped", bar->region.name ? bar->region.name : "");
}

// PCI 3.0, 2.2.6: which wire a slot's pin is, by the board's rotation.
static void show_pin(struct monitor *monitor, const struct pci_function *function)
{
    const struct board *board = machine_board(monitor->machine);
    unsigned pin = (unsigned)pci_function_get(function, PCI_INTERRUPT_PIN, 1);
    if (!pin || pin > PCI_PINS)
        return;
    uint32_t gsi = pci_bus_gsi(&board->pci.bus, function->devfn >> 3, pin - 1);
    monitor_print(monitor, "  INT%c#: GSI %u; interrupt line %u\n", 'A' + (int)pin - 1, gsi,
                  (unsigned)pci_function_get(function, PCI_INTERRUPT_LINE, 1));
}

static const char *capability_name(unsigned id)
{
    switch (id) {
    case 0x01: return "power management";
    case MSI_CAPABILITY_ID: return "MSI";
    case 0x09: return "vendor-specific";
    case 0x10: return "PCI Express";
    case MSIX_CAPABILITY_ID: return "MSI-X";
    default: return "unknown";
    }
}

static void show_capabilities(struct monitor *monitor, const struct pci_function *function)
{
    unsigned at = (unsigned)pci_function_get(function, PCI_CAPABILITIES_POINTER, 1), shown = 0;
    if (!(pci_function_get(function, PCI_STATUS, 2) & PCI_STATUS_CAPABILITIES))
        return;
    for (; at >= PCI_FIRST_CAPABILITY && shown < PCI_CONFIG_SIZE / 4; at = function->config[(at & 0xfc) + 1])
        monitor_print(monitor, "%s%02Xh %s", shown++ ? ", " : "  capabilities: ", at & 0xfc,
                      capability_name(function->config[at & 0xfc]));
    monitor_print(monitor, "%s", shown ? "\n" : "");
}

static void show_function(struct monitor *monitor, const struct pci_function *function)
{
    show_place(monitor, function);
    monitor_print(monitor, "%04X:%04X, class %02X%02X%02Xh, revision %u\n",
                  (unsigned)pci_function_get(function, PCI_VENDOR_ID, 2),
                  (unsigned)pci_function_get(function, PCI_DEVICE_ID, 2), function->config[PCI_CLASS_DEVICE + 1],
                  function->config[PCI_CLASS_DEVICE], function->config[PCI_CLASS_PROG],
                  function->config[PCI_REVISION_ID]);
    show_command(monitor, function);
    for (unsigned i = 0; i < PCI_WINDOWS; i++)
        show_bar(monitor, function, i);
    show_pin(monitor, function);
    show_capabilities(monitor, function);
}

struct monitor_result monitor_info_pci(struct monitor *monitor, unsigned count, char *const *words)
{
    const struct board *board = machine_board(monitor->machine);
    (void)count, (void)words;
    for (unsigned i = 0; i < PCI_DEVFNS; i++)
        if (board->pci.bus.functions[i])
            show_function(monitor, board->pci.bus.functions[i]);
    return MONITOR_STAY;
}

// --- info msi --------------------------------------------------------------------------------------------------------

static bool is_pending(const struct pci_function *function, unsigned vector)
{
    const struct intact_irq_group *group = pci_irq_group(function);
    return group && vector < group->length && atomic_load(&group->sources[vector].pending);
}

static void show_message(struct monitor *monitor, const struct pci_function *function, const char *kind,
                         unsigned vector, struct msi_message message, bool masked)
{
    struct board *board = machine_board(monitor->machine);
    char text[120];
    board->type->write_message(board, message.address, message.data, function->devfn, text, sizeof text);
    monitor_print(monitor, "  %s%u: address %s, ", kind, vector,
                  message.address >> 32 ? HEX64(message.address) : HEX32(message.address));
    monitor_print(monitor, "data %s: %s%s%s\n", HEX32(message.data), text, masked ? "; masked" : "",
                  is_pending(function, vector) ? "; pending" : "");
}

static void show_msi(struct monitor *monitor, const struct pci_function *function)
{
    const struct msi_capability *msi = &function->irq.msi;
    unsigned allotted = msi_capability_allotted(msi);
    show_place(monitor, function);
    monitor_print(monitor, "MSI %s, %u of %u messages allotted; message control = %04Xh\n",
                  msi_capability_enabled(msi) ? "enabled" : "off", allotted, msi->vectors,
                  msi_capability_read(msi, MESSAGE_CONTROL, 2, 0));
    for (unsigned i = 0; i < allotted && msi_capability_enabled(msi); i++)
        show_message(monitor, function, "msi", i, msi_capability_message(msi, i), msi_capability_masked(msi, i));
}

// A row that the driver has not written is masked, and 0.
static bool is_unused(const struct msix_entry *entry)
{
    return !entry->address_low && !entry->address_high && !entry->data && entry->control & 1;
}

static void show_msix(struct monitor *monitor, const struct pci_function *function)
{
    const struct msix *msix = &function->irq.msix;
    show_place(monitor, function);
    monitor_print(monitor, "MSI-X %s%s, %u messages; message control = %04Xh\n", msix_enabled(msix) ? "enabled" : "off",
                  msix_function_masked(msix) ? ", the function is masked" : "", msix->vectors,
                  msix_capability_read(msix, MESSAGE_CONTROL, 2));
    for (unsigned i = 0; i < msix->vectors; i++)
        if (!is_unused(&msix->table[i]) || is_pending(function, i))
            show_message(monitor, function, "msix", i, msix_message(msix, i), msix->table[i].control & 1);
}

struct monitor_result monitor_info_msi(struct monitor *monitor, unsigned count, char *const *words)
{
    const struct board *board = machine_board(monitor->machine);
    unsigned shown = 0;
    (void)count;
    for (unsigned i = 0; i < PCI_DEVFNS; i++) {
        const struct pci_function *function = board->pci.bus.functions[i];
        bool msi = function && function->irq.config.msi_vectors, msix = function && function->irq.config.msix_vectors;
        if (msi)
            show_msi(monitor, function);
        if (msix)
            show_msix(monitor, function);
        shown += msi + msix;
    }
    if (!shown)
        return monitor_refuse(monitor, words[0], "no PCI function has MSI or MSI-X");
    return MONITOR_STAY;
}
