// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Why an interrupt of a machine does not arrive, by its source's name: lines, wires, parts of devices, processors' own.
#include "answer.h"

#include <errno.h>

#include <intact/debug.h>

#include "devices/edu.h"
#include "devices/virtio/virtio_mmio.h"
#include "machine/arm64_code.h"
#include "machine/machine.h"
#include "machine/pc/pc.h"
#include "machine/virt/virt.h"
#include "machine/x86_code.h"

enum { EDU = 1, RNG = 2, SLOTS = 32, MSIX_CAP = 0x11 };

static struct intact_machine *machine;
static struct board *board;
static char why[INTACT_ERROR_SIZE];
static struct answer answer;

static void teardown(void)
{
    intact_machine_destroy(machine);
    machine = NULL;
}

TestSuite(why, .fini = teardown);

static void start(enum intact_machine_type type)
{
    static const struct intact_property named[] = { { "id", "my.rng" } };
    static const struct intact_device_config devices[] = {
        { "edu" }, { "virtio-rng-pci" }, { "edu" }, { "virtio-rng-device", named, 1 }
    };
    static struct code code;
    struct intact_machine_config config;
    intact_machine_config_init(&config);
    config.type = type;
    config.cpus = 2;
    config.kernel = "code";
    code_begin(&code);
    config.kernel_data = type == INTACT_PC ? (const void *)code.bytes : code_hello;
    config.kernel_size = type == INTACT_PC ? sizeof code.bytes : sizeof code_hello;
    config.devices = devices;
    config.device_count = type == INTACT_PC ? 3 : 4; // the PC has no slots for virtio-mmio
    cr_assert_eq(intact_machine_create(&config, &machine, why), 0, "%s", why);
    board = machine_board(machine);
}

static const char *ask(const char *source)
{
    answer_begin(&answer);
    cr_assert_eq(intact_machine_why(machine, source, answer_add, &answer, why), 0, "%s", why);
    cr_assert(answer.text[0], "%s has no answer", source);
    return answer.text;
}

static bool begins(const char *text, const char *expected)
{
    return strncmp(text, expected, strlen(expected)) == 0;
}

static void refuse(const char *source, const char *expected)
{
    cr_assert_eq(intact_machine_why(machine, source, answer_add, &answer, why), -EINVAL, "%s", source);
    cr_assert(strstr(why, expected), "%s: %s", source, why);
}

// --- What guests and devices do --------------------------------------------------------------------------------------

static void out(uint64_t address, uint32_t value)
{
    bus_write(&board->memory, address, 4, value, board->clock.now);
}

static void out_port(uint16_t port, uint8_t value)
{
    bus_write(&board->ports, port, 1, value, board->clock.now);
}

static void set(unsigned slot, unsigned offset, unsigned size, uint32_t value)
{
    pci_bus_write(&board->pci.bus, PCI_DEVFN(slot, 0), offset, size, value, 0);
}

static uint32_t get(unsigned slot, unsigned offset, unsigned size)
{
    return pci_bus_read(&board->pci.bus, PCI_DEVFN(slot, 0), offset, size, 0);
}

static uint64_t bar(unsigned slot, unsigned index)
{
    return pci_bar_address(board->pci.bus.functions[PCI_DEVFN(slot, 0)], index);
}

static unsigned msix(unsigned slot)
{
    unsigned at = get(slot, PCI_CAPABILITIES_POINTER, 1);
    while (at && get(slot, at, 1) != MSIX_CAP)
        at = get(slot, at + 1, 1);
    return at;
}

static void raise_edu(unsigned slot)
{
    out(bar(slot, 0) + EDU_RAISE, 1);
}

// The UART of each machine transmits, and its driver wants to know when it is done.
static void raise_uart(enum intact_machine_type type)
{
    if (type == INTACT_PC) {
        out_port(0x3f9, 2); // IER: transmitter empty
        out_port(0x3fc, 8); // MCR: OUT2
    } else {
        out(0x9000038, 0x20); // UARTIMSC: TXIM
        out(0x9000000, 'A');
    }
}

static void ioapic(unsigned index, uint32_t value)
{
    out(0xfec00000, index);
    out(0xfec00010, value);
}

// --- Names -----------------------------------------------------------------------------------------------------------

Test(why, every_source_that_is_listed_has_an_answer)
{
    static const enum intact_machine_type types[] = { INTACT_PC, INTACT_VIRT };
    char name[96];
    for (unsigned i = 0; i < 2; i++) {
        unsigned count = 0;
        start(types[i]);
        for (; intact_machine_source(machine, count, name, sizeof name); count++)
            ask(name);
        cr_assert_gt(count, 8u);
        teardown();
    }
}

