// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// What the monitor shows of devices and interrupt controllers, on both machines: states that are set up by register
// writes, their lines as a whole, and that no command changes anything.
#include "machine/monitor/monitor.h"

#include <criterion/criterion.h>
#include <intact/replay.h>
#include <string.h>

#include "base/bits.h"
#include "devices/pci/pci.h"
#include "irqchip/arm/its.h"
#include "machine/arm64_code.h"
#include "machine/machine.h"
#include "machine/pc/pc.h"
#include "machine/virt/virt.h"
#include "machine/x86_code.h"

static struct intact_machine_config config;
static struct intact_machine *machine;
static struct monitor monitor;
static char said[65536];

static void print(void *owner, const char *text)
{
    (void)owner;
    cr_assert_lt(strlen(said) + strlen(text), sizeof said);
    strcat(said, text);
}

// Two processors, and the devices of the machine's own and `devices`.
static void make(enum intact_machine_type type, const struct intact_device_config *devices, unsigned count)
{
    static struct code code;
    char why[INTACT_ERROR_SIZE];
    intact_machine_config_init(&config);
    code_begin(&code);
    code_halt(&code);
    config.type = type;
    config.cpus = 2;
    config.memory = UINT64_C(16) << 20;
    config.kernel = "code";
    config.kernel_data = type == INTACT_PC ? (const void *)code.bytes : code_hello;
    config.kernel_size = type == INTACT_PC ? sizeof code.bytes : sizeof code_hello;
    config.devices = devices;
    config.device_count = count;
    cr_assert_eq(intact_machine_create(&config, &machine, why), 0, "%s", why);
    monitor = (struct monitor){ .machine = machine, .print = print };
}

static void unmake(void)
{
    monitor_free(&monitor);
    intact_machine_destroy(machine);
}

TestSuite(monitor_info, .fini = unmake, .timeout = 120);

static uint64_t digest(void)
{
    uint64_t value;
    cr_assert_eq(intact_machine_digest(machine, &value), 0);
    return value;
}

static const char *ask(const char *line)
{
    uint64_t before = digest();
    said[0] = 0;
    cr_assert_eq(monitor_command(&monitor, line).action, MONITOR_STAYS);
    cr_assert_eq(digest(), before, "%s changes the machine", line);
    return said;
}

static void does(const char *line)
{
    said[0] = 0;
    cr_assert_eq(monitor_command(&monitor, line).action, MONITOR_STAYS);
}

// The command says exactly this.
#define SAYS(line, text) cr_expect_str_eq(ask(line), text, "%s: %s", line, said)

// These whole lines are among those that it says, one after the other.
#define HAS(line, text)                                                                                                \
    do {                                                                                                               \
        const char *found_ = strstr(ask(line), text);                                                                  \
        cr_expect(found_ && (found_ == said || found_[-1] == '\n'), "%s: %s", line, said);                             \
    } while (0)

static const char *const commands[] = { "info irq",     "info msi",    "info pci",      "info mtree", "info qtree",
                                        "info pic",     "info ioapic", "info ioapic 0", "info lapic", "info lapic 0",
                                        "info lapic 1", "info gic",    "info gic 0",    "info gic 1", "info its" };

static void ask_all(void)
{
    for (unsigned i = 0; i < countof(commands); i++)
        cr_expect_neq(ask(commands[i])[0], 0, "%s", commands[i]);
}

// --- The PC ----------------------------------------------------------------------------------------------------------

static struct x86_irq *pc_irq(void)
{
    return &pc_of(machine_board(machine))->irq;
}

static void out(uint16_t port, uint8_t value)
{
    x86_irq_port_write(pc_irq(), port, value);
}

// ICW1 to ICW4 of both chips as a kernel writes them, all masked but `open`.
static void program_pics(uint16_t open)
{
    static const uint8_t words[2][3] = { { 0x20, 0x04, 0x01 }, { 0x28, 0x02, 0x01 } };
    for (unsigned chip = 0; chip < 2; chip++) {
        uint16_t port = chip ? 0xa0 : 0x20;
        out(port, 0x11);
        for (unsigned i = 0; i < 3; i++)
            out(port + 1, words[chip][i]);
        out(port + 1, (uint8_t)(~open >> (chip * 8)));
    }
}

