// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The flattened device tree of an Arm machine, made from the board's description, which has all its numbers.
#ifndef MACHINE_TABLES_FDT_H
#define MACHINE_TABLES_FDT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct fdt_window {
    uint64_t base, size; // 0, 0: not there
};

// A PCI host bridge: the processor's addresses of its spaces. Ports begin at 0 on the bus; memory has the same
// addresses on the bus.
struct fdt_pci {
    struct fdt_window ecam, io, memory, high;
    unsigned spi; // of INTA of slot 0
};

enum { FDT_GICR_REGIONS = 2 };

struct fdt_description {
    uint32_t cpus;
    const uint64_t *affinities; // MPIDR_EL1 affinity of each
    const char *cpu_compatible; // "arm,cortex-a57"
    struct fdt_window memory;

    unsigned gic_version;
    struct fdt_window gicd, gicr[FDT_GICR_REGIONS], gicc, v2m, its;
    unsigned v2m_first, v2m_count;                                   // INTIDs
    unsigned timer_secure, timer_physical, timer_virtual, timer_hyp; // PPI numbers

    struct fdt_window flash[2], fw_cfg;
    unsigned flash_width; // bytes
    struct fdt_pci pci;
    struct fdt_window virtio;          // virtio-mmio: equal slots
    unsigned virtio_slots, virtio_spi; // how many, and the interrupt of the first
    struct fdt_window serial, rtc;
    unsigned serial_spi, rtc_spi;
    struct fdt_window gpio; // a PL061
    unsigned gpio_spi;
    unsigned power_pin;    // of it: the power button
    uint32_t serial_clock; // Hz

    const char *append; // NULL: none
    bool seeds;         // /chosen has some, made from `seed`
    uint64_t seed;
    uint64_t initrd_base, initrd_size; // 0 bytes: none
};

// Writes the tree to `out`. 0, or -ENOMEM: `capacity` is too small.
int fdt_build(const struct fdt_description *machine, void *out, size_t capacity);

#endif
