// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// Exact conversion between virtual nanoseconds and the ticks of an oscillator, in 128 bits so that nothing drifts.
//
// Tick k happens at the first whole nanosecond at or after k / hz seconds; both functions agree on that:
//     ticks_at(ticks_time(k, hz), hz) == k
// as long as hz is at most 10^9.
#ifndef DEVICES_TICKS_H
#define DEVICES_TICKS_H

#include <stdint.h>

#include "base/clock.h"

#define NS_PER_SECOND UINT64_C(1000000000)

__extension__ typedef unsigned __int128 ticks_wide;

// How many ticks have happened at `now` since time 0.
static inline uint64_t ticks_at(uint64_t now, uint64_t hz)
{
    return (uint64_t)((ticks_wide)now * hz / NS_PER_SECOND);
}

// When tick `tick` happens; CLOCK_NEVER: beyond the end of time.
static inline uint64_t ticks_time(uint64_t tick, uint64_t hz)
{
    ticks_wide time = ((ticks_wide)tick * NS_PER_SECOND + hz - 1) / hz;
    return time >= CLOCK_NEVER ? CLOCK_NEVER : (uint64_t)time;
}

#endif
