// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The library for our guests, the same on a PC and on the Arm `virt` machine: a command line, a console, traps, other
// processors, and the end of the run. lib/x86_64 and lib/aarch64 have the same files for the rest.
//
// A guest defines guest_main(). It starts on the boot processor with interrupts off and memory mapped one to one, and
// what it prints goes to the first serial port.
//
//     PC     both 8259s remapped to 20h and masked, the local APIC on with LINT0 as ExtINT and LINT1 as NMI, every IOAPIC
//            entry masked; port E9h gets a copy of the output if there is such a port
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
    EXIT_PASSED = 0x10, // exit status 33 through isa-debug-exit; on virt the last line is PASS
    EXIT_FAILED = 0x11, // 35; FAIL
};

// Its result is passed to guest_exit(). On a PC it is written to the exit port, on virt the power goes off.
int guest_main(void);
_Noreturn void guest_exit(int value);

// The number after `name=` on the command line, or `otherwise`.
uint64_t argument(const char *name, uint64_t otherwise);
// Whether `name=value` is on the command line.
bool argument_is(const char *name, const char *value);

// %s string, %u unsigned decimal, %x hexadecimal without a prefix (both uint64_t), %c character, %%.
void print(const char *format, ...);
// Prints, and ends the guest with EXIT_FAILED.
_Noreturn void fail(const char *why);

// `size` bytes of zeroes at a multiple of `align` (a power of two), never freed; the guest ends when there are none
// left.
void *allocate(size_t size, size_t align);

// `handler` is called for traps of `vector`: a PC's vector, or one of enum vector in lib/aarch64/trap.h. A trap without
// a handler ends the guest with a line that says where.
typedef void trap_fn(struct frame *frame);
void on_trap(unsigned vector, trap_fn *handler);

// How many processors the machine has (fw_cfg, the device tree), 1 if unknown; and the number of this one, from 0.
unsigned processor_count(void);
unsigned processor_self(void);
// Starts a processor and has it call `entry` with interrupts off; false if it does not start within a second.
bool processor_run(unsigned processor, void (*entry)(void));

// Virtual time: waits about `us` microseconds, without interrupts.
void wait_us(uint64_t us);

#endif
