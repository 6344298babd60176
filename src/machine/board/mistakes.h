// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The mistakes of the guest that devices count, for observers of a machine.
//
// A device counts them in a field of its list of state that is called `mistakes`. With an observer, the board looks for
// these fields, and compares them before and after each access; without one there is nothing.
//
//     src/vcpu/tlb.c (an access) --trace_sweep--> mistakes_sweep --> MISTAKE, chip INTACT_CHIP_DEVICE + n
#ifndef MACHINE_BOARD_MISTAKES_H
#define MACHINE_BOARD_MISTAKES_H

#include <stdbool.h>
#include <stdint.h>

#include "base/trace.h"
#include "base/visit.h"

struct mistakes_device {
    const uint32_t *counters;
    unsigned count;
    struct trace_mistakes before;
    const char *(*mistake)(unsigned which); // the name of one, mistake_names
    char name[48];                          // of the device, as in the list of state: "com1", "edu.0"
};

struct mistakes {
    struct mistakes_device *devices;
    unsigned count, capacity;
};

// Finds the counters of the lists that `visit` goes through; what they have counted so far is not reported. -ENOMEM.
int mistakes_find(struct mistakes *mistakes, void (*visit)(void *owner, struct visit *v), void *owner);
// Reports what has been counted since.
void mistakes_sweep(struct mistakes *mistakes, struct trace *trace, uint32_t vcpu);
void mistakes_free(struct mistakes *mistakes);

// mistake_names.c: what the counters of a field are called, by the name that VISIT gives it ("virtio->mistakes"). NULL: it is
// none of a device.
typedef const char *mistake_name_function(unsigned which);
mistake_name_function *mistake_names(const char *field);

#endif
