// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// QEMU, docs/specs/edu: every register, both interrupts, DMA and its limits.
#include <errno.h>

#include "devices/edu.h"
#include "devices/pci/pci_rig.h"

#define BASE UINT64_C(0xe0000000)
#define MSI  0x05

static struct pci_rig rig;
static struct clock clock;
static struct edu edu;

static void setup(void)
{
    rig_open(&rig);
    clock_init(&clock);
    cr_assert_eq(edu_init(&edu, &clock, EDU_DMA_MASK, &rig.host.bus, PCI_DEVFN(4, 0)), 0);
    rig_set(&rig, &edu.pci, PCI_BAR0, 4, (uint32_t)BASE);
    rig_set(&rig, &edu.pci, PCI_COMMAND, 2, RIG_ON);
}

static void teardown(void)
{
    edu_destroy(&edu);
    rig_close(&rig);
}

TestSuite(edu, .init = setup, .fini = teardown);

static uint32_t get(unsigned offset)
{
    return (uint32_t)bus_read(&rig.memory, BASE + offset, 4, clock.now);
}

static void put(unsigned offset, uint32_t value)
{
    bus_write(&rig.memory, BASE + offset, 4, value, clock.now);
}

static void put8(unsigned offset, uint64_t value)
{
    bus_write(&rig.memory, BASE + offset, 8, value, clock.now);
}

static void enable_msi(void)
{
    unsigned at = rig_find(&rig, &edu.pci, MSI);
    rig_set(&rig, &edu.pci, at + 4, 4, 0xfee00000);
    rig_set(&rig, &edu.pci, at + 12, 2, 0x41);
    rig_set(&rig, &edu.pci, at + 2, 2, 1);
}

static void dma(uint64_t source, uint64_t destination, uint64_t count, uint64_t command)
{
    put8(EDU_DMA_SOURCE, source);
    put8(EDU_DMA_DESTINATION, destination);
    put8(EDU_DMA_COUNT, count);
    put8(EDU_DMA_COMMAND, command);
}

Test(edu, is_identified_and_alive)
{
    cr_assert_eq(rig_config(&rig, &edu.pci, PCI_VENDOR_ID, 4), 0x11e81234);
    cr_assert_eq(rig_config(&rig, &edu.pci, PCI_INTERRUPT_PIN, 1), 1);
    cr_assert_eq(get(EDU_IDENTIFICATION), 0x010000ed);
    put(EDU_IDENTIFICATION, 0);
    cr_assert_eq(get(EDU_IDENTIFICATION), 0x010000ed);
    put(EDU_LIVENESS, 0x12345678);
    cr_assert_eq(get(EDU_LIVENESS), 0xedcba987);
}

Test(edu, computes_factorials_in_virtual_time)
{
    static const struct {
        uint32_t n, result;
    } list[] = { { 0, 1 }, { 1, 1 }, { 5, 120 }, { 12, 479001600 }, { 13, 1932053504 }, { 34, 0 }, { 1000000, 0 } };
    for (unsigned i = 0; i < countof(list); i++) {
        put(EDU_FACTORIAL, list[i].n);
        cr_assert_eq(get(EDU_STATUS), EDU_STATUS_COMPUTING);
        cr_assert_eq(get(EDU_FACTORIAL), list[i].n);
        uint64_t end = clock.now + list[i].n * EDU_FACTOR_TIME;
        if (list[i].n) {
            run_to(&clock, end - 1);
            cr_assert_eq(get(EDU_STATUS), EDU_STATUS_COMPUTING);
        }
        run_to(&clock, end);
        cr_assert_eq(get(EDU_STATUS), 0);
        cr_assert_eq(get(EDU_FACTORIAL), list[i].result);
    }
    cr_assert_eq(get(EDU_INTERRUPT_STATUS), 0, "it was not asked to interrupt");
}

Test(edu, a_factorial_that_runs_is_not_disturbed)
{
    put(EDU_FACTORIAL, 5);
    put(EDU_FACTORIAL, 6);
    cr_assert_eq(edu.mistakes[EDU_BUSY], 1);
    put(EDU_STATUS, 0xffffffff);
    cr_assert_eq(get(EDU_STATUS), EDU_STATUS_INTERRUPT | EDU_STATUS_COMPUTING, "one bit can be written");
    run_to(&clock, 1000);
    cr_assert_eq(get(EDU_FACTORIAL), 120);
    cr_assert_eq(get(EDU_INTERRUPT_STATUS), EDU_INTERRUPT_FACTORIAL);
    cr_assert(rig.level[0], "slot 4, INTA");
    put(EDU_ACKNOWLEDGE, EDU_INTERRUPT_FACTORIAL);
    cr_assert_not(rig.level[0]);
}

