// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Exactness: one program with everything in which executors could differ (loops, exclusives of two CPUs, faults, code
// that changes itself, both levels, interrupts, halts) leaves the same trace of instruction count, PC, state and time,
// wherever execution is cut into pieces, whatever the size of the block cache, and whichever way the executor
// dispatches.
#include <criterion/criterion.h>

#include "rig.h"

// The same engine, its executor built with `switch`.
#ifndef INTACT_SWITCH_DISPATCH
#define INTACT_SWITCH_DISPATCH
#endif
// The names of src/prefix.h are taken away for good: nothing below names the other executor.
#undef a64_execute
#undef a64_guest
#define a64_execute a64_execute_by_switch
#define a64_guest   a64_guest_by_switch
#include "../../../src/vcpu/aarch64/exec/exec.c"
#include "../../../src/vcpu/aarch64/system/guest.c"
#undef a64_execute
#undef a64_guest

#define HANDLERS    (RIG_VECTORS + 0x800)
#define IRQ         0x70u // from there
#define FIQ         0x78u
#define DATA        0x40000u
#define DATA_COUNT  (DATA + 0x800) // by exclusives, of both CPUs
#define DATA_TAKEN  (DATA + 0x810) // interrupts
#define DATA_MAPPED (DATA + 0x820) // faults of EL1
#define DATA_DENIED (DATA + 0x828) // faults of EL0

// At RIG_CODE. A write of ICC_EOIR1_EL1 arms the timer, a read of ICC_IAR0_EL1 or ICC_IAR1_EL1 lowers FIQ or IRQ.
// clang-format off
static const uint32_t program[] = {
    // start:
    0xd2800513, // mov x19, #40
    0xd2a00094, // mov x20, #262144
    0xd2860735, // mov x21, #12345
    0xd2800060, // mov x0, #3
    0xf2b88000, // movk x0, #50176, lsl #16
    0xd2800021, // mov x1, #1
    0x10000aa2, // adr x2, #340
    0xd2800003, // mov x3, #0
    0xd4000002, // hvc #0
    // again:
    0xd289cda1, // mov x1, #20077
    0xf2a838c1, // movk x1, #16838, lsl #16
    0x9b014eb5, // madd x21, x21, x1, x19
    0xd350fea2, // lsr x2, x21, #16
    0x52800103, // mov w3, #8
    // inner:
    0xab020084, // adds x4, x4, x2
    0xf9400285, // ldr x5, [x20]
    0xba0400a5, // adcs x5, x5, x4
    0xf9000285, // str x5, [x20]
    0x93c20c42, // ror x2, x2, #3
    0x9a8284c6, // csinc x6, x6, x2, hi
    0xfa4460c5, // ccmp x6, x4, #5, vs
    0x9a9fb7e7, // cset x7, ge
    0x71000463, // subs w3, w3, #1
    0x54fffee1, // b.ne inner
    0xd50343ff, // msr daifclr, #3
    0x913fc288, // add x8, x20, #4080
    0xa940a909, // ldp x9, x10, [x8, #8]
    0xa881d509, // stp x9, x21, [x8], #24
    0x3dc00680, // ldr q0, [x20, #16]
    0x9e6202a1, // scvtf d1, x21
    0x1e601822, // fdiv d2, d1, d0
    0x3c9ecd02, // str q2, [x8, #-20]!
    0x9ac94eab, // <unknown>
    0x9120028c, // add x12, x20, #2048
    // count:
    0xc85f7d8d, // ldxr x13, [x12]
    0x910005ad, // add x13, x13, #1
    0xc80e7d8d, // stxr w14, x13, [x12]
    0x35ffffae, // cbnz w14, count
    0xd2a0040f, // mov x15, #2097152
    0x914005ef, // add x15, x15, #1, lsl #12
    0xf94005f0, // ldr x16, [x15, #8]
    0x8b150210, // add x16, x16, x21
    0xf90005f0, // str x16, [x15, #8]
    0xd2a00211, // mov x17, #1048576
    0xf2880111, // movk x17, #16392
    0xf900023f, // str xzr, [x17]
    0xd5033b9f, // dsb ish
    0xd34cfdf2, // lsr x18, x15, #12
    0xd5088732, // tlbi vae1, x18
    0xd50343df, // msr daifset, #3
    0x100000a0, // adr x0, #20
    0xb9400001, // ldr w1, [x0]
    0x331b1ea1, // bfi w1, w21, #5, #8
    0xb9000001, // str w1, [x0]
    0xd503201f, // nop
    // patch:
    0xd2800222, // mov x2, #17
    0x8b020084, // add x4, x4, x2
    0xd53be043, // mrs x3, cntvct_el0
    0xca030084, // eor x4, x4, x3
    0xd378fea3, // lsr x3, x21, #56
    0xd518cc23, // msr icc_eoir1_el1, x3
    0xd50343ff, // msr daifclr, #3
    0x100002e0, // adr x0, #92
    0xd5184020, // msr elr_el1, x0
    0xd518401f, // msr spsr_el1, xzr
    0xd69f03e0, // eret
    // back:
    0xd50343ff, // msr daifclr, #3
    0xf240067f, // tst x19, #0x3
    0x54000081, // b.ne nowait
    0xd2800c83, // mov x3, #100
    0xd518cc23, // msr icc_eoir1_el1, x3
    0xd503207f, // wfi
    // nowait:
    0xd50320bf, // sevl
    0xd503205f, // wfe
    0xf1000673, // subs x19, x19, #1
    0x54fff7c1, // b.ne again
    0xd2800023, // mov x3, #1
    0xf9040683, // str x3, [x20, #2056]
    // wait:
    0xd503203f, // yield
    0xd53be043, // mrs x3, cntvct_el0
    0xf11f407f, // cmp x3, #2000
    0x54ffffa3, // b.lo wait
    0xd50343df, // msr daifset, #3
    // halt:
    0xd503207f, // wfi
    0x17ffffff, // b halt
    // user:
    0xd2800280, // mov x0, #20
    // spin:
    0x9b040084, // madd x4, x4, x4, x0
    0xd1000400, // sub x0, x0, #1
    0xb5ffffc0, // cbnz x0, spin
    0xf9400281, // ldr x1, [x20]
    0xd40000e1, // svc #0x7
    // second:
    0xd2a00094, // mov x20, #262144
    0x9120028c, // add x12, x20, #2048
    // more:
    0xc85f7d8d, // ldxr x13, [x12]
    0x91000dad, // add x13, x13, #3
    0xc80e7d8d, // stxr w14, x13, [x12]
    0x35ffffae, // cbnz w14, more
    0xf9440683, // ldr x3, [x20, #2056]
    0xb4ffff63, // cbz x3, more
    0xd2800040, // mov x0, #2
    0xf2b08000, // movk x0, #33792, lsl #16
    0xd4000002, // hvc #0
};

