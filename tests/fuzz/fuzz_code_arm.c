// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Random A64 code in a whole `virt`: EL1 and EL0, translation off and on with each granule and broken tables, timers that
// interrupt through either GIC, breakpoints and watchpoints, processors that start others, and code that writes itself.
//
// From VIRT_RAM:
//
//     001000h vectors   020000h code   040000h data   080000h stacks   100000h tables: root, next, last level
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "a64_code.h"
#include "fuzz_code.h"
#include "machine/tables/bytes.h"
#include "vcpu/aarch64/system/debug.h"
#include "vcpu/aarch64/system/mmu.h"
#include "vcpu/aarch64/system/model.h"
#include "vcpu/aarch64/system/sysreg.h"
#include "virt_rig.h"

const char *const fuzz_name = "fuzz_code_arm";

enum { VECTORS = 0x1000, CODE = 0x20000, DATA = 0x40000, STACK = 0x80000, TABLES = 0x100000, CODE_WORDS = 160 };

static struct virt *virt(const struct rig *rig)
{
    return virt_of(rig->machine);
}

// The address of a word of RAM, as the program sees it.
#define HERE(offset) (VIRT_RAM + (offset))

// --- Vectors --------------------------------------------------------------------------------------------------------

enum { SYNCHRONOUS = 0, IRQ = 1, SLOTS = 16, SLOT_WORDS = 32 };

// Goes on behind the instruction, if that is in the code; else back there.
static const uint32_t skip[] = {
    0xd538403d, // mrs x29, elr_el1
    0xd350ffbc, // lsr x28, x29, #16
    0x5288005b, // movz w27, #0x4002
    0xeb1b039f, // cmp x28, x27
    0x54000060, // b.eq 1f
    0xd2a8005d, // movz x29, #0x4002, lsl #16
    0xd503201f, // nop
    0x910013bd, // 1: add x29, x29, #4
    0xd518403d, // msr elr_el1, x29
    0xd69f03e0, // eret
};

static const uint32_t end_v3[] = {
    0xd538cc1c, // mrs x28, icc_iar1_el1
    0xd518cc3c, // msr icc_eoir1_el1, x28
    0xd69f03e0, // eret
};

static const uint32_t end_v2[] = {
    0xd2a1003d, // movz x29, #0x801, lsl #16
    0xb9400fbc, // ldr w28, [x29, #12]
    0xb90013bc, // str w28, [x29, #16]
    0xd69f03e0, // eret
};

static void put_words(uint8_t *at, const uint32_t *words, unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        put32(at + 4 * i, words[i]);
}

static void put_vectors(struct fuzz *fuzz, const struct rig *rig)
{
    for (unsigned slot = 0; slot < SLOTS; slot++) {
        uint8_t *at = rig->ram + VECTORS + 4 * SLOT_WORDS * slot;
        uint32_t first[4];
        unsigned extra = fuzz_chance(fuzz, 3) ? fuzz_below(fuzz, 4) : 0;
        a64_code(fuzz, first, extra);
        put_words(at, first, extra);
        at += 4 * extra;
        if (slot % 4 == IRQ && fuzz_chance(fuzz, 2)) // the timer goes off again otherwise
            put32(at, 0xd51be33f), at += 4;          // msr cntv_ctl_el0, xzr
        if (slot % 4 == SYNCHRONOUS)
            put_words(at, skip, countof(skip));
        else if (virt(rig)->irq.config.version == 3)
            put_words(at, end_v3, countof(end_v3));
        else
            put_words(at, end_v2, countof(end_v2));
    }
}

// --- Tables ---------------------------------------------------------------------------------------------------------

enum { PAGE = 3, BLOCK = 1, AP_USER = 0x40, AP_READONLY = 0x80, AF = 0x400, NG = 0x800 };
#define PXN BIT64(53)
#define UXN BIT64(54)

// A granule with two or three levels, the root one in one page; all of it maps to itself.
static const struct granule {
    unsigned bits, size;     // log2 of a page; bits of address that are translated
    unsigned tg0, tg1;       // TCR_EL1
    unsigned shift, entries; // of the root; of a table
} granules[] = { { 12, 39, 0, 2, 30, 512 }, { 14, 36, 2, 1, 25, 2048 }, { 16, 42, 1, 3, 29, 8192 } };

