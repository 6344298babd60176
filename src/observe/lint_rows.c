// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The texts of a lint's findings, and which of them a mistake is. See <intact/lint.h>.
#include "observe/lint.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/why.h"
#include "observe/event_text.h"

static const struct {
    const char *id, *sentence, *section;
} texts[] = {
#define LINT_TEXT(id, sentence, section) { #id, sentence, section },
    INTACT_LINTS(LINT_TEXT)
};

const char *intact_lint_name(enum intact_lint_id id)
{
    return (unsigned)id < INTACT_LINT_IDS ? texts[id].id : "";
}

const char *intact_lint_sentence(enum intact_lint_id id)
{
    return (unsigned)id < INTACT_LINT_IDS ? texts[id].sentence : "";
}

const char *intact_lint_section(enum intact_lint_id id)
{
    return (unsigned)id < INTACT_LINT_IDS ? texts[id].section : "";
}

void intact_lint_text(const struct intact_lint_finding *finding, char *out, size_t size)
{
    char sentence[INTACT_LINT_TEXT - 120], times[40] = "once", count[32], at[56] = "", cpu[32] = "", pc[32] = "";
    bool once = finding->count == 1;
    why_write(intact_lint_sentence(finding->id), &finding->value, finding->name, sentence, sizeof sentence);
    count_text(finding->count, count, sizeof count);
    if (!once)
        snprintf(times, sizeof times, "%s times", count);
    if (finding->instructions || finding->time) {
        count_text(finding->instructions, count, sizeof count);
        snprintf(at, sizeof at, "%s at instruction %s", once ? "," : "; first", count);
    }
    if (finding->cpu != INTACT_NO_CPU)
        snprintf(cpu, sizeof cpu, "%sCPU %" PRIu32, *at || once ? ", " : "; first by ", finding->cpu);
    if (finding->has_pc)
        snprintf(pc, sizeof pc, ", 0x%" PRIx64, finding->pc);
    snprintf(out, size, "%s, %s%s%s%s", sentence, times, at, cpu, pc);
}

// --- Mistakes --------------------------------------------------------------------------------------------------------

enum sort { PIC, IOAPIC, LAPIC, GIC, DEVICE, NONE };

static enum sort sort_of(uint64_t chip)
{
    if (chip >= INTACT_CHIP_DEVICE)
        return DEVICE;
    if (chip >= INTACT_CHIP_CPU)
        return NONE;
    if (chip >= INTACT_CHIP_GICD)
        return GIC;
    return chip >= INTACT_CHIP_LAPIC ? LAPIC : chip >= INTACT_CHIP_IOAPIC ? IOAPIC : PIC;
}

