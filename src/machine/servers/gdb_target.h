// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// What gdb's protocol asks of a machine (struct gdb_target of debug/gdb.h): its processors, memory, breakpoints, and the
// commands of `monitor`.
#ifndef MACHINE_GDB_TARGET_H
#define MACHINE_GDB_TARGET_H

#include <intact/machine.h>

#include "debug/gdb.h"
#include "machine/monitor/monitor.h"

// The machine and the monitor, whose machine is set, outlive it. What the commands have added to the machine is the monitor's.
struct gdb_target gdb_target_of(struct intact_machine *machine, struct monitor *monitor);

#endif
