// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Only the chips, with a CPU of the program: one interrupt each through the 8259A, the IOAPIC and an MSI.
//
// The CPU is a loop that checks its pending word between instructions, and its interrupt table an array of C functions.
// Replace both by yours; everything that uses the chips is here.
#include <intact/x86_irq.h>

#include <stdio.h>
#include <stdlib.h>

struct cpu {
    struct intact_x86_irq *irq;
    bool interrupts_enabled;
    unsigned long instructions;
    void (*handlers[256])(struct cpu *cpu, int vector);
};

#define LAPIC  UINT64_C(0xfee00000)
#define IOAPIC UINT64_C(0xfec00000)

enum { EOI = 0xb0, SPURIOUS = 0xf0 }; // of the local APIC

static void store(struct cpu *cpu, uint64_t address, uint32_t value)
{
    if (intact_x86_irq_memory_write(cpu->irq, 0, address, 4, value) == INTACT_X86_NOT_MINE)
        printf("store to %llx: your RAM and devices come here\n", (unsigned long long)address);
}

static void out(struct cpu *cpu, uint16_t port, uint8_t value)
{
    intact_x86_irq_port_write(cpu->irq, port, value);
}

// --- The guest: three handlers, and the code that sets up the chips -------------------------------------------------

static void uart_by_8259(struct cpu *cpu, int vector)
{
    printf("vector %02x at instruction %lu: UART, line 4 of the 8259A\n", vector, cpu->instructions);
    out(cpu, 0x20, 0x20); // EOI
}

static void disk_by_ioapic(struct cpu *cpu, int vector)
{
    printf("vector %02x at instruction %lu: disk, pin 14 of the IOAPIC\n", vector, cpu->instructions);
    store(cpu, LAPIC + EOI, 0);
}

static void network_by_msi(struct cpu *cpu, int vector)
{
    printf("vector %02x at instruction %lu: network card, MSI\n", vector, cpu->instructions);
    store(cpu, LAPIC + EOI, 0);
}

static void boot(struct cpu *cpu)
{
    cpu->handlers[0x24] = uart_by_8259;
    cpu->handlers[0x31] = disk_by_ioapic;
    cpu->handlers[0x41] = network_by_msi;
    out(cpu, 0x20, 0x11), out(cpu, 0x21, 0x20), out(cpu, 0x21, 0x04), out(cpu, 0x21, 0x01); // ICW1-4: vectors from 20h
    out(cpu, 0x21, 0xef);                                                                   // only line 4
    store(cpu, LAPIC + SPURIOUS, 0x1ff);                                                    // enable the local APIC
    store(cpu, IOAPIC, 0x10 + 2 * 14), store(cpu, IOAPIC + 0x10, 0x31);                     // pin 14: edge, vector 31h
    cpu->interrupts_enabled = true;                                                         // STI
}

// --- The CPU --------------------------------------------------------------------------------------------------------

static void step(struct cpu *cpu)
{
    if (cpu->interrupts_enabled && intact_x86_irq_pending(cpu->irq, 0) & INTACT_X86_INTR) {
        int vector = intact_x86_irq_acknowledge(cpu->irq, 0, INTACT_X86_INTR);
        if (vector >= 0 && cpu->handlers[vector])
            cpu->handlers[vector](cpu, vector);
    }
    cpu->instructions++;
}

// The chips count mistakes of a guest; here there are none.
static void tell_mistake(void *owner, const char *chip, uint32_t cpu, const char *mistake, uint64_t count)
{
    (void)owner;
    if (count)
        printf("%s of CPU %d: %llu times %s\n", chip, (int)cpu, (unsigned long long)count, mistake);
}

int main(void)
{
    struct cpu cpu = { .interrupts_enabled = false };
    struct intact_irq_line uart = { .level = false }, disk = { .level = false };
    struct intact_x86_irq_config config;
    char why[INTACT_ERROR_SIZE];

    intact_x86_irq_config_init(&config);
    if (intact_x86_irq_create(&config, &cpu.irq, why) < 0) {
        fprintf(stderr, "%s\n", why);
        return EXIT_FAILURE;
    }
    intact_x86_irq_virtual_wire(cpu.irq);
    if (intact_x86_irq_connect(cpu.irq, INTACT_X86_PIC, 4, &uart) < 0 ||
        intact_x86_irq_connect(cpu.irq, INTACT_X86_IOAPIC, 14, &disk) < 0)
        return EXIT_FAILURE; // no such pin
    boot(&cpu);
    while (cpu.instructions < 1000) {
        intact_irq_line_set(&uart, cpu.instructions == 100); // the devices: each raises its interrupt once
        intact_irq_line_set(&disk, cpu.instructions == 200);
        if (cpu.instructions == 300)
            intact_x86_irq_msi(cpu.irq, 0xfee00000, 0x41); // to APIC id 0, vector 41h
        if (cpu.instructions == 400)
            intact_x86_irq_trigger(cpu.irq, INTACT_X86_IOAPIC, 14); // a device without a level
        step(&cpu);
    }
    intact_x86_irq_mistakes(cpu.irq, tell_mistake, NULL);
    intact_x86_irq_destroy(cpu.irq);
    return EXIT_SUCCESS;
}
