// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The cost of an interrupt, counted: words of bitmaps, accesses to guest memory, CPUs checked. It depends neither on
// how many others are pending nor on how many CPUs there are.
#include <sys/resource.h>

#include "test_its.h"

// --- Bitmaps --------------------------------------------------------------------------------------------------------

// Words of a set that differ from what they were before.
static unsigned changed(const uint64_t *words, uint64_t *before, size_t count)
{
    unsigned differ = 0;
    for (size_t i = 0; i < count; i++)
        differ += words[i] != before[i];
    memcpy(before, words, count * sizeof *words);
    return differ;
}

Test(arm_irq_cost, a_member_of_a_set_touches_a_word_of_each_layer_at_most)
{
    static const struct {
        unsigned bits, layers;
    } sizes[] = { { 14, 3 }, { 16, 3 }, { 20, 4 }, { 24, 4 } };
    for (unsigned i = 0; i < countof(sizes); i++) {
        size_t count = gic_set_words(sizes[i].bits);
        uint64_t *words = calloc(count, 8), *before = calloc(count, 8);
        uint32_t last = BIT32(sizes[i].bits) - 1;
        struct gic_set set;
        gic_set_init(&set, sizes[i].bits, words);
        cr_assert_eq(set.depth, sizes[i].layers, "which is how many words gic_set_lowest reads");
        gic_set_add(&set, last);
        cr_assert_eq(changed(words, before, count), sizes[i].layers, "an empty set");
        gic_set_remove(&set, last);
        cr_assert_eq(changed(words, before, count), sizes[i].layers);
        for (uint32_t member = 0; member <= last; member++)
            gic_set_add(&set, member);
        changed(words, before, count);
        gic_set_remove(&set, last);
        cr_assert_eq(changed(words, before, count), 1, "a full one");
        gic_set_add(&set, last);
        cr_assert_eq(changed(words, before, count), 1);
        cr_assert_eq(gic_set_lowest(&set), 0);
        free(words);
        free(before);
    }
}

// --- Guest memory ---------------------------------------------------------------------------------------------------

static unsigned reads, writes;

static bool counted_read(void *owner, uint64_t address, void *data, size_t size)
{
    reads++;
    return rig_memory_read(owner, address, data, size);
}

static bool counted_write(void *owner, uint64_t address, const void *data, size_t size)
{
    writes++;
    return rig_memory_write(owner, address, data, size);
}

static void count_memory(struct rig *rig)
{
    rig->irq.config.memory.read = counted_read;
    rig->irq.config.memory.write = counted_write;
    reads = writes = 0;
}

Test(arm_irq_cost, an_event_is_translated_once_and_then_from_the_cache)
{
    struct rig *rig = rig_mapped();
    count_memory(rig);
    send(rig, 5, 3);
    cr_assert_eq(reads, 4, "device, event and collection, and the LPI's configuration: %u", reads);
    cr_assert_eq(rig_take(rig, 1), 8203);
    for (unsigned i = 0; i < 100; i++) {
        send(rig, 5, 3);
        cr_assert_eq(rig_take(rig, 1), 8203);
    }
    cr_assert_eq(reads, 4);
    cr_assert_eq(writes, 0);
    rig_free(rig);
}

Test(arm_irq_cost, lpis_that_are_pending_are_not_looked_at)
{
    struct rig *rig = rig_mapped();
    for (uint32_t intid = 8192; intid < 65536; intid++)
        if (intid != 8203)
            gicr_put64(rig, 1, 0x40, intid); // GICR_SETLPIR
    *lpi_property(rig, 8203) = 1;            // above the others
    send(rig, 5, 3);
    cr_assert_eq(rig_take(rig, 1), 8203);
    count_memory(rig);
    rig->signals = 0;
    for (unsigned i = 0; i < 100; i++) {
        send(rig, 5, 3);
        cr_assert_eq(rig_take(rig, 1), 8203);
    }
    cr_assert_eq(reads + writes, 0);
    rig_free(rig);
}

// --- CPUs -----------------------------------------------------------------------------------------------------------

// A CPU that is not settled keeps what it has wrong.
static void spoil(struct rig *rig, uint32_t but)
{
    for (uint32_t i = 0; i < RIG_CPUS; i++)
        if (i != but)
            rig->irq.cpus[i].pending = rig->pending[i] = PENDING_FIQ;
}

static void nobody_was_settled(const struct rig *rig, uint32_t but)
{
    for (uint32_t i = 0; i < RIG_CPUS; i++)
        cr_assert(i == but || rig->irq.cpus[i].pending == PENDING_FIQ, "CPU %u", i);
}

Test(arm_irq_cost, one_cpu_is_settled_for_an_interrupt_of_one_cpu)
{
    struct rig *rig = rig_v3(RIG_CPUS);
    arm_irq_write(&rig->frame[ARM_IRQ_WINDOW_GICD], 0x6100, 8, 2 << 8 | 5, 0); // SPI 0: CPU 37
    spoil(rig, 37);
    arm_irq_set_pin(&rig->irq, ARM_IRQ_GICD, 0, true);
    cr_assert_eq(rig->pending[37], PENDING_IRQ);
    arm_irq_set_pin(&rig->irq, ARM_IRQ_GICD, 0, false);
    arm_irq_set_ppi(&rig->irq, 37, 27, true);
    cr_assert_eq(icc_get(rig, 37, ICC_IAR1_EL1), 27);
    icc_put(rig, 37, ICC_EOIR1_EL1, 27);
    arm_irq_set_ppi(&rig->irq, 37, 27, false);
    icc_put(rig, 0, ICC_SGI1R_EL1, UINT64_C(1) << 24 | 2 << 16 | BIT32(5)); // SGI 1 to affinity 0.0.2.5
    cr_assert_eq(rig_take(rig, 37), 1);
    nobody_was_settled(rig, 37);
    rig_free(rig);
}

// --- A reset --------------------------------------------------------------------------------------------------------

enum { A_FEW = 4096 }; // of 80,000 and more; sanitizers have some of their own

static long page_faults(void)
{
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return usage.ru_minflt + usage.ru_majflt;
}

// 32 CPUs with 24 INTID bits have 2.6 GiB set aside for LPIs; a reset touches what was used of it, one LPI of each.
Test(arm_irq_cost, a_reset_costs_what_was_used)
{
    const uint32_t intid = 0x800000;
    const uint64_t properties = RIG_BASE + 0x10000 - (intid - 8192);
    struct rig *rig = rig_v3_config((struct arm_irq_config){ .cpus = 32, .spis = 32, .lpi_bits = 24 });
    long before = page_faults();
    arm_irq_reset(&rig->irq);
    cr_assert_lt(page_faults() - before, A_FEW, "unused");
    rig_memory(rig)[0x10000] = 0xa1;
    for (uint32_t cpu = 0; cpu < 32; cpu++) {
        gicr_put64(rig, cpu, 0x70, properties | 23);
        gicr_put64(rig, cpu, 0x78, GICR_PENDBASER_PTZ);
        gicr_put(rig, cpu, 0, GICR_CTLR_ENABLE_LPIS);
        gicr_put64(rig, cpu, 0x40, intid);
        cr_assert(gicr_lpi_is_pending(&rig->irq.cpus[cpu].gicr, intid));
    }
    before = page_faults();
    arm_irq_reset(&rig->irq);
    cr_assert_lt(page_faults() - before, A_FEW);
    for (uint32_t cpu = 0; cpu < 32; cpu++)
        cr_assert_not(gicr_lpi_is_pending(&rig->irq.cpus[cpu].gicr, intid));
    rig_free(rig);
}
