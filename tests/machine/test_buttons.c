// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The buttons of a machine: what each does to the guest, that a journal has it at its moment, and what a machine does not
// have.
#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <intact/debug.h>
#include <intact/replay.h>
#include <intact/snapshot.h>

#include "base/bits.h"
#include "machine/machine.h"
#include "machine/pc/pc.h"
#include "machine/virt/virt.h"
#include "machine/x86_interrupts.h"

enum { WIRE = 10, PERIOD = 4000, GUEST_NMI = 0x2a, LVT_LINT1_NMI = 0x400 };
#define LAPIC_LINT1 UINT32_C(0xfee00360)

struct scene {
    struct intact_machine *machine;
    unsigned taken, nmis, starts;
    uint64_t when[64]; // instructions at each NMI and start
};

static struct code code;
static struct intact_machine_config config;
static char why[INTACT_ERROR_SIZE], path[64];

static void told(void *owner, uint8_t vector)
{
    struct scene *scene = owner;
    bool nmi = vector == GUEST_NMI, start = vector == GUEST_READY;
    scene->taken++;
    if ((nmi || start) && scene->nmis + scene->starts < countof(scene->when))
        scene->when[scene->nmis + scene->starts] = intact_machine_instructions(scene->machine);
    scene->nmis += nmi;
    scene->starts += start;
}

// It takes a tick every PERIOD ns, and NMIs at LINT1 by the handler of GUEST_NMI.
static void make_code(void)
{
    code_begin(&code);
    make_start(&code);
    store(&code, LAPIC_LINT1, LVT_LINT1_NMI);
    store(&code, LAPIC_DIVIDE, 0xb);
    store(&code, LAPIC_TIMER, LAPIC_PERIODIC | GUEST_TICK);
    store(&code, LAPIC_COUNT, PERIOD);
    make_loop(&code, true);
    make_stubs(&code);
    make_handler(&code);
    make_tables(&code);
    memcpy(code.bytes + IDT + 8 * 2, code.bytes + IDT + 8 * GUEST_NMI, 8);
}

static void setup(void)
{
    make_code();
    intact_machine_config_init(&config);
    config.memory = UINT64_C(8) << 20;
    config.kernel = "guest";
    config.kernel_data = code.bytes;
    config.kernel_size = sizeof code.bytes;
    config.debugcon_port = GUEST_DEBUG_PORT;
    snprintf(path, sizeof path, "/tmp/intact-buttons-%ld", (long)getpid());
}

TestSuite(buttons, .init = setup, .timeout = 120);

static void make(struct scene *scene)
{
    *scene = (struct scene){ .taken = 0 };
    config.debugcon = (struct intact_console){ .write = told, .owner = scene };
    cr_assert_eq(intact_machine_create(&config, &scene->machine, why), 0, "%s", why);
}

static void run_for(struct scene *scene, uint64_t count)
{
    struct intact_exit end = intact_machine_run_for(scene->machine, count);
    cr_assert_eq(end.reason, INTACT_PAUSED, "%s", intact_reason_text(end.reason));
}

static uint64_t digest(struct intact_machine *machine)
{
    uint64_t value;
    cr_assert_eq(intact_machine_digest(machine, &value), 0);
    return value;
}

// --- what each does --------------------------------------------------------------------------------------------------

Test(buttons, an_nmi_comes_at_the_next_instruction_of_a_processor_whose_lint1_passes_it)
{
    struct scene scene;
    make(&scene);
    run_for(&scene, 10000);
    cr_assert_eq(intact_machine_nmi(scene.machine), 0);
    cr_expect_eq(scene.nmis, 0); // the machine is stopped
    run_for(&scene, 1000);
    cr_expect_eq(scene.nmis, 1);
    cr_expect_leq(scene.when[1], 10010);
    run_for(&scene, 20000);
    cr_expect_eq(scene.nmis, 1); // a pulse
    intact_machine_destroy(scene.machine);
}

Test(buttons, a_machine_is_reset_and_its_guest_begins_again)
{
    struct scene scene;
    make(&scene);
    run_for(&scene, 10000);
    cr_assert_eq(intact_machine_reset(scene.machine), 0);
    run_for(&scene, 2000000);
    cr_expect_eq(scene.starts, 2);
    cr_expect_geq(scene.when[1], 10000 + BOARD_RESET_INSTRUCTIONS);
    intact_machine_destroy(scene.machine);
}

