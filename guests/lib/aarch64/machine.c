// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The `virt` machine from start.S to guest_main, and other processors; console, exit.
#include "lib/machine.h"

#include "lib/aarch64/chips.h"
#include "lib/aarch64/fdt.h"
#include "lib/aarch64/gic.h"

extern const void *boot_fdt;
extern const uint8_t processor_enter[];

const char *command_line = "";
uint64_t heap_begin, heap_end;
static uint64_t affinities[PROCESSOR_LIMIT];
static unsigned processors;
static volatile unsigned processors_started;
static void (*volatile processor_entry)(void);

void console_put(char c)
{
    while (read32(UART + UART_FR) & UART_FR_TXFF)
        relax();
    write32(UART + UART_DR, (uint8_t)c);
}

void guest_exit(int value)
{
    interrupts_off();
    print(value == EXIT_PASSED ? "PASS\n" : "FAIL\n");
    psci(PSCI_SYSTEM_OFF, 0, 0, 0);
    for (;;)
        __asm__ volatile("wfi");
}

// The upper three quarters of RAM: guest, device tree and whatever else the loader puts there come first.
static void read_memory(const struct fdt_node *node)
{
    uint64_t base, size;
    if (!fdt_reg(boot_fdt, node, 0, &base, &size))
        return;
    heap_begin = base + size / 4;
    heap_end = base + size;
}

static void read_tree(void)
{
    struct fdt_node node = { 0 };
    uint32_t size;
    if (!fdt_valid(boot_fdt))
        fail("no device tree");
    while (fdt_next(boot_fdt, &node)) {
        if (fdt_named(&node, "chosen") && fdt_property(boot_fdt, &node, "bootargs", &size))
            command_line = fdt_property(boot_fdt, &node, "bootargs", &size);
        else if (fdt_named(&node, "memory"))
            read_memory(&node);
        else if (fdt_named(&node, "cpu") && processors < PROCESSOR_LIMIT)
            fdt_reg(boot_fdt, &node, 0, &affinities[processors++], NULL);
    }
}

void guest_start(void)
{
    traps_init(0);
    uart_init();
    read_tree();
    gic_find(boot_fdt);
    gic_init();
    guest_exit(guest_main());
}

// --- Other processors -----------------------------------------------------------------------------------------------

// Called on a processor's own stack; `order` is its number.
void processor_start(unsigned order)
{
    traps_init(order);
    gic_cpu_init();
    processors_started = processors_started + 1;
    processor_entry();
}

unsigned processor_count(void)
{
    return processors ? processors : 1;
}

unsigned processor_self(void)
{
    return (unsigned)read_register(tpidr_el1);
}

uint64_t processor_affinity(unsigned processor)
{
    return affinities[processor];
}

bool processor_run(unsigned processor, void (*entry)(void))
{
    unsigned before = processors_started;
    processor_entry = entry;
    if (psci(PSCI_CPU_ON, affinities[processor], (uint64_t)processor_enter, processor))
        return false;
    for (unsigned i = 0; i < 1000; i++) {
        if (processors_started != before)
            return true;
        wait_us(1000);
    }
    return false;
}
