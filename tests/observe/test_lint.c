// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// What a guest does wrong, from events.
#include <criterion/criterion.h>

#include <stdio.h>
#include <string.h>

#include "observe/lint.h"

static struct intact_lint *lint;
static char text[4096];

static void add(void *owner, const struct intact_lint_finding *finding)
{
    char sentence[INTACT_LINT_TEXT];
    size_t used = strlen(text);
    (void)owner;
    intact_lint_text(finding, sentence, sizeof sentence);
    snprintf(text + used, sizeof text - used, "%s (%s)\n", sentence, intact_lint_section(finding->id));
}

static const char *findings(void)
{
    text[0] = 0;
    intact_lint_each(lint, add, NULL);
    return text;
}

static void begin(bool arm)
{
    struct intact_lint_config config;
    intact_lint_config_init(&config);
    config.arm = arm;
    cr_assert_eq(intact_lint_create(&config, &lint), 0);
}

static void begin_x86(void)
{
    begin(false);
}

static void finish(void)
{
    intact_lint_destroy(lint);
    lint = NULL;
}

TestSuite(lint, .init = begin_x86, .fini = finish);

static void hear(struct intact_trace_event event)
{
    lint->observer.event(lint->observer.owner, &event);
}
#define HEAR(event_, ...) hear((struct intact_trace_event){ .id = INTACT_TRACE_##event_, __VA_ARGS__ })

static void at(void *owner, const struct intact_trace_event *event, struct lint_where *where)
{
    const struct lint_where *known = owner;
    (void)event;
    *where = *known;
}

// --- Texts -----------------------------------------------------------------------------------------------------------

Test(lint, nothing_wrong_is_nothing_found)
{
    cr_assert_str_eq(findings(), "");
    cr_assert_eq(intact_lint_each(lint, add, NULL), 0u);
}

Test(lint, each_kind_once_with_a_count_and_the_first)
{
    struct lint_where known = { .cpu = 0, .pc = 0x1000e2, .has_pc = true };
    lint->where = at;
    lint->where_owner = &known;
    HEAR(MISTAKE, .a = INTACT_CHIP_LAPIC, .mistake = "eoi", .instructions = 1204331);
    known.pc = 0x200000;
    HEAR(MISTAKE, .a = INTACT_CHIP_LAPIC, .mistake = "eoi", .instructions = 1204400);
    HEAR(MISTAKE, .a = INTACT_CHIP_LAPIC, .mistake = "eoi", .instructions = 1204500);
    cr_assert_str_eq(findings(),
                     "EOI with nothing in service at lapic0, 3 times; first at instruction 1,204,331, CPU 0, 0x1000e2 "
                     "(SDM 3A, Signaling Interrupt Servicing Completion)\n");
}

Test(lint, one_without_a_program_counter_or_a_processor)
{
    HEAR(MISTAKE, .a = INTACT_CHIP_IOAPIC, .mistake = "eoi", .instructions = 7, .c = 0x31, .cpu = INTACT_NO_CPU);
    cr_assert_str_eq(findings(),
                     "EOI at ioapic0 for vector 31h, which no level-triggered entry in service has, once, at "
                     "instruction 7 (82093AA 3.2.4)\n");
}

Test(lint, chips_alone_have_no_instructions)
{
    HEAR(MISTAKE, .a = INTACT_CHIP_PIC, .mistake = "eoi", .cpu = INTACT_NO_CPU);
    HEAR(MISTAKE, .a = INTACT_CHIP_LAPIC, .mistake = "vector", .cpu = 3);
    HEAR(MISTAKE, .a = INTACT_CHIP_LAPIC, .mistake = "vector", .cpu = 3);
    cr_assert_str_eq(findings(),
                     "EOI with nothing in service at pic, once (8259A, End of Interrupt (EOI))\n"
                     "vector below 16 at lapic3: it is never delivered, 2 times; first by CPU 3 (SDM 3A, Valid "
                     "Interrupt Vectors)\n");
}