Test(buttons, a_debuggers_stop_that_comes_with_a_reset_is_not_lost)
{
    struct scene scene;
    make(&scene);
    for (unsigned i = 0; i < 2; i++) {
        run_for(&scene, 2000000);
        if (i)
            intact_machine_interrupt(scene.machine);
        cr_assert_eq(intact_machine_reset(scene.machine), 0);
        if (!i)
            intact_machine_interrupt(scene.machine);
        struct intact_exit end = intact_machine_run_for(scene.machine, 5000000);
        cr_expect_eq(end.reason, INTACT_BREAK);
        cr_expect_eq(end.stop, INTACT_STOP_REQUEST);
    }
    run_for(&scene, 2000000); // and is done once
    intact_machine_destroy(scene.machine);
}

Test(buttons, a_machine_without_reboot_ends_at_a_reset)
{
    struct scene scene;
    config.reboot = false;
    make(&scene);
    run_for(&scene, 10000);
    cr_assert_eq(intact_machine_reset(scene.machine), 0);
    struct intact_exit end = intact_machine_run(scene.machine);
    cr_expect_eq(end.reason, INTACT_RESET);
    cr_expect_eq(end.status, 0);
    cr_expect_eq(end.instructions, 10000);
    intact_machine_destroy(scene.machine);
}

Test(buttons, the_power_button_sets_its_status_and_raises_the_sci_if_the_guest_wants_it)
{
    struct scene scene;
    make(&scene);
    struct acpi_pm *pm = &pc_of(machine_board(scene.machine))->pm;
    run_for(&scene, 1000);
    cr_assert_eq(intact_machine_power_button(scene.machine), 0);
    run_for(&scene, 1);
    cr_expect(pm->PM1_STS & ACPI_PM1_PWRBTN);
    cr_expect_not(pm->sci.level);
    acpi_smi_write(pm, 0, 1, ACPI_SMI_ENABLE, intact_machine_time(scene.machine));
    acpi_pm_write(pm, ACPI_PM1_STS, 2, ACPI_PM1_PWRBTN, intact_machine_time(scene.machine));
    acpi_pm_write(pm, ACPI_PM1_EN, 2, ACPI_PM1_PWRBTN, intact_machine_time(scene.machine));
    cr_expect_not(pm->sci.level);
    cr_assert_eq(intact_machine_power_button(scene.machine), 0);
    run_for(&scene, 1);
    cr_expect(pm->sci.level);
    intact_machine_destroy(scene.machine);
}

// What comes in at one moment is in order, and neither is lost.
Test(buttons, a_reset_and_the_end_of_the_run_at_once_are_both_done)
{
    for (unsigned i = 0; i < 2; i++) {
        struct scene scene;
        make(&scene);
        run_for(&scene, 1000);
        if (i)
            intact_machine_quit(scene.machine);
        cr_assert_eq(intact_machine_reset(scene.machine), 0);
        if (!i)
            intact_machine_quit(scene.machine);
        struct intact_exit end = intact_machine_run(scene.machine);
        cr_expect_eq(end.reason, INTACT_QUIT);
        cr_expect_eq(end.instructions, 1000);
        run_for(&scene, 1100000);
        cr_expect_eq(scene.starts, 2);
        intact_machine_destroy(scene.machine);
    }
}

static uint32_t arm_code[4096];
static struct intact_machine *make_virt(void)
{
    struct intact_machine *machine;
    config.type = INTACT_VIRT;
    config.kernel_data = arm_code;
    config.kernel_size = sizeof arm_code;
    config.debugcon_port = 0;
    for (unsigned i = 0; i < countof(arm_code); i++)
        arm_code[i] = 0x14000000; // b .
    cr_assert_eq(intact_machine_create(&config, &machine, why), 0, "%s", why);
    return machine;
}

Test(buttons, the_power_button_of_virt_is_held_for_a_tenth_of_a_second)
{
    struct intact_machine *machine = make_virt();
    struct pl061 *gpio = &virt_of(machine_board(machine))->gpio;
    pl061_write(gpio, PL061_GPIOIBE, 4, 1u << VIRT_POWER_PIN, 0);
    pl061_write(gpio, PL061_GPIOIE, 4, 1u << VIRT_POWER_PIN, 0);
    cr_assert_eq(intact_machine_power_button(machine), 0);
    cr_expect_eq(intact_machine_run_for(machine, 99999999).reason, INTACT_PAUSED);
    cr_expect(gpio->input >> VIRT_POWER_PIN & 1);
    cr_expect(gpio->irq.level);
    pl061_write(gpio, PL061_GPIOIC, 4, 1u << VIRT_POWER_PIN, 0);
    cr_expect_not(gpio->irq.level);
    cr_expect_eq(intact_machine_run_for(machine, 2).reason, INTACT_PAUSED);
    cr_expect_not(gpio->input >> VIRT_POWER_PIN & 1);
    cr_expect(gpio->irq.level);
    intact_machine_destroy(machine);
}

