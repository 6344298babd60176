// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Self-hosted debug (Arm ARM chapter D2): when debug exceptions are enabled, and what breakpoints and watchpoints match.
#ifndef VCPU_AARCH64_SYSTEM_DEBUG_H
#define VCPU_AARCH64_SYSTEM_DEBUG_H

#include "vcpu/aarch64/cpu.h"

// Are debug exceptions enabled at level `el` with the masks (PSTATE.D) in `daif`? Software breakpoints always are.
bool a64_debug_enabled(const struct a64_cpu *cpu, unsigned el, uint64_t daif);

// PSTATE.SS after a return to `el` with this SPSR.
bool a64_step_after(const struct a64_cpu *cpu, uint64_t spsr, unsigned el);

// What follows from the debug registers alone is derived again: after a write to one of them, a reset, a load.
void a64_debug_changed(struct a64_cpu *cpu);

// PSTATE.D has changed while something depends on it (MDSCR_EL1.SS or MDE).
void a64_debug_mask_changed(struct a64_cpu *cpu);

// The part of a64_update_mode that depends on the debug registers: software step, and A64_MODE_DEBUG, with which blocks are
// translated while a breakpoint may match; they call a64_breaks before each instruction. Called while cpu->debugging is set.
void a64_debug_update_mode(struct a64_cpu *cpu);

// Does a breakpoint match the instruction at `pc`? True: the exception is recorded.
bool a64_breaks(struct a64_cpu *cpu, uint64_t pc);

// Does a watchpoint look at some byte of the 4 KiB page of `address`, in whatever state?
bool a64_page_watched(const struct a64_cpu *cpu, uint64_t address);

// struct guest: watch_changed.
void a64_watch_changed(struct vcpu *cpu);

// struct guest: watch. False: a watchpoint matches, and the exception is recorded, or the run ends for one
// of a debugger outside the guest.
bool a64_watch(struct vcpu *cpu, uint64_t address, unsigned size, enum access access, bool user);

#endif
