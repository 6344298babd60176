// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// A device of your own, in a machine: a counter on PCI with two MSI-X vectors. It counts once per period; vector 0
// means that it has counted, vector 1 that it has reached its limit and stopped.
//
//     counter pc   GUEST.elf       guests/examples/counter.c is the driver
//     counter virt GUEST.image
//
//     BAR 0:  0 RW period, ns (0: stopped)   4 RW limit   8 RO count
//
// Nothing here depends on an interrupt controller: the guest's driver decides where the vectors lead.
#include <intact/pci.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PERIOD = 0, LIMIT = 4, COUNT = 8, COUNTED = 0, FINISHED = 1, VECTORS = 2 };

struct counter {
    struct intact_pci_device *pci;
    struct {
        uint32_t period, limit, count;
    } state;
};

// --- The device -----------------------------------------------------------------------------------------------------

static void start(struct counter *counter)
{
    uint64_t period = counter->state.period;
    intact_pci_set_alarm(counter->pci, period ? intact_pci_now(counter->pci) + period : UINT64_MAX);
}

static void alarm(void *owner, uint64_t now)
{
    struct counter *counter = owner;
    (void)now;
    counter->state.count++;
    intact_pci_trigger(counter->pci, COUNTED);
    if (counter->state.count == counter->state.limit) {
        counter->state.period = 0;
        intact_pci_trigger(counter->pci, FINISHED);
    }
    start(counter);
}

static uint64_t read_register(void *owner, unsigned bar, uint64_t offset, unsigned size)
{
    const struct counter *counter = owner;
    (void)bar, (void)size;
    switch (offset) {
    case PERIOD: return counter->state.period;
    case LIMIT: return counter->state.limit;
    case COUNT: return counter->state.count;
    default: return 0;
    }
}

static void write_register(void *owner, unsigned bar, uint64_t offset, unsigned size, uint64_t value)
{
    struct counter *counter = owner;
    (void)bar, (void)size;
    if (offset == LIMIT)
        counter->state.limit = (uint32_t)value;
    if (offset != PERIOD)
        return;
    counter->state.period = (uint32_t)value;
    start(counter);
}

// --- The machine ----------------------------------------------------------------------------------------------------

static void put_character(void *owner, uint8_t byte)
{
    (void)owner;
    putchar(byte);
}

static int complain(const char *why)
{
    fprintf(stderr, "%s\n", why);
    return EXIT_FAILURE;
}

int main(int argc, char **argv)
{
    static struct counter counter;
    struct intact_pci_config device;
    struct intact_machine_config config;
    struct intact_machine *machine;
    char why[INTACT_ERROR_SIZE];

    if (argc != 3)
        return complain("counter: pc or virt, and the guest's file");
    intact_pci_config_init(&device);
    device.name = "counter";
    device.vendor = 0x1234;
    device.device = 0x1111;
    device.bars[0] = (struct intact_pci_bar){ INTACT_PCI_MEMORY, 16 };
    device.msix_vectors = VECTORS;
    device.msix_bar = 1;
    device.read = read_register;
    device.write = write_register;
    device.alarm = alarm;
    device.owner = &counter;
    device.state = &counter.state;
    device.state_size = sizeof counter.state;
    intact_machine_config_init(&config);
    config.type = strcmp(argv[1], "virt") == 0 ? INTACT_VIRT : INTACT_PC;
    config.kernel = argv[2];
    config.serial.write = put_character;
    config.debug_exit_port = config.type == INTACT_PC ? 0xf4 : 0;
    config.debug_exit_size = 4;
    if (intact_machine_create(&config, &machine, why) < 0 || intact_pci_add(machine, &device, &counter.pci, why) < 0)
        return complain(why);
    struct intact_exit end = intact_machine_run(machine);
    printf("%s; the counter is at %u\n", intact_reason_text(end.reason), counter.state.count);
    intact_machine_destroy(machine);
    return EXIT_SUCCESS;
}