static uint64_t any_entry(struct fuzz *fuzz, const struct granule *granule, uint64_t entry)
{
    static const uint64_t flips[] = { 1, 2, AP_USER, AP_READONLY, AF, NG, PXN, UXN, BIT64(47), BIT64(59), BIT64(62) };
    if (fuzz_chance(fuzz, 8))
        return fuzz_value(fuzz);
    if (fuzz_chance(fuzz, 4)) // two names for one page
        return (entry & 0xfff) | HERE(0) | (uint64_t)fuzz_below(fuzz, 32) << granule->bits;
    return entry ^ FUZZ_PICK(fuzz, flips);
}

// A page that the program is likely to touch.
static uint32_t any_page(struct fuzz *fuzz, const struct granule *granule)
{
    static const uint32_t places[] = { VECTORS, CODE, CODE + 0x1000, DATA, DATA + 0x1000, STACK - 0x1000, TABLES };
    return fuzz_chance(fuzz, 8) ? fuzz_below(fuzz, 64) : FUZZ_PICK(fuzz, places) >> granule->bits;
}

static void put_tables(struct fuzz *fuzz, const struct rig *rig, const struct granule *granule, bool user)
{
    uint8_t *root = rig->ram + TABLES, *next = root + 0x10000, *last = root + 0x20000;
    bool three = granule->bits == 12;
    uint64_t index = HERE(0) >> granule->shift, page = UINT64_C(1) << granule->bits;
    memset(root, 0, 0x30000);
    for (uint64_t i = 0; i < granule->entries && i << granule->shift < UINT64_C(1) << granule->size; i++)
        put64(root + 8 * i, i << granule->shift | AF | BLOCK | (fuzz_below(fuzz, 2) ? AP_USER : 0));
    put64(root + 8 * index, HERE(TABLES + (three ? 0x10000 : 0x20000)) | PAGE);
    for (uint64_t i = 0; three && i < granule->entries; i++)
        put64(next + 8 * i, (HERE(0) + (i << 21)) | AF | BLOCK | (user ? AP_USER : 0));
    put64(next, three ? HERE(TABLES + 0x20000) | PAGE : 0);
    for (uint64_t i = 0; i < granule->entries; i++) {
        bool system = i * page < CODE;
        put64(last + 8 * i, (HERE(0) + i * page) | AF | PAGE | (user && !system ? AP_USER : 0));
    }
    for (unsigned i = fuzz_below(fuzz, 4); i; i--) {
        uint8_t *at = last + 8 * any_page(fuzz, granule);
        put64(at, any_entry(fuzz, granule, get64(at)));
    }
    if (fuzz_chance(fuzz, 8)) {
        uint8_t *at = root + 8 * fuzz_below(fuzz, 40);
        put64(at, any_entry(fuzz, granule, get64(at)));
    }
}

// --- The processor --------------------------------------------------------------------------------------------------

static uint64_t any_register(struct fuzz *fuzz)
{
    static const uint64_t chips[] = {
        VIRT_GICD + 0x100,   VIRT_GICD + 0x200,   VIRT_GICD + 0xf00, VIRT_GICC,
        VIRT_GICR + 0x10100, VIRT_GICR + 0x10200, VIRT_UART,         VIRT_UART + 0x38,
        VIRT_ITS + 0x80,     HERE(RIG_RAM - 4),   VIRT_RTC,          0x1234,
        HERE(CODE + 0xffe),  HERE(DATA + 0xffc),
    };
    switch (fuzz_below(fuzz, 12)) {
    case 0: return fuzz_value(fuzz);
    case 1: return FUZZ_PICK(fuzz, chips);
    case 2: return HERE(CODE + 4 * fuzz_below(fuzz, CODE_WORDS));
    case 3: return fuzz_word(fuzz);
    case 4: return UINT64_C(0xff00000000000000) | HERE(DATA);
    case 5:
    case 6: return fuzz_below(fuzz, 64);
    default: return HERE(DATA + 8 * fuzz_below(fuzz, 0x1000));
    }
}