static struct pc *pc_in(const struct scene *scene)
{
    return pc_of(machine_board(scene->machine));
}

static void out(const struct scene *scene, uint16_t port, uint8_t value)
{
    struct board *board = machine_board(scene->machine);
    bus_write(&board->ports, port, 1, value, board->clock.now);
}

static uint8_t status(const struct scene *scene)
{
    struct board *board = machine_board(scene->machine);
    return (uint8_t)(bus_read(&board->ports, PC_PORT_61, 1, board->clock.now) & 0xcc);
}

static const enum intact_chipset chipsets[] = { INTACT_I440FX, INTACT_Q35 };

// 82371SB and ICH9, NMI_EN: every source is behind it.
Test(buttons, port_70h_masks_the_nmi_of_the_switch)
{
    struct scene scene;
    for (unsigned i = 0; i < countof(chipsets); i++) {
        config.chipset = chipsets[i];
        make(&scene);
        run_for(&scene, 10000);
        out(&scene, PC_PORT_RTC, 0x80);
        cr_assert_eq(intact_machine_nmi(scene.machine), 0);
        run_for(&scene, 1000);
        cr_expect_eq(scene.nmis, 0);
        out(&scene, PC_PORT_RTC, 0);
        run_for(&scene, 1000);
        cr_expect_eq(scene.nmis, 0, "it was a pulse");
        cr_assert_eq(intact_machine_nmi(scene.machine), 0);
        run_for(&scene, 1000);
        cr_expect_eq(scene.nmis, 1);
        intact_machine_destroy(scene.machine);
    }
}

Test(buttons, serr_of_a_pci_function_is_an_nmi)
{
    struct scene scene;
    for (unsigned i = 0; i < countof(chipsets); i++) {
        config.chipset = chipsets[i];
        make(&scene);
        run_for(&scene, 10000);
        struct pci_function *bridge = &pc_in(&scene)->board.pci.bridge;
        pci_function_serr(bridge);
        cr_expect_eq(status(&scene), 0, "its command register does not allow it");
        pci_bus_write(bridge->bus, bridge->devfn, PCI_COMMAND, 2, PCI_COMMAND_SERR, 0);
        pci_function_serr(bridge);
        cr_expect_eq(status(&scene), NMI_SC_SERR);
        cr_expect_eq(pci_function_get(bridge, PCI_STATUS, 2) & PCI_STATUS_SIGNALED_ERROR, PCI_STATUS_SIGNALED_ERROR);
        run_for(&scene, 1000);
        cr_expect_eq(scene.nmis, 1);
        nmi_sc_set_iochk(&pc_in(&scene)->nmi, true);
        run_for(&scene, 1000);
        cr_expect_eq(scene.nmis, 1, "the line is high");
        out(&scene, PC_PORT_61, NMI_SC_SERR_OFF);
        out(&scene, PC_PORT_61, 0);
        cr_expect_eq(status(&scene), NMI_SC_IOCHK);
        out(&scene, PC_PORT_RTC, 0x80);
        out(&scene, PC_PORT_RTC, 0);
        run_for(&scene, 1000);
        cr_expect_eq(scene.nmis, 2);
        intact_machine_destroy(scene.machine);
    }
}

Test(buttons, virt_has_no_nmi_line)
{
    struct intact_machine *machine = make_virt();
    cr_expect_eq(intact_machine_nmi(machine), -ENOTSUP);
    cr_expect_eq(intact_machine_reset(machine), 0);
    cr_expect_eq(intact_machine_run_for(machine, 1000).reason, INTACT_PAUSED);
    intact_machine_destroy(machine);
}

// --- wires that are held ------------------------------------------------------------------------------------------------

struct held {
    uint32_t gsi;
    bool high, by_hand;
};

static void look_at_wire(void *owner, const struct intact_wire *wire)
{
    struct held *held = owner;
    char name[16];
    if (wire->gsi != held->gsi)
        return;
    snprintf(name, sizeof name, "gsi:%u", (unsigned)wire->gsi);
    held->high = wire->high;
    held->by_hand |= wire->driver && strcmp(wire->driver, name) == 0 && wire->drives;
}

