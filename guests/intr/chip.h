// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The interface between intr.c and the drivers of the controllers.
#ifndef INTR_CHIP_H
#define INTR_CHIP_H

#include "intr/intr.h"

enum { INTR_LINES = 1024, INTR_MESSAGES = 512, INTR_ACTIONS = 640 };

struct intr_action {
    struct intr_action *next;
    void *device;
    intr_handler *handler;
};

// The handlers of an interrupt and the processor it is bound to.
struct intr_source {
    enum intr_trigger trigger;
    uint32_t cpu;
    uint32_t vector; // the number that the processor gets: a vector, an INTID
    struct intr_action *actions;
};

struct intr_irq {
    struct intr_source source; // first: the source leads here
    unsigned line;             // of the controller
    bool shared;
};

struct intr_msi {
    struct intr_source source;
    uint32_t requester;
    struct intr_message message;
};

struct intr_chip {
    const char *name;
    unsigned lines;
    bool boot_processor_only;
    // The line of the pin; corrects the trigger mode from the firmware's tables.
    unsigned (*line_of)(unsigned pin, enum intr_trigger *trigger);
    // Allocates a vector on source.cpu and sets the line up, masked. NO_VECTOR.
    int (*bind_irq)(struct intr_irq *irq);
    void (*unbind_irq)(struct intr_irq *irq);
    void (*mask_irq)(const struct intr_irq *irq);
    void (*unmask_irq)(const struct intr_irq *irq);
    // Allocates a vector on source.cpu and fills in the message for it. NO_VECTOR.
    int (*config_msi)(struct intr_msi *msi);
    void (*release_msi)(struct intr_msi *msi);
    // Ends the interrupt `taken` (a vector, or the value of IAR).
    void (*eoi)(uint32_t taken);
    // Prepares the current processor.
    void (*cpu_init)(void);
};

// The chip of that kind, ready for use, or NULL if there is none. BEST chooses. Each family implements it.
const struct intr_chip *intr_find_chip(enum intr_kind kind);

// From a chip's trap handler: the handlers of `source` (NULL: none), then the EOI.
void intr_deliver(const struct intr_source *source, uint32_t taken);

#endif
