// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// A CPU with a little RAM and a controller whose results a test sets, and the few tables that tests of protected mode
// need. No program runs here: the functions of the CPU are called directly.
#ifndef TESTS_VCPU_X86_64_RIG_H
#define TESTS_VCPU_X86_64_RIG_H

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/bus.h"
#include "base/clock.h"
#include "vcpu/guest.h"
#include "vcpu/loop.h"
#include "vcpu/x86_64/cpu.h"
#include "vcpu/x86_64/system/interrupt.h"
#include "vcpu/x86_64/system/mmu.h"
#include "vcpu/x86_64/system/model.h"
#include "vcpu/x86_64/system/segment.h"
#include "vcpu/x86_64/system/sysreg.h"

#define RIG_RAM    UINT64_C(0x200000)
#define RIG_GDT    0x1000u  // 32 entries
#define RIG_IDT    0x2000u  // 256 entries
#define RIG_TSS    0x3000u  // selector RIG_TR
#define RIG_TABLES 0x10000u // page tables
#define RIG_STACK  0x8000u

// Selectors of the GDT that rig_protect and rig_long make.
enum {
    RIG_CODE0 = 0x08,
    RIG_DATA0 = 0x10,
    RIG_CODE3 = 0x18 | 3,
    RIG_DATA3 = 0x20 | 3,
    RIG_TR = 0x28,
    RIG_CODE64 = 0x38,
    RIG_CODE64_3 = 0x40 | 3,
    RIG_CONFORMING = 0x48,
    RIG_CODE16 = 0x50,
    RIG_DATA16 = 0x58,
    RIG_ABSENT = 0x60,
    RIG_CODE1 = 0x68 | 1,
    RIG_DATA1 = 0x70 | 1,
    RIG_FREE = 0x78, // RIG_FREE and above are 0
};

struct rig {
    struct clock clock;
    struct bus memory;
    struct region ram;
    struct loop loop;
    struct x86_cpu *cpu;
    // The controller.
    int vector;            // what it gives when asked; -1: nothing
    uint32_t acknowledged; // PENDING_ bits that were acknowledged
    uint64_t apic_base, tsc_deadline, cr8;
};

static inline int rig_acknowledge(void *owner, uint32_t vcpu, uint32_t which, uint64_t now)
{
    struct rig *rig = owner;
    (void)now;
    rig->acknowledged |= which;
    vcpu_signal(&rig->loop, vcpu, rig->cpu->vcpu.pending & ~which);
    return rig->vector;
}

static inline uint64_t *rig_register(struct rig *rig, enum port_space space, uint64_t address)
{
    if (space != PORT_REGISTER)
        return NULL;
    return address == 0x1b       ? &rig->apic_base
           : address == 0x6e0    ? &rig->tsc_deadline
           : address == PORT_CR8 ? &rig->cr8
                                 : NULL;
}

static inline enum port_result rig_port_read(void *owner, uint32_t vcpu, enum port_space space, uint64_t address,
                                             unsigned size, uint64_t *value, uint64_t now)
{
    uint64_t *place = rig_register(owner, space, address);
    (void)vcpu, (void)size, (void)now;
    if (!place)
        return PORT_NOT_MINE;
    *value = *place;
    return PORT_DONE;
}

static inline enum port_result rig_port_write(void *owner, uint32_t vcpu, enum port_space space, uint64_t address,
                                              unsigned size, uint64_t value, uint64_t now)
{
    uint64_t *place = rig_register(owner, space, address);
    (void)vcpu, (void)size, (void)now;
    if (!place)
        return PORT_NOT_MINE;
    if (address == 0x1b && value >> 40)
        return PORT_FAULT;
    *place = value;
    return PORT_DONE;
}

