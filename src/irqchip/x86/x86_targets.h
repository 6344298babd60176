// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Finds the CPUs that a destination matches, without a loop over all of them.
//
// Spec: Intel SDM vol. 3A, APIC chapter, "Determining IPI Destination" (physical, logical flat and cluster) and
// "Determining IPI Destination in x2APIC Mode". lapic_matches computes the same for one local APIC; tests compare the
// two.
//
//     physical       id ----------------------> CPU in x2APIC mode
//                    id 0-255 ----------------> CPUs in xAPIC mode with that id, usually one
//     logical        cluster << 16 | bits ----> x2APIC ids cluster * 16 + bit
//                    flat or cluster, 8 bits -> for each bit, a set of CPUs in xAPIC mode
//     broadcast      ------------------------> all that are enabled
//
// Sets are bit maps by CPU index. Looking up an id costs O(1), a logical destination one step for each of its bits.
// The CPUs' registers are the state; this is derived from them.
//
// Path: x86_irq_deliver.c / lapic.c
#ifndef IRQCHIP_X86_X86_TARGETS_H
#define IRQCHIP_X86_X86_TARGETS_H

#include <stdbool.h>
#include <stdint.h>

#include "irqchip/x86/lapic.h"
#include "msi/x86_message.h"

#define X86_TARGETS_NONE UINT32_MAX
#define X86_TARGETS_MANY (UINT32_MAX - 1) // use x86_targets_find

struct x86_targets {
    uint32_t cpus, words;      // words of a set
    uint32_t id_limit;         // entries of by_x2apic_id
    uint32_t *by_x2apic_id;    // CPU index + 1, 0: none in x2APIC mode
    uint32_t by_xapic_id[256]; // CPU index + 1 of the first CPU in xAPIC mode with that id
    uint32_t *next;            // index + 1 of the next CPU with the same xAPIC id
    uint32_t *listed;          // xAPIC id a CPU is listed under, + 1
    uint64_t *flat;            // [8] sets: that bit is in its flat logical id
    uint64_t *cluster;         // [16][4] sets: that cluster and bit is its logical id
    uint64_t *xapic;           // set of the CPUs in xAPIC mode
    uint64_t *x2apic;          // set of those in x2APIC mode
};

// `highest_id` is the highest initial APIC id. -ENOMEM.
int x86_targets_init(struct x86_targets *targets, uint32_t cpus, uint32_t highest_id);
void x86_targets_free(struct x86_targets *targets);

// Registers of `cpu` that destinations are compared with may have changed.
void x86_targets_update(struct x86_targets *targets, uint32_t cpu, const struct lapic *lapic);

// The only CPU that `message` matches; X86_TARGETS_NONE, or X86_TARGETS_MANY: there may be several.
uint32_t x86_targets_one(const struct x86_targets *targets, const struct x86_message *message);
// Adds all CPUs that `message` matches to `set` (`words` words).
void x86_targets_find(const struct x86_targets *targets, const struct x86_message *message, uint64_t *set);
// All CPUs whose local APIC is enabled.
void x86_targets_all(const struct x86_targets *targets, uint64_t *set);

#endif
