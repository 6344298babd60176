// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Names of chips and of their pins, for events: in words ("local APIC of CPU 2", "LINT0") and short, without spaces
// ("lapic2", "lint0").
#ifndef OBSERVE_CHIPS_H
#define OBSERVE_CHIPS_H

#include <stddef.h>
#include <stdint.h>

#include <intact/trace.h>

#define CHIP_MESSAGE UINT64_C(0xffffffff) // of a ROUTE: not a chip; a message is sent

// The chip that an event is about, or ~0 if it is about none.
#define CHIP_NONE UINT64_MAX
uint64_t chip_of_event(const struct intact_trace_event *event);

// `event` says of which processor, and the names of devices.
void chip_text(const struct intact_trace_event *event, uint64_t chip, char *out, size_t size);
void chip_name(const struct intact_trace_event *event, uint64_t chip, char *out, size_t size);
void pin_text(uint64_t chip, uint64_t pin, char *out, size_t size);
void pin_name(uint64_t chip, uint64_t pin, char *out, size_t size);

#endif
