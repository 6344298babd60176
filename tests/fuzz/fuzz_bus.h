// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Random accesses to all addresses, registers and lines of a machine; no guest code runs. The common part of both
// families is in fuzz_bus.c, which also has the case; each family has its registers, its messages and what must hold
// after every step.
#ifndef TESTS_FUZZ_FUZZ_BUS_H
#define TESTS_FUZZ_FUZZ_BUS_H

#include "fuzz.h"
#include "groups/group.h"
#include "rig.h"

enum { BUS_GROUPS = 6, BUS_LINES = 4, BUS_FIRST_LINE = 16 };

// What a machine is made from; `gic` and `its` are Arm's, `gic` 0 is a PC.
struct bus_config {
    unsigned cpus, gic;
    bool its;
};

struct bus_case {
    struct intact_trace_observer observer;
    struct bus_config config;
    struct rig rig;
    struct intact_irq_group *groups[BUS_GROUPS];
    struct intact_irq_line lines[BUS_LINES]; // on GSI BUS_FIRST_LINE and up
    uint64_t accepted, dropped;              // messages and edges, as traced
    uint64_t seen;                           // digest of all that was read
    uint64_t open[BUS_GROUPS + 1];           // triggers without an end when the case began, of each group and of all
    bool sliced;                             // its time advances in smaller steps
    void *own;                               // data of the family, without pointers
};

struct bus_step {
    unsigned weight;
    void (*act)(struct bus_case *bus, struct fuzz *fuzz);
};

struct bus_family {
    struct bus_config (*draw)(struct fuzz *fuzz);
    // `own` must not move, since the machine's devices may use it.
    struct rig (*make)(const struct bus_config *config, void *own);
    size_t own_bytes;
    void (*copy_own)(void *to, const void *from); // NULL: all bytes
    uint64_t traced;                              // events for `trace`, as BIT64(id)
    void (*trace)(struct bus_case *bus, const struct intact_trace_event *event);
    const struct bus_step *steps;
    unsigned step_count;
    void (*was_reset)(struct bus_case *bus);
    void (*check)(struct bus_case *bus); // after every step
    // Address and data of a message that is often valid.
    void (*message)(struct fuzz *fuzz, uint64_t *address, uint32_t *data);
};

// The family's own.
extern const struct bus_family bus_family;

uint32_t bus_any_cpu(const struct bus_case *bus, struct fuzz *fuzz);
unsigned bus_any_size(struct fuzz *fuzz); // 1, 2, 4 or 8
// Into the digest of what was read.
void bus_note(struct bus_case *bus, uint64_t value);
// One access, printed and recorded.
void bus_do_write(struct bus_case *bus, struct fuzz *fuzz, uint64_t address, unsigned size, uint64_t value);
uint64_t bus_do_read(struct bus_case *bus, struct fuzz *fuzz, uint64_t address, unsigned size);

#endif