static void set_registers(struct fuzz *fuzz, struct a64_cpu *cpu)
{
    for (unsigned i = 0; i <= A64_X30; i++)
        cpu->r[i] = any_register(fuzz);
    for (unsigned i = 0; i < countof(cpu->v); i++)
        for (unsigned k = 0; k < 2; k++)
            cpu->v[i].d[k] = fuzz_chance(fuzz, 4) ? fuzz_word(fuzz) : fuzz_value(fuzz);
    cpu->r[A64_SP_EL0] = HERE(STACK - 0x400 - 16 * fuzz_below(fuzz, 8) - fuzz_chance(fuzz, 16));
    cpu->r[A64_SP_EL1] = HERE(STACK - 0x800);
    a64_set_nzcv(cpu, (uint32_t)fuzz_word(fuzz) & A64_NZCV);
    cpu->daif = fuzz_chance(fuzz, 3) ? (uint32_t)fuzz_word(fuzz) & A64_DAIF : 0;
    cpu->fpcr = fuzz_chance(fuzz, 3) ? (uint32_t)fuzz_word(fuzz) & 0x07c00000 : 0;
    cpu->elr = HERE(CODE + 4 * fuzz_below(fuzz, CODE_WORDS));
    cpu->spsr = fuzz_chance(fuzz, 4) ? (uint32_t)fuzz_word(fuzz) : fuzz_chance(fuzz, 2) ? A64_EL1 | A64_SPSEL : 0;
}

static void set_control(struct fuzz *fuzz, struct a64_cpu *cpu, const struct granule *granule, bool user)
{
    static const uint32_t bits[] = { A64_SCTLR_A,   A64_SCTLR_SA,  A64_SCTLR_SA0,  A64_SCTLR_UMA,  A64_SCTLR_DZE,
                                     A64_SCTLR_UCT, A64_SCTLR_UCI, A64_SCTLR_NTWI, A64_SCTLR_NTWE, A64_SCTLR_WXN };
    for (unsigned i = fuzz_below(fuzz, 5); i; i--)
        cpu->sctlr ^= FUZZ_PICK(fuzz, bits);
    cpu->cpacr = fuzz_chance(fuzz, 8) ? fuzz_word(fuzz) & 0x300000 : 0x300000;
    cpu->vbar = HERE(VECTORS);
    cpu->mair = 0xff04;
    cpu->cntkctl = fuzz_below(fuzz, 4);
    cpu->ttbr0 = HERE(TABLES) | (uint64_t)fuzz_below(fuzz, 3) << 48;
    cpu->ttbr1 = HERE(TABLES);
    cpu->tcr = (64 - granule->size) * UINT64_C(0x10001) | (uint64_t)granule->tg0 << 14 | (uint64_t)granule->tg1 << 30 |
               UINT64_C(5) << 32 | (uint64_t)fuzz_below(fuzz, 4) << 37;
    cpu->el = user ? 0 : 1;
    cpu->spsel = !fuzz_chance(fuzz, 4);
}

// Breakpoints in the code and watchpoints in its data, of all kinds.
static void set_debug(struct fuzz *fuzz, struct a64_cpu *cpu)
{
    cpu->oslsr = 8;
    cpu->mdscr = A64_MDSCR_MDE | (fuzz_chance(fuzz, 4) ? 0 : A64_MDSCR_KDE) | (fuzz_chance(fuzz, 8) ? A64_MDSCR_SS : 0);
    cpu->contextidr = fuzz_below(fuzz, 2);
    for (unsigned n = 0; n < A64_BREAKPOINTS; n++) {
        bool context = n >= A64_BREAKPOINTS - A64_CONTEXT_BREAKPOINTS && fuzz_chance(fuzz, 2);
        cpu->dbgbvr[n] = context ? fuzz_below(fuzz, 2) : HERE(CODE + 4 * fuzz_below(fuzz, CODE_WORDS));
        cpu->dbgbcr[n] = 0x1e0 | fuzz_below(fuzz, 8) | fuzz_below(fuzz, 6) << 16 |
                         (context ? 2 + !fuzz_chance(fuzz, 8) : fuzz_chance(fuzz, 3)) << 20;
    }
    for (unsigned n = 0; n < A64_WATCHPOINTS; n++) {
        cpu->dbgwvr[n] = HERE(DATA + 4 * fuzz_below(fuzz, 0x800));
        cpu->dbgwcr[n] = fuzz_word(fuzz) & (fuzz_chance(fuzz, 4) ? 0x0f1f1fff : 0x001f1fff);
    }
}

