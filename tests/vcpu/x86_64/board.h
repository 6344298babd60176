// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// A machine without chips, for programs that run: RAM, a clock, the loop, CPUs, and a controller whose lines a test
// raises. (rig.h is for calling the CPU's functions one by one.)
//
//     0x0000  IDT of 64-bit mode, 256 gates to BOARD_HANDLERS + 16 * vector, on IST1
//     0x1000  page tables: the first 4 GiB one to one, the first 2 MiB of it by 4 KiB pages
//     0x6000  GDT, 0x6800 TSS      0x7000-0x7fff  stack of IST1
//     0x8000  handlers, one every 16 bytes; HLT until a test writes them
//     0x10000 BOARD_CODE: where a program starts        0x40000 BOARD_DATA, 0x80000 BOARD_STACK: top of its stack
#ifndef TESTS_VCPU_X86_64_BOARD_H
#define TESTS_VCPU_X86_64_BOARD_H

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/bus.h"
#include "base/clock.h"
#include "vcpu/guest.h"
#include "vcpu/loop.h"
#include "vcpu/x86_64/cpu.h"
#include "vcpu/x86_64/system/segment.h"
#include "vcpu/x86_64/system/sysreg.h"

#define BOARD_RAM      UINT64_C(0x400000)
#define BOARD_IDT      0x0000u
#define BOARD_TABLES   0x1000u // PML4, PDPT, PD, PT
#define BOARD_GDT      0x6000u
#define BOARD_TSS      0x6800u
#define BOARD_IST      0x8000u // top of the stack
#define BOARD_HANDLERS 0x8000u
#define BOARD_CODE     0x10000u
#define BOARD_DATA     0x40000u
#define BOARD_STACK    0x80000u
#define BOARD_CPUS     4
#define BOARD_CODE64   0x08
#define BOARD_FLAT     0x10
#define BOARD_CODE32   0x18
#define BOARD_TR       0x20

struct board {
    struct clock clock;
    struct bus memory, ports;
    struct region ram, device;
    struct loop loop;
    struct x86_cpu *cpu[BOARD_CPUS];
    uint32_t word[BOARD_CPUS];  // the pending word of the controller
    uint8_t vector[BOARD_CPUS]; // what it gives for INTR and SIPI
    uint64_t taken[BOARD_CPUS]; // acknowledged so far
    // The device on I/O ports 0xe0-0xe7: counts, and remembers when it was written last.
    uint64_t writes, written, written_at;
    void (*on_write)(struct board *board, unsigned offset, uint64_t value, uint64_t now);
    void *owner; // of the test
};

// Raises a line of a CPU; INTR and SIPI come with a vector.
static inline void board_raise(struct board *board, unsigned cpu, uint32_t which, uint8_t vector)
{
    board->word[cpu] |= which;
    if (which & (PENDING_INTR | PENDING_SIPI))
        board->vector[cpu] = vector;
    vcpu_signal(&board->loop, cpu, board->word[cpu]);
}

static inline int board_acknowledge(void *owner, uint32_t vcpu, uint32_t which, uint64_t now)
{
    struct board *board = owner;
    (void)now;
    board->taken[vcpu]++;
    board->word[vcpu] &= ~which;
    vcpu_signal(&board->loop, vcpu, board->word[vcpu]);
    return which & (PENDING_INTR | PENDING_SIPI) ? board->vector[vcpu] : 0;
}

static inline enum port_result board_port_read(void *owner, uint32_t vcpu, enum port_space space, uint64_t address,
                                               unsigned size, uint64_t *value, uint64_t now)
{
    (void)owner, (void)vcpu, (void)space, (void)address, (void)size, (void)value, (void)now;
    return PORT_NOT_MINE;
}

static inline enum port_result board_port_write(void *owner, uint32_t vcpu, enum port_space space, uint64_t address,
                                                unsigned size, uint64_t value, uint64_t now)
{
    (void)owner, (void)vcpu, (void)space, (void)address, (void)size, (void)value, (void)now;
    return PORT_NOT_MINE;
}

static inline uint64_t board_device_read(void *owner, uint64_t offset, unsigned size, uint64_t now)
{
    (void)owner, (void)offset, (void)size;
    return now;
}

static inline void board_device_write(void *owner, uint64_t offset, unsigned size, uint64_t value, uint64_t now)
{
    struct board *board = owner;
    (void)size;
    board->writes++;
    board->written = value;
    board->written_at = now;
    if (board->on_write)
        board->on_write(board, (unsigned)offset, value, now);
}