Test(lint, each_processor_and_each_chip_has_its_own)
{
    HEAR(MISTAKE, .a = INTACT_CHIP_LAPIC, .mistake = "eoi", .cpu = 0);
    HEAR(MISTAKE, .a = INTACT_CHIP_LAPIC, .mistake = "eoi", .cpu = 1);
    HEAR(MISTAKE, .a = INTACT_CHIP_IOAPIC + 1, .mistake = "index", .cpu = INTACT_NO_CPU);
    findings();
    cr_assert(strstr(text, "at lapic0, once") && strstr(text, "at lapic1, once") && strstr(text, "of ioapic1 names"),
              "%s", text);
}

Test(lint, devices_by_their_names)
{
    HEAR(MISTAKE, .a = INTACT_CHIP_DEVICE + 3, .device = "virtio-blk0", .mistake = "virtio-notified-early", .cpu = 1,
         .instructions = 12345);
    cr_assert_str_eq(findings(),
                     "queue of virtio-blk0 notified before DRIVER_OK, once, at instruction 12,345, CPU 1 (VIRTIO "
                     "3.1.1)\n");
}

// The counters of a device's PCI function and of its vectors are in a part of it.
Test(lint, a_part_of_a_device_is_the_device)
{
    HEAR(MISTAKE, .a = INTACT_CHIP_DEVICE + 3, .device = "edu.0/irq", .mistake = "msi-both", .cpu = INTACT_NO_CPU);
    HEAR(MISTAKE, .a = INTACT_CHIP_DEVICE + 4, .device = "pci/bridge", .mistake = "pci-no-master",
         .cpu = INTACT_NO_CPU);
    cr_assert_str_eq(findings(), "MSI and MSI-X of edu.0 enabled at once, once (PCI 6.8)\n"
                                 "DMA of pci/bridge started with bus mastering off, once (PCI 6.2.2)\n");
}

Test(lint, what_the_guest_learns_of_or_did_not_do_is_none)
{
    HEAR(MISTAKE, .a = INTACT_CHIP_CPU, .mistake = "msr-read");
    HEAR(MISTAKE, .a = INTACT_CHIP_DEVICE, .device = "keyboard", .mistake = "i8042-lost");
    HEAR(MISTAKE, .a = INTACT_CHIP_DEVICE, .device = "flash0", .mistake = "flash-command");
    HEAR(MISTAKE, .a = INTACT_CHIP_DEVICE, .device = "edu.0/pci", .mistake = "pci-overlap");
    HEAR(MISTAKE, .a = INTACT_CHIP_IOAPIC, .mistake = "dropped");
    HEAR(MISTAKE, .a = INTACT_CHIP_DEVICE, .device = "new");
    cr_assert_str_eq(findings(), "");
}

Test(lint, every_row_has_a_sentence_and_a_section)
{
    for (unsigned id = 0; id < INTACT_LINT_IDS; id++) {
        struct intact_lint_finding finding = {
            .id = id, .cpu = 1, .count = 2, .instructions = 5, .name = "x", .value = 9
        };
        char sentence[INTACT_LINT_TEXT];
        intact_lint_text(&finding, sentence, sizeof sentence);
        cr_assert(strstr(sentence, ", 2 times; first at instruction 5, CPU 1"), "%s", sentence);
        cr_assert(strstr(intact_lint_sentence(id), "{name}"), "%s", intact_lint_name(id));
        cr_assert_not(strchr(sentence, '{'), "%s", sentence);
        cr_assert_neq(intact_lint_section(id)[0], 0, "%s", intact_lint_name(id));
    }
    cr_assert_str_eq(intact_lint_name(INTACT_LINT_IDS), "");
    cr_assert_str_eq(intact_lint_name(INTACT_LINT_LAPIC_EOI), "LAPIC_EOI");
}

