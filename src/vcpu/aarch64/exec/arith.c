// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Arithmetic that is a call: CRC32 (Arm ARM section C6.2.80).
#include "vcpu/aarch64/exec/ops_register.h"
#include "vcpu/crc32.h"

NEVER_INLINE void a64_op_crc32(struct a64_cpu *cpu, const struct op *op)
{
    const uint32_t *table = op->x ? crc32_castagnoli : crc32_ieee;
    cpu->r[op->d] = crc32_bytes(table, (uint32_t)cpu->r[op->a], cpu->r[op->b], 1u << op->s);
}
