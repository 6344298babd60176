// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// What people do wrong with a GIC; see mistakes/mistakes.h.
#include "mistakes/aarch64/distributor.h"
#include "mistakes/aarch64/interface.h"
#include "mistakes/aarch64/messages.h"
#include "mistakes/aarch64/timers.h"

static const struct mistake mistakes[] = {
    { "irqs-masked", irqs_masked },
    { "pmr-zero", pmr_zero },
    { "priority-equals-pmr", priority_equals_pmr },
    { "interface-group-off", interface_group_off },
    { "no-eoi", no_eoi },
    { "no-deactivation", no_deactivation },
    { "eoi-of-another", eoi_of_another },
    { "priority-of-running", priority_of_running },
    { "distributor-group-off", distributor_group_off },
    { "spi-in-group-0", spi_in_group_0 },
    { "asleep", asleep },
    { "not-enabled", not_enabled },
    { "ppi-at-distributor", ppi_at_distributor },
    { "target-no-cpu", target_no_cpu },
    { "target-cpu-off", target_cpu_off },
    { "edge-for-a-level", edge_for_a_level },
    { "device-not-cleared", device_not_cleared },
    { "sgi-in-group-0", sgi_in_group_0 },
    { "sgi-to-nobody", sgi_to_nobody },
    { "v2-code-on-v3", v2_code_on_v3 },
    { "timer-not-enabled", timer_not_enabled },
    { "timer-masked", timer_masked },
    { "timer-left-masked", timer_left_masked },
    { "no-mapd", no_mapd },
    { "no-mapti", no_mapti },
    { "no-mapc", no_mapc },
    { "lpis-off", lpis_off },
    { "its-off", its_off },
    { "lpi-disabled", lpi_disabled },
    { "no-inv", no_inv },
    { "bus-master-off", bus_master_off },
    { "msix-row-masked", msix_row_masked },
    { "msix-function-masked", msix_function_masked },
    { "msix-not-enabled", msix_not_enabled },
    { "mode-while-enabled", mode_while_enabled },
    { "shared-line-claimed-alone", shared_line_claimed_alone },
    { "alarm-in-the-past", alarm_in_the_past },
    { "level-for-a-message", level_for_a_message },
    { "msix-row-in-use", msix_row_in_use },
    { "notified-early", notified_early },
};

int guest_main(void)
{
    return run_mistakes(mistakes, sizeof mistakes / sizeof *mistakes);
}