static inline struct rig *rig_new(void)
{
    struct rig *rig = calloc(1, sizeof *rig);
    clock_init(&rig->clock);
    bus_init(&rig->memory);
    rig->ram = (struct region){ .base = 0, .size = RIG_RAM, .name = "ram", .ram = calloc(1, RIG_RAM) };
    bus_add(&rig->memory, &rig->ram);
    rig->loop.clock = &rig->clock;
    rig->loop.memory = &rig->memory;
    rig->loop.port = (struct cpu_port){ rig, rig_acknowledge, rig_port_read, rig_port_write };
    rig->apic_base = 0xfee00900;
    if (loop_init(&rig->loop, &x86_guest) != 0 || x86_cpu_create(&rig->cpu, &rig->loop, 0, 0, 1) != 0)
        abort();
    loop_add(&rig->loop, &rig->cpu->vcpu);
    return rig;
}

static inline void rig_free(struct rig *rig)
{
    x86_cpu_destroy(rig->cpu);
    loop_free(&rig->loop);
    free(rig->ram.ram);
    free(rig);
}

// --- memory ----------------------------------------------------------------------------------------------------------

static inline uint64_t rig_get(const struct rig *rig, uint64_t address, unsigned size)
{
    uint64_t value = 0;
    memcpy(&value, rig->ram.ram + address, size);
    return value;
}

static inline void rig_put(struct rig *rig, uint64_t address, unsigned size, uint64_t value)
{
    memcpy(rig->ram.ram + address, &value, size);
}

// --- descriptors -----------------------------------------------------------------------------------------------------

// `attributes` as in struct x86_segment_register; `limit` as encoded (20 bits).
static inline uint64_t rig_descriptor(uint64_t base, uint64_t limit, uint64_t attributes)
{
    return (limit & 0xffff) | (base & 0xffffff) << 16 | (attributes & 0xff) << 40 | (limit >> 16 & 0xf) << 48 |
           (attributes >> 8 & 0xf) << 52 | (base >> 24 & 0xff) << 56;
}

static inline void rig_gdt(struct rig *rig, unsigned selector, uint64_t descriptor)
{
    rig_put(rig, RIG_GDT + (selector & 0xfff8), 8, descriptor);
}

static inline void rig_idt32(struct rig *rig, unsigned vector, unsigned selector, uint32_t offset, unsigned attributes)
{
    rig_put(rig, RIG_IDT + vector * 8, 8,
            (offset & 0xffff) | (uint64_t)selector << 16 | (uint64_t)attributes << 40 | (uint64_t)(offset >> 16) << 48);
}

static inline void rig_idt64(struct rig *rig, unsigned vector, unsigned selector, uint64_t offset, unsigned attributes,
                             unsigned ist)
{
    rig_put(rig, RIG_IDT + vector * 16, 8,
            (offset & 0xffff) | (uint64_t)selector << 16 | (uint64_t)ist << 32 | (uint64_t)attributes << 40 |
                (offset >> 16 & 0xffff) << 48);
    rig_put(rig, RIG_IDT + vector * 16 + 8, 8, offset >> 32);
}

static inline void rig_make_gdt(struct rig *rig)
{
    rig_gdt(rig, RIG_CODE0, rig_descriptor(0, 0xfffff, 0xc9b));
    rig_gdt(rig, RIG_DATA0, rig_descriptor(0, 0xfffff, 0xc93));
    rig_gdt(rig, RIG_CODE3, rig_descriptor(0, 0xfffff, 0xcfb));
    rig_gdt(rig, RIG_DATA3, rig_descriptor(0, 0xfffff, 0xcf3));
    rig_gdt(rig, RIG_TR, rig_descriptor(RIG_TSS, 0xfff, 0x89));
    rig_gdt(rig, RIG_CODE64, rig_descriptor(0, 0xfffff, 0xa9b));
    rig_gdt(rig, RIG_CODE64_3, rig_descriptor(0, 0xfffff, 0xafb));
    rig_gdt(rig, RIG_CONFORMING, rig_descriptor(0, 0xfffff, 0xc9e));
    rig_gdt(rig, RIG_CODE16, rig_descriptor(0x4000, 0xffff, 0x09b));
    rig_gdt(rig, RIG_DATA16, rig_descriptor(0x4000, 0xffff, 0x093));
    rig_gdt(rig, RIG_ABSENT, rig_descriptor(0, 0xfffff, 0xc13));
    rig_gdt(rig, RIG_CODE1, rig_descriptor(0, 0xfffff, 0xcbb));
    rig_gdt(rig, RIG_DATA1, rig_descriptor(0, 0xfffff, 0xcb3));
    rig->cpu->gdt_base = RIG_GDT;
    rig->cpu->gdt_limit = 32 * 8 - 1;
    rig->cpu->idt_base = RIG_IDT;
    rig->cpu->idt_limit = 256 * 16 - 1;
}

