// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Only the Arm chips, with a CPU of the program: one interrupt each by a line, by a timer's PPI, and by a message.
//
// The CPU is a loop that checks its pending word between instructions, and its IRQ vector a C function. Replace both by
// yours; everything that uses the chips is here. examples/chips-only is the same with the chips of a PC.
#include <intact/arm_irq.h>

#include <stdio.h>
#include <stdlib.h>

struct cpu {
    struct intact_arm_irq *irq;
    bool interrupts_enabled;
    unsigned long instructions;
};

enum { GICD = 0x08000000, GICR = 0x080a0000, SGI_BASE = GICR + 0x10000 };
enum { CTLR = 0x0, WAKER = 0x14, SETSPI_NSR = 0x40, IGROUPR = 0x80, ISENABLER = 0x100, ICFGR = 0xc00 };
enum { TIMER = 27, UART = 33, NETWORK = 40 }; // INTIDs: a PPI and two SPIs

#define ICC_PMR_EL1     INTACT_ARM_REGISTER(3, 0, 4, 6, 0)
#define ICC_IAR1_EL1    INTACT_ARM_REGISTER(3, 0, 12, 12, 0)
#define ICC_EOIR1_EL1   INTACT_ARM_REGISTER(3, 0, 12, 12, 1)
#define ICC_IGRPEN1_EL1 INTACT_ARM_REGISTER(3, 0, 12, 12, 7)

static void store(struct cpu *cpu, uint64_t address, uint32_t value)
{
    if (intact_arm_irq_memory_write(cpu->irq, 0, address, 4, value) == INTACT_ARM_NOT_MINE)
        printf("store to %llx: your RAM and devices come here\n", (unsigned long long)address);
}

static void msr(struct cpu *cpu, uint64_t encoding, uint64_t value)
{
    intact_arm_irq_register_write(cpu->irq, 0, encoding, value);
}

static uint64_t mrs(struct cpu *cpu, uint64_t encoding)
{
    uint64_t value = 0;
    intact_arm_irq_register_read(cpu->irq, 0, encoding, &value);
    return value;
}

// --- The guest: its handler, and the code that sets up the chips ----------------------------------------------------

static void irq_handler(struct cpu *cpu)
{
    uint64_t intid = mrs(cpu, ICC_IAR1_EL1);
    const char *who = intid == TIMER ? "timer, a PPI" : intid == UART ? "UART, the line of SPI 1" : "network card, MSI";
    printf("INTID %llu at instruction %lu: %s\n", (unsigned long long)intid, cpu->instructions, who);
    msr(cpu, ICC_EOIR1_EL1, intid);
}

static void boot(struct cpu *cpu)
{
    store(cpu, GICD + CTLR, 0x12);              // affinity routing, Group 1
    store(cpu, GICD + IGROUPR + 4, 0xffffffff); // SPIs are in Group 1, and
    store(cpu, GICD + ISENABLER + 4, 1u << (UART - 32) | 1u << (NETWORK - 32));
    store(cpu, GICD + ICFGR + 8, 2u << 2 * (NETWORK - 32)); // messages are edges
    store(cpu, GICR + WAKER, 0);
    store(cpu, SGI_BASE + IGROUPR, 0xffffffff);
    store(cpu, SGI_BASE + ISENABLER, 1u << TIMER);
    msr(cpu, ICC_PMR_EL1, 0xff);
    msr(cpu, ICC_IGRPEN1_EL1, 1);
    cpu->interrupts_enabled = true; // MSR DAIFClr, #2
}

// --- The CPU --------------------------------------------------------------------------------------------------------

static void step(struct cpu *cpu)
{
    if (cpu->interrupts_enabled && intact_arm_irq_pending(cpu->irq, 0) & INTACT_ARM_IRQ)
        irq_handler(cpu);
    cpu->instructions++;
}

int main(void)
{
    struct cpu cpu = { .interrupts_enabled = false };
    struct intact_irq_line uart = { .level = false };
    struct intact_arm_irq_config config;
    char why[INTACT_ERROR_SIZE];

    intact_arm_irq_config_init(&config);
    if (intact_arm_irq_create(&config, &cpu.irq, why) < 0) {
        fprintf(stderr, "%s\n", why);
        return EXIT_FAILURE;
    }
    intact_arm_irq_connect(cpu.irq, INTACT_ARM_GICD, UART - 32, &uart);
    boot(&cpu);
    while (cpu.instructions < 1000) {
        intact_irq_line_set(&uart, cpu.instructions == 100); // the devices: each raises its interrupt once
        intact_arm_irq_set_ppi(cpu.irq, 0, TIMER, cpu.instructions == 200);
        if (cpu.instructions == 300)
            intact_arm_irq_msi(cpu.irq, GICD + SETSPI_NSR, NETWORK, 0, false);
        step(&cpu);
    }
    intact_arm_irq_destroy(cpu.irq);
    return EXIT_SUCCESS;
}