// Every row of the chips' and devices' mistakes, by its event.
Test(lint, every_mistake_has_its_row)
{
    static const struct {
        uint64_t chip;
        const char *names[40];
    } chips[] = {
        { INTACT_CHIP_PIC, { "eoi", "spurious", "no-slave", "call", "elcr", "early" } },
        { INTACT_CHIP_IOAPIC, { "offset", "width", "index", "read-only", "delivery", "eoi", "vector" } },
        { INTACT_CHIP_LAPIC, { "register", "read-only", "width", "reserved", "vector", "icr", "eoi", "base", "mode" } },
        { INTACT_CHIP_GICD,
          { "register", "read-only", "write-only", "width", "secure", "are", "intid", "eoi", "deactivate",
            "other-group", "sgi", "table", "enabled", "config", "command" } },
        { INTACT_CHIP_DEVICE,
          { "virtio-features-refused",
            "virtio-features-late",
            "virtio-status-cleared",
            "virtio-status-early",
            "virtio-no-queue",
            "virtio-queue-busy",
            "virtio-notified-early",
            "virtio-access",
            "virtio-request",
            "virtio-no-device",
            "pci-no-master",
            "pci-no-memory",
            "msi-both",
            "msi-unreachable",
            "msix-width",
            "msix-in-use",
            "hpet-width",
            "hpet-route",
            "hpet-counter",
            "pit-count-one",
            "pit-not-bcd",
            "i8042-command",
            "pl011-register",
            "pl011-disabled",
            "pl031-register",
            "pl061-register",
            "flash-sequence",
            "fw-cfg-dma",
            "sleep-type",
            "edu-access",
            "edu-busy",
            "edu-range",
            "edu-mask" } },
    };
    size_t count = 0;
    for (unsigned i = 0; i < sizeof chips / sizeof chips[0]; i++)
        for (const char *const *name = chips[i].names; *name; name++) {
            HEAR(MISTAKE, .a = chips[i].chip, .mistake = *name, .device = "x");
            cr_assert_eq(intact_lint_each(lint, add, NULL), ++count, "%s", *name);
            text[0] = 0;
        }
    static const uint64_t errors[] = { 0x010a04, 0x010c09 };
    for (unsigned i = 0; i < sizeof errors / sizeof errors[0]; i++) {
        HEAR(MISTAKE, .a = INTACT_CHIP_ITS, .mistake = "command", .c = errors[i]);
        cr_assert_eq(intact_lint_each(lint, add, NULL), ++count, "%llx", (unsigned long long)errors[i]);
    }
    // What only a machine finds: IOAPIC_UNREADY, X86_NO_GATE, _SPURIOUS_GATE, _NMI_BLOCKED, _EXCEPTION_VECTOR, GIC_GROUP_0,
    // GICR_ASLEEP, LPI_STALE, V2M_LEVEL, TIMER_PAST.
    cr_assert_eq(count, (size_t)INTACT_LINT_EOI_MISSING - 10);
}

// --- A machine's findings --------------------------------------------------------------------------------------------

static bool still_so, line_is_shared;
static unsigned told;

static void more(void *owner, const struct intact_trace_event *event)
{
    (void)owner, (void)event;
    told++;
}

static bool both(void *owner, const struct intact_trace_event *event, char *name, size_t size)
{
    (void)owner, (void)event;
    snprintf(name, size, "edu1.intx, on the line of edu0.intx");
    return line_is_shared;
}

static bool so(void *owner, enum intact_lint_id id, uint64_t number)
{
    (void)owner, (void)number;
    return id == INTACT_LINT_TIMER_PAST && still_so;
}

static const struct lint_machine machine = { more, both, so };

static void suspect(uint64_t time, uint64_t number)
{
    const struct intact_trace_event event = { .time = time, .instructions = 7, .cpu = INTACT_NO_CPU };
    struct intact_lint_finding finding = lint_describe(lint, &event, INTACT_LINT_TIMER_PAST, "a timer");
    lint_suspect(lint, &finding, number);
}