Test(monitor_info, the_8259as_show_their_words_and_the_lines_that_are_of_interest)
{
    make(INTACT_PC, NULL, 0);
    program_pics(0x0114);
    x86_irq_set_pin(pc_irq(), X86_IRQ_PIC, 4, true);
    x86_irq_set_pin(pc_irq(), X86_IRQ_PIC, 5, true);
    x86_irq_set_pin(pc_irq(), X86_IRQ_PIC, 8, true);
    SAYS("info pic", "8259A master: IRR = 34h, ISR = 00h, IMR = EBh, ELCR = 00h, lines = 31h\n"
                     "  ICW1 = 11h, ICW2 = 20h, ICW3 = 04h, ICW4 = 01h: vectors 20h-27h; IR0 has the highest priority\n"
                     "  IRQ  0: vector 20h, edge, high (hpet.pin2, hpet.legacy0, pit.out0), masked\n"
                     "  IRQ  2: INT of the slave, edge, low, requested\n"
                     "  IRQ  4: vector 24h, edge, high (com1.irq), requested\n"
                     "  IRQ  5: vector 25h, edge, high, masked, requested\n"
                     "8259A slave: IRR = 01h, ISR = 00h, IMR = FEh, ELCR = 0Eh, lines = 01h\n"
                     "  ICW1 = 11h, ICW2 = 28h, ICW3 = 02h, ICW4 = 01h: vectors 28h-2Fh; IR0 has the highest priority\n"
                     "  IRQ  8: vector 28h, edge, high (hpet.pin8, hpet.legacy1, rtc.irq), requested\n"
                     "INT is high, for IRQ 8, vector 28h\n");
    pic_cascade_acknowledge(&pc_irq()->pic, NULL);
    HAS("info pic", "  IRQ  8: vector 28h, edge, high (hpet.pin8, hpet.legacy1, rtc.irq), in service\n");
    out(0xa0, 0x68); // special mask mode
    HAS("info pic",
        "  ICW1 = 11h, ICW2 = 28h, ICW3 = 02h, ICW4 = 01h: vectors 28h-2Fh, special mask mode; IR0 has the highest "
        "priority\n");
    out(0x20, 0x19);
    HAS("info pic", "  initialisation has begun: ICW2 is expected\n");
    out(0x21, 0x40);
    HAS("info pic", "  initialisation has begun: ICW3 is expected\n");
    out(0x21, 0x04);
    HAS("info pic", "  initialisation has begun: ICW4 is expected\n");
    out(0x21, 0x13);
    HAS("info pic",
        "  ICW1 = 19h, ICW2 = 40h, ICW3 = 04h, ICW4 = 13h: vectors 40h-47h, automatic end of interrupt, special fully "
        "nested mode; IR0 has the highest priority\n");
    HAS("info pic", "  IRQ  4: vector 44h, level, high (com1.irq), requested\n");
    x86_irq_reset(pc_irq());
    HAS("info pic", "  not initialised: no ICW1 since power-on\n");
}

static void write_entry(unsigned pin, uint64_t entry)
{
    for (unsigned half = 0; half < 2; half++) {
        x86_irq_ioapic_write(pc_irq(), 0, 0x00, 4, 0x11 + 2 * pin - half, 0);
        x86_irq_ioapic_write(pc_irq(), 0, 0x10, 4, (uint32_t)(entry >> (half ? 0 : 32)), 0);
    }
}

Test(monitor_info, the_ioapic_shows_its_redirection_entries)
{
    make(INTACT_PC, NULL, 0);
    write_entry(4, 0x10031);
    write_entry(5, UINT64_C(0x0300000000018932));
    write_entry(6, UINT64_C(0xff0000000001a400));
    for (unsigned pin = 0; pin < 24; pin++)
        if (pin < 4 || pin > 6)
            write_entry(pin, 0x10000);
    x86_irq_set_pin(pc_irq(), X86_IRQ_IOAPIC, 6, true);
    SAYS("info ioapic",
         "IOAPIC 0: IOAPICID = 0000_0000h, version 20h, 24 pins, IOREGSEL = 3Eh\n"
         "  pin 2: IOREDTBL2 = 0001_0000h: vector 00h, fixed, edge, active high, masked, to APIC 0 (physical); high "
         "(hpet.pin2, hpet.legacy0, pit.out0)\n"
         "  pin 4: IOREDTBL4 = 0001_0031h: vector 31h, fixed, edge, active high, masked, to APIC 0 (physical); low "
         "(com1.irq)\n"
         "  pin 5: IOREDTBL5 = 0300_0000_0001_8932h: vector 32h, lowest priority, level, active high, masked, to 03h "
         "(logical); low\n"
         "  pin 6: IOREDTBL6 = FF00_0000_0001_A400h: NMI, level, active low, masked, to all APICs (physical); high\n"
         "  low, and 0001_0000h as after a reset (masked): 0-1, 3, 7-23\n");
    SAYS("info ioapic 1", "info ioapic: '1' is none; the machine has 0 to 0\n");
    SAYS("info ioapic x", "info ioapic: 'x' is none; the machine has 0 to 0\n");
}