Test(edu, intx_is_high_until_everything_raised_is_acknowledged)
{
    put(EDU_RAISE, 0x30);
    put(EDU_RAISE, 0x01);
    cr_assert_eq(get(EDU_INTERRUPT_STATUS), 0x31);
    cr_assert(rig.level[0]);
    put(EDU_ACKNOWLEDGE, 0x11);
    cr_assert_eq(get(EDU_INTERRUPT_STATUS), 0x20);
    cr_assert(rig.level[0]);
    put(EDU_ACKNOWLEDGE, 0x20);
    cr_assert_not(rig.level[0]);
    put(EDU_RAISE, 0);
    cr_assert_not(rig.level[0]);
    cr_assert_eq(rig.count, 0);
}

Test(edu, msi_is_a_message_each_time)
{
    enable_msi();
    put(EDU_RAISE, 1);
    put(EDU_RAISE, 1);
    cr_assert_eq(rig.count, 2);
    cr_assert_eq(rig.messages[1].data, 0x41);
    cr_assert_eq(rig.messages[1].device, PCI_DEVFN(4, 0));
    cr_assert_not(rig.level[0]);
    put(EDU_ACKNOWLEDGE, 1);
    put(EDU_RAISE, 0);
    cr_assert_eq(rig.count, 2);
}

Test(edu, dma_goes_both_ways_and_interrupts)
{
    for (unsigned i = 0; i < 100; i++)
        rig.bytes[0x1000 + i] = (uint8_t)(i + 1);
    dma(0x1000, EDU_BUFFER + 8, 100, EDU_DMA_RUN);
    cr_assert_eq(get(EDU_DMA_COMMAND), EDU_DMA_RUN);
    run_to(&clock, EDU_DMA_TIME - 1);
    cr_assert_eq(get(EDU_DMA_COMMAND), EDU_DMA_RUN);
    run_to(&clock, EDU_DMA_TIME);
    cr_assert_eq(get(EDU_DMA_COMMAND), 0);
    cr_assert_eq(get(EDU_INTERRUPT_STATUS), 0);
    dma(EDU_BUFFER + 8, 0x2001, 100, EDU_DMA_RUN | EDU_DMA_TO_RAM | EDU_DMA_INTERRUPT);
    run_to(&clock, 2 * EDU_DMA_TIME);
    cr_assert_eq(get(EDU_INTERRUPT_STATUS), EDU_INTERRUPT_DMA);
    cr_assert(rig.level[0]);
    for (unsigned i = 0; i < 100; i++)
        cr_assert_eq(rig.bytes[0x2001 + i], i + 1);
    cr_assert_eq(rig.bytes[0x2001 + 100], 0);
}

Test(edu, dma_stays_within_the_buffer)
{
    static const struct {
        uint64_t inside, count;
    } bad[] = { { EDU_BUFFER - 1, 1 }, { EDU_BUFFER, EDU_DMA_SIZE + 1 }, { EDU_BUFFER + EDU_DMA_SIZE, 1 }, { 0, 4 },
                { UINT64_MAX, 2 },     { EDU_BUFFER + 1, UINT64_MAX } };
    for (unsigned i = 0; i < countof(bad); i++) {
        dma(bad[i].inside, 0x2000, bad[i].count, EDU_DMA_RUN | EDU_DMA_TO_RAM | EDU_DMA_INTERRUPT);
        run_to(&clock, (i + 1) * EDU_DMA_TIME);
        cr_assert_eq(edu.mistakes[EDU_BAD_RANGE], i + 1);
        cr_assert_eq(get(EDU_DMA_COMMAND) & EDU_DMA_RUN, 0, "it ends all the same");
        cr_assert_eq(get(EDU_INTERRUPT_STATUS), EDU_INTERRUPT_DMA);
    }
    dma(EDU_BUFFER, 0x2000, EDU_DMA_SIZE, EDU_DMA_RUN | EDU_DMA_TO_RAM);
    run_to(&clock, 10 * EDU_DMA_TIME);
    cr_assert_eq(edu.mistakes[EDU_BAD_RANGE], countof(bad), "all of it is within");
}

Test(edu, dma_addresses_have_28_bits_unless_told_otherwise)
{
    rig.bytes[0x3000] = 0x77;
    dma(0xf0003000, EDU_BUFFER, 1, EDU_DMA_RUN);
    run_to(&clock, EDU_DMA_TIME);
    cr_assert_eq(edu.mistakes[EDU_MASKED_BITS], 1);
    cr_assert_eq(edu.buffer[0], 0x77);
}

