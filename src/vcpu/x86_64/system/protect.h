// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Shared by the files of protected mode (segment.c, transfer.c, task.c, interrupt.c, iret.c): descriptors, and stacks
// that are written before the state of the CPU changes.
#ifndef VCPU_X86_64_PROTECT_H
#define VCPU_X86_64_PROTECT_H

#include <string.h>

#include "base/bits.h"
#include "vcpu/x86_64/cpu.h"

// Types of system descriptors (SDM vol. 3 table 3-2). 64-bit mode only has those of 8 and above, and the LDT.
enum {
    X86_TYPE_TSS16 = 1,
    X86_TYPE_LDT = 2,
    X86_TYPE_TSS16_BUSY = 3,
    X86_TYPE_CALL16 = 4,
    X86_TYPE_TASK = 5,
    X86_TYPE_INTERRUPT16 = 6,
    X86_TYPE_TRAP16 = 7,
    X86_TYPE_TSS = 9,
    X86_TYPE_TSS_BUSY = 11,
    X86_TYPE_CALL = 12,
    X86_TYPE_INTERRUPT = 14,
    X86_TYPE_TRAP = 15,
};

// Attributes of segments that are set without a descriptor.
enum {
    X86_ATTR_DATA = X86_ATTR_P | X86_ATTR_S | 3,  // writable, accessed
    X86_ATTR_CODE = X86_ATTR_P | X86_ATTR_S | 11, // readable, accessed
    X86_ATTR_DPL3 = X86_ATTR_DPL,
};

struct x86_descriptor {
    uint64_t raw;     // the first 8 bytes
    uint64_t address; // where they are, linear
    uint64_t base;
    uint32_t limit; // in bytes
    uint16_t attributes;
};

struct x86_gate { // call gate, IDT entry
    uint16_t selector;
    uint16_t attributes;
    uint8_t count; // parameters of a call gate; IST of a 64-bit IDT entry
    uint64_t offset;
};

static inline bool x86_long(const struct x86_cpu *cpu)
{
    return cpu->efer & X86_EFER_LMA;
}
static inline bool x86_is_64(const struct x86_cpu *cpu)
{
    return cpu->mode & X86_MODE_64;
}
static inline bool x86_v86(const struct x86_cpu *cpu)
{
    return cpu->eflags & X86_VM;
}
static inline bool x86_protected(const struct x86_cpu *cpu) // protected mode proper, not virtual-8086 mode
{
    return (cpu->cr0 & X86_CR0_PE) && !x86_v86(cpu);
}

static inline unsigned x86_dpl(uint16_t attributes)
{
    return attributes >> 5 & 3;
}
static inline bool x86_is_code(uint16_t attributes)
{
    return (attributes & X86_ATTR_S) && (attributes & 8);
}
static inline bool x86_is_conforming(uint16_t attributes)
{
    return (attributes & 0xc) == 0xc;
}
static inline bool x86_is_writable(uint16_t attributes)
{
    return (attributes & (X86_ATTR_S | 8 | 2)) == (X86_ATTR_S | 2);
}
static inline bool x86_is_readable(uint16_t attributes)
{
    return (attributes & X86_ATTR_S) && (attributes & 10) != 8;
}
static inline bool x86_is_system(uint16_t attributes, unsigned type)
{
    return (attributes & (X86_ATTR_S | X86_ATTR_TYPE)) == type;
}
static inline bool x86_is_null(uint16_t selector)
{
    return !(selector & 0xfffc);
}

// Bits of a linear address outside of long mode.
static inline uint64_t x86_wrap(const struct x86_cpu *cpu, uint64_t linear)
{
    return x86_long(cpu) ? linear : (uint32_t)linear;
}

static inline uint64_t x86_operand_mask(unsigned size)
{
    return bits_low(8 * size);
}

// --- descriptors (segment.c) -----------------------------------------------------------------------------------------

enum x86_lookup { X86_FOUND, X86_OUTSIDE, X86_FAULTED };

// Reads the descriptor of a selector that is not null. X86_OUTSIDE: beyond its table; X86_FAULTED: cpu->fault is set.
enum x86_lookup x86_look_up(struct x86_cpu *cpu, uint16_t selector, struct x86_descriptor *d);

// The same; outside of the table it raises `vector` with the selector as its error code.
bool x86_need_descriptor(struct x86_cpu *cpu, uint16_t selector, enum x86_exception vector, struct x86_descriptor *d);

// The upper half of a 16-byte descriptor: extends `base` in long mode, does nothing elsewhere. `vector` if it is
// malformed.
bool x86_extend_descriptor(struct x86_cpu *cpu, uint16_t selector, enum x86_exception vector, struct x86_descriptor *d);

// Sets the accessed flag in the table.
bool x86_mark_accessed(struct x86_cpu *cpu, struct x86_descriptor *d);

// Sets or clears the busy flag of a TSS descriptor in the table.
bool x86_mark_busy(struct x86_cpu *cpu, struct x86_descriptor *d, bool busy);

struct x86_gate x86_gate_of(uint64_t low, uint64_t high);

void x86_set_descriptor(struct x86_cpu *cpu, enum x86_segment segment, uint16_t selector,
                        const struct x86_descriptor *d);
void x86_set_null(struct x86_cpu *cpu, enum x86_segment segment, uint16_t selector);
// Real mode and virtual-8086 mode.
void x86_set_real(struct x86_cpu *cpu, enum x86_segment segment, uint16_t selector);

