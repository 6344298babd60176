// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The instructions that C has no word for.
#ifndef GUEST_X86_64_CPU_H
#define GUEST_X86_64_CPU_H

#include "lib/access.h"

INLINE void outb(uint16_t port, uint8_t value)
{
    __asm__ volatile("outb %0, %1" : : "a"(value), "Nd"(port) : "memory");
}

INLINE void outl(uint16_t port, uint32_t value)
{
    __asm__ volatile("outl %0, %1" : : "a"(value), "Nd"(port) : "memory");
}

INLINE void outw(uint16_t port, uint16_t value)
{
    __asm__ volatile("outw %0, %1" : : "a"(value), "Nd"(port) : "memory");
}

INLINE uint8_t inb(uint16_t port)
{
    uint8_t value;
    __asm__ volatile("inb %1, %0" : "=a"(value) : "Nd"(port) : "memory");
    return value;
}

INLINE uint32_t inl(uint16_t port)
{
    uint32_t value;
    __asm__ volatile("inl %1, %0" : "=a"(value) : "Nd"(port) : "memory");
    return value;
}

INLINE uint64_t rdmsr(uint32_t index)
{
    uint32_t low, high;
    __asm__ volatile("rdmsr" : "=a"(low), "=d"(high) : "c"(index) : "memory");
    return (uint64_t)high << 32 | low;
}

INLINE void wrmsr(uint32_t index, uint64_t value)
{
    __asm__ volatile("wrmsr" : : "a"((uint32_t)value), "d"((uint32_t)(value >> 32)), "c"(index) : "memory");
}

INLINE void cpuid(uint32_t leaf, uint32_t out[4])
{
    __asm__ volatile("cpuid" : "=a"(out[0]), "=b"(out[1]), "=c"(out[2]), "=d"(out[3]) : "a"(leaf), "c"(0));
}

INLINE void interrupts_off(void)
{
    __asm__ volatile("cli" : : : "memory");
}

INLINE void interrupts_on(void)
{
    __asm__ volatile("sti" : : : "memory");
}

INLINE void relax(void)
{
    __asm__ volatile("pause" : : : "memory");
}

// Waits for one interrupt: STI holds interrupts back for one instruction, so none can slip in before the HLT.
INLINE void interrupts_wait(void)
{
    __asm__ volatile("sti; hlt; cli" : : : "memory");
}

// Takes what is pending: an interrupt arrives after the NOP at the latest.
INLINE void interrupts_take(void)
{
    __asm__ volatile("sti; nop; cli" : : : "memory");
}

INLINE uint64_t rflags(void)
{
    uint64_t value;
    __asm__ volatile("pushfq; popq %0" : "=r"(value) : : "memory");
    return value;
}

#endif