static bool is_held(struct intact_machine *machine, uint32_t gsi)
{
    struct held held = { .gsi = gsi };
    cr_assert_eq(intact_machine_wires(machine, look_at_wire, &held), 0);
    cr_expect_eq(held.high, held.by_hand, "nobody else drives GSI %u", (unsigned)gsi);
    return held.high;
}

static void check_wire(enum intact_machine_type type, uint32_t gsi)
{
    static struct scene scene;
    config.type = type;
    config.debugcon_port = type == INTACT_PC ? GUEST_DEBUG_PORT : 0;
    static const uint32_t loops[] = { 0x14000000 }; // b .
    if (type == INTACT_VIRT) {
        config.kernel_data = loops;
        config.kernel_size = sizeof loops;
    }
    make(&scene);
    cr_assert_eq(intact_machine_history(scene.machine, UINT64_C(64) << 20, why), 0, "%s", why);
    run_for(&scene, 1000);
    cr_assert_eq(intact_machine_hold_wire(scene.machine, gsi, true), 0);
    cr_expect_not(is_held(scene.machine, gsi), "the machine is stopped");
    run_for(&scene, 1);
    cr_expect(is_held(scene.machine, gsi));
    run_for(&scene, 999);
    uint64_t held = digest(scene.machine);
    run_for(&scene, 1);
    cr_assert_eq(intact_machine_hold_wire(scene.machine, gsi, false), 0);
    run_for(&scene, 1000);
    uint64_t end = digest(scene.machine);
    cr_expect_not(is_held(scene.machine, gsi));
    for (unsigned times = 0; times < 2; times++) {
        cr_assert_eq(intact_machine_go_to(scene.machine, 2000, why), 0, "%s", why);
        cr_expect(is_held(scene.machine, gsi));
        cr_expect_eq(digest(scene.machine), held);
        cr_assert_eq(intact_machine_go_to(scene.machine, 500, why), 0, "%s", why);
        cr_expect_not(is_held(scene.machine, gsi));
        run_for(&scene, 2501);
        cr_expect_eq(digest(scene.machine), end);
        cr_expect_not(is_held(scene.machine, gsi));
    }
    cr_expect_eq(intact_machine_hold_wire(scene.machine, 5000, true), -ENXIO);
    intact_machine_destroy(scene.machine);
}

Test(buttons, a_wire_is_held_and_let_go_and_so_it_is_on_the_way_back)
{
    check_wire(INTACT_PC, 10);
    check_wire(INTACT_VIRT, 7);
}

Test(buttons, a_saved_machine_has_its_wires_held)
{
    static struct scene was, is;
    make(&was);
    run_for(&was, 1000);
    cr_assert_eq(intact_machine_hold_wire(was.machine, WIRE, true), 0);
    run_for(&was, 1000);
    cr_assert_eq(intact_machine_save_file(was.machine, path, why), 0, "%s", why);
    uint64_t expected = digest(was.machine);
    intact_machine_destroy(was.machine); // whose wire is high
    make(&is);
    cr_assert_eq(intact_machine_load_file(is.machine, path, why), 0, "%s", why);
    cr_expect(is_held(is.machine, WIRE));
    cr_expect_eq(digest(is.machine), expected);
    cr_assert_eq(intact_machine_hold_wire(is.machine, WIRE, false), 0);
    run_for(&is, 1000);
    cr_expect_not(is_held(is.machine, WIRE));
    intact_machine_destroy(is.machine);
    unlink(path);
}

// --- journals and histories ------------------------------------------------------------------------------------------

enum { NMIS = 3 };

static void press_all(struct scene *scene)
{
    for (unsigned i = 0; i < NMIS; i++) {
        run_for(scene, 12345);
        cr_assert_eq(intact_machine_nmi(scene->machine), 0);
        cr_assert_eq(intact_machine_hold_wire(scene->machine, WIRE + i, i != 1), 0);
    }
    cr_assert_eq(intact_machine_hold_wire(scene->machine, WIRE, false), 0);
    cr_assert_eq(intact_machine_power_button(scene->machine), 0);
    cr_assert_eq(intact_machine_reset(scene->machine), 0);
    cr_assert_eq(intact_machine_nmi(scene->machine), 0); // with the reset, which forgets it
    run_for(scene, BOARD_RESET_INSTRUCTIONS + 20000);
    cr_assert_eq(intact_machine_reset(scene->machine), 0);
    intact_machine_quit(scene->machine);
    cr_assert_eq(intact_machine_run(scene->machine).reason, INTACT_QUIT);
    run_for(scene, BOARD_RESET_INSTRUCTIONS + 20000);
    cr_assert_eq(intact_machine_nmi(scene->machine), 0);
    run_for(scene, 20000);
}