static const uint32_t handlers[] = {
    // here:
    0xd5385217, // mrs x23, esr_el1
    0xd35afef7, // lsr x23, x23, #26
    0xf10056ff, // cmp x23, #21
    0x54000260, // b.eq call
    0xf10092ff, // cmp x23, #36
    0x54000140, // b.eq denied
    0xd2a00216, // mov x22, #1048576
    0xf2880116, // movk x22, #16392
    0xd2a00617, // mov x23, #3145728
    0xf2808077, // movk x23, #1027
    0xf90002d7, // str x23, [x22]
    0xf9441298, // ldr x24, [x20, #2080]
    0x91000718, // add x24, x24, #1
    0xf9041298, // str x24, [x20, #2080]
    0xd69f03e0, // eret
    // denied:
    0xd5384037, // mrs x23, elr_el1
    0x910012f7, // add x23, x23, #4
    0xd5184037, // msr elr_el1, x23
    0xf9441698, // ldr x24, [x20, #2088]
    0x91000718, // add x24, x24, #1
    0xf9041698, // str x24, [x20, #2088]
    0xd69f03e0, // eret
    // call:
    0xd2802117, // mov x23, #264
    0xf2a00037, // movk x23, #1, lsl #16
    0xd5184037, // msr elr_el1, x23
    0xd28078b7, // mov x23, #965
    0xd5184017, // msr spsr_el1, x23
    0xd69f03e0, // eret
    // irq:
    0xd538cc19, // mrs x25, icc_iar1_el1
    0x14000002, // b taken
    // fiq:
    0xd538c819, // mrs x25, icc_iar0_el1
    // taken:
    0xf9440a98, // ldr x24, [x20, #2064]
    0x91000718, // add x24, x24, #1
    0xf9040a98, // str x24, [x20, #2064]
    0xf9440e9a, // ldr x26, [x20, #2072]
    0xd538403b, // mrs x27, elr_el1
    0x8b1b0339, // add x25, x25, x27
    0xcada1f3a, // eor x26, x25, x26, ror #7
    0xf9040e9a, // str x26, [x20, #2072]
    0xd69f03e0, // eret
};
// clang-format on

struct tracer {
    struct rig *rig;
    struct event timer, beat, fast;
    uint32_t word; // the pending word of the controller
    uint64_t taken;
};

#include "vcpu/trace.h"

static void raise_line(struct tracer *tracer, uint32_t line)
{
    tracer->word |= line;
    vcpu_signal(&tracer->rig->loop, 0, tracer->word);
}

static void on_timer(void *owner, uint64_t now)
{
    (void)now;
    raise_line(owner, PENDING_IRQ);
}

static void on_beat(void *owner, uint64_t now)
{
    struct tracer *tracer = owner;
    raise_line(tracer, PENDING_IRQ);
    if (now < 30000)
        clock_arm(&tracer->rig->clock, &tracer->beat, now + 211);
}

