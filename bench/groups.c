// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// What interrupt groups cost by themselves, in nanoseconds of processor time: a trigger, an update with its commit, an
// update in a batch, a mask and its end. The chips behind them count and do nothing.
//
//     bench-groups [REPEATS]        one line for each: name, nanoseconds, unit
#define _POSIX_C_SOURCE 200809L
#include <intact/interrupt.h>

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define ADDRESS UINT32_C(0xfee00000)

static uint64_t sent;

static bool take(void *owner, uint64_t address, uint32_t data, uint32_t device)
{
    (void)owner, (void)address, (void)data, (void)device;
    sent++;
    return true;
}

static bool everywhere(void *owner, uint64_t address, uint32_t device)
{
    (void)owner, (void)address, (void)device;
    return true;
}

static double now_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static struct intact_irq_config message(uint32_t data)
{
    return (struct intact_irq_config){ .type = INTACT_IRQ_MSIX, .address_low = ADDRESS, .data = data };
}

static struct intact_irq_group *open_group(struct intact_irq_manager *manager, uint32_t vectors)
{
    struct intact_irq_group *group = NULL;
    if (intact_irq_manager_create_group(manager, INTACT_IRQ_MSIX, INTACT_IRQ_ANY_BASE, vectors, &group))
        exit(1);
    for (uint32_t i = 0; i < vectors; i++) {
        struct intact_irq_config config = message(i);
        intact_irq_group_update(group, i, &config, false, false);
    }
    if (intact_irq_group_enable(group, NULL))
        exit(1);
    return group;
}

static void report(const char *name, uint32_t vectors, double begin, unsigned long repeats)
{
    printf("%s, %u vector%s\t%.1f\tns\n", name, (unsigned)vectors, vectors == 1 ? "" : "s",
           (now_ns() - begin) / (double)repeats);
}

static void bench_trigger(struct intact_irq_group *group, uint32_t vectors, unsigned long repeats)
{
    double begin = now_ns();
    for (unsigned long i = 0; i < repeats; i++)
        intact_irq_group_trigger(group, (uint32_t)(i * 7 % vectors));
    report("trigger", vectors, begin, repeats);
}

static void bench_update(struct intact_irq_group *group, uint32_t vectors, unsigned long repeats)
{
    double begin = now_ns();
    for (unsigned long i = 0; i < repeats; i++) {
        struct intact_irq_config config = message((uint32_t)i & 0xff);
        intact_irq_group_update(group, (uint32_t)(i * 7 % vectors), &config, false, false);
        intact_irq_group_set_gsi(group);
    }
    report("update and commit", vectors, begin, repeats);
}

static void bench_batch(struct intact_irq_group *group, uint32_t vectors, unsigned long repeats)
{
    double begin = now_ns();
    for (unsigned long i = 0; i < repeats; i++) {
        struct intact_irq_config config = message((uint32_t)i & 0xff);
        intact_irq_group_update(group, (uint32_t)(i % vectors), &config, false, i % vectors == vectors - 1);
    }
    report("update in a batch of all", vectors, begin, repeats);
}

static void bench_mask(struct intact_irq_group *group, uint32_t vectors, unsigned long repeats)
{
    double begin = now_ns();
    for (unsigned long i = 0; i < repeats; i++) {
        intact_irq_group_mask(group, (uint32_t)(i * 7 % vectors));
        intact_irq_group_unmask(group, (uint32_t)(i * 7 % vectors));
    }
    report("mask and unmask", vectors, begin, repeats);
}

int main(int argc, char **argv)
{
    static const uint32_t sizes[] = { 1, 2048 };
    unsigned long repeats = argc > 1 ? strtoul(argv[1], NULL, 0) : 2000000;
    const struct intact_irq_output output = { .size = sizeof(struct intact_irq_output),
                                              .message = take,
                                              .reaches = everywhere };
    struct intact_irq_manager *manager;
    if (intact_irq_manager_create(&output, &manager))
        return 1;
    for (unsigned i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        struct intact_irq_group *group = open_group(manager, sizes[i]);
        bench_trigger(group, sizes[i], repeats);
        bench_update(group, sizes[i], repeats);
        bench_batch(group, sizes[i], repeats);
        bench_mask(group, sizes[i], repeats);
        intact_irq_manager_destroy_group(manager, group);
    }
    return intact_irq_manager_destroy(manager) || !sent;
}
