// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// What a guest of ours may lean on, on a PC and on the Arm `virt` machine alike: a command line, a console, traps, other
// processors, and a way out. lib/x86_64 and lib/aarch64 have the same files for the rest.
//
// A guest defines guest_main(). It starts on the boot processor with interrupts off and memory mapped one to one, and
// what it prints goes to the first serial port.
//
//     PC     both 8259s remapped to 20h and masked, the local APIC on with LINT0 as ExtINT and LINT1 as NMI, every IOAPIC
//            entry masked; port E9h gets a copy of the output where something answers there
//     virt   the GIC as gic_init() leaves it (lib/aarch64/gic.h): on, every interrupt disabled
#ifndef GUEST_H
#define GUEST_H

#include "lib/access.h"
#ifdef __x86_64__
#include "lib/x86_64/cpu.h"
#include "lib/x86_64/trap.h"
#else
#include "lib/aarch64/cpu.h"
#include "lib/aarch64/trap.h"
#endif

#define PROCESSOR_LIMIT 64

enum {
    EXIT_PASSED = 0x10, // isa-debug-exit makes 33 of it; on virt the last line says PASS
    EXIT_FAILED = 0x11, // 35; FAIL
};

// Returns what guest_exit() gets. On a PC it is written to the exit port, on virt the power goes off.
int guest_main(void);
_Noreturn void guest_exit(int value);

// The number after `name=` on the command line, or `otherwise`.
uint64_t argument(const char *name, uint64_t otherwise);

// %s string, %u unsigned decimal, %x hexadecimal without a prefix (both uint64_t), %c character, %%.
void print(const char *format, ...);
// Prints, and ends the guest with EXIT_FAILED.
_Noreturn void fail(const char *why);

// `size` bytes of zeroes at a multiple of `align` (a power of two), never freed; the guest ends when there are none
// left.
void *allocate(size_t size, size_t align);

// `handler` gets what comes by `vector`: a PC's vector, or one of enum vector in lib/aarch64/trap.h. A trap without a
// handler ends the guest with a line that says where.
typedef void trap_fn(struct frame *frame);
void on_trap(unsigned vector, trap_fn *handler);

// How many processors the machine has (fw_cfg, the device tree), 1 when it does not say; which of them this is, from 0.
unsigned processor_count(void);
unsigned processor_self(void);
// Starts a processor and has it call `entry` with interrupts off; false if it does not come within a second.
bool processor_run(unsigned processor, void (*entry)(void));

// Virtual time: waits about `us` microseconds, without interrupts.
void wait_us(uint64_t us);

#endif