// The names in their order, as a line; long ones are cut as the caller's room is.
static const char *names(size_t size)
{
    static char text[4096];
    char name[96];
    text[0] = 0;
    for (unsigned i = 0; intact_machine_source(machine, i, name, size); i++)
        snprintf(text + strlen(text), sizeof text - strlen(text), "%s ", name);
    return text;
}

Test(why, lines_come_first_then_devices_then_processors)
{
    start(INTACT_PC);
    cr_expect_str_eq(names(96),
                     "pit.out0 i8042.keyboard com1.irq rtc.irq pm.sci i8042.mouse hpet.legacy0 hpet.legacy1 hpet.pin2 "
                     "hpet.pin8 hpet.pin20 hpet.pin21 hpet.pin22 hpet.pin23 edu0.intx edu0.msi0 virtio-rng0.queue0 "
                     "virtio-rng0.config virtio-rng0.intx virtio-rng0.msix0 virtio-rng0.msix1 edu1.intx edu1.msi0 "
                     "lapic0.timer lapic0.lint0 lapic0.lint1 lapic0.error lapic1.timer lapic1.lint0 lapic1.lint1 "
                     "lapic1.error ");
    cr_expect(begins(names(4), "pit i80 com "));
    teardown();
    start(INTACT_VIRT);
    cr_expect_str_eq(
        names(96),
        "uart.irq rtc.irq gpio.irq edu0.intx edu0.msi0 virtio-rng0.queue0 virtio-rng0.config virtio-rng0.intx "
        "virtio-rng0.msix0 virtio-rng0.msix1 edu1.intx edu1.msi0 my.rng.queue0 my.rng.config my.rng.irq "
        "cpu0.ptimer cpu0.vtimer cpu1.ptimer cpu1.vtimer ");
}

Test(why, what_is_no_source_is_refused_with_what_there_is)
{
    static const char *const none[] = { "edu0.msi1",
                                        "edu0",
                                        "edu0.",
                                        ".intx",
                                        "edu2.intx",
                                        "virtio-rng0",
                                        "intid:27@0",
                                        "virtio-rng0.queue1",
                                        "virtio-rng0.queue ",
                                        "lapic0.thermal0",
                                        "pit.out00",
                                        "virtio-rng0.queue 0",
                                        "virtio-rng0.irq",
                                        "lapic0",
                                        "pit.out0 ",
                                        "virtio-rng0.msix2" };
    start(INTACT_PC);
    for (unsigned i = 0; i < countof(none); i++)
        refuse(none[i], strchr(none[i], '@') ? "is no source" : "no line and no part of a device has this name: ");
    refuse("", "no line and no part of a device has this name: ");
    refuse("gsi:x", "'gsi:x' is no GSI: 0 to 65535, as in gsi:4");
    refuse("gsi:", "'gsi:' is no GSI");
    refuse("gsi:-1", "'gsi:-1' is no GSI");
    refuse("gsi:4x", "'gsi:4x' is no GSI");
    refuse("gsi:65536", "'gsi:65536' is no GSI");
    refuse("lapic2.timer", "there is no CPU 2; 0 to 1 are there");
    cr_expect_eq(intact_machine_why(machine, "nothing", answer_add, &answer, NULL), -EINVAL, "without a text");
    teardown();
    start(INTACT_VIRT);
    refuse("cpu2.vtimer", "'cpu2.vtimer' is no source of interrupts here");
    refuse("cpu0.htimer", "'cpu0.htimer' is no source of interrupts here");
    refuse("nmi", "'nmi' is no source of interrupts here");
}

static void ask_within(void *owner, const struct intact_trace_event *event)
{
    int *result = owner;
    (void)event;
    *result = intact_machine_why(machine, "uart.irq", answer_add, &answer, NULL);
}

Test(why, nothing_is_asked_within_a_run)
{
    int result = 0;
    struct intact_trace_observer observer;
    start(INTACT_VIRT);
    intact_trace_observer_init(&observer, INTACT_TRACE_ALL, ask_within, &result);
    cr_assert_eq(intact_machine_trace(machine, &observer), 0);
    intact_machine_run(machine);
    intact_trace_observer_remove(&observer);
    cr_expect_eq(result, -EBUSY);
}

// --- Lines and wires -------------------------------------------------------------------------------------------------