static void write_lapic(unsigned cpu, uint32_t offset, uint32_t value)
{
    x86_irq_cpu_write(pc_irq(), cpu, PORT_MEMORY, LAPIC_DEFAULT_BASE + offset, 4, value, 0);
}

static void send(unsigned vector)
{
    const struct x86_message message = { .destination = 0, .vector = (uint8_t)vector, .assert_level = true };
    cr_assert(x86_irq_deliver(pc_irq(), &message));
}

Test(monitor_info, the_local_apic_shows_its_registers_and_its_vectors)
{
    make(INTACT_PC, NULL, 0);
    write_lapic(0, LAPIC_SVR, 0x1ff);
    write_lapic(0, LAPIC_LVT_TIMER, 0x200ec);
    write_lapic(0, LAPIC_DIVIDE, 0xb);
    write_lapic(0, LAPIC_INITIAL_COUNT, 1000);
    write_lapic(0, LAPIC_LVT_LINT0, 0x18700);
    send(0x41);
    cr_assert_eq(x86_irq_acknowledge(pc_irq(), 0, PENDING_INTR, 0), 0x41);
    for (unsigned vector = 0x50; vector < 0x53; vector++)
        send(vector);
    send(0x31);
    SAYS("info lapic 0",
         "local APIC of CPU 0: IA32_APIC_BASE = 0000_0000_FEE0_0900h: xAPIC mode, bootstrap processor\n"
         "  ID = 0000_0000h, LDR = 0000_0000h, DFR = FFFF_FFFFh: APIC ID 0, logical ID 00h (flat)\n"
         "  SVR = 0000_01FFh: software enabled, spurious vector FFh\n"
         "  TPR = 00h, PPR = 40h: vectors from 50h on are taken\n"
         "  IRR: 31h, 50h-52h\n"
         "  ISR: 41h\n"
         "  TMR: none\n"
         "  ESR = 0000_0000h, errors since it was written: 0000_0000h; ICR = 0000_0000_0000_0000h\n"
         "  LVT_CMCI    = 0001_0000h: masked, vector 00h, fixed\n"
         "  LVT_TIMER   = 0002_00ECh: unmasked, vector ECh, fixed, periodic\n"
         "  LVT_THERMAL = 0001_0000h: masked, vector 00h, fixed\n"
         "  LVT_PMC     = 0001_0000h: masked, vector 00h, fixed\n"
         "  LVT_LINT0   = 0001_8700h: masked, ExtINT, level, active high; the pin is low\n"
         "  LVT_LINT1   = 0000_0400h: unmasked, NMI, edge, active high; the pin is low\n"
         "  LVT_ERROR   = 0001_0000h: masked, vector 00h, fixed\n"
         "  timer: initial count = 0000_03E8h, current count = 0000_03E8h, divided by 1; it ends at 1000 ns\n"
         "  to the CPU: INTR\n");
    HAS("info lapic 1", "  SVR = 0000_00FFh: software disabled, spurious vector FFh\n");
    HAS("info lapic 1", "  to the CPU: nothing; it waits for a SIPI\n");
    write_lapic(0, LAPIC_TPR, 0xf0);
    HAS("info lapic", "  TPR = F0h, PPR = F0h: no vector is taken\n");
}

static void write_msr(unsigned cpu, uint32_t msr, uint64_t value)
{
    cr_assert_eq(x86_irq_cpu_write(pc_irq(), cpu, PORT_REGISTER, msr, 8, value, 0), PORT_DONE);
}

Test(monitor_info, a_local_apic_in_x2apic_mode_or_off_says_so)
{
    make(INTACT_PC, NULL, 0);
    write_msr(1, LAPIC_MSR_BASE, LAPIC_DEFAULT_BASE | LAPIC_BASE_ENABLE | LAPIC_BASE_X2APIC);
    HAS("info lapic 1", "local APIC of CPU 1: IA32_APIC_BASE = 0000_0000_FEE0_0C00h: x2APIC mode\n"
                        "  APIC ID 1, LDR = 0000_0002h\n");
    write_msr(1, 0x80f, 0x1ff);
    write_msr(1, 0x832, 0x400ec);
    HAS("info lapic 1", "  LVT_TIMER   = 0004_00ECh: unmasked, vector ECh, fixed, TSC-deadline\n");
    HAS("info lapic 1", "  timer: IA32_TSC_DEADLINE is 0; it does not count\n");
    write_msr(1, LAPIC_MSR_TSC_DEADLINE, 5000);
    HAS("info lapic 1", "  timer: IA32_TSC_DEADLINE is armed; it ends at 5000 ns\n");
    write_msr(1, LAPIC_MSR_BASE, LAPIC_DEFAULT_BASE);
    HAS("info lapic 1", "local APIC of CPU 1: IA32_APIC_BASE = 0000_0000_FEE0_0000h: disabled\n");
}

