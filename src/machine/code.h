// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The observers of what a machine executes (<intact/code.h>).
#ifndef MACHINE_CODE_H
#define MACHINE_CODE_H

#include <stdbool.h>

struct intact_code_observer;
struct intact_machine;

struct code_observers {
    struct intact_code_observer *first;
    bool telling; // one of them is being told
};

// Removes all.
void code_observers_free(struct intact_machine *machine);

#endif