Test(why, a_wire_of_two_pins_begins_with_the_one_that_is_more_open)
{
    start(INTACT_PC);
    raise_uart(INTACT_PC);
    cr_expect_str_eq(
        ask("com1.irq"),
        "= com1.irq is high, on GSI 4\n"
        "- IRQ 4 is masked: IMR of the master 8259A = F8h, bit 4\n"
        "- IOAPIC 0 pin 4 is up, but masked: IOREDTBL4 = 0001_0000h, bit 16\n"
        "- IOAPIC 0 pin 4 has the vector 00h, and no local APIC accepts one below 10h: IOREDTBL4 = 0001_0000h, bits "
        "7:0\n"
        "- IOAPIC 0 pin 4 is active since its last edge, which was sent or lost: IOREDTBL4 = 0001_0000h, bit 15 is 0 "
        "(edge)\n");
    ioapic(0x18, 0x10031);
    cr_expect(begins(ask("com1.irq"), "= com1.irq is high, on GSI 4\n- IRQ 4 is masked"), "%s", answer.text);
    ioapic(0x18, 0x31);
    cr_expect_str_eq(ask("com1.irq"),
                     "= com1.irq is high, on GSI 4\n"
                     "- IOAPIC 0 pin 4 is active since its last edge, which was sent or lost: IOREDTBL4 = 0000_0031h, "
                     "bit 15 is 0 (edge)\n"
                     "- IRQ 4 is masked: IMR of the master 8259A = F8h, bit 4\n");
}

// The firmware has left IRQ 0, 1, 2 and 8 unmasked.
Test(why, a_wire_of_two_pins_begins_with_the_chip_that_the_guest_uses)
{
    start(INTACT_PC);
    raise_uart(INTACT_PC);
    out_port(0x21, 0xff);
    out_port(0xa1, 0xff);
    cr_expect(begins(ask("com1.irq"), "= com1.irq is high, on GSI 4\n- IRQ 4 is masked"), "none: %s", answer.text);
    ioapic(0x18, 0x10031);
    cr_expect(begins(ask("com1.irq"), "= com1.irq is high, on GSI 4\n- IOAPIC 0 pin 4 is up, but masked"), "%s",
              answer.text);
    ioapic(0x18, 0x10000);
    ioapic(0x14, 0x30);
    cr_expect(begins(ask("com1.irq"), "= com1.irq is high, on GSI 4\n- IOAPIC 0 pin 4 is up, but masked"),
              "pin 2 is unmasked: %s", answer.text);
    out_port(0x21, 0xfb);
    cr_expect(begins(ask("com1.irq"), "= com1.irq is high, on GSI 4\n- IOAPIC 0 pin 4 is up, but masked"),
              "the cascade alone is no use: %s", answer.text);
    out_port(0xa1, 0xef);
    ioapic(0x14, 0x10000);
    cr_expect(begins(ask("com1.irq"), "= com1.irq is high, on GSI 4\n- IRQ 4 is masked"), "%s", answer.text);
}

Test(why, an_interrupt_goes_on_to_the_processor)
{
    start(INTACT_PC);
    out(0xfee000f0, 0x1ff); // SVR: enabled
    ioapic(0x18, 0x31);
    raise_uart(INTACT_PC);
    ask("com1.irq");
    cr_expect(strstr(answer.text, "- CPU 0 takes no interrupts: RFLAGS = 00000002h, bit 9 (IF) is 0, at 0x100020\n"),
              "%s", answer.text);
    ask("vector:0x31@0");
    cr_expect(strstr(answer.text, "- CPU 0 takes no interrupts: RFLAGS = 00000002h, bit 9 (IF) is 0, at 0x100020\n"),
              "%s", answer.text);
    teardown();
    start(INTACT_VIRT);
    out(0x8000000, 0x52);       // GICD_CTLR: affinity routing, Group 1
    out(0x8000084, 0xffffffff); // GICD_IGROUPR1
    out(0x8000104, 2);          // GICD_ISENABLER1
    raise_uart(INTACT_VIRT);
    cr_expect_str_eq(ask("uart.irq"), "= uart.irq is high, on GSI 1\n"
                                      "- INTID 33 is in Group 1, and ICC_IGRPEN1_EL1 of CPU 0 is 0\n"
                                      "- INTID 33 has priority 00h at CPU 0, and ICC_PMR_EL1 = 00h masks 00h to FFh\n");
}