Test(monitor_info, the_pc_answers_every_command_and_names_what_it_has)
{
    make(INTACT_PC, NULL, 0);
    ask_all();
    SAYS("info gic",
         "info gic: this machine has 8259As, an IOAPIC and local APICs; info pic, info ioapic, info lapic\n");
    SAYS("info its 1", "info its: '1' is too much; it takes nothing\n");
    SAYS("info lapic 2", "info lapic: '2' is no CPU; the machine has 0 to 1\n");
    monitor.in_gdb = true;
    monitor.cpu = 1; // the thread that gdb has chosen
    HAS("info lapic", "local APIC of CPU 1: IA32_APIC_BASE = 0000_0000_FEE0_0800h: xAPIC mode\n");
}

// --- The Arm machine -------------------------------------------------------------------------------------------------

static struct virt *virt(void)
{
    return virt_of(machine_board(machine));
}

static void write_gic(enum arm_irq_window window, uint64_t offset, uint64_t value)
{
    arm_irq_write(&virt()->frames[window], offset, 4, value, 0);
}

static void write_icc(unsigned cpu, enum icc_encoding encoding, uint64_t value)
{
    cr_assert_eq(arm_irq_cpu_write(&virt()->irq, cpu, PORT_REGISTER, encoding, 8, value, 0), PORT_DONE);
}

// The serial port's SPI, INTID 33, and the virtual timer's PPI, INTID 27.
static void program_gic(void)
{
    write_gic(ARM_IRQ_WINDOW_GICD, 0x0000, 0x12);
    write_gic(ARM_IRQ_WINDOW_GICD, 0x0084, 0x2); // GICD_IGROUPR1, GICD_ISENABLER1, GICD_IPRIORITYR8
    write_gic(ARM_IRQ_WINDOW_GICD, 0x0104, 0x2);
    write_gic(ARM_IRQ_WINDOW_GICD, 0x0420, 0xa000);
    write_gic(ARM_IRQ_WINDOW_GICD, 0x6108, 1); // GICD_IROUTER33: CPU 1
    write_gic(ARM_IRQ_WINDOW_GICR, 0x14, 0);
    write_gic(ARM_IRQ_WINDOW_GICR, 0x20000 + 0x14, 0);
    write_gic(ARM_IRQ_WINDOW_GICR, 0x30080, 0xffffffff);
    write_gic(ARM_IRQ_WINDOW_GICR, 0x30100, 1u << 27);
    write_icc(1, ICC_PMR_EL1, 0xf0);
    write_icc(1, ICC_IGRPEN1_EL1, 1);
}

