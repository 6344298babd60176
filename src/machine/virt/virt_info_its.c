// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// What the monitor shows of the ITS of `virt`: its registers, and by its tables in memory the devices and events that are
// mapped. The tables are read as its_search reads them; the cache of translations is not changed.
//
// A guest may have mapped more events than anybody reads, or have written nonsense where its tables are: LINES_MOST of
// them are shown, and READS_MOST entries looked at.
//
// Spec: IHI 0069 chapter 5, and the GITS registers; the formats of the tables are those in its.h.
#include <inttypes.h>
#include <stdio.h>

#include "base/bits.h"
#include "irqchip/arm/its.h"
#include "machine/virt/virt.h"
#include "msi/msi_arm.h"

enum { LINES_MOST = 256, READS_MOST = 1 << 20 };

struct walk {
    const struct its *its;
    const struct gic_memory *memory;
    const struct printer *printer;
    uint32_t lines, reads;
};

static bool is_tired(const struct walk *walk)
{
    return walk->lines >= LINES_MOST || walk->reads >= READS_MOST;
}

static bool read_entry(struct walk *walk, uint64_t address, uint64_t *entry)
{
    uint8_t bytes[ITS_ENTRY];
    walk->reads++;
    if (!walk->memory->read(walk->memory->owner, address, bytes, sizeof bytes))
        return false;
    *entry = bytes_get(bytes, sizeof bytes);
    return *entry & ITS_VALID;
}

static void show_event(struct walk *walk, uint32_t device, uint32_t event)
{
    struct its_search search;
    enum its_fault fault = its_search(walk->its, walk->memory, device, event, &search);
    walk->lines++;
    printer_say(walk->printer, "    EventID %u: LPI %u, collection %u", event, search.intid, search.collection);
    if (fault == ITS_FAULT_NONE)
        printer_say(walk->printer, ", to CPU %u%s\n", search.cpu,
                    its_cached(walk->its, device, event) ? ", cached" : "");
    else
        printer_say(walk->printer, ", which leads to no CPU\n");
}

static void show_device(struct walk *walk, uint32_t device, uint64_t entry)
{
    uint64_t table = entry & UINT64_C(0x000fffffffffff00), mapped;
    unsigned bits = (entry & 31) + 1;
    walk->lines++;
    printer_say(walk->printer, "  DeviceID %s (%02x:%02x.%u): ITT at 0x%" PRIx64 ", EventIDs of %u bits\n",
                printer_value(device, 16).text, device >> 8, device >> 3 & 31, device & 7, table, bits);
    if (bits > ITS_EVENT_BITS)
        bits = ITS_EVENT_BITS;
    for (uint32_t event = 0; event >> bits == 0 && !is_tired(walk); event++)
        if (read_entry(walk, table + (uint64_t)event * ITS_ENTRY, &mapped))
            show_event(walk, device, event);
}

static void show_devices(struct walk *walk)
{
    uint64_t address, entry;
    bool broken = false;
    for (uint32_t device = 0; device >> ITS_DEVICE_BITS == 0 && !is_tired(walk); device++) {
        if (!its_in_table(walk->its, ITS_DEVICES, device))
            break;
        if (its_entry_address(walk->its, walk->memory, ITS_DEVICES, device, &address, &broken) &&
            read_entry(walk, address, &entry))
            show_device(walk, device, entry);
    }
    if (broken)
        printer_say(walk->printer, "  a part of the device table is not RAM\n");
    if (is_tired(walk))
        printer_say(walk->printer, "  there may be more\n");
}

static void show_registers(const struct its *its, const struct printer *printer)
{
    uint32_t at = its->creadr & ITS_OFFSET_MASK;
    bool quiescent = !its_enabled(its) && its->due == CLOCK_NEVER;
    printer_say(printer, "ITS: GITS_CTLR = %s: %s\n", HEX32(its->ctlr | (quiescent ? BIT32(31) : 0)),
                its_enabled(its) ? "enabled" : "disabled");
    printer_say(printer, "  GITS_CBASER = %s, GITS_CWRITER = %s, GITS_CREADR = %s: %s%s\n", HEX64(its->cbaser),
                HEX32(its->cwriter), HEX32(its->creadr), at == its->cwriter ? "the queue is empty" : "commands wait",
                its->creadr & ITS_STALLED ? ", it is stalled" : "");
    printer_say(printer, "  GITS_BASER0 = %s (devices), GITS_BASER1 = %s (collections)\n",
                HEX64(its->baser[ITS_DEVICES]), HEX64(its->baser[ITS_COLLECTIONS]));
    if (its->errors)
        printer_say(printer, "  commands in error: %u, the last one %06Xh\n", its->errors, its->error);
}

void virt_show_its(struct board *board, uint32_t number, const struct printer *printer)
{
    const struct arm_irq *irq = &virt_of(board)->irq;
    struct walk walk = { .its = &irq->its, .memory = &irq->config.memory, .printer = printer };
    (void)number;
    if (!irq->config.its) {
        printer_say(printer, "this machine has no ITS; info gic\n");
        return;
    }
    show_registers(walk.its, printer);
    if (its_enabled(walk.its) || walk.its->baser[ITS_DEVICES] & ITS_VALID)
        show_devices(&walk);
}

// --- Messages --------------------------------------------------------------------------------------------------------

static void write_event(const struct arm_irq *irq, const struct arm_message *message, char *text, size_t size)
{
    struct its_search search;
    if (its_search(&irq->its, &irq->config.memory, message->device, message->number, &search) == ITS_FAULT_NONE)
        snprintf(text, size, "EventID %u: LPI %u, to CPU %u", message->number, search.intid, search.cpu);
    else
        snprintf(text, size, "EventID %u, which the ITS does not map to an LPI", message->number);
}

void virt_write_message(struct board *board, uint64_t address, uint32_t data, uint32_t device, char *text, size_t size)
{
    const struct arm_irq *irq = &virt_of(board)->irq;
    struct arm_message message;
    if (msi_arm_decode(&irq->config.windows, address, data, device, false, &message) != MSI_ARM_OK)
        snprintf(text, size, "no register for messages");
    else if (message.kind == ARM_MESSAGE_EVENT)
        write_event(irq, &message, text, size);
    else
        snprintf(text, size, "INTID %u", message.number);
}
