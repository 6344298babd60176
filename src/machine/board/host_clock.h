// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// The host's monotonic clock. Only pacing uses it: it decides how long the thread sleeps, never what the guest sees.
#ifndef MACHINE_BOARD_HOST_CLOCK_H
#define MACHINE_BOARD_HOST_CLOCK_H

#include <stdint.h>

uint64_t host_clock_ns(void);

#endif