Test(lint, a_suspicion_is_a_finding_after_a_millisecond)
{
    lint->machine = &machine;
    still_so = true;
    suspect(5000, 0);
    HEAR(PENDING, .time = 1004999);
    cr_assert_str_eq(findings(), "");
    HEAR(PENDING, .time = 1005000);
    cr_assert_eq(told, 2u, "the machine hears each event");
    cr_assert(strstr(findings(), "a timer armed for a time that has passed: "), "%s", text);
    cr_assert(strstr(text, ", once, at instruction 7 ("), "%s", text);
}

Test(lint, a_suspicion_is_taken_back)
{
    lint->machine = &machine;
    still_so = true;
    suspect(0, 0);
    suspect(0, 1);
    lint_trust(lint, INTACT_LINT_TIMER_PAST, 0);
    still_so = false;
    lint_confirm(lint, UINT64_MAX);
    cr_assert_str_eq(findings(), "", "one was armed again, one is off");
    still_so = true;
    suspect(10, 2);
    lint_confirm(lint, 9);
    lint_confirm(lint, 5000000);
    cr_assert_str_eq(findings(), "", "the machine has gone back before it");
    suspect(0, 3);
    lint_confirm(lint, UINT64_MAX);
    cr_assert_neq(findings()[0], 0, "nothing more will happen");
}

Test(lint, a_storm_on_a_line_that_others_share)
{
    lint->machine = &machine;
    line_is_shared = true;
    for (unsigned i = 0; i < lint->config.storm; i++)
        HEAR(ACK, .a = 37, .cause = 5, .source = "edu0.intx");
    cr_assert(
        strstr(findings(), "edu1.intx, on the line of edu0.intx: taken again after each EOI, 1,000 times or more, as"),
        "%s", text);
    line_is_shared = false;
    HEAR(ACK, .a = 37, .cause = 5, .source = "edu0.intx");
    cr_assert(strstr(findings(), "its handler does not quiet the device"), "%s", text);
}

Test(lint, an_event_without_a_mapping_is_told_once)
{
    HEAR(MISTAKE, .a = INTACT_CHIP_ITS, .mistake = "intid");
    HEAR(DROP, .a = 0x203, .b = UINT64_C(0x800000000), .cpu = INTACT_NO_CPU, .source = "edu0.msi0");
    cr_assert_eq(intact_lint_each(lint, add, NULL), 1u, "%s", text);
    cr_assert(strstr(text, "message of edu0.msi0 for which the ITS has no mapping "), "%s", text);
}

// One kind does not fill the table: the others would not be told.
Test(lint, many_of_one_kind_are_counted_with_its_last)
{
    for (unsigned i = 0; i < LINT_FINDINGS + 10; i++)
        HEAR(MISTAKE, .a = INTACT_CHIP_IOAPIC + i, .mistake = "index");
    cr_assert_eq(intact_lint_each(lint, add, NULL), (size_t)LINT_OF_KIND);
    cr_assert(strstr(text, "251 times"), "%s", text);
    HEAR(MISTAKE, .a = INTACT_CHIP_PIC, .mistake = "eoi");
    cr_assert_eq(intact_lint_each(lint, add, NULL), (size_t)LINT_OF_KIND + 1);
}

// --- Ends of interrupts ----------------------------------------------------------------------------------------------

static void take_lapic(uint64_t instructions, uint32_t cpu, uint64_t vector, uint64_t cause)
{
    HEAR(ACCEPT, .a = vector, .cpu = cpu, .cause = cause, .instructions = instructions, .source = "pit.out0");
    HEAR(TAKE, .a = vector, .cpu = cpu, .cause = cause, .instructions = instructions, .source = "pit.out0");
}

static void end_lapic(uint64_t instructions, uint32_t cpu, uint64_t vector)
{
    HEAR(EOI, .a = vector, .b = INTACT_CHIP_LAPIC, .cpu = cpu, .instructions = instructions);
}

