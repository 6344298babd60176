// SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
// An empty guest: measures only start-up, loader and exit of the emulator.
#include "bench/bench.h"

int guest_main(void)
{
    return EXIT_PASSED;
}
