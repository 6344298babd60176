// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// QEMU, docs/specs/edu. The registers are drawn in edu.h.
//
// Path: guest / devices/pci/pci_irq.c
#include "devices/edu.h"

#include <string.h>

#include "base/bits.h"

#define IDENTIFICATION UINT32_C(0x010000ed)

enum { SOURCE, DESTINATION, COUNT, COMMAND, DMA_REGISTERS };

// --- Interrupts ------------------------------------------------------------------------------------------------------

static void raise(struct edu *edu, uint32_t bits)
{
    edu->interrupt_status |= bits;
    if (!edu->interrupt_status)
        return;
    pci_irq_set_level(&edu->pci, true);
    pci_irq_trigger(&edu->pci, 0); // without effect in INTx mode
}

static void acknowledge(struct edu *edu, uint32_t bits)
{
    edu->interrupt_status &= ~bits;
    pci_irq_set_level(&edu->pci, edu->interrupt_status != 0);
}

// --- Factorial -------------------------------------------------------------------------------------------------------

// Modulo 2^32; from 34! on that is 0.
static uint32_t factorial(uint32_t n)
{
    uint32_t result = 1;
    for (uint32_t i = 2; i <= n && result; i++)
        result *= i;
    return result;
}

static void write_factorial(struct edu *edu, uint32_t n, uint64_t now)
{
    if (edu->status & EDU_STATUS_COMPUTING) {
        edu->mistakes[EDU_BUSY]++;
        return;
    }
    edu->factorial = n;
    edu->status |= EDU_STATUS_COMPUTING;
    clock_arm(edu->clock, &edu->computed, now + n * EDU_FACTOR_TIME);
}

static void computed(void *owner, uint64_t now)
{
    struct edu *edu = owner;
    (void)now;
    edu->factorial = factorial(edu->factorial);
    edu->status &= ~EDU_STATUS_COMPUTING;
    if (edu->status & EDU_STATUS_INTERRUPT)
        raise(edu, EDU_INTERRUPT_FACTORIAL);
}

// --- DMA -------------------------------------------------------------------------------------------------------------

static bool in_buffer(uint64_t address, uint64_t count)
{
    return address >= EDU_BUFFER && count <= EDU_DMA_SIZE && address - EDU_BUFFER <= EDU_DMA_SIZE - count;
}

static uint64_t bus_address(struct edu *edu, uint64_t address)
{
    edu->mistakes[EDU_MASKED_BITS] += (address & ~edu->dma_mask) != 0;
    return address & edu->dma_mask;
}

static void move(struct edu *edu)
{
    bool to_ram = edu->dma[COMMAND] & EDU_DMA_TO_RAM;
    uint64_t inside = edu->dma[to_ram ? SOURCE : DESTINATION], count = edu->dma[COUNT];
    uint64_t outside = bus_address(edu, edu->dma[to_ram ? DESTINATION : SOURCE]);
    if (!in_buffer(inside, count)) {
        edu->mistakes[EDU_BAD_RANGE]++;
        return;
    }
    uint8_t *buffer = edu->buffer + (inside - EDU_BUFFER);
    if (to_ram)
        pci_write_memory(&edu->pci, outside, buffer, count);
    else
        pci_read_memory(&edu->pci, outside, buffer, count);
}

static void moved(void *owner, uint64_t now)
{
    struct edu *edu = owner;
    (void)now;
    move(edu);
    edu->dma[COMMAND] &= ~(uint64_t)EDU_DMA_RUN;
    if (edu->dma[COMMAND] & EDU_DMA_INTERRUPT)
        raise(edu, EDU_INTERRUPT_DMA);
}

static void write_dma(struct edu *edu, unsigned offset, unsigned size, uint64_t value, uint64_t now)
{
    unsigned index = (offset - EDU_DMA_SOURCE) / 8;
    if (edu->dma[COMMAND] & EDU_DMA_RUN) {
        edu->mistakes[EDU_BUSY]++;
        return;
    }
    if (index == COMMAND && offset % 8 == 0 && !(value & EDU_DMA_RUN))
        return; // nothing starts
    bytes_put((uint8_t *)&edu->dma[index] + offset % 8, size, value);
    if (edu->dma[COMMAND] & EDU_DMA_RUN)
        clock_arm(edu->clock, &edu->moved, now + EDU_DMA_TIME);
}

// --- Registers -------------------------------------------------------------------------------------------------------

