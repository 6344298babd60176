// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Segmentation: loading segment registers, limit checks, far transfers, call gates, task switches (SDM vol. 3 chapters 5, 6
// and 8). Every function returns false with cpu->fault set; then no register of the guest has changed.
#ifndef VCPU_X86_64_SEGMENT_H
#define VCPU_X86_64_SEGMENT_H

#include "vcpu/x86_64/cpu.h"

// MOV Sreg, POP Sreg, LDS...: ES, SS, DS, FS, GS. Real mode, virtual-8086 mode and protected mode.
bool x86_load_segment(struct x86_cpu *cpu, enum x86_segment segment, uint16_t selector);

// Sets selector, base, limit and attributes without a check (real mode, SYSCALL, reset, a loader) and refreshes the mode.
void x86_set_segment(struct x86_cpu *cpu, enum x86_segment segment, uint16_t selector, uint64_t base, uint32_t limit,
                     uint16_t attributes);

// Recomputes cpu->mode and the TLB table in use from CS, SS, CPL, CR0 and EFER; call it after any of them has changed.
void x86_update_mode(struct x86_cpu *cpu);

// Outside 64-bit mode: checks type and limit of [offset, offset + size) and gives the linear address. #SS(0) for SS.
bool x86_linear(struct x86_cpu *cpu, enum x86_segment segment, uint64_t offset, unsigned size, enum access access,
                uint64_t *linear);

// Far transfers. `size`: operand size, 2, 4 or 8 bytes. `next`: RIP of the following instruction, pushed by a call. RIP is set.
bool x86_far_jump(struct x86_cpu *cpu, uint16_t selector, uint64_t offset, unsigned size, uint64_t next);
bool x86_far_call(struct x86_cpu *cpu, uint16_t selector, uint64_t offset, unsigned size, uint64_t next);
bool x86_far_return(struct x86_cpu *cpu, unsigned size, uint16_t pop_bytes);

// `next` and `flags`: EIP and EFLAGS that the old task goes on with.
enum x86_task_switch { X86_TASK_JUMP, X86_TASK_CALL, X86_TASK_IRET, X86_TASK_GATE };
bool x86_switch_task(struct x86_cpu *cpu, uint16_t selector, enum x86_task_switch why, uint64_t next, uint64_t flags,
                     bool push_error, uint32_t error);

bool x86_load_ldt(struct x86_cpu *cpu, uint16_t selector);
bool x86_load_task_register(struct x86_cpu *cpu, uint16_t selector);
// LAR, LSL, VERR, VERW: set ZF; `value` is stored by the caller only if ZF is set.
bool x86_lar(struct x86_cpu *cpu, uint16_t selector, uint32_t *value);
bool x86_lsl(struct x86_cpu *cpu, uint16_t selector, uint32_t *value);
bool x86_verify(struct x86_cpu *cpu, uint16_t selector, bool write);

// Stack access of `size` bytes (2, 4, 8) with the stack's own address size and limit; RSP changes only on success.
bool x86_push(struct x86_cpu *cpu, uint64_t value, unsigned size);
bool x86_pop(struct x86_cpu *cpu, uint64_t *value, unsigned size);
// The stack's mask: 0xffff, 0xffffffff or all ones.
uint64_t x86_stack_mask(const struct x86_cpu *cpu);
// Sets the part of RSP that the stack's address size covers.
void x86_set_sp(struct x86_cpu *cpu, uint64_t value);

#endif