Test(monitor_info, the_gic_shows_what_is_enabled_pending_or_active)
{
    make(INTACT_VIRT, NULL, 0);
    program_gic();
    arm_irq_set_pin(&virt()->irq, ARM_IRQ_GICD, 1, true);
    arm_irq_set_ppi(&virt()->irq, 1, 27, true);
    SAYS("info gic 1",
         "distributor of GICv3: GICD_CTLR = 0000_0052h: Group 1 enabled\n"
         "  INTID   33: Group 1, priority A0h, level, to CPU 1, from uart.irq: enabled, pending, its line is high\n"
         "redistributor of CPU 1 (affinity 0.0.0.1): GICR_CTLR = 0000_0006h, GICR_WAKER = 0000_0000h: awake\n"
         "  GICR_PROPBASER = 0000_0000_0000_0000h, GICR_PENDBASER = 0000_0000_0000_0000h: LPIs disabled\n"
         "  INTID   27: Group 1, priority 00h, level, from cpu1.vtimer: enabled, pending, its line is high\n"
         "CPU interface of CPU 1: ICC_IGRPEN0_EL1 = 0, ICC_IGRPEN1_EL1 = 1: Group 1 enabled; EOImode 0, CBPR 0\n"
         "  ICC_PMR_EL1 = F0h, ICC_RPR_EL1 = FFh: nothing is active; ICC_BPR0_EL1 = 2, ICC_BPR1_EL1 = 3\n"
         "  ICC_AP0R0_EL1 = 0000_0000h, ICC_AP1R0_EL1 = 0000_0000h\n"
         "  the highest pending one is INTID 27, Group 1, priority 00h; to the CPU: IRQ\n");
    uint64_t intid;
    cr_assert_eq(arm_irq_cpu_read(&virt()->irq, 1, PORT_REGISTER, ICC_IAR1_EL1, 8, &intid, 0), PORT_DONE);
    HAS("info gic 1",
        "  INTID   27: Group 1, priority 00h, level, from cpu1.vtimer: enabled, pending, active, its line is high\n");
    HAS("info gic 1",
        "  ICC_PMR_EL1 = F0h, ICC_RPR_EL1 = 00h: an interrupt is active; ICC_BPR0_EL1 = 2, ICC_BPR1_EL1 = 3\n");
    HAS("info gic 1", "  the highest pending one is INTID 33, Group 1, priority A0h; to the CPU: nothing\n");
    write_gic(ARM_IRQ_WINDOW_GICD, 0x610c, 7);
    HAS("info gic 0",
        "  INTID   33: Group 1, priority A0h, level, to no CPU (affinity 7.0.0.1), from uart.irq: enabled, "
        "pending, its line is high\n");
    write_gic(ARM_IRQ_WINDOW_GICD, 0x610c, 0);
    write_gic(ARM_IRQ_WINDOW_GICD, 0x6108, 1u << 31);
    HAS("info gic 0",
        "  INTID   33: Group 1, priority A0h, level, to any CPU (now CPU 1), from uart.irq: enabled, pending, "
        "its line is high\n");
    HAS("info gic", "  nothing is pending for it; to the CPU: nothing\n");
    write_icc(0, ICC_CTLR_EL1, ICC_CTLR_CBPR | ICC_CTLR_EOIMODE);
    HAS("info gic",
        "CPU interface of CPU 0: ICC_IGRPEN0_EL1 = 0, ICC_IGRPEN1_EL1 = 0: no group enabled; EOImode 1, CBPR 1\n");
}

// Tables of the ITS in RAM: DeviceID 8 (00:01.0) with EventID 3 as LPI 8195 to CPU 0, by commands.
enum { RAM = 0x40800000, QUEUE = RAM, DEVICES = RAM + 0x10000, COLLECTIONS = RAM + 0x20000, ITT = RAM + 0x30000 };
enum { PROPERTIES = RAM + 0x40000, PENDING = RAM + 0x50000, LEVEL2 = RAM + 0x60000 };

static void write_ram(uint64_t address, uint64_t value)
{
    cr_assert(bus_write_memory(&virt()->board.memory, address, &value, 8));
}

static void write_command(unsigned index, uint64_t first, uint64_t second, uint64_t third)
{
    write_ram(QUEUE + 32 * index, first);
    write_ram(QUEUE + 32 * index + 8, second);
    write_ram(QUEUE + 32 * index + 16, third);
    write_ram(QUEUE + 32 * index + 24, 0);
}

static void write_its(uint64_t offset, uint64_t value)
{
    arm_irq_write(&virt()->frames[ARM_IRQ_WINDOW_ITS], offset, 8, value, 0);
}

static void program_its(uint64_t indirect)
{
    if (indirect)
        write_ram(DEVICES, ITS_VALID | LEVEL2);
    write_gic(ARM_IRQ_WINDOW_GICR, 0x14, 0);
    write_gic(ARM_IRQ_WINDOW_GICR, 0x70, PROPERTIES | 15);
    write_gic(ARM_IRQ_WINDOW_GICR, 0x78, PENDING);
    write_gic(ARM_IRQ_WINDOW_GICR, 0x00, 1);
    write_ram(PROPERTIES, UINT64_C(0xa1000000)); // LPI 8195: priority A0h, enabled
    write_its(0x80, ITS_VALID | QUEUE);
    write_its(0x100, ITS_VALID | indirect | DEVICES);
    write_its(0x108, ITS_VALID | COLLECTIONS);
    write_gic(ARM_IRQ_WINDOW_ITS, 0x00, 1);
    write_command(0, UINT64_C(8) << 32 | ITS_MAPD, 4, ITS_VALID | ITT);
    write_command(1, ITS_MAPC, 0, ITS_VALID | 5);
    write_command(2, UINT64_C(8) << 32 | ITS_MAPTI, UINT64_C(8195) << 32 | 3, 5);
    write_its(0x88, 3 * 32);
}