static uint64_t record(struct scene *scene)
{
    struct intact_recording recording;
    make(scene);
    intact_recording_init(&recording);
    recording.file = path;
    recording.digest = 1000;
    cr_assert_eq(intact_machine_record(scene->machine, &recording, why), 0, "%s", why);
    press_all(scene);
    uint64_t value = digest(scene->machine);
    cr_assert_eq(intact_machine_record_end(scene->machine, why), 0, "%s", why);
    intact_machine_destroy(scene->machine);
    return value;
}

static void compare(const struct scene *was, const struct scene *is)
{
    cr_expect_eq(is->taken, was->taken);
    cr_expect_eq(is->nmis, was->nmis);
    cr_expect_eq(is->starts, was->starts);
    cr_expect_arr_eq(is->when, was->when, sizeof is->when);
}

Test(buttons, a_replay_has_what_was_pressed_at_the_same_instructions)
{
    static struct scene was, is;
    struct intact_journal *journal;
    uint64_t expected = record(&was);
    cr_expect_eq(was.nmis, NMIS); // the last of press_all's loop is forgotten with the reset
    cr_expect_eq(was.starts, 3);
    cr_assert_eq(intact_journal_open(path, &journal, why), 0, "%s", why);
    make(&is);
    cr_assert_eq(intact_machine_replay(is.machine, journal, why), 0, "%s", why);
    cr_expect_eq(intact_machine_nmi(is.machine), -EROFS);
    cr_expect_eq(intact_machine_reset(is.machine), -EROFS);
    cr_expect_eq(intact_machine_hold_wire(is.machine, WIRE, true), -EROFS);
    struct intact_exit end = intact_machine_run(is.machine);
    cr_expect_eq(end.reason, INTACT_QUIT, "%s", intact_machine_error(is.machine));
    cr_expect_eq(digest(is.machine), expected);
    compare(&was, &is);
    intact_journal_close(journal);
    intact_machine_destroy(is.machine);
    unlink(path);
}

Test(buttons, a_machine_that_goes_back_has_what_was_pressed_again)
{
    static struct scene scene;
    make(&scene);
    cr_assert_eq(intact_machine_history(scene.machine, UINT64_C(64) << 20, why), 0, "%s", why);
    press_all(&scene);
    uint64_t expected = digest(scene.machine), end = intact_machine_instructions(scene.machine);
    static struct scene was;
    was = scene;
    scene.taken = scene.nmis = scene.starts = 0;
    memset(scene.when, 0, sizeof scene.when);
    cr_assert_eq(intact_machine_go_to(scene.machine, 0, why), 0, "%s", why);
    run_for(&scene, end);
    cr_expect_eq(digest(scene.machine), expected);
    cr_expect_eq(was.starts, 3);
    cr_expect_eq(scene.taken, 0); // it has been written
    uint64_t within = NMIS * 12345 + BOARD_RESET_INSTRUCTIONS / 2;
    cr_assert_eq(intact_machine_go_to(scene.machine, within, why), 0, "%s", why);
    cr_expect_eq(intact_machine_instructions(scene.machine), within);
    run_for(&scene, end - within);
    cr_expect_eq(digest(scene.machine), expected);
    intact_machine_destroy(scene.machine);
}

// The time of a reset is in the run wherever it pauses.
Test(buttons, a_run_that_pauses_within_the_time_of_a_reset_is_the_same)
{
    static struct scene whole, parts;
    make(&whole);
    run_for(&whole, 10000);
    cr_assert_eq(intact_machine_reset(whole.machine), 0);
    run_for(&whole, 2000000);
    uint64_t expected = digest(whole.machine);
    intact_machine_destroy(whole.machine);
    make(&parts);
    run_for(&parts, 10000);
    cr_assert_eq(intact_machine_reset(parts.machine), 0);
    run_for(&parts, 400000);
    run_for(&parts, 1600000);
    cr_expect_eq(intact_machine_instructions(parts.machine), 2010000);
    cr_expect_eq(digest(parts.machine), expected);
    compare(&whole, &parts);
    intact_machine_destroy(parts.machine);
}
