// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Writes AML, the byte code of ACPI's namespace, in the order of the equivalent ASL. Spec: ACPI 6.5 chapter 20, and
// section 6.4 for resource descriptors.
//
//     aml_device(&aml, "COM1");
//         aml_name(&aml, "_HID"); aml_eisaid(&aml, "PNP0501");
//     aml_end(&aml);
//
// Packages are opened and closed; the length is written when a package is closed, always in the three-byte form.
#ifndef MACHINE_TABLES_AML_H
#define MACHINE_TABLES_AML_H

#include <stdint.h>

#include "machine/tables/blob.h"

#define AML_DEPTH 16

struct aml {
    struct blob *blob;
    size_t open[AML_DEPTH]; // where the length of each open package is
    unsigned depth;
};

// Of an id: 0 to 9, A to F.
static inline unsigned aml_hex_digit(char digit)
{
    return (unsigned)(digit <= '9' ? digit - '0' : digit - 'A' + 10);
}

void aml_scope(struct aml *aml, const char *path);
void aml_device(struct aml *aml, const char *name);
void aml_method(struct aml *aml, const char *name, unsigned arguments); // 0-7
void aml_package(struct aml *aml, uint8_t elements);
void aml_end(struct aml *aml);  // closes the last scope, device, method, package or condition
void aml_open(struct aml *aml); // begins what has a length and aml_end closes

void aml_name(struct aml *aml, const char *name); // the object that follows gets this name
void aml_reference(struct aml *aml, const char *path);
void aml_integer(struct aml *aml, uint64_t value);
void aml_text(struct aml *aml, const char *text);
void aml_eisaid(struct aml *aml, const char *id); // "PNP0501"
void aml_buffer(struct aml *aml, const void *bytes, uint16_t size);

// A resource template: descriptors between begin and end make one buffer.
struct aml_resources {
    struct blob blob;
    uint8_t data[512];
};
void aml_resources_begin(struct aml_resources *list);
void aml_resources_end(struct aml *aml, struct aml_resources *list);

void aml_io(struct aml_resources *list, uint16_t port, uint8_t size);
void aml_irq(struct aml_resources *list, uint8_t irq);                       // edge, active high, exclusive
void aml_interrupt(struct aml_resources *list, uint32_t gsi);                // level, active high, shared
void aml_edge_interrupt(struct aml_resources *list, uint32_t gsi);           // edge, active high, exclusive
void aml_memory32(struct aml_resources *list, uint32_t base, uint32_t size); // read and write
// Windows that a bridge forwards: bus numbers, I/O ports, memory; `first` and `last` inclusive.
void aml_window_bus(struct aml_resources *list, uint16_t first, uint16_t last);
void aml_window_io(struct aml_resources *list, uint16_t first, uint16_t last);
void aml_window_memory(struct aml_resources *list, uint32_t first, uint32_t last);
void aml_window_memory64(struct aml_resources *list, uint64_t first, uint64_t last);
void aml_window_ports(struct aml_resources *list, uint16_t last,
                      uint64_t memory); // ports 0 to `last`, which are memory on this side
void aml_memory64(struct aml_resources *list, uint64_t base, uint64_t size); // read and write, of the device itself
// An edge at a pin of a GPIO controller, active high: one that the device `controller` names.
void aml_gpio_interrupt(struct aml_resources *list, const char *controller, uint16_t pin);

#endif