static inline void board_put(struct board *board, uint64_t address, unsigned size, uint64_t value)
{
    memcpy(board->ram.ram + address, &value, size);
}

static inline uint64_t board_get(const struct board *board, uint64_t address, unsigned size)
{
    uint64_t value = 0;
    memcpy(&value, board->ram.ram + address, size);
    return value;
}

// Attributes as in struct x86_segment_register; flat.
static inline uint64_t board_descriptor(uint64_t attributes)
{
    return 0xffff | (attributes & 0xff) << 40 | UINT64_C(0xf) << 48 | (attributes >> 8 & 0xf) << 52;
}

static inline void board_tables(struct board *board)
{
    for (unsigned vector = 0; vector < 256; vector++) {
        uint64_t handler = BOARD_HANDLERS + 16 * vector;
        board_put(board, BOARD_IDT + 16 * vector, 8,
                  (handler & 0xffff) | BOARD_CODE64 << 16 | UINT64_C(1) << 32 | UINT64_C(0x8e) << 40 |
                      handler >> 16 << 48);
        board_put(board, handler, 1, 0xf4);
    }
    board_put(board, BOARD_GDT + BOARD_CODE64, 8, board_descriptor(0xa9b));
    board_put(board, BOARD_GDT + BOARD_FLAT, 8, board_descriptor(0xc93));
    board_put(board, BOARD_GDT + BOARD_CODE32, 8, board_descriptor(0xc9b));
    board_put(board, BOARD_GDT + BOARD_TR, 8, 0x67 | BOARD_TSS << 16 | UINT64_C(0x8b) << 40);
    board_put(board, BOARD_TSS + 36, 8, BOARD_IST);
    board_put(board, BOARD_TABLES, 8, (BOARD_TABLES + 0x1000) | 7);
    for (uint64_t i = 1; i < 4; i++)
        board_put(board, BOARD_TABLES + 0x1000 + 8 * i, 8, i << 30 | 0x87);
    board_put(board, BOARD_TABLES + 0x1000, 8, (BOARD_TABLES + 0x2000) | 7);
    for (uint64_t i = 1; i < 512; i++)
        board_put(board, BOARD_TABLES + 0x2000 + 8 * i, 8, i << 21 | 0x87);
    board_put(board, BOARD_TABLES + 0x2000, 8, (BOARD_TABLES + 0x3000) | 7);
    for (uint64_t i = 0; i < 512; i++)
        board_put(board, BOARD_TABLES + 0x3000 + 8 * i, 8, i << 12 | 7);
}

// The page table entry of a page below 2 MiB; change it, then flush or let the guest flush.
static inline void board_map(struct board *board, uint64_t page, uint64_t entry)
{
    board_put(board, BOARD_TABLES + 0x3000 + 8 * (page >> PAGE_BITS), 8, entry);
}

// `arena`: bytes of the block cache, 0: what the loop takes.
static inline struct board *board_new(unsigned cpus, size_t arena)
{
    struct board *board = calloc(1, sizeof *board);
    clock_init(&board->clock);
    bus_init(&board->memory);
    bus_init(&board->ports);
    board->ram = (struct region){ .size = BOARD_RAM, .name = "ram", .ram = calloc(1, BOARD_RAM) };
    board->device = (struct region){ .base = 0xe0,
                                     .size = 8,
                                     .name = "device",
                                     .widest = 8,
                                     .read = board_device_read,
                                     .write = board_device_write,
                                     .owner = board };
    bus_add(&board->memory, &board->ram);
    bus_add(&board->ports, &board->device);
    board->loop.clock = &board->clock;
    board->loop.memory = &board->memory;
    board->loop.ports = &board->ports;
    board->loop.port = (struct cpu_port){ board, board_acknowledge, board_port_read, board_port_write };
    if (loop_init(&board->loop, &x86_guest) != 0)
        abort();
    if (arena) {
        blocks_free(&board->loop.blocks);
        if (blocks_init(&board->loop.blocks, arena, board->loop.vcpus, &board->loop.count) != 0)
            abort();
    }
    for (unsigned i = 0; i < cpus; i++) {
        if (x86_cpu_create(&board->cpu[i], &board->loop, i, i, cpus) != 0)
            abort();
        if (board->loop.count == i)
            loop_add(&board->loop, &board->cpu[i]->vcpu);
    }
    board_tables(board);
    return board;
}