static void on_fast(void *owner, uint64_t now)
{
    struct tracer *tracer = owner;
    raise_line(tracer, PENDING_FIQ);
    if (now < 30000)
        clock_arm(&tracer->rig->clock, &tracer->fast, now + 1009);
}

static enum port_result on_read(void *owner, uint32_t vcpu, enum port_space space, uint64_t address, unsigned size,
                                uint64_t *value, uint64_t now)
{
    struct tracer *tracer = owner;
    (void)space, (void)size;
    tracer->word &= ~(address == A64_SYSREG(3, 0, 12, 8, 0) ? PENDING_FIQ : PENDING_IRQ);
    tracer->taken++;
    vcpu_signal(&tracer->rig->loop, vcpu, tracer->word);
    *value = now;
    return PORT_DONE;
}

static enum port_result on_write(void *owner, uint32_t vcpu, enum port_space space, uint64_t address, unsigned size,
                                 uint64_t value, uint64_t now)
{
    struct tracer *tracer = owner;
    (void)vcpu, (void)space, (void)address, (void)size;
    clock_arm(&tracer->rig->clock, &tracer->timer, now + value);
    return PORT_DONE;
}

static void vector(struct rig *rig, unsigned offset, unsigned handler)
{
    rig_put(rig, RIG_VECTORS + offset, 4, I_B((HANDLERS + handler - RIG_VECTORS - offset) / 4));
}

static void tracer_new(struct tracer *tracer, size_t arena, const struct guest *guest)
{
    struct rig *rig = rig_new_many(2);
    *tracer = (struct tracer){ .rig = rig };
    if (guest)
        rig->loop.guest = guest;
    rig->loop.slice = 97;
    rig->loop.port = (struct cpu_port){ tracer, NULL, on_read, on_write };
    if (arena) {
        blocks_free(&rig->loop.blocks);
        cr_assert_eq(blocks_init(&rig->loop.blocks, arena, rig->loop.vcpus, &rig->loop.count), 0);
    }
    clock_register(&rig->clock, &tracer->timer, "timer", on_timer, tracer);
    clock_register(&rig->clock, &tracer->beat, "beat", on_beat, tracer);
    clock_register(&rig->clock, &tracer->fast, "fast", on_fast, tracer);
    clock_arm(&rig->clock, &tracer->beat, 211);
    clock_arm(&rig->clock, &tracer->fast, 1009);
    rig->cpu->cpacr = 3 << 20;
    rig_translate(rig);
    for (unsigned i = 0; i < countof(program); i++)
        rig_put(rig, RIG_CODE + 4 * i, 4, program[i]);
    for (unsigned i = 0; i < countof(handlers); i++)
        rig_put(rig, HANDLERS + 4 * i, 4, handlers[i]);
    for (unsigned from = 0x200; from <= 0x400; from += 0x200) {
        vector(rig, from + A64_VECTOR_SYNC, 0);
        vector(rig, from + A64_VECTOR_IRQ, IRQ);
        vector(rig, from + A64_VECTOR_FIQ, FIQ);
    }
}

static void tracer_free(struct tracer *tracer)
{
    rig_free(tracer->rig);
}

static struct loop *tracer_loop(const struct tracer *tracer)
{
    return &tracer->rig->loop;
}

// --- what a trace is -------------------------------------------------------------------------------------------------

static uint64_t tracer_place(const struct tracer *tracer)
{
    return tracer->rig->cpu->r[A64_PC];
}

// All that the CPUs' lists of state have, and the time.
static uint64_t tracer_digest(const struct tracer *tracer)
{
    uint64_t hash = mix(tracer->rig->clock.now, tracer->taken);
    for (unsigned i = 0; i < tracer->rig->loop.count; i++) {
        struct visit_save save;
        visit_save_init(&save);
        a64_cpu_visit(tracer->rig->cpus[i], &save.visit);
        const uint8_t *data = save.data;
        for (size_t at = 0; at < save.size; at++)
            hash = mix(hash, data[at]);
        free(save.data);
    }
    return hash;
}

static uint64_t tracer_memory_digest(const struct tracer *tracer)
{
    uint64_t hash = 0;
    for (uint64_t at = 0; at < RIG_RAM; at += 8)
        hash = mix(hash, rig_get(tracer->rig, at, 8));
    return hash;
}

static void tracer_check(const struct tracer *tracer)
{
    cr_assert_gt(rig_get(tracer->rig, DATA_COUNT, 8), 1000);
    cr_assert_gt(rig_get(tracer->rig, DATA_TAKEN, 8), 100);
    cr_assert_eq(rig_get(tracer->rig, DATA_TAKEN, 8), tracer->taken);
    cr_assert_eq(rig_get(tracer->rig, DATA_MAPPED, 8), 40);
    cr_assert_eq(rig_get(tracer->rig, DATA_DENIED, 8), 40);
}

TRACE_TESTS(a64_trace, &a64_guest_by_switch)