Test(monitor_info, the_its_shows_the_events_that_are_mapped_and_the_gic_pending_lpis)
{
    make(INTACT_VIRT, NULL, 0);
    SAYS("info its",
         "ITS: GITS_CTLR = 8000_0000h: disabled\n"
         "  GITS_CBASER = 0000_0000_0000_0000h, GITS_CWRITER = 0000_0000h, GITS_CREADR = 0000_0000h: the queue "
         "is empty\n"
         "  GITS_BASER0 = 0107_0000_0000_0200h (devices), GITS_BASER1 = 0407_0000_0000_0200h (collections)\n");
    program_its(0);
    SAYS("info its",
         "ITS: GITS_CTLR = 0000_0001h: enabled\n"
         "  GITS_CBASER = 8000_0000_4080_0000h, GITS_CWRITER = 0000_0060h, GITS_CREADR = 0000_0060h: the queue "
         "is empty\n"
         "  GITS_BASER0 = 8107_0000_4081_0000h (devices), GITS_BASER1 = 8407_0000_4082_0000h (collections)\n"
         "  DeviceID 0008h (00:01.0): ITT at 0x40830000, EventIDs of 5 bits\n"
         "    EventID 3: LPI 8195, collection 5, to CPU 0\n");
    cr_assert(arm_irq_event(&virt()->irq, 8, 3));
    HAS("info its", "    EventID 3: LPI 8195, collection 5, to CPU 0, cached\n");
    HAS("info gic 0", "  LPI  8195: priority A0h: enabled, pending\n");
    write_ram(PROPERTIES, UINT64_C(0xc0000000));
    HAS("info gic 0", "  LPI  8195: priority A0h: enabled, pending; memory has C0h, which needs an INV\n");
}

Test(monitor_info, a_device_table_of_two_levels_is_walked)
{
    make(INTACT_VIRT, NULL, 0);
    program_its(BIT64(62));
    HAS("info its", "  GITS_BASER0 = C107_0000_4081_0000h (devices), GITS_BASER1 = 8407_0000_4082_0000h (collections)\n"
                    "  DeviceID 0008h (00:01.0): ITT at 0x40830000, EventIDs of 5 bits\n"
                    "    EventID 3: LPI 8195, collection 5, to CPU 0\n");
    cr_expect_null(strstr(said, "more"), "%s", said);
}

Test(monitor_info, tables_full_of_nonsense_end)
{
    make(INTACT_VIRT, NULL, 0);
    program_its(0);
    for (uint64_t at = DEVICES; at < DEVICES + 0x1000; at += 8)
        write_ram(at, ITS_VALID | ITT | 31);
    HAS("info its", "  DeviceID 0000h (00:00.0): ITT at 0x40830000, EventIDs of 32 bits\n");
    HAS("info its", "  there may be more\n");
}

Test(monitor_info, a_gicv2_shows_its_own_registers)
{
    make(INTACT_VIRT, NULL, 0);
    unmake();
    char why[INTACT_ERROR_SIZE];
    config.gic_version = 2;
    cr_assert_eq(intact_machine_create(&config, &machine, why), 0, "%s", why);
    monitor.machine = machine;
    write_gic(ARM_IRQ_WINDOW_GICD, 0x000, 1);
    write_gic(ARM_IRQ_WINDOW_GICD, 0x104, 0x2);
    write_gic(ARM_IRQ_WINDOW_GICD, 0x820, 0x300);   // GICD_ITARGETSR8
    write_gic(ARM_IRQ_WINDOW_GICD, 0xf00, 0x10005); // GICD_SGIR: SGI 5 to CPU 0
    write_gic(ARM_IRQ_WINDOW_GICC, 0x000, 1);
    write_gic(ARM_IRQ_WINDOW_GICC, 0x004, 0xf0);
    ask_all();
    HAS("info gic 0", "distributor of GICv2: GICD_CTLR = 0000_0001h: Group 0 enabled\n"
                      "  message frame (v2m): INTIDs 80 to 143\n"
                      "  INTID   33: Group 0, priority 00h, level, to CPU 0, CPU 1, from uart.irq: enabled\n"
                      "private interrupts of CPU 0:\n");
    HAS("info gic 0", "  INTID    5: Group 0, priority 00h, edge, from CPU 0: enabled, pending\n");
    HAS("info gic 0", "CPU interface of CPU 0: GICC_CTLR = 0000_0001h: Group 0 enabled; EOImode 0\n"
                      "  GICC_PMR = F0h, GICC_RPR = FFh: nothing is active; GICC_BPR = 2, GICC_ABPR = 3\n"
                      "  GICC_APR0 = 0000_0000h, GICC_NSAPR0 = 0000_0000h\n"
                      "  the highest pending one is INTID 5, Group 0, priority 00h; to the CPU: IRQ\n");
    SAYS("info its", "this machine has no ITS; info gic\n");
}