// A timer that interrupts soon, through a GIC that lets it.
static void set_timer(struct fuzz *fuzz, const struct rig *rig)
{
    struct virt *machine = virt(rig);
    uint64_t now = rig->clock->now, base = VIRT_GICD;
    const struct cpu_port *port = &rig->loop->port;
    bus_write(rig->memory, VIRT_GICD, 4, 0x13, now);
    if (machine->irq.config.version == 3) {
        bus_write(rig->memory, VIRT_GICR + 0x14, 4, 0, now);
        port->write(machine, 0, PORT_REGISTER, ICC_PMR_EL1, 8, 0xf8, now);
        port->write(machine, 0, PORT_REGISTER, ICC_IGRPEN1_EL1, 8, 1, now);
        base = VIRT_GICR + 0x10000;
        bus_write(rig->memory, base + 0x80, 4, UINT32_MAX, now);
    } else {
        bus_write(rig->memory, VIRT_GICC + GICC_PMR, 4, 0xf8, now);
        bus_write(rig->memory, VIRT_GICC + GICC_CTLR, 4, 1, now);
    }
    bus_write(rig->memory, base + 0x100, 4, BIT32(27) | BIT32(30) | 0xffff, now);
    port->write(machine, 0, PORT_REGISTER, ARM_TIMER_CNTV_TVAL_EL0, 8, 1 + fuzz_below(fuzz, 20), now);
    port->write(machine, 0, PORT_REGISTER, ARM_TIMER_CNTV_CTL_EL0, 8, 1, now);
}

static void program(struct fuzz *fuzz, const struct rig *rig)
{
    const struct granule *granule = &FUZZ_PICK(fuzz, granules);
    bool user = fuzz_chance(fuzz, 3), translated = user || fuzz_chance(fuzz, 2);
    struct a64_cpu *cpu = virt(rig)->cpus[0];
    uint32_t code[CODE_WORDS];
    fuzz_tell(fuzz, "EL%d, translation %s, granule 2^%u", !user, translated ? "on" : "off", granule->bits);
    memset(rig->ram, 0, RIG_RAM);
    put_vectors(fuzz, rig);
    put_tables(fuzz, rig, granule, user);
    a64_code(fuzz, code, CODE_WORDS);
    put_words(rig->ram + CODE, code, CODE_WORDS);
    for (unsigned i = 0; i < 0x2000; i += 8)
        put64(rig->ram + DATA + i, fuzz_chance(fuzz, 2) ? any_register(fuzz) : fuzz_value(fuzz));
    a64_start(cpu, HERE(CODE), any_register(fuzz));
    set_registers(fuzz, cpu);
    set_control(fuzz, cpu, granule, user);
    if (translated)
        cpu->sctlr |= A64_SCTLR_M;
    if (fuzz_chance(fuzz, 8)) // across pages
        put_words(rig->ram + CODE + 0x1000 - 80, code, 40), cpu->r[A64_PC] = HERE(CODE + 0x1000 - 80);
    if (fuzz_chance(fuzz, 4))
        set_debug(fuzz, cpu);
    a64_debug_changed(cpu);
    a64_flush(cpu);
    if (fuzz_chance(fuzz, 2))
        set_timer(fuzz, rig);
}

// --- The family -----------------------------------------------------------------------------------------------------

static void tell(const struct fuzz *fuzz, const struct rig *rig)
{
    for (uint32_t i = 0; i < rig->cpus; i++) {
        struct a64_cpu *cpu = virt(rig)->cpus[i];
        uint64_t physical = UINT64_MAX;
        uint32_t word = 0;
        if (fuzz->verbose && tlb_fetch(&cpu->vcpu, cpu->r[A64_PC], cpu->el == 0, &physical) &&
            physical - VIRT_RAM < RIG_RAM)
            word = get32(rig->ram + (physical - VIRT_RAM));
        fuzz_tell(fuzz, "  cpu%u pc %llx (%08x), EL%u, state %u, daif %x, nzcv %x, esr %llx, far %llx, elr %llx", i,
                  (unsigned long long)cpu->r[A64_PC], word, cpu->el, cpu->vcpu.state, cpu->daif, a64_nzcv(cpu),
                  (unsigned long long)cpu->esr, (unsigned long long)cpu->far, (unsigned long long)cpu->elr);
    }
}

static struct rig make(unsigned variant)
{
    struct intact_machine_config config = virt_rig_config(variant == 2 ? 3 : 1, variant == 0 ? 2 : 3, variant == 2);
    config.cpu = variant == 0 ? "cortex-a57" : "max"; // the first has no granule of 16 KiB
    return rig_make(&virt_type, &config);
}

const struct code_family code_family = {
    .variants = 3, .make = make, .program = program, .debug = &debug_aarch64, .tell = tell
};