static inline void board_free(struct board *board)
{
    for (unsigned i = 0; i < BOARD_CPUS && board->cpu[i]; i++)
        x86_cpu_destroy(board->cpu[i]);
    loop_free(&board->loop);
    free(board->ram.ram);
    free(board);
}

static inline void board_flat(struct x86_cpu *cpu, uint16_t selector, uint16_t attributes)
{
    static const enum x86_segment data[] = { X86_ES, X86_SS, X86_DS, X86_FS, X86_GS };
    x86_set_segment(cpu, X86_CS, selector, 0, UINT32_MAX, attributes);
    for (unsigned i = 0; i < countof(data); i++)
        x86_set_segment(cpu, data[i], BOARD_FLAT, 0, UINT32_MAX, 0xc93);
}

static inline void board_begin(struct board *board, struct x86_cpu *cpu)
{
    cpu->gdt_base = BOARD_GDT;
    cpu->gdt_limit = 0xff;
    cpu->idt_base = BOARD_IDT;
    cpu->idt_limit = 0xfff;
    x86_set_flags(cpu, 0);
    cpu->r[X86_RIP] = BOARD_CODE;
    cpu->r[X86_RSP] = BOARD_STACK - 0x1000 * cpu->vcpu.index;
    (void)board;
    vcpu_set_state(&cpu->vcpu, VCPU_RUNNING);
}

// 64-bit mode at level 0, SSE on.
static inline struct x86_cpu *board_long(struct board *board, unsigned index)
{
    struct x86_cpu *cpu = board->cpu[index];
    cpu->cr0 = X86_CR0_PG | X86_CR0_PE | X86_CR0_ET | X86_CR0_NE | X86_CR0_MP | X86_CR0_WP;
    cpu->cr4 = X86_CR4_PAE | X86_CR4_OSFXSR | X86_CR4_OSXMMEXCPT;
    cpu->efer = X86_EFER_LME | X86_EFER_LMA | X86_EFER_SCE;
    cpu->cr3 = BOARD_TABLES;
    board_flat(cpu, BOARD_CODE64, 0xa9b);
    board_begin(board, cpu);
    x86_set_segment(cpu, X86_TR, BOARD_TR, BOARD_TSS, 0x67, 0x8b);
    x86_update_mode(cpu);
    return cpu;
}

// 32-bit protected mode, flat, no paging. The IDT has to be written by the test.
static inline struct x86_cpu *board_flat32(struct board *board, unsigned index)
{
    struct x86_cpu *cpu = board->cpu[index];
    cpu->cr0 = X86_CR0_PE | X86_CR0_ET | X86_CR0_NE;
    board_flat(cpu, BOARD_CODE32, 0xc9b);
    board_begin(board, cpu);
    x86_update_mode(cpu);
    return cpu;
}

// Real mode; CS base is BOARD_CODE and IP 0, the other segments begin at 0x2000. The interrupt table is at 0.
static inline struct x86_cpu *board_real(struct board *board, unsigned index)
{
    struct x86_cpu *cpu = board->cpu[index];
    static const enum x86_segment data[] = { X86_ES, X86_SS, X86_DS, X86_FS, X86_GS };
    cpu->cr0 = X86_CR0_ET;
    for (unsigned i = 0; i < countof(data); i++)
        x86_set_segment(cpu, data[i], 0x200, 0x2000, 0xffff, 0x93);
    x86_set_segment(cpu, X86_CS, BOARD_CODE >> 4, BOARD_CODE, 0xffff, 0x9b);
    board_begin(board, cpu);
    cpu->idt_base = 0;
    cpu->idt_limit = 0x3ff;
    cpu->r[X86_RIP] = 0;
    cpu->r[X86_RSP] = 0x1000;
    x86_update_mode(cpu);
    return cpu;
}

// Writes code as a string of hexadecimal digits; spaces are free.
static inline unsigned board_code(struct board *board, uint64_t address, const char *hex)
{
    unsigned count = 0;
    for (; *hex; hex++) {
        if (*hex == ' ')
            continue;
        char digits[3] = { hex[0], hex[1], 0 };
        board->ram.ram[address + count++] = (uint8_t)strtoul(digits, NULL, 16);
        hex++;
    }
    return count;
}

// Runs at most `instructions` more.
static inline enum loop_stop board_run(struct board *board, uint64_t instructions)
{
    board->loop.limit = board->loop.instructions + instructions;
    return vcpu_run(&board->loop);
}

#endif