Test(monitor_info, the_arm_machine_answers_every_command_and_names_what_it_has)
{
    make(INTACT_VIRT, NULL, 0);
    ask_all();
    SAYS("info pic", "info pic: this machine has a GIC; info gic, info its\n");
    SAYS("info ioapic 0", "info ioapic: this machine has a GIC; info gic, info its\n");
    SAYS("info gic 2", "info gic: '2' is no CPU; the machine has 0 to 1\n");
}

// --- Devices of both -------------------------------------------------------------------------------------------------

static const struct intact_device_config edu_and_rng[] = { { .driver = "edu" }, { .driver = "virtio-rng-pci" } };
enum { EDU = PCI_DEVFN(1, 0), RNG = PCI_DEVFN(2, 0) };

static void write_config(uint8_t devfn, unsigned offset, unsigned size, uint32_t value)
{
    pci_bus_write(&machine_board(machine)->pci.bus, devfn, offset, size, value, 0);
}

// MSI of edu, and row 1 of the table of virtio-rng, masked.
static void write_messages(uint32_t address, uint32_t edu, uint32_t rng)
{
    struct pci_function *function = machine_board(machine)->pci.bus.functions[RNG];
    const uint32_t row[4] = { address, 0, rng, 1 };
    write_config(EDU, PCI_COMMAND, 2, PCI_COMMAND_MASTER);
    write_config(EDU, 0x44, 4, address);
    write_config(EDU, 0x4c, 2, edu);
    write_config(EDU, 0x42, 2, 1);
    write_config(RNG, PCI_COMMAND, 2, PCI_COMMAND_MASTER | PCI_COMMAND_INTX_DISABLE);
    write_config(RNG, 0x42, 2, 0x8000);
    for (unsigned i = 0; i < 4; i++)
        msix_table_write(&function->irq.msix, MSIX_ENTRY_SIZE + 4 * i, 4, row[i]);
}

Test(monitor_info, messages_are_decoded_and_masked_or_pending)
{
    make(INTACT_PC, edu_and_rng, 2);
    SAYS("info msi", "00:01.0 edu0: MSI off, 1 of 1 messages allotted; message control = 0080h\n"
                     "00:02.0 virtio-rng0: MSI-X off, 2 messages; message control = 0001h\n");
    write_messages(0xfee01000, 0x31, 0x4000);
    SAYS("info msi", "00:01.0 edu0: MSI enabled, 1 of 1 messages allotted; message control = 0081h\n"
                     "  msi0: address FEE0_1000h, data 0000_0031h: vector 31h, fixed, to APIC 1 (physical)\n"
                     "00:02.0 virtio-rng0: MSI-X enabled, 2 messages; message control = 8001h\n"
                     "  msix1: address FEE0_1000h, data 0000_4000h: vector 00h, fixed, to APIC 1 (physical); masked\n");
    pci_irq_trigger(machine_board(machine)->pci.bus.functions[RNG], 1);
    HAS("info msi",
        "  msix1: address FEE0_1000h, data 0000_4000h: vector 00h, fixed, to APIC 1 (physical); masked; pending\n");
    write_messages(0x1000, 0x31, 0x32);
    HAS("info msi", "  msi0: address 0000_1000h, data 0000_0031h: ");
    unmake();
    make(INTACT_PC, NULL, 0);
    SAYS("info msi", "info msi: no PCI function has MSI or MSI-X\n");
}

Test(monitor_info, messages_on_arm_are_events)
{
    make(INTACT_VIRT, edu_and_rng, 2);
    program_its(0);
    write_messages(VIRT_ITS + 0x10040, 3, 4);
    HAS("info msi", "  msi0: address 0809_0040h, data 0000_0003h: EventID 3: LPI 8195, to CPU 0\n"
                    "00:02.0 virtio-rng0: MSI-X enabled, 2 messages; message control = 8001h\n"
                    "  msix1: address 0809_0040h, data 0000_0004h: EventID 4, which the ITS does not map to an LPI; "
                    "masked\n");
    write_messages(VIRT_GICD + 0x40, 33, 34);
    HAS("info msi", "  msi0: address 0800_0040h, data 0000_0021h: INTID 33\n");
    write_messages(0, 0, 0);
    HAS("info msi", "  msi0: address 0000_0000h, data 0000_0000h: no register for messages\n");
}

