// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// From start.S to guest_main, and other processors; command line, console, exit.
#include "lib/guest.h"

#include <stdarg.h>

#include "lib/chips.h"
#include "lib/machine.h"

#define MULTIBOOT_MAGIC 0x2BADB002u // in EAX, Multiboot Specification 0.6.96 section 3.2
#define PVH_MAGIC       0x336ec578u // first word of hvm_start_info
#define TRAMPOLINE      0x8000u

extern uint32_t boot_magic, boot_info;
extern volatile uint32_t processors_started;
extern const uint8_t trampoline[], trampoline_end[];

static const char *command_line = "";
static uint16_t exit_port = 0xf4;
static bool debug_console;
static void (*volatile processor_entry)(void);

static void put(char c)
{
    while (!(inb(COM1 + 5) & 0x20))
        relax();
    outb(COM1, (uint8_t)c);
    if (debug_console)
        outb(0xe9, (uint8_t)c);
}

static void put_number(uint64_t value, unsigned base)
{
    char digits[20];
    unsigned count = 0;
    do {
        digits[count++] = "0123456789abcdef"[value % base];
        value /= base;
    } while (value);
    while (count)
        put(digits[--count]);
}

void print(const char *format, ...)
{
    va_list list;
    va_start(list, format);
    for (; *format; format++) {
        if (*format != '%') {
            put(*format);
            continue;
        }
        switch (*++format) {
        case 's':
            for (const char *s = va_arg(list, const char *); *s; s++)
                put(*s);
            break;
        case 'u': put_number(va_arg(list, uint64_t), 10); break;
        case 'x': put_number(va_arg(list, uint64_t), 16); break;
        case 'c': put((char)va_arg(list, int)); break;
        default: put(*format);
        }
    }
    va_end(list);
}

void fail(const char *why)
{
    print("FAILED: %s\n", why);
    guest_exit(EXIT_FAILED);
}

void guest_exit(int value)
{
    cli();
    outl(exit_port, (uint32_t)value);
    for (;;)
        __asm__ volatile("cli; hlt");
}

static bool starts_with(const char *text, const char *name)
{
    while (*name)
        if (*text++ != *name++)
            return false;
    return *text == '=';
}

static uint64_t number(const char *text)
{
    uint64_t value = 0, base = 10;
    if (text[0] == '0' && text[1] == 'x') {
        base = 16;
        text += 2;
    }
    for (;; text++) {
        unsigned digit = *text >= '0' && *text <= '9'   ? (unsigned)(*text - '0')
                         : *text >= 'a' && *text <= 'f' ? (unsigned)(*text - 'a' + 10)
                                                        : 16;
        if (digit >= base)
            return value;
        value = value * base + digit;
    }
}

uint64_t argument(const char *name, uint64_t otherwise)
{
    for (const char *at = command_line; *at; at++) {
        if ((at == command_line || at[-1] == ' ') && starts_with(at, name)) {
            while (*at++ != '=')
                ;
            return number(at);
        }
    }
    return otherwise;
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

// INIT, 10 ms, SIPI, and SIPI again if need be (SDM volume 3, "MP Initialization Example").
bool processor_run(unsigned apic_id, void (*entry)(void))
{
    uint8_t *low = (uint8_t *)TRAMPOLINE;
    for (unsigned i = 0; i < (unsigned)(trampoline_end - trampoline); i++)
        low[i] = trampoline[i];
    processor_entry = entry;
    uint32_t before = processors_started;
    lapic_ipi((uint8_t)apic_id, ICR_INIT | ICR_ASSERT);
    wait_us(10000);
    for (unsigned attempt = 0; attempt < 2; attempt++) {
        lapic_ipi((uint8_t)apic_id, ICR_STARTUP | TRAMPOLINE >> 12);
        for (unsigned i = 0; i < 500; i++) {
            if (processors_started != before)
                return true;
            wait_us(1000);
        }
    }
    return false;
}