Test(why, a_wire_names_what_raises_it)
{
    start(INTACT_VIRT);
    cr_expect(begins(ask("gsi:4"), "- GSI 4 is low: no device raises it now\n- INTID 36 is"), "%s", answer.text);
    raise_edu(EDU);
    cr_expect(begins(ask("gsi:4"), "= GSI 4 is high: edu0.intx raises it\n- INTID 36 is"), "%s", answer.text);
    out(bar(EDU, 0) + EDU_ACKNOWLEDGE, 1);
    cr_expect(begins(ask("gsi:4"), "- GSI 4 is low: no device raises it now\n"), "%s", answer.text);
    cr_expect_str_eq(ask("gsi:60000"), "- GSI 60000 is low: no device raises it now\n"
                                       "- GSI 60000 leads to no pin of a controller\n");
}

Test(why, a_wire_that_several_raise_names_the_first)
{
    struct intact_irq_line lines[2] = { { .name = "a.irq" }, { 0 } };
    start(INTACT_VIRT);
    for (unsigned i = 0; i < 2; i++) {
        cr_assert_eq(route_connect(&board->route, 4, &lines[i]), 0);
        intact_irq_line_set(&lines[i], true);
    }
    ask("gsi:4");
    cr_expect(strstr(answer.text, "= GSI 4 is high: a.irq and others raise it\n"), "%s", answer.text);
    intact_irq_line_set(&lines[0], false);
    ask("gsi:4");
    cr_expect(strstr(answer.text, "= GSI 4 is high: a device raises it\n"), "%s", answer.text);
    for (unsigned i = 0; i < 2; i++)
        route_disconnect(&board->route, &lines[i]);
}

// --- Devices ---------------------------------------------------------------------------------------------------------

Test(why, a_device_that_its_driver_has_not_set_up_says_so)
{
    start(INTACT_PC);
    cr_expect_str_eq(ask("edu0.msi0"),
                     "- edu0.msi0 is not sent: MSI is not enabled, message control = 0080h, bit 0\n"
                     "- edu0.msi0 is not sent: the command register = 0002h, bit 2 (bus master) is 0\n");
    ask("edu0.intx");
    cr_expect(begins(answer.text, "- edu0.intx is low: the device's interrupt status is 0\n- IRQ 11 is low"), "%s",
              answer.text);
    ask("virtio-rng0.queue0");
    cr_expect(begins(answer.text,
                     "- the driver of virtio-rng0.queue0 is not ready: device status = 00h, bit 2 (DRIVER_OK) is 0\n"
                     "- virtio-rng0.queue0 is not ready: the driver has not enabled the queue\n"
                     "- virtio-rng0.queue0 is low: the device's interrupt status is 0\n- IRQ 10 is low"),
              "%s", answer.text);
}

Test(why, intx_goes_on_with_its_wire)
{
    start(INTACT_VIRT);
    raise_edu(EDU);
    ask("edu0.intx");
    cr_expect(begins(answer.text, "= edu0.intx is high, on GSI 4\n- INTID 36 is disabled"), "%s", answer.text);
    ask("edu1.intx");
    cr_expect(begins(answer.text, "- edu1.intx is low: the device's interrupt status is 0\n- INTID 38 is"), "%s",
              answer.text);
    set(EDU, PCI_COMMAND, 2, PCI_COMMAND_MEMORY | PCI_COMMAND_INTX_DISABLE);
    ask("edu0.intx");
    cr_expect(begins(answer.text, "- edu0.intx is disabled: the command register = 0402h, bit 10 (interrupt disable)\n"
                                  "- INTID 36 is"),
              "%s", answer.text);
}

Test(why, a_message_that_waits_is_told_with_what_holds_it)
{
    start(INTACT_PC);
    unsigned at = get(EDU, PCI_CAPABILITIES_POINTER, 1);
    set(EDU, at + 4, 4, 0xfee00000);
    set(EDU, at + 12, 2, 0x41);
    set(EDU, at + 2, 2, 1);
    cr_expect(
        begins(ask("edu0.msi0"), "- edu0.msi0 is not sent: the command register = 0002h, bit 2 (bus master) is 0\n"),
        "%s", answer.text);
    raise_edu(EDU);
    cr_expect(begins(ask("edu0.msi0"),
                     "= edu0.msi0 is pending: it was triggered\n"
                     "- edu0.msi0 is not sent: the command register = 0002h, bit 2 (bus master) is 0\n"),
              "%s", answer.text);
    out(0xfee000f0, 0x1ff);
    set(EDU, PCI_COMMAND, 2, PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER);
    ask("edu0.msi0");
    cr_expect(begins(answer.text, "= vector 41h is in IRR of CPU 0, and its INTR is up\n- CPU 0 takes no interrupts: "),
              "it is there: %s", answer.text);
    cr_expect(strstr(answer.text, "- edu0.msi0 has nothing pending: its triggers were sent, or there was none\n"), "%s",
              answer.text);
}

