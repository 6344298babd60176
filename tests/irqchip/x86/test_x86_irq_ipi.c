// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The x86 wiring: interprocessor interrupts, destinations, arbitration, start-up of CPUs.
#include "test_x86_irq.h"

#include <string.h>

static struct board b;

static void ipi(uint32_t vcpu, uint32_t destination, uint32_t low)
{
    put(&b, vcpu, LAPIC_ICR_HIGH, destination << 24);
    put(&b, vcpu, LAPIC_ICR, low);
}

// The CPUs that have `bits` pending, as a mask of the first 64.
static uint64_t who(uint32_t bits)
{
    uint64_t set = 0;
    for (unsigned i = 0; i < 64 && i < b.irq.config.cpus; i++)
        set |= (b.pending[i] & bits) == bits ? BIT64(i) : 0;
    return set;
}

Test(x86_irq_ipi, each_shorthand_reaches_whom_it_names)
{
    static const uint64_t expected[] = { 1 << 3, 1 << 1, 0x1f, 0x1d };
    for (unsigned shorthand = 0; shorthand < 4; shorthand++) {
        board_pc(&b, 5);
        board_enable(&b);
        ipi(1, 3, shorthand << 18 | 1 << 14 | 0x45);
        cr_assert_eq(who(PENDING_INTR), expected[shorthand], "shorthand %u", shorthand);
        settled(&b);
        x86_irq_free(&b.irq);
    }
}

Test(x86_irq_ipi, a_physical_broadcast_reaches_all_with_the_sender)
{
    board_pc(&b, 5);
    board_enable(&b);
    ipi(1, 0xff, 0x45);
    cr_assert_eq(who(PENDING_INTR), 0x1f);
}

Test(x86_irq_ipi, flat_logical_destinations_reach_every_bit)
{
    board_pc(&b, 8);
    board_enable(&b);
    for (uint32_t i = 0; i < 8; i++)
        put(&b, i, LAPIC_LDR, 1u << (24 + i));
    ipi(0, 0xa5, 1 << 11 | 0x45);
    cr_assert_eq(who(PENDING_INTR), 0xa5);
}

Test(x86_irq_ipi, each_cpu_is_matched_in_its_own_logical_mode)
{
    board_pc(&b, 4);
    board_enable(&b);
    put(&b, 0, LAPIC_LDR, 0x21000000); // flat: bits 5 and 0
    put(&b, 1, LAPIC_LDR, 0x21000000); // cluster 2, bit 0
    put(&b, 1, LAPIC_DFR, 0x0fffffff);
    put(&b, 2, LAPIC_LDR, 0x02000000); // flat: bit 1
    ipi(3, 0x21, 1 << 11 | 0x45);
    cr_assert_eq(who(PENDING_INTR), 3);
    take(&b, 0), take(&b, 1);
    eoi(&b, 0), eoi(&b, 1);
    ipi(3, 0x22, 1 << 11 | 0x45);
    cr_assert_eq(who(PENDING_INTR), 5, "flat: bits 5 and 1; in cluster 2 only bit 1");
}

Test(x86_irq_ipi, two_cpus_with_one_xapic_id_both_take_it)
{
    board_pc(&b, 4);
    board_enable(&b);
    put(&b, 2, LAPIC_ID, 0x01000000);
    ipi(0, 1, 0x45);
    cr_assert_eq(who(PENDING_INTR), 6);
    put(&b, 1, LAPIC_ID, 0x0a000000);
    ipi(0, 10, X86_NMI << 8);
    cr_assert_eq(who(PENDING_NMI), 2);
    ipi(0, 1, X86_SMI << 8);
    cr_assert_eq(who(PENDING_SMI), 4);
}