Test(edu, dma_that_runs_is_not_disturbed_and_without_a_master_reads_ones)
{
    dma(0x1000, EDU_BUFFER, 2, EDU_DMA_RUN);
    put8(EDU_DMA_SOURCE, 0x5000);
    put8(EDU_DMA_COMMAND, 0);
    cr_assert_eq(edu.mistakes[EDU_BUSY], 2);
    cr_assert_eq(get(EDU_DMA_SOURCE), 0x1000);
    rig_set(&rig, &edu.pci, PCI_COMMAND, 2, PCI_COMMAND_MEMORY);
    run_to(&clock, EDU_DMA_TIME);
    cr_assert_eq(edu.pci.mistakes[PCI_NO_MASTER], 1);
    cr_assert_eq(edu.buffer[0], 0xff);
    cr_assert_eq(edu.buffer[2], 0);
    put8(EDU_DMA_COMMAND, EDU_DMA_INTERRUPT);
    cr_assert_eq(clock_next(&clock), CLOCK_NEVER, "only with the run bit");
}

Test(edu, only_4_bytes_are_allowed_below_80h_and_4_or_8_above)
{
    cr_assert_eq(bus_read(&rig.memory, BASE, 8, 0), UINT64_MAX);
    cr_assert_eq(bus_read(&rig.memory, BASE, 2, 0), 0xffff);
    bus_write(&rig.memory, BASE + EDU_LIVENESS, 1, 0, 0);
    bus_write(&rig.memory, BASE + EDU_LIVENESS, 2, 0, 0);
    cr_assert_eq(get(EDU_LIVENESS), 0);
    cr_assert_eq(bus_read(&rig.memory, BASE + EDU_DMA_SOURCE + 4, 8, 0), UINT64_MAX, "not aligned");
    cr_assert_eq(edu.mistakes[EDU_BAD_ACCESS], 5);
    put(EDU_DMA_SOURCE, 0x11111111);
    put(EDU_DMA_SOURCE + 4, 0x22222222);
    cr_assert_eq(bus_read(&rig.memory, BASE + EDU_DMA_SOURCE, 8, 0), 0x2222222211111111);
    cr_assert_eq(get(0x0c), UINT32_MAX);
    cr_assert_eq(get(0xa0), UINT32_MAX);
    cr_assert_eq(get(EDU_RAISE), UINT32_MAX, "write-only");
    put(0x28, 1);
    cr_assert_eq(edu.mistakes[EDU_BAD_ACCESS], 9);
    cr_assert_eq(get(EDU_BUFFER), UINT32_MAX, "the buffer is for DMA alone");
}

static void list(void *object, struct visit *v)
{
    edu_visit(object, v);
}

Test(edu, is_saved_and_loaded_with_what_runs)
{
    struct visit_save save;
    rig.bytes[0x1000] = 0x5a;
    put(EDU_STATUS, EDU_STATUS_INTERRUPT);
    put(EDU_FACTORIAL, 5);
    dma(0x1000, EDU_BUFFER, 1, EDU_DMA_RUN | EDU_DMA_INTERRUPT);
    enable_msi();
    visit_save_init(&save);
    edu_visit(&edu, &save.visit);
    edu_reset(&edu, clock.now);
    cr_assert_eq(clock_next(&clock), CLOCK_NEVER);
    check_load(&edu, list, &save);
    clock_loaded(&clock);
    pci_bus_loaded(&rig.host.bus);
    free(save.data);
    run_to(&clock, EDU_DMA_TIME);
    cr_assert_eq(get(EDU_FACTORIAL), 120);
    cr_assert_eq(edu.buffer[0], 0x5a);
    cr_assert_eq(get(EDU_INTERRUPT_STATUS), EDU_INTERRUPT_DMA | EDU_INTERRUPT_FACTORIAL);
}

Test(edu, no_byte_of_its_state_is_missed)
{
    size_t state = rig_state(&edu.pci) + 4 * sizeof edu.liveness + sizeof edu.dma + sizeof edu.buffer +
                   sizeof edu.mistakes + 2 * sizeof edu.moved.deadline;
    cr_assert_eq(visit_uncovered(&edu, sizeof edu, list), sizeof edu - state);
}

Test(edu, a_reset_forgets_everything)
{
    put(EDU_RAISE, 1);
    put(EDU_LIVENESS, 1);
    put(EDU_FACTORIAL, 9);
    enable_msi();
    edu_reset(&edu, 0);
    rig_set(&rig, &edu.pci, PCI_BAR0, 4, (uint32_t)BASE);
    rig_set(&rig, &edu.pci, PCI_COMMAND, 2, RIG_ON);
    for (unsigned offset = EDU_LIVENESS; offset <= EDU_FACTORIAL; offset += 4)
        cr_assert_eq(get(offset), 0);
    cr_assert_eq(get(EDU_STATUS), 0);
    cr_assert_eq(get(EDU_INTERRUPT_STATUS), 0);
    cr_assert_not(rig.level[0]);
    cr_assert_eq(pci_irq_mode(&edu.pci), INTACT_IRQ_MODE_LEGACY);
}

Test(edu, a_slot_that_is_taken_is_refused)
{
    struct edu other;
    cr_assert_eq(edu_init(&other, &clock, EDU_DMA_MASK, &rig.host.bus, PCI_DEVFN(4, 0)), -EEXIST);
}