Test(lint, nothing_is_in_service_after_a_reset)
{
    take_lapic(1000, 0, 0x31, 1);
    lint_reset(lint);
    lint_check(lint, 100000000);
    cr_assert_eq(intact_lint_each(lint, add, NULL), 0u, "%s", text);
}

Test(lint, an_end_of_interrupt_that_does_not_come)
{
    take_lapic(1000, 0, 0x31, 1);
    lint_check(lint, 10000999);
    cr_assert_str_eq(findings(), "");
    HEAR(ACCEPT, .a = 0x40, .instructions = 10001000, .cpu = 0); // any event
    cr_assert_str_eq(findings(),
                     "no EOI for pit.out0, in service for 10,000,000 instructions, once, at instruction 1,000, CPU 0 "
                     "(SDM 3A, Handling Interrupts; IHI 0069 4.1)\n");
    lint_check(lint, 30000000);
    cr_assert(strstr(findings(), "once"), "it is told once");
}

Test(lint, one_that_comes_in_time_is_no_finding)
{
    take_lapic(1000, 0, 0x31, 1);
    take_lapic(1100, 1, 0x31, 2); // on another processor
    take_lapic(1200, 0, 0x41, 3); // nested
    end_lapic(1300, 0, 0x41);
    end_lapic(1400, 0, 0x31);
    end_lapic(1500, 1, 0x31);
    lint_check(lint, 100000000);
    cr_assert_str_eq(findings(), "");
}

Test(lint, an_nmi_a_spurious_one_and_one_from_before_have_no_end)
{
    HEAR(TAKE, .a = 2, .cause = 4);
    HEAR(TAKE, .a = 0x27, .cause = 0);
    lint_check(lint, 100000000);
    cr_assert_str_eq(findings(), "");
}

static void take_pic(uint64_t instructions, uint64_t vector, uint64_t cause)
{
    HEAR(ACCEPT, .a = 0, .b = 7, .cause = cause, .instructions = instructions); // ExtINT
    HEAR(TAKE, .a = vector, .cause = cause, .instructions = instructions, .source = "rtc.irq");
}

static void end_pic(uint64_t instructions, uint64_t vector, uint64_t pin)
{
    HEAR(EOI, .a = vector, .b = INTACT_CHIP_PIC, .c = pin, .cpu = INTACT_NO_CPU, .instructions = instructions);
}

Test(lint, an_8259a_too)
{
    take_pic(1000, 0x20, 1);
    end_pic(1100, 0x20, 0);
    take_pic(2000, 0x21, 2);
    lint_check(lint, 20000000);
    cr_assert(strstr(findings(), "no EOI for rtc.irq, in service for 19,998,000 instructions"), "%s", text);
    cr_assert_eq(lint->count, 1u);
}

Test(lint, the_slave_has_two_ends)
{
    take_pic(1000, 0x28, 1);
    end_pic(1100, 0x28, 8);
    end_pic(1101, 0x22, 2);
    take_pic(2000, 0x28, 2);
    end_pic(2100, 0x22, 2); // the master's first
    end_pic(2101, 0x28, 8);
    lint_check(lint, 100000000);
    cr_assert_str_eq(findings(), "");
    take_pic(100001000, 0x28, 3);
    end_pic(100002000, 0x28, 8);
    lint_check(lint, 200000000);
    cr_assert(
        strstr(findings(), "no EOI for the slave at pin 2 of the master 8259A, in service for 99,998,000 instructions"),
        "%s", text);
}

