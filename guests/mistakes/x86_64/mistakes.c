// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// What people do wrong with a PC's interrupts; see mistakes/mistakes.h.
#include "mistakes/x86_64/ioapic.h"
#include "mistakes/x86_64/lapic.h"
#include "mistakes/x86_64/messages.h"
#include "mistakes/x86_64/pic.h"

static const struct mistake mistakes[] = {
    { "sti-forgotten", sti_forgotten },
    { "irq-masked", irq_masked },
    { "no-eoi", no_eoi },
    { "eoi-to-lapic", eoi_to_lapic },
    { "eoi-to-slave-only", eoi_to_slave_only },
    { "eoi-to-master-only", eoi_to_master_only },
    { "no-eoi-of-another", no_eoi_of_another },
    { "cascade-masked", cascade_masked },
    { "remap-forgotten", remap_forgotten },
    { "register-c-not-read", register_c_not_read },
    { "elcr-edge", elcr_edge },
    { "lint0-masked", lint0_masked },
    { "entry-masked", entry_masked },
    { "no-such-destination", no_such_destination },
    { "vector-below-16", vector_below_16 },
    { "active-low", active_low },
    { "edge-for-a-level", edge_for_a_level },
    { "pin-0-for-the-timer", pin_0_for_the_timer },
    { "device-not-cleared", device_not_cleared },
    { "no-ioapic-eoi", no_ioapic_eoi },
    { "to-a-cpu-not-started", to_a_cpu_not_started },
    { "intx-disabled", intx_disabled },
    { "software-disabled", software_disabled },
    { "tpr-too-high", tpr_too_high },
    { "no-lapic-eoi", no_lapic_eoi },
    { "eoi-twice", eoi_twice },
    { "timer-masked", timer_masked },
    { "timer-not-rearmed", timer_not_rearmed },
    { "timer-not-started", timer_not_started },
    { "nmi-without-iret", nmi_without_iret },
    { "bus-master-off", bus_master_off },
    { "msi-not-enabled", msi_not_enabled },
    { "msi-to-no-cpu", msi_to_no_cpu },
    { "msi-to-the-ioapic", msi_to_the_ioapic },
    { "msi-vector-below-16", msi_vector_below_16 },
    { "msix-row-masked", msix_row_masked },
    { "msix-function-masked", msix_function_masked },
    { "msix-not-enabled", msix_not_enabled },
    { "no-spurious-gate-for-ir7", no_spurious_gate_for_ir7 },
    { "no-gate", no_gate },
    { "unmasked-before-svr", unmasked_before_svr },
    { "level-for-an-edge", level_for_an_edge },
    { "shared-line-claimed-alone", shared_line_claimed_alone },
    { "hpet-in-the-past", hpet_in_the_past },
    { "no-spurious-gate", no_spurious_gate },
    { "msix-row-in-use", msix_row_in_use },
    { "notified-early", notified_early },
};

int guest_main(void)
{
    return run_mistakes(mistakes, sizeof mistakes / sizeof *mistakes);
}