// Was CS or SS loaded in 64-bit mode from what `selector` names now, which has not changed since? Then loading it again changes
// nothing, and passes the checks it passed then: they ask for the descriptor and for the level, which the RPL of both is. False:
// perhaps not; nothing was done.
static inline bool x86_is_loaded(const struct x86_cpu *cpu, enum x86_segment segment, uint16_t selector)
{
    const struct x86_segment_register *s = &cpu->segment[segment];
    uint16_t code = cpu->segment[X86_CS].attributes & (X86_ATTR_L | X86_ATTR_DB);
    if (s->selector != selector || !x86_is_64(cpu) || code != X86_ATTR_L)
        return false;
    if (segment == X86_SS && x86_is_null(selector))
        return cpu->cpl != 3 && s->limit == 0 && s->attributes == cpu->cpl << 5 && cpu->r[X86_BASE + X86_SS] == 0;
    if (s->raw == 0 || (selector | 7u) > cpu->gdt_limit)
        return false;
    const void *there = tlb_host(&cpu->vcpu, cpu->gdt_base + (selector & 0xfff8), 8, false, ACCESS_READ);
    return there && bytes_get(there, 8) == s->raw;
}

// SS for privilege `cpl`; an invalid segment raises `vector` (#GP for a return, #TS for a TSS) with the selector.
bool x86_check_stack_segment(struct x86_cpu *cpu, uint16_t selector, unsigned cpl, enum x86_exception vector,
                             struct x86_descriptor *d);

// Checks a code segment as the target of a transfer to `offset`: #GP(0), #GP in long mode for L with D.
bool x86_check_target(struct x86_cpu *cpu, const struct x86_descriptor *d, uint64_t offset);

// What RET and IRET pop (transfer.c): code for the level of its RPL, and the stack for it. A null SS is valid for
// 64-bit code below level 3.
bool x86_check_return_code(struct x86_cpu *cpu, uint16_t selector, uint64_t ip, struct x86_descriptor *d);
bool x86_check_return_stack(struct x86_cpu *cpu, uint16_t selector, unsigned cpl, const struct x86_descriptor *code,
                            struct x86_descriptor *d);

// On return to an outer level: data segments it may not use become null.
void x86_drop_inner_segments(struct x86_cpu *cpu);

// --- stacks (stack.c) ------------------------------------------------------------------------------------------------

struct x86_stack {
    struct x86_cpu *cpu;
    uint64_t base, mask, sp;
    uint32_t limit;
    uint16_t attributes;
    bool wide;      // 64-bit mode: canonical addresses instead of limits
    bool user;      // privilege of the accesses
    uint32_t error; // of #SS
};

// The stack in use, and one in a segment that is not loaded yet.
struct x86_stack x86_current_stack(struct x86_cpu *cpu);
struct x86_stack x86_other_stack(struct x86_cpu *cpu, uint16_t selector, const struct x86_descriptor *d, uint64_t sp,
                                 unsigned cpl);
struct x86_stack x86_wide_stack(struct x86_cpu *cpu, uint64_t sp, unsigned cpl);

bool x86_stack_push(struct x86_stack *stack, uint64_t value, unsigned size);
bool x86_stack_pop(struct x86_stack *stack, uint64_t *value, unsigned size);

// What a delivery pushes in 64-bit mode, and IRETQ pops: as it is in memory, above an error code (SDM vol. 3 section 6.14.2).
struct x86_frame {
    uint64_t ip, cs, flags, sp, ss;
};

bool x86_push_frame_slow(struct x86_cpu *cpu, uint64_t top, unsigned cpl, const struct x86_frame *frame);
bool x86_pop_frame_slow(struct x86_cpu *cpu, struct x86_frame *frame);

// Below `top` of a stack of level `cpl`, and from the current stack. One look-up in the TLB if it is plain RAM in one page, whose
// address is canonical then. The stack pointer stays.
static inline bool x86_push_frame(struct x86_cpu *cpu, uint64_t top, unsigned cpl, const struct x86_frame *frame)
{
    void *host = tlb_host(&cpu->vcpu, top - sizeof *frame, sizeof *frame, cpl == 3, ACCESS_WRITE);
    if (unlikely(!host))
        return x86_push_frame_slow(cpu, top, cpl, frame);
    memcpy(host, frame, sizeof *frame);
    return true;
}

static inline bool x86_pop_frame(struct x86_cpu *cpu, struct x86_frame *frame)
{
    const void *host = tlb_host(&cpu->vcpu, cpu->r[X86_RSP], sizeof *frame, cpu->cpl == 3, ACCESS_READ);
    if (unlikely(!host))
        return x86_pop_frame_slow(cpu, frame);
    memcpy(frame, host, sizeof *frame);
    return true;
}

// Sets the CPU's stack pointer: the part that the stack's address size covers.
void x86_stack_commit(const struct x86_stack *stack);

// SS and SP for an inner privilege level, from the TSS. Long mode: only RSP, `ist` 1-7 selects from the IST.
bool x86_inner_stack(struct x86_cpu *cpu, unsigned cpl, uint16_t *selector, uint64_t *sp);
bool x86_inner_stack_pointer(struct x86_cpu *cpu, unsigned cpl, unsigned ist, uint64_t *sp);

// --- shared transfers ------------------------------------------------------------------------------------------------

// RFLAGS with RF where it applies (interrupt.c).
uint64_t x86_full_flags(const struct x86_cpu *cpu);

// Shutdown: this CPU stops, and requests a reset of the machine (interrupt.c).
void x86_shut_down(struct x86_cpu *cpu);

// RIP of the instruction after the one being executed, for callers that do not have it (IRET to another task).
uint64_t x86_after(const struct x86_cpu *cpu);

#endif