Test(x86_irq_ipi, xapic_and_x2apic_cpus_live_in_one_machine)
{
    board_pc(&b, 4);
    board_enable(&b);
    enter_x2apic(&b, 2);
    enter_x2apic(&b, 3);
    ipi(0, 2, 0x45);
    cr_assert_eq(who(PENDING_INTR), 1 << 2, "from xAPIC to x2APIC");
    put_msr(&b, 3, 0x830, UINT64_C(1) << 32 | 0x45);
    cr_assert_eq(who(PENDING_INTR), 1 << 2 | 1 << 1, "and back");
    put_msr(&b, 3, 0x830, UINT64_C(0xffffffff00000000) | X86_NMI << 8);
    cr_assert_eq(who(PENDING_NMI), 0xf, "a broadcast for both");
    ipi(0, 0xff, X86_SMI << 8);
    cr_assert_eq(who(PENDING_SMI), 0xf, "of both");
}

Test(x86_irq_ipi, x2apic_clusters_of_more_than_eight_bits)
{
    static uint32_t ids[40];
    for (uint32_t i = 0; i < 40; i++)
        ids[i] = 0x1230 + i;
    board_config(&b, (struct x86_irq_config){ .cpus = 40, .apic_ids = ids, .pic_pin = -1 });
    for (uint32_t i = 0; i < 40; i++) {
        enter_x2apic(&b, i);
        put_msr(&b, i, 0x80f, 0x1ff);
    }
    put_msr(&b, 0, 0x830, UINT64_C(0x0124a001) << 32 | 1 << 11 | 0x45);
    cr_assert_eq(who(PENDING_INTR), BIT64(16) | BIT64(16 + 13) | BIT64(16 + 15));
    put_msr(&b, 0, 0x830, UINT64_C(0x1257) << 32 | X86_NMI << 8);
    cr_assert_eq(who(PENDING_NMI), BIT64(0x27));
}

Test(x86_irq_ipi, more_than_256_cpus_are_reached_in_x2apic_mode)
{
    board_config(&b, (struct x86_irq_config){ .cpus = 300, .pic_pin = -1 });
    for (uint32_t i = 0; i < 300; i++) {
        enter_x2apic(&b, i);
        put_msr(&b, i, 0x80f, 0x1ff);
    }
    for (uint32_t i = 0; i < 300; i++) {
        unsigned signals = b.signals;
        put_msr(&b, 7, 0x830, (uint64_t)i << 32 | 0x45);
        cr_assert_eq(b.pending[i], PENDING_INTR);
        cr_assert_eq(b.signals, signals + 1);
    }
    unsigned signals = b.signals;
    put_msr(&b, 7, 0x830, (uint64_t)LAPIC_TO_OTHERS << 18 | X86_NMI << 8);
    cr_assert_eq(b.signals, signals + 299);
}

Test(x86_irq_ipi, an_id_that_nobody_has_drops_the_message)
{
    board_pc(&b, 2);
    board_enable(&b);
    ipi(0, 7, 0x45);
    cr_assert_eq(b.drops, 1);
    cr_assert_eq(b.drop_reason, X86_IRQ_DROP_NO_CPU);
    put(&b, 1, LAPIC_SVR, 0xff);
    ipi(0, 1, 0x45);
    cr_assert_eq(b.drop_reason, X86_IRQ_DROP_REFUSED);
}

// --- Lowest priority ------------------------------------------------------------------------------------------------

static void logical_board(uint32_t cpus)
{
    board_pc(&b, cpus);
    board_enable(&b);
    for (uint32_t i = 0; i < cpus; i++)
        put(&b, i, LAPIC_LDR, 1u << (24 + i));
}

Test(x86_irq_ipi, lowest_priority_goes_to_the_cpu_with_the_lowest_priority)
{
    logical_board(4);
    put(&b, 0, LAPIC_TPR, 0x40);
    put(&b, 1, LAPIC_TPR, 0x20);
    put(&b, 2, LAPIC_TPR, 0x10);
    put(&b, 3, LAPIC_TPR, 0x30);
    x86_irq_msi(&b.irq, 0xfee0f004, X86_LOWEST << 8 | 0x95, 0);
    cr_assert_eq(who(PENDING_INTR), 1 << 2);
    x86_irq_msi(&b.irq, 0xfee0f004, X86_LOWEST << 8 | 0x96, 0);
    cr_assert_eq(who(PENDING_INTR), 1 << 2 | 1 << 1, "the first is busy now");
    x86_irq_msi(&b.irq, 0xfee09004, X86_LOWEST << 8 | 0x97, 0);
    cr_assert_eq(who(PENDING_INTR), 1 << 3 | 1 << 2 | 1 << 1, "among those addressed");
}