Test(why, of_a_processor_that_is_off_that_is_told_first)
{
    start(INTACT_VIRT);
    raise_uart(INTACT_VIRT);
    out(VIRT_GICD, 0x10);
    out(VIRT_GICD, 0x12);
    out(VIRT_GICD + 0x84, 2);  // GICD_IGROUPR1: INTID 33
    out(VIRT_GICD + 0x104, 2); // GICD_ISENABLER1
    bus_write(&board->memory, VIRT_GICD + 0x6000 + 8 * 33, 8, 1, board->clock.now);
    cr_expect_str_eq(ask("uart.irq"), "= uart.irq is high, on GSI 1\n"
                                      "- CPU 1 is off: no PSCI CPU_ON has started it\n"
                                      "- INTID 33 is in Group 1, and ICC_IGRPEN1_EL1 of CPU 1 is 0\n"
                                      "- INTID 33 has priority 00h at CPU 1, and ICC_PMR_EL1 = 00h masks 00h to FFh\n");
}

Test(why, a_timer_that_is_off_is_told_before_its_line)
{
    start(INTACT_VIRT);
    cr_expect(begins(ask("cpu1.vtimer"), "- the virtual timer of CPU 1 is off: CNTV_CTL_EL0.ENABLE is 0\n"
                                         "- INTID 27 of CPU 1 is level-sensitive"),
              "%s", answer.text);
    cr_expect(begins(ask("cpu0.ptimer"), "- the physical timer of CPU 0 is off: "), "%s", answer.text);
}

// Nothing of it is left at its source; what refused it is told first.
Test(why, of_a_message_that_was_lost_what_lost_it_is_told)
{
    start(INTACT_PC);
    unsigned at = get(EDU, PCI_CAPABILITIES_POINTER, 1);
    set(EDU, PCI_COMMAND, 2, PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER);
    set(EDU, at + 4, 4, 0xfee07000);
    set(EDU, at + 12, 2, 0x41);
    set(EDU, at + 2, 2, 1);
    raise_edu(EDU);
    cr_expect_str_eq(ask("edu0.msi0"),
                     "- the destination 07h names no CPU: no local APIC has this id (physical destination)\n"
                     "- edu0.msi0 has nothing pending: its triggers were sent, or there was none\n");
}

// The first queue of the device in the last slot, of which the driver enables nothing but DRIVER_OK.
static void start_slot(void)
{
    uint64_t slot = VIRT_VIRTIO + (SLOTS - 1) * VIRTIO_MMIO_SIZE;
    out(slot + 0x70, 3);
    out(slot + 0x24, 1);
    out(slot + 0x20, 1); // VERSION_1
    out(slot + 0x70, 11);
    out(slot + 0x30, 0);
    out(slot + 0x38, 8);
    out(slot + 0x80, 0x40400000);
    out(slot + 0x90, 0x40401000);
    out(slot + 0xa0, 0x40402000);
    out(slot + 0x44, 1);
    out(slot + 0x70, 15);
    // One buffer of 16 bytes.
    bus_write(&board->memory, 0x40400000, 8, 0x40403000, 0);
    out(0x40400008, 16);
    out(0x4040000c, VIRTQ_DESC_F_WRITE);
}

static void offer_buffer(uint16_t count)
{
    out(0x40401000, (uint32_t)count << 16);
    out(VIRT_VIRTIO + (SLOTS - 1) * VIRTIO_MMIO_SIZE + 0x50, 0);
}

Test(why, a_queue_that_has_notified_does_not_ask_for_buffers)
{
    start(INTACT_VIRT);
    start_slot();
    ask("my.rng.queue0");
    cr_expect(begins(answer.text,
                     "- my.rng.queue0 has no buffer that the driver has made available since the last used one\n"
                     "- INTID 79 is"),
              "%s", answer.text);
    offer_buffer(1);
    ask("my.rng.queue0");
    cr_expect(begins(answer.text, "= my.rng.irq is high, on GSI 47\n- INTID 79 is disabled"), "%s", answer.text);
    ask("my.rng.irq");
    cr_expect(begins(answer.text, "= my.rng.irq is high, on GSI 47\n- INTID 79 is disabled"), "%s", answer.text);
    ask("my.rng.config");
    cr_expect(begins(answer.text, "= my.rng.irq is high, on GSI 47\n"), "the driver looks at both: %s", answer.text);
    out(VIRT_VIRTIO + (SLOTS - 1) * VIRTIO_MMIO_SIZE + 0x64, 1); // InterruptACK
    ask("my.rng.queue0");
    cr_expect(begins(answer.text, "- my.rng.queue0 has no buffer"), "%s", answer.text);
}

