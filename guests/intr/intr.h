// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Interrupts for drivers inside a guest: request a line or a message with a handler, independent of which controller
// there is. The same calls work on 8259A, IOAPIC with local APIC (xAPIC and x2APIC), GICv2 with v2m and GICv3 with ITS.
//
//     static bool handler(void *device) { ... return mine; }
//
//     intr_init(INTR_BEST);
//     intr_request_irq(pin, uart, handler, INTR_EDGE, true);
//
//     int id = intr_request_msi(nic, requester, handler, INTR_ANY_CPU);
//     struct intr_message message = intr_msi_message(id);      // for the device's table
//
// Handlers run with interrupts off, on the processor that the interrupt is bound to; the library does the end of
// interrupt. Requests are made by one processor at a time, outside handlers.
#ifndef INTR_H
#define INTR_H

#include "lib/guest.h"

enum intr_error {
    INTR_OK = 0,
    INTR_NO_MEMORY = -1,    // no room for another handler
    INTR_NO_VECTOR = -2,    // no processor has a vector left, or the requested one has none; no such line; no messages
    INTR_BUSY = -3,         // the line has another user, and one of the two does not share or needs another mode
    INTR_ALREADY_USED = -4, // this device has this line already
};
const char *intr_error_text(int error);

enum intr_trigger { INTR_EDGE, INTR_LEVEL_LOW, INTR_LEVEL_HIGH };

// Whether the interrupt was this device's.
typedef bool intr_handler(void *device);

// Which controller to use: the best there is, or one by name, where the machine has it.
enum intr_kind { INTR_BEST, INTR_8259, INTR_XAPIC, INTR_X2APIC, INTR_GICV2, INTR_GICV3, INTR_KINDS };

// On the boot processor, before everything else. False: the machine does not have it.
bool intr_init(enum intr_kind kind);
// On each other processor, so that interrupts may be sent there.
void intr_cpu_init(void);
const char *intr_chip_name(void);

// A line, by the number that the device's documentation has: ISA IRQ or GSI on a PC, SPI number on virt. A line may
// have several users if all of them share it; each handler is called. NO_MEMORY, NO_VECTOR, BUSY, ALREADY_USED.
int intr_request_irq(unsigned pin, void *device, intr_handler *handler, enum intr_trigger trigger, bool shared);
void intr_release_irq(unsigned pin, const void *device);
// Masks or unmasks the line, for all of its users.
void intr_mask_irq(unsigned pin);
void intr_unmask_irq(unsigned pin);

#define INTR_ANY_CPU UINT32_MAX // the one with the fewest interrupts

// A message of the device with that requester id (bus << 8 | slot << 3 | function). Returns its id, 0 or more;
// NO_MEMORY, NO_VECTOR.
int intr_request_msi(void *device, uint32_t requester, intr_handler *handler, uint32_t cpu);
void intr_release_msi(int id);

struct intr_message {
    uint64_t address;
    uint32_t data;
};
struct intr_message intr_msi_message(int id);

// The processor an interrupt was bound to, and how many are bound to one.
uint32_t intr_irq_cpu(unsigned pin);
uint32_t intr_msi_cpu(int id);
unsigned intr_load(uint32_t cpu);
// Enables interrupts for a moment. Call it, with interrupts off, until the expected interrupt has come; if that is
// bound to this processor it halts, and none can come between the check and the wait.
void intr_wait(uint32_t cpu);
// The number of interrupts that no handler recognised.
unsigned intr_unclaimed(void);

#endif
