// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The PCI interrupts of a chipset that leads each of them to an IOAPIC pin of its own and to a line of the 8259As. Which of the two
// a system uses, it says with \_PIC (ACPI 6.5, 5.8.1), and _PRT answers accordingly.
//
//     \PICF        1: IOAPICs
//     LNKA ...     the 8259A lines        GSIA ...     the IOAPIC pins
//     _PRT         PRTP or PRTA
#ifndef MACHINE_TABLES_DSDT_PIRQ_H
#define MACHINE_TABLES_DSDT_PIRQ_H

#include "machine/tables/aml.h"
#include "machine/tables/description.h"

void dsdt_pic_method(struct aml *aml);
void dsdt_pirq_links(struct aml *aml, const struct machine_description *machine);
// Within the host bridge.
void dsdt_pirq_routes(struct aml *aml, const struct machine_description *machine);

#endif
