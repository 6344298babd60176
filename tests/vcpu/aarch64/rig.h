// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// CPUs with a little RAM at 0 and a controller that records the calls. Code is put into memory as words and run by the
// loop, or functions of the CPU are called directly.
#ifndef TESTS_VCPU_AARCH64_RIG_H
#define TESTS_VCPU_AARCH64_RIG_H

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/bus.h"
#include "base/clock.h"
#include "vcpu/aarch64/cpu.h"
#include "vcpu/aarch64/system/interrupt.h"
#include "vcpu/aarch64/system/mmu.h"
#include "vcpu/aarch64/system/model.h"
#include "vcpu/aarch64/system/sysreg.h"
#include "vcpu/guest.h"
#include "vcpu/loop.h"

#define RIG_RAM     UINT64_C(0x400000)
#define RIG_CODE    0x10000u
#define RIG_VECTORS 0x20000u // VBAR_EL1: every entry is a branch to itself
#define RIG_TABLES  0x100000u
#define RIG_CPUS    4

// What a page table entry of the tests allows.
enum {
    RIG_PAGE = 0x3,
    RIG_BLOCK = 0x1,
    RIG_AF = 0x400,
    RIG_NG = 0x800,
    RIG_USER = 0x40,
    RIG_READONLY = 0x80,
};
#define RIG_PXN BIT64(53)
#define RIG_UXN BIT64(54)

// Words of instructions that tests use. NOP, WFI, WFE, SEV, SVC #0, ERET, ISB.
enum {
    I_NOP = 0xd503201f,
    I_WFE = 0xd503205f,
    I_WFI = 0xd503207f,
    I_SEV = 0xd503209f,
    I_SEVL = 0xd50320bf,
    I_SVC = 0xd4000001,
    I_ERET = 0xd69f03e0,
    I_ISB = 0xd5033fdf,
    I_RET = 0xd65f03c0,
    I_CLREX = 0xd5033f5f,
    I_HVC = 0xd4000002,
    I_SMC = 0xd4000003,
};
#define I_MRS(rt, encoding) (0xd5200000u | (uint32_t)(encoding) << 5 | (rt))
#define I_MSR(encoding, rt) (0xd5000000u | (uint32_t)(encoding) << 5 | (rt))
#define I_DAIFSET(bits)     (0xd50340dfu | (uint32_t)(bits) << 8)
#define I_DAIFCLR(bits)     (0xd50340ffu | (uint32_t)(bits) << 8)
#define I_MOVZ(rd, imm)     (0xd2800000u | (uint32_t)(imm) << 5 | (rd))
#define I_ADD(rd, rn, imm)  (0x91000000u | (uint32_t)(imm) << 10 | (rn) << 5 | (rd))
#define I_LDR(rt, rn)       (0xf9400000u | (rn) << 5 | (rt))
#define I_STR(rt, rn)       (0xf9000000u | (rn) << 5 | (rt))
#define I_LDXR(rt, rn)      (0xc85f7c00u | (rn) << 5 | (rt))
#define I_STXR(rs, rt, rn)  (0xc8007c00u | (rs) << 16 | (rn) << 5 | (rt))
#define I_B(words)          (0x14000000u | ((uint32_t)(words)&0x3ffffff))
#define I_BR(rn)            (0xd61f0000u | (rn) << 5)

struct rig {
    struct clock clock;
    struct bus memory;
    struct region ram;
    struct loop loop;
    struct a64_cpu *cpu, *cpus[RIG_CPUS];
    // The controller and the timers: one register, the last that was written.
    uint64_t encoding, value;
};

static inline bool rig_has(uint64_t encoding)
{
    unsigned crn = encoding >> 7 & 15;
    return crn == 12 || crn == 4 || crn == 14;
}

static inline enum port_result rig_port_read(void *owner, uint32_t vcpu, enum port_space space, uint64_t address,
                                             unsigned size, uint64_t *value, uint64_t now)
{
    struct rig *rig = owner;
    (void)vcpu, (void)size, (void)now;
    if (space != PORT_REGISTER || !rig_has(address))
        return PORT_NOT_MINE;
    *value = address == rig->encoding ? rig->value : 0;
    return PORT_DONE;
}

static inline enum port_result rig_port_write(void *owner, uint32_t vcpu, enum port_space space, uint64_t address,
                                              unsigned size, uint64_t value, uint64_t now)
{
    struct rig *rig = owner;
    (void)vcpu, (void)size, (void)now;
    if (space != PORT_REGISTER || !rig_has(address))
        return PORT_NOT_MINE;
    rig->encoding = address;
    rig->value = value;
    return PORT_DONE;
}

static inline void rig_put(struct rig *rig, uint64_t address, unsigned size, uint64_t value)
{
    memcpy(rig->ram.ram + address, &value, size);
    loop_memory_written(&rig->loop, address, size);
}

