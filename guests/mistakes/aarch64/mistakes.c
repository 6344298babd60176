// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// What people do wrong with a GIC; see mistakes/mistakes.h. IHI 0069 (GICv3), IHI 0048B (GICv2), DDI 0487 (the processor and
// its timers). The library has set up the GIC before (lib/aarch64/gic.h), and each mistake changes one thing of that.
#include "mistakes/mistakes.h"

#include "lib/aarch64/chips.h"
#include "lib/aarch64/its.h"

enum { CTLR_ARE = 1 << 4, CTLR_GROUP_1 = 2, WAKER_SLEEP = 2, PRIORITY = 0xa0, SGI = 3, EVENTS = 2, LPI = LPI_FIRST };
enum { EDU_EVENT = 0 };

static void (*quiet)(void); // the device of the interrupt
static bool split, ends = true, deactivates = true;

static void on_irq(struct frame *frame)
{
    (void)frame;
    uint32_t iar = gic_acknowledge();
    if (gic_intid(iar) >= 1020 && gic_intid(iar) < LPI_FIRST)
        return;
    quiet();
    taken = taken + 1;
    if (ends)
        gic_eoi(iar);
    if (split && deactivates)
        gic_deactivate(iar);
}

// --- Devices ----------------------------------------------------------------------------------------------------------

static void nothing(void)
{
}

static void uart_quiet(void)
{
    uart_line(false);
}

static void by_uart(void)
{
    on_trap(VECTOR_IRQ, on_irq);
    quiet = uart_quiet;
    print("\n");
    uart_arm();
    gic_enable(UART_INTID);
}

static void uart_times(unsigned times)
{
    for (unsigned i = 1; i <= times; i++) {
        uart_line(true);
        wait_for(i);
    }
}

static void timer_quiet(void)
{
    write_register(cntv_ctl_el0, TIMER_ENABLE | TIMER_MASK);
    barrier();
}

static void by_timer(uint64_t control)
{
    on_trap(VECTOR_IRQ, on_irq);
    quiet = timer_quiet;
    gic_enable(TIMER_VIRTUAL);
    write_register(cntv_tval_el0, 1000);
    write_register(cntv_ctl_el0, control);
    barrier();
}

// --- Processor and CPU interface --------------------------------------------------------------------------------------

// WFI ends, as it does for an interrupt that PSTATE.I masks; the handler does not run.
static void irqs_masked(void)
{
    by_uart();
    uart_line(true);
    if (!wrong)
        interrupts_on();
    while (!taken)
        __asm__ volatile("wfi" : : : "memory");
}

static void pmr_zero(void)
{
    by_uart();
    gic_set_mask(wrong ? 0 : 0xff);
    uart_times(1);
}

// A priority must be higher, which is a lower number, than the mask.
static void priority_equals_pmr(void)
{
    by_uart();
    gic_set_mask(wrong ? PRIORITY : PRIORITY + 8);
    uart_times(1);
}

static void interface_group_off(void)
{
    by_uart();
    if (wrong && gic.version == 2)
        write32(gic.gicc, 0);
    else if (wrong)
        write_register(icc_igrpen1_el1, 0);
    uart_times(1);
}

static void no_eoi(void)
{
    by_uart();
    ends = !wrong;
    uart_times(2);
}

static void no_deactivation(void)
{
    by_uart();
    split = true;
    gic_set_eoi_mode(true);
    deactivates = !wrong;
    uart_times(2);
}

static void ends_another(struct frame *frame)
{
    (void)frame;
    uint32_t iar = gic_acknowledge();
    uart_quiet();
    taken = taken + 1;
    gic_eoi(wrong ? iar + 1 : iar);
}

static void eoi_of_another(void)
{
    by_uart();
    on_trap(VECTOR_IRQ, ends_another);
    uart_times(2);
}

// The timer's handler waits for the UART, with interrupts on; that preempts it only with a higher priority.
static void waits_in_handler(struct frame *frame)
{
    (void)frame;
    uint32_t iar = gic_acknowledge();
    if (gic_intid(iar) == UART_INTID)
        uart_quiet();
    else
        timer_quiet();
    taken = taken + 1;
    if (gic_intid(iar) == TIMER_VIRTUAL)
        uart_times(2);
    gic_eoi(iar);
}

static void priority_of_running(void)
{
    by_uart();
    gic_set_priority(UART_INTID, wrong ? PRIORITY : PRIORITY / 2);
    by_timer(TIMER_ENABLE);
    on_trap(VECTOR_IRQ, waits_in_handler);
    wait_for(2);
}

// --- Distributor and redistributor ------------------------------------------------------------------------------------

static void distributor_group_off(void)
{
    by_uart();
    if (wrong)
        write32(gic.gicd + GICD_CTLR, gic.version == 2 ? 0 : CTLR_ARE);
    uart_times(1);
}

static void spi_in_group_0(void)
{
    by_uart();
    write32(gic.gicd + GICD_CTLR, CTLR_ARE | CTLR_GROUP_1);
    if (wrong)
        write32(gic.gicd + GICD_IGROUPR + 4, 0);
    uart_times(1);
}

static void asleep(void)
{
    by_uart();
    if (wrong)
        write32(gicr_of(0) + GICR_WAKER, WAKER_SLEEP);
    uart_times(1);
}

static void not_enabled(void)
{
    by_uart();
    if (wrong)
        gic_disable(UART_INTID);
    uart_times(1);
}