// Not in the list: an IOAPIC's "dropped", which DROP tells too; a keyboard's "lost", which is not the guest's doing; and what
// firmware does on purpose, to find out which flash there is ("flash-command") and when it moves BARs ("pci-overlap").
static const struct {
    enum sort sort;
    const char *mistake;
    enum intact_lint_id id;
} mistakes[] = {
    { PIC, "eoi", INTACT_LINT_PIC_EOI },
    { PIC, "spurious", INTACT_LINT_PIC_SPURIOUS },
    { PIC, "no-slave", INTACT_LINT_PIC_NO_SLAVE },
    { PIC, "call", INTACT_LINT_PIC_CALL },
    { PIC, "elcr", INTACT_LINT_PIC_ELCR },
    { PIC, "early", INTACT_LINT_PIC_EARLY },
    { IOAPIC, "offset", INTACT_LINT_IOAPIC_OFFSET },
    { IOAPIC, "width", INTACT_LINT_IOAPIC_WIDTH },
    { IOAPIC, "index", INTACT_LINT_IOAPIC_INDEX },
    { IOAPIC, "read-only", INTACT_LINT_IOAPIC_READONLY },
    { IOAPIC, "delivery", INTACT_LINT_IOAPIC_DELIVERY },
    { IOAPIC, "eoi", INTACT_LINT_IOAPIC_EOI },
    { IOAPIC, "vector", INTACT_LINT_IOAPIC_VECTOR },
    { LAPIC, "register", INTACT_LINT_LAPIC_REGISTER },
    { LAPIC, "read-only", INTACT_LINT_LAPIC_READONLY },
    { LAPIC, "width", INTACT_LINT_LAPIC_WIDTH },
    { LAPIC, "reserved", INTACT_LINT_LAPIC_RESERVED },
    { LAPIC, "vector", INTACT_LINT_LAPIC_VECTOR },
    { LAPIC, "icr", INTACT_LINT_LAPIC_ICR },
    { LAPIC, "eoi", INTACT_LINT_LAPIC_EOI },
    { LAPIC, "base", INTACT_LINT_LAPIC_BASE },
    { LAPIC, "mode", INTACT_LINT_LAPIC_MODE },
    { GIC, "register", INTACT_LINT_GIC_REGISTER },
    { GIC, "read-only", INTACT_LINT_GIC_READONLY },
    { GIC, "write-only", INTACT_LINT_GIC_WRITEONLY },
    { GIC, "width", INTACT_LINT_GIC_WIDTH },
    { GIC, "secure", INTACT_LINT_GIC_SECURE },
    { GIC, "are", INTACT_LINT_GIC_ARE },
    { GIC, "intid", INTACT_LINT_GIC_INTID },
    { GIC, "eoi", INTACT_LINT_GIC_EOI },
    { GIC, "deactivate", INTACT_LINT_GIC_DEACTIVATE },
    { GIC, "other-group", INTACT_LINT_GIC_OTHER_GROUP },
    { GIC, "sgi", INTACT_LINT_GIC_SGI },
    { GIC, "table", INTACT_LINT_GIC_TABLE },
    { GIC, "enabled", INTACT_LINT_GIC_ENABLED },
    { GIC, "config", INTACT_LINT_GIC_CONFIG },
    { GIC, "command", INTACT_LINT_ITS_COMMAND },
    { DEVICE, "virtio-features-refused", INTACT_LINT_VIRTIO_FEATURES_REFUSED },
    { DEVICE, "virtio-features-late", INTACT_LINT_VIRTIO_FEATURES_LATE },
    { DEVICE, "virtio-status-cleared", INTACT_LINT_VIRTIO_STATUS_CLEARED },
    { DEVICE, "virtio-status-early", INTACT_LINT_VIRTIO_STATUS_EARLY },
    { DEVICE, "virtio-no-queue", INTACT_LINT_VIRTIO_NO_QUEUE },
    { DEVICE, "virtio-queue-busy", INTACT_LINT_VIRTIO_QUEUE_BUSY },
    { DEVICE, "virtio-notified-early", INTACT_LINT_VIRTIO_NOTIFIED_EARLY },
    { DEVICE, "virtio-access", INTACT_LINT_VIRTIO_ACCESS },
    { DEVICE, "virtio-request", INTACT_LINT_VIRTIO_REQUEST },
    { DEVICE, "virtio-no-device", INTACT_LINT_VIRTIO_NO_DEVICE },
    { DEVICE, "pci-no-master", INTACT_LINT_PCI_NO_MASTER },
    { DEVICE, "pci-no-memory", INTACT_LINT_PCI_NO_MEMORY },
    { DEVICE, "msi-both", INTACT_LINT_MSI_BOTH },
    { DEVICE, "msi-unreachable", INTACT_LINT_MSI_UNREACHABLE },
    { DEVICE, "msix-width", INTACT_LINT_MSIX_WIDTH },
    { DEVICE, "msix-in-use", INTACT_LINT_MSIX_IN_USE },
    { DEVICE, "hpet-width", INTACT_LINT_HPET_WIDTH },
    { DEVICE, "hpet-route", INTACT_LINT_HPET_ROUTE },
    { DEVICE, "hpet-counter", INTACT_LINT_HPET_COUNTER },
    { DEVICE, "pit-count-one", INTACT_LINT_PIT_COUNT_ONE },
    { DEVICE, "pit-not-bcd", INTACT_LINT_PIT_NOT_BCD },
    { DEVICE, "i8042-command", INTACT_LINT_I8042_COMMAND },
    { DEVICE, "pl011-register", INTACT_LINT_PL011_REGISTER },
    { DEVICE, "pl011-disabled", INTACT_LINT_PL011_DISABLED },
    { DEVICE, "pl031-register", INTACT_LINT_PL031_REGISTER },
    { DEVICE, "pl061-register", INTACT_LINT_PL061_REGISTER },
    { DEVICE, "flash-sequence", INTACT_LINT_FLASH_SEQUENCE },
    { DEVICE, "fw-cfg-dma", INTACT_LINT_FW_CFG_DMA },
    { DEVICE, "sleep-type", INTACT_LINT_SLEEP_TYPE },
    { DEVICE, "edu-access", INTACT_LINT_EDU_ACCESS },
    { DEVICE, "edu-busy", INTACT_LINT_EDU_BUSY },
    { DEVICE, "edu-range", INTACT_LINT_EDU_RANGE },
    { DEVICE, "edu-mask", INTACT_LINT_EDU_MASK },
};

// A command's error: 01h, the command, and what is wrong (IHI 0069, "ITS command errors").
static enum intact_lint_id of_command(uint64_t error)
{
    switch (error & 0xff) {
    case 0x04: return INTACT_LINT_ITS_NO_DEVICE;
    case 0x09: return INTACT_LINT_ITS_NO_COLLECTION;
    default: return INTACT_LINT_ITS_COMMAND;
    }
}

// An event that the ITS does not translate is told as a DROP.
enum intact_lint_id lint_of_mistake(const struct intact_trace_event *event)
{
    enum sort sort = sort_of(event->a);
    if (event->a == INTACT_CHIP_ITS && event->mistake && strcmp(event->mistake, "intid") == 0)
        return INTACT_LINT_IDS;
    for (unsigned i = 0; event->mistake && i < sizeof mistakes / sizeof mistakes[0]; i++)
        if (mistakes[i].sort == sort && strcmp(mistakes[i].mistake, event->mistake) == 0)
            return mistakes[i].id == INTACT_LINT_ITS_COMMAND ? of_command(event->c) : mistakes[i].id;
    return INTACT_LINT_IDS;
}

// --- Drops -----------------------------------------------------------------------------------------------------------

// The reasons: irqchip/route.h, irqchip/x86/x86_irq.h, irqchip/arm/arm_irq.h. Not in the list: 1, a GSI that the board leads
// nowhere.
enum intact_lint_id lint_of_drop(const struct intact_trace_event *event)
{
    switch (event->a) {
    case 2: return INTACT_LINT_NO_RECEIVER;
    case 0x100: return INTACT_LINT_NO_CPU;
    case 0x101: return INTACT_LINT_REFUSED;
    case 0x102: return INTACT_LINT_MALFORMED;
    // From a processor it is an SGI, which its interface has counted as a mistake.
    case 0x200: return event->cpu == INTACT_NO_CPU ? INTACT_LINT_ARM_TARGET : INTACT_LINT_IDS;
    case 0x201: return INTACT_LINT_ARM_REFUSED;
    case 0x202: return INTACT_LINT_ARM_MALFORMED;
    case 0x203: return INTACT_LINT_ARM_UNTRANSLATED;
    default: return INTACT_LINT_IDS;
    }
}
