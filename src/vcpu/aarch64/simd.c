// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Data processing on floating-point and vector registers (Arm ARM chapter C7).
//
// Not modelled: all of it; every encoding is unallocated.
#include "vcpu/aarch64/simd.h"

#include <stddef.h>

a64_simd_function *a64_simd_find(uint32_t word)
{
    (void)word;
    return NULL;
}
