// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The fast path of guest memory, for ops: a hit in the TLB is one compare. A miss goes to the slow path of the guest's
// architecture.
#ifndef VCPU_ACCESS_H
#define VCPU_ACCESS_H

#include <string.h>

#include "vcpu/op.h"
#include "vcpu/vcpu.h"

ALWAYS_INLINE const struct tlb_entry *tlb_slot(const struct vcpu *cpu, uint64_t address)
{
    return tlb_entry_of(cpu->data, cpu->data_mask, address);
}

ALWAYS_INLINE bool tlb_hit(uint64_t tag, uint64_t address, unsigned size)
{
    return likely(((address + size - 1) & PAGE_MASK) == tag);
}

// False: not a plain access to RAM, or not in the TLB; nothing was done.
ALWAYS_INLINE bool tlb_load_fast(const struct vcpu *cpu, uint64_t address, unsigned size, uint64_t *value)
{
    const struct tlb_entry *entry = tlb_slot(cpu, address);
    if (!tlb_hit(entry->read, address, size))
        return false;
    *value = bytes_get((const void *)((uintptr_t)address + entry->addend), size);
    return true;
}

ALWAYS_INLINE bool tlb_store_fast(const struct vcpu *cpu, uint64_t address, unsigned size, uint64_t value)
{
    const struct tlb_entry *entry = tlb_slot(cpu, address);
    if (!tlb_hit(entry->write, address, size))
        return false;
    bytes_put((void *)((uintptr_t)address + entry->addend), size, value);
    return true;
}

// The load of a read-modify-write: succeeds only if the store that follows is plain too.
ALWAYS_INLINE bool tlb_modify_fast(const struct vcpu *cpu, uint64_t address, unsigned size, uint64_t *value)
{
    const struct tlb_entry *entry = tlb_slot(cpu, address);
    return likely(entry->read == entry->write) && tlb_load_fast(cpu, address, size, value);
}

// The result of an op after its slow path.
ALWAYS_INLINE enum op_out after_slow(const struct vcpu *cpu, bool done)
{
    return !done ? OP_FAULT : cpu->kick ? OP_FINISH : OP_NEXT;
}

#endif