Test(x86_irq_ipi, ties_go_round)
{
    logical_board(4);
    for (unsigned i = 0; i < 12; i++) {
        unsigned expected = (i + 1) % 4;
        x86_irq_msi(&b.irq, 0xfee0f004, X86_LOWEST << 8 | 0x95, 0);
        cr_assert_eq(who(PENDING_INTR), BIT64(expected));
        cr_assert_eq(take(&b, expected), 0x95);
        eoi(&b, expected);
    }
}

Test(x86_irq_ipi, a_disabled_apic_does_not_win)
{
    logical_board(3);
    put(&b, 1, LAPIC_SVR, 0xff);
    put(&b, 0, LAPIC_TPR, 0x80);
    put(&b, 2, LAPIC_TPR, 0x80);
    x86_irq_msi(&b.irq, 0xfee07004, X86_LOWEST << 8 | 0x95, 0);
    cr_assert_eq(b.pending[1], 0);
    cr_assert(bits_get(get(&b, 2, LAPIC_IRR + 0x40), 21, 21), "requested, below its priority");
}

Test(x86_irq_ipi, the_redirection_hint_picks_one_of_a_logical_group)
{
    logical_board(4);
    x86_irq_msi(&b.irq, 0xfee0f00c, 0x95, 0);
    cr_assert_eq(__builtin_popcountll(who(PENDING_INTR)), 1);
    x86_irq_msi(&b.irq, 0xfee0f004, 0x96, 0);
    cr_assert_eq(who(PENDING_INTR), 0xf, "without it, all of them");
}

Test(x86_irq_ipi, the_redirection_hint_with_a_physical_destination_means_that_cpu)
{
    logical_board(4);
    x86_irq_msi(&b.irq, 0xfee02008, 0x95, 0);
    cr_assert_eq(who(PENDING_INTR), 1 << 2);
}

Test(x86_irq_ipi, lowest_priority_to_nobody_enabled_is_dropped)
{
    board_pc(&b, 2);
    cr_assert(!x86_irq_msi(&b.irq, 0xfeeff000, X86_LOWEST << 8 | 0x95, 0));
    cr_assert_eq(b.drop_reason, X86_IRQ_DROP_REFUSED);
}

// --- Start-up -------------------------------------------------------------------------------------------------------

Test(x86_irq_ipi, init_and_two_sipis_start_a_cpu_once)
{
    board_pc(&b, 3);
    put(&b, 0, LAPIC_SVR, 0x1ff);
    put(&b, 1, LAPIC_TPR, 0x20);
    ipi(0, 1, X86_INIT << 8 | 1 << 15 | 1 << 14);
    cr_assert_eq(b.pending[1], PENDING_INIT);
    cr_assert_eq(x86_irq_acknowledge(&b.irq, 1, PENDING_INIT, 0), 0);
    cr_assert_eq(get(&b, 1, LAPIC_TPR), 0, "INIT resets the local APIC");
    ipi(0, 1, X86_INIT << 8 | 1 << 15);
    cr_assert_eq(b.pending[1], 0, "the de-assert does nothing");
    ipi(0, 1, X86_SIPI << 8 | 0x9a);
    cr_assert_eq(b.pending[1], PENDING_SIPI);
    cr_assert_eq(x86_irq_acknowledge(&b.irq, 1, PENDING_SIPI, 0), 0x9a);
    ipi(0, 1, X86_SIPI << 8 | 0x9a);
    cr_assert_eq(b.pending[1], 0, "it runs already");
    cr_assert_eq(b.pending[2], 0);
}

