// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// A non-maskable interrupt through the whole of `virt`: timer, redistributor, CPU interface, exception, ICC_NMIAR1_EL1.
#include <criterion/criterion.h>

#include <intact/machine.h>

#include "base/bits.h"

// The virtual timer's PPI is non-maskable; PSTATE.I stays set. What ICC_IAR1_EL1 >> 2 and ICC_NMIAR1_EL1 say goes to the
// console. Vectors are 800h behind the start.
enum { IRQ_VECTOR = (0x800 + 0x280) / 4 };
static const uint32_t code[] = {
    0xd2a12009,                // mov x9, #0x9000000
    0xd2a1000a,                // mov x10, #0x8000000
    0x52800241,                // mov w1, #0x12
    0xb9000141,                // str w1, [x10]
    0xd2a1014a,                // mov x10, #0x80a0000
    0xb900155f,                // str wzr, [x10, #20]
    0x9140414a,                // add x10, x10, #16, lsl #12
    0x12800001,                // mov w1, #-1
    0xb9008141,                // str w1, [x10, #0x80]
    0x52a10001,                // mov w1, #0x8000000
    0xb90f8141,                // str w1, [x10, #0xf80]
    0xb9010141,                // str w1, [x10, #0x100]
    0x10003e81,                // adr x1, vectors
    0xd518c001,                // msr VBAR_EL1, x1
    0xd5381001,                // mrs x1, SCTLR_EL1
    0xb2430021,                // orr x1, x1, #1 << 61
    0xd5181001,                // msr SCTLR_EL1, x1
    0xd2800021,                // mov x1, #1
    0xd518cce1,                // msr ICC_IGRPEN1_EL1, x1
    0xd2807d01,                // mov x1, #1000
    0xd51be301,                // msr CNTV_TVAL_EL0, x1
    0xd2800021,                // mov x1, #1
    0xd51be321,                // msr CNTV_CTL_EL0, x1
    0xd501401f,                // msr ALLINT, #0
    0xd503207f,                // wfi
    0x17ffffff,                // b .-4
    [IRQ_VECTOR] = 0xd538cc01, // mrs x1, ICC_IAR1_EL1
    0x53027c22,                // lsr w2, w1, #2
    0x39000122,                // strb w2, [x9]
    0xd538c9a1,                // mrs x1, ICC_NMIAR1_EL1
    0x39000121,                // strb w1, [x9]
    0xd2b08000,                // mov x0, #0x84000000
    0xf2800100,                // movk x0, #8
    0xd4000002,                // hvc #0
};

static uint8_t text[8];
static unsigned length, taken, acknowledged;

static void write_text(void *owner, uint8_t byte)
{
    (void)owner;
    if (length < sizeof text)
        text[length++] = byte;
}

static void tap(void *owner, const struct intact_trace_event *event)
{
    (void)owner;
    taken += event->id == INTACT_TRACE_TAKE && event->a == 0x20;
    acknowledged += event->id == INTACT_TRACE_ACK && event->a == 27;
}

Test(virt_nmi, superpriority_passes_the_mask_of_irqs)
{
    struct intact_machine_config config = {
        .size = sizeof(struct intact_machine_config),
        .type = INTACT_VIRT,
        .gic_version = 3,
        .cpu = "max",
        .cpus = 1,
        .memory = UINT64_C(64) << 20,
        .kernel = "code",
        .kernel_data = code,
        .kernel_size = sizeof code,
        .com1 = true,
        .rtc_date = 1767225600,
        .limit = 1000000,
        .serial.write = write_text,
    };
    struct intact_machine *machine;
    char why[INTACT_ERROR_SIZE];
    cr_assert_eq(intact_machine_create(&config, &machine, why), 0, "%s", why);
    struct intact_trace_observer observer;
    intact_trace_observer_init(&observer, INTACT_TRACE_ALL, tap, NULL);
    cr_assert_eq(intact_machine_trace(machine, &observer), 0);
    cr_assert_eq(intact_machine_run(machine).reason, INTACT_POWER_OFF);
    cr_assert_eq(length, 2);
    cr_assert_eq(text[0], 1022 >> 2 & 0xff, "ICC_IAR1_EL1: it is for the other one");
    cr_assert_eq(text[1], 27);
    cr_assert_eq(taken, 1, "each fact is told once");
    cr_assert_eq(acknowledged, 1);
    intact_machine_destroy(machine);
}