Test(monitor_info, pci_functions_have_their_bars_and_their_pin)
{
    make(INTACT_PC, edu_and_rng, 2);
    SAYS("info pci", "00:00.0 host bridge: 8086:1237, class 060000h, revision 2\n"
                     "  command = 0006h: memory bus-master; status = 0280h\n"
                     "00:01.0 edu0: 1234:11E8, class 00FF00h, revision 16\n"
                     "  command = 0002h: memory; status = 0010h\n"
                     "  BAR 0: memory, 1048576 bytes at 0xc0000000, edu\n"
                     "  INTA#: GSI 11; interrupt line 11\n"
                     "  capabilities: 40h MSI\n"
                     "00:02.0 virtio-rng0: 1AF4:1044, class 00FF00h, revision 1\n"
                     "  command = 0002h: memory; status = 0010h\n"
                     "  BAR 1: memory, 4096 bytes at 0xc0104000, MSI-X\n"
                     "  BAR 4: 64-bit prefetchable memory, 16384 bytes at 0xc0100000, virtio-rng\n"
                     "  INTA#: GSI 10; interrupt line 10\n"
                     "  capabilities: 40h MSI-X, 4Ch vendor-specific, 5Ch vendor-specific, 6Ch vendor-specific, 7Ch "
                     "vendor-specific, "
                     "90h vendor-specific\n");
    write_config(EDU, PCI_COMMAND, 2, PCI_COMMAND_INTX_DISABLE);
    HAS("info pci", "  command = 0400h: INTx-disabled; status = 0010h\n"
                    "  BAR 0: memory, 1048576 bytes at 0xc0000000, not mapped, edu\n");
    write_config(EDU, PCI_COMMAND, 2, 0);
    pci_irq_set_level(machine_board(machine)->pci.bus.functions[EDU], true);
    HAS("info pci", "  command = 0000h: all off; status = 0018h: interrupt\n");
}

Test(monitor_info, wires_have_their_drivers_their_pins_and_their_raises)
{
    make(INTACT_PC, edu_and_rng, 2);
    HAS("info irq", "GSI 2: high, 8259A IRQ 0, IOAPIC pin 2\n");
    HAS("info irq", "  pit.out0: high\n");
    HAS("info irq",
        "group edu0.intx: 1 wire, enabled; triggered 0, delivered 0, coalesced 0, dropped 0, abandoned 0\n"
        "group edu0.msi: 1 message, disabled; triggered 0, delivered 0, coalesced 0, dropped 0, abandoned 0\n");
    HAS("info irq", "(raises are counted from the first why on)\n");
    does("why edu0.intx");
    pci_irq_set_level(machine_board(machine)->pci.bus.functions[EDU], true);
    HAS("info irq", "GSI 11: high, 8259A IRQ 11, IOAPIC pin 11\n"
                    "  edu0.intx: high, raises so far: 1\n");
    HAS("info irq", "  com1.irq: low, raises so far: 0\n");
    cr_expect_null(strstr(said, "counted"), "%s", said);
}

Test(monitor_info, memory_and_devices_are_listed)
{
    make(INTACT_PC, edu_and_rng, 2);
    HAS("info mtree", "memory:\n"
                      "  0000000000000000-000000000009ffff  RAM     RAM\n"
                      "  00000000000e0000-00000000000fffff  RAM     firmware\n"
                      "  0000000000100000-0000000000ffffff  RAM     RAM\n"
                      "  00000000c0000000-00000000c00fffff  device  edu\n");
    HAS("info mtree", "ports:\n"
                      "  0000-000f  device  dma1\n"
                      "  0020-0021  device  pic1\n");
    SAYS("info qtree", "of the machine:\n"
                       "  pit: out0\n"
                       "  i8042: keyboard mouse\n"
                       "  com1: irq\n"
                       "  rtc: irq\n"
                       "  pm: sci\n"
                       "  hpet: legacy0 legacy1 pin2 pin8 pin20 pin21 pin22 pin23\n"
                       "of the configuration:\n"
                       "  edu0 (edu): intx msi0\n"
                       "  virtio-rng0 (virtio-rng-pci): queue0 config intx msix0 msix1\n");
    unmake();
    make(INTACT_VIRT, NULL, 0);
    HAS("info mtree", "  0000000009000000-0000000009000fff  device  pl011\n");
    cr_expect_null(strstr(said, "ports:"), "%s", said);
    SAYS("info qtree", "of the machine:\n"
                       "  uart: irq\n"
                       "  rtc: irq\n"
                       "  gpio: irq\n"
                       "of the configuration: none\n");
}