Test(x86_irq_ipi, init_and_sipi_broadcast_to_all_others)
{
    board_pc(&b, 4);
    put(&b, 0, LAPIC_SVR, 0x1ff);
    put(&b, 0, LAPIC_ICR, LAPIC_TO_OTHERS << 18 | X86_INIT << 8 | 1 << 14);
    cr_assert_eq(who(PENDING_INIT), 0xe);
    for (uint32_t i = 1; i < 4; i++)
        x86_irq_acknowledge(&b.irq, i, PENDING_INIT, 0);
    put(&b, 0, LAPIC_ICR, LAPIC_TO_OTHERS << 18 | X86_SIPI << 8 | 1 << 14 | 0x10);
    cr_assert_eq(who(PENDING_SIPI), 0xe);
}

Test(x86_irq_ipi, init_forgets_the_logical_id)
{
    logical_board(3);
    ipi(0, 1, X86_INIT << 8 | 1 << 14);
    x86_irq_acknowledge(&b.irq, 1, PENDING_INIT, 0);
    put(&b, 1, LAPIC_SVR, 0x1ff);
    ipi(0, 0x07, 1 << 11 | 0x45);
    cr_assert_eq(who(PENDING_INTR), 5);
}

Test(x86_irq_ipi, a_globally_disabled_apic_is_not_there)
{
    board_pc(&b, 3);
    board_enable(&b);
    put_msr(&b, 1, LAPIC_MSR_BASE, LAPIC_DEFAULT_BASE);
    ipi(0, 1, X86_NMI << 8);
    cr_assert_eq(b.drop_reason, X86_IRQ_DROP_NO_CPU);
    ipi(0, 0xff, X86_SMI << 8);
    cr_assert_eq(who(PENDING_SMI), 5);
    put_msr(&b, 1, LAPIC_MSR_BASE, LAPIC_DEFAULT_BASE | LAPIC_BASE_ENABLE);
    ipi(0, 1, X86_NMI << 8);
    cr_assert_eq(who(PENDING_NMI), 2, "enabled again");
}

// --- The lookup against every single APIC ---------------------------------------------------------------------------

static uint32_t seed = 12345;

static uint32_t next_random(void)
{
    seed = seed * 1664525 + 1013904223;
    return seed >> 8;
}

static void shuffle_cpu(uint32_t vcpu)
{
    struct lapic *lapic = &b.irq.cpus[vcpu].lapic;
    switch (next_random() % 6) {
    case 0: put_msr(&b, vcpu, LAPIC_MSR_BASE, LAPIC_DEFAULT_BASE); break;
    case 1:
        if (!lapic_enabled(lapic))
            put_msr(&b, vcpu, LAPIC_MSR_BASE, LAPIC_DEFAULT_BASE | LAPIC_BASE_ENABLE);
        enter_x2apic(&b, vcpu);
        break;
    default:
        if (lapic_page(lapic) == UINT64_MAX) {
            put_msr(&b, vcpu, LAPIC_MSR_BASE, LAPIC_DEFAULT_BASE);
            put_msr(&b, vcpu, LAPIC_MSR_BASE, LAPIC_DEFAULT_BASE | LAPIC_BASE_ENABLE);
        }
        put(&b, vcpu, LAPIC_ID, (next_random() % 24) << 24);
        put(&b, vcpu, LAPIC_LDR, next_random() << 24);
        put(&b, vcpu, LAPIC_DFR, next_random() % 2 ? 0xffffffff : 0x0fffffff);
    }
}

static uint32_t random_destination(void)
{
    switch (next_random() % 5) {
    case 0: return 0xff;
    case 1: return 0xffffffff;
    case 2: return next_random() % 0x200;
    case 3: return (next_random() % 6) << 16 | next_random() % 0x10000;
    default: return next_random() % 100;
    }
}

