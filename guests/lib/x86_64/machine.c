// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The PC from start.S to guest_main, and other processors; console, exit.
#include "lib/machine.h"

#include "lib/x86_64/chips.h"

#define MULTIBOOT_MAGIC 0x2BADB002u // in EAX, Multiboot Specification 0.6.96 section 3.2
#define PVH_MAGIC       0x336ec578u // first word of hvm_start_info
#define TRAMPOLINE      0x8000u

extern uint32_t boot_magic, boot_info;
extern volatile uint32_t processors_started;
extern const uint8_t trampoline[], trampoline_end[];

const char *command_line = "";
uint64_t heap_begin = UINT64_C(16) << 20, heap_end = UINT64_C(64) << 20;
static uint16_t exit_port = 0xf4;
static bool debug_console;
static void (*volatile processor_entry)(void);

void console_put(char c)
{
    while (!(inb(COM1 + 5) & 0x20))
        relax();
    outb(COM1, (uint8_t)c);
    if (debug_console)
        outb(0xe9, (uint8_t)c);
}

void guest_exit(int value)
{
    interrupts_off();
    outl(exit_port, (uint32_t)value);
    for (;;)
        __asm__ volatile("cli; hlt");
}

static const char *boot_command_line(void)
{
    if (boot_magic == MULTIBOOT_MAGIC && read32(boot_info) & 4)
        return (const char *)(uint64_t)read32(boot_info + 16);
    if (read32(boot_info) == PVH_MAGIC && read32(boot_info + 24))
        return (const char *)(uint64_t)read32(boot_info + 24);
    return "";
}

static void console_init(void)
{
    outb(COM1 + 1, 0);    // no interrupts
    outb(COM1 + 3, 0x80); // divisor latch: 115200 baud
    outb(COM1, 1);
    outb(COM1 + 1, 0);
    outb(COM1 + 3, 3); // 8N1
    outb(COM1 + 4, 8); // OUT2 lets the interrupt line through
    debug_console = inb(0xe9) == 0xe9;
}

void guest_start(void)
{
    if (boot_info)
        command_line = boot_command_line();
    exit_port = (uint16_t)argument("exit", exit_port);
    console_init();
    traps_init(0);
    pic_init(0);
    for (unsigned pin = 0; pin <= (ioapic_read(IOAPIC_VERSION) >> 16 & 0xff); pin++)
        ioapic_route(pin, ENTRY_MASKED, 0);
    lapic_init(true);
    guest_exit(guest_main());
}

// --- Other processors -----------------------------------------------------------------------------------------------

// Called on a processor's own stack; `order` counts those that came before.
void processor_start(unsigned order)
{
    traps_init(order + 1);
    lapic_init(false);
    processor_entry();
}

// fw_cfg, selector 5: how many processors (16 bits).
unsigned processor_count(void)
{
    outw(0x510, 0);
    if (inb(0x511) != 'Q' || inb(0x511) != 'E')
        return 1;
    outw(0x510, 5);
    unsigned low = inb(0x511);
    return low | (unsigned)inb(0x511) << 8;
}

// By CPUID, which answers in every mode of the local APIC.
unsigned processor_self(void)
{
    uint32_t out[4];
    cpuid(1, out);
    return out[1] >> 24;
}

// The number of a processor is its APIC id. INIT, 10 ms, SIPI, and SIPI again if need be (SDM volume 3, "MP
// Initialization Example").
bool processor_run(unsigned processor, void (*entry)(void))
{
    uint8_t *low = (uint8_t *)TRAMPOLINE;
    for (unsigned i = 0; i < (unsigned)(trampoline_end - trampoline); i++)
        low[i] = trampoline[i];
    processor_entry = entry;
    uint32_t before = processors_started;
    lapic_ipi((uint8_t)processor, ICR_INIT | ICR_ASSERT);
    wait_us(10000);
    for (unsigned attempt = 0; attempt < 2; attempt++) {
        lapic_ipi((uint8_t)processor, ICR_STARTUP | TRAMPOLINE >> 12);
        for (unsigned i = 0; i < 500; i++) {
            if (processors_started != before)
                return true;
            wait_us(1000);
        }
    }
    return false;
}