static bool is_dma(uint64_t offset)
{
    return offset >= EDU_DMA_SOURCE && offset < EDU_DMA_SOURCE + 8 * DMA_REGISTERS;
}

static bool allowed(struct edu *edu, uint64_t offset, unsigned size)
{
    bool good = offset % size == 0 && (size == 4 || (size == 8 && offset >= EDU_DMA_SOURCE));
    edu->mistakes[EDU_BAD_ACCESS] += !good;
    return good;
}

static uint64_t edu_read(void *owner, uint64_t offset, unsigned size, uint64_t now)
{
    struct edu *edu = owner;
    (void)now;
    if (!allowed(edu, offset, size))
        return UINT64_MAX;
    if (is_dma(offset))
        return bytes_get((uint8_t *)&edu->dma[(offset - EDU_DMA_SOURCE) / 8] + offset % 8, size);
    switch (offset) {
    case EDU_IDENTIFICATION: return IDENTIFICATION;
    case EDU_LIVENESS: return edu->liveness;
    case EDU_FACTORIAL: return edu->factorial;
    case EDU_STATUS: return edu->status;
    case EDU_INTERRUPT_STATUS: return edu->interrupt_status;
    default: edu->mistakes[EDU_BAD_ACCESS]++; return UINT64_MAX;
    }
}

static void edu_write(void *owner, uint64_t offset, unsigned size, uint64_t value, uint64_t now)
{
    struct edu *edu = owner;
    if (!allowed(edu, offset, size))
        return;
    if (is_dma(offset)) {
        write_dma(edu, (unsigned)offset, size, value, now);
        return;
    }
    switch (offset) {
    case EDU_LIVENESS: edu->liveness = ~(uint32_t)value; break;
    case EDU_FACTORIAL: write_factorial(edu, (uint32_t)value, now); break;
    case EDU_STATUS: edu->status = (uint32_t)bits_merge(edu->status, value, EDU_STATUS_INTERRUPT); break;
    case EDU_RAISE: raise(edu, (uint32_t)value); break;
    case EDU_ACKNOWLEDGE: acknowledge(edu, (uint32_t)value); break;
    default: edu->mistakes[EDU_BAD_ACCESS]++; break;
    }
}

// --- Life ------------------------------------------------------------------------------------------------------------

int edu_init(struct edu *edu, struct clock *clock, uint64_t dma_mask, struct pci_bus *bus, uint8_t devfn)
{
    memset(edu, 0, sizeof *edu);
    edu->clock = clock;
    edu->dma_mask = dma_mask;
    pci_function_init(&edu->pci, 0x1234, 0x11e8, 0x00ff00, 0x10);
    pci_function_subsystem(&edu->pci, 0x1af4, 0x1100);
    int result = pci_bus_add(bus, devfn, &edu->pci);
    if (result == 0)
        result = pci_bar_add(&edu->pci, 0, PCI_BAR_MEMORY, EDU_BAR_SIZE, edu_read, edu_write, edu, "edu");
    if (result == 0)
        result = pci_irq_init(&edu->pci, &(struct pci_irq_config){ .pin = 1, .msi_vectors = 1 });
    if (result == 0) {
        clock_register(clock, &edu->computed, "edu factorial", computed, edu);
        clock_register(clock, &edu->moved, "edu DMA", moved, edu);
    }
    return result;
}

void edu_reset(struct edu *edu, uint64_t now)
{
    clock_arm(edu->clock, &edu->computed, CLOCK_NEVER);
    clock_arm(edu->clock, &edu->moved, CLOCK_NEVER);
    edu->liveness = edu->factorial = edu->status = edu->interrupt_status = 0;
    memset(edu->dma, 0, sizeof edu->dma);
    memset(edu->buffer, 0, sizeof edu->buffer);
    pci_function_reset(&edu->pci, now);
}

void edu_visit(struct edu *edu, struct visit *v)
{
    pci_function_visit(&edu->pci, v);
    VISIT(v, edu->liveness);
    VISIT(v, edu->factorial);
    VISIT(v, edu->status);
    VISIT(v, edu->interrupt_status);
    VISIT_ARRAY(v, edu->dma);
    VISIT_ARRAY(v, edu->buffer);
    VISIT_ARRAY(v, edu->mistakes);
    event_visit(&edu->computed, v);
    event_visit(&edu->moved, v);
}

void edu_destroy(struct edu *edu)
{
    pci_function_destroy(&edu->pci);
}