Test(why, a_queue_without_a_vector_goes_nowhere)
{
    start(INTACT_PC);
    set(RNG, PCI_COMMAND, 2, PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER);
    set(RNG, msix(RNG) + 2, 2, 0x8000);
    cr_expect_str_eq(ask("virtio-rng0.queue0"),
                     "- the driver of virtio-rng0.queue0 is not ready: device status = 00h, bit 2 (DRIVER_OK) is 0\n"
                     "- virtio-rng0.queue0 is not ready: the driver has not enabled the queue\n"
                     "- virtio-rng0.queue0 has no vector: its MSI-X vector is FFFFh (VIRTIO_MSI_NO_VECTOR)\n");
    uint64_t common = bar(RNG, 4);
    bus_write(&board->memory, common + 0x16, 2, 0, 0); // queue_select
    bus_write(&board->memory, common + 0x1a, 2, 1, 0); // queue_msix_vector
    cr_expect_str_eq(ask("virtio-rng0.queue0"),
                     "- the driver of virtio-rng0.queue0 is not ready: device status = 00h, bit 2 (DRIVER_OK) is 0\n"
                     "- virtio-rng0.queue0 is not ready: the driver has not enabled the queue\n"
                     "- virtio-rng0.queue0 is masked: vector control of row 1 = 00000001h, bit 0\n"
                     "- the address 00000000h is outside FEE00000h to FEEFFFFFh: a write to memory, no interrupt\n");
}

static void common(unsigned offset, unsigned size, uint64_t value)
{
    bus_write(&board->memory, bar(RNG, 4) + offset, size, value, board->clock.now);
}

// The queue of the PCI device, with one buffer of 16 bytes, and vector 1.
static void start_function(void)
{
    set(RNG, PCI_COMMAND, 2, PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER);
    set(RNG, msix(RNG) + 2, 2, 0x8000);
    common(0x14, 1, 3); // device_status
    common(0x08, 4, 1); // driver_feature_select
    common(0x0c, 4, 1); // driver_feature: VERSION_1
    common(0x14, 1, 11);
    common(0x16, 2, 0); // queue_select
    common(0x18, 2, 8); // queue_size
    common(0x1a, 2, 1); // queue_msix_vector
    common(0x20, 8, 0x400000);
    common(0x28, 8, 0x401000);
    common(0x30, 8, 0x402000);
    common(0x1c, 2, 1); // queue_enable
    common(0x14, 1, 15);
    bus_write(&board->memory, 0x400000, 8, 0x403000, 0);
    out(0x400008, 16);
    out(0x40000c, VIRTQ_DESC_F_WRITE);
}

Test(why, a_queue_whose_message_waits_does_not_ask_for_buffers)
{
    start(INTACT_PC);
    start_function();
    cr_expect(begins(ask("virtio-rng0.queue0"),
                     "- virtio-rng0.queue0 has no buffer that the driver has made available since the last used one\n"
                     "- virtio-rng0.queue0 is masked: vector control of row 1 = 00000001h, bit 0\n"),
              "%s", answer.text);
    out(0x401000, 1 << 16);
    common(0x3000, 2, 0); // the notification
    cr_expect(begins(ask("virtio-rng0.queue0"),
                     "= virtio-rng0.msix1 is pending: it was triggered\n"
                     "- virtio-rng0.queue0 is masked: vector control of row 1 = 00000001h, bit 0\n"),
              "%s", answer.text);
    uint64_t row = bar(RNG, 1) + 16;
    out(0xfee000f0, 0x1ff);
    out(row, 0xfee00000);
    out(row + 8, 0x51);
    out(row + 12, 0);
    ask("virtio-rng0.queue0");
    cr_expect(strstr(answer.text, "- CPU 0 takes no interrupts: RFLAGS = "), "it is there: %s", answer.text);
    ask("vector:0x51@0");
    cr_expect(strstr(answer.text, "- CPU 0 takes no interrupts: RFLAGS = "), "%s", answer.text);
}