// Flat 32-bit protected mode at level `cpl` (0 or 3) without paging, TR loaded, SS0:ESP0 = RIG_DATA0:RIG_STACK.
static inline struct x86_cpu *rig_protect(struct rig *rig, unsigned cpl)
{
    struct x86_cpu *cpu = rig->cpu;
    rig_make_gdt(rig);
    cpu->idt_limit = 256 * 8 - 1;
    cpu->cr0 |= X86_CR0_PE;
    x86_load_task_register(cpu, RIG_TR);
    rig_put(rig, RIG_TSS + 4, 4, RIG_STACK);
    rig_put(rig, RIG_TSS + 8, 2, RIG_DATA0);
    cpu->cpl = (uint8_t)cpl;
    x86_set_segment(cpu, X86_CS, cpl ? RIG_CODE3 : RIG_CODE0, 0, UINT32_MAX, cpl ? 0xcfb : 0xc9b);
    static const enum x86_segment data[] = { X86_SS, X86_ES, X86_DS, X86_FS, X86_GS };
    for (unsigned i = 0; i < countof(data); i++)
        x86_set_segment(cpu, data[i], cpl ? RIG_DATA3 : RIG_DATA0, 0, UINT32_MAX, cpl ? 0xcf3 : 0xc93);
    cpu->r[X86_RSP] = 0x7000;
    cpu->r[X86_RIP] = 0x12345;
    return cpu;
}

// 64-bit mode at level `cpl` with the first 4 GiB mapped one to one by 2 MiB pages for every level.
static inline struct x86_cpu *rig_long(struct rig *rig, unsigned cpl)
{
    struct x86_cpu *cpu = rig_protect(rig, 0);
    cpu->idt_limit = 256 * 16 - 1;
    rig_put(rig, RIG_TABLES, 8, (RIG_TABLES + 0x1000) | 7);
    for (unsigned i = 0; i < 4; i++) {
        rig_put(rig, RIG_TABLES + 0x1000 + i * 8, 8, (RIG_TABLES + 0x2000 + i * 0x1000) | 7);
        for (unsigned j = 0; j < 512; j++)
            rig_put(rig, RIG_TABLES + 0x2000 + i * 0x1000 + j * 8, 8, ((uint64_t)i << 30 | (uint64_t)j << 21) | 0xe7);
    }
    x86_write_cr(cpu, 4, X86_CR4_PAE);
    x86_write_cr(cpu, 3, RIG_TABLES);
    x86_write_msr(cpu, 0xc0000080, X86_EFER_LME | X86_EFER_SCE | X86_EFER_NXE);
    x86_write_cr(cpu, 0, X86_CR0_PG | X86_CR0_PE | X86_CR0_WP | X86_CR0_ET);
    rig_put(rig, RIG_TSS + 4, 8, RIG_STACK);
    cpu->cpl = (uint8_t)cpl;
    x86_set_segment(cpu, X86_CS, cpl ? RIG_CODE64_3 : RIG_CODE64, 0, UINT32_MAX, cpl ? 0xafb : 0xa9b);
    x86_set_segment(cpu, X86_SS, cpl ? RIG_DATA3 : RIG_DATA0, 0, UINT32_MAX, cpl ? 0xcf3 : 0xc93);
    return cpu;
}

#define assert_fault(cpu, number, code)                                                                                \
    do {                                                                                                               \
        cr_assert_eq((cpu)->fault.vector, (number));                                                                   \
        cr_assert((cpu)->fault.has_error);                                                                             \
        cr_assert_eq((cpu)->fault.error, (uint32_t)(code));                                                            \
    } while (0)

#endif