Test(x86_irq_ipi, the_lookup_names_exactly_the_apics_that_match)
{
    static uint32_t ids[70];
    for (uint32_t i = 0; i < 70; i++)
        ids[i] = i * 4 / 3;
    board_config(&b, (struct x86_irq_config){ .cpus = 70, .apic_ids = ids, .pic_pin = -1 });
    for (unsigned round = 0; round < 20000; round++) {
        uint64_t found[2] = { 0 }, expected[2] = { 0 };
        shuffle_cpu(next_random() % 70);
        struct x86_message message = { .destination = random_destination(),
                                       .logical = next_random() % 2,
                                       .short_destination = next_random() % 2 };
        if (message.short_destination)
            message.destination &= 0xff;
        for (uint32_t i = 0; i < 70; i++)
            expected[i / 64] |= (uint64_t)lapic_matches(&b.irq.cpus[i].lapic, &message) << (i % 64);
        x86_targets_find(&b.irq.targets, &message, found);
        cr_assert_arr_eq(found, expected, sizeof found, "destination %x, logical %d", message.destination,
                         message.logical);
        uint32_t one = x86_targets_one(&b.irq.targets, &message);
        unsigned count = (unsigned)(__builtin_popcountll(found[0]) + __builtin_popcountll(found[1]));
        if (one == X86_TARGETS_NONE)
            cr_assert_eq(count, 0);
        else if (one != X86_TARGETS_MANY)
            cr_assert(count == 1 && found[one / 64] >> (one % 64) & 1);
    }
}

// --- Anything at any place ------------------------------------------------------------------------------------------

Test(x86_irq_ipi, random_accesses_leave_everything_settled)
{
    board_pc(&b, 8);
    for (unsigned round = 0; round < 200000; round++) {
        uint32_t vcpu = next_random() % 8, value = next_random() << 16 ^ next_random();
        uint64_t read;
        b.now += next_random() % 500;
        switch (next_random() % 12) {
        case 0: x86_irq_set_pin(&b.irq, next_random() % 3, next_random() % 24, value & 1); break;
        case 1: x86_irq_msi(&b.irq, 0xfee00000 | (value & 0xff00c), value >> 8 & 0x7ff, 0); break;
        case 2: x86_irq_ioapic_write(&b.irq, value & 1, (value & 2) * 8, 4, value >> 8, b.now); break;
        case 3: x86_irq_port_write(&b.irq, (uint16_t)(value & 0x81) | 0x20, (uint8_t)(value >> 8)); break;
        case 4:
            x86_irq_cpu_write(&b.irq, vcpu, PORT_REGISTER, 0x800 + value % 0x40, 8, value >> 8 & 0xff, b.now);
            break;
        case 5:
            x86_irq_cpu_write(&b.irq, vcpu, PORT_REGISTER, LAPIC_MSR_BASE, 8, LAPIC_DEFAULT_BASE | (value & 0xd00),
                              b.now);
            break;
        case 6:
            x86_irq_timer(&b.irq, vcpu, b.now);
            x86_irq_timer(&b.irq, X86_IRQ_HUB, b.now);
            break;
        case 7:
            x86_irq_cpu_read(&b.irq, vcpu, PORT_MEMORY, LAPIC_DEFAULT_BASE + value % 0x1000, 4, &read, b.now);
            break;
        case 8: x86_irq_acknowledge(&b.irq, vcpu, BIT32(value % 5), b.now); break;
        case 9: x86_irq_cpu_write(&b.irq, vcpu, PORT_MEMORY, LAPIC_DEFAULT_BASE + LAPIC_SVR, 4, 0x1ff, b.now); break;
        default:
            x86_irq_cpu_write(&b.irq, vcpu, PORT_MEMORY, LAPIC_DEFAULT_BASE + (value % 64) * 16, 4, value >> 6, b.now);
            break;
        }
        settled(&b);
        for (uint32_t i = 0; i < 8; i++)
            cr_assert_eq(b.pending[i] & ~PENDING_INTR, b.irq.cpus[i].lapic.latched);
    }
}
