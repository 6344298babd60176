// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The host's monotonic clock, for pacing.
#include "machine/board/host_clock.h"

#include <time.h>

uint64_t host_clock_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * UINT64_C(1000000000) + (uint64_t)now.tv_nsec;
}
