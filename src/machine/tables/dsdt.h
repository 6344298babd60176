// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The body of the DSDT: what a PC has that cannot be found by probing.
#ifndef MACHINE_TABLES_DSDT_H
#define MACHINE_TABLES_DSDT_H

#include "machine/tables/blob.h"
#include "machine/tables/description.h"

void dsdt_append(struct blob *blob, const struct machine_description *machine);

#endif
