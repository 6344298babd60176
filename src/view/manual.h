// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Where a register is described: the manual, and its section.
#ifndef VIEW_MANUAL_H
#define VIEW_MANUAL_H

#include <intact/chips.h>

// "82093AA 3.2.4"; "" for what a chip keeps that no register shows. `gic_version` is 2 or 3, of an Arm machine.
const char *manual_section(const struct intact_chip_register *reg, unsigned gic_version);

#endif
