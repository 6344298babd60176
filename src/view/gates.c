// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// See gates.h.
//
// Spec: Intel SDM vol. 3A, "Masking Maskable Hardware Interrupts", and the APIC chapter on task and processor priority; Arm ARM
// D1.3 (PSTATE.I); IHI 0069 4.8 (priority mask, running priority); IHI 0048B 4.4.
#include "view/gates.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

static void add(struct view_cpu *cpu, const char *name, const char *section, bool open, const char *format, ...)
    __attribute__((format(printf, 5, 6)));

static void add(struct view_cpu *cpu, const char *name, const char *section, bool open, const char *format, ...)
{
    struct view_gate *gate = &cpu->gates[cpu->gate_count++];
    va_list values;
    gate->name = name;
    gate->section = section;
    gate->open = open;
    va_start(values, format);
    vsnprintf(gate->text, sizeof gate->text, format, values);
    va_end(values);
}

static uint64_t value_of(const struct view *view, const char *chip, const char *name)
{
    const struct view_register *reg = view_find(view, chip, name, 0);
    return reg ? reg->is.value : 0;
}

static uint64_t cpu_register(const struct view *view, unsigned index, const char *name)
{
    uint64_t value = 0;
    intact_machine_read_register(view->machine, index, name, &value);
    return value;
}

// --- x86 -------------------------------------------------------------------------------------------------------------

// A priority of the local APIC lets vectors of higher classes pass.
static void add_priority(struct view_cpu *cpu, const char *name, uint64_t value)
{
    static const char priority[] = "SDM 3A, Task and Processor Priorities";
    if (value >> 4 == 15)
        add(cpu, name, priority, false, "%02" PRIX64 "h: no vector passes", value);
    else
        add(cpu, name, priority, true, "%02" PRIX64 "h: from vector %02" PRIX64 "h on", value, (value | 15) + 1);
}

static void look_x86(struct view *view, unsigned index)
{
    struct view_cpu *cpu = &view->cpus[index];
    bool enabled = cpu_register(view, index, "rflags") >> 9 & 1;
    char lapic[24];
    snprintf(lapic, sizeof lapic, "lapic%u", index);
    bool on = value_of(view, lapic, "IA32_APIC_BASE") >> 11 & 1, soft = value_of(view, lapic, "SVR") >> 8 & 1;
    add(cpu, "IF", "SDM 3A, Masking Maskable Hardware Interrupts", enabled, "%u: %s", enabled,
        enabled ? "interrupts are taken" : "only NMIs are taken");
    add_priority(cpu, "TPR", value_of(view, lapic, "TPR"));
    add_priority(cpu, "PPR", value_of(view, lapic, "PPR"));
    add(cpu, "APIC", "SDM 3A, Enabling or Disabling the Local APIC", on && soft, "%s",
        !on    ? "disabled"
        : soft ? "enabled"
               : "software disabled");
}

// --- Arm -------------------------------------------------------------------------------------------------------------

static void look_arm(struct view *view, unsigned index)
{
    struct view_cpu *cpu = &view->cpus[index];
    uint64_t pstate = cpu_register(view, index, "pstate");
    bool v3 = view_find(view, "icc0", "ICC_PMR_EL1", 0) != NULL;
    char interface[24];
    snprintf(interface, sizeof interface, "%s%u", v3 ? "icc" : "gicc", index);
    uint64_t pmr = value_of(view, interface, v3 ? "ICC_PMR_EL1" : "GICC_PMR");
    uint64_t running = value_of(view, interface, v3 ? "ICC_RPR_EL1" : "GICC_RPR") & 0xff;
    bool group = v3 ? value_of(view, interface, "ICC_IGRPEN1_EL1") & 1 : value_of(view, interface, "GICC_CTLR") & 3;
    add(cpu, "PSTATE.I", "Arm ARM D1.3", !(pstate >> 7 & 1), "%u: IRQs are %s", (unsigned)(pstate >> 7 & 1),
        pstate >> 7 & 1 ? "masked" : "taken");
    add(cpu, "PSTATE.F", "Arm ARM D1.3", !(pstate >> 6 & 1), "%u: FIQs are %s", (unsigned)(pstate >> 6 & 1),
        pstate >> 6 & 1 ? "masked" : "taken");
    add(cpu, "PMR", v3 ? "IHI 0069 4.8" : "IHI 0048B 4.4", pmr != 0, "%02" PRIX64 "h: those below pass", pmr);
    add(cpu, "RPR", v3 ? "IHI 0069 4.8" : "IHI 0048B 4.4", running != 0, "%02" PRIX64 "h: %s", running,
        running == 0xff ? "nothing is active" : "of the active one");
    add(cpu, "groups", v3 ? "IHI 0069 4.6" : "IHI 0048B 4.4", group, "%s", group ? "enabled" : "disabled");
}

void gates_look(struct view *view, unsigned index)
{
    view->cpus[index].gate_count = 0;
    if (view->arm)
        look_arm(view, index);
    else
        look_x86(view, index);
}
