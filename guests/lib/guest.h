// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// What a guest of ours may lean on: a command line, a console, traps, other processors, and a way out.
//
// A guest defines guest_main(). It starts with interrupts off, both 8259s remapped to 20h and masked, the local APIC on
// with LINT0 as ExtINT and LINT1 as NMI, every IOAPIC entry masked. Whatever it prints goes to COM1, and to port E9h
// where something answers there.
#ifndef GUEST_H
#define GUEST_H

#include "lib/cpu.h"

#define PROCESSOR_LIMIT 64
#define COM1            0x3f8

enum {
    EXIT_PASSED = 0x10, // isa-debug-exit makes 33 of it
    EXIT_FAILED = 0x11, // 35
};

// Returns the value written to the exit port.
int guest_main(void);
_Noreturn void guest_exit(int value);

// The number after `name=` on the command line, or `otherwise`.
uint64_t argument(const char *name, uint64_t otherwise);

// %s string, %u unsigned decimal, %x hexadecimal without a prefix (both uint64_t), %c character, %%.
void print(const char *format, ...);
// Prints, and ends the guest with EXIT_FAILED.
_Noreturn void fail(const char *why);

// The stack of a trap, from the registers that vectors.S saves up to what the processor pushed.
struct frame {
    uint64_t r15, r14, r13, r12, r11, r10, r9, r8, rdi, rsi, rbp, rbx, rdx, rcx, rax;
    uint64_t vector, error;
    uint64_t rip, cs, rflags, rsp, ss;
};

typedef void trap_fn(struct frame *frame);

// A trap without a handler ends the guest with a line that says where.
void on_trap(unsigned vector, trap_fn *handler);

// The bare gate of a vector, for handlers that save what they use themselves (__attribute__((interrupt))).
enum gate { GATE_INTERRUPT = 0x8e, GATE_TRAP = 0x8f, GATE_USER = 0x60 };
void gate_set(unsigned vector, const void *entry, unsigned type, unsigned ist);
void gate_reset(unsigned vector);
void ist_set(unsigned index, void *top); // 1-7, of the boot processor
void stack0_set(void *top);              // the stack of traps from user mode, of the boot processor

struct hardware_frame {
    uint64_t rip, cs, rflags, rsp, ss;
};
#define INTERRUPT __attribute__((interrupt))

// How many processors the machine has (fw_cfg), 1 when it does not say.
unsigned processor_count(void);
// Starts processor `apic_id` and has it call `entry` with interrupts off; false if it does not come within a second.
bool processor_run(unsigned apic_id, void (*entry)(void));

// Virtual time: waits about `us` microseconds by the PIT's counter 2, without interrupts.
void wait_us(uint64_t us);

#endif