Test(lint, an_end_at_the_wrong_chip)
{
    take_lapic(1000, 0, 0x31, 1);
    HEAR(MISTAKE, .a = INTACT_CHIP_PIC, .mistake = "eoi", .cpu = 0, .instructions = 1100);
    end_lapic(1200, 0, 0x31);
    HEAR(MISTAKE, .a = INTACT_CHIP_PIC, .mistake = "eoi", .cpu = 0, .instructions = 1300);
    take_pic(2000, 0x20, 2);
    HEAR(MISTAKE, .a = INTACT_CHIP_LAPIC, .mistake = "eoi", .cpu = 0, .instructions = 2100);
    end_pic(2200, 0x20, 0);
    cr_assert_str_eq(
        findings(),
        "EOI at pic, while the interrupt in service is of another chip, once, at instruction 1,100, CPU 0 (8259A, "
        "End of Interrupt (EOI); SDM 3A, Signaling Interrupt Servicing Completion)\n"
        "EOI with nothing in service at pic, once, at instruction 1,300, CPU 0 (8259A, End of Interrupt (EOI))\n"
        "EOI at lapic0, while the interrupt in service is of another chip, once, at instruction 2,100, CPU 0 "
        "(8259A, End of Interrupt (EOI); SDM 3A, Signaling Interrupt Servicing Completion)\n");
}

Test(lint, whose_end_it_is_is_not_known_without_a_processor)
{
    take_lapic(1000, 0, 0x31, 1);
    take_pic(1000, 0x20, 2);
    HEAR(MISTAKE, .a = INTACT_CHIP_PIC, .mistake = "eoi", .cpu = INTACT_NO_CPU);
    cr_assert_str_eq(findings(), "EOI with nothing in service at pic, once (8259A, End of Interrupt (EOI))\n");
}

Test(lint, automatic_ends_come_with_the_acknowledge)
{
    end_pic(1000, 0x20, 0); // before TAKE, within it
    take_pic(1000, 0x20, 1);
    lint_check(lint, 100000000);
    cr_assert_str_eq(findings(), "");
}

Test(lint, a_machine_that_goes_back_has_nothing_in_service_for_long)
{
    take_lapic(50000000, 0, 0x31, 1);
    lint_check(lint, 1000);
    cr_assert_str_eq(findings(), "");
}

// --- Levels, vectors, messages ---------------------------------------------------------------------------------------

Test(lint, a_level_that_nobody_lowers)
{
    for (unsigned i = 0; i < 1002; i++) {
        take_lapic(1000 + 10 * i, 0, 0x31, 7);
        end_lapic(1005 + 10 * i, 0, 0x31);
    }
    cr_assert_str_eq(findings(),
                     "pit.out0 is taken again after each EOI, 1,000 times or more: its handler does not quiet the "
                     "device, 3 times; first at instruction 10,990, CPU 0 (8259A, Edge and Level Triggered "
                     "Modes; 82093AA 3.2.4; IHI 0069 4.1)\n");
}

Test(lint, new_raises_are_no_storm)
{
    for (unsigned i = 0; i < 5000; i++) {
        take_lapic(1000 + 10 * i, 0, 0x31, i + 1);
        end_lapic(1005 + 10 * i, 0, 0x31);
    }
    cr_assert_str_eq(findings(), "");
}

Test(lint, a_vector_of_an_exception)
{
    struct lint_where known = { .real_mode = true };
    take_pic(100, 8, 1); // chips alone: in which mode is not known
    lint->where = at;
    lint->where_owner = &known;
    take_pic(200, 8, 2); // the BIOS's
    cr_assert_str_eq(findings(), "");
    known.real_mode = false;
    take_pic(300, 8, 3);
    cr_assert(strstr(findings(),
                     "vector 08h of rtc.irq is that of an exception: the 8259A is not remapped, or an entry has a "
                     "reserved vector, once, at instruction 300"),
              "%s", text);
}

