// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Why an interrupt does not arrive, on the PC: from the machine's names to its chips.
#include <stdio.h>
#include <string.h>

#include "base/bits.h"
#include "machine/pc/pc.h"

void pc_why_pin(struct board *board, uint32_t chip, uint32_t pin, struct why *why)
{
    x86_irq_why_pin(&pc_of(board)->irq, chip, pin, why);
}

bool pc_uses_pin(struct board *board, uint32_t chip, uint32_t pin)
{
    return x86_irq_uses_pin(&pc_of(board)->irq, chip, pin);
}

void pc_why_message(struct board *board, uint64_t address, uint32_t data, uint32_t device, struct why *why)
{
    (void)device;
    x86_irq_why_message(&pc_of(board)->irq, address, data, why);
}

// Sources within a local APIC, as events have them: "lapic2.timer" is the chips' "timer@2".
static const char *const own[] = { "timer", "lint0", "lint1", "error" };

int pc_why_source(struct board *board, const char *source, struct why *why, struct error *error)
{
    char text[32];
    unsigned cpu;
    int dot = 0;
    if (sscanf(source, "lapic%4u.%n", &cpu, &dot) == 1 && dot) {
        snprintf(text, sizeof text, "%.8s@%u", source + dot, cpu);
        source = text;
    }
    return x86_irq_why_source(&pc_of(board)->irq, source, why, error);
}

uint32_t pc_why_ready(const struct intact_why_finding *finding, uint32_t *cpu)
{
    *cpu = (uint32_t)finding->value[0];
    switch (finding->reason) {
    case INTACT_WHY_LAPIC_READY:
    case INTACT_WHY_LAPIC_EXTINT: return PENDING_INTR;
    case INTACT_WHY_LAPIC_LATCHED:
        return finding->value[1] == X86_NMI ? PENDING_NMI : finding->value[1] == X86_SMI ? PENDING_SMI : PENDING_INIT;
    default: return 0;
    }
}

bool pc_own_source(const struct board *board, unsigned index, char *name, size_t size)
{
    if (index >= board->config.cpus * countof(own))
        return false;
    snprintf(name, size, "lapic%u.%s", (unsigned)(index / countof(own)), own[index % countof(own)]);
    return true;
}
