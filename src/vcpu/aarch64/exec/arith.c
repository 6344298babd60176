// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Arithmetic that is a call: CRC32 (Arm ARM section C6.2.80). The polynomials are reflected: bit 0 is the highest power.
#include "vcpu/aarch64/exec/ops_register.h"

NEVER_INLINE void a64_op_crc32(struct a64_cpu *cpu, const struct op *op)
{
    uint32_t polynomial = op->x ? 0x82f63b78 : 0xedb88320, crc = (uint32_t)cpu->r[op->a];
    uint64_t data = cpu->r[op->b];
    for (unsigned byte = 0; byte < 1u << op->s; byte++, data >>= 8) {
        crc ^= data & 0xff;
        for (unsigned bit = 0; bit < 8; bit++)
            crc = crc >> 1 ^ (crc & 1 ? polynomial : 0);
    }
    cpu->r[op->d] = crc;
}