Test(lint, messages_that_nobody_takes)
{
    HEAR(DROP, .a = 0x102, .b = 0xfee00004, .cause = 5, .source = "edu0.msi0", .cpu = INTACT_NO_CPU, .instructions = 9);
    HEAR(DROP, .a = 2, .b = 0xfee00004, .cause = 5, .source = "edu0.msi0", .cpu = INTACT_NO_CPU, .instructions = 9);
    cr_assert_str_eq(findings(),
                     "message of edu0.msi0 to address 0xfee00004 that is no interrupt's, once, at instruction 9 (SDM "
                     "3A, Message Address Register Format)\n");
    HEAR(DROP, .a = 0x100, .b = 7, .c = 0x31, .cpu = 0, .instructions = 10);
    HEAR(DROP, .a = 0x101, .b = 1, .c = 0x31, .cpu = 0, .instructions = 10);
    HEAR(DROP, .a = 2, .b = 0x1000, .cpu = INTACT_NO_CPU, .instructions = 11);
    HEAR(DROP, .a = 1, .b = 4, .cpu = INTACT_NO_CPU, .instructions = 11);
    findings();
    cr_assert(strstr(text, "interrupt of CPU 0 for destination 0x7, which is no processor, once"), "%s", text);
    cr_assert(strstr(text, "interrupt of CPU 0 that no processor of its destination 0x1 accepts"), "%s", text);
    cr_assert(strstr(text, "message of a device to address 0x1000, where nothing takes it"), "%s", text);
    cr_assert_eq(lint->count, 4u, "a GSI that leads nowhere is the board's");
}

// --- Arm -------------------------------------------------------------------------------------------------------------

Test(lint, on_arm_an_interrupt_is_in_service_from_its_acknowledge)
{
    finish();
    begin(true);
    HEAR(TAKE, .a = 0x20, .cause = 1, .instructions = 90);
    HEAR(ACK, .a = 33, .b = 1, .cause = 1, .instructions = 100, .source = "uart.irq");
    HEAR(EOI, .a = 33, .b = INTACT_CHIP_GIC_CPU, .instructions = 200);
    HEAR(EOI, .a = 33, .b = INTACT_CHIP_GICD, .cpu = INTACT_NO_CPU, .instructions = 200);
    HEAR(ACK, .a = 27, .b = 1, .cause = 2, .instructions = 300);
    lint_check(lint, 20000000);
    cr_assert_str_eq(findings(),
                     "no EOI for INTID 27, in service for 19,999,700 instructions, once, at instruction 300, CPU 0 "
                     "(SDM 3A, Handling Interrupts; IHI 0069 4.1)\n");
}

Test(lint, on_arm_messages_that_nobody_takes)
{
    finish();
    begin(true);
    HEAR(DROP, .a = 0x200, .b = 9, .cpu = 0); // an SGI: its interface counts it
    HEAR(DROP, .a = 0x200, .b = 9, .cpu = INTACT_NO_CPU, .source = "edu0.msi0");
    HEAR(DROP, .a = 0x201, .b = 8200, .cpu = INTACT_NO_CPU, .source = "edu0.msi0");
    HEAR(DROP, .a = 0x202, .b = 0x8020040, .cpu = INTACT_NO_CPU, .source = "edu0.msi0");
    HEAR(DROP, .a = 0x203, .b = UINT64_C(0x800000001), .cpu = INTACT_NO_CPU, .source = "edu0.msi0");
    cr_assert_str_eq(
        findings(),
        "interrupt of edu0.msi0 for target 0x9, which is no processor, once (IHI 0069 MAPC)\n"
        "message of edu0.msi0 for INTID 8200, which is not there, or not for the sender, once (IHI 0069 "
        "GICD_SETSPI_NSR)\n"
        "message of edu0.msi0 to address 0x8020040 that is no interrupt's, once (IHI 0069 GICD_SETSPI_NSR)\n"
        "message of edu0.msi0 for which the ITS has no mapping (DeviceID and EventID: 0x800000001), once (IHI "
        "0069 MAPD; MAPTI)\n");
}

Test(lint, a_configuration_has_values)
{
    struct intact_lint_config config;
    struct intact_lint *other;
    intact_lint_config_init(&config);
    config.storm = 0;
    cr_assert_lt(intact_lint_create(&config, &other), 0);
    cr_assert_null(other);
    config = (struct intact_lint_config){ .size = 1 };
    cr_assert_lt(intact_lint_create(&config, &other), 0);
    cr_assert_eq(intact_lint_create(NULL, &other), 0);
    intact_lint_destroy(other);
}