static inline uint64_t rig_get(const struct rig *rig, uint64_t address, unsigned size)
{
    uint64_t value = 0;
    memcpy(&value, rig->ram.ram + address, size);
    return value;
}

static inline struct rig *rig_new_many(unsigned cpus)
{
    struct rig *rig = calloc(1, sizeof *rig);
    clock_init(&rig->clock);
    bus_init(&rig->memory);
    rig->ram = (struct region){ .base = 0, .size = RIG_RAM, .name = "ram", .ram = calloc(1, RIG_RAM) };
    bus_add(&rig->memory, &rig->ram);
    rig->loop.clock = &rig->clock;
    rig->loop.memory = &rig->memory;
    rig->loop.port = (struct cpu_port){ rig, NULL, rig_port_read, rig_port_write };
    if (loop_init(&rig->loop, &a64_guest) != 0)
        abort();
    for (unsigned i = 0; i < cpus; i++) {
        if (a64_cpu_create(&rig->cpus[i], &rig->loop, i, i) != 0)
            abort();
        loop_add(&rig->loop, &rig->cpus[i]->vcpu);
        rig->cpus[i]->vbar = RIG_VECTORS;
        rig->cpus[i]->r[A64_PC] = RIG_CODE;
    }
    for (unsigned offset = 0; offset < 0x800; offset += 4)
        rig_put(rig, RIG_VECTORS + offset, 4, I_B(0));
    rig->cpu = rig->cpus[0];
    return rig;
}

static inline struct rig *rig_new(void)
{
    return rig_new_many(1);
}

static inline void rig_free(struct rig *rig)
{
    for (unsigned i = 0; i < rig->loop.count; i++)
        a64_cpu_destroy(rig->cpus[i]);
    loop_free(&rig->loop);
    free(rig->ram.ram);
    free(rig);
}

#define rig_code_at(rig, address, ...)                                                                                 \
    do {                                                                                                               \
        const uint32_t rig_words[] = { __VA_ARGS__ };                                                                  \
        for (unsigned rig_i = 0; rig_i < countof(rig_words); rig_i++)                                                  \
            rig_put((rig), (address) + rig_i * 4u, 4, rig_words[rig_i]);                                               \
    } while (0)
#define rig_code(rig, ...) rig_code_at((rig), RIG_CODE, __VA_ARGS__)

// Executes exactly `count` instructions more, or fewer if the machine stops.
static inline enum loop_stop rig_run(struct rig *rig, uint64_t count)
{
    rig->loop.limit = rig->loop.instructions + count;
    return vcpu_run(&rig->loop);
}

static inline void rig_set_el(struct a64_cpu *cpu, unsigned el, bool sp1)
{
    cpu->el = (uint8_t)el;
    cpu->spsel = sp1;
    a64_update_mode(cpu);
}

// Turns translation on with 4 KiB pages and 39 bits of address in both halves: the first 2 MiB block of each is mapped one to one
// (EL1, read and write, all executable), and pages 0x200000-0x3fffff through a table of the test's own at RIG_TABLES + 0x4000
// for the lower half.
static inline struct a64_cpu *rig_translate(struct rig *rig)
{
    struct a64_cpu *cpu = rig->cpu;
    for (unsigned half = 0; half < 2; half++) {
        uint64_t tables = RIG_TABLES + half * 0x2000;
        rig_put(rig, tables, 8, (tables + 0x1000) | RIG_PAGE);
        rig_put(rig, tables + 0x1000, 8, 0 | RIG_BLOCK | RIG_AF);
    }
    rig_put(rig, RIG_TABLES + 0x1000 + 8, 8, (RIG_TABLES + 0x4000) | RIG_PAGE);
    static const struct {
        unsigned crm, op2;
        uint64_t value;
    } registers[] = {
        { 0, 0, RIG_TABLES },
        { 0, 1, RIG_TABLES + 0x2000 },
        { 0, 2, 25 | 25 << 16 | UINT64_C(2) << 30 | UINT64_C(2) << 32 },
    };
    for (unsigned i = 0; i < countof(registers); i++) {
        unsigned encoding = A64_SYSREG(3, 0, 2, registers[i].crm, registers[i].op2);
        a64_sysreg_find(encoding)->write(cpu, encoding, registers[i].value);
    }
    a64_sysreg_find(A64_SYSREG(3, 0, 1, 0, 0))->write(cpu, A64_SYSREG(3, 0, 1, 0, 0), cpu->sctlr | A64_SCTLR_M);
    return cpu;
}

// The entry of the test's own page number `page` (at 0x200000 + page * 0x1000).
static inline void rig_page(struct rig *rig, unsigned page, uint64_t entry)
{
    rig_put(rig, RIG_TABLES + 0x4000 + page * 8, 8, entry);
}

#endif
