// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// `edu`, the educational PCI device: identification, liveness check, factorials, interrupts, DMA. Specification: QEMU,
// docs/specs/edu.
//
//     BAR 0, 1 MiB of memory; 4-byte accesses below 80h, 4 or 8 bytes from there on
//     00 RO  identification 010000EDh     60 WO  raise: into interrupt status      80  DMA source
//     04 RW  liveness: reads back ~       64 WO  acknowledge: out of it            88  DMA destination
//     08 RW  n becomes n!                                                          90  DMA count
//     20 RW  status: 0 computing (RO), 7 interrupt when done                       98  DMA command: 0 run (1 while it
//     24 RO  interrupt status: 1 factorial, 100h DMA, others as raised                 does), 1 to RAM, 2 interrupt
//     40000h-40FFFh  the device's buffer, for only for DMA
//
// One interrupt: INTx, level, while the interrupt status is not 0; or MSI, a message each time something is raised.
//
// A factorial takes 10 ns of virtual time per factor, DMA 100 ms: the specification defines neither, but a guest must
// wait.
// Path: guest / devices/pci/pci_irq.c
#ifndef DEVICES_EDU_H
#define DEVICES_EDU_H

#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/visit.h"
#include "devices/pci/pci.h"

#define EDU_BAR_SIZE    0x100000
#define EDU_BUFFER      0x40000
#define EDU_DMA_SIZE    4096
#define EDU_DMA_MASK    UINT64_C(0x0fffffff) // 28 bits, unless configured otherwise
#define EDU_FACTOR_TIME UINT64_C(10)         // ns
#define EDU_DMA_TIME    UINT64_C(100000000)  // ns

enum edu_register {
    EDU_IDENTIFICATION = 0x00,
    EDU_LIVENESS = 0x04,
    EDU_FACTORIAL = 0x08,
    EDU_STATUS = 0x20,
    EDU_INTERRUPT_STATUS = 0x24,
    EDU_RAISE = 0x60,
    EDU_ACKNOWLEDGE = 0x64,
    EDU_DMA_SOURCE = 0x80,
    EDU_DMA_DESTINATION = 0x88,
    EDU_DMA_COUNT = 0x90,
    EDU_DMA_COMMAND = 0x98,
};

enum {
    EDU_STATUS_COMPUTING = 0x01,
    EDU_STATUS_INTERRUPT = 0x80,
    EDU_INTERRUPT_FACTORIAL = 0x001,
    EDU_INTERRUPT_DMA = 0x100,
    EDU_DMA_RUN = 1,
    EDU_DMA_TO_RAM = 2,
    EDU_DMA_INTERRUPT = 4,
};

enum edu_mistake {
    EDU_BAD_ACCESS,  // size, alignment, or an address without a register
    EDU_BUSY,        // a factorial or a DMA register was written while it runs
    EDU_BAD_RANGE,   // DMA outside the buffer: nothing is moved
    EDU_MASKED_BITS, // a DMA address beyond the mask: the upper bits are lost
    EDU_MISTAKES
};

struct edu {
    struct pci_function pci;
    struct clock *clock;
    uint64_t dma_mask;
    // State.
    uint32_t liveness, factorial, status, interrupt_status;
    uint64_t dma[4]; // source, destination, count, command
    uint8_t buffer[EDU_DMA_SIZE];
    uint32_t mistakes[EDU_MISTAKES];
    struct event computed, moved;
};

// Puts it on `bus` at `devfn`. 0; -EEXIST: the place is taken; a negative enum intact_irq_error.
int edu_init(struct edu *edu, struct clock *clock, uint64_t dma_mask, struct pci_bus *bus, uint8_t devfn);
void edu_reset(struct edu *edu, uint64_t now);
void edu_visit(struct edu *edu, struct visit *v);
void edu_destroy(struct edu *edu);

#endif
