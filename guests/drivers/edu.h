// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Driver of the `edu` device (PCI 1234:11e8): factorials, DMA, and interrupts on request, by INTx or by MSI.
#ifndef DRIVERS_EDU_H
#define DRIVERS_EDU_H

#include "lib/guest.h"

enum { EDU_VENDOR = 0x1234, EDU_DEVICE = 0x11e8 };
enum { EDU_FACTORIAL_DONE = 1, EDU_DMA_DONE = 0x100 }; // bits of its interrupt status

struct edu {
    unsigned devfn;
    uint64_t registers;
    int message;               // id of the MSI, -1: by INTx
    volatile uint32_t pending; // status bits of interrupts, until edu_wait clears them
    volatile unsigned interrupts;
};

// Finds the device and requests its interrupt, by MSI or by INTx (level, shared). 0, or a value of enum intr_error; the
// guest ends where there is no such device.
int edu_open(struct edu *edu, bool msi);
void edu_close(struct edu *edu);

uint32_t edu_identity(const struct edu *edu);
uint32_t edu_liveness(const struct edu *edu, uint32_t value);
// Has the device interrupt with these bits in its status.
void edu_raise(const struct edu *edu, uint32_t bits);
// Waits until all of the bits have come, and clears them.
void edu_wait(struct edu *edu, uint32_t bits);
uint32_t edu_factorial(struct edu *edu, uint32_t n);
// Moves `size` bytes (1 to 4096) between memory and the device's buffer.
void edu_write(struct edu *edu, const void *from, uint32_t size);
void edu_read(struct edu *edu, void *to, uint32_t size);

#endif
