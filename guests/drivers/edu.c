// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Register meanings: QEMU's specification of the device, "EDU device".
#include "drivers/edu.h"

#include "intr/intr.h"
#include "lib/pci.h"

enum edu_register {
    EDU_IDENTITY = 0x00,
    EDU_LIVENESS = 0x04,
    EDU_FACTORIAL = 0x08,
    EDU_STATUS = 0x20,
    EDU_INTERRUPT = 0x24,
    EDU_RAISE = 0x60,
    EDU_ACKNOWLEDGE = 0x64,
    EDU_DMA_FROM = 0x80,
    EDU_DMA_TO = 0x88,
    EDU_DMA_SIZE = 0x90,
    EDU_DMA_COMMAND = 0x98,
};
enum { STATUS_INTERRUPT = 0x80, DMA_START = 1, DMA_TO_MEMORY = 2, DMA_INTERRUPT = 4, BUFFER = 0x40000 };

// On a shared line the interrupt may be from another device.
static bool handle(void *device)
{
    struct edu *edu = device;
    uint32_t bits = read32(edu->registers + EDU_INTERRUPT);
    if (!bits)
        return false;
    write32(edu->registers + EDU_ACKNOWLEDGE, bits);
    __atomic_fetch_or(&edu->pending, bits, __ATOMIC_SEQ_CST);
    __atomic_fetch_add(&edu->interrupts, 1, __ATOMIC_SEQ_CST);
    return true;
}

int edu_open(struct edu *edu, bool msi)
{
    int devfn = pci_find(EDU_VENDOR, EDU_DEVICE);
    if (devfn < 0)
        fail("no edu device: -device edu");
    *edu = (struct edu){ .devfn = (unsigned)devfn, .message = -1 };
    edu->registers = pci_bar(edu->devfn, 0);
    if (!msi)
        return intr_request_irq(pci_pin(edu->devfn), edu, handle, INTR_LEVEL_HIGH, true);
    edu->message = intr_request_msi(edu, edu->devfn, handle, INTR_ANY_CPU);
    if (edu->message < 0)
        return edu->message;
    struct intr_message message = intr_msi_message(edu->message);
    pci_msi_on(edu->devfn, message.address, message.data);
    return 0;
}

void edu_close(struct edu *edu)
{
    if (edu->message < 0) {
        intr_release_irq(pci_pin(edu->devfn), edu);
        return;
    }
    pci_msi_off(edu->devfn);
    intr_release_msi(edu->message);
}

uint32_t edu_identity(const struct edu *edu)
{
    return read32(edu->registers + EDU_IDENTITY);
}

uint32_t edu_liveness(const struct edu *edu, uint32_t value)
{
    write32(edu->registers + EDU_LIVENESS, value);
    return read32(edu->registers + EDU_LIVENESS);
}

void edu_raise(const struct edu *edu, uint32_t bits)
{
    write32(edu->registers + EDU_RAISE, bits);
}

void edu_wait(struct edu *edu, uint32_t bits)
{
    uint32_t cpu = edu->message < 0 ? intr_irq_cpu(pci_pin(edu->devfn)) : intr_msi_cpu(edu->message);
    while ((edu->pending & bits) != bits)
        intr_wait(cpu);
    __atomic_fetch_and(&edu->pending, ~bits, __ATOMIC_SEQ_CST);
}

uint32_t edu_factorial(struct edu *edu, uint32_t n)
{
    write32(edu->registers + EDU_STATUS, STATUS_INTERRUPT);
    write32(edu->registers + EDU_FACTORIAL, n);
    edu_wait(edu, EDU_FACTORIAL_DONE);
    return read32(edu->registers + EDU_FACTORIAL);
}

static void copy(struct edu *edu, uint64_t from, uint64_t to, uint32_t size, uint32_t direction)
{
    write64(edu->registers + EDU_DMA_FROM, from);
    write64(edu->registers + EDU_DMA_TO, to);
    write64(edu->registers + EDU_DMA_SIZE, size);
    write64(edu->registers + EDU_DMA_COMMAND, DMA_START | DMA_INTERRUPT | direction);
    edu_wait(edu, EDU_DMA_DONE);
}

void edu_write(struct edu *edu, const void *from, uint32_t size)
{
    copy(edu, (uint64_t)from, BUFFER, size, 0);
}

void edu_read(struct edu *edu, void *to, uint32_t size)
{
    copy(edu, BUFFER, (uint64_t)to, size, DMA_TO_MEMORY);
}