// The enables of PPIs are in the redistributor: these of the distributor are RAZ/WI.
static void ppi_at_distributor(void)
{
    by_timer(0);
    if (wrong) {
        gic_disable(TIMER_VIRTUAL);
        write32(gic.gicd + GICD_ISENABLER, UINT32_C(1) << TIMER_VIRTUAL);
    }
    write_register(cntv_ctl_el0, TIMER_ENABLE);
    barrier();
    wait_for(1);
}

static void target_no_cpu(void)
{
    by_uart();
    if (wrong && gic.version == 2)
        write8(gic.gicd + GICD_ITARGETSR + UART_INTID, 0);
    else if (wrong)
        write64(gic.gicd + GICD_IROUTER + 8 * UART_INTID, 0x90);
    uart_times(1);
}

// Nobody has started CPU 1.
static void target_cpu_off(void)
{
    by_uart();
    gic_set_target(UART_INTID, wrong ? 1 : 0);
    uart_times(1);
}

// The device has more for us: its line stays up over the first interrupt.
static void uart_twice(void)
{
    if (taken == 1)
        uart_line(false);
}

static void edge_for_a_level(void)
{
    by_uart();
    quiet = uart_twice;
    gic_set_edge(UART_INTID, wrong);
    uart_line(true);
    wait_for(2);
}

static void device_not_cleared(void)
{
    by_uart();
    if (wrong)
        quiet = nothing;
    uart_line(true);
    interrupts_on();
    while (read32(UART + UART_IMSC))
        relax();
}

static void sgi_in_group_0(void)
{
    on_trap(VECTOR_IRQ, on_irq);
    quiet = nothing;
    if (wrong)
        write32(gicr_of(0) + GICR_SGI + GICD_IGROUPR, ~(UINT32_C(1) << SGI));
    gic_enable(SGI);
    gic_send(SGI, 1);
    wait_for(1);
}

// Version 2 has the target's bit in 23:16, and a filter above.
static void sgi_to_nobody(void)
{
    on_trap(VECTOR_IRQ, on_irq);
    quiet = nothing;
    gic_enable(SGI);
    gic_send(SGI, wrong ? 0 : 1);
    wait_for(1);
}

// What a driver of version 2 does first: no affinity routing.
static void v2_code_on_v3(void)
{
    by_uart();
    if (wrong)
        write32(gic.gicd + GICD_CTLR, 1);
    uart_times(1);
}

// --- Timer ------------------------------------------------------------------------------------------------------------

static void timer_not_enabled(void)
{
    by_timer(wrong ? 0 : TIMER_ENABLE);
    wait_for(1);
}

static void timer_masked(void)
{
    by_timer(TIMER_ENABLE | (wrong ? TIMER_MASK : 0));
    wait_for(1);
}

static void rearm(void)
{
    write_register(cntv_tval_el0, 1000);
    barrier();
}

// The handler masks the timer, and forgets to take the mask away for the next time.
static void timer_left_masked(void)
{
    by_timer(TIMER_ENABLE);
    if (!wrong)
        quiet = rearm;
    wait_for(1);
    rearm();
    wait_for(2);
}

// --- Messages ---------------------------------------------------------------------------------------------------------

// edu's message, by the ITS: every step but the one that `skip` names.
enum step { ALL, MAPD, MAPTI, MAPC, ENABLE_LPIS, ENABLE_ITS, CONFIGURE };

static void prepare(enum step skip)
{
    edu_find();
    on_trap(VECTOR_IRQ, on_irq);
    quiet = edu_quiet;
    lpi_init();
    lpi_cpu_init();
    its_init();
    if (skip != MAPD)
        its_map_device(edu_devfn, EVENTS, its_new_itt(EVENTS));
    if (skip != MAPTI)
        its_map(edu_devfn, EDU_EVENT, LPI, skip == MAPC ? 1 : 0);
    lpi_configure(LPI, PRIORITY, skip != CONFIGURE);
    its_inv(edu_devfn, EDU_EVENT);
    if (skip == ENABLE_LPIS)
        write32(gicr_of(0) + GICR_CTLR, 0);
    if (skip == ENABLE_ITS)
        write32(gic.its + GITS_CTLR, 0);
}

static void by_its(enum step skip)
{
    prepare(wrong ? skip : ALL);
    if (!pci_msi_on(edu_devfn, gic.its + GITS_TRANSLATER, EDU_EVENT))
        fail("edu has no MSI");
    edu_bits(1);
    wait_for(1);
}

static void no_mapd(void)
{
    by_its(MAPD);
}

static void no_mapti(void)
{
    by_its(MAPTI);
}

static void no_mapc(void)
{
    by_its(MAPC);
}

static void lpis_off(void)
{
    by_its(ENABLE_LPIS);
}

static void its_off(void)
{
    by_its(ENABLE_ITS);
}

static void lpi_disabled(void)
{
    by_its(CONFIGURE);
}

// The redistributor has read that the LPI is disabled, and may keep that until an INV.
static void no_inv(void)
{
    prepare(CONFIGURE);
    pci_msi_on(edu_devfn, gic.its + GITS_TRANSLATER, EDU_EVENT);
    edu_bits(1);
    lpi_configure(LPI, PRIORITY, true);
    if (!wrong)
        its_inv(edu_devfn, EDU_EVENT);
    wait_for(1);
}

static void bus_master_off(void)
{
    prepare(ALL);
    pci_msi_on(edu_devfn, gic.its + GITS_TRANSLATER, EDU_EVENT);
    set_command(edu_devfn, 0, wrong ? PCI_COMMAND_MASTER : 0);
    edu_bits(1);
    wait_for(1);
}

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
};

int guest_main(void)
{
    return run_mistakes(mistakes, sizeof mistakes / sizeof *mistakes);
}
