// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The one encoding of A64 that is more than fields of the word.
#ifndef VCPU_AARCH64_FRONT_DECODE_H
#define VCPU_AARCH64_FRONT_DECODE_H

#include "vcpu/aarch64/word.h"

// DecodeBitMasks (section J1.2): the masks of bitfield moves (tmask) and logical immediates (wmask) of N:imms and immr in
// `bits` bits (32 or 64). False: reserved.
bool a64_decode_masks(unsigned n, unsigned imms, unsigned immr, unsigned bits, bool immediate, uint64_t *wmask,
                      uint64_t *tmask);

#endif
