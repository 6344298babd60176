// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Gates and task state segments (SDM volume 3, chapters "Interrupt and Exception Handling", "Task Management").
#include "lib/machine.h"

struct gate_descriptor {
    uint16_t low, selector;
    uint8_t ist, type;
    uint16_t middle;
    uint32_t high, reserved;
};

struct __attribute__((packed)) task_state {
    uint32_t reserved0;
    uint64_t rsp[3];
    uint64_t reserved1;
    uint64_t ist[7];
    uint64_t reserved2;
    uint16_t reserved3, io_map;
};

struct __attribute__((packed)) table_pointer {
    uint16_t limit;
    uint64_t base;
};

extern const uint8_t vector_stubs[];
extern uint64_t gdt_tss[];
static struct gate_descriptor idt[VECTORS];
static struct task_state tasks[PROCESSOR_LIMIT];

void gate_set(unsigned vector, const void *entry, unsigned type, unsigned ist)
{
    uint64_t address = (uint64_t)entry;
    idt[vector] = (struct gate_descriptor){
        .low = (uint16_t)address,
        .selector = 0x08,
        .ist = (uint8_t)ist,
        .type = (uint8_t)type,
        .middle = (uint16_t)(address >> 16),
        .high = (uint32_t)(address >> 32),
    };
}

void gate_reset(unsigned vector)
{
    gate_set(vector, vector_stubs + 16 * vector, GATE_INTERRUPT, 0);
}

void ist_set(unsigned index, void *top)
{
    tasks[0].ist[index - 1] = (uint64_t)top;
}

void stack0_set(void *top)
{
    tasks[0].rsp[0] = (uint64_t)top;
}

void trap_unexpected(const struct frame *frame)
{
    uint64_t cr2;
    __asm__ volatile("movq %%cr2, %0" : "=r"(cr2));
    print("unexpected trap %u, error %x, at %x, rflags %x, cr2 %x\n", frame->vector, frame->error, frame->rip,
          frame->rflags, cr2);
    guest_exit(EXIT_FAILED);
}

void traps_init(unsigned processor)
{
    if (processor == 0)
        for (unsigned vector = 0; vector < VECTORS; vector++)
            gate_reset(vector);
    struct table_pointer pointer = { sizeof idt - 1, (uint64_t)idt };
    __asm__ volatile("lidt %0" : : "m"(pointer));
    uint64_t base = (uint64_t)&tasks[processor];
    tasks[processor].io_map = sizeof(struct task_state);
    gdt_tss[2 * processor] =
        (sizeof(struct task_state) - 1) | (base & 0xffffff) << 16 | UINT64_C(0x89) << 40 | (base >> 24 & 0xff) << 56;
    gdt_tss[2 * processor + 1] = base >> 32;
    __asm__ volatile("ltr %w0" : : "r"(0x40 + 16 * processor));
}
