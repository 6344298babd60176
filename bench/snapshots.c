// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// What snapshots of a booted kernel cost, in processor time: in memory with 200 pages written since the last one, and in a
// file. The machine has 256 MiB and runs until its kernel's first program prints the marker of tools/linux.py.
//
//     bench-snapshots pc|virt KERNEL INITRD APPEND MARKER FILE      the state remains in FILE
//
// One line for each figure: name, value, unit. A time in memory is the median of 41.
#define _POSIX_C_SOURCE 200809L
#include <intact/machine.h>
#include <intact/snapshot.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define MIB    (UINT64_C(1) << 20)
#define MEMORY (256 * MIB)
#define LOWEST (16 * MIB) // of the pages written to: above the PC's holes

enum { PAGES = 200, APART = 307, PAGE = 4096, ROUNDS = 41, STRETCH = 100000 };

static char why[INTACT_ERROR_SIZE];

static void need(int result)
{
    if (result >= 0)
        return;
    fprintf(stderr, "bench-snapshots: %s\n", why);
    exit(1);
}

static double now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

// --- The machine -----------------------------------------------------------------------------------------------------

struct guest {
    struct intact_machine *machine;
    uint64_t ram; // where it begins
    const char *marker;
    size_t seen; // characters of it
};

static void read_serial(void *owner, uint8_t byte)
{
    struct guest *guest = owner;
    guest->seen = byte == (uint8_t)guest->marker[guest->seen] ? guest->seen + 1 : byte == (uint8_t)*guest->marker;
    if (!guest->marker[guest->seen]) {
        guest->seen = 0;
        intact_machine_quit(guest->machine);
    }
}

// As the command makes it from the options of tools/linux.py: it loads the file.
static void boot(struct guest *guest, char **argv)
{
    struct intact_machine_config config;
    intact_machine_config_init(&config);
    config.type = strcmp(argv[1], "pc") == 0 ? INTACT_PC : INTACT_VIRT;
    config.memory = MEMORY;
    guest->ram = config.type == INTACT_PC ? 0 : 1024 * MIB;
    config.cpu = config.type == INTACT_VIRT ? "cortex-a57" : NULL;
    config.kernel = argv[2];
    config.initrd = argv[3];
    config.append = argv[4];
    config.reboot = false;
    config.serial = (struct intact_console){ .write = read_serial, .owner = guest };
    guest->marker = argv[5];
    need(intact_machine_create(&config, &guest->machine, why));
    struct intact_exit end = intact_machine_run(guest->machine);
    if (end.reason != INTACT_QUIT) {
        fprintf(stderr, "bench-snapshots: no marker: %s\n", intact_reason_text(end.reason));
        exit(1);
    }
    printf("booted\t%" PRIu64 "\tinstructions\n", end.instructions);
}

// --- In memory -------------------------------------------------------------------------------------------------------

// Pages far apart, other ones and other contents each time: the guest itself writes to fewer.
static void write_pages(const struct guest *guest, unsigned round)
{
    for (uint32_t i = 0; i < PAGES; i++) {
        uint64_t page = (i * APART + round) % ((MEMORY - LOWEST) / PAGE);
        uint32_t value = round * PAGES + i + 1;
        uint64_t address = guest->ram + LOWEST + page * PAGE;
        if (intact_machine_write_memory(guest->machine, address, &value, sizeof value) < 0) {
            fprintf(stderr, "bench-snapshots: no RAM at %#" PRIx64 "\n", address);
            exit(1);
        }
    }
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static void report(const char *name, double *times, unsigned count)
{
    qsort(times, count, sizeof *times, compare);
    printf("%s\t%.4f\tms\n", name, times[count / 2]);
}

static void bench_memory(const struct guest *guest)
{
    struct intact_machine *machine = guest->machine;
    static double takes[ROUNDS], restores[ROUNDS];
    struct intact_snapshot *base, *snapshot;
    double begin = now_ms();
    need(intact_machine_snapshot(machine, &base, why));
    printf("first\t%.4f\tms\n", now_ms() - begin);
    printf("pages\t%" PRIu64 "\tbytes\n", intact_machine_snapshot_bytes(machine));
    for (unsigned i = 0; i < ROUNDS; i++) {
        intact_machine_run_for(machine, STRETCH);
        write_pages(guest, i);
        begin = now_ms();
        need(intact_machine_snapshot(machine, &snapshot, why));
        takes[i] = now_ms() - begin;
        begin = now_ms();
        need(intact_machine_restore(machine, base, why));
        restores[i] = now_ms() - begin;
        intact_machine_snapshot_free(machine, snapshot);
    }
    intact_machine_snapshot_free(machine, base);
    report("take", takes, ROUNDS);
    report("restore", restores, ROUNDS);
}

int main(int argc, char **argv)
{
    struct guest guest = { .seen = 0 };
    if (argc != 7)
        return 1;
    boot(&guest, argv);
    bench_memory(&guest);
    double begin = now_ms();
    need(intact_machine_save_file(guest.machine, argv[6], why));
    printf("save\t%.4f\tms\n", now_ms() - begin);
    intact_machine_destroy(guest.machine);
    return 0;
}
