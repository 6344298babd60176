// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// PCI on both machines: devices of the configuration and of the program, their slots, interrupts and state.
#include <criterion/criterion.h>
#include <errno.h>
#include <intact/pci.h>

#include "devices/edu.h"
#include "machine/arm64_code.h"
#include "machine/machine.h"
#include "machine/pc/pc.h"
#include "machine/virt/virt.h"
#include "machine/x86_code.h"

static struct code code;
static struct intact_machine_config config;
static struct intact_machine *machine;
static struct board *board;
static char why[INTACT_ERROR_SIZE];

static const enum intact_machine_type types[] = { INTACT_PC, INTACT_VIRT };

#define EACH_MACHINE(type)                                                                                             \
    for (unsigned at_##type = 0; at_##type < countof(types); at_##type++)                                              \
        for (enum intact_machine_type type = types[at_##type], *once_##type = &type; once_##type; once_##type = NULL)

static void choose(enum intact_machine_type type)
{
    intact_machine_config_init(&config);
    config.type = type;
    config.memory = UINT64_C(8) << 20;
    config.kernel = "code";
    code_begin(&code);
    config.kernel_data = type == INTACT_PC ? (const void *)code.bytes : code_hello;
    config.kernel_size = type == INTACT_PC ? sizeof code.bytes : sizeof code_hello;
}

static void make(const struct intact_device_config *devices, unsigned count)
{
    config.devices = devices;
    config.device_count = count;
    cr_assert_eq(intact_machine_create(&config, &machine, why), 0, "%s", why);
    board = machine_board(machine);
}

static void end(void)
{
    intact_machine_destroy(machine);
    machine = NULL;
}

static uint32_t get(unsigned slot, unsigned offset, unsigned size)
{
    return pci_bus_read(&board->pci.bus, PCI_DEVFN(slot, 0), offset, size, 0);
}

static void set(unsigned slot, unsigned offset, unsigned size, uint32_t value)
{
    pci_bus_write(&board->pci.bus, PCI_DEVFN(slot, 0), offset, size, value, 0);
}

static uint64_t bar(unsigned slot, unsigned index)
{
    return pci_bar_address(board->pci.bus.functions[PCI_DEVFN(slot, 0)], index);
}

static void out(uint64_t address, uint32_t value)
{
    bus_write(&board->memory, address, 4, value, board->clock.now);
}

static uint32_t in(uint64_t address)
{
    return (uint32_t)bus_read(&board->memory, address, 4, board->clock.now);
}

#define PROPERTIES(...)                                                                                                \
    (const struct intact_property[])                                                                                   \
    {                                                                                                                  \
        __VA_ARGS__                                                                                                    \
    }

// --- Devices of the configuration ------------------------------------------------------------------------------------

Test(pci, devices_stand_where_they_were_told_or_at_the_next_free_slot_with_their_bars_placed)
{
    const struct intact_device_config devices[] = {
        { "edu", NULL, 0 },
        { "pci-testdev", PROPERTIES({ "addr", "1f" }, { "membar", "4G" }, { "bus", "pci.0" }, { "id", "t" }), 4 },
        { "edu", PROPERTIES({ "dma_mask", "0xffffffffffffffff" }), 1 },
    };
    EACH_MACHINE(type)
    {
        choose(type);
        make(devices, 3);
        cr_assert_eq(get(1, PCI_VENDOR_ID, 4), 0x11e81234);
        cr_assert_eq(get(2, PCI_VENDOR_ID, 4), 0x11e81234);
        cr_assert_eq(get(0x1f, PCI_VENDOR_ID, 4), 0x00051b36);
        cr_assert_eq(in(bar(1, 0)), 0x010000ed, "decoding is on");
        cr_assert_eq(in(bar(2, 0)), 0x010000ed);
        cr_assert_neq(bar(1, 0), bar(2, 0));
        cr_assert_gt(bar(0x1f, 2), UINT32_MAX, "no room for it below 4 GiB");
        cr_assert_eq(get(0x1f, PCI_COMMAND, 2), PCI_COMMAND_IO | PCI_COMMAND_MEMORY);
        uint64_t ports = type == INTACT_PC ? 0 : VIRT_PCI_IO;
        struct bus *bus = type == INTACT_PC ? &board->ports : &board->memory;
        bus_write(bus, ports + bar(0x1f, 1), 1, 0, 0);
        cr_assert_eq(bus_read(bus, ports + bar(0x1f, 1) + 1, 1, 0), 1, "ports, on virt in memory");
        uint64_t ecam = type == INTACT_PC ? PC_ECAM : VIRT_PCI_ECAM;
        cr_assert_eq(in(ecam + (UINT64_C(0x1f) << 15)), 0x00051b36);
        cr_assert_eq(board_reset(board), 0);
        cr_assert_eq(in(bar(1, 0)), 0x010000ed, "placed again after a reset");
        end();
    }
}

static void refuse(const struct intact_device_config *devices, unsigned count, const char *want)
{
    EACH_MACHINE(type)
    {
        choose(type);
        config.devices = devices;
        config.device_count = count;
        cr_assert_lt(intact_machine_create(&config, &machine, why), 0);
        cr_assert_str_eq(why, want);
    }
}

Test(pci, what_cannot_be_is_refused_by_name_and_value)
{
    refuse(&(struct intact_device_config){ "eduu", NULL, 0 }, 1, "-device: no device 'eduu'; -device help lists them");
    refuse(&(struct intact_device_config){ "edu", PROPERTIES({ "color", "red" }), 1 }, 1,
           "-device edu: no property 'color'; -device edu,help lists them");
    refuse(&(struct intact_device_config){ "edu", PROPERTIES({ "addr", "20" }), 1 }, 1,
           "-device edu: addr=20 is not SLOT or SLOT.FUNCTION, hexadecimal, 1 to 1f and 0 to 7");
    refuse(&(struct intact_device_config){ "edu", PROPERTIES({ "addr", "3.8" }), 1 }, 1,
           "-device edu: addr=3.8 is not SLOT or SLOT.FUNCTION, hexadecimal, 1 to 1f and 0 to 7");
    refuse(&(struct intact_device_config){ "edu", PROPERTIES({ "addr", "0" }), 1 }, 1,
           "-device edu: addr=0 is taken; give another, or none");
    refuse(&(struct intact_device_config){ "edu", PROPERTIES({ "addr", "3.1" }), 1 }, 1,
           "-device edu: addr=3.1: function 0 of that slot must come first");
    refuse(&(struct intact_device_config){ "edu", PROPERTIES({ "bus", "isa.0" }), 1 }, 1,
           "-device edu: no bus 'isa.0'; pci.0 is the one there is");
    refuse(&(struct intact_device_config){ "edu", PROPERTIES({ "dma_mask", "many" }), 1 }, 1,
           "-device edu: dma_mask=many is not a number from 0 to 18446744073709551615");
    refuse(&(struct intact_device_config){ "pci-testdev", PROPERTIES({ "membar", "4X" }), 1 }, 1,
           "-device pci-testdev: membar=4X is not a size, as 4096 or 16M");
    refuse(&(struct intact_device_config){ "pci-testdev", PROPERTIES({ "membar", "48" }), 1 }, 1,
           "-device pci-testdev: membar is a power of two from 16 on");
    refuse(&(struct intact_device_config){ "pci-testdev", PROPERTIES({ "membar", "1024T" }), 1 }, 1,
           "-device: PCI 01.0: no room for the 1125899906842624 bytes of BAR 2; leave out a device");
    const struct intact_device_config twins[] = { { "edu", PROPERTIES({ "id", "a" }), 1 },
                                                  { "pci-testdev", PROPERTIES({ "id", "a" }), 1 } };
    refuse(twins, 2, "-device pci-testdev: id=a is that of another device; give another");
    struct intact_device_config many[32];
    for (unsigned i = 0; i < countof(many); i++)
        many[i] = (struct intact_device_config){ "edu", NULL, 0 };
    refuse(many, countof(many), "-device edu: the bus has no slot left");
}

Test(pci, functions_of_one_slot_are_announced)
{
    const struct intact_device_config devices[] = { { "edu", PROPERTIES({ "addr", "4.0" }), 1 },
                                                    { "edu", PROPERTIES({ "addr", "4.7" }), 1 } };
    EACH_MACHINE(type)
    {
        choose(type);
        make(devices, 2);
        cr_assert_eq(get(4, PCI_HEADER_TYPE, 1), 0x80);
        cr_assert_eq(pci_bus_read(&board->pci.bus, PCI_DEVFN(4, 7), PCI_VENDOR_ID, 4, 0), 0x11e81234);
        end();
    }
}

// --- Interrupts ------------------------------------------------------------------------------------------------------

Test(pci, intx_arrives_where_the_tables_say_shared_and_turned_by_the_slot)
{
    const struct intact_device_config devices[] = {
        { "edu", NULL, 0 }, { "edu", NULL, 0 }, { "edu", NULL, 0 }, { "edu", NULL, 0 }, { "edu", NULL, 0 }
    };
    static const uint32_t pc[] = { PC_IRQ_PCI_B, PC_IRQ_PCI_A, PC_IRQ_PCI_B, PC_IRQ_PCI_A, PC_IRQ_PCI_B };
    EACH_MACHINE(type)
    {
        choose(type);
        make(devices, 5);
        for (unsigned slot = 1; slot <= 5; slot++) {
            uint32_t gsi = type == INTACT_PC ? pc[slot - 1] : (uint32_t)VIRT_SPI_PCI + slot % 4;
            cr_assert_eq(get(slot, PCI_INTERRUPT_LINE, 1), type == INTACT_PC ? gsi : 0);
            cr_assert_not(route_gsi_level(&board->route, gsi));
            out(bar(slot, 0) + EDU_RAISE, 1);
            cr_assert(route_gsi_level(&board->route, gsi), "slot %u", slot);
            out(bar(slot, 0) + EDU_ACKNOWLEDGE, 1);
            cr_assert_not(route_gsi_level(&board->route, gsi));
        }
        out(bar(1, 0) + EDU_RAISE, 1);
        out(bar(5, 0) + EDU_RAISE, 1);
        out(bar(1, 0) + EDU_ACKNOWLEDGE, 1);
        cr_assert(route_gsi_level(&board->route, type == INTACT_PC ? PC_IRQ_PCI_B : VIRT_SPI_PCI + 1),
                  "slot 5 holds it");
        end();
    }
}

static void arm_msi(unsigned slot, uint64_t address, uint32_t data)
{
    unsigned at = get(slot, PCI_CAPABILITIES_POINTER, 1);
    set(slot, PCI_COMMAND, 2, get(slot, PCI_COMMAND, 2) | PCI_COMMAND_MASTER);
    set(slot, at + 4, 4, (uint32_t)address);
    set(slot, at + 8, 4, (uint32_t)(address >> 32));
    set(slot, at + 12, 2, data);
    set(slot, at + 2, 2, 1);
}

Test(pci, a_message_to_nowhere_is_taken_from_the_driver_and_counted_when_it_is_sent)
{
    const struct intact_device_config devices[] = { { "edu", NULL, 0 } };
    EACH_MACHINE(type)
    {
        choose(type);
        make(devices, 1);
        arm_msi(1, 0x12345000, 0x41);
        unsigned at = get(1, PCI_CAPABILITIES_POINTER, 1);
        cr_assert_eq(get(1, at + 4, 4), 0x12345000);
        cr_assert_eq(get(1, at + 2, 2) & 1, 1);
        cr_assert_eq(board->route.drops, 0);
        out(bar(1, 0) + EDU_RAISE, 1);
        cr_assert_eq(board->route.drops, 1);
        struct intact_irq_counts counts;
        intact_irq_manager_counts(board->manager, &counts);
        cr_assert_eq(counts.dropped, 1);
        end();
    }
}

Test(pci, a_message_reaches_the_local_apic_the_frame_and_the_distributor)
{
    const struct intact_device_config devices[] = { { "edu", NULL, 0 } };
    choose(INTACT_PC);
    make(devices, 1);
    arm_msi(1, PC_LAPIC, 0x41);
    out(bar(1, 0) + EDU_RAISE, 1);
    cr_assert_eq(board->route.drops, 0);
    end();
    choose(INTACT_VIRT);
    config.gic_version = 2;
    make(devices, 1);
    unsigned spi = VIRT_V2M_FIRST + 5;
    arm_msi(1, VIRT_V2M + 0x40, spi);
    out(VIRT_GICD + 0xc00 + 4 * (spi / 16), 2u << 2 * (spi % 16)); // GICD_ICFGR: an edge, as drivers of the frame do
    out(bar(1, 0) + EDU_RAISE, 1);
    cr_assert_eq(board->route.drops, 0);
    cr_assert_eq(in(VIRT_GICD + 0x200 + 4 * (spi / 32)), 1u << spi % 32, "GICD_ISPENDR");
    end();
    choose(INTACT_VIRT);
    make(devices, 1);
    arm_msi(1, VIRT_GICD + 0x40, 77);
    out(bar(1, 0) + EDU_RAISE, 1);
    cr_assert_eq(board->route.drops, 0, "GICD_SETSPI_NSR");
    end();
}

// --- A device of the program -----------------------------------------------------------------------------------------

static struct own {
    unsigned changes, vectors; // of own_interrupts
    struct intact_pci_device *pci;
    struct {
        uint64_t value;
        uint32_t alarms;
    } state;
    unsigned bar, size;
} own;

static uint64_t own_read(void *owner, unsigned index, uint64_t offset, unsigned size)
{
    struct own *o = owner;
    o->bar = index;
    o->size = size;
    return o->state.value + offset;
}

static void own_write(void *owner, unsigned index, uint64_t offset, unsigned size, uint64_t value)
{
    struct own *o = owner;
    o->bar = index;
    o->size = size;
    o->state.value = value + offset;
}

static void own_alarm(void *owner, uint64_t now)
{
    struct own *o = owner;
    (void)now;
    o->state.alarms++;
    intact_pci_trigger(o->pci, 1);
}

static void own_interrupts(void *owner, unsigned vectors)
{
    struct own *o = owner;
    o->changes++;
    o->vectors = vectors;
}

static struct intact_pci_config own_config(void)
{
    return (struct intact_pci_config){
        .size = sizeof(struct intact_pci_config),
        .name = "own",
        .vendor = 0x1234,
        .device = 0x2222,
        .subsystem_vendor = 0xaaaa,
        .subsystem = 0xbbbb,
        .class_code = 0x020000,
        .revision = 7,
        .bars = { [0] = { INTACT_PCI_IO, 16 }, [2] = { INTACT_PCI_MEMORY64, 0x2000 } },
        .pin = 1,
        .msi_vectors = 2,
        .msix_vectors = 3,
        .msix_bar = 1,
        .read = own_read,
        .write = own_write,
        .alarm = own_alarm,
        .interrupts = own_interrupts,
        .owner = &own,
        .state = &own.state,
        .state_size = sizeof own.state,
    };
}

static void add_own(void)
{
    struct intact_pci_config device = own_config();
    memset(&own, 0, sizeof own);
    cr_assert_eq(intact_pci_add(machine, &device, &own.pci, why), 0, "%s", why);
}

static void arm_msix(unsigned slot, uint64_t address, uint32_t data)
{
    set(slot, PCI_COMMAND, 2, PCI_COMMAND_IO | PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER);
    for (unsigned vector = 0; vector < 3; vector++) {
        uint64_t entry = bar(slot, 1) + 16 * vector;
        out(entry, (uint32_t)address);
        out(entry + 4, (uint32_t)(address >> 32));
        out(entry + 8, data + vector);
        out(entry + 12, vector == 2);
    }
    unsigned at = get(slot, PCI_CAPABILITIES_POINTER, 1);
    while (get(slot, at, 1) != MSIX_CAPABILITY_ID)
        at = get(slot, at + 1, 1);
    set(slot, at + 2, 2, 0x8000);
}

Test(pci, a_device_of_ones_own_is_on_the_bus_of_either_machine)
{
    EACH_MACHINE(type)
    {
        choose(type);
        make(NULL, 0);
        add_own();
        cr_assert_eq(get(1, PCI_VENDOR_ID, 4), 0x22221234);
        cr_assert_eq(get(1, PCI_REVISION_ID, 4), 0x02000007);
        cr_assert_eq(get(1, PCI_SUBSYSTEM_VENDOR_ID, 4), 0xbbbbaaaa);
        bus_write(&board->memory, bar(1, 2) + 8, 8, 100, 0);
        cr_assert_eq(own.bar, 2);
        cr_assert_eq(own.size, 8);
        cr_assert_eq(bus_read(&board->ports, bar(1, 0) + 1, 2, 0), 109);
        cr_assert_eq(own.bar, 0);
        cr_assert_eq(own.size, 2);
        uint32_t word = 0x1234;
        cr_assert_not(intact_pci_write_memory(own.pci, 0, &word, 4), "no bus master yet");
        cr_assert_eq(intact_pci_trigger(own.pci, 0), INTACT_IRQ_NOT_ENABLED);
        cr_assert_null(intact_pci_group(own.pci));
        uint64_t nowhere = 0x1000;
        arm_msix(1, nowhere, 5);
        cr_assert_eq(intact_pci_vectors(own.pci), 3);
        cr_assert_eq(intact_pci_trigger(own.pci, 0), INTACT_IRQ_NO_ROUTE);
        cr_assert_eq(intact_pci_trigger(own.pci, 2), INTACT_IRQ_OK, "masked: pending");
        cr_assert_eq(intact_irq_group_pending(intact_pci_group(own.pci), 2), 1);
        cr_assert_eq(intact_pci_trigger(own.pci, 3), INTACT_IRQ_BAD_INDEX);
        uint64_t ram = type == INTACT_PC ? 0x1000 : VIRT_RAM + 0x1000;
        cr_assert(intact_pci_write_memory(own.pci, ram, &word, 4));
        word = 0;
        cr_assert(intact_pci_read_memory(own.pci, ram, &word, 4));
        cr_assert_eq(word, 0x1234);
        cr_assert_eq(board_reset(board), 0);
        cr_assert_eq(own.state.value, 0);
        cr_assert_eq(intact_pci_vectors(own.pci), 0);
        end();
    }
}

Test(pci, a_device_of_ones_own_hears_what_its_driver_chooses)
{
    EACH_MACHINE(type)
    {
        choose(type);
        make(NULL, 0);
        add_own();
        unsigned slot = 1;
        cr_assert_eq(own.changes, 0);
        arm_msix(slot, 0xfee00000, 0x40);
        cr_assert_eq(own.changes, 1);
        cr_assert_eq(own.vectors, 3);
        arm_msix(slot, 0xfee00000, 0x50); // other messages, the same mode
        cr_assert_eq(own.changes, 1);
        intact_machine_destroy(machine);
    }
}

Test(pci, a_device_of_ones_own_that_cannot_be_is_refused)
{
    struct intact_pci_device *device;
    choose(INTACT_PC);
    make(NULL, 0);
    add_own();
    struct intact_pci_config wrong = own_config();
    wrong.size--;
    cr_assert_eq(intact_pci_add(machine, &wrong, &device, why), -EINVAL);
    cr_assert_eq(intact_pci_add(machine, &wrong, &device, NULL), -EINVAL);
    wrong = own_config();
    wrong.slot = 1;
    cr_assert_eq(intact_pci_add(machine, &wrong, &device, why), -EEXIST);
    cr_assert_str_eq(why, "PCI device 'own': its slot is taken");
    wrong.slot = 32;
    cr_assert_eq(intact_pci_add(machine, &wrong, &device, why), -EINVAL);
    wrong = own_config();
    wrong.bars[3] = (struct intact_pci_bar){ INTACT_PCI_MEMORY, 16 };
    cr_assert_eq(intact_pci_add(machine, &wrong, &device, why), -EINVAL);
    wrong = own_config();
    wrong.read = NULL;
    cr_assert_eq(intact_pci_add(machine, &wrong, &device, why), -EINVAL);
    wrong = own_config();
    wrong.pin = 5;
    cr_assert_eq(intact_pci_add(machine, &wrong, &device, why), -EINVAL);
    wrong = own_config();
    wrong.msi_vectors = 3;
    cr_assert_eq(intact_pci_add(machine, &wrong, &device, why), -EINVAL);
    wrong = own_config();
    wrong.msix_vectors = 2049;
    cr_assert_eq(intact_pci_add(machine, &wrong, &device, why), -EINVAL);
    wrong = own_config();
    wrong.msix_bar = 3;
    cr_assert_eq(intact_pci_add(machine, &wrong, &device, why), -EINVAL);
    cr_assert_str_eq(why, "PCI device 'own': msix_bar is no BAR that is free");
    cr_assert_eq(get(2, PCI_VENDOR_ID, 4), UINT32_MAX, "none of them is on the bus");
    board->loop.instructions = 1;
    wrong = own_config();
    cr_assert_eq(intact_pci_add(machine, &wrong, &device, why), -EINVAL);
    cr_assert_str_eq(why, "PCI device 'own': the machine has run; add it before");
    end();
}

// --- State -----------------------------------------------------------------------------------------------------------

static struct visit_save saved(void)
{
    struct visit_save save;
    visit_save_init(&save);
    board_visit(board, &save.visit);
    cr_assert_not(save.failed);
    return save;
}

static void check_same(const struct visit_save *save)
{
    struct visit_differ differ;
    visit_differ_init(&differ, save->data, save->size);
    board_visit(board, &differ.visit);
    cr_assert_not(differ.differs, "%s", differ.path);
}

static void pass(uint64_t until)
{
    clock_advance(&board->clock, until);
    clock_run_due(&board->clock);
}

// MSI-X is armed, a vector is masked and pending, a factorial and DMA run, a line is up: loaded into a machine that has
// just been made, all of it goes on as in the first.
Test(pci, a_machine_with_msix_armed_is_saved_and_loaded)
{
    const struct intact_device_config devices[] = { { "edu", PROPERTIES({ "addr", "5" }), 1 },
                                                    { "pci-testdev", NULL, 0 } };
    EACH_MACHINE(type)
    {
        choose(type);
        make(devices, 2);
        add_own();
        unsigned slot = 2;
        arm_msix(slot, type == INTACT_PC ? PC_LAPIC : VIRT_GICD + 0x40, 80);
        intact_pci_trigger(own.pci, 2);
        intact_pci_set_alarm(own.pci, 5000);
        intact_pci_set_level(own.pci, true);
        out(bar(5, 0) + EDU_RAISE, 0x10);
        out(bar(5, 0) + EDU_STATUS, EDU_STATUS_INTERRUPT);
        out(bar(5, 0) + EDU_FACTORIAL, 5);
        own.state.value = 77;
        struct visit_save before = saved();
        pass(5000);
        struct visit_save after = saved();
        end();

        make(devices, 2);
        add_own();
        struct visit_load load;
        visit_load_init(&load, before.data, before.size);
        board_visit(board, &load.visit);
        cr_assert_not(load.failed);
        board_loaded(board);
        check_same(&before);
        cr_assert_eq(own.state.value, 77);
        cr_assert_eq(intact_pci_vectors(own.pci), 3);
        cr_assert_eq(intact_irq_group_pending(intact_pci_group(own.pci), 2), 1);
        cr_assert_eq(in(bar(5, 0) + EDU_INTERRUPT_STATUS), 0x10, "windows are where they were");
        pass(5000);
        check_same(&after);
        cr_assert_eq(own.state.alarms, 1);
        out(bar(slot, 1) + 16 * 2 + 12, 0);
        cr_assert_eq(intact_irq_group_pending(intact_pci_group(own.pci), 2), 0, "unmasked, it was sent");
        free(before.data);
        free(after.data);
        end();
    }
}
